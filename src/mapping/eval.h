/*
 * eval.h - a rule as a small typed tree, and the reference evaluator: the one meaning of every structured rule.
 *
 * A node knows its type beforehand, takes the values of its arguments and gives one value or refuses with a reason.
 * Nodes own their scratch memory, so a tree belongs to one thread at a time and evaluating allocates nothing but that
 * memory's growth. Texts that come out live until the same node is evaluated again.
 *
 *   concat   NULL if any part is NULL
 *   split    the part between separators, counted from 1 or from -1 backwards; no such part: NULL
 *   values   the first pair whose left side equals the value; NULL stays NULL
 *   cast     value_cast() or value_cast_lossy(); NULL stays NULL
 *   default  the literal where the argument is NULL
 */
#pragma once

#include "mapping/rule.h"

typedef struct EmbeddedExpr EmbeddedExpr; /* embedded.h */

typedef enum {
    EXPR_INPUT, /* an item of the row that came in */
    EXPR_ROW,   /* number of the record */
    EXPR_SQL,   /* an expression of a source without SQL: embedded SQLite */
    EXPR_LITERAL,
    EXPR_CONCAT,
    EXPR_SPLIT,
    EXPR_VALUES,
    EXPR_CAST,
    EXPR_DEFAULT,
} ExprKind;

typedef struct {
    Value from, to;
} Choice;

typedef struct Expr Expr;
struct Expr {
    ExprKind kind;
    ColumnType type;
    Expr **args;
    size_t arg_count;
    size_t input;      /* EXPR_INPUT */
    EmbeddedExpr *sql; /* EXPR_SQL; owned */
    Value value;       /* EXPR_LITERAL, EXPR_DEFAULT; texts owned */
    char *by;          /* EXPR_SPLIT */
    int part;          /* EXPR_SPLIT */
    Choice *choices;   /* EXPR_VALUES: sorted by `from`; texts owned */
    size_t choice_count;
    Others others; /* EXPR_VALUES */
    char *format;  /* EXPR_CAST, or NULL */
    bool lossy;    /* EXPR_CAST */
    GString *scratch;
};

/* One row: either row `row` of a batch, or the inputs as values (then `row` is the record's number). */
typedef struct {
    const Batch *batch;
    size_t row;
    const Value *inputs;
} Row;

Expr *expr_new(ExprKind kind, ColumnType type, size_t arg_count);
void expr_free(Expr *expr);
Expr *expr_copy(const Expr *expr); /* not of EXPR_SQL, which belongs to its connection */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Expr, expr_free)

/* A copy of a value that owns its text. */
Value value_own(const Value *value);
void value_disown(Value *value);
/* Total order of values of one type; only used to find equal ones. */
int value_order(const Value *a, const Value *b);
void expr_sort_choices(Expr *expr);

/* The reason is for people, about the value; caller frees. */
CHECKED bool expr_eval(Expr *expr, const Row *row, Value *ret, char **ret_reason);
Value row_input(const Row *row, ColumnType type, size_t input);
int64_t row_number(const Row *row);
