/*
 * set.c - how often a program sets each of its names: once is a constant; more, or as a parameter somewhere, is none.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

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
        "typeof",  "case",      "assert", "elif",       "while",     "raise",  "when",
        "unless",  "until",     "puts",   NULL};
    if (unit->language->plus == '.' && unit_sign(unit, index - 1) == '$')
        return is_declared_behind(unit, index);
    const Piece *before = unit_piece(unit, index - 1), *next = unit_piece(unit, index + 1);
    bool is_first = unit_sign(unit, index - 1) == '(' || unit_sign(unit, index - 1) == ',';
    char one = unit_sign(unit, index + 1), two = unit_sign(unit, index + 2);
    if (index > 0 && before->kind == PIECE_WORD &&
        !span_is_among(unit->text, (Span){before->begin, before->end}, words))
        return true; /* for x, def f(String x), import x, as x */
    return (is_first && (next->kind == PIECE_WORD || (one == ':' && two != ':'))) ||
           (one == '-' && two == '>') || (one == '=' && two == '>');
}

/* Where the names that stand with commas before this one begin. */
static guint
list_begin(const Unit *unit, guint index)
{
    while (index > 1 && unit_sign(unit, index - 1) == ',' &&
           unit_piece(unit, index - 2)->kind == PIECE_WORD)
        index -= 2;
    return index;
}

/* Words with commas between: from the first to the last one. */
typedef struct {
    guint first, last;
} WordList;

/* The one that the word is in; `list` is that of a word before it, which most words of a long one have been in. */
static void
find_list(const Unit *unit, guint index, WordList *list)
{
    if (index >= list->first && index <= list->last)
        return;
    *list = (WordList){list_begin(unit, index), index};
    while (unit_sign(unit, list->last + 1) == ',' &&
           unit_piece(unit, list->last + 2)->kind == PIECE_WORD)
        list->last += 2;
}

/* a, x = …; for a, x in …; for (const x of …); lambda a, x: …; |a, x| */
static bool
is_set_in_list(const Unit *unit, guint index, bool in_brackets, WordList *words)
{
    static const char *const loops[] = {"for", "foreach", "lambda", NULL},
                             *const in[] = {"in", "of", NULL}, *const kinds[] = {"const", "let",
                                                                                 "var",   "val",
                                                                                 "auto",  NULL};
    find_list(unit, index, words);
    guint first = words->first, last = words->last;
    char one = unit_sign(unit, last + 1), two = unit_sign(unit, last + 2);
    bool is_list = last > first && !in_brackets;
    if (first == 0)
        return is_list && one == '=' && two != '=';
    return (is_list && ((one == '=' && two != '=') || (one == ':' && two == '='))) ||
           unit_is_among(unit, first - 1, loops) ||
           (unit_sign(unit, first - 1) == '|' && one == '|') ||
           (unit_is_among(unit, last + 1, in) && unit_is_among(unit, first - 1, kinds));
}

/* f(String x), f(val x: T), for (String x : …): what stands in brackets behind such a word is no constant. */
static bool
is_kind_of_parameter(const Unit *unit, guint index, bool in_brackets)
{
    static const char *const kinds[] = {"String", "val", "var", "let", "const", "final", NULL};
    return in_brackets && index > 0 && unit_is_among(unit, index - 1, kinds);
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

/* f(x) { */
static bool
begins_body(const Unit *unit, guint open)
{
    int depth = 0;
    for (guint i = open; i < open + PARAMETERS_MAX && i < unit->pieces->len; i++) {
        char sign = unit_sign(unit, i);
        depth += sign == '(' ? 1 : sign == ')' ? -1 : 0;
        if (depth == 0)
            return unit_sign(unit, i + 1) == '{';
    }
    return false;
}

/* def f(x), function (x), (x) => …: no call. */
static bool
is_parameter_list(const Unit *unit, guint open)
{
    static const char *const kinds[] = {"val", "var", "let", "const", NULL};
    static const char *const controls[] = {"if",   "for",   "while", "switch", "catch",
                                           "with", "until", "match", "when",   NULL};
    static const char *const words[] = {"def",      "fun",    "fn",     "func",
                                        "function", "lambda", "import", NULL};
    const Piece *callee = unit_piece(unit, open - 1), *before = unit_piece(unit, open - 2);
    if (open == 0 || callee->kind != PIECE_WORD)
        return unit_sign(unit, open - 1) != ')' && unit_sign(unit, open - 1) != ']' &&
               begins_function(unit, open);
    if (unit_is_among(unit, open - 1, kinds) ||
        (unit->language->has_patterns && !unit_is_among(unit, open - 1, controls) &&
         begins_body(unit, open)))
        return true; /* val (a, b) = …; f(a) { … } of a class of JavaScript */
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

/* A list of parameters; what is in it or is taken apart by `const { a, b } = …` is set, too. */
static bool
opens_names(const Unit *unit, guint index, const GArray *open)
{
    static const char *const kinds[] = {"const", "let", "var", NULL};
    bool is_within = open->len > 0 && g_array_index(open, Open, open->len - 1).has_parameters;
    if (strcmp(unit->language->name, "go") == 0 && index > 0 &&
        unit_is_among(unit, index - 1, kinds))
        return false; /* const ( … ): each of them is set by itself */
    if (unit_sign(unit, index) == '(')
        return is_parameter_list(unit, index);
    return is_within || (index > 0 && unit_is_among(unit, index - 1, kinds));
}

static void
read_words(const Unit *unit, GHashTable *constants)
{
    static const char *const types[] = {"class",  "object", "interface", "trait", "enum",
                                        "record", "struct", "module",    NULL};
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(Open));
    WordList list = {1, 0};
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        char sign = unit_sign(unit, i);
        if (sign != '\0' && strchr("([{", sign) != NULL) {
            Open one = {sign, opens_names(unit, i, open)};
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
        if (is_declared_at(unit, i) || (in_list && !is_set_at(unit, i)) ||
            is_set_in_list(unit, i, in_brackets, &list) ||
            is_kind_of_parameter(unit, i, in_brackets))
            constant->set += 2;
        constant->types += i > 0 && unit_is_among(unit, i - 1, types);
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
