/*
 * resolve.c - what every name means.
 *
 * Inner scopes come first, as in every dialect; what a source is known to have comes before what it may have. A query
 * that runs today has no ambiguous names: so a name that one source of a block certainly has is that source's, even
 * when the columns of its neighbours are not known. A name that only sources with unknown columns can have is theirs when
 * there is exactly one of them in sight, and undecided otherwise.
 */
#include "sql/resolve.h"

#include "base/text.h"

#include <string.h>

/* ---- qualified names ---- */

/* The block around: also that in whose FROM a subquery stands, where it sees what is before it. */
static const SqlBlock *
block_around(const Resolver *resolver, const SqlBlock *block)
{
    const SqlQuery *query = block->query;
    if (block->parent != NULL || !resolver->sql->dialect->has_tacit_lateral)
        return block->parent;
    while (query != NULL && query->in != NULL)
        query = query->in;
    return query != NULL && query->as != NULL ? query->as->block : NULL;
}

/* Behind ON nobody sees what SEMI JOIN and ANTI JOIN look into. */
static bool
is_joined_away(const SqlRef *ref, const SqlSource *source)
{
    return source->is_semi && ref->block == source->block && ref->clause != CLAUSE_ON &&
           ref->clause != CLAUSE_USING;
}

/* FROM a, b JOIN c ON …: the comma joins after JOIN does, so that ON sees no `a`. The first token of what it sees, which is asked
 * once of each reference. */
static uint32_t
first_seen(Resolver *resolver, const SqlRef *ref)
{
    const ArenaList *sources = ref->block->sources;
    if (!resolver->sql->dialect->has_apart_commas || resolver->sees_commas ||
        ref->block->query == NULL)
        return 0;
    if (resolver->on == ref)
        return resolver->on_first;
    resolver->on = ref;
    resolver->on_first = 0;
    for (guint i = 0; i < sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(sources, i);
        if (source->last < ref->path.parts[0].token && source->comma_from > 0)
            resolver->on_first =
                ((const SqlSource *) g_ptr_array_index(sources, source->comma_from))->first;
    }
    return resolver->on_first;
}

/* ON sees what it joins, which stands before it. */
static bool
may_see(Resolver *resolver, const SqlRef *ref, const SqlSource *source)
{
    return ref->clause != CLAUSE_ON || ref->block != source->block ||
           (source->last < ref->path.parts[0].token && source->first >= first_seen(resolver, ref));
}

/* Does the second one of two that are called alike have the column, of which the first has none? */
static bool
has_instead(Resolver *resolver, const SqlSource *first, const SqlSource *second,
            const SqlPart *column)
{
    bool is_open = false, is_second_open = false;
    const ArenaList *names = resolver_columns(resolver, first, &is_open),
                    *others = resolver_columns(resolver, second, &is_second_open);
    return !is_open && !resolver_has_name(resolver, names, column) &&
           (is_second_open || resolver_has_name(resolver, others, column));
}

/* FROM x ANTI JOIN t ON … JOIN u AS t, UPDATE x AS t … FROM t: of those that are called so, who is meant? */
static SqlSource *
source_meant(Resolver *resolver, const SqlRef *ref, const SqlBlock *block, uint32_t parts)
{
    SqlSource *meant = NULL;
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        if (!resolver_is_called(resolver, source, &ref->path, parts))
            continue;
        bool is_meant =
            meant == NULL ||
            (!source->is_twin && !source->is_semi && may_see(resolver, ref, source) &&
             (meant->is_semi || has_instead(resolver, meant, source, &ref->path.parts[parts])));
        meant = is_meant ? source : meant;
    }
    return meant;
}

/* SELECT (SELECT max(t.a) FROM u AS t) FROM t: where the inner one has no `a`, SQLite, MySQL and DuckDB look for another one further
 * out; elsewhere it is an error. */
