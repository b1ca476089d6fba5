/*
 * lineage_trace.c - what each query gives: its columns with their feeds, inner queries before outer ones.
 */
#include "sql/lineage_trace.h"

#define RECURSIONS_MAX                                                                             \
    8 /* a recursive table is asked again until nothing new comes; people shift columns by one or two */

/* ---- making ---- */

static void
trace_init(Trace *trace)
{
    *trace = (Trace){.columns = g_ptr_array_new_with_free_func(g_free),
                     .open = g_ptr_array_new(),
                     .opened = g_hash_table_new(NULL, NULL),
                     .doubts = g_ptr_array_new_with_free_func(doubt_free)};
}

static void
trace_clear(Trace *trace)
{
    g_ptr_array_unref(trace->columns);
    g_ptr_array_unref(trace->open);
    g_hash_table_unref(trace->opened);
    g_ptr_array_unref(trace->doubts);
}

static void
trace_free(void *data)
{
    trace_clear(data);
    g_free(data);
}

static int
values_by_place(const void *a, const void *b)
{
    const SqlQuery *one = *(SqlQuery *const *) a, *other = *(SqlQuery *const *) b;
    return one->first < other->first ? -1 : one->first > other->first;
}

static void
collect_values(Tracer *tracer)
{
    const ArenaList *queries = tracer->sql->queries;
    for (guint i = 0; i < queries->len; i++) {
        SqlQuery *query = g_ptr_array_index(queries, i);
        if (query->around == NULL)
            continue;
        GPtrArray *list = g_hash_table_lookup(tracer->values, query->around);
        if (list == NULL) {
            list = g_ptr_array_new();
            g_hash_table_insert(tracer->values, query->around, list);
        }
        g_ptr_array_add(list, query);
    }
    GHashTableIter iter;
    void *list;
    g_hash_table_iter_init(&iter, tracer->values);
    while (g_hash_table_iter_next(&iter, NULL, &list))
        g_ptr_array_sort(list, values_by_place);
}

Tracer *
tracer_new(Sql *sql, Lineage *out)
{
    Tracer *tracer = g_new0(Tracer, 1);
    *tracer = (Tracer){
        .sql = sql,
        .out = out,
        .traces = g_hash_table_new_full(NULL, NULL, NULL, trace_free),
        .items = g_hash_table_new(NULL, NULL),
        .arrays = g_hash_table_new(NULL, NULL),
        .refs = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref),
        .values = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref),
        .sets = g_ptr_array_new_with_free_func(feeds_free),
    };
    collect_values(tracer);
    return tracer;
}

void
tracer_free(Tracer *tracer)
{
    if (tracer == NULL)
        return;
    g_hash_table_unref(tracer->traces);
    g_hash_table_unref(tracer->items);
    g_hash_table_unref(tracer->arrays);
    g_hash_table_unref(tracer->refs);
    g_hash_table_unref(tracer->values);
    g_ptr_array_unref(tracer->sets);
    g_free(tracer);
}

static LineageColumn *
column_add(Tracer *tracer, Trace *trace, const char *name)
{
    LineageColumn *column = g_new0(LineageColumn, 1);
    column->name = name;
    column->feeds = feeds_new();
    g_ptr_array_add(tracer->sets, column->feeds);
    g_ptr_array_add(trace->columns, column);
    return column;
}

/* ---- stars ---- */

static bool
is_name(Tracer *tracer, const SqlPart *part, const char *name)
{
    return name != NULL && sql_same_column(tracer->sql->dialect, part->text, part->quote, name);
}

static bool
is_left_out(Tracer *tracer, const SqlItem *star, const char *name)
{
    for (guint i = 0; star->except != NULL && i < star->except->len; i++)
        if (is_name(tracer, g_ptr_array_index(star->except, i), name))
            return true;
    return false;
}

