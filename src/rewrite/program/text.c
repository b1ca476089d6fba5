/* text.c - text that knows where its bytes stand in the file, and edits carried back to there. */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* ---- making ---- */

Text *
text_of_file(const char *bytes, size_t count)
{
    Text *text = g_new0(Text, 1);
    *text = (Text){.bytes = bytes, .count = count, .file = bytes};
    return text;
}

Text *
text_new(const Text *from)
{
    Text *text = g_new0(Text, 1);
    *text = (Text){.from = from,
                   .file = from->file,
                   .own = g_string_new(NULL),
                   .spans = g_array_new(FALSE, FALSE, sizeof(Span)),
                   .parts = g_array_new(FALSE, FALSE, sizeof(TextPart)),
                   .fixed = g_array_new(FALSE, FALSE, sizeof(FixedRun))};
    text->bytes = text->own->str;
    return text;
}

void
text_free(Text *text)
{
    if (text == NULL)
        return;
    if (text->own != NULL) {
        g_string_free(text->own, TRUE);
        g_array_unref(text->spans);
        g_array_unref(text->parts);
        g_array_unref(text->fixed);
        g_clear_pointer(&text->arguments, g_hash_table_unref);
        g_clear_pointer(&text->told, g_ptr_array_unref);
    }
    text_free(text->base);
    g_free(text);
}

void
text_begin_part(Text *text, size_t at, Quoting quoting)
{
    TextPart part = {.at = (uint32_t) text->count, .from = (uint32_t) at, .quoting = quoting};
    g_array_append_val(text->parts, part);
}

static Span
span_of(const Text *text, size_t at)
{
    if (text->spans == NULL)
        return (Span){(uint32_t) at, (uint32_t) at + 1};
    return g_array_index(text->spans, Span, at);
}

static void
put(Text *text, Span span, const char *what, size_t bytes)
{
    g_string_append_len(text->own, what, (gssize) bytes);
    for (size_t i = 0; i < bytes; i++)
        g_array_append_val(text->spans, span);
    text->bytes = text->own->str;
    text->count = text->own->len;
}

void
text_copy(Text *text, size_t at)
{
    put(text, span_of(text->from, at), text->from->bytes + at, 1);
}

Text *
text_cut_out(const Text *from, size_t begin, size_t end)
{
    Text *text = text_new(from);
    text_begin_part(text, begin, (Quoting){.escape = ESCAPE_NONE, .holes = HOLES_OFF});
    for (size_t at = begin; at < end; at++)
        text_copy(text, at);
    return text;
}

void
text_put(Text *text, size_t begin, size_t end, const char *what, size_t bytes)
{
    put(text, text_span(text->from, begin, end), what, bytes);
}

void
text_put_constant(Text *text, size_t begin, size_t end, Constant *constant)
{
    FixedRun run = {.begin = text->count, .constant = constant};
    text_put(text, begin, end, constant->text, strlen(constant->text));
    run.end = text->count;
    constant->puts++;
    g_array_append_val(text->fixed, run);
}

/* Moves what begins behind `end` where [begin, end) gets `bytes`. */
static void
move_behind(Text *text, size_t begin, size_t end, size_t bytes)
{
    for (guint i = 0; i < text->parts->len; i++) {
        TextPart *part = &g_array_index(text->parts, TextPart, i);
        part->at = (uint32_t) (part->at >= end    ? part->at - (end - begin) + bytes
                               : part->at > begin ? begin + bytes
                                                  : part->at);
    }
    for (guint i = 0; i < text->fixed->len; i++) {
        FixedRun *run = &g_array_index(text->fixed, FixedRun, i);
        if (run->begin < end)
            continue;
        run->begin = run->begin - (end - begin) + bytes;
        run->end = run->end - (end - begin) + bytes;
    }
}

