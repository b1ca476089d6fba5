/* signals.c - what a task remembers from one lease to the next, and what people say to it. */
#include "desk.h"

#include "base/limits.h"

#define WAIT                                                                                       \
    "{'kind':'wait','until_ms':%" G_GINT64_FORMAT ",'message':'bakes','checkpoint':{'i':%d}}"

static const char one_step[] =
    "{'apiVersion':'honk/v1','kind':'Plan','name':'move','source':{'url':'s:a'},"
    "'target':{'url':'s:b'},'soak_ms':1000,'rollback_window_ms':60000,'steps':["
    "{'name':'stage','action':'stage'}]}";

static void
run_one_step(Desk *desk)
{
    desk_open(desk);
    desk_run(desk, one_step);
}

static void
wait_until(Desk *desk, const Got *got, int64_t ms, int checkpoint)
{
    g_autofree char *outcome = g_strdup_printf(WAIT, desk->now_ms + ms, checkpoint);
    desk_report(desk, got, outcome, "waiting");
}

static void
say(Desk *desk, const Got *got, const char *signal, const char *expected)
{
    g_autofree char *args = g_strdup_printf("{'signal':'%s'}", signal);
    g_autofree char *status =
        desk_ask(desk, COMMAND_TASK_SIGNAL, "user:default/ada", got->id, 0, args, "status");
    g_assert_cmpstr(status, ==, expected);
}

/* "pause/1 resume/2" */
static void
expect_signals(const Got *got, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);
    size_t i;
    json_t *signal;
    json_array_foreach(json_object_get(got->json, "signals"), i, signal) g_string_append_printf(
        text, "%s%s/%d", i > 0 ? " " : "", json_get_string(signal, "signal", ""),
        (int) json_get_int(signal, "n", 0));
    g_assert_cmpstr(text->str, ==, expected);
}

static void
expect_checkpoint(const Got *got, int expected)
{
    g_assert_cmpint(json_integer_value(json_at(got->json, "checkpoint.i")), ==, expected);
}

static void
a_checkpoint_comes_back_with_every_later_lease(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    run_one_step(&desk);
    desk_get(&desk, "w", &got, "stage/ forward run");
    g_assert_true(json_is_null(json_object_get(got.json, "checkpoint")));
    desk_intend(&desk, &got, "{'start':{}}", "-");
    wait_until(&desk, &got, 5000, 1);
    desk_assert(&desk, "SELECT reason FROM task WHERE step = 'stage'", "bakes");
    desk_restart(&desk);
    desk_wait(&desk, 5000);
    desk_get(&desk, "w", &got, "stage/ forward run");
    expect_checkpoint(&got, 1);
    desk_report(&desk, &got, "{'kind':'wait','until_ms':0}", "waiting");
    desk_wait(&desk, 100);
    desk_get(&desk, "w", &got, "stage/ forward run");
    expect_checkpoint(&got, 1);
    desk_wait(&desk, 15000); /* the worker is gone */
    desk_get(&desk, "w", &got, "stage/ forward probe");
    expect_checkpoint(&got, 1);
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "rolling_back");
    desk_get(&desk, "w", &got, "stage/ forward probe");
    desk_report(&desk, &got, "{'kind':'partly','checkpoint':{'i':2}}", "ready");
    desk_get(&desk, "w", &got, "stage/ reverse run");
    expect_checkpoint(&got, 2);
    wait_until(&desk, &got, 1000, 3);
    desk_wait(&desk, 1000);
    desk_get(&desk, "w", &got, "stage/ reverse run");
    expect_checkpoint(&got, 3);
}

static const char one_rollout[] =
    "{'apiVersion':'honk/v1','kind':'Plan','name':'move','source':{'url':'s:a'},"
    "'target':{'url':'s:b'},'soak_ms':1000,'rollback_window_ms':60000,'steps':["
    "{'name':'out','action':'rollout','deadline_ms':30000}]}";

