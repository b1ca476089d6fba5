/*
 * namespace.c - classes of C# that another file ties to a table: Entity<Line>().ToTable("…"), DbSet<Line> Lines.
 *
 * That file says no namespace of the class. It is one that the file sees: its own, those around it, or one that it uses.
 */
#include "rewrite/imports/imports.h"

#include <string.h>

static void
add_within(Unit *unit, const char *module, const char *namespace, const char *class, Span place,
           const Rename *rename)
{
    g_autofree char *within = imports_within(namespace, class);
    exports_add_class(unit, module, within, place, rename);
}

/* using Shop.Entities; but neither using static … nor using X = …, nor what is of the language. */
static char *
used_namespace(const Unit *unit, guint index)
{
    guint behind, first = unit_next(unit, index, false);
    g_autofree char *name =
        unit_is_word(unit, index, "using") ? imports_name(unit, first, '.', &behind) : NULL;
    bool is_own = name != NULL && unit_is_sign(unit, behind, ';') && strcmp(name, "System") != 0 &&
                  !g_str_has_prefix(name, "System.");
    return is_own ? g_steal_pointer(&name) : NULL;
}

void
exports_add_class_in_sight(Unit *unit, const char *module, const char *class, Span place,
                           const Rename *rename)
{
    g_autofree char *own = g_strdup(imports_package(unit));
    for (guint i = 0; unit_is_language(unit, "csharp") && i < unit->pieces->len; i++) {
        g_autofree char *used = used_namespace(unit, i);
        if (used != NULL)
            add_within(unit, module, used, class, place, rename);
    }
    for (char *dot = own; dot != NULL && own[0] != '\0';) {
        add_within(unit, module, own, class, place, rename);
        dot = strrchr(own, '.');
        if (dot != NULL)
            *dot = '\0';
    }
    add_within(unit, module, "", class, place, rename);
}
