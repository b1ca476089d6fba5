/* engine.c - plans from their making to their end, and back. */
#include "desk.h"

#define DONE "{'kind':'done'}"

static void
run_to_the_end(Desk *desk)
{
    desk_run(desk, two_steps);
    desk_effect(desk, "stage/ forward run", "{'start':{'source':{},'target':{}}}");
    desk_do(desk, "fill/ forward run",
            "{'kind':'more','children':[{'key':'r1','params':{'range':{}}},{'key':'r2'}]}",
            "waiting");
    desk_effect(desk, "fill/r1 forward run", "{}");
    desk_effect(desk, "fill/r2 forward run", "{}");
    g_auto(Got) got = {0};
    desk_get(desk, "w", &got, "fill/ forward run");
    g_assert_true(json_get_bool(got.json, "children_done", false));
    g_assert_cmpint(json_integer_value(json_at(got.json, "evidence.sums.rows")), ==, 10);
    desk_report(desk, &got, DONE, "done");
    desk_do(desk, "look/ forward run", DONE, "done");
    desk_effect(desk, "swap/ forward run", "{}");
    desk_state(desk, "soaking");
}

static void
a_plan_runs_from_its_making_to_success(void)
{
    g_auto(Desk) desk = {0};
    desk_open(&desk);
    run_to_the_end(&desk);
    desk_wait(&desk, 1000);
    desk_state(&desk, "succeeded");
    desk_wait(&desk, 60000);
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "(not_found)");
    desk_assert(&desk, "SELECT count(*) FROM task WHERE status <> 'done'", "0");
    desk_assert(&desk, "SELECT count(*) = max(seq) FROM event", "1");
}

static void
a_rollback_goes_back_in_reverse_order_and_looks_at_the_end(void)
{
    g_auto(Desk) desk = {0};
    desk_open(&desk);
    run_to_the_end(&desk);
    desk_expect(&desk, COMMAND_ROLLBACK, "{'give_up_rows':true}", "rolling_back");
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "rolling_back");
    g_auto(Got) got = {0};
    desk_get(&desk, "w", &got, "swap/ reverse run");
    g_assert_true(json_boolean_value(json_at(got.json, "params.give_up_rows")));
    g_assert_cmpint(json_integer_value(json_at(got.json, "evidence.rows")), ==, 5);
    g_auto(Got) early = {0};
    desk_get(&desk, "w2", &early, ""); /* 'look' lies between, and has nothing to undo */
    desk_report(&desk, &got, DONE, "done");
    desk_do(&desk, "fill/ reverse run", DONE, "done");
    desk_do(&desk, "stage/ reverse run", DONE, "done");
    desk_state(&desk, "rolling_back");
    desk_get(&desk, "w", &got, "preflight/ reverse run");
    g_assert_nonnull(json_at(got.json, "params.verify_start.source"));
    desk_report(&desk, &got, "{'kind':'done','evidence':{'equal':true}}", "done");
    desk_state(&desk, "rolled_back");
    desk_assert(&desk, "SELECT count(*) FROM task WHERE status NOT IN ('done', 'not_applied')",
                "0");
    desk_assert(&desk, "SELECT count(*) FROM slot WHERE holder IS NOT NULL", "0");
}

static void
a_reverse_that_fails_keeps_what_it_stands_on(void)
{
    g_auto(Desk) desk = {0};
    desk_open(&desk);
    run_to_the_end(&desk);
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "rolling_back");
    desk_do(&desk, "swap/ reverse run",
            "{'kind':'error','error':{'code':'mismatch','message':'3 rows'}}", "failed");
    desk_state(&desk, "needs_operator");
    g_auto(Got) got = {0};
    desk_get(&desk, "w", &got, "");
    desk_expect(&desk, COMMAND_ROLLBACK, "{'give_up_rows':true}", "rolling_back");
    desk_do(&desk, "swap/ reverse run", DONE, "done");
    desk_do(&desk, "fill/ reverse run", DONE, "done");
    desk_do(&desk, "stage/ reverse run", DONE, "done");
    desk_do(&desk, "preflight/ reverse run", "{'kind':'done','evidence':{'equal':true}}", "done");
    desk_state(&desk, "rolled_back");
}

