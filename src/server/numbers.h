/*
 * numbers.h - what became of all consumers and places (docs/changes.md, "Numbers"), counted once and said in several ways.
 */
#pragma once

#include "base/json.h"
#include "server/consumer_rows.h"

typedef struct {
    json_t *all;
    json_t *owners; /* name -> the same of that owner's */
    json_t *
        languages; /* name -> "consumers", "ends", "sites": a consumer counts in each language that its places are in */
} Numbers;

CHECKED bool numbers_count(Db *db, const ConsumerFilter *filter, Numbers *ret, GError **error);
void numbers_clear(Numbers *numbers);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Numbers, numbers_clear)

/* Those of all, and each owner's and language's, added to `samples` (Sample). Their texts live in `names` (char *, freed by it) and in
 * `ret_words`, which is the caller's. */
CHECKED bool numbers_samples(Db *db, GArray *samples, GPtrArray *names, json_t **ret_words,
                             GError **error);
