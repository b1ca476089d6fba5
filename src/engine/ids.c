/* ids.c - the state's own chance, and ids from it: the same seed gives the same run. */
#include "engine/state.h"

#define ID_TIME_LETTERS 10
#define ID_CHANCE_LETTERS 8

uint64_t
state_random(State *state)
{
    /* SplitMix64: small, and good enough for jitter and ids that need not be secret. */
    uint64_t mixed = state->random += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

static void
id_letters(uint64_t value, int count, char *out)
{
    while (count-- > 0) {
        out[count] = "0123456789abcdefghjkmnpqrstvwxyz"[value & 31];
        value >>= 5;
    }
}

/* The same form as base/id.h, from the beat's time and the state's own chance. */
char *
state_id(State *state, const char *prefix, int64_t now_ms)
{
    char letters[ID_TIME_LETTERS + ID_CHANCE_LETTERS + 1] = "";
    id_letters((uint64_t) now_ms, ID_TIME_LETTERS, letters);
    id_letters(state_random(state), ID_CHANCE_LETTERS, letters + ID_TIME_LETTERS);
    return g_strdup_printf("%s-%s", prefix, letters);
}
