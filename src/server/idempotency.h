/*
 * idempotency.h - the same write asked for twice is done once.
 *
 * A client that did not hear the answer repeats the request with the same Idempotency-Key and gets the stored answer. The
 * key is stored in the transaction of the write itself, for a day, per identity, with a hash of the request: the same key
 * with another request is a mistake of the client's and refused.
 */
#pragma once

#include "server/request.h"

typedef struct {
    char *actor, *key;
    char *request; /* "sha256:…" of method, address and body */
    int status;
} IdempotencyEntry;

void idempotency_clear(IdempotencyEntry *entry);
/* Fills nothing when the request has no key. */
void idempotency_entry(const Request *request, IdempotencyEntry *ret);
/* Inside the writer's transaction. MISMATCH when the key is known by now. */
CHECKED bool idempotency_store(Db *db, const IdempotencyEntry *entry, const json_t *reply,
                               GError **error);
/* Answer with what is stored, if anything is. MISMATCH when the key was used for another request. */
CHECKED bool idempotency_answer(Request *request, Db *db, const IdempotencyEntry *entry,
                                bool *ret_known, GError **error);
