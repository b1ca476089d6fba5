/*
 * code_look.h - one repository, looked through where its change would stand.
 *
 * `services` are rows of a slice or plan (planner/services.h): what each service runs decides what a change of its code
 * stands on.
 */
#pragma once

#include "action/action.h"
#include "change/base.h"
#include "change/change.h"

/* What a change of this repository stands on, with what `services` run of it. */
CHECKED bool code_base(const Repository *repository, const json_t *services, ChangeBase *ret,
                       GError **error);
/* Look through it there. Where there is no such base, the head of the default branch is looked at, as long as neither it
 * nor what runs needs a change; otherwise the error of code_base(). */
CHECKED bool code_look(const Repository *repository, const ChangeRules *rules,
                       const json_t *services, LookTick *tick, void *data, Look **ret,
                       ChangeBase *ret_base, GError **error);
/* What a look found, in the words of "changes": "blobs", "counts", "classes", "reasons". Puts them into `change`. */
void code_put_look(const Look *look, json_t *change);
/* The same of a repository that nobody could look through. */
void code_put_nothing(json_t *change);
