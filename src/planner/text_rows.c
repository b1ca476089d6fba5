/*
 * text_rows.c - what becomes of rows that are written while others are copied and after the swap, for the person who is
 * asked to say yes.
 */
#include "planner/plan_text.h"

#include "base/text.h"
#include "model/throttle.h"
#include "planner/planner.h"

#include <string.h>

typedef struct {
    const char *consistency; /* as the plan has it */
    const char *sentence;    /* behind the source's address */
    bool ends_with_target;
} Meanwhile;

static const Meanwhile meanwhile[] = {
    {"frozen",
     "is frozen: its writers are refused from the freeze on, so that nothing is written that would "
     "be missing in",
     true},
    {"live",
     "is live: its writers go on while its rows are copied, what they write is copied again, and "
     "they are refused from "
     "the freeze on: for the last changes and for reading both sides",
     false},
    {"dual-write",
     "is live and dual-written: its writers go on; once its rows are copied, each of them writes "
     "to both sides in its own "
     "transaction, and both are compared in one snapshot; they are refused from the freeze on, "
     "moments before the swap",
     false},
    {"live-sync",
     "is live and synced: its writers go on while its rows are copied, what they write is read "
     "from the server's log and "
     "copied again, and they are refused from the freeze on: for the last changes and for reading "
     "both sides",
     false},
    {"snapshot",
     "is copied as it is at one moment, from a snapshot: its writers go on, and what they write "
     "afterwards is not in",
     true},
    {"checked",
     "is not frozen but checked: a change while it is read stops the plan; a later one is not in",
     true},
};

static void
print_rows_stay(Report *report)
{
    bool frozen = strcmp(plan_string(report, "consistency"), "frozen") == 0;

    page_heading(&report->page, "Rows");
    page_say(&report->page, STYLE_PLAIN, "  · ",
             "no rows move: what '%s' and '%s' hold stays as it is, and what is written to the one "
             "is not in the other",
             plan_string(report, "source.url"), plan_string(report, "target.url"));
    if (frozen)
        page_say(&report->page, STYLE_PLAIN, "  · ",
                 "'%s' is frozen: its writers are refused from the freeze on",
                 plan_string(report, "source.url"));
}

/* A plan that names no consistency has not stopped its writers: it is checked. */
static const Meanwhile *
meanwhile_of(const char *consistency)
{
    for (size_t i = 0; i < G_N_ELEMENTS(meanwhile); i++)
        if (strcmp(meanwhile[i].consistency, consistency) == 0)
            return &meanwhile[i];
    return &meanwhile[G_N_ELEMENTS(meanwhile) - 1];
}

static void
print_meanwhile(Report *report, const char *source, const char *target)
{
    const Meanwhile *words = meanwhile_of(plan_string(report, "consistency"));

    if (strcmp(words->consistency, "frozen") == 0 && strcmp(source, target) == 0)
        page_say(&report->page, STYLE_PLAIN, "  · ",
                 "'%s' is frozen: its writers are refused from the freeze until the swap, or until "
                 "all is put back",
                 source);
    else if (words->ends_with_target)
        page_say(&report->page, STYLE_PLAIN, "  · ", "'%s' %s '%s'", source, words->sentence,
                 target);
    else
        page_say(&report->page, STYLE_PLAIN, "  · ", "'%s' %s", source, words->sentence);
}

static void
print_afterwards(Report *report, const char *source, const char *target)
{
    if (json_get_bool(report->json, "reverse_sync", false))
        page_say(&report->page, STYLE_PLAIN, "  · ",
                 "rows written to '%s' after the swap come back: a rollback carries them into '%s' "
                 "by the mapping's inverse, its "
                 "writers are refused meanwhile, and both sides are compared before it goes on",
                 target, source);
    else
        page_say(&report->page, STYLE_PLAIN, "  · ",
                 "rows written to '%s' after the swap live only there: a rollback counts them, and "
                 "goes on only when a person "
                 "gives them up; they are then kept in a table beside it",
                 target);
}

void
print_rows(Report *report)
{
    if (!planner_moves_rows(report->plan)) {
        print_rows_stay(report);
        return;
    }
    const char *source = plan_string(report, "source.url"),
               *target = plan_string(report, "target.url");
    g_autofree char *throttle = throttle_text(json_object_get(report->json, "throttle"));

    page_heading(&report->page, "Rows written meanwhile and afterwards");
    print_meanwhile(report, source, target);
    if (throttle != NULL)
        page_say(&report->page, STYLE_PLAIN, "  · ", "rows move throttled: %s", throttle);
    print_afterwards(report, source, target);
}