#define SWAP_END "{'name':'swap','action':'swap','after':['look']}]}"

static void
run_with_end(Desk *desk, const char *steps)
{
    g_autofree char *with_end =
        g_strdup_printf("%.*s{'name':'swap','action':'swap','after':['look']},%s]}",
                        (int) (strlen(two_steps) - strlen(SWAP_END)), two_steps, steps);
    desk_run(desk, with_end);
    desk_effect(desk, "stage/ forward run", "{'start':{}}");
    desk_effect(desk, "fill/ forward run", "{}");
    desk_do(desk, "look/ forward run", DONE, "done");
    desk_effect(desk, "swap/ forward run", "{}");
    desk_wait(desk, 1000);
    desk_state(desk, "succeeded");
}

static void
the_way_back_is_cleared_away_when_the_window_is_over(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    desk_open(&desk);
    run_with_end(&desk, "{'name':'settle','action':'settle','after':['swap']}");
    desk_get(&desk, "w", &got, "");
    desk_wait(&desk, 60000);
    desk_restart(&desk);
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "(wrong_state)");
    desk_effect(&desk, "settle/ forward run", "{}");
    desk_state(&desk, "succeeded");
    desk_assert(&desk, "SELECT count(*) FROM plan WHERE ended_ms > 0", "1");
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "(not_found)");
}

static void
what_could_not_be_cleared_away_is_tried_again_on_request(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    desk_open(&desk);
    run_with_end(&desk, "{'name':'settle','action':'settle','after':['swap']},"
                        "{'name':'retire','action':'retire','after':['settle']}");
    desk_wait(&desk, 60000);
    desk_get(&desk, "w", &got, "settle/ forward run");
    desk_report(&desk, &got, "{'kind':'error','error':{'code':'mismatch','message':'read-only'}}",
                "failed");
    desk_expect(&desk, COMMAND_RETIRE, "{'reason':'old'}", "retiring");
    g_autofree char *status = desk_ask(&desk, COMMAND_TASK_RETRY, "user:default/ada", got.id, 0,
                                       "{'reason':'mended'}", "status");
    g_assert_cmpstr(status, ==, "ready");
    desk_effect(&desk, "settle/ forward run", "{}");
    desk_effect(&desk, "retire/ forward run", "{}");
    desk_state(&desk, "closed");
}

static void
a_rollback_in_the_window_needs_no_clearing(void)
{
    g_auto(Desk) desk = {0};
    desk_open(&desk);
    run_with_end(&desk, "{'name':'settle','action':'settle','after':['swap']}");
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "rolling_back");
    desk_do(&desk, "swap/ reverse run", DONE, "done");
    desk_do(&desk, "fill/ reverse run", DONE, "done");
    desk_do(&desk, "stage/ reverse run", DONE, "done");
    desk_do(&desk, "preflight/ reverse run", "{'kind':'done','evidence':{'equal':true}}", "done");
    desk_state(&desk, "rolled_back");
    desk_assert(&desk, "SELECT status FROM task WHERE step = 'settle'", "not_applied");
}

/* What the room `review` does with its rows. */
static int yeses;

static bool
count_yeses(Command *command, Db *db, GError **error)
{
    json_set_bool(command->args, "quorum_reached", yeses + 1 >= 2);
    return true;
}

static bool
record_yes(Command *command, Db *db, GError **error)
{
    yeses++;
    return true;
}

static void
two_who_say_yes_in_one_beat_are_two(void)
{
    g_auto(Desk) desk = {0};
    desk_open(&desk);
    desk_plan(&desk, two_steps);
    yeses = 0;
    for (int i = 0; i < 2; i++) {
        Command *command =
            command_new(COMMAND_APPROVE, i == 0 ? "user:default/bo" : "user:default/cy");
        command->plan = g_strdup(desk.plan);
        command->args = json_pack("{s:s}", "digest", desk.digest);
        command->look = count_yeses;
        command->write = record_yes;
        engine_submit(desk.engine, command);
    }
    desk_beat(&desk);
    desk_state(&desk, "approved");
}

