/*
 * parse_insert.c - INSERT: what rows go into, and where they come from.
 *
 *   INSERT INTO t (a, b) OUTPUT inserted.a INTO x (c) SELECT …     T-SQL
 *   INSERT ALL INTO t … SELECT …                                   Snowflake, Oracle
 *   INSERT OVERWRITE DIRECTORY 'path' …, INTO FUNCTION s3(…) …     files, with the names of the query's columns
 *   INSERT INTO t (a, b) FORMAT JSONEachRow …, FROM INFILE …       ClickHouse: rows, which are no SQL, and may say names of columns
 */
#include "base/text.h"
#include "sql/parse.h"

/* ---- formats of ClickHouse ---- */

/* INSERT INTO t FROM INFILE 'a.csv' COMPRESSION 'gzip' FORMAT CSV: no table. */
static bool
skip_file(Parser *parser, uint32_t end)
{
    if (!is_word(parser, parser->pos, WORD_FROM) || !is_text(parser, parser->pos + 1, "INFILE"))
        return false;
    while (parser->pos < end && !is_text(parser, parser->pos, "FORMAT"))
        parser->pos++;
    return true;
}

/* Formats whose values stand in the order of the columns; all others have the names of columns in them. */
static bool
is_format_of_places(const Parser *parser, uint32_t at)
{
    static const char *const words[] = {"Values",
                                        "CSV",
                                        "TSV",
                                        "TabSeparated",
                                        "TSVRaw",
                                        "TabSeparatedRaw",
                                        "CustomSeparated",
                                        "RowBinary",
                                        "MsgPack",
                                        "Regexp",
                                        "JSONCompactEachRow",
                                        "JSONCompactStringsEachRow",
                                        "LineAsString",
                                        "JSONAsString",
                                        "JSONAsObject",
                                        "RawBLOB",
                                        NULL};
    return is_among_words_of(parser, at, words);
}

/* Without FORMAT, a file's name says it. */
static bool
is_file_of_places(const Parser *parser, uint32_t file)
{
    const Token *token = peek(parser, file);
    const char *name = parser->sql->list->text + token->begin;
    size_t bytes = token->end - token->begin;
    return text_find_folded(name, bytes, ".csv") != NULL ||
           text_find_folded(name, bytes, ".tsv") != NULL;
}

bool
rows_of_format_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    const Dialect *dialect = parser->sql->dialect;
    uint32_t first = parser->pos;
    bool may_have = (dialect->has_hiding_aliases || dialect->is_any) &&
                    parser->statement->kind == STATEMENT_INSERT && parser->statement->query == NULL;
    if (!may_have || (!skip_file(parser, end) && !is_text(parser, first, "FORMAT")))
        return false;
    uint32_t format = parser->pos + 1, rows = parser->pos + 2;
    bool is_of_places = parser->pos < end ? is_format_of_places(parser, format)
                                          : is_file_of_places(parser, first + 2);
    if (rows < end) /* they are no SQL */
        block->value_star = rows;
    else if (!is_of_places)
        block->value_star = parser->pos < end ? format : first + 2;
    parser->pos = end;
    return true;
}

/* 'a int, b int': what columns there are, in a call's brackets. */
static bool
has_structure(const Parser *parser, uint32_t open)
{
    uint32_t close = closing(parser, open, parser->last);
    for (uint32_t at = open + 1; at < close; at++) {
        const Token *token = peek(parser, at);
        if (token->kind == TOKEN_STRING &&
            memchr(parser->sql->list->text + token->begin, ' ', token->end - token->begin) != NULL)
            return true;
    }
    return false;
}

/* INSERT INTO t (a) SELECT * FROM s3('x', 'CSVWithNames'), of ClickHouse: without a structure, the file is asked for columns
 * that are called like those of t. */
static void
note_file_read(const Parser *parser, SqlBlock *block)
{
    static const char *const files[] = {"file",
                                        "fileCluster",
                                        "s3",
                                        "s3Cluster",
                                        "gcs",
                                        "url",
                                        "urlCluster",
                                        "hdfs",
                                        "hdfsCluster",
                                        "oss",
                                        "cosn",
                                        "azureBlobStorage",
                                        "azureBlobStorageCluster",
                                        NULL};
    const SqlQuery *query = parser->statement->query;
    const SqlBranch *first =
        query != NULL && query->branches->len > 0 ? g_ptr_array_index(query->branches, 0) : NULL;
    const SqlBlock *from = first != NULL ? first->block : NULL;
    if (!parser->sql->dialect->has_hiding_aliases || from == NULL || !from->has_star ||
        from->sources->len != 1)
        return;
    const SqlSource *source = g_ptr_array_index(from->sources, 0);
    if (source->kind == SOURCE_ARRAY && is_among_words_of(parser, source->first, files) &&
        is_open(parser, source->first + 1) && !has_structure(parser, source->first + 1))
        block->value_star = source->first;
}

/* INSERT ALL WHEN a > 1 THEN INTO t (x) VALUES (b) … SELECT a, b FROM …: all but the query names what comes out of it. */
static bool
parse_insert_all(Parser *parser, SqlQuery *with, uint32_t end)
{
    uint32_t first = parser->pos + 1 + is_word(parser, parser->pos + 1, WORD_OVERWRITE);
    if (!is_word(parser, first, WORD_ALL) && !is_text(parser, first, "FIRST"))
        return false;
    for (parser->pos = first; parser->pos < end && !is_word(parser, parser->pos, WORD_SELECT) &&
                              !is_word(parser, parser->pos, WORD_WITH);)
        if (is_name(parser, parser->pos) && is_word(parser, parser->pos - 1, WORD_INTO))
            mention_take(parser, end);
        else
            parser->pos++;
    SqlQuery *query = parse_query(parser, with, NULL, end);
    query->by_name = true;
    parser->statement->query = query;
    return true;
}

