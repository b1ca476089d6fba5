/*
 * git.h - the program `git`, run so that nothing but its arguments and the repository's objects matter; inside of this
 * room only.
 *
 * What a repository contains is not trusted: no hook, filter, pager, helper or remote of its settings is run, nothing is
 * fetched, nobody is asked for a password, replacements and grafts do not count. What the person who started us has set
 * up for git does not count either: the same everywhere. A call that `speaks` with the address among its arguments may
 * reach that, and nothing else.
 */
#pragma once

#include "base/error.h"

/* A commit of a large repository is written in a second. */
#define GIT_TIMEOUT_MS (5 * 60 * 1000)
/* Names, heads, one commit. */
#define GIT_ANSWER_BYTES_MAX ((size_t) 1024 * 1024)

typedef struct {
    const char *git_dir;
    const char *index;       /* a file to be the index, or NULL */
    const char *const *args; /* without "git" */
    const char *const *env;  /* more of the environment, or NULL */
    const char *input;       /* or NULL */
    size_t input_bytes;
    size_t bytes_max; /* of the answer; 0: GIT_ANSWER_BYTES_MAX */
    bool speaks;      /* with another repository, over HTTP or in a folder */
    bool is_fleeting; /* what is written need not be on the disk: it is thrown away */
    int lock_fd; /* held by git itself until its end; 0: none. Then there is no input and no answer */
} GitCall;

/* Exit status 0, or the error says what git says. `ret` and `ret_bytes` may be NULL; zero-terminated; caller frees. */
CHECKED bool git_run(const GitCall *call, char **ret, size_t *ret_bytes, GError **error);
/* One line, without its end. `*ret` is NULL when git says no (status 1). Caller frees. */
CHECKED bool git_ask(const char *git_dir, const char *const *args, char **ret, GError **error);
