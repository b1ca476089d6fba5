/* pace.c - parts that count against limits of their own, limits for all of a kind, and people and hosts who call for a look. */
#include "desk.h"

static const char proposing[] =
    "{'apiVersion':'honk/v1','kind':'Plan','name':'move','source':{'url':'s:a'},"
    "'target':{'url':'s:b'},'soak_ms':1000,'rollback_window_ms':60000,'steps':["
    "{'name':'propose','action':'propose'}]}";

#define THREE                                                                                      \
    "{'kind':'more','children':[{'key':'c:a','uses':['pulls:x','builds:c']},"                      \
    "{'key':'c:b','uses':['pulls:x','builds:c']},{'key':'c:d','uses':['pulls:y','builds:c']}]}"
#define OPEN "{'kind':'wait','until_ms':9000000,'message':'waits to be merged'"
#define DONE "{'kind':'done','evidence':{}}"

static void
limit(Desk *desk, const char *resource, int count)
{
    g_autofree char *args = g_strdup_printf("{'resource':'%s','count':%d}", resource, count);
    g_autoptr(Command) command = desk_say(desk, COMMAND_LIMIT, "user:default/ada", NULL, 0, args);
    g_assert_no_error(command->error);
}

static void
begin(Desk *desk)
{
    desk_open(desk);
    limit(desk, "pulls:*", 1);
    desk_run(desk, proposing);
    desk_do(desk, "propose/ forward run", THREE, "waiting");
}

static void
a_limit_for_all_of_a_kind_is_that_of_each_which_has_none_of_its_own(void)
{
    g_auto(Desk) desk = {0};
    begin(&desk);
    desk_do(&desk, "propose/c:a forward run", OPEN "}", "waiting");
    desk_do(&desk, "propose/c:d forward run", OPEN "}", "waiting");
    g_auto(Got) none = {0};
    desk_get(&desk, "w", &none, "");
    desk_restart(&desk);
    desk_get(&desk, "w", &none, "");
    desk_assert(&desk, "SELECT count(*) FROM limits", "1");
    limit(&desk, "pulls:x", 2);
    desk_do(&desk, "propose/c:b forward run", OPEN "}", "waiting");
}

/* Three changes of one repository, the first of a plan that was made before its team asked for one at a time. */
#define ONE_PLACE                                                                                  \
    "{'kind':'more','children':[{'key':'c:a','uses':['pulls-in:c:a']},"                            \
    "{'key':'c:b','uses':['pulls-in:c:a','pulls-in:c:a<=1']},"                                     \
    "{'key':'c:d','uses':['pulls-in:c:a','pulls-in:c:a<=1']}]}"

static void
a_part_that_brings_a_number_of_its_own_waits_until_so_few_are_open(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) none = {0}, still = {0};
    desk_open(&desk);
    desk_run(&desk, proposing);
    desk_do(&desk, "propose/ forward run", ONE_PLACE, "waiting");
    desk_do(&desk, "propose/c:a forward run", OPEN "}", "waiting");
    desk_get(&desk, "w", &none, "");
    desk_restart(&desk);
    desk_get(&desk, "w", &still, "");
    desk.now_ms = 9000001;
    desk_beat(&desk);
    desk_do(&desk, "propose/c:a forward run", DONE, "done");
    desk_do(&desk, "propose/c:b forward run", OPEN "}", "waiting");
    desk_get(&desk, "w", &none, "");
    desk_assert(&desk, "SELECT count(*) FROM limits", "0");
}

static void
a_number_of_its_own_makes_no_limit_laxer(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) none = {0};
    desk_open(&desk);
    limit(&desk, "pulls-in:*", 1);
    desk_run(&desk, proposing);
    desk_do(&desk, "propose/ forward run",
            "{'kind':'more','children':[{'key':'c:a','uses':['pulls-in:c:a','pulls-in:c:a<=9']},"
            "{'key':'c:b','uses':['pulls-in:c:a','pulls-in:c:a<=9']}]}",
            "waiting");
    desk_do(&desk, "propose/c:a forward run", OPEN "}", "waiting");
    desk_get(&desk, "w", &none, "");
    limit(&desk, "pulls-in:*", 2);
    desk_do(&desk, "propose/c:b forward run", OPEN "}", "waiting");
}

static void
the_largest_limit_costs_no_more_than_a_small_one(void)
{
    g_auto(Desk) desk = {0};
    begin(&desk);
    limit(&desk, "pulls:*", 100000); /* one by one it would take minutes */
    limit(&desk, "pulls:x", 100000);
    desk_do(&desk, "propose/c:a forward run", OPEN "}", "waiting");
    desk_restart(&desk);
    limit(&desk, "pulls:x", 99999);
    desk_do(&desk, "propose/c:b forward run", OPEN "}", "waiting");
    desk_do(&desk, "propose/c:d forward run", DONE, "done");
    desk_assert(&desk, "SELECT count(*) FROM slot", "2");
}