static bool
is_one_further_out(Resolver *resolver, const SqlRef *ref, const SqlSource *source, uint32_t parts)
{
    const SqlBlock *block = block_around(resolver, source->block);
    for (; block != NULL; block = block_around(resolver, block)) {
        const SqlSource *other = source_meant(resolver, ref, block, parts);
        if (other != NULL)
            return has_instead(resolver, source, other, &ref->path.parts[parts]);
    }
    return false;
}

static bool
bind_qualified_by(Resolver *resolver, SqlRef *ref, bool sees_all)
{
    for (const SqlBlock *block = ref->block; block != NULL; block = block_around(resolver, block))
        for (uint32_t parts = ref->path.count - 1; parts > 0; parts--) {
            SqlSource *source = source_meant(resolver, ref, block, parts);
            if (source == NULL ||
                (!sees_all && (!may_see(resolver, ref, source) || is_joined_away(ref, source) ||
                               is_one_further_out(resolver, ref, source, parts))))
                continue;
            ref->binding = BINDING_COLUMN;
            ref->source = source;
            ref->column = parts;
            return true;
        }
    return false;
}

/* What nobody is called that it sees is somebody's behind it, rather than nobody's. */
static bool
bind_qualified(Resolver *resolver, SqlRef *ref)
{
    return bind_qualified_by(resolver, ref, false) || bind_qualified_by(resolver, ref, true);
}

/* ---- names alone ---- */

typedef struct {
    SqlSource *certain, *second; /* that have it */
    SqlSource *maybe;            /* whose columns are not all known */
    int certain_count, maybe_count;
} Found;

/* WHEN NOT MATCHED: one side of MERGE has no row then. */
static bool
is_missing(const SqlRef *ref, const SqlSource *source)
{
    const SqlStatement *statement = source->block->statement;
    return ref->missing != MISSING_NONE && statement != NULL &&
           statement->kind == STATEMENT_MERGE && source->block->query == NULL &&
           source->is_target == (ref->missing == MISSING_TARGET);
}

/* In FROM only what stands before it is seen: UNNEST(items) does not look into itself. */
static bool
is_seen(Resolver *resolver, const SqlRef *ref, const SqlSource *source)
{
    if (source->is_twin || is_missing(ref, source) || is_joined_away(ref, source) ||
        !may_see(resolver, ref, source))
        return false;
    return ref->clause != CLAUSE_FROM || ref->block != source->block ||
           source->last < ref->path.parts[0].token;
}

/* LATERAL (SELECT a …) AS t: what stands in the source sees neither its columns nor those behind it. */
static bool
stands_in(const SqlRef *ref, const SqlSource *source)
{
    uint32_t at = ref->path.parts[0].token;
    return ref->block != source->block && source->query != NULL && source->first < at &&
           at <= source->last;
}

static Found
look_in(Resolver *resolver, const SqlBlock *block, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    Found found = {0};
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        bool is_open = false;
        if (stands_in(ref, source))
            break;
        if (!is_seen(resolver, ref, source))
            continue;
        const ArenaList *names = resolver_columns(resolver, source, &is_open);
        if (resolver_has_name(resolver, names, part)) {
            if (found.certain_count++ == 0)
                found.certain = source;
            else
                found.second = source;
        } else if (is_open && !resolver_lacks(resolver, source, part)) {
            found.maybe_count++;
            found.maybe = source;
        }
    }
    return found;
}

/* ---- what is found ---- */

/* Joined by a NATURAL join: both are the same column. */
static bool
is_natural(const SqlBlock *block)
{
    for (guint i = 0; i < block->sources->len; i++)
        if (sql_joins_vaguely(g_ptr_array_index(block->sources, i)))
            return true;
    return false;
}

