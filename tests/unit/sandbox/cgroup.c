/* cgroup.c - the kernel's own count of processes, where a group can be made here. */
#include "sandbox/inside.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY_BYTES ((int64_t) 64 * 1024 * 1024)

/* Starts 40 that sleep until their input ends, and prints how many it could. */
static const char crowd[] =
    "n=0; for i in $(seq 40); do "
    "( sleep 1000 & ) 2>/dev/null && n=$((n + 1)); done; echo $n; kill -KILL 0";

static bool
can_make(Cgroup *group)
{
    cgroup_make(16, MEMORY_BYTES, group);
    if (group->folder == NULL)
        g_test_skip("no control group can be made here");
    return group->folder != NULL;
}

static ChildSpec
in_group(const Cgroup *group, const char *const *argv)
{
    return (ChildSpec){.argv = argv,
                       .cgroup_fd = group->procs_fd,
                       .new_session = true,
                       .stdin_fd = -1,
                       .stdout_fd = -1,
                       .stderr_fd = -1};
}

static void
no_more_begin_in_it_than_it_holds(void)
{
    Cgroup group;
    g_autofree char *output = NULL, *errors = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;
    if (!can_make(&group))
        return;
    const char *const argv[] = {"/bin/sh", "-c", crowd, NULL};
    ChildSpec spec = in_group(&group, argv);
    g_assert_true(child_run(&spec, "", 0, 4096, 60000, &output, NULL, &errors, &status, &error));
    g_assert_no_error(error);
    g_assert_cmpint(atoi(output), <, 16);
    cgroup_clear(&group);
}

static void
what_a_dead_owner_left_is_swept(void)
{
    Cgroup group, next;
    if (!can_make(&group))
        return;
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    g_assert_cmpint(waitpid(gone, NULL, 0), ==, gone);
    g_autofree char *parent = g_path_get_dirname(group.folder);
    g_autofree char *left = g_strdup_printf("%s/honk-box-%d-0", parent, (int) gone);
    g_autofree char *other = g_strdup_printf("%s/honk-box-%d-1000000", parent, (int) getpid());
    g_assert_cmpint(g_mkdir(left, 0755), ==, 0);
    g_assert_cmpint(g_mkdir(other, 0755), ==, 0);
    cgroup_make(16, MEMORY_BYTES, &next);
    g_assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(other, G_FILE_TEST_EXISTS));
    g_assert_cmpint(g_rmdir(other), ==, 0);
    g_autofree char *folder = g_strdup(next.folder);
    cgroup_clear(&next);
    g_assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
    cgroup_clear(&group);
}

static void
no_more_memory_is_taken_than_it_holds(void)
{
    Cgroup group;
    g_autofree char *output = NULL, *errors = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;
    if (!can_make(&group))
        return;
    if (!group.holds_memory)
        g_test_skip("no control group with memory can be made here");
    const char *const argv[] = {"/bin/sh", "-c", "head -c 256M /dev/zero | tail | wc -c", NULL};
    ChildSpec spec = in_group(&group, argv);
    if (group.holds_memory) {
        g_assert_true(
            child_run(&spec, "", 0, 4096, 60000, &output, NULL, &errors, &status, &error));
        g_assert_cmpint(status, !=, 0);
        g_assert_true(cgroup_ran_out(&group));
    }
    cgroup_clear(&group);
}

static void
assert_ran_out(const char *folder, const char *events, bool expected)
{
    g_autofree char *path = g_build_filename(folder, "memory.events", NULL);
    Cgroup group = {.folder = (char *) folder, .procs_fd = -1, .holds_memory = true};
    g_assert_true(g_file_set_contents(path, events, -1, NULL));
    g_assert_true(cgroup_ran_out(&group) == expected);
    g_assert_cmpint(g_unlink(path), ==, 0);
}

static void
it_ran_out_when_the_kernel_ended_it(void)
{
    g_autofree char *folder = g_dir_make_tmp("honk-cgroup-XXXXXX", NULL);
    assert_ran_out(folder, "low 0\nhigh 0\nmax 12\noom 0\noom_kill 0\noom_group_kill 0\n", false);
    assert_ran_out(folder, "low 0\nhigh 0\nmax 12\noom 3\noom_kill 1\noom_group_kill 1\n", true);
    assert_ran_out(folder, "", false);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cgroup/no more begin in it than it holds", no_more_begin_in_it_than_it_holds);
    g_test_add_func("/cgroup/what a dead owner left is swept", what_a_dead_owner_left_is_swept);
    g_test_add_func("/cgroup/no more memory is taken than it holds",
                    no_more_memory_is_taken_than_it_holds);
    g_test_add_func("/cgroup/it ran out when the kernel ended it",
                    it_ran_out_when_the_kernel_ended_it);
    return g_test_run();
}
