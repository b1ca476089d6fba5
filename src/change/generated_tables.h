/* generated_tables.h - which tables and columns are made up for a text, and what its queries compare them with. */
#pragma once

#include "change/generated.h"

typedef struct MadeColumn MadeColumn;
struct MadeColumn {
    char *name;
    ColumnType type;
    bool is_typed; /* by a schema; else the type may follow from literals */
    bool is_key;   /* each value once */
    bool may_be_null;
    bool is_closed;     /* other values than `values` cannot be mapped */
    bool is_part;       /* of a text that is taken apart again: one word each */
    GPtrArray *values;  /* char *: literals of SQL */
    guint said;         /* so many of them, from the first on, are those of the queries */
    MadeColumn *joined; /* is compared with that one, or NULL */
};

typedef struct {
    char *name;
    GPtrArray *columns; /* MadeColumn * */
} MadeTable;

/* `text` names its tables by one part, as SQLite reads it. `source`: what the moving dataset is called in it; the first of the result is
 * that table, whether it is read or not. Array of MadeTable *; caller frees. */
GPtrArray *made_tables(const GeneratedSpec *spec, const char *source, const char *text);

/* CREATE TABLE and INSERT for all of them. Caller frees. */
char *made_script(const GPtrArray *tables);
#define MADE_ROWS 160        /* of the moving dataset: room for each literal in several company */
#define MADE_ROWS_OTHERS 120 /* of the tables beside it */
