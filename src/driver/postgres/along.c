/*
 * along.c - indexes, checks, defaults and foreign keys of a table, made again on one that is made from it.
 *
 * PostgreSQL's own text of them names columns as the source does. No text is changed here: while it is said, the columns of the new table
 * bear the names that it uses, in one transaction and before anybody knows of the table. So the server itself finds out what each word means,
 * and a column that is something else bears no name that could be taken for it.
 *
 * A text comes along only where it means the same: all columns that it names are there as they are, of the very type; the server is
 * not older; and what else it names is built in, or both are the same database under the same search path (`own` says which:
 * "postgres VERSION REACH PLACE\nTEXT"). Built in means pg_catalog, so it is said with nothing else on the search path.
 */
#include "driver/postgres/along.h"

#include "driver/postgres/tree.h"
#include "model/along.h"

#include <string.h>

#define OWN "postgres"
#define AWAY "_honk_%zu" /* the name of a column that no text may name */

/* --- where a text means the same --- */

static bool
know_place(PgConn *conn, GError **error)
{
    AUTO_RESULT *rows = NULL;
    AUTO_RESULT *system = NULL;
    if (conn->letters != NULL)
        return true;
    if (!pg_rows(conn, &rows, error,
                 "SELECT concat_ws(' ', pg_encoding_to_char(encoding), datcollate, datctype, "
                 "coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'), coalesce(to_jsonb(d) ->> "
                 "'datlocale', to_jsonb(d) ->> 'daticulocale')), oid, current_schemas(false), "
                 "has_function_privilege('pg_control_system()', 'EXECUTE') FROM pg_database d "
                 "WHERE datname = current_database()"))
        return false;
    if (pg_cell_bool(rows, 0, 3) &&
        !pg_rows(conn, &system, error, "SELECT system_identifier FROM pg_control_system()"))
        return false;
    g_autofree char *url =
        system == NULL ? g_compute_checksum_for_string(G_CHECKSUM_SHA256, conn->url, -1) : NULL;
    conn->here = g_strdup_printf("%s %s %s", system != NULL ? pg_cell(system, 0, 0) : url,
                                 pg_cell(rows, 0, 1), pg_cell(rows, 0, 2));
    conn->letters = g_strdup(pg_cell(rows, 0, 0));
    return true;
}

static const char *
place_of(const PgConn *conn, AlongReach reach)
{
    return reach == ALONG_HERE ? conn->here : reach == ALONG_LETTERS ? conn->letters : "";
}

bool
pg_own_text(PgConn *conn, AlongReach reach, const char *text, char **ret, GError **error)
{
    if (!know_place(conn, error))
        return false;
    *ret = g_strdup_printf(OWN " %d %d %s\n%s", conn->version / 10000, (int) reach,
                           place_of(conn, reach), text);
    return true;
}

/* NULL: not of PostgreSQL, or it means the same somewhere else only. */
static const char *
own_of(PgConn *conn, const Dependent *along, AlongReach *ret_reach)
{
    int version = 0, reach = 0, end = 0;
    const char *own = along->own;
    bool is_ours = own != NULL && along->own_from != NULL &&
                   sscanf(own, OWN " %6d %1d%n", &version, &reach, &end) == 2 && own[end++] == ' ';
    const char *text = is_ours ? strchr(own, '\n') : NULL;
    if (text == NULL || version > conn->version / 10000 || reach > ALONG_HERE)
        return NULL;
    const char *place = place_of(conn, (AlongReach) reach);
    size_t bytes = (size_t) (text - (own + end));
    *ret_reach = (AlongReach) reach;
    return strlen(place) == bytes && strncmp(own + end, place, bytes) == 0 ? text + 1 : NULL;
}

