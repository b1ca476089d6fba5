/* code_schema.c - columns of tables that consumers read beside the moving ones, from a YAML file. */
#include "base/yaml.h"
#include "cli/code_files.h"

#include <string.h>

typedef struct {
    const char *name; /* borrowed from the file */
    int line;
    char **parts;
    const char **columns; /* NULL-terminated; borrowed from the file */
    const char **types;   /* in the same order, "" where the file does not say */
} CodeTable;

struct CodeSchema {
    YamlFile *file;
    GPtrArray *tables; /* CodeTable * */
};

static void
table_free_all(void *data)
{
    CodeTable *table = data;
    g_strfreev(table->parts);
    g_free(table->columns);
    g_free(table->types);
    g_free(table);
}

void
code_schema_free(CodeSchema *schema)
{
    if (schema == NULL)
        return;
    g_ptr_array_unref(schema->tables);
    yaml_file_free(schema->file);
    g_free(schema);
}

#define COLUMNS_EXPECTED "expected its columns, as in { id: int, name: text }"

/* { column: type, … }; a type may be left out, and is "" then. */
static bool
read_columns(const YamlNode *node, CodeTable *table, const char *path, GError **error)
{
    if (node->kind != YAML_MAP)
        return fail(error, ERR_INVALID, "%s:%d: table '%s' is %s%s%s, " COLUMNS_EXPECTED, path,
                    node->line, table->name, node->kind == YAML_SCALAR ? "'" : "a list",
                    node->kind == YAML_SCALAR ? node->text : "",
                    node->kind == YAML_SCALAR ? "'" : "");
    table->columns = g_new0(const char *, node->count + 1);
    table->types = g_new0(const char *, node->count + 1);
    for (size_t i = 0; i < node->count; i++) {
        const YamlNode *column = node->items[2 * i], *type = node->items[2 * i + 1];
        if (column->kind != YAML_SCALAR)
            return fail(error, ERR_INVALID, "%s:%d: a column of table '%s' has no name", path,
                        column->line, table->name);
        if (type->kind != YAML_SCALAR)
            return fail(error, ERR_INVALID,
                        "%s:%d: the type of '%s' in table '%s' is not a word, expected it as in "
                        "{ id: int, name: text }",
                        path, column->line, column->text, table->name);
        table->columns[i] = column->text;
        table->types[i] = type->text;
    }
    return true;
}

static bool
read_table(CodeSchema *schema, const char *path, const YamlNode *key, const YamlNode *value,
           GError **error)
{
    CodeTable *table = g_new0(CodeTable, 1);
    table->name = key->text;
    table->line = key->line;
    table->parts = g_strsplit(key->text, ".", -1);
    g_ptr_array_add(schema->tables, table);
    return read_columns(value, table, path, error);
}

#define FILE_EXPECTED "expected 'tables: { name: { column: type } }' and nothing else"

/* One document, which is a map of `tables` alone. */
static bool
find_tables(const YamlFile *file, const char *path, const YamlNode **ret, GError **error)
{
    const YamlNode *root = yaml_document_count(file) > 0 ? yaml_document(file, 0) : NULL;
    bool is_map = root != NULL && root->kind == YAML_MAP;
    const YamlNode *tables = is_map ? yaml_get(root, "tables") : NULL;
    if (tables == NULL)
        return fail(error, ERR_INVALID, "%s:%d: there are no tables, " FILE_EXPECTED, path,
                    root != NULL ? root->line : 1);
    if (tables->kind != YAML_MAP)
        return fail(error, ERR_INVALID, "%s:%d: 'tables' is not a map, " FILE_EXPECTED, path,
                    tables->line);
    for (size_t i = 0; i < root->count; i++)
        if (root->items[2 * i + 1] != tables)
            return fail(error, ERR_INVALID, "%s:%d: unknown key '%s', " FILE_EXPECTED, path,
                        root->items[2 * i]->line,
                        root->items[2 * i]->text != NULL ? root->items[2 * i]->text : "");
    if (yaml_document_count(file) > 1)
        return fail(error, ERR_INVALID, "%s:%d: a second document begins here, " FILE_EXPECTED,
                    path, yaml_document(file, 1)->line);
    *ret = tables;
    return true;
}

