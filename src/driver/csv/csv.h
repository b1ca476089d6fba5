/*
 * csv.h - how the files of a store are written and read.
 *
 * Settings, under `format`: header (true), delimiter (","; a tab for names that end with .tsv), null (""): what an unquoted
 * field says when it has no value. A quoted one always has one, so an empty text is written as "".
 */
#pragma once

#include "driver/files/file.h"

typedef struct {
    bool has_header;
    char delimiter;
    bool is_usual;         /* nobody has said what stands between fields */
    const char *null_text; /* borrowed from the settings */
} CsvFormat;

/* Is this the header of a file with several columns, divided by something else? */
bool csv_is_undivided(const CsvFormat *format, const char *name);
CHECKED bool csv_format(const FileConn *conn, const char *object, CsvFormat *ret, GError **error);
extern const FileFormat csv_file_format;
