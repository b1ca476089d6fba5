/*
 * split.c - where a table is cut into ranges, and how a range is said in SQL.
 *
 * A table with a key is cut at quantiles of the key: exact ones up to EXACT_BLOCKS, where walking the index is cheap, else
 * those of a sample: some rows of blocks that are equally far from each other, because rows that came together mostly have keys
 * that are near each other, and blocks taken by chance made ranges of which one was half as large again as another. Positions are
 * texts of the key's own types, ordered by the server alone, so no collation is ever guessed. A table without a key is cut at blocks of its file. Views, foreign tables and tables that others inherit from are
 * one range. A partitioned table is cut partition by partition, if we may read these by themselves, and see in them what we see
 * through it.
 *
 *   {"from": 17, "to": 40}                 a key of one whole number
 *   {"from": "m", "to": ["m", "7"]}        other keys; of several columns: a list
 *   {"from": {"block": 0}, …}              blocks
 *   {"partition": "public.y2024", …}       of one partition
 */
#include "driver/book.h"
#include "driver/postgres/tree.h"

#include <string.h>

#define EXACT_BLOCKS 1024      /* 8 MiB: looked at in milliseconds, while a move takes a second */
#define SAMPLED_BLOCKS_MIN 500 /* 4 MiB: eight ranges to 2 % of each, if rows lie in order */
#define SAMPLED_BLOCKS_MAX 5000
#define SAMPLED_BLOCKS_PER_RANGE 4
#define SAMPLED_ROWS_PER_BLOCK 4 /* on the average: a block with more of them counts more */
#define DENSEST_BLOCK 4          /* times the average, which is looked through to its end */
#define PARTS_MAX 10000          /* each is a range at least */

static bool
has_ranges_of_key(const PgObject *object)
{
    return object->key->len > 0 && !object->has_children;
}

static bool
is_heap(const PgObject *object)
{
    return (object->kind == PG_TABLE || object->kind == PG_MATERIALIZED) && !object->has_children;
}

/* --- positions --- */

/* A cell of a key as text in SQL; NULL when it is none. */
static char *
position_sql(const json_t *position, const PgObject *object, guint column)
{
    const char *type = object->key_types->pdata[column];
    if (json_is_integer(position) && object->int_key != NULL)
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(position));
    if (!json_is_string(position) || object->int_key != NULL)
        return NULL;
    g_autofree char *text = pg_sql("%Q", json_string_value(position));
    return g_strdup_printf("%s::%s", text, type);
}

static char *
boundary_sql(const json_t *boundary, const PgObject *object)
{
    guint columns = object->key->len;
    if (columns == 1 && !json_is_array(boundary))
        return position_sql(boundary, object, 0);
    if (json_array_size(boundary) != columns || columns == 1)
        return NULL;
    g_autoptr(GString) sql = g_string_new("(");
    for (guint i = 0; i < columns; i++) {
        g_autofree char *one = position_sql(json_array_get(boundary, i), object, i);
        if (one == NULL)
            return NULL;
        g_string_append_printf(sql, "%s%s", i > 0 ? ", " : "", one);
    }
    g_string_append_c(sql, ')');
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

static char *
block_sql(const json_t *boundary)
{
    const json_t *block = json_object_get(boundary, "block");
    if (!json_is_integer(block) || json_integer_value(block) < 0 ||
        json_integer_value(block) > UINT32_MAX)
        return NULL;
    return g_strdup_printf("'(%" JSON_INTEGER_FORMAT ",0)'::tid", json_integer_value(block));
}

bool
pg_append_range(GString *sql, const PgObject *object, const json_t *range, GError **error)
{
    static const char *const sides[] = {"from", "to"}, *const signs[] = {">=", "<"};
    bool by_key = has_ranges_of_key(object);
    g_autofree char *keys = book_name_list(object->key, "");
    g_autofree char *what = !by_key                 ? g_strdup("ctid")
                            : object->key->len == 1 ? g_strdup(keys)
                                                    : g_strdup_printf("(%s)", keys);
    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
        const json_t *boundary = json_object_get(range, sides[i]);
        if (boundary == NULL || json_is_null(boundary))
            continue;
        g_autofree char *position = by_key            ? boundary_sql(boundary, object)
                                    : is_heap(object) ? block_sql(boundary)
                                                      : NULL;
        if (position == NULL) {
            g_autofree char *shown = json_dumps(boundary, JSON_ENCODE_ANY | JSON_COMPACT);
            return fail(error, ERR_INVALID, "%s is no position in '%s'", shown, object->name);
        }
        g_string_append_printf(sql, " AND %s %s %s", what, signs[i], position);
    }
    return true;
}

/* --- rows --- */

/* A block and a place in it, as one number. */
#define PLACE_BITS 16

char *
pg_row_id_sql(const PgObject *object)
{
    if (object->int_key != NULL && !object->has_children)
        return pg_sql("\"%w\"::int8", object->int_key);
    return is_heap(object) ? g_strdup("ctid") : NULL;
}

