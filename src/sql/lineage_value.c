/* lineage_value.c - what a value is made of: the names in it, each with what is done with it there. */
#include "sql/lineage_trace.h"

#include <string.h>

#define DEPTH_MAX 500 /* of names that are made of names; people write ten */

/* ---- what is where ---- */

static int
refs_by_place(const void *a, const void *b)
{
    const SqlRef *one = *(SqlRef *const *) a, *other = *(SqlRef *const *) b;
    uint32_t first = one->path.parts[0].token, second = other->path.parts[0].token;
    return first < second ? -1 : first > second;
}

const GPtrArray *
refs_of(Tracer *tracer, const SqlBlock *block)
{
    GPtrArray *refs = g_hash_table_lookup(tracer->refs, block);
    if (refs != NULL)
        return refs;
    refs = g_ptr_array_new();
    for (guint i = 0; i < block->refs->len; i++)
        g_ptr_array_add(refs, g_ptr_array_index(block->refs, i));
    g_ptr_array_sort(refs, refs_by_place);
    g_hash_table_insert(tracer->refs, (void *) block, refs);
    return refs;
}

const GPtrArray *
values_of(Tracer *tracer, const SqlBlock *block)
{
    return g_hash_table_lookup(tracer->values, block);
}

/* ---- one name ---- */

static bool
is_called(Tracer *tracer, const SqlPart *part, const char *name)
{
    return name != NULL && sql_same_column(tracer->sql->dialect, part->text, part->quote, name);
}

/* Its place in `t (a, b)` or in WITH t (a, b); -1 when it is not named there. */
static int
place_in(Tracer *tracer, const ArenaList *names, const SqlPart *part)
{
    for (guint i = 0; names != NULL && i < names->len; i++)
        if (is_called(tracer, part, ((const SqlPart *) g_ptr_array_index(names, i))->text))
            return (int) i;
    return -1;
}

static void
feed_table_column(Tracer *tracer, FeedSet *set, const SqlSource *source, const SqlPart *part,
                  FeedKind kind)
{
    const char *table = table_name(tracer, source), *column = part->text;
    bool is_open = true;
    int place = place_in(tracer, source->columns, part);
    if (place >= 0) { /* users AS u (a, b) */
        SqlSource plain = *source;
        plain.columns = NULL;
        plain.known = NULL;
        const ArenaList *names = sql_source_columns(tracer->sql, &plain, &is_open);
        column = (guint) place < names->len ? g_ptr_array_index(names, (guint) place) : "*";
        if ((guint) place >= names->len)
            doubt(tracer, part->begin,
                  "'%s' is named by its place in '%s', whose columns are not known", part->text,
                  table);
    }
    feeds_add(tracer->out, set, table, column_name(tracer, table, column), kind);
}

static const LineageColumn *
column_of(Tracer *tracer, const SqlSource *source, const Trace *trace, const SqlPart *part)
{
    int place = place_in(tracer, source->columns, part);
    if (place < 0 && source->common != NULL)
        place = place_in(tracer, source->common->columns, part);
    if (place >= 0)
        return (guint) place < trace->columns->len
                   ? g_ptr_array_index(trace->columns, (guint) place)
                   : NULL;
    for (guint i = 0; i < trace->columns->len; i++) {
        const LineageColumn *column = g_ptr_array_index(trace->columns, i);
        if (is_called(tracer, part, column->name))
            return column;
    }
    return NULL;
}

static void
feed_query_column(Tracer *tracer, FeedSet *set, const SqlSource *source, const SqlPart *part,
                  FeedKind kind)
{
    const Trace *trace = trace_query(tracer, source->query);
    const LineageColumn *column = column_of(tracer, source, trace, part);
    if (column != NULL) {
        feeds_join(tracer->out, set, column->feeds, kind);
    } else if (trace->open->len == 1) { /* only one can have it */
        feed_column(tracer, set, g_ptr_array_index(trace->open, 0), part, kind);
    } else if (trace->open->len > 1) {
        set->is_partial = true;
        doubt(tracer, part->begin,
              "'%s' comes through `*` from one of several tables without schema", part->text);
    } else if (!trace->is_busy) {
        set->is_partial = true;
        doubt(tracer, part->begin, "what '%s' is made of is not known", part->text);
    }
}

