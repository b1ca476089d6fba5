/* rollout.c - one rollout in words, and looking on. */
#include "cli/rollout.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/text.h"
#include "cli/frame.h"
#include "cli/story.h"

#include <signal.h>
#include <string.h>

#define LOOK_MS 500      /* a rollout is polled by its worker about once a second */
#define SILENCE_MS 60000 /* a server that is away for longer is not restarting */
#define MOVES_SHOWN 6

bool
rollout_get(Invocation *call, const char *id, json_t **ret, GError **error)
{
    g_autofree char *escaped = client_escape(id);
    return client_get(call, ret, error, "/rollouts/%s", escaped);
}

/* ---- states ---- */

/* clang-format off */
static const struct {
    const char *name;
    Tone tone;
    bool rests;
    int exit_status;
} states[] = {
    {"healthy",     TONE_GOOD, true,  0},
    {"skipped",     TONE_DIM,  true,  0},
    {"paused",      TONE_WARN, true,  4},
    {"superseded",  TONE_DIM,  true,  4},
    {"rolled_back", TONE_WARN, true,  7},
    {"frozen",      TONE_BAD,  true,  7},
    {"degraded",    TONE_BAD,  true,  7},
    {"aborting",    TONE_WARN, false, 7},
};
/* clang-format on */

Tone
rollout_tone(const char *state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        if (strcmp(states[i].name, state) == 0)
            return states[i].tone;
    return TONE_BUSY;
}

bool
rollout_is_resting(const char *state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        if (strcmp(states[i].name, state) == 0)
            return states[i].rests;
    return false;
}

int
rollout_exit_status(const char *state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        if (strcmp(states[i].name, state) == 0)
            return states[i].exit_status;
    return 0;
}

/* ---- the picture ---- */

static void
append_headline(GString *text, const View *view, const json_t *rollout)
{
    const char *state = json_get_string(rollout, "state", "?");
    g_autofree char *name = view_toned(view, TONE_STRONG, json_get_string(rollout, "service", "?"));
    g_autofree char *words = story_words(state);
    g_autofree char *shown = view_toned(view, rollout_tone(state), words);
    g_autofree char *ago = story_ago(json_get_int(rollout, "since_ms", 0));
    g_autofree char *since = view_toned(view, TONE_DIM, ago);
    g_autofree char *why = view_toned(view, TONE_PLAIN, json_get_string(rollout, "why", ""));
    g_string_append_printf(text, "%s  %s  %s\n", name, shown, since);
    if (*why != '\0')
        g_string_append_printf(text, "  %s\n", why);
    g_string_append_c(text, '\n');
}

/* "code 1a2b3c4d5e6f, USERS=listening:users_v2" */
static char *
revision_words(const json_t *revision)
{
    const char *code = json_get_string(revision, "code", NULL), *variable = NULL;
    json_t *datasets = json_object_get(revision, "datasets"), *address = NULL;
    GString *text = g_string_new(NULL);
    if (code != NULL)
        g_string_append_printf(text, "code %.12s", code);
    json_object_foreach(datasets, variable, address) if (json_is_string(address))
        g_string_append_printf(text, "%s%s=%s", text->len > 0 ? ", " : "", variable,
                               json_string_value(address));
    return g_string_free(text, FALSE);
}

static void
append_revision(GString *text, const View *view, const json_t *rollout, const char *which)
{
    const json_t *revision = json_object_get(json_object_get(rollout, "revision"), which);
    g_autofree char *words = revision_words(revision);
    g_autofree char *shown = view_toned(view, TONE_PLAIN, words);
    if (*words != '\0')
        g_string_append_printf(text, "  %-10s %s\n", which, shown);
}

static void
append_last_check(GString *text, const json_t *checks)
{
    size_t count = json_array_size(checks);
    const json_t *last = count > 0 ? json_array_get(checks, count - 1) : NULL;

    if (last == NULL) {
        g_string_append(text, ", no check yet");
        return;
    }
    g_string_append_printf(
        text, ", last check: %s (%d of %d, slowest answer %d ms)",
        json_get_string(last, "verdict", "?"), (int) json_get_int(last, "passed", 0),
        (int) json_get_int(last, "asked", 0), (int) json_get_int(last, "slowest_ms", 0));
}

static void
append_facts(GString *text, const View *view, const json_t *rollout)
{
    const json_t *progress = json_object_get(rollout, "progress");
    g_autofree char *how =
        view_toned(view, TONE_PLAIN, json_get_string(rollout, "rollout_strategy", "by default"));
    g_autofree char *where = view_toned(view, TONE_PLAIN, json_get_string(rollout, "target", "?"));
    append_revision(text, view, rollout, "from");
    append_revision(text, view, rollout, "to");
    g_string_append_printf(text, "  %-10s %s on '%s'", "how", how, where);
    if (json_object_get(rollout, "max_instances") != NULL)
        g_string_append_printf(text, ", at most %d at a time",
                               (int) json_get_int(rollout, "max_instances", 0));
    g_string_append_c(text, '\n');
    if (json_object_get(progress, "wanted") == NULL)
        return;
    g_string_append_printf(text, "  %-10s step %d, %d instances wanted", "so far",
                           (int) json_get_int(progress, "step", 0) + 1,
                           (int) json_get_int(progress, "wanted", 0));
    append_last_check(text, json_object_get(progress, "checks"));
    g_string_append_c(text, '\n');
}