static bool
has_types(PgConn *conn, const Schema *made, const Dependent *along, bool *ret, GError **error)
{
    *ret = false;
    for (guint i = 0; i < along->own_columns->len; i++) {
        const Column *column = schema_find(made, along->own_columns->pdata[i], NULL);
        g_autofree char *type = NULL;
        if (!pg_made_type(conn, column, &type, error))
            return false;
        if (strcmp(type, column->declared) != 0)
            return true;
    }
    *ret = true;
    return true;
}

/* The words of `own`, where they mean the same on the table that is made; `*ret` NULL: they do not. */
static bool
find_words(PgConn *conn, const Schema *made, const Dependent *along, const char **ret,
           AlongReach *ret_reach, GError **error)
{
    bool fits = false;
    *ret = NULL;
    if (along->own == NULL)
        return true;
    if (!know_place(conn, error))
        return false;
    const char *text = own_of(conn, along, ret_reach);
    if (text != NULL && !has_types(conn, made, along, &fits, error))
        return false;
    *ret = fits ? text : NULL;
    return true;
}

bool
pg_holds(Conn *base, const Schema *made, const Dependent *along)
{
    g_autoptr(GError) ignored = NULL;
    const char *text = NULL;
    AlongReach reach;
    if (along->columns != NULL)
        return true;
    return find_words(pg_conn(base), made, along, &text, &reach, &ignored) && text != NULL;
}

/* --- columns under the names that texts use --- */

/* What is to be said, of one table. */
typedef struct {
    const Dependent *along;
    const char *text;
    AlongReach reach;
} Words;

typedef struct {
    PgConn *conn;
    const char *table; /* in SQL */
    const Schema *made;
    GArray *words;     /* Words */
    GHashTable *known; /* what texts call its columns; borrowed */
} Saying;

static void
saying_clear(Saying *saying)
{
    g_clear_pointer(&saying->words, g_array_unref);
    g_clear_pointer(&saying->known, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Saying, saying_clear)

typedef bool WantedFn(const Dependent *along, const char *text);

/* True: something is to be said under other names than the table's own. */
static bool
learn_names(Saying *saying, const Dependent *along)
{
    bool differs = false;
    for (guint i = 0; i < along->own_columns->len; i++) {
        char *name = along->own_columns->pdata[i], *known = along->own_from->pdata[i];
        g_hash_table_insert(saying->known, name, known);
        differs = differs || strcmp(name, known) != 0;
    }
    return differs;
}

static bool
saying_begin(PgConn *conn, const char *table, const Schema *made, WantedFn *wanted, Saying *ret,
             GError **error)
{
    ret->conn = conn, ret->table = table, ret->made = made;
    ret->words = g_array_new(FALSE, FALSE, sizeof(Words));
    ret->known = g_hash_table_new(g_str_hash, g_str_equal);
    bool differs = false;
    for (guint i = 0; i < made->dependents->len; i++) {
        Words words = {.along = made->dependents->pdata[i]};
        if (!find_words(conn, made, words.along, &words.text, &words.reach, error))
            return false;
        if (words.text == NULL || !wanted(words.along, words.text))
            continue;
        g_array_append_val(ret->words, words);
        differs = learn_names(ret, words.along) || differs;
    }
    if (!differs)
        g_hash_table_remove_all(ret->known);
    return true;
}

/* All columns lose their names, and get those that texts know, if any; or the other way. */
static void
name_columns(const Saying *saying, bool back)
{
    if (g_hash_table_size(saying->known) == 0)
        return;
    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < schema_count(saying->made); i++) {
            const char *name = schema_column(saying->made, i)->name;
            const char *known = g_hash_table_lookup(saying->known, name);
            const char *now = back ? known : name, *then = back ? name : known;
            g_autofree char *away = g_strdup_printf(AWAY, i);
            const char *from = turn == 0 ? now : away, *to = turn == 0 ? away : then;
            if (from != NULL && to != NULL)
                pg_later(saying->conn, "ALTER TABLE %s RENAME COLUMN \"%w\" TO \"%w\"",
                         saying->table, from, to);
        }
}

