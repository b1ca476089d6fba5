/* program_symbol.c - :users of Ruby and Elixir, where it names a table of the store. */
#include "rewrite/program.h"

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
    guint before = unit_previous(unit, colon, false);
    while (before != G_MAXUINT &&
           (unit_is_sign(unit, before, '(') || unit_is_sign(unit, before, '=')))
        before = unit_previous(unit, before, false);
    return before != G_MAXUINT &&
           span_is_among(unit->text, piece_span(unit_piece(unit, before)), words);
}
