/*
 * name_text.c - the parts of a name that is a whole string: a.b.c, `a.b`, project:a.b, "a"."b".
 */
#include "rewrite/program/program.h"

#include <string.h>

static bool
is_name_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '-' || (unsigned char) c >= 0x80;
}

size_t
name_before_alias(const Text *text)
{
    const char *blank = memchr(text->bytes, ' ', text->count);
    size_t end = blank != NULL ? (size_t) (blank - text->bytes) : 0, at = end;
    for (int words = 0; at > 0 && at < text->count && words < 2; words++) {
        while (text_byte(text, at) == ' ')
            at++;
        size_t word = at;
        while (is_name_byte(text_byte(text, at)) && text_byte(text, at) != '-')
            at++;
        if (words == 0 && at < text->count &&
            g_ascii_strncasecmp(text->bytes + word, "as", MAX(at - word, 2)) != 0)
            return 0;
        if (at == word)
            return 0;
    }
    return at == text->count ? end : 0;
}

static char
closing_quote(char c)
{
    return c == '[' ? ']' : c == '"' || c == '`' ? c : '\0';
}

/* Behind the quotes that begin at `at`, which hold one part. */
static size_t
quoted_part(const Text *text, size_t at, SqlPart *ret)
{
    size_t end = at + 1;
    char close = closing_quote(text->bytes[at]);
    while (end < text->count && text->bytes[end] != close && text->bytes[end] != '.')
        end++;
    *ret = (SqlPart){.begin = (uint32_t) at + 1, .end = (uint32_t) end, .quote = text->bytes[at]};
    return text_byte(text, end) == close && end > at + 1 ? end + 1 : at;
}

static size_t
plain_part(const Text *text, size_t at, SqlPart *ret)
{
    size_t end = at;
    while (end < text->count && is_name_byte(text->bytes[end]))
        end++;
    *ret = (SqlPart){.begin = (uint32_t) at, .end = (uint32_t) end};
    return end;
}

/* "a"."b", a.`b`, [a].[b]; one name in quotes may be any text. */
static bool
read_quoted_name(const Text *text, char *buffer, NameText *ret)
{
    *ret = (NameText){0};
    for (size_t at = 0; at < text->count && ret->path.count < SPELLING_PARTS_MAX;) {
        SqlPart *part = &ret->parts[ret->path.count++];
        bool is_quoted = closing_quote(text->bytes[at]) != '\0';
        size_t end = is_quoted ? quoted_part(text, at, part) : plain_part(text, at, part);
        if (end == at || (end < text->count && text->bytes[end] != '.'))
            return false;
        ret->has_quotes |= is_quoted;
        memcpy(buffer + part->begin, text->bytes + part->begin, part->end - part->begin);
        buffer[part->end] = '\0';
        part->text = buffer + part->begin;
        ret->path.parts = ret->parts;
        at = end + 1;
        if (end == text->count)
            return ret->has_quotes && ret->path.count > 1;
    }
    return false;
}

/* `buffer` gets the text, up to `behind` unless that is 0, with zeros between the parts. [acme-prod:shop.orders] is a table of
 * BigQuery's legacy SQL. */
static bool
read_plain_name(const Text *text, size_t behind, char *buffer, NameText *ret)
{
    size_t begin = 0, end = text->count;
    bool is_legacy = behind == 0 && end > 2 && text->bytes[0] == '[' && text->bytes[end - 1] == ']';
    if (behind > 0)
        end = behind;
    else if (is_legacy || (end > 2 && text->bytes[0] == '`' && text->bytes[end - 1] == '`')) {
        begin++;
        end--;
    }
    *ret = (NameText){0};
    size_t from = begin;
    for (size_t i = begin; i <= end; i++) {
        bool is_colon = i < end && text->bytes[i] == ':' && ret->path.count == 0;
        bool is_dot = i < end && text->bytes[i] == '.';
        buffer[i] = i < end && !is_colon && !is_dot ? text->bytes[i] : '\0';
        if (i < end && is_name_byte(text->bytes[i]))
            continue;
        if ((i < end && !is_colon && !is_dot) || i == from || ret->path.count == SPELLING_PARTS_MAX)
            return false;
        ret->parts[ret->path.count++] =
            (SqlPart){.text = buffer + from, .begin = (uint32_t) from, .end = (uint32_t) i};
        ret->has_colon = ret->has_colon || is_colon;
        from = i + 1;
    }
    ret->path.parts = ret->parts;
    return ret->path.count > 0 && (!is_legacy || (ret->has_colon && ret->path.count == 3));
}

bool
name_read(const Text *text, size_t behind, char *buffer, NameText *ret)
{
    return read_plain_name(text, behind, buffer, ret) ||
           (behind == 0 && read_quoted_name(text, buffer, ret));
}

/* The part that is written for `old`, within the quotes that this has. */
static void
append_part(GString *written, const Dialect *dialect, const SqlPart *old, const char *name)
{
    g_autofree char *spelled = old->quote != '\0' ? spell_like(dialect, old, name) : NULL;
    if (spelled != NULL)
        g_string_append_len(written, spelled + 1, (gssize) strlen(spelled) - 2);
    else
        g_string_append(written, name);
}

char *
name_in_own_quotes(const Text *text, const Dialect *dialect, const NameText *name, guint kept,
                   const char *after)
{
    g_auto(GStrv) parts = g_strsplit(after, ".", -1);
    g_autoptr(GString) written = g_string_new(NULL);
    guint count = name->path.count - kept;
    if (g_strv_length(parts) != count)
        return NULL;
    for (guint i = 0; i < count; i++) {
        const SqlPart *old = &name->parts[kept + i];
        if (strpbrk(parts[i], "\"`[]") != NULL)
            return NULL;
        if (i > 0)
            g_string_append_len(written, text->bytes + old[-1].end, old->begin - old[-1].end);
        append_part(written, dialect, old, parts[i]);
    }
    return g_string_free(g_steal_pointer(&written), FALSE);
}
