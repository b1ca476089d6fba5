/*
 * objects.c - calls that make objects of a query's rows: Query<Parcel>("…"), query_as!(Parcel, "…"), mapTo(Parcel.class).
 *
 * Libraries set the fields that are called like the columns. Under `propagate` the columns have new names, and where the class is
 * in another file, nothing here says that its fields stay empty.
 */
#include "rewrite/program/program.h"

#include <string.h>

#define CALLS_AROUND 3    /* session.list(queryOf("…")) */
#define CHAIN_PIECES 200  /* of calls that go on behind the query's */
#define GENERIC_PIECES 40 /* Query<Page<Parcel>> */
#define QUERIES_MAX 200   /* of one file, whose classes are looked for in it */
#define USES_MAX 20       /* of a name that a query is set to */

static Span
span_of(const Unit *unit, guint index)
{
    return piece_span(unit_piece(unit, index));
}

/* Does it begin like the name of a class, and is none of those that everybody has? */
static bool
is_class_name(const Unit *unit, guint index)
{
    static const char *const known[] = {
        "String",    "Integer",       "Long",     "Int",     "Int32",     "Int64",  "Short",
        "Double",    "Float",         "Boolean",  "Decimal", "UUID",      "Guid",   "BigDecimal",
        "DateTime",  "Date",          "Instant",  "Map",     "List",      "Vec",    "Option",
        "LocalDate", "LocalDateTime", "Promise",  "Array",   "Timestamp", "Number", "Object",
        "Void",      "Set",           "Optional", "Result",  "Value",     NULL};
    const Piece *piece = unit_piece(unit, index);
    return piece->kind == PIECE_WORD && piece->end - piece->begin > 1 &&
           g_ascii_isupper(unit->text->bytes[piece->begin]) &&
           !span_is_among(unit->text, piece_span(piece), known);
}

/* The class between < and > that end before `index`; G_MAXUINT: there is none. */
static guint
class_in_generic(const Unit *unit, guint index)
{
    guint found = G_MAXUINT;
    int depth = 0;
    for (guint i = index; i-- > 0 && index - i < GENERIC_PIECES;) {
        if (is_class_name(unit, i) && found == G_MAXUINT)
            found = i;
        depth += unit_is_sign(unit, i, '>') - unit_is_sign(unit, i, '<');
        if (depth <= 0)
            return depth == 0 && i + 1 < index ? found : G_MAXUINT;
    }
    return G_MAXUINT;
}

/* new ParcelMapper(), parcelMapper: what makes objects of rows. */
static bool
is_mapper(const Unit *unit, guint index)
{
    static const char ending[] = "apper";
    Span name = span_of(unit, index);
    size_t bytes = sizeof ending - 1;
    return unit_piece(unit, index)->kind == PIECE_WORD && name.end - name.begin > bytes + 1 &&
           memcmp(unit->text->bytes + name.end - bytes, ending, bytes) == 0;
}

/* Behind the function without a name that begins at its arrow, within the bracket; else `index`. */
static guint
behind_lambda(Unit *unit, guint index)
{
    bool is_arrow = (unit_is_sign(unit, index, '-') || unit_is_sign(unit, index, '=')) &&
                    unit_is_sign(unit, index + 1, '>');
    guint around = unit_bracket_around(unit, index);
    guint end = around != G_MAXUINT ? unit_bracket_end(unit, around) : unit->pieces->len;
    while (is_arrow && index < end &&
           !(unit_is_sign(unit, index, ',') && unit_bracket_around(unit, index) == around))
        index++;
    return index;
}

/* Is it an argument of the query's call, or of one that goes on behind it? */
static bool
is_argument(Unit *unit, guint open, guint index)
{
    guint around = unit_bracket_around(unit, index);
    return around == open || (around != G_MAXUINT &&
                              unit_bracket_around(unit, around) == unit_bracket_around(unit, open));
}

/* Parcel.class, Parcel::class, new ParcelMapper(), mapTo<Parcel>() between the bracket and `to`. What is done with a row that was
 * read is another thing. */
static guint
class_within(Unit *unit, guint open, guint to)
{
    for (guint i = open; i < to && i < unit->pieces->len; i++) {
        i = unit_is_sign(unit, i, '{') ? unit_bracket_end(unit, i) : behind_lambda(unit, i);
        guint sign = i + 1 + unit_is_sign(unit, i + 1, ':');
        bool is_literal = (unit_is_sign(unit, sign, '.') || unit_is_sign(unit, sign, ':')) &&
                          unit_is_word(unit, sign + 1, "class");
        if ((is_literal && is_class_name(unit, i)) ||
            (is_mapper(unit, i) && is_argument(unit, open, i)))
            return i;
        if (unit_is_sign(unit, i, '>') && unit_is_sign(unit, i + 1, '(') &&
            class_in_generic(unit, i + 1) != G_MAXUINT)
            return class_in_generic(unit, i + 1);
    }
    return G_MAXUINT;
}

