/*
 * decode.c - what a literal says: escapes undone (escape.c), expressions taken out as holes.
 *
 * Places for values that formatting fills in, %s {name} #{name}, are holes in any string: in SQL they mean nothing else.
 */
#include "rewrite/program/decode.h"

#include <string.h>

static bool
is_name_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_';
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

enum { REFERENCE_PARTS = 3 }; /* database, schema, name */

static void
skip_comma(const Decoder *decoder, size_t *at)
{
    skip_blanks(decoder, at);
    *at += byte(decoder, *at) == ',';
    skip_blanks(decoder, at);
}

/* {schema: "…", name: "…"} at `*at`, which goes behind it. */
static bool
take_named_parts(const Decoder *decoder, size_t *at, Span *parts)
{
    static const char *const keys[] = {"database", "schema", "name"};
    for ((*at)++, skip_blanks(decoder, at); byte(decoder, *at) != '}'; skip_comma(decoder, at)) {
        size_t part = 0;
        while (part < REFERENCE_PARTS && !starts(decoder, *at, keys[part]))
            part++;
        if (part == REFERENCE_PARTS)
            return false;
        *at += strlen(keys[part]);
        skip_blanks(decoder, at);
        if (byte(decoder, (*at)++) != ':')
            return false;
        skip_blanks(decoder, at);
        if (!take_quoted(decoder, at, &parts[part]))
            return false;
    }
    (*at)++;
    return parts[REFERENCE_PARTS - 1].end > 0;
}

/* "name"; "schema", "name" */
static bool
take_listed_parts(const Decoder *decoder, size_t *at, Span *parts)
{
    Span *last = &parts[REFERENCE_PARTS - 1];
    if (!take_quoted(decoder, at, last))
        return false;
    skip_blanks(decoder, at);
    for (int i = 0; i < REFERENCE_PARTS - 1 && byte(decoder, *at) == ','; i++) {
        skip_comma(decoder, at);
        memmove(parts, parts + 1, (REFERENCE_PARTS - 1) * sizeof *parts);
        if (!take_quoted(decoder, at, last))
            return false;
        skip_blanks(decoder, at);
    }
    return true;
}

/* ref("name"), ctx.ref("schema", "name"), ref({schema: "…", name: "…"}) of Dataform, and the same of resolve(): what the names
 * say. False when it is something else. */
static bool
put_reference(Decoder *decoder, size_t inner, size_t end)
{
    Span parts[REFERENCE_PARTS] = {0};
    size_t at = inner;
    skip_blanks(decoder, &at);
    if (starts(decoder, at, "ctx."))
        at += 4;
    bool is_ref = starts(decoder, at, "ref(");
    if (decoder->holes != HOLES_DOLLAR_BRACES || (!is_ref && !starts(decoder, at, "resolve(")))
        return false;
    at += is_ref ? strlen("ref(") : strlen("resolve(");
    skip_blanks(decoder, &at);
    if (byte(decoder, at) == '{' ? !take_named_parts(decoder, &at, parts)
                                 : !take_listed_parts(decoder, &at, parts))
        return false;
    skip_blanks(decoder, &at);
    if (byte(decoder, at++) != ')')
        return false;
    skip_blanks(decoder, &at);
    if (at != end)
        return false;
    for (int i = 0; i < REFERENCE_PARTS; i++) {
        if (parts[i].end == 0)
            continue;
        if (i > 0 && parts[i - 1].end > 0)
            text_put(decoder->out, parts[i].begin - 1, parts[i].begin, ".", 1);
        copy_name(decoder, parts[i]);
    }
    text_begin_part(decoder->out, end, *decoder->quoting);
    return true;
}

/* What is put in under this name, `{name!r:>10}`; without a name, at the next place. */
static Constant *
find_argument(Decoder *decoder, size_t begin, size_t end)
{
    if (decoder->out->arguments == NULL)
        return NULL;
    size_t name_end = begin;
    while (name_end < end && strchr("!:", byte(decoder, name_end)) == NULL)
        name_end++;
    g_autofree char *name = name_end > begin
                                ? g_strndup(decoder->text->bytes + begin, name_end - begin)
                                : g_strdup_printf("%u", decoder->out->next_argument++);
    return g_hash_table_lookup(decoder->out->arguments, name);
}

