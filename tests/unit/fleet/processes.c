/* processes.c - real processes: started once, found again, ended for certain, by whoever has the right. */
#include "base/clock.h"
#include "base/text.h"
#include "fleet/fleet.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 10000

static const char program[] =
    "import http.server, os, signal, sys\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(int(os.environ.get('STATUS', '200')))\n"
    "        self.end_headers()\n"
    "        if os.environ.get('STATUS', '200') == '200':\n"
    "            self.wfile.write(' '.join(os.environ[n] for n in\n"
    "                ('HONK_SERVICE', 'HONK_REVISION', 'USERS', 'HONK_INSTANCE')).encode())\n"
    "    def log_message(self, *a): print('asked', flush=True)\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN if os.environ.get('STUBBORN') else\n"
    "    lambda *a: os._exit(0))\n"
    "http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()\n";

typedef struct {
    char *folder;
    Config *config;
    Fleet fleet;
    json_t *to;
    int64_t token;
} Yard;

static void
yard_open(Yard *yard, const char *more)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Diags) diags = diags_new();
    g_autofree char *text =
        g_strdup_printf("fleet:\n"
                        "  targets: { here: { driver: processes, path: fleet } }\n"
                        "  services:\n"
                        "    player: { target: here, command: [ python3, service.py ], drain: 0s, "
                        "check_deadline: 20s, "
                        "grace: 300ms, environment: { %s } }\n",
                        more);

    *yard = (Yard){.folder = g_dir_make_tmp("honk-fleet-XXXXXX", &error)};
    g_autofree char *path = g_build_filename(yard->folder, "honk.yaml", NULL);
    g_autofree char *service = g_build_filename(yard->folder, "service.py", NULL);
    g_assert_true(g_file_set_contents(service, program, -1, &error));
    if (!config_parse(text, strlen(text), path, diags, &yard->config, &error) ||
        !fleet_open(yard->config, "player", &yard->fleet, &error))
        g_error("%s", error->message);
    g_autoptr(json_t) datasets = json_pack("{s:s}", "USERS", "listening:users_v2");
    g_autoptr(json_t) revision = revision_of(NULL, datasets);
    g_assert_true(template_make(revision, 2, &yard->to, &error));
}

static FleetHold *
yard_hold(Yard *yard, const char *rollout)
{
    g_autoptr(GError) error = NULL;
    FleetHold *hold = NULL;
    FleetClaim claim = {.rollout = rollout, .token = ++yard->token};

    if (!fleet_hold(&yard->fleet, &claim, &hold, &error))
        g_error("%s", error->message);
    return hold;
}

static void
yard_obey(Yard *yard, OrderKind kind, int count, const char *id)
{
    g_autoptr(FleetHold) hold = yard_hold(yard, "r1");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    Order order = {.kind = kind, .count = count, .ids = ids};

    if (id != NULL)
        g_ptr_array_add(ids, (void *) id);
    if (!fleet_obey(hold, yard->to, &order, &error))
        g_error("%s", error->message);
}

static json_t *
yard_instances(const Yard *yard)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) all = NULL;

    if (!fleet_describe(&yard->fleet, &all, &error))
        g_error("%s", error->message);
    return json_incref(json_object_get(all, "instances"));
}

static const char *
text_of(const json_t *instances, size_t index, const char *key)
{
    return json_get_string(json_array_get(instances, index), key, "");
}

/* Look until so many instances have that verdict. */
static void
until_verdict(Yard *yard, Verdict verdict, size_t count)
{
    int64_t until_ms = clock_monotonic_ms() + DEADLINE_MS;
    size_t found = 0;

    while (clock_monotonic_ms() < until_ms) {
        g_autoptr(FleetHold) hold = yard_hold(yard, "r1");
        g_autoptr(GError) error = NULL;
        g_auto(FleetScene) seen = {0};
        g_assert_true(fleet_scene(hold, yard->to, &seen, &error));
        found = 0;
        for (size_t i = 0; i < seen.scene.count; i++)
            found += seen.instances[i].is_alive && seen.instances[i].health == verdict;
        if (found == count)
            return;
        g_usleep(10000);
    }
    g_error("%zu instances answer so, expected %zu", found, count);
}

