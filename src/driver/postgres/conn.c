/*
 * conn.c - sessions with a PostgreSQL server: where, as whom, and how they are set up.
 *
 * Settings of the store:
 *   url                   as libpq takes it: postgresql://user@host/database or "host=… dbname=…"; what it does not say,
 *                         libpq looks for (PGHOST, PGPASSFILE, ~/.pgpass…)
 *   password_file         its first line is the password
 *   schema                a name or a list of them: where objects without a schema are looked for (search_path)
 *   application_name      "honk"
 *   connect_timeout_ms    10000
 *   lock_timeout_ms       5000: how long we wait behind others for a lock, while others wait behind us
 *   statement_timeout_ms  0: no limit
 *   slot_bytes_max        68719476736 (64 GiB): of its log that the server may keep for one move (live-sync)
 *   bookkeeping           "_honk": schema of fence, ledger and quarantine; made and dropped as needed
 *
 * The url may hold a password, so it is in no message: libpq's words about a broken one would quote it.
 */
#include "driver/drivers.h"
#include "driver/postgres/postgres.h"
#include "driver/settings.h"

#include <string.h>

#define SQL_ASCII "SQL_ASCII" /* bytes, of no encoding */
#define CONNECT_TIMEOUT_MS 10000
#define LOCK_TIMEOUT_MS                                                                            \
    5000 /* longer than most transactions of services, shorter than their patience */
#define SLOT_BYTES_MAX (INT64_C(64) * 1024 * 1024 * 1024) /* the disk is others', too */
#define VERSION_MIN                                                                                \
    120000 /* generated columns, and views that can be replaced as they are printed */

static const char *const known[] = {"url",
                                    "password_file",
                                    "schema",
                                    "application_name",
                                    "connect_timeout_ms",
                                    "lock_timeout_ms",
                                    "silence_ms",
                                    "statement_timeout_ms",
                                    "slot_bytes_max",
                                    "bookkeeping",
                                    "look", /* of whoever only looks (survey.c) */
                                    NULL};

PgConn *
pg_conn(Conn *conn)
{
    g_assert(conn->driver->open == pg_open);
    return (PgConn *) conn;
}

static void
add_parameter(GPtrArray *keywords, GPtrArray *values, const char *keyword, const char *value)
{
    g_ptr_array_add(keywords, g_strdup(keyword));
    g_ptr_array_add(values, g_strdup(value));
}

/* What the url says, and what we add to it; later words win. */
static bool
read_parameters(PgConn *conn, const json_t *settings, GError **error)
{
    g_autoptr(GPtrArray) keywords = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *password = NULL;
    char *ignored = NULL;
    add_parameter(keywords, values, "application_name", "honk");
    /* A host that is gone without a word is noticed within a minute, also while we only wait for an answer. */
    add_parameter(keywords, values, "tcp_user_timeout", "60000");
    add_parameter(keywords, values, "keepalives_idle", "30");
    add_parameter(keywords, values, "keepalives_interval", "10");
    add_parameter(keywords, values, "keepalives_count", "3");
    PQconninfoOption *options = PQconninfoParse(conn->url, &ignored);
    PQfreemem(ignored);
    if (options == NULL)
        return fail(error, ERR_INVALID,
                    "its 'url' is not as libpq wants it, expected postgresql://USER@HOST/DATABASE");
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (option->val != NULL)
            add_parameter(keywords, values, option->keyword, option->val);
    PQconninfoFree(options);
    if (!settings_password(settings, &password, error))
        return false;
    if (password != NULL)
        add_parameter(keywords, values, "password", password);
    const char *name = json_get_string(settings, "application_name", NULL);
    if (name != NULL)
        add_parameter(keywords, values, "application_name", name);
    g_autofree char *timeout = g_strdup_printf(
        "%" G_GINT64_FORMAT,
        MAX(2,
            (settings_wait_ms(settings, "connect_timeout_ms", CONNECT_TIMEOUT_MS) + 999) / 1000));
    add_parameter(keywords, values, "connect_timeout", timeout);
    add_parameter(keywords, values, "client_encoding", "UTF8");
    g_ptr_array_add(keywords, NULL);
    g_ptr_array_add(values, NULL);
    conn->keywords = (char **) g_ptr_array_free(g_steal_pointer(&keywords), FALSE);
    conn->values = (char **) g_ptr_array_free(g_steal_pointer(&values), FALSE);
    return true;
}

static void
append_path(GString *path, const json_t *name)
{
    g_autofree char *quoted = pg_name(json_string_value(name));
    g_string_append_printf(path, "%s%s", path->len > 0 ? ", " : "", quoted);
}

static char *
path_text(const json_t *settings)
{
    GString *path = g_string_new(NULL);
    json_t *schema = json_object_get(settings, "schema"), *name;
    size_t i;
    if (json_is_string(schema))
        append_path(path, schema);
    json_array_foreach(schema, i, name) if (json_is_string(name)) append_path(path, name);
    return g_string_free(path, FALSE);
}

