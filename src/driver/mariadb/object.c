/*
 * object.c - finding tables and views by the names that people write, and naming new ones.
 *
 * A name is "table" or "database.table", as the server writes it; a part that holds a dot is put in double quotes.
 */
#include "base/text.h"
#include "driver/mariadb/mariadb.h"

#include <string.h>

#define LETTERS_MAX 64
#define NEAR_MAX 10000

void
maria_object_free(MariaObject *object)
{
    if (object == NULL)
        return;
    g_free(object->database);
    g_free(object->name);
    g_free(object->sql);
    g_free(object->engine);
    g_free(object->int_key);
    g_clear_pointer(&object->key, g_ptr_array_unref);
    g_clear_pointer(&object->key_types, g_array_unref);
    g_clear_pointer(&object->columns, g_ptr_array_unref);
    g_free(object);
}

bool
maria_is_ours(const char *name)
{
    return g_ascii_strncasecmp(name, "_honk_", 6) == 0;
}

char *
maria_made_name(const char *prefix, const char *of, const char *ending)
{
    g_autofree char *whole = g_strdup_printf("%s%s%s", prefix, of, ending);
    if (g_utf8_strlen(whole, -1) <= LETTERS_MAX)
        return g_steal_pointer(&whole);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, of, -1);
    return g_strdup_printf("%s%.24s%s", prefix, digest, ending);
}

/* --- names --- */

/* One part, up to a dot outside of quotes. */
static const char *
take_part(const char *text, GString *part)
{
    bool is_quoted = false;
    for (; *text != '\0'; text++) {
        if (*text == '"' && is_quoted && text[1] == '"')
            g_string_append_c(part, *++text);
        else if (*text == '"' && (is_quoted || part->len == 0))
            is_quoted = !is_quoted;
        else if (*text == '.' && !is_quoted)
            return text + 1;
        else
            g_string_append_c(part, *text);
    }
    return is_quoted ? NULL : text;
}

static size_t
letters_of(const char *name)
{
    return (size_t) g_utf8_strlen(name, -1);
}

bool
maria_split_name(MariaConn *conn, const char *name, char **ret_database, char **ret_name,
                 GError **error)
{
    g_autoptr(GString) first = g_string_new(NULL), second = g_string_new(NULL);
    const char *rest = take_part(name, first);
    bool has_database = rest != NULL && *rest != '\0';
    if (has_database)
        rest = take_part(rest, second);
    if (rest == NULL || *rest != '\0' || first->len == 0 || (has_database && second->len == 0))
        return fail(error, ERR_INVALID, "'%s' names nothing, expected TABLE or DATABASE.TABLE",
                    name);
    g_autofree char *table =
        stage_name_within(has_database ? second->str : first->str, LETTERS_MAX, letters_of);
    if (letters_of(table) > LETTERS_MAX)
        return fail(error, ERR_INVALID, "'%s' is too long: a name has %d letters at most", table,
                    LETTERS_MAX);
    *ret_database = g_strdup(has_database ? first->str : conn->at.database);
    *ret_name = g_steal_pointer(&table);
    return true;
}

bool
maria_sql_name(MariaConn *conn, const char *name, char **ret, GError **error)
{
    g_autofree char *database = NULL, *table = NULL;
    if (!maria_split_name(conn, name, &database, &table, error))
        return false;
    *ret = book_text("\"%w\".\"%w\"", database, table);
    return true;
}

/* --- keys --- */

typedef struct {
    char *index; /* the one that is being read */
    bool is_key; /* whole columns that are never NULL */
    bool is_found;
    GPtrArray *columns;
} KeyReader;

/* The index that was read, if it is one. */
static bool
take_key(KeyReader *reader, MariaObject *object)
{
    bool is_it = reader->index != NULL && reader->is_key;
    if (is_it) {
        object->key_is_primary = strcmp(reader->index, "PRIMARY") == 0;
        g_ptr_array_unref(object->key);
        object->key = g_ptr_array_ref(reader->columns);
    }
    g_clear_pointer(&reader->index, g_free);
    g_clear_pointer(&reader->columns, g_ptr_array_unref);
    return is_it;
}

