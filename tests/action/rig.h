/*
 * rig.h - a stage for actions: stores in a temporary folder, an environment without a server, and
 * the smallest possible engine (one task at a time, no retries).
 */
#pragma once

#include "action/action.h"

#include <sqlite3.h>

typedef struct {
    StepEnv env;
    char *folder;
    Config *config;
    GHashTable *blobs;    /* digest → GBytes */
    GHashTable *intents;  /* task → json_t: the first pre-state that was written down */
    GHashTable *evidence; /* task → json_t of the forward phase */
    int64_t token;
    int64_t ticks_left; /* then tick() says stop; negative: never */
    Plan *plan;
    GHashTable *parts; /* step → json_t: all that it was divided into */
} Rig;

/* What the migration is. */
typedef struct {
    const char *name;   /* of the case */
    const char *sql;    /* makes data.db of store `data` */
    const char *csv;    /* makes rows.csv of store `files`, or NULL */
    const char *source; /* address */
    const char *target; /* address */
    const char *strategy;
    const char *consistency; /* or NULL: what the entity says when it says nothing */
    int left_behind_max;     /* 0: it says nothing */
    const char *let_go;      /* what people do before they retire the old dataset, or NULL */
    const char *mapping;     /* text, or NULL */
    const char *code; /* a query in each of the consumers' repositories, or NULL: no consumers */
    bool is_hosted; /* they come from a host, which is a folder here, and what runs is the branch */
} RigCase;

#define RIG_REPOSITORIES 2 /* more than the first wave */

/* True, and the test is marked as skipped, when this program lacks a driver that the case needs. */
bool rig_skip(const RigCase *kase);
Rig *rig_new(const RigCase *kase);
void rig_free(Rig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rig, rig_free)

/* Plan it; aborts with the diagnostics when it cannot be planned. */
void rig_plan(Rig *rig, const RigCase *kase);
/* What becomes of asking for a plan, whatever it is. Caller owns. */
Outcome *rig_draft(Rig *rig, json_t *request);
json_t *rig_request(const RigCase *kase);
/* Put JSON where leases find it. Caller frees. */
char *rig_put(Rig *rig, const json_t *value);
json_t *rig_blob(Rig *rig, const char *digest);

/* One lease. `range` NULL: the step itself; `params` (may be NULL) is stolen. Caller frees. */
typedef enum { RIG_RUN, RIG_PROBE, RIG_REVERSE } RigMode;
Outcome *rig_lease(Rig *rig, const Step *step, const char *key, json_t *params, RigMode mode,
                   bool children_done);
/* The same with the token of an earlier lease: a worker that was believed dead. */
Outcome *rig_late_lease(Rig *rig, const Step *step, const char *key, json_t *params, int64_t token);
/* An action's look at the world and its proof, each alone, as a lease of the step itself. */
World rig_check(Rig *rig, const Step *step);
bool rig_verify(Rig *rig, const Step *step, GError **error);
/* A whole step: its children, too, in order. */
Outcome *rig_run(Rig *rig, const Step *step);
Outcome *rig_reverse(Rig *rig, const Step *step, json_t *params);
Outcome *rig_preflight(Rig *rig, json_t *params);
/* Run everything before `step` (NULL: all that has a way back). */
void rig_run_before(Rig *rig, const Step *step);
const Step *rig_step(const Rig *rig, const char *action);

/* Everything in data.db that is not Honk's bookkeeping, and the plan's tables in `mem`, as one
 * digest. Caller frees. */
char *rig_world(Rig *rig);
sqlite3 *rig_db(Rig *rig);
void rig_sql(Rig *rig, const char *sql);
bool rig_sql_refused(Rig *rig, const char *sql);
int64_t rig_int(Rig *rig, const char *sql);

#define assert_kind(outcome, wanted) rig_assert_kind(outcome, wanted, __FILE__, __LINE__)
void rig_assert_kind(const Outcome *outcome, OutcomeKind wanted, const char *file, int line);

/* Consumers' repositories, in real git (code.c). */
void rig_code_make(const Rig *rig, const RigCase *kase);
void rig_code_digest(const Rig *rig, GChecksum *sum);
json_t *rig_code_consumers(const RigCase *kase);
/* Run git in the n-th repository, as a person would. Caller frees. */
char *rig_git(const Rig *rig, int n, const char *first, ...) G_GNUC_NULL_TERMINATED;
void rig_code_write(const Rig *rig, int n, const char *path, const char *text);
/* Undo the step and its parts, each as the engine does. The first that does not end well. */
Outcome *rig_reverse_all(Rig *rig, const Step *step);
