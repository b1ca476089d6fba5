/*
 * id.c - identifiers that sort by birth, and secrets that nobody guesses.
 *
 * 50 bits of milliseconds, then 40 bits of chance, five bits a letter. Two ids of one process and
 * one millisecond sort by birth too: the later one takes the chance of the earlier and adds a
 * little to it.
 */
#include "base/id.h"

#include "base/clock.h"

#include <glib.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/random.h>

#define TIME_LETTERS 10
#define CHANCE_LETTERS 8
#define CHANCE_MAX ((UINT64_C(1) << (5 * CHANCE_LETTERS)) - 1)
#define SECRET_BYTES_MAX 256 /* what getrandom() gives in one piece */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last_ms, last_chance; /* under `lock` */

static void
random_fill(void *data, size_t bytes)
{
    /* Up to 256 bytes getrandom() is never short and never interrupted once the pool is up. */
    ssize_t got = getrandom(data, bytes, 0);
    g_assert(got == (ssize_t) bytes);
}

static void
id_next(uint64_t *ret_ms, uint64_t *ret_chance)
{
    uint64_t now = (uint64_t) clock_wall_ms(), chance;
    random_fill(&chance, sizeof(chance));

    pthread_mutex_lock(&lock);
    if (now > last_ms) {
        last_ms = now;
        last_chance = chance & (CHANCE_MAX >> 1); /* leaves room for those that follow */
    } else {
        last_chance += 1 + (chance & 0xffffff);
        if (last_chance > CHANCE_MAX) {
            last_ms++;
            last_chance &= CHANCE_MAX >> 1;
        }
    }
    *ret_ms = last_ms;
    *ret_chance = last_chance;
    pthread_mutex_unlock(&lock);
}

static void
id_letters(uint64_t value, int count, char *out)
{
    static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
    while (count-- > 0) {
        out[count] = letters[value & 31];
        value >>= 5;
    }
}

char *
id_new(const char *prefix)
{
    uint64_t ms, chance;
    id_next(&ms, &chance);
    char letters[TIME_LETTERS + CHANCE_LETTERS + 1] = "";
    id_letters(ms, TIME_LETTERS, letters);
    id_letters(chance, CHANCE_LETTERS, letters + TIME_LETTERS);
    return g_strdup_printf("%s-%s", prefix, letters);
}

char *
id_secret(unsigned bytes)
{
    uint8_t data[SECRET_BYTES_MAX];
    g_assert(bytes <= sizeof(data));
    random_fill(data, bytes);
    char *text = g_malloc(2 * (size_t) bytes + 1);
    for (unsigned i = 0; i < bytes; i++) {
        text[2 * i] = "0123456789abcdef"[data[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[data[i] & 15];
    }
    text[2 * (size_t) bytes] = '\0';
    return text;
}
