/*
 * resolve.c - what every name means.
 *
 * Inner scopes come first, as in every dialect; what a source is known to have comes before what it may have. A query
 * that runs today has no ambiguous names: so a name that one source of a block certainly has is that source's, even
 * when the columns of its neighbours are not known. A name that only sources with unknown columns can have is theirs when
 * there is exactly one of them in sight, and undecided otherwise.
 */
#include "base/text.h"
#include "sql/outputs.h"
#include "sql/sql.h"

#include <string.h>

typedef struct {
    Sql *sql;
    SqlColumnsFn *columns;
    SqlLacksFn *lacks;
    void *data;
} Resolver;

/* ---- names ---- */

_Thread_local uint64_t sql_names_compared;

static bool
same(const Dialect *dialect, CaseRule rule, const char *name, char quote, const char *known)
{
    sql_names_compared++;
    if (rule == CASE_KEPT)
        return strcmp(name, known) == 0;
    if (quote == '\0' || !dialect->quotes_keep_case || rule == CASE_IGNORED)
        return text_same_folded(name, known);
    if (strcmp(name, known) == 0)
        return true;
    /* "USER_ID" in quotes is what user_id means where names are folded upwards */
    g_autofree char *folded =
        rule == CASE_UPPER ? g_ascii_strup(known, -1) : g_ascii_strdown(known, -1);
    return strcmp(name, folded) == 0;
}

bool
sql_same_column(const Dialect *dialect, const char *name, char quote, const char *known)
{
    return same(dialect, dialect->column_case, name, quote, known);
}

bool
sql_is_plain_column(const Dialect *dialect, const char *name)
{
    g_autofree char *folded = dialect->column_case == CASE_UPPER   ? g_ascii_strup(name, -1)
                              : dialect->column_case == CASE_LOWER ? g_ascii_strdown(name, -1)
                                                                   : g_strdup(name);
    return strcmp(folded, name) == 0;
}

bool
sql_same_table(const Dialect *dialect, const char *name, char quote, const char *known)
{
    return same(dialect, dialect->table_case, name, quote, known);
}

guint
sql_name_hash(const char *name)
{
    guint hash = 2166136261U;
    for (; *name != '\0'; name++)
        hash = (hash ^ (guchar) (*name | 0x20)) * 16777619U; /* as a small letter */
    return hash ^ hash >> 15;
}

static bool
is_column(const Resolver *resolver, const SqlPart *part, const char *known)
{
    return known != NULL && sql_same_column(resolver->sql->dialect, part->text, part->quote, known);
}

static bool
has_name(const Resolver *resolver, const ArenaList *names, const SqlPart *part)
{
    for (guint i = 0; names != NULL && i < names->len; i++)
        if (is_column(resolver, part, g_ptr_array_index(names, i)))
            return true;
    return false;
}

/* ---- columns ---- */

static void query_outputs(Resolver *resolver, SqlQuery *query);

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
    if (source->columns != NULL)
        return names_of_parts(resolver, source->columns);
    ArenaList *names = list_new(resolver);
    for (; known != NULL && *known != NULL; known++)
        list_add(resolver, names, *known);
    return names;
}

/* Of a subquery or a table of WITH. While that is looked at, its names become more: then they are copied. */
static const ArenaList *
query_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open)
{
    query_outputs(resolver, source->query);
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

static const ArenaList *
other_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open)
{
    ArenaList *names = names_of_parts(resolver, source->columns);
    *ret_is_open = source->columns == NULL;
    if (source->kind == SOURCE_ARRAY && source->alias != NULL &&
        resolver->sql->dialect->has_value_tables)
        list_add(resolver, names, source->alias->text);
    return names;
}

static const ArenaList *
look_up_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open)
{
    *ret_is_open = true;
    if (source->is_unread)
        return list_new(resolver);
    if (source->query != NULL)
        return query_columns(resolver, source, ret_is_open);
    return source->kind == SOURCE_TABLE ? table_columns(resolver, source, ret_is_open)
                                        : other_columns(resolver, source, ret_is_open);
}

/* Every name of a text may ask for the columns of all that it could be of: they are written down the first time. */
static const ArenaList *
source_columns(Resolver *resolver, const SqlSource *source, bool *ret_is_open)
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
    return source_columns(resolver, source, ret_is_open);
}

/* ---- outputs ---- */

