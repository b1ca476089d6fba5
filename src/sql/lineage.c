/*
 * lineage.c - what each statement reads, what it gives, and what decides about its rows.
 *
 * Only what is reached counts: a table of WITH that nobody reads feeds nothing.
 */
#include "sql/lineage.h"

#include "sql/lineage_trace.h"

/* ---- the whole ---- */

static void
statement_free(void *data)
{
    LineageStatement *statement = data;
    g_ptr_array_unref(statement->tables);
    g_ptr_array_unref(statement->columns);
    g_ptr_array_unref(statement->doubts);
    g_hash_table_unref(statement->by_name);
    g_hash_table_unref(statement->known);
    feeds_free(statement->rows);
    g_free(statement);
}

static void
column_free(void *data)
{
    LineageColumn *column = data;
    feeds_free(column->feeds);
    g_free(column);
}

Lineage *
lineage_new(void)
{
    Lineage *lineage = g_new0(Lineage, 1);
    lineage->statements = g_ptr_array_new_with_free_func(statement_free);
    lineage->names = g_string_chunk_new(4096);
    lineage->by_place = g_hash_table_new(NULL, NULL);
    lineage->spellings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return lineage;
}

void
lineage_free(Lineage *lineage)
{
    if (lineage == NULL)
        return;
    g_ptr_array_unref(lineage->statements);
    g_hash_table_unref(lineage->by_place);
    g_hash_table_unref(lineage->spellings);
    g_string_chunk_free(lineage->names);
    g_free(lineage);
}

/* ---- adding to a statement ---- */

static void
table_add(LineageStatement *statement, const char *name)
{
    if (g_hash_table_add(statement->known, (void *) name))
        g_ptr_array_add(statement->tables, (void *) name);
}

static FeedSet *
column_at(Tracer *tracer, LineageStatement *statement, const char *name)
{
    const char *kept = name != NULL ? g_string_chunk_insert_const(tracer->out->names, name) : NULL;
    FeedSet *known = kept != NULL ? g_hash_table_lookup(statement->by_name, kept) : NULL;
    if (known != NULL)
        return known;
    LineageColumn *column = g_new0(LineageColumn, 1);
    *column = (LineageColumn){.name = kept, .feeds = feeds_new()};
    g_ptr_array_add(statement->columns, column);
    if (kept != NULL)
        g_hash_table_insert(statement->by_name, (void *) kept, column->feeds);
    return column->feeds;
}

static void
doubts_add(LineageStatement *statement, const GPtrArray *doubts)
{
    for (guint i = 0; i < doubts->len; i++) {
        const LineageDoubt *one = g_ptr_array_index(doubts, i);
        bool is_known = false;
        for (guint k = 0; k < statement->doubts->len && !is_known; k++) {
            const LineageDoubt *other = g_ptr_array_index(statement->doubts, k);
            is_known = other->at == one->at && g_str_equal(other->text, one->text);
        }
        if (is_known || statement->doubts->len >= LINEAGE_DOUBTS_MAX)
            continue;
        LineageDoubt *copy = g_new0(LineageDoubt, 1);
        *copy = (LineageDoubt){.at = one->at, .text = g_strdup(one->text)};
        g_ptr_array_add(statement->doubts, copy);
    }
}

static int
doubts_by_place(const void *a, const void *b)
{
    const LineageDoubt *one = *(LineageDoubt *const *) a, *other = *(LineageDoubt *const *) b;
    if (one->at != other->at)
        return one->at < other->at ? -1 : 1;
    return g_strcmp0(one->text, other->text);
}

/* ---- rows ---- */

typedef struct {
    Tracer *tracer;
    LineageStatement *statement;
    const SqlStatement *sql;
    GHashTable *seen; /* SqlQuery * */
    GPtrArray *queue; /* SqlQuery * */
} Walk;

static FeedKind
kind_of_clause(SqlClause clause)
{
    switch (clause) {
    case CLAUSE_ON:
    case CLAUSE_USING:
        return FEED_JOIN;
    case CLAUSE_GROUP:
        return FEED_GROUP;
    case CLAUSE_ORDER:
        return FEED_ORDER;
    case CLAUSE_WINDOW:
        return FEED_WINDOW;
    default:
        return FEED_FILTER;
    }
}

static void
walk_to(Walk *walk, SqlQuery *query)
{
    if (query != NULL && g_hash_table_add(walk->seen, query))
        g_ptr_array_add(walk->queue, query);
}

