/*
 * parse_expression.c - names in expressions; all else is read over.
 *
 * The question at each word is whether it names a column. It does not when it is a keyword, a function, a type, a date
 * part, the name of an argument, or says what a literal is.
 */
#include "sql/parse_expression.h"

#include <string.h>

/* {*}, {t.* EXCLUDE a}, of Snowflake: all columns, with their names. */
static bool
is_object_of_row(const Parser *parser, uint32_t open)
{
    uint32_t at = open + 1;
    while (is_name(parser, at) && peek(parser, at + 1)->kind == TOKEN_DOT)
        at += 2;
    return is_text(parser, open, "{") && is_text(parser, at, "*");
}

/* THEN (a, b) and ELSE (a, b), up to the next WHEN: in brackets that were read. */
static bool
is_result_of_case(const Parser *parser, uint32_t open)
{
    Word before = peek(parser, open - 1)->word, behind = peek(parser, parser->pos)->word;
    return open > 0 && (before == WORD_THEN || before == WORD_ELSE) &&
           (behind == WORD_WHEN || behind == WORD_ELSE || behind == WORD_END);
}

void
take_group(Parser *parser, const Context *context, uint32_t end)
{
    uint32_t open = parser->pos, close = closing(parser, open, end);
    guint refs_before = context->block->refs->len;
    bool is_round = is_open(parser, parser->pos),
         is_query = is_round && starts_query(parser, parser->pos + 1, close);
    if (is_object_of_row(parser, parser->pos))
        context->block->value_star = parser->pos;
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
    } else if (is_round || !take_comprehension(parser, context, close)) {
        Context inner = *context;
        Scan scan = {.context = &inner,
                     .first = parser->pos,
                     .is_object = is_text(parser, parser->pos - 1, "{")};
        scan_elements(parser, &scan, close);
    }
    parser->depth--;
    parser->pos = MIN(close + 1, end);
    if (context->item != NULL && is_result_of_case(parser, open))
        mark_row_fields(parser, context, refs_before, open);
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
    const Token *begin = peek(parser, first), *before = first > 0 ? begin - 1 : NULL;
    const Token *last = peek(parser, behind - 1), *next = last + 1;
    return (before != NULL && before->end == begin->begin &&
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

bool
template_makes_word(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index), *next = peek(parser, index + 1);
    const Token *before = index > 0 ? peek(parser, index - 1) : NULL;
    return (before != NULL && before->end == token->begin && is_word_kind(before) &&
            !template_separates(parser, index - 1)) ||
           (next->begin == token->end && is_word_kind(next) &&
            !template_separates(parser, index + 1));
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
                   template_makes_word(parser, token));
    return context->block->refs->len > before;
}

/* amount(+): a column, of the side of an outer join that may have no row, as Oracle and others write it. */
static bool
is_outer_mark(const Parser *parser, uint32_t at, uint32_t end)
{
    return at + 2 < end && is_open(parser, at) && is_text(parser, at + 1, "+") &&
           peek(parser, at + 2)->kind == TOKEN_CLOSE;
}

void
take_chain(Parser *parser, Scan *scan, uint32_t end)
{
    uint32_t first = parser->pos;
    SqlPath path;
    if (is_text(parser, first, "IDENTIFIER") && literal_name_take(parser, &path)) {
        ref_add(parser, scan->context, path);
        return;
    }
    path = path_take(parser, end, false);
    const Token *next = peek(parser, parser->pos);
    bool is_named_argument = next->kind == TOKEN_OPERATOR && (token_is_text(parser, next, "=>") ||
                                                              token_is_text(parser, next, ":="));
    if (is_outer_mark(parser, parser->pos, end)) {
        ref_add(parser, scan->context, path);
        parser->pos += 3;
        return;
    }
    if (is_open(parser, parser->pos) && parser->pos < end) {
        receiver_add(parser, scan->context, path);
        take_arguments(parser, scan->context, &path, end);
        take_fields(parser, end);
        return;
    }
    bool is_template = peek(parser, first)->kind == TOKEN_TEMPLATE && path.count == 1;
    bool has_templates = tokens_have(parser->sql->list, TOKEN_TEMPLATE);
    for (uint32_t i = 0; has_templates && i < path.count; i++)
        is_template |= take_template_part(parser, scan->context, &path, i);
    if (is_template || is_named_argument || is_glued(parser, first, parser->pos))
        return;
    ref_add(parser, scan->context, path);
}

