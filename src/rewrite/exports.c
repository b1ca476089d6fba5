/* exports.c - see exports.h: what files give, and which files there are. */
#include "base/text.h"
#include "rewrite/imports/imports.h"
#include "rewrite/project/words.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define WORDS_APART_MAX 8 /* more are looked up among the words of the file */
#define EXPORTS_MAX                                                                                \
    10000 /* of all files: a company names its tables in a few files of some hundred lines */

/* SQL that reads the dataset: what it is called, and its file without its ending. */
typedef struct {
    char *name, *stem;
} Query;

struct Exports {
    GPtrArray *list;                   /* Export * */
    GHashTable *known;                 /* "module within" */
    GHashTable *by_module, *by_folder; /* of the module -> GPtrArray of Export *, borrowed */
    GHashTable *by_within;             /* "module within", and what that is in -> the same */
    GHashTable *names;                 /* last parts of `within` */
    GHashTable
        *classes;      /* of classes, by the languages that see each other's: the same -> GPtrArray
                            of Export *, borrowed */
    GArray *queries;   /* Query */
    GHashTable *stems; /* of their files: "config" of config.py */
    GHashTable *paths; /* plain */
    GHashTable
        *by_name; /* what stands behind the last slash -> GPtrArray of plain paths, borrowed */
};

void
export_free(void *data)
{
    Export *export = data;
    if (export == NULL)
        return;
    g_free(export->path);
    g_free(export->module);
    g_free(export->within);
    g_free(export->text);
    g_free(export->after);
    g_free(export);
}

static void
query_clear(void *data)
{
    Query *query = data;
    g_free(query->name);
    g_free(query->stem);
}

static GHashTable *
lists_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                 (GDestroyNotify) g_ptr_array_unref);
}

/* `name` is the table's from here on. */
static void
lists_add(GHashTable *lists, char *take_name, void *one)
{
    GPtrArray *list = g_hash_table_lookup(lists, take_name);
    if (list == NULL) {
        list = g_ptr_array_new();
        g_hash_table_insert(lists, take_name, list);
    } else {
        g_free(take_name);
    }
    g_ptr_array_add(list, one);
}

Exports *
exports_new(void)
{
    Exports *exports = g_new0(Exports, 1);
    *exports = (Exports){.list = g_ptr_array_new_with_free_func(export_free),
                         .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                         .by_module = lists_new(),
                         .by_folder = lists_new(),
                         .by_within = lists_new(),
                         .queries = g_array_new(FALSE, FALSE, sizeof(Query)),
                         .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                         .classes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                          (GDestroyNotify) g_hash_table_unref),
                         .stems = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                         .paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                         .by_name = lists_new()};
    g_array_set_clear_func(exports->queries, query_clear);
    return exports;
}

void
exports_free(Exports *exports)
{
    if (exports == NULL)
        return;
    g_hash_table_unref(exports->by_name);
    g_hash_table_unref(exports->by_module);
    g_hash_table_unref(exports->by_folder);
    g_hash_table_unref(exports->by_within);
    g_hash_table_unref(exports->paths);
    g_hash_table_unref(exports->names);
    g_hash_table_unref(exports->classes);
    g_array_unref(exports->queries);
    g_hash_table_unref(exports->stems);
    g_hash_table_unref(exports->known);
    g_ptr_array_unref(exports->list);
    g_free(exports);
}

/* ---- paths ---- */

char *
path_plain(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    for (size_t i = 0; parts[i] != NULL; i++) {
        bool is_up = strcmp(parts[i], "..") == 0;
        if ((parts[i][0] == '\0' && i > 0) || strcmp(parts[i], ".") == 0)
            continue;
        if (is_up && kept->len > 0 && strcmp(kept->pdata[kept->len - 1], "..") != 0)
            g_ptr_array_set_size(kept, (gint) kept->len - 1);
        else
            g_ptr_array_add(kept, parts[i]);
    }
    g_ptr_array_add(kept, NULL);
    return g_strjoinv("/", (char **) kept->pdata);
}

