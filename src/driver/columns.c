/* columns.c - what tells a table that rows are read from: rows that are read under other columns are not those that were planned. */
#include "driver/driver.h"

json_t *
columns_identity(const Schema *schema)
{
    json_t *list = json_array();
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        json_array_append_new(list, json_sprintf("%s %s", column->name, column->declared));
    }
    return json_pack("{so}", "columns", list);
}
