/*
 * pairs.c - a table's schema that a program says right before or behind the table: in_schema("shop", "orders"),
 * client.dataset("shop").table("orders").
 */
#include "rewrite/program/said.h"

#include <string.h>

/* ---- pairs: in_schema("shop", "orders"), ("shop", "orders") ---- */

/* Is one of the two no ordinary word, so that nobody says both by chance? */
static bool
is_unlike_words(const Text *text, Span a, Span b)
{
    for (uint32_t i = 0; i < a.end - a.begin + b.end - b.begin; i++) {
        uint32_t at = i < a.end - a.begin ? a.begin + i : b.begin + i - (a.end - a.begin);
        if (!g_ascii_isalpha(text->bytes[at]))
            return true;
    }
    return false;
}

/* What libraries call with a schema and a table. */
static bool
surely_takes_schema(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"in_schema",      "in_catalog",      "Identifier", "Id",
                                        "TableReference", "SchemaTableName", NULL};
    return span_is_among(unit->text, use->callee, calls) ||
           (span_is(unit->text, use->callee, "of") &&
            span_is(unit->text, use->receiver, "TableId"));
}

/* has_table("shop", "orders"), but copy_table("drafts", "orders") */
static bool
is_called_like_tables(const Unit *unit, const Use *use)
{
    for (uint32_t at = use->callee.begin; at + 5 <= use->callee.end; at++)
        if (span_is(unit->text, (Span){at, at + 5}, "table"))
            return true;
    return false;
}

/* TABLES = [("shop", "orders")], or a tuple of words that are no ordinary ones. */
static bool
is_tuple(Unit *unit, const Use *use, guint open, Span schema)
{
    guint close = unit_bracket_end(unit, open), around = unit_bracket_around(unit, open);
    Span table = {unit_piece(unit, use->first)->inner_begin,
                  unit_piece(unit, use->first)->inner_end};
    if (use->callee.end > 0 || !unit_is_language(unit, "python") || use->argument != 1 ||
        unit_next(unit, use->last, true) != close)
        return false;
    guint sign = around != G_MAXUINT && unit_is_sign(unit, around, '[')
                     ? unit_previous(unit, around, true)
                     : G_MAXUINT;
    guint name = sign != G_MAXUINT && unit_is_sign(unit, sign, '=')
                     ? unit_previous(unit, sign, true)
                     : G_MAXUINT;
    static const char *const lists[] = {"tables", "views", NULL};
    return is_unlike_words(unit->text, schema, table) ||
           (name != G_MAXUINT &&
            name_ends_in(unit->text, piece_span(unit_piece(unit, name)), lists));
}

/* The plain string that is the argument before the piece; `*ret_index` is where. */
static Span
argument_before(Unit *unit, guint index, guint *ret_index)
{
    guint comma = unit_previous(unit, index, true),
          before = comma != G_MAXUINT ? unit_previous(unit, comma, true) : G_MAXUINT;
    if (before == G_MAXUINT || !unit_is_sign(unit, comma, ',') ||
        unit_piece(unit, before)->kind != PIECE_LITERAL)
        return (Span){0};
    char sign = unit_sign(unit, unit_previous(unit, before, true));
    Span span = {unit_piece(unit, before)->inner_begin, unit_piece(unit, before)->inner_end};
    *ret_index = before;
    return (sign == ',' || sign == '(') && schema_is_plain(unit->text, span) ? span : (Span){0};
}

static bool
is_paired(Unit *unit, const Use *use, SaidSchema *ret)
{
    guint open = unit_bracket_around(unit, use->first), before = 0;
    if (use->key.end > 0 || use->argument < 1 || use->argument > 2 || open == G_MAXUINT ||
        !unit_is_sign(unit, open, '('))
        return false;
    ret->schema = argument_before(unit, use->first, &before);
    ret->is_sure = surely_takes_schema(unit, use);
    ret->is_alone = true;
    if (ret->schema.end == 0 || (!ret->is_sure && !is_called_like_tables(unit, use) &&
                                 !is_tuple(unit, use, open, ret->schema)))
        return false;
    if (use->argument == 2) {
        ret->project = argument_before(unit, before, &before);
        ret->has_project = true;
    }
    return true;
}

/* ---- chains: client.dataset("shop").table("orders") ---- */

static const char *const links[] = {"dataset", "withSchema", "schema", "DatasetReference", NULL};

/* The plain string at `index`, which goes behind it; empty: it is something else. */
static Span
take_name(Unit *unit, guint *index)
{
    const Piece *piece = unit_piece(unit, *index);
    Span span = {piece->inner_begin, piece->inner_end};
    if (piece->kind != PIECE_LITERAL || !schema_is_plain(unit->text, span))
        return (Span){0};
    *index = unit_next(unit, *index, true);
    return span;
}

