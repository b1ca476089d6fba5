/* replay.c - a conversation held again from its transcript: what was answered then is answered now. */
#include "base/text.h"
#include "llm/inside.h"

#include <string.h>

static bool
begins_round(const char *line, int round)
{
    g_autoptr(json_t) head = NULL;
    return g_str_has_prefix(line, "== ") &&
           json_parse(line + 3, strlen(line + 3), "transcript", &head, NULL) &&
           json_get_int(head, "round", 0) == round;
}

GPtrArray *
llm_replay_lines(const char *transcript, int round)
{
    g_auto(GStrv) lines = g_strsplit(transcript, "\n", -1);
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    bool is_there = false, is_in = false;
    for (size_t i = 0; lines[i] != NULL; i++)
        is_there |= begins_round(lines[i], round);
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "== "))
            is_in = !is_there || begins_round(lines[i], round);
        if ((is_in || !is_there) && g_str_has_prefix(lines[i], "<- "))
            g_ptr_array_add(found, g_strdup(lines[i] + 3));
    }
    return found;
}

static void
take_usage(LlmUsage *usage, const json_t *told)
{
    llm_count(usage, PRICE_INPUT, json_object_get(told, "input_tokens"));
    llm_count(usage, PRICE_CACHED, json_object_get(told, "cached_tokens"));
    llm_count(usage, PRICE_CACHE_WRITE, json_object_get(told, "cache_write_tokens"));
    llm_count(usage, PRICE_OUTPUT, json_object_get(told, "output_tokens"));
}

bool
llm_replay_next(const GPtrArray *lines, guint *at, LlmReply *ret, GError **error)
{
    g_autoptr(json_t) told = NULL;
    json_t *items = NULL;
    const char *stop = NULL;
    if (*at >= lines->len)
        return fail(error, ERR_INVALID, "the transcript has no more than %u answers", lines->len);
    const char *line = lines->pdata[(*at)++];
    if (!json_parse(line, strlen(line), "an answer of the transcript", &told, error) ||
        !json_need_array(told, "items", "an answer of the transcript", &items, error) ||
        !json_need_string(told, "stop", "an answer of the transcript", &stop, error))
        return false;
    *ret = (LlmReply){.items = json_incref(items), .stop = g_strdup(stop)};
    take_usage(&ret->usage, json_object_get(told, "usage"));
    return true;
}
