/*
 * schema_exchange.c - exchanging two tables by name.
 *
 * ALTER TABLE RENAME cannot do it: triggers and index names stay with the old table, other tables' foreign
 * keys follow it or not depending on settings, and the texts come back with other quotes. So the rows of
 * sqlite_schema are rewritten, as SQLite documents it (PRAGMA writable_schema): in one transaction, the
 * schema's version raised, the schema read anew and compared before the commit. A table is a row with a
 * name, a text and the number of its first page; nothing that lies on the pages mentions the name.
 *
 *   before                              after
 *   10 table users  page 2  users' text       10 table users      page 9  (the stage's text, as users)
 *   11 index u_mail page 3                    11 index u_mail     page 10
 *   12 trigger … ON users                     12 trigger … ON users
 *   31 table stage  page 9                    31 table users_old  page 2  (users' text, as users_old)
 *   32 index stage__u_mail page 10            32 index users_old__u_mail page 3
 *
 * Rows keep their place, because SQLite reads the table in order: a trigger or an index must come after its
 * table, and a schema that is put back is the same to the letter. Views, triggers and foreign keys
 * name `users`, so nothing has to be done about them.
 */
#include "driver/book.h"
#include "driver/sqlite/swap.h"

#include "driver/sqlite/text.h"

#include <string.h>

typedef struct {
    int64_t rowid, page;
    bool is_table;
    char *name, *sql; /* `sql` NULL: an index that SQLite made for a UNIQUE or PRIMARY KEY */
    char *to_name, *to_sql;
    int64_t to_rowid; /* 0 until it has a place */
} Entry;

static void
entry_free(void *data)
{
    Entry *entry = data;
    g_free(entry->name);
    g_free(entry->sql);
    g_free(entry->to_name);
    g_free(entry->to_sql);
    g_free(entry);
}

/* The table first, then its indexes in order. */
static bool
read_entries(SqliteConn *conn, const char *table, GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    AUTO_STMT *rows = NULL;
    if (!sq_prepare(conn, &rows, error,
                    "SELECT rowid, rootpage, type = 'table', name, sql FROM main.sqlite_schema "
                    "WHERE tbl_name = %Q COLLATE NOCASE AND type IN ('table', 'index') "
                    "ORDER BY type = 'index', rowid",
                    table))
        return false;
    for (bool row = true;;) {
        if (!sq_step(conn, rows, &row, error))
            return false;
        if (!row)
            break;
        Entry *entry = g_new0(Entry, 1);
        entry->rowid = sqlite3_column_int64(rows, 0);
        entry->page = sqlite3_column_int64(rows, 1);
        entry->is_table = sqlite3_column_int(rows, 2) != 0;
        entry->name = sq_text(rows, 3);
        entry->sql = sq_text(rows, 4);
        g_ptr_array_add(entries, entry);
    }
    if (entries->len == 0 || !((Entry *) entries->pdata[0])->is_table)
        return fail(error, ERR_NOT_FOUND, "there is no table '%s'", table);
    *ret = g_steal_pointer(&entries);
    return true;
}

/* --- names --- */

/* "sqlite_autoindex_TABLE_2" → 2; 0 for others. */
static int
auto_number(const Entry *entry)
{
    const char *last = strrchr(entry->name, '_');
    return entry->sql == NULL && last != NULL ? atoi(last + 1) : 0;
}

/* An index is called TABLE__INDEX while its table stands aside. */
static char *
index_name(const char *name, const SwapSide *side)
{
    g_autofree char *prefix = g_strconcat(side->from, "__", NULL);
    if (side->is_aside)
        return g_strdup_printf("%s__%s", side->to, name);
    return g_strdup(g_str_has_prefix(name, prefix) ? name + strlen(prefix) : name);
}

static void
name_entries(GPtrArray *entries, const SwapSide *side)
{
    for (guint i = 0; i < entries->len; i++) {
        Entry *entry = entries->pdata[i];
        if (entry->is_table)
            entry->to_name = g_strdup(side->to);
        else if (entry->sql == NULL)
            entry->to_name =
                g_strdup_printf("sqlite_autoindex_%s_%d", side->to, auto_number(entry));
        else
            entry->to_name = index_name(entry->name, side);
    }
}

/* --- texts --- */

/* A name as `like` writes it, or quoted where that is needed. */
static char *
written_as(const char *name, const char *like, bool is_indexed)
{
    SqlToken token;
    if (like != NULL && (is_indexed ? sql_indexed(like, &token) : sql_created(like, &token)) &&
        sql_names(token, name))
        return g_strndup(token.begin, token.bytes);
    return sql_quote_if_needed(name);
}

