/* chain_parts.c - see chain.h: what the arguments of the calls are in the statement. */
#include "rewrite/program/chain.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define NESTED_MAX 8 /* lists of objects of lists */

typedef struct {
    const Chain *chain;
    Unit *unit;
    GArray *segments;
    const LinkMethod *method;
    ChainClause clause;
} Parts;

/* One argument, or one element of a list: its first and its last piece. */
typedef struct {
    guint first, last;
} Argument;

/* Of what is between two brackets, by the commas between them; array of Argument. */
static GArray *
arguments_of(Unit *unit, guint open, guint close)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(Argument));
    Argument one = {.first = G_MAXUINT};
    for (guint i = unit_next(unit, open, true); i < close; i = unit_next(unit, i, true)) {
        if (unit_is_sign(unit, i, ',')) {
            if (one.first != G_MAXUINT)
                g_array_append_val(list, one);
            one.first = G_MAXUINT;
            continue;
        }
        if (one.first == G_MAXUINT)
            one.first = i;
        i = MIN(unit_bracket_end(unit, i), close);
        one.last = i;
    }
    if (one.first != G_MAXUINT)
        g_array_append_val(list, one);
    return list;
}

static bool
is_literal(const Unit *unit, const Argument *argument)
{
    return argument->first == argument->last &&
           unit_piece(unit, argument->first)->kind == PIECE_LITERAL;
}

static void
add_segment(Parts *parts, guint piece, bool is_sql)
{
    const LinkMethod *method = parts->method;
    bool may_alias = (parts->clause == CHAIN_SELECT || parts->clause == CHAIN_RETURNING) &&
                     !method->is_bare && method->kind != LINK_NAMED;
    Segment segment = {
        .clause = parts->clause, .piece = piece, .is_sql = is_sql, .may_alias = may_alias};
    g_array_append_val(parts->segments, segment);
}

/* knex.raw("…", […]), DB::raw('…'), sq.Expr("…", x): its literal; G_MAXUINT: it is something else. */
static guint
raw_literal(const Parts *parts, const Argument *argument)
{
    Unit *unit = parts->unit;
    const char *raw = parts->chain->api->raw;
    guint open = unit_is_sign(unit, argument->last, ')') ? unit_bracket_around(unit, argument->last)
                                                         : G_MAXUINT;
    if (raw == NULL || open == G_MAXUINT || open <= argument->first ||
        !unit_is_word(unit, unit_previous(unit, open, false), raw))
        return G_MAXUINT;
    guint first = unit_next(unit, open, true), behind = unit_next(unit, first, true);
    return unit_piece(unit, first)->kind == PIECE_LITERAL &&
                   (behind == argument->last || unit_is_sign(unit, behind, ','))
               ? first
               : G_MAXUINT;
}

/* ["a", "b"], []string{"a", "b"}: its bracket; G_MAXUINT: it is none. */
static guint
list_open(Unit *unit, const Argument *argument)
{
    guint open = argument->first;
    if (unit_is_language(unit, "go")) { /* []string{ */
        guint brace = unit_is_sign(unit, argument->last, '}')
                          ? unit_bracket_around(unit, argument->last)
                          : G_MAXUINT;
        return unit_is_sign(unit, open, '[') && unit_is_sign(unit, open + 1, ']') ? brace
                                                                                  : G_MAXUINT;
    }
    return unit_is_sign(unit, open, '[') && unit_bracket_end(unit, open) == argument->last
               ? open
               : G_MAXUINT;
}

/* The piece behind a key: `:` or `=>`; G_MAXUINT: it is no key. */
static guint
behind_key(const Unit *unit, guint key)
{
    guint sign = unit_next(unit, key, true);
    if (unit_is_language(unit, "php"))
        return unit_is_sign(unit, sign, '=') && unit_is_sign(unit, sign + 1, '>') ? sign + 1
                                                                                  : G_MAXUINT;
    return unit_is_sign(unit, sign, ':') && !unit_is_sign(unit, sign + 1, ':') ? sign : G_MAXUINT;
}

/* { weight: 2, "c.id": 3 }, ['weight' => 2], sq.Eq{"weight": 2}: its bracket; G_MAXUINT: it is none. */
static guint
map_open(Unit *unit, const Argument *argument)
{
    char sign = unit_is_language(unit, "php") ? ']' : '}';
    guint open = unit_is_sign(unit, argument->last, sign)
                     ? unit_bracket_around(unit, argument->last)
                     : G_MAXUINT;
    if (open == G_MAXUINT || open < argument->first)
        return G_MAXUINT;
    if (!unit_is_language(unit, "go"))
        return open == argument->first ? open : G_MAXUINT;
    return open > argument->first && unit_is_sign(unit, argument->first, '[') == false ? open
                                                                                       : G_MAXUINT;
}

