/* anthropic.c - Anthropic's Messages API: https://docs.anthropic.com/en/api/messages */
#include "llm/inside.h"

#include <string.h>

/* ---- questions ---- */

static json_t *
tools_of(const json_t *tools)
{
    json_t *list = json_array(), *tool;
    size_t i;
    json_array_foreach(tools, i, tool) json_array_append_new(
        list, json_pack("{s:O, s:O, s:O}", "name", json_object_get(tool, "name"), "description",
                        json_object_get(tool, "description"), "input_schema",
                        json_object_get(tool, "inputSchema")));
    return list;
}

/* All up to the newest item can be read from its cache with the next question. */
static json_t *
marked(const json_t *items)
{
    json_t *copy = json_copy((json_t *) items);
    size_t last = json_array_size(copy) - 1;
    json_t *item = json_deep_copy(json_array_get(copy, last));
    json_t *content = json_object_get(item, "content");
    json_object_set_new(json_array_get(content, json_array_size(content) - 1), "cache_control",
                        json_pack("{s:s}", "type", "ephemeral"));
    json_array_set_new(copy, last, item);
    return copy;
}

static json_t *
question(const ModelConfig *model, const char *system, const json_t *tools, const json_t *items)
{
    return json_pack("{s:s, s:i, s:b, s:s, s:o, s:o}", "model", model->name, "max_tokens",
                     model->output_tokens, "stream", 1, "system", system, "tools", tools_of(tools),
                     "messages", marked(items));
}

static json_t *
items(const json_t *told)
{
    json_t *content = json_array(), *one;
    size_t i;
    json_array_foreach(told, i, one)
    {
        const char *text = json_get_string(one, "text", "");
        const json_t *call = json_object_get(one, "call");
        if (call == NULL)
            json_array_append_new(content, json_pack("{s:s, s:s}", "type", "text", "text", text));
        else
            json_array_append_new(content,
                                  json_pack("{s:s, s:O, s:[{s:s, s:s}], s:b}", "type",
                                            "tool_result", "tool_use_id", call, "content", "type",
                                            "text", "text", *text != '\0' ? text : "(nothing)",
                                            "is_error", json_get_bool(one, "failed", false)));
    }
    return json_pack("[{s:s, s:o}]", "role", "user", "content", content);
}

/* ---- answers ---- */

static void
take_usage(LlmHearing *hearing, const json_t *usage)
{
    LlmUsage *sum = &hearing->usage;
    llm_count(sum, PRICE_INPUT, json_object_get(usage, "input_tokens"));
    llm_count(sum, PRICE_CACHED, json_object_get(usage, "cache_read_input_tokens"));
    llm_count(sum, PRICE_CACHE_WRITE, json_object_get(usage, "cache_creation_input_tokens"));
    llm_count(sum, PRICE_OUTPUT, json_object_get(usage, "output_tokens"));
}

static bool
begin_block(LlmHearing *hearing, const json_t *data, GError **error)
{
    LlmPart *part = llm_part(hearing, json_get_int(data, "index", -1));
    const json_t *block = json_object_get(data, "content_block");
    if (part == NULL || !json_is_object(block))
        return fail(error, ERR_TRANSIENT, "a block of the answer cannot be read");
    json_decref(part->head);
    part->head = json_deep_copy(block);
    return true;
}

static bool
add_to_block(LlmHearing *hearing, const json_t *data, GError **error)
{
    static const char *const members[] = {"text", "partial_json", "thinking"};
    LlmPart *part = llm_part(hearing, json_get_int(data, "index", -1));
    const json_t *delta = json_object_get(data, "delta");
    if (part == NULL || part->head == NULL)
        return fail(error, ERR_TRANSIENT, "a block of the answer goes on that never began");
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        g_string_append(part->text, json_get_string(delta, members[i], ""));
    json_set_string(part->head, "signature", json_get_string(delta, "signature", NULL));
    return true;
}

