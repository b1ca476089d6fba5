/*
 * conn.c - connections to a Redis server: where, as whom, and what it must be able to do.
 *
 * Settings of the store:
 *   url            redis://USER@HOST:PORT/DATABASE, rediss:// for TLS, or unix:PATH (and ?db=N)
 *   ca_file        with TLS, who signs the server's certificate: the system's
 *   certificate_file, key_file
 *                  with TLS, our own certificate, where the server asks for one
 *   password_file  its first line is the password; or "redis://USER:${PASSWORD}@HOST"
 *   timeout_ms     30000: how long one answer may take
 *   objects        name → {keys, value, columns, expires, repeat_key}: object.c
 *   bookkeeping    "_honk": what our own keys begin with
 *   keys_in_memory 400000: names of keys that are held at once (keys.c)
 *   swap_keys_max  100000: so many keys change their names in one moment, in which nobody else is served (swap.c)
 */
#include "driver/drivers.h"
#include "driver/redis/redis.h"
#include "driver/redis/tls.h"
#include "driver/settings.h"

#include <stdlib.h>
#include <string.h>

#define PORT 6379
#define TIMEOUT_MS 30000
#define CONNECT_TIMEOUT_MS 10000
#define VERSION_MIN 7 /* PEXPIRETIME */

static const char *const known[] = {
    "url",  "password_file",  "timeout_ms", "objects",          "bookkeeping", "swap_keys_max",
    "look", "keys_in_memory", "ca_file",    "certificate_file", "key_file",    NULL};

typedef struct {
    char *host, *path, *user, *password;
    int port;
    int64_t database;
    bool is_encrypted;
} Address;

static void
address_clear(Address *address)
{
    g_free(address->host);
    g_free(address->path);
    g_free(address->user);
    g_free(address->password);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Address, address_clear)

RedisConn *
redis_conn(Conn *conn)
{
    g_assert(conn->driver == &driver_redis);
    return (RedisConn *) conn;
}

bool
redis_tick(RedisConn *conn, int64_t rows_done, GError **error)
{
    if (conn->base.tick == NULL || conn->base.tick(rows_done, conn->base.tick_data))
        return true;
    return fail(error, ERR_STOPPED, "asked to stop");
}

/* --- where --- */

static bool
fail_url(GError **error)
{
    return fail(error, ERR_INVALID,
                "its 'url' is not understood, expected redis://USER@HOST:PORT/DATABASE or "
                "unix:PATH?db=DATABASE");
}

static bool
read_database(const char *text, int64_t *ret, GError **error)
{
    char *end = NULL;
    *ret = *text != '\0' ? g_ascii_strtoll(text, &end, 10) : 0;
    return *text == '\0' || (*end == '\0' && *ret >= 0 && *ret <= 65535) || fail_url(error);
}

static char *
unescaped(const char *text)
{
    char *plain = g_uri_unescape_string(text, NULL);
    return plain != NULL ? plain : g_strdup(text);
}

/* "USER:PASSWORD", "USER" or ":PASSWORD". */
static void
read_who(const char *text, Address *ret)
{
    const char *colon = strchr(text, ':');
    g_autofree char *user =
        colon != NULL ? g_strndup(text, (size_t) (colon - text)) : g_strdup(text);
    ret->user = *user != '\0' ? unescaped(user) : NULL;
    ret->password = colon != NULL ? unescaped(colon + 1) : NULL;
}

static bool
read_host(const char *text, Address *ret, GError **error)
{
    const char *end = strchr(text, ']'), *colon = strrchr(text, ':');
    bool is_bracketed = *text == '[' && end != NULL;
    if (is_bracketed && colon < end)
        colon = NULL;
    size_t bytes = colon != NULL ? (size_t) (colon - text) : strlen(text);
    ret->host = is_bracketed ? g_strndup(text + 1, (size_t) (end - text) - 1)
                : bytes > 0  ? g_strndup(text, bytes)
                             : g_strdup("127.0.0.1");
    ret->port = colon != NULL ? atoi(colon + 1) : PORT;
    return (ret->port > 0 && ret->port <= 65535) || fail_url(error);
}

