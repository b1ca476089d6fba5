/*
 * rollout_view.c - a rollout as a screen needs it: state and reason, since when, what would move it and who may, its
 * revisions, and what has been seen so far.
 */
#include "base/clock.h"
#include "server/rollouts.h"
#include "server/routes.h"

#include <string.h>

/* ----- what would move it ----- */

static const struct {
    const char *state;
    Role role; /* who moves it; ROLE_WORKER: nobody needs to */
    const char *text;
} moves[] = {
    {"pending", ROLE_WORKER, "waits for its turn: its plan, its wave, its service to be free"},
    {"admitted", ROLE_WORKER, "a worker writes down how everything is, and begins"},
    {"preparing", ROLE_WORKER, "a worker lays out the new revision"},
    {"stepping", ROLE_WORKER, "the new instances must answer for long enough"},
    {"analysing", ROLE_WORKER, "the bake time must pass, and its checks"},
    {"paused", ROLE_OPERATOR, "waits until somebody promotes or resumes it, or rolls it back"},
    {"promoting", ROLE_WORKER, "the other instances follow"},
    {"soaking", ROLE_WORKER, "the soak time must pass, and its checks"},
    {"healthy", ROLE_OPERATOR, "is done; it can be rolled back for now"},
    {"aborting", ROLE_WORKER, "the old revision gets its traffic and its instances back"},
    {"frozen", ROLE_OPERATOR, "waits until somebody promotes it, or rolls it back"},
    {"degraded", ROLE_OPERATOR, "the way back does not succeed: somebody must look"},
};

/* Because its plan does; it is still looked at, and may go back. */
static bool
is_held(const RolloutRow *row)
{
    return strcmp(row->state, "paused") == 0 &&
           strcmp(json_get_string(row->memory, "code", ""), "held") == 0;
}

static json_t *
next_json(const Request *request, const RolloutRow *row)
{
    if (is_held(row)) {
        g_autofree char *text =
            g_strdup_printf("goes on with its plan: resume '%s', or roll back", row->plan);
        return identity_next(request->server->config->roles, text, ROLE_OPERATOR);
    }
    if (row->is_of_migration && strcmp(row->state, "healthy") == 0)
        return identity_next(request->server->config->roles,
                             "is done; it goes back with its migration", ROLE_OPERATOR);
    for (size_t i = 0; i < G_N_ELEMENTS(moves); i++) {
        if (strcmp(moves[i].state, row->state) != 0)
            continue;
        json_t *next = identity_next(request->server->config->roles, moves[i].text, moves[i].role);
        if (row->wake_ms > 0)
            json_set_int(next, "at_ms", row->wake_ms);
        return next;
    }
    return json_null();
}

/* ----- what one may do ----- */

bool
rollout_is_over(const RolloutRow *row)
{
    static const char *const over[] = {"rolled_back", "skipped", "superseded", NULL};
    return g_strv_contains(over, row->state);
}

static bool
memory_allows(const RolloutRow *row, const char *word)
{
    return json_holds(json_object_get(row->memory, "allowed_actions"), word);
}

/* Words reach it only while a worker may come for it; while its plan stands still, only the word back counts. */
static bool
is_heard(const RolloutRow *row, const char *word)
{
    static const unsigned still = 1u << PLAN_PAUSED | 1u << PLAN_HALTED | 1u << PLAN_PREFLIGHT;
    return row->plan_state == PLAN_RUNNING ||
           ((still & 1u << row->plan_state) != 0 && strcmp(word, "rollback") == 0);
}

static char *
signal_refusal(const RolloutRow *row, const char *word)
{
    const char *of_what = row->is_of_migration ? "its migration" : "its plan";
    if (row->task == NULL)
        return g_strdup_printf("it has not begun: %s is '%s'", of_what, row->plan_state_name);
    if (row->is_reverse || !is_heard(row, word))
        return g_strdup_printf("%s is '%s': speak to '%s'", of_what, row->plan_state_name,
                               row->plan);
    return memory_allows(row, word) ? NULL : g_strdup_printf("not from '%s'", row->state);
}

/* One service of a migration goes back alone only while nothing stands on it. */
static char *
part_rollback_refusal(const RolloutRow *row)
{
    static const unsigned back = 1u << PLAN_ROLLING_BACK | 1u << PLAN_NEEDS_OPERATOR;
    bool is_done = g_strcmp0(row->status, "done") == 0;
    if ((back & 1u << row->plan_state) != 0)
        return NULL; /* asking twice is asking once */
    if (is_done)
        return g_strdup_printf("its service reads the migrated dataset now, which stands on this "
                               "rollout: roll back '%s'",
                               row->plan);
    return signal_refusal(row, "rollback");
}

static char *
own_rollback_refusal(const RolloutRow *row)
{
    bool window_open = row->window_until_ms == 0 || row->window_until_ms > clock_wall_ms();
    g_autoptr(json_t) allowed =
        plan_allowed(row->plan_state, row->plan_has_effects, false, window_open, false, false);
    const json_t *rollback = json_object_get(allowed, "rollback");
    if (row->plan_state == PLAN_ROLLING_BACK || json_is_true(rollback) ||
        json_is_true(json_object_get(allowed, "cancel")))
        return NULL;
    return g_strdup(json_is_string(rollback) ? json_string_value(rollback) : "not now");
}

bool
rollout_has_given_up(const RolloutRow *row)
{
    return g_strcmp0(row->status, "failed") == 0;
}

