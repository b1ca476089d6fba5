/*
 * parse_copy.c - what fills a table from elsewhere, its columns as they stand or as a list says: COPY, LOAD DATA, and rows of
 * another table that are appended.
 */
#include "sql/parse_define.h"

#include <string.h>

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

/* The option's word, and not behind it that it is off. */
static bool
is_option(const Parser *parser, uint32_t at, const char *option)
{
    static const char *const off[] = {"FALSE", "OFF", "0", "NONE", NULL};
    uint32_t value = at + 1 + is_text(parser, at + 1, "=");
    return is_text(parser, at, option) && !is_among_words_of(parser, value, off);
}

/* JSON 'auto', AVRO AS 'auto ignorecase' of Redshift: fields are found by the names of the columns. */
static bool
is_found_by_names(const Parser *parser, uint32_t at)
{
    const char *text = parser->sql->list->text;
    uint32_t value = at + 1 + is_word(parser, at + 1, WORD_AS);
    const Token *token = peek(parser, value);
    return (is_text(parser, at, "JSON") || is_text(parser, at, "AVRO")) &&
           token->kind == TOKEN_STRING && token->end - token->begin > 5 &&
           g_ascii_strncasecmp(text + token->begin + 1, "auto", 4) == 0;
}

/* Files of these kinds have names in them: the word of a format, or how the file is called. */
static bool
is_file_with_names(const Parser *parser, uint32_t at)
{
    static const char *const formats[] = {"JSON", "NDJSON", "PARQUET", "AVRO",
                                          "ORC",  "ARROW",  NULL};
    const Token *token = peek(parser, at);
    if (is_among_words_of(parser, at, formats))
        return true;
    if (token->kind != TOKEN_STRING)
        return false;
    g_autofree char *name =
        g_ascii_strup(parser->sql->list->text + token->begin, token->end - token->begin);
    for (size_t i = 0; formats[i] != NULL; i++)
        if (strstr(name, formats[i]) != NULL)
            return true;
    return false;
}

/* Behind the list of columns: does what is written have their names in it, or is what is read looked for by them? */
static bool
spells_names(const Parser *parser, uint32_t end)
{
    bool is_out = is_text(parser, parser->pos, "TO");
    bool names_files = parser->sql->dialect->has_named_files, has_header = is_out && names_files;
    for (uint32_t at = parser->pos; at < end; at++) {
        if (is_option(parser, at, "MATCH_BY_COLUMN_NAME") || is_found_by_names(parser, at) ||
            ((is_out || names_files) && is_file_with_names(parser, at)))
            return true;
        if (is_text(parser, at, "HEADER"))
            has_header = is_out ? is_option(parser, at, "HEADER")
                                : is_text(parser, at + 1 + is_text(parser, at + 1, "="), "MATCH");
    }
    return has_header;
}

/* FROM (SELECT $1:id, t.$2 FROM @stage t), of Snowflake: its names are of files. */
static void
staged_take(Parser *parser, uint32_t end)
{
    uint32_t open = parser->pos + 1;
    if (open >= end || !is_word(parser, parser->pos, WORD_FROM) || !is_open(parser, open))
        return;
    uint32_t close = closing(parser, open, end);
    for (uint32_t at = open + 1; at + 1 < close; at++) {
        const Token *next = peek(parser, at + 1);
        const char *text = parser->sql->list->text + next->begin;
        if (!is_word(parser, at, WORD_FROM))
            continue;
        if (*text == '@' || (next->kind == TOKEN_STRING && text[1] == '@'))
            settle_to(parser, MIN(close + 1, end));
        return;
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
    if (table->shape == SHAPE_NAMED && spells_names(parser, end))
        table->shape = SHAPE_SPELLED;
    staged_take(parser, end);
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
