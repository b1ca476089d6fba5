/*
 * project.c - see project.h.
 *
 * Round by round: files are rewritten with what is known of others' makings, which gives new makings, until nothing
 * changes any more. Makings whose readers need a person, that are in a circle, or about which two files do not agree, are
 * *kept* (project_keep.c), and all of it is done once more without them. Each time something is kept that was not
 * before, so it ends.
 */
#include "base/parallel.h"
#include "rewrite/code.h"
#include "rewrite/dbt.h"
#include "rewrite/made.h"
#include "rewrite/project_parts.h"
#include "rewrite/sql_parts.h"

#include <string.h>

#define ROUNDS_MAX 200 /* from view to view to view; people stack a dozen */
#define ROUNDS_FORESEEN                                                                            \
    2 /* whose makings are guessed; behind them it is as the files say, whatever was guessed */

/* ---- names ---- */

void
making_free(void *data)
{
    Making *making = data;
    g_free(making->key);
    g_free(making);
}

char *
model_key(const DbtPlace *place)
{
    return g_strdup_printf("ref %s %s %s", place->root->folder, place->model,
                           place->version != NULL ? place->version : "");
}

static char *
view_key(const char *name)
{
    g_autofree char *small = g_ascii_strdown(name, -1);
    return g_strdup_printf("sql %s", small);
}

/* ---- who reads what ---- */

/* Where the own project has a model of that name, another one's is only meant with its package. */
static Rename *
as_seen_from(const Project *project, const Entry *entry, const Making *making)
{
    const DbtPlace *there = &making->entry->place;
    if (making->foreign == NULL || there->root == entry->place.root)
        return making->rename;
    g_autofree char *own = g_strdup_printf("%s %s", entry->place.root->folder, there->model);
    return g_hash_table_contains(project->models, own) ? making->foreign : making->rename;
}

static void
add_names(Names *names, const Making *making, guint index)
{
    const Rename *rename = making->rename;
    names_add(names, making->name, index);
    if (rename->alias != NULL)
        names_add(names, rename->alias, index);
    for (guint i = 0; i < rename->spellings->len; i++)
        names_add(names, ((const Spelling *) g_ptr_array_index(rename->spellings, i))->last, index);
}

/* Keys of what a constant gives, which may be in any file. Caller frees. */
static GHashTable *
given_keys(const Project *project)
{
    GHashTable *keys = g_hash_table_new(g_str_hash, g_str_equal);
    const GPtrArray *list = exports_list(project->exports);
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = ((const Export *) g_ptr_array_index(list, i))->rename;
        if (rename != NULL && rename->key != NULL)
            g_hash_table_add(keys, rename->key);
    }
    return keys;
}

GPtrArray *
makings_in(const Project *project, const Entry *entry)
{
    GPtrArray *list = g_ptr_array_new();
    g_autoptr(GArray) named = project->makings->len > 0
                                  ? names_in(project->names, entry->words)
                                  : g_array_new(FALSE, FALSE, sizeof(guint32));
    if (!entry->is_given && entry->joined == NULL) {
        for (guint i = 0; i < named->len; i++)
            g_ptr_array_add(list, project->makings->pdata[g_array_index(named, guint32, i)]);
        return list;
    }
    g_autoptr(GHashTable) given = entry->is_given ? given_keys(project) : NULL;
    guint next = 0; /* of those that are named */
    for (guint i = 0; i < project->makings->len; i++) {
        const Making *making = g_ptr_array_index(project->makings, i);
        bool is_named = next < named->len && g_array_index(named, guint32, next) == i;
        next += is_named;
        if (is_named || (given != NULL && g_hash_table_contains(given, making->key)) ||
            joined_texts_may_read(entry->joined, making->name))
            g_ptr_array_add(list, (void *) making);
    }
    return list;
}

/* ---- rewriting ---- */