const char *
rollout_deed(const char *word)
{
    static const struct {
        const char *word, *deed;
    } deeds[] = {
        {"rollback", "roll back"}, {"promote_full", "fully promote"}, {"retry", "try again"}};
    for (size_t i = 0; i < G_N_ELEMENTS(deeds); i++)
        if (strcmp(deeds[i].word, word) == 0)
            return deeds[i].deed;
    return word;
}

/* Who tries what failed again, begins anew or goes on with the way back, once its plan does. */
static char *
retry_refusal(const RolloutRow *row)
{
    if (!rollout_has_given_up(row))
        return rollout_is_over(row) ? g_strdup_printf("it is over: '%s'", row->state)
                                    : signal_refusal(row, "retry");
    g_autofree char *state = plan_state_words(row->plan_state);
    return plan_state_is_terminal(row->plan_state) ? g_strdup_printf("its plan is %s", state)
                                                   : NULL;
}

char *
rollout_refusal(const RolloutRow *row, const char *word)
{
    if (strcmp(word, "retry") == 0)
        return retry_refusal(row);
    if (rollout_is_over(row))
        return g_strdup_printf("it is over: '%s'", row->state);
    if (strcmp(word, "rollback") != 0)
        return signal_refusal(row, word);
    return row->is_of_migration ? part_rollback_refusal(row) : own_rollback_refusal(row);
}

json_t *
rollout_allowed_actions(const Request *request, const RolloutRow *row)
{
    static const char *const words[] = {"promote", "promote_full", "pause",
                                        "resume",  "retry",        "rollback"};
    json_t *answer = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *deed = g_strdup_printf("%s a rollout", rollout_deed(words[i]));
        g_autofree char *why = rollout_refusal(row, words[i]);
        if (why != NULL)
            json_object_set_new(answer, words[i],
                                json_pack("{s:b, s:s}", "allowed", false, "why", why));
        else if (!identity_need(&request->who, ROLE_OPERATOR, deed, request->server->config->roles,
                                &error))
            json_object_set_new(answer, words[i],
                                json_pack("{s:b, s:s, s:s}", "allowed", false, "why",
                                          error->message, "needs", role_name(ROLE_OPERATOR)));
        else
            json_object_set_new(answer, words[i], json_pack("{s:b}", "allowed", true));
    }
    return answer;
}

/* ----- the views ----- */

static void
copy_member(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);
    if (value != NULL && !json_is_null(value))
        json_object_set(to, key, value);
}

/* Before there is a task for it: its wave, or what its plan waits for. */
static char *
why_pending(const RolloutRow *row)
{
    if (row->plan_state == PLAN_RUNNING)
        return g_strdup_printf("waits for its turn, in wave %d",
                               (int) json_get_int(row->entry, "wave", 1));
    g_autofree char *state = plan_state_words(row->plan_state);
    return g_strdup_printf("its plan is %s: %s", state,
                           row->why != NULL ? row->why : "it has not begun");
}

/* Of the state, not of the last poll. */
static void
set_state(json_t *json, const RolloutRow *row)
{
    bool is_told = g_strcmp0(json_get_string(row->memory, "state", NULL), row->state) == 0;
    json_set_string(json, "state", row->state);
    json_set_int(json, "since_ms",
                 is_told ? json_get_int(row->memory, "since_ms", row->since_ms) : row->since_ms);
    g_autofree char *waits = row->task == NULL ? why_pending(row) : NULL;
    const char *why = waits != NULL ? waits : row->why;
    json_set_string(json, "why", is_told ? json_get_string(row->memory, "why", why) : why);
}

json_t *
rollout_row_json(const RolloutRow *row)
{
    static const char *const told[] = {"target", "group", "wave"};
    const json_t *spec = json_object_get(row->entry, "rollout");
    json_t *json = json_object();
    json_set_string(json, "rollout_id", row->id);
    json_set_string(json, "service", row->service);
    set_state(json, row);
    json_set_string(json, "plan", row->plan);
    if (row->is_of_migration) {
        json_set_string(json, "migration_id", row->plan);
        json_set_string(json, "migration", row->migration);
    }
    json_set_string(json, "task", row->task);
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++)
        copy_member(json, row->entry, told[i]);
    json_set_string(json, "rollout_strategy", json_get_string(spec, "strategy", NULL));
    copy_member(json, spec, "max_instances");
    json_object_set_new(json, "revision",
                        json_pack("{s:O?, s:O?}", "from", json_object_get(row->entry, "from"), "to",
                                  json_object_get(row->entry, "to")));
    json_set_int(json, "created_at_ms", row->created_ms);
    if (row->started_ms > 0)
        json_set_int(json, "started_at_ms", row->started_ms);
    if (row->ended_ms > 0)
        json_set_int(json, "ended_at_ms", row->ended_ms);
    return json;
}

json_t *
rollout_view(const Request *request, const RolloutRow *row)
{
    json_t *view = rollout_row_json(row);
    json_t *progress = json_copy(row->memory);
    json_t *events = json_object_get(row->memory, "history");
    json_object_del(progress, "history");
    json_object_del(progress, "allowed_actions");
    json_object_set_new(view, "next", next_json(request, row));
    json_object_set_new(view, "allowed_actions", rollout_allowed_actions(request, row));
    json_object_set_new(view, "progress", progress);
    json_object_set_new(view, "events", json_is_array(events) ? json_incref(events) : json_array());
    json_set_string(view, "actor", row->actor);
    return view;
}
