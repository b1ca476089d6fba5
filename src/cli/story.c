/* story.c - one table says what each state means to a person. */
#include "cli/story.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/throttle.h"

#include <string.h>
#include <time.h>

typedef struct {
    const char *state;
    Tone tone;
    bool is_resting;
    int status;       /* exit status when watching ends here */
    const char *next; /* %s stands for the name; NULL: nothing to do */
} Story;

/* clang-format off */
static const Story stories[] = {
    /* plans */
    {"draft",          TONE_BUSY,   false, 0, "honk plan %s shows the plan, or why there is none yet"},
    {"planned",        TONE_STRONG, true,  0, "honk approve %s says yes to exactly this plan"},
    {"approved",       TONE_GOOD,   true,  0, "honk start %s"},
    {"preflight",      TONE_BUSY,   false, 0, "honk watch %s"},
    {"running",        TONE_BUSY,   false, 0, "honk watch %s"},
    {"paused",         TONE_WARN,   true,  4, "honk resume %1$s goes on, honk rollback %1$s puts everything back"},
    {"halted",         TONE_BAD,    true,  7, "honk status %1$s says why; then honk retry %1$s or honk resume %1$s --reason …, "
                                              "or honk rollback %1$s"},
    {"soaking",        TONE_BUSY,   false, 0, "honk watch %s"},
    {"succeeded",      TONE_GOOD,   true,  0, "honk rollback %s still puts everything back"},
    {"rolling_back",   TONE_WARN,   false, 0, "honk watch %s"},
    {"rolled_back",    TONE_WARN,   true,  7, "honk plan %s makes a new plan"},
    {"needs_operator", TONE_BAD,    true,  7, "honk status %1$s says what could not be undone; then honk rollback %1$s tries again"},
    {"retiring",       TONE_WARN,   false, 0, "honk watch %s"},
    {"closed",         TONE_GOOD,   true,  0, NULL},
    {"stale",          TONE_BAD,    true,  8, "honk plan %s makes a new plan and shows what changed"},
    {"rejected",       TONE_BAD,    true,  4, "honk plan %s makes a new plan"},
    {"expired",        TONE_BAD,    true,  4, "honk plan %s makes a new plan"},
    {"cancelled",      TONE_WARN,   true,  4, "honk plan %s makes a new plan"},
    {"closed_mixed",   TONE_BAD,    true,  7, NULL},
    /* tasks and steps */
    {"blocked",        TONE_DIM,    false, 0, NULL},
    {"ready",          TONE_PLAIN,  false, 0, NULL},
    {"leased",         TONE_BUSY,   false, 0, NULL},
    {"waiting",        TONE_BUSY,   false, 0, NULL},
    {"retry_wait",     TONE_WARN,   false, 0, NULL},
    {"unknown",        TONE_WARN,   false, 0, NULL},
    {"done",           TONE_GOOD,   false, 0, NULL},
    {"reversed",       TONE_GOOD,   false, 0, NULL},
    {"skipped",        TONE_DIM,    false, 0, NULL},
    {"failed",         TONE_BAD,    false, 0, NULL},
    {"not_applied",    TONE_DIM,    false, 0, NULL},
    {"irreversible",   TONE_BAD,    false, 0, NULL},
};
/* clang-format on */

static const Story *
story_of(const char *state)
{
    static const Story unknown = {NULL, TONE_PLAIN, false, 0, NULL};
    for (size_t i = 0; state != NULL && i < G_N_ELEMENTS(stories); i++)
        if (strcmp(stories[i].state, state) == 0)
            return &stories[i];
    return &unknown;
}

Tone
story_tone(const char *state)
{
    return story_of(state)->tone;
}

bool
story_is_resting(const char *state)
{
    return story_of(state)->is_resting;
}

int
story_exit_status(const char *state)
{
    return story_of(state)->status;
}

char *
story_next(const char *state, const char *name)
{
    const char *next = story_of(state)->next;
    if (next == NULL)
        return NULL;
    g_auto(GStrv) parts = g_strsplit(next, "%1$s", -1);
    g_autofree char *joined = g_strjoinv(name, parts);
    g_auto(GStrv) rest = g_strsplit(joined, "%s", -1);
    return g_strjoinv(name, rest);
}

char *
story_words(const char *state)
{
    return g_strdelimit(g_strdup(state != NULL ? state : ""), "_", ' ');
}

char *
story_since(const char *state, int64_t at_ms)
{
    int64_t gone = clock_wall_ms() - at_ms;
    if (at_ms <= 0 || story_is_resting(state))
        return story_ago(at_ms);
    g_autofree char *duration = gone >= 1000 ? text_duration(gone - gone % 1000) : NULL;
    return duration != NULL ? g_strconcat("for ", duration, NULL) : g_strdup("");
}

char *
story_digest(const char *digest)
{
    const char *hex = digest != NULL ? strchr(digest, ':') : NULL;
    return g_strndup(hex != NULL ? hex + 1 : "", 8);
}

char *
story_ago(int64_t at_ms)
{
    int64_t gone = clock_wall_ms() - at_ms;
    if (at_ms <= 0)
        return g_strdup("");
    if (gone < 2000)
        return g_strdup("just now");
    g_autofree char *duration = text_duration(gone - gone % 1000);
    return g_strdup_printf("%s ago", duration);
}

