/* rewrite.c - one file: its language, its sites, its edits; and what is done with them. */
#include "base/json.h"
#include "base/text.h"
#include "rewrite/code.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/selects.h"
#include "rewrite/made.h"
#include "rewrite/program/program.h"
#include "rewrite/run_steps.h"
#include "rewrite/sql/parts.h"
#include "rewrite/trigger_calls.h"

#include <string.h>

static const char *const dispositions[DISPOSITION_COUNT] = {
    [DISPOSITION_REWRITTEN] = "rewritten",   [DISPOSITION_ALREADY] = "already",
    [DISPOSITION_UNAFFECTED] = "unaffected", [DISPOSITION_NEEDS_PERSON] = "needs_person",
    [DISPOSITION_UNPARSABLE] = "unparsable",
};

static const char *const kinds[] = {
    [SITE_TABLE] = "table",     [SITE_COLUMN] = "column", [SITE_STAR] = "star",
    [SITE_MENTION] = "mention", [SITE_FILE] = "file",
};

const char *
disposition_name(Disposition disposition)
{
    return dispositions[disposition];
}

const char *
site_kind_name(SiteKind kind)
{
    return kinds[kind];
}

/* ---- making ---- */

#define SITES_ROOM 32 /* at first: a report has some dozens */

Rewrite *
rewrite_new(const char *language)
{
    Rewrite *rewrite = g_new0(Rewrite, 1);
    *rewrite = (Rewrite){.language = language,
                         .sites = g_ptr_array_sized_new(SITES_ROOM),
                         .edits = g_ptr_array_sized_new(SITES_ROOM),
                         .made = g_ptr_array_new_with_free_func(made_free),
                         .imports = g_ptr_array_new(),
                         .arena = arena_new()};
    return rewrite;
}

void
rewrite_defined_add(GHashTable *defined, const Rewrite *rewrite)
{
    GHashTableIter iter;
    void *rename;
    if (rewrite->defines == NULL)
        return;
    g_hash_table_iter_init(&iter, rewrite->defines);
    while (g_hash_table_iter_next(&iter, &rename, NULL))
        g_hash_table_add(defined, rename);
}

void
rewrite_free(Rewrite *rewrite)
{
    if (rewrite == NULL)
        return;
    g_ptr_array_unref(rewrite->sites);
    g_ptr_array_unref(rewrite->edits);
    g_ptr_array_unref(rewrite->made);
    g_ptr_array_unref(rewrite->imports);
    g_clear_pointer(&rewrite->defines, g_hash_table_unref);
    arena_free(rewrite->arena);
    g_free(rewrite);
}

static int
by_place(const void *a, const void *b)
{
    const Site *one = *(Site *const *) a, *other = *(Site *const *) b;
    return one->begin != other->begin ? (one->begin < other->begin ? -1 : 1)
                                      : (int) one->kind - (int) other->kind;
}

int
edits_by_place(const void *a, const void *b)
{
    const Edit *one = *(Edit *const *) a, *other = *(Edit *const *) b;
    if (one->begin != other->begin)
        return one->begin < other->begin ? -1 : 1;
    return one->end < other->end ? -1 : one->end > other->end;
}

static bool
is_same_edit(const Edit *one, const Edit *other)
{
    return one->begin == other->begin && one->end == other->end &&
           strcmp(one->text, other->text) == 0;
}

/* Tables are found first, columns then, each in the order of the text: mostly there are two rows to be put together. */
static void
sort_found(GPtrArray *list, GCompareFunc by)
{
    guint middle = 1;
    while (middle < list->len && by(&list->pdata[middle - 1], &list->pdata[middle]) <= 0)
        middle++;
    if (middle >= list->len)
        return;
    for (guint i = middle + 1; i < list->len; i++)
        if (by(&list->pdata[i - 1], &list->pdata[i]) > 0) {
            g_ptr_array_sort(list, by);
            return;
        }
    g_autofree void **first = g_memdup2(list->pdata, middle * sizeof(void *));
    guint at = 0, other = middle, to = 0;
    while (at < middle)
        list->pdata[to++] = other < list->len && by(&first[at], &list->pdata[other]) > 0
                                ? list->pdata[other++]
                                : first[at++];
}

