/* look.c - see look.h. */
#include "driver/look.h"

ColumnLook *
look_columns(GArray *take_targets, size_t column_at, const Schema *schema)
{
    ColumnLook *look = g_new0(ColumnLook, 1);
    size_t bytes = g_array_get_element_size(take_targets);
    look->targets = take_targets;
    look->of = g_new0(const void *, schema_count(schema) + 1);
    for (guint i = 0; i < take_targets->len; i++) {
        const char *target = take_targets->data + i * bytes;
        look->of[*(const size_t *) (const void *) (target + column_at)] = target;
    }
    return look;
}

void
look_columns_end(void *data)
{
    ColumnLook *look = data;
    g_array_unref(look->targets);
    g_free(look->of);
    g_free(look);
}
