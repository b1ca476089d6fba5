/* wishes.c - see wishes.h. */
#include "change/wishes.h"

#include "base/text.h"
#include "mapping/reader.h"

#include <string.h>

#define WISHES_BYTES_MAX ((size_t) 64 * 1024) /* a dozen lines, written by people */

#define HOURS_DEFAULT "Mon-Fri 09:00-17:00"
#define DAY_MINUTES (24 * 60)

#define LIMIT_MAX 100000 /* more than any change has, and than places are counted */

static const char *const known_keys[] = {
    "apiVersion", "kind",     "changes", "why",     "not_before", "leave", "merge",
    "hours",      "timezone", "draft",   "propose", "limits",     NULL};
static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char *const known_limits[] = {"files", "lines", "pulls", NULL};

void
wishes_free(Wishes *wishes)
{
    if (wishes == NULL)
        return;
    g_free(wishes->refusal);
    g_free(wishes->why);
    g_free(wishes->not_before);
    g_free(wishes->zone);
    g_ptr_array_unref(wishes->leave);
    g_free(wishes);
}

int64_t
wishes_day_ms(const char *day)
{
    int year = 0, month = 0, date = 0, used = 0;
    if (sscanf(day, "%4d-%2d-%2d%n", &year, &month, &date, &used) != 3 || day[used] != '\0')
        return 0;
    g_autoptr(GDateTime) time = g_date_time_new_utc(year, month, date, 0, 0, 0);
    return time != NULL ? g_date_time_to_unix(time) * 1000 : 0;
}

/* ---- reading ---- */

static void
read_changes(const Reader *reader, const YamlNode *node, Wishes *wishes)
{
    static const char *const words[] = {"accept", "refuse", NULL};
    int word = reader_word(reader, node, "'changes'", words);
    if (word == 1)
        wishes->refusal = g_strdup(WISHES_PATH " refuses changes");
}

static void
read_day(const Reader *reader, const YamlNode *node, Wishes *wishes)
{
    const char *day = reader_scalar(reader, node, "'not_before'");
    if (day != NULL && wishes_day_ms(day) == 0)
        reader_complain(reader, node, "bad-value", "'%s' is no day; expected one like 2026-12-24",
                        day);
    else
        wishes->not_before = g_strdup(day);
}

static void
read_merge(const Reader *reader, const YamlNode *node, Wishes *wishes)
{
    static const char *const words[] = {"people", "auto", NULL};
    wishes->merges = reader_word(reader, node, "'merge'", words) == 1;
}

static void
read_draft(const Reader *reader, const YamlNode *node, Wishes *wishes)
{
    static const char *const words[] = {"false", "true", NULL};
    wishes->is_draft = reader_word(reader, node, "'draft'", words) == 1;
}

static void
read_propose(const Reader *reader, const YamlNode *node, Wishes *wishes)
{
    static const char *const words[] = {"always", "hours", NULL};
    wishes->keeps_hours = reader_word(reader, node, "'propose'", words) == 1;
}

static void
read_limits(const Reader *reader, const YamlNode *node, Wishes *wishes)
{
    int64_t *const limits[] = {&wishes->files_max, &wishes->lines_max, &wishes->pulls_max};
    if (!reader_is_map(reader, node, "'limits'", "{ pulls: 1, files: 20, lines: 400 }"))
        return;
    reader_known_keys(reader, node, known_limits, "'limits'");
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        const YamlNode *limit = yaml_get(node, known_limits[i]);
        g_autofree char *what = g_strdup_printf("'limits.%s'", known_limits[i]);
        if (limit != NULL)
            reader_int(reader, limit, what, 1, LIMIT_MAX, limits[i]);
    }
}

/* "Mon" is 1; 0 is no day. */
static int
day_of(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++)
        if (strcmp(days[i], word) == 0)
            return (int) i + 1;
    return 0;
}

