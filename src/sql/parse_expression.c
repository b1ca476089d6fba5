/*
 * parse_expression.c - names in expressions; all else is read over.
 *
 * The question at each word is whether it names a column. It does not when it is a keyword, a function, a type, a date
 * part, the name of an argument, or says what a literal is.
 */
#include "sql/parse.h"

#include <string.h>

typedef struct {
    const Context *context;
    int stops;
    int case_depth;
    uint32_t first;
} Scan;

static void scan_elements(Parser *parser, Scan *scan, uint32_t end);

/* Brackets: a subquery, or more of the same. */
static void
take_group(Parser *parser, const Context *context, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end);
    bool is_query = is_open(parser, parser->pos) && starts_query(parser, parser->pos + 1, close);
    parser->pos++;
    parser->depth++;
    if (is_too_deep(parser, close)) {
        parser->pos = close;
    } else if (is_query) {
        SqlQuery *query = parse_query(parser, context->block->query, context->block, close);
        query->is_value = !context->is_table_argument;
        query->around = context->block;
        query->clause = context->clause;
        query->item = context->item;
        query->by_name = query->by_name || context->is_table_argument;
    } else {
        Context inner = *context;
        Scan scan = {.context = &inner, .first = parser->pos};
        scan_elements(parser, &scan, close);
    }
    parser->depth--;
    parser->pos = MIN(close + 1, end);
}

/* ---- functions ---- */

/* Words that are no columns where a function wants a part of a date. */
static bool
is_date_part(const Parser *parser, uint32_t index)
{
    static const char *const parts[] = {"YEAR",
                                        "ISOYEAR",
                                        "QUARTER",
                                        "MONTH",
                                        "WEEK",
                                        "ISOWEEK",
                                        "DAY",
                                        "DAYOFWEEK",
                                        "DAYOFYEAR",
                                        "DOW",
                                        "DOY",
                                        "HOUR",
                                        "MINUTE",
                                        "SECOND",
                                        "MILLISECOND",
                                        "MICROSECOND",
                                        "NANOSECOND",
                                        "EPOCH",
                                        "DATE",
                                        "TIME",
                                        "CENTURY",
                                        "DECADE",
                                        "TIMEZONE_HOUR",
                                        "YEARS",
                                        "MONTHS",
                                        "WEEKS",
                                        "DAYS",
                                        "HOURS",
                                        "MINUTES",
                                        "SECONDS",
                                        "YY",
                                        "MM",
                                        "DD",
                                        "HH",
                                        "MI",
                                        "SS",
                                        "MS"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (is_text(parser, index, parts[i]))
            return true;
    return false;
}

static bool
wants_date_part(const SqlPath *name)
{
    static const char *const words[] = {
        "EXTRACT",       "DATEADD",      "DATEDIFF", "DATEPART",    "DATENAME",
        "TIMESTAMPDIFF", "TIMESTAMPADD", "LAST_DAY", "DATE_PART",   "GENERATE_DATE_ARRAY",
        "TIMEADD",       "TIMEDIFF",     "DATE_ADD", "DATE_BUCKET", "NEXT_DAY"};
    const char *text = name->parts[name->count - 1].text;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(text, words[i]) == 0)
            return true;
    size_t bytes = strlen(text);
    return (bytes > 6 && g_ascii_strcasecmp(text + bytes - 6, "_TRUNC") == 0) ||
           (bytes > 5 && g_ascii_strcasecmp(text + bytes - 5, "_DIFF") == 0);
}

