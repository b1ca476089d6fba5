/*
 * relay.c - a range from one session to another, row by row as it comes off the wire.
 *
 *   COPY (SELECT … WHERE range) TO STDOUT ─► cells ─► hashed, handed on as they came or computed ─► COPY stage FROM STDIN
 *
 * A cell is handed on undecoded where both columns have the same form on the wire; it is looked at only to be hashed, and, where
 * the columns' lengths or precisions differ, to see that it is not bent. All others are what the mapping makes of the row. Where
 * every column is like its source, the row goes on in one piece. There
 * is one COPY for the whole range and no savepoint: a row that is not as it should be is INVALID, nothing is written then, and the
 * caller takes the way that finds the offenders.
 */
#include "base/limits.h"
#include "driver/postgres/scan.h"

#include <string.h>

#define SEND_BYTES (128 * 1024) /* handed to libpq at once */
#define TICK_ROWS 4096

/* Of one column that is written. */
typedef struct {
    const PgTarget *target;
    int item;     /* whose cell is handed on; -1: the value is computed */
    bool is_like; /* as long and as precise as its source: it bends nothing */
    bool has_form;
} Lane;

typedef struct {
    PgConn *to;
    PgScan *scan;
    Program *program;
    GArray *targets;
    Lane *lanes;
    bool is_whole; /* rows go on in one piece: each cell is that of the column in the same place */
    Value *inputs;
    GString **scratches; /* of the inputs */
    GString *out, *form;
    RowHasher hasher;
    HashSum sum;
} Relay;

static void
relay_clear(Relay *relay)
{
    for (guint i = 0; relay->scratches != NULL && i < relay->scan->items->len; i++)
        g_string_free(relay->scratches[i], TRUE);
    g_free(relay->scratches);
    g_free(relay->inputs);
    g_free(relay->lanes);
    g_clear_pointer(&relay->targets, g_array_unref);
    g_string_free(relay->out, TRUE);
    g_string_free(relay->form, TRUE);
    row_hasher_clear(&relay->hasher);
    pg_scan_free(relay->scan);
}

/* --- what becomes of each column --- */

static bool
is_text_on_the_wire(unsigned oid)
{
    return oid == OID_TEXT || oid == OID_VARCHAR || oid == OID_NAME || oid == OID_JSON;
}

static Lane
lane_of(const Relay *relay, const PgTarget *target)
{
    Lane lane = {.target = target, .item = -1, .has_form = pg_has_form(target)};
    int item = program_input_of(relay->program, target->column);
    if (item < 0)
        return lane;
    unsigned from = relay->scan->types[item].oid;
    bool is_same =
        from == target->base || (is_text_on_the_wire(from) &&
                                 (is_text_on_the_wire(target->base) || target->base == OID_BPCHAR));
    if (is_same && pg_type_of(from) == target->type)
        lane.item = item;
    lane.is_like = from == target->base && relay->scan->modifiers[item] == target->modifier;
    return lane;
}

/* INVALID where the other way is needed: types that travel as texts, values that are cast while they are read. */
static bool
look_at_columns(Relay *relay, GError **error)
{
    const PgScan *scan = relay->scan;
    const PgTarget *targets = (const PgTarget *) (void *) relay->targets->data;
    const Schema *input = program_input(relay->program);
    if (scan->conn->is_ascii || scan->items->len != schema_count(input) ||
        relay->targets->len != schema_count(program_target(relay->program)))
        return fail(error, ERR_INVALID, "the columns cannot be handed on");
    for (guint i = 0; i < relay->targets->len; i++)
        if (!encode_is_binary(&targets[i], 1))
            return fail(error, ERR_INVALID, "the type of column '%s' is known to its server alone",
                        targets[i].name);
    for (guint i = 0; i < scan->items->len; i++)
        if (pg_type_of(scan->types[i].oid) != schema_column(input, i)->type)
            return fail(error, ERR_INVALID, "a column is read as another type");
    relay->lanes = g_new0(Lane, relay->targets->len);
    relay->is_whole = relay->targets->len == scan->items->len;
    for (guint i = 0; i < relay->targets->len; i++) {
        relay->lanes[i] = lane_of(relay, &targets[i]);
        relay->is_whole =
            relay->is_whole && relay->lanes[i].item == (int) i && relay->lanes[i].is_like;
    }
    relay->inputs = g_new0(Value, scan->items->len);
    relay->scratches = g_new0(GString *, scan->items->len);
    for (guint i = 0; i < scan->items->len; i++)
        relay->scratches[i] = g_string_new(NULL);
    return true;
}

/* --- rows --- */

