/* lexer_ends.c - where strings, comments, names and numbers end. */
#include "sql/lexer.h"

size_t
behind(const Lexer *lexer, size_t at, const char *what)
{
    const char *found =
        at < lexer->bytes ? memmem(lexer->text + at, lexer->bytes - at, what, strlen(what)) : NULL;
    return found == NULL ? 0 : (size_t) (found - lexer->text) + strlen(what);
}

size_t
end_of_line(const Lexer *lexer, size_t at)
{
    const char *found = memchr(lexer->text + at, '\n', lexer->bytes - at);
    return found == NULL ? lexer->bytes : (size_t) (found - lexer->text);
}

/* Comments within it count; 0: it has no end. */
static size_t
end_of_nested(const Lexer *lexer, size_t at)
{
    int depth = 1;
    for (at += 2; at < lexer->bytes; at++) {
        if (starts_with(lexer, at, "*/")) {
            at++;
            if (--depth == 0)
                return at + 1;
        } else if (starts_with(lexer, at, "/*")) {
            at++;
            depth++;
        }
    }
    return 0;
}

/* Where nobody says whether comments nest: with a comment in it, and an end for each, they do. Elsewhere the second end would stand
 * alone, as in no SQL but within quotes. */
static size_t
end_of_doubtful(Lexer *lexer, size_t at)
{
    size_t end = behind(lexer, at + 2, "*/");
    bool has_inner = end > at + 4 && memmem(lexer->text + at + 2, end - at - 4, "/*", 2) != NULL;
    if (!has_inner || lexer->has_flat_comments)
        return end;
    size_t nested = end_of_nested(lexer, at);
    guint quotes = 0;
    for (size_t i = end; i < nested; i++)
        quotes += lexer->text[i] == '\'';
    lexer->has_flat_comments = nested == 0;
    return nested == 0 || quotes % 2 == 1 ? end : nested;
}

size_t
end_of_block_comment(Lexer *lexer, size_t at)
{
    if (lexer->dialect->is_any)
        return end_of_doubtful(lexer, at);
    return lexer->dialect->has_nested_comments ? end_of_nested(lexer, at)
                                               : behind(lexer, at + 2, "*/");
}

size_t
end_of_quotes(const Lexer *lexer, size_t at, char close, bool has_backslash)
{
    for (at++; at < lexer->bytes; at++) {
        size_t template_end = lexer->text[at] == '{' ? end_of_template_within(lexer, at, close) : 0;
        if (template_end > 0)
            at = template_end - 1;
        else if (has_backslash && lexer->text[at] == '\\')
            at++;
        else if (lexer->text[at] == close && byte_at(lexer, at + 1) == close)
            at++;
        else if (lexer->text[at] == close)
            return at + 1;
    }
    return 0;
}

static size_t
end_of_long_string(const Lexer *lexer, size_t at, char quote, bool has_backslash)
{
    const char three[] = {quote, quote, quote, '\0'};
    for (at += 3; at < lexer->bytes; at++) {
        if (has_backslash && lexer->text[at] == '\\')
            at++;
        else if (starts_with(lexer, at, three))
            return at + 3;
    }
    return 0;
}

/* 'Rob d\'Or', where nobody says the dialect: were the quote its end, a word would touch it, as in no SQL. */
static bool
has_escaped_quote(const Lexer *lexer, size_t at)
{
    size_t end = end_of_quotes(lexer, at, lexer->text[at], false);
    return end > at + 3 && lexer->text[end - 2] == '\\' && g_ascii_isalpha(lexer->text[end - 3]) &&
           g_ascii_isalpha(byte_at(lexer, end));
}

/* Raw strings of BigQuery keep their backslashes, but `\'` does not end them either. */
size_t
end_of_string(const Lexer *lexer, size_t at, bool is_escaped)
{
    char quote = lexer->text[at];
    const char three[] = {quote, quote, quote, '\0'};
    if (lexer->dialect->has_long_strings && starts_with(lexer, at, three))
        return end_of_long_string(lexer, at, quote, true);
    bool has_backslash = lexer->dialect->has_backslash || is_escaped ||
                         (lexer->dialect->is_any && has_escaped_quote(lexer, at));
    return end_of_quotes(lexer, at, quote, has_backslash);
}

