/* rollout_acts.c - speaking to a rollout: promote, pause, resume, try again, roll back. */
#include "server/handlers.h"
#include "server/rollout_told.h"
#include "server/routes.h"
#include "server/standing.h"

#include <string.h>

static bool
refuse(Request *request, const RolloutRow *row, const char *word, const char *why, GError **error)
{
    request_explain(request, "allowed_actions", rollout_allowed_actions(request, row));
    return fail(error, ERR_WRONG_STATE, "cannot %s the rollout of '%s': %s", rollout_deed(word),
                row->service, why);
}

/* Does the word lead nowhere new? */
static bool
is_moot(const RolloutRow *row, const char *word)
{
    static const char *const back[] = {"aborting", "rolled_back", "skipped", NULL};
    return strcmp(word, "rollback") == 0 && g_strv_contains(back, row->state);
}

static Command *
command_of(const Request *request, const RolloutRow *row, const char *word)
{
    bool is_whole_plan = strcmp(word, "rollback") == 0 && !row->is_of_migration;
    Command *command = NULL;
    if (strcmp(word, "retry") == 0 && rollout_has_given_up(row)) {
        command = request_command(request, COMMAND_TASK_RETRY);
        command->task = g_strdup(row->task);
    } else if (is_whole_plan) {
        command =
            request_command(request, row->plan_has_effects ? COMMAND_ROLLBACK : COMMAND_CANCEL);
        command->plan = g_strdup(row->plan);
        command->look = row->plan_has_effects ? standing_look : NULL;
    } else {
        command = request_command(request, COMMAND_TASK_SIGNAL);
        command->task = g_strdup(row->task);
        command->args = json_pack("{s:s}", "signal", word);
    }
    return command;
}

static const char *
word_of(const Request *request)
{
    const char *word = strrchr(request->route->path, '/') + 1;
    bool is_full = json_get_bool(request->json, "full", false);
    return is_full ? "promote_full" : word;
}

bool
handle_rollout_act(Request *request, GError **error)
{
    const char *word = word_of(request);
    g_auto(RolloutRow) row = {0};
    if (!rollout_row_find(request, request->params[0], &row, error))
        return false;
    if (is_moot(&row, word))
        return rollout_answer_as_it_is(request, &row, error);
    g_autofree char *why = rollout_refusal(&row, word);
    if (why != NULL)
        return refuse(request, &row, word, why, error);
    return request_ask(request, command_of(request, &row, word), rollout_told_write,
                       rollout_told_new(&row), rollout_told_free, NULL, error);
}
