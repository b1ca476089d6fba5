/* expression.c - what the mapping writes for a column that is gone: an expression in its place. */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* Where the CASE that begins here ends, or the last token. */
static guint
end_of_case(const Sql *expr, guint at, guint last)
{
    guint depth = 0;
    for (; at < last; at++) {
        Word word = g_array_index(expr->tokens, Token, at).word;
        depth += word == WORD_CASE;
        depth -= word == WORD_END;
        if (depth == 0)
            break;
    }
    return at;
}

/* Can a value begin or end with it, so that two of them, one behind the other, are more than one: a AT TIME ZONE b? */
static bool
is_piece(const Token *token)
{
    return token->kind != TOKEN_DOT && token->kind != TOKEN_OPEN;
}

/* a, f(x), (a + b) and CASE … END need no brackets of their own. */
static bool
is_closed(const Sql *expr)
{
    guint last = MAX(expr->tokens->len, 2) - 2; /* behind it is the end */
    if (g_array_index(expr->tokens, Token, 0).word == WORD_CASE)
        return end_of_case(expr, 0, last) == last;
    for (guint i = 0; i <= last; i++) {
        const Token *token = &g_array_index(expr->tokens, Token, i),
                    *before = i > 0 ? token - 1 : NULL;
        if (token->kind == TOKEN_OPERATOR ||
            (before != NULL && is_piece(before) && is_piece(token)) ||
            (token->kind == TOKEN_WORD && token->word != WORD_NONE))
            return false;
        if (token->kind == TOKEN_OPEN && token->match > i)
            i = token->match;
    }
    return true;
}

bool
expression_has_text_for_name(const Dialect *dialect, const Rename *rename,
                             const ColumnChange *change)
{
    const char *at = change->kind == CHANGE_EXPRESSION && change->expr != NULL ? change->expr : "";
    if (strchr(dialect->string_quotes, '"') == NULL)
        return false;
    while ((at = strchr(at, '"')) != NULL) {
        const char *end = strchr(at + 1, '"');
        g_autofree char *name = g_ascii_strdown(at + 1, end != NULL ? end - at - 1 : 0);
        if (end == NULL)
            return false;
        if (g_hash_table_contains(rename->targets, name))
            return true;
        at = end + 1;
    }
    return false;
}

void
append_qualified(GString *text, const char *expr, const Dialect *dialect, const char *qualifier)
{
    static const char head[] = "SELECT ";
    g_autofree char *statement = g_strconcat(head, expr, NULL);
    g_autoptr(Sql) sql = sql_new(statement, strlen(statement), dialect, 0);
    size_t at = sizeof head - 1;
    const SqlBlock *block = sql->blocks->len > 0 ? g_ptr_array_index(sql->blocks, 0) : NULL;
    for (guint i = 0; qualifier != NULL && block != NULL && i < block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(block->refs, i);
        if (ref->path.count > 1)
            continue;
        g_string_append_len(text, statement + at, (gssize) (ref->path.parts[0].begin - at));
        g_string_append_printf(text, "%s.", qualifier);
        at = ref->path.parts[0].begin;
    }
    g_string_append(text, statement + at);
}

bool
is_name_only(SqlClause clause)
{
    return clause == CLAUSE_USING || clause == CLAUSE_ASSIGN || clause == CLAUSE_COLUMNS ||
           clause == CLAUSE_NAME;
}

/* * RENAME (id AS k): nothing but a name can stand there. */
static bool
is_renamed_by_star(const SqlRef *ref)
{
    const ArenaList *list = ref->in != NULL ? ref->in->replace : NULL;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const SqlReplacement *one = g_ptr_array_index(list, i);
        if (one->is_rename && one->plain == ref)
            return true;
    }
    return false;
}

/* Does a name of the expression mean something else where `ref` stands? */
static bool
is_expression_caught(Work *work, const SqlRef *ref, const Sql *expr)
{
    const SqlBlock *block = expr->blocks->len > 0 ? g_ptr_array_index(expr->blocks, 0) : NULL;
    for (guint i = 0; block != NULL && i < block->refs->len; i++) {
        const SqlRef *name = g_ptr_array_index(block->refs, i);
        if (name->path.count == 1 && is_new_name_taken(work, ref, name->path.parts[0].text))
            return true;
    }
    return false;
}

/* HAVING pay > 0 behind GROUP BY pay: MySQL knows no expression there that the group is made of. */
static bool
is_key_in_having(const Work *work, const SqlRef *ref)
{
    return ref->clause == CLAUSE_HAVING && work->sql->dialect->has_named_keys &&
           !sql_is_aggregated(work->sql, ref);
}

/* f(pay), f(1, pay, 2): brackets and commas are around it already. */
static bool
is_between_commas(const Work *work, const SqlRef *ref)
{
    uint32_t first = ref->path.parts[0].token, last = ref->path.parts[ref->path.count - 1].token;
    const Token *before = first > 0 ? work_token(work, first - 1) : NULL,
                *behind = work_token(work, last + 1);
    return before != NULL && (before->kind == TOKEN_OPEN || before->kind == TOKEN_COMMA) &&
           (behind->kind == TOKEN_CLOSE || behind->kind == TOKEN_COMMA);
}

bool
edit_expression(Work *work, const SqlRef *ref, const ColumnChange *change)
{
    static const char head[] = "SELECT ";
    const Dialect *dialect = work->sql->dialect;
    const SqlPart *part = &ref->path.parts[ref->column];
    g_autofree char *statement = g_strconcat(head, change->expr, NULL);
    g_autoptr(Sql) selected = sql_new(statement, strlen(statement), dialect, 0);
    bool wants_qualifier = ref->column > 0 || ref->block->sources->len > 1 ||
                           ref->block != ref->source->block ||
                           is_expression_caught(work, ref, selected);
    if (is_name_only(ref->clause) || is_renamed_by_star(ref) || is_key_in_having(work, ref) ||
        ref->column + 1 < ref->path.count || ref->path.is_in_literal ||
        (wants_qualifier && !can_qualify_at(ref))) {
        return false;
    }
    g_autofree char *qualifier =
        wants_qualifier ? spell_qualifier(dialect, ref->source, source_spelling(ref->source))
                        : NULL;
    g_autoptr(Sql) parsed = sql_new(change->expr, strlen(change->expr), dialect, 0);
    bool has_brackets = !ref->is_whole && !is_closed(parsed) && !is_between_commas(work, ref);
    g_autoptr(GString) text = g_string_new(has_brackets ? "(" : "");
    append_qualified(text, change->expr, dialect, qualifier);
    g_string_append(text, has_brackets ? ")" : "");
    site_edit(work, SITE_COLUMN, ref->path.parts[0].begin, part->end, text->str);
    keep_output_name(work, ref);
    return true;
}
