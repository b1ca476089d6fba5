/* migration.c - the same words and bars for `status`, `watch` and `demo`. */
#include "cli/migration.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/story.h"
#include "model/pace.h"
#include "model/throttle.h"

#include <string.h>

#define LEFT_SHOWN_MAX 5 /* in a line; `honk change list` has all */

#define BAR_WIDTH_MAX 24
#define BAR_WIDTH_MIN 6
#define COUNTS_WIDTH 42 /* of a million rows; a bar leaves that much room where it can */
#define STATUS_WIDTH 9  /* "reversing" */

bool
migration_get(Invocation *call, const char *name, json_t **ret, GError **error)
{
    g_autofree char *id = client_escape(name);
    return client_get(call, ret, error, "/migrations/%s", id);
}

static bool
setting_of(Invocation *call, const char *whose, const char *part, json_t *changes,
           char *(*text)(const json_t *setting), const char *nothing, GError **error)
{
    const char *name = invocation_arg(call, 0);
    g_autoptr(json_t) answer = NULL;
    g_autofree char *path = g_strdup_printf("%s/%s", whose, part);
    bool is_question = json_object_size(changes) == 0;
    json_set_string(changes, "reason", invocation_option(call, "reason"));
    if (!(is_question ? client_get(call, &answer, error, "%s", whose)
                      : client_call(call, "POST", path, changes, &answer, error)))
        return false;
    const json_t *setting = json_object_get(answer, part);
    g_autofree char *words = setting != NULL ? text(setting) : NULL;
    g_autofree char *shown = words != NULL ? text_printable(words) : NULL;
    if (invocation_json(call))
        view_json(call->view, setting);
    else
        view_line(call->view, "%s: %s", name, shown != NULL ? shown : nothing);
    return true;
}

bool
migration_setting(Invocation *call, const char *part, json_t *changes,
                  char *(*text)(const json_t *setting), const char *nothing, GError **error)
{
    g_autofree char *id = client_escape(invocation_arg(call, 0));
    g_autofree char *path = g_strdup_printf("/migrations/%s", id);
    return setting_of(call, path, part, changes, text, nothing, error);
}

bool
campaign_setting(Invocation *call, const json_t *campaign, const char *part, json_t *changes,
                 char *(*text)(const json_t *setting), const char *nothing, GError **error)
{
    g_autofree char *path = g_strdup_printf("/campaigns/%s", json_get_string(campaign, "id", ""));
    return setting_of(call, path, part, changes, text, nothing, error);
}

const char *
migration_name(const json_t *migration)
{
    const char *ref = json_get_string(migration, "migration", "");
    return text_behind_slash(ref);
}

static void
append_since(GString *text, const View *view, const json_t *migration)
{
    g_autofree char *since = story_since(json_get_string(migration, "state", ""),
                                         json_get_int(migration, "since_ms", 0));
    g_autofree char *shown = view_toned(view, TONE_DIM, since);
    if (*since != '\0')
        g_string_append_printf(text, "  %s", shown);
}

char *
migration_headline(const View *view, const json_t *migration)
{
    const char *state = json_get_string(migration, "state", "unknown");
    const char *reason = json_get_string(migration, "reason", NULL);
    g_autofree char *words = story_words(state);
    g_autofree char *name = view_toned(view, TONE_STRONG, migration_name(migration));
    g_autofree char *shown = view_toned(view, story_tone(state), words);
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s  %s", name, shown);
    if (json_get_bool(migration, "held", false))
        g_string_append(text, " (held)");
    append_since(text, view, migration);
    if (reason != NULL && *reason != '\0') {
        g_autofree char *why = view_toned(view, TONE_PLAIN, reason);
        g_string_append_printf(text, "\n  %s", why);
    }
    return g_string_free(text, FALSE);
}

/* " services"; of one " service", " repository". */
static void
append_unit(GString *text, int64_t count, const char *units)
{
    g_string_append_printf(text, " %s", units);
    if (count != 1 || !g_str_has_suffix(units, "s"))
        return;
    bool ends_in_y = g_str_has_suffix(units, "ies");
    g_string_truncate(text, text->len - (ends_in_y ? 3 : 1));
    if (ends_in_y)
        g_string_append_c(text, 'y');
}