/* %(name)s %{name} %<name>s %s; %2$s and %[2]s count from one. */
static Constant *
find_percent_argument(Decoder *decoder, size_t at, size_t end)
{
    size_t name = at + 1, behind = name;
    bool has_bracket = strchr("({<[", byte(decoder, name)) != NULL;
    behind = name += has_bracket;
    while (behind < end && is_name_byte(byte(decoder, behind)))
        behind++;
    if (has_bracket && byte(decoder, at + 1) != '[')
        return find_argument(decoder, name, behind);
    if (!has_bracket && byte(decoder, behind) != '$')
        return find_argument(decoder, 0, 0);
    g_autofree char *digits = g_strndup(decoder->text->bytes + name, behind - name);
    decoder->out->next_argument = (guint) MAX(g_ascii_strtoull(digits, NULL, 10), 1) - 1;
    return find_argument(decoder, 0, 0);
}

/* The expression [inner, inner_end), for which [begin, end) stands. */
static size_t
put_inner(Decoder *decoder, size_t begin, size_t inner, size_t inner_end, size_t end)
{
    Constant *argument = find_argument(decoder, inner, inner_end);
    if (argument != NULL) {
        text_put_constant(decoder->out, begin, end, argument);
        return end;
    }
    size_t name = inner + (decoder->holes == HOLES_PHP && byte(decoder, inner) == '$');
    if (!decoder->has_arguments_only &&
        constants_find(decoder->out->constants, decoder->text->bytes + name, inner_end - name) !=
            NULL)
        return put_named(decoder, begin, end, name, inner_end);
    Span span = {(uint32_t) inner, (uint32_t) inner_end};
    if (end > 0 && end <= decoder->end && !decoder->has_arguments_only &&
        choice_put(decoder->out, decoder->text, decoder->language, span, decoder->expressions)) {
        text_begin_part(decoder->out, end, *decoder->quoting);
        return end;
    }
    if (decoder->expressions != NULL)
        g_array_append_val(decoder->expressions, span);
    return put_hole(decoder, begin, end);
}

static size_t
put_expression(Decoder *decoder, size_t begin, size_t inner)
{
    size_t end = expression_end(decoder->text, decoder->language, inner, decoder->end,
                                byte(decoder, inner - 1) == '(' ? ')' : '}', 0);
    if (end == 0 || end > decoder->end)
        return put_hole(decoder, begin, 0);
    return put_reference(decoder, inner, end - 1) ? end
                                                  : put_inner(decoder, begin, inner, end - 1, end);
}

/* $$"""…{{x}}…""" of C#: fewer braces are braces, and of more the inner ones open. */
static size_t
decode_counted_braces(Decoder *decoder, size_t at)
{
    size_t run = 0, braces = decoder->quoting->braces;
    while (byte(decoder, at + run) == '{')
        run++;
    if (run < braces)
        return at;
    size_t inner = at + run;
    size_t end = expression_end(decoder->text, decoder->language, inner, decoder->end, '}', 0);
    for (; at + braces < inner; at++)
        text_copy(decoder->out, at);
    if (end == 0 || end - 1 + braces > decoder->end)
        return put_hole(decoder, at, 0);
    return put_inner(decoder, at, inner, end - 1, end - 1 + braces);
}

