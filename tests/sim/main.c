/*
 * main.c - the simulator as a test, and a single seed by hand.
 *
 *   tests-sim --first 0 --seeds 5000      the rules hold over so many seeds
 *   tests-sim --tables                    every row is taken, and every guard is missed
 *   tests-sim --seed 4711 --verbose       replay one seed and tell what happens
 */
#include "suite.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static struct {
    int first, seeds;
    gint64 seed;
    gboolean tables, verbose;
} options = {.seeds = 200, .seed = -1};

static int
replay(void)
{
    g_autoptr(GString) trace = g_string_new(NULL);
    SimOptions sim_options = {.seed = (uint64_t) options.seed,
                              .trace = options.verbose ? trace : NULL};
    Sim *sim = sim_new(&sim_options);
    bool holds = sim_run(sim);
    fputs(trace->str, stdout);
    if (holds)
        printf("seed %" G_GINT64_FORMAT ": every rule held, over %d beats and %d crashes\n",
               options.seed, sim->beats, sim->crashes);
    else
        printf("seed %" G_GINT64_FORMAT ": '%s' was broken: %s\n", options.seed, sim->rule,
               sim->violation);
    sim_free(sim);
    return holds ? 0 : 1;
}

int
main(int argc, char **argv)
{
    static const GOptionEntry entries[] = {
        {"first", 0, 0, G_OPTION_ARG_INT, &options.first, "the first seed", "N"},
        {"seeds", 0, 0, G_OPTION_ARG_INT, &options.seeds, "how many seeds", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &options.seed, "replay this seed", "N"},
        {"verbose", 0, 0, G_OPTION_ARG_NONE, &options.verbose, "tell what happens", NULL},
        {"tables", 0, 0, G_OPTION_ARG_NONE, &options.tables, "look at rows and guards", NULL},
        {NULL},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_ignore_unknown_options(context, TRUE);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "tests-sim: %s\n", error->message);
        return 2;
    }
    if (options.seed >= 0)
        return replay();
    g_test_init(&argc, &argv, NULL);
    if (options.tables)
        suite_add_tables();
    else
        suite_add_seeds(options.first, options.seeds);
    return g_test_run();
}
