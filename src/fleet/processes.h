/*
 * processes.h - target `processes`: instances are programs of this machine that belong to nobody's process tree.
 *
 * What is known about a service lies in its folder below the target's path, and nowhere else:
 *
 *   lock               held (flock) by whoever acts on the service
 *   service.json       its template; who has claimed it, with which token, what there was before, and whether another may
 *                      take it; who lost it to whom
 *   endpoints.json     which instances get traffic; replaced as a whole, for anybody to read
 *   instances/ID.json  one instance, written before it is started
 *   instances/ID.lock  held by the instance itself as long as it lives; its first line says which process it is
 *   logs/ID.log        what it writes
 *   code/COMMIT/       the files of a revision, shared by its instances
 *
 * Never started twice, never forgotten: the record is on disk before the fork, and the lock is taken before it, too, so
 * that from then on the lock says whether there is a process, whoever dies in between. A process names itself in the
 * lock by its id and the time of its start, which no later process with the same id shares.
 */
#pragma once

#include "fleet/fleet.h"

extern const FleetTarget target_processes;

/* One instance, as its record says and as it is. */
typedef struct {
    char *id, *revision; /* name of the revision */
    char *code;          /* its commit; NULL: none */
    int port;
    int64_t started_ms;
    bool is_draining;
    int64_t drain_until_ms, term_ms; /* 0: not yet told to end */
    /* As it is: */
    bool is_alive;
    int pid; /* 0: it has not said */
    int64_t start_time;
    bool in_traffic;
    Verdict health;
    int answer_ms; /* how long it took to say so; 0: it was not asked */
} Instance;

typedef struct {
    FleetHold base;
    char *folder;
    int lock_fd;
    char *rollout;
    json_t *service;      /* service.json */
    GPtrArray *instances; /* Instance *, oldest first */
    bool is_free, is_taken;
    char *occupant; /* a sentence; NULL while it is ours */
} Processes;

/* ---- record.c ---- */

char *service_folder(const Fleet *fleet);
CHECKED bool service_read(const char *folder, json_t **ret,
                          GError **error); /* {} when there is none */
CHECKED bool service_write(const char *folder, const json_t *service, GError **error);
void instance_free(void *instance);
/* All records, with what their locks say. Array of Instance *; caller frees. */
CHECKED bool instances_read(const char *folder, GPtrArray **ret, GError **error);
CHECKED bool instance_write(const char *folder, const Instance *instance, GError **error);
/* Record and lock; logs are kept, the newest of them. */
CHECKED bool instance_remove(const char *folder, const Instance *instance, GError **error);
char *instance_path(const char *folder, const char *kind, const char *id, const char *suffix);

/* ---- life.c ---- */

void instance_look(const char *folder, Instance *instance); /* is_alive, pid, start_time */
/* SIGTERM or SIGKILL to exactly this process. Harmless after its end. */
void instance_signal(const char *folder, Instance *instance, int number);
/* The log stays below its limit. */
void instance_trim_log(const char *folder, const Instance *instance);

/* ---- launch.c ---- */

typedef struct {
    const char *const *argv;
    char *const *env;
    const char *cwd, *log, *lock;
} LaunchSpec;
CHECKED bool launch_orphan(const LaunchSpec *spec, GError **error);

/* ---- code.c ---- */

/* The folder with the code of a commit, laid out unless it is there. `*ret` NULL for no code. Caller frees. */
CHECKED bool code_lay_out(const Fleet *fleet, const char *folder, const char *commit, char **ret,
                          GError **error);
char *code_folder(const char *folder, const char *commit);
/* Away with what no instance and no template needs: `kept` is a set of commits. */
void code_sweep(const char *folder, GHashTable *kept);

/* ---- endpoints.c ---- */

CHECKED bool endpoints_read(const char *folder, GPtrArray *instances, GError **error);
CHECKED bool endpoints_write(const char *folder, const char *service, const GPtrArray *instances,
                             GError **error);

/* ---- health.c ---- */

/* Ask all that live and are not leaving, at the same time. */
void health_ask(const ServiceConfig *service, GPtrArray *instances);

/* ---- port.c ---- */

CHECKED bool port_pick(const char *target, const char *instance, int *ret, GError **error);

/* ---- orders.c ---- */

CHECKED bool processes_obey(FleetHold *hold, const json_t *to, const Order *order, GError **error);

/* ---- processes.c ---- */

/* Look again at every instance, and go on with those that are leaving. */
CHECKED bool processes_tend(Processes *own, GError **error);
const json_t *processes_saved(const FleetHold *hold, bool *ret_is_saved);

/* ---- scene.c ---- */

CHECKED bool processes_scene(FleetHold *hold, const json_t *to, FleetScene *ret, GError **error);
