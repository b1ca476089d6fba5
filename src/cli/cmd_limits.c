/* cmd_limits.c - how much may happen at once: shown, and changed while everything runs. */
#include "base/text.h"
#include "cli/client.h"

#include <string.h>

static const Option options[] = {
    {'r', "reason", "TEXT", "why, for people; it stays in the ledger"},
    {0},
};

static bool
change(Invocation *call, const char *resource, const char *text, GError **error)
{
    guint64 count = 0;
    g_autoptr(json_t) body = NULL, answer = NULL;
    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &count, NULL))
        return fail(error, ERR_INVALID, "'%s' is no limit: expected a count, from 0 on", text);
    body = json_pack("{s:s, s:I}", "resource", resource, "count", (json_int_t) count);
    json_set_string(body, "reason", invocation_option(call, "reason"));
    return client_call(call, "PUT", "/limits", body, &answer, error);
}

/* All of them, or the one that is named. */
static bool
show(Invocation *call, const char *resource, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    json_t *items = NULL, *item;
    size_t i;
    if (!client_get(call, &answer, error, "/limits") ||
        !json_need_array(answer, "items", "the server's answer", &items, error))
        return false;
    if (invocation_json(call)) {
        view_json(call->view, answer);
        return true;
    }
    g_autoptr(Table) table = table_new("LIMIT", "AT ONCE", "IN USE", NULL);
    json_array_foreach(items, i, item)
    {
        const char *name = json_get_string(item, "resource", "");
        if (resource != NULL && strcmp(resource, name) != 0)
            continue;
        g_autofree char *shown = text_printable(name);
        table_cell(table, TONE_STRONG, shown);
        table_cellf(table, TONE_PLAIN, "%" G_GINT64_FORMAT "%s", json_get_int(item, "count", 0),
                    g_str_has_prefix(name, "writes:") ? " a minute" : "");
        table_cellf(table, TONE_PLAIN, "%" G_GINT64_FORMAT,
                    json_get_int(item, "in_use", 0) + json_get_int(item, "plans", 0));
    }
    if (table_rows(table) > 0)
        view_table(call->view, table);
    else
        view_line(call->view, "No limit%s%s.", resource != NULL ? " of " : "",
                  resource != NULL ? resource : "");
    return true;
}

static bool
cmd_limits_run(Invocation *call, GError **error)
{
    const char *resource = invocation_arg(call, 0), *count = invocation_arg(call, 1);
    return (count == NULL || change(call, resource, count, error)) && show(call, resource, error);
}

const Command cmd_limits = {
    .name = "limits",
    .args = "[RESOURCE] [COUNT]",
    .summary = "how much may happen at once; changed while it runs",
    .deed = "change the limit",
    .about =
        "Of a store (store:NAME), of one owner's open pull requests (pulls:OWNER), of the builds\n"
        "that a host bears (builds:REPOSITORIES), of what is written to it in a minute\n"
        "(writes:REPOSITORIES, 60 by itself), of plans of one owner or campaign. pulls:* is "
        "for\n"
        "all owners that have no limit of their own. What holds a place keeps it.",
    .examples = "honk limits\nhonk limits 'pulls:*' 3\n"
                "honk limits pulls:group:default/identity 1 --reason 'they are on holiday'",
    .options = options,
    .run = cmd_limits_run,
};
