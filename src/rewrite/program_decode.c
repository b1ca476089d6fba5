/*
 * program_decode.c - what a literal says: escapes undone, expressions taken out as holes.
 *
 * Places for values that formatting fills in, %s {name} #{name}, are holes in any string: in SQL they mean nothing else.
 */
#include "rewrite/program.h"

#include <string.h>

typedef struct {
    Text *out;
    const Text *text; /* that the literal is in */
    const Language *language;
    const Quoting *quoting;
    size_t end;
    Holes holes;
    GArray *expressions;
} Decoder;

static char
byte(const Decoder *decoder, size_t at)
{
    return at < decoder->end ? decoder->text->bytes[at] : '\0';
}

static bool
starts(const Decoder *decoder, size_t at, const char *what)
{
    size_t bytes = strlen(what);
    return at + bytes <= decoder->end && memcmp(decoder->text->bytes + at, what, bytes) == 0;
}

static bool
is_name_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* ---- escapes ---- */

static size_t
put_character(Decoder *decoder, size_t begin, size_t end, gunichar character)
{
    char bytes[6];
    if (character == 0 || !g_unichar_validate(character))
        character = 0xFFFD;
    text_put(decoder->out, begin, end, bytes, (size_t) g_unichar_to_utf8(character, bytes));
    return end;
}

static size_t
decode_number(Decoder *decoder, size_t begin, size_t at, size_t digits_max, guint base)
{
    gunichar value = 0;
    size_t end = at;
    while (end < at + digits_max && g_ascii_isxdigit(byte(decoder, end)) &&
           (guint) g_ascii_xdigit_value(byte(decoder, end)) < base)
        value = value * base + (guint) g_ascii_xdigit_value(byte(decoder, end++));
    return put_character(decoder, begin, end, value);
}

static size_t
decode_c(Decoder *decoder, size_t at)
{
    static const char from[] = "ntrbfav0", to[] = "\n\t\r\b\f\a\v";
    char c = byte(decoder, at + 1);
    const char *simple = c != '\0' ? strchr(from, c) : NULL;
    if (c == 'x')
        return decode_number(decoder, at, at + 2, 2, 16);
    if (c == 'u' && byte(decoder, at + 2) == '{') {
        size_t end = decode_number(decoder, at, at + 3, 6, 16);
        return byte(decoder, end) == '}' ? end + 1 : end;
    }
    if (c == 'u' || c == 'U')
        return decode_number(decoder, at, at + 2, c == 'u' ? 4 : 8, 16);
    if (c >= '0' && c <= '7')
        return decode_number(decoder, at, at + 1, 3, 8);
    if (c == '\n') /* the line goes on */
        return at + 2;
    if (c == '\r' && byte(decoder, at + 2) == '\n')
        return at + 3;
    if (simple != NULL)
        text_put(decoder->out, at, at + 2, &to[simple - from], 1);
    else if (c != '\0')
        text_put(decoder->out, at, at + 2, &c, 1);
    return MIN(at + 2, decoder->end);
}

static size_t
decode_shell(Decoder *decoder, size_t at)
{
    char c = byte(decoder, at + 1);
    if (c == '\n')
        return at + 2;
    bool is_escaped = c != '\0' && strchr("$`\"\\", c) != NULL;
    if (!is_escaped || (c == '"' && decoder->quoting->quote != '"'))
        return at;
    text_put(decoder->out, at, at + 2, &c, 1);
    return at + 2;
}

static size_t
decode_markup(Decoder *decoder, size_t at)
{
    static const struct {
        const char *name, *text;
    } names[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&apos;", "'"}};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (starts(decoder, at, names[i].name)) {
            size_t end = at + strlen(names[i].name);
            text_put(decoder->out, at, end, names[i].text, 1);
            return end;
        }
    if (starts(decoder, at, "&#x"))
        return decode_number(decoder, at, at + 3, 6, 16) + 1;
    if (starts(decoder, at, "&#"))
        return decode_number(decoder, at, at + 2, 7, 10) + 1;
    return at;
}

/* Behind an escape at `at`; `at` when there is none. */
static size_t
decode_escape(Decoder *decoder, size_t at)
{
    char c = byte(decoder, at);
    switch (decoder->quoting->escape) {
    case ESCAPE_C:
        return c == '\\' ? decode_c(decoder, at) : at;
    case ESCAPE_SHELL:
        return c == '\\' ? decode_shell(decoder, at) : at;
    case ESCAPE_MARKUP:
        return c == '&' ? decode_markup(decoder, at) : at;
    case ESCAPE_DOUBLED:
        if (c != decoder->quoting->quote || byte(decoder, at + 1) != c)
            return at;
        text_put(decoder->out, at, at + 2, &c, 1);
        return at + 2;
    case ESCAPE_NONE:
    case ESCAPE_KEPT:
        break;
    }
    return at;
}

