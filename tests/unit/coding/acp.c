/* acp.c - agents that speak the Agent Client Protocol (agent.py, without a model), well and badly. */
#include "../change/world.h"
#include "coding/coding.h"
#include "sandbox/sandbox.h"

#include <string.h>

static const char *script; /* agent.py */
static int protocol = 1;   /* that is offered */
static int rounds = 1;     /* at most */
static char *login;        /* that honk.yaml names; or NULL */

static World *
frame_world(void)
{
    World *world = world_new(false);
    world_write(world, "jobs/report.py",
                "import spark\n\ndef names():\n"
                "    return spark.read_table(\"users_v1\").select(lambda row: row.first_name)\n");
    world_commit(world, "A report");
    world->config->coding.runs_unboxed = true;
    return world;
}

/* What becomes of one round with an agent that does as the words say; the report's only try. */
static json_t *
run(World *world, const char *words, const char *replay, int64_t deadline_ms, bool *ret_done)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);
    g_autoptr(GPtrArray) command = g_ptr_array_new();
    g_autofree char *variable = replay != NULL ? g_strdup_printf("REPLAY=%s", replay) : NULL;
    char *environment[] = {variable, NULL};
    g_ptr_array_add(command, (void *) "/usr/bin/python3");
    g_ptr_array_add(command, (void *) script);
    for (size_t i = 0; parts[i] != NULL; i++)
        g_ptr_array_add(command, parts[i]);
    if (replay != NULL)
        g_ptr_array_add(command,
                        (void *) replay); /* a file of the command can be read in the box */
    g_ptr_array_add(command, NULL);
    CodingAgentConfig agent = {.name = "talker",
                               .door = DOOR_ACP,
                               .command = (char **) command->pdata,
                               .environment = environment,
                               .protocol = protocol,
                               .login = login,
                               .deadline_ms = deadline_ms,
                               .rounds = rounds,
                               .memory_mib = 512,
                               .processes = 64,
                               .disk_mib = 64};
    g_autoptr(Look) look = world_look(world);
    CodingWork work = {.config = world->config,
                       .agent = &agent,
                       .repository = world->repository,
                       .rules = world->rules,
                       .name = &world_name,
                       .look = look};
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) report = NULL;
    if (!coding_run(&work, &report, &error))
        g_error("%s", error->message);
    *ret_done = json_get_bool(report, "done", false);
    return json_incref(json_array_get(json_object_get(report, "tried"), 0));
}

static json_t *
assert_done(const char *words)
{
    g_autoptr(World) world = frame_world();
    bool is_done = false;
    json_t *try = run(world, words, NULL, 60000, &is_done);
    if (!is_done)
        g_error("'%s': %s: %s%s", words, json_get_string(try, "end", ""),
                json_get_string(try, "findings", ""), json_get_string(try, "said", ""));
    return try;
}

static void
assert_ends(const char *words, int64_t deadline_ms, const char *end)
{
    g_autoptr(World) world = frame_world();
    bool is_done = true;
    g_autoptr(json_t) try = run(world, words, NULL, deadline_ms, &is_done);
    g_assert_false(is_done);
    if (strstr(json_get_string(try, "end", ""), end) == NULL)
        g_error("'%s': %s: %s", words, json_get_string(try, "end", ""),
                json_get_string(try, "said", ""));
}

static void
an_agent_does_its_work(void)
{
    json_decref(assert_done("edit"));
}

static void
questions_are_answered_at_once(void)
{
    json_decref(assert_done("ask-unknown ask-file ask-permission edit"));
}

static void
what_nobody_knows_is_passed_over(void)
{
    g_autoptr(json_t) try = assert_done("stderr junk chatter edit");
    g_assert_cmpint(json_integer_value(json_at(try, "usage.totalTokens")), ==, 4711);
    g_assert_cmpint(json_integer_value(json_at(try, "usage.used")), ==, 1200);
    g_assert_null(strchr(json_get_string(try, "said", ""), '\033'));
}

static void
its_word_counts_for_nothing(void)
{
    g_autoptr(World) world = frame_world();
    bool is_done = true;
    g_autoptr(json_t) try = run(world, "edit cheat", NULL, 60000, &is_done);
    g_assert_false(is_done);
    g_assert_nonnull(strstr(json_get_string(try, "findings", ""), "out-of-scope jobs/report.py:"));
}

