/*
 * parse_named.c - values that get the name of a column although they are more than that.
 *
 *   id::text, CAST(id AS text), id[1], CASE … ELSE id END    are called `id` where the dialect says so
 *   (id), IDENTIFIER('id')                                   everywhere
 *   items[0].id, (item).id                                   are called as the field where the dialect says so
 */
#include "sql/parse.h"

/* The name that was read since `before` and begins at this token. */
static SqlRef *
ref_at(const ArenaList *refs, guint before, uint32_t token)
{
    for (guint i = before; i < refs->len; i++) {
        SqlRef *ref = g_ptr_array_index(refs, i);
        if (ref->macro == NULL && ref->path.parts[0].token == token)
            return ref;
    }
    return NULL;
}

/* The first `word` in [at, last] that is in no brackets and no CASE; or `last`. */
static uint32_t
find_outside(const Parser *parser, uint32_t at, uint32_t last, Word word)
{
    int depth = 0;
    for (; at < last; at++) {
        if (peek(parser, at)->kind == TOKEN_OPEN)
            at = closing(parser, at, last);
        else if (depth == 0 && is_word(parser, at, word))
            return at;
        else
            depth += is_word(parser, at, WORD_CASE) - is_word(parser, at, WORD_END);
    }
    return last;
}

/* Does nothing but casts, subscripts and collations stand in [at, last]? */
static bool
keeps_name(Parser *parser, uint32_t at, uint32_t last)
{
    uint32_t before = parser->pos;
    while (at <= last) {
        const Token *token = peek(parser, at);
        if (is_text(parser, at, "::") && at < last) {
            parser->pos = at + 1;
            skip_type(parser, last + 1);
            at = MAX(parser->pos, at + 2);
        } else if (token->kind == TOKEN_OPEN && !is_open(parser, at)) {
            at = closing(parser, at, last) + 1;
        } else if (is_text(parser, at, "COLLATE") && at < last) {
            at += 2;
        } else {
            break;
        }
    }
    parser->pos = before;
    return at > last;
}

/* CAST(x AS type), at CAST. */
static bool
is_cast(const Parser *parser, uint32_t at)
{
    return (is_text(parser, at, "CAST") || is_text(parser, at, "TRY_CAST")) &&
           is_open(parser, at + 1);
}

/* May a value be called as what it holds, of which [at, last] is what stands behind? */
static bool
is_called_alike(Parser *parser, uint32_t at, uint32_t last)
{
    if (at > last || (at < last && !parser->sql->dialect->has_cast_names))
        return false;
    return keeps_name(parser, at + 1, last);
}

/* Goes from [*first, *last] into the brackets, the cast or the ELSE that stand there; false: the value has no name. */
static bool
go_into(Parser *parser, uint32_t *first, uint32_t *last)
{
    bool is_bracket = is_open(parser, *first);
    if (!is_bracket && is_word(parser, *first, WORD_CASE)) {
        *first = find_outside(parser, *first + 1, *last, WORD_ELSE) + 1;
        return (*last)-- >= *first;
    }
    uint32_t open = is_bracket ? *first : *first + 1, close = closing(parser, open, *last);
    if (!is_called_alike(parser, close, *last) ||
        (is_bracket && starts_query(parser, open + 1, close)))
        return false;
    *last = close;
    if (!is_bracket)
        *last = find_outside(parser, open + 1, close, WORD_AS);
    *first = open + 1;
    return is_bracket || *last < close ? (*last)-- > 0 : false;
}

SqlRef *
parse_named(Parser *parser, const ArenaList *refs, guint before, uint32_t first, uint32_t last)
{
    bool has_casts = parser->sql->dialect->has_cast_names;
    while (first <= last && !is_named_by_literal(parser, first) &&
           (is_open(parser, first) ||
            (has_casts && (is_cast(parser, first) || (is_word(parser, first, WORD_CASE) &&
                                                      is_word(parser, last, WORD_END))))))
        if (!go_into(parser, &first, &last))
            return NULL;
    if (first > last)
        return NULL;
    bool is_literal = is_named_by_literal(parser, first); /* IDENTIFIER('id') */
    SqlRef *ref = ref_at(refs, before, is_literal ? first + 2 : first);
    if (ref == NULL)
        return NULL;
    uint32_t at = is_literal ? first + 3 : ref->path.parts[ref->path.count - 1].token;
    return is_called_alike(parser, at, last) ? ref : NULL;
}

/* Is [first, last] a value, with brackets behind it, and a field of that? */
static bool
is_field(const Parser *parser, uint32_t first, uint32_t last)
{
    uint32_t at = last;
    while (at >= first + 2 && is_name(parser, at) && peek(parser, at - 1)->kind == TOKEN_DOT) {
        at -= 2;
        while (at > first && peek(parser, at)->kind == TOKEN_CLOSE) {
            uint32_t open = peek(parser, at)->match;
            if (open <= first)
                return open == first && at < last;
            at = open - 1;
        }
    }
    return at == first && at < last && is_name(parser, at);
}

const char *
parse_field_name(Parser *parser, uint32_t first, uint32_t last)
{
    if (!parser->sql->dialect->has_field_names || !is_field(parser, first, last))
        return NULL;
    uint32_t before = parser->pos;
    parser->pos = last;
    const char *name = part_take(parser)->text;
    parser->pos = before;
    return name;
}
