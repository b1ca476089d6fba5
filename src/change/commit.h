/* commit.h - our commit in the making, beside everything that people see; inside of this room only. */
#pragma once

#include "change/change.h"

/* Objects only: the base's tree with the edited files in it, and a commit on top of the base. What a crash leaves of it,
 * nobody sees, and git collects; its index change_sweep() does. */
CHECKED bool commit_write(const Repository *repository, const Config *config, const Look *look,
                          const char *message, char **ret, GError **error);

/* A commit of a tree that is there, on top of `parent`, signed as honk.yaml says. Caller frees. */
CHECKED bool commit_tree(const Repository *repository, const Config *config, const char *tree,
                         const char *parent, const char *message, char **ret, GError **error);

#define CHANGE_PART "Honk-Part"         /* the trailer of a part of a repository's change */
#define CHANGE_REPLACES "Honk-Replaces" /* the trailer of one that was made anew */

/* A commit of a repository, as far as we read it. */
typedef struct {
    char *tree;
    GPtrArray *parents; /* char * */
    char *message;
} Commit;
CHECKED bool commit_read(const Repository *repository, const char *id, Commit *ret, GError **error);
void commit_clear(Commit *commit);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Commit, commit_clear)
/* Does its last paragraph say "NAME: VALUE"? */
bool commit_has_trailer(const Commit *commit, const char *name, const char *value);
/* What its last paragraph says of NAME first; NULL: nothing. Caller frees. */
char *commit_trailer(const Commit *commit, const char *name);
