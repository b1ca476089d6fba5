/* writing.c - driver.h's wrappers about writing: stages, ranges and their ledger, keys, pushed statements, repair. */
#include "driver/wrapper.h"

char *
stage_target_name(const char *stage)
{
    const char *mark = g_strrstr(stage, "__honk");
    return mark != NULL && mark > stage ? g_strndup(stage, (gsize) (mark - stage))
                                        : g_strdup(stage);
}

char *
stage_name_within(const char *name, size_t most, StageNameLength *length)
{
    g_autofree char *target = stage_target_name(name);
    const char *mark = name + strlen(target);
    if (length(name) <= most || *mark == '\0')
        return g_strdup(name);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, target, -1);
    g_autofree char *ending = g_strdup_printf("__%.8s%s", digest, mark);
    for (char *end = target + strlen(target);
         end > target && length(target) + length(ending) > most; *end = '\0')
        end = g_utf8_prev_char(end); /* letters are not cut */
    return g_strconcat(target, ending, NULL);
}

/* What the store would say of them in words of its own, without what to do. */
static bool
check_names(const Schema *schema, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const char *name = schema_column(schema, i)->name;
        char *folded = g_ascii_strdown(name, -1);
        const char *other = g_hash_table_lookup(seen, folded);
        if (!g_hash_table_insert(seen, folded, (void *) name))
            return fail(error, ERR_INVALID,
                        "columns '%s' and '%s' would be one there, as upper and lower case are the "
                        "same: a mapping gives one of them another name",
                        other, name);
    }
    return true;
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
    return ((schema == NULL || !load->names_fold || check_names(schema, error)) &&
            load->stage(conn, stage, like, schema, writer, error)) ||
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
conn_keeps_targets(const Conn *conn)
{
    return conn->driver->load != NULL && conn->driver->load->keeps_targets;
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
    g_autofree char *text = g_utf8_make_valid(reason, -1); /* it may quote a value, or a name */
    return conn->driver->load->quarantine(conn, row_id, record, column, text, error) ||
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
conn_finish(Conn *conn, const char *stage, const char *like, const Schema *schema,
            const Writer *writer, GError **error)
{
    const LoadOps *load = conn->driver->load;
    if (load == NULL)
        return fail_role(conn, "be written", error);
    check_writer(writer);
    if (!check_object(conn, stage, error))
        return false;
    return load->finish(conn, stage, like, schema, writer, error) ||
           fail_object(conn, "finish", stage, error);
}

bool
conn_says_all(const Conn *conn)
{
    return conn->driver->load != NULL && conn->driver->load->says_all;
}

bool
conn_holds(void *conn, const Schema *made, const Dependent *along)
{
    const LoadOps *load = ((const Conn *) conn)->driver->load;
    return load != NULL && load->holds != NULL && load->holds(conn, made, along);
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

struct RowLook {
    const LookOps *ops;
    void *data; /* NULL: nothing is refused */
    size_t columns;
    const Schema *schema;
};

bool
conn_look(Conn *conn, const char *object, const Schema *schema, RowLook **ret, GError **error)
{
    const LoadOps *load = conn->driver->load;
    const LookOps *ops = load != NULL ? load->look : NULL;
    bool is_there = false;
    void *data = NULL;
    if (ops != NULL && object != NULL && !conn_exists(conn, object, &is_there, error))
        return false;
    if (ops != NULL && !ops->begin(conn, object, is_there, schema, &data, error))
        return fail_object(conn, "look at the columns of",
                           object != NULL ? object : "what is not there", error);
    *ret = g_new0(RowLook, 1);
    **ret = (RowLook){.ops = ops, .data = data, .columns = schema_count(schema), .schema = schema};
    return true;
}

static bool
look_at_cells(const RowLook *look, const Batch *batch, size_t row, RejectFn *reject, void *data)
{
    for (size_t i = 0; look->ops->cell != NULL && i < look->columns; i++) {
        g_autofree char *reason = look->ops->cell(look->data, batch, i, row);
        if (reason == NULL)
            continue;
        reject(batch->row_ids[row], row, schema_column(look->schema, i)->name, reason, data);
        return false;
    }
    return true;
}

void
row_look_over(RowLook *look, const Batch *batch, RejectFn *reject, void *data)
{
    for (size_t row = 0; look->data != NULL && row < batch->row_count; row++) {
        if (!look_at_cells(look, batch, row, reject, data) || look->ops->row == NULL)
            continue;
        g_autofree char *reason = look->ops->row(look->data, batch, row);
        if (reason != NULL)
            reject(batch->row_ids[row], row, NULL, reason, data);
    }
}

void
row_look_free(RowLook *look)
{
    if (look->data != NULL)
        look->ops->end(look->data);
    g_free(look);
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
