/* libmicrohttpd.c - see libmicrohttpd.h. */
#include "server/libmicrohttpd.h"

#include "base/lazy.h"

#include <stdarg.h>

static LazyLibrary library = {.file = "libmicrohttpd.so.12"};

bool
libmicrohttpd_load(GError **error)
{
    return lazy_load(&library, error);
}

struct MHD_Daemon *
MHD_start_daemon(unsigned flags, uint16_t port, MHD_AcceptPolicyCallback accept, void *accept_data,
                 MHD_AccessHandlerCallback handler, void *handler_data, ...)
{
    static _Atomic(LazyFunction) found;
    va_list args;
    va_start(args, handler_data);
    struct MHD_Daemon *daemon = LAZY_REAL(library, found, MHD_start_daemon_va)(
        flags, port, accept, accept_data, handler, handler_data, args);
    va_end(args);
    return daemon;
}

/* Nothing follows, for what we ask. */
const union MHD_ConnectionInfo *
MHD_get_connection_info(struct MHD_Connection *connection, enum MHD_ConnectionInfoType type, ...)
{
    static _Atomic(LazyFunction) found;
    return LAZY_REAL(library, found, MHD_get_connection_info)(connection, type);
}

/* clang-format off */
LAZY_FUNCTION(library, const char *, MHD_get_version, (void), ())
LAZY_PROCEDURE(library, MHD_set_panic_func, (MHD_PanicCallback panic, void *data), (panic, data))
LAZY_PROCEDURE(library, MHD_stop_daemon, (struct MHD_Daemon *daemon), (daemon))
LAZY_FUNCTION(library, const char *, MHD_lookup_connection_value,
    (struct MHD_Connection *connection, enum MHD_ValueKind kind, const char *key), (connection, kind, key))
LAZY_FUNCTION(library, struct MHD_Response *, MHD_create_response_from_buffer,
    (size_t bytes, void *buffer, enum MHD_ResponseMemoryMode mode), (bytes, buffer, mode))
LAZY_FUNCTION(library, struct MHD_Response *, MHD_create_response_from_callback,
    (uint64_t bytes, size_t block, MHD_ContentReaderCallback read, void *data, MHD_ContentReaderFreeCallback free),
    (bytes, block, read, data, free))
LAZY_FUNCTION(library, enum MHD_Result, MHD_add_response_header,
    (struct MHD_Response *response, const char *header, const char *content), (response, header, content))
LAZY_FUNCTION(library, enum MHD_Result, MHD_queue_response,
    (struct MHD_Connection *connection, unsigned status, struct MHD_Response *response), (connection, status, response))
LAZY_PROCEDURE(library, MHD_destroy_response, (struct MHD_Response *response), (response))
/* clang-format on */
