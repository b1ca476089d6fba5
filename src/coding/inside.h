/* inside.h - parts of a coding agent's work; inside of this room only. */
#pragma once

#include "coding/coding.h"
#include "llm/proxy.h"
#include "sandbox/sandbox.h"

/* ---- where it works ---- */

/* A private folder below our state; whoever made it holds its lock. */
typedef struct {
    char *folder;
    char *tree;  /* what the agent changes */
    char *check; /* clean copies, for checks */
    char *brief;
    char *honk; /* this program, which an agent may start in its box */
    int lock_fd;
    GHashTable *laid; /* path -> Laid: what the agent found in its tree */
} Ground;

CHECKED bool ground_open(const Config *config, Ground *ret, GError **error);
void ground_close(Ground *ground);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ground, ground_close)
/* The tree as the agent finds it: the commit with what rules edit, without files that tell agents what to do. */
CHECKED bool ground_lay_tree(Ground *ground, const CodingWork *work, GError **error);
/* A clean copy: the commit as it is, or with all that the look edits. */
CHECKED bool ground_lay_check(Ground *ground, const CodingWork *work, bool is_edited,
                              GError **error);
/* What lies beside the brief: the tree as it was laid (but files that are too large to be read), and the list of it. */
#define BRIEF_WAS "was"
#define BRIEF_LAID "laid"
/* That list: path -> Laid. Caller unrefs. */
CHECKED bool ground_read_laid(const char *brief, GHashTable **ret, GError **error);
/* Take a folder away, whatever was made of it. What is left is seen by nobody: there may be a process that holds it. */
void ground_remove(const char *folder);
/* Open again what was closed to its owner: who looks into it, and the next round, need it open, and of modes git keeps none but
 * whether a file runs. Only when nobody works in it. */
void ground_reopen(const Ground *ground);
CHECKED bool ground_put_brief(const Ground *ground, const char *name, const char *text,
                              GError **error);

typedef struct {
    char *digest;
    unsigned mode;
} Laid;

/* ---- what it left ---- */

/* What is not as it was laid. */
typedef struct {
    GPtrArray *files; /* TakenFile *, by path */
    char *blocked;    /* what the agent says that it cannot do; or NULL */
} Taken;
typedef struct {
    char *path; /* as it is called in the tree */
    char *shown;
    char *text; /* NULL: it is gone */
    size_t bytes;
    unsigned mode; /* as in git; 0: gone; MODE_OTHER: neither file nor link */
    bool is_new;
} TakenFile;
CHECKED bool taken_read(const Ground *ground, Taken *ret, GError **error);
/* As a unified diff, beside what it was; `was` is the tree as it was laid. Caller frees. */
char *taken_diff(const Taken *taken, const char *was);
void taken_clear(Taken *taken);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Taken, taken_clear)
/* The gate's word on all of it, and if there is none against it, into the look. "" or what to do. Caller frees. */
char *taken_judge(const Taken *taken, const CodingWork *work, bool is_last);

/* ---- what it is told ---- */

/* {"table", "sites", "files", "conventions", …}. Caller owns. */
CHECKED bool brief_make(const CodingWork *work, const Ground *ground, const json_t *checks,
                        json_t **ret, GError **error);
/* The prompt with what the brief says in it; `findings` of the round before, or "". Caller frees. */
CHECKED bool prompt_make(const CodingWork *work, const json_t *brief, const char *findings,
                         char **ret, GError **error);

/* ---- a second opinion ---- */

/* What the judge of honk.yaml thinks of a diff: {"verdict": "accept", "refuse" or "none", "why", "ms", "usage"?}. `*ret` stays
 * NULL where there is no judge, or nothing to judge. False with STOPPED only. Caller owns. */
CHECKED bool judge_ask(const CodingWork *work, const char *prompt, const char *diff, json_t **ret,
                       GError **error);
/* Beside what was found in the rounds: {"model", "asked", "agreed", "lenient", "strict"}; NULL where there is no judge. Caller owns. */
json_t *judge_sum(const CodingConfig *coding, const json_t *tried);

/* ---- doors ---- */

typedef struct {
    const CodingWork *work;
    const Ground *ground;
    const char *prompt;
    int round; /* from 1 */
} Turn;
/* How it ended. `end` is half a sentence; all the caller's. */
typedef struct {
    bool is_done; /* by its own word: then it is looked at */
    char *end, *said;
    char *transcript; /* what was spoken, where something is; or NULL */
    json_t *usage;    /* tokens and cost, as it tells them; or NULL */
} TurnEnd;
void turn_end_clear(TurnEnd *end);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TurnEnd, turn_end_clear)
/* Let it work until it says that it is done, or has to be ended. */
typedef bool Door(const Turn *turn, TurnEnd *ret, GError **error);
Door door_exec, door_acp, door_model;

/* The box that an agent's program is started in. */
typedef struct {
    BoxSpec spec;
    char **command, **files;
    char *round, *program;
    GPtrArray *env;
    GPtrArray *own; /* char *: words of the environment that are ours */
    int ends[2];    /* the channel to the box; 0: there is none */
    Proxy *proxy;   /* or NULL */
} DoorBox;
void door_box(const Turn *turn, DoorBox *ret);
/* The same, with a way to the model and the mirrors that honk.yaml names for it. */
CHECKED bool door_box_with_proxy(const Turn *turn, DoorBox *ret, GError **error);
/* When nothing of the box runs any more: what it asked for goes to the transcript and the usage. */
void door_box_end(DoorBox *door, const Turn *turn, TurnEnd *end);
void door_box_clear(DoorBox *door);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DoorBox, door_box_clear)
/* NULL: of checks without an agent. */
BoxLimits coding_limits(const CodingAgentConfig *agent);

/* ---- checks ---- */

/* [{"name", "command", "before"}]: found in the clean copy as it was, and run there. Caller owns. */
CHECKED bool checks_before(const CodingWork *work, Ground *ground, json_t **ret, GError **error);
/* One of them: {"name", "command", "needs", "less"?}. What is red before proves nothing: then the commands of `less` are tried in
 * its place, each on a clean copy, until one passes. Puts "before", and what was run, into it. */
CHECKED bool check_before(const CodingWork *work, Ground *ground, json_t *check, GError **error);
/* Run again on the clean copy as it will be: puts "after" into each, and says in `*ret_why` what was red by this. */
CHECKED bool checks_after(const CodingWork *work, const Ground *ground, json_t *checks,
                          char **ret_why, GError **error);
/* What of dbt can be run in a folder, the most first: "dbt build …", "dbt compile …", "dbt parse …". Caller frees. */
char **dbt_commands(const char *folder);
/* The end of what somebody said, fit to be shown. Caller frees. */
char *coding_words(const char *text, size_t bytes_max);
