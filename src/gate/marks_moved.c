/*
 * marks_moved.c - words by their part in a statement that moves: those that take one value apart or turn it into another, which
 * such a move needs, and those that leave rows out, hide what is missing or go another way, which it does not.
 *
 * In small letters, between blanks.
 */
#include "gate/inside.h"

/* A name becomes an expression over another one. */
const char words_converting[] =
    " split split_part substring substringbefore substringafter substring_index substr left right "
    "trim strip lstrip rstrip "
    "cut partition rpartition label pl func rsplit splitn split_once takewhile dropwhile head "
    "first last next "
    "nth at get getitem get_item "
    "getornull explode implode array_pop array_shift concat concat_ws format sprintf join str "
    "string tostring to_string to_s "
    "to_owned as_str into text varchar int integer bigint long number double float decimal numeric "
    "bool boolean date "
    "datetime timestamp time instant localdate cast convert to_date to_timestamp to_char "
    "date_format from_unixtime from_epoch "
    "from_utc_timestamp unix_timestamp timestamp_millis timestamp_seconds fromtimestamp "
    "utcfromtimestamp "
    "timestamp_micros ofepochmilli ofepochsecond epoch to_datetime parse parse_timestamp parsed "
    "parseint parsefloat toint tolong isoformat toisostring strftime "
    "strptime format_timestamp extract date_trunc tz utc "
    "lower upper tolower toupper lowercase uppercase replace regexp_extract regexp_replace "
    "substring_before length instr "
    "strpos charindex position offset safe_offset ordinal case when then else end otherwise alias "
    "as col lit f functions expr "
    "column name map mapvalues apply assign rename renamed withcolumn with_column "
    "withcolumnrenamed select columns raw row rows r u d "
    "getstring getint getlong getdate gettimestamp getinstant getobject getboolean getdouble n "
    "expand regex unit time_unit ms sep "
    "separator axis collect option some unwrap_or unwrap_or_default unwrap_or_else and_then iter "
    "list array vec tuple map_or "
    "it this self using hd tl elem ";
/* Of these, what makes different things the same: another kind, other letters, other blanks. */
const char words_equalizing[] =
    " int integer long float double number bool boolean str string repr tostring to_s to_i "
    "parseint "
    "parsefloat toint text trim strip lstrip rstrip lower upper tolower toupper lowercase "
    "uppercase "
    "casefold replace regexp_replace gsub normalize isoformat first last head ";
/* Keywords that bind a name; and that hand its value on, where one comes. */
const char words_binding[] =
    " let val var const def fn func fun function lambda auto mut new _ end ";
/* Rows that are left out, or what is missing made good, in data frames as in SQL. */
const char words_hiding[] =
    " limit fetch tablesample sample distinct dropna drop_duplicates "
    "dropduplicates fillna na nafill coalesce ifnull nvl nvl2 "
    "isnull zeroifnull try_cast null exists except intersect minus union "
    "cross outer qualify having random rand any_value "
    "nothing ignore lazy compact orempty headoption lastoption firstornull "
    "getordefault get_or_default "
    "allsettled __halt_compiler __end__ __data__ "
    "mapnotnull filternotnull compactmap filter_map filtermap distinctby distinct_by uniq unique "
    "drop_nulls notna notnull isnotnull slice_head slice_sample slice_max slice_min "
    "take iloc ffill bfill interpolate groupby group_by agg aggregate "
    "reducebykey tz_convert convert_tz convert_timezone withzonesameinstant "
    "africa america asia australia europe pacific atlantic "
    "suppress swallow fallback legacy race retry onerrorreturn "
    "onerrorresume only rownum top offset_rows skiprows nrows ";
/* SQL: not those of functions, which have a bracket after them. */
const char words_joining[] =
    " left right full inner join or if semi anti leftsemi left_semi "
    "leftanti left_anti leftouter left_outer rightouter right_outer fullouter full_outer ";
/* In a query: rows that become fewer, or one. */
const char words_grouping[] = " where group max min sum avg count array_agg ";
/* Keys of settings that say something to people, or of columns. */
const char words_of_settings[] = " description name data_type type columns ";
/* What follows has to be asked of what moves. */
const char words_asking[] = " if unless elif elsif while and or && || filter on ";
const char words_comparing[] = " == != === !== <> <= >= < > in not is like between ! ";
/* Between two names that become one. */
const char words_between[] = " and or is not null && || as f ";
const char words_of_query[] = " return select from as with on table by ";
