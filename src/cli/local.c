/* local.c - see local.h. */
#include "cli/local.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/migration.h"
#include "cli/progress.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEASE_MS 60000 /* nobody takes it away */

/* For so long after its first failure is a range tried again: long enough for a server that restarts; who is gone for good is told of soon. */
#define TRIED_MS_MAX 15000
#define PAUSE_MS_FIRST 500 /* and twice as long each time */
#define LOOK_MS 50         /* for signals */

struct Local {
    StepEnv env; /* first: callbacks cast it back */
    char *id, *words;
    int64_t token; /* grows from process to process, as time does */
    Plan *plan;
    json_t *observations;
    GHashTable *blobs;      /* digest → GBytes */
    GHashTable *pre_states; /* task → json_t */
    GHashTable *evidence;   /* action → json_t */
    Progress *progress;
    const char *task;              /* at work; borrowed */
    int64_t rows_before, rows_all; /* of the step's parts that are done, and of all of them */
    int64_t bytes_before;          /* of those that are done */
    bool is_back;                  /* cannot be interrupted */
};

/* ---- signals ---- */

static volatile sig_atomic_t interrupted;

/* What the process does about one at once; it is all that a handler may look at. */
static volatile sig_atomic_t is_at_once;
static char last_line[512];
static int last_fd;

static void
on_signal(int number)
{
    interrupted = number;
    if (!is_at_once)
        return;
    if (write(last_fd, last_line, strlen(last_line)) < 0)
        _exit(EXIT_FAILURE); /* nobody reads it */
    _exit(128 + SIGINT);
}

void
local_catch_signals(void)
{
    /* the second one does what it always does */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int) SA_RESETHAND};
    is_at_once = 0;
    interrupted = 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void
local_end_at_once(const View *view, const char *line)
{
    is_at_once = 0;
    fflush(view->out);
    g_snprintf(last_line, sizeof last_line, "%s\n", line);
    last_fd = view->json ? STDERR_FILENO : fileno(view->out);
    is_at_once = 1;
    if (interrupted != 0)
        on_signal(interrupted);
}

void
local_end_slowly(void)
{
    is_at_once = 0;
}

bool
local_is_interrupted(void)
{
    return interrupted != 0;
}

/* ---- the environment of actions ---- */

static bool
env_tick(StepEnv *env, int64_t done, int64_t total, const char *unit, const char *note)
{
    Local *local = (Local *) env;
    if (local->rows_all > 0)
        progress_at(local->progress, MIN(local->rows_before + done, local->rows_all),
                    local->rows_all);
    return local->is_back || !local_is_interrupted();
}

static void
env_tell(StepEnv *env, int64_t bytes, const char *slowed)
{
    Local *local = (Local *) env;
    progress_bytes(local->progress, local->bytes_before + bytes);
}

static bool
env_intent(StepEnv *env, const json_t *pre_state, GError **error)
{
    Local *local = (Local *) env;
    g_hash_table_insert(local->pre_states, g_strdup(local->task), json_deep_copy(pre_state));
    return true;
}

static bool
env_blob_get(StepEnv *env, const char *digest, char **ret, size_t *ret_bytes, GError **error)
{
    Local *local = (Local *) env;
    GBytes *blob = g_hash_table_lookup(local->blobs, digest);
    if (blob == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no blob '%s'", digest);
    size_t bytes = 0;
    const char *data = g_bytes_get_data(blob, &bytes);
    *ret = g_malloc(bytes + 1);
    memcpy(*ret, data, bytes);
    (*ret)[bytes] = '\0';
    *ret_bytes = bytes;
    return true;
}

static bool
env_blob_put(StepEnv *env, const void *data, size_t bytes, char **ret_digest, GError **error)
{
    Local *local = (Local *) env;
    *ret_digest = sha256_of(data, bytes);
    g_hash_table_replace(local->blobs, g_strdup(*ret_digest), g_bytes_new(data, bytes));
    return true;
}

static void
free_json(void *json)
{
    json_decref(json);
}

static void
free_bytes(void *bytes)
{
    g_bytes_unref(bytes);
}

Local *
local_new(const Config *config, View *view, const char *title, const char *id)
{
    Local *local = g_new0(Local, 1);
    local->env = (StepEnv){.config = config,
                           .tick = env_tick,
                           .tell = env_tell,
                           .intent = env_intent,
                           .blob_get = env_blob_get,
                           .blob_put = env_blob_put};
    local->id = g_strdup(id);
    local->token = clock_wall_ms();
    local->blobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_bytes);
    local->pre_states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_json);
    local->evidence = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_json);
    local->progress = progress_new(view, title);
    return local;
}

