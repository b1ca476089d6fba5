/*
 * acts.c - what people do to migrations: approve, start, pause, roll back…
 *
 * Roles were checked by the table of routes; states are the engine's to check. What is decided here is who may say yes to
 * which digest (review), whether a guard changed (planning), and whether a freeze forbids to start.
 */
#include "base/clock.h"
#include "base/text.h"
#include "review/review.h"
#include "server/handlers.h"
#include "server/planning.h"
#include "server/routes.h"
#include "server/standing.h"

#include <string.h>

/* "from 'planned' you may: approve, reject". */
static void
explain_allowed(Request *request, const PlanRow *row)
{
    g_autoptr(json_t) approvals = NULL;
    g_autoptr(GString) list = g_string_new(NULL);
    json_t *allowed = NULL, *value = NULL;
    Db *db = NULL;
    if (!request_reader(request, &db, NULL) || !review_list(db, row->id, &approvals, NULL))
        return; /* it only explains */
    allowed = plan_allowed_actions(request, row, approvals);
    const char *action = NULL;
    json_object_foreach(allowed, action, value) if (json_get_bool(value, "allowed", false))
        g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", action);
    request_explain(request, "allowed_actions", allowed);
    if (list->len > 0)
        request_explain(
            request, "hint",
            json_sprintf("what you may do now: %s ('honk status NAME' says more)", list->str));
}

static bool yes_look(Command *command, Db *db, GError **error);

static bool
ask_plan(Request *request, const PlanRow *row, CommandKind kind, json_t *args, AskWriteFn *write,
         void *data, GDestroyNotify data_free, GError **error)
{
    if (plan_state_is_terminal(row->state)) {
        json_decref(args);
        if (data_free != NULL)
            data_free(data);
        explain_allowed(request, row);
        g_autofree char *state = plan_state_words(row->state);
        return fail(error, ERR_WRONG_STATE, "'%s' is %s, which is an end: plan it again",
                    row->migration, state);
    }
    Command *command = request_command(request, kind);
    command->plan = g_strdup(row->id);
    command->args = args;
    command->look = kind == COMMAND_APPROVE    ? yes_look
                    : kind == COMMAND_ROLLBACK ? standing_look
                                               : NULL;
    if (request_ask(request, command, write, data, data_free, NULL, error))
        return true;
    if (error == NULL || *error == NULL || error_is(*error, ERR_WRONG_STATE))
        explain_allowed(request, row);
    return false;
}

/* ----- acts that need nothing but a state ----- */

static const struct {
    const char *word; /* the path's last */
    CommandKind kind;
} acts[] = {
    {"reject", COMMAND_REJECT}, {"pause", COMMAND_PAUSE},   {"resume", COMMAND_RESUME},
    {"cancel", COMMAND_CANCEL}, {"halt", COMMAND_HALT},     {"hold", COMMAND_HOLD},
    {"go-on", COMMAND_GO_ON},   {"retire", COMMAND_RETIRE}, {"accept-mixed", COMMAND_ACCEPT_MIXED},
};

