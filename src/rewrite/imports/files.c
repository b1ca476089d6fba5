/*
 * files.c - names that come with a whole file or folder: source env.sh, source("env.R"), packages of Go, the locals
 * of Terraform, constants of Ruby, includes of Dataform.
 */
#include "rewrite/imports/imports.h"

#include <string.h>

/* ---- the shell, R ---- */

/* What is behind the last thing that is put in: "/env.sh" of "$(dirname "$0")/env.sh"; `*ret_is_put` when something is. */
static char *
literal_end(const char *path, bool *ret_is_put)
{
    const char *end = path;
    *ret_is_put = false;
    for (const char *c = path; *c != '\0'; c++) {
        if (*c == '$') {
            *ret_is_put = true;
            while (c[1] != '\0' && (is_identifier_byte(c[1])))
                c++;
            end = c + 1;
        } else if (strchr(")}`", *c) != NULL)
            end = c + 1;
    }
    while (*ret_is_put && *end == '/')
        end++;
    return g_strdup(end);
}

/* The file beside this one; without it, the one of all files that ends so. */
static void
bind_sourced(Unit *unit, guint place, const char *path)
{
    bool is_put = false;
    g_autofree char *rest = literal_end(path, &is_put), *plain = path_plain(rest);
    g_autofree char *file = imports_beside(unit, rest);
    if (file != NULL) {
        imports_bind(unit, place, "", file, "", NULL);
        return;
    }
    const char *end = plain;
    while (g_str_has_prefix(end, "../") || *end == '/')
        end += *end == '/' ? 1 : 3;
    g_autoptr(GPtrArray) found = exports_paths_ending(unit->work->options->exports, end);
    for (guint i = 0; *end != '\0' && i < found->len; i++)
        imports_bind(unit, place, "", g_ptr_array_index(found, i), "",
                     found->len > 1 ? IMPORT_DOUBT_FILES : NULL);
}

/* source "$(dirname "$0")/env.sh", . ./env.sh: all of the word's pieces, as they are written. */
static void
read_shell(Unit *unit)
{
    static const char *const commands[] = {"source", ".", NULL};
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        if (piece->kind != PIECE_LITERAL || !span_is_among(unit->text, piece->callee, commands))
            continue;
        size_t begin = piece->inner_begin, end = piece->inner_end;
        g_autoptr(GString) path = g_string_new(NULL);
        g_string_append_len(path, unit->text->bytes + begin, (gssize) (end - begin));
        guint last = i;
        while (unit_piece(unit, last + 1)->kind == PIECE_LITERAL &&
               unit_piece(unit, last + 1)->begin == unit_piece(unit, last)->end) {
            const Piece *next = unit_piece(unit, ++last);
            g_string_append_len(path, unit->text->bytes + next->inner_begin,
                                (gssize) (next->inner_end - next->inner_begin));
        }
        bind_sourced(unit, i, path->str);
        imports_mark(unit, i, last);
        i = last;
    }
}

/* source("env.R") */
static void
read_r(Unit *unit)
{
    for (guint i = 0; i + 2 < unit->pieces->len; i++) {
        g_autofree char *path = unit_is_word(unit, i, "source") && unit_is_sign(unit, i + 1, '(')
                                    ? imports_quoted(unit, i + 2)
                                    : NULL;
        if (path != NULL)
            bind_sourced(unit, i + 2, path);
    }
}

void
imports_sourced(Unit *unit)
{
    if (unit->language->joins_touching)
        read_shell(unit);
    else
        read_r(unit);
}

/* ---- Go ---- */

static guint
count_common_parts(const char *one, const char *other)
{
    guint count = 0;
    g_auto(GStrv) a = g_strsplit(one, "/", -1), b = g_strsplit(other, "/", -1);
    guint i = g_strv_length(a), k = g_strv_length(b);
    while (i > 0 && k > 0 && strcmp(a[--i], b[--k]) == 0)
        count++;
    return count;
}

/* How many parts of the path the folders of Go that are not this one end like, at best. */
static guint
best_other_folder(const Unit *unit, const char *folder, const char *path)
{
    GHashTableIter iter;
    void *file;
    guint best = 0;
    g_hash_table_iter_init(&iter, exports_paths(unit->work->options->exports));
    while (g_hash_table_iter_next(&iter, &file, NULL)) {
        g_autofree char *other = g_str_has_suffix(file, ".go") ? folder_of(file) : NULL;
        if (other != NULL && strcmp(other, folder) != 0)
            best = MAX(best, count_common_parts(other, path));
    }
    return best;
}

/* The folders of exported names that the path ends like. */
static void
bind_package(Unit *unit, guint place, const char *local, const char *path)
{
    const GPtrArray *list = exports_list(unit->work->options->exports);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        if (!g_str_has_prefix(export->module, "folder ") ||
            !g_str_has_suffix(export->path, ".go") || !g_hash_table_add(seen, export->module))
            continue;
        const char *folder = export->module + strlen("folder ");
        guint parts = count_common_parts(folder, path);
        guint best = parts > 0 ? best_other_folder(unit, folder, path) : 0;
        if (parts > 0 && parts >= best)
            imports_bind(unit, place, local, export->module, "",
                         parts == best ? IMPORT_DOUBT_FILES : NULL);
    }
}

