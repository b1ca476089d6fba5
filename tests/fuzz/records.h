/*
 * records.h - the laws of files that are read as rows, whatever is in them.
 *
 *   - however much is read at once, the same records are found
 *   - cut into ranges anywhere, they are the same as in one go
 *   - they are numbered from 1 without a gap, each a row or a refusal with its reason, and count() knows how many
 *   - each can be had again as the whole original record
 *   - one that is cut short is so to whoever counts it, and to whoever reads it to its end
 *   - written by our own writer and read again, it is the same
 */
#pragma once

#include "driver/files/file.h"

typedef struct {
    int fd; /* in memory */
    StoreConfig store;
    char *object;
    Conn *conn;
    Batch *batch; /* of the first reading; large, and all readings have the same columns */
} RecordFile;
/* `format` (may be NULL) is stolen. */
void record_file_open(RecordFile *file, const char *driver, json_t *format, const void *data,
                      size_t bytes);
void record_file_close(RecordFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RecordFile, record_file_close)

/* Record by record "1:a|b" or "!reason". Caller frees. */
GPtrArray *records_read(RecordFile *file, const Schema *schema, const json_t *range);
size_t records_refused(const GPtrArray *records);
void records_must_equal(const GPtrArray *a, const GPtrArray *b);
/* All laws; returns the records of one go, or NULL when the file cannot be read at all. */
GPtrArray *records_check_laws(RecordFile *file, size_t window_bytes, int64_t rows_per_range,
                              Schema **ret_schema);

/* All that was read, as our own writer writes it: `text` without a head or tail. `rows` gets, of each row that the format can
 * hold, how it was read: borrowed from `records`. */
void records_write(RecordFile *file, const FileFormat *format, const Schema *schema, GString *text,
                   GPtrArray *rows, const GPtrArray *records);
