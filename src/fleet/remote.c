/* remote.c - following a rollout that another Fleet Management does. */
#include "fleet/remote_turn.h"

#include <string.h>

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000
#define POLL_MS_MAX 10000 /* people wait for it */

/* ---- what is remembered, and shown ---- */

static void
show(RemoteTurn *turn, const char *state, const char *why)
{
    const char *before = json_get_string(turn->memory, "state", "");
    if (strcmp(before, state) != 0)
        json_set_int(turn->memory, "since_ms", turn->errand->now_ms);
    json_set_string(turn->memory, "state", state);
    json_set_string(turn->memory, "why", why);
}

static int64_t
poll_ms(const RemoteTurn *turn)
{
    return CLAMP(json_get_int(turn->errand->spec, "interval_ms", 1000), REMOTE_POLL_MS_MIN,
                 POLL_MS_MAX);
}

void
remote_look_again(RemoteTurn *turn, int64_t wait_ms)
{
    turn->news->look_ms = turn->errand->now_ms + wait_ms;
}

static void
is_over(RemoteTurn *turn)
{
    turn->news->is_over = true;
}

/* It did not answer, or said "not now": later and later, unless it said when. */
static void
wait_for_it(RemoteTurn *turn, const RemoteAnswer *answer)
{
    const char *name = turn->fleet->where->name;
    int64_t tries = json_get_int(turn->remote, "tries", 0);
    int64_t wait_ms = BACKOFF_FIRST_MS << MIN(tries, 6);
    bool has_come = answer->status != 0;
    g_autofree char *why = has_come
                               ? g_strdup_printf("'%s' says: %s", name, answer->why)
                               : g_strdup_printf("'%s' does not answer: %s", name, answer->why);
    json_set_int(turn->remote, "tries", answer->kind == REMOTE_FULL ? 0 : tries + 1);
    show(turn, json_get_string(turn->memory, "state", "pending"), why);
    remote_look_again(turn, answer->wait_ms > 0 ? answer->wait_ms : MIN(wait_ms, BACKOFF_MAX_MS));
}

static bool
refused(RemoteTurn *turn, const RemoteAnswer *answer, const char *what, GError **error)
{
    ErrorCode code = answer->code != NULL ? error_code_from_wire(answer->code) : ERR_INVALID;
    return fail(error, code, "'%s' refuses to %s '%s': %s", turn->fleet->where->name, what,
                turn->fleet->service->name, answer->why);
}

/* Words that the other side takes from us now. */
static json_t *
words_of(const json_t *allowed)
{
    json_t *words = json_array(), *entry;
    const char *word;
    json_object_foreach((json_t *) allowed, word, entry) if (json_get_bool(entry, "allowed", false))
        json_array_append_new(words, json_string(word));
    return words;
}

/* Our people see what they would see there. */
static void
mirror(RemoteTurn *turn, const json_t *view)
{
    json_object_update(turn->memory, json_object_get(view, "progress"));
    json_object_set_new(turn->memory, "allowed_actions",
                        words_of(json_object_get(view, "allowed_actions")));
    json_object_set(turn->memory, "history", json_object_get(view, "events"));
    json_object_set(turn->memory, "remote", turn->remote);
    json_set_int(turn->memory, "since_ms", json_get_int(view, "since_ms", turn->errand->now_ms));
    json_set_string(turn->memory, "state", json_get_string(view, "state", "pending"));
    json_set_string(turn->memory, "why", json_get_string(view, "why", ""));
    json_set_int(turn->remote, "tries", 0);
}

/* ---- asking ---- */

/* The same for as long as it is the same errand. Tried again by a person, it is another one. */
static char *
key_of(const RemoteTurn *turn, const char *what)
{
    return g_strdup_printf("honk-%s-%d-%s", turn->errand->task,
                           (int) json_get_int(turn->remote, "round", 0), what);
}

static void
post_rollout(RemoteTurn *turn, const json_t *revision, const char *what, RemoteAnswer *ret)
{
    const json_t *spec = turn->errand->spec;
    g_autoptr(json_t) body = json_object();
    g_autofree char *key = key_of(turn, what);
    g_autofree char *reason = g_strdup_printf("task %s of another Honk", turn->errand->task);
    json_set_string(body, "service", turn->fleet->service->name);
    json_set_string(body, "rollout_strategy", json_get_string(spec, "strategy", NULL));
    json_set_string(body, "reason", reason);
    if (json_object_get(spec, "max_instances") != NULL)
        json_object_set(body, "max_instances", json_object_get(spec, "max_instances"));
    if (revision != NULL)
        json_object_set(body, "revision", (json_t *) revision);
    remote_ask(turn->client, "POST", "/rollouts", body, key, ret);
}

static void
get_rollout(RemoteTurn *turn, const char *id, RemoteAnswer *ret)
{
    g_autofree char *escaped = g_uri_escape_string(id, NULL, TRUE);
    g_autofree char *path = g_strdup_printf("/rollouts/%s", escaped);
    remote_ask(turn->client, "GET", path, NULL, NULL, ret);
}

