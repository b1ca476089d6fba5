/* bring.c - the constants of other files that bindings bring, and those that are passed on. */
#include "rewrite/imports/imports.h"
#include "rewrite/sql/parts.h"

#include "base/text.h"

#include <string.h>

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
    g_autofree char *first = g_strndup(name, first_part(name));
    return g_hash_table_contains(imports->locals, first);
}

const Rename *
rename_here(const Work *work, const Rename *rename)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *here = g_ptr_array_index(work->renames->list, i);
        if (rename != NULL && rename->key != NULL && g_strcmp0(here->key, rename->key) == 0)
            return here;
    }
    return rename;
}

/* The file sets it itself, under this last part of its name. */
static void
set_own(Work *work, Constant *constant, const char *name)
{
    g_ptr_array_add(list_of(work->imports->owned, GSIZE_TO_POINTER(constant->export->begin)),
                    constant);
    constant->own = constants_called(work->constants, name, strlen(name));
}

/* A method is known by its own name, in a file that speaks of its class. */
static void
bring_giver(Work *work, const char *name, const Export *export)
{
    const char *last = strrchr(name, '.');
    g_auto(GStrv) parts = g_strsplit(export->within, ".", -1);
    guint count = g_strv_length(parts);
    size_t at;
    if (count > 1 && !find_word(work->text, work->bytes, parts[count - 2], &at))
        return;
    ImportedClass *giver = g_new0(ImportedClass, 1);
    *giver = (ImportedClass){.export = export,
                             .rename = rename_here(work, export->rename),
                             .name = count > 0 ? text_last_part(export->within) : export->within};
    g_hash_table_insert(work->imports->givers, g_strdup(last != NULL ? last : name), giver);
}

/* `import User from "./user"` may be the class of that name as well as all of the file. */
static void
bring_class(Work *work, const char *name, const Export *export)
{
    const char *dot = strrchr(export->within, '.'), *last = strrchr(name, '.');
    const char *own = dot != NULL ? dot + 1 : export->within;
    size_t bytes = strlen(own), front = last != NULL ? (size_t) (last - name) : 0;
    if (is_own(work, export))
        return;
    if (export->gives_rows) {
        bring_giver(work, name, export);
        return;
    }
    ImportedClass *class = g_new0(ImportedClass, 1);
    *class =
        (ImportedClass){.export = export, .rename = rename_here(work, export->rename), .name = own};
    g_hash_table_insert(work->imports->classes, g_strdup(name), class);
    if (front == bytes && g_ascii_strncasecmp(name, own, bytes) == 0)
        g_hash_table_insert(work->imports->classes, g_strndup(name, front),
                            g_memdup2(class, sizeof(*class)));
}

