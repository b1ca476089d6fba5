/*
 * said.h - classes that say what their columns are called; inside of this room only.
 */
#pragma once

#include "rewrite/program/program.h"

#define CLASS_OF_OLD_NAMES                                                                         \
    "a query of this file gives columns by their old names, and this class has the new ones: are " \
    "its rows made of what the query gives?"

/* Where a library says a column of a class; NULL is anything. (said_places.c) */
typedef struct {
    const char *language, *callee, *outer, *key;
    const char *word; /* that the file must have; or NULL */
    bool is_again;    /* names a column that is said elsewhere: of an index */
    bool is_list;     /* of several, with commas */
    int argument;     /* the first that may be one, where there is no key */
    int last;         /* and the last */
} ColumnPlace;

/* NULL: the string is at none. */
const ColumnPlace *column_place(Unit *unit, const Use *use);

/* A place where the class says the name of a column that gets another one. */
typedef struct {
    const ColumnChange *change;
    Span span;   /* bytes of the file */
    char *after; /* what is written there */
} SaidColumn;

/* Where the class that this string gives its table to says all columns that change; array of SaidColumn, caller frees. NULL:
 * it does not, or not all of them, or more in it may name one. */
GArray *class_said_columns(Unit *unit, const Use *use, const Rename *rename);
/* The same of a class whose table a framework calls by its name, which the table keeps. */
GArray *class_said_at(Unit *unit, guint name, const Rename *rename);
/* These, written down: a site for each. False where they are NULL. */
bool class_write_columns(Unit *unit, GArray *take_said, const Rename *rename);
/* What class_said_columns() gives, written down. */
bool class_write_said(Unit *unit, const Use *use, const Rename *rename);
/* Is it at such a place, and written down, or another class's? */
bool use_says_column(Unit *unit, const Use *use);
/* What libraries take for a part of SQL, whatever it is: literal_column("weight * 2"), DB::raw('…'). */
bool use_is_raw_sql(const Unit *unit, const Use *use);
/* ordering = ["-plan"], values("plan"): the field, and not its column. */
bool use_is_field_of_django(const Unit *unit, const Use *use, const Text *text);
/* What others call a field: a name in an answer of an API, words for people. */
bool use_is_for_others(const Unit *unit, const Use *use);

/* The schema of the class that gets its table's name here, as the class says it elsewhere: in __table_args__, beside the name in
 * an annotation or a call (schema.c). `*ret` is the name between its quotes; empty: it is no plain string, or not all of
 * it. False: there is none. */
bool use_has_class_schema(Unit *unit, const Use *use, Span *ret);
/* The same of any table, and what is right before or behind it (pairs.c): in_schema("shop", "orders"),
 * dataset("shop").table("orders"). */
typedef struct {
    Span schema, project; /* between quotes; empty: it is no plain string */
    bool has_project;
    bool is_sure;  /* it is nothing else: then another one makes it another table */
    bool is_alone; /* it is said of no other table */
} SaidSchema;
/* False: there is none. */
bool use_has_said_schema(Unit *unit, const Use *use, SaidSchema *ret);
/* Where the dataset gets another schema, and one is said beside its name: written down (beside.c). False, where it
 * stays. */
bool program_edit_schema(Unit *unit, const Use *use, const Spelling *spelling);
/* Letters, digits, `_` and `-`. */
bool schema_is_plain(const Text *text, Span span);
/* SCHEMA, self.source_schema: does the name end in one of these words? (apart.c) */
bool name_ends_in(const Text *text, Span name, const char *const *words);
/* The argument before this one, where a database is asked by the first one: "shop" of run(cursor, "shop", "orders"); or empty. */
Span use_schema_before(Unit *unit, const Use *use);
/* Is the table the dataset, by such an argument? Then these are it. (argued.c) */
bool program_asked(Unit *unit, const Use *use, const char *table, const Rename **ret_rename,
                   const Spelling **ret_spelling);
/* Is the argument before or behind the table the schema that the mapping says? */
bool use_is_argued(Unit *unit, const Use *use, SaidSchema *ret);
