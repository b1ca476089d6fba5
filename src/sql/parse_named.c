/*
 * parse_named.c - values that get the name of a column although they are more than that.
 *
 *   id::text, CAST(id AS text), id[1], CASE … ELSE id END    are called `id` where the dialect says so
 *   (id), IDENTIFIER('id')                                   everywhere
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

SqlRef *
parse_named(Parser *parser, const ArenaList *refs, guint before, uint32_t first, uint32_t last)
{
    bool has_casts = parser->sql->dialect->has_cast_names;
    SqlRef *ref = NULL;
    uint32_t at = first;
    if (first > last)
        return NULL;
    if (is_named_by_literal(parser, first)) { /* IDENTIFIER('id') */
        ref = ref_at(refs, before, first + 2);
        at = first + 3;
    } else if (is_open(parser, first)) {
        at = closing(parser, first, last);
        ref = starts_query(parser, first + 1, at)
                  ? NULL
                  : parse_named(parser, refs, before, first + 1, at - 1);
    } else if (has_casts && is_cast(parser, first)) {
        at = closing(parser, first + 1, last);
        uint32_t as = find_outside(parser, first + 2, at, WORD_AS);
        ref = as < at ? parse_named(parser, refs, before, first + 2, as - 1) : NULL;
    } else if (has_casts && is_word(parser, first, WORD_CASE) && is_word(parser, last, WORD_END)) {
        uint32_t otherwise = find_outside(parser, first + 1, last, WORD_ELSE);
        return otherwise < last ? parse_named(parser, refs, before, otherwise + 1, last - 1) : NULL;
    } else {
        ref = ref_at(refs, before, first);
        at = ref != NULL ? ref->path.parts[ref->path.count - 1].token : first;
    }
    if (ref == NULL || at > last || (at < last && !has_casts))
        return NULL;
    return keeps_name(parser, at + 1, last) ? ref : NULL;
}