static bool
read_url(const char *url, Address *ret, GError **error)
{
    if (g_str_has_prefix(url, "unix:")) {
        const char *query = strstr(url, "?db=");
        ret->path =
            query != NULL ? g_strndup(url + 5, (size_t) (query - url) - 5) : g_strdup(url + 5);
        return read_database(query != NULL ? query + 4 : "", &ret->database, error);
    }
    ret->is_encrypted = g_str_has_prefix(url, "rediss://");
    if (!ret->is_encrypted && !g_str_has_prefix(url, "redis://"))
        return fail_url(error);
    g_autofree char *all = g_strdup(strstr(url, "://") + strlen("://"));
    char *slash = strchr(all, '/'), *at = strrchr(all, '@'), *host = all;
    if (slash != NULL && at != NULL && slash < at) /* a slash in a password */
        slash = strchr(at, '/');
    if (slash != NULL)
        *slash = '\0';
    if (at != NULL) {
        *at = '\0';
        read_who(all, ret);
        host = at + 1;
    }
    return read_host(host, ret, error) &&
           read_database(slash != NULL ? slash + 1 : "", &ret->database, error);
}

static bool
read_address(const RedisConn *conn, Address *ret, GError **error)
{
    if (!read_url(json_get_string(conn->settings, "url", ""), ret, error))
        return false;
    if (conn->password != NULL) {
        g_free(ret->password);
        ret->password = g_strdup(conn->password);
    }
    return true;
}

/* --- a connection --- */

