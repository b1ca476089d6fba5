/*
 * cmd_copy.c - honk copy: a dataset into a table, without a server.
 *
 * The steps are those of a plan (local.h), but nothing is left beside the table at the end: neither the old table nor
 * our bookkeeping. Names of the staging table depend on the target alone, so that what a killed copy left is found.
 *
 *   look ─► plan ─► validate, stage, fill range by range, compare, swap, settle ─► clear up
 *                      └── fails or is interrupted: rows that did not fit are saved, all is taken back
 */
#include "base/clock.h"
#include "base/text.h"
#include "cli/copy.h"
#include "cli/migration.h"
#include "cli/rejects.h"
#include "planner/forecast.h"
#include "planner/places.h"
#include "transfer/transfer.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

static void
copy_clear(Copy *copy)
{
    local_free(copy->local);
    pair_clear(&copy->pair);
    json_decref(copy->rejects);
    g_free(copy->rejects_path);
    g_free(copy->id);
    g_free(copy->mark);
    g_free(copy->stage);
    g_free(copy->kept);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Copy, copy_clear)

static char *
stopped_line(const Copy *copy)
{
    return g_strdup_printf(
        copy->is_in ? "stopped; '%s' has all rows; what is to be removed beside it is removed by "
                      "the next copy to it"
                    : "stopped; '%s' is as it was before",
        invocation_arg(copy->call, 1));
}

/* ---- before anything happens ---- */

/* Until something is written, nobody who presses Ctrl-C waits for a server that hangs. */
static void
end_at_once(const Copy *copy)
{
    g_autofree char *line = stopped_line(copy);
    local_end_at_once(copy->view, line);
}

static bool
copy_open(Copy *copy, GError **error)
{
    Invocation *call = copy->call;
    if (!pair_open(call, true, &copy->pair, error))
        return false;
    const Pair *pair = &copy->pair;
    g_autofree char *title = g_strdup_printf("%s to %s", pair->source.text, pair->target.text);
    copy->stage = g_strconcat(pair->target.object, "__honk_copy", NULL);
    copy->kept = g_strconcat(copy->stage, "_kept", NULL);
    copy->id = g_strconcat("copy-", pair->target.object, NULL);
    const char *rejected = invocation_option(call, "rejected");
    copy->rejects_path = rejected != NULL ? g_strdup(rejected) : rejects_path(pair->target.object);
    copy->local = local_new(pair->config, call->view, title, copy->id);
    copy->mark = copy_mark(pair);
    g_autofree char *words =
        g_strdup_printf("%s is copying '%s' to '%s': write again once it has ended", copy->mark,
                        pair->source.object, pair->target.text);
    local_say_to_writers(copy->local, words);
    return true;
}

static bool
can_be_filled(const Pair *pair, GError **error)
{
    const Driver *driver = driver_by_name(pair->target.store->driver);
    if (driver != NULL && (driver->load == NULL || driver->swap == NULL))
        return fail(error, ERR_UNSUPPORTED, "'%s' is in a store of kind %s, which can only be read",
                    pair->target.text, driver->name);
    return true;
}

static bool
check_target(Copy *copy, GError **error)
{
    const Pair *pair = &copy->pair;
    int64_t rows = 0;
    if (pair->target_schema == NULL)
        return true;
    if (!conn_count(pair->target_conn, pair->target.object, NULL, &rows, error))
        return false;
    bool is_kept = conn_keeps_targets(pair->target_conn);
    copy->replaces = rows > 0;
    if (rows == 0 || (!is_kept && invocation_has(copy->call, "replace")))
        return true;
    g_autofree char *count = text_plural(rows, "row", "rows");
    return fail(error, ERR_WRONG_STATE, "'%s' has %s already; %s", pair->target.text, count,
                is_kept ? "its store replaces none: copy to a name that nothing has"
                        : "--replace puts the copy in their place");
}

/* ---- the plan ---- */

/* What the two are called: the mapping's own names, so that it is found whatever was typed. */
static const char *
source_name(const Copy *copy)
{
    const Mapping *mapping = copy->pair.mapping;
    return mapping != NULL ? mapping_source(mapping) : copy->pair.source.text;
}

static const char *
target_name(const Copy *copy)
{
    const Mapping *mapping = copy->pair.mapping;
    return mapping != NULL ? mapping_target(mapping) : copy->pair.target.text;
}

