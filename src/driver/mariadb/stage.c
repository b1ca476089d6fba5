/*
 * stage.c - the empty table that is filled, what comes after the data, and its removal.
 *
 * A stage that replaces a table is made LIKE it: columns, defaults, checks, generated columns, unique indexes, partitions,
 * character sets. Other indexes come with finish(), after the data; foreign keys with the swap, because two of one name
 * cannot be in one database.
 *
 * CREATE and DROP commit by themselves, so the fence goes first where something is made, and last where it is removed: what
 * a crash leaves in between is found by the fence, and made or removed by the next attempt.
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>

#define ENGINE "InnoDB"

/* --- CREATE --- */

/* What the server says of a column that comes from another store, behind its type. Caller frees. */
static char *
along_words(const Schema *schema, const Column *column)
{
    const Dependent *comment = along_of(schema, "comment", column->name);
    const Dependent *counted = along_of(schema, "identity", column->name);
    bool is_counted = counted != NULL && maria_holds(NULL, schema, counted);
    bool is_said = comment != NULL && maria_holds(NULL, schema, comment);
    g_autofree char *said = is_said ? book_text(" COMMENT %Q", comment->definition) : g_strdup("");
    return g_strconcat(is_counted ? " AUTO_INCREMENT" : "", said, NULL);
}

static void
append_uniques(GString *sql, const Schema *schema)
{
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *along = schema->dependents->pdata[i];
        if (!along_is_unique(along) || !maria_holds(NULL, schema, along))
            continue;
        g_autofree char *text = along_unique_text(along, maria_name);
        g_string_append_printf(sql, ", %s", text);
    }
}

static void
append_comment(GString *sql, const Schema *schema)
{
    const Dependent *comment = along_of(schema, "comment", NULL);
    if (comment == NULL || !maria_holds(NULL, schema, comment))
        return;
    g_autofree char *said = book_text(" COMMENT=%Q", comment->definition);
    g_string_append(sql, said);
}

/* Texts are compared by their bytes, as everywhere else, unless they come from a column that compares them in another way. */
char *
maria_table_text(const char *table, const Schema *schema, bool is_temporary)
{
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "CREATE %sTABLE %s (", is_temporary ? "TEMPORARY " : "", table);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        g_autofree char *rest = NULL;
        g_autofree char *type = maria_made_type(schema, column, &rest);
        g_autofree char *name = maria_name(column->name);
        bool is_key = schema_is_key(schema, column->name);
        g_autofree char *along = along_words(schema, column);
        g_string_append_printf(sql, "%s%s %s%s %s%s", i > 0 ? ", " : "", name, type, rest,
                               column->is_nullable && !is_key ? "NULL" : "NOT NULL", along);
    }
    for (guint i = 0; i < schema->key->len; i++) {
        g_autofree char *name = maria_name(schema->key->pdata[i]);
        g_string_append_printf(sql, "%s%s", i == 0 ? ", PRIMARY KEY (" : ", ", name);
    }
    g_string_append(sql, schema->key->len > 0 ? ")" : "");
    append_uniques(sql, schema);
    g_string_append(sql, ") ENGINE=" ENGINE " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin");
    append_comment(sql, schema);
    return g_string_free(sql, FALSE);
}

/* Indexes that are made after the data; a column that counts needs its own from the start. */
static bool
later_indexes(MariaConn *conn, const MariaObject *object, GArray **ret, GError **error)
{
    const GPtrArray *columns = object->columns;
    if (!maria_indexes(conn, object, ret, error))
        return false;
    for (guint i = 0; i < columns->len; i++) {
        const MariaColumn *column = columns->pdata[i];
        g_autofree char *name = maria_name(column->name);
        for (guint j = (*ret)->len; column->is_counted && j-- > 0;)
            if (strstr(g_array_index(*ret, MariaPart, j).text, name) != NULL)
                g_array_remove_index(*ret, j);
    }
    return true;
}

static bool
create_like(MariaConn *conn, const char *table, const MariaObject *like, GError **error)
{
    g_autoptr(GArray) later = NULL;
    g_autoptr(GString) drop = g_string_new(NULL);
    if (!maria_run(conn, error, "CREATE TABLE %s LIKE %s", table, like->sql) ||
        !later_indexes(conn, like, &later, error))
        return false;
    for (guint i = 0; i < later->len; i++) {
        g_autofree char *name = maria_name(g_array_index(later, MariaPart, i).name);
        g_string_append_printf(drop, "%s DROP INDEX IF EXISTS %s", i > 0 ? "," : "", name);
    }
    return later->len == 0 || maria_run(conn, error, "ALTER TABLE %s%s", table, drop->str);
}

