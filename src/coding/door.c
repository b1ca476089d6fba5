/* door.c - what all doors share: the box that an agent's program is started in, and how its end is told. */
#include "base/text.h"
#include "coding/inside.h"

#include <string.h>

BoxLimits
coding_limits(const CodingAgentConfig *agent)
{
    BoxLimits limits = BOX_LIMITS_DEFAULT;
    if (agent == NULL)
        return limits;
    limits.time_ms = (int) agent->deadline_ms;
    limits.memory_mib = agent->memory_mib;
    limits.processes = agent->processes;
    limits.disk_mib = agent->disk_mib;
    return limits;
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

void
turn_end_clear(TurnEnd *end)
{
    g_free(end->end);
    g_free(end->said);
    g_free(end->transcript);
    json_decref(end->usage);
}

/* ---- the box ---- */

/* The command with files of honk.yaml's folder as absolute paths; these files can be read in the box. */
static void
set_command(const CodingWork *work, const char *honk, DoorBox *door)
{
    g_autoptr(GStrvBuilder) files = g_strv_builder_new();
    door->command = g_strdupv(work->agent->command);
    for (size_t i = 0; door->command[i] != NULL; i++) {
        bool is_looked_up = i == 0 && strchr(door->command[0], '/') == NULL;
        g_autofree char *path = g_canonicalize_filename(door->command[i], work->config->folder);
        if (is_looked_up || !g_file_test(path, G_FILE_TEST_IS_REGULAR))
            continue;
        g_free(door->command[i]);
        door->command[i] = g_steal_pointer(&path);
        g_strv_builder_add(files, door->command[i]);
    }
    if (honk != NULL)
        g_strv_builder_add(files, honk);
    const GPtrArray *readable = work->agent->readable;
    for (guint i = 0; readable != NULL && i < readable->len; i++)
        g_strv_builder_add(files, readable->pdata[i]);
    door->files = g_strv_builder_end(files);
}

void
door_box(const Turn *turn, DoorBox *ret)
{
    const CodingWork *work = turn->work;
    char **more = work->agent->environment;
    *ret = (DoorBox){.round = g_strdup_printf("HONK_ROUND=%d", turn->round),
                     .env = g_ptr_array_new(),
                     .own = g_ptr_array_new_with_free_func(g_free)};
    if (turn->ground->honk != NULL)
        ret->program = g_strconcat("HONK_PROGRAM=", turn->ground->honk, NULL);
    set_command(work, turn->ground->honk, ret);
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        g_ptr_array_add(ret->env, more[i]);
    g_ptr_array_add(ret->env, ret->round);
    if (ret->program != NULL)
        g_ptr_array_add(ret->env, ret->program);
    g_ptr_array_add(ret->env, NULL);
    ret->spec = (BoxSpec){.argv = (const char *const *) ret->command,
                          .folder = turn->ground->tree,
                          .readable = (const char *const *) ret->files,
                          .brief = turn->ground->brief,
                          .env = (const char *const *) ret->env->pdata,
                          .limits = coding_limits(work->agent),
                          .is_open = work->config->coding.runs_unboxed,
                          .go_on = work->go_on,
                          .go_on_data = work->go_on_data};
}

void
door_box_clear(DoorBox *door)
{
    g_strfreev(door->command);
    g_strfreev(door->files);
    g_free(door->round);
    g_free(door->program);
    g_clear_pointer(&door->env, g_ptr_array_unref);
    g_clear_pointer(&door->own, g_ptr_array_unref);
    door_box_end(door, NULL, NULL);
}
