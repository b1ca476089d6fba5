/* store.c - our own state: transactions, epochs, blobs and the ledger. */
#include "base/text.h"
#include "store/blob.h"
#include "store/ledger.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
new_folder(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("honk-store-XXXXXX", &error);
    g_assert_no_error(error);
    return folder;
}

static void
append(Db *db, const char *plan)
{
    g_autoptr(GError) error = NULL;
    Event event = {.type = (char *) "plan.note", .plan = (char *) plan, .actor = (char *) "honk"};
    g_assert_true(ledger_append(db, &event, &error));
    g_assert_no_error(error);
}

static void
a_rolled_back_transaction_leaves_no_gap_in_the_ledger(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = NULL;
    int64_t last = 0;
    g_assert_true(db_open_memory(&db, &error));
    g_assert_true(db_begin(db, &error));
    append(db, "m-1");
    g_assert_true(db_commit(db, &error));
    g_assert_true(db_begin(db, &error));
    append(db, "m-2");
    db_rollback(db);
    g_assert_true(db_begin(db, &error));
    append(db, "m-3");
    g_assert_true(db_commit(db, &error));
    g_assert_true(ledger_last(db, &last, &error));
    g_assert_cmpint(last, ==, 2);
}

static bool
collect(const Event *event, void *data)
{
    g_string_append_printf(data, "%" PRId64 "%s ", event->seq, event->plan);
    return true;
}

static void
the_ledger_is_read_from_any_number_and_for_one_plan(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = NULL;
    g_autoptr(GString) all = g_string_new(NULL);
    g_autoptr(GString) one = g_string_new(NULL);
    g_assert_true(db_open_memory(&db, &error));
    g_assert_true(db_begin(db, &error));
    append(db, "a");
    append(db, "b");
    append(db, "a");
    g_assert_true(db_commit(db, &error));
    g_assert_true(ledger_read(db, 1, NULL, 100, collect, all, &error));
    g_assert_cmpstr(all->str, ==, "2b 3a ");
    g_assert_true(ledger_read(db, 0, "a", 1, collect, one, &error));
    g_assert_cmpstr(one->str, ==, "1a ");
}

static void
a_second_server_on_the_same_folder_is_refused_by_the_first_ones_pid(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) first = NULL;
    g_autoptr(Db) second = NULL;
    g_autofree char *folder = new_folder();
    g_autofree char *pid = g_strdup_printf("%ld", (long) getpid());
    g_assert_true(db_open(folder, &first, &error));
    g_assert_false(db_open(folder, &second, &error));
    g_assert_true(error_is(error, ERR_WRONG_STATE));
    g_assert_nonnull(strstr(error->message, pid));
}

static void
every_start_raises_the_epoch_and_an_old_writer_is_stopped(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = NULL;
    g_autofree char *folder = new_folder();
    g_assert_true(db_open(folder, &db, &error));
    int64_t before = db_epoch(db);
    g_assert_true(db_exec(db, "UPDATE meta SET value = '99' WHERE key = 'epoch'", &error));
    g_assert_false(db_begin(db, &error));
    g_assert_true(error_is(error, ERR_CORRUPT));
    g_clear_error(&error);
    g_clear_pointer(&db, db_close);
    g_assert_true(db_open(folder, &db, &error));
    g_assert_cmpint(db_epoch(db), ==, 100);
    g_assert_cmpint(before, ==, 1);
}

static void
a_reader_sees_what_is_committed_and_cannot_write(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = NULL;
    g_autoptr(Db) reader = NULL;
    g_autofree char *folder = new_folder();
    int64_t last = -1;
    g_assert_true(db_open(folder, &db, &error));
    g_assert_true(db_open_reader(folder, &reader, &error));
    g_assert_true(db_begin(db, &error));
    append(db, "m-1");
    g_assert_true(ledger_last(reader, &last, &error));
    g_assert_cmpint(last, ==, 0);
    g_assert_true(db_commit(db, &error));
    g_assert_true(ledger_last(reader, &last, &error));
    g_assert_cmpint(last, ==, 1);
    g_assert_false(db_exec(reader, "DELETE FROM event", &error));
}

/* ---- the WAL ---- */

#define READERS 3

typedef struct {
    const char *folder;
    atomic_bool is_over;
} Reading;

/* Reads again and again, a few milliseconds each time. */
static void *
read_on(void *data)
{
    Reading *reading = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = NULL;
    int64_t last = 0;
    g_assert_true(db_open_reader(reading->folder, &db, &error));
    while (!atomic_load(&reading->is_over)) {
        g_assert_true(db_begin_read(db, &error));
        g_assert_true(ledger_last(db, &last, &error));
        g_usleep(4000);
        db_end_read(db);
    }
    return NULL;
}

