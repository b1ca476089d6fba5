/* topic.c - topics as the cluster has them: which there are, how far they go, making and removing them. */
#include "driver/kafka/kafka.h"

#include <string.h>

#define TIMES_MS                                                                                   \
    2000 /* for transactions of others that are being committed; then what is committed counts */
#define SHOW_MS 15000 /* until every broker knows of a topic that was made or removed */
#define PAUSE_US 5000

/* --- asking --- */

static bool
ask(KafkaConn *conn, const char *topic, const struct rd_kafka_metadata **ret, GError **error)
{
    rd_kafka_topic_t *one = topic != NULL ? rd_kafka_topic_new(conn->look, topic, NULL) : NULL;
    if (topic != NULL && one == NULL)
        return kafka_fail(conn, rd_kafka_last_error(), "a topic", error);
    rd_kafka_resp_err_t failed =
        rd_kafka_metadata(conn->look, topic == NULL, one, ret, conn->timeout_ms);
    if (one != NULL)
        rd_kafka_topic_destroy(one);
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR ||
           kafka_fail(conn, failed, "asking for topics", error);
}

static bool
is_missing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
}

bool
kafka_partitions(KafkaConn *conn, const char *topic, int *ret, GError **error)
{
    const struct rd_kafka_metadata *found = NULL;
    if (!ask(conn, topic, &found, error))
        return false;
    rd_kafka_resp_err_t failed =
        found->topic_cnt == 1 ? found->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    *ret = failed == RD_KAFKA_RESP_ERR_NO_ERROR ? found->topics[0].partition_cnt : -1;
    rd_kafka_metadata_destroy(found);
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR || is_missing(failed) ||
           kafka_fail(conn, failed, topic, error);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

bool
kafka_topics(KafkaConn *conn, GPtrArray **ret, GError **error)
{
    const struct rd_kafka_metadata *found = NULL;
    if (!ask(conn, NULL, &found, error))
        return false;
    *ret = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < found->topic_cnt; i++)
        g_ptr_array_add(*ret, g_strdup(found->topics[i].topic));
    rd_kafka_metadata_destroy(found);
    g_ptr_array_sort(*ret, compare_names);
    return true;
}

/* Nobody can answer yet: a topic that was just made, or whose broker went, is about to get somebody who can. */
static bool
is_passing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE;
}

static rd_kafka_resp_err_t
ask_offsets(rd_kafka_t *client, rd_kafka_topic_partition_list_t *asked, gint64 deadline)
{
    gint64 left_ms = MAX((deadline - g_get_monotonic_time()) / 1000, 1);
    rd_kafka_resp_err_t failed = rd_kafka_offsets_for_times(client, asked, (int) left_ms);
    for (int i = 0; failed == RD_KAFKA_RESP_ERR_NO_ERROR && i < asked->cnt; i++)
        failed = asked->elems[i].err;
    return failed;
}

bool
kafka_offsets_at(const KafkaConn *conn, rd_kafka_t *client, rd_kafka_topic_partition_list_t *wanted,
                 const char *what, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + (gint64) conn->timeout_ms * 1000;
    for (;;) {
        rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_copy(wanted);
        rd_kafka_resp_err_t failed = ask_offsets(client, asked, deadline);
        for (int i = 0; failed == RD_KAFKA_RESP_ERR_NO_ERROR && i < asked->cnt; i++)
            wanted->elems[i].offset = asked->elems[i].offset;
        rd_kafka_topic_partition_list_destroy(asked);
        if (failed == RD_KAFKA_RESP_ERR_NO_ERROR)
            return true;
        if (!is_passing(failed) || g_get_monotonic_time() > deadline)
            return kafka_fail(conn, failed, what, error);
        g_usleep(PAUSE_US);
    }
}

/*
 * Of `count` partitions from the first on, the offset at RD_KAFKA_OFFSET_BEGINNING or at RD_KAFKA_OFFSET_END, which stand where a moment would in
 * the protocol's ListOffsets. The call that is made for it, rd_kafka_query_watermark_offsets(), waits for a broker that hangs without an end in
 * librdkafka 2.0, which Debian 12 has.
 */
static bool
edges(const KafkaConn *conn, rd_kafka_t *client, const char *topic, int count, int64_t edge,
      int64_t *ret, GError **error)
{
    rd_kafka_topic_partition_list_t *wanted = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(wanted, topic, i)->offset = edge;
    bool done = kafka_offsets_at(conn, client, wanted, topic, error);
    for (int i = 0; i < count; i++)
        ret[i] = wanted->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(wanted);
    return done;
}

bool
kafka_high_watermark(KafkaConn *conn, const char *topic, int64_t *ret, GError **error)
{
    return edges(conn, conn->look, topic, 1, RD_KAFKA_OFFSET_END, ret, error);
}

