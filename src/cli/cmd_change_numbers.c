/* cmd_change_numbers.c - honk change numbers: what became of consumers and their places, each with what it is a part of. */
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/numbers.h"

#include <string.h>

/* How the ends of consumers read; their sum is `consumers`. */
static const struct {
    const char *end, *text;
} ends[] = {
    {"by_rules", "all of it changed by rules"},
    {"by_agent", "all of it changed, some by a coding agent"},
    {"refused", "some or all of it left to people"},
    {"unaffected", "nothing to change"},
    {"open", "not there yet"},
    {"left_out", "left out by somebody"},
    {"taken_back", "taken back"},
    {"no_code", "whose code is not known"},
};

static int64_t
at(const json_t *numbers, const char *group, const char *word)
{
    return json_get_int(json_object_get(numbers, group), word, 0);
}

static int
percent(int64_t part, int64_t all)
{
    return all > 0 ? (int) ((part * 200 + all) / (all * 2)) : 0;
}

/* "12 of 13", and how much that is. */
static void
share(Table *table, const char *text, int64_t part, int64_t all)
{
    if (part == 0)
        return;
    table_cell(table, TONE_PLAIN, text);
    table_cellf(table, TONE_STRONG, "%" G_GINT64_FORMAT, part);
    table_cellf(table, TONE_PLAIN, "of %" G_GINT64_FORMAT, all);
    table_cellf(table, TONE_DIM, "%d %%", percent(part, all));
}

/* A part of what is told, apart from the one before. */
static void
show_apart(View *view, const Table *table)
{
    view_line(view, "%s", "");
    view_table(view, table);
}

static void
show_consumers(View *view, const json_t *numbers)
{
    g_autoptr(Table) table = table_new("CONSUMERS", ">", "", ">", NULL);
    int64_t all = json_get_int(numbers, "consumers", 0);
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        share(table, ends[i].text, at(numbers, "ends", ends[i].end), all);
    view_table(view, table);
}

static void
show_sites(View *view, const json_t *numbers)
{
    g_autoptr(Table) table = table_new("PLACES", ">", "", ">", NULL);
    int64_t all = at(numbers, "sites", "all");
    share(table, "changed by rules", at(numbers, "sites", "by_rules"), all);
    share(table, "changed by a coding agent", at(numbers, "sites", "by_agent"), all);
    share(table, "left to people", at(numbers, "sites", "left"), all);
    share(table, "to be changed", at(numbers, "sites", "open"), all);
    share(table, "changed back", at(numbers, "sites", "taken_back"), all);
    share(table, "done already", at(numbers, "sites", "already"), all);
    share(table, "not concerned", at(numbers, "sites", "unaffected"), all);
    if (all > 0)
        show_apart(view, table);
}

static void
show_proofs(View *view, const json_t *numbers)
{
    g_autoptr(Table) table = table_new("BRANCHES", ">", "", ">", NULL);
    int64_t made = at(numbers, "verified", "rules"), opened = at(numbers, "pulls", "opened");
    share(table, "looked through again by rules", made, made);
    share(table, "old and new queries gave the same rows", at(numbers, "verified", "queries"),
          made);
    share(table, "their own checks passed", at(numbers, "verified", "checks"), made);
    share(table, "built green before they were proposed", at(numbers, "verified", "builds"), made);
    share(table, "proposed on their host", opened, made);
    if (made > 0)
        show_apart(view, table);
}

/* They are there also when all branches are back. */
static void
show_pulls(View *view, const json_t *numbers)
{
    g_autoptr(Table) table = table_new("PULL REQUESTS", ">", "", ">", NULL);
    int64_t opened = at(numbers, "pulls", "opened");
    share(table, "open there", at(numbers, "pulls", "open"), opened);
    share(table, "merged untouched", at(numbers, "pulls", "merged_untouched"), opened);
    share(table, "merged with commits of people", at(numbers, "pulls", "merged_repaired"), opened);
    share(table, "closed", at(numbers, "pulls", "closed"), opened);
    share(table, "reverted", at(numbers, "pulls", "reverted"), opened);
    if (opened > 0)
        show_apart(view, table);
}