/* ---- holes ---- */

static size_t
put_hole(Decoder *decoder, size_t begin, size_t end)
{
    if (end == 0 || end > decoder->end) {
        decoder->out->is_unread = true;
        return decoder->end;
    }
    text_put(decoder->out, begin, end, HOLE, strlen(HOLE));
    return end;
}

/* {TABLE}: what the program says that it is. */
static size_t
put_named(Decoder *decoder, size_t begin, size_t end, size_t name, size_t name_end)
{
    Constant *constant = constants_find(decoder->out->constants, decoder->text->bytes + name,
                                        name_end > name ? name_end - name : 0);
    if (constant == NULL || end == 0 || end > decoder->end)
        return put_hole(decoder, begin, end);
    text_put_constant(decoder->out, begin, end, constant);
    return end;
}

/* The name in quotes at `*at`, which goes behind it; false when there is none. */
static bool
take_quoted(const Decoder *decoder, size_t *at, Span *ret)
{
    char quote = byte(decoder, *at);
    if (quote != '"' && quote != '\'')
        return false;
    *ret = (Span){(uint32_t) *at + 1, (uint32_t) *at + 1};
    while (is_name_byte(byte(decoder, ret->end)) || byte(decoder, ret->end) == '-' ||
           byte(decoder, ret->end) == '.')
        ret->end++;
    *at = ret->end + 1;
    return ret->end > ret->begin && byte(decoder, ret->end) == quote;
}

static void
skip_blanks(const Decoder *decoder, size_t *at)
{
    while (g_ascii_isspace(byte(decoder, *at)))
        (*at)++;
}

static void
copy_name(Decoder *decoder, Span name)
{
    text_begin_part(decoder->out, name.begin, (Quoting){.is_bare = true, .is_name = true});
    for (size_t i = name.begin; i < name.end; i++)
        text_copy(decoder->out, i);
}

/* ref("name"), ctx.ref("schema", "name") of Dataform: what the names say. False when it is something else. */
static bool
put_reference(Decoder *decoder, size_t inner, size_t end)
{
    Span first, second = {0};
    size_t at = inner;
    skip_blanks(decoder, &at);
    if (starts(decoder, at, "ctx."))
        at += 4;
    if (decoder->holes != HOLES_DOLLAR_BRACES || !starts(decoder, at, "ref("))
        return false;
    at += 4;
    skip_blanks(decoder, &at);
    if (!take_quoted(decoder, &at, &first))
        return false;
    skip_blanks(decoder, &at);
    if (byte(decoder, at) == ',') {
        at++;
        skip_blanks(decoder, &at);
        if (!take_quoted(decoder, &at, &second))
            return false;
        skip_blanks(decoder, &at);
    }
    if (byte(decoder, at++) != ')')
        return false;
    skip_blanks(decoder, &at);
    if (at != end)
        return false;
    copy_name(decoder, first);
    if (second.end > 0) {
        text_put(decoder->out, first.end, second.begin, ".", 1);
        copy_name(decoder, second);
    }
    text_begin_part(decoder->out, end, *decoder->quoting);
    return true;
}

static size_t
put_expression(Decoder *decoder, size_t begin, size_t inner)
{
    size_t end = expression_end(decoder->text, decoder->language, inner, decoder->end,
                                byte(decoder, inner - 1) == '(' ? ')' : '}', 0);
    if (end > inner && end <= decoder->end && put_reference(decoder, inner, end - 1))
        return end;
    if (end > inner && constants_find(decoder->out->constants, decoder->text->bytes + inner,
                                      end - 1 - inner) != NULL)
        return put_named(decoder, begin, end, inner, end - 1);
    if (end > 0 && decoder->expressions != NULL && end <= decoder->end) {
        Span span = {(uint32_t) inner, (uint32_t) end - 1};
        g_array_append_val(decoder->expressions, span);
    }
    return put_hole(decoder, begin, end);
}

static size_t
decode_braces(Decoder *decoder, size_t at)
{
    char c = byte(decoder, at);
    if ((c == '{' || c == '}') && byte(decoder, at + 1) == c) {
        text_put(decoder->out, at, at + 2, &c, 1);
        return at + 2;
    }
    return c == '{' ? put_expression(decoder, at, at + 1) : at;
}