static void
what_it_left_when_it_was_cut_off_is_not_taken(void)
{
    assert_ends("cut-off", 60000, "ended, or closed its output, before it had answered");
    assert_ends("die", 60000, "ended, or closed its output, before it had answered");
    assert_ends("edit stop-max_tokens", 60000, "stopped with 'max_tokens'");
}

/* Whatever it has written by then, only end_turn says that it is done. */
static void
only_one_reason_to_stop_is_good(void)
{
    static const char *const reasons[] = {"max_turn_requests", "refusal", "cancelled", "END_TURN",
                                          "of_the_future"};
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
        g_autofree char *words = g_strconcat("edit stop-", reasons[i], NULL);
        g_autofree char *end = g_strdup_printf("stopped with '%s'", reasons[i]);
        assert_ends(words, 60000, end);
    }
}

/* Nobody waits a minute for one who has a second. */
static void
silence_before_the_turn_is_ended_too(void)
{
    assert_ends("mute", 3000, "did not answer 'initialize' within 3.0 s");
    assert_ends("mute-session", 3000, "did not answer 'session/new' within 3.0 s");
}

static void
nobody_is_at_a_terminal(void)
{
    json_decref(assert_done("no-terminal edit"));
}

/* A permission that one session waits for holds up no other: there is none in that process. */
static void
each_round_is_a_process_and_a_session_of_its_own(void)
{
    rounds = 2;
    json_decref(assert_done("ask-permission once-more edit"));
    rounds = 1;
}

/* What runs still when the turn is over is ended before anybody looks; an answer that comes twice is one. */
static void
what_comes_after_the_end_changes_nothing(void)
{
    json_decref(assert_done("edit twice"));
    if (sandbox_missing() != NULL)
        return;
    g_autoptr(World) world = frame_world();
    bool is_done = false;
    g_autoptr(json_t) try = run(world, "edit leave", NULL, 60000, &is_done);
    /* Whatever it was ended at, a link out of the box was not followed. */
    g_autofree char *all = json_dumps(try, 0);
    g_assert_nonnull(all);
    g_assert_null(strstr(all, "root:x:"));
}

static void
large_messages_and_loud_words_are_taken(void)
{
    g_autoptr(json_t) try = assert_done("large shout stranger edit");
    g_assert_cmpint((int) strlen(json_get_string(try, "said", "")), <=, CODING_SAID_BYTES_MAX);
    g_assert_null(json_at(try, "usage.used"));
}

static void
silence_and_endless_turns_are_ended(void)
{
    assert_ends("silent", 1500, "did not end its turn within 1.5 s");
    assert_ends("endless", 1500, "did not end its turn within 1.5 s");
}

static void
a_permission_after_the_cancel_is_cancelled(void)
{
    g_autoptr(World) world = frame_world();
    bool is_done = true;
    g_autoptr(json_t) try = run(world, "edit cancel-aware", NULL, 1500, &is_done);
    g_assert_false(is_done);
    g_assert_cmpstr(json_get_string(try, "end", ""), ==, "did not end its turn within 1.5 s");
    g_assert_cmpstr(json_get_string(try, "said", ""), ==, "outcome cancelled");
}

static void
too_much_is_ended(void)
{
    assert_ends("huge", 60000, "wrote a message of more than 4194304 bytes");
    assert_ends("flood", 60000, "wrote more than 50 lines that are no message");
    assert_ends("ask-deaf", 60000, "does not read what it is sent");
}

static void
who_speaks_something_else_is_told_apart(void)
{
    assert_ends("version-2", 60000, "speaks version 2 of ACP, and we speak 1");
    assert_ends("refuse-login", 60000,
                "refused 'session/new': Authentication required; it can log in by 'browser', "
                "'api-key': name one as 'login' of the agent in honk.yaml");
}

static void
it_logs_in_as_it_is_told(void)
{
    login = (char *) "api-key";
    json_decref(assert_done("refuse-login edit"));
    protocol = 2;
    json_decref(assert_done("version-2 refuse-login edit"));
    login = (char *) "browser";
    assert_ends("version-2 refuse-login edit", 60000, "refused 'auth/login': nobody is there");
    protocol = 1;
    assert_ends("refuse-login edit", 60000, "refused 'authenticate': nobody is there");
    login = NULL;
}