bool
handle_act(Request *request, GError **error)
{
    const char *word = strrchr(request->route->path, '/') + 1;
    g_auto(PlanRow) row = {0};

    if (!plan_row_find(request, request->params[0], &row, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(acts); i++) {
        if (strcmp(acts[i].word, word) == 0)
            return ask_plan(request, &row, acts[i].kind, NULL, NULL, NULL, NULL, error);
    }
    g_assert_not_reached();
}

bool
handle_rollback(Request *request, GError **error)
{
    g_auto(PlanRow) row = {0};
    bool give_up_rows = json_get_bool(request->json, "give_up_rows", false);
    json_t *scope = json_object_get(request->json, "scope");
    return plan_row_find(request, request->params[0], &row, error) &&
           ask_plan(request, &row, COMMAND_ROLLBACK,
                    json_pack("{s:b, s:O?}", "give_up_rows", give_up_rows, "scope", scope), NULL,
                    NULL, NULL, error);
}

/* What the body says, beside its reason. The rest stays as it is. */
bool
handle_throttle(Request *request, GError **error)
{
    g_auto(PlanRow) row = {0};
    if (!plan_row_find(request, request->params[0], &row, error))
        return false;
    if (!config_check_throttle(request->server->config, request->json, error))
        return false;
    json_t *changes = request->json != NULL ? json_copy(request->json) : json_object();
    json_object_del(changes, "reason");
    return ask_plan(request, &row, COMMAND_THROTTLE, json_pack("{s:o}", "throttle", changes), NULL,
                    NULL, NULL, error);
}

bool
handle_pace(Request *request, GError **error)
{
    g_auto(PlanRow) row = {0};
    if (!plan_row_find(request, request->params[0], &row, error))
        return false;
    json_t *changes = request->json != NULL ? json_copy(request->json) : json_object();
    json_object_del(changes, "reason");
    return ask_plan(request, &row, COMMAND_PACE, json_pack("{s:o}", "pace", changes), NULL, NULL,
                    NULL, error);
}

/* ----- guards ----- */

static bool
fail_drift(Request *request, json_t *differences, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < json_array_size(differences); i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "; " : "",
                               json_string_value(json_array_get(differences, i)));
    request_explain(request, "differences", json_incref(differences));
    request_explain(
        request, "hint",
        json_string("plan it again (honk apply, or honk plan --again), read the plan, approve it"));
    return fail(error, ERR_DRIFT, "the plan is stale: %s", text->str);
}

/* A plan whose guards changed becomes stale, here and now. `ret_now`: the request made anew; may be NULL, and stay so. */
static bool
check_guards(Request *request, const PlanRow *row, json_t **ret_now, GError **error)
{
    g_autoptr(json_t) differences = NULL;

    if (row->state != PLAN_PLANNED && row->state != PLAN_APPROVED)
        return true; /* the engine will say that it cannot be done from here */
    PlanningRoom room;
    if (!planning_room(request, &room, error) ||
        !planning_differences(&room, row, &differences, ret_now, error))
        return false;
    if (json_array_size(differences) == 0)
        return true;
    return plan_go_stale(request, row, differences, error) &&
           fail_drift(request, differences, error);
}

bool
plan_go_stale(Request *request, const PlanRow *row, json_t *differences, GError **error)
{
    const char *key = request->idempotency_key;
    json_t *ignored = NULL;
    Command *command = command_new(COMMAND_STALE, "honk");
    command->plan = g_strdup(row->id);
    command->args = json_pack("{s:O}", "differences", differences);
    request->idempotency_key = NULL; /* this is not the answer to what was asked */
    bool is_stale = request_ask(request, command, NULL, NULL, NULL, &ignored, error);
    request->idempotency_key = key;
    if (!is_stale)
        return false;
    json_decref(ignored);
    return true;
}

/* ----- approving ----- */

typedef struct {
    const PolicyConfig *policy;
    Approval approval;
    char *actor, *plan, *author, *digest;
} Yes;

static void
yes_free(void *data)
{
    Yes *yes = data;
    g_free(yes->actor);
    g_free(yes->plan);
    g_free(yes->author);
    g_free(yes->digest);
    g_free(yes);
}

static Yes *
yes_new(const Request *request, const PlanRow *row)
{
    Yes *yes = g_new0(Yes, 1);
    yes->policy = &request->server->config->policy;
    yes->actor = g_strdup(request->who.name);
    yes->plan = g_strdup(row->id);
    yes->author = g_strdup(row->author);
    yes->digest = g_strdup(row->digest);
    yes->approval = (Approval){
        .actor = yes->actor,
        .is_approver = identity_has(&request->who, ROLE_APPROVER),
        .plan = yes->plan,
        .author = yes->author,
        .digest = yes->digest,
    };
    return yes;
}

/* Counted where it is decided: two who say yes at once are two. */
static bool
yes_look(Command *command, Db *db, GError **error)
{
    const Yes *yes = request_ask_data(command);
    bool is_reached = false;
    if (!review_quorum(db, yes->policy, &yes->approval, &is_reached, error))
        return false;
    json_set_bool(command->args, "quorum_reached", is_reached);
    return true;
}

