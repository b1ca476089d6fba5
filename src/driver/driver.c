/*
 * driver.c - the list of drivers, and the only callers of their pointers.
 *
 * Each wrapper looks whether the store has the role, checks what every driver may rely on, and adds
 * one clause to an error: what was tried, with which object of which store.
 */
#include "driver/driver.h"

#include "base/limits.h"
#include "driver/drivers.h"

#include <string.h>

static const Driver *const drivers[] = {
    &driver_sqlite, &driver_postgres, &driver_mariadb, &driver_csv,
    &driver_ndjson, &driver_redis,    &driver_kafka,
};

/* Found by its name, but offered to nobody: it keeps nothing. */
static const Driver *const unoffered = &driver_memory;

const Driver *
driver_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++)
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    return strcmp(unoffered->name, name) == 0 ? unoffered : NULL;
}

bool
fail_fenced(const char *what, const char *scope, int64_t stands, const Writer *writer,
            GError **error)
{
    return fail(error, ERR_FENCED,
                "the fence of %s '%s' stands at %" G_GINT64_FORMAT
                ", our token is %" G_GINT64_FORMAT,
                what, scope, stands, writer->token);
}

static bool
fail_role(const Conn *conn, const char *role, GError **error)
{
    return fail(error, ERR_UNSUPPORTED, "store '%s' (%s) cannot %s", conn->store,
                conn->driver->name, role);
}

/* An object's name comes from a person or a plan; NUL cannot be in it, an empty one names nothing. */
static bool
check_object(const Conn *conn, const char *object, GError **error)
{
    g_assert(object != NULL);
    if (object[0] == '\0' || strlen(object) > NAME_BYTES_MAX || !g_utf8_validate(object, -1, NULL))
        return fail(error, ERR_INVALID,
                    "an object of store '%s' needs a name of 1 to %d bytes of UTF-8", conn->store,
                    NAME_BYTES_MAX);
    return true;
}

/* What the error happened to: "cannot VERB 'OBJECT' in store 'STORE': …". */
static bool
fail_object(const Conn *conn, const char *verb, const char *object, GError **error)
{
    return fail_in(error, "cannot %s '%s' in store '%s'", verb, object, conn->store);
}

bool
conn_open(const StoreConfig *store, Conn **ret, GError **error)
{
    const Driver *driver = driver_by_name(store->driver);
    if (driver == NULL) {
        g_autoptr(GString) names = g_string_new(NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++)
            g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", drivers[i]->name);
        return fail(error, ERR_INVALID, "store '%s' has driver '%s', expected one of %s",
                    store->name, store->driver, names->str);
    }
    if (!driver->open(driver, store, ret, error))
        return fail_in(error, "cannot open store '%s'", store->name);
    g_assert((*ret)->driver == driver && (*ret)->store != NULL);
    return true;
}

void
drivers_keep_sessions(bool is_wanted)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++)
        if (drivers[i]->keep_sessions != NULL)
            drivers[i]->keep_sessions(is_wanted);
}

void
conn_close(Conn *conn)
{
    if (conn != NULL)
        conn->driver->close(conn);
}

void
conn_set_tick(Conn *conn, TickFn *tick, void *data)
{
    conn->tick = tick;
    conn->tick_data = data;
}

void
conn_set_confirm(Conn *conn, ConfirmFn *confirm, void *data)
{
    conn->confirm = confirm;
    conn->confirm_data = data;
}

bool
conn_confirm(Conn *conn, GError **error)
{
    return conn->confirm == NULL || conn->confirm(conn->confirm_data, error);
}

void
conn_set_last_look(Conn *conn, ConfirmFn *look, void *data)
{
    conn->last_look = look;
    conn->last_look_data = data;
}

bool
conn_last_look(Conn *conn, GError **error)
{
    return conn->last_look == NULL || conn->last_look(conn->last_look_data, error);
}

typedef bool DescribeFn(Conn *conn, const char *object, Schema **ret, GError **error);

static bool
describe_by(DescribeFn *describe, Conn *conn, const char *object, Schema **ret, GError **error)
{
    if (!check_object(conn, object, error))
        return false;
    if (!describe(conn, object, ret, error))
        return fail_object(conn, "describe", object, error);
    g_assert(schema_count(*ret) > 0);
    return true;
}

