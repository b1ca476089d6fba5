/*
 * move.h - the move that a plan describes, as an action sees it: stores, objects, mapping, and the
 * few things that all actions do with them.
 */
#pragma once

#include "action/action.h"
#include "model/throttle.h"
#include "transfer/transfer.h"

/* Rows that were put aside, as far as one blob shows them. */
#define QUARANTINE_SHOWN_MAX 1000

typedef struct {
    const StepCall *call;
    StepEnv *env;
    const StoreConfig *source_store, *target_store;
    const char *source, *target; /* objects; borrowed from the plan */
    const char *stage, *kept;    /* NULL in a plan that moves no rows */
    bool has_target;             /* the target existed when the plan was made */
    Schema *source_schema,
        *target_schema; /* as the plan saw them; target NULL when there was none */
    bool is_in_place;   /* source and target are one */
    bool is_live;       /* the source is written to while it is copied, and followed */
    WatchWay way;       /* how it is known what to follow */
    bool is_mirrored; /* … and once its rows are copied, its writers write to the stage as well */
    bool holds;       /* one state of the source is copied, whatever is written to it meanwhile */
    const char *like; /* what the staging table is made like; NULL: the mapping says */
    MappingSet *mappings;
    const Mapping *mapping; /* NULL: every column as it is */
} Move;

/* Where the plan's datasets are, by the stores of this worker's configuration. */
CHECKED bool move_open(const StepCall *call, StepEnv *env, Move *ret, GError **error);
void move_clear(Move *move);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Move, move_clear)

/* Lets time pass: the machine's, unless a test has its own. */
void step_nap(StepEnv *env, int64_t ms);
/* A connection whose changes count only while the lease is ours. */
CHECKED bool step_connect(StepEnv *env, const StoreConfig *store, Conn **ret, GError **error);
/* Like which table the stage is made ready when its rows are in; NULL: by its schema. */
const char *move_like(const Move *move, const Conn *target);
/* The schema of the staging table when there is no target to be like. Caller owns. */
CHECKED bool move_stage_schema(const Move *move, Schema **ret, GError **error);
Writer move_writer(const Move *move, const char *range);
/* What an earlier attempt of this task still tries changes nothing from here on. */
CHECKED bool move_fence(const Move *move, Conn *target, GError **error);
/* What the source looks like from outside; a reference of the caller's. */
CHECKED bool move_source_identity(const Move *move, json_t **ret, GError **error);
/* DRIFT: it no longer looks like that. */
CHECKED bool move_check_source(const Move *move, json_t *before, GError **error);
/* `rejects_max` as in TransferSpec. */
CHECKED bool move_transfer(const Move *move, int64_t rejects_max, Transfer **ret, GError **error);
/* The same of a source whose state is held: that of now, or the one that `beside` (or NULL) sees. */
CHECKED bool move_transfer_held(const Move *move, int64_t rejects_max, const Transfer *beside,
                                Transfer **ret, GError **error);
/* What it changes counts only while the lease is ours. */
void move_confirm(const Move *move, Transfer *transfer);
/* Without a ledger: both sides are read, and nothing is written. Of a mirrored move, in one snapshot. */
CHECKED bool move_transfer_to_compare(const Move *move, Transfer **ret, GError **error);
/* Opens the move, and looks at how far its swap is. */
CHECKED bool move_swap_state(const StepCall *call, StepEnv *env, Move *ret, SwapState *ret_state,
                             GError **error);
/* Where the rows go that a person gave up. Caller frees. */
char *move_lost_name(const Move *move);

/* Ticks of a driver or transfer, told to the environment. */
typedef struct {
    StepEnv *env;
    int64_t total;
    const char *note;
    int64_t rows; /* told last */
} Ticker;
bool ticker_tick(int64_t rows_done, void *ticker);

/* What a dataset is before anything happens to it: {"object", "exists", "fingerprint", "schema",
 * "rows"}. Reads all of it. */
CHECKED bool start_of(Conn *conn, const char *object, json_t **ret, GError **error);
/* What an earlier attempt wrote down before it began; NULL when there was none. Borrowed. */
const json_t *lease_pre_state(const Lease *lease);
/* Add "start" to the pre-state, if this step is the plan's first with effects. What an earlier
 * attempt of it recorded stays: the world may be half changed since. */
CHECKED bool move_record_start(const Move *move, json_t *pre_state, GError **error);

/* Rows that were put aside, as a blob: {"rows", "shown", "blob"}; NULL when there are none. */
CHECKED bool move_save_quarantine(const Move *move, Conn *target, int64_t rejected, json_t **ret,
                                  GError **error);

/* All about the mapping that both schemas and the source's SQL tell. */
CHECKED bool mapping_check_in(Conn *source, const char *object, const Mapping *mapping,
                              const Schema *source_schema, const Schema *target_schema,
                              Diags *diags, GError **error);

/* The world is not as it should be: {"differences": [text]}. */
void differ(World *ret, json_t **ret_state, const char *format, ...) G_GNUC_PRINTF(3, 4);
void outcome_is(Outcome *outcome, OutcomeKind kind, json_t *evidence);
