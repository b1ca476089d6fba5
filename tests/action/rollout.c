/*
 * rollout.c - the action `rollout` on real processes: forward, back, found out wherever it stopped, and killed at any
 * moment.
 */
#include "action/action.h"
#include "action/services.h"
#include "base/clock.h"
#include "base/text.h"
#include "fleet/fleet.h"
#include "planner/services.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD "listening:users_v1"
#define NEW "listening:users_v2"
#define INSTANCES 2
#define LEASES_MAX 400

/* Fails where it is told to, after so many seconds of health. */
static const char program[] =
    "import http.server, os, signal, time\n"
    "born, bad = time.time(), os.environ.get('BAD') == os.environ['USERS']\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        ill = bad and time.time() - born > float(os.environ.get('AFTER', '0'))\n"
    "        self.send_response(500 if ill else 200)\n"
    "        self.end_headers()\n"
    "    def log_message(self, *a): pass\n"
    "signal.signal(signal.SIGTERM, lambda *a: os._exit(0))\n"
    "http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()\n";

typedef struct {
    StepEnv env;
    char *folder;
    Config *config;
    Plan *plan;
    int64_t token;
    json_t *checkpoint, *pre_state, *evidence, *signals;
} Crew;

static bool
env_tick(StepEnv *env, int64_t done, int64_t total, const char *unit, const char *note)
{
    return true;
}

static bool
env_intent(StepEnv *env, const json_t *pre_state, GError **error)
{
    Crew *crew = (Crew *) env;
    if (crew->pre_state == NULL)
        crew->pre_state = json_deep_copy(pre_state);
    return true;
}

static void
crew_open(Crew *crew, const char *environment, const char *group)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Diags) diags = diags_new();

    *crew = (Crew){.folder = g_dir_make_tmp("honk-rollout-XXXXXX", &error)};
    g_autofree char *path = g_build_filename(crew->folder, "honk.yaml", NULL);
    g_autofree char *service = g_build_filename(crew->folder, "service.py", NULL);
    g_autofree char *text = g_strdup_printf(
        "fleet:\n"
        "  targets: { here: { driver: processes, path: fleet } }\n"
        "  services:\n"
        "    player: { target: here, command: [ python3, service.py ], instances: 2, drain: 0s, "
        "check_deadline: 20s, "
        "datasets: { USERS: '" OLD "' }, environment: { YARD: '%s'%s } }\n"
        "  groups:\n"
        "    quick: { interval: 100ms, max_instances: 2, %s }\n"
        "    starts_long: { interval: 100ms, max_instances: 2, min_ready: 1h, progress_deadline: "
        "2h }\n"
        "    bakes_long: { interval: 100ms, max_instances: 2, bake: 1h, steps: [ 1 ] }\n"
        "    promotes_long: { interval: 100ms, max_instances: 2, min_ready: 5s, bake: 0s, soak: "
        "1h, steps: [ 1 ] }\n"
        "    soaks_long: { interval: 100ms, max_instances: 2, bake: 0s, soak: 1h, steps: [ 1 ] }\n",
        crew->folder, environment, group);
    g_assert_true(g_file_set_contents(service, program, -1, &error));
    if (!config_parse(text, strlen(text), path, diags, &crew->config, &error))
        g_error("%s", error->message);
    crew->env = (StepEnv){.config = crew->config, .tick = env_tick, .intent = env_intent};
}

/* A plan of its own for the service; NULL `users`: what honk.yaml says. */
static void
crew_plan_in(Crew *crew, const char *group, const char *users)
{
    g_autoptr(json_t) slice = json_pack("{s:{s:s, s:s}, s:{}, s:s}", "rollout", "service", "player",
                                        "group", group, "policy", "author", "user:default/ada");
    g_autoptr(GError) error = NULL;

    if (users != NULL)
        json_object_set_new(json_object_get(slice, "rollout"), "revision",
                            json_pack("{s:{s:s}}", "datasets", "USERS", users));
    plan_free(crew->plan);
    crew->plan = NULL;
    if (!services_survey_own(slice, &crew->env, &error) ||
        !services_own_plan(slice, &crew->plan, &error))
        g_error("%s", error->message);
    g_clear_pointer(&crew->checkpoint, json_decref);
    g_clear_pointer(&crew->pre_state, json_decref);
    g_clear_pointer(&crew->evidence, json_decref);
}

