/*
 * text_approval.c - what exactly is approved: the plan's digest, who has said yes to it, and what makes it stale.
 */
#include "planner/plan_text.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

#define DIGEST_SHOWN 12 /* hex digits: enough to tell plans apart by eye */

/* The last part of a ref: "users-v1". */
static const char *
short_name(const char *ref)
{
    return text_behind_slash(ref);
}

/* "0a1b2c3d4e5f" of a digest. Caller frees. */
static char *
short_digest(const char *digest)
{
    const char *hex = strchr(digest, ':');
    return g_strndup(hex != NULL ? hex + 1 : digest, DIGEST_SHOWN);
}

void
print_guards(Report *report)
{
    static const char *const guards[][2] = {
        {"source_schema", "source schema"},
        {"target_schema", "target schema"},
        {"mapping", "mapping"},
        {"policy", "policy"},
        {"consumers", "consumers"},
        {"strategy", "strategy"},
        {"agent", "agent"},
        {"coding", "coding agent"},
        {"changes", "consumers' code"},
        {"services", "services"},
    };
    g_autoptr(TextTable) table = text_table_new(2);

    page_heading(&report->page, "Stale as soon as one of these changes");
    for (size_t i = 0; i < G_N_ELEMENTS(guards); i++) {
        const char *value =
            json_get_string(json_object_get(report->json, "guards"), guards[i][0], NULL);
        if (value == NULL &&
            json_object_get(json_object_get(report->json, "guards"), guards[i][0]) == NULL)
            continue;
        g_autofree char *shown = value == NULL                        ? g_strdup("none")
                                 : g_str_has_prefix(value, "sha256:") ? short_digest(value)
                                                                      : g_strdup(value);
        text_table_row(table, STYLE_PLAIN, (const char *[]){guards[i][1], shown});
    }
    text_table_print(table, &report->page, 2);
}

static void
print_one_approval(Report *report, const json_t *approval)
{
    g_autofree char *at = clock_text(json_get_int(approval, "at_ms", 0));
    bool counts = g_strcmp0(json_get_string(approval, "digest", ""), report->plan->digest) == 0;
    const char *reason = json_get_string(approval, "reason", NULL);
    bool withdrawn = json_get_int(approval, "withdrawn_at_ms", 0) > 0;

    page_say(&report->page, counts && !withdrawn ? STYLE_GREEN : STYLE_DIM, "  ", "%s %s, %s%s%s%s",
             withdrawn ? "withdrawn by"
             : counts  ? "yes from"
                       : "yes to another digest from",
             json_get_string(approval, "actor", "?"), at,
             json_get_bool(approval, "self", false) ? ", the author (the policy allows it)" : "",
             reason != NULL ? ": " : "", reason != NULL ? reason : "");
}

void
print_approval(Report *report)
{
    const json_t *approvals = json_object_get(report->state, "approvals");
    g_autofree char *prefix = short_digest(report->plan->digest);
    int64_t expires = json_get_int(report->state, "expires_at_ms", 0);
    json_t *approval;
    size_t i;

    page_heading(&report->page, "Approval");
    page_paragraph(&report->page, STYLE_PLAIN, "  ", report->plan->digest);
    json_array_foreach(approvals, i, approval) print_one_approval(report, approval);
    if (json_array_size(approvals) == 0)
        page_say(&report->page, STYLE_PLAIN, "  ",
                 "nobody has said yes to it yet: `honk approve %s %s`",
                 short_name(plan_string(report, "migration")), prefix);
    if (expires > 0) {
        g_autofree char *at = clock_text(expires);
        page_say(&report->page, STYLE_PLAIN, "  ", "expires %s", at);
    }
}
