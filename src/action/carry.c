/*
 * carry.c - see carry.h.
 *
 * Both sides are compared by the inverse mapping, and the source is repaired by key until they are equal: what was written is
 * found by that, not by a log, so nothing depends on who noted what, and whoever dies in between does the rest. The source stays
 * frozen for everybody else.
 */
#include "action/carry.h"

#include "planner/planner.h"

#define PASSES_MAX 20 /* each is a full comparison: so many different rows are copied anew */

bool
carries_back(const Move *move)
{
    return json_get_bool(move->call->plan->json, "reverse_sync", false);
}

static bool
inverse_of(const Move *move, Conn *source, MappingSet **ret, GError **error)
{
    g_autoptr(MappingSet) identity = NULL;
    g_autoptr(Program) program = NULL;
    g_autoptr(Schema) made = NULL;
    const Mapping *mapping = move->mapping;
    const Schema *target = move->target_schema;
    if (mapping == NULL) {
        if (!mapping_identity(move->source_schema, target, &identity, error))
            return false;
        mapping = mapping_get(identity, 0);
    }
    if (target == NULL &&
        !mapping_target_schema(mapping, move->source_schema, move->target, &made, error))
        return false;
    return program_new(mapping, move->source_schema, target != NULL ? target : made,
                       conn_has_sql(source), &program, error) &&
           mapping_inverse(program, move->source_schema, ret, error);
}

static bool
repair_passes(const Move *move, Transfer *transfer, int64_t *rows, GError **error)
{
    Ticker ticker = {move->env, 0, "carrying back what was written since the swap"};
    for (int pass = 0; pass < PASSES_MAX; pass++) {
        Repaired one = {0};
        if (!transfer_repair(transfer, move->source, ticker_tick, &ticker, &one, error))
            return false;
        *rows += one.removed + one.changed + one.inserted;
        if (one.is_complete || one.removed + one.changed + one.inserted == 0)
            return true;
    }
    return fail(error, ERR_TOO_LARGE, "too many rows of '%s' were written since the swap",
                move->target);
}

static bool
must_be_equal(const Move *move, Transfer *transfer, GError **error)
{
    g_auto(Comparison) seen = {0};
    Ticker ticker = {move->env, 0, "comparing both sides"};
    if (!transfer_compare(transfer, move->source, 0, ticker_tick, &ticker, &seen, error))
        return false;
    return seen.equal || fail(error, ERR_MISMATCH,
                              "'%s' is not what '%s' is, although its rows were carried back",
                              move->source, move->target);
}

static bool
carry(const Move *move, const Mapping *inverse, int64_t *ret_rows, GError **error)
{
    TransferSpec spec = {.source_store = move->target_store,
                         .source = move->target,
                         .target_store = move->source_store,
                         .target = move->source,
                         .mapping = inverse,
                         .hash = true,
                         .passes_freeze = true};
    g_autoptr(Transfer) transfer = NULL;
    if (!transfer_open(&spec, &transfer, error))
        return false;
    move_confirm(move, transfer);
    return repair_passes(move, transfer, ret_rows, error) && must_be_equal(move, transfer, error);
}

/* Whoever could write to the source meanwhile, or whose rows never were in the target, would be overwritten. */
static bool
check(const Move *move, Conn *source, Conn *target, GError **error)
{
    g_autoptr(json_t) aside = NULL;
    bool is_frozen = false;
    if (!conn_is_frozen(source, move->source, &is_frozen, error) ||
        !conn_quarantined(target, move->call->lease->plan, 1, &aside, error))
        return false;
    if (!is_frozen)
        return fail(error, ERR_MISMATCH, "'%s' can be written to by others", move->source);
    return json_array_size(aside) == 0 ||
           fail(error, ERR_MISMATCH, "rows of '%s' were put aside, and are not in '%s'",
                move->source, move->target);
}

static bool
carry_frozen(const Move *move, Conn *source, Conn *target, int64_t *ret_rows, GError **error)
{
    g_autoptr(MappingSet) inverse = NULL;
    return check(move, source, target, error) && inverse_of(move, source, &inverse, error) &&
           carry(move, mapping_get(inverse, 0), ret_rows, error) &&
           conn_swap_carried(target, move->call->lease->plan, error);
}

bool
carry_back(const Move *move, Conn *target, int64_t *ret_rows, GError **error)
{
    g_autoptr(Conn) source = NULL;
    g_autofree char *why = g_strdup_printf("'%s' is taken back: write again in a moment, to '%s'",
                                           move->target, move->source);
    *ret_rows = 0;
    if (!step_connect(move->env, move->source_store, &source, error) ||
        !conn_freeze(target, move->target, why, error))
        return false;
    bool done = carry_frozen(move, source, target, ret_rows, error);
    g_autoptr(GError) ignored = NULL;
    return conn_thaw(target, move->target, done ? error : &ignored) && done;
}
