/*
 * push.c - a range inside of SQLite: INSERT … SELECT, and the hash of what it writes.
 *
 * SQLite tells a preupdate hook of each row that it is about to insert, with the values as the table will
 * keep them, after affinities: nothing is evaluated twice, no row leaves the store, and the hash is that of
 * the target. A value that the row-by-row way would not have written exactly so (a date in another form, a
 * text that is not UTF-8) makes the statement stop.
 *
 * The mapping's SELECT comes in two forms (mapping.h). First the bare one, which takes every cell for what its
 * column is declared for: the hook looks at the columns that are only copied, a proof in WHERE at what the
 * others are made of, or, without hashes, at all. Where a cell is something else, the range is undone and done
 * again in the guarded form, which takes any cell. If that is refused too, INVALID sends the caller the slow
 * way, which knows what to refuse and why.
 *
 * What it costs, per row, against the bare INSERT … SELECT (one of five whole numbers; of twenty columns,
 * mostly texts): guards on every cell 80 % and 30 % more, the proof of all 30 % and 20 %, the hook with all
 * values 75 % and 45 %, before anything is hashed; a function over a subquery (45 % and 80 %) copies every
 * text twice. bench/README.md has what comes out of it.
 */
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include "driver/book.h"
#include "driver/sqlite/sqlite.h"

#include "driver/sqlite/text.h"

#include <string.h>
#include <sys/stat.h>

/* A library built without the hook still works: then nothing is pushed down. */
#pragma weak sqlite3_preupdate_hook
#pragma weak sqlite3_preupdate_new

typedef struct {
    SqliteConn *conn;
    const char *stage;
    bool is_to_be; /* made from the mapping's target, but not yet */
    size_t count;
    int *columns; /* of the stage, in the order of the mapping's target */
    ColumnType *types;
    bool *takes_null;
    RowHasher hasher;
    GString *scratch;
    HashSum sum;
    bool
        is_strict; /* double-quoted names are names; not inside of views, which are as old as they are */
    bool is_refused;
    bool is_constraint; /* what went wrong would go wrong in any form */
    SelectForm form;
} Tap;

static void
tap_row(void *data, sqlite3 *db, int operation, const char *schema, const char *table,
        sqlite3_int64 old_rowid, sqlite3_int64 new_rowid)
{
    Tap *tap = data;
    if (operation != SQLITE_INSERT || tap->is_refused || strcmp(table, tap->stage) != 0)
        return;
    row_hasher_begin(&tap->hasher);
    for (size_t i = 0; i < tap->count; i++) {
        sqlite3_value *cell = NULL;
        if (sqlite3_preupdate_new(db, tap->columns[i], &cell) == SQLITE_OK &&
            cell_hash(cell, tap->types[i], tap->takes_null[i], &tap->hasher, tap->scratch))
            continue;
        tap->is_refused = true;
        sqlite3_interrupt(db);
        return;
    }
    hash_sum_add(&tap->sum, row_hasher_end(&tap->hasher));
    tap->conn->rows_done = tap->sum.rows;
}

static bool
is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static bool
has_select(const ScanSpec *spec)
{
    if (spec->where != NULL && sql_has_word(spec->where, "SELECT"))
        return true;
    for (size_t i = 0; i < spec->item_count; i++)
        if (spec->items[i].sql != NULL && sql_has_word(spec->items[i].sql, "SELECT"))
            return true;
    return false;
}

static bool
push_can(Conn *base, const StoreConfig *source, const ScanSpec *spec)
{
    SqliteConn *conn = sqlite_conn(base);
    const char *path = json_get_string(source->settings, "path", NULL);
    if (strcmp(source->driver, base->driver->name) != 0 || path == NULL || !conn->is_utf8 ||
        sqlite3_preupdate_hook == NULL || sqlite3_preupdate_new == NULL)
        return false;
    /* beside another file, a subquery's tables would be looked for in ours first */
    return is_same_file(path, conn->path) || !has_select(spec);
}

