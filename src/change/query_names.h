/*
 * query_names.h - what code calls the old dataset and the new one, with as many parts as anybody writes.
 */
#pragma once

#include <glib.h>

typedef struct {
    GPtrArray *old, *new; /* char *, each with a NULL at the end */
} QueryNames;

/* `aliases` (char *) may be NULL. Where an alias has more parts before the source's own, so may the new name: `acme.shop.users` of
 * `shop.users` says that there may be an `acme.shop.people`. */
void query_names_init(QueryNames *names, const char *source, const char *target,
                      const GPtrArray *aliases);
/* One more for the old dataset. */
void query_names_add_old(QueryNames *names, const char *name);
void query_names_clear(QueryNames *names);