static void
crew_plan(Crew *crew, const char *users)
{
    crew_plan_in(crew, "quick", users);
}

typedef enum { CREW_RUN, CREW_PROBE, CREW_REVERSE } Mode;

static Outcome *
crew_lease(Crew *crew, Mode mode)
{
    g_autoptr(json_t) params = json_pack("{s:s}", "service", "player");
    g_autoptr(json_t) intent =
        crew->pre_state != NULL ? json_pack("{s:O}", "pre_state", crew->pre_state) : NULL;
    Lease lease = {
        .id = (char *) "t1",
        .plan = crew->plan->digest + strlen("sha256:"),
        .step = (char *) "rollout",
        .action = (char *) "rollout",
        .key = (char *) "player",
        .phase = mode == CREW_REVERSE ? PHASE_REVERSE : PHASE_FORWARD,
        .is_probe = mode == CREW_PROBE,
        .token = ++crew->token,
        .params = params,
        .intent = intent,
        .evidence = crew->evidence,
        .checkpoint = crew->checkpoint,
        .signals = crew->signals,
    };
    StepCall call = {&lease, crew->plan, plan_step(crew->plan, "rollout")};
    return action_perform(&call, &crew->env);
}

static void
crew_take(Crew *crew, const Outcome *outcome)
{
    if (outcome->checkpoint != NULL) {
        json_decref(crew->checkpoint);
        crew->checkpoint = json_deep_copy(outcome->checkpoint);
    }
    if (outcome->kind == OUTCOME_DONE && outcome->evidence != NULL) {
        json_decref(crew->evidence);
        crew->evidence = json_deep_copy(outcome->evidence);
    }
    g_clear_pointer(&crew->signals, json_decref);
}

static void
crew_wait(const Outcome *outcome)
{
    int64_t wait_ms = outcome->until_ms - clock_wall_ms();
    if (wait_ms > 0)
        g_usleep((gulong) MIN(wait_ms, 500) * 1000);
}

static json_t *crew_see(const Crew *crew);

/* Lease after lease, until it ends or is in `state`. Caller frees. */
static Outcome *
crew_until(Crew *crew, Mode mode, const char *state)
{
    for (int i = 0; i < LEASES_MAX; i++) {
        g_autoptr(Outcome) outcome = crew_lease(crew, mode);
        crew_take(crew, outcome);
        if (outcome->kind != OUTCOME_WAIT ||
            g_strcmp0(json_get_string(crew->checkpoint, "state", ""), state) == 0)
            return g_steal_pointer(&outcome);
        crew_wait(outcome);
    }
    g_autoptr(json_t) seen = crew_see(crew);
    g_autofree char *text = json_compact(seen);
    g_error("it does not come to an end: %s; there is %s",
            json_get_string(crew->checkpoint, "why", ""), text);
}

static void
crew_must(Crew *crew, Mode mode, const char *state)
{
    g_autoptr(Outcome) outcome = crew_until(crew, mode, NULL);
    if (outcome->kind != OUTCOME_DONE && outcome->kind != OUTCOME_ALREADY)
        g_error("%s: %s", outcome_name(outcome->kind),
                outcome->message != NULL ? outcome->message : "");
    if (state != NULL)
        g_assert_cmpstr(json_get_string(outcome->evidence, "state", ""), ==, state);
}

/* ---- from outside ---- */

/* The instance that a process of ours belongs to, by its environment; NULL: it is none of ours. Caller frees. */
static char *
instance_of(const Crew *crew, const char *pid)
{
    g_autofree char *mark = g_strdup_printf("YARD=%s", crew->folder);
    g_autofree char *path = g_strdup_printf("/proc/%s/environ", pid), *text = NULL;
    const char *found = NULL;
    size_t bytes = 0;
    bool is_ours = false;

    if (!g_ascii_isdigit(*pid) || !g_file_get_contents(path, &text, &bytes, NULL))
        return NULL;
    for (const char *at = text; at < text + bytes; at += strlen(at) + 1) {
        is_ours |= strcmp(at, mark) == 0;
        if (g_str_has_prefix(at, "HONK_INSTANCE="))
            found = at;
    }
    return is_ours ? g_strdup(found) : NULL;
}

