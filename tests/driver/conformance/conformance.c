/* conformance.c - the same questions to every driver: does it keep the contract of driver.h? */
#include "suite.h"

static const Question *const chapters[] = {reading_questions, loading_questions, fencing_questions,
                                           swapping_questions};

typedef struct {
    const Fixture *fixture;
    const Question *question;
} Case;

static void
ask(const void *data)
{
    const Case *one = data;
    g_autoptr(World) world = world_new(one->fixture);
    one->question->run(world);
}

static bool
has(const Fixture *fixture, unsigned needs)
{
    const Driver *driver = driver_by_name(fixture->driver);
    return ((needs & NEEDS_LOAD) == 0 || driver->load != NULL) &&
           ((needs & NEEDS_FREEZE) == 0 || driver->freeze != NULL) &&
           ((needs & NEEDS_SWAP) == 0 || driver->swap != NULL) &&
           ((needs & NEEDS_BROKEN) == 0 || fixture->make_broken != NULL) &&
           ((needs & NEEDS_HANGING) == 0 || fixture->hang != NULL) &&
           ((needs & NEEDS_REPLACING) == 0 || !fixture->has_no_replacing);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t f = 0; f < fixture_count; f++)
        for (size_t c = 0; c < G_N_ELEMENTS(chapters); c++)
            for (const Question *question = chapters[c]; question->name != NULL; question++) {
                if (!has(every_fixture[f], question->needs))
                    continue;
                g_autofree char *path =
                    g_strdup_printf("/conformance/%s/%s", every_fixture[f]->driver, question->name);
                g_test_add_data_func_full(
                    path, g_memdup2(&(Case){every_fixture[f], question}, sizeof(Case)), ask,
                    g_free);
            }
    return g_test_run();
}
