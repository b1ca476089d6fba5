/* usage.c - tokens and money, in whole numbers. */
#include "llm/inside.h"

#define MILLION 1000000

__extension__ typedef __int128 Wide; /* a billion tokens at the dearest price */

int64_t
llm_usage_tokens(const LlmUsage *usage)
{
    int64_t sum = 0;
    for (int i = 0; i < PRICE_COUNT; i++)
        sum += usage->tokens[i];
    return sum;
}

int64_t
llm_usage_cost(const LlmUsage *usage, const ModelConfig *model)
{
    Wide cost = 0;
    for (int i = 0; i < PRICE_COUNT; i++)
        cost += (Wide) usage->tokens[i] * model->prices[i];
    return (int64_t) MIN((cost + MILLION - 1) / MILLION, INT64_MAX);
}

void
llm_usage_add(LlmUsage *sum, const LlmUsage *more)
{
    for (int i = 0; i < PRICE_COUNT; i++)
        sum->tokens[i] += more->tokens[i];
}

json_t *
llm_usage_json(const LlmUsage *usage, const ModelConfig *model)
{
    static const char *const names[PRICE_COUNT] = {
        [PRICE_INPUT] = "input_tokens",
        [PRICE_CACHED] = "cached_tokens",
        [PRICE_CACHE_WRITE] = "cache_write_tokens",
        [PRICE_OUTPUT] = "output_tokens",
    };
    json_t *json = json_object();
    for (int i = 0; i < PRICE_COUNT; i++)
        json_set_int(json, names[i], usage->tokens[i]);
    if (model->prices[PRICE_OUTPUT] > 0)
        json_set_int(json, "cost_micro_usd", llm_usage_cost(usage, model));
    return json;
}

/* More than a billion is no count of one answer. */
void
llm_count(LlmUsage *usage, Price price, const json_t *number)
{
    if (json_is_integer(number))
        usage->tokens[price] = CLAMP(json_integer_value(number), 0, 1000 * MILLION);
}

void
llm_count_whole(LlmUsage *usage, const json_t *told, const char *read, const char *cached,
                const char *written)
{
    llm_count(usage, PRICE_INPUT, json_object_get(told, read));
    llm_count(usage, PRICE_CACHED, json_at(told, cached));
    llm_count(usage, PRICE_OUTPUT, json_object_get(told, written));
    if (json_is_object(told)) /* what came from a cache is part of what was read */
        usage->tokens[PRICE_INPUT] =
            MAX(usage->tokens[PRICE_INPUT] - usage->tokens[PRICE_CACHED], 0);
}