static void
walk_source(Walk *walk, const SqlSource *source)
{
    walk_to(walk, source->query);
    bool is_only_written = source == walk->sql->target && walk->sql->kind == STATEMENT_INSERT;
    if (source->query != NULL || is_only_written ||
        (source->kind != SOURCE_TABLE && source->kind != SOURCE_TEMPLATE))
        return;
    table_add(walk->statement, table_name(walk->tracer, source));
    if (source->kind == SOURCE_TEMPLATE)
        doubt(walk->tracer, g_array_index(walk->tracer->sql->tokens, Token, source->first).begin,
              "which table '%s' stands for is not known", table_name(walk->tracer, source));
}

/* Is the token in what an assignment gives? */
static bool
is_assigned(const SqlBlock *block, uint32_t token)
{
    guint low = 0, high = block->assignments != NULL ? block->assignments->len : 0;
    while (low < high) { /* the first that begins behind the token */
        guint middle = (low + high) / 2;
        if (((const SqlAssignment *) g_ptr_array_index(block->assignments, middle))->first <= token)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 &&
           token <= ((const SqlAssignment *) g_ptr_array_index(block->assignments, low - 1))->last;
}

static bool
decides_about_rows(const SqlBlock *block, SqlClause clause, const SqlItem *item, uint32_t token)
{
    return item == NULL && clause != CLAUSE_ITEM && clause != CLAUSE_FROM &&
           clause != CLAUSE_ASSIGN && clause != CLAUSE_COLUMNS && !is_assigned(block, token);
}

static void
walk_values(Walk *walk, const SqlBlock *block)
{
    const GPtrArray *values = values_of(walk->tracer, block);
    for (guint i = 0; values != NULL && i < values->len; i++) {
        SqlQuery *query = g_ptr_array_index(values, i);
        const Trace *trace = trace_query(walk->tracer, query);
        walk_to(walk, query);
        if (!decides_about_rows(block, query->clause, query->item, query->first))
            continue;
        for (guint c = 0; c < trace->columns->len; c++)
            feeds_join(walk->tracer->out, walk->statement->rows,
                       ((const LineageColumn *) g_ptr_array_index(trace->columns, c))->feeds,
                       kind_of_clause(query->clause));
    }
}

static void
walk_block(Walk *walk, const SqlBlock *block)
{
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        walk_source(walk, source);
        if (source->is_natural)
            doubt(walk->tracer,
                  g_array_index(walk->tracer->sql->tokens, Token, source->first).begin,
                  "NATURAL joins by all names that both sides have");
    }
    for (guint i = 0; i < block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(block->refs, i);
        if (decides_about_rows(block, ref->clause, ref->in, ref->path.parts[0].token))
            feed_ref(walk->tracer, walk->statement->rows, ref, kind_of_clause(ref->clause));
    }
    walk_values(walk, block);
}

static void
walk_query(Walk *walk, SqlQuery *query)
{
    doubts_add(walk->statement, trace_query(walk->tracer, query)->doubts);
    for (guint i = 0; i < query->branches->len; i++) {
        const SqlBranch *branch = g_ptr_array_index(query->branches, i);
        walk_to(walk, branch->query);
        if (branch->block != NULL)
            walk_block(walk, branch->block);
    }
    if (query->tail != NULL)
        walk_block(walk, query->tail);
}

/* ---- what comes out ---- */

static const char *
name_at(const ArenaList *list, const ArenaList *schema, guint place, const char *own)
{
    if (list != NULL && place < list->len)
        return ((const SqlPart *) g_ptr_array_index(list, place))->text;
    return schema != NULL && place < schema->len ? g_ptr_array_index(schema, place) : own;
}

/* Columns of the target by their place, where the statement does not name them. */
static const ArenaList *
schema_of_target(Walk *walk)
{
    const SqlStatement *sql = walk->sql;
    bool is_open = true;
    if (sql->kind != STATEMENT_INSERT || sql->columns != NULL || sql->target == NULL)
        return NULL;
    const ArenaList *names = sql_source_columns(walk->tracer->sql, sql->target, &is_open);
    if (!is_open)
        return names;
    doubt(walk->tracer, walk->statement->begin,
          "rows go into '%s' by place, and its columns are not known: these are the query's names",
          walk->statement->target);
    return NULL;
}

static void
give_query(Walk *walk)
{
    Tracer *tracer = walk->tracer;
    const Trace *trace = trace_query(tracer, walk->sql->query);
    const ArenaList *schema = schema_of_target(walk);
    for (guint i = 0; i < trace->columns->len; i++) {
        const LineageColumn *from = g_ptr_array_index(trace->columns, i);
        FeedSet *set =
            column_at(tracer, walk->statement, name_at(walk->sql->columns, schema, i, from->name));
        feeds_join(tracer->out, set, from->feeds, FEED_IDENTITY);
    }
    for (guint i = 0; i < trace->open->len; i++)
        feed_row(tracer, column_at(tracer, walk->statement, "*"), g_ptr_array_index(trace->open, i),
                 FEED_IDENTITY);
}