static bool
is_cast(const SqlPath *name)
{
    static const char *const words[] = {"CAST", "TRY_CAST", "SAFE_CAST", "TRY_CONVERT"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (name->count == 1 && g_ascii_strcasecmp(name->parts[0].text, words[i]) == 0)
            return true;
    return false;
}

/* An argument that is nothing but a part of a date, as in DATE_TRUNC(created, MONTH) or WEEK(MONDAY). */
static void
skip_date_part(Parser *parser, uint32_t close)
{
    uint32_t behind = parser->pos + 1;
    if (parser->pos >= close || !is_date_part(parser, parser->pos))
        return;
    if (is_open(parser, behind))
        behind = closing(parser, behind, close) + 1;
    if (behind >= close || peek(parser, behind)->kind == TOKEN_COMMA ||
        is_word(parser, behind, WORD_FROM))
        parser->pos = behind;
}

/* STRUCT(a, b AS c): the first field is called like the column. */
static void
mark_field(const Parser *parser, const Context *context, guint refs_before, uint32_t first)
{
    const GPtrArray *refs = context->block->refs;
    SqlRef *ref = refs->len == refs_before + 1 ? g_ptr_array_index(refs, refs_before) : NULL;
    if (ref != NULL && ref->macro == NULL && ref->path.parts[0].token == first &&
        ref->path.parts[ref->path.count - 1].token + 1 == parser->pos)
        ref->is_field = true;
}

/* x -> …, (x, y) -> …: within the argument these names are its own. */
static void
mark_parameters(const Parser *parser, const Context *context, guint refs_before, uint32_t first)
{
    const GPtrArray *refs = context->block->refs;
    uint32_t arrow = is_open(parser, first) ? closing(parser, first, UINT32_MAX) + 1 : first + 1;
    if (!parser->sql->dialect->has_lambdas || !is_text(parser, arrow, "->"))
        return;
    for (guint i = refs_before; i < refs->len; i++) {
        SqlRef *ref = g_ptr_array_index(refs, i);
        for (guint p = refs_before; p < refs->len; p++) {
            const SqlRef *name = g_ptr_array_index(refs, p);
            if (name->path.parts[0].token < arrow &&
                g_ascii_strcasecmp(name->path.parts[0].text, ref->path.parts[0].text) == 0)
                ref->binding = BINDING_LOCAL;
        }
    }
}

/* f(*), f(t.*): all columns, with their names unless they are only counted. */
static void
note_star(Parser *parser, const Context *context, const SqlPath *name, uint32_t close)
{
    static const char *const counting[] = {
        "COUNT",           "HASH",         "HASH_AGG", "CHECKSUM",
        "BINARY_CHECKSUM", "CHECKSUM_AGG", "COUNT_IF", "COUNT_BIG"};
    if (parser->sql->dialect->has_alias_prefix && /* DuckDB: a pattern of names */
        g_ascii_strcasecmp(name->parts[name->count - 1].text, "COLUMNS") == 0)
        context->block->value_star = parser->pos;
    for (size_t i = 0; i < G_N_ELEMENTS(counting); i++)
        if (g_ascii_strcasecmp(name->parts[name->count - 1].text, counting[i]) == 0)
            return;
    if (close > parser->pos && is_text(parser, close - 1, "*") &&
        (close == parser->pos + 1 || peek(parser, close - 2)->kind == TOKEN_DOT ||
         peek(parser, close - 2)->kind == TOKEN_COMMA))
        context->block->value_star = close - 1;
}

/* lambda x, y: …, at its first token: the colon, or 0. */
static uint32_t
lambda_colon(const Parser *parser, uint32_t close)
{
    uint32_t at = parser->pos + 1;
    if (!parser->sql->dialect->has_alias_prefix || !is_text(parser, parser->pos, "LAMBDA"))
        return 0;
    while (at + 1 < close && is_name(parser, at) && peek(parser, at + 1)->kind == TOKEN_COMMA)
        at += 2;
    return at + 1 < close && is_name(parser, at) && is_text(parser, at + 1, ":") ? at + 1 : 0;
}

/* Within what the lambda gives, the names before its colon are its own. */
static void
take_lambda(Parser *parser, const Context *context, uint32_t colon, uint32_t close)
{
    const GPtrArray *refs = context->block->refs;
    uint32_t first = parser->pos + 1;
    guint before = refs->len;
    parser->pos = colon + 1;
    Scan scan = {.context = context, .stops = STOP_COMMA, .first = parser->pos};
    scan_elements(parser, &scan, close);
    for (guint i = before; i < refs->len; i++) {
        SqlRef *ref = g_ptr_array_index(refs, i);
        for (uint32_t at = first; at < colon; at += 2)
            if (is_text(parser, at, ref->path.parts[0].text))
                ref->binding = BINDING_LOCAL;
    }
}

static void
take_arguments(Parser *parser, const Context *context, const SqlPath *name, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end);
    if (starts_query(parser, parser->pos + 1, close) || is_too_deep(parser, close)) {
        take_group(parser, context, end);
        return;
    }
    bool has_parts = wants_date_part(name), casts = is_cast(name);
    bool makes_struct = name->count == 1 && g_ascii_strcasecmp(name->parts[0].text, "STRUCT") == 0;
    parser->depth++;
    parser->pos++;
    note_star(parser, context, name, close);
    while (parser->pos < close) {
        uint32_t colon = lambda_colon(parser, close);
        if (has_parts)
            skip_date_part(parser, close);
        if (colon > 0)
            take_lambda(parser, context, colon, close);
        Scan scan = {.context = context,
                     .stops = STOP_COMMA | (casts ? STOP_ALIAS : 0),
                     .first = parser->pos};
        guint refs = context->block->refs->len;
        scan_elements(parser, &scan, close);
        mark_parameters(parser, context, refs, scan.first);
        if (makes_struct)
            mark_field(parser, context, refs, scan.first);
        if (casts && is_word(parser, parser->pos, WORD_AS))
            parser->pos = close; /* a type */
        else if (parser->pos < close)
            parser->pos++;
    }
    parser->depth--;
    parser->pos = MIN(close + 1, end);
}

