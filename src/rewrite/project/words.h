/* words.h - which words stand in a file; inside of this room only. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Hashes of the words of a text, sorted; case is ignored. Caller frees. */
GArray *words_of(const char *text, size_t bytes);
/* In order, each once: of guint32. */
void numbers_sort(GArray *numbers);
/* Do all words of the name stand there? May say yes, rarely, where they do not. */
bool words_have(const GArray *words, const char *name);
/* The hash of the name's first word; false: it has none. */
bool words_first(const char *name, guint32 *ret);

/* Many names, to ask which of them may stand in a file (names.c). */
typedef struct Names Names;
Names *names_new(void);
void names_free(Names *names);
/* `name` is borrowed. */
void names_add(Names *names, const char *name, guint32 value);
/* Values of those names of which words_have() says yes: guint32, sorted, each once. Caller frees. */
GArray *names_in(const Names *names, const GArray *words);
