/*
 * code_files.h - the files of repositories, and what the rewriter makes of each, on all cores.
 */
#pragma once

#include "cli/command.h"
#include "rewrite/code.h"
#include "rewrite/project/project.h"

#define CODE_TEXT_BYTES_MAX ((size_t) 1024 * 1024 * 1024) /* that is rewritten together */

typedef struct {
    char *path;
    char *text; /* NULL unless it names the dataset */
    size_t bytes;
    Rewrite *rewrite; /* NULL unless it names the dataset */
    char *diff;       /* NULL unless asked for and changed */
    char *skipped;    /* why it was not read, or NULL */
    bool is_held;     /* stays as it is: its queries give other rows */
    bool is_read;     /* so `text` tells whether it names the dataset */
    bool is_tied;     /* others may be understood by it (project_ties()) */
    bool may_say;     /* likewise tables that have a new name of a column (neighbours.h) */
    GPtrArray *given; /* Export *, on their way to those of all; or NULL */
    GPtrArray *steps; /* TableStep *, likewise */
    GPtrArray *said;  /* of neighbours_read(), likewise */
    json_t *proofs;   /* of its queries, or NULL */
} CodeFile;

typedef struct {
    const Renames *renames;
    RewriteOptions options;
    bool makes_diffs;
} CodeTask;

/* Files below the paths, sorted: no hidden folders, no node_modules, no links. A path that is not there is an error. With
 * `renames` (or NULL) they are read on the way, as far as there is room for the texts. Array of CodeFile *; caller frees. */
CHECKED bool code_files_find(const GPtrArray *paths, const Renames *renames, GPtrArray **ret,
                             GError **error);
/* Does it hold text that names the dataset, or may do so? */
bool code_names(const Renames *renames, const char *path, const char *text, size_t bytes);
/* The same of a file that is too large to be held, piece by piece. What cannot be read names nothing. */
bool code_names_in_large(const Renames *renames, const char *path);
/* The same of a text in UTF-16, which says so at its beginning: it is not rewritten. */
bool code_names_in_utf16(const Renames *renames, const char *path, const char *text, size_t bytes);
/* The same of a program, or SQL, that has zero bytes in it, as a text in UTF-16 has that does not say so, and none that can be
 * rewritten. */
bool code_names_beside_zeros(const Renames *renames, const char *path, const char *text,
                             size_t bytes);
/* Of a file that was read: of what use it is to others. */
void code_file_note(CodeFile *file, const char *text, const Renames *renames);
/* Let go of what it holds, but its path. */
void code_file_clear(CodeFile *file);
/* Called with each file in its order; what it holds is let go of afterwards. */
typedef bool CodeFileFn(CodeFile *file, void *data, GError **error);
/* Read and rewrite all of them, many at once, and where one file's names are followed in others all together; what holds
 * bytes that are no text is passed over. `check` (or NULL) is asked of each file before `each`, and may hold it. */
CHECKED bool code_files_rewrite(GPtrArray *files, const CodeTask *task, CodeFileFn *check,
                                CodeFileFn *each, void *data, GError **error);

/* How far it is, on a terminal's stderr, once it takes longer than a moment. (code_progress.c) */
typedef struct {
    guint total;
    int64_t next_ms; /* when it may be drawn */
    bool is_wanted, is_drawn;
} CodeProgress;
void code_progress_start(CodeProgress *progress, guint total);
void code_progress_draw(CodeProgress *progress, guint done);
/* Before something else is printed. */
void code_progress_clear(CodeProgress *progress);

/* A unified diff, line by line, in colours. */
void code_diff_show(View *view, const char *diff);

/* --dialect, or NULL when it was not given: then it is guessed file by file. */
CHECKED bool code_dialect_read(const Invocation *call, const Dialect **ret, GError **error);

/* What dbt wrote down: the manifest at `path`, or, without one, target/manifest.json of each project among the files; and
 * the catalog beside it. What was found and is broken is told of, and left out. NULL where there is none; caller frees. */
CHECKED bool code_manifests_read(View *view, const char *path, const GPtrArray *files,
                                 DbtManifests **ret, GError **error);

/* A schema file: `tables: { name: { column: type } }`. */
typedef struct CodeSchema CodeSchema;
CHECKED bool code_schema_read(const char *path, CodeSchema **ret, GError **error);
/* Does the table that moves have the columns there that the mapping speaks of? */
CHECKED bool code_schema_check(const CodeSchema *schema, const MappingSet *mappings,
                               const char *path, GError **error);
void code_schema_free(CodeSchema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CodeSchema, code_schema_free)
SqlColumnsFn code_schema_columns; /* data: CodeSchema */
SqlColumnsFn
    code_schema_types; /* of the same columns in the same order; "" where the file has none */