/* "640,000 of 1,000,000, 312,000/s, 1 s left": short enough to leave room for a bar on 80 columns. What rests has no speed. */
static void
append_running(GString *text, const json_t *progress, int64_t done, int64_t total, bool rests)
{
    int64_t rate = rests ? 0 : json_get_int(progress, "rate", 0),
            left = rests ? 0 : json_get_int(progress, "eta_ms", 0);
    g_autofree char *now = text_count(done), *all = text_count(total);
    g_string_append_printf(text, "%s of %s", now, all);
    if (rate > 0) {
        g_autofree char *speed = text_count(rate);
        g_string_append_printf(text, ", %s/s", speed);
    } else {
        append_unit(text, total, json_get_string(progress, "unit", "rows"));
    }
    if (json_get_int(progress, "byte_rate", 0) > 0 && rate > 0) {
        g_autofree char *bytes = text_bytes(json_get_int(progress, "byte_rate", 0));
        g_string_append_printf(text, " (%s/s)", bytes);
    }
    if (left >= 1000) {
        g_autofree char *time = text_duration(left - left % 1000);
        g_string_append_printf(text, ", %s left", time);
    }
}

/* How long it took; going back, the beginning is that of going forth, and says nothing. */
static void
append_took(GString *text, const json_t *step)
{
    int64_t began = json_get_int(step, "started_at_ms", 0),
            ended = json_get_int(step, "ended_at_ms", 0);
    bool is_reverse = strcmp(json_get_string(step, "phase", ""), "reverse") == 0;
    if (is_reverse || began <= 0 || ended <= began)
        return;
    g_autofree char *time = text_duration(ended - began);
    g_string_append_printf(text, "%sin %s", text->len > 0 ? " " : "", time);
}

/* What a step counts, at what speed, or what it is at besides, or how long it took. */
static char *
step_counts(const json_t *step)
{
    const json_t *progress = json_object_get(step, "progress");
    int64_t done = json_get_int(progress, "done", 0), total = json_get_int(progress, "total", 0);
    const char *unit = json_get_string(progress, "unit", "rows"),
               *note = json_get_string(progress, "note", NULL);
    GString *text = g_string_new(NULL);
    const char *status = json_get_string(step, "status", "");
    bool rests = strcmp(status, "leased") != 0 && strcmp(status, "waiting") != 0;
    if (done < total) {
        append_running(text, progress, done, total, rests);
    } else if (total > 0) {
        g_autofree char *all = text_count(total);
        g_string_append(text, all);
        append_unit(text, total, unit);
    }
    if (note != NULL && *note != '\0' && done >= total)
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", note);
    append_took(text, step);
    return g_string_free(text, FALSE);
}

static char *
step_bar(const View *view, const json_t *step, const char *status, int width)
{
    const json_t *progress = json_object_get(step, "progress");
    int64_t done = json_get_int(progress, "done", 0), total = json_get_int(progress, "total", 0);
    bool is_over = strcmp(status, "done") == 0;
    if (strcmp(status, "leased") != 0 && strcmp(status, "waiting") != 0 && !is_over)
        return g_strdup("");
    if (total <= 0)
        return g_strdup("");
    return bar_text(is_over ? total : done, total, width, view->utf8);
}

const char *
migration_step_words(const json_t *step)
{
    static const char *const words[][2] = {
        {"blocked", "later"},   {"ready", "next"},          {"leased", "running"},
        {"waiting", "running"}, {"retry_wait", "retrying"}, {"not_applied", "not applied"},
    };
    const char *status = json_get_string(step, "status", "");
    if (strcmp(json_get_string(step, "phase", ""), "reverse") == 0 &&
        (strcmp(status, "leased") == 0 || strcmp(status, "waiting") == 0))
        return "reversing";
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i][0], status) == 0)
            return words[i][1];
    return status;
}

