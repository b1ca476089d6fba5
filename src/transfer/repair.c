/*
 * repair.c - rows of the target put right that differ, by their key.
 *
 * Rows that have exchanged what is unique beside the key stand in each other's way: whichever is changed first takes what the
 * other one still has. So where the store refuses, it is tried once more in another order: the rows that change give up what is
 * unique in them (NULL, where that may be, else a value that hardly anybody has), then each takes what is its own. All of that is
 * one transaction, as before; what does not help there is refused with the first reason.
 */
#include "model/datetime.h"
#include "transfer/search.h"

#include <string.h>

typedef struct {
    Search *search;
    GPtrArray *batches[REPAIR_KINDS];
    GArray *unique;  /* UniqueColumn: what a row can give up */
    int64_t yielded; /* rows so far */
} Repair;

typedef struct {
    size_t at; /* in the program's target */
    bool is_nullable, is_uuid;
} UniqueColumn;

static void
repair_clear(Repair *repair)
{
    for (int i = 0; i < REPAIR_KINDS; i++)
        g_ptr_array_unref(repair->batches[i]);
    g_array_unref(repair->unique);
    if (repair->search != NULL)
        search_free(repair->search);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Repair, repair_clear)

static Repair *
repair_of(Search *search)
{
    return search->user;
}

/* --- the rows of the keys that were noted --- */

static Batch *
room_for_row(Repair *repair, RepairKind kind)
{
    GPtrArray *batches = repair->batches[kind];
    Batch *to = batches->len > 0 ? batches->pdata[batches->len - 1] : NULL;
    if (to == NULL || batch_is_full(to)) {
        to = batch_new_for(program_target(repair->search->transfer->program));
        g_ptr_array_add(batches, to);
    }
    return to;
}

static void
put_value(Batch *to, size_t column, const Value *value)
{
    if (value->is_null)
        batch_put_null(to, column);
    else
        batch_put_value(to, column, value);
}

static void
take_row(Repair *repair, RepairKind kind, const Batch *from, size_t row)
{
    Batch *to = room_for_row(repair, kind);
    for (size_t i = 0; i < from->column_count; i++) {
        Value value = batch_value(from, i, row);
        put_value(to, i, &value);
    }
    batch_commit_row(to, from->row_ids[row]);
}

static bool
take_source_row(Search *search, const Batch *batch, size_t row)
{
    RepairKind kind;
    if (search_todo(search, batch, row, &kind) && kind != REPAIR_REMOVE)
        take_row(repair_of(search), kind, batch, row);
    return true;
}

static bool
take_target_row(Search *search, const Batch *batch, size_t row)
{
    RepairKind kind;
    if (search_todo(search, batch, row, &kind) && kind == REPAIR_REMOVE)
        take_row(repair_of(search), kind, batch, row);
    return true;
}

/* --- what is given up --- */

static bool
find_unique(Repair *repair, GError **error)
{
    const Search *search = repair->search;
    Conn *target = search->transfer->target;
    const Schema *schema = program_target(search->transfer->program);
    g_autoptr(GPtrArray) names = NULL;
    g_autoptr(Schema) real = NULL;
    if (!conn_unique_columns(target, search->object, &names, error) ||
        !conn_describe(target, search->object, &real, error))
        return false;
    for (guint i = 0; i < names->len; i++) {
        const Column *column = schema_find(real, names->pdata[i], NULL);
        UniqueColumn unique = {0};
        if (column == NULL || column->is_generated || schema_is_key(schema, column->name) ||
            schema_find(schema, column->name, &unique.at) == NULL)
            continue;
        unique.is_nullable = column->is_nullable;
        unique.is_uuid = g_ascii_strcasecmp(column->declared, "uuid") == 0;
        g_array_append_val(repair->unique, unique);
    }
    return true;
}

/* Short, small, long ago: so that it fits into most columns, and few have it. Caller frees. */
static char *
rare_text(ColumnType type, bool is_uuid, int64_t number)
{
    switch (type) {
    case TYPE_INT:
    case TYPE_FLOAT:
    case TYPE_DECIMAL:
        return g_strdup_printf("-%" G_GINT64_FORMAT, number);
    case TYPE_DATE: {
        GString *day = g_string_new(NULL);
        datetime_append_iso_date(day, -350000 + number); /* in 1011 */
        return g_string_free(day, FALSE);
    }
    case TYPE_TIMESTAMP: {
        GString *moment = g_string_new(NULL);
        datetime_append_iso(moment, (31536000 + number) * G_USEC_PER_SEC); /* in 1971 */
        return g_string_free(moment, FALSE);
    }
    default:
        return is_uuid ? g_uuid_string_random() : g_strdup_printf("~%" G_GINT64_FORMAT, number);
    }
}

static void
put_rare(Batch *to, const UniqueColumn *unique, int64_t number)
{
    ColumnType type = to->columns[unique->at].type;
    g_autofree char *rare = rare_text(type, unique->is_uuid, number);
    g_autoptr(GString) scratch = g_string_new(NULL);
    Value text = {.type = TYPE_TEXT, .s = {rare, strlen(rare)}}, value = text;
    bool is_one = value_cast(&text, type, NULL, scratch, &value, NULL);
    if (is_one && !unique->is_nullable)
        batch_put_value(to, unique->at, &value);
    else
        batch_put_null(to, unique->at);
}

