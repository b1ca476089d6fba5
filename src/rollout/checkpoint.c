/* checkpoint.c - a rollout as JSON and back, by one table of its members. */
#include "rollout/rollout.h"

typedef enum { MEMBER_INT, MEMBER_INT64, MEMBER_BOOL, MEMBER_TEXT, MEMBER_JSON } MemberKind;

typedef struct {
    const char *key;
    MemberKind kind;
    size_t offset;
} Member;

#define M(name, kind)                                                                              \
    {                                                                                              \
#name, MEMBER_##kind, offsetof(Rollout, name)                                              \
    }
static const Member members[] = {
    M(step, INT),
    M(wanted, INT),
    M(to, TEXT),
    M(from, TEXT),
    M(old_count, INT),
    M(old_ready, INT),
    M(old_ids, JSON),
    M(is_saved, BOOL),
    M(began_ms, INT64),
    M(since_ms, INT64),
    M(ended_ms, INT64),
    M(deadline_ms, INT64),
    M(bake_until_ms, INT64),
    M(answer_by_ms, INT64),
    M(next_check_ms, INT64),
    M(failed_ms, INT64),
    M(safe_ms, INT64),
    M(best, INT),
    M(fails, INT),
    M(unclear, INT),
    M(at_gate, BOOL),
    M(restarts, INT),
    M(tries, INT),
    M(ready_since, JSON),
    M(proven, JSON),
    M(code, TEXT),
    M(why, TEXT),
    M(completion, TEXT),
    M(history, JSON),
    M(checks, JSON),
};
#undef M

#define AT(rollout, member, type) (*(type *) ((char *) (rollout) + (member)->offset))

Rollout *
rollout_new(const char *to, int wanted, int64_t now_ms)
{
    Rollout *rollout = g_new0(Rollout, 1);
    rollout->to = g_strdup(to);
    rollout->wanted = wanted;
    rollout->began_ms = rollout->since_ms = now_ms;
    rollout->old_ids = json_array();
    rollout->ready_since = json_object();
    rollout->proven = json_object();
    rollout->history = json_array();
    rollout->checks = json_array();
    return rollout;
}

void
rollout_free(Rollout *rollout)
{
    if (rollout == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        if (members[i].kind == MEMBER_TEXT)
            g_free(AT(rollout, &members[i], char *));
        if (members[i].kind == MEMBER_JSON)
            json_decref(AT(rollout, &members[i], json_t *));
    }
    g_free(rollout);
}

static void
member_to_json(const Rollout *rollout, const Member *member, json_t *json)
{
    switch (member->kind) {
    case MEMBER_INT:
        json_set_int(json, member->key, AT(rollout, member, int));
        break;
    case MEMBER_INT64:
        json_set_int(json, member->key, AT(rollout, member, int64_t));
        break;
    case MEMBER_BOOL:
        json_set_bool(json, member->key, AT(rollout, member, bool));
        break;
    case MEMBER_TEXT:
        json_set_string(json, member->key, AT(rollout, member, char *));
        break;
    case MEMBER_JSON:
        json_object_set(json, member->key, AT(rollout, member, json_t *));
        break;
    }
}

static bool
member_from_json(Rollout *rollout, const Member *member, const json_t *json, GError **error)
{
    json_t *value = json_object_get(json, member->key);

    switch (member->kind) {
    case MEMBER_INT:
        AT(rollout, member, int) = (int) json_integer_value(value);
        break;
    case MEMBER_INT64:
        AT(rollout, member, int64_t) = json_integer_value(value);
        break;
    case MEMBER_BOOL:
        AT(rollout, member, bool) = json_is_true(value);
        break;
    case MEMBER_TEXT:
        g_free(AT(rollout, member, char *));
        AT(rollout, member, char *) = g_strdup(json_string_value(value));
        break;
    case MEMBER_JSON:
        if (value == NULL || json_typeof(value) != json_typeof(AT(rollout, member, json_t *)))
            return fail(error, ERR_CORRUPT, "the rollout's checkpoint has no '%s'", member->key);
        json_decref(AT(rollout, member, json_t *));
        AT(rollout, member, json_t *) = json_deep_copy(value);
        break;
    }
    return true;
}

json_t *
rollout_to_json(const Rollout *rollout)
{
    json_t *json = json_object();

    json_set_string(json, "state", rollout_state_name(rollout->state));
    json_set_string(json, "left", rollout_state_name(rollout->left));
    json_set_string(json, "verdict", verdict_name(rollout->verdict));
    json_set_string(json, "unclear_kind", verdict_name(rollout->unclear_kind));
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        member_to_json(rollout, &members[i], json);
    json_object_set_new(json, "allowed_actions", rollout_allowed(rollout));
    return json;
}

static Verdict
verdict_from_name(const char *name)
{
    for (int i = 0; i < VERDICT_COUNT; i++)
        if (g_strcmp0(verdict_name((Verdict) i), name) == 0)
            return (Verdict) i;
    return VERDICT_PASS;
}

bool
rollout_from_json(const json_t *json, Rollout **ret, GError **error)
{
    g_autoptr(Rollout) rollout = rollout_new(NULL, 0, 0);
    const char *state = json_get_string(json, "state", NULL);

    if (!rollout_state_from_name(state, &rollout->state) ||
        !rollout_state_from_name(json_get_string(json, "left", NULL), &rollout->left))
        return fail(error, ERR_CORRUPT, "the rollout's checkpoint has no known state ('%s')",
                    state != NULL ? state : "");
    rollout->verdict = verdict_from_name(json_get_string(json, "verdict", NULL));
    rollout->unclear_kind = verdict_from_name(json_get_string(json, "unclear_kind", NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (!member_from_json(rollout, &members[i], json, error))
            return false;
    *ret = g_steal_pointer(&rollout);
    return true;
}