static json_t *
entity_of(const Copy *copy)
{
    const Pair *pair = &copy->pair;
    return json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s, s:s, s:s?, s:s, s:b}}", "apiVersion",
                     "honk/v1", "kind", "Migration", "metadata", "name", "copy", "spec", "owner",
                     "", "source_dataset", source_name(copy), "target_dataset", target_name(copy),
                     "migration_strategy", pair->mapping != NULL ? "schema-transform" : "bulk-copy",
                     "mapping_file", pair->mapping_path, "consistency",
                     invocation_has(copy->call, "freeze") ? "frozen" : "checked", "retire", 0);
}

static json_t *
request_of(const Copy *copy)
{
    const Pair *pair = &copy->pair;
    json_t *request = json_pack("{s:o, s:{s:s, s:s}, s:{s:s, s:s}, s:[], s:{}, s:s, s:s, s:I}",
                                "entity", entity_of(copy), "source", "ref", source_name(copy),
                                "url", pair->source_url, "target", "ref", target_name(copy), "url",
                                pair->target_url, "consumers", "policy", "author", "", "stage",
                                copy->stage, "now_ms", (json_int_t) clock_wall_ms());
    g_assert(request != NULL);
    json_set_bool(request, "forecast", invocation_has(copy->call, "dry-run"));
    json_object_set_new(request, "mapping",
                        pair->mapping == NULL ? json_null()
                                              : json_pack("{s:s, s:s}", "path", pair->mapping_path,
                                                          "text", pair->mapping_text));
    return request;
}

static bool
add_budget(const Copy *copy, json_t *request, GError **error)
{
    int64_t budget = 0;
    if (!invocation_int(copy->call, "budget", 0, -1, &budget, error))
        return false;
    if (budget >= 0)
        json_object_set_new(request, "quarantine",
                            json_pack("{s:I, s:i, s:b}", "rows_max", (json_int_t) budget,
                                      "share_max_ppm", 0, "said", 1));
    return true;
}

/* What is worth a line. A copy is compared as a whole, and needs no key for that; without a mapping, columns that the
 * target has not are told all at once. */
static bool
is_worth_telling(const Copy *copy, const json_t *finding)
{
    const char *code = json_get_string(finding, "code", "");
    return strcmp(json_get_string(finding, "level", ""), "warning") == 0 &&
           strcmp(code, "no-key") != 0 &&
           (copy->pair.mapping != NULL || strcmp(code, "unmapped-column") != 0);
}

static void
show_findings(const Copy *copy, const json_t *findings)
{
    const Pair *pair = &copy->pair;
    g_autoptr(json_t) shown = json_pack("{s:[]}", "diagnostics");
    json_t *finding;
    size_t i;
    json_array_foreach(findings, i, finding)
    {
        if (is_worth_telling(copy, finding))
            json_array_append(json_object_get(shown, "diagnostics"), finding);
    }
    g_autofree char *text = migration_findings(shown);
    if (text != NULL)
        view_tone(copy->view, TONE_WARN, "%s", g_strchomp(text));
    g_autofree char *becoming = pair_columns_becoming(pair);
    if (becoming != NULL)
        view_line(copy->view, "%s, and no part of its value", becoming);
    if (pair->mapping != NULL || pair->target_schema == NULL ||
        schema_count(pair->target_schema) == 0)
        return;
    g_autofree char *left = pair_columns_without(pair->source_schema, pair->target_schema);
    if (left != NULL)
        view_tone(copy->view, TONE_WARN, "warning: %s has no column for: %s", pair->target.text,
                  left);
}

/* A dry run tells it with the places of columns. */
static bool
show_left(const Copy *copy, GError **error)
{
    const Pair *pair = &copy->pair;
    g_autoptr(MappingSet) identity = NULL;
    g_autofree char *left = NULL;
    if (pair->target_schema != NULL || invocation_has(copy->call, "dry-run"))
        return true;
    if (pair->mapping == NULL &&
        !mapping_identity(pair->source_schema, pair->source_schema, &identity, error))
        return false;
    if (!mapping_leaves(pair->mapping != NULL ? pair->mapping : mapping_get(identity, 0),
                        pair->source_schema, conn_holds, pair->target_conn, &left, error))
        return false;
    if (left != NULL)
        view_line(copy->view, TRANSFER_LEFT, pair->target.object, left);
    return true;
}

static bool
make_plan(Copy *copy, GError **error)
{
    g_autoptr(json_t) request = request_of(copy), findings = NULL;
    if (!add_budget(copy, request, error) || !local_plan(copy->local, request, &findings, error))
        return false;
    show_findings(copy, findings);
    return show_left(copy, error);
}

/* ---- --dry-run ---- */

static TextPage
page_over(const View *view, GString *text)
{
    return (TextPage){text, view->is_terminal ? MIN(view_width(view), 120) : 100, view->colour};
}

