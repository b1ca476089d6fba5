/* reading.c - questions about describing and reading. */
#include "suite.h"

#include <string.h>

static void
make_people(World *world, int64_t count)
{
    g_autoptr(Schema) schema = people_schema("people");
    g_autoptr(Batch) rows = people(1, count + 1);
    world->fixture->make(world, schema, rows);
}

#define CROWD 20000

/* More rows than a batch holds. */
static void
make_crowd(World *world)
{
    make_people(world, 4000);
    for (int64_t id = 4001; id <= CROWD; id += 4000) {
        g_autoptr(Batch) rows = people(id, id + 4000);
        g_assert_true(world->fixture->insert(world, "people", rows));
    }
}

static void
an_unknown_object_is_told_with_a_near_name(World *world)
{
    static const char *const near = "did you mean 'people'?";
    Conn *conn = world->conn;
    ScanSpec spec = {.object = "peolpe"};
    Schema *schema = NULL;
    json_t *json = NULL;
    Scan *scan = NULL;
    char *text = NULL;
    int64_t rows = 0;
    make_people(world, 1);
    ASSERT_FAILS(conn_describe(conn, "peolpe", &schema, &ERR), ERR_NOT_FOUND, near);
    ASSERT_FAILS(conn_identity(conn, "peolpe", &json, &ERR), ERR_NOT_FOUND, near);
    ASSERT_FAILS(conn_fingerprint(conn, "peolpe", &text, &ERR), ERR_NOT_FOUND, near);
    ASSERT_FAILS(conn_split(conn, "peolpe", &(RangeSize){.rows = 10}, &json, &ERR), ERR_NOT_FOUND,
                 near);
    ASSERT_FAILS(conn_count(conn, "peolpe", NULL, &rows, &ERR), ERR_NOT_FOUND, near);
    ASSERT_FAILS(conn_scan(conn, &spec, &scan, &ERR), ERR_NOT_FOUND, near);
    ASSERT_FAILS(conn_describe(conn, "", &schema, &ERR), ERR_INVALID, "1 to");
}

static void
a_missing_role_is_told_with_store_and_driver(World *world)
{
    g_autofree char *who =
        g_strdup_printf("store '%s' (%s) cannot", world->store.name, world->fixture->driver);
    const Driver *driver = world->conn->driver;
    Writer writer = {.plan = "p", .task = "t", .token = 1};
    bool flag;
    int64_t rows;
    make_people(world, 1);
    if (driver->load == NULL) {
        ASSERT_FAILS(conn_exists(world->conn, "people", &flag, &ERR), ERR_UNSUPPORTED, who);
        ASSERT_FAILS(conn_fence(world->conn, &writer, &ERR), ERR_UNSUPPORTED, who);
    }
    if (driver->freeze == NULL)
        ASSERT_FAILS(conn_freeze(world->conn, "people", "w", &ERR), ERR_UNSUPPORTED, who);
    if (driver->swap == NULL)
        ASSERT_FAILS(conn_drop(world->conn, "people", &ERR), ERR_UNSUPPORTED, who);
    if (!conn_has_sql(world->conn))
        ASSERT_FAILS(conn_count(world->conn, "people", "id = 1", &rows, &ERR), ERR_UNSUPPORTED,
                     who);
}

static void
columns_are_described_as_they_are(World *world)
{
    g_autoptr(Schema) made = extreme_schema("extremes"), seen = NULL;
    g_autoptr(Batch) rows = extreme_rows(world->fixture->holds);
    world->fixture->make(world, made, rows);
    ASSERT_OK(conn_describe(world->conn, "extremes", &seen, &ERR));
    g_assert_cmpuint(schema_count(seen), ==, schema_count(made));
    for (size_t i = 0; i < schema_count(made); i++) {
        const Column *expected = schema_column(made, i), *column = schema_column(seen, i);
        g_assert_cmpstr(column->name, ==, expected->name);
        g_assert_cmpint(column->type, ==, world->fixture->shows(expected->type));
    }
}

static void
every_value_is_read_as_it_is(World *world)
{
    g_autoptr(Schema) schema = extreme_schema("extremes");
    g_autoptr(Batch) rows = extreme_rows(world->fixture->holds);
    g_autoptr(GPtrArray) expected = rows_shown(world->fixture, rows);
    world->fixture->make(world, schema, rows);
    g_auto(Seen) seen = read_object(world->conn, "extremes", NULL);
    assert_has_rows(world->fixture, seen.rows, expected);
    g_assert_cmpuint(seen.rejects->len, ==, 0);
}