/* What went wrong, and when it is tried again; NULL: nothing did. Caller frees. */
static char *
trouble_text(const json_t *step)
{
    const char *trouble = json_get_string(step, "error", NULL);
    const json_t *retry = json_object_get(step, "retry");
    if (trouble == NULL || retry == NULL)
        return g_strdup(trouble);
    int64_t in_ms = json_get_int(retry, "at_ms", 0) - clock_wall_ms();
    int64_t tried = json_get_int(retry, "tried", 0), left = json_get_int(retry, "left", 0);
    g_autofree char *in = text_duration(MAX(in_ms, 0));
    return g_strdup_printf("%s; tried %" G_GINT64_FORMAT " time%s, again %s%s, %" G_GINT64_FORMAT
                           " more at most",
                           trouble, tried, tried == 1 ? "" : "s", in_ms > 0 ? "in " : "now",
                           in_ms > 0 ? in : "", left);
}

/* The same for all steps and all the time, so that nothing jumps. */
static int
bar_width(const json_t *steps, int width)
{
    int names = 0;
    json_t *step = NULL;
    size_t i = 0;
    json_array_foreach(steps, i, step) names =
        MAX(names, text_width(json_get_string(step, "name", "")));
    int room = width - names - STATUS_WIDTH - COUNTS_WIDTH - 3 * 2;
    return width > 0 ? CLAMP(room, BAR_WIDTH_MIN, BAR_WIDTH_MAX) : BAR_WIDTH_MAX;
}

char *
migration_steps(const View *view, const json_t *migration, int width)
{
    const json_t *steps = json_object_get(migration, "steps");
    g_autoptr(Table) table = table_new("STEP", "STATUS", "PROGRESS", "", NULL);
    int bars = bar_width(steps, width);
    json_t *step = NULL;
    size_t i = 0;
    json_array_foreach(steps, i, step)
    {
        const char *status = json_get_string(step, "status", "");
        g_autofree char *trouble = trouble_text(step);
        g_autofree char *bar = step_bar(view, step, status, bars), *counts = step_counts(step);
        table_cell(table, TONE_PLAIN, json_get_string(step, "name", ""));
        table_cell(table, story_tone(status), migration_step_words(step));
        table_cell(table, story_tone(status), bar);
        table_cell(table, trouble != NULL ? TONE_BAD : TONE_PLAIN,
                   trouble != NULL ? trouble : counts);
    }
    if (table_rows(table) == 0)
        return g_strdup("");
    return table_text(table, view, width);
}

/* Without a picture nothing else says why rows do not move. */
static char *
counts_and_why(const json_t *step)
{
    const char *slowed = json_get_string(json_object_get(step, "progress"), "slowed", NULL);
    char *counts = step_counts(step);
    if (slowed == NULL || strcmp(json_get_string(step, "status", ""), "done") == 0)
        return counts;
    char *both = g_strdup_printf("%s; slowed: %s", counts, slowed);
    g_free(counts);
    return both;
}

char *
migration_step_line(const View *view, const json_t *step)
{
    const char *status = json_get_string(step, "status", "");
    g_autofree char *trouble = trouble_text(step);
    g_autofree char *counts = counts_and_why(step);
    g_autofree char *words = view_toned(view, story_tone(status), migration_step_words(step));
    g_autofree char *name = text_printable(json_get_string(step, "name", ""));
    g_autofree char *more = text_printable(trouble != NULL ? trouble : counts);
    return g_strdup_printf("  %-16s %s  %s", name, words, more);
}

static void
append_approvals(GString *text, const View *view, const json_t *migration)
{
    const json_t *approvals = json_object_get(migration, "approvals");
    json_t *approval = NULL;
    size_t i = 0;
    json_array_foreach(approvals, i, approval)
    {
        g_autofree char *digest = story_digest(json_get_string(approval, "digest", ""));
        g_autofree char *ago = story_ago(json_get_int(approval, "at_ms", 0));
        bool is_gone = json_get_int(approval, "withdrawn_at_ms", 0) > 0;
        g_autofree char *line = g_strdup_printf(
            "approved by %s (%s) %s%s%s", json_get_string(approval, "actor", "?"), digest, ago,
            json_get_bool(approval, "self", false) ? ", who also made it: the policy allows it"
                                                   : "",
            is_gone ? "; withdrawn" : "");
        g_autofree char *shown = view_toned(view, TONE_PLAIN, line);
        g_string_append_printf(text, "%s\n", shown);
    }
}

