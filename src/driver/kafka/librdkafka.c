/* librdkafka.c - see librdkafka.h. */
#include "driver/kafka/librdkafka.h"

#include "base/lazy.h"

static LazyLibrary library = {.file = "librdkafka.so.1"};

bool
librdkafka_load(GError **error)
{
    return lazy_load(&library, error);
}

/* clang-format off */
LAZY_FUNCTION(library, int, rd_kafka_version,
    (void), ())
LAZY_FUNCTION(library, rd_kafka_conf_t *, rd_kafka_conf_new,
    (void), ())
LAZY_PROCEDURE(library, rd_kafka_conf_destroy,
    (rd_kafka_conf_t *conf), (conf))
LAZY_FUNCTION(library, rd_kafka_conf_res_t, rd_kafka_conf_set,
    (rd_kafka_conf_t *conf, const char *name, const char *value, char *errstr, size_t errstr_size), (conf, name, value, errstr, errstr_size))
LAZY_PROCEDURE(library, rd_kafka_conf_set_opaque,
    (rd_kafka_conf_t *conf, void *opaque), (conf, opaque))
LAZY_PROCEDURE(library, rd_kafka_conf_set_log_cb,
    (rd_kafka_conf_t *conf, void (*log_cb)(const rd_kafka_t *rk, int level, const char *fac, const char *buf)), (conf, log_cb))
LAZY_PROCEDURE(library, rd_kafka_conf_set_error_cb,
    (rd_kafka_conf_t *conf, void (*error_cb)(rd_kafka_t *rk, int err, const char *reason, void *opaque)), (conf, error_cb))
LAZY_PROCEDURE(library, rd_kafka_conf_set_dr_msg_cb,
    (rd_kafka_conf_t *conf, void (*dr_msg_cb)(rd_kafka_t *rk, const rd_kafka_message_t *rkmessage, void *opaque)), (conf, dr_msg_cb))
LAZY_FUNCTION(library, rd_kafka_t *, rd_kafka_new,
    (rd_kafka_type_t type, rd_kafka_conf_t *conf, char *errstr, size_t errstr_size), (type, conf, errstr, errstr_size))
LAZY_PROCEDURE(library, rd_kafka_destroy,
    (rd_kafka_t *rk), (rk))
LAZY_PROCEDURE(library, rd_kafka_destroy_flags,
    (rd_kafka_t *rk, int flags), (rk, flags))
LAZY_FUNCTION(library, void *, rd_kafka_opaque,
    (const rd_kafka_t *rk), (rk))
LAZY_FUNCTION(library, int, rd_kafka_poll,
    (rd_kafka_t *rk, int timeout_ms), (rk, timeout_ms))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_flush,
    (rd_kafka_t *rk, int timeout_ms), (rk, timeout_ms))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_purge,
    (rd_kafka_t *rk, int purge_flags), (rk, purge_flags))
LAZY_FUNCTION(library, const char *, rd_kafka_err2str,
    (rd_kafka_resp_err_t err), (err))
LAZY_FUNCTION(library, const char *, rd_kafka_err2name,
    (rd_kafka_resp_err_t err), (err))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_last_error,
    (void), ())
LAZY_FUNCTION(library, int, rd_kafka_outq_len,
    (rd_kafka_t *rk), (rk))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_fatal_error,
    (rd_kafka_t *rk, char *errstr, size_t errstr_size), (rk, errstr, errstr_size))
LAZY_FUNCTION(library, rd_kafka_topic_conf_t *, rd_kafka_topic_conf_new,
    (void), ())
LAZY_PROCEDURE(library, rd_kafka_topic_conf_destroy,
    (rd_kafka_topic_conf_t *topic_conf), (topic_conf))
LAZY_FUNCTION(library, rd_kafka_conf_res_t, rd_kafka_topic_conf_set,
    (rd_kafka_topic_conf_t *conf, const char *name, const char *value, char *errstr, size_t errstr_size), (conf, name, value, errstr, errstr_size))
LAZY_FUNCTION(library, rd_kafka_topic_t *, rd_kafka_topic_new,
    (rd_kafka_t *rk, const char *topic, rd_kafka_topic_conf_t *conf), (rk, topic, conf))
