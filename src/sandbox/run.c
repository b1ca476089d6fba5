/* run.c - a program started in a box, watched, and ended with the reason. */
#include "base/clock.h"
#include "base/text.h"
#include "sandbox/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CROWD_EVERY_MS 100 /* a fork bomb makes some hundred by then */
#define OWN_PROCESSES 4    /* bubblewrap's, which people do not count */
#define OWN_MIB 128        /* its memory, and what lies in /dev/shm */
#define DISK_EVERY_MS 1000 /* a folder of 100,000 files takes a tenth of that */

static const char passwd[] = "box:x:1000:1000:box:" BOX_HOME ":/bin/sh\n";
static const char group[] = "box:x:1000:\n";

/* Nobody can be asked, nothing is coloured, and nothing of ours is in it. */
static const char *const environment[] = {
    "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    ("HOME=" BOX_HOME),
    "TMPDIR=/tmp",
    "LANG=C.UTF-8",
    "TERM=dumb",
    "NO_COLOR=1",
    "CI=true",
    "GIT_TERMINAL_PROMPT=0",
    "GIT_CONFIG_NOSYSTEM=1",
};

struct Box {
    BoxSpec spec; /* its numbers and its folder only: words are copied */
    char *folder, *brief;
    bool is_boxed;
    GPtrArray *words, *env;
    int fds[4];        /* filter, passwd, group; ends with -1 */
    int kept[5];       /* these, and the spec's channel; ends with -1 */
    GPtrArray *launch; /* words before the program's; or NULL */
    Cgroup cgroup;
    ChildSpec child;
    pid_t pid;
    int64_t disk_bytes;              /* of the folder at the beginning */
    int64_t crowd_at_ms, disk_at_ms; /* when they are looked at again */
    char *broken;
};

void
box_free(Box *box)
{
    if (box == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(box->fds); i++)
        fd_close(&box->fds[i]);
    cgroup_clear(&box->cgroup);
    g_ptr_array_unref(box->words);
    g_ptr_array_unref(box->env);
    g_clear_pointer(&box->launch, g_ptr_array_unref);
    g_free(box->folder);
    g_free(box->brief);
    g_free(box->broken);
    g_free(box);
}

