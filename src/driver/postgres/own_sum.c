/*
 * own_sum.c - the sum of hashes that the server itself makes of a range's rows: they do not travel.
 *
 * PostgreSQL hashes a text, or 32 bits, with a seed of 64 bits. Each cell is hashed with the hash of the cells before it as its seed, and that
 * twice, from two beginnings: 128 bits a row. The first hash is of which cells are NULL. What is hashed is the cell's text in the one form that
 * sessions of ours give it, bytewise; or the number. So equal sums are equal rows, whatever the types of the columns are, as long as both sides
 * take them for the same types of ours. Other versions may hash in another way: unequal sums say nothing.
 *
 *   hashtextextended(coalesce("name"::text, '') COLLATE "C", hashint8extended("id", … hashint4extended(NULLs, BEGINNING) …))
 */
#include "driver/postgres/scan.h"

#define COLUMNS_MAX 200 /* calls in calls in one expression */
#define FLAGS_AT_ONCE 30

static const char *const beginnings[] = {"7046029254386353131", "-7497014040188537829"};

/* The cell as SQL that is never NULL: a whole number for ints and bools, else a text. */
static char *
cell_sql(const PgScan *scan, guint i, bool is_nullable)
{
    const char *item = scan->items->pdata[i], *form = "%s::text", *none = "''";
    switch (schema_column(scan->output, i)->type) {
    case TYPE_INT:
        form = "%s::int8";
        none = "0";
        break;
    case TYPE_BOOL:
        form = "%s::int4";
        none = "0";
        break;
    case TYPE_FLOAT: /* a float4 has fewer digits */
        form = "%s::float8::text";
        break;
    default:
        break;
    }
    g_auto(GStrv) around = g_strsplit(form, "%s", 2);
    g_autofree char *cell = g_strconcat("(", item, ")", around[1], NULL);
    return is_nullable ? g_strdup_printf("coalesce(%s, %s)", cell, none) : g_steal_pointer(&cell);
}

/* Values that have no form of ours. NULL: the type has none, or both sides take them. Caller frees. */
static char *
odd_sql(const PgScan *scan, guint i)
{
    const char *item = scan->items->pdata[i];
    ColumnType type = schema_column(scan->output, i)->type;
    if (schema_column(scan->output, i)->takes_odd)
        return NULL;
    if (type == TYPE_DATE || type == TYPE_TIMESTAMP)
        return g_strdup_printf("NOT isfinite(%s)", item);
    if (type == TYPE_DECIMAL) /* NaN and infinities have no scale */
        return g_strdup_printf("(%s) IS NOT NULL AND scale(%s) IS NULL", item, item);
    return NULL;
}

static void
append_flag(GString *flags, const char *item, unsigned number)
{
    g_string_append_printf(flags, "%s((%s IS NULL)::int4 << %u)", number > 0 ? " | " : "", item,
                           number);
}

/* `hash` is the SQL so far, here and below. */
static void
hash_flags(const PgScan *scan, GString *hash)
{
    g_autoptr(GString) flags = g_string_new(NULL);
    unsigned count = 0;
    for (guint i = 0; i < scan->items->len; i++) {
        bool is_last = i + 1 == scan->items->len;
        if (schema_column(scan->output, i)->is_nullable)
            append_flag(flags, scan->items->pdata[i], count++);
        if (count < FLAGS_AT_ONCE && !(is_last && count > 0))
            continue;
        g_autofree char *before = g_strdup(hash->str);
        g_string_printf(hash, "hashint4extended(%s, %s)", flags->str, before);
        g_string_truncate(flags, 0);
        count = 0;
    }
}

static void
hash_cell(const PgScan *scan, guint i, GString *hash)
{
    const Column *column = schema_column(scan->output, i);
    g_autofree char *cell = cell_sql(scan, i, column->is_nullable);
    g_autofree char *before = g_strdup(hash->str);
    if (column->type == TYPE_INT) /* of 64 bits it hashes only what its halves differ in */
        g_string_printf(hash, "hashint8extended(%s, (%s) # (%s >> 32))", cell, before, cell);
    else if (column->type == TYPE_BOOL)
        g_string_printf(hash, "hashint4extended(%s, %s)", cell, before);
    else
        g_string_printf(hash, "hashtextextended(%s COLLATE \"C\", %s)", cell, before);
}

static char *
sum_sql(const PgScan *scan)
{
    g_autoptr(GString) odd = g_string_new("false");
    GString *sql = g_string_new("SELECT count(*)");
    for (size_t i = 0; i < G_N_ELEMENTS(beginnings); i++) {
        g_autoptr(GString) hash = g_string_new(beginnings[i]);
        hash_flags(scan, hash);
        for (guint j = 0; j < scan->items->len; j++)
            hash_cell(scan, j, hash);
        g_string_append_printf(sql, ", sum(%s)", hash->str);
    }
    for (guint i = 0; i < scan->items->len; i++) {
        g_autofree char *one = odd_sql(scan, i);
        if (one != NULL)
            g_string_append_printf(odd, " OR (%s)", one);
    }
    g_string_append_printf(sql, ", bool_or(%s) FROM %s WHERE true%s", odd->str, scan->object->sql,
                           scan->condition);
    if (scan->where != NULL)
        g_string_append_printf(sql, " AND (%s\n)", scan->where);
    return g_string_free(sql, FALSE);
}

/* A sum of int8 is exact, and longer than 64 bits. */
static uint64_t
low_bits(const char *digits)
{
    bool is_negative = digits[0] == '-';
    uint64_t value = 0;
    for (const char *at = digits + is_negative; g_ascii_isdigit(*at); at++)
        value = value * 10 + (uint64_t) (*at - '0');
    return is_negative ? -value : value;
}

static bool
take_sum(const PGresult *rows, HashSum *ret, GError **error)
{
    HashSum sum = {.rows = pg_cell_int(rows, 0, 0)};
    if (sum.rows > 0 && pg_cell_bool(rows, 0, 3))
        return fail(error, ERR_INVALID, "a value has no form of ours");
    if (sum.rows > 0) {
        sum.low = low_bits(pg_cell(rows, 0, 1));
        sum.high = low_bits(pg_cell(rows, 0, 2));
    }
    *ret = sum;
    return true;
}

/* Of another encoding, other texts may be the same bytes. */
static bool
check_scan(const PgScan *scan, GError **error)
{
    const char *encoding = PQparameterStatus(scan->db, "server_encoding");
    if (scan->items->len > COLUMNS_MAX || g_strcmp0(encoding, "UTF8") != 0)
        return fail(error, ERR_INVALID, "the server cannot hash these rows itself");
    return pg_check_types(scan, error);
}

bool
pg_own_sum(Conn *base, const ScanSpec *spec, HashSum *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    PgScan *scan = pg_scan_new(conn);
    AUTO_RESULT *rows = NULL;
    bool done = pg_scan_prepare(scan, spec, error) && check_scan(scan, error);
    if (done) {
        g_autofree char *sql = sum_sql(scan);
        done = pg_read_on(conn, scan->db, error) && pg_run_on(conn, scan->db, sql, &rows, error) &&
               take_sum(rows, ret, error);
    }
    pg_scan_free(scan);
    return done;
}