static bool
fail_cell(const char *column, const char *reason, GError **error)
{
    return fail(error, ERR_INVALID, "%s: %s", column, reason);
}

/* The value in the form that the column keeps. */
static bool
make_value(Relay *relay, const Lane *lane, Value *ret, GError **error)
{
    g_autofree char *reason = NULL;
    if (!program_eval(relay->program, lane->target->column, relay->inputs, ret, &reason))
        return fail_cell(lane->target->name, reason, error);
    if (!lane->has_form || ret->is_null)
        return true;
    if (!pg_form(lane->target->base, ret->s.data, ret->s.bytes, relay->form))
        return fail_cell(lane->target->name, "only the server knows its form", error);
    ret->s.data = relay->form->str;
    ret->s.bytes = relay->form->len;
    return true;
}

static bool
hand_on_made(Relay *relay, const Lane *lane, GError **error)
{
    g_autofree char *reason = NULL;
    Value made;
    if (!make_value(relay, lane, &made, error))
        return false;
    value_hash(&made, &relay->hasher);
    return encode_value(relay->out, lane->target, &made, &reason) ||
           fail_cell(lane->target->name, reason, error);
}

static bool
check_is_kept(const Lane *lane, const Value *value, GError **error)
{
    g_autofree char *reason = NULL;
    return value->is_null || pg_keeps(lane->target, value, &reason) ||
           fail_cell(lane->target->name, reason, error);
}

static bool
hand_on(Relay *relay, const Lane *lane, GError **error)
{
    if (lane->item < 0)
        return hand_on_made(relay, lane, error);
    const Value *value = &relay->inputs[lane->item];
    const WireCell *cell = &relay->scan->cells[lane->item];
    if (!lane->is_like && !check_is_kept(lane, value, error))
        return false;
    value_hash(value, &relay->hasher);
    if (cell->is_null)
        encode_null(relay->out);
    else
        encode_cell(relay->out, cell->data, cell->bytes);
    return true;
}

static bool
hand_on_each(Relay *relay, GError **error)
{
    encode_count(relay->out, relay->targets->len);
    for (guint i = 0; i < relay->targets->len; i++)
        if (!hand_on(relay, &relay->lanes[i], error))
            return false;
    return true;
}

static bool
take_cell(Relay *relay, guint item, GError **error)
{
    PgScan *scan = relay->scan;
    char *reason = NULL;
    if (wire_value(&scan->cells[item], scan->types[item], relay->scratches[item],
                   &relay->inputs[item], &reason))
        return true;
    fail_cell(scan->names->pdata[item], reason, error);
    g_free(reason);
    return false;
}

static bool
hash_whole(Relay *relay, GError **error)
{
    PgScan *scan = relay->scan;
    RowHash hash;
    size_t column = 0;
    g_autofree char *reason = NULL;
    if (!pg_hash_cells(scan->cells, scan->types, scan->items->len, scan->scratch, &relay->hasher,
                       &hash, &column, &reason))
        return fail_cell(scan->names->pdata[column], reason, error);
    hash_sum_add(&relay->sum, hash);
    return true;
}

static bool
relay_row(Relay *relay, const char *row, size_t bytes, GError **error)
{
    PgScan *scan = relay->scan;
    size_t count = 0;
    if (!wire_row(&scan->reader, row, bytes, scan->cells, scan->items->len, &count))
        return fail(error, ERR_INTERNAL, "the server sent what is not COPY's binary form");
    if (count == 0)
        return true;
    if (relay->is_whole) {
        if (!hash_whole(relay, error))
            return false;
        encode_whole(relay->out, row + scan->reader.head, bytes - scan->reader.head);
        return true;
    }
    for (guint i = 0; i < scan->items->len; i++)
        if (!take_cell(relay, i, error))
            return false;
    row_hasher_begin(&relay->hasher);
    if (!hand_on_each(relay, error))
        return false;
    hash_sum_add(&relay->sum, row_hasher_end(&relay->hasher));
    return true;
}

static bool
send_out(Relay *relay, GError **error)
{
    GString *out = relay->out;
    if (!pg_put(relay->to, relay->to->db, out, error))
        return false;
    g_string_truncate(out, 0);
    return true;
}

static bool
relay_ticks(Relay *relay, GError **error)
{
    PgConn *to = relay->to;
    to->rows_done = relay->scan->conn->rows_done = relay->sum.rows;
    return relay->sum.rows % TICK_ROWS != 0 || pg_ticks(to, error);
}

