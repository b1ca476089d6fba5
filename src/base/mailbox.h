/*
 * mailbox.h - a bounded queue from many threads into the one that loops; an eventfd wakes the loop.
 *
 * pthread mutex, not GLib's, because the thread sanitizer cannot see GLib's.
 */
#pragma once

#include "base/error.h"

typedef struct Mailbox Mailbox;

Mailbox *mailbox_new(size_t items_max);
void mailbox_free(Mailbox *mailbox);    /* must be empty */
int mailbox_fd(const Mailbox *mailbox); /* readable while items wait */
/* false when full or closed; the item then still belongs to the caller. */
CHECKED bool mailbox_put(Mailbox *mailbox, void *item);
/* All waiting items at once, in order; resets the fd. Caller frees the array, not its items. */
GPtrArray *mailbox_take(Mailbox *mailbox);
void mailbox_close(Mailbox *mailbox); /* later puts return false */
