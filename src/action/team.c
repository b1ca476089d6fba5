/* team.c - see team.h. */
#include "action/team.h"

#define WISHES_READ_MAX ((size_t) 64 * 1024)

bool
team_wishes(const Proposal *proposal, Wishes **ret, GError **error)
{
    static const char *const paths[] = {WISHES_PATH, NULL};
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (!repository_first(proposal->place.repository, proposal->head, paths, WISHES_READ_MAX, &text,
                          &bytes, error))
        return false;
    *ret = text != NULL ? wishes_parse(text, bytes) : NULL;
    return true;
}

/* Of any of the files that change; NULL: nothing is said against them. Caller frees. */
static bool
find_no(const Proposal *proposal, const Wishes *wishes, char **ret, GError **error)
{
    const BranchState *local = &proposal->local;
    g_autoptr(GHashTable) paths = NULL;
    GHashTableIter iter;
    void *path;
    *ret = NULL;
    if (wishes == NULL || local->ours == NULL)
        return true;
    if (!repository_differing(proposal->place.repository, local->base, local->ours, &paths, error))
        return false;
    g_hash_table_iter_init(&iter, paths);
    while (*ret == NULL && g_hash_table_iter_next(&iter, &path, NULL))
        *ret = wishes_against(wishes, path);
    return true;
}

bool
team_lets(const Proposal *proposal, const Wishes *wishes, GError **error)
{
    g_autofree char *no = NULL;
    if (!find_no(proposal, wishes, &no, error))
        return false;
    return no == NULL ||
           fail(error, ERR_WRONG_STATE,
                "consumer '%s': nothing of its change is shown in '%s', because its team says no "
                "on '%s' by now: %s; retry when they let it, or skip this repository",
                proposal->place.name.consumer, proposal->place.repository->address, proposal->base,
                no);
}

int64_t
team_first_day_ms(const Proposal *proposal, const Wishes *wishes)
{
    const char *planned = json_get_string(proposal->place.change, "not_before", NULL);
    const char *now = wishes != NULL ? wishes->not_before : NULL;
    int64_t planned_ms = planned != NULL ? wishes_day_ms(planned) : 0;
    int64_t now_ms = now != NULL ? wishes_day_ms(now) : 0;
    return MAX(planned_ms, now_ms);
}

bool
team_wants_draft(const Proposal *proposal, bool *ret, GError **error)
{
    g_autoptr(Wishes) wishes = NULL;
    if (!team_wishes(proposal, &wishes, error))
        return false;
    *ret = proposal->config->is_draft || json_get_bool(proposal->place.change, "draft", false) ||
           (wishes != NULL && wishes->is_draft);
    return true;
}