/* sqlx.Select(&parcels, "…") of Go: fields by their tags. */
static guint
address_before(const Unit *unit, guint open, guint piece)
{
    static const char *const calls[] = {"Select", "SelectContext", "Get", "GetContext", NULL};
    if (!unit_is_language(unit, "go") || open == 0 || !unit_is_among(unit, open - 1, calls))
        return G_MAXUINT;
    for (guint i = open + 1; i + 1 < piece; i++)
        if (unit_is_sign(unit, i, '&') && unit_piece(unit, i + 1)->kind == PIECE_WORD)
            return i + 1;
    return G_MAXUINT;
}

/* query_as!(Parcel, "…") */
static guint
class_of_macro(const Unit *unit, guint open)
{
    static const char *const macros[] = {"query_as", "query_as_unchecked", NULL};
    if (open < 2 || !unit_is_sign(unit, open - 1, '!') || !unit_is_among(unit, open - 2, macros))
        return G_MAXUINT;
    guint index = unit_next(unit, open, true);
    while (unit_is_sign(unit, index + 1, ':'))
        index += 3;
    return is_class_name(unit, index) ? index : G_MAXUINT;
}

static guint
first_of(guint one, guint other)
{
    return one != G_MAXUINT ? one : other;
}

/* Behind the calls that go on behind this bracket: .map(…).list() */
static guint
chain_end(Unit *unit, guint close)
{
    guint index = unit_next(unit, close, true), end = close + 1;
    while (index < close + CHAIN_PIECES && unit_is_sign(unit, index, '.')) {
        end = index + 2;
        while (end < close + CHAIN_PIECES && end < unit->pieces->len &&
               !unit_is_sign(unit, end, '(') && unit_piece(unit, end)->kind != PIECE_LINE)
            end++;
        if (!unit_is_sign(unit, end, '('))
            return end;
        end = unit_bracket_end(unit, end) + 1;
        index = unit_next(unit, end - 1, true);
    }
    return MIN(end, close + CHAIN_PIECES);
}

/* The class or mapper that calls around this piece name; G_MAXUINT: they name none. */
static guint
class_around(Unit *unit, guint piece)
{
    guint open = unit_bracket_around(unit, piece), found = G_MAXUINT;
    if (piece > 0 && unit_is_sign(unit, piece - 1, '>')) /* sql<Parcel[]>`…` */
        found = class_in_generic(unit, piece);
    for (int i = 0; i < CALLS_AROUND && found == G_MAXUINT && open != G_MAXUINT &&
                    unit_is_sign(unit, open, '(');
         i++) {
        guint close = unit_bracket_end(unit, open);
        found = first_of(class_of_macro(unit, open), address_before(unit, open, piece));
        if (found == G_MAXUINT && unit_is_sign(unit, open - (open > 0), '>'))
            found = class_in_generic(unit, open);
        found = first_of(found, class_within(unit, open, chain_end(unit, close)));
        open = unit_bracket_around(unit, open);
    }
    return found;
}

/* Is it declared, or set, in this file, where its fields are looked for? */
static bool
is_declared(const Unit *unit, guint index)
{
    static const char *const words[] = {"class", "struct", "record", "interface",
                                        "type",  "enum",   "object", NULL};
    Span name = span_of(unit, index);
    for (guint i = 1; i < unit->pieces->len; i++) {
        if (i == index || unit_piece(unit, i)->kind != PIECE_WORD ||
            !span_is_same(unit->text, span_of(unit, i), name))
            continue;
        bool is_set = unit_is_sign(unit, i + 1, '=') &&
                      !span_is_same(unit->text, span_of(unit, unit_next(unit, i + 1, true)), name);
        if (unit_is_among(unit, i - 1, words) || is_set)
            return true;
    }
    return false;
}

static void
refuse(Unit *unit, guint class, const ColumnChange *change)
{
    Span name = span_of(unit, class);
    program_refuse(unit->work, unit->text, SITE_COLUMN, name.begin, name.end, "data-frame",
                   change->link,
                   "rows become '%.*s' here by the names of their columns, and '%s' is called '%s' "
                   "in the new dataset: its fields have to follow, or the query gives '%s AS %s'",
                   (int) (name.end - name.begin), unit->text->bytes + name.begin, change->column,
                   change->to, change->to, change->column);
}

/* The class of the calls that get the name to which the query is set. */
static guint
class_by_name(Unit *unit, const Use *use)
{
    guint found = G_MAXUINT;
    int count = 0;
    for (guint i = 0; use->is_assigned && i < unit->pieces->len && count < USES_MAX; i++)
        if (unit_piece(unit, i)->kind == PIECE_WORD && span_of(unit, i).begin != use->key.begin &&
            span_is_same(unit->text, span_of(unit, i), use->key)) {
            count++;
            found = first_of(found, class_around(unit, i));
        }
    return found;
}

void
rows_given(Unit *unit, const Use *use, const ColumnChange *change)
{
    GArray *giving = unit->work->giving;
    if (giving == NULL || unit->pieces == NULL || giving->len >= QUERIES_MAX)
        return;
    g_array_append_val(giving, use->whole.begin);
    guint class = first_of(class_around(unit, use->first), class_by_name(unit, use));
    if (class != G_MAXUINT && !is_declared(unit, class))
        refuse(unit, class, change);
}
