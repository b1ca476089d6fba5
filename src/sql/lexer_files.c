/*
 * lexer_files.c - files that psql's `\copy` reads and writes, whose names need no quotes: `\copy t (a, b) FROM in.csv CSV`.
 *
 * The command has one line, and the file stands behind the FROM or TO that is in no bracket.
 */
#include "sql/lexer.h"

static bool
is_said(const char *text, size_t bytes, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (strlen(words[i]) == bytes && g_ascii_strncasecmp(text, words[i], bytes) == 0)
            return true;
    return false;
}

/* Behind what stands there as one: a text in quotes, a name, a sign. */
static size_t
behind_one(const char *text, size_t at, size_t end)
{
    char c = text[at++];
    bool is_quote = c == '\'' || c == '"';
    while (at < end && (is_quote ? text[at] != c : is_name_byte(c) && is_name_byte(text[at])))
        at++;
    return at + (is_quote && at < end);
}

/* Behind the first FROM or TO of the line from `at` on that is in no bracket; `end` when there is none. */
static size_t
behind_way(const char *text, size_t at, size_t end)
{
    static const char *const ways[] = {"FROM", "TO", NULL};
    int depth = 0;
    while (at < end) {
        size_t next = behind_one(text, at, end);
        depth += (text[at] == '(') - (text[at] == ')');
        if (depth == 0 && is_said(text + at, next - at, ways))
            return next;
        at = next;
    }
    return end;
}

void
lex_file_of_command(Lexer *lexer, size_t at)
{
    static const char command[] = "\\copy";
    static const char *const none[] = {"STDIN", "STDOUT", "PSTDIN", "PSTDOUT", "PROGRAM", NULL};
    size_t end = end_of_line(lexer, at), length = sizeof command - 1;
    const char *text = lexer->text;
    if (end - at <= length || g_ascii_strncasecmp(text + at, command, length) != 0 ||
        is_name_byte(text[at + length]))
        return;
    size_t file = behind_way(text, at + length, end);
    while (file < end && g_ascii_isspace(text[file]))
        file++;
    size_t behind = file;
    while (behind < end && !g_ascii_isspace(text[behind]) && text[behind] != ';')
        behind++;
    if (behind == file || is_among(text[file], "'\"`:$&{<") ||
        is_said(text + file, behind - file, none))
        return;
    lexer->file = file;
    lexer->file_end = behind;
}