/* One argument of a link of BigQuery; `is_project`: by its place, if no key says otherwise. False: it is something else. */
static bool
take_argument(Unit *unit, guint *index, bool is_project, SaidSchema *ret)
{
    static const char *const projects[] = {"project", "project_id", NULL};
    if (unit_is_sign(unit, *index + 1, '=')) {
        is_project = unit_is_among(unit, *index, projects);
        if (!is_project && !unit_is_word(unit, *index, "dataset_id"))
            return false;
        *index += 2;
    }
    Span name = take_name(unit, index);
    ret->has_project = ret->has_project || is_project;
    *(is_project ? &ret->project : &ret->schema) = name;
    return name.end > 0;
}

/* dataset("shop"), dataset("shop", project="acme"), DatasetReference("acme", "shop"), at its bracket: the names between its
 * quotes; an empty schema: it says more or less. */
static void
read_link(Unit *unit, guint link, guint open, SaidSchema *ret)
{
    guint at = unit_next(unit, open, true), close = unit_bracket_end(unit, open);
    bool is_reference = unit_is_word(unit, link, "DatasetReference"),
         is_of_bigquery = is_reference || unit_is_word(unit, link, "dataset");
    bool is_read = take_argument(unit, &at, is_reference, ret);
    if (is_read && is_of_bigquery && unit_is_sign(unit, at, ',')) {
        at = unit_next(unit, at, true);
        is_read = take_argument(unit, &at, !is_reference, ret);
    }
    if (!is_read || at != close)
        ret->schema = (Span){0};
}

/* The link before the one at `word`: `*ret_open` is its bracket. */
static guint
link_before(Unit *unit, guint word, guint *ret_open)
{
    guint dot = unit_previous(unit, word, true);
    guint close = dot != G_MAXUINT && unit_is_sign(unit, dot, '.') ? unit_previous(unit, dot, true)
                                                                   : G_MAXUINT;
    if (close == G_MAXUINT || !unit_is_sign(unit, close, ')'))
        return G_MAXUINT;
    *ret_open = unit_bracket_around(unit, close); /* which it closes */
    return *ret_open != G_MAXUINT ? unit_previous(unit, *ret_open, false) : G_MAXUINT;
}

/* What the link at `word` is called on is a name, and no call that may say more. */
static bool
is_first_link(const Unit *unit, guint word)
{
    guint dot = unit_previous(unit, word, true);
    return dot == G_MAXUINT || !unit_is_sign(unit, dot, '.') ||
           unit_piece(unit, unit_previous(unit, dot, true))->kind == PIECE_WORD;
}

/* The first link behind the call, as in knex("orders").withSchema("shop"). */
static guint
link_behind(Unit *unit, guint open)
{
    guint close = unit_bracket_end(unit, open), dot = unit_next(unit, close, true);
    return close < unit->pieces->len && unit_is_sign(unit, dot, '.') ? unit_next(unit, dot, true)
                                                                     : G_MAXUINT;
}

static bool
is_linked(Unit *unit, const Use *use, SaidSchema *ret)
{
    guint open = unit_bracket_around(unit, use->first), of_link = G_MAXUINT;
    guint word = open != G_MAXUINT ? unit_previous(unit, open, false) : G_MAXUINT;
    if (use->key.end > 0 || use->argument != 0 || word == G_MAXUINT || use->callee.end == 0 ||
        unit_piece(unit, word)->kind != PIECE_WORD ||
        (!use_is_read_by_call(unit, use) && !use_is_in_builder(unit, use)))
        return false;
    guint before = link_before(unit, word, &of_link), behind = link_behind(unit, open);
    bool is_behind = before == G_MAXUINT || !unit_is_among(unit, before, links);
    guint link = is_behind ? behind : before;
    if (link == G_MAXUINT || !unit_is_among(unit, link, links))
        return false;
    read_link(unit, link, is_behind ? unit_next(unit, link, false) : of_link, ret);
    ret->has_project = ret->has_project || !is_first_link(unit, is_behind ? word : before);
    ret->is_sure = true;
    ret->is_alone = !unit_is_word(unit, link, "withSchema") && /* of what is joined, too */
                    !unit_is_word(unit, link, "schema");
    return true;
}

bool
use_has_said_schema(Unit *unit, const Use *use, SaidSchema *ret)
{
    *ret = (SaidSchema){.is_sure = true, .is_alone = true};
    if (use_has_class_schema(unit, use, &ret->schema)) {
        ret->is_alone = !unit_is_language(unit, "prisma"); /* the datasource lists it, too */
        return true;
    }
    *ret = (SaidSchema){0};
    if (is_paired(unit, use, ret) || is_linked(unit, use, ret))
        return true;
    *ret = (SaidSchema){0};
    return use_is_argued(unit, use, ret);
}
