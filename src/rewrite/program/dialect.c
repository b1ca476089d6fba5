/* dialect.c - which dialect the SQL of a program is in, by what the program speaks of. */
#include "base/text.h"
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define SIGNS_MAX 1000 /* of one store in one file, which are all in names of datasets */

static const struct {
    const char *sign, *dialect;
} signs[] = {
    {"bigquery", "bigquery"},     {"bq query", "bigquery"},  {"read_gbq", "bigquery"},
    {"pyspark", "spark"},         {"SparkSession", "spark"}, {"spark.sql", "spark"},
    {"databricks", "spark"},      {"psycopg", "postgres"},   {"postgres", "postgres"},
    {"sqlite", "sqlite"},         {"mysql", "mysql"},        {"snowflake", "snowflake"},
    {"redshift", "redshift"},     {"trino", "trino"},        {"presto", "trino"},
    {"athena", "trino"},          {"duckdb", "duckdb"},      {"pyodbc", "tsql"},
    {"sqlserver", "tsql"},        {"npgsql", "postgres"},    {"Data.SqlClient", "tsql"},
    {"clickhouse", "clickhouse"},
};

/* Is the word around `at` a part of the name? */
static bool
is_word_of_name(const Work *work, const char *at, const char *name)
{
    const char *begin = at, *end = at, *stop = work->text + work->bytes;
    while (begin > work->text && is_identifier_byte(begin[-1]))
        begin--;
    while (end < stop && is_identifier_byte(*end))
        end++;
    g_autofree char *word = g_strndup(begin, (size_t) (end - begin));
    size_t found;
    return find_word(name, strlen(name), word, &found);
}

static bool
is_word_of_dataset(const Work *work, const char *at)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++)
            if (is_word_of_name(
                    work, at, ((const Spelling *) g_ptr_array_index(rename->spellings, s))->whole))
                return true;
    }
    return false;
}

/* acme.mysql_replica.users says nothing of the store that it is in: is the sign only in names of datasets? */
static bool
is_in_names_alone(const Work *work, const char *sign)
{
    const char *end = work->text + work->bytes, *at = work->text;
    for (int i = 0; i < SIGNS_MAX; i++, at += strlen(sign)) {
        at = text_find_folded(at, (size_t) (end - at), sign);
        if (at == NULL || !is_word_of_dataset(work, at))
            return at == NULL;
    }
    return true;
}

/* What the program around it speaks of, if it is one thing. */
const Dialect *
program_dialect(const Work *work)
{
    const char *found = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (!program_says(work, signs[i].sign) || is_in_names_alone(work, signs[i].sign))
            continue;
        if (found != NULL && strcmp(found, signs[i].dialect) != 0)
            return NULL;
        found = signs[i].dialect;
    }
    return found != NULL ? dialect_by_name(found) : NULL;
}
