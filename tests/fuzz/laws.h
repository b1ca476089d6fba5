/* laws.h - what holds for every rewrite, whatever the text. */
#pragma once

#include "rewrite/rewrite.h"

/* A mapping from `u` (also a.b.u) to `v` with every kind of change. */
const MappingSet *laws_mappings(void);
/* Sites lie within the text and say why; undoing the edits gives the text. Aborts when not. */
void laws_check(const Rewrite *rewrite, const char *text, size_t bytes);
