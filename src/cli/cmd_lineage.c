/* cmd_lineage.c - honk lineage: who feeds whom, of the catalog as an indented list, or of SQL files. */
#include "cli/catalog_source.h"
#include "cli/lineage_sql.h"

#include <string.h>

#define DEPTH_DEFAULT 5

static const Option options[] = {
    {'u', "upstream", NULL, "only what feeds it"},
    {'d', "downstream", NULL, "only what it feeds"},
    {0, "depth", "N", "how many steps away; 5 unless said otherwise"},
    {0, "sql", NULL, "of the SQL files at these paths, column by column; no server, no catalog"},
    {0, "format", "NAME", "with --sql: json, or openlineage (one event a line)"},
    {0, "schema", "FILE", "with --sql: columns of tables: 'tables: { name: { column: type } }'"},
    {0, "manifest", "FILE",
     "with --sql: dbt's manifest.json; target/manifest.json of each project unless said"},
    {0, "dialect", "NAME", "with --sql: guessed file by file unless said"},
    {0, "namespace", "NAME",
     "with --format openlineage: of datasets and jobs; 'default' unless said"},
    {0},
};

/* How it was reached: the first edge that leads to it. */
static const char *
edge_type(const json_t *lineage, const char *ref, bool is_up)
{
    size_t index;
    json_t *edge;
    json_array_foreach(json_object_get(lineage, "edges"), index, edge)
    {
        if (strcmp(json_get_string(edge, is_up ? "from" : "to", ""), ref) == 0)
            return json_get_string(edge, "type", "");
    }
    return "";
}

static void
lineage_text(View *view, const json_t *lineage, bool is_up)
{
    size_t index;
    json_t *entity;
    const json_t *entities = json_object_get(lineage, "entities");
    g_autoptr(Table) table = table_new(">steps", "entity", "type", "by", "owner", NULL);
    json_array_foreach(entities, index, entity)
    {
        const char *ref = json_get_string(entity, "ref", "");
        if (index == 0)
            continue;
        bool is_known = json_get_bool(entity, "known", true);
        table_cellf(table, TONE_PLAIN, "%d", (int) json_get_int(entity, "depth", 0));
        table_cell(table, is_known ? TONE_STRONG : TONE_WARN, ref);
        table_cell(table, TONE_PLAIN,
                   is_known ? json_get_string(entity, "type", "") : "not in the catalog");
        table_cell(table, TONE_PLAIN, edge_type(lineage, ref, is_up));
        table_cell(table, TONE_PLAIN, json_get_string(entity, "owner", ""));
    }
    g_autofree char *count = text_plural((int64_t) table_rows(table), "entity", "entities");
    view_tone(view, TONE_STRONG, is_up ? "upstream: %s" : "downstream: %s", count);
    if (table_rows(table) > 0)
        view_table(view, table);
    if (json_get_bool(lineage, "truncated", false))
        view_tone(view, TONE_WARN, "… and more, which are not shown");
}

static bool
lineage_of_catalog(Invocation *call, GError **error)
{
    g_autoptr(CatalogSource) source = NULL;
    g_autoptr(json_t) answer = NULL;
    int64_t depth;
    bool is_up = invocation_has(call, "upstream"), is_down = invocation_has(call, "downstream");
    if (!invocation_int(call, "depth", 1, DEPTH_DEFAULT, &depth, error) ||
        !catalog_source_open(call, &source, error) ||
        !catalog_source_lineage(source, invocation_arg(call, 0), is_up || !is_down,
                                is_down || !is_up, (int) MIN(depth, LINEAGE_DEPTH_MAX), &answer,
                                error))
        return false;
    if (call->view->json) {
        view_json(call->view, answer);
        return true;
    }
    view_line(call->view, "%s", json_get_string(answer, "ref", ""));
    if (json_object_get(answer, "upstream") != NULL)
        lineage_text(call->view, json_object_get(answer, "upstream"), true);
    if (json_object_get(answer, "downstream") != NULL)
        lineage_text(call->view, json_object_get(answer, "downstream"), false);
    return true;
}

/* Options of the other half are a mistake, not to be passed over. */
static bool
check_options(const Invocation *call, GError **error)
{
    static const char *const of_sql[] = {"format", "schema", "manifest", "dialect", "namespace"},
                             *const of_catalog[] = {"upstream", "downstream", "depth"};
    bool is_sql = invocation_has(call, "sql");
    for (size_t i = 0; !is_sql && i < G_N_ELEMENTS(of_sql); i++)
        if (invocation_has(call, of_sql[i]))
            return fail(error, ERR_INVALID, "--%s is for SQL files: say --sql, too", of_sql[i]);
    for (size_t i = 0; is_sql && i < G_N_ELEMENTS(of_catalog); i++)
        if (invocation_has(call, of_catalog[i]))
            return fail(error, ERR_INVALID, "--%s is for the catalog, and --sql for SQL files",
                        of_catalog[i]);
    if (!is_sql && call->args->len > 1)
        return fail(error, ERR_INVALID, "one entity at a time, '%s' is too much",
                    invocation_arg(call, 1));
    return true;
}

static bool
lineage_run(Invocation *call, GError **error)
{
    if (!check_options(call, error))
        return false;
    return invocation_has(call, "sql") ? lineage_sql_run(call, error)
                                       : lineage_of_catalog(call, error);
}

const Command cmd_lineage = {
    .name = "lineage",
    .args = "REF|PATH…",
    .summary = "what feeds an entity, or a column of SQL, and what it feeds",
    .deed = "walk the lineage",
    .about = "Of an entity it reads the files that honk.yaml names under 'catalog', or asks the "
             "server that\n--server names. Circles are walked once.\n\n"
             "With --sql it reads SQL files, also with Jinja, and tells for each statement which "
             "columns of which\ntables its columns are made of, and which ones decide about its "
             "rows: through WITH, subqueries,\nset operations and stars. What is not known is "
             "said (docs/lineage.md).\n\n"
             "Exit status with --sql: 3 when a text ends within a string, comment or template.",
    .examples = "honk lineage users-v1 --downstream\nhonk lineage component:country-dashboard "
                "--upstream --depth 2\nhonk lineage --sql --schema schema.yaml reports/\nhonk "
                "lineage --sql --format openlineage reports/active.sql",
    .options = options,
    .run = lineage_run,
};
