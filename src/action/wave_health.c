/*
 * wave_health.c - see wave_health.h.
 *
 * The wave has been merged when the step's task is asked for more. From then on it soaks, as long as the pace says; where nothing
 * is to soak, nobody looks. What people took back is remembered, so that it is counted however the branch looks later.
 */
#include "action/wave_health.h"

#include "action/proposal.h"
#include "action/waves.h"
#include "base/clock.h"
#include "model/change_key.h"
#include "model/pace.h"
#include "planner/changes.h"

#include <string.h>

#define NAMES_MAX 5           /* of a sentence */
#define LOOK_MS_DEFAULT 60000 /* where a repository does not say how often it is looked at */

typedef struct {
    const StepCall *call;
    StepEnv *env;
    json_t *reverted; /* keys of changes, also of waves before */
    GPtrArray *red;   /* char *; NULL: nobody asks what builds */
    size_t looked, running, unknown;
    int64_t poll_ms;
} Health;

/* ---- one repository ---- */

/* What its default branch builds to, where the host says so. */
static bool
look_at_builds(Health *health, Proposal *proposal, GError **error)
{
    Pull head = {.state = PULL_OPEN, .head = proposal->head};
    ChecksState checks = CHECKS_NONE;
    if (proposal->forge == NULL || health->red == NULL)
        return true;
    if (!forge_checks(proposal->forge, &head, &checks, error))
        return false;
    health->running += checks == CHECKS_RUNNING;
    if (checks == CHECKS_FAILED)
        g_ptr_array_add(health->red, g_strdup(proposal->place.repository->address));
    return true;
}

/* What is merged may also have been worked into something else. Taken back is what names the old dataset again. */
static bool
is_taken_back(const Proposal *proposal, bool *ret, GError **error)
{
    const CodePlace *place = &proposal->place;
    g_autoptr(Look) look = NULL;
    *ret = false;
    if (proposal->pull.state != PULL_MERGED || proposal->is_landed || proposal->local.ours == NULL)
        return true;
    if (!look_at(place->repository, place->rules, proposal->head, NULL, NULL, &look, error))
        return false;
    *ret = look->files_edited > 0 || look->count[DISPOSITION_NEEDS_PERSON] > 0;
    return true;
}

static bool
look_at_one(Health *health, const json_t *change, GError **error)
{
    const char *key = change_key(change);
    g_autoptr(json_t) params =
        json_pack("{s:s}", "consumer", json_get_string(change, "consumer", ""));
    Lease lease = *health->call->lease;
    lease.key = (char *) key;
    lease.params = params;
    lease.checkpoint = lease.evidence = NULL;
    StepCall call = {.lease = &lease, .plan = health->call->plan, .step = health->call->step};
    g_auto(Proposal) proposal = {0};
    if (!proposal_open(&call, health->env, &proposal, error))
        return false;
    health->poll_ms = MAX(health->poll_ms, proposal.config->poll_ms);
    bool is_back = false;
    if (!is_taken_back(&proposal, &is_back, error))
        return false;
    if (is_back && !json_holds(health->reverted, key))
        json_array_append_new(health->reverted, json_string(key));
    return look_at_builds(health, &proposal, error);
}

/* ---- the wave ---- */

static void
look_at_wave(Health *health, size_t first, size_t count)
{
    json_t *change;
    size_t i, place = 0;
    json_array_foreach(json_object_get(health->call->plan->json, "changes"), i, change)
    {
        g_autoptr(GError) error = NULL;
        if (!change_is_proposed(change) || place++ < first || place > count ||
            lease_is_left_change(health->call->lease, change))
            continue;
        health->looked++;
        if (!look_at_one(health, change, &error))
            health->unknown++;
        if (error_is(error, ERR_LIMIT))
            break; /* whoever has enough is not asked for the others */
    }
}

