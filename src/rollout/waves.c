/* waves.c - see rollout.h: who goes when. */
#include "rollout/rollout.h"

/* Each portion is of all services, and reaches from the first on: [1, "50%"] of 8 are waves of 1, 3
 * and the remaining 4. */
int
rollout_wave_end(const Portion *waves, size_t wave_count, size_t wave, int services)
{
    return wave < wave_count ? portion_of(&waves[wave], services) : services;
}

int
rollout_wave_of(const Portion *waves, size_t wave_count, int index, int services)
{
    int wave = 0, before = 0;

    for (size_t i = 0; i <= wave_count; i++) {
        int end = rollout_wave_end(waves, wave_count, i, services);
        if (end <= before)
            continue; /* nobody is left for it */
        if (index < end)
            return wave;
        before = end;
        wave++;
    }
    return wave;
}
