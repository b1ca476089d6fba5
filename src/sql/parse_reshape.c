/*
 * parse_reshape.c - PIVOT, UNPIVOT and MATCH_RECOGNIZE: which columns they take, and which come out of them.
 *
 *   FROM t PIVOT (sum(a) AS s FOR b IN ('x', 'y' AS z))     all other columns, and x_s, z_s or the like
 *   FROM t UNPIVOT (v FOR n IN (a, b AS 'x'))               all other columns, v, and n, whose values are names
 *   FROM t MATCH_RECOGNIZE (PARTITION BY a … MEASURES last(b) AS c … DEFINE p AS b > 1)    a and c
 *
 * Only right behind the first table of a FROM. What is not understood in it, or stands behind something else, makes the
 * table one that is not read further (SqlSource.is_unread).
 */
#include "sql/parse_reshape.h"

/* ---- what is read ---- */

SqlReshape *
reshape_new(Parser *parser, SqlReshapeKind kind)
{
    SqlReshape *reshape = node(parser, sizeof *reshape);
    *reshape = (SqlReshape){.kind = kind,
                            .refs = list(parser),
                            .made = list(parser),
                            .unnamed = list(parser),
                            .first = parser->pos};
    return reshape;
}

/* The names read since `before` are columns of the table as it was. False where one may be something else. */
static bool
refs_take(Parser *parser, SqlReshape *reshape, const SqlBlock *block, guint before)
{
    for (guint i = before; i < block->refs->len; i++) {
        SqlRef *ref = g_ptr_array_index(block->refs, i);
        if (ref->macro != NULL || (ref->path.count > 1 && reshape->kind != RESHAPE_PATTERN) ||
            ref->path.count > 2)
            return false;
        if (ref->path.count == 2) { /* variable.column */
            ref->path.parts++;
            ref->path.count = 1;
        }
        ref->binding = BINDING_LOCAL;
        list_add(parser, reshape->refs, ref);
    }
    return true;
}

bool
reshape_expression_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end,
                        int stops)
{
    guint before = context->block->refs->len;
    parse_expression(parser, context, end, stops);
    return refs_take(parser, reshape, context->block, before);
}

void
reshape_made_add(Parser *parser, SqlReshape *reshape, char *name)
{
    list_add(parser, reshape->made, name);
}

/* AS name, AS 'name'; NULL, and nothing is read, when there is none. */
char *
reshape_alias_take(Parser *parser, uint32_t end)
{
    bool has_as = is_word(parser, parser->pos, WORD_AS);
    uint32_t at = parser->pos + has_as;
    bool is_string = at < end && peek(parser, at)->kind == TOKEN_STRING && has_as;
    if (at >= end || (!is_string && !is_name(parser, at)))
        return NULL;
    parser->pos = at;
    return is_string ? string_part_take(parser)->text : part_take(parser)->text;
}

/* ---- PIVOT ---- */

/* sum(a) AS s, count(*) */
bool
aggregates_take(Parser *parser, SqlReshape *reshape, const Context *context, ArenaList *names,
                uint32_t end)
{
    guint count = 0, unnamed = 0;
    while (parser->pos < end) {
        guint before = reshape->refs->len;
        if (!reshape_expression_take(parser, reshape, context, end, STOP_COMMA | STOP_ALIAS))
            return false;
        char *alias = reshape_alias_take(parser, end);
        if (alias != NULL)
            list_add(parser, names, alias);
        unnamed += alias == NULL && reshape->refs->len > before;
        count++;
        if (parser->pos < end && peek(parser, parser->pos)->kind != TOKEN_COMMA)
            return false;
        parser->pos++;
    }
    reshape->names_columns = count > 1 && unnamed > 0;
    parser->pos = MIN(parser->pos, end);
    return count > 0;
}

/* All that dialects call what comes out for a value: 'x', x, _5, x_s, s_x. */
static void
value_add(Parser *parser, SqlReshape *reshape, const ArenaList *aggregates, const char *value)
{
    Arena *arena = parser->sql->arena;
    reshape_made_add(parser, reshape, arena_text(arena, value));
    reshape_made_add(parser, reshape, arena_printf(arena, "'%s'", value));
    reshape_made_add(parser, reshape, arena_printf(arena, "_%s", value));
    for (guint i = 0; i < aggregates->len; i++) {
        const char *name = g_ptr_array_index(aggregates, i);
        reshape_made_add(parser, reshape, arena_printf(arena, "%s_%s", value, name));
        reshape_made_add(parser, reshape, arena_printf(arena, "%s_%s", name, value));
    }
}

