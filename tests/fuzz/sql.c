/*
 * sql.c - whatever the text: edits lie apart, can be undone to the byte, and rewriting what is decided twice changes
 * nothing the second time.
 *
 * The first byte chooses the dialect and the policy, the rest is the text.
 */
#include "target.h"

#include "rewrite/rewrite.h"

#include <string.h>

static const char mapping_text[] =
    "apiVersion: honk/v1\nkind: Mapping\nsource: u\ntarget: v\naliases: [ a.b.u ]\n"
    "columns:\n  n: { from: i }\n  c: { from: k, values: { x: y } }\n  same: { from: same }\n"
    "consumers:\n  f: { expr: \"g(n, 1) || same\" }\ndropped:\n  d: { why: w }\n";

static MappingSet *
mappings(void)
{
    static MappingSet *set;
    if (set == NULL) {
        g_autoptr(Diags) diags = diags_new();
        if (!mapping_parse(mapping_text, strlen(mapping_text), "fuzz", diags, &set, NULL))
            g_error("the target's own mapping cannot be read");
    }
    return set;
}

static void
check_sites(const Rewrite *rewrite, const char *text, size_t bytes)
{
    for (guint i = 0; i < rewrite->sites->len; i++) {
        const Site *site = g_ptr_array_index(rewrite->sites, i);
        g_assert(site->begin <= site->end && site->end <= bytes && site->line >= 1 &&
                 site->column >= 1);
        g_assert(strncmp(site->before, text + site->begin, site->end - site->begin) == 0);
        g_assert((site->disposition == DISPOSITION_NEEDS_PERSON) ==
                 (site->reason != NULL && site->code[0] != '\0' &&
                  site->disposition != DISPOSITION_UNPARSABLE));
    }
}

static void
check_undo(const Rewrite *rewrite, const char *text, size_t bytes, const char *after,
           size_t after_bytes)
{
    g_autoptr(GPtrArray) undo = rewrite_undo(rewrite, text);
    Rewrite back = {.edits = undo};
    size_t again_bytes = 0;
    g_autofree char *again = rewrite_apply(&back, after, after_bytes, &again_bytes);
    g_assert(again_bytes == bytes && memcmp(again, text, bytes) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2)
        return 0;
    const char *const *names = dialect_names();
    g_autofree char *text = g_strndup((const char *) data + 1, bytes - 1);
    size_t length = strlen(text), after_bytes = 0;
    RewriteOptions options = {
        .dialect = dialect_by_name(names[(data[0] >> 1) % g_strv_length((char **) names)]),
        .propagates = (data[0] & 1) != 0};
    g_autoptr(Renames) renames = renames_new(mappings());
    g_autoptr(Rewrite) rewrite = rewrite_text("x.sql", text, length, renames, &options);
    check_sites(rewrite, text, length);
    g_autofree char *after = rewrite_apply(rewrite, text, length, &after_bytes);
    check_undo(rewrite, text, length, after, after_bytes);
    g_free(rewrite_diff(rewrite, "x.sql", text, length));
    return 0;
}
