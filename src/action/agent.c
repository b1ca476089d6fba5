/*
 * agent.c - run a program as an agent: the entity as JSON on its standard input, a plan as JSON on
 * its standard output, what it has to say on its standard error.
 *
 * It may be any program and have been written by anybody, so time, memory and output are bounded,
 * nothing of it is left running, and its output is checked like anything from outside. It fails like
 * a file with mistakes in it: the person who asked for the plan reads what is wrong.
 */
#include "action/agent.h"

#include "base/child.h"
#include "base/text.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_BYTES_MAX (4 * 1024 * 1024) /* a plan is a few KiB: an agent names steps, not rows */
#define SAID_BYTES_MAX 2000 /* of standard error: its end, where programs say why they give up */

/* What an agent may want to know beside the entity; of the slice, as far as it is there. */
static const char *const context_members[] = {
    "source", "target", "same_store", "mapping", "consumers", "changes", "services",
};

const AgentConfig *
agent_of(const json_t *slice, const Config *config)
{
    return config_agent(config, json_get_string(json_at(slice, "entity.metadata.annotations"),
                                                "honk/agent", AGENT_BUILT_IN));
}

/* ---- what it gets ---- */

static bool
write_context(const json_t *slice, char **ret_path, GError **error)
{
    g_autoptr(json_t) context = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(context_members); i++)
        if (json_object_get(slice, context_members[i]) != NULL)
            json_object_set(context, context_members[i],
                            json_object_get(slice, context_members[i]));
    g_autofree char *text = json_compact(context);
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("honk-context-XXXXXX.json", &path, error);
    if (fd < 0)
        return false;
    close(fd);
    if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, error)) {
        g_unlink(path);
        return false;
    }
    *ret_path = g_steal_pointer(&path);
    return true;
}

static char **
environment_of(const AgentConfig *agent, const char *context)
{
    g_autoptr(GStrvBuilder) all = g_strv_builder_new();
    g_autofree char *variable = g_strdup_printf("HONK_CONTEXT=%s", context);

    if (agent->environment != NULL)
        g_strv_builder_addv(all, (const char **) agent->environment);
    g_strv_builder_add(all, variable);
    return g_strv_builder_end(all);
}

/* ---- what it says ---- */

/* The end of its standard error, fit to be shown; NULL when it said nothing. Caller frees. */
static char *
words_of(const char *errors)
{
    size_t bytes = errors != NULL ? strlen(errors) : 0;
    g_autofree char *end =
        g_utf8_make_valid(bytes > SAID_BYTES_MAX ? errors + bytes - SAID_BYTES_MAX : errors, -1);
    g_strchomp(end);
    if (*end == '\0')
        return NULL;
    for (char *at = end; *at != '\0'; at++)
        if (((unsigned char) *at < ' ' && *at != '\n' && *at != '\t') || *at == 0x7f)
            *at = '?'; /* no escape sequence of it reaches a terminal */
    return g_steal_pointer(&end);
}

static void G_GNUC_PRINTF(3, 4)
    agent_failed(Diags *diags, const AgentConfig *agent, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    diags_add(diags, DIAG_ERROR, "agent-failed", NULL, 0, 0, "agent '%s' %s", agent->name, message);
}

static void
check_status(Diags *diags, const AgentConfig *agent, int status)
{
    if (WIFSIGNALED(status))
        agent_failed(diags, agent, "was ended by signal %d (%s)", WTERMSIG(status),
                     strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        agent_failed(diags, agent, "gave up: its exit status is %d", WEXITSTATUS(status));
}

static void
read_plan(Diags *diags, const AgentConfig *agent, const char *output, size_t bytes, json_t **ret)
{
    g_autofree char *what = g_strdup_printf("the plan of agent '%s'", agent->name);
    g_autoptr(GError) found = NULL;
    g_autoptr(json_t) plan = NULL;

    if (bytes == 0)
        agent_failed(diags, agent, "wrote no plan: its standard output is empty");
    else if (!json_parse(output, bytes, what, &plan, &found))
        diags_add(diags, DIAG_ERROR, "agent-output", NULL, 0, 0, "%s", found->message);
    else if (!json_is_object(plan))
        diags_add(diags, DIAG_ERROR, "agent-output", NULL, 0, 0,
                  "%s is not an object, expected {\"name\", \"steps\"}", what);
    else {
        json_set_string(plan, "agent", agent->name); /* whatever it calls itself */
        *ret = g_steal_pointer(&plan);
    }
}

/* ---- the run ---- */

static bool
goes_on(void *data)
{
    StepEnv *env = data;
    return env->tick(env, 0, 0, "", "the agent thinks");
}

static bool
run(const AgentConfig *agent, const json_t *entity, const char *context, StepEnv *env, Diags *diags,
    json_t **ret, GError **error)
{
    g_auto(GStrv) command = config_command(env->config, agent->command);
    g_auto(GStrv) variables = environment_of(agent, context);
    g_autofree char *input = json_compact(entity);
    g_autofree char *output = NULL, *errors = NULL;
    g_autoptr(GError) found = NULL;
    size_t bytes = 0;
    int status = 0;
    const ChildSpec spec = {
        .argv = (const char *const *) command,
        .env = (const char *const *) variables,
        .cwd = env->config->folder,
        .dies_with_us = true,
        .new_session = true,
        .memory_mib = agent->memory_mib,
        .go_on = goes_on,
        .go_on_data = env,
    };

    if (!child_run(&spec, input, strlen(input), OUTPUT_BYTES_MAX, (int) agent->deadline_ms, &output,
                   &bytes, &errors, &status, &found)) {
        if (error_is(found, ERR_STOPPED)) {
            g_propagate_error(error, g_steal_pointer(&found));
            return false;
        }
        agent_failed(diags, agent, "made no plan: %s", found->message);
    } else {
        check_status(diags, agent, status);
        if (!diags_has_errors(diags))
            read_plan(diags, agent, output, bytes, ret);
    }
    g_autofree char *said = words_of(errors);
    if (said != NULL)
        diags_add(diags, DIAG_NOTE, "agent-said", NULL, 0, 0, "agent '%s' said: %s", agent->name,
                  said);
    return true;
}

/* The guard names the program that the server saw; another one here made no plan for it. */
static bool
check_is_the_same(const AgentConfig *agent, const json_t *slice, StepEnv *env, Diags *diags)
{
    const char *guarded = json_get_string(json_object_get(slice, "agent"), "digest", NULL);
    g_autofree char *digest = NULL;
    g_autoptr(GError) found = NULL;

    if (!config_agent_digest(env->config, agent, &digest, &found))
        agent_failed(diags, agent, "cannot be started: %s", found->message);
    else if (g_strcmp0(digest, guarded) != 0)
        agent_failed(diags, agent,
                     "is not what the server saw: it was edited just now, or it is another one on "
                     "the worker's machine; plan again");
    return !diags_has_errors(diags);
}

bool
agent_run(const AgentConfig *agent, const json_t *slice, StepEnv *env, Diags *diags, json_t **ret,
          GError **error)
{
    g_autofree char *context = NULL;

    if (!check_is_the_same(agent, slice, env, diags))
        return true;
    if (!write_context(slice, &context, error))
        return false;
    bool ok = run(agent, json_object_get(slice, "entity"), context, env, diags, ret, error);
    g_unlink(context);
    return ok;
}
