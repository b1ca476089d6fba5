/*
 * parse_rule.c - rules of PostgreSQL, which see the rows of their table as NEW and OLD.
 *
 *   CREATE RULE name AS ON UPDATE TO v WHERE … DO INSTEAD UPDATE t SET a = NEW.a WHERE id = OLD.id
 *   CREATE RULE name AS ON DELETE TO v DO ALSO (DELETE FROM t WHERE id = OLD.id; INSERT INTO u …)
 *   CREATE RULE name AS ON INSERT TO v DO NOTHING
 *
 * What it does is statements like others, and a query where the rule makes a view, or tells others: DO ALSO SELECT f(NEW.a).
 */
#include "sql/parse_define.h"

#include <string.h>

static bool
changes_rows(const Parser *parser, uint32_t at)
{
    return is_word(parser, at, WORD_INSERT) || is_word(parser, at, WORD_UPDATE) ||
           is_word(parser, at, WORD_DELETE);
}

static bool
is_event(const Parser *parser, uint32_t at)
{
    return changes_rows(parser, at) || is_word(parser, at, WORD_SELECT);
}

/* The `;` outside of brackets, or `end`. */
static uint32_t
command_end(const Parser *parser, uint32_t at, uint32_t end)
{
    while (at < end && peek(parser, at)->kind != TOKEN_SEMICOLON)
        at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, end) + 1 : at + 1;
    return MIN(at, end);
}

/* Are all of them understood? Nothing is begun otherwise. */
static bool
are_commands(const Parser *parser, uint32_t at, uint32_t end)
{
    for (; at < end; at = command_end(parser, at, end))
        if (peek(parser, at)->kind == TOKEN_SEMICOLON)
            at++;
        else if (!changes_rows(parser, at) && !starts_query(parser, at, end))
            return false;
    return true;
}

/* They are settled for the statement that they stand in. */
static void
take_commands(Parser *parser, uint32_t end)
{
    uint32_t first = parser->pos;
    while (parser->pos < end) {
        if (peek(parser, parser->pos)->kind == TOKEN_SEMICOLON) {
            parser->pos++;
            continue;
        }
        guint number = parser->sql->statements->len;
        uint32_t stop = command_end(parser, parser->pos, end);
        parse_nested(parser, NULL, stop);
        ((SqlStatement *) g_ptr_array_index(parser->sql->statements, number))->is_nested = false;
        parser->pos = MAX(stop, parser->pos);
    }
    parser->pos = first;
    settle_to(parser, end);
}

/* NEW.*, or a row as a value: what becomes of all of its columns. */
static bool
takes_whole_rows(const Parser *parser, uint32_t at, uint32_t end)
{
    for (; at < end; at++)
        if ((is_text(parser, at, "NEW") || is_text(parser, at, "OLD")) &&
            (peek(parser, at + 1)->kind != TOKEN_DOT || is_text(parser, at + 2, "*")))
            return true;
    return false;
}

/* Where DO stands, behind the table and a condition; `end`: nowhere. */
static uint32_t
find_do(const Parser *parser, uint32_t at, uint32_t end)
{
    while (at < end && !is_text(parser, at, "DO"))
        at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, end) + 1 : at + 1;
    return MIN(at, end);
}

/* The table, whose rows are NEW and OLD in the condition and in what is done. */
static void
take_watched(Parser *parser, uint32_t event, uint32_t does, uint32_t end)
{
    settle_to(parser, event + 2);
    SqlBlock *block = define_block(parser);
    SqlSource *table = table_take(parser, block, does);
    bool is_view = is_word(parser, event, WORD_SELECT),
         is_whole = takes_whole_rows(parser, parser->pos, end);
    table->shape = is_view || is_whole ? SHAPE_COPIED : SHAPE_READ;
    parser->statement->watched = parser->watched = table;
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    parse_expression(parser, &context, does, 0);
}

bool
parse_rule(Parser *parser, uint32_t end)
{
    uint32_t event = parser->pos + 3; /* name AS ON */
    if (event + 3 >= end || !is_word(parser, event - 1, WORD_ON) || !is_event(parser, event) ||
        !is_text(parser, event + 1, "TO") || !names_table(parser, event + 2, end))
        return false;
    uint32_t does = find_do(parser, event + 2, end), first = does + 1;
    if (is_text(parser, first, "ALSO") || is_text(parser, first, "INSTEAD"))
        first++;
    bool is_group = is_open(parser, first), is_nothing = is_text(parser, first, "NOTHING");
    uint32_t last = is_group ? closing(parser, first, end) : end;
    if (first >= end || (!is_nothing && !are_commands(parser, first + is_group, last)))
        return false;
    SqlSource *outer = parser->watched;
    take_watched(parser, event, does, end);
    parser->pos = first + is_group;
    if (!is_nothing)
        take_commands(parser, last);
    parser->watched = outer;
    parser->pos = end;
    return true;
}
