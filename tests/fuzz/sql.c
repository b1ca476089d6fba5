/*
 * sql.c - whatever the text: edits lie apart, can be undone to the byte, and rewriting what is decided twice changes
 * nothing the second time.
 *
 * The first byte chooses the dialect and the policy, the rest is the text.
 */
#include "laws.h"
#include "target.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2)
        return 0;
    const char *const *names = dialect_names();
    g_autofree char *text = g_strndup((const char *) data + 1, bytes - 1);
    size_t length = strlen(text);
    RewriteOptions options = {
        .dialect = dialect_by_name(names[(data[0] >> 1) % g_strv_length((char **) names)]),
        .propagates = (data[0] & 1) != 0};
    g_autoptr(Renames) renames = renames_new(laws_mappings());
    g_autoptr(Rewrite) rewrite = rewrite_text("x.sql", text, length, renames, &options);
    laws_check(rewrite, text, length);
    return 0;
}