static void
columns_are_read_in_any_order_and_number(World *world)
{
    g_autoptr(Schema) output = schema_new("people");
    const SourceItem items[] = {{.name = (char *) "name"}, {.name = (char *) "id"}};
    const Fixture *fixture = world->fixture;
    make_people(world, 3);
    schema_add(output, "name", fixture->shows(TYPE_TEXT), "", true);
    schema_add(output, "id", fixture->shows(TYPE_INT), "", true);
    ScanSpec spec = {.object = "people", .items = items, .item_count = 2, .output = output};
    g_auto(Seen) seen = read_spec(world->conn, &spec);
    g_autofree char *third =
        g_strdup_printf("text %%C3%%91ame%%2021|%s 3", column_type_name(fixture->shows(TYPE_INT)));
    g_assert_cmpuint(seen.rows->len, ==, 3);
    g_assert_cmpstr(seen.rows->pdata[2], ==, third);
}

static void
many_rows_come_in_batches_to_the_end(World *world)
{
    int64_t count = 0;
    make_crowd(world);
    g_auto(Seen) seen = read_object(world->conn, "people", NULL);
    ASSERT_OK(conn_count(world->conn, "people", NULL, &count, &ERR));
    g_assert_cmpint(count, ==, CROWD);
    g_assert_cmpuint(seen.rows->len, ==, CROWD);
    g_assert_cmpuint(seen.batches, >, 1);
    for (guint i = 0; i < seen.ids->len; i++)
        g_assert_cmpint(g_array_index(seen.ids, int64_t, i), ==, i + 1);
}

static void
an_object_without_rows_is_one_range_without_rows(World *world)
{
    g_autoptr(json_t) ranges = NULL;
    int64_t count = -1;
    if (world->fixture->has_no_empty)
        return;
    make_people(world, 0);
    ASSERT_OK(conn_split(world->conn, "people", &(RangeSize){.rows = 10}, &ranges, &ERR));
    g_assert_cmpuint(json_array_size(ranges), ==, 1);
    g_auto(Seen) seen = read_object(world->conn, "people", json_array_get(ranges, 0));
    g_assert_cmpuint(seen.rows->len, ==, 0);
    ASSERT_OK(conn_count(world->conn, "people", NULL, &count, &ERR));
    g_assert_cmpint(count, ==, 0);
}

/* Ranges read one after another, each alone, give the rows of the whole with the same numbers. */
static void
assert_ranges_cover(Conn *conn, const char *object, const Seen *whole, int64_t rows)
{
    g_autoptr(json_t) ranges = NULL;
    guint row = 0;
    ASSERT_OK(conn_split(conn, object, &(RangeSize){.rows = rows}, &ranges, &ERR));
    size_t count = json_array_size(ranges);
    g_assert_true(json_is_null(json_object_get(json_array_get(ranges, 0), "from")));
    g_assert_true(json_is_null(json_object_get(json_array_get(ranges, count - 1), "to")));
    for (size_t i = 0; i < count; i++) {
        const json_t *range = json_array_get(ranges, i);
        g_auto(Seen) part = read_object(conn, object, range);
        g_auto(Seen) again = read_object(conn, object, range);
        assert_same_rows(part.rows, again.rows);
        g_assert_cmpint(part.rows->len + part.rejects->len, ==, json_get_int(range, "rows", -1));
        for (guint j = 0; j < part.rows->len; j++, row++) {
            g_assert_cmpstr(part.rows->pdata[j], ==, whole->rows->pdata[row]);
            g_assert_cmpint(g_array_index(part.ids, int64_t, j), ==,
                            g_array_index(whole->ids, int64_t, row));
        }
    }
    g_assert_cmpuint(row, ==, whole->rows->len);
}

static void
ranges_cover_every_row_once_and_can_be_read_again(World *world)
{
    static const int64_t sizes[] = {1, 7, 50, 51, 100, 1000000, INT64_MAX};
    make_people(world, 100);
    g_auto(Seen) whole = read_object(world->conn, "people", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
        assert_ranges_cover(world->conn, "people", &whole, sizes[i]);
}

static void
a_range_that_is_none_of_it_is_refused(World *world)
{
    static const char *const bad[] = {"{\"from\": true, \"to\": null}",
                                      "{\"from\": null, \"to\": [1, 2]}",
                                      "{\"from\": {\"x\": 1}, \"to\": null}"};
    make_people(world, 10);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(json_t) range = json_loads(bad[i], 0, NULL);
        ScanSpec spec = {.object = "people", .range = range};
        Scan *scan = NULL;
        ASSERT_FAILS(conn_scan(world->conn, &spec, &scan, &ERR), ERR_INVALID, "position in");
    }
}