/* --- stage --- */

static bool
check_like(const MariaObject *like, GError **error)
{
    if (like == NULL || (!like->is_view && g_strcmp0(like->engine, ENGINE) == 0))
        return true;
    return fail(error, ERR_UNSUPPORTED,
                "'%s' is a %s%s, which cannot be replaced: expected a "
                "table of " ENGINE,
                like->name, like->is_view ? "view" : "table of ",
                like->is_view ? "" : like->engine);
}

/* The transaction that tells of the stage. */
static bool
tell(MariaConn *conn, const char *stage, const char *like, const Writer *writer,
     MariaObject **ret_old, bool *ret_is_there, GError **error)
{
    Conn *base = &conn->base;
    bool is_staged = false;
    g_autoptr(MariaObject) there = NULL;
    if (!book_passes(base, writer, &is_staged, error) ||
        !maria_object_find(conn, stage, &there, error) ||
        (like != NULL && !maria_object_find(conn, like, ret_old, error)))
        return false;
    *ret_is_there = there != NULL;
    if (there != NULL && !is_staged)
        return fail(error, ERR_INVALID, "'%s' is there already, and not made by this plan", stage);
    return check_like(*ret_old, error) && book_raise_stage(base, writer, stage, like, error) &&
           maria_commit(conn, error);
}

/* Before 10.10 a timestamp that may not be NULL would be set by every UPDATE, unless the server is told not to: it is a datetime then. */
static bool
tame_timestamps(MariaConn *conn, const Schema *schema, Schema **ret, GError **error)
{
    int64_t is_tame = 0;
    if (!maria_int(conn, &is_tame, error, "SELECT @@explicit_defaults_for_timestamp"))
        return false;
    *ret = schema_copy(schema);
    for (size_t i = 0; is_tame == 0 && i < schema_count(*ret); i++) {
        Column *column = (*ret)->columns->pdata[i];
        if (column->type == TYPE_TIMESTAMP && !column->is_nullable)
            g_clear_pointer(&column->own, g_free);
    }
    return true;
}

