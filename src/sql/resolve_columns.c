/*
 * resolve_columns.c - what columns a source has, and what comes out of a query.
 *
 * Through WITH, subqueries and stars, as far as the columns of tables are known.
 */
#include "sql/resolve.h"

#include "sql/outputs.h"

#include <string.h>

bool
resolver_is_column(const Resolver *resolver, const SqlPart *part, const char *known)
{
    return known != NULL && sql_same_column(resolver->sql->dialect, part->text, part->quote, known);
}

bool
resolver_has_name(const Resolver *resolver, const ArenaList *names, const SqlPart *part)
{
    for (guint i = 0; names != NULL && i < names->len; i++)
        if (resolver_is_column(resolver, part, g_ptr_array_index(names, i)))
            return true;
    return false;
}

/* ---- columns ---- */

static ArenaList *
list_new(const Resolver *resolver)
{
    return arena_list_new(resolver->sql->arena);
}

static void
list_add(const Resolver *resolver, ArenaList *list, const char *name)
{
    arena_list_add(resolver->sql->arena, list, (void *) name);
}

static ArenaList *
names_of_parts(const Resolver *resolver, const ArenaList *parts)
{
    ArenaList *names = list_new(resolver);
    for (guint i = 0; parts != NULL && i < parts->len; i++)
        list_add(resolver, names, ((const SqlPart *) g_ptr_array_index(parts, i))->text);
    return names;
}

/* The first names are replaced by those of a column list: `t (a, b)`. */
static void
rename_by_list(const Resolver *resolver, ArenaList *names, const ArenaList *parts)
{
    for (guint i = 0; parts != NULL && i < parts->len; i++) {
        char *name = ((const SqlPart *) g_ptr_array_index(parts, i))->text;
        if (i < names->len)
            names->pdata[i] = name;
        else
            list_add(resolver, names, name);
    }
}

/* FROM dual: one row, and a column that nobody asks for. What is selected from it comes from outside. */
static const char *const *
columns_of_dual(const SqlSource *source)
{
    static const char *const columns[] = {"dummy", NULL};
    const SqlPart *name =
        source->path.count > 0 ? &source->path.parts[source->path.count - 1] : NULL;
    bool is_dual = name != NULL && (g_ascii_strcasecmp(name->text, "dual") == 0 ||
                                    g_ascii_strcasecmp(name->text, "sysdummy1") == 0);
    return is_dual ? columns : NULL;
}

/* ---- tables that the text itself makes ---- */

static bool
creates(const Resolver *resolver, const SqlStatement *statement, const char *what)
{
    const Sql *sql = resolver->sql;
    for (uint32_t i = statement->first; i < statement->created.parts[0].token; i++) {
        const Token *token = &g_array_index(sql->tokens, Token, i);
        if (token->end - token->begin == strlen(what) &&
            g_ascii_strncasecmp(sql->list->text + token->begin, what, strlen(what)) == 0)
            return true;
    }
    return false;
}

/* Columns of a view or table that is made before it is read. A table that may be there already, or gets more columns than
 * its query has, may have more. */
static const ArenaList *
made_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open)
{
    const SqlStatement *maker = resolver_maker_of(resolver, source);
    if (maker == NULL || maker->query == NULL)
        return NULL;
    if (maker->has_columns) {
        *ret_is_open = !creates(resolver, maker, "VIEW");
        return names_of_parts(resolver, maker->columns);
    }
    resolver_outputs(resolver, maker->query);
    if (maker->query->names == NULL || maker->query->is_busy)
        return NULL;
    *ret_is_open = maker->query->is_open || creates(resolver, maker, "EXISTS");
    return maker->query->names;
}

static const ArenaList *
table_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open)
{
    *ret_is_open = true;
    const char *const *known =
        resolver->columns != NULL ? resolver->columns(source, ret_is_open, resolver->data) : NULL;
    if (known == NULL) {
        known = columns_of_dual(source);
        *ret_is_open = known == NULL;
    }
    if (source->columns != NULL && known == NULL)
        return names_of_parts(resolver, source->columns);
    const ArenaList *made = known == NULL ? made_columns(resolver, source, ret_is_open) : NULL;
    if (made != NULL)
        return made;
    ArenaList *names = list_new(resolver);
    for (; known != NULL && *known != NULL; known++)
        list_add(resolver, names, *known);
    rename_by_list(resolver, names, source->columns);
    return names;
}

