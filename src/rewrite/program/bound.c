/*
 * bound.c - values that the driver of a database binds to `%s` in Python: cursor.execute("… n = n + %s", (n,)).
 *
 * Such a place holds a value, wherever it stands. What `%` of the language puts in may be any text.
 */
#include "rewrite/program/program.h"

#include <string.h>

/* What drivers have; and what people call the same of theirs, which takes its values as one tuple, list or dictionary. */
static const char *const runs[] = {"execute", "executemany", "mogrify", "raw", NULL};
static const char *const asks[] = {"fetch",     "fetchone",  "fetchall", "fetch_one",
                                   "fetch_all", "fetch_row", "one",      "all",
                                   "run",       "query",     NULL};

/* Does a comma follow, and then what the callee binds? */
static bool
has_values_behind(const Unit *unit, Span callee, guint last)
{
    guint comma = unit_next(unit, last, true), value = unit_next(unit, comma, true);
    bool is_several = unit_is_sign(unit, value, '(') || unit_is_sign(unit, value, '[') ||
                      unit_is_sign(unit, value, '{') || unit_is_word(unit, value, "dict");
    return unit_is_sign(unit, comma, ',') && value < unit->pieces->len &&
           !unit_is_sign(unit, value, ')') &&
           (span_is_among(unit->text, callee, runs) ||
            (is_several && span_is_among(unit->text, callee, asks)));
}

enum { NAME_BOUND = 1, NAME_OTHERWISE = 2, NAME_OF_TEXT = 4, NAME_OF_OTHER = 8 };

/* cursor.execute(NAME, …), and execute(NAME), which binds nothing and fills nothing. */
static guint
way_of_name(const Unit *unit, guint name)
{
    guint open = unit_previous(unit, name, true),
          callee = open != G_MAXUINT ? unit_previous(unit, open, false) : G_MAXUINT;
    if (callee == G_MAXUINT || !unit_is_sign(unit, open, '(') ||
        unit_piece(unit, callee)->kind != PIECE_WORD)
        return NAME_OTHERWISE;
    if (has_values_behind(unit, piece_span(unit_piece(unit, callee)), name))
        return NAME_BOUND;
    bool is_alone = unit_is_sign(unit, unit_next(unit, name, true), ')');
    return is_alone && (unit_is_among(unit, callee, runs) || unit_is_among(unit, callee, asks))
               ? 0
               : NAME_OTHERWISE;
}

/* What the name is set to here: SQL as it stands, text("…"), sqlalchemy.text("…"); or anything else. */
static guint
way_of_value(const Unit *unit, guint sign)
{
    guint value = unit_next(unit, sign, false);
    if (unit_is_sign(unit, value, '('))
        value = unit_next(unit, value, true);
    if (unit_is_sign(unit, value + 1, '.'))
        value += 2;
    bool is_text = value < unit->pieces->len &&
                   (unit_piece(unit, value)->kind == PIECE_LITERAL ||
                    (unit_is_word(unit, value, "text") && unit_is_sign(unit, value + 1, '(')));
    return is_text ? NAME_OF_TEXT : NAME_OF_OTHER;
}

/* What the names of the text are set to, and what else is done with them: whether each is run with values. */
static void
note_names(Unit *unit)
{
    unit->bound = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        guint sign = unit_next(unit, i, false);
        bool is_set = unit_is_sign(unit, sign, '=') && !unit_is_sign(unit, sign + 1, '=');
        if (piece->kind != PIECE_WORD)
            continue;
        g_autofree char *name =
            g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
        guint way = is_set ? way_of_value(unit, sign) : way_of_name(unit, i);
        way |= GPOINTER_TO_UINT(g_hash_table_lookup(unit->bound, name));
        g_hash_table_insert(unit->bound, g_steal_pointer(&name), GUINT_TO_POINTER(way));
    }
}

static guint
way_of(Unit *unit, Span span)
{
    if (unit->bound == NULL)
        note_names(unit);
    g_autofree char *name = g_strndup(unit->text->bytes + span.begin, span.end - span.begin);
    return GPOINTER_TO_UINT(g_hash_table_lookup(unit->bound, name));
}

