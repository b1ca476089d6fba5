/*
 * repository.h - a consumer's repository, as it is at one commit: read, never checked out.
 */
#pragma once

#include "base/json.h"
#include "model/config.h"

typedef struct {
    char *address;        /* "acme:player" */
    char *git_dir;        /* absolute */
    char *default_branch; /* as honk.yaml says; NULL: the repository says */
    bool is_bare;
    bool is_fleeting; /* nothing that is written there is kept: it need not be on the disk */
} Repository;

/* NOT_FOUND when there is none. A linked working tree is none: its repository is elsewhere. */
CHECKED bool repository_open(const Config *config, const char *address, Repository **ret,
                             GError **error);
void repository_free(Repository *repository);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Repository, repository_free)

/* The default branch ("main") and the commit at its head. WRONG_STATE when there is none yet. */
CHECKED bool repository_head(const Repository *repository, char **ret_branch, char **ret_commit,
                             GError **error);
/* The commit that a full ref ("refs/heads/main") or another name points to; NULL when there is no such thing. */
CHECKED bool repository_commit(const Repository *repository, const char *name, char **ret,
                               GError **error);
/* Is `commit` part of the history of `head`? */
CHECKED bool repository_has(const Repository *repository, const char *head, const char *commit,
                            bool *ret, GError **error);

/* The newest commits up to `commit` that changed one of `paths` (NULL-terminated): [{"commit", "date", "subject"}]. Caller owns. */
CHECKED bool repository_log(const Repository *repository, const char *commit,
                            const char *const *paths, json_t **ret, GError **error);
#define LOG_COMMITS_MAX 20 /* who wants to know why a line is as it is finds it there */
#define LOG_PATHS_MAX 30   /* as arguments of one call */

/* ---- what a commit holds ---- */

typedef struct {
    char *path;    /* as in git: any bytes but zero */
    char *blob;    /* id */
    unsigned mode; /* 0100644 or 0100755 */
    int64_t bytes;
} TreeFile;

/* Files of the commit that may be code (code.h), by path: no links, no submodules. Array of TreeFile *; caller frees.
 * TOO_LARGE over TREE_FILES_MAX. */
CHECKED bool repository_tree(const Repository *repository, const char *commit, GPtrArray **ret,
                             GError **error);
/* The same for all files. */
CHECKED bool repository_files(const Repository *repository, const char *commit, GPtrArray **ret,
                              GError **error);
/* Paths of all files that differ between two commits: a set of char *. Caller unrefs. */
CHECKED bool repository_differing(const Repository *repository, const char *before,
                                  const char *after, GHashTable **ret, GError **error);
/* The first of `paths` (NULL-terminated) that the commit has; `*ret` is NULL when it has none, or one of more than
 * `bytes_max`. Caller frees. */
CHECKED bool repository_first(const Repository *repository, const char *commit,
                              const char *const *paths, size_t bytes_max, char **ret,
                              size_t *ret_bytes, GError **error);
#define TREE_FILES_MAX 500000 /* ten times the Linux kernel would be one repository too many */

/* The bytes of blobs, one after the other, in the order asked for. False from `fn` stops, with its error. */
typedef bool BlobFn(guint index, const char *bytes, size_t count, void *data, GError **error);
CHECKED bool repository_blobs(const Repository *repository, const GPtrArray *files, BlobFn *fn,
                              void *data, GError **error);

/* How files are laid out; NULL for all of them, on disk for good. */
typedef struct {
    bool is_fleeting;                            /* gone with the work: nobody waits for the disk */
    bool (*wants)(const char *path, void *data); /* which files; NULL: all */
    void *data;
} LayOutOptions;
/* Write files of the commit below an empty folder, as they are: no filter is run. Links and submodules are left out. */
CHECKED bool repository_lay_out(const Repository *repository, const char *commit,
                                const char *folder, const LayOutOptions *options, GError **error);
