/*
 * state.h - the whole open state in memory, and what a beat changes in it.
 *
 * Everything that is not finished is here: plans with their steps and tasks, limits with their
 * slots, workers, and leases that wait for work. The tables on disk are the image of this, written
 * with every beat (save.c) and read once at start (load.c). Nothing here does input or output: time
 * comes with the beat, chance from a seed, and plans through `World`, so that a simulator can drive
 * it.
 *
 *   decide.h  what commands and timers do          moves.h  the one way to change a state
 *   queues.h  ready tasks, by what they need       slots.h  limits
 */
#pragma once

#include "base/json.h"
#include "engine/engine.h"
#include "engine/rows.h"

typedef struct State State;
typedef struct Beat Beat;
typedef struct OpenPlan OpenPlan;
typedef struct OpenStep OpenStep;
typedef struct Task Task;
typedef struct Resource Resource;
typedef struct Slot Slot;
typedef struct Queue Queue;
typedef struct Class Class;
typedef struct WorkerSeen WorkerSeen;
typedef struct Campaign Campaign;
typedef struct Member Member;

/* ---- words: sets of labels or limits, each kept once, so that equal sets are equal pointers ---- */

typedef struct {
    char *text;       /* "a\nb" */
    GPtrArray *items; /* char *, sorted */
} Words;

/* ---- a heap that knows where its members are: timers, and queues by age ---- */

typedef struct {
    int64_t at;
    size_t place; /* from 1; 0: not in the heap */
} HeapNode;
typedef struct {
    GPtrArray *nodes;
} Heap;
void heap_init(Heap *heap);
void heap_clear(Heap *heap);
void heap_set(Heap *heap, HeapNode *node, int64_t at); /* adds or moves */
void heap_remove(Heap *heap, HeapNode *node);
HeapNode *heap_first(const Heap *heap); /* NULL when empty */

/* ---- timers ---- */

typedef enum { TIMER_PLAN, TIMER_TASK, TIMER_PARKED, TIMER_WORKER, TIMER_CAMPAIGN } TimerKind;
typedef struct {
    HeapNode node; /* first */
    TimerKind kind;
    void *owner;
} Timer;

/* ---- plans, steps, tasks ---- */

struct OpenPlan {
    PlanRow row;
    bool is_dirty, is_new, has_new_steps;
    GPtrArray *steps;                    /* OpenStep *, in the plan's order */
    GHashTable *step_by_name;            /* borrowed names -> OpenStep * */
    GPtrArray *tasks;                    /* Task *, by birth */
    GHashTable *queues;                  /* Class * -> Queue *: its tasks that are ready */
    Task *planning, *preflight, *verify; /* the newest of each, or NULL */
    int steps_open;                      /* steps that a run must still finish */
    int retire_open;                     /* steps that wait for a person's yes to the end */
    int tasks_active;         /* forward tasks of steps that may still move by themselves */
    int tasks_failed;         /* that wait for a person, in either phase */
    int spares_failed;        /* parts that it may go on without (pace.c) */
    int64_t failures_allowed; /* of those, each of whom they are a part counted once */
    int steps_unsettled;      /* of a rollback: not back yet */
    GQueue agenda;            /* OpenStep *: whose tasks a rollback must look at */
    Timer timer;
    Member *member; /* of the campaign that it belongs to, or NULL */
};

struct OpenStep {
    OpenPlan *plan;
    StepRow row;
    const ActionInfo *action;
    GPtrArray *after, *dependents; /* OpenStep * */
    Words *needs, *uses;
    GPtrArray *tasks; /* Task *, the root first; empty before the start */
    Task *root;
    int tasks_unsettled;
    bool in_scope;  /* rolled back apart from the rest */
    bool is_listed; /* on the agenda */
    guint cursor;   /* of the agenda: tasks not looked at yet */
};

