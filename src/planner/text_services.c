/*
 * text_services.c - services, for the person who is asked to say yes: who goes when and how, what each is to run, and from
 * when until when a writer is refused.
 */
#include "planner/services.h"

#include "base/text.h"

#include <string.h>

#define SHOWN_MAX 25 /* a page */

static const char *
text_of(const json_t *row, const char *member)
{
    return json_get_string(row, member, "");
}

/* "USERS listening:users_v1 → listening:users_v2, changed code". Caller frees. */
static char *
difference_of(const json_t *row)
{
    const json_t *from = json_object_get(row, "from"), *to = json_object_get(row, "to");
    g_autoptr(GString) text = g_string_new(NULL);
    const char *variable;
    json_t *address;

    json_object_foreach(json_object_get(to, "datasets"), variable, address)
    {
        const char *was = json_get_string(json_object_get(from, "datasets"), variable, "nothing");
        if (strcmp(was, json_string_value(address)) != 0)
            g_string_append_printf(text, "%s%s: %s → %s", text->len > 0 ? ", " : "", variable, was,
                                   json_string_value(address));
    }
    if (strcmp(text_of(from, "code"), text_of(to, "code")) != 0)
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
                               strcmp(text_of(to, "code"), "change") == 0 ? "the changed code"
                                                                          : "other code");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
print_table(TextPage *page, const json_t *services)
{
    g_autoptr(TextTable) table = text_table_new(5);
    json_t *row;
    size_t i;

    json_array_foreach(services, i, row)
    {
        g_autofree char *difference = service_is_rolled_out(row) ? difference_of(row) : NULL;
        g_autofree char *wave =
            g_strdup_printf("wave %" G_GINT64_FORMAT, json_get_int(row, "wave", 0));
        g_autofree char *count =
            g_strdup_printf("%" G_GINT64_FORMAT " on '%s'", json_get_int(row, "instances", 0),
                            text_of(row, "target"));
        if (i < SHOWN_MAX)
            text_table_row(table, service_is_rolled_out(row) ? STYLE_PLAIN : STYLE_YELLOW,
                           (const char *[]){service_is_rolled_out(row) ? "~" : "!",
                                            service_is_rolled_out(row) ? wave : "stays",
                                            text_of(row, "service"), count,
                                            service_is_rolled_out(row) ? difference
                                                                       : text_of(row, "problem")});
    }
    text_table_print(table, page, 2);
    if (i > SHOWN_MAX)
        page_say(page, STYLE_DIM, "  ", "… and %zu more: `honk plan NAME --json` has them all",
                 i - SHOWN_MAX);
}

static void
print_writers(TextPage *page, const json_t *services)
{
    json_t *row;
    size_t i;

    json_array_foreach(services, i, row) if (strcmp(text_of(row, "access"), "writes") == 0)
    {
        if (service_is_rolled_out(row))
            page_say(
                page, STYLE_PLAIN, "  · ",
                "writer '%s' is refused from the freeze until its instances are rolled out, in "
                "wave %d",
                text_of(row, "service"), (int) json_get_int(row, "wave", 0));
        else
            page_say(
                page, STYLE_YELLOW, "  ! ",
                "writer '%s' is refused from the freeze on, until somebody lets it write to the "
                "new dataset",
                text_of(row, "service"));
    }
}

void
services_print(TextPage *page, const json_t *plan)
{
    const json_t *services = json_object_get(plan, "services");
    if (json_array_size(services) == 0)
        return;
    g_autofree char *time = text_duration(services_estimate_ms(services));
    json_t *row;
    size_t i;

    page_heading(page, "Services");
    print_table(page, services);
    json_array_foreach(services, i, row) if (service_is_rolled_out(row))
    {
        page_say(page, STYLE_PLAIN, "  · ", "%s", text_of(row, "how"));
        page_say(
            page, STYLE_PLAIN, "  · ",
            "at least %s; an instance that fails its check halts its service and gives it back "
            "what it ran before",
            time);
        break;
    }
    print_writers(page, services);
}
