/* shown.c - see shown.h. */
#include "transfer/shown.h"

#include "base/text.h"

#include <string.h>

#define BYTES_MAX 500 /* of a value */
#define DIGEST_LETTERS 12
#define REST_BYTES_MAX 64 /* what is said behind the beginning */

/* " … (1000 bytes, sha256:0123456789ab)" */
static void
append_rest(GString *to, const void *data, size_t bytes)
{
    g_autofree char *digest = sha256_of(data, bytes);
    g_string_append_printf(to, "… (%zu bytes, sha256:%.*s)", bytes, DIGEST_LETTERS, digest);
}

static char *
hex_text(const Value *value)
{
    GString *hex = g_string_new("x'");
    size_t shown = MIN(value->s.bytes, BYTES_MAX / 2);
    for (size_t i = 0; i < shown; i++)
        g_string_append_printf(hex, "%02x", (guchar) value->s.data[i]);
    g_string_append_c(hex, '\'');
    if (shown < value->s.bytes)
        append_rest(hex, value->s.data, value->s.bytes);
    return g_string_free(hex, FALSE);
}

char *
shown_text(const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (value->is_null)
        return NULL;
    if (value->type == TYPE_BYTES)
        return hex_text(value);
    value_append_text(value, text);
    bool is_plain = memchr(text->str, '\0', text->len) == NULL && strchr(text->str, '\\') == NULL;
    if (is_plain)
        return g_string_free(g_steal_pointer(&text), FALSE);
    GString *escaped = g_string_sized_new(text->len + 16);
    for (size_t i = 0; i < text->len; i++) {
        char letter = text->str[i];
        if (letter == '\0' || letter == '\\')
            g_string_append_c(escaped, '\\');
        g_string_append_c(escaped, letter == '\0' ? '0' : letter);
    }
    return g_string_free(escaped, FALSE);
}

static GString *
unescaped(const char *text)
{
    GString *value = g_string_new(NULL);
    for (; *text != '\0'; text++) {
        bool is_escape = *text == '\\' && text[1] != '\0';
        text += is_escape;
        g_string_append_c(value, is_escape && *text == '0' ? '\0' : *text);
    }
    return value;
}

/* Letters are not cut. */
static void
cut(GString *value)
{
    g_autoptr(GString) whole = g_string_new_len(value->str, (gssize) value->len);
    size_t keep = BYTES_MAX;
    while (keep > 0 && ((guchar) value->str[keep] & 0xc0) == 0x80)
        keep--;
    g_string_truncate(value, keep);
    append_rest(value, whole->str, whole->len);
}

json_t *
shown_json(const char *text)
{
    if (text == NULL)
        return json_null();
    g_autoptr(GString) value = unescaped(text);
    if (value->len > BYTES_MAX + REST_BYTES_MAX) /* bytes are cut already */
        cut(value);
    json_t *json = json_stringn(value->str, value->len);
    if (json != NULL)
        return json;
    g_autofree char *valid = g_utf8_make_valid(value->str, (gssize) value->len);
    return json_string(valid);
}