static bool
is_left_out(const Resolver *resolver, const SqlItem *star, const char *name)
{
    for (guint i = 0; star->except != NULL && i < star->except->len; i++)
        if (is_column(resolver, g_ptr_array_index(star->except, i), name))
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
            is_column(resolver, &one->plain->path.parts[one->plain->path.count - 1], name))
            return one->name->text;
    }
    return name;
}

static void
add_star(Resolver *resolver, SqlQuery *query, const SqlItem *item, const SqlSource *source)
{
    bool is_open = true;
    const ArenaList *columns = source_columns(resolver, source, &is_open);
    for (guint i = 0; i < columns->len; i++)
        if (!is_left_out(resolver, item, g_ptr_array_index(columns, i)))
            list_add(resolver, query->names,
                     name_behind_star(resolver, item, g_ptr_array_index(columns, i)));
    query->is_open = query->is_open || is_open;
}

static SqlSource *source_called(const Resolver *resolver, const SqlBlock *block,
                                const SqlPath *path, uint32_t parts);

static SqlSource *
star_source(const Resolver *resolver, const SqlItem *item)
{
    for (const SqlBlock *block = item->block; block != NULL; block = block->parent) {
        SqlSource *source = source_called(resolver, block, &item->star_path, item->star_path.count);
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
        item->star_of = item->star_path.count > 0 ? star_source(resolver, item) : NULL;
        if (item->star_path.count > 0 && item->star_of == NULL)
            query->is_open = true; /* a struct's fields */
        else if (item->star_of != NULL)
            add_star(resolver, query, item, item->star_of);
        for (guint s = 0; item->star_path.count == 0 && s < block->sources->len; s++)
            add_star(resolver, query, item, g_ptr_array_index(block->sources, s));
    }
}

/* Set operations are named by their first branch. */
static void
query_outputs(Resolver *resolver, SqlQuery *query)
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
        query_outputs(resolver, first->query);
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

static SqlSource *
source_called(const Resolver *resolver, const SqlBlock *block, const SqlPath *path, uint32_t parts)
{
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        if (source->alias != NULL
                ? parts == 1 && is_column(resolver, &path->parts[0], source->alias->text)
                : source->path.count > 0 && path_ends_with(resolver, &source->path, path, parts))
            return source;
    }
    return NULL;
}

static bool
bind_qualified(const Resolver *resolver, SqlRef *ref)
{
    for (const SqlBlock *block = ref->block; block != NULL; block = block->parent)
        for (uint32_t parts = ref->path.count - 1; parts > 0; parts--) {
            SqlSource *source = source_called(resolver, block, &ref->path, parts);
            if (source == NULL)
                continue;
            ref->binding = BINDING_COLUMN;
            ref->source = source;
            ref->column = parts;
            return true;
        }
    return false;
}

/* ---- names alone ---- */

/* excluded.x of an upsert, inserted.x of OUTPUT, NEW.x of a trigger: the target's row under another name. */
static bool
bind_target_row(SqlRef *ref)
{
    static const char *const rows[] = {"excluded", "inserted", "deleted", "new", "old"};
    SqlSource *target = ref->block->statement != NULL ? ref->block->statement->target : NULL;
    const SqlPart *row = target != NULL ? ref->block->statement->row : NULL;
    if (row != NULL && ref->path.count > 1 &&
        g_ascii_strcasecmp(ref->path.parts[0].text, row->text) == 0) {
        ref->binding = BINDING_COLUMN;
        ref->source = target;
        ref->column = 1;
        return true;
    }
    bool is_trigger = target != NULL && target->shape == SHAPE_WATCHED;
    size_t count = is_trigger ? G_N_ELEMENTS(rows) : G_N_ELEMENTS(rows) - 2;
    for (size_t i = 0; ref->path.count > 1 && target != NULL && i < count; i++)
        if (g_ascii_strcasecmp(ref->path.parts[0].text, rows[i]) == 0) {
            ref->binding = BINDING_COLUMN;
            ref->source = target;
            ref->column = 1;
            return true;
        }
    return false;
}

static bool
bind_output(const Resolver *resolver, SqlRef *ref, const SqlBlock *block, bool only_aliases)
{
    for (guint i = 0; ref->path.count == 1 && i < block->items->len; i++) {
        SqlItem *item = g_ptr_array_index(block->items, i);
        if (item == ref->in)
            break; /* later ones are not seen */
        if ((only_aliases && item->alias == NULL) ||
            !is_column(resolver, &ref->path.parts[0], item->name))
            continue;
        ref->binding = BINDING_OUTPUT;
        ref->item = item;
        return true;
    }
    return false;
}

