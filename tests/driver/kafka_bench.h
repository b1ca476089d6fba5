/*
 * kafka_bench.h - a cluster for the tests of one program, and records that other programs write to it and read from it.
 *
 * HONK_TEST_KAFKA_BROKER ("HOST:PORT") is a real one; else HONK_TEST_KAFKA is the program that stands in for it, started when
 * it is first asked for and stopped at the end. Topics are new for each test, so a real one may be used again and again.
 */
#pragma once

#include "bench.h"

#include "driver/kafka/librdkafka.h"

/* "HOST:PORT". Borrowed. */
const char *test_kafka_servers(void);
/* The stand-in's connections stand and nothing is answered, or all is again. False: the cluster is a real one, left alone. */
bool test_kafka_hang(bool hangs);
/* Of a schema registry: HONK_TEST_REGISTRY_URL, a real one; or HONK_TEST_REGISTRY, a program. Borrowed. */
const char *test_registry_url(void);
/* A name that no topic has had. Caller frees. */
char *test_kafka_name(const char *what);
/* A new topic. `partitions` 0: only its name. */
char *test_kafka_topic(const char *what, int partitions, bool is_compacted);
typedef struct {
    const char *topic;
    int partition;                     /* -1: as clients of Java choose it */
    const char *key, *value;           /* NULL: none; texts */
    size_t value_bytes;                /* 0: as long as the text is */
    int64_t timestamp_ms;              /* 0: now */
    const char *header, *header_value; /* NULL: none */
    size_t key_bytes;                  /* 0: as long as the text is */
} TestRecord;
/* Written by another program, so to speak, and there when it returns. */
void test_kafka_write(const TestRecord *records, size_t count);
/* "partition:offset key=value [header=value…] @ms" of each record that is committed, in order; tombstones as key=NULL.
 * The time only where `with_times`. Caller frees. */
char *test_kafka_read(const char *topic, bool with_times);
/* A store over the cluster, with bookkeeping of its own. `settings` is taken: what it has beside `url`. */
TestDb *test_kafka_db(json_t *settings);
