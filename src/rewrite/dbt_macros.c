/*
 * dbt_macros.c - may a name that is an argument of a macro be changed there?
 *
 * It may where the macro puts it into the SQL as it is: the well-known ones that take columns or expressions, and those of
 * the project whose body says so. A loop over a list does so, too.
 */
#include "rewrite/work.h"

#include <string.h>

/* Macros of dbt, dbt_utils, dbt_date and fivetran_utils that take columns or expressions. */
static const char *const known[] = {
    "generate_surrogate_key",
    "surrogate_key",
    "date_trunc",
    "datediff",
    "dateadd",
    "last_day",
    "safe_cast",
    "cast",
    "split_part",
    "replace",
    "hash",
    "concat",
    "length",
    "right",
    "listagg",
    "array_append",
    "array_concat",
    "any_value",
    "bool_or",
    "position",
    "escape_single_quotes",
    "safe_divide",
    "safe_add",
    "safe_subtract",
    "nullcheck",
    "haversine_distance",
    "degrees_to_radians",
    "width_bucket",
    "get_url_host",
    "get_url_path",
    "get_url_parameter",
    "cast_bool_to_text",
    "array_agg",
    "string_agg",
    "timestamp_add",
    "timestamp_diff",
    "max_bool",
    "ceiling",
    "json_extract",
    "convert_timezone",
    "from_unixtimestamp",
    "to_unixtimestamp",
    "date_part",
    "day_name",
    "month_name",
    "day_of_week",
    "day_of_month",
    "day_of_year",
    "week_of_year",
    "iso_week_of_year",
    "week_start",
    "week_end",
    "iso_week_start",
    "iso_week_end",
};

/* DATE_TRUNC('day', …): not a column, even when one is called so. */
static bool
is_unit(const SqlRef *ref, const char *macro)
{
    static const char *const units[] = {"year",    "quarter", "month",       "week",        "day",
                                        "hour",    "minute",  "second",      "millisecond", "date",
                                        "isoweek", "weekday", "microsecond", "time"};
    const SqlPart *part = &ref->path.parts[0];
    if (strstr(macro, "date") == NULL && strcmp(macro, "last_day") != 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
        if (ref->path.count == 1 && g_ascii_strcasecmp(part->text, units[i]) == 0)
            return true;
    return false;
}

static const char *
last_part(const char *macro)
{
    const char *dot = strrchr(macro, '.');
    return dot != NULL ? dot + 1 : macro;
}

bool
macro_takes_no_column(const SqlRef *ref)
{
    return ref->macro != NULL && is_unit(ref, last_part(ref->macro));
}

bool
macro_takes_column(Work *work, const SqlRef *ref)
{
    const SqlItem *item = ref->in;
    uint32_t token = ref->path.parts[ref->path.count - 1].token;
    if (ref->macro[0] == '\0') /* a loop: what it gives must not name an output */
        return item == NULL || item->first != token || item->last != token;
    const char *name = last_part(ref->macro);
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return work->options->macros != NULL &&
           macros_pass_on(work->options->macros, name, ref->place, ref->keyword);
}