static bool add_one(Parts *parts, const Argument *argument, int depth);

/* sq.And{…}, sq.Or{…}: a list of conditions. */
static bool
is_junction(const Unit *unit, guint open)
{
    static const char *const words[] = {"And", "Or", NULL};
    return unit_is_language(unit, "go") &&
           unit_is_among(unit, unit_previous(unit, open, false), words);
}

static bool
add_map(Parts *parts, guint open, int depth)
{
    Unit *unit = parts->unit;
    g_autoptr(GArray) list = arguments_of(unit, open, unit_bracket_end(unit, open));
    for (guint i = 0; i < list->len; i++) {
        const Argument *one = &g_array_index(list, Argument, i);
        PieceKind kind = unit_piece(unit, one->first)->kind;
        guint sign = behind_key(unit, one->first);
        bool is_word = kind == PIECE_WORD && unit_is_language(unit, "javascript");
        if (is_junction(unit, open)) {
            if (!add_one(parts, one, depth + 1))
                return false;
            continue;
        }
        if (sign == G_MAXUINT && !(is_word && one->first == one->last))
            return false; /* ...rest, { [x]: 3 } */
        if (kind != PIECE_LITERAL && !is_word)
            return false;
        add_segment(parts, one->first, false);
        g_array_index(parts->segments, Segment, parts->segments->len - 1).is_short =
            sign == G_MAXUINT;
    }
    return list->len > 0;
}

static bool
add_list(Parts *parts, guint open, int depth)
{
    g_autoptr(GArray) list = arguments_of(parts->unit, open, unit_bracket_end(parts->unit, open));
    for (guint i = 0; i < list->len; i++)
        if (!add_one(parts, &g_array_index(list, Argument, i), depth + 1))
            return false;
    return list->len > 0;
}

static bool
takes_maps(LinkKind kind)
{
    return kind == LINK_WHERE || kind == LINK_SET || kind == LINK_ROWS || kind == LINK_HAVING;
}

/* A column, a part of SQL, a list or an object of these; false: nobody knows what it is. */
static bool
add_one(Parts *parts, const Argument *argument, int depth)
{
    Unit *unit = parts->unit;
    guint raw = raw_literal(parts, argument), list = list_open(unit, argument), map;
    LinkKind kind = parts->method->kind;
    if (kind == LINK_NAMED && is_literal(unit, argument) &&
        text_starts(unit->text, unit_piece(unit, argument->first)->inner_begin, "*"))
        return true; /* count("* as n") */
    if (is_literal(unit, argument) && kind != LINK_ROWS) {
        add_segment(parts, argument->first, parts->method->is_sql);
        return true;
    }
    if (raw != G_MAXUINT) {
        add_segment(parts, raw, true);
        return true;
    }
    if (depth > NESTED_MAX)
        return false;
    map = takes_maps(kind) ? map_open(unit, argument) : G_MAXUINT;
    bool is_list = list != G_MAXUINT &&
                   (map == G_MAXUINT || behind_key(unit, unit_next(unit, list, true)) == G_MAXUINT);
    if (is_list)
        return (kind != LINK_WHERE && kind != LINK_SET) && add_list(parts, list, depth);
    return map != G_MAXUINT && add_map(parts, map, depth);
}

/* Of how many of its arguments columns are named; the others are values, directions and the like. */
static guint
count_of(const LinkMethod *method)
{
    switch (method->kind) {
    case LINK_NEUTRAL:
    case LINK_SCALAR:
    case LINK_DELETE:
        return 0;
    case LINK_COLUMNS:
        return method->is_sql && strcmp(method->name, "Column") == 0 ? 1 : G_MAXUINT;
    case LINK_JOIN:
    case LINK_NAMED:
    case LINK_WHERE_ALL:
    case LINK_GROUP:
    case LINK_ORDER_ALL:
        return G_MAXUINT;
    case LINK_RETURNING:
        return method->is_sql ? 1 : G_MAXUINT;
    default:
        return 1;
    }
}