/* Of a subquery or a table of WITH. While that is looked at, its names become more: then they are copied. */
static const ArenaList *
query_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open)
{
    resolver_outputs(resolver, source->query);
    const ArenaList *listed = source->common != NULL ? source->common->columns : NULL;
    *ret_is_open = source->query->is_open || source->query->names == NULL;
    if (source->query->names != NULL && !source->query->is_busy && listed == NULL &&
        source->columns == NULL)
        return source->query->names;
    ArenaList *names = arena_list_copy(resolver->sql->arena, source->query->names);
    rename_by_list(resolver, names, listed);
    rename_by_list(resolver, names, source->columns);
    return names;
}

/* What functions in FROM give that people write most: their names are in sight beside those of tables. */
static const struct {
    const char *dialect, *function, *columns[9];
} functions[] = {
    {"sqlite", "json_each", {"key", "value", "type", "atom", "id", "parent", "fullkey", "path"}},
    {"sqlite", "json_tree", {"key", "value", "type", "atom", "id", "parent", "fullkey", "path"}},
    {"postgres", "json_each", {"key", "value"}},
    {"postgres", "jsonb_each", {"key", "value"}},
    {"postgres", "json_each_text", {"key", "value"}},
    {"postgres", "jsonb_each_text", {"key", "value"}},
    {"tsql", "openjson", {"key", "value", "type"}},
    {"tsql", "string_split", {"value", "ordinal"}},
};

static void
add_columns_of_function(const Resolver *resolver, const SqlSource *source, ArenaList *names)
{
    if (source->kind != SOURCE_ARRAY || source->path.count != 1 || source->columns != NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++)
        if (g_ascii_strcasecmp(source->path.parts[0].text, functions[i].function) == 0 &&
            strcmp(resolver->sql->dialect->name, functions[i].dialect) == 0)
            for (size_t c = 0; functions[i].columns[c] != NULL; c++)
                list_add(resolver, names, functions[i].columns[c]);
}

/* The fields of an array's elements that are known. Whose array it is must be known before its turn, and is asked once. */
static void
add_fields_of_elements(Resolver *resolver, const SqlSource *source, ArenaList *names)
{
    SqlSource *asked = (SqlSource *) source;
    bool is_open = true;
    if (source->array == NULL || source->columns != NULL || source->is_array_asked ||
        resolver->columns == NULL)
        return;
    asked->is_array_asked = true;
    if (source->array->binding == BINDING_NONE)
        resolver_ref(resolver, source->array);
    const char *const *fields = resolver->columns(source, &is_open, resolver->data);
    for (; fields != NULL && *fields != NULL; fields++)
        list_add(resolver, names, *fields);
}

static const ArenaList *
other_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open)
{
    ArenaList *names = names_of_parts(resolver, source->columns);
    *ret_is_open = source->columns == NULL;
    add_fields_of_elements(resolver, source, names);
    add_columns_of_function(resolver, source, names);
    if (source->kind == SOURCE_ARRAY && source->alias != NULL &&
        resolver->sql->dialect->has_value_tables)
        list_add(resolver, names, source->alias->text);
    return names;
}

/* What PIVOT and the like let through, and what they make. */
static const ArenaList *
reshaped_columns(const Resolver *resolver, const SqlSource *source, const ArenaList *columns,
                 bool *ret_is_open)
{
    const SqlReshape *reshape = source->reshape;
    ArenaList *names = list_new(resolver);
    for (guint i = 0; i < columns->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(columns, i)};
        if (part.text != NULL && sql_reshape_passes(resolver->sql->dialect, reshape, &part))
            list_add(resolver, names, part.text);
    }
    for (guint i = 0; i < reshape->made->len; i++)
        list_add(resolver, names, g_ptr_array_index(reshape->made, i));
    *ret_is_open |= reshape->is_open;
    return names;
}

static const ArenaList *
look_up_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open)
{
    *ret_is_open = true;
    if (source->is_unread)
        return list_new(resolver);
    if (source->reshape != NULL)
        return reshaped_columns(resolver, source, table_columns(resolver, source, ret_is_open),
                                ret_is_open);
    if (source->query != NULL)
        return query_columns(resolver, source, ret_is_open);
    return source->kind == SOURCE_TABLE ? table_columns(resolver, source, ret_is_open)
                                        : other_columns(resolver, source, ret_is_open);
}

