/*
 * cmd_compare.c - honk compare: do two datasets hold the same rows, under a mapping if need be? No server, and no writing
 * but with --repair.
 *
 * Each side is read once and its row hashes are added up; only where the sums differ are the rows looked for
 * (transfer/differences.c).
 */
#include "base/text.h"
#include "cli/local.h"
#include "cli/pair.h"
#include "cli/progress.h"
#include "cli/rejects.h"
#include "transfer/transfer.h"

#include <signal.h>
#include <string.h>

#define ROWS_SHOWN_DEFAULT 10
#define STOPPED_LINE "stopped; nothing was changed"
#define VALUE_WIDTH 30 /* two of them, a name and a key fit into 80 columns */

typedef struct {
    Invocation *call;
    View *view;
    Pair pair;
    Progress *progress;
    json_t *aside; /* rows that --rejected names; or NULL */
    int64_t rows_all, rows_before, rows_last;
    bool repairs, is_repairing;
    size_t columns;      /* that are compared … */
    bool leaves_columns; /* … and there are others */
    bool looks;          /* both sides are read, and differ: which rows? */
    Repaired repaired;   /* by all passes */
} Compare;

static void
compare_clear(Compare *compare)
{
    progress_free(compare->progress);
    json_decref(compare->aside);
    pair_clear(&compare->pair);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Compare, compare_clear)

/* Counts begin anew with each pass over a side. */
static bool
on_tick(int64_t rows, void *data)
{
    Compare *compare = data;
    if (rows >= 0) {
        if (rows < compare->rows_last)
            compare->rows_before += compare->rows_last;
        compare->rows_last = rows;
    }
    int64_t done = compare->rows_before + compare->rows_last;
    /* Both sides are read, and differ. Looking for single rows reads them up to two times more. */
    if (compare->rows_all > 0 && done > compare->rows_all) {
        if (!compare->looks && compare->view->is_terminal)
            progress_end(compare->progress, "done");
        progress_step(compare->progress, "find the rows", false);
        compare->looks = true;
        compare->rows_before -= compare->rows_all;
        done -= compare->rows_all;
    }
    progress_at(compare->progress, done, compare->rows_all);
    return !local_is_interrupted();
}

static bool
count_rows(Compare *compare, GError **error)
{
    int64_t source = 0, target = 0;
    if (!conn_count(compare->pair.source_conn, compare->pair.source.object, NULL, &source, error) ||
        !conn_count(compare->pair.target_conn, compare->pair.target.object, NULL, &target, error))
        return false;
    compare->rows_all = source + target;
    return true;
}

/* What both sides have to say before the first row: wrong columns, casts that lose something. */
static bool
open_transfer(const Compare *compare, Transfer **ret, GError **error)
{
    const Pair *pair = &compare->pair;
    TransferSpec spec = {.source_store = pair_source_store(pair),
                         .source = pair->source.object,
                         .target_store = pair_target_store(pair),
                         .target = pair->target.object,
                         .mapping = pair->mapping,
                         .aside = compare->aside,
                         .repairs = compare->repairs,
                         .hash = true};
    return transfer_open(&spec, ret, error);
}

/* What is compared, and what would be if the target did not compute it itself: that cannot be repaired. Caller frees. */
static Schema *
with_computed(const Compare *compare, const Schema *compared, GString *computed)
{
    const Pair *pair = &compare->pair;
    Schema *both = schema_copy(compared);
    for (size_t i = 0; compare->repairs && i < schema_count(pair->target_schema); i++) {
        const Column *column = schema_column(pair->target_schema, i);
        if (!column->is_generated || pair->mapping != NULL ||
            schema_find(pair->source_schema, column->name, NULL) == NULL)
            continue;
        schema_add(both, column->name, column->type, "", true);
        g_string_append_printf(computed, "%s%s", computed->len > 0 ? ", " : "", column->name);
    }
    return both;
}

