/* split_names.c - what the parts of a change are called: see split.h. */
#include "base/text.h"
#include "change/split.h"
#include "model/change_key.h"

#include <string.h>

/* Small letters and digits: no sign of it means anything to git, to people's shells, or in a key. Caller frees. */
static char *
name_of(const char *owner)
{
    g_autofree char *name = g_ascii_strdown(text_behind_slash(owner), -1);
    GString *made = g_string_new(NULL);
    for (const char *at = name; *at != '\0' && made->len < CHANGE_PART_BYTES_MAX; at++)
        if (g_ascii_isalnum(*at))
            g_string_append_c(made, *at);
        else if (made->len > 0 && made->str[made->len - 1] != '_')
            g_string_append_c(made, '_');
    if (made->len == 0)
        g_string_append(made, "rest");
    return g_string_free(made, FALSE);
}

GPtrArray *
split_names(const GPtrArray *parts)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < parts->len; i++) {
        const SplitPart *part = parts->pdata[i];
        g_autofree char *plain = name_of(part->owners->pdata[0]), *name = g_strdup(plain);
        for (int n = 2; g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL); n++) {
            g_free(name);
            name = g_strdup_printf("%s_%d", plain, n);
        }
        g_ptr_array_add(names, g_steal_pointer(&name));
    }
    return names;
}
