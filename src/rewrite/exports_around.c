/*
 * exports_around.c - what a string or class of a program is in: TABLE, Config.TABLE, TABLES.users.
 *
 * The variable, and the classes, objects and lists that it is in. What is in a function is nobody else's.
 */
#include "rewrite/imports/imports.h"

#include <string.h>

#define HEADER_MAX 60 /* pieces of the head of a class */

void
around_add(Around *around, Span span)
{
    static const char *const transparent[] = {"exports", "default", "Companion", NULL};
    if (span_is_among(around->unit->text, span, transparent))
        return;
    if (around->count == AROUND_MAX)
        around->is_hidden = true;
    else
        around->spans[around->count++] = span;
}

/* Before `<…>` or `[…]` that ends at `index`; else `index`. */
static guint
before_brackets(const Unit *unit, guint index)
{
    char close = unit_is_sign(unit, index, '>') ? '>' : ']', open = close == '>' ? '<' : '[';
    int depth = 0;
    for (guint i = index, steps = 0;
         i != G_MAXUINT && steps < HEADER_MAX && unit_is_sign(unit, index, close);
         i = unit_previous(unit, i, true), steps++) {
        depth += unit_is_sign(unit, i, close) ? 1 : unit_is_sign(unit, i, open) ? -1 : 0;
        if (depth == 0)
            return unit_previous(unit, i, true);
    }
    return index;
}

/* The name before `=` or `:` at `sign`, past a type: NAME: Type = … */
static bool
name_before(const Unit *unit, guint sign, Span *ret)
{
    guint word = unit_previous(unit, sign, true), colon;
    if (word != G_MAXUINT)
        word = before_brackets(unit, word);
    while (word != G_MAXUINT && unit_piece(unit, word)->kind == PIECE_SIGN &&
           strchr(":-=", unit->text->bytes[unit_piece(unit, word)->begin]) != NULL)
        word = unit_previous(unit, word, true);
    if (word == G_MAXUINT)
        return false;
    colon = unit_previous(unit, word, true);
    if (unit_is_sign(unit, sign, '=') && colon != G_MAXUINT && unit_is_sign(unit, colon, ':'))
        word = unit_previous(unit, colon, true);
    const Piece *piece = unit_piece(unit, word);
    if (word == G_MAXUINT || (piece->kind != PIECE_WORD && piece->kind != PIECE_LITERAL))
        return false;
    *ret = piece->kind == PIECE_WORD ? piece_span(piece)
                                     : (Span){piece->inner_begin, piece->inner_end};
    return true;
}

/* class X, object X, …, before the bracket at `open`; false when it is something else. */
static bool
read_header(Around *around, guint open)
{
    static const char *const heads[] = {"class",  "object", "interface", "trait", "enum",
                                        "record", "struct", "module",    NULL};
    static const char *const packages[] = {"namespace", "package", NULL};
    static const char *const functions[] = {"func", "fun", "def", "fn", "function", NULL};
    const Unit *unit = around->unit;
    guint index = open;
    for (int steps = 0; steps < HEADER_MAX; steps++) {
        index = unit_previous(unit, index, true);
        if (index == G_MAXUINT || unit_is_sign(unit, index, ';') ||
            unit_is_sign(unit, index, '{') || unit_is_sign(unit, index, '}') ||
            unit_is_among(unit, index, functions))
            return false;
        if (unit_is_among(unit, index, packages))
            return true;
        if (!unit_is_among(unit, index, heads))
            continue;
        guint name = unit_next(unit, index, true);
        if (unit_piece(unit, name)->kind == PIECE_WORD && name < open)
            around_add(around, piece_span(unit_piece(unit, name)));
        return true; /* companion object { */
    }
    return false;
}

/* variable "x" { default = … } of Terraform: what it is may be said elsewhere. */
static bool
read_variable(Around *around, guint open)
{
    static const char *const words[] = {"variable", NULL};
    const Unit *unit = around->unit;
    guint name = unit_previous(unit, open, true),
          word = name != G_MAXUINT ? unit_previous(unit, name, true) : G_MAXUINT;
    const Piece *piece = unit_piece(unit, name);
    if (piece->kind != PIECE_LITERAL || !unit_is_among(unit, word, words))
        return false;
    around->count = 0;
    around_add(around, (Span){piece->inner_begin, piece->inner_end});
    around->is_variable = true;
    around->doubt = "its value may be said elsewhere";
    return true;
}