static void
show_columns(View *view, const json_t *plan, const json_t *places)
{
    g_autoptr(Table) table = table_new("column", "made of", "where", NULL);
    json_t *column;
    size_t i;
    json_array_foreach(json_at(plan, "mapping.columns"), i, column)
    {
        table_cell(table, TONE_STRONG, json_get_string(column, "target", ""));
        table_cell(table, TONE_PLAIN, json_get_string(column, "rule", ""));
        table_cell(table, TONE_DIM, place_seen(places, column));
    }
    if (table_rows(table) > 0)
        view_table(view, table);
    g_autoptr(GString) text = g_string_new(NULL);
    TextPage page = page_over(view, text);
    places_print(&page, places);
    view_raw(view, text->str);
}

static void
show_forecast(View *view, const Plan *plan, const json_t *seen)
{
    const json_t *forecast = json_object_get(seen, "forecast");
    g_autoptr(GString) text = g_string_new(NULL);
    TextPage page = page_over(view, text);
    int64_t rows = json_get_int(forecast, "rows", 0);
    g_autofree char *took = text_duration(json_get_int(seen, "estimate_ms", 0));
    forecast_print(&page, forecast, plan_rejects_allowed(plan->json, rows));
    view_raw(view, text->str);
    view_line(view, "  it takes about %s", took);
}

static void
show_dry_run(const Copy *copy)
{
    const Plan *plan = local_the_plan(copy->local);
    const json_t *seen = local_observations(copy->local);
    View *view = copy->view;
    if (view->json) {
        g_autoptr(json_t) both = json_pack("{s:O, s:O}", "plan", plan->json, "observations", seen);
        view_json(view, both);
        return;
    }
    view_tone(view, TONE_STRONG, "%s to %s: nothing is written with --dry-run",
              copy->pair.source.text, copy->pair.target.text);
    show_columns(view, plan->json, json_object_get(seen, "places"));
    for (guint i = 0; i < plan->steps->len; i++) {
        const Step *step = plan->steps->pdata[i];
        view_line(view, "  %-16s %s", step->name, step->text);
    }
    view_line(view, "  %-16s %s", "clear up",
              copy->pair.target_schema != NULL ? "drop the old table and all bookkeeping"
                                               : "drop all bookkeeping");
    show_forecast(view, plan, seen);
}

/* ---- the copy ---- */

/* A staging table that is there was left by a copy that was killed, or belongs to one that still runs: it loses. */
static bool
clear_earlier(Copy *copy, GError **error)
{
    g_autoptr(Conn) target = NULL;
    bool exists = false;
    if (!conn_open(pair_target_store(&copy->pair), &target, error) ||
        !conn_exists(target, copy->stage, &exists, error))
        return false;
    if (!exists)
        return copy_clear_target(copy, target, error);
    view_tone(copy->view, TONE_WARN,
              "an earlier copy did not end; what it left is removed, and this one starts afresh");
    return local_back(copy->local, error);
}

static bool
save_rejects(Copy *copy, GError **error)
{
    g_autoptr(Conn) target = NULL;
    return conn_open(pair_target_store(&copy->pair), &target, error) &&
           rejects_save(target, copy->id, copy->rejects_path, &copy->rejects, &copy->rejected,
                        error);
}

static void
tell_rejects(const Copy *copy)
{
    if (copy->rejected == 0)
        return;
    g_autofree char *count = text_plural(copy->rejected, "row does", "rows do");
    view_tone(copy->view, TONE_WARN, "%s not fit and %s left out, see %s%s", count,
              copy->rejected == 1 ? "was" : "were", copy->rejects_path,
              copy->rejected > 1 ? ", the first:" : ":");
    rejects_show(copy->view, copy->rejects);
}

/* For people who have no plan and no server. */
static bool
fail_budget(Copy *copy, GError **error)
{
    const Plan *plan = local_the_plan(copy->local);
    bool none_fits = copy->rejected <= plan_rejects_allowed(plan->json, copy->rejected);
    if (none_fits) {
        invocation_hint(
            copy->call,
            "mend the rows or the mapping, or say that it is in order: --budget %" PRId64,
            copy->rejected);
        return fail(error, ERR_BUDGET, "no row fits (%" PRId64 " were read), so nothing was copied",
                    copy->rejected);
    }
    g_autofree char *count = text_plural(copy->rejected, "row does", "rows do");
    invocation_hint(copy->call,
                    "mend the rows or the mapping, or leave them out: --budget %" PRId64,
                    copy->rejected);
    return fail(error, ERR_BUDGET, "%s not fit, more than the budget allows", count);
}

