/* plan_before.c - the plan that a migration had before this one, and what is different now. */
#include "cli/plan_before.h"

#include "cli/migration.h"
#include "cli/plan_show.h"
#include "planner/planner.h"

#include <string.h>

#define LOOK_BACK 20 /* plans; drafts that never became one are among them */

/* The newest one made before it that became a plan; NULL when there is none. Borrowed. */
static const json_t *
find_before(const json_t *items, const json_t *migration)
{
    size_t i;
    json_t *item;
    bool is_behind = false;
    const char *id = json_get_string(migration, "id", "");
    const char *of = json_get_string(migration, "migration", "");
    json_array_foreach(items, i, item)
    {
        bool is_same = strcmp(json_get_string(item, "migration", ""), of) == 0;
        if (is_behind && is_same && json_get_string(item, "digest", NULL) != NULL)
            return item;
        is_behind = is_behind || strcmp(json_get_string(item, "id", ""), id) == 0;
    }
    return NULL;
}

static json_t *
differences_json(const json_t *before, const json_t *now)
{
    g_autoptr(GPtrArray) lines = plan_differences(before, now);
    json_t *list = json_array();
    for (guint i = 0; i < lines->len; i++)
        json_array_append_new(list, json_string(g_ptr_array_index(lines, i)));
    return list;
}

bool
plan_before(Invocation *call, const json_t *migration, const json_t *plan, json_t **ret,
            GError **error)
{
    g_autoptr(json_t) page = NULL, all = NULL;
    g_autofree char *name = client_escape(migration_name(migration));
    *ret = NULL;
    if (!client_get(call, &page, error, "/migrations?q=%s&limit=%d", name, LOOK_BACK))
        return false;
    const json_t *before = find_before(json_object_get(page, "items"), migration);
    if (before == NULL)
        return true;
    if (!plan_fetch(call, before, &all, error))
        return false;
    *ret = json_pack("{s:s, s:s, s:s, s:o}", "id", json_get_string(before, "id", ""), "digest",
                     json_get_string(before, "digest", ""), "state",
                     json_get_string(before, "state", ""), "differences",
                     differences_json(json_object_get(all, "plan"), plan));
    return true;
}
