/* keys.c - see keys.h. */
#include "action/keys.h"

#include <string.h>

/* A row that is written to may be read twice, here and where it went; and what is copied again is found by its key. */
static bool
stands_still(const Move *move)
{
    const char *consistency = json_get_string(move->call->plan->json, "consistency", "");
    return move->holds || strcmp(consistency, "frozen") == 0;
}

bool
keys_put_off(const Move *move, Transfer *transfer, GError **error)
{
    return !stands_still(move) || move->is_in_place || transfer_put_off_keys(transfer, error);
}

bool
keys_make(const Move *move, Conn *target, GError **error)
{
    g_autoptr(Schema) schema = NULL;
    Writer writer = move_writer(move, NULL);
    return move_stage_schema(move, &schema, error) &&
           conn_make_keys(target, move->stage, move_like(move, target), schema, &writer, error);
}
