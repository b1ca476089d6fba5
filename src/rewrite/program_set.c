/*
 * program_set.c - how often a program sets each of its names: once is a constant; more, or as a parameter somewhere, is none.
 */
#include "rewrite/program.h"

#include <string.h>

#define PARAMETERS_MAX 200 /* pieces, of a function without a name */

static bool
is_set_at(const Unit *unit, guint index)
{
    char one = unit_sign(unit, index + 1), two = unit_sign(unit, index + 2);
    if (one == '=')
        return two != '=';
    return two == '=' ? one != '\0' && strchr("+:-*/|", one) != NULL : one == '<' && two == '-';
}

/* $table of PHP: global $table, as $table, $key => $table, &$table. */
static bool
is_declared_behind(const Unit *unit, guint index)
{
    static const char *const words[] = {"global", "as", "public", "protected", "private", NULL};
    const Piece *before = unit_piece(unit, index - 2);
    char sign = unit_sign(unit, index - 2);
    return sign == '>' || sign == '&' ||
           (before->kind == PIECE_WORD &&
            span_is_among(unit->text, (Span){before->begin, before->end}, words));
}

static bool
is_declared_at(const Unit *unit, guint index)
{
    static const char *const words[] = {
        "return",  "in",        "and",    "or",         "not",       "if",     "else",
        "yield",   "await",     "val",    "var",        "let",       "const",  "final",
        "is",      "export",    "static", "lazy",       "String",    "class",  "object",
        "module",  "interface", "trait",  "struct",     "enum",      "record", "package",
        "extends", "with",      "new",    "implements", "namespace", "throw",  "instanceof",
        "typeof",  "case",      NULL};
    if (unit->language->plus == '.' && unit_sign(unit, index - 1) == '$')
        return is_declared_behind(unit, index);
    const Piece *before = unit_piece(unit, index - 1), *next = unit_piece(unit, index + 1);
    bool is_first = unit_sign(unit, index - 1) == '(' || unit_sign(unit, index - 1) == ',';
    char one = unit_sign(unit, index + 1), two = unit_sign(unit, index + 2);
    if (index > 0 && before->kind == PIECE_WORD &&
        !span_is_among(unit->text, (Span){before->begin, before->end}, words))
        return true; /* for x, def f(String x), import x, as x */
    return (is_first && (next->kind == PIECE_WORD || one == ':')) || (one == '-' && two == '>') ||
           (one == '=' && two == '>');
}

/* (x) => …, (x) -> …, (x): T => …: what stands behind the bracket that closes this one. */
static bool
begins_function(const Unit *unit, guint open)
{
    int depth = 0;
    for (guint i = open; i < open + PARAMETERS_MAX; i++) {
        char sign = unit_sign(unit, i);
        depth += sign != '\0' && strchr("([{", sign) != NULL   ? 1
                 : sign != '\0' && strchr(")]}", sign) != NULL ? -1
                                                               : 0;
        if (depth == 0)
            return strchr("=-:{", unit_sign(unit, i + 1)) != NULL && unit_sign(unit, i + 1) != '\0';
    }
    return true;
}

/* def f(x), function (x), (x) => …: no call. */
static bool
is_parameter_list(const Unit *unit, guint open)
{
    static const char *const words[] = {"def",      "fun",    "fn",     "func",
                                        "function", "lambda", "import", NULL};
    const Piece *callee = unit_piece(unit, open - 1), *before = unit_piece(unit, open - 2);
    if (open == 0 || callee->kind != PIECE_WORD)
        return unit_sign(unit, open - 1) != ')' && unit_sign(unit, open - 1) != ']' &&
               begins_function(unit, open);
    return span_is_among(unit->text, (Span){callee->begin, callee->end}, words) ||
           (open > 1 && before->kind == PIECE_WORD &&
            span_is_among(unit->text, (Span){before->begin, before->end}, words));
}

/* f(name=value): the function's name for it. */
static bool
is_keyword(const Unit *unit, guint index, bool in_call)
{
    return unit->language->has_keywords && in_call && unit_sign(unit, index + 1) == '=';
}

typedef struct {
    char sign;
    bool has_parameters;
} Open;

static void
read_words(const Unit *unit, GHashTable *constants)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(Open));
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        char sign = unit_sign(unit, i);
        if (sign != '\0' && strchr("([{", sign) != NULL) {
            Open one = {sign, sign == '(' && is_parameter_list(unit, i)};
            g_array_append_val(open, one);
        }
        if (sign != '\0' && strchr(")]}", sign) != NULL && open->len > 0)
            g_array_set_size(open, open->len - 1);
        if (piece->kind != PIECE_WORD || piece->is_import)
            continue;
        Constant *constant = constants_called(constants, unit->text->bytes + piece->begin,
                                              piece->end - piece->begin);
        Open inner = open->len > 0 ? g_array_index(open, Open, open->len - 1) : (Open){0};
        bool in_brackets = inner.sign == '(', in_list = inner.has_parameters;
        constant->words++;
        if (is_keyword(unit, i, in_brackets && !in_list))
            continue;
        constant->set += is_set_at(unit, i);
        if (is_declared_at(unit, i) || (in_list && !is_set_at(unit, i)))
            constant->set += 2;
    }
}

/* `read TABLE`, `for TABLE in`, and TABLE=… of the shell, whose lexer has no words. */
static void
read_shell(const Unit *unit, GHashTable *constants)
{
    for (guint i = 0; unit->language->joins_touching && i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        const char *bytes = unit->text->bytes;
        if (piece->kind != PIECE_LITERAL)
            continue;
        if (piece->key.end > piece->key.begin && piece->key.end + 1 == piece->begin)
            constants_called(constants, bytes + piece->key.begin, piece->key.end - piece->key.begin)
                ->set++;
        if (piece->quoting.is_bare)
            constants_called(constants, bytes + piece->begin, piece->end - piece->begin)->set += 2;
    }
}

void
constants_count(Unit *unit, GHashTable *constants)
{
    read_words(unit, constants);
    read_shell(unit, constants);
}
