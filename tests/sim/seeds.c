/* seeds.c - many seeds; one that breaks a rule is run again, to tell how it came to that. */
#include "suite.h"

#include <string.h>

#define LINES_SHOWN 120 /* of what happened last */

static struct {
    int first, count;
} seeds;

static const char *
last_lines(const char *text, int lines)
{
    const char *at = text + strlen(text);
    while (at > text && lines >= 0)
        lines -= *--at == '\n';
    return at;
}

static void
tell_failure(uint64_t seed)
{
    g_autoptr(GString) trace = g_string_new(NULL);
    Sim *sim = sim_new(&(SimOptions){.seed = seed, .trace = trace});
    sim_run(sim);
    g_auto(GStrv) lines = g_strsplit(last_lines(trace->str, LINES_SHOWN), "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        g_test_message("%s", *line);
    g_test_message("seed %" G_GUINT64_FORMAT ": '%s' was broken: %s", seed, sim->rule,
                   sim->violation);
    g_test_message("replay it with: tests-sim --seed %" G_GUINT64_FORMAT " --verbose", seed);
    sim_free(sim);
}

static void
the_rules_hold_whatever_happens(void)
{
    for (int i = 0; i < seeds.count; i++) {
        uint64_t seed = (uint64_t) (seeds.first + i);
        Sim *sim = sim_new(&(SimOptions){.seed = seed});
        bool holds = sim_run(sim);
        sim_free(sim);
        if (holds)
            continue;
        tell_failure(seed);
        g_test_fail();
        return;
    }
    g_test_message("%d seeds from %d on", seeds.count, seeds.first);
}

void
suite_add_seeds(int first, int count)
{
    seeds.first = first;
    seeds.count = count;
    g_test_add_func("/sim/the rules hold whatever happens", the_rules_hold_whatever_happens);
}
