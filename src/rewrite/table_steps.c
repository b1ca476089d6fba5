/*
 * table_steps.c - see table_steps.h.
 *
 * What is not understood, or may happen or not (IF …, templates, blocks), is *unclear*, which is a step like others: it costs
 * the table's columns, and nothing else.
 */
#include "base/text.h"
#include "rewrite/code.h"
#include "rewrite/program/program.h"
#include "rewrite/table_steps_parts.h"
#include "rewrite/work.h"

#include <string.h>

static void
step_free(void *data)
{
    TableStep *step = data;
    g_ptr_array_unref(step->names);
    g_free(step->behind);
    g_free(step);
}

TableStep *
step_add(StepReader *reader, const Rename *rename, TableStepKind kind, size_t begin)
{
    TableStep *step = g_new0(TableStep, 1);
    for (; reader->at < begin; reader->at++)
        reader->line += reader->text[reader->at] == '\n';
    while (reader->at > begin)
        reader->line -= reader->text[--reader->at] == '\n';
    *step = (TableStep){.mapping = rename->mapping,
                        .kind = kind,
                        .names = g_ptr_array_new_with_free_func(g_free),
                        .line = reader->line};
    g_ptr_array_add(reader->steps, step);
    return step;
}

/* ---- statements ---- */

/* The dataset that the path means; where it may mean one, that is told. */
static bool
find_rename(StepReader *reader, const SqlPath *path)
{
    const Spelling *spelling;
    bool is_other;
    reader->rename = renames_find(reader->renames, reader->dialect, path, &spelling, &is_other);
    if (reader->rename == NULL)
        step_doubt(reader, path, step_token(reader, reader->statement->first)->begin);
    return reader->rename != NULL && reader->rename->mapping != NULL;
}

/* BEGIN, but not of a transaction; IF, WHILE and the like at the beginning of a statement: what follows may be run or not,
 * as far as GO. */
static void
look_for_blocks(StepReader *reader)
{
    static const char *const transactions[] = {"TRANSACTION", "TRAN", "WORK",
                                               "ISOLATION",   "READ", NULL};
    static const char *const verbs[] = {"IF", "WHILE", "LOOP", "FOR", "DECLARE", "CASE", NULL};
    for (; reader->seen < reader->statement->first; reader->seen++) {
        uint32_t at = reader->seen;
        bool begins = at == 0 || step_token(reader, at - 1)->kind == TOKEN_SEMICOLON ||
                      step_says(reader, at - 1, "GO");
        bool is_block = step_says(reader, at, "BEGIN") &&
                        !step_says_any(reader, at + 1, transactions) &&
                        step_token(reader, at + 1)->kind != TOKEN_SEMICOLON;
        if (step_says(reader, at, "GO") || step_says(reader, at, "DELIMITER"))
            reader->is_in_block = false;
        else if (is_block || (begins && step_says_any(reader, at, verbs)))
            reader->is_in_block = true;
    }
}

/* Does it stand by itself, under no condition? */
static bool
is_certain(const StepReader *reader)
{
    uint32_t first = reader->statement->first;
    const Token *before = first > 0 ? step_token(reader, first - 1) : NULL;
    return !reader->is_in_block &&
           (before == NULL || before->kind == TOKEN_SEMICOLON ||
            step_says(reader, first - 1, "GO") ||
            (before->kind == TOKEN_OPERATOR && reader->sql->list->text[before->begin] == '/'));
}

static void
note_columns(StepReader *reader)
{
    g_hash_table_remove_all(reader->columns);
    for (guint b = 0; b < reader->statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(reader->statement->blocks, b);
        for (guint i = 0; i < block->refs->len; i++) {
            const SqlRef *ref = g_ptr_array_index(block->refs, i);
            if (ref->clause == CLAUSE_NAME && ref->path.count == 1)
                g_hash_table_add(reader->columns, GUINT_TO_POINTER(ref->path.parts[0].token));
        }
    }
}

static void
read_table(StepReader *reader, const SqlSource *table)
{
    uint32_t first = reader->statement->first;
    guint before = reader->steps->len;
    if (!find_rename(reader, &table->path))
        return;
    if (sql_shape_makes(table->shape)) {
        note_columns(reader);
        step_read_made(reader, table);
    } else if (step_says(reader, first, "ALTER")) {
        step_read_altered(reader, table);
    } else if (step_says(reader, first, "DROP")) {
        step_add(reader, reader->rename, TABLE_STEP_REMOVED, step_token(reader, first)->begin);
    }
    for (guint i = before; i < reader->steps->len && !is_certain(reader); i++)
        ((TableStep *) g_ptr_array_index(reader->steps, i))->kind = TABLE_STEP_UNCLEAR;
}

/* ALTER TABLE a RENAME TO users, a SWAP WITH users: the table is another one then. */
static void
read_others(StepReader *reader, const SqlSource *table)
{
    static const char *const verbs[] = {"RENAME", "SWAP", "EXCHANGE", "SWITCH", "ATTACH", NULL};
    uint32_t end = reader->statement->last + 1, at = table != NULL ? table->last + 1 : 0;
    if (!step_has_any(reader, reader->statement->first, end, verbs))
        return;
    for (at = MAX(at, reader->statement->first); at < end; at++) {
        g_autofree char *name = NULL;
        const Token *one = step_token(reader, at);
        bool is_quoted = one->kind == TOKEN_QUOTED;
        if (one->kind != TOKEN_WORD && !is_quoted)
            continue;
        name = g_strndup(reader->sql->list->text + one->begin + is_quoted,
                         one->end - one->begin - 2 * (size_t) is_quoted);
        SqlPart part = {.text = name};
        step_doubt(reader, &(SqlPath){.parts = &part, .count = 1}, one->begin);
    }
}