static const char *
file_name(const char *path)
{
    return text_behind_slash(path);
}

void
exports_add_path(Exports *exports, const char *path)
{
    g_autofree char *plain = path_plain(path);
    if (g_hash_table_contains(exports->paths, plain))
        return;
    char *kept = g_steal_pointer(&plain);
    g_hash_table_add(exports->paths, kept);
    lists_add(exports->by_name, g_strdup(file_name(kept)), kept);
}

bool
exports_has_path(const Exports *exports, const char *path)
{
    return g_hash_table_contains(exports->paths, path);
}

GHashTable *
exports_paths(const Exports *exports)
{
    return exports->paths;
}

GPtrArray *
exports_paths_ending(const Exports *exports, const char *parts)
{
    GPtrArray *found = g_ptr_array_new();
    const GPtrArray *list = g_hash_table_lookup(exports->by_name, file_name(parts));
    size_t bytes = strlen(parts);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const char *path = g_ptr_array_index(list, i);
        size_t length = strlen(path);
        if (g_str_has_suffix(path, parts) && (length == bytes || path[length - bytes - 1] == '/'))
            g_ptr_array_add(found, (void *) path);
    }
    return found;
}

/* ---- what is given ---- */

const GPtrArray *
exports_list(const Exports *exports)
{
    return exports->list;
}

const GPtrArray *
exports_of_module(const Exports *exports, const char *module)
{
    return g_hash_table_lookup(exports->by_module, module);
}

const GPtrArray *
exports_in_folder(const Exports *exports, const char *folder)
{
    return g_hash_table_lookup(exports->by_folder, folder);
}

const GPtrArray *
exports_within(const Exports *exports, const char *module, const char *within)
{
    if (within[0] == '\0')
        return exports_of_module(exports, module);
    g_autofree char *key = g_strdup_printf("%s %s", module, within);
    return g_hash_table_lookup(exports->by_within, key);
}

/* "Config" and "Config.TABLE". */
static void
add_within(Exports *exports, Export *export)
{
    const char *within = export->within;
    for (size_t end = strcspn(within, ".");; end += 1 + strcspn(within + end + 1, ".")) {
        lists_add(exports->by_within, g_strdup_printf("%s %.*s", export->module, (int) end, within),
                  export);
        if (within[end] == '\0')
            return;
    }
}

static bool
is_known(const Exports *exports, const Export *export)
{
    g_autofree char *key =
        g_strdup_printf("%s %s %s", export->module, export->within, export->text);
    return g_hash_table_contains(exports->known, key);
}

/* Languages that see each other's classes. */
static const char *
family_of(const char *path, const char *text, size_t bytes)
{
    const Language *language = language_of(path, text, bytes);
    if (g_str_has_suffix(path, ".ipynb"))
        return "python";
    return language == NULL                       ? ""
           : language->imports == imports_classes ? "classes"
           : language->imports == imports_prisma  ? "javascript"
                                                  : language->name;
}

static void
add_class_name(Exports *exports, Export *export, const char *name)
{
    const char *family = family_of(export->path, "", 0);
    GHashTable *names = g_hash_table_lookup(exports->classes, family);
    if (names == NULL) {
        names = lists_new();
        g_hash_table_insert(exports->classes, (void *) family, names);
    }
    lists_add(names, g_strdup(name), export);
}

GHashTable *
exports_classes(const Exports *exports, const char *path, const char *text, size_t bytes)
{
    return g_hash_table_lookup(exports->classes, family_of(path, text, bytes));
}

