/* redis_bench.c - see redis_bench.h. */
#include "redis_bench.h"

#include "server.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>

#define DATABASES 64 /* as the script starts it */

static bool answers(void);

static TestServer server = {
    .name = "Redis", .variable = "HONK_TEST_REDIS", .stop_signal = SIGKILL, .answers = answers};
static char *socket_path;

static bool
answers(void)
{
    redisContext *db = redisConnectUnix(socket_path);
    redisReply *reply = db != NULL && db->err == 0 ? redisCommand(db, "PING") : NULL;
    bool is_up = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    freeReplyObject(reply);
    redisFree(db);
    return is_up;
}

static void
start_once(void)
{
    test_server_prepare(&server);
    if (socket_path == NULL)
        socket_path = g_build_filename(server.folder, "redis.sock", NULL);
    test_server_need(&server);
}

void
test_redis_restart(const char *first, ...)
{
    va_list args;
    int count = 0;
    start_once();
    memset(server.words, 0, sizeof server.words);
    va_start(args, first);
    for (const char *word = first; word != NULL; word = va_arg(args, const char *)) {
        g_assert_cmpint(count, <, SERVER_WORDS_MAX - 1);
        server.words[count++] = word;
    }
    va_end(args);
    test_server_restart(&server);
}

char *
test_redis_url(void)
{
    static int count;
    start_once();
    char *url = g_strdup_printf("unix:%s?db=%d", socket_path, count++ % DATABASES);
    freeReplyObject(test_redis(url, "FLUSHDB"));
    return url;
}

static redisContext *
connect_to(const char *url)
{
    redisContext *db = redisConnectUnix(socket_path);
    g_assert_true(db != NULL && db->err == 0);
    freeReplyObject(redisCommand(db, "SELECT %s", strstr(url, "?db=") + 4));
    return db;
}

static redisReply *
checked(redisContext *db, redisReply *reply)
{
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        g_error("Redis says: %s", reply != NULL ? reply->str : db->errstr);
    redisFree(db);
    return reply;
}

redisReply *
test_redis(const char *url, const char *format, ...)
{
    redisContext *db = connect_to(url);
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(db, format, args);
    va_end(args);
    return checked(db, reply);
}

redisReply *
test_redis_argv(const char *url, int count, const char **arguments, const size_t *lengths)
{
    redisContext *db = connect_to(url);
    return checked(db, redisCommandArgv(db, count, arguments, lengths));
}

static void
append_reply(const redisReply *reply, GString *text)
{
    if (reply->type == REDIS_REPLY_NIL)
        g_string_append(text, "NULL");
    else if (reply->type == REDIS_REPLY_INTEGER)
        g_string_append_printf(text, "%lld", reply->integer);
    else if (reply->type != REDIS_REPLY_ARRAY)
        g_string_append_len(text, reply->str, (gssize) reply->len);
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        g_string_append(text, i > 0 ? "|" : "");
        append_reply(reply->element[i], text);
    }
}

char *
test_redis_text(const char *url, const char *format, ...)
{
    GString *text = g_string_new(NULL);
    redisContext *db = connect_to(url);
    va_list args;
    va_start(args, format);
    redisReply *reply = checked(db, redisvCommand(db, format, args));
    va_end(args);
    append_reply(reply, text);
    freeReplyObject(reply);
    return g_string_free(text, FALSE);
}

static int
compare_replies(const void *a, const void *b)
{
    const redisReply *left = *(redisReply *const *) a, *right = *(redisReply *const *) b;
    return strcmp(left->str, right->str);
}

/* The server's own form of each value tells all of it. */
char *
test_redis_dump(const char *url)
{
    GString *text = g_string_new(NULL);
    redisReply *keys = test_redis(url, "KEYS *");
    qsort(keys->element, keys->elements, sizeof *keys->element, compare_replies);
    for (size_t i = 0; i < keys->elements; i++) {
        const redisReply *key = keys->element[i];
        redisReply *value = test_redis(url, "DUMP %b", key->str, (size_t) key->len);
        redisReply *expires = test_redis(url, "PEXPIRETIME %b", key->str, (size_t) key->len);
        g_autofree char *digest = g_compute_checksum_for_data(
            G_CHECKSUM_SHA256, (guchar *) value->str, (gsize) value->len);
        g_string_append_printf(text, "%s %s %lld\n", key->str, digest, expires->integer);
        freeReplyObject(value);
        freeReplyObject(expires);
    }
    freeReplyObject(keys);
    return g_string_free(text, FALSE);
}

TestDb *
test_redis_db(json_t *settings)
{
    TestDb *db = g_new0(TestDb, 1);
    db->path = test_redis_url();
    db->store.name = g_strdup("store");
    db->store.driver = g_strdup("redis");
    db->store.settings = settings != NULL ? settings : json_object();
    json_set_string(db->store.settings, "url", db->path);
    ASSERT_OK(conn_open(&db->store, &db->conn, &ERR));
    return db;
}
