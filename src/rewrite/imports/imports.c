/* imports.c - see imports.h: what names of a file are bound to by its imports; what they bring is bring.c. */
#include "rewrite/imports/imports.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define BINDINGS_MAX 4096 /* of one file: people import some dozen names */

static void
binding_clear(void *data)
{
    Binding *binding = data;
    g_free(binding->local);
    g_free(binding->module);
    g_free(binding->within);
}

Imports *
imports_new(Work *work)
{
    const Exports *exports = work->options->exports;
    if (exports == NULL || (exports_are_empty(exports) && work->exported == NULL))
        return NULL;
    Imports *imports = g_new0(Imports, 1);
    imports->bindings = g_array_new(FALSE, FALSE, sizeof(Binding));
    g_array_set_clear_func(imports->bindings, binding_clear);
    imports->locals =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
    imports->owned = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
    imports->brought = g_ptr_array_new();
    imports->names = g_ptr_array_new_with_free_func(g_free);
    imports->classes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    imports->called = g_hash_table_new(NULL, NULL);
    imports->givers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    imports->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    imports->tied = g_hash_table_new(NULL, NULL);
    return imports;
}

void
imports_free(Imports *imports)
{
    if (imports == NULL)
        return;
    g_hash_table_unref(imports->locals);
    g_hash_table_unref(imports->owned);
    g_array_unref(imports->bindings);
    g_ptr_array_unref(imports->brought);
    g_ptr_array_unref(imports->names);
    g_hash_table_unref(imports->classes);
    g_hash_table_unref(imports->called);
    g_hash_table_unref(imports->givers);
    g_hash_table_unref(imports->rows);
    g_hash_table_unref(imports->tied);
    g_free(imports);
}

bool
imports_are_read(const char *path, const char *text, size_t bytes)
{
    const Language *language = language_of(path, text, bytes);
    return g_str_has_suffix(path, ".ipynb") ||
           (language != NULL && (language->imports != NULL || language->rewrite != NULL));
}

/* ---- for the languages ---- */

void
imports_collect(Unit *unit)
{
    if (unit->work->imports == NULL || unit->language->imports == NULL)
        return;
    unit->language->imports(unit);
    if (unit->language->passes_on) {
        g_autofree char *own = path_plain(unit->work->path);
        imports_bind(unit, G_MAXUINT, "", own, "", NULL);
    }
}

static bool
is_own_module(const Work *work, const char *module)
{
    g_autofree char *plain = path_plain(work->path);
    return strcmp(plain, module) == 0;
}

void
imports_bind(Unit *unit, guint piece, const char *local, const char *module, const char *within,
             const char *doubt)
{
    GArray *bindings = unit->work->imports->bindings;
    const Piece *at = unit_piece(unit, piece);
    if (!unit->work->finds_constants)
        return; /* they are known, and only their pieces are marked */
    Binding binding = {.local = g_strdup(local),
                       .module = g_strdup(module),
                       .within = g_strdup(within),
                       .doubt = doubt,
                       .is_own = is_own_module(unit->work, module)};
    if (at->end > at->begin)
        binding.place = text_span(unit->text, at->begin, at->end);
    if (bindings->len < BINDINGS_MAX)
        g_array_append_val(bindings, binding);
    else
        binding_clear(&binding);
}

bool
imports_bind_through(Unit *unit, const char *name)
{
    GArray *bindings = unit->work->imports->bindings;
    guint count = bindings->len;
    bool found = false;
    for (guint i = 0; i < count; i++) {
        const Binding *binding = &g_array_index(bindings, Binding, i);
        if (strcmp(binding->local, name) != 0)
            continue;
        g_autofree char *within = g_strdup(binding->within), *module = g_strdup(binding->module);
        imports_bind(unit, G_MAXUINT, "", module, within, binding->doubt);
        found = true;
    }
    return found;
}

void
imports_mark(Unit *unit, guint first, guint last)
{
    for (guint i = first; i <= last && i < unit->pieces->len; i++)
        g_array_index(unit->pieces, Piece, i).is_import = true;
}

guint
imports_next_element(const Unit *unit, guint index)
{
    while (index < unit->pieces->len && !unit_is_sign(unit, index, ',') &&
           !unit_is_sign(unit, index, '}'))
        index = unit_next(unit, index, true);
    return unit_is_sign(unit, index, ',') ? unit_next(unit, index, true) : index;
}

char *
imports_name(const Unit *unit, guint index, char sign, guint *ret_behind)
{
    g_autoptr(GString) name = g_string_new(NULL);
    while (unit_piece(unit, index)->kind == PIECE_WORD) {
        const Piece *piece = unit_piece(unit, index);
        g_string_append_printf(name, "%s%.*s", name->len > 0 ? "." : "",
                               (int) (piece->end - piece->begin), unit->text->bytes + piece->begin);
        *ret_behind = unit_next(unit, index, false);
        if (!unit_is_sign(unit, *ret_behind, sign))
            break;
        index = unit_next(unit, *ret_behind, false);
        if (unit_piece(unit, index)->kind != PIECE_WORD)
            break; /* import a.b.* : behind is the dot */
    }
    return name->len > 0 ? g_string_free(g_steal_pointer(&name), FALSE) : NULL;
}

char *
folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? g_strndup(path, (size_t) (slash - path)) : g_strdup("");
}

char *
imports_beside(const Unit *unit, const char *path)
{
    g_autofree char *own = path_plain(unit->work->path), *folder = folder_of(own);
    g_autofree char *joined =
        folder[0] != '\0' ? g_strdup_printf("%s/%s", folder, path) : g_strdup(path);
    g_autofree char *plain = path_plain(joined);
    return exports_has_path(unit->work->options->exports, plain) ? g_steal_pointer(&plain) : NULL;
}

char *
imports_quoted(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    return piece->kind == PIECE_LITERAL ? g_strndup(unit->text->bytes + piece->inner_begin,
                                                    piece->inner_end - piece->inner_begin)
                                        : NULL;
}
