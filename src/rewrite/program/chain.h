/*
 * chain.h - calls that build a query together, read as the statement that they make; inside of this room only.
 *
 *   knex("crates as c").where("c.weight", ">", 2).select("c.weight")   SELECT c.weight FROM crates as c WHERE c.weight = 1
 *
 * What the calls take stands in literals, and in keys of objects. These are put together to one text, each byte of which knows
 * where it stands; the engine of SQL resolves it, and its edits go back to the literals. A call that is not known, or an argument
 * that is no literal where a column is named: then nothing is read.
 */
#pragma once

#include "rewrite/program/program.h"

typedef enum {
    LINK_NEUTRAL,     /* names nothing */
    LINK_SCALAR,      /* the same; what the query gives has no names */
    LINK_TABLE,       /* the table, which is read */
    LINK_INSERT_INTO, /* the same of one that gets rows */
    LINK_UPDATE,      /* or whose rows are changed */
    LINK_DELETE_FROM, /* or removed */
    LINK_DELETE,      /* rows of the table that was named are removed */
    LINK_JOIN,        /* a table, and the columns that it is joined by */
    LINK_JOIN_SQL,    /* both in one text of SQL: "crates c ON c.id = s.crate" */
    LINK_COLUMNS,     /* what the query gives, or which columns a row is made of */
    LINK_NAMED, /* the same, of which something is calculated: its name is the library's unless it has one */
    LINK_WHERE,     /* a column, or an object of columns; behind it are values */
    LINK_WHERE_ALL, /* columns that are compared with each other */
    LINK_GROUP,
    LINK_HAVING,
    LINK_ORDER,     /* a column; behind it is a direction */
    LINK_ORDER_ALL, /* each of them with its direction */
    LINK_SET,       /* a column, or an object of columns, that get values */
    LINK_ROWS,      /* objects of columns: a new row, or several */
    LINK_PLAIN,     /* columns whose values the program gets without their names */
    LINK_RETURNING,
} LinkKind;

typedef struct {
    const char *name;
    LinkKind kind;
    bool is_sql;  /* its texts are parts of SQL; else each is one name, perhaps with an alias */
    bool is_end;  /* the query is run, or is complete */
    bool is_bare; /* no alias can be written there */
} LinkMethod;

typedef struct {
    const char *language, *word; /* of its programs */
    const char *roots[10];       /* functions that take the table: knex("crates") */
    const char *raw;      /* the function that makes a part of SQL: knex.raw("…"); or NULL */
    const char *tacit[3]; /* columns that it may put in by itself, as the rows' class has them */
    const LinkMethod *methods; /* the last has no name */
} ChainLibrary;

/* The library of the unit's program; NULL: none is known. (chain_methods.c) */
const ChainLibrary *chain_library(const Unit *unit);
const LinkMethod *chain_method(const Unit *unit, const ChainLibrary *library, guint callee);

typedef struct {
    const LinkMethod *method;
    guint open, close;
} ChainLink;

/* All calls of one query, in their order, and from where to where they stand. */
typedef struct {
    Unit *unit;
    const ChainLibrary *api; /* of the library that it is of */
    GArray *links;           /* ChainLink */
    GArray *ranges;          /* Range, of pieces */
    GArray *
        rows; /* guint: brackets of calls behind these, which are done with rows: their columns keep their names */
} Chain;

/* The calls of the query whose table this string is; false: not all of them are known. (chain.c) */
bool chain_find(Chain *chain, const Use *use);

typedef enum {
    CHAIN_SELECT,
    CHAIN_FROM,
    CHAIN_JOIN,
    CHAIN_SET,
    CHAIN_WHERE,
    CHAIN_GROUP,
    CHAIN_HAVING,
    CHAIN_ORDER,
    CHAIN_RETURNING,
} ChainClause;

/* A literal, or a key of an object, and what it is in the statement. */
typedef struct {
    ChainClause clause;
    guint piece;
    bool is_sql, may_alias;
    bool is_short; /* { weight }: the value is called so, too */
    const char *before, *behind;
    size_t begin, end; /* of the text of the statement, once it is made */
} Segment;

/* What the calls say; array of Segment. NULL: something is not understood. (chain_parts.c) */
GArray *chain_segments(const Chain *chain, LinkKind *ret_verb, bool *ret_is_scalar);
