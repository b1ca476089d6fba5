/*
 * conn.c - connections to a Kafka cluster: where, as whom, and with what settings.
 *
 * Settings of the store are in docs/formats/honk-yaml.md; those of a topic are read in object.c.
 */
#include "driver/drivers.h"
#include "driver/json_types.h"
#include "driver/kafka/kafka.h"
#include "driver/kafka/registry.h"
#include "driver/settings.h"

#include <string.h>

#define TIMEOUT_MS 30000
#define LOOK_MS 250
#define SCRAM_SINCE                                                                                \
    0x020601ff /* the first library whose SCRAM brokers of Kafka 3.8.1 and newer understand */
#define SASL_DEFAULT "SCRAM-SHA-512"
#define PLAIN_SCHEME "kafka://"
#define TLS_SCHEME "kafkas://"
#define URL_FORM "kafka://HOST:PORT,HOST:PORT, or kafkas:// for TLS"

static const char *const known[] = {"url",
                                    "user",
                                    "password_file",
                                    "sasl",
                                    "ca_file",
                                    "certificate_file",
                                    "key_file",
                                    "timeout_ms",
                                    "topics",
                                    "bookkeeping",
                                    "partitions",
                                    "replication",
                                    "compression",
                                    "keys_max",
                                    "transaction_ms",
                                    "registry",
                                    "registry_user",
                                    "registry_password_file",
                                    "look",
                                    NULL};

KafkaConn *
kafka_conn(Conn *conn)
{
    g_assert(conn->driver == &driver_kafka);
    return (KafkaConn *) conn;
}

bool
kafka_tick(KafkaConn *conn, int64_t rows_done, GError **error)
{
    if (conn->base.tick == NULL || conn->base.tick(rows_done, conn->base.tick_data))
        return true;
    return fail(error, ERR_STOPPED, "asked to stop");
}

const char *
kafka_topic_setting(const KafkaConn *conn, const char *object, const char *name,
                    const char *otherwise)
{
    const json_t *of_topic = json_object_get(json_object_get(conn->settings, "topics"), object);
    return json_get_string(of_topic, name, otherwise);
}

/* --- a client --- */

static bool
set(rd_kafka_conf_t *conf, const char *name, const char *value, GError **error)
{
    char reason[256];
    return rd_kafka_conf_set(conf, name, value, reason, sizeof reason) == RD_KAFKA_CONF_OK ||
           fail(error, ERR_INVALID, "%s", reason);
}

/* What it would print: errors come back from the calls that meet them. */
static void
say_nothing(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
}

/* Called by whoever polls the client: by us. */
static void
take_trouble(rd_kafka_t *client, int code, const char *reason, void *data)
{
    KafkaConn *conn = data;
    if (code != RD_KAFKA_RESP_ERR__AUTHENTICATION && code != RD_KAFKA_RESP_ERR__SSL)
        return; /* it tries again */
    g_free(conn->refusal);
    conn->refusal = g_strdup(reason);
    conn->is_unknown = code == RD_KAFKA_RESP_ERR__AUTHENTICATION;
}

static bool
set_files(const KafkaConn *conn, rd_kafka_conf_t *conf, GError **error)
{
    static const char *const files[][2] = {{"ca_file", "ssl.ca.location"},
                                           {"certificate_file", "ssl.certificate.location"},
                                           {"key_file", "ssl.key.location"}};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        const char *path = json_get_string(conn->settings, files[i][0], NULL);
        if (path != NULL && !set(conf, files[i][1], path, error))
            return false;
    }
    return true;
}

