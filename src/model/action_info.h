/* action_info.h - actions.def as a table: what the engine, the planner and the command line know
 * about actions. */
#pragma once

#include "base/error.h"

typedef enum {
#define ACTION(id, name, effects, reverse, split, tries, watched, paced, text) ACTION_##id,
#include "model/actions.def"
#undef ACTION
    ACTION_COUNT
} ActionId;

typedef enum { REVERSE_NONE, REVERSE_TASK, REVERSE_STEP, REVERSE_IMPOSSIBLE } ReverseKind;

typedef struct {
    ActionId id;
    const char *name;
    bool has_effects;
    ReverseKind reverse;
    bool is_split;
    const char *unit; /* what the parts of a step count: "rows"; NULL when there are none */
    int tries_max;
    bool is_watched; /* a part that has begun is looked at also while its plan stands still */
    bool is_paced;   /* it moves rows: model/throttle.h */
    const char *text;
} ActionInfo;

const ActionInfo *action_info(ActionId id);
const ActionInfo *action_info_by_name(const char *name); /* NULL when unknown */
/* Of the part `key` of a step nothing is half done but what its repository's host shows to people: they may leave it there, and
 * a rollback looks for it and takes it back. */
bool action_is_on_host(const char *action, const char *key);
/* A part of such a step is told when people leave it out, and ends by itself: it says so where people look at it. */
#define SKIP_WORD "skip"
bool action_hears_skip(const char *action, const char *key);
