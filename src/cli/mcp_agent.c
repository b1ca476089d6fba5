/*
 * mcp_agent.c - tools for a coding agent, in its sandbox: what the brief says, looked up, and the gate, asked beforehand.
 *
 * They know what lies in the brief (brief.json, and the files as they were) and in the folder where they are started, and have no
 * way to anything else. What they say is help; what counts is asked again outside, where the agent does not reach.
 */
#include "base/text.h"
#include "cli/mcp.h"
#include "coding/coding.h"

#include <string.h>

static bool
read_brief(const Invocation *call, json_t **ret, GError **error)
{
    g_autofree char *path = g_build_filename(invocation_option(call, "brief"), "brief.json", NULL);
    return json_read_file(path, ret, error);
}

/* Members of the brief's list whose `key` is `value`, or all of them; as JSON. Caller frees. */
static bool
look_up(const Invocation *call, const char *list, const char *key, const char *value, char **ret,
        GError **error)
{
    g_autoptr(json_t) brief = NULL, found = json_array();
    json_t *one;
    size_t i;
    if (!read_brief(call, &brief, error))
        return false;
    json_array_foreach(json_object_get(brief, list), i,
                       one) if (value == NULL || strcmp(json_get_string(one, key, ""), value) == 0)
        json_array_append(found, one);
    if (value != NULL && json_array_size(found) == 0)
        return fail(error, ERR_NOT_FOUND, "the brief has no %s '%s': nothing becomes of it", key,
                    value);
    *ret = json_pretty(found);
    return true;
}

static bool
mapping_lookup(Invocation *call, const json_t *input, char **ret, GError **error)
{
    return look_up(call, "table", "column", json_get_string(input, "column", NULL), ret, error);
}

static bool
sites(Invocation *call, const json_t *input, char **ret, GError **error)
{
    return look_up(call, "sites", "path", json_get_string(input, "path", NULL), ret, error);
}

static bool
verify(Invocation *call, const json_t *input, char **ret, GError **error)
{
    (void) input;
    return coding_verify(invocation_option(call, "brief"), ".", ret, error);
}

static bool
diff(Invocation *call, const json_t *input, char **ret, GError **error)
{
    (void) input;
    return coding_diff(invocation_option(call, "brief"), ".", ret, error);
}

static bool
git(Invocation *call, const json_t *input, char **ret, GError **error)
{
    return coding_git(invocation_option(call, "brief"), ".", json_get_string(input, "command", ""),
                      json_get_string(input, "path", NULL), ret, error);
}

static bool
report_blocked(Invocation *call, const json_t *input, char **ret, GError **error)
{
    (void) call;
    if (!coding_block(".", json_get_string(input, "path", ""), json_get_string(input, "why", ""),
                      error))
        return false;
    *ret = g_strdup("noted for people; leave that file as it was");
    return true;
}

const McpTool mcp_agent_tools[] = {
    {"mapping_lookup", "What becomes of a column, or of all: the only source of names.",
     "{\"column\": {\"type\": \"string\"}}", "", false, mapping_lookup},
    {"sites", "The places that are left, with line and reason; of one file or of all.",
     "{\"path\": {\"type\": \"string\"}}", "", false, sites},
    {"verify", "Ask what would be refused of what you have written so far. Call it before you end.",
     "{}", "", false, verify},
    {"diff", "What you have changed so far.", "{}", "", false, diff},
    {"git",
     "As much of git as there is: 'status' says which files differ, 'diff' how, 'log' why the "
     "files "
     "that you may write are as they are, 'show' what a file was, and 'restore' makes it that "
     "again. The last two need 'path'.",
     "{\"command\": {\"type\": \"string\", \"enum\": [\"status\", \"diff\", \"log\", \"show\", "
     "\"restore\"]}, \"path\": {\"type\": \"string\", \"description\": \"one file, as 'status' "
     "writes it\"}}",
     "command", true, git},
    {"report_blocked", "Say that a file cannot be changed as asked, and why; a person reads it.",
     "{\"path\": {\"type\": \"string\"}, \"why\": {\"type\": \"string\"}}", "path why", false,
     report_blocked},
    {0},
};
