/* queries.c - see queries.h. */
#include "queries.h"

#include <string.h>

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