static bool
stage_locked(MariaConn *conn, const char *stage, const char *like, const Schema *schema,
             const Writer *writer, GError **error)
{
    g_autoptr(MariaObject) old = NULL;
    g_autofree char *table = NULL;
    bool is_there = false;
    if (!maria_sql_name(conn, stage, &table, error) || !book_make(&conn->base, error) ||
        !maria_book.begin(&conn->base, writer, error))
        return false;
    if (!tell(conn, stage, like, writer, &old, &is_there, error)) {
        maria_rollback(conn);
        return false;
    }
    if (is_there)
        return true;
    if (old != NULL)
        return create_like(conn, table, old, error);
    if (schema == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no table '%s' to make it like", like);
    g_autoptr(Schema) tame = NULL;
    if (!tame_timestamps(conn, schema, &tame, error))
        return false;
    g_autofree char *make = maria_table_text(table, tame, false);
    return maria_run_on(conn, conn->db, make, error);
}

bool
maria_stage(Conn *base, const char *stage, const char *like, const Schema *schema,
            const Writer *writer, GError **error)
{
    if (!maria_lock(base, error))
        return false;
    bool done = stage_locked(maria_conn(base), stage, like, schema, writer, error);
    if (!done && !book_tidy(base, NULL))
        g_debug("empty tables of the bookkeeping are left");
    maria_unlock(base);
    return done;
}

/* The transaction that fences off whoever might still write. */
static bool
close_stage(MariaConn *conn, const char *stage, const Writer *writer, bool *ret_there,
            GError **error)
{
    Conn *base = &conn->base;
    bool is_staged = false;
    g_autoptr(MariaObject) there = NULL;
    if (!book_passes(base, writer, &is_staged, error) ||
        !maria_object_find(conn, stage, &there, error))
        return false;
    if (there != NULL && !is_staged) {
        g_autofree char *drop =
            g_strdup_printf("DROP TABLE `%s`.`%s`", there->database, there->name);
        return book_fail_unknown(stage, writer->plan, drop, error);
    }
    *ret_there = there != NULL;
    return (!is_staged || book_raise(base, writer, error)) && maria_commit(conn, error);
}

static bool
unstage_locked(MariaConn *conn, const char *stage, const Writer *writer, GError **error)
{
    g_autoptr(BookNote) swap = NULL;
    g_autofree char *table = NULL;
    bool is_swapped = false, is_there = false;
    if (!maria_sql_name(conn, stage, &table, error) ||
        !maria_swap_recover(conn, writer->plan, &swap, &is_swapped, error))
        return false;
    if (is_swapped)
        return fail(error, ERR_WRONG_STATE, "'%s' is swapped in: swap it back first", stage);
    if (!maria_book.begin(&conn->base, writer, error))
        return false;
    if (!close_stage(conn, stage, writer, &is_there, error)) {
        maria_rollback(conn);
        return false;
    }
    return (!is_there || maria_run(conn, error, "DROP TABLE IF EXISTS %s", table)) &&
           book_forget(&conn->base, writer->plan, BOOK_ALL, error);
}

bool
maria_unstage(Conn *base, const char *stage, const Writer *writer, GError **error)
{
    if (!maria_lock(base, error))
        return false;
    bool done = unstage_locked(maria_conn(base), stage, writer, error);
    maria_unlock(base);
    return done;
}

bool
maria_exists(Conn *base, const char *object, bool *ret, GError **error)
{
    g_autoptr(MariaObject) found = NULL;
    if (!maria_object_find(maria_conn(base), object, &found, error))
        return false;
    *ret = found != NULL;
    return true;
}

/* --- after the data --- */

static bool
add_indexes(MariaConn *conn, const MariaObject *stage, const MariaObject *like, GError **error)
{
    g_autoptr(GArray) wanted = NULL, there = NULL;
    g_autoptr(GString) add = g_string_new(NULL);
    if (!maria_indexes(conn, like, &wanted, error) || !maria_indexes(conn, stage, &there, error))
        return false;
    for (guint i = 0; i < wanted->len; i++) {
        const MariaPart *index = &g_array_index(wanted, MariaPart, i);
        bool is_there = false;
        for (guint j = 0; j < there->len; j++)
            is_there =
                is_there || strcmp(g_array_index(there, MariaPart, j).name, index->name) == 0;
        if (!is_there)
            g_string_append_printf(add, "%s ADD %s", add->len > 0 ? "," : "", index->text);
    }
    g_autofree char *sql = g_strdup_printf("ALTER TABLE %s%s", stage->sql, add->str);
    return add->len == 0 || maria_run_on(conn, conn->db, sql, error);
}

/* Looked at now, so that it is known before the swap; made with it. */
static bool
check_foreign_keys(MariaConn *conn, const MariaObject *stage, const MariaObject *like,
                   GError **error)
{
    g_autoptr(GArray) keys = NULL;
    g_autofree char *self = maria_name(like->name);
    if (!maria_foreign_keys(conn, like, &keys, error))
        return false;
    for (guint i = 0; i < keys->len; i++) {
        const MariaPart *key = &g_array_index(keys, MariaPart, i);
        g_autofree char *parent = maria_referred(key->text);
        const char *other = strcmp(parent, self) == 0 ? stage->sql : parent;
        if (!maria_check_references(conn, stage->sql, key, other, error))
            return false;
    }
    return true;
}

/* Numbers that were given once are not given again. */
static bool
set_counter(MariaConn *conn, const MariaObject *stage, const MariaObject *like, GError **error)
{
    int64_t next = 0;
    return maria_int(conn, &next, error,
                     "SELECT coalesce(AUTO_INCREMENT, 0) FROM information_schema.TABLES WHERE "
                     "TABLE_SCHEMA = %Q AND TABLE_NAME = %Q",
                     like->database, like->name) &&
           (next == 0 || maria_run(conn, error, "ALTER TABLE %s AUTO_INCREMENT = %lld", stage->sql,
                                   (long long) next));
}

bool
maria_finish(Conn *base, const char *stage, const char *like, const Schema *schema,
             const Writer *writer, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) made = NULL, old = NULL;
    if (!book_begin(base, writer, error))
        return false;
    if (!maria_object_need(conn, stage, &made, error) ||
        (like != NULL && !maria_object_find(conn, like, &old, error)) ||
        !maria_commit(conn, error)) {
        maria_rollback(conn);
        return false;
    }
    if (old != NULL &&
        (!add_indexes(conn, made, old, error) || !check_foreign_keys(conn, made, old, error) ||
         !set_counter(conn, made, old, error)))
        return false;
    return maria_run(conn, error, "ANALYZE TABLE %s", made->sql);
}