/* Every name of a text may ask for the columns of all that it could be of: they are written down the first time. */
const ArenaList *
resolver_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open)
{
    SqlSource *notes = (SqlSource *) source;
    if (source->known == NULL) {
        const ArenaList *names = look_up_columns(resolver, source, ret_is_open);
        if (source->query != NULL && source->query->is_busy)
            return names;
        notes->known = names;
        notes->known_is_open = *ret_is_open;
    }
    *ret_is_open = source->known_is_open;
    return source->known;
}

const ArenaList *
sql_source_columns(Sql *sql, const SqlSource *source, bool *ret_is_open)
{
    Resolver *resolver = sql->resolver;
    return resolver_columns(resolver, source, ret_is_open);
}

/* ---- outputs ---- */

static bool
is_left_out(const Resolver *resolver, const SqlItem *star, const char *name)
{
    for (guint i = 0; star->except != NULL && i < star->except->len; i++)
        if (resolver_is_column(resolver, g_ptr_array_index(star->except, i), name))
            return true;
    return false;
}

/* RENAME (old AS new) */
static const char *
name_behind_star(const Resolver *resolver, const SqlItem *star, const char *name)
{
    for (guint i = 0; star->replace != NULL && i < star->replace->len; i++) {
        const SqlReplacement *one = g_ptr_array_index(star->replace, i);
        if (one->is_rename && one->plain != NULL &&
            resolver_is_column(resolver, &one->plain->path.parts[one->plain->path.count - 1], name))
            return one->name->text;
    }
    return name;
}

/* Each star of a star may double them: SELECT a.*, b.* FROM x a JOIN x b */
#define STAR_COLUMNS_MAX 20000       /* of one list: no store has wider tables */
#define STAR_COLUMNS_ALL_MAX 2000000 /* of a text: hundreds of such lists */

static void
add_star(Resolver *resolver, SqlQuery *query, const SqlItem *item, const SqlSource *source)
{
    bool is_open = true;
    const ArenaList *columns = resolver_columns(resolver, source, &is_open);
    guint room = MIN(STAR_COLUMNS_MAX - MIN(query->names->len, STAR_COLUMNS_MAX),
                     STAR_COLUMNS_ALL_MAX - resolver->starred);
    guint count = MIN(columns->len, room); /* behind them it is not known which there are */
    is_open = is_open || count < columns->len;
    resolver->starred += count;
    for (guint i = 0; i < count; i++)
        if (!is_left_out(resolver, item, g_ptr_array_index(columns, i)))
            list_add(resolver, query->names,
                     name_behind_star(resolver, item, g_ptr_array_index(columns, i)));
    query->is_open = query->is_open || is_open;
}

SqlSource *
resolver_star_source(const Resolver *resolver, const SqlItem *item)
{
    for (const SqlBlock *block = item->block; block != NULL; block = block->parent) {
        SqlSource *source =
            resolver_source_called(resolver, block, &item->star_path, item->star_path.count);
        if (source != NULL)
            return source;
    }
    return NULL;
}

static void
block_outputs(Resolver *resolver, SqlQuery *query, const SqlBlock *block)
{
    query->is_open = block->is_values || sql_block_may_give_more(resolver->sql, block);
    for (guint i = 0; i < block->items->len; i++) {
        SqlItem *item = g_ptr_array_index(block->items, i);
        if (!item->is_star) {
            list_add(resolver, query->names, item->name);
            query->is_open = query->is_open || item->is_macro;
            continue;
        }
        if (item->star_path.count > 0 && item->star_of == NULL)
            query->is_open = true; /* a struct's fields */
        else if (item->star_of != NULL)
            add_star(resolver, query, item, item->star_of);
        for (guint s = 0; item->star_path.count == 0 && s < block->sources->len; s++)
            if (!((const SqlSource *) g_ptr_array_index(block->sources, s))->is_semi)
                add_star(resolver, query, item, g_ptr_array_index(block->sources, s));
    }
}