/* INSERT INTO t (a, b) VALUES (1, a + 1): in MySQL a value may ask for the columns before it; elsewhere none is seen. */
static SqlBlock *
outer_of_values(const Parser *parser, SqlBlock *block)
{
    bool has_values = is_word(parser, parser->pos, WORD_VALUES);
    if (parser->shared != NULL)
        return parser->shared;
    return has_values && parser->sql->dialect->has_seen_values ? block : NULL;
}

/* INSERT OVERWRITE [LOCAL] DIRECTORY 'path' USING parquet SELECT a: files, whose columns are called as those of the query. */
static bool
directory_take(Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos + is_text(parser, parser->pos, "LOCAL");
    if (!is_word(parser, parser->pos - 1, WORD_OVERWRITE) || !is_text(parser, at, "DIRECTORY") ||
        (peek(parser, at + 1)->kind != TOKEN_STRING && !is_word(parser, at + 1, WORD_USING)))
        return false;
    parser->statement->takes_rows = true;
    parser->pos = at + 1;
    while (parser->pos < end && !starts_query(parser, parser->pos, end))
        parser->pos++;
    return true;
}

/* INSERT INTO FUNCTION s3('…', 'CSVWithNames') SELECT a, of ClickHouse: a file, as above. */
static bool
is_function_of_rows(const Parser *parser)
{
    uint32_t at = parser->pos + is_word(parser, parser->pos, WORD_TABLE);
    return parser->sql->dialect->has_hiding_aliases && is_text(parser, at, "FUNCTION") &&
           is_name(parser, at + 1) && is_open(parser, at + 2);
}

/* OUTPUT inserted.a [INTO x (c)], up to the rows that are inserted. */
static void
output_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t behind = ++parser->pos;
    while (behind < end && !is_word(parser, behind, WORD_VALUES) &&
           !is_word(parser, behind, WORD_DEFAULT) && !is_word(parser, behind, WORD_WITH) &&
           !starts_query(parser, behind, end))
        behind++;
    block->is_returning = true;
    block->goes_into = false; /* of two the second one is seen */
    parse_items(parser, block, behind);
    if (parser->pos < behind && is_word(parser, parser->pos, WORD_INTO))
        returned_into_take(parser, block, behind);
}

/* [IGNORE] [OR REPLACE] INTO */
static void
skip_words(Parser *parser, uint32_t end)
{
    static const Word words[] = {WORD_INTO, WORD_OVERWRITE, WORD_OR, WORD_REPLACE};
    for (bool is_one = true; is_one && parser->pos < end; parser->pos += is_one) {
        is_one = is_text(parser, parser->pos, "IGNORE");
        for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
            is_one = is_one || is_word(parser, parser->pos, words[i]);
    }
}

/* What stands between the columns and the rows. */
static void
take_before_rows(Parser *parser, SqlBlock *block, uint32_t end)
{
    SqlStatement *statement = parser->statement;
    bool has_output = parser->sql->dialect->has_alias_first;
    while (parser->pos < end && !starts_query(parser, parser->pos, end) &&
           !is_word(parser, parser->pos, WORD_SET) &&
           (!starts_clause(parser, parser->pos) || is_text(parser, parser->pos, "OUTPUT"))) {
        if (is_text(parser, parser->pos, "OUTPUT") && has_output) {
            output_take(parser, block, end);
            continue;
        }
        /* REPLACE ON a.id = b.id (SELECT …) AS b, REPLACE USING (id), of Databricks: by the names of both sides */
        statement->takes_rows |=
            is_word(parser, parser->pos - 1, WORD_REPLACE) &&
            (is_word(parser, parser->pos, WORD_ON) || is_word(parser, parser->pos, WORD_USING));
        parser->pos++; /* OVERRIDING …, DEFAULT VALUES */
    }
}

void
parse_insert(Parser *parser, SqlQuery *with, uint32_t end)
{
    SqlStatement *statement = parser->statement;
    if (parse_insert_all(parser, with, end))
        return;
    SqlBlock *block = block_new(parser, with, NULL);
    statement->kind = STATEMENT_INSERT;
    parser->pos++;
    skip_words(parser, end);
    if (!directory_take(parser, end)) {
        statement->takes_rows = is_function_of_rows(parser);
        take_target(parser, block, end);
    }
    if (take_word(parser, end, WORD_PARTITION) && is_open(parser, parser->pos)) {
        Context context = {.block = block, .clause = CLAUSE_COLUMNS};
        uint32_t close = closing(parser, parser->pos, end);
        parser->pos++;
        parse_expression(parser, &context, close, 0);
        parser->pos = MIN(close + 1, end);
    }
    guint refs = block->refs->len;
    statement->has_columns =
        take_columns(parser, block, end) || is_word(parser, parser->pos, WORD_SET);
    if (block->refs->len > refs)
        statement->columns = names_since(parser, block, refs);
    statement->takes_rows |=
        is_word(parser, parser->pos, WORD_BY) && is_text(parser, parser->pos + 1, "NAME");
    take_before_rows(parser, block, end);
    if (!rows_of_format_take(parser, block, end) && starts_query(parser, parser->pos, end))
        statement->query = parse_query(parser, with, outer_of_values(parser, block), end);
    note_file_read(parser, block);
    rest_take(parser, block, end);
    block->last = end - 1;
}
