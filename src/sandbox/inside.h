/* inside.h - parts of a box; inside of this room only. */
#pragma once

#include "sandbox/sandbox.h"

/* A descriptor with the filter, from its beginning. */
CHECKED bool filter_make(int *ret, GError **error);

/* All processes below `pid`. False when there are more than `processes_max`, which is then no count. */
typedef struct {
    int processes; /* and threads */
    int64_t memory_bytes;
} Crowd;
bool crowd_count(pid_t pid, int processes_max, int64_t memory_max, Crowd *ret);
/* Bytes on disk below `folder`, links not followed. False when it cannot be looked into. */
bool folder_size(const char *folder, int64_t bytes_max, int64_t *ret);

/* A control group that holds no more than so many processes and threads, where one can be made: else `folder` is NULL and
 * `procs_fd` is -1. Where the kernel holds it to so much memory, too, `holds_memory`. */
typedef struct {
    char *folder;
    int procs_fd; /* its `cgroup.procs`, for who begins in it */
    bool holds_memory;
} Cgroup;
void cgroup_make(int processes, int64_t memory_bytes, Cgroup *ret);
bool cgroup_was_full(const Cgroup *group); /* somebody was refused a process */
bool cgroup_ran_out(const Cgroup *group);  /* the kernel ended it, for its memory */
void cgroup_clear(Cgroup *group);          /* when nobody is in it any more */

/* The words before the program: bubblewrap with all that makes the box. `fds`: filter, passwd, group. */
void box_words(GPtrArray *words, const BoxSpec *spec, const int fds[3]);
