/*
 * target.c - the target as it is against what the plan saw.
 *
 * A stage is made like the target, and hours may pass until it takes its place: a column, a constraint or an index that came
 * meanwhile would be gone then, and nobody would be told.
 */
#include "action/target.h"

/* What hangs on a table is put on the new one by the swap, as it is then. */
static const char *const taken_along[] = {"view",    "materialized_view", "trigger", "rule",
                                          "policy",  "foreign_key_from",  "grant",   "owner",
                                          "comment", "partition",         NULL};

static Schema *
without_taken_along(const Schema *schema)
{
    Schema *copy = schema_copy(schema);
    for (guint i = copy->dependents->len; i-- > 0;) {
        const Dependent *dependent = copy->dependents->pdata[i];
        if (g_strv_contains(taken_along, dependent->kind))
            g_ptr_array_remove_index(copy->dependents, i);
    }
    return copy;
}

bool
target_look(const Move *move, Conn *conn, bool is_staged, World *ret, json_t **ret_state,
            GError **error)
{
    g_autoptr(Schema) now = NULL;
    bool exists;

    if (!conn_exists(conn, move->target, &exists, error))
        return false;
    if (exists != move->has_target) {
        differ(ret, ret_state, exists ? "target '%s' exists now" : "target '%s' is gone",
               move->target);
        return true;
    }
    if (!exists)
        return true;
    if (!conn_describe(conn, move->target, &now, error))
        return false;
    g_autoptr(Schema) was_bare = without_taken_along(move->target_schema);
    g_autoptr(Schema) is_bare = without_taken_along(now);
    g_autoptr(GPtrArray) differences =
        schema_differences(is_staged ? was_bare : move->target_schema, is_staged ? is_bare : now);
    for (guint i = 0; i < differences->len; i++)
        differ(ret, ret_state, "target '%s': %s", move->target,
               (const char *) differences->pdata[i]);
    return true;
}
