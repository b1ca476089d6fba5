/* laws.c - what holds for every rewrite, whatever the text. */
#include "laws.h"

#include <string.h>

static const char mapping_text[] =
    "apiVersion: honk/v1\nkind: Mapping\nsource: u\ntarget: v\naliases: [ a.b.u ]\n"
    "columns:\n  n: { from: i }\n  c: { from: k, values: { x: y } }\n  same: { from: same }\n"
    "consumers:\n  f: { expr: \"g(n, 1) || same\" }\ndropped:\n  d: { why: w }\n";

static const char in_place_text[] =
    "apiVersion: honk/v1\nkind: Mapping\nsource: u\ntarget: u\naliases: [ a.b.u ]\n"
    "columns:\n  n: { from: i }\n  m: { from: k }\n  same: { from: same }\n";

/* Read once, for all texts. */
static const MappingSet *
read_once(MappingSet **set, const char *text)
{
    if (*set == NULL) {
        g_autoptr(Diags) diags = diags_new();
        if (!mapping_parse(text, strlen(text), "fuzz", diags, set, NULL))
            g_error("the target's own mapping cannot be read");
    }
    return *set;
}

const MappingSet *
laws_mappings(void)
{
    static MappingSet *set;
    return read_once(&set, mapping_text);
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

void
laws_check_in_place(const char *path, const char *text, size_t bytes, const RewriteOptions *options)
{
    static MappingSet *set;
    g_autoptr(Renames) renames = renames_new(read_once(&set, in_place_text));
    g_autoptr(Rewrite) once = rewrite_text(path, text, bytes, renames, options);
    size_t after_bytes = 0;
    if (!rewrite_is_decided(once))
        return;
    g_autofree char *after = rewrite_apply(once, text, bytes, &after_bytes);
    g_autoptr(Rewrite) twice = rewrite_text(path, after, after_bytes, renames, options);
    g_assert(twice->edits->len == 0);
}
