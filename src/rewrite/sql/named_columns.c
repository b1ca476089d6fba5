/*
 * named_columns.c - literals that are a column's name beside a literal that is the table's: COL_LENGTH('t', 'a'),
 * object_id = OBJECT_ID('t') AND name = 'a', attrelid = 't'::regclass AND attname = 'a'.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* Functions whose first argument is a table (or its number), and whose second one is a column of it. */
static const char *const column_functions[] = {
    "COL_LENGTH",           "COLUMNPROPERTY",           "pg_get_serial_sequence",
    "has_column_privilege", "create_hypertable",        /* of TimescaleDB */
    "add_dimension",        "create_distributed_table", /* of Citus */
    "create_parent"};                                   /* of pg_partman */

bool
sql_takes_column(const Work *work, guint function)
{
    for (size_t i = 0; i < G_N_ELEMENTS(column_functions); i++)
        if (work_is_text(work, function, column_functions[i]))
            return true;
    return false;
}

/* What stands between the quotes: 'a', N'a'. */
static bool
find_inside(const Work *work, guint literal, size_t *ret_begin, size_t *ret_end)
{
    const Token *token = work_token(work, literal);
    size_t begin = token->begin;
    while (begin < token->end && work->text[begin] != '\'')
        begin++;
    *ret_begin = begin + 1;
    *ret_end = token->end - 1;
    return token->kind == TOKEN_STRING && *ret_begin <= *ret_end;
}

/* What becomes of the column that is all of the literal; NULL: it is none, or stays. */
static const ColumnChange *
literal_change(const Work *work, const Rename *rename, guint literal)
{
    size_t begin, end;
    if (!find_inside(work, literal, &begin, &end))
        return NULL;
    g_autofree char *name = g_strndup(work->text + begin, end - begin);
    SqlPart part = {.text = name};
    const ColumnChange *change = rename_column(rename, work->sql->dialect, &part);
    return change != NULL && change->kind != CHANGE_NONE ? change : NULL;
}

static void
refuse(Work *work, guint index, const char *reason)
{
    const Token *token = work_token(work, index);
    site_refuse(work, SITE_COLUMN, token->begin, token->end, "in-string", NULL, "%s", reason);
}

static void
follow(Work *work, guint literal, const ColumnChange *change)
{
    size_t begin, end;
    if (!find_inside(work, literal, &begin, &end) || site_covers(work, begin, end))
        return;
    if (change->kind == CHANGE_NAME && strpbrk(change->to, "'\\") == NULL)
        site_edit(work, SITE_COLUMN, begin, end, change->to);
    else
        refuse(work, literal,
               "this is a column of the dataset, of which more than the name changes");
}

/* The argument behind the one that ends at `comma` - 1. */
static void
visit_argument(Work *work, const Rename *rename, guint comma)
{
    const ColumnChange *change = literal_change(work, rename, comma + 1);
    if (work_token(work, comma)->kind != TOKEN_COMMA)
        return;
    if (change != NULL)
        follow(work, comma + 1, change);
    else if (work_token(work, comma + 1)->kind != TOKEN_STRING)
        refuse(work, comma + 1, "this names a column of the dataset, and some change");
}

/* ---- catalogs ---- */

/* sys.columns and its like have columns in their rows. */
static bool
reads_columns(const Work *work, const SqlStatement *statement)
{
    static const char *const catalogs[] = {"columns", "syscolumns", "all_columns",
                                           "computed_columns", "identity_columns"};
    for (guint i = statement->first; i <= statement->last; i++)
        for (size_t c = 0; c < G_N_ELEMENTS(catalogs); c++)
            if (work_is_text(work, i, catalogs[c]) || /* [columns] */
                (work_token(work, i)->kind == TOKEN_QUOTED &&
                 g_ascii_strncasecmp(work->text + work_token(work, i)->begin + 1, catalogs[c],
                                     strlen(catalogs[c])) == 0))
                return true;
    return false;
}

guint
sql_compared_with(const Work *work, guint literal)
{
    if (literal >= 2 &&
        (work_is_text(work, literal - 1, "=") || work_token(work, literal - 1)->word == WORD_LIKE))
        return literal - 2;
    if (work_is_text(work, literal + 1, "="))
        return literal + 2;
    guint open = sql_row_of(work, literal);
    return open >= 2 && work_token(work, open - 1)->word == WORD_IN
               ? open - 2 - (work_token(work, open - 2)->word == WORD_NOT)
               : 0;
}

static bool
is_called(const Work *work, guint index, const char *name)
{
    return work_token(work, index)->kind != TOKEN_STRING && sql_says(work, index, name);
}

/* conname = 'a', name = 'a' of sys.indexes: what else has a name. */
static bool
is_of_others(const Work *work, guint name)
{
    const Token *token = work_token(work, name);
    size_t bytes = token->end - token->begin - (token->kind == TOKEN_QUOTED);
    return bytes >= 4 && g_ascii_strncasecmp(work->text + token->begin + bytes - 4, "name", 4) == 0;
}

static void
visit_literal(Work *work, const SqlStatement *statement, guint literal, const ColumnChange *change)
{
    guint with = sql_compared_with(work, literal), open = sql_row_of(work, literal);
    bool is_column =
        with > 0 && (is_called(work, with, "attname") || is_called(work, with, "column_name") ||
                     (is_called(work, with, "name") && reads_columns(work, statement)));
    if (open > 0 && sql_takes_column(work, open - 1)) /* of whichever table stands before it */
        return;
    if (is_column)
        follow(work, literal, change);
    else if (with == 0 || !is_of_others(work, with))
        refuse(work, literal, "this may be the dataset's column, which the statement asks for");
}

static const SqlStatement *
statement_at(const Work *work, guint index)
{
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(work->sql->statements, i);
        if (statement->first <= index && index <= statement->last)
            return statement;
    }
    return NULL;
}

void
sql_named_columns(Work *work, guint literal, const Rename *rename)
{
    const SqlStatement *statement = statement_at(work, literal);
    guint behind = literal + 1; /* OBJECT_ID('t'), and what it is an argument of */
    if (!rename_changes_columns(rename) || statement == NULL)
        return;
    if (sql_takes_column(work, literal - 2))
        visit_argument(work, rename, behind);
    while (behind <= statement->last && work_token(work, behind)->kind != TOKEN_CLOSE)
        behind++;
    guint open = sql_row_of(work, literal), outer = open > 1 ? sql_row_of(work, open - 1) : 0;
    if (outer > 0 && outer + 2 == open && sql_takes_column(work, outer - 1))
        visit_argument(work, rename, behind + 1);
    for (guint i = statement->first; i <= statement->last; i++) {
        const ColumnChange *change = literal_change(work, rename, i);
        const Token *token = work_token(work, i);
        if (change != NULL && !site_covers(work, token->begin, token->end))
            visit_literal(work, statement, i, change);
    }
}
