/*
 * mapping.h - the file that says what becomes what.
 *
 * Two kinds of rules. Structured rules (from, type, format, values, default, const, concat, split) have one meaning,
 * that of the reference evaluator in eval.c; a store may run them only where a differential test shows the same answer.
 * `expr` and `where` are SQL in the source store's own dialect and run there; for stores without SQL (files) an embedded
 * SQLite evaluates them row by row.
 *
 * columns:
 *   user_id:   { from: id }                                   # or short: user_id: id
 *   full_name: { concat: [ first_name, { text: " " }, last_name ] }   # NULL if any part is NULL
 *   initials:  { from: name, split: { by: " ", part: 1 } }     # part counts from 1, negative from the end
 *   country:   { from: country_code, values: { UK: GB }, others: keep | null | refuse }
 *   signed_up: { from: created, type: timestamp, format: "%b %d %Y" }
 *   score:     { from: rating, type: float, default: 0 }       # default: when the source value is NULL
 *   tier:      { const: free }
 *   label:     { expr: "upper(code)" , type: text }
 *   line:      { from: _row }                                  # file stores: number of the record, from 1
 * Order of one rule: from/concat/expr/const, split, values/others, format and type, default.
 * quarantine: { rows_max: 100, share_max: 1% }                 # default: whichever allows more
 * lossy: [ rating ]                                            # target columns whose cast may lose something, said yes to
 */
#pragma once

#include "base/diag.h"
#include "base/yaml.h"
#include "model/along.h"
#include "model/batch.h"
#include "model/schema.h"
#include "model/value.h"

typedef struct Mapping Mapping;       /* one document */
typedef struct MappingSet MappingSet; /* a file */

/* All findings (unknown keys with suggestions, wrong types, a column both mapped and dropped…) go to `diags` with file,
 * line and column; false with INVALID if any is an error. */
CHECKED bool mapping_parse(const char *text, size_t bytes, const char *file, Diags *diags,
                           MappingSet **ret, GError **error);
void mapping_set_free(MappingSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MappingSet, mapping_set_free)
size_t mapping_count(const MappingSet *set);
const Mapping *mapping_get(const MappingSet *set, size_t index);
/* The document whose source and target match; names are dataset names, refs ("resource:default/users-v1"), store objects
 * ("users_v1") or aliases. With one document and no match: an INVALID error that names what the file maps. Borrowed. */
CHECKED bool mapping_for(const MappingSet *set, const char *const *source_names,
                         const char *const *target_names, const Mapping **ret, GError **error);
/* Every column as it is, same order, same types: what bulk-copy uses. Belongs to a set of its own. */
CHECKED bool mapping_identity(const Schema *source, const Schema *target, MappingSet **ret,
                              GError **error);

const char *mapping_source(const Mapping *mapping);
const char *mapping_target(const Mapping *mapping);
int64_t mapping_quarantine_rows_max(const Mapping *mapping);      /* 100 unless said otherwise */
int64_t mapping_quarantine_share_max_ppm(const Mapping *mapping); /* 10,000 = 1 % */
bool mapping_says_quarantine(const Mapping *mapping);             /* these are its own words */
/* `key` of the file: target column names; empty when it has none (program_target() has the key that counts then). */
const GPtrArray *mapping_key(const Mapping *mapping);
/* Other spellings of the source in consumers' code. Array of char *; borrowed. */
const GPtrArray *mapping_aliases(const Mapping *mapping);
/* Source columns that the mapping drops, with the reason: {column: {why, link}}. Borrowed. */
const json_t *mapping_dropped(const Mapping *mapping);

/* What consumers write instead of a source column: {column: {expr, values, why, link}}. Borrowed. */
const json_t *mapping_consumers(const Mapping *mapping);
bool mapping_propagates_names(const Mapping *mapping); /* output_names: propagate */
const json_t *mapping_dbt(const Mapping *mapping); /* {source or ref, target}, or NULL. Borrowed. */

/* What becomes of a source column for those who read it today. */
typedef enum {
    CHANGE_NONE,       /* same name, same values */
    CHANGE_NAME,       /* `to`, same values */
    CHANGE_EXPRESSION, /* consumers write `expr` instead */
    CHANGE_VALUES, /* `to` has other values; literals compared with it are mapped through `values`, if given */
    CHANGE_DERIVED, /* only goes into the making of other columns */
    CHANGE_DROPPED,
} ChangeKind;

