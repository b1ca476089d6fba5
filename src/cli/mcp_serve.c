/*
 * mcp_serve.c - the Model Context Protocol: https://modelcontextprotocol.io
 *
 * One message a line. The output is the protocol's alone. Requests are answered in their order, one at a time; what is no
 * request of ours gets the error that JSON-RPC has for it, at once.
 */
#include "base/text.h"
#include "cli/mcp.h"

#include <string.h>

#define LINE_BYTES_MAX ((size_t) 4 * 1024 * 1024) /* names and reasons; nobody sends files */

enum { BAD_JSON = -32700, BAD_REQUEST = -32600, NO_METHOD = -32601, BAD_PARAMS = -32602 };

/* The newest first: it is the answer to whoever asks for one that we do not know. */
static const char *const versions[] = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};

typedef struct {
    const McpServer *server;
    json_t *batch; /* answers that go out together; or NULL */
    FILE *in, *out;
} Mcp;

/* ---- messages ---- */

static void
send_message(const Mcp *mcp, json_t *message)
{
    json_set_string(message, "jsonrpc", "2.0");
    if (mcp->batch != NULL) {
        json_array_append_new(mcp->batch, message);
        return;
    }
    g_autofree char *line = json_compact(message);
    fprintf(mcp->out, "%s\n", line);
    fflush(mcp->out);
    json_decref(message);
}

static void
answer(const Mcp *mcp, const json_t *id, json_t *result)
{
    json_t *message = json_object();
    json_object_set(message, "id", (json_t *) id);
    json_object_set_new(message, "result", result);
    send_message(mcp, message);
}

static void
refuse(const Mcp *mcp, const json_t *id, int code, const char *text)
{
    json_t *message = json_object(), *failure = json_pack("{s:i}", "code", code);
    json_set_string(failure, "message", text); /* which may have been cut within a letter */
    json_object_set_new(message, "id", id != NULL ? json_incref((json_t *) id) : json_null());
    json_object_set_new(message, "error", failure);
    send_message(mcp, message);
}

/* ---- tools ---- */

static bool
is_offered(const Mcp *mcp, const McpTool *tool)
{
    return !tool->changes || mcp->server->allows_changes;
}

static json_t *
schema_of(const McpTool *tool)
{
    json_t *properties = json_loads(tool->input, 0, NULL), *required = json_array();
    g_auto(GStrv) needs = g_strsplit(tool->needs, " ", -1);
    g_assert(properties != NULL); /* they are written in our tables */
    for (size_t i = 0; needs[i] != NULL; i++)
        if (*needs[i] != '\0')
            json_array_append_new(required, json_string(needs[i]));
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required",
                     required, "additionalProperties", 0);
}

static json_t *
tool_json(const McpTool *tool)
{
    return json_pack("{s:s, s:s, s:o, s:{s:b, s:b, s:b}}", "name", tool->name, "description",
                     tool->text, "inputSchema", schema_of(tool), "annotations", "readOnlyHint",
                     !tool->changes, "destructiveHint", tool->changes, "openWorldHint", 0);
}

static void
list_tools(const Mcp *mcp, const json_t *id)
{
    json_t *list = json_array();
    for (size_t i = 0; i < G_N_ELEMENTS(mcp->server->tables) && mcp->server->tables[i] != NULL; i++)
        for (const McpTool *tool = mcp->server->tables[i]; tool->name != NULL; tool++)
            if (is_offered(mcp, tool))
                json_array_append_new(list, tool_json(tool));
    answer(mcp, id, json_pack("{s:o}", "tools", list));
}

static const McpTool *
find_tool(const Mcp *mcp, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(mcp->server->tables) && mcp->server->tables[i] != NULL; i++)
        for (const McpTool *tool = mcp->server->tables[i]; tool->name != NULL; tool++)
            if (strcmp(tool->name, name) == 0 && is_offered(mcp, tool))
                return tool;
    return NULL;
}

/* Why the input is not what the schema says; NULL when it is. Caller frees. */
static char *
wrong_input(const McpTool *tool, const json_t *input)
{
    g_autoptr(json_t) properties = json_loads(tool->input, 0, NULL);
    g_auto(GStrv) needs = g_strsplit(tool->needs, " ", -1);
    const char *key;
    json_t *value;
    for (size_t i = 0; needs[i] != NULL; i++)
        if (*needs[i] != '\0' && json_object_get(input, needs[i]) == NULL)
            return g_strdup_printf("'%s' needs '%s'", tool->name, needs[i]);
    json_object_foreach((json_t *) input, key, value)
    {
        if (json_object_get(properties, key) == NULL)
            return g_strdup_printf("'%s' takes no '%s'", tool->name, key);
        bool is_number =
            strcmp(json_get_string(json_object_get(properties, key), "type", ""), "integer") == 0;
        if (is_number ? !json_is_integer(value) : !json_is_string(value))
            return g_strdup_printf("'%s' of '%s' is no %s", key, tool->name,
                                   is_number ? "integer" : "text");
    }
    return NULL;
}