/* Columns that only one side has are named, and not compared. With a mapping, it says what becomes of the source's. */
static void
show_uncompared(Compare *compare, const Schema *compared)
{
    const Pair *pair = &compare->pair;
    g_autoptr(GString) computed = g_string_new(NULL);
    g_autoptr(Schema) both = with_computed(compare, compared, computed);
    g_autofree char *source =
        pair->mapping == NULL ? pair_columns_without(pair->source_schema, both) : NULL;
    g_autofree char *target = pair_columns_without(pair->target_schema, both);
    compare->columns = schema_count(compared);
    compare->leaves_columns = source != NULL || target != NULL || computed->len > 0;
    if (computed->len > 0)
        view_tone(compare->view, TONE_WARN,
                  "computed in %s itself, and not compared with --repair: %s", pair->target.text,
                  computed->str);
    if (source != NULL)
        view_tone(compare->view, TONE_WARN, "only in %s, not compared: %s", pair->source.text,
                  source);
    if (target != NULL)
        view_tone(compare->view, TONE_WARN, "only in %s, not compared: %s", pair->target.text,
                  target);
}

/* ---- what people see ---- */

/* Two different values never look alike: what would end the text, or cannot be seen, is written as in C. */
static char *
value_text(const json_t *value)
{
    static const char hard[] = "\\'\n\r\t", escapes[] = "\\'nrt";
    if (value == NULL || json_is_null(value))
        return g_strdup("NULL");
    const char *text = json_string_value(value);
    GString *shown = g_string_new("'");
    for (size_t i = 0; i < json_string_length(value); i++) {
        const char *at = text[i] != '\0' ? strchr(hard, text[i]) : NULL;
        if (text[i] == '\0')
            g_string_append(shown, "\\0");
        else if (at != NULL)
            g_string_append_printf(shown, "\\%c", escapes[at - hard]);
        else
            g_string_append_c(shown, text[i]);
    }
    g_string_append_c(shown, '\'');
    return g_string_free(shown, FALSE);
}

/* As much as fits, from shortly before the place where it differs from `other`. */
static char *
cut_before_difference(const char *shown, const char *other)
{
    size_t same = 0;
    while (shown[same] != '\0' && shown[same] == other[same])
        same++;
    size_t from = same > VALUE_WIDTH / 2 ? same - VALUE_WIDTH / 3 : 0;
    while (from > 0 && ((unsigned char) shown[from] & 0xc0) == 0x80)
        from--; /* letters are not cut */
    bool fits = text_width(shown) <= VALUE_WIDTH;
    g_autofree char *rest = text_cut(fits ? shown : shown + from, VALUE_WIDTH - 1);
    return fits ? g_strdup(shown) : g_strdup_printf("%s%s", from > 0 ? "…" : "", rest);
}

/* Without a key the whole row stands for it; its number is shorter. */
static bool
has_no_key(const json_t *difference)
{
    return json_equal(json_object_get(difference, "key"), json_object_get(difference, "row")) != 0;
}

static char *
key_text(const json_t *difference)
{
    GString *text = g_string_new(NULL);
    const char *name;
    json_t *value;
    if (has_no_key(difference)) {
        g_string_printf(text, "row %" G_GINT64_FORMAT, json_get_int(difference, "row_id", 0));
        return g_string_free(text, FALSE);
    }
    json_object_foreach(json_object_get(difference, "key"), name, value)
    {
        g_autofree char *shown = value_text(value);
        g_autofree char *cut = text_cut(shown, VALUE_WIDTH);
        g_string_append_printf(text, "%s%s %s", text->len > 0 ? ", " : "", name, cut);
    }
    return g_string_free(text, FALSE);
}

static void
add_value(Table *table, const json_t *value, const json_t *beside, Tone tone)
{
    g_autofree char *shown = value_text(value), *other = value_text(beside);
    g_autofree char *cut = cut_before_difference(shown, other);
    table_cell(table, tone, cut);
}

