/*
 * error.h - one way to fail.
 *
 * A function that can fail returns bool, hands its results out through `ret` parameters that it
 * touches only on success, and takes `GError **error` last. The code (errors.def) says what happens
 * next; the message says what failed, in lower case, without a full stop, the subject in single
 * quotes.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define CHECKED __attribute__((warn_unused_result))

typedef enum {
#define ERROR_CODE(code, wire, http, exit, then) ERR_##code,
#include "base/errors.def"
#undef ERROR_CODE
    ERROR_COUNT
} ErrorCode;

/* What the one who gets the error should do next. */
typedef enum { THEN_GIVE_UP, THEN_RETRY, THEN_REPLAN, THEN_ASK, THEN_STOP } ErrorThen;

GQuark error_quark(void);

/* Set `*error` and return false, so that a failing line is `return fail(error, ERR_…, …);`. */
bool fail(GError **error, ErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The same from a va_list. */
bool fail_v(GError **error, ErrorCode code, const char *format, va_list args) G_GNUC_PRINTF(3, 0);
/* Put one clause before the message that is already there ("clause: message") and return false. */
bool fail_in(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* fail() with strerror(errno) at the end; ENOSPC becomes NO_SPACE, ENOENT NOT_FOUND, others
 * `otherwise`. */
bool fail_errno(GError **error, ErrorCode otherwise, const char *format, ...) G_GNUC_PRINTF(3, 4);

#ifdef __clang_analyzer__
/* It sees one file at a time and would otherwise reckon with these returning true. */
#define fail(...) (fail(__VA_ARGS__), false)
#define fail_v(...) (fail_v(__VA_ARGS__), false)
#define fail_in(...) (fail_in(__VA_ARGS__), false)
#define fail_errno(...) (fail_errno(__VA_ARGS__), false)
#endif

/* What errors.def says of an error; a GError of another domain counts as INTERNAL. */
ErrorCode error_code(const GError *error);
const char *error_wire_name(ErrorCode code);
int error_http_status(ErrorCode code);
int error_exit_status(ErrorCode code);
ErrorThen error_then(ErrorCode code);
/* The code of a wire name; INTERNAL when unknown. */
ErrorCode error_code_from_wire(const char *wire);
bool error_is(const GError *error, ErrorCode code);
