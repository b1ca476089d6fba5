/*
 * yaml_words.h - libyaml's complaints in plain words. Shared by the files of the YAML reader only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *words;  /* what is wrong, and what was expected */
    bool at_start;      /* point at where the construct began, not at where reading stopped */
    const char *inside; /* the collection whose first line helps ("the list"), or NULL */
} YamlWords;

/* `problem` and `context` as libyaml gives them (either may be NULL); it stopped at byte `at` of
 * `text`. */
YamlWords yaml_words(const char *problem, const char *context, const char *text, size_t at);
