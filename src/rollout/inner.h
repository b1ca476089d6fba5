/* inner.h - what the files of this room share. */
#pragma once

#include "rollout/rollout.h"

/* One decision at work. */
typedef struct {
    const RolloutSpec *spec;
    Rollout *rollout;
    const Scene *scene;
    int64_t now_ms;
    Decision *decision;
    bool has_moved;
    const char *actor; /* whose word is looked at; NULL: by itself */
} Turn;

/* How many instances a state wants. */
typedef struct {
    int new_alive, new_traffic;
    int old_alive, old_traffic; /* -1: as many as there are */
    bool is_back;               /* on the way back: all that is not of the old revision goes */
} Goal;

/* The scene, counted. "New" is what goes on: on the way back, all that is not the old revision. */
typedef struct {
    int alive[2], ready[2], traffic[2], starting[2], draining[2], dead[2];
    int serving; /* ready and in the traffic, of both */
    int touched; /* being started or ended by this rollout */
} Census;
enum { OLD, NEW };

Goal turn_goal(const Turn *turn);
Census turn_census(const Turn *turn, const Goal *goal);
int side_of(const Rollout *rollout, const Goal *goal, const SceneInstance *instance);
bool is_ours(const Rollout *rollout, const SceneInstance *instance); /* started by this rollout */
bool is_ready(const Turn *turn, const SceneInstance *instance);
bool is_proven(const Rollout *rollout, const SceneInstance *instance);
bool is_going_back(const Rollout *rollout);
bool is_trying(RolloutState state); /* new instances may be there, and an end is still to come */
bool is_starting(const Turn *turn, const SceneInstance *instance); /* ours, never answered yet */
bool is_hung(const Turn *turn, const SceneInstance *instance);     /* should answer by now */
int serving_floor(const Turn *turn); /* instances that must go on serving */

/* orders.c: what brings the scene nearer to the goal, within the limits. */
void turn_order(Turn *turn);
/* check.c: note who answers since when; if a check is due, count its verdict. */
void turn_note_ready(Turn *turn);
Verdict turn_verdict(const Turn *turn);
bool turn_check(Turn *turn); /* a check was due */

/* New instances that died, or never answered, are failed checks. They are counted when they are ordered away, so that
 * each counts once. */
int turn_count_lost(Turn *turn);
bool turn_failed(Turn *turn, int fails, int lost); /* more than are allowed: it moved */

/* still.c: while it is paused, or its plan stands still. */
void turn_wait(Turn *turn);
void turn_stand_with_plan(Turn *turn);
bool turn_waits_for_a_word(const Turn *turn); /* which wakes it: nothing is to be looked at */

/* guards.c: the first row of the table whose guards hold, or NULL; without a scene, the first that may come to hold. */
OnUnclear turn_on_unclear(const Turn *turn); /* the policy for the last unclear verdict */
const Transition *turn_row(const Turn *turn, const char *event);
/* move.c: make that move; false when there is none. */
bool turn_move(Turn *turn, const char *event, const char *code, const char *why, ...)
    G_GNUC_PRINTF(4, 5);
void rollout_set_text(char **to, const char *text);
/* words.c: the way back is heard first, whatever was said before it. */
void turn_listen(Turn *turn, const json_t *signals);