/* Instances that are there, whatever anybody has written down. (An interpreter may be a script that
 * starts others: one instance can be several processes for a moment.) */
static int
processes_of(const Crew *crew)
{
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(proc)) != NULL) {
        char *instance = instance_of(crew, name);
        if (instance != NULL)
            g_hash_table_add(found, instance);
    }
    return (int) g_hash_table_size(found);
}

static json_t *
crew_see(const Crew *crew)
{
    g_autoptr(GError) error = NULL;
    json_t *seen = NULL;
    Fleet fleet;

    if (!fleet_open(crew->config, "player", &fleet, &error) ||
        !fleet_describe(&fleet, &seen, &error))
        g_error("%s", error->message);
    return seen;
}

/* So many instances of the revision that names `users`, all with traffic, and nothing else. */
static void
assert_runs(const Crew *crew, const char *users, int count)
{
    g_autoptr(json_t) seen = crew_see(crew);
    const json_t *instances = json_object_get(seen, "instances");
    json_t *instance;
    size_t i;

    if (users != NULL)
        g_assert_cmpstr(json_string_value(json_at(seen, "template.revision.datasets.USERS")), ==,
                        users);
    else
        g_assert_true(json_is_null(json_object_get(seen, "template")));
    g_assert_cmpint(json_array_size(instances), ==, count);
    json_array_foreach(instances, i, instance)
    {
        g_assert_cmpstr(json_get_string(instance, "state", ""), ==, "running");
        g_assert_true(json_get_bool(instance, "in_traffic", false));
        g_assert_cmpstr(json_get_string(instance, "revision", ""), ==,
                        json_string_value(json_at(seen, "template.name")));
    }
    g_assert_true(json_is_null(json_object_get(seen, "claim")));
    g_assert_cmpint(processes_of(crew), ==, count);
}

