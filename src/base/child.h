/*
 * child.h - other programs, started so that we always learn of their end and can always end them.
 */
#pragma once

#include "base/error.h"

#include <sys/types.h>

typedef struct {
    const char *const *argv; /* argv[0] is looked up in PATH */
    const char *const *env;  /* "NAME=value" added to ours, or NULL */
    bool only_env;           /* `env` is all that it gets: nothing of ours */
    const char *cwd;         /* or NULL */
    bool dies_with_us;       /* parent-death signal: SIGKILL when our thread ends */
    /* A process between us and it, which ends all whom it started when it ends, or we do (keeper.c). */
    bool has_keeper;
    bool new_session;
    int memory_mib; /* memory of its own that it may write to; 0: as much as we */
    /* Asked now and then while child_run() waits; false: end it. NULL: nobody asks. */
    bool (*go_on)(void *data);
    void *go_on_data;
    pid_t *ret_pid; /* where its process id is put as soon as there is one, or NULL */
    const int
        *kept_fds; /* more descriptors that it gets, by the same number; ends with -1; or NULL */
    int cgroup_fd; /* `cgroup.procs` of the control group that it begins in; 0 or -1: in ours */
    int stdin_fd, stdout_fd, stderr_fd; /* -1: /dev/null, inherited for stderr */
} ChildSpec;

typedef struct {
    pid_t pid;
    int pidfd;       /* readable when it has ended */
    bool has_keeper; /* `pid` is the keeper's, and its end is that of all */
} Child;

CHECKED bool child_start(const ChildSpec *spec, Child *ret, GError **error);
/* Harmless after its end. With a keeper: it and all whom it started are killed, whatever `signal` says. */
void child_kill(const Child *child, int signal);
/* Wait until its end or `timeout_ms` (-1 for ever). True when it has ended; status as of waitpid;
 * closes pidfd. */
bool child_wait(Child *child, int timeout_ms, int *ret_status);
/* Run to the end with `input` on standard input; output bounded by `bytes_max`, killed at
 * `timeout_ms`, or with STOPPED when nobody wants it any more. Standard error is captured too (the last
 * 64 KiB) for messages, also of a run that failed. What it started in its session, or below its keeper, ends with it.
 * Caller frees. */
CHECKED bool child_run(const ChildSpec *spec, const char *input, size_t input_bytes,
                       size_t bytes_max, int timeout_ms, char **ret_output, size_t *ret_bytes,
                       char **ret_errors, int *ret_status, GError **error);
