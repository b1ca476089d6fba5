/*
 * config.h - honk.yaml: everything that differs between environments, and nothing else.
 *
 *   state: .honk                    # folder of our own state
 *   listen: 127.0.0.1:7420          # loopback only, for now; port 0 picks a free one
 *   addresses: [ https://honk.example ]   # of a proxy before it
 *   socket: .honk/honk.sock
 *   catalog: [ catalog ]            # files or folders of entities
 *   workers: 2
 *   stores:
 *     listening: { driver: sqlite, path: data/listening.db, concurrency: 1 }
 *     files:     { driver: csv, path: data, format: { header: true } }
 *   agents:                         # programs that make plans: honk/agent of a migration names one
 *     my-agent:  { command: [ python3, agents/my_agent.py ], deadline: 60s }
 *   repositories:                   # consumers' code: "acme:player" is repos/player, or repos/player.git
 *     acme: { driver: git, path: repos }
 *   coding: { agents: {…}, migrations: {…} }             # model/config_coding.h
 *   fleet: { targets: {…}, services: {…}, groups: {…} }    # model/config_fleet.h
 *   policy:
 *     self_approval: false
 *     quorum: 1
 *     plan_ttl: 7d
 *     rollback_window: 24h
 *     soak: 0s
 *     retention: 14d
 *     automatic_rollback: false
 *     freezes: []                   # [{from: …, to: …, why: …}] no start inside
 *   roles:
 *     approver: [ user:default/bo ]
 *     operator: [ user:default/ada, user:default/bo ]
 *     admin:    [ local ]
 *   limits:
 *     "store:listening": 1          # how many tasks may use it at once
 *     "group:listening": 4
 *
 * ${ENV} is expanded in every scalar. Relative paths are relative to the file. A dataset's address
 * (annotation honk/dataset-url) is "STORE:OBJECT", for example "listening:users_v1" or
 * "files:airports.csv". docs/formats/honk-yaml.md has every key with its default.
 */
#pragma once

#include "base/diag.h"
#include "base/json.h"
#include "model/config_coding.h"
#include "model/config_fleet.h"

typedef struct {
    char *name;
    char *driver;
    json_t *
        settings; /* object with all but `driver`, `concurrency` and `replicas`; "path" and "password_file" are absolute */
    char **replicas; /* stores whose lag counts as this one's, or NULL */
} StoreConfig;

/* A program that turns an entity into a plan: agent.md. It is started in the folder of honk.yaml. */
typedef struct {
    char *name;
    char **command;     /* the program and its arguments */
    char **environment; /* "NAME=value" beside our own */
    int64_t deadline_ms;
    int memory_mib; /* memory of its own that it may write to */
} AgentConfig;

/* A program that says whether rows may move: the `command` of a throttle names it. */
typedef struct {
    char *name;
    char **command; /* the program and its arguments; started in the folder of honk.yaml */
    int at_most;    /* the number that it prints must not be greater; -1: its exit status counts */
    int64_t deadline_ms; /* then it has said nothing */
} ThrottleCommand;

/* Who plans when a migration names nobody; the one that is no program, unless honk.yaml has one by
 * this name. */
#define AGENT_BUILT_IN "honk-migration-agent"

typedef enum {
    FORGE_GITHUB,
    FORGE_GITLAB,
    FORGE_GITEA,
    FORGE_GIT, /* no pull requests: branches are pushed, and people merge them */
    FORGE_KIND_COUNT
} ForgeKind;
const char *forge_kind_name(ForgeKind kind); /* "github" */

/* Where repositories come from and changes of them are proposed: docs/changes.md. */
typedef struct {
    ForgeKind kind;
    char *api;                    /* without a last slash; "" for `git` */
    char *remote;                 /* REMOTE/OWNER/NAME.git is what branches are pushed to */
    char *owner;                  /* or group, or groups with slashes */
    char *token_env, *token_file; /* at most one counts: the file; NULL */
    char *secret_env,
        *secret_file; /* by which its webhooks are known: as the token; NULL: none are taken */
    char **labels;    /* or NULL */
    bool is_draft;
    bool merges;       /* may Honk merge what its repository lets it merge? */
    int merges_after;  /* so many of a plan's first changes are merged by people all the same */
    bool builds_first; /* branches are built before anything is proposed */
    bool asks_owners;  /* owners of what changes are asked for a review */
    int64_t poll_ms;   /* how often an open pull request is looked at */
} ForgeConfig;

/* A folder of repositories. */
typedef struct {
    char *name;
    char *driver;                    /* "git" */
    char *path;                      /* absolute */
    char *branch;                    /* their default branch; NULL: each says itself */
    char *author_name, *author_mail; /* of Honk's commits */
    ForgeConfig *forge;              /* NULL: their changes stay on branches here */
} RepositoryConfig;
/* Of its host; FORGE_GIT where it has none. */
ForgeKind repository_config_kind(const RepositoryConfig *place);

/* How a repository's change is proposed. */
typedef enum {
    CHANGES_BY_REPOSITORY, /* as one */
    CHANGES_BY_OWNER,      /* in parts, one for each owner of what changes */
    CHANGES_BY_COUNT,
} ChangesBy;

typedef struct {
    ChangesBy by;
    bool
        runs_checks; /* a part is also tried by the repository's own checks, when the plan is made */
    json_t *migrations; /* {NAME: "owner" | "repository"}: for some of them otherwise */
} ChangesConfig;

