/*
 * codeowners.h - whom a repository names for which of its files, in the file CODEOWNERS, read as its kind of host reads it. Pure.
 *
 * GitHub: patterns as in .gitignore, the last that fits counts. GitLab: sections with owners of their own, in each of which the
 * last that fits counts, and `!` takes a file out. Gitea: regular expressions, all that fit count. Where there is no host that would
 * read it, it is read as GitHub does, which is where the file is from. It comes with the
 * repository, so that nothing in it is trusted: what cannot be read is passed over, as the hosts do, and a pattern gets only so
 * much time.
 */
#pragma once

#include "model/config.h"

#define CODEOWNERS_BYTES_MAX ((size_t) 3 * 1024 * 1024) /* GitHub reads no larger one either */

typedef struct CodeOwners CodeOwners;

/* Where hosts of that kind look, NULL-terminated: the first that is there counts. */
const char *const *codeowners_paths(ForgeKind kind);
/* Never NULL. `text` need not be UTF-8, nor end with zero. */
CodeOwners *codeowners_parse(ForgeKind kind, const char *text, size_t bytes);
void codeowners_free(CodeOwners *owners);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CodeOwners, codeowners_free)
/* Put those of the file at `path` into the set `to` (owned texts): "@ada", "@acme/identity", "ada@acme.example". */
void codeowners_add(const CodeOwners *owners, const char *path, GHashTable *to);
