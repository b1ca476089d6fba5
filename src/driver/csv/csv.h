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
    const char *null_text; /* borrowed from the settings */
} CsvFormat;

CHECKED bool csv_format(const FileConn *conn, const char *object, CsvFormat *ret, GError **error);
extern const FileFormat csv_file_format;
