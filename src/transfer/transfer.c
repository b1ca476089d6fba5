/*
 * transfer.c - binding the two sides.
 */
#include "transfer/inside.h"

#include <string.h>
#include <sys/stat.h>

/* One file has one writer at a time, and a reader of its own would stand in that writer's way. Files that are read in
 * another way than they are written are not one store. */
static bool
is_same_store(const StoreConfig *a, const StoreConfig *b)
{
    struct stat one, other;
    const json_t *a_format = json_object_get(a->settings, "format");
    const json_t *b_format = json_object_get(b->settings, "format");
    if (a == b || strcmp(a->driver, b->driver) != 0)
        return a == b;
    if (a_format != b_format && !json_equal(a_format, b_format))
        return false;
    const char *left = json_get_string(a->settings, "path", NULL);
    const char *right = json_get_string(b->settings, "path", NULL);
    if (left == NULL || right == NULL)
        return strcmp(a->name, b->name) == 0 && json_equal(a->settings, b->settings);
    return stat(left, &one) == 0 && stat(right, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* The schema that decides the types: the stage's, else the target's; NULL when there is neither, or it has lost its columns. */
static bool
describe_target(Transfer *transfer, Schema **ret, const char **ret_object, GError **error)
{
    const char *objects[] = {transfer->spec.stage, transfer->spec.target};
    *ret = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(objects) && *ret == NULL; i++) {
        g_autoptr(GError) missing = NULL;
        *ret_object = objects[i];
        if (objects[i] == NULL || conn_outline(transfer->target, objects[i], ret, &missing) ||
            error_is(missing, ERR_NOT_FOUND))
            continue;
        g_propagate_error(error, g_steal_pointer(&missing));
        return false;
    }
    if (*ret != NULL && schema_count(*ret) == 0)
        g_clear_pointer(ret, schema_free);
    return true;
}

/* Rows that are only compared, column by column of the same name, need no key, and none of the columns that the source
 * lacks: a topic has a key of its own, and a table that was filled from one has it as a column. */
static void
forget_what_is_not_compared(const Mapping *identity, Schema *target)
{
    g_autoptr(GPtrArray) compared = mapping_targets(identity);
    for (guint i = 0; i < target->columns->len; i++) {
        Column *column = target->columns->pdata[i];
        bool is_compared =
            g_ptr_array_find_with_equal_func(compared, column->name, g_str_equal, NULL);
        column->has_default = column->has_default || !is_compared;
    }
    if (mapping_key(identity)->len < target->key->len)
        g_ptr_array_set_size(target->key, 0);
}

static void
take_as_bytes(Schema *schema, const char *name)
{
    size_t at = 0;
    if (schema != NULL && schema_find(schema, name, &at) != NULL)
        ((Column *) schema->columns->pdata[at])->type = TYPE_BYTES;
}

/* A column that was taken for a text since most of what was seen of it is one, and is bytes on the other side, is bytes: of what is no
 * UTF-8 both would else be judged in different ways. */
static void
agree_on_bytes(Transfer *transfer, const Mapping *mapping, Schema *source, Schema *target)
{
    for (size_t i = 0; target != NULL && i < schema_count(target); i++) {
        const Column *to = schema_column(target, i);
        const char *name = mapping_taken_from(mapping, to->name);
        const Column *from = name != NULL ? schema_find(source, name, NULL) : NULL;
        if (from == NULL)
            continue;
        if (from->type == TYPE_BYTES && conn_is_vague(transfer->target, to))
            take_as_bytes(target, to->name);
        if (to->type == TYPE_BYTES && conn_is_vague(transfer->source, from) &&
            mapping_only_takes(mapping)) {
            take_as_bytes(source, name);
            take_as_bytes(transfer->known, name);
        }
    }
}

/* To be compared it is read like all others. */
static void
compare_computed(const Transfer *transfer, Schema *target)
{
    bool only_reads = transfer->spec.plan == NULL && !transfer->spec.repairs;
    for (guint i = 0; target != NULL && only_reads && i < target->columns->len; i++)
        ((Column *) target->columns->pdata[i])->is_generated = false;
}

/* Nothing says what a column of a file is, and nobody changes single rows there. So where no mapping says it either, its texts are read as what the
 * source has: "1.10" is the number that it is, whichever side it stands on. */
static void
read_as_source(const Transfer *transfer, const Schema *source, Schema *target)
{
    if (target == NULL || transfer->spec.plan != NULL || conn_has_sql(transfer->target) ||
        transfer->target->driver->repair != NULL)
        return;
    for (guint i = 0; i < target->columns->len; i++) {
        Column *column = target->columns->pdata[i];
        const Column *from = schema_find(source, column->name, NULL);
        bool is_number = column->type == TYPE_INT || column->type == TYPE_FLOAT;
        bool is_open =
            column->type == TYPE_TEXT ||
            (is_number && from != NULL && (from->type == TYPE_DECIMAL || from->type == TYPE_FLOAT));
        if (from != NULL && is_open && from->type != TYPE_TEXT && from->type != TYPE_BYTES)
            column->type = from->type;
    }
}

/* What a mapping makes may be NULL in every row, and then it is no column that could be found where rows are to be compared. */
static void
expect_nulls(const Transfer *transfer, const Mapping *mapping, Schema *target)
{
    if (target == NULL || transfer->spec.plan != NULL || !conn_hides_nulls(transfer->target))
        return;
    g_autoptr(GPtrArray) made = mapping_targets(mapping);
    for (guint i = 0; i < made->len; i++)
        if (schema_find(target, made->pdata[i], NULL) == NULL)
            schema_add(target, made->pdata[i], TYPE_TEXT, "", true);
}

/* All that is read is read by one schema, whatever rows show later. */
static bool
describe_source(Transfer *transfer, Schema **ret, GError **error)
{
    bool finds = conn_finds_columns(transfer->source);
    if (finds && transfer->spec.source_schema != NULL)
        *ret = schema_copy(transfer->spec.source_schema);
    else if (!conn_outline(transfer->source, transfer->spec.source, ret, error))
        return false;
    transfer->known = finds ? schema_copy(*ret) : NULL;
    return true;
}

static bool
bind_program(Transfer *transfer, GError **error)
{
    g_autoptr(Schema) source = NULL;
    g_autoptr(Schema) target = NULL;
    const char *object = NULL;
    bool has_forms = false;
    const Mapping *mapping = transfer->spec.mapping;
    if (!describe_source(transfer, &source, error) ||
        !describe_target(transfer, &target, &object, error))
        return false;
    if (mapping == NULL) {
        compare_computed(transfer, target);
        read_as_source(transfer, source, target);
        if (!mapping_identity(source, target != NULL ? target : source, &transfer->identity, error))
            return false;
        mapping = mapping_get(transfer->identity, 0);
        if (target != NULL && transfer->spec.plan == NULL)
            forget_what_is_not_compared(mapping, target);
    }
    expect_nulls(transfer, mapping, target);
    agree_on_bytes(transfer, mapping, source, target);
    if (!program_new(mapping, source, target, conn_has_sql(transfer->source), &transfer->program,
                     error) ||
        (target != NULL && !conn_has_forms(transfer->target, object,
                                           program_target(transfer->program), &has_forms, error)))
        return false;
    if (conn_keeps_odd(transfer->source) && conn_keeps_odd(transfer->target))
        program_take_odd(transfer->program);
    if (has_forms) {
        transfer->forms = g_strdup(object);
        transfer->mapped = batch_new_for(program_target(transfer->program));
    }
    return true;
}

bool
transfer_apply(Transfer *transfer, Batch *in, Batch *out, RejectFn *reject, void *data,
               GError **error)
{
    if (transfer->forms == NULL)
        return program_apply(transfer->program, in, out, reject, data, error);
    batch_reset(transfer->mapped);
    return program_apply(transfer->program, in, transfer->mapped, reject, data, error) &&
           conn_as_kept(transfer->target, transfer->forms, program_target(transfer->program),
                        transfer->mapped, out, reject, data, error);
}

/* What holds a snapshot can write nothing. */
static bool
open_source(Transfer *transfer, GError **error)
{
    const TransferSpec *spec = &transfer->spec;
    if (!spec->holds && is_same_store(spec->source_store, spec->target_store)) {
        transfer->source = transfer->target;
        return true;
    }
    const Conn *other = spec->beside != NULL ? spec->beside->source : NULL;
    return conn_open(spec->source_store, &transfer->source, error) &&
           (!spec->holds || conn_hold(transfer->source, other, error)) &&
           (!spec->holds_both || conn_hold(transfer->target, transfer->source, error));
}

bool
transfer_open(const TransferSpec *spec, Transfer **ret, GError **error)
{
    g_autoptr(Transfer) transfer = g_new0(Transfer, 1);
    transfer->spec = *spec;
    if (!conn_open(spec->target_store, &transfer->target, error))
        return false;
    if (!open_source(transfer, error))
        return false;
    transfer->target->passes_freeze = spec->passes_freeze;
    if (!bind_program(transfer, error))
        return false;
    ScanSpec scan = transfer_scan_spec(transfer, NULL);
    transfer->pushes = spec->push_allowed &&
                       (!spec->holds || conn_hands_snapshot_on(transfer->source)) &&
                       conn_can_push(transfer->target, spec->source_store, &scan);
    *ret = g_steal_pointer(&transfer);
    return true;
}

void
transfer_close(Transfer *transfer)
{
    if (transfer == NULL)
        return;
    program_free(transfer->program);
    batch_free(transfer->mapped);
    g_free(transfer->forms);
    schema_free(transfer->known);
    mapping_set_free(transfer->identity);
    if (transfer->source != transfer->target)
        conn_close(transfer->source);
    conn_close(transfer->target);
    g_free(transfer);
}

const Schema *
transfer_schema(const Transfer *transfer)
{
    return program_target(transfer->program);
}

bool
transfer_shares_snapshot(const Transfer *transfer)
{
    return conn_shares_snapshot(transfer->source);
}

bool
transfer_count(Transfer *transfer, int64_t *ret_rows, GError **error)
{
    const char *where = conn_has_sql(transfer->source) ? program_where(transfer->program) : NULL;
    g_autoptr(GError) refused = NULL;
    if (conn_count(transfer->source, transfer->spec.source, where, ret_rows, &refused))
        return true;
    if (where != NULL && error_is(refused, ERR_INVALID)) {
        *ret_rows = -1;
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&refused));
    return false;
}

