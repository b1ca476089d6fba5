/* redis.c - what only Redis does: rows out of keys, ends of rows, ranges in parts, swaps in steps. */
#include "redis_bench.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STAGE "users:{id}__honk_1"
#define TARGET "users:{id}"
#define KEPT "users:{id}__honk_1_kept"
#define LOST "users:{id}__honk_lost"

static const Writer writer = {.plan = "p-1", .task = "t-1", .range = "0001", .token = 5};

static void
tell(TestDb *db, const char *command)
{
    freeReplyObject(test_redis(db->path, command));
}

static void
assert_answer(TestDb *db, const char *command, const char *expected)
{
    g_autofree char *seen = test_redis_text(db->path, command);
    g_assert_cmpstr(seen, ==, expected);
}

/* "name type, …" */
static char *
columns_of(TestDb *db, const char *object)
{
    g_autoptr(Schema) schema = NULL;
    GString *text = g_string_new(NULL);
    ASSERT_OK(conn_describe(db->conn, object, &schema, &ERR));
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        g_string_append_printf(text, "%s%s %s", i > 0 ? ", " : "", column->name,
                               column_type_name(column->type));
    }
    return g_string_free(text, FALSE);
}

static int
compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Rows and rejects of an object as test_scan() gives them, without their numbers, sorted. */
static char *
rows_of(TestDb *db, const char *object)
{
    ScanSpec spec = {.object = object};
    g_autofree char *text = test_scan(db->conn, &spec);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (strchr(*line, ':') != NULL && **line != '!')
            memmove(*line, strchr(*line, ':') + 1, strlen(strchr(*line, ':')));
    qsort(lines, g_strv_length(lines), sizeof *lines, compare_lines);
    return g_strjoinv("\n", lines);
}

static void
assert_rows(TestDb *db, const char *object, const char *expected)
{
    g_autofree char *seen = rows_of(db, object);
    g_assert_cmpstr(seen, ==, expected);
}

static void
assert_columns(TestDb *db, const char *object, const char *expected)
{
    g_autofree char *seen = columns_of(db, object);
    g_assert_cmpstr(seen, ==, expected);
}

/* --- rows out of keys --- */

static void
hashes_are_rows_whose_keys_have_columns(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    tell(db, "HSET cart:se:7 total 12 item book");
    tell(db, "HSET cart:de:8 total 5");
    tell(db, "HSET carts:de:9 total 5");
    tell(db, "HSET cart:de total 5");
    assert_columns(db, "cart:{country}:{id}", "country text, id text, item text, total text");
    assert_rows(db, "cart:{country}:{id}", "de|8|NULL|5\nse|7|book|12");
    assert_rows(db, "cart:se:*", "7|book|12");
    assert_rows(db, "cart:{}:{id}", "7|book|12\n8|NULL|5");
}

static void
json_has_the_types_that_all_of_its_rows_have(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    tell(db, "SET u:1 {\"a\":1,\"b\":true,\"c\":{\"d\":\"x\"},\"e\":[1,2]}");
    tell(db, "SET u:2 {\"a\":2.5,\"b\":null,\"c\":{\"d\":7}}");
    assert_columns(db, "u", "key text, a float, b bool, c.d text, e text");
    assert_rows(db, "u", "1|1|true|x|[1,2]\n2|2.5|NULL|7|NULL");
}

static void
other_strings_are_rows_of_one_column(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    tell(db, "SET page:/ 42");
    tell(db, "SET page:/about {}");
    assert_columns(db, "page:{path}", "path text, value text");
    assert_rows(db, "page:{path}", "/about|{}\n/|42");
}

/* One broken text among many is put aside with its reason, and changes no column. */
static void
fields_that_mostly_are_no_text_are_bytes(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    tell(db, "HSET u:1 b \xff n x");
    tell(db, "HSET u:2 b \xfe\xff n y");
    tell(db, "HSET u:3 b abc n \xff");
    assert_columns(db, "u:{id}", "id text, b bytes, n text");
    g_autofree char *seen = rows_of(db, "u:{id}");
    g_assert_nonnull(strstr(seen, "n: it is no UTF-8: say that the column is of type bytes"));
}