static void
write_megabyte(Db *db, int number)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strnfill(1 << 20, (char) ('a' + number % 26));
    Stmt *stmt = NULL;
    g_assert_true(db_begin(db, &error));
    g_assert_true(db_prepare(db,
                             "INSERT INTO meta(key, value) VALUES ('big', :value)"
                             " ON CONFLICT(key) DO UPDATE SET value = excluded.value",
                             &stmt, &error));
    stmt_text(stmt, ":value", text);
    g_assert_true(stmt_run(stmt, NULL, &error));
    g_assert_true(db_commit(db, &error));
    db_checkpoint(db);
}

/* A checkpoint that never waits would let it grow to all that was written. */
static void
the_wal_stays_short_although_somebody_reads_at_any_moment(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = new_folder();
    g_autofree char *wal = g_build_filename(folder, "state.db-wal", NULL);
    g_autoptr(Db) db = NULL;
    Reading reading = {.folder = folder};
    pthread_t threads[READERS];
    struct stat info;
    g_assert_true(db_open(folder, &db, &error));
    for (int i = 0; i < READERS; i++)
        g_assert_cmpint(pthread_create(&threads[i], NULL, read_on, &reading), ==, 0);
    for (int i = 0; i < 96; i++)
        write_megabyte(db, i);
    g_assert_cmpint(stat(wal, &info), ==, 0);
    g_assert_cmpint(info.st_size, <, 64 << 20);
    atomic_store(&reading.is_over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
}

static void
a_statement_is_known_by_its_text_and_not_by_where_the_text_is(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = NULL;
    Stmt *one = NULL, *other = NULL, *again = NULL;
    char sql[] = "SELECT 1";
    g_assert_true(db_open_memory(&db, &error));
    g_assert_true(db_prepare(db, sql, &one, &error));
    g_assert_true(db_prepare(db, sql, &again, &error));
    g_assert_true(one == again);
    sql[7] = '2';
    g_assert_true(db_prepare(db, sql, &other, &error));
    g_assert_true(other != one);
    g_assert_true(db_prepare(db, "SELECT 1", &again, &error));
    g_assert_true(one == again);
}

static void
a_blob_is_found_by_its_digest_and_only_by_a_digest(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Blobs) blobs = NULL;
    g_autofree char *folder = new_folder();
    g_autofree char *digest = NULL;
    g_autofree char *again = NULL;
    g_autofree char *data = NULL;
    size_t bytes = 0;
    g_assert_true(blobs_open(folder, &blobs, &error));
    g_assert_true(blobs_put(blobs, "goose", 5, &digest, &error));
    g_assert_true(blobs_put(blobs, "goose", 5, &again, &error));
    g_assert_cmpstr(digest, ==, again);
    g_assert_true(blobs_get(blobs, digest, &data, &bytes, &error));
    g_assert_cmpmem(data, bytes, "goose", 5);
    g_assert_false(blobs_get(blobs, "sha256:../../etc/passwd", &data, &bytes, &error));
    g_assert_true(error_is(error, ERR_INVALID));
}

static void
a_blob_with_other_contents_than_its_name_says_is_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Blobs) blobs = NULL;
    g_autofree char *folder = new_folder();
    g_autofree char *digest = NULL;
    g_autofree char *data = NULL;
    size_t bytes = 0;
    g_assert_true(blobs_open(folder, &blobs, &error));
    g_assert_true(blobs_put(blobs, "goose", 5, &digest, &error));
    g_autofree char *path = g_strdup_printf("%s/blobs/%.2s/%s", folder, digest + 7, digest + 9);
    g_assert_true(file_write_atomic(path, "moose", 5, 0600, &error));
    g_assert_false(blobs_get(blobs, digest, &data, &bytes, &error));
    g_assert_true(error_is(error, ERR_CORRUPT));
}

static void
the_state_of_an_older_program_is_refused_with_what_to_do(void)
{
    g_autofree char *folder = new_folder();
    g_autoptr(GError) error = NULL;
    Db *db = NULL;
    g_assert_true(db_open(folder, &db, &error));
    g_assert_true(db_exec(db, "PRAGMA user_version = 1", &error));
    g_clear_pointer(&db, db_close);
    g_assert_false(db_open(folder, &db, &error));
    g_assert_true(error_is(error, ERR_UNSUPPORTED));
    g_assert_nonnull(strstr(error->message, "is of version 1"));
    g_assert_nonnull(strstr(error->message, "move its folder away"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/store/" #name, name)
    TEST(a_rolled_back_transaction_leaves_no_gap_in_the_ledger);
    TEST(the_ledger_is_read_from_any_number_and_for_one_plan);
    TEST(a_second_server_on_the_same_folder_is_refused_by_the_first_ones_pid);
    TEST(every_start_raises_the_epoch_and_an_old_writer_is_stopped);
    TEST(a_reader_sees_what_is_committed_and_cannot_write);
    TEST(the_wal_stays_short_although_somebody_reads_at_any_moment);
    TEST(a_statement_is_known_by_its_text_and_not_by_where_the_text_is);
    TEST(a_blob_is_found_by_its_digest_and_only_by_a_digest);
    TEST(a_blob_with_other_contents_than_its_name_says_is_refused);
    TEST(the_state_of_an_older_program_is_refused_with_what_to_do);
    return g_test_run();
}
