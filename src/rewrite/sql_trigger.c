/*
 * sql_trigger.c - functions and bodies of triggers, which see a table's rows as NEW and OLD.
 *
 * Whose rows they are is said where the trigger is made. Where that is not in the text, a name that the dataset has may be
 * its column, and nobody knows. A body that stands there is read; what is left of it is a person's.
 */
#include "rewrite/work.h"

#include <string.h>

/* From CREATE FUNCTION to its body. */
#define HEAD_TOKENS_MAX 2000

static const char *const rows[] = {"NEW", "OLD"};

static char *
word_at(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    return g_ascii_strup(work->text + token->begin, token->end - token->begin);
}

/* The last part of the name that begins here. Caller frees. */
static char *
last_part(const Work *work, guint index)
{
    while (work_token(work, index + 1)->kind == TOKEN_DOT)
        index += 2;
    return word_at(work, index);
}

/* ---- NEW.plan, OLD.plan ---- */

/* Where one of the columns that change stands in [begin, end) of the text. */
static bool
find_column(const Work *work, const Rename *rename, size_t begin, size_t end,
            const ColumnChange **ret, size_t *ret_at)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        for (size_t row = 0; row < G_N_ELEMENTS(rows) && change->kind != CHANGE_NONE; row++) {
            g_autofree char *name = g_strdup_printf("%s.%s", rows[row], change->column);
            if (!find_word(work->text + begin, end - begin, name, ret_at))
                continue;
            *ret = change;
            *ret_at += begin + strlen(rows[row]) + 1;
            return true;
        }
    }
    return false;
}

bool
sql_sees_column(const Work *work, const Rename *rename)
{
    const ColumnChange *change;
    size_t at;
    return find_column(work, rename, 0, work->bytes, &change, &at);
}

/* ---- which function a trigger calls ---- */

bool
sql_has_function(const Work *work, const SqlStatement *statement)
{
    g_autofree char *called = NULL;
    for (guint i = statement->first; i < statement->last && called == NULL; i++)
        if (work_is_text(work, i, "EXECUTE"))
            called = last_part(work, i + 2);
    for (guint i = 0; called != NULL && i + 4 < work->sql->tokens->len; i++) {
        if (work_token(work, i)->word != WORD_FUNCTION ||
            (i >= statement->first && i <= statement->last))
            continue;
        g_autofree char *made = last_part(work, i + 1);
        if (strcmp(made, called) == 0)
            return true;
    }
    return false;
}

static bool
is_called_here(const Work *work, const char *function)
{
    for (guint i = 0; i + 2 < work->sql->tokens->len; i++) {
        if (!work_is_text(work, i, "EXECUTE") ||
            !(work_is_text(work, i + 1, "FUNCTION") || work_is_text(work, i + 1, "PROCEDURE")))
            continue;
        g_autofree char *called = last_part(work, i + 2);
        if (strcmp(called, function) == 0)
            return true;
    }
    return false;
}

/* The body of the function of triggers that is made here: a token; 0 when it is another function. */
static guint
body_of(const Work *work, guint function)
{
    guint body = 0;
    bool is_trigger = false;
    for (guint i = function; i < function + HEAD_TOKENS_MAX; i++) {
        const Token *token = work_token(work, i);
        if (token->kind == TOKEN_SEMICOLON || token->kind == TOKEN_END)
            break;
        is_trigger = is_trigger ||
                     (work_is_text(work, i, "RETURNS") && work_is_text(work, i + 1, "TRIGGER"));
        if (token->kind == TOKEN_STRING && work_is_text(work, i - 1, "AS"))
            body = i;
    }
    return is_trigger ? body : 0;
}

static bool
refuse_column(Work *work, const Rename *rename, const Token *body)
{
    const ColumnChange *change = NULL;
    size_t at = 0;
    if (rename->is_derived || !find_column(work, rename, body->begin, body->end, &change, &at))
        return false;
    site_refuse(work, SITE_COLUMN, at, at + strlen(change->column), "statement", NULL,
                "a trigger that is not made in this text may call this function for the dataset's "
                "rows, whose '%s' is changed",
                change->column);
    return true;
}

/* ---- bodies that are read ---- */

static const ColumnChange *
change_of_row(const Work *work, const Rename *rename, guint index)
{
    const Token *name = work_token(work, index + 2);
    bool is_row = work_is_text(work, index, "NEW") || work_is_text(work, index, "OLD") ||
                  work_is_text(work, index, ":NEW") || work_is_text(work, index, ":OLD");
    bool is_quoted = name->kind == TOKEN_QUOTED;
    if (!is_row || work_token(work, index + 1)->kind != TOKEN_DOT ||
        (name->kind != TOKEN_WORD && !is_quoted))
        return NULL;
    g_autofree char *text = g_strndup(work->text + name->begin + is_quoted,
                                      name->end - name->begin - 2 * (size_t) is_quoted);
    SqlPart part = {.text = text};
    const ColumnChange *change = rename_column(rename, work->sql->dialect, &part);
    return change != NULL && change->kind != CHANGE_NONE ? change : NULL;
}

/* NEW.a in what is only read over. */
static void
refuse_unread(Work *work, const SqlStatement *statement, const GArray *covered)
{
    const Rename *rename = source_rename(statement->watched);
    for (guint i = statement->first; rename != NULL && i <= statement->last; i++) {
        const ColumnChange *change = change_of_row(work, rename, i);
        const Token *name = work_token(work, i + 2);
        if (change == NULL || covered_has(covered, name->begin, name->end))
            continue;
        site_refuse(work, SITE_COLUMN, name->begin, name->end, "statement", NULL,
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
    g_autoptr(GArray) covered = NULL;
    for (guint i = 0; i < statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(statements, i);
        if (statement->watched == NULL || statement->watched->shape != SHAPE_READ)
            continue;
        if (covered == NULL)
            covered = sites_covered(work);
        if (work->sql->dialect->has_alias_first)
            refuse_unread_rows(work, statement);
        else
            refuse_unread(work, statement, covered);
    }
}

void
sql_triggers(Work *work)
{
    look_at_bodies(work);
    const Token *tokens = work_token(work, 0);
    guint count = work->sql->list->has_declarations ? work->sql->tokens->len : 0;
    for (guint i = 1; i + 4 < count; i++) {
        if (tokens[i].word != WORD_FUNCTION ||
            !(work_is_text(work, i - 1, "CREATE") || work_is_text(work, i - 1, "REPLACE")))
            continue;
        guint body = body_of(work, i);
        g_autofree char *name = last_part(work, i + 1);
        if (body == 0 || is_called_here(work, name))
            continue;
        bool is_refused = false;
        for (guint r = 0; r < work->renames->list->len && !is_refused; r++)
            is_refused = refuse_column(work, g_ptr_array_index(work->renames->list, r),
                                       work_token(work, body));
    }
}
