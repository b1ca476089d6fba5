/*
 * plan.c - a plan read from its JSON, and everything that must be true of it.
 *
 * The document order of the steps is a topological order: `after` names earlier steps only, so that
 * a plan cannot wait for itself.
 */
#include "model/plan.h"

#include "base/limits.h"
#include "base/text.h"

#include <string.h>

#define STEP_WORDS_MAX 10000 /* names in one `after`, `needs` or `uses`: as many as steps */

static void
step_free(void *data)
{
    Step *step = data;
    if (step == NULL)
        return;
    g_free(step->name);
    json_decref(step->params);
    g_clear_pointer(&step->after, g_ptr_array_unref);
    g_clear_pointer(&step->needs, g_ptr_array_unref);
    g_clear_pointer(&step->uses, g_ptr_array_unref);
    g_free(step->reverse_text);
    g_free(step->text);
    g_free(step);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Step, step_free)

void
plan_free(Plan *plan)
{
    if (plan == NULL)
        return;
    json_decref(plan->json);
    g_free(plan->digest);
    g_clear_pointer(&plan->steps, g_ptr_array_unref);
    g_free(plan);
}

int64_t
plan_rejects_allowed(const json_t *plan, int64_t rows)
{
    const json_t *budget = json_object_get(plan, "quarantine");
    int64_t rows_max = json_get_int(budget, "rows_max", 0);
    int64_t ppm = json_get_int(budget, "share_max_ppm", 0);
    int64_t by_share = rows / 1000000 * ppm + rows % 1000000 * ppm / 1000000;
    return MAX(rows_max, by_share);
}

bool
plan_may_move_none(const json_t *plan)
{
    return json_get_bool(json_object_get(plan, "quarantine"), "said", false);
}

const Step *
plan_step(const Plan *plan, const char *name)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const Step *step = g_ptr_array_index(plan->steps, i);
        if (strcmp(step->name, name) == 0)
            return step;
    }
    return NULL;
}

/* ---- one step ---- */

/* A list of different, non-empty strings; absent is empty. */
static bool
read_words(const json_t *json, const char *key, const char *what, GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    json_t *list = json_object_get(json, key), *item;
    size_t i;
    if (list != NULL && !json_is_array(list))
        return fail(error, ERR_INVALID, "%s.%s is not a list of strings", what, key);
    if (json_array_size(list) > STEP_WORDS_MAX)
        return fail(error, ERR_TOO_LARGE, "%s.%s has more than %d entries", what, key,
                    STEP_WORDS_MAX);
    json_array_foreach(list, i, item)
    {
        const char *word = json_string_value(item);
        if (word == NULL || *word == '\0')
            return fail(error, ERR_INVALID, "%s.%s[%zu] is not a name", what, key, i);
        if (!g_hash_table_add(seen, (char *) word))
            return fail(error, ERR_INVALID, "%s.%s names '%s' twice", what, key, word);
        g_ptr_array_add(words, g_strdup(word));
    }
    *ret = g_steal_pointer(&words);
    return true;
}

static bool
read_action(const json_t *json, const char *what, const ActionInfo **ret, GError **error)
{
    const char *name = NULL, *names[ACTION_COUNT + 1] = {NULL};
    if (!json_need_string(json, "action", what, &name, error))
        return false;
    const ActionInfo *action = action_info_by_name(name);
    if (action != NULL && (action->id == ACTION_PLAN || action->id == ACTION_PREFLIGHT))
        return fail(error, ERR_INVALID, "%s.action '%s' is no step: the server does it by itself",
                    what, name);
    if (action != NULL) {
        *ret = action;
        return true;
    }
    for (size_t i = 0; i < ACTION_COUNT; i++)
        names[i] = action_info((ActionId) i)->name;
    const char *nearest = text_nearest(name, names);
    if (nearest != NULL)
        return fail(error, ERR_INVALID, "%s.action '%s' is unknown, did you mean '%s'?", what, name,
                    nearest);
    g_autofree char *all = g_strjoinv(", ", (char **) names);
    return fail(error, ERR_INVALID, "%s.action '%s' is unknown, expected one of %s", what, name,
                all);
}

static bool
read_duration(const json_t *json, const char *key, const char *what, int64_t *ret, GError **error)
{
    const json_t *value = json_object_get(json, key);
    if (value != NULL && (!json_is_integer(value) || json_integer_value(value) < 0))
        return fail(error, ERR_INVALID, "%s.%s is not a number of milliseconds", what, key);
    if (ret != NULL)
        *ret = json_integer_value(value);
    return true;
}

