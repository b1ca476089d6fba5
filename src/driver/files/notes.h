/*
 * notes.h - our notes beside the files of a store: fences, ledger, quarantine, swap.
 *
 *   FOLDER/.honk_notes/plans/PLAN/plan.json     fences, the stage with its schema, the swap
 *                               parts/RANGE/   one finished range: rows, ledger.json, aside.ndjson
 *                               whole          the finished file, before it takes its place
 *                               tmp-…/         a range that is being written
 *                    /stages/STAGE             which plan a stage belongs to
 *                    /aside/PLAN.ndjson        rows put aside, when the plan is settled
 *                    /trash/…                  what is being made or removed: emptied with each unlocking
 *
 * There are no transactions, only renames: a range is a folder that gets its name when all of it is on disk, so that rows
 * and ledger are both there or neither. The lock is on the store's folder, held for moments: whoever changes what is
 * noted takes it, looks at the fences, confirms, and then does the one rename that counts. All folders go when the last
 * plan does.
 */
#pragma once

#include "driver/files/file.h"

#define NOTES_FOLDER ".honk_notes"

typedef struct {
    char *folder; /* of the plan */
    char *plan, *stage;
    int64_t token;
    json_t *json; /* {plan, stage, token, tasks: {task: token}, schema, swap: {…}, given_up} */
} Notes;
void notes_free(Notes *notes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Notes, notes_free)

/* Held until the end of the scope. TRANSIENT when somebody has it for too long. */
#define AUTO_LOCK __attribute__((cleanup(notes_unlock))) NotesLock
typedef struct {
    int fd; /* -1: not held */
    const FileConn *conn;
} NotesLock;
CHECKED bool notes_lock(const FileConn *conn, NotesLock *ret, GError **error);
void notes_unlock(NotesLock *lock); /* and what is empty is removed */

/* NULL when the plan has nothing staged here. */
CHECKED bool notes_find(const FileConn *conn, const char *plan, Notes **ret, GError **error);
/* The plan that an object is the stage of; NULL when it is none, or is somewhere else by now. */
CHECKED bool notes_find_stage(const FileConn *conn, const char *object, Notes **ret,
                              GError **error);
/* FENCED unless plan and task let the token pass; a plan without a notes passes: `*ret` NULL. */
CHECKED bool notes_passes(const FileConn *conn, const Writer *writer, Notes **ret, GError **error);
/* The same, and FENCED without a notes. */
CHECKED bool notes_need(const FileConn *conn, const Writer *writer, Notes **ret, GError **error);
CHECKED bool notes_make(const FileConn *conn, const char *stage, const Schema *schema,
                        const Writer *writer, GError **error);
CHECKED bool notes_save(Notes *notes, GError **error);
/* All of it in one rename. */
CHECKED bool notes_remove(const FileConn *conn, const Notes *notes, GError **error);

/* A path of the plan's folder. Callers free. */
char *notes_path(const Notes *notes, const char *name);
char *notes_part(const Notes *notes, const char *range);
/* A name as one part of a path. Caller frees. */
char *notes_escape(const char *name);
/* A folder to write a range into, which counts for nothing. */
CHECKED bool notes_make_tmp(const Notes *notes, char **ret, GError **error);
void folder_remove(const char *path); /* with all that is in it, as far as it goes */

/* Finished ranges by name (char *), in order. Caller frees. */
GPtrArray *notes_ranges(const Notes *notes);
/* `*ret` NULL when the range is not in: else {range, task, token, rows_in, rows_out, rejected, hash, at_ms}. */
CHECKED bool notes_read_range(const Notes *notes, const char *range, json_t **ret, GError **error);
CHECKED bool notes_result(const json_t *ledger, RangeResult *ret, GError **error);
CHECKED bool notes_sum(const Notes *notes, RangeResult *ret, int64_t *ret_ranges, GError **error);

/* Rows put aside by the plan, from its notes or, when that is gone, from what it left: one JSON object a line. */
CHECKED bool notes_aside(const FileConn *conn, const char *plan, const Notes *notes,
                         int64_t rows_max, json_t **ret, GError **error);
/* They outlive the notes. */
CHECKED bool notes_keep_aside(const FileConn *conn, const Notes *notes, GError **error);
CHECKED bool notes_forget_aside(const FileConn *conn, const char *plan, GError **error);

/* Is the whole file made? */
bool notes_is_whole(const Notes *notes);
/* Opens what a stage holds. `*ret_is_stage` false when there is no such stage. */
CHECKED bool notes_open_stage(const FileConn *conn, const char *object, bool *ret_is_stage,
                              FileObject *ret, GError **error);

/* A swap that died half way may have left the old file its second name: take it away. */
CHECKED bool swap_drop_half(const FileConn *conn, const Notes *notes, GError **error);
