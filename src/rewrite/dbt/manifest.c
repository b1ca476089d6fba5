/* manifest.c - reading manifests and catalogs: see manifest.h. */
#include "rewrite/dbt/manifest_parts.h"

#include "base/json.h"

#include <string.h>

#define NODES_MAX                                                                                  \
    (4 * 1000 * 1000) /* values: 10,000 models with 100 columns, each with a description */
#define VERSION_MIN 7
#define VERSION_MAX 12

/* ---- making and freeing ---- */

static void
file_free(void *data)
{
    DbtFile *file = data;
    g_free(file->folder);
    g_hash_table_unref(file->packages);
    g_hash_table_unref(file->ids);
    g_free(file);
}

static void
table_free(void *data)
{
    DbtTable *table = data;
    g_free(table->package);
    g_free(table->name);
    g_free(table->source);
    g_free(table->version);
    g_strfreev(table->parts);
    g_strfreev(table->columns);
    g_free(table);
}

DbtManifests *
dbt_manifests_new(void)
{
    DbtManifests *manifests = g_new0(DbtManifests, 1);
    *manifests = (DbtManifests){
        .files = g_ptr_array_new_with_free_func(file_free),
        .tables = g_ptr_array_new_with_free_func(table_free),
        .named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_ptr_array_unref),
        .there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_ptr_array_unref),
    };
    return manifests;
}

void
dbt_manifests_free(DbtManifests *manifests)
{
    if (manifests == NULL)
        return;
    g_hash_table_unref(manifests->named);
    g_hash_table_unref(manifests->there);
    g_ptr_array_unref(manifests->tables);
    g_ptr_array_unref(manifests->files);
    g_free(manifests);
}

/* ---- JSON ---- */

/* A small text may become very many values, each of which takes memory: so they are counted before. */
static bool
check_nodes(const char *text, size_t bytes, const char *what, GError **error)
{
    size_t count = 0;
    bool is_string = false;
    for (size_t i = 0; i < bytes; i++) {
        if (is_string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            is_string = !is_string;
        else if (!is_string)
            count += text[i] == ',' || text[i] == '[' || text[i] == '{';
    }
    return count <= NODES_MAX ||
           fail(error, ERR_TOO_LARGE, "%s has %zu values, expected at most %d", what, count,
                NODES_MAX);
}

/* N of `https://…/manifest/vN.json`; 0 where it says something else. */
static int
schema_version(const json_t *root, const char *kind)
{
    const char *said = json_get_string(json_object_get(root, "metadata"), "dbt_schema_version", "");
    g_autofree char *start = g_strdup_printf("/%s/v", kind);
    const char *found = strstr(said, start);
    return found != NULL ? (int) g_ascii_strtoll(found + strlen(start), NULL, 10) : 0;
}

static bool
parse(const char *text, size_t bytes, const char *what, const char *kind, int version_max,
      json_t **ret, GError **error)
{
    g_autoptr(json_t) root = NULL;
    int version_min = MIN(VERSION_MIN, version_max);
    if (!check_nodes(text, bytes, what, error) || !json_parse(text, bytes, what, &root, error))
        return false;
    int version = schema_version(root, kind);
    if (version < version_min || version > version_max)
        return fail(error, ERR_INVALID,
                    "%s: metadata.dbt_schema_version is '%s', expected a %s of dbt, v%d to v%d",
                    what,
                    json_get_string(json_object_get(root, "metadata"), "dbt_schema_version", ""),
                    kind, version_min, version_max);
    *ret = g_steal_pointer(&root);
    return true;
}

/* Versions are numbers or words. NULL where there is none; caller frees. */
static char *
version_text(const json_t *node, const char *key)
{
    const json_t *value = json_object_get(node, key);
    if (json_is_integer(value))
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value))
        return g_strdup_printf("%g", json_real_value(value));
    return json_is_string(value) ? g_strdup(json_string_value(value)) : NULL;
}

/* ---- one table ---- */

static char **
read_parts(const json_t *node, bool is_source)
{
    const char *parts[] = {json_get_string(node, "database", ""),
                           json_get_string(node, "schema", ""),
                           json_get_string(node, is_source ? "identifier" : "alias", "")};
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    if (json_is_null(json_object_get(node, "relation_name")) &&
        json_object_get(node, "relation_name"))
        return NULL; /* an ephemeral model: it is put into its readers */
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i][0] != '\0')
            g_strv_builder_add(builder, parts[i]);
    return parts[2][0] != '\0' ? g_strv_builder_end(builder) : NULL;
}

static bool
read_columns(const json_t *node, const char *what, char ***ret, GError **error)
{
    json_t *columns = json_object_get(node, "columns"), *column;
    const char *key;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    if (columns != NULL && !json_is_object(columns) && !json_is_null(columns))
        return fail(error, ERR_INVALID, "%s.columns is no object, expected { name: { … } }", what);
    json_object_foreach(columns, key, column)
        g_strv_builder_add(builder, json_get_string(column, "name", key));
    *ret = g_strv_builder_end(builder);
    return true;
}

static bool
fill_table(DbtTable *table, const json_t *node, const char *what, bool is_source, GError **error)
{
    const char *name, *package, *source = NULL;
    if (!json_need_string(node, "name", what, &name, error) ||
        !json_need_string(node, "package_name", what, &package, error) ||
        (is_source && !json_need_string(node, "source_name", what, &source, error)) ||
        !read_columns(node, what, &table->columns, error))
        return false;
    table->name = g_strdup(name);
    table->package = g_strdup(package);
    table->source = g_strdup(source);
    table->version = version_text(node, "version");
    table->is_model = strcmp(json_get_string(node, "resource_type", ""), "model") == 0;
    table->parts = read_parts(node, is_source);
    return true;
}