static struct timeval
interval(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

/* Who is turned away is told why before the server hangs up, and cannot say anything any more. */
static bool
fail_turned_away(redisContext *db, GError *lost, GError **error)
{
    void *words = NULL;
    db->err = 0;
    if (redisGetReply(db, &words) != REDIS_OK) {
        g_propagate_error(error, lost);
        return false;
    }
    AUTO_REPLY *reply = words;
    g_error_free(lost);
    return redis_fail(reply->type == REDIS_REPLY_ERROR ? reply->str : "something else", error);
}

static bool
log_in(const RedisConn *conn, redisContext *db, const Address *address, GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    GError *lost = NULL;
    int count = 1;
    if (address->password != NULL && address->user != NULL)
        resp_command(commands, "AUTH", address->user, address->password, NULL);
    else if (address->password != NULL)
        resp_command(commands, "AUTH", address->password, NULL);
    count += address->password != NULL;
    resp_begin(commands, 2);
    resp_text(commands, "SELECT");
    resp_int(commands, address->database);
    if (!redis_send(conn, db, commands, &lost))
        return fail_turned_away(db, lost, error);
    for (int i = 0; i < count; i++) {
        AUTO_REPLY *reply = NULL;
        if (!redis_next(conn, db, &reply, error))
            return false;
    }
    return true;
}

static bool
check_open(const RedisConn *conn, redisContext *db, GError **error)
{
    if (db != NULL && db->err == 0)
        return true;
    fail(error, ERR_UNREACHABLE, "%s: %s", conn->place, db != NULL ? db->errstr : "out of memory");
    redisFree(db);
    return false;
}

/* The same server, past what encrypts. `db` is taken. */
static bool
encrypt(const RedisConn *conn, const Address *address, redisContext **db, GError **error)
{
    const TlsPeer peer = {
        .host = address->host,
        .ca_file = json_get_string(conn->settings, "ca_file", NULL),
        .certificate_file = json_get_string(conn->settings, "certificate_file", NULL),
        .key_file = json_get_string(conn->settings, "key_file", NULL),
        .timeout_ms = CONNECT_TIMEOUT_MS,
    };
    int plain = -1, fd = redisFreeKeepFd(*db);
    *db = NULL;
    if (!tls_connect(&peer, fd, &plain, error))
        return fail_in(error, "%s", conn->place);
    *db = redisConnectFd(plain);
    return check_open(conn, *db, error);
}

static bool
reach(const RedisConn *conn, const Address *address, redisContext **ret, GError **error)
{
    struct timeval patience = interval(CONNECT_TIMEOUT_MS);
    redisContext *db = address->path != NULL
                           ? redisConnectUnixWithTimeout(address->path, patience)
                           : redisConnectWithTimeout(address->host, address->port, patience);
    if (!check_open(conn, db, error))
        return false;
    if (address->path == NULL && redisEnableKeepAlive(db) != REDIS_OK)
        db->err = 0; /* one of its numbers is refused: the system's own are used */
    *ret = db;
    return !address->is_encrypted || encrypt(conn, address, ret, error);
}

bool
redis_connect(const RedisConn *conn, redisContext **ret, GError **error)
{
    g_auto(Address) address = {0};
    redisContext *db = NULL;
    if (!read_address(conn, &address, error) || !reach(conn, &address, &db, error))
        return false;
    redisSetTimeout(db, interval(conn->timeout_ms));
    if (!log_in(conn, db, &address, error)) {
        redisFree(db);
        return false;
    }
    *ret = db;
    return true;
}

/* What is read from INFO, which is many lines of "name:value". */
static char *
info_value(const char *info, const char *name)
{
    g_autofree char *wanted = g_strconcat("\n", name, ":", NULL);
    const char *at = strstr(info, wanted);
    if (at == NULL)
        return NULL;
    at += strlen(wanted);
    return g_strndup(at, strcspn(at, "\r\n"));
}

static bool
look_at_server(RedisConn *conn, GError **error)
{
    AUTO_REPLY *info = NULL;
    if (!redis_do(conn, &info, error, "INFO", NULL))
        return false;
    g_autofree char *version = info_value(info->str, "redis_version");
    g_autofree char *cluster = info_value(info->str, "cluster_enabled");
    if (version == NULL || atoi(version) < VERSION_MIN)
        return fail(error, ERR_UNSUPPORTED, "the server is Redis %s, expected 7.0 or newer",
                    version != NULL ? version : "?");
    if (g_strcmp0(cluster, "1") == 0)
        return fail(error, ERR_UNSUPPORTED,
                    "the server is part of a cluster, which is not done: neither swap nor ledger "
                    "would be one change");
    return true;
}

bool
redis_keeps_rows(const RedisConn *conn, GError **error)
{
    AUTO_REPLY *info = NULL;
    if (!redis_do(conn, &info, error, "INFO", "memory", NULL))
        return false;
    g_autofree char *most = info_value(info->str, "maxmemory");
    g_autofree char *policy = info_value(info->str, "maxmemory_policy");
    bool is_bounded = most != NULL && strcmp(most, "0") != 0;
    return !is_bounded || policy == NULL || !g_str_has_prefix(policy, "allkeys-") ||
           fail(error, ERR_WRONG_STATE,
                "the server removes any keys when its memory is full (maxmemory-policy %s): rows "
                "that are there, those that come and our notes would go without a word; set "
                "noeviction, at least while rows move",
                policy);
}

static char *
place_of(const Address *address)
{
    return address->path != NULL
               ? g_strdup_printf("%s, database %" G_GINT64_FORMAT, address->path, address->database)
               : g_strdup_printf("%s:%d/%" G_GINT64_FORMAT, address->host, address->port,
                                 address->database);
}

bool
redis_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error)
{
    g_auto(Address) address = {0};
    if (!settings_check(store->settings, known, "redis://HOST:PORT/DATABASE", error))
        return false;
    RedisConn *conn = g_new0(RedisConn, 1);
    conn->base.driver = self;
    conn->base.store = g_strdup(store->name);
    conn->settings = settings_take(store->settings);
    conn->timeout_ms = (int) json_get_int(store->settings, "timeout_ms", TIMEOUT_MS);
    conn->book = g_strdup(json_get_string(store->settings, "bookkeeping", "_honk"));
    conn->place = g_strdup("the server");
    bool is_open = settings_password(store->settings, &conn->password, error) &&
                   read_address(conn, &address, error);
    if (is_open) {
        g_free(conn->place);
        conn->place = place_of(&address);
        is_open = redis_connect(conn, &conn->db, error) && look_at_server(conn, error);
    }
    if (!is_open) {
        redis_close(&conn->base);
        return false;
    }
    *ret = &conn->base;
    return true;
}

void
redis_close(Conn *base)
{
    RedisConn *conn = (RedisConn *) base;
    redis_rollback(base);
    redisFree(conn->db);
    settings_drop(conn->settings);
    g_free(conn->looked_name);
    g_free(conn->looked_text);
    g_free(conn->password);
    g_free(conn->place);
    g_free(conn->book);
    g_free(conn->base.store);
    g_free(conn);
}

const Driver driver_redis = {
    .name = "redis",
    .summary = "Redis 7 and newer: hashes, strings and JSON as rows",
    .open = redis_open,
    .close = redis_close,
    .describe = redis_describe,
    .identity = redis_identity,
    .finds_columns = true,
    .hides_nulls = true,
    .fingerprint = redis_fingerprint,
    .types = &redis_type_ops,
    .scan = &redis_scan_ops,
    .load = &redis_load_ops,
    .swap = &redis_swap_ops,
    .repair = redis_repair,
};
