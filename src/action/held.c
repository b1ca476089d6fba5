/* held.c - see held.h. */
#include "action/held.h"

#include "action/keys.h"
#include "action/pacer.h"

#define RANGE_MS_DEFAULT 2000
#define SESSIONS_DEFAULT 2 /* for a store that says nothing of `concurrency` */
#define SESSIONS_MAX 8     /* of one lease: a pump that is waited for is a thread */
#define NAP_MS 100

/* All that move ranges of one snapshot. */
typedef struct {
    const Move *move;
    const json_t *ranges;
    GMutex lock; /* of what follows, and of everything that leases tell and ask */
    size_t next;
    int64_t rows_total;
    bool is_stopped;
    GError *error; /* the first */
    GPtrArray *members;
} Crew;

/* One of them: what it says is said for all. */
typedef struct {
    StepEnv env; /* first: what its actions see */
    Crew *crew;
    Move move; /* a copy that borrows, but for `env` */
    Transfer *transfer;
    GThread *thread;
    int64_t rows_before, rows_now, bytes_before, bytes_now;
} Member;

static void
member_free(void *data)
{
    Member *member = data;
    transfer_close(member->transfer);
    g_free(member);
}

/* ---- what leases tell and ask, one after the other ---- */

static StepEnv *
outer_of(StepEnv *env)
{
    return ((Member *) env)->crew->move->env;
}

/* What each of them says, summed; under the lock. */
static int64_t
rows_of(const Crew *crew)
{
    int64_t rows = 0;
    for (guint i = 0; i < crew->members->len; i++) {
        const Member *member = crew->members->pdata[i];
        rows += member->rows_before + member->rows_now;
    }
    return rows;
}

static int64_t
bytes_of(const Crew *crew)
{
    int64_t bytes = 0;
    for (guint i = 0; i < crew->members->len; i++) {
        const Member *member = crew->members->pdata[i];
        bytes += member->bytes_before + member->bytes_now;
    }
    return bytes;
}

static bool
crew_tick(StepEnv *env, int64_t done, int64_t total, const char *unit, const char *note)
{
    Member *member = (Member *) env;
    Crew *crew = member->crew;
    g_mutex_lock(&crew->lock);
    member->rows_now = done;
    crew->is_stopped = crew->is_stopped || !outer_of(env)->tick(outer_of(env), rows_of(crew),
                                                                crew->rows_total, "rows", note);
    bool goes_on = !crew->is_stopped && crew->error == NULL;
    g_mutex_unlock(&crew->lock);
    return goes_on;
}

static bool
crew_confirm(StepEnv *env, GError **error)
{
    Crew *crew = ((Member *) env)->crew;
    g_mutex_lock(&crew->lock);
    bool is_ours = outer_of(env)->confirm(outer_of(env), error);
    g_mutex_unlock(&crew->lock);
    return is_ours;
}

static void
crew_tell(StepEnv *env, int64_t bytes, const char *slowed)
{
    Member *member = (Member *) env;
    Crew *crew = member->crew;
    g_mutex_lock(&crew->lock);
    member->bytes_now = bytes;
    outer_of(env)->tell(outer_of(env), bytes_of(crew), slowed);
    g_mutex_unlock(&crew->lock);
}

static json_t *
crew_throttle(StepEnv *env)
{
    Crew *crew = ((Member *) env)->crew;
    g_mutex_lock(&crew->lock);
    g_autoptr(json_t) whole = outer_of(env)->throttle(outer_of(env));
    json_t *share = throttle_share(whole, (int) crew->members->len);
    g_mutex_unlock(&crew->lock);
    return share;
}

static Member *
member_new(Crew *crew)
{
    Member *member = g_new0(Member, 1);
    const StepEnv *outer = crew->move->env;
    member->env = *outer;
    member->env.tick = crew_tick;
    member->env.confirm = outer->confirm != NULL ? crew_confirm : NULL;
    member->env.tell = outer->tell != NULL ? crew_tell : NULL;
    member->env.throttle = outer->throttle != NULL ? crew_throttle : NULL;
    member->crew = crew;
    member->move = *crew->move;
    member->move.env = &member->env;
    g_ptr_array_add(crew->members, member);
    return member;
}

