/*
 * stage.c - the empty table that is filled, its indexes after the data, and its removal.
 *
 * A stage is made from the target's own CREATE text, so constraints, defaults, generated columns, STRICT
 * and WITHOUT ROWID are the same to the letter. Unique indexes are there from the start, because a row
 * that breaks one must be put aside while its source is still known; the others come with finish(). All
 * are named STAGE__INDEX until the swap gives them their own names.
 */
#include "driver/book.h"
#include "driver/sqlite/sqlite.h"
#include "driver/sqlite/text.h"

#include <string.h>

/* --- CREATE from a schema --- */

const char *const sqlite_type_names[TYPE_COUNT] = {
    [TYPE_BOOL] = "BOOLEAN",        [TYPE_INT] = "INTEGER", [TYPE_FLOAT] = "REAL",
    [TYPE_DECIMAL] = "DECIMAL",     [TYPE_TEXT] = "TEXT",   [TYPE_DATE] = "DATE",
    [TYPE_TIMESTAMP] = "TIMESTAMP", [TYPE_BYTES] = "BLOB",
};

/* Words, and at their very end perhaps lengths: SQLite reads neither `int(10) unsigned` nor `timestamp(3) without time zone`. */
static bool
is_type_name(const char *declared)
{
    size_t words = strspn(declared, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789_ ");
    const char *lengths = declared + words;
    if (words == 0 || *lengths != '(')
        return words > 0 && *lengths == '\0';
    lengths += 1 + strspn(lengths + 1, "0123456789, ");
    return strcmp(lengths, ")") == 0;
}

/* The store's own word where it means the same type and keeps texts as they are, else ours. */
static const char *
declared_type(const Column *column)
{
    const char *declared = column->declared;
    if (!is_type_name(declared) || sqlite_column_type_of(declared) != column->type ||
        (column->type == TYPE_TEXT && sqlite_affinity(declared) != AFFINITY_TEXT))
        return sqlite_type_names[column->type];
    return declared;
}

static bool
is_int_key(const Schema *schema, const Column *column)
{
    return schema->key->len == 1 && column->type == TYPE_INT &&
           strcmp(schema->key->pdata[0], column->name) == 0;
}

Schema *
sqlite_schema_to_be(const Schema *schema)
{
    Schema *made = schema_new(schema->dataset);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        const char *declared = is_int_key(schema, column) ? "INTEGER" : declared_type(column);
        schema_add(made, column->name, column->type, declared, column->is_nullable);
    }
    return made;
}

/* A number that is the key is given by SQLite itself where an INSERT leaves it out. */
bool
sqlite_holds(Conn *conn, const Schema *made, const Dependent *along)
{
    if (strcmp(along->kind, "identity") != 0)
        return along_is_unique(along);
    return is_int_key(made, schema_find(made, along->columns->pdata[0], NULL));
}

static char *
create_from_schema(const char *stage, const Schema *schema)
{
    g_autofree char *quoted = sql_quote(stage);
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "CREATE TABLE main.%s (", quoted);
    bool has_int_key = false;
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        g_autofree char *name = sql_quote(column->name);
        bool is_rowid = is_int_key(schema, column);
        has_int_key = has_int_key || is_rowid;
        g_string_append_printf(sql, "%s%s %s%s", i > 0 ? ", " : "", name,
                               is_rowid ? "INTEGER PRIMARY KEY" : declared_type(column),
                               !is_rowid && !column->is_nullable ? " NOT NULL" : "");
    }
    for (guint i = 0; !has_int_key && i < schema->key->len; i++) {
        g_autofree char *name = sql_quote(schema->key->pdata[i]);
        g_string_append_printf(sql, "%s%s", i == 0 ? ", PRIMARY KEY (" : ", ", name);
    }
    g_string_append(sql, !has_int_key && schema->key->len > 0 ? ")" : "");
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *along = schema->dependents->pdata[i];
        g_autofree char *text = along_is_unique(along) ? along_unique_text(along, sql_quote) : NULL;
        g_string_append_printf(sql, "%s%s", text != NULL ? ", " : "", text != NULL ? text : "");
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

/* --- CREATE like another table --- */

/* An expression over a column that the stage does not have. */
static bool
misses_a_column(const GError *error)
{
    return strstr(error->message, "no such column") != NULL;
}

/* Indexes of `like` as those of the stage, unique ones or the others; what is there already is left, and
 * so is what speaks of columns that the stage does not have. */
