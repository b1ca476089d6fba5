/*
 * object.c - finding tables and views by the names that people write, and naming new ones.
 *
 * A name is "table" or "schema.table". It is taken as it stands, not folded to small letters; a part that holds a dot is put
 * in double quotes. PostgreSQL cuts longer names than 63 bytes in silence, so those are refused here.
 */
#include "base/text.h"
#include "driver/postgres/postgres.h"

#include <string.h>

#define NEAR_MAX 10000

void
pg_object_free(PgObject *object)
{
    if (object == NULL)
        return;
    g_free(object->schema);
    g_free(object->name);
    g_free(object->sql);
    g_free(object->int_key);
    g_clear_pointer(&object->key, g_ptr_array_unref);
    g_clear_pointer(&object->key_types, g_ptr_array_unref);
    g_free(object);
}

static GPtrArray *
copy_texts(const GPtrArray *texts)
{
    GPtrArray *copy = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < texts->len; i++)
        g_ptr_array_add(copy, g_strdup(texts->pdata[i]));
    return copy;
}

PgObject *
pg_object_copy(const PgObject *object)
{
    PgObject *copy = g_memdup2(object, sizeof *object);
    copy->schema = g_strdup(object->schema);
    copy->name = g_strdup(object->name);
    copy->sql = g_strdup(object->sql);
    copy->key = copy_texts(object->key);
    copy->key_types = copy_texts(object->key_types);
    copy->int_key = g_strdup(object->int_key);
    return copy;
}

const char *
pg_kind_name(PgKind kind)
{
    switch (kind) {
    case PG_TABLE:
        return "table";
    case PG_PARTITIONED:
        return "partitioned table";
    case PG_VIEW:
        return "view";
    case PG_MATERIALIZED:
        return "materialized view";
    case PG_FOREIGN:
        return "foreign table";
    }
    return "object";
}

bool
pg_is_ours(const char *name)
{
    return g_str_has_prefix(name, "_honk_");
}

char *
pg_made_name(const char *prefix, const char *name)
{
    g_autofree char *whole = g_strdup_printf("%s__%s", prefix, name);
    size_t bytes = strlen(whole);
    if (bytes <= OBJECT_NAME_MAX)
        return g_steal_pointer(&whole);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, whole, -1);
    size_t keep = OBJECT_NAME_MAX - 10;
    while (keep > 0 && ((unsigned char) whole[keep] & 0xc0) == 0x80)
        keep--; /* letters are not cut */
    return g_strdup_printf("%.*s__%.8s", (int) keep, whole, digest);
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

bool
pg_split_name(const char *name, char **ret_schema, char **ret_name, GError **error)
{
    g_autoptr(GString) first = g_string_new(NULL);
    g_autoptr(GString) second = g_string_new(NULL);
    const char *rest = take_part(name, first);
    bool has_schema = rest != NULL && *rest != '\0';
    if (has_schema)
        rest = take_part(rest, second);
    if (rest == NULL || *rest != '\0' || first->len == 0 || (has_schema && second->len == 0))
        return fail(error, ERR_INVALID, "'%s' names nothing, expected TABLE or SCHEMA.TABLE", name);
    g_autofree char *table =
        stage_name_within(has_schema ? second->str : first->str, OBJECT_NAME_MAX, strlen);
    if (strlen(table) > OBJECT_NAME_MAX || (has_schema && first->len > OBJECT_NAME_MAX))
        return fail(error, ERR_INVALID, "'%s' is too long: PostgreSQL keeps %d bytes of a name",
                    name, OBJECT_NAME_MAX);
    *ret_name = g_steal_pointer(&table);
    *ret_schema = has_schema ? g_strdup(first->str) : NULL;
    return true;
}