/* SELECT plan FROM users AS plan, in BigQuery: the row, whatever columns there are. */
static bool
is_row_name(const Resolver *resolver, const SqlRef *ref, const SqlBlock *block)
{
    const SqlSource *source = resolver->sql->dialect->has_hiding_rows && ref->path.count == 1
                                  ? resolver_source_called(resolver, block, &ref->path, 1)
                                  : NULL;
    return source != NULL && source->kind != SOURCE_ARRAY && ref->clause != CLAUSE_USING;
}

/* Found for certain in this block: whose is it? */
static void
bind_found(const Resolver *resolver, SqlRef *ref, const SqlBlock *block, const Found *found)
{
    const SqlRef *using = resolver_using_of(resolver, block, &ref->path.parts[0]);
    bool is_merged = is_natural(block);
    if ((found->certain_count > 1 && !is_merged) || is_row_name(resolver, ref, block)) {
        resolver_bind(ref, BINDING_UNDECIDED, found->certain);
        ref->also = found->second;
        return;
    }
    resolver_bind(ref, BINDING_COLUMN, found->certain);
    ref->also = is_merged ? found->second != NULL ? found->second : found->maybe : NULL;
    if (using != NULL) /* joined with what is not known */
        ref->also = using->source != ref->source ? using->source : found->maybe;
}

/* Both sides have what they are joined by, and it is the value of the side before it. */
static bool
bind_joined(const Resolver *resolver, SqlRef *ref, const SqlBlock *block)
{
    const SqlRef *using =
        ref->clause != CLAUSE_FROM ? resolver_using_of(resolver, block, &ref->path.parts[0]) : NULL;
    if (using == NULL || using->also == NULL)
        return false;
    resolver_bind(ref, BINDING_COLUMN, using->also);
    ref->also = using->source;
    return true;
}

/* UNNEST(items) AS items: it does not look into itself. */
static bool
is_argument_of(const SqlRef *ref, const SqlSource *source)
{
    uint32_t at = ref->path.parts[0].token;
    return ref->clause == CLAUSE_FROM && ref->block == source->block && source->first < at &&
           at <= source->last;
}

