/* hear.c - bytes of an answer become the answer; see llm.h. */
#include "base/text.h"
#include "llm/inside.h"

#include <string.h>

#define TOLD_BYTES_MAX 500 /* of what a host says is wrong */
#define UNREADABLE "unreadable"

const LlmShape *
llm_shape(ModelApi api)
{
    static const LlmShape *const shapes[API_COUNT] = {
        [API_ANTHROPIC] = &llm_anthropic, [API_CHAT] = &llm_chat, [API_RESPONSES] = &llm_responses};
    return shapes[api];
}

/* ---- parts ---- */

static void
part_free(void *data)
{
    LlmPart *part = data;
    json_decref(part->head);
    g_string_free(part->text, TRUE);
    g_free(part);
}

LlmPart *
llm_part(LlmHearing *hearing, int64_t index)
{
    if (index < 0 || index >= LLM_PARTS_MAX)
        return NULL;
    while (hearing->parts->len <= index) {
        LlmPart *part = g_new0(LlmPart, 1);
        part->text = g_string_new(NULL);
        g_ptr_array_add(hearing->parts, part);
    }
    return hearing->parts->pdata[index];
}

json_t *
llm_input(const char *text)
{
    json_t *value = NULL;
    if (*text == '\0')
        return json_object(); /* how some write a call without input */
    if (json_parse(text, strlen(text), "input", &value, NULL) && json_is_object(value))
        return value;
    json_decref(value);
    value = json_object();
    json_set_string(value, UNREADABLE, text);
    return value;
}

void
llm_add_call(json_t *calls, const char *id, const char *name, const char *input)
{
    json_t *call = json_object(), *value = llm_input(input);
    json_set_string(call, "id", id);
    json_set_string(call, "name", name);
    if (json_object_size(value) != 1 || json_object_get(value, UNREADABLE) == NULL)
        json_object_set(call, "input", value);
    json_decref(value);
    json_array_append_new(calls, call);
}

/* Words of hosts, the first that is part of theirs; for all else another try may do. */
static const struct {
    const char *word;
    ErrorCode code;
} kinds[] = {
    /* not this question's fault, but of whoever pays, or of the key or the name in honk.yaml */
    {"insufficient_quota", ERR_FORBIDDEN},
    {"billing", ERR_FORBIDDEN},
    {"invalid_api_key", ERR_UNAUTHORIZED},
    {"authentication", ERR_UNAUTHORIZED},
    {"permission", ERR_FORBIDDEN},
    {"data_residency", ERR_FORBIDDEN},
    {"not_found", ERR_NOT_FOUND},
    {"rate_limit", ERR_LIMIT},
    {"invalid", ERR_INVALID},
    {"too_large", ERR_INVALID},
    {"context_length", ERR_INVALID},
    {"content_filter", ERR_INVALID},
    {"policy", ERR_INVALID},
};

bool
llm_fail_as_told(const json_t *told, GError **error)
{
    const char *code = json_get_string(told, "code", json_get_string(told, "type", ""));
    const char *message = json_get_string(told, "message", "");
    g_autofree char *shown = text_printable(message[0] != '\0' ? message : "it gave no reason");
    g_autofree char *cut = g_strndup(shown, TOLD_BYTES_MAX);
    g_autofree char *valid = g_utf8_make_valid(cut, -1);
    ErrorCode what = ERR_TRANSIENT;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && what == ERR_TRANSIENT; i++)
        if (strstr(code, kinds[i].word) != NULL)
            what = kinds[i].code;
    if (strstr(valid, "credit balance is too low") != NULL) /* which has no word of its own */
        what = ERR_FORBIDDEN;
    return fail(error, what, "%s", valid);
}

/* ---- hearing ---- */

