/* dialect.c - what differs between dialects, as one table. */
#include "sql/token.h"

#include <pthread.h>
#include <string.h>

/* clang-format off */
#define POSTGRES_RESERVED " user analyse analyze any array asymmetric both cast check collate column concurrently constraint " \
    "current_catalog current_date current_role current_schema current_time current_timestamp current_user deferrable do end " \
    "fetch foreign freeze grant initially leading localtime localtimestamp offset only placing primary references " \
    "returning session_user some symmetric to trailing unique variadic verbose window authorization binary "
#define REDSHIFT_RESERVED " user tag timestamp sysdate system encode raw delta offline percent permissions respect snapshot " \
    "oid open partition rejectlog resort restore tsql wallet without backup credentials deflate explicit "
#define BIGQUERY_RESERVED " any array assert_rows_modified at cast collate contains cube current define end enum escape " \
    "exclude extract fetch following grouping groups hash if ignore interval lookup merge new no nulls of over partition " \
    "preceding proto range recursive respect rollup rows set some struct tablesample to treat unbounded window within "
#define SNOWFLAKE_RESERVED " any check column connect connection constraint current current_date current_time " \
    "current_timestamp current_user database grant gscluster ilike increment issue lateral localtime localtimestamp minus of " \
    "organization regexp revoke rlike row rows sample schema set some start tablesample to trigger unique update values view whenever account "
#define TSQL_RESERVED " user file key percent plan proc procedure public read rule save schema session_user statistics system_user " \
    "tran transaction trigger truncate unique use view waitfor backup browse bulk check checkpoint close clustered coalesce column " \
    "commit compute constraint contains containstable continue convert current current_date current_time current_timestamp cursor " \
    "database dbcc deallocate declare delete deny disk distributed double dump end errlvl escape exec execute exit external fetch " \
    "fillfactor foreign freetext function goto grant holdlock identity if index insert kill load merge national nocheck nonclustered " \
    "nullif of off offsets open option over pivot precision primary print raiserror reconfigure references replication restore " \
    "restrict return revert revoke rollback rowcount rowguidcol securityaudit set setuser shutdown some textsize to top tsequal unpivot update "
#define MYSQL_RESERVED " accessible add alter analyze asc bigint binary blob both call cascade change char character check collate column " \
    "condition constraint convert cube cume_dist current_date current_time current_timestamp current_user cursor database databases " \
    "date_add dec decimal declare delayed delete dense_rank describe deterministic double drop each empty escaped exit explain " \
    "fetch first_value float force foreign fulltext function generated grant grouping groups high_priority if ignore index int integer " \
    "interval iterate key keys kill lag last_value lead leave linear lines load lock long loop match mod modifies ntile of optimize " \
    "option out over partition percent_rank primary procedure purge range rank read real recursive references regexp release rename repeat " \
    "replace require resignal restrict return revoke row rows row_number schema sensitive separator set show signal smallint spatial " \
    "sql ssl starting stored system terminated tinyint to trailing trigger undo unique unlock unsigned update usage use utc_date varchar " \
    "varying virtual while window write xor zerofill condition dual groups "
#define POSTGRES_SIGNS .has_apart_commas = true, .has_sure_aliases = true, .has_ordered_commons = true, .forward = FORWARD_SEEN, .has_field_names = true, .reserved = POSTGRES_RESERVED, .default_schema = "public", .also = {"postgresql", "pg"}, \
    .has_cast_names = true, .has_sorted_columns = true, .has_joined_returning = true, .has_rows = true, .name_quotes = "\"", .string_quotes = "'", \
    .has_dollar_quotes = true, .has_nested_comments = true, .quotes_keep_case = true
