/*
 * written.h - files that rules refused and a coding agent wrote: which those are, where they may change, and how they are
 * found again in a commit.
 *
 * Whoever wrote them, they become part of the same commit by the same way as those of the rules, and are proven anew from
 * the branch: by the gate, by reading them again, and by looking for sites that are left.
 */
#pragma once

#include "change/look.h"
#include "gate/gate.h"

/* May a coding agent write this file? Rules left sites of it to people, it can be read, and it is no file that only people
 * edit. What was withheld because its rows differ is people's. */
bool look_file_is_open(const Look *look, const LookFile *file);
/* Sites of open files. */
int64_t look_open_sites(const Look *look);
/* Of the sites that the look counts as rewritten, those that a coding agent wrote. */
int64_t look_written_sites(const Look *look);
/* From here on the look holds what was written; `text` is zero-terminated. Only for open files. */
void look_write(Look *look, LookFile *file, const char *text, size_t bytes);
/* Back to as it was before look_write(). */
void look_unwrite(Look *look, LookFile *file);

/* Where the gate lets changes be: sites and names. Borrows from rules and look. */
typedef struct {
    GArray *sites;      /* GateSite */
    GPtrArray *words;   /* const char *, ends with NULL */
    GPtrArray *brings;  /* char *, ends with NULL: see GateSpec */
    GPtrArray *kept;    /* words of our own */
    const char *target; /* as code names it */
} WrittenScope;
WrittenScope *written_scope_new(const ChangeRules *rules, const Look *look);
void written_scope_free(WrittenScope *scope);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WrittenScope, written_scope_free)
/* The gate's findings. Caller frees. */
GPtrArray *written_look(const WrittenScope *scope, const GateFile *files, size_t count);
/* The same of one file, and that nothing is found. MISMATCH says what is. */
CHECKED bool written_prove(const ChangeRules *rules, const LookFile *file, const char *after,
                           size_t after_bytes, GError **error);

/* What a coding agent wrote of the open files, read from a commit of ours on top of the look's. */
CHECKED bool change_take_written(const Repository *repository, Look *look, const char *commit,
                                 GError **error);
