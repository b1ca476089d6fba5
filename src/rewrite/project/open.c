/* open.c - what is read of a project before its files are rewritten, and which files belong to one. */
#include "base/parallel.h"
#include "rewrite/code.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/program/program.h"
#include "rewrite/project/parts.h"
#include "sql/guess.h"

#include <string.h>

/* ---- entries ---- */

static void
entry_free(void *data)
{
    Entry *entry = data;
    dbt_place_clear(&entry->place);
    g_ptr_array_unref(entry->makings);
    g_ptr_array_unref(entry->left);
    g_ptr_array_unref(entry->told);
    g_clear_pointer(&entry->words, g_array_unref);
    joined_texts_free(entry->joined);
    g_free(entry->tables);
    g_free(entry->seen);
    g_free(entry->barren);
    g_free(entry);
}

/* What its macros and variables stand for. Caller frees. */
static char *
tables_in(const Project *project, const Entry *entry)
{
    const ProjectFile *file = entry->file;
    g_autofree char *macros = macros_tables_in(project->macros, file->text, file->bytes);
    g_autofree char *vars =
        code_is_sql(file->path)
            ? dbt_var_tables_in(dbt_settings(entry->place.root), file->text, file->bytes)
            : g_strdup("");
    return g_strconcat(macros, vars, NULL);
}

static Entry *
entry_new(const Project *project, ProjectFile *file)
{
    Entry *entry = g_new0(Entry, 1);
    *entry = (Entry){.file = file,
                     .kept = project->kept_views,
                     .number = project->entries->len,
                     .makings = g_ptr_array_new(),
                     .left = g_ptr_array_new(),
                     .told = g_ptr_array_new()};
    dbt_place(project->roots, file, &entry->place);
    entry->tables = tables_in(project, entry);
    entry->is_of_all =
        dbt_project_filters_tests(file->path, file->text) || dbt_is_fixture_path(file->path);
    g_autofree char *all = g_strconcat(file->text, "\n", entry->tables, NULL);
    if (project->options->propagates)
        entry->words = words_of(all, strlen(all));
    if (project->options->propagates && code_is_sql(file->path))
        entry->joined = joined_texts_read(file->text, file->bytes);
    return entry;
}

/* ---- dialects ---- */

static void
guess_entry(void *item, void *data)
{
    Entry *entry = item;
    const DbtPlace *place = &entry->place;
    if (!code_is_sql(entry->file->path))
        return;
    /* a model runs where the profile says; a macro may be for several stores */
    bool is_told = place->root != NULL && !place->is_macro;
    entry->dialect = is_told ? place->root->dialect : NULL;
    if (entry->dialect != NULL)
        return;
    entry->dialect = renames_guessed(
        data, guess_text(entry->file->text, entry->file->bytes, &entry->doubts_quotes));
}

/* Files that do not tell their dialect are in that of most that do. */
static void
guess_dialects(Project *project)
{
    GuessVotes votes = {0};
    project->usual = project->options->usual;
    if (project->options->dialect != NULL)
        return;
    parallel_each(project->entries, project->threads, guess_entry, (void *) project->renames);
    for (guint i = 0; i < project->entries->len; i++)
        guess_vote(&votes, ((const Entry *) g_ptr_array_index(project->entries, i))->dialect);
    const Dialect *winner = guess_winner(&votes);
    project->usual = winner != NULL ? winner : project->usual;
}

/* ---- scripts that have run ---- */

static void
read_lists(Project *project, const GPtrArray *files)
{
    g_autoptr(GPtrArray) these = g_ptr_array_new();
    const GPtrArray *paths = project->options->paths;
    project->steps = run_steps_new();
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        g_ptr_array_add(these, (char *) file->path);
        run_steps_read(project->steps, file->path, file->text, file->bytes);
    }
    run_steps_find_listed(project->steps, paths != NULL ? paths : these);
}