/* ---- ranges ---- */

/* A throttle that brakes for longer than a lease waits does not let go of what is held. */
static bool
wait_for_pace(Pacer *pacer, GError **error)
{
    for (bool waits = true; waits;) {
        Outcome ignored = {0};
        bool done = pacer_begin(pacer, &ignored, &waits, error);
        g_free(ignored.message);
        if (!done)
            return false;
    }
    return true;
}

static bool
fill_range(Member *member, const json_t *range, GError **error)
{
    RangeResult result = {0};
    Pacer pacer;
    Ticker ticker = {&member->env, member->crew->rows_total, json_get_string(range, "name", "")};
    pacer_init(&pacer, &member->move, member->transfer, ticker);
    if (!wait_for_pace(&pacer, error) ||
        !transfer_range(member->transfer, range, pacer_tick, &pacer, &result, error))
        return false;
    pacer_settle(&pacer, &result);
    g_mutex_lock(&member->crew->lock);
    member->rows_before += result.rows_in;
    member->bytes_before += result.bytes;
    member->rows_now = member->bytes_now = 0;
    g_mutex_unlock(&member->crew->lock);
    return true;
}

/* NULL: there are none left, or somebody failed. */
static const json_t *
next_range(Crew *crew)
{
    const json_t *range = NULL;
    g_mutex_lock(&crew->lock);
    if (crew->error == NULL && !crew->is_stopped)
        range = json_array_get(crew->ranges, crew->next++);
    g_mutex_unlock(&crew->lock);
    return range;
}

static void *
work(void *data)
{
    Member *member = data;
    Crew *crew = member->crew;
    const json_t *range;
    while ((range = next_range(crew)) != NULL) {
        GError *failed = NULL;
        if (fill_range(member, range, &failed))
            continue;
        g_mutex_lock(&crew->lock);
        if (crew->error == NULL)
            crew->error = g_steal_pointer(&failed);
        g_mutex_unlock(&crew->lock);
        g_clear_error(&failed);
    }
    return NULL;
}

/* ---- all of them ---- */

static int64_t
concurrency_of(const Move *move, const StoreConfig *store)
{
    g_autofree char *resource = g_strconcat("store:", store->name, NULL);
    return json_get_int(move->env->config->limits, resource, SESSIONS_DEFAULT);
}

/* Where one transaction keeps all others from writing, a second one only waits. */
static size_t
crew_size(const Move *move, const Transfer *first, size_t ranges)
{
    int64_t most =
        MIN(concurrency_of(move, move->source_store), concurrency_of(move, move->target_store));
    if (!transfer_shares_snapshot(first) || !transfer_may_rest(first))
        most = 1;
    return (size_t) CLAMP(most, 1, MIN(SESSIONS_MAX, MAX((int64_t) ranges, 1)));
}

/* The first takes the snapshot, the others share it. */
static bool
add_member(Crew *crew, int64_t rejects_max, GError **error)
{
    const Transfer *first =
        crew->members->len > 0 ? ((Member *) crew->members->pdata[0])->transfer : NULL;
    Member *member = member_new(crew);
    return move_transfer_held(&member->move, rejects_max, first, &member->transfer, error);
}

static bool
fill_all(Crew *crew, int64_t rejects_max, GError **error)
{
    Member *first = crew->members->pdata[0];
    size_t size = crew_size(crew->move, first->transfer, json_array_size(crew->ranges));
    while (crew->members->len < size)
        if (!add_member(crew, rejects_max, error))
            return false;
    for (guint i = 1; i < size; i++) {
        Member *member = crew->members->pdata[i];
        member->thread = g_thread_new("range", work, member);
    }
    work(first);
    for (guint i = 1; i < size; i++)
        g_thread_join(((Member *) crew->members->pdata[i])->thread);
    if (crew->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&crew->error));
        return false;
    }
    return !crew->is_stopped || fail(error, ERR_STOPPED, "asked to stop");
}

