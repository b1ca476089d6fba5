/*
 * columns.c - which columns the project's own models have, as their SQL says.
 *
 * A model's text is read as if nothing were renamed: what its query gives are its columns of today. A star in it asks for those
 * of the model that it reads, and so on. Each model is read once, when somebody asks.
 *
 * They are all that there are where the query says so under every condition, and the table is made anew by each run of dbt.
 * Else there may be more.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/project/parts.h"

#include <string.h>

#define DEPTH_MAX 100 /* of models that read each other through stars; people stack a dozen */

/* ---- reading ---- */

static Rewrite *
rewrite_as_it_is(const ProjectModel *model)
{
    const Project *project = model->all->project;
    const Entry *entry = model->entry;
    g_autoptr(Renames) none = renames_new_for_name("");
    RewriteOptions options = *project->options;
    options.finds_made = options.is_mentioned = options.leaves_sources = true;
    options.model = entry->place.model;
    options.home = dbt_home(entry->place.root);
    options.macros = project->macros;
    options.models = model->all;
    options.dialect = entry->dialect != NULL ? entry->dialect : options.dialect;
    options.usual = entry_usual(project, entry);
    return rewrite_text(entry->file->path, entry->file->text, entry->file->bytes, none, &options);
}

static void
read_model(ProjectModel *model)
{
    g_autoptr(Rewrite) rewrite = rewrite_as_it_is(model);
    for (guint i = 0; i < rewrite->made->len; i++) {
        const Made *made = g_ptr_array_index(rewrite->made, i);
        if (made->name != NULL || made->is_snapshot || made->is_varied || made->columns->len == 0)
            continue;
        model->names = g_new0(char *, made->columns->len + 1);
        for (guint c = 0; c < made->columns->len; c++)
            model->names[c] =
                g_strdup(((const MadeColumn *) g_ptr_array_index(made->columns, c))->name);
        model->is_open = !made->is_whole || model->entry->place.is_persisted;
    }
}

const char *const *
project_model_columns(ProjectModel *model, bool *ret_is_open)
{
    ProjectModels *all = model->all;
    g_rec_mutex_lock(&all->lock);
    bool can_read = !model->is_read && !model->is_busy && all->depth < DEPTH_MAX;
    if (can_read) {
        model->is_busy = true;
        all->depth++;
        read_model(model);
        all->depth--;
        model->is_busy = false;
        model->is_read = true;
    }
    bool is_read = model->is_read;
    g_rec_mutex_unlock(&all->lock);
    *ret_is_open = !is_read || model->is_open;
    return is_read ? (const char *const *) model->names : NULL;
}

/* ---- finding ---- */

static bool
is_meant(const DbtPlace *place, const DbtHome *home, const char *package, const char *version)
{
    bool is_there = package != NULL ? g_strcmp0(place->root->name, package) == 0
                                    : g_strcmp0(dbt_home(place->root).folder, home->folder) == 0;
    return is_there && (version != NULL ? g_strcmp0(place->version, version) == 0
                                        : place->version == NULL || place->is_latest);
}

ProjectModel *
project_model_find(const ProjectModels *models, const DbtHome *home, const DbtCall *call)
{
    if (call->is_source || !call->is_understood || call->count == 0)
        return NULL;
    const char *name = call->names[call->count - 1],
               *package = call->count > 1 ? call->names[0] : NULL;
    const GPtrArray *list = g_hash_table_lookup(models->named, name);
    ProjectModel *found = NULL;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        ProjectModel *model = g_ptr_array_index(list, i);
        if (!is_meant(&model->entry->place, home, package, call->version))
            continue;
        if (found != NULL) /* one of them may be enabled */
            return NULL;
        found = model;
    }
    return found;
}

/* ---- the whole ---- */

static void
model_free(void *data)
{
    ProjectModel *model = data;
    g_strfreev(model->names);
    g_clear_pointer(&model->upstream, g_hash_table_unref);
    g_free(model);
}

static void
add_model(ProjectModels *models, const Entry *entry)
{
    const char *name = entry->place.model;
    GPtrArray *list = g_hash_table_lookup(models->named, name);
    if (list == NULL) {
        list = g_ptr_array_new_with_free_func(model_free);
        g_hash_table_insert(models->named, (char *) name, list);
    }
    ProjectModel *model = g_new0(ProjectModel, 1);
    *model = (ProjectModel){.all = models, .entry = entry};
    g_ptr_array_add(list, model);
}

ProjectModels *
project_models_new(const Project *project)
{
    ProjectModels *models = g_new0(ProjectModels, 1);
    models->project = project;
    models->named =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
    g_rec_mutex_init(&models->lock);
    for (guint i = 0; i < project->entries->len; i++) {
        const Entry *entry = g_ptr_array_index(project->entries, i);
        if (entry->place.model != NULL)
            add_model(models, entry);
    }
    return models;
}

void
project_models_free(ProjectModels *models)
{
    g_hash_table_unref(models->named);
    g_rec_mutex_clear(&models->lock);
    g_free(models);
}
