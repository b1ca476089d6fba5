/*
 * parse_date_part.c - parts of dates that functions are given: DATE_TRUNC(created, MONTH), DATEADD(day, 1, created).
 *
 * A call has one of them, first or behind what it is the part of, and columns are called so, too: DATE_TRUNC(date, MONTH).
 */
#include "base/text.h"
#include "sql/parse_expression.h"

#include <string.h>

static bool
is_part(const char *text, size_t bytes)
{
    static const char *const parts[] = {"YEAR",
                                        "ISOYEAR",
                                        "QUARTER",
                                        "MONTH",
                                        "WEEK",
                                        "ISOWEEK",
                                        "DAY",
                                        "DAYOFWEEK",
                                        "DAYOFYEAR",
                                        "DOW",
                                        "DOY",
                                        "HOUR",
                                        "MINUTE",
                                        "SECOND",
                                        "MILLISECOND",
                                        "MICROSECOND",
                                        "NANOSECOND",
                                        "EPOCH",
                                        "DATE",
                                        "TIME",
                                        "CENTURY",
                                        "DECADE",
                                        "TIMEZONE_HOUR",
                                        "YEARS",
                                        "MONTHS",
                                        "WEEKS",
                                        "DAYS",
                                        "HOURS",
                                        "MINUTES",
                                        "SECONDS",
                                        "YY",
                                        "MM",
                                        "DD",
                                        "HH",
                                        "MI",
                                        "SS",
                                        "MS"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strlen(parts[i]) == bytes && g_ascii_strncasecmp(text, parts[i], bytes) == 0)
            return true;
    return false;
}

bool
is_date_part(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    return token->kind == TOKEN_WORD &&
           is_part(parser->sql->list->text + token->begin, token->end - token->begin);
}

/* ---- which argument is one ---- */

/* Where the functions have it: first, or (BigQuery) behind what it is the part of; NONE: never there. `arguments`: with less of
 * them the function is another one, as DATEDIFF(a, b) of MySQL. Where it can only be first, any word is one, DATEADD(d, 1, x),
 * unless the function takes it as a text, which a column may give. */
enum { NONE = -1 };
/* clang-format off */
static const struct {
    const char *name;
    int first, behind;
    guint arguments;
    bool takes_text;
} functions[] = {
    {"*_TRUNC",      0, 1, 2},
    {"*_DIFF",       0, 2, 3},
    {"DATETRUNC",    0, NONE, 2},
    {"DATEADD",      0, NONE, 3},
    {"DATEDIFF",     0, NONE, 3},
    {"DATEDIFF_BIG", 0, NONE, 3},
    {"DATEPART",     0, NONE, 2},
    {"DATENAME",     0, NONE, 2},
    {"DATE_BUCKET",  0, NONE, 3},
    {"DATE_ADD",     0, NONE, 3},
    {"TIMEADD",      0, NONE, 3},
    {"TIMEDIFF",     0, NONE, 3},
    {"TIMESTAMPADD", 0, NONE, 3},
    {"TIMESTAMPDIFF", 0, NONE, 3},
    {"DATE_PART",    0, NONE, 2, .takes_text = true},
    {"EXTRACT",      0, NONE, 1},
    {"LAST_DAY",     NONE, 1, 2},
};
/* clang-format on */

#define ARGUMENTS_LOOKED_AT 3

static int
function_of(const SqlPath *name)
{
    const char *text = name->parts[name->count - 1].text;
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        const char *ending = functions[i].name + 1;
        size_t bytes = strlen(text), length = strlen(ending);
        if (functions[i].name[0] == '*'
                ? bytes > length && text_same_folded(text + bytes - length, ending)
                : text_same_folded(text, functions[i].name))
            return (int) i;
    }
    return NONE;
}

/* WEEK(MONDAY), at the bracket; DATE(created) is a call like others. */
static bool
is_weekday(const Parser *parser, uint32_t open, uint32_t close)
{
    static const char *const days[] = {"SUNDAY",   "MONDAY", "TUESDAY", "WEDNESDAY",
                                       "THURSDAY", "FRIDAY", "SATURDAY"};
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++)
        if (is_text(parser, open + 1, days[i]))
            return closing(parser, open, close) == open + 2;
    return false;
}