bool
conn_describe(Conn *conn, const char *object, Schema **ret, GError **error)
{
    return describe_by(conn->driver->describe, conn, object, ret, error);
}

bool
conn_outline(Conn *conn, const char *object, Schema **ret, GError **error)
{
    const Driver *driver = conn->driver;
    return describe_by(driver->outline != NULL ? driver->outline : driver->describe, conn, object,
                       ret, error);
}

bool
conn_identity(Conn *conn, const char *object, json_t **ret, GError **error)
{
    if (!check_object(conn, object, error))
        return false;
    return conn->driver->identity(conn, object, ret, error) ||
           fail_object(conn, "identify", object, error);
}

bool
conn_fingerprint(Conn *conn, const char *object, char **ret, GError **error)
{
    if (!check_object(conn, object, error))
        return false;
    return conn->driver->fingerprint(conn, object, ret, error) ||
           fail_object(conn, "take the fingerprint of", object, error);
}

/* --- reading --- */

bool
conn_split(Conn *conn, const char *object, int64_t rows, json_t **ret_ranges, GError **error)
{
    const ScanOps *scan = conn->driver->scan;
    if (scan == NULL)
        return fail_role(conn, "be read", error);
    if (!check_object(conn, object, error))
        return false;
    g_assert(rows > 0);
    if (!scan->split(conn, object, rows, ret_ranges, error))
        return fail_object(conn, "divide", object, error);
    g_assert(json_array_size(*ret_ranges) > 0);
    return true;
}

bool
conn_scan(Conn *conn, const ScanSpec *spec, Scan **ret, GError **error)
{
    const ScanOps *scan = conn->driver->scan;
    if (scan == NULL)
        return fail_role(conn, "be read", error);
    if (!check_object(conn, spec->object, error))
        return false;
    if (!scan->has_sql && spec->where != NULL)
        return fail_role(conn, "evaluate a condition", error);
    g_assert((spec->items == NULL) == (spec->item_count == 0));
    g_assert(spec->items == NULL ||
             (spec->output != NULL && schema_count(spec->output) == spec->item_count));
    if (!scan->open(conn, spec, ret, error))
        return fail_object(conn, "read", spec->object, error);
    (*ret)->conn = conn;
    (*ret)->object = g_strdup(spec->object);
    return true;
}

bool
scan_next(Scan *scan, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    g_assert(batch->row_count == 0);
    if (!scan->conn->driver->scan->next(scan, batch, reject, data, error))
        return fail_object(scan->conn, "read", scan->object, error);
    g_assert(batch->row_count <= BATCH_ROWS_MAX);
    return true;
}

bool
scan_record(Scan *scan, int64_t row_id, json_t **ret, GError **error)
{
    return scan->conn->driver->scan->record(scan, row_id, ret, error) ||
           fail_object(scan->conn, "read a record of", scan->object, error);
}

void
scan_close(Scan *scan)
{
    if (scan == NULL)
        return;
    g_free(scan->object);
    scan->object = NULL;
    scan->conn->driver->scan->close(scan);
}

bool
conn_count(Conn *conn, const char *object, const char *where, int64_t *ret_rows, GError **error)
{
    const ScanOps *scan = conn->driver->scan;
    if (scan == NULL)
        return fail_role(conn, "be read", error);
    if (!check_object(conn, object, error))
        return false;
    if (!scan->has_sql && where != NULL)
        return fail_role(conn, "evaluate a condition", error);
    return scan->count(conn, object, where, ret_rows, error) ||
           fail_object(conn, "count the rows of", object, error);
}

bool
conn_can_sum(const Conn *conn)
{
    return conn->driver->scan != NULL && conn->driver->scan->sum != NULL;
}

bool
conn_sum(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error)
{
    if (!conn_can_sum(conn))
        return fail_role(conn, "add up its rows", error);
    if (!check_object(conn, spec->object, error))
        return false;
    return conn->driver->scan->sum(conn, spec, ret, error) ||
           fail_object(conn, "add up the rows of", spec->object, error);
}