/* Look until so many instances are there, alive or not. */
static void
until_there(Yard *yard, size_t count)
{
    int64_t until_ms = clock_monotonic_ms() + DEADLINE_MS;

    while (clock_monotonic_ms() < until_ms) {
        g_autoptr(FleetHold) hold = yard_hold(yard, "r1");
        g_autoptr(GError) error = NULL;
        g_auto(FleetScene) seen = {0};
        g_assert_true(fleet_scene(hold, yard->to, &seen, &error));
        if (seen.scene.count == count)
            return;
        g_usleep(10000);
    }
    g_error("not %zu instances in time", count);
}

static void
yard_clear(Yard *yard)
{
    g_autoptr(json_t) instances = yard_instances(yard);
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; i < json_array_size(instances); i++) {
        int pid = (int) json_get_int(json_array_get(instances, i), "pid", 0);
        if (pid > 0 && strcmp(text_of(instances, i, "state"), "dead") != 0)
            kill(pid, SIGKILL);
    }
    g_autofree char *remove = g_strdup_printf("rm -rf '%s'", yard->folder);
    g_assert_true(g_spawn_command_line_sync(remove, NULL, NULL, NULL, &error));
    json_decref(yard->to);
    config_free(yard->config);
    g_free(yard->folder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Yard, yard_clear)

static void
an_instance_knows_what_it_is_and_answers(void)
{
    g_auto(Yard) yard;
    yard_open(&yard, "");
    yard_obey(&yard, ORDER_START_NEW, 2, NULL);
    until_verdict(&yard, VERDICT_PASS, 2);
    g_autoptr(json_t) instances = yard_instances(&yard);
    g_assert_cmpint(json_array_size(instances), ==, 2);
    g_assert_cmpstr(text_of(instances, 0, "revision"), ==, json_get_string(yard.to, "name", ""));
    g_assert_cmpint(json_get_int(json_array_get(instances, 0), "port", 0), !=,
                    json_get_int(json_array_get(instances, 1), "port", 0));
}

static void
it_outlives_whoever_started_it_and_is_found_again(void)
{
    g_auto(Yard) yard;
    yard_open(&yard, "");
    pid_t starter = fork();
    if (starter == 0) {
        yard_obey(&yard, ORDER_START_NEW, 1, NULL);
        kill(getpid(), SIGKILL);
    }
    waitpid(starter, NULL, 0);
    yard.token = 10;
    until_verdict(&yard, VERDICT_PASS, 1);
    g_autoptr(json_t) instances = yard_instances(&yard);
    int pid = (int) json_get_int(json_array_get(instances, 0), "pid", 0);
    g_autofree char *path = g_strdup_printf("/proc/%d/status", pid), *status = NULL;
    g_assert_true(g_file_get_contents(path, &status, NULL, NULL));
    g_autofree char *parent = g_strdup_printf("PPid:\t%d\n", (int) starter);
    g_autofree char *us = g_strdup_printf("PPid:\t%d\n", (int) getpid());
    g_assert_null(strstr(status, parent));
    g_assert_null(strstr(status, us));
}

static void
a_record_without_a_process_is_no_crash(void)
{
    g_auto(Yard) yard;
    yard_open(&yard, "");
    until_there(&yard, 0);
    g_autofree char *path = g_build_filename(yard.folder, "fleet/player/instances/i-0.json", NULL);
    g_assert_true(g_file_set_contents(path, "{\"id\": \"i-0\", \"revision\": \"x\"}", -1, NULL));
    g_autoptr(json_t) before = yard_instances(&yard);
    g_assert_cmpstr(text_of(before, 0, "state"), ==, "dead");
    until_there(&yard, 0);
}

static void
a_killed_instance_is_seen_to_be_dead(void)
{
    g_auto(Yard) yard;
    yard_open(&yard, "");
    yard_obey(&yard, ORDER_START_NEW, 1, NULL);
    until_verdict(&yard, VERDICT_PASS, 1);
    g_autoptr(json_t) instances = yard_instances(&yard);
    kill((int) json_get_int(json_array_get(instances, 0), "pid", 0), SIGKILL);
    until_verdict(&yard, VERDICT_PASS, 0);
    int64_t until_ms = clock_monotonic_ms() + DEADLINE_MS;
    g_autoptr(json_t) after = yard_instances(&yard);
    while (strcmp(text_of(after, 0, "state"), "dead") != 0 && clock_monotonic_ms() < until_ms) {
        json_decref(after); /* it answers no more, but is not gone yet */
        after = yard_instances(&yard);
    }
    g_assert_cmpstr(text_of(after, 0, "state"), ==, "dead");
    yard_obey(&yard, ORDER_FORGET, 0, text_of(after, 0, "id"));
    until_there(&yard, 0);
}

