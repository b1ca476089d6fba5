/*
 * plan_text.c - a plan for the person who is asked to say yes to it.
 *
 * In the order in which one wants to know: what and for whom, whether the world still is as the
 * plan saw it, how much it touches, who is concerned, what becomes of each column, each step beside
 * its way back with the line after which there is none, time, risks, and what exactly is approved.
 * Colour only repeats what the words say.
 */
#include "planner/plan_text.h"
#include "base/text.h"
#include "planner/changes.h"
#include "planner/forecast.h"
#include "planner/places.h"
#include "planner/planner.h"
#include "planner/services.h"
#include "planner/text_table.h"

#include <string.h>

#define WIDTH_MIN 60
#define WIDTH_MAX 160

#define CONSUMERS_SHOWN_MAX 25 /* a page; nobody reads thousands in a terminal */

const char *
plan_string(const Report *report, const char *path)
{
    const json_t *value = json_at(report->json, path);
    return json_is_string(value) ? json_string_value(value) : "";
}

const char *
plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void
print_title(Report *report)
{
    const char *state = json_get_string(report->state, "state", NULL);
    const char *id = json_get_string(report->state, "id", NULL);
    g_autofree char *first = g_strdup_printf("Plan %s", plan_string(report, "name"));

    page_say(&report->page, STYLE_BOLD, "", "%s%s%s%s%s", first, id != NULL ? " · " : "",
             id != NULL ? id : "", state != NULL ? " · " : "", state != NULL ? state : "");
    const char *owner = plan_string(report, "owner"), *author = plan_string(report, "author");
    const char *group = plan_string(report, "fleet_group");
    page_say(&report->page, STYLE_PLAIN, "", "%s '%s' %s '%s' by strategy %s%s%s%s%s%s%s.",
             planner_moves_rows(report->plan) ? "Move" : "Change who uses",
             plan_string(report, "source.url"),
             planner_moves_rows(report->plan) ? "into" : "to use",
             plan_string(report, "target.url"), plan_string(report, "strategy"),
             *owner != '\0' ? ", for " : "", owner, *group != '\0' ? ", group " : "", group,
             *author != '\0' ? "; asked for by " : "", author);
}

static void
print_drift(Report *report)
{
    const json_t *drift = json_object_get(report->state, "differences");
    json_t *line;
    size_t i;

    page_heading(&report->page, "Drift");
    if (json_array_size(drift) == 0) {
        page_paragraph(&report->page, STYLE_PLAIN, "  ",
                       "none known: schemas, mapping, policy and consumers are as this plan saw "
                       "them, and are looked at again before anything moves");
        return;
    }
    json_array_foreach(drift, i, line) if (json_is_string(line))
        page_paragraph(&report->page, STYLE_YELLOW, "  ! ", json_string_value(line));
}

/* "200,000 rows, 12 MiB" or "rows not counted". Caller frees. */
static char *
amount(const json_t *seen, const char *rows_key, const char *bytes_key)
{
    int64_t rows = json_get_int(seen, rows_key, -1), bytes = json_get_int(seen, bytes_key, -1);
    if (rows < 0)
        return g_strdup("rows not counted");
    g_autofree char *count = text_count(rows);
    if (bytes < 0)
        return g_strdup_printf("%s row%s", count, plural((size_t) rows));
    g_autofree char *size = text_bytes(bytes);
    return g_strdup_printf("%s row%s, %s", count, plural((size_t) rows), size);
}

static size_t
count_consumers(const Report *report, const char *access)
{
    json_t *consumer;
    size_t i, count = 0;

    json_array_foreach(json_object_get(report->json, "consumers"), i, consumer) count +=
        strcmp(json_get_string(consumer, "access", ""), access) == 0;
    return count;
}

static size_t
count_owners(const Report *report)
{
    g_autoptr(GHashTable) owners = g_hash_table_new(g_str_hash, g_str_equal);
    json_t *consumer;
    size_t i;

    json_array_foreach(json_object_get(report->json, "consumers"), i,
                       consumer) if (*json_get_string(consumer, "owner", "") != '\0')
        g_hash_table_add(owners, (void *) json_get_string(consumer, "owner", ""));
    return g_hash_table_size(owners);
}

static void
print_touches(Report *report)
{
    const json_t *target_schema = json_at(report->json, "snapshot.target_schema");
    bool moves = planner_moves_rows(report->plan);
    bool exists = target_schema != NULL && !json_is_null(target_schema), replaces = exists && moves;
    g_autofree char *source = amount(report->seen, "source_rows", "bytes");
    g_autofree char *target = exists ? amount(report->seen, "target_rows", "") : NULL;
    g_autoptr(TextTable) table = text_table_new(5);

    page_heading(&report->page, "Touches");
    text_table_row(table, STYLE_PLAIN,
                   (const char *[]){" ", "from", plan_string(report, "source.ref"),
                                    plan_string(report, "source.url"), source});
    text_table_row(table, STYLE_PLAIN,
                   (const char *[]){replaces ? "±"
                                    : moves  ? "+"
                                             : " ",
                                    "to", plan_string(report, "target.ref"),
                                    plan_string(report, "target.url"), exists ? target : "new"});
    text_table_print(table, &report->page, 2);
    if (replaces)
        page_say(&report->page, STYLE_PLAIN, "  ", "± replaced; the old one is kept as '%s'",
                 plan_string(report, "target.kept"));
}

