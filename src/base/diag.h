/*
 * diag.h - findings in files that people write: all reported at once, each with its place.
 *
 * A checker adds findings and goes on; the caller asks diag_has_errors() at the end.
 */
#pragma once

#include "base/json.h"

typedef enum { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE } DiagLevel;

typedef struct {
    DiagLevel level;
    char *code;    /* short and stable, for programs: "unknown-column" */
    char *file;    /* may be NULL */
    int line;      /* from 1; 0 unknown */
    int column;    /* from 1, in bytes; 0 unknown */
    char *message; /* what is wrong, and what was expected */
} Diag;

typedef struct Diags Diags;

Diags *diags_new(void);
void diags_free(Diags *diags);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Diags, diags_free)

/* Beyond DIAGNOSTICS_MAX findings are only counted, and the text says how many there were. */
void diags_add(Diags *diags, DiagLevel level, const char *code, const char *file, int line,
               int column, const char *format, ...) G_GNUC_PRINTF(7, 8);
size_t diags_count(const Diags *diags); /* of those that were kept */
const Diag *diags_get(const Diags *diags, size_t index);
bool diags_has_errors(const Diags *diags);
/* One line each: "file:line:column: error: message [code]". Caller frees. */
char *diags_text(const Diags *diags);
/* [{level, code, file, line, column, message}]. Caller owns. */
json_t *diags_json(const Diags *diags);
/* INVALID with the text of all errors when there are any, else true. */
CHECKED bool diags_to_error(const Diags *diags, GError **error);