/* "Mon-Fri 09:00-17:00"; with "22:00-06:00" they end in the morning of the next day. */
static bool
parse_hours(const char *text, Wishes *wishes)
{
    char from[4] = "", to[4] = "";
    int hour[2] = {0}, minute[2] = {0}, used = 0;
    if (sscanf(text, "%3[A-Za-z]-%3[A-Za-z] %2d:%2d-%2d:%2d%n", from, to, &hour[0], &minute[0],
               &hour[1], &minute[1], &used) != 6 ||
        text[used] != '\0')
        return false;
    wishes->days[0] = day_of(from);
    wishes->days[1] = day_of(to);
    for (int i = 0; i < 2; i++) {
        if (hour[i] < 0 || minute[i] < 0 || minute[i] > 59)
            return false;
        wishes->minutes[i] = hour[i] * 60 + minute[i];
    }
    return wishes->days[0] > 0 && wishes->days[1] >= wishes->days[0] &&
           wishes->minutes[0] < DAY_MINUTES && wishes->minutes[1] <= DAY_MINUTES &&
           wishes->minutes[1] != wishes->minutes[0];
}

static void
read_hours(const Reader *reader, const YamlNode *node, Wishes *wishes)
{
    const char *text = reader_scalar(reader, node, "'hours'");
    if (text != NULL && !parse_hours(text, wishes))
        reader_complain(reader, node, "bad-value",
                        "'%s' are no hours; expected such as Mon-Fri 09:00-17:00", text);
}

static void
read_zone(const Reader *reader, const YamlNode *node, Wishes *wishes)
{
    const char *text = reader_scalar(reader, node, "'timezone'");
    g_autoptr(GTimeZone) zone = text != NULL ? g_time_zone_new_identifier(text) : NULL;
    if (text != NULL && zone == NULL)
        reader_complain(reader, node, "bad-value",
                        "'%s' is no time zone; expected one like Europe/Stockholm", text);
    else
        wishes->zone = g_strdup(text);
}

static void
read_leave(const Reader *reader, const YamlNode *node, Wishes *wishes)
{
    if (node->kind != YAML_LIST) {
        reader_complain(reader, node, "wrong-type",
                        "'leave' is a list, as in [ \"generated/\", \"*.ipynb\" ]");
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const char *pattern = reader_scalar(reader, node->items[i], "a file of 'leave'");
        if (pattern != NULL)
            g_ptr_array_add(wishes->leave, g_strdup(pattern));
    }
}

static void
read_members(const Reader *reader, const YamlNode *map, Wishes *wishes)
{
    static const struct {
        const char *key;
        void (*read)(const Reader *reader, const YamlNode *node, Wishes *wishes);
    } members[] = {{"changes", read_changes}, {"not_before", read_day},  {"leave", read_leave},
                   {"merge", read_merge},     {"hours", read_hours},     {"timezone", read_zone},
                   {"draft", read_draft},     {"propose", read_propose}, {"limits", read_limits}};
    const YamlNode *why = yaml_get(map, "why");
    reader_known_keys(reader, map, known_keys, WISHES_PATH);
    if (why != NULL)
        wishes->why = g_strdup(reader_scalar(reader, why, "'why'"));
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        const YamlNode *node = yaml_get(map, members[i].key);
        if (node != NULL)
            members[i].read(reader, node, wishes);
    }
}

static void
refuse_unread(Wishes *wishes, const char *problem)
{
    g_autofree char *shown = text_printable(problem);
    g_free(wishes->refusal);
    wishes->refusal =
        g_strdup_printf(WISHES_PATH " cannot be read, which is taken for a no: %s", shown);
}

Wishes *
wishes_parse(const char *text, size_t bytes)
{
    Wishes *wishes = g_new0(Wishes, 1);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(YamlFile) file = NULL;
    g_autoptr(GError) error = NULL;
    Reader reader = {WISHES_PATH, diags};
    wishes->leave = g_ptr_array_new_with_free_func(g_free);
    if (!parse_hours(HOURS_DEFAULT, wishes))
        g_assert_not_reached();
    if (bytes > WISHES_BYTES_MAX) {
        refuse_unread(wishes, "it is over 64 KiB");
        return wishes;
    }
    bool is_read = yaml_parse(text, bytes, WISHES_PATH, diags, &file, &error);
    const YamlNode *root = is_read && yaml_document_count(file) > 0 ? yaml_document(file, 0) : NULL;
    if (root != NULL && reader_is_map(&reader, root, WISHES_PATH, "changes: refuse"))
        read_members(&reader, root, wishes);
    if (error == NULL && !diags_to_error(diags, &error))
        g_assert(error != NULL);
    if (error != NULL)
        refuse_unread(wishes, error->message);
    return wishes;
}

