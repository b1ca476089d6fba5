/* laws.c - what holds for every rewrite, whatever the text. */
#include "laws.h"

#include <string.h>

static const char mapping_text[] =
    "apiVersion: honk/v1\nkind: Mapping\nsource: u\ntarget: v\naliases: [ a.b.u ]\n"
    "columns:\n  n: { from: i }\n  c: { from: k, values: { x: y } }\n  same: { from: same }\n"
    "consumers:\n  f: { expr: \"g(n, 1) || same\" }\ndropped:\n  d: { why: w }\n";

const MappingSet *
laws_mappings(void)
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

void
laws_check(const Rewrite *rewrite, const char *text, size_t bytes)
{
    size_t after_bytes = 0;
    check_sites(rewrite, text, bytes);
    g_autofree char *after = rewrite_apply(rewrite, text, bytes, &after_bytes);
    check_undo(rewrite, text, bytes, after, after_bytes);
    g_free(rewrite_diff(rewrite, "x", text, bytes));
}
