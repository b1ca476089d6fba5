/* imports.c - see imports.h: bindings, and the constants that they bring. */
#include "rewrite/imports.h"

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
    imports->brought = g_ptr_array_new();
    imports->names = g_ptr_array_new_with_free_func(g_free);
    return imports;
}

void
imports_free(Imports *imports)
{
    if (imports == NULL)
        return;
    g_array_unref(imports->bindings);
    g_ptr_array_unref(imports->brought);
    g_ptr_array_unref(imports->names);
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

/* ---- what they bring ---- */

static bool
is_own(const Work *work, const Export *export)
{
    return strcmp(export->path, work->path) == 0;
}

/* What is left of `whole` behind `front`, by whole parts; NULL when it does not begin so. */
static const char *
rest_behind(const char *whole, const char *front)
{
    size_t bytes = strlen(front);
    if (bytes == 0)
        return whole;
    if (strncmp(whole, front, bytes) != 0)
        return NULL;
    return whole[bytes] == '.' ? whole + bytes + 1 : whole[bytes] == '\0' ? whole + bytes : NULL;
}

static size_t
first_part(const char *name)
{
    return strcspn(name, ".");
}

/* Is the name's first part bound by itself? Then it is not one of all the names of something else. */
static bool
is_bound(const Imports *imports, const char *name)
{
    size_t bytes = first_part(name);
    for (guint i = 0; i < imports->bindings->len; i++) {
        const char *local = g_array_index(imports->bindings, Binding, i).local;
        if (strlen(local) == bytes && memcmp(local, name, bytes) == 0)
            return true;
    }
    return false;
}

/* The same of the round that this file is rewritten in. */
static const Rename *
rename_here(const Work *work, const Rename *rename)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *here = g_ptr_array_index(work->renames->list, i);
        if (rename != NULL && rename->key != NULL && g_strcmp0(here->key, rename->key) == 0)
            return here;
    }
    return rename;
}

static void
bring(Work *work, const char *name, const Export *export, const Binding *binding)
{
    Imports *imports = work->imports;
    if (is_own(work, export) && strchr(name, '.') == NULL)
        return;
    Constant *constant = constants_called(work->constants, name, strlen(name));
    if (constant->export != NULL) {
        if (strcmp(constant->text, export->text) != 0)
            constant->doubt = IMPORT_DOUBT_FILES;
        return;
    }
    g_free(constant->text);
    g_free(constant->after);
    constant->text = g_strdup(export->text);
    constant->after = g_strdup(export->after);
    constant->rename = rename_here(work, export->rename);
    constant->export = export;
    constant->doubt = export->rename == NULL   ? "it is SQL"
                      : binding->doubt != NULL ? binding->doubt
                                               : export->doubt;
    constant->place = binding->place;
    constant->first = constants_called(work->constants, name, first_part(name));
    constant->words = 0; /* they are counted with their parts */
    const char *last = strrchr(name, '.');
    if (is_own(work, export))
        constant->own = constants_called(work->constants, last + 1, strlen(last + 1));
    g_ptr_array_add(imports->brought, constant);
    g_ptr_array_add(imports->names, g_strdup(name));
}

/* With a star, a class that stands beside the file comes first. */
static bool
is_beside(const Work *work, const char *name, const Export *export)
{
    static const char *const endings[] = {".java", ".kt", ".scala", ".cs"};
    g_autofree char *own = path_plain(work->path), *folder = folder_of(own);
    g_autofree char *there = path_plain(export->path);
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *file = g_strdup_printf("%s%s%.*s%s", folder, folder[0] != '\0' ? "/" : "",
                                                (int) first_part(name), name, endings[i]);
        if (exports_has_path(work->options->exports, file) && strcmp(file, there) != 0)
            return true;
    }
    return false;
}

/* Another statement gets something else under the same name. */
static bool
is_bound_again(const Imports *imports, const Binding *binding)
{
    for (guint i = 0; binding->local[0] != '\0' && i < imports->bindings->len; i++) {
        const Binding *other = &g_array_index(imports->bindings, Binding, i);
        if (strcmp(other->local, binding->local) == 0 &&
            other->place.begin != binding->place.begin &&
            (strcmp(other->module, binding->module) != 0 ||
             strcmp(other->within, binding->within) != 0))
            return true;
    }
    return false;
}

static size_t
common_bytes(const char *one, const char *other)
{
    size_t count = 0, folder = 0;
    for (; one[count] != '\0' && one[count] == other[count]; count++)
        if (one[count] == '/')
            folder = count + 1;
    return folder;
}

/* Names that are found by packages or modules, not by paths: how much nearer to this file another one is that is called the
 * same, in a folder that is called the same. Above 0: that one is meant; 0: nobody knows which; below: there is none. */
