/* target.c - split, then decode, then check: see target.h. */
#include "server/target.h"

#include <string.h>

void
target_clear(Target *target)
{
    g_free(target->path);
    for (unsigned i = 0; i < target->segment_count; i++)
        g_free(target->segments[i]);
    for (unsigned i = 0; i < target->parameter_count; i++) {
        g_free(target->parameters[i].name);
        g_free(target->parameters[i].value);
    }
    memset(target, 0, sizeof(*target));
}

/* One percent-encoded piece. '+' is a blank only in a query, where forms write it so. */
static bool
piece_decode(const char *text, size_t bytes, bool is_query, char **ret, GError **error)
{
    g_autoptr(GString) out = g_string_sized_new(bytes);

    for (size_t i = 0; i < bytes; i++) {
        char letter = text[i];
        if (letter == '%') {
            int high = i + 1 < bytes ? g_ascii_xdigit_value(text[i + 1]) : -1;
            int low = i + 2 < bytes ? g_ascii_xdigit_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return fail(error, ERR_INVALID,
                            "the address has a '%%' that is not followed by two hex digits");
            letter = (char) (high * 16 + low);
            i += 2;
        } else if (letter == '+' && is_query) {
            letter = ' ';
        }
        if (letter == '\0')
            return fail(error, ERR_INVALID, "the address holds a zero byte");
        g_string_append_c(out, letter);
    }
    if (!g_utf8_validate(out->str, (gssize) out->len, NULL))
        return fail(error, ERR_INVALID, "the address is not UTF-8");

    *ret = g_string_free(g_steal_pointer(&out), FALSE);
    return true;
}

static bool
path_parse(const char *path, Target *target, GError **error)
{
    const char *at = path + 1;
    while (*at != '\0') {
        size_t bytes = strcspn(at, "/");
        bool is_last = at[bytes] == '\0';
        if (bytes == 0)
            return fail(error, ERR_INVALID, "the path '%s' has an empty part", path);
        if (target->segment_count == TARGET_SEGMENTS_MAX)
            return fail(error, ERR_TOO_LARGE, "the path has more than %d parts",
                        TARGET_SEGMENTS_MAX);
        if (!piece_decode(at, bytes, false, &target->segments[target->segment_count], error))
            return false;
        target->segment_count++;
        at += is_last ? bytes : bytes + 1;
    }
    return true;
}

static bool
parameter_parse(const char *text, size_t bytes, Target *target, GError **error)
{
    if (target->parameter_count == TARGET_PARAMETERS_MAX)
        return fail(error, ERR_TOO_LARGE, "the address has more than %d parameters",
                    TARGET_PARAMETERS_MAX);

    const char *equals = memchr(text, '=', bytes);
    size_t name_bytes = equals != NULL ? (size_t) (equals - text) : bytes;
    g_autofree char *name = NULL;
    g_autofree char *value = NULL;
    if (!piece_decode(text, name_bytes, true, &name, error))
        return false;
    if (equals != NULL && !piece_decode(equals + 1, bytes - name_bytes - 1, true, &value, error))
        return false;
    if (target_parameter(target, name) != NULL)
        return fail(error, ERR_INVALID, "the parameter '%s' is there twice", name);

    TargetParameter *parameter = &target->parameters[target->parameter_count++];
    parameter->name = g_steal_pointer(&name);
    parameter->value = value != NULL ? g_steal_pointer(&value) : g_strdup("");
    return true;
}

static bool
query_parse(const char *query, Target *target, GError **error)
{
    while (*query != '\0') {
        size_t bytes = strcspn(query, "&");
        if (bytes > 0 && !parameter_parse(query, bytes, target, error))
            return false;
        query += query[bytes] == '\0' ? bytes : bytes + 1;
    }
    return true;
}

bool
target_parse(const char *text, Target *ret, GError **error)
{
    g_auto(Target) target = {0};

    if (strlen(text) > TARGET_BYTES_MAX)
        return fail(error, ERR_TOO_LARGE, "the address is longer than %d bytes", TARGET_BYTES_MAX);
    if (text[0] != '/')
        return fail(error, ERR_INVALID, "the address must begin with '/'");

    size_t path_bytes = strcspn(text, "?#");
    target.path = g_strndup(text, path_bytes);
    if (!path_parse(target.path, &target, error))
        return false;
    if (text[path_bytes] == '?' && !query_parse(text + path_bytes + 1, &target, error))
        return false;

    *ret = target;
    memset(&target, 0, sizeof(target));
    return true;
}

const char *
target_parameter(const Target *target, const char *name)
{
    for (unsigned i = 0; i < target->parameter_count; i++) {
        if (strcmp(target->parameters[i].name, name) == 0)
            return target->parameters[i].value;
    }
    return NULL;
}
