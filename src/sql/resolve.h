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
    guint starred;         /* columns that came of stars so far, in all lists */
} Resolver;

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
void resolver_using(Resolver *resolver, const SqlBlock *block, guint index);
/* The first USING of the block that joins by this name; or NULL. */
const SqlRef *resolver_using_of(const Resolver *resolver, const SqlBlock *block,
                                const SqlPart *part);
