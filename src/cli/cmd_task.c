/*
 * cmd_task.c - retry and skip: what an operator does with tasks that failed.
 *
 * Named are a migration and, if one likes, a step: all its failed tasks are meant; or one task by its id. To try again are
 * also those of which nobody could tell what became of them, and which nobody looks for any more. One part of a step, by its name,
 * is left out however it stands.
 */
#include "cli/client.h"
#include "cli/migration.h"
#include "model/change_key.h"

#include <string.h>

#define PARTS_SHOWN_MAX 10 /* of a change: a line or two */

static const Option options[] = {
    {'r', "reason", "TEXT", "why, for people; it stays in the ledger"},
    {0},
};

static bool
task_act(Invocation *call, const char *id, GError **error)
{
    g_autofree char *escaped = client_escape(id);
    g_autofree char *path = g_strdup_printf("/tasks/%s/%s", escaped, call->command->name);
    g_autoptr(json_t) body = json_object(), answer = NULL;
    json_set_string(body, "reason", invocation_option(call, "reason"));
    if (!client_call(call, "POST", path, body, &answer, error))
        return false;
    if (invocation_json(call))
        view_json_line(call->view, answer);
    const char *status = json_get_string(answer, "status", "changed");
    if (strcmp(call->command->name, "skip") == 0 && strcmp(status, "skipped") != 0)
        view_line(call->view, "%s is left out as soon as its host has heard of it", id);
    else
        view_line(call->view, "%s is %s", id, status);
    return true;
}

static bool
is_meant(const Invocation *call, const json_t *task)
{
    const char *part = invocation_arg(call, 2);
    if (part != NULL)
        return strcmp(json_get_string(task, "key", ""), part) == 0;
    if (strcmp(json_get_string(task, "status", ""), "failed") == 0)
        return true;
    return strcmp(call->command->name, "retry") == 0 &&
           strcmp(json_get_string(task, "wake_event", ""), "operator") == 0;
}

/* A step that failed for its parts is tried again by its own task, which takes them along, and left out by leaving them
 * out: of the two, one word is enough. */
static bool
goes_with_another(const Invocation *call, const json_t *items, const json_t *task)
{
    bool is_part = *json_get_string(task, "key", "") != '\0', has_other = false;
    if (invocation_arg(call, 2) != NULL)
        return false;
    const char *step = json_get_string(task, "step", "");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *other = json_array_get(items, i);
        bool other_is_part = *json_get_string(other, "key", "") != '\0';
        has_other = has_other || (strcmp(json_get_string(other, "status", ""), "failed") == 0 &&
                                  strcmp(json_get_string(other, "step", ""), step) == 0 &&
                                  other_is_part != is_part);
    }
    bool is_retry = strcmp(call->command->name, "retry") == 0;
    return has_other && is_part == is_retry &&
           strcmp(json_get_string(task, "status", ""), "failed") == 0;
}

static bool
tell_next(Invocation *call, const char *name, GError **error)
{
    g_autoptr(json_t) migration = NULL;
    if (!migration_get(call, name, &migration, error))
        return false;
    g_autofree char *next = migration_next(migration);
    if (next != NULL)
        view_tone(call->view, TONE_DIM, "next: %s", next);
    return true;
}

static bool
find_tasks(Invocation *call, const char *name, const char *step, json_t **ret, GError **error)
{
    g_autofree char *id = client_escape(name), *of_step = step != NULL ? client_escape(step) : NULL;
    const char *statuses = invocation_arg(call, 2) != NULL
                               ? "failed,unknown,ready,leased,waiting,retry_wait"
                               : "failed,unknown";
    return client_get(call, ret, error, "/migrations/%s/tasks?status=%s&limit=1000%s%s", id,
                      statuses, of_step != NULL ? "&step=" : "", of_step != NULL ? of_step : "");
}

/* "'acme:mono#identity', 'acme:mono#data'": the open parts of a change whose repository alone was named. Caller frees. */
static char *
keys_of_parts(const json_t *items, const char *address)
{
    g_autoptr(GString) keys = g_string_new(NULL);
    json_t *task;
    size_t i, shown = 0;
    json_array_foreach(items, i, task)
    {
        const char *key = json_get_string(task, "key", "");
        if (change_key_is_of(key, address) && shown++ < PARTS_SHOWN_MAX)
            g_string_append_printf(keys, "%s'%s'", keys->len > 0 ? ", " : "", key);
    }
    if (shown > PARTS_SHOWN_MAX)
        g_string_append_printf(keys, " or %zu more", shown - PARTS_SHOWN_MAX);
    return g_string_free(g_steal_pointer(&keys), FALSE);
}

static bool
fail_none_meant(Invocation *call, const json_t *items, GError **error)
{
    const char *name = invocation_arg(call, 0), *step = invocation_arg(call, 1);
    const char *part = invocation_arg(call, 2);
    invocation_hint(call, "'honk status %s' shows its steps", name);
    if (part == NULL)
        return fail(error, ERR_NOT_FOUND, "no task of '%s'%s%s%s failed", name,
                    step != NULL ? ", step '" : "", step != NULL ? step : "",
                    step != NULL ? "'," : "");
    g_autofree char *keys = keys_of_parts(items, part);
    if (*keys != '\0')
        return fail(error, ERR_NOT_FOUND,
                    "the change of '%s' comes in parts, each of which is named by itself: %s", part,
                    keys);
    return fail(error, ERR_NOT_FOUND, "step '%s' of '%s' has no part '%s' that is open", step, name,
                part);
}

static bool
cmd_task_run(Invocation *call, GError **error)
{
    const char *name = invocation_arg(call, 0), *step = invocation_arg(call, 1);
    g_autoptr(json_t) page = NULL;
    json_t *items = NULL, *task = NULL;
    size_t i = 0, meant = 0;
    if (g_str_has_prefix(name, "t-"))
        return task_act(call, name, error);
    if (!find_tasks(call, name, step, &page, error) ||
        !json_need_array(page, "items", "the server's answer", &items, error))
        return false;
    json_array_foreach(items, i, task)
    {
        if (!is_meant(call, task) || goes_with_another(call, items, task))
            continue;
        meant++;
        if (!task_act(call, json_get_string(task, "id", ""), error))
            return false;
    }
    return meant > 0 ? tell_next(call, name, error) : fail_none_meant(call, items, error);
}

const Command cmd_retry = {
    .name = "retry",
    .args = "NAME [STEP]",
    .summary = "try failed tasks again",
    .deed = "try again",
    .examples = "honk retry users-v2\nhonk retry users-v2 compare\nhonk retry t-06dy3k2m9qab12cd34",
    .options = options,
    .run = cmd_task_run,
};

const Command cmd_skip = {
    .name = "skip",
    .args = "NAME [STEP [PART]]",
    .summary = "leave failed tasks out, with a reason; only where nothing was written",
    .deed = "skip",
    .examples = "honk skip users-v2 compare --reason 'compared by hand'\n"
                "honk skip users-v2 propose acme:player --reason 'they drop it next week'",
    .options = options,
    .run = cmd_task_run,
};
