/* clang-format off */
/*
 * sql.h - SQL text understood: statements, query blocks, who is named where, and what each name means.
 *
 * Not a grammar of any dialect: it finds the parts on which the meaning of names depends (WITH, FROM, select lists,
 * aliases, subqueries, set operations) and reads over all else as expressions. What it does not know costs only
 * what it touches. Pure: text in, a tree out, columns of tables by a callback.
 *
 *   statement ── query ── branches (UNION …) ── block: SELECT items, sources (FROM), references in all clauses
 *                  └── WITH: common tables, each a query
 *
 * Everything lives as long as the Sql it belongs to, in its arena, and borrows the text. Tokens are counted without blanks, comments
 * and template tags.
 */
/* clang-format on */
#pragma once

#include "base/arena.h"
#include "sql/token.h"

typedef struct Sql Sql;
typedef struct SqlStatement SqlStatement;
typedef struct SqlQuery SqlQuery;
typedef struct SqlBlock SqlBlock;
typedef struct SqlSource SqlSource;
typedef struct SqlItem SqlItem;
typedef struct SqlRef SqlRef;
typedef struct SqlCommon SqlCommon;

/* ---- names ---- */

/* One part of a name with dots. `begin` and `end` are bytes of the text, without quotes where the quotes hold several
 * parts, with them where they hold just this one. */
typedef struct {
    char *text; /* without quotes, escapes undone */
    uint32_t token, begin, end;
    char quote; /* what it is quoted with: ` " [, or 0 */
} SqlPart;

typedef struct {
    SqlPart *parts;
    uint32_t count;
    bool is_in_one_quote; /* `a.b.c` */
    bool is_in_literal;   /* IDENTIFIER('a.b.c') */
} SqlPath;

/* Are both names the same column (or table) in this dialect? `quote` as in SqlPart; `known` is a name as a schema or a
 * mapping has it. */
bool sql_same_column(const Dialect *dialect, const char *name, char quote, const char *known);
bool sql_same_table(const Dialect *dialect, const char *name, char quote, const char *known);
/* Does the name, as it is stored, mean itself when it is written without quotes? */
bool sql_is_plain_column(const Dialect *dialect, const char *name);
/* How often this thread has asked: a measure of work that no clock disturbs. */
extern _Thread_local uint64_t sql_names_compared;

/* Of names that differ only in the case of their ASCII letters it is the same: whatever the dialect, names that
 * sql_same_column() or sql_same_table() takes for one have one hash. */
guint sql_name_hash(const char *name);

typedef struct {
    SqlPath path;
    SqlStatement *statement;
} SqlMention;

/* ---- the tree ---- */

typedef enum {
    CLAUSE_ITEM,
    CLAUSE_FROM, /* in UNNEST(…), a table function, or a table that may be an array */
    CLAUSE_ON,
    CLAUSE_USING,
    CLAUSE_WHERE,
    CLAUSE_GROUP,
    CLAUSE_HAVING, /* and QUALIFY */
    CLAUSE_WINDOW,
    CLAUSE_ORDER,
    CLAUSE_ASSIGN,  /* the left side of SET */
    CLAUSE_COLUMNS, /* the column list of INSERT */
    CLAUSE_NAME, /* of the block's table, where nothing but a name can stand: a key, a definition */
    CLAUSE_OTHER, /* anything else */
} SqlClause;

typedef enum {
    BINDING_NONE,      /* nothing here is called so */
    BINDING_COLUMN,    /* of `source` */
    BINDING_OUTPUT,    /* of `item`, an output of the same block or query */
    BINDING_ROW,       /* `source` as a whole: its alias used as a value, or `alias.*` */
    BINDING_UNDECIDED, /* could be of `source`, or of something whose columns are not known */
    BINDING_LOCAL,     /* a lambda's or a function's parameter, a variable */
} SqlBinding;

/* How a field that is called like a column keeps its name when the column gets another one. */
typedef enum {
    FIELD_NONE,
    FIELD_AS,     /* STRUCT(b AS a) */
    FIELD_BEFORE, /* struct_pack(a := b) */
    FIELD_FIXED,  /* arrays_zip(a): not at all */
} SqlField;

