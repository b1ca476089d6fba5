/*
 * follow.h - the event stream of a migration, read by a thread of its own and put into a mailbox.
 *
 * A stream that breaks (the server restarts) is taken up again after the last event that came.
 */
#pragma once

#include "base/mailbox.h"
#include "cli/client.h"

typedef struct Follow Follow;

/* One item of the mailbox: an event, or NULL with is_lost when the stream broke. */
typedef struct {
    json_t *event;
    bool is_lost;
} FollowItem;
void follow_item_free(FollowItem *item);

/* Events of plan `id` after `seq`. */
CHECKED bool follow_start(Invocation *call, const char *id, int64_t seq, Follow **ret,
                          GError **error);
Mailbox *follow_mailbox(Follow *follow);
/* The thread ends by itself at its next sign of life; nothing waits for it. */
void follow_stop(Follow *follow);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Follow, follow_stop)
