/* lexer_brackets.c - brackets, which learn of each other, branches that SqlRender chooses, and {x}, which is put in. */
#include "sql/lexer.h"

#include <string.h>

#define CONDITION_BYTES_MAX 1024 /* of SqlRender; people write twenty */
#define PARAMETER_BYTES_MAX 128  /* a name and a type, which may have some in brackets */

static size_t
behind_blanks(const Lexer *lexer, size_t at)
{
    while (at < lexer->bytes && (byte_kinds[(guchar) lexer->text[at]] & BYTE_BLANK))
        at++;
    return at;
}

/* `sign {` here, blanks aside: behind it; else 0. */
static size_t
behind_sign_and_brace(const Lexer *lexer, size_t at, char sign)
{
    size_t next = behind_blanks(lexer, at);
    if (byte_at(lexer, next) != sign)
        return 0;
    next = behind_blanks(lexer, next + 1);
    return byte_at(lexer, next) == '{' ? next + 1 : 0;
}

/* {@x == 'y'} ? {  */
static bool
lex_condition(Lexer *lexer, size_t at)
{
    size_t end = at + 1, limit = MIN(lexer->bytes, at + CONDITION_BYTES_MAX), behind;
    bool has_parameter = false;
    for (; end < limit && !is_among(lexer->text[end], "{};"); end++)
        has_parameter |= lexer->text[end] == '@';
    if (!has_parameter || byte_at(lexer, end) != '}')
        return false;
    behind = behind_sign_and_brace(lexer, end + 1, '?');
    if (behind == 0)
        return false;
    guint index = lexer->count;
    add(lexer, TOKEN_CHOICE, at, behind);
    g_array_append_val(lexer->open, index);
    return true;
}

/*
 * The end of a branch of SqlRender, or `} : {` between two: the innermost brace that is open is one of its own. Other
 * brackets may wait in between: they find each other once it is known which branch is read.
 */
static bool
lex_end_of_branch(Lexer *lexer, size_t at)
{
    guint depth = lexer->open->len;
    const Token *open = NULL;
    for (; depth > 0; depth--) {
        open = &lexer->at[g_array_index(lexer->open, guint, depth - 1)];
        if (lexer->text[open->begin] == '{')
            break;
    }
    if (depth == 0 || open->kind != TOKEN_CHOICE)
        return false;
    size_t behind = behind_sign_and_brace(lexer, at + 1, ':');
    add(lexer, TOKEN_CHOICE, at, behind > 0 ? behind : at + 1);
    g_array_set_size(lexer->open, behind > 0 ? depth : depth - 1);
    return true;
}

/* ---- {x}: what is put in, and no column ---- */

/* Is the word the type of a parameter of ClickHouse? There they are in these letters. */
static bool
is_type(const Lexer *lexer, size_t begin, size_t end)
{
    static const char *const types[] = {
        "String", "FixedString", "UUID",   "Bool",     "Date",           "Date32", "DateTime",
        "Int",    "Float",       "UInt",   "Decimal",  "Array",          "Tuple",  "Map",
        "Enum",   "IPv",         "JSON",   "Nullable", "LowCardinality", "Point",  "DateTime64",
        "Time",   "Identifier",  "BFloat", "Dynamic",  "Variant"};
    while (end > begin && g_ascii_isdigit(lexer->text[end - 1]))
        end--;
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (strlen(types[i]) == end - begin &&
            memcmp(lexer->text + begin, types[i], end - begin) == 0)
            return true;
    return false;
}

/* Behind `: Type` of {day: Date}; `at`: there is none. */
static size_t
behind_type(const Lexer *lexer, size_t at)
{
    bool is_typed = lexer->dialect->has_typed_parameters || lexer->dialect->is_any;
    size_t begin = behind_blanks(lexer, at + 1), end = begin;
    while (is_name_byte(byte_at(lexer, end)))
        end++;
    if (byte_at(lexer, at) != ':' || !is_typed || end == begin ||
        (lexer->dialect->is_any && !is_type(lexer, begin, end)))
        return at;
    while (end < lexer->bytes && end < at + PARAMETER_BYTES_MAX &&
           (is_name_byte(lexer->text[end]) || is_among(lexer->text[end], "(), ")))
        end++;
    return end;
}

/* {plan}, { plan }, {config.plan}, {plan: String} */
static bool
lex_braced_parameter(Lexer *lexer, size_t at)
{
    size_t end = behind_blanks(lexer, at + 1);
    if (!is_name_start(byte_at(lexer, end)))
        return false;
    while (is_name_byte(byte_at(lexer, end)) ||
           (byte_at(lexer, end) == '.' && is_name_start(byte_at(lexer, end + 1))))
        end++;
    end = behind_blanks(lexer, behind_type(lexer, behind_blanks(lexer, end)));
    if (byte_at(lexer, end) != '}' || end > at + PARAMETER_BYTES_MAX)
        return false;
    add(lexer, TOKEN_PARAMETER, at, end + 1);
    return true;
}

/* {0}, as format() puts in by its place; A{2} of a pattern says how often. */
static bool
lex_numbered_parameter(Lexer *lexer, size_t at)
{
    size_t end = at + 1;
    while (g_ascii_isdigit(byte_at(lexer, end)))
        end++;
    bool is_often =
        at > 0 && (is_name_byte(lexer->text[at - 1]) || is_among(lexer->text[at - 1], ")+*"));
    if (end == at + 1 || byte_at(lexer, end) != '}' || is_often || end > at + PARAMETER_BYTES_MAX ||
        behind_sign_and_brace(lexer, end + 1, '?') > 0)
        return false;
    add(lexer, TOKEN_PARAMETER, at, end + 1);
    return true;
}

bool
lex_bracket(Lexer *lexer, size_t at)
{
    char c = lexer->text[at];
    if (c == '{' && (lex_braced_parameter(lexer, at) || lex_numbered_parameter(lexer, at)))
        return true;
    if ((c == '{' && lex_condition(lexer, at)) || (c == '}' && lex_end_of_branch(lexer, at)))
        return true;
    if (c == '(' || c == '[' || c == '{') {
        guint index = lexer->count;
        add(lexer, TOKEN_OPEN, at, at + 1);
        g_array_append_val(lexer->open, index);
        return true;
    }
    if (c != ')' && c != ']' && c != '}')
        return false;
    guint index = lexer->count;
    Token *close = add(lexer, TOKEN_CLOSE, at, at + 1);
    if (lexer->open->len == 0)
        return true;
    guint other = g_array_index(lexer->open, guint, lexer->open->len - 1);
    Token *open = &lexer->at[other];
    if (open->kind == TOKEN_CHOICE || lexer->text[open->begin] != (c == ')'   ? '('
                                                                   : c == ']' ? '['
                                                                              : '{'))
        return true; /* stays without its other half */
    open->match = index;
    close->match = other;
    g_array_set_size(lexer->open, lexer->open->len - 1);
    return true;
}
