/*
 * shell.c - shell scripts cut into words, quoted strings, here-documents and comments.
 *
 * Each word knows its command and the option or variable before it: bq query --table=…, TABLE=…, psql -c '…'.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

typedef struct {
    const Text *text;
    const Language *language;
    size_t end;
    GArray *pieces;
    Span command, option;
    guint command_piece; /* the first piece of the simple command */
    bool wants_command, wants_subcommand;
    Span array;    /* `tables` of tables=(…), whose words are no commands; empty: there is none */
    int nesting;   /* brackets that are open within it */
    bool prints;   /* echo, printf, cat: what they print is another command's */
    GArray *heres; /* Span: words of here-documents that begin behind this line; see is_quoted */
    GArray *piped; /* Span: the commands of these */
} Shell;

static char
byte(const Shell *shell, size_t at)
{
    return at < shell->end ? shell->text->bytes[at] : '\0';
}

static bool
is_end_of_word(char c)
{
    return c == '\0' || g_ascii_isspace(c) || strchr(";|&()<>", c) != NULL;
}

static void
add(Shell *shell, PieceKind kind, size_t begin, size_t end)
{
    Piece piece = {.kind = kind, .begin = (uint32_t) begin, .end = (uint32_t) end};
    g_array_append_val(shell->pieces, piece);
}

static void
begin_command(Shell *shell)
{
    shell->command = shell->option = (Span){0};
    shell->command_piece = shell->pieces->len;
    shell->wants_command = true;
    shell->wants_subcommand = shell->prints = false;
}

/* Is this a word of tables=(…) itself? */
static bool
is_in_array(const Shell *shell)
{
    return shell->array.end > 0 && shell->nesting == 0;
}

/* ---- words ---- */

static void
add_literal(Shell *shell, Piece piece, Span key)
{
    piece.callee = shell->command;
    piece.key = key;
    piece.in_list = is_in_array(shell);
    g_array_append_val(shell->pieces, piece);
}

/* Behind the part without quotes. `$(` begins a command of its own, and ends the word. */
static size_t
bare_end(const Shell *shell, size_t at)
{
    while (at < shell->end && !is_end_of_word(byte(shell, at)) &&
           strchr("\"'", byte(shell, at)) == NULL) {
        if (byte(shell, at) == '$' && strchr("('\"", byte(shell, at + 1)) != NULL &&
            byte(shell, at + 1) != '\0')
            break;
        if (byte(shell, at) == '$' && byte(shell, at + 1) == '{') {
            size_t end = expression_end(shell->text, shell->language, at + 2, shell->end, '}', 0);
            at = end > 0 ? end : at + 1;
            continue;
        }
        at += byte(shell, at) == '\\' ? 2 : 1;
    }
    return MIN(at, shell->end);
}

/* name= of an assignment or --option=: behind the sign, or `at`. */
static size_t
key_end(const Shell *shell, size_t at)
{
    size_t end = at;
    while (g_ascii_isalnum(byte(shell, end)) || byte(shell, end) == '_' || byte(shell, end) == '-')
        end++;
    return end > at && byte(shell, end) == '=' ? end + 1 : at;
}

static void
name_command(Shell *shell, size_t begin, size_t end)
{
    static const char *const wrappers[] = {"sudo", "time",  "env", "exec", "then",  "do", "else",
                                           "if",   "while", "!",   "{",    "nohup", NULL};
    static const char *const printers[] = {"echo", "printf", "cat", NULL};
    static const char *const groups[] = {"bq", "gcloud", NULL};
    static const char *const declarers[] = {"export", "local", "readonly", "declare", NULL};
    Span span = {(uint32_t) begin, (uint32_t) end};
    if (span_is_among(shell->text, span, wrappers) || span_is_among(shell->text, span, declarers))
        return;
    shell->command = span;
    shell->wants_command = false;
    shell->prints = span_is_among(shell->text, span, printers);
    shell->wants_subcommand = span_is_among(shell->text, span, groups);
}

static bool
lex_quoted(Shell *shell, size_t at, Span key, size_t *ret_end, size_t *ret_broken_at)
{
    Piece piece;
    if (!literal_at(shell->text, shell->language, at, 0, &piece))
        return false;
    if (piece.end == 0 || piece.end > shell->end) {
        *ret_broken_at = at;
        *ret_end = shell->end;
        return true;
    }
    add_literal(shell, piece, key);
    *ret_end = piece.end;
    return true;
}

