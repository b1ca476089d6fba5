/*
 * resolve_named.c - items of a block, and statements that make tables, by their names.
 *
 * A text may have thousands of both, and as many names that ask for them: each is looked for among those of the same hash.
 */
#include "sql/resolve.h"

/* ---- items ---- */

static void
chain_items(Sql *sql, SqlBlock *block)
{
    block->chain_count = MAX(1, block->items->len);
    block->chains = arena_alloc(sql->arena, block->chain_count * sizeof(SqlItem *));
    for (guint i = block->items->len; i-- > 0;) {
        SqlItem *item = g_ptr_array_index(block->items, i);
        item->number = i + 1;
        if (item->name == NULL)
            continue;
        SqlItem **chain = &block->chains[sql_name_hash(item->name) % block->chain_count];
        item->next = *chain;
        *chain = item;
    }
}

SqlItem *
sql_items_like(Sql *sql, SqlBlock *block, const char *name)
{
    if (block->chain_count == 0)
        chain_items(sql, block);
    return block->chains[sql_name_hash(name) % block->chain_count];
}

SqlItem *
resolver_item_called(const Resolver *resolver, const SqlBlock *block, const SqlRef *ref,
                     bool only_aliases)
{
    const SqlPart *part = &ref->path.parts[0];
    SqlItem *item = sql_items_like(resolver->sql, (SqlBlock *) block, part->text);
    /* that in which it stands, and later ones, are not seen */
    bool is_inside = ref->in != NULL && ref->in->block == block && ref->in->number > 0;
    bool sees_all = only_aliases && resolver->sql->dialect->has_hiding_aliases;
    for (; item != NULL; item = item->next) {
        if (is_inside && item->number >= ref->in->number && !(sees_all && item != ref->in))
            continue;
        if ((!only_aliases || item->alias != NULL) &&
            resolver_is_column(resolver, part, item->name))
            return item;
    }
    return NULL;
}

/* ---- what the text itself makes ---- */

static SqlStatement **
chain_of_makers(const Resolver *resolver, const SqlPath *path)
{
    const SqlPart *last = &path->parts[path->count - 1];
    return &resolver->makers[sql_name_hash(last->text) % resolver->maker_count];
}

static void
chain_makers(Resolver *resolver)
{
    const ArenaList *statements = resolver->sql->statements;
    resolver->maker_count = MAX(1, statements->len);
    resolver->makers =
        arena_alloc(resolver->sql->arena, resolver->maker_count * sizeof(SqlStatement *));
    for (guint i = 0; i < statements->len; i++) {
        SqlStatement *statement = g_ptr_array_index(statements, i);
        if (statement->kind != STATEMENT_CREATE || statement->created.count == 0)
            continue;
        SqlStatement **chain = chain_of_makers(resolver, &statement->created);
        statement->next = *chain;
        *chain = statement;
    }
}

static bool
is_made_by(const Resolver *resolver, const SqlStatement *statement, const SqlPath *path)
{
    const SqlPath *made = &statement->created;
    if (made->count != path->count)
        return false;
    for (uint32_t i = 0; i < made->count; i++)
        if (!sql_same_table(resolver->sql->dialect, path->parts[i].text, path->parts[i].quote,
                            made->parts[i].text))
            return false;
    return true;
}

const SqlStatement *
resolver_maker_of(Resolver *resolver, const SqlSource *source)
{
    const SqlStatement *maker = NULL;
    if (source->path.count == 0)
        return NULL;
    if (resolver->maker_count == 0)
        chain_makers(resolver);
    const SqlStatement *statement = *chain_of_makers(resolver, &source->path);
    for (; statement != NULL; statement = statement->next) {
        if (!is_made_by(resolver, statement, &source->path))
            continue;
        if (maker != NULL || statement->last >= source->first)
            return NULL;
        maker = statement;
    }
    return maker;
}