void
text_tell(Text *text, size_t begin, size_t end, const char *what)
{
    size_t bytes = strlen(what);
    Span span = text_span(text, begin, end);
    Constant *constant = g_new0(Constant, 1);
    constant->text = g_strdup(what);
    if (text->told == NULL)
        text->told = g_ptr_array_new_with_free_func(constant_free);
    g_ptr_array_add(text->told, constant);
    move_behind(text, begin, end, bytes);
    g_string_erase(text->own, (gssize) begin, (gssize) (end - begin));
    g_string_insert(text->own, (gssize) begin, what);
    g_array_remove_range(text->spans, (guint) begin, (guint) (end - begin));
    g_autofree Span *spans = g_new(Span, bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        spans[i] = span;
    g_array_insert_vals(text->spans, (guint) begin, spans, (guint) bytes);
    text->bytes = text->own->str;
    text->count = text->own->len;
    FixedRun run = {.begin = begin, .end = begin + bytes, .constant = constant};
    if (bytes > 0)
        g_array_append_val(text->fixed, run);
}

const FixedRun *
text_fixed(const Text *text, size_t begin, size_t end)
{
    for (guint i = 0; text->fixed != NULL && i < text->fixed->len; i++) {
        const FixedRun *run = &g_array_index(text->fixed, FixedRun, i);
        if (run->begin <= begin && end <= run->end)
            return run;
    }
    return NULL;
}

bool
text_is_changed_elsewhere(const Text *text, size_t begin, size_t end, const char *after)
{
    const FixedRun *run = text_fixed(text, begin, end);
    if (run != NULL && run->constant->is_view)
        return true;
    if (run == NULL || begin == end || run->constant->after == NULL)
        return false;
    g_autofree char *whole =
        g_strdup_printf("%.*s%s%.*s", (int) (begin - run->begin), text->bytes + run->begin, after,
                        (int) (run->end - end), text->bytes + end);
    return strcmp(whole, run->constant->after) == 0;
}

/* ---- places ---- */

Span
text_span(const Text *text, size_t begin, size_t end)
{
    if (text->spans == NULL)
        return (Span){(uint32_t) begin, (uint32_t) end};
    if (text->count == 0)
        return (Span){0, 0};
    Span first = span_of(text, MIN(begin, text->count - 1));
    if (begin >= text->count)
        return (Span){first.end, first.end};
    if (end <= begin)
        return (Span){first.begin, first.begin};
    Span last = span_of(text, MIN(end, text->count) - 1);
    return (Span){first.begin, MAX(first.begin, last.end)};
}

/* The byte stands for itself. */
static bool
is_itself(const Text *text, size_t at)
{
    Span span = span_of(text, at);
    return span.end == span.begin + 1 && text->file[span.begin] == text->bytes[at];
}

static bool
is_in_one_run(const Text *text, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        if (!is_itself(text, i) ||
            (i > begin && span_of(text, i).begin != span_of(text, i - 1).end))
            return false;
    return true;
}

/* ---- writing ---- */

static const TextPart *
part_at(const Text *text, size_t at)
{
    guint low = 0, high = text->parts->len;
    while (high - low > 1) {
        guint middle = (low + high) / 2;
        if (g_array_index(text->parts, TextPart, middle).at <= at)
            low = middle;
        else
            high = middle;
    }
    return text->parts->len > 0 ? &g_array_index(text->parts, TextPart, low) : NULL;
}

bool
text_is_name(const Text *text, size_t at)
{
    const TextPart *part = text->from != NULL ? part_at(text, at) : NULL;
    return part != NULL && part->quoting.is_name;
}

static bool
append_markup(GString *out, char c)
{
    g_string_append(out, c == '<'    ? "&lt;"
                         : c == '>'  ? "&gt;"
                         : c == '&'  ? "&amp;"
                         : c == '\'' ? "&apos;"
                                     : "&quot;");
    return true;
}

/* A quote between other signs neither ends a text of three quotes nor stands beside one that does. */
static bool
is_single_quote(const char *what, const char *at, const Quoting *quoting)
{
    return quoting->is_triple && at > what && at[-1] != quoting->quote && at[1] != '\0' &&
           at[1] != quoting->quote;
}

/* acme:shop, without quotes in YAML: only before a blank, or last, a colon ends a key. */
static bool
is_inner_colon(const char *what, const char *at, const Quoting *quoting)
{
    return quoting->is_plain && *at == ':' && at > what && g_ascii_isalnum(at[-1]) &&
           g_ascii_isalnum(at[1]);
}

/* One byte as it has to be written there; `is_free`: a quote or colon may stand there as it is. */
static bool
append_quoted(GString *out, char c, const Quoting *quoting, bool is_free)
{
    if (g_ascii_iscntrl(c) || (c != '\0' && strchr("{}%$\\#", c) != NULL))
        return false; /* what it would mean depends on more than the quotes */
    if (quoting->is_name && c == '.')
        return false;
    if (quoting->is_bare && !g_ascii_isalnum(c) && strchr("_.-", c) == NULL)
        return false;
    if (quoting->is_plain && c == ':' && !is_free)
        return false;
    bool is_quote = quoting->quote != '\0' && c == quoting->quote && !is_free;
    if (quoting->escape == ESCAPE_MARKUP && (is_quote || strchr("<>&", c) != NULL))
        return append_markup(out, c);
    if (quoting->escape == ESCAPE_SHELL && (is_quote || c == '`'))
        g_string_append_c(out, '\\');
    else if (is_quote && (quoting->escape == ESCAPE_C || quoting->escape == ESCAPE_PHP ||
                          quoting->escape == ESCAPE_QUOTE))
        g_string_append_c(out, '\\');
    else if (is_quote && quoting->escape == ESCAPE_DOUBLED)
        g_string_append_c(out, c);
    else if (is_quote && !quoting->is_long)
        return false;
    g_string_append_c(out, c);
    return true;
}

/* `what` as it is written at `at`, through all the quotes that are around it. */
static bool
write_at(const Text *text, size_t at, const char *what, GString *out)
{
    const TextPart *part = text->from != NULL ? part_at(text, at) : NULL;
    if (part == NULL) {
        g_string_append(out, what);
        return true;
    }
    g_autoptr(GString) quoted = g_string_new(NULL);
    for (const char *c = what; *c != '\0'; c++)
        if (!append_quoted(quoted, *c, &part->quoting,
                           is_single_quote(what, c, &part->quoting) ||
                               is_inner_colon(what, c, &part->quoting)))
            return false;
    return write_at(text->from, part->from, quoted->str, out);
}

static bool
is_name_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || (unsigned char) c >= 0x80;
}

