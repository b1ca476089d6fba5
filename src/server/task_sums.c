/*
 * task_sums.c - see task_sums.h.
 *
 * A part that rests (it waits for its turn, or is done) counts in the sums that are kept, and its own share of them is remembered, so that it
 * can be taken out again. Everything else is alive: it is read anew each time, as its progress changes without an event. Every other change
 * is an event of the ledger, or a row with a number that was not there before. What is read may be newer than the events that led to
 * it: then it is read once more next time, and counts once all the same.
 */
#include "server/task_sums.h"

#include <pthread.h>
#include <string.h>

#define KEPT_MAX 4            /* plans; more than that are rarely looked at in the same minute */
#define KEPT_PARTS_MIN 2000   /* fewer are read in a few milliseconds */
#define KEPT_PARTS_MAX 300000 /* of a plan, 48 bytes each; more are read each time */

/* ----- one row ----- */

enum {
    COL_N,
    COL_STEP,
    COL_IS_PART,
    COL_PHASE,
    COL_STATUS,
    COL_WEIGHT,
    COL_STARTED,
    COL_ENDED,
    COL_ERROR,
    COL_BYTES,
    COL_REJECTED,
    COL_DONE,
    COL_TOTAL,
    COL_RATE,
    COL_UNIT,
    COL_NOTE,
    COL_SLOWED,
    COL_WAITS,
    COL_TRIED,
    COL_TRIES_LEFT,
    COL_AGAIN
};

/* Of what is done the evidence counts, of the rest what its worker said last. */
#define TASK_SQL                                                                                   \
    "SELECT n, step, key <> '', phase, status, weight, started_ms, ended_ms, error, "              \
    "CASE status WHEN 'done' THEN evidence ->> '$.bytes' ELSE progress ->> '$.bytes' END, "        \
    "CASE WHEN key <> '' AND phase = 'forward' AND action IN ('transform', 'copy') THEN evidence " \
    "->> '$.rejected' END, "                                                                       \
    "progress ->> '$.done', progress ->> '$.total', "                                              \
    "CASE status WHEN 'leased' THEN progress ->> '$.rate' END, progress ->> '$.unit', "            \
    "CASE WHEN status = 'leased' AND key = '' THEN progress ->> '$.note' END, "                    \
    "CASE WHEN status = 'leased' THEN progress ->> '$.slowed' "                                    \
    "WHEN status = 'waiting' AND reason LIKE 'slowed: %' THEN substr(reason, 9) END, "             \
    "CASE WHEN status = 'waiting' AND key <> '' AND action IN ('builds', 'propose') THEN reason "  \
    "END, CASE status WHEN 'retry_wait' THEN attempt END, max(tries - attempt, 0), wake_ms FROM "  \
    "task "

static const char new_sql[] =
    TASK_SQL "INDEXED BY task_by_plan WHERE plan = :plan AND n > :n AND step <> ''";
static const char one_sql[] = TASK_SQL "WHERE n = :n";
static const char changed_sql[] =
    "SELECT DISTINCT t.n FROM event AS e INDEXED BY event_by_plan JOIN task AS t ON t.id = e.task "
    "WHERE e.plan = :plan AND e.seq > :seq AND t.step <> ''";
static const char last_sql[] =
    "SELECT coalesce(max(seq), 0) FROM event INDEXED BY event_by_plan WHERE plan = :plan";

/* ----- sums ----- */

static void
sum_free(void *data)
{
    TaskSum *sum = data;
    char *texts[] = {sum->step, sum->phase,  sum->status, sum->unit,
                     sum->note, sum->slowed, sum->waits,  sum->error};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_free(sum);
}

static TaskSum *
sum_copy(const TaskSum *sum)
{
    TaskSum *copy = g_memdup2(sum, sizeof(*sum));
    char **texts[] = {&copy->step, &copy->phase,  &copy->status, &copy->unit,
                      &copy->note, &copy->slowed, &copy->waits,  &copy->error};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup(*texts[i]);
    return copy;
}

static bool
sum_is_of(const TaskSum *sum, Stmt *stmt)
{
    return sum->is_part == (stmt_col_int(stmt, COL_IS_PART) != 0) &&
           strcmp(sum->status, stmt_col_text(stmt, COL_STATUS)) == 0 &&
           strcmp(sum->step, stmt_col_text(stmt, COL_STEP)) == 0 &&
           strcmp(sum->phase, stmt_col_text(stmt, COL_PHASE)) == 0;
}

