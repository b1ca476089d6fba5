/* text.h - files and strings: the few helpers that GLib does not have in the shape we want. */
#pragma once

#include "base/error.h"

/* A descriptor that is closed at the end of its scope, unless fd_steal() took it. */
#define AUTO_FD __attribute__((cleanup(fd_close))) int
void fd_close(int *fd); /* and sets it to -1; nothing happens if it is -1 */
int fd_steal(int *fd);

/* Whole file, at most `bytes_max`; the error names the file and the limit. Zero-terminated. Caller
 * frees. */
CHECKED bool file_read(const char *path, size_t bytes_max, char **ret, size_t *ret_bytes,
                       GError **error);
/* The same of a file in an open folder. */
CHECKED bool file_read_at(int folder, const char *name, size_t bytes_max, char **ret,
                          size_t *ret_bytes, GError **error);
/* Write to a temporary name beside it, fsync, rename, fsync the folder: all or nothing. */
CHECKED bool file_write_atomic(const char *path, const void *data, size_t bytes, int mode,
                               GError **error);
/* All of it, however often the system interrupts; false with errno. */
CHECKED bool fd_write_all(int fd, const void *data, size_t bytes);
/* What was renamed, made or removed in the folder of `path` outlives a power cut. */
CHECKED bool folder_sync(const char *path, GError **error);
/* "sha256:" + hex of bytes. Caller frees. */
char *sha256_of(const void *data, size_t bytes);
/* 1234567 -> "1,234,567"; 1536 -> "1.5 KiB"; 65000 -> "1 m 5 s". Callers free. */
char *text_count(int64_t count);
char *text_bytes(int64_t bytes);
char *text_duration(int64_t ms);
/* The nearest of the NULL-terminated candidates within an edit distance of a third of the length,
 * or NULL: for "did you mean". */
const char *text_nearest(const char *word, const char *const *candidates);
/* "first.second", or the second alone, as names are read: a part with a dot, or a double quote at its beginning, is in double quotes. Caller
 * frees. */
char *text_dotted(const char *first, const char *second);
/* Texts with another between each two. Caller frees. */
char *text_join(const GPtrArray *parts, const char *between);
/* The place of `name` (may be NULL) in a table of names. */
bool text_find(const char *const *names, size_t count, const char *name, unsigned *ret);
/* "c" of "a.b.c"; borrowed. */
const char *text_last_part(const char *name);
/* "c" of "a/b/c", of a path or a ref; borrowed. */
const char *text_behind_slash(const char *path);
/* Text from outside as one harmless line: control characters (line ends too), terminal escapes,
 * hidden characters and bytes that are not UTF-8 are shown as escapes. Caller frees. */
char *text_printable(const char *text);
/* How many bytes from its beginning on are ASCII that needs no escape. */
size_t text_plain_length(const char *text);
/* Are all of these bytes so, or ends of lines? */
bool text_is_plain(const char *text, size_t bytes);
/* The first place of the word, whatever the case of its ASCII letters; NULL when it is not there. As fast as memchr()
 * where the word's rarest letter is rare. */
const char *text_find_folded(const char *text, size_t bytes, const char *word);
/* The first place of these very bytes, or NULL. As fast as memchr() where the rarest of them is rare: memmem() looks at each
 * byte of the text, and is for words that may be as long as the text. */
const char *text_find_bytes(const char *text, size_t bytes, const char *word);
/* Behind the other half of the bracket at `at`, whatever stands between them; NULL: it has none before `end`. */
const char *text_behind_bracket(const char *at, const char *end);
/* The same but for the case of ASCII letters? Here, because it is asked of every name: of most the first byte tells. */
static inline bool
text_same_folded(const char *name, const char *other)
{
    for (; *name == *other || ((*name ^ *other) == 0x20 && g_ascii_isalpha(*name)); name++, other++)
        if (*name == '\0')
            return true;
    return false;
}
/* Replace ${NAME} by the environment's value; an unset name is an INVALID error that names it.
 * "$${" stands for "${". Caller frees. */
CHECKED bool text_expand_env(const char *text, char **ret, GError **error);
