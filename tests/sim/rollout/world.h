/*
 * world.h - an invented fleet of one service: instances that start, answer, crash, flap, hang and
 * fail after some seconds of health; a worker that dies between an order and its report; people who
 * say anything at any moment.
 */
#pragma once

#include "../chance.h"
#include "rollout/rollout.h"

/* What a revision does once it runs. */
typedef enum {
    HABIT_GOOD,
    HABIT_CRASHES_AT_START,
    HABIT_NEVER_ANSWERS,
    HABIT_CRASHES_LATER,
    HABIT_FAILS_LATER,
    HABIT_FLAPS,
    HABIT_UNSURE,  /* answers that it cannot tell */
    HABIT_IDLE,    /* nothing to judge it by, for a while */
    HABIT_UNASKED, /* cannot be asked, now and then */
    HABIT_COUNT
} Habit;

typedef struct {
    char *id;
    bool is_new, is_alive, is_draining, in_traffic, is_ours;
    int64_t started_ms, answers_ms, turns_ms, gone_ms;
    /* as whoever looked could know it, and as it was when that was last on disk */
    int64_t seen_since_ms, kept_since_ms;
    bool is_proven, kept_proven;
} Instance;

typedef struct {
    uint64_t seed;
    Chance chance;
    RolloutSpec *spec;
    int wanted, old_wanted;
    Habit old_habit, new_habit;
    GPtrArray *instances; /* Instance * */
    int born;
    bool old_is_new; /* it had the wanted revision before */
    bool template_is_new, had_template, is_prepared, prepare_fails;
    bool is_taken, is_free;
    bool is_held;         /* its plan stands still */
    int64_t ill_since_ms; /* paused, with a failing instance; 0: it is not */
    int64_t now_ms, free_ms;
    Rollout *rollout;   /* as the worker has it */
    json_t *checkpoint; /* as the disk has it; NULL: none yet */
    json_t *signals;
    int64_t signal_last;
    bool calm; /* people and workers behave from now on */
    bool wants_back;
    char *broken;   /* the rule that was broken */
    GString *trace; /* or NULL */
    bool *rows;     /* of the transition table that were taken */
    int old_ready;  /* when the rollout began to act */
    int old_count;
} World;

World *world_new(uint64_t seed, GString *trace, bool *rows);
void world_free(World *world);
/* Until it is over, or a rule is broken. */
bool world_run(World *world);
void world_say(World *world, const char *format, ...) G_GNUC_PRINTF(2, 3);
void world_break(World *world, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* fleet.c */
Instance *fleet_start(World *world, bool is_new, bool is_ours);
void fleet_pass(World *world);
Verdict fleet_health(const World *world, const Instance *instance);
void fleet_obey(World *world, const Order *order);
/* rules.c */
void rules_before(World *world, const Decision *decision);
void rules_after(World *world);
void rules_of_move(World *world, size_t moves_before);
int serving_now(const World *world);