static const Entry *
find_by_name(const GPtrArray *entries, const char *name)
{
    for (guint i = 0; entries != NULL && i < entries->len; i++)
        if (g_ascii_strcasecmp(((Entry *) entries->pdata[i])->name, name) == 0)
            return entries->pdata[i];
    return NULL;
}

static bool
rename_text(const char *sql, bool is_table, const char *token, const char *table, char **ret,
            GError **error)
{
    return is_table ? sql_rename_table(sql, token, ret, error)
                    : sql_rename_index(sql, token, table, ret, error);
}

/* Was the entry made like that other one? Then it gets its text to the letter. */
static bool
is_made_like(const Entry *entry, const char *like, const char *table)
{
    g_autofree char *token = sql_quote(entry->name);
    g_autofree char *quoted = sql_quote(table);
    g_autofree char *made = NULL;
    return rename_text(like, entry->is_table, token, quoted, &made, NULL) &&
           strcmp(made, entry->sql) == 0;
}

/* The text under the new name: restored, or as the one that had the name before, or written like it. */
static bool
write_text(Entry *entry, const SwapSide *side, const GPtrArray *others, GError **error)
{
    if (entry->sql == NULL)
        return true;
    const Entry *other = find_by_name(others, entry->to_name);
    const char *like = other != NULL ? other->sql : NULL;
    const char *text = json_get_string(side->texts, entry->to_name, NULL);
    if (text == NULL && like != NULL && is_made_like(entry, like, side->from))
        text = like;
    if (text != NULL) {
        entry->to_sql = g_strdup(text);
        return true;
    }
    g_autofree char *token = written_as(entry->to_name, like, false);
    g_autofree char *table = entry->is_table ? NULL : written_as(side->to, like, true);
    g_autofree char *sql = side->is_inert && entry->is_table ? sql_without_references(entry->sql)
                                                             : g_strdup(entry->sql);
    return rename_text(sql, entry->is_table, token, table, &entry->to_sql, error);
}

static bool
write_texts(GPtrArray *entries, const SwapSide *side, const GPtrArray *others, GError **error)
{
    for (guint i = 0; i < entries->len; i++)
        if (!write_text(entries->pdata[i], side, others, error))
            return false;
    return true;
}

/* --- places --- */

/* Entries that stand for each other exchange their places: the tables, indexes of the same name, and the
 * nth automatic ones. */
static bool
are_counterparts(const Entry *coming, const Entry *going)
{
    if (coming->is_table || going->is_table)
        return coming->is_table && going->is_table;
    if (coming->sql == NULL || going->sql == NULL)
        return coming->sql == NULL && going->sql == NULL &&
               auto_number(coming) == auto_number(going);
    return g_ascii_strcasecmp(coming->to_name, going->name) == 0;
}

static void
place_entries(GPtrArray *coming, GPtrArray *going)
{
    for (guint i = 0; i < coming->len; i++) {
        for (guint j = 0; j < going->len; j++) {
            Entry *a = coming->pdata[i], *b = going->pdata[j];
            if (a->to_rowid != 0 || b->to_rowid != 0 || !are_counterparts(a, b))
                continue;
            a->to_rowid = b->rowid;
            b->to_rowid = a->rowid;
        }
    }
}

/* Without a counterpart an index keeps its place if that is behind its table, else it goes to the end. */
static void
place_rest(GPtrArray *entries, int64_t *last)
{
    int64_t table = 0;
    for (guint i = 0; i < entries->len; i++) {
        Entry *entry = entries->pdata[i];
        if (entry->to_rowid == 0)
            entry->to_rowid = entry->is_table || entry->rowid > table ? entry->rowid : ++*last;
        if (entry->is_table)
            table = entry->to_rowid;
        else if (entry->to_rowid < table)
            entry->to_rowid = ++*last;
    }
}

/* --- writing --- */

static bool
delete_entries(SqliteConn *conn, const GPtrArray *entries, GError **error)
{
    for (guint i = 0; i < entries->len; i++)
        if (!sq_exec(conn, error, "DELETE FROM main.sqlite_schema WHERE rowid = %lld",
                     (long long) ((Entry *) entries->pdata[i])->rowid))
            return false;
    return true;
}

static bool
insert_entries(SqliteConn *conn, const GPtrArray *entries, const char *table, GError **error)
{
    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = entries->pdata[i];
        if (!sq_exec(conn, error,
                     "INSERT INTO main.sqlite_schema (rowid, type, name, tbl_name, rootpage, sql) "
                     "VALUES (%lld, %Q, %Q, %Q, %lld, %Q)",
                     (long long) entry->to_rowid, entry->is_table ? "table" : "index",
                     entry->to_name, table, (long long) entry->page, entry->to_sql))
            return false;
    }
    return true;
}