static const Dialect dialects[] = {
    {.name = "ansi", .omitted_schema = "dbo", .also = {"generic"}, .name_quotes = "\"`", .string_quotes = "'", .has_loose_statements = true,
     .has_from_first = true, .has_alias_strings = true, .has_methods = true, .has_lambdas = true,
     .is_any = true, .has_rows = true, .has_field_names = true,
     .table_case = CASE_IGNORED, .column_case = CASE_IGNORED, .quotes_keep_case = true},
    {.name = "bigquery", .forward = FORWARD_SEEN, .has_ordered_commons = true, .has_field_names = true, .reserved = BIGQUERY_RESERVED, .also = {"googlesql", "bq"}, .name_quotes = "`", .string_quotes = "'\"",
     .has_backslash = true, .has_long_strings = true, .has_prefixes = true, .has_hash_comments = true,
     .has_paths_in_quotes = true, .has_dashed_paths = true, .has_value_tables = true, .has_rows = true, .has_hiding_rows = true,
     .has_group_outputs = true, .has_late_aliases = true, .has_from_first = true, .has_named_values = true,
     .variables = VARIABLES_YIELD, .table_case = CASE_KEPT, .column_case = CASE_IGNORED},
    {.name = "postgres", POSTGRES_SIGNS, .table_case = CASE_LOWER, .column_case = CASE_LOWER},
    {.name = "sqlite", .text_names = TEXT_NAMES_WRITTEN, .has_sure_aliases = true, .forward = FORWARD_SEEN, .default_schema = "main", .has_first_schema = true, .has_flat_commas = true, .has_lent_schemas = true, .lends_to_all = true, .also = {"sqlite3"}, .name_quotes = "\"`[", .string_quotes = "'",
     .has_alias_reuse = true, .has_tacit_recursion = true, .has_order_columns = true, .has_searched_tails = true, .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
    {.name = "mysql", .has_window_outputs = true, .has_blind_commons = true, .has_made_branches = true, .has_apart_commas = true, .text_names = TEXT_NAMES_WRITTEN, .has_sure_group_aliases = true, .has_ordered_commons = true, .has_lent_schemas = true, .reserved = MYSQL_RESERVED, .also = {"mariadb"}, .has_loose_letters = true, .name_quotes = "`", .string_quotes = "'\"",
     .has_backslash = true, .has_hash_comments = true, .has_code_comments = true, .has_joined_writes = true, .has_seen_values = true, .has_named_keys = true, .has_using_outputs = true, .variables = VARIABLES_HIDE, .has_having_outputs = true, .has_alias_strings = true,
     .table_case = CASE_KEPT, .column_case = CASE_IGNORED},
    {.name = "snowflake", .has_apart_commas = true, .text_names = TEXT_NAMES_OWN, .has_sure_aliases = true, .omitted_schema = "public", .reserved = SNOWFLAKE_RESERVED, .default_schema = "public", .name_quotes = "\"", .string_quotes = "'", .has_backslash = true,
     .has_dollar_quotes = true, .has_slash_comments = true, .has_lambdas = true, .variables = VARIABLES_YIELD, .has_alias_reuse = true, .has_colon_paths = true, .has_places = true,
     .table_case = CASE_UPPER, .column_case = CASE_UPPER, .quotes_keep_case = true},
    {.name = "spark", .has_apart_commas = true, .text_names = TEXT_NAMES_OWN, .has_sure_group_aliases = true, .has_no_group_places = true, .has_named_rows = true, .has_field_names = true, .also = {"databricks", "hive", "sparksql"}, .has_name_patterns = true, .has_streams = true, .has_cast_names = true, .name_quotes = "`", .string_quotes = "'\"",
     .has_backslash = true, .has_prefixes = true, .has_nested_comments = true, .has_lambdas = true, .has_colon_paths = true,
     .variables = VARIABLES_YIELD, .has_alias_reuse = true, .has_having_aliases = true, .has_from_first = true, .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
    {.name = "trino", .has_apart_commas = true, .has_no_group_places = true, .has_ordered_commons = true, .has_field_names = true, .also = {"presto", "athena"}, .name_quotes = "\"`", .string_quotes = "'",
     .has_lambdas = true, .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
    {.name = "duckdb", .has_last_aliases = true, .text_names = TEXT_NAMES_OWN, .has_sure_aliases = true, .forward = FORWARD_UNSEEN, .default_schema = "main", .has_named_files = true, .name_quotes = "\"", .string_quotes = "'", .has_dollar_quotes = true, .has_lambdas = true,
     .has_alias_reuse = true, .has_searched_tails = true, .has_alias_prefix = true, .has_from_first = true, .has_methods = true, .has_having_outputs = true,
     .has_tacit_lateral = true, .has_rows = true, .variables = VARIABLES_HIDE,
     .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
    {.name = "redshift", .has_apart_commas = true, .has_sure_aliases = true, .has_ordered_commons = true, .has_cast_names = true, .reserved = REDSHIFT_RESERVED, .default_schema = "public", .name_quotes = "\"", .string_quotes = "'", .has_backslash = true,
     .has_dollar_quotes = true, .has_nested_comments = true, .has_alias_reuse = true, .has_value_tables = true, .has_rows = true,
     .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
    {.name = "tsql", .has_apart_commas = true, .has_no_group_places = true, .forward = FORWARD_UNSEEN, .default_schema = "dbo", .omitted_schema = "dbo", .also = {"mssql", "sqlserver"}, .has_loose_letters = true, .name_quotes = "[\"", .string_quotes = "'",
     .has_nested_comments = true, .has_tacit_recursion = true, .has_alias_first = true, .has_alias_strings = true,
     .has_loose_statements = true, .has_methods = true, .variables = VARIABLES_MARKED,
     .table_case = CASE_IGNORED, .column_case = CASE_IGNORED, .reserved = TSQL_RESERVED},
    {.name = "clickhouse", .text_names = TEXT_NAMES_OWN, .also = {"chdb"}, .name_quotes = "`\"", .string_quotes = "'", .has_backslash = true,
     .has_lambdas = true, .has_alias_reuse = true, .has_hiding_aliases = true, .has_group_outputs = true, .has_having_outputs = true,
     .has_from_first = true, .has_typed_parameters = true, .has_branch_tails = true, .table_case = CASE_KEPT, .column_case = CASE_KEPT, .quotes_keep_case = true},
    /* not found by its name: */
    {.name = "postgres", POSTGRES_SIGNS, .table_case = CASE_IGNORED, .column_case = CASE_IGNORED},
};

static const char *const names[] = {"ansi", "bigquery", "postgres", "sqlite", "mysql", "snowflake",
                                    "spark", "trino", "duckdb", "redshift", "tsql", "clickhouse", NULL};
/* clang-format on */
G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(dialects));

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

const Dialect *
dialect_in_any_letters(const Dialect *dialect)
{
    return dialect->column_case == CASE_LOWER ? &dialects[G_N_ELEMENTS(dialects) - 1] : dialect;
}

const char *const *
dialect_names(void)
{
    return names;
}

/* ---- reserved words ---- */

#define RESERVED_BYTES_MAX 32 /* of the longest one, with its end */

static pthread_once_t is_indexed = PTHREAD_ONCE_INIT;
static GHashTable *reserving; /* word -> a bit for each dialect that reserves it */
G_STATIC_ASSERT(G_N_ELEMENTS(dialects) < 32);

static void
index_reserved(void)
{
    reserving = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(dialects); i++) {
        const char *reserved = dialects[i].reserved != NULL ? dialects[i].reserved : "";
        g_auto(GStrv) words = g_strsplit(reserved, " ", -1);
        for (size_t w = 0; words[w] != NULL; w++) {
            guint bits = GPOINTER_TO_UINT(g_hash_table_lookup(reserving, words[w]));
            g_assert(strlen(words[w]) < RESERVED_BYTES_MAX);
            if (words[w][0] != '\0')
                g_hash_table_insert(reserving, g_strdup(words[w]),
                                    GUINT_TO_POINTER(bits | 1U << i));
        }
    }
}

bool
dialect_reserves(const Dialect *dialect, const char *name)
{
    char word[RESERVED_BYTES_MAX];
    size_t bytes = 0;
    for (; name[bytes] != '\0'; bytes++) {
        if (bytes + 1 == sizeof word || !(g_ascii_isalpha(name[bytes]) || name[bytes] == '_'))
            return false;
        word[bytes] = g_ascii_tolower(name[bytes]);
    }
    word[bytes] = '\0';
    pthread_once(&is_indexed, index_reserved);
    guint bits = GPOINTER_TO_UINT(g_hash_table_lookup(reserving, word));
    return dialect == NULL ? bits != 0 : (bits & 1U << (dialect - dialects)) != 0;
}
