/*
 * parse_moment.c - a table as it was, or what changed since: between its name and its alias, or behind both.
 *
 *   FOR SYSTEM_TIME AS OF x, TIMESTAMP AS OF x, AT (OFFSET => -60), BEFORE (STATEMENT => 'x'), VERSION AS OF 5
 *
 * Moments are the same for all tables. Versions, statements and streams are those of one table: another one has others.
 */
#include "sql/parse.h"

/* AT (…), BEFORE (…), CHANGES (…) of Snowflake */
static bool
is_moment_in_brackets(const Parser *parser, uint32_t index)
{
    return (is_text(parser, index, "AT") || is_text(parser, index, "BEFORE") ||
            is_text(parser, index, "CHANGES")) &&
           is_open(parser, index + 1);
}

/* [FOR] VERSION AS OF 5, FOR SYSTEM_TIME BETWEEN a AND b */
static bool
is_moment_of(const Parser *parser, uint32_t index)
{
    bool has_for = is_word(parser, index, WORD_FOR);
    uint32_t at = index + has_for;
    if (!has_for && !is_word(parser, index + 1, WORD_AS))
        return false;
    return (is_text(parser, at, "SYSTEM_TIME") || is_text(parser, at, "SYSTEM") ||
            is_text(parser, at, "VERSION") || is_text(parser, at, "TIMESTAMP") ||
            is_text(parser, at, "SYSTEM_VERSION") || is_text(parser, at, "BUSINESS_TIME") ||
            is_text(parser, at, "APPLICATION_TIME")) &&
           (has_for || is_text(parser, index + 2, "OF"));
}

bool
is_moment(const Parser *parser, uint32_t index)
{
    return is_moment_in_brackets(parser, index) || is_moment_of(parser, index);
}

/* [FOR] SYSTEM_TIME AS OF x | BETWEEN x AND y | FROM x TO y | CONTAINED IN (x, y) | ALL */
static void
take_moment_of(Parser *parser, const Context *context, uint32_t end)
{
    while (parser->pos < end && !is_text(parser, parser->pos, "OF") &&
           !is_word(parser, parser->pos, WORD_BETWEEN) &&
           !is_word(parser, parser->pos, WORD_FROM) && !is_word(parser, parser->pos, WORD_IN) &&
           !is_word(parser, parser->pos, WORD_ALL))
        parser->pos++;
    bool is_range = is_word(parser, parser->pos, WORD_FROM);
    bool is_all = is_word(parser, parser->pos, WORD_ALL);
    parser->pos++;
    if (is_range)
        parser->pos = MIN(parser->pos + 3, end); /* x TO y */
    else if (!is_all)
        parse_expression(parser, context, end, STOP_COMMA | STOP_CLAUSE | STOP_JOIN | STOP_ALIAS);
    parser->pos = MIN(parser->pos, end);
}

/* AT (VERSION => 5), BEFORE (STATEMENT => 'x'); VERSION AS OF 5 */
static bool
is_version(const Parser *parser, uint32_t at)
{
    static const char *const own[] = {"VERSION", "STATEMENT", "STREAM"};
    at += is_moment_in_brackets(parser, at) ? 2 : is_word(parser, at, WORD_FOR);
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
        if (is_text(parser, at, own[i]))
            return true;
    return false;
}

void
moment_take(Parser *parser, SqlSource *source, const Context *context, uint32_t end)
{
    uint32_t at = parser->pos;
    source->is_version = source->is_version || is_version(parser, at);
    if (is_moment_in_brackets(parser, at))
        parser->pos = MIN(closing(parser, at + 1, end) + 1, end);
    else
        take_moment_of(parser, context, end);
}
