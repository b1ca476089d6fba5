/* parse_word.c - words in expressions that are no names, and types. */
#include "sql/parse_expression.h"

/* ---- types, intervals, frames ---- */

/* ARRAY<STRUCT<a INT64>>: from the `<` on. */
static void
skip_type_arguments(Parser *parser, uint32_t end)
{
    int depth = 0;
    do {
        depth += is_text(parser, parser->pos, "<") ? 1 : is_text(parser, parser->pos, ">") ? -1 : 0;
        parser->pos++;
    } while (depth > 0 && parser->pos < end);
}

/* x::character varying(10)[] */
void
skip_type(Parser *parser, uint32_t end)
{
    static const char *const more[] = {"PRECISION", "VARYING", "WITHOUT",
                                       "TIME",      "ZONE",    "UNSIGNED"};
    if (parser->pos < end)
        path_take(parser, end, false);
    for (size_t i = 0; i < G_N_ELEMENTS(more); i++)
        if (is_text(parser, parser->pos, more[i]) ||
            (is_word(parser, parser->pos, WORD_WITH) && is_text(parser, parser->pos + 1, "TIME")))
            parser->pos += is_word(parser, parser->pos, WORD_WITH) ? 3 : 1;
    while (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_OPEN)
        parser->pos = MIN(closing(parser, parser->pos, end) + 1, end);
}

/* INTERVAL '1' DAY, INTERVAL 3 * n MONTH: the unit is no column. */
static void
take_interval(Parser *parser, Scan *scan, uint32_t end)
{
    parser->pos++;
    uint32_t at = parser->pos;
    if (is_open(parser, at))
        take_group(parser, scan->context, end);
    else if (is_name(parser, at))
        take_chain(parser, scan, end);
    else
        parser->pos++;
    if (parser->pos < end && is_date_part(parser, parser->pos))
        parser->pos++;
    if (parser->pos + 1 < end && is_text(parser, parser->pos, "TO") &&
        is_date_part(parser, parser->pos + 1))
        parser->pos += 2;
}

/* ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW, up to the end of the window's brackets. */
bool
is_frame(const Parser *parser, uint32_t index)
{
    bool is_unit = is_text(parser, index, "ROWS") || is_text(parser, index, "RANGE") ||
                   is_text(parser, index, "GROUPS");
    return is_unit &&
           (is_word(parser, index + 1, WORD_BETWEEN) || is_text(parser, index + 1, "UNBOUNDED") ||
            is_word(parser, index + 1, WORD_CURRENT) || is_text(parser, index + 2, "PRECEDING"));
}

bool
is_window_base(const Parser *parser, const Context *context, uint32_t index)
{
    if (index < 2 || !is_open(parser, index - 1) || is_frame(parser, index))
        return false;
    Word before = peek(parser, index - 2)->word, next = peek(parser, index + 1)->word;
    bool is_window = before == WORD_OVER || (before == WORD_AS && context->clause == CLAUSE_WINDOW);
    return is_window && (peek(parser, index + 1)->kind == TOKEN_CLOSE || next == WORD_PARTITION ||
                         next == WORD_ORDER || is_frame(parser, index + 1));
}

bool
is_respecting(const Parser *parser, uint32_t index)
{
    return is_word(parser, index + 1, WORD_NULLS) &&
           (is_text(parser, index, "IGNORE") || is_text(parser, index, "RESPECT"));
}

/* ---- words that change how the next one is read ---- */

/* True when this was such a word here, and was read. */
typedef bool TakeWord(Parser *parser, Scan *scan, uint32_t end);

static bool
take_case(Parser *parser, Scan *scan, uint32_t end)
{
    scan->case_depth++;
    parser->pos = MIN(parser->pos + 1, end);
    return true;
}

static bool
take_end(Parser *parser, Scan *scan, uint32_t end)
{
    scan->case_depth -= scan->case_depth > 0;
    parser->pos = MIN(parser->pos + 1, end);
    return true;
}

/* STRUCT(x AS name), or a type */
static bool
take_as(Parser *parser, Scan *scan, uint32_t end)
{
    parser->pos++;
    if (parser->sql->dialect->has_hiding_aliases && is_name(parser, parser->pos)) {
        named_value_add(parser, &scan->context->block->values, scan->first);
        return true;
    }
    if (parser->pos < end && peek(parser, parser->pos)->kind != TOKEN_CLOSE)
        skip_type(parser, end);
    return true;
}

static bool
take_interval_word(Parser *parser, Scan *scan, uint32_t end)
{
    TokenKind next = peek(parser, parser->pos + 1)->kind;
    if (next == TOKEN_COMMA || next == TOKEN_CLOSE || next == TOKEN_OPERATOR)
        return false;
    take_interval(parser, scan, end);
    return true;
}

/* OVER (…), OVER name */
static bool
take_over(Parser *parser, Scan *scan, uint32_t end)
{
    if (is_row_pattern(parser, parser->pos + 1, end))
        scan->context->block->strange = parser->pos + 2;
    parser->pos = MIN(parser->pos + (is_open(parser, parser->pos + 1) ? 1 : 2), end);
    return true;
}

/* COLLATE name, NULLS FIRST */
static bool
take_with_next(Parser *parser, Scan *scan, uint32_t end)
{
    parser->pos = MIN(parser->pos + 2, end);
    return true;
}

/* AT TIME ZONE */
static bool
take_at(Parser *parser, Scan *scan, uint32_t end)
{
    if (!is_word(parser, parser->pos + 1, WORD_TIME))
        return false;
    parser->pos = MIN(parser->pos + 3, end);
    return true;
}

static bool
take_partition(Parser *parser, Scan *scan, uint32_t end)
{
    if (!is_word(parser, parser->pos + 1, WORD_BY))
        return false;
    return take_with_next(parser, scan, end);
}

