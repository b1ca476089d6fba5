/*
 * fleet.h - where services run, and what can be done to them there.
 *
 * A revision is what a service runs: {"code": commit | null, "datasets": {variable: "STORE:OBJECT"}}, named by the first
 * 12 hex digits of the SHA-256 of its canonical JSON. A template is what a later start of the service takes:
 * {"revision": {…}, "name", "instances"}.
 *
 * A target either has hands, which obey orders one by one while this program decides, or it decides by itself and is
 * followed; see the table at the end.
 */
#pragma once

#include "model/config.h"
#include "rollout/rollout.h"

typedef struct FleetTarget FleetTarget;

/* Writes the files of a commit of the service's repository into an empty folder. */
typedef bool LayOutFn(const char *repository, const char *commit, const char *folder, void *data,
                      GError **error);

typedef struct {
    const Config *config;
    const ServiceConfig *service;
    const FleetTargetConfig *where;
    const FleetTarget *target;
    LayOutFn *lay_out;
    void *lay_out_data;
} Fleet;

/* The service by its name in honk.yaml; NOT_FOUND names those that there are. */
CHECKED bool fleet_open(const Config *config, const char *service, Fleet *ret, GError **error);

/* ---- revisions ---- */

CHECKED bool revision_name(const json_t *revision, char **ret, GError **error);
/* {"revision", "name", "instances"}. Caller owns. */
CHECKED bool template_make(const json_t *revision, int instances, json_t **ret, GError **error);
/* What the service runs before any migration: no code yet, the datasets of honk.yaml at these addresses. */
json_t *revision_of(const char *code, const json_t *datasets);

/* ---- looking ---- */

/* {"template": {…} | null, "claim": {"rollout", "token"} | null, "instances": [{"id", "revision", "port", "pid",
 * "state": "running" | "draining" | "dead", "in_traffic", "started_ms"}]}. Read only; asks no instance. Caller owns. */
CHECKED bool fleet_describe(const Fleet *fleet, json_t **ret, GError **error);

/* ---- acting ---- */

/* Who acts: the rollout, and the token of its lease. An older token is refused. */
typedef struct {
    const char *rollout;
    int64_t token;
    bool (*confirm)(void *data,
                    GError **error); /* is the lease still ours? NULL: nobody else could have it */
    void *data;
    bool has_saved; /* a rollout that was over goes back: `saved` is what there was before it */
    const json_t *saved;
} FleetClaim;

/* One look and what follows from it: nobody else acts on the service meanwhile. */
typedef struct FleetHold FleetHold;

/* What was seen, for rollout_decide(). */
typedef struct {
    Scene scene;
    GPtrArray *ids; /* owns the texts */
    SceneInstance *instances;
} FleetScene;
void fleet_scene_clear(FleetScene *scene);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FleetScene, fleet_scene_clear)

/* LIMIT when somebody else acts on it for longer than a person would wait; FENCED when the claim is old. Goes on with
 * what was ordered before: drained instances are ended. */
CHECKED bool fleet_hold(const Fleet *fleet, const FleetClaim *claim, FleetHold **ret,
                        GError **error);
void fleet_hold_free(FleetHold *hold);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FleetHold, fleet_hold_free)
/* `to`: the wanted template. Every instance is asked. */
CHECKED bool fleet_scene(FleetHold *hold, const json_t *to, FleetScene *ret, GError **error);
/* Everything may be ordered twice. */
CHECKED bool fleet_obey(FleetHold *hold, const json_t *to, const Order *order, GError **error);
/* Whether another rollout may take the service from this one; told before anything is ordered. */
CHECKED bool fleet_yield(FleetHold *hold, bool may_be_taken, GError **error);
/* The rollout is over: the service is anybody's again, and what nobody needs is cleared away. */
CHECKED bool fleet_leave(FleetHold *hold, GError **error);
/* The template that this claim found when it took the service: what a way back restores; NULL: none. Borrowed. */
const json_t *fleet_saved(const FleetHold *hold, bool *ret_is_saved);

/* ---- following ---- */

/* What is wanted of a target that decides by itself. */
typedef struct {
    const char *task; /* names the errand: what is asked for twice under one name is done once */
    const json_t *to, *from;            /* revisions; `from` NULL: unknown */
    const json_t *spec;                 /* how, as the plan says it (rollout/spec.h) */
    bool is_back;                       /* the way back */
    bool is_held;                       /* its plan stands still: nothing goes forward */
    const json_t *checkpoint, *signals; /* of the lease; either may be NULL */
    int64_t now_ms;
} FleetErrand;

/* How far it is. */
typedef struct {
    bool is_over;
    json_t *
        checkpoint; /* {"state", "since_ms", "why", …}: what people are shown, and all memory there is */
    int64_t look_ms; /* when to look again */
    int64_t signals_seen;
} FleetNews;
void fleet_news_clear(FleetNews *news);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FleetNews, fleet_news_clear)

/* Ask, or look; returns at once. Who does not answer is no error: there is a later. Errors are for people. */
CHECKED bool fleet_follow(const Fleet *fleet, const FleetErrand *errand, FleetNews *ret,
                          GError **error);

/* ---- the table ---- */

struct FleetTarget {
    const char *name; /* "processes" */
    const char *summary;
    bool (*check)(const FleetTargetConfig *where, GError **error); /* its settings */
    bool (*describe)(const Fleet *fleet, json_t **ret, GError **error);
    /* Hands: */
    bool (*hold)(const Fleet *fleet, const FleetClaim *claim, FleetHold **ret, GError **error);
    void (*let_go)(FleetHold *hold);
    bool (*scene)(FleetHold *hold, const json_t *to, FleetScene *ret, GError **error);
    bool (*obey)(FleetHold *hold, const json_t *to, const Order *order, GError **error);
    bool (*yield)(FleetHold *hold, bool may_be_taken, GError **error);
    bool (*leave)(FleetHold *hold, GError **error);
    const json_t *(*saved)(const FleetHold *hold, bool *ret_is_saved);
    /* Or none of them, but: */
    bool (*follow)(const Fleet *fleet, const FleetErrand *errand, FleetNews *ret, GError **error);
};
const FleetTarget *fleet_target_by_name(const char *name);

/* Begins every kind of hold. */
struct FleetHold {
    const Fleet *fleet;
};