bool
pg_place_new(PgConn *conn, const char *name, const PgObject *beside, char **ret_schema,
             char **ret_name, GError **error)
{
    g_autofree char *schema = NULL;
    g_autofree char *table = NULL;
    if (!pg_split_name(name, &schema, &table, error))
        return false;
    if (schema == NULL && beside != NULL)
        schema = g_strdup(beside->schema);
    if (schema == NULL) {
        AUTO_RESULT *rows = NULL;
        if (!pg_rows(conn, &rows, error, "SELECT current_schema()"))
            return false;
        schema = g_strdup(pg_cell(rows, 0, 0));
        if (schema == NULL)
            return fail(error, ERR_INVALID,
                        "no schema of the search path is there: name one in '%s'", name);
    }
    *ret_schema = g_steal_pointer(&schema);
    *ret_name = g_steal_pointer(&table);
    return true;
}

/* --- keys --- */

/* Of a table c: its primary key, else its first unique index over columns that are never NULL. */
static const char key_sql[] =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.atttypid, b.indisprimary, "
    "n.n FROM (SELECT i.indkey, i.indnkeyatts, i.indisprimary FROM pg_index i WHERE i.indrelid = "
    "c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND "
    "i.indimmediate AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = i.indrelid AND "
    "a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) AND NOT a.attnotnull) ORDER BY "
    "i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1) b, generate_series(0, b.indnkeyatts "
    "- 1) n(n) JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attnum = b.indkey[n.n]";

enum { OF_OBJECT = 8 }; /* cells of find_sql() in front of the key's */

static void
take_key(PgObject *object, const PGresult *rows)
{
    object->key = g_ptr_array_new_with_free_func(g_free);
    object->key_types = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < PQntuples(rows) && pg_cell(rows, i, OF_OBJECT) != NULL; i++) {
        g_ptr_array_add(object->key, g_strdup(pg_cell(rows, i, OF_OBJECT)));
        g_ptr_array_add(object->key_types, g_strdup(pg_cell(rows, i, OF_OBJECT + 1)));
        object->key_is_primary = pg_cell_bool(rows, i, OF_OBJECT + 3);
    }
    if (object->key->len == 1 &&
        pg_type_of((unsigned) pg_cell_int(rows, 0, OF_OBJECT + 2)) == TYPE_INT)
        object->int_key = g_strdup(object->key->pdata[0]);
}

/* Tables that inherit from another one have keys of their own: the same may be in several. */
bool
pg_keeps_key(Conn *base, const char *name, bool *ret, GError **error)
{
    g_autoptr(PgObject) object = NULL;
    if (!pg_object_need(pg_conn(base), name, &object, error))
        return false;
    *ret = object->key_is_primary &&
           (object->kind == PG_PARTITIONED || (object->kind == PG_TABLE && !object->has_children));
    return true;
}

bool
pg_unique_columns(Conn *base, const char *name, GPtrArray **ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    AUTO_RESULT *rows = NULL;
    if (!pg_object_need(conn, name, &object, error) ||
        !pg_rows(conn, &rows, error,
                 "SELECT DISTINCT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = "
                 "i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) WHERE "
                 "i.indrelid = %lld AND (i.indisunique OR i.indisexclusion) ORDER BY 1",
                 (long long) object->oid))
        return false;
    *ret = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < PQntuples(rows); i++)
        g_ptr_array_add(*ret, g_strdup(pg_cell(rows, i, 0)));
    return true;
}

/* --- finding --- */

/* Of a table c in a schema n. */
#define CALLED                                                                                     \
    "c.relname = %Q AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND CASE WHEN %Q IS NULL THEN "     \
    "pg_table_is_visible(c.oid) ELSE n.nspname = %Q END"

static char *
find_sql(const char *schema, const char *table)
{
    return pg_sql(
        "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispartition, "
        "c.relhassubclass, CASE WHEN c.relkind IN ('r', 'm') THEN "
        "pg_relation_size(c.oid) / current_setting('block_size')::int8 ELSE 0 END, "
        "c.reltuples::int8, k.attname, k.type, k.atttypid, k.indisprimary FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN LATERAL (%s) k ON true "
        "WHERE " CALLED " ORDER BY k.n",
        key_sql, table, schema, schema);
}

