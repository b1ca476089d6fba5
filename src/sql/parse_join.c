/* parse_join.c - how sources are joined: kinds of joins, USING and ON, views beside rows, lists with commas. */
#include "sql/parse.h"

typedef struct {
    bool is_natural, is_right, is_semi, is_apply;
} Join;

/* INNER, LEFT OUTER, CROSS, … JOIN or APPLY. */
static Join
take_join_words(Parser *parser, uint32_t end)
{
    Join join = {0};
    while (parser->pos < end) {
        Word word = peek(parser, parser->pos)->word;
        join.is_natural = join.is_natural || word == WORD_NATURAL;
        join.is_right = join.is_right || word == WORD_RIGHT || word == WORD_FULL ||
                        word == WORD_ASOF; /* USING does not only compare */
        join.is_apply = join.is_apply || word == WORD_APPLY;
        join.is_semi = join.is_semi || ((word == WORD_SEMI || word == WORD_ANTI) &&
                                        !parser->sql->dialect->has_hiding_aliases);
        if (word == WORD_LATERAL && !is_word(parser, parser->pos + 1, WORD_VIEW))
            break;
        parser->pos++;
        if (word == WORD_JOIN || word == WORD_APPLY ||
            is_text(parser, parser->pos - 1, "STRAIGHT_JOIN"))
            break;
    }
    return join;
}

static void
using_name_take(Parser *parser, SqlSource *source, uint32_t end)
{
    Context context = {.block = source->block, .clause = CLAUSE_USING};
    SqlPath path = path_take(parser, end, false);
    list_add(parser, source->using, ref_add(parser, &context, path));
}

/* USING a, b, of ClickHouse */
static bool
is_using_without_brackets(const Parser *parser, uint32_t at)
{
    return parser->sql->dialect->has_hiding_aliases && is_word(parser, at, WORD_USING) &&
           is_name(parser, at + 1);
}

void
using_take(Parser *parser, SqlSource *source, uint32_t end)
{
    source->using_first = parser->pos;
    source->using = list(parser);
    if (is_using_without_brackets(parser, parser->pos)) {
        do {
            parser->pos++;
            using_name_take(parser, source, end);
        } while (parser->pos + 1 < end && peek(parser, parser->pos)->kind == TOKEN_COMMA &&
                 is_name(parser, parser->pos + 1));
        source->using_last = parser->pos - 1;
        return;
    }
    uint32_t close = closing(parser, ++parser->pos, end);
    source->using_last = close;
    for (parser->pos++; parser->pos < close; parser->pos++)
        if (is_name(parser, parser->pos)) {
            using_name_take(parser, source, close);
            parser->pos--;
        }
    parser->pos = MIN(close + 1, end);
    if (is_word(parser, parser->pos, WORD_AS) && parser->pos + 1 < end &&
        is_name(parser, parser->pos + 1)) { /* USING (a) AS j: j.a is what both are called */
        source->is_natural = true;
        parser->pos += 2;
    }
}

static void
take_conditions(Parser *parser, SqlSource *source, uint32_t end)
{
    Context context = {.block = source->block, .clause = CLAUSE_ON};
    while (parser->pos < end) {
        if (is_word(parser, parser->pos, WORD_USING) &&
            (is_open(parser, parser->pos + 1) || is_using_without_brackets(parser, parser->pos))) {
            using_take(parser, source, end);
        } else if (is_match_condition(parser, parser->pos)) {
            uint32_t close = MIN(closing(parser, parser->pos + 1, end) + 1, end);
            parser->pos++;
            parse_expression(parser, &context, close, 0);
        } else if (is_word(parser, parser->pos, WORD_ON) && !starts_clause(parser, parser->pos)) {
            parser->pos++;
            parse_expression(parser, &context, end,
                             STOP_COMMA | STOP_CLAUSE | STOP_JOIN | STOP_SET | STOP_WHEN);
        } else if (is_reshape(parser, parser->pos)) {
            reshape_take(parser, source, &context, end);
            source_alias_take(parser, source, end);
        } else {
            return;
        }
    }
}

