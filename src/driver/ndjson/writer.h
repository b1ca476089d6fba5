/*
 * writer.h - rows as JSON lines, or as one array of objects.
 *
 * An array for names that end with .json, or with the setting `format: { array: true }`; lines for all others.
 */
#pragma once

#include "driver/files/file.h"

extern const FileFormat json_file_format;