LAZY_PROCEDURE(library, rd_kafka_topic_destroy,
    (rd_kafka_topic_t *rkt), (rkt))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_metadata,
    (rd_kafka_t *rk, int all_topics, rd_kafka_topic_t *only_rkt, const struct rd_kafka_metadata **metadatap, int timeout_ms), (rk, all_topics, only_rkt, metadatap, timeout_ms))
LAZY_PROCEDURE(library, rd_kafka_metadata_destroy,
    (const struct rd_kafka_metadata *metadata), (metadata))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_offsets_for_times,
    (rd_kafka_t *rk, rd_kafka_topic_partition_list_t *offsets, int timeout_ms), (rk, offsets, timeout_ms))
LAZY_FUNCTION(library, rd_kafka_topic_partition_list_t *, rd_kafka_topic_partition_list_new,
    (int size), (size))
LAZY_FUNCTION(library, rd_kafka_topic_partition_list_t *, rd_kafka_topic_partition_list_copy,
    (const rd_kafka_topic_partition_list_t *src), (src))
LAZY_PROCEDURE(library, rd_kafka_topic_partition_list_destroy,
    (rd_kafka_topic_partition_list_t *rkparlist), (rkparlist))
LAZY_FUNCTION(library, rd_kafka_topic_partition_t *, rd_kafka_topic_partition_list_add,
    (rd_kafka_topic_partition_list_t *rktparlist, const char *topic, int32_t partition), (rktparlist, topic, partition))
LAZY_FUNCTION(library, int, rd_kafka_consume_start_queue,
    (rd_kafka_topic_t *rkt, int32_t partition, int64_t offset, rd_kafka_queue_t *rkqu), (rkt, partition, offset, rkqu))
LAZY_FUNCTION(library, int, rd_kafka_consume_stop,
    (rd_kafka_topic_t *rkt, int32_t partition), (rkt, partition))
LAZY_FUNCTION(library, rd_kafka_message_t *, rd_kafka_consume_queue,
    (rd_kafka_queue_t *rkqu, int timeout_ms), (rkqu, timeout_ms))
LAZY_FUNCTION(library, ssize_t, rd_kafka_consume_batch_queue,
    (rd_kafka_queue_t *rkqu, int timeout_ms, rd_kafka_message_t **rkmessages, size_t rkmessages_size), (rkqu, timeout_ms, rkmessages, rkmessages_size))
LAZY_FUNCTION(library, rd_kafka_queue_t *, rd_kafka_queue_new,
    (rd_kafka_t *rk), (rk))
LAZY_PROCEDURE(library, rd_kafka_queue_destroy,
    (rd_kafka_queue_t *rkqu), (rkqu))
LAZY_FUNCTION(library, rd_kafka_event_t *, rd_kafka_queue_poll,
    (rd_kafka_queue_t *rkqu, int timeout_ms), (rkqu, timeout_ms))
LAZY_PROCEDURE(library, rd_kafka_message_destroy,
    (rd_kafka_message_t *rkmessage), (rkmessage))
LAZY_FUNCTION(library, int64_t, rd_kafka_message_timestamp,
    (const rd_kafka_message_t *rkmessage, rd_kafka_timestamp_type_t *tstype), (rkmessage, tstype))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_message_headers,
    (const rd_kafka_message_t *rkmessage, rd_kafka_headers_t **hdrsp), (rkmessage, hdrsp))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_header_get_all,
    (const rd_kafka_headers_t *hdrs, size_t idx, const char **namep, const void **valuep, size_t *sizep), (hdrs, idx, namep, valuep, sizep))
LAZY_FUNCTION(library, rd_kafka_headers_t *, rd_kafka_headers_new,
    (size_t initial_count), (initial_count))
LAZY_PROCEDURE(library, rd_kafka_headers_destroy,
    (rd_kafka_headers_t *hdrs), (hdrs))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_header_add,
    (rd_kafka_headers_t *hdrs, const char *name, ssize_t name_size, const void *value, ssize_t value_size), (hdrs, name, name_size, value, value_size))