static void
a_step_is_not_left_out_while_a_part_may_have_done_something(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) part = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    desk_effect(&desk, "stage/ forward run", "{'start':{}}");
    desk_do(&desk, "fill/ forward run", "{'kind':'more','children':[{'key':'r1'}]}", "waiting");
    desk_get(&desk, "w", &part, "fill/r1 forward run");
    g_autofree char *noted = desk_ask(&desk, COMMAND_INTENT, "worker:w", part.id, part.token,
                                      "{'pre_state':{}}", "none");
    g_assert_cmpstr(noted, ==, "-");
    desk_report(&desk, &part, "{'kind':'error','error':{'code':'mismatch','message':'no'}}",
                "failed");
    g_autofree char *root =
        desk_look(&desk, "SELECT id FROM task WHERE step = 'fill' AND key = ''");
    g_autoptr(Command) skip = desk_say(&desk, COMMAND_TASK_SKIP, "user:default/ada", root, 0, NULL);
    g_assert_true(error_is(skip->error, ERR_WRONG_STATE));
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "rolling_back");
    desk_do(&desk, "fill/r1 forward probe", "{'kind':'applied'}", "waiting");
    desk_do(&desk, "fill/ reverse run", DONE, "done");
    desk_do(&desk, "stage/ reverse run", DONE, "done");
    desk_do(&desk, "preflight/ reverse run", "{'kind':'done','evidence':{'equal':true}}", "done");
    desk_state(&desk, "rolled_back");
}

static void
a_lost_lease_is_probed_before_anything_else(void)
{
    g_auto(Desk) desk = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    g_auto(Got) lost = {0};
    desk_get(&desk, "lost", &lost, "stage/ forward run");
    desk_intend(&desk, &lost, "{}", "-");
    desk_wait(&desk, 15000);
    desk_assert(&desk, "SELECT status FROM task WHERE step = 'stage'", "unknown");
    desk_report(&desk, &lost, DONE, "(fenced)");
    g_auto(Got) probe = {0};
    desk_get(&desk, "w", &probe, "stage/ forward probe");
    g_assert_cmpint(probe.token, >, lost.token);
    desk_report(&desk, &probe, "{'kind':'not_applied'}", "retry_wait");
    desk_wait(&desk, 3000);
    desk_effect(&desk, "stage/ forward run", "{}");
}

/* A way back of other steps raised the plan's fence over it. */
static void
who_is_fenced_with_a_token_that_counts_tries_again_with_a_newer_one(void)
{
    g_auto(Desk) desk = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    g_auto(Got) first = {0};
    desk_get(&desk, "w", &first, "stage/ forward run");
    desk_report(&desk, &first,
                "{'kind':'error','error':{'code':'fenced','message':'the fence stands higher'}}",
                "retry_wait");
    desk_wait(&desk, 3000);
    g_auto(Got) second = {0};
    desk_get(&desk, "w", &second, "stage/ forward run");
    g_assert_cmpint(second.token, >, first.token);
    desk_report(&desk, &second, DONE, "done");
}

static void
a_lease_that_is_lost_before_its_intent_has_changed_nothing(void)
{
    g_auto(Desk) desk = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    g_auto(Got) lost = {0};
    desk_get(&desk, "lost", &lost, "stage/ forward run");
    desk_wait(&desk, 15000);
    desk_assert(&desk, "SELECT status FROM task WHERE step = 'stage'", "retry_wait");
    desk_intend(&desk, &lost, "{}", "(fenced)");
    desk_wait(&desk, 3000);
    desk_effect(&desk, "stage/ forward run", "{}");
}

