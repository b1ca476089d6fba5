/*
 * mcp_operator.c - tools for an operator's assistant: the verbs that people type, and their words.
 *
 * Each runs this very program with that verb and --json, so that what an assistant may and sees is what its user may and sees.
 */
#include "base/child.h"
#include "cli/mcp.h"

#include <string.h>
#include <sys/wait.h>

#define ANSWER_BYTES_MAX ((size_t) 4 * 1024 * 1024)
#define ANSWER_MS (5 * 60 * 1000) /* a plan over thousands of repositories */

/* Options of every verb that are handed on. */
static const char *const handed_on[] = {"config", "server", "as"};

/* An input never becomes an option. */
static bool
add_input(GPtrArray *words, const json_t *input, const char *key, GError **error)
{
    const char *value = json_get_string(input, key, NULL);
    if (value == NULL)
        return true;
    if (*value == '-' || *value == '\0')
        return fail(error, ERR_INVALID, "'%s' is '%s', which names nothing", key, value);
    g_ptr_array_add(words, g_strdup(value));
    return true;
}

static bool
run(GPtrArray *words, char **ret, GError **error)
{
    const ChildSpec spec = {.argv = (const char *const *) words->pdata,
                            .dies_with_us = true,
                            .new_session = true,
                            .stdin_fd = -1,
                            .stdout_fd = -1,
                            .stderr_fd = -1};
    g_autofree char *output = NULL, *errors = NULL;
    int status = 0;
    if (!child_run(&spec, "", 0, ANSWER_BYTES_MAX, ANSWER_MS, &output, NULL, &errors, &status,
                   error))
        return false;
    if (status != 0 && *g_strchomp(errors) != '\0')
        return fail(error, ERR_WRONG_STATE, "%s", errors);
    *ret = g_utf8_make_valid(output, -1);
    return true;
}

/* `verb` with the inputs of `keys` as its words, both separated by blanks. */
static bool
run_verb(Invocation *call, const json_t *input, const char *verb, const char *keys, char **ret,
         GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) verbs = g_strsplit(verb, " ", -1), names = g_strsplit(keys, " ", -1);
    g_ptr_array_add(words, g_strdup("/proc/self/exe"));
    for (size_t i = 0; verbs[i] != NULL; i++)
        g_ptr_array_add(words, g_strdup(verbs[i]));
    for (size_t i = 0; names[i] != NULL; i++)
        if (*names[i] != '\0' && !add_input(words, input, names[i], error))
            return false;
    for (size_t i = 0; i < G_N_ELEMENTS(handed_on); i++) {
        const char *value = invocation_option(call, handed_on[i]);
        if (value == NULL)
            continue;
        g_ptr_array_add(words, g_strconcat("--", handed_on[i], NULL));
        g_ptr_array_add(words, g_strdup(value));
    }
    const char *reason = json_get_string(input, "reason", NULL);
    if (reason != NULL)
        g_ptr_array_add(words, g_strconcat("--reason=", reason, NULL));
    g_ptr_array_add(words, g_strdup("--json"));
    g_ptr_array_add(words, NULL);
    return run(words, ret, error);
}

#define VERB(function, verb, keys)                                                                 \
    static bool function(Invocation *call, const json_t *input, char **ret, GError **error)        \
    {                                                                                              \
        return run_verb(call, input, verb, keys, ret, error);                                      \
    }

VERB(list_migrations, "status", "")
VERB(get_migration, "status", "name")
VERB(get_plan, "plan", "name")
VERB(list_changes, "change list", "name")
VERB(get_change, "change show --diff", "name consumer")
VERB(get_log, "logs --last 200", "name")
VERB(approve, "approve --yes", "name digest")
VERB(start, "start", "name")
VERB(pause_it, "pause", "name")
VERB(resume, "resume", "name")
VERB(roll_back, "rollback", "name")

#define NAME                                                                                       \
    "\"name\": {\"type\": \"string\", \"description\": \"the migration, such as users-v2\"}"
#define REASON "\"reason\": {\"type\": \"string\", \"description\": \"why, for people\"}"

const McpTool mcp_operator_tools[] = {
    {"list_migrations", "All migrations and where they stand.", "{}", "", false, list_migrations},
    {"get_migration", "One migration: state, why, steps, what would move it, who may.",
     "{" NAME "}", "name", false, get_migration},
    {"get_plan",
     "The plan of a migration with every change it would make, and its digest. "
     "Makes one if there is none; moves nothing.",
     "{" NAME "}", "name", false, get_plan},
    {"list_changes", "What becomes of consumers' code, repository by repository.", "{" NAME "}",
     "name", false, list_changes},
    {"get_change", "One consumer's change: places, reasons, the diff, and what a coding agent did.",
     "{" NAME
     ", \"consumer\": {\"type\": \"string\", \"description\": \"ref, name or repository\"}}",
     "name consumer", false, get_change},
    {"get_log", "The last 200 events of a migration.", "{" NAME "}", "name", false, get_log},
    {"approve", "Say yes to exactly the plan with this digest.",
     "{" NAME
     ", \"digest\": {\"type\": \"string\", \"description\": \"of the plan that was read\"}, " REASON
     "}",
     "name digest", true, approve},
    {"start", "Start an approved migration.", "{" NAME ", " REASON "}", "name", true, start},
    {"pause", "Hand out no more work of a migration.", "{" NAME ", " REASON "}", "name", true,
     pause_it},
    {"resume", "Let a paused or halted migration go on.", "{" NAME ", " REASON "}", "name", true,
     resume},
    {"rollback", "Take a migration back, step by step.", "{" NAME ", " REASON "}", "name", true,
     roll_back},
    {0},
};
