/* campaign_start.c - may this approved plan still start? On the loop's thread, in the transaction that starts it. */
#include "base/clock.h"
#include "base/log.h"
#include "server/campaigns.h"

static bool
is_frozen(const PolicyConfig *policy, StartWord *ret)
{
    int64_t now_ms = clock_wall_ms();
    for (size_t i = 0; i < json_array_size(policy->freezes); i++) {
        const json_t *freeze = json_array_get(policy->freezes, i);
        int64_t to_ms = json_get_int(freeze, "to_ms", 0);
        if (now_ms < json_get_int(freeze, "from_ms", INT64_MAX) || now_ms >= to_ms)
            continue;
        ret->frozen = g_strdup(json_get_string(freeze, "why", "honk.yaml has a freeze"));
        ret->until_ms = to_ms;
        return true;
    }
    return false;
}

/* Only steps that change code ask for the request; a file that nobody reads is not written within the beat. */
static bool
names_code(const json_t *request)
{
    return json_array_size(json_object_get(request, "consumers")) > 0 ||
           json_array_size(json_object_get(request, "scanned")) > 0;
}

/* What cannot be looked at is not known to have changed: the preflight looks again. */
void
campaign_may_start(Db *db, const char *plan, StartWord *ret, void *data)
{
    const Server *server = data;
    PlanningRoom room = {.config = server->config, .blobs = server->blobs, .db = db};
    g_auto(PlanRow) row = {0};
    g_autoptr(json_t) differences = NULL, now = NULL;
    g_autoptr(GError) error = NULL;

    if (is_frozen(&server->config->policy, ret))
        return;
    if (!plan_row_by_id(db, plan, &row, &error) ||
        !planning_differences(&room, &row, &differences, &now, &error)) {
        log_line(LOG_WARN, NULL, "cannot compare plan '%s' with the catalog: %s", plan,
                 error->message);
        return;
    }
    if (json_array_size(differences) > 0)
        ret->differences = g_steal_pointer(&differences);
    else if (names_code(now) && !plan_put_request(&room, &row, now, &ret->request, &error))
        log_line(LOG_WARN, NULL, "cannot keep what plan '%s' starts with: %s", plan,
                 error->message);
}
