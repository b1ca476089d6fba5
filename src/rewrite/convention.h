/*
 * convention.h - tables that a framework calls by their class: class Track < ApplicationRecord has the table tracks; inside
 * of this room only.
 *
 * Only what the framework's rule gives without doubt: a word whose plural is no rule's is no table here.
 */
#pragma once

#include "rewrite/program.h"

/* The framework of a file, by its ending and what it speaks of; NULL: none whose rule is known. Fast. */
typedef struct Framework Framework;
const Framework *framework_of(const char *path, const char *text, size_t bytes);
const char *framework_name(const Framework *framework);
/* Is the dataset among the tables of classes that begin in the text? */
bool convention_concerns(const Renames *renames, const char *path, const char *text, size_t bytes);
/* The mapping of the table that a class of this name has; NULL: none. */
const Rename *convention_rename(const Renames *renames, const Framework *framework,
                                const char *path, const char *class, size_t bytes);
/* Does the file say of the class whose name is at this piece that it has a table, and not which one? */
bool convention_holds(Unit *unit, const Framework *framework, guint name);
