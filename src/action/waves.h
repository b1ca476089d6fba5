/*
 * waves.h - steps that hand out one task for each repository, wave by wave: the next ones when those before are done.
 */
#pragma once

#include "action/action.h"

typedef struct {
    const size_t *sizes; /* of the first waves; those that follow are as large as the last */
    size_t count;
    bool (*takes)(const json_t *change);   /* of the plan's changes: which have a task */
    json_t *(*uses)(const json_t *change); /* limits beside its step's (caller owns); or NULL */
    json_t *params; /* of each task, beside its consumer; or NULL. Borrowed */
} Waves;

/* Of the plan's changes that have a task, how many were handed out. */
size_t waves_done(const StepCall *call);
/* Where the last wave began, when so many were handed out. */
size_t waves_begin(const Waves *waves, size_t done);
/* Something of that consumer failed, and the plan went on. */
bool lease_is_left(const Lease *lease, const char *consumer);
/* … something of that change, or of that part of one. */
bool lease_is_left_change(const Lease *lease, const json_t *change);
/* MORE with the next wave, or DONE with the sums of all. */
void waves_next(const StepCall *call, const Waves *waves, Outcome *outcome);