static void
what_is_no_row_is_told_with_its_key(void)
{
    g_autoptr(TestDb) db =
        test_redis_db(json_pack("{s{s{s{ss}} s{ssss}}}", "objects", "u", "columns", "a", "int", "j",
                                "keys", "j:{key}", "value", "json"));
    tell(db, "HSET u:1 a 1");
    tell(db, "HSET u:2 a one");
    tell(db, "HSET u:3 a 3 b 4");
    tell(db, "RPUSH u:4 x");
    tell(db, "HSET u:5 a 5");
    tell(db, "PEXPIREAT u:5 4102444800000");
    g_autofree char *seen = rows_of(db, "u");
    g_assert_nonnull(strstr(seen, "1|1"));
    g_assert_nonnull(strstr(seen, "a: 'one' is not a whole number"));
    g_assert_nonnull(strstr(seen, "a field 'b'"));
    g_assert_nonnull(strstr(seen, "its value is no hash"));
    g_assert_nonnull(
        strstr(seen, "it has an end, and the store's `objects` name no column for it"));
    tell(db, "SET j:1 {\"a\":1}");
    tell(db, "SET j:2 {\"a\":");
    g_autofree char *json = rows_of(db, "j");
    g_assert_nonnull(strstr(json, "expected a JSON object"));
}

static void
forms_and_settings_that_mean_nothing_are_refused(void)
{
    static const struct {
        const char *object, *reason;
    } forms[] = {{"u:{a}{b}", "two parts that touch"},
                 {"u:{a", "brace without another"},
                 {"{a}:u", "how its keys begin"},
                 {"u:{a}:{a}", "twice"},
                 {"_honk:{a}", "bookkeeping of ours"}};
    static const struct {
        const char *object, *reason;
    } declared[] = {
        {"{\"columns\":{\"a\":\"number\"}}", "needs a type"},
        {"{\"value\":\"list\"}", "expected hash, json or string"},
        {"{\"columns\":{\"a\":\"int\"},\"expires\":\"b\"}", "a timestamp column"},
        {"{\"value\":\"string\",\"columns\":{\"a\":\"int\",\"b\":\"int\"}}", "holds one"}};
    g_autoptr(TestDb) db = test_redis_db(json_pack("{s{}}", "objects"));
    Schema *schema = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
        ASSERT_FAILS(conn_describe(db->conn, forms[i].object, &schema, &ERR), ERR_INVALID,
                     forms[i].reason);
    for (size_t i = 0; i < G_N_ELEMENTS(declared); i++) {
        json_object_set_new(json_object_get(db->store.settings, "objects"), "u",
                            json_loads(declared[i].object, 0, NULL));
        ASSERT_FAILS(conn_describe(db->conn, "u", &schema, &ERR), ERR_INVALID, declared[i].reason);
    }
}

static void
a_server_that_cannot_be_used_is_told(void)
{
    static const struct {
        const char *url, *reason;
        int code;
    } urls[] = {{"http://x", "is not understood", ERR_INVALID},
                {"redis://127.0.0.1:99999/0", "is not understood", ERR_INVALID},
                {"redis://127.0.0.1/x", "is not understood", ERR_INVALID},
                {"rediss://127.0.0.1:1/0", "127.0.0.1:1/0", ERR_UNREACHABLE},
                {"redis://127.0.0.1:1/0", "127.0.0.1:1/0", ERR_UNREACHABLE},
                {"unix:/nowhere", "/nowhere", ERR_UNREACHABLE}};
    Conn *conn = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autoptr(json_t) settings = json_pack("{ss}", "url", urls[i].url);
        StoreConfig store = {(char *) "r", (char *) "redis", settings};
        ASSERT_FAILS(conn_open(&store, &conn, &ERR), urls[i].code, urls[i].reason);
    }
    g_autoptr(TestDb) db = test_redis_db(NULL);
    g_autoptr(json_t) settings = json_pack("{ssss}", "url", db->path, "databse", "1");
    StoreConfig store = {(char *) "r", (char *) "redis", settings};
    ASSERT_FAILS(conn_open(&store, &conn, &ERR), ERR_INVALID, "unknown setting 'databse'");
}