static int
nearer_namesake(const Work *work, const Export *export)
{
    if (exports_has_path(work->options->exports, export->module))
        return -1;
    g_autofree char *own = path_plain(work->path), *there = path_plain(export->path);
    const char *slash = strrchr(there, '/'), *folder = slash;
    int nearer = -1;
    while (folder != NULL && folder > there && folder[-1] != '/')
        folder--;
    g_autoptr(GPtrArray) found =
        exports_paths_ending(work->options->exports, slash != NULL ? folder : there);
    for (guint i = 0; i < found->len; i++) {
        const char *path = g_ptr_array_index(found, i);
        if (strcmp(path, there) != 0)
            nearer = MAX(nearer, (int) common_bytes(own, path) - (int) common_bytes(own, there));
    }
    return nearer;
}

static void
bring_all(Work *work, const Binding *binding)
{
    const GPtrArray *list = exports_list(work->options->exports);
    for (guint i = 0; i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        const char *rest = strcmp(export->module, binding->module) == 0
                               ? rest_behind(export->within, binding->within)
                               : NULL;
        if (rest == NULL || (rest[0] == '\0' && binding->local[0] == '\0') ||
            (binding->is_own && !is_own(work, export)))
            continue;
        if (binding->local[0] == '\0' && is_bound(work->imports, rest))
            continue;
        Binding doubtful = *binding;
        int nearer = nearer_namesake(work, export);
        if (nearer > 0)
            continue;
        if (is_bound_again(work->imports, binding) ||
            (binding->local[0] == '\0' && binding->place.end > 0 &&
             is_beside(work, rest, export)) ||
            nearer == 0)
            doubtful.doubt = IMPORT_DOUBT_FILES;
        g_autofree char *name = g_strconcat(
            binding->local, binding->local[0] != '\0' && rest[0] != '\0' ? "." : "", rest, NULL);
        bring(work, name, export, &doubtful);
    }
}

/* `from pkg import settings` brings an object: settings.users may be the field of its class that a file beside sets. */
static void
bring_member(Work *work, const Binding *binding, const Export *export)
{
    g_autofree char *there = folder_of(binding->module), *folder = folder_of(export->module);
    const char *dot = strrchr(export->within, '.');
    if (binding->local[0] == '\0' || binding->within[0] == '\0' || dot == NULL ||
        strcmp(there, folder) != 0 || !exports_has_path(work->options->exports, binding->module) ||
        !exports_has_path(work->options->exports, export->module) || is_own(work, export))
        return;
    g_autofree char *name = g_strconcat(binding->local, dot, NULL);
    const Constant *known = g_hash_table_lookup(work->constants, name);
    Binding doubtful = *binding;
    doubtful.doubt = "it may be that of an object that is imported";
    if (known == NULL || known->export == NULL)
        bring(work, name, export, &doubtful);
}

static void
bring_members(Work *work)
{
    const GPtrArray *list = exports_list(work->options->exports);
    for (guint i = 0; i < work->imports->bindings->len; i++)
        for (guint k = 0; k < list->len; k++)
            bring_member(work, &g_array_index(work->imports->bindings, Binding, i),
                         g_ptr_array_index(list, k));
}

void
imports_resolve(Work *work)
{
    for (guint i = 0; work->imports != NULL && i < work->imports->bindings->len; i++)
        bring_all(work, &g_array_index(work->imports->bindings, Binding, i));
    if (work->imports != NULL)
        bring_members(work);
}

/* ---- passing on ---- */

/* `from .config import TABLE` in a file gives TABLE to those that import it from there. */
void
imports_pass_on(Work *work)
{
    const Language *language = language_of(work->path, work->text, work->bytes);
    for (guint i = 0; work->imports != NULL && language != NULL && language->passes_on &&
                      i < work->imports->brought->len;
         i++) {
        const Constant *constant = g_ptr_array_index(work->imports->brought, i);
        const char *name = g_ptr_array_index(work->imports->names, i);
        if (constant->first->set > 0 || is_own(work, constant->export))
            continue;
        Export *export = g_new0(Export, 1);
        *export = (Export){.path = g_strdup(constant->export->path),
                           .module = path_plain(work->path),
                           .within = g_strdup(name),
                           .text = g_strdup(constant->text),
                           .after = g_strdup(constant->after),
                           .rename = constant->rename,
                           .begin = constant->export->begin,
                           .end = constant->export->end,
                           .doubt = constant->doubt};
        g_ptr_array_add(work->exported, export);
    }
}

bool
imports_have_own(const Unit *unit, const Use *use)
{
    const Imports *imports = unit->work->imports;
    size_t begin = text_span(unit->text, use->whole.begin, use->whole.end).begin;
    for (guint i = 0; imports != NULL && i < imports->brought->len; i++) {
        const Constant *constant = g_ptr_array_index(imports->brought, i);
        if (constant->own != NULL && constant->export->begin == begin &&
            constant_is_certain(constant))
            return true;
    }
    return false;
}
