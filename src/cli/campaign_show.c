/* campaign_show.c - a campaign on one screen: failures first, how many are where, who waits for what; and looking on. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/campaign.h"
#include "cli/frame.h"
#include "cli/migration.h"
#include "cli/story.h"
#include "model/throttle.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define POLL_MS 500
#define SILENCE_MS 60000 /* as for one migration */
#define BAR_WIDTH 30
#define SHOWN 5

/* ---- the picture ---- */

static void append_line(GString *text, const View *view, Tone tone, int width, const char *format,
                        ...) G_GNUC_PRINTF(5, 6);

static void
append_line(GString *text, const View *view, Tone tone, int width, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *line = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *wrapped = text_wrapped(line, width);
    g_auto(GStrv) lines = g_strsplit(wrapped, "\n", -1);
    for (char **each = lines; *each != NULL; each++) {
        g_autofree char *toned = view_toned(view, tone, *each);
        g_string_append_printf(text, "%s\n", toned);
    }
}

static void
append_headline(GString *text, const View *view, const json_t *campaign, int width)
{
    const char *state = json_get_string(campaign, "state", "unknown");
    g_autofree char *words = story_words(state),
                    *shown = view_toned(view, story_tone(state), words);
    g_autofree char *name = view_toned(view, TONE_STRONG, json_get_string(campaign, "name", ""));
    g_autofree char *since = story_since(state, json_get_int(campaign, "since_ms", 0));
    g_autofree char *dim = view_toned(view, TONE_DIM, since);
    g_string_append_printf(text, "campaign %s  %s  %s\n", name, shown, dim);
    append_line(text, view, TONE_PLAIN, width, "  %s", json_get_string(campaign, "reason", ""));
}

static void
append_bar(GString *text, const View *view, const json_t *campaign)
{
    const json_t *progress = json_object_get(campaign, "progress"),
                 *wave = json_object_get(campaign, "wave");
    int64_t done = json_get_int(progress, "done", 0), total = json_get_int(progress, "total", 0);
    int64_t left = json_get_int(progress, "eta_ms", 0);
    g_autofree char *bar = bar_text(done, total, BAR_WIDTH, view->utf8);
    g_autofree char *now = text_count(done), *all = text_count(total);
    g_string_append_printf(text, "\n  %s  %s of %s moved", bar, now, all);
    if (strcmp(json_get_string(campaign, "state", ""), "running") == 0)
        g_string_append_printf(text, ", wave %d of %d", (int) json_get_int(wave, "now", 1),
                               (int) json_get_int(wave, "of", 1));
    if (left >= 1000) {
        g_autofree char *time = text_duration(left - left % 1000);
        g_string_append_printf(text, ", %s left", time);
    }
    g_string_append(text, "\n\n");
}

static void
append_throttle(GString *text, const View *view, const json_t *campaign, int width)
{
    g_autofree char *throttle = throttle_text(json_object_get(campaign, "throttle"));
    if (throttle == NULL)
        return;
    g_autofree char *plain = text_printable(throttle);
    append_line(text, view, TONE_PLAIN, width, "throttle, of all together: %s", plain);
    g_string_append_c(text, '\n');
}

static void
append_trouble(GString *text, const View *view, const json_t *campaign, int width)
{
    const json_t *list = json_object_get(campaign, "trouble");
    int64_t count = json_get_int(campaign, "trouble_count", 0);
    if (count == 0)
        return;
    g_autofree char *number = text_plural(count, "migration needs", "migrations need");
    append_line(text, view, TONE_BAD, width, "%s somebody to look", number);
    for (size_t i = 0; i < MIN(json_array_size(list), SHOWN); i++) {
        const json_t *item = json_array_get(list, i);
        g_autofree char *words = story_words(json_get_string(item, "state", ""));
        append_line(text, view, TONE_PLAIN, width, "  %s is %s: %s", migration_name(item), words,
                    json_get_string(item, "reason", ""));
    }
    if (count > SHOWN)
        append_line(text, view, TONE_DIM, width, "  and %d more", (int) count - SHOWN);
    g_string_append_c(text, '\n');
}

