/* history_parts.h - what names of files and folders say of steps of a schema; between history.c and history_held.c. Parts of a path are
 * given without their slashes. */
#pragma once

#include <glib.h>
#include <stdbool.h>

size_t history_digits(const char *name); /* with which it begins */
/* Is the part called so, whatever its case? */
bool history_is_part(const char *part, size_t bytes, const char *name);
/* Has it one of these words, which end with NULL, between signs and digits? */
bool history_has_word(const char *part, size_t bytes, const char *const *words);
/* A day, or in a file's name numbers with dots: 20240131, 1.2.sql. */
bool history_has_version(const char *part, size_t bytes, bool is_file);
/* upgrade/upgrade-1.2.sql, upgrade_queries/upgrade_1.3.php: a step from one version to the next. */
bool history_is_versioned_step(const char *path);
/* Does a text of SQL make, alter or drop tables? */
bool history_changes_tables(const char *text, size_t bytes);