/* Parts of a step lie together: mostly it is the one before. */
static TaskSum *
sum_find(GPtrArray *list, TaskSum *before, Stmt *stmt)
{
    if (before != NULL && sum_is_of(before, stmt))
        return before;
    for (guint i = 0; i < list->len; i++)
        if (sum_is_of(list->pdata[i], stmt))
            return list->pdata[i];
    TaskSum *sum = g_new0(TaskSum, 1);
    sum->step = g_strdup(stmt_col_text(stmt, COL_STEP));
    sum->phase = g_strdup(stmt_col_text(stmt, COL_PHASE));
    sum->status = g_strdup(stmt_col_text(stmt, COL_STATUS));
    sum->is_part = stmt_col_int(stmt, COL_IS_PART) != 0;
    g_ptr_array_add(list, sum);
    return sum;
}

/* Of texts that differ the last of the alphabet: always the same one. */
static void
text_keep(char **kept, Stmt *stmt, int column)
{
    if (stmt_col_is_null(stmt, column))
        return;
    const char *text = stmt_col_text(stmt, column);
    if (*kept == NULL || strcmp(text, *kept) > 0) {
        g_free(*kept);
        *kept = g_strdup(text);
    }
}

static void
sum_add_tries(TaskSum *sum, Stmt *stmt)
{
    int64_t tried = stmt_col_int(stmt, COL_TRIED), left = stmt_col_int(stmt, COL_TRIES_LEFT),
            again = stmt_col_int(stmt, COL_AGAIN);
    if (tried == 0)
        return;
    bool is_first = sum->tried == 0;
    sum->tries_left = is_first ? left : MIN(sum->tries_left, left);
    sum->again_ms = is_first ? again : MIN(sum->again_ms, again);
    sum->tried = MAX(sum->tried, tried);
}

static void
sum_add(TaskSum *sum, Stmt *stmt)
{
    int64_t weight = stmt_col_int(stmt, COL_WEIGHT), started = stmt_col_int(stmt, COL_STARTED);
    int64_t rejected = stmt_col_int(stmt, COL_REJECTED);
    sum->count++;
    sum->weight += weight;
    sum->weight_done += strcmp(sum->status, "done") == 0 ? weight : 0;
    sum->done += stmt_col_int(stmt, COL_DONE);
    sum->total += stmt_col_int(stmt, COL_TOTAL);
    sum->rate += stmt_col_int(stmt, COL_RATE);
    sum->bytes += stmt_col_int(stmt, COL_BYTES);
    sum->rejected += rejected;
    sum->rejecting += rejected > 0;
    if (started > 0 && (sum->started_ms == 0 || started < sum->started_ms))
        sum->started_ms = started;
    sum->ended_ms = MAX(sum->ended_ms, stmt_col_int(stmt, COL_ENDED));
    sum_add_tries(sum, stmt);
    text_keep(&sum->unit, stmt, COL_UNIT);
    text_keep(&sum->note, stmt, COL_NOTE);
    text_keep(&sum->slowed, stmt, COL_SLOWED);
    text_keep(&sum->waits, stmt, COL_WAITS);
    text_keep(&sum->error, stmt, COL_ERROR);
}

/* ----- what is kept of one plan ----- */

/* A task, and its share of a sum while it rests. */
typedef struct {
    int64_t n;
    TaskSum *sum; /* borrowed; NULL: it is alive */
    int64_t weight, done, bytes, rejected;
} Part;

typedef struct {
    char *plan;
    int64_t seq;        /* the plan's events are known up to here */
    GPtrArray *resting; /* TaskSum * */
    GArray *parts;      /* Part, by n: all of them */
    GHashTable *alive;  /* n of the others */
    int64_t last_n;
    int64_t rows_read;
} Kept;

static Kept *
kept_new(const char *plan)
{
    Kept *kept = g_new0(Kept, 1);
    kept->plan = g_strdup(plan);
    kept->resting = g_ptr_array_new_with_free_func(sum_free);
    kept->parts = g_array_new(FALSE, FALSE, sizeof(Part));
    kept->alive = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return kept;
}

static void
kept_free(Kept *kept)
{
    if (kept == NULL)
        return;
    g_free(kept->plan);
    g_ptr_array_unref(kept->resting);
    g_array_unref(kept->parts);
    g_hash_table_unref(kept->alive);
    g_free(kept);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kept, kept_free)

static int
part_compare(const void *key, const void *item)
{
    int64_t n = *(const int64_t *) key, of = ((const Part *) item)->n;
    return (n > of) - (n < of);
}

