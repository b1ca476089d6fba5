/*
 * grown.c - SQL that a name of Python gets piece by piece, some of them only now and then:
 *
 *   q = "SELECT id FROM users"
 *   if plan:
 *       q += " WHERE plan = %s"
 *
 * Which pieces there are is read with the statements between them, of which none may do anything else with the name. What is
 * put in only where a condition holds, or in a loop, becomes a branch, as in a template. Literals of other statements, and of conditions, are
 * read by themselves. (Other languages: parts.c.)
 */
#include "rewrite/program/program.h"

#include <string.h>

#define GROWN_PIECES_MAX 4000 /* from the first to the last; people write some hundred */
#define GROWN_DEPTH_MAX 8

typedef struct {
    Unit *unit;
    guint name, first; /* the name that grows, where it is set; and its first literal */
    bool has_branches; /* so far */
    bool is_apart;     /* nothing that it gets so far ends in a name */
    bool is_loose;     /* a literal that it got since goes on in what is before it */
    guint piece;       /* in a loop, the first literal that it gets there; G_MAXUINT: none yet */
} Grown;

static guint end_of_statements(Grown *grown, guint at, size_t margin, int depth);

/* ---- marks ---- */

static void
mark(Grown *grown, GrownKind kind, guint at, guint behind)
{
    GrownMark one = {.kind = kind, .at = at, .behind = behind};
    if (grown->unit->marks == NULL)
        grown->unit->marks = g_array_new(FALSE, FALSE, sizeof(GrownMark));
    g_array_append_val(grown->unit->marks, one);
}

/* The first mark at this piece or behind it. */
static guint
marks_before(const Unit *unit, guint at)
{
    guint from = 0, behind = unit->marks != NULL ? unit->marks->len : 0;
    while (from < behind) {
        guint middle = from + (behind - from) / 2;
        if (g_array_index(unit->marks, GrownMark, middle).at < at)
            from = middle + 1;
        else
            behind = middle;
    }
    return from;
}

/* What stands there is no part of the text: its literals are read as an expression. */
static void
pass_over(Unit *unit, guint at, guint behind)
{
    Span span = {unit_piece(unit, at)->begin, unit_piece(unit, behind - 1)->end};
    bool has_literal = false;
    for (guint i = at; i < behind && !has_literal; i++)
        has_literal = unit_piece(unit, i)->kind == PIECE_LITERAL;
    if (has_literal && unit->expressions != NULL)
        g_array_append_val(unit->expressions, span);
}

guint
grown_put(Text *text, Unit *unit, guint at, bool is_last)
{
    static const char *const words[] = {"", "{% if x %}", "{% elif x %}", "{% else %}",
                                        "{% endif %}"};
    guint behind = at;
    for (guint i = marks_before(unit, at); unit->marks != NULL && i < unit->marks->len; i++) {
        const GrownMark *one = &g_array_index(unit->marks, GrownMark, i);
        if (one->at != at || (is_last && one->kind != GROWN_ENDIF))
            break;
        size_t place = at > 0 ? unit_piece(unit, at - 1)->end : 0;
        text_put(text, place, place, words[one->kind], strlen(words[one->kind]));
        if (one->behind > at) {
            pass_over(unit, at, one->behind);
            behind = one->behind;
        }
    }
    return behind;
}

/* ---- statements ---- */

static bool
is_near(const Grown *grown, guint index)
{
    return index < grown->unit->pieces->len && index - grown->first < GROWN_PIECES_MAX;
}

static bool
is_name(const Grown *grown, guint index)
{
    const Unit *unit = grown->unit;
    return unit_piece(unit, index)->kind == PIECE_WORD &&
           span_is_same(unit->text, piece_span(unit_piece(unit, index)),
                        piece_span(unit_piece(unit, grown->name)));
}

static bool
may_be_of_name(char c)
{
    return is_identifier_byte(c) || (c != '\0' && strchr(".{}$%#`\"", c) != NULL);
}

bool
literal_begins_apart(const Unit *unit, guint literal)
{
    const Piece *piece = unit_piece(unit, literal);
    return piece->inner_begin < piece->inner_end &&
           !may_be_of_name(unit->text->bytes[piece->inner_begin]);
}

bool
literal_ends_apart(const Unit *unit, guint last)
{
    const Piece *piece = unit_piece(unit, last);
    size_t begin = piece->inner_begin, end = piece->inner_end;
    bool is_line = end > begin + 1 && text_starts(unit->text, end - 2, "\\n");
    return piece->kind == PIECE_LITERAL && end > begin &&
           (is_line || !may_be_of_name(unit->text->bytes[end - 1]));
}

