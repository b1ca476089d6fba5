/*
 * sql_assigned.c - SQL that is set to a variable, and run later: q := 'SELECT …' || x, SET @q = '…', q text DEFAULT '…', UPDATE jobs
 * SET query = '…'.
 *
 * Where only tables are called otherwise, it does not matter what is put behind it before it is run: whatever names the table there is
 * a text that names it, too. Where columns change, nobody reads the two together.
 */
#include "base/text.h"
#include "rewrite/made.h"
#include "rewrite/sql_parts.h"
#include "rewrite/work.h"

#define DECLARED_TOKENS_MAX 8 /* DECLARE @q nvarchar(4000) = */

static bool
begins_statement(const Work *work, guint index)
{
    static const char *const words[] = {"THEN", "ELSE", "LOOP", "BEGIN", "SET"};
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
    for (guint back = 1; back <= DECLARED_TOKENS_MAX && back <= sign; back++)
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
    return begins_statement(work, name) || is_declared_as(work, value - 1);
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

/* ---- variables of which nothing else is done ---- */

/* The variable that is set to this value: SET @q = '…', DECLARE @q nvarchar(max) = '…'; 0: none that is marked. */
static guint
variable_of(const Work *work, guint value)
{
    if (value < 3 || !work_is_text(work, value - 1, "="))
        return 0;
    for (guint back = 2; back <= DECLARED_TOKENS_MAX && back < value; back++)
        if (work_token(work, value - back)->kind == TOKEN_PARAMETER) {
            bool is_set = back == 2 && work_is_text(work, value - 3, "SET");
            bool is_declared =
                work_is_text(work, value - back - 1, "DECLARE") ||
                (back > 2 && work_token(work, value - back - 1)->kind == TOKEN_COMMA);
            return is_set || is_declared ? value - back : 0;
        }
    return 0;
}

/* EXEC (@q), sp_executesql @q, @stmt = @q, PREPARE p FROM @q, PRINT @q; or where it is declared, or set to a literal. */
static bool
is_run_or_set(const Work *work, guint variable)
{
    const Token *next = work_token(work, variable + 1);
    bool is_in_brackets = work_is_text(work, variable - 1, "(") && next->kind == TOKEN_CLOSE;
    if (is_in_brackets &&
        (work_is_text(work, variable - 2, "EXEC") || work_is_text(work, variable - 2, "EXECUTE")))
        return !work_is_text(work, variable + 2, "AT"); /* another server */
    if (work_is_text(work, variable - 1, "sp_executesql") ||
        work_is_text(work, variable - 1, "PRINT"))
        return next->kind != TOKEN_OPERATOR;
    if (work_is_text(work, variable - 1, "=") && variable > 2)
        return work_is_text(work, variable - 2, "@stmt") ||
               work_is_text(work, variable - 2, "@statement");
    if (work_is_text(work, variable - 1, "FROM") && variable > 3)
        return work_is_text(work, variable - 3, "PREPARE");
    if (work_is_text(work, variable - 1, "SET"))
        return work_is_text(work, variable + 1, "=") &&
               work_token(work, variable + 2)->kind == TOKEN_STRING;
    bool is_declared = work_is_text(work, variable - 1, "DECLARE") ||
                       work_token(work, variable - 1)->kind == TOKEN_COMMA;
    return is_declared && next->kind == TOKEN_WORD && next->word != WORD_FROM;
}

/* What is done with a variable in all of the text, as bits. */
enum { VARIABLE_IS_RUN = 1, VARIABLE_IS_USED = 2 };

/* Its name in small letters; caller frees. */
static char *
variable_name(const Work *work, guint variable)
{
    const Token *token = work_token(work, variable);
    return g_ascii_strdown(work->text + token->begin, (gssize) (token->end - token->begin));
}

static guint
what_is_done(const Work *work, guint variable)
{
    if (!is_run_or_set(work, variable))
        return VARIABLE_IS_USED;
    bool is_set =
        work_is_text(work, variable - 1, "SET") || work_is_text(work, variable - 1, "DECLARE");
    return is_set ? 0 : VARIABLE_IS_RUN;
}

/* Name -> these bits. The text is gone through once, however many variables it has. */
static GHashTable *
find_run(const Work *work)
{
    GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    program_steps += work->sql->tokens->len;
    for (guint i = 2; i < work->sql->tokens->len; i++) {
        if (work_token(work, i)->kind != TOKEN_PARAMETER)
            continue;
        char *name = variable_name(work, i);
        guint before = GPOINTER_TO_UINT(g_hash_table_lookup(found, name));
        g_hash_table_insert(found, name, GUINT_TO_POINTER(before | what_is_done(work, i)));
    }
    return found;
}

bool
sql_is_only_run(Work *work, guint value)
{
    guint variable = variable_of(work, value);
    if (variable == 0)
        return false;
    if (work->run == NULL)
        work->run = find_run(work);
    g_autofree char *name = variable_name(work, variable);
    return GPOINTER_TO_UINT(g_hash_table_lookup(work->run, name)) == VARIABLE_IS_RUN;
}
