/* lexer.c - from bytes to CSV records. */
#include "driver/csv/lexer.h"

#include "base/limits.h"

#include <string.h>

#define FIELDS_MAX 100000
#define PIECE_BYTES 4096 /* of a line that is too long */

void
csv_lexer_init(CsvLexer *lexer, ByteSource *source, int64_t offset, int64_t line, char delimiter)
{
    *lexer = (CsvLexer){.delimiter = delimiter, .line_end = '\n', .line = line};
    window_init(&lexer->window, source, offset);
    lexer->fields = g_array_new(FALSE, FALSE, sizeof(CsvField));
    lexer->scratch = g_string_new(NULL);
    lexer->piece = g_string_new(NULL);
}

void
csv_lexer_clear(CsvLexer *lexer)
{
    window_clear(&lexer->window);
    g_clear_pointer(&lexer->fields, g_array_unref);
    if (lexer->scratch != NULL)
        g_string_free(lexer->scratch, TRUE);
    lexer->scratch = NULL;
    if (lexer->piece != NULL)
        g_string_free(lexer->piece, TRUE);
    lexer->piece = NULL;
    g_clear_pointer(&lexer->problem, g_free);
}

size_t
csv_count(const CsvLexer *lexer)
{
    return lexer->fields->len;
}

CsvField
csv_field(const CsvLexer *lexer, size_t index)
{
    return g_array_index(lexer->fields, CsvField, index);
}

const char *
csv_raw(const CsvLexer *lexer)
{
    if (lexer->piece->len > 0)
        return lexer->piece->str;
    return lexer->window.bytes + (lexer->offset - lexer->window.offset);
}

typedef enum { LEX_DONE, LEX_MORE, LEX_BROKEN, LEX_CUT } LexResult;

static void
set_problem(CsvLexer *lexer, const char *problem)
{
    g_free(lexer->problem);
    lexer->problem = g_strdup(problem);
}

/* A quoted field from its opening quote at `*at`, which moves behind the closing one. */
static LexResult
lex_quoted(CsvLexer *lexer, size_t *at, CsvField *ret)
{
    const char *bytes = lexer->window.bytes;
    size_t used = lexer->window.used, from = *at + 1, p = from;
    size_t scratch = lexer->scratch->len;
    bool is_doubled = false;
    for (;;) {
        const char *quote = p < used ? memchr(bytes + p, '"', used - p) : NULL;
        if (quote == NULL || ((size_t) (quote - bytes) + 1 == used && !lexer->window.is_end)) {
            if (!lexer->window.is_end)
                return LEX_MORE;
            set_problem(lexer, "a quote is opened and never closed");
            return bytes[used - 1] == lexer->line_end ? LEX_BROKEN : LEX_CUT;
        }
        p = (size_t) (quote - bytes);
        if (p + 1 < used && bytes[p + 1] == '"') {
            g_string_append_len(lexer->scratch, bytes + from, (gssize) (p + 1 - from));
            is_doubled = true;
            from = p += 2;
            continue;
        }
        break;
    }
    if (is_doubled) {
        g_string_append_len(lexer->scratch, bytes + from, (gssize) (p - from));
        /* the scratch may move: its place is kept as an offset until the record is whole */
        *ret = (CsvField){.data = NULL, .bytes = lexer->scratch->len - scratch, .is_quoted = true};
    } else {
        *ret = (CsvField){.data = bytes + from, .bytes = p - from, .is_quoted = true};
    }
    *at = p + 1;
    return LEX_DONE;
}

static LexResult
lex_plain(CsvLexer *lexer, size_t *at, CsvField *ret)
{
    const char *bytes = lexer->window.bytes;
    size_t p = *at;
    while (p < lexer->window.used && bytes[p] != lexer->delimiter && bytes[p] != lexer->line_end)
        p++;
    if (p == lexer->window.used && !lexer->window.is_end)
        return LEX_MORE;
    bool has_cr = lexer->line_end == '\n' && p > *at && bytes[p - 1] == '\r' &&
                  (p == lexer->window.used || bytes[p] == '\n');
    *ret = (CsvField){.data = bytes + *at, .bytes = p - *at - has_cr};
    *at = p;
    return LEX_DONE;
}

/* Fields up to the record's end, behind which `*at` is then. */
static LexResult
lex_record(CsvLexer *lexer, size_t *at)
{
    for (;;) {
        CsvField field;
        const char *bytes = lexer->window.bytes;
        bool is_quoted = *at < lexer->window.used && bytes[*at] == '"';
        LexResult result = is_quoted ? lex_quoted(lexer, at, &field) : lex_plain(lexer, at, &field);
        if (result != LEX_DONE)
            return result;
        g_array_append_val(lexer->fields, field);
        if (lexer->fields->len > FIELDS_MAX) {
            set_problem(lexer, "the record has too many fields");
            return LEX_BROKEN;
        }
        size_t p = *at, used = lexer->window.used;
        if (p + 1 >= used && !lexer->window.is_end)
            return LEX_MORE;
        if (lexer->line_end == '\n' && p < used && bytes[p] == '\r' &&
            (p + 1 == used || bytes[p + 1] == '\n'))
            p++;
        if (p >= used || bytes[p] == lexer->line_end) {
            *at = MIN(p + 1, used);
            return LEX_DONE;
        }
        if (bytes[p] != lexer->delimiter) {
            set_problem(lexer, "there is text behind a closing quote");
            return LEX_BROKEN;
        }
        *at = p + 1;
    }
}

