/*
 * code_whose.h - whose a file of a repository is: of the consumer in whose folder it lies, of those whom CODEOWNERS names for it (by the
 * names of the catalog, where it says what they are called there), else of whoever the repository is said to belong to.
 */
#pragma once

#include "change/repository.h"
#include "forge/codeowners.h"

typedef struct {
    const json_t *sharers; /* consumers with code there: code_rows.h */
    const json_t *rest;    /* the one to whom files of nobody else are left */
    CodeOwners *file;      /* NULL: there is none */
    const json_t *
        called; /* "@acme/identity" -> "group:default/identity"; NULL: nobody is known by such a name */
    GString *names;
} Whose;

/* As it is at that commit. `sharers` are borrowed, and at least one; `called` is of server/called.h, or NULL. */
CHECKED bool whose_open(const Config *config, const Repository *repository, const char *commit,
                        const json_t *sharers, const json_t *called, Whose *ret, GError **error);
void whose_clear(Whose *whose);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Whose, whose_clear)

/* SplitOwner, of a Whose: "group:default/identity"; whom the catalog does not know as CODEOWNERS has them, "@acme/data @ada". */
const char *whose_owner(const char *path, void *whose);
/* The first of them with that text; NULL: none has it. Borrowed. */
const json_t *sharer_with(const json_t *sharers, const char *member, const char *value);