/* Of MERGE: whose row there is none of where the name stands, also in a query within. */
typedef enum {
    MISSING_NONE,
    MISSING_TARGET, /* WHEN NOT MATCHED */
    MISSING_SOURCE, /* WHEN NOT MATCHED BY SOURCE */
} SqlMissing;

/* A name in an expression. */
struct SqlRef {
    SqlPath path;
    SqlBlock *block;
    SqlClause clause;
    SqlMissing missing;
    SqlItem *in;          /* the item that it stands in, or NULL */
    bool is_whole;        /* all of an item, or of a sort or group key */
    bool is_over_columns; /* what AS names is meant, whatever columns are called so, too */
    bool is_through_star; /* sorts a UNION by what a star of its first branch has */
    SqlField field;       /* of a value, if the name is all of it and names that, too */
    bool
        is_receiver; /* of a method: `plan` of plan.value(…); a schema, unless a source is known to have it */
    bool
        is_table; /* FOR UPDATE OF t: not a column, but the name of `source` itself; bound to nothing */
    /* Of a name inside of a template, which may be a column: the call that it is an argument of, "" for the list of a loop.
     * NULL of all others. */
    const char *macro;
    guint place;         /* of the argument */
    const char *keyword; /* of a named argument, or NULL */
    /* resolved: */
    SqlBinding binding;
    SqlSource *source;
    SqlSource *
        also; /* of a USING column: the other side; the value is that of the side before it, unless RIGHT or FULL */
    SqlItem *item;
    /* Whose column it would be if `source`, whose columns are not known, had none of this name: what is taken for
     * certain although only the habits of people say so. NULL where it is certain. */
    SqlSource *instead;
    uint32_t column; /* index of the part that names the column */
};

/* What a star gives under another value, or another name. */
typedef struct {
    SqlPart *name;
    uint32_t first, last; /* tokens of the expression */
    SqlRef *plain;        /* when it is just a name */
    bool is_rename;
} SqlReplacement;

/* One output of a select list. */
struct SqlItem {
    SqlBlock *block;
    uint32_t first, last; /* tokens, without the alias */
    SqlPart *alias;       /* or NULL */
    SqlRef *plain;        /* when it is just a name */
    SqlRef *named_by;     /* when it is more, and called by this name all the same; or NULL */
    SqlRef *
        listed; /* of AS {{ c }}: what is put in there, which is a column's name before it; or NULL */
    bool is_star, is_tacit; /* tacit: FROM t, TABLE t; `first` is that word */
    bool is_macro;          /* a star that a macro of dbt writes out */
    SqlSource *star_of;     /* resolved from `alias.*`; NULL for a bare star, or when unknown */
    SqlPath star_path;      /* before `.*`; may be empty */
    ArenaList *except;      /* SqlPart *: EXCEPT (…) of a star; or NULL */
    ArenaList *replace; /* SqlReplacement *: REPLACE (… AS name), RENAME (old AS name); or NULL */
    const char *name; /* of the column that comes out, or NULL when it has none that one can know */
    SqlItem *next;    /* of the same list of SqlBlock.chains, behind it */
    guint number;     /* within the block, from 1 on; 0 until it is in these lists */
    /* of the room `rewrite`: what becomes of the name, once it is known */
    const void *change, *given; /* given: it names a column of the dataset that is made here */
    bool is_change_known;
    bool is_kept_apart; /* another one would be called like it, and is not today */
};

typedef enum {
    SOURCE_TABLE,
    SOURCE_COMMON, /* a table of WITH */
    SOURCE_QUERY,  /* a subquery */
    SOURCE_ARRAY,  /* UNNEST, a table function, a chain of an earlier source's columns */
    SOURCE_TEMPLATE,
    SOURCE_VALUES,
} SqlSourceKind;

/* What a statement does to a table itself, and not to its rows. */
typedef enum {
    SHAPE_NAMED,    /* nothing: it is named, and so are its columns */
    SHAPE_DEFINED,  /* makes it, with its columns */
    SHAPE_ADJUSTED, /* goes with its definition: DROP TABLE, ALTER COLUMN */
    SHAPE_CLONED,   /* makes it with the columns of another one: LIKE t */
    SHAPE_HIDING,   /* makes a temporary table of its name */
    SHAPE_CHANGED,  /* makes something else of it */
    SHAPE_COPIED,   /* makes something else with its columns: LIKE t */
    SHAPE_SPELLED, /* a file has the names of the columns that are listed: COPY t (a) TO … HEADER */
    SHAPE_WATCHED, /* a trigger, whose function sees its rows */
    SHAPE_READ,    /* a trigger, whose body is read: it sees them as NEW and OLD */
} SqlShape;

