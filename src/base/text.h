/* text.h - files and strings: the few helpers that GLib does not have in the shape we want. */
#pragma once

#include "base/error.h"

/* Whole file, at most `bytes_max`; the error names the file and the limit. Zero-terminated. Caller frees. */
CHECKED bool file_read(const char *path, size_t bytes_max, char **ret, size_t *ret_bytes, GError **error);
/* Write to a temporary name beside it, fsync, rename, fsync the folder: all or nothing. */
CHECKED bool file_write_atomic(const char *path, const void *data, size_t bytes, int mode, GError **error);
/* "sha256:" + hex of bytes. Caller frees. */
char *sha256_of(const void *data, size_t bytes);
/* 1234567 -> "1,234,567"; 1536 -> "1.5 KiB"; 65000 -> "1 m 5 s". Callers free. */
char *text_count(int64_t count);
char *text_bytes(int64_t bytes);
char *text_duration(int64_t ms);
/* The nearest candidate within an edit distance of a third of the length, or NULL: for "did you mean". */
const char *text_nearest(const char *word, const char *const *candidates);
/* Control characters and terminal escapes made visible, for printing text from outside. Caller frees. */
char *text_printable(const char *text);
/* Replace ${NAME} by the environment's value; an unset name is an INVALID error that names it. Caller frees. */
CHECKED bool text_expand_env(const char *text, char **ret, GError **error);
