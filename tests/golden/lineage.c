/*
 * lineage.c - what feeds the statements of a text, case by case: tests/golden/lineage/TOPIC.cases
 *
 *   ### the name of the case, a sentence [dialect=bigquery schema]
 *   INSERT INTO t SELECT a, sum(b) AS s FROM u WHERE c
 *   ---
 *   insert t < u                 what it is, what it writes, what it reads
 *   a = u.a                      a column, and what it is made of; `how` before all but identity
 *   s = aggregation u.b          `?` behind them: there is more, which is not known
 *   rows: filter u.c             what decides about all rows
 *   ? 1:15 what is not known
 */
#include "cases.h"

#include "rewrite/code_lineage.h"

#include <string.h>

static const char *const *
columns_of(const SqlSource *table, bool *ret_is_open, void *data)
{
    static const char *const users[] = {"id", "name", "plan", NULL};
    static const char *const streams[] = {"id", "user_id", "track", NULL};
    const char *name = table->path.count > 0 ? table->path.parts[table->path.count - 1].text : "";
    *ret_is_open = false;
    return strcmp(name, "users") == 0 ? users : strcmp(name, "streams") == 0 ? streams : NULL;
}

static void
append_feeds(GString *text, const FeedSet *set)
{
    for (guint i = 0; i < set->list->len; i++) {
        const Feed *feed = &g_array_index(set->list, Feed, i);
        g_string_append_printf(text, "%s%s%s%s.%s", i > 0 ? ", " : " ",
                               feed->kind == FEED_IDENTITY ? "" : feed_kind_name(feed->kind),
                               feed->kind == FEED_IDENTITY ? "" : " ", feed->table, feed->column);
    }
    g_string_append(text, set->is_partial ? " ?\n" : "\n");
}

static void
append_statement(GString *text, const LineageStatement *statement, const char *sql)
{
    g_string_append_printf(text, "%s%s%s <", statement_kind_name(statement->kind),
                           statement->target != NULL ? " " : "",
                           statement->target != NULL ? statement->target : "");
    for (guint i = 0; i < statement->tables->len; i++)
        g_string_append_printf(text, " %s", (char *) g_ptr_array_index(statement->tables, i));
    g_string_append_c(text, '\n');
    for (guint i = 0; i < statement->columns->len; i++) {
        const LineageColumn *column = g_ptr_array_index(statement->columns, i);
        g_string_append_printf(text, "%s =", column->name != NULL ? column->name : "-");
        append_feeds(text, column->feeds);
    }
    if (statement->rows->list->len > 0) {
        g_string_append(text, "rows:");
        append_feeds(text, statement->rows);
    }
    for (guint i = 0; i < statement->doubts->len; i++) {
        const LineageDoubt *one = g_ptr_array_index(statement->doubts, i);
        int line, column;
        text_place(sql, one->at, &line, &column);
        g_string_append_printf(text, "? %d:%d %s\n", line, column, one->text);
    }
}

static void
one_case(const void *data)
{
    const GoldenCase *one = data;
    g_auto(GStrv) words = g_strsplit(one->options, " ", -1);
    const char *path = NULL;
    RewriteOptions options = {.dialect = dialect_by_name("ansi")};
    for (size_t i = 0; words[i] != NULL; i++) {
        if (g_str_has_prefix(words[i], "dialect="))
            options.dialect = dialect_by_name(words[i] + strlen("dialect="));
        if (g_str_has_prefix(words[i], "file=")) { /* which tells */
            path = words[i] + strlen("file=");
            options.dialect = NULL;
        }
        if (strcmp(words[i], "schema") == 0)
            options.columns = columns_of;
    }
    g_assert_true(options.dialect != NULL || path != NULL);
    g_autoptr(CodeLineage) code = code_lineage_new(path, one->text, strlen(one->text), &options);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < code->lineage->statements->len; i++)
        append_statement(text, g_ptr_array_index(code->lineage->statements, i), one->text);
    g_assert_cmpstr(text->str, ==, one->expected);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions(); /* one case says nothing of the next */
    cases_add(argv[1], "/lineage", one_case);
    return g_test_run();
}