static void
a_rollback_fences_what_runs_and_probes_it(void)
{
    g_auto(Desk) desk = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    desk_effect(&desk, "stage/ forward run", "{'start':{}}");
    desk_do(&desk, "fill/ forward run",
            "{'kind':'more','children':[{'key':'r1'},{'key':'r2'},{'key':'r3'}]}", "waiting");
    desk_effect(&desk, "fill/r1 forward run", "{}");
    g_auto(Got) running = {0};
    desk_get(&desk, "w2", &running, "fill/r2 forward run");
    desk_intend(&desk, &running, "{}", "-");
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "rolling_back");
    desk_report(&desk, &running, DONE, "(fenced)");
    desk_assert(&desk, "SELECT status FROM task WHERE key = 'r3'", "not_applied");
    desk_do(&desk, "fill/r2 forward probe", "{'kind':'applied'}", "waiting");
    desk_do(&desk, "fill/ reverse run", DONE, "done");
    desk_do(&desk, "stage/ reverse run", DONE, "done");
    desk_do(&desk, "preflight/ reverse run", DONE, "done");
    desk_state(&desk, "rolled_back");
}

static void
a_restart_goes_on_where_it_was(void)
{
    g_auto(Desk) desk = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    g_auto(Got) running = {0};
    desk_get(&desk, "w", &running, "stage/ forward run");
    desk_restart(&desk);
    desk_report(&desk, &running, DONE, "done");
    desk_restart(&desk);
    desk_do(&desk, "fill/ forward run", "{'kind':'more','children':[{'key':'r1'}]}", "waiting");
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "rolling_back");
    desk_restart(&desk);
    desk_do(&desk, "stage/ reverse run", DONE, "done");
    desk_state(&desk, "rolled_back");
}

static void
note_silent(const char *worker, void *data)
{
    g_ptr_array_add(data, g_strdup(worker));
}

static void
a_silent_worker_of_ours_is_ended_before_anybody_looks(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    g_autoptr(GPtrArray) silent = g_ptr_array_new_with_free_func(g_free);
    desk_open(&desk);
    desk.options.on_silent = note_silent;
    desk.options.data = silent;
    desk_restart(&desk);
    desk_run(&desk, two_steps);
    g_autoptr(Command) lease =
        desk_say(&desk, COMMAND_LEASE, "worker:ours", NULL, 0,
                 "{'worker':'ours','labels':['store:s'],'local':true,'pid':7}");
    g_assert_true(json_is_object(lease->reply));
    Got ours = {.id = (char *) json_get_string(lease->reply, "id", NULL),
                .token = json_get_int(lease->reply, "token", 0)};
    desk_intend(&desk, &ours, "{}", "-");
    desk_wait(&desk, 15000);
    g_assert_cmpint(silent->len, ==, 1);
    g_assert_cmpstr(silent->pdata[0], ==, "ours");
    desk_assert(&desk, "SELECT status FROM task WHERE step = 'stage'", "leased");
    desk_get(&desk, "other", &got, "");
    desk_wait(&desk, 5000); /* it does not end: asked for again */
    g_assert_cmpint(silent->len, >, 1);
    desk_assert(&desk, "SELECT status FROM task WHERE step = 'stage'", "leased");
    g_autofree char *lost =
        desk_ask(&desk, COMMAND_WORKER_LOST, "honk", NULL, 0, "{'worker':'ours'}", "none");
    g_assert_cmpstr(lost, ==, "-");
    desk_wait(&desk, 1000);
    desk_get(&desk, "other", &got, "stage/ forward probe");
}

static void
a_silent_worker_elsewhere_is_looked_after_at_once(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    g_autoptr(GPtrArray) silent = g_ptr_array_new_with_free_func(g_free);
    desk_open(&desk);
    desk.options.on_silent = note_silent;
    desk.options.data = silent;
    desk_restart(&desk);
    desk_run(&desk, two_steps);
    desk_get(&desk, "far", &got, "stage/ forward run");
    desk_intend(&desk, &got, "{}", "-");
    desk_wait(&desk, 17000);
    g_assert_cmpint(silent->len, ==, 0);
    desk_get(&desk, "other", &got, "stage/ forward probe");
}

