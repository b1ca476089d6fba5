/*
 * form.c - what jsonb and uuid make of a text, known without asking the server.
 *
 * jsonb: `, ` and `: ` between parts, keys once (the last of them) and in order of their length, then their bytes; numbers as
 * they were written. Whatever is rare enough to have been got wrong here (an exponent, \u, a key with an escape, what is no
 * JSON at all) is not answered: then the server is asked. A differential test holds both against each other.
 */
#include "base/copy.h"
#include "driver/postgres/postgres.h"

#include <string.h>

#define DEPTH_MAX 64
#define DIGITS_MAX 300 /* of a number: far below what numeric takes */
#define UUID_BYTES 36

#define MEMBERS_NEAR 32 /* more than most objects have, with those around them */

/* Of an object: where it stands in the output. The key has no escapes, so its bytes there are its bytes. */
typedef struct {
    gsize begin, end; /* the quote that opens the key; behind the value */
    gsize key_bytes;
    guint order;
} Member;

typedef struct {
    const char *at, *end;
    char *text, *to; /* the output, which has room for all; where the next byte goes */
    Member near[MEMBERS_NEAR];
    Member
        *members; /* of the objects that are open, the innermost last; `near` as long as they fit */
    guint member_count, member_room;
    int depth;
} Json;

static bool form_value(Json *json);

static void
put(Json *json, const char *data, size_t bytes)
{
    copy_bytes(json->to, data, bytes);
    json->to += bytes;
}

static void
put_two(Json *json, char first, char second)
{
    *json->to++ = first;
    *json->to++ = second;
}

static gsize
place(const Json *json)
{
    return (gsize) (json->to - json->text);
}

static void
add_member(Json *json, Member member)
{
    if (json->member_count == json->member_room) {
        Member *more = g_new(Member, (gsize) json->member_room * 2);
        memcpy(more, json->members, json->member_count * sizeof *more);
        if (json->members != json->near)
            g_free(json->members);
        json->members = more;
        json->member_room *= 2;
    }
    json->members[json->member_count++] = member;
}

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
        if (G_LIKELY(*json->at != '\\'))
            continue;
        *ret_plain = false;
        json->at++;
        if (json->at == json->end || strchr("\"\\bfnrt", *json->at) == NULL || *json->at == '\0')
            return false;
    }
    if (json->at == json->end)
        return false;
    json->at++;
    put(json, begin, (size_t) (json->at - begin));
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
    put(json, begin, (size_t) (json->at - begin));
    return true;
}

static bool
form_array(Json *json)
{
    json->at++;
    *json->to++ = '[';
    for (bool is_first = true; !takes(json, ']'); is_first = false) {
        if (!is_first && !takes(json, ','))
            return false;
        if (!is_first)
            put_two(json, ',', ' ');
        if (!form_value(json))
            return false;
    }
    *json->to++ = ']';
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
same_key(const char *text, const Member *a, const Member *b)
{
    return a->key_bytes == b->key_bytes &&
           memcmp(text + a->begin + 1, text + b->begin + 1, a->key_bytes) == 0;
}

/* The members from `first` on, which stand behind `begin`, in order. */
static void
sort_members(Json *json, gsize begin, guint first)
{
    Member *members = json->members + first;
    guint count = json->member_count - first, kept = 0;
    g_autofree char *before = g_memdup2(json->text, place(json));
    g_qsort_with_data(members, (gint) count, sizeof *members, by_key, before);
    json->to = json->text + begin;
    for (guint i = 0; i < count; i++) {
        if (i + 1 < count && same_key(before, &members[i], &members[i + 1]))
            continue;
        if (kept++ > 0)
            put_two(json, ',', ' ');
        put(json, before + members[i].begin, members[i].end - members[i].begin);
    }
}

static bool
form_member(Json *json, Member *ret)
{
    bool is_plain = false;
    ret->begin = place(json);
    if (!form_string(json, &is_plain) || !is_plain)
        return false;
    ret->key_bytes = place(json) - ret->begin - 2;
    if (!takes(json, ':'))
        return false;
    put_two(json, ':', ' ');
    if (!form_value(json))
        return false;
    ret->end = place(json);
    return true;
}

static bool
form_object(Json *json)
{
    guint first = json->member_count;
    bool is_sorted = true;
    json->at++;
    *json->to++ = '{';
    gsize begin = place(json);
    for (guint i = 0; !takes(json, '}'); i++) {
        Member member = {.order = i};
        if (i > 0 && !takes(json, ','))
            return false;
        if (i > 0)
            put_two(json, ',', ' ');
        if (!form_member(json, &member))
            return false;
        const Member *before = i > 0 ? &json->members[first + i - 1] : NULL;
        is_sorted = is_sorted && (before == NULL || (by_key(before, &member, json->text) < 0 &&
                                                     !same_key(json->text, before, &member)));
        add_member(json, member);
    }
    if (!is_sorted)
        sort_members(json, begin, first);
    json->member_count = first;
    *json->to++ = '}';
    return true;
}

static bool
form_word(Json *json, const char *word)
{
    size_t bytes = strlen(word);
    if ((size_t) (json->end - json->at) < bytes || memcmp(json->at, word, bytes) != 0)
        return false;
    json->at += bytes;
    put(json, word, bytes);
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
    Json json;
    g_string_set_size(to, 2 * bytes); /* what grows most are commas and colons, by one blank */
    json.at = text;
    json.end = text + bytes;
    json.text = json.to = to->str;
    json.members = json.near;
    json.member_count = 0;
    json.member_room = MEMBERS_NEAR;
    json.depth = 0;
    bool done = form_value(&json);
    if (json.members != json.near)
        g_free(json.members);
    skip_blanks(&json);
    g_string_truncate(to, place(&json));
    return done && json.at == json.end;
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
