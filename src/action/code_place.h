/*
 * code_place.h - one repository of a plan: what is changed there, on which branch, standing on what, and whether that is
 * what was approved.
 */
#pragma once

#include "action/code.h"

typedef struct {
    const StepCall *call;
    StepEnv *env;
    const json_t *change; /* of the plan */
    Repository *repository;
    ChangeRules *rules;
    char *branch;
    ChangeName name;
    char *
        upon; /* the service whose running code the change stands on; NULL: none, or nobody has looked yet */
} CodePlace;

/* The repository, or the part of its change, that the lease's key names. */
CHECKED bool code_place_open(const StepCall *call, StepEnv *env, CodePlace *ret, GError **error);
void code_place_clear(CodePlace *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CodePlace, code_place_clear)

/* LookTick, of a CodePlace. */
bool code_place_goes_on(void *place);
/* By the server's word. */
ChangeGuard code_place_guard(StepEnv *env);
/* Where our branch stands, else where it would; what the plan withholds stays as it is. MISMATCH when it would stand on
 * running code that the plan does not name. */
CHECKED bool code_place_look(CodePlace *place, const BranchState *state, Look **ret,
                             GError **error);
/* Files as the plan saw them, or at least nothing beyond what it says: else MISMATCH. */
CHECKED bool code_place_approved(const CodePlace *place, const Look *look, bool *ret_is_replanned,
                                 GError **error);
/* What it stands on is what others see on the default branch, or what the plan says that a service runs. */
CHECKED bool code_place_stands(const CodePlace *place, const Look *look, GError **error);
/* Old and new queries once more, over the rows of now. `*ret` NULL: none can be run. Caller owns. */
CHECKED bool code_place_prove(CodePlace *place, const Look *look, json_t **ret, GError **error);
/* Caller owns. */
json_t *code_place_evidence(const CodePlace *place, const Look *look, const char *commit);