static void
one_that_does_not_want_to_end_is_killed(void)
{
    g_auto(Yard) yard;
    yard_open(&yard, "STUBBORN: yes");
    yard_obey(&yard, ORDER_START_NEW, 1, NULL);
    until_verdict(&yard, VERDICT_PASS, 1);
    g_autoptr(json_t) instances = yard_instances(&yard);
    yard_obey(&yard, ORDER_STOP, 0, text_of(instances, 0, "id"));
    until_there(&yard, 0);
}

static void
what_it_answers_is_the_verdict(void)
{
    static const struct {
        const char *status;
        Verdict verdict;
    } cases[] = {{"STATUS: '204'", VERDICT_NO_DATA},
                 {"STATUS: '429'", VERDICT_INCONCLUSIVE},
                 {"STATUS: '500'", VERDICT_FAIL}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Yard) yard;
        yard_open(&yard, cases[i].status);
        yard_obey(&yard, ORDER_START_NEW, 1, NULL);
        until_verdict(&yard, cases[i].verdict, 1);
    }
}

static void
traffic_is_one_file_for_anybody(void)
{
    g_auto(Yard) yard;
    g_autoptr(GError) error = NULL;
    yard_open(&yard, "");
    yard_obey(&yard, ORDER_START_NEW, 2, NULL);
    g_autoptr(json_t) instances = yard_instances(&yard), endpoints = NULL;
    yard_obey(&yard, ORDER_TRAFFIC, 0, text_of(instances, 1, "id"));
    g_autofree char *path = g_build_filename(yard.folder, "fleet/player/endpoints.json", NULL);
    g_assert_true(json_read_file(path, &endpoints, &error));
    const json_t *list = json_object_get(endpoints, "endpoints");
    g_assert_cmpint(json_array_size(list), ==, 1);
    g_assert_cmpstr(text_of(list, 0, "instance"), ==, text_of(instances, 1, "id"));
    g_assert_cmpint(json_get_int(json_array_get(list, 0), "port", 0), ==,
                    json_get_int(json_array_get(instances, 1), "port", 0));
}

static void
an_old_lease_acts_no_more(void)
{
    g_auto(Yard) yard;
    g_autoptr(GError) error = NULL;
    yard_open(&yard, "");
    yard.token = 5;
    until_there(&yard, 0); /* with token 6 */
    FleetClaim old = {.rollout = "r1", .token = 5};
    FleetHold *hold = NULL;
    g_assert_false(fleet_hold(&yard.fleet, &old, &hold, &error));
    g_assert_true(error_is(error, ERR_FENCED));
}

static void
two_rollouts_never_have_one_service(void)
{
    g_auto(Yard) yard;
    g_autoptr(GError) error = NULL, refused = NULL;
    yard_open(&yard, "");
    until_there(&yard, 0);
    {
        g_autoptr(FleetHold) other = yard_hold(&yard, "r2");
        g_auto(FleetScene) seen = {0};
        Order order = {.kind = ORDER_START_NEW, .count = 1};
        g_assert_true(fleet_scene(other, yard.to, &seen, &error));
        g_assert_false(seen.scene.is_free);
        g_assert_nonnull(strstr(seen.scene.occupant, "r1"));
        g_assert_false(fleet_obey(other, yard.to, &order, &refused));
    }
    {
        g_autoptr(FleetHold) first = yard_hold(&yard, "r1");
        g_assert_true(fleet_leave(first, &error));
    }
    g_autoptr(FleetHold) other = yard_hold(&yard, "r2");
    g_auto(FleetScene) seen = {0};
    g_assert_true(fleet_scene(other, yard.to, &seen, &error));
    g_assert_true(seen.scene.is_free);
}

static bool
has_service(Yard *yard, const char *rollout)
{
    g_autoptr(FleetHold) hold = yard_hold(yard, rollout);
    g_autoptr(GError) error = NULL;
    g_auto(FleetScene) seen = {0};
    g_assert_true(fleet_scene(hold, yard->to, &seen, &error));
    g_assert_true(seen.scene.is_free != seen.scene.is_taken);
    return seen.scene.is_free;
}