/* AUTOINCREMENT goes on from where either table was. */
static bool
rename_sequences(SqliteConn *conn, const SwapSide *coming, const SwapSide *going, GError **error)
{
    bool is_there = false;
    if (!book_has(&conn->base, "sqlite_sequence", &is_there, error))
        return false;
    if (!is_there)
        return true;
    if (going != NULL &&
        !sq_exec(conn, error, "UPDATE main.sqlite_sequence SET name = %Q WHERE name = %Q",
                 going->to, going->from))
        return false;
    return sq_exec(conn, error,
                   "UPDATE main.sqlite_sequence SET name = %Q, seq = max(seq, coalesce((SELECT seq "
                   "FROM main.sqlite_sequence WHERE name = %Q AND %d), 0)) WHERE name = %Q",
                   coming->to, going != NULL ? going->to : "", coming->texts == NULL, coming->from);
}

/* Raised, written to, read anew: SQLite parses every text again and refuses what does not fit. */
static bool
rewrite(SqliteConn *conn, const SwapSide *coming, const SwapSide *going, const GPtrArray *came,
        const GPtrArray *went, GError **error)
{
    int64_t version = 0;
    if (!sq_int(conn, &version, error, "PRAGMA main.schema_version") ||
        !sq_exec(conn, error, "PRAGMA writable_schema = ON"))
        return false;
    bool done = delete_entries(conn, came, error) &&
                (going == NULL || delete_entries(conn, went, error)) &&
                insert_entries(conn, came, coming->to, error) &&
                (going == NULL || insert_entries(conn, went, going->to, error)) &&
                sq_exec(conn, error, "PRAGMA main.schema_version = %d", (int) (version + 1));
    sqlite3_exec(conn->db, "PRAGMA writable_schema = RESET", NULL, NULL, NULL);
    return done && rename_sequences(conn, coming, going, error);
}

/* --- looking that both are the tables they were --- */

static bool
shape_of(SqliteConn *conn, const char *table, const GPtrArray *entries, bool after, char **ret,
         GError **error)
{
    g_autoptr(GString) shape = g_string_new(NULL);
    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = entries->pdata[i];
        AUTO_STMT *columns = NULL;
        if (!sq_prepare(conn, &columns, error, "SELECT * FROM pragma_%s(%Q, 'main')",
                        entry->is_table ? "table_xinfo" : "index_xinfo",
                        after ? entry->to_name : entry->name))
            return false;
        g_string_append(shape, "\n");
        for (bool row = true;;) {
            if (!sq_step(conn, columns, &row, error))
                return false;
            if (!row)
                break;
            for (int c = 0; c < sqlite3_column_count(columns); c++)
                g_string_append_printf(shape, "%s|",
                                       (const char *) sqlite3_column_text(columns, c));
        }
    }
    *ret = g_string_free(g_steal_pointer(&shape), FALSE);
    return true;
}

static bool
check_shape(SqliteConn *conn, const SwapSide *side, const GPtrArray *entries, const char *before,
            GError **error)
{
    g_autofree char *after = NULL;
    if (!shape_of(conn, side->to, entries, true, &after, error))
        return false;
    if (strcmp(before, after) != 0)
        return fail(error, ERR_INTERNAL, "the schema of '%s' changed with its name", side->from);
    return true;
}

static json_t *
texts_of(const GPtrArray *entries)
{
    json_t *texts = json_object();
    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = entries->pdata[i];
        json_set_string(texts, entry->name, entry->sql);
    }
    return texts;
}

bool
schema_exchange(SqliteConn *conn, const SwapSide *coming, const SwapSide *going,
                json_t **ret_before, GError **error)
{
    g_autoptr(GPtrArray) came = NULL;
    g_autoptr(GPtrArray) went = g_ptr_array_new_with_free_func(entry_free);
    g_autofree char *came_shape = NULL;
    g_autofree char *went_shape = NULL;
    int64_t last = 0;
    if (!read_entries(conn, coming->from, &came, error) ||
        !shape_of(conn, coming->from, came, false, &came_shape, error) ||
        !sq_int(conn, &last, error, "SELECT max(rowid) FROM main.sqlite_schema"))
        return false;
    if (going != NULL) {
        g_clear_pointer(&went, g_ptr_array_unref);
        if (!read_entries(conn, going->from, &went, error) ||
            !shape_of(conn, going->from, went, false, &went_shape, error))
            return false;
        name_entries(went, going);
    }
    name_entries(came, coming);
    place_entries(came, went);
    place_rest(came, &last);
    place_rest(went, &last);
    if (!write_texts(came, coming, went, error) ||
        (going != NULL && !write_texts(went, going, came, error)) ||
        !rewrite(conn, coming, going, came, went, error) ||
        !check_shape(conn, coming, came, came_shape, error) ||
        (going != NULL && !check_shape(conn, going, went, went_shape, error)))
        return false;
    if (ret_before != NULL)
        *ret_before = texts_of(went);
    return true;
}
