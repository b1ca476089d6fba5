/*
 * engine.c - how many transitions the engine makes durable in a second, beside SQLite alone.
 *
 * A state file on disk with 100,000 open tasks; ids and ages are made random first, so that neither
 * an index nor a queue has an order that helps. Then for each number of workers some rounds; in each
 * round, one after the other for the same time and while readers read:
 *
 *   engine   everything: commands in, decide, write, sync, checkpoint, answers out
 *   bare     SQLite alone writes rows of the same length in the same groups (the ceiling)
 *   single   the same, but each command in a transaction of its own (the naive way)
 *
 *   bench-engine [--tasks N] [--plans N] [--rounds N] [--round-ms N] [--readers N] [--held-ms N]
 *                [--folder F] [--workers N,N,…]
 */
#include "base/clock.h"
#include "base/metric.h"
#include "fleet.h"
#include "peer.h"
#include "readers.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROUNDS_MAX 100

typedef struct {
    int tasks, plans, rounds, round_ms, readers, held_ms;
    char *folder, *workers;
} Options;

typedef struct {
    const Options *options;
    char *folder;
    Db *db;
    Blobs *blobs;
    Engine *engine;
    Readers *readers;
    Peer *peer;
    double wal_mib_max;
    int open_at_start;
} Bench;

/* What one row of the table says: rates per round, times of all rounds together. */
typedef struct {
    double engine[ROUNDS_MAX], bare[ROUNDS_MAX], single[ROUNDS_MAX], reads[ROUNDS_MAX];
    double bare_ratio[ROUNDS_MAX], single_ratio[ROUNDS_MAX];
    int64_t cpu_us, commit_us, transitions, wall_us, beats;
    double bare_cpu_us;
    Times bare_times;
} Row;

static void
must(bool is_well, GError *error)
{
    if (!is_well)
        g_error("%s", error == NULL ? "no reason given" : error->message);
}

/* ---- the state ---- */

static void
open_engine(Bench *bench, int64_t lease_ms)
{
    g_autoptr(GError) error = NULL;
    EngineOptions options = {.lease_ms = lease_ms,
                             .retry_first_ms = 1000,
                             .retry_max_ms = 100000,
                             .failure_budget = 1000000,
                             .seed = 1};
    must(db_open(bench->folder, &bench->db, &error), error);
    must(engine_open(bench->db, bench->blobs, &options, &bench->engine, &error), error);
}

static void
close_engine(Bench *bench)
{
    g_clear_pointer(&bench->engine, engine_close);
    g_clear_pointer(&bench->db, db_close);
}

static void
shuffle(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    must(db_open(bench->folder, &bench->db, &error), error);
    must(db_exec(bench->db,
                 "UPDATE task SET id = 't-' || lower(hex(randomblob(9))),"
                 " since_ms = since_ms - abs(random()) % 1000000 WHERE parent IS NOT NULL",
                 &error),
         error);
    g_clear_pointer(&bench->db, db_close);
}

static void
prepare(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    const Options *options = bench->options;
    bench->folder = g_build_filename(options->folder, "honk-bench-XXXXXX", NULL);
    if (g_mkdtemp(bench->folder) == NULL)
        g_error("cannot make the folder '%s'", bench->folder);
    must(blobs_open(bench->folder, &bench->blobs, &error), error);

    int64_t begin_us = clock_monotonic_us();
    open_engine(bench, 3600 * 1000);
    fleet_make_plans(bench->engine, bench->blobs, options->plans, options->tasks / options->plans);
    close_engine(bench);
    int64_t made_us = clock_monotonic_us();
    shuffle(bench);
    int64_t shuffled_us = clock_monotonic_us();
    open_engine(bench, 15000);
    int64_t read_us = clock_monotonic_us();
    bench->open_at_start = (int) metric_get(METRIC_TASKS_OPEN);
    printf("engine: %d tasks of %d plans, made in %.1f s; the open state read back in %.0f ms\n",
           options->tasks, options->plans, (double) (made_us - begin_us) / 1e6,
           (double) (read_us - shuffled_us) / 1e3);
}

static int
mean_bytes(Bench *bench, const char *sql)
{
    g_autoptr(GError) error = NULL;
    Stmt *stmt = NULL;
    bool has_row = false;
    must(db_prepare(bench->db, sql, &stmt, &error) && stmt_step(stmt, &has_row, &error), error);
    int bytes = (int) stmt_col_int(stmt, 0);
    stmt_reset(stmt);
    return bytes;
}

