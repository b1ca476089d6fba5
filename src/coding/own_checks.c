/* own_checks.c - see own_checks.h. */
#include "coding/own_checks.h"

#include "coding/inside.h"

#include <string.h>

struct OwnChecks {
    CodingWork work;
    Ground ground;
    json_t *before;
};

void
own_checks_free(OwnChecks *checks)
{
    if (checks == NULL)
        return;
    ground_close(&checks->ground);
    json_decref(checks->before);
    g_free(checks);
}

bool
own_checks_open(const Config *config, const Repository *repository, Look *look, const char *verify,
                bool (*go_on)(void *data), void *data, OwnChecks **ret, GError **error)
{
    g_autoptr(OwnChecks) checks = g_new0(OwnChecks, 1);
    checks->ground = (Ground){.lock_fd = -1};
    checks->work = (CodingWork){.config = config,
                                .repository = repository,
                                .verify = verify,
                                .look = look,
                                .go_on = go_on,
                                .go_on_data = data};
    if (!ground_open(config, &checks->ground, error) ||
        !ground_lay_check(&checks->ground, &checks->work, false, error) ||
        !checks_before(&checks->work, &checks->ground, &checks->before, error))
        return false;
    *ret = g_steal_pointer(&checks);
    return true;
}

/* Caller frees. */
static char *
red_among(const json_t *checks)
{
    g_autoptr(GString) names = g_string_new(NULL);
    json_t *check;
    size_t i;
    json_array_foreach(checks, i, check)
    {
        bool was_good = strcmp(json_get_string(check, "before", ""), "passed") == 0;
        if (was_good && strcmp(json_get_string(check, "after", ""), "passed") != 0)
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
                                   json_get_string(check, "name", ""));
    }
    return names->len > 0 ? g_string_free(g_steal_pointer(&names), FALSE) : NULL;
}

bool
own_checks_run(OwnChecks *checks, json_t **ret, char **ret_red, GError **error)
{
    g_autoptr(json_t) seen = json_deep_copy(checks->before);
    g_autofree char *why = NULL;
    json_t *check;
    size_t i;
    if (!ground_lay_check(&checks->ground, &checks->work, true, error) ||
        !checks_after(&checks->work, &checks->ground, seen, &why, error))
        return false;
    json_array_foreach(seen, i, check) json_object_del(check, "needs");
    *ret_red = red_among(seen);
    *ret = g_steal_pointer(&seen);
    return true;
}