static void
print_consumers(Report *report)
{
    const json_t *consumers = json_object_get(report->json, "consumers");
    size_t readers = count_consumers(report, "reads"), writers = count_consumers(report, "writes");
    size_t owners = count_owners(report);
    json_t *consumer;
    size_t i;

    page_heading(&report->page, "Consumers");
    if (json_array_size(consumers) == 0) {
        page_say(&report->page, STYLE_PLAIN, "  ",
                 "none: the catalog knows nobody who reads or writes '%s'",
                 plan_string(report, "source.ref"));
        return;
    }
    g_autoptr(TextTable) table = text_table_new(4);
    json_array_foreach(consumers, i, consumer) if (i < CONSUMERS_SHOWN_MAX)
        text_table_row(table, STYLE_PLAIN,
                       (const char *[]){json_get_string(consumer, "access", ""),
                                        json_get_string(consumer, "ref", ""),
                                        json_get_string(consumer, "owner", "no owner"),
                                        json_get_bool(consumer, "direct", true) ? "" : "indirect"});
    text_table_print(table, &report->page, 2);
    if (i > CONSUMERS_SHOWN_MAX)
        page_say(
            &report->page, STYLE_DIM, "  ",
            "… and %zu more: `honk plan NAME --json` has them all, `honk lineage` how they hang "
            "together",
            i - CONSUMERS_SHOWN_MAX);
    bool changes_code = changes_any(json_object_get(report->json, "changes"));
    page_say(&report->page, STYLE_PLAIN, "  ", "%zu reader%s, %zu writer%s, %zu owner%s%s", readers,
             plural(readers), writers, plural(writers), owners, plural(owners),
             changes_code ? ""
                          : "; left to people: all of them, because this plan changes no code");
}

static void
print_dropped(Report *report)
{
    const char *column, *where = plan_string(report, "mapping.where");
    json_t *why;

    json_object_foreach(json_at(report->json, "mapping.dropped"), column, why)
        page_say(&report->page, STYLE_PLAIN, "  - ", "%s is dropped: %s", column,
                 json_get_string(why, "why", "no reason given"));
    if (*where != '\0')
        page_say(&report->page, STYLE_PLAIN, "  ~ ", "only rows with %s move", where);
}

static void
print_mapping(Report *report)
{
    const json_t *columns = json_at(report->json, "mapping.columns");
    const json_t *places = json_object_get(report->seen, "places");
    json_t *column;
    size_t i;

    if (columns == NULL) {
        page_heading(&report->page, "Mapping");
        page_paragraph(&report->page, STYLE_PLAIN, "  ", "none: every column as it is");
        places_print(&report->page, places);
        return;
    }
    g_autofree char *heading = g_strdup_printf("Mapping %s", plan_string(report, "mapping.path"));
    g_autofree char *printable = text_printable(heading);
    page_heading(&report->page, printable);
    g_autoptr(TextTable) table = text_table_new(3);
    text_table_row(table, STYLE_DIM, (const char *[]){"target column", "rule", "computed in"});
    json_array_foreach(columns, i, column) text_table_row(
        table, STYLE_PLAIN,
        (const char *[]){json_get_string(column, "target", ""), json_get_string(column, "rule", ""),
                         place_seen(places, column)});
    text_table_print(table, &report->page, 2);
    places_print(&report->page, places);
    print_dropped(report);
}

static bool
retires(const Plan *plan)
{
    for (guint i = 0; i < plan->steps->len; i++)
        if (((const Step *) plan->steps->pdata[i])->action->id == ACTION_RETIRE)
            return true;
    return false;
}

static size_t
count_irreversible(const Plan *plan)
{
    size_t count = 0;
    for (guint i = 0; i < plan->steps->len; i++)
        count += step_is_irreversible(plan->steps->pdata[i]);
    return count;
}

static void
print_forecast(Report *report)
{
    const json_t *forecast = json_object_get(report->seen, "forecast");
    int64_t rows = json_get_int(forecast, "rows", 0);
    forecast_print(&report->page, forecast, plan_rejects_allowed(report->json, rows));
}

/* "; inside of the store, up to 2 ranges at once", or nothing. Caller frees. */
static char *
how_text(const json_t *seen)
{
    int64_t at_once = json_get_int(seen, "at_once", 1);
    const char *inside = json_get_bool(seen, "inside", false) ? "; inside of the store" : "";
    return at_once > 1 ? g_strdup_printf("%s%sup to %" G_GINT64_FORMAT " ranges at once", inside,
                                         *inside != '\0' ? ", " : "; ", at_once)
                       : g_strdup(inside);
}