static void
beat_heart(Desk *desk, const Got *got, int done)
{
    g_autofree char *args = g_strdup_printf("{'progress':{'done':%d}}", done);
    g_autofree char *answer =
        desk_ask(desk, COMMAND_HEARTBEAT, "worker:w", got->id, got->token, args, "none");
    g_assert_cmpstr(answer, ==, "-");
}

static void
progress_is_written_once_a_second_and_the_last_of_it_is_not_lost(void)
{
    static const char written[] = "SELECT group_concat(json_extract(data, '$.done')) FROM event"
                                  " WHERE type = 'task.progress'";
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    desk_get(&desk, "w", &got, "stage/ forward run");
    beat_heart(&desk, &got, 1);
    g_autofree char *changes = desk_look(&desk, "SELECT total_changes()");
    for (int i = 2; i < 10; i++)
        beat_heart(&desk, &got, i);
    desk_assert(&desk, "SELECT total_changes()", changes);
    desk_assert(&desk, written, "1");
    desk_wait(&desk, 1000);
    desk_assert(&desk, written, "1,9");
    desk_assert(&desk, "SELECT progress FROM task WHERE step = 'stage'", "{\"done\":9}");
    beat_heart(&desk, &got, 10);
    desk_report(&desk, &got, DONE, "done");
    desk_assert(&desk, written, "1,9,10");
}

static void
a_lease_that_is_extended_never_looks_over(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    desk_get(&desk, "w", &got, "stage/ forward run");
    for (int i = 0; i < 20; i++) {
        desk_wait(&desk, 5000);
        beat_heart(&desk, &got, 1);
        g_autofree char *sql = g_strdup_printf("SELECT lease_until_ms > %" G_GINT64_FORMAT
                                               " + 5000 FROM task WHERE step = 'stage'",
                                               desk.now_ms);
        desk_assert(&desk, sql, "1");
    }
    desk_report(&desk, &got, DONE, "done");
}

static void
a_restart_with_an_earlier_clock_keeps_nobody_waiting(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    desk_effect(&desk, "stage/ forward run", "{}");
    desk_do(&desk, "fill/ forward run", "{'kind':'more','children':[{'key':'r1'},{'key':'r2'}]}",
            "waiting");
    desk_do(&desk, "fill/r1 forward run",
            "{'kind':'error','error':{'code':'transient','message':'busy'}}", "retry_wait");
    desk_get(&desk, "lost", &got, "fill/r2 forward run");
    desk_intend(&desk, &got, "{}", "-");
    desk.now_ms -= 800000;
    desk_restart(&desk);
    desk_wait(&desk, 15000);
    desk_assert(&desk, "SELECT status FROM task WHERE key = 'r2'", "unknown");
    desk_wait(&desk, 85000);
    desk_assert(&desk, "SELECT status FROM task WHERE key = 'r1'", "ready");
}

static int64_t
share_of(Desk *desk, const Got *got)
{
    g_autoptr(Command) command =
        desk_say(desk, COMMAND_HEARTBEAT, "worker:w", got->id, got->token, "{}");
    g_assert_no_error(command->error);
    return json_get_int(json_object_get(command->reply, "throttle"), "rows_per_second", 0);
}

static void
a_rate_is_shared_by_the_leases_that_move_rows(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) fill = {0}, first = {0}, second = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    desk_effect(&desk, "stage/ forward run", "{}");
    desk_get(&desk, "w", &fill, "fill/ forward run");
    desk_report(&desk, &fill, "{'kind':'more','children':[{'key':'1'},{'key':'2'}]}", "waiting");
    desk_get(&desk, "w", &first, "fill/1 forward run");
    g_assert_cmpint(share_of(&desk, &first), ==, 0);
    g_autofree char *said = desk_ask(&desk, COMMAND_THROTTLE, "user:default/ada", NULL, 0,
                                     "{'throttle':{'rows_per_second':1000}}", "-");
    g_assert_cmpstr(said, ==, "-");
    g_assert_cmpint(share_of(&desk, &first), ==, 1000);
    desk_get(&desk, "v", &second, "fill/2 forward run");
    g_assert_cmpint(json_integer_value(json_at(second.json, "throttle.rows_per_second")), ==, 500);
    g_assert_cmpint(share_of(&desk, &first), ==, 500);
    desk_restart(&desk);
    g_assert_cmpint(share_of(&desk, &first), ==, 500);
    desk_report(&desk, &first, "{'kind':'done','evidence':{}}", "done");
    desk_assert(&desk, "SELECT count(*) FROM event WHERE type = 'plan.throttle'", "1");
    g_autofree char *wrong = desk_ask(&desk, COMMAND_THROTTLE, "user:default/ada", NULL, 0,
                                      "{'throttle':{'rows':1}}", "-");
    g_assert_cmpstr(wrong, ==, "(invalid)");
}

