/* laws.h - what holds for every rewrite, whatever the text. */
#pragma once

#include "rewrite/rewrite.h"

/* A mapping from `u` (also a.b.u) to `v` with every kind of change. */
const MappingSet *laws_mappings(void);
/* Sites lie within the text and say why; undoing the edits gives the text. Aborts when not. */
void laws_check(const Rewrite *rewrite, const char *text, size_t bytes);
/* A table `u` that stays where it is, of which columns are renamed: what was rewritten once is not rewritten again. */
void laws_check_in_place(const char *path, const char *text, size_t bytes,
                         const RewriteOptions *options);
