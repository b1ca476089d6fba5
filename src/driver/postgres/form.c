/*
 * form.c - what jsonb and uuid make of a text, known without asking the server.
 *
 * jsonb: `, ` and `: ` between parts, keys once (the last of them) and in order of their length, then their bytes; numbers as
 * they were written. Whatever is rare enough to have been got wrong here (an exponent, \u, a key with an escape, what is no
 * JSON at all) is not answered: then the server is asked. A differential test holds both against each other.
 */
#include "driver/postgres/postgres.h"

#include <string.h>

#define DEPTH_MAX 64
#define DIGITS_MAX 300 /* of a number: far below what numeric takes */
#define UUID_BYTES 36

typedef struct {
    const char *at, *end;
    GString *to;
    GArray *members; /* Member: of the objects that are open, the innermost last */
    int depth;
} Json;

/* Of an object: where it stands in the output. The key has no escapes, so its bytes there are its bytes. */
typedef struct {
    gsize begin, end; /* the quote that opens the key; behind the value */
    gsize key_bytes;
    guint order;
} Member;

static bool form_value(Json *json);

static void
skip_blanks(Json *json)
{
    while (json->at < json->end &&
           (*json->at == ' ' || *json->at == '\n' || *json->at == '\t' || *json->at == '\r'))
        json->at++;
}

static bool
takes(Json *json, char letter)
{
    skip_blanks(json);
    if (json->at == json->end || *json->at != letter)
        return false;
    json->at++;
    return true;
}

/* With both quotes; `*ret_plain`: it has no escapes. */
static bool
form_string(Json *json, bool *ret_plain)
{
    *ret_plain = true;
    if (!takes(json, '"'))
        return false;
    const char *begin = json->at - 1;
    for (; json->at < json->end && *json->at != '"'; json->at++) {
        if ((unsigned char) *json->at < ' ')
            return false;
        if (*json->at != '\\')
            continue;
        *ret_plain = false;
        json->at++;
        if (json->at == json->end || strchr("\"\\bfnrt", *json->at) == NULL || *json->at == '\0')
            return false;
    }
    if (json->at == json->end)
        return false;
    json->at++;
    g_string_append_len(json->to, begin, json->at - begin);
    return true;
}

static size_t
digits(Json *json)
{
    const char *begin = json->at;
    while (json->at < json->end && g_ascii_isdigit(*json->at))
        json->at++;
    return (size_t) (json->at - begin);
}

static bool
form_number(Json *json)
{
    const char *begin = json->at;
    bool is_negative = *begin == '-', is_zero = true;
    json->at += is_negative;
    const char *first = json->at;
    size_t whole = digits(json);
    if (whole == 0 || (whole > 1 && *first == '0'))
        return false;
    if (json->at < json->end && *json->at == '.') {
        json->at++;
        if (digits(json) == 0)
            return false;
    }
    if (json->at - begin > DIGITS_MAX ||
        (json->at < json->end && (*json->at == 'e' || *json->at == 'E')))
        return false;
    for (const char *digit = first; digit < json->at; digit++)
        is_zero = is_zero && (*digit == '0' || *digit == '.');
    if (is_negative && is_zero)
        begin++; /* numeric has one zero */
    g_string_append_len(json->to, begin, json->at - begin);
    return true;
}

static bool
form_array(Json *json)
{
    json->at++;
    g_string_append_c(json->to, '[');
    for (bool is_first = true; !takes(json, ']'); is_first = false) {
        if (!is_first && !takes(json, ','))
            return false;
        if (!is_first)
            g_string_append(json->to, ", ");
        if (!form_value(json))
            return false;
    }
    g_string_append_c(json->to, ']');
    return true;
}

static int
by_key(const void *a, const void *b, void *text)
{
    const Member *one = a, *other = b;
    const char *bytes = text;
    if (one->key_bytes != other->key_bytes)
        return one->key_bytes < other->key_bytes ? -1 : 1;
    int order = memcmp(bytes + one->begin + 1, bytes + other->begin + 1, one->key_bytes);
    return order != 0 ? order : one->order < other->order ? -1 : one->order > other->order;
}

