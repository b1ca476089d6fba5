/* code_lineage.c - see code_lineage.h. */
#include "rewrite/code_lineage.h"

#include "rewrite/code.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* ---- reading ---- */

static void
name_templates(Work *work)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            SqlSource *source = g_ptr_array_index(block->sources, i);
            if (source->kind == SOURCE_TEMPLATE)
                dbt_name_source(work, source);
        }
    }
}

static const char *const *
columns_of(const SqlSource *table, bool *ret_is_open, void *data)
{
    return table->array == NULL ? table_columns(data, table, ret_is_open) : NULL;
}

static guint
add_variant(CodeLineage *code, Work *work, guint variant)
{
    g_autoptr(Sql) sql = sql_new(work->text, work->bytes, work->dialect, variant);
    work->sql = sql;
    if (sql->is_broken) {
        code->is_broken = true;
        code->broken_at = sql->broken_at;
        return 1;
    }
    name_templates(work);
    sql_resolve(sql, columns_of, NULL, work);
    lineage_add(code->lineage, sql);
    g_clear_pointer(&work->setters, g_hash_table_unref); /* its tags are this variant's */
    return sql->variants;
}

CodeLineage *
code_lineage_new(const char *path, const char *text, size_t bytes, const RewriteOptions *options)
{
    g_autoptr(Renames) nothing = renames_new_for_name("");
    g_autoptr(GHashTable) understood = g_hash_table_new(NULL, NULL);
    CodeLineage *code = g_new0(CodeLineage, 1);
    code->lineage = lineage_new();
    code->dialect = options->dialect != NULL
                        ? options->dialect
                        : code_dialect(path, text, bytes, options->usual, NULL);
    Work work = {.renames = nothing,
                 .options = options,
                 .text = text,
                 .bytes = bytes,
                 .dialect = code->dialect,
                 .understood = understood};
    guint variants = add_variant(code, &work, 0);
    for (guint i = 1; i < variants; i++)
        add_variant(code, &work, i);
    return code;
}

void
code_lineage_free(CodeLineage *code)
{
    if (code == NULL)
        return;
    lineage_free(code->lineage);
    g_free(code);
}

/* ---- JSON ---- */

/* Places of a text: its lines are found once. */
typedef struct {
    GArray *lines; /* size_t: where each begins */
} Places;

static void
places_init(Places *places, const char *text, size_t bytes)
{
    size_t begin = 0;
    places->lines = g_array_new(FALSE, FALSE, sizeof(size_t));
    g_array_append_val(places->lines, begin);
    for (const char *at = text; (at = memchr(at, '\n', bytes - (size_t) (at - text))) != NULL;) {
        begin = (size_t) (++at - text);
        g_array_append_val(places->lines, begin);
    }
}

static void
set_place(json_t *json, const Places *places, size_t at)
{
    guint low = 0, high = places->lines->len;
    while (low + 1 < high) {
        guint middle = (low + high) / 2;
        if (g_array_index(places->lines, size_t, middle) <= at)
            low = middle;
        else
            high = middle;
    }
    json_set_int(json, "line", (int64_t) low + 1);
    json_set_int(json, "column", (int64_t) (at - g_array_index(places->lines, size_t, low)) + 1);
}

static json_t *
feeds_json(const FeedSet *set)
{
    json_t *list = json_array();
    for (guint i = 0; i < set->list->len; i++) {
        const Feed *feed = &g_array_index(set->list, Feed, i);
        json_t *item = json_object();
        json_set_string(item, "table", feed->table);
        json_set_string(item, "column", feed->column);
        json_set_string(item, "how", feed_kind_name(feed->kind));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *
columns_json(const LineageStatement *statement)
{
    json_t *list = json_array();
    for (guint i = 0; i < statement->columns->len; i++) {
        const LineageColumn *column = g_ptr_array_index(statement->columns, i);
        json_t *item = json_object();
        json_object_set_new(item, "name", json_null());
        json_set_string(item, "name", column->name);
        json_object_set_new(item, "from", feeds_json(column->feeds));
        json_set_bool(item, "partial", column->feeds->is_partial);
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *
doubts_json(const LineageStatement *statement, const Places *places)
{
    json_t *list = json_array();
    for (guint i = 0; i < statement->doubts->len; i++) {
        const LineageDoubt *one = g_ptr_array_index(statement->doubts, i);
        json_t *item = json_object();
        set_place(item, places, one->at);
        json_set_string(item, "what", one->text);
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *
statement_json(const LineageStatement *statement, const Places *places)
{
    json_t *json = json_object(), *reads = json_array();
    for (guint i = 0; i < statement->tables->len; i++)
        json_say(reads, "%s", (const char *) g_ptr_array_index(statement->tables, i));
    json_set_string(json, "kind", statement_kind_name(statement->kind));
    set_place(json, places, statement->begin);
    json_set_int(json, "begin", statement->begin);
    json_set_int(json, "end", statement->end);
    json_set_string(json, "writes", statement->target);
    json_object_set_new(json, "reads", reads);
    json_object_set_new(json, "columns", columns_json(statement));
    json_object_set_new(json, "rows", feeds_json(statement->rows));
    json_object_set_new(json, "unknown", doubts_json(statement, places));
    return json;
}

json_t *
code_lineage_json(const CodeLineage *code, const char *path, const char *text, size_t bytes)
{
    json_t *json = json_object(), *list = json_array();
    Places places;
    places_init(&places, text, bytes);
    json_set_string(json, "path", path);
    json_set_string(json, "dialect", code->dialect->name);
    for (guint i = 0; i < code->lineage->statements->len; i++)
        json_array_append_new(
            list, statement_json(g_ptr_array_index(code->lineage->statements, i), &places));
    json_object_set_new(json, "statements", list);
    json_set_bool(json, "cut", code->lineage->is_cut);
    if (code->is_broken) {
        json_t *place = json_object();
        set_place(place, &places, code->broken_at);
        json_object_set_new(json, "unparsable", place);
    }
    g_array_unref(places.lines);
    return json;
}