/* ---- names ---- */

static void
take_fields(Parser *parser, uint32_t end)
{
    while (parser->pos + 1 < end && peek(parser, parser->pos)->kind == TOKEN_DOT &&
           (peek(parser, parser->pos + 1)->kind == TOKEN_WORD ||
            peek(parser, parser->pos + 1)->kind == TOKEN_QUOTED))
        parser->pos += 2;
}

/* A name that touches a template is made by it: nobody knows what it is. */
static bool
is_glued(const Parser *parser, uint32_t first, uint32_t behind)
{
    const Token *before = first > 0 ? peek(parser, first - 1) : NULL;
    const Token *last = peek(parser, behind - 1), *next = peek(parser, behind);
    return (before != NULL && before->end == peek(parser, first)->begin &&
            (before->kind == TOKEN_TEMPLATE || before->kind == TOKEN_PARAMETER)) ||
           (next->begin == last->end &&
            (next->kind == TOKEN_TEMPLATE || next->kind == TOKEN_PARAMETER));
}

static bool
is_word_kind(const Token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED ||
           token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_NUMBER;
}

/* max_{{ c }}: what the template gives is a part of a word. */
static bool
makes_word(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index), *next = peek(parser, index + 1);
    const Token *before = index > 0 ? peek(parser, index - 1) : NULL;
    return (before != NULL && before->end == token->begin && is_word_kind(before)) ||
           (next->begin == token->end && is_word_kind(next));
}

/* True when this part of the path is a template of which it is known what it gives. */
static bool
take_template_part(Parser *parser, const Context *context, const SqlPath *path, uint32_t part)
{
    uint32_t token = path->parts[part].token;
    guint before = context->block->refs->len;
    if (peek(parser, token)->kind != TOKEN_TEMPLATE)
        return false;
    parse_template(parser, context, token, part > 0 && part + 1 == path->count ? path : NULL,
                   makes_word(parser, token));
    return context->block->refs->len > before;
}