LAZY_FUNCTION(library, rd_kafka_error_t *, rd_kafka_produceva,
    (rd_kafka_t *rk, const rd_kafka_vu_t *vus, size_t cnt), (rk, vus, cnt))
LAZY_FUNCTION(library, rd_kafka_error_t *, rd_kafka_init_transactions,
    (rd_kafka_t *rk, int timeout_ms), (rk, timeout_ms))
LAZY_FUNCTION(library, rd_kafka_error_t *, rd_kafka_begin_transaction,
    (rd_kafka_t *rk), (rk))
LAZY_FUNCTION(library, rd_kafka_error_t *, rd_kafka_commit_transaction,
    (rd_kafka_t *rk, int timeout_ms), (rk, timeout_ms))
LAZY_FUNCTION(library, rd_kafka_error_t *, rd_kafka_abort_transaction,
    (rd_kafka_t *rk, int timeout_ms), (rk, timeout_ms))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_error_code,
    (const rd_kafka_error_t *error), (error))
LAZY_FUNCTION(library, const char *, rd_kafka_error_string,
    (const rd_kafka_error_t *error), (error))
LAZY_FUNCTION(library, int, rd_kafka_error_is_fatal,
    (const rd_kafka_error_t *error), (error))
LAZY_FUNCTION(library, int, rd_kafka_error_is_retriable,
    (const rd_kafka_error_t *error), (error))
LAZY_FUNCTION(library, int, rd_kafka_error_txn_requires_abort,
    (const rd_kafka_error_t *error), (error))
LAZY_PROCEDURE(library, rd_kafka_error_destroy,
    (rd_kafka_error_t *error), (error))
LAZY_FUNCTION(library, rd_kafka_AdminOptions_t *, rd_kafka_AdminOptions_new,
    (rd_kafka_t *rk, rd_kafka_admin_op_t for_api), (rk, for_api))
LAZY_PROCEDURE(library, rd_kafka_AdminOptions_destroy,
    (rd_kafka_AdminOptions_t *options), (options))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_AdminOptions_set_request_timeout,
    (rd_kafka_AdminOptions_t *options, int timeout_ms, char *errstr, size_t errstr_size), (options, timeout_ms, errstr, errstr_size))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_AdminOptions_set_operation_timeout,
    (rd_kafka_AdminOptions_t *options, int timeout_ms, char *errstr, size_t errstr_size), (options, timeout_ms, errstr, errstr_size))
LAZY_FUNCTION(library, rd_kafka_NewTopic_t *, rd_kafka_NewTopic_new,
    (const char *topic, int num_partitions, int replication_factor, char *errstr, size_t errstr_size), (topic, num_partitions, replication_factor, errstr, errstr_size))
LAZY_PROCEDURE(library, rd_kafka_NewTopic_destroy,
    (rd_kafka_NewTopic_t *new_topic), (new_topic))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_NewTopic_set_config,
    (rd_kafka_NewTopic_t *new_topic, const char *name, const char *value), (new_topic, name, value))
LAZY_PROCEDURE(library, rd_kafka_CreateTopics,
    (rd_kafka_t *rk, rd_kafka_NewTopic_t **new_topics, size_t new_topic_cnt, const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *rkqu), (rk, new_topics, new_topic_cnt, options, rkqu))
LAZY_FUNCTION(library, const rd_kafka_topic_result_t **, rd_kafka_CreateTopics_result_topics,
    (const rd_kafka_CreateTopics_result_t *result, size_t *cntp), (result, cntp))
LAZY_FUNCTION(library, rd_kafka_DeleteTopic_t *, rd_kafka_DeleteTopic_new,
    (const char *topic), (topic))
LAZY_PROCEDURE(library, rd_kafka_DeleteTopic_destroy,
    (rd_kafka_DeleteTopic_t *del_topic), (del_topic))
LAZY_PROCEDURE(library, rd_kafka_DeleteTopics,
    (rd_kafka_t *rk, rd_kafka_DeleteTopic_t **del_topics, size_t del_topic_cnt, const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *rkqu), (rk, del_topics, del_topic_cnt, options, rkqu))
