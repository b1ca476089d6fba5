/* parse_item.c - select lists: what comes out, and under which name. */
#include "sql/parse.h"

static bool
is_star(const Parser *parser, uint32_t index)
{
    return is_text(parser, index, "*");
}

/* `*`, `t.*`, `schema.t.*` */
static uint32_t
star_at(const Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos;
    while (at + 1 < end &&
           (peek(parser, at)->kind == TOKEN_WORD || peek(parser, at)->kind == TOKEN_QUOTED ||
            peek(parser, at)->kind == TOKEN_TEMPLATE) &&
           peek(parser, at + 1)->kind == TOKEN_DOT)
        at += 2;
    return at < end && is_star(parser, at) ? at : UINT32_MAX;
}

/* EXCEPT (a, b), EXCLUDE a; EXCLUDE (t.a) is left to what is said of a star that is not understood. */
static void
take_except(Parser *parser, SqlItem *item, uint32_t end)
{
    parser->pos++;
    item->except = names_take(parser, end);
    if (item->except != NULL || !is_name(parser, parser->pos) ||
        peek(parser, parser->pos + 1)->kind == TOKEN_DOT)
        return;
    item->except = list(parser);
    list_add(parser, item->except, part_take(parser));
}

SqlRef *
plain_ref(const ArenaList *refs, guint before, uint32_t first, uint32_t last)
{
    SqlRef *ref = refs->len == before + 1 ? g_ptr_array_index(refs, before) : NULL;
    return ref != NULL && ref->macro == NULL && ref->path.parts[0].token == first &&
                   ref->path.parts[ref->path.count - 1].token == last
               ? ref
               : NULL;
}

/* expression AS name */
static void
take_replacement(Parser *parser, SqlItem *item, const Context *context, bool is_rename,
                 uint32_t end)
{
    SqlReplacement *one = node(parser, sizeof(SqlReplacement));
    guint refs = context->block->refs->len;
    *one = (SqlReplacement){.first = parser->pos, .is_rename = is_rename};
    parse_expression(parser, context, end, STOP_COMMA | STOP_CLAUSE | STOP_ALIAS);
    one->last = MAX(parser->pos, one->first + 1) - 1;
    one->plain = plain_ref(context->block->refs, refs, one->first, one->last);
    if (take_word(parser, end, WORD_AS) && parser->pos < end) {
        one->name = part_take(parser);
        list_add(parser, item->replace, one);
    }
}

/* REPLACE (expression AS name, …), RENAME (old AS new), RENAME old AS new */
static void
take_replace(Parser *parser, SqlItem *item, const Context *context, uint32_t end)
{
    bool is_rename = is_word(parser, parser->pos, WORD_RENAME);
    uint32_t close = closing(parser, ++parser->pos, end);
    if (item->replace == NULL)
        item->replace = list(parser);
    if (!is_open(parser, parser->pos)) {
        take_replacement(parser, item, context, is_rename, end);
        return;
    }
    for (parser->pos++; parser->pos < close; parser->pos++)
        take_replacement(parser, item, context, is_rename, close);
    parser->pos = MIN(close + 1, end);
}

/* * LIKE '…', * ILIKE '…', * EXCLUDE (t.a), * APPLY(f): which of its columns, or what of them, is not followed. */
static bool
is_star_of_some(const Parser *parser, uint32_t at, uint32_t end)
{
    TokenKind kind = peek(parser, at)->kind;
    return at < end && !starts_clause(parser, at) &&
           (kind == TOKEN_WORD || kind == TOKEN_QUOTED || kind == TOKEN_OPEN);
}

static void
take_star(Parser *parser, SqlItem *item, const Context *context, uint32_t star, uint32_t end)
{
    item->is_star = item->block->has_star = true;
    if (star > parser->pos)
        item->star_path = path_take(parser, star, false);
    parser->pos = star + 1;
    for (;;) {
        if (is_word(parser, parser->pos, WORD_EXCLUDE) ||
            (is_word(parser, parser->pos, WORD_EXCEPT) && !starts_clause(parser, parser->pos)))
            take_except(parser, item, end);
        else if (is_word(parser, parser->pos, WORD_REPLACE) ||
                 is_word(parser, parser->pos, WORD_RENAME))
            take_replace(parser, item, context, end);
        else
            break;
    }
    if (is_star_of_some(parser, parser->pos, end))
        item->block->value_star = star;
}

/* name = value of T-SQL, name: value of DuckDB */
static bool
is_alias_sign(const Parser *parser, uint32_t index)
{
    const Dialect *dialect = parser->sql->dialect;
    return (dialect->has_alias_first && is_text(parser, index, "=")) ||
           (dialect->has_alias_prefix && is_text(parser, index, ":"));
}

/* `(id)?+.+`, of Hive: all columns whose names are like it. */
static bool
is_pattern_of_names(const Parser *parser, const SqlItem *item)
{
    const SqlRef *ref = item->plain;
    const SqlPart *part = ref != NULL ? &ref->path.parts[ref->path.count - 1] : NULL;
    return part != NULL && part->quote == '`' && parser->sql->dialect->has_name_patterns &&
           (strstr(part->text, ".*") != NULL || strstr(part->text, ".+") != NULL ||
            strstr(part->text, ")?") != NULL);
}

/* One more name for what the item before it gives. */
static void
add_alias(Parser *parser, SqlBlock *block)
{
    SqlItem *item = node(parser, sizeof(SqlItem));
    *item = (SqlItem){.block = block, .first = parser->pos, .last = parser->pos};
    item->alias = part_take(parser);
    item->name = item->alias->text;
    list_add(parser, block->items, item);
}

