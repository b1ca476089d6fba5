/*
 * log.h - one JSON object a line on standard error, or plain text on a terminal.
 *
 * Only the edges log: the server's loop, the worker's main, the HTTP layer and the command line.
 * Modules return errors. Fields: timestamp, severity_text, body, and what the caller adds
 * (docs/formats/log.md).
 */
#pragma once

#include "base/error.h"

#include <jansson.h>

typedef enum { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } LogLevel;

/* `as_json` decides the form; `component` ("server", "worker") is in each line. */
void log_init(const char *component, LogLevel least, bool as_json);
/* `fields` (may be NULL) is stolen. Thread-safe: one write(2) a line. */
void log_line(LogLevel level, json_t *fields, const char *format, ...) G_GNUC_PRINTF(3, 4);