struct Task {
    TaskRow row;
    OpenPlan *plan;
    OpenStep *step; /* NULL: a task of the plan itself */
    Task *parent;
    GPtrArray *children; /* Task *, or NULL */
    const ActionInfo *action;
    Words *needs, *uses;
    int child_count[2][TASK_STATUS_COUNT]; /* by phase and status */
    Queue *queue;
    Task *queue_next, *queue_prev;
    int64_t ready_seq; /* order of becoming ready */
    GPtrArray *slots;  /* Slot * held, or NULL */
    Timer timer;
    int64_t lease_saved_ms; /* its end as it is on disk */
    int64_t progress_told_ms;
    char *progress_new;  /* not told yet */
    bool progress_waits; /* there is such a one, and a timer for it */
    bool is_dirty, is_new;
    bool is_swept;  /* a running rollback has looked at it */
    bool is_called; /* while somebody looked, the world said that there is more to see */
    bool is_parked; /* unknown, and tried too often: waits for a person */
};

/* ---- limits ---- */

struct Slot {
    Resource *resource;
    int64_t n; /* -1: kept for the reverse phase */
    Task *holder;
};
struct Resource {
    char *name;
    int64_t count; /* -1: no limit any more; slots drain */
    bool is_own; /* the limit was set for it; else it is that of all of its kind, if there is one */
    bool is_counted;   /* some task brings a number for it */
    GPtrArray *slots;  /* Slot *: the reserved one, then those that are held, by number */
    int active;        /* held by tasks that a worker works on, or may still work on */
    int reverse_waits; /* queues of the reverse phase that want one */
    int64_t turn_ms;   /* of the last write that was given its turn; 0: none (turns.c) */
    int plans;         /* of campaigns, that have a place here: campaign.h */
};

/* ---- ready tasks ---- */

/* Tasks of one plan that are alike in all that decides who may have them. */
struct Queue {
    HeapNode node; /* first; by the age of its head */
    Class *class;
    OpenPlan *plan;
    Task *head, *tail;
    bool is_offered; /* in the class's heap: the plan admits it */
};
typedef struct {
    const Words *needs, *uses;
    unsigned kind; /* phase, probe, and so on: bits */
} ClassKey;
struct Class {
    ClassKey key;
    TaskPhase phase;
    bool is_probe, holds_slots;
    Words *needs, *uses;
    Heap queues;
};

/* ---- workers ---- */

struct WorkerSeen {
    char *id;
    GHashTable *labels; /* char * -> itself */
    char *labels_text;
    int64_t first_seen_ms, last_seen_ms, saved_ms, local, pid;
    bool is_new, is_dirty;
    int parked;
    Timer timer;
};

/* A lease command that waits for something to do. */
typedef struct {
    Command *command;
    WorkerSeen *worker;
    Timer timer;
    GList *link;
} Parked;

/* ---- what a beat did ---- */

typedef struct {
    int64_t at_ms;
    const char *type;
    const OpenPlan *plan;
    const Task *task;
    const Campaign *campaign; /* instead of a plan */
    const char *from, *to;
    char *actor, *reason, *data;
    bool is_quiet; /* nobody is told: a look that has learned nothing so far */
} EventRecord;

typedef struct {
    char *resource;
    int64_t n;
    const Task *holder;
    bool is_gone;
} SlotRecord;

struct Beat {
    State *state;
    int64_t now_ms;
    GPtrArray *plans, *tasks;       /* changed: OpenPlan *, Task * */
    GArray *events;                 /* EventRecord */
    GArray *slots;                  /* SlotRecord */
    GPtrArray *limits;              /* Resource * whose count changed */
    GPtrArray *workers;             /* WorkerSeen * */
    GPtrArray *answered;            /* Command *, to be told after the commit */
    GPtrArray *ended;               /* OpenPlan * that leave memory after the commit */
    GPtrArray *silent;              /* char *: local workers to be ended after the commit */
    GPtrArray *campaigns, *members; /* changed: Campaign *, Member * */
    /* Other rooms: look at what a command depends on before it is decided, and write what belongs to
     * it once it is accepted. Refusing fails the command. May be NULL. */
    bool (*look)(Beat *beat, Command *command);
    bool (*accept)(Beat *beat, Command *command);
    /* What other rooms know about a plan that a campaign is about to start. May be NULL: nothing. */
    void (*may_start)(Beat *beat, const OpenPlan *plan, StartWord *ret);
    void *accept_data;
};

/* Where the state asks for what it does not hold. */
typedef struct {
    CHECKED bool (*plan_get)(void *data, const char *digest, Plan **ret, GError **error);
    void *data;
} World;