/* UNNEST(t.items): all that stands in it. */
static const FeedSet *
array_feeds(Tracer *tracer, const SqlSource *source)
{
    FeedSet *set = g_hash_table_lookup(tracer->arrays, source);
    if (set != NULL)
        return set;
    set = feeds_new();
    g_ptr_array_add(tracer->sets, set);
    g_hash_table_insert(tracer->arrays, (void *) source, set); /* before: it may name itself */
    feed_range(tracer, set, source->block, source->first, source->last, FEED_TRANSFORMATION);
    return set;
}

void
feed_arrays(Tracer *tracer, const SqlBlock *block)
{
    for (guint i = 0; i < block->sources->len; i++)
        if (((const SqlSource *) g_ptr_array_index(block->sources, i))->kind == SOURCE_ARRAY)
            array_feeds(tracer, g_ptr_array_index(block->sources, i));
}

/* A table of WITH whose query is not there. */
static bool
is_unfinished(const SqlSource *source)
{
    return source->kind == SOURCE_COMMON && source->query == NULL;
}

void
feed_row(Tracer *tracer, FeedSet *set, const SqlSource *source, FeedKind kind)
{
    if (is_unfinished(source)) {
        set->is_partial = true;
    } else if (source->kind == SOURCE_ARRAY) {
        feeds_join(tracer->out, set, array_feeds(tracer, source), kind);
    } else if (source->query == NULL && source->kind != SOURCE_VALUES) {
        const char *table = table_name(tracer, source);
        feeds_add(tracer->out, set, table, column_name(tracer, table, "*"), kind);
    } else if (source->query != NULL) {
        const Trace *trace = trace_query(tracer, source->query);
        for (guint i = 0; i < trace->columns->len; i++)
            feeds_join(tracer->out, set,
                       ((const LineageColumn *) g_ptr_array_index(trace->columns, i))->feeds, kind);
        for (guint i = 0; i < trace->open->len; i++)
            feed_row(tracer, set, g_ptr_array_index(trace->open, i), kind);
    }
}

void
feed_column(Tracer *tracer, FeedSet *set, const SqlSource *source, const SqlPart *part,
            FeedKind kind)
{
    if (tracer->depth >= DEPTH_MAX) {
        doubt(tracer, part->begin, "'%s' is made of names of names, deeper than is looked into",
              part->text);
        return;
    }
    tracer->depth++;
    if (is_unfinished(source)) {
        set->is_partial = true;
    } else if (source->is_unread || source->reshape != NULL) {
        doubt(tracer, part->begin, "'%s' comes out of PIVOT, UNPIVOT or MATCH_RECOGNIZE",
              part->text);
        feed_row(tracer, set, source, MAX(kind, FEED_TRANSFORMATION));
    } else if (source->kind == SOURCE_ARRAY || source->kind == SOURCE_VALUES) {
        feed_row(tracer, set, source, MAX(kind, FEED_TRANSFORMATION));
    } else if (source->query != NULL) {
        feed_query_column(tracer, set, source, part, kind);
    } else {
        feed_table_column(tracer, set, source, part, kind);
    }
    tracer->depth--;
}

