/*
 * javascript.c - import { a as b } from './c', import * as c, const { a } = require('./c'), export … from './c'.
 *
 * Only paths that begin with a dot say which file is meant. Others go through settings of the project that are not read:
 * what ends like one of the files may be it.
 */
#include "rewrite/imports/imports.h"

#include <string.h>

static const char *const endings[] = {"",     ".ts",  ".tsx",      ".js",       ".jsx",
                                      ".mjs", ".cjs", "/index.ts", "/index.js", "/index.tsx"};

/* './c.js' may be c.ts. */
static char *
without_ending(const char *path)
{
    bool has = g_str_has_suffix(path, ".js") || g_str_has_suffix(path, ".mjs");
    const char *dot = has ? strrchr(path, '.') : path + strlen(path);
    return g_strndup(path, (size_t) (dot - path));
}

static void
bind_beside(Unit *unit, guint place, const char *local, const char *path, const char *within)
{
    g_autofree char *stem = without_ending(path);
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *whole = g_strconcat(i == 0 ? path : stem, endings[i], NULL);
        g_autofree char *file = imports_beside(unit, whole);
        if (file != NULL) {
            imports_bind(unit, place, local, file, within, NULL);
            return;
        }
    }
}

/* '@/db/config', 'src/db/config' */
static void
bind_ending(Unit *unit, guint place, const char *local, const char *path, const char *within)
{
    const char *slash = strchr(path, '/');
    g_autofree char *stem = without_ending(slash != NULL ? slash + 1 : path);
    for (size_t i = 1; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *whole = g_strconcat(stem, endings[i], NULL);
        g_autoptr(GPtrArray) found = exports_paths_ending(unit->work->options->exports, whole);
        for (guint f = 0; slash != NULL && f < found->len; f++)
            imports_bind(unit, place, local, g_ptr_array_index(found, f), within,
                         "where this path leads is said elsewhere");
    }
}

static void
bind(Unit *unit, guint place, const char *local, const char *path, const char *within)
{
    if (strcmp(path, "@prisma/client") == 0)
        imports_bind(unit, place, local, "prisma", within, NULL);
    else if (path[0] == '.')
        bind_beside(unit, place, local, path, within);
    else
        bind_ending(unit, place, local, path, within);
}

/* { a as b, c: d }: from the bracket on, of the module; behind it. */
static guint
bind_names(Unit *unit, guint open, const char *path)
{
    guint index = unit_next(unit, open, true);
    while (index < unit->pieces->len && !unit_is_sign(unit, index, '}')) {
        guint behind = index;
        g_autofree char *name = imports_name(unit, index, '\0', &behind), *local = NULL;
        guint next = unit_next(unit, index, true);
        if (name != NULL && (unit_is_word(unit, next, "as") || unit_is_sign(unit, next, ':')))
            local = imports_name(unit, unit_next(unit, next, true), '\0', &behind);
        if (name != NULL)
            bind(unit, index, local != NULL ? local : name, path, name);
        index = imports_next_element(unit, index);
    }
    return index;
}

/* What stands between `first` and the path, as bindings. */
static void
read_clause(Unit *unit, guint first, guint behind, const char *path)
{
    for (guint i = first; i < behind; i = unit_next(unit, i, true)) {
        guint end = i;
        if (unit_is_sign(unit, i, '{')) {
            i = bind_names(unit, i, path);
        } else if (unit_is_sign(unit, i, '*')) {
            guint as = unit_next(unit, i, true), name = unit_next(unit, as, true);
            g_autofree char *local =
                unit_is_word(unit, as, "as") ? imports_name(unit, name, '\0', &end) : g_strdup("");
            bind(unit, i, local != NULL ? local : "", path, "");
            i = unit_is_word(unit, as, "as") ? name : i;
        } else if (!unit_is_word(unit, i, "from") && !unit_is_word(unit, i, "type")) {
            g_autofree char *local = imports_name(unit, i, '\0', &end);
            if (local != NULL)
                bind(unit, i, local, path, "");
        }
    }
}

/* import … from '…': the path's piece, or 0. */
static guint
path_of(const Unit *unit, guint first)
{
    for (guint i = first; i < first + 400 && i < unit->pieces->len; i = unit_next(unit, i, true)) {
        if (unit_piece(unit, i)->kind == PIECE_LITERAL)
            return i;
        if (unit_piece(unit, i)->kind == PIECE_SIGN && !unit_is_sign(unit, i, '{') &&
            !unit_is_sign(unit, i, '}') && !unit_is_sign(unit, i, ',') &&
            !unit_is_sign(unit, i, '*'))
            return 0;
    }
    return 0;
}

static guint
read_import(Unit *unit, guint index)
{
    guint first = unit_next(unit, index, true), literal = path_of(unit, first);
    bool has_clause = unit_is_sign(unit, first, '{') || unit_is_sign(unit, first, '*') ||
                      unit_is_word(unit, index, "import");
    if (literal == 0 || !has_clause ||
        !unit_is_word(unit, unit_previous(unit, literal, true), "from"))
        return index;
    g_autofree char *path = imports_quoted(unit, literal);
    read_clause(unit, first, literal, path);
    return literal;
}

/* const x = require('./c'), const { a } = require('./c') */
static guint
read_require(Unit *unit, guint index)
{
    guint open = unit_next(unit, index, false), literal = unit_next(unit, open, false);
    guint equals = unit_previous(unit, index, false), first;
    g_autofree char *path = imports_quoted(unit, literal);
    if (!unit_is_sign(unit, open, '(') || path == NULL || equals == G_MAXUINT ||
        !unit_is_sign(unit, equals, '='))
        return index;
    first = unit_previous(unit, equals, true);
    if (first != G_MAXUINT && unit_is_sign(unit, first, '}'))
        while (first > 0 && !unit_is_sign(unit, first, '{'))
            first--;
    if (first == G_MAXUINT)
        return index;
    read_clause(unit, first, equals, path);
    imports_mark(unit, first, equals);
    return literal;
}

void
imports_javascript(Unit *unit)
{
    for (guint i = 0; i < unit->pieces->len; i++) {
        guint last = i;
        if (unit_is_word(unit, i, "import") || unit_is_word(unit, i, "export"))
            last = read_import(unit, i);
        else if (unit_is_word(unit, i, "require"))
            last = read_require(unit, i);
        if (last > i)
            imports_mark(unit, i, last);
    }
    imports_prisma_client(unit);
    imports_dataform(unit); /* its scripts, too */
}
