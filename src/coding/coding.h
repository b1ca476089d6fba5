/*
 * coding.h - a coding agent is let at what rules refused in one repository, and what it did is believed only as far as it is
 * seen from outside.
 *
 * It works on a private copy, in a box. What it left there is compared with what was there, file by file: its words count
 * for nothing. Then the gate, the rules (does it parse, is a site left?), the queries (same rows?) and the repository's own
 * checks, on a clean copy before and after, have their say. What they say goes back to it, so many times as honk.yaml
 * allows; then it is people's, with all that was tried.
 */
#pragma once

#include "change/change.h"
#include "change/written.h"
#include "model/config_coding.h"

/* All borrowed. */
typedef struct {
    const Config *config;
    const CodingAgentConfig *agent; /* NULL: only checks are run (own_checks.h) */
    const Repository *repository;
    const ChangeRules *rules;
    const ChangeName *name;
    const char *verify; /* what the catalog says checks this repository; NULL: it is looked for */
    Look *look;         /* gets what was written; nothing when it was not good enough */
    /* Do old and new queries of the look give the same rows? `*ret_why` stays NULL when nothing is against it. */
    bool (*prove)(void *data, const Look *look, char **ret_why, GError **error);
    void *prove_data;
    bool (*go_on)(void *data); /* asked some times a second; false: stop */
    void *go_on_data;
} CodingWork;

/*
 * What became of it, a few KiB of JSON:
 *   {"agent", "door", "done", "rounds", "rounds_max", "files": [path], "sites", "boxed", "ms", "tokens", "cost_micro_usd",
 *    "why"?: text, "blocked"?: text,
 *    "checks": [{"name", "command", "before", "after"}], "judge"?: {"model", "asked", "agreed", "lenient", "strict"},
 *    "tried": [{"end", "said", "findings", "transcript"?, "usage"?, "judge"?}], "diff": of the last try}
 * False only for what is not the agent's fault: no box, no disk, STOPPED. Caller owns.
 */
CHECKED bool coding_run(const CodingWork *work, json_t **ret, GError **error);
/* Take away what dead processes left of such work. For whoever begins to work. */
void coding_sweep(const Config *config);

/* ---- from within the box, over its brief and its folder ---- */

/* What the gate would say now, or that it has nothing to say; what differs, as a unified diff. Callers free. */
CHECKED bool coding_verify(const char *brief, const char *folder, char **ret, GError **error);
CHECKED bool coding_diff(const char *brief, const char *folder, char **ret, GError **error);
/* As much of git as there is: `command` is status, diff, log, show or restore, `path` may be NULL. Caller frees. */
CHECKED bool coding_git(const char *brief, const char *folder, const char *command,
                        const char *path, char **ret, GError **error);
/* Tell people why a file stays as it is. It ends up in the report ("blocked"). */
CHECKED bool coding_block(const char *folder, const char *path, const char *why, GError **error);
#define CODING_BLOCKED ".honk-blocked" /* where that is noted; never part of a change */

#define CODING_SAID_BYTES_MAX 4000           /* of what an agent or a check says: its end */
#define CODING_DIFF_BYTES_MAX (64 * 1024)    /* nobody reads more */
#define CODING_FINDINGS_BYTES_MAX (8 * 1024) /* short and exact: else nobody follows it */
