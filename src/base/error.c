/* error.c - the closed list of errors, and how they are made. */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#undef fail
#undef fail_v
#undef fail_in
#undef fail_errno

static const struct {
    const char *wire;
    int http;
    int exit;
    ErrorThen then;
} codes[ERROR_COUNT] = {
#define ERROR_CODE(code, wire_, http_, exit_, then_)                                               \
    [ERR_##code] = {.wire = wire_, .http = http_, .exit = exit_, .then = THEN_##then_},
#include "base/errors.def"
#undef ERROR_CODE
};

GQuark
error_quark(void)
{
    return g_quark_from_static_string("honk");
}

bool
fail_v(GError **error, ErrorCode code, const char *format, va_list args)
{
    if (error != NULL && *error == NULL)
        *error = g_error_new_valist(error_quark(), (int) code, format, args);
    return false;
}

bool
fail(GError **error, ErrorCode code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail_v(error, code, format, args);
    va_end(args);
    return false;
}

bool
fail_in(GError **error, const char *format, ...)
{
    if (error == NULL || *error == NULL)
        return false;
    va_list args;
    va_start(args, format);
    g_autofree char *clause = g_strdup_vprintf(format, args);
    va_end(args);
    g_prefix_error(error, "%s: ", clause);
    return false;
}

bool
fail_errno(GError **error, ErrorCode otherwise, const char *format, ...)
{
    int cause = errno;
    va_list args;
    va_start(args, format);
    g_autofree char *clause = g_strdup_vprintf(format, args);
    va_end(args);
    ErrorCode code = cause == ENOSPC ? ERR_NO_SPACE : cause == ENOENT ? ERR_NOT_FOUND : otherwise;
    return fail(error, code, "%s: %s", clause, g_strerror(cause));
}

ErrorCode
error_code(const GError *error)
{
    g_assert(error != NULL);
    if (error->domain != error_quark() || error->code < 0 || error->code >= ERROR_COUNT)
        return ERR_INTERNAL;
    return (ErrorCode) error->code;
}

const char *
error_wire_name(ErrorCode code)
{
    return codes[code].wire;
}

int
error_http_status(ErrorCode code)
{
    return codes[code].http;
}

int
error_exit_status(ErrorCode code)
{
    return codes[code].exit;
}

ErrorThen
error_then(ErrorCode code)
{
    return codes[code].then;
}

ErrorCode
error_code_from_wire(const char *wire)
{
    for (ErrorCode code = 0; code < ERROR_COUNT; code++)
        if (wire != NULL && strcmp(codes[code].wire, wire) == 0)
            return code;
    return ERR_INTERNAL;
}

bool
error_is(const GError *error, ErrorCode code)
{
    return error != NULL && error_code(error) == code;
}
