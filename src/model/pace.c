/* pace.c - see pace.h. */
#include "model/pace.h"

#include "base/text.h"

#include <string.h>

#define FAILURES_MAX 100000 /* as many as a step may have parts */
#define SOAK_MS_MAX                                                                                \
    (30 * 24 * 3600 * G_GINT64_CONSTANT(1000)) /* longer, and nobody remembers why */

static const char *const members[] = {"max_failures", "soak_ms", "by_hand", NULL};

/* The number, and whether it is a share. */
static bool
read_failures(const char *text, int64_t *ret, bool *ret_is_share)
{
    guint64 number = 0;
    g_autofree char *digits = g_strndup(text, strspn(text, "0123456789"));
    const char *rest = text + strlen(digits);
    *ret_is_share = strcmp(rest, "%") == 0;
    if ((*rest != '\0' && !*ret_is_share) ||
        !g_ascii_string_to_unsigned(digits, 10, 0, *ret_is_share ? 100 : FAILURES_MAX, &number,
                                    NULL))
        return false;
    *ret = (int64_t) number;
    return true;
}

bool
pace_failures_check(const char *text, const char *what, GError **error)
{
    int64_t number = 0;
    bool is_share = false;
    return read_failures(text, &number, &is_share) ||
           fail(error, ERR_INVALID,
                "%s is '%s', expected a count of consumers such as 3, or a share such as 5%%", what,
                text);
}

int64_t
pace_failures_allowed(const json_t *pace)
{
    int64_t number = 0;
    bool is_share = false;
    if (!read_failures(json_get_string(pace, "max_failures", "0"), &number, &is_share))
        return 0;
    return is_share ? json_get_int(pace, "of", 0) * number / 100 : number;
}

static bool
check_number(const json_t *changes, const char *what, const char *member, int64_t max,
             GError **error)
{
    const json_t *value = json_object_get(changes, member);
    int64_t number = json_is_integer(value) ? json_integer_value(value) : -1;
    return value == NULL || (number >= 0 && number <= max) ||
           fail(error, ERR_INVALID, "%s.%s must be a whole number from 0 to %" G_GINT64_FORMAT,
                what, member, max);
}

bool
pace_check(const json_t *changes, const char *what, GError **error)
{
    const json_t *failures = json_object_get(changes, "max_failures");
    const char *member;
    json_t *value;
    if (!json_is_object(changes))
        return fail(error, ERR_INVALID, "%s is no object, such as { \"max_failures\": \"5%%\" }",
                    what);
    json_object_foreach((json_t *) changes, member, value)
    {
        if (!g_strv_contains(members, member))
            return fail(error, ERR_INVALID,
                        "%s.%s is not known, expected one of: max_failures, soak_ms, by_hand", what,
                        member);
    }
    if (failures != NULL && !json_is_string(failures))
        return fail(error, ERR_INVALID, "%s.max_failures is no text, such as \"3\" or \"5%%\"",
                    what);
    g_autofree char *name = g_strdup_printf("%s.max_failures", what);
    return (failures == NULL || pace_failures_check(json_string_value(failures), name, error)) &&
           check_number(changes, what, "soak_ms", SOAK_MS_MAX, error) &&
           check_number(changes, what, "by_hand", FAILURES_MAX, error);
}

json_t *
pace_changed(const json_t *was, const json_t *changes)
{
    json_t *now = was != NULL ? json_copy((json_t *) was) : json_object();
    for (size_t i = 0; members[i] != NULL; i++)
        if (json_object_get(changes, members[i]) != NULL)
            json_object_set(now, members[i], json_object_get(changes, members[i]));
    return now;
}

char *
pace_text(const json_t *pace)
{
    const char *failures = json_get_string(pace, "max_failures", "0");
    int64_t allowed = pace_failures_allowed(pace), soak_ms = json_get_int(pace, "soak_ms", 0),
            by_hand = json_get_int(pace, "by_hand", 0);
    g_autoptr(GString) text = g_string_new(NULL);
    if (allowed == 0)
        g_string_append(text, "stops at the first consumer that fails");
    else
        g_string_append_printf(text,
                               "goes on while at most %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                               " consumers%s%s%s fail",
                               allowed, json_get_int(pace, "of", 0),
                               strchr(failures, '%') != NULL ? " (" : "",
                               strchr(failures, '%') != NULL ? failures : "",
                               strchr(failures, '%') != NULL ? ")" : "");
    if (soak_ms > 0) {
        g_autofree char *soak = text_duration(soak_ms);
        g_string_append_printf(text, "; each wave is merged and green for %s before the next",
                               soak);
    }
    if (by_hand > 0)
        g_string_append_printf(text, "; people merge the first %" G_GINT64_FORMAT, by_hand);
    return g_string_free(g_steal_pointer(&text), FALSE);
}
