/*
 * gate.h - may this change of a repository be offered to people? Asked of the bytes before and after, by rules that whoever
 * made the change cannot speak with. Pure.
 *
 * A coding agent is let near a few statements: those that hold a site, or one of the names that a move changes. Whatever it
 * does elsewhere, to tests, to what builds and checks the repository, or out of people's sight is refused, each with a code,
 * a place and a sentence that says what to do instead.
 *
 *   out-of-scope      a line, or a word of one, that has nothing to do with a site
 *   file-added, file-removed, mode-changed, link
 *   ci-file, lock-file, build-file, agent-file, expected-file          files that nobody but a person edits
 *   test-removed, test-skipped, test-weakened, expected-edited         checks that check less than before
 *   check-disabled    a linter, compiler or failure that is told to be silent
 *   reaches-out       other programs, the network, the environment; files and tables that go
 *   secret, binary, hidden-characters, mixed-script, too-large
 */
#pragma once

#include "base/error.h"

/* A file that is not the same before and after. All borrowed. */
typedef struct {
    const char *path;
    const char *before; /* NULL: there was none */
    size_t before_bytes;
    const char *after; /* NULL: there is none any more */
    size_t after_bytes;
    unsigned mode_before, mode_after; /* as in git: 0100644, 0100755, 0120000; 0: not there */
} GateFile;

typedef struct {
    const char *path;
    int line; /* from 1; 0: the file as a whole */
} GateSite;

typedef struct {
    const GateFile *files;
    size_t count;
    const GateSite *sites;
    size_t site_count;
    const char *const
        *words; /* names, old and new, in whose statements something may change; ends with NULL */
    /* Texts whose words may come and go with the names: what the mapping says in the place of a column, and values, old and
     * new; ends with NULL, or is it. */
    const char *const *brings;
    const char *target; /* the new dataset's name, which is one of the words; or NULL */
    int lines_max;      /* added and removed; 0: GATE_LINES_PER_SITE for each site */
} GateSpec;

#define GATE_LINES_PER_SITE 40 /* a statement rewritten, and what is declared for it */
#define GATE_FILE_BYTES_MAX ((size_t) 2 * 1024 * 1024) /* of code that people read */
#define GATE_FINDINGS_MAX 50                           /* more say nothing new */

typedef struct {
    const char *code;
    char *path;
    int line; /* after the change, or before it where it is gone; 0: the file */
    char *text;
} GateFinding;

/* GateFinding *, by path and line; empty: nothing is against it. Caller frees. */
GPtrArray *gate_look(const GateSpec *spec);
/* "code path:line: text\n" of each. Caller frees. */
char *gate_text(const GPtrArray *findings);
/* Unified, three lines of context; "" when they are the same. Caller frees. */
char *gate_diff(const char *path, const char *before, size_t before_bytes, const char *after,
                size_t after_bytes);
/* Why a file is nobody's but people's: a code, as above; NULL when it is code like any other. */
const char *gate_path_refused(const char *path);
/* Is it a file of tests, by its name or folder? */
bool gate_path_is_test(const char *path);