/* --- rows into keys --- */

static Schema *
users_schema(void)
{
    Schema *schema = schema_new(STAGE);
    schema_add(schema, "id", TYPE_TEXT, "", false);
    schema_add(schema, "name", TYPE_TEXT, "", true);
    schema_add_key(schema, "id");
    return schema;
}

static Batch *
users(int64_t from, int64_t to, size_t name_bytes)
{
    g_autoptr(Schema) schema = users_schema();
    g_autofree char *name = g_strnfill(name_bytes, 'x');
    Batch *batch = batch_new_for(schema);
    for (int64_t id = from; id < to; id++) {
        g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, id);
        batch_put_bytes(batch, 0, text, strlen(text));
        batch_put_bytes(batch, 1, name, name_bytes);
        batch_commit_row(batch, id);
    }
    return batch;
}

static void
stage(TestDb *db)
{
    g_autoptr(Schema) schema = users_schema();
    ASSERT_OK(conn_stage(db->conn, STAGE, TARGET, schema, &writer, &ERR));
}

static bool
begin(Conn *conn, const Writer *by)
{
    g_autoptr(Schema) schema = users_schema();
    RangeResult result = {0};
    bool is_done = false;
    ASSERT_OK(conn_begin(conn, STAGE, schema, by, &is_done, &result, &ERR));
    return !is_done;
}

static void
put(Conn *conn, const Batch *rows)
{
    size_t next = 0;
    ASSERT_OK(conn_put(conn, rows, 0, &next, &ERR));
}

static bool
commit(Conn *conn, int64_t rows, GError **error)
{
    RangeResult result = {.rows_in = rows, .rows_out = rows};
    return conn_commit(conn, &result, error);
}

static int64_t
count(TestDb *db, const char *object)
{
    int64_t rows = -1;
    ASSERT_OK(conn_count(db->conn, object, NULL, &rows, &ERR));
    return rows;
}

static void
fill(TestDb *db, int64_t from, int64_t to)
{
    g_autoptr(Batch) rows = users(from, to, 10);
    stage(db);
    g_assert_true(begin(db->conn, &writer));
    put(db->conn, rows);
    ASSERT_OK(commit(db->conn, to - from, &ERR));
}

static void
a_key_that_would_be_read_as_another_is_refused(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    g_autoptr(Schema) schema = schema_new("x");
    schema_add(schema, "a", TYPE_TEXT, "", true);
    schema_add(schema, "b", TYPE_TEXT, "", true);
    g_autoptr(Batch) rows = batch_new_for(schema);
    batch_put_bytes(rows, 0, "1:2", 3);
    batch_put_bytes(rows, 1, "3", 1);
    batch_commit_row(rows, 1);
    batch_put_bytes(rows, 0, "1", 1);
    batch_put_bytes(rows, 1, "2:3", 3);
    batch_commit_row(rows, 2);
    RangeResult result = {0};
    bool is_done;
    size_t next = 0;
    ASSERT_OK(conn_stage(db->conn, "x:{a}:{b}__honk", NULL, schema, &writer, &ERR));
    ASSERT_OK(conn_begin(db->conn, "x:{a}:{b}__honk", schema, &writer, &is_done, &result, &ERR));
    ASSERT_FAILS(conn_put(db->conn, rows, 0, &next, &ERR), ERR_INVALID, "that of another row");
    g_assert_cmpuint(next, ==, 0);
    ASSERT_OK(conn_put(db->conn, rows, 1, &next, &ERR));
    ASSERT_OK(commit(db->conn, 1, &ERR));
    assert_rows(db, "x:{a}:{b}__honk", "1|2:3");
}

