/*
 * load.c - stages: made, finished, removed.
 *
 * A topic cannot be renamed. So the records of a stage lie in the topic of its target from the beginning; only that the
 * target's name means them, is noted at the swap (swap.c). The target is a topic that is not there yet, or has no records.
 */
#include "driver/kafka/kafka.h"

#include <string.h>

/* --- what it will be --- */

/* The key is what the topic's settings say, else the key of the rows. */
static void
take_key(KafkaObject *made, const KafkaObject *target, const Schema *schema)
{
    const GPtrArray *from = target->key->len > 0 ? target->key : schema->key;
    for (guint i = 0; i < from->len; i++)
        if (kafka_meta_of(from->pdata[i]) == META_KINDS)
            g_ptr_array_add(made->key, g_strdup(from->pdata[i]));
}

static bool
take_columns(KafkaObject *made, const Schema *schema, GError **error)
{
    made->schema = schema_new(made->name);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        if (*column->name == '\0')
            return fail(error, ERR_INVALID, "a column has no name, and so cannot be a member");
        if (kafka_meta_of(column->name) == META_OFFSET)
            return fail(error, ERR_INVALID, "a topic numbers its records by itself: leave '%s' out",
                        column->name);
        schema_add(made->schema, column->name, column->type, "", column->is_nullable);
    }
    for (guint i = 0; i < made->key->len; i++)
        if (schema_find(made->schema, made->key->pdata[i], NULL) == NULL)
            return fail(error, ERR_INVALID,
                        "the key of the records has a column '%s', which the rows have not",
                        (char *) made->key->pdata[i]);
    for (guint i = 0; i < schema->key->len; i++)
        schema_add_key(made->schema, schema->key->pdata[i]);
    return true;
}

/* Of a key's records only the last ones are rows where rows have a key; said otherwise it is believed. */
static bool
shape_stage(KafkaConn *conn, const char *stage, const KafkaObject *target, const Schema *schema,
            KafkaObject **ret, GError **error)
{
    g_autofree char *name = stage_target_name(stage);
    g_autoptr(json_t) json = kafka_object_json(target);
    g_autoptr(KafkaObject) made = NULL;
    json_object_del(json, "schema");
    json_object_del(json, "key");
    if (!kafka_object_parse(stage, json, &made, error))
        return false;
    made->is_latest =
        strcmp(kafka_topic_setting(conn, name, "rows", schema->key->len > 0 ? "latest" : "all"),
               "latest") == 0;
    take_key(made, target, schema);
    if (!take_columns(made, schema, error))
        return false;
    *ret = g_steal_pointer(&made);
    return true;
}

typedef struct {
    const char *topic, *plan;
} Owner;

static void
look_for_owner(json_t *key, const json_t *value, void *data)
{
    Owner *owner = data;
    if (strcmp(json_get_string(value, "topic", ""), owner->topic) == 0)
        owner->plan = json_get_string(value, "plan", "?");
}

static bool
check_owner(KafkaConn *conn, const char *topic, GError **error)
{
    Owner owner = {topic, NULL};
    kafka_book_each(conn, look_for_owner, &owner, "object", NULL);
    return owner.plan == NULL || fail(error, ERR_WRONG_STATE,
                                      "topic '%s' is being filled by plan '%s'", topic, owner.plan);
}