void
local_say_to_writers(Local *local, const char *words)
{
    g_free(local->words);
    local->words = g_strdup(words);
    local->env.freeze_words = local->words;
}

void
local_free(Local *local)
{
    if (local == NULL)
        return;
    g_free(local->id);
    g_free(local->words);
    plan_free(local->plan);
    json_decref(local->observations);
    g_hash_table_unref(local->blobs);
    g_hash_table_unref(local->pre_states);
    g_hash_table_unref(local->evidence);
    progress_free(local->progress);
    g_free(local);
}

const Plan *
local_the_plan(const Local *local)
{
    return local->plan;
}

const json_t *
local_observations(const Local *local)
{
    return local->observations;
}

const json_t *
local_evidence(const Local *local, ActionId action)
{
    return g_hash_table_lookup(local->evidence, GINT_TO_POINTER(action));
}

/* ---- one lease ---- */

/* What an action finds of an earlier attempt. "start" is empty: nobody will hold the end of a rollback against it, and
 * both datasets need not be read once more for it. */
static json_t *
intent_of(const Local *local, const char *task)
{
    json_t *before = g_hash_table_lookup(local->pre_states, task);
    json_t *pre_state = before != NULL ? json_incref(before) : json_pack("{s:{}}", "start");
    return json_pack("{s:i, s:i, s:o}", "attempt", 1, "at_ms", 0, "pre_state", pre_state);
}

typedef struct {
    const char *key; /* of a part; "" */
    json_t *params;  /* of a part; NULL: the step's */
    TaskPhase phase;
    bool children_done;
    json_t *evidence; /* of the parts */
} LeaseAsk;

static char *
task_name(const Step *step, const char *key)
{
    return g_strdup_printf("%s-%s", step->name, key);
}

static Outcome *
perform(Local *local, const Step *step, const LeaseAsk *ask)
{
    g_autofree char *task = task_name(step, ask->key);
    g_autoptr(json_t) intent = intent_of(local, task);
    Lease lease = {.id = task,
                   .plan = local->id,
                   .step = step->name,
                   .action = (char *) step->action->name,
                   .key = (char *) ask->key,
                   .plan_digest = local->plan->digest,
                   .phase = ask->phase,
                   .children_done = ask->children_done,
                   .attempt = 1,
                   .token = local->token,
                   .lease_ms = LEASE_MS,
                   .params = ask->params != NULL ? ask->params : step->params,
                   .intent = intent,
                   .evidence = ask->evidence};
    StepCall call = {.lease = &lease, .plan = local->plan, .step = step};
    local->task = task;
    return action_perform(&call, &local->env);
}

/* True when it went as it should; else the outcome as an error. */
static bool
check_outcome(const Outcome *outcome, GError **error)
{
    const char *message = outcome->message != NULL ? outcome->message : "no reason was given";
    switch (outcome->kind) {
    case OUTCOME_DONE:
    case OUTCOME_ALREADY:
    case OUTCOME_MORE:
        return true;
    case OUTCOME_ERROR:
        return fail(error, error_code_from_wire(outcome->error_code), "%s", message);
    case OUTCOME_RELEASED:
        return fail(error, ERR_STOPPED, "%s", message);
    case OUTCOME_DRIFT:
        return fail(error, ERR_DRIFT, "%s", message);
    default:
        return fail(error, ERR_INTERNAL, "the action ended in '%s'", outcome_name(outcome->kind));
    }
}

/* ---- planning ---- */

static bool
read_blob(Local *local, const json_t *evidence, const char *member, json_t **ret, GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    return env_blob_get(&local->env, json_get_string(evidence, member, ""), &text, &bytes, error) &&
           json_parse(text, bytes, member, ret, error);
}

static bool
read_plan(Local *local, const json_t *evidence, GError **error)
{
    g_autoptr(json_t) json = NULL;
    return read_blob(local, evidence, "digest", &json, error) &&
           read_blob(local, evidence, "observations", &local->observations, error) &&
           plan_from_json(json, &local->plan, error);
}

/* Warnings are of no interest when nothing can be done. */
static bool
fail_findings(const json_t *evidence, GError **error)
{
    g_autoptr(json_t) errors = json_pack("{s:[]}", "diagnostics");
    json_t *finding;
    size_t i;
    json_array_foreach(json_object_get(evidence, "diagnostics"), i, finding)
    {
        if (strcmp(json_get_string(finding, "level", ""), "error") == 0)
            json_array_append(json_object_get(errors, "diagnostics"), finding);
    }
    g_autofree char *text = migration_findings(errors);
    return fail(error, ERR_INVALID, "%s", text != NULL ? text : "no plan could be made");
}

