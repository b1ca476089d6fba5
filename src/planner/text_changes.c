/*
 * text_changes.c - consumers' code, for the person who is asked to say yes: what is changed where, what is left to people
 * and why, and what a way back does to it.
 */
#include "model/change_key.h"
#include "model/pace.h"
#include "planner/changes.h"

#include "base/text.h"

#include <string.h>

#define SHOWN_MAX 25       /* a page; nobody reads thousands in a terminal */
#define BACK_REASONS_MAX 5 /* the way back may never be gone */
#define REASONS_MAX 20     /* of all repositories: enough to see what kind they are */

static const char *const dispositions[] = {"rewritten", "already", "unaffected", "needs_person",
                                           "unparsable"};

static int64_t
count_of(const json_t *change, const char *disposition)
{
    return json_get_int(json_object_get(change, "counts"), disposition, 0);
}

static bool
is_left_to_people(const json_t *change)
{
    return json_object_get(change, "problem") != NULL || count_of(change, "needs_person") > 0 ||
           count_of(change, "unparsable") > 0;
}

/* "14 rewritten, 2 need a person". Caller frees. */
static char *
counts_text(const json_t *change)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(dispositions); i++) {
        int64_t count = count_of(change, dispositions[i]);
        if (count > 0)
            g_string_append_printf(text, "%s%" G_GINT64_FORMAT " %s", text->len > 0 ? ", " : "",
                                   count, dispositions[i]);
    }
    if (json_object_get(change, "problem") != NULL)
        g_string_append(text, "cannot be looked through");
    else if (text->len == 0)
        g_string_append(text, "names it nowhere");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* How it came in, and who else is let at it. Caller frees. */
