/*
 * embedded.h - the examples, carried inside the program, so that `honk init` and `honk demo` work
 * from any folder.
 */
#pragma once

#include "base/error.h"

typedef struct {
    const char *path; /* "examples/starter/honk.yaml"; NULL ends the table */
    const char *text; /* zero-terminated */
    size_t bytes;
    int mode;
} EmbeddedFile;

extern const EmbeddedFile embedded_files[]; /* made by tools/embed */

const EmbeddedFile *embedded_find(const char *path); /* NULL when absent */
/* Write every file below `prefix` ("examples/starter/") into `folder`, and its folders. A file that
 * is there and differs is left alone and named in INVALID, unless `replace`. */
CHECKED bool embedded_write(const char *prefix, const char *folder, bool replace, GError **error);