static void
show_columns(View *view, const json_t *columns)
{
    g_autoptr(Table) table = table_new("", "column", "source", "target", NULL);
    json_t *column;
    size_t i;
    json_array_foreach(columns, i, column)
    {
        const json_t *source = json_object_get(column, "source"),
                     *target = json_object_get(column, "target");
        table_cell(table, TONE_PLAIN, "");
        table_cell(table, TONE_PLAIN, json_get_string(column, "column", ""));
        add_value(table, source, target, TONE_GOOD);
        add_value(table, target, source, TONE_BAD);
    }
    view_table(view, table);
}

/* A row that only one side has: its columns, one a line. */
static void
show_row(View *view, const json_t *difference)
{
    g_autoptr(Table) table = table_new("", "column", "value", NULL);
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(difference, "row"), name, value)
    {
        g_autofree char *shown = value_text(value);
        g_autofree char *cut = text_cut(shown, 2 * VALUE_WIDTH);
        table_cell(table, TONE_PLAIN, "");
        table_cell(table, TONE_PLAIN, name);
        table_cell(table, TONE_PLAIN, cut);
    }
    view_table(view, table);
}

static void
show_difference(const Compare *compare, const json_t *difference)
{
    const char *what = json_get_string(difference, "what", "");
    g_autofree char *key = key_text(difference);
    if (strcmp(what, "missing") == 0)
        view_tone(compare->view, TONE_WARN, "missing in %s: %s", compare->pair.target.text, key);
    else if (strcmp(what, "extra") == 0)
        view_tone(compare->view, TONE_WARN, "only in %s: %s", compare->pair.target.text, key);
    else
        view_tone(compare->view, TONE_WARN, "different: %s", key);
    if (json_object_get(difference, "columns") != NULL)
        show_columns(compare->view, json_object_get(difference, "columns"));
    else
        show_row(compare->view, difference);
}

static void
show_counts(const Compare *compare, const Comparison *seen)
{
    const struct {
        int64_t count;
        const char *one, *many;
    } kinds[] = {
        {seen->counts.rows_missing, "row is missing", "rows are missing"},
        {seen->counts.rows_extra, "row is only in the target", "rows are only in the target"},
        {seen->counts.rows_differing, "row differs", "rows differ"},
    };
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *words = text_plural(kinds[i].count, kinds[i].one, kinds[i].many);
        if (kinds[i].count > 0)
            g_string_append_printf(text, "%s%s%s", text->len > 0 ? ", " : "",
                                   seen->counts.is_complete ? "" : "at least ", words);
    }
    if (text->len > 0)
        view_line(compare->view, "%s", text->str);
}

/* Rows of the target that are there, and that nobody can say of what they are. */
static void
show_unreadable(const Compare *compare, const Comparison *seen)
{
    if (seen->rows_unreadable == 0)
        return;
    g_autofree char *count = text_plural(seen->rows_unreadable, "row", "rows");
    view_tone(compare->view, TONE_WARN, "%s of %s cannot be read, and %s compared with none: %s",
              count, compare->pair.target.text, seen->rows_unreadable == 1 ? "is" : "are",
              seen->unreadable);
}

/* What that means, and who can say one. */
static void
show_no_key(const Compare *compare)
{
    const Pair *pair = &compare->pair;
    bool is_target = pair->target_conn->driver->key_advice != NULL;
    const Conn *conn = is_target ? pair->target_conn : pair->source_conn;
    view_tone(
        compare->view, TONE_DIM,
        "there is no key: a row that differs is missing as it was, and extra as it is; a mapping "
        "with `key: [ COLUMN ]` (--mapping FILE) tells which rows belong together");
    if (conn->driver->key_advice != NULL)
        view_tone(compare->view, TONE_DIM, "or, of %s: %s",
                  is_target ? pair->target.text : pair->source.text, conn->driver->key_advice);
}

/* Rows that a copy has put aside are missing as they should be, but only who knows that copy can say so. */
static void
hint_at_rejected(const Compare *compare, const Comparison *seen)
{
    g_autofree char *path = rejects_path(compare->pair.target.object);
    if (compare->aside == NULL && seen->counts.rows_missing > 0 &&
        g_file_test(path, G_FILE_TEST_IS_REGULAR))
        view_tone(compare->view, TONE_DIM,
                  "a copy to '%s' has put rows aside: --rejected %s tells those from missing ones",
                  compare->pair.target.object, path);
}

