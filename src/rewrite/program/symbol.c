/* symbol.c - :users of Ruby and Elixir, where it names a table of the store. */
#include "rewrite/program/program.h"

#include <string.h>

/* The database as Sequel's own pages call it, in files that need not speak of Sequel. */
static bool
is_constant_db(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    return piece->kind == PIECE_WORD && piece->end - piece->begin == 2 &&
           memcmp(unit->text->bytes + piece->begin, "DB", 2) == 0;
}

/* DB[:users], Sequel::Model(:users) of Ruby */
static bool
is_of_sequel(const Unit *unit, guint colon)
{
    static const char *const databases[] = {"db", "database", "conn", "connection", NULL};
    guint open = unit_previous(unit, colon, false);
    guint name = open != G_MAXUINT ? unit_previous(unit, open, false) : G_MAXUINT;
    if (name != G_MAXUINT && unit_is_sign(unit, open, '[') && is_constant_db(unit, name))
        return true;
    if (name == G_MAXUINT || !program_says(unit->work, "sequel"))
        return false;
    return unit_is_sign(unit, open, '[')
               ? span_is_among(unit->text, piece_span(unit_piece(unit, name)), databases)
               : unit_is_sign(unit, open, '(') && unit_is_word(unit, name, "Model");
}

/* create_table :users, table(:users), self.table_name = :users */
bool
symbol_is_table(const Unit *unit, guint index)
{
    static const char *const words[] = {
        "table",         "create_table",    "drop_table",    "change_table",
        "rename_table",  "add_column",      "add_index",     "references",
        "remove_column", "add_foreign_key", "rename_column", "add_reference",
        "from",          "table_name",      "insert_all",    NULL};
    guint colon = index > 0 ? index - 1 : G_MAXUINT;
    if (colon == G_MAXUINT || !unit_is_sign(unit, colon, ':') ||
        unit_piece(unit, colon)->end != unit_piece(unit, index)->begin)
        return false;
    if (is_of_sequel(unit, colon))
        return true;
    guint before = unit_previous(unit, colon, false);
    while (before != G_MAXUINT &&
           (unit_is_sign(unit, before, '(') || unit_is_sign(unit, before, '=')))
        before = unit_previous(unit, before, false);
    return before != G_MAXUINT &&
           span_is_among(unit->text, piece_span(unit_piece(unit, before)), words);
}
