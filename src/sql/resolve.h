/* resolve.h - how the parts of sql_resolve() call each other; inside of this room only. */
#pragma once

#include "sql/sql.h"

typedef struct {
    Sql *sql;
    SqlColumnsFn *columns;
    SqlLacksFn *lacks;
    void *data;
    SqlStatement **makers; /* lists of what makes tables, by the hashes of their last parts */
    guint maker_count;     /* of lists; 0 until somebody asks */
    const SqlRef *on;      /* a reference in ON, … */
    uint32_t on_first;     /* … and the first token that it sees */
    bool sees_commas;      /* ON sees what stands before a comma, as a last resort */
    guint starred;         /* columns that came of stars so far, in all lists */
} Resolver;

static inline void
resolver_bind(SqlRef *ref, SqlBinding binding, SqlSource *source)
{
    ref->binding = binding;
    ref->source = source;
    ref->column = 0;
}

/* ---- names of outputs (resolve_outputs.c): each is bound, if it is that ---- */

/* What AS gives in the block. */
bool resolver_alias(const Resolver *resolver, SqlRef *ref, const SqlBlock *block);
/* By the clause in which it stands. */
bool resolver_output(Resolver *resolver, SqlRef *ref);
/* What a star lets through of one side of USING. */
bool resolver_starred(Resolver *resolver, SqlRef *ref);
/* The first branch, which names the outputs; or NULL. */
const SqlBlock *resolver_first_block(const SqlQuery *query);

/* ---- a table's row under another name (resolve_rows.c): likewise ---- */

/* OUTPUT inserted.x of T-SQL, which comes before sources that are called so. */
bool resolver_output_row(const Resolver *resolver, SqlRef *ref);
/* Of an upsert, of RETURNING, of a trigger. */
bool resolver_target_row(SqlRef *ref);
/* By the name that the statement gives it. */
bool resolver_named_row(const Resolver *resolver, SqlRef *ref);
/* Finds out whose columns the stars of the block are. */
void resolver_stars(const Resolver *resolver, const SqlBlock *block);

/* ---- finding by name (resolve_named.c) ---- */

/* The first item of the block that is called so and that the reference sees; or NULL. */
SqlItem *resolver_item_called(const Resolver *resolver, const SqlBlock *block, const SqlRef *ref,
                              bool only_aliases);
/* The only CREATE … AS of this name, before it in the text; NULL where there is none, or more. */
const SqlStatement *resolver_maker_of(Resolver *resolver, const SqlSource *source);

/* ---- what sources and queries have (resolve_columns.c) ---- */

/* `known` may be NULL: nobody knows its name. */
bool resolver_is_column(const Resolver *resolver, const SqlPart *part, const char *known);
bool resolver_has_name(const Resolver *resolver, const ArenaList *names, const SqlPart *part);
/* Binds a name before its turn. */
void resolver_ref(Resolver *resolver, SqlRef *ref);
/* As sql_source_columns(). */
const ArenaList *resolver_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open);
/* Finds out what the query gives, once. */
void resolver_outputs(Resolver *resolver, SqlQuery *query);
/* Do the first `parts` of the path name this source? */
bool resolver_is_called(const Resolver *resolver, const SqlSource *source, const SqlPath *path,
                        uint32_t parts);
/* The first source of the block that they name; or NULL. */
SqlSource *resolver_source_called(const Resolver *resolver, const SqlBlock *block,
                                  const SqlPath *path, uint32_t parts);
/* The one that stands before `.*`, here or further out; or NULL. */
SqlSource *resolver_star_source(const Resolver *resolver, const SqlItem *item);
/* Has it certainly no such column, although not all are known? */
bool resolver_lacks(const Resolver *resolver, const SqlSource *source, const SqlPart *part);

/* ---- joins by name (resolve_using.c) ---- */

/* Finds out whose columns the USING of a source joins. In the order of the sources. */
/* NATURAL JOIN of sides of which it is known what both have: these names become `using`. */
void resolver_natural(Resolver *resolver, const SqlBlock *block, guint index);
void resolver_using(Resolver *resolver, const SqlBlock *block, guint index);
/* The first USING of the block that joins by this name; or NULL. */
const SqlRef *resolver_using_of(const Resolver *resolver, const SqlBlock *block,
                                const SqlPart *part);
