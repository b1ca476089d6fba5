/*
 * swap.h - what the parts of a swap share: the note of it, the renaming, and what was written since.
 */
#pragma once

#include "driver/redis/redis.h"

typedef enum { PHASE_NONE, PHASE_OUT, PHASE_IN, PHASE_DONE, PHASE_BACK_OUT, PHASE_BACK_IN } Phase;

typedef struct {
    Phase phase;
    char *stage, *target, *kept; /* `kept` NULL: there was no target */
    char *stage_text;            /* what our list said of the stage */
    char *new_name;              /* of a way back: where the new rows go */
    int64_t written;             /* and how many of them are given up */
} SwapNote;

/* --- swap_note.c --- */
void swap_note_clear(SwapNote *note);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SwapNote, swap_note_clear)
/* PHASE_NONE where the plan has swapped nothing. */
CHECKED bool swap_note_read(RedisConn *conn, const char *plan, SwapNote *ret, GError **error);
/* The command that keeps it, appended. */
void swap_note_append(const RedisConn *conn, const char *plan, const SwapNote *note, GString *to);

/* --- exchange.c --- */
/* Which rows go where: the same for the swap and the way back. */
typedef struct {
    const char *plan;
    const Writer *writer;
    const RedisObject *target;
    RedisObject *out,
        *into; /* where old rows go, where new ones are; borrowed, either may be NULL */
} Exchange;

/* Everything in one EXEC, with `count` commands that note it, if it is little enough; `*ret_done` false: it is not. */
CHECKED bool redis_exchange_at_once(RedisConn *conn, const Exchange *exchange, GString *notes,
                                    int count, bool *ret_done, GError **error);
/* Rename the rows of `object` in steps; they come, or they go. */
CHECKED bool redis_rename_in_steps(RedisConn *conn, const Exchange *exchange,
                                   const RedisObject *object, bool comes, GError **error);

/* --- written.c --- */
/* Adds the stage's rows up by slot, before the swap. */
CHECKED bool redis_digest_save(RedisConn *conn, const char *plan, const RedisObject *stage,
                               GError **error);
/* Rows of the target that were written since. */
CHECKED bool redis_count_written(RedisConn *conn, const char *plan, const SwapNote *note,
                                 int64_t *ret, GError **error);
