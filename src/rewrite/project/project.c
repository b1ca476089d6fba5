/*
 * project.c - see project.h.
 *
 * Round by round: files are rewritten with what is known of others' makings, which gives new makings, until nothing
 * changes any more. Makings whose readers need a person, that are in a circle, or about which two files do not agree, are
 * *kept* (keep.c), and all of it is done once more without them. Each time something is kept that was not
 * before, so it ends.
 */
#include "base/parallel.h"
#include "rewrite/code.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/selects.h"
#include "rewrite/made.h"
#include "rewrite/project/parts.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define ROUNDS_MAX                                                                                 \
    200 /* from view to view to view; people stack a dozen. Models take one, however many they are */
#define ROUNDS_FORESEEN                                                                            \
    2 /* whose makings are guessed; behind them it is as the files say, whatever was guessed */

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

static void
add_if_seen(GPtrArray *list, Making *making, const Entry *from)
{
    if (making != NULL && making_is_seen(making, from))
        g_ptr_array_add(list, making);
}

/* Within a round they are found in the order in which they came. */
static GPtrArray *
in_order(GPtrArray *list)
{
    g_ptr_array_sort(list, makings_compare);
    return list;
}

/* Does the file say something of columns of all models, of which this is one? */
static bool
is_of_project(const Entry *entry, const Making *making)
{
    return entry->is_of_all && making->entry->place.root == entry->place.root;
}

GPtrArray *
makings_in(const Project *project, const Entry *entry)
{
    GPtrArray *list = g_ptr_array_new();
    g_autoptr(GArray) named = project->makings->len > 0
                                  ? names_in(project->names, entry->words)
                                  : g_array_new(FALSE, FALSE, sizeof(guint32));
    if (!entry->is_given && !entry->is_of_all && entry->joined == NULL) {
        for (guint i = 0; i < named->len; i++)
            add_if_seen(list, project->makings->pdata[g_array_index(named, guint32, i)], entry);
        return in_order(list);
    }
    g_autoptr(GHashTable) given = entry->is_given ? given_keys(project) : NULL;
    guint next = 0; /* of those that are named */
    for (guint i = 0; i < project->makings->len; i++) {
        const Making *making = g_ptr_array_index(project->makings, i);
        bool is_named = next < named->len && g_array_index(named, guint32, next) == i;
        next += is_named;
        if (making == NULL || !making_is_seen(making, entry))
            continue;
        if (is_named || is_of_project(entry, making) ||
            (given != NULL && g_hash_table_contains(given, making->key)) ||
            joined_texts_may_read(entry->joined, making->name))
            g_ptr_array_add(list, (void *) making);
    }
    return in_order(list);
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
    options.doubts_quotes = entry->doubts_quotes;
    options.usual = entry_usual(project, entry);
    options.tells_none = options.dialect == NULL && code_is_sql(file->path);
    options.model = entry->place.model;
    options.version = entry->place.version;
    options.is_persisted = entry->place.is_persisted;
    options.is_incremental = entry->place.is_incremental;
    options.said = entry->place.said;
    options.home = dbt_home(entry->place.root);
    options.settings = code_is_sql(file->path) ? dbt_settings(entry->place.root) : NULL;
    options.vars = entry->place.root->vars;
    options.made = entry->place.root->made;
    options.roots = project->roots;
    options.paths = options.paths != NULL ? options.paths : project->paths;
    options.kept = entry->kept;
    options.defined = project->defined;
    options.macros = project->macros;
    options.models = project->columns;
    options.triggers = project->triggers;
    options.steps = project->steps;
    options.definitions = project->definitions;
    options.neighbours = project->neighbours;
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
    options.is_mentioned =
        entry->is_given || renames_concern(renames, file->path, file->text, file->bytes) ||
        renames_mentioned(renames, entry->tables, strlen(entry->tables)) ||
        dbt_vars_mention(options.settings, renames, file->text) ||
        dbt_tells_vars(renames, file->text) ||
        dbt_seeds_have_types(renames, file->path, file->text) ||
        dbt_project_has_moved(renames, file->path, file->text) ||
        dbt_project_may_filter(renames, file->path, file->text) ||
        dbt_fixture_is_used(entry->place.root, file->path) || may_see_rows(project, entry, renames);
    if (options.is_mentioned)
        file->rewrite = rewrite_text(file->path, file->text, file->bytes, renames, &options);
    entry->lacks_definition |= file->rewrite != NULL && file->rewrite->lacks_definition;
    if (entry->held != NULL)
        rewrite_add_site(file->rewrite, entry->held);
    g_free(entry->seen);
    entry->seen = g_steal_pointer(&signature);
    entry->is_new = true;
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
        bool is_of_session = g_str_has_prefix(key, "session "); /* in all files, then */
        if (!is_of_session && !g_str_has_prefix(key, "sql "))
            continue;
        const char *name = is_of_session ? strchr(key, '#') : (char *) key + strlen("sql ");
        g_hash_table_add(project->kept_views, g_strdup(name));
        g_hash_table_add(project->kept_views_and_own, g_strdup(name));
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
    GPtrArray *ahead = makings_find(project, foresight);
    foresight_free(foresight);
    g_ptr_array_unref(*makings);
    *makings = ahead;
}