static void
bring(Work *work, const char *name, const Export *export, const Binding *binding)
{
    Imports *imports = work->imports;
    if (export->is_class) {
        bring_class(work, name, export);
        return;
    }
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
        set_own(work, constant, last + 1);
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
    const GPtrArray *others = g_hash_table_lookup(imports->locals, binding->local);
    for (guint i = 0; binding->local[0] != '\0' && i < others->len; i++) {
        const Binding *other = g_ptr_array_index(others, i);
        if (other->place.begin != binding->place.begin &&
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

/* class Reader(Base): … self.TABLE: perhaps that of Base. */
static void
bring_inherited(Work *work, const char *dotted, const Export *export, const Binding *binding)
{
    static const char *const selves[] = {"self", "cls", "this"};
    Binding doubtful = *binding;
    doubtful.doubt = "it may be that of a class that this one is made of";
    for (size_t i = 0; i < G_N_ELEMENTS(selves); i++) {
        g_autofree char *name = g_strconcat(selves[i], dotted, NULL);
        if (g_hash_table_lookup(work->constants, name) == NULL)
            bring(work, name, export, &doubtful);
    }
}

/* ".TABLE" of what `self` may have by this name; NULL: nothing. In Ruby all classes of all files are at hand everywhere, and
 * only those that a class is made of are bound by themselves. */
static char *
inherited_member(const Binding *binding, const char *name)
{
    const char *dot = strrchr(name, '.');
    if (strcmp(binding->module, "ruby") != 0)
        return dot != NULL ? g_strdup(dot) : NULL;
    return binding->within[0] != '\0' && dot == NULL ? g_strconcat(".", name, NULL) : NULL;
}

static void
bring_all(Work *work, const Binding *binding)
{
    const GPtrArray *list =
        exports_within(work->options->exports, binding->module, binding->within);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        const char *rest = rest_behind(export->within, binding->within);
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
        g_autofree char *member = inherited_member(binding, name);
        if (member != NULL && !is_own(work, export) && !export->is_class)
            bring_inherited(work, member, export, &doubtful);
    }
}

/* Order.__tablename__ is what the class says in its own file, and none of another class that stands elsewhere. */
static bool
is_of_other_class(const Binding *binding, const Export *export, const char *dot)
{
    return strcmp(dot, ".__tablename__") == 0 && g_ascii_isupper(binding->local[0]) &&
           strcmp(binding->module, export->module) != 0;
}

/* `from pkg import settings` brings an object: settings.users may be the field of its class that a file beside sets. */
static void
bring_member(Work *work, const Binding *binding, const Export *export)
{
    const char *dot = strrchr(export->within, '.');
    if (dot == NULL || export->is_class || is_of_other_class(binding, export, dot) ||
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
    for (guint i = 0; i < work->imports->bindings->len; i++) {
        const Binding *binding = &g_array_index(work->imports->bindings, Binding, i);
        g_autofree char *folder = folder_of(binding->module);
        const GPtrArray *list = exports_in_folder(work->options->exports, folder);
        if (binding->local[0] == '\0' || binding->within[0] == '\0' ||
            !exports_has_path(work->options->exports, binding->module))
            continue;
        for (guint k = 0; list != NULL && k < list->len; k++)
            bring_member(work, binding, g_ptr_array_index(list, k));
    }
}

/* `use Shop.Web, :schema` of Elixir runs a macro that may give the file names (`alias Shop.{User, Order}`): a class of such a
 * name, which nothing else in the file gives. */
static void
bring_by_macros(Work *work)
{
    const GPtrArray *list = exports_within(work->options->exports, "elixir", "");
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        const char *dot = strrchr(export->within, '.');
        if (export->is_class && dot != NULL && !is_bound(work->imports, dot + 1))
            bring_class(work, dot + 1, export);
    }
}

static void
list_locals(Imports *imports)
{
    for (guint i = 0; i < imports->bindings->len; i++) {
        Binding *binding = &g_array_index(imports->bindings, Binding, i);
        g_ptr_array_add(list_of(imports->locals, binding->local), binding);
    }
}

void
imports_resolve(Work *work)
{
    if (work->imports == NULL)
        return;
    list_locals(work->imports);
    for (guint i = 0; i < work->imports->bindings->len; i++)
        bring_all(work, &g_array_index(work->imports->bindings, Binding, i));
    bring_members(work);
    if (work->imports->has_macros)
        bring_by_macros(work);
}

const Export *
imports_class_called(const Work *work, const char *name)
{
    const ImportedClass *class =
        work->imports != NULL ? g_hash_table_lookup(work->imports->classes, name) : NULL;
    return class != NULL ? class->export : NULL;
}

/* ---- passing on ---- */

/* `from .config import TABLE` in a file gives TABLE to those that import it from there. */
static void
pass_class_on(void *key, void *value, void *data)
{
    Work *work = data;
    const ImportedClass *class = value;
    if (strchr(key, '.') != NULL)
        return;
    Export *export = g_new0(Export, 1);
    *export = (Export){.path = g_strdup(class->export->path),
                       .module = path_plain(work->path),
                       .within = g_strdup(key),
                       .text = g_strdup(class->export->text),
                       .after = g_strdup(""),
                       .rename = class->rename,
                       .is_class = true,
                       .gives_rows = class->export->gives_rows,
                       .begin = class->export->begin,
                       .end = class->export->end,
                       .advice = class->export->advice,
                       .says_columns = class->export->says_columns,
                       .has_field_strings = class->export->has_field_strings};
    g_ptr_array_add(work->exported, export);
}

static void
pass_classes_on(Work *work)
{
    g_hash_table_foreach(work->imports->classes, pass_class_on, work);
    g_hash_table_foreach(work->imports->givers, pass_class_on, work);
}

void
imports_pass_on(Work *work)
{
    const Language *language = language_of(work->path, work->text, work->bytes);
    if (work->imports != NULL && language != NULL && language->passes_on)
        pass_classes_on(work);
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
    const GPtrArray *list =
        imports != NULL ? g_hash_table_lookup(imports->owned, GSIZE_TO_POINTER(begin)) : NULL;
    for (guint i = 0; list != NULL && i < list->len; i++)
        if (constant_is_certain(g_ptr_array_index(list, i)))
            return true;
    return false;
}
