/*
 * conn.c - sessions with a MariaDB server: how they are opened and set up.
 *
 * Settings of the store, beside those of place.c:
 *   connect_timeout_ms    10000
 *   lock_timeout_ms       5000: how long we wait behind others for a lock, in whole seconds
 *   statement_timeout_ms  0: no limit
 *
 * Texts have one meaning, whatever the server's settings are: UTF-8, names in "double quotes" or `others`, texts in 'single'
 * ones without escapes, || joins, times with a zone are UTC, and what does not fit is an error.
 */
#include "driver/drivers.h"
#include "driver/mariadb/mariadb.h"
#include "driver/settings.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECT_TIMEOUT_MS 10000
#define LOCK_TIMEOUT_MS                                                                            \
    5000 /* longer than most transactions of services, shorter than their patience */
#define VERSION_MIN 100600 /* DROP and RENAME that a crash does not halve */
#define BARE_TIMEOUT_S 10
#define STACK_BYTES ((size_t) 256 * 1024) /* of what the library leaves off; TLS is done on it */
#define TLS_FAILED 2026                   /* as the library counts */
#define WRITE_TIMEOUT_S 86400             /* for how long the server waits while we are throttled */

static const char *const known[] = {
    "url",        "password_file",        "tls_ca", "connect_timeout_ms", "lock_timeout_ms",
    "silence_ms", "statement_timeout_ms", "look", /* of whoever only looks (survey.c) */
    NULL};

MariaConn *
maria_conn(Conn *conn)
{
    g_assert(conn->driver->open == maria_open);
    return (MariaConn *) conn;
}

static char *
setup_text(const json_t *settings, int64_t lock_timeout_s)
{
    /* never DEFAULT, which is what the server is set to: it may cut every answer off */
    return g_strdup_printf(
        "SET SESSION lock_wait_timeout = %" G_GINT64_FORMAT
        ", innodb_lock_wait_timeout = %" G_GINT64_FORMAT ", max_statement_time = %.3f"
        ", net_write_timeout = %d, sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,"
        "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO,"
        "NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1, "
        "foreign_key_checks = 1, unique_checks = 1, check_constraint_checks = 1, "
        "sql_select_limit = 18446744073709551615, sql_big_selects = 1, "
        "sql_safe_updates = 0, sql_auto_is_null = 0, "
        "div_precision_increment = 4, sql_notes = 0, "
        "group_concat_max_len = 1048576, tx_isolation = 'READ-COMMITTED'",
        lock_timeout_s, lock_timeout_s,
        (double) json_get_int(settings, "statement_timeout_ms", 0) / 1000, WRITE_TIMEOUT_S);
}

/* Words of the library about itself are safe to repeat; the url is not among them. */
static bool
fail_connect(MariaConn *conn, MYSQL *db, GError **error)
{
    unsigned code = mysql_errno(db);
    bool is_unknown = code == TLS_FAILED && strstr(mysql_error(db), "certificate") != NULL;
    bool is_refused = code == 1045 || code == 1044 || code == 1698 || code == 1130 || is_unknown;
    bool has_no_ca = code == TLS_FAILED && strstr(mysql_error(db), "No such file") != NULL;
    bool is_wrong = code == 1049 || has_no_ca;
    bool is_full = code == 1040 || code == 1203 || code == 1226;
    conn->code = code;
    return fail(error,
                is_refused ? ERR_FORBIDDEN
                : is_wrong ? ERR_INVALID
                : is_full  ? ERR_TRANSIENT
                           : ERR_UNREACHABLE,
                "%s", mysql_error(db));
}

/* A host that is gone without a word is noticed within a minute, also while we only wait for an answer. A socket in the
 * file system refuses these, and needs none. */
static void
notice_lost_host(MYSQL *db)
{
    static const struct {
        int level, option, value;
    } settings[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                    {IPPROTO_TCP, TCP_KEEPIDLE, 30},
                    {IPPROTO_TCP, TCP_KEEPINTVL, 10},
                    {IPPROTO_TCP, TCP_KEEPCNT, 3},
                    {IPPROTO_TCP, TCP_USER_TIMEOUT, 60000}};
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
        (void) setsockopt(mysql_get_socket(db), settings[i].level, settings[i].option,
                          &settings[i].value, sizeof settings[i].value);
}

bool
maria_connect(MariaConn *conn, bool is_bare, MYSQL **ret, GError **error)
{
    const MariaPlace *at = &conn->at;
    my_bool yes = 1;
    unsigned lines = 1;
    MYSQL *db = mysql_init(NULL);
    g_assert(db != NULL);
    size_t stack_bytes = STACK_BYTES;
    /* of what is still asked without leaving off (statement.c): sessions are opened, rolled back and looked after so */
    unsigned read_timeout_s = is_bare ? BARE_TIMEOUT_S : (unsigned) conn->silence_ms * 2 / 1000;
    mysql_options(db, MYSQL_OPT_NONBLOCK, &stack_bytes);
    mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &at->connect_timeout_s);
    mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &read_timeout_s);
    mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(db, MYSQL_OPT_LOCAL_INFILE, &lines);
    maria_refuse_files(db);
    mysql_options4(db, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "honk");
    if (at->ca != NULL) {
        mysql_options(db, MYSQL_OPT_SSL_CA, at->ca);
        mysql_options(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    }
    if (mysql_real_connect(db, at->host, at->user, at->password, at->database, at->port, at->socket,
                           CLIENT_FOUND_ROWS) == NULL) {
        fail_connect(conn, db, error);
        mysql_close(db);
        return false;
    }
    notice_lost_host(db);
    if (!is_bare && !maria_run_on(conn, db, conn->setup, error)) {
        mysql_close(db);
        return false;
    }
    *ret = db;
    return true;
}