/* Rows that the target has refused, as --rejected says. */
static void
show_asides(const Compare *compare, const Comparison *seen)
{
    json_t *aside;
    size_t i;
    if (seen->counts.rows_aside == 0)
        return;
    g_autofree char *count = text_plural(seen->counts.rows_aside, "row", "rows");
    view_tone(compare->view, TONE_WARN, "%s of %s %s put aside, and so %s not expected in %s%s",
              count, compare->pair.source.text, seen->counts.rows_aside == 1 ? "was" : "were",
              seen->counts.rows_aside == 1 ? "is" : "are", compare->pair.target.text,
              json_array_size(seen->asides) > 0 ? ":" : "");
    json_array_foreach(seen->asides, i, aside)
    {
        g_autofree char *key = key_text(aside);
        const char *column = json_get_string(aside, "column", NULL);
        view_line(compare->view, "  %s%s%s: %s", key, column != NULL ? ", " : "",
                  column != NULL ? column : "", json_get_string(aside, "reason", ""));
    }
}

static void
show_unequal(const Compare *compare, const Comparison *seen)
{
    json_t *difference;
    size_t i;
    g_autofree char *source =
        text_plural(seen->rows_source - seen->rows_quarantined, "row", "rows");
    g_autofree char *target = text_plural(seen->rows_target, "row", "rows");
    json_array_foreach(seen->differences, i, difference) show_difference(compare, difference);
    show_unreadable(compare, seen);
    hint_at_rejected(compare, seen);
    if (has_no_key(json_array_get(seen->differences, 0)))
        show_no_key(compare);
    show_counts(compare, seen);
    view_tone(compare->view, TONE_BAD, "not equal: %s in %s, %s in %s", source,
              compare->pair.source.text, target, compare->pair.target.text);
}

static int64_t
rows_unmappable(const Comparison *seen)
{
    return seen->rows_quarantined - seen->counts.rows_aside;
}

static void
show_result(const Compare *compare, const Comparison *seen)
{
    View *view = compare->view;
    int64_t unmappable = rows_unmappable(seen);
    if (unmappable > 0) {
        g_autofree char *count = text_plural(unmappable, "row", "rows");
        view_tone(view, TONE_WARN, "%s of %s cannot be mapped, and so %s not expected in %s: %s",
                  count, compare->pair.source.text, unmappable == 1 ? "is" : "are",
                  compare->pair.target.text, seen->unmappable);
    }
    show_asides(compare, seen);
    if (!seen->equal) {
        show_unequal(compare, seen);
        return;
    }
    g_autofree char *rows = text_plural(seen->rows_target, "row", "rows");
    g_autofree char *columns = text_plural((int64_t) compare->columns, "column", "columns");
    view_tone(view, TONE_GOOD, "equal%s%s: %s in both, %s", compare->leaves_columns ? " in " : "",
              compare->leaves_columns ? columns : "", rows, seen->hash);
}

static void
print_json(const Compare *compare, const Comparison *seen)
{
    g_autoptr(json_t) all = json_object();
    json_set_bool(all, "equal", seen->equal);
    json_set_string(all, "source", compare->pair.source.text);
    json_set_string(all, "target", compare->pair.target.text);
    json_set_int(all, "rows_source", seen->rows_source);
    json_set_int(all, "rows_target", seen->rows_target);
    json_set_int(all, "rows_unmappable", rows_unmappable(seen));
    json_set_int(all, "rows_unreadable", seen->rows_unreadable);
    json_set_int(all, "rows_aside", seen->counts.rows_aside);
    json_set_int(all, "rows_missing", seen->counts.rows_missing);
    json_set_int(all, "rows_extra", seen->counts.rows_extra);
    json_set_int(all, "rows_differing", seen->counts.rows_differing);
    json_set_bool(all, "is_complete", seen->counts.is_complete);
    json_set_int(all, "columns_compared", (int64_t) compare->columns);
    json_set_bool(all, "has_other_columns", compare->leaves_columns);
    json_set_string(all, "hash", seen->hash);
    json_object_set(all, "differences", seen->differences);
    json_object_set(all, "asides", seen->asides);
    if (compare->repairs)
        json_object_set_new(all, "repaired",
                            json_pack("{s:I, s:I, s:I}", "inserted",
                                      (json_int_t) compare->repaired.inserted, "changed",
                                      (json_int_t) compare->repaired.changed, "removed",
                                      (json_int_t) compare->repaired.removed));
    view_json(compare->view, all);
}