static void
a_range_that_is_slowed_looks_again_as_soon_as_the_throttle_changes(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) fill = {0}, first = {0};
    desk_open(&desk);
    desk_run(&desk, two_steps);
    desk_effect(&desk, "stage/ forward run", "{}");
    desk_get(&desk, "w", &fill, "fill/ forward run");
    desk_report(&desk, &fill, "{'kind':'more','children':[{'key':'1'}]}", "waiting");
    desk_get(&desk, "w", &first, "fill/1 forward run");
    g_autofree char *slowed =
        g_strdup_printf("{'kind':'wait','until_ms':%" G_GINT64_FORMAT "}", desk.now_ms + 10000);
    desk_report(&desk, &first, slowed, "waiting");
    desk_wait(&desk, 100);
    desk_get(&desk, "w", &first, "");
    g_free(desk_ask(&desk, COMMAND_THROTTLE, "user:default/ada", NULL, 0,
                    "{'throttle':{'rows_per_second':500}}", "-"));
    desk_wait(&desk, 1);
    desk_get(&desk, "w", &first, "fill/1 forward run");
}

/* What a command to the campaign is answered: the rate, or the error's wire name. */
static char *
throttle_campaign(Desk *desk, char *campaign, const char *args)
{
    char *plan = desk->plan;
    desk->plan = campaign;
    g_autoptr(Command) command =
        desk_say(desk, COMMAND_CAMPAIGN_THROTTLE, "user:default/ada", NULL, 0, args);
    desk->plan = plan;
    if (command->error != NULL)
        return g_strdup(error_wire_name(error_code(command->error)));
    const json_t *rate = json_at(command->reply, "throttle.rows_per_second");
    return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(rate));
}

