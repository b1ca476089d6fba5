/*
 * file.h - what drivers of files share: where a file lies, and a window that moves over its bytes.
 *
 *   file.c      opening, paths, identities       window.c   bytes, as many as a record needs
 *   places.c    where records begin, ranges
 *   bytes.c     what the bytes lie in                   notes.c     our notes beside the files
 *   load.c      stages and their ranges                 swap.c     one file in the place of another
 *
 * A driver adds a FileFormat: how a row becomes a record, and how records become a file.
 */
#pragma once

#include "driver/driver.h"
#include "driver/files/decode.h"

typedef struct FileConn FileConn;
typedef struct FileLoader FileLoader; /* load.c: a range that is being written */

/* How rows are written. `columns` says, for each column of the schema, which one of the batch it is; SIZE_MAX: none,
 * NULL. */
typedef struct {
    const Schema *schema;
    const size_t *columns;
    const void *how; /* what prepare() made */
} RowShape;
typedef struct {
    /* Refuses settings that cannot be written by, and columns that a file cannot have. */
    bool (*check)(const FileConn *conn, const char *object, const Schema *schema, GError **error);
    /* What appending rows needs to know, found out once. Caller frees with g_free(). */
    void *(*prepare)(const FileConn *conn, const char *object);
    /* One row as a record with a line end behind it, appended. False when a record cannot hold it: `*ret_reason` says
     * why (caller frees), and what was appended is the caller's to cut. */
    bool (*append_row)(const RowShape *shape, const Batch *batch, size_t row, GString *to,
                       char **ret_reason);
    /* What comes before the first record of a whole file, and behind the last one. */
    void (*append_head)(const FileConn *conn, const char *object, const Schema *schema,
                        GString *to);
    void (*append_tail)(const FileConn *conn, const char *object, GString *to);
    /* What stands between two records instead of the line end, which is then no part of a record; NULL: records as they
     * are. */
    const char *(*between)(const FileConn *conn, const char *object);
    bool is_all_texts; /* a column of texts takes values of all types, as the texts that they are */
} FileFormat;

struct FileConn {
    Conn base;
    const FileFormat *format;
    char *folder;
    char *only;       /* the one file of it that is the store, or NULL: all are */
    json_t *settings; /* borrowed from nobody: a copy */
    FileLoader *loader;
};

bool file_conn_open(const Driver *self, const FileFormat *format, const StoreConfig *store,
                    Conn **ret, GError **error);
void file_conn_close(Conn *conn);
/* Where an object lies or would lie; INVALID when that is outside of the store. Caller frees. */
CHECKED bool file_conn_path(const FileConn *conn, const char *object, char **ret, GError **error);
/* NOT_FOUND, with near names. */
bool file_conn_missing(const FileConn *conn, const char *object, GError **error);
bool file_conn_identity(Conn *conn, const char *object, json_t **ret, GError **error);
bool file_conn_fingerprint(Conn *conn, const char *object, char **ret, GError **error);

/* As the store's files are written; the setting `format: { encoding: … }`. */
CHECKED bool file_conn_encoding(const FileConn *conn, Encoding *ret, GError **error);

/* An object, opened: a file that people see, or a stage. */
typedef struct {
    ByteSource *source;
    Schema *schema; /* of a stage; NULL: the file tells by itself */
    bool is_bare;   /* a stage's records, without what makes them a file */
    char *path;     /* for messages */
} FileObject;
CHECKED bool file_object_open(const FileConn *conn, const char *object, FileObject *ret,
                              GError **error);
/* The same, unpacked and as UTF-8. */
CHECKED bool file_object_open_text(const FileConn *conn, const char *object, FileObject *ret,
                                   GError **error);
void file_object_clear(FileObject *object);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FileObject, file_object_clear)
/* What the object, or what a stage of it will be, is called without the ending of what it is packed in: "users.csv" of
 * "users.csv.gz__honk_0a1b2c3d". Caller frees. */
char *file_kind_name(const char *object);

/* What drivers of files put into their tables. */
extern const LoadOps file_load_ops;
extern const SwapOps file_swap_ops;

/* Where a record begins: its number from 1, its byte, its line. */
typedef struct {
    int64_t row, offset, line;
} FilePlace;

/* The places of the records since a batch began, as scans of files keep them for scan_record(). */
typedef GArray FilePlaces;
FilePlaces *file_places_new(void); /* freed with g_array_unref() */
/* Where `row` begins; NOT_FOUND when no record of this batch has that number. */
CHECKED bool file_places_find(const FilePlaces *places, int64_t row, FilePlace *ret,
                              GError **error);
/* Whether the batch ends here, though there is room: a file of broken records only must not gather their places without
 * end. Those of a batch without a row are forgotten in time. */
bool file_places_are_enough(FilePlaces *places, const Batch *batch);

/* Where the next record of a scan begins; `*ret_more` false at the end. */
typedef bool FileNextFn(void *scan, FilePlace *ret, bool *ret_more, GError **error);
/* ScanOps.split of an object whose first record begins at `begin`: one range where its bytes are a stream. The connection's
 * tick may stop it. */
CHECKED bool file_split(Conn *conn, const FileObject *object, const FilePlace *begin, int64_t rows,
                        FileNextFn *next, void *scan, json_t **ret_ranges, GError **error);
/* ScanOps.count: by a split that makes one range. */
bool file_count_rows(Conn *conn, const char *object, const char *where, int64_t *ret_rows,
                     GError **error);
/* The number of records that were gone through; now and then the connection's tick may stop it. */
CHECKED bool file_tick(Conn *conn, int64_t row, GError **error);
/* A range back; offset and end are -1 where it is open. INVALID when it is no range of a file. */
CHECKED bool file_read_range(const json_t *range, const char *object, FilePlace *ret_from,
                             int64_t *ret_end, GError **error);

/* Bytes of a source from an offset on, as much of them as one record needs. */
typedef struct {
    ByteSource *source; /* borrowed */
    char *bytes;
    size_t used, room;
    int64_t offset; /* of bytes[0] in the source */
    bool is_end;    /* it ends with bytes[used - 1] */
} Window;

void window_init(Window *window, ByteSource *source, int64_t offset);
void window_clear(Window *window);
/* At least one more byte, or is_end, without the marks that DOS puts there (Ctrl-Z). TOO_LARGE beyond RECORD_BYTES_MAX is the caller's to look at
 * first. */
CHECKED bool window_grow(Window *window, GError **error);
void window_drop(Window *window, size_t bytes); /* from the beginning */
/* Where the line that holds `begin` ends, behind its `line_end` (LF), or at the end of the file; grows as needed. 0 when it is longer
 * than a record may be. */
CHECKED bool window_line_end(Window *window, size_t begin, char line_end, size_t *ret,
                             GError **error);
/* Drop all of that line, however long it is; the window begins behind it. */
CHECKED bool window_skip_line(Window *window, size_t begin, char line_end, GError **error);
/* How much is read at once, so that tests meet the edge of a window everywhere; 0: as always. */
void window_set_bytes_for_tests(size_t bytes);

/* Why the bytes are no text, with the place and what it may come from; NULL when they are one. Caller frees. */
char *text_problem(const char *bytes, size_t count);
/* The same of a value that is to be written: no file is in another encoding. */
char *text_unwritable(const char *bytes, size_t count);
/* Length of valid UTF-8 without NUL at the beginning; `bytes` when all of it is. */
size_t utf8_length(const char *text, size_t bytes);
/* A piece of a broken record for people: at most a few kilobytes, made printable. */
json_t *raw_to_json(int64_t line, const char *bytes, size_t count);
