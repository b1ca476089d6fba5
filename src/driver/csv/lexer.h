/*
 * lexer.h - CSV as RFC 4180 has it and as it is met: records one by one, in bounded memory.
 *
 * - a field that begins with a quote ends with one; doubled quotes inside are one; it may hold line ends
 * - a quote elsewhere in a field is a character like others
 * - a record ends with LF or CRLF, or, in a file that has no LF outside of quotes, with CR; empty lines are no records; a byte order mark at the beginning is skipped
 * - what cannot be a record (a quote that is never closed, text behind a closing quote, NUL, bytes that are not UTF-8,
 *   more than RECORD_BYTES_MAX) is told as a problem, and reading goes on with the next line
 * - a quote that is open where the file ends without a line end is an error: such a file was cut short
 */
#pragma once

#include "driver/files/file.h"

typedef struct {
    const char *data; /* not zero-terminated */
    size_t bytes;
    bool is_quoted;
} CsvField;

typedef struct {
    Window window;
    char delimiter;
    char line_end;    /* LF, which a CR may precede; or CR alone, when the caller says so */
    size_t begin;     /* of the next record in the window */
    int64_t line;     /* of the next record, from 1 */
    GArray *fields;   /* CsvField */
    GString *scratch; /* fields whose quotes were undoubled */
    /* the record at hand */
    int64_t offset, record_line;
    size_t record_bytes; /* of a line that is too long: as much as csv_raw() has */
    bool is_open;        /* it is the file's last one, and has no line end */
    char *problem;       /* or NULL */
    GString *piece;      /* the beginning of a line that is too long */
} CsvLexer;

void csv_lexer_init(CsvLexer *lexer, ByteSource *source, int64_t offset, int64_t line,
                    char delimiter);
void csv_lexer_clear(CsvLexer *lexer);
/* The next record; `*ret_more` false at the end. Its fields are valid until the next call. */
CHECKED bool csv_next(CsvLexer *lexer, bool *ret_more, GError **error);
/* Of a file that ends too early: always false. */
CHECKED bool csv_fail_cut(int64_t line, const char *problem, GError **error);
size_t csv_count(const CsvLexer *lexer);
CsvField csv_field(const CsvLexer *lexer, size_t index);
/* The record as it is written, for messages. */
const char *csv_raw(const CsvLexer *lexer);