char *
pg_row_id_is(const PgObject *object, int64_t row_id)
{
    if (object->int_key != NULL && !object->has_children)
        return pg_sql("\"%w\" = %lld", object->int_key, (long long) row_id);
    if (!is_heap(object) || row_id < 0)
        return NULL;
    return pg_sql("ctid = '(%lld,%d)'::tid", (long long) (row_id >> PLACE_BITS),
                  (int) (row_id & ((1 << PLACE_BITS) - 1)));
}

/* --- cutting --- */

static void
add_range(json_t *ranges, json_t *from, json_t *to, int64_t rows)
{
    json_t *range = json_object();
    json_object_set(range, "from", from);
    json_object_set(range, "to", to);
    json_set_int(range, "rows", rows);
    json_array_append_new(ranges, range);
}

static json_t *
position_json(const PgObject *object, const PGresult *rows, int row)
{
    if (object->int_key != NULL)
        return json_integer(pg_cell_int(rows, row, 0));
    if (object->key->len == 1)
        return json_string(pg_cell(rows, row, 0));
    json_t *list = json_array();
    for (guint i = 0; i < object->key->len; i++)
        json_array_append_new(list, json_string(pg_cell(rows, row, (int) i)));
    return list;
}

/* Ranges between the positions of some of these rows, as far from each other as `rows_each`. */
static json_t *
ranges_between(const PgObject *object, const PGresult *rows, const GArray *cuts, int64_t rows_each,
               int64_t total)
{
    json_t *ranges = json_array(), *from = json_null();
    int64_t left = total;
    for (guint i = 0; i < cuts->len; i++) {
        json_t *to = position_json(object, rows, g_array_index(cuts, int, i));
        if (json_equal(from, to)) { /* a sample may hold one row several times */
            json_decref(to);
            continue;
        }
        add_range(ranges, from, to, MIN(rows_each, left));
        left = MAX(left - rows_each, 0);
        json_decref(from);
        from = to;
    }
    json_t *end = json_null();
    add_range(ranges, from, end, left);
    json_decref(from);
    json_decref(end);
    return ranges;
}

static bool
split_exactly(PgConn *conn, const PgObject *object, const RangeSize *size, json_t **ret,
              GError **error)
{
    g_autofree char *keys = book_name_list(object->key, "");
    g_autoptr(GArray) cuts = g_array_new(FALSE, FALSE, sizeof(int));
    AUTO_RESULT *found = NULL;
    int64_t total = 0;
    if (!pg_int(conn, &total, error, "SELECT count(*) FROM %s", object->sql))
        return false;
    int64_t rows = range_size_of(size, total);
    if (!pg_rows(conn, &found, error,
                 "SELECT %s FROM (SELECT %s, row_number() OVER (ORDER BY %s) - 1 AS _honk_n FROM "
                 "%s) _honk_t "
                 "WHERE _honk_n > 0 AND _honk_n %% %lld = 0 ORDER BY _honk_n",
                 keys, keys, keys, object->sql, (long long) rows))
        return false;
    for (int i = 0; i < PQntuples(found); i++)
        g_array_append_val(cuts, i);
    *ret = ranges_between(object, found, cuts, rows, total);
    return true;
}

/* Of as many ranges as `total` rows make: where in the sample each of them but the first begins. */
static GArray *
cuts_of_sample(const PGresult *sample, int64_t rows, int64_t total)
{
    GArray *cuts = g_array_new(FALSE, FALSE, sizeof(int));
    int64_t seen = PQntuples(sample), ranges = MIN(total / rows + (total % rows > 0), seen);
    for (int64_t i = 1; i < ranges; i++) {
        int at = (int) (seen * i / ranges);
        g_array_append_val(cuts, at);
    }
    return cuts;
}

/* Rows of so many blocks, with the same chance for each row: every `step`th place of a block, from another one in each. Places may be empty,
 * since old versions of rows leave them so. */
static char *
sample_sql(const PgObject *object, int64_t guess, int64_t blocks)
{
    int64_t each = MAX(guess / object->blocks, 1), step = MAX(each / SAMPLED_ROWS_PER_BLOCK, 1);
    return pg_sql("ctid = ANY (ARRAY(SELECT format('(%%s,%%s)', b * %lld / %lld, place)::tid FROM "
                  "generate_series(0, %lld::int8) b, generate_series(1 + b %% %lld, %lld, %lld) "
                  "place))",
                  (long long) object->blocks, (long long) blocks, (long long) blocks - 1,
                  (long long) step, (long long) (each * DENSEST_BLOCK), (long long) step);
}

static bool
split_by_sample(PgConn *conn, const PgObject *object, const RangeSize *size, json_t **ret,
                GError **error)
{
    g_autofree char *keys = book_name_list(object->key, "");
    AUTO_RESULT *sample = NULL;
    int64_t guess = object->rows_guess > 0 ? object->rows_guess : object->blocks * 50;
    int64_t rows = range_size_of(size, guess);
    int64_t wanted =
        CLAMP(guess / rows * SAMPLED_BLOCKS_PER_RANGE, SAMPLED_BLOCKS_MIN, SAMPLED_BLOCKS_MAX);
    g_autofree char *sampled = sample_sql(object, guess, MIN(wanted, object->blocks));
    g_autofree char *sql =
        g_strdup_printf("SELECT %s FROM %s WHERE %s ORDER BY %s", keys, object->sql, sampled, keys);
    if (!pg_run_on(conn, conn->db, sql, &sample, error))
        return false;
    g_autoptr(GArray) cuts = cuts_of_sample(sample, rows, guess);
    *ret = ranges_between(object, sample, cuts, guess / (int64_t) (cuts->len + 1) + 1, guess);
    return true;
}