void
remote_say(RemoteTurn *turn, const char *id, const char *word, const char *reason, const char *what,
           RemoteAnswer *ret)
{
    g_autofree char *escaped = g_uri_escape_string(id, NULL, TRUE);
    bool is_full = strcmp(word, "promote_full") == 0;
    g_autofree char *path = g_strdup_printf("/rollouts/%s/%s", escaped, is_full ? "promote" : word);
    g_autofree char *key = key_of(turn, what);
    g_autoptr(json_t) body = json_object();
    json_set_string(body, "reason", reason);
    if (is_full)
        json_set_bool(body, "full", true);
    remote_ask(turn->client, "POST", path, body, key, ret);
}

/* ---- the way there ---- */

/* Somebody else has the service there: its turn comes. */
static bool
is_busy(const RemoteAnswer *answer)
{
    return answer->status == 409 && g_strcmp0(answer->code, "wrong_state") == 0;
}

static bool
begin(RemoteTurn *turn, GError **error)
{
    g_auto(RemoteAnswer) answer = {0};
    post_rollout(turn, turn->errand->to, "go", &answer);
    if (answer.kind == REMOTE_OK) {
        json_set_string(turn->remote, "id", json_get_string(answer.json, "rollout_id", ""));
        json_set_int(turn->remote, "tries", 0);
        show(turn, json_get_string(answer.json, "state", "pending"), "it was asked for");
        remote_look_again(turn, REMOTE_POLL_MS_MIN);
        return true;
    }
    if (answer.kind == REMOTE_REFUSED && !is_busy(&answer))
        return refused(turn, &answer, "roll out", error);
    show(turn, "pending", answer.why);
    wait_for_it(turn, &answer);
    return true;
}

static bool
is_end(const char *state)
{
    static const char *const ends[] = {"healthy", "skipped", "rolled_back", "superseded", NULL};
    return g_strv_contains(ends, state);
}

/* A person tries again what ended there. */
static void
begin_anew(RemoteTurn *turn)
{
    if (json_object_get(turn->remote, "id") == NULL ||
        !is_end(json_get_string(turn->memory, "state", "")))
        return;
    json_object_del(turn->remote, "id");
    json_set_int(turn->remote, "round", json_get_int(turn->remote, "round", 0) + 1);
    show(turn, "pending", "tried again");
}

static bool
follow_there(RemoteTurn *turn, GError **error)
{
    begin_anew(turn);
    const char *id = json_get_string(turn->remote, "id", NULL);
    g_auto(RemoteAnswer) answer = {0};
    if (id == NULL && turn->errand->is_held) {
        show(turn, "pending", "its plan stands still");
        return true;
    }
    if (id == NULL)
        return begin(turn, error);
    remote_pass_on(turn, id);
    get_rollout(turn, id, &answer);
    if (answer.kind == REMOTE_REFUSED)
        return refused(turn, &answer, "tell about", error);
    if (answer.kind != REMOTE_OK) {
        wait_for_it(turn, &answer);
        return true;
    }
    mirror(turn, answer.json);
    remote_look_again(turn, poll_ms(turn));
    const char *state = json_get_string(turn->memory, "state", "");
    if (!is_end(state)) {
        remote_stand_still(turn, id);
        return true;
    }
    /* What was called off before there was a task for it was never begun. */
    if (strcmp(state, "skipped") == 0 && json_object_get(answer.json, "task") == NULL)
        json_set_string(turn->memory, "state", "rolled_back");
    is_over(turn);
    return true;
}

/* ---- the way back ---- */

static void
went_back(RemoteTurn *turn, const char *why)
{
    show(turn, "rolled_back", why);
    is_over(turn);
}

/* Somebody may have asked for it and died before telling: the same key finds it. Where it is not known, and is not taken
 * now, it never was. */
static bool
find_it(RemoteTurn *turn, GError **error)
{
    g_auto(RemoteAnswer) answer = {0};
    post_rollout(turn, turn->errand->to, "go", &answer);
    if (answer.kind == REMOTE_OK) {
        json_set_string(turn->remote, "id", json_get_string(answer.json, "rollout_id", ""));
        remote_look_again(turn, 0);
    } else if (answer.kind == REMOTE_LATER) {
        wait_for_it(turn, &answer);
    } else {
        went_back(turn, "it was never asked for there");
    }
    return true;
}

/* The other side's own way back is over: the old revision is a rollout like any other. */
static bool
begin_back(RemoteTurn *turn, const RemoteAnswer *why, GError **error)
{
    g_auto(RemoteAnswer) answer = {0};
    if (turn->errand->from == NULL)
        return refused(turn, why, "roll back", error);
    post_rollout(turn, turn->errand->from, "back", &answer);
    if (answer.kind == REMOTE_REFUSED && !is_busy(&answer))
        return refused(turn, &answer, "roll out the old revision of", error);
    if (answer.kind != REMOTE_OK) {
        wait_for_it(turn, &answer);
        return true;
    }
    json_set_string(turn->remote, "back_id", json_get_string(answer.json, "rollout_id", ""));
    show(turn, "aborting", "the old revision is rolled out");
    remote_look_again(turn, REMOTE_POLL_MS_MIN);
    return true;
}