static bool
same_key(const GString *text, const Member *a, const Member *b)
{
    return a->key_bytes == b->key_bytes &&
           memcmp(text->str + a->begin + 1, text->str + b->begin + 1, a->key_bytes) == 0;
}

/* The members from `first` on, which stand behind `begin`, in order. */
static void
sort_members(Json *json, gsize begin, guint first)
{
    Member *members = &g_array_index(json->members, Member, first);
    guint count = json->members->len - first, kept = 0;
    g_autoptr(GString) before = g_string_new_len(json->to->str, (gssize) json->to->len);
    g_qsort_with_data(members, (gint) count, sizeof *members, by_key, before->str);
    g_string_truncate(json->to, begin);
    for (guint i = 0; i < count; i++) {
        if (i + 1 < count && same_key(before, &members[i], &members[i + 1]))
            continue;
        if (kept++ > 0)
            g_string_append(json->to, ", ");
        g_string_append_len(json->to, before->str + members[i].begin,
                            (gssize) (members[i].end - members[i].begin));
    }
}

static bool
form_member(Json *json, Member *ret)
{
    bool is_plain = false;
    ret->begin = json->to->len;
    if (!form_string(json, &is_plain) || !is_plain)
        return false;
    ret->key_bytes = json->to->len - ret->begin - 2;
    g_string_append(json->to, ": ");
    if (!takes(json, ':') || !form_value(json))
        return false;
    ret->end = json->to->len;
    return true;
}

static bool
form_object(Json *json)
{
    guint first = json->members->len;
    bool is_sorted = true;
    json->at++;
    g_string_append_c(json->to, '{');
    gsize begin = json->to->len;
    for (guint i = 0; !takes(json, '}'); i++) {
        Member member = {.order = i};
        if (i > 0 && !takes(json, ','))
            return false;
        if (i > 0)
            g_string_append(json->to, ", ");
        if (!form_member(json, &member))
            return false;
        const Member *before = i > 0 ? &g_array_index(json->members, Member, first + i - 1) : NULL;
        is_sorted = is_sorted && (before == NULL || (by_key(before, &member, json->to->str) < 0 &&
                                                     !same_key(json->to, before, &member)));
        g_array_append_val(json->members, member);
    }
    if (!is_sorted)
        sort_members(json, begin, first);
    g_array_set_size(json->members, first);
    g_string_append_c(json->to, '}');
    return true;
}

static bool
form_word(Json *json, const char *word)
{
    size_t bytes = strlen(word);
    if ((size_t) (json->end - json->at) < bytes || memcmp(json->at, word, bytes) != 0)
        return false;
    json->at += bytes;
    g_string_append_len(json->to, word, (gssize) bytes);
    return true;
}

static bool
form_value(Json *json)
{
    bool is_plain, done = false;
    skip_blanks(json);
    if (json->at == json->end || json->depth == DEPTH_MAX)
        return false;
    json->depth++;
    switch (*json->at) {
    case '{':
        done = form_object(json);
        break;
    case '[':
        done = form_array(json);
        break;
    case '"':
        done = form_string(json, &is_plain);
        break;
    case 't':
        done = form_word(json, "true");
        break;
    case 'f':
        done = form_word(json, "false");
        break;
    case 'n':
        done = form_word(json, "null");
        break;
    default:
        done = (*json->at == '-' || g_ascii_isdigit(*json->at)) && form_number(json);
    }
    json->depth--;
    return done;
}

static bool
form_jsonb(const char *text, size_t bytes, GString *to)
{
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(Member));
    Json json = {.at = text, .end = text + bytes, .to = to, .members = members};
    if (!form_value(&json))
        return false;
    skip_blanks(&json);
    return json.at == json.end;
}

static bool
form_uuid(const char *text, size_t bytes, GString *to)
{
    if (bytes != UUID_BYTES)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' : !g_ascii_isxdigit(text[i]))
            return false;
        g_string_append_c(to, g_ascii_tolower(text[i]));
    }
    return true;
}

bool
pg_form(unsigned base, const char *text, size_t bytes, GString *to)
{
    g_string_truncate(to, 0);
    return base == OID_JSONB ? form_jsonb(text, bytes, to)
                             : base == OID_UUID && form_uuid(text, bytes, to);
}
