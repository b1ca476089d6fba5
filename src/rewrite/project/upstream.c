/*
 * upstream.c - which files of a dbt project a model is made of: models, as ref() says wherever it stands, and those of macros
 * that are called.
 *
 * What is commented out counts, too: dbt reads ref() in comments of SQL. In comments of templates it does not, and there a
 * model is taken for upstream that is none.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/made.h"
#include "rewrite/project/parts.h"
#include "rewrite/sql/parts.h"

#include <string.h>

typedef struct {
    const ProjectModels *all;
    DbtHome home;
    GPtrArray *found; /* const Entry * */
} Walk;

static void
take_models(Walk *walk, const char *text, const Token *template)
{
    g_autoptr(GPtrArray) calls = dbt_calls(text, template);
    for (guint i = 0; i < calls->len; i++) {
        const ProjectModel *read =
            project_model_find(walk->all, &walk->home, g_ptr_array_index(calls, i));
        if (read != NULL)
            g_ptr_array_add(walk->found, (void *) read->entry);
    }
}

/* All of the file that a macro stands in is read, as if each of its macros were called. */
static void
take_macros(Walk *walk, const char *text, const Token *template)
{
    const Project *project = walk->all->project;
    g_autoptr(GArray) words = jinja_words(text, template);
    for (guint i = 0; i < words->len; i++) {
        const JinjaWord *word = jinja_word(words, i);
        if (word->kind != JINJA_NAME)
            continue;
        g_autofree char *name = g_strndup(text + word->begin, word->end - word->begin);
        const char *file = macros_file(project->macros, name);
        const Entry *entry = file != NULL ? g_hash_table_lookup(project->by_text, file) : NULL;
        if (entry != NULL)
            g_ptr_array_add(walk->found, (void *) entry);
    }
}

GPtrArray *
project_reads(const ProjectModels *models, const DbtHome *home, const Entry *entry)
{
    Walk walk = {models, *home, g_ptr_array_new()};
    const ProjectFile *file = entry->file;
    g_autoptr(GArray) templates = jinja_templates(file->text, file->bytes);
    for (guint i = 0; i < templates->len; i++) {
        take_models(&walk, file->text, &g_array_index(templates, Token, i));
        take_macros(&walk, file->text, &g_array_index(templates, Token, i));
    }
    return walk.found;
}

/* Itself, and all that it reads; in macros, ref() is that of the model's project. */
static GHashTable *
upstream_of(const ProjectModel *model)
{
    const DbtHome home = dbt_home(model->entry->place.root);
    GHashTable *found = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    g_ptr_array_add(open, (void *) model->entry);
    while (open->len > 0) {
        const Entry *entry = g_ptr_array_steal_index_fast(open, open->len - 1);
        if (!g_hash_table_add(found, (char *) entry->file->path))
            continue;
        g_autoptr(GPtrArray) reads = project_reads(model->all, &home, entry);
        g_ptr_array_extend(open, reads, NULL, NULL);
    }
    return found;
}

static bool
is_made_of(ProjectModel *model, const char *path)
{
    g_rec_mutex_lock(&model->all->lock);
    if (model->upstream == NULL)
        model->upstream = upstream_of(model);
    bool is_there = g_hash_table_contains(model->upstream, path);
    g_rec_mutex_unlock(&model->all->lock);
    return is_there;
}

bool
project_makes(const RewriteOptions *options, const char *path, const DbtName *model)
{
    DbtCall called = {.is_understood = true, .version = model->version};
    if (model->package != NULL)
        called.names[called.count++] = model->package;
    called.names[called.count++] = model->name;
    if (options->models == NULL)
        return g_strcmp0(options->model, model->name) == 0;
    ProjectModel *target = project_model_find(options->models, &options->home, &called);
    return target != NULL && is_made_of(target, path);
}