/* explode(m) AS (a, b), TRANSFORM (…) USING 'cat' AS (a int, b text): an item for each name, the first of which is this one. */
static bool
take_aliases(Parser *parser, SqlItem *item, uint32_t end)
{
    if (!is_open(parser, parser->pos) || parser->pos >= end)
        return false;
    uint32_t close = closing(parser, parser->pos, end);
    for (parser->pos++; parser->pos < close; parser->pos++) {
        uint32_t stop = parser->pos;
        while (stop < close && peek(parser, stop)->kind != TOKEN_COMMA)
            stop = peek(parser, stop)->kind == TOKEN_OPEN ? closing(parser, stop, close) + 1
                                                          : stop + 1;
        if (stop > parser->pos && item->alias == NULL) {
            item->alias = part_take(parser);
            item->name = item->alias->text;
        } else if (stop > parser->pos) {
            add_alias(parser, item->block);
        }
        parser->pos = stop;
    }
    parser->pos = MIN(close + 1, end);
    return true;
}

/* TRANSFORM (a) USING 'cat' AS x, y FROM t: the same without brackets. */
static bool
is_transform(const Parser *parser, const SqlItem *item)
{
    uint32_t at = item->first + 1;
    if (!is_text(parser, item->first, "TRANSFORM") || !is_open(parser, at))
        return false;
    while (at < parser->pos && !is_word(parser, at, WORD_USING))
        at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, parser->pos) + 1 : at + 1;
    return at < parser->pos;
}

static void
take_value(Parser *parser, SqlItem *item, const Context *context, uint32_t end)
{
    ArenaList *refs = context->block->refs;
    guint before = refs->len;
    if (is_name(parser, parser->pos) && is_alias_sign(parser, parser->pos + 1)) {
        item->alias = part_take(parser);
        item->name = item->alias->text;
        item->first = ++parser->pos;
        parse_expression(parser, context, end, STOP_COMMA | STOP_CLAUSE);
        item->last = MAX(parser->pos, item->first + 1) - 1;
        return;
    }
    parse_expression(parser, context, end,
                     STOP_COMMA | STOP_CLAUSE | STOP_ALIAS | (parser->has_keys ? STOP_KEY : 0));
    item->last = parser->pos > item->first ? parser->pos - 1 : item->first;
    mark_row_fields(parser, context, before, item->first);
    SqlRef *ref = plain_ref(refs, before, item->first, item->last);
    if (ref != NULL) {
        item->plain = ref;
        item->name = ref->path.parts[ref->path.count - 1].text;
        ref->is_whole = true;
    }
    if (ref == NULL && parse_listed(parser, item, context, before, end))
        return;
    item->named_by =
        ref == NULL ? parse_named(parser, refs, before, item->first, item->last) : NULL;
    if (item->named_by != NULL)
        item->name = item->named_by->path.parts[item->named_by->path.count - 1].text;
    else if (ref == NULL)
        item->name = parse_field_name(parser, item->first, item->last);
    bool has_as = take_word(parser, end, WORD_AS);
    if (is_pattern_of_names(parser, item))
        item->block->value_star = item->first;
    if (has_as && take_aliases(parser, item, end))
        return;
    if (ref == NULL)
        parse_listed_name(parser, item, context, before, has_as, end);
    if (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_STRING &&
        (has_as || parser->sql->dialect->has_alias_strings)) {
        item->alias = string_part_take(parser);
        item->name = item->alias->text;
    } else if (parser->pos < end &&
               (is_name(parser, parser->pos) ||
                (has_as && peek(parser, parser->pos)->kind == TOKEN_WORD)) &&
               !starts_clause(parser, parser->pos) &&
               !(is_word(parser, parser->pos, WORD_VALUES) && is_open(parser, parser->pos + 1))) {
        item->alias = part_take(parser);
        item->name = item->alias->text;
    }
    while (has_as && item->alias != NULL && is_transform(parser, item) && parser->pos + 1 < end &&
           peek(parser, parser->pos)->kind == TOKEN_COMMA && is_name(parser, parser->pos + 1)) {
        parser->pos++;
        add_alias(parser, item->block);
    }
}

void
parse_items(Parser *parser, SqlBlock *block, uint32_t end)
{
    while (parser->pos < end && !starts_clause(parser, parser->pos)) {
        SqlItem *item = node_unset(parser, sizeof(SqlItem));
        Context context = {.block = block, .clause = CLAUSE_ITEM, .item = item};
        uint32_t star = star_at(parser, end), first = parser->pos;
        *item = (SqlItem){.block = block, .first = first, .last = first};
        list_add(parser, block->items, item);
        if (star != UINT32_MAX)
            take_star(parser, item, &context, star, end);
        else if (!parse_star_macro(parser, item, end))
            take_value(parser, item, &context, end);
        if (star != UINT32_MAX)
            item->last = parser->pos - 1;
        /* what is behind an alias is nothing that we know */
        parse_expression(parser, &context, end, STOP_COMMA | STOP_CLAUSE);
        if (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_COMMA)
            parser->pos++;
        else if (parser->pos == first)
            break;
    }
}

void
add_tacit_star(Parser *parser, SqlBlock *block, uint32_t at)
{
    SqlItem *star = node(parser, sizeof(SqlItem));
    *star = (SqlItem){.block = block, .first = at, .last = at, .is_star = true, .is_tacit = true};
    list_add(parser, block->items, star);
    block->has_star = true;
}