/* In the order of a migration's life; what went wrong stands above. */
static void
append_states(GString *text, const View *view, const json_t *campaign, int width)
{
    static const char *const order[] = {
        "unplanned", "draft",    "planned",      "approved",       "preflight",
        "running",   "paused",   "halted",       "soaking",        "succeeded",
        "retiring",  "closed",   "rolling_back", "needs_operator", "rolled_back",
        "cancelled", "rejected", "stale",        "expired",        "closed_mixed"};
    const json_t *states = json_object_get(campaign, "states"), *item;
    g_autoptr(Table) table = table_new("STATE", ">MIGRATIONS", "NOW", NULL);
    for (size_t s = 0; s < G_N_ELEMENTS(order); s++) {
        int64_t count = json_get_int(states, order[s], 0);
        g_autoptr(GString) names = g_string_new(NULL);
        size_t i;
        if (count == 0)
            continue;
        json_array_foreach(json_object_get(campaign, "moving"), i, item)
        {
            if (strcmp(json_get_string(item, "state", ""), order[s]) == 0)
                g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
                                       migration_name(item));
        }
        g_autofree char *words = story_words(order[s]), *number = text_count(count);
        table_cell(table, story_tone(order[s]), words);
        table_cell(table, TONE_PLAIN, number);
        table_cell(table, TONE_DIM, names->str);
    }
    g_autofree char *shown = table_text(table, view, width);
    g_string_append_printf(text, "%s\n", shown);
}

static int
compare_counts(const void *a, const void *b)
{
    int64_t one = json_get_int(*(json_t *const *) a, "count", 0),
            other = json_get_int(*(json_t *const *) b, "count", 0);
    return one > other ? -1 : one < other;
}

/* Whoever waits for the same, whosever they are: the most first. */
static void
append_waits(GString *text, const View *view, const json_t *campaign, int width)
{
    g_autoptr(json_t) sums = json_object();
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    const char *why;
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(campaign, "waits"), i, item)
    {
        why = json_get_string(item, "why", "");
        int64_t before = json_get_int(json_object_get(sums, why), "count", 0);
        json_object_set_new(sums, why,
                            json_pack("{s:s, s:I}", "why", why, "count",
                                      (json_int_t) (before + json_get_int(item, "count", 0))));
    }
    json_object_foreach(sums, why, item) g_ptr_array_add(sorted, item);
    g_ptr_array_sort(sorted, compare_counts);
    for (guint k = 0; k < MIN(sorted->len, SHOWN); k++) {
        item = g_ptr_array_index(sorted, k);
        g_autofree char *waiting = text_plural(json_get_int(item, "count", 0), "waits", "wait");
        append_line(text, view, TONE_PLAIN, width, "%s for %s", waiting,
                    json_get_string(item, "why", ""));
    }
}

static void
append_next(GString *text, const View *view, const json_t *campaign, int width)
{
    const json_t *next = json_object_get(campaign, "next");
    const char *who = json_get_string(next, "who", NULL), *role = json_get_string(next, "role", "");
    if (!json_is_object(next))
        return;
    bool is_people = strcmp(role, "worker") != 0;
    append_line(text, view, TONE_PLAIN, width, "it %s%s%s%s%s", json_get_string(next, "text", ""),
                is_people ? " (" : "", is_people ? (who != NULL ? who : role) : "",
                is_people ? ")" : "", "");
}

char *
campaign_picture(const View *view, const json_t *campaign, int width)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int columns = width > 0 ? width : 80;
    append_headline(text, view, campaign, columns);
    append_bar(text, view, campaign);
    append_throttle(text, view, campaign, columns);
    append_trouble(text, view, campaign, columns);
    append_states(text, view, campaign, width);
    append_waits(text, view, campaign, columns);
    append_next(text, view, campaign, columns);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- status ---- */

static void
tell_allowed(View *view, const json_t *campaign)
{
    json_t *action;
    const char *verb;
    g_autoptr(GString) list = g_string_new(NULL);
    json_object_foreach(json_object_get(campaign, "allowed_actions"), verb,
                        action) if (json_get_bool(action, "allowed", false))
        g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", verb);
    if (list->len > 0)
        view_tone(view, TONE_DIM, "you may: %s", list->str);
}

bool
campaign_status(Invocation *call, const json_t *campaign, GError **error)
{
    if (invocation_json(call)) {
        view_json(call->view, campaign);
        return true;
    }
    g_autofree char *picture = campaign_picture(
        call->view, campaign, call->view->is_terminal ? view_width(call->view) : 0);
    view_raw(call->view, picture);
    tell_allowed(call->view, campaign);
    return true;
}

bool
campaigns_list(Invocation *call, json_t **ret, GError **error)
{
    json_t *items = NULL, *campaign;
    size_t i;
    if (!client_get(call, ret, error, "/campaigns?limit=100") ||
        !json_need_array(*ret, "items", "the server's answer", &items, error))
        return false;
    g_autoptr(Table) table = table_new("CAMPAIGN", "STATE", "SINCE", "WHY", NULL);
    json_array_foreach(items, i, campaign)
    {
        const char *state = json_get_string(campaign, "state", "");
        bool is_over = strcmp(state, "cancelled") == 0 || strcmp(state, "rolled_back") == 0 ||
                       json_object_get(campaign, "ended_at_ms") != NULL;
        if (is_over && !invocation_has(call, "all"))
            continue;
        g_autofree char *words = story_words(state),
                        *ago = story_ago(json_get_int(campaign, "since_ms", 0));
        table_cell(table, TONE_STRONG, json_get_string(campaign, "name", ""));
        table_cell(table, story_tone(state), words);
        table_cell(table, TONE_DIM, ago);
        table_cell(table, TONE_PLAIN, json_get_string(campaign, "reason", ""));
    }
    if (table_rows(table) > 0) {
        view_table(call->view, table);
        view_line(call->view, "%s", "");
    }
    return true;
}

