/*
 * program.h - what a bound mapping consists of. Inside of this room only.
 */
#pragma once

#include "mapping/bind.h"

/* One target column that is written. */
typedef struct {
    char *name;
    bool is_nullable;
    Expr *root;
} MapColumn;

/* An SQL function that evaluates one column: program_register() adds it to a connection. */
typedef struct {
    char *name;        /* "honk_" and the digest of the rule and its types */
    MapColumn *column; /* borrowed from the program */
    size_t *inputs;    /* program inputs, in the order of the function's arguments */
    ColumnType *types;
    size_t input_count, input_room; /* input_room: one more than the largest index */
} SqlFunction;

struct Program {
    Schema *target, *input;
    GArray *items;        /* SourceItem */
    GPtrArray *columns;   /* MapColumn *, as in `target` */
    GPtrArray *explained; /* ProgramColumn * */
    char *where;
    Embedded *embedded; /* sources without SQL */
    EmbeddedExpr *filter;
    GArray *select, *bare; /* SourceItem: see select_sqlite.c; empty for sources without SQL */
    GArray *typed[TYPED_DIALECTS];      /* SourceItem: see select_typed.c */
    char *proof_of_all, *proof_of_rest; /* conditions, or NULL; the rest: without what is copied */
    GPtrArray *functions;               /* SqlFunction *, one for each column */
};

MapColumn *map_column_copy(const MapColumn *column);
void map_column_free(MapColumn *column);
/* Evaluate and keep NULL out of columns that have none. The reason is for people; caller frees. */
CHECKED bool map_column_eval(MapColumn *column, const Row *row, Value *ret, char **ret_reason);

/* select_sqlite.c: fills `select`, `bare`, the proofs and `functions`. */
void program_render_sqlite(Program *program);

/* select_typed.c: fills `typed`. */
void program_render_typed(Program *program, TypedSql in);

/* sql_function.c */
#define SQL_PROOF_FUNCTION "honk_fits"
SqlFunction *sql_function_new(const Program *program, MapColumn *column, const GArray *inputs);
void sql_function_free(void *function);
char sql_proof_letter(ColumnType type, bool null_fits);
/* explain.c: fills `explained`. */
void program_explain(Program *program, const Mapping *mapping, bool source_sql);
/* Can the value be NULL, given which inputs can? */
bool expr_may_be_null(const Expr *expr, const Schema *input);
