/*
 * parse_rows.c - {{ dbt_utils.deduplicate(relation=ref('x'), partition_by='id', order_by='a desc') }}: a query that gives rows of
 * one table with all of its columns, `SELECT * FROM x`.
 *
 * In a text, the name is that of a table of WITH; a table that is given so is another thing, and left to those who look for names
 * in texts.
 */
#include "sql/parse.h"

#include <string.h>

static const char callee[] = "dbt_utils.deduplicate";

static bool
is_text_of(const char *text, uint32_t begin, uint32_t end, const char *what)
{
    return end - begin == strlen(what) && memcmp(text + begin, what, strlen(what)) == 0;
}

static bool
is_relation(const char *text, const JinjaArgument *argument)
{
    return is_text_of(text, argument->callee, argument->callee_end, callee) &&
           !argument->is_mixed &&
           (argument->keyword_end > 0
                ? is_text_of(text, argument->keyword, argument->keyword_end, "relation")
                : argument->place == 0);
}

/* A call of ref() or source(), or a variable: not a text. */
static bool
gives_table(const char *text, const JinjaArgument *argument)
{
    if (is_text_of(text, argument->callee, argument->callee_end, "ref") ||
        is_text_of(text, argument->callee, argument->callee_end, "source"))
        return true;
    return argument->kind == JINJA_VARIABLE && is_relation(text, argument);
}

bool
template_gives_rows(const char *text, const Token *token)
{
    if (token->kind != TOKEN_TEMPLATE)
        return false; /* of another, there may be nothing two bytes on */
    if (strncmp(jinja_inside(text, token), callee, strlen(callee)) != 0)
        return false;
    g_autoptr(GArray) found = jinja_arguments(text, token);
    for (guint i = 0; i < found->len; i++)
        if (gives_table(text, &g_array_index(found, JinjaArgument, i)))
            return true;
    return false;
}

/* deduplicate(relation='stg', …): the name in the text. */
static bool
find_name(const char *text, const Token *token, JinjaArgument *ret)
{
    if (token->kind != TOKEN_TEMPLATE ||
        strncmp(jinja_inside(text, token), callee, strlen(callee)) != 0)
        return false;
    g_autoptr(GArray) found = jinja_arguments(text, token);
    for (guint i = 0; i < found->len; i++) {
        *ret = g_array_index(found, JinjaArgument, i);
        if (ret->kind == JINJA_LITERAL && is_relation(text, ret) && ret->end > ret->begin)
            return true;
    }
    return false;
}

bool
is_rows(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    const char *text = parser->sql->list->text;
    TokenKind behind = peek(parser, index + 1)->kind;
    bool is_whole = behind == TOKEN_CLOSE || behind == TOKEN_SEMICOLON || behind == TOKEN_END ||
                    is_set_operation(parser, index + 1);
    JinjaArgument name;
    return token->kind == TOKEN_TEMPLATE && is_whole &&
           (template_gives_rows(text, token) || find_name(text, token, &name) ||
            (parser->gives_rows != NULL && parser->gives_rows(text, token, parser->rows_data)));
}

/* A table of WITH is read like one that FROM names. */
static void
read_common(Parser *parser, SqlSource *source, const SqlQuery *query)
{
    const char *text = parser->sql->list->text;
    JinjaArgument said;
    if (!find_name(text, peek(parser, source->first), &said))
        return;
    SqlPart *name = node(parser, sizeof(SqlPart));
    *name =
        (SqlPart){.text = arena_copy(parser->sql->arena, text + said.begin, said.end - said.begin),
                  .token = source->first,
                  .begin = said.begin,
                  .end = said.end};
    SqlCommon *common = common_find(parser, query, name);
    if (common == NULL)
        return;
    source->kind = SOURCE_COMMON;
    source->path = (SqlPath){.parts = name, .count = 1};
    source->common = common;
    source->query = common->query;
}

SqlBlock *
rows_take(Parser *parser, SqlQuery *query, SqlBlock *outer)
{
    SqlBlock *block = block_new(parser, query, outer);
    SqlItem *star = node(parser, sizeof(SqlItem));
    SqlSource *source = node(parser, sizeof(SqlSource));
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    *star = (SqlItem){.block = block,
                      .first = parser->pos,
                      .last = parser->pos,
                      .is_star = true,
                      .is_macro = true};
    *source = (SqlSource){
        .kind = SOURCE_TEMPLATE, .block = block, .first = parser->pos, .last = parser->pos};
    read_common(parser, source, query);
    list_add(parser, block->items, star);
    list_add(parser, block->sources, source);
    block->has_star = true;
    parse_template(parser, &context, parser->pos, NULL, false);
    block->last = parser->pos++;
    return block;
}
