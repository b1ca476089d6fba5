/* rollout_told.c - see rollout_told.h. */
#include "server/rollout_told.h"

#include "base/clock.h"
#include "review/review.h"

#include <string.h>

void
rollout_told_free(void *data)
{
    RolloutTold *told = data;
    g_free(told->id);
    g_free(told->service);
    g_free(told->state);
    g_free(told->migration);
    g_free(told->digest);
    g_free(told);
}

RolloutTold *
rollout_told_new(const RolloutRow *row)
{
    RolloutTold *told = g_new0(RolloutTold, 1);
    told->id = g_strdup(row->id);
    told->service = g_strdup(row->service);
    told->state = g_strdup(row->state);
    told->migration = g_strdup(row->is_of_migration ? row->plan : NULL);
    return told;
}

bool
rollout_told_write(Command *command, Db *db, void *data, GError **error)
{
    const RolloutTold *told = data;
    const char *plan = json_get_string(command->reply, "id", NULL);
    const char *plan_state = json_get_string(command->reply, "state", "");
    const char *state = told->state;
    if (strcmp(plan_state, plan_state_name(PLAN_ROLLING_BACK)) == 0)
        state = "aborting";
    else if (strcmp(plan_state, plan_state_name(PLAN_CANCELLED)) == 0)
        state = "skipped";
    g_autofree char *id =
        told->id != NULL ? g_strdup(told->id) : g_strdup_printf("%s.%s", plan, told->service);
    Approval yes = {
        .actor = command->actor, .plan = plan, .author = command->actor, .digest = told->digest};
    if (told->digest != NULL &&
        !review_record(db, told->policy, &yes, command->reason, clock_wall_ms(), error))
        return false;
    json_object_clear(command->reply);
    json_set_string(command->reply, "rollout_id", id);
    json_set_string(command->reply, "service", told->service);
    json_set_string(command->reply, "state", state);
    json_set_string(command->reply, "migration_id", told->migration);
    return true;
}

bool
rollout_answer_as_it_is(Request *request, const RolloutRow *row, GError **error)
{
    return request_ask(request, request_command(request, COMMAND_WRITE), rollout_told_write,
                       rollout_told_new(row), rollout_told_free, NULL, error);
}
