/*
 * parse_listed.c - an item that stands for several columns, whose names a list of texts says.
 *
 *   {% for c in ['id', 'plan'] %} {{ c }}, u.{{ c }}, u.{{ c }} AS {{ c }}, {% endfor %}
 *   {{ names | join(', ') }}
 *
 * Each of the texts becomes an item of its own at the place of the template, and its name is where the text says it.
 */
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

/* AS {{ c }}, where that is the same again. */
static bool
take_same_name(Parser *parser, const Context *context, const ArenaList *refs, guint before,
               uint32_t end)
{
    guint count = refs->len - before;
    const SqlPath *path = &((const SqlRef *) g_ptr_array_index(refs, before))->path;
    if (parser->pos + 1 >= end || !is_word(parser, parser->pos, WORD_AS) ||
        peek(parser, parser->pos + 1)->kind != TOKEN_TEMPLATE || path->count < 2)
        return false;
    uint32_t name = parser->pos + 1;
    bool is_longer = name + 1 < end && peek(parser, name)->end == peek(parser, name + 1)->begin &&
                     (peek(parser, name + 1)->kind == TOKEN_WORD ||
                      peek(parser, name + 1)->kind == TOKEN_NUMBER ||
                      peek(parser, name + 1)->kind == TOKEN_TEMPLATE);
    if (is_longer && !template_separates(parser, name + 1))
        return false;
    parse_template(parser, context, name, path, false);
    if (refs->len != before + 2 * count)
        return false;
    for (guint i = before; i < before + count; i++) {
        const SqlRef *value = g_ptr_array_index(refs, i),
                     *same = g_ptr_array_index(refs, i + count);
        if (last_part(value)->begin != last_part(same)->begin || same->macro[0] != '\0')
            return false;
    }
    parser->pos += 2;
    return true;
}

static void
name_item(SqlItem *item, SqlRef *ref)
{
    item->plain = ref;
    item->name = last_part(ref)->text;
    ref->in = item;
    ref->is_whole = true;
}

bool
parse_listed(Parser *parser, SqlItem *item, const Context *context, guint before, uint32_t end)
{
    const ArenaList *refs = context->block->refs;
    guint count = refs->len - before;
    while (item->last > item->first && template_separates(parser, item->last))
        item->last--;
    if (count == 0 || peek(parser, item->last)->kind != TOKEN_TEMPLATE ||
        is_joined_otherwise(parser, item->last) || (count > 1 && !gives_all(parser, item->last)))
        return false;
    for (guint i = before; i < refs->len; i++)
        if (!is_all(parser, item, g_ptr_array_index(refs, i)))
            return false;
    bool has_as = parser->pos < end && is_word(parser, parser->pos, WORD_AS);
    if (has_as && !take_same_name(parser, context, refs, before, end))
        return false;
    name_item(item, g_ptr_array_index(refs, before));
    for (guint i = 1; i < count; i++) {
        SqlItem *one = node(parser, sizeof(SqlItem));
        *one = (SqlItem){.block = item->block, .first = item->first, .last = item->last};
        list_add(parser, item->block->items, one);
        name_item(one, g_ptr_array_index(refs, before + i));
    }
    return true;
}
