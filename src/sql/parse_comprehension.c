/*
 * parse_comprehension.c - [x + 1 FOR x IN items IF x > 2] of DuckDB, where x is a name of its own.
 *
 * It is seen in what is given and in the condition, and not in the list that it goes over; so is the place that may be named
 * behind it (FOR x, i IN items).
 */
#include "sql/parse_expression.h"

/* The word in these brackets, and in none within; or `close`. */
static uint32_t
find_word(const Parser *parser, uint32_t at, uint32_t close, Word word)
{
    while (at < close && !is_word(parser, at, word))
        at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, close) + 1 : at + 1;
    return MIN(at, close);
}

/* FOR x, i IN: the IN behind the names; 0 when it is something else. */
static uint32_t
in_behind(const Parser *parser, uint32_t of, uint32_t close)
{
    uint32_t at = of + 1;
    while (at + 2 < close && is_name(parser, at) && peek(parser, at + 1)->kind == TOKEN_COMMA)
        at += 2;
    return at + 1 < close && is_name(parser, at) && is_word(parser, at + 1, WORD_IN) ? at + 1 : 0;
}

/* What the names [first, last) call is none of a table's. */
static void
mark_names(const Parser *parser, const ArenaList *refs, guint from, uint32_t first, uint32_t last)
{
    for (guint i = from; i < refs->len; i++) {
        SqlRef *ref = g_ptr_array_index(refs, i);
        for (uint32_t at = first; at < last; at += 2)
            if (is_text(parser, at, ref->path.parts[0].text))
                ref->binding = BINDING_LOCAL;
    }
}

bool
take_comprehension(Parser *parser, const Context *context, uint32_t close)
{
    uint32_t of = find_word(parser, parser->pos, close, WORD_FOR);
    uint32_t in = of < close ? in_behind(parser, of, close) : 0;
    if (in == 0)
        return false;
    const ArenaList *refs = context->block->refs;
    uint32_t condition = find_word(parser, in, close, WORD_IF);
    guint before = refs->len;
    parse_expression(parser, context, of, 0);
    mark_names(parser, refs, before, of + 1, in);
    parser->pos = in + 1;
    parse_expression(parser, context, condition, 0);
    before = refs->len;
    parser->pos = MIN(condition + 1, close);
    parse_expression(parser, context, close, 0);
    mark_names(parser, refs, before, of + 1, in);
    return true;
}
