/*
 * appended.c - SQL that a builder of strings gets piece by piece: `q.append("SELECT …"); q.append(" FROM users");`.
 *
 * What is appended one after another, with nothing in between that may be skipped, is one string, as with `+`. Only what begins
 * like SQL is put together, and only in a program that has such a builder: others append to lists.
 */
#include "rewrite/program/program.h"

#include <string.h>

#define PIECES_AFTER_MAX                                                                           \
    4000 /* what is done with the builder afterwards; people write some hundred */

static const char *const appenders[] = {"append", "appendLine", "WriteString", NULL};
static const char *const makers[] = {"StringBuilder", "StringBuffer", NULL};

static bool
has_builders(const Unit *unit)
{
    static const char *const languages[] = {"java",   "kotlin", "scala", "csharp",
                                            "groovy", "go",     NULL};
    return g_strv_contains(languages, unit->language->name) &&
           (program_says(unit->work, "StringBuilder") || program_says(unit->work, "StringBuffer") ||
            program_says(unit->work, "strings.Builder") ||
            program_says(unit->work, "bytes.Buffer"));
}

/* The bracket of `.append(`, where `dot` is its dot; G_MAXUINT: it is no such call. */
static guint
open_of_call(const Unit *unit, guint dot)
{
    guint name = unit_next(unit, dot, true), open = unit_next(unit, name, false);
    bool is_call = unit_is_sign(unit, dot, '.') && unit_is_among(unit, name, appenders) &&
                   unit_is_sign(unit, open, '(');
    return is_call ? open : G_MAXUINT;
}

static bool
ends_statement(const Unit *unit, guint index)
{
    return unit_is_sign(unit, index, ';') ||
           (unit_is_language(unit, "go") && unit_piece(unit, index)->kind == PIECE_LINE);
}

/* Nothing before it decides whether it is run: no `if (x)` without braces. */
static bool
begins_statement(const Unit *unit, guint index)
{
    guint before = unit_previous(unit, index, !unit_is_language(unit, "go"));
    return before == G_MAXUINT || ends_statement(unit, before) || unit_is_sign(unit, before, '{') ||
           unit_is_sign(unit, before, '}');
}

/* StringBuilder q = new StringBuilder("…"): `q`; or G_MAXUINT. */
static guint
variable_of_maker(const Unit *unit, guint maker)
{
    guint word = unit_previous(unit, maker, true);
    guint sign = word != G_MAXUINT ? unit_previous(unit, word, true) : G_MAXUINT;
    guint name = sign != G_MAXUINT ? unit_previous(unit, sign, true) : G_MAXUINT;
    guint type = name != G_MAXUINT ? unit_previous(unit, name, true) : G_MAXUINT;
    bool is_set = type != G_MAXUINT && unit_is_word(unit, word, "new") &&
                  unit_is_sign(unit, sign, '=') && unit_piece(unit, name)->kind == PIECE_WORD &&
                  unit_piece(unit, type)->kind == PIECE_WORD;
    while (is_set && unit_previous(unit, type, true) != G_MAXUINT &&
           unit_is_word(unit, unit_previous(unit, type, true), "final"))
        type = unit_previous(unit, type, true);
    return is_set && begins_statement(unit, type) ? name : G_MAXUINT;
}

/* `q` of the statement `q.append("…")` whose bracket is at `open`; G_MAXUINT: it is not known, or no statement. */
static guint
variable_of(const Unit *unit, guint open)
{
    guint callee = unit_previous(unit, open, false);
    if (unit_is_among(unit, callee, makers))
        return variable_of_maker(unit, callee);
    guint dot = unit_previous(unit, callee, true);
    guint name = dot != G_MAXUINT ? unit_previous(unit, dot, true) : G_MAXUINT;
    bool is_one = name != G_MAXUINT && unit_is_sign(unit, dot, '.') &&
                  unit_piece(unit, name)->kind == PIECE_WORD && begins_statement(unit, name);
    return is_one ? name : G_MAXUINT;
}

static bool
is_same(const Unit *unit, guint word, guint other)
{
    const Piece *a = unit_piece(unit, word), *b = unit_piece(unit, other);
    return a->kind == PIECE_WORD && b->kind == PIECE_WORD &&
           span_is_same(unit->text, (Span){a->begin, a->end}, (Span){b->begin, b->end});
}

/* select …, or `u.id, …`, of which somebody writes the first word */
static bool
begins_like_sql(const Unit *unit, guint literal)
{
    static const char *const words[] = {"select", "with", "insert", "update", "delete", NULL};
    const Text *text = unit->text;
    Span word = {.begin = unit_piece(unit, literal)->inner_begin};
    while (g_ascii_isspace(text_byte(text, word.begin)) || text_byte(text, word.begin) == '(')
        word.begin++;
    for (word.end = word.begin; is_identifier_byte(text_byte(text, word.end));)
        word.end++;
    return span_is_among(text, word, words) ||
           (word.end > word.begin && text_byte(text, word.end) == '.' &&
            is_identifier_byte(text_byte(text, word.end + 1)));
}

