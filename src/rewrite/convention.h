/*
 * convention.h - tables that a framework calls by their class: class Track < ApplicationRecord has the table tracks; inside
 * of this room only.
 *
 * Only what the framework's rule gives without doubt: a word whose plural is no rule's is no table here.
 */
#pragma once

#include "rewrite/program/program.h"

/* What a framework calls by a rule: the piece of the name that its table's is made from, and that of its class. */
typedef struct {
    guint name, class; /* `class` is G_MAXUINT where the program does not say it there */
    bool is_elsewhere; /* the class is not made there, only named */
    bool is_generated; /* by the framework, from the table itself */
} Called;

typedef struct Framework Framework;
/* The next framework after `before` (NULL: the first) that the file speaks of, by its ending and words. NULL: none. Fast. */
const Framework *framework_next(const Framework *before, const char *path, const char *text,
                                size_t bytes);
const char *framework_name(const Framework *framework);
/* Is the class known in all of the program by its name alone? */
bool framework_registers(const Framework *framework);
/* Does the program say there that what is called `called->name` has a table, and not which one? */
bool framework_holds(const Framework *framework, Unit *unit, Called *called);
/* Is the dataset among the tables of what the text names? */
bool convention_concerns(const Renames *renames, const char *path, const char *text, size_t bytes);
/* The mapping of the table that a class of this name has; NULL: none. */
const Rename *convention_rename(const Renames *renames, const Framework *framework,
                                const char *path, const char *class, size_t bytes);

/* ---- what the single frameworks ask for (program/convention.c, program/define.c) ---- */

typedef bool HoldsFn(Unit *unit, Called *called);
HoldsFn holds_for_rails, holds_for_laravel, holds_for_django, holds_for_jpa, holds_for_spring;
HoldsFn holds_for_sequelize, holds_for_entity, holds_for_gorm, holds_for_dbset, holds_for_exposed,
    holds_for_sqlmodel, holds_for_iden, holds_for_jooq;

#define HEAD_MAX 60 /* pieces of the head of a class, and of what stands before it */
/* Is one of the words in [from, to)? */
bool unit_has_word(const Unit *unit, guint from, guint to, const char *const *words);
/* `class` right before the name, also that of a module (Shop::Order); where it ends: at a line, at `{`. */
bool is_behind_class(const Unit *unit, guint name);
guint head_end(const Unit *unit, guint name);
/* Behind the last line of the block whose head the name is in, by the left margin. */
guint body_end(Unit *unit, guint name);
