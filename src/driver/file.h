/*
 * file.h - what drivers of files share: where a file lies, and a window that moves over its bytes.
 */
#pragma once

#include "driver/driver.h"

typedef struct {
    Conn base;
    char *path;       /* a folder, or one file */
    json_t *settings; /* borrowed from nobody: a copy */
} FileConn;

bool file_conn_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error);
void file_conn_close(Conn *conn);
/* The file of an object: inside of the store's folder, or the store's one file. NOT_FOUND names near ones. */
CHECKED bool file_conn_path(const FileConn *conn, const char *object, char **ret, GError **error);
bool file_conn_identity(Conn *conn, const char *object, json_t **ret, GError **error);
bool file_conn_fingerprint(Conn *conn, const char *object, char **ret, GError **error);

/* Where a record begins: its number from 1, its byte, its line. */
typedef struct {
    int64_t row, offset, line;
} FilePlace;

/* A range of `rows` records between two places; the first of the list is open at its start, one
 * without `to` at its end. */
void file_add_range(json_t *ranges, const FilePlace *from, const FilePlace *to, int64_t rows);
/* The same back; offset and end are -1 where it is open. INVALID when it is no range of a file. */
CHECKED bool file_read_range(const json_t *range, const char *object, FilePlace *ret_from,
                             int64_t *ret_end, GError **error);

/* Bytes of a file from an offset on, as much of them as one record needs. */
typedef struct {
    int fd; /* borrowed */
    char *bytes;
    size_t used, room;
    int64_t offset; /* of bytes[0] in the file */
    bool is_end;    /* the file ends with bytes[used - 1] */
} Window;

void window_init(Window *window, int fd, int64_t offset);
void window_clear(Window *window);
/* At least one more byte, or is_end. TOO_LARGE beyond RECORD_BYTES_MAX is the caller's to look at first. */
CHECKED bool window_grow(Window *window, GError **error);
void window_drop(Window *window, size_t bytes); /* from the beginning */
/* Where the line that holds `begin` ends, behind its LF, or at the end of the file; grows as needed. 0 when it is longer
 * than a record may be. */
CHECKED bool window_line_end(Window *window, size_t begin, size_t *ret, GError **error);
/* Drop all of that line, however long it is; the window begins behind it. */
CHECKED bool window_skip_line(Window *window, size_t begin, GError **error);
/* How much is read at once, so that tests meet the edge of a window everywhere; 0: as always. */
void window_set_bytes_for_tests(size_t bytes);

/* Why the bytes are no text, with the place and what it may come from; NULL when they are one. Caller frees. */
char *text_problem(const char *bytes, size_t count);
/* Length of valid UTF-8 without NUL at the beginning; `bytes` when all of it is. */
size_t utf8_length(const char *text, size_t bytes);
/* A piece of a broken record for people: at most a few kilobytes, made printable. */
json_t *raw_to_json(int64_t line, const char *bytes, size_t count);