/* Of this store, set up. */
static bool
open_session(MariaConn *conn, MYSQL **ret, GError **error)
{
    *ret = maria_unpark(conn);
    return *ret != NULL || maria_connect(conn, false, ret, error);
}

static bool
look_at_server(MariaConn *conn, GError **error)
{
    int64_t version = (int64_t) mysql_get_server_version(conn->db), bytes = 0;
    g_free(conn->place);
    conn->place = g_strdup_printf("database '%s' at '%s'", conn->at.database,
                                  conn->at.socket != NULL ? conn->at.socket : conn->at.host);
    if (strstr(mysql_get_server_info(conn->db), "MariaDB") == NULL || version < VERSION_MIN)
        return fail(error, ERR_UNSUPPORTED, "the server is %s, expected MariaDB 10.6 or newer",
                    mysql_get_server_info(conn->db));
    if (!maria_int(conn, &bytes, error, "SELECT @@max_allowed_packet"))
        return false;
    conn->packet_bytes = (size_t) bytes;
    return true;
}

bool
maria_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error)
{
    const json_t *settings = store->settings;
    if (!settings_check(settings, known, "mariadb://USER@HOST/DATABASE", error) ||
        !libmariadb_load(error))
        return false;
    MariaConn *conn = g_new0(MariaConn, 1);
    conn->base.driver = self;
    conn->base.store = g_strdup(store->name);
    conn->place = g_strdup("the server");
    conn->idle = g_ptr_array_new();
    conn->silence_ms = (int) MAX(1000, settings_wait_ms(settings, "silence_ms", SILENCE_MS));
    conn->lock_timeout_s =
        MAX(1, (json_get_int(settings, "lock_timeout_ms", LOCK_TIMEOUT_MS) + 999) / 1000);
    conn->setup = setup_text(settings, conn->lock_timeout_s);
    if (maria_place_read(settings, &conn->at, error)) {
        int64_t wait_ms = settings_wait_ms(settings, "connect_timeout_ms", CONNECT_TIMEOUT_MS);
        conn->at.connect_timeout_s = (unsigned) MAX(1, (wait_ms + 999) / 1000);
        conn->book = maria_name(conn->at.database);
        conn->base.book = &maria_book;
        conn->base.book_place = conn->book;
        if (open_session(conn, &conn->db, error) && look_at_server(conn, error)) {
            *ret = &conn->base;
            return true;
        }
    }
    maria_close(&conn->base);
    return false;
}

void
maria_close(Conn *base)
{
    MariaConn *conn = (MariaConn *) base;
    if (conn->loader != NULL)
        maria_load_ops.rollback(base);
    for (guint i = 0; i < conn->idle->len; i++)
        maria_park(conn, conn->idle->pdata[i]);
    g_ptr_array_unref(conn->idle);
    if (conn->held != NULL)
        mysql_close(conn->held);
    if (conn->db != NULL)
        maria_park(conn, conn->db);
    maria_place_clear(&conn->at);
    g_free(conn->setup);
    g_free(conn->range_lock);
    g_free(conn->holder);
    g_free(conn->place);
    g_free(conn->book);
    g_free(conn->base.store);
    g_free(conn);
}

/* --- sessions of scans --- */

bool
maria_borrow(MariaConn *conn, MYSQL **ret, GError **error)
{
    if (conn->holds) {
        *ret = g_steal_pointer(&conn->held);
        return *ret != NULL ||
               fail(error, ERR_TRANSIENT,
                    "the session that held the snapshot has ended, and the snapshot with it");
    }
    if (conn->idle->len > 0) {
        *ret = g_ptr_array_steal_index_fast(conn->idle, conn->idle->len - 1);
        return true;
    }
    return open_session(conn, ret, error);
}

void
maria_give_back(MariaConn *conn, MYSQL *db, bool is_clean)
{
    if (db == NULL)
        return;
    if (is_clean && conn->holds)
        conn->held = db;
    else if (is_clean)
        g_ptr_array_add(conn->idle, db);
    else
        mysql_close(db);
}

const Driver driver_mariadb = {
    .name = "mariadb",
    .summary = "MariaDB 10.6 and newer",
    .open = maria_open,
    .close = maria_close,
    .describe = maria_describe,
    .outline = maria_outline_of,
    .identity = maria_identity,
    .gauge = maria_gauge,
    .fingerprint = maria_fingerprint,
    .types = &maria_type_ops,
    .scan = &maria_scan_ops,
    .load = &maria_load_ops,
    .push = &maria_push_ops,
    .snapshot = &maria_snapshot_ops,
    .freeze = &maria_freeze_ops,
    .watch = &maria_watch_ops,
    .swap = &maria_swap_ops,
    .query = &maria_query_ops,
    .repair = maria_repair,
    .unique_columns = maria_unique_columns,
    .keep_sessions = maria_keep_sessions,
};