bool
conn_can_own_sum(const Conn *a, const Conn *b)
{
    return a->driver == b->driver && a->driver->scan != NULL && a->driver->scan->own_sum != NULL;
}

bool
conn_own_sum(Conn *conn, const ScanSpec *spec, HashSum *ret, GError **error)
{
    if (!conn_can_own_sum(conn, conn))
        return fail_role(conn, "hash its rows itself", error);
    if (!check_object(conn, spec->object, error))
        return false;
    return conn->driver->scan->own_sum(conn, spec, ret, error) ||
           fail_object(conn, "hash the rows of", spec->object, error);
}

bool
conn_has_sql(const Conn *conn)
{
    return conn->driver->scan != NULL && conn->driver->scan->has_sql;
}

bool
conn_check_expr(Conn *conn, const char *object, const char *sql, char **ret_message)
{
    if (!conn_has_sql(conn))
        return true;
    return conn->driver->scan->check_expr(conn, object, sql, ret_message);
}

bool
conn_can_query(const Conn *conn)
{
    return conn->driver->query != NULL;
}

bool
conn_query(Conn *conn, const QuerySpec *spec, QueryRowFn *row, void *data, GPtrArray **ret_names,
           GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    if (!conn_can_query(conn))
        return fail_role(conn, "run queries", error);
    g_assert(spec->time_ms_max > 0 && spec->rows_max > 0);
    /* no clause is added: the message is about the query, and stands beside its place */
    if (!conn->driver->query(conn, spec, row, data, &names, error))
        return false;
    *ret_names = g_steal_pointer(&names);
    return true;
}

/* --- writing --- */

static void
check_writer(const Writer *writer)
{
    g_assert(writer->plan != NULL && writer->plan[0] != '\0' && writer->token > 0);
    g_assert(writer->task != NULL && writer->task[0] != '\0');
    g_assert(strcmp(writer->plan, writer->task) != 0); /* both are scopes of fences */
}

char *
stage_target_name(const char *stage)
{
    const char *mark = g_strrstr(stage, "__honk");
    return mark != NULL && mark > stage ? g_strndup(stage, (gsize) (mark - stage))
                                        : g_strdup(stage);
}

bool
conn_stage(Conn *conn, const char *stage, const char *like, const Schema *schema,
           const Writer *writer, GError **error)
{
    const LoadOps *load = conn->driver->load;
    if (load == NULL)
        return fail_role(conn, "be written", error);
    check_writer(writer);
    if (!check_object(conn, stage, error))
        return false;
    return load->stage(conn, stage, like, schema, writer, error) ||
           fail_object(conn, "make", stage, error);
}

bool
conn_unstage(Conn *conn, const char *stage, const Writer *writer, GError **error)
{
    const LoadOps *load = conn->driver->load;
    if (load == NULL)
        return fail_role(conn, "be written", error);
    check_writer(writer);
    if (!check_object(conn, stage, error))
        return false;
    return load->unstage(conn, stage, writer, error) || fail_object(conn, "remove", stage, error);
}

bool
conn_exists(Conn *conn, const char *object, bool *ret, GError **error)
{
    const LoadOps *load = conn->driver->load;
    if (load == NULL)
        return fail_role(conn, "be written", error);
    if (!check_object(conn, object, error))
        return false;
    return load->exists(conn, object, ret, error) || fail_object(conn, "find", object, error);
}

bool
conn_begin(Conn *conn, const char *stage, const Schema *schema, const Writer *writer,
           bool *ret_done, RangeResult *ret_result, GError **error)
{
    const LoadOps *load = conn->driver->load;
    if (load == NULL)
        return fail_role(conn, "be written", error);
    check_writer(writer);
    g_assert(writer->range != NULL);
    if (!check_object(conn, stage, error))
        return false;
    return load->begin(conn, stage, schema, writer, ret_done, ret_result, error) ||
           fail_in(error, "cannot write range '%s' of '%s'", writer->range, stage);
}

bool
conn_locks_store(const Conn *conn)
{
    return conn->driver->load != NULL && conn->driver->load->locks_store;
}

bool
conn_takes_bulk(const Conn *conn)
{
    return conn->driver->load != NULL && conn->driver->load->takes_bulk;
}