static bool
set_who(const KafkaConn *conn, rd_kafka_conf_t *conf, GError **error)
{
    const char *user = json_get_string(conn->settings, "user", NULL);
    bool is_tls = g_str_has_prefix(json_get_string(conn->settings, "url", ""), TLS_SCHEME);
    const char *protocol = user == NULL ? (is_tls ? "ssl" : "plaintext")
                           : is_tls     ? "sasl_ssl"
                                        : "sasl_plaintext";
    if (!set(conf, "security.protocol", protocol, error) || !set_files(conn, conf, error))
        return false;
    return user == NULL ||
           (set(conf, "sasl.mechanisms", json_get_string(conn->settings, "sasl", SASL_DEFAULT),
                error) &&
            set(conf, "sasl.username", user, error) &&
            set(conf, "sasl.password", conn->password != NULL ? conn->password : "", error));
}

static bool
set_all(const KafkaConn *conn, rd_kafka_conf_t *conf, va_list args, GError **error)
{
    g_autofree char *timeout = g_strdup_printf("%d", conn->timeout_ms);
    rd_kafka_conf_set_log_cb(conf, say_nothing);
    rd_kafka_conf_set_opaque(conf, (void *) conn);
    rd_kafka_conf_set_error_cb(conf, take_trouble);
    if (!set(conf, "bootstrap.servers", conn->place, error) ||
        !set(conf, "client.id", "honk", error) || !set(conf, "socket.timeout.ms", timeout, error) ||
        !set_who(conn, conf, error))
        return false;
    for (const char *name = va_arg(args, const char *); name != NULL;
         name = va_arg(args, const char *))
        if (!set(conf, name, va_arg(args, const char *), error))
            return false;
    return true;
}

/* A record that is given up because its transaction has failed: kafka_why_refused() tells why that did. */
static bool
is_given_up(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

/* What a record of a producer came to, where somebody waits for it. Of a transaction only the first one tells the reason: the others
 * are refused because it was. */
static void
take_failure(rd_kafka_t *client, const rd_kafka_message_t *record, void *data)
{
    KafkaConn *conn = data;
    if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    if (record->_private != NULL)
        *(rd_kafka_resp_err_t *) record->_private = record->err;
    else if (conn->record_failure == RD_KAFKA_RESP_ERR_NO_ERROR && !is_given_up(record->err))
        conn->record_failure = record->err;
}

bool
kafka_client_new(const KafkaConn *conn, rd_kafka_type_t type, rd_kafka_t **ret, GError **error, ...)
{
    char reason[256];
    va_list args;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_dr_msg_cb(conf, take_failure);
    va_start(args, error);
    bool is_set = set_all(conn, conf, args, error);
    va_end(args);
    rd_kafka_t *client = is_set ? rd_kafka_new(type, conf, reason, sizeof reason) : NULL;
    if (client == NULL)
        rd_kafka_conf_destroy(conf);
    if (is_set && client == NULL)
        return fail(error, ERR_INVALID, "%s", reason);
    *ret = client;
    return is_set;
}

/* --- the connection --- */

static bool
read_url(KafkaConn *conn, GError **error)
{
    const char *url = json_get_string(conn->settings, "url", "");
    bool is_tls = g_str_has_prefix(url, TLS_SCHEME);
    if (!is_tls && !g_str_has_prefix(url, PLAIN_SCHEME))
        return fail(error, ERR_INVALID, "its 'url' is not understood, expected " URL_FORM);
    const char *servers = url + strlen(is_tls ? TLS_SCHEME : PLAIN_SCHEME);
    if (*servers == '\0' || strpbrk(servers, "/@ ") != NULL)
        return fail(error, ERR_INVALID,
                    "its 'url' has more than servers, expected " URL_FORM
                    "; user and password_file are settings of their own");
    conn->place = g_strdup(servers);
    return true;
}

/* To such a broker every password of an older library's SCRAM is a wrong one. */
static const char *
doubt(const KafkaConn *conn)
{
    bool is_scram =
        g_str_has_prefix(json_get_string(conn->settings, "sasl", SASL_DEFAULT), "SCRAM");
    return conn->is_unknown && is_scram && rd_kafka_version() < SCRAM_SINCE
               ? "; if the password is right: brokers of Kafka 3.8.1 and newer understand SCRAM of "
                 "librdkafka 2.6.1 and newer alone, and here is an older one; take that, or `sasl: "
                 "PLAIN`"
               : "";
}

/* Does anybody answer, and let us in? Asked now and then, so that who is refused need not wait. */
static bool
wait_for_cluster(KafkaConn *conn, GError **error)
{
    int64_t deadline = g_get_monotonic_time() + conn->timeout_ms * INT64_C(1000);
    for (;;) {
        const struct rd_kafka_metadata *found = NULL;
        rd_kafka_resp_err_t failed =
            rd_kafka_metadata(conn->look, 0, NULL, &found, MIN(conn->timeout_ms, LOOK_MS));
        if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_metadata_destroy(found);
            return true;
        }
        if (kafka_is_refused(conn))
            return fail(error, ERR_FORBIDDEN, "%s does not let us in: %s%s", conn->place,
                        conn->refusal, doubt(conn));
        if (g_get_monotonic_time() > deadline)
            return kafka_fail(conn, failed, "looking for the cluster", error);
    }
}

