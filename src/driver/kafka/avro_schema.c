/* avro_schema.c - reading and making schemas. */
#include "driver/kafka/avro_node.h"

#include "base/limits.h"

#include <string.h>

#define NODES_MAX 20000
#define FIXED_BYTES_MAX (1024 * 1024)
#define SCALE_MAX 1000

static const char *const primitives[] = {"null",  "boolean", "int",   "long",
                                         "float", "double",  "bytes", "string"};

typedef struct {
    AvroSchema *schema;
    GHashTable *named; /* full name → AvroNode */
} Parsing;

static void
node_free(void *data)
{
    AvroNode *node = data;
    g_ptr_array_unref(node->names);
    g_ptr_array_unref(node->parts);
    g_free(node);
}

void
avro_schema_free(AvroSchema *schema)
{
    if (schema == NULL)
        return;
    g_ptr_array_unref(schema->nodes);
    g_free(schema);
}

static AvroNode *
node_new(Parsing *parsing, AvroKind kind)
{
    AvroNode *node = g_new0(AvroNode, 1);
    node->kind = kind;
    node->names = g_ptr_array_new_with_free_func(g_free);
    node->parts = g_ptr_array_new();
    g_ptr_array_add(parsing->schema->nodes, node);
    return node;
}

static bool parse(Parsing *parsing, const json_t *json, const char *space, int depth,
                  AvroNode **ret, GError **error);

static char *
full_name(const char *name, const char *space)
{
    return strchr(name, '.') != NULL || *space == '\0' ? g_strdup(name)
                                                       : g_strconcat(space, ".", name, NULL);
}

static bool
parse_name(Parsing *parsing, const char *name, const char *space, AvroNode **ret, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(primitives); i++)
        if (strcmp(primitives[i], name) == 0) {
            *ret = node_new(parsing, (AvroKind) i);
            return true;
        }
    g_autofree char *full = full_name(name, space);
    *ret = g_hash_table_lookup(parsing->named, full);
    if (*ret == NULL)
        *ret = g_hash_table_lookup(parsing->named, name);
    return *ret != NULL || fail(error, ERR_INVALID,
                                "the schema speaks of a type '%s' that it does not define", name);
}

static bool
parse_union(Parsing *parsing, const json_t *json, const char *space, int depth, AvroNode **ret,
            GError **error)
{
    AvroNode *node = node_new(parsing, AVRO_UNION);
    size_t i;
    json_t *branch;
    json_array_foreach((json_t *) json, i, branch)
    {
        AvroNode *part = NULL;
        if (!parse(parsing, branch, space, depth + 1, &part, error))
            return false;
        g_ptr_array_add(node->parts, part);
    }
    *ret = node;
    return node->parts->len > 0 || fail(error, ERR_INVALID, "the schema has a union of nothing");
}

static bool
add_fields(Parsing *parsing, AvroNode *node, const json_t *fields, const char *space, int depth,
           GError **error)
{
    size_t i;
    json_t *field;
    json_array_foreach((json_t *) fields, i, field)
    {
        const char *name = json_get_string(field, "name", "");
        AvroNode *part = NULL;
        if (*name == '\0' || strlen(name) > NAME_BYTES_MAX || strchr(name, '.') != NULL)
            return fail(error, ERR_INVALID, "the schema has a field without a name");
        if (!parse(parsing, json_object_get(field, "type"), space, depth + 1, &part, error))
            return false;
        g_ptr_array_add(node->names, g_strdup(name));
        g_ptr_array_add(node->parts, part);
    }
    return true;
}

