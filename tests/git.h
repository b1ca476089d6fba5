/* git.h - the program git, as a person runs it: for tests that look at repositories from outside. */
#pragma once

#include <glib.h>
#include <stdarg.h>

/* In `folder`, as Ada, with none of this machine's settings; `first` and `more` are its words, up to NULL. What it says;
 * aborts when it fails. Caller frees. */
char *git_as_ada(const char *folder, const char *first, va_list more);
