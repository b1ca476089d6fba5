/*
 * cases.h - files of cases: FOLDER/TOPIC.cases
 *
 *   ### the name of the case, a sentence [options]
 *   text
 *   ---
 *   what is expected of it
 */
#pragma once

#include "mapping/mapping.h"

typedef struct {
    char *options; /* what stands in the brackets; "" without them */
    char *text, *expected;
} GoldenCase;

/* Each case of each topic of `folder` becomes a test PREFIX/TOPIC/NAME, which calls `run` with its GoldenCase. A file that
 * cannot be read, or a case without its `---`, ends the program. */
void cases_add(const char *folder, const char *prefix, GTestDataFunc run);
/* The mappings in FOLDER/NAME, or the end of the program. Caller frees. */
MappingSet *cases_mappings(const char *folder, const char *name);