bool
local_plan(Local *local, const json_t *request, json_t **ret_findings, GError **error)
{
    g_autofree char *text = json_compact(request), *digest = NULL;
    if (!env_blob_put(&local->env, text, strlen(text), &digest, error))
        return false;
    g_autoptr(json_t) params = json_pack("{s:s}", "request", digest);
    Lease lease = {.id = (char *) "plan",
                   .plan = local->id,
                   .step = (char *) "",
                   .action = (char *) "plan",
                   .key = (char *) "",
                   .attempt = 1,
                   .token = local->token,
                   .lease_ms = LEASE_MS,
                   .params = params};
    StepCall call = {.lease = &lease};
    g_autoptr(Outcome) outcome = action_perform(&call, &local->env);
    if (!check_outcome(outcome, error))
        return false;
    if (json_get_string(outcome->evidence, "digest", NULL) == NULL)
        return fail_findings(outcome->evidence, error);
    *ret_findings = json_incref(json_object_get(outcome->evidence, "diagnostics"));
    return read_plan(local, outcome->evidence, error);
}

/* ---- steps ---- */

static int64_t
weight_of(const json_t *children)
{
    json_t *child;
    size_t i;
    int64_t sum = 0;
    json_array_foreach(children, i, child) sum += json_get_int(child, "weight", 0);
    return sum;
}

/* What the parts reported, as the engine tells it to the step that stands for them. */
static void
add_part(json_t *all, const json_t *evidence)
{
    json_t *sums = json_object_get(all, "sums"), *value;
    const char *key;
    json_set_int(all, "count", json_get_int(all, "count", 0) + 1);
    json_object_foreach((json_t *) evidence, key, value) if (json_is_integer(value))
        json_set_int(sums, key, json_get_int(sums, key, 0) + json_integer_value(value));
}

/* A session that ends, a deadlock and the like may be over in a moment, and would cost all rows that were copied, or leave something behind. Who is not
 * reached at first may be misspelt; and steps that keep others waiting for a lock are as patient as they should be by themselves. */
static bool
may_be_over_soon(const Step *step, TaskPhase phase, ErrorCode code)
{
    ActionId action = step->action->id;
    if (action == ACTION_VALIDATE)
        return false;
    bool only_waits = phase == PHASE_REVERSE || action == ACTION_TRANSFORM ||
                      action == ACTION_COPY || action == ACTION_COMPARE;
    return code == ERR_UNREACHABLE || (only_waits && error_then(code) == THEN_RETRY);
}

static void
rest(int64_t ms)
{
    int64_t until_ms = clock_monotonic_ms() + ms;
    while (!local_is_interrupted() && clock_monotonic_ms() < until_ms)
        g_usleep(LOOK_MS * G_TIME_SPAN_MILLISECOND);
}

/* A server that is gone cannot say what it was doing when it went. */
static void
say_what_began_it(Outcome *outcome, const char *first, int64_t tried_ms)
{
    g_autofree char *last = outcome->message, *tried = text_duration(tried_ms);
    outcome->message = g_strcmp0(first, last) == 0
                           ? g_strdup_printf("%s; tried again for %s", first, tried)
                           : g_strdup_printf("%s; tried again for %s: %s", first, tried, last);
}

static Outcome *
perform_patiently(Local *local, const Step *step, const LeaseAsk *ask)
{
    Outcome *outcome = perform(local, step, ask);
    int64_t failed_ms = clock_monotonic_ms(), pause_ms = PAUSE_MS_FIRST;
    g_autofree char *first = NULL;
    while (outcome->kind == OUTCOME_ERROR && !local_is_interrupted() &&
           clock_monotonic_ms() - failed_ms < TRIED_MS_MAX &&
           may_be_over_soon(step, ask->phase, error_code_from_wire(outcome->error_code))) {
        progress_again(local->progress, outcome->message);
        if (first == NULL)
            first = g_strdup(outcome->message);
        outcome_free(outcome);
        rest(pause_ms);
        pause_ms *= 2;
        outcome = perform(local, step, ask);
    }
    if (first != NULL && outcome->kind == OUTCOME_ERROR)
        say_what_began_it(outcome, first, clock_monotonic_ms() - failed_ms);
    return outcome;
}

