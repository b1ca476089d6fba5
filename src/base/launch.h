/* launch.h - what happens between fork and exec; inside of this room only. */
#pragma once

#include "base/child.h"

typedef struct {
    const char *path;
    char *const *argv;
    char *const *env;
    const ChildSpec *spec;
    pid_t parent;
    int parent_fd; /* its pidfd, where there is a keeper */
    int fds[3];
    int report_fd; /* where an errno goes */
} Launch;

/* As fork, for the parent; the child never returns. */
pid_t launch_fork(Launch *launch);

/* What a process does that has started `kept` and all whom `kept` leaves behind: it ends them when whoever `parent_fd` is
 * the pidfd of ends, or SIGTERM asks for it, or `kept` has ended; and then ends as `kept` did. All signals are blocked. Makes system calls only. */
_Noreturn void keeper_stay(pid_t kept, int parent_fd);
