/* kafka_drift.c - members of JSON that come, go or change while a topic is copied: its columns are what was found when it was looked at. */
#include "kafka_bench.h"

#include "transfer/transfer.h"

#include <string.h>

#define TARGET "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, a TEXT NOT NULL, b INTEGER);"

static const Writer writer = {.plan = "p", .task = "t", .token = 5};

typedef struct {
    char *topic;
    TestDb *from, *to;
    Schema *planned;
} Copy;

static void
copy_clear(Copy *copy)
{
    g_free(copy->topic);
    schema_free(copy->planned);
    test_db_free(copy->from);
    test_db_free(copy->to);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Copy, copy_clear)

static void
write_value(const Copy *copy, int partition, const char *value)
{
    const TestRecord record = {copy->topic, partition, NULL, value};
    test_kafka_write(&record, 1);
}

/* Rows 1 to 10 in the first of two partitions, 11 to 20 in the other one. */
static Copy
begin_copy(void)
{
    Copy copy = {.topic = test_kafka_topic("drift", 2, false),
                 .from = test_kafka_db(NULL),
                 .to = test_db(TARGET)};
    for (int i = 1; i <= 20; i++) {
        g_autofree char *value = g_strdup_printf("{\"id\":%d,\"a\":\"x\",\"b\":%d}", i, i);
        write_value(&copy, i > 10, value);
    }
    ASSERT_OK(conn_describe(copy.from->conn, copy.topic, &copy.planned, &ERR));
    ASSERT_OK(conn_stage(copy.to->conn, "t__stage", "t", NULL, &writer, &ERR));
    return copy;
}

/* As one lease does it: what is open is looked at anew. */
static Transfer *
open_copy(const Copy *copy, const Mapping *mapping)
{
    Transfer *transfer = NULL;
    TransferSpec spec = {.source_store = &copy->from->store,
                         .source = copy->topic,
                         .source_schema = copy->planned,
                         .target_store = &copy->to->store,
                         .target = "t",
                         .stage = "t__stage",
                         .mapping = mapping,
                         .plan = "p",
                         .task = "t",
                         .token = 5,
                         .hash = true};
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    return transfer;
}

static MappingSet *
mapping_of(const Copy *copy)
{
    g_autofree char *text =
        g_strdup_printf("{apiVersion: honk/v1, kind: Mapping, source: %s, target: t, key: [id], "
                        "columns: {id: id, a: a, b: b}}",
                        copy->topic);
    MappingSet *set = NULL;
    g_autoptr(Diags) diags = diags_new();
    ASSERT_OK(mapping_parse(text, strlen(text), "m.yaml", diags, &set, &ERR));
    return set;
}

static void
assert_aside(const Copy *copy, const char *const *reasons)
{
    g_autoptr(json_t) aside = NULL;
    ASSERT_OK(conn_quarantined(copy->to->conn, "p", 10, &aside, &ERR));
    g_assert_cmpuint(json_array_size(aside), ==, g_strv_length((char **) reasons));
    g_autofree char *text = json_dumps(aside, JSON_COMPACT);
    for (; *reasons != NULL; reasons++)
        if (strstr(text, *reasons) == NULL)
            g_error("expected '%s' in: %s", *reasons, text);
}

static void
a_member_that_comes_or_goes_or_is_of_another_type_puts_its_record_aside(void)
{
    static const char *const reasons[] = {"member 'extra'", "NULL", "not a whole number", NULL};
    g_auto(Copy) copy = begin_copy();
    g_autoptr(MappingSet) set = mapping_of(&copy);
    g_autoptr(Transfer) transfer = open_copy(&copy, mapping_get(set, 0));
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
    RangeResult result = {0};
    write_value(&copy, 0, "{\"id\":21,\"a\":\"x\",\"b\":21,\"extra\":1}");
    write_value(&copy, 0, "{\"id\":22,\"b\":22}");
    write_value(&copy, 0, "{\"id\":23,\"a\":\"x\",\"b\":\"many\"}");
    write_value(&copy, 0, "{\"id\":24,\"a\":\"x\",\"extra\":null}"); /* says nothing of either */
    ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &result, &ERR));
    g_assert_cmpint(result.rows_in, ==, 24);
    g_assert_cmpint(result.rows_out, ==, 21);
    assert_aside(&copy, reasons);
    g_autofree char *last = test_query(copy.to->path, "SELECT * FROM t__stage WHERE id > 20");
    g_assert_cmpstr(last, ==, "24|x|NULL");
}

/* Each range is a lease of its own, which looks at the topic anew. */
static void
copy_in_ranges(const Copy *copy, const Mapping *mapping, RangeResult *ret)
{
    g_autoptr(json_t) ranges = NULL;
    json_t *range;
    size_t i;
    {
        g_autoptr(Transfer) transfer = open_copy(copy, mapping);
        ASSERT_OK(transfer_split(transfer, 1000, &ranges, &ERR));
    }
    g_assert_cmpuint(json_array_size(ranges), ==, 2);
    json_array_foreach(ranges, i, range)
    {
        RangeResult one = {0};
        g_autoptr(Transfer) transfer = open_copy(copy, mapping);
        ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &one, &ERR));
        ret->rows_in += one.rows_in;
        ret->rows_out += one.rows_out;
        write_value(copy, 1, "{\"id\":\"late\",\"other\":1,\"b\":\"many\"}");
    }
}

static void
what_comes_with_other_members_once_a_topic_is_divided_changes_nothing_for_its_ranges(void)
{
    static const char *const none[] = {NULL};
    for (int is_mapped = 0; is_mapped < 2; is_mapped++) {
        g_auto(Copy) copy = begin_copy();
        g_autoptr(MappingSet) set = is_mapped ? mapping_of(&copy) : NULL;
        RangeResult result = {0};
        copy_in_ranges(&copy, set != NULL ? mapping_get(set, 0) : NULL, &result);
        g_assert_cmpint(result.rows_in, ==, 20);
        g_assert_cmpint(result.rows_out, ==, 20);
        assert_aside(&copy, none);
        g_autofree char *rows = test_query(copy.to->path, "SELECT count(*), sum(b) FROM t__stage");
        g_assert_cmpstr(rows, ==, "20|210");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func(
        "/kafka/a member that comes or goes or is of another type puts its record aside",
        a_member_that_comes_or_goes_or_is_of_another_type_puts_its_record_aside);
    g_test_add_func(
        "/kafka/what comes with other members once a topic is divided changes nothing "
        "for its ranges",
        what_comes_with_other_members_once_a_topic_is_divided_changes_nothing_for_its_ranges);
    return g_test_run();
}