/* ---- watching ---- */

static volatile sig_atomic_t is_interrupted;

static void
on_interrupt(int number)
{
    is_interrupted = 1;
}

static bool
is_at_rest(const json_t *campaign)
{
    static const char *const busy[] = {"running", "rolling_back", NULL};
    if (!g_strv_contains(busy, json_get_string(campaign, "state", "")))
        return true;
    /* Nothing moves by itself any more: what is left waits for people. */
    return json_get_int(campaign, "moving_count", 0) == 0 &&
           json_array_size(json_object_get(campaign, "waits")) == 0 &&
           json_get_int(campaign, "planning", 0) == 0 &&
           strcmp(json_get_string(campaign, "state", ""), "running") == 0 &&
           json_get_int(json_object_get(campaign, "states"), "approved", 0) == 0;
}

static void
draw(Invocation *call, Frame *frame, const json_t *campaign, char **last)
{
    View *view = call->view;
    if (view->json) {
        view_json_line(view, campaign);
        return;
    }
    if (frame != NULL) {
        g_autofree char *picture = campaign_picture(view, campaign, view_width(view));
        frame_draw(frame, picture);
        return;
    }
    const json_t *progress = json_object_get(campaign, "progress");
    g_autofree char *line = g_strdup_printf(
        "%s  %s  %d of %d moved, %d move, %d need somebody", json_get_string(campaign, "name", ""),
        json_get_string(campaign, "state", ""), (int) json_get_int(progress, "done", 0),
        (int) json_get_int(progress, "total", 0), (int) json_get_int(campaign, "moving_count", 0),
        (int) json_get_int(campaign, "trouble_count", 0));
    if (g_strcmp0(line, *last) != 0)
        view_line(view, "%s", line);
    fflush(view->out);
    g_free(*last);
    *last = g_steal_pointer(&line);
}

/* A server that restarts is waited for. */
static bool
refresh(Invocation *call, const char *id, int64_t *answered_at, json_t **campaign, GError **error)
{
    g_autoptr(GError) failed = NULL;
    json_t *fresh = NULL;
    if (client_get(call, &fresh, &failed, "/campaigns/%s", id)) {
        json_decref(*campaign);
        *campaign = fresh;
        *answered_at = clock_monotonic_ms();
        return true;
    }
    if (error_then(error_code(failed)) == THEN_RETRY &&
        clock_monotonic_ms() - *answered_at < SILENCE_MS)
        return true;
    g_propagate_error(error, g_steal_pointer(&failed));
    return false;
}

static bool
look_on(Invocation *call, Frame *frame, const char *id, json_t **campaign, GError **error)
{
    int64_t answered_at = clock_monotonic_ms();
    g_autofree char *last = NULL;
    for (;;) {
        if (!refresh(call, id, &answered_at, campaign, error))
            return false;
        draw(call, frame, *campaign, &last);
        if (is_at_rest(*campaign) || is_interrupted)
            return true;
        usleep(POLL_MS * 1000);
    }
}

bool
campaign_watch(Invocation *call, const json_t *campaign, bool plain, const char *wanted,
               GError **error)
{
    View *view = call->view;
    g_autofree char *id = g_strdup(json_get_string(campaign, "id", ""));
    g_autoptr(json_t) now = json_deep_copy(campaign);
    Frame *frame = view->is_terminal && !view->json && !plain ? frame_new(view) : NULL;
    signal(SIGINT, on_interrupt);
    bool ok = look_on(call, frame, id, &now, error);
    bool was_live = frame != NULL;
    frame_free(frame);
    signal(SIGINT, SIG_DFL);
    if (!ok)
        return false;
    if (is_interrupted) {
        view_line(view, "You stopped looking; the campaign goes on. honk watch %s",
                  json_get_string(campaign, "name", ""));
        call->status = 128 + SIGINT;
        return true;
    }
    const char *state = json_get_string(now, "state", "");
    if (!was_live && !view->json) {
        g_autofree char *picture = campaign_picture(view, now, 0);
        view_raw(view, picture);
    }
    bool went_well = strcmp(state, "succeeded") == 0 || g_strcmp0(state, wanted) == 0;
    call->status = went_well ? 0 : 7;
    return true;
}
