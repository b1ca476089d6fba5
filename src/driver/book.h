/*
 * book.h - the bookkeeping inside a target that speaks SQL: fence, ledger, quarantine, the note of a swap.
 *
 * What it means is told in driver.h, and is the same in every such store; so is the order in which it is read and written
 * (book.c). A driver gives its few statements that differ, and points to them from its connections.
 */
#pragma once

#include "driver/driver.h"

enum { BOOK_FENCE, BOOK_LEDGER, BOOK_QUARANTINE, BOOK_SWAP, BOOK_WRITTEN, BOOK_TABLES };

/* Cells are texts, NULL for NULL; they are borrowed for the call. */
typedef bool BookRowFn(const char *const *cells, void *data, GError **error);

/* Of the ledger. */
typedef struct {
    RangeResult sum;
    int64_t ranges;
} BookRanges;

/* What is found where a transaction begins. */
typedef struct {
    int64_t of_plan, of_task; /* tokens of the fences; 0: there is none */
    BookRanges range;         /* the one that is to be written, if it is in already */
} BookLook;

struct BookSql {
    const char *columns[BOOK_TABLES]; /* what stands behind CREATE TABLE name */
    const char
        *share; /* behind a SELECT: nobody changes its row before we end; others may read it */
    const char *raise;  /* behind an INSERT of a fence: the higher token stays */
    const char *oldest; /* what the quarantine is ordered by */
    bool (*run)(Conn *conn, const char *sql, GError **error);
    /* The same, together with what comes next, at the latest the commit; NULL: at once. */
    bool (*later)(Conn *conn, const char *sql, GError **error);
    bool (*each)(Conn *conn, const char *sql, BookRowFn *row, void *data, GError **error);
    /* Which of these tables are there? */
    bool (*has)(Conn *conn, const char *const *tables, size_t count, bool *ret, GError **error);
    /* A transaction of `writer`, which is NULL for those that only look. */
    bool (*begin)(Conn *conn, const Writer *writer, GError **error);
    bool (*commit)(Conn *conn, GError **error); /* asks conn_confirm() */
    void (*rollback)(Conn *conn);
    /* All of these NULL in a store that has one writer at a time. */
    bool (*lock)(Conn *conn, GError **error); /* who makes or drops tables of ours is alone */
    bool (*lock_task)(Conn *conn, const Writer *writer, GError **error); /* not shared */
    bool (*lock_range)(Conn *conn, const Writer *writer, GError **error);
    /* The task's lock, which is shared, and both fences, with as few questions as can be. NOT_FOUND, here and of a question for a table that is
     * not there: there is no bookkeeping. */
    bool (*look)(Conn *conn, const Writer *writer, BookLook *ret, GError **error);
    /* Where the tables lie, made and dropped with them; NULL: it is there anyway. */
    bool (*make_place)(Conn *conn, GError **error);
    bool (*drop_place)(Conn *conn, GError **error);
};

/* For BookSql.has: 'one', 'other' (caller frees), and one of them is there. */
char *book_list(const char *const *tables, size_t count);
void book_tick_off(const char *table, const char *const *tables, size_t count, bool *there);
/* printf-like as sqlite3_mprintf: %Q texts, "%w" names, %lld numbers. Caller frees. */
char *book_text(const char *format, ...);
/* Names in quotes, each with `before` in front ("OLD.", or ""), and commas between. Caller frees. */
char *book_name_list(const GPtrArray *names, const char *before);

/* For those who ask several things at once: a question, and what takes its rows (into an int64_t, into BookRanges). Caller frees. */
char *book_fence_question(const Conn *conn, const char *scope, const char *share);
BookRowFn book_take_token;
/* `range` NULL: all of the plan. */
char *book_ledger_question(const Conn *conn, const char *plan, const char *range);
BookRowFn book_take_range;
/* FENCED, as book_begin() says it, or is the range in already? */
CHECKED bool book_judge(const BookLook *look, const Writer *writer, bool *ret_done,
                        RangeResult *ret, GError **error);