static void
note_steps(Project *project, const Entry *entry)
{
    const ProjectFile *file = entry->file;
    if (code_is_sql(file->path) && !is_history(file->path, file->text, file->bytes) &&
        !run_steps_has(project->steps, file->path))
        run_steps_note(project->steps, file->path, file->text, file->bytes, entry->steps);
}

/* ---- definitions ---- */

static void
read_steps(void *item, void *data)
{
    Entry *entry = item;
    const Project *project = data;
    const ProjectFile *file = entry->file;
    RewriteOptions options = *project->options;
    options.dialect = entry->dialect != NULL ? entry->dialect : options.dialect;
    options.usual = entry_usual(project, entry);
    entry->steps =
        definitions_read(file->path, file->text, file->bytes, project->renames, &options);
    entry->said = neighbours_read(file->path, file->text, file->bytes, project->renames, &options);
}

static void
read_definitions(Project *project)
{
    parallel_each(project->entries, project->threads, read_steps, project);
    project->definitions = definitions_new();
    project->neighbours = neighbours_new();
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        note_steps(project, entry);
        definitions_add(project->definitions, entry->file->path, g_steal_pointer(&entry->steps));
        neighbours_add(project->neighbours, g_steal_pointer(&entry->said));
    }
    definitions_settle(project->definitions);
    run_steps_find_in_folders(project->steps);
}

/* ---- the whole ---- */

static void
note_triggers(Project *project, Entry *entry)
{
    const ProjectFile *file = entry->file;
    const GPtrArray *functions = trigger_calls_functions(project->triggers);
    entry->functions_first = functions->len;
    trigger_calls_read(project->triggers, file->path, file->text, file->bytes,
                       run_steps_has(project->steps, file->path));
    entry->functions_end = functions->len;
}

static void
note_model(Project *project, Entry *entry)
{
    g_autofree char *key = model_key(&entry->place);
    GPtrArray *list = g_hash_table_lookup(project->by_model, key);
    if (list == NULL) {
        list = g_ptr_array_new();
        g_hash_table_insert(project->by_model, g_steal_pointer(&key), list);
    }
    g_ptr_array_add(list, entry);
    g_hash_table_add(project->models,
                     g_strdup_printf("%s %s", entry->place.root->folder, entry->place.model));
}

void
project_open(Project *project, GPtrArray *files)
{
    project->arena = arena_new();
    project->roots = dbt_roots(files);
    dbt_profiles_read(project->roots, files);
    dbt_roots_know(project->roots, files, project->renames, project->options);
    project->entries = g_ptr_array_new_with_free_func(entry_free);
    project->makings = g_ptr_array_new_with_free_func(making_free);
    project->by_key = g_hash_table_new(g_str_hash, g_str_equal);
    project->fresh = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    project->states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    project->renamed = g_ptr_array_new_with_free_func(rename_free);
    project->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    project->kept_views = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    project->kept_views_and_own = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(project->kept_views_and_own, g_strdup(""));
    project->by_model =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
    project->models = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    project->paths = g_ptr_array_new();
    project->by_path = g_hash_table_new(g_str_hash, g_str_equal);
    project->by_text = g_hash_table_new(NULL, NULL);
    project->defined = g_hash_table_new(NULL, NULL);
    project->foreseen = g_ptr_array_new_with_free_func((GDestroyNotify) rewrite_free);
    project->old = g_ptr_array_new_with_free_func((GDestroyNotify) exports_free);
    sessions_read(project, files);
    read_lists(project, files);
    project->macros = macros_new();
    project->triggers = trigger_calls_new();
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        if (g_str_has_suffix(file->path, ".sql")) /* a model may have some of its own */
            macros_read(project->macros, file->text, file->bytes);
    }
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        if (code_is_sql(file->path))
            macros_note_calls(project->macros, file->text, file->bytes);
    }
    for (guint i = 0; i < files->len; i++) {
        Entry *entry = entry_new(project, g_ptr_array_index(files, i));
        g_ptr_array_add(project->entries, entry);
        g_ptr_array_add(project->paths, (char *) entry->file->path);
        g_hash_table_insert(project->by_path, (char *) entry->file->path, entry);
        g_hash_table_insert(project->by_text, (char *) entry->file->text, entry);
        note_triggers(project, entry);
        if (entry->place.model != NULL)
            note_model(project, entry);
        if (entry->place.model != NULL && entry->place.is_persisted)
            g_hash_table_insert(project->kept, model_key(&entry->place), NULL);
    }
    guess_dialects(project);
    read_definitions(project);
    project->columns = project_models_new(project);
}

