/*
 * parse_upkeep.c - statements that look after tables (CACHE, CHECK, statistics, policies that go), and words before a statement
 * that is only explained or prepared.
 */
#include "sql/parse_define.h"

/* Of EXPLAIN's and PREPARE's own words, with what stands in brackets as one. */
#define WORDS_MAX 12

bool
explained_skip(Parser *parser, uint32_t end)
{
    bool is_prepared = is_text(parser, parser->pos, "PREPARE");
    if (!is_prepared && !is_text(parser, parser->pos, "EXPLAIN"))
        return false;
    uint32_t at = parser->pos + 1;
    for (guint words = 0; at < end && words < WORDS_MAX; words++, at++) {
        Word word = peek(parser, at)->word;
        if (peek(parser, at)->kind == TOKEN_OPEN)
            at = closing(parser, at, end);
        else if (word == WORD_SELECT || word == WORD_WITH)
            return false;
        else if ((word == WORD_INSERT || word == WORD_UPDATE || word == WORD_DELETE ||
                  word == WORD_MERGE) &&
                 (!is_prepared || is_word(parser, at - 1, WORD_AS) ||
                  is_word(parser, at - 1, WORD_FROM))) {
            parser->pos = at;
            return true;
        }
    }
    return false;
}

/* CACHE TABLE t, EXPLAIN t, REPAIR TABLE t: nothing but the name stands behind the words. */
static bool
parse_alone(Parser *parser, uint32_t end)
{
    static const char *const verbs[] = {"CACHE", "UNCACHE", "CHECK", "REPAIR", "EXPLAIN", NULL};
    static const char *const words[] = {"LAZY", "TABLE", "IF", "EXISTS", NULL};
    if (!is_among_words_of(parser, parser->pos, verbs))
        return false;
    bool is_explained = is_text(parser, parser->pos, "EXPLAIN");
    uint32_t first = ++parser->pos;
    while (parser->pos < end && is_among_words_of(parser, parser->pos, words))
        parser->pos++;
    uint32_t last = parser->pos;
    while (last + 2 < end && peek(parser, last + 1)->kind == TOKEN_DOT)
        last += 2;
    if ((parser->pos == first) != is_explained || last + 1 != end ||
        !names_table(parser, parser->pos, end))
        return false;
    table_take(parser, define_block(parser), end);
    return true;
}

/* t (a, b) WITH … */
static bool
take_keys_of(Parser *parser, uint32_t table, uint32_t end)
{
    SqlBlock *block = define_block(parser);
    parser->pos = table;
    table_take(parser, block, end);
    if (is_open(parser, parser->pos) && parser->pos < end)
        keys_take(parser, block, end);
    while (parser->pos < end && !is_word(parser, parser->pos, WORD_WHERE))
        parser->pos++;
    Context context = {.block = block, .clause = CLAUSE_WHERE};
    parse_expression(parser, &context, end, 0);
    return true;
}

/* CREATE STATISTICS s (kinds) ON a, lower(b) FROM t, at what stands behind STATISTICS */
bool
parse_statistics(Parser *parser, uint32_t end)
{
    uint32_t on = find_on(parser, parser->pos, end), from = on;
    while (from < end && !is_word(parser, from, WORD_FROM))
        from = peek(parser, from)->kind == TOKEN_OPEN ? closing(parser, from, end) + 1 : from + 1;
    bool has_keys = from >= end; /* ON t (a, b), in T-SQL */
    if (on >= end || !names_table(parser, (has_keys ? on : from) + 1, end))
        return false;
    for (uint32_t at = parser->pos; at < on; at++)
        settle(parser, at);
    if (has_keys)
        return take_keys_of(parser, on + 1, end);
    SqlBlock *block = define_block(parser);
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    parser->pos = from + 1;
    table_take(parser, block, end);
    parser->pos = on + 1;
    parse_expression(parser, &context, from, 0);
    parser->pos = end;
    return true;
}

/* DROP [ALL] [ROW ACCESS] POLICY, DISABLE TRIGGER: what belongs to a table is named behind it. */
static bool
take_belonging(Parser *parser, uint32_t end)
{
    if (plain_word_take(parser, end, "ENABLE") || plain_word_take(parser, end, "DISABLE"))
        return plain_word_take(parser, end, "TRIGGER");
    if (!plain_word_take(parser, end, "DROP"))
        return false;
    take_word(parser, end, WORD_ALL);
    if (plain_word_take(parser, end, "ROW"))
        plain_word_take(parser, end, "ACCESS");
    return plain_word_take(parser, end, "POLICY") || plain_word_take(parser, end, "POLICIES");
}

/* DROP POLICY p ON t, DISABLE TRIGGER a, b ON t */
static bool
parse_belonging(Parser *parser, uint32_t end)
{
    if (!take_belonging(parser, end))
        return false;
    uint32_t on = find_on(parser, parser->pos, end);
    if (!names_table(parser, on + 1, end))
        return false;
    for (uint32_t at = parser->pos; at < on; at++)
        settle(parser, at);
    parser->pos = on + 1;
    table_take(parser, define_block(parser), end);
    return true;
}

/* PRAGMA s.table_info(t), of SQLite: the table is s.t. */
static bool
parse_pragma(Parser *parser, uint32_t end)
{
    static const char *const words[] = {"table_info",       "table_xinfo",       "index_list",
                                        "foreign_key_list", "foreign_key_check", NULL};
    if (!plain_word_take(parser, end, "PRAGMA"))
        return false;
    SqlPath schema = {0};
    if (is_name(parser, parser->pos) && peek(parser, parser->pos + 1)->kind == TOKEN_DOT) {
        schema = path_take(parser, parser->pos + 1, false);
        parser->pos++;
    }
    uint32_t open = parser->pos + 1;
    if (open + 1 >= end || !is_among_words_of(parser, parser->pos, words) ||
        !is_open(parser, open) || !names_table(parser, open + 1, end) ||
        peek(parser, open + 2)->kind != TOKEN_CLOSE)
        return false;
    settle(parser, parser->pos);
    parser->pos = open + 1;
    SqlSource *table = table_take(parser, define_block(parser), closing(parser, open, end));
    if (schema.count > 0 && table->path.count == 1)
        schema_lend(parser, table, &schema);
    parser->pos = end;
    return true;
}

bool
parse_upkeep(Parser *parser, uint32_t end)
{
    uint32_t before = parser->pos;
    if (parse_alone(parser, end))
        return true;
    parser->pos = before;
    if (parse_pragma(parser, end))
        return true;
    parser->pos = before;
    if (parse_belonging(parser, end))
        return true;
    parser->pos = before;
    return false;
}
