/*
 * jinja_rows.c - what the variables of a loop over rows stand for, each at its place.
 *
 *   {% for column, name in [('id', 'key'), ('plan', 'tariff')] %}
 *   {% for column, name in {'id': 'key', 'plan': 'tariff'}.items() %}
 */
#include "sql/jinja_rows.h"

#include <string.h>

typedef struct {
    const char *text;
    uint32_t at, end;
} Scan;

void
jinja_rows_free(JinjaRows *rows)
{
    for (guint i = 0; i < JINJA_ROW_MAX; i++)
        g_clear_pointer(&rows->columns[i], g_array_unref);
    g_free(rows);
}

/* The next byte that is no blank; 0 at the end. */
static char
next(Scan *scan)
{
    while (scan->at < scan->end && g_ascii_isspace(scan->text[scan->at]))
        scan->at++;
    return scan->at < scan->end ? scan->text[scan->at] : '\0';
}

static bool
take(Scan *scan, char sign)
{
    bool is_it = next(scan) == sign;
    scan->at += is_it;
    return is_it;
}

/* Behind the string that begins here. */
static void
skip_string(Scan *scan)
{
    char quote = scan->text[scan->at++];
    while (scan->at < scan->end && scan->text[scan->at] != quote)
        scan->at += scan->text[scan->at] == '\\' ? 2 : 1;
    scan->at = MIN(scan->at + 1, scan->end);
}

/* A value, up to what ends it; is it a text, which becomes `ret`, and nothing else? */
static bool
take_value(Scan *scan, JinjaArgument *ret)
{
    int depth = 0;
    char sign = next(scan);
    uint32_t begin = scan->at;
    bool is_text = sign == '\'' || sign == '"';
    if (is_text) {
        skip_string(scan);
        *ret = (JinjaArgument){.kind = JINJA_LITERAL, .begin = begin + 1, .end = scan->at - 1};
        is_text =
            scan->at >= begin + 2 && memchr(scan->text + begin, '\\', scan->at - begin) == NULL;
    }
    for (; (sign = next(scan)) != '\0'; is_text = false) {
        if (depth == 0 && strchr(",:)]}", sign) != NULL)
            break;
        depth += strchr("([{", sign) != NULL ? 1 : strchr(")]}", sign) != NULL ? -1 : 0;
        if (sign == '\'' || sign == '"')
            skip_string(scan);
        else
            scan->at++;
    }
    return is_text;
}

static void
add_value(JinjaRows *rows, guint place, Scan *scan)
{
    JinjaArgument one;
    if (rows->columns[place] == NULL)
        rows->columns[place] = g_array_new(FALSE, TRUE, sizeof(JinjaArgument));
    if (take_value(scan, &one))
        g_array_append_val(rows->columns[place], one);
    else
        rows->is_open[place] = true;
}

/* ('id', 'key'); how many values it has, 0: it is no row. */
static guint
take_row(JinjaRows *rows, Scan *scan)
{
    char close = next(scan) == '(' ? ')' : next(scan) == '[' ? ']' : '\0';
    guint count = 0;
    scan->at += close != '\0';
    while (close != '\0' && count < JINJA_ROW_MAX && next(scan) != close && next(scan) != '\0') {
        add_value(rows, count++, scan);
        if (!take(scan, ',') && next(scan) != close)
            return 0;
    }
    return close != '\0' && take(scan, close) ? count : 0;
}

/* 'id': 'key' */
static guint
take_pair(JinjaRows *rows, Scan *scan)
{
    add_value(rows, 0, scan);
    if (!take(scan, ':'))
        return 0;
    add_value(rows, 1, scan);
    return 2;
}

static bool
take_all(JinjaRows *rows, Scan *scan, char close)
{
    while (next(scan) != close && next(scan) != '\0') {
        guint count = close == '}' ? take_pair(rows, scan) : take_row(rows, scan);
        if (count == 0 || (rows->count > 0 && rows->count != count))
            return false;
        rows->count = count;
        if (!take(scan, ',') && next(scan) != close)
            return false;
    }
    return take(scan, close) && rows->count > 0;
}

JinjaRows *
jinja_rows_new(const char *text, uint32_t begin, uint32_t end, const char *behind)
{
    g_autoptr(JinjaRows) rows = g_new0(JinjaRows, 1);
    Scan scan = {text, begin, end};
    char open = next(&scan), close = open == '{' ? '}' : open == '[' ? ']' : '\0';
    scan.at += close != '\0';
    if (close == '\0' || !take_all(rows, &scan, close))
        return NULL;
    next(&scan);
    g_autofree char *rest = g_strndup(text + scan.at, scan.end - scan.at);
    g_autofree char *asked = g_strconcat(rest, behind, NULL);
    return strcmp(asked, close == '}' ? ".items()" : "") == 0 ? g_steal_pointer(&rows) : NULL;
}

/* ---- what else is done with them ---- */

static bool
is_word_at(const char *text, uint32_t at, uint32_t end, const char *word)
{
    size_t bytes = strlen(word);
    return at + bytes <= end && memcmp(text + at, word, bytes) == 0 &&
           (at + bytes == end || !(g_ascii_isalnum(text[at + bytes]) || text[at + bytes] == '_'));
}

/* [begin, end) of a tag, in which the name stands at `at`. */
static bool
is_known_use(const char *text, uint32_t begin, uint32_t end, uint32_t at, size_t bytes)
{
    uint32_t before = at, behind = at + (uint32_t) bytes;
    while (before > begin && g_ascii_isspace(text[before - 1]))
        before--;
    while (behind < end && g_ascii_isspace(text[behind]))
        behind++;
    if (is_word_at(text, begin, end, "set") && before == begin + 3)
        return true;
    if (is_word_at(text, begin, end, "for"))
        return before > begin + 3 && is_word_at(text, before - 2, before, "in") &&
               (behind == end || (end - behind == 8 && memcmp(text + behind, ".items()", 8) == 0));
    return is_word_at(text, begin, end, "do") && before == begin + 2 &&
           (is_word_at(text, behind, end, ".update") || is_word_at(text, behind, end, ".append"));
}

/* Is each use of the name within the tag or template a known one? */
static bool
has_known_uses(const char *text, const Token *token, const char *name)
{
    uint32_t begin, end;
    size_t bytes = strlen(name);
    jinja_bounds(text, token, &begin, &end);
    for (uint32_t at = begin; at + bytes <= end; at++) {
        bool is_use =
            is_word_at(text, at, end, name) &&
            (at == begin || (strchr("._", text[at - 1]) == NULL && !g_ascii_isalnum(text[at - 1])));
        if (is_use && (token->kind != TOKEN_TAG || !is_known_use(text, begin, end, at, bytes)))
            return false;
    }
    return true;
}

/* A tag, a template, or what one stands in: '{{ x }}'. */
static bool
has_template(const char *text, const Token *token)
{
    return token->kind == TOKEN_TAG || token->kind == TOKEN_TEMPLATE ||
           (token->end - token->begin > 4 &&
            memmem(text + token->begin, token->end - token->begin, "{{", 2) != NULL);
}

bool
jinja_is_only_looped(const TokenList *tokens, const char *name)
{
    for (guint i = 0; i < tokens->tokens->len; i++) {
        const Token *token = tokens_at(tokens, i);
        if (has_template(tokens->text, token) && !has_known_uses(tokens->text, token, name))
            return false;
    }
    return true;
}
