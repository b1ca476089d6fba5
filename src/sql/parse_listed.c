/*
 * parse_listed.c - an item that stands for several columns, whose names a list of texts says.
 *
 *   {% for c in ['id', 'plan'] %} {{ c }}, u.{{ c }}, u.{{ c }} AS {{ c }}, {% endfor %}
 *   {{ names | join(', ') }}
 *
 * Each of the texts becomes an item of its own at the place of the template, and its name is where the text says it.
 */
#include "sql/outputs.h"
#include "sql/parse.h"

#include <string.h>

/* ---- commas that templates give ---- */

/* Behind a text of nothing but blanks and commas; NULL: it is none. */
static const char *
behind_separator(const char *at, const char *end)
{
    char quote = at < end ? *at : '\0';
    if (quote != '\'' && quote != '"')
        return NULL;
    at += 1 + strspn(at + 1, ", \t\r\n");
    return at < end && *at == quote ? at + 1 : NULL;
}

bool
template_separates(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    uint32_t first, behind;
    if (token->kind != TOKEN_TEMPLATE)
        return false;
    jinja_bounds(parser->sql->list->text, token, &first, &behind);
    const char *end = parser->sql->list->text + behind,
               *at = behind_separator(parser->sql->list->text + first, end);
    if (at == NULL)
        return false;
    while (at < end && (g_ascii_isalnum(*at) || g_ascii_isspace(*at) || *at == '.' || *at == '_')) {
        if (end - at > 6 && memcmp(at, " else ", 6) == 0)
            return behind_separator(at + 6, end) == end;
        at++;
    }
    return at == end;
}

/* ---- names of a list ---- */

static const SqlPart *
last_part(const SqlRef *ref)
{
    return &ref->path.parts[ref->path.count - 1];
}

/* Is it all of the item, and all of its text: 'id', and not 'coalesce(id, 0)'? */
static bool
is_all(const Parser *parser, const SqlItem *item, const SqlRef *ref)
{
    const char *text = parser->sql->list->text;
    const SqlPart *part = last_part(ref);
    char quote = part->begin > 0 ? text[part->begin - 1] : '\0';
    return ref->macro != NULL && ref->macro[0] == '\0' && ref->path.parts[0].token == item->first &&
           part->token == item->last && (quote == '\'' || quote == '"') && text[part->end] == quote;
}

/* {{ names | join(' || ') }} is one value of all of them. */
static bool
is_joined_otherwise(const Parser *parser, uint32_t token)
{
    const Token *template = peek(parser, token);
    const char *text = parser->sql->list->text, *end = text + template->end,
               *bar = memchr(text + template->begin, '|', template->end - template->begin);
    const char *sign = bar != NULL ? memchr(bar, '(', (size_t) (end - bar)) : NULL;
    if (sign == NULL)
        return bar != NULL;
    sign += 1 + strspn(sign + 1, " \t\r\n");
    sign += sign < end && (*sign == '\'' || *sign == '"') ? 1 : 0;
    return sign[strspn(sign, " \t\r\n")] != ',';
}

/* A variable that is set twice gives one of both at a time. */
static bool
gives_all(const Parser *parser, uint32_t token)
{
    const char *text = parser->sql->list->text;
    g_autoptr(GArray) found = jinja_arguments(text, peek(parser, token));
    const JinjaArgument *one = found->len > 0 ? &g_array_index(found, JinjaArgument, 0) : NULL;
    bool is_loop = false;
    if (one == NULL || one->kind != JINJA_VARIABLE)
        return false;
    jinja_list(parser->lists, text, one->begin, one->end, &is_loop);
    return is_loop || one->is_mixed;
}

/* `item`, or one more at its place. */
static SqlItem *
item_at(Parser *parser, SqlItem *item, bool is_first)
{
    if (is_first)
        return item;
    SqlItem *one = node(parser, sizeof(SqlItem));
    *one = (SqlItem){.block = item->block, .first = item->first, .last = item->last};
    list_add(parser, item->block->items, one);
    return one;
}

/* `{{ 'id' }} AS key`, `{{ 'id' }} key`: not where a comma is put in between. */
static bool
has_alias_behind(const Parser *parser, uint32_t last, uint32_t end)
{
    uint32_t at = parser->pos;
    return at < end &&
           (is_word(parser, at, WORD_AS) || (is_name(parser, at) && !starts_clause(parser, at) &&
                                             !template_separates(parser, last)));
}