static bool
check_count(const Move *move, int64_t rows, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    RangeResult ledger = {0};
    int64_t ranges = 0;
    if (!step_connect(move->env, move->target_store, &conn, error) ||
        !conn_ledger_sum(conn, move->call->lease->plan, &ledger, &ranges, error))
        return false;
    return ledger.rows_in == rows || fail(error, ERR_MISMATCH,
                                          "the snapshot of '%s' has %" G_GINT64_FORMAT
                                          " rows to move, but %" G_GINT64_FORMAT " were read",
                                          move->source, rows, ledger.rows_in);
}

static bool
fill_snapshot(Crew *crew, GError **error)
{
    const Move *move = crew->move;
    int64_t rows = 0;
    const json_t *range;
    size_t i;
    json_array_foreach((json_t *) crew->ranges, i, range) crew->rows_total +=
        json_get_int(range, "rows", 0);
    int64_t rejects_max =
        MAX(REJECTS_PER_RANGE, plan_rejects_allowed(move->call->plan->json, crew->rows_total));
    if (!add_member(crew, rejects_max, error))
        return false;
    Member *first = crew->members->pdata[0];
    return transfer_count(first->transfer, &rows, error) && fill_all(crew, rejects_max, error) &&
           (rows < 0 || check_count(move, rows, error));
}

/* What an earlier attempt wrote is of another state, and so is gone before any row of this one comes. */
static bool
begin_anew(const Move *move, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    g_autoptr(Schema) schema = NULL;
    RangeResult sum = {0};
    int64_t ranges = 0;
    bool exists = false;
    Writer writer = move_writer(move, NULL);
    if (!step_connect(move->env, move->target_store, &conn, error) ||
        !move_stage_schema(move, &schema, error) ||
        !conn_exists(conn, move->stage, &exists, error) ||
        (exists && !conn_ledger_sum(conn, move->call->lease->plan, &sum, &ranges, error)))
        return false;
    return (ranges == 0 || conn_unstage(conn, move->stage, &writer, error)) &&
           conn_stage(conn, move->stage, move->like, schema, &writer, error);
}

/* Where ranges begin and end need not be of the same state: they cover whatever there is. */
static bool
split(const Move *move, json_t **ret, GError **error)
{
    g_autoptr(Transfer) transfer = NULL;
    int64_t range_ms = json_get_int(move->call->step->params, "range_ms", RANGE_MS_DEFAULT);
    return move_transfer(move, 0, &transfer, error) && keys_put_off(move, transfer, error) &&
           transfer_split(transfer, range_ms, ret, error);
}

/* How many changes of the source are noted; -1: nobody notes them. */
static bool
count_notes(const Move *move, Conn *source, int64_t *ret, GError **error)
{
    Behind behind = {0};
    bool is_watched = false;
    if (!conn_is_watched(source, move->source, &is_watched, error) ||
        (is_watched && !conn_behind(source, move->source, &behind, error)))
        return false;
    *ret = is_watched ? behind.notes : -1;
    return true;
}

/* What was noted by now is in the snapshot that comes next; what comes in between counts though it is in it. */
static bool
forget_notes(const Move *move, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    int64_t left = 0;
    if (!step_connect(move->env, move->source_store, &conn, error) ||
        !count_notes(move, conn, &left, error))
        return false;
    for (; left > 0; left -= NOTES_AT_ONCE) {
        g_auto(WriteNotes) notes = {0};
        if (!conn_next_notes(conn, move->source, MIN(left, NOTES_AT_ONCE), &notes, error) ||
            (notes.last != 0 && !conn_forget_notes(conn, move->source, notes.last, error)))
            return false;
    }
    return true;
}

bool
held_fill(const Move *move, int64_t *ret_bytes, GError **error)
{
    g_autoptr(json_t) ranges = NULL;
    g_autoptr(GPtrArray) members = g_ptr_array_new_with_free_func(member_free);
    if (!begin_anew(move, error) || !split(move, &ranges, error) || !forget_notes(move, error))
        return false;
    Crew crew = {.move = move, .ranges = ranges, .members = members};
    g_mutex_init(&crew.lock);
    bool done = fill_snapshot(&crew, error);
    *ret_bytes = bytes_of(&crew);
    g_mutex_clear(&crew.lock);
    return done;
}

bool
held_left_behind(const Move *move, int64_t *ret, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    return step_connect(move->env, move->source_store, &conn, error) &&
           count_notes(move, conn, ret, error);
}