static bool
compare_rows(Compare *compare, Comparison *seen, GError **error)
{
    const Pair *pair = &compare->pair;
    g_autofree char *title = g_strdup_printf("%s against %s", pair->source.text, pair->target.text);
    g_autoptr(Transfer) transfer = NULL;
    int64_t rows = 0;
    if (!invocation_int(compare->call, "rows", 0, ROWS_SHOWN_DEFAULT, &rows, error) ||
        !open_transfer(compare, &transfer, error))
        return false;
    show_uncompared(compare, transfer_schema(transfer));
    compare->progress = progress_new(compare->view, title);
    progress_step(compare->progress, "compare", false);
    compare->rows_before = compare->rows_last = 0;
    compare->looks = false;
    bool done = count_rows(compare, error);
    local_end_slowly();
    done = done && transfer_compare(transfer, pair->target.object, (size_t) rows, on_tick, compare,
                                    seen, error);
    if (compare->view->is_terminal)
        progress_end(compare->progress, done ? "done" : "failed");
    g_clear_pointer(&compare->progress, progress_free);
    return done;
}

/* ---- --repair ---- */

#define PASSES_MAX 1000 /* of 200,000 rows each: more is copied anew */

static bool
repair_passes(Compare *compare, Transfer *transfer, GError **error)
{
    Repaired *all = &compare->repaired;
    for (int pass = 0; pass < PASSES_MAX; pass++) {
        Repaired one = {0};
        if (!transfer_repair(transfer, compare->pair.target.object, on_tick, compare, &one, error))
            return false;
        all->removed += one.removed;
        all->changed += one.changed;
        all->inserted += one.inserted;
        if (one.is_complete || one.removed + one.changed + one.inserted == 0)
            return true;
    }
    return fail(error, ERR_TOO_LARGE, "too many rows differ: copy it anew");
}

static void
tell_repaired(const Compare *compare)
{
    const struct {
        int64_t count;
        const char *one, *many;
    } kinds[] = {
        {compare->repaired.inserted, "row inserted", "rows inserted"},
        {compare->repaired.changed, "row changed", "rows changed"},
        {compare->repaired.removed, "row removed", "rows removed"},
    };
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *words = text_plural(kinds[i].count, kinds[i].one, kinds[i].many);
        if (kinds[i].count > 0)
            g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", words);
    }
    if (text->len > 0)
        view_tone(compare->view, TONE_GOOD, "repaired %s: %s", compare->pair.target.text,
                  text->str);
    else
        view_tone(compare->view, TONE_WARN, "no row of %s could be repaired",
                  compare->pair.target.text);
}

static void
hint_at_copy(const Compare *compare)
{
    const Pair *pair = &compare->pair;
    if (conn_keeps_targets(pair->target_conn))
        invocation_hint(
            compare->call,
            "honk copy %s TARGET makes all of it anew, in a target that nothing has the name of",
            pair->source.text);
    else
        invocation_hint(compare->call, "honk copy %s %s --replace makes all of it anew",
                        pair->source.text, pair->target.text);
}

/* The differences are shown as they were; what holds at last is what a second comparison finds. */
static bool
repair(Compare *compare, Comparison *seen, GError **error)
{
    g_autoptr(Transfer) transfer = NULL;
    if (!compare->view->json)
        show_unequal(compare, seen);
    if (!open_transfer(compare, &transfer, error))
        return false;
    compare->is_repairing = true;
    compare->progress = progress_new(compare->view, "repairing");
    progress_step(compare->progress, "repair", false);
    bool done = repair_passes(compare, transfer, error);
    if (compare->view->is_terminal)
        progress_end(compare->progress, done ? "done" : "failed");
    g_clear_pointer(&compare->progress, progress_free);
    if (!done) {
        hint_at_copy(compare);
        return false;
    }
    if (!compare->view->json)
        tell_repaired(compare);
    comparison_clear(seen);
    *seen = (Comparison){0};
    return compare_rows(compare, seen, error);
}

