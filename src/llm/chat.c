/* chat.c - OpenAI's chat completions, which many others speak, too: https://platform.openai.com/docs/api-reference/chat */
#include "llm/inside.h"

#include <string.h>

/* ---- questions ---- */

static json_t *
tools_of(const json_t *tools)
{
    json_t *list = json_array(), *tool;
    size_t i;
    json_array_foreach(tools, i, tool)
        json_array_append_new(list, json_pack("{s:s, s:{s:O, s:O, s:O}}", "type", "function",
                                              "function", "name", json_object_get(tool, "name"),
                                              "description", json_object_get(tool, "description"),
                                              "parameters", json_object_get(tool, "inputSchema")));
    return list;
}

static json_t *
question(const ModelConfig *model, const char *system, const json_t *tools, const json_t *items)
{
    json_t *messages = json_pack("[{s:s, s:s}]", "role", "system", "content", system);
    json_array_extend(messages, (json_t *) items);
    json_t *whole =
        json_pack("{s:s, s:i, s:b, s:{s:b}, s:o, s:o}", "model", model->name,
                  "max_completion_tokens", model->output_tokens, "stream", 1, "stream_options",
                  "include_usage", 1, "tools", tools_of(tools), "messages", messages);
    json_set_string(whole, "reasoning_effort", model->effort);
    return whole;
}

static json_t *
items(const json_t *told)
{
    json_t *list = json_array(), *one;
    size_t i;
    json_array_foreach(told, i, one)
    {
        const char *text = json_get_string(one, "text", "");
        const json_t *call = json_object_get(one, "call");
        json_array_append_new(list, call == NULL
                                        ? json_pack("{s:s, s:s}", "role", "user", "content", text)
                                        : json_pack("{s:s, s:O, s:s}", "role", "tool",
                                                    "tool_call_id", call, "content", text));
    }
    return list;
}

/* ---- answers ---- */

/* Names come once, but some repeat them, or write nothing in their place. */
static void
take_name(LlmPart *part, const char *key, const char *name)
{
    if (name != NULL && *name != '\0')
        json_set_string(part->head, key, name);
}

/* Part 0 is what it says; call N is part N + 1. Some number all calls alike: another id is another call. */
static LlmPart *
part_of(LlmHearing *hearing, const json_t *call, size_t i)
{
    const char *id = json_get_string(call, "id", "");
    int64_t index = json_get_int(call, "index", (int64_t) i);
    LlmPart *part = index >= 0 ? llm_part(hearing, index + 1) : NULL;
    const char *old = part != NULL ? json_get_string(part->head, "id", "") : "";
    if (*id == '\0' || *old == '\0' || strcmp(id, old) == 0)
        return part;
    for (guint k = 1; k < hearing->parts->len; k++) {
        LlmPart *other = hearing->parts->pdata[k];
        if (strcmp(json_get_string(other->head, "id", ""), id) == 0)
            return other;
    }
    return llm_part(hearing, hearing->parts->len);
}

static bool
take_delta(LlmHearing *hearing, const json_t *delta, GError **error)
{
    const json_t *calls = json_object_get(delta, "tool_calls");
    LlmPart *said = llm_part(hearing, 0);
    json_t *call;
    size_t i;
    g_string_append(said->text, json_get_string(delta, "content", ""));
    g_string_append(said->text, json_get_string(delta, "refusal", ""));
    hearing->is_refused |= *json_get_string(delta, "refusal", "") != '\0';
    json_array_foreach(calls, i, call)
    {
        LlmPart *part = part_of(hearing, call, i);
        const json_t *function = json_object_get(call, "function");
        if (part == NULL)
            return fail(error, ERR_TRANSIENT, "a call of the answer cannot be read");
        if (part->head == NULL)
            part->head = json_object();
        take_name(part, "id", json_get_string(call, "id", NULL));
        take_name(part, "name", json_get_string(function, "name", NULL));
        g_string_append(part->text, json_get_string(function, "arguments", ""));
    }
    return true;
}