/* The answer to the prompt says that it began; what it says when it is idle counts. */
static void
version_2_is_spoken_where_both_know_it(void)
{
    protocol = 2;
    g_autoptr(json_t) try =
        assert_done("version-2 chatter stranger ask-unknown ask-file ask-permission edit");
    g_assert_cmpstr(json_get_string(try, "end", ""), ==, "stopped with 'end_turn'");
    assert_ends("version-2 edit stop-max_tokens", 60000, "stopped with 'max_tokens'");
    assert_ends("version-2 edit refuse-prompt", 60000, "broke its turn off: not now");
    assert_ends("version-2 edit cut-off", 60000, "ended, or closed its output");
    assert_ends("version-2 silent", 1500, "did not end its turn within 1.5 s");
    g_autoptr(World) world = frame_world();
    bool is_done = true;
    g_autoptr(json_t) cancelled = run(world, "version-2 edit cancel-aware", NULL, 1500, &is_done);
    g_assert_false(is_done);
    g_assert_cmpstr(json_get_string(cancelled, "said", ""), ==, "outcome cancelled");
    json_decref(assert_done("edit")); /* one that knows version 1 only answers with that */
    protocol = 1;
}

/* The same session again, without the agent: its transcript answers. */
static void
a_transcript_can_be_played_again(void)
{
    g_autoptr(json_t) try = assert_done("chatter ask-permission edit");
    g_autoptr(World) world = frame_world();
    g_autofree char *path = g_build_filename(world->folder, "transcript", NULL);
    const char *transcript = json_get_string(try, "transcript", "");
    g_assert_true(g_file_set_contents(path, transcript, -1, NULL));
    bool is_done = false;
    g_autoptr(json_t) again = run(world, "", path, 60000, &is_done);
    if (!is_done)
        g_error("%s: %s%s", json_get_string(again, "end", ""),
                json_get_string(again, "findings", ""), json_get_string(again, "said", ""));
    g_assert_cmpstr(json_get_string(again, "end", ""), ==, json_get_string(try, "end", ""));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    script = argv[1];
    g_test_add_func("/acp/an agent does its work", an_agent_does_its_work);
    g_test_add_func("/acp/questions are answered at once", questions_are_answered_at_once);
    g_test_add_func("/acp/what nobody knows is passed over", what_nobody_knows_is_passed_over);
    g_test_add_func("/acp/its word counts for nothing", its_word_counts_for_nothing);
    g_test_add_func("/acp/what it left when it was cut off is not taken",
                    what_it_left_when_it_was_cut_off_is_not_taken);
    g_test_add_func("/acp/only one reason to stop is good", only_one_reason_to_stop_is_good);
    g_test_add_func("/acp/silence before the turn is ended, too",
                    silence_before_the_turn_is_ended_too);
    g_test_add_func("/acp/nobody is at a terminal", nobody_is_at_a_terminal);
    g_test_add_func("/acp/each round is a process and a session of its own",
                    each_round_is_a_process_and_a_session_of_its_own);
    g_test_add_func("/acp/what comes after the end changes nothing",
                    what_comes_after_the_end_changes_nothing);
    g_test_add_func("/acp/large messages and loud words are taken",
                    large_messages_and_loud_words_are_taken);
    g_test_add_func("/acp/silence and endless turns are ended",
                    silence_and_endless_turns_are_ended);
    g_test_add_func("/acp/a permission after the cancel is cancelled",
                    a_permission_after_the_cancel_is_cancelled);
    g_test_add_func("/acp/too much is ended", too_much_is_ended);
    g_test_add_func("/acp/who speaks something else is told apart",
                    who_speaks_something_else_is_told_apart);
    g_test_add_func("/acp/it logs in as it is told", it_logs_in_as_it_is_told);
    g_test_add_func("/acp/version 2 is spoken where both know it",
                    version_2_is_spoken_where_both_know_it);
    g_test_add_func("/acp/a transcript can be played again", a_transcript_can_be_played_again);
    return g_test_run();
}
