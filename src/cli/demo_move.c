/*
 * demo_move.c - what people would do by hand, act by act, each shown as the command that does it.
 *
 * The next act follows from the state that the migration is in, so that a demo that was cut short goes on from
 * wherever it was.
 */
#include "base/text.h"
#include "cli/apply.h"
#include "cli/demo.h"
#include "cli/migration.h"
#include "cli/plan_make.h"
#include "cli/plan_show.h"
#include "cli/story.h"
#include "cli/watch.h"

#include <string.h>

#define AUTHOR "user:default/ada"
#define APPROVER "user:default/bo"
#define TURNS_MAX 40 /* a run has ten; more means that it goes round in circles */

/* "$ honk plan users-v2", and act as that person from here on. */
static void show_command(Demo *demo, const char *user, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
show_command(Demo *demo, const char *user, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *command = g_strdup_vprintf(format, args);
    va_end(args);
    view_tone(demo->view, TONE_DIM, "$ honk --as %s %s", strrchr(user, '/') + 1, command);
    fflush(demo->view->out);
    client_act_as(demo->call, user);
}

static bool
act(Demo *demo, const json_t *migration, const char *verb, json_t *body, GError **error)
{
    g_autofree char *path =
        g_strdup_printf("/migrations/%s/%s", json_get_string(migration, "id", ""), verb);
    g_autoptr(json_t) answer = NULL;
    bool ok = client_call(demo->call, "POST", path, body, &answer, error);
    json_decref(body);
    if (!ok)
        return false;
    const char *state = json_get_string(answer, "state", "");
    g_autofree char *words = story_words(state);
    if (story_is_resting(state))
        view_line(demo->view, "%s is %s", migration_name(migration), words);
    return true;
}

/* ---- from nothing to a plan ---- */

/* A template is shown with what fills it, two values a line. */
static bool
move_register(Demo *demo, const DemoMove *move, GError **error)
{
    g_autofree char *path = g_build_filename(demo->folder, move->file, NULL);
    g_autoptr(GString) sets = g_string_new(NULL);
    for (size_t i = 0; move->sets[i] != NULL; i++)
        g_string_append_printf(sets, "%s --set %s", i % 2 == 0 ? " \\\n   " : "", move->sets[i]);
    show_command(demo, AUTHOR, "apply -f %s%s", move->file, sets->str);
    return apply_files(demo->call, (const char *const[]){path, NULL}, move->sets, error);
}

static bool
move_plan(Demo *demo, const char *name, bool again, GError **error)
{
    g_autoptr(json_t) migration = NULL;
    show_command(demo, AUTHOR, "plan %s%s", name, again ? " --again" : "");
    if (!plan_make(demo->call, name, again, &migration, error))
        return false;
    if (strcmp(json_get_string(migration, "state", ""), "draft") != 0)
        return true;
    g_autofree char *findings = migration_findings(migration);
    return fail(error, ERR_INVALID, "'%s' cannot be planned:\n%s", name,
                findings != NULL ? findings : "no reason was given");
}

/* ---- from a plan to a yes ---- */

/* Ada made the plan, so hers is not the yes that counts. It would be a poor demo if it were. */
static bool
author_is_refused(Demo *demo, const json_t *migration, const char *digest, GError **error)
{
    g_autoptr(GError) refused = NULL;
    show_command(demo, AUTHOR, "approve %s %s", migration_name(migration), digest);
    if (act(demo, migration, "approve", json_pack("{s:s}", "digest", digest), &refused))
        return fail(error, ERR_MISMATCH,
                    "the author could approve her own plan, though the policy forbids it");
    if (!error_is(refused, ERR_FORBIDDEN)) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    view_prose(demo->view, TONE_WARN, "refused, as it should be: %s", refused->message);
    return true;
}

static bool
move_approve(Demo *demo, const json_t *migration, bool is_first, GError **error)
{
    const char *name = migration_name(migration);
    g_autofree char *digest = story_digest(json_get_string(migration, "digest", ""));
    if (is_first && !plan_show(demo->call, migration, error))
        return false;
    if (!is_first)
        view_line(demo->view, "plan %s is made; the same command shows it", digest);
    if (is_first && !author_is_refused(demo, migration, digest, error))
        return false;
    show_command(demo, APPROVER, "approve %s %s", name, digest);
    return act(demo, migration, "approve",
               json_pack("{s:s, s:s}", "digest", digest, "reason", "looked at it with Ada"), error);
}

/* ---- from a yes to the end ---- */

static bool
is_server_gone(void *data)
{
    Demo *demo = data;
    return demo_server_is_gone(&demo->server);
}

static bool
move_watch(Demo *demo, const char *name, GError **error)
{
    const WatchHow how = {.is_gone = is_server_gone, .data = demo};
    g_autoptr(json_t) last = NULL;
    bool is_interrupted = false;
    client_act_as(demo->call, AUTHOR);
    if (!watch_until_rest(demo->call, name, &how, &last, &is_interrupted, error))
        return false;
    demo->is_interrupted = demo->is_interrupted || is_interrupted;
    return demo_goes_on(demo, error);
}

static bool
move_ended(Demo *demo, const json_t *migration)
{
    int64_t began = json_get_int(migration, "started_at_ms", 0),
            ended = json_get_int(migration, "since_ms", 0);
    g_autofree char *time = text_duration(MAX(ended - began, 0));
    g_autofree char *words = story_words(json_get_string(migration, "state", ""));
    demo_note(demo, migration_name(migration), "%s, %s after its start", words, time);
    return true;
}

static bool
move_stuck(Demo *demo, const json_t *migration, GError **error)
{
    invocation_hint(demo->call, "the server's log is %s; 'honk demo --fresh' starts afresh",
                    demo->server.log);
    g_autofree char *words = story_words(json_get_string(migration, "state", ""));
    return fail(error, ERR_MISMATCH, "'%s' is %s: %s", migration_name(migration), words,
                json_get_string(migration, "reason", "no reason was given"));
}

/* An earlier run was cut short in the middle of a rollout. The services ended with it, so the rollout found its new
 * instances dead, and gave the service back what it ran. Bo knows why, and lets it go on. */
static bool
move_again(Demo *demo, const json_t *migration, GError **error)
{
    const char *name = migration_name(migration);
    const char *const retry[] = {"retry", name, NULL}, *const resume[] = {
                                                           "resume", name, "--reason",
                                                           "the demo was cut short", NULL};
    demo->has_tried_again = true;
    view_prose(demo->view, TONE_WARN, "%s stands still: %s", name,
               json_get_string(migration, "reason", ""));
    return demo_command(demo, APPROVER, retry, error) &&
           demo_command(demo, APPROVER, resume, error);
}

/* One act; `*ret_over` when there is none left. */
static bool
move_turn(Demo *demo, const json_t *migration, bool is_first, bool *ret_over, GError **error)
{
    const char *state = json_get_string(migration, "state", ""), *name = migration_name(migration);
    *ret_over = false;
    if (strcmp(state, "draft") == 0)
        return move_plan(demo, name, false, error);
    if (strcmp(state, "planned") == 0)
        return move_approve(demo, migration, is_first, error);
    if (strcmp(state, "approved") == 0) {
        show_command(demo, AUTHOR, "start %s --watch", name);
        return act(demo, migration, "start", json_object(), error);
    }
    if (strcmp(state, "paused") == 0) {
        show_command(demo, AUTHOR, "resume %s --watch", name);
        return act(demo, migration, "resume", json_object(), error);
    }
    if (!story_is_resting(state))
        return move_watch(demo, name, error);
    if (strcmp(state, "halted") == 0 && !demo->is_fresh && !demo->has_tried_again)
        return move_again(demo, migration, error);
    if (strcmp(state, "halted") == 0 || strcmp(state, "needs_operator") == 0)
        return move_stuck(demo, migration, error);
    if (strcmp(state, "succeeded") != 0)
        return move_plan(demo, name, true, error);
    *ret_over = true;
    return move_ended(demo, migration);
}

/* From whatever state it is in, one act towards the new dataset; `*ret_over` when it is reached. */
static bool
turn_forward(Demo *demo, const DemoMove *move, bool *ret_over, GError **error)
{
    g_autoptr(json_t) migration = NULL;
    g_autoptr(GError) none = NULL;
    *ret_over = false;
    if (migration_get(demo->call, move->name, &migration, &none))
        return move_turn(demo, migration, move->is_first, ret_over, error);
    if (!error_is(none, ERR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&none));
        return false;
    }
    return move_register(demo, move, error) && move_plan(demo, move->name, false, error);
}

