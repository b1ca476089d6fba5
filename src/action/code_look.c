/* code_look.c - see code_look.h. */
#include "action/code_look.h"

#include <string.h>

/* ---- where a change stands ---- */

static bool
is_deployed_from_branch(const json_t *row, const char *repository)
{
    return g_strcmp0(json_get_string(row, "repository", NULL), repository) == 0 &&
           strcmp(json_get_string(row, "deploy", ""), "branch") == 0 &&
           json_get_string(json_object_get(row, "from"), "code", NULL) != NULL;
}

/* RunningCode, in the order of the rows; borrowed from them. */
static GArray *
running_code(const json_t *services, const char *repository)
{
    GArray *running = g_array_new(FALSE, FALSE, sizeof(RunningCode));
    json_t *row;
    size_t i;
    json_array_foreach(services, i, row)
    {
        RunningCode one = {json_get_string(row, "service", ""),
                           json_get_string(json_object_get(row, "from"), "code", NULL)};
        if (is_deployed_from_branch(row, repository))
            g_array_append_val(running, one);
    }
    return running;
}

static bool
base_of(const Repository *repository, const GArray *running, ChangeBase *ret, GError **error)
{
    return change_base(repository, (const RunningCode *) (const void *) running->data, running->len,
                       ret, error);
}

bool
code_base(const Repository *repository, const json_t *services, ChangeBase *ret, GError **error)
{
    g_autoptr(GArray) running = running_code(services, repository->address);
    return base_of(repository, running, ret, error);
}

/* ---- looking ---- */

/* Would any code that runs have to be changed? What cannot be looked at might. */
static bool
needs_change(const Repository *repository, const ChangeRules *rules, const GArray *running,
             LookTick *tick, void *data)
{
    for (guint i = 0; i < running->len; i++) {
        const RunningCode *one = &g_array_index(running, RunningCode, i);
        g_autoptr(Look) look = NULL;
        if (!look_at(repository, rules, one->commit, tick, data, &look, NULL) ||
            look->files_edited > 0)
            return true;
    }
    return false;
}

bool
code_look(const Repository *repository, const ChangeRules *rules, const json_t *services,
          LookTick *tick, void *data, Look **ret, ChangeBase *ret_base, GError **error)
{
    g_autoptr(GArray) running = running_code(services, repository->address);
    g_autoptr(GError) refused = NULL;
    g_autoptr(Look) look = NULL;
    g_auto(ChangeBase) base = {0};
    bool is_refused = !base_of(repository, running, &base, &refused);

    if (is_refused && !error_is(refused, ERR_WRONG_STATE)) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    if (!look_at(repository, rules, base.commit, tick, data, &look, error))
        return false;
    if (is_refused &&
        (look->files_edited > 0 || needs_change(repository, rules, running, tick, data))) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    *ret = g_steal_pointer(&look);
    *ret_base = base;
    base = (ChangeBase){0};
    return true;
}

/* ---- telling ---- */

void
code_put_look(const Look *look, json_t *change)
{
    json_object_set_new(change, "blobs", look_blobs(look));
    json_object_set_new(change, "counts", look_counts(look));
    json_object_set_new(change, "languages", look_languages(look));
    json_object_set_new(change, "classes", look_classes(look));
    json_object_set_new(change, "reasons", look_reasons(look));
}

void
code_put_nothing(json_t *change)
{
    json_object_set_new(change, "blobs", json_object());
    json_object_set_new(change, "counts",
                        json_pack("{s:i, s:i, s:i, s:i, s:i}", "rewritten", 0, "already", 0,
                                  "unaffected", 0, "needs_person", 0, "unparsable", 0));
    json_object_set_new(change, "languages", json_object());
    json_object_set_new(change, "classes", json_array());
    json_object_set_new(change, "reasons", json_array());
    json_object_set_new(change, "diff", json_null());
}
