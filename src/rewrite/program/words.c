/*
 * words.c - strings that name the dataset only as a word: sentences, keys of other things, files that are about no table.
 *
 * Here a string is judged by itself, and by what kind of file it is in. What is in doubt is left to a person.
 */
#include "base/text.h"
#include "rewrite/imports/imports.h"

#include <string.h>

#define SENTENCE_WORDS_MIN 4 /* with fewer, a part of SQL may look like one */

static bool
says_any(const Work *work, const char *const *signs)
{
    for (size_t i = 0; signs[i] != NULL; i++)
        if (program_says(work, signs[i]))
            return true;
    return false;
}

/* ---- kinds of files ---- */

static bool
is_in_folder(const char *path, const char *const *folders)
{
    for (size_t i = 0; path != NULL && folders[i] != NULL; i++) {
        const char *at = strstr(path, folders[i]);
        if (at != NULL && (at == path || at[-1] == '/'))
            return true;
    }
    return false;
}

/* locales/de.yml, i18n/messages.ts */
static bool
is_translation(const char *path)
{
    static const char *const folders[] = {"locales/", "locale/", "i18n/", "translations/", NULL};
    return is_in_folder(path, folders);
}

/* Descriptions of interfaces of HTTP: openapi: 3.0.1 */
static bool
is_interface(const Work *work)
{
    static const char *const marks[] = {
        "openapi:", "\"openapi\":", "swagger:", "\"swagger\":", NULL};
    static const char *const folders[] = {"openapi/", "swagger/", NULL};
    size_t bytes = MIN(work->bytes, 1024);
    if (is_in_folder(work->path, folders))
        return true;
    for (size_t i = 0; marks[i] != NULL; i++)
        if (text_find_folded(work->text, bytes, marks[i]) != NULL)
            return true;
    return false;
}

/* What builds the program: names of packages, tasks and folders. */
static bool
is_package(const char *path)
{
    static const char *const names[] = {"package.json",
                                        "package-lock.json",
                                        "composer.json",
                                        "composer.lock",
                                        "tsconfig.json",
                                        "Cargo.toml",
                                        NULL};
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    return path != NULL && g_strv_contains(names, slash != NULL ? slash + 1 : path);
}

/* <artifactId>users</artifactId> of Maven: what a program is built of. */
bool
use_is_of_build(const Unit *unit, const Use *use)
{
    static const char *const tags[] = {"<artifactId>", "<groupId>", "<module>"};
    if (!g_str_has_suffix(unit->work->path, "pom.xml"))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
        size_t bytes = strlen(tags[i]);
        if (use->whole.begin >= bytes &&
            memcmp(unit->text->bytes + use->whole.begin - bytes, tags[i], bytes) == 0)
            return true;
    }
    return false;
}

const char *
program_is_no_table(const Unit *unit)
{
    const Work *work = unit->work;
    if (is_translation(work->path))
        return "this is a translation: text for people";
    if (unit->language->is_data && is_interface(work))
        return "this describes an interface, and no table";
    return unit->language->is_data && is_package(work->path)
               ? "this says what a program is built of, and no table"
               : NULL;
}

/* What runs in a browser shows tables, and queries addresses. */
static bool
is_for_browser(const Unit *unit)
{
    static const char *const signs[] = {"document.", "window.", "from 'react", "from \"react",
                                        NULL};
    const char *path = unit->work->path;
    return unit_is_language(unit, "javascript") &&
           (g_str_has_suffix(path, ".jsx") || g_str_has_suffix(path, ".tsx") ||
            says_any(unit->work, signs));
}