/* The first of the services is half-way, the others have not begun. */
static void
begin_some(Desk *desk, Got *got, const char *services)
{
    g_autofree char *more = g_strdup_printf("{'kind':'more','children':%s}", services);
    desk_open(desk);
    desk_run(desk, one_rollout);
    desk_get(desk, "w", got, "out/ forward run");
    desk_intend(desk, got, "{'start':{}}", "-");
    desk_report(desk, got, more, "waiting");
    desk_get(desk, "w", got, "out/a forward run");
    g_assert_true(json_is_false(json_object_get(got->json, "held")));
    desk_intend(desk, got, "{}", "-");
    wait_until(desk, got, 1000, 1);
}

static void
what_stands_half_way_is_leased_to_be_looked_at_while_its_plan_stands_still(void)
{
    static const CommandKind words[] = {COMMAND_PAUSE, COMMAND_HALT};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_auto(Desk) desk = {0};
        g_auto(Got) got = {0};
        begin_some(&desk, &got, "[{'key':'a'},{'key':'b'}]");
        desk_expect(&desk, words[i], NULL, i == 0 ? "paused" : "halted");
        desk_get(&desk, "w", &got, ""); /* its time has not come, and the other has not begun */
        for (int look = 2; look < 60; look++) {
            desk_wait(&desk, 1000);
            desk_get(&desk, "w", &got, "out/a forward run");
            g_assert_true(json_is_true(json_object_get(got.json, "held")));
            expect_checkpoint(&got, look - 1);
            desk_intend(&desk, &got, "{}", "-"); /* not even a halt stops it */
            wait_until(&desk, &got, 1000, look);
        }
        desk_restart(&desk);
        desk_wait(&desk, 1000);
        desk_get(&desk, "w", &got, "out/a forward run");
        g_assert_true(json_is_true(json_object_get(got.json, "held")));
        /* its deadline stands still with the plan: it may be tried again */
        desk_report(&desk, &got, "{'kind':'error','error':{'code':'transient','message':'busy'}}",
                    "retry_wait");
    }
}

static void
a_look_that_learns_nothing_is_no_event(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    begin_some(&desk, &got, "[{'key':'a'}]");
    g_autofree char *told = desk_look(&desk, "SELECT count(*) FROM event WHERE task IS NOT NULL");
    for (int look = 2; look < 20; look++) {
        desk_wait(&desk, 1000);
        desk_get(&desk, "w", &got, "out/a forward run");
        if (look % 5 == 0)
            desk_restart(&desk);
        desk_assert(&desk, "SELECT reason FROM task WHERE key = 'a'", "bakes");
        wait_until(&desk, &got, 1000, look);
    }
    desk_assert(&desk, "SELECT count(*) FROM event WHERE task IS NOT NULL", told);
    desk_wait(&desk, 1000);
    desk_get(&desk, "w", &got, "out/a forward run");
    desk_report(&desk, &got, "{'kind':'done'}", "done");
    desk_assert(&desk,
                "SELECT from_state || ' ' || to_state FROM event WHERE type = 'task.status' AND "
                "task = (SELECT id FROM task WHERE key = 'a') ORDER BY seq DESC LIMIT 1",
                "waiting done");
}

static void
what_is_half_done_goes_on_from_its_checkpoint(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    run_one_step(&desk);
    desk_get(&desk, "w", &got, "stage/ forward run");
    desk_intend(&desk, &got, "{'start':{}}", "-");
    wait_until(&desk, &got, 100, 1);
    desk_wait(&desk, 100);
    desk_get(&desk, "w", &got, "stage/ forward run");
    desk_wait(&desk, 15000);
    desk_do(&desk, "stage/ forward probe", "{'kind':'partly'}", "retry_wait");
    desk_assert(
        &desk,
        "SELECT intent IS NOT NULL AND error_code <> 'mismatch' FROM task WHERE step = 'stage'",
        "1");
    desk_wait(&desk, 100000);
    desk_get(&desk, "w", &got, "stage/ forward run");
    expect_checkpoint(&got, 1);
}

