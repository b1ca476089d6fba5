/* door_exec.c - any command: the prompt on its standard input, and what it leaves in the tree is its answer. */
#include "base/text.h"
#include "coding/inside.h"

#include <string.h>

BoxLimits
coding_limits(const CodingAgentConfig *agent)
{
    BoxLimits limits = BOX_LIMITS_DEFAULT;
    limits.time_ms = (int) agent->deadline_ms;
    limits.memory_mib = agent->memory_mib;
    limits.processes = agent->processes;
    limits.disk_mib = agent->disk_mib;
    return limits;
}

char **
coding_command(const CodingWork *work, char ***ret_files)
{
    g_autoptr(GStrvBuilder) files = g_strv_builder_new();
    char **command = g_strdupv(work->agent->command);
    for (size_t i = 0; command[i] != NULL; i++) {
        bool is_looked_up = i == 0 && strchr(command[0], '/') == NULL;
        g_autofree char *path = g_canonicalize_filename(command[i], work->config->folder);
        if (is_looked_up || !g_file_test(path, G_FILE_TEST_IS_REGULAR))
            continue;
        g_free(command[i]);
        command[i] = g_steal_pointer(&path);
        g_strv_builder_add(files, command[i]);
    }
    *ret_files = g_strv_builder_end(files);
    return command;
}

char *
coding_words(const char *text, size_t bytes_max)
{
    size_t bytes = text != NULL ? strlen(text) : 0;
    g_autofree char *end = g_utf8_make_valid(bytes > bytes_max ? text + bytes - bytes_max
                                             : bytes > 0       ? text
                                                               : "",
                                             -1);
    g_strchomp(end);
    for (char *at = end; *at != '\0'; at++)
        if (((unsigned char) *at < ' ' && *at != '\n' && *at != '\t') || *at == 0x7f)
            *at = '?'; /* no escape sequence of it reaches a terminal */
    return g_steal_pointer(&end);
}

bool
door_exec(const Turn *turn, char **ret_end, char **ret_said, GError **error)
{
    const CodingWork *work = turn->work;
    g_autofree char *round = g_strdup_printf("HONK_ROUND=%d", turn->round);
    g_auto(GStrv) files = NULL;
    g_auto(GStrv) command = coding_command(work, &files);
    g_autoptr(GPtrArray) env = g_ptr_array_new();
    g_auto(BoxResult) result = {0};
    for (size_t i = 0; work->agent->environment != NULL && work->agent->environment[i] != NULL; i++)
        g_ptr_array_add(env, work->agent->environment[i]);
    g_ptr_array_add(env, round);
    g_ptr_array_add(env, NULL);
    BoxSpec spec = {.argv = (const char *const *) command,
                    .folder = turn->ground->tree,
                    .readable = (const char *const *) files,
                    .brief = turn->ground->brief,
                    .env = (const char *const *) env->pdata,
                    .limits = coding_limits(work->agent),
                    .is_open = work->config->coding.runs_unboxed,
                    .go_on = work->go_on,
                    .go_on_data = work->go_on_data};
    if (!box_run(&spec, turn->prompt, strlen(turn->prompt), &result, error))
        return false;
    g_autofree char *output = coding_words(result.output, CODING_SAID_BYTES_MAX / 2),
                    *errors = coding_words(result.errors, CODING_SAID_BYTES_MAX / 2);
    *ret_said = g_strjoin(*output != '\0' && *errors != '\0' ? "\n" : "", output, errors, NULL);
    *ret_end = g_steal_pointer(&result.end);
    return true;
}
