/*
 * php.c - names by namespace and class of PHP: use A\B; use A\{B, C as D}; use const A\X.
 *
 * A file sees its own namespace and what it uses by name. A class sees the constants of those that it extends.
 */
#include "base/text.h"
#include "rewrite/imports/imports.h"

#include <string.h>

const char *
imports_namespace(Unit *unit)
{
    guint behind = 0;
    for (guint i = 0; i < unit->pieces->len && unit->package == NULL; i++)
        if (unit_is_word(unit, i, "namespace"))
            unit->package = imports_name(unit, unit_next(unit, i, false), '\\', &behind);
    if (unit->package == NULL)
        unit->package = g_strdup("");
    return unit->package;
}

/* A\B as C, from `index` on, below `front`: behind it; `index` when there is no name. */
static guint
read_name(Unit *unit, guint index, const char *front)
{
    guint behind = index, end = index;
    while (unit_is_sign(unit, index, '\\') || unit_is_word(unit, index, "const") ||
           unit_is_word(unit, index, "function"))
        index = unit_next(unit, index, true);
    g_autofree char *name = imports_name(unit, index, '\\', &behind);
    if (name == NULL)
        return behind;
    g_autofree char *whole =
        front[0] != '\0' ? g_strconcat(front, ".", name, NULL) : g_strdup(name);
    guint open = unit_next(unit, behind, true);
    if (unit_is_sign(unit, behind, '\\') && unit_is_sign(unit, open, '{')) {
        do
            open = read_name(unit, unit_next(unit, open, true), whole);
        while (unit_is_sign(unit, open, ','));
        return unit_next(unit, open, true);
    }
    bool has_alias = unit_is_word(unit, behind, "as");
    g_autofree char *alias =
        has_alias ? imports_name(unit, unit_next(unit, behind, true), '\\', &end) : NULL;
    imports_bind(unit, index, alias != NULL ? alias : text_last_part(whole), "php", whole, NULL);
    return alias != NULL ? end : behind;
}

static guint
read_use(Unit *unit, guint index)
{
    guint at = index;
    do
        at = read_name(unit, unit_next(unit, at, true), "");
    while (unit_is_sign(unit, at, ','));
    return at;
}

/* class Report extends Tables: self::USERS may be its. */
static void
read_parent(Unit *unit, guint index)
{
    guint behind;
    g_autofree char *name = imports_name(unit, index, '\\', &behind);
    const char *namespace = imports_namespace(unit);
    if (name == NULL || imports_bind_through(unit, name))
        return;
    g_autofree char *within =
        namespace[0] != '\0' ? g_strconcat(namespace, ".", name, NULL) : g_strdup(name);
    imports_bind(unit, G_MAXUINT, "", "php", within, NULL);
}

void
imports_php(Unit *unit)
{
    const GPtrArray *list = exports_list(unit->work->options->exports);
    for (guint i = 0; i < unit->pieces->len; i++) {
        /* in the body of a class it is a trait, and behind a function it takes variables along */
        guint open = unit_is_word(unit, i, "use") ? unit_bracket_around(unit, i) : 0;
        guint last = i;
        if (unit_is_word(unit, i, "use") && open == G_MAXUINT)
            last = read_use(unit, i);
        else if (unit_is_word(unit, i, "extends"))
            read_parent(unit, unit_next(unit, i, true));
        if (last > i)
            imports_mark(unit, i, last - 1);
    }
    imports_bind(unit, G_MAXUINT, "", "php", imports_namespace(unit), NULL);
    for (guint i = 0; i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        if (strcmp(export->module, "php") == 0 && strchr(export->within, '.') != NULL)
            imports_bind(unit, G_MAXUINT, export->within, "php", export->within, NULL);
    }
}
