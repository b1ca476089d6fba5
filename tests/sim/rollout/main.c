/*
 * main.c - the simulator of rollouts as a test, and a single seed by hand.
 *
 *   tests-sim-rollout --first 0 --seeds 3000      the rules hold, and every row is taken
 *   tests-sim-rollout --seed 4711 --verbose       replay one seed and tell what happens
 */
#include "world.h"

#include <stdio.h>

#define SEEDS_FOR_ALL_ROWS 1000 /* some moves are rare */

static struct {
    int first, seeds;
    gint64 seed;
    gboolean verbose;
} options = {.seeds = 1000, .seed = -1};

static bool *rows;

static void
the_rules_hold_whatever_happens_to_a_rollout(void)
{
    for (int i = 0; i < options.seeds; i++) {
        World *world = world_new((uint64_t) (options.first + i), NULL, rows);
        if (!world_run(world))
            g_error("seed %d: %s; repeat it with: tests-sim-rollout --seed %d --verbose",
                    options.first + i, world->broken, options.first + i);
        world_free(world);
    }
}

static void
every_row_of_the_table_is_taken(void)
{
    for (size_t i = 0; i < rollout_transition_count; i++)
        if (!rows[i]) {
            g_test_message("row %zu is never taken: %s [%s] -> %s", i, rollout_transitions[i].event,
                           rollout_transitions[i].guard,
                           rollout_state_name((RolloutState) rollout_transitions[i].to));
            g_test_fail();
        }
}

static int
replay(void)
{
    g_autoptr(GString) trace = g_string_new(NULL);
    World *world = world_new((uint64_t) options.seed, options.verbose ? trace : NULL, rows);
    bool holds = world_run(world);

    fputs(trace->str, stdout);
    printf("seed %" G_GINT64_FORMAT ": %s (%s)\n", options.seed,
           holds ? "every rule held" : world->broken, rollout_state_name(world->rollout->state));
    world_free(world);
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
        {NULL},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_ignore_unknown_options(context, TRUE);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "tests-sim-rollout: %s\n", error->message);
        return 2;
    }
    rows = g_new0(bool, rollout_transition_count);
    if (options.seed >= 0)
        return replay();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rollout/the rules hold whatever happens to a rollout",
                    the_rules_hold_whatever_happens_to_a_rollout);
    if (options.seeds >= SEEDS_FOR_ALL_ROWS)
        g_test_add_func("/rollout/every row of the table is taken",
                        every_row_of_the_table_is_taken);
    return g_test_run();
}
