/*
 * config_coding.h - `coding:` of honk.yaml: who changes code where rules refuse, and what it may cost.
 *
 *   coding:
 *     when_unboxed: refuse            # or `run`: without a sandbox where none can be made
 *     agents:
 *       fixer: { door: exec, command: [ python3, agents/fix.py ], deadline: 10m, rounds: 3, prompt: prompts/fix.md }
 *       looper: { door: model, model: big, turns: 50, cost: "2.50" }
 *     models:
 *       big: { api: anthropic, name: some-model, key_env: MODEL_KEY, prices: { input: 3, output: 15 } }
 *     judge: big                      # its opinion is kept beside that of the gate, and decides nothing
 *     migrations: { users-v2: fixer, "*": fixer }    # name of a migration → agent; "*": all others
 */
#pragma once

#include "base/json.h"

#include <glib.h>

/* How one speaks with it. */
typedef enum { DOOR_EXEC, DOOR_ACP, DOOR_MODEL, DOOR_COUNT } CodingDoor;
const char *coding_door_name(CodingDoor door);

/* What a language model's host speaks. */
typedef enum { API_ANTHROPIC, API_CHAT, API_RESPONSES, API_COUNT } ModelApi;
const char *model_api_name(ModelApi api);

typedef enum { PRICE_INPUT, PRICE_CACHED, PRICE_CACHE_WRITE, PRICE_OUTPUT, PRICE_COUNT } Price;

typedef struct {
    char *id;   /* as honk.yaml calls it */
    char *name; /* as its host calls it */
    ModelApi api;
    char *url;                /* without a slash at the end */
    char *key_env, *key_file; /* where the key is; or neither */
    char *effort;             /* of reasoning, as the host calls it; or NULL */
    int output_tokens;        /* of one answer, at most */
    int64_t
        prices[PRICE_COUNT]; /* of a million tokens, in millionths of a US dollar; 0: not known */
} ModelConfig;

typedef struct {
    char *name;
    CodingDoor door;
    char **command; /* the program and its arguments; started in the box. Empty for door `model` */
    char **environment;  /* "NAME=value" */
    GPtrArray *readable; /* char *, absolute: files and folders that it may read, too; or NULL */
    char *prompt; /* absolute path of a file that is used instead of the built-in one; or NULL */
    int64_t deadline_ms;                 /* of one round */
    int rounds;                          /* at most */
    int memory_mib, processes, disk_mib; /* of one round, and of each check */
    char *model; /* one of the models: who is asked, or may be asked from the box; or NULL */
    /* of door `model` */
    int protocol; /* door `acp`: the version that is offered, 1 or 2 */
    char *login;  /* door `acp`: the way to log in that is taken; or NULL */
    char *replay; /* absolute path of a transcript whose answers are taken instead; or NULL */
    int turns;    /* of one round: answers of the model */
    int tokens;   /* of one round: all that are counted */
    int64_t cost; /* of one round, in millionths of a US dollar; 0: no limit */
} CodingAgentConfig;

typedef struct {
    GPtrArray *agents;  /* CodingAgentConfig *, in the file's order */
    GPtrArray *models;  /* ModelConfig *, in the file's order */
    json_t *packages;   /* {name: url}: mirrors that an agent\'s box reaches */
    json_t *migrations; /* {name or "*": agent}; each agent is one of these */
    char *judge;        /* one of the models, whose opinion is asked and never followed; or NULL */
    bool runs_unboxed;
} CodingConfig;

void coding_config_init(CodingConfig *coding);
void coding_config_clear(CodingConfig *coding);
const CodingAgentConfig *coding_agent(const CodingConfig *coding, const char *name); /* or NULL */
const ModelConfig *coding_model(const CodingConfig *coding, const char *name);       /* or NULL */
/* The one for a migration (a ref or a name); NULL: what rules refuse is left to people. */
const CodingAgentConfig *coding_agent_for(const CodingConfig *coding, const char *migration);

/* Of the built-in prompt: a new one is another agent. */
#define CODING_PROMPT_VERSION 1
