/* queries.c - see queries.h. */
#include "queries.h"

#include <string.h>

void
test_proof_rows(ProofRig *rig, int64_t sample_rows)
{
    g_autoptr(GError) error = NULL;
    query_rows_clear(&rig->rows);
    bool ok = query_rows_find(rig->world.conn, rig->world.object, rig->program, sample_rows,
                              &rig->rows, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

void
test_proof_rig(ProofRig *rig, Conn *conn, const char *object, const char *mapping,
               const char *source, const char *target)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Diags) diags = diags_new();
    bool ok =
        conn_describe(conn, object, &rig->schema, &error) &&
        mapping_parse(mapping, strlen(mapping), "m.yaml", diags, &rig->mappings, &error) &&
        program_new(mapping_get(rig->mappings, 0), rig->schema, NULL, true, &rig->program, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    query_names_init(&rig->names, source, target, mapping_aliases(mapping_get(rig->mappings, 0)));
    rig->world = (QueryWorld){.conn = conn,
                              .object = object,
                              .names = &rig->names,
                              .program = rig->program,
                              .rows = &rig->rows,
                              .time_ms_max = 20000};
    test_proof_rows(rig, 0);
}

void
test_proof_clear(ProofRig *rig)
{
    query_names_clear(&rig->names);
    query_rows_clear(&rig->rows);
    program_free(rig->program);
    schema_free(rig->schema);
    mapping_set_free(rig->mappings);
}

static char *
verdict(const QueryWorld *world, const char *before, const char *after)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) proofs = json_array();
    bool ok = queries_prove(world, "a.sql", before, after, proofs, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpuint(json_array_size(proofs), ==, 1);
    const json_t *proof = json_array_get(proofs, 0);
    const char *text = json_get_string(proof, "text", NULL);
    return g_strdup_printf("%s%s%s", json_get_string(proof, "verdict", ""),
                           text != NULL ? ": " : "", text != NULL ? text : "");
}

void
test_expect_proof(const QueryWorld *world, const char *before, const char *after,
                  const char *expected)
{
    g_autofree char *got = verdict(world, before, after);
    if (!g_str_has_prefix(got, expected))
        g_error("expected '%s', got '%s' for: %s", expected, got, after);
}
