/* sqlite_vfs.c - many pages are written at once, and what is committed is in the files nevertheless. */
#include "driver/sqlite/sqlite.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#define TRANSACTIONS 12
#define LIMIT_BYTES (300 * 1024)

static char *folder;

static sqlite3 *
open_file(const char *path, const char *vfs)
{
    sqlite3 *db = NULL;
    int status = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs);
    g_assert_cmpint(status, ==, SQLITE_OK);
    return db;
}

static int try_sql(sqlite3 *db, const char *format, ...) G_GNUC_PRINTF(2, 3);
static int
try_sql(sqlite3 *db, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

#define RUN(db, ...)                                                                               \
    do {                                                                                           \
        if (try_sql((db), __VA_ARGS__) != SQLITE_OK)                                               \
            g_error("%s", sqlite3_errmsg(db));                                                     \
    } while (false)

static char *
answer(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        g_error("%s: %s", sql, sqlite3_errmsg(db));
    char *text = g_strdup((const char *) sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

#define CONTENTS                                                                                   \
    "SELECT group_concat(id || ':' || length(x) || ':' || hex(substr(x, -8)), ' ') FROM t"

static void
copy_if_there(const char *from, const char *to, const char *suffix)
{
    g_autofree char *source = g_strconcat(from, suffix, NULL),
                    *target = g_strconcat(to, suffix, NULL);
    g_autofree char *data = NULL;
    gsize bytes = 0;
    g_unlink(target);
    if (g_file_get_contents(source, &data, &bytes, NULL))
        g_assert_true(g_file_set_contents(target, data, (gssize) bytes, NULL));
}

/* What a machine that stops here has on its disk: as the system writes it, and as another program reads it. */
static void
assert_is_on_disk(sqlite3 *db, const char *path)
{
    g_autofree char *copy = g_build_filename(folder, "copy.db", NULL),
                    *shm = g_strconcat(copy, "-shm", NULL), *expected = answer(db, CONTENTS);
    g_unlink(shm);
    copy_if_there(path, copy, "");
    copy_if_there(path, copy, "-wal");
    copy_if_there(path, copy, "-journal");
    const char *const paths[] = {copy, path};
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        sqlite3 *other = open_file(paths[i], NULL);
        g_autofree char *found = answer(other, CONTENTS),
                        *check = answer(other, "PRAGMA integrity_check");
        g_assert_cmpstr(check, ==, "ok");
        g_assert_cmpstr(found, ==, expected);
        sqlite3_close(other);
    }
}

static void
change_something(sqlite3 *db, GRand *rand)
{
    int what = g_rand_int_range(rand, 0, 10), row = g_rand_int_range(rand, 1, 300);
    if (what < 5)
        RUN(db,
            "WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT "
            "OR REPLACE INTO t SELECT i, randomblob(%d) FROM n",
            row, row + g_rand_int_range(rand, 1, 90), g_rand_int_range(rand, 1, 3000));
    else if (what < 7)
        RUN(db, "UPDATE t SET x = randomblob(%d) WHERE id %% 7 = %d",
            g_rand_int_range(rand, 1, 20000), row % 7);
    else if (what < 8)
        RUN(db, "DELETE FROM t WHERE id > %d", row);
    else
        RUN(db, "SAVEPOINT s; UPDATE t SET x = randomblob(900) WHERE id < %d; %s RELEASE s", row,
            row % 2 == 0 ? "ROLLBACK TO s;" : "");
}

static void
what_is_committed_is_in_the_files(const char *mode, int page_bytes)
{
    g_autofree char *path = g_strdup_printf("%s/%s-%d.db", folder, mode, page_bytes);
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) page_bytes);
    sqlite3 *db = open_file(path, sqlite_vfs());
    RUN(db,
        "PRAGMA page_size = %d; PRAGMA journal_mode = %s; PRAGMA synchronous = FULL; PRAGMA "
        "cache_size = 12",
        page_bytes, mode);
    RUN(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, x BLOB); CREATE INDEX i ON t (length(x))");
    for (int i = 0; i < TRANSACTIONS; i++) {
        RUN(db, "BEGIN");
        for (int changes = g_rand_int_range(rand, 1, 5); changes > 0; changes--)
            change_something(db, rand);
        RUN(db, "%s", g_rand_int_range(rand, 0, 4) == 0 ? "ROLLBACK" : "COMMIT");
        assert_is_on_disk(db, path);
    }
    RUN(db, "VACUUM");
    assert_is_on_disk(db, path);
    sqlite3_close(db);
}