static void
rows_without_a_key_have_nowhere_to_go(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    g_autoptr(Schema) schema = schema_new("x");
    schema_add(schema, "a", TYPE_TEXT, "", true);
    ASSERT_FAILS(conn_stage(db->conn, "x__honk", NULL, schema, &writer, &ERR), ERR_INVALID,
                 "'x:{id}'");
    ASSERT_FAILS(conn_stage(db->conn, "x:{id}__honk", NULL, schema, &writer, &ERR), ERR_INVALID,
                 "a part 'id'");
}

/* The end of a row is a column; what has ended, or ends between two milliseconds, is refused. */
static void
the_end_of_a_row_is_a_column_of_it(void)
{
    g_autoptr(TestDb) db =
        test_redis_db(json_pack("{s{s{sss{ssss}ss}}}", "objects", "s", "keys", "s:{id}", "columns",
                                "name", "text", "until", "timestamp", "expires", "until"));
    g_autoptr(Schema) schema = schema_new("s__honk");
    int64_t later = (g_get_real_time() / 1000 + 3600000) * 1000;
    const int64_t ends[] = {later, later + 1, 1000};
    schema_add(schema, "id", TYPE_TEXT, "", false);
    schema_add(schema, "name", TYPE_TEXT, "", true);
    schema_add(schema, "until", TYPE_TIMESTAMP, "", true);
    g_autoptr(Batch) rows = batch_new_for(schema);
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        batch_put_bytes(rows, 0, &"abc"[i], 1);
        batch_put_bytes(rows, 1, "x", 1);
        batch_put_int(rows, 2, ends[i]);
        batch_commit_row(rows, (int64_t) i + 1);
    }
    RangeResult result = {0};
    bool is_done;
    size_t next = 0;
    ASSERT_OK(conn_stage(db->conn, "s__honk", "s", schema, &writer, &ERR));
    ASSERT_OK(conn_begin(db->conn, "s__honk", schema, &writer, &is_done, &result, &ERR));
    ASSERT_FAILS(conn_put(db->conn, rows, 0, &next, &ERR), ERR_INVALID, "finer than a millisecond");
    ASSERT_FAILS(conn_put(db->conn, rows, 2, &next, &ERR), ERR_INVALID, "gone already");
    ASSERT_OK(commit(db->conn, 1, &ERR));
    ASSERT_OK(conn_swap(db->conn, "s__honk", "s", "s__kept", &writer, &ERR));
    g_autofree char *expected = g_strdup_printf("%" G_GINT64_FORMAT, later / 1000);
    assert_answer(db, "PEXPIRETIME s:a", expected);
    assert_answer(db, "HGETALL s:a", "name|x");
    assert_columns(db, "s:{id}", "id text, name text, expires_at timestamp");
}

static void
key_columns_are_fields_too_where_they_were_before(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    tell(db, "HSET users:9 id 9 name old");
    fill(db, 1, 3);
    ASSERT_OK(conn_swap(db->conn, STAGE, TARGET, KEPT, &writer, &ERR));
    assert_answer(db, "HGET users:1 id", "1");
    assert_rows(db, TARGET, "1|xxxxxxxxxx\n2|xxxxxxxxxx");
    tell(db, "HSET users:1 id 2");
    g_autofree char *seen = rows_of(db, TARGET);
    g_assert_nonnull(strstr(seen, "the key says '1', the field '2'"));
}

/* --- ranges in parts --- */

#define LARGE_ROWS 3000
#define LARGE_BYTES 2000 /* six million bytes of rows: three parts */

static void
write_part_and_vanish(TestDb *db)
{
    pid_t child = fork();
    if (child == 0) {
        Conn *conn = NULL;
        g_autoptr(Batch) rows = users(1, LARGE_ROWS, LARGE_BYTES);
        ASSERT_OK(conn_open(&db->store, &conn, &ERR));
        g_assert_true(begin(conn, &writer));
        put(conn, rows);
        _exit(0);
    }
    int status = 0;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
}

