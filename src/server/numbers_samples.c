/*
 * numbers_samples.c - the numbers of all, as samples of /metrics: see numbers.h.
 *
 * Each owner's and each language's stand under names of their own, so that what adds up is never counted twice.
 */
#include "server/numbers.h"
#include "telemetry/prometheus.h"

#include <string.h>

#define OWNERS_TOLD_MAX 200 /* some thousand lines; the others are one together */
#define OTHERS "(others)"

static const struct {
    const char *group, *name, *label, *help;
} metrics[] = {
    {"ends", "honk_consumers", "end",
     "Consumers of plans that are not over, by what became of them."},
    {"sites", "honk_sites", "by", "Places in their code, by who changed them."},
    {"verified", "honk_branches", "proof", "Branches made for them, by what was proven of them."},
    {"pulls", "honk_pulls", "state", "Pull requests for them, by what became of them."},
    {"reverted", "honk_pulls_reverted", NULL,
     "Of those that were merged, how many are taken back."},
    {"agent", "honk_coding_", NULL, "Of coding agents' work for them."},
    {"judge", "honk_coding_judge_", NULL, "Of the judge's opinions beside those of the gate."},
};

/* Totals are sums of the others; what was taken back was merged, and is part of those. */
static bool
is_told_apart(const char *word)
{
    return strcmp(word, "all") == 0 || strcmp(word, "opened") == 0 || strcmp(word, "reverted") == 0;
}

static void
add_sample(GArray *samples, const Sample *sample, const char *word)
{
    if (!is_told_apart(word))
        g_array_append_vals(samples, sample, 1);
}

static void
add_samples(GArray *samples, size_t metric, json_t *words, GPtrArray *names)
{
    const char *word;
    json_t *value;
    json_object_foreach(words, word, value)
    {
        const char *label = metrics[metric].label;
        char *name = g_strconcat(metrics[metric].name, label == NULL ? word : NULL, NULL);
        Sample sample = {name,
                         metrics[metric].help,
                         label,
                         label != NULL ? word : NULL,
                         json_integer_value(value),
                         NULL,
                         NULL};
        g_ptr_array_add(names, name);
        add_sample(samples, &sample, word);
    }
}

/* ---- by owner, by language ---- */

static const struct {
    const char *part, *group, *name, *label, *help;
} part_metrics[] = {
    {"owner", "ends", "honk_owner_consumers", "end",
     "An owner's consumers, by what became of them."},
    {"owner", "sites", "honk_owner_sites", "by", "Places in an owner's code, by who changed them."},
    {"owner", "pulls", "honk_owner_pulls", "state",
     "An owner's pull requests, by what became of them."},
    {"language", "ends", "honk_language_consumers", "end",
     "Consumers with places in a language, by what became of them; one may count in several."},
    {"language", "sites", "honk_language_sites", "by",
     "Places in a language, by who changed them."},
};

static void
add_part(GArray *samples, size_t metric, const char *name, json_t *own)
{
    const char *word;
    json_t *value;
    json_object_foreach(json_object_get(own, part_metrics[metric].group), word, value)
    {
        Sample sample = {part_metrics[metric].name,
                         part_metrics[metric].help,
                         part_metrics[metric].label,
                         word,
                         json_integer_value(value),
                         part_metrics[metric].part,
                         name};
        add_sample(samples, &sample, word);
    }
}

/* `own` is added to `to`, number by number. */
static void
add_up(json_t *to, json_t *own)
{
    const char *word;
    json_t *value;
    json_object_foreach(own, word, value)
    {
        if (json_is_integer(value)) {
            json_set_int(to, word, json_get_int(to, word, 0) + json_integer_value(value));
            continue;
        }
        if (json_object_get(to, word) == NULL)
            json_object_set_new(to, word, json_object());
        add_up(json_object_get(to, word), value);
    }
}

/* The first of them, and all others as one. Caller owns. */
static json_t *
bounded(json_t *owners)
{
    json_t *told = json_object(), *others = json_object(), *own;
    const char *name;
    json_object_foreach(owners, name, own)
    {
        if (json_object_size(told) < OWNERS_TOLD_MAX)
            json_object_set(told, name, own);
        else
            add_up(others, own);
    }
    if (json_object_size(others) > 0)
        json_object_set(told, OTHERS, others);
    json_decref(others);
    return told;
}

static void
add_parts(GArray *samples, json_t *owners, json_t *languages)
{
    for (size_t i = 0; i < G_N_ELEMENTS(part_metrics); i++) {
        bool is_owner = strcmp(part_metrics[i].part, "owner") == 0;
        const char *name;
        json_t *own;
        json_object_foreach(is_owner ? owners : languages, name, own)
            add_part(samples, i, name, own);
    }
}

bool
numbers_samples(Db *db, GArray *samples, GPtrArray *names, json_t **ret_words, GError **error)
{
    const ConsumerFilter everything = {0};
    g_auto(Numbers) numbers = {0};
    if (!numbers_count(db, &everything, &numbers, error))
        return false;
    json_object_set_new(
        numbers.all, "reverted",
        json_pack("{s:O}", "", json_object_get(json_object_get(numbers.all, "pulls"), "reverted")));
    for (size_t i = 0; i < G_N_ELEMENTS(metrics); i++)
        add_samples(samples, i, json_object_get(numbers.all, metrics[i].group), names);
    json_t *owners = bounded(numbers.owners);
    add_parts(samples, owners, numbers.languages);
    *ret_words = json_pack("[O, o, O]", numbers.all, owners, numbers.languages);
    return true;
}
