/*
 * guards.c - the fingerprints in a plan, and their comparison with the world now, in sentences.
 *
 * Each guard depends on exactly one thing, so that a difference names what moved. Strategies and
 * agents carry a version: raised when the same slice would give other steps.
 */
#include "planner/guards.h"

#include "base/json_index.h"
#include "base/text.h"
#include "model/schema.h"
#include "planner/changes.h"
#include "planner/planner.h"
#include "planner/services.h"

#include <string.h>

#define STRATEGY_VERSION 1
#define AGENT_VERSION 1

static int
compare_consumers(const void *a, const void *b)
{
    const json_t *left = *(json_t *const *) a, *right = *(json_t *const *) b;
    int order = strcmp(json_get_string(left, "ref", ""), json_get_string(right, "ref", ""));
    if (order != 0)
        return order;
    return strcmp(json_get_string(left, "access", ""), json_get_string(right, "access", ""));
}

static json_t *
sorted(json_t *array, int (*compare)(const void *, const void *))
{
    size_t count = json_array_size(array);
    g_autofree json_t **items = g_new(json_t *, count + 1);
    json_t *ret = json_array();

    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(array, i);
    qsort(items, count, sizeof *items, compare);
    for (size_t i = 0; i < count; i++)
        json_array_append(ret, items[i]);
    json_decref(array);
    return ret;
}

json_t *
guards_consumers(const json_t *slice)
{
    json_t *kept = json_array(), *consumer;
    size_t i;

    json_array_foreach(json_object_get(slice, "consumers"), i, consumer)
    {
        json_t *one = json_object();
        json_set_string(one, "ref", json_get_string(consumer, "ref", ""));
        json_set_string(one, "owner", json_get_string(consumer, "owner", ""));
        json_set_string(one, "access", json_get_string(consumer, "access", "reads"));
        json_set_bool(one, "direct", json_get_bool(consumer, "direct", true));
        json_array_append_new(kept, one);
    }
    return sorted(kept, compare_consumers);
}

static json_t *
schema_guard(const json_t *schema, GError **error)
{
    g_autoptr(Schema) parsed = NULL;

    if (schema == NULL || json_is_null(schema))
        return json_null();
    if (!schema_from_json(schema, &parsed, error))
        return NULL;
    g_autofree char *fingerprint = schema_fingerprint(parsed);
    return json_string(fingerprint);
}

static json_t *
mapping_guard(const json_t *slice)
{
    const char *text = json_get_string(json_object_get(slice, "mapping"), "text", NULL);
    if (text == NULL)
        return json_null();
    g_autofree char *digest = sha256_of(text, strlen(text));
    return json_string(digest);
}

/* An agent of our own is known by its version, a program by what it consists of. Caller frees. */
static char *
agent_guard(const json_t *slice, const char *agent)
{
    const json_t *program = json_object_get(slice, "agent");
    if (strcmp(json_get_string(program, "name", ""), agent) == 0)
        return g_strdup_printf("%s@%s", agent, json_get_string(program, "digest", ""));
    return g_strdup_printf("%s@%d", agent, AGENT_VERSION);
}

/* "fixer@sha256:…", where it is let at anything. */
static void
coding_guard(const json_t *slice, json_t *guards)
{
    const json_t *coding = json_object_get(slice, "coding");
    if (!changes_any_coding(json_object_get(slice, "changes")))
        return;
    g_autofree char *text = g_strdup_printf("%s@%s", json_get_string(coding, "agent", ""),
                                            json_get_string(coding, "digest", ""));
    json_set_string(guards, "coding", text);
}

bool
guards_make(const json_t *slice, bool has_mapping, const char *strategy, const char *agent,
            json_t **ret, GError **error)
{
    g_autoptr(json_t) guards = json_object();
    g_autoptr(json_t) consumers = guards_consumers(slice);
    g_autofree char *consumers_digest = NULL;
    g_autofree char *strategy_version = g_strdup_printf("%s@%d", strategy, STRATEGY_VERSION);
    g_autofree char *agent_version = agent_guard(slice, agent);

    json_t *source = schema_guard(json_at(slice, "source.schema"), error);
    if (source == NULL)
        return false;
    json_object_set_new(guards, "source_schema", source);
    json_t *target = schema_guard(json_at(slice, "target.schema"), error);
    if (target == NULL)
        return false;
    json_object_set_new(guards, "target_schema", target);
    if (!json_digest(consumers, &consumers_digest, error))
        return false;
    json_object_set_new(guards, "mapping", has_mapping ? mapping_guard(slice) : json_null());
    json_set_string(guards, "policy",
                    json_get_string(json_object_get(slice, "policy"), "digest", ""));
    json_set_string(guards, "consumers", consumers_digest);
    json_set_string(guards, "strategy", strategy_version);
    json_set_string(guards, "agent", agent_version);
    coding_guard(slice, guards);
    if (json_object_get(slice, "changes") != NULL) {
        g_autofree char *changes = NULL;
        if (!changes_guard(json_object_get(slice, "changes"), &changes, error))
            return false;
        json_set_string(guards, "changes", changes);
    }
    *ret = g_steal_pointer(&guards);
    return true;
}

