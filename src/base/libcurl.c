/* libcurl.c - see libcurl.h. */
#include "base/libcurl.h"

#include "base/lazy.h"

#include <stdarg.h>

/* Its header makes macros of them that check their arguments, for callers. */
#undef curl_easy_setopt
#undef curl_easy_getinfo

static LazyLibrary library = {.file = "libcurl.so.4"};

bool
libcurl_load(GError **error)
{
    return lazy_load(&library, error);
}

/* What follows an option is of the type that its number says (CURLOPTTYPE_…). */
CURLcode
curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    static _Atomic(LazyFunction) found;
    CURLcode code = CURLE_UNKNOWN_OPTION;
    va_list args;
    va_start(args, option);
    __typeof__(&curl_easy_setopt) real = LAZY_REAL(library, found, curl_easy_setopt);
    if (option < CURLOPTTYPE_OBJECTPOINT)
        code = real(curl, option, va_arg(args, long));
    else if (option < CURLOPTTYPE_FUNCTIONPOINT || option >= CURLOPTTYPE_BLOB)
        code = real(curl, option, va_arg(args, void *));
    else if (option < CURLOPTTYPE_OFF_T)
        code = real(curl, option, va_arg(args, LazyFunction));
    else
        code = real(curl, option, va_arg(args, curl_off_t));
    va_end(args);
    return code;
}

/* Always a place to write to. */
CURLcode
curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
    static _Atomic(LazyFunction) found;
    va_list args;
    va_start(args, info);
    CURLcode code = LAZY_REAL(library, found, curl_easy_getinfo)(curl, info, va_arg(args, void *));
    va_end(args);
    return code;
}

/* clang-format off */
LAZY_FUNCTION(library, CURLcode, curl_global_init, (long flags), (flags))
LAZY_FUNCTION(library, CURL *, curl_easy_init, (void), ())
LAZY_PROCEDURE(library, curl_easy_reset, (CURL *curl), (curl))
LAZY_PROCEDURE(library, curl_easy_cleanup, (CURL *curl), (curl))
LAZY_FUNCTION(library, const char *, curl_easy_strerror, (CURLcode code), (code))
LAZY_FUNCTION(library, CURLHcode, curl_easy_header,
    (CURL *curl, const char *name, size_t index, unsigned origin, int request, struct curl_header **ret),
    (curl, name, index, origin, request, ret))
LAZY_FUNCTION(library, struct curl_slist *, curl_slist_append, (struct curl_slist *list, const char *text), (list, text))
LAZY_PROCEDURE(library, curl_slist_free_all, (struct curl_slist *list), (list))
LAZY_FUNCTION(library, CURLM *, curl_multi_init, (void), ())
LAZY_FUNCTION(library, CURLMcode, curl_multi_add_handle, (CURLM *multi, CURL *curl), (multi, curl))
LAZY_FUNCTION(library, CURLMcode, curl_multi_remove_handle, (CURLM *multi, CURL *curl), (multi, curl))
LAZY_FUNCTION(library, CURLMcode, curl_multi_perform, (CURLM *multi, int *running), (multi, running))
LAZY_FUNCTION(library, CURLMcode, curl_multi_poll,
    (CURLM *multi, struct curl_waitfd *fds, unsigned count, int timeout_ms, int *ready),
    (multi, fds, count, timeout_ms, ready))
LAZY_FUNCTION(library, CURLMcode, curl_multi_wakeup, (CURLM *multi), (multi))
LAZY_FUNCTION(library, CURLMsg *, curl_multi_info_read, (CURLM *multi, int *left), (multi, left))
LAZY_FUNCTION(library, CURLMcode, curl_multi_cleanup, (CURLM *multi), (multi))
LAZY_FUNCTION(library, curl_version_info_data *, curl_version_info, (CURLversion version), (version))
/* clang-format on */
