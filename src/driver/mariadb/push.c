/*
 * push.c - a range inside of one server, also from one database to another: INSERT … SELECT … RETURNING, and the hash of what it writes.
 *
 * The rows come back as the table keeps them, while they are written, and are hashed here. Several sessions do several ranges
 * at once; in READ COMMITTED the source is not locked by it.
 *
 * It is done only where the result is what the row-by-row way writes: rules in a form with one meaning
 * (mapping/select_typed.c), expressions of the very type that is wanted, and columns that bend nothing on assignment. All
 * else is INVALID, as is a row that fails (what only warns in a SELECT is an error here), and the caller takes the other way.
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>

static bool
push_can(Conn *base, const StoreConfig *source, const ScanSpec *spec)
{
    const MariaConn *conn = maria_conn(base);
    MariaPlace other = {0};
    if (strcmp(source->driver, base->driver->name) != 0 ||
        !maria_place_read(source->settings, &other, NULL))
        return false;
    bool is_same = g_strcmp0(other.host, conn->at.host) == 0 && other.port == conn->at.port &&
                   g_strcmp0(other.socket, conn->at.socket) == 0 &&
                   g_strcmp0(other.user, conn->at.user) == 0;
    maria_place_clear(&other);
    return is_same;
}

/* --- is the result that of the other way? --- */

/* `from` is the column that is copied as it is, or NULL for a computed value. */
static bool
bends_nothing(const MariaColumn *from, const MariaColumn *to)
{
    static const char *const plain[] = {"tinyint", "smallint", "mediumint", "int",  "bigint",
                                        "double",  "longtext", "longblob",  "date", NULL};
    if (from != NULL && strcmp(from->declared, to->declared) == 0)
        return true;
    return g_strv_contains(plain, to->data_type) && (from == NULL || from->type == to->type);
}

/* The SELECT list, and how its rows come back. */
static bool
build_lists(const MariaObject *source, const Program *program, const GArray *targets,
            GPtrArray *items, GPtrArray *returning, GError **error)
{
    const SourceItem *rendered = NULL;
    size_t count = program_select_typed(program, TYPED_MARIADB, &rendered);
    if (count == 0 || targets->len != count)
        return fail(error, ERR_INVALID, "the mapping cannot be said in SQL");
    for (guint i = 0; i < targets->len; i++) {
        const MariaTarget *target = &g_array_index(targets, MariaTarget, i);
        const MariaColumn *from =
            maria_column_named(source->columns, program_source_of(program, target->column));
        if (!bends_nothing(from, target->of))
            return fail(error, ERR_INVALID, "column '%s' might bend what is written to it",
                        target->of->name);
        g_autofree char *name = maria_name(target->of->name);
        bool is_float = strcmp(target->of->data_type, "float") == 0;
        g_ptr_array_add(items, from != NULL ? maria_name(from->name)
                                            : g_strdup(rendered[target->column].sql));
        g_ptr_array_add(returning, g_strdup_printf("%s%s", name, is_float ? " + 0e0" : ""));
    }
    return true;
}