static void
take_chain(Parser *parser, Scan *scan, uint32_t end)
{
    uint32_t first = parser->pos;
    SqlPath path = path_take(parser, end, false);
    bool is_named_argument =
        is_text(parser, parser->pos, "=>") || is_text(parser, parser->pos, ":=");
    if (is_open(parser, parser->pos) && parser->pos < end) {
        take_arguments(parser, scan->context, &path, end);
        take_fields(parser, end);
        return;
    }
    bool is_template = peek(parser, first)->kind == TOKEN_TEMPLATE && path.count == 1;
    for (uint32_t i = 0; i < path.count; i++)
        is_template |= take_template_part(parser, scan->context, &path, i);
    if (is_template || is_named_argument || is_glued(parser, first, parser->pos))
        return;
    ref_add(parser, scan->context, path);
}

/* ---- words ---- */

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
static void
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
static bool
is_frame(const Parser *parser, uint32_t index)
{
    bool is_unit = is_text(parser, index, "ROWS") || is_text(parser, index, "RANGE") ||
                   is_text(parser, index, "GROUPS");
    return is_unit &&
           (is_word(parser, index + 1, WORD_BETWEEN) || is_text(parser, index + 1, "UNBOUNDED") ||
            is_word(parser, index + 1, WORD_CURRENT) || is_text(parser, index + 2, "PRECEDING"));
}

static bool
is_respecting(const Parser *parser, uint32_t index)
{
    return is_word(parser, index + 1, WORD_NULLS) &&
           (is_text(parser, index, "IGNORE") || is_text(parser, index, "RESPECT"));
}

/* Words that change how the next one is read. True when this was such a word. */
static bool
take_special(Parser *parser, Scan *scan, uint32_t end)
{
    uint32_t at = parser->pos;
    const Token *next = peek(parser, at + 1);
    switch (peek(parser, at)->word) {
    case WORD_CASE:
        scan->case_depth++;
        break;
    case WORD_END:
        scan->case_depth -= scan->case_depth > 0;
        break;
    case WORD_AS: /* STRUCT(x AS name), or a type */
        parser->pos++;
        if (parser->pos < end && peek(parser, parser->pos)->kind != TOKEN_CLOSE)
            skip_type(parser, end);
        return true;
    case WORD_INTERVAL:
        if (next->kind == TOKEN_COMMA || next->kind == TOKEN_CLOSE || next->kind == TOKEN_OPERATOR)
            return false;
        take_interval(parser, scan, end);
        return true;
    case WORD_OVER:
        parser->pos += is_open(parser, at + 1) ? 1 : 2;
        return true;
    case WORD_COLLATE:
    case WORD_NULLS:
        parser->pos += 2;
        return true;
    case WORD_AT:
        if (!is_word(parser, at + 1, WORD_TIME))
            return false;
        parser->pos += 3;
        return true;
    case WORD_PARTITION:
        if (!is_word(parser, at + 1, WORD_BY))
            return false;
        parser->pos += 2;
        return true;
    case WORD_CURRENT:
    case WORD_FILTER:
    case WORD_WITHIN:
    case WORD_ILIKE:
    case WORD_SIMILAR:
    case WORD_ESCAPE:
        if (next->kind == TOKEN_COMMA || next->kind == TOKEN_CLOSE || next->kind == TOKEN_DOT)
            return false;
        break;
    case WORD_ARRAY:
    case WORD_STRUCT:
        if (!is_text(parser, at + 1, "<"))
            return false;
        parser->pos++;
        skip_type_arguments(parser, end);
        return true;
    default:
        if (!word_is_reserved(peek(parser, at)->word))
            return false;
    }
    parser->pos++;
    return true;
}

