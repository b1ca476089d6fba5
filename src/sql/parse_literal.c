/*
 * parse_literal.c - names that stand in a literal: IDENTIFIER('a.b.t'), TABLE('t') of Snowflake and Databricks.
 *
 * What is in the quotes is a name as it would be written without them, with quotes of its own: its parts are bytes of the
 * literal. One with escapes is none that we read.
 */
#include "sql/parse.h"

#define PARTS_MAX 8 /* project.dataset.table, and fields */

bool
is_named_by_literal(const Parser *parser, uint32_t at)
{
    return (is_text(parser, at, "IDENTIFIER") || is_word(parser, at, WORD_TABLE)) &&
           is_open(parser, at + 1) && peek(parser, at + 2)->kind == TOKEN_STRING &&
           peek(parser, at + 3)->kind == TOKEN_CLOSE;
}

static bool
is_name_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '-' || (unsigned char) c >= 0x80;
}

/* The part that begins at `at`; where it ends, or 0 when it is none. */
static uint32_t
take_part(Parser *parser, uint32_t token, uint32_t at, uint32_t end, SqlPart *ret)
{
    const char *text = parser->sql->list->text;
    const Dialect *dialect = parser->sql->dialect;
    char quote = at < end && strchr("\"`", text[at]) != NULL &&
                         strchr(dialect->name_quotes, text[at]) != NULL
                     ? text[at]
                     : '\0';
    uint32_t first = at + (quote != '\0'), last = first;
    while (last < end && (quote != '\0' ? text[last] != quote : is_name_byte(text[last])))
        last++;
    uint32_t behind = last + (quote != '\0');
    if (last == first || behind > end)
        return 0;
    *ret = (SqlPart){.text = arena_copy(parser->sql->arena, text + first, last - first),
                     .token = token,
                     .begin = at,
                     .end = behind,
                     .quote = quote};
    return behind;
}

bool
literal_name_take(Parser *parser, SqlPath *ret)
{
    SqlPart parts[PARTS_MAX];
    uint32_t count = 0, index = parser->pos + 2;
    if (!is_named_by_literal(parser, parser->pos))
        return false;
    const Token *token = peek(parser, index);
    uint32_t at = token->begin + 1, end = token->end - 1;
    while (at < end && count < PARTS_MAX) {
        uint32_t behind = take_part(parser, index, at, end, &parts[count++]);
        bool goes_on = behind > 0 && behind < end && parser->sql->list->text[behind] == '.';
        if (behind == 0 || (behind < end && !goes_on))
            return false;
        at = behind + goes_on;
    }
    if (count == 0 || at < end || parts[count - 1].end != end)
        return false;
    *ret = (SqlPath){.parts = node_unset(parser, count * sizeof(SqlPart)),
                     .count = count,
                     .is_in_literal = true};
    memcpy(ret->parts, parts, count * sizeof(SqlPart));
    parser->pos += 4;
    return true;
}
