/*
 * parse_call.c - what functions are given: columns, parts of dates, types, fields, lambdas.
 */
#include "base/text.h"
#include "sql/parse_expression.h"

#include <string.h>

static bool
is_cast(const SqlPath *name)
{
    static const char *const words[] = {"CAST", "TRY_CAST", "SAFE_CAST", "TRY_CONVERT"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (name->count == 1 && text_same_folded(name->parts[0].text, words[i]))
            return true;
    return false;
}

/* CSV and the like, as a literal: rows without the names of their columns. */
static bool
is_format_without_names(const Parser *parser, uint32_t open)
{
    static const char *const formats[] = {"'CSV'", "'TSV'", "'TabSeparated'", "'Values'", NULL};
    return is_among_words_of(parser, open + 1, formats);
}

/* Do tuples get the names of columns, by a setting that the text speaks of? */
static bool
has_named_tuples(Parser *parser)
{
    static const char setting[] = "enable_named_columns_in_function_tuple";
    const TokenList *list = parser->sql->list;
    if (parser->tuples == TUPLES_UNKNOWN)
        parser->tuples = text_find_folded(list->text, list->bytes, setting) != NULL ? TUPLES_NAMED
                                                                                    : TUPLES_PLAIN;
    return parser->tuples == TUPLES_NAMED;
}

/* STRUCT(a, b AS c), xmlforest(a, b AS c): the first field, element or attribute is called like the column. */
static SqlField
fields_of(Parser *parser, const SqlPath *name, uint32_t open)
{
    static const struct {
        const char *word;
        SqlField field;
    } makers[] = {{"STRUCT", FIELD_AS},          {"XMLFOREST", FIELD_AS},
                  {"XMLATTRIBUTES", FIELD_AS},   {"XMLCOLATTVAL", FIELD_AS},
                  {"STRUCT_PACK", FIELD_BEFORE}, {"ARRAYS_ZIP", FIELD_FIXED},
                  {"FORMATROW", FIELD_FIXED},    {"FORMATROWNONEWLINE", FIELD_FIXED},
                  {"TUPLE", FIELD_FIXED}};
    const char *word = name->count == 1 ? name->parts[0].text : "";
    size_t i = 0;
    while (i < G_N_ELEMENTS(makers) && !text_same_folded(word, makers[i].word))
        i++;
    if (i == G_N_ELEMENTS(makers))
        return FIELD_NONE;
    bool is_of_places =
        (g_ascii_toupper(word[0]) == 'F' && is_format_without_names(parser, open)) ||
        (g_ascii_toupper(word[0]) == 'T' && !has_named_tuples(parser));
    return is_of_places ? FIELD_NONE : makers[i].field;
}

static void
mark_field(const Parser *parser, const Context *context, guint refs_before, uint32_t first,
           SqlField field)
{
    const ArenaList *refs = context->block->refs;
    SqlRef *ref = refs->len == refs_before + 1 ? g_ptr_array_index(refs, refs_before) : NULL;
    if (ref != NULL && ref->macro == NULL && ref->path.parts[0].token == first &&
        ref->path.parts[ref->path.count - 1].token + 1 == parser->pos)
        ref->field = field;
}

void
mark_row_fields(Parser *parser, const Context *context, guint refs_before, uint32_t first)
{
    const Dialect *dialect = parser->sql->dialect;
    SqlField field = dialect->has_named_rows                                   ? FIELD_AS
                     : dialect->has_hiding_aliases && has_named_tuples(parser) ? FIELD_FIXED
                                                                               : FIELD_NONE;
    const ArenaList *refs = context->block->refs;
    uint32_t close = is_open(parser, first) ? closing(parser, first, parser->pos) : 0,
             at = first + 1;
    if (field == FIELD_NONE || close + 1 != parser->pos ||
        sql_element_end(parser->sql, at, close, NULL) == close)
        return;
    for (guint i = refs_before; i < refs->len && at < close; i++) {
        SqlRef *ref = g_ptr_array_index(refs, i);
        while (at < close && ref->path.parts[0].token > at)
            at = sql_element_end(parser->sql, at, close, NULL) + 1;
        if (ref->macro == NULL && ref->path.parts[0].token == at &&
            ref->path.parts[ref->path.count - 1].token + 1 ==
                sql_element_end(parser->sql, at, close, NULL))
            ref->field = field;
    }
}

/* An arrow of parameters; the one before a text or a number takes a field out of JSON, where nobody knows the dialect. */
static bool
is_arrow(const Parser *parser, uint32_t index)
{
    const Dialect *dialect = parser->sql->dialect;
    const Token *next = peek(parser, index + 1);
    return dialect->has_lambdas && is_text(parser, index, "->") &&
           (!dialect->is_any || (next->kind != TOKEN_STRING && next->kind != TOKEN_NUMBER &&
                                 next->kind != TOKEN_TEMPLATE));
}

/* x -> …, (x, y) -> …: within the argument these names are its own. */
static void
mark_parameters(const Parser *parser, const Context *context, guint refs_before, uint32_t first)
{
    const ArenaList *refs = context->block->refs;
    uint32_t arrow = is_open(parser, first) ? closing(parser, first, UINT32_MAX) + 1 : first + 1;
    if (!is_arrow(parser, arrow))
        return;
    for (guint i = refs_before; i < refs->len; i++) {
        SqlRef *ref = g_ptr_array_index(refs, i);
        for (guint p = refs_before; p < refs->len; p++) {
            const SqlRef *name = g_ptr_array_index(refs, p);
            if (name->path.parts[0].token < arrow &&
                text_same_folded(name->path.parts[0].text, ref->path.parts[0].text))
                ref->binding = BINDING_LOCAL;
        }
    }
}

/* COLUMNS('a.*'), IDENTIFIER(:a): a pattern of names, and one that is put together, or put in. */
static bool
names_columns(const Parser *parser, const SqlPath *name, uint32_t close)
{
    return text_same_folded(name->parts[name->count - 1].text, "COLUMNS") ||
           (name->count == 1 && text_same_folded(name->parts[0].text, "IDENTIFIER") &&
            close > parser->pos);
}

/* f(*), f(*, a), f(* EXCLUDE a), f(t.*), at an argument: all columns, with their names or places unless they are only counted. */
static void
note_star(const Parser *parser, const Context *context, const SqlPath *name, uint32_t close)
{
    static const char *const counting[] = {"COUNT", "COUNT_IF", "COUNT_BIG"};
    uint32_t at = parser->pos;
    for (size_t i = 0; i < G_N_ELEMENTS(counting); i++)
        if (text_same_folded(name->parts[name->count - 1].text, counting[i]))
            return;
    while (at + 1 < close && is_name(parser, at) && peek(parser, at + 1)->kind == TOKEN_DOT)
        at += 2;
    if (at < close && is_text(parser, at, "*"))
        context->block->value_star = at;
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
    const ArenaList *refs = context->block->refs;
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

/* sqlc.arg(plan): what is put in at run time, by the name that the program knows it by. */
static bool
names_parameter(const SqlPath *name)
{
    static const char *const words[] = {"arg", "narg", "slice"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (name->count == 2 && strcmp(name->parts[0].text, "sqlc") == 0 &&
            strcmp(name->parts[1].text, words[i]) == 0)
            return true;
    return false;
}

void
take_arguments(Parser *parser, const Context *context, const SqlPath *name, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end);
    if (starts_query(parser, parser->pos + 1, close) || is_too_deep(parser, close)) {
        take_group(parser, context, end);
        return;
    }
    if (names_parameter(name)) {
        parser->pos = MIN(close + 1, end);
        return;
    }
    bool casts = is_cast(name);
    SqlField field = fields_of(parser, name, parser->pos);
    parser->depth++;
    parser->pos++;
    if (names_columns(parser, name, close))
        context->block->value_star = parser->pos;
    for (guint parts = date_parts_of(parser, name, close); parser->pos < close; parts >>= 1) {
        uint32_t colon = lambda_colon(parser, close);
        note_star(parser, context, name, close);
        if (parts & 1)
            skip_date_part(parser, close);
        if (colon > 0)
            take_lambda(parser, context, colon, close);
        Scan scan = {.context = context,
                     .stops = STOP_COMMA | (casts ? STOP_ALIAS : 0),
                     .first = parser->pos};
        guint refs = context->block->refs->len;
        scan_elements(parser, &scan, close);
        mark_parameters(parser, context, refs, scan.first);
        if (field != FIELD_NONE)
            mark_field(parser, context, refs, scan.first, field);
        if (context->item != NULL)
            mark_row_fields(parser, context, refs, scan.first);
        if (casts && is_word(parser, parser->pos, WORD_AS))
            parser->pos = close; /* a type */
        else if (parser->pos < close)
            parser->pos++;
    }
    parser->depth--;
    parser->pos = MIN(close + 1, end);
}

/* ---- functions that make tables ---- */

static bool
makes_columns(const SqlPath *name)
{
    static const char *const words[] = {"JSON_TABLE", "XMLTABLE"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (name->count == 1 && text_same_folded(name->parts[0].text, words[i]))
            return true;
    return false;
}

/* COLUMNS (a int PATH '$.a' DEFAULT x, NESTED PATH '$.b' COLUMNS (…)): names that are made here, and types. Nothing is read
 * but what stands behind DEFAULT. */
static void
skip_made_columns(Parser *parser, const Context *context, uint32_t close)
{
    while (parser->pos < close)
        if (is_word(parser, parser->pos++, WORD_DEFAULT))
            parse_expression(parser, context, close, STOP_COMMA);
}

void
parse_table_arguments(Parser *parser, const Context *context, const SqlPath *name, uint32_t close)
{
    uint32_t columns = parser->pos;
    while (columns < close && !is_text(parser, columns, "COLUMNS"))
        columns = peek(parser, columns)->kind == TOKEN_OPEN ? closing(parser, columns, close) + 1
                                                            : columns + 1;
    if (makes_columns(name) && columns < close) {
        parse_expression(parser, context, columns, 0);
        skip_made_columns(parser, context, close);
    } else {
        parse_expression(parser, context, close, 0);
    }
}
