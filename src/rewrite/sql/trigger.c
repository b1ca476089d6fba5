/*
 * trigger.c - bodies of triggers that stand with them, which see a table's rows as NEW and OLD. They are read like other
 * statements; what is left of them is a person's. Functions that triggers call are in trigger_function.c.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

bool
sql_trigger_says_schema(const Work *work, const SqlSource *source)
{
    const SqlStatement *statement = source->block->statement;
    const char *dialect = work->sql->dialect->name;
    if (statement->watched != source || source->path.count == 0 ||
        (strcmp(dialect, "tsql") != 0 && strcmp(dialect, "mysql") != 0))
        return false;
    guint at = statement->first, on = source->path.parts[0].token;
    while (at < on && !work_is_text(work, at, "TRIGGER"))
        at++;
    if (work_is_text(work, at + 1, "IF")) /* NOT EXISTS */
        at += 3;
    return at + 2 < on && work_token(work, at + 2)->kind == TOKEN_DOT;
}

/* Is it a name that the trigger gives its rows: n, or :n in Oracle? */
static bool
is_named_row(const Work *work, const SqlStatement *statement, guint index)
{
    const Token *token = work_token(work, index);
    uint32_t begin = token->begin + (token->kind == TOKEN_PARAMETER);
    for (size_t i = 0; i < G_N_ELEMENTS(statement->row_names); i++) {
        const Token *name = work_token(work, statement->row_names[i]);
        if (statement->row_names[i] > 0 && token->end - begin == name->end - name->begin &&
            g_ascii_strncasecmp(work->text + begin, work->text + name->begin, token->end - begin) ==
                0)
            return true;
    }
    return false;
}

/* UPDATING('A') of Oracle, in letters of either case: the column in the literal. */
static void
visit_asked(Work *work, const Rename *rename, guint index)
{
    const Token *token = work_token(work, index + 2);
    const ColumnChange *change =
        work_is_text(work, index, "UPDATING") && token->kind == TOKEN_STRING
            ? token_column(work, rename, token)
            : NULL;
    if (change == NULL || change->kind == CHANGE_NONE)
        return;
    sites_drop(work, token->begin, token->end);
    if (change->kind == CHANGE_NAME)
        site_edit(work, SITE_COLUMN, token->begin + 1, token->end - 1, change->to);
    else
        site_refuse(work, SITE_COLUMN, token->begin, token->end, "statement", change->link,
                    "more than the name of '%s' is changed", change->column);
}

/* :NEW.x, of which the mapping says nothing. */
static void
check_unmapped(Work *work, const Rename *rename, guint index)
{
    const Token *name = work_token(work, index + 2);
    if (rename->changes->len == 0 || work_token(work, index)->kind != TOKEN_PARAMETER ||
        work_token(work, index + 1)->kind != TOKEN_DOT || name->kind != TOKEN_WORD ||
        work_is_text(work, index + 2, "ROWID") || rename->is_in_place ||
        token_column(work, rename, name) != NULL)
        return;
    site_refuse(work, SITE_COLUMN, name->begin, name->end, "not-in-mapping", NULL,
                "the mapping does not say what becomes of '%.*s'", (int) (name->end - name->begin),
                work->text + name->begin);
}

/* NEW.a in what is only read over; :NEW.a of Oracle can be nothing but the column. */
static void
visit_row(Work *work, const SqlStatement *statement, const Rename *rename, guint index)
{
    bool is_row = is_named_row(work, statement, index) || work_is_text(work, index, ":NEW") ||
                  work_is_text(work, index, ":OLD");
    const ColumnChange *change =
        is_row ? row_change_at(work, rename, index) : row_column_change(work, rename, index);
    const Token *name = work_token(work, index + 2);
    if (is_row)
        check_unmapped(work, rename, index);
    if (change == NULL || site_covers(work, name->begin, name->end))
        return;
    if (work_token(work, index)->kind == TOKEN_PARAMETER && change->kind == CHANGE_NAME)
        row_column_edit(work, index + 2, change);
    else
        site_refuse(work, SITE_COLUMN, name->begin, name->end, "statement", NULL,
                    "'%s' is changed, and it is not understood what the trigger does with it here",
                    change->column);
}

static void
visit_unread(Work *work, const SqlStatement *statement)
{
    const Rename *rename = source_rename(statement->watched);
    for (guint i = statement->first; rename != NULL && i <= statement->last; i++) {
        visit_row(work, statement, rename, i);
        visit_asked(work, rename, i);
    }
}

/* FROM inserted, in what is only read over. */
static bool
is_unread_rows(const Work *work, const SqlStatement *statement, guint index)
{
    const Token *before = work_token(work, index - (index > 0));
    if (!(work_is_text(work, index, "inserted") || work_is_text(work, index, "deleted")) ||
        !(before->word == WORD_FROM || before->word == WORD_JOIN))
        return false;
    for (guint b = 0; b < statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(statement->blocks, b);
        for (guint i = 0; i < block->sources->len; i++)
            if (((const SqlSource *) g_ptr_array_index(block->sources, i))->first == index)
                return false;
    }
    return true;
}

/* The same for the body of a trigger of T-SQL. COLUMNS_UPDATED() has a bit for the place of each column. */
static void
refuse_unread_rows(Work *work, const SqlStatement *statement)
{
    const Rename *rename = source_rename(statement->watched);
    bool changes = rename != NULL && rename_changes_columns(rename);
    for (guint i = statement->first; changes && i <= statement->last; i++) {
        bool is_places =
            work_is_text(work, i, "COLUMNS_UPDATED") && !sql_keeps_places(work, rename);
        const Token *token = work_token(work, i);
        if (is_places || is_unread_rows(work, statement, i))
            site_refuse(work, SITE_MENTION, token->begin, token->end, "statement", NULL,
                        is_places ? "this asks for columns by their places, which may change"
                                  : "columns are changed, and it is not understood what the "
                                    "trigger does with its rows here");
    }
}

static void
look_at_bodies(Work *work)
{
    const ArenaList *statements = work->sql->statements;
    for (guint i = 0; i < statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(statements, i);
        if (statement->watched == NULL || statement->watched->shape != SHAPE_READ)
            continue;
        if (work->sql->dialect->has_alias_first)
            refuse_unread_rows(work, statement);
        else
            visit_unread(work, statement);
    }
}

void
sql_triggers(Work *work)
{
    look_at_bodies(work);
    if (work->rows != NULL)
        sql_trigger_rows(work);
    sql_trigger_functions(work);
}
