/*
 * classes.c - names by package and class: Java, Kotlin, Scala, C#.
 *
 * A file sees its own package, what it imports by name, and all names of what it imports with a star; what it extends is
 * looked for there as well. A name that is imported by itself is nothing else.
 */
#include "rewrite/imports/imports.h"

#include "base/text.h"

#include <string.h>

static bool
is_csharp(const Unit *unit)
{
    return strcmp(unit->language->name, "csharp") == 0;
}

static char *
find_package(const Unit *unit)
{
    const char *word = is_csharp(unit) ? "namespace" : "package";
    guint behind = 0;
    for (guint i = 0; i < unit->pieces->len; i++) {
        if (unit_is_sign(unit, i, '{') && !is_csharp(unit))
            break;
        if (!unit_is_word(unit, i, word))
            continue;
        char *name = imports_name(unit, unit_next(unit, i, false), '.', &behind);
        if (name != NULL && !unit_is_word(unit, behind, "object"))
            return name;
        g_free(name);
    }
    return g_strdup("");
}

const char *
imports_package(Unit *unit)
{
    if (unit->package == NULL)
        unit->package = find_package(unit);
    return unit->package;
}

char *
imports_within(const char *package, const char *name)
{
    return package[0] != '\0' && name[0] != '\0' ? g_strconcat(package, ".", name, NULL)
                                                 : g_strconcat(package, name, NULL);
}

/* `name` as it is written, from the root; and, in Scala and C#, from the own packages on. */
static void
bind(Unit *unit, guint place, const char *local, const char *name, const char *doubt)
{
    g_autofree char *package = g_strdup(imports_package(unit));
    bool is_relative = is_csharp(unit) || strcmp(unit->language->name, "scala") == 0;
    imports_bind(unit, place, local, "classes", name, doubt);
    while (is_relative && package[0] != '\0') {
        g_autofree char *within = imports_within(package, name);
        imports_bind(unit, place, local, "classes", within, doubt);
        char *dot = strrchr(package, '.');
        *(dot != NULL ? dot : package) = '\0';
    }
}

/* {A, B => C, _}: of a package of Scala; behind it. */
static guint
read_selectors(Unit *unit, guint open, const char *package)
{
    guint index = unit_next(unit, open, true);
    while (index < unit->pieces->len && !unit_is_sign(unit, index, '}')) {
        guint behind = index;
        g_autofree char *name = imports_name(unit, index, '\0', &behind);
        if (name != NULL && (strcmp(name, "_") == 0 || strcmp(name, "given") == 0)) {
            bind(unit, index, "", package, NULL);
        } else if (name != NULL) {
            guint alias = unit_is_sign(unit, behind, '=')    ? unit_next(unit, behind + 1, true)
                          : unit_is_word(unit, behind, "as") ? unit_next(unit, behind, true)
                                                             : 0;
            g_autofree char *local = alias > 0 ? imports_name(unit, alias, '\0', &behind) : NULL;
            g_autofree char *within = imports_within(package, name);
            bind(unit, index, local != NULL ? local : name, within, NULL);
        }
        index = imports_next_element(unit, index);
    }
    return index;
}

/* import x.y.Z [as W], import static x.y.Z.*, import x.y._, import x.y.{…}: behind it. */
static guint
read_import(Unit *unit, guint index)
{
    guint place = unit_next(unit, index, false), behind = place;
    if (unit_is_word(unit, place, "static"))
        place = unit_next(unit, place, false);
    g_autofree char *name = imports_name(unit, place, '.', &behind);
    if (name == NULL)
        return index;
    guint more = unit_next(unit, behind, false);
    bool is_open = unit_is_sign(unit, behind, '.');
    if (is_open && unit_is_sign(unit, more, '{'))
        return read_selectors(unit, more, name);
    if (is_open && unit_is_sign(unit, more, '*')) {
        bind(unit, place, "", name, NULL);
        return more;
    }
    if (strcmp(text_last_part(name), "_") == 0) {
        name[MAX(strlen(name), 2) - 2] = '\0';
        bind(unit, place, "", name, NULL);
        return behind;
    }
    guint end = behind;
    g_autofree char *alias =
        unit_is_word(unit, behind, "as") ? imports_name(unit, more, '\0', &end) : NULL;
    bind(unit, place, alias != NULL ? alias : text_last_part(name), name, NULL);
    return end;
}

/* using X.Y; using static X.Y.Z; using W = X.Y.Z; */
static guint
read_using(Unit *unit, guint index)
{
    guint place = unit_next(unit, index, false), behind = place;
    bool is_static = unit_is_word(unit, place, "static");
    if (is_static)
        place = unit_next(unit, place, false);
    g_autofree char *name = imports_name(unit, place, '.', &behind);
    if (name == NULL)
        return index;
    if (unit_is_sign(unit, behind, '=')) {
        g_autofree char *meant = imports_name(unit, unit_next(unit, behind, false), '.', &behind);
        if (meant != NULL)
            bind(unit, place, name, meant, NULL);
    } else if (unit_is_sign(unit, behind, ';')) {
        bind(unit, place, "", name, NULL);
    }
    return behind;
}

static void
bind_in_package(Unit *unit, const char *name)
{
    g_autofree char *within = imports_within(imports_package(unit), name);
    imports_bind(unit, G_MAXUINT, "", "classes", within, NULL);
}

/* class X extends Config with Tables, class X : Config, Tables — up to what begins its body. */
static void
read_parents(Unit *unit, guint index)
{
    for (guint steps = 0; steps < 80 && index < unit->pieces->len; steps++) {
        guint behind = unit_next(unit, index, true);
        if (unit_is_sign(unit, index, '{') || unit_is_sign(unit, index, ';'))
            return;
        g_autofree char *name = imports_name(unit, index, '.', &behind);
        if (name == NULL) {
            index = unit_next(unit, index, true);
            continue;
        }
        if (!imports_bind_through(unit, name))
            bind_in_package(unit, name);
        index = MAX(behind, index + 1);
    }
}

static bool
begins_parents(const Unit *unit, guint index)
{
    static const char *const words[] = {"extends", "implements", NULL};
    return unit_piece(unit, index)->kind == PIECE_WORD &&
           span_is_among(unit->text, piece_span(unit_piece(unit, index)), words);
}

/* What the file names without any import: its own package, and whole names. */
static void
bind_own(Unit *unit)
{
    g_autofree char *package = g_strdup(imports_package(unit));
    imports_bind(unit, G_MAXUINT, "", "classes", package, NULL);
    const GPtrArray *list = exports_list(unit->work->options->exports);
    for (guint i = 0; i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        if (strcmp(export->module, "classes") == 0 && strchr(export->within, '.') != NULL)
            imports_bind(unit, G_MAXUINT, export->within, "classes", export->within, NULL);
    }
    while (is_csharp(unit) && strchr(package, '.') != NULL) {
        *strrchr(package, '.') = '\0';
        imports_bind(unit, G_MAXUINT, "", "classes", package, NULL);
    }
}

void
imports_classes(Unit *unit)
{
    for (guint i = 0; i < unit->pieces->len; i++) {
        guint last = i;
        if (unit_is_word(unit, i, "import") && !is_csharp(unit))
            last = read_import(unit, i);
        else if (unit_is_word(unit, i, "using") && is_csharp(unit))
            last = read_using(unit, i);
        else if (begins_parents(unit, i))
            read_parents(unit, unit_next(unit, i, true));
        if (last > i)
            imports_mark(unit, i, last);
    }
    bind_own(unit);
}
