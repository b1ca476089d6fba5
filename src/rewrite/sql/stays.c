/*
 * stays.c - literals that hold the name of a table which keeps it, while columns of it get other names.
 *
 * Whether they mean the table or are only a word: they stay. Beside a literal that says a column which changes they may say
 * more, and are a person's.
 */
#include "base/text.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

static bool
may_name(const Work *work, const Token *token, const Rename *rename)
{
    for (guint s = 0; s < rename->spellings->len; s++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
        size_t at = 0;
        if (find_word(work->text + token->begin, token->end - token->begin, spelling->last, &at))
            return true;
    }
    return false;
}

/* Does the table keep its name, while columns are only renamed? */
static bool
keeps_its_name(const Rename *rename)
{
    bool is_same = !rename->is_derived && rename_only_renames(rename);
    for (guint s = 0; s < rename->spellings->len && is_same; s++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
        is_same = g_strv_equal((const char *const *) spelling->source,
                               (const char *const *) spelling->target);
    }
    return is_same;
}

static bool
says_changed(const Work *work, const Token *token, const Rename *rename)
{
    for (guint c = 0; c < rename->changes->len; c++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, c);
        size_t at = 0;
        if (change->kind != CHANGE_NONE &&
            find_word(work->text + token->begin, token->end - token->begin, change->column, &at))
            return true;
    }
    return false;
}

#define TOKENS_BESIDE_MAX 512 /* of the statement, to either side; rows are shorter */

static bool
is_beside_changed(const Work *work, guint index, const Rename *rename)
{
    guint first = index, last = index;
    while (first > 0 && index - first < TOKENS_BESIDE_MAX &&
           work_token(work, first - 1)->kind != TOKEN_SEMICOLON)
        first--;
    while (last + 1 < work->sql->tokens->len && last - index < TOKENS_BESIDE_MAX &&
           work_token(work, last + 1)->kind != TOKEN_SEMICOLON)
        last++;
    for (guint i = first; i <= last; i++)
        if (work_token(work, i)->kind == TOKEN_STRING &&
            says_changed(work, work_token(work, i), rename))
            return true;
    return false;
}

/* has_table('shop', 'users'): an argument of a test of pgTAP, which looks, and compares. */
static bool
is_in_test(const Work *work, guint index)
{
    static const char *const tests[] = {
        "has_table",    "has_view",     "has_column",      "has_index",
        "has_trigger",  "has_pk",       "has_fk",          "has_unique",
        "has_check",    "col_is_pk",    "col_is_fk",       "col_type_is",
        "col_not_null", "col_is_null",  "col_has_default", "columns_are",
        "indexes_are",  "triggers_are", "table_privs_are", "policies_are",
        "results_eq",   "set_eq",       "bag_eq",          "is_empty",
        "lives_ok",     "throws_ok",    "throws_like",     "policy_cmd_is",
        "fk_ok"};
    guint open = sql_row_of(work, index);
    for (size_t i = 0; open > 0 && i < G_N_ELEMENTS(tests); i++)
        if (work_token(work, open)->kind == TOKEN_OPEN && work_is_text(work, open - 1, tests[i]))
            return true;
    return false;
}

/* Back to its SELECT, over what stands in brackets: none of a list in a call, and nothing behind FROM. */
static bool
is_in_select(const Work *work, guint index)
{
    for (guint looked = 0; index > 0 && looked < TOKENS_BESIDE_MAX; looked++) {
        const Token *token = work_token(work, --index);
        if (token->word == WORD_SELECT && token->kind == TOKEN_WORD)
            return true;
        if (token->kind == TOKEN_OPEN || token->kind == TOKEN_SEMICOLON ||
            (token->kind == TOKEN_WORD && (token->word == WORD_FROM || token->word == WORD_WITH)))
            return false;
        if (token->kind == TOKEN_CLOSE && token->match > 0)
            index = token->match;
    }
    return false;
}

/* SELECT 'users' AS what, 'paid users', …: the text comes out as it is. */
static bool
is_given_out(const Work *work, guint index)
{
    const Token *before = work_token(work, index - (index > 0)),
                *behind = work_token(work, index + 1);
    bool begins = before->kind == TOKEN_COMMA ||
                  (before->kind == TOKEN_WORD &&
                   (before->word == WORD_SELECT || before->word == WORD_DISTINCT));
    bool ends = behind->kind == TOKEN_COMMA || behind->kind == TOKEN_WORD ||
                behind->kind == TOKEN_QUOTED || behind->kind == TOKEN_CLOSE ||
                behind->kind == TOKEN_SEMICOLON || behind->kind == TOKEN_END;
    return index > 0 && begins && ends && is_in_select(work, index);
}

bool
sql_is_beside_column(const Work *work, guint index)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (may_name(work, work_token(work, index), rename) &&
            is_beside_changed(work, index, rename))
            return true;
    }
    return false;
}

/* VALUES ('users', 3) where the table keeps its name: whether the value is that name or only a word, it stays. Not beside a
 * literal that says a column. */
bool
sql_value_stays(const Work *work, guint index)
{
    bool stays = sql_is_value(work, index) || is_given_out(work, index) || is_in_test(work, index);
    for (guint i = 0; i < work->renames->list->len && stays; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        stays = !may_name(work, work_token(work, index), rename) ||
                (keeps_its_name(rename) && !is_beside_changed(work, index, rename));
    }
    return stays;
}
