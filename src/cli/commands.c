/* commands.c - the list of verbs, in the order of the help. To add one: a file, and two lines here.
 */
#include "cli/command.h"

#include <string.h>

/* clang-format off */
extern const Command
    cmd_init, cmd_demo, cmd_serve, cmd_doctor, cmd_login,
    cmd_apply, cmd_plan, cmd_approve, cmd_withdraw, cmd_reject,
    cmd_start, cmd_status, cmd_report, cmd_watch, cmd_logs, cmd_pause, cmd_resume, cmd_throttle, cmd_pace, cmd_limits, cmd_cancel, cmd_halt,
    cmd_retry, cmd_skip, cmd_rollback, cmd_retire,
    cmd_rollout_list, cmd_rollout_show, cmd_rollout_watch, cmd_rollout_start,
    cmd_rollout_promote, cmd_rollout_pause, cmd_rollout_resume, cmd_rollout_retry, cmd_rollout_rollback,
    cmd_catalog_list, cmd_catalog_show, cmd_catalog_check, cmd_lineage, cmd_mapping_types,
    cmd_mapping_draft, cmd_mapping_check, cmd_mapping_explain, cmd_copy, cmd_compare,
    cmd_scan, cmd_rewrite, cmd_change_list, cmd_change_show, cmd_change_numbers, cmd_agent_try, cmd_mcp, cmd_worker;

static const Command *const commands[] = {
    &cmd_init,
    &cmd_demo,
    &cmd_serve,
    &cmd_doctor,
    &cmd_login,
    &cmd_apply,
    &cmd_plan,
    &cmd_approve,
    &cmd_withdraw,
    &cmd_reject,
    &cmd_start,
    &cmd_status,
    &cmd_report,
    &cmd_watch,
    &cmd_logs,
    &cmd_pause,
    &cmd_resume,
    &cmd_throttle,
    &cmd_pace,
    &cmd_limits,
    &cmd_cancel,
    &cmd_halt,
    &cmd_retry,
    &cmd_skip,
    &cmd_rollback,
    &cmd_retire,
    &cmd_rollout_list,
    &cmd_rollout_show,
    &cmd_rollout_watch,
    &cmd_rollout_start,
    &cmd_rollout_promote,
    &cmd_rollout_pause,
    &cmd_rollout_resume,
    &cmd_rollout_retry,
    &cmd_rollout_rollback,
    &cmd_catalog_list,
    &cmd_catalog_show,
    &cmd_catalog_check,
    &cmd_lineage,
    &cmd_mapping_draft,
    &cmd_mapping_check,
    &cmd_mapping_explain,
    &cmd_mapping_types,
    &cmd_copy,
    &cmd_compare,
    &cmd_scan,
    &cmd_rewrite,
    &cmd_change_list,
    &cmd_change_show,
    &cmd_change_numbers,
    &cmd_agent_try,
    &cmd_mcp,
    &cmd_worker,
    NULL,
};
/* clang-format on */

const Command *
command_at(size_t index)
{
    return index < G_N_ELEMENTS(commands) ? commands[index] : NULL;
}

/* `honk explain` is `honk mapping explain`: what stands before the last word may be left out where no other command ends so. */
static const Command *
found_by_last(const char *word)
{
    g_autofree char *end = g_strdup_printf(" %s", word);
    const Command *found = NULL;
    for (size_t i = 0; command_at(i) != NULL; i++) {
        if (!g_str_has_suffix(commands[i]->name, end))
            continue;
        if (found != NULL)
            return NULL;
        found = commands[i];
    }
    return found;
}

const Command *
command_find(char *const *words, int count, int *ret_words)
{
    g_autofree char *two = count > 1 ? g_strdup_printf("%s %s", words[0], words[1]) : NULL;
    const Command *found = NULL;
    for (size_t i = 0; command_at(i) != NULL; i++) {
        if (two != NULL && strcmp(commands[i]->name, two) == 0) {
            *ret_words = 2;
            return commands[i];
        }
        if (strcmp(commands[i]->name, words[0]) == 0)
            found = commands[i];
    }
    *ret_words = 1;
    return found != NULL ? found : found_by_last(words[0]);
}
