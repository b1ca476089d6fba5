/* gate.c - two texts, divided by a byte 0xff: the gate has nothing against what does not change, refuses what has no site, and
 * its diff leads from one to the other. */
#include "target.h"

#include "gate/gate.h"

#include <stdio.h>
#include <string.h>

static const char *const paths[] = {"a.py", "b.sql", "tests/test_c.py", "d.yml", "E.scala", "f.js"};
static const char *const words[] = {"users_v1", "users_v2", "first_name", NULL};
static const char *const brings[] = {"UK", "split_part(full_name, ' ', 1)", NULL};

/* Adds lines of `text` up to line `to` (from 0). */
static void
copy_lines(GString *result, char **lines, guint *at, guint to)
{
    for (; *at < to && lines[*at] != NULL; (*at)++)
        g_string_append_printf(result, "%s\n", lines[*at]);
}

/* Both texts end with a line end, so that nothing has to be said about it. */
static void
assert_leads(const char *before, const char *after)
{
    g_autofree char *diff = gate_diff("x", before, strlen(before), after, strlen(after));
    g_auto(GStrv) lines = g_strsplit(before, "\n", -1), rows = g_strsplit(diff, "\n", -1);
    g_autoptr(GString) result = g_string_new(NULL);
    guint at = 0, first = 0, count = g_strv_length(lines);
    for (size_t i = *diff != '\0' ? 2 : 0; rows[i] != NULL && *diff != '\0'; i++) {
        if (sscanf(rows[i], "@@ -%u", &first) == 1 && rows[i][0] == '@')
            copy_lines(result, lines, &at, strstr(rows[i], ",0 +") != NULL ? first : first - 1);
        else if (rows[i][0] == '+')
            g_string_append_printf(result, "%s\n", rows[i] + 1);
        else if (rows[i][0] == ' ')
            copy_lines(result, lines, &at, at + 1);
        else if (rows[i][0] == '-')
            at++;
    }
    copy_lines(result, lines, &at, count - 1);
    g_assert_cmpstr(result->str, ==, after);
}

static guint
findings(const char *path, const char *before, const char *after, const GateSite *sites,
         size_t count)
{
    GateFile file = {path, before, strlen(before), after, strlen(after), 0100644, 0100644};
    GateSpec spec = {.files = &file,
                     .count = 1,
                     .sites = sites,
                     .site_count = count,
                     .words = words,
                     .brings = brings,
                     .target = "users_v2"};
    g_autoptr(GPtrArray) found = gate_look(&spec);
    g_autofree char *text = gate_text(found);
    g_assert((found->len == 0) == (*text == '\0'));
    return found->len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2 || memchr(data, '\0', bytes) != NULL)
        return 0;
    const char *path = paths[data[0] % G_N_ELEMENTS(paths)];
    const uint8_t *middle = memchr(data + 1, 0xff, bytes - 1);
    size_t first = middle != NULL ? (size_t) (middle - data) - 1 : bytes - 1;
    g_autofree char *one = g_strndup((const char *) data + 1, first);
    g_autofree char *other =
        middle != NULL ? g_strndup((const char *) middle + 1, bytes - first - 2) : g_strdup("");
    g_autofree char *before = g_strconcat(one, "\n", NULL), *after = g_strconcat(other, "\n", NULL);
    const GateSite site = {path, 1};
    bool is_text = g_utf8_validate(before, -1, NULL) && g_utf8_validate(after, -1, NULL);
    assert_leads(before, after);
    (void) findings(path, before, after, &site, 1);
    if (is_text)
        g_assert_cmpuint(findings(path, before, before, &site, 1), ==, 0);
    if (strcmp(before, after) != 0)
        g_assert_cmpuint(findings(path, before, after, NULL, 0), >, 0);
    return 0;
}