/* One schema, column by column. `name` is the address that people know. */
static void
drift_of_schema(json_t *to, const char *what, const char *name, const json_t *before,
                const json_t *now)
{
    g_autoptr(Schema) old = NULL, new = NULL;
    bool was = before != NULL && !json_is_null(before), is = now != NULL && !json_is_null(now);

    if (was != is) {
        json_say(to, was ? "%s '%s' is gone" : "%s '%s' exists now", what, name);
        return;
    }
    if (!was || json_equal((json_t *) before, (json_t *) now))
        return;
    if (!schema_from_json(before, &old, NULL) || !schema_from_json(now, &new, NULL)) {
        json_say(to, "%s '%s': its schema cannot be read", what, name);
        return;
    }
    g_autoptr(GPtrArray) differences = schema_differences(old, new);
    for (guint i = 0; i < differences->len; i++)
        json_say(to, "%s '%s': %s", what, name, (const char *) differences->pdata[i]);
}

static void
drift_of_consumers(json_t *to, const json_t *before, const json_t *now)
{
    g_autoptr(JsonIndex) old = json_index_new(before, "ref", "access");
    g_autoptr(JsonIndex) new = json_index_new(now, "ref", "access");
    json_t *consumer;
    size_t i;

    json_array_foreach(before, i, consumer) if (json_index_find(new, consumer) == NULL)
        json_say(to, "consumer '%s' %s it no more", json_get_string(consumer, "ref", ""),
                 json_get_string(consumer, "access", ""));
    json_array_foreach(now, i, consumer)
    {
        const json_t *was = json_index_find(old, consumer);
        const char *ref = json_get_string(consumer, "ref", "");
        if (was == NULL)
            json_say(to, "consumer '%s' now %s it", ref, json_get_string(consumer, "access", ""));
        else if (g_strcmp0(json_get_string(was, "owner", ""),
                           json_get_string(consumer, "owner", "")) != 0)
            json_say(to, "consumer '%s' belonged to '%s', belongs to '%s'", ref,
                     json_get_string(was, "owner", ""), json_get_string(consumer, "owner", ""));
        else if (!json_equal((json_t *) was, consumer))
            json_say(to, "consumer '%s' is now %s", ref,
                     json_get_bool(consumer, "direct", true) ? "direct" : "indirect");
    }
}

static const char *
guard(const json_t *plan, const char *name)
{
    return json_get_string(json_object_get(plan, "guards"), name, NULL);
}

/* What a guard says against the slice now; only of what the slice knows. */
static void
drift_of_words(json_t *to, const json_t *plan, const json_t *slice_now)
{
    if (json_object_get(slice_now, "mapping") != NULL && guard(plan, "mapping") != NULL) {
        g_autoptr(json_t) now = mapping_guard(slice_now);
        if (g_strcmp0(json_string_value(now), guard(plan, "mapping")) != 0)
            json_say(to, "mapping '%s' %s",
                     json_get_string(json_object_get(plan, "mapping"), "path", ""),
                     json_is_null(now) ? "is gone" : "was edited");
    }
    const char *policy = json_get_string(json_object_get(slice_now, "policy"), "digest", NULL);
    if (policy != NULL && g_strcmp0(policy, guard(plan, "policy")) != 0)
        json_say(to, "the policy in honk.yaml was edited");
}

/* A name that changed in the entity, or its recipe in this program. `versioned` is what the guard
 * should be. */
static void
drift_of_name(json_t *to, const json_t *plan, const char *what, const char *now,
              const char *versioned)
{
    const char *before = json_get_string(plan, what, "");

    if (now != NULL && strcmp(now, before) != 0)
        json_say(to, "the %s was '%s', is '%s'", what, before, now);
    else if (g_strcmp0(guard(plan, what), versioned) != 0)
        json_say(to, "the %s '%s' works differently now: it was version '%s', is '%s'", what,
                 before, guard(plan, what), versioned);
}