static void
append_moves(GString *text, const View *view, const json_t *rollout)
{
    const json_t *moves = json_object_get(rollout, "events");
    size_t count = json_array_size(moves), first = count > MOVES_SHOWN ? count - MOVES_SHOWN : 0;
    for (size_t i = first; i < count; i++) {
        const json_t *move = json_array_get(moves, i);
        g_autofree char *ago = story_ago(json_get_int(move, "at_ms", 0));
        g_autofree char *line =
            g_strdup_printf("%-12s %s → %s  %s", ago, json_get_string(move, "from", "?"),
                            json_get_string(move, "to", "?"), json_get_string(move, "why", ""));
        g_autofree char *shown = view_toned(view, TONE_DIM, line);
        g_string_append_printf(text, "  %s\n", shown);
    }
}

/* What would move it and who may, and what the one who asks may do. */
static void
append_next(GString *text, const View *view, const json_t *rollout)
{
    const json_t *next = json_object_get(rollout, "next");
    json_t *actions = json_object_get(rollout, "allowed_actions"), *action = NULL;
    const char *name = NULL, *who = json_get_string(next, "who", NULL);
    g_autoptr(GString) may = g_string_new(NULL);
    json_object_foreach(actions, name, action) if (json_get_bool(action, "allowed", false))
        g_string_append_printf(may, "%s%s", may->len > 0 ? ", " : "", name);
    bool is_person = who != NULL && strcmp(json_get_string(next, "role", ""), "worker") != 0;
    g_autofree char *line =
        g_strdup_printf("%s%s%s%s", json_get_string(next, "text", "is over"), is_person ? " (" : "",
                        is_person ? who : "", is_person ? ")" : "");
    g_autofree char *shown = view_toned(view, TONE_DIM, line);
    g_string_append_printf(text, "\n%s\n", shown);
    if (may->len == 0)
        return;
    g_autofree char *all = g_strdup_printf("you may: %s", may->str);
    g_autofree char *toned = view_toned(view, TONE_DIM, all);
    g_string_append_printf(text, "%s\n", toned);
}

char *
rollout_picture(const View *view, const json_t *rollout)
{
    GString *text = g_string_new(NULL);
    append_headline(text, view, rollout);
    append_facts(text, view, rollout);
    append_moves(text, view, rollout);
    append_next(text, view, rollout);
    return g_string_free(text, FALSE);
}

/* ---- looking on ---- */

typedef struct {
    Invocation *call;
    const char *id;
    Frame *frame; /* NULL: plain lines */
    json_t *now;
    char *told; /* the last plain line */
    int64_t answered_at;
    bool is_interrupted;
} Watch;

static void
on_signal(int number, void *data)
{
    Watch *watch = data;
    watch->is_interrupted |= number == SIGINT || number == SIGTERM;
}

/* A server that restarts is waited for. */
static bool
look(Watch *watch, GError **error)
{
    g_autoptr(GError) away = NULL;
    json_t *now = NULL;
    if (rollout_get(watch->call, watch->id, &now, &away)) {
        json_decref(watch->now);
        watch->now = now;
        watch->answered_at = clock_monotonic_ms();
        return true;
    }
    if (error_then(error_code(away)) == THEN_RETRY &&
        clock_monotonic_ms() - watch->answered_at < SILENCE_MS)
        return true;
    g_propagate_error(error, g_steal_pointer(&away));
    return false;
}

static void
tell(Watch *watch)
{
    View *view = watch->call->view;
    if (watch->now == NULL)
        return;
    if (watch->frame != NULL) {
        g_autofree char *picture = rollout_picture(view, watch->now);
        frame_draw(watch->frame, picture);
        return;
    }
    g_autofree char *words = story_words(json_get_string(watch->now, "state", "?"));
    g_autofree char *line =
        g_strdup_printf("%s  %s", words, json_get_string(watch->now, "why", ""));
    if (g_strcmp0(line, watch->told) == 0)
        return;
    if (view->json)
        view_json_line(view, watch->now);
    view_line(view, "%s  %s", json_get_string(watch->now, "service", "?"), line);
    fflush(view->out);
    g_free(watch->told);
    watch->told = g_steal_pointer(&line);
}

static bool
look_on(Watch *watch, Loop *loop, GError **error)
{
    for (;;) {
        if (!look(watch, error))
            return false;
        tell(watch);
        if (watch->is_interrupted ||
            (watch->now != NULL && rollout_is_resting(json_get_string(watch->now, "state", ""))))
            return true;
        loop_once(loop, clock_monotonic_ms() + LOOK_MS);
    }
}

static bool
watch_run(Watch *watch, GError **error)
{
    static const int none[] = {SIGWINCH, 0};
    g_autoptr(Loop) loop = NULL;
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    if (!loop_new(&loop, error) || !loop_signals(loop, none, on_signal, watch, error))
        return false;
    bool ok = look_on(watch, loop, error);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

bool
rollout_watch(Invocation *call, const char *id, bool plain, const char *wanted, GError **error)
{
    Watch watch = {.call = call, .id = id, .answered_at = clock_monotonic_ms()};
    if (call->view->is_terminal && !call->view->json && !plain)
        watch.frame = frame_new(call->view);
    bool ok = watch_run(&watch, error);
    frame_free(watch.frame);
    if (ok && watch.is_interrupted) {
        view_line(call->view, "You stopped looking; the rollout goes on. honk rollout watch %s",
                  id);
        call->status = 128 + SIGINT;
    } else if (ok) {
        const char *state = json_get_string(watch.now, "state", "");
        call->status = g_strcmp0(state, wanted) == 0 ? 0 : rollout_exit_status(state);
    }
    json_decref(watch.now);
    g_free(watch.told);
    return ok;
}
