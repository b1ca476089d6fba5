/* queries.h - what a proof says of one query and its rewritten form. */
#pragma once

#include "change/queries.h"

/* It says so of the file's only query: "same", or "different: …", by its beginning. Else the test fails with what it says. */
void test_expect_proof(const QueryWorld *world, const char *before, const char *after,
                       const char *expected);