/* The same name may be reached twice, as an item and as its branch's. */
static void
drop_doubled(GPtrArray *edits)
{
    guint kept = 0;
    for (guint i = 0; i < edits->len; i++)
        if (kept == 0 || !is_same_edit(edits->pdata[kept - 1], edits->pdata[i]))
            edits->pdata[kept++] = edits->pdata[i];
    g_ptr_array_set_size(edits, (gint) kept);
}

static bool
is_same_site(const Site *one, const Site *other)
{
    return one->begin == other->begin && one->end == other->end && one->kind == other->kind &&
           one->disposition == other->disposition && g_strcmp0(one->code, other->code) == 0 &&
           g_strcmp0(one->after, other->after) == 0 && g_strcmp0(one->reason, other->reason) == 0;
}

/* A literal of a template may be put in at several places, and is told of once. */
static void
drop_told(GPtrArray *sites)
{
    guint kept = 0;
    for (guint i = 0; i < sites->len; i++)
        if (kept == 0 || !is_same_site(sites->pdata[kept - 1], sites->pdata[i]))
            sites->pdata[kept++] = sites->pdata[i];
    g_ptr_array_set_size(sites, (gint) kept);
}

void
rewrite_add_site(Rewrite *rewrite, const Site *site)
{
    Site *copy = site_copy(rewrite->arena, site);
    guint at = rewrite->sites->len;
    while (at > 0 && by_place(&rewrite->sites->pdata[at - 1], &(void *){copy}) > 0)
        at--;
    g_ptr_array_insert(rewrite->sites, (gint) at, copy);
    rewrite->count[site->disposition]++;
}

void
rewrite_add_note(Rewrite *rewrite, const char *reason)
{
    Site site = {.kind = SITE_FILE,
                 .disposition = DISPOSITION_UNAFFECTED,
                 .line = 1,
                 .column = 1,
                 .before = "",
                 .code = "",
                 .reason = (char *) reason};
    rewrite_add_site(rewrite, &site);
}

/* Two different things were decided about the same bytes: then neither is written. */
static void
refuse_overlaps(Work *work)
{
    const GPtrArray *edits = work->out->edits;
    for (guint i = 1; i < edits->len; i++) {
        const Edit *before = g_ptr_array_index(edits, i - 1), *edit = g_ptr_array_index(edits, i);
        if (before->end <= edit->begin &&
            (before->end > before->begin || edit->end > edit->begin || before->begin < edit->begin))
            continue;
        site_refuse(work, SITE_FILE, edit->begin, edit->end, "undecided", NULL,
                    "'%s' and '%s' would both be written here", before->text, edit->text);
        g_ptr_array_set_size(work->out->edits, 0);
        return;
    }
}

static void
finish(Work *work)
{
    Rewrite *out = work->out;
    const char *text = work->text;
    out->defines = work->defines;
    out->lacks_definition = work->lacks_definition;
    out->lacks_columns = work->lacks_columns;
    sort_found(out->edits, edits_by_place);
    drop_doubled(out->edits);
    refuse_overlaps(work);
    sort_found(out->sites, by_place);
    drop_told(out->sites);
    out->covered = NULL;
    size_t at = 0, line_begin = 0;
    int line = 1;
    for (guint i = 0; i < out->sites->len; i++) {
        Site *site = g_ptr_array_index(out->sites, i);
        for (const char *found; at < site->begin; at = line_begin) {
            found = memchr(text + at, '\n', site->begin - at);
            if (found == NULL)
                break;
            line++;
            line_begin = (size_t) (found - text) + 1;
        }
        at = MAX(at, site->begin);
        site->line = line;
        site->column = (int) (site->begin - line_begin) + 1;
        out->count[site->disposition]++;
    }
}

/* ---- the whole ---- */

static bool
is_notebook(const char *path)
{
    return g_str_has_suffix(path, ".ipynb");
}

