/* modules.c - names by modules: alias A.B of Elixir, use a::b::{C, d} of Rust. */
#include "rewrite/imports/imports.h"

#include "base/text.h"

#include <string.h>

#define GROUPS_MAX 6 /* of braces in braces */

/* ---- Elixir ---- */

/* alias Shop.{User, Order}: from the bracket on; behind it. */
static guint
read_aliases(Unit *unit, guint open, const char *front)
{
    guint index = unit_next(unit, open, true), behind = index;
    while (index < unit->pieces->len && !unit_is_sign(unit, index, '}')) {
        g_autofree char *name = imports_name(unit, index, '.', &behind);
        if (name == NULL)
            return index;
        g_autofree char *whole = g_strconcat(front, ".", name, NULL);
        imports_bind(unit, index, text_last_part(name), "elixir", whole, NULL);
        while (behind < unit->pieces->len && piece_is_between(unit_piece(unit, behind)))
            behind = unit_next(unit, behind, true);
        index = unit_is_sign(unit, behind, ',') ? unit_next(unit, behind, true) : behind;
        if (!unit_is_sign(unit, behind, ',') && !unit_is_sign(unit, behind, '}'))
            return behind;
    }
    return index;
}

/* alias Shop.User, alias Shop.User, as: U: behind it. */
static guint
read_alias(Unit *unit, guint index)
{
    guint place = unit_next(unit, index, false), behind = place, end = place;
    g_autofree char *name = imports_name(unit, place, '.', &behind);
    if (name == NULL)
        return index;
    guint open = unit_next(unit, behind, false);
    if (unit_is_sign(unit, behind, '.') && unit_is_sign(unit, open, '{'))
        return read_aliases(unit, open, name);
    guint as = unit_is_sign(unit, behind, ',') ? unit_next(unit, behind, true) : G_MAXUINT;
    bool has_other =
        as != G_MAXUINT && unit_is_word(unit, as, "as") && unit_is_sign(unit, as + 1, ':');
    g_autofree char *other =
        has_other ? imports_name(unit, unit_next(unit, as + 1, true), '.', &end) : NULL;
    imports_bind(unit, place, other != NULL ? other : text_last_part(name), "elixir", name, NULL);
    return other != NULL ? end : behind;
}

void
imports_elixir(Unit *unit)
{
    for (guint i = 0; i < unit->pieces->len; i++) {
        bool begins = unit_line_of(unit, i) == i;
        guint behind = unit_is_word(unit, i, "alias") && begins ? read_alias(unit, i) : i;
        if (unit_is_word(unit, i, "use") && begins)
            unit->work->imports->has_macros = true;
        if (behind > i)
            imports_mark(unit, i, behind - 1);
    }
    imports_bind(unit, G_MAXUINT, "", "elixir", "", NULL);
}

/* ---- LookML ---- */

/* All files of a project see each other's views, whatever `include:` says: people include folders. */
void
imports_lookml(Unit *unit)
{
    imports_bind(unit, G_MAXUINT, "", "lookml", "", NULL);
}

/* ---- Rust ---- */

/* The folder that paths of the crate are below: the last `src` of the file's own path. Caller frees. */
static char *
crate_of(const char *path)
{
    g_autofree char *folder = folder_of(path);
    const char *found = NULL;
    for (const char *at = folder; (at = strstr(at, "src")) != NULL; at++)
        if ((at == folder || at[-1] == '/') && (at[3] == '\0' || at[3] == '/'))
            found = at;
    return found != NULL ? g_strndup(folder, (size_t) (found + 3 - folder)) : g_strdup("");
}

/* The folder that the modules of the file are in: a/b of a/b.rs, a of a/mod.rs. Caller frees. */
static char *
modules_of(const char *path)
{
    static const char *const roots[] = {"mod.rs", "lib.rs", "main.rs"};
    const char *name = text_behind_slash(path);
    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++)
        if (strcmp(name, roots[i]) == 0)
            return folder_of(path);
    return g_strndup(path, strlen(path) - strlen(".rs"));
}