/* SELECT plan 'Plan', u.plan 'Plan': the literal at `index` is the name of what stands before it. */
static bool
is_string_alias(const Parser *parser, uint32_t index)
{
    if (!parser->sql->dialect->has_alias_strings || peek(parser, index)->kind != TOKEN_STRING ||
        index < 2 || is_text(parser, index - 1, "DATE") || is_text(parser, index - 1, "TIME") ||
        is_text(parser, index - 1, "TIMESTAMP") || is_text(parser, index - 1, "DATETIME"))
        return false;
    const Token *value = peek(parser, index - 1), *before = peek(parser, index - 2),
                *next = peek(parser, index + 1);
    bool is_value = value->kind == TOKEN_CLOSE || value->kind == TOKEN_QUOTED ||
                    (value->kind == TOKEN_WORD && value->word == WORD_END) ||
                    (value->kind == TOKEN_WORD && !word_is_reserved(value->word) &&
                     (before->kind == TOKEN_COMMA || before->kind == TOKEN_DOT ||
                      before->word == WORD_SELECT || before->word == WORD_DISTINCT));
    return is_value &&
           (next->kind == TOKEN_COMMA || next->kind == TOKEN_END || next->kind == TOKEN_SEMICOLON ||
            next->kind == TOKEN_CLOSE || starts_clause(parser, index + 1));
}

/* DATE '2020-01-01', SEPARATOR ',': the word belongs to the literal. */
static bool
is_before_literal(const Parser *parser, uint32_t index)
{
    if (is_string_alias(parser, index + 1))
        return false;
    return peek(parser, index + 1)->kind == TOKEN_STRING && peek(parser, index)->kind == TOKEN_WORD;
}

static void
take_word_element(Parser *parser, Scan *scan, uint32_t end)
{
    if (is_frame(parser, parser->pos))
        parser->pos = end;
    else if (is_respecting(parser, parser->pos))
        parser->pos += 2;
    else if (peek(parser, parser->pos + 1)->kind != TOKEN_DOT && take_special(parser, scan, end))
        return;
    else if (is_before_literal(parser, parser->pos))
        parser->pos++;
    else
        take_chain(parser, scan, end);
}

/* ---- where it ends ---- */

static bool
ends_operand(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    switch (token->kind) {
    case TOKEN_WORD:
        return token->word == WORD_END || token->word == WORD_NULL || token->word == WORD_TRUE ||
               token->word == WORD_FALSE || !word_is_reserved(token->word);
    case TOKEN_OPERATOR:
    case TOKEN_OPEN:
    case TOKEN_COMMA:
    case TOKEN_DOT:
        return false;
    default:
        return true;
    }
}

/* `price p,`: a name right behind a value, and nothing behind it. */
static bool
is_bare_alias(const Parser *parser, const Scan *scan, uint32_t index, uint32_t end)
{
    static const Word operators[] = {WORD_ILIKE,  WORD_SIMILAR, WORD_COLLATE, WORD_OVER,
                                     WORD_FILTER, WORD_WITHIN,  WORD_AT,      WORD_ESCAPE};
    if (index == scan->first || scan->case_depth > 0 || !is_name(parser, index) ||
        !ends_operand(parser, index - 1) || is_word(parser, index, WORD_END))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(operators); i++)
        if (is_word(parser, index, operators[i]))
            return false;
    const Token *next = peek(parser, index + 1);
    return index + 1 >= end || next->kind == TOKEN_COMMA || next->kind == TOKEN_CLOSE ||
           next->kind == TOKEN_SEMICOLON || starts_clause(parser, index + 1);
}

static bool
is_key_end(const Parser *parser, uint32_t index)
{
    Word word = peek(parser, index)->word;
    return word == WORD_ASC || word == WORD_DESC || word == WORD_NULLS || word == WORD_COLLATE ||
           (word == WORD_WITH && is_text(parser, index + 1, "FILL"));
}