/* A source's alias, used as a value. */
static bool
bind_row(const Resolver *resolver, SqlRef *ref)
{
    for (const SqlBlock *block = ref->block; block != NULL && ref->clause != CLAUSE_NAME;
         block = block->parent) {
        SqlSource *source = resolver_source_called(resolver, block, &ref->path, 1);
        if (source != NULL && ref->path.count == 1 && !is_argument_of(ref, source)) {
            resolver_bind(ref, BINDING_ROW, source);
            return true;
        }
    }
    return false;
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

/* MAX(id): of the outer id it would be an aggregate of the outer query, which cannot stand in its conditions. */
static bool
is_aggregated(const Resolver *resolver, const SqlRef *ref)
{
    static const char *const names[] = {"max", "min", "sum", "avg"};
    const GArray *tokens = resolver->sql->tokens;
    uint32_t first = ref->path.parts[0].token,
             behind = ref->path.parts[ref->path.count - 1].token + 1;
    if (first < 2 || behind >= tokens->len ||
        g_array_index(tokens, Token, first - 1).kind != TOKEN_OPEN ||
        g_array_index(tokens, Token, behind).kind != TOKEN_CLOSE)
        return false;
    const Token *callee = &g_array_index(tokens, Token, first - 2);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (callee->end - callee->begin == strlen(names[i]) &&
            g_ascii_strncasecmp(resolver->sql->list->text + callee->begin, names[i],
                                strlen(names[i])) == 0)
            return true;
    return false;
}

/* x IN (SELECT id FROM others), x > (SELECT MAX(id) FROM others): nobody writes this to get the outer id for each row of others.
 * Where others has no id, the first does so all the same; SqlRef.instead says whose it is then. */
static bool
is_item_of_one(const Resolver *resolver, const SqlRef *ref, const SqlBlock *block,
               const Found *found)
{
    return block == ref->block && ref->clause == CLAUSE_ITEM && ref->macro == NULL &&
           (ref->is_whole || is_aggregated(resolver, ref)) && block->sources->len == 1 &&
           found->maybe_count == 1 && found->maybe->kind != SOURCE_ARRAY &&
           !is_own_alias(ref, found->maybe);
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

/* An outer column comes before an alias where it has to be a column: in PostgreSQL's HAVING, and in what is sorted or grouped by. */
static bool
is_outer_column(Resolver *resolver, const SqlRef *ref)
{
    return resolver->sql->dialect->has_sorted_columns &&
           !(ref->clause == CLAUSE_GROUP && ref->is_whole) && holder_outside(resolver, ref) != NULL;
}

static bool
may_reuse_alias(Resolver *resolver, const SqlRef *ref)
{
    SqlClause clause = ref->clause;
    bool is_behind = clause == CLAUSE_GROUP || clause == CLAUSE_HAVING || clause == CLAUSE_WINDOW ||
                     clause == CLAUSE_ORDER;
    bool is_before = resolver->sql->dialect->has_alias_reuse &&
                     (clause == CLAUSE_ITEM || clause == CLAUSE_WHERE);
    return (is_behind && !is_outer_column(resolver, ref)) || is_before;
}

/* ClickHouse takes the alias, whatever columns there are. */
static bool
is_hidden_by_alias(const Resolver *resolver, const SqlRef *ref)
{
    return resolver->sql->dialect->has_hiding_aliases && ref->block->query != NULL &&
           ref->clause != CLAUSE_FROM && ref->clause != CLAUSE_USING;
}

/* SELECT a AS t, t FROM users AS t: bound to what AS gives, and DuckDB takes the row of the table first. */
static void
prefer_row(const Resolver *resolver, SqlRef *ref, const SqlBlock *block)
{
    if (!resolver->sql->dialect->has_rows ||
        (ref->clause != CLAUSE_ITEM && ref->clause != CLAUSE_WHERE &&
         !(ref->clause == CLAUSE_HAVING && sql_is_windowed(resolver->sql, ref))) || /* QUALIFY */
        resolver_source_called(resolver, block, &ref->path, 1) == NULL ||
        !bind_row(resolver, ref))
        return;
    ref->item = NULL;
}

static void
bind_bare_by(Resolver *resolver, SqlRef *ref)
{
    SqlSource *maybe = NULL;
    int maybe_count = 0;
    if (sql_is_value_name(resolver->sql, ref, &ref->path.parts[0])) {
        resolver_bind(ref, BINDING_LOCAL, NULL);
        return;
    }
    if (is_hidden_by_alias(resolver, ref) && resolver_alias(resolver, ref, ref->block))
        return;
    for (SqlBlock *block = ref->block; block != NULL; block = block->parent) {
        if (maybe_count == 0 && bind_joined(resolver, ref, block))
            return;
        Found found = look_in(resolver, block, ref);
        if (found.certain_count > 0 && maybe_count == 0) {
            bind_found(resolver, ref, block, &found);
            return;
        }
        if (block == ref->block && may_reuse_alias(resolver, ref) &&
            resolver_alias(resolver, ref, block)) {
            prefer_row(resolver, ref, block);
            return;
        }
        if (is_item_of_one(resolver, ref, block, &found)) {
            resolver_bind(ref, BINDING_COLUMN, found.maybe);
            ref->instead = holder_outside(resolver, ref);
            return;
        }
        if (found.certain_count > 0) { /* an inner source may have it, too */
            resolver_bind(ref, BINDING_UNDECIDED, found.certain);
            ref->also = maybe;
            return;
        }
        maybe = found.maybe_count > 0 && maybe == NULL ? found.maybe : maybe;
        maybe_count += found.maybe_count;
    }
    if (bind_row(resolver, ref))
        return;
    if (maybe_count > 0)
        resolver_bind(ref, maybe_count == 1 ? BINDING_COLUMN : BINDING_UNDECIDED, maybe);
}

/* What nobody has that ON sees is somebody's before a comma, rather than nobody's. */
static void
bind_bare(Resolver *resolver, SqlRef *ref)
{
    bind_bare_by(resolver, ref);
    if (ref->clause != CLAUSE_ON || ref->binding != BINDING_NONE)
        return;
    resolver->sees_commas = true;
    bind_bare_by(resolver, ref);
    resolver->sees_commas = false;
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

/* INSERT INTO t SELECT a FROM s ON DUPLICATE KEY UPDATE b = s.a, in MySQL: the tables of the query are seen. */
static bool
bind_inserted(const Resolver *resolver, SqlRef *ref)
{
    const SqlStatement *statement = ref->block->statement;
    const SqlBlock *block = statement != NULL && statement->kind == STATEMENT_INSERT &&
                                    statement->query != NULL && ref->block->query == NULL &&
                                    resolver->sql->dialect->has_joined_writes
                                ? resolver_first_block(statement->query)
                                : NULL;
    SqlSource *source =
        block != NULL ? resolver_source_called(resolver, block, &ref->path, ref->path.count - 1)
                      : NULL;
    if (source == NULL)
        return false;
    resolver_bind(ref, BINDING_COLUMN, source);
    ref->column = ref->path.count - 1;
    return true;
}

void
resolver_ref(Resolver *resolver, SqlRef *ref)
{
    if (ref->binding == BINDING_LOCAL)
        return;
    if (ref->is_receiver) {
        bind_receiver(resolver, ref);
        return;
    }
    if (resolver_output(resolver, ref))
        return;
    if (ref->path.count > 1 && (resolver_output_row(resolver, ref) ||
                                bind_qualified(resolver, ref) || resolver_target_row(ref) ||
                                resolver_named_row(resolver, ref) || bind_inserted(resolver, ref)))
        return;
    if (resolver_starred(resolver, ref))
        return;
    bind_bare(resolver, ref);
}

/* ---- the whole ---- */

/* An assigned or inserted column is the target's, whatever else is in sight. */
static bool
bind_to_target(const Resolver *resolver, SqlRef *ref)
{
    SqlSource *target = ref->block->statement != NULL ? ref->block->statement->target : NULL;
    if (ref->clause == CLAUSE_NAME && ref->block->sources->len == 0 && /* UPDATE(a) of a trigger */
        ref->block->statement != NULL && ref->block->statement->watched != NULL) {
        resolver_bind(ref, BINDING_COLUMN, ref->block->statement->watched);
        return true;
    }
    if (ref->clause == CLAUSE_ASSIGN && ref->block->sources->len > 1 &&
        resolver->sql->dialect->has_joined_writes)
        return false; /* UPDATE a JOIN b SET x = 1: whoever has an x */
    if ((ref->clause != CLAUSE_ASSIGN && ref->clause != CLAUSE_COLUMNS) || target == NULL ||
        ref->path.count > 1)
        return false;
    resolver_bind(ref, BINDING_COLUMN, target);
    return true;
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
    for (guint i = 0; i < sql->blocks->len; i++)
        resolver_stars(resolver, g_ptr_array_index(sql->blocks, i));
    for (guint i = 0; i < sql->queries->len; i++)
        resolver_outputs(resolver, g_ptr_array_index(sql->queries, i));
    for (guint i = 0; i < sql->blocks->len; i++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, i);
        for (guint s = 0; s < block->sources->len; s++) {
            resolver_natural(resolver, block, s);
            resolver_using(resolver, block, s);
        }
    }
    for (guint i = 0; i < sql->blocks->len; i++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, i);
        for (guint r = 0; r < block->refs->len; r++) {
            SqlRef *ref = g_ptr_array_index(block->refs, r);
            if (ref->clause != CLAUSE_USING && !bind_to_target(resolver, ref))
                resolver_ref(resolver, ref);
        }
    }
}