static bool
parse_named(Parsing *parsing, const json_t *json, AvroKind kind, const char *outer, int depth,
            AvroNode **ret, GError **error)
{
    const char *name = json_get_string(json, "name", ""), *dot = strrchr(name, '.');
    g_autofree char *space = dot != NULL ? g_strndup(name, (size_t) (dot - name))
                                         : g_strdup(json_get_string(json, "namespace", outer));
    g_autofree char *full = full_name(name, space);
    AvroNode *node = node_new(parsing, kind);
    size_t i;
    json_t *symbol;
    int64_t size = json_get_int(json, "size", 0);
    if (*name == '\0' || !g_hash_table_insert(parsing->named, g_steal_pointer(&full), node))
        return fail(error, ERR_INVALID, "the schema has a type without a name, or '%s' twice",
                    name);
    json_array_foreach(json_object_get(json, "symbols"), i, symbol) g_ptr_array_add(
        node->names, g_strdup(json_is_string(symbol) ? json_string_value(symbol) : ""));
    if (kind == AVRO_FIXED && (size < 0 || size > FIXED_BYTES_MAX))
        return fail(error, ERR_INVALID, "the schema has a fixed type of %" G_GINT64_FORMAT " bytes",
                    size);
    node->size = (size_t) size;
    *ret = node;
    return kind != AVRO_RECORD ||
           add_fields(parsing, node, json_object_get(json, "fields"), space, depth, error);
}

static bool
parse_items(Parsing *parsing, const json_t *items, AvroKind kind, const char *space, int depth,
            AvroNode **ret, GError **error)
{
    AvroNode *node = node_new(parsing, kind), *part = NULL;
    if (!parse(parsing, items, space, depth + 1, &part, error))
        return false;
    g_ptr_array_add(node->parts, part);
    *ret = node;
    return true;
}

static void
set_logical(AvroNode *node, const json_t *json)
{
    static const struct {
        const char *name;
        AvroLogical logical;
        unsigned kinds;
    } known[] = {
        {"decimal", LOGICAL_DECIMAL, 1u << AVRO_BYTES | 1u << AVRO_FIXED},
        {"date", LOGICAL_DATE, 1u << AVRO_INT},
        {"timestamp-millis", LOGICAL_MILLIS, 1u << AVRO_LONG},
        {"timestamp-micros", LOGICAL_MICROS, 1u << AVRO_LONG},
        {"local-timestamp-millis", LOGICAL_MILLIS, 1u << AVRO_LONG},
        {"local-timestamp-micros", LOGICAL_MICROS, 1u << AVRO_LONG},
    };
    const char *name = json_get_string(json, "logicalType", "");
    node->scale = json_get_int(json, "scale", 0);
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(known[i].name, name) == 0 && (known[i].kinds >> node->kind & 1) != 0 &&
            node->scale >= 0 && node->scale <= SCALE_MAX)
            node->logical = known[i].logical;
}

static bool
parse_object(Parsing *parsing, const json_t *json, const char *space, int depth, AvroNode **ret,
             GError **error)
{
    const json_t *type = json_object_get(json, "type");
    const char *name = json_is_string(type) ? json_string_value(type) : "";
    AvroNode *node = NULL;
    bool done;
    if (!json_is_string(type))
        return parse(parsing, type, space, depth + 1, ret, error);
    if (strcmp(name, "record") == 0 || strcmp(name, "error") == 0)
        done = parse_named(parsing, json, AVRO_RECORD, space, depth, &node, error);
    else if (strcmp(name, "enum") == 0)
        done = parse_named(parsing, json, AVRO_ENUM, space, depth, &node, error);
    else if (strcmp(name, "fixed") == 0)
        done = parse_named(parsing, json, AVRO_FIXED, space, depth, &node, error);
    else if (strcmp(name, "array") == 0)
        done = parse_items(parsing, json_object_get(json, "items"), AVRO_ARRAY, space, depth, &node,
                           error);
    else if (strcmp(name, "map") == 0)
        done = parse_items(parsing, json_object_get(json, "values"), AVRO_MAP, space, depth, &node,
                           error);
    else
        done = parse_name(parsing, name, space, &node, error);
    if (!done)
        return false;
    if (node->kind != AVRO_RECORD) /* one by name may be met again */
        set_logical(node, json);
    *ret = node;
    return true;
}

