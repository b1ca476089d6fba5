/* left.c - consumers that failed are left to people while the others go on: how many, who, and what waits for them. */
#include "desk.h"

static const char changing[] =
    "{'apiVersion':'honk/"
    "v1','kind':'Plan','name':'move','source':{'url':'s:a'},'target':{'url':'s:b'},"
    "'soak_ms':0,'rollback_window_ms':1000,'retention_ms':0,'pace':{'of':4,'max_failures':'1'},'"
    "steps':["
    "{'name':'rewrite','action':'rewrite'},"
    "{'name':'propose','action':'propose','after':['rewrite']},"
    "{'name':'retire','action':'retire','after':['propose'],'irreversible':true}]}";

#define PARTS                                                                                      \
    "{'kind':'more','children':[{'key':'c:a','spare':'ada'},{'key':'c:b','spare':'bo'},"           \
    "{'key':'c:c','spare':'cy'},{'key':'c:d'}]}"
#define DONE "{'kind':'done','evidence':{}}"
#define FAILED                                                                                     \
    "{'kind':'error','before_effect':true,'error':{'code':'mismatch','message':'other rows'}}"

static void
begin(Desk *desk)
{
    desk_open(desk);
    desk_run(desk, changing);
    desk_do(desk, "rewrite/ forward run", PARTS, "waiting");
}

static char *
task_of(Desk *desk, const char *step, const char *key)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT id FROM task WHERE step = '%s' AND key = '%s'", step, key);
    return desk_look(desk, sql);
}

static void
say_of(Desk *desk, CommandKind kind, const char *step, const char *key, const char *expected)
{
    g_autofree char *task = task_of(desk, step, key);
    g_autofree char *got = desk_ask(desk, kind, "user:default/ada", task, 0, NULL, "status");
    g_assert_cmpstr(got, ==, expected);
}

static void
pace(Desk *desk, const char *max_failures)
{
    g_autofree char *args = g_strdup_printf("{'pace':{'max_failures':'%s'}}", max_failures);
    g_autofree char *got = desk_ask(desk, COMMAND_PACE, "user:default/ada", NULL, 0, args, "state");
    g_assert_cmpstr(got, ==, "-");
}

static void
resumes(Desk *desk)
{
    desk_expect(desk, COMMAND_RESUME, NULL, "preflight");
    desk_do(desk, "preflight/ forward run", "{'kind':'done','evidence':{'drift':[]}}", "done");
}

/* a fails, the others do it; the step is handed out to the end. */
static void
one_is_left(Desk *desk)
{
    desk_do(desk, "rewrite/c:a forward run", FAILED, "failed");
    desk_do(desk, "rewrite/c:b forward run", DONE, "done");
    desk_do(desk, "rewrite/c:c forward run", DONE, "done");
    desk_do(desk, "rewrite/c:d forward run", DONE, "done");
    desk_do(desk, "rewrite/ forward run", DONE, "done");
    desk_state(desk, "running");
}

static void
the_others_go_on_and_who_is_left_is_told_to_those_who_come_after(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    begin(&desk);
    one_is_left(&desk);
    desk_get(&desk, "w", &got, "propose/ forward run");
    g_autofree char *left = json_dumps(json_object_get(got.json, "left"), JSON_COMPACT);
    g_assert_cmpstr(left, ==, "[\"ada\"]");
    desk_report(&desk, &got, PARTS, "waiting");
    /* What fails of the same consumer is no second failure. */
    desk_do(&desk, "propose/c:a forward run", FAILED, "failed");
    desk_state(&desk, "running");
}

static void
say_skip(Desk *desk, const char *expected)
{
    say_of(desk, COMMAND_TASK_SKIP, "propose", "c:e", expected);
}

/* Its worker closes what people see of it, also while the plan stands still. Where that fails, it is left out as it is: whatever its host
 * has of it is there for a rollback to find. */
static void
a_repository_is_left_out_after_it_was_proposed_and_taken_back_with_the_others(void)
{
    g_auto(Desk) desk = {0};
    begin(&desk);
    one_is_left(&desk);
    desk_do(&desk, "propose/ forward run",
            "{'kind':'more','children':[{'key':'c:d'},{'key':'c:e'}]}", "waiting");
    desk_effect(&desk, "propose/c:d forward run", "{}");
    g_auto(Got) got = {0};
    desk_get(&desk, "w", &got, "propose/c:e forward run");
    desk_intend(&desk, &got, "{}", "-");
    desk_report(&desk, &got,
                "{'kind':'error','error':{'code':'wrong_state','message':'somebody closed it'},"
                "'checkpoint':{'pull':{}}}",
                "failed");
    desk_state(&desk, "halted");
    say_skip(&desk, "ready");
    g_auto(Got) told = {0};
    desk_get(&desk, "w", &told, "propose/c:e forward run");
    const json_t *word = json_array_get(json_object_get(told.json, "signals"), 0);
    g_assert_cmpstr(json_get_string(word, "signal", ""), ==, "skip");
    desk_report(&desk, &told,
                "{'kind':'error','error':{'code':'unauthorized','message':'who are you'}}",
                "failed");
    say_skip(&desk, "skipped");
    desk_expect(&desk, COMMAND_ROLLBACK, NULL, "rolling_back");
    desk_do(&desk, "propose/c:e reverse run", DONE, "done");
    desk_do(&desk, "propose/c:d reverse run", DONE, "done");
}

static void
one_too_many_stops_the_plan_and_says_whom(void)
{
    g_auto(Desk) desk = {0};
    begin(&desk);
    desk_do(&desk, "rewrite/c:a forward run", FAILED, "failed");
    desk_do(&desk, "rewrite/c:b forward run", FAILED, "failed");
    desk_state(&desk, "halted");
    desk_assert(&desk, "SELECT reason FROM plan",
                "2 of 4 consumers failed, and at most 1 may: ada, bo");
    resumes(&desk);
    desk_state(&desk, "halted");
}

