/*
 * mcp.c - any lines as what an assistant writes to `honk mcp`, over tools that do nothing: whatever it is, each line of ours is a
 * message of JSON-RPC, and each request is answered once, in its order.
 */
#include "target.h"

#include "base/json.h"
#include "cli/mcp.h"

#include <stdlib.h>
#include <string.h>

static bool
say(Invocation *call, const json_t *input, char **ret, GError **error)
{
    (void) call;
    const char *text =
        json_get_string(input, "text", "\xff no text"); /* a file may hold anything */
    if (json_get_int(input, "fails", 0) != 0)
        return fail(error, ERR_INVALID, "it fails as it was told");
    *ret = g_strdup(text);
    return true;
}

static const McpTool tools[] = {
    {"say", "says it", "{\"text\": {\"type\": \"string\"}, \"fails\": {\"type\": \"integer\"}}", "",
     false, say},
    {"need", "needs it", "{\"text\": {\"type\": \"string\"}}", "text", false, say},
    {"change", "is not offered", "{}", "", true, say},
    {0},
};

static void
check_message(const json_t *message)
{
    bool has_result = json_is_object(json_object_get(message, "result"));
    g_assert(strcmp(json_get_string(message, "jsonrpc", ""), "2.0") == 0);
    g_assert(json_object_get(message, "id") != NULL);
    g_assert(has_result != json_is_object(json_object_get(message, "error")));
}

static size_t
check_lines(char *said)
{
    size_t count = 0;
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    for (size_t i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
        g_autoptr(json_t) answer = NULL;
        json_t *one;
        size_t k;
        g_assert(json_parse(lines[i], strlen(lines[i]), "answer", &answer, NULL));
        if (!json_is_array(answer))
            check_message(answer);
        json_array_foreach(answer, k, one) check_message(one);
        count++;
    }
    return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char *said = NULL;
    size_t said_bytes = 0, lines = 0;
    if (bytes == 0)
        return 0;
    FILE *in = fmemopen((void *) data, bytes, "r"), *out = open_memstream(&said, &said_bytes);
    g_assert(in != NULL && out != NULL);
    McpServer server = {.tables = {tools, NULL}};
    mcp_serve(&server, in, out);
    fclose(in);
    fclose(out);
    for (size_t i = 0; i < bytes; i++)
        lines += data[i] == '\n';
    g_assert(strlen(said) == said_bytes); /* no zeros */
    g_assert(check_lines(said) <= lines);
    free(said);
    return 0;
}