bool
pg_is_one_place(const PgConn *a, const PgConn *b)
{
    return strcmp(a->url, b->url) == 0 && strcmp(a->path, b->path) == 0;
}

/* One meaning of every text, whatever the server's or the role's settings are. */
static char *
setup_text(const char *path, const json_t *settings)
{
    g_autofree char *search =
        *path != '\0' ? g_strdup_printf("SET search_path = %s;", path) : g_strdup("");
    return pg_sql(
        "SET client_min_messages = warning; SET standard_conforming_strings = on; SET DateStyle = "
        "'ISO, YMD';"
        "SET IntervalStyle = postgres; SET TimeZone = 'UTC'; SET bytea_output = hex; SET "
        "extra_float_digits = 3; SET array_nulls = on; SET xmloption = content; SET lc_monetary = "
        "'C';"
        "SET synchronize_seqscans = off; SET lock_timeout = %lld; SET statement_timeout = %lld;"
        "SET idle_in_transaction_session_timeout = 0; SET tcp_keepalives_idle = 30; SET "
        "tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; %s"
        "SELECT set_config('synchronous_commit', 'on', false) WHERE "
        "current_setting('synchronous_commit') = 'off'",
        (long long) json_get_int(settings, "lock_timeout_ms", LOCK_TIMEOUT_MS),
        (long long) json_get_int(settings, "statement_timeout_ms", 0), search);
}

/* The code in what libpq says at length: "…FATAL:  28P01: …", whatever the server's language is. Of several hosts the last one's; "" without any. */
static void
find_state(const char *text, char *ret, size_t bytes)
{
    *ret = '\0';
    for (const char *at = strstr(text, ":  "); at != NULL; at = strstr(at + 1, ":  ")) {
        const char *code = at + strlen(":  ");
        if (strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && code[5] == ':')
            g_strlcpy(ret, code, MIN(bytes, 6));
    }
}

/* libpq tells the code of a refusal only to who has asked for it before it was told, so it is asked for with another try. True: that one was
 * let in. */
static bool
try_for_state(PGconn *db, char *ret, size_t bytes)
{
    PQsetErrorVerbosity(db, PQERRORS_VERBOSE);
    PQreset(db);
    find_state(PQerrorMessage(db), ret, bytes);
    PQsetErrorVerbosity(db, PQERRORS_DEFAULT);
    return PQstatus(db) == CONNECTION_OK;
}

/* Of a server's own words its code counts; those of the library are English (nobody has set another language here). */
static ErrorCode
code_of_refusal(const char *state, const char *message)
{
    if (*state != '\0')
        return g_str_has_prefix(state, "28") || strcmp(state, "42501") == 0 ? ERR_FORBIDDEN
               : strcmp(state, "3D000") == 0                                ? ERR_INVALID
                                                                            : ERR_UNREACHABLE;
    if (strstr(message, "no password") != NULL || strstr(message, "certificate") != NULL)
        return ERR_FORBIDDEN; /* it does not get better */
    /* of a part of the url: before anybody is asked */
    return g_str_has_prefix(message, "invalid ") ? ERR_INVALID : ERR_UNREACHABLE;
}

/* libpq's words, of which only those about the server are safe to repeat; they come in several lines. True: it was let in after all. */
static bool
fail_connect(PGconn *db, GError **error)
{
    char state[6] = "";
    g_autofree char *message = g_strdup(PQerrorMessage(db));
    g_strdelimit(message, "\n\t", ' ');
    g_strstrip(message);
    return (pg_says_why(db) && try_for_state(db, state, sizeof state)) ||
           fail(error, code_of_refusal(state, message), "%s", message);
}

/* By itself libpq prints them between our lines. What ends a session is in the error that follows. */
static void
drop_notice(void *user, const PGresult *notice)
{
}

static bool
knows_no_encoding(PGconn *db)
{
    return g_strcmp0(PQparameterStatus(db, "server_encoding"), SQL_ASCII) == 0;
}

static bool
connect_session(PgConn *conn, PGconn **ret, GError **error)
{
    PGconn *db = pg_unpark(conn);
    if (db != NULL) {
        *ret = db;
        return true;
    }
    db = PQconnectdbParams((const char *const *) conn->keywords, (const char *const *) conn->values,
                           0);
    if (PQstatus(db) != CONNECTION_OK && !fail_connect(db, error)) {
        PQfinish(db);
        return false;
    }
    PQsetNoticeReceiver(db, drop_notice, NULL);
    /* asked for UTF-8 it would refuse all rows for the sake of one; we look at each text ourselves */
    if (knows_no_encoding(db))
        PQsetClientEncoding(db, SQL_ASCII);
    if (PQsetnonblocking(db, 1) != 0 || !pg_run_on(conn, db, conn->setup, NULL, error)) {
        PQfinish(db);
        return false;
    }
    *ret = db;
    return true;
}

