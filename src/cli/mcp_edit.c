/*
 * mcp_edit.c - files shown and written, for a model that has no tools of its own. They run in its sandbox, so that what a path
 * leads to is no matter of ours: it reaches nothing that the model's own commands would not.
 */
#include "base/text.h"
#include "cli/mcp.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX ((size_t) 1024 * 1024) /* code that people write by hand */
#define VIEW_LINES_MAX 1000
#define VIEW_BYTES_MAX ((size_t) 32 * 1024) /* more drowns what a model is at */

static bool
read_text(const char *path, char **ret, GError **error)
{
    size_t bytes = 0;
    if (!file_read(path, FILE_BYTES_MAX, ret, &bytes, error))
        return false;
    return (strlen(*ret) == bytes && g_utf8_validate(*ret, -1, NULL)) ||
           fail(error, ERR_INVALID, "'%s' is no text in UTF-8", path);
}

/* In its place, so that its mode stays. */
static bool
write_text(const char *path, const char *text, GError **error)
{
    struct stat info;
    int mode = g_stat(path, &info) == 0 ? (int) (info.st_mode & 0777) : 0644;
    return file_write_atomic(path, text, strlen(text), mode, error);
}

/* ---- tools ---- */

static bool
view(Invocation *call, const json_t *input, char **ret, GError **error)
{
    const char *path = json_get_string(input, "path", "");
    int64_t from = json_get_int(input, "from", 1), lines = json_get_int(input, "lines", 0);
    g_autofree char *text = NULL;
    (void) call;
    if (!read_text(path, &text, error))
        return false;
    g_auto(GStrv) all = g_strsplit(text, "\n", -1);
    int64_t count = (int64_t) g_strv_length(all) - (g_str_has_suffix(text, "\n") || *text == '\0');
    int64_t most = lines > 0 ? MIN(lines, VIEW_LINES_MAX) : VIEW_LINES_MAX;
    int64_t at = MAX(from, 1) - 1;
    GString *shown = g_string_new(NULL);
    for (; at < count && most > 0 && shown->len < VIEW_BYTES_MAX; at++, most--)
        g_string_append_printf(shown, "%6d\t%s\n", (int) at + 1, all[at]);
    if (at < count)
        g_string_append_printf(shown, "(%d of %d lines; the rest with 'from': %d)\n", (int) at,
                               (int) count, (int) at + 1);
    if (shown->len > VIEW_BYTES_MAX * 2)
        g_string_truncate(shown, VIEW_BYTES_MAX * 2);
    *ret = g_utf8_make_valid(shown->str, (gssize) shown->len);
    g_string_free(shown, TRUE);
    return true;
}

static bool
replace(Invocation *call, const json_t *input, char **ret, GError **error)
{
    const char *path = json_get_string(input, "path", "");
    const char *old = json_get_string(input, "old", ""), *new = json_get_string(input, "new", "");
    g_autofree char *text = NULL;
    (void) call;
    if (!read_text(path, &text, error))
        return false;
    const char *at = *old != '\0' ? strstr(text, old) : NULL;
    if (at == NULL)
        return fail(error, ERR_NOT_FOUND,
                    "'old' is not in '%s': it has to be there to the letter, blanks and line ends "
                    "too",
                    path);
    if (strstr(at + 1, old) != NULL)
        return fail(error, ERR_INVALID,
                    "'old' is in '%s' more than once: take more of what stands around it", path);
    g_autofree char *whole =
        g_strdup_printf("%.*s%s%s", (int) (at - text), text, new, at + strlen(old));
    *ret = g_strdup("replaced");
    return write_text(path, whole, error);
}

static bool
create(Invocation *call, const json_t *input, char **ret, GError **error)
{
    const char *path = json_get_string(input, "path", "");
    (void) call;
    *ret = g_strdup("written");
    return write_text(path, json_get_string(input, "text", ""), error);
}

#define PATH "\"path\": {\"type\": \"string\"}"

const McpTool mcp_edit_tools[] = {
    {"view",
     "Show a file with the numbers of its lines; all of it, or 'lines' lines from line 'from' on.",
     "{" PATH ", \"from\": {\"type\": \"integer\"}, \"lines\": {\"type\": \"integer\"}}", "path",
     false, view},
    {"replace",
     "Replace a piece of a file: 'old', which must stand there exactly once, becomes 'new'.",
     "{" PATH ", \"old\": {\"type\": \"string\"}, \"new\": {\"type\": \"string\"}}", "path old new",
     true, replace},
    {"create", "Write a whole file, new or over the one that is there.",
     "{" PATH ", \"text\": {\"type\": \"string\"}}", "path text", true, create},
    {0},
};