static bool
plan_stage(KafkaConn *conn, const char *stage, const char *like, const Schema *schema,
           KafkaObject **ret, GError **error)
{
    g_autofree char *name = like != NULL ? g_strdup(like) : stage_target_name(stage);
    g_autoptr(KafkaObject) target = NULL;
    bool is_there = false;
    int64_t records = 0;
    if (!kafka_object_find(conn, name, &target, error) ||
        !kafka_object_exists(conn, target, &is_there, error))
        return false;
    if (!is_there && schema == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no '%s' to make it like", name);
    if (!check_owner(conn, target->topic, error) ||
        (is_there && !kafka_count_rows(conn, target, &records, error)))
        return false;
    if (records > 0)
        return fail(error, ERR_WRONG_STATE,
                    "topic '%s' holds records, and a topic cannot be renamed: name a new one as "
                    "the target, to which "
                    "consumers are moved",
                    target->topic);
    if (schema == NULL && !kafka_object_look(conn, target, error))
        return false;
    return shape_stage(conn, stage, target, schema != NULL ? schema : target->schema, ret, error);
}

/* --- making it --- */

static bool
make_topic(KafkaConn *conn, const KafkaObject *made, GError **error)
{
    static const char *const compacted[] = {"cleanup.policy", "compact", NULL};
    /* records keep their times, and those that are older than a broker keeps them would be gone at once */
    static const char *const kept[] = {"cleanup.policy", "delete", "retention.ms", "-1", NULL};
    g_autofree char *name = stage_target_name(made->name);
    const json_t *of_topic = json_object_get(json_object_get(conn->settings, "topics"), name);
    int64_t partitions =
        json_get_int(of_topic, "partitions", json_get_int(conn->settings, "partitions", -1));
    return kafka_make_topic(conn, made->topic, (int) partitions, made->is_latest ? compacted : kept,
                            error);
}

/* Noted before it is made, so that who finds a topic of ours half made knows it. */
static bool
note_stage(KafkaConn *conn, KafkaObject *made, const Writer *writer, GError **error)
{
    int partitions = 0;
    if (!kafka_partitions(conn, made->topic, &partitions, error))
        return false;
    made->is_made = partitions < 0;
    g_free(made->plan);
    made->plan = g_strdup(writer->plan);
    return kafka_book_put(conn, kafka_object_json(made), error, "object", made->name, NULL);
}

static bool
is_own(const KafkaObject *object, const Writer *writer)
{
    return object->is_noted && g_strcmp0(object->plan, writer->plan) == 0;
}

static bool
need_topic(KafkaConn *conn, const KafkaObject *stage, GError **error)
{
    int partitions = 0;
    return kafka_partitions(conn, stage->topic, &partitions, error) &&
           (partitions > 0 || make_topic(conn, stage, error));
}

static bool
kafka_stage(Conn *base, const char *stage, const char *like, const Schema *schema,
            const Writer *writer, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    g_autoptr(KafkaObject) there = NULL, made = NULL;
    bool is_staged = false, exists = false;
    if (!kafka_book_read(conn, error) || !kafka_passes(conn, writer, &is_staged, error) ||
        !kafka_object_find(conn, stage, &there, error) ||
        !kafka_object_exists(conn, there, &exists, error))
        return false;
    if (exists && !is_own(there, writer))
        return fail(error, ERR_INVALID, "'%s' is there already, and not made by this plan", stage);
    if (is_own(there, writer))
        return conn_confirm(base, error) && need_topic(conn, there, error) &&
               kafka_raise_plan(conn, writer, error);
    return plan_stage(conn, stage, like, schema, &made, error) && conn_confirm(base, error) &&
           note_stage(conn, made, writer, error) && need_topic(conn, made, error) &&
           kafka_raise_plan(conn, writer, error);
}

/* --- removing it --- */

static bool
remove_records(KafkaConn *conn, const KafkaObject *stage, GError **error)
{
    int partitions = 0;
    if (!kafka_partitions(conn, stage->topic, &partitions, error))
        return false;
    if (partitions < 0)
        return true;
    return stage->is_made ? kafka_drop_topic(conn, stage->topic, error)
                          : kafka_empty_topic(conn, stage->topic, error);
}

/* First nobody else gets through any more, then the records go, and the fence at last. */
static bool
kafka_unstage(Conn *base, const char *stage, const Writer *writer, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    g_autoptr(KafkaObject) there = NULL;
    bool is_staged = false, exists = false;
    if (!kafka_read_past(conn, writer->plan, error) ||
        !kafka_passes(conn, writer, &is_staged, error) ||
        !kafka_object_find(conn, stage, &there, error) ||
        !kafka_object_exists(conn, there, &exists, error))
        return false;
    if (exists && !is_own(there, writer))
        return fail(error, ERR_INVALID, "'%s' was not made by plan '%s'", stage, writer->plan);
    if (kafka_book_get(conn, "swap", writer->plan, NULL) != NULL)
        return fail(error, ERR_WRONG_STATE, "'%s' is swapped in: swap it back first", stage);
    if (!conn_confirm(base, error))
        return false;
    if (is_staged &&
        (!kafka_raise_plan(conn, writer, error) || !kafka_stop_writers(conn, writer->plan, error)))
        return false;
    return (!is_own(there, writer) || (remove_records(conn, there, error) &&
                                       kafka_book_put(conn, NULL, error, "object", stage, NULL))) &&
           kafka_forget(conn, writer->plan, FORGET_ALL, error);
}

/* A topic without a record, of which nobody has said which columns it has, is none that could be described: it is there to be filled. */
static bool
has_columns(KafkaConn *conn, const KafkaObject *object, bool *ret, GError **error)
{
    g_autoptr(GArray) extents = NULL;
    *ret = object->schema != NULL || object->form == VALUE_AVRO;
    if (*ret)
        return true;
    if (!kafka_extents(conn, object->topic, &extents, error))
        return false;
    for (guint i = 0; i < extents->len && !*ret; i++) {
        const Extent *extent = &g_array_index(extents, Extent, i);
        *ret = extent->end > extent->begin;
    }
    return true;
}

static bool
kafka_exists(Conn *base, const char *name, bool *ret, GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    g_autoptr(KafkaObject) object = NULL;
    return kafka_object_find(conn, name, &object, error) &&
           kafka_object_exists(conn, object, ret, error) &&
           (!*ret || has_columns(conn, object, ret, error));
}

/* Offsets are all the index there is. */
static bool
kafka_finish(Conn *base, const char *stage, const char *like, const Schema *schema,
             const Writer *writer, GError **error)
{
    return kafka_check(kafka_conn(base), writer, error);
}

/* --- rows that are not written --- */

typedef struct {
    KafkaObject *stage;
    KafkaEncoder encoder;
} KafkaLook;

static void
look_end(void *data)
{
    KafkaLook *look = data;
    kafka_encoder_clear(&look->encoder);
    kafka_object_free(look->stage);
    g_free(look);
}

static bool
look_begin(Conn *base, const char *object, bool is_there, const Schema *schema, void **ret,
           GError **error)
{
    KafkaConn *conn = kafka_conn(base);
    if (object == NULL)
        return true;
    g_autofree char *stage = g_strconcat(object, "__honk_look", NULL);
    KafkaLook *look = g_new0(KafkaLook, 1);
    if (plan_stage(conn, stage, is_there ? object : NULL, schema, &look->stage, error) &&
        kafka_encoder_look(conn, &look->encoder, look->stage, schema, error)) {
        *ret = look;
        return true;
    }
    look_end(look);
    return false;
}

static char *
look_at_row(void *data, const Batch *batch, size_t row)
{
    KafkaLook *look = data;
    RecordParts parts;
    char *reason = NULL;
    if (!kafka_encode(&look->encoder, batch, row, &parts, &reason))
        return reason;
    if (parts.headers != NULL)
        rd_kafka_headers_destroy(parts.headers);
    return NULL;
}

static const LookOps look_ops = {.begin = look_begin, .row = look_at_row, .end = look_end};

const LoadOps kafka_load_ops = {
    .keeps_targets = true,
    .stage = kafka_stage,
    .unstage = kafka_unstage,
    .exists = kafka_exists,
    .begin = kafka_begin,
    .put = kafka_put,
    .quarantine = kafka_quarantine,
    .commit = kafka_commit,
    .rollback = kafka_rollback,
    .fence = kafka_fence,
    .ledger_find = kafka_ledger_find,
    .ledger_sum = kafka_ledger_sum,
    .quarantined = kafka_quarantined,
    .finish = kafka_finish,
    .look = &look_ops,
};