typedef struct {
    char *column; /* of the source */
    ChangeKind kind;
    char *to;            /* target column, or NULL */
    char *expr;          /* or NULL */
    json_t *values;      /* {old literal: new literal}, or NULL */
    bool has_all_values; /* a row with another value is refused */
    bool keeps_nulls; /* of CHANGE_VALUES: what is NULL stays so, and nothing else becomes NULL */
    char *why, *link;
} ColumnChange;
/* Every source column that the file speaks of. Array of ColumnChange *; caller frees. */
GPtrArray *mapping_changes(const Mapping *mapping);
/* The names of the target's columns that the file speaks of. Array of borrowed char *; caller frees. */
GPtrArray *mapping_targets(const Mapping *mapping);

/* What a source column may hold, as far as the mapping tells. */
typedef struct {
    GPtrArray *texts;  /* char * */
    bool are_all;      /* others may not be mapped */
    bool is_converted; /* its values become others, NULL perhaps among them */
    bool is_part;      /* goes into the making of a text or an expression */
    bool is_text;      /* holds texts, if no schema says otherwise */
} Samples;
/* `ret->texts` is the caller's. */
void mapping_samples(const Mapping *mapping, const char *column, Samples *ret);
/* The column of the source that this one of the target is as it is, but perhaps of another type; NULL: it is none. Borrowed. */
const char *mapping_taken_from(const Mapping *mapping, const char *target);
/* Are all columns of the target so, and all rows wanted? */
bool mapping_only_takes(const Mapping *mapping);
/* The SQL of its rules and of `where`, over source columns. Array of borrowed char *; caller frees. */
GPtrArray *mapping_expressions(const Mapping *mapping);

/* Check against both schemas (`target` NULL: the target will be made from the mapping). All findings at once: unknown
 * columns (with the nearest name), source columns neither mapped nor dropped (warning), uncovered NOT NULL target
 * columns, lossy or impossible casts, key missing or not mapped to something unique, two rules that collide, generated
 * columns written, `where`/`expr` that the source's SQL refuses (when `expr_check` is given). */
typedef bool MappingExprCheck(const char *sql, void *data,
                              char **ret_message); /* prepare it in the store */
/* The one for stores without SQL, where an embedded SQLite evaluates; `data` is the source's Schema. */
bool mapping_expr_check_embedded(const char *sql, void *data, char **ret_message);
void mapping_check(const Mapping *mapping, const Schema *source, const Schema *target,
                   MappingExprCheck *expr_check, void *data, Diags *diags);
/* The schema that the mapping makes of `source`: types from `type:`, else from the source column; what may come along hangs on it (along.h).
 * Caller owns. */
CHECKED bool mapping_target_schema(const Mapping *mapping, const Schema *source, const char *object,
                                   Schema **ret, GError **error);
/* For people: what hangs on `source` and not on a table that `store` makes of it; NULL: nothing. Caller frees. */
CHECKED bool mapping_leaves(const Mapping *mapping, const Schema *source, AlongHoldsFn *holds,
                            void *store, char **ret, GError **error);
/* A first mapping as commented YAML; each guess carries "# guess: why". `target` may be NULL. `sample` (may be NULL) are
 * rows of the source, all columns, for guessing types and formats. `source_sql` as in program_new(): rows of files have a
 * number, which is a key of last resort. Caller frees. */
char *mapping_draft(const char *source_name, const Schema *source, const char *target_name,
                    const Schema *target, bool source_sql, const Batch *sample);

/* A mapping bound to two schemas, ready to run. */
typedef struct Program Program;

typedef enum { PLACE_SOURCE, PLACE_MOVER, PLACE_TARGET, PLACE_STORE } Place;
const char *place_name(
    Place place); /* "source", "mover", "target", "store": both are one, which does it by itself */

typedef struct {
    const char *target; /* column */
    Place place;
    char *rule; /* "from created, type timestamp, format %b %d %Y" */
    char *why;  /* why it is computed there */
} ProgramColumn;

/* `source_sql` tells whether the source evaluates SQL itself (expr and where then run there). INVALID with all findings
 * when mapping_check() finds errors. The program keeps nothing of what it was made from. */
CHECKED bool program_new(const Mapping *mapping, const Schema *source, const Schema *target,
                         bool source_sql, Program **ret, GError **error);
void program_free(Program *program);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Program, program_free)
/* The columns that are written, in the target's order; columns without a rule are left to their defaults. */
const Schema *program_target(const Program *program);
/* What the mover needs from the source, in order: plain columns (name, NULL) or SQL expressions (alias, sql). With a
 * source without SQL only plain columns (the batch's row_ids are "_row"). The scan yields batches of program_input();
 * an expression's cell is read as the type given there. */