static size_t
lex_word(Shell *shell, size_t at, size_t *ret_broken_at)
{
    size_t begin = at, value = key_end(shell, at);
    Span key = value > at           ? (Span){(uint32_t) at, (uint32_t) value - 1}
               : is_in_array(shell) ? shell->array
                                    : shell->option;
    bool is_option = byte(shell, at) == '-';
    bool is_first = true;
    shell->wants_command = shell->wants_command && !is_in_array(shell);
    at = value;
    while (at < shell->end && !is_end_of_word(byte(shell, at)) && *ret_broken_at == SIZE_MAX) {
        size_t end = at;
        if (lex_quoted(shell, at, key, &end, ret_broken_at)) {
            at = end;
            is_first = false;
            continue;
        }
        if (byte(shell, at) == '$' && byte(shell, at + 1) == '(')
            break;
        end = bare_end(shell, at);
        end = end > at ? end : at + 1;
        bool is_whole = is_first && is_end_of_word(byte(shell, end));
        if (is_whole && value == begin && shell->wants_command)
            name_command(shell, at, end);
        else if (is_whole && value == begin && shell->wants_subcommand && !is_option) {
            shell->command = (Span){(uint32_t) at, (uint32_t) end};
            shell->wants_subcommand = false;
        } else {
            Piece piece = {
                .kind = PIECE_LITERAL,
                .begin = (uint32_t) at,
                .end = (uint32_t) end,
                .inner_begin = (uint32_t) at,
                .inner_end = (uint32_t) end,
                .quoting = {.escape = ESCAPE_NONE, .holes = HOLES_SHELL, .is_bare = true}};
            add_literal(shell, piece, key);
        }
        is_first = false;
        at = end;
    }
    shell->option = is_option && value == begin
                        ? (Span){(uint32_t) begin, (uint32_t) MIN(at, shell->end)}
                        : (Span){0};
    if (value > begin && !is_option)
        return at; /* an assignment before the command */
    if (shell->wants_command && at > begin && shell->pieces->len > shell->command_piece)
        shell->wants_command = false;
    return at;
}

/* ---- here-documents ---- */

static size_t
note_here_document(Shell *shell, size_t at)
{
    at += byte(shell, at + 2) == '-' ? 3 : 2;
    while (byte(shell, at) == ' ')
        at++;
    size_t begin = at;
    while (!is_end_of_word(byte(shell, at)))
        at++;
    Span word = {(uint32_t) begin, (uint32_t) at};
    if (at > begin) {
        g_array_append_val(shell->heres, word);
        g_array_append_val(shell->piped, shell->command);
    }
    return at;
}

static size_t
line_end(const Shell *shell, size_t at)
{
    const char *found =
        at < shell->end ? memchr(shell->text->bytes + at, '\n', shell->end - at) : NULL;
    return found != NULL ? (size_t) (found - shell->text->bytes) : shell->end;
}

/* The line that holds nothing but the word, or the end. */
static size_t
find_end_line(const Shell *shell, size_t at, const char *word)
{
    size_t bytes = strlen(word);
    for (; at < shell->end; at = line_end(shell, at) + 1) {
        size_t from = at, end = line_end(shell, at);
        while (byte(shell, from) == '\t')
            from++;
        if (end > from && shell->text->bytes[end - 1] == '\r')
            end--;
        if (end - from == bytes && memcmp(shell->text->bytes + from, word, bytes) == 0)
            return at;
    }
    return shell->end;
}

static size_t
lex_here_documents(Shell *shell, size_t at)
{
    for (guint i = 0; i < shell->heres->len; i++) {
        Span span = g_array_index(shell->heres, Span, i);
        g_autofree char *word = g_strndup(shell->text->bytes + span.begin, span.end - span.begin);
        bool is_quoted = strpbrk(word, "'\"\\") != NULL;
        GString *plain = g_string_new(NULL);
        for (const char *c = word; *c != '\0'; c++)
            if (strchr("'\"\\", *c) == NULL)
                g_string_append_c(plain, *c);
        size_t end = find_end_line(shell, at, plain->str);
        g_string_free(plain, TRUE);
        Piece piece = {.kind = PIECE_LITERAL,
                       .is_alone = true,
                       .begin = (uint32_t) at,
                       .end = (uint32_t) end,
                       .inner_begin = (uint32_t) at,
                       .inner_end = (uint32_t) end,
                       .callee = g_array_index(shell->piped, Span, i),
                       .quoting = {.escape = is_quoted ? ESCAPE_NONE : ESCAPE_SHELL,
                                   .holes = is_quoted ? HOLES_NONE : HOLES_SHELL}};
        if (end > at)
            g_array_append_val(shell->pieces, piece);
        at = MIN(line_end(shell, end) + (end < shell->end ? 1 : 0), shell->end);
    }
    g_array_set_size(shell->heres, 0);
    g_array_set_size(shell->piped, 0);
    return at;
}

