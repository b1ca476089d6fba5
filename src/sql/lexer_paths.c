/* lexer_paths.c - what is a name, or is put in at run time, because a dot of a path is beside it. */
#include "sql/lexer.h"

/* shop."2020", "shop".orders: texts have no dot beside them, whatever else the dialect puts into these quotes. */
bool
lex_name_in_path(Lexer *lexer, size_t at)
{
    if (lexer->text[at] != '"' || is_among('"', lexer->dialect->name_quotes))
        return false;
    size_t end = end_of_quotes(lexer, at, '"', false);
    bool is_behind = at > 1 && lexer->text[at - 1] == '.' &&
                     (is_name_byte(lexer->text[at - 2]) || is_among(lexer->text[at - 2], "\"`]"));
    bool is_before =
        end > at + 2 && byte_at(lexer, end) == '.' &&
        (is_name_start(byte_at(lexer, end + 1)) || is_among(byte_at(lexer, end + 1), "\"`["));
    if (end <= at + 2 || !(is_behind || is_before))
        return false;
    add(lexer, TOKEN_QUOTED, at, end);
    return true;
}

/* shop.2020_orders; tuple.1 of ClickHouse is none. */
bool
lex_name_of_digits(Lexer *lexer, size_t at)
{
    const Token *before = lexer->count > 1 ? &lexer->at[lexer->count - 1] : NULL;
    if (before == NULL || !g_ascii_isdigit(lexer->text[at]) || before->kind != TOKEN_DOT ||
        before->end != at || (before[-1].kind != TOKEN_WORD && before[-1].kind != TOKEN_QUOTED) ||
        before[-1].end != before->begin || lexer->dialect->has_hiding_aliases)
        return false;
    add_whole(lexer, TOKEN_WORD, at, end_of_name(lexer, at));
    return true;
}

/* ---- {schema}.orders ---- */

/* What programs and clients fill in before a store reads it, beside what is a parameter wherever it stands. */
static const struct {
    const char *open, *close;
} put_in[] = {
    {"{", "}"}, {"#{", "}"}, {"@{", "}"}, {"$(", ")"},  {"$[", "]"},   {"<<", ">>"},
    {"<", ">"}, {"%", "%"},  {"~", "~"},  {"##", "##"}, {":\"", "\""},
};

#define PUT_IN_BYTES_MAX 128 /* a name, perhaps with a type or a path to it */

/* schema, 0, schema:Identifier, config.schema, blanks around it. */
static size_t
end_of_put_in_name(const Lexer *lexer, size_t at)
{
    size_t begin = at;
    while (byte_at(lexer, at) == ' ')
        at++;
    size_t from = at;
    while (at < begin + PUT_IN_BYTES_MAX &&
           (is_name_byte(byte_at(lexer, at)) || is_among(byte_at(lexer, at), ".:-[]")))
        at++;
    if (at == from)
        return 0;
    while (byte_at(lexer, at) == ' ')
        at++;
    return at;
}

/* Does the path go on there: .orders, ."orders", .{table} */
static bool
goes_on(const Lexer *lexer, size_t at)
{
    char next = byte_at(lexer, at + 1);
    return byte_at(lexer, at) == '.' &&
           (is_name_start(next) || g_ascii_isdigit(next) || is_among(next, "\"`[{<#@%$~:&."));
}

/* &schema. of SQL*Plus, whose dot ends it: a path goes on at another one. */
static size_t
end_of_substitution(const Lexer *lexer, size_t at)
{
    size_t name = at + 1 + (byte_at(lexer, at + 1) == '&'), end = end_of_name(lexer, name);
    if (!is_name_start(byte_at(lexer, name)))
        return 0;
    return byte_at(lexer, end) == '.' && byte_at(lexer, end + 1) == '.' ? end + 1 : end;
}

/* $$schema$$: a sign that a name may hold, too. */
static size_t
end_between_signs(const Lexer *lexer, size_t at)
{
    size_t end = at + 2;
    while (is_name_byte(byte_at(lexer, end)) && lexer->text[end] != '$')
        end++;
    return end > at + 2 && starts_with(lexer, end, "$$") ? end + 2 : 0;
}

static size_t
end_of_put_in(const Lexer *lexer, size_t at)
{
    if (lexer->text[at] == '&')
        return end_of_substitution(lexer, at);
    if (starts_with(lexer, at, "$$"))
        return end_between_signs(lexer, at);
    for (size_t i = 0; i < G_N_ELEMENTS(put_in); i++) {
        size_t end = starts_with(lexer, at, put_in[i].open)
                         ? end_of_put_in_name(lexer, at + strlen(put_in[i].open))
                         : 0;
        if (end > 0 && starts_with(lexer, end, put_in[i].close))
            return end + strlen(put_in[i].close);
    }
    return 0;
}

bool
lex_put_in(Lexer *lexer, size_t at)
{
    if (!is_among(lexer->text[at], "{#@$<%~:&"))
        return false;
    size_t end = end_of_put_in(lexer, at);
    if (end == 0 || !goes_on(lexer, end))
        return false;
    add_whole(lexer, TOKEN_PARAMETER, at, end);
    return true;
}
