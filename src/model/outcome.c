/* outcome.c - how a task ended, as JSON and back. */
#include "base/limits.h"
#include "model/lease.h"

#include <string.h>

static const char *const names[OUTCOME_COUNT] = {
    [OUTCOME_DONE] = "done",     [OUTCOME_ALREADY] = "already",
    [OUTCOME_DRIFT] = "drift",   [OUTCOME_WAIT] = "wait",
    [OUTCOME_MORE] = "more",     [OUTCOME_RELEASED] = "released",
    [OUTCOME_ERROR] = "error",   [OUTCOME_APPLIED] = "applied",
    [OUTCOME_PARTLY] = "partly", [OUTCOME_NOT_APPLIED] = "not_applied",
};

const char *
outcome_name(OutcomeKind kind)
{
    return names[kind];
}

json_t *
outcome_to_json(const Outcome *outcome)
{
    json_t *json = json_object();
    json_set_string(json, "kind", names[outcome->kind]);
    if (outcome->evidence != NULL)
        json_object_set(json, "evidence", outcome->evidence);
    if (outcome->children != NULL)
        json_object_set(json, "children", outcome->children);
    if (outcome->checkpoint != NULL)
        json_object_set(json, "checkpoint", outcome->checkpoint);
    if (outcome->frees != NULL)
        json_object_set(json, "frees", outcome->frees);
    if (outcome->signals_seen > 0)
        json_set_int(json, "signals_seen", outcome->signals_seen);
    if (outcome->kind == OUTCOME_WAIT)
        json_set_int(json, "until_ms", outcome->until_ms);
    if (outcome->kind == OUTCOME_ERROR) {
        json_t *error = json_object();
        json_set_string(error, "code", outcome->error_code);
        json_set_string(error, "message", outcome->message);
        json_object_set_new(json, "error", error);
        if (outcome->before_effect)
            json_set_bool(json, "before_effect", true);
    } else {
        json_set_string(json, "message", outcome->message);
    }
    return json;
}

void
outcome_free(Outcome *outcome)
{
    if (outcome == NULL)
        return;
    json_decref(outcome->evidence);
    json_decref(outcome->children);
    json_decref(outcome->checkpoint);
    json_decref(outcome->frees);
    g_free(outcome->error_code);
    g_free(outcome->message);
    g_free(outcome);
}

/* ---- reading ---- */

static bool
read_kind(const json_t *json, OutcomeKind *ret, GError **error)
{
    const char *name = NULL;
    if (!json_need_string(json, "kind", "outcome", &name, error))
        return false;
    for (OutcomeKind kind = 0; kind < OUTCOME_COUNT; kind++)
        if (strcmp(names[kind], name) == 0) {
            *ret = kind;
            return true;
        }
    return fail(error, ERR_INVALID,
                "outcome.kind '%s' is unknown, expected one of done, already, drift, wait, more, "
                "released, error, applied, not_applied, partly",
                name);
}

/* Names of limits: of a part, or of those that it gives back. */
static bool
check_limits(const json_t *limits, const char *what, GError **error)
{
    json_t *name;
    size_t i;
    if (limits == NULL || json_is_null(limits))
        return true;
    if (!json_is_array(limits) || json_array_size(limits) > OUTCOME_LIMITS_MAX)
        return fail(error, ERR_INVALID, "%s is no list of at most %d limits", what,
                    OUTCOME_LIMITS_MAX);
    json_array_foreach(limits, i, name)
    {
        const char *text = json_string_value(name);
        if (text == NULL || *text == '\0' || strlen(text) > NAME_BYTES_MAX ||
            strchr(text, '\n') != NULL)
            return fail(error, ERR_INVALID, "%s[%zu] is no name of a limit", what, i);
    }
    return true;
}

static bool
check_child(const json_t *child, const char *what, GHashTable *keys, GError **error)
{
    if (!json_is_object(child))
        return fail(error, ERR_INVALID, "%s is not an object", what);
    const char *key = NULL;
    if (!json_need_string(child, "key", what, &key, error))
        return false;
    if (*key == '\0' || strlen(key) > NAME_BYTES_MAX)
        return fail(error, ERR_INVALID, "%s.key has %zu bytes, expected 1 to %d", what, strlen(key),
                    NAME_BYTES_MAX);
    if (!g_hash_table_add(keys, (char *) key))
        return fail(error, ERR_INVALID, "%s.key '%s' is there twice", what, key);
    json_t *params = json_object_get(child, "params"), *weight = json_object_get(child, "weight");
    if (params != NULL && !json_is_object(params))
        return fail(error, ERR_INVALID, "%s.params is not an object", what);
    if (weight != NULL && (!json_is_integer(weight) || json_integer_value(weight) < 0))
        return fail(error, ERR_INVALID, "%s.weight is not a count", what);
    json_t *spare = json_object_get(child, "spare");
    const char *whose = json_string_value(spare);
    if (spare != NULL && (whose == NULL || *whose == '\0' || strlen(whose) > NAME_BYTES_MAX))
        return fail(error, ERR_INVALID, "%s.spare does not say whose part it is", what);
    g_autofree char *uses = g_strconcat(what, ".uses", NULL);
    return check_limits(json_object_get(child, "uses"), uses, error);
}

