/* plan_consumers.c - who reads or writes what moves, in short: for lists over all plans. */
#include "model/change_key.h"

#define REASONS_KEPT 3 /* a list shows some, the plan has all */

static int64_t
places_left(const json_t *change)
{
    const json_t *counts = json_object_get(change, "counts");
    return json_get_int(counts, "needs_person", 0) + json_get_int(counts, "unparsable", 0);
}

/* What is meant to become of it: "nothing", "change", or "person", of whom something is left to people whatever happens. */
static const char *
planned_word(const json_t *change)
{
    const json_t *coding = json_object_get(change, "coding");
    bool is_made = json_get_int(json_object_get(change, "counts"), "rewritten", 0) > 0;
    if (json_object_get(change, "problem") != NULL ||
        places_left(change) > json_get_int(coding, "sites", 0))
        return "person";
    return is_made || coding != NULL ? "change" : "nothing";
}

static void
put_reasons(json_t *line, const json_t *reasons)
{
    json_t *kept = json_array();
    for (size_t i = 0; i < json_array_size(reasons) && i < REASONS_KEPT; i++)
        json_array_append(kept, json_array_get(reasons, i));
    if (json_array_size(kept) > 0)
        json_object_set(line, "reasons", kept);
    json_decref(kept);
}

static void
put_change(json_t *line, const json_t *change)
{
    const char *agent = json_get_string(json_object_get(change, "coding"), "agent", NULL);
    json_set_string(line, "repository", json_get_string(change, "repository", NULL));
    json_set_string(line, "planned", planned_word(change));
    json_set_int(line, "rewritten",
                 json_get_int(json_object_get(change, "counts"), "rewritten", 0));
    json_set_int(line, "left", places_left(change));
    json_set_string(line, "problem", json_get_string(change, "problem", NULL));
    json_set_string(line, "host", json_get_string(change, "host", NULL));
    json_set_string(line, "coding", agent);
    if (json_object_size(json_object_get(change, "languages")) > 0)
        json_object_set(line, "languages", json_object_get(change, "languages"));
    put_reasons(line, json_object_get(change, "reasons"));
}

/* A consumer whose change is split has a line for each part, with whose files that changes. */
static json_t *
line_of_part(json_t *lines, json_t *line, const json_t *change)
{
    if (change_part(change) == NULL)
        return line;
    if (json_object_get(line, "repository") != NULL) {
        json_t *own = json_pack("{s:O, s:O, s:s}", "consumer", json_object_get(line, "consumer"),
                                "access", json_object_get(line, "access"), "planned", "nothing");
        json_array_append_new(lines, own);
        line = own;
    }
    json_set_string(line, "owner", json_get_string(change, "owner", ""));
    json_set_string(line, "key", change_key(change));
    return line;
}

/* Made when it is not there yet. */
static json_t *
line_of(json_t *lines, GHashTable *known, const char *consumer, const char *owner)
{
    json_t *line = g_hash_table_lookup(known, consumer);
    if (line != NULL)
        return line;
    line = json_pack("{s:s, s:s, s:[], s:s}", "consumer", consumer, "owner", owner, "access",
                     "planned", "nothing");
    json_array_append_new(lines, line);
    g_hash_table_insert(known, g_strdup(consumer), line);
    return line;
}

json_t *
plan_consumers(const json_t *plan)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_t *lines = json_array(), *one;
    size_t i;
    json_array_foreach(json_object_get(plan, "consumers"), i, one)
    {
        json_t *line = line_of(lines, known, json_get_string(one, "ref", ""),
                               json_get_string(one, "owner", ""));
        json_array_append_new(json_object_get(line, "access"),
                              json_string(json_get_string(one, "access", "reads")));
    }
    json_array_foreach(json_object_get(plan, "changes"), i, one)
    {
        json_t *line = line_of(lines, known, json_get_string(one, "consumer", ""),
                               json_get_string(one, "owner", ""));
        put_change(line_of_part(lines, line, one), one);
    }
    return lines;
}