typedef struct {
    bool self_approval;
    int quorum;
    int64_t plan_ttl_ms, rollback_window_ms, soak_ms, retention_ms;
    bool automatic_rollback;
    char *
        max_failures; /* "3" or "5%": consumers whose change may fail while the others go on (pace.h); NULL: none */
    int64_t wave_soak_ms; /* so long a wave of merged changes is green before the next */
    int by_hand;          /* the first changes that people merge, whatever Honk may merge */
    json_t *freezes;      /* [{from, to, why, from_ms, to_ms}] */
    char *digest; /* "sha256:…" of all the above but the freezes: a guard of every plan, while a
                   * freeze is about when one may start */
} PolicyConfig;

/* A Backstage whose catalog is ours as well. */
typedef struct {
    char *url;        /* "http://localhost:7007"; NULL: none */
    char *token;      /* of its `backend.auth.externalAccess`; or NULL */
    int64_t every_ms; /* how often it is asked */
} BackstageConfig;

typedef struct {
    char *path, *folder; /* of honk.yaml, absolute */
    char *state, *socket, *listen;
    char **
        addresses; /* "https://honk.example", as in an Origin: of a proxy before the server; or NULL */
    GPtrArray *catalog; /* char *, absolute */
    BackstageConfig backstage;
    GPtrArray *stores;            /* StoreConfig *, in the file's order */
    GPtrArray *agents;            /* AgentConfig *, in the file's order */
    GPtrArray *throttle_commands; /* ThrottleCommand *, in the file's order */
    GPtrArray *repositories;      /* RepositoryConfig *, in the file's order */
    ChangesConfig changes;
    CodingConfig coding;
    FleetConfig fleet;
    int workers;
    PolicyConfig policy;
    json_t *roles;  /* {role: [identity, …]}: full refs, or "local"; every role is there */
    json_t *limits; /* {resource: count}; a store's `concurrency` is its "store:NAME" */
} Config;

/* The one of an empty file at `path`: nothing but defaults. Caller owns. */
Config *config_new(const char *path);
/* Findings carry file and line; unknown keys are errors with a suggestion. False with INVALID, and
 * the findings' text as message, when any is an error. */
CHECKED bool config_read(const char *path, Diags *diags, Config **ret, GError **error);
/* The same from a text in memory; `path` is where it would be. */
CHECKED bool config_parse(const char *text, size_t bytes, const char *path, Diags *diags,
                          Config **ret, GError **error);
/* honk.yaml in `folder` or the nearest parent; NOT_FOUND says to run `honk init`. Caller frees. */
CHECKED bool config_find(const char *folder, char **ret_path, GError **error);
void config_free(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

const StoreConfig *config_store(const Config *config, const char *name); /* NULL when absent */
/* Split "STORE:OBJECT"; INVALID when the form is wrong, NOT_FOUND (with the names there are) when
 * the store is unknown. */
CHECKED bool config_dataset_url(const Config *config, const char *url,
                                const StoreConfig **ret_store, const char **ret_object,
                                GError **error);
const AgentConfig *config_agent(const Config *config, const char *name); /* NULL when absent */
const ThrottleCommand *config_throttle_command(const Config *config,
                                               const char *name); /* NULL when absent */
/* Is the command that a throttle names (if any) one of honk.yaml's? INVALID names those. */
CHECKED bool config_check_throttle(const Config *config, const json_t *throttle, GError **error);
/* A program with a slash in its name lies in the folder of honk.yaml. Caller frees. */
char **config_command(const Config *config, char *const *command);
/* What the agent is: its command, and the content of every file that the command names. Its edit
 * is another agent. A program that is looked up in PATH counts by its name. Caller frees. */
CHECKED bool config_agent_digest(const Config *config, const AgentConfig *agent, char **ret,
                                 GError **error);
/* {"command", "files": {word: digest}}, of which the digests are made. Caller owns. */
CHECKED bool config_command_json(const Config *config, const char *name, char *const *command,
                                 json_t **ret, GError **error);
/* The same for a coding agent, with its door, its prompt and what is given to it. Caller frees. */
CHECKED bool config_coding_digest(const Config *config, const CodingAgentConfig *agent, char **ret,
                                  GError **error);
#define CODING_REPLAY_BYTES_MAX ((size_t) 16 * 1024 * 1024) /* twice what a transcript may be */
#define CODING_PROMPT_BYTES_MAX ((size_t) 256 * 1024)       /* people write it, models read it */
/* The same for "REPOSITORIES:NAME" of a consumer's code (annotation honk/repository). No part of the name leads out
 * of the folder. */
CHECKED bool config_repository_url(const Config *config, const char *url,
                                   const RepositoryConfig **ret_repositories, const char **ret_name,
                                   GError **error);
/* "owner" or "repository": how changes of that migration (a ref) are grouped. Borrowed. */
const char *config_changes_by(const Config *config, const char *migration);
/* A secret, `what` in errors: the first line of a file, or a variable; NULL when there is neither. Caller frees. */
CHECKED bool config_secret(const char *what, const char *file, const char *variable, char **ret,
                           GError **error);
/* What a host asks for, from the file or the variable that honk.yaml names; NULL when it names none. Caller frees. */
CHECKED bool config_forge_token(const ForgeConfig *forge, char **ret, GError **error);
/* What its webhooks are signed with; NULL when honk.yaml names none. Caller frees. */
CHECKED bool config_forge_secret(const ForgeConfig *forge, char **ret, GError **error);
/* As plans begin with it, without what it is a share of (pace.h). Caller owns. */
json_t *policy_pace(const PolicyConfig *policy);
/* Why nothing may start at this moment, or NULL. Borrowed from the policy. */
const char *policy_freeze_at(const PolicyConfig *policy, int64_t now_ms);
/* "7d", "24h", "5m", "90s", "250ms", also several ("1h30m"); never negative. */
CHECKED bool duration_parse(const char *text, int64_t *ret_ms, GError **error);