static void
read_brace(Around *around, guint open)
{
    static const char *const locals[] = {"locals", NULL};
    static const char *const defaults[] = {"default", NULL};
    const Unit *unit = around->unit;
    guint before = unit_previous(unit, open, true);
    Span name;
    bool is_value =
        before != G_MAXUINT && (unit_is_sign(unit, before, '=') || unit_is_sign(unit, before, ':'));
    if (is_value && name_before(unit, before, &name))
        around_add(around, name);
    else if (unit->language->is_data && read_variable(around, open))
        return;
    else if (unit->language->is_data)
        around->is_hidden = !unit_is_among(unit, before, locals);
    else if (!unit_is_among(unit, before, defaults) && !read_header(around, open))
        around->is_hidden = true;
}

/* f(…) and […]: the string goes into something else. */
static void
read_call(Around *around, guint open)
{
    static const char *const plain[] = {"freeze", "const", "var", "dict", "set", NULL};
    const Unit *unit = around->unit;
    guint before = unit_previous(unit, open, true);
    if (before != G_MAXUINT && before > 0 && unit_is_sign(unit, before - 1, '@')) {
        around->is_hidden = true; /* @Table(name = "…") */
        return;
    }
    bool is_plain = unit_is_sign(unit, open, '(') && /* Object.freeze({…}), const (…) of Go, (…) */
                    (before == G_MAXUINT || unit_piece(unit, before)->kind != PIECE_WORD ||
                     unit_is_among(unit, before, plain));
    if (!is_plain && around->doubt == NULL)
        around->doubt = "what it is set to is made of more than the name";
    while (before != G_MAXUINT &&
           (unit_piece(unit, before)->kind == PIECE_WORD || unit_is_sign(unit, before, '.')))
        before = unit_previous(unit, before, true);
    Span name;
    if (before != G_MAXUINT && unit_is_sign(unit, before, '=') && name_before(unit, before, &name))
        around_add(around, name);
}

void
around_brackets(Around *around, guint index)
{
    guint open = unit_bracket_around(around->unit, index);
    for (; open != G_MAXUINT && !around->is_hidden; open = unit_bracket_around(around->unit, open))
        if (unit_is_sign(around->unit, open, '{'))
            read_brace(around, open);
        else
            read_call(around, open);
}

/* NAME = x || "…", val NAME = if (y) "…" else "…": in the brackets that the string is in. */
void
around_statement(Around *around, guint index)
{
    const Unit *unit = around->unit;
    int depth = 0;
    Span name;
    while (index-- > 0) {
        const Piece *piece = unit_piece(unit, index);
        char sign = piece->kind == PIECE_SIGN ? unit->text->bytes[piece->begin] : '\0';
        depth += sign != '\0' && strchr(")]}", sign) != NULL   ? 1
                 : sign != '\0' && strchr("([{", sign) != NULL ? -1
                                                               : 0;
        if (depth < 0 || (depth == 0 && (piece->kind == PIECE_LINE || sign == ';' || sign == ',')))
            return;
        if (depth == 0 && sign == '=' && index > 0 &&
            strchr("=!<>", text_byte(unit->text, piece->begin - 1)) == NULL &&
            strchr("=>", text_byte(unit->text, piece->end)) == NULL &&
            name_before(unit, index, &name)) {
            around_add(around, name);
            around->doubt = "what it is set to depends on something else";
            return;
        }
    }
}

/* ---- by the left margin: Python, Ruby ---- */

void
around_margins(Around *around, guint index)
{
    static const char *const heads[] = {"class", "module", NULL};
    static const char *const bodies[] = {"def", "async", "lambda", NULL};
    Unit *unit = around->unit;
    guint line = unit_line_around(unit, unit_line_of(unit, index));
    for (; line != G_MAXUINT; line = unit_line_around(unit, line)) {
        around->is_hidden = around->is_hidden || unit_is_among(unit, line, bodies);
        if (unit_is_among(unit, line, heads))
            around_add(around, piece_span(unit_piece(unit, unit_next(unit, line, false))));
    }
}

/* ---- the whole ---- */

char *
around_join(const Around *around, const char *before, Span own)
{
    GString *within = g_string_new(before);
    const char *bytes = around->unit->text->bytes;
    for (int i = around->count; i >= 0; i--) {
        Span span = i > 0 ? around->spans[i - 1] : own;
        if (span.end <= span.begin)
            continue;
        g_string_append_printf(within, "%s%.*s", within->len > 0 ? "." : "",
                               (int) (span.end - span.begin), bytes + span.begin);
    }
    return g_string_free(within, FALSE);
}

bool
around_has_margins(const Language *language)
{
    return language->imports == imports_python || language->imports == imports_ruby;
}