static const UniqueColumn *
unique_at(const Repair *repair, size_t column)
{
    for (guint i = 0; i < repair->unique->len; i++) {
        const UniqueColumn *unique = &g_array_index(repair->unique, UniqueColumn, i);
        if (unique->at == column)
            return unique;
    }
    return NULL;
}

/* The row as the target has it, but for what is unique in it. */
static bool
take_yielding_row(Search *search, const Batch *batch, size_t row)
{
    Repair *repair = repair_of(search);
    RepairKind kind;
    if (!search_todo(search, batch, row, &kind) || kind != REPAIR_CHANGE)
        return true;
    Batch *to = room_for_row(repair, REPAIR_YIELD);
    repair->yielded++;
    for (size_t i = 0; i < batch->column_count; i++) {
        const UniqueColumn *unique = unique_at(repair, i);
        Value value = batch_value(batch, i, row);
        if (unique != NULL && !value.is_null)
            put_rare(to, unique, repair->yielded);
        else
            put_value(to, i, &value);
    }
    batch_commit_row(to, batch->row_ids[row]);
    return true;
}

/* --- all of it --- */

static bool
send(Repair *repair, GError **error)
{
    const Search *search = repair->search;
    return conn_repair(search->transfer->target, search->object,
                       program_target(search->transfer->program), repair->batches, error);
}

/* Whatever is in its way: `refused` is why it could not be done as it is. */
static bool
send_yielding(Repair *repair, GError *refused, GError **error)
{
    g_autoptr(GError) first = refused;
    g_autoptr(GError) second = NULL;
    bool may_help = error_is(first, ERR_INVALID) && repair->batches[REPAIR_CHANGE]->len > 0;
    if (may_help && find_unique(repair, &second) && repair->unique->len > 0 &&
        search_each_target_row(repair->search, take_yielding_row, &second) && send(repair, &second))
        return true;
    bool is_other = second != NULL && !error_is(second, ERR_INVALID);
    g_propagate_error(error, is_other ? g_steal_pointer(&second) : g_steal_pointer(&first));
    return false;
}

static int64_t
count_taken(const GPtrArray *batches)
{
    int64_t rows = 0;
    for (guint i = 0; i < batches->len; i++)
        rows += (int64_t) ((const Batch *) batches->pdata[i])->row_count;
    return rows;
}

static bool
repair_found(Repair *repair, Repaired *ret, GError **error)
{
    Search *search = repair->search;
    g_autoptr(GError) refused = NULL;
    if (search->is_ambiguous)
        return fail(error, ERR_INVALID,
                    "two rows share a key, of '%s' or of those that should be in it, so that "
                    "none is named by it: copy it anew",
                    search->object);
    if (!search_each_source_row(search, take_source_row, error) ||
        !search_each_target_row(search, take_target_row, error))
        return false;
    if (!send(repair, &refused) && !send_yielding(repair, g_steal_pointer(&refused), error))
        return false;
    *ret = (Repaired){.removed = count_taken(repair->batches[REPAIR_REMOVE]),
                      .changed = count_taken(repair->batches[REPAIR_CHANGE]),
                      .inserted = count_taken(repair->batches[REPAIR_INSERT]),
                      .is_complete = !search->is_cut && !search->has_more};
    return true;
}

typedef struct {
    TickFn *tick;
    void *data;
} Besides;

/* Rows that are changed are none of those that are counted. */
static bool
tick_besides(int64_t rows_done, void *data)
{
    const Besides *besides = data;
    return besides->tick == NULL || besides->tick(-1, besides->data);
}

bool
transfer_repair(Transfer *transfer, const char *object, TickFn *tick, void *data, Repaired *ret,
                GError **error)
{
    Besides besides = {tick, data};
    g_auto(Repair) repair = {.unique = g_array_new(FALSE, FALSE, sizeof(UniqueColumn))};
    for (int i = 0; i < REPAIR_KINDS; i++)
        repair.batches[i] = g_ptr_array_new_with_free_func((GDestroyNotify) batch_free);
    if (!conn_can_repair(transfer->target))
        return fail(error, ERR_UNSUPPORTED,
                    "single rows of '%s' cannot be changed in its store: copy it anew", object);
    repair.search = search_new(transfer, object, 0, tick, data);
    repair.search->user = &repair;
    search_note_todo(repair.search);
    if (!repair.search->has_key)
        return fail(
            error, ERR_INVALID,
            "'%s' has no key, so that no row is named by it: a mapping with `key: [ COLUMN ]` "
            "gives one",
            object);
    transfer_set_tick(transfer, tick_besides, &besides);
    bool done = search_run(repair.search, error) && repair_found(&repair, ret, error);
    transfer_set_tick(transfer, NULL, NULL);
    return done;
}
