/* code.c - see code.h. */
#include "rewrite/code.h"

#include "base/text.h"
#include "sql/guess.h"

#include <glib.h>
#include <string.h>

#define LOOKED_AT_BYTES 8192 /* as far as git looks, too */

bool
code_is_passed_over(const char *name, bool is_folder)
{
    static const char *const others[] = {"node_modules", "dbt_packages", NULL};
    static const char *const own[] = {".github",     ".gitlab",       ".circleci",  ".buildkite",
                                      ".woodpecker", ".drone",        ".semaphore", ".tekton",
                                      ".azure",      ".ci",           ".githooks",  ".husky",
                                      ".config",     ".devcontainer", NULL};
    return is_folder && (g_strv_contains(others, name) ||
                         (name[0] == '.' && name[1] != '\0' && !g_strv_contains(own, name)));
}

bool
code_path_is_passed_over(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    for (size_t i = 0; parts[i] != NULL; i++)
        if (code_is_passed_over(parts[i], parts[i + 1] != NULL))
            return true;
    return false;
}

bool
code_is_binary(const char *bytes, size_t count)
{
    return memchr(bytes, '\0', MIN(count, LOOKED_AT_BYTES)) != NULL;
}

bool
code_ends_with(const char *path, const char *const *endings)
{
    for (size_t i = 0; endings[i] != NULL; i++)
        if (g_str_has_suffix(path, endings[i]))
            return true;
    return false;
}

/* What an ending says of the SQL in such files, in any letters; NULL: what is in them tells. */
static const struct {
    const char *ending, *dialect;
} sql_endings[] = {{"sql", NULL},        {"ddl", NULL},         {"dml", NULL},
                   {"dql", NULL},        {"hql", "spark"},      {"hive", "spark"},
                   {"q", "spark"},       {"sparksql", "spark"}, {"bq", "bigquery"},
                   {"bql", "bigquery"},  {"bqsql", "bigquery"}, {"pgsql", "postgres"},
                   {"psql", "postgres"}, {"tsql", "tsql"},      {"mysql", "mysql"},
                   {"presto", "trino"},  {"trino", "trino"},    {"duckdb", NULL},
                   {"plsql", NULL},      {"pls", NULL},         {"snowsql", "snowflake"},
                   {"pkb", NULL},        {"pks", NULL},         {"pck", NULL},
                   {"prc", NULL},        {"fnc", NULL},         {"trg", NULL},
                   {"udf", NULL}};

/* Behind them: a template makes the file, or it is a part of a template's name. */
static const char *const template_endings[] = {".j2",   ".jinja",    ".jinja2", ".tpl",
                                               ".tmpl", ".template", ".in",     ".mustache",
                                               ".hbs",  ".liquid"};

/* The ending of the path without that of a template, if it is one of SQL's; -1: it is none. */
static int
sql_ending(const char *path)
{
    const char *name = text_behind_slash(path);
    size_t bytes = strlen(name);
    for (size_t i = 0; i < G_N_ELEMENTS(template_endings); i++) {
        size_t more = strlen(template_endings[i]);
        if (bytes > more && g_ascii_strcasecmp(name + bytes - more, template_endings[i]) == 0) {
            bytes -= more;
            break;
        }
    }
    const char *dot = memrchr(name, '.', bytes);
    size_t length = dot != NULL ? bytes - (size_t) (dot + 1 - name) : 0;
    for (size_t i = 0; length > 0 && i < G_N_ELEMENTS(sql_endings); i++)
        if (strlen(sql_endings[i].ending) == length &&
            g_ascii_strncasecmp(dot + 1, sql_endings[i].ending, length) == 0)
            return (int) i;
    return -1;
}

bool
code_is_sql(const char *path)
{
    return sql_ending(path) >= 0;
}

const Dialect *
code_dialect(const char *path, const char *text, size_t bytes, const Dialect *usual,
             bool *ret_doubts_quotes)
{
    int ending = path != NULL ? sql_ending(path) : -1;
    const char *told = ending >= 0 ? sql_endings[ending].dialect : NULL;
    if (told == NULL)
        return dialect_guess(text, bytes, usual, ret_doubts_quotes);
    if (ret_doubts_quotes != NULL)
        *ret_doubts_quotes = false;
    return dialect_by_name(told);
}