/* Rows as long as ours are: what the texts of some hold, and a few bytes for each number. */
static void
open_peer(Bench *bench)
{
    int row_bytes = mean_bytes(
        bench, "SELECT 60 + avg(length(id) + length(plan) + length(step) + length(action) +"
               " coalesce(length(parent), 0) + length(key) + coalesce(length(params), 0) +"
               " length(phase) + length(status) + coalesce(length(reason), 0) +"
               " coalesce(length(actor), 0) + coalesce(length(worker), 0) +"
               " coalesce(length(intent), 0) + coalesce(length(evidence), 0) +"
               " coalesce(length(progress), 0)) FROM task WHERE started_ms > 0");
    int event_bytes = mean_bytes(
        bench, "SELECT 16 + avg(length(type) + length(plan) + length(task) + length(step) +"
               " length(actor) + coalesce(length(from_state), 0) + coalesce(length(to_state), 0) +"
               " coalesce(length(reason), 0) + coalesce(length(data), 0)) FROM"
               " (SELECT * FROM event WHERE task IS NOT NULL ORDER BY seq DESC LIMIT 10000)");
    bench->peer = peer_open(bench->folder, bench->options->tasks, row_bytes, event_bytes);
}

static void
finish(Bench *bench)
{
    readers_stop(bench->readers);
    peer_close(bench->peer);
    g_clear_pointer(&bench->blobs, blobs_close);
    g_autofree char *remove = g_strdup_printf("rm -r '%s'", bench->folder);
    if (system(remove) != 0)
        g_warning("cannot remove '%s'", bench->folder);
    g_free(bench->folder);
}

static void
look_at_wal(Bench *bench)
{
    g_autofree char *path = g_build_filename(bench->folder, "state.db-wal", NULL);
    struct stat info;
    if (stat(path, &info) == 0)
        bench->wal_mib_max = MAX(bench->wal_mib_max, (double) info.st_size / (1 << 20));
}

/* ---- one round ---- */

static double
run_engine(Bench *bench, Fleet *fleet, Row *row)
{
    int64_t transitions = metric_get(METRIC_TRANSITIONS), commit_us = metric_get(METRIC_COMMIT_US);
    int64_t cpu_us = thread_cpu_us(), begin_us = clock_monotonic_us();
    fleet_work(fleet, bench->options->round_ms * 1000);
    int64_t wall_us = clock_monotonic_us() - begin_us;
    transitions = metric_get(METRIC_TRANSITIONS) - transitions;
    row->cpu_us += thread_cpu_us() - cpu_us;
    row->commit_us += metric_get(METRIC_COMMIT_US) - commit_us;
    row->transitions += transitions;
    row->wall_us += wall_us;
    look_at_wal(bench);
    return (double) transitions * 1e6 / (double) wall_us;
}

/* Transitions per second that the peer would have made: it writes as much for each command. */
static double
run_bare(Bench *bench, const Fleet *fleet, guint from, double transitions_per_event, Row *row)
{
    int64_t events = 0, cpu_us = thread_cpu_us(), begin_us = clock_monotonic_us(),
            now_us = begin_us;
    int64_t until_us = begin_us + bench->options->round_ms * 1000;
    for (guint i = from; now_us < until_us; i++) {
        if (i == fleet->groups->len)
            i = from;
        Group group = g_array_index(fleet->groups, Group, i);
        int64_t before_us = now_us;
        peer_commit(bench->peer, group);
        now_us = clock_monotonic_us();
        events += group.events;
        times_add(&row->bare_times, now_us - before_us);
    }
    double transitions = (double) events * transitions_per_event;
    row->bare_cpu_us += (double) (thread_cpu_us() - cpu_us) / transitions / bench->options->rounds;
    return transitions * 1e6 / (double) (now_us - begin_us);
}

static double
run_single(Bench *bench, double transitions_per_command, double events_per_command)
{
    int64_t begin_us = clock_monotonic_us(), now_us = begin_us, commands = 0, events = 0;
    while (now_us < begin_us + bench->options->round_ms * 1000) {
        commands++;
        int with = (double) commands * events_per_command >= (double) events + 1;
        peer_commit(bench->peer, (Group){1, with});
        events += with;
        now_us = clock_monotonic_us();
    }
    return (double) commands * transitions_per_command * 1e6 / (double) (now_us - begin_us);
}

static void
run_round(Bench *bench, Fleet *fleet, Row *row, int round)
{
    guint from = fleet->groups->len;
    int64_t reads = 0, reads_after = 0, us = 0, transitions = row->transitions;
    int64_t begin_us = clock_monotonic_us();
    readers_count(bench->readers, &reads, &us);
    row->engine[round] = run_engine(bench, fleet, row);
    readers_count(bench->readers, &reads_after, &us);
    row->reads[round] =
        (double) (reads_after - reads) * 1e6 / (double) (clock_monotonic_us() - begin_us);

    int64_t events = 0, commands = 0;
    for (guint i = from; i < fleet->groups->len; i++) {
        events += g_array_index(fleet->groups, Group, i).events;
        commands += g_array_index(fleet->groups, Group, i).updates;
    }
    if (bench->peer == NULL)
        open_peer(bench);
    double made = (double) (row->transitions - transitions);
    row->bare[round] = run_bare(bench, fleet, from, made / (double) events, row);
    row->single[round] =
        run_single(bench, made / (double) commands, (double) events / (double) commands);
    row->bare_ratio[round] = row->engine[round] / row->bare[round];
    row->single_ratio[round] = row->engine[round] / row->single[round];
}