guint
appended_open(const Unit *unit, guint first)
{
    guint open = unit_previous(unit, first, true);
    guint callee = open != G_MAXUINT ? unit_previous(unit, open, false) : G_MAXUINT;
    bool is_call = callee != G_MAXUINT && unit_is_sign(unit, open, '(') &&
                   (unit_is_among(unit, callee, makers) || unit_is_among(unit, callee, appenders));
    return is_call && begins_like_sql(unit, first) && has_builders(unit) ? open : G_MAXUINT;
}

guint
appended_next(const Unit *unit, guint open, guint last)
{
    guint close = unit_next(unit, last, true);
    if (!unit_is_sign(unit, close, ')'))
        return G_MAXUINT;
    guint chained = open_of_call(unit, unit_next(unit, close, true));
    if (chained != G_MAXUINT)
        return chained;
    guint end = unit_next(unit, close, !unit_is_language(unit, "go"));
    guint name = unit_next(unit, end, true), variable = variable_of(unit, open);
    if (!ends_statement(unit, end) || variable == G_MAXUINT || !is_same(unit, variable, name))
        return G_MAXUINT;
    return open_of_call(unit, unit_next(unit, name, true));
}

/* ---- q = "SELECT …"; q += " FROM users"; ---- */

static bool
has_lines(const Unit *unit)
{
    return unit_is_language(unit, "go") || unit_is_language(unit, "python");
}

/* `String q = `, `let q = `, `q := `: the first piece of what sets it, or G_MAXUINT. */
static guint
begin_of_setting(const Unit *unit, guint name)
{
    static const char *const controls[] = {"else", "return", "do",    "case", "throw",
                                           "in",   "of",     "await", "when", NULL};
    guint begin = name;
    for (int words = 0; words < 4; words++) {
        guint before = unit_previous(unit, begin, !has_lines(unit));
        if (before == G_MAXUINT || unit_piece(unit, before)->kind != PIECE_WORD)
            return begin;
        if (unit_is_among(unit, before, controls))
            return G_MAXUINT;
        begin = before;
    }
    return G_MAXUINT;
}

static bool
begins_line_or_statement(const Unit *unit, guint index)
{
    guint before = unit_previous(unit, index, !has_lines(unit));
    return has_lines(unit) ? before == G_MAXUINT || unit_piece(unit, before)->kind == PIECE_LINE
                           : begins_statement(unit, index);
}

guint
appended_name(const Unit *unit, guint first)
{
    static const char *const languages[] = {"java", "csharp", "javascript", "go", "python", NULL};
    guint sign = unit_previous(unit, first, false);
    guint name = sign != G_MAXUINT ? unit_previous(unit, sign, false) : G_MAXUINT;
    if (name == G_MAXUINT || !unit_is_sign(unit, sign, '=') ||
        !g_strv_contains(languages, unit->language->name) || !begins_like_sql(unit, first))
        return G_MAXUINT;
    if (unit_is_language(unit, "go") && unit_is_sign(unit, name, ':'))
        name = unit_previous(unit, name, false);
    guint begin = name != G_MAXUINT && unit_piece(unit, name)->kind == PIECE_WORD
                      ? begin_of_setting(unit, name)
                      : G_MAXUINT;
    return begin != G_MAXUINT && begins_line_or_statement(unit, begin) ? name : G_MAXUINT;
}

guint
appended_operand(const Unit *unit, guint name, guint last)
{
    guint end = unit_next(unit, last, !has_lines(unit));
    bool is_end = has_lines(unit) ? unit_piece(unit, end)->kind == PIECE_LINE &&
                                        unit_piece(unit, last)->kind == PIECE_LITERAL
                                  : unit_is_sign(unit, end, ';');
    guint again = unit_next(unit, end, true), plus = unit_next(unit, again, false);
    if (!is_end || !is_same(unit, name, again) || !appended_is_more(unit, again) ||
        (unit_is_language(unit, "python") && unit_margin(unit, name) != unit_margin(unit, again)))
        return G_MAXUINT;
    return unit_next(unit, plus + 1, true);
}

bool
appended_is_more(const Unit *unit, guint word)
{
    guint plus = unit_next(unit, word, false);
    return unit_piece(unit, word)->kind == PIECE_WORD && unit_is_sign(unit, plus, '+') &&
           unit_is_sign(unit, plus + 1, '=') &&
           unit_piece(unit, plus + 1)->begin == unit_piece(unit, plus)->end;
}

/* ---- q += fmt.Sprintf("…", x) ---- */

static const char *const formats[] = {"Sprintf", "sprintf", "format", NULL};

guint
format_begin(const Unit *unit, guint literal)
{
    guint open = unit_previous(unit, literal, true);
    guint callee = open != G_MAXUINT && unit_is_sign(unit, open, '(')
                       ? unit_previous(unit, open, false)
                       : G_MAXUINT;
    return callee != G_MAXUINT && unit_is_among(unit, callee, formats)
               ? unit_name_begin(unit, callee)
               : G_MAXUINT;
}