static char *
time_of_day(int64_t at_ms)
{
    time_t seconds = (time_t) (at_ms / 1000);
    struct tm parts;
    char text[16];
    localtime_r(&seconds, &parts);
    strftime(text, sizeof(text), "%H:%M:%S", &parts);
    return g_strdup(text);
}

/* Steps of the work that nobody needs to hear of one by one: handed out, waiting, done. */
static bool
is_routine(const json_t *event)
{
    static const char *const routine[] = {"blocked", "ready", "leased", "waiting", "done", NULL};
    const char *type = json_get_string(event, "type", "");
    if (strcmp(type, "task.status") == 0)
        return g_strv_contains(routine, json_get_string(event, "to", ""));
    return strcmp(type, "task.progress") == 0 || strcmp(type, "task.evidence") == 0 ||
           strcmp(type, "access.acted") == 0;
}

bool
story_is_news(const json_t *event)
{
    return !is_routine(event);
}

/* What the line is about: a step, or the kind of event where its states do not say it. */
static char *
event_subject(const json_t *event)
{
    const char *step = json_get_string(event, "step", NULL),
               *type = json_get_string(event, "type", "");
    if (step != NULL)
        return text_printable(step);
    if (strcmp(type, "plan.state") == 0)
        return g_strdup("plan");
    char *words = text_printable(type);
    return g_strdelimit(words, ".", ' ');
}

/* "40,000 of 1,000,000 rows" of a progress event. */
static void
append_progress(GString *text, const json_t *data)
{
    int64_t done = json_get_int(data, "done", -1), total = json_get_int(data, "total", -1);
    if (done < 0)
        return;
    g_autofree char *of = text_count(done);
    g_string_append_printf(text, "  %s", of);
    if (total > 0) {
        g_autofree char *all = text_count(total);
        g_string_append_printf(text, " of %s", all);
    }
    g_string_append_printf(text, " %s", json_get_string(data, "unit", "rows"));
}

/* "at most 5,000 rows a second" of a change of the throttle. */
static void
append_throttle(GString *text, const json_t *data)
{
    g_autofree char *limits = throttle_text(json_object_get(data, "throttle"));
    g_string_append_printf(text, "  %s", limits != NULL ? limits : "no limit");
}

/* "rows_in 40,000, rows_out 40,000, equal": the numbers and yeses of what a worker saw. */
static void
append_evidence(GString *text, json_t *data)
{
    const char *name = NULL, *gap = "  ";
    json_t *value = NULL;
    json_object_foreach(data, name, value)
    {
        g_autofree char *shown = text_printable(name);
        g_autofree char *count =
            json_is_integer(value) ? text_count(json_integer_value(value)) : NULL;
        if (count == NULL && !json_is_true(value))
            continue;
        g_string_append_printf(text, "%s%s%s%s", gap, shown, count != NULL ? " " : "",
                               count != NULL ? count : "");
        gap = ", ";
    }
}

/* Whoever moved it, if that was a person: what workers and the server do is in the line already. */
static void
append_actor(GString *text, const View *view, const json_t *event)
{
    const char *actor = json_get_string(event, "actor", "");
    bool is_work = g_str_has_prefix(json_get_string(event, "type", ""), "task.");
    if (*actor == '\0' || strcmp(actor, "honk") == 0 || g_str_has_prefix(actor, "worker:") ||
        (is_work && strcmp(actor, "local") == 0))
        return;
    g_autofree char *by = g_strdup_printf("(%s)", actor);
    g_autofree char *shown = view_toned(view, TONE_DIM, by);
    g_string_append_printf(text, "  %s", shown);
}

static void
append_move(GString *text, const View *view, const char *from, const char *to)
{
    if (to == NULL)
        return;
    g_autofree char *from_words = story_words(from), *to_words = story_words(to);
    g_autofree char *shown = view_toned(view, story_tone(to), to_words);
    g_string_append_printf(text, "  %s%s%s", from_words, from != NULL ? " → " : "", shown);
}

char *
story_event(const View *view, const json_t *event, const char *name)
{
    const char *type = json_get_string(event, "type", ""),
               *reason = json_get_string(event, "reason", NULL);
    json_t *data = json_object_get(event, "data");
    g_autofree char *at = time_of_day(json_get_int(event, "at_ms", 0));
    g_autofree char *when = view_toned(view, TONE_DIM, at);
    g_autofree char *who = name != NULL ? text_printable(name) : g_strdup("");
    g_autofree char *what = event_subject(event);
    GString *line = g_string_new(when);
    g_string_append_printf(line, "  %s%s%s", who, *who != '\0' ? "  " : "", what);
    append_move(line, view, json_get_string(event, "from", NULL),
                json_get_string(event, "to", NULL));
    if (strcmp(type, "task.evidence") == 0)
        append_evidence(line, data);
    else if (strcmp(type, "plan.throttle") == 0)
        append_throttle(line, data);
    else
        append_progress(line, data);
    if (reason != NULL) {
        g_autofree char *shown = text_printable(reason);
        g_string_append_printf(line, "  %s", shown);
    }
    append_actor(line, view, event);
    return g_string_free(line, FALSE);
}