static bool
stops_here(const Parser *parser, const Scan *scan, uint32_t end)
{
    uint32_t at = parser->pos;
    const Token *token = peek(parser, at);
    int stops = scan->stops;
    if (token->kind == TOKEN_COMMA)
        return (stops & STOP_COMMA) != 0;
    if (token->kind == TOKEN_STRING)
        return (stops & STOP_ALIAS) && scan->case_depth == 0 && at > scan->first &&
               is_string_alias(parser, at);
    if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED && token->kind != TOKEN_OPERATOR)
        return false;
    if (at > 0 && peek(parser, at - 1)->kind == TOKEN_DOT)
        return false;
    if (scan->case_depth > 0)
        return false;
    return ((stops & STOP_CLAUSE) && starts_clause(parser, at)) ||
           ((stops & STOP_JOIN) && starts_join(parser, at)) ||
           ((stops & STOP_ALIAS) &&
            (token->word == WORD_AS || is_bare_alias(parser, scan, at, end))) ||
           ((stops & STOP_WHEN) && token->word == WORD_WHEN) ||
           ((stops & STOP_SET) && token->word == WORD_SET) ||
           ((stops & STOP_THEN) &&
            (token->word == WORD_THEN || token->word == WORD_DO || token->word == WORD_LOOP)) ||
           ((stops & STOP_KEY) && is_key_end(parser, at));
}

static bool
is_touching(const Parser *parser, uint32_t index)
{
    return index > 0 && peek(parser, index - 1)->end == peek(parser, index)->begin;
}

/* value:field.field[0] of Snowflake and Databricks: what is behind the colon are no columns. */
static void
take_colon_path(Parser *parser, const Context *context, uint32_t end)
{
    while (parser->sql->dialect->has_colon_paths && parser->pos + 1 < end &&
           is_text(parser, parser->pos, ":") && is_touching(parser, parser->pos)) {
        parser->pos += 2;
        for (;;) {
            take_fields(parser, end);
            if (parser->pos >= end || !is_text(parser, parser->pos, "[") ||
                !is_touching(parser, parser->pos))
                break;
            take_group(parser, context, end);
        }
    }
}

static void
scan_elements(Parser *parser, Scan *scan, uint32_t end)
{
    while (parser->pos < end && !stops_here(parser, scan, end)) {
        uint32_t before = parser->pos;
        const Token *token = peek(parser, before);
        if (token->kind == TOKEN_WORD)
            take_word_element(parser, scan, end);
        else if (token->kind == TOKEN_QUOTED || token->kind == TOKEN_TEMPLATE)
            take_chain(parser, scan, end);
        else if (token->kind == TOKEN_OPEN)
            take_group(parser, scan->context, end);
        else if (token->kind == TOKEN_STRING) {
            parse_string(parser, scan->context, before);
            parser->pos++;
        } else if (is_text(parser, before, "::")) {
            parser->pos++;
            skip_type(parser, end);
        } else {
            parser->pos++;
            if (token->kind == TOKEN_CLOSE || token->kind == TOKEN_PARAMETER) /* v:a.b */
                take_fields(parser, end);
        }
        if (before < parser->pos && peek(parser, parser->pos - 1)->kind == TOKEN_CLOSE)
            take_fields(parser, end);
        take_colon_path(parser, scan->context, end);
        if (parser->pos <= before)
            parser->pos = before + 1;
    }
    parser->pos = MIN(parser->pos, end);
}

void
parse_expression(Parser *parser, const Context *context, uint32_t end, int stops)
{
    Scan scan = {.context = context, .stops = stops, .first = parser->pos};
    scan_elements(parser, &scan, end);
}

void
parse_keys(Parser *parser, const Context *context, uint32_t end)
{
    const int stops = STOP_COMMA | STOP_CLAUSE | STOP_KEY;
    GPtrArray *refs = context->block->refs;
    while (parser->pos < end && !starts_clause(parser, parser->pos)) {
        uint32_t first = parser->pos;
        guint before = refs->len;
        parse_expression(parser, context, end, stops);
        SqlRef *ref = refs->len == before + 1 ? g_ptr_array_index(refs, before) : NULL;
        if (ref != NULL && ref->macro == NULL && ref->path.parts[0].token == first &&
            ref->path.parts[ref->path.count - 1].token + 1 == parser->pos)
            ref->is_whole = true;
        parse_expression(parser, context, end, STOP_COMMA | STOP_CLAUSE);
        if (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_COMMA)
            parser->pos++;
        else if (parser->pos == first)
            break;
    }
}