static const SqlReplacement *
replacement_of(Tracer *tracer, const SqlItem *star, const char *name)
{
    for (guint i = 0; star->replace != NULL && i < star->replace->len; i++) {
        const SqlReplacement *one = g_ptr_array_index(star->replace, i);
        const SqlPart *part = !one->is_rename ? one->name
                              : one->plain != NULL
                                  ? &one->plain->path.parts[one->plain->path.count - 1]
                                  : NULL;
        if (part != NULL && is_name(tracer, part, name))
            return one;
    }
    return NULL;
}

static void
trace_star_column(Tracer *tracer, Trace *trace, const SqlItem *star, const SqlSource *source,
                  const char *name)
{
    const SqlReplacement *one = replacement_of(tracer, star, name);
    LineageColumn *column =
        column_add(tracer, trace, one != NULL && one->is_rename ? one->name->text : name);
    uint32_t at = g_array_index(tracer->sql->tokens, Token, star->first).begin;
    SqlPart part = {.text = (char *) name, .begin = at, .end = at};
    if (one != NULL && !one->is_rename)
        feed_range(tracer, column->feeds, star->block, one->first, one->last,
                   one->plain != NULL ? FEED_IDENTITY : FEED_TRANSFORMATION);
    else
        feed_column(tracer, column->feeds, source, &part, FEED_IDENTITY);
}

static void
open_add(Trace *trace, const SqlSource *source)
{
    if (g_hash_table_add(trace->opened, (void *) source))
        g_ptr_array_add(trace->open, (void *) source);
}

static void
trace_star_of(Tracer *tracer, Trace *trace, const SqlItem *star, const SqlSource *source)
{
    bool is_open = false;
    uint32_t at = g_array_index(tracer->sql->tokens, Token, star->first).begin;
    const ArenaList *names = sql_source_columns(tracer->sql, source, &is_open);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (name == NULL)
            column_add(tracer, trace, NULL);
        else if (!is_left_out(tracer, star, name))
            trace_star_column(tracer, trace, star, source, name);
    }
    if (!is_open)
        return;
    if (source->query == NULL) {
        open_add(trace, source);
        if (source->kind == SOURCE_TABLE || source->kind == SOURCE_TEMPLATE)
            doubt(tracer, at, "`*` of '%s', whose columns are not known: give its schema",
                  table_name(tracer, source));
        return;
    }
    const Trace *inner = trace_query(tracer, source->query);
    for (guint i = 0; i < inner->open->len; i++)
        open_add(trace, g_ptr_array_index(inner->open, i));
}

static void
trace_star(Tracer *tracer, Trace *trace, const SqlItem *star)
{
    const ArenaList *sources = star->block->sources;
    if (star->star_of != NULL) {
        trace_star_of(tracer, trace, star, star->star_of);
    } else if (star->star_path.count == 0) {
        for (guint i = 0; i < sources->len; i++)
            trace_star_of(tracer, trace, star, g_ptr_array_index(sources, i));
    } else {
        doubt(tracer, star->star_path.parts[0].begin, "the fields of '%s' are not known",
              star->star_path.parts[0].text);
    }
}

/* ---- blocks ---- */

static void
trace_item(Tracer *tracer, Trace *trace, const SqlItem *item)
{
    if (item->is_star) {
        trace_star(tracer, trace, item);
        return;
    }
    const Token *first = &g_array_index(tracer->sql->tokens, Token, item->first);
    if (first->kind == TOKEN_TEMPLATE)
        doubt(tracer, first->begin, "what a template gives here is not known");
    LineageColumn *column = column_add(tracer, trace, item->name);
    g_hash_table_insert(tracer->items, (void *) item, column->feeds);
    feed_range(tracer, column->feeds, item->block, item->first, item->last,
               item->plain != NULL ? FEED_IDENTITY : FEED_TRANSFORMATION);
}

static void
trace_block(Tracer *tracer, Trace *trace, const SqlBlock *block)
{
    feed_arrays(tracer, block);
    for (guint i = 0; i < block->items->len; i++)
        trace_item(tracer, trace, g_ptr_array_index(block->items, i));
}

/* ---- set operations ---- */

