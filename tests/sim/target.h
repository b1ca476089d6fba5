/*
 * target.h - the stores outside: effects of tasks, with the fences that real drivers keep in them.
 *
 *   plan's fence   a row that `stage` makes; a rollback raises it. Without it only what needs no
 *                  staging table may write
 *   task's fence   a row that the probe of a task makes or raises
 *
 * Whoever writes with a token below one of them is refused. Some effects are there before anybody
 * moves anything (a source that was frozen already): those must outlive every rollback.
 */
#pragma once

#include "model/action_info.h"

#include <glib.h>

typedef enum { EFFECT_NONE, EFFECT_PARTLY, EFFECT_FULL } Effect;
typedef enum { WRITE_TAKEN, WRITE_FENCED, WRITE_REFUSED } Written;

/* Who writes, and for what. */
typedef struct {
    const char *plan, *task, *step, *key;
    const ActionInfo *action;
    int64_t token;
} Hand;

typedef struct Target Target;
Target *target_new(void);
void target_free(Target *target);
Target *target_copy(const Target *target);

/* What a step will find there already. */
void target_put_foreign(Target *target, const char *plan, const char *step);
bool target_is_foreign(const Target *target, const char *plan, const char *step);
Effect target_look(const Target *target, const char *plan, const char *step, const char *key);
/* How many effects of the plan there are, of any step. */
int target_count(const Target *target, const char *plan);
int target_count_step(const Target *target, const char *plan, const char *step);
/* Is anything missing that was there before the plan? */
bool target_is_damaged(const Target *target, const char *plan);

Written target_write(Target *target, const Hand *hand, Effect effect);
/* Take back what the task did; the task of a step takes back all parts of it. `was_there`: the
 * intent says that it was so before. REFUSED: rows were written since, and nobody gave them up. */
Written target_undo(Target *target, const Hand *hand, bool was_there, bool give_up);
/* By a person, whom no fence stops. */
void target_write_by_hand(Target *target, const Hand *hand);
void target_undo_by_hand(Target *target, const Hand *hand);
void target_fence(Target *target, const Hand *hand);
/* Somebody uses what was swapped in. */
void target_use(Target *target, const char *plan);
/* The end was compared with the start. */
void target_compare(Target *target, const char *plan);
/* Nothing has changed since it was compared. */
bool target_is_compared(const Target *target, const char *plan);
/* Plans have their first effect one after another; 0 without one. */
int target_order(const Target *target, const char *plan);
