/* plan_show.c - fetch a plan, check that it is what its digest says, print it. */
#include "cli/plan_show.h"

#include "cli/migration.h"
#include "cli/plan_before.h"
#include "planner/planner.h"

#include <string.h>

bool
plan_fetch(Invocation *call, const json_t *migration, json_t **ret, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    const char *id = json_get_string(migration, "id", "");
    if (!client_get(call, &answer, error, "/migrations/%s/plan", id))
        return false;
    json_t *plan = json_object_get(answer, "plan");
    *ret =
        json_pack("{s:O, s:O, s:O?}", "migration", migration, "plan", plan != NULL ? plan : answer,
                  "observations", json_object_get(answer, "observations"));
    return true;
}

/* Whoever approves must see what will run: the digest is computed here, from what is printed. */
static bool
digest_check(const Plan *plan, const json_t *migration, GError **error)
{
    const char *claimed = json_get_string(migration, "digest", "");
    if (strcmp(plan->digest, claimed) != 0)
        return fail(error, ERR_CORRUPT, "the server says that the plan is '%s', but it is '%s'",
                    claimed, plan->digest);
    return true;
}

static void
before_show(View *view, const json_t *before)
{
    const json_t *lines = json_object_get(before, "differences");
    g_autofree char *digest =
        g_strndup(json_get_string(before, "digest", "sha256:") + strlen("sha256:"), 8);
    size_t i;
    json_t *line;
    view_tone(view, TONE_STRONG, "\nSince the plan before, %s, which is %s", digest,
              json_get_string(before, "state", ""));
    if (json_array_size(lines) == 0)
        view_line(view, "  nothing changed in what would be done");
    json_array_foreach(lines, i, line) view_line(view, "  %s", json_string_value(line));
}

bool
plan_show(Invocation *call, const json_t *migration, GError **error)
{
    View *view = call->view;
    g_autoptr(json_t) all = NULL, before = NULL;
    g_autoptr(Plan) plan = NULL;
    if (!plan_fetch(call, migration, &all, error) ||
        !plan_from_json(json_object_get(all, "plan"), &plan, error) ||
        !digest_check(plan, migration, error) ||
        !plan_before(call, migration, plan->json, &before, error))
        return false;
    if (view->json) {
        if (before != NULL)
            json_object_set(all, "before", before);
        view_json(view, all);
        return true;
    }
    int width = view->is_terminal ? MIN(view_width(view), 120) : 100;
    g_autofree char *text =
        plan_text(plan, json_object_get(all, "observations"), migration, width, view->colour);
    view_raw(view, text);
    if (before != NULL)
        before_show(view, before);
    return true;
}