bool
conn_put(Conn *conn, const Batch *batch, size_t from, size_t *ret_next, GError **error)
{
    g_assert(conn->driver->load != NULL && from <= batch->row_count);
    size_t next = from;
    /* no clause is added: an INVALID one is the reason that goes into the quarantine */
    bool done = conn->driver->load->put(conn, batch, from, &next, error);
    g_assert(next >= from && (done ? next == batch->row_count : next <= batch->row_count));
    *ret_next = next;
    return done;
}

bool
conn_quarantine(Conn *conn, int64_t row_id, const json_t *record, const char *column,
                const char *reason, GError **error)
{
    g_assert(conn->driver->load != NULL && reason != NULL);
    return conn->driver->load->quarantine(conn, row_id, record, column, reason, error) ||
           fail_in(error, "cannot put row %" G_GINT64_FORMAT " aside", row_id);
}

bool
conn_commit(Conn *conn, const RangeResult *result, GError **error)
{
    g_assert(conn->driver->load != NULL);
    g_assert(result->rows_in == result->rows_out + result->rejected);
    return conn->driver->load->commit(conn, result, error) || fail_in(error, "cannot commit");
}

void
conn_rollback(Conn *conn)
{
    if (conn->driver->load != NULL)
        conn->driver->load->rollback(conn);
}

bool
conn_fence(Conn *conn, const Writer *writer, GError **error)
{
    const LoadOps *load = conn->driver->load;
    if (load == NULL)
        return fail_role(conn, "be written", error);
    check_writer(writer);
    return load->fence(conn, writer, error) ||
           fail_in(error, "cannot raise the fence of '%s' in store '%s'", writer->task,
                   conn->store);
}

bool
conn_ledger_find(Conn *conn, const char *plan, const char *range, bool *ret_found, RangeResult *ret,
                 GError **error)
{
    const LoadOps *load = conn->driver->load;
    if (load == NULL)
        return fail_role(conn, "be written", error);
    return load->ledger_find(conn, plan, range, ret_found, ret, error) ||
           fail_in(error, "cannot read the ledger in store '%s'", conn->store);
}

bool
conn_ledger_sum(Conn *conn, const char *plan, RangeResult *ret, int64_t *ret_ranges, GError **error)
{
    const LoadOps *load = conn->driver->load;
    if (load == NULL)
        return fail_role(conn, "be written", error);
    return load->ledger_sum(conn, plan, ret, ret_ranges, error) ||
           fail_in(error, "cannot read the ledger in store '%s'", conn->store);
}

bool
conn_quarantined(Conn *conn, const char *plan, int64_t rows_max, json_t **ret, GError **error)
{
    const LoadOps *load = conn->driver->load;
    if (load == NULL)
        return fail_role(conn, "be written", error);
    return load->quarantined(conn, plan, rows_max, ret, error) ||
           fail_in(error, "cannot read the quarantine in store '%s'", conn->store);
}

bool
conn_keeps_key(Conn *conn, const char *object, bool *ret, GError **error)
{
    const ScanOps *scan = conn->driver->scan;
    *ret = false;
    return scan == NULL || scan->keeps_key == NULL || scan->keeps_key(conn, object, ret, error) ||
           fail_object(conn, "look at the key of", object, error);
}

bool
conn_key_may_wait(Conn *conn, const char *object, const Schema *schema, const GPtrArray *unique,
                  bool *ret, GError **error)
{
    const LoadOps *load = conn->driver->load;
    g_assert(unique->len > 0);
    *ret = false;
    return load == NULL || load->key_may_wait == NULL ||
           load->key_may_wait(conn, object, schema, unique, ret, error) ||
           fail_object(conn, "look at the keys of", object != NULL ? object : schema->dataset,
                       error);
}

bool
conn_put_off_keys(Conn *conn, const char *stage, const GPtrArray *unique, const Writer *writer,
                  GError **error)
{
    const LoadOps *load = conn->driver->load;
    g_assert(unique->len > 0);
    check_writer(writer);
    return load == NULL || load->put_off_keys == NULL ||
           load->put_off_keys(conn, stage, unique, writer, error) ||
           fail_object(conn, "put off the keys of", stage, error);
}