static bool
is_reached(const int64_t *ends, const int64_t *high, int count)
{
    for (int i = 0; i < count; i++)
        if (ends[i] < high[i])
            return false;
    return true;
}

/* A transaction is committed a moment before its records are shown; one that is open for long is not waited for. */
static bool
committed_ends(KafkaConn *conn, rd_kafka_t *reader, const char *topic, int count, int64_t *ret,
               GError **error)
{
    gint64 deadline = g_get_monotonic_time() + TIMES_MS * 1000;
    g_autofree int64_t *high = g_new(int64_t, count);
    if (!edges(conn, conn->look, topic, count, RD_KAFKA_OFFSET_END, high, error))
        return false;
    for (;;) {
        if (!edges(conn, reader, topic, count, RD_KAFKA_OFFSET_END, ret, error))
            return false;
        if (is_reached(ret, high, count) || g_get_monotonic_time() > deadline)
            return true;
        g_usleep(PAUSE_US);
    }
}

bool
kafka_extents(KafkaConn *conn, const char *topic, GArray **ret, GError **error)
{
    rd_kafka_t *reader = NULL;
    int count = 0;
    if (!kafka_partitions(conn, topic, &count, error) ||
        !kafka_reading_client(conn, &reader, error))
        return false;
    count = MAX(count, 0);
    g_autofree int64_t *begins = g_new(int64_t, count), *ends = g_new(int64_t, count);
    bool done = count == 0 ||
                (edges(conn, reader, topic, count, RD_KAFKA_OFFSET_BEGINNING, begins, error) &&
                 committed_ends(conn, reader, topic, count, ends, error));
    kafka_reading_client_done(conn, reader);
    if (!done)
        return false;
    *ret = g_array_new(FALSE, TRUE, sizeof(Extent));
    for (int i = 0; i < count; i++) {
        Extent extent = {.begin = begins[i], .end = ends[i]};
        g_array_append_val(*ret, extent);
    }
    return true;
}

/* --- changing: each call is a request whose answer is an event --- */

static rd_kafka_AdminOptions_t *
options_for(const KafkaConn *conn, rd_kafka_admin_op_t what)
{
    char reason[256];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(conn->look, what);
    if (rd_kafka_AdminOptions_set_request_timeout(options, conn->timeout_ms, reason,
                                                  sizeof reason) != RD_KAFKA_RESP_ERR_NO_ERROR)
        g_assert_not_reached(); /* a number of milliseconds */
    return options;
}

/* The queue's only event; the caller destroys it. */
static rd_kafka_event_t *
answer_of(const KafkaConn *conn, rd_kafka_queue_t *queue, const char *what, GError **error)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * conn->timeout_ms);
    rd_kafka_queue_destroy(queue);
    if (event == NULL) {
        kafka_fail(conn, RD_KAFKA_RESP_ERR__TIMED_OUT, what, error);
        return NULL;
    }
    rd_kafka_resp_err_t failed = rd_kafka_event_error(event);
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR)
        return event;
    kafka_fail(conn, failed, what, error);
    rd_kafka_event_destroy(event);
    return NULL;
}

static bool
check_topics(const KafkaConn *conn, const rd_kafka_topic_result_t **results, size_t count,
             rd_kafka_resp_err_t fine, const char *what, GError **error)
{
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t failed = rd_kafka_topic_result_error(results[i]);
        if (failed == RD_KAFKA_RESP_ERR_NO_ERROR || failed == fine)
            continue;
        const char *reason = rd_kafka_topic_result_error_string(results[i]);
        kafka_fail(conn, failed, what, error);
        return reason == NULL ? false : fail_in(error, "%s", reason);
    }
    return true;
}

static bool
wait_for(KafkaConn *conn, const char *topic, bool is_there, GError **error)
{
    int64_t deadline = g_get_monotonic_time() + SHOW_MS * 1000;
    for (int partitions = -1;;) {
        if (!kafka_partitions(conn, topic, &partitions, error))
            return false;
        if ((partitions > 0) == is_there)
            return true;
        if (g_get_monotonic_time() > deadline)
            return fail(error, ERR_TRANSIENT, "%s: topic '%s' is not %s yet", conn->place, topic,
                        is_there ? "shown" : "gone");
        g_usleep(PAUSE_US);
    }
}

