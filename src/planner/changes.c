/* changes.c - see changes.h; the telling of it is text_changes.c. */
#include "planner/changes.h"

#include "base/json_index.h"
#include "base/text.h"
#include "model/change_key.h"

#include <string.h>

#define DRIFT_FILES_SHOWN_MAX 20 /* of one repository; more say nothing new */

static const char *
text_of(const json_t *change, const char *member)
{
    return json_get_string(change, member, "");
}

json_t *
changes_planned(const json_t *slice)
{
    const json_t *seen = json_object_get(slice, "changes");
    json_t *planned, *change;
    size_t i;
    if (!json_is_array(seen))
        return NULL;
    planned = json_deep_copy(seen);
    json_array_foreach(planned, i, change)
    {
        json_object_del(change, "base");
        json_object_del(change, "queries");
        json_object_del(change, "back");
    }
    return planned;
}

json_t *
changes_observed(const json_t *slice)
{
    json_t *observed = json_object(), *change;
    size_t i;
    json_array_foreach(json_object_get(slice, "changes"), i, change)
    {
        json_t *base = json_object_get(change, "base"),
               *queries = json_object_get(change, "queries"),
               *back = json_object_get(change, "back");
        json_t *seen = base != NULL ? json_copy(base) : json_object();
        if (queries != NULL)
            json_object_set(seen, "queries", queries);
        if (back != NULL)
            json_object_set(seen, "back", back);
        if (json_object_size(seen) > 0)
            json_object_set(observed, change_key(change), seen);
        json_decref(seen);
    }
    return observed;
}

/* Somebody else's repository that could not be looked through: told, but no ground for anything. */
static bool
is_guarded(const json_t *change)
{
    return json_object_get(change, "problem") == NULL ||
           strcmp(text_of(change, "found_by"), "scan") != 0;
}

bool
changes_guard(const json_t *changes, char **ret, GError **error)
{
    static const char *const members[] = {"consumer", "repository", "key", "deploy", "blobs"};
    g_autoptr(json_t) guarded = json_array();
    json_t *change;
    size_t i;
    json_array_foreach(changes, i, change)
    {
        json_t *one = json_object();
        for (size_t m = 0; m < G_N_ELEMENTS(members); m++)
            if (json_object_get(change, members[m]) != NULL)
                json_object_set(one, members[m], json_object_get(change, members[m]));
        if (is_guarded(change))
            json_array_append(guarded, one);
        json_decref(one);
    }
    return json_digest(guarded, ret, error);
}

bool
change_is_made(const json_t *change)
{
    return json_get_int(json_object_get(change, "counts"), "rewritten", 0) > 0 ||
           change_coding(change) != NULL;
}

const json_t *
change_coding(const json_t *change)
{
    return json_object_get(change, "coding");
}

bool
changes_any_coding(const json_t *changes)
{
    json_t *change;
    size_t i;
    json_array_foreach(changes, i, change) if (change_coding(change) != NULL) return true;
    return false;
}

bool
changes_any_part(const json_t *changes)
{
    json_t *change;
    size_t i;
    json_array_foreach(changes, i, change) if (change_part(change) != NULL) return true;
    return false;
}

size_t
changes_count(const json_t *changes)
{
    json_t *change;
    size_t i, count = 0;
    json_array_foreach(changes, i, change) count += change_is_made(change);
    return count;
}

bool
changes_any(const json_t *changes)
{
    return changes_count(changes) > 0;
}

bool
change_may_be_left(const Plan *plan, const char *consumer)
{
    const char *source = json_string_value(json_at(plan->json, "source.url"));
    bool reads = false, writes = false;
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(plan->json, "consumers"), i, row)
    {
        bool is_other = strcmp(text_of(row, "ref"), consumer) != 0;
        reads |= !is_other && strcmp(text_of(row, "access"), "reads") == 0;
        writes |= !is_other && strcmp(text_of(row, "access"), "reads") != 0;
    }
    return reads && !writes &&
           g_strcmp0(source, json_string_value(json_at(plan->json, "target.url"))) != 0;
}

bool
change_is_proposed(const json_t *change)
{
    return change_is_made(change) && json_object_get(change, "host") != NULL;
}

bool
change_is_built(const json_t *change)
{
    return change_is_proposed(change) && json_get_bool(change, "preflight", false);
}

bool
changes_any_built(const json_t *changes)
{
    json_t *change;
    size_t i;
    json_array_foreach(changes, i, change) if (change_is_built(change)) return true;
    return false;
}

