/* brake.c - see brake.h. */
#include "action/brake.h"

#include "base/child.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_BYTES_MAX 4096 /* a number, or a sentence */
#define SAID_BYTES_MAX 120    /* of it, for people */
#define MEMORY_MIB 1024       /* a script that asks something a question */

/* ---- stores ---- */

/* The greatest among a store and those that belong to it; what tells nothing counts as 0. */
static bool
gauge_store(StepEnv *env, const StoreConfig *store, Gauge gauge, int64_t *ret, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    int64_t value = 0;
    if (!conn_open(store, &conn, error))
        return false;
    if (conn_can_gauge(conn) && !conn_gauge(conn, gauge, &value, error))
        return false;
    *ret = MAX(*ret, value);
    for (char **name = store->replicas; gauge == GAUGE_LAG_MS && name != NULL && *name != NULL;
         name++) {
        const StoreConfig *replica = config_store(env->config, *name);
        g_assert(replica != NULL); /* config_read() has checked it */
        if (replica->replicas == NULL && !gauge_store(env, replica, gauge, ret, error))
            return false;
    }
    return true;
}

static bool
gauge_both(const Move *move, Gauge gauge, int64_t *ret, GError **error)
{
    *ret = 0;
    return gauge_store(move->env, move->target_store, gauge, ret, error) &&
           (move->source_store == move->target_store ||
            gauge_store(move->env, move->source_store, gauge, ret, error));
}

static char *
lag_reason(const Move *move, int64_t limit)
{
    g_autoptr(GError) error = NULL;
    int64_t lag_ms = 0;
    if (!gauge_both(move, GAUGE_LAG_MS, &lag_ms, &error))
        return g_strdup_printf("the replication lag cannot be measured: %s", error->message);
    if (lag_ms <= limit * 1000)
        return NULL;
    g_autofree char *is = text_duration(lag_ms), *most = text_duration(limit * 1000);
    return g_strdup_printf("replication lag %s > %s", is, most);
}

static char *
sessions_reason(const Move *move, int64_t limit)
{
    g_autoptr(GError) error = NULL;
    int64_t sessions = 0;
    if (!gauge_both(move, GAUGE_SESSIONS, &sessions, &error))
        return g_strdup_printf("the active sessions cannot be counted: %s", error->message);
    return sessions <= limit
               ? NULL
               : g_strdup_printf("active sessions %" G_GINT64_FORMAT " > %" G_GINT64_FORMAT,
                                 sessions, limit);
}

/* ---- the machine ---- */

static char *
load_reason(int64_t limit)
{
    double load = 0;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (getloadavg(&load, 1) != 1)
        return g_strdup("the load of the worker's machine is unknown");
    int64_t percent = (int64_t) (load * 100) / MAX(cores, 1);
    return percent <= limit ? NULL
                            : g_strdup_printf("load of the worker's machine %" G_GINT64_FORMAT
                                              " %% > %" G_GINT64_FORMAT " %%",
                                              percent, limit);
}

/* ---- a command ---- */

/* The first line, short and harmless. Caller frees. */
static char *
first_line(const char *text)
{
    g_autofree char *line = g_strndup(text, strcspn(text, "\n"));
    g_autofree char *valid = g_utf8_make_valid(g_strstrip(line), -1);
    g_autofree char *shown = text_printable(valid);
    return g_utf8_strlen(shown, -1) > SAID_BYTES_MAX ? g_utf8_substring(shown, 0, SAID_BYTES_MAX)
                                                     : g_steal_pointer(&shown);
}

static char *
number_reason(const ThrottleCommand *command, const char *said)
{
    char *end = NULL;
    double number = g_ascii_strtod(said, &end);
    if (end == said || *end != '\0')
        return g_strdup_printf("command '%s' printed '%s', expected a number", command->name, said);
    return number <= command->at_most
               ? NULL
               : g_strdup_printf("command '%s': %s > %d", command->name, said, command->at_most);
}

static char *
answer_reason(const ThrottleCommand *command, const char *output, int status)
{
    g_autofree char *said = first_line(output);
    if (WIFSIGNALED(status))
        return g_strdup_printf("command '%s' was ended by signal %d", command->name,
                               WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return *said != '\0' ? g_strdup_printf("command '%s': %s", command->name, said)
                             : g_strdup_printf("command '%s' says so (exit status %d)",
                                               command->name, WEXITSTATUS(status));
    return command->at_most >= 0 ? number_reason(command, said) : NULL;
}

static bool
goes_on(void *data)
{
    StepEnv *env = data;
    return env->tick(env, 0, 0, "rows", "asks whether rows may move");
}

static char *
command_reason(const Move *move, const char *name)
{
    const Config *config = move->env->config;
    const ThrottleCommand *command = config_throttle_command(config, name);
    g_autofree char *output = NULL, *errors = NULL;
    g_autoptr(GError) error = NULL;
    size_t bytes = 0;
    int status = 0;
    if (command == NULL)
        return g_strdup_printf("honk.yaml of this worker has no throttle command '%s'", name);
    g_auto(GStrv) argv = config_command(config, command->command);
    const ChildSpec spec = {.argv = (const char *const *) argv,
                            .cwd = config->folder,
                            .dies_with_us = true,
                            .new_session = true,
                            .memory_mib = MEMORY_MIB,
                            .go_on = goes_on,
                            .go_on_data = move->env};
    if (!child_run(&spec, "", 0, OUTPUT_BYTES_MAX, (int) command->deadline_ms, &output, &bytes,
                   &errors, &status, &error))
        return g_strdup_printf("command '%s': %s", name, error->message);
    return answer_reason(command, output, status);
}

char *
brake_reason(const Move *move, const json_t *throttle)
{
    int64_t lag = throttle_limit(throttle, THROTTLE_LAG);
    int64_t load = throttle_limit(throttle, THROTTLE_LOAD);
    int64_t sessions = throttle_limit(throttle, THROTTLE_SESSIONS);
    const char *command = throttle_command(throttle);
    char *reason = NULL;
    if (load > 0) /* the cheapest first */
        reason = load_reason(load);
    if (reason == NULL && lag > 0)
        reason = lag_reason(move, lag);
    if (reason == NULL && sessions > 0)
        reason = sessions_reason(move, sessions);
    if (reason == NULL && command != NULL)
        reason = command_reason(move, command);
    return reason;
}
