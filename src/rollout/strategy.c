/* strategy.c - the strategies there are; one line each. */
#include "rollout/spec.h"

#define ONE_STEP "[{\"percent\": 100}]"

/* clang-format off */
static const RolloutStrategy strategies[] = {
    {"canary", "a few new instances first; the old ones wait aside until the soak is over", true, false,
     "[{\"count\": 1}, {\"percent\": 50}, {\"percent\": 100}]"},
    {"blue-green", "all new instances beside the old ones, tried without traffic, then switched at once", true, true,
     ONE_STEP},
    {"rolling", "new instances in exchange for old ones, a few at a time", false, false, ONE_STEP},
};
/* clang-format on */

const RolloutStrategy *
rollout_strategy_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(strategies); i++)
        if (g_strcmp0(strategies[i].name, name) == 0)
            return &strategies[i];
    return NULL;
}

const char *const *
rollout_strategy_names(void)
{
    static const char *names[G_N_ELEMENTS(strategies) + 1];
    for (size_t i = 0; i < G_N_ELEMENTS(strategies); i++)
        names[i] = strategies[i].name;
    return names;
}