/* Of an index: STAGE_NAME as if the server had called it so, else STAGE__NAME, until the swap gives it its own. Caller frees. */
static char *
index_name(const char *stage, const Dependent *along)
{
    g_autofree char *name =
        along->own_name != NULL ? g_strconcat(stage, along->own_name, NULL) : NULL;
    if (name == NULL || strlen(name) > OBJECT_NAME_MAX)
        return pg_made_name(stage, along->name);
    return g_steal_pointer(&name);
}

static char *
statement_of(const Saying *saying, const Words *words, const char *stage)
{
    const Dependent *along = words->along;
    g_autofree char *name = index_name(stage, along);
    if (strcmp(along->kind, "default") == 0)
        return pg_sql("ALTER TABLE %s ALTER COLUMN \"%w\" SET DEFAULT %s", saying->table,
                      (const char *) along->own_from->pdata[0], words->text);
    if (strcmp(along->kind, "check") == 0)
        return pg_sql("ALTER TABLE %s ADD CONSTRAINT \"%w\" %s", saying->table, along->name,
                      words->text);
    return pg_sql("CREATE %sINDEX \"%w\" ON %s %s",
                  strcmp(along->kind, "unique") == 0 ? "UNIQUE " : "", name, saying->table,
                  words->text);
}

/* Built in is what pg_catalog has. */
static bool
say_words(const Saying *saying, const Words *words, const char *stage, GError **error)
{
    PgConn *conn = saying->conn;
    g_autofree char *sql = statement_of(saying, words, stage);
    if (words->reach != ALONG_HERE)
        pg_later(conn, "SET LOCAL search_path = pg_catalog");
    if (!pg_run(conn, error, "%s", sql))
        return false;
    if (words->reach != ALONG_HERE)
        pg_later(conn, "SET LOCAL search_path %s%s", *conn->path != '\0' ? "= " : "TO DEFAULT",
                 conn->path);
    return true;
}

/* --- before the rows --- */

static bool
is_late(const char *text)
{
    return g_str_has_suffix(text, " NOT VALID");
}

static bool
is_before(const Dependent *along, const char *text)
{
    return strcmp(along->kind, "unique") == 0 || strcmp(along->kind, "default") == 0 ||
           (strcmp(along->kind, "check") == 0 && !is_late(text));
}

/* `name` is the stage's own, `table` the same in SQL. */
bool
pg_along_before(PgConn *conn, const char *name, const char *table, const Schema *schema,
                GError **error)
{
    g_auto(Saying) saying = {0};
    if (!saying_begin(conn, table, schema, is_before, &saying, error))
        return false;
    name_columns(&saying, false);
    for (guint i = 0; i < saying.words->len; i++) {
        const Words *words = &g_array_index(saying.words, Words, i);
        g_autoptr(GError) broken = NULL;
        if (!say_words(&saying, words, name, &broken))
            return fail(error, error_code(broken), "%s '%s' of the source cannot be made: %s",
                        words->along->kind, words->along->name, broken->message);
    }
    name_columns(&saying, true);
    return true;
}

/* --- after them --- */

static bool
is_there(PgConn *conn, const PgObject *stage, const Dependent *along, bool *ret, GError **error)
{
    static const char indexes[] =
        "SELECT count(*) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE "
        "i.indrelid = %lld AND x.relname = %Q";
    static const char constraints[] =
        "SELECT count(*) FROM pg_constraint WHERE conrelid = %lld AND conname = %Q";
    bool is_index = strcmp(along->kind, "index") == 0;
    g_autofree char *made = is_index ? index_name(stage->name, along) : NULL;
    int64_t there = 0;
    if (!pg_int(conn, &there, error, is_index ? indexes : constraints, (long long) stage->oid,
                is_index ? made : along->name))
        return false;
    *ret = there > 0;
    return true;
}

static bool
is_after(const Dependent *along, const char *text)
{
    return strcmp(along->kind, "index") == 0 ||
           (strcmp(along->kind, "check") == 0 && is_late(text));
}

