/* rewrite.c - one file: its language, its sites, its edits; and what is done with them. */
#include "base/json.h"
#include "rewrite/program.h"

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

static void site_free(void *data);
static void edit_free(void *data);

Rewrite *
rewrite_new(const char *language)
{
    Rewrite *rewrite = g_new0(Rewrite, 1);
    *rewrite = (Rewrite){.language = language,
                         .sites = g_ptr_array_new_with_free_func(site_free),
                         .edits = g_ptr_array_new_with_free_func(edit_free)};
    return rewrite;
}

static void
site_free(void *data)
{
    Site *site = data;
    g_free(site->before);
    g_free(site->after);
    g_free(site->reason);
    g_free(site->link);
    g_free(site);
}

static void
edit_free(void *data)
{
    Edit *edit = data;
    g_free(edit->text);
    g_free(edit);
}

void
rewrite_free(Rewrite *rewrite)
{
    if (rewrite == NULL)
        return;
    g_ptr_array_unref(rewrite->sites);
    g_ptr_array_unref(rewrite->edits);
    g_free(rewrite);
}

static int
by_place(const void *a, const void *b)
{
    const Site *one = *(Site *const *) a, *other = *(Site *const *) b;
    return one->begin != other->begin ? (one->begin < other->begin ? -1 : 1)
                                      : (int) one->kind - (int) other->kind;
}

static int
edits_by_place(const void *a, const void *b)
{
    const Edit *one = *(Edit *const *) a, *other = *(Edit *const *) b;
    if (one->begin != other->begin)
        return one->begin < other->begin ? -1 : 1;
    return one->end < other->end ? -1 : one->end > other->end;
}

/* The same name may be reached twice, as an item and as its branch's. */
static void
drop_doubled(GPtrArray *edits)
{
    for (guint i = 1; i < edits->len;) {
        const Edit *before = g_ptr_array_index(edits, i - 1), *edit = g_ptr_array_index(edits, i);
        if (before->begin == edit->begin && before->end == edit->end &&
            strcmp(before->text, edit->text) == 0)
            g_ptr_array_remove_index(edits, i);
        else
            i++;
    }
    for (guint i = 1; i < edits->len; i++)
        g_assert(((const Edit *) g_ptr_array_index(edits, i - 1))->end <=
                 ((const Edit *) g_ptr_array_index(edits, i))->begin);
}

static void
finish(Rewrite *out, const char *text)
{
    g_ptr_array_sort(out->sites, by_place);
    g_ptr_array_sort(out->edits, edits_by_place);
    drop_doubled(out->edits);
    size_t at = 0, line_begin = 0;
    int line = 1;
    for (guint i = 0; i < out->sites->len; i++) {
        Site *site = g_ptr_array_index(out->sites, i);
        for (; at < site->begin; at++)
            if (text[at] == '\n') {
                line++;
                line_begin = at + 1;
            }
        site->line = line;
        site->column = (int) (site->begin - line_begin) + 1;
        out->count[site->disposition]++;
    }
}

/* ---- SQL ---- */

static void
refuse_broken(Work *work)
{
    Site *site = site_add(work, SITE_FILE, DISPOSITION_UNPARSABLE, work->sql->broken_at,
                          work->sql->broken_at);
    site->code = work->sql->is_deep ? "too-deep" : "unfinished";
    site->reason = g_strdup(
        work->sql->is_deep ? "brackets within brackets, deeper than is looked into"
                           : "a string, name, comment or template begins here and does not end");
}

void
sql_text(Work *work)
{
    const Dialect *dialect = work->options->dialect;
    if (dialect == NULL)
        dialect = dialect_guess(work->text, work->bytes);
    work->out->language = "sql";
    work->out->dialect = dialect->name;
    work->sql = sql_new(work->text, work->bytes, dialect);
    work->matched = g_hash_table_new(NULL, NULL);
    work->spelled = g_hash_table_new(NULL, NULL);
    work->pinned = g_hash_table_new(NULL, NULL);
    work->understood = g_hash_table_new(NULL, NULL);
    if (work->sql->is_broken) {
        refuse_broken(work);
    } else {
        sql_tables(work);
        sql_flow(work);
        sql_columns(work);
        sql_mentions(work);
        if (work->has_holes)
            sql_holes(work);
    }
    g_hash_table_unref(work->matched);
    g_hash_table_unref(work->spelled);
    g_hash_table_unref(work->pinned);
    g_hash_table_unref(work->understood);
    sql_free(work->sql);
}

/* ---- the whole ---- */

static bool
is_sql(const char *path)
{
    static const char *const endings[] = {".sql", ".sql.j2", ".sql.jinja", ".ddl",
                                          ".dml", ".hql",    ".bqsql"};
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(path, endings[i]))
            return true;
    return false;
}

static bool
is_notebook(const char *path)
{
    return g_str_has_suffix(path, ".ipynb");
}

static bool
is_document(const char *path)
{
    return g_str_has_suffix(path, ".md") || g_str_has_suffix(path, ".rst") ||
           g_str_has_suffix(path, ".adoc");
}

Rewrite *
rewrite_text(const char *path, const char *text, size_t bytes, const Renames *renames,
             const RewriteOptions *options)
{
    const Language *language = is_sql(path) ? NULL : language_of(path, text, bytes);
    Rewrite *out = rewrite_new(is_sql(path)        ? "sql"
                               : language != NULL  ? language->name
                               : is_notebook(path) ? "notebook"
                                                   : "text");
    Work work = {.renames = renames, .options = options, .text = text, .bytes = bytes, .out = out};
    if (!renames_mentioned(renames, text, bytes))
        return out;
    if (is_sql(path))
        sql_text(&work);
    else if (is_notebook(path))
        program_notebook(&work);
    else if (language != NULL)
        program_rewrite(&work, language);
    else if (is_document(path))
        program_document(&work);
    else
        mentions_in_text(&work);
    finish(out, text);
    return out;
}

bool
rewrite_is_decided(const Rewrite *rewrite)
{
    return rewrite->count[DISPOSITION_NEEDS_PERSON] == 0 &&
           rewrite->count[DISPOSITION_UNPARSABLE] == 0;
}

/* ---- applying ---- */

static char *
apply(const GPtrArray *edits, const char *text, size_t bytes, size_t *ret_bytes)
{
    GString *result = g_string_sized_new(bytes + 64);
    size_t at = 0;
    for (guint i = 0; i < edits->len; i++) {
        const Edit *edit = g_ptr_array_index(edits, i);
        g_string_append_len(result, text + at, (gssize) (edit->begin - at));
        g_string_append(result, edit->text);
        at = edit->end;
    }
    g_string_append_len(result, text + at, (gssize) (bytes - at));
    *ret_bytes = result->len;
    return g_string_free(result, FALSE);
}

char *
rewrite_apply(const Rewrite *rewrite, const char *text, size_t bytes, size_t *ret_bytes)
{
    return apply(rewrite->edits, text, bytes, ret_bytes);
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