void
project_close(Project *project)
{
    project_models_free(project->columns);
    g_hash_table_unref(project->by_key);
    g_hash_table_unref(project->lent);
    g_hash_table_unref(project->fresh);
    g_hash_table_unref(project->states);
    g_ptr_array_unref(project->makings);
    g_clear_pointer(&project->levels, g_ptr_array_unref);
    g_clear_pointer(&project->names, names_free);
    g_ptr_array_unref(project->entries);
    g_ptr_array_unref(project->roots);
    g_ptr_array_unref(project->renamed);
    g_hash_table_unref(project->kept);
    g_hash_table_unref(project->kept_views);
    g_hash_table_unref(project->kept_views_and_own);
    g_hash_table_unref(project->by_model);
    g_hash_table_unref(project->models);
    g_ptr_array_unref(project->paths);
    g_hash_table_unref(project->by_path);
    g_hash_table_unref(project->by_text);
    g_hash_table_unref(project->defined);
    exports_free(project->exports);
    g_ptr_array_unref(project->old);
    g_ptr_array_unref(project->foreseen);
    macros_free(project->macros);
    trigger_calls_free(project->triggers);
    run_steps_free(project->steps);
    definitions_free(project->definitions);
    neighbours_free(project->neighbours);
    arena_free(project->arena);
}

/* ---- which files ---- */

/* What dbt says of its project, its sources, and who reads them. */
static bool
is_of_dbt(const char *path, const char *text, size_t bytes)
{
    if (g_str_has_suffix(path, ".py"))
        return memmem(text, bytes, "dbt.source(", 11) != NULL;
    if (!g_str_has_suffix(path, ".yml") && !g_str_has_suffix(path, ".yaml"))
        return false;
    return g_str_has_suffix(path, "dbt_project.yml") || g_str_has_suffix(path, "profiles.yml") ||
           g_str_has_suffix(path, "profiles.yaml") || memmem(text, bytes, "sources:", 8) != NULL ||
           memmem(text, bytes, "fixture:", 8) != NULL || memmem(text, bytes, "source(", 7) != NULL;
}

bool
project_ties(const char *path, const char *text, size_t bytes, const Renames *renames)
{
    return (code_is_sql(path) && trigger_calls_may_be(text, bytes)) ||
           run_steps_may_list(path, text, bytes) ||
           (run_steps_may_change(path, text, bytes) && renames_concern(renames, path, text, bytes));
}

bool
project_wants(const char *path, const char *text, size_t bytes, const Renames *renames,
              const RewriteOptions *options)
{
    if (trigger_calls_may_be(text, bytes) || neighbours_may_say(path, text, bytes, renames) ||
        dbt_is_fixture_path(path) || run_steps_may_list(path, text, bytes))
        return true;
    bool is_template = memmem(text, bytes, "{{", 2) != NULL || memmem(text, bytes, "{%", 2) != NULL;
    if (!options->propagates)
        return (code_is_sql(path) && is_template) || is_of_dbt(path, text, bytes);
    return code_is_sql(path) || g_str_has_suffix(path, ".ipynb") ||
           pages_may_show(path, text, bytes) || language_of(path, text, bytes) != NULL;
}