/* 'x', 5, [x], ('x', 1) AS z; what is written otherwise gives names that nobody knows. */
static void
value_take(Parser *parser, SqlReshape *reshape, const ArenaList *aggregates, uint32_t end)
{
    const Token *token = peek(parser, parser->pos);
    uint32_t stop = element_end(parser, parser->pos, end), first = parser->pos;
    uint32_t last = stop - 1;
    char *name = NULL;
    if (stop >= first + 2 && is_word(parser, stop - 2, WORD_AS)) {
        parser->pos = stop - 2;
        name = reshape_alias_take(parser, stop);
    } else if (last == first + 1 && is_name(parser, last) && token->kind != TOKEN_OPERATOR) {
        parser->pos = last;
        name = reshape_alias_take(parser, stop);
    } else if (last == first && token->kind == TOKEN_STRING) {
        name = string_part_take(parser)->text;
    } else if (last == first && (token->kind == TOKEN_NUMBER || is_name(parser, first))) {
        name = token->kind == TOKEN_NUMBER
                   ? arena_copy(parser->sql->arena, parser->sql->list->text + token->begin,
                                token->end - token->begin)
                   : part_take(parser)->text;
    }
    if (name != NULL)
        value_add(parser, reshape, aggregates, name);
    reshape->is_open |= name == NULL;
    parser->pos = stop;
}

/* IN ('x', 'y' AS z), IN (ANY), IN (SELECT …) */
static bool
values_take(Parser *parser, SqlReshape *reshape, const Context *context,
            const ArenaList *aggregates, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end);
    bool is_any = is_text(parser, parser->pos + 1, "ANY"),
         is_query = starts_query(parser, parser->pos + 1, close);
    if (is_any || is_query) {
        reshape->is_open = true;
        return reshape_expression_take(parser, reshape, context, MIN(close + 1, end), 0);
    }
    for (parser->pos++; parser->pos < close; parser->pos++)
        value_take(parser, reshape, aggregates, close);
    parser->pos = MIN(close + 1, end);
    return true;
}

/* GROUP BY a, b: these alone come out besides. */
bool
group_by_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    guint before = context->block->refs->len;
    parser->pos += 2;
    parse_keys(parser, context, end);
    reshape->kept = list(parser);
    for (guint i = before; i < context->block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(context->block->refs, i);
        if (!ref->is_whole)
            return false;
        list_add(parser, reshape->kept, (void *) ref);
    }
    return refs_take(parser, reshape, context->block, before);
}

uint32_t
find_outside_brackets(const Parser *parser, uint32_t at, uint32_t end, Word word)
{
    while (at < end && !is_word(parser, at, word))
        at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, end) + 1 : at + 1;
    return MIN(at, end);
}

static bool
pivot_inside_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    ArenaList *aggregates = list(parser);
    uint32_t behind = find_outside_brackets(parser, parser->pos, end, WORD_FOR);
    if (!aggregates_take(parser, reshape, context, aggregates, behind) ||
        !take_word(parser, end, WORD_FOR))
        return false;
    while (parser->pos < end && !is_word(parser, parser->pos, WORD_GROUP)) {
        if (is_word(parser, parser->pos, WORD_DEFAULT) && is_open(parser, parser->pos + 3)) {
            parser->pos = MIN(closing(parser, parser->pos + 3, end) + 1, end); /* ON NULL (0) */
            continue;
        }
        uint32_t in = find_outside_brackets(parser, parser->pos, end, WORD_IN);
        if (in >= end || !is_open(parser, in + 1) ||
            !reshape_expression_take(parser, reshape, context, in, 0))
            return false;
        parser->pos = in + 1;
        if (!values_take(parser, reshape, context, aggregates, end))
            return false;
    }
    return !is_word(parser, parser->pos, WORD_GROUP) ||
           group_by_take(parser, reshape, context, end);
}

/* ---- UNPIVOT ---- */

/* v, (v, w): names that are made. */
bool
made_names_take(Parser *parser, SqlReshape *reshape, uint32_t end)
{
    bool is_list = is_open(parser, parser->pos);
    uint32_t close = is_list ? closing(parser, parser->pos, end) : parser->pos + 1;
    for (parser->pos += is_list; parser->pos < close; parser->pos++) {
        if (!is_name(parser, parser->pos))
            return false;
        reshape_made_add(parser, reshape, part_take(parser)->text);
        if (parser->pos < close && peek(parser, parser->pos)->kind != TOKEN_COMMA)
            return false;
    }
    parser->pos = MIN(close + is_list, end);
    return true;
}

