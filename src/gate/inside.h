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
/* Lines [first, first + count) without comments. Caller frees. */
char *source_lines(const Source *source, guint first, guint count);
/* The line, from 1, that holds a byte. */
int source_line_of(const Source *source, size_t at);
bool source_is_yaml(const char *path);

/* ---- marks: lists of patterns, which end with NULL ---- */

extern const char *const marks_names[];
extern const char *const marks_skips[], *const marks_asserts[], *const marks_strict[],
                                                                    *const marks_same[];
extern const char *const marks_loose[], *const marks_mocks[], *const marks_waits[];
extern const char *const marks_ends[], *const marks_turns[], *const marks_turns_sql[],
                                                                 *const marks_turns_queries[];
extern const char *const marks_kept[], *const marks_comparisons[], *const marks_cases[];
extern const char *const marks_joints[],
    *const marks_self[], *const marks_defaults[], *const marks_beside[], *const marks_told[];
extern const char *const marks_limits[], *const marks_numbers[];
extern const char *const marks_rows[], *const marks_expectations[], *const marks_literals[];
extern const char *const marks_silent_words[], *const marks_given[], *const marks_pasted[];

/* Lists for files with one of these endings (" sh bash "); NULL: for all. Both end with a list that is NULL. */
typedef struct {
    const char *endings;
    const char *const *marks;
} MarksOf;
extern const MarksOf marks_silent_code[], marks_reaches[];
/* Fewer of the first and more of the second: one was given for the other. */
typedef struct {
    const char *endings;
    const char *const *heard, *const *dropped; /* `dropped` NULL: fewer is enough */
    bool is_no_test;                           /* of tests it is said otherwise */
} MarksTrade;
extern const MarksTrade marks_trades[];
/* Caller frees. */
GRegex *marks_pattern(const char *text);
/* Any of the list; borrowed, for good. */
const GRegex *marks_choice(const char *const *marks);
/* char * -> int: how often each match (its group `group`) occurs. Caller frees. */
GHashTable *marks_all(const char *text, const GRegex *regex, int group);
bool marks_are_for(const char *endings, const char *path);
/* How many places of the text have one. */
int marks_count(const char *text, const char *const *marks);
/* Is one of the words that match there less often in `after`? */
bool marks_lost(const char *before, const char *after, const char *const *marks);

/* Words by their part in a statement that moves, in small letters between blanks: see marks_moved.c. */
extern const char words_converting[], words_equalizing[], words_binding[], words_hiding[],
    words_joining[], words_asking[], words_comparing[], words_between[], words_of_query[],
    words_grouping[], words_of_settings[];

/* ---- two texts ---- */

/* Lines [before, before + removed) became [after, after + added). */
typedef struct {
    guint before, removed, after, added;
} Hunk;
/* Hunk, in order. Caller frees. */
GArray *hunks_of(const Source *before, const Source *after);

/* ---- words ---- */

typedef struct {
    char *text; /* in small letters */
    size_t at, bytes;
    guint line;
    bool is_word;   /* else a sign that decides: a comparison, `&&`, `!` */
    bool is_quoted; /* it stands in a string */
} Token;
/* Token, of the lines that the hunks change in the text before or after. Caller frees. */
GArray *tokens_of(const Source *source, const GArray *hunks, bool is_after);
const Token *token_at(const GArray *tokens, guint index); /* NULL beyond the last */
/* How often each text occurs; keys are the tokens'. Caller frees. */
GHashTable *tokens_count(const GArray *tokens);
/* Is it a name that gets its meaning here? */
bool token_is_bound(const Source *source, const GArray *tokens, guint index);

typedef struct {
    const GateSpec *spec;
    const GateFile *file;
    Source *before, *after;
    GArray *hunks;
    GPtrArray *findings;
    GHashTable *brings; /* char *: a set of words in small letters */
    guint said;         /* findings of the files before this one */
} Gate;

/* How many places of lines [first, first + count) of a form have one. */
int marks_in_lines(const Source *source, const char *form, guint first, guint count,
                   const char *const *marks);
/* The line, from 1, of the first place of which there are more than before; `before` and `after` are forms of the two texts. */
int marks_line(const Gate *gate, const char *before, const char *after, const char *const *marks);
/* The line of the new text, from 1, where the first change begins that leaves fewer, or else has any; 0: none does. */
int marks_line_fewer(const Gate *gate, const char *before, const char *after,
                     const char *const *marks);

void gate_say(const Gate *gate, const char *code, int line, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* Each rule looks at one file and says what it finds. */
void rule_scope(const Gate *gate);
void rule_tests(const Gate *gate);
void rule_checks(const Gate *gate);
void rule_moved(const Gate *gate);
void rule_secrets(const Gate *gate);
void rule_characters(const Gate *gate);
/* By its name, or because there are tests in it: Rust and dbt keep them beside the code. */
bool gate_is_of_tests(const Gate *gate);
bool line_is_import(const char *line);
/* In YAML: does the line stand below a key like `expect`? */
bool line_is_expected(const Gate *gate, const Source *source, guint index);
/* Does the text hold one of the spec's words, whatever the case and whether it is written first_name or firstName? */
bool words_in(const char *const *words, const char *text);
/* The text with a mark in the place of each word, whatever the case and however it is written. Caller frees. */
char *words_form(const char *const *words, const char *text);
/* All words of the texts, in small letters: a set. Caller frees. */
GHashTable *words_set(const char *const *texts);