/* Words of stores, of libraries that speak with them, and of who runs queries. */
/* clang-format off */
static const char *const table_words[] = {
    "sql", "database", "dataset", "datasource", "jdbc", "bigquery", "snowflake", "redshift",
    "spark", "warehouse", "dataframe", "pandas", "athena", "duckdb", "postgres", "mongo",
    "dynamo", "cassandra", "clickhouse", "prisma", "knex", "typeorm", "sequelize", "drizzle",
    "kysely", "squirrel", "goqu", "ActiveRecord", "wpdb", "sqlalchemy", "django.db", "gorm",
    "doctrine", "ApplicationRecord", "eloquent", "hibernate", "mybatis", "jooq",
    "org.jetbrains.exposed", "slick", "doobie", "quill", "diesel", "ecto", "hasura", "airflow",
    "tablename", "table_name", "dbt", "psql", "persistence", "supabase", "postgrest", "objection",
    "bookshelf", "mikro-orm", "polars", "iceberg", "sea_orm", "peewee", "tortoise", "ktorm",
    "dapper", "xorm", "sequel", "illuminate",
    NULL};
/* clang-format on */

static bool
speaks_of_tables(const Unit *unit)
{
    static const char *const perhaps[] = {"table",      "query",    "queries",   "schema",
                                          "entity",     "relation", "repositor", "migration",
                                          "connection", NULL};
    return says_any(unit->work, table_words) || program_has_word(unit->work, "db") ||
           (!is_for_browser(unit) && says_any(unit->work, perhaps));
}

/* read("users"), extract_rows("users"): functions of the program's own, which nobody knows but by their names. */
static bool
is_called_like_a_reader(const Unit *unit, const Use *use)
{
    static const char *const verbs[] = {"read", "scan", "extract", "ingest", "query", NULL};
    return span_begins_with_any(unit->text, use->callee, verbs);
}

/* get("users"), in a file that is about something else. What is set to a name may be used anywhere. */
bool
use_is_of_no_table(Unit *unit, const Use *use)
{
    return !use->is_assigned && !unit->language->is_data && !use_writes_table(unit, use) &&
           !is_called_like_a_reader(unit, use) && !program_has_word(unit->work, "df") &&
           !speaks_of_tables(unit);
}

/* ---- columns of results ---- */

/* rs.getNullableUUID("users"), a function of the program's own on what rows of JDBC are called */
static bool
is_own_getter(const Unit *unit, const Use *use)
{
    static const char *const rows[] = {"rs", "resultSet", NULL}, *const verbs[] = {"get", NULL};
    return span_is_among(unit->text, use->receiver, rows) &&
           span_begins_with_any(unit->text, use->callee, verbs);
}

/* rows.getString("users") of JDBC */
bool
use_is_column_of_result(const Unit *unit, const Use *use)
{
    static const char *const getters[] = {"getString",    "getInt",        "getLong",   "getDouble",
                                          "getFloat",     "getBoolean",    "getDate",   "getTime",
                                          "getTimestamp", "getBytes",      "getObject", "getShort",
                                          "getArray",     "getBigDecimal", NULL};
    static const char *const signs[] = {"ResultSet",    "prepareStatement", "java.sql",
                                        "executeQuery", "RowMapper",        NULL};
    return use->argument == 0 && use->key.end == 0 && unit->language->imports == imports_classes &&
           (span_is_among(unit->text, use->callee, getters) || is_own_getter(unit, use)) &&
           says_any(unit->work, signs);
}

/* ---- tags of Go ---- */

/* `json:"users,omitempty" xml:"users"`: names of other things; `db:"…"` and the like are none of these. */
bool
text_is_tag_for_others(const Unit *unit, const Text *text)
{
    static const char *const keys[] = {"json",  "yaml",   "xml",          "toml",        "form",
                                       "bson",  "csv",    "header",       "validate",    "binding",
                                       "uri",   "url",    "hcl",          "long",        "env",
                                       "query", "schema", "mapstructure", "description", NULL};
    size_t at = 0;
    bool has_tag = false;
    if (!unit_is_language(unit, "go"))
        return false;
    for (;;) {
        while (text_byte(text, at) == ' ')
            at++;
        if (at >= text->count)
            return has_tag;
        size_t begin = at;
        while (is_identifier_byte(text_byte(text, at)))
            at++;
        Span key = {(uint32_t) begin, (uint32_t) at};
        if (!span_is_among(text, key, keys) || !text_starts(text, at, ":\""))
            return false;
        for (at += 2; at < text->count && text->bytes[at] != '"';)
            at++;
        if (at++ >= text->count)
            return false;
        has_tag = true;
    }
}

