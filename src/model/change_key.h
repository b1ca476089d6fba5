/*
 * change_key.h - what each change of a plan is called: its repository's address, and where a repository's change is split,
 * which part of it.
 *
 * Tasks are named so, and all that is known of them; the branch, whom the pace counts. A part is one owner's files: it has its own
 * branch, and goes its own way to the end. Of a repository that is changed as a whole all of these are as they would be without parts.
 */
#pragma once

#include "model/plan.h"

#define CHANGE_PART_BYTES_MAX 40 /* as much of an owner as fits into the name of a branch */

/* "acme:mono#identity": the part's name comes behind a sign that no address has. Caller frees. */
char *change_key_make(const char *address, const char *part);
/* Is it the key of that repository's change, or of a part of it? */
bool change_key_is_of(const char *key, const char *address);

/* "acme:player", or of a part "acme:mono#identity". Borrowed. */
const char *change_key(const json_t *change);
/* "identity"; NULL: it is all of the repository's change. Borrowed. */
const char *change_part(const json_t *change);
/* "honk/users-v2-0a1b2c3d", or of a part "honk/users-v2-0a1b2c3d-identity". Caller frees. */
char *change_branch(const Plan *plan, const json_t *change);
/* Who is left when it fails: the consumer, or of a part "component:default/mono#identity". Caller frees. */
char *change_spare(const json_t *change);
/* Is that `spare` the consumer's, or of a part of its change? */
bool change_spare_is_of(const char *spare, const char *consumer);
/* The change of that key; NULL: there is none. Borrowed. */
const json_t *change_find(const json_t *changes, const char *key);
