/* scratch.c - commits in the making leave nothing behind, whoever dies. */
#include "world.h"

#include "change/scratch.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static guint
count_in(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    guint count = 0;
    while (dir != NULL && g_dir_read_name(dir) != NULL)
        count++;
    return count;
}

static void
put(const Scratch *scratch, const char *name)
{
    g_autofree char *path = g_build_filename(scratch->folder, name, NULL);
    g_assert_true(g_file_set_contents(path, "half", -1, NULL));
}

static Scratch
opened(const World *world)
{
    Scratch scratch = {.lock_fd = -1};
    g_autoptr(GError) error = NULL;
    if (!scratch_open(world->config, &scratch, &error))
        g_error("%s", error->message);
    return scratch;
}

static void
a_change_leaves_nothing_of_its_making(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *place = g_build_filename(world->config->state, "changes", NULL);
    g_free(world_change(world));
    g_assert_true(g_file_test(place, G_FILE_TEST_IS_DIR));
    g_assert_cmpuint(count_in(place), ==, 0);
}

/* Dies with the folder in hand, as a worker that is killed. */
static void
die_with_one(const World *world)
{
    pid_t child = fork();
    if (child == 0) {
        Scratch scratch = opened(world);
        put(&scratch, "index");
        put(&scratch, "index.lock");
        raise(SIGKILL);
    }
    int status = 0;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
what_the_dead_left_is_swept_and_what_the_living_make_stays(void)
{
    g_autoptr(World) world = world_new(false);
    g_autofree char *place = g_build_filename(world->config->state, "changes", NULL);
    change_sweep(world->config); /* where nobody has ever made one */
    g_auto(Scratch) ours = opened(world);
    put(&ours, "index");
    die_with_one(world);
    g_assert_cmpuint(count_in(place), ==, 2);
    change_sweep(world->config);
    g_assert_cmpuint(count_in(place), ==, 1);
    g_assert_cmpuint(count_in(ours.folder), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scratch/a change leaves nothing of its making",
                    a_change_leaves_nothing_of_its_making);
    g_test_add_func("/scratch/what the dead left is swept and what the living make stays",
                    what_the_dead_left_is_swept_and_what_the_living_make_stays);
    return g_test_run();
}
