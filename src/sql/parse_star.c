/*
 * parse_star.c - {{ dbt_utils.star(from=ref('x'), relation_alias='u', except=['a']) }}: `u.* EXCEPT (a)` of what dbt knows
 * of the model's columns.
 */
#include "sql/parse.h"

#include <string.h>

static bool
is_text_of(const char *text, uint32_t begin, uint32_t end, const char *what)
{
    return end - begin == strlen(what) && memcmp(text + begin, what, strlen(what)) == 0;
}

static bool
is_callee(const char *text, const JinjaArgument *argument)
{
    return is_text_of(text, argument->callee, argument->callee_end, "dbt_utils.star");
}

/* The argument is the one of this name, or at its place. */
static bool
is_parameter(const char *text, const JinjaArgument *argument, const char *keyword, guint place)
{
    return argument->keyword_end > 0
               ? is_text_of(text, argument->keyword, argument->keyword_end, keyword)
               : argument->place == place;
}

static void
add_part(Parser *parser, ArenaList *parts, uint32_t token, uint32_t begin, uint32_t end)
{
    SqlPart *part = node(parser, sizeof(SqlPart));
    *part = (SqlPart){
        .text = arena_copy(parser->sql->arena, parser->sql->list->text + begin, end - begin),
        .token = token,
        .begin = begin,
        .end = end};
    list_add(parser, parts, part);
}

static bool
take_alias(Parser *parser, SqlItem *item, const JinjaArgument *argument)
{
    if (argument->kind != JINJA_LITERAL) /* False */
        return false;
    item->star_path = (SqlPath){.parts = node(parser, sizeof(SqlPart)), .count = 1};
    item->star_path.parts[0] =
        (SqlPart){.text = arena_copy(parser->sql->arena, parser->sql->list->text + argument->begin,
                                     argument->end - argument->begin),
                  .token = item->first,
                  .begin = argument->begin,
                  .end = argument->end};
    return true;
}

/* A name that is left out, or a list of such that was set before. */
static bool
take_left_out(Parser *parser, SqlItem *item, const JinjaArgument *argument)
{
    const char *text = parser->sql->list->text;
    bool is_loop = false;
    if (item->except == NULL)
        item->except = list(parser);
    if (argument->kind == JINJA_LITERAL) {
        add_part(parser, item->except, item->first, argument->begin, argument->end);
        return true;
    }
    const GArray *listed =
        jinja_list(parser->lists, text, argument->begin, argument->end, &is_loop);
    for (guint i = 0; listed != NULL && i < listed->len; i++) {
        const JinjaArgument *one = &g_array_index(listed, JinjaArgument, i);
        add_part(parser, item->except, item->first, one->begin, one->end);
    }
    return listed != NULL && !is_loop;
}

static bool
take_argument(Parser *parser, SqlItem *item, const JinjaArgument *argument, bool *ret_has_table)
{
    const char *text = parser->sql->list->text;
    if (is_text_of(text, argument->callee, argument->callee_end, "ref") ||
        is_text_of(text, argument->callee, argument->callee_end, "source")) {
        *ret_has_table = true;
        return true;
    }
    if (!is_callee(text, argument) || argument->is_mixed)
        return false;
    if (argument->kind == JINJA_VARIABLE && is_parameter(text, argument, "from", 0)) {
        *ret_has_table = true; /* what was set to one */
        return true;
    }
    if (is_parameter(text, argument, "relation_alias", 1))
        return take_alias(parser, item, argument);
    if (is_parameter(text, argument, "except", 2))
        return take_left_out(parser, item, argument);
    return is_parameter(text, argument, "quote_identifiers", 5);
}

bool
parse_star_macro(Parser *parser, SqlItem *item, uint32_t end)
{
    const Token *token = peek(parser, item->first), *next = peek(parser, item->first + 1);
    const char *text = parser->sql->list->text;
    if (token->kind != TOKEN_TEMPLATE ||
        (item->first + 1 < end && next->kind != TOKEN_COMMA &&
         !starts_clause(parser, item->first + 1)) ||
        strncmp(jinja_inside(text, token), "dbt_utils.star", 14) != 0)
        return false;
    g_autoptr(GArray) found = jinja_arguments(text, token);
    SqlItem star = *item;
    bool is_read = true, has_table = false;
    for (guint i = 0; is_read && i < found->len; i++)
        is_read = take_argument(parser, &star, &g_array_index(found, JinjaArgument, i), &has_table);
    if (!is_read || !has_table)
        return false;
    *item = star;
    item->is_star = item->is_macro = item->block->has_star = true;
    parser->pos = item->first + 1;
    return true;
}
