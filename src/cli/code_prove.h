/*
 * code_prove.h - `--prove DATASET`: the old queries over the data, and the rewritten ones over what the mapping makes of
 * it, give the same rows. `--prove generated`: the same over rows that are made up.
 */
#pragma once

#include "cli/code_files.h"

typedef struct {
    int same, different, not_run;
    int64_t refused;   /* rows that are left out, since the mapping refuses them */
    int64_t generated; /* rows that were made up for a file, at most; 0 where there are real ones */
} ProofCount;

typedef struct CodeProver CodeProver;
/* NULL in `*ret` when the call has no --prove. `mapping` and what the options point at are borrowed. */
CHECKED bool code_prover_open(Invocation *call, const Mapping *mapping,
                              const RewriteOptions *options, CodeProver **ret, GError **error);
void code_prover_free(CodeProver *prover);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CodeProver, code_prover_free)
/* Runs the queries of a file that its edits changed, and shows those that differ. `*ret_proofs` as queries_prove() gives
 * them; `*ret_differs` when one gives other rows. */
CHECKED bool code_prove(CodeProver *prover, const CodeFile *file, json_t **ret_proofs,
                        bool *ret_differs, GError **error);
/* What proofs of a file say, added up. */
void code_proofs_count(const json_t *proofs, ProofCount *count);