static bool
turn_back(Demo *demo, const DemoMove *move, bool *ret_over, GError **error)
{
    g_autoptr(json_t) migration = NULL;
    *ret_over = false;
    if (!migration_get(demo->call, move->name, &migration, error))
        return false;
    const char *state = json_get_string(migration, "state", "");
    if (strcmp(state, "rolled_back") == 0) {
        *ret_over = true;
        demo_note(demo, move->name, "rolled back");
        return true;
    }
    if (!story_is_resting(state))
        return move_watch(demo, move->name, error);
    if (strcmp(state, "succeeded") != 0)
        return move_stuck(demo, migration, error);
    show_command(demo, AUTHOR, "rollback %s --watch", move->name);
    return act(demo, migration, "rollback", json_pack("{s:s}", "reason", "to show the way back"),
               error);
}

typedef bool Turn(Demo *demo, const DemoMove *move, bool *ret_over, GError **error);

/* Turns until it is over. A server that dies on the way is started again, and everything goes on. */
static bool
take_turns(Demo *demo, const DemoMove *move, Turn *turn, GError **error)
{
    for (int i = 0; i < TURNS_MAX; i++) {
        g_autoptr(GError) failed = NULL;
        bool is_over = false;
        if (!demo_goes_on(demo, error))
            return false;
        bool ok = turn(demo, move, &is_over, &failed);
        if (ok && is_over)
            return true;
        if (!ok && (demo->is_interrupted || !demo_server_died(&demo->server))) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return false;
        }
        if (!ok && !demo_serve_again(demo, error))
            return false;
    }
    return fail(error, ERR_INTERNAL, "'%s' does not come to an end", move->name);
}

bool
demo_move(Demo *demo, const DemoMove *move, GError **error)
{
    return take_turns(demo, move, turn_forward, error);
}

bool
demo_roll_back(Demo *demo, const DemoMove *move, GError **error)
{
    return take_turns(demo, move, turn_back, error);
}