static bool
split_by_blocks(PgConn *conn, const PgObject *object, const RangeSize *size, json_t **ret,
                GError **error)
{
    int64_t total = object->rows_guess;
    if ((total <= 0 || object->blocks <= EXACT_BLOCKS) &&
        !pg_int(conn, &total, error, "SELECT count(*) FROM %s", object->sql))
        return false;
    int64_t blocks = MAX(object->blocks, 1), rows = range_size_of(size, total);
    int64_t count = CLAMP(total / rows + (total % rows > 0), 1, blocks);
    int64_t each = blocks / count + (blocks % count > 0);
    g_autoptr(json_t) ranges = json_array();
    for (int64_t block = 0; block < blocks; block += each) {
        bool is_last = block + each >= blocks;
        g_autoptr(json_t) from =
            block == 0 ? json_null() : json_pack("{sI}", "block", (json_int_t) block);
        g_autoptr(json_t) to =
            is_last ? json_null() : json_pack("{sI}", "block", (json_int_t) (block + each));
        int64_t share =
            (int64_t) ((double) total * (double) MIN(each, blocks - block) / (double) blocks);
        add_range(ranges, from, to, share);
    }
    *ret = g_steal_pointer(&ranges);
    return true;
}

static bool
split_whole(PgConn *conn, const PgObject *object, json_t **ret, GError **error)
{
    int64_t total = 0;
    if (!pg_int(conn, &total, error, "SELECT count(*) FROM %s", object->sql))
        return false;
    g_autoptr(json_t) none = json_null();
    *ret = json_array();
    add_range(*ret, none, none, total);
    return true;
}

static bool
split_table(PgConn *conn, const PgObject *object, const RangeSize *size, json_t **ret,
            GError **error)
{
    if (has_ranges_of_key(object))
        return object->blocks <= EXACT_BLOCKS || object->kind != PG_TABLE
                   ? split_exactly(conn, object, size, ret, error)
                   : split_by_sample(conn, object, size, ret, error);
    if (is_heap(object) && conn->version >= 140000)
        return split_by_blocks(conn, object, size, ret, error);
    return split_whole(conn, object, ret, error);
}

/* --- by partition --- */

/* Rights and row security are those of the table that a query names. */
static bool
may_read_parts(PgConn *conn, const PgObject *object, bool *ret, GError **error)
{
    int64_t hidden = 0, parts = 0;
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error,
                 "SELECT count(*), count(*) FILTER (WHERE NOT has_table_privilege(p.relid, "
                 "'SELECT')) + (row_security_active(%lld::oid))::int FROM "
                 "pg_partition_tree(%lld) p WHERE p.isleaf",
                 (long long) object->oid, (long long) object->oid))
        return false;
    parts = pg_cell_int(rows, 0, 0);
    hidden = pg_cell_int(rows, 0, 1);
    *ret = parts > 0 && parts <= PARTS_MAX && hidden == 0;
    return true;
}

static bool
split_part(PgConn *conn, const char *name, const RangeSize *size, json_t *ranges, GError **error)
{
    g_autoptr(PgObject) part = NULL;
    g_autoptr(json_t) own = NULL;
    json_t *range;
    size_t i;
    if (!pg_object_need(conn, name, &part, error) || !split_table(conn, part, size, &own, error))
        return false;
    json_array_foreach(own, i, range)
    {
        json_set_string(range, "partition", name);
        json_array_append(ranges, range);
    }
    return true;
}

static bool
split_by_parts(PgConn *conn, const PgObject *object, const RangeSize *size, json_t **ret,
               GError **error)
{
    AUTO_RESULT *parts = NULL;
    g_autoptr(json_t) ranges = json_array();
    if (!pg_rows(conn, &parts, error,
                 "SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_partition_tree(%lld) p "
                 "JOIN pg_class c ON c.oid = p.relid JOIN pg_namespace n ON n.oid = c.relnamespace "
                 "WHERE p.isleaf ORDER BY c.oid",
                 (long long) object->oid))
        return false;
    for (int i = 0; i < PQntuples(parts); i++)
        if (!split_part(conn, pg_cell(parts, i, 0), size, ranges, error))
            return false;
    *ret = g_steal_pointer(&ranges);
    return true;
}

bool
pg_split(Conn *base, const char *name, const RangeSize *size, json_t **ret_ranges, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    bool by_parts = false;
    if (!pg_object_need(conn, name, &object, error) ||
        (object->kind == PG_PARTITIONED && !may_read_parts(conn, object, &by_parts, error)))
        return false;
    return by_parts ? split_by_parts(conn, object, size, ret_ranges, error)
                    : split_table(conn, object, size, ret_ranges, error);
}