static void
add_names(GString *text, const char *what, size_t count, const char *(*name)(const void *, size_t),
          const void *from)
{
    if (count == 0)
        return;
    g_string_append_printf(text, "; %zu %s: ", count, what);
    for (size_t i = 0; i < count && i < NAMES_MAX; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", name(from, i));
    if (count > NAMES_MAX)
        g_string_append(text, " ...");
}

static const char *
name_in_list(const void *list, size_t i)
{
    return json_string_value(json_array_get(list, i));
}

static const char *
name_in_array(const void *array, size_t i)
{
    return ((const GPtrArray *) array)->pdata[i];
}

/* Caller frees. */
static char *
words_of(const Health *health)
{
    GString *text = g_string_new(NULL);
    add_names(text, "taken back by people", json_array_size(health->reverted), name_in_list,
              health->reverted);
    add_names(text, "merged into what does not build", health->red->len, name_in_array,
              health->red);
    if (health->running > 0)
        g_string_append(text, "; builds are running");
    if (health->unknown > 0)
        g_string_append(text, "; some hosts cannot be asked");
    return g_string_free(text, FALSE);
}

/* ---- waiting ---- */

/* {"wave": {"count", "since_ms"}, "reverted": […]} of the lease before, or of now for a new wave. Caller owns. */
static json_t *
memory_of(const StepCall *call, size_t count)
{
    const json_t *before = call->lease->checkpoint;
    json_t *memory = json_is_object(before) ? json_deep_copy(before) : json_object();
    if (json_get_int(json_object_get(memory, "wave"), "count", -1) != (int64_t) count)
        json_object_set_new(memory, "wave",
                            json_pack("{s:I, s:I}", "count", (json_int_t) count, "since_ms",
                                      (json_int_t) clock_wall_ms()));
    if (json_object_get(memory, "reverted") == NULL)
        json_object_set_new(memory, "reverted", json_array());
    return memory;
}

static void
wait_on(const Health *health, json_t *memory, int64_t until_ms, const char *words, Outcome *outcome)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(until_ms / 1000);
    g_autofree char *shown = g_date_time_format(time, "%Y-%m-%d %H:%M:%S UTC");
    int64_t poll_ms = health->poll_ms > 0 ? health->poll_ms : LOOK_MS_DEFAULT;
    int64_t now_ms = clock_wall_ms();
    outcome->kind = OUTCOME_WAIT;
    outcome->until_ms = until_ms > now_ms ? MIN(until_ms, now_ms + poll_ms) : now_ms + poll_ms;
    outcome->message = g_strdup_printf("slowed: the wave before soaks until %s%s", shown, words);
    outcome->checkpoint = json_incref(memory);
}

bool
wave_health(const StepCall *call, StepEnv *env, size_t first, size_t count, Outcome *outcome,
            bool *ret_goes_on, GError **error)
{
    int64_t soak_ms = json_get_int(call->lease->pace, "soak_ms", 0);
    *ret_goes_on = true;
    if (soak_ms == 0 || count == 0)
        return true;
    g_autoptr(json_t) memory = memory_of(call, count);
    g_autoptr(GPtrArray) red = g_ptr_array_new_with_free_func(g_free);
    Health health = {
        .call = call, .env = env, .red = red, .reverted = json_object_get(memory, "reverted")};
    look_at_wave(&health, first, count);
    int64_t until_ms = json_get_int(json_object_get(memory, "wave"), "since_ms", 0) + soak_ms;
    int64_t may_fail =
        pace_failures_allowed(call->lease->pace) - (int64_t) json_array_size(call->lease->left);
    g_autofree char *words = words_of(&health);
    if ((int64_t) (json_array_size(health.reverted) + red->len) > may_fail) {
        outcome->checkpoint = json_incref(memory);
        return fail(
            error, ERR_MISMATCH,
            "the wave before is not well, and no more is proposed%s; see to it and retry, or "
            "let more fail (honk pace)",
            words);
    }
    *ret_goes_on = until_ms <= clock_wall_ms() && health.running == 0 && health.unknown == 0;
    if (*ret_goes_on)
        outcome->checkpoint = json_incref(memory);
    else
        wait_on(&health, memory, until_ms, words, outcome);
    return true;
}

bool
proposals_taken_back(const StepCall *call, StepEnv *env, json_t **ret, GError **error)
{
    g_autoptr(json_t) taken = json_array();
    Health health = {.call = call, .env = env, .reverted = taken};
    json_t *change;
    size_t i;
    json_array_foreach(json_object_get(call->plan->json, "changes"), i, change)
    {
        if (!env->tick(env, (int64_t) i, 0, "repositories", "looking whether people took it back"))
            return fail(error, ERR_STOPPED, "asked to stop");
        if (change_is_proposed(change) && !look_at_one(&health, change, error))
            return false;
    }
    *ret = g_steal_pointer(&taken);
    return true;
}
