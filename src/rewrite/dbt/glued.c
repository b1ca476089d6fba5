/*
 * glued.c - names that a template is a part of: `{{ plan }}_total`, `n_{{ i }}`, and `{{ alias }}.id`.
 *
 * Which column that is, is known when dbt runs. Where it may be one that changes, a person decides.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static bool
touch(const Token *token, const Token *next)
{
    return token->end == next->begin;
}

/* The first token of the name with dots and templates that `index` belongs to. */
static guint
begin_of_name(const Work *work, guint index)
{
    while (index > 0 && touch(work_token(work, index - 1), work_token(work, index))) {
        TokenKind kind = work_token(work, index - 1)->kind;
        if (kind != TOKEN_WORD && kind != TOKEN_QUOTED && kind != TOKEN_TEMPLATE &&
            kind != TOKEN_DOT)
            break;
        index--;
    }
    return index;
}

/* Is it a table, an alias, a function or a qualifier? */
static bool
is_no_column(const Work *work, guint index)
{
    guint first = begin_of_name(work, index), last = index;
    while (work_token(work, last + 1)->kind == TOKEN_TEMPLATE &&
           touch(work_token(work, last), work_token(work, last + 1)))
        last++;
    const Token *next = work_token(work, last + 1);
    Word before = first > 0 ? work_token(work, first - 1)->word : WORD_NONE;
    return next->kind == TOKEN_DOT ||
           (next->kind == TOKEN_OPEN && work->text[next->begin] == '(') || before == WORD_AS ||
           before == WORD_FROM || before == WORD_JOIN || before == WORD_INTO ||
           before == WORD_UPDATE || before == WORD_TABLE;
}

/* May the word be this end of the name? */
static bool
is_end_of(const char *name, const char *word, bool is_last)
{
    size_t bytes = strlen(name), length = strlen(word);
    return bytes > length &&
           g_ascii_strncasecmp(is_last ? name + bytes - length : name, word, length) == 0;
}

/* The column of the source that changes and has this end; NULL: none. */
static const char *
changed_like(Work *work, const SqlSource *source, const char *word, bool is_last)
{
    bool is_open = false;
    const ArenaList *names = sql_source_columns(work->sql, source, &is_open);
    for (guint i = 0; i < names->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(names, i)};
        if (part.text != NULL && is_end_of(part.text, word, is_last) &&
            source_change(work, source, &part) != NULL)
            return part.text;
    }
    const Rename *rename = source_rename(source);
    for (guint i = 0; rename != NULL && i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind != CHANGE_NONE && is_end_of(change->column, word, is_last))
            return change->column;
    }
    return NULL;
}

/* `z` of z.{{ f }}an: the only one whose column it may be; NULL: any. */
static const SqlSource *
qualifier_of(const Work *work, const SqlBlock *block, guint index)
{
    const Token *first = work_token(work, begin_of_name(work, index));
    return first->kind == TOKEN_WORD && work->text[first->end] == '.'
               ? source_called(block, work->text + first->begin, first->end - first->begin)
               : NULL;
}

static void
visit_part(Work *work, const SqlBlock *block, guint index, bool is_last)
{
    const Token *token = work_token(work, index);
    const SqlSource *only = qualifier_of(work, block, index);
    g_autofree char *word = g_strndup(work->text + token->begin, token->end - token->begin);
    for (guint s = 0; s < block->sources->len; s++) {
        if (only != NULL && only != g_ptr_array_index(block->sources, s))
            continue;
        const char *column =
            changed_like(work, g_ptr_array_index(block->sources, s), word, is_last);
        if (column == NULL || site_covers(work, token->begin, token->end))
            continue;
        site_refuse(work, SITE_COLUMN, token->begin, token->end, "hole", NULL,
                    "a template is a part of this name, which may be '%s'", column);
    }
}

static void
visit_qualified(Work *work, const SqlBlock *block, const Token *token)
{
    g_autofree char *name = g_strndup(work->text + token->begin, token->end - token->begin);
    SqlPart part = {.text = name};
    for (guint s = 0; s < block->sources->len; s++)
        if (source_change(work, g_ptr_array_index(block->sources, s), &part) != NULL &&
            !site_covers(work, token->begin, token->end))
            site_refuse(work, SITE_COLUMN, token->begin, token->end, "in-template", NULL,
                        "a template says whose column '%s' is", name);
}

static void
visit_word(Work *work, const SqlBlock *block, guint index)
{
    const Token *token = work_token(work, index), *next = work_token(work, index + 1),
                *before = index > 0 ? work_token(work, index - 1) : token;
    bool is_last = before->kind == TOKEN_TEMPLATE && touch(before, token),
         is_first = next->kind == TOKEN_TEMPLATE && touch(token, next),
         is_qualified = before->kind == TOKEN_DOT && index > 1 && touch(before, token) &&
                        work_token(work, index - 2)->kind == TOKEN_TEMPLATE &&
                        touch(work_token(work, index - 2), before);
    if ((!is_last && !is_first && !is_qualified) || is_no_column(work, index))
        return;
    if (is_last || is_first)
        visit_part(work, block, index, is_last);
    else
        visit_qualified(work, block, token);
}

/* What inner blocks have is looked at there, and no more for those around them. */
void
dbt_glued(Work *work)
{
    const Sql *sql = work->sql;
    g_autoptr(GHashTable) seen = NULL;
    if (!tokens_have(sql->list, TOKEN_TEMPLATE))
        return;
    for (guint b = sql->blocks->len; b > 0; b--) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b - 1);
        for (guint i = block->first; i <= block->last && i + 1 < sql->tokens->len; i++) {
            if (work_token(work, i)->kind != TOKEN_WORD || set_has(seen, GUINT_TO_POINTER(i + 1)))
                continue;
            set_add(&seen, GUINT_TO_POINTER(i + 1));
            visit_word(work, block, i);
        }
    }
}