/* ORDER BY behind a set operation sees the outputs of its first branch. */
static const SqlBlock *
first_block(const SqlQuery *query)
{
    while (query != NULL && query->branches->len > 0) {
        const SqlBranch *first = g_ptr_array_index(query->branches, 0);
        if (first->block != NULL)
            return first->block;
        query = first->query;
    }
    return NULL;
}

typedef struct {
    SqlSource *certain, *second; /* that have it */
    SqlSource *maybe;            /* whose columns are not all known */
    int certain_count, maybe_count;
} Found;

static bool
certainly_lacks(const Resolver *resolver, const SqlSource *source, const SqlPart *part)
{
    return source->kind == SOURCE_TABLE && resolver->lacks != NULL &&
           resolver->lacks(source, part, resolver->data);
}

/* In FROM only what stands before it is seen: UNNEST(items) does not look into itself. */
static bool
is_seen(const SqlRef *ref, const SqlSource *source)
{
    if (source->is_twin || (ref->clause == CLAUSE_ROW && source->is_target))
        return false;
    return ref->clause != CLAUSE_FROM || ref->block != source->block ||
           source->last < ref->path.parts[0].token;
}

static Found
look_in(Resolver *resolver, const SqlBlock *block, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    Found found = {0};
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        bool is_open = false;
        if (!is_seen(ref, source))
            continue;
        const ArenaList *names = source_columns(resolver, source, &is_open);
        if (has_name(resolver, names, part)) {
            if (found.certain_count++ == 0)
                found.certain = source;
            else
                found.second = source;
        } else if (is_open && !certainly_lacks(resolver, source, part)) {
            found.maybe_count++;
            found.maybe = source;
        }
    }
    return found;
}

/* ---- USING ---- */

static SqlRef *
using_ref(const Resolver *resolver, const SqlSource *source, const SqlPart *part)
{
    for (guint i = 0; source->using != NULL && i < source->using->len; i++) {
        SqlRef *ref = g_ptr_array_index(source->using, i);
        if (is_column(resolver, part, ref->path.parts[0].text))
            return ref;
    }
    return NULL;
}

/* Whose column a name joined by USING is before the source at `index`: of the first of those that are joined by it, or of
 * the only one that can have it. NULL when that is not known. */
static SqlSource *
using_holder(Resolver *resolver, const SqlBlock *block, guint index, const SqlPart *part)
{
    SqlSource *certain = NULL, *maybe = NULL;
    int certain_count = 0, maybe_count = 0;
    for (guint i = index; i > 0; i--) {
        const SqlRef *before = using_ref(resolver, g_ptr_array_index(block->sources, i - 1), part);
        if (before != NULL)
            return before->also;
    }
    for (guint i = 0; i < index; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        bool is_open = false;
        const ArenaList *names = source_columns(resolver, source, &is_open);
        if (has_name(resolver, names, part)) {
            certain = source;
            certain_count++;
        } else if (is_open && !certainly_lacks(resolver, source, part)) {
            maybe = source;
            maybe_count++;
        }
    }
    if (certain_count > 0)
        return certain_count == 1 ? certain : NULL;
    return maybe_count == 1 ? maybe : NULL;
}

static void
resolve_using(Resolver *resolver, const SqlBlock *block, guint index)
{
    SqlSource *source = g_ptr_array_index(block->sources, index);
    for (guint i = 0; source->using != NULL && i < source->using->len; i++) {
        SqlRef *ref = g_ptr_array_index(source->using, i);
        ref->binding = BINDING_COLUMN;
        ref->source = source;
        ref->column = 0;
        ref->also = using_holder(resolver, block, index, &ref->path.parts[0]);
    }
}

/* The first USING of the block that joins by this name. */
static const SqlRef *
using_of(const Resolver *resolver, const SqlBlock *block, const SqlPart *part)
{
    const SqlRef *ref = NULL;
    for (guint i = 0; ref == NULL && i < block->sources->len; i++)
        ref = using_ref(resolver, g_ptr_array_index(block->sources, i), part);
    return ref;
}

/* Joined by a NATURAL join: both are the same column. */
static bool
is_natural(const SqlBlock *block)
{
    for (guint i = 0; i < block->sources->len; i++)
        if (((const SqlSource *) g_ptr_array_index(block->sources, i))->is_natural)
            return true;
    return false;
}