static Part *
part_find(const Kept *kept, int64_t n)
{
    if (kept->parts->len == 0 || n > g_array_index(kept->parts, Part, kept->parts->len - 1).n)
        return NULL;
    return bsearch(&n, kept->parts->data, kept->parts->len, sizeof(Part), part_compare);
}

/* The first and the last time of a sum stay as they are as long as anything is in it. */
static void
part_take_out(Part *part)
{
    TaskSum *sum = part->sum;
    if (sum == NULL)
        return;
    part->sum = NULL;
    sum->count--;
    sum->weight -= part->weight;
    sum->weight_done -= strcmp(sum->status, "done") == 0 ? part->weight : 0;
    sum->done -= part->done;
    sum->bytes -= part->bytes;
    sum->rejected -= part->rejected;
    sum->rejecting -= part->rejected > 0;
    if (sum->count == 0) {
        sum->started_ms = sum->ended_ms = 0;
        g_clear_pointer(&sum->error, g_free);
    }
}

/* Its progress changes no more without an event, and it has nothing to say. */
static bool
is_resting(Stmt *stmt)
{
    const char *status = stmt_col_text(stmt, COL_STATUS);
    if (stmt_col_int(stmt, COL_IS_PART) == 0)
        return false;
    return strcmp(status, "done") == 0 ||
           ((strcmp(status, "ready") == 0 || strcmp(status, "blocked") == 0) &&
            stmt_col_is_null(stmt, COL_ERROR));
}

static TaskSum *
kept_rest(Kept *kept, Part *part, TaskSum *before, Stmt *stmt)
{
    part->sum = sum_find(kept->resting, before, stmt);
    part->weight = stmt_col_int(stmt, COL_WEIGHT);
    part->done = stmt_col_int(stmt, COL_DONE);
    part->bytes = stmt_col_int(stmt, COL_BYTES);
    part->rejected = stmt_col_int(stmt, COL_REJECTED);
    sum_add(part->sum, stmt);
    return part->sum;
}

/* Rows come in the order of n. */
static TaskSum *
kept_take_in(Kept *kept, TaskSum *before, Stmt *stmt)
{
    int64_t n = stmt_col_int(stmt, COL_N);
    kept->rows_read++;
    kept->last_n = MAX(kept->last_n, n);
    Part part = {.n = n};
    g_array_append_val(kept->parts, part);
    if (is_resting(stmt))
        return kept_rest(kept, &g_array_index(kept->parts, Part, kept->parts->len - 1), before,
                         stmt);
    g_hash_table_add(kept->alive, g_memdup2(&n, sizeof(n)));
    return before;
}

static bool
kept_read_new(Kept *kept, Db *db, GError **error)
{
    TaskSum *before = NULL;
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db, new_sql, &stmt, error))
        return false;
    stmt_text(stmt, ":plan", kept->plan);
    stmt_int(stmt, ":n", kept->last_n);
    while (stmt_step(stmt, &is_row, error)) {
        if (!is_row)
            return true;
        before = kept_take_in(kept, before, stmt);
    }
    return false;
}

/* Those that rested, and of which something was told since, are alive until they are looked at. */
static bool
kept_wake_changed(Kept *kept, Db *db, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db, changed_sql, &stmt, error))
        return false;
    stmt_text(stmt, ":plan", kept->plan);
    stmt_int(stmt, ":seq", kept->seq);
    while (stmt_step(stmt, &is_row, error)) {
        if (!is_row)
            return true;
        int64_t n = stmt_col_int(stmt, 0);
        Part *part = part_find(kept, n);
        if (part == NULL)
            continue; /* a new one: it is read in a moment */
        part_take_out(part);
        g_hash_table_add(kept->alive, g_memdup2(&n, sizeof(n)));
    }
    return false;
}

/* One that is alive: it counts in `now`, or rests from now on. */
static bool
alive_look(Kept *kept, Stmt *stmt, int64_t n, GPtrArray *now, bool *ret_rests, GError **error)
{
    bool is_row = false;
    *ret_rests = false;
    stmt_int(stmt, ":n", n);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    if (is_row) {
        kept->rows_read++;
        *ret_rests = is_resting(stmt);
        if (*ret_rests)
            kept_rest(kept, part_find(kept, n), NULL, stmt);
        else
            sum_add(sum_find(now, NULL, stmt), stmt);
    }
    stmt_reset(stmt);
    return true;
}

