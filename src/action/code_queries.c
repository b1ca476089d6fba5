/* code_queries.c - see code_queries.h. */
#include "action/code_queries.h"

#include "base/clock.h"
#include "change/generated.h"

#include <string.h>

struct CodeQueries {
    bool generates; /* no rows are at hand: then only `made` is used */
    GeneratedSpec made;
    Conn *conn;
    Program *program;
    QueryNames names;
    QueryRows rows; /* once `has_rows` */
    bool has_rows;
    QueryWorld world;
};

void
code_queries_free(CodeQueries *queries)
{
    if (queries == NULL)
        return;
    query_rows_clear(&queries->rows);
    program_free(queries->program);
    conn_close(queries->conn);
    query_names_clear(&queries->names);
    g_free(queries);
}

static void
take_names(CodeQueries *queries, const ChangeRules *rules)
{
    query_names_init(&queries->names, rules->source, rules->target,
                     rules->mapping != NULL ? mapping_aliases(rules->mapping) : NULL);
    queries->world = (QueryWorld){.conn = queries->conn,
                                  .object = rules->source,
                                  .names = &queries->names,
                                  .program = queries->program,
                                  .rows = &queries->rows,
                                  .propagates = rules->options.propagates};
}

/* The store runs no queries: rows are made up that fit the schema. NULL where nothing says what becomes of them. */
static CodeQueries *
queries_generated(const ChangeRules *rules, TickFn *tick, void *data)
{
    if (rules->mapping == NULL)
        return NULL;
    CodeQueries *queries = g_new0(CodeQueries, 1);
    *queries = (CodeQueries){.generates = true,
                             .made = {.mapping = rules->mapping,
                                      .schema = rules->source_schema,
                                      .propagates = rules->options.propagates,
                                      .tick = tick,
                                      .tick_data = data}};
    return queries;
}

bool
code_queries_open(const Config *config, const char *url, const ChangeRules *rules, TickFn *tick,
                  void *data, CodeQueries **ret, GError **error)
{
    g_autoptr(CodeQueries) queries = g_new0(CodeQueries, 1);
    const StoreConfig *store;
    const char *object;

    *ret = NULL;
    if (!config_dataset_url(config, url, &store, &object, error) ||
        !conn_open(store, &queries->conn, error))
        return false;
    if (!conn_can_query(queries->conn)) {
        *ret = queries_generated(rules, tick, data);
        return true;
    }
    if (strcmp(object, rules->source) != 0)
        return true;
    if (rules->mapping != NULL &&
        !program_new(rules->mapping, rules->source_schema, NULL, conn_has_sql(queries->conn),
                     &queries->program, NULL))
        return true;
    conn_set_tick(queries->conn, tick, data);
    take_names(queries, rules);
    *ret = g_steal_pointer(&queries);
    return true;
}

/* Once, for the first file of SQL that changes: whoever has none need not wait for it. Rows that cannot be read prove nothing. */
static bool
find_rows(CodeQueries *queries, GError **error)
{
    g_autoptr(GError) broken = NULL;
    if (queries->generates || queries->has_rows)
        return true;
    if (!query_rows_find(queries->conn, queries->world.object, queries->program, QUERY_SAMPLE_ROWS,
                         &queries->rows, &broken)) {
        if (error_is(broken, ERR_STOPPED)) {
            g_propagate_error(error, g_steal_pointer(&broken));
            return false;
        }
        query_rows_clear(&queries->rows);
        queries->rows.why_not = g_strdup(broken->message);
    }
    queries->has_rows = true;
    return true;
}

bool
code_queries_prove(CodeQueries *queries, const Look *look, int64_t time_ms, json_t **ret,
                   GError **error)
{
    g_autoptr(json_t) proofs = json_array();
    queries->world.until_ms = queries->made.until_ms = clock_monotonic_ms() + time_ms;
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (!file->is_edited || strcmp(file->rewrite->language, "sql") != 0)
            continue;
        size_t bytes = 0;
        g_autofree char *after = look_file_after(file, &bytes);
        if (!find_rows(queries, error))
            return false;
        if (queries->generates
                ? !generated_prove(&queries->made, file->shown, file->text, after, proofs, error)
                : !queries_prove(&queries->world, file->shown, file->text, after, proofs, error))
            return false;
    }
    *ret = g_steal_pointer(&proofs);
    return true;
}

static bool
is_verdict(const json_t *proof, const char *verdict)
{
    return strcmp(json_get_string(proof, "verdict", ""), verdict) == 0;
}

json_t *
code_queries_count(const json_t *proofs)
{
    static const char *const verdicts[] = {"same", "different", "not_run"};
    json_t *counts = json_object(), *proof;
    size_t i;
    for (size_t v = 0; v < G_N_ELEMENTS(verdicts); v++) {
        int64_t count = 0;
        json_array_foreach(proofs, i, proof) count += is_verdict(proof, verdicts[v]);
        json_set_int(counts, verdicts[v], count);
    }
    static const char *const rows[] = {"generated", "refused"};
    for (size_t r = 0; r < G_N_ELEMENTS(rows); r++) {
        int64_t most = 0;
        json_array_foreach(proofs, i, proof) most = MAX(most, json_get_int(proof, rows[r], 0));
        if (most > 0)
            json_set_int(counts, rows[r], most);
    }
    return counts;
}

json_t *
code_queries_different(const json_t *proofs)
{
    json_t *different = json_array(), *proof;
    size_t i;
    json_array_foreach(proofs, i, proof)
    {
        if (!is_verdict(proof, "different"))
            continue;
        json_array_append_new(different, json_pack("{s:s, s:I, s:s}", "path",
                                                   json_get_string(proof, "path", ""), "line",
                                                   (json_int_t) json_get_int(proof, "line", 0),
                                                   "text", json_get_string(proof, "text", "")));
    }
    return different;
}