static void
waiting_for_the_world_uses_up_no_tries(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    run_one_step(&desk);
    for (int i = 1; i <= 50; i++) {
        desk_get(&desk, "w", &got, "stage/ forward run");
        wait_until(&desk, &got, 1000, i);
        desk_wait(&desk, 1000);
    }
    desk_do(&desk, "stage/ forward run",
            "{'kind':'error','error':{'code':'transient','message':'busy'}}", "retry_wait");
    desk_wait(&desk, 2000); /* the first rest, not the fiftieth */
    desk_get(&desk, "w", &got, "stage/ forward run");
    expect_checkpoint(&got, 50);
}

static void
a_word_wakes_who_waits_and_is_told_until_it_was_taken_notice_of(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    run_one_step(&desk);
    desk_get(&desk, "w", &got, "stage/ forward run");
    expect_signals(&got, "");
    wait_until(&desk, &got, 3600000, 1);
    say(&desk, &got, "pause", "waiting");
    desk_get(&desk, "w", &got, "stage/ forward run");
    expect_signals(&got, "pause/1");
    g_assert_cmpstr(json_string_value(
                        json_at(json_array_get(json_object_get(got.json, "signals"), 0), "actor")),
                    ==, "user:default/ada");
    wait_until(&desk, &got, 1000, 1); /* it has not noticed; and is not asked again at once */
    desk_restart(&desk);
    desk_wait(&desk, 1000);
    desk_get(&desk, "w", &got, "stage/ forward run");
    expect_signals(&got, "pause/1");
    say(&desk, &got, "resume", "leased");
    g_autofree char *seen = g_strdup_printf(
        "{'kind':'wait','signals_seen':2,'until_ms':%" G_GINT64_FORMAT "}", desk.now_ms + 3600000);
    desk_report(&desk, &got, seen, "ready"); /* 'resume' came meanwhile: nobody has told it yet */
    desk_get(&desk, "w", &got, "stage/ forward run");
    expect_signals(&got, "resume/2");
    desk_report(&desk, &got, "{'kind':'wait','signals_seen':2,'until_ms':0}", "waiting");
    desk_wait(&desk, 100);
    desk_get(&desk, "w", &got, "stage/ forward run");
    expect_signals(&got, "");
    desk_report(&desk, &got, "{'kind':'wait','until_ms':0}", "waiting");
    say(&desk, &got, "resume", "waiting"); /* numbers are never used again */
    desk_get(&desk, "w", &got, "stage/ forward run");
    expect_signals(&got, "resume/3");
}

static void
the_same_word_before_anybody_heard_it_is_one_word(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    run_one_step(&desk);
    desk_get(&desk, "w", &got, "stage/ forward run");
    say(&desk, &got, "pause", "leased");
    say(&desk, &got, "pause", "leased");
    say(&desk, &got, "resume", "leased");
    say(&desk, &got, "pause", "leased");
    desk_assert(&desk, "SELECT json_array_length(signals) FROM task WHERE step = 'stage'", "3");
    desk_assert(&desk, "SELECT count(*) FROM event WHERE type = 'task.signal'", "3");
}

static void
words_to_a_task_are_refused_when_nobody_would_hear_them(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    run_one_step(&desk);
    desk_get(&desk, "w", &got, "stage/ forward run");
    say(&desk, &got, "Go on!", "(invalid)");
    for (int i = 0; i < SIGNALS_MAX; i++)
        say(&desk, &got, i % 2 == 0 ? "pause" : "resume", "leased");
    say(&desk, &got, "promote", "(limit)");
    desk_intend(&desk, &got, "{'start':{}}", "-");
    desk_report(&desk, &got, "{'kind':'done'}", "done");
    say(&desk, &got, "pause", "(wrong_state)");
}

static void
a_checkpoint_that_is_too_large_is_refused(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    run_one_step(&desk);
    desk_get(&desk, "w", &got, "stage/ forward run");
    g_autofree char *long_text = g_strnfill(CHECKPOINT_BYTES_MAX, 'x');
    g_autofree char *outcome =
        g_strdup_printf("{'kind':'wait','until_ms':0,'checkpoint':{'i':'%s'}}", long_text);
    desk_report(&desk, &got, outcome, "(too_large)");
    desk_report(&desk, &got, "{'kind':'wait','until_ms':0,'checkpoint':[]}", "(invalid)");
    wait_until(&desk, &got, 1000, 1);
}