static bool
parse(Parsing *parsing, const json_t *json, const char *space, int depth, AvroNode **ret,
      GError **error)
{
    if (depth > JSON_DEPTH_MAX || parsing->schema->nodes->len > NODES_MAX)
        return fail(error, ERR_INVALID,
                    "the schema is nested deeper than %d, or has more than %d types",
                    JSON_DEPTH_MAX, NODES_MAX);
    if (json_is_string(json))
        return parse_name(parsing, json_string_value(json), space, ret, error);
    if (json_is_array(json))
        return parse_union(parsing, json, space, depth, ret, error);
    return json_is_object(json)
               ? parse_object(parsing, json, space, depth, ret, error)
               : fail(error, ERR_INVALID,
                      "the schema has a type that is neither name, list nor object");
}

bool
avro_schema_parse(const char *text, size_t bytes, AvroSchema **ret, GError **error)
{
    g_autoptr(json_t) json = NULL;
    g_autoptr(AvroSchema) schema = g_new0(AvroSchema, 1);
    g_autoptr(GHashTable) named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Parsing parsing = {schema, named};
    AvroNode *root = NULL;
    schema->nodes = g_ptr_array_new_with_free_func(node_free);
    if (!json_parse(text, bytes, "an Avro schema", &json, error) ||
        !parse(&parsing, json, "", 0, &root, error))
        return false;
    if (root->kind == AVRO_ARRAY || root->kind == AVRO_MAP || root->kind == AVRO_UNION)
        return fail(error, ERR_INVALID, "the schema is neither a record nor one value");
    schema->root = root;
    *ret = g_steal_pointer(&schema);
    return true;
}

bool
avro_schema_is_record(const AvroSchema *schema)
{
    return schema->root->kind == AVRO_RECORD;
}

/* --- columns --- */

const AvroNode *
avro_flat_record(const AvroNode *node, const GPtrArray *open)
{
    if (node->kind == AVRO_UNION && node->parts->len == 2)
        node = avro_part(node, 0)->kind == AVRO_NULL   ? avro_part(node, 1)
               : avro_part(node, 1)->kind == AVRO_NULL ? avro_part(node, 0)
                                                       : node;
    return node->kind == AVRO_RECORD && node->names->len > 0 &&
                   !g_ptr_array_find((GPtrArray *) open, node, NULL)
               ? node
               : NULL;
}

static ColumnType
type_of(const AvroNode *node)
{
    switch (node->kind) {
    case AVRO_BOOLEAN:
        return TYPE_BOOL;
    case AVRO_INT:
    case AVRO_LONG:
        return node->logical == LOGICAL_NONE   ? TYPE_INT
               : node->logical == LOGICAL_DATE ? TYPE_DATE
                                               : TYPE_TIMESTAMP;
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        return TYPE_FLOAT;
    case AVRO_BYTES:
    case AVRO_FIXED:
        return node->logical == LOGICAL_DECIMAL ? TYPE_DECIMAL : TYPE_BYTES;
    default:
        return TYPE_TEXT;
    }
}

static void
add_columns(const AvroNode *record, const char *path, bool is_nullable, GPtrArray *open, Schema *to)
{
    g_ptr_array_add(open, (void *) record);
    for (guint i = 0; i < record->names->len; i++) {
        const AvroNode *field = avro_part(record, i), *inner = avro_flat_record(field, open);
        g_autofree char *name = g_strconcat(path, record->names->pdata[i], NULL);
        bool may_be_null = field->kind == AVRO_NULL, is_one = field->kind != AVRO_UNION;
        const AvroNode *only = field;
        for (guint j = 0; field->kind == AVRO_UNION && j < field->parts->len; j++) {
            may_be_null = may_be_null || avro_part(field, j)->kind == AVRO_NULL;
            only = avro_part(field, j)->kind != AVRO_NULL ? avro_part(field, j) : only;
            is_one = field->parts->len == 1 || (field->parts->len == 2 && may_be_null);
        }
        if (inner != NULL) {
            g_autofree char *deeper = g_strconcat(name, ".", NULL);
            add_columns(inner, deeper, is_nullable || may_be_null, open, to);
        } else {
            schema_add(to, name, is_one ? type_of(only) : TYPE_TEXT, "",
                       is_nullable || may_be_null);
        }
    }
    g_ptr_array_remove_index(open, open->len - 1);
}

