/*
 * definitions.h - which columns the datasets have, as the repository's own CREATE TABLE and ALTER TABLE say.
 *
 * What is said is used where nothing speaks against it: all files that define the table agree, and what changes it stands in
 * an order that is known. Else nothing is known, as without any.
 */
#pragma once

#include "rewrite/rewrite.h"

typedef struct Definitions Definitions;

Definitions *definitions_new(void);
void definitions_free(Definitions *definitions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Definitions, definitions_free)
/* What the text does to the columns of the datasets: TableStep *; NULL: nothing. Caller frees. (table_steps.c) */
GPtrArray *definitions_read(const char *path, const char *text, size_t bytes,
                            const Renames *renames, const RewriteOptions *options);
/* What that gave of the file at `path`; taken. In any order of files. */
void definitions_add(Definitions *definitions, const char *path, GPtrArray *steps);
/* Once all are added, and before others look. */
void definitions_settle(Definitions *definitions);
/* The columns of the mapping's source in their order, and "db/users.sql:12" where that is said; NULL: not known. */
const char *const *definitions_columns(const Definitions *definitions, const Mapping *mapping,
                                       const char **ret_where);
/* Why they are not known although something defines the table: a sentence about it; NULL: nothing does. Borrowed. */
const char *definitions_doubt(const Definitions *definitions, const Mapping *mapping);
