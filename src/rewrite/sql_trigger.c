/*
 * sql_trigger.c - bodies of triggers that stand with them, which see a table's rows as NEW and OLD. They are read like other
 * statements; what is left of them is a person's. Functions that triggers call are in sql_trigger_function.c.
 */
#include "rewrite/work.h"

#include <string.h>

/* NEW.a in what is only read over; :NEW.a of Oracle can be nothing but the column. */
static void
visit_unread(Work *work, const SqlStatement *statement)
{
    const Rename *rename = source_rename(statement->watched);
    for (guint i = statement->first; rename != NULL && i <= statement->last; i++) {
        const ColumnChange *change = row_column_change(work, rename, i);
        const Token *name = work_token(work, i + 2);
        if (change == NULL || site_covers(work, name->begin, name->end))
            continue;
        if (work_token(work, i)->kind == TOKEN_PARAMETER && change->kind == CHANGE_NAME)
            row_column_edit(work, i + 2, change);
        else
            site_refuse(
                work, SITE_COLUMN, name->begin, name->end, "statement", NULL,
                "'%s' is changed, and it is not understood what the trigger does with it here",
                change->column);
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
