/*
 * schema.h - what a dataset looks like: columns, types, key, and what hangs on it.
 *
 * Types are ours, the same for every store; `declared` keeps the store's own word. Canonical values
 * (what is hashed and compared) are fixed per type, so that equal values are equal across stores:
 *   bool       0 or 1
 *   int        64-bit signed
 *   float      IEEE double; -0.0 counts as 0.0, every NaN as one NaN
 *   decimal    text: optional minus, digits without leading zeros, fraction without trailing zeros
 * ("-12.5", "0") text       UTF-8 bytes date       days since 1970-01-01 (proleptic Gregorian); as
 * text "YYYY-MM-DD" timestamp  microseconds since 1970-01-01 00:00 (no zone: UTC); as text
 * "YYYY-MM-DD HH:MM:SS[.ffffff]" bytes      bytes
 */
#pragma once

#include "base/json.h"

typedef enum {
    TYPE_BOOL,
    TYPE_INT,
    TYPE_FLOAT,
    TYPE_DECIMAL,
    TYPE_TEXT,
    TYPE_DATE,
    TYPE_TIMESTAMP,
    TYPE_BYTES,
    TYPE_COUNT
} ColumnType;
/* Values of these are bytes of any length. */
static inline bool
type_has_bytes(ColumnType type)
{
    return type == TYPE_TEXT || type == TYPE_DECIMAL || type == TYPE_BYTES;
}

const char *column_type_name(ColumnType type); /* "bool", "int", … as in mappings and plans */
bool column_type_from_name(const char *name, ColumnType *ret);

typedef struct {
    char *name;
    ColumnType type;
    char *declared; /* the store's own type text, or "" */
    char *
        own; /* the store's kind and all that it says of such a column when it makes one, where that is more; or NULL */
    bool is_nullable;
    bool has_default;  /* an INSERT may leave it out */
    bool is_generated; /* computed by the store: never written */
    bool is_rowid;     /* SQLite: another name of the rowid, so it holds integers alone */
    bool takes_odd;    /* of rows on their way: what value.h calls odd is handed on. In no JSON */
} Column;

typedef struct {
    char *name;       /* index, view, trigger or constraint */
    char *kind;       /* "index", "unique", "view", "trigger", "foreign_key_to", "foreign_key_from",
                         "check" */
    char *definition; /* the store's own text, or "" */
    GPtrArray *columns; /* char *: of those that any store might have (along.h); else NULL */
    char *own; /* the store's kind and all that it needs to make such a thing again; or NULL */
    GPtrArray *own_columns; /* char *: which `own` names */
    GPtrArray *own_from;    /* of a table that is to be made: what `own` calls these */
    char *own_name;         /* likewise, of an index: what it is called behind the table's name */
} Dependent;

typedef struct {
    char *dataset;         /* object name in the store */
    bool is_table;         /* cells are kept as declared (SQLite's affinity); not in views, files */
    GPtrArray *columns;    /* Column * */
    GPtrArray *key;        /* char *: primary key, in order; empty when there is none */
    GPtrArray *dependents; /* Dependent *, sorted by kind and name */
    int64_t
        rows_looked; /* the columns were found in so many rows, and there are more; 0: declared, or found in all. In no JSON */
} Schema;

Schema *schema_new(const char *dataset);
void schema_free(Schema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Schema, schema_free)
Schema *schema_copy(const Schema *schema);
/* For a table or file that is made like it: nothing there computes what a generated column has, so it is written like others; of what
 * hangs on it there is what may come along (along.h). */
Schema *schema_as_values(const Schema *schema);

/* The new column; owned by the schema. */
Column *schema_add(Schema *schema, const char *name, ColumnType type, const char *declared,
                   bool is_nullable);
void schema_add_key(Schema *schema, const char *column);
/* Is the column a part of the key? */
bool schema_is_key(const Schema *schema, const char *column);
/* The new one; owned by the schema. */
Dependent *schema_add_dependent(Schema *schema, const char *kind, const char *name,
                                const char *definition);
/* Takes the texts. */
void dependent_set_columns(Dependent *dependent, GPtrArray *columns);
void dependent_set_own(Dependent *dependent, char *own, GPtrArray *columns);
bool schema_has_dependent(const Schema *schema, const char *kind);
/* Those of that kind go. */
void schema_drop_dependents(Schema *schema, const char *kind);
size_t schema_count(const Schema *schema);
const Column *schema_column(const Schema *schema, size_t index);
/* The new column says what the other one does of its own type. */
void column_take_own(Column *column, const Column *like);
/* Exact name; NULL when absent. `ret_index` may be NULL. */
const Column *schema_find(const Schema *schema, const char *name, size_t *ret_index);

/* {dataset, table, columns:[{name,type,declared,own,nullable,default,generated,rowid}], key:[…],
 * dependents:[{kind,name,definition,columns,own,own_columns}]}; `table` and `rowid` only when true, `own` and a dependent's `columns` where there are.
 * Caller owns. */
json_t *schema_to_json(const Schema *schema);
CHECKED bool schema_from_json(const json_t *json, Schema **ret, GError **error);
/* "sha256:…" over everything above but `own`, `own_columns` and the dependents' `columns`, whose parts are columns' types and dependents, too. Caller
 * frees. */
char *schema_fingerprint(const Schema *schema);
/* What changed, one sentence each, column by column ("column 'x' was int, is text"). Array of char
 * *; caller frees. */
GPtrArray *schema_differences(const Schema *before, const Schema *now);
