/*
 * cmd_mcp.c - `honk mcp`: the tools of a coding agent, or of an operator's assistant, over standard input and output.
 */
#include "cli/mcp.h"

#include <stdio.h>

static bool
mcp_run(Invocation *call, GError **error)
{
    bool is_agent = invocation_has(call, "brief");
    McpServer server = {
        .call = call,
        .tables = {is_agent ? mcp_agent_tools : mcp_operator_tools,
                   is_agent && invocation_has(call, "edits") ? mcp_edit_tools : NULL},
        .allows_changes = is_agent || invocation_has(call, "allow-changes")};
    (void) error;
    mcp_serve(&server, stdin, stdout);
    return true;
}

static const Option options[] = {
    {0, "allow-changes", NULL, "also tools that approve, start, pause, resume and roll back"},
    {0, "edits", NULL, "with --brief: also tools that show and write files"},
    {0, "brief", "DIR", "the tools of a coding agent, over the brief in DIR; for its sandbox"},
    {0},
};

const Command cmd_mcp = {
    .name = "mcp",
    .args = "",
    .summary = "offer tools to an assistant, over the Model Context Protocol",
    .deed = "offer tools",
    .about =
        "Speaks MCP over standard input and output: an assistant starts it. What it shows is what "
        "the\nsame verbs show, as the user of --as or of the token; tools that change something "
        "are not\noffered unless --allow-changes is given.",
    .examples = "honk mcp\nhonk mcp --allow-changes --as ada",
    .options = options,
    .run = mcp_run,
};
