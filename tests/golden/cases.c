/* cases.c - see cases.h. */
#include "cases.h"

#include "base/text.h"

#include <string.h>

#define FILE_BYTES_MAX (1024 * 1024)

static void
case_free(void *data)
{
    GoldenCase *one = data;
    g_free(one->options);
    g_free(one->text);
    g_free(one->expected);
    g_free(one);
}

static void
add_case(const char *place, const char *chunk, GTestDataFunc run)
{
    const char *line = strchr(chunk, '\n'), *middle = strstr(chunk, "\n---\n");
    if (line == NULL || middle == NULL)
        g_error("%s: a case without '---': %.60s", place, chunk);
    g_autofree char *head = g_strndup(chunk, (size_t) (line - chunk));
    char *bracket = strrchr(head, '[');
    GoldenCase *one = g_new0(GoldenCase, 1);
    one->options =
        bracket != NULL ? g_strndup(bracket + 1, strcspn(bracket + 1, "]")) : g_strdup("");
    if (bracket != NULL)
        *bracket = '\0';
    one->text = g_strndup(line + 1, (size_t) (middle - line));
    one->expected = g_strdup(middle + 5);
    g_autofree char *path =
        g_strdup_printf("%s/%s", place, g_strdelimit(g_strstrip(head), "/", '|'));
    g_test_add_data_func_full(path, one, run, case_free);
}

static char *
read_file(const char *folder, const char *name, char **ret_path, size_t *ret_bytes)
{
    char *text = NULL;
    g_autoptr(GError) error = NULL;
    *ret_path = g_build_filename(folder, name, NULL);
    if (!file_read(*ret_path, FILE_BYTES_MAX, &text, ret_bytes, &error))
        g_error("%s", error->message);
    return text;
}

static void
add_topic(const char *folder, const char *name, const char *prefix, GTestDataFunc run)
{
    size_t bytes = 0;
    g_autofree char *path = NULL, *text = read_file(folder, name, &path, &bytes);
    g_autofree char *topic = g_strndup(name, strlen(name) - strlen(".cases"));
    g_autofree char *place = g_strdup_printf("%s/%s", prefix, topic);
    g_auto(GStrv) chunks = g_strsplit(text, "### ", -1);
    for (size_t i = 1; chunks[i] != NULL; i++) {
        size_t length = strlen(chunks[i]);
        if (chunks[i + 1] != NULL && length > 1 && chunks[i][length - 2] == '\n')
            chunks[i][length - 1] = '\0'; /* the blank line between cases */
        add_case(place, chunks[i], run);
    }
}

void
cases_add(const char *folder, const char *prefix, GTestDataFunc run)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(dir);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        if (g_str_has_suffix(name, ".cases"))
            add_topic(folder, name, prefix, run);
}

MappingSet *
cases_mappings(const char *folder, const char *name)
{
    size_t bytes = 0;
    g_autofree char *path = NULL, *text = read_file(folder, name, &path, &bytes);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    MappingSet *set = NULL;
    if (!mapping_parse(text, bytes, path, diags, &set, &error))
        g_error("%s", error->message);
    return set;
}
