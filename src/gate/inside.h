/* inside.h - a file before and after, taken apart; inside of this room only. */
#pragma once

#include "gate/gate.h"

/* ---- one text ---- */

typedef struct {
    size_t begin, end; /* without its line end */
    int statement;     /* lines of one statement have the same number */
} SourceLine;

typedef struct {
    char *
        text; /* zero-terminated, as patterns need it; what follows a zero in it is not looked at */
    size_t bytes;
    char *plain;   /* the text with comments as blanks */
    char *bare;    /* … and what stands in strings, too */
    GArray *lines; /* SourceLine */
} Source;

/* `path` tells the language; `text` may be NULL for none. */
Source *source_new(const char *path, const char *text, size_t bytes);
void source_free(Source *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_free)
const SourceLine *source_line(const Source *source, guint index);
/* Line `index` of `text` (the source's own, plain or bare). Caller frees. */
char *source_words(const Source *source, const char *text, guint index);
/* The line, from 1, that holds a byte. */
int source_line_of(const Source *source, size_t at);
bool source_is_yaml(const char *path);

/* ---- marks: lists of patterns, which end with NULL ---- */

extern const char *const marks_names[],
    *const marks_skips[], *const marks_asserts[],
                              *const marks_strict[],
                                  *const marks_loose[],
                                      *const marks_mocks[],
                                          *const marks_waits[],
                                              *const marks_ends[],
                                                  *const marks_expectations[],
                                                      *const marks_literals[],
                                                          *const marks_silent_words[],
                                                              *const marks_silent_code[],
                                                                  *const marks_reaches[];
/* How many places of the text have one. */
int marks_count(const char *text, const char *const *marks);
/* The line, from 1, of the one after the first `skip`; `text` is a form of the source's. 0: there is none. */
int marks_line(const Source *source, const char *text, const char *const *marks, int skip);

/* ---- two texts ---- */

/* Lines [before, before + removed) became [after, after + added). */
typedef struct {
    guint before, removed, after, added;
} Hunk;
/* Hunk, in order. Caller frees. */
GArray *hunks_of(const Source *before, const Source *after);

typedef struct {
    const GateSpec *spec;
    const GateFile *file;
    Source *before, *after;
    GArray *hunks;
    GPtrArray *findings;
} Gate;

void gate_say(const Gate *gate, const char *code, int line, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* Each rule looks at one file and says what it finds. */
void rule_scope(const Gate *gate);
void rule_tests(const Gate *gate);
void rule_checks(const Gate *gate);
void rule_secrets(const Gate *gate);
void rule_characters(const Gate *gate);
/* Does the text hold one of the spec's words, whatever the case and whether it is written first_name or firstName? */
bool words_in(const char *const *words, const char *text);