static const ChainClause clauses[] = {
    [LINK_TABLE] = CHAIN_FROM,     [LINK_INSERT_INTO] = CHAIN_FROM,
    [LINK_UPDATE] = CHAIN_FROM,    [LINK_DELETE_FROM] = CHAIN_FROM,
    [LINK_JOIN] = CHAIN_JOIN,      [LINK_JOIN_SQL] = CHAIN_JOIN,
    [LINK_COLUMNS] = CHAIN_SELECT, [LINK_NAMED] = CHAIN_SELECT,
    [LINK_WHERE] = CHAIN_WHERE,    [LINK_WHERE_ALL] = CHAIN_WHERE,
    [LINK_GROUP] = CHAIN_GROUP,    [LINK_HAVING] = CHAIN_HAVING,
    [LINK_ORDER] = CHAIN_ORDER,    [LINK_ORDER_ALL] = CHAIN_ORDER,
    [LINK_SET] = CHAIN_SET,        [LINK_ROWS] = CHAIN_SET,
    [LINK_PLAIN] = CHAIN_WHERE,    [LINK_RETURNING] = CHAIN_RETURNING,
};

/* "a.x", "=", "b.y": without the sign. */
static bool
is_comparison(const Unit *unit, const Argument *argument)
{
    const Piece *piece = unit_piece(unit, argument->first);
    if (!is_literal(unit, argument) || piece->inner_end <= piece->inner_begin)
        return false;
    return strchr("=<>!", unit->text->bytes[piece->inner_begin]) != NULL;
}

/* crates ON a = b: the first gets what stands before it, the others what stands between. */
static bool
mark_join(const Parts *parts, guint first)
{
    guint count = parts->segments->len - first;
    static const char *const before[] = {" JOIN ", " ON ", " = "};
    for (guint i = 0; i < count && count <= 3; i++)
        g_array_index(parts->segments, Segment, first + i).before = before[i];
    return count == 3;
}

/* "LEFT JOIN crates c ON …" and "crates c ON …"; "RETURNING id", which always says so. */
static void
mark_sql(const Parts *parts, guint first)
{
    if (parts->segments->len <= first)
        return;
    Segment *segment = &g_array_index(parts->segments, Segment, first);
    const Piece *piece = unit_piece(parts->unit, segment->piece);
    size_t at;
    bool has_word = segment->clause == CHAIN_RETURNING ||
                    find_word(parts->unit->text->bytes + piece->inner_begin,
                              piece->inner_end - piece->inner_begin, "join", &at);
    segment->before = has_word ? " " : " JOIN ";
}

static bool
add_link(Parts *parts, const ChainLink *link)
{
    Unit *unit = parts->unit;
    guint first = parts->segments->len, count = count_of(link->method);
    g_autoptr(GArray) list = arguments_of(unit, link->open, link->close);
    parts->method = link->method;
    parts->clause = clauses[link->method->kind];
    for (guint i = 0; i < list->len && i < count; i++) {
        const Argument *argument = &g_array_index(list, Argument, i);
        if (link->method->kind == LINK_ORDER_ALL || !is_comparison(unit, argument))
            if (!add_one(parts, argument, 0))
                return false;
    }
    if (link->method->kind == LINK_JOIN_SQL ||
        (link->method->kind == LINK_RETURNING && link->method->is_sql))
        mark_sql(parts, first);
    if (link->method->kind == LINK_ORDER && list->len == 0)
        return false; /* latest() of Laravel has a column of its own */
    return link->method->kind != LINK_JOIN || mark_join(parts, first);
}

GArray *
chain_segments(const Chain *chain, LinkKind *ret_verb, bool *ret_is_scalar)
{
    g_autoptr(GArray) segments = g_array_new(FALSE, FALSE, sizeof(Segment));
    Parts parts = {.chain = chain, .unit = chain->unit, .segments = segments};
    *ret_verb = LINK_TABLE;
    for (guint i = 0; i < chain->links->len; i++) {
        const ChainLink *link = &g_array_index(chain->links, ChainLink, i);
        LinkKind kind = link->method->kind;
        if (!add_link(&parts, link))
            return NULL;
        *ret_is_scalar =
            *ret_is_scalar || kind == LINK_PLAIN || kind == LINK_SCALAR || kind == LINK_NAMED;
        if (kind == LINK_INSERT_INTO || kind == LINK_ROWS)
            *ret_verb = LINK_INSERT_INTO;
        else if (kind == LINK_UPDATE || (kind == LINK_SET && *ret_verb == LINK_TABLE))
            *ret_verb = LINK_UPDATE;
        else if (kind == LINK_DELETE || kind == LINK_DELETE_FROM)
            *ret_verb = LINK_DELETE;
    }
    return g_steal_pointer(&segments);
}