static bool
look_at_cluster(KafkaConn *conn, GError **error)
{
    int partitions = 0;
    return kafka_client_new(conn, RD_KAFKA_CONSUMER, &conn->look, error, "isolation.level",
                            "read_uncommitted", NULL) &&
           wait_for_cluster(conn, error) &&
           kafka_partitions(conn, conn->book_topic, &partitions, error);
}

bool
kafka_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error)
{
    if (!settings_check(store->settings, known, URL_FORM, error) || !librdkafka_load(error))
        return false;
    KafkaConn *conn = g_new0(KafkaConn, 1);
    conn->base.driver = self;
    conn->base.store = g_strdup(store->name);
    conn->settings = settings_take(store->settings);
    conn->book_topic = g_strdup(json_get_string(store->settings, "bookkeeping", "_honk"));
    conn->timeout_ms = (int) json_get_int(store->settings, "timeout_ms", TIMEOUT_MS);
    conn->idle = g_ptr_array_new();
    if (!settings_password(store->settings, &conn->password, error) || !read_url(conn, error) ||
        !look_at_cluster(conn, error)) {
        kafka_close(&conn->base);
        return false;
    }
    *ret = &conn->base;
    return true;
}

static void
client_free(rd_kafka_t *client)
{
    if (client != NULL)
        rd_kafka_destroy(client);
}

void
kafka_close(Conn *base)
{
    KafkaConn *conn = (KafkaConn *) base;
    kafka_rollback(base);
    kafka_book_free(conn->book); /* gives its client back */
    for (guint i = 0; i < conn->idle->len; i++)
        client_free(conn->idle->pdata[i]);
    client_free(conn->producer);
    client_free(conn->note);
    client_free(conn->look);
    g_ptr_array_unref(conn->idle);
    kafka_registry_free(conn->registry);
    settings_drop(conn->settings);
    g_free(conn->producer_task);
    g_free(conn->refusal);
    g_free(conn->password);
    g_free(conn->place);
    g_free(conn->book_topic);
    g_free(conn->base.store);
    g_free(conn);
}

const Driver driver_kafka = {
    .name = "kafka",
    .summary = "Kafka topics of JSON or Avro",
    .open = kafka_open,
    .close = kafka_close,
    .describe = kafka_describe,
    .identity = kafka_identity,
    .finds_columns = true,
    .key_advice =
        "where the last record of each key counts, `rows: latest` and `key: [ COLUMN ]` for the "
        "topic, in `topics` of its store (honk.yaml)",
    .becomes = kafka_becomes,
    .fingerprint = kafka_fingerprint,
    .types = &json_type_ops,
    .scan = &kafka_scan_ops,
    .load = &kafka_load_ops,
    .swap = &kafka_swap_ops,
    .repair = kafka_repair,
};
