/* The worker against a scripted server: leases, hearts, reports, and servers that go away. */
#include "worker/worker.h"

#include "fake_server.h"
#include "worker/beat.h"

#include <string.h>

static json_t *
lease_of(const char *id, const char *action, const char *plan_digest)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{}, s:i, s:i, s:i, s:s?, s:n, s:b, "
                     "s:n}",
                     "id", id, "plan", "m-1", "step", "", "action", action, "phase", "forward",
                     "mode", "run", "key", "", "params", "attempt", 1, "token", 7, "lease_ms", 3000,
                     "plan_digest", plan_digest, "intent", "children_done", 0, "evidence");
}

/* Work until there is nothing to do. */
static bool
work(FakeServer *server, GError **error)
{
    static const char *const labels[] = {"gpu", NULL};
    static const char text[] = "stores: { listening: { driver: sqlite } }\n"
                               "repositories: { acme: { driver: git, path: repos } }\n"
                               "fleet: { targets: { here: { driver: processes, path: fleet } } }\n";
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Config) config = NULL;
    WorkerOptions options = {
        .server = fake_server_url(server), .id = "w-test", .labels = labels, .drain = true};

    return config_parse(text, strlen(text), "honk.yaml", diags, &config, error) &&
           worker_main(config, &options, error);
}

static void
work_must(FakeServer *server)
{
    g_autoptr(GError) error = NULL;
    if (!work(server, &error))
        g_error("%s", error->message);
}

/* The outcome of the nth report. Borrowed. */
static const json_t *
outcome_of(const json_t *reports, size_t index)
{
    return json_object_get(json_array_get(reports, index), "outcome");
}

static void
a_worker_offers_its_stores_and_its_labels(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    work_must(server);
    g_autoptr(json_t) leases = fake_server_calls(server, "/lease");
    const json_t *asked = json_array_get(leases, 0);
    g_autofree char *labels = json_compact(json_object_get(asked, "labels"));

    g_assert_cmpstr(json_get_string(asked, "worker", ""), ==, "w-test");
    g_assert_cmpstr(labels, ==, "[\"store:listening\",\"repository:acme\",\"fleet:here\",\"gpu\"]");
}

static void
what_a_worker_does_not_know_it_says(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    fake_server_lease(server, lease_of("t-1", "fly", NULL));
    work_must(server);
    g_autoptr(json_t) reports = fake_server_calls(server, "/tasks/t-1/report");
    const json_t *outcome = outcome_of(reports, 0);

    g_assert_cmpuint(json_array_size(reports), ==, 1);
    g_assert_cmpint(json_get_int(json_array_get(reports, 0), "token", 0), ==, 7);
    g_assert_cmpstr(json_get_string(outcome, "kind", ""), ==, "error");
    g_assert_cmpstr(json_get_string(json_object_get(outcome, "error"), "code", ""), ==,
                    "unsupported");
    g_assert_true(json_get_bool(outcome, "before_effect", false));
}

static void
a_report_is_repeated_while_the_server_is_away(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    fake_server_lease(server, lease_of("t-1", "fly", NULL));
    fake_server_lease(server, lease_of("t-2", "fly", NULL));
    fake_server_refuse(server, "/tasks/t-1/report", 3, 503, "transient");
    work_must(server);
    g_autoptr(json_t) first = fake_server_calls(server, "/tasks/t-1/report");
    g_autoptr(json_t) second = fake_server_calls(server, "/tasks/t-2/report");

    g_assert_cmpuint(json_array_size(first), ==, 4);
    g_assert_cmpuint(json_array_size(second), ==, 1);
}

static void
a_task_that_is_somebody_elses_by_now_is_dropped(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    fake_server_lease(server, lease_of("t-1", "fly", NULL));
    fake_server_lease(server, lease_of("t-2", "fly", NULL));
    fake_server_refuse(server, "/tasks/t-1/report", 100, 409, "fenced");
    work_must(server);
    g_autoptr(json_t) first = fake_server_calls(server, "/tasks/t-1/report");
    g_autoptr(json_t) second = fake_server_calls(server, "/tasks/t-2/report");

    g_assert_cmpuint(json_array_size(first), ==, 1);
    g_assert_cmpuint(json_array_size(second), ==, 1);
}