/* Behind the argument that is nothing but a word; 0 when it is more. */
static uint32_t
behind_word(const Parser *parser, uint32_t at, uint32_t close)
{
    uint32_t behind = at + 1;
    if (at >= close || peek(parser, at)->kind != TOKEN_WORD ||
        (is_open(parser, behind) && !is_weekday(parser, behind, close)))
        return 0;
    if (is_open(parser, behind))
        behind = closing(parser, behind, close) + 1;
    bool ends = behind >= close || peek(parser, behind)->kind == TOKEN_COMMA ||
                is_word(parser, behind, WORD_FROM);
    return ends ? behind : 0;
}

/* 'month' */
static bool
is_part_in_quotes(const Parser *parser, uint32_t at)
{
    const Token *token = peek(parser, at);
    return token->kind == TOKEN_STRING && token->end - token->begin > 2 &&
           is_part(parser->sql->list->text + token->begin + 1, token->end - token->begin - 2);
}

/* month, 'month' */
static bool
may_be_part(const Parser *parser, uint32_t at, uint32_t close)
{
    return (is_date_part(parser, at) && behind_word(parser, at, close) > 0) ||
           is_part_in_quotes(parser, at);
}

/* DATE and TIME are parts for EXTRACT alone, and columns are called so most often. */
static bool
is_rather_column(const Parser *parser, uint32_t at)
{
    return is_text(parser, at, "DATE") || is_text(parser, at, "TIME");
}

/* Where the arguments begin, of which there are as many as is returned. */
static guint
find_arguments(const Parser *parser, uint32_t close, uint32_t *starts)
{
    guint count = 0;
    for (uint32_t at = parser->pos; at < close; count++) {
        if (count < ARGUMENTS_LOOKED_AT)
            starts[count] = at;
        while (at < close && peek(parser, at)->kind != TOKEN_COMMA)
            at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, close) + 1 : at + 1;
        at++;
    }
    return count;
}

/* Both may be the part: in which place has this dialect it? Where nobody knows, both are taken for one. */
static guint
parts_of_both(const Parser *parser, uint32_t first, uint32_t behind, int index)
{
    const Dialect *dialect = parser->sql->dialect;
    if (dialect->has_paths_in_quotes) /* BigQuery */
        return 1U << index;
    if (is_part_in_quotes(parser, first))
        return 1U;
    if (is_part_in_quotes(parser, behind))
        return 1U << index;
    if (is_rather_column(parser, first) != is_rather_column(parser, behind))
        return is_rather_column(parser, first) ? 1U << index : 1U;
    return 1U | 1U << index;
}

guint
date_parts_of(const Parser *parser, const SqlPath *name, uint32_t close)
{
    uint32_t starts[ARGUMENTS_LOOKED_AT] = {0};
    int function = function_of(name);
    if (function == NONE)
        return 0;
    guint count = find_arguments(parser, close, starts);
    int first = functions[function].first, behind = functions[function].behind;
    if (count < functions[function].arguments)
        return 0;
    const Dialect *dialect = parser->sql->dialect;
    if (first != NONE && !dialect->has_paths_in_quotes && !dialect->is_any)
        behind = NONE;
    bool takes_any = functions[function].behind == NONE && !functions[function].takes_text;
    bool is_first = first != NONE && (may_be_part(parser, starts[0], close) ||
                                      (takes_any && behind_word(parser, starts[0], close) > 0));
    bool is_behind =
        behind != NONE && (guint) behind < count && may_be_part(parser, starts[behind], close);
    if (is_first && is_behind)
        return parts_of_both(parser, starts[0], starts[behind], behind);
    return is_first ? 1U : is_behind ? 1U << behind : 0;
}

void
skip_date_part(Parser *parser, uint32_t close)
{
    uint32_t behind = behind_word(parser, parser->pos, close);
    if (behind > 0)
        parser->pos = behind;
}