static bool
yes_write(Command *command, Db *db, void *data, GError **error)
{
    const Yes *yes = data;
    return review_record(db, yes->policy, &yes->approval, command->reason, clock_wall_ms(), error);
}

bool
handle_approve(Request *request, GError **error)
{
    const Config *config = request->server->config;
    g_auto(PlanRow) row = {0};

    if (!plan_row_find(request, request->params[0], &row, error))
        return false;
    g_autofree char *said = g_ascii_strdown(json_get_string(request->json, "digest", ""), -1);
    Yes *yes = yes_new(request, &row);
    yes->approval.digest_said = said;
    if (!review_may_approve(&config->policy, config->roles, &yes->approval, error) ||
        !check_guards(request, &row, NULL, error)) {
        yes_free(yes);
        return false;
    }
    yes->approval.digest_said = NULL; /* `said` does not outlive the call */
    return ask_plan(request, &row, COMMAND_APPROVE, json_pack("{s:s}", "digest", row.digest),
                    yes_write, yes, yes_free, error);
}

static bool
no_write(Command *command, Db *db, void *data, GError **error)
{
    const Yes *yes = data;
    return review_withdraw(db, command->plan, yes->actor, clock_wall_ms(), error);
}

bool
handle_withdraw(Request *request, GError **error)
{
    g_auto(PlanRow) row = {0};
    return plan_row_find(request, request->params[0], &row, error) &&
           ask_plan(request, &row, COMMAND_WITHDRAW, NULL, no_write, yes_new(request, &row),
                    yes_free, error);
}

/* ----- starting ----- */

bool
check_freezes(Request *request, GError **error)
{
    const json_t *freezes = request->server->config->policy.freezes;
    int64_t now_ms = clock_wall_ms();

    for (size_t i = 0; i < json_array_size(freezes); i++) {
        const json_t *freeze = json_array_get(freezes, i);
        int64_t to_ms = json_get_int(freeze, "to_ms", 0);
        if (now_ms < json_get_int(freeze, "from_ms", INT64_MAX) || now_ms >= to_ms)
            continue;
        g_autofree char *until = clock_text(to_ms);
        return fail(error, ERR_WRONG_STATE, "nothing is started until %s: %s", until,
                    json_get_string(freeze, "why", "honk.yaml has a freeze"));
    }
    return true;
}

static bool
approval_counts(const json_t *approval, const PlanRow *row)
{
    return json_get_int(approval, "withdrawn_at_ms", 0) == 0 &&
           g_strcmp0(json_get_string(approval, "digest", NULL), row->digest) == 0;
}

bool
plan_put_request(const PlanningRoom *room, const PlanRow *row, json_t *now, char **ret_digest,
                 GError **error)
{
    g_autoptr(json_t) approvals = NULL;
    json_t *names, *approval;
    size_t i;

    if (!review_list(room->db, row->id, &approvals, error))
        return false;
    names = json_array();
    json_array_foreach(approvals, i, approval) if (approval_counts(approval, row))
        json_array_append(names, json_object_get(approval, "actor"));
    json_object_set_new(now, "approved_by", names);
    return blobs_put_json(room->blobs, now, ret_digest, error);
}

static bool
put_request(Request *request, const PlanRow *row, json_t *now, json_t **ret_args, GError **error)
{
    g_autofree char *digest = NULL;
    PlanningRoom room;
    if (!planning_room(request, &room, error) || !plan_put_request(&room, row, now, &digest, error))
        return false;
    *ret_args = json_pack("{s:s}", "request", digest);
    return true;
}

bool
handle_start(Request *request, GError **error)
{
    g_auto(PlanRow) row = {0};
    g_autoptr(json_t) now = NULL;
    json_t *args = NULL;
    if (!plan_row_find(request, request->params[0], &row, error) ||
        !check_freezes(request, error) || !check_guards(request, &row, &now, error) ||
        (now != NULL && !put_request(request, &row, now, &args, error)))
        return false;
    return ask_plan(request, &row, COMMAND_START, args, NULL, NULL, NULL, error);
}
