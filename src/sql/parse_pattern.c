/*
 * parse_pattern.c - MATCH_RECOGNIZE (PARTITION BY a … MEASURES last(b) AS c … DEFINE p AS p.b > 1): what stands in its
 * brackets. Where one row comes out for each match, it has what is parted by, and the measures.
 */
#include "sql/parse_reshape.h"

static const char *const pattern_parts[] = {"MEASURES", "ONE",    "ALL",    "AFTER",
                                            "PATTERN",  "SUBSET", "DEFINE", NULL};

static uint32_t
part_end(const Parser *parser, uint32_t at, uint32_t end)
{
    while (at < end && !is_among_words_of(parser, at, pattern_parts) &&
           !is_word(parser, at, WORD_ORDER))
        at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, end) + 1 : at + 1;
    return MIN(at, end);
}

/* PARTITION BY a, b: these come out, where one row does for each match. */
static bool
partition_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    return group_by_take(parser, reshape, context, part_end(parser, parser->pos + 2, end));
}

/* MEASURES last(a) AS b, … */
static bool
measures_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    for (parser->pos++; parser->pos < end; parser->pos++) {
        if (!reshape_expression_take(parser, reshape, context, end, STOP_COMMA | STOP_ALIAS))
            return false;
        char *name = is_word(parser, parser->pos, WORD_AS) ? reshape_alias_take(parser, end) : NULL;
        if (name == NULL || (parser->pos < end && peek(parser, parser->pos)->kind != TOKEN_COMMA))
            return false;
        reshape_made_add(parser, reshape, name);
    }
    return true;
}

/* DEFINE v AS condition, … */
static bool
define_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    for (parser->pos++; parser->pos < end; parser->pos++) {
        if (!is_name(parser, parser->pos) || !is_word(parser, parser->pos + 1, WORD_AS))
            return false;
        parser->pos += 2;
        if (!reshape_expression_take(parser, reshape, context, end, STOP_COMMA))
            return false;
    }
    return true;
}

bool
pattern_inside_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    bool is_read = true, has_rows = false;
    while (is_read && parser->pos < end) {
        uint32_t stop = part_end(parser, parser->pos + 1, end);
        if (is_word(parser, parser->pos, WORD_PARTITION) &&
            is_word(parser, parser->pos + 1, WORD_BY))
            is_read = partition_take(parser, reshape, context, end);
        else if (is_word(parser, parser->pos, WORD_ORDER))
            is_read = reshape_expression_take(parser, reshape, context, stop, 0);
        else if (is_text(parser, parser->pos, "MEASURES"))
            is_read = measures_take(parser, reshape, context, stop);
        else if (is_text(parser, parser->pos, "DEFINE"))
            is_read = define_take(parser, reshape, context, stop);
        else if (is_among_words_of(parser, parser->pos, pattern_parts))
            has_rows |= is_word(parser, parser->pos, WORD_ALL);
        else
            return false;
        parser->pos = is_read ? stop : parser->pos;
    }
    if (has_rows) {
        reshape->kept = NULL;
        reshape->keeps_all = true;
    } else if (reshape->kept == NULL) {
        reshape->kept = list(parser);
    }
    return is_read;
}

bool
is_row_pattern(const Parser *parser, uint32_t open, uint32_t end)
{
    uint32_t close = is_open(parser, open) ? closing(parser, open, end) : open;
    for (uint32_t at = open + 1; at < close; at++)
        if (is_text(parser, at, "PATTERN") && is_open(parser, at + 1))
            return true;
    return false;
}