bool
program_binds_percents(Unit *unit, const Use *use)
{
    if (!unit_is_language(unit, "python") || use->has_operand_before || use->is_appended)
        return false;
    if (use->argument == 0 && use->key.end == 0 && use->callee.end > 0)
        return has_values_behind(unit, use->callee, use->last);
    if (!use->is_assigned || use->has_more || use->is_changed || use->is_format)
        return false;
    return (way_of(unit, use->key) & (NAME_BOUND | NAME_OTHERWISE)) == NAME_BOUND;
}

/* ---- parameters that have names ---- */

/* Is a text of SQL the first argument of the call, whose values have names: as it stands, text("…"), or a name of such? */
static bool
begins_with_sql(Unit *unit, guint open)
{
    guint first = unit_next(unit, open, true);
    const Piece *piece = unit_piece(unit, first);
    guint of_both = NAME_OF_TEXT | NAME_OF_OTHER;
    bool is_name =
        piece->kind == PIECE_WORD && unit_is_sign(unit, unit_next(unit, first, true), ',');
    return piece->kind == PIECE_LITERAL || unit_is_word(unit, first, "text") ||
           (is_name && (way_of(unit, piece_span(piece)) & of_both) == NAME_OF_TEXT);
}

/* The bracket of the list or dictionary that the piece is a key in, or of a list of such, as an argument. */
static guint
argument_around(Unit *unit, guint index)
{
    guint open = unit_bracket_around(unit, index), around;
    while (open != G_MAXUINT && !unit_is_sign(unit, open, '(') &&
           (around = unit_bracket_around(unit, open)) != G_MAXUINT &&
           unit_is_sign(unit, around, '['))
        open = around;
    return open;
}

/* execute("… :plan", {"plan": x}), executemany("… %(plan)s", [{"plan": x}]) of Python */
bool
use_is_bound_key(Unit *unit, const Use *use)
{
    if (!unit_is_language(unit, "python") || !use->is_key ||
        !unit_is_sign(unit, unit_bracket_around(unit, use->first), '{'))
        return false;
    guint open = argument_around(unit, use->first), call = unit_bracket_around(unit, open);
    guint callee = call != G_MAXUINT ? unit_previous(unit, call, false) : G_MAXUINT;
    return callee != G_MAXUINT && unit_is_sign(unit, call, '(') &&
           unit_is_among(unit, callee, runs) && begins_with_sql(unit, call);
}

/* def f(plan: str), fun f(plan: String), fn f(plan: &str): what a function gets. */
static bool
is_of_function(Unit *unit, guint open)
{
    static const char *const words[] = {"def", "fun", "fn", "function", NULL};
    guint name = unit_previous(unit, open, true);
    while (name != G_MAXUINT && name > 1 && unit_is_sign(unit, name - 1, '.')) /* fun Row.plans( */
        name -= 2;
    return name != G_MAXUINT && name > 0 && unit_piece(unit, name)->kind == PIECE_WORD &&
           unit_is_among(unit, name - 1, words);
}

bool
word_is_parameter(Unit *unit, guint index)
{
    static const char *const fields[] = {"val", "var", NULL};
    const Piece *piece = unit_piece(unit, index);
    guint open = unit_bracket_around(unit, index), before = unit_previous(unit, index, true);
    if (open == G_MAXUINT || !unit_is_sign(unit, open, '(') || before == G_MAXUINT ||
        unit_is_sign(unit, before, '.') || unit_is_among(unit, before, fields))
        return false;
    if (is_of_function(unit, open))
        return before == open || unit_is_sign(unit, before, ',') || unit_is_sign(unit, before, ')');
    g_autofree char *name = g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
    guint callee = unit_previous(unit, open, false); /* dict(plan=x), beside `… %(plan)s` */
    return unit_is_language(unit, "python") && callee != G_MAXUINT &&
           unit_is_word(unit, callee, "dict") && unit_is_sign(unit, index + 1, '=') &&
           program_has_parameter(unit->work, name);
}