/*
 * How much of what is written anew is a place that is filled in later, {{ project }}.shop., and stays as it is: no sign of it has
 * to be written then.
 */
static size_t
filled_before(const Text *text, size_t begin, size_t end, const char *after)
{
    size_t same = 0, stays = 0;
    for (; begin + same < end && after[same] == text->bytes[begin + same] && after[same] != '\0';
         same++)
        if (after[same] == '.' && after[same + 1] != '\0')
            stays = same + 1;
    bool is_filled = stays > 0 && memchr(after, '}', stays) != NULL;
    return is_filled && strpbrk(after + stays, "{}") == NULL ? stays : 0;
}

bool
text_edit(const Text *text, size_t begin, size_t end, const char *after, Span *ret,
          char **ret_after)
{
    size_t skipped = filled_before(text, begin, end, after), bytes = strlen(after);
    begin += skipped;
    /* what stays need not stand for itself: an escaped quote around a name, the end of another literal */
    while (begin < end && skipped < bytes && text->bytes[begin] == after[skipped] &&
           (!is_name_byte(after[skipped]) || !is_in_one_run(text, begin, end))) {
        begin++;
        skipped++;
    }
    while (begin < end && bytes > skipped && text->bytes[end - 1] == after[bytes - 1] &&
           (!is_name_byte(after[bytes - 1]) || !is_in_one_run(text, begin, end))) {
        end--;
        bytes--;
    }
    if (!is_in_one_run(text, begin, end) || (begin == end && begin == 0))
        return false;
    /* what is put in between goes with what stands before it */
    *ret = begin < end ? text_span(text, begin, end)
                       : (Span){span_of(text, begin - 1).end, span_of(text, begin - 1).end};
    g_autofree char *what = g_strndup(after + skipped, bytes - skipped);
    g_autoptr(GString) out = g_string_new(NULL);
    if (!write_at(text, begin < end ? begin : begin - 1, what, out))
        return false;
    *ret_after = g_string_free(g_steal_pointer(&out), FALSE);
    return true;
}

bool
text_edit_parts(const Text *text, size_t begin, size_t end, const char *after, GArray *spans,
                GPtrArray *written)
{
    Span span;
    char *one = NULL;
    if (text_edit(text, begin, end, after, &span, &one)) {
        g_array_append_val(spans, span);
        g_ptr_array_add(written, one);
        return true;
    }
    g_autofree char *before = g_strndup(text->bytes + begin, end - begin);
    g_auto(GStrv) olds = g_strsplit(before, ".", -1), news = g_strsplit(after, ".", -1);
    if (olds[0] == NULL || olds[1] == NULL || g_strv_length(olds) != g_strv_length(news))
        return false;
    for (size_t i = 0, at = begin; olds[i] != NULL; at += strlen(olds[i++]) + 1) {
        if (strcmp(olds[i], news[i]) == 0)
            continue;
        if (!text_edit(text, at, at + strlen(olds[i]), news[i], &span, &one))
            return false;
        g_array_append_val(spans, span);
        g_ptr_array_add(written, one);
    }
    return true;
}