static bool
ask_back(RemoteTurn *turn, const char *id, GError **error)
{
    g_auto(RemoteAnswer) answer = {0};
    remote_say(turn, id, "rollback", "its plan is rolled back", "rollback", &answer);
    if (answer.kind == REMOTE_REFUSED)
        return begin_back(turn, &answer, error);
    if (answer.kind != REMOTE_OK) {
        wait_for_it(turn, &answer);
        return true;
    }
    json_set_bool(turn->remote, "is_back_asked", true);
    show(turn, "aborting", "it is on its way back");
    remote_look_again(turn, REMOTE_POLL_MS_MIN);
    return true;
}

/* Of a rollout to the old revision: healthy is back. */
static bool
back_follows(RemoteTurn *turn, const json_t *view, bool is_forth, GError **error)
{
    const char *state = json_get_string(view, "state", "");
    const char *why = json_get_string(view, "why", "");
    mirror(turn, view);
    remote_look_again(turn, poll_ms(turn));
    bool is_back = is_forth ? strcmp(state, "healthy") == 0 || strcmp(state, "skipped") == 0
                            : strcmp(state, "rolled_back") == 0 || strcmp(state, "skipped") == 0;
    if (is_back)
        went_back(turn, why);
    else if (is_forth && is_end(state))
        return fail(error, ERR_MISMATCH, "'%s' could not roll out the old revision of '%s': %s",
                    turn->fleet->where->name, turn->fleet->service->name, why);
    else if (strcmp(state, "degraded") != 0)
        json_set_string(turn->memory, "state", "aborting");
    return true;
}

static bool
follow_back(RemoteTurn *turn, GError **error)
{
    const char *id = json_get_string(turn->remote, "id", NULL);
    const char *back_id = json_get_string(turn->remote, "back_id", NULL);
    bool is_asked = json_get_bool(turn->remote, "is_back_asked", false);
    g_auto(RemoteAnswer) answer = {0};
    if (id == NULL)
        return find_it(turn, error);
    get_rollout(turn, back_id != NULL ? back_id : id, &answer);
    if (answer.kind == REMOTE_REFUSED)
        return refused(turn, &answer, "tell about", error);
    if (answer.kind != REMOTE_OK) {
        wait_for_it(turn, &answer);
        return true;
    }
    const char *state = json_get_string(answer.json, "state", "");
    bool is_there = strcmp(state, "rolled_back") == 0 || strcmp(state, "skipped") == 0;
    if (back_id == NULL && !is_asked && !is_there)
        return ask_back(turn, id, error);
    return back_follows(turn, answer.json, back_id != NULL, error);
}

/* ---- the target ---- */

static bool
remote_follow(const Fleet *fleet, const FleetErrand *errand, FleetNews *ret, GError **error)
{
    g_autoptr(HttpClient) client = NULL;
    if (!remote_open(fleet->where, &client, error))
        return false;
    RemoteTurn turn = {.fleet = fleet, .errand = errand, .client = client, .news = ret};
    turn.memory = errand->checkpoint != NULL ? json_deep_copy(errand->checkpoint) : json_object();
    turn.remote = json_object_get(turn.memory, "remote");
    if (turn.remote == NULL) {
        turn.remote = json_object();
        json_object_set_new(turn.memory, "remote", turn.remote);
    }
    remote_look_again(&turn, poll_ms(&turn));
    bool ok = errand->is_back ? follow_back(&turn, error) : follow_there(&turn, error);
    ret->checkpoint = turn.memory;
    if (!ok)
        fleet_news_clear(ret);
    return ok;
}

/* What it runs as far as the newest rollout there tells; nobody else counts its instances. */
static bool
remote_describe(const Fleet *fleet, json_t **ret, GError **error)
{
    g_autoptr(HttpClient) client = NULL;
    g_autofree char *service = g_uri_escape_string(fleet->service->name, NULL, TRUE);
    g_autofree char *path = g_strdup_printf("/rollouts?service=%s&state=healthy&limit=1", service);
    g_auto(RemoteAnswer) answer = {0};
    if (!remote_open(fleet->where, &client, error))
        return false;
    remote_ask(client, "GET", path, NULL, NULL, &answer);
    if (answer.kind != REMOTE_OK)
        return fail(error, answer.kind == REMOTE_REFUSED ? ERR_INVALID : ERR_UNREACHABLE,
                    "target '%s' does not tell what '%s' runs: %s", fleet->where->name,
                    fleet->service->name, answer.why);
    const json_t *newest = json_array_get(json_object_get(answer.json, "items"), 0);
    const json_t *revision = json_at(newest, "revision.to");
    json_t *template = NULL;
    if (json_is_object(revision) &&
        !template_make(revision, fleet->service->instances, &template, error))
        return false;
    *ret = json_pack("{s:o, s:n, s:[]}", "template", template != NULL ? template : json_null(),
                     "claim", "instances");
    return true;
}

const FleetTarget target_remote = {
    .name = "remote",
    .summary = "another Fleet Management rolls it out, over HTTP",
    .check = remote_check,
    .describe = remote_describe,
    .follow = remote_follow,
};
