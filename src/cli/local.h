/*
 * local.h - a plan done in this process: the same actions that workers do for a server, one after the other.
 *
 * There is no journal and no second try: whoever is interrupted or fails takes back what was done (local_back), so that
 * the target is as before. What an earlier process that was killed has left is found by the names, which depend on
 * the target alone, and taken back first. A process that goes on while another one begins anew is fenced off by its
 * older token, as a lost worker is.
 */
#pragma once

#include "action/action.h"
#include "cli/view.h"

typedef struct Local Local;

/* `id` stands for the plan in the target's bookkeeping. `config` is borrowed. */
Local *local_new(const Config *config, View *view, const char *title, const char *id);
/* What writers of the source hear while it is frozen. */
void local_say_to_writers(Local *local, const char *words);
void local_free(Local *local);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Local, local_free)

/* From now on Ctrl-C and SIGTERM only ask to stop; a second one ends the process. */
void local_catch_signals(void);
/* As long as nothing is written, there is nothing to wait for: the first one ends the process, with this line, in whatever call to
 * a server that hangs. */
void local_end_at_once(const View *view, const char *line);
void local_end_slowly(void); /* from here on it only asks again */
bool local_is_interrupted(void);

/* Make the plan of a request (action.h). INVALID with all findings when it cannot be made. `*ret_findings` are the others:
 * [{level, file, line, column, message}]; caller owns. */
CHECKED bool local_plan(Local *local, const json_t *request, json_t **ret_findings, GError **error);
const Plan *local_the_plan(const Local *local);
const json_t *local_observations(const Local *local); /* of that plan; borrowed */
/* May a step with this action have had an effect? Each notes what it is about to do before it does. */
bool local_has_begun(const Local *local, ActionId action);
int64_t local_token(const Local *local);
/* All steps of the plan, in order. */
CHECKED bool local_forward(Local *local, GError **error);
/* Take back all that has an effect, also what an earlier process did; cannot be interrupted. */
CHECKED bool local_back(Local *local, GError **error);
/* The same for one action. */
CHECKED bool local_undo(Local *local, ActionId action, GError **error);
/* What the step with this action reported; NULL when it did not. Borrowed. */
const json_t *local_evidence(const Local *local, ActionId action);
