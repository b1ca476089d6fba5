/*
 * answer.c - any bytes as the answer of a language model, by each API (the first byte chooses), as a stream or as one
 * document. Either it is refused with a reason, or it is an answer that can be told again; and how it was cut into pieces on
 * its way is no matter.
 */
#include "target.h"

#include "llm/llm.h"

#include <string.h>

static bool
hear(ModelApi api, bool is_stream, const char *data, size_t bytes, size_t piece, LlmReply *ret,
     LlmUsage *ret_usage)
{
    g_autoptr(LlmHearing) hearing = llm_hear_begin(api, is_stream);
    g_autoptr(GError) error = NULL;
    bool ok = true;
    for (size_t at = 0; at < bytes && ok; at += piece)
        ok = llm_hear(hearing, data + at, MIN(piece, bytes - at), &error);
    ok = ok && llm_heard(hearing, ret, &error);
    *ret_usage = llm_hearing_usage(hearing);
    g_assert(ok || (error->message[0] != '\0' && g_utf8_validate(error->message, -1, NULL)));
    return ok;
}

static void
check_usage(const LlmUsage *usage)
{
    for (int i = 0; i < PRICE_COUNT; i++)
        g_assert(usage->tokens[i] >= 0 && usage->tokens[i] <= 1000 * 1000 * 1000);
}

static void
check_reply(const LlmReply *reply, ModelApi api)
{
    json_t *call;
    size_t i;
    g_assert(json_is_array(reply->items) && reply->stop != NULL && reply->text != NULL);
    g_free(json_compact(reply->items));
    json_array_foreach(reply->calls, i, call)
    {
        const json_t *input = json_object_get(call, "input");
        g_assert(json_get_string(call, "id", NULL) != NULL &&
                 json_get_string(call, "name", NULL) != NULL);
        g_assert(input == NULL || json_is_object(input));
    }
    g_assert(!llm_reply_is_end(reply, api) || json_array_size(reply->calls) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    g_auto(LlmReply) whole = {0};
    g_auto(LlmReply) cut = {0};
    LlmUsage usage = {0}, again = {0};
    if (bytes == 0)
        return 0;
    ModelApi api = data[0] % API_COUNT;
    bool is_stream = (data[0] & 64) == 0;
    const char *text = (const char *) data + 1;
    bool ok = hear(api, is_stream, text, bytes - 1, bytes, &whole, &usage);
    bool ok_cut = hear(api, is_stream, text, bytes - 1, 3, &cut, &again);
    g_assert(ok == ok_cut);
    check_usage(&usage);
    if (!ok)
        return 0;
    check_reply(&whole, api);
    g_assert(json_equal(whole.items, cut.items) && strcmp(whole.text, cut.text) == 0);
    g_assert(memcmp(&usage, &again, sizeof usage) == 0);
    return 0;
}