bool
changes_any_proposed(const json_t *changes)
{
    json_t *change;
    size_t i;
    json_array_foreach(changes, i, change) if (change_is_proposed(change)) return true;
    return false;
}

json_t *
changes_labels(const json_t *changes)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_t *labels = json_array(), *change;
    size_t i;
    json_array_foreach(changes, i, change)
    {
        const char *address = text_of(change, "repository");
        g_autofree char *label =
            g_strdup_printf("repository:%.*s", (int) strcspn(address, ":"), address);
        if (change_is_made(change) && g_hash_table_add(known, g_strdup(label)))
            json_array_append_new(labels, json_string(label));
    }
    return labels;
}

/* ---- drift ---- */

static void
drift_of_blobs(json_t *to, const json_t *before, const json_t *now)
{
    json_t *was = json_object_get(before, "blobs"), *is = json_object_get(now, "blobs"), *blob;
    const char *consumer = text_of(before, "consumer"), *path;
    size_t said = 0;
    json_object_foreach(was, path, blob)
    {
        const json_t *other = json_object_get(is, path);
        if ((other == NULL || !json_equal(blob, (json_t *) other)) &&
            said++ < DRIFT_FILES_SHOWN_MAX)
            json_say(to,
                     other == NULL ? "consumer '%s': '%s' names it no more"
                                   : "consumer '%s': '%s' was edited since the plan was made",
                     consumer, path);
    }
    json_object_foreach(is, path, blob) if (json_object_get(was, path) == NULL &&
                                            said++ < DRIFT_FILES_SHOWN_MAX)
        json_say(to, "consumer '%s': '%s' names it now", consumer, path);
}

static void
drift_of_change(json_t *to, const json_t *before, const json_t *now)
{
    const char *consumer = text_of(before, "consumer"), *problem = text_of(now, "problem");
    if (*problem != '\0' && *text_of(before, "problem") == '\0')
        json_say(to, "consumer '%s': its repository '%s' cannot be looked through any more: %s",
                 consumer, change_key(before), problem);
    else
        drift_of_blobs(to, before, now);
    if (strcmp(text_of(before, "deploy"), text_of(now, "deploy")) != 0)
        json_say(to, "consumer '%s' deployed '%s', deploys '%s'", consumer,
                 text_of(before, "deploy"), text_of(now, "deploy"));
    if (strcmp(consumer, text_of(now, "consumer")) != 0)
        json_say(to, "the repository '%s' was that of '%s', is that of '%s'", change_key(before),
                 consumer, text_of(now, "consumer"));
}

void
changes_drift(json_t *to, const json_t *before, const json_t *now)
{
    g_autoptr(JsonIndex) old = json_index_new(before, "repository", "key");
    g_autoptr(JsonIndex) new = json_index_new(now, "repository", "key");
    json_t *change;
    size_t i;
    json_array_foreach(before, i, change)
    {
        const json_t *is = json_index_find(new, change);
        if (is == NULL && is_guarded(change))
            json_say(to, "consumer '%s': its repository '%s' names it no more, or is another",
                     text_of(change, "consumer"), change_key(change));
        else if (is != NULL && is_guarded(change) && is_guarded(is))
            drift_of_change(to, change, is);
    }
    json_array_foreach(now, i,
                       change) if (is_guarded(change) && json_index_find(old, change) == NULL)
        json_say(to, "consumer '%s': its repository '%s' names it now", text_of(change, "consumer"),
                 change_key(change));
}

char *
change_reason_place(const json_t *reason)
{
    const char *path = json_get_string(reason, "path", "");
    int line = (int) json_get_int(reason, "line", 0);
    return line > 0 ? g_strdup_printf("%s:%d", path, line) : g_strdup(path);
}

char *
changes_summary(const json_t *changes)
{
    json_t *change;
    int64_t repositories = 0, parts = 0, places = 0;
    const char *before = "";
    size_t i;
    json_array_foreach(changes, i, change) if (change_is_made(change))
    {
        parts++;
        repositories += strcmp(before, text_of(change, "repository")) != 0;
        before = text_of(change, "repository");
        places += json_get_int(json_object_get(change, "counts"), "rewritten", 0);
    }
    g_autofree char *count = text_count(places);
    g_autofree char *split = parts > repositories
                                 ? g_strdup_printf(" in %" G_GINT64_FORMAT " parts", parts)
                                 : g_strdup("");
    return g_strdup_printf("%" G_GINT64_FORMAT " %s%s, %s %s", repositories,
                           repositories == 1 ? "repository" : "repositories", split, count,
                           places == 1 ? "place" : "places");
}
