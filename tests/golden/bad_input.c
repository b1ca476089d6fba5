/*
 * bad_input.c - what people get to read when a mapping, a plan or a file of rows is wrong, word by word.
 *
 * The name says what a file in bad/ is: NAME.mapping.yaml is checked against the users of plan/users.slice.json,
 * agent-NAME.json is an agent's plan for them, plan-NAME.json a saved plan, and NAME.csv, NAME.ndjson and NAME.json are
 * read as rows. What is found must be what the file of the same name and ".txt" says. With HONK_GOLDEN=write the
 * expectations are written anew: review the difference.
 */
#include "base/text.h"
#include "driver/driver.h"
#include "planner/planner.h"

#include <string.h>
#include <unistd.h>

#define SLICE "../plan/users.slice.json"

static json_t *
slice_new(void)
{
    json_t *slice = NULL;
    g_autoptr(GError) error = NULL;
    if (!json_read_file(SLICE, &slice, &error))
        g_error("%s", error->message);
    return slice;
}

static Schema *
source_schema(void)
{
    g_autoptr(json_t) slice = slice_new();
    Schema *schema = NULL;
    bool read = schema_from_json(json_at(slice, "source.schema"), &schema, NULL);
    g_assert_true(read);
    return schema;
}

/* ---- what is wrong with a file of each kind; appended ---- */

static void
say_mapping(const char *name, GString *said, GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Schema) schema = source_schema();
    if (!file_read(name, 1 << 20, &text, &bytes, error) ||
        !mapping_parse(text, bytes, name, diags, &set, error))
        return;
    for (size_t i = 0; i < mapping_count(set); i++)
        mapping_check(mapping_get(set, i), schema, NULL, mapping_expr_check_embedded, schema,
                      diags);
    g_autofree char *found = diags_text(diags);
    g_string_append_printf(said, "%s\n", found);
}

static void
say_agent_plan(const char *name, GString *said, GError **error)
{
    g_autoptr(json_t) slice = slice_new(), agent_plan = NULL;
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Plan) plan = NULL;
    if (json_read_file(name, &agent_plan, error) &&
        planner_complete(slice, agent_plan, diags, &plan, error))
        g_string_append(said, "nothing is wrong\n");
}

static void
say_plan(const char *name, GString *said, GError **error)
{
    g_autoptr(json_t) json = NULL;
    g_autoptr(Plan) plan = NULL;
    if (json_read_file(name, &json, error) && plan_from_json(json, &plan, error))
        g_string_append(said, "nothing is wrong\n");
}

static void
say_refusal(int64_t row_id, size_t in_row, const char *column, const char *reason, void *said)
{
    g_string_append_printf(said, "row %" G_GINT64_FORMAT ", %s%s%s\n", row_id,
                           column != NULL ? column : "", column != NULL ? ": " : "", reason);
}

static void
say_rows(const char *name, GString *said, GError **error)
{
    const char *driver = g_str_has_suffix(name, ".csv") ? "csv" : "ndjson";
    g_autoptr(json_t) settings = json_pack("{s:s}", "path", ".");
    const StoreConfig store = {
        .name = (char *) "files", .driver = (char *) driver, .settings = settings};
    const ScanSpec spec = {.object = name};
    g_autoptr(Conn) conn = NULL;
    g_autoptr(Schema) schema = NULL;
    g_autoptr(Scan) scan = NULL;
    int64_t rows = 0;
    if (!conn_open(&store, &conn, error) || !conn_describe(conn, name, &schema, error) ||
        !conn_scan(conn, &spec, &scan, error))
        return;
    g_autoptr(Batch) batch = batch_new_for(schema);
    do {
        batch_reset(batch);
        if (!scan_next(scan, batch, say_refusal, said, error))
            return;
        rows += (int64_t) batch->row_count;
    } while (batch->row_count > 0);
    g_string_append_printf(said, "rows read: %" G_GINT64_FORMAT "\n", rows);
}

/* Caller frees. */
static char *
what_is_said(const char *name)
{
    GString *said = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    if (g_str_has_suffix(name, ".mapping.yaml"))
        say_mapping(name, said, &error);
    else if (g_str_has_prefix(name, "agent-"))
        say_agent_plan(name, said, &error);
    else if (g_str_has_prefix(name, "plan-"))
        say_plan(name, said, &error);
    else
        say_rows(name, said, &error);
    if (error != NULL)
        g_string_append_printf(said, "%s\n", error->message);
    return g_string_free(said, FALSE);
}

static void
bad_input_is_explained(const void *data)
{
    const char *name = data;
    g_autofree char *said = what_is_said(name), *path = g_strconcat(name, ".txt", NULL);
    g_autofree char *expected = NULL;
    if (g_strcmp0(g_getenv("HONK_GOLDEN"), "write") == 0)
        g_assert_true(g_file_set_contents(path, said, -1, NULL));
    g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    g_assert_cmpstr(said, ==, expected);
}

int
main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : ".";
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(chdir(folder), ==, 0);
    g_autoptr(GDir) names = g_dir_open(".", 0, NULL);
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(names)) != NULL) {
        if (g_str_has_suffix(name, ".txt"))
            continue;
        char *copy = g_strdup(name);
        g_autofree char *path = g_strdup_printf("/bad/%s is explained", copy);
        g_ptr_array_add(kept, copy);
        g_test_add_data_func(path, copy, bad_input_is_explained);
    }
    return g_test_run();
}
