/* backstage_plans.c - see backstage_plans.h. */
#include "server/backstage_plans.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/planning.h"

#include <string.h>

#define PLANS_PER_ROUND 200 /* the queue for planning has its own limit; this keeps a round short */

/* ----- who ----- */

/* Migrations of Backstage, each with its latest plan ("" while it has none), the oldest first. */
static bool
migrations_read(Db *db, GPtrArray *refs, GPtrArray *plans, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db,
                    "SELECT e.ref, (SELECT p.id FROM plan p WHERE p.migration = e.ref AND p.kind = "
                    "'migration' ORDER BY p.n DESC LIMIT 1) FROM entity e WHERE e.origin = "
                    "'backstage' AND (e.kind = 'Migration' OR e.type = 'dataset-migration') ORDER "
                    "BY e.ref",
                    &stmt, error))
        return false;
    while (stmt_step(stmt, &is_row, error)) {
        if (!is_row)
            return true;
        g_ptr_array_add(refs, g_strdup(stmt_col_text(stmt, 0)));
        g_ptr_array_add(plans, g_strdup(stmt_col_is_null(stmt, 1) ? "" : stmt_col_text(stmt, 1)));
    }
    return false;
}

static bool
latest_plan(Db *db, const char *ref, char **ret, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db,
                    "SELECT id FROM plan WHERE migration = :ref AND kind = 'migration' ORDER BY n "
                    "DESC LIMIT 1",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":ref", ref);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    *ret = is_row ? g_strdup(stmt_col_text(stmt, 0)) : NULL;
    if (is_row)
        stmt_reset(stmt);
    return true;
}

/* ----- new ones ----- */

/* What keeps a migration from being planned is said once, not every round: the log is for people. */
static void
complain(const char *ref, const char *why)
{
    static GHashTable *said; /* the one thread of Backstage alone is here */
    if (said == NULL)
        said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (g_strcmp0(g_hash_table_lookup(said, ref), why) == 0)
        return;
    g_hash_table_replace(said, g_strdup(ref), g_strdup(why));
    log_line(LOG_WARN, json_pack("{s:s, s:s}", "event", "backstage.unplanned", "ref", ref),
             "Backstage's migration '%s' cannot be planned yet: %s", ref, why);
}

static bool
plan_new(const PlanningRoom *room, const char *ref, GPtrArray *queue, GError **error)
{
    PlanningWish wish = {.entity = ref, .author = BACKSTAGE_ACTOR, .now_ms = clock_wall_ms()};
    g_autoptr(json_t) planning = NULL, needs = NULL;
    g_autofree char *migration = NULL, *digest = NULL;
    g_autoptr(GError) lacking = NULL;

    if (!planning_request(room, &wish, &planning, &needs, &migration, &lacking)) {
        complain(ref, lacking->message);
        return true;
    }
    if (!blobs_put_json(room->blobs, planning, &digest, error))
        return false;
    Command *command = command_new(COMMAND_CREATE, BACKSTAGE_ACTOR);
    command->reason = g_strdup("it is new in Backstage");
    command->args = json_pack("{s:s, s:s, s:s, s:O}", "migration", migration, "request", digest,
                              "author", BACKSTAGE_ACTOR, "needs", needs);
    g_ptr_array_add(queue, command);
    return true;
}

/* ----- changed ones ----- */

static bool
plan_check(const PlanningRoom *room, const char *id, GPtrArray *queue, GError **error)
{
    g_auto(PlanRow) row = {0};
    g_autoptr(json_t) differences = NULL;
    if (!plan_row_by_id(room->db, id, &row, error))
        return false;
    if (row.state != PLAN_PLANNED && row.state != PLAN_APPROVED)
        return true; /* what runs looks for drift by itself */
    if (!planning_differences(room, &row, &differences, NULL, error))
        return false;
    if (json_array_size(differences) == 0)
        return true;
    Command *command = command_new(COMMAND_STALE, BACKSTAGE_ACTOR);
    command->plan = g_strdup(row.id);
    command->args = json_pack("{s:O}", "differences", differences);
    g_ptr_array_add(queue, command);
    return true;
}

static bool
look_with(Server *server, Db *db, GPtrArray *queue, GError **error)
{
    PlanningRoom room = {.config = server->config, .blobs = server->blobs, .db = db};
    g_autoptr(GPtrArray) refs = g_ptr_array_new_with_free_func(g_free),
                         plans = g_ptr_array_new_with_free_func(g_free);
    if (!migrations_read(db, refs, plans, error))
        return false;
    for (guint i = 0; i < refs->len && queue->len < PLANS_PER_ROUND; i++) {
        const char *plan = plans->pdata[i];
        if (*plan == '\0' ? !plan_new(&room, refs->pdata[i], queue, error)
                          : !plan_check(&room, plan, queue, error))
            return false;
    }
    return true;
}

bool
backstage_plans_look(Server *server, GPtrArray *queue, GError **error)
{
    Db *db = NULL;
    if (!readers_take(server->readers, &db, error))
        return false;
    bool is_well = look_with(server, db, queue, error);
    readers_give(server->readers, db);
    return is_well;
}

/* ----- those that went ----- */

static bool
cancel_plan(Db *db, const char *ref, GPtrArray *queue, GError **error)
{
    g_autofree char *id = NULL;
    g_auto(PlanRow) row = {0};
    if (!latest_plan(db, ref, &id, error))
        return false;
    if (id == NULL)
        return true;
    if (!plan_row_by_id(db, id, &row, error))
        return false;
    if (plan_state_is_terminal(row.state))
        return true;
    if (row.has_effects) {
        log_line(LOG_WARN, json_pack("{s:s, s:s}", "event", "backstage.gone", "plan_id", row.id),
                 "'%s' is gone from Backstage, but its plan %s has had effects: it stays as it is",
                 ref, row.id);
        return true;
    }
    Command *command = command_new(COMMAND_CANCEL, BACKSTAGE_ACTOR);
    command->plan = g_strdup(row.id);
    command->reason = g_strdup("its entity is gone from Backstage");
    g_ptr_array_add(queue, command);
    return true;
}

bool
backstage_plans_gone(Server *server, const GPtrArray *refs, GPtrArray *queue, GError **error)
{
    Db *db = NULL;
    bool is_well = true;
    if (!readers_take(server->readers, &db, error))
        return false;
    for (guint i = 0; i < refs->len && is_well; i++)
        is_well = cancel_plan(db, refs->pdata[i], queue, error);
    readers_give(server->readers, db);
    return is_well;
}
