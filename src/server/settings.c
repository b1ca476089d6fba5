/* settings.c - limits, editable while everything runs. */
#include "server/handlers.h"

bool
handle_limits(Request *request, GError **error)
{
    g_autoptr(json_t) items = json_array();
    Db *db = NULL;
    Stmt *stmt = NULL;
    bool is_row = false;

    if (!request_reader(request, &db, error) ||
        !db_prepare(
            db,
            "SELECT l.resource, l.count, (SELECT count(*) FROM slot s WHERE s.holder IS NOT "
            "NULL AND (s.resource = l.resource OR (l.resource LIKE '%:*' AND "
            "s.resource LIKE rtrim(l.resource, '*') || '%' AND s.resource NOT IN "
            "(SELECT resource FROM limits)))), (SELECT count(*) FROM plan AS p JOIN "
            "campaign_member AS m ON m.plan = p.id JOIN campaign AS c ON c.id = m.campaign "
            "WHERE p.state IN ('preflight', 'running', 'paused', 'rolling_back') AND "
            "(l.resource = 'campaign:' || substr(c.ref, instr(c.ref, '/') + 1) OR "
            "l.resource = 'owner:' || m.owner OR EXISTS (SELECT 1 FROM json_each(p.needs) "
            "AS n WHERE n.value = l.resource AND n.value LIKE 'store:%'))) FROM limits l "
            "ORDER BY l.resource",
            &stmt, error) ||
        !stmt_step(stmt, &is_row, error))
        return false;
    while (is_row) {
        json_t *item = json_pack("{s:s, s:I, s:I}", "resource", stmt_col_text(stmt, 0), "count",
                                 (json_int_t) stmt_col_int(stmt, 1), "in_use",
                                 (json_int_t) stmt_col_int(stmt, 2));
        if (stmt_col_int(stmt, 3) > 0)
            json_set_int(item, "plans", stmt_col_int(stmt, 3));
        json_array_append_new(items, item);
        if (!stmt_step(stmt, &is_row, error))
            return false;
    }
    return request_answer(request, json_pack("{s:O}", "items", items));
}

bool
handle_limits_put(Request *request, GError **error)
{
    Command *command = request_command(request, COMMAND_LIMIT);
    command->args = json_pack("{s:O, s:O}", "resource", json_object_get(request->json, "resource"),
                              "count", json_object_get(request->json, "count"));
    return request_ask(request, command, NULL, NULL, NULL, NULL, error);
}
