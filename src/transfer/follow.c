/*
 * follow.c - rows that were written to while others were copied, copied once more.
 *
 * The notes of a watched source name keys. In one transaction of the target, all rows with these keys go, and those that the
 * source has by now come; then the notes are done with. A crash in between leaves notes whose rows are copied again, which
 * changes nothing. A row that is written to after it was read has a later note.
 *
 *   notes ─► keys ─► remove ─┐
 *     └────► rows ─► map ────┴─► put, commit with a ledger row ─► forget the notes
 */
#include "transfer/inside.h"

/* The key, as the target names and types it, and as the notes do. */
typedef struct {
    Schema *schema;
    GPtrArray *from; /* char * */
    GArray *items;   /* SourceItem: borrows those */
    size_t *columns; /* of the program's target */
} Key;

static void
key_clear(Key *key)
{
    g_clear_pointer(&key->schema, schema_free);
    g_clear_pointer(&key->from, g_ptr_array_unref);
    g_clear_pointer(&key->items, g_array_unref);
    g_clear_pointer(&key->columns, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Key, key_clear)

static bool
read_key(const Transfer *transfer, Key *ret, GError **error)
{
    g_autoptr(Schema) source = NULL;
    if (!conn_describe(transfer->source, transfer->spec.source, &source, error) ||
        !program_kept_key(transfer->program, source, &ret->schema, &ret->from, error))
        return false;
    ret->items = g_array_new(FALSE, FALSE, sizeof(SourceItem));
    for (guint i = 0; i < ret->from->len; i++) {
        SourceItem item = {.name = ret->from->pdata[i]};
        g_array_append_val(ret->items, item);
    }
    ret->columns = g_new0(size_t, ret->from->len);
    for (size_t i = 0; i < schema_count(ret->schema); i++)
        if (schema_find(program_target(transfer->program), schema_column(ret->schema, i)->name,
                        &ret->columns[i]) == NULL)
            g_assert_not_reached();
    return true;
}

/* ---- one part ---- */

typedef struct {
    const WriteNotes *notes;
    const Key *key;
    int64_t removed;
    int64_t unreadable; /* keys */
} Part;

static void
on_unreadable(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    Part *part = data;
    part->unreadable++;
}

static bool
remove_noted(Transfer *transfer, void *data, GError **error)
{
    Part *part = data;
    ScanSpec spec = {.object = part->notes->object,
                     .items = (const SourceItem *) (const void *) part->key->items->data,
                     .item_count = part->key->items->len,
                     .output = part->key->schema,
                     .where = part->notes->which};
    g_autoptr(Batch) keys = batch_new_for(part->key->schema);
    g_autoptr(Scan) scan = NULL;
    if (!conn_scan(transfer->source, &spec, &scan, error))
        return false;
    do {
        int64_t removed = 0;
        batch_reset(keys);
        if (!scan_next(scan, keys, on_unreadable, part, error) ||
            !conn_remove(transfer->target, transfer->spec.stage, part->key->schema, keys, &removed,
                         error))
            return false;
        part->removed += removed;
    } while (keys->row_count > 0);
    return part->unreadable == 0 ||
           fail(error, ERR_INVALID, "a key of '%s' is not of its column's type",
                transfer->spec.source);
}

static bool
follow_part(Transfer *transfer, const WriteNotes *notes, const Key *key, TickFn *tick, void *data,
            RangeResult *ret, GError **error)
{
    Part part = {.notes = notes, .key = key};
    g_autofree char *range = g_strdup_printf("live-%" G_GINT64_FORMAT, notes->last);
    Writer writer = {.plan = transfer->spec.plan,
                     .task = transfer->spec.task,
                     .range = range,
                     .token = transfer->spec.token};
    ScanSpec spec = transfer_scan_spec(transfer, NULL);
    g_autofree char *where =
        spec.where != NULL ? g_strdup_printf("(%s\n) AND %s", spec.where, notes->rows) : NULL;
    spec.where = where != NULL ? where : notes->rows;
    FillBefore before = {.run = remove_noted, .data = &part, .removed = &part.removed};
    return transfer_fill_rows(transfer, &spec, &writer, &before, tick, data, ret, error);
}

/* Rows that wait are noted once more before the notes go that named them. */
static bool
done_with(Transfer *transfer, const Key *key, const WriteNotes *notes, const Batch *waiting,
          const RangeResult *result, Followed *ret, GError **error)
{
    Conn *source = transfer->source;
    const char *object = transfer->spec.source;
    ret->rows = result->hash.rows;
    ret->rejected = result->rejected;
    ret->waiting = (int64_t) waiting->row_count;
    return (waiting->row_count == 0 || conn_note(source, object, key->from, waiting, error)) &&
           conn_forget_notes(source, object, notes->last, error) &&
           conn_behind(source, object, &ret->behind, error);
}

/* What the target refuses may stand in the way of a row whose own change is noted further on: then more notes are taken
 * together, up to all of them. What is refused then waits, until nobody writes any more. */
static bool
follow(Transfer *transfer, const Key *key, bool is_last, TickFn *tick, void *data, Followed *ret,
       GError **error)
{
    const char *source = transfer->spec.source;
    g_autoptr(Batch) keys = batch_new_for(key->schema);
    Waiting waiting = {.keys = keys, .columns = key->columns};
    for (int64_t most = NOTES_AT_ONCE;; most *= 4) {
        g_auto(WriteNotes) notes = {0};
        RangeResult result = {0};
        g_autoptr(GError) refused = NULL;
        Behind behind = {0};
        if (!conn_behind(transfer->source, source, &behind, error) ||
            !conn_next_notes(transfer->source, source, most, &notes, error))
            return false;
        *ret = (Followed){.behind = behind};
        if (notes.last == 0)
            return true;
        bool are_all = most >= behind.notes;
        transfer->refuses = !are_all;
        transfer->waiting = is_last ? NULL : &waiting;
        bool done = follow_part(transfer, &notes, key, tick, data, &result, &refused);
        transfer->refuses = false;
        transfer->waiting = NULL;
        if (done)
            return done_with(transfer, key, &notes, keys, &result, ret, error);
        if (!error_is(refused, ERR_BUDGET) || are_all) {
            g_propagate_error(error, g_steal_pointer(&refused));
            return false;
        }
    }
}

bool
transfer_follow(Transfer *transfer, bool is_last, TickFn *tick, void *data, Followed *ret,
                GError **error)
{
    g_auto(Key) key = {0};
    if (!read_key(transfer, &key, error))
        return false;
    transfer_set_tick(transfer, tick, data);
    bool done = follow(transfer, &key, is_last, tick, data, ret, error);
    transfer_set_tick(transfer, NULL, NULL);
    return done;
}

bool
transfer_behind(Transfer *transfer, int64_t *ret_notes, GError **error)
{
    Behind behind = {0};
    if (!conn_behind(transfer->source, transfer->spec.source, &behind, error))
        return false;
    *ret_notes = behind.notes;
    return true;
}

/* ---- by the writers themselves ---- */

typedef struct {
    Transfer *transfer;
    const Key *key;
    TickFn *tick;
    void *data;
    Followed *followed;
} CatchUp;

/* Nobody writes meanwhile, so each round leaves fewer. */
static bool
catch_up(void *data, GError **error)
{
    CatchUp *call = data;
    Followed now = {0};
    do {
        if (!follow(call->transfer, call->key, true, call->tick, call->data, &now, error))
            return false;
        call->followed->rows += now.rows;
        call->followed->rejected += now.rejected;
    } while (now.behind.notes > 0);
    call->followed->behind = now.behind;
    return true;
}

/* A connection of its own holds the lock, because the transfer's go on reading and writing behind it. */
static bool
mirror(Transfer *transfer, const Key *key, CatchUp *call, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    ScanSpec scan = transfer_scan_spec(transfer, NULL);
    MirrorSpec spec = {.spec = &scan,
                       .program = transfer->program,
                       .stage = transfer->spec.stage,
                       .key = key->schema,
                       .from = key->from};
    if (!conn_open(transfer->spec.source_store, &conn, error))
        return false;
    conn_set_tick(conn, call->tick, call->data);
    conn_set_confirm(conn, transfer->target->confirm, transfer->target->confirm_data);
    return conn_mirror(conn, &spec, catch_up, call, error);
}

bool
transfer_mirror(Transfer *transfer, TickFn *tick, void *data, Followed *ret, GError **error)
{
    g_auto(Key) key = {0};
    CatchUp call = {.transfer = transfer, .key = &key, .tick = tick, .data = data, .followed = ret};
    *ret = (Followed){0};
    if (!read_key(transfer, &key, error))
        return false;
    transfer_set_tick(transfer, tick, data);
    bool done = mirror(transfer, &key, &call, error);
    transfer_set_tick(transfer, NULL, NULL);
    return done;
}

bool
transfer_can_mirror(Transfer *transfer, char **ret_why, GError **error)
{
    g_auto(Key) key = {0};
    const TransferSpec *spec = &transfer->spec;
    bool is_there = false;
    if (transfer->source != transfer->target) {
        *ret_why = g_strdup("source and target are not in one store");
        return true;
    }
    if (!read_key(transfer, &key, error) ||
        (spec->target != NULL && !conn_exists(transfer->target, spec->target, &is_there, error)))
        return false;
    ScanSpec scan = transfer_scan_spec(transfer, NULL);
    MirrorSpec mirrored = {.spec = &scan,
                           .program = transfer->program,
                           .stage = is_there ? spec->target : NULL,
                           .key = key.schema,
                           .from = key.from};
    return conn_can_mirror(transfer->source, &mirrored, ret_why, error);
}
