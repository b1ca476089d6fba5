/* class_names.c - more names that a class has: under which it is registered, and of what a library makes from it. */
#include "rewrite/imports/imports.h"
#include "rewrite/sql/parts.h"

#include "base/text.h"

#include <string.h>

/* sequelize.define("User", …), User.init({…}, { modelName: "User" }): the piece that has the name under which others ask for
 * it; G_MAXUINT: it is no such call. */
static guint
registered_name(Unit *unit, guint index)
{
    static const char *const makers[] = {"define", "init", NULL};
    guint callee = unit_callee_around(unit, index);
    guint dot = callee != G_MAXUINT ? unit_previous(unit, callee, true) : G_MAXUINT;
    if (dot == G_MAXUINT || !unit_is_among(unit, callee, makers) || !unit_is_sign(unit, dot, '.') ||
        !program_says(unit->work, "equelize"))
        return G_MAXUINT;
    guint open = unit_next(unit, callee, false), first = unit_next(unit, open, true),
          end = unit_bracket_end(unit, open);
    if (unit_is_word(unit, callee, "define"))
        return unit_piece(unit, first)->kind == PIECE_LITERAL ? first : G_MAXUINT;
    for (guint i = first; i < end; i++)
        if (unit_is_word(unit, i, "modelName") && unit_is_sign(unit, i + 1, ':') &&
            unit_piece(unit, unit_next(unit, i + 1, true))->kind == PIECE_LITERAL)
            return unit_next(unit, i + 1, true);
    return unit_previous(unit, dot, true);
}

static void
add_registered(Unit *unit, guint index, const char *module, Span place, const Rename *rename)
{
    const Piece *piece = unit_piece(unit, index);
    Span span = piece->kind == PIECE_LITERAL ? (Span){piece->inner_begin, piece->inner_end}
                                             : piece_span(piece);
    if (index == G_MAXUINT || span.end == span.begin)
        return;
    g_autofree char *name =
        g_strndup(unit->text->bytes + span.begin, (size_t) (span.end - span.begin));
    exports_add_class(unit, module, name, place, rename);
    GPtrArray *exported = unit->work->exported;
    ((Export *) g_ptr_array_index(exported, exported->len - 1))->is_registered = true;
}

void
exports_note_registered(Unit *unit, const Use *use, const char *module, Span place,
                        const Rename *rename)
{
    add_registered(unit, registered_name(unit, use->first), module, place, rename);
}

void
exports_note_registered_at(Unit *unit, guint name, const Rename *rename)
{
    g_autofree char *before = NULL, *module = exports_module(unit, &before);
    const Piece *piece = unit_piece(unit, name);
    if (module != NULL)
        add_registered(unit, name, module, text_span(unit->text, piece->begin, piece->end), rename);
}

/* OrderLine of order_line.rs: what its entity is called where a prelude gives it on. Caller frees. */
static char *
name_in_prelude(const Unit *unit)
{
    g_autofree char *file = g_path_get_basename(unit->work->path);
    g_auto(GStrv) words = g_strsplit_set(file, "_.", -1);
    g_autoptr(GString) name = g_string_new(NULL);
    for (guint i = 0; words[i] != NULL && words[i + 1] != NULL; i++)
        if (words[i][0] != '\0')
            g_string_append_printf(name, "%c%s", g_ascii_toupper(words[i][0]), words[i] + 1);
    return g_string_free(g_steal_pointer(&name), FALSE);
}

/* Entity, Column and ActiveModel of SeaORM are made beside Model. */
static void
add_beside_model(Unit *unit, const char *module, const char *within, Span place,
                 const Rename *rename)
{
    g_autofree char *given = name_in_prelude(unit);
    const char *const made[] = {"Entity", "Column", "ActiveModel", given};
    const char *name = text_last_part(within);
    for (size_t i = 0; i < G_N_ELEMENTS(made) && strcmp(name, "Model") == 0; i++) {
        g_autofree char *other = g_strdup_printf("%.*s%s", (int) (name - within), within, made[i]);
        if (made[i][0] != '\0')
            exports_add_class(unit, module, other, place, rename);
    }
}

/* Order_ of JPA and QOrder of Querydsl are made from Order, and have its fields. */
void
exports_add_made(Unit *unit, const char *module, const char *within, Span place,
                 const Rename *rename)
{
    const char *name = text_last_part(within);
    if (unit_is_language(unit, "rust"))
        add_beside_model(unit, module, within, place, rename);
    g_autofree char *jpa = g_strconcat(within, "_", NULL);
    g_autofree char *querydsl = g_strdup_printf("%.*sQ%s", (int) (name - within), within, name);
    if (!unit_is_language(unit, "java") && !unit_is_language(unit, "kotlin"))
        return;
    exports_add_class(unit, module, jpa, place, rename);
    exports_add_class(unit, module, querydsl, place, rename);
}