static void
print_times(Report *report)
{
    int64_t estimate = json_get_int(report->seen, "estimate_ms", -1);
    g_autofree char *soak = text_duration(json_get_int(report->json, "soak_ms", 0));
    g_autofree char *window = text_duration(json_get_int(report->json, "rollback_window_ms", 0));
    g_autofree char *retention = text_duration(json_get_int(report->json, "retention_ms", 0));

    page_heading(&report->page, "Time");
    if (estimate < 0) {
        page_paragraph(&report->page, STYLE_PLAIN, "  ", "not estimated");
    } else {
        int64_t rate = json_get_int(report->seen, "rows_per_s", 0);
        g_autofree char *forward = text_duration(estimate);
        g_autofree char *back = text_duration(json_get_int(report->seen, "rollback_ms", 0));
        g_autofree char *rows = text_count(rate);
        g_autofree char *how = how_text(report->seen);
        page_say(&report->page, STYLE_PLAIN, "  ",
                 "about %s forward and %s for a rollback, at %s rows/s (%s%s)", forward, back, rows,
                 json_get_bool(report->seen, "rate_measured", false) ? "measured" : "assumed", how);
    }
    int64_t soak_ms = json_get_int(report->json, "soak_ms", 0);
    page_say(&report->page, STYLE_PLAIN, "  ", "%s%s; can be rolled back for %s after the end",
             soak_ms > 0 ? "soaks for " : "no soak", soak_ms > 0 ? soak : "", window);
    if (retires(report->plan))
        page_say(&report->page, STYLE_PLAIN, "  ",
                 "keeps the old dataset until somebody says `honk retire`, at least for %s",
                 retention);
    else
        page_paragraph(&report->page, STYLE_PLAIN, "  ", "keeps the old dataset for good");
}

static void
print_risks(Report *report)
{
    int64_t ppm = json_get_int(json_object_get(report->json, "quarantine"), "share_max_ppm", 0);
    int64_t rows = json_get_int(json_object_get(report->json, "quarantine"), "rows_max", 0);
    g_autofree char *count = text_count(rows);
    json_t *risk;
    size_t i;

    page_heading(&report->page, "Risks");
    json_array_foreach(json_object_get(report->json, "risks"), i, risk) if (json_is_string(risk))
        page_paragraph(&report->page, STYLE_PLAIN, "  · ", json_string_value(risk));
    if (!planner_moves_rows(report->plan)) {
        if (i == 0)
            page_paragraph(&report->page, STYLE_PLAIN, "  ", "none known");
        return;
    }
    if (rows == 0 && ppm == 0)
        page_paragraph(&report->page, STYLE_PLAIN, "  · ",
                       "quarantine budget: none, the first row that does not fit stops the plan");
    else
        page_say(&report->page, STYLE_PLAIN, "  · ",
                 "quarantine budget: up to %s row%s or %d.%02d %% that do not fit, whichever is "
                 "more, are put aside with a reason; beyond it the plan stops",
                 count, plural((size_t) rows), (int) (ppm / 10000), (int) (ppm % 10000 / 100));
}

static void
print_closing(Report *report)
{
    size_t steps = report->plan->steps->len, forward_only = count_irreversible(report->plan);
    size_t consumers = json_array_size(json_object_get(report->json, "consumers"));
    size_t columns = json_array_size(json_at(report->json, "mapping.columns"));
    size_t dropped = json_object_size(json_at(report->json, "mapping.dropped"));
    g_autofree char *rows = amount(report->seen, "source_rows", "");
    g_autoptr(GString) line = g_string_new(NULL);

    g_string_append_printf(line, "%zu step%s, %zu with a way back, %zu without; ", steps,
                           plural(steps), steps - forward_only, forward_only);
    if (columns > 0)
        g_string_append_printf(line, "%zu column%s mapped, %zu dropped; ", columns, plural(columns),
                               dropped);
    g_string_append_printf(line, "%zu consumer%s; %s", consumers, plural(consumers), rows);
    g_string_append_c(report->page.text, '\n');
    page_say(&report->page, STYLE_BOLD, "", "%s.", line->str);
}

char *
plan_text(const Plan *plan, const json_t *observations, const json_t *state, int width, bool colour)
{
    Report report = {
        .plan = plan,
        .json = plan->json,
        .seen = observations,
        .state = state,
        .page = {g_string_new(NULL), CLAMP(width, WIDTH_MIN, WIDTH_MAX), colour},
    };

    print_title(&report);
    print_drift(&report);
    print_touches(&report);
    print_consumers(&report);
    changes_print(&report.page, plan, json_object_get(observations, "repositories"));
    services_print(&report.page, report.json);
    print_rows(&report);
    print_mapping(&report);
    print_steps(&report);
    print_forecast(&report);
    print_times(&report);
    print_risks(&report);
    print_guards(&report);
    print_approval(&report);
    print_closing(&report);
    return g_string_free(report.page.text, FALSE);
}
