/*
 * responses.c - OpenAI's responses: https://platform.openai.com/docs/api-reference/responses
 *
 * Nothing is stored there (`store: false`). What it thought is told again only where honk.yaml names an effort, because then it
 * is handed out encrypted; elsewhere it is left out, and with it the numbers by which items would be looked up there.
 */
#include "llm/inside.h"

#include <string.h>

/* ---- questions ---- */

static json_t *
tools_of(const json_t *tools)
{
    json_t *list = json_array(), *tool;
    size_t i;
    json_array_foreach(tools, i, tool)
        json_array_append_new(list, json_pack("{s:s, s:O, s:O, s:O, s:b}", "type", "function",
                                              "name", json_object_get(tool, "name"), "description",
                                              json_object_get(tool, "description"), "parameters",
                                              json_object_get(tool, "inputSchema"), "strict", 0));
    return list;
}

static json_t *
question(const ModelConfig *model, const char *system, const json_t *tools, const json_t *items)
{
    json_t *whole = json_pack("{s:s, s:i, s:b, s:b, s:s, s:o, s:O}", "model", model->name,
                              "max_output_tokens", model->output_tokens, "stream", 1, "store", 0,
                              "instructions", system, "tools", tools_of(tools), "input", items);
    if (model->effort != NULL) {
        json_object_set_new(whole, "reasoning", json_pack("{s:s}", "effort", model->effort));
        json_object_set_new(whole, "include", json_pack("[s]", "reasoning.encrypted_content"));
    }
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
        json_array_append_new(
            list, call == NULL ? json_pack("{s:s, s:s}", "role", "user", "content", text)
                               : json_pack("{s:s, s:O, s:s}", "type", "function_call_output",
                                           "call_id", call, "output", text));
    }
    return list;
}

/* ---- answers ---- */

static void
keep_item(LlmHearing *hearing, const json_t *item)
{
    bool is_thought = strcmp(json_get_string(item, "type", ""), "reasoning") == 0;
    if (!json_is_object(item) ||
        (is_thought && json_get_string(item, "encrypted_content", NULL) == NULL))
        return;
    json_t *kept = json_copy((json_t *) item);
    json_object_del(kept, "status");
    if (!is_thought)
        json_object_del(kept, "id");
    if (strcmp(json_get_string(item, "type", ""), "function_call") == 0) {
        g_autoptr(json_t) input = llm_input(json_get_string(item, "arguments", ""));
        g_autofree char *written = json_compact(input);
        json_set_string(kept, "arguments", written);
    }
    if (hearing->items == NULL)
        hearing->items = json_array();
    if (json_array_size(hearing->items) < LLM_PARTS_MAX)
        json_array_append(hearing->items, kept);
    json_decref(kept);
}

static bool
is_refusal(const json_t *item)
{
    json_t *part;
    size_t i;
    json_array_foreach(json_object_get(item, "content"), i,
                       part) if (strcmp(json_get_string(part, "type", ""), "refusal") ==
                                 0) return true;
    return false;
}

/* "completed", or why it is not. */
static void
document(LlmHearing *hearing, const json_t *document)
{
    json_t *item;
    size_t i;
    const json_t *reason = json_at(document, "incomplete_details.reason");
    const char *status = json_get_string(document, "status", NULL);
    llm_count_whole(&hearing->usage, json_object_get(document, "usage"), "input_tokens",
                    "input_tokens_details.cached_tokens", "output_tokens");
    const json_t *output = json_object_get(document, "output");
    if (json_array_size(output) > 0) /* all of it, also what was not told apart before */
        g_clear_pointer(&hearing->items, json_decref);
    json_array_foreach(output, i, item) keep_item(hearing, item);
    if (hearing->items == NULL)
        hearing->items = json_array();
    json_array_foreach(hearing->items, i, item) hearing->is_refused |= is_refusal(item);
    g_free(hearing->stop);
    hearing->stop = g_strdup(json_is_string(reason) ? json_string_value(reason) : status);
}

static bool
event(LlmHearing *hearing, const char *type, const json_t *data, GError **error)
{
    const char *kind = json_get_string(data, "type", type);
    const json_t *response = json_object_get(data, "response");
    if (strcmp(kind, "error") == 0)
        return llm_fail_as_told(
            json_is_object(json_object_get(data, "error")) ? json_object_get(data, "error") : data,
            error);
    if (strcmp(kind, "response.failed") == 0) {
        llm_count_whole(&hearing->usage, json_object_get(response, "usage"), "input_tokens",
                        "input_tokens_details.cached_tokens", "output_tokens");
        return llm_fail_as_told(json_object_get(response, "error"), error);
    }
    if (strcmp(kind, "response.output_item.done") == 0)
        keep_item(hearing, json_object_get(data, "item"));
    else if (strcmp(kind, "response.completed") == 0 || strcmp(kind, "response.incomplete") == 0) {
        document(hearing, response);
        hearing->is_whole = hearing->stop != NULL;
    }
    return true;
}

static void
finish(LlmHearing *hearing)
{
    (void) hearing; /* its items came whole */
}

static void
read_message(const json_t *content, GString *text)
{
    json_t *part;
    size_t i;
    json_array_foreach(content, i, part)
    {
        g_string_append(text, json_get_string(part, "text", ""));
        g_string_append(text, json_get_string(part, "refusal", ""));
    }
}

static void
read_items(const json_t *list, GString *text, json_t *calls)
{
    json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        const char *type = json_get_string(item, "type", "");
        if (strcmp(type, "message") == 0)
            read_message(json_object_get(item, "content"), text);
        else if (strcmp(type, "function_call") == 0)
            llm_add_call(calls, json_get_string(item, "call_id", ""),
                         json_get_string(item, "name", ""), json_get_string(item, "arguments", ""));
    }
}

const LlmShape llm_responses = {
    .path = "/responses",
    .key_header = "Authorization: Bearer ",
    .question = question,
    .items = items,
    .event = event,
    .finish = finish,
    .document = document,
    .read = read_items,
    .end = "completed",
};
