/*
 * program_schema.c - a table's schema that stands apart from it: in __table_args__ of its class, in the argument before it.
 */
#include "rewrite/program_said.h"

#include <string.h>

#define CLASS_PIECES 400 /* of a class, between its table's name and its settings */

static bool
is_plain(const Text *text, Span span)
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
        return piece->kind == PIECE_LITERAL && is_plain(unit->text, name) &&
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

bool
use_has_class_schema(Unit *unit, const Use *use, Span *ret)
{
    static const char *const ends[] = {"class", "__tablename__", NULL};
    if (!unit_is_language(unit, "python") || !span_is(unit->text, use->key, "__tablename__"))
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

bool
class_schema_follows(const Unit *unit, const Spelling *spelling)
{
    guint length = g_strv_length(spelling->source);
    if (length < 2 || length != g_strv_length(spelling->target) || unit->text->from != NULL)
        return false;
    for (guint i = 0; i + 2 < length; i++)
        if (strcmp(spelling->source[i], spelling->target[i]) != 0)
            return false;
    const char *schema = spelling->target[length - 2];
    return strspn(schema, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
           strlen(schema);
}

bool
class_edit_schema(Unit *unit, const Use *use, const Spelling *spelling)
{
    Span span = {0};
    guint length = g_strv_length(spelling->source);
    if (length < 2 || strcmp(spelling->source[length - 2], spelling->target[length - 2]) == 0 ||
        !use_has_class_schema(unit, use, &span) || span.end == 0)
        return false;
    Site *site = program_site(unit->work, unit->text, SITE_TABLE, DISPOSITION_REWRITTEN, span.begin,
                              span.end);
    site->after = keep(unit->work, spelling->target[length - 2]);
    edit_add(unit->work, span.begin, span.end, site->after);
    return true;
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
    bool is_alone = behind == ',' && is_plain(unit->text, span);
    return is_alone && unit_is_among(unit, first, names) &&
                   unit_sign(unit, unit_next(unit, first, true)) == ','
               ? span
               : (Span){0};
}