static bool
copy_indexes(SqliteConn *conn, const char *stage, const char *like, bool unique, GError **error)
{
    g_autofree char *table = sql_quote(stage);
    AUTO_STMT *indexes = NULL;
    if (!sq_prepare(
            conn, &indexes, error,
            "SELECT s.name, s.sql FROM pragma_index_list(%Q, 'main') l "
            "JOIN main.sqlite_schema s ON s.type = 'index' AND s.name = l.name "
            "WHERE s.sql IS NOT NULL AND l.\"unique\" = %d AND NOT EXISTS (SELECT 1 FROM "
            "main.sqlite_schema o WHERE o.type = 'index' AND o.name = %Q || '__' || s.name) "
            "AND NOT EXISTS (SELECT 1 FROM pragma_index_info(s.name, 'main') i WHERE i.name NOT IN "
            "(SELECT c.name COLLATE NOCASE FROM pragma_table_xinfo(%Q, 'main') c)) "
            "ORDER BY s.rowid",
            like, unique, stage, stage))
        return false;
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    for (bool row = true;;) {
        if (!sq_step(conn, indexes, &row, error))
            return false;
        if (!row)
            break;
        g_autofree char *name =
            g_strdup_printf("%s__%s", stage, (const char *) sqlite3_column_text(indexes, 0));
        g_autofree char *index = sql_quote(name);
        char *text = NULL;
        if (!sql_rename_index((const char *) sqlite3_column_text(indexes, 1), index, table, &text,
                              error))
            return false;
        g_ptr_array_add(texts, text);
    }
    sq_done(&indexes);
    for (guint i = 0; i < texts->len; i++) {
        g_autoptr(GError) problem = NULL;
        if (sq_exec(conn, &problem, "%s", (char *) texts->pdata[i]) || misses_a_column(problem))
            continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return true;
}

static bool
create_like(SqliteConn *conn, const char *stage, const SqliteObject *like, GError **error)
{
    if (like->kind != OBJECT_TABLE)
        return fail(error, ERR_UNSUPPORTED,
                    "'%s' is a %s, which cannot be replaced: expected a table", like->name,
                    like->kind == OBJECT_VIEW ? "view" : "virtual table");
    g_autofree char *quoted = sql_quote(stage);
    g_autofree char *sql = NULL;
    return sql_rename_table(like->sql, quoted, &sql, error) && sq_exec(conn, error, "%s", sql) &&
           copy_indexes(conn, stage, like->name, true, error);
}

/* Inside the transaction. */
static bool
stage_inside(SqliteConn *conn, const char *stage, const char *like, const Schema *schema,
             const Writer *writer, GError **error)
{
    bool is_staged = false;
    g_autoptr(SqliteObject) old = NULL;
    g_autoptr(SqliteObject) there = NULL;
    if (!book_make(&conn->base, error) || !book_passes(&conn->base, writer, &is_staged, error) ||
        !sqlite_object_find(conn, stage, &there, error) ||
        (like != NULL && !sqlite_object_find(conn, like, &old, error)))
        return false;
    if (there != NULL && !is_staged)
        return fail(error, ERR_INVALID, "'%s' is there already, and not made by this plan", stage);
    if (!book_raise_stage(&conn->base, writer, stage, like, error))
        return false;
    if (there != NULL)
        return true;
    if (old != NULL)
        return create_like(conn, stage, old, error);
    if (schema == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no table '%s' to make it like", like);
    g_autofree char *sql = create_from_schema(stage, schema);
    return sq_exec(conn, error, "%s", sql);
}

bool
sqlite_stage(Conn *base, const char *stage, const char *like, const Schema *schema,
             const Writer *writer, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    if (!sq_begin(conn, error))
        return false;
    if (stage_inside(conn, stage, like, schema, writer, error) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

static bool
unstage_inside(SqliteConn *conn, const char *stage, const Writer *writer, GError **error)
{
    bool is_staged = false;
    g_autoptr(BookNote) swap = NULL;
    g_autoptr(SqliteObject) there = NULL;
    g_autofree char *quoted = sql_quote(stage);
    if (!book_passes(&conn->base, writer, &is_staged, error) ||
        !sqlite_object_find(conn, stage, &there, error) ||
        !book_note_read(&conn->base, writer->plan, &swap, error))
        return false;
    if (swap != NULL)
        return fail(error, ERR_WRONG_STATE, "'%s' is swapped in: swap it back first", stage);
    g_autofree char *drop = g_strdup_printf("DROP TABLE %s", quoted);
    if (there != NULL && !is_staged)
        return book_fail_unknown(stage, writer->plan, drop, error);
    if (there != NULL && !sq_exec(conn, error, "DROP TABLE main.%s", quoted))
        return false;
    return book_forget(&conn->base, writer->plan, BOOK_ALL, error);
}

bool
sqlite_unstage(Conn *base, const char *stage, const Writer *writer, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    /* with enforcement, DROP TABLE would first delete row by row */
    if (!sq_exec(conn, error, "PRAGMA foreign_keys = OFF") || !sq_begin(conn, error))
        return false;
    if (unstage_inside(conn, stage, writer, error) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

bool
sqlite_exists(Conn *base, const char *object, bool *ret, GError **error)
{
    g_autoptr(SqliteObject) found = NULL;
    if (!sqlite_object_find(sqlite_conn(base), object, &found, error))
        return false;
    *ret = found != NULL;
    return true;
}

bool
sqlite_finish(Conn *base, const char *stage, const char *like, const Schema *schema,
              const Writer *writer, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) old = NULL;
    if (!book_begin(&conn->base, writer, error))
        return false;
    bool done = like == NULL || (sqlite_object_find(conn, like, &old, error) &&
                                 (old == NULL || (copy_indexes(conn, stage, like, true, error) &&
                                                  copy_indexes(conn, stage, like, false, error))));
    if (done && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

/* --- foreign keys while filling --- */

/*
 * A row whose parent is missing is put aside like any other that the store refuses. But the parent must be
 * there, and be what it will be after the swap: a key to the table itself, or to one that is not made yet,
 * cannot be judged now. The swap looks at all of them.
 */
bool
sqlite_set_references(SqliteConn *conn, const char *stage, const Writer *writer, GError **error)
{
    int64_t keys = 0, unsure = 0;
    if (!sq_int(conn, &keys, error, "SELECT count(*) FROM pragma_foreign_key_list(%Q, 'main')",
                stage) ||
        !sq_int(
            conn, &unsure, error,
            "SELECT count(*) FROM pragma_foreign_key_list(%Q, 'main') k WHERE NOT EXISTS ("
            "SELECT 1 FROM main.sqlite_schema s WHERE s.type = 'table' "
            "AND s.name = k.\"table\" COLLATE NOCASE) OR EXISTS (SELECT 1 FROM main._honk_fence f "
            "WHERE k.\"table\" IN (f.target, f.stage) COLLATE NOCASE)",
            stage))
        return false;
    return sq_exec(conn, error, "PRAGMA foreign_keys = %s", keys > 0 && unsure == 0 ? "ON" : "OFF");
}
