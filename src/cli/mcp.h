/*
 * mcp.h - tools that `honk mcp` offers over the Model Context Protocol, one line of a table each.
 */
#pragma once

#include "cli/command.h"

#include <stdio.h>

typedef struct {
    const char *name;
    const char *text;  /* what it does, for a model */
    const char *input; /* JSON: properties of its input schema, which are texts or integers */
    const char *needs; /* names of those that must be there, separated by blanks; "" for none */
    bool changes;      /* something: offered only when that was allowed */
    /* The answer as text; false: what was wrong is the answer. */
    bool (*run)(Invocation *call, const json_t *input, char **ret, GError **error);
} McpTool;

/* Each ends with a line without a name. */
extern const McpTool mcp_operator_tools[]; /* over the server that honk.yaml or --server names */
extern const McpTool mcp_agent_tools[];    /* over the brief of a coding agent, in its sandbox */
extern const McpTool mcp_edit_tools[]; /* files of its folder, for one that has no tools itself */

typedef struct {
    Invocation *call;         /* for the tools */
    const McpTool *tables[2]; /* the second may be NULL */
    bool allows_changes;
} McpServer;
/* Answers what comes in until it ends; a last line without a line end is cut off, and no message. */
void mcp_serve(const McpServer *server, FILE *in, FILE *out);