bool
conn_make_keys(Conn *conn, const char *stage, const char *like, const Schema *schema,
               const Writer *writer, GError **error)
{
    const LoadOps *load = conn->driver->load;
    check_writer(writer);
    return load == NULL || load->make_keys == NULL ||
           load->make_keys(conn, stage, like, schema, writer, error) ||
           fail_object(conn, "make the keys of", stage, error);
}

bool
conn_finish(Conn *conn, const char *stage, const char *like, const Writer *writer, GError **error)
{
    const LoadOps *load = conn->driver->load;
    if (load == NULL)
        return fail_role(conn, "be written", error);
    check_writer(writer);
    if (!check_object(conn, stage, error))
        return false;
    return load->finish(conn, stage, like, writer, error) ||
           fail_object(conn, "finish", stage, error);
}

bool
conn_has_forms(Conn *conn, const char *object, const Schema *schema, bool *ret, GError **error)
{
    const LoadOps *load = conn->driver->load;
    *ret = false;
    return load == NULL || load->has_forms == NULL ||
           load->has_forms(conn, object, schema, ret, error) ||
           fail_object(conn, "look at the types of", object, error);
}

bool
conn_as_kept(Conn *conn, const char *object, const Schema *schema, const Batch *in, Batch *out,
             RejectFn *reject, void *data, GError **error)
{
    g_assert(out->row_count == 0);
    return conn->driver->load->as_kept(conn, object, schema, in, out, reject, data, error) ||
           fail_object(conn, "bring rows into the form of", object, error);
}

bool
conn_can_push(Conn *target, const StoreConfig *source, const ScanSpec *spec)
{
    const PushOps *push = target->driver->push;
    return push != NULL && push->can(target, source, spec);
}

bool
conn_push_look(Conn *target, Conn *source, const StoreConfig *store, const ScanSpec *spec,
               Program *program, const char *object, PlaceFn *tell, void *data, char **ret_note,
               GError **error)
{
    const PushOps *push = target->driver->push;
    if (push == NULL)
        return fail_role(target, "copy by itself", error);
    return push->look(target, source, store, spec, program, object, tell, data, ret_note, error) ||
           fail_object(target, "look how rows get into",
                       object != NULL ? object : "what is not there", error);
}

bool
conn_push(Conn *target, Conn *source, const StoreConfig *store, const ScanSpec *spec,
          Program *program, const char *stage, const Writer *writer, bool hash, RangeResult *ret,
          GError **error)
{
    const PushOps *push = target->driver->push;
    if (push == NULL)
        return fail_role(target, "copy by itself", error);
    check_writer(writer);
    if (!push->range(target, source, store, spec, program, stage, writer, hash, ret, error))
        return fail_in(error, "cannot fill range '%s' of '%s'", writer->range, stage);
    g_assert(ret->rows_in == ret->rows_out + ret->rejected);
    return true;
}

/* --- freezing and swapping --- */

bool
conn_can_gauge(const Conn *conn)
{
    return conn->driver->gauge != NULL;
}

bool
conn_gauge(Conn *conn, Gauge gauge, int64_t *ret, GError **error)
{
    if (!conn_can_gauge(conn))
        return fail(error, ERR_UNSUPPORTED, "store '%s' (%s) does not tell how it does",
                    conn->store, conn->driver->name);
    return conn->driver->gauge(conn, gauge, ret, error) ||
           fail_in(error, "store '%s'", conn->store);
}

bool
conn_unique_columns(Conn *conn, const char *object, GPtrArray **ret, GError **error)
{
    if (!check_object(conn, object, error))
        return false;
    if (conn->driver->unique_columns != NULL)
        return conn->driver->unique_columns(conn, object, ret, error) ||
               fail_object(conn, "look at", object, error);
    *ret = g_ptr_array_new_with_free_func(g_free);
    return true;
}

bool
conn_can_repair(const Conn *conn)
{
    return conn->driver->repair != NULL;
}

bool
repair_each_row(GPtrArray *const batches[REPAIR_KINDS], RepairRowFn *each, void *data,
                GError **error)
{
    for (int kind = 0; kind < REPAIR_KINDS; kind++)
        for (guint i = 0; i < batches[kind]->len; i++) {
            const Batch *batch = batches[kind]->pdata[i];
            for (size_t row = 0; row < batch->row_count; row++)
                if (!each(data, (RepairKind) kind, batch, row, error))
                    return false;
        }
    return true;
}

