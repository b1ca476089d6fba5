/*
 * prove.h - that a file was rewritten as it should be, asked again of the bytes before and after.
 */
#pragma once

#include "change/look.h"

/* `after` has the bytes of `before` but for the sites; it still parses; rewriting it again changes nothing, and no
 * site is left. MISMATCH says what is not so. */
CHECKED bool prove_file(const ChangeRules *rules, const LookFile *file, const char *before,
                        size_t before_bytes, const char *after, size_t after_bytes, GError **error);
/* The same of all files that a look would edit, before anything is written. */
CHECKED bool prove_look(const ChangeRules *rules, const Look *look, GError **error);
