/*
 * code.h - which files of a repository are code: the one judgement, wherever the files come from.
 */
#pragma once

#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

/* The largest SQL that people wrote is a tenth of it. */
#define CODE_FILE_BYTES_MAX (16 * 1024 * 1024)

/* A folder that nobody of the house wrote: packages of others, and hidden ones but those in which people keep what builds and runs their code
 * (".github"). Hidden files are people's own. */
bool code_is_passed_over(const char *name, bool is_folder);
/* The same for each part of "reports/active.sql". */
bool code_path_is_passed_over(const char *path);
/* Not text of any kind. */
bool code_is_binary(const char *bytes, size_t count);
/* Is it a program, SQL or settings, by its name? */
bool code_is_text_by_name(const char *path);
/* Has the path one of these endings? The list ends with NULL. */
bool code_ends_with(const char *path, const char *const *endings);
/* SQL, by its name: "users.sql", "USERS.SQL", "users.hql", "users.sql.j2". */
bool code_is_sql(const char *path);
/* The dialect that such a name says ("users.hql"), else that which the text looks like, as dialect_guess(); `path` may be NULL. */
const Dialect *code_dialect(const char *path, const char *text, size_t bytes, const Dialect *usual,
                            bool *ret_doubts_quotes);
