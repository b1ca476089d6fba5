/*
 * sim.h - a whole world in one process, driven by one seed.
 *
 * The engine's `decide` is pure: state, time and commands in, changes out. Here it gets invented
 * time, workers that are slow, die, come back and write late (workers.c), people who say all there is
 * to say at any moment (people.c), stores with fences (target.c), and a disk that survives crashes
 * (disk.c). Every commit is held against the rules (rules.c, moves_rules.c); sometimes the state is
 * read back from the disk and compared (restart.c), or a copy of the whole world is asked to go back
 * (way_back.c). In the end everybody behaves, and everything must end.
 *
 * A seed decides everything: the same seed is the same run.
 */
#pragma once

#include "chance.h"
#include "disk.h"
#include "target.h"

#include "engine/decide.h"
#include "model/lease.h"

#define SIM_WORKERS 4
#define SIM_STORES 2

typedef struct {
    uint64_t seed;
    uint64_t guards_off; /* see State */
    GString *trace;      /* what happened is told here; or NULL */
} SimOptions;

typedef struct Sim Sim;

/* Of the transition tables, a bit for each row that was taken. */
typedef struct {
    uint64_t plans, tasks[2], campaigns;
} Rows;

/* A command on its way, in command->user. */
typedef struct Asked Asked;
struct Asked {
    int worker; /* -1: a person */
    int64_t job;
    /* `command` NULL: the server died, nobody will ever answer. */
    void (*told)(Sim *sim, const Asked *asked, const Command *command);
    const char *expect; /* the rule that this must be refused by, or NULL */
};

typedef enum {
    WORKER_IDLE,
    WORKER_ASKING, /* a command is under way */
    WORKER_LOOKING,
    WORKER_DOING,
    WORKER_REPORTING,
} WorkerStage;

typedef struct {
    char id[32];
    int64_t
        job; /* grows with each lease and each death: what was asked before is not for this one */
    WorkerStage stage;
    int64_t next_ms, heartbeat_ms;
    Lease *lease;
    const ActionInfo *action;
    Outcome *outcome; /* to be reported */
    int writes_left, reports;
    bool has_intent; /* this attempt has said what it is about to do */
    bool must_stop, is_lost;
    bool labels[SIM_STORES];
} SimWorker;

struct Sim {
    SimOptions options;
    EngineOptions engine;
    Chance chance;
    int trouble; /* 0 to 100: how much goes wrong */
    int quorum;
    bool is_cursed; /* no way back succeeds before it is calm */
    bool is_calm;   /* everybody behaves */
    bool is_copy;
    int64_t now_ms, people_ms, crash_ms;
    Disk *disk;
    Target *target;
    State *state;
    Beat *beat;
    GPtrArray *inbox; /* Command *: for the next beat */
    SimWorker workers[SIM_WORKERS];
    GHashTable *documents; /* digest -> json_t * */
    GPtrArray *new_yeses;  /* Yes *: of this beat */
    GPtrArray *by_hand;    /* char *: tasks that a person says are done, in this beat */
    GHashTable *settled;   /* and all before */
    GHashTable *memories;  /* task -> what is known outside of its checkpoints and signals */
    char *going_back;      /* plan that nothing but a way back is asked for, or NULL */
    const Sim *original;   /* of a copy that nobody says anything to, or NULL */
    bool has_campaigns;    /* in this seed */
    int plans_left, beats, crashes;
    Rows rows;        /* taken so far, over all crashes */
    const char *rule; /* the first that was broken, or NULL */
    char *violation;
};

Sim *sim_new(const SimOptions *options);
void sim_free(Sim *sim);
/* A copy of the world as it is on disk, with workers that begin anew and behave. */
Sim *sim_copy(const Sim *sim);
/* All of it: trouble first, then calm. True when no rule was broken. */
bool sim_run(Sim *sim);
/* Until everything has ended, or `beats_max`. */
void sim_calm_down(Sim *sim, int beats_max, bool (*is_over)(Sim *sim));
/* Those of the memory that goes on, and of all before it. */
void rows_add(Rows *to, const Sim *sim);
/* The engine's memory is lost. */
void sim_crash(Sim *sim);
void sim_trace(Sim *sim, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The first violation counts. Always false. */
bool sim_broken(Sim *sim, const char *rule, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* For the next beat; `told` hears the answer. */
Command *sim_ask(Sim *sim, CommandKind kind, const char *actor, Asked asked);
World sim_world(Sim *sim);
/* Different people whose yes to this digest counts, this beat's included. */
int sim_yeses(const Sim *sim, const char *plan, const char *digest, const char *but);

/* documents.c: a plan for a worker to have made; its digest, in canonical form. */
char *document_make(Sim *sim, const char *plan);

/* workers.c */
void workers_init(Sim *sim);
void workers_clear(Sim *sim);
void workers_act(Sim *sim);
int64_t workers_next_ms(const Sim *sim);
/* A person has seen to it that nobody is still at this task. */
void workers_leave(Sim *sim, const char *task);

/* people.c */
void people_act(Sim *sim);
/* What somebody says is done they have done. */
void people_do_by_hand(Sim *sim, const char *task);

/* words.c: checkpoints and signals, as far as anybody outside knows of them. */
GHashTable *words_new(void);
json_t *words_checkpoint(const Lease *lease);
int64_t words_take_notice(Sim *sim, const Lease *lease);
void words_said(Sim *sim, const char *task, int64_t n);
void words_reported(Sim *sim, const Lease *lease, const Outcome *outcome, bool is_heard);
void words_check_lease(Sim *sim, const Lease *lease);

/* campaigns.c */
void campaigns_act(Sim *sim);
/* Its campaign starts it when there is a place; in calm nobody else does. */
bool campaign_starts_it(const OpenPlan *plan);
void campaigns_look_at_yes(Sim *sim, Command *command);
void campaigns_accept_yes(Sim *sim, const Command *command);
void campaigns_may_start(Beat *beat, const OpenPlan *plan, StartWord *ret);
void rules_check_campaigns(Sim *sim);
void rules_check_campaigns_end(Sim *sim);

/* rules.c, moves_rules.c: before the commit, so that the disk shows what was. */
void rules_check(Sim *sim);
void rules_check_moves(Sim *sim);
/* A rollout that has begun and not ended: what it started is there. */
bool rules_is_half_way(const TaskRow *row);
void rules_check_write(Sim *sim, const Hand *hand);
void rules_check_undo(Sim *sim, const Hand *hand);
void rules_check_lease(Sim *sim, const SimWorker *worker);
void rules_check_stop(Sim *sim, const Lease *lease);
void rules_check_report(Sim *sim, const SimWorker *worker, const char *status);
void rules_check_end(Sim *sim);
/* restart.c: what is read from the disk is what there is in memory. */
void restart_check(Sim *sim);
/* way_back.c: from here a rollback ends. */
void way_back_check(Sim *sim);
void say_way_back(Sim *sim, const OpenPlan *plan);
/* watch.c: what stands half-way while its plan stands still is looked at again, soon. */
void watch_check(Sim *sim);
/* allowed_check.c: what people are told that they may do is true. */
void allowed_check(Sim *sim);