/* Nothing but a name, perhaps with the `=` before it. */
static bool
is_plain(Walk *walk, const SqlBlock *block, const SqlAssignment *one)
{
    const GPtrArray *refs = refs_of(walk->tracer, block);
    guint at = first_ref_at(refs, one->first);
    const SqlRef *ref = at < refs->len ? g_ptr_array_index(refs, at) : NULL;
    return ref != NULL && ref->path.parts[0].token <= one->first + 1 &&
           ref->path.parts[ref->path.count - 1].token == one->last;
}

static void
give_assignments(Walk *walk, const SqlBlock *block)
{
    feed_arrays(walk->tracer, block);
    for (guint i = 0; block->assignments != NULL && i < block->assignments->len; i++) {
        const SqlAssignment *one = g_ptr_array_index(block->assignments, i);
        FeedKind kind = is_plain(walk, block, one) ? FEED_IDENTITY : FEED_TRANSFORMATION;
        for (guint c = 0; c < one->columns->len; c++) {
            const SqlRef *ref = g_ptr_array_index(one->columns, c);
            FeedSet *set =
                column_at(walk->tracer, walk->statement, ref->path.parts[ref->path.count - 1].text);
            feed_range(walk->tracer, set, block, one->first, one->last, kind);
        }
    }
}

static const char *
target_of(Tracer *tracer, const SqlStatement *sql)
{
    if (sql->created.count > 0)
        return path_name(tracer, &sql->created);
    return sql->target != NULL ? table_name(tracer, sql->target) : NULL;
}

static LineageStatement *
statement_at(Tracer *tracer, const SqlStatement *sql)
{
    const GArray *tokens = tracer->sql->tokens;
    uint32_t begin = g_array_index(tokens, Token, sql->first).begin,
             end = g_array_index(tokens, Token, MIN(sql->last, tokens->len - 1)).end;
    void *place = GUINT_TO_POINTER(begin + 1);
    LineageStatement *statement = g_hash_table_lookup(tracer->out->by_place, place);
    if (statement != NULL)
        return statement;
    statement = g_new0(LineageStatement, 1);
    *statement = (LineageStatement){
        .kind = sql->kind,
        .begin = begin,
        .end = end,
        .target = target_of(tracer, sql),
        .tables = g_ptr_array_new(),
        .columns = g_ptr_array_new_with_free_func(column_free),
        .rows = feeds_new(),
        .doubts = g_ptr_array_new_with_free_func(doubt_free),
        .by_name = g_hash_table_new(NULL, NULL),
        .known = g_hash_table_new(NULL, NULL),
    };
    g_hash_table_insert(tracer->out->by_place, place, statement);
    g_ptr_array_add(tracer->out->statements, statement);
    return statement;
}

static bool
is_about_rows(const SqlStatement *sql)
{
    if (sql->kind == STATEMENT_DEFINE)
        return false;
    if (sql->query != NULL || (sql->target != NULL && sql->kind != STATEMENT_OTHER))
        return true;
    for (guint b = 0; b < sql->blocks->len; b++)
        if (((const SqlBlock *) g_ptr_array_index(sql->blocks, b))->sources->len > 0)
            return true;
    return false;
}

/* What another statement does within WITH is its own. */
static void
add_statement(Tracer *tracer, const SqlStatement *sql)
{
    if (!is_about_rows(sql))
        return;
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) queue = g_ptr_array_new();
    g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(doubt_free);
    Walk walk = {.tracer = tracer, .sql = sql, .seen = seen, .queue = queue};
    tracer->doubts = doubts;
    walk.statement = statement_at(tracer, sql);
    if (sql->query != NULL)
        give_query(&walk);
    walk_to(&walk, sql->query);
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b);
        if (block->query != NULL && block->query->branches->len > 0)
            continue; /* reached from its query, or by nobody */
        give_assignments(&walk, block);
        walk_block(&walk, block);
    }
    for (guint i = 0; i < queue->len; i++)
        walk_query(&walk, g_ptr_array_index(queue, i));
    doubts_add(walk.statement, doubts);
    g_ptr_array_sort(walk.statement->doubts, doubts_by_place);
}

void
lineage_add(Lineage *lineage, Sql *sql)
{
    g_autoptr(Tracer) tracer = tracer_new(sql, lineage);
    g_autoptr(GPtrArray) nobody = g_ptr_array_new_with_free_func(doubt_free);
    tracer->doubts = nobody;
    for (guint i = 0; i < sql->queries->len; i++)
        trace_query(tracer, g_ptr_array_index(sql->queries, i));
    for (guint i = 0; i < sql->statements->len; i++)
        add_statement(tracer, g_ptr_array_index(sql->statements, i));
}