static bool
say_after(PgConn *conn, const PgObject *stage, const Schema *schema, GError **error)
{
    g_auto(Saying) saying = {0};
    if (!saying_begin(conn, stage->sql, schema, is_after, &saying, error))
        return false;
    name_columns(&saying, false);
    for (guint i = 0; i < saying.words->len; i++) {
        const Words *words = &g_array_index(saying.words, Words, i);
        g_autoptr(GError) broken = NULL;
        bool there = false;
        if (!is_there(conn, stage, words->along, &there, error))
            return false;
        if (!there && !say_words(&saying, words, stage->name, &broken))
            return pg_fail_index(conn, schema->dataset, words->along->name, broken, error);
    }
    name_columns(&saying, true);
    return true;
}

/* Indexes for which there are no other words than their columns. */
static bool
say_plain(PgConn *conn, const PgObject *stage, const Schema *schema, GError **error)
{
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *along = schema->dependents->pdata[i];
        g_autoptr(GError) broken = NULL;
        const char *text = NULL;
        AlongReach reach;
        bool there = false;
        if (!along_is_index(along))
            continue;
        if (!find_words(conn, schema, along, &text, &reach, error) ||
            !is_there(conn, stage, along, &there, error))
            return false;
        if (there || text != NULL)
            continue;
        g_autofree char *name = index_name(stage->name, along);
        g_autofree char *columns = along_columns_text(along->columns, pg_name);
        if (!pg_run(conn, &broken, "CREATE INDEX \"%w\" ON %s (%s)", name, stage->sql, columns))
            return pg_fail_index(conn, schema->dataset, along->name, broken, error);
    }
    return true;
}

bool
pg_along_after(PgConn *conn, const PgObject *stage, const Schema *schema, GError **error)
{
    return say_after(conn, stage, schema, error) && say_plain(conn, stage, schema, error);
}

/* --- foreign keys --- */

static bool
is_reference(const Dependent *along, const char *text)
{
    return strcmp(along->kind, "foreign_key_to") == 0;
}

bool
pg_along_references(PgConn *conn, const PgObject *stage, const Schema *schema, GError **error)
{
    g_auto(Saying) saying = {0};
    if (!saying_begin(conn, stage->sql, schema, is_reference, &saying, error))
        return false;
    for (guint i = 0; i < saying.words->len; i++) {
        const Words *words = &g_array_index(saying.words, Words, i);
        g_autofree char *columns = along_columns_text(words->along->own_columns, pg_name);
        bool there = false;
        if (!is_there(conn, stage, words->along, &there, error) ||
            (!there && !pg_run(conn, error,
                               "ALTER TABLE %s ADD CONSTRAINT \"%w\" FOREIGN KEY (%s) REFERENCES "
                               "%s%s",
                               stage->sql, words->along->name, columns, words->text,
                               is_late(words->text) ? "" : " NOT VALID")))
            return false;
    }
    return true;
}

bool
pg_validate(PgConn *conn, const PgObject *stage, const char *name, GError **error)
{
    g_autoptr(GError) broken = NULL;
    if (pg_run(conn, &broken, "ALTER TABLE %s VALIDATE CONSTRAINT \"%w\"", stage->sql, name))
        return true;
    if (pg_state_is(conn, "23503"))
        return fail(error, ERR_MISMATCH, "the foreign key '%s' does not hold: %s", name,
                    broken->message);
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

bool
pg_along_validate(PgConn *conn, const char *name, const Schema *schema, GError **error)
{
    g_auto(Saying) saying = {0};
    g_autoptr(PgObject) stage = NULL;
    if (!pg_object_need(conn, name, &stage, error) ||
        !saying_begin(conn, stage->sql, schema, is_reference, &saying, error))
        return false;
    for (guint i = 0; i < saying.words->len; i++) {
        const Words *words = &g_array_index(saying.words, Words, i);
        if (!is_late(words->text) && !pg_validate(conn, stage, words->along->name, error))
            return false;
    }
    return true;
}
