/*
 * watch.c - look on.
 *
 * Events only say that something happened; what is drawn is asked for anew (GET /migrations/ID), a few times a
 * second at most, so that the picture is never a sum of what was missed.
 */
#include "cli/watch.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/text.h"
#include "cli/follow.h"
#include "cli/frame.h"
#include "cli/migration.h"
#include "cli/story.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#define REFRESH_MS 150 /* no faster: eyes do not see it, and the server has work to do */
#define IDLE_MS 1000   /* without events: rates and times left go on */
#define PLAIN_PROGRESS_MS 2000
#define PLAIN_REPEAT_MS 60000 /* the same line: who runs it may end what is silent for minutes */
#define SILENCE_MS 60000      /* a server that is away for longer is not restarting */
#define LAST_EVENTS_MS 500
#define EVENTS_SHOWN 5

typedef struct {
    Invocation *call;
    const WatchHow *how;
    View *view;
    char *id;
    json_t *now;      /* the migration as last seen */
    GPtrArray *lines; /* char *: last events, newest last */
    Frame *frame;     /* NULL: plain lines */
    GHashTable *told; /* step → status told in plain lines */
    GHashTable *said; /* step → its last plain line */
    Follow *follow;
    char *last_state; /* as the last event said */
    int64_t plain_due, repeat_due, answered_at, drawn_at;
    bool is_dirty, is_interrupted, is_lost;
} Watch;

/* ---- plain lines ---- */

static bool
is_news(const char *status)
{
    static const char *const news[] = {"leased", "done",    "reversed",     "skipped",
                                       "failed", "unknown", "irreversible", NULL};
    return g_strv_contains(news, status);
}

/* A step's line, where it says what its last one did not, or where that one was long ago. */
static void
plain_say(Watch *watch, const char *name, const json_t *step, bool may_repeat)
{
    char *line = migration_step_line(watch->view, step);
    if (may_repeat || g_strcmp0(g_hash_table_lookup(watch->said, name), line) != 0) {
        view_raw(watch->view, line);
        view_raw(watch->view, "\n");
    }
    g_hash_table_replace(watch->said, g_strdup(name), line);
}

/* Each step speaks when its status changes, and every other second while it runs and gets on. */
static void
plain_steps(Watch *watch)
{
    json_t *steps = json_object_get(watch->now, "steps"), *step = NULL;
    size_t i = 0;
    int64_t now_ms = clock_monotonic_ms();
    bool is_due = now_ms >= watch->plain_due, may_repeat = now_ms >= watch->repeat_due;
    json_array_foreach(steps, i, step)
    {
        const char *name = json_get_string(step, "name", ""),
                   *status = json_get_string(step, "status", "");
        const char *phase = json_get_string(step, "phase", "");
        if (strcmp(status, "waiting") == 0)
            status = "leased";
        g_autofree char *now = g_strconcat(phase, " ", status, NULL);
        bool is_new = g_strcmp0(g_hash_table_lookup(watch->told, name), now) != 0;
        bool runs = strcmp(status, "leased") == 0 &&
                    json_get_int(json_object_get(step, "progress"), "total", 0) > 0;
        if (!(is_new && is_news(status)) && !(runs && is_due))
            continue;
        g_hash_table_replace(watch->told, g_strdup(name), g_strdup(now));
        plain_say(watch, name, step, is_new || may_repeat);
    }
    if (is_due)
        watch->plain_due = now_ms + PLAIN_PROGRESS_MS;
    if (may_repeat)
        watch->repeat_due = now_ms + PLAIN_REPEAT_MS;
    fflush(watch->view->out);
}

static void
plain_event(Watch *watch, const json_t *event)
{
    if (strcmp(json_get_string(event, "type", ""), "plan.state") != 0)
        return;
    g_autofree char *line = story_event(watch->view, event, migration_name(watch->now));
    view_raw(watch->view, line);
    view_raw(watch->view, "\n");
    fflush(watch->view->out);
}

/* ---- the live picture ---- */

