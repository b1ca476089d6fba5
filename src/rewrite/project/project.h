/*
 * project.h - many files together: what one file's output names become under `propagate` is followed in the others.
 *
 * A file that reads the dataset gives other names to the columns of its view, table or model of dbt; whoever reads these
 * is a consumer in its turn, and so on. What cannot be followed is not begun: where a reader needs a person, what it reads
 * keeps its names (`new AS old`), and so does what is in a circle, or holds rows under the old names.
 */
#pragma once

#include "rewrite/rewrite.h"

typedef struct {
    const char *path, *text; /* borrowed; the text is zero-terminated */
    size_t bytes;
    bool
        is_held; /* it stays as it is, whatever becomes of it: it makes nothing new, and follows nobody */
    Rewrite *
        rewrite; /* NULL unless it names the dataset, or something whose columns change. The caller's. */
} ProjectFile;

/* Is the file of use, besides those that name the dataset? */
bool project_wants(const char *path, const char *text, size_t bytes, const Renames *renames,
                   const RewriteOptions *options);

/* May others be understood by it: does it make triggers, or functions that they call, list scripts that have run, or change a
 * dataset's table? Then files are looked at together. */
bool project_ties(const char *path, const char *text, size_t bytes, const Renames *renames);

/* `files`: ProjectFile *, of whose texts all are looked at. */
void project_rewrite(GPtrArray *files, const Renames *renames, const RewriteOptions *options,
                     unsigned threads);