bool
code_schema_read(const char *path, CodeSchema **ret, GError **error)
{
    g_autoptr(CodeSchema) schema = g_new0(CodeSchema, 1);
    g_autoptr(Diags) diags = diags_new();
    const YamlNode *tables = NULL;
    schema->tables = g_ptr_array_new_with_free_func(table_free_all);
    if (!yaml_read_file(path, diags, &schema->file, error) ||
        !find_tables(schema->file, path, &tables, error))
        return false;
    for (size_t i = 0; i < tables->count; i++)
        if (!read_table(schema, path, tables->items[2 * i], tables->items[2 * i + 1], error))
            return false;
    *ret = g_steal_pointer(&schema);
    return true;
}

/* All parts that both have agree, from the end. */
static bool
is_called(const CodeTable *table, const SqlPath *path)
{
    guint length = g_strv_length(table->parts);
    for (guint i = 1; i <= MIN(length, path->count); i++)
        if (g_ascii_strcasecmp(table->parts[length - i], path->parts[path->count - i].text) != 0)
            return false;
    return path->count > 0;
}

/* The one table that is meant; NULL when several could be. */
static const CodeTable *
table_of(const CodeSchema *schema, const SqlSource *source)
{
    const CodeTable *found = NULL;
    for (guint i = 0; i < schema->tables->len; i++) {
        const CodeTable *table = g_ptr_array_index(schema->tables, i);
        if (!is_called(table, &source->path))
            continue;
        if (found != NULL && g_strv_length(table->parts) != source->path.count)
            return NULL;
        found = table;
    }
    return found;
}

/* ---- does it agree with the mapping? ---- */

static bool
has_column(const CodeTable *table, const char *column)
{
    size_t length = strcspn(column, "."); /* of a field: its struct */
    for (guint i = 0; table->columns[i] != NULL; i++)
        if (g_ascii_strncasecmp(table->columns[i], column, length) == 0 &&
            table->columns[i][length] == '\0')
            return true;
    return false;
}

/* A column that the mapping speaks of and the table lacks would be taken for another table's, and stay. */
static bool
check_table(const CodeTable *table, const Mapping *mapping, const char *path, GError **error)
{
    g_autoptr(GPtrArray) changes = mapping_changes(mapping);
    for (guint i = 0; i < changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(changes, i);
        if (!has_column(table, change->column))
            return fail(error, ERR_INVALID,
                        "%s:%d: table '%s' has no column '%s', which the mapping of '%s' speaks "
                        "of: expected the table's columns as they are today",
                        path, table->line, table->name, change->column, mapping_source(mapping));
    }
    return true;
}

static const CodeTable *
table_of_mapping(const CodeSchema *schema, const Mapping *mapping)
{
    g_auto(GStrv) names = g_strsplit(mapping_source(mapping), ".", -1);
    guint count = g_strv_length(names);
    g_autofree SqlPart *parts = g_new0(SqlPart, count);
    for (guint i = 0; i < count; i++)
        parts[i].text = names[i];
    SqlSource source = {.path = {.parts = parts, .count = count}};
    return table_of(schema, &source);
}

bool
code_schema_check(const CodeSchema *schema, const MappingSet *mappings, const char *path,
                  GError **error)
{
    for (size_t i = 0; i < mapping_count(mappings); i++) {
        const Mapping *mapping = mapping_get(mappings, i);
        const CodeTable *table = table_of_mapping(schema, mapping);
        if (table != NULL && !check_table(table, mapping, path, error))
            return false;
    }
    return true;
}

/* ---- who asks ---- */

const char *const *
code_schema_columns(const SqlSource *source, bool *ret_is_open, void *data)
{
    const CodeTable *table = table_of(data, source);
    *ret_is_open = false;
    return table != NULL ? table->columns : NULL;
}

const char *const *
code_schema_types(const SqlSource *source, bool *ret_is_open, void *data)
{
    const CodeTable *table = table_of(data, source);
    *ret_is_open = false;
    return table != NULL ? table->types : NULL;
}
