/*
 * plan_changes.c - what changed between two plans of one migration: for people who approved the
 * first and are asked about the second.
 */
#include "base/json_index.h"
#include "model/change_key.h"
#include "model/schema.h"
#include "planner/changes.h"
#include "planner/planner.h"

#include <string.h>

static void say(GPtrArray *to, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
say(GPtrArray *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(to, g_strdup_vprintf(format, args));
    va_end(args);
}

/* Members that are one word or number; the path is what people see in the JSON. */
static const char *const plain_paths[] = {
    "strategy",
    "agent",
    "owner",
    "author",
    "fleet_group",
    "source.url",
    "target.url",
    "source.ref",
    "target.ref",
    "consistency",
    "group",
    "reverse_sync",
    "throttle.rows_per_second",
    "throttle.bytes_per_second",
    "throttle.replication_lag_seconds",
    "throttle.load_percent",
    "throttle.active_sessions",
    "throttle.command",
    "mapping.path",
    "mapping.where",
    "quarantine.rows_max",
    "quarantine.share_max_ppm",
    "quarantine.said",
    "pace.max_failures",
    "pace.soak_ms",
    "pace.by_hand",
    "soak_ms",
    "rollback_window_ms",
    "retention_ms",
    NULL,
};

/* Scalars without quotes; what is absent is "nothing". Caller frees. */
static char *
shown(const json_t *value)
{
    if (json_is_string(value))
        return g_strdup_printf("'%s'", json_string_value(value));
    if (value == NULL || json_is_null(value))
        return g_strdup("nothing");
    return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
}

static bool
is_equal(const json_t *a, const json_t *b)
{
    bool no_a = a == NULL || json_is_null(a), no_b = b == NULL || json_is_null(b);
    return no_a || no_b ? no_a == no_b : json_equal((json_t *) a, (json_t *) b);
}

static void
compare_plain(GPtrArray *to, const json_t *before, const json_t *now)
{
    for (size_t i = 0; plain_paths[i] != NULL; i++) {
        const json_t *a = json_at(before, plain_paths[i]), *b = json_at(now, plain_paths[i]);
        if (is_equal(a, b))
            continue;
        g_autofree char *was = shown(a), *is = shown(b);
        say(to, "%s was %s, is %s", plain_paths[i], was, is);
    }
}

static void
compare_schema(GPtrArray *to, const char *what, const json_t *before, const json_t *now)
{
    g_autoptr(Schema) old = NULL, new = NULL;

    if (is_equal(before, now))
        return;
    if (before == NULL || json_is_null(before)) {
        say(to, "the %s exists now", what);
        return;
    }
    if (now == NULL || json_is_null(now)) {
        say(to, "the %s is gone", what);
        return;
    }
    if (!schema_from_json(before, &old, NULL) || !schema_from_json(now, &new, NULL)) {
        say(to, "the schema of the %s changed", what);
        return;
    }
    g_autoptr(GPtrArray) differences = schema_differences(old, new);
    for (guint i = 0; i < differences->len; i++)
        say(to, "%s: %s", what, (const char *) differences->pdata[i]);
}

static void
compare_columns(GPtrArray *to, const json_t *before, const json_t *now)
{
    g_autoptr(JsonIndex) old = json_index_new(before, "target", NULL);
    g_autoptr(JsonIndex) new = json_index_new(now, "target", NULL);
    json_t *column;
    size_t i;

    json_array_foreach(before, i, column) if (json_index_find(new, column) == NULL)
        say(to, "mapping: column '%s' is no longer filled", json_get_string(column, "target", ""));
    json_array_foreach(now, i, column)
    {
        const json_t *was = json_index_find(old, column);
        const char *target = json_get_string(column, "target", "");
        const char *rule = json_get_string(column, "rule", "");
        if (was == NULL)
            say(to, "mapping: column '%s' is new: %s", target, rule);
        else if (strcmp(json_get_string(was, "rule", ""), rule) != 0)
            say(to, "mapping: column '%s' was '%s', is '%s'", target,
                json_get_string(was, "rule", ""), rule);
        else if (!is_equal(json_object_get(was, "place"), json_object_get(column, "place")))
            say(to, "mapping: column '%s' was computed in the %s, is in the %s", target,
                json_get_string(was, "place", ""), json_get_string(column, "place", ""));
    }
}

static void
compare_consumers(GPtrArray *to, const json_t *before, const json_t *now)
{
    g_autoptr(JsonIndex) old = json_index_new(before, "ref", NULL);
    g_autoptr(JsonIndex) new = json_index_new(now, "ref", NULL);
    json_t *consumer;
    size_t i;

    json_array_foreach(before, i, consumer) if (json_index_find(new, consumer) == NULL)
        say(to, "consumer '%s' is gone", json_get_string(consumer, "ref", ""));
    json_array_foreach(now, i, consumer)
    {
        const json_t *was = json_index_find(old, consumer);
        if (was == NULL)
            say(to, "consumer '%s' is new: it %s, and belongs to '%s'",
                json_get_string(consumer, "ref", ""), json_get_string(consumer, "access", ""),
                json_get_string(consumer, "owner", ""));
        else if (!is_equal(was, consumer))
            say(to, "consumer '%s' changed: it %s, and belongs to '%s'",
                json_get_string(consumer, "ref", ""), json_get_string(consumer, "access", ""),
                json_get_string(consumer, "owner", ""));
    }
}

/* Caller frees. */
static char *
base_of(const json_t *change)
{
    const char *commit = json_get_string(json_object_get(change, "upon"), "commit", NULL);
    return commit != NULL ? g_strdup_printf("commit %.12s", commit)
                          : g_strdup("the default branch");
}

static void
compare_bases(GPtrArray *to, const json_t *before, const json_t *now)
{
    g_autoptr(JsonIndex) old = json_index_new(before, "repository", "key");
    json_t *change;
    size_t i;
    json_array_foreach(now, i, change)
    {
        const json_t *like = json_index_find(old, change);
        g_autofree char *was = base_of(like), *is = base_of(change);
        if (like != NULL && strcmp(was, is) != 0)
            say(to, "the change of '%s' was to stand on %s, is to stand on %s", change_key(change),
                was, is);
    }
}

/* What repositories ask for in their own files. */
static void
compare_wishes(GPtrArray *to, const json_t *before, const json_t *now)
{
    static const char *const members[] = {"not_before", "hours", "draft", "limits", "merge"};
    g_autoptr(JsonIndex) old = json_index_new(before, "repository", "key");
    json_t *change;
    size_t i;
    json_array_foreach(now, i, change)
    {
        const json_t *like = json_index_find(old, change);
        for (size_t m = 0; like != NULL && m < G_N_ELEMENTS(members); m++) {
            const json_t *a = json_object_get(like, members[m]);
            const json_t *b = json_object_get(change, members[m]);
            g_autofree char *was = shown(a), *is = shown(b);
            if (!is_equal(a, b))
                say(to, "what '%s' asks for in .honk.yaml: '%s' was %s, is %s", change_key(change),
                    members[m], was, is);
        }
    }
}

static void
compare_code(GPtrArray *to, const json_t *before, const json_t *now)
{
    g_autoptr(json_t) sentences = json_array();
    json_t *sentence;
    size_t i;

    changes_drift(sentences, before, now);
    json_array_foreach(sentences, i, sentence) say(to, "%s", json_string_value(sentence));
    compare_bases(to, before, now);
    compare_wishes(to, before, now);
}

static void
compare_steps(GPtrArray *to, const json_t *before, const json_t *now)
{
    g_autoptr(JsonIndex) old = json_index_new(before, "name", NULL);
    g_autoptr(JsonIndex) new = json_index_new(now, "name", NULL);
    json_t *step;
    size_t i;

    json_array_foreach(before, i, step) if (json_index_find(new, step) == NULL)
        say(to, "step '%s' is gone", json_get_string(step, "name", ""));
    json_array_foreach(now, i, step)
    {
        const json_t *was = json_index_find(old, step);
        const char *name = json_get_string(step, "name", "");
        if (was == NULL)
            say(to, "step '%s' is new: %s", name, json_get_string(step, "text", ""));
        else if (strcmp(json_get_string(was, "text", ""), json_get_string(step, "text", "")) != 0)
            say(to, "step '%s' was to %s, is to %s", name, json_get_string(was, "text", ""),
                json_get_string(step, "text", ""));
        else if (!is_equal(was, step))
            say(to, "step '%s' has other params", name);
    }
}

/* What has no shorter story of its own. */
static void
compare_guards(GPtrArray *to, const json_t *before, const json_t *now)
{
    static const char *const guards[] = {"policy", "strategy", "agent", "coding"};

    for (size_t i = 0; i < G_N_ELEMENTS(guards); i++) {
        g_autofree char *path = g_strconcat("guards.", guards[i], NULL);
        if (!is_equal(json_at(before, path), json_at(now, path)) &&
            is_equal(json_object_get(before, guards[i]), json_object_get(now, guards[i])))
            say(to, "the %s is another version", guards[i]);
    }
    if (to->len == 0 &&
        !is_equal(json_at(before, "guards.mapping"), json_at(now, "guards.mapping")))
        say(to, "the mapping file was edited, but says the same");
}

/* The steps of the plan before, with the names that the plan of now made up: another hash in the name of
 * a staging table is no news. */
static json_t *
steps_with_names_of(const json_t *before, const json_t *now)
{
    const char *old = json_get_string(json_object_get(before, "target"), "stage", NULL);
    const char *new = json_get_string(json_object_get(now, "target"), "stage", NULL);
    json_t *steps = json_object_get(before, "steps");
    json_t *renamed = NULL;
    if (old == NULL || new == NULL || !json_is_array(steps))
        return json_incref(steps);
    g_autofree char *text = json_compact(steps);
    g_auto(GStrv) parts = g_strsplit(text, old, -1);
    g_autofree char *joined = g_strjoinv(new, parts);
    return json_parse(joined, strlen(joined), "steps", &renamed, NULL) ? renamed
                                                                       : json_incref(steps);
}

GPtrArray *
plan_differences(const json_t *before, const json_t *now)
{
    GPtrArray *differences = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(json_t) steps = steps_with_names_of(before, now);

    compare_plain(differences, before, now);
    compare_schema(differences, "source", json_at(before, "snapshot.source_schema"),
                   json_at(now, "snapshot.source_schema"));
    compare_schema(differences, "target", json_at(before, "snapshot.target_schema"),
                   json_at(now, "snapshot.target_schema"));
    compare_columns(differences, json_at(before, "mapping.columns"),
                    json_at(now, "mapping.columns"));
    compare_consumers(differences, json_object_get(before, "consumers"),
                      json_object_get(now, "consumers"));
    compare_code(differences, json_object_get(before, "changes"), json_object_get(now, "changes"));
    compare_steps(differences, steps, json_object_get(now, "steps"));
    compare_guards(differences, before, now);
    return differences;
}