static void
live_event(Watch *watch, const json_t *event)
{
    if (!story_is_news(event))
        return; /* the table says it */
    View quiet = *watch->view;
    quiet.colour = false;
    g_ptr_array_add(watch->lines, story_event(&quiet, event, NULL));
    if (watch->lines->len > EVENTS_SHOWN)
        g_ptr_array_remove_index(watch->lines, 0);
}

static void
live_draw(Watch *watch)
{
    View *view = watch->view;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *headline = migration_headline(view, watch->now);
    g_autofree char *steps = migration_steps(view, watch->now, view_width(view));
    g_autofree char *notes = migration_notes(view, watch->now);
    g_autofree char *wrapped = text_wrapped(notes, view_width(view));
    g_string_append_printf(text, "%s\n\n%s%s%s", headline, steps, *steps != '\0' ? "\n" : "",
                           wrapped);
    for (guint i = 0; i < watch->lines->len; i++) {
        g_autofree char *line = view_toned(view, TONE_DIM, watch->lines->pdata[i]);
        g_string_append_printf(text, "%s\n", line);
    }
    if (watch->is_lost) {
        g_autofree char *line =
            view_toned(view, TONE_WARN, "the server does not answer; waiting for it");
        g_string_append_printf(text, "%s\n", line);
    }
    frame_draw(watch->frame, text->str);
}

/* ---- both ---- */

static void
watch_event(Watch *watch, const json_t *event)
{
    if (strcmp(json_get_string(event, "type", ""), "plan.state") == 0) {
        g_free(watch->last_state);
        watch->last_state = g_strdup(json_get_string(event, "to", ""));
    }
    if (watch->view->json)
        view_json_line(watch->view, event);
    else if (watch->frame != NULL)
        live_event(watch, event);
    else
        plain_event(watch, event);
}

static void
watch_on_mail(int fd, void *data)
{
    Watch *watch = data;
    Mailbox *mailbox = follow_mailbox(watch->follow);
    g_autoptr(GPtrArray) items = mailbox_take(mailbox);
    for (guint i = 0; i < items->len; i++) {
        FollowItem *item = items->pdata[i];
        if (item->event != NULL)
            watch_event(watch, item->event);
        follow_item_free(item);
    }
    watch->is_dirty = true;
}

static void
watch_on_signal(int number, void *data)
{
    Watch *watch = data;
    if (number == SIGWINCH)
        watch->is_dirty = true;
    else
        watch->is_interrupted = true;
}

/* A server that restarts is waited for; one that refuses is an error. */
static bool
watch_refresh(Watch *watch, GError **error)
{
    g_autoptr(GError) failed = NULL;
    json_t *fresh = NULL;
    watch->is_dirty = false;
    if (migration_get(watch->call, watch->id, &fresh, &failed)) {
        json_decref(watch->now);
        watch->now = fresh;
        watch->answered_at = clock_monotonic_ms();
        watch->is_lost = false;
        return true;
    }
    bool is_gone = watch->how->is_gone != NULL && watch->how->is_gone(watch->how->data);
    bool may_pass = error_then(error_code(failed)) == THEN_RETRY && !is_gone;
    if (!may_pass || clock_monotonic_ms() - watch->answered_at > SILENCE_MS) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return false;
    }
    if (!watch->is_lost && watch->frame == NULL)
        view_tone(watch->view, TONE_WARN, "the server does not answer; waiting for it");
    watch->is_lost = true;
    return true;
}

static void
watch_draw(Watch *watch)
{
    if (watch->view->json)
        return;
    if (watch->frame != NULL)
        live_draw(watch);
    else if (!watch->is_lost)
        plain_steps(watch);
}

static bool
watch_is_over(const Watch *watch)
{
    return !watch->is_lost && migration_is_resting(watch->now);
}

/* The picture may be ahead of the stream: give the last events a moment to come. */
static void
watch_last_events(Watch *watch, Loop *loop)
{
    const char *state = json_get_string(watch->now, "state", "");
    int64_t patience = clock_monotonic_ms() + LAST_EVENTS_MS;
    while (g_strcmp0(watch->last_state, state) != 0 && clock_monotonic_ms() < patience)
        loop_once(loop, patience);
    watch_draw(watch);
}