char *
signature_of(const Entry *entry, const GPtrArray *makings)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%u %p\n", g_hash_table_size((GHashTable *) entry->kept),
                           (const void *) entry->held);
    for (guint i = 0; i < makings->len; i++) {
        const Making *making = g_ptr_array_index(makings, i);
        g_string_append_printf(text, "%s", making->key);
        for (guint c = 0; c < making->rename->changes->len; c++) {
            const ColumnChange *change = g_ptr_array_index(making->rename->changes, c);
            if (change->kind != CHANGE_NONE)
                g_string_append_printf(text, " %p", (const void *) change);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

Renames *
renames_seen_from(const Project *project, const Entry *entry, const GPtrArray *makings)
{
    g_autoptr(GPtrArray) more = g_ptr_array_new();
    for (guint i = 0; i < makings->len; i++)
        g_ptr_array_add(more, as_seen_from(project, entry, g_ptr_array_index(makings, i)));
    return renames_with(entry->place.root->renames, more);
}

Renames *
entry_renames(const Project *project, const Entry *entry)
{
    g_autoptr(GPtrArray) makings = makings_in(project, entry);
    return renames_seen_from(project, entry, makings);
}

const Dialect *
entry_usual(const Project *project, const Entry *entry)
{
    const DbtRoot *root = entry->place.root;
    return root != NULL && root->dialect != NULL ? root->dialect : project->usual;
}

RewriteOptions
entry_options(const Project *project, const Entry *entry)
{
    const ProjectFile *file = entry->file;
    RewriteOptions options = *project->options;
    options.finds_made = true;
    options.dialect = entry->dialect != NULL ? entry->dialect : options.dialect;
    options.usual = entry_usual(project, entry);
    options.tells_none = options.dialect == NULL && code_is_sql(file->path);
    options.model = entry->place.model;
    options.version = entry->place.version;
    options.is_persisted = entry->place.is_persisted;
    options.is_incremental = entry->place.is_incremental;
    options.home = dbt_home(entry->place.root);
    options.settings = code_is_sql(file->path) ? dbt_settings(entry->place.root) : NULL;
    options.vars = entry->place.root->vars;
    options.made = entry->place.root->made;
    options.kept = entry->kept;
    options.defined = project->defined;
    options.macros = project->macros;
    options.models = project->columns;
    options.triggers = project->triggers;
    options.exports = entry->is_given ? project->exports : NULL;
    return options;
}

/* Does the file make a function that triggers of a dataset call, or of which nobody knows who calls it? */
static bool
may_see_rows(const Project *project, const Entry *entry, const Renames *renames)
{
    const GPtrArray *functions = trigger_calls_functions(project->triggers);
    for (guint i = entry->functions_first; i < entry->functions_end; i++) {
        const TriggerFunction *function = g_ptr_array_index(functions, i);
        if (function->has_run)
            continue;
        TriggerBinding binding = trigger_calls_of(project->triggers, function->function, renames,
                                                  dialect_by_name("postgres"));
        if (binding.rename != NULL || binding.is_unclear)
            return true;
    }
    return false;
}

static void
rewrite_entry(void *item, void *data)
{
    Entry *entry = item;
    const Project *project = data;
    ProjectFile *file = entry->file;
    g_autoptr(GPtrArray) makings = makings_in(project, entry);
    g_autofree char *own = signature_of(entry, makings);
    g_autofree char *signature =
        g_strdup_printf("%s%p %u", own, entry->is_given ? (const void *) project->exports : NULL,
                        entry->lacks_definition ? g_hash_table_size(project->defined) : 0);
    if (entry->seen != NULL && strcmp(entry->seen, signature) == 0)
        return;
    g_autoptr(Renames) renames = entry_renames(project, entry);
    RewriteOptions options = entry_options(project, entry);
    g_clear_pointer(&file->rewrite, rewrite_free);
    options.is_mentioned = entry->is_given ||
                           renames_concern(renames, file->path, file->text, file->bytes) ||
                           renames_mentioned(renames, entry->tables, strlen(entry->tables)) ||
                           dbt_vars_mention(options.settings, renames, file->text) ||
                           dbt_seeds_have_types(renames, file->path, file->text) ||
                           dbt_project_has_moved(renames, file->path, file->text) ||
                           may_see_rows(project, entry, renames);
    if (options.is_mentioned)
        file->rewrite = rewrite_text(file->path, file->text, file->bytes, renames, &options);
    entry->lacks_definition |= file->rewrite != NULL && file->rewrite->lacks_definition;
    if (entry->held != NULL)
        rewrite_add_site(file->rewrite, entry->held);
    g_free(entry->seen);
    entry->seen = g_steal_pointer(&signature);
}

/* ---- what is made ---- */

static bool
changes(const Made *made)
{
    for (guint i = 0; i < made->columns->len; i++)
        if (((const MadeColumn *) g_ptr_array_index(made->columns, i))->change != NULL)
            return true;
    return false;
}

static DbtRename *
dbt_of(const DbtPlace *place)
{
    /* a dot in the file's name is no package and no version */
    const DbtName name = {place->root->name, place->model, place->version};
    const DbtRename of_file = {.from = name, .to = name};
    DbtRename *dbt = dbt_rename_copy(&of_file);
    dbt->is_latest = place->is_latest;
    return dbt;
}

/* Where dbt says that the model's table is: who names it there reads it. */
static void
add_relation(const Project *project, const DbtPlace *place, Rename *rename)
{
    const DbtManifests *manifests = project->options->manifests;
    DbtHome home = dbt_home(place->root);
    char *const *parts =
        manifests != NULL ? dbt_manifests_relation(manifests, &home, place->model, place->version)
                          : NULL;
    if (parts != NULL)
        rename_add_relation(rename, parts);
}

static Rename *
derive(Project *project, const Making *making, bool needs_package)
{
    const DbtPlace *place = &making->entry->place;
    bool is_model = making->made->name == NULL;
    Rename *rename = rename_derive(making->made, is_model ? dbt_of(place) : NULL);
    rename->key = g_strdup(making->key);
    rename->alias = is_model ? g_strdup(place->alias) : NULL;
    if (is_model) {
        rename->dbt->needs_package = needs_package;
        add_relation(project, place, rename);
    }
    g_ptr_array_add(project->renamed, rename);
    return rename;
}

static Making *
add_making(Project *project, GPtrArray *list, const Entry *entry, const Made *made)
{
    bool is_model = made->name == NULL;
    Making *making = g_new0(Making, 1);
    making->key = is_model ? model_key(&entry->place) : view_key(made->name);
    making->entry = entry;
    making->made = made;
    making->rename = derive(project, making, false);
    if (is_model && project->roots->len > 2)
        making->foreign = derive(project, making, true);
    char **parts =
        is_model ? NULL
                 : ((const Spelling *) g_ptr_array_index(making->rename->spellings, 0))->source;
    making->name = is_model ? entry->place.model : parts[g_strv_length(parts) - 1];
    g_ptr_array_add(list, making);
    return making;
}

/* `foresight`: NULL where they are what the files make as they are rewritten now. */
static GPtrArray *
find_makings(Project *project, Foresight *foresight)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(making_free);
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        const Rewrite *rewrite = entry->file->rewrite;
        bool is_written = rewrite != NULL && !entry->file->is_held && rewrite_is_decided(rewrite);
        for (guint m = 0; is_written && m < rewrite->made->len; m++) {
            const Made *made = g_ptr_array_index(rewrite->made, m);
            made = foresight != NULL ? foresee(foresight, entry, made) : made;
            if (made->is_snapshot || !(made->is_unclear || changes(made)))
                continue;
            const Making *making = add_making(project, list, entry, made);
            if (foresight != NULL)
                foresight_note(foresight, making);
        }
    }
    return list;
}