static void
read_definition(StepReader *reader)
{
    static const char *const words[] = {"TABLE",    "VIEW",         "FOREIGN",
                                        "EXTERNAL", "MATERIALIZED", NULL};
    const SqlStatement *statement = reader->statement;
    bool is_dropped = step_says(reader, statement->first, "DROP"),
         is_altered = step_says(reader, statement->first, "ALTER");
    const SqlSource *altered = NULL;
    if (is_dropped && !step_says_any(reader, statement->first + 1, words))
        return;
    for (guint b = 0; b < statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(statement->blocks, b);
        const SqlSource *table =
            block->sources->len > 0 ? g_ptr_array_index(block->sources, 0) : NULL;
        bool is_it = table != NULL && table->path.count > 0 &&
                     (is_dropped || (is_altered && altered == NULL) ||
                      (sql_shape_makes(table->shape) && table->shape != SHAPE_HIDING));
        if (!is_it)
            continue;
        altered = is_altered ? table : NULL;
        read_table(reader, table);
    }
    if (is_altered)
        read_others(reader, altered);
}

static void
read_statement(StepReader *reader)
{
    const SqlStatement *statement = reader->statement;
    look_for_blocks(reader);
    if (statement->kind == STATEMENT_DEFINE)
        read_definition(reader);
    else if (statement->created.count > 0 && !statement->is_temporary &&
             find_rename(reader, &statement->created))
        step_add(
            reader, reader->rename, TABLE_STEP_UNCLEAR,
            step_token(reader, statement->first)->begin); /* its columns are those of a query */
    else if (step_says(reader, statement->first, "RENAME") ||
             step_says(reader, statement->first, "EXCHANGE") ||
             step_says(reader, statement->first, "ALTER"))
        read_others(reader, NULL);
}

static void
read_strings(StepReader *reader)
{
    for (guint i = 0; i < reader->sql->strings->len; i++) {
        const Token *one =
            step_token(reader, GPOINTER_TO_UINT(g_ptr_array_index(reader->sql->strings, i)));
        step_doubt_changes(reader, reader->sql->list->text + one->begin, one->end - one->begin);
    }
}

/* ---- the whole ---- */

/* What undoes a step stands behind such a mark: only what is before it has run. */
static size_t
bytes_before_undoing(const char *text, size_t bytes)
{
    static const char *const marks[] = {"-- +goose down", "-- +migrate down", "-- migrate:down",
                                        "-- //@undo"};
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        const char *found = text_find_folded(text, bytes, marks[i]);
        bytes = found != NULL ? (size_t) (found - text) : bytes;
    }
    return bytes;
}

static void
read_sql(StepReader *reader, const char *path, const char *text, const RewriteOptions *options)
{
    size_t bytes = strlen(text);
    reader->dialect = options->dialect != NULL
                          ? options->dialect
                          : renames_guessed(reader->renames,
                                            code_dialect(path, text, bytes, options->usual, NULL));
    g_autoptr(Sql) sql = sql_new(text, bytes, reader->dialect, 0);
    bool is_clear = !sql->is_broken && strstr(text, "\n\\if ") == NULL &&
                    (sql->list->kinds & (1U << TOKEN_TAG | 1U << TOKEN_CHOICE)) == 0;
    reader->sql = sql;
    reader->text = text;
    for (guint i = 0; i < sql->statements->len; i++) {
        reader->statement = g_ptr_array_index(sql->statements, i);
        read_statement(reader);
    }
    read_strings(reader);
    for (guint i = 0; i < reader->steps->len && !is_clear; i++)
        ((TableStep *) g_ptr_array_index(reader->steps, i))->kind = TABLE_STEP_UNCLEAR;
    reader->sql = NULL;
}

GPtrArray *
definitions_read(const char *path, const char *text, size_t bytes, const Renames *renames,
                 const RewriteOptions *options)
{
    if (!renames_mentioned(renames, text, bytes))
        return NULL;
    g_autoptr(GHashTable) columns = g_hash_table_new(NULL, NULL);
    StepReader reader = {.renames = renames,
                         .columns = columns,
                         .text = text,
                         .steps = g_ptr_array_new_with_free_func(step_free),
                         .line = 1};
    if (code_is_sql(path)) {
        step_doubt_changes(&reader, text,
                           bytes); /* most files have nothing of it, and are not parsed */
        if (reader.steps->len > 0) {
            g_autofree char *done = g_strndup(text, bytes_before_undoing(text, bytes));
            g_ptr_array_set_size(reader.steps, 0);
            read_sql(&reader, path, done, options);
        }
    } else if (is_history(path, text, bytes)) {
        step_doubt_window(&reader, text, bytes);
    } else if (language_of(path, text, bytes) != NULL || g_str_has_suffix(path, ".ipynb")) {
        step_doubt_changes(&reader, text, bytes);
    }
    if (reader.steps->len == 0)
        g_clear_pointer(&reader.steps, g_ptr_array_unref);
    return reader.steps;
}