/* ---- sentences ---- */

/* Words that only people write, and words with which SQL begins or goes on. */
static bool
is_english(const Text *text, Span word)
{
    static const char *const words[] = {"the",    "was",    "were",   "are",  "did",   "does",
                                        "should", "cannot", "could",  "have", "has",   "this",
                                        "that",   "these",  "must",   "been", "which", "your",
                                        "our",    "their",  "please", "of",   "you",   NULL};
    return span_is_among(text, word, words);
}

static bool
is_of_sql(const Text *text, Span word, bool is_first)
{
    static const char *const anywhere[] = {
        "select", "insert", "update", "delete", "from",  "join",     "where",  "into",
        "create", "alter",  "drop",   "merge",  "union", "truncate", "having", NULL};
    static const char *const first[] = {
        "comment", "grant",    "revoke", "analyze", "vacuum",   "reindex", "lock",
        "explain", "call",     "exec",   "execute", "describe", "show",    "use",
        "set",     "declare",  "begin",  "with",    "copy",     "unload",  "load",
        "refresh", "optimize", "msck",   "cache",   "rename",   "replace", "on",
        "and",     "or",       "order",  "group",   "left",     "right",   "inner",
        "full",    "cross",    "table",  "values",  "for",      NULL};
    return span_is_among(text, word, anywhere) || (is_first && span_is_among(text, word, first));
}

bool
text_is_sentence(const Text *text)
{
    int words = 0;
    bool has_english = false;
    for (size_t at = 0; at < text->count;) {
        size_t begin = at;
        while (is_identifier_byte(text_byte(text, at)) || text_byte(text, at) == '-')
            at++;
        Span word = {(uint32_t) begin, (uint32_t) at};
        if (at == begin) {
            if (strchr("=;*()<>|[]\n", text->bytes[at++]) != NULL)
                return false;
            continue;
        }
        if (is_of_sql(text, word, words == 0))
            return false;
        has_english = has_english || is_english(text, word);
        words++;
    }
    return has_english && words >= SENTENCE_WORDS_MIN;
}

/* ---- keys with dots ---- */

static bool
is_file_ending(const Text *text, Span word)
{
    static const char *const endings[] = {"json", "csv",  "sql",   "parquet", "yaml", "yml", "avro",
                                          "txt",  "tsv",  "gz",    "xml",     "py",   "md",  "orc",
                                          "zip",  "html", "jsonl", "dump",    NULL};
    return span_is_among(text, word, endings);
}

/* "users.not_found": a key of something, where the mapping knows no such column. The name has one part. */
bool
text_is_dotted_key(const Work *work, const Text *text, size_t begin, size_t end)
{
    for (size_t i = 0; i < text->count; i++)
        if (!is_identifier_byte(text->bytes[i]) && strchr(".-", text->bytes[i]) == NULL)
            return false;
    size_t last = end + 1;
    while (is_identifier_byte(text_byte(text, last)))
        last++;
    Span word = {(uint32_t) end + 1, (uint32_t) last};
    if (text_byte(text, end) != '.' || last == end + 1 || is_file_ending(text, word) ||
        g_ascii_isdigit(text->bytes[end + 1]))
        return false;
    g_autofree char *table = g_strndup(text->bytes + begin, end - begin),
                    *column = g_strndup(text->bytes + word.begin, word.end - word.begin);
    SqlPart part = {.text = column};
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (g_ascii_strcasecmp(spelling->last, table) == 0 && spelling->source[1] == NULL &&
                (rename->changes->len == 0 ||
                 rename_column(rename, dialect_by_name("ansi"), &part) != NULL))
                return false;
        }
    }
    return true;
}