bool
conn_repair(Conn *conn, const char *object, const Schema *schema,
            GPtrArray *const batches[REPAIR_KINDS], GError **error)
{
    if (!conn_can_repair(conn))
        return fail_role(conn, "change single rows", error);
    if (!check_object(conn, object, error))
        return false;
    g_assert(schema->key->len > 0);
    return conn->driver->repair(conn, object, schema, batches, error) ||
           fail_object(conn, "repair", object, error);
}

bool
conn_freeze(Conn *conn, const char *object, const char *why, GError **error)
{
    const FreezeOps *freeze = conn->driver->freeze;
    if (freeze == NULL)
        return fail_role(conn, "stop its writers", error);
    if (!check_object(conn, object, error))
        return false;
    return freeze->freeze(conn, object, why, error) || fail_object(conn, "freeze", object, error);
}

bool
conn_thaw(Conn *conn, const char *object, GError **error)
{
    const FreezeOps *freeze = conn->driver->freeze;
    if (freeze == NULL)
        return fail_role(conn, "stop its writers", error);
    if (!check_object(conn, object, error))
        return false;
    return freeze->thaw(conn, object, error) || fail_object(conn, "thaw", object, error);
}

bool
conn_is_frozen(Conn *conn, const char *object, bool *ret, GError **error)
{
    const FreezeOps *freeze = conn->driver->freeze;
    if (freeze == NULL)
        return fail_role(conn, "stop its writers", error);
    if (!check_object(conn, object, error))
        return false;
    return freeze->is_frozen(conn, object, ret, error) ||
           fail_object(conn, "look at", object, error);
}

bool
conn_swap(Conn *conn, const char *stage, const char *target, const char *kept, const Writer *writer,
          GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "swap one dataset for another", error);
    check_writer(writer);
    if (!check_object(conn, stage, error) || !check_object(conn, target, error) ||
        !check_object(conn, kept, error))
        return false;
    return swap->swap(conn, stage, target, kept, writer, error) ||
           fail_in(error, "cannot put '%s' in the place of '%s'", stage, target);
}

bool
conn_swap_back(Conn *conn, const char *stage, const char *target, const char *kept,
               const char *lost, bool give_up, const Writer *writer, int64_t *ret_rows,
               GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "swap one dataset for another", error);
    check_writer(writer);
    if (!check_object(conn, stage, error) || !check_object(conn, target, error) ||
        !check_object(conn, kept, error) || !check_object(conn, lost, error))
        return false;
    return swap->back(conn, stage, target, kept, lost, give_up, writer, ret_rows, error) ||
           fail_in(error, "cannot put '%s' back in its place", target);
}

bool
conn_swap_state(Conn *conn, const char *stage, const char *target, const char *kept,
                const char *plan, SwapState *ret, GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "swap one dataset for another", error);
    return swap->state(conn, stage, target, kept, plan, ret, error) ||
           fail_object(conn, "look at", target, error);
}

bool
conn_swap_written(Conn *conn, const char *plan, int64_t *ret_rows, GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "swap one dataset for another", error);
    return swap->written(conn, plan, ret_rows, error) ||
           fail_in(error, "cannot count what was written since the swap of '%s'", plan);
}

bool
conn_swap_carried(Conn *conn, const char *plan, GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL || swap->carried == NULL)
        return fail_role(conn, "forget what was written since a swap", error);
    return swap->carried(conn, plan, error) ||
           fail_in(error, "cannot forget what was written since the swap of '%s'", plan);
}

bool
conn_settle(Conn *conn, const char *plan, GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "end the way back of a swap", error);
    return swap->settle(conn, plan, error) ||
           fail_in(error, "cannot clear away the bookkeeping of plan '%s'", plan);
}

bool
conn_drop(Conn *conn, const char *object, GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "drop a dataset", error);
    if (!check_object(conn, object, error))
        return false;
    return swap->drop(conn, object, error) || fail_object(conn, "drop", object, error);
}