/* Whoever does the range anew takes away what was there, also what would not come again. */
static void
what_a_lost_attempt_left_of_a_range_is_taken_away_first(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    g_autoptr(Batch) fewer = users(1, 11, 10);
    Writer again = writer;
    again.token = 6;
    stage(db);
    write_part_and_vanish(db);
    g_assert_cmpint(count(db, STAGE), >, 100);
    g_assert_true(begin(db->conn, &again));
    g_assert_cmpint(count(db, STAGE), ==, 0);
    put(db->conn, fewer);
    ASSERT_OK(commit(db->conn, 10, &ERR));
    g_assert_cmpint(count(db, STAGE), ==, 10);
    assert_answer(db, "KEYS _honk:wrote:*", "");
    assert_answer(db, "KEYS _honk:open:*", "");
}

static void
a_large_range_that_is_rolled_back_leaves_nothing(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    g_autoptr(Batch) rows = users(1, LARGE_ROWS, LARGE_BYTES);
    stage(db);
    g_assert_true(begin(db->conn, &writer));
    put(db->conn, rows);
    g_assert_cmpint(count(db, STAGE), >, 100);
    conn_rollback(db->conn);
    g_assert_cmpint(count(db, STAGE), ==, 0);
    assert_answer(db, "KEYS _honk:open:*", "");
    g_assert_true(begin(db->conn, &writer));
    put(db->conn, rows);
    ASSERT_OK(commit(db->conn, LARGE_ROWS - 1, &ERR));
    g_assert_cmpint(count(db, STAGE), ==, LARGE_ROWS - 1);
}

/* One that was probed sends no part any more. */
static void
a_fenced_attempt_writes_no_further_part(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    g_autoptr(Conn) other = NULL;
    g_autoptr(Batch) rows = users(1, LARGE_ROWS, LARGE_BYTES),
                     more = users(LARGE_ROWS, 2 * LARGE_ROWS, LARGE_BYTES);
    Writer newer = writer;
    size_t next = 0;
    newer.token = 9;
    stage(db);
    ASSERT_OK(conn_open(&db->store, &other, &ERR));
    g_assert_true(begin(other, &writer));
    put(other, rows);
    ASSERT_OK(conn_fence(db->conn, &newer, &ERR));
    ASSERT_FAILS(conn_put(other, more, 0, &next, &ERR), ERR_FENCED, "our token is 5");
    conn_rollback(other);
    g_assert_true(begin(db->conn, &newer));
    g_assert_cmpint(count(db, STAGE), ==, 0);
    conn_rollback(db->conn);
}

typedef struct {
    char *url;
    gint is_over;
} Toucher;

static void *
touch_fences(void *data)
{
    Toucher *toucher = data;
    while (!g_atomic_int_get(&toucher->is_over))
        freeReplyObject(test_redis(toucher->url, "HSET _honk:fence:p-1 somebody 1"));
    return NULL;
}

/* Its EXEC is answered when the next rows are looked at already: what is asked then must not be taken for each other. */
static void
a_part_that_was_refused_is_told_by_its_own_reason(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    Toucher toucher = {.url = db->path};
    g_autoptr(GError) refused = NULL;
    size_t next = 0;
    stage(db);
    g_assert_true(begin(db->conn, &writer));
    GThread *thread = g_thread_new("toucher", touch_fences, &toucher);
    for (int64_t from = 0; refused == NULL && from < 100000; from += 400) {
        g_autoptr(Batch) rows = users(from, from + 400, 2000);
        if (!conn_put(db->conn, rows, 0, &next, &refused))
            g_assert_nonnull(refused);
    }
    g_atomic_int_set(&toucher.is_over, 1);
    g_thread_join(thread);
    g_assert_error(refused, error_quark(), ERR_TRANSIENT);
    g_assert_nonnull(strstr(refused->message, "the fences were touched"));
    conn_rollback(db->conn);
    g_assert_true(begin(db->conn, &writer)); /* nobody else is taken to be writing it */
    conn_rollback(db->conn);
    g_assert_cmpint(count(db, STAGE), ==, 0);
}