bool
kafka_make_topic(KafkaConn *conn, const char *topic, int partitions, const char *const *settings,
                 GError **error)
{
    char reason[256];
    int copies = (int) json_get_int(conn->settings, "replication", -1);
    rd_kafka_NewTopic_t *wanted =
        rd_kafka_NewTopic_new(topic, partitions, copies, reason, sizeof reason);
    if (wanted == NULL)
        return fail(error, ERR_INVALID, "%s", reason);
    for (; *settings != NULL; settings += 2)
        if (rd_kafka_NewTopic_set_config(wanted, settings[0], settings[1]) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
            g_assert_not_reached(); /* names of ours */
    rd_kafka_queue_t *queue = rd_kafka_queue_new(conn->look);
    rd_kafka_AdminOptions_t *options = options_for(conn, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(conn->look, &wanted, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(wanted);
    rd_kafka_event_t *event = answer_of(conn, queue, "making a topic", error);
    if (event == NULL)
        return false;
    size_t count = 0;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    bool done = check_topics(conn, results, count, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS,
                             "making a topic", error);
    rd_kafka_event_destroy(event);
    return done && wait_for(conn, topic, true, error);
}

bool
kafka_drop_topic(KafkaConn *conn, const char *topic, GError **error)
{
    rd_kafka_DeleteTopic_t *unwanted = rd_kafka_DeleteTopic_new(topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(conn->look);
    rd_kafka_AdminOptions_t *options = options_for(conn, RD_KAFKA_ADMIN_OP_DELETETOPICS);
    rd_kafka_DeleteTopics(conn->look, &unwanted, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_DeleteTopic_destroy(unwanted);
    rd_kafka_event_t *event = answer_of(conn, queue, "removing a topic", error);
    if (event == NULL)
        return false;
    size_t count = 0;
    const rd_kafka_topic_result_t **results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    bool done = check_topics(conn, results, count, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                             "removing a topic", error);
    rd_kafka_event_destroy(event);
    return done && wait_for(conn, topic, false, error);
}

bool
kafka_empty_topic(KafkaConn *conn, const char *topic, GError **error)
{
    int partitions = 0;
    if (!kafka_partitions(conn, topic, &partitions, error))
        return false;
    rd_kafka_topic_partition_list_t *ends = rd_kafka_topic_partition_list_new(MAX(partitions, 1));
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(ends, topic, i)->offset = RD_KAFKA_OFFSET_END;
    rd_kafka_DeleteRecords_t *unwanted = rd_kafka_DeleteRecords_new(ends);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(conn->look);
    rd_kafka_AdminOptions_t *options = options_for(conn, RD_KAFKA_ADMIN_OP_DELETERECORDS);
    rd_kafka_DeleteRecords(conn->look, &unwanted, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_DeleteRecords_destroy(unwanted);
    rd_kafka_topic_partition_list_destroy(ends);
    rd_kafka_event_t *event = answer_of(conn, queue, "removing records", error);
    if (event == NULL)
        return false;
    const rd_kafka_topic_partition_list_t *done =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
    rd_kafka_resp_err_t failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < done->cnt && failed == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        failed = done->elems[i].err;
    rd_kafka_event_destroy(event);
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR ||
           kafka_fail(conn, failed, "removing records", error);
}

static char *
setting_in(rd_kafka_event_t *event, const char *name)
{
    size_t count = 0, entries = 0;
    const rd_kafka_ConfigResource_t **topics = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    const rd_kafka_ConfigEntry_t **configs =
        count == 1 ? rd_kafka_ConfigResource_configs(topics[0], &entries) : NULL;
    for (size_t i = 0; i < entries; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(configs[i]), name) == 0)
            return g_strdup(rd_kafka_ConfigEntry_value(configs[i]));
    return NULL;
}

/* NULL, too, for who may not ask, or asks a broker that does not say, or of a topic that is not there. */
static bool
setting_of(KafkaConn *conn, const char *topic, const char *name, char **ret, GError **error)
{
    g_autoptr(GError) refused = NULL;
    rd_kafka_ConfigResource_t *asked = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(conn->look);
    rd_kafka_AdminOptions_t *options = options_for(conn, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(conn->look, &asked, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(asked);
    rd_kafka_event_t *event = answer_of(conn, queue, "asking for a topic's settings", &refused);
    *ret = event != NULL ? setting_in(event, name) : NULL;
    if (event != NULL)
        rd_kafka_event_destroy(event);
    if (refused == NULL || error_is(refused, ERR_UNSUPPORTED) || error_is(refused, ERR_FORBIDDEN))
        return true;
    g_propagate_error(error, g_steal_pointer(&refused));
    return false;
}

/* Where nobody says so it is none: `rows` of the topic says otherwise. */
bool
kafka_is_compacted(KafkaConn *conn, const char *topic, bool *ret, GError **error)
{
    g_autofree char *policy = NULL;
    if (!setting_of(conn, topic, "cleanup.policy", &policy, error))
        return false;
    *ret = policy != NULL && strstr(policy, "compact") != NULL;
    return true;
}

bool
kafka_batch_bytes_max(KafkaConn *conn, const char *topic, int64_t *ret, GError **error)
{
    g_autofree char *most = NULL;
    if (!setting_of(conn, topic, "max.message.bytes", &most, error))
        return false;
    int64_t bytes = most != NULL ? g_ascii_strtoll(most, NULL, 10) : 0;
    *ret = bytes > 0 ? bytes : KAFKA_RECORD_BYTES_MAX + KAFKA_FRAME_BYTES;
    return true;
}