/* SELECT plan 'Plan', u.plan 'Plan': the literal at `index` is the name of what stands before it. */
static bool
is_string_alias(const Parser *parser, uint32_t index)
{
    if (peek(parser, index)->kind != TOKEN_STRING || !parser->sql->dialect->has_alias_strings ||
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
    const Token *token = peek(parser, index);
    return token[1].kind == TOKEN_STRING && token->kind == TOKEN_WORD &&
           !is_string_alias(parser, index + 1);
}

static void
take_word_element(Parser *parser, Scan *scan, uint32_t end)
{
    if (peek(parser, parser->pos)[1].kind == TOKEN_DOT)
        take_chain(parser, scan, end);
    else if (is_frame(parser, parser->pos))
        parser->pos = end;
    else if (is_window_base(parser, scan->context, parser->pos))
        parser->pos++;
    else if (is_respecting(parser, parser->pos))
        parser->pos += 2;
    else if (take_special(parser, scan, end))
        return;
    else if (is_before_literal(parser, parser->pos))
        parser->pos++;
    else
        take_chain(parser, scan, end);
}

/* ---- where it ends ---- */

bool
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

#define HIERARCHY_TOKENS_MAX 2000 /* from a value to CONNECT BY */

/* PRIOR a, CONNECT_BY_ROOT a: a word before a value, of queries with CONNECT BY. */
static bool
is_prior(const Parser *parser, uint32_t index)
{
    TokenKind next = peek(parser, index + 1)->kind;
    bool has_value = next == TOKEN_WORD || next == TOKEN_QUOTED || next == TOKEN_OPEN;
    if (!has_value || word_is_reserved(peek(parser, index + 1)->word))
        return false;
    if (is_text(parser, index, "CONNECT_BY_ROOT"))
        return true;
    if (!is_text(parser, index, "PRIOR"))
        return false;
    for (uint32_t at = index; at < index + HIERARCHY_TOKENS_MAX; at++) {
        TokenKind kind = peek(parser, at)->kind;
        if (kind == TOKEN_SEMICOLON || kind == TOKEN_END)
            return false;
        if (is_text(parser, at, "CONNECT") && is_word(parser, at + 1, WORD_BY))
            return true;
    }
    return false;
}

/* a REGEXP b, a XOR b, and BINARY a of MySQL: a word that has a value behind it, and no name of the one before. */
static bool
is_operator_word(const Parser *parser, const Scan *scan, uint32_t index)
{
    static const char *const between[] = {"REGEXP", "RLIKE", "XOR",      "DIV",     "MOD", "ILIKE",
                                          "GLOB",   "MATCH", "OVERLAPS", "SIMILAR", NULL};
    if (peek(parser, index)->kind != TOKEN_WORD || index == 0)
        return false;
    if (index > scan->first && is_among_words_of(parser, index, between) &&
        (ends_operand(parser, index - 1) || is_word(parser, index - 1, WORD_NOT)))
        return true;
    const Dialect *dialect = parser->sql->dialect;
    return is_text(parser, index, "BINARY") && (dialect->has_code_comments || dialect->is_any) &&
           (index == scan->first || !ends_operand(parser, index - 1));
}

/* `price p,`: a name right behind a value, and nothing behind it. */
static bool
is_bare_alias(const Parser *parser, const Scan *scan, uint32_t index, uint32_t end)
{
    static const Word operators[] = {WORD_ILIKE,  WORD_SIMILAR, WORD_COLLATE, WORD_OVER,
                                     WORD_FILTER, WORD_WITHIN,  WORD_AT,      WORD_ESCAPE};
    if (index == scan->first || scan->case_depth > 0 || !is_name(parser, index) ||
        !ends_operand(parser, index - 1) || is_word(parser, index, WORD_END) ||
        is_prior(parser, index - 1) || is_operator_word(parser, scan, index - 1))
        return false;
    Word word = peek(parser, index)->word;
    for (size_t i = 0; word != WORD_NONE && i < G_N_ELEMENTS(operators); i++)
        if (word == operators[i])
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
    if ((token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED &&
         token->kind != TOKEN_OPERATOR) ||
        scan->case_depth > 0 || (at > 0 && token[-1].kind == TOKEN_DOT) ||
        is_word_as_column(parser, at, end))
        return false;
    return ((stops & STOP_CLAUSE) && starts_clause(parser, at)) ||
           ((stops & STOP_JOIN) && (starts_join(parser, at) || is_reshape(parser, at))) ||
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
    bool is_key =
        parser->pos > 0 && peek(parser, parser->pos - 1)->kind == TOKEN_STRING; /* {'a':b} */
    while (parser->sql->dialect->has_colon_paths && !is_key && parser->pos + 1 < end &&
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

/* $1, t.$1, of Snowflake; #1 of DuckDB: a column by its place. */
static void
note_place_of_column(Parser *parser, const Context *context, uint32_t index)
{
    const Token *token = peek(parser, index);
    const char *text = parser->sql->list->text + token->begin;
    bool is_place = token->kind == TOKEN_PARAMETER && parser->sql->dialect->has_places &&
                    token->end > token->begin + 1 && text[0] == '$' && g_ascii_isdigit(text[1]);
    bool is_numbered = parser->sql->dialect->has_alias_prefix && is_text(parser, index, "#") &&
                       peek(parser, index + 1)->kind == TOKEN_NUMBER &&
                       is_touching(parser, index + 1);
    if (is_place || is_numbered)
        context->block->value_star = index;
}

/* {plan: u.plan}: what the value is called there, and no column. */
static bool
is_key_of_object(const Parser *parser, const Scan *scan)
{
    const Token *token = peek(parser, parser->pos);
    return scan->is_object && (token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED) &&
           (parser->pos == scan->first || token[-1].kind == TOKEN_COMMA) &&
           is_text(parser, parser->pos + 1, ":");
}

void
scan_elements(Parser *parser, Scan *scan, uint32_t end)
{
    while (parser->pos < end && !stops_here(parser, scan, end)) {
        uint32_t before = parser->pos;
        const Token *token = peek(parser, before);
        if (is_key_of_object(parser, scan))
            parser->pos += 2;
        else if (token->kind == TOKEN_WORD && is_prior(parser, before))
            parser->pos++;
        else if (token->kind == TOKEN_WORD)
            take_word_element(parser, scan, end);
        else if (token->kind == TOKEN_QUOTED && is_window_base(parser, scan->context, before))
            parser->pos++;
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
            note_place_of_column(parser, scan->context, before);
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

/* ORDER BY 2 */
static void
note_place(const Parser *parser, SqlBlock *block, uint32_t index)
{
    const Token *token = peek(parser, index);
    if (token->kind == TOKEN_NUMBER && parser->pos == index + 1 && token->end - token->begin < 6) {
        guint64 place = g_ascii_strtoull(parser->sql->list->text + token->begin, NULL, 10);
        block->place_max = MAX(block->place_max, (uint32_t) place);
    }
}

/* ORDER BY a COLLATE "C": a value, and no name by itself any more, but in SQLite and DuckDB. */
static bool
is_collated(const Parser *parser, uint32_t end)
{
    const Dialect *dialect = parser->sql->dialect;
    return parser->pos < end && is_word(parser, parser->pos, WORD_COLLATE) &&
           !dialect->has_searched_tails && !dialect->is_any;
}

void
parse_keys(Parser *parser, const Context *context, uint32_t end)
{
    const int stops = STOP_COMMA | STOP_CLAUSE | STOP_KEY;
    ArenaList *refs = context->block->refs;
    while (parser->pos < end && !starts_clause(parser, parser->pos)) {
        uint32_t first = parser->pos;
        guint before = refs->len;
        parse_expression(parser, context, end, stops);
        note_place(parser, context->block, first);
        SqlRef *ref = refs->len == before + 1 ? g_ptr_array_index(refs, before) : NULL;
        if (ref != NULL && ref->macro == NULL && ref->path.parts[0].token == first &&
            ref->path.parts[ref->path.count - 1].token + 1 == parser->pos)
            ref->is_whole = !is_collated(parser, end);
        parse_expression(parser, context, end, STOP_COMMA | STOP_CLAUSE);
        if (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_COMMA)
            parser->pos++;
        else if (parser->pos == first)
            break;
    }
}
