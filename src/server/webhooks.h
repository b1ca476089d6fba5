/* webhooks.h - which webhooks were taken a while ago: one that somebody sends again does nothing. Of every thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct Webhooks Webhooks;

Webhooks *webhooks_new(void);
void webhooks_free(Webhooks *webhooks);
/* Is this body among the last ones? From now on it is. */
bool webhooks_seen(Webhooks *webhooks, const void *body, size_t bytes);