/* Is the table there with it? */
static inline bool
sql_shape_makes(SqlShape shape)
{
    return shape == SHAPE_DEFINED || shape == SHAPE_CLONED || shape == SHAPE_HIDING;
}

typedef enum { RESHAPE_PIVOT, RESHAPE_UNPIVOT, RESHAPE_PATTERN } SqlReshapeKind;

/* PIVOT, UNPIVOT or MATCH_RECOGNIZE behind a table (parse_reshape.c). */
typedef struct {
    SqlReshapeKind kind;
    uint32_t first, last; /* tokens: its brackets, or what stands behind the table */
    ArenaList *refs;    /* SqlRef *: columns of the table that are named in it; bound to nothing */
    ArenaList *kept;    /* SqlRef *: those of them that alone come out; NULL: all but `refs` do */
    bool keeps_all;     /* all come out, `refs`, too */
    ArenaList *made;    /* char *: what comes out besides, and some names more that may */
    bool is_open;       /* there may be more of these */
    ArenaList *unnamed; /* SqlRef *: of `refs`, those whose own name becomes a value */
    bool names_columns; /* names of several columns, or of expressions, become names or values */
} SqlReshape;

/* Is the name one of `made`; does the table's column of this name come out of it? */
bool sql_reshape_makes(const Dialect *dialect, const SqlReshape *reshape, const SqlPart *part);
bool sql_reshape_passes(const Dialect *dialect, const SqlReshape *reshape, const SqlPart *part);

/* Something that rows come from, or go to. */
struct SqlSource {
    SqlSourceKind kind;
    SqlShape shape; /* of a STATEMENT_DEFINE */
    SqlBlock *block;
    SqlPath path; /* of a table or common table */
    uint32_t
        lent; /* of its parts: those before its own, which are written elsewhere in the statement */
    uint32_t first, last; /* tokens of what it is, without the alias */
    SqlPart *alias;       /* or NULL */
    ArenaList *columns;   /* SqlPart *: alias (a, b); or NULL */
    SqlRef *array; /* of a SOURCE_ARRAY: the name whose elements it gives, as they are; or NULL */
    bool is_array_asked; /* and it is being asked whose that name is */
    SqlQuery *query;     /* of a subquery or common table */
    SqlCommon *common;
    bool
        may_be_common; /* a table of WITH that stands behind it is called so, and may be seen there */
    ArenaList *using;                 /* SqlRef *: columns of its USING (…); or NULL */
    uint32_t using_first, using_last; /* tokens: USING, and the closing bracket */
    bool is_natural;
    bool
        is_tacit_using; /* and it is known by which names: these are `using`, which stands nowhere */
    guint
        joined_from; /* the first of the block's sources that it is joined to: FROM a, b JOIN c is not to `a` */
    guint
        comma_from; /* the first behind the comma before it: its ON may not see those before that */
    bool is_right;  /* RIGHT or FULL JOIN: what stands before it may have no row */
    bool is_semi;   /* SEMI or ANTI JOIN: only its own condition sees it */
    bool is_nested; /* ( a JOIN b … ) in brackets */
    bool is_target; /* is written to */
    SqlSource
        *rows_of; /* `inserted`, `deleted`: the trigger's table, whose rows these are; or NULL */
    bool is_twin; /* the target, which FROM names once more under an alias: one and the same row */
    SqlReshape *reshape; /* PIVOT and the like follow, and are understood; or NULL */
    bool is_unread;      /* they follow, and are not */
    bool is_version;     /* as it was at a version, or a statement, of this very table */
    bool
        is_paired; /* of a template that gives tables of WITH (parse_pairs.c): `path` is the model's name */
    bool gives_more;  /* the template that it is may give more columns than the table has */
    bool is_template; /* a template that is understood: `path` is what it stands for */
    /* of sql_source_columns(), once it was asked; or NULL */
    const ArenaList *known;
    bool known_is_open;
    /* of the room `rewrite`: which dataset it is, what its path became, and what columns may be qualified by instead */
    const struct Rename *rename;
    const struct Spelling *spelling, *requalified;
    const struct Rename
        *renamed; /* the dataset whose new table this is, by its name in dbt; or NULL */
    struct ProjectModel *model; /* of the dbt project; or NULL */
    bool is_left;               /* it is the dataset, and a person's: so are its columns */
    bool keeps_name;            /* its alias is not there yet: it is its old name */
};