static bool
take_event(const char *id, const char *type, const char *data, void *user)
{
    LlmHearing *hearing = user;
    g_autoptr(json_t) json = NULL;
    (void) id;
    if (strcmp(data, "[DONE]") == 0)
        return true;
    if (!json_parse(data, strlen(data), "event", &json, NULL)) /* broken on its way */
        return fail(&hearing->error, ERR_TRANSIENT, "an event of the answer is no JSON");
    return hearing->shape->event(hearing, type, json, &hearing->error);
}

LlmHearing *
llm_hear_begin(ModelApi api, bool is_stream)
{
    LlmHearing *hearing = g_new0(LlmHearing, 1);
    hearing->shape = llm_shape(api);
    hearing->parts = g_ptr_array_new_with_free_func(part_free);
    hearing->document = g_string_new(NULL);
    if (is_stream)
        hearing->sse = sse_new(take_event, hearing);
    return hearing;
}

void
llm_hearing_free(LlmHearing *hearing)
{
    if (hearing == NULL)
        return;
    sse_free(hearing->sse);
    g_string_free(hearing->document, TRUE);
    g_ptr_array_unref(hearing->parts);
    json_decref(hearing->items);
    g_free(hearing->stop);
    g_clear_error(&hearing->error);
    g_free(hearing);
}

LlmUsage
llm_hearing_usage(const LlmHearing *hearing)
{
    return hearing->usage;
}

bool
llm_hear(LlmHearing *hearing, const char *data, size_t bytes, GError **error)
{
    bool go_on = true;
    hearing->bytes += bytes;
    if (hearing->bytes > LLM_ANSWER_BYTES_MAX)
        return fail(error, ERR_INVALID, "the answer is larger than %zu MiB",
                    LLM_ANSWER_BYTES_MAX / (1024 * 1024));
    if (hearing->sse == NULL) {
        g_string_append_len(hearing->document, data, (gssize) bytes);
        return true;
    }
    if (!sse_feed(hearing->sse, data, bytes, &go_on, error))
        return false;
    if (go_on)
        return true;
    g_propagate_error(error, g_steal_pointer(&hearing->error));
    return false;
}

static bool
take_document(LlmHearing *hearing, GError **error)
{
    g_autoptr(json_t) json = NULL;
    if (!json_parse(hearing->document->str, hearing->document->len, "the answer", &json, NULL))
        return fail(error, ERR_TRANSIENT, "the answer is no JSON");
    const json_t *failure = json_object_get(json, "error");
    if (json_is_object(failure))
        return llm_fail_as_told(failure, error);
    hearing->shape->document(hearing, json);
    hearing->is_whole = hearing->stop != NULL && hearing->items != NULL;
    return true;
}

void
llm_read(const LlmShape *shape, LlmReply *reply)
{
    GString *text = g_string_new(NULL);
    reply->calls = json_array();
    shape->read(reply->items, text, reply->calls);
    reply->text = g_string_free(text, FALSE);
}

bool
llm_heard(LlmHearing *hearing, LlmReply *ret, GError **error)
{
    LlmReply reply = {0};
    if (hearing->sse == NULL && !take_document(hearing, error))
        return false;
    if (!hearing->is_whole)
        return fail(error, ERR_TRANSIENT, "the answer broke off");
    if (hearing->items == NULL)
        hearing->shape->finish(hearing);
    reply.items = json_incref(hearing->items);
    reply.stop = g_strdup(hearing->is_refused ? "refusal" : hearing->stop);
    reply.usage = hearing->usage;
    llm_read(hearing->shape, &reply);
    *ret = reply;
    return true;
}

/* ---- replies ---- */

void
llm_reply_clear(LlmReply *reply)
{
    json_decref(reply->items);
    json_decref(reply->calls);
    g_free(reply->text);
    g_free(reply->stop);
    *reply = (LlmReply){0};
}

bool
llm_reply_is_end(const LlmReply *reply, ModelApi api)
{
    return json_array_size(reply->calls) == 0 && strcmp(reply->stop, llm_shape(api)->end) == 0;
}