/* explode(x), posexplode_outer(x): its last column is an element as it is. */
static bool
is_explode(const Parser *parser, uint32_t at)
{
    static const char *const names[] = {"explode", "explode_outer", "posexplode",
                                        "posexplode_outer"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (is_text(parser, at, names[i]))
            return true;
    return false;
}

/* LATERAL VIEW [OUTER] explode(x) t AS a, b */
static void
take_lateral_view(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_FROM};
    SqlSource *source = source_add(parser, block, SOURCE_ARRAY);
    parser->pos += 2;
    take_word(parser, end, WORD_OUTER);
    uint32_t open = parser->pos;
    while (open < end && !is_open(parser, open) && peek(parser, open)->kind != TOKEN_SEMICOLON)
        open++;
    bool is_exploded = open == parser->pos + 1 && is_explode(parser, parser->pos);
    guint before = block->refs->len;
    parse_expression(parser, &context, MIN(closing(parser, open, end) + 1, end), 0);
    source->last = parser->pos - 1;
    if (parser->pos < end && is_name(parser, parser->pos))
        source->alias = part_take(parser);
    if (take_word(parser, end, WORD_AS)) {
        source->columns = list(parser);
        do
            list_add(parser, source->columns, part_take(parser));
        while (parser->pos + 1 < end && peek(parser, parser->pos)->kind == TOKEN_COMMA &&
               is_name(parser, ++parser->pos));
        if (is_exploded)
            source->array = plain_ref(block->refs, before, open + 1, source->last - 1);
    }
    list_add(parser, block->sources, source);
}

/* [LEFT] ARRAY JOIN, of ClickHouse */
static bool
is_array_join(const Parser *parser, uint32_t at)
{
    at += is_word(parser, at, WORD_LEFT) || is_word(parser, at, WORD_INNER);
    return is_word(parser, at, WORD_ARRAY) && is_word(parser, at + 1, WORD_JOIN);
}

/* ARRAY JOIN a, f(b) AS c: what has no name of its own is the array's element under the array's name. */
static void
take_array_join(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    parser->pos += is_word(parser, parser->pos, WORD_ARRAY) ? 2 : 3;
    do {
        SqlSource *source = source_add(parser, block, SOURCE_ARRAY);
        parse_expression(parser, &context, end, STOP_COMMA | STOP_CLAUSE | STOP_JOIN | STOP_ALIAS);
        source->last = MAX(parser->pos, source->first + 1) - 1;
        source->columns = list(parser);
        if (take_word(parser, end, WORD_AS) && is_name(parser, parser->pos))
            list_add(parser, source->columns, part_take(parser));
        list_add(parser, block->sources, source);
    } while (parser->pos + 1 < end && peek(parser, parser->pos)->kind == TOKEN_COMMA &&
             parser->pos++ < end);
}

static void take_joined(Parser *parser, SqlBlock *block, uint32_t end);

/* ( a JOIN b ON … ), or just a source. */
static void
take_operand(Parser *parser, SqlBlock *block, uint32_t end, Join join)
{
    guint count = block->sources->len;
    uint32_t close = closing(parser, parser->pos, end);
    if (is_open(parser, parser->pos) && !starts_query(parser, parser->pos + 1, close) &&
        !is_told_of(parser, parser->pos) && !starts_change(parser, parser->pos + 1) &&
        !is_too_deep(parser, close)) {
        parser->pos++;
        parser->depth++;
        take_joined(parser, block, close);
        parser->depth--;
        parser->pos = MIN(close + 1, end);
        bool has_alias = parser->pos < end &&
                         (is_word(parser, parser->pos, WORD_AS) ||
                          (is_name(parser, parser->pos) && !ends_source(parser, parser->pos)));
        for (guint i = count; i < block->sources->len; i++) {
            SqlSource *inner = g_ptr_array_index(block->sources, i);
            inner->is_nested = true;
            inner->is_unread = inner->is_unread || has_alias; /* (a JOIN b) AS x */
        }
        if (take_word(parser, end, WORD_AS) || has_alias)
            parser->pos = MIN(parser->pos + 1, end);
        return;
    }
    parser->is_applied = join.is_apply;
    SqlSource *source = parse_source(parser, block, end);
    parser->is_applied = false;
    source->is_natural = join.is_natural;
    source->is_right = join.is_right;
    source->is_semi = join.is_semi;
}