/* Each with what those make that it reads: then a chain of models is through with one round, however long it is. */
static void
rewrite_in_order(Project *project)
{
    const GPtrArray *levels = project_levels(project);
    for (guint l = 0; l < levels->len; l++) {
        GPtrArray *level = g_ptr_array_index(levels, l);
        parallel_each(level, project->threads, rewrite_entry, project);
        for (guint i = 0; i < level->len; i++) {
            Entry *entry = g_ptr_array_index(level, i);
            if (entry->is_new)
                makings_renew(project, entry);
        }
    }
}

static void
rewrite_all(Project *project)
{
    if (project->makings->len > 0)
        rewrite_in_order(project);
    else
        parallel_each(project->entries, project->threads, rewrite_entry, project);
}

typedef enum {
    ROUND_GOES_ON,
    ROUND_SETTLED, /* it was done with what comes of it */
    ROUND_KEEPS,   /* it went in a circle, and what did so keeps its names */
} RoundEnd;

static RoundEnd
run_round(Project *project, bool looks_ahead)
{
    g_autofree char *before = makings_signature(project->makings);
    g_autoptr(GHashTable) known = makings_said(project->makings);
    rewrite_all(project);
    bool has_more = find_defined(project);
    if (has_more)
        rewrite_all(project);
    g_autoptr(GPtrArray) next = makings_find(project, NULL);
    g_autofree char *after = makings_signature(next);
    bool is_settled = strcmp(before, after) == 0;
    bool comes_back = !is_settled && !looks_ahead && !has_more &&
                      !g_hash_table_add(project->states, g_strdup(after));
    bool has_kept = comes_back && project_keep_vanished(project, known, next);
    if (!is_settled && looks_ahead)
        look_ahead(project, &next);
    makings_take(project, g_steal_pointer(&next));
    if (!is_settled)
        project_read_exports(project);
    return has_kept ? ROUND_KEEPS : is_settled && !has_more ? ROUND_SETTLED : ROUND_GOES_ON;
}

static void
run(Project *project)
{
    guint since_kept = 0;
    project_read_exports(project);
    for (guint round = 0;; round++) {
        RoundEnd end = run_round(project, since_kept++ < ROUNDS_FORESEEN);
        if (end == ROUND_GOES_ON && round < ROUNDS_MAX)
            continue;
        bool has_kept =
            end == ROUND_KEEPS ||
            (project->options->propagates &&
             (end == ROUND_SETTLED ? project_keep(project) : project_keep_all(project)));
        if (!has_kept && !project_hold(project))
            return;
        read_kept(project);
        g_hash_table_remove_all(project->states);
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