/* "main" when the source is our own file, else the other one is attached (outside of transactions). */
static bool
attach(SqliteConn *conn, const char *path, const char **ret_schema, GError **error)
{
    if (is_same_file(path, conn->path)) {
        *ret_schema = "main";
        return true;
    }
    *ret_schema = "honk_source";
    if (g_strcmp0(conn->attached, path) == 0)
        return true;
    if (conn->attached != NULL && !sq_exec(conn, error, "DETACH honk_source"))
        return false;
    g_clear_pointer(&conn->attached, g_free);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return fail(error, ERR_NOT_FOUND, "there is no file '%s'", path);
    if (!sq_exec(conn, error, "ATTACH %Q AS honk_source", path))
        return false;
    conn->attached = g_strdup(path);
    return true;
}

/* Where the target's columns are in the stage. INVALID for a stage that bends or computes values itself. */
static bool
tap_columns(SqliteConn *conn, Tap *tap, const Program *program, GError **error)
{
    const Schema *target = program_target(program);
    g_autoptr(Schema) stage = NULL;
    if (tap->is_to_be)
        stage = sqlite_schema_to_be(target);
    else if (!sqlite_describe(&conn->base, tap->stage, &stage, error))
        return false;
    for (size_t i = 0; i < schema_count(stage); i++)
        if (schema_column(stage, i)->is_generated)
            return fail(error, ERR_INVALID, "column '%s' is generated",
                        schema_column(stage, i)->name);
    for (size_t i = 0; i < schema_count(target); i++) {
        size_t index = 0;
        const Column *column = schema_find(stage, schema_column(target, i)->name, &index);
        if (column == NULL)
            return fail(error, ERR_DRIFT, "'%s' has no column '%s'", tap->stage,
                        schema_column(target, i)->name);
        if (cell_guard(column) == GUARD_TEXT)
            return fail(error, ERR_INVALID, "column '%s' makes numbers of texts", column->name);
        if (!tap->is_to_be && tap->form == SELECT_WATCHED && program_is_copied(program, i) &&
            sqlite_affinity(column->declared) !=
                sqlite_affinity(schema_column(target, i)->declared))
            return fail(error, ERR_INVALID, "column '%s' is declared in another way", column->name);
        tap->columns[tap->count] = (int) index;
        tap->takes_null[tap->count] = schema_column(target, i)->is_nullable;
        tap->types[tap->count++] = schema_column(target, i)->type;
    }
    return true;
}

/* A decimal in a column of numbers must not lose digits on its way in, where the hook cannot see them. */
static void
keep_digits(sqlite3_context *context, int count, sqlite3_value **values)
{
    if (sqlite3_value_type(values[0]) == SQLITE_TEXT &&
        !sqlite_keeps_decimal((const char *) sqlite3_value_text(values[0]),
                              (size_t) sqlite3_value_bytes(values[0])))
        sqlite3_result_error(context, "the column cannot keep all digits", -1);
    else
        sqlite3_result_value(context, values[0]);
}

static char *
select_list(const Program *program, SelectForm form, const Schema *target)
{
    const SourceItem *items = NULL;
    size_t count = program_select_sqlite(program, form, &items);
    g_assert(count == schema_count(target));
    GString *list = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        bool is_decimal = schema_column(target, i)->type == TYPE_DECIMAL &&
                          (form == SELECT_GUARDED || !program_is_copied(program, i));
        g_string_append_printf(list, "%s%s(%s\n)", i > 0 ? ", " : "",
                               is_decimal ? "honk_keep_digits" : "", items[i].sql);
    }
    return g_string_free(list, FALSE);
}

/* Is the error about a row, so that the other way may still go through? */
static void
soften(const Tap *tap, GError **error)
{
    if (error == NULL || *error == NULL || !(tap->is_refused && error_is(*error, ERR_STOPPED)))
        return;
    g_clear_error(error);
    fail(error, ERR_INVALID, "a value is not what the row-by-row way would write");
}

