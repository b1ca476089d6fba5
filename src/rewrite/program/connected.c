/*
 * connected.c - does a program go to another database or schema than --default says? mysql://host/archive,
 * connect(database="archive"), QueryJobConfig(default_dataset="acme.archive"), session.use_schema("archive").
 *
 * A database of PostgreSQL, SQL Server and the like is what is around a schema: it says something only where --default has
 * more than one part.
 */
#include "rewrite/program/program.h"

#include <string.h>

#define CALL_PIECES_MAX 400 /* of a call that opens a connection */

/* ---- names ---- */

static bool
has_projects(const Unit *unit)
{
    return unit->work->renames->default_path[1] != NULL;
}

/* archive, and neither the dataset of --default nor a copy of it that a test has (shop_test, test_shop, test). */
static bool
is_elsewhere(const Unit *unit, const char *name, size_t bytes)
{
    char *const *path = unit->work->renames->default_path;
    size_t last = bytes; /* of acme-prod.archive */
    while (last > 0 && strchr(".:", name[last - 1]) == NULL)
        last--;
    g_autofree char *lower = g_ascii_strdown(name + last, (gssize) (bytes - last));
    if (!default_is_other(unit, name, bytes) || strstr(lower, "test") != NULL)
        return false;
    for (size_t i = 0; path[i] != NULL; i++) {
        g_autofree char *part = g_ascii_strdown(path[i], -1);
        if (strstr(lower, part) != NULL)
            return false;
    }
    return true;
}

/* ---- addresses ---- */

typedef enum { DATABASE_IS_DATASET, SECOND_IS_DATASET, DATABASE_IS_AROUND } AddressForm;

static const struct {
    const char *scheme;
    AddressForm place;
} schemes[] = {
    {"mysql", DATABASE_IS_DATASET},      {"mariadb", DATABASE_IS_DATASET},
    {"mysql2", DATABASE_IS_DATASET},     {"hive", DATABASE_IS_DATASET},
    {"hive2", DATABASE_IS_DATASET},      {"impala", DATABASE_IS_DATASET},
    {"clickhouse", DATABASE_IS_DATASET}, {"clickhousedb", DATABASE_IS_DATASET},
    {"ch", DATABASE_IS_DATASET},         {"bigquery", DATABASE_IS_DATASET},
    {"awsathena", DATABASE_IS_DATASET},  {"snowflake", SECOND_IS_DATASET},
    {"trino", SECOND_IS_DATASET},        {"presto", SECOND_IS_DATASET},
    {"postgres", DATABASE_IS_AROUND},    {"postgresql", DATABASE_IS_AROUND},
    {"redshift", DATABASE_IS_AROUND},    {"sqlserver", DATABASE_IS_AROUND},
    {"databricks", DATABASE_IS_AROUND},
};

/* `mysql` of jdbc:mysql://… and of mysql+pymysql://…; NULL: it is no such address. */
static const AddressForm *
place_of(const char *bytes, size_t count)
{
    size_t begin = 0;
    if (count > 5 && g_ascii_strncasecmp(bytes, "jdbc:", 5) == 0)
        begin = 5;
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        size_t length = strlen(schemes[i].scheme);
        if (count > begin + length && strchr("+:", bytes[begin + length]) != NULL &&
            g_ascii_strncasecmp(bytes + begin, schemes[i].scheme, length) == 0)
            return &schemes[i].place;
    }
    return NULL;
}

/* ?currentSchema=archive&…, ;databaseName=archive */
static bool
setting_says_other(const Unit *unit, const char *at, const char *end)
{
    static const char *const names[] = {"currentSchema", "schema", "search_path", "schemaName"};
    for (; at < end; at++)
        for (size_t i = 0; strchr("?&;", at[-1]) != NULL && i < G_N_ELEMENTS(names); i++) {
            size_t length = strlen(names[i]);
            const char *value = at + length + 1;
            if (value >= end || at[length] != '=' || g_ascii_strncasecmp(at, names[i], length) != 0)
                continue;
            size_t bytes = 0;
            while (value + bytes < end && strchr("&;", value[bytes]) == NULL)
                bytes++;
            return is_elsewhere(unit, value, bytes);
        }
    return false;
}

/* mysql://me:secret@host:3306/archive?ssl=1 */
static bool
address_says_other(const Unit *unit, Span span)
{
    const char *bytes = unit->text->bytes + span.begin;
    size_t count = span.end - span.begin;
    const char *end = bytes + count, *host = count < 2048 ? memmem(bytes, count, "://", 3) : NULL;
    const AddressForm *place = host != NULL ? place_of(bytes, count) : NULL;
    if (place == NULL)
        return false;
    const char *at = host + 3, *settings = at;
    while (settings < end && strchr("?;", *settings) == NULL)
        settings++;
    for (int part = *place == SECOND_IS_DATASET ? 2 : 1; part > 0 && at < settings; part--) {
        at = memchr(at, '/', (size_t) (settings - at));
        at = at != NULL ? at + 1 : settings;
    }
    size_t bytes_of_name = 0;
    while (at + bytes_of_name < settings && at[bytes_of_name] != '/')
        bytes_of_name++;
    bool is_said = *place != DATABASE_IS_AROUND || has_projects(unit);
    return (is_said && is_elsewhere(unit, at, bytes_of_name)) ||
           (settings < end && setting_says_other(unit, settings + 1, end));
}