void
avro_schema_columns(const AvroSchema *schema, Schema *to)
{
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    if (schema->root->kind == AVRO_RECORD)
        add_columns(schema->root, "", false, open, to);
    else
        schema_add(to, "", type_of(schema->root), "", schema->root->kind == AVRO_NULL);
}

/* --- making one --- */

static json_t *
type_json(const Column *column)
{
    static const char *const names[TYPE_COUNT] = {
        [TYPE_BOOL] = "boolean",   [TYPE_INT] = "long",    [TYPE_FLOAT] = "double",
        [TYPE_DECIMAL] = "string", [TYPE_TEXT] = "string", [TYPE_DATE] = "int",
        [TYPE_TIMESTAMP] = "long", [TYPE_BYTES] = "bytes"};
    json_t *type = json_string(names[column->type]);
    if (column->type == TYPE_DATE)
        type = json_pack("{so ss}", "type", type, "logicalType", "date");
    else if (column->type == TYPE_TIMESTAMP)
        type = json_pack("{so ss}", "type", type, "logicalType", "timestamp-micros");
    return column->is_nullable ? json_pack("[so]", "null", type) : type;
}

char *
avro_value_schema_text(const Column *column)
{
    Column whole = *column;
    whole.is_nullable = false;
    g_autoptr(json_t) json = type_json(&whole);
    return json_compact(json);
}

static bool
is_name(const char *text, size_t bytes)
{
    bool good = bytes > 0 && !g_ascii_isdigit(text[0]);
    for (size_t i = 0; good && i < bytes; i++)
        good = g_ascii_isalnum(text[i]) || text[i] == '_';
    return good;
}

/* The fields of a record whose columns' names begin with `path`; those of a deeper record stand together. */
static bool
fields_json(const GPtrArray *columns, const char *path, const char *name, json_t **ret,
            GError **error)
{
    g_autoptr(json_t) fields = json_array();
    g_autoptr(GHashTable) done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < columns->len; i++) {
        const Column *column = columns->pdata[i];
        if (!g_str_has_prefix(column->name, path))
            continue;
        const char *rest = column->name + strlen(path), *dot = strchr(rest, '.');
        size_t bytes = dot != NULL ? (size_t) (dot - rest) : strlen(rest);
        if (!is_name(rest, bytes))
            return fail(error, ERR_INVALID,
                        "'%s' cannot be a name in Avro, which has letters, digits and _",
                        column->name);
        g_autofree char *field = g_strndup(rest, bytes);
        g_autofree char *deeper = g_strconcat(path, field, ".", NULL),
                        *record = g_strconcat(name, "_", field, NULL);
        json_t *type = NULL;
        if (!g_hash_table_add(done, g_strdup(field)))
            continue;
        if (dot == NULL)
            type = type_json(column);
        else if (!fields_json(columns, deeper, record, &type, error))
            return false;
        json_t *one = json_pack("{ss so}", "name", field, "type", type);
        if (dot == NULL && column->is_nullable)
            json_object_set_new(one, "default", json_null());
        json_array_append_new(fields, one);
    }
    *ret = json_pack("{ss ss sO}", "type", "record", "name", name, "fields", fields);
    return true;
}

bool
avro_schema_text(const Schema *schema, const char *name,
                 bool (*is_in_value)(const char *column, void *data), void *data, char **ret,
                 GError **error)
{
    g_autoptr(GPtrArray) columns = g_ptr_array_new();
    g_autoptr(json_t) json = NULL;
    g_autofree char *record = g_strconcat(g_ascii_isdigit(*name) ? "_" : "", name, NULL);
    for (char *at = record; *at != '\0'; at++)
        if (!g_ascii_isalnum(*at))
            *at = '_';
    for (size_t i = 0; i < schema_count(schema); i++)
        if (is_in_value(schema_column(schema, i)->name, data))
            g_ptr_array_add(columns, (void *) schema_column(schema, i));
    if (!fields_json(columns, "", record, &json, error))
        return false;
    *ret = json_compact(json);
    return true;
}