guint
format_literal(const Unit *unit, guint first)
{
    guint callee = first;
    while (unit_piece(unit, callee)->kind == PIECE_WORD && unit_is_sign(unit, callee + 1, '.') &&
           callee < first + 6)
        callee += 2;
    guint literal = unit_is_among(unit, callee, formats) && unit_is_sign(unit, callee + 1, '(')
                        ? unit_next(unit, callee + 1, true)
                        : G_MAXUINT;
    return literal != G_MAXUINT && unit_piece(unit, literal)->kind == PIECE_LITERAL ? literal
                                                                                    : G_MAXUINT;
}

/* Is what stands before this place of the literal compared, or `IN (`, so that a value comes? */
static bool
awaits_value(const char *text, size_t begin, size_t at)
{
    static const char in[] = "IN";
    while (at > begin && (g_ascii_isspace(text[at - 1]) || text[at - 1] == '\''))
        at--;
    if (at == begin || strchr("=<>$%(", text[at - 1]) == NULL)
        return false;
    if (text[at - 1] != '(')
        return true;
    for (at--; at > begin && g_ascii_isspace(text[at - 1]);)
        at--;
    return at - begin > 2 && g_ascii_strncasecmp(text + at - 2, in, 2) == 0 &&
           !is_identifier_byte(text[at - 3]);
}

bool
format_takes_values(const Unit *unit, guint literal)
{
    const Piece *piece = unit_piece(unit, literal);
    const char *text = unit->text->bytes;
    for (size_t at = piece->inner_begin; at + 1 < piece->inner_end; at++) {
        if (text[at] != '%')
            continue;
        if (text[at + 1] != '%' && text[at + 1] != 'd' &&
            !awaits_value(text, piece->inner_begin, at))
            return false;
        at++;
    }
    return true;
}

/* ---- what is done with the builder ---- */

bool
appended_ends_line(const Unit *unit, guint close)
{
    int depth = 0;
    for (guint i = close; i > 0 && close - i < PIECES_AFTER_MAX; i--) {
        depth += unit_is_sign(unit, i, ')') ? 1 : unit_is_sign(unit, i, '(') ? -1 : 0;
        if (depth == 0)
            return unit_is_word(unit, unit_previous(unit, i, false), "appendLine");
    }
    return false;
}

/* .append(" AND id = ").append(id): a value. */
static bool
is_value_behind(const Unit *unit, guint open)
{
    guint callee = unit_previous(unit, open, false);
    guint dot = unit_previous(unit, callee, true);
    guint close = dot != G_MAXUINT ? unit_previous(unit, dot, true) : G_MAXUINT;
    guint literal = close != G_MAXUINT ? unit_previous(unit, close, true) : G_MAXUINT;
    if (literal == G_MAXUINT || !unit_is_sign(unit, close, ')') ||
        unit_piece(unit, literal)->kind != PIECE_LITERAL)
        return false;
    size_t begin = unit_piece(unit, literal)->inner_begin,
           end = unit_piece(unit, literal)->inner_end;
    while (end > begin && g_ascii_isspace(unit->text->bytes[end - 1]))
        end--;
    return end > begin && strchr("=<>'%", unit->text->bytes[end - 1]) != NULL;
}

/* What this piece does to the builder: true where text comes to it of which nobody knows what it says. */
static bool
adds_unknown(const Unit *unit, guint index, guint variable)
{
    guint dot = unit_next(unit, index, true), open;
    if (is_same(unit, index, variable)) {
        guint name = unit_next(unit, dot, true);
        return !unit_is_sign(unit, dot, '.') ||
               !(unit_is_among(unit, name, appenders) || unit_is_word(unit, name, "toString") ||
                 unit_is_word(unit, name, "String"));
    }
    if (!unit_is_among(unit, index, appenders) || !unit_is_sign(unit, dot, '('))
        return false;
    open = dot;
    return unit_piece(unit, unit_next(unit, open, true))->kind != PIECE_LITERAL &&
           !is_value_behind(unit, open);
}

/* `.insert(0, x)`, `.AppendFormat("…", x)` and the like, right behind. */
static bool
goes_on_otherwise(const Unit *unit, guint last)
{
    guint dot = unit_next(unit, unit_next(unit, last, true), true);
    guint name = unit_next(unit, dot, true);
    return unit_is_sign(unit, dot, '.') && !unit_is_among(unit, name, appenders) &&
           !unit_is_word(unit, name, "toString") && !unit_is_word(unit, name, "String");
}

bool
appended_has_more(const Unit *unit, guint open, guint last)
{
    guint variable = variable_of(unit, open);
    int depth = 0;
    if (goes_on_otherwise(unit, last))
        return true;
    for (guint i = last + 1; variable != G_MAXUINT && i < unit->pieces->len; i++) {
        depth += unit_is_sign(unit, i, '{') ? 1 : unit_is_sign(unit, i, '}') ? -1 : 0;
        if (depth < 0)
            return false;
        if (i - last > PIECES_AFTER_MAX || adds_unknown(unit, i, variable))
            return true;
    }
    return false;
}
