/*
 * lineage.h - what feeds what a statement gives: for each of its columns the columns of tables that its value is made
 * of, and for all of its rows those that decide which rows there are, and in what order.
 *
 * Through WITH, subqueries, set operations and stars down to tables. Nothing is guessed: what is not known is a doubt,
 * with its place.
 */
#pragma once

#include "sql/sql.h"

#define LINEAGE_FEEDS_MAX 500000 /* of one text; the widest reports of people have some thousand */
#define LINEAGE_DOUBTS_MAX 1000  /* of one statement; a person reads the first dozen */

/* How a column goes into it. Of one output: */
typedef enum {
    FEED_IDENTITY, /* as it is */
    FEED_TRANSFORMATION,
    FEED_AGGREGATION,
    FEED_CONDITION, /* decides which value it is: CASE WHEN … */
    FEED_WINDOW,    /* over which rows, in which order */
    /* of all rows: */
    FEED_FILTER,
    FEED_JOIN,
    FEED_GROUP,
    FEED_ORDER,
    FEED_COUNT
} FeedKind;

typedef struct {
    const char *table, *column; /* column "*": all of them, or nobody knows which */
    FeedKind kind;
} Feed;

/* Feeds, each once, in the order in which they are met. */
typedef struct {
    GArray *list;      /* Feed */
    GHashTable *known; /* of large ones; else NULL */
    bool is_partial;   /* there is more, which is not known: a doubt says what */
} FeedSet;

typedef struct {
    const char *name; /* NULL when it has none that one can know; "*": what a star lets through */
    FeedSet *feeds;
} LineageColumn;

typedef struct {
    uint32_t at; /* byte */
    char *text;
} LineageDoubt;

typedef struct {
    SqlStatementKind kind;
    uint32_t begin, end; /* bytes */
    const char *target;  /* that is written to or made, or NULL */
    GPtrArray *tables;   /* const char *: read, each once */
    GPtrArray *columns;  /* LineageColumn * */
    FeedSet *rows;       /* of all of them */
    GPtrArray *doubts;   /* LineageDoubt * */
    GHashTable *by_name; /* of columns: name -> FeedSet */
    GHashTable *known;   /* names of tables */
} LineageStatement;

typedef struct {
    GPtrArray *statements; /* LineageStatement *: those that read or write rows */
    GStringChunk *names;   /* all texts of the above, equal ones at one place */
    GHashTable *by_place;  /* begin -> LineageStatement */
    GHashTable *spellings; /* names without regard to case -> the first spelling of it */
    guint feeds;           /* so far */
    bool is_cut;           /* there were more than LINEAGE_FEEDS_MAX */
} Lineage;

Lineage *lineage_new(void);
void lineage_free(Lineage *lineage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lineage, lineage_free)
/* After sql_resolve(). A statement that is there already, from another variant of the text, gets what this one adds. */
void lineage_add(Lineage *lineage, Sql *sql);

/* "identity", "filter" */
const char *feed_kind_name(FeedKind kind);
/* Does it decide about values or rows, instead of being a part of them? */
bool feed_is_indirect(FeedKind kind);
/* "query", "create", "insert", … */
const char *statement_kind_name(SqlStatementKind kind);
