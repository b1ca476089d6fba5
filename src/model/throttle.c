/* throttle.c - see throttle.h. */
#include "model/throttle.h"

#include "base/text.h"
#include "model/entity.h"

#include <string.h>

/* clang-format off */
static const struct {
    const char *member;
    int64_t max;
    const char *words; /* %s: the limit, as people read it */
} kinds[THROTTLE_COUNT] = {
    [THROTTLE_ROWS]     = {"rows_per_second",         G_GINT64_CONSTANT(1000000000),      "at most %s rows a second"},
    [THROTTLE_BYTES]    = {"bytes_per_second",        G_GINT64_CONSTANT(1000000000000),   "at most %s a second"},
    [THROTTLE_LAG]      = {"replication_lag_seconds", 24 * 60 * 60,                       "waits while the replication lag is over %s"},
    [THROTTLE_LOAD]     = {"load_percent",            100000,                             "waits while the worker's machine is loaded over %s %"},
    [THROTTLE_SESSIONS] = {"active_sessions",         1000000,                            "waits while a store has over %s active sessions"},
};
/* clang-format on */

const char *
throttle_member(ThrottleKind kind)
{
    return kinds[kind].member;
}

int64_t
throttle_limit(const json_t *throttle, ThrottleKind kind)
{
    return json_get_int(throttle, kinds[kind].member, 0);
}

const char *
throttle_command(const json_t *throttle)
{
    const char *command = json_get_string(throttle, THROTTLE_COMMAND, "");
    return *command != '\0' ? command : NULL;
}

static bool
check_limit(const char *what, ThrottleKind kind, const json_t *value, GError **error)
{
    int64_t limit = json_is_integer(value) ? json_integer_value(value) : -1;
    if (limit >= 0 && limit <= kinds[kind].max)
        return true;
    return fail(error, ERR_INVALID,
                "%s.%s must be a whole number from 0 (no limit) to %" G_GINT64_FORMAT, what,
                kinds[kind].member, kinds[kind].max);
}

static bool
check_command(const char *what, const json_t *value, GError **error)
{
    const char *name = json_is_string(value) ? json_string_value(value) : NULL;
    if (name != NULL && (*name == '\0' || entity_name_is_valid(name)))
        return true;
    return fail(error, ERR_INVALID,
                "%s.command must be the name of one of the throttle_commands of honk.yaml", what);
}

static bool
check_member(const char *what, const char *member, const json_t *value, GError **error)
{
    const char *names[THROTTLE_COUNT + 2] = {NULL};
    for (ThrottleKind kind = 0; kind < THROTTLE_COUNT; kind++) {
        names[kind] = kinds[kind].member;
        if (strcmp(member, kinds[kind].member) == 0)
            return check_limit(what, kind, value, error);
    }
    names[THROTTLE_COUNT] = THROTTLE_COMMAND;
    if (strcmp(member, THROTTLE_COMMAND) == 0)
        return check_command(what, value, error);
    const char *near = text_nearest(member, names);
    g_autofree char *all = g_strjoinv(", ", (char **) names);
    return fail(error, ERR_INVALID, "%s.%s is not known, %s%s%s", what, member,
                near != NULL ? "did you mean '" : "expected one of: ", near != NULL ? near : all,
                near != NULL ? "'?" : "");
}

bool
throttle_check(const json_t *throttle, const char *what, GError **error)
{
    const char *member;
    json_t *value;
    if (!json_is_object(throttle))
        return fail(error, ERR_INVALID, "%s is no map of limits, such as { rows_per_second: 5000 }",
                    what);
    json_object_foreach((json_t *) throttle, member, value)
    {
        if (!check_member(what, member, value, error))
            return false;
    }
    return true;
}

json_t *
throttle_changed(const json_t *was, const json_t *changes)
{
    g_autoptr(json_t) now = json_object(), all = json_object();
    if (was != NULL)
        json_object_update(all, (json_t *) was);
    if (changes != NULL)
        json_object_update(all, (json_t *) changes);
    for (ThrottleKind kind = 0; kind < THROTTLE_COUNT; kind++)
        if (throttle_limit(all, kind) > 0)
            json_set_int(now, kinds[kind].member, throttle_limit(all, kind));
    json_set_string(now, THROTTLE_COMMAND, throttle_command(all));
    return json_object_size(now) > 0 ? g_steal_pointer(&now) : NULL;
}

json_t *
throttle_both(const json_t *part, const json_t *whole)
{
    json_t *both = throttle_changed(part, whole);
    for (ThrottleKind kind = 0; kind < THROTTLE_COUNT; kind++) {
        int64_t one = throttle_limit(part, kind), other = throttle_limit(whole, kind);
        if (one > 0 && other > 0)
            json_set_int(both, kinds[kind].member, MIN(one, other));
    }
    return both;
}

json_t *
throttle_share(const json_t *throttle, int count)
{
    static const ThrottleKind shared[] = {THROTTLE_ROWS, THROTTLE_BYTES};
    if (throttle == NULL)
        return NULL;
    json_t *share = json_copy((json_t *) throttle);
    for (size_t i = 0; i < G_N_ELEMENTS(shared); i++) {
        int64_t limit = throttle_limit(throttle, shared[i]);
        if (limit > 0)
            json_set_int(share, kinds[shared[i]].member, MAX(limit / MAX(count, 1), 1));
    }
    return share;
}

static char *
limit_text(ThrottleKind kind, int64_t limit)
{
    switch (kind) {
    case THROTTLE_BYTES:
        return text_bytes(limit);
    case THROTTLE_LAG:
        return text_duration(limit * 1000);
    default:
        return text_count(limit);
    }
}

char *
throttle_text(const json_t *throttle)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (ThrottleKind kind = 0; kind < THROTTLE_COUNT; kind++) {
        int64_t limit = throttle_limit(throttle, kind);
        if (limit == 0)
            continue;
        g_autofree char *number = limit_text(kind, limit);
        g_auto(GStrv) around = g_strsplit(kinds[kind].words, "%s", 2);
        g_string_append_printf(text, "%s%s%s%s", text->len > 0 ? "; " : "", around[0], number,
                               around[1]);
    }
    if (throttle_command(throttle) != NULL)
        g_string_append_printf(text, "%swaits while '%s' says so", text->len > 0 ? "; " : "",
                               throttle_command(throttle));
    return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}