/* Set operations are named by their first branch. */
void
resolver_outputs(Resolver *resolver, SqlQuery *query)
{
    if (query->names != NULL || query->is_busy)
        return;
    query->is_busy = true;
    ArenaList *names = list_new(resolver);
    const SqlBranch *first =
        query->branches->len > 0 ? g_ptr_array_index(query->branches, 0) : NULL;
    query->names = names;
    if (first == NULL || query->has_pipes) {
        query->is_open = true;
    } else if (first->block != NULL) {
        block_outputs(resolver, query, first->block);
    } else {
        resolver_outputs(resolver, first->query);
        query->is_open = first->query->is_open;
        for (guint i = 0; first->query->names != NULL && i < first->query->names->len; i++)
            list_add(resolver, names, g_ptr_array_index(first->query->names, i));
    }
    query->is_busy = false;
}

/* ---- qualified names ---- */

/* Does the table's path end with these parts? */
static bool
path_ends_with(const Resolver *resolver, const SqlPath *table, const SqlPath *path, uint32_t parts)
{
    if (parts > table->count)
        return false;
    for (uint32_t i = 0; i < parts; i++) {
        const SqlPart *mine = &table->parts[table->count - parts + i], *theirs = &path->parts[i];
        if (!sql_same_table(resolver->sql->dialect, theirs->text, theirs->quote, mine->text) &&
            !sql_same_table(resolver->sql->dialect, mine->text, mine->quote, theirs->text))
            return false;
    }
    return true;
}

bool
resolver_is_called(const Resolver *resolver, const SqlSource *source, const SqlPath *path,
                   uint32_t parts)
{
    return source->alias != NULL
               ? parts == 1 && resolver_is_column(resolver, &path->parts[0], source->alias->text)
               : source->path.count > 0 && path_ends_with(resolver, &source->path, path, parts);
}

SqlSource *
resolver_source_called(const Resolver *resolver, const SqlBlock *block, const SqlPath *path,
                       uint32_t parts)
{
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        if (resolver_is_called(resolver, source, path, parts))
            return source;
    }
    return NULL;
}

#define LACKING_MAX 32 /* tables and queries below a star; people stack a dozen */

static bool lacks(const Resolver *resolver, const SqlSource *source, const SqlPart *part,
                  guint *looked);

/* Do all stars of the list stand for what lacks it? What else is there has names, of which it is none. */
static bool
stars_lack(const Resolver *resolver, const SqlBlock *block, const SqlPart *part, guint *looked)
{
    if (block->is_values || sql_block_may_give_more(resolver->sql, block))
        return false;
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_macro || (item->is_star && item->star_path.count > 0 && item->star_of == NULL))
            return false;
        for (guint s = 0; item->is_star && s < block->sources->len; s++) {
            const SqlSource *source = g_ptr_array_index(block->sources, s);
            bool is_meant = item->star_path.count == 0 ? !source->is_semi : item->star_of == source;
            if (is_meant && !lacks(resolver, source, part, looked))
                return false;
        }
    }
    return true;
}

static bool
lacks(const Resolver *resolver, const SqlSource *source, const SqlPart *part, guint *looked)
{
    if (resolver->lacks == NULL || source->columns != NULL || source->reshape != NULL ||
        (*looked)++ > LACKING_MAX)
        return false;
    if (source->kind == SOURCE_TABLE && source->query == NULL)
        return resolver->lacks(source, part, resolver->data);
    const SqlQuery *query = source->common != NULL ? source->common->query : source->query;
    if (query == NULL || query->is_busy || query->names == NULL || query->has_pipes ||
        query->branches->len == 0 || (source->common != NULL && source->common->columns != NULL) ||
        resolver_has_name(resolver, query->names, part))
        return false;
    const SqlBranch *first = g_ptr_array_index(query->branches, 0);
    return first->block != NULL && stars_lack(resolver, first->block, part, looked);
}

/* (VALUES (1, 2)) AS t (a): what the list does not name has a name with a number, in every dialect. */
static bool
values_lack(const SqlSource *source, const SqlPart *part)
{
    const SqlQuery *query = source->common != NULL ? source->common->query : source->query;
    const SqlBranch *first =
        query != NULL && query->branches->len > 0 ? g_ptr_array_index(query->branches, 0) : NULL;
    size_t bytes = strlen(part->text);
    return first != NULL && first->block != NULL && first->block->is_values &&
           source->reshape == NULL && bytes > 0 && !g_ascii_isdigit(part->text[bytes - 1]);
}

bool
resolver_lacks(const Resolver *resolver, const SqlSource *source, const SqlPart *part)
{
    guint looked = 0;
    return values_lack(source, part) || lacks(resolver, source, part, &looked);
}