/* ---- asking ---- */

static bool
is_a_day(const Wishes *wishes, int day)
{
    return day >= wishes->days[0] && day <= wishes->days[1];
}

/* Hours over midnight are those of the day on which they begin. */
static bool
is_within(const Wishes *wishes, int day, int minute)
{
    const int *minutes = wishes->minutes;
    bool has_begun = is_a_day(wishes, day) && minute >= minutes[0];
    if (minutes[0] < minutes[1])
        return has_begun && minute < minutes[1];
    return has_begun || (is_a_day(wishes, day > 1 ? day - 1 : 7) && minute < minutes[1]);
}

bool
wishes_is_open(const Wishes *wishes, int64_t now_ms)
{
    g_autoptr(GTimeZone) zone =
        wishes->zone != NULL ? g_time_zone_new_identifier(wishes->zone) : g_time_zone_new_utc();
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(now_ms / 1000);
    g_autoptr(GDateTime) there = zone != NULL ? g_date_time_to_timezone(utc, zone) : NULL;
    if (there == NULL)
        return false;
    int day = g_date_time_get_day_of_week(there);
    int minute = g_date_time_get_hour(there) * 60 + g_date_time_get_minute(there);
    return is_within(wishes, day, minute);
}

char *
wishes_hours_text(const Wishes *wishes)
{
    const int *minutes = wishes->minutes;
    g_autofree char *zone = wishes->zone != NULL ? text_printable(wishes->zone) : NULL;
    return g_strdup_printf("%s-%s %02d:%02d-%02d:%02d %s", days[wishes->days[0] - 1],
                           days[wishes->days[1] - 1], minutes[0] / 60, minutes[0] % 60,
                           minutes[1] / 60, minutes[1] % 60, zone != NULL ? zone : "UTC");
}

static bool
is_left(const char *pattern, const char *path)
{
    return g_str_has_suffix(pattern, "/") ? g_str_has_prefix(path, pattern)
                                          : g_pattern_match_simple(pattern, path);
}

/* With what its team says of it. Caller frees. */
static char *
with_why(const Wishes *wishes, const char *what)
{
    g_autofree char *why = wishes->why != NULL ? text_printable(wishes->why) : NULL;
    return why != NULL ? g_strdup_printf("%s: %s", what, why) : g_strdup(what);
}

char *
wishes_against(const Wishes *wishes, const char *path)
{
    const char *what = NULL;
    if (wishes == NULL)
        return NULL;
    if (wishes->refusal != NULL)
        what = wishes->refusal;
    for (guint i = 0; what == NULL && i < wishes->leave->len; i++)
        if (is_left(wishes->leave->pdata[i], path))
            what = WISHES_PATH " leaves this file to its team";
    return what != NULL ? with_why(wishes, what) : NULL;
}

char *
wishes_against_size(const Wishes *wishes, int64_t files, int64_t lines)
{
    g_autofree char *what = NULL;
    if (wishes == NULL)
        return NULL;
    if (wishes->files_max > 0 && files > wishes->files_max)
        what =
            g_strdup_printf(WISHES_PATH " says 'limits.files: %" G_GINT64_FORMAT
                                        "', and this change would have %" G_GINT64_FORMAT " files",
                            wishes->files_max, files);
    else if (wishes->lines_max > 0 && lines > wishes->lines_max)
        what =
            g_strdup_printf(WISHES_PATH " says 'limits.lines: %" G_GINT64_FORMAT
                                        "', and this change would have %" G_GINT64_FORMAT " lines",
                            wishes->lines_max, lines);
    return what != NULL ? with_why(wishes, what) : NULL;
}