/* The usage comes after the reason to stop, just before the end. */
static bool
event(LlmHearing *hearing, const char *type, const json_t *data, GError **error)
{
    (void) type;
    const json_t *choice = json_array_get(json_object_get(data, "choices"), 0);
    const json_t *failure = json_object_get(data, "error");
    const char *stop = json_get_string(choice, "finish_reason", NULL);
    if (json_is_object(failure))
        return llm_fail_as_told(failure, error);
    llm_count_whole(&hearing->usage, json_object_get(data, "usage"), "prompt_tokens",
                    "prompt_tokens_details.cached_tokens", "completion_tokens");
    if (stop != NULL) {
        g_free(hearing->stop);
        hearing->stop = g_strdup(stop);
        hearing->is_whole = true;
    }
    return take_delta(hearing, json_object_get(choice, "delta"), error);
}

static json_t *
call_of(const char *id, const char *name, const char *arguments)
{
    g_autoptr(json_t) input = llm_input(arguments);
    g_autofree char *written = json_compact(input);
    return json_pack("{s:s, s:s, s:{s:s, s:s}}", "id", id, "type", "function", "function", "name",
                     name, "arguments", written);
}

/* Just what may be told back; `calls` is taken. */
static void
take_message(LlmHearing *hearing, const char *content, json_t *calls)
{
    json_t *message = json_object();
    json_set_string(message, "role", "assistant");
    json_set_string(message, "content", content);
    if (json_array_size(calls) > 0)
        json_object_set(message, "tool_calls", calls);
    json_decref(calls);
    hearing->items = json_pack("[o]", message);
}

static void
finish(LlmHearing *hearing)
{
    json_t *calls = json_array();
    for (guint i = 1; i < hearing->parts->len; i++) {
        const LlmPart *part = hearing->parts->pdata[i];
        if (part->head != NULL)
            json_array_append_new(calls, call_of(json_get_string(part->head, "id", ""),
                                                 json_get_string(part->head, "name", ""),
                                                 part->text->str));
    }
    const LlmPart *said = hearing->parts->len > 0 ? hearing->parts->pdata[0] : NULL;
    take_message(hearing, said != NULL ? said->text->str : "", calls);
}

static void
document(LlmHearing *hearing, const json_t *document)
{
    const json_t *choice = json_array_get(json_object_get(document, "choices"), 0);
    const json_t *message = json_object_get(choice, "message");
    json_t *calls = json_array(), *call;
    size_t i;
    llm_count_whole(&hearing->usage, json_object_get(document, "usage"), "prompt_tokens",
                    "prompt_tokens_details.cached_tokens", "completion_tokens");
    hearing->stop = g_strdup(json_get_string(choice, "finish_reason", NULL));
    json_array_foreach(json_object_get(message, "tool_calls"), i, call)
    {
        const json_t *function = json_object_get(call, "function");
        json_array_append_new(calls, call_of(json_get_string(call, "id", ""),
                                             json_get_string(function, "name", ""),
                                             json_get_string(function, "arguments", "")));
    }
    const char *refusal = json_get_string(message, "refusal", NULL);
    hearing->is_refused = refusal != NULL && *refusal != '\0';
    take_message(hearing, hearing->is_refused ? refusal : json_get_string(message, "content", ""),
                 calls);
    if (!json_is_object(message))
        g_clear_pointer(&hearing->items, json_decref);
}

static void
read_items(const json_t *list, GString *text, json_t *calls)
{
    const json_t *message = json_array_get(list, 0);
    json_t *call;
    size_t i;
    g_string_append(text, json_get_string(message, "content", ""));
    json_array_foreach(json_object_get(message, "tool_calls"), i, call)
    {
        const json_t *function = json_object_get(call, "function");
        llm_add_call(calls, json_get_string(call, "id", ""), json_get_string(function, "name", ""),
                     json_get_string(function, "arguments", ""));
    }
}

const LlmShape llm_chat = {
    .path = "/chat/completions",
    .key_header = "Authorization: Bearer ",
    .question = question,
    .items = items,
    .event = event,
    .finish = finish,
    .document = document,
    .read = read_items,
    .end = "stop",
};
