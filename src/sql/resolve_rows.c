/*
 * resolve_rows.c - rows of a statement's table under another name: excluded.x of an upsert, inserted.x of OUTPUT, NEW.x of a
 * trigger, and their stars.
 */
#include "sql/resolve.h"

#include <string.h>

static bool
bind_row_of(SqlRef *ref, SqlSource *source, const char *row)
{
    if (source == NULL || ref->path.count < 2 ||
        g_ascii_strcasecmp(ref->path.parts[0].text, row) != 0)
        return false;
    ref->binding = BINDING_COLUMN;
    ref->source = source;
    ref->column = 1;
    return true;
}

/* Is it what the statement calls one of the rows? */
static bool
is_named_row(const Sql *sql, const SqlStatement *statement, const SqlPart *part)
{
    for (size_t i = 0; i < G_N_ELEMENTS(statement->row_names); i++) {
        uint32_t name = statement->row_names[i];
        const Token *token = &g_array_index(sql->tokens, Token, name);
        size_t bytes = token->end - token->begin;
        if (name > 0 && strlen(part->text) == bytes &&
            g_ascii_strncasecmp(part->text, sql->list->text + token->begin, bytes) == 0)
            return true;
    }
    return false;
}

/* n.x in the condition of what makes a trigger, REFERENCING NEW AS n … WHEN (n.x > 1), and in RETURNING WITH (NEW AS n) n.x. */
bool
resolver_named_row(const Resolver *resolver, SqlRef *ref)
{
    const SqlStatement *statement = ref->block->statement;
    const SqlSource *watched = statement != NULL ? statement->watched : NULL;
    bool is_maker = watched != NULL && watched->block->statement == statement,
         is_returned = statement != NULL && statement->names_returned && ref->block->is_returning;
    const SqlPart *row = &ref->path.parts[0];
    if ((!is_maker && !is_returned) || !is_named_row(resolver->sql, statement, row))
        return false;
    return bind_row_of(ref, is_returned ? statement->target : statement->watched, row->text);
}

/* excluded.x of an upsert, inserted.x of OUTPUT, NEW.x of a trigger: a table's row under another name. */
bool
resolver_target_row(SqlRef *ref)
{
    const SqlStatement *statement = ref->block->statement;
    if (statement == NULL)
        return false;
    SqlSource *target = statement->target,
              *watched = statement->watched != NULL ? statement->watched
                         : ref->block->is_returning ? target /* RETURNING old.a, new.a */
                                                    : NULL;
    return (statement->row != NULL && bind_row_of(ref, target, statement->row->text)) ||
           bind_row_of(ref, target, "excluded") || bind_row_of(ref, target, "inserted") ||
           bind_row_of(ref, target, "deleted") || bind_row_of(ref, watched, "new") ||
           bind_row_of(ref, watched, "old");
}

/* OUTPUT inserted.x of T-SQL: the target's, also in a trigger, where a source may be called so. */
bool
resolver_output_row(const Resolver *resolver, SqlRef *ref)
{
    SqlSource *target = ref->block->statement != NULL ? ref->block->statement->target : NULL;
    return ref->block->is_returning && ref->in != NULL && resolver->sql->dialect->has_alias_first &&
           (bind_row_of(ref, target, "inserted") || bind_row_of(ref, target, "deleted"));
}

/* OUTPUT deleted.*, RETURNING new.*: the target's row under another name. */
static SqlSource *
row_of_target(const Sql *sql, const SqlItem *item)
{
    static const char *const rows[] = {"inserted", "deleted", "new", "old"};
    SqlStatement *statement = item->block->statement;
    if (statement != NULL && statement->names_returned && item->star_path.count == 1 &&
        is_named_row(sql, statement, &item->star_path.parts[0]))
        return statement->target;
    for (size_t i = 0; item->star_path.count == 1 && i < G_N_ELEMENTS(rows); i++)
        if (g_ascii_strcasecmp(item->star_path.parts[0].text, rows[i]) == 0)
            return statement != NULL ? statement->target : NULL;
    return NULL;
}

/* SELECT u.*, RETURNING u.*: in all branches of a set operation, of which only the first one gives it its names. */
void
resolver_stars(const Resolver *resolver, const SqlBlock *block)
{
    for (guint i = 0; i < block->items->len; i++) {
        SqlItem *item = g_ptr_array_index(block->items, i);
        SqlSource *row =
            item->is_star && block->is_returning ? row_of_target(resolver->sql, item) : NULL;
        if (item->is_star && item->star_path.count > 0)
            item->star_of = resolver_star_source(resolver, item);
        if (row != NULL && (item->star_of == NULL || item->star_of->rows_of != NULL))
            item->star_of = row;
    }
}
