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

/* ON sees what it joins, which stands before it. */
static bool
may_see(const SqlRef *ref, const SqlSource *source)
{
    return ref->clause != CLAUSE_ON || ref->block != source->block ||
           source->last < ref->path.parts[0].token;
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
            (!source->is_twin && !source->is_semi && may_see(ref, source) &&
             (meant->is_semi || has_instead(resolver, meant, source, &ref->path.parts[parts])));
        meant = is_meant ? source : meant;
    }
    return meant;
}

static bool
bind_qualified_by(Resolver *resolver, SqlRef *ref, bool sees_all)
{
    for (const SqlBlock *block = ref->block; block != NULL; block = block_around(resolver, block))
        for (uint32_t parts = ref->path.count - 1; parts > 0; parts--) {
            SqlSource *source = source_meant(resolver, ref, block, parts);
            if (source == NULL ||
                (!sees_all && (!may_see(ref, source) || is_joined_away(ref, source))))
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
static bool
bind_named_row(const Resolver *resolver, SqlRef *ref)
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
static bool
bind_target_row(SqlRef *ref)
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
static bool
bind_output_row(const Resolver *resolver, SqlRef *ref)
{
    SqlSource *target = ref->block->statement != NULL ? ref->block->statement->target : NULL;
    return ref->block->is_returning && ref->in != NULL && resolver->sql->dialect->has_alias_first &&
           (bind_row_of(ref, target, "inserted") || bind_row_of(ref, target, "deleted"));
}

static bool
bind_output(const Resolver *resolver, SqlRef *ref, const SqlBlock *block, bool only_aliases)
{
    SqlItem *item =
        ref->path.count == 1 ? resolver_item_called(resolver, block, ref, only_aliases) : NULL;
    if (item == NULL)
        return false;
    ref->binding = BINDING_OUTPUT;
    ref->item = item;
    return true;
}

/* `SELECT id AS "id" … GROUP BY "id"` where names without quotes are folded to capitals: the column is ID, so the other one is what
 * AS names, wherever that is seen. */
static bool
bind_folded_apart(const Resolver *resolver, SqlRef *ref, const SqlBlock *outputs)
{
    const Dialect *dialect = resolver->sql->dialect;
    const SqlPart *name = &ref->path.parts[0];
    if (dialect->column_case != CASE_UPPER || !dialect->quotes_keep_case || ref->path.count != 1 ||
        name->quote == '\0' || ref->clause == CLAUSE_ON || outputs == NULL ||
        sql_is_plain_column(dialect, name->text))
        return false;
    const SqlItem *item = resolver_item_called(resolver, outputs, ref, true);
    const SqlRef *plain = item != NULL ? item->plain : NULL;
    const SqlPart *column = plain != NULL ? &plain->path.parts[plain->path.count - 1] : NULL;
    return column != NULL && column->quote == '\0' && item->alias->quote != '\0' &&
           strcmp(item->alias->text, name->text) == 0 &&
           text_same_folded(column->text, name->text) && bind_output(resolver, ref, outputs, true);
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

/* In FROM only what stands before it is seen: UNNEST(items) does not look into itself. */
static bool
is_seen(const SqlRef *ref, const SqlSource *source)
{
    if (source->is_twin || (ref->clause == CLAUSE_ROW && source->is_target) ||
        is_joined_away(ref, source) || !may_see(ref, source))
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
        ref->clause != CLAUSE_FROM ? resolver_using_of(resolver, block, &ref->path.parts[0]) : NULL;
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
    for (const SqlBlock *block = ref->block; block != NULL && ref->clause != CLAUSE_NAME;
         block = block->parent) {
        SqlSource *source = resolver_source_called(resolver, block, &ref->path, 1);
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

/* ClickHouse takes the alias, whatever columns there are. */
static bool
is_hidden_by_alias(const Resolver *resolver, const SqlRef *ref)
{
    return resolver->sql->dialect->has_hiding_aliases && ref->block->query != NULL &&
           ref->clause != CLAUSE_FROM && ref->clause != CLAUSE_USING;
}

static void
bind_bare(Resolver *resolver, SqlRef *ref)
{
    SqlSource *maybe = NULL;
    int maybe_count = 0;
    if (sql_is_value_name(resolver->sql, ref, &ref->path.parts[0])) {
        bind_to(ref, BINDING_LOCAL, NULL);
        return;
    }
    if (is_hidden_by_alias(resolver, ref) && bind_output(resolver, ref, ref->block, true))
        return;
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
        if (is_item_of_one(resolver, ref, block, &found)) {
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

/* ORDER BY a of SELECT t.* … USING (a): what comes out is the side that the star is of. */
static bool
bind_starred(Resolver *resolver, SqlRef *ref, const SqlBlock *block)
{
    const SqlPart *part = &ref->path.parts[0];
    if (ref->clause != CLAUSE_ORDER || !ref->is_whole || ref->path.count != 1 || !block->has_star ||
        resolver_using_of(resolver, block, part) == NULL)
        return false;
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        bool is_open = false;
        if (item->is_star && item->star_of != NULL &&
            resolver_has_name(resolver, resolver_columns(resolver, item->star_of, &is_open),
                              part)) {
            bind_to(ref, BINDING_COLUMN, item->star_of);
            return true;
        }
    }
    return false;
}

/* SELECT * … UNION … ORDER BY a: what comes out by that name is a column that a star of the first branch lets through. */
static bool
bind_through_star(Resolver *resolver, SqlRef *ref, const SqlBlock *outputs)
{
    if (ref->clause != CLAUSE_ORDER || ref->path.count != 1 || !outputs->has_star)
        return false;
    for (guint i = 0; i < outputs->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(outputs->items, i);
        for (guint s = 0; item->is_star && s < outputs->sources->len; s++) {
            SqlSource *source = g_ptr_array_index(outputs->sources, s);
            bool is_open = false, is_let_through = item->star_path.count > 0
                                                       ? source == item->star_of
                                                       : !source->is_semi;
            if (!is_let_through ||
                !resolver_has_name(resolver, resolver_columns(resolver, source, &is_open),
                                   &ref->path.parts[0]))
                continue;
            ref->is_through_star = true;
            bind_to(ref, BINDING_COLUMN, source);
            return true;
        }
    }
    return false;
}

/* SELECT a, count(b) a … GROUP BY 1: the column, too, is grouped by. */
static bool
is_key_by_place(const Resolver *resolver, const SqlRef *ref)
{
    const ArenaList *items = ref->block->items;
    for (guint i = 0; i < items->len && i < ref->block->place_max; i++) {
        const SqlItem *item = g_ptr_array_index(items, i);
        if (item->plain != NULL && item->alias == NULL &&
            resolver_is_column(resolver, &ref->path.parts[0], item->name))
            return true;
    }
    return false;
}

/* HAVING means a column that GROUP BY names, also where an output is called so. */
static bool
is_group_key(const Resolver *resolver, const SqlRef *ref)
{
    const ArenaList *refs = ref->block->refs;
    if (ref->path.count == 1 && is_key_by_place(resolver, ref))
        return true;
    for (guint i = 0; ref->path.count == 1 && i < refs->len; i++) {
        const SqlRef *key = g_ptr_array_index(refs, i);
        if (key->clause == CLAUSE_GROUP && key->is_whole && key->binding == BINDING_COLUMN &&
            resolver_is_column(resolver, &ref->path.parts[0],
                               key->path.parts[key->path.count - 1].text))
            return true;
    }
    return false;
}

/* INSERT INTO t SELECT a FROM s ON DUPLICATE KEY UPDATE b = s.a, in MySQL: the tables of the query are seen. */
static bool
bind_inserted(const Resolver *resolver, SqlRef *ref)
{
    const SqlStatement *statement = ref->block->statement;
    const SqlBlock *block = statement != NULL && statement->kind == STATEMENT_INSERT &&
                                    statement->query != NULL && ref->block->query == NULL &&
                                    resolver->sql->dialect->has_joined_writes
                                ? first_block(statement->query)
                                : NULL;
    SqlSource *source =
        block != NULL ? resolver_source_called(resolver, block, &ref->path, ref->path.count - 1)
                      : NULL;
    if (source == NULL)
        return false;
    bind_to(ref, BINDING_COLUMN, source);
    ref->column = ref->path.count - 1;
    return true;
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
        (ref->clause == CLAUSE_HAVING && resolver->sql->dialect->has_having_outputs &&
         !is_group_key(resolver, ref) && !sql_is_aggregated(resolver->sql, ref) &&
         !sql_is_windowed(resolver->sql, ref)); /* QUALIFY, which is read like HAVING */
    bool hides_columns =
        ref->clause == CLAUSE_GROUP && ref->is_whole && resolver->sql->dialect->has_group_outputs;
    const Dialect *dialect = resolver->sql->dialect;
    bool is_late = (ref->clause == CLAUSE_ORDER || ref->clause == CLAUSE_HAVING) &&
                   ((dialect->has_late_aliases && !sql_is_aggregated(resolver->sql, ref) &&
                     !sql_is_windowed(resolver->sql, ref)) ||
                    (dialect->has_having_aliases && ref->clause == CLAUSE_HAVING &&
                     sql_is_plain_in_having(resolver->sql, ref) && !is_group_key(resolver, ref)));
    ref->is_over_columns =
        bind_folded_apart(resolver, ref, outputs) ||
        (hides_columns && bind_output(resolver, ref, ref->block, true)) ||
        (is_late && outputs != NULL && bind_output(resolver, ref, outputs, true));
    if (ref->is_over_columns)
        return;
    if (sees_outputs && outputs != NULL && resolver->sql->dialect->has_order_columns &&
        bind_output(resolver, ref, outputs, true))
        return;
    if (sees_outputs && outputs != NULL && bind_output(resolver, ref, outputs, false))
        return;
    if (outputs != NULL && outputs != ref->block && bind_through_star(resolver, ref, outputs))
        return;
    if (ref->path.count > 1 &&
        (bind_output_row(resolver, ref) || bind_qualified(resolver, ref) || bind_target_row(ref) ||
         bind_named_row(resolver, ref) || bind_inserted(resolver, ref)))
        return;
    if (bind_starred(resolver, ref, ref->block))
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
        bind_to(ref, BINDING_COLUMN, ref->block->statement->watched);
        return true;
    }
    if (ref->clause == CLAUSE_ASSIGN && ref->block->sources->len > 1 &&
        resolver->sql->dialect->has_joined_writes)
        return false; /* UPDATE a JOIN b SET x = 1: whoever has an x */
    if ((ref->clause != CLAUSE_ASSIGN && ref->clause != CLAUSE_COLUMNS) || target == NULL ||
        ref->path.count > 1)
        return false;
    bind_to(ref, BINDING_COLUMN, target);
    return true;
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
static void
resolve_stars(const Resolver *resolver, const SqlBlock *block)
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
        resolve_stars(resolver, g_ptr_array_index(sql->blocks, i));
    for (guint i = 0; i < sql->queries->len; i++)
        resolver_outputs(resolver, g_ptr_array_index(sql->queries, i));
    for (guint i = 0; i < sql->blocks->len; i++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, i);
        for (guint s = 0; s < block->sources->len; s++)
            resolver_using(resolver, block, s);
    }
    for (guint i = 0; i < sql->blocks->len; i++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, i);
        for (guint r = 0; r < block->refs->len; r++) {
            SqlRef *ref = g_ptr_array_index(block->refs, r);
            if (ref->clause != CLAUSE_USING && !bind_to_target(resolver, ref))
                resolve_ref(resolver, ref);
        }
    }
}