static bool
push_inside(Tap *tap, const char *insert, bool hash, const Writer *writer, RangeResult *ret,
            GError **error)
{
    SqliteConn *conn = tap->conn;
    /* guards say nothing about UTF-8 */
    if (hash || tap->form == SELECT_GUARDED)
        sqlite3_preupdate_hook(conn->db, tap_row, tap);
    sqlite_strict_names(conn, tap->is_strict);
    bool done = sq_exec(conn, error, "%s", insert);
    sqlite_strict_names(conn, false);
    sqlite3_preupdate_hook(conn->db, NULL, NULL);
    if (!done) {
        tap->is_constraint = (sqlite3_errcode(conn->db) & 0xff) == SQLITE_CONSTRAINT;
        return false;
    }
    RangeResult result = {
        .rows_in = sqlite3_changes64(conn->db), .hash = tap->sum, .bytes = tap->hasher.total_bytes};
    result.rows_out = result.rows_in;
    if (!hash)
        result.hash = (HashSum){.rows = result.rows_out};
    g_assert(result.hash.rows == result.rows_out);
    *ret = result;
    return book_write_range(&conn->base, writer, &result, error) && sq_commit(conn, error);
}

static char *
insert_text(const SqliteObject *object, const char *schema, const ScanSpec *spec,
            const Program *program, SelectForm form, const char *stage, GError **error)
{
    const Schema *target = program_target(program);
    const SourceItem *items_there = NULL;
    g_autofree char *from_where = NULL;
    if (program_select_sqlite(program, form, &items_there) == 0) {
        fail(error, ERR_INVALID, "the mapping cannot be said in SQL");
        return NULL;
    }
    if (!sqlite_from_where(object, schema, spec, &from_where, error))
        return NULL;
    g_autofree char *table = sql_quote(stage);
    g_autofree char *columns = sqlite_column_list(target);
    g_autofree char *items = select_list(program, form, target);
    const char *proof = program_proof_sqlite(program, form);
    /* whatever goes wrong ends the transaction: no statement journal is needed */
    return g_strdup_printf("INSERT OR ROLLBACK INTO main.%s (%s) SELECT %s %s%s%s", table, columns,
                           items, from_where, proof != NULL ? " AND " : "",
                           proof != NULL ? proof : "");
}

/* The statement. INVALID when it cannot be said in SQL. */
static bool
say_inside(Tap *tap, const StoreConfig *source, const ScanSpec *spec, Program *program,
           char **ret_insert, GError **error)
{
    SqliteConn *conn = tap->conn;
    const char *schema = NULL;
    g_autoptr(Conn) other = NULL;
    g_autoptr(SqliteObject) object = NULL;
    if (!attach(conn, json_get_string(source->settings, "path", NULL), &schema, error))
        return false;
    if (schema[0] != 'm' && !conn_open(source, &other, error))
        return false;
    SqliteConn *describer = other != NULL ? sqlite_conn(other) : conn;
    if (!sqlite_object_need(describer, spec->object, &object, error))
        return false;
    tap->is_strict = object->kind != OBJECT_VIEW;
    *ret_insert = insert_text(object, schema, spec, program, tap->form, tap->stage, error);
    return *ret_insert != NULL && program_register(program, conn->db, error);
}

static bool
push_prepared(Tap *tap, const StoreConfig *source, const ScanSpec *spec, Program *program,
              const Writer *writer, bool hash, RangeResult *ret, GError **error)
{
    SqliteConn *conn = tap->conn;
    g_autofree char *insert = NULL;
    RangeResult found;
    bool is_done = false, has_fence = false;
    if (!say_inside(tap, source, spec, program, &insert, error) ||
        !book_has(&conn->base, "_honk_fence", &has_fence, error) ||
        (has_fence && !sqlite_set_references(conn, tap->stage, writer, error)) ||
        !book_begin_range(&conn->base, writer, &is_done, &found, error))
        return false;
    if ((is_done || (tap_columns(conn, tap, program, error) &&
                     push_inside(tap, insert, hash, writer, ret, error)))) {
        sq_rollback(conn);
        if (is_done)
            *ret = found;
        return true;
    }
    sq_rollback(conn);
    return false;
}

