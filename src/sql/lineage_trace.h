/* lineage_trace.h - one walk through a text's queries; inside of this room only. */
#pragma once

#include "sql/lineage.h"

/* What a query gives. */
typedef struct {
    GPtrArray *columns; /* LineageColumn * */
    GPtrArray *open;    /* SqlSource *: tables whose columns are not known, let through by a star */
    GHashTable *opened; /* the same, as a set */
    GPtrArray *doubts;  /* LineageDoubt * */
    bool is_busy;
} Trace;

typedef struct {
    Sql *sql;
    Lineage *out;
    GHashTable *traces; /* SqlQuery * -> Trace * */
    GHashTable *items;  /* SqlItem * -> FeedSet * */
    GHashTable *arrays; /* SqlSource * -> FeedSet *: of UNNEST and the like */
    GHashTable *refs;   /* SqlBlock * -> GPtrArray of its SqlRef *, by place */
    GHashTable *values; /* SqlBlock * -> GPtrArray of SqlQuery * in its expressions, by place */
    GPtrArray *sets;    /* FeedSet *: all that were made, to be freed */
    int depth;
    GPtrArray *doubts; /* where doubts go now */
} Tracer;

/* ---- names and sets (lineage_feeds.c) ---- */

FeedSet *feeds_new(void);
void feeds_free(void *data);
void feeds_add(Lineage *lineage, FeedSet *set, const char *table, const char *column,
               FeedKind kind);
/* Every feed of `from` as at least of this kind; kinds of rows replace what it was. */
void feeds_join(Lineage *lineage, FeedSet *set, const FeedSet *from, FeedKind kind);
/* What the table of a source is called. */
const char *table_name(Tracer *tracer, const SqlSource *source);
const char *path_name(Tracer *tracer, const SqlPath *path);
const char *column_name(Tracer *tracer, const char *table, const char *column);
void doubt(Tracer *tracer, uint32_t at, const char *format, ...) G_GNUC_PRINTF(3, 4);
void doubt_free(void *data);

/* ---- values (lineage_value.c) ---- */

/* What the names between two tokens of a block are fed by; `kind` at least. */
void feed_range(Tracer *tracer, FeedSet *set, const SqlBlock *block, uint32_t first, uint32_t last,
                FeedKind kind);
void feed_ref(Tracer *tracer, FeedSet *set, const SqlRef *ref, FeedKind kind);
/* `name` of the source. */
void feed_column(Tracer *tracer, FeedSet *set, const SqlSource *source, const SqlPart *part,
                 FeedKind kind);
/* All columns of the source. */
void feed_row(Tracer *tracer, FeedSet *set, const SqlSource *source, FeedKind kind);
/* Those of the block, one after the other: later ones may be made of earlier ones. */
void feed_arrays(Tracer *tracer, const SqlBlock *block);
const GPtrArray *refs_of(Tracer *tracer, const SqlBlock *block);
/* The first of them at the token or behind. */
guint first_ref_at(const GPtrArray *refs, uint32_t token);
const GPtrArray *values_of(Tracer *tracer, const SqlBlock *block);

/* ---- queries (lineage_trace.c) ---- */

const Trace *trace_query(Tracer *tracer, SqlQuery *query);
Tracer *tracer_new(Sql *sql, Lineage *out);
void tracer_free(Tracer *tracer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tracer, tracer_free)
