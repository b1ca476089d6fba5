/* dialect.c - what differs between dialects, as one table. */
#include "sql/token.h"

#include <string.h>

/* clang-format off */
static const Dialect dialects[] = {
    {.name = "ansi", .also = {"generic"}, .name_quotes = "\"", .string_quotes = "'",
     .table_case = CASE_IGNORED, .column_case = CASE_IGNORED, .quotes_keep_case = true},
    {.name = "bigquery", .also = {"googlesql", "bq"}, .name_quotes = "`", .string_quotes = "'\"",
     .has_backslash = true, .has_long_strings = true, .has_prefixes = true, .has_hash_comments = true,
     .has_paths_in_quotes = true, .has_dashed_paths = true, .has_value_tables = true,
     .has_group_outputs = true,
     .table_case = CASE_KEPT, .column_case = CASE_IGNORED},
    {.name = "postgres", .default_schema = "public", .also = {"postgresql", "pg"}, .name_quotes = "\"", .string_quotes = "'",
     .has_dollar_quotes = true, .has_nested_comments = true,
     .table_case = CASE_LOWER, .column_case = CASE_LOWER, .quotes_keep_case = true},
    {.name = "sqlite", .default_schema = "main", .also = {"sqlite3"}, .name_quotes = "\"`[", .string_quotes = "'",
     .has_alias_reuse = true, .has_tacit_recursion = true, .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
    {.name = "mysql", .also = {"mariadb"}, .name_quotes = "`", .string_quotes = "'\"",
     .has_backslash = true, .has_hash_comments = true, .has_having_outputs = true,
     .table_case = CASE_KEPT, .column_case = CASE_IGNORED},
    {.name = "snowflake", .default_schema = "public", .name_quotes = "\"", .string_quotes = "'", .has_backslash = true,
     .has_dollar_quotes = true, .has_slash_comments = true, .has_lambdas = true, .has_alias_reuse = true,
     .table_case = CASE_UPPER, .column_case = CASE_UPPER, .quotes_keep_case = true},
    {.name = "spark", .also = {"databricks", "hive", "sparksql"}, .name_quotes = "`", .string_quotes = "'\"",
     .has_backslash = true, .has_prefixes = true, .has_nested_comments = true, .has_lambdas = true,
     .has_alias_reuse = true, .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
    {.name = "trino", .also = {"presto", "athena"}, .name_quotes = "\"", .string_quotes = "'",
     .has_lambdas = true, .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
    {.name = "duckdb", .default_schema = "main", .name_quotes = "\"", .string_quotes = "'", .has_dollar_quotes = true, .has_lambdas = true,
     .has_alias_reuse = true, .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
    {.name = "redshift", .default_schema = "public", .name_quotes = "\"", .string_quotes = "'", .has_backslash = true,
     .has_dollar_quotes = true, .has_nested_comments = true, .has_alias_reuse = true,
     .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
    {.name = "tsql", .default_schema = "dbo", .also = {"mssql", "sqlserver"}, .name_quotes = "\"[", .string_quotes = "'",
     .has_nested_comments = true, .has_tacit_recursion = true, .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
};

static const char *const names[] = {"ansi", "bigquery", "postgres", "sqlite", "mysql", "snowflake",
                                    "spark", "trino", "duckdb", "redshift", "tsql", NULL};
/* clang-format on */
G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(dialects) + 1);

const Dialect *
dialect_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(dialects); i++) {
        const Dialect *dialect = &dialects[i];
        if (g_ascii_strcasecmp(dialect->name, name) == 0)
            return dialect;
        for (size_t j = 0; j < G_N_ELEMENTS(dialect->also) && dialect->also[j] != NULL; j++)
            if (g_ascii_strcasecmp(dialect->also[j], name) == 0)
                return dialect;
    }
    return NULL;
}

const char *const *
dialect_names(void)
{
    return names;
}

/* Signs that one dialect has and the others hardly: the first that is found decides. Quotes come last,
 * because they only tell what a text is not. */
static const struct {
    const char *sign, *dialect;
} signs[] = {
    {"SAFE_CAST(", "bigquery"},
    {"_TABLE_SUFFIX", "bigquery"},
    {"SELECT AS STRUCT", "bigquery"},
    {"TIMESTAMP_TRUNC(", "bigquery"},
    {"SAFE_DIVIDE(", "bigquery"},
    {"WITH OFFSET", "bigquery"},
    {"FLATTEN(", "snowflake"},
    {"LATERAL VIEW", "spark"},
    {"TRY_TO_", "snowflake"},
    {"CROSS APPLY", "tsql"},
    {"NVARCHAR", "tsql"},
    {"GETDATE()", "tsql"},
    {"AUTOINCREMENT", "sqlite"},
    {"STRFTIME(", "sqlite"},
    {"JULIANDAY(", "sqlite"},
    {"::", "postgres"},
    {"ILIKE", "postgres"},
    {"RETURNING", "postgres"},
};

static bool
has_sign(const char *text, size_t bytes, const char *sign)
{
    size_t length = strlen(sign);
    for (size_t i = 0; i + length <= bytes; i++)
        if (g_ascii_strncasecmp(text + i, sign, length) == 0)
            return true;
    return false;
}

/* A backtick around a whole path, as in `project.dataset.table`. */
static bool
has_path_in_backticks(const char *text, size_t bytes)
{
    const char *end = text + bytes;
    for (const char *open = text; (open = memchr(open, '`', (size_t) (end - open))) != NULL;
         open++) {
        const char *close = memchr(open + 1, '`', (size_t) (end - open - 1));
        if (close == NULL)
            return false;
        if (memchr(open, '.', (size_t) (close - open)) != NULL)
            return true;
        open = close;
    }
    return false;
}

const Dialect *
dialect_guess(const char *text, size_t bytes)
{
    if (has_path_in_backticks(text, bytes))
        return dialect_by_name("bigquery");
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
        if (has_sign(text, bytes, signs[i].sign))
            return dialect_by_name(signs[i].dialect);
    if (memchr(text, '`', bytes) != NULL)
        return dialect_by_name("mysql");
    return dialect_by_name("ansi");
}