static void
append_next(GString *text, const View *view, const json_t *migration)
{
    const json_t *next = json_object_get(migration, "next");
    const char *what = json_get_string(next, "text", NULL),
               *who = json_get_string(next, "who", NULL);
    const char *role = json_get_string(next, "role", "");
    /* What succeeded is where it should be: a way on may be asked for, but is not waited for. */
    if (what == NULL || strcmp(json_get_string(migration, "state", ""), "succeeded") == 0)
        return;
    bool is_person = who != NULL && strcmp(role, "worker") != 0;
    g_autofree char *line = g_strdup_printf("%s%s%s%s", what, is_person ? " (" : "",
                                            is_person ? who : "", is_person ? ")" : "");
    g_autofree char *shown = view_toned(view, TONE_DIM, line);
    g_string_append_printf(text, "%s\n", shown);
}

/* What slows a step down right now comes first; else what may. */
static void
append_throttle(GString *text, const View *view, const json_t *migration)
{
    const json_t *steps = json_object_get(migration, "steps");
    bool is_running = strcmp(json_get_string(migration, "state", ""), "running") == 0;
    json_t *step = NULL;
    size_t i = 0;
    json_array_foreach(steps, i, step)
    {
        const char *slowed = json_get_string(json_object_get(step, "progress"), "slowed", NULL);
        if (slowed == NULL)
            continue;
        g_autofree char *line =
            g_strdup_printf("%s is slowed: %s", json_get_string(step, "name", ""), slowed);
        g_autofree char *plain = text_printable(line);
        g_autofree char *shown = view_toned(view, TONE_WARN, plain);
        g_string_append_printf(text, "%s\n", shown);
    }
    g_autofree char *throttle =
        is_running ? throttle_text(json_object_get(migration, "throttle")) : NULL;
    if (throttle != NULL) {
        g_autofree char *plain = text_printable(throttle);
        g_string_append_printf(text, "throttle: %s\n", plain);
    }
}

/* Whom a step of changes waits for: one of them, by name. */
static void
append_waits(GString *text, const json_t *migration)
{
    json_t *step;
    size_t i;
    json_array_foreach(json_object_get(migration, "steps"), i, step)
    {
        const char *waits = json_get_string(step, "waits", NULL);
        int64_t more = json_get_int(json_object_get(step, "tasks"), "waiting", 1) - 1;
        g_autofree char *plain = waits != NULL ? text_printable(waits) : NULL;
        if (plain != NULL && more > 0)
            g_string_append_printf(text,
                                   "%s %s; %" G_GINT64_FORMAT " more wait (honk change list)\n",
                                   json_get_string(step, "name", ""), plain, more);
        else if (plain != NULL)
            g_string_append_printf(text, "%s %s\n", json_get_string(step, "name", ""), plain);
    }
}

/* Who was left to people, and how many may be. */
static void
append_left(GString *text, const View *view, const json_t *migration)
{
    const json_t *left = json_object_get(migration, "left"),
                 *pace = json_object_get(migration, "pace");
    json_t *name;
    size_t i;
    if (json_array_size(left) == 0)
        return;
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line,
                           "%zu of %" G_GINT64_FORMAT
                           " consumers failed and %s left to people (at most %" G_GINT64_FORMAT
                           " may be):",
                           json_array_size(left), json_get_int(pace, "of", 0),
                           json_array_size(left) == 1 ? "is" : "are", pace_failures_allowed(pace));
    json_array_foreach(left, i, name) if (i < LEFT_SHOWN_MAX)
        g_string_append_printf(line, "%s %s", i > 0 ? "," : "", json_string_value(name));
    if (json_array_size(left) > LEFT_SHOWN_MAX)
        g_string_append(line, " ...");
    g_autofree char *plain = text_printable(line->str);
    g_autofree char *shown = view_toned(view, TONE_WARN, plain);
    g_string_append_printf(text, "%s\n", shown);
}

