/*
 * run_steps.h - which scripts have run, as other files tell: a list of migrations that names them, or the folder in which they stand.
 *
 * Names of files say much (history.c), but where steps are called by what they do (`add-plan.sql`), only what lists them knows
 * their order, or the tables that they change one after the other.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct RunSteps RunSteps;

RunSteps *run_steps_new(void);
void run_steps_free(RunSteps *steps);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunSteps, run_steps_free)

/* ---- lists ---- */

/* May the file list scripts as migrations? */
bool run_steps_may_list(const char *path, const char *text, size_t bytes);
/* What it lists. In any order of files. */
void run_steps_read(RunSteps *steps, const char *path, const char *text, size_t bytes);
/* Once all are read: which of `paths`, char *, are meant. */
void run_steps_find_listed(RunSteps *steps, const GPtrArray *paths);

/* ---- folders (run_folders.c) ---- */

/* May the text make or change what other files of its folder do, too? */
bool run_steps_may_change(const char *path, const char *text, size_t bytes);
/* A file of SQL, and the TableStep * that definitions_read() found in it, borrowed, or NULL. In any order of files. */
void run_steps_note(RunSteps *steps, const char *path, const char *text, size_t bytes,
                    const GPtrArray *changes);
/* Once all are noted, and before others ask. */
void run_steps_find_in_folders(RunSteps *steps);

/* ---- asking; `steps` may be NULL ---- */

/* Has the file run, so that it stays as it is? */
bool run_steps_has(const RunSteps *steps, const char *path);
/* Why it may have, a sentence; NULL: nothing says so. */
const char *run_steps_doubt(const RunSteps *steps, const char *path);