static bool
is_document(const char *path)
{
    static const char *const endings[] = {".md",  ".mdx", ".markdown", ".rst",  ".adoc", ".po",
                                          ".pot", ".css", ".scss",     ".sass", ".less", NULL};
    static const char *const names[] = {"LICENSE", "NOTICE", "COPYING", "CHANGELOG", NULL};
    const char *name = text_behind_slash(path);
    if (code_ends_with(path, endings))
        return true;
    for (size_t i = 0; names[i] != NULL; i++)
        if (g_str_has_prefix(name, names[i]) && !code_is_sql(path))
            return true;
    return false;
}

static bool
is_yaml(const char *path)
{
    return g_str_has_suffix(path, ".yml") || g_str_has_suffix(path, ".yaml");
}

static bool
is_dbt_project(const char *path)
{
    return strcmp(text_behind_slash(path), "dbt_project.yml") == 0;
}

/* Keys and values of dbt_project.yml are no columns, whatever they are called. */
static void
drop_columns(Work *work)
{
    GPtrArray *sites = work->out->sites;
    for (guint i = sites->len; i > 0; i--)
        if (strcmp(((const Site *) sites->pdata[i - 1])->code, "data-frame") == 0)
            g_ptr_array_remove_index(sites, i - 1);
}

/* manifest.json, catalog.json, run_results.json: dbt writes them anew from the files that are rewritten. */
static bool
is_artifact(const char *path, const char *text, size_t bytes)
{
    return g_str_has_suffix(path, ".json") &&
           memmem(text, MIN(bytes, 1024), "\"dbt_schema_version\"", 20) != NULL;
}

/* A mapping says the old names and the new ones: it is what the work is done by. */
static bool
is_mapping(const char *path, const char *text, size_t bytes)
{
    return is_yaml(path) && memmem(text, bytes, "kind: Mapping", 13) != NULL &&
           memmem(text, bytes, "apiVersion: honk/", 17) != NULL;
}

static void
rewrite_program(Work *work, const Language *language)
{
    program_rewrite(work, language);
    if (language->is_data)
        return;
    history_hold(work);
    history_hold_listed(work);
}

static void
rewrite_sql(Work *work)
{
    sql_text(work);
    history_hold(work);
}

static Rewrite *
rewrite_with(const char *path, const char *text, size_t bytes, const Renames *renames,
             const RewriteOptions *options)
{
    const Language *language = code_is_sql(path) ? NULL : language_of(path, text, bytes);
    Rewrite *out = rewrite_new(code_is_sql(path)   ? "sql"
                               : language != NULL  ? language->name
                               : is_notebook(path) ? "notebook"
                                                   : "text");
    Work work = {.renames = renames,
                 .options = options,
                 .text = text,
                 .bytes = bytes,
                 .path = path,
                 .out = out};
    if ((!options->is_mentioned && !renames_concern(renames, path, text, bytes)) ||
        is_artifact(path, text, bytes) || is_mapping(path, text, bytes))
        return out;
    if (is_history(path, text, bytes) || run_steps_has(options->steps, path)) {
        history_mentions(&work);
        finish(&work);
        return out;
    }
    described_columns(&work);
    described_makers(&work);
    described_rows(&work);
    pages_tell(&work);
    dbt_seed_file(&work);
    dbt_made_here(&work);
    if (dbt_fixture_file(&work))
        ;
    else if (code_is_sql(path))
        rewrite_sql(&work);
    else if (is_yaml(path) && dbt_yaml(&work))
        out->language = "dbt";
    else if (is_notebook(path))
        program_notebook(&work);
    else if (language != NULL)
        rewrite_program(&work, language);
    else if (is_document(path) && !program_page(&work))
        program_document(&work);
    else if (!is_document(path) && !dbt_is_own_seed(&work))
        mentions_in_text(&work);
    if (!code_is_sql(path) && !is_document(path) && strcmp(out->language, "dbt") != 0)
        mentions_of_models(&work);
    if (is_dbt_project(path)) {
        drop_columns(&work);
        dbt_project_keys(&work);
        dbt_vars_set(&work);
        dbt_project_hooks(&work);
    }
    if (!is_document(path)) {
        dbt_selects(&work);
        dbt_paths(&work);
    }
    program_refuse_moves(&work);
    finish(&work);
    return out;
}

