/* event.c - the ledger's types and fields, and the page that explains them. */
#include "model/event.h"

#include <string.h>

static char *page; /* docs/formats/event.md */

static void
every_type_is_explained(void)
{
    static const char *const types[] = {
#define EVENT(name, text) name,
#include "model/events.def"
#undef EVENT
    };
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autofree char *row = g_strdup_printf("\n| `%s` | ", types[i]);
        g_assert_true(event_type_is_known(types[i]));
        if (strstr(page, row) == NULL)
            g_error("docs/formats/event.md does not explain '%s'", types[i]);
    }
    g_assert_false(event_type_is_known("plan.stat"));
    g_assert_false(event_type_is_known(NULL));
}

static void
every_field_is_explained(void)
{
    g_auto(Event) event = {
        .seq = 1,
        .at_ms = 2,
        .type = g_strdup("task.status"),
        .plan = g_strdup("m-1"),
        .task = g_strdup("t-1"),
        .step = g_strdup("swap"),
        .actor = g_strdup("honk"),
        .from = g_strdup("leased"),
        .to = g_strdup("done"),
        .reason = g_strdup("done and checked"),
        .data = json_object(),
    };
    g_autoptr(json_t) json = event_to_json(&event);
    const char *field;
    json_t *value;
    g_assert_cmpuint(json_object_size(json), ==, 11);
    json_object_foreach(json, field, value)
    {
        g_autofree char *named = g_strdup_printf("`%s`", field);
        if (strstr(page, named) == NULL)
            g_error("docs/formats/event.md does not explain '%s'", field);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(g_file_get_contents(EVENT_PAGE, &page, NULL, NULL));
    g_test_add_func("/event/every type is explained", every_type_is_explained);
    g_test_add_func("/event/every field is explained", every_field_is_explained);
    int status = g_test_run();
    g_free(page);
    return status;
}