static void
create_rollout(Desk *desk)
{
    desk_open(desk);
    desk->plan = desk_ask(desk, COMMAND_CREATE, "user:default/ada", NULL, 0,
                          "{'migration':'service:player','kind':'rollout',"
                          "'services':[{'service':'player'}],'author':'user:default/ada'}",
                          "id");
}

static void
a_rollout_of_its_own_starts_as_soon_as_it_is_planned_and_goes_back_by_itself(void)
{
    g_auto(Desk) desk = {0};
    g_autoptr(GError) error = NULL;
    create_rollout(&desk);
    desk_assert(&desk, "SELECT json_extract(services, '$[0].service') FROM plan", "player");
    g_autoptr(json_t) document = desk_json(one_step);
    g_assert_true(blobs_put_json(desk.blobs, document, &desk.digest, &error));
    g_autofree char *done =
        g_strdup_printf("{'kind':'done','evidence':{'digest':'%s'}}", desk.digest);
    desk_do(&desk, "plan/ forward run", done, "done");
    desk_state(&desk, "preflight");
    desk_assert(&desk, "SELECT actor FROM event WHERE to_state = 'approved'", "user:default/ada");
    desk_do(&desk, "preflight/ forward run", "{'kind':'done','evidence':{'drift':[]}}", "done");
    g_auto(Got) got = {0};
    desk_get(&desk, "w", &got, "stage/ forward run");
    desk_intend(&desk, &got, "{}", "-");
    desk_report(&desk, &got, "{'kind':'error','error':{'code':'mismatch','message':'unwell'}}",
                "failed");
    desk_state(&desk, "rolling_back");
}

static void
a_rollout_of_its_own_that_cannot_be_planned_is_over(void)
{
    g_auto(Desk) desk = {0};
    create_rollout(&desk);
    desk_do(&desk, "plan/ forward run",
            "{'kind':'done','evidence':{'digest':null,'diagnostics':[{'message':'no'}]}}", "done");
    desk_state(&desk, "cancelled");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/signals/a checkpoint comes back with every later lease",
                    a_checkpoint_comes_back_with_every_later_lease);
    g_test_add_func(
        "/signals/what stands half-way is leased to be looked at while its plan stands still",
        what_stands_half_way_is_leased_to_be_looked_at_while_its_plan_stands_still);
    g_test_add_func("/signals/a look that learns nothing is no event",
                    a_look_that_learns_nothing_is_no_event);
    g_test_add_func("/signals/what is half done goes on from its checkpoint",
                    what_is_half_done_goes_on_from_its_checkpoint);
    g_test_add_func("/signals/waiting for the world uses up no tries",
                    waiting_for_the_world_uses_up_no_tries);
    g_test_add_func("/signals/a word wakes who waits, and is told until it was taken notice of",
                    a_word_wakes_who_waits_and_is_told_until_it_was_taken_notice_of);
    g_test_add_func("/signals/the same word before anybody heard it is one word",
                    the_same_word_before_anybody_heard_it_is_one_word);
    g_test_add_func("/signals/words to a task are refused when nobody would hear them",
                    words_to_a_task_are_refused_when_nobody_would_hear_them);
    g_test_add_func("/signals/a checkpoint that is too large is refused",
                    a_checkpoint_that_is_too_large_is_refused);
    g_test_add_func(
        "/signals/a rollout of its own starts as soon as it is planned, and goes back by itself",
        a_rollout_of_its_own_starts_as_soon_as_it_is_planned_and_goes_back_by_itself);
    g_test_add_func("/signals/a rollout of its own that cannot be planned is over",
                    a_rollout_of_its_own_that_cannot_be_planned_is_over);
    return g_test_run();
}
