/*
 * changes.h - consumers' code in plans: what a worker saw in their repositories, what of it makes a plan stale, and how it
 * is told.
 *
 * The slice's "changes" are the plan's, each with "base" beside: {"branch", "commit"}, the head at which it was seen, and
 * "queries": {"same", "different", "not_run"}, those that were run before and after, and "back": {"files", "same", "other", "left",
 * "reasons": [{"path", "line", "text"}], "reverts", "why_not"?}, what the inverse of the mapping makes of the files as they will be, and
 * whether a commit that takes ours out gives the files of before. These are observations: a
 * repository that moves elsewhere makes no plan stale.
 */
#pragma once

#include "base/json.h"
#include "model/plan.h"
#include "planner/text_table.h"

/* As plans keep them; NULL when the slice says nothing of code. Caller owns. */
json_t *changes_planned(const json_t *slice);
/* {"acme:player": {"branch", "commit", "queries"?, "back"?}}, by their keys (change_key.h); empty without any. Caller owns. */
json_t *changes_observed(const json_t *slice);
/* Digest of what makes a plan stale: whose repositories, and the blobs with sites. */
CHECKED bool changes_guard(const json_t *changes, char **ret, GError **error);
/* Sentences that name the consumer and the file. */
void changes_drift(json_t *to, const json_t *before, const json_t *now);
/* Is there a repository that gets a branch? */
bool changes_any(const json_t *changes);
/* … that is changed in parts (change_key.h)? */
bool changes_any_part(const json_t *changes);
size_t changes_count(const json_t *changes);
bool change_is_made(const json_t *change);
/* Whose code it is only reads the source, and can do so as long as that is not retired: the plan may go on when its change failed.
 * Not where writers are kept out of it, nor where the new dataset takes the old one's name. */
bool change_may_be_left(const Plan *plan, const char *consumer);
/* … that is proposed on a host, too? */
bool changes_any_proposed(const json_t *changes);
bool change_is_proposed(const json_t *change);
/* … that is built before that? */
bool changes_any_built(const json_t *changes);
bool change_is_built(const json_t *change);
/* {"agent", "door", "digest", "rounds", "files", "sites"}: what of it a coding agent is let at; NULL: nothing. Borrowed. */
const json_t *change_coding(const json_t *change);
bool changes_any_coding(const json_t *changes);
/* "repository:NAME" of all that get a branch. Caller owns. */
json_t *changes_labels(const json_t *changes);

/* Where a reason stands: "reports/active.sql:3", or the file as a whole. Caller frees. */
char *change_reason_place(const json_t *reason);
/* "3 repositories in 4 parts, 14 places". Caller frees. */
char *changes_summary(const json_t *changes);
/* The plan's section about code; nothing when the plan knows none. `observed` is of changes_observed(), or NULL. */
void changes_print(TextPage *page, const Plan *plan, const json_t *observed);
/* Of it, what repositories ask for in their own files. */
void changes_print_wishes(TextPage *page, const json_t *changes);
