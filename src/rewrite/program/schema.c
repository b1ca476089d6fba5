/*
 * schema.c - a table's schema that stands apart from it: in __table_args__ of its class, beside it in an annotation
 * (@Table(name = "orders", schema = "shop")), in the argument before or behind it.
 */
#include "rewrite/program/said.h"

#include <string.h>

#define CLASS_PIECES 400 /* of a class, between its table's name and its settings */

bool
schema_is_plain(const Text *text, Span span)
{
    for (uint32_t at = span.begin; at < span.end; at++)
        if (!is_identifier_byte(text->bytes[at]) && text->bytes[at] != '-')
            return false;
    return span.end > span.begin;
}

/* "schema": "shop" within these brackets: the name between its quotes; `*ret_is_there`: there is such a key. */
static Span
schema_within(Unit *unit, guint open, bool *ret_is_there)
{
    guint end = unit_bracket_end(unit, open);
    for (guint i = open + 1; i < end && i + 2 < unit->pieces->len; i++) {
        const Piece *key = unit_piece(unit, i);
        guint colon = unit_next(unit, i, true), value = unit_next(unit, colon, true);
        const Piece *piece = unit_piece(unit, value);
        Span name = {piece->inner_begin, piece->inner_end};
        char behind = unit_sign(unit, unit_next(unit, value, true));
        if (key->kind != PIECE_LITERAL || !unit_is_sign(unit, colon, ':') ||
            !span_is(unit->text, (Span){key->inner_begin, key->inner_end}, "schema"))
            continue;
        *ret_is_there = true;
        return piece->kind == PIECE_LITERAL && schema_is_plain(unit->text, name) &&
                       (behind == ',' || behind == '}')
                   ? name
                   : (Span){0};
    }
    return (Span){0};
}

/* The settings of __table_args__ at `index`, which may stand behind constraints; or G_MAXUINT. */
static guint
settings_of(Unit *unit, guint index)
{
    guint brace = unit_next(unit, index + 1, false), end = unit_bracket_end(unit, brace);
    if (unit_is_sign(unit, brace, '('))
        while (++brace < end && !unit_is_sign(unit, brace, '{'))
            brace = unit_bracket_end(unit, brace);
    return unit_is_sign(unit, brace, '{') ? brace : G_MAXUINT;
}

/* __table_args__ = {"schema": "shop"} in the class of this __tablename__ */
static bool
is_in_table_args(Unit *unit, const Use *use, Span *ret)
{
    static const char *const ends[] = {"class", "__tablename__", NULL};
    if (!span_is(unit->text, use->key, "__tablename__"))
        return false;
    guint from = use->first, end = use->last + 1;
    while (from > 2 && use->first - from < CLASS_PIECES && !unit_is_word(unit, from - 1, "class"))
        from--;
    while (end < unit->pieces->len && end - use->last < CLASS_PIECES &&
           !unit_is_among(unit, end, ends))
        end++;
    for (guint i = from; i < end; i++) {
        bool is_there = false;
        guint brace = unit_is_word(unit, i, "__table_args__") && unit_is_sign(unit, i + 1, '=')
                          ? settings_of(unit, i)
                          : G_MAXUINT;
        if (brace == G_MAXUINT)
            continue;
        *ret = schema_within(unit, brace, &is_there);
        return is_there;
    }
    return false;
}

/* The string at `index`, if nothing is put to it; else empty. */
static Span
plain_at(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    Span name = {piece->inner_begin, piece->inner_end};
    char behind = unit_sign(unit, unit_next(unit, index, true));
    bool is_alone = behind != '\0' && strchr(",)}]", behind) != NULL;
    return piece->kind == PIECE_LITERAL && is_alone && schema_is_plain(unit->text, name)
               ? name
               : (Span){0};
}

/* schema = "shop" right within these brackets. What is around a schema (catalog = "acme") is not read: then it is not known. */
static bool
is_under_key(Unit *unit, guint open, Span *ret)
{
    static const char *const names[] = {"schema", "schema_name", NULL};
    static const char *const outer[] = {"catalog", "database", NULL};
    guint end = unit_bracket_end(unit, open);
    bool is_there = false, is_known = true;
    for (guint i = open + 1; i < end && end < unit->pieces->len; i++) {
        guint sign = unit_next(unit, i, true);
        bool is_key = unit_piece(unit, i)->kind == PIECE_WORD &&
                      (unit_is_sign(unit, sign, '=') || unit_is_sign(unit, sign, ':'));
        if (is_key && unit_is_among(unit, i, names)) {
            *ret = plain_at(unit, unit_next(unit, sign, true));
            is_known = is_known && !is_there;
            is_there = true;
        }
        is_known = is_known && !(is_key && unit_is_among(unit, i, outer));
        i = unit_bracket_end(unit, i);
    }
    if (!is_known)
        *ret = (Span){0};
    return is_there || !is_known;
}

/* @Table(name = "orders", schema = "shop"), [Table("orders", Schema = "shop")], { tableName: "orders", schema: "shop" } */
static bool
is_in_annotation(Unit *unit, const Use *use, Span *ret)
{
    guint open = unit_bracket_around(unit, use->first);
    if (open == G_MAXUINT)
        return false;
    if (is_under_key(unit, open, ret))
        return true;
    guint comma = unit_next(unit, use->last, true), brace = unit_next(unit, comma, true);
    return span_is(unit->text, use->callee, "Entity") && unit_is_sign(unit, comma, ',') &&
           unit_is_sign(unit, brace, '{') && is_under_key(unit, brace, ret); /* of TypeORM */
}

