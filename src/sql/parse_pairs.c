/*
 * parse_pairs.c - {{ tables([('dates', 'dim_date'), …]) }} in the place of WITH: a table of WITH for each pair, which is
 * called like its first half and has all that the model of its second half has.
 *
 * Whether the macro writes that, only its body tells: until somebody has read it, nothing is known of the model.
 */
#include "sql/parse.h"

typedef struct {
    const char *text;
    uint32_t at, end;
} Reader;

typedef struct {
    uint32_t begin, end; /* bytes between the quotes */
} Span;

static void
skip_blanks(Reader *reader)
{
    while (reader->at < reader->end && g_ascii_isspace(reader->text[reader->at]))
        reader->at++;
}

static bool
take(Reader *reader, char c)
{
    skip_blanks(reader);
    if (reader->at >= reader->end || reader->text[reader->at] != c)
        return false;
    reader->at++;
    return true;
}

static bool
take_literal(Reader *reader, Span *ret)
{
    skip_blanks(reader);
    char quote = reader->at < reader->end ? reader->text[reader->at] : '\0';
    if (quote != '\'' && quote != '"')
        return false;
    *ret = (Span){.begin = ++reader->at};
    while (reader->at < reader->end &&
           (g_ascii_isalnum(reader->text[reader->at]) || reader->text[reader->at] == '_'))
        reader->at++;
    ret->end = reader->at;
    return ret->end > ret->begin && take(reader, quote);
}

static bool
take_pair(Reader *reader, Span *ret_name, Span *ret_model)
{
    return take(reader, '(') && take_literal(reader, ret_name) && take(reader, ',') &&
           take_literal(reader, ret_model) && take(reader, ')');
}

/* `macro([`; what is read next is the first pair. */
static bool
take_head(Reader *reader, const Token *token, const char *text)
{
    *reader = (Reader){text, token->begin + 2, MAX(token->end, token->begin + 4) - 2};
    if (token->kind != TOKEN_TEMPLATE)
        return false;
    take(reader, '-');
    skip_blanks(reader);
    uint32_t name = reader->at;
    while (reader->at < reader->end && (g_ascii_isalnum(text[reader->at]) ||
                                        text[reader->at] == '_' || text[reader->at] == '.'))
        reader->at++;
    return reader->at > name && take(reader, '(') && take(reader, '[');
}

/* `]) }}` */
static bool
is_end(Reader *reader)
{
    if (!take(reader, ']') || !take(reader, ')'))
        return false;
    take(reader, '-');
    skip_blanks(reader);
    return reader->at == reader->end;
}

bool
is_pairs(const Parser *parser, uint32_t index)
{
    Reader reader;
    Span name, model;
    bool goes_on =
        peek(parser, index + 1)->kind == TOKEN_COMMA || is_word(parser, index + 1, WORD_SELECT);
    if (!goes_on || !take_head(&reader, peek(parser, index), parser->sql->list->text))
        return false;
    do
        if (!take_pair(&reader, &name, &model))
            return is_end(&reader); /* behind a last comma */
    while (take(&reader, ','));
    return is_end(&reader);
}

/* ---- the tables ---- */

static SqlPart
part_of(Parser *parser, Span span)
{
    return (SqlPart){.text = arena_copy(parser->sql->arena, parser->sql->list->text + span.begin,
                                        span.end - span.begin),
                     .token = parser->pos,
                     .begin = span.begin,
                     .end = span.end};
}

/* name AS (SELECT * FROM model) */
static void
add_table(Parser *parser, SqlQuery *with, Span name, Span model)
{
    SqlCommon *common = node(parser, sizeof(SqlCommon));
    SqlQuery *query = query_new(parser, with);
    SqlBranch *branch = node(parser, sizeof(SqlBranch));
    SqlBlock *block = block_new(parser, query, NULL);
    SqlItem *star = node(parser, sizeof(SqlItem));
    SqlSource *source = node(parser, sizeof(SqlSource));
    *common = (SqlCommon){.name = part_of(parser, name), .query = query};
    *star = (SqlItem){.block = block,
                      .first = parser->pos,
                      .last = parser->pos,
                      .is_star = true,
                      .is_tacit = true};
    *source = (SqlSource){.kind = SOURCE_TEMPLATE,
                          .block = block,
                          .first = parser->pos,
                          .last = parser->pos,
                          .is_paired = true};
    source->path.parts = node(parser, sizeof(SqlPart));
    source->path.parts[0] = part_of(parser, model);
    source->path.count = 1;
    *branch = (SqlBranch){.block = block};
    block->has_star = true;
    block->last = query->last = parser->pos;
    query->common = common;
    list_add(parser, block->items, star);
    list_add(parser, block->sources, source);
    list_add(parser, query->branches, branch);
    list_add(parser, parser->sql->queries, query);
    common_add(parser, with, common);
}

void
parse_pairs(Parser *parser, SqlQuery *with)
{
    Reader reader;
    Span name, model;
    take_head(&reader, peek(parser, parser->pos), parser->sql->list->text);
    while (take_pair(&reader, &name, &model)) {
        add_table(parser, with, name, model);
        take(&reader, ',');
    }
    parser->pos++;
}