static void
what_cannot_be_read_is_told_and_left_out(World *world)
{
    int64_t count = 0;
    world->fixture->make_broken(world);
    g_auto(Seen) seen = read_object(world->conn, "broken", NULL);
    g_assert_cmpuint(seen.rows->len, ==, 2);
    g_assert_true(g_str_has_prefix(seen.rows->pdata[0], "text one"));
    g_assert_true(g_str_has_prefix(seen.rows->pdata[1], "text four"));
    g_assert_cmpuint(seen.rejects->len, ==, 2);
    g_assert_true(g_str_has_prefix(seen.rejects->pdata[0], "2 "));
    g_assert_true(g_str_has_prefix(seen.rejects->pdata[1], "3 "));
    for (guint i = 0; i < seen.records->len; i++)
        g_assert_true(json_is_object((json_t *) seen.records->pdata[i]));
    ASSERT_OK(conn_count(world->conn, "broken", NULL, &count, &ERR));
    g_assert_cmpint(count, ==, 4);
    for (int64_t rows = 1; rows < 5; rows++)
        assert_ranges_cover(world->conn, "broken", &seen, rows);
}

static void
a_row_is_at_hand_as_a_whole_record(World *world)
{
    g_autoptr(Schema) output = schema_new("people");
    const SourceItem items[] = {{.name = (char *) "id"}};
    g_autoptr(Scan) scan = NULL;
    make_people(world, 5);
    schema_add(output, "id", world->fixture->shows(TYPE_INT), "", true);
    ScanSpec spec = {.object = "people", .items = items, .item_count = 1, .output = output};
    g_autoptr(Batch) batch = batch_new_for(output);
    ASSERT_OK(conn_scan(world->conn, &spec, &scan, &ERR));
    ASSERT_OK(scan_next(scan, batch, NULL, NULL, &ERR));
    for (size_t row = batch->row_count; row-- > 0;) {
        g_autoptr(json_t) record = NULL;
        g_autofree char *text = row_text(batch, row);
        ASSERT_OK(scan_record(scan, batch->row_ids[row], &record, &ERR));
        int64_t id = g_ascii_strtoll(strchr(text, ' ') + 1, NULL, 10);
        g_autofree char *name = g_strdup_printf("Ñame %" G_GINT64_FORMAT, id * 7);
        g_assert_cmpstr(json_get_string(record, "name", NULL), ==, name);
        g_assert_cmpuint(json_object_size(record), ==, 3);
    }
    json_t *record = NULL;
    ASSERT_FAILS(scan_record(scan, 99, &record, &ERR), ERR_NOT_FOUND, "99");
}

static char *
fingerprint_of(Conn *conn)
{
    char *fingerprint = NULL;
    ASSERT_OK(conn_fingerprint(conn, "people", &fingerprint, &ERR));
    g_assert_true(g_str_has_prefix(fingerprint, "sha256:"));
    return fingerprint;
}

/* One more row, one less, another cell, another name of a column: each shows, and gone again it
 * does not. */
static void
a_fingerprint_sees_every_change_and_nothing_else(World *world)
{
    g_autoptr(Schema) schema = people_schema("people"), other = people_schema("people");
    g_autoptr(Batch) same = people(1, 10), more = people(1, 11), less = people(2, 10);
    const Fixture *fixture = world->fixture;
    fixture->make(world, schema, same);
    g_autofree char *first = fingerprint_of(world->conn);
    const Batch *const changes[] = {more, less};
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        fixture->make(world, schema, changes[i]);
        g_autofree char *changed = fingerprint_of(world->conn);
        g_assert_cmpstr(first, !=, changed);
    }
    g_autoptr(Conn) second = world_connect(world);
    fixture->make(world, schema, same);
    g_autofree char *again = fingerprint_of(second);
    g_assert_cmpstr(first, ==, again);
    g_free(((Column *) other->columns->pdata[2])->name);
    ((Column *) other->columns->pdata[2])->name = g_strdup("sc0re");
    fixture->make(world, other, same);
    g_autofree char *renamed = fingerprint_of(world->conn);
    g_assert_cmpstr(first, !=, renamed);
}

static void
an_identity_stays_while_nothing_changes(World *world)
{
    g_autoptr(json_t) first = NULL, second = NULL;
    g_autoptr(Conn) other = world_connect(world);
    make_people(world, 10);
    ASSERT_OK(conn_identity(world->conn, "people", &first, &ERR));
    g_auto(Seen) seen = read_object(world->conn, "people", NULL);
    g_assert_cmpuint(seen.rows->len, ==, 10);
    ASSERT_OK(conn_identity(other, "people", &second, &ERR));
    g_assert_true(json_is_object(first) && json_equal(first, second));
}