/* ToTable("orders", "shop") */
static bool
is_behind_table(const Unit *unit, const Use *use, Span *ret)
{
    guint comma = unit_next(unit, use->last, true), second = unit_next(unit, comma, true);
    if (!span_is(unit->text, use->callee, "ToTable") || !unit_is_sign(unit, comma, ',') ||
        unit_piece(unit, second)->kind != PIECE_LITERAL)
        return false;
    *ret = plain_at(unit, second);
    return true;
}

/* Table[Order](tag, Some("shop"), "orders") of Slick */
static bool
is_before_table(const Unit *unit, const Use *use, Span *ret)
{
    guint comma = unit_previous(unit, use->first, true);
    guint close = comma != G_MAXUINT ? unit_previous(unit, comma, true) : G_MAXUINT;
    guint name = close != G_MAXUINT ? unit_previous(unit, close, true) : G_MAXUINT;
    if (name == G_MAXUINT || name < 2 || use->argument != 2 || !unit_is_sign(unit, close, ')') ||
        !unit_is_word(unit, name - 2, "Some") || !unit_is_sign(unit, name - 1, '('))
        return false;
    *ret = plain_at(unit, name);
    return true;
}

/* @schema_prefix "shop" in the module of this schema of Ecto */
static bool
is_in_module(const Unit *unit, const Use *use, Span *ret)
{
    guint from = use->first;
    while (from > 0 && use->first - from < CLASS_PIECES && !unit_is_word(unit, from, "defmodule"))
        from--;
    for (; from < use->first; from++) {
        const Piece *value = unit_piece(unit, unit_next(unit, from, false));
        if (!unit_is_word(unit, from, "schema_prefix") || value->kind == PIECE_LINE)
            continue;
        Span name = {value->inner_begin, value->inner_end};
        *ret = value->kind == PIECE_LITERAL && schema_is_plain(unit->text, name) ? name : (Span){0};
        return true;
    }
    return false;
}

/* @@schema("shop") in the model of this @@map. */
static bool
is_in_model(Unit *unit, const Use *use, Span *ret)
{
    guint map = unit_bracket_around(unit, use->first),
          model = map != G_MAXUINT ? unit_bracket_around(unit, map) : G_MAXUINT,
          end = model != G_MAXUINT ? unit_bracket_end(unit, model) : 0;
    for (guint i = model; i < end; i++) {
        if (!unit_is_word(unit, i, "schema") || !unit_is_sign(unit, i - 1, '@') ||
            !unit_is_sign(unit, i - 2, '@') || !unit_is_sign(unit, i + 1, '('))
            continue;
        *ret = plain_at(unit, i + 2);
        return true;
    }
    return false;
}

bool
use_has_class_schema(Unit *unit, const Use *use, Span *ret)
{
    static const char *const annotated[] = {"java", "kotlin",     "csharp", "rust",
                                            "php",  "javascript", NULL};
    *ret = (Span){0};
    if (unit_is_language(unit, "python"))
        return is_in_table_args(unit, use, ret);
    if (!use_is_of_class(unit, use))
        return false;
    if (unit_is_language(unit, "prisma"))
        return is_in_model(unit, use, ret);
    if (unit_is_language(unit, "elixir"))
        return is_in_module(unit, use, ret);
    if (unit_is_language(unit, "scala"))
        return is_before_table(unit, use, ret);
    if (unit_is_language(unit, "csharp") && is_behind_table(unit, use, ret))
        return true;
    return g_strv_contains(annotated, unit->language->name) && is_in_annotation(unit, use, ret);
}

/* run(cursor, "shop", "orders"): the text before, where the first argument is what a database is asked by; else empty. */
Span
use_schema_before(Unit *unit, const Use *use)
{
    static const char *const names[] = {"cur",       "cursor",    "conn",    "con",   "connection",
                                        "cnx",       "engine",    "session", "spark", "client",
                                        "db_engine", "bq_client", NULL};
    guint comma = unit_previous(unit, use->first, true),
          before = comma != G_MAXUINT ? unit_previous(unit, comma, true) : G_MAXUINT,
          open = unit_bracket_around(unit, use->first);
    if (use->key.end > 0 || use->argument < 2 || before == G_MAXUINT || open == G_MAXUINT ||
        !unit_is_sign(unit, comma, ',') || !unit_is_sign(unit, open, '(') ||
        unit_piece(unit, before)->kind != PIECE_LITERAL)
        return (Span){0};
    guint first = unit_next(unit, open, true);
    char behind = unit_sign(unit, unit_previous(unit, before, true));
    Span span = {unit_piece(unit, before)->inner_begin, unit_piece(unit, before)->inner_end};
    bool is_alone = behind == ',' && schema_is_plain(unit->text, span);
    return is_alone && unit_is_among(unit, first, names) &&
                   unit_sign(unit, unit_next(unit, first, true)) == ','
               ? span
               : (Span){0};
}
