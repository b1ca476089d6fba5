/*
 * text_wishes.c - what repositories ask for in their own files (docs/changes.md, `.honk.yaml`), for the person who is asked to say yes:
 * one sentence each, and what of it is looked at again.
 *
 * What they keep from being changed is told as places that are left to people.
 */
#include "model/change_key.h"
#include "planner/changes.h"

#define SHOWN_MAX 25 /* a page */

/* A sentence of one change, or NULL. Caller frees. */
typedef char *Words(const json_t *change);

static char *
day_words(const json_t *change)
{
    const char *day = json_get_string(change, "not_before", NULL);
    return day != NULL ? g_strdup_printf("is not proposed before %s", day) : NULL;
}

static char *
hours_words(const json_t *change)
{
    const char *hours = json_get_string(change, "hours", NULL);
    return hours != NULL ? g_strdup_printf("is proposed in its team's hours only, %s", hours)
                         : NULL;
}

static char *
draft_words(const json_t *change)
{
    return json_get_bool(change, "draft", false) ? g_strdup("is proposed as a draft") : NULL;
}

static char *
limit_words(const json_t *change)
{
    int64_t most = json_get_int(json_object_get(change, "limits"), "pulls", 0);
    return most > 0 ? g_strdup_printf("waits while %" G_GINT64_FORMAT
                                      " changes are open there, of whatever plans",
                                      most)
                    : NULL;
}

static Words *const all_words[] = {day_words, hours_words, draft_words, limit_words};

/* How many sentences the change has; those that still have room on the page are said. */
static size_t
print_one(TextPage *page, const json_t *change, size_t said)
{
    size_t count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(all_words); i++) {
        g_autofree char *words = all_words[i](change);
        if (words != NULL && said + count++ < SHOWN_MAX)
            page_say(page, STYLE_YELLOW, "  ! ", "%s %s, as its team asks in .honk.yaml",
                     change_key(change), words);
    }
    return count;
}

/* What nobody but Honk may look at before it is merged is said to whoever says yes. */
static size_t
print_merges(TextPage *page, const json_t *changes)
{
    json_t *change;
    size_t i, count = 0;
    json_array_foreach(changes, i, change) count +=
        change_is_proposed(change) && json_object_get(change, "merge") != NULL;
    if (count > 0)
        page_say(page, STYLE_YELLOW, "  ! ",
                 "%zu %s Honk merge the change itself, as .honk.yaml and honk.yaml say: in their "
                 "team's hours, when the checks passed and nobody added a commit",
                 count, count == 1 ? "repository lets" : "repositories let");
    return count;
}

void
changes_print_wishes(TextPage *page, const json_t *changes)
{
    json_t *change;
    size_t i, said = 0;
    json_array_foreach(changes, i, change) if (change_is_proposed(change)) said +=
        print_one(page, change, said);
    if (said > SHOWN_MAX)
        page_say(page, STYLE_DIM, "  ", "… and %zu more: `honk plan NAME --json` has them all",
                 said - SHOWN_MAX);
    said += print_merges(page, changes);
    if (said > 0)
        page_say(
            page, STYLE_PLAIN, "  · ",
            "that is part of what is approved; before a change is opened or merged, .honk.yaml "
            "of its default branch is read again: a no, a later day or a draft counts then, "
            "too, and the hours are those of that moment");
}