static void
bind_to(SqlRef *ref, SqlBinding binding, SqlSource *source)
{
    ref->binding = binding;
    ref->source = source;
    ref->column = 0;
}

/* Found for certain in this block: whose is it? */
static void
bind_found(const Resolver *resolver, SqlRef *ref, const SqlBlock *block, const Found *found)
{
    const SqlRef *using = using_of(resolver, block, &ref->path.parts[0]);
    bool is_merged = is_natural(block);
    if (found->certain_count > 1 && !is_merged) {
        bind_to(ref, BINDING_UNDECIDED, found->certain);
        ref->also = found->second;
        return;
    }
    bind_to(ref, BINDING_COLUMN, found->certain);
    ref->also = is_merged ? found->second != NULL ? found->second : found->maybe : NULL;
    if (using != NULL) /* joined with what is not known */
        ref->also = using->source != ref->source ? using->source : found->maybe;
}

/* Both sides have what they are joined by, and it is the value of the side before it. */
static bool
bind_joined(const Resolver *resolver, SqlRef *ref, const SqlBlock *block)
{
    const SqlRef *using =
        ref->clause != CLAUSE_FROM ? using_of(resolver, block, &ref->path.parts[0]) : NULL;
    if (using == NULL || using->also == NULL)
        return false;
    bind_to(ref, BINDING_COLUMN, using->also);
    ref->also = using->source;
    return true;
}

/* A source's alias, used as a value. */
static bool
bind_row(const Resolver *resolver, SqlRef *ref)
{
    for (const SqlBlock *block = ref->block; block != NULL; block = block->parent) {
        SqlSource *source = source_called(resolver, block, &ref->path, 1);
        if (source != NULL && ref->path.count == 1) {
            bind_to(ref, BINDING_ROW, source);
            return true;
        }
    }
    return false;
}

static bool
may_reuse_alias(const Resolver *resolver, SqlClause clause)
{
    return clause == CLAUSE_GROUP || clause == CLAUSE_HAVING || clause == CLAUSE_WINDOW ||
           clause == CLAUSE_ORDER ||
           (resolver->sql->dialect->has_alias_reuse &&
            (clause == CLAUSE_ITEM || clause == CLAUSE_WHERE));
}

/* SELECT u FROM users u: the row, where no column of that name is known. Tables do have columns of their own name. */
static bool
is_own_alias(const SqlRef *ref, const SqlSource *source)
{
    return source->alias != NULL && ref->path.count == 1 &&
           text_same_folded(source->alias->text, ref->path.parts[0].text) &&
           (source->path.count == 0 ||
            !text_same_folded(source->path.parts[source->path.count - 1].text,
                              source->alias->text));
}

/* x IN (SELECT id FROM others): nobody writes this to get the outer id for each row of others. Where others has no id,
 * it does so all the same; SqlRef.instead says whose it is then. */
static bool
is_item_of_one(const SqlRef *ref, const SqlBlock *block, const Found *found)
{
    return block == ref->block && ref->clause == CLAUSE_ITEM && ref->is_whole &&
           block->sources->len == 1 && found->maybe_count == 1 &&
           found->maybe->kind != SOURCE_ARRAY && !is_own_alias(ref, found->maybe);
}

static SqlSource *
holder_outside(Resolver *resolver, const SqlRef *ref)
{
    for (const SqlBlock *block = ref->block->parent; block != NULL; block = block->parent) {
        Found found = look_in(resolver, block, ref);
        if (found.certain_count > 0)
            return found.certain;
    }
    return NULL;
}

static void
bind_bare(Resolver *resolver, SqlRef *ref)
{
    SqlSource *maybe = NULL;
    int maybe_count = 0;
    for (SqlBlock *block = ref->block; block != NULL; block = block->parent) {
        if (maybe_count == 0 && bind_joined(resolver, ref, block))
            return;
        Found found = look_in(resolver, block, ref);
        if (found.certain_count > 0 && maybe_count == 0) {
            bind_found(resolver, ref, block, &found);
            return;
        }
        if (block == ref->block && may_reuse_alias(resolver, ref->clause) &&
            bind_output(resolver, ref, block, true))
            return;
        if (is_item_of_one(ref, block, &found)) {
            bind_to(ref, BINDING_COLUMN, found.maybe);
            ref->instead = holder_outside(resolver, ref);
            return;
        }
        if (found.certain_count > 0) { /* an inner source may have it, too */
            bind_to(ref, BINDING_UNDECIDED, found.certain);
            ref->also = maybe;
            return;
        }
        maybe = found.maybe_count > 0 && maybe == NULL ? found.maybe : maybe;
        maybe_count += found.maybe_count;
    }
    if (bind_row(resolver, ref))
        return;
    if (maybe_count > 0)
        bind_to(ref, maybe_count == 1 ? BINDING_COLUMN : BINDING_UNDECIDED, maybe);
}