static void
raising_the_limit_for_all_lets_those_in_that_wait(void)
{
    g_auto(Desk) desk = {0};
    begin(&desk);
    desk_do(&desk, "propose/c:a forward run", OPEN "}", "waiting");
    desk_do(&desk, "propose/c:d forward run", OPEN "}", "waiting");
    limit(&desk, "pulls:*", 2);
    desk_do(&desk, "propose/c:b forward run", OPEN "}", "waiting");
}

static void
what_is_open_keeps_its_place_while_it_rests_and_gives_it_back_at_its_end(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    begin(&desk);
    desk_do(&desk, "propose/c:a forward run", OPEN "}", "waiting");
    desk_do(&desk, "propose/c:d forward run", DONE, "done");
    desk.now_ms = 9000001;
    desk_beat(&desk);
    desk_do(&desk, "propose/c:a forward run",
            "{'kind':'error','error':{'code':'transient','message':'it is ill'}}", "retry_wait");
    desk_get(&desk, "w", &got, "");
    desk_wait(&desk, 3000);
    desk_do(&desk, "propose/c:a forward run", DONE, "done");
    desk_do(&desk, "propose/c:b forward run", DONE, "done");
}

static void
a_limit_of_none_lets_nothing_begin_and_what_is_open_be_looked_at(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) none = {0};
    begin(&desk);
    desk_do(&desk, "propose/c:a forward run", OPEN "}", "waiting");
    limit(&desk, "pulls:*", 0);
    desk_get(&desk, "w", &none, "");
    desk.now_ms = 9000001;
    desk_beat(&desk);
    desk_do(&desk, "propose/c:a forward run", DONE, "done");
    desk_get(&desk, "w", &none, "");
    limit(&desk, "pulls:*", 1);
    desk_do(&desk, "propose/c:b forward run", DONE, "done");
}

static void
a_limit_that_is_left_while_it_waits_is_free_for_others(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    begin(&desk);
    limit(&desk, "builds:c", 1);
    desk_do(&desk, "propose/c:a forward run", OPEN "}", "waiting");
    desk_get(&desk, "w", &got, "");
    desk.now_ms = 9000001;
    desk_beat(&desk);
    desk_do(&desk, "propose/c:a forward run", OPEN ",'frees':['builds:c']}", "waiting");
    desk_restart(&desk);
    desk_do(&desk, "propose/c:d forward run", OPEN ",'frees':['builds:c']}", "waiting");
    desk_assert(&desk, "SELECT count(*) FROM slot WHERE holder IS NOT NULL", "2");
}

static void
a_limit_that_comes_late_counts_what_is_open_and_keeps_nobody_from_looking(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    desk_open(&desk);
    desk_run(&desk, proposing);
    desk_do(&desk, "propose/ forward run", THREE, "waiting");
    desk_do(&desk, "propose/c:a forward run", OPEN "}", "waiting");
    desk_do(&desk, "propose/c:b forward run", OPEN "}", "waiting");
    limit(&desk, "builds:c", 1);
    desk_assert(&desk, "SELECT count(*) FROM slot WHERE holder IS NOT NULL", "2");
    desk_get(&desk, "w", &got, "");
    desk.now_ms = 9000001;
    desk_beat(&desk);
    for (int i = 0; i < 2; i++) { /* in whichever order */
        g_autofree char *what = desk_lease(&desk, "w", &got);
        g_assert_true(g_str_equal(what, "propose/c:a forward run") ||
                      g_str_equal(what, "propose/c:b forward run"));
        desk_report(&desk, &got, DONE, "done");
    }
    desk_do(&desk, "propose/c:d forward run", DONE, "done");
}

static int64_t
look(Desk *desk, const char *key)
{
    g_autofree char *args = g_strdup_printf("{'key':'%s'}", key);
    g_autoptr(Command) command = desk_say(desk, COMMAND_LOOK, "webhook:c", NULL, 0, args);
    g_assert_no_error(command->error);
    return json_get_int(command->reply, "looks", -1);
}

static void
a_call_to_look_wakes_who_waits_but_not_again_and_again(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    begin(&desk);
    desk_do(&desk, "propose/c:a forward run", OPEN "}", "waiting");
    desk_do(&desk, "propose/c:d forward run", OPEN "}", "waiting");
    g_assert_cmpint(look(&desk, "c:other"), ==, 0);
    g_assert_cmpint(look(&desk, "c:a"), ==, 1);
    desk_get(&desk, "w", &got, "");
    desk_wait(&desk, 2000);
    desk_get(&desk, "w", &got, "propose/c:a forward run");
    g_assert_cmpint(look(&desk, "c:a"), ==, 1); /* while somebody looks: there is more to see */
    desk_report(&desk, &got, OPEN "}", "waiting");
    desk_get(&desk, "w", &got, "");
    desk_wait(&desk, 2000);
    desk_get(&desk, "w", &got, "propose/c:a forward run");
}