static void
take_makings(Project *project, GPtrArray *makings)
{
    g_ptr_array_unref(project->makings);
    g_clear_pointer(&project->names, names_free);
    project->makings = makings;
    project->names = names_new();
    g_hash_table_remove_all(project->by_key);
    for (guint i = makings->len; i-- > 0;) {
        Making *making = g_ptr_array_index(makings, i);
        g_hash_table_insert(project->by_key, making->key, making);
        add_names(project->names, making, i);
    }
    names_index(project->names);
}

static bool
is_same(const GPtrArray *makings, const GPtrArray *others)
{
    g_autoptr(GHashTable) nothing = g_hash_table_new(NULL, NULL);
    Entry nobody = {.kept = nothing};
    g_autofree char *mine = signature_of(&nobody, makings), *theirs = signature_of(&nobody, others);
    return strcmp(mine, theirs) == 0;
}

/* Which datasets do files make? What goes with a definition follows it, in whatever file it stands. True when more are known. */
static bool
find_defined(Project *project)
{
    guint before = g_hash_table_size(project->defined);
    for (guint i = 0; i < project->entries->len; i++) {
        const Entry *entry = g_ptr_array_index(project->entries, i);
        if (entry->file->rewrite != NULL)
            rewrite_defined_add(project->defined, entry->file->rewrite);
    }
    return g_hash_table_size(project->defined) > before;
}

/* ---- the whole ---- */

static void
read_kept(Project *project)
{
    GHashTableIter iter;
    void *key;
    g_hash_table_iter_init(&iter, project->kept);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        if (!g_str_has_prefix(key, "sql "))
            continue;
        g_hash_table_add(project->kept_views, g_strdup((char *) key + strlen("sql ")));
        g_hash_table_add(project->kept_views_and_own, g_strdup((char *) key + strlen("sql ")));
    }
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        g_autofree char *own = entry->place.model != NULL ? model_key(&entry->place) : NULL;
        if (own != NULL && g_hash_table_contains(project->kept, own))
            entry->kept = project->kept_views_and_own;
    }
}

/* What the next round is done with, if views are made of views. */
static void
look_ahead(Project *project, GPtrArray **makings)
{
    Foresight *foresight = foresight_new(project);
    GPtrArray *ahead = find_makings(project, foresight);
    foresight_free(foresight);
    g_ptr_array_unref(*makings);
    *makings = ahead;
}

static void
run(Project *project)
{
    guint since_kept = 0;
    project_read_exports(project);
    for (guint round = 0;; round++) {
        parallel_each(project->entries, project->threads, rewrite_entry, project);
        if (find_defined(project))
            parallel_each(project->entries, project->threads, rewrite_entry, project);
        g_autoptr(GPtrArray) next = find_makings(project, NULL);
        bool is_settled = is_same(next, project->makings);
        if (!is_settled && since_kept++ < ROUNDS_FORESEEN)
            look_ahead(project, &next);
        take_makings(project, g_steal_pointer(&next));
        if (!is_settled)
            project_read_exports(project);
        if (!is_settled && round < ROUNDS_MAX)
            continue;
        bool has_kept = project->options->propagates &&
                        (is_settled ? project_keep(project) : project_keep_all(project));
        if (!has_kept && !project_hold(project))
            return;
        read_kept(project);
        round = since_kept = 0;
    }
}

void
project_rewrite(GPtrArray *files, const Renames *renames, const RewriteOptions *options,
                unsigned threads)
{
    Project project = {.renames = renames, .options = options, .threads = threads};
    project_open(&project, files);
    read_kept(&project);
    run(&project);
    project_tell(&project);
    project_tell_asked(&project);
    project_close(&project);
}
