/* event.c - one line of the ledger, and its JSON form. */
#include "model/event.h"

#include <string.h>

void
event_clear(Event *event)
{
    g_free(event->type);
    g_free(event->plan);
    g_free(event->task);
    g_free(event->step);
    g_free(event->actor);
    g_free(event->from);
    g_free(event->to);
    g_free(event->reason);
    json_decref(event->data);
    *event = (Event){0};
}

json_t *
event_to_json(const Event *event)
{
    json_t *json = json_object();
    json_set_int(json, "seq", event->seq);
    json_set_int(json, "at_ms", event->at_ms);
    json_set_string(json, "type", event->type);
    json_set_string(json, "plan", event->plan);
    json_set_string(json, "task", event->task);
    json_set_string(json, "step", event->step);
    json_set_string(json, "actor", event->actor);
    json_set_string(json, "from", event->from);
    json_set_string(json, "to", event->to);
    json_set_string(json, "reason", event->reason);
    if (event->data != NULL)
        json_object_set(json, "data", event->data);
    return json;
}

bool
event_type_is_known(const char *type)
{
    static const char *const types[] = {
#define EVENT(name, text) name,
#include "model/events.def"
#undef EVENT
    };
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (type != NULL && strcmp(types[i], type) == 0)
            return true;
    return false;
}
