/* project_words.h - which words stand in a file; inside of this room only. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Hashes of the words of a text, sorted; case is ignored. Caller frees. */
GArray *words_of(const char *text, size_t bytes);
/* Do all words of the name stand there? May say yes, rarely, where they do not. */
bool words_have(const GArray *words, const char *name);