static void
read_go_import(Unit *unit, guint literal)
{
    g_autofree char *path = imports_quoted(unit, literal), *alias = NULL;
    guint before = unit_previous(unit, literal, false), behind = 0;
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    if (slash == NULL)
        return;
    if (before != G_MAXUINT && unit_is_sign(unit, before, '.'))
        alias = g_strdup("");
    else if (before != G_MAXUINT && unit_piece(unit, before)->kind == PIECE_WORD &&
             !unit_is_word(unit, before, "import"))
        alias = imports_name(unit, before, '\0', &behind);
    bind_package(unit, literal, alias != NULL ? alias : slash + 1, path);
}

void
imports_go(Unit *unit)
{
    g_autofree char *own = path_plain(unit->work->path), *folder = folder_of(own);
    g_autofree char *module = g_strdup_printf("folder %s", folder);
    imports_bind(unit, G_MAXUINT, "", module, "", NULL);
    for (guint i = 0; i < unit->pieces->len; i++) {
        if (!unit_is_word(unit, i, "import"))
            continue;
        guint at = unit_next(unit, i, true);
        bool in_brackets = unit_is_sign(unit, at, '(');
        for (; at < unit->pieces->len && !unit_is_sign(unit, at, ')'); at++) {
            if (unit_piece(unit, at)->kind == PIECE_LITERAL)
                read_go_import(unit, at);
            if (!in_brackets && unit_piece(unit, at)->kind == PIECE_LINE)
                break;
        }
        imports_mark(unit, i, at);
        i = at;
    }
}

/* ---- Terraform ---- */

void
imports_terraform(Unit *unit)
{
    g_autofree char *own = path_plain(unit->work->path), *folder = folder_of(own);
    g_autofree char *module = g_strdup_printf("folder %s", folder);
    imports_bind(unit, G_MAXUINT, "", module, "", NULL);
}

/* ---- Ruby ---- */

/* A::B from `index` on. Caller frees; NULL: no name. */
static char *
ruby_name(const Unit *unit, guint index)
{
    g_autoptr(GString) name = g_string_new(NULL);
    while (unit_piece(unit, index)->kind == PIECE_WORD) {
        const Piece *piece = unit_piece(unit, index);
        g_string_append_printf(name, "%s%.*s", name->len > 0 ? "." : "",
                               (int) (piece->end - piece->begin), unit->text->bytes + piece->begin);
        if (!unit_is_sign(unit, index + 1, ':') || !unit_is_sign(unit, index + 2, ':'))
            break;
        index += 3;
    }
    return name->len > 0 ? g_string_free(g_steal_pointer(&name), FALSE) : NULL;
}

/* Constants are everybody's; those of the modules around, of a parent and of what is included come without its name. */
void
imports_ruby(Unit *unit)
{
    g_autoptr(GString) within = g_string_new(NULL);
    imports_bind(unit, G_MAXUINT, "", "ruby", "", NULL);
    for (guint i = 0; i < unit->pieces->len; i++) {
        bool is_body = unit_is_word(unit, i, "module") || unit_is_word(unit, i, "class");
        bool is_included =
            unit_is_word(unit, i, "include") || unit_is_word(unit, i, "extend") ||
            unit_is_word(unit, i, "prepend") ||
            (unit_is_sign(unit, i, '<') && i > 1 && unit_is_word(unit, i - 2, "class"));
        g_autofree char *name = is_body || is_included ? ruby_name(unit, i + 1) : NULL;
        if (name == NULL)
            continue;
        if (is_body)
            g_string_append_printf(within, "%s%s", within->len > 0 ? "." : "", name);
        imports_bind(unit, G_MAXUINT, "", "ruby", is_body ? within->str : name, NULL);
        if (is_included && within->len > 0) {
            g_autofree char *inner = g_strconcat(within->str, ".", name, NULL);
            imports_bind(unit, G_MAXUINT, "", "ruby", inner, NULL);
        }
    }
}

/* ---- Dataform ---- */

/* includes/tables.js of the project is `tables` in all of its files. */
void
imports_dataform(Unit *unit)
{
    g_autofree char *own = path_plain(unit->work->path);
    const GPtrArray *list = exports_list(unit->work->options->exports);
    for (guint i = 0; i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        g_autofree char *folder = folder_of(export->module), *root = folder_of(folder);
        bool is_include = strcmp(folder, "includes") == 0 || g_str_has_suffix(folder, "/includes");
        size_t bytes = strlen(root);
        if (!is_include || !g_str_has_suffix(export->module, ".js") ||
            (bytes > 0 && (strncmp(own, root, bytes) != 0 || own[bytes] != '/')))
            continue;
        const char *name = export->module + strlen(folder) + 1;
        g_autofree char *local = g_strndup(name, strlen(name) - strlen(".js"));
        imports_bind(unit, G_MAXUINT, local, export->module, "", NULL);
    }
}