static void
what_is_too_large_to_tell_is_told_as_a_failure(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    g_autofree char *request = fake_server_blob(server, "{\"entity\": {\"spec\": {}}}");
    json_t *lease = lease_of("t-1", "plan", NULL);
    json_set_string(json_object_get(lease, "params"), "request", request);
    fake_server_lease(server, lease);
    fake_server_refuse(server, "/tasks/t-1/report", 1, 413, "too_large");
    work_must(server);
    g_autoptr(json_t) reports = fake_server_calls(server, "/tasks/t-1/report");

    g_assert_cmpuint(json_array_size(reports), ==, 2);
    g_assert_cmpstr(json_get_string(outcome_of(reports, 0), "kind", ""), ==, "done");
    g_assert_cmpstr(json_get_string(outcome_of(reports, 1), "kind", ""), ==, "error");
}

static void
a_migration_that_cannot_be_planned_ends_with_findings(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    g_autofree char *request = fake_server_blob(
        server, "{\"entity\": {\"kind\": \"Migration\", \"metadata\": {\"name\": \"x\"}, \"spec\": "
                "{\"migration_strategy\": \"bulk-kopy\"}}}");
    json_t *lease = lease_of("t-1", "plan", NULL);
    json_set_string(json_object_get(lease, "params"), "request", request);
    fake_server_lease(server, lease);
    work_must(server);
    g_autoptr(json_t) reports = fake_server_calls(server, "/tasks/t-1/report");
    const json_t *evidence = json_object_get(outcome_of(reports, 0), "evidence");
    g_autofree char *text = json_compact(json_object_get(evidence, "diagnostics"));

    g_assert_true(json_is_null(json_object_get(evidence, "digest")));
    g_assert_nonnull(strstr(text, "did you mean 'bulk-copy'?"));
}

static const char plan_json[] =
    "{\"apiVersion\": \"honk/v1\", \"kind\": \"Plan\", \"name\": \"x\", \"soak_ms\": 0, "
    "\"rollback_window_ms\": 0, \"retention_ms\": 0, \"steps\": [{\"name\": \"a\", \"action\": "
    "\"validate\", \"params\": {}, \"after\": [], \"needs\": [], \"uses\": [], \"reverse\": "
    "{\"action\": null, \"text\": \"\"}, \"irreversible\": false, \"text\": \"\"}]}";

static void
a_plan_is_fetched_once(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    g_autofree char *digest = fake_server_blob(server, plan_json);
    fake_server_lease(server, lease_of("t-1", "fly", digest));
    fake_server_lease(server, lease_of("t-2", "fly", digest));
    work_must(server);
    g_autoptr(json_t) fetched = fake_server_calls(server, digest);
    g_autoptr(json_t) second = fake_server_calls(server, "/tasks/t-2/report");

    g_assert_cmpuint(json_array_size(fetched), ==, 1);
    g_assert_cmpuint(json_array_size(second), ==, 1);
}

static void
a_plan_that_is_gone_fails_the_task(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    fake_server_lease(server, lease_of("t-1", "validate", "sha256:0000"));
    work_must(server);
    g_autoptr(json_t) reports = fake_server_calls(server, "/tasks/t-1/report");
    const json_t *error = json_object_get(outcome_of(reports, 0), "error");

    g_assert_cmpstr(json_get_string(error, "code", ""), ==, "not_found");
}

static void
a_server_that_refuses_a_worker_ends_it(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    g_autoptr(GError) error = NULL;
    fake_server_refuse(server, "/lease", 1, 403, "forbidden");

    g_assert_false(work(server, &error));
    g_assert_error(error, error_quark(), ERR_FORBIDDEN);
}

/* ---- the heart ---- */

static Lease *
lease_for_beat(int64_t lease_ms)
{
    g_autoptr(json_t) json = lease_of("t-1", "copy", NULL);
    Lease *lease = NULL;
    json_set_int(json, "lease_ms", lease_ms);
    g_assert_true(lease_from_json(json, &lease, NULL));
    return lease;
}

static void
a_heart_tells_how_far_the_task_is(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    g_autoptr(Lease) lease = lease_for_beat(300);
    g_autoptr(Beat) beat = NULL;

    g_assert_true(beat_start(fake_server_url(server), NULL, lease, &beat, NULL));
    g_assert_true(beat_tick(beat, 10, 100, "rows", "0001"));
    g_autoptr(json_t) beats = fake_server_await(server, "/heartbeat", 2);
    const json_t *progress = json_object_get(json_array_get(beats, 1), "progress");
    g_assert_cmpint(json_get_int(progress, "done", 0), ==, 10);
    g_assert_cmpint(json_get_int(progress, "total", 0), ==, 100);
    g_assert_cmpstr(json_get_string(progress, "unit", ""), ==, "rows");
}