static void
place_scratch(CsvLexer *lexer)
{
    size_t at = 0;
    for (guint i = 0; i < lexer->fields->len; i++) {
        CsvField *field = &g_array_index(lexer->fields, CsvField, i);
        if (field->data != NULL)
            continue;
        field->data = lexer->scratch->str + at;
        at += field->bytes;
    }
}

static int64_t
count_lines(const char *bytes, size_t count, char line_end)
{
    int64_t lines = 0;
    for (const char *p = bytes; (p = memchr(p, line_end, count - (size_t) (p - bytes))) != NULL;
         p++)
        lines++;
    return lines;
}

/* Empty lines are skipped; with them, what is behind is dropped from the window. */
static bool
skip_empty(CsvLexer *lexer, GError **error)
{
    for (;;) {
        const char *bytes = lexer->window.bytes;
        size_t rest = lexer->window.used - lexer->begin;
        if (rest < 2 && !lexer->window.is_end) {
            window_drop(&lexer->window, lexer->begin);
            lexer->begin = 0;
            if (!window_grow(&lexer->window, error))
                return false;
            continue;
        }
        size_t skip = rest >= 1 && bytes[lexer->begin] == lexer->line_end ? 1
                      : lexer->line_end == '\n' && rest >= 2 && bytes[lexer->begin] == '\r' &&
                              bytes[lexer->begin + 1] == '\n'
                          ? 2
                          : 0;
        if (skip == 0)
            return true;
        lexer->begin += skip;
        lexer->line++;
    }
}

bool
csv_fail_cut(int64_t line, const char *problem, GError **error)
{
    return fail(
        error, ERR_INVALID,
        "line %" G_GINT64_FORMAT
        ": %s, and the last line of the file has no end: was it cut short? If not, end that line",
        line, problem);
}

/* The record at `begin` up to `*ret_end`; what is no record ends with its line. `*ret_end` 0: that line is longer than any
 * record. */
static bool
lex_next(CsvLexer *lexer, size_t *ret_end, GError **error)
{
    for (;;) {
        g_clear_pointer(&lexer->problem, g_free);
        g_array_set_size(lexer->fields, 0);
        g_string_truncate(lexer->scratch, 0);
        *ret_end = lexer->begin;
        LexResult result = lex_record(lexer, ret_end);
        size_t seen = result == LEX_DONE ? *ret_end : lexer->window.used;
        if ((result == LEX_DONE || result == LEX_MORE) && seen - lexer->begin > RECORD_BYTES_MAX) {
            set_problem(lexer, "the record is longer than 32 MiB (is a quote not closed?)");
            result = LEX_BROKEN;
        }
        if (result == LEX_DONE)
            return true;
        if (result == LEX_CUT)
            return csv_fail_cut(lexer->line, lexer->problem, error);
        if (result == LEX_BROKEN)
            return window_line_end(&lexer->window, lexer->begin, lexer->line_end, ret_end, error);
        window_drop(&lexer->window, lexer->begin);
        lexer->begin = 0;
        if (!window_grow(&lexer->window, error))
            return false;
    }
}

/* Over a line that no window holds. */
static bool
skip_long(CsvLexer *lexer, GError **error)
{
    size_t bytes = MIN(lexer->window.used - lexer->begin, PIECE_BYTES);
    g_string_append_len(lexer->piece, lexer->window.bytes + lexer->begin, (gssize) bytes);
    g_array_set_size(lexer->fields, 0);
    lexer->record_bytes = bytes;
    lexer->line++;
    if (!window_skip_line(&lexer->window, lexer->begin, lexer->line_end, error))
        return false;
    lexer->begin = 0;
    return true;
}

bool
csv_next(CsvLexer *lexer, bool *ret_more, GError **error)
{
    size_t end = 0;
    g_string_truncate(lexer->piece, 0);
    lexer->is_open = false;
    if (!skip_empty(lexer, error))
        return false;
    *ret_more = lexer->begin < lexer->window.used;
    if (!*ret_more)
        return true;
    if (!lex_next(lexer, &end, error))
        return false;
    lexer->offset = lexer->window.offset + (int64_t) lexer->begin;
    lexer->record_line = lexer->line;
    if (end == 0)
        return skip_long(lexer, error);
    place_scratch(lexer);
    if (lexer->problem == NULL)
        lexer->problem = text_problem(lexer->window.bytes + lexer->begin, end - lexer->begin);
    lexer->record_bytes = end - lexer->begin;
    lexer->is_open = end == lexer->window.used && lexer->window.is_end &&
                     lexer->window.bytes[end - 1] != lexer->line_end;
    lexer->line +=
        count_lines(lexer->window.bytes + lexer->begin, end - lexer->begin, lexer->line_end);
    lexer->begin = end;
    return true;
}