static size_t
decode_dollar(Decoder *decoder, size_t at)
{
    char c = byte(decoder, at), next = byte(decoder, at + 1);
    Holes holes = decoder->holes;
    if (c != '$')
        return at;
    if (next == '$' && holes == HOLES_DOLLAR) {
        text_put(decoder->out, at, at + 2, "$", 1);
        return at + 2;
    }
    if (next == '{' || (next == '(' && holes == HOLES_SHELL))
        return put_expression(decoder, at, at + 2);
    bool is_name = g_ascii_isalpha(next) || next == '_' ||
                   (holes == HOLES_SHELL && next != '\0' &&
                    (g_ascii_isdigit(next) || strchr("@*#?!", next) != NULL));
    if (holes == HOLES_DOLLAR_BRACES || !is_name)
        return at;
    size_t end = at + 2;
    while (is_name_byte(next) && !g_ascii_isdigit(next) && is_name_byte(byte(decoder, end)))
        end++;
    return put_named(decoder, at, end, at + 1, end);
}

static size_t
decode_backticks(Decoder *decoder, size_t at)
{
    size_t end = at + 1;
    if (byte(decoder, at) != '`' || decoder->holes != HOLES_SHELL)
        return at;
    while (end < decoder->end && byte(decoder, end) != '`')
        end += byte(decoder, end) == '\\' ? 2 : 1;
    return put_hole(decoder, at, end < decoder->end ? end + 1 : 0);
}

/* %s %d %1$s %(name)s %5.2f: 0 when there is none. */
static size_t
format_end(const Decoder *decoder, size_t at)
{
    size_t end = at + 1;
    if (byte(decoder, end) == '(') {
        while (is_name_byte(byte(decoder, ++end)))
            ;
        if (byte(decoder, end++) != ')')
            return 0;
    }
    while (g_ascii_isdigit(byte(decoder, end)) ||
           (byte(decoder, end) != '\0' && strchr(".$", byte(decoder, end)) != NULL))
        end++;
    bool is_kind = byte(decoder, end) != '\0' && strchr("sdifvqr", byte(decoder, end)) != NULL;
    return is_kind && !is_name_byte(byte(decoder, end + 1)) ? end + 1 : 0;
}

/* {name} {0} {} #{name} ${name}: only names, and no second brace. */
static size_t
soft_end(const Decoder *decoder, size_t at)
{
    char c = byte(decoder, at);
    size_t end = at + (c == '{' ? 1 : 2);
    if (c != '{' && !((c == '#' || c == '$') && byte(decoder, at + 1) == '{'))
        return 0;
    if (at > 0 && c == '{' && decoder->text->bytes[at - 1] == '{')
        return 0;
    while (is_name_byte(byte(decoder, end)) ||
           (byte(decoder, end) != '\0' && strchr(".[]:,=-", byte(decoder, end)) != NULL))
        end++;
    return byte(decoder, end) == '}' && (c != '{' || byte(decoder, end + 1) != '}') ? end + 1 : 0;
}

static size_t
decode_hole(Decoder *decoder, size_t at)
{
    size_t end = at;
    if (decoder->holes == HOLES_OFF)
        return at;
    if (decoder->holes == HOLES_BRACES)
        end = decode_braces(decoder, at);
    else if (decoder->holes != HOLES_NONE)
        end = decode_dollar(decoder, at);
    if (end == at)
        end = decode_backticks(decoder, at);
    if (end > at)
        return end;
    if (byte(decoder, at) == '%')
        end = format_end(decoder, at);
    else if (decoder->holes != HOLES_BRACES)
        end = soft_end(decoder, at);
    else
        end = 0;
    return end > 0 ? put_hole(decoder, at, end) : at;
}

/* ---- margins ---- */

/* Blanks and the bar behind the end of a line are taken away by the program. */
static size_t
skip_margin(Decoder *decoder, size_t at)
{
    size_t bar = at;
    while (byte(decoder, bar) == ' ' || byte(decoder, bar) == '\t')
        bar++;
    return byte(decoder, bar) == '|' ? bar + 1 : at;
}

/* ---- the whole ---- */

void
text_decode(Text *text, const Language *language, const Piece *piece, bool is_format,
            GArray *expressions)
{
    Decoder decoder = {.out = text,
                       .text = text->from,
                       .language = language,
                       .quoting = &piece->quoting,
                       .end = piece->inner_end,
                       .holes = is_format ? HOLES_BRACES : piece->quoting.holes,
                       .expressions = is_format ? NULL : expressions};
    text_begin_part(text, piece->inner_begin, piece->quoting);
    size_t at = piece->inner_begin;
    if (piece->quoting.margin == MARGIN_BAR)
        at = skip_margin(&decoder, at);
    while (at < decoder.end) {
        size_t end = decode_escape(&decoder, at);
        if (end == at)
            end = decode_hole(&decoder, at);
        if (end == at) {
            text_copy(text, at);
            end = at + 1;
            if (byte(&decoder, at) == '\n' && piece->quoting.margin == MARGIN_BAR)
                end = skip_margin(&decoder, end);
        }
        at = MIN(end, decoder.end);
    }
}
