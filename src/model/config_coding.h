/*
 * config_coding.h - `coding:` of honk.yaml: who changes code where rules refuse, and what it may cost.
 *
 *   coding:
 *     when_unboxed: refuse            # or `run`: without a sandbox where none can be made
 *     agents:
 *       fixer: { door: exec, command: [ python3, agents/fix.py ], deadline: 10m, rounds: 3, prompt: prompts/fix.md }
 *     migrations: { users-v2: fixer, "*": fixer }    # name of a migration → agent; "*": all others
 */
#pragma once

#include "base/json.h"

#include <glib.h>

/* How one speaks with it. */
typedef enum { DOOR_EXEC, DOOR_ACP, DOOR_COUNT } CodingDoor;
const char *coding_door_name(CodingDoor door);

typedef struct {
    char *name;
    CodingDoor door;
    char **command;      /* the program and its arguments; started in the box */
    char **environment;  /* "NAME=value" */
    GPtrArray *readable; /* char *, absolute: files and folders that it may read, too; or NULL */
    char *prompt; /* absolute path of a file that is used instead of the built-in one; or NULL */
    int64_t deadline_ms;                 /* of one round */
    int rounds;                          /* at most */
    int memory_mib, processes, disk_mib; /* of one round, and of each check */
} CodingAgentConfig;

typedef struct {
    GPtrArray *agents;  /* CodingAgentConfig *, in the file's order */
    json_t *migrations; /* {name or "*": agent}; each agent is one of these */
    bool runs_unboxed;
} CodingConfig;

void coding_config_init(CodingConfig *coding);
void coding_config_clear(CodingConfig *coding);
const CodingAgentConfig *coding_agent(const CodingConfig *coding, const char *name); /* or NULL */
/* The one for a migration (a ref or a name); NULL: what rules refuse is left to people. */
const CodingAgentConfig *coding_agent_for(const CodingConfig *coding, const char *migration);

/* Of the built-in prompt: a new one is another agent. */
#define CODING_PROMPT_VERSION 1