Rewrite *
rewrite_text(const char *path, const char *text, size_t bytes, const Renames *renames,
             const RewriteOptions *options)
{
    RewriteOptions own = *options;
    own.propagates = own.propagates && !outputs_are_named(path, text, bytes);
    if (options->triggers != NULL)
        return rewrite_with(path, text, bytes, renames, &own);
    TriggerCalls *triggers = trigger_calls_new();
    trigger_calls_read(triggers, path, text, bytes, false);
    own.triggers = triggers;
    Rewrite *rewrite = rewrite_with(path, text, bytes, renames, &own);
    trigger_calls_free(triggers);
    return rewrite;
}

bool
site_hinders(const Site *site)
{
    bool is_aside = site->kind == SITE_FILE && strcmp(site->code, "model-file") == 0;
    return !is_aside && !site->is_left &&
           (site->disposition == DISPOSITION_NEEDS_PERSON ||
            site->disposition == DISPOSITION_UNPARSABLE);
}

bool
rewrite_is_decided(const Rewrite *rewrite)
{
    bool has_some =
        rewrite->count[DISPOSITION_NEEDS_PERSON] + rewrite->count[DISPOSITION_UNPARSABLE] > 0;
    for (guint i = 0; has_some && i < rewrite->sites->len; i++)
        if (site_hinders(g_ptr_array_index(rewrite->sites, i)))
            return false;
    return true;
}

/* ---- applying ---- */

void
edits_apply(const GPtrArray *edits, const char *text, size_t begin, size_t end, GString *to)
{
    size_t at = begin;
    for (guint i = 0; i < edits->len; i++) {
        const Edit *edit = g_ptr_array_index(edits, i);
        g_string_append_len(to, text + at, (gssize) (edit->begin - at));
        g_string_append(to, edit->text);
        at = edit->end;
    }
    g_string_append_len(to, text + at, (gssize) (end - at));
}

char *
rewrite_apply(const Rewrite *rewrite, const char *text, size_t bytes, size_t *ret_bytes)
{
    GString *result = g_string_sized_new(bytes + 64);
    edits_apply(rewrite->edits, text, 0, bytes, result);
    *ret_bytes = result->len;
    return g_string_free(result, FALSE);
}

static void
edit_free(void *data)
{
    Edit *edit = data;
    g_free((char *) edit->text);
    g_free(edit);
}

GPtrArray *
rewrite_undo(const Rewrite *rewrite, const char *text)
{
    GPtrArray *undo = g_ptr_array_new_with_free_func(edit_free);
    size_t shift = 0; /* may wrap around: sums of sizes */
    for (guint i = 0; i < rewrite->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(rewrite->edits, i);
        Edit *back = g_new0(Edit, 1);
        back->begin = edit->begin + shift;
        back->end = back->begin + strlen(edit->text);
        back->text = g_strndup(text + edit->begin, edit->end - edit->begin);
        shift += strlen(edit->text) - (edit->end - edit->begin);
        g_ptr_array_add(undo, back);
    }
    return undo;
}

/* ---- JSON ---- */

static json_t *
site_json(const Site *site)
{
    json_t *json = json_object();
    json_set_int(json, "begin", (int64_t) site->begin);
    json_set_int(json, "end", (int64_t) site->end);
    json_set_int(json, "line", site->line);
    json_set_int(json, "column", site->column);
    json_set_string(json, "kind", kinds[site->kind]);
    json_set_string(json, "before", site->before);
    json_set_string(json, "after", site->after);
    json_set_string(json, "disposition", dispositions[site->disposition]);
    json_set_string(json, "code", site->code[0] != '\0' ? site->code : NULL);
    json_set_string(json, "reason", site->reason);
    json_set_string(json, "link", site->link);
    json_set_string(json, "advice", site->advice);
    return json;
}

json_t *
rewrite_json(const Rewrite *rewrite, const char *path, bool is_changed)
{
    json_t *json = json_object(), *sites = json_array();
    json_set_string(json, "path", path);
    json_set_string(json, "language", rewrite->language);
    json_set_string(json, "dialect", rewrite->dialect);
    json_set_bool(json, "changed", is_changed);
    for (guint i = 0; i < rewrite->sites->len; i++)
        json_array_append_new(sites, site_json(g_ptr_array_index(rewrite->sites, i)));
    json_object_set_new(json, "sites", sites);
    return json;
}