/* All rows; both sessions are in the middle of their COPY. */
static bool
relay_rows(Relay *relay, GError **error)
{
    PgScan *scan = relay->scan;
    encode_begin(relay->out, true);
    for (;;) {
        char *row = NULL;
        size_t bytes = 0;
        if (!pg_copied(scan->conn, scan->db, &row, &bytes, error))
            return false;
        if (row == NULL)
            break;
        bool done = relay_row(relay, row, bytes, error);
        PQfreemem(row);
        if (!done || (relay->out->len >= SEND_BYTES && !send_out(relay, error)) ||
            !relay_ticks(relay, error))
            return false;
    }
    scan->is_copying = false;
    encode_end(relay->out, true);
    return send_out(relay, error);
}

static bool
relay_range(Relay *relay, const char *stage, GError **error)
{
    PgConn *to = relay->to;
    PgScan *scan = relay->scan;
    g_autofree char *columns = pg_target_list(relay->targets);
    g_autofree char *copy =
        g_strdup_printf("COPY %s (%s) FROM STDIN (FORMAT binary)", stage, columns);
    if (!pg_scan_start(scan, scan->condition, scan->where, error))
        return false;
    bool is_open = pg_run_on(to, to->db, copy, NULL, error);
    if (is_open && relay_rows(relay, error))
        return pg_end_copy(to, error);
    if (is_open)
        pg_give_up(to->db);
    if (scan->is_copying)
        pg_cancel(scan->db);
    scan->is_copying = false;
    return false;
}

bool
pg_relay(PgConn *to, PgConn *from, const ScanSpec *spec, Program *program,
         const PgDescription *stage, bool hash, RangeResult *ret, GError **error)
{
    Relay relay = {.to = to, .program = program};
    relay.scan = pg_scan_new(from);
    relay.scan->is_bare = true;
    /* else one is borrowed: what fails in it must end neither the range nor what is held */
    relay.scan->db = from != to && from->snapshot == NULL ? from->db : NULL;
    relay.out = g_string_sized_new(SEND_BYTES + BATCH_ROWS_MAX);
    relay.form = g_string_new(NULL);
    row_hasher_init(&relay.hasher);
    bool done = pg_targets_of(stage, program_target(program), &relay.targets, error) &&
                pg_scan_prepare(relay.scan, spec, error) && look_at_columns(&relay, error) &&
                relay_range(&relay, stage->object->sql, error);
    if (done) {
        ret->rows_in = ret->rows_out = relay.sum.rows;
        ret->hash = hash ? relay.sum : (HashSum){.rows = relay.sum.rows};
        ret->bytes = relay.hasher.total_bytes;
    }
    relay_clear(&relay);
    return done;
}

/* --- for people --- */

static void
tell_lanes(const Relay *relay, PlaceFn *tell, void *data)
{
    for (guint i = 0; i < relay->targets->len; i++) {
        const Lane *lane = &relay->lanes[i];
        size_t column = lane->target->column;
        if (lane->item >= 0)
            tell(column, PLACE_SOURCE,
                 lane->is_like
                     ? "handed on as it comes, undecoded: both columns are of one type"
                     : "handed on as it comes, when it is seen to be neither too long nor too "
                       "precise for its column",
                 data);
        else if (lane->has_form)
            tell(column, PLACE_MOVER, "computed here, in the form that its column gives back",
                 data);
    }
}

/* Row by row: what has no binary form here is sent as it is said, and read by nobody but its own type. */
static void
tell_late_casts(const GArray *targets, PlaceFn *tell, void *data)
{
    for (guint i = 0; i < targets->len; i++) {
        const PgTarget *target = &g_array_index(targets, PgTarget, i);
        if (!encode_is_binary(target, 1))
            tell(target->column, PLACE_TARGET,
                 "sent as a text, which the column's own type reads (a late cast)", data);
    }
}

bool
pg_relay_look(PgConn *to, PgConn *from, const ScanSpec *spec, Program *program, const char *object,
              PlaceFn *tell, void *data, char **ret_note, GError **error)
{
    Relay relay = {.to = to, .program = program};
    g_autoptr(GError) unfit = NULL;
    relay.scan = pg_scan_new(from);
    relay.scan->is_bare = true;
    relay.out = g_string_new(NULL);
    relay.form = g_string_new(NULL);
    row_hasher_init(&relay.hasher);
    bool done = pg_targets(to, object, program_target(program), &relay.targets, error) &&
                pg_scan_prepare(relay.scan, spec, error);
    *ret_note = NULL;
    if (done && look_at_columns(&relay, &unfit)) {
        tell_lanes(&relay, tell, data);
    } else if (done) {
        tell_late_casts(relay.targets, tell, data);
        *ret_note = g_strdup(unfit->message);
    }
    relay_clear(&relay);
    return done;
}