struct SqlCommon {
    SqlPart name;
    ArenaList *columns; /* SqlPart *, or NULL */
    SqlQuery *query;    /* may be NULL while broken */
    bool is_recursive;
    bool is_made;  /* a template makes its name, or a part of it: nobody knows who reads it */
    bool is_begun; /* what it begins with is being read: a table of its name is another one there */
    SqlCommon *next; /* of the same list of SqlQuery.chains, before it in the text */
};

/* A value that has a name in ClickHouse, which hides columns: WITH x AS name, and (x AS name) within an expression. */
typedef struct {
    SqlPart *name;
    uint32_t first, last; /* tokens of the expression, in which the name means something else */
} SqlValue;

/* A SELECT, or another statement with names in it. */
struct SqlBlock {
    SqlQuery *query;  /* NULL outside of queries */
    SqlBlock *parent; /* whose names are seen from here, or NULL */
    SqlStatement *statement;
    uint32_t first, last;
    ArenaList *items;                       /* SqlItem * */
    SqlItem **chains;                       /* lists of them, by the hashes of their names; */
    guint chain_count;                      /* made when somebody asks; 0 until then */
    ArenaList *sources;                     /* SqlSource * */
    ArenaList *refs;                        /* SqlRef * */
    ArenaList *assignments;                 /* SqlAssignment *; NULL when there are none */
    ArenaList *values;                      /* SqlValue * of its expressions; NULL: none */
    bool is_distinct, is_values, is_struct; /* SELECT AS STRUCT: the names are fields */
    uint32_t value_star; /* token of a star that is an argument, and not just counted; or 0 */
    bool is_returning;   /* the items are those of RETURNING */
    bool goes_into;      /* and go into a table, by their places: OUTPUT … INTO t */
    bool is_piped;   /* its steps stand behind |>: a star that nobody wrote cannot be written out */
    bool groups_all; /* GROUP BY ALL: by all items that are no aggregates */
    bool has_star;   /* one of the items is a star */
    uint32_t strange;   /* token behind a table of FROM that is not understood; or 0 */
    uint32_t place_max; /* the largest place of an item by which is sorted or grouped, or 0 */
};

/* SET a = expression, SET (a, b) = (…) */
typedef struct {
    ArenaList *columns;   /* SqlRef * */
    uint32_t first, last; /* tokens of the expression */
} SqlAssignment;

/* One side of a set operation: a block, or a query in brackets. */
typedef struct {
    SqlBlock *block;
    SqlQuery *query;
} SqlBranch;

/* Blocks that are put together, and what comes before (WITH) and behind (ORDER BY). */
struct SqlQuery {
    SqlQuery *parent;   /* whose common tables are seen, too */
    ArenaList *commons; /* SqlCommon * */
    SqlCommon **chains; /* lists of them, by the hashes of their names; NULL without WITH */
    guint chain_count;
    ArenaList *branches; /* SqlBranch *; the first names the outputs */
    SqlBlock *tail;      /* holds what ORDER BY behind a set operation names; NULL without */
    uint32_t first, last;
    uint32_t strange;  /* token in WITH that is a value; or 0 */
    ArenaList *values; /* SqlValue * of its WITH, which subqueries see, too; NULL: none */
    SqlBlock *valued;  /* what the last of them was read in; or NULL */
    bool by_name;      /* UNION BY NAME */
    bool has_pipes;    /* |>: names change on the way, which is not followed */
    bool
        is_named; /* what is only read over names its columns: SEARCH and CYCLE behind it in WITH, a cursor's loop */
    /* What its rows are for: a source or a common table of another query, a value in an expression (then both are
     * NULL and `is_value` is true), or the statement's result. */
    SqlQuery *in; /* the set operation that it is a branch of, in brackets; or NULL */
    SqlSource *as;
    SqlCommon *common;
    bool is_value;
    /* Of a query in an expression: where that stands; else NULL. */
    SqlBlock *around;
    SqlClause clause;
    SqlItem *item;
    /* resolved: */
    ArenaList *names; /* borrowed char *, NULL for outputs without a name that one can know */
    bool is_open;     /* there may be more columns than these */
    bool is_busy;     /* being looked at: it reads itself */
    /* Of the room `rewrite`: its output names stay; so do the places of its columns, or how many there are. */
    bool is_pinned, is_placed, is_counted_whole, is_grouped;
    bool is_read_whole; /* some reader takes its columns by a star or by their places */
};

