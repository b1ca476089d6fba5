/*
 * program_constants.c - names of a program that stand for the dataset: TABLE = "a.b.c", once and for all.
 *
 * Where SQL gets such a name put in (f"… FROM {TABLE}"), it reads the dataset: its columns are rewritten there, and the name
 * where it is set. A name that is set twice, or may be a parameter somewhere, stands for nothing.
 */
#include "rewrite/imports.h"

#include <string.h>

#define PARAMETERS_MAX 200 /* pieces, of a function without a name */

void
constant_free(void *data)
{
    Constant *constant = data;
    if (constant == NULL)
        return;
    g_free(constant->text);
    g_free(constant->after);
    g_free(constant);
}

GHashTable *
constants_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, constant_free);
}

Constant *
constants_called(GHashTable *constants, const char *name, size_t bytes)
{
    g_autofree char *key = g_strndup(name, bytes);
    Constant *constant = g_hash_table_lookup(constants, key);
    if (constant == NULL) {
        constant = g_new0(Constant, 1);
        g_hash_table_insert(constants, g_steal_pointer(&key), constant);
    }
    return constant;
}

Constant *
constants_find(GHashTable *constants, const char *name, size_t bytes)
{
    if (constants == NULL || bytes == 0 || bytes > 200)
        return NULL;
    g_autofree char *key = name_with_dots(name, bytes);
    Constant *constant = key != NULL ? g_hash_table_lookup(constants, key) : NULL;
    if (constant == NULL || constant->text == NULL)
        return NULL;
    if (constant->export == NULL)
        return constant->set == 1 ? constant : NULL;
    bool is_certain = constant->doubt == NULL && constant->first->set == 0;
    constant->missed += !is_certain;
    return is_certain ? constant : NULL;
}

/* ---- names of several parts ---- */

static bool
is_quote(char c)
{
    return c == '"' || c == '\'';
}

/* The part that begins at `at`, or 0: how many bytes it has. */
static size_t
part_bytes(const char *text, size_t at, size_t bytes)
{
    size_t end = at;
    while (end < bytes && is_identifier_byte(text[end]))
        end++;
    return g_ascii_isdigit(text[at]) ? 0 : end - at;
}

/* Behind what stands between two parts: `.` `::` `?.` `["`; `at` when there is nothing of the kind. */
static size_t
skip_joint(const char *text, size_t at, size_t bytes, bool *ret_is_subscript)
{
    size_t from = at;
    *ret_is_subscript = false;
    while (at < bytes && g_ascii_isspace(text[at]))
        at++;
    if (at + 1 < bytes && (memcmp(text + at, "::", 2) == 0 || memcmp(text + at, "?.", 2) == 0))
        at += 2;
    else if (at < bytes && text[at] == '.')
        at++;
    else if (at + 1 < bytes && text[at] == '[' && is_quote(text[at + 1])) {
        *ret_is_subscript = true;
        return at + 2;
    } else
        return from;
    while (at < bytes && g_ascii_isspace(text[at]))
        at++;
    return at;
}

char *
name_with_dots(const char *text, size_t bytes)
{
    g_autoptr(GString) name = g_string_new(NULL);
    bool is_subscript = false;
    size_t at = 0;
    while (at < bytes && (g_ascii_isspace(text[at]) || text[at] == '$'))
        at++;
    while (bytes > at && g_ascii_isspace(text[bytes - 1]))
        bytes--;
    for (;;) {
        size_t part = at < bytes ? part_bytes(text, at, bytes) : 0;
        if (part == 0)
            return NULL;
        g_string_append_printf(name, "%s%.*s", name->len > 0 ? "." : "", (int) part, text + at);
        at += part;
        if (is_subscript) {
            if (at + 1 >= bytes || !is_quote(text[at]) || text[at + 1] != ']')
                return NULL;
            at += 2;
        }
        if (at == bytes)
            return g_string_free(g_steal_pointer(&name), FALSE);
        size_t next = skip_joint(text, at, bytes, &is_subscript);
        if (next == at)
            return NULL;
        at = next;
    }
}

/* ---- is it set here, or a parameter? ---- */

static const Piece *
piece_at(const Unit *unit, guint index)
{
    static const Piece none = {.kind = PIECE_LINE};
    return index < unit->pieces->len ? &g_array_index(unit->pieces, Piece, index) : &none;
}