static bool
data_fd(const char *text, int *ret, GError **error)
{
    AUTO_FD fd = memfd_create("data", MFD_CLOEXEC);
    if (fd < 0 || !fd_write_all(fd, text, strlen(text)) || lseek(fd, 0, SEEK_SET) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make a box");
    *ret = fd_steal(&fd);
    return true;
}

/* ---- making ---- */

static void
add_environment(Box *box, const BoxSpec *spec)
{
    for (size_t i = 0; i < G_N_ELEMENTS(environment); i++)
        g_ptr_array_add(box->env, g_strdup(environment[i]));
    for (size_t i = 0; spec->env != NULL && spec->env[i] != NULL; i++)
        g_ptr_array_add(box->env, g_strdup(spec->env[i]));
    if (spec->brief != NULL)
        g_ptr_array_add(box->env,
                        g_strconcat("HONK_BRIEF=", box->is_boxed ? BOX_BRIEF : spec->brief, NULL));
    g_ptr_array_add(box->env, NULL);
}

/* The program's words, after those of our own that opens the way out. Borrowed by the box. */
static const char *const *
words_of(Box *box, const BoxSpec *spec)
{
    if (spec->channel <= 0)
        return spec->argv;
    box->launch = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(box->launch, g_strdup(spec->honk));
    g_ptr_array_add(box->launch, g_strdup(BOX_LAUNCH));
    g_ptr_array_add(box->launch, g_strdup_printf("%d", spec->channel));
    for (size_t i = 0; spec->argv[i] != NULL; i++)
        g_ptr_array_add(box->launch, g_strdup(spec->argv[i]));
    g_ptr_array_add(box->launch, NULL);
    return (const char *const *) box->launch->pdata;
}

static bool
add_words(Box *box, const BoxSpec *given, GError **error)
{
    BoxSpec whole = *given, *spec = &whole;
    spec->argv = words_of(box, given);
    if (box->is_boxed) {
        if (!filter_make(&box->fds[0], error) || !data_fd(passwd, &box->fds[1], error) ||
            !data_fd(group, &box->fds[2], error))
            return false;
        box_words(box->words, spec, box->fds);
    }
    for (size_t i = 0; !box->is_boxed && spec->argv[i] != NULL; i++)
        g_ptr_array_add(box->words, g_strdup(spec->argv[i]));
    g_ptr_array_add(box->words, NULL);
    return true;
}

/* One process may not have more than all of them together. */
static void
set_child(Box *box)
{
    size_t count = 0;
    for (size_t i = 0; box->is_boxed && box->fds[i] >= 0; i++)
        box->kept[count++] = box->fds[i];
    if (box->spec.channel > 0)
        box->kept[count++] = box->spec.channel;
    box->kept[count] = -1;
    box->child = (ChildSpec){
        .argv = (const char *const *) box->words->pdata,
        .env = (const char *const *) box->env->pdata,
        .only_env = true,
        .cwd = box->is_boxed ? "/" : box->folder,
        .has_keeper = true,
        .new_session = true,
        .memory_mib = box->spec.limits.memory_mib,
        .ret_pid = &box->pid,
        .kept_fds = box->kept,
        .cgroup_fd = box->cgroup.procs_fd,
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
    };
}

/* What it has in /tmp is memory, too, as the kernel counts; and bubblewrap's own. */
static int64_t
memory_most(const BoxLimits *limits)
{
    return ((int64_t) limits->memory_mib + limits->disk_mib + OWN_MIB) * 1024 * 1024;
}

bool
box_new(const BoxSpec *spec, Box **ret, GError **error)
{
    const char *missing = sandbox_missing();
    if (missing != NULL && !spec->is_open)
        return fail(error, ERR_UNSUPPORTED, "no sandbox can be made here: %s", missing);
    g_autoptr(Box) box = g_new0(Box, 1);
    *box = (Box){.spec = *spec,
                 .folder = g_strdup(spec->folder),
                 .brief = g_strdup(spec->brief),
                 .is_boxed = missing == NULL,
                 .words = g_ptr_array_new_with_free_func(g_free),
                 .env = g_ptr_array_new_with_free_func(g_free),
                 .fds = {-1, -1, -1, -1},
                 .cgroup = {.procs_fd = -1}};
    add_environment(box, spec);
    if (!add_words(box, spec, error))
        return false;
    if (!folder_size(box->folder, INT64_MAX - 1, &box->disk_bytes))
        return fail_errno(error, ERR_INTERNAL, "cannot look into '%s'", box->folder);
    cgroup_make(spec->limits.processes + OWN_PROCESSES, memory_most(&spec->limits), &box->cgroup);
    set_child(box);
    *ret = g_steal_pointer(&box);
    return true;
}

ChildSpec *
box_child(Box *box)
{
    return &box->child;
}

const char *
box_folder(const Box *box)
{
    return box->is_boxed ? BOX_FOLDER : box->folder;
}

const char *
box_brief(const Box *box)
{
    return box->is_boxed ? BOX_BRIEF : box->brief;
}

/* ---- watching ---- */

static void
look_at_crowd(Box *box)
{
    const BoxLimits *limits = &box->spec.limits;
    int64_t memory_max = (int64_t) limits->memory_mib * 1024 * 1024;
    Crowd crowd = {0};
    if (cgroup_was_full(&box->cgroup) ||
        !crowd_count(box->pid, limits->processes + OWN_PROCESSES, memory_max, &crowd))
        box->broken = g_strdup_printf("had more than %d processes and threads", limits->processes);
    else if (crowd.memory_bytes > memory_max || cgroup_ran_out(&box->cgroup))
        box->broken = g_strdup_printf("used more than %d MiB of memory", limits->memory_mib);
}

static void
look_at_disk(Box *box)
{
    int64_t most = box->disk_bytes + (int64_t) box->spec.limits.disk_mib * 1024 * 1024, bytes = 0;
    if (!folder_size(box->folder, most, &bytes))
        box->broken = g_strdup("made a folder that cannot be looked into");
    else if (bytes > most)
        box->broken =
            g_strdup_printf("wrote more than %d MiB to its folder", box->spec.limits.disk_mib);
}

const char *
box_broken(Box *box)
{
    int64_t now_ms = clock_monotonic_ms();
    if (box->broken == NULL && box->pid > 0 && now_ms >= box->crowd_at_ms) {
        look_at_crowd(box);
        box->crowd_at_ms = clock_monotonic_ms() + CROWD_EVERY_MS;
    }
    if (box->broken == NULL && now_ms >= box->disk_at_ms) {
        look_at_disk(box);
        box->disk_at_ms = clock_monotonic_ms() + DISK_EVERY_MS;
    }
    return box->broken;
}

/* ---- to the end ---- */

static bool
goes_on(void *data)
{
    Box *box = data;
    return box_broken(box) == NULL &&
           (box->spec.go_on == NULL || box->spec.go_on(box->spec.go_on_data));
}

void
box_result_clear(BoxResult *result)
{
    g_free(result->end);
    g_free(result->output);
    g_free(result->errors);
}

/* Ended by us, for a reason that is its own: that is a result. */
static bool
take_cut(Box *box, const GError *failed, BoxResult *ret)
{
    if (box->broken != NULL)
        ret->end = g_strdup(box->broken);
    else if (error_is(failed, ERR_TOO_LARGE))
        ret->end =
            g_strdup_printf("wrote more than %zu bytes of output", box->spec.limits.output_bytes);
    else if (error_is(failed, ERR_TRANSIENT)) {
        g_autofree char *limit = text_duration(box->spec.limits.time_ms);
        ret->end = g_strdup_printf("did not end within %s", limit);
    }
    ret->is_cut = ret->end != NULL;
    return ret->is_cut;
}

static void
take_end(int status, BoxResult *ret)
{
    ret->is_good = status == 0;
    ret->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ret->end = WIFEXITED(status) ? g_strdup_printf("ended with status %d", WEXITSTATUS(status))
                                 : g_strdup_printf("was ended by signal %d (%s)", WTERMSIG(status),
                                                   strsignal(WTERMSIG(status)));
}

bool
box_run(const BoxSpec *spec, const char *input, size_t input_bytes, BoxResult *ret, GError **error)
{
    g_autoptr(Box) box = NULL;
    g_autoptr(GError) failed = NULL;
    g_auto(BoxResult) result = {0};
    int status = 0;
    if (!box_new(spec, &box, error))
        return false;
    box->child.go_on = goes_on;
    box->child.go_on_data = box;
    bool has_ended =
        child_run(&box->child, input, input_bytes, spec->limits.output_bytes, spec->limits.time_ms,
                  &result.output, &result.bytes, &result.errors, &status, &failed);
    if (has_ended && (cgroup_was_full(&box->cgroup) || cgroup_ran_out(&box->cgroup)))
        look_at_crowd(box); /* it gave up before we looked */
    if (has_ended && box->broken == NULL)
        take_end(status, &result);
    else if (!take_cut(box, failed, &result)) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return false;
    }
    *ret = result;
    result = (BoxResult){0};
    return true;
}