/* ---- signs ---- */

/* echo "…" | psql: what is printed is the next command's. */
static void
pass_on(Shell *shell, size_t at)
{
    size_t begin = at + 1;
    while (byte(shell, begin) == ' ' || byte(shell, begin) == '\\' || byte(shell, begin) == '\n')
        begin++;
    size_t end = begin;
    while (!is_end_of_word(byte(shell, end)))
        end++;
    Span next = {(uint32_t) begin, (uint32_t) end};
    for (guint i = shell->command_piece; i < shell->pieces->len; i++)
        g_array_index(shell->pieces, Piece, i).callee = next;
    for (guint i = 0; i < shell->piped->len; i++)
        g_array_index(shell->piped, Span, i) = next;
}

/* tables=( and tables+=( at the bracket. */
static bool
begin_array(Shell *shell, size_t at)
{
    size_t end = at > 0 && byte(shell, at - 1) == '=' ? at - 1 : 0;
    end -= end > 0 && byte(shell, end - 1) == '+';
    size_t begin = end;
    while (begin > 0 && is_identifier_byte(byte(shell, begin - 1)))
        begin--;
    if (begin == end || shell->array.end > 0)
        return false;
    shell->array = (Span){(uint32_t) begin, (uint32_t) end};
    shell->command = shell->option = (Span){0};
    shell->nesting = 0;
    return true;
}

static size_t
lex_sign(Shell *shell, size_t at)
{
    char c = byte(shell, at), next = byte(shell, at + 1);
    if (c == '(' && begin_array(shell, at))
        return at + 1;
    if (c == ')' && is_in_array(shell))
        shell->array = (Span){0};
    else
        shell->nesting += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == '<' && next == '<' && byte(shell, at + 2) != '<')
        return note_here_document(shell, at);
    if (c == '|' && next != '|' && shell->prints)
        pass_on(shell, at);
    if (strchr(";|&(", c) != NULL)
        begin_command(shell);
    if (c == ')')
        shell->option = (Span){0};
    return at + 1;
}

static size_t
lex_line_end(Shell *shell, size_t at)
{
    add(shell, PIECE_LINE, at, at + 1);
    if (!is_in_array(shell))
        begin_command(shell);
    return lex_here_documents(shell, at + 1);
}

static size_t
lex_one(Shell *shell, size_t at, size_t *ret_broken_at)
{
    char c = byte(shell, at);
    if (c == '\n')
        return lex_line_end(shell, at);
    if (c == '\\' && byte(shell, at + 1) == '\n')
        return at + 2;
    if (c == '\\' && byte(shell, at + 1) == '\r' && byte(shell, at + 2) == '\n')
        return at + 3;
    if (g_ascii_isspace(c) || c == '\0')
        return at + 1;
    if (c == '#') {
        size_t end = line_end(shell, at);
        add(shell, PIECE_COMMENT, at, end);
        return end;
    }
    if (c == '$' && byte(shell, at + 1) == '(') {
        begin_command(shell);
        shell->nesting++;
        return at + 2;
    }
    if (is_end_of_word(c))
        return lex_sign(shell, at);
    size_t end = lex_word(shell, at, ret_broken_at);
    return end > at ? end : at + 1;
}

GArray *
lex_shell(const Text *text, const Language *language, size_t begin, size_t end,
          size_t *ret_broken_at)
{
    Shell shell = {.text = text,
                   .language = language,
                   .end = end,
                   .pieces = g_array_new(FALSE, FALSE, sizeof(Piece)),
                   .heres = g_array_new(FALSE, FALSE, sizeof(Span)),
                   .piped = g_array_new(FALSE, FALSE, sizeof(Span)),
                   .wants_command = true};
    for (size_t at = begin; at < end && *ret_broken_at == SIZE_MAX;)
        at = lex_one(&shell, at, ret_broken_at);
    g_array_unref(shell.heres);
    g_array_unref(shell.piped);
    return shell.pieces;
}