static char *
notes_text(const json_t *change)
{
    bool is_scanned = strcmp(json_get_string(change, "found_by", ""), "scan") == 0;
    g_autoptr(GString) text = g_string_new(is_scanned ? "found by a scan" : "");
    if (change_coding(change) != NULL)
        g_string_append_printf(text, "%s%d to the agent", text->len > 0 ? ", " : "",
                               (int) json_get_int(change_coding(change), "sites", 0));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
print_table(TextPage *page, const json_t *changes)
{
    g_autoptr(TextTable) table = text_table_new(5);
    json_t *change;
    size_t i;
    json_array_foreach(changes, i, change)
    {
        g_autofree char *counts = counts_text(change), *notes = notes_text(change);
        if (i < SHOWN_MAX)
            text_table_row(table, is_left_to_people(change) ? STYLE_YELLOW : STYLE_PLAIN,
                           (const char *[]){change_is_made(change) ? "~" : " ",
                                            json_get_string(change, "consumer", ""),
                                            change_key(change), counts, notes});
    }
    text_table_print(table, page, 2);
    if (i > SHOWN_MAX)
        page_say(page, STYLE_DIM, "  ", "… and %zu more: `honk change list NAME` has them all",
                 i - SHOWN_MAX);
}

static void
print_total(TextPage *page, const json_t *changes)
{
    g_autofree char *summary = changes_summary(changes);
    int64_t left = 0, nothing = 0;
    json_t *change;
    size_t i;
    json_array_foreach(changes, i, change)
    {
        left += is_left_to_people(change);
        nothing += !change_is_made(change) && !is_left_to_people(change);
    }
    page_say(page, STYLE_PLAIN, "  ",
             "%s changed; %" G_GINT64_FORMAT " with places left to people; %" G_GINT64_FORMAT
             " with nothing to change",
             summary, left, nothing);
}

static void
print_reasons(TextPage *page, const json_t *changes)
{
    json_t *change, *reason;
    size_t i, r, shown = 0, all = 0;
    json_array_foreach(changes, i, change)
    {
        const char *repository = change_key(change);
        const char *problem = json_get_string(change, "problem", NULL);
        if (problem != NULL && ++all <= REASONS_MAX && ++shown)
            page_say(page, STYLE_YELLOW, "  ! ", "%s: %s", repository, problem);
        json_array_foreach(json_object_get(change, "reasons"), r, reason)
        {
            g_autofree char *place = change_reason_place(reason);
            if (++all <= REASONS_MAX && ++shown)
                page_say(page, STYLE_YELLOW, "  ! ", "%s %s: %s [%s]", repository, place,
                         json_get_string(reason, "text", ""), json_get_string(reason, "code", ""));
        }
    }
    if (all > shown)
        page_say(page, STYLE_DIM, "  ", "… and %zu more: `honk change show NAME CONSUMER`",
                 all - shown);
}

/* Where somebody wanted them apart. */
static void
print_together(TextPage *page, const json_t *changes)
{
    json_t *change, *why;
    size_t i, w;
    int shown = 0;
    json_array_foreach(changes, i, change)
        json_array_foreach(json_object_get(change, "together"), w, why) if (shown++ < REASONS_MAX)
            page_say(page, STYLE_PLAIN, "  · ",
                     "%s has files of several owners, which stay together: %s", change_key(change),
                     json_string_value(why));
}

static void
print_queries(TextPage *page, const json_t *observed)
{
    int64_t same = 0, not_run = 0, generated = 0, refused = 0;
    const char *repository;
    json_t *seen;
    json_object_foreach((json_t *) observed, repository, seen)
    {
        const json_t *queries = json_object_get(seen, "queries");
        same += json_get_int(queries, "same", 0);
        not_run += json_get_int(queries, "not_run", 0);
        generated = MAX(generated, json_get_int(queries, "generated", 0));
        refused = MAX(refused, json_get_int(queries, "refused", 0));
    }
    g_autofree char *rows =
        generated > 0 ? g_strdup_printf("%" G_GINT64_FORMAT " rows that were made up", generated)
        : refused > 0 ? g_strdup_printf("the rows of now (but for %" G_GINT64_FORMAT
                                        " that the mapping refuses)",
                                        refused)
                      : g_strdup("the rows of now");
    if (same + not_run > 0)
        page_say(page, STYLE_PLAIN, "  ",
                 "queries run over %s, as they are and as they will be: %" G_GINT64_FORMAT
                 " with the same rows, %" G_GINT64_FORMAT
                 " that cannot be run (parameters, templates, time)",
                 rows, same, not_run);
}

/* The plain way back, made and thrown away again. */
static void
print_reverts(TextPage *page, const json_t *observed)
{
    int64_t tried = 0, good = 0, shown = 0;
    const char *repository;
    json_t *seen;
    json_object_foreach((json_t *) observed, repository, seen)
    {
        const json_t *reverts = json_at(seen, "back.reverts");
        tried += reverts != NULL;
        good += json_is_true(reverts);
    }
    if (tried == 0)
        return;
    page_say(page, STYLE_PLAIN, "  · ",
             "that was tried: the commit and the one that takes it out were made and thrown away "
             "again, and %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
             " repositories are then to the byte what they are",
             good, tried);
    json_object_foreach((json_t *) observed, repository, seen)
    {
        const char *why = json_get_string(json_at(seen, "back"), "why_not", NULL);
        if (why != NULL && shown++ < BACK_REASONS_MAX)
            page_say(page, STYLE_YELLOW, "    ", "%s: %s", repository, why);
    }
}

/* The way back, as it was tried. */
static void
print_back(TextPage *page, const json_t *observed)
{
    static const char *const members[] = {"files", "same", "other", "left"};
    int64_t sums[G_N_ELEMENTS(members)] = {0};
    const char *repository;
    json_t *seen, *reason;
    size_t i, shown = 0;
    json_object_foreach((json_t *) observed, repository, seen)
    {
        const json_t *back = json_object_get(seen, "back");
        for (i = 0; i < G_N_ELEMENTS(members); i++)
            sums[i] += json_get_int(back, members[i], 0);
    }
    page_say(
        page, STYLE_PLAIN, "  · ",
        "the way back takes the branches away; one that somebody uses or added to waits for that "
        "person. What was merged is taken out again by another commit that people merge, and what "
        "came after it stays");
    print_reverts(page, observed);
    if (sums[0] == 0)
        return;
    page_say(
        page, STYLE_PLAIN, "  · ",
        "where people have changed the same lines by then, by the inverse of the mapping: tried on "
        "%" G_GINT64_FORMAT " files, of which %" G_GINT64_FORMAT
        " come back to the byte, %" G_GINT64_FORMAT " in other words, %" G_GINT64_FORMAT
        " are left to people",
        sums[0], sums[1], sums[2], sums[3]);
    json_object_foreach((json_t *) observed, repository, seen)
        json_array_foreach(json_at(seen, "back.reasons"), i, reason) if (shown++ < BACK_REASONS_MAX)
            page_say(page, STYLE_DIM, "    ", "%s %s:%d: %s", repository,
                     json_get_string(reason, "path", ""), (int) json_get_int(reason, "line", 0),
                     json_get_string(reason, "text", ""));
}

/* Who is let at what rules refused, before anybody says yes. */
static void
print_coding(TextPage *page, const json_t *changes)
{
    const json_t *coding = NULL;
    json_t *change;
    size_t i, repositories = 0;
    int64_t sites = 0;
    json_array_foreach(changes, i, change)
    {
        if (change_coding(change) == NULL)
            continue;
        coding = change_coding(change);
        repositories++;
        sites += json_get_int(coding, "sites", 0);
    }
    if (coding != NULL)
        page_say(
            page, STYLE_YELLOW, "  ! ",
            "the coding agent '%s' (door '%s', at most %d %s) is let at %" G_GINT64_FORMAT
            " places in %zu %s that rules leave to people, in a sandbox; what it writes is "
            "taken only when gate, rules, queries and the repository's own checks have nothing "
            "against it, and is left to people otherwise",
            json_get_string(coding, "agent", ""), json_get_string(coding, "door", ""),
            (int) json_get_int(coding, "rounds", 0),
            json_get_int(coding, "rounds", 0) == 1 ? "round" : "rounds", sites, repositories,
            repositories == 1 ? "repository" : "repositories");
}

static void
print_bases(TextPage *page, const json_t *changes)
{
    json_t *change;
    size_t i;
    int shown = 0;
    json_array_foreach(changes, i, change)
    {
        const json_t *upon = json_object_get(change, "upon");
        if (change_is_made(change) && upon != NULL && shown++ < SHOWN_MAX)
            page_say(page, STYLE_YELLOW, "  ! ",
                     "in %s it stands on commit %.12s, which service '%s' runs and the default "
                     "branch does not have: whoever merges this branch merges that, too",
                     change_key(change), json_get_string(upon, "commit", ""),
                     json_get_string(upon, "service", ""));
    }
}

static void
print_pace(TextPage *page, const Plan *plan)
{
    const json_t *pace = json_object_get(plan->json, "pace");
    g_autofree char *text = pace_text(pace);
    page_say(page, STYLE_PLAIN, "  · ", "%s; `honk pace` changes that while it runs", text);
    if (pace_failures_allowed(pace) > 0)
        page_say(page, STYLE_PLAIN, "  · ",
                 "one that failed is left to people, goes on reading the old dataset, and keeps it "
                 "from being "
                 "retired; who writes to it, or finds the new one under the old name, stops the "
                 "plan all the same");
}

void
changes_print(TextPage *page, const Plan *plan, const json_t *observed)
{
    const json_t *changes = json_object_get(plan->json, "changes");
    if (json_array_size(changes) == 0)
        return;
    page_heading(page, "Code");
    print_table(page, changes);
    print_total(page, changes);
    print_queries(page, observed);
    print_reasons(page, changes);
    print_together(page, changes);
    print_coding(page, changes);
    changes_print_wishes(page, changes);
    if (!changes_any(changes))
        return;
    g_autofree char *branch = plan_branch_name(plan);
    page_say(
        page, STYLE_PLAIN, "  · ",
        "each gets one commit on the branch '%s'%s, on top of its default branch; working trees, "
        "default branches and people's branches are not touched",
        branch, changes_any_part(changes) ? " (a part: and its own name)" : "");
    print_bases(page, changes);
    print_pace(page, plan);
    page_say(
        page, STYLE_PLAIN, "  · ",
        "a file with a place that is left to people stays as it is; yes to this plan is yes to "
        "that, too. `honk change show NAME CONSUMER --diff` shows every line");
    print_back(page, observed);
}