bool
parse_listed(Parser *parser, SqlItem *item, const Context *context, guint before, uint32_t end)
{
    const ArenaList *refs = context->block->refs;
    guint count = refs->len - before;
    bool has_alias = has_alias_behind(parser, item->last, end);
    while (item->last > item->first && template_separates(parser, item->last))
        item->last--;
    if (count == 0 || peek(parser, item->last)->kind != TOKEN_TEMPLATE || has_alias ||
        is_joined_otherwise(parser, item->last) || (count > 1 && !gives_all(parser, item->last)))
        return false;
    for (guint i = before; i < refs->len; i++)
        if (!is_all(parser, item, g_ptr_array_index(refs, i)))
            return false;
    for (guint i = 0; i < count; i++) {
        SqlRef *ref = g_ptr_array_index(refs, before + i);
        SqlItem *one = item_at(parser, item, i == 0);
        one->plain = ref;
        one->name = last_part(ref)->text;
        ref->in = one;
        ref->is_whole = true;
    }
    return true;
}

/* ---- AS {{ c }} ---- */

/* The column that is put in for the same text before it: that tells whose it is. */
static const SqlRef *
value_of(const ArenaList *refs, guint before, guint behind, const SqlRef *name)
{
    for (guint i = before; i < behind; i++) {
        const SqlRef *value = g_ptr_array_index(refs, i);
        if (value->macro != NULL && last_part(value)->begin == last_part(name)->begin)
            return value;
    }
    return NULL;
}

/* {{ label }}, as the name that it gives, whatever that is. */
static SqlPart *
template_part(Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    SqlPart *part = node(parser, sizeof(SqlPart));
    *part = (SqlPart){.text = arena_copy(parser->sql->arena, parser->sql->list->text + token->begin,
                                         token->end - token->begin),
                      .token = index,
                      .begin = token->begin,
                      .end = token->end};
    return part;
}

static void
name_by(Parser *parser, SqlItem *item, const ArenaList *refs, guint before, guint names)
{
    bool is_first = true;
    for (guint i = names; i < refs->len; i++) {
        SqlRef *name = g_ptr_array_index(refs, i);
        const SqlRef *value = value_of(refs, before, names, name);
        if (name->macro == NULL || name->macro[0] != '\0')
            continue;
        if (value == NULL) {
            name->macro = MACRO_NAMES_OUTPUT; /* it follows no column */
            item->alias = template_part(parser, last_part(name)->token);
            continue;
        }
        SqlItem *one = item_at(parser, item, is_first);
        is_first = false;
        name->path = value->path;
        name->in = one;
        one->listed = name;
        one->name = last_part(name)->text;
    }
}

/* `coalesce({{ c }}, 0) {{ c }}`: what stands behind a value is its name. */
static bool
is_behind_value(const Parser *parser, const SqlItem *item)
{
    const Token *before = item->last > item->first ? peek(parser, item->last - 1) : NULL;
    return before != NULL && peek(parser, item->last)->kind == TOKEN_TEMPLATE &&
           before->end < peek(parser, item->last)->begin &&
           (before->kind == TOKEN_CLOSE || before->kind == TOKEN_TEMPLATE ||
            before->kind == TOKEN_QUOTED ||
            (before->kind == TOKEN_WORD && !word_is_reserved(before->word)));
}

void
parse_listed_name(Parser *parser, SqlItem *item, const Context *context, guint before, bool has_as,
                  uint32_t end)
{
    const ArenaList *refs = context->block->refs;
    guint names = refs->len;
    const Token *token = peek(parser, parser->pos);
    if (parser->pos < end && has_as && token->kind == TOKEN_TEMPLATE) {
        parse_template(parser, context, parser->pos, NULL,
                       template_makes_word(parser, parser->pos));
        parser->pos++;
        name_by(parser, item, refs, before, names);
    } else if (parser->pos < end && (token->kind == TOKEN_QUOTED || token->kind == TOKEN_STRING)) {
        parse_string(parser, context, parser->pos); /* "max_{{ c }}" */
    } else if (!has_as && is_behind_value(parser, item)) {
        while (names > before && last_part(g_ptr_array_index(refs, names - 1))->token == item->last)
            names--;
        item->last--;
        name_by(parser, item, refs, before, names);
    }
}
