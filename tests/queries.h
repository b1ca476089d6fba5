/* queries.h - what a proof says of one query and its rewritten form. */
#pragma once

#include "change/queries.h"

/* What a proof needs beside a connection. */
typedef struct {
    MappingSet *mappings;
    Schema *schema;
    Program *program;
    QueryNames names;
    QueryRows rows;
    QueryWorld world;
} ProofRig;

/* For the object of that name in the store, the first mapping of the text, and what code calls both datasets. */
void test_proof_rig(ProofRig *rig, Conn *conn, const char *object, const char *mapping,
                    const char *source, const char *target);
/* Which rows both queries see, once more: only about the first so many of them (0: all), after others have changed them. */
void test_proof_rows(ProofRig *rig, int64_t sample_rows);
void test_proof_clear(ProofRig *rig);

/* It says so of the file's only query: "same", or "different: …", by its beginning. Else the test fails with what it says. */
void test_expect_proof(const QueryWorld *world, const char *before, const char *after,
                       const char *expected);
