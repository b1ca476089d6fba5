/*
 * writer.h - rows as JSON lines, or as one array of objects.
 *
 * An array for names that end with .json, or with the setting `format: { array: true }`; lines for all others.
 */
#pragma once

#include "driver/files/file.h"

extern const FileFormat json_file_format;

/* For other stores that hold JSON. A text in quotes, appended. */
void json_append_text(const char *data, size_t bytes, GString *to);
/* A value that is not NULL, appended; or why JSON does not have it (caller frees). */
char *json_append_value(const Value *value, GString *scratch, GString *to);