static size_t
decode_braces(Decoder *decoder, size_t at)
{
    char c = byte(decoder, at);
    if (decoder->quoting->braces > 0)
        return decode_counted_braces(decoder, at);
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

/* $x, and behind it [0] or ->y, of PHP; {$x…} */
static size_t
decode_php_hole(Decoder *decoder, size_t at)
{
    char c = byte(decoder, at), next = byte(decoder, at + 1);
    if ((c == '{' && next == '$') || (c == '$' && next == '{'))
        return put_expression(decoder, at, at + 1 + (c == '$'));
    if (c != '$' || !is_identifier_byte(next) || g_ascii_isdigit(next))
        return at;
    size_t end = at + 1;
    while (is_identifier_byte(byte(decoder, end)))
        end++;
    size_t behind = end;
    if (byte(decoder, end) == '[') {
        while (byte(decoder, behind) != ']' && byte(decoder, behind) != '\0')
            behind++;
        return put_hole(decoder, at, behind < decoder->end ? behind + 1 : 0);
    }
    behind += starts(decoder, end, "->") ? 2 : starts(decoder, end, "?->") ? 3 : 0;
    if (behind == end || !is_identifier_byte(byte(decoder, behind)))
        return put_named(decoder, at, end, at + 1, end);
    while (is_identifier_byte(byte(decoder, behind)))
        behind++;
    return put_hole(decoder, at, behind);
}

/* %s %-10I %1$L %'d of FORMAT in SQL. */
static size_t
decode_sql_format(Decoder *decoder, size_t at)
{
    size_t end = at + 1;
    if (byte(decoder, at) != '%')
        return at;
    if (byte(decoder, end) == '%') {
        text_put(decoder->out, at, end + 1, "%", 1);
        return end + 1;
    }
    while (g_ascii_isdigit(byte(decoder, end)) ||
           (byte(decoder, end) != '\0' && strchr("$-+.*# '", byte(decoder, end)) != NULL))
        end++;
    return g_ascii_isalpha(byte(decoder, end)) ? put_hole(decoder, at, end + 1) : at;
}

/* ?name: a value of knitr. */
static size_t
decode_question(Decoder *decoder, size_t at)
{
    size_t end = at + 1;
    if (byte(decoder, at) != '?' || g_ascii_isdigit(byte(decoder, end)))
        return at;
    while (is_name_byte(byte(decoder, end)))
        end++;
    return end > at + 1 ? put_hole(decoder, at, end) : at;
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

/* Behind (name), or `at`; `*ret_is_whole`: nothing more belongs to it. 0: it has no end. */
static size_t
name_end(const Decoder *decoder, size_t at, bool *ret_is_whole)
{
    char open = byte(decoder, at);
    bool is_ruby = decoder->language->has_bare_calls && (open == '{' || open == '<');
    *ret_is_whole = is_ruby && open == '{';
    if (open != '(' && !is_ruby && (open != '[' || !g_ascii_isdigit(byte(decoder, at + 1))))
        return at;
    char close = open == '(' ? ')' : open == '[' ? ']' : open == '{' ? '}' : '>';
    while (is_name_byte(byte(decoder, ++at)))
        ;
    return byte(decoder, at) == close ? at + 1 : 0;
}

/* %s %d %1$s %(name)s %5.2f: 0 when there is none. */
static size_t
format_end(const Decoder *decoder, size_t at)
{
    bool is_whole;
    size_t end = name_end(decoder, at + 1, &is_whole);
    if (end == 0 || is_whole)
        return end;
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

/* A value that a driver binds, as `?` elsewhere; a part of a name is none. */
static size_t
put_bound(Decoder *decoder, size_t at, size_t end)
{
    char before = at > 0 ? byte(decoder, at - 1) : ' ', behind = byte(decoder, end);
    bool is_glued = is_name_byte(before) || is_name_byte(behind) || before == '.' ||
                    behind == '.' || before == '`' || before == '"';
    if (is_glued || !decoder->out->binds_percents)
        return put_hole(decoder, at, end);
    text_put(decoder->out, at, end, "?", 1);
    return end;
}

static size_t
decode_percent(Decoder *decoder, size_t at)
{
    bool is_filled = decoder->out->arguments != NULL && decoder->out->has_percents;
    bool is_doubled =
        byte(decoder, at + 1) == '%' && strcmp(decoder->language->name, "python") == 0;
    size_t bound = is_doubled ? format_end(decoder, at + 1) : 0;
    if (bound > 0) { /* %%s is %s where the rest is filled, and a driver binds it */
        text_put(decoder->out, at, bound, "?", 1);
        return bound;
    }
    if (is_filled && byte(decoder, at + 1) == '%') {
        text_put(decoder->out, at, at + 2, "%", 1);
        return at + 2;
    }
    size_t end = format_end(decoder, at);
    if (is_filled && end == 0)
        g_hash_table_remove_all(decoder->out->arguments); /* nobody knows which ones come next */
    Constant *argument = is_filled && end > 0 ? find_percent_argument(decoder, at, end) : NULL;
    if (argument == NULL)
        return end > 0 ? put_bound(decoder, at, end) : at;
    text_put_constant(decoder->out, at, end, argument);
    return end;
}

static size_t
decode_hole(Decoder *decoder, size_t at)
{
    size_t end = at;
    if (decoder->holes == HOLES_OFF)
        return at;
    if (decoder->holes == HOLES_FORMAT)
        return decode_sql_format(decoder, at);
    if (decoder->holes == HOLES_BRACES)
        end = decode_braces(decoder, at);
    else if (decoder->holes == HOLES_PHP)
        end = decode_php_hole(decoder, at);
    else if (decoder->holes == HOLES_RUBY)
        end = starts(decoder, at, "#{") ? put_expression(decoder, at, at + 2) : at;
    else if (decoder->holes == HOLES_QUESTION)
        end = decode_question(decoder, at);
    else if (decoder->holes != HOLES_NONE)
        end = decode_dollar(decoder, at);
    if (end == at)
        end = decode_backticks(decoder, at);
    if (end > at)
        return end;
    if (byte(decoder, at) == '%')
        return decode_percent(decoder, at);
    if (decoder->holes != HOLES_BRACES)
        end = soft_end(decoder, at);
    else
        end = 0;
    if (end > 0 && starts(decoder, at, "${__")) { /* ${__to:date} of Grafana, a value */
        text_put(decoder->out, at, end, "?", 1);
        return end;
    }
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
                       .has_arguments_only = is_format && language->has_docstrings,
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