static bool
do_parts(Local *local, const Step *step, const json_t *children, json_t *all, GError **error)
{
    json_t *child;
    size_t i;
    local->rows_before = local->bytes_before = 0;
    local->rows_all = weight_of(children);
    json_array_foreach(children, i, child)
    {
        LeaseAsk ask = {.key = json_get_string(child, "key", ""),
                        .params = json_object_get(child, "params"),
                        .phase = PHASE_FORWARD};
        g_autoptr(Outcome) outcome = perform_patiently(local, step, &ask);
        if (!check_outcome(outcome, error))
            return false;
        add_part(all, outcome->evidence);
        int64_t weight = json_get_int(child, "weight", 0);
        local->rows_before += json_get_int(outcome->evidence, "rows_in", weight);
        local->bytes_before += json_get_int(outcome->evidence, "bytes", 0);
    }
    return true;
}

static bool
do_step(Local *local, const Step *step, GError **error)
{
    LeaseAsk ask = {.key = "", .phase = PHASE_FORWARD};
    g_autoptr(json_t) parts =
        json_pack("{s:i, s:i, s:{}, s:[]}", "count", 0, "skipped", 0, "sums", "children");
    g_autoptr(Outcome) outcome = perform_patiently(local, step, &ask);
    if (outcome->kind == OUTCOME_MORE) {
        if (!do_parts(local, step, outcome->children, parts, error))
            return false;
        ask.children_done = true;
        ask.evidence = parts;
        outcome_free(outcome);
        outcome = perform_patiently(local, step, &ask);
    }
    if (outcome->evidence != NULL)
        g_hash_table_replace(local->evidence, GINT_TO_POINTER(step->action->id),
                             json_incref(outcome->evidence));
    return check_outcome(outcome, error);
}

bool
local_forward(Local *local, GError **error)
{
    for (guint i = 0; i < local->plan->steps->len; i++) {
        const Step *step = local->plan->steps->pdata[i];
        local->rows_all = 0;
        progress_step(local->progress, step->name, false);
        bool done = do_step(local, step, error);
        progress_end(local->progress, done ? "done" : "failed");
        if (!done)
            return false;
    }
    return true;
}

static bool
undo_step(Local *local, const Step *step, GError **error)
{
    LeaseAsk ask = {.key = "", .phase = PHASE_REVERSE};
    g_autofree char *task = task_name(step, "");
    g_autoptr(Outcome) outcome = perform_patiently(local, step, &ask);
    if (!check_outcome(outcome, error))
        return fail_in(error, "cannot take '%s' back", step->name);
    g_hash_table_remove(local->pre_states, task);
    return true;
}

static bool
has_reverse(const ActionInfo *action)
{
    return action->has_effects && action->reverse != REVERSE_NONE &&
           action->reverse != REVERSE_IMPOSSIBLE;
}

bool
local_has_begun(const Local *local, ActionId action)
{
    for (guint i = 0; i < local->plan->steps->len; i++) {
        const Step *step = local->plan->steps->pdata[i];
        g_autofree char *task = task_name(step, "");
        if (step->action->id == action && g_hash_table_contains(local->pre_states, task))
            return true;
    }
    return false;
}

/* What an earlier run has left is taken back, too, but for its freeze: who froze the source is not known here (copy_earlier.c knows). */
static bool
is_ours_to_undo(const Local *local, const Step *step)
{
    return has_reverse(step->action) &&
           (step->action->id != ACTION_FREEZE || local_has_begun(local, ACTION_FREEZE));
}

/* `action` ACTION_COUNT: all of them. */
static bool
undo_steps(Local *local, ActionId action, GError **error)
{
    bool ok = true;
    local->is_back = true;
    local->rows_all = 0;
    for (guint i = local->plan->steps->len; ok && i > 0; i--) {
        const Step *step = local->plan->steps->pdata[i - 1];
        bool is_asked = action == ACTION_COUNT || step->action->id == action;
        if (is_asked && is_ours_to_undo(local, step))
            ok = undo_step(local, step, error);
    }
    local->is_back = false;
    return ok;
}

int64_t
local_token(const Local *local)
{
    return local->token;
}

bool
local_back(Local *local, GError **error)
{
    progress_step(local->progress, "take back", true);
    bool ok = undo_steps(local, ACTION_COUNT, error);
    progress_end(local->progress, ok ? "reversed" : "failed");
    return ok;
}

bool
local_undo(Local *local, ActionId action, GError **error)
{
    return undo_steps(local, action, error);
}