static void
a_campaigns_rate_is_shared_by_all_that_move_its_rows(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) fill = {0}, first = {0}, second = {0};
    desk_open(&desk);
    desk_plan(&desk, two_steps);
    g_autofree char *campaign = desk_ask(
        &desk, COMMAND_CAMPAIGN_CREATE, "user:default/ada", NULL, 0,
        "{'ref':'campaign:default/c','members':[{'migration':'component:default/m'}]}", "id");
    desk_approve(&desk);
    desk_expect(&desk, COMMAND_START, NULL, "preflight");
    desk_do(&desk, "preflight/ forward run", "{'kind':'done','evidence':{'drift':[]}}", "done");
    desk_effect(&desk, "stage/ forward run", "{}");
    desk_get(&desk, "w", &fill, "fill/ forward run");
    desk_report(&desk, &fill, "{'kind':'more','children':[{'key':'1'},{'key':'2'}]}", "waiting");
    desk_get(&desk, "w", &first, "fill/1 forward run");
    g_autofree char *said =
        throttle_campaign(&desk, campaign, "{'throttle':{'rows_per_second':900}}");
    g_assert_cmpstr(said, ==, "900");
    g_assert_cmpint(share_of(&desk, &first), ==, 900);
    /* the migration's own limit holds, too: the lower one does */
    g_free(desk_ask(&desk, COMMAND_THROTTLE, "user:default/ada", NULL, 0,
                    "{'throttle':{'rows_per_second':500}}", "-"));
    g_assert_cmpint(share_of(&desk, &first), ==, 500);
    desk_get(&desk, "v", &second, "fill/2 forward run");
    g_assert_cmpint(json_integer_value(json_at(second.json, "throttle.rows_per_second")), ==, 250);
    g_free(throttle_campaign(&desk, campaign, "{'throttle':{'rows_per_second':300}}"));
    g_assert_cmpint(share_of(&desk, &first), ==, 150);
    desk_restart(&desk);
    g_assert_cmpint(share_of(&desk, &first), ==, 150);
    desk_assert(&desk, "SELECT count(*) FROM event WHERE type = 'campaign.throttle'", "2");
    g_autofree char *wrong = throttle_campaign(&desk, campaign, "{'throttle':{'rows':1}}");
    g_assert_cmpstr(wrong, ==, "invalid");
    g_autofree char *off = throttle_campaign(&desk, campaign, "{'throttle':{'rows_per_second':0}}");
    g_assert_cmpstr(off, ==, "0");
    g_assert_cmpint(share_of(&desk, &first), ==, 250);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine/a plan runs from its making to success",
                    a_plan_runs_from_its_making_to_success);
    g_test_add_func("/engine/a rollback goes back in reverse order and looks at the end",
                    a_rollback_goes_back_in_reverse_order_and_looks_at_the_end);
    g_test_add_func("/engine/a reverse that fails keeps what it stands on",
                    a_reverse_that_fails_keeps_what_it_stands_on);
    g_test_add_func("/engine/the way back is cleared away when the window is over",
                    the_way_back_is_cleared_away_when_the_window_is_over);
    g_test_add_func("/engine/what could not be cleared away is tried again on request",
                    what_could_not_be_cleared_away_is_tried_again_on_request);
    g_test_add_func("/engine/a rollback in the window needs no clearing",
                    a_rollback_in_the_window_needs_no_clearing);
    g_test_add_func("/engine/a step is not left out while a part may have done something",
                    a_step_is_not_left_out_while_a_part_may_have_done_something);
    g_test_add_func("/engine/two who say yes in one beat are two",
                    two_who_say_yes_in_one_beat_are_two);
    g_test_add_func("/engine/a lost lease is probed before anything else",
                    a_lost_lease_is_probed_before_anything_else);
    g_test_add_func("/engine/who is fenced with a token that counts tries again with a newer one",
                    who_is_fenced_with_a_token_that_counts_tries_again_with_a_newer_one);
    g_test_add_func("/engine/a lease that is lost before its intent has changed nothing",
                    a_lease_that_is_lost_before_its_intent_has_changed_nothing);
    g_test_add_func("/engine/a rollback fences what runs and probes it",
                    a_rollback_fences_what_runs_and_probes_it);
    g_test_add_func("/engine/a restart goes on where it was", a_restart_goes_on_where_it_was);
    g_test_add_func("/engine/a silent worker of ours is ended before anybody looks",
                    a_silent_worker_of_ours_is_ended_before_anybody_looks);
    g_test_add_func("/engine/a silent worker elsewhere is looked after at once",
                    a_silent_worker_elsewhere_is_looked_after_at_once);
    g_test_add_func("/engine/progress is written once a second, and the last of it is not lost",
                    progress_is_written_once_a_second_and_the_last_of_it_is_not_lost);
    g_test_add_func("/engine/a lease that is extended never looks over",
                    a_lease_that_is_extended_never_looks_over);
    g_test_add_func("/engine/a restart with an earlier clock keeps nobody waiting",
                    a_restart_with_an_earlier_clock_keeps_nobody_waiting);
    g_test_add_func("/engine/a rate is shared by the leases that move rows",
                    a_rate_is_shared_by_the_leases_that_move_rows);
    g_test_add_func("/engine/a range that is slowed looks again as soon as the throttle changes",
                    a_range_that_is_slowed_looks_again_as_soon_as_the_throttle_changes);
    g_test_add_func("/engine/a campaign's rate is shared by all that move its rows",
                    a_campaigns_rate_is_shared_by_all_that_move_its_rows);
    return g_test_run();
}