static void
yard_yield(Yard *yard, const char *rollout, bool may_be_taken)
{
    g_autoptr(FleetHold) hold = yard_hold(yard, rollout);
    g_autoptr(GError) error = NULL;
    g_assert_true(fleet_yield(hold, may_be_taken, &error));
}

static void
a_rollout_that_yields_loses_the_service_to_a_newer_one_for_good(void)
{
    g_auto(Yard) yard = {0};
    g_autoptr(GError) error = NULL;
    yard_open(&yard, "");
    yard_obey(&yard, ORDER_TEMPLATE_NEW, 0, NULL);
    g_assert_false(has_service(&yard, "r2"));
    yard_yield(&yard, "r1", true);
    g_assert_true(has_service(&yard, "r1")); /* it may also go on */
    yard_yield(&yard, "r1", false);
    g_assert_false(has_service(&yard, "r2"));
    yard_yield(&yard, "r1", true);
    g_assert_true(has_service(&yard, "r2"));
    g_assert_false(has_service(&yard, "r1"));
    yard_yield(&yard, "r1", true); /* it is not its own to give away */
    g_assert_false(has_service(&yard, "r3"));

    g_autoptr(FleetHold) hold = yard_hold(&yard, "r2");
    bool is_saved;
    const json_t *saved = fleet_saved(hold, &is_saved);
    g_assert_true(is_saved &&
                  json_equal(saved, yard.to)); /* what there is now, not what r1 found */
    g_assert_true(fleet_leave(hold, &error));
    g_clear_pointer(&hold, fleet_hold_free);
    FleetClaim goes_on = {.rollout = "r1", .token = ++yard.token, .has_saved = true};
    g_autoptr(FleetHold) again = NULL;
    g_auto(FleetScene) seen = {0};
    g_assert_true(fleet_hold(&yard.fleet, &goes_on, &again, &error));
    g_assert_true(fleet_scene(again, yard.to, &seen, &error));
    g_assert_true(seen.scene.is_taken); /* also when the newer one is over */
    g_clear_pointer(&again, fleet_hold_free);
    g_assert_true(has_service(&yard, "r1")); /* unless it begins anew */
}

static void
a_program_that_is_not_there_is_an_error_and_leaves_nothing(void)
{
    g_auto(Yard) yard;
    g_autoptr(GError) error = NULL;
    yard_open(&yard, "");
    g_strfreev(yard.config->fleet.services->len > 0
                   ? ((ServiceConfig *) yard.config->fleet.services->pdata[0])->command
                   : NULL);
    ((ServiceConfig *) yard.config->fleet.services->pdata[0])->command =
        g_strsplit("no-such-program", " ", -1);
    {
        g_autoptr(FleetHold) hold = yard_hold(&yard, "r1");
        Order order = {.kind = ORDER_START_NEW, .count = 1};
        g_assert_false(fleet_obey(hold, yard.to, &order, &error));
        g_assert_true(error_is(error, ERR_INVALID));
    }
    until_there(&yard, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/processes/an instance knows what it is and answers",
                    an_instance_knows_what_it_is_and_answers);
    g_test_add_func("/processes/it outlives whoever started it and is found again",
                    it_outlives_whoever_started_it_and_is_found_again);
    g_test_add_func("/processes/a record without a process is no crash",
                    a_record_without_a_process_is_no_crash);
    g_test_add_func("/processes/a killed instance is seen to be dead",
                    a_killed_instance_is_seen_to_be_dead);
    g_test_add_func("/processes/one that does not want to end is killed",
                    one_that_does_not_want_to_end_is_killed);
    g_test_add_func("/processes/what it answers is the verdict", what_it_answers_is_the_verdict);
    g_test_add_func("/processes/traffic is one file for anybody", traffic_is_one_file_for_anybody);
    g_test_add_func("/processes/an old lease acts no more", an_old_lease_acts_no_more);
    g_test_add_func("/processes/a rollout that yields loses the service to a newer one for good",
                    a_rollout_that_yields_loses_the_service_to_a_newer_one_for_good);
    g_test_add_func("/processes/two rollouts never have one service",
                    two_rollouts_never_have_one_service);
    g_test_add_func("/processes/a program that is not there is an error and leaves nothing",
                    a_program_that_is_not_there_is_an_error_and_leaves_nothing);
    return g_test_run();
}