/* A later plan than that has had effects on one of our objects must be rolled back first. */
typedef struct {
    char *plan;
    int64_t effects_ms;
} Touch;

struct State {
    EngineOptions options;
    World world;
    uint64_t random;
    int64_t next_plan_n, next_task_n, next_ready_seq;
    int64_t last_effects_ms; /* plans have their first effect one after another */
    GHashTable *plans;       /* id -> OpenPlan * */
    GHashTable *tasks;       /* id -> Task * */
    GHashTable *resources;   /* name -> Resource * */
    GHashTable *workers;     /* id -> WorkerSeen * */
    GHashTable *words;       /* text -> Words * */
    GHashTable *touches;     /* object -> GPtrArray of Touch */
    GHashTable *classes;     /* ClassKey, of the class -> Class * */
    Heap timers;
    GQueue parked;         /* Parked * */
    GQueue sweeping;       /* OpenPlan * with an agenda */
    GHashTable *campaigns; /* id -> Campaign * */
    GHashTable *members;   /* migration -> Member *, of the newest open campaign */
    GQueue touched;        /* Campaign * that must look */
    int64_t next_campaign_n, next_member_n;
    bool offers_changed; /* parked leases should look again */
    bool is_first_beat;  /* leases of the time before get another term */
    int open_task_count;
    uint64_t guards_off; /* guards that hold whatever is so: for the simulator only */
    uint64_t plan_rows_taken, task_rows_taken[2],
        campaign_rows_taken; /* which rows were taken: for tests */
};

State *state_new(const EngineOptions *options, const World *world);
void state_free(State *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(State, state_free)
uint64_t state_random(State *state);
char *state_id(State *state, const char *prefix, int64_t now_ms); /* caller frees */
Words *state_words(State *state, const json_t *list);             /* NULL: empty; borrowed */
Words *state_words_from(State *state, const GPtrArray *list);
/* From the JSON text of a row; NULL and what is no list give no words. */
Words *state_words_of_text(State *state, const char *text);
GHashTable *words_table_new(void); /* of State.words */

OpenPlan *state_plan(State *state, const char *id); /* NULL when not open */
Task *state_task(State *state, const char *id);
/* Rows come in (from disk, or new) and are owned from then on. Steps first, then tasks by birth. */
OpenPlan *state_add_plan(State *state, PlanRow *take_row);
CHECKED bool state_add_step(State *state, OpenPlan *plan, StepRow *take_row, GError **error);
CHECKED bool state_add_task(State *state, TaskRow *take_row, Task **ret, GError **error);
/* After the last of them was loaded: counts, queues, timers. */
void state_plan_loaded(State *state, OpenPlan *plan);
void state_plan_drop_steps(OpenPlan *plan);
void state_remove_plan(State *state, OpenPlan *plan);
void state_touch(State *state, const char *plan, const char *source, const char *target,
                 int64_t effects_ms);
void state_untouch(State *state, const char *plan);
GHashTable *touches_table_new(void); /* of State.touches */

#define PLAN_KIND_MIGRATION "migration"
#define PLAN_KIND_ROLLOUT "rollout" /* of one service: who may ask for it may also approve it */
bool plan_is_rollout(const OpenPlan *plan);
/* Does the plan leave memory? */
bool plan_window_is_over(const OpenPlan *plan);
/* The step that ends the way back, or NULL: there is none, or it went back with others. */
OpenStep *plan_settle_step(const OpenPlan *plan);
bool task_is_internal(const Task *task);
/* Of a step: gone back, or never there. */
bool task_is_settled(const Task *task);
/* The task that stands for its step. */
bool task_is_root(const Task *task);
/* It failed, and its plan may go on without it (pace.c). */
bool task_is_left(const Task *task);
/* Its row's pace was set or read. */
void plan_heed_pace(OpenPlan *plan);
/* Of whom something failed, each once: names borrowed. Caller unrefs. */
GPtrArray *plan_left(const OpenPlan *plan);
/* Their names in a sentence. Caller frees. */
char *plan_left_names(const OpenPlan *plan);
/* No more of them than may be. */
bool plan_bears_left(const OpenPlan *plan);

void plan_timer_set(State *state, OpenPlan *plan);
void task_timer_set(State *state, Task *task);