int64_t
transfer_bytes(const Transfer *transfer)
{
    return transfer->bytes;
}

bool
transfer_may_rest(const Transfer *transfer)
{
    return !conn_locks_store(transfer->target);
}

ScanSpec
transfer_scan_spec(const Transfer *transfer, const json_t *range)
{
    ScanSpec spec = {.object = transfer->spec.source,
                     .known = transfer->known,
                     .output = program_input(transfer->program),
                     .range = range};
    spec.item_count = program_items(transfer->program, &spec.items);
    if (spec.item_count == 0)
        spec.items = NULL;
    if (conn_has_sql(transfer->source))
        spec.where = program_where(transfer->program);
    return spec;
}

void
read_back_init(ReadBack *back, const Transfer *transfer, const char *object, const json_t *range)
{
    const Schema *schema = program_target(transfer->program);
    size_t count = schema_count(schema);
    back->items = g_new0(SourceItem, count);
    for (size_t i = 0; i < count; i++)
        back->items[i].name = schema_column(schema, i)->name;
    back->spec = (ScanSpec){.object = object,
                            .items = back->items,
                            .item_count = count,
                            .output = schema,
                            .range = range};
}

void
read_back_clear(ReadBack *back)
{
    g_free(back->items);
    back->items = NULL;
}

void
transfer_set_tick(Transfer *transfer, TickFn *tick, void *data)
{
    conn_set_tick(transfer->source, tick, data);
    conn_set_tick(transfer->target, tick, data);
}

void
transfer_set_confirm(Transfer *transfer, ConfirmFn *confirm, void *data)
{
    conn_set_confirm(transfer->target, confirm, data);
}

bool
transfer_tick(TickFn *tick, void *data, int64_t rows, GError **error)
{
    if (tick == NULL || tick(rows, data))
        return true;
    return fail(error, ERR_STOPPED, "asked to stop");
}

bool
transfer_probe(Transfer *transfer, const json_t *range, bool *ret_applied, RangeResult *ret,
               GError **error)
{
    const TransferSpec *spec = &transfer->spec;
    Writer writer = {.plan = spec->plan, .task = spec->task, .token = spec->token};
    return conn_fence(transfer->target, &writer, error) &&
           conn_ledger_find(transfer->target, spec->plan, json_get_string(range, "name", ""),
                            ret_applied, ret, error);
}