static void
a_call_about_what_is_done_wakes_its_step_that_waits_before_it_goes_on(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) got = {0};
    desk_open(&desk);
    desk_run(&desk, proposing);
    desk_do(&desk, "propose/ forward run",
            "{'kind':'more','children':[{'key':'c:a'},{'key':'c:b'}]}", "waiting");
    desk_do(&desk, "propose/c:a forward run", DONE, "done");
    g_assert_cmpint(look(&desk, "c:a"), ==, 0); /* its step waits for the other: nothing to see */
    desk_do(&desk, "propose/c:b forward run", DONE, "done");
    desk_do(&desk, "propose/ forward run", OPEN "}", "waiting");
    g_assert_cmpint(look(&desk, "c:other"), ==, 0);
    desk_restart(&desk);
    g_assert_cmpint(look(&desk, "c:b"), ==, 1);
    desk_get(&desk, "w", &got, "");
    desk_wait(&desk, 2000); /* two parts are to be looked at, so it rests for two */
    desk_get(&desk, "w", &got, "");
    desk_wait(&desk, 2000);
    desk_get(&desk, "w", &got, "propose/ forward run");
    g_assert_cmpint(look(&desk, "c:a"), ==, 1); /* while it looks: there is more to see */
    desk_report(&desk, &got, OPEN "}", "waiting");
    desk_wait(&desk, 4000);
    desk_get(&desk, "w", &got, "propose/ forward run");
}

static int64_t
turn(Desk *desk, const Got *got, const char *host)
{
    g_autofree char *args = g_strdup_printf("{'writes':'%s'}", host);
    g_autoptr(Command) command =
        desk_say(desk, COMMAND_HEARTBEAT, "worker:w", got->id, got->token, args);
    g_assert_no_error(command->error);
    return json_get_int(command->reply, "wait_ms", -1);
}

static void
writes_to_one_host_keep_their_distance_whoever_does_them(void)
{
    g_auto(Desk) desk = {0};
    g_auto(Got) a = {0}, d = {0};
    begin(&desk);
    desk_get(&desk, "w", &a, "propose/c:a forward run");
    desk_get(&desk, "x", &d, "propose/c:d forward run");
    g_assert_cmpint(turn(&desk, &a, "c"), ==, 1000); /* nobody knows who wrote before the start */
    g_assert_cmpint(turn(&desk, &d, "c"), ==, 2000);
    g_assert_cmpint(turn(&desk, &d, "other"), ==, 1000);
    limit(&desk, "writes:c", 10);
    g_assert_cmpint(turn(&desk, &a, "c"), ==, 8000);
    g_assert_cmpint(turn(&desk, &d, "c"), >, 10000); /* too long to hold a lease: it has no turn, */
    desk_wait(&desk, 8000);
    g_assert_cmpint(turn(&desk, &d, "c"), ==, 6000); /* and takes none from others */
    limit(&desk, "writes:*", 600);
    g_assert_cmpint(turn(&desk, &a, "third"), ==, 100);
    limit(&desk, "writes:c", 0);
    g_assert_cmpint(turn(&desk, &a, "c"), ==,
                    15000); /* asks again: the limit may be another by then */
    limit(&desk, "writes:c", 1);
    g_assert_cmpint(turn(&desk, &a, "c"), ==, 15000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define CASE(name) g_test_add_func("/engine/pace/" #name, name)
    CASE(a_limit_for_all_of_a_kind_is_that_of_each_which_has_none_of_its_own);
    CASE(a_part_that_brings_a_number_of_its_own_waits_until_so_few_are_open);
    CASE(a_number_of_its_own_makes_no_limit_laxer);
    CASE(the_largest_limit_costs_no_more_than_a_small_one);
    CASE(raising_the_limit_for_all_lets_those_in_that_wait);
    CASE(what_is_open_keeps_its_place_while_it_rests_and_gives_it_back_at_its_end);
    CASE(a_limit_of_none_lets_nothing_begin_and_what_is_open_be_looked_at);
    CASE(a_limit_that_is_left_while_it_waits_is_free_for_others);
    CASE(a_limit_that_comes_late_counts_what_is_open_and_keeps_nobody_from_looking);
    CASE(writes_to_one_host_keep_their_distance_whoever_does_them);
    CASE(a_call_to_look_wakes_who_waits_but_not_again_and_again);
    CASE(a_call_about_what_is_done_wakes_its_step_that_waits_before_it_goes_on);
    return g_test_run();
}