static void
what_is_committed_is_in_the_files_whatever_the_journal(void)
{
    static const char *const modes[] = {"wal", "delete", "truncate", "persist"};
    static const int pages[] = {512, 4096, 65536};
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(pages); j++)
            what_is_committed_is_in_the_files(modes[i], pages[j]);
}

/* Pages of a transaction that is given up were written at the end of the WAL, where the next one who commits writes, too. */
static void
what_is_given_up_is_not_written_over_what_others_commit(void)
{
    g_autofree char *path = g_strdup_printf("%s/given-up.db", folder);
    sqlite3 *db = open_file(path, sqlite_vfs()), *other = open_file(path, NULL);
    RUN(db, "PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; PRAGMA cache_size = 5; CREATE "
            "TABLE t (id INTEGER PRIMARY KEY, x BLOB); INSERT INTO t VALUES (1, 'one')");
    for (int i = 2; i < 40; i++) {
        RUN(db, "BEGIN; WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < "
                "160) INSERT INTO t SELECT i, zeroblob(3000) FROM n; ROLLBACK");
        RUN(other, "INSERT INTO t VALUES (%d, randomblob(%d))", i, 100 * i);
        RUN(db, "UPDATE t SET x = x || 'y' WHERE id = 1");
        g_autofree char *expected = answer(other, CONTENTS);
        assert_is_on_disk(db, path);
        g_autofree char *count = answer(db, "SELECT count(*) FROM t"),
                        *found = answer(db, CONTENTS);
        g_assert_cmpint(atoi(count), ==, i);
        g_assert_cmpstr(found, ==, expected);
    }
    sqlite3_close(other);
    sqlite3_close(db);
}

static void
limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

/* The same commit goes through when there is room again. */
static void
a_write_that_fails_late_fails_the_commit(void)
{
    static const char *const modes[] = {"wal", "delete"};
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autofree char *path = g_strdup_printf("%s/full-%s.db", folder, modes[i]);
        sqlite3 *db = open_file(path, sqlite_vfs());
        RUN(db,
            "PRAGMA journal_mode = %s; PRAGMA synchronous = FULL; CREATE TABLE t (id INTEGER "
            "PRIMARY KEY, x BLOB)",
            modes[i]);
        RUN(db, "INSERT INTO t VALUES (1, 'one')");
        limit_files(LIMIT_BYTES);
        RUN(db, "BEGIN; INSERT INTO t VALUES (2, zeroblob(%d))", LIMIT_BYTES + 4096);
        g_assert_cmpint(try_sql(db, "COMMIT"), !=, SQLITE_OK);
        (void) try_sql(db, "ROLLBACK"); /* it may be over already */
        limit_files(RLIM_INFINITY);
        g_autofree char *left = answer(db, "SELECT group_concat(id) FROM t");
        g_assert_cmpstr(left, ==, "1");
        RUN(db, "INSERT INTO t VALUES (3, zeroblob(%d))", LIMIT_BYTES + 4096);
        assert_is_on_disk(db, path);
        sqlite3_close(db);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("honk-vfs-XXXXXX", NULL);
    g_test_add_func("/vfs/what is committed is in the files, whatever the journal",
                    what_is_committed_is_in_the_files_whatever_the_journal);
    g_test_add_func("/vfs/what is given up is not written over what others commit",
                    what_is_given_up_is_not_written_over_what_others_commit);
    g_test_add_func("/vfs/a write that fails late fails the commit",
                    a_write_that_fails_late_fails_the_commit);
    int status = g_test_run();
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", folder);
    g_assert_cmpint(system(command), ==, 0);
    g_free(folder);
    return status;
}