/* What fails is an answer, too: a model reads it and does something else. */
static void
call_tool(const Mcp *mcp, const json_t *id, const json_t *params)
{
    const char *name = json_get_string(params, "name", "");
    const json_t *input = json_object_get(params, "arguments");
    const McpTool *tool = find_tool(mcp, name);
    g_autoptr(json_t) none = json_object();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    if (tool == NULL) {
        g_autofree char *shown = text_printable(name);
        g_autofree char *why = g_strdup_printf("there is no tool '%s' here", shown);
        refuse(mcp, id, BAD_PARAMS, why);
        return;
    }
    if (input == NULL)
        input = none;
    char *wrong = wrong_input(tool, input);
    bool ok = wrong == NULL && tool->run(mcp->server->call, input, &text, &error);
    if (!ok)
        text = wrong != NULL ? wrong : g_strdup(error->message);
    json_t *content = json_pack("{s:s}", "type", "text");
    json_set_string(content, "text", text); /* a file may hold anything */
    answer(mcp, id, json_pack("{s:[o], s:b}", "content", content, "isError", !ok));
}

/* ---- the conversation ---- */

static void
initialize(const Mcp *mcp, const json_t *id, const json_t *params)
{
    const char *asked = json_get_string(params, "protocolVersion", ""), *version = versions[0];
    for (size_t i = 0; i < G_N_ELEMENTS(versions); i++)
        if (strcmp(asked, versions[i]) == 0)
            version = versions[i];
    answer(mcp, id,
           json_pack("{s:s, s:{s:{}}, s:{s:s, s:s}}", "protocolVersion", version, "capabilities",
                     "tools", "serverInfo", "name", "honk", "version", HONK_VERSION));
}

static void
take_request(const Mcp *mcp, const json_t *id, const char *method, const json_t *params)
{
    if (strcmp(method, "initialize") == 0)
        initialize(mcp, id, params);
    else if (strcmp(method, "ping") == 0)
        answer(mcp, id, json_object());
    else if (strcmp(method, "tools/list") == 0)
        list_tools(mcp, id);
    else if (strcmp(method, "tools/call") == 0)
        call_tool(mcp, id, params);
    else
        refuse(mcp, id, NO_METHOD, "this server has only tools");
}

static void
take_message(const Mcp *mcp, const json_t *message)
{
    const json_t *id = json_object_get(message, "id");
    const char *method = json_get_string(message, "method", NULL);
    bool is_request = json_is_string(id) || json_is_integer(id);
    if (method != NULL && is_request)
        take_request(mcp, id, method, json_object_get(message, "params"));
    else if (method == NULL || id != NULL)
        refuse(mcp, NULL, BAD_REQUEST, "expected a request, or a notification, of JSON-RPC 2.0");
}

/* Version 2025-03-26 may send several at once, and gets their answers in one. */
static void
take_batch(const Mcp *mcp, const json_t *messages)
{
    Mcp together = *mcp;
    json_t *message;
    size_t i;
    together.batch = json_array();
    json_array_foreach(messages, i, message) take_message(&together, message);
    g_autofree char *line = json_compact(together.batch);
    if (json_array_size(together.batch) > 0) {
        fprintf(mcp->out, "%s\n", line);
        fflush(mcp->out);
    }
    json_decref(together.batch);
}

static void
take_line(const Mcp *mcp, const GString *line)
{
    g_autoptr(json_t) message = NULL;
    g_autoptr(GError) error = NULL;
    if (!json_parse(line->str, line->len, "message", &message, &error))
        refuse(mcp, NULL, BAD_JSON, error->message);
    else if (json_is_array(message) && json_array_size(message) > 0)
        take_batch(mcp, message);
    else
        take_message(mcp, message);
}

/* False at the end. A line that is too long is passed over, and refused. */
static bool
read_line(const Mcp *mcp, GString *line)
{
    int c;
    size_t bytes = 0;
    g_string_truncate(line, 0);
    while ((c = getc(mcp->in)) != EOF && c != '\n')
        if (++bytes <= LINE_BYTES_MAX)
            g_string_append_c(line, (char) c);
    if (bytes > LINE_BYTES_MAX) {
        refuse(mcp, NULL, BAD_REQUEST, "the message is too long");
        g_string_truncate(line, 0);
    }
    return c != EOF;
}

void
mcp_serve(const McpServer *server, FILE *in, FILE *out)
{
    g_autoptr(GString) line = g_string_new(NULL);
    Mcp mcp = {.server = server, .in = in, .out = out};
    while (read_line(&mcp, line))
        if (line->len > 0)
            take_line(&mcp, line);
}
