/*
 * lexer_templates.c - where templates end.
 *
 * dbt fills them in before anybody reads SQL, so quotes within them end no string of SQL: '{{ var('day') }}' is one. A text of
 * SQL may look like a template, though, and be none: an array ('{{a,b},{c,d}}'), a pattern ('{%' … '%}'), or halves that SQL
 * puts together ('{{ name: ' || x || ' }}'). So within quotes only what Jinja could read is one.
 */
#include "sql/lexer.h"

#include "sql/branch.h"

#define TEMPLATE_BYTES_MAX 65536 /* read with its strings; people write a screenful */

static size_t
end_of_template_string(const Lexer *lexer, size_t at, size_t end)
{
    for (size_t i = at + 1; i < end; i++) {
        if (lexer->text[i] == '\\')
            i++;
        else if (lexer->text[i] == lexer->text[at])
            return i + 1;
    }
    return end;
}

size_t
end_of_template(const Lexer *lexer, size_t at, const char *close)
{
    size_t end = MIN(lexer->bytes, at + TEMPLATE_BYTES_MAX);
    int depth = 0;
    for (size_t i = at; i < end;) {
        char c = lexer->text[i];
        if (c == '\'' || c == '"') {
            i = end_of_template_string(lexer, i, end);
            continue;
        }
        if (depth == 0 && starts_with(lexer, i, close))
            return i + strlen(close);
        depth += c == '{' ? 1 : c == '}' && depth > 0 ? -1 : 0;
        i++;
    }
    return behind(lexer, at,
                  close); /* brackets or quotes that do not match: it ends as early as it can */
}

/* ---- none of Jinja ---- */

static bool
is_blank(const Lexer *lexer, size_t at)
{
    return (byte_kinds[(guchar) byte_at(lexer, at)] & BYTE_BLANK) != 0;
}

/* Behind blanks, and what cuts those around the template. */
static size_t
behind_blanks(const Lexer *lexer, size_t at)
{
    while (is_blank(lexer, at) || is_among(byte_at(lexer, at), "-~"))
        at++;
    return at;
}

bool
template_is_tag(Lexer *lexer, size_t at)
{
    size_t begin = behind_blanks(lexer, at + 2), end = begin;
    if (is_among(byte_at(lexer, begin), "#/^!"))
        return true;
    while (g_ascii_isalpha(byte_at(lexer, end)))
        end++;
    size_t next = behind_blanks(lexer, end);
    bool is_last = byte_at(lexer, next) == '}';
    switch (tag_of_go(lexer->text + begin, end - begin)) {
    case TAG_ELSE:
        return true;
    case TAG_END:
        if (!is_last || lexer->blocks == 0) /* a variable */
            return false;
        lexer->blocks--;
        return true;
    case TAG_IF:
    case TAG_FOR:
        /* range (3) is a call of Jinja */
        if (is_last || next == end || is_among(byte_at(lexer, next), "(|="))
            return false;
        lexer->blocks++;
        return true;
    default:
        return false;
    }
}

bool
is_directive(const Lexer *lexer, size_t at)
{
    static const char *const words[] = {"if", "else", "endif", "for", "endfor"};
    if (!starts_with(lexer, at, "%{"))
        return false;
    size_t begin = behind_blanks(lexer, at + 2), end = begin;
    while (g_ascii_isalpha(byte_at(lexer, end)))
        end++;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (end - begin == strlen(words[i]) && starts_with(lexer, begin, words[i]))
            return true;
    return false;
}

/* ---- within quotes ---- */

#define WITHIN_BYTES_MAX                                                                           \
    1024 /* each of a text full of brackets may be read so far; people write a line */

/* May a string stand behind [begin, at) of an expression? Not behind a value; behind `if` and the like. */
static bool
may_stand_string(const Lexer *lexer, size_t begin, size_t at, int depth)
{
    static const char *const words[] = {"if",  "elif", "else",    "in",     "and", "or",
                                        "not", "is",   "include", "import", "from"};
    size_t end = at;
    while (end > begin && is_blank(lexer, end - 1))
        end--;
    if (end == begin)
        return true;
    size_t word = end;
    while (word > begin && is_name_byte(lexer->text[word - 1]))
        word--;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (end - word == strlen(words[i]) && memcmp(lexer->text + word, words[i], end - word) == 0)
            return true;
    return is_among(lexer->text[end - 1], depth > 0 ? "([{,=~|+-*/%<>:" : "([,=~|+-*/%<>");
}

/* Behind `close` of what is an expression from `begin` on; else 0. */
static size_t
end_of_expression(const Lexer *lexer, size_t begin, const char *close)
{
    size_t end = MIN(lexer->bytes, begin + WITHIN_BYTES_MAX);
    int depth = 0;
    for (size_t i = begin; i < end;) {
        char c = lexer->text[i];
        if (c == '\'' || c == '"') {
            if (!may_stand_string(lexer, begin, i, depth))
                return 0;
            i = end_of_template_string(lexer, i, end);
            continue;
        }
        if (depth == 0 && starts_with(lexer, i, close))
            return i + strlen(close);
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
        if (depth < 0 || c == ';')
            return 0;
        i++;
    }
    return 0;
}

/* Behind `#}` on the same line; else 0. */
static size_t
end_of_remark(const Lexer *lexer, size_t at)
{
    size_t end = MIN(lexer->bytes, at + WITHIN_BYTES_MAX);
    for (; at < end && lexer->text[at] != '\n'; at++)
        if (starts_with(lexer, at, "#}"))
            return at + 2;
    return 0;
}

size_t
end_of_template_within(const Lexer *lexer, size_t at, char quote)
{
    char kind = byte_at(lexer, at + 1);
    if (kind == '#')
        return end_of_remark(lexer, at + 2);
    if ((kind != '{' && kind != '%') || byte_at(lexer, at + 2) == quote)
        return 0;
    size_t begin = at + 2 + (is_among(byte_at(lexer, at + 2), "-+") ? 1 : 0);
    while (is_blank(lexer, begin))
        begin++;
    if (kind == '%')
        return is_name_start(byte_at(lexer, begin)) ? end_of_expression(lexer, begin, "%}") : 0;
    return end_of_expression(lexer, begin, "}}");
}
