/*
 * members.h - what of a program is a class of another file, or a value of one; inside of this room only.
 *
 * The text alone tells: what is set to the class or what is got through it, what is declared to be of it, and what is called
 * like it, in a file that gets it.
 */
#pragma once

#include "rewrite/imports/imports.h"

/* A name that stands for a value of the class between two pieces. */
typedef struct {
    ImportedClass *class;
    guint begin, end;
} KnownName;

typedef struct {
    Unit *unit;
    GHashTable *names;  /* char * -> GArray of KnownName */
    GHashTable *firsts; /* first parts of what the file calls the classes */
    GArray *closers;    /* guint of each piece: what closes the bracket there; G_MAXUINT: nothing */
    guint anchor, end;  /* of the scope that was last asked for, by margins */
    bool has_margins;
} Members;

void members_init(Members *members, Unit *unit);
void members_clear(Members *members);
/* What closes the bracket at `open`; G_MAXUINT: nothing. */
guint members_closer(const Members *members, guint open);
/* The class whose name begins at `index`, and the name's last piece; NULL: none. */
ImportedClass *members_class(const Members *members, guint index, guint *ret_last);
/* A value of a class, by a name that is declared. */
ImportedClass *members_known(const Members *members, guint index);
/* The same, or by what it is called like. */
ImportedClass *members_value(const Members *members, guint index);
/* Names that are declared to be, or are set to, what the class or value at [first, last] gives. `has_result`: what is behind
 * it is no column of it. */
void members_declare(Members *members, guint first, guint last, ImportedClass *class, bool is_value,
                     bool has_result);
/* `name` is a value within the brackets at `open`, or in the function around `index` if that is G_MAXUINT. */
void members_name(Members *members, guint name, guint open, ImportedClass *class);
/* What is called like a class, at `index`; NULL: nothing. (called.c) */
ImportedClass *members_called(const Members *members, guint index, const char *name);
/* userRepository of User */
bool members_is_prefix(const char *class, const char *name, size_t bytes);
/* One step of `a.b`, `a?.b`, `a->b`, `A::b` behind the piece at `index`: the word; G_MAXUINT: none. */
guint members_step(const Unit *unit, guint index);
/* The column that is called so, in any writing; NULL: none that changes. */
const ColumnChange *member_change(const Rename *rename, const char *name, size_t bytes);
/* The same of plan, getPlan, plan__in. */
const ColumnChange *member_used(const Rename *rename, const char *name, size_t bytes);
/* A site for a person, once at each place. (columns.c) */
void members_tell(Unit *unit, const ImportedClass *class, const ColumnChange *change, size_t begin,
                  size_t end);
/* Fields of the class where it is made, if its name is at the piece. (declared.c) */
void members_declared(const Members *members, guint name, const ImportedClass *class);
/* Of Elixir (ecto.c): the bracket of the call that gets what ends at `last` by a pipe, and that of one which changes the row;
 * the word that `references: :id` behind the class names. G_MAXUINT: there is none. */
guint members_pipe(const Members *members, guint last);
guint members_changed(Unit *unit, guint first, guint last, bool is_value);
guint members_referenced(const Unit *unit, guint last);
/* [c] of where([c], c.size > 3), and c of %Crate{} = c, are rows. */
void members_bind(Members *members, guint open, ImportedClass *class);
void members_match(Members *members, guint end, ImportedClass *class);
/* Columns in the name of a method that is a query of one of the classes. (queries.c) */
void members_query(const Members *members, guint index);
