/* cmd_report.c - what was expected of a migration beside what became of it. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/migration.h"
#include "cli/numbers.h"
#include "cli/story.h"
#include "model/states.h"

#include <inttypes.h>
#include <string.h>

typedef char *TextFn(int64_t number);

static const struct {
    const char *words, *member;
    TextFn *text;
} lines[] = {{"rows written", "rows_out", text_count},
             {"rows put aside", "rejected", text_count},
             {"bytes", "bytes", text_bytes}};

/* "about 1,007 (802 to 1,269)"; without bounds where nothing was guessed. Caller frees. */
static char *
guess_text(const json_t *guess, TextFn *text)
{
    int64_t low = json_get_int(guess, "low", 0), high = json_get_int(guess, "high", 0);
    g_autofree char *about = text(json_get_int(guess, "about", 0));
    if (low == high)
        return g_steal_pointer(&about);
    g_autofree char *from = text(low), *to = text(high);
    return g_strdup_printf("about %s (%s to %s)", about, from, to);
}

/* What is said where no rows moved, or their step did not tell. */
static const char *
words_of_none(const json_t *report)
{
    PlanState state = PLAN_DRAFT;
    bool is_known = plan_state_from_name(json_get_string(report, "state", ""), &state);
    if (json_is_object(json_object_get(report, "outcome")))
        return "not told";
    return is_known && plan_state_is_terminal(state) ? "never" : "not yet";
}

static void
guess_row(Table *table, size_t line, const json_t *report)
{
    const json_t *forecast = json_object_get(report, "forecast");
    const json_t *outcome = json_object_get(report, "outcome");
    const json_t *guess = json_object_get(forecast, lines[line].member);
    const json_t *real = json_object_get(outcome, lines[line].member);
    table_cell(table, TONE_STRONG, lines[line].words);
    g_autofree char *expected = guess != NULL ? guess_text(guess, lines[line].text) : NULL;
    table_cell(table, TONE_PLAIN, expected);
    if (real == NULL) {
        table_cell(table, TONE_DIM, words_of_none(report));
        table_cell(table, TONE_PLAIN, NULL);
        return;
    }
    int64_t number = json_integer_value(real);
    bool is_within =
        number >= json_get_int(guess, "low", 0) && number <= json_get_int(guess, "high", 0);
    g_autofree char *happened = lines[line].text(number);
    table_cell(table, TONE_PLAIN, happened);
    table_cell(table, is_within ? TONE_GOOD : TONE_WARN,
               guess == NULL ? ""
               : is_within   ? "as expected"
                             : "outside of the bounds");
}

/* A rate was measured without writing anything: there are no bounds. */
static void
time_row(Table *table, const json_t *forecast, const json_t *outcome)
{
    int64_t estimate = json_get_int(forecast, "estimate_ms", -1);
    int64_t took = json_get_int(outcome, "ms", -1);
    g_autofree char *expected = estimate >= 0 ? text_duration(estimate) : NULL;
    g_autofree char *happened = took >= 0 ? text_duration(took) : NULL;
    table_cell(table, TONE_STRONG, "time for rows");
    table_cellf(table, TONE_PLAIN, "%s%s", expected != NULL ? "about " : "",
                expected != NULL ? expected : "");
    table_cell(table, TONE_PLAIN, happened);
    if (estimate > 0 && took > 0)
        table_cellf(table, TONE_DIM, "%.1f times as long", (double) took / (double) estimate);
    else
        table_cell(table, TONE_PLAIN, NULL);
}

/* What a trial of some rows cannot have known. */
static void
show_what_slowed(View *view, const json_t *outcome)
{
    int64_t followed = json_get_int(outcome, "followed", 0),
            stood_ms = json_get_int(outcome, "stood_ms", 0),
            again = json_get_int(outcome, "tried_again", 0);
    if (json_get_bool(outcome, "throttled", false))
        view_tone(view, TONE_WARN, "rows were throttled, which no forecast of time knows");
    if (stood_ms > 0) {
        g_autofree char *stood = text_duration(stood_ms);
        view_tone(view, TONE_WARN, "it was halted or paused for %s of the time", stood);
    }
    if (again > 0) {
        g_autofree char *last = story_ago(json_get_int(outcome, "tried_again_at_ms", 0));
        view_tone(view, TONE_WARN,
                  "parts of it met trouble and were tried again, %" PRId64
                  " time%s in all, the last %s",
                  again, again == 1 ? "" : "s", last);
    }
    if (followed > 0) {
        g_autofree char *rows = text_plural(followed, "row was", "rows were");
        view_tone(view, TONE_WARN,
                  "writers went on: %s copied again, and the last of them waited for", rows);
    }
}