static bool
push_in_form(SqliteConn *conn, SelectForm form, const StoreConfig *source, const ScanSpec *spec,
             Program *program, const char *stage, const Writer *writer, bool hash, RangeResult *ret,
             bool *ret_again, GError **error)
{
    size_t columns = schema_count(program_target(program));
    g_autofree int *indexes = g_new0(int, columns);
    g_autofree ColumnType *types = g_new0(ColumnType, columns);
    g_autofree bool *takes_null = g_new0(bool, columns);
    g_autoptr(GString) scratch = g_string_new(NULL);
    Tap tap = {.conn = conn,
               .form = form,
               .stage = stage,
               .columns = indexes,
               .types = types,
               .takes_null = takes_null,
               .scratch = scratch};
    conn->rows_done = 0;
    row_hasher_init(&tap.hasher);
    bool done = push_prepared(&tap, source, spec, program, writer, hash, ret, error);
    row_hasher_clear(&tap.hasher);
    if (!done)
        soften(&tap, error);
    *ret_again = !tap.is_constraint;
    return done;
}

static bool
push_range(Conn *base, Conn *from, const StoreConfig *source, const ScanSpec *spec,
           Program *program, const char *stage, const Writer *writer, bool hash, RangeResult *ret,
           GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    SelectForm bare = hash ? SELECT_WATCHED : SELECT_PROVEN;
    g_autoptr(GError) odd = NULL;
    bool again;
    sqlite3_create_function(conn->db, "honk_keep_digits", 1, SQLITE_UTF8, NULL, keep_digits, NULL,
                            NULL);
    if (push_in_form(conn, bare, source, spec, program, stage, writer, hash, ret, &again, &odd))
        return true;
    if (again && error_is(odd, ERR_INVALID))
        return push_in_form(conn, SELECT_GUARDED, source, spec, program, stage, writer, hash, ret,
                            &again, error);
    g_propagate_error(error, g_steal_pointer(&odd));
    return false;
}

static bool
push_look(Conn *base, Conn *source, const StoreConfig *store, const ScanSpec *spec,
          Program *program, const char *object, PlaceFn *tell, void *data, char **ret_note,
          GError **error)
{
    size_t columns = schema_count(program_target(program));
    g_autofree int *indexes = g_new0(int, columns);
    g_autofree ColumnType *types = g_new0(ColumnType, columns);
    g_autofree bool *takes_null = g_new0(bool, columns);
    g_autofree char *insert = NULL;
    g_autoptr(GError) unsaid = NULL;
    Tap tap = {.conn = sqlite_conn(base),
               .form = SELECT_WATCHED,
               .stage = object != NULL ? object : spec->object,
               .is_to_be = object == NULL,
               .columns = indexes,
               .types = types,
               .takes_null = takes_null};
    *ret_note = NULL;
    if (say_inside(&tap, store, spec, program, &insert, &unsaid) &&
        tap_columns(tap.conn, &tap, program, &unsaid)) {
        for (size_t i = 0; i < columns; i++)
            tell(i, PLACE_STORE, "inside of SQLite, by the INSERT … SELECT of each range", data);
        return true;
    }
    if (error_is(unsaid, ERR_INVALID))
        *ret_note = g_strdup_printf("not inside of SQLite: %s", unsaid->message);
    else
        g_propagate_error(error, g_steal_pointer(&unsaid));
    return *ret_note != NULL;
}

const PushOps sqlite_push_ops = {
    .can = push_can,
    .look = push_look,
    .range = push_range,
};