static char
sign_at(const Unit *unit, guint index)
{
    const Piece *piece = piece_at(unit, index);
    return piece->kind == PIECE_SIGN ? unit->text->bytes[piece->begin] : '\0';
}

static bool
is_set_at(const Unit *unit, guint index)
{
    char one = sign_at(unit, index + 1), two = sign_at(unit, index + 2);
    if (one == '=')
        return two != '=';
    return two == '=' ? one != '\0' && strchr("+:-*/|", one) != NULL : one == '<' && two == '-';
}

/* $table of PHP: global $table, as $table, $key => $table, &$table. */
static bool
is_declared_behind(const Unit *unit, guint index)
{
    static const char *const words[] = {"global", "as", "public", "protected", "private", NULL};
    const Piece *before = piece_at(unit, index - 2);
    char sign = sign_at(unit, index - 2);
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
    if (unit->language->plus == '.' && sign_at(unit, index - 1) == '$')
        return is_declared_behind(unit, index);
    const Piece *before = piece_at(unit, index - 1), *next = piece_at(unit, index + 1);
    bool is_first = sign_at(unit, index - 1) == '(' || sign_at(unit, index - 1) == ',';
    char one = sign_at(unit, index + 1), two = sign_at(unit, index + 2);
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
        char sign = sign_at(unit, i);
        depth += sign != '\0' && strchr("([{", sign) != NULL   ? 1
                 : sign != '\0' && strchr(")]}", sign) != NULL ? -1
                                                               : 0;
        if (depth == 0)
            return strchr("=-:{", sign_at(unit, i + 1)) != NULL && sign_at(unit, i + 1) != '\0';
    }
    return true;
}

/* def f(x), function (x), (x) => …: no call. */
static bool
is_parameter_list(const Unit *unit, guint open)
{
    static const char *const words[] = {"def",      "fun",    "fn",     "func",
                                        "function", "lambda", "import", NULL};
    const Piece *callee = piece_at(unit, open - 1), *before = piece_at(unit, open - 2);
    if (open == 0 || callee->kind != PIECE_WORD)
        return sign_at(unit, open - 1) != ')' && sign_at(unit, open - 1) != ']' &&
               begins_function(unit, open);
    return span_is_among(unit->text, (Span){callee->begin, callee->end}, words) ||
           (open > 1 && before->kind == PIECE_WORD &&
            span_is_among(unit->text, (Span){before->begin, before->end}, words));
}

/* f(name=value): the function's name for it. */
static bool
is_keyword(const Unit *unit, guint index, bool in_call)
{
    return unit->language->has_keywords && in_call && sign_at(unit, index + 1) == '=';
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
        const Piece *piece = piece_at(unit, i);
        char sign = sign_at(unit, i);
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
        const Piece *piece = piece_at(unit, i);
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
constants_collect(Unit *unit, GHashTable *constants)
{
    read_words(unit, constants);
    read_shell(unit, constants);
    for (guint i = 0; i < unit->uses->len; i++) {
        Use *use = &g_array_index(unit->uses, Use, i);
        size_t key = use->key.begin;
        key -= key > 0 && unit->text->bytes[key - 1] == '$';
        bool is_member =
            key > 0 && strchr(".>:", unit->text->bytes[key - 1]) != NULL; /* self.table */
        bool is_variable = use->is_assigned && !is_member;
        if (!is_variable && unit->work->exported == NULL)
            continue;
        g_autoptr(Text) text = program_text(unit, use);
        g_autofree char *after = NULL;
        const Rename *rename = text_mentions(unit->work, text)
                                   ? program_name_after(unit, use, text, false, &after)
                                   : NULL;
        if (rename != NULL && unit->work->exported != NULL)
            exports_note(unit, use, rename, text->bytes, after);
        if (rename == NULL || !is_variable)
            continue;
        Constant *constant = constants_called(constants, unit->text->bytes + use->key.begin,
                                              use->key.end - use->key.begin);
        constant->set += unit->text->bytes[use->key.end] == ':'; /* TABLE: String = … */
        g_free(constant->text);
        g_free(constant->after);
        constant->text = g_strndup(text->bytes, text->count);
        constant->after = g_steal_pointer(&after);
        constant->rename = rename;
    }
}

/* ---- what else it is used for ---- */

bool
constant_is_used_elsewhere(const Constant *constant)
{
    int set_by_word = constant->words > 0 && constant->export == NULL ? 1 : 0;
    return constant->words - set_by_word - constant->operands + constant->puts - constant->in_sql >
           0;
}