/* What a look could not see: FENCED where that is because there is no bookkeeping. Returns false. */
bool book_fail_look(const Writer *writer, GError *take_broken, GError **error);

CHECKED bool book_has(Conn *conn, const char *table, bool *ret, GError **error);
/* All tables; again: nothing. */
CHECKED bool book_make(Conn *conn, GError **error);
/* Drop what is not needed any more. */
CHECKED bool book_tidy(Conn *conn, GError **error);
typedef enum { BOOK_ALL, BOOK_BUT_QUARANTINE } BookExtent;
/* Delete what is there of the plan. */
CHECKED bool book_delete(Conn *conn, const char *plan, BookExtent extent, GError **error);
/* Both. */
/* Something is called as the plan's stage is, and nothing says that the plan made it; `drop` is what would remove it. Returns false. */
bool book_fail_unknown(const char *stage, const char *plan, const char *drop, GError **error);
CHECKED bool book_forget(Conn *conn, const char *plan, BookExtent extent, GError **error);

/* Begin, and FENCED (rolled back) unless the plan is staged and the fences let pass. */
CHECKED bool book_begin(Conn *conn, const Writer *writer, GError **error);
/* The same for a range, which nobody else may be writing meanwhile; is it in already? */
CHECKED bool book_begin_range(Conn *conn, const Writer *writer, bool *ret_done, RangeResult *ret,
                              GError **error);
/* Inside a transaction: FENCED when the plan's fence, or the task's, stands above the writer. */
CHECKED bool book_passes(Conn *conn, const Writer *writer, bool *ret_is_staged, GError **error);
/* Inside a transaction: raise the fence of the plan to the writer's token. */
CHECKED bool book_raise(Conn *conn, const Writer *writer, GError **error);
/* The same, and note what is staged for what. */
CHECKED bool book_raise_stage(Conn *conn, const Writer *writer, const char *stage,
                              const char *target, GError **error);
CHECKED bool book_write_range(Conn *conn, const Writer *writer, const RangeResult *result,
                              GError **error);
CHECKED bool book_set_aside(Conn *conn, const Writer *writer, int64_t row_id, const json_t *record,
                            const char *column, const char *reason, GError **error);
/* The same for a store that does not keep every letter: those beyond ASCII become escapes of JSON, in the reason, too. */
CHECKED bool book_set_aside_in_ascii(Conn *conn, const Writer *writer, int64_t row_id,
                                     const json_t *record, const char *column, const char *reason,
                                     GError **error);

typedef struct {
    char *stage, *target, *kept; /* as the caller has them; `kept` NULL: there was no target */
    json_t *saved;               /* what the driver needs for the way back */
} BookNote;
void book_note_free(BookNote *note);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BookNote, book_note_free)
/* NULL when the plan has none. */
CHECKED bool book_note_read(Conn *conn, const char *plan, BookNote **ret, GError **error);
CHECKED bool book_note_write(Conn *conn, const char *plan, const BookNote *note, GError **error);
/* The note and the log of what was written. */
CHECKED bool book_note_drop(Conn *conn, const char *plan, GError **error);
/* How many rows the log of the plan counts. */
CHECKED bool book_count_written(Conn *conn, const char *plan, int64_t *ret, GError **error);

/* For LoadOps and SwapOps as they are. */
bool book_carried(Conn *conn, const char *plan, GError **error);
bool book_fence(Conn *conn, const Writer *writer, GError **error);
bool book_ledger_find(Conn *conn, const char *plan, const char *range, bool *ret_found,
                      RangeResult *ret, GError **error);
bool book_ledger_sum(Conn *conn, const char *plan, RangeResult *ret, int64_t *ret_ranges,
                     GError **error);
bool book_quarantined(Conn *conn, const char *plan, int64_t rows_max, json_t **ret, GError **error);