/* The primary key, else the first unique index over whole columns that are never NULL: of two, the one that is read first. */
static void
take_index_column(KeyReader *reader, MariaObject *object, const MYSQL_ROW row)
{
    if (reader->is_found)
        return;
    if (reader->index != NULL && strcmp(reader->index, row[0]) != 0 && take_key(reader, object)) {
        reader->is_found = true;
        return;
    }
    if (reader->index == NULL) {
        reader->index = g_strdup(row[0]);
        reader->is_key = true;
        reader->columns = g_ptr_array_new_with_free_func(g_free);
    }
    reader->is_key = reader->is_key && row[2][0] == '0';
    g_ptr_array_add(reader->columns, g_strdup(row[1]));
}

/* Are its columns ordered as their texts say, and is it a whole number? */
static void
look_at_key(MariaObject *object)
{
    static const char *const words[] = {"enum", "set", "time", "bit", NULL};
    for (guint i = 0; i < object->key->len; i++) {
        const MariaColumn *column = maria_column_named(object->columns, object->key->pdata[i]);
        if (column == NULL || column->type == TYPE_FLOAT || column->type == TYPE_BYTES ||
            g_strv_contains(words, column->data_type))
            object->key_has_order = false;
        ColumnType type = column != NULL ? column->type : TYPE_TEXT;
        g_array_append_val(object->key_types, type);
        if (object->key->len == 1 && column != NULL && strstr(column->data_type, "int") != NULL)
            object->int_key = g_strdup(column->name);
    }
}

bool
maria_unique_columns(Conn *base, const char *name, GPtrArray **ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    AUTO_ROWS *rows = NULL;
    if (!maria_object_need(conn, name, &object, error) ||
        !maria_rows(conn, &rows, error,
                    "SELECT DISTINCT COLUMN_NAME FROM information_schema.STATISTICS WHERE "
                    "TABLE_SCHEMA = %Q AND TABLE_NAME = %Q AND NON_UNIQUE = 0 AND COLUMN_NAME IS "
                    "NOT NULL ORDER BY 1",
                    object->database, object->name))
        return false;
    *ret = g_ptr_array_new_with_free_func(g_free);
    for (MYSQL_ROW row = mysql_fetch_row(rows); row != NULL; row = mysql_fetch_row(rows))
        g_ptr_array_add(*ret, g_strdup(row[0]));
    return true;
}

bool
maria_fail_rights(const MariaObject *object, GError **error)
{
    if (error != NULL && error_is(*error, ERR_FORBIDDEN))
        g_prefix_error(
            error,
            "the right to read all of '%s' is needed (GRANT SELECT ON `%s`.`%s`), as who "
            "has it for some columns does not see the others: ",
            object->name, object->database, object->name);
    return false;
}

/* --- finding --- */

/* The table, its unique indexes, its columns, each in its order, and their checks, in one question. Names are compared twice: there letters are taken for
 * equal that are not, in file names. */
#define OF_NAME "TABLE_NAME = %Q AND (@@lower_case_table_names > 0 OR BINARY TABLE_NAME = %Q)"
#define OF_IT "TABLE_SCHEMA = %Q AND " OF_NAME
#define OF_ROW 4 /* what they are sorted by stands before */
static const char looks[] =
    "SELECT 1, 0, '', 0, TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, 0, 0, 0, 0, 0, "
    "0, 0, 0, 0 "
    "FROM information_schema.TABLES WHERE " OF_IT
    " UNION ALL SELECT 2, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX, INDEX_NAME, "
    "COLUMN_NAME, NULLABLE = 'YES' OR SUB_PART IS NOT NULL OR COLUMN_NAME IS NULL, "
    "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM information_schema.STATISTICS WHERE " OF_IT
    " AND NON_UNIQUE = 0 UNION ALL SELECT 3, "
    "0, '', ORDINAL_POSITION, " MARIA_COLUMN_SQL " FROM information_schema.COLUMNS WHERE " OF_IT
    " UNION ALL SELECT 4, 0, '', 0, CONSTRAINT_NAME, CHECK_CLAUSE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
    "0, 0 "
    "FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = %Q AND " OF_NAME
    " AND LEVEL = 'Column' AND CHECK_CLAUSE LIKE 'json|_valid(%%' ESCAPE '|' ORDER BY 1, 2, 3, 4";