static void
a_heart_counts_no_rate_of_the_time_in_which_rows_had_to_wait(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    g_autoptr(Lease) lease = lease_for_beat(300);
    g_autoptr(Beat) beat = NULL;

    g_assert_true(beat_start(fake_server_url(server), NULL, lease, &beat, NULL));
    beat_tell(beat, 0, "the shop is busy");
    g_assert_true(beat_tick(beat, 0, 1000, "rows", ""));
    g_autoptr(json_t) braked = fake_server_await(server, "/heartbeat", 10); /* a second or more */
    g_assert_true(beat_tick(beat, 0, 1000, "rows", ""));
    beat_tell(beat, 100, "");
    g_assert_true(beat_tick(beat, 100, 1000, "rows", ""));
    g_autoptr(json_t) all = fake_server_await(server, "/heartbeat", json_array_size(braked) + 2);
    json_t *last = json_array_get(all, json_array_size(all) - 1);
    g_assert_cmpint(json_get_int(json_object_get(last, "progress"), "rate", 0), >, 150);
}

/* Tick until it says stop; the server decides when. */
static void
tick_until_stopped(Beat *beat)
{
    gint64 until = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    while (beat_tick(beat, 1, 2, "rows", ""))
        if (g_get_monotonic_time() > until)
            g_error("nobody stopped this task");
}

static void
a_server_can_stop_a_task(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    g_autoptr(Lease) lease = lease_for_beat(300);
    g_autoptr(Beat) beat = NULL;

    fake_server_say_stop(server);
    g_assert_true(beat_start(fake_server_url(server), NULL, lease, &beat, NULL));
    tick_until_stopped(beat);
    g_assert_false(beat_is_lost(beat));
}

static void
a_fenced_heart_stops_its_task(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    g_autoptr(Lease) lease = lease_for_beat(300);
    g_autoptr(Beat) beat = NULL;

    fake_server_refuse(server, "/heartbeat", 100, 409, "fenced");
    g_assert_true(beat_start(fake_server_url(server), NULL, lease, &beat, NULL));
    tick_until_stopped(beat);
    g_assert_true(beat_is_lost(beat));
}

static void
a_lease_that_ran_out_unheard_stops_its_task(void)
{
    g_autoptr(FakeServer) server = fake_server_new();
    g_autoptr(Lease) lease = lease_for_beat(200);
    g_autoptr(Beat) beat = NULL;

    fake_server_refuse(server, "/heartbeat", 10000, 503, "transient");
    g_assert_true(beat_start(fake_server_url(server), NULL, lease, &beat, NULL));
    tick_until_stopped(beat);
    g_assert_true(beat_is_lost(beat));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add_func("/worker/" path, function)
    TEST("a worker offers its stores and its labels", a_worker_offers_its_stores_and_its_labels);
    TEST("what a worker does not know it says", what_a_worker_does_not_know_it_says);
    TEST("a report is repeated while the server is away",
         a_report_is_repeated_while_the_server_is_away);
    TEST("a task that is somebody else's by now is dropped",
         a_task_that_is_somebody_elses_by_now_is_dropped);
    TEST("what is too large to tell is told as a failure",
         what_is_too_large_to_tell_is_told_as_a_failure);
    TEST("a migration that cannot be planned ends with findings",
         a_migration_that_cannot_be_planned_ends_with_findings);
    TEST("a plan is fetched once", a_plan_is_fetched_once);
    TEST("a plan that is gone fails the task", a_plan_that_is_gone_fails_the_task);
    TEST("a server that refuses a worker ends it", a_server_that_refuses_a_worker_ends_it);
    TEST("a heart tells how far the task is", a_heart_tells_how_far_the_task_is);
    TEST("a heart counts no rate of the time in which rows had to wait",
         a_heart_counts_no_rate_of_the_time_in_which_rows_had_to_wait);
    TEST("a server can stop a task", a_server_can_stop_a_task);
    TEST("a fenced heart stops its task", a_fenced_heart_stops_its_task);
    TEST("a lease that ran out unheard stops its task",
         a_lease_that_ran_out_unheard_stops_its_task);
    return g_test_run();
}
