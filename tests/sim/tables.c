/*
 * tables.c - the tables are neither too long nor too careful.
 *
 * Every row is taken by some seed: a row that none can take is wrong, or lacks its scenario. And for
 * every guard there is a seed that breaks a rule when that guard alone is taken away: a guard that
 * nobody misses is needless, or lacks its rule. Each guard is tried in a process of its own, because
 * an assertion of the engine may be what misses it.
 */
#include "suite.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COVERAGE_SEEDS_MAX 12000
#define MUTATION_SEEDS_MAX 3000

/* ---- rows ---- */

static bool
is_taken(const uint64_t *rows, size_t row)
{
    return (rows[row / 64] & UINT64_C(1) << row % 64) != 0;
}

static int
tell_missing(const char *what, const Transition *rows, size_t count, const uint64_t *taken)
{
    int missing = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_taken(taken, i))
            continue;
        g_test_message("no seed takes row %zu of %s: '%s' [%s]: %s", i, what, rows[i].event,
                       rows[i].guard, rows[i].text);
        missing++;
    }
    return missing;
}

static bool
all_taken(const uint64_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_taken(rows, i))
            return false;
    return true;
}

static void
every_row_of_the_tables_is_taken(void)
{
    Rows rows = {0};
    int seeds = 0;
    while (seeds < COVERAGE_SEEDS_MAX && !(all_taken(&rows.plans, plan_transition_count) &&
                                           all_taken(rows.tasks, task_transition_count) &&
                                           all_taken(&rows.campaigns, campaign_transition_count))) {
        Sim *sim = sim_new(&(SimOptions){.seed = (uint64_t) seeds++});
        sim_run(sim);
        rows_add(&rows, sim);
        sim_free(sim);
    }
    g_test_message("%d seeds", seeds);
    int missing =
        tell_missing("plans", plan_transitions, plan_transition_count, &rows.plans) +
        tell_missing("tasks", task_transitions, task_transition_count, rows.tasks) +
        tell_missing("campaigns", campaign_transitions, campaign_transition_count, &rows.campaigns);
    if (missing > 0)
        g_test_fail();
}

/* ---- guards ---- */

/* In a process of its own: ends with 0 when no rule was broken. */
static void
run_without(size_t guard)
{
    for (int seed = 0; seed < MUTATION_SEEDS_MAX; seed++) {
        SimOptions options = {.seed = (uint64_t) seed, .guards_off = UINT64_C(1) << guard};
        Sim *sim = sim_new(&options);
        if (!sim_run(sim)) {
            printf("# seed %d: %s: %s\n", seed, sim->rule, sim->violation);
            fflush(stdout);
            _exit(1);
        }
        sim_free(sim);
    }
    _exit(0);
}

static void
some_seed_goes_wrong(const void *data)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO); /* an assertion would end the report of us all */
        run_without(GPOINTER_TO_SIZE(data));
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    if (WIFSIGNALED(status))
        g_test_message("the engine's own assertion misses it");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        g_test_fail();
}

void
suite_add_tables(void)
{
    g_test_add_func("/sim/every row of the tables is taken", every_row_of_the_tables_is_taken);
    for (size_t i = 0; i < guard_count(); i++) {
        g_autofree char *name =
            g_strdup_printf("/sim/some seed goes wrong without the guard %s", guard_name(i));
        g_test_add_data_func(name, GSIZE_TO_POINTER(i), some_seed_goes_wrong);
    }
}