static bool
bind_file(Unit *unit, guint place, const char *local, const char *stem, const char *within)
{
    static const char *const endings[] = {".rs", "/mod.rs", "/lib.rs", "/main.rs"};
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *file = g_strconcat(stem, endings[i], NULL);
        if (!exports_has_path(unit->work->options->exports, file))
            continue;
        imports_bind(unit, place, local, file, within, NULL);
        return true;
    }
    return false;
}

/* parts below `folder`: the longest front that is a file, and what is in it. */
static void
bind_below(Unit *unit, guint place, const char *local, const char *folder, char **parts)
{
    for (guint count = g_strv_length(parts) + 1; count-- > 0;) {
        g_autoptr(GString) stem = g_string_new(folder);
        for (guint i = 0; i < count; i++)
            g_string_append_printf(stem, "%s%s", stem->len > 0 ? "/" : "", parts[i]);
        g_autofree char *within = g_strjoinv(".", parts + count);
        if (bind_file(unit, place, local, stem->str, within))
            return;
    }
}

/* crate.config.TABLE, super.TABLE, as `local`; what another crate gives is not looked for. */
static void
bind_path(Unit *unit, guint place, const char *local, const char *path)
{
    g_autofree char *own = path_plain(unit->work->path), *folder = NULL;
    g_auto(GStrv) parts = g_strsplit(path, ".", -1);
    char **rest = parts;
    if (parts[0] == NULL || !g_str_has_suffix(own, ".rs"))
        return;
    if (strcmp(parts[0], "crate") == 0) {
        folder = crate_of(own);
        rest++;
    } else {
        folder = modules_of(own);
        for (; *rest != NULL && (strcmp(*rest, "super") == 0 || strcmp(*rest, "self") == 0);
             rest++) {
            char *above = strcmp(*rest, "super") == 0 ? folder_of(folder) : g_strdup(folder);
            g_free(folder);
            folder = above;
        }
    }
    bind_below(unit, place, local, folder, rest);
}

/* a::b::{C as D, e::*}: from `index` on, below `front`; behind it. */
static guint
read_tree(Unit *unit, guint index, const char *front, int depth)
{
    g_autoptr(GString) path = g_string_new(front);
    guint place = index;
    while (unit_piece(unit, index)->kind == PIECE_WORD) {
        const Piece *piece = unit_piece(unit, index);
        if (!unit_is_word(unit, index, "self") || path->len == 0)
            g_string_append_printf(path, "%s%.*s", path->len > 0 ? "." : "",
                                   (int) (piece->end - piece->begin),
                                   unit->text->bytes + piece->begin);
        index = unit_next(unit, index, true);
        if (!unit_is_sign(unit, index, ':') || !unit_is_sign(unit, index + 1, ':'))
            break;
        index = unit_next(unit, index + 1, true);
    }
    if (unit_is_sign(unit, index, '*')) {
        bind_path(unit, place, "", path->str);
        return unit_next(unit, index, true);
    }
    if (unit_is_sign(unit, index, '{') && depth < GROUPS_MAX) {
        do
            index = read_tree(unit, unit_next(unit, index, true), path->str, depth + 1);
        while (unit_is_sign(unit, index, ','));
        return unit_next(unit, index, true);
    }
    guint end = index;
    g_autofree char *alias = unit_is_word(unit, index, "as")
                                 ? imports_name(unit, unit_next(unit, index, true), '\0', &end)
                                 : NULL;
    if (path->len > strlen(front) || depth > 0)
        bind_path(unit, place, alias != NULL ? alias : text_last_part(path->str), path->str);
    return end;
}

/* use …; and mod config; */
void
imports_rust(Unit *unit)
{
    for (guint i = 0; i < unit->pieces->len; i++) {
        guint behind = i, next = unit_next(unit, i, true);
        if (unit_is_word(unit, i, "use")) {
            behind = read_tree(unit, next, "", 0);
        } else if (unit_is_word(unit, i, "mod") &&
                   unit_is_sign(unit, unit_next(unit, next, true), ';')) {
            g_autofree char *name = imports_name(unit, next, '\0', &behind);
            g_autofree char *path = g_strconcat("self.", name, NULL);
            if (name != NULL)
                bind_path(unit, next, name, path);
        }
        if (behind > i)
            imports_mark(unit, i, behind - 1);
    }
}