typedef enum {
    STATEMENT_QUERY,
    STATEMENT_CREATE, /* … AS query */
    STATEMENT_INSERT,
    STATEMENT_UPDATE,
    STATEMENT_DELETE,
    STATEMENT_MERGE,
    STATEMENT_DEFINE, /* tables, indexes, rights, comments: columns are named, and no rows read */
    STATEMENT_OTHER,
} SqlStatementKind;

struct SqlStatement {
    SqlStatementKind kind;
    uint32_t first, last; /* tokens */
    SqlQuery *query; /* whose rows are the result, or go into the target; NULL when there is none */
    SqlSource *target;     /* written to, or made; NULL when there is none */
    SqlSource *watched;    /* whose rows are NEW and OLD, in what makes a trigger; or NULL */
    uint32_t row_names[2]; /* tokens that name them instead: REFERENCING NEW AS a OLD AS b; or 0 */
    bool names_returned;   /* as RETURNING WITH (NEW AS a, OLD AS b) calls them */
    SqlPath created;       /* of CREATE … AS, SELECT … INTO */
    bool is_into, is_temporary; /* how it is made */
    SqlStatement *next;         /* of the same list of those that make a table of some name */
    ArenaList *blocks;          /* SqlBlock * */
    bool inserts_rows;          /* MERGE … INSERT without a column list */
    bool
        takes_rows; /* MERGE … INSERT *, INSERT ROW, UPDATE SET *: the names of both sides are the same */
    bool
        places_rows; /* MERGE … REMOVE DUPLICATES: the columns of both sides stand at the same places */
    /* A column list names the outputs: CREATE VIEW v (a, b), INSERT INTO t (a, b). */
    bool has_columns;
    ArenaList *columns; /* SqlPart *; or NULL */
    SqlPart *row;       /* VALUES (…) AS row: what is inserted, in MySQL; or NULL */
    SqlPart *called;    /* (SELECT …) AS called, which is all of the statement; or NULL */
    bool is_nested;     /* a table of WITH */
    ArenaList *
        settled; /* of a STATEMENT_DEFINE: tokens (as GUINT_TO_POINTER()) that are no columns; or NULL */
};

/* The list in which a table of WITH with such a name is, if there is one; the last one comes first. */
static inline SqlCommon *
sql_commons(const SqlQuery *query, guint hash)
{
    return query->chains != NULL ? query->chains[hash % query->chain_count] : NULL;
}

struct Sql {
    TokenList *list;
    const Dialect *dialect;
    GArray *
        tokens; /* Token: those of `list` that mean something, brackets with indices in here; ends with TOKEN_END */
    ArenaList *statements; /* SqlStatement * */
    ArenaList *queries;    /* SqlQuery *, inner ones before outer ones */
    ArenaList *blocks;     /* SqlBlock *, in the order of the text */
    ArenaList *mentions;   /* SqlMention *: names in statements that are only read over */
    /* Indices of tokens, as GUINT_TO_POINTER(): comments, among those of `list`; strings, among `tokens`. */
    ArenaList *comments, *strings;
    GByteArray
        *live; /* one for each token of `list`: false in branches of templates that are not taken */
    guint variants; /* of the text; this is one of them */
    bool is_broken; /* a string or comment without its end, or brackets too deep to look into */
    bool is_deep;
    bool is_wide;       /* more tables in one FROM than are looked at */
    bool is_manifold;   /* its variables stand for more names than are looked at */
    uint32_t broken_at; /* byte */
    Arena *arena;
    void *resolver;  /* of sql_resolve() */
    uint32_t *stops; /* of the tokens (calls.c); NULL until somebody asks */
};