typedef struct {
    char *name; /* of an expression: ITEM_OF_EXPR and the target column that it is for */
    char *sql;  /* NULL: the column itself */
} SourceItem;
#define ITEM_OF_EXPR "expr:"
size_t program_items(const Program *program, const SourceItem **ret);
const Schema *program_input(const Program *program);
/* SQL in brackets for the source, or NULL. Where the source has no SQL, program_apply() leaves the rows out itself. */
const char *program_where(const Program *program);
/* Map a batch (program_input()) into an empty one (program_target()), which may take whole columns from it: `in` must be reset
 * before it is used again, and only its number of rows and their ids are still there. Rows that cannot be mapped are left out of `out` and told to `reject`, one call a row with the reason and
 * the name of the target column ("where" for the filter). One Program may be used by one thread at a time. */
typedef void RejectFn(int64_t row_id, size_t in_row, const char *column, const char *reason,
                      void *data);
CHECKED bool program_apply(Program *program, Batch *in, Batch *out, RejectFn *reject, void *data,
                           GError **error);
/* The whole mapping as SELECT items in SQLite's dialect, equal to the evaluator wherever it does not reject (rules that
 * SQL says differently call functions that program_register() adds to the connection). Items in target column order,
 * `sql` never NULL. A rejected value raises an SQL error, whereupon the caller takes the row-by-row way. 0 items: the
 * mapping cannot be said in SQL (a column made of more than 100 others), or the source has none.
 *
 * SQLite types cells, not columns. How the items meet a cell that is not what its column is declared for:
 *   guarded   each takes any cell
 *   proven    none looks; the row must have passed program_proof_sqlite()
 *   watched   the same, but the proof says nothing about the columns that are copied (program_is_copied()): the caller
 *             looks at them as they are written, and wants exactly what sqlite_read_kept() takes */
typedef enum { SELECT_GUARDED, SELECT_PROVEN, SELECT_WATCHED } SelectForm;
size_t program_select_sqlite(const Program *program, SelectForm form, const SourceItem **ret);
/* A condition on a row of the source that is true, or raises an error; NULL: nothing needs proof. */
const char *program_proof_sqlite(const Program *program, SelectForm form);
/* Is target column `column` a source column as it is, in one of the same affinity? */
bool program_is_copied(const Program *program, size_t column);
/* The same for stores whose columns are typed: there is one form, and no function of ours. 0 items: some rule of the mapping
 * has none. */
typedef enum { TYPED_POSTGRES, TYPED_MARIADB, TYPED_DIALECTS } TypedSql;
size_t program_select_typed(const Program *program, TypedSql in, const SourceItem **ret);
/* The source column that target column `column` is, as it is; NULL: it is computed. Borrowed. */
const char *program_source_of(const Program *program, size_t column);
/* The item that target column `column` is, as it is; -1: it is computed. */
int program_input_of(const Program *program, size_t column);
/* Both stores keep what value.h calls odd: columns of the target that are the source's as they are take it, but for those of the key and
 * for what other columns are computed from. */
void program_take_odd(Program *program);
/* Are the items, as they come, the rows that are written? */
bool program_is_identity(const Program *program);
/* The columns of the target's key, which are those of the source's primary key as they are, and these (char *); in the
 * target's order, and the caller's. INVALID, with the reason, where the key is another one. */
CHECKED bool program_kept_key(const Program *program, const Schema *source, Schema **ret_key,
                              GPtrArray **ret_from, GError **error);
/* From the target back to the source. INVALID, with the reason, where rows cannot be said there without a loss. */
CHECKED bool mapping_inverse(const Program *program, const Schema *source, MappingSet **ret,
                             GError **error);
/* The same for code, which only names columns: those that are another's by name alone go back, the others are told as dropped, so that
 * whoever names them is left to people. Caller frees. */
MappingSet *mapping_inverse_names(const Mapping *mapping);
/* One column of a row whose inputs are `inputs`, of a source with SQL; false with the reason, which is the caller's. The
 * value lives until the column is evaluated again. */
CHECKED bool program_eval(Program *program, size_t column, const Value *inputs, Value *ret,
                          char **ret_reason);
/* Adds what is not yet there; the functions live as long as the connection, whatever becomes of the program. */
CHECKED bool program_register(const Program *program, void *sqlite3_connection, GError **error);
/* For `honk mapping explain` and the plan. Array of ProgramColumn *; borrowed. What stores do by themselves is not among
 * it: PushOps.look tells that. */
const GPtrArray *program_columns(const Program *program);
/* [{"target", "rule", "place", "why"}] of an array of ProgramColumn *. Caller owns. */
json_t *program_columns_json(const GPtrArray *columns);