/* The same, where it is a row that was refused: it is the other range's, and stays when ours is taken back. */
static void
a_key_that_comes_before_its_part_is_not_taken_back_with_it(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    g_autoptr(Conn) other = NULL;
    g_autoptr(Batch) first = users(0, 400, 2000), theirs = users(7, 8, 10),
                     more = users(400, 1200, 2000), last = users(1200, 1300, 2000);
    Writer second = {.plan = "p-1", .task = "t-2", .range = "0002", .token = 5};
    size_t next = 0;
    stage(db);
    ASSERT_OK(conn_open(&db->store, &other, &ERR));
    g_assert_true(begin(db->conn, &writer) && begin(other, &second));
    put(db->conn, first); /* looked at, and gathered */
    put(other, theirs);
    ASSERT_OK(commit(other, 1, &ERR));
    put(db->conn, more); /* it is 2 MB: a part goes, and its answer is not read yet */
    ASSERT_FAILS(conn_put(db->conn, last, 0, &next, &ERR), ERR_TRANSIENT, "the same key");
    conn_rollback(db->conn);
    g_assert_cmpint(count(db, STAGE), ==, 1);
}

/* Both looked before either wrote: the server refuses the second, which takes back its own rows alone. */
static void
a_key_of_two_ranges_at_once_is_written_by_one_of_them(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    g_autoptr(Conn) other = NULL;
    g_autoptr(Batch) mine = users(1, 11, 10), theirs = users(10, 21, 10);
    Writer second = {.plan = "p-1", .task = "t-2", .range = "0002", .token = 5};
    size_t next = 0;
    stage(db);
    ASSERT_OK(conn_open(&db->store, &other, &ERR));
    g_assert_true(begin(db->conn, &writer) && begin(other, &second));
    put(db->conn, mine);
    put(other, theirs);
    ASSERT_OK(commit(other, 11, &ERR));
    ASSERT_FAILS(commit(db->conn, 10, &ERR), ERR_TRANSIENT, "the same key");
    conn_rollback(db->conn);
    g_assert_cmpint(count(db, STAGE), ==, 11);
    assert_answer(db, "HLEN _honk:ledger:p-1", "1");
    g_assert_true(begin(db->conn, &writer));
    ASSERT_FAILS(conn_put(db->conn, mine, 0, &next, &ERR), ERR_INVALID,
                 "'users:10' is already taken");
    g_assert_cmpuint(next, ==, 9);
    conn_rollback(db->conn);
}

/* --- swaps --- */

/* A dataset as people have it: rows, a list in between, one that ends. */
static void
make_users(TestDb *db, int rows)
{
    for (int i = 0; i < rows; i++) {
        g_autofree char *command = g_strdup_printf("HSET users:%d name old%d", i + 1, i);
        tell(db, command);
    }
    tell(db, "RPUSH users:list a b");
    tell(db, "PEXPIREAT users:1 99999999999999");
    tell(db, "HSET other:1 name y");
}

static bool
swap(TestDb *db, GError **error)
{
    return conn_swap(db->conn, STAGE, TARGET, KEPT, &writer, error);
}

static SwapState
state(TestDb *db)
{
    SwapState is = SWAP_OTHER;
    ASSERT_OK(conn_swap_state(db->conn, STAGE, TARGET, KEPT, "p-1", &is, &ERR));
    return is;
}

static void
take_all_back(TestDb *db)
{
    int64_t rows = -1;
    Writer back = writer;
    back.token = 7;
    ASSERT_OK(conn_swap_back(db->conn, STAGE, TARGET, KEPT, LOST, false, &back, &rows, &ERR));
    g_assert_cmpint(rows, ==, 0);
    g_assert_cmpint(state(db), ==, SWAP_BEFORE);
    ASSERT_OK(conn_unstage(db->conn, STAGE, &back, &ERR));
}