static LineageColumn *
column_called(Tracer *tracer, const Trace *trace, const char *name)
{
    for (guint i = 0; name != NULL && i < trace->columns->len; i++) {
        LineageColumn *column = g_ptr_array_index(trace->columns, i);
        if (column->name != NULL && sql_same_column(tracer->sql->dialect, name, '\0', column->name))
            return column;
    }
    return NULL;
}

/* The first branch names the columns; others go into them by place, or BY NAME. */
static void
join_branch(Tracer *tracer, const SqlQuery *query, Trace *trace, const Trace *branch, guint index)
{
    for (guint i = 0; i < branch->columns->len; i++) {
        const LineageColumn *from = g_ptr_array_index(branch->columns, i);
        LineageColumn *into = NULL;
        if (index > 0 && query->by_name)
            into = column_called(tracer, trace, from->name);
        else if (index > 0 && i < trace->columns->len)
            into = g_ptr_array_index(trace->columns, i);
        if (into == NULL)
            into = column_add(tracer, trace, from->name);
        feeds_join(tracer->out, into->feeds, from->feeds, FEED_IDENTITY);
    }
    for (guint i = 0; i < branch->open->len; i++)
        open_add(trace, g_ptr_array_index(branch->open, i));
}

static void
trace_other_branch(Tracer *tracer, SqlQuery *query, Trace *trace, guint index)
{
    const SqlBranch *branch = g_ptr_array_index(query->branches, index);
    if (branch->query != NULL) {
        join_branch(tracer, query, trace, trace_query(tracer, branch->query), index);
        return;
    }
    Trace part;
    trace_init(&part);
    trace_block(tracer, &part, branch->block);
    join_branch(tracer, query, trace, &part, index);
    trace_clear(&part);
}

static guint
feeds_in(const Trace *trace)
{
    guint count = 0;
    for (guint i = 0; i < trace->columns->len; i++)
        count += ((const LineageColumn *) g_ptr_array_index(trace->columns, i))->feeds->list->len;
    return count;
}

/* A recursive table reads what it gives: its other branches are asked again until nothing new comes. */
static void
trace_recursion(Tracer *tracer, SqlQuery *query, Trace *trace)
{
    guint before;
    int rounds = 0;
    g_autoptr(GPtrArray) said_before = g_ptr_array_new_with_free_func(doubt_free);
    tracer->doubts = said_before;
    do {
        before = feeds_in(trace);
        for (guint i = 1; i < query->branches->len; i++)
            trace_other_branch(tracer, query, trace, i);
    } while (feeds_in(trace) > before && ++rounds < RECURSIONS_MAX);
    tracer->doubts = trace->doubts;
}

static void
trace_branches(Tracer *tracer, SqlQuery *query, Trace *trace)
{
    const SqlBranch *first =
        query->branches->len > 0 ? g_ptr_array_index(query->branches, 0) : NULL;
    if (first != NULL && first->block != NULL)
        trace_block(tracer, trace, first->block);
    else if (first != NULL)
        trace_other_branch(tracer, query, trace, 0);
    for (guint i = 1; i < query->branches->len; i++)
        trace_other_branch(tracer, query, trace, i);
    if (query->common != NULL && query->common->is_recursive && query->branches->len > 1)
        trace_recursion(tracer, query, trace);
    if (query->branches->len > 1 && trace->open->len > 0 && !query->by_name)
        doubt(tracer, g_array_index(tracer->sql->tokens, Token, query->first).begin,
              "what stands at which place of these columns is not known: `*` without schema");
    if (query->has_pipes)
        doubt(tracer, g_array_index(tracer->sql->tokens, Token, query->first).begin,
              "what `|>` makes of the columns is not followed");
}

const Trace *
trace_query(Tracer *tracer, SqlQuery *query)
{
    Trace *trace = g_hash_table_lookup(tracer->traces, query);
    if (trace != NULL)
        return trace;
    trace = g_new(Trace, 1);
    trace_init(trace);
    trace->is_busy = true;
    g_hash_table_insert(tracer->traces, query, trace);
    GPtrArray *outer = tracer->doubts;
    tracer->doubts = trace->doubts;
    trace_branches(tracer, query, trace);
    trace->is_busy = false;
    tracer->doubts = outer;
    return trace;
}
