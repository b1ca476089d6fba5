/*
 * event.h - one line of the ledger: the history, the audit, the log and the live stream are all
 * made from these.
 */
#pragma once

#include "base/json.h"

typedef struct {
    int64_t seq;     /* from 1, no gaps */
    int64_t at_ms;   /* since 1970, UTC */
    char *type;      /* "plan.state", "task.status", "task.progress"…: events.def */
    char *plan;      /* or NULL */
    char *task;      /* or NULL */
    char *step;      /* or NULL */
    char *actor;     /* "user:default/ada", "worker:w-…", "honk" */
    char *from, *to; /* states, or NULL */
    char *reason;    /* a sentence for people, or NULL */
    json_t *data;    /* what else there is, or NULL */
} Event;

void event_clear(Event *event);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Event, event_clear)
json_t *event_to_json(const Event *event);
bool event_type_is_known(const char *type);
