/* lineage_feeds.c - sets of feeds, and what tables and columns are called in them. */
#include "sql/lineage_trace.h"

#include <string.h>

#define FEW 16 /* as many are compared one by one */

static const struct {
    const char *name;
    bool is_indirect;
} kinds[FEED_COUNT] = {
    [FEED_IDENTITY] = {"identity", false},
    [FEED_TRANSFORMATION] = {"transformation", false},
    [FEED_AGGREGATION] = {"aggregation", false},
    [FEED_CONDITION] = {"condition", true},
    [FEED_WINDOW] = {"window", true},
    [FEED_FILTER] = {"filter", true},
    [FEED_JOIN] = {"join", true},
    [FEED_GROUP] = {"group", true},
    [FEED_ORDER] = {"order", true},
};

static const char *const statements[] = {
    [STATEMENT_QUERY] = "query",   [STATEMENT_CREATE] = "create", [STATEMENT_INSERT] = "insert",
    [STATEMENT_UPDATE] = "update", [STATEMENT_DELETE] = "delete", [STATEMENT_MERGE] = "merge",
    [STATEMENT_DEFINE] = "define", [STATEMENT_OTHER] = "other",
};

const char *
feed_kind_name(FeedKind kind)
{
    return kinds[kind].name;
}

bool
feed_is_indirect(FeedKind kind)
{
    return kinds[kind].is_indirect;
}

const char *
statement_kind_name(SqlStatementKind kind)
{
    return statements[kind];
}

/* ---- sets ---- */

/* Texts of a Lineage are at one place each: addresses tell them apart. */
static guint
feed_hash(const void *data)
{
    const Feed *feed = data;
    return g_direct_hash(feed->table) * 31 + g_direct_hash(feed->column) * 7 + (guint) feed->kind;
}

static gboolean
feed_equal(const void *a, const void *b)
{
    const Feed *one = a, *other = b;
    return one->table == other->table && one->column == other->column && one->kind == other->kind;
}

FeedSet *
feeds_new(void)
{
    FeedSet *set = g_new0(FeedSet, 1);
    set->list = g_array_new(FALSE, FALSE, sizeof(Feed));
    return set;
}

void
feeds_free(void *data)
{
    FeedSet *set = data;
    g_array_unref(set->list);
    g_clear_pointer(&set->known, g_hash_table_unref);
    g_free(set);
}

/* Most sets are small: only large ones get a table. */
static bool
feeds_have(FeedSet *set, const Feed *feed)
{
    if (set->known != NULL)
        return g_hash_table_contains(set->known, feed);
    for (guint i = 0; i < set->list->len; i++)
        if (feed_equal(&g_array_index(set->list, Feed, i), feed))
            return true;
    return false;
}

static void
feeds_note(FeedSet *set, const Feed *feed)
{
    g_array_append_val(set->list, *feed);
    if (set->known != NULL) {
        g_hash_table_add(set->known, g_memdup2(feed, sizeof *feed));
    } else if (set->list->len > FEW) {
        set->known = g_hash_table_new_full(feed_hash, feed_equal, g_free, NULL);
        for (guint i = 0; i < set->list->len; i++)
            g_hash_table_add(set->known,
                             g_memdup2(&g_array_index(set->list, Feed, i), sizeof *feed));
    }
}

void
feeds_add(Lineage *lineage, FeedSet *set, const char *table, const char *column, FeedKind kind)
{
    Feed feed = {table, column, kind};
    if (feeds_have(set, &feed))
        return;
    if (lineage->feeds >= LINEAGE_FEEDS_MAX) {
        lineage->is_cut = true;
        return;
    }
    lineage->feeds++;
    feeds_note(set, &feed);
}

void
feeds_join(Lineage *lineage, FeedSet *set, const FeedSet *from, FeedKind kind)
{
    set->is_partial = set->is_partial || from->is_partial;
    for (guint i = 0; set != from && i < from->list->len; i++) {
        const Feed *feed = &g_array_index(from->list, Feed, i);
        feeds_add(lineage, set, feed->table, feed->column, MAX(kind, feed->kind));
    }
}

/* ---- names ---- */

/* The first spelling of it. */
static const char *
spelled(Lineage *lineage, const char *key, const char *name)
{
    const char *known = g_hash_table_lookup(lineage->spellings, key);
    if (known != NULL)
        return known;
    known = g_string_chunk_insert_const(lineage->names, name);
    g_hash_table_insert(lineage->spellings, g_strdup(key), (char *) known);
    return known;
}

const char *
path_name(Tracer *tracer, const SqlPath *path)
{
    const Dialect *dialect = tracer->sql->dialect;
    g_autoptr(GString) name = g_string_new(NULL);
    g_autoptr(GString) key = g_string_new(NULL);
    for (uint32_t i = 0; i < path->count; i++) {
        const SqlPart *part = &path->parts[i];
        bool is_exact =
            dialect->table_case == CASE_KEPT || (part->quote != '\0' && dialect->quotes_keep_case);
        g_autofree char *small = g_ascii_strdown(part->text, -1);
        g_string_append_printf(name, "%s%s", i > 0 ? "." : "", part->text);
        g_string_append_printf(key, ".%s", is_exact ? part->text : small);
    }
    return spelled(tracer->out, key->str, name->str);
}

const char *
table_name(Tracer *tracer, const SqlSource *source)
{
    if (source->path.count > 0 && source->kind != SOURCE_TEMPLATE)
        return path_name(tracer, &source->path);
    const GArray *tokens = tracer->sql->tokens;
    uint32_t begin = g_array_index(tokens, Token, source->first).begin,
             end = g_array_index(tokens, Token, source->last).end;
    g_autofree char *text = g_strndup(tracer->sql->list->text + begin, end - begin);
    return g_string_chunk_insert_const(tracer->out->names, text);
}

const char *
column_name(Tracer *tracer, const char *table, const char *column)
{
    g_autofree char *small = g_ascii_strdown(column, -1);
    bool is_exact = tracer->sql->dialect->column_case == CASE_KEPT;
    g_autofree char *key =
        g_strdup_printf("%p %s", (const void *) table, is_exact ? column : small);
    return spelled(tracer->out, key, column);
}

/* ---- doubts ---- */

void
doubt_free(void *data)
{
    LineageDoubt *one = data;
    g_free(one->text);
    g_free(one);
}

void
doubt(Tracer *tracer, uint32_t at, const char *format, ...)
{
    va_list args;
    LineageDoubt *one = g_new0(LineageDoubt, 1);
    va_start(args, format);
    one->at = at;
    one->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(tracer->doubts, one);
}
