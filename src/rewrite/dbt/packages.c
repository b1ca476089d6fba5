/*
 * packages.c - well-known macros of packages, without their source: which argument is a column, or an expression of the
 * query around it, and which is none.
 */
#include "rewrite/dbt/macro_parts.h"

#include <string.h>

/* The parameters in their order, with blanks between; `-x` takes no column; `@x` a table; `x...` also what follows. */
typedef struct {
    const char *packages, *name, *parameters;
} PackageMacro;

#define DBT "dbt dbt_utils"

static const PackageMacro known[] = {
    {DBT, "any_value", "expression"},
    {DBT, "array_append", "array new_element"},
    {DBT, "array_concat", "array_1 array_2"},
    {DBT, "bool_or", "expression"},
    {DBT, "cast", "field -type"},
    {DBT, "cast_bool_to_text", "bool_expression"},
    {DBT, "concat", "fields"},
    {DBT, "date_trunc", "-datepart date"},
    {DBT, "dateadd", "-datepart interval from_date_or_timestamp"},
    {DBT, "datediff", "first_date second_date -datepart"},
    {DBT, "escape_single_quotes", "-expression"},
    {DBT, "hash", "field"},
    {DBT, "last_day", "date -datepart"},
    {DBT, "length", "expression"},
    {DBT, "listagg", "measure delimiter_text order_by_clause -limit_num"},
    {DBT, "position", "substring_text string_text"},
    {DBT, "replace", "field old_chars new_chars"},
    {DBT, "right", "string_text length_expression"},
    {DBT, "safe_cast", "field -type"},
    {DBT, "split_part", "string_text delimiter_text part_number"},
    {DBT, "string_literal", "-value"},
    {"dbt_utils", "deduplicate", "@relation partition_by order_by"},
    {"dbt_utils", "degrees_to_radians", "degrees"},
    {"dbt_utils", "generate_surrogate_key", "field_list"},
    {"dbt_utils", "get_filtered_columns_in_relation", "@from -except"}, /* of that table */
    {"dbt_utils", "get_url_host", "field"},
    {"dbt_utils", "get_url_parameter", "field -url_parameter"},
    {"dbt_utils", "get_url_path", "field"},
    {"dbt_utils", "group_by", "-n"},
    {"dbt_utils", "haversine_distance", "lat1 lon1 lat2 lon2 -unit"},
    {"dbt_utils", "nullcheck", "cols"},
    {"dbt_utils", "pivot",
     "column -values -alias -agg -cmp -prefix -suffix then_value else_value -quote_identifiers "
     "-distinct"},
    {"dbt_utils", "safe_add", "field_list..."},
    {"dbt_utils", "safe_divide", "numerator denominator"},
    {"dbt_utils", "safe_subtract", "field_list..."},
    {"dbt_utils", "slugify", "-string"},
    {"dbt_utils", "surrogate_key", "field_list..."},
    {"dbt_utils", "unpivot",
     "@relation -cast_to -exclude -remove -field_name -value_name -quote_identifiers"}, /* of it */
    {"dbt_utils", "width_bucket", "expr min_value max_value num_buckets"},
    {"dbt_date", "convert_timezone", "column -target_tz -source_tz"},
    {"dbt_date", "date_part", "-datepart date"},
    {"dbt_date", "day_name", "date -short -language"},
    {"dbt_date", "day_of_month", "date"},
    {"dbt_date", "day_of_week", "date -isoweek"},
    {"dbt_date", "day_of_year", "date"},
    {"dbt_date", "from_unixtimestamp", "epochs -format"},
    {"dbt_date", "iso_week_end", "date -week_type"},
    {"dbt_date", "iso_week_of_year", "date"},
    {"dbt_date", "iso_week_start", "date -week_type"},
    {"dbt_date", "month_name", "date -short -language"},
    {"dbt_date", "round_timestamp", "timestamp"},
    {"dbt_date", "to_unixtimestamp", "timestamp"},
    {"dbt_date", "week_end", "date"},
    {"dbt_date", "week_of_year", "date"},
    {"dbt_date", "week_start", "date"},
    {"dbt_expectations", "median", "field"},
    {"dbt_expectations", "percentile_cont", "field -quantile -partition"},
    {"fivetran_utils", "array_agg", "field_to_agg"},
    {"fivetran_utils", "ceiling", "num"},
    {"fivetran_utils", "extract_url_parameter", "field -url_parameter"},
    {"fivetran_utils", "first_value", "first_value_field partition_field order_by_field -order"},
    {"fivetran_utils", "json_extract", "string -string_path"},
    {"fivetran_utils", "json_parse", "string -string_path"},
    {"fivetran_utils", "max_bool", "boolean_field"},
    {"fivetran_utils", "percentile", "percentile_field partition_field -percent"},
    {"fivetran_utils", "string_agg", "field_to_agg delimiter"},
    {"fivetran_utils", "try_cast", "field -type"},
    {"fivetran_utils snowplow_utils", "timestamp_add", "-datepart interval from_timestamp"},
    {"fivetran_utils snowplow_utils", "timestamp_diff", "first_date second_date -datepart"},
    {"snowplow_utils", "to_unixtstamp", "tstamp"},
};

static const PackageMacro *
find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(name, known[i].name) == 0)
            return &known[i];
    return NULL;
}

static bool
is_list_with(const char *words, const char *word, size_t bytes)
{
    for (const char *at = words; (at = strstr(at, word)) != NULL; at++)
        if ((at == words || at[-1] == ' ') && (at[bytes] == ' ' || at[bytes] == '\0'))
            return true;
    return false;
}

bool
package_macro_is_known(const char *name)
{
    return find(name) != NULL;
}

bool
package_macro_reads_no_table(const char *name)
{
    const PackageMacro *macro = find(name);
    return macro != NULL && strchr(macro->parameters, '@') == NULL;
}

bool
package_macro_is_of(const char *name, const char *package, size_t bytes)
{
    g_autofree char *word = g_strndup(package, bytes);
    const PackageMacro *macro = find(name);
    return macro != NULL && is_list_with(macro->packages, word, bytes);
}

PackageRole
package_macro_role(const char *name, guint place, const char *keyword)
{
    const PackageMacro *macro = find(name);
    g_auto(GStrv) parameters = g_strsplit(macro != NULL ? macro->parameters : "", " ", -1);
    for (guint i = 0; parameters[i] != NULL; i++) {
        bool is_text = parameters[i][0] == '-', takes_rest = g_str_has_suffix(parameters[i], "...");
        const char *word = parameters[i] + is_text;
        size_t bytes = strlen(word) - (takes_rest ? 3 : 0);
        bool is_meant = keyword != NULL
                            ? strlen(keyword) == bytes && memcmp(keyword, word, bytes) == 0
                            : i == place || (takes_rest && place > i);
        if (is_meant)
            return is_text ? PACKAGE_TAKES_TEXT : PACKAGE_TAKES_COLUMN;
    }
    return PACKAGE_TAKES_ANYTHING;
}

bool
package_macro_agrees(const char *name, const GPtrArray *parameters)
{
    const PackageMacro *macro = find(name);
    g_auto(GStrv) words = g_strsplit(macro != NULL ? macro->parameters : "", " ", -1);
    for (guint i = 0; words[i] != NULL && i < parameters->len; i++) {
        const MacroParameter *parameter = g_ptr_array_index(parameters, i);
        if (!g_str_has_suffix(words[i], "...") &&
            strcmp(parameter->name, words[i] + strspn(words[i], "-@")) != 0)
            return false;
    }
    return macro != NULL;
}