static MariaObject *
object_new(const MYSQL_ROW row)
{
    MariaObject *object = g_new0(MariaObject, 1);
    object->database = g_strdup(row[0]);
    object->name = g_strdup(row[1]);
    object->sql = book_text("\"%w\".\"%w\"", row[0], row[1]);
    object->is_view = strstr(row[2], "VIEW") != NULL;
    object->engine = g_strdup(row[3]);
    object->rows_guess = maria_cell_int(row[4]);
    object->key = g_ptr_array_new_with_free_func(g_free);
    object->key_types = g_array_new(FALSE, FALSE, sizeof(ColumnType));
    object->key_has_order = true;
    object->columns = g_ptr_array_new_with_free_func(maria_column_free);
    return object;
}

/* The one that JSON brings along. */
static void
take_check(MariaObject *object, const MYSQL_ROW row)
{
    MariaColumn *column = (MariaColumn *) maria_column_named(object->columns, row[0]);
    g_autofree char *check = book_text("json_valid(\"%w\")", row[0]);
    if (column != NULL && strcmp(column->data_type, "longtext") == 0 &&
        g_strcmp0(column->collation, "utf8mb4_bin") == 0 && strcmp(check, row[1]) == 0)
        column->is_json = true;
}

bool
maria_object_find(MariaConn *conn, const char *name, MariaObject **ret, GError **error)
{
    g_autofree char *database = NULL, *table = NULL;
    AUTO_ROWS *rows = NULL;
    if (!maria_split_name(conn, name, &database, &table, error) ||
        !maria_rows(conn, &rows, error, looks, database, table, table, database, table, table,
                    database, table, table, database, table, table))
        return false;
    g_autoptr(MariaObject) object = NULL;
    KeyReader reader = {0};
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;) {
        char part = row[0][0];
        if (part == '1' && object == NULL)
            object = object_new(row + OF_ROW);
        else if (part == '2' && object != NULL)
            take_index_column(&reader, object, row + OF_ROW);
        else if (part == '3' && object != NULL)
            g_ptr_array_add(object->columns, maria_column_of(row + OF_ROW));
        else if (part == '4' && object != NULL)
            take_check(object, row + OF_ROW);
    }
    if (object != NULL) {
        take_key(&reader, object);
        look_at_key(object);
    }
    *ret = g_steal_pointer(&object);
    return true;
}

static bool
fail_no_object(MariaConn *conn, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    AUTO_ROWS *rows = NULL;
    if (!maria_rows(conn, &rows, error,
                    "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %Q "
                    "AND TABLE_NAME NOT LIKE '|_honk|_%%' ESCAPE '|' ORDER BY 1 LIMIT %d",
                    conn->at.database, NEAR_MAX))
        return false;
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;)
        g_ptr_array_add(names, text_dotted(NULL, row[0]));
    g_ptr_array_add(names, NULL);
    const char *near = text_nearest(name, (const char *const *) names->pdata);
    if (near != NULL)
        return fail(error, ERR_NOT_FOUND, "there is no table or view '%s' (did you mean '%s'?)",
                    name, near);
    return fail(error, ERR_NOT_FOUND, "there is no table or view '%s' in %s that we may see", name,
                conn->place);
}

bool
maria_object_need(MariaConn *conn, const char *name, MariaObject **ret, GError **error)
{
    MariaObject *object = NULL;
    if (!maria_object_find(conn, name, &object, error))
        return false;
    if (object == NULL)
        return fail_no_object(conn, name, error);
    *ret = object;
    return true;
}