static bool
is_relation(const json_t *node)
{
    static const char *const kinds[] = {"model", "seed", "snapshot", "source", NULL};
    return g_strv_contains(kinds, json_get_string(node, "resource_type", ""));
}

/* `nodes` or `sources`. */
static bool
read_list(DbtFile *file, GPtrArray *tables, const json_t *root, const char *key, const char *what,
          GError **error)
{
    json_t *list = NULL, *node;
    const char *id;
    if (!json_need_object(root, key, what, &list, error))
        return false;
    json_object_foreach(list, id, node)
    {
        g_autofree char *where = g_strdup_printf("%s: %s['%s']", what, key, id);
        if (!json_is_object(node))
            return fail(error, ERR_INVALID, "%s is no object, expected what dbt writes of a model",
                        where);
        if (!is_relation(node))
            continue;
        DbtTable *table = g_new0(DbtTable, 1);
        table->file = file;
        g_ptr_array_add(tables, table);
        if (!fill_table(table, node, where, strcmp(key, "sources") == 0, error))
            return false;
        g_hash_table_add(file->packages, g_strdup(table->package));
        g_hash_table_insert(file->ids, g_strdup(id), table);
    }
    return true;
}

/* ---- all of them ---- */

static void
index_by(GHashTable *index, char *key, DbtTable *table)
{
    GPtrArray *list = g_hash_table_lookup(index, key);
    if (list == NULL) {
        list = g_ptr_array_new();
        g_hash_table_insert(index, g_strdup(key), list);
    }
    g_ptr_array_add(list, table);
    g_free(key);
}

static const char *
last_of(char *const *parts)
{
    return parts[g_strv_length((char **) parts) - 1];
}

static void
take_table(DbtManifests *manifests, DbtTable *table)
{
    g_ptr_array_add(manifests->tables, table);
    index_by(manifests->named, g_strdup(table->name), table);
    if (table->parts != NULL)
        index_by(manifests->there, g_ascii_strdown(last_of(table->parts), -1), table);
}

bool
dbt_manifests_read(DbtManifests *manifests, const char *folder, const char *text, size_t bytes,
                   const char *what, GError **error)
{
    g_autoptr(json_t) root = NULL;
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(table_free);
    if (!parse(text, bytes, what, "manifest", VERSION_MAX, &root, error))
        return false;
    DbtFile *file = g_new0(DbtFile, 1);
    *file = (DbtFile){.folder = g_strdup(folder),
                      .packages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                      .ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    if (!read_list(file, tables, root, "nodes", what, error) ||
        !read_list(file, tables, root, "sources", what, error)) {
        file_free(file);
        return false;
    }
    g_ptr_array_add(manifests->files, file);
    g_ptr_array_set_free_func(tables, NULL);
    for (guint i = 0; i < tables->len; i++)
        take_table(manifests, g_ptr_array_index(tables, i));
    return true;
}

/* ---- the catalog ---- */

typedef struct {
    const char *name;
    int64_t place;
} Column;

static int
by_place(const void *a, const void *b)
{
    const Column *one = a, *other = b;
    return one->place < other->place ? -1 : one->place > other->place;
}

/* It may be of another run, in which the table was elsewhere. */
static bool
is_same_relation(const DbtTable *table, const json_t *node)
{
    const json_t *metadata = json_object_get(node, "metadata");
    const char *schema = json_get_string(metadata, "schema", ""),
               *name = json_get_string(metadata, "name", "");
    guint length = table->parts != NULL ? g_strv_length(table->parts) : 0;
    return length > 1 && g_ascii_strcasecmp(table->parts[length - 1], name) == 0 &&
           g_ascii_strcasecmp(table->parts[length - 2], schema) == 0;
}

static void
complete(DbtTable *table, json_t *columns)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Column));
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    const char *key;
    json_t *one;
    json_object_foreach(columns, key, one)
    {
        Column column = {json_get_string(one, "name", key), json_get_int(one, "index", 0)};
        g_array_append_val(found, column);
    }
    g_array_sort(found, by_place);
    for (guint i = 0; i < found->len; i++)
        g_strv_builder_add(builder, g_array_index(found, Column, i).name);
    g_strfreev(table->columns);
    table->columns = g_strv_builder_end(builder);
    table->is_complete = found->len > 0;
}

bool
dbt_manifests_read_catalog(DbtManifests *manifests, const char *text, size_t bytes,
                           const char *what, GError **error)
{
    static const char *const keys[] = {"nodes", "sources"};
    g_autoptr(json_t) root = NULL;
    const DbtFile *file = g_ptr_array_index(manifests->files, manifests->files->len - 1);
    json_t *lists[G_N_ELEMENTS(keys)], *node;
    const char *id;
    if (!parse(text, bytes, what, "catalog", 1, &root, error) ||
        !json_need_object(root, keys[0], what, &lists[0], error) ||
        !json_need_object(root, keys[1], what, &lists[1], error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        json_object_foreach(lists[i], id, node)
        {
            DbtTable *table = g_hash_table_lookup(file->ids, id);
            json_t *columns = json_object_get(node, "columns");
            if (table != NULL && json_is_object(columns) && is_same_relation(table, node))
                complete(table, columns);
        }
    return true;
}