/* Names of a table's columns (of a SOURCE_TABLE); `*ret_is_open` when there may be more. NULL when nothing is known. */
typedef const char *const *SqlColumnsFn(const SqlSource *table, bool *ret_is_open, void *data);
/* Does the table certainly not have the column, although its columns are not all known? */
typedef bool SqlLacksFn(const SqlSource *table, const SqlPart *name, void *data);

/* Where the element of a list that begins at the token `at` ends: at a comma outside of brackets, also those of types
 * (STRUCT<a int, b int>), or `end`. `*ret_is_torn` (or NULL): brackets of a type have no end there. (parse_columns.c) */
uint32_t sql_element_end(const Sql *sql, uint32_t at, uint32_t end, bool *ret_is_torn);

/* NATURAL JOIN, of which nobody knows by which names. */
static inline bool
sql_joins_vaguely(const SqlSource *source)
{
    return source->is_natural && !source->is_tacit_using;
}

/* Where a star lets columns through from: the source before its dot, which may stand further out (LATERAL (SELECT u.*)), or
 * those of its block. */
static inline SqlSource *const *
sql_star_sources(const SqlItem *star, guint *ret_count)
{
    const ArenaList *sources = star->block->sources;
    *ret_count = star->star_of != NULL ? 1 : sources->len;
    return star->star_of != NULL ? &star->star_of : (SqlSource *const *) sources->pdata;
}

/* Always gives a tree. `text` must outlive it. A text whose templates choose ({% if … %}) has several variants; others
 * have one, 0. */
Sql *sql_new(const char *text, size_t bytes, const Dialect *dialect, guint variant);
/* Is the template a query that gives rows of one table, with all of its columns? */
typedef bool SqlRowsFn(const char *text, const Token *token, const void *data);
/* The same, where such templates are known, besides those of packages. */
Sql *sql_new_with(const char *text, size_t bytes, const Dialect *dialect, guint variant,
                  SqlRowsFn *gives_rows, const void *data);
/* Is the byte in a branch that this variant takes? */
bool sql_is_live(const Sql *sql, size_t byte);
/* The last statement that begins at the token or before; NULL: none. */
const SqlStatement *sql_statement_from(const Sql *sql, guint token);
/* The innermost block that the token is in, of those that read something where `has_sources`; NULL: none. */
const SqlBlock *sql_block_around(const Sql *sql, guint token, bool has_sources);
void sql_free(Sql *sql);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sql, sql_free)
/* Find out what every reference means. Once for each Sql. */
void sql_resolve(Sql *sql, SqlColumnsFn *columns, SqlLacksFn *lacks, void *data);

/* Items of the block with such names, among others; the next ones are behind it (SqlItem.next). NULL: none. (resolve_named.c) */
SqlItem *sql_items_like(Sql *sql, SqlBlock *block, const char *name);
/* The source of the block with this name, in letters of either case: its alias, or the table's last part. NULL: none. */
SqlSource *sql_block_source(const SqlBlock *block, const char *name, size_t bytes);

/* The names that a source's columns have, as far as they are known; `*ret_is_open` when there may be more. After
 * sql_resolve() or within it. Borrowed, of borrowed char *. */
const ArenaList *sql_source_columns(Sql *sql, const SqlSource *source, bool *ret_is_open);

/* Would the name mean a value (SqlValue) where the reference stands, if nothing is put before it? (names.c) */
bool sql_is_value_name(const Sql *sql, const SqlRef *ref, const SqlPart *name);
/* The same of a name that would be written at the token, in that block. */
bool sql_is_value_there(const Sql *sql, const SqlBlock *at, const SqlPart *name, uint32_t token);

/* ---- what is called around a name (calls.c) ---- */

/* Is the word that of a function which makes one value of many rows' (SUM, ARRAY_AGG…)? */
bool sql_is_aggregate(const Sql *sql, const Token *token);
/* The token of the bracket that is open before the name, within its block, or behind its HAVING or QUALIFY; 0: none. */
uint32_t sql_bracket_around(Sql *sql, const SqlRef *ref);
/* Within its block, does the name stand in a call of one; in OVER (…), or in the call before it? */
bool sql_is_aggregated(Sql *sql, const SqlRef *ref);
bool sql_is_windowed(Sql *sql, const SqlRef *ref);
/* HAVING a > 1: does it stand there, not in QUALIFY, and in no call or brackets? */
bool sql_is_plain_in_having(Sql *sql, const SqlRef *ref);
