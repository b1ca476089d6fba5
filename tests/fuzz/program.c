/*
 * program.c - whatever the program: edits lie apart and can be undone to the byte, and a file that is decided stays as it
 * is the second time.
 *
 * The first byte chooses the language and the policy, the rest is the text.
 */
#include "laws.h"
#include "target.h"

#include <string.h>

static const char *const paths[] = {
    "x.py",    "x.scala", "x.java", "x.kt",  "x.go",   "x.ts",   "x.R",   "x.sh",
    "x.yaml",  "x.json",  "x.toml", "x.tf",  "x.conf", "x.lkml", "x.xml", "x.properties",
    "x.ipynb", "x.sqlx",  "x.cs",   "x.php", "x.Rmd",  "x.rb",   "x.rs",  "x.ex"};

static Rewrite *
rewritten(const char *path, bool propagates, const char *text)
{
    RewriteOptions options = {.propagates = propagates};
    g_autoptr(Renames) renames = renames_new(laws_mappings());
    return rewrite_text(path, text, strlen(text), renames, &options);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2)
        return 0;
    g_autofree char *text = g_strndup((const char *) data + 1, bytes - 1);
    const char *path = paths[(data[0] >> 1) % G_N_ELEMENTS(paths)];
    bool propagates = (data[0] & 1) != 0;
    size_t after_bytes = 0;
    g_autoptr(Rewrite) rewrite = rewritten(path, propagates, text);
    laws_check(rewrite, text, strlen(text));
    if (!rewrite_is_decided(rewrite))
        return 0;
    g_autofree char *after = rewrite_apply(rewrite, text, strlen(text), &after_bytes);
    g_autoptr(Rewrite) again = rewritten(path, propagates, after);
    for (guint i = 0; i < again->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(again->edits, i);
        g_error("rewriting twice changes it again at %zu: %s", edit->begin, after);
    }
    return 0;
}