static void
take_stop(LlmHearing *hearing, const char *stop)
{
    if (stop == NULL)
        return;
    g_free(hearing->stop);
    hearing->stop = g_strdup(stop);
}

static bool
event(LlmHearing *hearing, const char *type, const json_t *data, GError **error)
{
    (void) type;
    const char *kind = json_get_string(data, "type", "");
    if (strcmp(kind, "error") == 0)
        return llm_fail_as_told(json_object_get(data, "error"), error);
    if (strcmp(kind, "content_block_start") == 0)
        return begin_block(hearing, data, error);
    if (strcmp(kind, "content_block_delta") == 0)
        return add_to_block(hearing, data, error);
    if (strcmp(kind, "message_start") == 0)
        take_usage(hearing, json_at(data, "message.usage"));
    else if (strcmp(kind, "message_delta") == 0) {
        take_usage(hearing, json_object_get(data, "usage"));
        take_stop(hearing, json_get_string(json_object_get(data, "delta"), "stop_reason", NULL));
    } else if (strcmp(kind, "message_stop") == 0)
        hearing->is_whole = hearing->stop != NULL;
    return true;
}

/* Text grows in pieces; the input of a call is a document in pieces. One that is no JSON stays a text, and is told so. */
static json_t *
block_of(const LlmPart *part)
{
    json_t *block = json_deep_copy(part->head);
    const char *type = json_get_string(block, "type", "");
    if (part->text->len == 0)
        return block;
    if (strcmp(type, "tool_use") != 0)
        json_set_string(block, strcmp(type, "thinking") == 0 ? "thinking" : "text",
                        part->text->str);
    else
        json_object_set_new(block, "input", llm_input(part->text->str));
    return block;
}

/* The host refuses a question with a text in it that is empty, although it answers with such. */
static json_t *
without_empty(const json_t *content)
{
    json_t *kept = json_array(), *block;
    size_t i;
    json_array_foreach(content, i, block)
    {
        bool is_text = strcmp(json_get_string(block, "type", ""), "text") == 0;
        if (!is_text || *json_get_string(block, "text", "") != '\0')
            json_array_append(kept, block);
    }
    return kept;
}

static void
finish(LlmHearing *hearing)
{
    json_t *content = json_array();
    for (guint i = 0; i < hearing->parts->len; i++) {
        const LlmPart *part = hearing->parts->pdata[i];
        if (part->head != NULL)
            json_array_append_new(content, block_of(part));
    }
    hearing->items =
        json_pack("[{s:s, s:o}]", "role", "assistant", "content", without_empty(content));
    json_decref(content);
}

static void
document(LlmHearing *hearing, const json_t *document)
{
    json_t *content = json_object_get(document, "content");
    take_usage(hearing, json_object_get(document, "usage"));
    take_stop(hearing, json_get_string(document, "stop_reason", NULL));
    if (json_is_array(content))
        hearing->items =
            json_pack("[{s:s, s:o}]", "role", "assistant", "content", without_empty(content));
}

static void
read_items(const json_t *list, GString *text, json_t *calls)
{
    const json_t *content = json_object_get(json_array_get(list, 0), "content");
    json_t *block;
    size_t i;
    json_array_foreach(content, i, block)
    {
        const char *type = json_get_string(block, "type", "");
        const json_t *input = json_object_get(block, "input");
        if (strcmp(type, "text") == 0)
            g_string_append(text, json_get_string(block, "text", ""));
        else if (strcmp(type, "tool_use") == 0) {
            g_autofree char *written =
                json_is_object(input) ? json_compact(input) : g_strdup("null");
            llm_add_call(calls, json_get_string(block, "id", ""),
                         json_get_string(block, "name", ""), written);
        }
    }
}

const LlmShape llm_anthropic = {
    .path = "/messages",
    .key_header = "x-api-key: ",
    .headers = {"anthropic-version: 2023-06-01", NULL},
    .question = question,
    .items = items,
    .event = event,
    .finish = finish,
    .document = document,
    .read = read_items,
    .end = "end_turn",
};