bool
maria_check_expressions(MariaConn *conn, const MariaObject *source, const Program *program,
                        GError **error)
{
    const SourceItem *items = NULL;
    size_t count = program_items(program, &items);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autofree ColumnType *types = NULL;
    for (size_t i = 0; i < count; i++)
        g_ptr_array_add(texts, items[i].sql != NULL ? g_strdup_printf("(%s\n)", items[i].sql)
                                                    : maria_name(items[i].name));
    if (count == 0)
        return true;
    if (!maria_look_at_items(conn, conn->db, texts, source->sql, &types, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (items[i].sql != NULL && types[i] != schema_column(program_input(program), i)->type)
            return fail(error, ERR_INVALID, "an expression is of another type than is wanted");
    return true;
}

/* --- doing it --- */

typedef struct {
    MariaConn *conn;
    const GArray *targets;
    RowHasher hasher;
    GString *scratch;
    HashSum sum;
} Tap;

static bool
tap_row(Tap *tap, MYSQL_ROW row, const unsigned long *bytes, GError **error)
{
    row_hasher_begin(&tap->hasher);
    for (guint i = 0; i < tap->targets->len; i++) {
        const MariaTarget *target = &g_array_index(tap->targets, MariaTarget, i);
        g_autofree char *reason = NULL;
        Value value;
        if (!maria_value(row[i], bytes[i], target->of->type, tap->scratch, &value, &reason))
            return fail(error, ERR_INVALID, "%s: %s", target->of->name, reason);
        if (value.type != target->type)
            return fail(error, ERR_INVALID, "column '%s' is of another type", target->of->name);
        value_hash(&value, &tap->hasher);
    }
    hash_sum_add(&tap->sum, row_hasher_end(&tap->hasher));
    return true;
}

static bool
tap_all(Tap *tap, const char *sql, GError **error)
{
    MariaConn *conn = tap->conn;
    if (!maria_send(conn, conn->db, sql, strlen(sql), error))
        return false;
    MYSQL_RES *rows = mysql_use_result(conn->db);
    if (rows == NULL)
        return maria_fail(conn, conn->db, error);
    bool done = true;
    for (MYSQL_ROW row = NULL;;) {
        done = done && maria_next(conn, conn->db, rows, &row, error);
        if (!done || row == NULL)
            break;
        done = tap_row(tap, row, mysql_fetch_lengths(rows), error);
    }
    mysql_free_result(rows); /* the statement goes on to its end, and is then taken back */
    return done;
}

static bool
push_rows(MariaConn *conn, const GArray *targets, const char *insert, const GPtrArray *returning,
          bool hash, RangeResult *ret, GError **error)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    Tap tap = {.conn = conn, .targets = targets, .scratch = scratch};
    if (!hash) {
        if (!maria_run_on(conn, conn->db, insert, error))
            return false;
        ret->rows_out = (int64_t) mysql_affected_rows(conn->db);
        ret->hash = (HashSum){.rows = ret->rows_out};
    } else {
        g_autofree char *list = g_strjoinv(", ", (char **) returning->pdata);
        g_autofree char *sql = g_strdup_printf("%s RETURNING %s", insert, list);
        row_hasher_init(&tap.hasher);
        bool done = tap_all(&tap, sql, error);
        row_hasher_clear(&tap.hasher);
        if (!done)
            return false;
        ret->rows_out = tap.sum.rows;
        ret->hash = tap.sum;
        ret->bytes = tap.hasher.total_bytes;
    }
    ret->rows_in = ret->rows_out;
    return true;
}

typedef struct {
    GArray *targets;
    GPtrArray *returning;
    char *insert;
} Inside;

static void
inside_clear(Inside *inside)
{
    g_clear_pointer(&inside->targets, g_array_unref);
    g_clear_pointer(&inside->returning, g_ptr_array_unref);
    g_free(inside->insert);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Inside, inside_clear)

/* What is written, and what comes back. INVALID when it cannot be said in SQL. */
static bool
look_inside(MariaConn *conn, const MariaObject *source, const Program *program, const char *object,
            GPtrArray *items, Inside *ret, GError **error)
{
    ret->returning = g_ptr_array_new_with_free_func(g_free);
    return maria_targets(conn, object, program_target(program), &ret->targets, error) &&
           build_lists(source, program, ret->targets, items, ret->returning, error) &&
           maria_check_expressions(conn, source, program, error);
}

static bool
say_inside(MariaConn *conn, MariaConn *there, const ScanSpec *spec, const Program *program,
           const char *stage, Inside *ret, GError **error)
{
    g_autoptr(MariaObject) source = NULL;
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) condition = g_string_new(NULL);
    g_autofree char *table = NULL;
    if (!maria_object_need(there, spec->object, &source, error) ||
        !maria_sql_name(conn, stage, &table, error) ||
        !look_inside(conn, source, program, stage, items, ret, error) ||
        (spec->range != NULL && !maria_append_range(condition, source, spec->range, error)))
        return false;
    if (spec->where != NULL)
        g_string_append_printf(condition, " AND (%s\n)", spec->where);
    g_ptr_array_add(items, NULL);
    g_ptr_array_add(ret->returning, NULL);
    g_autofree char *columns = maria_target_list(ret->targets);
    g_autofree char *list = g_strjoinv(", ", (char **) items->pdata);
    ret->insert = g_strdup_printf("INSERT INTO %s (%s) SELECT %s FROM %s WHERE TRUE%s", table,
                                  columns, list, source->sql, condition->str);
    return true;
}

static bool
push_inside(MariaConn *conn, MariaConn *there, const ScanSpec *spec, Program *program,
            const char *stage, bool hash, RangeResult *ret, GError **error)
{
    g_auto(Inside) inside = {0};
    return say_inside(conn, there, spec, program, stage, &inside, error) &&
           push_rows(conn, inside.targets, inside.insert, inside.returning, hash, ret, error);
}

static bool
push_look(Conn *base, Conn *source, const StoreConfig *store, const ScanSpec *spec,
          Program *program, const char *object, PlaceFn *tell, void *data, char **ret_note,
          GError **error)
{
    g_auto(Inside) inside = {0};
    g_autoptr(MariaObject) from = NULL;
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) unsaid = NULL;
    *ret_note = NULL;
    if (!maria_object_need(maria_conn(source), spec->object, &from, error))
        return false;
    if (look_inside(maria_conn(base), from, program, object, items, &inside, &unsaid)) {
        for (guint i = 0; i < inside.targets->len; i++)
            tell(g_array_index(inside.targets, MariaTarget, i).column, PLACE_STORE,
                 "inside of the server, by the INSERT … SELECT of each range", data);
        return true;
    }
    if (error_is(unsaid, ERR_INVALID))
        *ret_note = g_strdup_printf("not inside of the server: %s", unsaid->message);
    else
        g_propagate_error(error, g_steal_pointer(&unsaid));
    return *ret_note != NULL;
}

/* A row that fails would fail the other way as well, which knows which one it is. */
static void
soften(const MariaConn *conn, GError **error)
{
    if (error == NULL || *error == NULL || !maria_is_refusal(conn) ||
        error_is(*error, ERR_INVALID) || error_is(*error, ERR_STOPPED))
        return;
    g_autofree char *message = g_strdup((*error)->message);
    g_clear_error(error);
    fail(error, ERR_INVALID, "%s", message);
}

static bool
push_range(Conn *base, Conn *source, const StoreConfig *store, const ScanSpec *spec,
           Program *program, const char *stage, const Writer *writer, bool hash, RangeResult *ret,
           GError **error)
{
    MariaConn *conn = maria_conn(base);
    RangeResult result = {0};
    bool is_done = false;
    conn->rows_done = 0;
    if (!book_begin_range(base, writer, &is_done, &result, error))
        return false;
    bool done =
        is_done ||
        (push_inside(conn, maria_conn(source), spec, program, stage, hash, &result, error) &&
         book_write_range(base, writer, &result, error) && maria_commit(conn, error));
    if (done)
        *ret = result;
    else
        soften(conn, error);
    maria_rollback(conn);
    return done;
}

const PushOps maria_push_ops = {
    .can = push_can,
    .look = push_look,
    .range = push_range,
};