char *
migration_notes(const View *view, const json_t *migration)
{
    const json_t *quarantine = json_object_get(migration, "quarantine");
    int64_t aside = json_get_int(quarantine, "rows", 0);
    GString *text = g_string_new(NULL);
    if (aside > 0) {
        g_autofree char *count = text_plural(aside, "row was", "rows were");
        g_autofree char *line =
            g_strdup_printf("%s put aside with a reason; honk compare with --rejected %s tells "
                            "them from missing ones",
                            count, json_get_string(migration, "id", ""));
        g_autofree char *shown = view_toned(view, TONE_WARN, line);
        g_string_append_printf(text, "%s\n", shown);
    }
    append_throttle(text, view, migration);
    append_waits(text, migration);
    append_left(text, view, migration);
    append_approvals(text, view, migration);
    append_next(text, view, migration);
    return g_string_free(text, FALSE);
}

char *
migration_findings(const json_t *migration)
{
    const json_t *findings = json_object_get(migration, "diagnostics");
    const json_t *differences = json_object_get(migration, "differences");
    GString *text = g_string_new(NULL);
    json_t *item = NULL;
    size_t i = 0;
    json_array_foreach(differences, i, item) if (json_is_string(item))
        g_string_append_printf(text, "%s\n", json_string_value(item));
    json_array_foreach(findings, i, item)
    {
        const char *file = json_get_string(item, "file", NULL);
        int line = (int) json_get_int(item, "line", 0);
        if (file != NULL && line > 0)
            g_string_append_printf(text, "%s:%d:%d: ", file, line,
                                   (int) json_get_int(item, "column", 0));
        else if (file != NULL)
            g_string_append_printf(text, "%s: ", file);
        g_string_append_printf(text, "%s: %s\n", json_get_string(item, "level", "error"),
                               json_get_string(item, "message", "?"));
    }
    return g_string_free(text, text->len == 0);
}

/* ---- what to do now ---- */

static bool
may(const json_t *migration, const char *action)
{
    const json_t *allowed = json_object_get(migration, "allowed_actions");
    return json_get_bool(json_object_get(allowed, action), "allowed", false);
}

/* Does a step wait for a person, with nothing at work? */
static bool
is_stuck(const json_t *migration)
{
    const json_t *steps = json_object_get(migration, "steps");
    const char *states = "";
    bool has_failed = false;
    json_t *step = NULL;
    size_t i = 0;
    json_array_foreach(steps, i, step)
    {
        states = json_get_string(step, "status", "");
        if (strcmp(states, "ready") == 0 || strcmp(states, "leased") == 0 ||
            strcmp(states, "waiting") == 0 || strcmp(states, "retry_wait") == 0)
            return false;
        has_failed = has_failed || strcmp(states, "failed") == 0;
    }
    return has_failed;
}

static bool
has_failed(const json_t *migration)
{
    const json_t *steps = json_object_get(migration, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (strcmp(json_get_string(json_array_get(steps, i), "status", ""), "failed") == 0)
            return true;
    return false;
}

bool
migration_is_resting(const json_t *migration)
{
    const char *state = json_get_string(migration, "state", "");
    return story_is_resting(state) || (strcmp(state, "retiring") == 0 && is_stuck(migration));
}

int
migration_exit_status(const json_t *migration)
{
    const char *state = json_get_string(migration, "state", "");
    bool is_stuck_at_the_end = strcmp(state, "retiring") == 0 && is_stuck(migration);
    return story_exit_status(is_stuck_at_the_end ? "halted" : state);
}

char *
migration_next(const json_t *migration)
{
    const char *state = json_get_string(migration, "state", ""), *name = migration_name(migration);
    bool is_done = strcmp(state, "succeeded") == 0;
    if (strcmp(state, "planned") == 0) {
        g_autofree char *digest = story_digest(json_get_string(migration, "digest", ""));
        return g_strdup_printf("honk approve %s %s says yes to exactly this plan", name, digest);
    }
    if ((is_done || strcmp(state, "retiring") == 0) && is_stuck(migration))
        return g_strdup_printf("mend what it names, then honk retry %s", name);
    if (strcmp(state, "halted") == 0)
        return g_strdup_printf(
            "%shonk resume %s --reason … goes on, honk rollback %s puts everything "
            "back",
            has_failed(migration) ? "what failed says what to do; after 'honk retry' " : "", name,
            name);
    if (is_done && may(migration, "retire"))
        return g_strdup_printf("honk retire %s drops the old dataset, for good", name);
    if (is_done && !may(migration, "rollback"))
        return NULL;
    return story_next(state, name);
}
