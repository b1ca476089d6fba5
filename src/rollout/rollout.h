/*
 * rollout.h - decides how a service moves to a new revision, bit by bit. Pure: what is seen goes in,
 * orders come out; who sees and acts is the room `fleet`.
 *
 *   observe ─► rollout_decide(spec, rollout, scene, signals, now) ─► orders, when to look again, why
 *                              ^            │
 *                              └─ checkpoint┘   all memory there is
 *
 * Orders may be lost, done twice, or done by somebody who died before telling: the next decision
 * looks at what is there, never at what was ordered.
 */
#pragma once

#include "rollout/spec.h"
#include "rollout/states.h"

/* ---- what is seen ---- */

/* From good to bad. */
typedef enum {
    VERDICT_PASS,
    VERDICT_NO_DATA,      /* alive, but nothing to judge it by */
    VERDICT_INCONCLUSIVE, /* alive, and says itself that it cannot tell */
    VERDICT_ERROR,        /* we could not ask */
    VERDICT_FAIL,
    VERDICT_COUNT
} Verdict;
const char *verdict_name(Verdict verdict); /* "no_data" */

typedef struct {
    const char *id, *revision;
    bool is_alive, is_draining, in_traffic;
    Verdict health; /* of a check made just now; dead ones fail */
    int answer_ms;  /* how long its answer took; 0: it was not asked */
    int64_t started_ms;
} SceneInstance;

typedef struct {
    const SceneInstance *instances;
    size_t count;
    const char *template; /* name of the revision that the service's template says; NULL: none */
    int template_count;   /* … and how many instances */
    bool is_prepared;     /* the code of the wanted revision is laid out */
    bool is_free;         /* nobody else has the service */
    bool is_taken;        /* somebody newer took it from us */
    bool window_open;     /* a healthy rollout may still go back */
    bool is_held;         /* its plan stands still: nothing goes forward */
    const char *problem;  /* why the new revision can never be started; NULL */
    const char *occupant; /* for people: who has the service while it is not free */
} Scene;

/* ---- what is remembered ---- */

#define ROLLOUT_HISTORY_MAX 40 /* moves that a checkpoint keeps: steps, pauses and a way back */
#define ROLLOUT_CHECKS_MAX 60  /* checks that it keeps: enough for a line, 6 KiB at most */

typedef struct {
    RolloutState state, left; /* `left`: where a pause goes back to */
    int step;
    int wanted;      /* instances of the new revision at the end */
    char *to;        /* name of the new revision */
    char *from;      /* name of the old one; NULL: there was none */
    int old_count;   /* instances before */
    int old_ready;   /* … of which so many answered */
    json_t *old_ids; /* [id]: what is not among them was started by this rollout */
    bool is_saved;   /* the above was written down */
    int64_t began_ms, since_ms, ended_ms;
    int64_t deadline_ms;   /* of progress, or of the way back */
    int64_t bake_until_ms; /* of a bake or a soak */
    int64_t answer_by_ms;  /* of a pause of its own: then it goes back; 0: waits for ever */
    int64_t next_check_ms;
    int64_t failed_ms;    /* first failed check of the failure that sent it back */
    int64_t safe_ms;      /* only old instances have traffic again, and enough of them */
    int best;             /* furthest progress in this state */
    int fails, unclear;   /* checks of this step that did not pass */
    Verdict verdict;      /* of the last check */
    Verdict unclear_kind; /* of the last unclear one */
    bool at_gate;
    int restarts;        /* instances of the old revision that this state started */
    int tries;           /* of a degraded way back */
    json_t *ready_since; /* {id: ms}: since when it answers without a break */
    json_t *proven;      /* {id: true}: has answered for long enough, once */
    char *code, *why;    /* why it is where it is: for programs, for people */
    char *completion;    /* promoted, fast_promoted, aborted, superseded, skipped */
    json_t *history;     /* [{"at_ms", "event", "from", "to", "why", "actor"}] */
    json_t *checks;      /* [{"at_ms", "verdict", "asked", "passed", "slowest_ms"}] */
} Rollout;

Rollout *rollout_new(const char *to, int wanted, int64_t now_ms);
void rollout_free(Rollout *rollout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rollout, rollout_free)
/* The checkpoint, and with it what people are shown: docs/formats/rollout.md. Caller owns. */
json_t *rollout_to_json(const Rollout *rollout);
CHECKED bool rollout_from_json(const json_t *json, Rollout **ret, GError **error);

/* ---- what is to be done ---- */

typedef enum {
    ORDER_PREPARE,   /* lay out the code of the new revision */
    ORDER_START_NEW, /* `count` instances */
    ORDER_START_OLD,
    ORDER_TRAFFIC,      /* exactly `ids` get traffic, from one moment on */
    ORDER_STOP,         /* `ids`: let them finish, then end them; none has traffic */
    ORDER_FORGET,       /* `ids`: dead ones */
    ORDER_TEMPLATE_NEW, /* what a later start of the service takes */
    ORDER_TEMPLATE_OLD,
    ORDER_KIND_COUNT
} OrderKind;

typedef struct {
    OrderKind kind;
    int count;
    GPtrArray *ids; /* const char *, of the scene; or NULL */
} Order;

typedef struct {
    GPtrArray *orders; /* Order *, in this order */
    int64_t look_ms;   /* when to look again; `now` means: at once, after the orders */
    bool must_keep;    /* the checkpoint must be on disk before anybody looks again */
    bool is_over;
} Decision;
void decision_clear(Decision *decision);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Decision, decision_clear)

/* `signals`: [{"n", "signal": "rollback" | "retry" | "supersede" | "pause" | "resume" | "promote" |
 * "promote_full", "actor", "reason"}], may be NULL. One decision makes at most one move by itself. */
void rollout_decide(const RolloutSpec *spec, Rollout *rollout, const Scene *scene,
                    const json_t *signals, int64_t now_ms, Decision *ret);
/* Its last move was made, and whoever made it died before telling. */
void rollout_found_healthy(Rollout *rollout, int64_t now_ms);
/* It stands still, or fails to go back: a newer one may take the service from it. */
bool rollout_yields(const Rollout *rollout);
/* Signals that would do something now: ["pause", …]. Caller owns. */
json_t *rollout_allowed(const Rollout *rollout);

/* ---- who goes when ---- */

/* `waves` of a group, each a portion of all services: the wave (from 0) of the service at `index`. */
int rollout_wave_of(const Portion *waves, size_t wave_count, int index, int services);
int rollout_wave_end(const Portion *waves, size_t wave_count, size_t wave, int services);
