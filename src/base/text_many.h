/*
 * text_many.h - does a text hold any of many words? One look at it, however many they are.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct TextMany TextMany;

/* `words`: const char *, without empty ones; copied. */
TextMany *text_many_new(const GPtrArray *words);
void text_many_free(TextMany *many);
/* Anywhere, also within other words; letters of ASCII compare without regard to case. */
bool text_many_has(const TextMany *many, const char *text, size_t bytes);