static bool
begins_loop(const Unit *unit, guint at)
{
    return unit_is_word(unit, at, "for") || unit_is_word(unit, at, "while");
}

/* Of a statement, at what may be its last piece: is it? */
static bool
ends_statement(const Grown *grown, guint last)
{
    return unit_piece(grown->unit, unit_next(grown->unit, last, false))->kind == PIECE_LINE;
}

/* `% x` behind a string of Python, whose places are there already: its last piece; `last`: there is none. */
static guint
end_of_filling(Grown *grown, guint last)
{
    Unit *unit = grown->unit;
    guint percent = unit_next(unit, last, false);
    if (!unit_is_sign(unit, percent, '%'))
        return last;
    guint end = string_operand_end(unit, unit_next(unit, percent, false));
    for (guint i = percent; end != G_MAXUINT && i <= end; i++)
        if (is_name(grown, i))
            return last;
    if (end == G_MAXUINT)
        return last;
    mark(grown, GROWN_OTHER, percent, end + 1);
    return end;
}

/* q += "…": its last piece. */
static guint
end_of_append(Grown *grown, guint at)
{
    Unit *unit = grown->unit;
    if (!is_name(grown, at) || !appended_is_more(unit, at))
        return G_MAXUINT;
    guint plus = unit_next(unit, at, false), operand = unit_next(unit, plus + 1, true);
    if (!unit_may_join(unit, operand))
        return G_MAXUINT;
    guint end = string_end(unit, operand);
    /* users + only now and then _old: where names may go on, nobody knows which ones there are */
    if (grown->has_branches && !grown->is_apart && !literal_begins_apart(unit, operand))
        return G_MAXUINT;
    grown->is_apart = grown->is_apart && literal_ends_apart(unit, end);
    grown->piece = grown->piece != G_MAXUINT ? grown->piece : operand;
    grown->is_loose = grown->is_loose || !literal_begins_apart(unit, operand);
    guint last = end_of_filling(grown, end);
    return ends_statement(grown, last) ? last : G_MAXUINT;
}

/* The bracket around the piece, also where it closes one. */
static guint
level_of(Unit *unit, guint index)
{
    guint around = unit_bracket_around(unit, index);
    return around != G_MAXUINT && unit_bracket_end(unit, around) == index
               ? unit_bracket_around(unit, around)
               : around;
}

/* A statement that does nothing with the name, and after which the next one is run. `x = "…"` is none: others look for it; of
 * `x["…"] = y` nobody does. */
static guint
end_of_other(Grown *grown, guint at, bool may_have_literals)
{
    static const char *const controls[] = {
        "return", "raise",    "for",    "while",  "with",    "def",   "class",    "try",
        "break",  "continue", "yield",  "del",    "global",  "match", "nonlocal", "if",
        "elif",   "else",     "except", "async",  "finally", "do",    "switch",   "case",
        "throw",  "goto",     "from",   "import", "default", NULL};
    Unit *unit = grown->unit;
    guint level = level_of(unit, at);
    bool has_literal = false, is_set = false, is_subscript = false;
    if (unit_piece(unit, at)->kind != PIECE_WORD || unit_is_among(unit, at, controls))
        return G_MAXUINT;
    for (guint i = at; is_near(grown, i); i++) {
        bool is_there = level_of(unit, i) == level;
        has_literal = has_literal || unit_piece(unit, i)->kind == PIECE_LITERAL;
        if (is_there && !is_set && unit_is_sign(unit, i, '=') && !unit_is_plus(unit, i - 1)) {
            is_set = true;
            is_subscript = unit_is_sign(unit, unit_previous(unit, i, false), ']');
        }
        bool may_be_constant = is_set && !is_subscript;
        if (is_name(grown, i) || (has_literal && (may_be_constant || !may_have_literals)))
            return G_MAXUINT;
        if (is_there && ends_statement(grown, i))
            return i;
    }
    return G_MAXUINT;
}

/* ---- branches ---- */

/* The colon behind the condition of `if`, `elif` or `else` at `at`; G_MAXUINT: the name stands before it. */
static guint
end_of_condition(const Grown *grown, guint at)
{
    Unit *unit = grown->unit;
    guint level = level_of(unit, at);
    for (guint i = at; is_near(grown, i) && !is_name(grown, i); i++)
        if (unit_is_sign(unit, i, ':') && level_of(unit, i) == level)
            return i;
    return G_MAXUINT;
}

/* What a condition decides about, from its colon on: its last piece. */
static guint
end_of_body(Grown *grown, guint colon, size_t margin, int depth)
{
    Unit *unit = grown->unit;
    guint begin = unit_next(unit, colon, true);
    if (unit_piece(unit, unit_next(unit, colon, false))->kind != PIECE_LINE)
        return end_of_append(grown, begin);
    size_t inner = unit_margin(unit, begin);
    return inner > margin ? end_of_statements(grown, begin, inner, depth) : G_MAXUINT;
}