static bool
kept_look_at_alive(Kept *kept, Db *db, GPtrArray *now, GError **error)
{
    GHashTableIter iter;
    void *key = NULL;
    Stmt *stmt = NULL;
    if (!db_prepare(db, one_sql, &stmt, error))
        return false;
    g_hash_table_iter_init(&iter, kept->alive);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        bool rests = false;
        if (!alive_look(kept, stmt, *(int64_t *) key, now, &rests, error))
            return false;
        if (rests)
            g_hash_table_iter_remove(&iter);
    }
    return true;
}

static bool
last_seq(Db *db, const char *plan, int64_t *ret, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db, last_sql, &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    *ret = is_row ? stmt_col_int(stmt, 0) : 0;
    stmt_reset(stmt);
    return true;
}

/* Events first: what is read after them is at least as new. */
static bool
kept_read(Kept *kept, Db *db, GPtrArray *now, GError **error)
{
    int64_t seq = 0;
    if (!last_seq(db, kept->plan, &seq, error) ||
        (kept->last_n > 0 && !kept_wake_changed(kept, db, error)) ||
        !kept_read_new(kept, db, error) || !kept_look_at_alive(kept, db, now, error))
        return false;
    kept->seq = seq;
    for (guint i = 0; i < kept->resting->len; i++) {
        const TaskSum *sum = kept->resting->pdata[i];
        if (sum->count > 0)
            g_ptr_array_add(now, sum_copy(sum));
    }
    return true;
}

/* ----- what is kept of all ----- */

struct TaskSums {
    pthread_mutex_t lock;
    Kept *kept[KEPT_MAX]; /* the one that was read last comes first */
    int64_t rows_read;
};

TaskSums *
task_sums_new(void)
{
    TaskSums *sums = g_new0(TaskSums, 1);
    pthread_mutex_init(&sums->lock, NULL);
    return sums;
}

void
task_sums_free(TaskSums *sums)
{
    if (sums == NULL)
        return;
    for (size_t i = 0; i < KEPT_MAX; i++)
        kept_free(sums->kept[i]);
    pthread_mutex_destroy(&sums->lock);
    g_free(sums);
}

int64_t
task_sums_rows_read(TaskSums *sums)
{
    pthread_mutex_lock(&sums->lock);
    int64_t rows = sums->rows_read;
    pthread_mutex_unlock(&sums->lock);
    return rows;
}

/* Nobody else has it meanwhile: who asks for the same plan reads all of it. */
static Kept *
sums_lend(TaskSums *sums, const char *plan)
{
    Kept *found = NULL;
    pthread_mutex_lock(&sums->lock);
    for (size_t i = 0; i < KEPT_MAX && found == NULL; i++)
        if (sums->kept[i] != NULL && strcmp(sums->kept[i]->plan, plan) == 0)
            found = g_steal_pointer(&sums->kept[i]);
    pthread_mutex_unlock(&sums->lock);
    return found != NULL ? found : kept_new(plan);
}

static Kept *
sums_put(TaskSums *sums, Kept *kept)
{
    Kept *last = kept;
    for (size_t i = 0; i < KEPT_MAX && last != NULL; i++) {
        Kept *here = sums->kept[i];
        sums->kept[i] = last;
        last = here != NULL && strcmp(here->plan, kept->plan) != 0 ? here : NULL;
        if (here != NULL && last == NULL)
            return here; /* somebody else read it, too */
    }
    return last;
}

static void
sums_give_back(TaskSums *sums, Kept *kept)
{
    bool is_worth_it = kept->parts->len >= KEPT_PARTS_MIN && kept->parts->len <= KEPT_PARTS_MAX;
    pthread_mutex_lock(&sums->lock);
    sums->rows_read += kept->rows_read;
    kept->rows_read = 0;
    Kept *gone = is_worth_it ? sums_put(sums, kept) : kept;
    pthread_mutex_unlock(&sums->lock);
    kept_free(gone);
}

static int
sum_compare(const void *a, const void *b)
{
    const TaskSum *left = *(TaskSum *const *) a, *right = *(TaskSum *const *) b;
    if (left->is_part != right->is_part)
        return left->is_part ? 1 : -1;
    int phases = strcmp(left->phase, right->phase);
    return phases != 0 ? phases : strcmp(left->status, right->status);
}

bool
task_sums_read(TaskSums *sums, Db *db, const char *plan, GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) now = g_ptr_array_new_with_free_func(sum_free);
    g_autoptr(Kept) kept = sums_lend(sums, plan);
    if (!kept_read(kept, db, now, error))
        return false; /* half a reading is not kept */
    sums_give_back(sums, g_steal_pointer(&kept));
    g_ptr_array_sort(now, sum_compare);
    *ret = g_steal_pointer(&now);
    return true;
}
