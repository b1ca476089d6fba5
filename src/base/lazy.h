/*
 * lazy.h - libraries that are loaded when they are first needed.
 *
 * libcurl, libmicrohttpd, libpq, libmariadb and librdkafka bring some thirty others along, and loading those takes six times as long as all else that
 * a start of the program does. So none of them is linked: a file beside their user (base/libcurl.c,
 * server/libmicrohttpd.c, driver/postgres/libpq.c, driver/kafka/librdkafka.c…) defines each of their functions that we call, by its own name and after
 * its own header, as a jump into the library. Whoever calls another one gets an undefined reference from the linker, and adds
 * a line there.
 */
#pragma once

#include "base/error.h"

#include <stdatomic.h>

typedef void (*LazyFunction)(void);

typedef struct {
    const char *file; /* as the loader finds it: "libpq.so.5" */
    _Atomic(void *) handle;
} LazyLibrary;

/* Where its use begins, so that a library that is not there is an error, UNSUPPORTED: a call of its functions loads it as well,
 * and could only end the program. By any thread, repeated for nothing. */
CHECKED bool lazy_load(LazyLibrary *library, GError **error);

/* A function of the library, kept in `found`. */
LazyFunction lazy_find(LazyLibrary *library, _Atomic(LazyFunction) *found, const char *name);

/* The library's own function, to be called. */
#define LAZY_REAL(library, found, name) ((__typeof__(&name)) lazy_find(&(library), &(found), #name))

/* clang-format off */
#define LAZY_FUNCTION(library, type, name, parameters, arguments)                                  \
    type name parameters                                                                           \
    {                                                                                              \
        static _Atomic(LazyFunction) found;                                                        \
        return LAZY_REAL(library, found, name) arguments;                                          \
    }
#define LAZY_PROCEDURE(library, name, parameters, arguments)                                       \
    void name parameters                                                                           \
    {                                                                                              \
        static _Atomic(LazyFunction) found;                                                        \
        LAZY_REAL(library, found, name) arguments;                                                 \
    }
/* clang-format on */