static void
add(Exports *exports, Export *take_export)
{
    const char *dot = strrchr(take_export->within, '.');
    const char *name = dot != NULL ? dot + 1 : take_export->within;
    g_hash_table_add(exports->known, g_strdup_printf("%s %s %s", take_export->module,
                                                     take_export->within, take_export->text));
    const char *file = file_name(take_export->path);
    char *stem = g_strndup(file, strcspn(file, "."));
    if (take_export->rename == NULL) {
        Query query = {g_strdup(name), stem};
        g_array_append_val(exports->queries, query);
    } else {
        if (take_export->is_class)
            add_class_name(exports, take_export, name);
        else
            g_hash_table_add(exports->names, g_strdup(name));
        g_hash_table_add(exports->stems, stem);
    }
    g_ptr_array_add(exports->list, take_export);
    lists_add(exports->by_module, g_strdup(take_export->module), take_export);
    lists_add(exports->by_folder, folder_of(take_export->module), take_export);
    add_within(exports, take_export);
}

bool
exports_are_empty(const Exports *exports)
{
    return exports->list->len == 0;
}

bool
exports_may_want(const char *path, const char *text, size_t bytes)
{
    return imports_are_read(path, text, bytes);
}

/* A file in which words are looked for: one after the other, or, where these are many, by its own words. */
typedef struct {
    const char *text;
    size_t bytes;
    GArray *words; /* or NULL */
} Sought;

static bool
has_word(const Sought *sought, const char *word)
{
    return sought->words != NULL ? words_have(sought->words, word)
                                 : memmem(sought->text, sought->bytes, word, strlen(word)) != NULL;
}

static bool
has_any(const Sought *sought, GHashTable *words)
{
    GHashTableIter iter;
    void *word;
    g_hash_table_iter_init(&iter, words);
    while (g_hash_table_iter_next(&iter, &word, NULL))
        if (has_word(sought, word))
            return true;
    return false;
}

/* SQL is called `query` everywhere: its file has to be named, too. */
static bool
has_query(const Sought *sought, const Exports *exports)
{
    for (guint i = 0; i < exports->queries->len; i++) {
        const Query *query = &g_array_index(exports->queries, Query, i);
        if (has_word(sought, query->name) && has_word(sought, query->stem))
            return true;
    }
    return false;
}

/* It may pass on all names of another file, and says none of them. */
static bool
passes_all_on(const char *text, size_t bytes)
{
    static const char *const signs[] = {"import *", "export *", "source", ". "};
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
        if (memmem(text, bytes, signs[i], strlen(signs[i])) != NULL)
            return true;
    return false;
}

bool
exports_wanted(const Exports *exports, const char *path, const char *text, size_t bytes)
{
    if (exports->list->len > 0 && pages_are_given(exports, path))
        return true;
    if (exports->list->len == 0 || !imports_are_read(path, text, bytes))
        return false;
    GHashTable *classes = exports_classes(exports, path, text, bytes);
    guint class_count = classes != NULL ? g_hash_table_size(classes) : 0;
    bool are_many =
        g_hash_table_size(exports->names) + exports->queries->len + class_count > WORDS_APART_MAX;
    Sought sought = {text, bytes, are_many ? words_of(text, bytes) : NULL};
    bool found = has_any(&sought, exports->names) ||
                 (classes != NULL && has_any(&sought, classes)) || has_query(&sought, exports) ||
                 (passes_all_on(text, bytes) && has_any(&sought, exports->stems));
    g_clear_pointer(&sought.words, g_array_unref);
    return found;
}

GPtrArray *
exports_of(const char *path, const char *text, size_t bytes, const Renames *renames,
           const RewriteOptions *options)
{
    RewriteOptions with = *options;
    with.is_mentioned = true;
    return imports_are_read(path, text, bytes) ? program_exports(path, text, bytes, renames, &with)
                                               : NULL;
}

bool
exports_take(Exports *exports, GPtrArray *take_list)
{
    guint before = exports->list->len;
    for (guint i = 0; take_list != NULL && i < take_list->len; i++) {
        Export *export = g_ptr_array_index(take_list, i);
        if (exports->list->len >= EXPORTS_MAX || is_known(exports, export))
            export_free(export);
        else
            add(exports, export);
    }
    g_clear_pointer(&take_list, g_ptr_array_unref);
    return exports->list->len > before;
}