LAZY_FUNCTION(library, const rd_kafka_topic_result_t **, rd_kafka_DeleteTopics_result_topics,
    (const rd_kafka_DeleteTopics_result_t *result, size_t *cntp), (result, cntp))
LAZY_FUNCTION(library, rd_kafka_DeleteRecords_t *, rd_kafka_DeleteRecords_new,
    (const rd_kafka_topic_partition_list_t *before_offsets), (before_offsets))
LAZY_PROCEDURE(library, rd_kafka_DeleteRecords_destroy,
    (rd_kafka_DeleteRecords_t *del_records), (del_records))
LAZY_PROCEDURE(library, rd_kafka_DeleteRecords,
    (rd_kafka_t *rk, rd_kafka_DeleteRecords_t **del_records, size_t del_record_cnt, const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *rkqu), (rk, del_records, del_record_cnt, options, rkqu))
LAZY_FUNCTION(library, const rd_kafka_topic_partition_list_t *, rd_kafka_DeleteRecords_result_offsets,
    (const rd_kafka_DeleteRecords_result_t *result), (result))
LAZY_FUNCTION(library, rd_kafka_ConfigResource_t *, rd_kafka_ConfigResource_new,
    (rd_kafka_ResourceType_t restype, const char *resname), (restype, resname))
LAZY_PROCEDURE(library, rd_kafka_ConfigResource_destroy,
    (rd_kafka_ConfigResource_t *config), (config))
LAZY_PROCEDURE(library, rd_kafka_DescribeConfigs,
    (rd_kafka_t *rk, rd_kafka_ConfigResource_t **configs, size_t config_cnt, const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *rkqu), (rk, configs, config_cnt, options, rkqu))
LAZY_FUNCTION(library, const rd_kafka_ConfigResource_t **, rd_kafka_DescribeConfigs_result_resources,
    (const rd_kafka_DescribeConfigs_result_t *result, size_t *cntp), (result, cntp))
LAZY_FUNCTION(library, const rd_kafka_ConfigEntry_t **, rd_kafka_ConfigResource_configs,
    (const rd_kafka_ConfigResource_t *config, size_t *cntp), (config, cntp))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_ConfigResource_error,
    (const rd_kafka_ConfigResource_t *config), (config))
LAZY_FUNCTION(library, const char *, rd_kafka_ConfigEntry_name,
    (const rd_kafka_ConfigEntry_t *entry), (entry))
LAZY_FUNCTION(library, const char *, rd_kafka_ConfigEntry_value,
    (const rd_kafka_ConfigEntry_t *entry), (entry))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_topic_result_error,
    (const rd_kafka_topic_result_t *topicres), (topicres))
LAZY_FUNCTION(library, const char *, rd_kafka_topic_result_error_string,
    (const rd_kafka_topic_result_t *topicres), (topicres))
LAZY_FUNCTION(library, rd_kafka_resp_err_t, rd_kafka_event_error,
    (rd_kafka_event_t *rkev), (rkev))
LAZY_FUNCTION(library, const char *, rd_kafka_event_error_string,
    (rd_kafka_event_t *rkev), (rkev))
LAZY_PROCEDURE(library, rd_kafka_event_destroy,
    (rd_kafka_event_t *rkev), (rkev))
LAZY_FUNCTION(library, rd_kafka_event_type_t, rd_kafka_event_type,
    (const rd_kafka_event_t *rkev), (rkev))
LAZY_FUNCTION(library, const rd_kafka_CreateTopics_result_t *, rd_kafka_event_CreateTopics_result,
    (rd_kafka_event_t *rkev), (rkev))
LAZY_FUNCTION(library, const rd_kafka_DeleteTopics_result_t *, rd_kafka_event_DeleteTopics_result,
    (rd_kafka_event_t *rkev), (rkev))
LAZY_FUNCTION(library, const rd_kafka_DeleteRecords_result_t *, rd_kafka_event_DeleteRecords_result,
    (rd_kafka_event_t *rkev), (rkev))
LAZY_FUNCTION(library, const rd_kafka_DescribeConfigs_result_t *, rd_kafka_event_DescribeConfigs_result,
    (rd_kafka_event_t *rkev), (rkev))
