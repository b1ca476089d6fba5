/*
 * describe.c - a table or view as a Schema.
 *
 *   tinyint(1)                         bool: what BOOLEAN stands for. It may hold more than two values: rows with others are
 *                                      put aside, and `expr: "column + 0"` takes them as whole numbers
 *   tinyint … bigint, year             int
 *   bigint unsigned                    decimal: half of it is beyond every int
 *   float, double                      float
 *   decimal                            decimal
 *   date                               date
 *   datetime, timestamp                timestamp (timestamp in UTC)
 *   binary, varbinary, blob, geometry  bytes
 *   bit                                int up to 63, decimal with 64
 *   char, varchar, text, json          text
 *   every other                        text, as the server prints it (time, enum, set, uuid, inet6)
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>

static const struct {
    const char *word;
    ColumnType type;
} types[] = {
    {"tinyint", TYPE_INT},        {"smallint", TYPE_INT},
    {"mediumint", TYPE_INT},      {"int", TYPE_INT},
    {"bigint", TYPE_INT},         {"year", TYPE_INT},
    {"float", TYPE_FLOAT},        {"double", TYPE_FLOAT},
    {"decimal", TYPE_DECIMAL},    {"date", TYPE_DATE},
    {"datetime", TYPE_TIMESTAMP}, {"timestamp", TYPE_TIMESTAMP},
    {"binary", TYPE_BYTES},       {"varbinary", TYPE_BYTES},
    {"tinyblob", TYPE_BYTES},     {"blob", TYPE_BYTES},
    {"mediumblob", TYPE_BYTES},   {"longblob", TYPE_BYTES},
    {"geometry", TYPE_BYTES},     {"point", TYPE_BYTES},
    {"linestring", TYPE_BYTES},   {"polygon", TYPE_BYTES},
    {"multipoint", TYPE_BYTES},   {"multilinestring", TYPE_BYTES},
    {"multipolygon", TYPE_BYTES}, {"geometrycollection", TYPE_BYTES},
};

ColumnType
maria_type_of(const char *data_type, const char *declared)
{
    if (strcmp(data_type, "bigint") == 0 && strstr(declared, "unsigned") != NULL)
        return TYPE_DECIMAL;
    if (g_str_has_prefix(declared, "tinyint(1)"))
        return TYPE_BOOL;
    if (strcmp(data_type, "bit") == 0)
        return strcmp(declared, "bit(64)") == 0 ? TYPE_DECIMAL : TYPE_INT;
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(types[i].word, data_type) == 0)
            return types[i].type;
    return TYPE_TEXT;
}

static const char *const declared_words[] = {"tinyint(1)",    "tinyint(4)",
                                             "int(11)",       "int(10) unsigned",
                                             "bigint(20)",    "bigint(20) unsigned",
                                             "year(4)",       "bit(8)",
                                             "bit(64)",       "float",
                                             "double",        "decimal(10,2)",
                                             "char(3)",       "varchar(40)",
                                             "longtext",      "enum('a','b')",
                                             "set('a','b')",  "uuid",
                                             "inet6",         "time(6)",
                                             "date",          "datetime(6)",
                                             "timestamp(6)",  "binary(16)",
                                             "varbinary(16)", "longblob",
                                             "point",         NULL};

static ColumnType
type_of_declared(const char *declared)
{
    g_autofree char *word = g_strndup(declared, strcspn(declared, "( "));
    return maria_type_of(word, declared);
}

const TypeOps maria_type_ops = {
    .declared = declared_words,
    .type_of = type_of_declared,
    .made = maria_type_names,
};

bool
maria_has_form(const MariaColumn *column)
{
    static const char *const plain[] = {"char",       "varchar",  "tinytext", "text",
                                        "mediumtext", "longtext", NULL};
    return column->type == TYPE_TEXT && !g_strv_contains(plain, column->data_type);
}

void
maria_column_free(void *data)
{
    MariaColumn *column = data;
    g_free(column->name);
    g_free(column->declared);
    g_free(column->data_type);
    g_free(column->charset);
    g_free(column->collation);
    g_free(column->comment);
    g_free(column);
}

MariaColumn *
maria_column_of(const MYSQL_ROW row)
{
    MariaColumn *column = g_new0(MariaColumn, 1);
    column->name = g_strdup(row[0]);
    column->data_type = g_strdup(row[1]);
    column->declared = g_strdup(row[2]);
    column->type = maria_type_of(row[1], row[2]);
    column->is_unsigned = strstr(row[2], "unsigned") != NULL;
    column->is_nullable = row[3][0] == '1';
    column->is_counted = strstr(row[5], "auto_increment") != NULL;
    column->has_default = row[4][0] == '1' || column->is_counted;
    column->letters_max = maria_cell_int(row[6]);
    column->bytes_max = maria_cell_int(row[7]);
    column->precision = (int) maria_cell_int(row[8]);
    column->scale = (int) maria_cell_int(row[9]);
    column->is_generated = row[10][0] == '1';
    column->charset = g_strdup(row[11]);
    column->collation = g_strdup(row[12]);
    column->comment = row[13] != NULL && row[13][0] != '\0' ? g_strdup(row[13]) : NULL;
    return column;
}

const MariaColumn *
maria_column_named(const GPtrArray *columns, const char *name)
{
    for (guint i = 0; name != NULL && i < columns->len; i++) {
        const MariaColumn *column = columns->pdata[i];
        if (strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

Schema *
maria_outline(const MariaObject *object, const char *name)
{
    Schema *schema = schema_new(name);
    schema->is_table = !object->is_view;
    for (guint i = 0; i < object->columns->len; i++) {
        const MariaColumn *from = object->columns->pdata[i];
        Column *column =
            schema_add(schema, from->name, from->type, from->declared, from->is_nullable);
        column->own = maria_own_type(from);
        column->has_default = from->has_default;
        column->is_generated = from->is_generated;
    }
    for (guint i = 0; object->key_is_primary && i < object->key->len; i++)
        schema_add_key(schema, object->key->pdata[i]);
    return schema;
}

bool
maria_outline_of(Conn *base, const char *name, Schema **ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_need(conn, name, &object, error))
        return false;
    *ret = maria_outline(object, name);
    return true;
}

bool
maria_describe(Conn *base, const char *name, Schema **ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_need(conn, name, &object, error))
        return false;
    g_autoptr(Schema) schema = maria_outline(object, name);
    if (!maria_add_dependents(conn, object, schema, error))
        return false;
    *ret = g_steal_pointer(&schema);
    return true;
}

bool
maria_identity(Conn *base, const char *name, json_t **ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_need(conn, name, &object, error))
        return false;
    g_autoptr(Schema) schema = maria_outline(object, name);
    *ret = columns_identity(schema);
    return true;
}
