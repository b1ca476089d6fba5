/* lexer.c - from bytes to flat JSON records. */
#include "driver/ndjson/lexer.h"

#include "base/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_SHOWN_BYTES 20
#define PIECE_BYTES 4096       /* of a line that is too long */
#define DROP_BYTES (64 * 1024) /* that are behind us, before what is left is moved to the front */

void
json_lexer_init(JsonLexer *lexer, ByteSource *source, int64_t offset, int64_t line, bool is_array)
{
    *lexer = (JsonLexer){.line = line, .is_array = is_array};
    window_init(&lexer->window, source, offset);
    lexer->members = g_array_new(FALSE, FALSE, sizeof(JsonMember));
    lexer->scratch = g_string_new(NULL);
    lexer->path = g_string_new(NULL);
    lexer->piece = g_string_new(NULL);
    lexer->shape = g_ptr_array_new_with_free_func(g_free);
    lexer->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void
json_lexer_clear(JsonLexer *lexer)
{
    window_clear(&lexer->window);
    g_array_unref(lexer->members);
    g_string_free(lexer->scratch, TRUE);
    g_string_free(lexer->path, TRUE);
    g_string_free(lexer->piece, TRUE);
    g_ptr_array_unref(lexer->shape);
    g_hash_table_unref(lexer->names);
    g_free(lexer->problem);
}

const char *
json_raw(const JsonLexer *lexer)
{
    if (lexer->piece->len > 0 || lexer->record_bytes == 0)
        return lexer->piece->str;
    return lexer->window.bytes + (lexer->offset - lexer->window.offset);
}

/* --- one object --- */

typedef struct {
    JsonLexer *lexer;
    const char *p, *end;
} Cursor;

static bool problem(Cursor *cursor, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool
problem(Cursor *cursor, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_free(cursor->lexer->problem);
    cursor->lexer->problem = g_strdup_vprintf(format, args);
    va_end(args);
    return false;
}

/* Of the record, from 1. */
static ssize_t
byte_at(const Cursor *cursor)
{
    return cursor->p - (cursor->lexer->window.bytes + cursor->lexer->begin) + 1;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
blanks(Cursor *cursor)
{
    while (cursor->p < cursor->end && is_blank(*cursor->p))
        cursor->p++;
}

static bool
expect(Cursor *cursor, char wanted, const char *what)
{
    blanks(cursor);
    if (cursor->p < cursor->end && *cursor->p == wanted) {
        cursor->p++;
        return true;
    }
    if (cursor->p >= cursor->end)
        return problem(cursor, "the record ends, expected %s", what);
    return problem(cursor, "'%c' at byte %zd, expected %s",
                   g_ascii_isprint(*cursor->p) ? *cursor->p : '?', byte_at(cursor), what);
}

static bool
hex4(Cursor *cursor, gunichar *ret)
{
    gunichar value = 0;
    for (int i = 0; i < 4; i++, cursor->p++) {
        int digit = cursor->p < cursor->end ? g_ascii_xdigit_value(*cursor->p) : -1;
        if (digit < 0)
            return problem(cursor, "expected four hexadecimal digits after \\u");
        value = value << 4 | (gunichar) digit;
    }
    *ret = value;
    return true;
}

/* Behind the backslash. */
static bool
escape(Cursor *cursor, GString *to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    gunichar letter = 0, low = 0;
    if (cursor->p >= cursor->end)
        return problem(cursor, "the record ends inside of a text");
    char c = *cursor->p++;
    const char *found = c != '\0' ? strchr(from, c) : NULL;
    if (found != NULL) {
        g_string_append_c(to, into[found - from]);
        return true;
    }
    if (c != 'u')
        return problem(cursor, "there is no escape '\\%c'", g_ascii_isprint(c) ? c : '?');
    if (!hex4(cursor, &letter))
        return false;
    if (letter >= 0xd800 && letter < 0xdc00 && cursor->end - cursor->p >= 6 &&
        cursor->p[0] == '\\' && cursor->p[1] == 'u') {
        cursor->p += 2;
        if (!hex4(cursor, &low))
            return false;
        if (low >= 0xdc00 && low < 0xe000)
            letter = 0x10000 + ((letter - 0xd800) << 10) + (low - 0xdc00);
    }
    if (letter == 0 || (letter >= 0xd800 && letter < 0xe000))
        return problem(cursor, "\\u%04x is no character that a text can hold", letter);
    g_string_append_unichar(to, letter);
    return true;
}

/* A text from behind its opening quote, appended. */
static bool
text(Cursor *cursor, GString *to)
{
    for (;;) {
        const char *from = cursor->p;
        while (cursor->p < cursor->end && *cursor->p != '"' && *cursor->p != '\\' &&
               (unsigned char) *cursor->p >= 0x20)
            cursor->p++;
        g_string_append_len(to, from, cursor->p - from);
        if (cursor->p >= cursor->end)
            return problem(cursor, "a text is opened and never closed");
        char c = *cursor->p++;
        if (c == '"')
            return true;
        if (c != '\\')
            return problem(cursor, "a text holds the bare control character 0x%02x",
                           (unsigned char) c);
        if (!escape(cursor, to))
            return false;
    }
}

/* What stands there instead: the whole word, as some programs write NaN, None or 007. */
static bool
no_value(Cursor *cursor)
{
    const char *from = cursor->p, *end = from;
    while (end < cursor->end && end - from < WORD_SHOWN_BYTES &&
           (g_ascii_isalnum(*end) || *end == '-' || *end == '+' || *end == '.' || *end == '_'))
        end++;
    if (end > from)
        return problem(cursor, "'%.*s' at byte %zd, expected a value", (int) (end - from), from,
                       byte_at(cursor));
    if (from >= cursor->end)
        return problem(cursor, "the record ends, expected a value");
    return problem(cursor, "'%c' at byte %zd, expected a value",
                   g_ascii_isprint(*from) ? *from : '?', byte_at(cursor));
}

static bool
number(Cursor *cursor, JsonKind *ret)
{
    const char *p = cursor->p, *end = cursor->end, *from = p;
    bool is_int = true;
    if (p < end && *p == '-')
        p++;
    const char *digits = p;
    while (p < end && g_ascii_isdigit(*p))
        p++;
    if (p == digits || (*digits == '0' && p - digits > 1))
        return no_value(cursor);
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        while (p < end && g_ascii_isdigit(*p))
            p++;
        is_int = false;
        if (p == fraction)
            return problem(cursor, "expected digits after the point");
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        const char *exponent = p;
        while (p < end && g_ascii_isdigit(*p))
            p++;
        is_int = false;
        if (p == exponent)
            return problem(cursor, "expected digits of an exponent");
    }
    g_string_append_len(cursor->lexer->scratch, from, p - from);
    cursor->p = p;
    *ret = is_int ? JSON_KIND_INT : JSON_KIND_NUMBER;
    return true;
}

static bool
word(Cursor *cursor, const char *wanted)
{
    size_t bytes = strlen(wanted);
    if ((size_t) (cursor->end - cursor->p) < bytes || memcmp(cursor->p, wanted, bytes) != 0)
        return no_value(cursor);
    g_string_append(cursor->lexer->scratch, wanted);
    cursor->p += bytes;
    return true;
}

static bool object(Cursor *cursor, int depth);

/* Of JSON that is good: all but the blanks around its tokens. */
static void
append_tokens(const char *from, const char *end, GString *to)
{
    bool is_text = false;
    for (const char *p = from; p < end; p++) {
        if (!is_text && strchr(" \t\r\n", *p) != NULL)
            continue;
        g_string_append_c(to, *p);
        if (*p == '"')
            is_text = !is_text;
        else if (*p == '\\')
            g_string_append_c(to, *++p);
    }
}

/* Checked by jansson, and kept as it is written, every digit of its numbers: arrays are one cell. */
static bool
array(Cursor *cursor)
{
    json_error_t where;
    const char *from = cursor->p;
    json_t *value = json_loadb(from, (size_t) (cursor->end - from),
                               JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL |
                                   JSON_DECODE_INT_AS_REAL,
                               &where);
    if (value == NULL)
        return problem(cursor, "inside of an array: %s", where.text);
    json_decref(value);
    append_tokens(from, from + where.position, cursor->lexer->scratch);
    cursor->p = from + where.position;
    return true;
}

static bool
scalar(Cursor *cursor, JsonMember *member)
{
    switch (cursor->p < cursor->end ? *cursor->p : '\0') {
    case '"':
        cursor->p++;
        member->kind = JSON_KIND_TEXT;
        return text(cursor, cursor->lexer->scratch);
    case '[':
        member->kind = JSON_KIND_ARRAY;
        return array(cursor);
    case 't':
        member->kind = JSON_KIND_BOOL;
        return word(cursor, "true");
    case 'f':
        member->kind = JSON_KIND_BOOL;
        return word(cursor, "false");
    case 'n':
        member->kind = JSON_KIND_NULL;
        return word(cursor, "null");
    default:
        return number(cursor, &member->kind);
    }
}

/* The names of a shape differ, so one that is the shape's at its place has not come before. */
static bool
is_in_shape(JsonLexer *lexer)
{
    guint place = lexer->members->len;
    if (lexer->matched != place || place >= lexer->shape->len ||
        strcmp(lexer->shape->pdata[place], lexer->path->str) != 0)
        return false;
    lexer->matched++;
    return true;
}

/* The name at the path, which is not the shape's: false when it has come before. From here on the shape is this record's. */
static bool
take_other_name(JsonLexer *lexer)
{
    if (g_hash_table_size(lexer->names) == 0)
        for (guint i = 0; i < lexer->matched; i++)
            g_hash_table_add(lexer->names, g_strdup(lexer->shape->pdata[i]));
    if (!g_hash_table_add(lexer->names, g_strdup(lexer->path->str)))
        return false;
    lexer->shape_changes++;
    g_ptr_array_set_size(lexer->shape, (int) lexer->members->len);
    g_ptr_array_add(lexer->shape, g_strdup(lexer->path->str));
    return true;
}

static bool
member(Cursor *cursor, int depth)
{
    JsonLexer *lexer = cursor->lexer;
    size_t before = lexer->path->len;
    if (!expect(cursor, '"', "a name in double quotes"))
        return false;
    if (before > 0)
        g_string_append_c(lexer->path, '.');
    if (!text(cursor, lexer->path) || !expect(cursor, ':', "':'"))
        return false;
    if (lexer->path->len > NAME_BYTES_MAX || lexer->path->len == before)
        return problem(cursor, "a name has %zu bytes, expected 1 to %d", lexer->path->len - before,
                       NAME_BYTES_MAX);
    blanks(cursor);
    bool done;
    if (cursor->p < cursor->end && *cursor->p == '{') {
        done = object(cursor, depth + 1);
    } else {
        JsonMember one = {.name = lexer->scratch->len, .name_bytes = lexer->path->len};
        if (!is_in_shape(lexer) && !take_other_name(lexer))
            return problem(cursor, "'%s' comes twice", lexer->path->str);
        g_string_append_len(lexer->scratch, lexer->path->str, (gssize) lexer->path->len);
        one.text = lexer->scratch->len;
        done = scalar(cursor, &one);
        one.text_bytes = lexer->scratch->len - one.text;
        if (done && one.text_bytes > CELL_BYTES_MAX)
            return problem(cursor, "'%s' has %zu bytes, at most %d", lexer->path->str,
                           one.text_bytes, CELL_BYTES_MAX);
        g_array_append_val(lexer->members, one);
    }
    g_string_truncate(lexer->path, before);
    return done;
}

static bool
object(Cursor *cursor, int depth)
{
    if (depth > JSON_DEPTH_MAX)
        return problem(cursor, "it is nested deeper than %d", JSON_DEPTH_MAX);
    if (!expect(cursor, '{', "an object"))
        return false;
    blanks(cursor);
    if (cursor->p < cursor->end && *cursor->p == '}') {
        cursor->p++;
        return true;
    }
    for (;;) {
        if (!member(cursor, depth))
            return false;
        blanks(cursor);
        if (cursor->p < cursor->end && *cursor->p == ',') {
            cursor->p++;
            continue;
        }
        return expect(cursor, '}', "',' or '}'");
    }
}

static void
forget_record(JsonLexer *lexer)
{
    g_clear_pointer(&lexer->problem, g_free);
    g_array_set_size(lexer->members, 0);
    g_string_truncate(lexer->scratch, 0);
    g_string_truncate(lexer->path, 0);
    g_string_truncate(lexer->piece, 0);
    g_hash_table_remove_all(lexer->names);
    lexer->matched = 0;
}

static void
parse_record(JsonLexer *lexer, size_t bytes)
{
    const char *begin = lexer->window.bytes + lexer->begin;
    Cursor cursor = {.lexer = lexer, .p = begin, .end = begin + bytes};
    forget_record(lexer);
    lexer->problem = text_problem(begin, bytes);
    if (lexer->problem == NULL && object(&cursor, 1)) {
        blanks(&cursor);
        if (cursor.p < cursor.end)
            problem(&cursor, "there is more behind the object");
    }
}

void
json_lexer_parse(JsonLexer *lexer, const char *bytes, size_t count)
{
    lexer->window.bytes = (char *) bytes; /* borrowed, and only looked at */
    lexer->begin = 0;
    parse_record(lexer, count);
    lexer->window.bytes = NULL;
}

/* --- where records begin and end --- */

/* The first byte at or after `begin` that is not skipped; grows the window as needed. */
static bool
skip(JsonLexer *lexer, const char *skipped, GError **error)
{
    for (;;) {
        while (lexer->begin < lexer->window.used) {
            char c = lexer->window.bytes[lexer->begin];
            if (c == '\0' || strchr(skipped, c) == NULL)
                return true;
            lexer->line += c == '\n';
            lexer->begin++;
        }
        if (lexer->window.is_end)
            return true;
        window_drop(&lexer->window, lexer->begin);
        lexer->begin = 0;
        if (!window_grow(&lexer->window, error))
            return false;
    }
}

/* Is `c`, outside of a text, the last byte of an element (or the first one behind it) that began with `first`? */
static bool
ends_element(char first, char c, int *depth)
{
    if (first == '{' || first == '[') {
        *depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        return *depth <= 0;
    }
    return c == ',' || c == ']' || c == '\n';
}

/* The end of the element at `begin`; `*ret` 0 when it has none within the limit. */
static bool
element_end(JsonLexer *lexer, size_t *ret, GError **error)
{
    const Window *window = &lexer->window;
    char first = window->bytes[lexer->begin];
    bool in_text = false, is_nested = first == '{' || first == '[';
    int depth = 0;
    *ret = 0;
    for (size_t p = lexer->begin;; p++) {
        while (p >= window->used) {
            if (window->is_end || p - lexer->begin > RECORD_BYTES_MAX)
                return true;
            if (!window_grow(&lexer->window, error))
                return false;
        }
        char c = window->bytes[p];
        if (in_text) {
            p += c == '\\';
            in_text = c != '"';
        } else if (c == '"') {
            in_text = true;
        } else if (ends_element(first, c, &depth)) {
            if (p - lexer->begin < RECORD_BYTES_MAX)
                *ret = is_nested ? p + 1 : MAX(p, lexer->begin + 1);
            return true;
        }
    }
}

/* Over a line that no window holds. */
static bool
skip_long(JsonLexer *lexer, GError **error)
{
    size_t bytes = MIN(lexer->window.used - lexer->begin, PIECE_BYTES);
    forget_record(lexer);
    lexer->problem = g_strdup_printf("the line is longer than %d MiB", RECORD_BYTES_MAX >> 20);
    g_string_append_len(lexer->piece, lexer->window.bytes + lexer->begin, (gssize) bytes);
    lexer->record_bytes = bytes;
    lexer->line++;
    if (!window_skip_line(&lexer->window, lexer->begin, '\n', error))
        return false;
    lexer->begin = 0;
    return true;
}

/* Does what looks like an element end among these bytes, and another one begin? */
static bool
holds_others(const char *bytes, size_t count)
{
    const char *end = bytes + count, *at = bytes;
    while ((at = memchr(at, '}', (size_t) (end - at))) != NULL) {
        const char *next = ++at;
        while (next < end && (is_blank(*next) || *next == ','))
            next++;
        if (next < end && *next == '{' && memchr(at, ',', (size_t) (next - at)) != NULL)
            return true;
    }
    return false;
}

/* The element at `begin` is broken in a way that leaves its end open, and only its line can be passed over. Elements behind it there
 * would go with it, and count as none. */
static bool
check_alone(const JsonLexer *lexer, size_t line, GError **error)
{
    if (!holds_others(lexer->window.bytes + lexer->begin, line - lexer->begin))
        return true;
    return fail(
        error, ERR_INVALID,
        "line %" G_GINT64_FORMAT ": the element at byte %" G_GINT64_FORMAT
        " of the file is broken (%s), and where the next one on its line begins cannot be told",
        lexer->line, lexer->window.offset + (int64_t) lexer->begin, lexer->problem);
}

/* The last line of a file, which has no end: an object whose brackets are not closed there was cut off. */
static bool
check_whole(JsonLexer *lexer, size_t line, GError **error)
{
    const Window *window = &lexer->window;
    size_t end = 0;
    if (!window->is_end || line < window->used || window->bytes[line - 1] == '\n' ||
        window->bytes[lexer->begin] != '{')
        return true;
    if (!element_end(lexer, &end, error))
        return false;
    return end > 0 ||
           fail(error, ERR_INVALID,
                "line %" G_GINT64_FORMAT ": %s, and the file ends there: was it cut short?",
                lexer->line, lexer->problem);
}

/* Where the record at `begin` ends, and where reading goes on. `*ret_end` 0: its line is longer than any record. */
static bool
next_span(JsonLexer *lexer, size_t *ret_end, GError **error)
{
    size_t end = 0, line = 0;
    if (lexer->is_array && !element_end(lexer, &end, error))
        return false;
    if (end > 0)
        parse_record(lexer, end - lexer->begin);
    *ret_end = end;
    if (end > 0 && lexer->problem == NULL)
        return true;
    /* an object that is broken may have taken the next ones along: the line is what is sure */
    if (!window_line_end(&lexer->window, lexer->begin, '\n', &line, error))
        return false;
    if (lexer->is_only_placed && !lexer->is_array)
        forget_record(lexer);
    else if (end == 0 && line > 0)
        parse_record(lexer, line - lexer->begin);
    if (line > 0 && (end == 0 || line < end))
        *ret_end = line;
    if (lexer->problem == NULL || line == 0)
        return true;
    if (lexer->is_array)
        return *ret_end != line || check_alone(lexer, line, error);
    return check_whole(lexer, line, error);
}

/* The end of an array: its bracket and nothing else. One that is cut short, or that others follow, would lose rows that nobody
 * counts. */
static bool
end_array(JsonLexer *lexer, GError **error)
{
    forget_record(lexer);
    lexer->is_over = true;
    if (lexer->begin >= lexer->window.used)
        return fail(error, ERR_INVALID,
                    "line %" G_GINT64_FORMAT ": the array is never closed: was the file cut short?",
                    lexer->line);
    lexer->begin++;
    if (!skip(lexer, " \t\r\n", error))
        return false;
    return lexer->begin >= lexer->window.used ||
           fail(error, ERR_INVALID,
                "line %" G_GINT64_FORMAT ": there is more behind the array, expected one in a file",
                lexer->line);
}

static int64_t
lines_in(const char *bytes, size_t count)
{
    int64_t lines = 0;
    for (const char *at = bytes, *end = bytes + count;
         (at = memchr(at, '\n', (size_t) (end - at))) != NULL; at++)
        lines++;
    return lines;
}

bool
json_next(JsonLexer *lexer, bool *ret_more, GError **error)
{
    size_t end = 0;
    *ret_more = false;
    if (lexer->is_over)
        return true;
    if (lexer->begin >= DROP_BYTES) { /* else growing would gather the whole file */
        window_drop(&lexer->window, lexer->begin);
        lexer->begin = 0;
    }
    if (!skip(lexer, lexer->is_array ? " \t\r\n," : " \t\r\n", error))
        return false;
    *ret_more = lexer->begin < lexer->window.used;
    if (lexer->is_array && (!*ret_more || lexer->window.bytes[lexer->begin] == ']')) {
        *ret_more = false;
        return end_array(lexer, error);
    }
    if (!*ret_more)
        return true;
    if (!next_span(lexer, &end, error))
        return false;
    lexer->offset = lexer->window.offset + (int64_t) lexer->begin;
    lexer->record_line = lexer->line;
    if (end == 0)
        return skip_long(lexer, error);
    lexer->record_bytes = end - lexer->begin;
    lexer->line += lines_in(lexer->window.bytes + lexer->begin, lexer->record_bytes);
    lexer->begin = end;
    return true;
}

bool
json_lexer_start(JsonLexer *lexer, ByteSource *source, GError **error)
{
    json_lexer_init(lexer, source, 0, 1, false);
    while (lexer->window.used < 3 && !lexer->window.is_end)
        if (!window_grow(&lexer->window, error))
            return false;
    if (lexer->window.used >= 3 && memcmp(lexer->window.bytes, "\xef\xbb\xbf", 3) == 0)
        lexer->begin = 3;
    if (!skip(lexer, " \t\r\n", error))
        return false;
    lexer->is_array = lexer->begin < lexer->window.used && lexer->window.bytes[lexer->begin] == '[';
    lexer->begin += lexer->is_array;
    return true;
}