/* CURRENT_DATE, SYSDATE: functions that are called without brackets. */
static bool
is_niladic(const char *name)
{
    static const char *const starts[] = {"CURRENT_", "SYS", "LOCALTIME", "SESSION_", "USER"};
    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
        if (g_ascii_strncasecmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static bool
is_merged(const SqlRef *ref)
{
    return ref->also != NULL &&
           (ref->also->is_right || ref->also->is_natural || ref->clause == CLAUSE_USING);
}

void
feed_ref(Tracer *tracer, FeedSet *set, const SqlRef *ref, FeedKind kind)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    const FeedSet *item;
    if (ref->macro != NULL && ref->binding != BINDING_COLUMN)
        return; /* perhaps no column at all */
    switch (ref->binding) {
    case BINDING_COLUMN:
        feed_column(tracer, set, ref->source, part, kind);
        if (is_merged(ref))
            feed_column(tracer, set, ref->also, part, kind);
        return;
    case BINDING_OUTPUT:
        item = g_hash_table_lookup(tracer->items, ref->item);
        if (item != NULL)
            feeds_join(tracer->out, set, item, kind);
        return;
    case BINDING_ROW:
        feed_row(tracer, set, ref->source, kind);
        return;
    case BINDING_UNDECIDED:
        set->is_partial = true;
        doubt(tracer, part->begin, "'%s' may be a column of several tables: give their schemas",
              part->text);
        return;
    case BINDING_NONE:
        if (ref->block->sources->len == 0 || is_niladic(part->text))
            return;
        set->is_partial = true;
        doubt(tracer, part->begin, "no table here is known to have a column '%s'", part->text);
        return;
    case BINDING_LOCAL:
        return;
    }
}

/* ---- what is done with it ---- */

/* What brackets do with what stands in them. */
static FeedKind
kind_of_brackets(const Tracer *tracer, uint32_t open)
{
    const Token *before = &g_array_index(tracer->sql->tokens, Token, open > 0 ? open - 1 : 0);
    if (open == 0)
        return FEED_IDENTITY;
    if (before->word == WORD_OVER)
        return FEED_WINDOW;
    if (before->word == WORD_FILTER)
        return FEED_CONDITION;
    return sql_is_aggregate(tracer->sql, before) ? FEED_AGGREGATION : FEED_IDENTITY;
}

typedef struct {
    uint32_t close; /* of a bracket; 0 of CASE */
    FeedKind kind;  /* within */
    bool is_condition;
} Around;

static FeedKind
kind_within(const GArray *stack, FeedKind least)
{
    const Around *last = stack->len > 0 ? &g_array_index(stack, Around, stack->len - 1) : NULL;
    if (last == NULL)
        return least;
    return MAX(last->kind, last->is_condition ? FEED_CONDITION : FEED_IDENTITY);
}

static void
enter_or_leave(Tracer *tracer, GArray *stack, uint32_t at, FeedKind least)
{
    const Token *token = &g_array_index(tracer->sql->tokens, Token, at);
    Around *last = stack->len > 0 ? &g_array_index(stack, Around, stack->len - 1) : NULL;
    FeedKind now = kind_within(stack, least);
    if (token->kind == TOKEN_OPEN && token->match > at) {
        Around inner = {token->match, MAX(now, kind_of_brackets(tracer, at)), false};
        g_array_append_val(stack, inner);
    } else if (token->word == WORD_CASE) {
        Around inner = {0, now, true};
        g_array_append_val(stack, inner);
    } else if (last != NULL && last->close == 0 && token->word == WORD_WHEN) {
        last->is_condition = true;
    } else if (last != NULL && last->close == 0 &&
               (token->word == WORD_THEN || token->word == WORD_ELSE)) {
        last->is_condition = false;
    } else if (last != NULL &&
               (last->close == at || (last->close == 0 && token->word == WORD_END))) {
        g_array_set_size(stack, stack->len - 1);
    }
}

guint
first_ref_at(const GPtrArray *refs, uint32_t token)
{
    guint low = 0, high = refs->len;
    while (low < high) {
        guint middle = (low + high) / 2;
        if (((const SqlRef *) g_ptr_array_index(refs, middle))->path.parts[0].token < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static guint
first_value_at(const GPtrArray *values, uint32_t token)
{
    guint low = 0, high = values != NULL ? values->len : 0;
    while (low < high) {
        guint middle = (low + high) / 2;
        if (((const SqlQuery *) g_ptr_array_index(values, middle))->first < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A subquery as a value: what its column is made of. */
static void
feed_value(Tracer *tracer, FeedSet *set, SqlQuery *query, FeedKind kind)
{
    const Trace *trace = trace_query(tracer, query);
    for (guint i = 0; i < trace->columns->len; i++)
        feeds_join(tracer->out, set,
                   ((const LineageColumn *) g_ptr_array_index(trace->columns, i))->feeds,
                   MAX(kind, FEED_TRANSFORMATION));
    for (guint i = 0; i < trace->open->len; i++)
        feed_row(tracer, set, g_ptr_array_index(trace->open, i), MAX(kind, FEED_TRANSFORMATION));
}

void
feed_range(Tracer *tracer, FeedSet *set, const SqlBlock *block, uint32_t first, uint32_t last,
           FeedKind kind)
{
    const GPtrArray *refs = refs_of(tracer, block), *values = values_of(tracer, block);
    guint ref = first_ref_at(refs, first), value = first_value_at(values, first);
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Around));
    for (uint32_t at = first; at <= last && at + 1 < tracer->sql->tokens->len; at++) {
        for (; ref < refs->len; ref++) {
            const SqlRef *one = g_ptr_array_index(refs, ref);
            if (one->path.parts[0].token > at)
                break;
            feed_ref(tracer, set, one, kind_within(stack, kind));
        }
        SqlQuery *inner =
            values != NULL && value < values->len ? g_ptr_array_index(values, value) : NULL;
        if (inner != NULL && inner->first == at) {
            feed_value(tracer, set, inner, kind_within(stack, kind));
            at = MAX(inner->last, at);
            value++;
            continue;
        }
        enter_or_leave(tracer, stack, at, kind);
    }
}
