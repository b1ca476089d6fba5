/*
 * sql.c - whatever the text: edits lie apart, can be undone to the byte, and rewriting what is decided twice changes
 * nothing the second time.
 *
 * The first byte chooses the dialect and the policy, the rest is the text.
 */
#include "laws.h"
#include "rewrite/code_lineage.h"
#include "target.h"

#include <string.h>

/* What feeds a statement is a table that it reads or writes. */
static void
check_feeds(const LineageStatement *statement, const FeedSet *set)
{
    for (guint i = 0; i < set->list->len; i++) {
        const Feed *feed = &g_array_index(set->list, Feed, i);
        g_assert(feed->table == statement->target ||
                 g_ptr_array_find(statement->tables, feed->table, NULL));
    }
}

static void
check_lineage(const char *text, size_t bytes, const RewriteOptions *options)
{
    g_autoptr(CodeLineage) code = code_lineage_new(NULL, text, bytes, options);
    const GPtrArray *statements = code->lineage->statements;
    for (guint i = 0; i < statements->len; i++) {
        const LineageStatement *statement = g_ptr_array_index(statements, i);
        g_assert(statement->begin < statement->end && statement->end <= bytes);
        check_feeds(statement, statement->rows);
        for (guint c = 0; c < statement->columns->len; c++)
            check_feeds(statement,
                        ((const LineageColumn *) g_ptr_array_index(statement->columns, c))->feeds);
    }
    json_decref(code_lineage_json(code, "x", text, bytes));
    json_decref(code_lineage_events(code, "x", text, "s", "t"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2)
        return 0;
    const char *const *names = dialect_names();
    g_autofree char *text = g_strndup((const char *) data + 1, bytes - 1);
    size_t length = strlen(text);
    RewriteOptions options = {
        .dialect = dialect_by_name(names[(data[0] >> 1) % g_strv_length((char **) names)]),
        .propagates = (data[0] & 1) != 0};
    g_autoptr(Renames) renames = renames_new(laws_mappings());
    g_autoptr(Rewrite) rewrite = rewrite_text("x.sql", text, length, renames, &options);
    laws_check(rewrite, text, length);
    laws_check_in_place("x.sql", text, length, &options);
    check_lineage(text, length, &options);
    return 0;
}
