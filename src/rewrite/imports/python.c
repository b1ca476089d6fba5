/*
 * python.c - import a.b, from .a import b as c.
 *
 * A module without leading dots is looked for in the folder of the file and in those above it: the one where it is found. If
 * it is found in two of them, or in none and elsewhere in more than one, it is not known which one is meant.
 */
#include "rewrite/imports/imports.h"

#include <string.h>

/* The module's files below one folder. */
static char *
module_in(const Unit *unit, const char *folder, const char *path)
{
    const Exports *exports = unit->work->options->exports;
    const char *slash = folder[0] != '\0' ? "/" : "";
    g_autofree char *file = g_strdup_printf("%s%s%s.py", folder, slash, path);
    g_autofree char *package = g_strdup_printf("%s%s%s/__init__.py", folder, slash, path);
    return exports_has_path(exports, file)      ? g_steal_pointer(&file)
           : exports_has_path(exports, package) ? g_steal_pointer(&package)
                                                : NULL;
}

static GPtrArray *
modules_above(const Unit *unit, const char *path)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *own = path_plain(unit->work->path);
    g_autofree char *folder = folder_of(own);
    for (;;) {
        char *file = module_in(unit, folder, path);
        if (file != NULL)
            g_ptr_array_add(found, file);
        if (folder[0] == '\0' || strcmp(folder, "..") == 0)
            return found;
        char *above = folder_of(folder);
        g_free(folder);
        folder = above;
    }
}

static GPtrArray *
modules_anywhere(const Unit *unit, const char *path)
{
    const Exports *exports = unit->work->options->exports;
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *file = g_strconcat(path, ".py", NULL);
    g_autofree char *package = g_strconcat(path, "/__init__.py", NULL);
    g_autoptr(GPtrArray) files = exports_paths_ending(exports, file);
    g_autoptr(GPtrArray) packages = exports_paths_ending(exports, package);
    for (guint i = 0; i < files->len; i++)
        g_ptr_array_add(found, g_strdup(g_ptr_array_index(files, i)));
    for (guint i = 0; i < packages->len; i++)
        g_ptr_array_add(found, g_strdup(g_ptr_array_index(packages, i)));
    return found;
}

/* Of `..a.b`: array of char *, of which one is meant. */
static GPtrArray *
modules(const Unit *unit, int dots, const char *name)
{
    g_autofree char *path = g_strdelimit(g_strdup(name), ".", '/');
    if (dots == 0) {
        GPtrArray *above = modules_above(unit, path);
        if (above->len > 0)
            return above;
        g_ptr_array_unref(above);
        return modules_anywhere(unit, path);
    }
    g_autofree char *own = path_plain(unit->work->path);
    g_autofree char *folder = folder_of(own);
    for (int i = 1; i < dots; i++) {
        char *above = folder_of(folder);
        g_free(folder);
        folder = above;
    }
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    char *file = module_in(unit, folder, path[0] != '\0' ? path : "__init__");
    if (file != NULL)
        g_ptr_array_add(found, file);
    return found;
}

static void
bind_modules(Unit *unit, guint piece, const char *local, int dots, const char *name,
             const char *within)
{
    g_autoptr(GPtrArray) found = modules(unit, dots, name);
    for (guint i = 0; i < found->len; i++)
        imports_bind(unit, piece, local, g_ptr_array_index(found, i), within,
                     found->len > 1 ? IMPORT_DOUBT_FILES : NULL);
    if (found->len == 0 && local[0] != '\0')
        imports_bind(unit, piece, local, "", within, NULL); /* from elsewhere */
}

/* `as NAME` at `*index`, which goes behind it; else what `otherwise` says. Caller frees. */
static char *
read_alias(const Unit *unit, guint *index, const char *otherwise)
{
    if (!unit_is_word(unit, *index, "as"))
        return g_strdup(otherwise);
    guint behind = *index, name = unit_next(unit, *index, false);
    char *alias = imports_name(unit, name, '\0', &behind);
    *index = behind;
    return alias != NULL ? alias : g_strdup(otherwise);
}

/* import a.b as c, d: behind it. */
static guint
read_import(Unit *unit, guint index)
{
    for (;;) {
        guint place = index, behind = index;
        g_autofree char *name = imports_name(unit, index, '.', &behind);
        if (name == NULL)
            return index;
        g_autofree char *local = read_alias(unit, &behind, name);
        bind_modules(unit, place, local, 0, name, "");
        if (!unit_is_sign(unit, behind, ','))
            return behind;
        index = unit_next(unit, behind, false);
    }
}

/* NAME as OTHER, …, in brackets or not, or `*`: behind it. */
static guint
read_names(Unit *unit, guint index, int dots, const char *module)
{
    bool in_brackets = unit_is_sign(unit, index, '(');
    if (in_brackets)
        index = unit_next(unit, index, true);
    for (;;) {
        guint place = index, behind = index;
        if (unit_is_sign(unit, index, '*')) {
            bind_modules(unit, index, "", dots, module, "");
            return unit_next(unit, index, false);
        }
        g_autofree char *name = imports_name(unit, index, '\0', &behind);
        if (name == NULL)
            return index;
        while (in_brackets && unit_piece(unit, behind)->kind == PIECE_LINE &&
               behind < unit->pieces->len)
            behind = unit_next(unit, behind, true);
        g_autofree char *local = read_alias(unit, &behind, name);
        g_autofree char *below =
            module[0] != '\0' ? g_strconcat(module, ".", name, NULL) : g_strdup(name);
        bind_modules(unit, place, local, dots, module, name);
        bind_modules(unit, place, local, dots, below, "");
        while (in_brackets && unit_piece(unit, behind)->kind == PIECE_LINE &&
               behind < unit->pieces->len)
            behind = unit_next(unit, behind, true);
        if (!unit_is_sign(unit, behind, ','))
            return behind;
        index = unit_next(unit, behind, in_brackets);
    }
}

/* from ..a import …: behind it. */
static guint
read_from(Unit *unit, guint index)
{
    int dots = 0;
    for (; unit_is_sign(unit, index, '.'); index = unit_next(unit, index, false))
        dots++;
    guint behind = index;
    g_autofree char *module =
        unit_is_word(unit, index, "import") ? NULL : imports_name(unit, index, '.', &behind);
    if (!unit_is_word(unit, behind, "import"))
        return behind;
    return read_names(unit, unit_next(unit, behind, false), dots, module != NULL ? module : "");
}

void
imports_python(Unit *unit)
{
    for (guint i = 0; i < unit->pieces->len; i++) {
        guint before = unit_previous(unit, i, false), behind = i;
        if (before != G_MAXUINT && unit_piece(unit, before)->kind != PIECE_LINE &&
            !unit_is_sign(unit, before, ';') && !unit_is_sign(unit, before, ':'))
            continue;
        if (unit_is_word(unit, i, "import"))
            behind = read_import(unit, unit_next(unit, i, false));
        else if (unit_is_word(unit, i, "from"))
            behind = read_from(unit, unit_next(unit, i, false));
        if (behind > i)
            imports_mark(unit, i, behind - 1);
    }
}