static void
the_way_back_is_to_the_letter(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    make_users(db, 20);
    g_autofree char *before = test_redis_dump(db->path);
    fill(db, 10, 50);
    ASSERT_OK(swap(db, &ERR));
    assert_answer(db, "HGET users:10 name", "xxxxxxxxxx");
    assert_answer(db, "EXISTS users:1 users:list", "0");
    assert_answer(db, "HGET other:1 name", "y");
    take_all_back(db);
    g_autofree char *after = test_redis_dump(db->path);
    g_assert_cmpstr(before, ==, after);
}

typedef struct {
    int calls_left;
} Patience;

static bool
run_out_of_patience(int64_t rows_done, void *data)
{
    return --((Patience *) data)->calls_left >= 0;
}

/* Stopped at its first, second, third… moment, a swap in steps is taken up where it was, or taken back. */
static void
a_swap_in_steps_goes_on_from_wherever_it_stopped(bool goes_back)
{
    bool is_whole = false;
    int halves = 0;
    for (int calls = 0; !is_whole; calls++) {
        g_autoptr(TestDb) db = test_redis_db(json_pack("{si}", "swap_keys_max", 10));
        g_autoptr(GError) stopped = NULL;
        Patience patience = {calls};
        make_users(db, 20);
        g_autofree char *before = test_redis_dump(db->path);
        fill(db, 10, 50);
        conn_set_tick(db->conn, run_out_of_patience, &patience);
        is_whole = swap(db, &stopped);
        conn_set_tick(db->conn, NULL, NULL);
        if (!is_whole)
            g_assert_error(stopped, error_quark(), ERR_STOPPED);
        halves += state(db) == SWAP_HALF;
        if (!goes_back) {
            ASSERT_OK(swap(db, &ERR));
            g_assert_cmpint(state(db), ==, SWAP_AFTER);
            g_assert_cmpint(count(db, TARGET), ==, 40);
            g_assert_cmpint(count(db, KEPT), ==, 21);
        }
        take_all_back(db);
        g_autofree char *after = test_redis_dump(db->path);
        g_assert_cmpstr(before, ==, after);
    }
    g_assert_cmpint(halves, >, 2);
}

static void
a_swap_in_steps_goes_on(void)
{
    a_swap_in_steps_goes_on_from_wherever_it_stopped(false);
}

static void
a_swap_in_steps_goes_back(void)
{
    a_swap_in_steps_goes_on_from_wherever_it_stopped(true);
}

static int64_t
walks_over_all_keys(TestDb *db)
{
    g_autofree char *stats = test_redis_text(db->path, "INFO commandstats");
    const char *calls = strstr(stats, "cmdstat_scan:calls=");
    return calls != NULL ? g_ascii_strtoll(strchr(calls, '=') + 1, NULL, 10) : 0;
}

/* So few in memory that there are forty windows, and so many keys that their pieces of memory are full several times. */
static void
keys_that_memory_does_not_hold_are_asked_for_once(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    g_autoptr(Conn) frugal = NULL;
    g_autofree char *pad = g_strnfill(900, 'x');
    StoreConfig store = db->store;
    for (int i = 0; i < 3000; i++) {
        g_autofree char *command = g_strdup_printf("SET words:%s%d %d", pad, i, i);
        tell(db, command);
    }
    store.settings = json_deep_copy(db->store.settings);
    json_set_int(store.settings, "keys_in_memory", 75);
    ASSERT_OK(conn_open(&store, &frugal, &ERR));
    ScanSpec spec = {.object = "words:{word}"};
    g_autofree char *expected = test_scan(db->conn, &spec), *seen = NULL;
    int64_t before = walks_over_all_keys(db);
    g_autofree char *again = test_scan(db->conn, &spec);
    int64_t with_room = walks_over_all_keys(db) - before;
    seen = test_scan(frugal, &spec);
    g_assert_cmpstr(seen, ==, expected);
    g_assert_cmpstr(again, ==, expected);
    /* once more at most, for the window that may have been enough to find the columns */
    g_assert_cmpint(walks_over_all_keys(db) - before - with_room, <=, 2 * with_room);
    json_decref(store.settings);
}