static bool
is_put_in(const Parser *parser, uint32_t at)
{
    TokenKind kind = peek(parser, at)->kind;
    return kind == TOKEN_TEMPLATE || kind == TOKEN_PARAMETER;
}

/* FROM a {more} JOIN b: more joins may be put in here, or an alias; what follows is read all the same. */
static void
pass_what_is_put_in(Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos;
    while (at < end && is_put_in(parser, at))
        at++;
    if (at < end && (starts_join(parser, at) || peek(parser, at)->kind == TOKEN_COMMA))
        parser->pos = at;
}

/* Neither an alias nor anything that may begin here. A condition may: that its WHERE stands in another branch of a template
 * is no harm. */
static bool
is_strange(const Parser *parser, uint32_t at)
{
    const Token *token = peek(parser, at);
    if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED)
        return false;
    bool is_hint = is_open(parser, at + 1); /* OPTION (…), REPEATABLE (…) */
    return token->word != WORD_AND && token->word != WORD_OR && !is_hint &&
           !starts_clause(parser, at) && !starts_join(parser, at) && !ends_source(parser, at);
}

/* FROM a ? JOIN b: what is joined further on is read all the same, and a person looks at the rest. */
static void
pass_what_is_strange(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t at = parser->pos;
    if (at >= end || !is_strange(parser, at))
        return;
    block->strange = block->strange != 0 ? block->strange : at;
    while (at < end && !starts_clause(parser, at) && !starts_join(parser, at) &&
           peek(parser, at)->kind != TOKEN_SEMICOLON)
        at = is_open(parser, at) ? closing(parser, at, end) + 1 : at + 1;
    if (at < end && starts_join(parser, at))
        parser->pos = at;
}

/* ON …, USING (…) of the last source, which is joined to those from `first` on. */
static void
take_condition_of_last(Parser *parser, SqlBlock *block, guint first, uint32_t end)
{
    SqlSource *source = g_ptr_array_index(block->sources, block->sources->len - 1);
    const ArenaList *inner = source->using; /* of ( a JOIN b USING (x) ) */
    take_conditions(parser, source, end);
    if (source->using != inner)
        source->joined_from = first;
}

static void
take_joined(Parser *parser, SqlBlock *block, uint32_t end)
{
    Join join = {0};
    guint first = block->sources->len;
    while (parser->pos < end && !starts_clause(parser, parser->pos)) {
        uint32_t before = parser->pos;
        guint count = block->sources->len;
        take_operand(parser, block, end, join);
        join = (Join){0};
        for (guint i = count; i < block->sources->len; i++)
            ((SqlSource *) g_ptr_array_index(block->sources, i))->comma_from = first;
        if (block->sources->len > count)
            take_condition_of_last(parser, block, first, end);
        while (starts_join(parser, parser->pos) && is_word(parser, parser->pos, WORD_LATERAL) &&
               parser->pos < end)
            take_lateral_view(parser, block, end);
        while (is_array_join(parser, parser->pos) && parser->pos < end)
            take_array_join(parser, block, end);
        pass_what_is_put_in(parser, end);
        pass_what_is_strange(parser, block, end);
        if (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_COMMA) {
            parser->pos++;
            first = block->sources->len; /* what is joined now is not joined to what stood before */
        } else if (parser->pos < end && starts_join(parser, parser->pos))
            join = take_join_words(parser, end);
        else
            break;
        if (parser->pos <= before)
            parser->pos = before + 1;
    }
}

void
parse_sources(Parser *parser, SqlBlock *block, uint32_t end)
{
    take_joined(parser, block, end);
}

void
parse_join(Parser *parser, SqlBlock *block, uint32_t end)
{
    guint count = block->sources->len;
    Join join = take_join_words(parser, end);
    take_operand(parser, block, end, join);
    if (block->sources->len > count)
        take_conditions(parser, g_ptr_array_index(block->sources, block->sources->len - 1), end);
}