static bool
read_step(const json_t *json, const char *what, Step **ret, GError **error)
{
    if (!json_is_object(json))
        return fail(error, ERR_INVALID, "%s is not an object", what);
    g_autoptr(Step) step = g_new0(Step, 1);
    const char *name = NULL;
    if (!json_need_string(json, "name", what, &name, error) ||
        !read_action(json, what, &step->action, error) ||
        !read_words(json, "after", what, &step->after, error) ||
        !read_words(json, "needs", what, &step->needs, error) ||
        !read_words(json, "uses", what, &step->uses, error) ||
        !read_duration(json, "deadline_ms", what, &step->deadline_ms, error))
        return false;
    if (*name == '\0' || strlen(name) > NAME_BYTES_MAX)
        return fail(error, ERR_INVALID, "%s.name has %zu bytes, expected 1 to %d", what,
                    strlen(name), NAME_BYTES_MAX);

    json_t *params = json_object_get(json, "params");
    if (params != NULL && !json_is_object(params))
        return fail(error, ERR_INVALID, "%s.params is not an object", what);
    step->name = g_strdup(name);
    step->params = params != NULL ? json_incref(params) : json_object();
    step->text = g_strdup(json_get_string(json, "text", ""));
    json_t *reverse = json_object_get(json, "reverse");
    step->reverse_text = g_strdup(json_get_string(reverse, "text", ""));
    *ret = g_steal_pointer(&step);
    return true;
}

/* ---- the whole ---- */

static bool
check_order(const Step *step, GHashTable *seen, const char *what, GError **error)
{
    for (guint i = 0; i < step->after->len; i++) {
        const char *name = g_ptr_array_index(step->after, i);
        const Step *earlier = g_hash_table_lookup(seen, name);
        if (earlier == NULL)
            return fail(error, ERR_INVALID, "%s.after names '%s', which is no earlier step", what,
                        name);
        bool is_closing = step->action->reverse == REVERSE_IMPOSSIBLE;
        if (earlier->action->reverse == REVERSE_IMPOSSIBLE && !is_closing)
            return fail(error, ERR_INVALID,
                        "%s.after names '%s', but nothing may wait for '%s': it runs after the "
                        "rollback window",
                        what, name, earlier->action->name);
    }
    if (!g_hash_table_insert(seen, step->name, (void *) step))
        return fail(error, ERR_INVALID, "%s.name '%s' is taken by an earlier step", what,
                    step->name);
    return true;
}

static bool
read_steps(const json_t *json, GPtrArray **ret, GError **error)
{
    json_t *list = NULL, *item;
    size_t i;
    if (!json_need_array(json, "steps", "plan", &list, error))
        return false;
    if (json_array_size(list) == 0)
        return fail(error, ERR_INVALID, "plan.steps is empty: a plan must do something");
    if (json_array_size(list) > PLAN_STEPS_MAX)
        return fail(error, ERR_TOO_LARGE, "plan.steps has %zu entries, at most %d are possible",
                    json_array_size(list), PLAN_STEPS_MAX);

    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(step_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    json_array_foreach(list, i, item)
    {
        g_autofree char *what = g_strdup_printf("plan.steps[%zu]", i);
        Step *step = NULL;
        if (!read_step(item, what, &step, error))
            return false;
        g_ptr_array_add(steps, step);
        if (!check_order(step, seen, what, error))
            return false;
    }
    *ret = g_steal_pointer(&steps);
    return true;
}

static bool
check_constant(const json_t *json, const char *key, const char *expected, GError **error)
{
    const char *value = NULL;
    if (!json_need_string(json, key, "plan", &value, error))
        return false;
    if (strcmp(value, expected) != 0)
        return fail(error, ERR_INVALID, "plan.%s is '%s', expected '%s'", key, value, expected);
    return true;
}

bool
plan_from_json(const json_t *json, Plan **ret, GError **error)
{
    if (!json_is_object(json))
        return fail(error, ERR_INVALID, "plan is not an object");
    const char *name = NULL;
    g_autoptr(Plan) plan = g_new0(Plan, 1);
    if (!check_constant(json, "apiVersion", "honk/v1", error) ||
        !check_constant(json, "kind", "Plan", error) ||
        !json_need_string(json, "name", "plan", &name, error) ||
        !read_duration(json, "soak_ms", "plan", NULL, error) ||
        !read_duration(json, "rollback_window_ms", "plan", NULL, error) ||
        !read_duration(json, "retention_ms", "plan", NULL, error) ||
        !read_steps(json, &plan->steps, error))
        return false;
    if (!json_digest(json, &plan->digest, error))
        return fail_in(error, "plan '%s'", name);
    plan->json = json_incref((json_t *) json);
    *ret = g_steal_pointer(&plan);
    return true;
}

/* A name of an entity has nothing that git refuses in a branch, but for two dots in a row. */
char *
plan_branch_name(const Plan *plan)
{
    const char *migration = json_get_string(plan->json, "migration", "");
    const char *slash = strrchr(migration, '/'), *hex = strchr(plan->digest, ':');
    g_auto(GStrv) parts = g_strsplit(slash != NULL ? slash + 1 : migration, "..", -1);
    g_autofree char *name = g_strjoinv("--", parts);
    return g_strdup_printf(PLAN_BRANCH_PREFIX "%s-%.8s", name,
                           hex != NULL ? hex + 1 : plan->digest);
}