/* ---- the table ---- */

static void
print_row(Fleet *fleet, Row *row, int rounds)
{
    double beats = (double) fleet->beats.values->len;
    printf("%7u %9.0f %7.1f %7.1f %7.1f %7.1f %8.1f %8.1f %8.0f %8.0f %6.2f %8.0f %6.1f %8.0f\n",
           fleet->sims->len, median(row->engine, rounds), (double) row->transitions / beats,
           times_ms(&fleet->beats, 0.5), times_ms(&fleet->beats, 0.99), times_ms(&fleet->beats, 1),
           (double) row->cpu_us / (double) row->transitions, row->bare_cpu_us,
           (double) row->cpu_us * 100 / (double) row->wall_us, median(row->bare, rounds),
           median(row->bare_ratio, rounds), median(row->single, rounds),
           median(row->single_ratio, rounds), median(row->reads, rounds));
    fflush(stdout);
}

static void
run_workers(Bench *bench, int workers)
{
    Fleet fleet;
    Row *row = g_new0(Row, 1);
    int rounds = 0;
    times_init(&row->bare_times);
    fleet_init(&fleet, bench->engine, workers);
    fleet_work(&fleet, 200 * 1000); /* all of them have something to do */
    g_array_set_size(fleet.groups, 0);
    g_array_set_size(fleet.beats.values, 0);
    for (; rounds < bench->options->rounds; rounds++) {
        if (metric_get(METRIC_TASKS_OPEN) < workers * 4)
            break;
        run_round(bench, &fleet, row, rounds);
    }
    print_row(&fleet, row, rounds);
    if (rounds < bench->options->rounds)
        printf("        (%d rounds: then all tasks were done)\n", rounds);
    fleet.is_over = true;
    close_engine(bench); /* the next fleet finds nobody waiting */
    fleet_clear(&fleet);
    times_clear(&row->bare_times);
    g_free(row);
    open_engine(bench, 15000);
}

static void
print_head(const Options *options)
{
    printf("rounds of %d ms, %d readers%s, SQLite %s, WAL, synchronous=FULL; SQLite alone writes "
           "as much\n\n",
           options->round_ms, options->readers,
           options->held_ms > 0 ? " and one that holds snapshots" : "", sqlite3_libversion());
    printf("workers transit.  in one  beat in ms              cpu µs a transit.  loop     in equal "
           "groups    one by one       reads\n");
    printf("        per s     beat    p50     p99     max     engine   bare     cpu %%    per s   "
           "ratio    per s  ratio    per s\n");
}

static bool
read_options(Options *options, int *argc, char ***argv)
{
    const GOptionEntry entries[] = {
        {"tasks", 0, 0, G_OPTION_ARG_INT, &options->tasks, "open tasks", "N"},
        {"plans", 0, 0, G_OPTION_ARG_INT, &options->plans, "of so many plans", "N"},
        {"rounds", 0, 0, G_OPTION_ARG_INT, &options->rounds, "for each number of workers", "N"},
        {"round-ms", 0, 0, G_OPTION_ARG_INT, &options->round_ms, "of each of the three", "N"},
        {"readers", 0, 0, G_OPTION_ARG_INT, &options->readers, "threads that read", "N"},
        {"held-ms", 0, 0, G_OPTION_ARG_INT, &options->held_ms, "one more holds snapshots", "N"},
        {"workers", 0, 0, G_OPTION_ARG_STRING, &options->workers, "simulated workers", "N,N"},
        {"folder", 0, 0, G_OPTION_ARG_FILENAME, &options->folder, "where the state is", "FOLDER"},
        {NULL}};
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error))
        fprintf(stderr, "bench-engine: %s\n", error->message);
    return error == NULL && options->rounds <= ROUNDS_MAX;
}

int
main(int argc, char **argv)
{
    Options options = {.tasks = 100000, .plans = 100, .rounds = 5, .round_ms = 1000, .readers = 4};
    if (!read_options(&options, &argc, &argv))
        return 2;
    if (options.folder == NULL)
        options.folder = g_strdup(g_get_tmp_dir());
    g_auto(GStrv) counts =
        g_strsplit(options.workers == NULL ? "16,64,256" : options.workers, ",", -1);
    Bench bench = {.options = &options};
    prepare(&bench);
    bench.readers = readers_start(bench.folder, options.readers, options.held_ms);
    print_head(&options);
    for (char **count = counts; *count != NULL; count++)
        run_workers(&bench, atoi(*count));
    printf("\nthe WAL was at most %.1f MiB long\n", bench.wal_mib_max);
    close_engine(&bench);
    finish(&bench);
    return 0;
}