size_t
end_of_dollar_quote(const Lexer *lexer, size_t at)
{
    size_t tag_end = at + 1;
    while (is_name_byte(byte_at(lexer, tag_end)) && lexer->text[tag_end] != '$')
        tag_end++;
    if (byte_at(lexer, tag_end) != '$' || g_ascii_isdigit(byte_at(lexer, at + 1)) ||
        starts_with(lexer, at, "$$PLSQL_")) /* $$PLSQL_UNIT: a value of Oracle's compiler */
        return at;
    g_autofree char *tag = g_strndup(lexer->text + at, tag_end + 1 - at);
    return behind(lexer, tag_end + 1, tag);
}

size_t
end_of_chosen_quote(const Lexer *lexer, size_t at)
{
    static const char opens[] = "[{(<", closes[] = "]})>";
    size_t quote = at + (is_among(lexer->text[at], "nN") && is_among(byte_at(lexer, at + 1), "qQ"));
    char open = byte_at(lexer, quote + 2);
    if (!lexer->dialect->is_any || !is_among(byte_at(lexer, quote), "qQ") ||
        byte_at(lexer, quote + 1) != '\'' || open == '\0' || open == '\'' || g_ascii_isspace(open))
        return at;
    const char *paired = strchr(opens, open);
    const char close[] = {paired != NULL ? closes[paired - opens] : open, '\'', '\0'};
    size_t end = behind(lexer, quote + 3, close);
    return end > 0 ? end : at;
}

size_t
end_of_name(const Lexer *lexer, size_t at)
{
    while (at < lexer->bytes && is_name_byte(lexer->text[at]))
        at++;
    return at;
}

size_t
end_of_number(const Lexer *lexer, size_t at)
{
    while (g_ascii_isalnum(byte_at(lexer, at)) || byte_at(lexer, at) == '_' ||
           (byte_at(lexer, at) == '.' && byte_at(lexer, at + 1) != '.') ||
           (is_among(byte_at(lexer, at), "+-") && is_among(lexer->text[at - 1], "eE") &&
            g_ascii_isdigit(byte_at(lexer, at + 1))))
        at++;
    return at;
}

/* ---- REM and PROMPT of SQL*Plus ---- */

static bool
begins_with_any(const char *text, size_t bytes, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        size_t length = strlen(words[i]);
        if (bytes >= length && g_ascii_strncasecmp(text, words[i], length) == 0 &&
            (bytes == length || g_ascii_isspace(text[length]) || !g_ascii_isalnum(words[i][0])))
            return true;
    }
    return false;
}

/* SET FEEDBACK 1, and not the SET of UPDATE. */
static bool
is_setting(const char *line, size_t bytes)
{
    static const char *const commands[] = {"SET",      "SPOOL",   "ACCEPT", "DEFINE", "UNDEFINE",
                                           "WHENEVER", "CONNECT", "TTITLE", "@",      NULL};
    return begins_with_any(line, bytes, commands) && memchr(line, ' ', bytes) != NULL &&
           memchr(line, '=', bytes) == NULL && line[bytes - 1] != ',';
}

/* Has a statement come to its end before what is lexed next, or is there only what SQL*Plus itself does? */
static bool
is_between_statements(const Lexer *lexer)
{
    const char *text = lexer->text;
    guint count = lexer->count;
    while (count > 0 && (lexer->at[count - 1].kind == TOKEN_SPACE ||
                         (lexer->at[count - 1].kind == TOKEN_COMMENT &&
                          !g_ascii_isalpha(text[lexer->at[count - 1].begin]))))
        count--;
    const Token *before = count > 0 ? &lexer->at[count - 1] : NULL;
    if (before == NULL || before->kind == TOKEN_SEMICOLON || before->kind == TOKEN_COMMENT)
        return true;
    size_t begin = before->begin, end = before->end;
    while (begin > 0 && text[begin - 1] != '\n')
        begin--;
    bool is_slash = begin + 1 == end && text[begin] == '/';
    return is_slash || is_setting(text + begin, end - begin);
}

size_t
end_of_console_line(const Lexer *lexer, size_t at, size_t end)
{
    static const char *const words[] = {"REM", "REMARK", "PROMPT", NULL};
    size_t line = at;
    if (!lexer->dialect->is_any || (end - at != 3 && end - at != 6) ||
        !begins_with_any(lexer->text + at, end - at, words))
        return at;
    while (line > 0 && (lexer->text[line - 1] == ' ' || lexer->text[line - 1] == '\t'))
        line--;
    bool begins_line = line == 0 || lexer->text[line - 1] == '\n';
    bool is_alone = end == lexer->bytes || g_ascii_isspace(lexer->text[end]);
    return begins_line && is_alone && is_between_statements(lexer) ? end_of_line(lexer, at) : at;
}