/* NULL: there is none. */
static PgObject *
take_object(const PGresult *rows)
{
    if (PQntuples(rows) == 0)
        return NULL;
    PgObject *object = g_new0(PgObject, 1);
    object->oid = pg_cell_int(rows, 0, 0);
    object->schema = g_strdup(pg_cell(rows, 0, 1));
    object->name = g_strdup(pg_cell(rows, 0, 2));
    object->sql = pg_sql("\"%w\".\"%w\"", object->schema, object->name);
    object->kind = (PgKind) pg_cell(rows, 0, 3)[0];
    object->is_partition = pg_cell_bool(rows, 0, 4);
    object->has_children = pg_cell_bool(rows, 0, 5);
    object->blocks = pg_cell_int(rows, 0, 6);
    object->rows_guess = pg_cell_int(rows, 0, 7);
    take_key(object, rows);
    return object;
}

bool
pg_object_find(PgConn *conn, const char *name, PgObject **ret, GError **error)
{
    g_autofree char *schema = NULL, *table = NULL;
    AUTO_RESULT *rows = NULL;
    if (!pg_split_name(name, &schema, &table, error))
        return false;
    g_autofree char *sql = find_sql(schema, table);
    if (!pg_run_on(conn, conn->db, sql, &rows, error))
        return false;
    *ret = take_object(rows);
    return true;
}

static bool
fail_no_object(PgConn *conn, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error,
                 "SELECT CASE WHEN NOT pg_table_is_visible(c.oid) THEN n.nspname END, c.relname "
                 "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN "
                 "('r', 'p', 'v', 'm', 'f') "
                 "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', %Q) AND "
                 "n.nspname NOT LIKE 'pg\\_temp%%' "
                 "AND c.relname NOT LIKE '\\_honk\\_%%' ORDER BY 1, 2 LIMIT %d",
                 conn->book_name, NEAR_MAX))
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        g_ptr_array_add(names, text_dotted(pg_cell(rows, i, 0), pg_cell(rows, i, 1)));
    g_ptr_array_add(names, NULL);
    const char *near = text_nearest(name, (const char *const *) names->pdata);
    if (near != NULL)
        return fail(error, ERR_NOT_FOUND, "there is no table or view '%s' (did you mean '%s'?)",
                    name, near);
    return fail(error, ERR_NOT_FOUND, "there is no table or view '%s' in %s that we may see", name,
                conn->place);
}

bool
pg_object_need(PgConn *conn, const char *name, PgObject **ret, GError **error)
{
    PgObject *object = NULL;
    if (!pg_object_find(conn, name, &object, error))
        return false;
    if (object == NULL)
        return fail_no_object(conn, name, error);
    *ret = object;
    return true;
}

/* --- with its columns --- */

void
pg_description_clear(PgDescription *description)
{
    g_clear_pointer(&description->object, pg_object_free);
    g_clear_pointer(&description->columns, g_ptr_array_unref);
}

bool
pg_description_sql(const char *name, char **ret, GError **error)
{
    g_autofree char *schema = NULL, *table = NULL;
    if (!pg_split_name(name, &schema, &table, error))
        return false;
    g_autofree char *object = find_sql(schema, table);
    g_autofree char *oid = pg_sql("(SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = "
                                  "c.relnamespace WHERE " CALLED ")",
                                  table, schema, schema);
    g_autofree char *columns = pg_columns_sql(oid);
    *ret = g_strdup_printf("%s; %s", object, columns);
    return true;
}

bool
pg_take_description(PgConn *conn, const char *name, const GPtrArray *all, PgDescription *ret,
                    GError **error)
{
    PgObject *object = take_object(all->pdata[all->len - PG_DESCRIPTION]);
    if (object == NULL)
        return fail_no_object(conn, name, error);
    *ret = (PgDescription){.object = object, .columns = pg_take_columns(all->pdata[all->len - 1])};
    return true;
}

bool
pg_describe_columns(PgConn *conn, const char *name, PgDescription *ret, GError **error)
{
    g_autofree char *sql = NULL;
    g_autoptr(GPtrArray) all = NULL;
    return pg_description_sql(name, &sql, error) && pg_run_all(conn, conn->db, sql, &all, error) &&
           pg_take_description(conn, name, all, ret, error);
}