/* a, a AS 'x', (a, b) AS 'x': columns whose names become values, unless another one is said. */
bool
unpivoted_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    while (parser->pos < end) {
        guint before = reshape->refs->len;
        uint32_t first = parser->pos;
        if (!reshape_expression_take(parser, reshape, context, end, STOP_COMMA | STOP_ALIAS) ||
            reshape->refs->len == before)
            return false;
        bool is_single = parser->pos == first + 1;
        if (reshape_alias_take(parser, end) == NULL) {
            reshape->names_columns |= !is_single;
            list_add(parser, reshape->unnamed, g_ptr_array_index(reshape->refs, before));
        }
        if (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_NUMBER)
            return false; /* AS 5 */
        if (parser->pos < end && peek(parser, parser->pos)->kind != TOKEN_COMMA)
            return false;
        parser->pos++;
    }
    return true;
}

static bool
unpivot_inside_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    if (!made_names_take(parser, reshape, end) || !take_word(parser, end, WORD_FOR) ||
        !made_names_take(parser, reshape, end) || !take_word(parser, end, WORD_IN) ||
        !is_open(parser, parser->pos))
        return false;
    uint32_t close = closing(parser, parser->pos, end);
    parser->pos++;
    return close < end && unpivoted_take(parser, reshape, context, close) &&
           (parser->pos = close + 1) > 0;
}

/* ---- behind a table ---- */

bool
is_reshape(const Parser *parser, uint32_t index)
{
    bool is_said = is_word(parser, index, WORD_PIVOT) || is_word(parser, index, WORD_UNPIVOT) ||
                   is_text(parser, index, "MATCH_RECOGNIZE");
    return is_said && (is_open(parser, index + 1) || is_text(parser, index + 1, "INCLUDE") ||
                       is_text(parser, index + 1, "EXCLUDE"));
}

static bool
inside_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    switch (reshape->kind) {
    case RESHAPE_PIVOT:
        return pivot_inside_take(parser, reshape, context, end);
    case RESHAPE_UNPIVOT:
        return unpivot_inside_take(parser, reshape, context, end);
    case RESHAPE_PATTERN:
        return pattern_inside_take(parser, reshape, context, end);
    }
    return false;
}

bool
can_reshape(const SqlSource *source)
{
    return (source->kind == SOURCE_TABLE || source->kind == SOURCE_TEMPLATE) &&
           source->reshape == NULL && !source->is_unread;
}

void
reshape_take(Parser *parser, SqlSource *source, const Context *context, uint32_t end)
{
    SqlReshapeKind kind = is_word(parser, parser->pos, WORD_PIVOT)     ? RESHAPE_PIVOT
                          : is_word(parser, parser->pos, WORD_UNPIVOT) ? RESHAPE_UNPIVOT
                                                                       : RESHAPE_PATTERN;
    parser->pos++;
    if (is_text(parser, parser->pos, "INCLUDE") || is_text(parser, parser->pos, "EXCLUDE"))
        parser->pos += 2; /* NULLS */
    if (!is_open(parser, parser->pos) || parser->pos >= end) {
        source->is_unread = true;
        return;
    }
    SqlReshape *reshape = reshape_new(parser, kind);
    uint32_t close = closing(parser, parser->pos, end);
    bool is_first = can_reshape(source) && source->block->sources->len == 0;
    parser->pos++;
    bool is_read = is_first && inside_take(parser, reshape, context, close) && parser->pos == close;
    parse_expression(parser, context, close, 0);
    reshape->last = close;
    source->reshape = is_read ? reshape : NULL;
    source->is_unread |= !is_read;
    parser->pos = MIN(close + 1, end);
}

bool
sql_reshape_makes(const Dialect *dialect, const SqlReshape *reshape, const SqlPart *part)
{
    for (guint i = 0; i < reshape->made->len; i++)
        if (sql_same_column(dialect, part->text, part->quote, g_ptr_array_index(reshape->made, i)))
            return true;
    return false;
}

bool
sql_reshape_passes(const Dialect *dialect, const SqlReshape *reshape, const SqlPart *part)
{
    const ArenaList *refs = reshape->kept != NULL ? reshape->kept : reshape->refs;
    bool is_named = false;
    for (guint i = 0; !reshape->keeps_all && !is_named && i < refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(refs, i);
        is_named = sql_same_column(dialect, part->text, part->quote, ref->path.parts[0].text);
    }
    return (reshape->keeps_all || is_named == (reshape->kept != NULL)) &&
           !sql_reshape_makes(dialect, reshape, part);
}