static void
show_forecast(View *view, const json_t *report)
{
    const json_t *forecast = json_object_get(report, "forecast");
    const json_t *outcome = json_object_get(report, "outcome");
    const char *problem = json_get_string(forecast, "problem", NULL);
    if (json_is_null(forecast) && json_is_null(outcome))
        return;
    g_autoptr(Table) table = table_new("", "EXPECTED", "HAPPENED", "", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        guess_row(table, i, report);
    time_row(table, forecast, outcome);
    view_table(view, table);
    show_what_slowed(view, outcome);
    if (problem != NULL)
        view_tone(view, TONE_WARN, "no rows were tried: %s", problem);
    else if (json_is_object(forecast)) {
        g_autofree char *read = text_count(json_get_int(forecast, "rows_read", 0));
        g_autofree char *rows = text_count(json_get_int(forecast, "rows", 0));
        view_tone(view, TONE_DIM,
                  "expected from %s of %s rows, read and mapped when it was planned", read, rows);
    }
    if (json_is_object(outcome))
        view_line(view, "the rows' hashes: %s", json_get_string(outcome, "hash", ""));
}

static void
show_steps(View *view, const json_t *report)
{
    g_autoptr(Table) table = table_new("STEP", "STATUS", "TOOK", NULL);
    bool is_back = strcmp(json_get_string(report, "state", ""), "rolling_back") == 0;
    json_t *step;
    size_t i;
    json_array_foreach(json_object_get(report, "steps"), i, step)
    {
        const char *status = json_get_string(step, "status", "");
        int64_t took = json_get_int(step, "ms", -1);
        g_autofree char *text = took >= 0 ? text_duration(took) : NULL;
        json_set_string(step, "phase", is_back ? "reverse" : "forward");
        table_cell(table, TONE_STRONG, json_get_string(step, "name", ""));
        table_cell(table, story_tone(status), migration_step_words(step));
        table_cell(table, TONE_PLAIN, text);
    }
    if (table_rows(table) > 0)
        view_table(view, table);
}

static void
show_approvals(View *view, const json_t *report)
{
    json_t *approval;
    size_t i;
    json_array_foreach(json_object_get(report, "approvals"), i, approval)
    {
        g_autofree char *at = clock_text(json_get_int(approval, "at_ms", 0));
        if (json_object_get(approval, "withdrawn_at_ms") == NULL)
            view_line(view, "approved by %s, %s", json_get_string(approval, "actor", "?"), at);
    }
}

static bool
cmd_report_run(Invocation *call, GError **error)
{
    View *view = call->view;
    g_autoptr(json_t) report = NULL, numbers = NULL;
    g_autofree char *id = client_escape(invocation_arg(call, 0));
    if (!client_get(call, &report, error, "/migrations/%s/report", id) ||
        !client_get(call, &numbers, error, "/consumers/numbers?migration=%s", id))
        return false;
    json_object_set(report, "numbers", numbers);
    if (invocation_json(call)) {
        view_json(view, report);
        return true;
    }
    g_autofree char *headline = migration_headline(view, report);
    g_autofree char *digest = story_digest(json_get_string(report, "digest", ""));
    view_raw(view, headline);
    view_raw(view, "\n");
    view_line(view, "  %s → %s, plan %s (%s) by %s", json_get_string(report, "source_url", "?"),
              json_get_string(report, "target_url", "?"), json_get_string(report, "id", ""), digest,
              json_get_string(report, "author", "?"));
    show_approvals(view, report);
    view_line(view, "%s", "");
    show_forecast(view, report);
    view_line(view, "%s", "");
    show_steps(view, report);
    if (json_get_int(numbers, "consumers", 0) > 0)
        view_line(view, "%s", "");
    numbers_show(view, numbers);
    numbers_show_parts(view, numbers);
    return true;
}

const Command cmd_report = {
    .name = "report",
    .args = "NAME",
    .summary = "what was expected of a migration, beside what happened",
    .deed = "report on the migration",
    .about =
        "What a trial of some rows said when it was planned (rows, rows that do not fit, bytes, "
        "time),\nbeside what became of it, how long each step took, and what became of consumers "
        "and their "
        "code.",
    .examples = "honk report users-v2\nhonk report users-v2 --json | jq .outcome",
    .run = cmd_report_run,
};