static void
a_share_is_a_share_of_all_whose_code_is_changed(void)
{
    g_auto(Desk) desk = {0};
    begin(&desk);
    pace(&desk, "50%");
    desk_do(&desk, "rewrite/c:a forward run", FAILED, "failed");
    desk_do(&desk, "rewrite/c:b forward run", FAILED, "failed");
    desk_state(&desk, "running");
    pace(&desk, "49%");
    desk_state(&desk, "halted");
}

static void
a_plan_that_stopped_goes_on_when_more_may_fail(void)
{
    g_auto(Desk) desk = {0};
    begin(&desk);
    desk_do(&desk, "rewrite/c:a forward run", FAILED, "failed");
    desk_do(&desk, "rewrite/c:b forward run", FAILED, "failed");
    desk_restart(&desk);
    pace(&desk, "2");
    resumes(&desk);
    desk_do(&desk, "rewrite/c:c forward run", DONE, "done");
    desk_do(&desk, "rewrite/c:d forward run", DONE, "done");
    desk_do(&desk, "rewrite/ forward run", DONE, "done");
    desk_state(&desk, "running");
}

static void
a_part_that_its_plan_cannot_do_without_stops_it_all_the_same(void)
{
    g_auto(Desk) desk = {0};
    begin(&desk);
    pace(&desk, "4");
    desk_do(&desk, "rewrite/c:a forward run", DONE, "done");
    desk_do(&desk, "rewrite/c:b forward run", DONE, "done");
    desk_do(&desk, "rewrite/c:c forward run", DONE, "done");
    desk_do(&desk, "rewrite/c:d forward run", FAILED, "failed");
    desk_state(&desk, "halted");
    desk_assert(&desk, "SELECT status FROM task WHERE step = 'rewrite' AND key = ''", "failed");
}

static void
who_was_left_may_follow_late_and_the_end_waits_for_that(void)
{
    g_auto(Desk) desk = {0};
    begin(&desk);
    one_is_left(&desk);
    desk_do(&desk, "propose/ forward run",
            "{'kind':'more','children':[{'key':'c:b','spare':'bo'}]}", "waiting");
    g_auto(Got) late = {0};
    desk_do(&desk, "propose/c:b forward run", DONE, "done");
    say_of(&desk, COMMAND_TASK_RETRY, "rewrite", "c:a", "ready");
    desk_do(&desk, "propose/ forward run", DONE, "done");
    desk_state(&desk, "running");
    desk_get(&desk, "w", &late, "rewrite/c:a forward run");
    desk_report(&desk, &late, DONE, "done");
    desk_state(&desk, "succeeded");
}

/* Retried while the next wave was being handed out: that lease ends, and the step waits for it once more. */
static void
a_step_does_not_end_before_a_part_that_is_tried_again(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) root = {0};
    begin(&desk);
    desk_do(&desk, "rewrite/c:a forward run", FAILED, "failed");
    desk_do(&desk, "rewrite/c:b forward run", DONE, "done");
    desk_do(&desk, "rewrite/c:c forward run", DONE, "done");
    desk_do(&desk, "rewrite/c:d forward run", DONE, "done");
    desk_get(&desk, "w", &root, "rewrite/ forward run");
    say_of(&desk, COMMAND_TASK_RETRY, "rewrite", "c:a", "ready");
    desk_report(&desk, &root, DONE, "waiting");
    desk_do(&desk, "rewrite/c:a forward run", DONE, "done");
    desk_do(&desk, "rewrite/ forward run", DONE, "done");
}

static void
nothing_is_retired_that_somebody_who_was_left_may_still_read(void)
{
    g_auto(Desk) desk = {0};
    begin(&desk);
    one_is_left(&desk);
    desk_do(&desk, "propose/ forward run", DONE, "done");
    desk_wait(&desk, 5000);
    desk_state(&desk, "succeeded");
    g_autoptr(Command) command = desk_say(&desk, COMMAND_RETIRE, "user:default/ada", NULL, 0, NULL);
    g_assert_true(error_is(command->error, ERR_WRONG_STATE));
    g_assert_nonnull(strstr(command->error->message, "not all have followed"));
    g_assert_nonnull(strstr(command->error->message, "ada"));
    say_of(&desk, COMMAND_TASK_RETRY, "rewrite", "c:a", "(wrong_state)");
    g_autofree char *task = task_of(&desk, "rewrite", "c:a");
    g_autofree char *done = desk_ask(&desk, COMMAND_TASK_DONE, "user:default/ada", task, 0,
                                     "{'evidence':{'seen':'they read the new one'}}", "status");
    g_assert_cmpstr(done, ==, "done");
    desk_expect(&desk, COMMAND_RETIRE, NULL, "retiring");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define CASE(name) g_test_add_func("/engine/left/" #name, name)
    CASE(the_others_go_on_and_who_is_left_is_told_to_those_who_come_after);
    CASE(a_repository_is_left_out_after_it_was_proposed_and_taken_back_with_the_others);
    CASE(one_too_many_stops_the_plan_and_says_whom);
    CASE(a_share_is_a_share_of_all_whose_code_is_changed);
    CASE(a_plan_that_stopped_goes_on_when_more_may_fail);
    CASE(a_part_that_its_plan_cannot_do_without_stops_it_all_the_same);
    CASE(who_was_left_may_follow_late_and_the_end_waits_for_that);
    CASE(a_step_does_not_end_before_a_part_that_is_tried_again);
    CASE(nothing_is_retired_that_somebody_who_was_left_may_still_read);
    return g_test_run();
}
