/*
 * assigned.c - SQL that is set to a variable, and run later: q := 'SELECT …' || x, SET @q = '…', q text DEFAULT '…', UPDATE jobs
 * SET query = '…'.
 *
 * Where only tables are called otherwise, it does not matter what is put behind it before it is run: whatever names the table there is
 * a text that names it, too. Where columns change, nobody reads the two together.
 */
#include "base/text.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

bool
sql_begins_statement(const Work *work, guint index)
{
    static const char *const words[] = {"THEN", "ELSE", "LOOP", "BEGIN"};
    if (index == 0 || work_token(work, index - 1)->kind == TOKEN_SEMICOLON)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (work_is_text(work, index - 1, words[i]))
            return true;
    return false;
}

/* DECLARE @q nvarchar(max) = */
static bool
is_declared_as(const Work *work, guint sign)
{
    for (guint back = 1; back <= VARIABLE_TOKENS_MAX && back <= sign; back++)
        if (work_is_text(work, sign - back, "DECLARE"))
            return true;
    return false;
}

bool
sql_is_assigned(const Work *work, guint value)
{
    if (value < 2)
        return false;
    if (work_is_text(work, value - 1, ":=") || work_is_text(work, value - 1, "DEFAULT"))
        return true;
    if (!work_is_text(work, value - 1, "="))
        return false;
    guint name = value - 2;
    while (name > 1 && work_token(work, name - 1)->kind == TOKEN_DOT)
        name -= 2;
    return sql_begins_statement(work, name) || work_is_text(work, name - 1, "SET") ||
           is_declared_as(work, value - 1);
}

/* Of a dataset that the text speaks of. */
static bool
changes_columns(const Work *work)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename_changes_columns(rename) &&
            (rename->is_derived || rename_is_mentioned(rename, work->text, work->bytes)))
            return true;
    }
    return false;
}

bool
sql_may_follow_assigned(Work *work)
{
    static const char *const far[] = {"dblink", "openquery", "openrowset", "external_query"};
    if (work->assigned == ASSIGNED_UNASKED) {
        work->assigned = changes_columns(work) ? ASSIGNED_STAYS : ASSIGNED_FOLLOWS;
        for (size_t i = 0; i < G_N_ELEMENTS(far); i++)
            if (text_find_folded(work->text, work->bytes, far[i]) != NULL)
                work->assigned = ASSIGNED_STAYS;
    }
    return work->assigned == ASSIGNED_FOLLOWS;
}
