/*
 * neighbours.h - which new names other tables may have as columns, too, as the repository's CREATE TABLE and CREATE VIEW say.
 *
 * `id` that becomes `user_id` needs a qualifier beside a table that has a `user_id`. It is enough that a file says so, today's
 * or an old one: a qualifier does no harm.
 */
#pragma once

#include "rewrite/rewrite.h"

typedef struct Neighbours Neighbours;

Neighbours *neighbours_new(void);
void neighbours_free(Neighbours *neighbours);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Neighbours, neighbours_free)
/* Does the file make tables, and say a new name of a column? */
bool neighbours_may_say(const char *path, const char *text, size_t bytes, const Renames *renames);
/* What the text says of them, in a form of our own: char *; NULL: nothing. Caller frees. */
GPtrArray *neighbours_read(const char *path, const char *text, size_t bytes, const Renames *renames,
                           const RewriteOptions *options);
/* That of one file; taken. In any order of files; not while others ask. */
void neighbours_add(Neighbours *neighbours, GPtrArray *said);
/* May the table have a column of that name? `neighbours` may be NULL. */
bool neighbours_may_have(const Neighbours *neighbours, const SqlSource *table, const char *name);