static bool
watch_loop(Watch *watch, Loop *loop, GError **error)
{
    for (int64_t due = 0;;) {
        if (clock_monotonic_ms() >= due) {
            if (!watch_refresh(watch, error))
                return false;
            watch_draw(watch);
            watch->drawn_at = clock_monotonic_ms();
            due = watch->drawn_at + IDLE_MS;
        }
        if (watch->is_interrupted)
            return true;
        if (watch_is_over(watch)) {
            if (watch->last_state != NULL) /* something happened while we looked */
                watch_last_events(watch, loop);
            return true;
        }
        loop_once(loop, due);
        if (watch->is_dirty)
            due = MIN(due, watch->drawn_at + REFRESH_MS);
    }
}

static bool
watch_run(Watch *watch, GError **error)
{
    static const int signals[] = {SIGWINCH, 0};
    sigset_t before;
    g_autoptr(Loop) loop = NULL;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    if (!loop_new(&loop, error) || !loop_signals(loop, signals, watch_on_signal, watch, error))
        return false;
    loop_watch(loop, mailbox_fd(follow_mailbox(watch->follow)), watch_on_mail, watch);
    bool ok = watch_loop(watch, loop, error);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

static void
watch_clear(Watch *watch)
{
    frame_free(watch->frame);
    follow_stop(watch->follow);
    g_ptr_array_unref(watch->lines);
    g_hash_table_unref(watch->told);
    g_hash_table_unref(watch->said);
    g_free(watch->id);
    g_free(watch->last_state);
    json_decref(watch->now);
}

bool
watch_until_rest(Invocation *call, const char *name, const WatchHow *how, json_t **ret_last,
                 bool *ret_interrupted, GError **error)
{
    Watch watch = {
        .call = call, .how = how, .view = call->view, .answered_at = clock_monotonic_ms()};
    if (!migration_get(call, name, &watch.now, error))
        return false;
    watch.id = g_strdup(json_get_string(watch.now, "id", name));
    if (!follow_start(call, watch.id, json_get_int(watch.now, "seq", 0), &watch.follow, error)) {
        json_decref(watch.now);
        g_free(watch.id);
        return false;
    }
    watch.lines = g_ptr_array_new_with_free_func(g_free);
    watch.told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    watch.said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (call->view->is_terminal && !call->view->json && !how->plain)
        watch.frame = frame_new(call->view);
    bool ok = watch_run(&watch, error);
    if (ok) {
        *ret_last = json_incref(watch.now);
        *ret_interrupted = watch.is_interrupted;
    }
    watch_clear(&watch);
    return ok;
}

/* What the picture does not say: what to do now. In plain lines also how it ended. */
static void
watch_summary(Invocation *call, const json_t *last, bool was_live)
{
    View *view = call->view;
    if (!was_live) {
        g_autofree char *headline = migration_headline(view, last),
                        *notes = migration_notes(view, last);
        view_raw(view, headline);
        view_raw(view, "\n");
        view_raw(view, notes);
    }
    g_autofree char *findings = migration_findings(last);
    if (findings != NULL)
        view_line(view, "%s", findings);
    g_autofree char *next = migration_next(last);
    if (next != NULL)
        view_tone(view, TONE_DIM, "next: %s", next);
}

bool
watch_migration(Invocation *call, const char *name, bool plain, const char *wanted, GError **error)
{
    g_autoptr(json_t) last = NULL;
    bool is_interrupted = false;
    const WatchHow how = {.plain = plain};
    if (!watch_until_rest(call, name, &how, &last, &is_interrupted, error))
        return false;
    if (is_interrupted) {
        view_line(call->view, "You stopped looking; the migration goes on. honk watch %s", name);
        call->status = 128 + SIGINT;
        return true;
    }
    watch_summary(call, last, call->view->is_terminal && !plain);
    const char *state = json_get_string(last, "state", "");
    call->status = g_strcmp0(state, wanted) == 0 ? 0 : migration_exit_status(last);
    return true;
}