/* Names elsewhere: not where nothing comes behind them. */
static bool
take_operator_word(Parser *parser, Scan *scan, uint32_t end)
{
    TokenKind next = peek(parser, parser->pos + 1)->kind;
    if (next == TOKEN_COMMA || next == TOKEN_CLOSE || next == TOKEN_DOT)
        return false;
    parser->pos = MIN(parser->pos + 1, end);
    return true;
}

/* count(*) FILTER (…); filter(list, x -> …) is a function */
static bool
take_filter(Parser *parser, Scan *scan, uint32_t end)
{
    bool is_behind_call = parser->pos > 0 && peek(parser, parser->pos - 1)->kind == TOKEN_CLOSE;
    return is_behind_call && take_operator_word(parser, scan, end);
}

static bool
take_with(Parser *parser, Scan *scan, uint32_t end)
{
    if (!value_names_take(parser, scan->context, end))
        parser->pos = MIN(parser->pos + 1, end);
    return true;
}

/* ARRAY<INT64>[…] */
static bool
take_typed(Parser *parser, Scan *scan, uint32_t end)
{
    if (!is_text(parser, parser->pos + 1, "<"))
        return false;
    parser->pos++;
    skip_type_arguments(parser, end);
    return true;
}

/* ---- keywords that are columns ---- */

/* Words that some dialects do not reserve, and which begin no value where others do. */
static bool
may_be_column(Word word)
{
    switch (word) {
    case WORD_ASC:
    case WORD_COLLATE:
    case WORD_CREATE:
    case WORD_CURRENT:
    case WORD_DESC:
    case WORD_END:
    case WORD_ESCAPE:
    case WORD_FULL:
    case WORD_INTERVAL:
    case WORD_LEFT:
    case WORD_LIMIT:
    case WORD_NULLS:
    case WORD_OVER:
    case WORD_RIGHT:
    case WORD_TABLE:
    case WORD_USING:
    case WORD_WITHIN:
        return true;
    default:
        return false;
    }
}

static bool
begins_value(Word word)
{
    switch (word) {
    case WORD_AND:
    case WORD_BETWEEN:
    case WORD_BY:
    case WORD_CASE:
    case WORD_DISTINCT:
    case WORD_ELSE:
    case WORD_FROM:
    case WORD_HAVING:
    case WORD_LIKE:
    case WORD_NOT:
    case WORD_ON:
    case WORD_OR:
    case WORD_QUALIFY:
    case WORD_SELECT:
    case WORD_SET:
    case WORD_THEN:
    case WORD_WHEN:
    case WORD_WHERE:
        return true;
    default:
        return false;
    }
}

/* Behind what has a value behind it, and is sure not to be one itself. */
static bool
awaits_value(const Parser *parser, uint32_t index)
{
    static const char *const operators[] = {
        "=", "<", ">", "<=", ">=", "<>", "!=", "==", "+", "-", "/", "||", NULL};
    const Token *before = peek(parser, index - 1);
    switch (before->kind) {
    case TOKEN_WORD:
        return begins_value(before->word);
    case TOKEN_OPERATOR:
        return is_among_words_of(parser, index - 1, operators) ||
               (is_text(parser, index - 1, "*") && index > 1 && ends_operand(parser, index - 2));
    default:
        return before->kind == TOKEN_COMMA || before->kind == TOKEN_OPEN;
    }
}

/* Nothing, or what goes on behind a whole value. */
static bool
is_behind_value(const Parser *parser, uint32_t index, uint32_t end)
{
    const Token *token = peek(parser, index);
    switch (token->kind) {
    case TOKEN_WORD:
        return token->word == WORD_END || token->word == WORD_NULLS || token->word == WORD_ILIKE ||
               starts_clause(parser, index) ||
               (word_is_reserved(token->word) && token->word != WORD_CASE &&
                token->word != WORD_NULL && token->word != WORD_TRUE && token->word != WORD_FALSE &&
                token->word != WORD_SELECT);
    case TOKEN_COMMA:
    case TOKEN_CLOSE:
    case TOKEN_SEMICOLON:
    case TOKEN_END:
    case TOKEN_OPERATOR:
        return true;
    default:
        return index >= end;
    }
}

bool
is_word_as_column(const Parser *parser, uint32_t index, uint32_t end)
{
    return may_be_column(peek(parser, index)->word) && index > 0 && awaits_value(parser, index) &&
           is_behind_value(parser, index + 1, end);
}

static TakeWord *const special_words[WORD_COUNT] = {
    [WORD_CASE] = take_case,
    [WORD_END] = take_end,
    [WORD_AS] = take_as,
    [WORD_INTERVAL] = take_interval_word,
    [WORD_OVER] = take_over,
    [WORD_COLLATE] = take_with_next,
    [WORD_NULLS] = take_with_next,
    [WORD_AT] = take_at,
    [WORD_PARTITION] = take_partition,
    [WORD_CURRENT] = take_operator_word,
    [WORD_FILTER] = take_filter,
    [WORD_WITHIN] = take_operator_word,
    [WORD_ILIKE] = take_operator_word,
    [WORD_SIMILAR] = take_operator_word,
    [WORD_ESCAPE] = take_operator_word,
    [WORD_ARRAY] = take_typed,
    [WORD_STRUCT] = take_typed,
    [WORD_WITH] = take_with,
};

bool
take_special(Parser *parser, Scan *scan, uint32_t end)
{
    Word word = peek(parser, parser->pos)->word;
    if (is_word_as_column(parser, parser->pos, end))
        return false;
    if (special_words[word] != NULL)
        return special_words[word](parser, scan, end);
    if (!word_is_reserved(word))
        return false;
    parser->pos++;
    return true;
}
