/*
 * sql_literals.c - a column whose values change, compared with literals: country_code = 'UK' becomes country = 'GB'.
 *
 * Only where the mapping says which literal becomes which, and nothing but literals stands on the other side.
 */
#include "rewrite/work.h"

#include <string.h>

typedef struct {
    guint first, last; /* tokens of literals, and of what stands between them */
} Literals;

static const Token *
at(const Work *work, guint index)
{
    return &g_array_index(work->sql->tokens, Token, MIN(index, work->sql->tokens->len - 1));
}

static bool
is_sign(const Work *work, guint index, const char *sign)
{
    const Token *token = at(work, index);
    return token->kind == TOKEN_OPERATOR && token->end - token->begin == strlen(sign) &&
           memcmp(work->text + token->begin, sign, strlen(sign)) == 0;
}

static bool
is_comparison(const Work *work, guint index)
{
    return is_sign(work, index, "=") || is_sign(work, index, "<>") || is_sign(work, index, "!=") ||
           is_sign(work, index, "==");
}

static bool
is_literal(const Work *work, guint index)
{
    return at(work, index)->kind == TOKEN_STRING || at(work, index)->kind == TOKEN_NUMBER;
}

/* Ends there, so that it is not 'a' || b. */
static bool
ends_value(const Work *work, guint index)
{
    TokenKind kind = at(work, index)->kind;
    return kind != TOKEN_OPERATOR && kind != TOKEN_OPEN && kind != TOKEN_DOT;
}

static bool
find_list(const Work *work, guint open, Literals *ret)
{
    guint close = at(work, open)->match;
    if (at(work, open)->kind != TOKEN_OPEN || close <= open + 1)
        return false;
    for (guint i = open + 1; i < close; i++)
        if ((i - open) % 2 == 1 ? !is_literal(work, i) : at(work, i)->kind != TOKEN_COMMA)
            return false;
    *ret = (Literals){open + 1, close - 1};
    return true;
}

static bool
find_literals(const Work *work, guint first, guint last, Literals *ret)
{
    if (at(work, last + 1)->word == WORD_IN)
        return find_list(work, last + 2, ret);
    if (at(work, last + 1)->word == WORD_NOT && at(work, last + 2)->word == WORD_IN)
        return find_list(work, last + 3, ret);
    if (is_comparison(work, last + 1) && is_literal(work, last + 2) && ends_value(work, last + 3)) {
        *ret = (Literals){last + 2, last + 2};
        return true;
    }
    if (first >= 2 && is_comparison(work, first - 1) && is_literal(work, first - 2) &&
        (first == 2 || ends_value(work, first - 3) || at(work, first - 3)->kind == TOKEN_OPEN) &&
        ends_value(work, last + 1)) {
        *ret = (Literals){first - 2, first - 2};
        return true;
    }
    return false;
}

static bool
is_simple_string(const char *text, size_t bytes)
{
    return bytes >= 2 && (text[0] == '\'' || text[0] == '"') && text[bytes - 1] == text[0] &&
           memchr(text + 1, text[0], bytes - 2) == NULL && memchr(text, '\\', bytes) == NULL &&
           memmem(text, bytes, "{{", 2) == NULL; /* a template's text is not known */
}

/* The new literal in the old one's quotes; NULL when it stays. False when it cannot be read. */
static bool
new_literal(const Work *work, const Token *token, const json_t *values, char **ret)
{
    const char *text = work->text + token->begin;
    size_t bytes = token->end - token->begin;
    bool is_string = token->kind == TOKEN_STRING;
    *ret = NULL;
    if (is_string && !is_simple_string(text, bytes))
        return false;
    g_autofree char *old = is_string ? g_strndup(text + 1, bytes - 2) : g_strndup(text, bytes);
    json_t *found = json_object_get(values, old);
    if (found == NULL)
        return true;
    g_autofree char *new =
        json_is_string(found) ? g_strdup(json_string_value(found)) : json_compact(found);
    char quote = is_string ? text[0] : '\'';
    bool is_number = !is_string && new[0] != '\0' && strspn(new, "0123456789.-") == strlen(new);
    if (strchr(new, quote) != NULL || strchr(new, '\\') != NULL)
        return false;
    *ret = is_number ? g_strdup(new) : g_strdup_printf("%c%s%c", quote, new, quote);
    return true;
}

bool
edit_literals(Work *work, const SqlRef *ref, const ColumnChange *change)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    Literals literals;
    g_autofree char *probe = NULL;
    if (change->kind != CHANGE_VALUES || change->values == NULL || change->to == NULL ||
        ref->column + 1 != ref->path.count ||
        !find_literals(work, ref->path.parts[0].token, part->token, &literals))
        return false;
    for (guint i = literals.first; i <= literals.last; i += 2) {
        g_clear_pointer(&probe, g_free);
        if (!new_literal(work, at(work, i), change->values, &probe))
            return false;
    }
    g_autofree char *written = spell_like(work->sql->dialect, part, change->to);
    site_edit(work, SITE_COLUMN, part->begin, part->end, written);
    for (guint i = literals.first; i <= literals.last; i += 2) {
        g_clear_pointer(&probe, g_free);
        if (new_literal(work, at(work, i), change->values, &probe) && probe != NULL)
            edit_add(work, at(work, i)->begin, at(work, i)->end, probe);
    }
    return true;
}
