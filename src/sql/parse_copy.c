/*
 * parse_copy.c - what fills a table from elsewhere, its columns as they stand or as a list says: COPY, LOAD DATA, and rows of
 * another table that are appended.
 */
#include "sql/parse_define.h"

/* … WITH (FORMAT csv, FORCE_NOT_NULL (a), FORCE_QUOTE (b)) */
static void
forced_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    static const char *const options[] = {"FORCE_QUOTE", "FORCE_NOT_NULL", "FORCE_NULL", NULL};
    for (uint32_t at = parser->pos; at + 1 < end; at++)
        if (is_among_words_of(parser, at, options) && is_open(parser, at + 1)) {
            parser->pos = at + 1;
            keys_take(parser, block, end);
        }
}

/* COPY t (a, b) FROM stdin */
bool
parse_copy(Parser *parser, uint32_t end)
{
    parser->pos++;
    take_word(parser, end, WORD_INTO); /* Snowflake; COPY INTO @stage is another thing */
    if (!names_table(parser, parser->pos, end) ||
        peek(parser, parser->pos)->kind == TOKEN_PARAMETER)
        return false;
    SqlBlock *block = define_block(parser);
    SqlSource *table = table_take(parser, block, end);
    if (is_open(parser, parser->pos) && parser->pos < end)
        keys_take(parser, block, end);
    else
        table->shape = SHAPE_COPIED; /* all columns, as they stand */
    forced_take(parser, block, end);
    return true;
}

/* t FROM FILES (…) of BigQuery, whose files say which columns they have */
static bool
parse_load_of_files(Parser *parser, uint32_t end)
{
    SqlSource *table = table_take(parser, define_block(parser), end);
    if (!is_word(parser, parser->pos, WORD_FROM) || !is_text(parser, parser->pos + 1, "FILES"))
        return false;
    table->shape = SHAPE_COPIED;
    settle_to(parser, end);
    return true;
}

/* LOAD DATA … INTO TABLE t … (a, b) SET … */
bool
parse_load(Parser *parser, uint32_t end)
{
    while (parser->pos < end && !is_word(parser, parser->pos, WORD_INTO))
        parser->pos++;
    bool is_into = take_word(parser, end, WORD_INTO),
         has_word = is_into && take_word(parser, end, WORD_TABLE);
    if (!is_into || !names_table(parser, parser->pos, end))
        return false;
    if (!has_word)
        return parse_load_of_files(parser, end);
    SqlBlock *block = define_block(parser);
    SqlSource *table = table_take(parser, block, end);
    while (parser->pos < end && !is_open(parser, parser->pos))
        parser->pos =
            is_word(parser, parser->pos, WORD_PARTITION) && is_open(parser, parser->pos + 1)
                ? closing(parser, parser->pos + 1, end) + 1
                : parser->pos + 1;
    table->shape = parser->pos < end ? SHAPE_NAMED : SHAPE_COPIED;
    if (parser->pos < end)
        keys_take(parser, block, end);
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    parse_expression(parser, &context, end, 0);
    return true;
}

/* APPEND FROM t of Redshift, behind ALTER TABLE and a name: the rows of one go to the other, by the names of their columns. */
bool
appended_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    if (!is_text(parser, parser->pos, "APPEND") || !is_word(parser, parser->pos + 1, WORD_FROM) ||
        !names_table(parser, parser->pos + 2, end))
        return false;
    parser->pos += 2;
    table_take(parser, block, end)->shape = SHAPE_COPIED;
    settle_to(parser, end);
    return true;
}