static void
rows_changed_in_their_place_count_as_written(void)
{
    g_autoptr(TestDb) db = test_redis_db(NULL);
    int64_t rows = -1;
    make_users(db, 5);
    fill(db, 1, 30);
    ASSERT_OK(swap(db, &ERR));
    ASSERT_OK(conn_swap_written(db->conn, "p-1", &rows, &ERR));
    g_assert_cmpint(rows, ==, 0);
    tell(db, "HSET users:3 name new");
    tell(db, "EXPIRE users:4 100000");
    tell(db, "RENAME users:5 users:500");
    ASSERT_OK(conn_swap_written(db->conn, "p-1", &rows, &ERR));
    g_assert_cmpint(rows, ==, 4);
    ASSERT_FAILS(conn_swap_back(db->conn, STAGE, TARGET, KEPT, LOST, false, &writer, &rows, &ERR),
                 ERR_MISMATCH, "4 rows of 'users:{id}'");
    ASSERT_OK(conn_swap_back(db->conn, STAGE, TARGET, KEPT, LOST, true, &writer, &rows, &ERR));
    g_assert_cmpint(count(db, LOST), ==, 29);
    g_assert_cmpint(count(db, TARGET), ==, 6);
}

/* What the server wrote down before it died is all there, rows and ledger alike. */
static void
a_server_that_dies_has_both_rows_and_ledger_or_neither(void)
{
    test_redis_restart("--appendonly", "yes", "--appendfsync", "always", NULL);
    g_autoptr(TestDb) db = test_redis_db(NULL);
    RangeResult found = {0};
    bool is_there = false;
    fill(db, 1, 100);
    test_redis_restart("--appendonly", "yes", "--appendfsync", "always", NULL);
    g_autoptr(Conn) after = NULL;
    int64_t rows = -1;
    ASSERT_OK(conn_open(&db->store, &after, &ERR));
    ASSERT_OK(conn_ledger_find(after, "p-1", "0001", &is_there, &found, &ERR));
    ASSERT_OK(conn_count(after, STAGE, NULL, &rows, &ERR));
    g_assert_true(is_there);
    g_assert_cmpint(rows, ==, 99);
    ASSERT_FAILS(conn_count(db->conn, STAGE, NULL, &rows, &ERR), ERR_UNREACHABLE, "redis.sock");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/redis/" #name, name)
    TEST(hashes_are_rows_whose_keys_have_columns);
    TEST(json_has_the_types_that_all_of_its_rows_have);
    TEST(other_strings_are_rows_of_one_column);
    TEST(fields_that_mostly_are_no_text_are_bytes);
    TEST(what_is_no_row_is_told_with_its_key);
    TEST(forms_and_settings_that_mean_nothing_are_refused);
    TEST(a_server_that_cannot_be_used_is_told);
    TEST(a_key_that_would_be_read_as_another_is_refused);
    TEST(rows_without_a_key_have_nowhere_to_go);
    TEST(the_end_of_a_row_is_a_column_of_it);
    TEST(key_columns_are_fields_too_where_they_were_before);
    TEST(what_a_lost_attempt_left_of_a_range_is_taken_away_first);
    TEST(a_large_range_that_is_rolled_back_leaves_nothing);
    TEST(a_fenced_attempt_writes_no_further_part);
    TEST(a_part_that_was_refused_is_told_by_its_own_reason);
    TEST(a_key_that_comes_before_its_part_is_not_taken_back_with_it);
    TEST(a_key_of_two_ranges_at_once_is_written_by_one_of_them);
    TEST(the_way_back_is_to_the_letter);
    TEST(a_swap_in_steps_goes_on);
    TEST(a_swap_in_steps_goes_back);
    TEST(rows_changed_in_their_place_count_as_written);
    TEST(a_server_that_dies_has_both_rows_and_ledger_or_neither);
    TEST(keys_that_memory_does_not_hold_are_asked_for_once);
    return g_test_run();
}