static bool
compare_and_repair(Compare *compare, Comparison *seen, GError **error)
{
    return compare_rows(compare, seen, error) &&
           (seen->equal || !compare->repairs || repair(compare, seen, error));
}

/* A plan's name is a part of a file's where stores are folders. */
static bool
is_plan_id(const char *text)
{
    return g_str_has_prefix(text, "m-") &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* What --rejected names: a file that a copy wrote, or a plan of a server, whose rows lie beside TARGET. */
static bool
read_aside(Compare *compare, const char *named, GError **error)
{
    if (named == NULL)
        return true;
    if (!is_plan_id(named) || g_file_test(named, G_FILE_TEST_EXISTS))
        return rejects_read(named, &compare->aside, error);
    return rejects_of_plan(compare->pair.target_conn, named, &compare->aside, error) &&
           (json_array_size(compare->aside) > 0 ||
            fail(error, ERR_NOT_FOUND, "the plan '%s' has put no row aside in the store of '%s'",
                 named, compare->pair.target.text));
}

static bool
compare_run(Invocation *call, GError **error)
{
    g_auto(Compare)
        compare = {.call = call, .view = call->view, .repairs = invocation_has(call, "repair")};
    g_auto(Comparison) seen = {0};
    local_catch_signals();
    local_end_at_once(call->view, STOPPED_LINE);
    if (!pair_open(call, false, &compare.pair, error) ||
        !read_aside(&compare, invocation_option(call, "rejected"), error))
        return false;
    if (!compare_and_repair(&compare, &seen, error)) {
        if (!local_is_interrupted() || !error_is(*error, ERR_STOPPED))
            return false;
        g_clear_error(error);
        view_line(
            call->view, "%s",
            compare.is_repairing
                ? "stopped; rows that are repaired already stay so, and comparing again tells which"
                : STOPPED_LINE);
        call->status = 128 + SIGINT;
        return true;
    }
    call->status = seen.equal ? 0 : error_exit_status(ERR_MISMATCH);
    if (call->view->json)
        print_json(&compare, &seen);
    else
        show_result(&compare, &seen);
    return true;
}

static const Option compare_options[] = {
    PAIR_MAPPING_OPTION,
    {0, "rows", "N", "show that many rows that differ (10)"},
    {0, "rejected", "FILE",
     "rows that a copy has put aside there are not expected in TARGET; or the ID of a plan that "
     "has"},
    {0, "repair", NULL, "change TARGET's rows that differ, and compare again"},
    {0},
};

const Command cmd_compare = {
    .name = "compare",
    .args = "SOURCE TARGET",
    .summary = "do two datasets hold the same rows, through a mapping if need be? no server",
    .deed = "compare",
    .about = PAIR_ABOUT
    "\n\nBoth sides are read and hashed; where the sums differ, the rows are found and shown "
    "column by "
    "column. Rows\nbelong together by TARGET's key (or the mapping's); without a key, a row that "
    "differs is missing and extra.\nThe order of rows does not matter. Exit status 0: equal; 7: "
    "not "
    "equal; others: it could not be found out.\n\nWith --repair, rows of TARGET that are missing "
    "are inserted, those that "
    "differ are changed, and those that\nare only there are removed, each by its key, in one "
    "transaction; then both are "
    "compared again. Files are not\nrepaired row by row: copy them anew.",
    .examples = "honk compare airports.csv data.db:airports\n"
                "honk compare shop:users_v1 shop:users_v2 --mapping mappings/users.yaml --rows 3\n"
                "honk compare old.db:users new.db:users --json\n"
                "honk compare old.db:users new.db:users --repair",
    .options = compare_options,
    .run = compare_run,
};
