/*
 * code_rows.h - what was found in one repository, as rows of "changes" (planner/changes.h): one, or one for each part of its change.
 *
 * A place is a row before anybody has looked, with what only this room needs beside: "sharers", all consumers whose code is in the
 * repository, each with the folder of it that is its own; "by_owner", that its change goes out in parts.
 */
#pragma once

#include "change/base.h"
#include "change/look.h"

/* Of one repository; all borrowed. */
typedef struct {
    const Config *config;
    const ChangeRules *rules;
    const json_t *coding; /* who is let at what rules refuse; or NULL */
    const json_t *
        planned; /* the changes of the plan whose drift is looked for; NULL: a plan is being made */
    const Repository *repository;
    Look *look;
    const ChangeBase *base;
    const json_t *called; /* whom CODEOWNERS may name: server/called.h; or NULL */
    const json_t *proofs; /* of queries_prove(); NULL: none were run */
    LookTick *goes_on;    /* false: stop soon */
    void *goes_on_data;
    bool is_planning; /* diffs are kept, and the way back is tried */
} CodeFound;

/* A consumer (of a slice) whose code is there, too. */
void code_place_share(json_t *place, const json_t *consumer, const char *found_by);
/* Where the change will be proposed, which is part of the plan. */
CHECKED bool code_place_put_host(const Config *config, json_t *place, GError **error);

/* Puts rows, and as many diffs ("" or NULL: there is none). */
CHECKED bool code_rows_put(const CodeFound *found, const json_t *place, json_t *rows,
                           GPtrArray *diffs, GError **error);
/* The rows of a repository that nobody could look through: each as it was `planned`, one where it was not. */
void code_rows_put_problem(const json_t *place, const json_t *planned, const char *problem,
                           bool is_blocked, json_t *rows);