/* ---- calls ---- */

static bool
has_any_word(const Unit *unit, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (program_has_word(unit->work, words[i]))
            return true;
    return false;
}

/* Is what this program calls a database around the schemas? */
static bool
has_databases_around(const Unit *unit)
{
    static const char *const words[] = {
        "psycopg2",  "psycopg",  "asyncpg", "pg8000", "Postgres",  "RPostgreSQL",
        "RPostgres", "postgres", "pg",      "pyodbc", "snowflake", "redshift_connector",
        NULL};
    return has_any_word(unit, words);
}

static bool
is_key_of_dataset(const Unit *unit, Span key)
{
    static const char *const schemas[] = {"schema", "dataset", "dataset_id", "currentSchema", NULL};
    static const char *const databases[] = {"database", "db", "dbname", "db_name", NULL};
    return span_is_among(unit->text, key, schemas) ||
           (span_is_among(unit->text, key, databases) &&
            (has_projects(unit) || !has_databases_around(unit)));
}

/* pymysql.connect(…), dbConnect(…), createConnection({…}), MySqlHook(…) */
static bool
is_connecting(const Unit *unit, guint word)
{
    static const char *const others[] = {"get_client", "Client", "createPool", NULL};
    const Piece *piece = unit_piece(unit, word);
    Span name = piece_span(piece);
    if (piece->kind != PIECE_WORD || !unit_is_sign(unit, word + 1, '('))
        return false;
    if (span_is_among(unit->text, name, others))
        return true;
    g_autofree char *text = g_strndup(unit->text->bytes + name.begin, name.end - name.begin);
    return g_str_has_suffix(text, "Hook") || g_str_has_suffix(text, "onnect") ||
           g_str_has_suffix(text, "onnection");
}

static bool
literal_says_other(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    char behind = unit_sign(unit, unit_next(unit, index, true));
    bool is_whole = behind == '\0' || strchr("+.%[", behind) == NULL;
    return piece->kind == PIECE_LITERAL && is_whole &&
           is_elsewhere(unit, unit->text->bytes + piece->inner_begin,
                        piece->inner_end - piece->inner_begin);
}

static bool
call_connects_elsewhere(Unit *unit, guint word)
{
    if (!is_connecting(unit, word))
        return false;
    guint end = MIN(unit_bracket_end(unit, word + 1), word + CALL_PIECES_MAX);
    for (guint i = word + 2; i < end && i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        Span key = piece->kind == PIECE_LITERAL ? (Span){piece->inner_begin, piece->inner_end}
                                                : piece_span(piece);
        guint sign = unit_next(unit, i, true);
        if ((unit_is_sign(unit, sign, '=') || unit_is_sign(unit, sign, ':')) &&
            is_key_of_dataset(unit, key) && literal_says_other(unit, unit_next(unit, sign, true)))
            return true;
    }
    return false;
}

/* session.use_schema("archive"), bq_dataset("acme", "archive") whose queries have no other dataset */
static bool
call_goes_elsewhere(Unit *unit, guint word)
{
    static const char *const goers[] = {"setCurrentDatabase", "use_schema",  "useDatabase",
                                        "select_db",          "selectDb",    "setSchema",
                                        "set_schema",         "use_dataset", NULL};
    if (unit_piece(unit, word)->kind != PIECE_WORD || !unit_is_sign(unit, word + 1, '('))
        return false;
    guint first = unit_next(unit, word + 1, true), comma = unit_next(unit, first, true);
    if (span_is_among(unit->text, piece_span(unit_piece(unit, word)), goers))
        return literal_says_other(unit, first);
    return unit_is_word(unit, word, "bq_dataset") && unit_is_sign(unit, comma, ',') &&
           program_has_word(unit->work, "bq_dataset_query") &&
           literal_says_other(unit, unit_next(unit, comma, true));
}

/* default_dataset="acme.archive", anywhere: a job's settings are made before its query */
static bool
setting_goes_elsewhere(const Unit *unit, guint word)
{
    guint sign = unit_next(unit, word, true);
    return (unit_is_word(unit, word, "default_dataset") ||
            unit_is_word(unit, word, "defaultDataset")) &&
           unit_is_sign(unit, sign, '=') && literal_says_other(unit, unit_next(unit, sign, true));
}

bool
program_goes_elsewhere(Unit *unit)
{
    static const char asked[] = "connections ";
    if (unit->work->renames->default_path == NULL)
        return false;
    if (unit->asked == NULL)
        unit->asked = g_hash_table_new(g_str_hash, g_str_equal);
    void *known = g_hash_table_lookup(unit->asked, asked);
    bool is_there = GPOINTER_TO_INT(known) == 1;
    for (guint i = 0; known == NULL && !is_there && i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        is_there = (piece->kind == PIECE_LITERAL &&
                    address_says_other(unit, (Span){piece->inner_begin, piece->inner_end})) ||
                   call_connects_elsewhere(unit, i) || call_goes_elsewhere(unit, i) ||
                   setting_goes_elsewhere(unit, i);
    }
    g_hash_table_insert(unit->asked, (void *) asked, GINT_TO_POINTER(is_there ? 1 : 2));
    return is_there;
}