static bool
check_children(const json_t *children, GError **error)
{
    size_t i, count = json_array_size(children);
    json_t *child;
    if (count == 0)
        return fail(error, ERR_INVALID, "outcome.children is empty: say 'done' instead of 'more'");
    if (count > CHILDREN_PER_STEP_MAX)
        return fail(error, ERR_TOO_LARGE, "outcome.children has %zu entries, at most %d", count,
                    CHILDREN_PER_STEP_MAX);
    g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
    json_array_foreach(children, i, child)
    {
        g_autofree char *what = g_strdup_printf("outcome.children[%zu]", i);
        if (!check_child(child, what, keys, error))
            return false;
    }
    return true;
}

static bool
read_error(const json_t *json, Outcome *outcome, GError **error)
{
    json_t *object = NULL;
    const char *code = NULL, *message = NULL;
    if (!json_need_object(json, "error", "outcome", &object, error) ||
        !json_need_string(object, "code", "outcome.error", &code, error) ||
        !json_need_string(object, "message", "outcome.error", &message, error))
        return false;
    if (strcmp(error_wire_name(error_code_from_wire(code)), code) != 0)
        return fail(error, ERR_INVALID, "outcome.error.code '%s' is not one of ours", code);
    outcome->error_code = g_strdup(code);
    outcome->message = g_strdup(message);
    outcome->before_effect = json_get_bool(json, "before_effect", false);
    return true;
}

static bool
read_checkpoint(const json_t *json, Outcome *outcome, GError **error)
{
    json_t *checkpoint = json_object_get(json, "checkpoint");
    if (checkpoint == NULL || json_is_null(checkpoint))
        return true;
    if (!json_is_object(checkpoint))
        return fail(error, ERR_INVALID, "outcome.checkpoint is not an object");
    size_t bytes = json_dumpb(checkpoint, NULL, 0, JSON_COMPACT);
    if (bytes > CHECKPOINT_BYTES_MAX)
        return fail(error, ERR_TOO_LARGE, "outcome.checkpoint has %zu bytes, at most %d", bytes,
                    CHECKPOINT_BYTES_MAX);
    outcome->checkpoint = json_incref(checkpoint);
    return true;
}

static bool
read_signals_seen(const json_t *json, Outcome *outcome, GError **error)
{
    json_t *seen = json_object_get(json, "signals_seen");
    if (seen != NULL && (!json_is_integer(seen) || json_integer_value(seen) < 0))
        return fail(error, ERR_INVALID, "outcome.signals_seen is not the number of a signal");
    outcome->signals_seen = json_integer_value(seen);
    return true;
}

bool
outcome_from_json(const json_t *json, Outcome **ret, GError **error)
{
    if (!json_is_object(json))
        return fail(error, ERR_INVALID, "outcome is not an object");
    g_autoptr(Outcome) outcome = g_new0(Outcome, 1);
    if (!read_kind(json, &outcome->kind, error))
        return false;

    json_t *evidence = json_object_get(json, "evidence"), *children = NULL;
    if (evidence != NULL && !json_is_object(evidence) && !json_is_null(evidence))
        return fail(error, ERR_INVALID, "outcome.evidence is not an object");
    if (outcome->kind == OUTCOME_MORE &&
        (!json_need_array(json, "children", "outcome", &children, error) ||
         !check_children(children, error)))
        return false;
    if (outcome->kind == OUTCOME_WAIT &&
        !json_need_int(json, "until_ms", "outcome", &outcome->until_ms, error))
        return false;
    if (outcome->kind == OUTCOME_ERROR && !read_error(json, outcome, error))
        return false;
    json_t *frees = json_object_get(json, "frees");
    if (!read_checkpoint(json, outcome, error) || !read_signals_seen(json, outcome, error) ||
        !check_limits(frees, "outcome.frees", error))
        return false;
    if (json_is_array(frees))
        outcome->frees = json_incref(frees);

    if (json_is_object(evidence))
        outcome->evidence = json_incref(evidence);
    if (children != NULL)
        outcome->children = json_incref(children);
    if (outcome->message == NULL)
        outcome->message = g_strdup(json_get_string(json, "message", NULL));
    *ret = g_steal_pointer(&outcome);
    return true;
}
