/*
 * code_queries.h - the queries of consumers' code, old and new, run over the source's rows; where its store runs no
 * queries, over rows that are made up.
 */
#pragma once

#include "action/action.h"
#include "change/change.h"

typedef struct CodeQueries CodeQueries;

/* For the dataset at `url`. `*ret` stays NULL when the mapping cannot be run in its store, or there is none to make rows up
 * by: then nothing is proven, and nothing is wrong. Not for two threads at once. `tick` (may be NULL) may stop a query. */
CHECKED bool code_queries_open(const Config *config, const char *url, const ChangeRules *rules,
                               TickFn *tick, void *data, CodeQueries **ret, GError **error);
void code_queries_free(CodeQueries *queries);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CodeQueries, code_queries_free)

/* All that the edits of `look` change, for at most `time_ms`: as queries_prove() tells it. Caller owns `*ret`. */
CHECKED bool code_queries_prove(CodeQueries *queries, const Look *look, int64_t time_ms,
                                json_t **ret, GError **error);
/* {"same", "different", "not_run"}: how many; "generated" rows were made up for a file, at most, if they were; "refused" ones are left out, if there are such. These and the next are the caller's. */
json_t *code_queries_count(const json_t *proofs);
/* Those that give other rows, as look_withhold() takes them. */
json_t *code_queries_different(const json_t *proofs);