/* dbo.f(…) is a function of a schema, unless a source has a column of that name. */
static void
bind_receiver(Resolver *resolver, SqlRef *ref)
{
    if (ref->path.count > 1 && bind_qualified(resolver, ref))
        return;
    for (const SqlBlock *block = ref->block; ref->path.count == 1 && block != NULL;
         block = block->parent) {
        Found found = look_in(resolver, block, ref);
        if (found.certain_count == 0)
            continue;
        bind_found(resolver, ref, block, &found);
        return;
    }
}

static void
resolve_ref(Resolver *resolver, SqlRef *ref)
{
    if (ref->binding == BINDING_LOCAL)
        return;
    if (ref->is_receiver) {
        bind_receiver(resolver, ref);
        return;
    }
    const SqlBlock *outputs = ref->block;
    if (ref->block->query != NULL && ref->block->query->tail == ref->block)
        outputs = first_block(ref->block->query);
    bool sees_outputs =
        (ref->clause == CLAUSE_ORDER && ref->is_whole) ||
        (ref->clause == CLAUSE_HAVING && resolver->sql->dialect->has_having_outputs);
    bool hides_columns =
        ref->clause == CLAUSE_GROUP && ref->is_whole && resolver->sql->dialect->has_group_outputs;
    if (hides_columns && bind_output(resolver, ref, ref->block, true))
        return;
    if (sees_outputs && outputs != NULL && bind_output(resolver, ref, outputs, false))
        return;
    if (ref->path.count > 1 && (bind_qualified(resolver, ref) || bind_target_row(ref)))
        return;
    bind_bare(resolver, ref);
}

/* ---- the whole ---- */

/* An assigned or inserted column is the target's, whatever else is in sight. */
static bool
bind_to_target(SqlRef *ref)
{
    SqlSource *target = ref->block->statement != NULL ? ref->block->statement->target : NULL;
    if ((ref->clause != CLAUSE_ASSIGN && ref->clause != CLAUSE_COLUMNS) || target == NULL ||
        ref->path.count > 1)
        return false;
    bind_to(ref, BINDING_COLUMN, target);
    return true;
}

/* RETURNING u.*: the items of queries are looked at with their outputs. */
static void
resolve_returned_stars(const Resolver *resolver, const SqlBlock *block)
{
    for (guint i = 0; block->is_returning && i < block->items->len; i++) {
        SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star && item->star_path.count > 0)
            item->star_of = star_source(resolver, item);
    }
}

/* A macro writes out the columns of one table, and says only by an alias which one of several it is. */
static void
drop_vague_stars(const SqlBlock *block)
{
    for (guint i = 0; i < block->items->len; i++) {
        SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_macro && item->star_path.count == 0 && block->sources->len != 1)
            item->is_star = false;
    }
}

void
sql_resolve(Sql *sql, SqlColumnsFn *columns, SqlLacksFn *lacks_column, void *data)
{
    Resolver *resolver = arena_alloc(sql->arena, sizeof(Resolver));
    *resolver = (Resolver){.sql = sql, .columns = columns, .lacks = lacks_column, .data = data};
    sql->resolver = resolver;
    for (guint i = 0; i < sql->blocks->len; i++)
        drop_vague_stars(g_ptr_array_index(sql->blocks, i));
    for (guint i = 0; i < sql->queries->len; i++)
        query_outputs(resolver, g_ptr_array_index(sql->queries, i));
    for (guint i = 0; i < sql->blocks->len; i++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, i);
        for (guint s = 0; s < block->sources->len; s++)
            resolve_using(resolver, block, s);
        resolve_returned_stars(resolver, block);
    }
    for (guint i = 0; i < sql->blocks->len; i++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, i);
        for (guint r = 0; r < block->refs->len; r++) {
            SqlRef *ref = g_ptr_array_index(block->refs, r);
            if (ref->clause != CLAUSE_USING && !bind_to_target(ref))
                resolve_ref(resolver, ref);
        }
    }
}
