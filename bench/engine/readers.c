/* readers.c - reads without an end. */
#include "readers.h"

#include "base/clock.h"
#include "figures.h"
#include "store/ledger.h"

#include <pthread.h>
#include <stdatomic.h>

#define PAUSE_US 20000
#define PAGE_ROWS 100
#define EVENT_ROWS 200

struct Readers {
    const char *folder;
    int count, held_ms;
    pthread_t *threads;
    atomic_bool is_over, is_paused;
    atomic_llong reads, us;
    uint64_t seed;
};

static void
must(bool is_well, GError *error)
{
    if (!is_well)
        g_error("a reader: %s", error->message);
}

static bool
ignore_event(const Event *event, void *data)
{
    return true;
}

static void
read_events(Db *db)
{
    g_autoptr(GError) error = NULL;
    int64_t last = 0;
    must(ledger_last(db, &last, &error) && ledger_read(db, MAX(last - EVENT_ROWS, 0), NULL,
                                                       EVENT_ROWS, ignore_event, NULL, &error),
         error);
}

/* Steps through all rows; keeps the first text of the last one. Caller frees. */
static char *
read_rows(Db *db, const char *sql, const char *value, int64_t after)
{
    g_autoptr(GError) error = NULL;
    Stmt *stmt = NULL;
    char *kept = NULL;
    must(db_prepare(db, sql, &stmt, &error), error);
    if (value != NULL)
        stmt_text(stmt, ":value", value);
    stmt_int(stmt, ":number", after);
    for (bool has_row = true; has_row;) {
        must(stmt_step(stmt, &has_row, &error), error);
        if (has_row) {
            g_free(kept);
            kept = g_strdup(stmt_col_text(stmt, 0));
        }
    }
    return kept;
}

static void
read_some(Db *db, uint64_t chance)
{
    static const char plan_sql[] =
        "SELECT id FROM plan WHERE n = 1 + :number % (SELECT max(n) FROM plan)";
    static const char count_sql[] =
        "SELECT status, count(*) FROM task WHERE plan = :value AND :number >= 0 GROUP BY status";
    static const char page_sql[] = "SELECT id, status, reason, evidence, params FROM task"
                                   " WHERE plan = :value AND n > :number ORDER BY n LIMIT 100";
    static const char task_sql[] = "SELECT status, evidence, intent FROM task"
                                   " WHERE id = :value AND :number >= 0";
    read_events(db);
    g_autofree char *plan = read_rows(db, plan_sql, NULL, (int64_t) (chance >> 1));
    if (plan == NULL)
        return;
    g_free(read_rows(db, count_sql, plan, 0));
    g_autofree char *task = read_rows(db, page_sql, plan, 0);
    if (task != NULL)
        g_free(read_rows(db, task_sql, task, 0));
}

static Db *
reader_open(const Readers *readers)
{
    g_autoptr(GError) error = NULL;
    Db *db = NULL;
    must(db_open_reader(readers->folder, &db, &error), error);
    return db;
}

static void *
read_on(void *data)
{
    Readers *readers = data;
    g_autoptr(Db) db = reader_open(readers);
    uint64_t chance = (uint64_t) clock_monotonic_us() | 1;
    while (!atomic_load(&readers->is_over)) {
        g_usleep(PAUSE_US);
        if (atomic_load(&readers->is_paused))
            continue;
        int64_t before_us = clock_monotonic_us();
        read_some(db, dice(&chance));
        atomic_fetch_add(&readers->us, clock_monotonic_us() - before_us);
        atomic_fetch_add(&readers->reads, 5);
    }
    return NULL;
}

static void *
hold_on(void *data)
{
    Readers *readers = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = reader_open(readers);
    while (!atomic_load(&readers->is_over)) {
        must(db_begin_read(db, &error), error);
        read_events(db);
        g_usleep((gulong) readers->held_ms * 1000);
        db_end_read(db);
    }
    return NULL;
}

Readers *
readers_start(const char *folder, int count, int held_ms)
{
    Readers *readers = g_new0(Readers, 1);
    readers->folder = folder;
    readers->count = count + (held_ms > 0);
    readers->held_ms = held_ms;
    readers->threads = g_new0(pthread_t, (gsize) readers->count);
    for (int i = 0; i < readers->count; i++)
        if (pthread_create(&readers->threads[i], NULL, i < count ? read_on : hold_on, readers) != 0)
            g_error("cannot start a reader");
    return readers;
}

void
readers_pause(Readers *readers, int is_paused)
{
    atomic_store(&readers->is_paused, is_paused != 0);
}

void
readers_count(Readers *readers, int64_t *ret_reads, int64_t *ret_us)
{
    *ret_reads = atomic_load(&readers->reads);
    *ret_us = atomic_load(&readers->us);
}

void
readers_stop(Readers *readers)
{
    atomic_store(&readers->is_over, true);
    for (int i = 0; i < readers->count; i++)
        pthread_join(readers->threads[i], NULL);
    g_free(readers->threads);
    g_free(readers);
}