static void
show_coding(View *view, const json_t *numbers)
{
    int64_t tried = at(numbers, "agent", "consumers");
    g_autofree char *time = text_duration(at(numbers, "agent", "ms")),
                    *tokens = text_count(at(numbers, "agent", "tokens"));
    if (tried > 0)
        view_prose(view, TONE_PLAIN,
                   "The coding agent did %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                   " consumers in %" G_GINT64_FORMAT " rounds: %s, %s tokens, $%.2f.",
                   at(numbers, "agent", "done"), tried, at(numbers, "agent", "rounds"), time,
                   tokens, (double) at(numbers, "agent", "cost_micro_usd") / 1e6);
    int64_t asked = at(numbers, "judge", "asked");
    if (asked > 0) /* how far one may believe it */
        view_prose(view, TONE_PLAIN,
                   "The judge agreed with the gate and the checks in %" G_GINT64_FORMAT
                   " of %" G_GINT64_FORMAT " rounds (%d %%): it would have let %" G_GINT64_FORMAT
                   " pass that they refused, and refused %" G_GINT64_FORMAT " that they let pass.",
                   at(numbers, "judge", "agreed"), asked,
                   percent(at(numbers, "judge", "agreed"), asked), at(numbers, "judge", "lenient"),
                   at(numbers, "judge", "strict"));
}

void
numbers_show(View *view, const json_t *numbers)
{
    if (json_get_int(numbers, "consumers", 0) == 0)
        return;
    show_consumers(view, numbers);
    show_sites(view, numbers);
    show_proofs(view, numbers);
    show_pulls(view, numbers);
    show_coding(view, numbers);
}

static void
site_cells(Table *table, const json_t *own)
{
    static const char *const words[] = {"all", "by_rules", "by_agent", "left"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        table_cellf(table, i == 3 && at(own, "sites", words[i]) > 0 ? TONE_WARN : TONE_PLAIN,
                    "%" G_GINT64_FORMAT, at(own, "sites", words[i]));
}

/* What has that name, with all that became of its consumers and places. */
static void
part_row(Table *table, const char *name, const json_t *own)
{
    table_cell(table, TONE_STRONG, name);
    table_cellf(table, TONE_PLAIN, "%" G_GINT64_FORMAT, json_get_int(own, "consumers", 0));
    table_cellf(table, TONE_PLAIN, "%" G_GINT64_FORMAT,
                at(own, "ends", "by_rules") + at(own, "ends", "by_agent") +
                    at(own, "ends", "unaffected"));
    table_cellf(table, TONE_PLAIN, "%" G_GINT64_FORMAT, at(own, "ends", "refused"));
    site_cells(table, own);
}

void
numbers_show_parts(View *view, const json_t *numbers)
{
    g_autoptr(Table) languages = table_new("LANGUAGE", ">CONSUMERS", ">DONE", ">REFUSED", ">PLACES",
                                           ">BY RULES", ">BY AGENT", ">LEFT", NULL);
    g_autoptr(Table) owners = table_new("OWNER", ">CONSUMERS", ">DONE", ">REFUSED", ">PLACES",
                                        ">BY RULES", ">BY AGENT", ">LEFT", NULL);
    json_t *own;
    size_t i;
    json_array_foreach(json_object_get(numbers, "languages"), i, own)
        part_row(languages, json_get_string(own, "language", ""), own);
    json_array_foreach(json_object_get(numbers, "owners"), i, own)
    {
        const char *owner = json_get_string(own, "owner", "");
        part_row(owners, *owner != '\0' ? owner : "nobody", own);
    }
    if (table_rows(languages) > 0)
        show_apart(view, languages);
    if (table_rows(owners) > 0)
        show_apart(view, owners);
}

static bool
run(Invocation *call, GError **error)
{
    const char *name = invocation_arg(call, 0), *owner = invocation_option(call, "owner");
    g_autofree char *of = name != NULL ? client_escape(name) : NULL,
                    *whose = owner != NULL ? client_escape(owner) : NULL;
    g_autoptr(json_t) numbers = NULL;
    if (!client_get(call, &numbers, error, "/consumers/numbers?%s%s%s%s%s",
                    of != NULL ? "migration=" : "", of != NULL ? of : "",
                    of != NULL && whose != NULL ? "&" : "", whose != NULL ? "owner=" : "",
                    whose != NULL ? whose : ""))
        return false;
    if (call->view->json) {
        view_json(call->view, numbers);
        return true;
    }
    if (json_get_int(numbers, "consumers", 0) == 0) {
        view_line(call->view, "nobody reads or writes what moves");
        return true;
    }
    numbers_show(call->view, numbers);
    numbers_show_parts(call->view, numbers);
    return true;
}

static const Option options[] = {
    {0, "owner", "OWNER", "only consumers of this owner's: group:default/growth"},
    {0},
};

const Command cmd_change_numbers = {
    .name = "change numbers",
    .args = "[NAME]",
    .summary = "what became of consumers and the places in their code, with denominators",
    .deed = "count the changes",
    .about = "Of one migration, or of the newest plan of each that is not over.",
    .examples = "honk change numbers users-v2\nhonk change numbers --owner group:default/growth\n"
                "honk change numbers --json",
    .options = options,
    .run = run,
};
