/* registry.h - the schema registry: schemas by their numbers, and numbers for schemas, over HTTP. */
#pragma once

#include "driver/kafka/avro.h"
#include "driver/kafka/kafka.h"

/* The schema of this number; owned by the connection. */
CHECKED bool kafka_registry_schema(KafkaConn *conn, int32_t id, const AvroSchema **ret,
                                   GError **error);
typedef enum { PART_VALUE, PART_KEY } RecordPart;
/* The newest one of a topic's values, or keys. NOT_FOUND when it has none. */
CHECKED bool kafka_registry_newest(KafkaConn *conn, const char *topic, RecordPart part,
                                   int32_t *ret_id, const AvroSchema **ret, GError **error);
/* The number of this schema for a topic's values, or keys, registered if it is new. */
CHECKED bool kafka_registry_put(KafkaConn *conn, const char *topic, RecordPart part,
                                const char *schema, int32_t *ret_id, const AvroSchema **ret,
                                GError **error);
void kafka_registry_free(KafkaRegistry *registry);