static void
crew_close(Crew *crew)
{
    g_autoptr(json_t) seen = crew_see(crew);
    g_autoptr(GError) error = NULL;
    json_t *instance;
    size_t i;

    json_array_foreach(json_object_get(seen, "instances"), i, instance)
    {
        int pid = (int) json_get_int(instance, "pid", 0);
        if (pid > 0 && strcmp(json_get_string(instance, "state", ""), "dead") != 0)
            kill(pid, SIGKILL);
    }
    g_autofree char *remove = g_strdup_printf("rm -rf '%s'", crew->folder);
    g_assert_true(g_spawn_command_line_sync(remove, NULL, NULL, NULL, &error));
    plan_free(crew->plan);
    json_decref(crew->checkpoint);
    json_decref(crew->pre_state);
    json_decref(crew->evidence);
    json_decref(crew->signals);
    config_free(crew->config);
    g_free(crew->folder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Crew, crew_close)

static void
crew_start(Crew *crew)
{
    crew_plan(crew, NULL);
    crew_must(crew, CREW_RUN, "healthy");
    assert_runs(crew, OLD, INSTANCES);
}

/* ---- the tests ---- */

static void
assert_gets_there_and_back(const char *strategy)
{
    g_autofree char *group = g_strdup_printf("strategy: %s, bake: 100ms, soak: 100ms", strategy);
    g_auto(Crew) crew;
    crew_open(&crew, "", group);
    crew_start(&crew);
    crew_plan(&crew, NEW);
    crew_must(&crew, CREW_RUN, "healthy");
    assert_runs(&crew, NEW, INSTANCES);
    crew_must(&crew, CREW_REVERSE, "rolled_back");
    assert_runs(&crew, OLD, INSTANCES);
    crew_must(&crew, CREW_REVERSE, NULL); /* again: nothing is left to do */
    assert_runs(&crew, OLD, INSTANCES);
}

static void
a_service_gets_to_its_new_revision_and_back_and_forth_by_each_strategy(void)
{
    for (const char *const *name = rollout_strategy_names(); *name != NULL; name++)
        assert_gets_there_and_back(*name);
}

static void
what_was_never_there_is_gone_after_the_way_back(void)
{
    g_auto(Crew) crew;
    crew_open(&crew, "", "bake: 0s");
    crew_start(&crew);
    crew_must(&crew, CREW_REVERSE, "rolled_back");
    assert_runs(&crew, NULL, 0);
}

/* The kernel takes a process apart piece by piece: its environment is gone before its lock is. */
static void
await_death(const Crew *crew, size_t instance)
{
    for (bool is_alive = true; is_alive;) {
        g_autoptr(json_t) seen = crew_see(crew);
        const json_t *one = json_array_get(json_object_get(seen, "instances"), instance);
        is_alive = strcmp(json_get_string(one, "state", ""), "dead") != 0;
        g_usleep(is_alive ? 1000 : 0);
    }
}

static void
what_runs_already_is_left_alone_and_what_died_is_started_again(void)
{
    g_auto(Crew) crew;
    crew_open(&crew, "", "bake: 0s");
    crew_start(&crew);
    crew_plan(&crew, NULL);
    g_autoptr(Outcome) outcome = crew_lease(&crew, CREW_RUN);
    g_assert_cmpint(outcome->kind, ==, OUTCOME_ALREADY);
    g_autoptr(json_t) seen = crew_see(&crew);
    const json_t *first = json_array_get(json_object_get(seen, "instances"), 0);
    kill((int) json_get_int(first, "pid", 0), SIGKILL);
    await_death(&crew, 0);
    crew_plan(&crew, NULL);
    crew_must(&crew, CREW_RUN, "healthy");
    assert_runs(&crew, OLD, INSTANCES);
}

/* The promise: halted and rolled back, safe within two checks, and nobody else was touched. */
static void
a_canary_that_fails_after_a_while_goes_back_and_the_others_never_changed(void)
{
    g_auto(Crew) crew;
    crew_open(&crew, ", BAD: '" NEW "', AFTER: '1.0'",
              "steps: [ { to: 1, bake: 20s }, { to: '100%', bake: 0s } ]");
    crew_start(&crew);
    g_autoptr(json_t) before = crew_see(&crew);
    crew_plan(&crew, NEW);
    g_autoptr(Outcome) outcome = crew_until(&crew, CREW_RUN, NULL);
    g_assert_cmpint(outcome->kind, ==, OUTCOME_ERROR);
    g_assert_nonnull(strstr(outcome->message, "is rolled_back: 1 of the new instances"));
    g_assert_cmpstr(json_get_string(outcome->evidence, "state", ""), ==, "rolled_back");
    int64_t safe_ms = json_get_int(outcome->evidence, "safe_after_ms", -1);
    g_test_message("safe %d ms after the first failed check", (int) safe_ms);
    g_assert_cmpint(safe_ms, >=, 0);
    g_assert_cmpint(safe_ms, <=, 1000); /* two intervals are 200 ms; machines under test are busy */
    assert_runs(&crew, OLD, INSTANCES);
    g_autoptr(json_t) after = crew_see(&crew);
    g_assert_true(
        json_equal(json_object_get(before, "instances"), json_object_get(after, "instances")));
    g_autoptr(Outcome) probed = crew_lease(&crew, CREW_PROBE);
    g_assert_cmpint(probed->kind, ==, OUTCOME_NOT_APPLIED);
    crew_must(&crew, CREW_REVERSE, NULL);
}

/* `group` stays in `state` for long, so that no machine is too slow to see it there. */
static void
assert_can_be_sent_back(Crew *crew, const char *state, const char *group)
{
    crew_plan_in(crew, group, NEW);
    g_autoptr(Outcome) there = crew_until(crew, CREW_RUN, state);
    g_assert_cmpint(there->kind, ==, OUTCOME_WAIT);
    crew->signals = json_pack("[{s:i, s:s, s:s, s:s}]", "n", 7, "signal", "rollback", "actor",
                              "user:default/ada", "reason", "no");
    g_autoptr(Outcome) outcome = crew_until(crew, CREW_RUN, NULL);
    g_assert_cmpint(outcome->kind, ==, OUTCOME_ERROR);
    g_assert_cmpint(outcome->signals_seen, >=, 0);
    assert_runs(crew, OLD, INSTANCES);
}

static void
people_can_send_it_back_from_any_state(void)
{
    g_auto(Crew) crew;
    crew_open(&crew, "", "bake: 0s");
    crew_start(&crew);
    assert_can_be_sent_back(&crew, "preparing", "bakes_long");
    assert_can_be_sent_back(&crew, "stepping", "starts_long");
    assert_can_be_sent_back(&crew, "analysing", "bakes_long");
    assert_can_be_sent_back(&crew, "promoting", "promotes_long");
    assert_can_be_sent_back(&crew, "soaking", "soaks_long");
}

static void
a_probe_tells_how_far_it_is(void)
{
    g_auto(Crew) crew;
    crew_open(&crew, "", "bake: 200ms");
    crew_start(&crew);
    crew_plan(&crew, NEW);
    g_autoptr(Outcome) never = crew_lease(&crew, CREW_PROBE);
    g_assert_cmpint(never->kind, ==, OUTCOME_NOT_APPLIED);
    outcome_free(crew_until(&crew, CREW_RUN, "analysing"));
    g_autoptr(Outcome) half = crew_lease(&crew, CREW_PROBE);
    g_assert_cmpint(half->kind, ==, OUTCOME_PARTLY);
    g_assert_nonnull(half->checkpoint);
    crew_must(&crew, CREW_RUN, "healthy");
    g_autoptr(Outcome) whole = crew_lease(&crew, CREW_PROBE);
    g_assert_cmpint(whole->kind, ==, OUTCOME_APPLIED);
}

static void
a_service_that_moved_since_the_plan_is_drift(void)
{
    g_auto(Crew) crew;
    crew_open(&crew, "", "bake: 0s");
    crew_start(&crew);
    crew_plan(&crew, NEW);
    g_autoptr(Plan) planned = g_steal_pointer(&crew.plan);
    crew_plan(&crew, "listening:other");
    crew_must(&crew, CREW_RUN, "healthy");
    plan_free(crew.plan);
    crew.plan = g_steal_pointer(&planned);
    g_clear_pointer(&crew.checkpoint, json_decref);
    g_clear_pointer(&crew.pre_state, json_decref);
    g_autoptr(Outcome) outcome = crew_lease(&crew, CREW_RUN);
    g_assert_cmpint(outcome->kind, ==, OUTCOME_DRIFT);
}

/* What the next leases are of becomes what `kept` holds, and the other way round. */
static void
crew_swap(Crew *crew, Crew *kept)
{
    Crew other = *crew;
    crew->plan = kept->plan;
    crew->checkpoint = kept->checkpoint;
    crew->pre_state = kept->pre_state;
    crew->evidence = kept->evidence;
    *kept = (Crew){.plan = other.plan,
                   .checkpoint = other.checkpoint,
                   .pre_state = other.pre_state,
                   .evidence = other.evidence};
}

static void
what_came_after_a_rollout_goes_back_before_it(void)
{
    g_auto(Crew) crew;
    Crew first = {0};
    crew_open(&crew, "", "bake: 0s");
    crew_start(&crew);
    crew_plan(&crew, NEW);
    crew_must(&crew, CREW_RUN, "healthy");
    crew_swap(&crew, &first);
    crew_plan(&crew, "listening:later");
    crew_must(&crew, CREW_RUN, "healthy");
    crew_swap(&crew, &first);
    g_autoptr(Outcome) refused = crew_lease(&crew, CREW_REVERSE);
    g_assert_cmpint(refused->kind, ==, OUTCOME_ERROR);
    g_assert_cmpstr(refused->error_code, ==, "wrong_state");
    g_assert_nonnull(strstr(refused->message, "which came after this rollout"));
    assert_runs(&crew, "listening:later", INSTANCES);
    crew_swap(&crew, &first);
    crew_must(&crew, CREW_REVERSE, "rolled_back");
    assert_runs(&crew, NEW, INSTANCES);
    crew_swap(&crew, &first);
    crew_must(&crew, CREW_REVERSE, "rolled_back");
    assert_runs(&crew, OLD, INSTANCES);
    plan_free(first.plan);
    json_decref(first.checkpoint);
    json_decref(first.pre_state);
    json_decref(first.evidence);
}

/* A lease in a process of its own that is killed at some moment; what it would have told is lost. */
static void
lease_that_dies(Crew *crew, Mode mode, unsigned after_us)
{
    if (crew->pre_state == NULL) /* on disk before any effect */
        crew->pre_state = json_pack("{s:n}", "from");
    pid_t pid = fork();
    if (pid == 0) {
        outcome_free(crew_lease(crew, mode));
        _exit(0);
    }
    g_usleep(after_us);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    crew->token++; /* its token was one more than ours */
}

static void
killed_at_any_moment_it_leaves_nobody_behind_and_starts_nobody_twice(void)
{
    static const Mode modes[] = {CREW_RUN, CREW_REVERSE};
    g_autoptr(GRand) chance = g_rand_new_with_seed(20261125);
    g_auto(Crew) crew;

    crew_open(&crew, "", "bake: 0s, steps: [ 1, \"100%\" ]");
    crew_start(&crew);
    g_autoptr(json_t) before = crew_see(&crew);
    crew_plan(&crew, NEW);
    crew.pre_state = json_pack("{s:O}", "from", json_object_get(before, "template"));
    for (size_t m = 0; m < G_N_ELEMENTS(modes); m++) {
        for (int i = 0; i < 15; i++) {
            lease_that_dies(&crew, modes[m], (unsigned) g_rand_int_range(chance, 0, 60000));
            if (m == 0) {
                g_autoptr(Outcome) probed = crew_lease(&crew, CREW_PROBE);
                crew_take(&crew, probed);
            }
            g_autoptr(Outcome) outcome = crew_lease(&crew, modes[m]);
            crew_take(&crew, outcome);
            if (outcome->kind == OUTCOME_DONE)
                break;
            g_assert_cmpint(outcome->kind, ==, OUTCOME_WAIT);
            g_assert_cmpint(processes_of(&crew), <=,
                            3 * INSTANCES); /* old ones, new ones, and two more */
        }
        if (m == 0 && g_strcmp0(json_get_string(crew.evidence, "state", ""), "healthy") != 0)
            crew_must(&crew, CREW_RUN, "healthy");
        if (m == 1)
            crew_must(&crew, CREW_REVERSE, NULL);
        assert_runs(&crew, m == 0 ? NEW : OLD, INSTANCES);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func(
        "/rollout/a service gets to its new revision and back and forth by each strategy",
        a_service_gets_to_its_new_revision_and_back_and_forth_by_each_strategy);
    g_test_add_func("/rollout/what was never there is gone after the way back",
                    what_was_never_there_is_gone_after_the_way_back);
    g_test_add_func("/rollout/what runs already is left alone and what died is started again",
                    what_runs_already_is_left_alone_and_what_died_is_started_again);
    g_test_add_func(
        "/rollout/a canary that fails after a while goes back and the others never changed",
        a_canary_that_fails_after_a_while_goes_back_and_the_others_never_changed);
    g_test_add_func("/rollout/people can send it back from any state",
                    people_can_send_it_back_from_any_state);
    g_test_add_func("/rollout/a probe tells how far it is", a_probe_tells_how_far_it_is);
    g_test_add_func("/rollout/a service that moved since the plan is drift",
                    a_service_that_moved_since_the_plan_is_drift);
    g_test_add_func("/rollout/what came after a rollout goes back before it",
                    what_came_after_a_rollout_goes_back_before_it);
    g_test_add_func("/rollout/killed at any moment it leaves nobody behind and starts nobody twice",
                    killed_at_any_moment_it_leaves_nobody_behind_and_starts_nobody_twice);
    return g_test_run();
}
