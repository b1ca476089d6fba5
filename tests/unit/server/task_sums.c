/* Sums of a plan's tasks: what is kept from one reading to the next tells the same as reading all of it, and costs what changed. */
#include "server/task_sums.h"

#include "base/json.h"
#include "store/ledger.h"

#include <string.h>

#define PARTS 2500 /* so many that they are kept */
#define ROUNDS 120
#define CHANGES_MAX 30

typedef struct {
    Db *db;
    TaskSums *kept;
    GRand *rand;
    int count;
} World;

static void run(Db *db, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
run(Db *db, const char *format, ...)
{
    g_autoptr(GError) error = NULL;
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    bool ok = db_exec(db, sql, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void
tell(Db *db, int i)
{
    g_autoptr(GError) error = NULL;
    g_auto(Event) event = {.at_ms = 1,
                           .type = g_strdup("task.status"),
                           .plan = g_strdup("m-1"),
                           .task = g_strdup_printf("t-%d", i),
                           .step = g_strdup("move")};
    bool ok = ledger_append(db, &event, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void
add_part(World *world)
{
    int i = world->count++;
    g_autofree char *key =
        i > 0 ? g_strdup_printf("r-%d", i) : g_strdup(""); /* the first is the step itself */
    run(world->db,
        "INSERT INTO task(id, plan, step, action, key, phase, status, since_ms, weight, "
        "created_ms) "
        "VALUES ('t-%d', 'm-1', 'move', 'transform', '%s', 'forward', 'ready', 1, %d, 1)",
        i, key, 10 + i % 7);
}

static void
world_open(World *world)
{
    g_autoptr(GError) error = NULL;
    bool opened = db_open_memory(&world->db, &error);
    g_assert_no_error(error);
    g_assert_true(opened);
    world->kept = task_sums_new();
    world->rand = g_rand_new_with_seed(7);
    world->count = 0;
    while (world->count < PARTS)
        add_part(world);
}

static void
world_close(World *world)
{
    task_sums_free(world->kept);
    g_rand_free(world->rand);
    db_close(world->db);
}

/* {"move part forward ready": [count, …]} */
static json_t *
read_sums(World *world, TaskSums *sums)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = NULL;
    json_t *told = json_object();
    bool ok = task_sums_read(sums, world->db, "m-1", &list, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    for (guint i = 0; i < list->len; i++) {
        const TaskSum *sum = list->pdata[i];
        const int64_t figures[] = {sum->count, sum->weight,   sum->weight_done, sum->done,
                                   sum->bytes, sum->rejected, sum->rejecting};
        g_autofree char *key = g_strdup_printf(
            "%s %s %s %s", sum->step, sum->is_part ? "part" : "whole", sum->phase, sum->status);
        json_t *row = json_object_get(told, key);
        for (size_t k = 0; k < G_N_ELEMENTS(figures); k++) {
            if (row == NULL)
                json_object_set_new(told, key, row = json_array());
            int64_t before = json_integer_value(json_array_get(row, k));
            if (k == json_array_size(row))
                json_array_append_new(row, json_integer(figures[k]));
            else
                json_array_set_new(row, k, json_integer(before + figures[k]));
        }
    }
    return told;
}

/* What a worker, a person or the way back makes of a part. Progress, and looks that learn nothing, are no event. */
static void
change(World *world, int i)
{
    int rows = g_rand_int_range(world->rand, 1, 20);
    switch (g_rand_int_range(world->rand, 0, 7)) {
    case 0:
        run(world->db,
            "UPDATE task SET status = 'leased', progress = '{\"done\":%d,\"total\":20}' WHERE id = "
            "'t-%d'",
            rows, i);
        break;
    case 1:
        run(world->db,
            "UPDATE task SET progress = '{\"done\":%d,\"total\":20,\"rate\":5}' WHERE id = 't-%d' "
            "AND status IN ('leased', 'waiting')",
            rows, i);
        return;
    case 2:
        run(world->db,
            "UPDATE task SET status = 'done', weight = %d, evidence = "
            "'{\"bytes\":%d,\"rejected\":%d}' WHERE id = 't-%d'",
            rows, rows * 9, rows % 3, i);
        break;
    case 3:
        run(world->db, "UPDATE task SET status = 'ready', error = 'lost' WHERE id = 't-%d'", i);
        break;
    case 4:
        run(world->db, "UPDATE task SET status = 'failed', error = 'no' WHERE id = 't-%d'", i);
        break;
    case 5:
        run(world->db,
            "UPDATE task SET phase = 'reverse', status = 'blocked', error = NULL WHERE id = 't-%d'",
            i);
        break;
    default:
        add_part(world);
        return;
    }
    tell(world->db, i);
}

static void
what_is_kept_tells_the_same_as_reading_all_of_it(void)
{
    World world;
    world_open(&world);
    for (int round = 0; round < ROUNDS; round++) {
        int changes = g_rand_int_range(world.rand, 0, CHANGES_MAX);
        for (int k = 0; k < changes; k++)
            change(&world, g_rand_int_range(world.rand, 0, world.count));
        g_autoptr(TaskSums) none = task_sums_new();
        g_autoptr(json_t) kept = read_sums(&world, world.kept), all = read_sums(&world, none);
        g_autofree char *text = json_dumps(kept, JSON_SORT_KEYS),
                        *wanted = json_dumps(all, JSON_SORT_KEYS);
        g_assert_cmpstr(text, ==, wanted);
    }
    world_close(&world);
}

static void
a_reading_costs_what_changed_and_not_what_there_is(void)
{
    World world;
    world_open(&world);
    g_autoptr(json_t) first = read_sums(&world, world.kept);
    g_assert_cmpint(task_sums_rows_read(world.kept), >=, PARTS);
    int64_t before = task_sums_rows_read(world.kept);
    run(world.db, "UPDATE task SET status = 'done', evidence = '{}' WHERE id = 't-9'");
    tell(world.db, 9);
    g_autoptr(json_t) second = read_sums(&world, world.kept);
    g_assert_false(json_equal(first, second));
    g_assert_cmpint(task_sums_rows_read(world.kept) - before, <=, 2); /* it, and the step itself */
    world_close(&world);
}

static void
what_is_tried_again_says_how_often_and_when(void)
{
    World world;
    world_open(&world);
    g_autoptr(GPtrArray) sums = NULL;
    g_autoptr(GError) error = NULL;
    run(world.db, "UPDATE task SET status = 'retry_wait', attempt = 2, tries = 8, wake_ms = 900 "
                  "WHERE id = 't-7'");
    run(world.db, "UPDATE task SET status = 'retry_wait', attempt = 5, tries = 8, wake_ms = 700 "
                  "WHERE id = 't-9'");
    bool read = task_sums_read(world.kept, world.db, "m-1", &sums, &error);
    g_assert_no_error(error);
    g_assert_true(read);
    int met = 0;
    for (guint i = 0; i < sums->len; i++) {
        const TaskSum *sum = sums->pdata[i];
        if (strcmp(sum->status, "retry_wait") != 0) {
            g_assert_cmpint(sum->tried, ==, 0);
            continue;
        }
        met++;
        g_assert_cmpint(sum->tried, ==, 5);
        g_assert_cmpint(sum->tries_left, ==, 3);
        g_assert_cmpint(sum->again_ms, ==, 700);
    }
    g_assert_cmpint(met, ==, 1);
    world_close(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/task sums/what is kept tells the same as reading all of it",
                    what_is_kept_tells_the_same_as_reading_all_of_it);
    g_test_add_func("/task sums/a reading costs what changed and not what there is",
                    a_reading_costs_what_changed_and_not_what_there_is);
    g_test_add_func("/task sums/what is tried again says how often and when",
                    what_is_tried_again_says_how_often_and_when);
    return g_test_run();
}