static bool
look_at_server(PgConn *conn, GError **error)
{
    const char *host = PQhost(conn->db);
    conn->version = PQserverVersion(conn->db);
    conn->is_ascii = knows_no_encoding(conn->db);
    g_free(conn->place);
    conn->place =
        g_strdup_printf("database '%s' at '%s'", PQdb(conn->db), host != NULL ? host : "");
    if (conn->version < VERSION_MIN)
        return fail(error, ERR_UNSUPPORTED, "the server is PostgreSQL %d, expected 12 or newer",
                    conn->version / 10000);
    return true;
}

bool
pg_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error)
{
    const json_t *settings = store->settings;
    if (!settings_check(settings, known, "postgresql://USER@HOST/DATABASE", error) ||
        !libpq_load(error))
        return false;
    PgConn *conn = g_new0(PgConn, 1);
    conn->base.driver = self;
    conn->base.store = g_strdup(store->name);
    conn->place = g_strdup("the server");
    conn->url = g_strdup(json_get_string(settings, "url", ""));
    conn->book_name = g_strdup(json_get_string(settings, "bookkeeping", "_honk"));
    conn->book = pg_name(conn->book_name);
    conn->silence_ms = (int) MAX(1000, settings_wait_ms(settings, "silence_ms", SILENCE_MS));
    conn->lock_timeout_ms = json_get_int(settings, "lock_timeout_ms", LOCK_TIMEOUT_MS);
    conn->slot_bytes_max = json_get_int(settings, "slot_bytes_max", SLOT_BYTES_MAX);
    conn->base.book = &pg_book;
    conn->base.book_place = conn->book;
    conn->idle = g_ptr_array_new();
    conn->later = g_string_new(NULL);
    conn->path = path_text(settings);
    conn->setup = setup_text(conn->path, settings);
    if (!read_parameters(conn, settings, error) || !connect_session(conn, &conn->db, error) ||
        !look_at_server(conn, error)) {
        pg_close(&conn->base);
        return false;
    }
    *ret = &conn->base;
    return true;
}

void
pg_close(Conn *base)
{
    PgConn *conn = (PgConn *) base;
    if (conn->loader != NULL)
        pg_load_ops.rollback(base);
    for (guint i = 0; i < conn->idle->len; i++)
        pg_park(conn, conn->idle->pdata[i]);
    g_ptr_array_unref(conn->idle);
    g_string_free(conn->later, TRUE);
    pg_park(conn, conn->db);
    g_strfreev(conn->keywords);
    g_strfreev(conn->values);
    g_free(conn->setup);
    g_free(conn->place);
    g_free(conn->url);
    g_free(conn->path);
    g_free(conn->book);
    g_free(conn->book_name);
    g_free(conn->snapshot);
    g_free(conn->here);
    g_free(conn->letters);
    g_free(conn->holder);
    g_free(conn->base.store);
    g_free(conn);
}

/* --- sessions of scans --- */

bool
pg_borrow(PgConn *conn, PGconn **ret, GError **error)
{
    if (conn->idle->len > 0) {
        *ret = g_ptr_array_steal_index_fast(conn->idle, conn->idle->len - 1);
        return true;
    }
    PGconn *db = NULL;
    if (!connect_session(conn, &db, error))
        return false;
    if (!pg_take_over(conn, db, error)) {
        PQfinish(db);
        return false;
    }
    *ret = db;
    return true;
}

void
pg_give_back(PgConn *conn, PGconn *db, bool is_clean)
{
    if (db == NULL)
        return;
    PGTransactionStatusType status = PQtransactionStatus(db); /* ACTIVE: in a COPY that was left */
    if (is_clean && PQstatus(db) == CONNECTION_OK && status != PQTRANS_INERROR &&
        status != PQTRANS_ACTIVE)
        g_ptr_array_add(conn->idle, db);
    else
        PQfinish(db);
}

const Driver driver_postgres = {
    .name = "postgres",
    .summary = "PostgreSQL 12 and newer",
    .open = pg_open,
    .close = pg_close,
    .describe = pg_describe,
    .outline = pg_outline,
    .identity = pg_identity,
    .fingerprint = pg_fingerprint,
    .types = &pg_type_ops,
    .keeps_odd = true,
    .scan = &pg_scan_ops,
    .load = &pg_load_ops,
    .push = &pg_push_ops,
    .freeze = &pg_freeze_ops,
    .watch = &pg_watch_ops,
    .mirror = &pg_mirror_ops,
    .snapshot = &pg_snapshot_ops,
    .swap = &pg_swap_ops,
    .query = &pg_query_ops,
    .repair = pg_repair,
    .unique_columns = pg_unique_columns,
    .gauge = pg_gauge,
    .keep_sessions = pg_keep_sessions,
};