/* if …: and what comes with it. */
static guint
end_of_if(Grown *grown, guint at, size_t margin, int depth)
{
    Unit *unit = grown->unit;
    grown->has_branches = true;
    for (GrownKind kind = GROWN_IF;;) {
        guint colon = end_of_condition(grown, at);
        if (colon == G_MAXUINT)
            return G_MAXUINT;
        mark(grown, kind, at, colon + 1);
        guint end = end_of_body(grown, colon, margin, depth + 1);
        guint next = end != G_MAXUINT ? unit_next(unit, end, true) : G_MAXUINT;
        if (end == G_MAXUINT)
            return G_MAXUINT;
        bool is_beside = kind != GROWN_ELSE && unit_margin(unit, next) == margin,
             is_elif = is_beside && unit_is_word(unit, next, "elif");
        if (!is_elif && !(is_beside && unit_is_word(unit, next, "else"))) {
            mark(grown, GROWN_ENDIF, end + 1, end + 1);
            return end;
        }
        kind = is_elif ? GROWN_ELIF : GROWN_ELSE;
        at = next;
    }
}

/* for …: and while …:, whose pieces it may get any number of times: read as if once or never, where none goes on in a name. */
static guint
end_of_loop(Grown *grown, guint at, size_t margin, int depth)
{
    Unit *unit = grown->unit;
    guint colon = end_of_condition(grown, at);
    if (colon == G_MAXUINT)
        return G_MAXUINT;
    mark(grown, GROWN_IF, at, colon + 1);
    bool was_apart = grown->is_apart, was_loose = grown->is_loose;
    grown->has_branches = grown->is_apart = true;
    grown->is_loose = false;
    grown->piece = G_MAXUINT;
    guint end = end_of_body(grown, colon, margin, depth + 1), first = grown->piece;
    bool joins = first != G_MAXUINT && !grown->is_apart && !literal_begins_apart(unit, first);
    if (end == G_MAXUINT || joins || (grown->is_loose && !was_apart))
        return G_MAXUINT;
    grown->is_apart = grown->is_apart && was_apart;
    grown->is_loose = grown->is_loose || was_loose;
    mark(grown, GROWN_ENDIF, end + 1, end + 1);
    return end;
}

/* One statement: its last piece. */
static guint
end_of_statement(Grown *grown, guint at, size_t margin, int depth)
{
    if (depth > GROWN_DEPTH_MAX)
        return G_MAXUINT;
    if (unit_is_word(grown->unit, at, "if"))
        return end_of_if(grown, at, margin, depth);
    if (begins_loop(grown->unit, at))
        return end_of_loop(grown, at, margin, depth);
    if (is_name(grown, at))
        return end_of_append(grown, at);
    guint last = end_of_other(grown, at, depth > 0);
    if (last != G_MAXUINT)
        mark(grown, GROWN_OTHER, at, last + 1);
    return last;
}

/* All of a block, from its first piece on: its last one. */
static guint
end_of_statements(Grown *grown, guint at, size_t margin, int depth)
{
    Unit *unit = grown->unit;
    guint last = G_MAXUINT;
    while (is_near(grown, at) && unit_margin(unit, at) >= margin) {
        last = unit_margin(unit, at) == margin ? end_of_statement(grown, at, margin, depth)
                                               : G_MAXUINT;
        if (last == G_MAXUINT)
            return G_MAXUINT;
        at = unit_next(unit, last, true);
    }
    return last;
}

guint
grown_end(Unit *unit, guint first, guint last)
{
    guint name = appended_name(unit, first);
    if (name == G_MAXUINT || !ends_statement(&(Grown){.unit = unit}, last))
        return last;
    Grown grown = {
        .unit = unit, .name = name, .first = first, .is_apart = literal_ends_apart(unit, last)};
    guint end = last, behind = last, kept = unit->marks != NULL ? unit->marks->len : 0;
    size_t margin = unit_margin(unit, name);
    for (;;) {
        guint at = unit_next(unit, behind, true);
        bool is_growing =
            is_name(&grown, at) || unit_is_word(unit, at, "if") || begins_loop(unit, at);
        behind = is_near(&grown, at) && unit_margin(unit, at) == margin
                     ? end_of_statement(&grown, at, margin, 0)
                     : G_MAXUINT;
        if (behind == G_MAXUINT)
            break;
        if (is_growing) {
            end = behind;
            kept = unit->marks != NULL ? unit->marks->len : 0;
        }
    }
    if (unit->marks != NULL)
        g_array_set_size(unit->marks, kept);
    return end;
}
