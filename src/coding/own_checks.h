/*
 * own_checks.h - the repository's own build and tests (checks.c), without an agent: whether they stand what rules edit.
 *
 * They run in a box, on clean copies: of the commit as it is first, and then with the edits of a look, as often as somebody asks.
 */
#pragma once

#include "change/look.h"

typedef struct OwnChecks OwnChecks;

/* Finds them in the look's commit, and runs them there; `verify` is what the catalog says they are, or NULL. All is borrowed. STOPPED when
 * `go_on` says so; other errors where there is no box. Caller frees. */
CHECKED bool own_checks_open(const Config *config, const Repository *repository, Look *look,
                             const char *verify, bool (*go_on)(void *data), void *data,
                             OwnChecks **ret, GError **error);
void own_checks_free(OwnChecks *checks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OwnChecks, own_checks_free)
/* With all that the look edits now: [{"name", "command", "before", "after"}], and in `*ret_red` the names of those that passed before, and
 * do not now; NULL: none. Callers own them. */
CHECKED bool own_checks_run(OwnChecks *checks, json_t **ret, char **ret_red, GError **error);