static void
drift_of_strategy(json_t *to, const json_t *plan, const json_t *spec)
{
    g_autofree char *versioned =
        g_strdup_printf("%s@%d", json_get_string(plan, "strategy", ""), STRATEGY_VERSION);
    drift_of_name(to, plan, "strategy", json_get_string(spec, "migration_strategy", NULL),
                  versioned);
}

/* "before@sha256:…": an agent that has no program may have such a name all the same. */
static bool
guards_program(const char *guarded, const char *before)
{
    return guarded != NULL && g_str_has_prefix(guarded, before) &&
           g_str_has_prefix(guarded + strlen(before), "@sha256:");
}

/* A program is compared only where somebody looked at it. */
static void
drift_of_agent(json_t *to, const json_t *plan, const json_t *slice_now)
{
    const char *before = json_get_string(plan, "agent", ""), *guarded = guard(plan, "agent");
    const char *now =
        json_get_string(json_at(slice_now, "entity.metadata.annotations"), "honk/agent", NULL);
    bool was_program = guards_program(guarded, before);
    bool is_named = now == NULL || strcmp(now, before) == 0;
    g_autofree char *versioned = agent_guard(slice_now, before);

    if (was_program && is_named && json_object_get(slice_now, "agent") == NULL) {
        if (json_object_get(slice_now, "entity") != NULL)
            json_say(to, "the agent '%s' is no longer in honk.yaml", before);
    } else if (was_program && is_named && g_strcmp0(guarded, versioned) != 0) {
        json_say(to, "the agent '%s' was edited: its program, or its command in honk.yaml", before);
    } else {
        drift_of_name(to, plan, "agent", now, versioned);
    }
}

/* Only where the whole world was looked at. */
static void
drift_of_coding(json_t *to, const json_t *plan, const json_t *slice_now)
{
    const json_t *coding = json_object_get(slice_now, "coding");
    g_autofree char *now = g_strdup_printf("%s@%s", json_get_string(coding, "agent", ""),
                                           json_get_string(coding, "digest", ""));
    const char *before = guard(plan, "coding");
    if (before != NULL && json_object_get(slice_now, "entity") != NULL && strcmp(before, now) != 0)
        json_say(to, "the coding agent was edited, or is another: its program, its prompt, or "
                     "honk.yaml");
}

static void
drift_of_address(json_t *to, const json_t *plan, const json_t *slice_now, const char *what)
{
    const char *before = json_get_string(json_object_get(plan, what), "url", "");
    const char *now = json_get_string(json_object_get(slice_now, what), "url", NULL);
    if (now != NULL && strcmp(before, now) != 0)
        json_say(to, "%s lay in '%s', lies in '%s'", what, before, now);
}

json_t *
plan_drift(const json_t *plan, const json_t *slice_now)
{
    json_t *differences = json_array();
    const json_t *snapshot = json_object_get(plan, "snapshot");

    drift_of_address(differences, plan, slice_now, "source");
    drift_of_address(differences, plan, slice_now, "target");
    if (json_object_get(slice_now, "source") != NULL)
        drift_of_schema(
            differences, "source", json_get_string(json_object_get(plan, "source"), "url", ""),
            json_object_get(snapshot, "source_schema"), json_at(slice_now, "source.schema"));
    if (json_object_get(slice_now, "target") != NULL)
        drift_of_schema(
            differences, "target", json_get_string(json_object_get(plan, "target"), "url", ""),
            json_object_get(snapshot, "target_schema"), json_at(slice_now, "target.schema"));
    drift_of_words(differences, plan, slice_now);
    drift_of_strategy(differences, plan, json_at(slice_now, "entity.spec"));
    drift_of_agent(differences, plan, slice_now);
    drift_of_coding(differences, plan, slice_now);
    if (json_object_get(slice_now, "consumers") != NULL) {
        g_autoptr(json_t) now = guards_consumers(slice_now);
        drift_of_consumers(differences, json_object_get(plan, "consumers"), now);
    }
    if (json_object_get(slice_now, "changes") != NULL)
        changes_drift(differences, json_object_get(plan, "changes"),
                      json_object_get(slice_now, "changes"));
    if (json_object_get(slice_now, "services") != NULL)
        services_drift(differences, json_object_get(plan, "services"),
                       json_object_get(slice_now, "services"));
    return differences;
}