/* What is known of a target that could not be cleared up; `began` is how it came to that. The source may be reached all the same, and its
 * writers are let in again. */
static bool
fail_left_behind(const Copy *copy, const char *began, GError *why, GError **error)
{
    g_autoptr(GError) left = why;
    g_autoptr(GError) unlifted = NULL;
    const char *target = copy->pair.target.text;
    bool is_known = !local_has_begun(copy->local, ACTION_SWAP);
    const char *frozen = local_has_begun(copy->local, ACTION_FREEZE) &&
                                 !local_undo(copy->local, ACTION_FREEZE, &unlifted)
                             ? "; the source is frozen until a copy with --freeze has ended"
                             : "";
    invocation_hint(copy->call, "the next copy to '%s' finds out what is there, and clears up",
                    target);
    return fail(error, error_code(left), "%s; '%s' is %s%s: %s", began, target,
                is_known ? "as it was before, but what lies beside it could not be taken away"
                         : "as it was before, or has all rows already: which of both is not known",
                frozen, left->message);
}

/* The target is as before when this returns; the error is why, or that this could not be done. Never true. */
static bool
take_back(Copy *copy, GError *why, GError **error)
{
    g_autoptr(GError) cause = why;
    g_autoptr(GError) unsaved = NULL;
    g_autoptr(GError) failed = NULL;
    bool is_interrupted = local_is_interrupted() &&
                          (error_is(cause, ERR_STOPPED) || error_is(cause, ERR_UNREACHABLE));
    if (is_interrupted)
        drivers_hurry();
    bool is_saved = save_rejects(copy, &unsaved);
    if (is_interrupted && error_is(unsaved, ERR_UNREACHABLE))
        return fail_left_behind(copy, "stopped", g_steal_pointer(&unsaved), error);
    if (!is_saved)
        view_tone(copy->view, TONE_WARN, "%s", unsaved->message);
    if (!local_back(copy->local, &failed)) {
        bool is_unheard = is_interrupted && error_is(failed, ERR_UNREACHABLE);
        return fail_left_behind(copy, is_unheard ? "stopped" : cause->message,
                                g_steal_pointer(&failed), error);
    }
    address_forget_file(&copy->pair.target);
    tell_rejects(copy);
    if (error_is(cause, ERR_BUDGET) && copy->rejected > 0)
        return fail_budget(copy, error);
    if (error_is(cause, ERR_DRIFT)) /* there is no plan that could be made anew */
        invocation_hint(copy->call, "'%s' is as it was: look at what changed, and copy again",
                        copy->pair.target.text);
    if (error_is(cause, ERR_MISMATCH) && !invocation_has(copy->call, "freeze"))
        invocation_hint(copy->call,
                        "'%s' is as it was: copy again; --freeze keeps writers of the source out",
                        copy->pair.target.text);
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

/* The rows are in place, and the way back is closed. Writers of the source are let in first; with the rest nobody has to wait. */
static bool
clear_up(Copy *copy, GError **error)
{
    g_autoptr(Conn) target = NULL;
    copy->is_in = true;
    if (!local_undo(copy->local, ACTION_FREEZE, error) || !save_rejects(copy, error) ||
        !conn_open(pair_target_store(&copy->pair), &target, error))
        return false;
    conn_set_tick(target, copy_goes_on, NULL);
    return copy_clear_target(copy, target, error);
}

static void
tell_done(const Copy *copy)
{
    const json_t *seen = local_evidence(copy->local, ACTION_COMPARE);
    const Pair *pair = &copy->pair;
    int64_t took_ms = clock_monotonic_ms() - copy->begun_ms;
    if (copy->view->json) {
        g_autoptr(json_t) all = json_pack(
            "{s:s, s:s, s:I, s:I, s:I, s:s?, s:s, s:b, s:I}", "source", pair->source.text, "target",
            pair->target.text, "rows_source", (json_int_t) json_get_int(seen, "rows_source", 0),
            "rows_target", (json_int_t) json_get_int(seen, "rows_target", 0), "rows_rejected",
            (json_int_t) copy->rejected, "rejected_file",
            copy->rejected > 0 ? copy->rejects_path : NULL, "hash",
            json_get_string(seen, "hash", ""), "replaced", copy->replaces, "took_ms",
            (json_int_t) took_ms);
        view_json(copy->view, all);
        return;
    }
    int64_t moved = json_get_int(seen, "rows_target", 0);
    g_autofree char *rows = text_plural(moved, "row", "rows");
    g_autofree char *took = text_duration(took_ms);
    tell_rejects(copy);
    if (moved == 0 && copy->rejected > 0) {
        view_tone(copy->view, TONE_WARN, "nothing was copied from %s: %s is empty, as no row fits",
                  pair->source.text, pair->target.text);
        return;
    }
    view_tone(copy->view, TONE_GOOD, "%s copied from %s to %s in %s, read back and found equal",
              rows, pair->source.text, pair->target.text, took);
}

/* Who presses Ctrl-C while the way back is closed has all rows already. Never true. */
static bool
stop_behind_swap(Copy *copy, GError *why, GError **error)
{
    g_autoptr(GError) undone = NULL;
    copy->is_in = true;
    drivers_hurry();
    if (!local_undo(copy->local, ACTION_FREEZE, &undone) || !save_rejects(copy, &undone))
        view_tone(copy->view, TONE_WARN, "%s", undone->message);
    tell_rejects(copy);
    g_propagate_error(error, why);
    return false;
}

static bool
copy_rows(Copy *copy, GError **error)
{
    GError *failed = NULL;
    local_end_slowly();
    if (!clear_earlier(copy, error))
        return false;
    if (!local_forward(copy->local, &failed))
        return error_is(failed, ERR_STOPPED) && local_has_begun(copy->local, ACTION_SETTLE)
                   ? stop_behind_swap(copy, failed, error)
                   : take_back(copy, failed, error);
    if (!clear_up(copy, error))
        return false;
    tell_done(copy);
    return true;
}

static bool
copy_prepare(Copy *copy, bool is_dry, GError **error)
{
    if (!copy_open(copy, error) || !can_be_filled(&copy->pair, error) ||
        (!is_dry && (!copy_finish_earlier(copy, error))))
        return false;
    end_at_once(copy);
    return check_target(copy, error) && make_plan(copy, error);
}

static bool
copy_do(Copy *copy, GError **error)
{
    bool is_dry = invocation_has(copy->call, "dry-run");
    if (!copy_prepare(copy, is_dry, error)) {
        address_forget_file(&copy->pair.target);
        return false;
    }
    if (!is_dry)
        return copy_rows(copy, error);
    show_dry_run(copy);
    address_forget_file(&copy->pair.target);
    return true;
}

static bool
copy_run(Invocation *call, GError **error)
{
    g_auto(Copy) copy = {.call = call, .view = call->view, .begun_ms = clock_monotonic_ms()};
    GError *failed = NULL;
    local_catch_signals();
    end_at_once(&copy);
    action_keep_warm(true); /* each step opens its stores anew */
    bool done = copy_do(&copy, &failed);
    action_keep_warm(false);
    if (done)
        return true;
    if (!local_is_interrupted() || !error_is(failed, ERR_STOPPED)) {
        g_propagate_error(error, failed);
        return false;
    }
    g_error_free(failed);
    g_autofree char *line = stopped_line(&copy);
    view_line(call->view, "%s", line);
    call->status = 128 + SIGINT;
    return true;
}

static const Option copy_options[] = {
    PAIR_MAPPING_OPTION,
    {0, "replace", NULL, "TARGET has rows: put the copy in their place"},
    {0, "budget", "N", "how many rows may be left out because they do not fit (100, or 1 %)"},
    {0, "rejected", "FILE", "where those rows go, with reasons (OBJECT.rejected.ndjson)"},
    {0, "freeze", NULL, "refuse writes to SOURCE while it is copied"},
    {'n', "dry-run", NULL, "say what would be done, and write nothing"},
    {0},
};

const Command cmd_copy = {
    .name = "copy",
    .args = "SOURCE TARGET",
    .summary = "copy a dataset into a table, through a mapping if need be; no server",
    .deed = "copy",
    .about = PAIR_ABOUT
    "\n\nRows go into a staging table beside TARGET, range by range; it is read back and compared "
    "by "
    "hashes, and\nthen put in TARGET's place in one transaction: with TARGET's types, constraints, "
    "indexes and views if there\nis such a table, else made from SOURCE or the mapping. Rows that "
    "do "
    "not fit are left out and written to a\nfile with the reason; more of them than the budget "
    "allows is a failure (exit status 7). A failed or\ninterrupted copy (Ctrl-C, exit status 130) "
    "leaves TARGET as it was; the next one starts afresh. Moves that\nmust survive a reboot, or "
    "need a second person's yes, are for 'honk serve' and 'honk apply'.",
    .examples = "honk copy airports.csv data.db:airports\n"
                "honk copy movies.json shop:movies --mapping mappings/movies.yaml --dry-run\n"
                "honk copy old.db:users new.db:users --replace --budget 0",
    .options = copy_options,
    .run = copy_run,
};