static bool
say_stop(int64_t rows_done, void *data)
{
    int *calls = data;
    return --*calls > 0;
}

static void
who_is_told_to_stop_stops_in_the_middle(World *world)
{
    char *fingerprint = NULL;
    int calls = 1;
    make_crowd(world);
    conn_set_tick(world->conn, say_stop, &calls);
    ASSERT_FAILS(conn_fingerprint(world->conn, "people", &fingerprint, &ERR), ERR_STOPPED, "");
    conn_set_tick(world->conn, NULL, NULL);
    g_autofree char *whole = fingerprint_of(world->conn);
    g_assert_nonnull(whole);
}

static void
two_connections_read_at_once(World *world)
{
    g_autoptr(Conn) other = world_connect(world);
    g_autoptr(Scan) one = NULL, two = NULL;
    g_autoptr(Schema) schema = NULL;
    make_crowd(world);
    ScanSpec spec = {.object = "people"};
    ASSERT_OK(conn_describe(world->conn, "people", &schema, &ERR));
    g_autoptr(Batch) a = batch_new_for(schema), b = batch_new_for(schema);
    ASSERT_OK(conn_scan(world->conn, &spec, &one, &ERR));
    ASSERT_OK(conn_scan(other, &spec, &two, &ERR));
    do {
        batch_reset(a);
        batch_reset(b);
        ASSERT_OK(scan_next(one, a, NULL, NULL, &ERR));
        ASSERT_OK(scan_next(two, b, NULL, NULL, &ERR));
        g_assert_cmpuint(a->row_count, ==, b->row_count);
        for (size_t row = 0; row < a->row_count; row += 100) {
            g_autofree char *left = row_text(a, row), *right = row_text(b, row);
            g_assert_cmpstr(left, ==, right);
        }
    } while (a->row_count > 0);
}

static void
an_outline_is_what_is_described_without_what_hangs_on_it(World *world)
{
    g_autoptr(Schema) whole = NULL, outline = NULL;
    g_autoptr(Schema) none = NULL;
    make_people(world, 4);
    if (world->fixture->hang != NULL)
        world->fixture->hang(world, "people");
    ASSERT_OK(conn_describe(world->conn, "people", &whole, &ERR));
    ASSERT_OK(conn_outline(world->conn, "people", &outline, &ERR));
    if (world->fixture->hang != NULL && world->conn->driver->outline != NULL) {
        g_assert_cmpuint(whole->dependents->len, >, 0);
        g_assert_cmpuint(outline->dependents->len, ==, 0);
    }
    g_autoptr(json_t) described = schema_to_json(whole), outlined = schema_to_json(outline);
    json_object_del(described, "dependents");
    json_object_del(outlined, "dependents");
    g_assert_true(json_equal(described, outlined));
    ASSERT_FAILS(conn_outline(world->conn, "peolpe", &none, &ERR), ERR_NOT_FOUND,
                 "did you mean 'people'?");
}

const Question reading_questions[] = {
    {"an unknown object is told with a near name", an_unknown_object_is_told_with_a_near_name, 0},
    {"a missing role is told with store and driver", a_missing_role_is_told_with_store_and_driver,
     0},
    {"columns are described as they are", columns_are_described_as_they_are, 0},
    {"an outline is what is described, without what hangs on it",
     an_outline_is_what_is_described_without_what_hangs_on_it, 0},
    {"every value is read as it is", every_value_is_read_as_it_is, 0},
    {"columns are read in any order and number", columns_are_read_in_any_order_and_number, 0},
    {"many rows come in batches to the end", many_rows_come_in_batches_to_the_end, 0},
    {"an object without rows is one range without rows",
     an_object_without_rows_is_one_range_without_rows, 0},
    {"ranges cover every row once and can be read again",
     ranges_cover_every_row_once_and_can_be_read_again, 0},
    {"a range that is none of it is refused", a_range_that_is_none_of_it_is_refused, 0},
    {"what cannot be read is told and left out", what_cannot_be_read_is_told_and_left_out,
     NEEDS_BROKEN},
    {"a row is at hand as a whole record", a_row_is_at_hand_as_a_whole_record, 0},
    {"a fingerprint sees every change and nothing else",
     a_fingerprint_sees_every_change_and_nothing_else, 0},
    {"an identity stays while nothing changes", an_identity_stays_while_nothing_changes, 0},
    {"who is told to stop stops in the middle", who_is_told_to_stop_stops_in_the_middle, 0},
    {"two connections read at once", two_connections_read_at_once, 0},
    {NULL, NULL, 0},
};
