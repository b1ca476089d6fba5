/*
 * lexer.c - text into tokens.
 *
 * One pass, one token after the other, each decided by its first bytes. Brackets learn of each other on the way.
 */
#include "sql/token.h"

#include <pthread.h>
#include <string.h>

typedef struct {
    const char *text;
    size_t bytes;
    const Dialect *dialect;
    GArray *tokens; /* its length is the room that there is, until the end */
    Token *at;      /* where the first of them is */
    guint count, room;
    guint kinds; /* bits of those that were found */
    bool has_declarations;
    GArray *open; /* indices of brackets that wait for their other half */
} Lexer;

static char
byte_at(const Lexer *lexer, size_t at)
{
    return at < lexer->bytes ? lexer->text[at] : '\0';
}

static bool
starts_with(const Lexer *lexer, size_t at, const char *what)
{
    size_t length = strlen(what);
    return at + length <= lexer->bytes && memcmp(lexer->text + at, what, length) == 0;
}

static bool
is_among(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* What a byte may be, asked of every one of a text. Bytes of other scripts may stand in names. */
enum {
    BYTE_LETTER = 1 << 0,
    BYTE_STARTS_NAME = 1 << 1,
    BYTE_IN_NAME = 1 << 2,
    BYTE_BLANK = 1 << 3
};
#define L (BYTE_LETTER | BYTE_STARTS_NAME | BYTE_IN_NAME)
#define N (BYTE_STARTS_NAME | BYTE_IN_NAME)
#define D BYTE_IN_NAME
#define B BYTE_BLANK
/* clang-format off */
static const uint8_t byte_kinds[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, B, B, 0, B, B, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    B, 0, 0, 0, D, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0,
    0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, N,
    0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, 0,
    N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
};
/* clang-format on */
#undef L
#undef N
#undef D
#undef B

static bool
is_name_start(char c)
{
    return (byte_kinds[(guchar) c] & BYTE_STARTS_NAME) != 0;
}

static bool
is_name_byte(char c)
{
    return (byte_kinds[(guchar) c] & BYTE_IN_NAME) != 0;
}

/* ---- words ---- */

#define WORD_BYTES 16 /* the longest is shorter */

static const struct {
    char text[WORD_BYTES]; /* filled up with zeroes: compared as a whole */
    bool is_reserved;
} words[] = {
    [WORD_NONE] = {"", false},
#define SQL_WORD(id, text, reserved) [WORD_##id] = {text, reserved},
#include "sql/words.def"
#undef SQL_WORD
};

#define WORD_SLOTS 1024 /* a power of two, and so many more than words that most names meet none */
G_STATIC_ASSERT(WORD_COUNT < WORD_SLOTS / 4);

static uint8_t word_slots[WORD_SLOTS]; /* open hash table: Word, or WORD_NONE */
G_STATIC_ASSERT(WORD_COUNT <= UINT8_MAX);

/* Of a text of letters, whatever their case. */
static guint
word_slot(const char *text, size_t bytes)
{
    guint first = text[0] & ~0x20, middle = text[bytes / 2] & ~0x20, last = text[bytes - 1] & ~0x20;
    return (first * 61 + middle * 257 + last * 31 + (guint) bytes * 509) % WORD_SLOTS;
}

static void
fill_word_slots(void)
{
    for (guint word = WORD_NONE + 1; word < WORD_COUNT; word++) {
        guint slot = word_slot(words[word].text, strlen(words[word].text));
        while (word_slots[slot] != WORD_NONE)
            slot = (slot + 1) % WORD_SLOTS;
        word_slots[slot] = (uint8_t) word;
    }
}

static void
need_words(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_word_slots);
}

/* Of nothing but letters, after need_words(). Most are names, and their slot is empty. */
static Word
find_letters(const char *text, size_t bytes)
{
    char folded[WORD_BYTES] = {0};
    if (bytes < 2 || bytes >= WORD_BYTES) /* none has one letter */
        return WORD_NONE;
    guint slot = word_slot(text, bytes);
    if (word_slots[slot] == WORD_NONE)
        return WORD_NONE;
    for (size_t i = 0; i < bytes; i++)
        folded[i] = (char) (text[i] & ~0x20); /* a capital letter */
    for (; word_slots[slot] != WORD_NONE; slot = (slot + 1) % WORD_SLOTS)
        if (memcmp(folded, words[word_slots[slot]].text, WORD_BYTES) == 0)
            return (Word) word_slots[slot];
    return WORD_NONE;
}

Word
word_find(const char *text, size_t bytes)
{
    need_words();
    for (size_t i = 0; i < bytes; i++)
        if (!(byte_kinds[(guchar) text[i]] & BYTE_LETTER))
            return WORD_NONE;
    return find_letters(text, bytes);
}

/* Behind the first `what` from `at` on, or 0 when there is none. */
static size_t
behind(const Lexer *lexer, size_t at, const char *what)
{
    const char *found =
        at < lexer->bytes ? memmem(lexer->text + at, lexer->bytes - at, what, strlen(what)) : NULL;
    return found == NULL ? 0 : (size_t) (found - lexer->text) + strlen(what);
}

/* ---- what each kind of token ends with; 0: it never ends ---- */

static size_t
end_of_line(const Lexer *lexer, size_t at)
{
    const char *found = memchr(lexer->text + at, '\n', lexer->bytes - at);
    return found == NULL ? lexer->bytes : (size_t) (found - lexer->text);
}

static size_t
end_of_block_comment(const Lexer *lexer, size_t at)
{
    int depth = 1;
    for (at += 2; at < lexer->bytes; at++) {
        if (starts_with(lexer, at, "*/")) {
            at++;
            if (--depth == 0)
                return at + 1;
        } else if (lexer->dialect->has_nested_comments && starts_with(lexer, at, "/*")) {
            at++;
            depth++;
        }
    }
    return 0;
}

/* A doubled quote stands for one. */
static size_t
end_of_quotes(const Lexer *lexer, size_t at, char close, bool has_backslash)
{
    for (at++; at < lexer->bytes; at++) {
        if (has_backslash && lexer->text[at] == '\\')
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

/* Raw strings of BigQuery keep their backslashes, but `\'` does not end them either. */
static size_t
end_of_string(const Lexer *lexer, size_t at, bool is_escaped)
{
    char quote = lexer->text[at];
    const char three[] = {quote, quote, quote, '\0'};
    if (lexer->dialect->has_long_strings && starts_with(lexer, at, three))
        return end_of_long_string(lexer, at, quote, true);
    return end_of_quotes(lexer, at, quote, lexer->dialect->has_backslash || is_escaped);
}

/* $$ … $$ and $tag$ … $tag$; `at` when there is no such quote here. */
static size_t
end_of_dollar_quote(const Lexer *lexer, size_t at)
{
    size_t tag_end = at + 1;
    while (is_name_byte(byte_at(lexer, tag_end)) && lexer->text[tag_end] != '$')
        tag_end++;
    if (byte_at(lexer, tag_end) != '$' || g_ascii_isdigit(byte_at(lexer, at + 1)))
        return at;
    g_autofree char *tag = g_strndup(lexer->text + at, tag_end + 1 - at);
    return behind(lexer, tag_end + 1, tag);
}

static size_t
end_of_name(const Lexer *lexer, size_t at)
{
    while (at < lexer->bytes && is_name_byte(lexer->text[at]))
        at++;
    return at;
}

static size_t
end_of_number(const Lexer *lexer, size_t at)
{
    while (g_ascii_isalnum(byte_at(lexer, at)) || byte_at(lexer, at) == '_' ||
           (byte_at(lexer, at) == '.' && byte_at(lexer, at + 1) != '.') ||
           (is_among(byte_at(lexer, at), "+-") && is_among(lexer->text[at - 1], "eE") &&
            g_ascii_isdigit(byte_at(lexer, at + 1))))
        at++;
    return at;
}

/* ---- kinds ---- */

static void
make_room(Lexer *lexer, guint room)
{
    g_array_set_size(lexer->tokens, room);
    lexer->at = &g_array_index(lexer->tokens, Token, 0);
    lexer->room = room;
}

/* One that has its end. */
static inline Token *
add_whole(Lexer *lexer, TokenKind kind, size_t begin, size_t end)
{
    if (lexer->count == lexer->room)
        make_room(lexer, 2 * lexer->room);
    Token *token = &lexer->at[lexer->count++];
    lexer->kinds |= 1U << kind;
    *token = (Token){.kind = kind, .begin = (uint32_t) begin, .end = (uint32_t) end};
    return token;
}

static Token *
add(Lexer *lexer, TokenKind kind, size_t begin, size_t end)
{
    g_assert(end == 0 || end > begin);
    return end == 0 || end > lexer->bytes ? add_whole(lexer, TOKEN_BROKEN, begin, lexer->bytes)
                                          : add_whole(lexer, kind, begin, end);
}

static bool
lex_blank(Lexer *lexer, size_t at)
{
    size_t end = at;
    if (lexer->text[at] == ' ' && is_name_start(byte_at(lexer, at + 1)) &&
        (guchar) lexer->text[at + 1] < 0x80) { /* most stand alone before a word */
        add_whole(lexer, TOKEN_SPACE, at, at + 1);
        return true;
    }
    for (;;) {
        while (end < lexer->bytes && (byte_kinds[(guchar) lexer->text[end]] & BYTE_BLANK))
            end++;
        if (end == lexer->bytes || (guchar) lexer->text[end] < 0x80)
            break;
        /* also the mark that some editors put before UTF-8, and blanks that cannot break */
        if (starts_with(lexer, end, "\xef\xbb\xbf"))
            end += 3;
        else if (starts_with(lexer, end, "\xc2\xa0"))
            end += 2;
        else
            break;
    }
    if (end == at)
        return false;
    add_whole(lexer, TOKEN_SPACE, at, end);
    return true;
}

/* The head of MySQL's code in comments, whose text is run; 0: none begins here. */
static size_t
end_of_code_head(const Lexer *lexer, size_t at)
{
    size_t bar = at + 2 + (byte_at(lexer, at + 2) == 'M'); /* MariaDB */
    if (!lexer->dialect->has_code_comments || !starts_with(lexer, at, "/*") ||
        byte_at(lexer, bar) != '!')
        return 0;
    for (bar++; g_ascii_isdigit(byte_at(lexer, bar));)
        bar++;
    return bar;
}

static bool
lex_comment(Lexer *lexer, size_t at)
{
    const Dialect *dialect = lexer->dialect;
    size_t head = end_of_code_head(lexer, at);
    if (head > 0)
        add(lexer, TOKEN_COMMENT, at, head);
    else if (dialect->has_code_comments && starts_with(lexer, at, "*/"))
        add(lexer, TOKEN_COMMENT, at, at + 2);
    else if (starts_with(lexer, at, "/*"))
        add(lexer, TOKEN_COMMENT, at, end_of_block_comment(lexer, at));
    else if (starts_with(lexer, at, "--") ||
             (dialect->has_hash_comments && lexer->text[at] == '#') ||
             (dialect->has_slash_comments && starts_with(lexer, at, "//")))
        add(lexer, TOKEN_COMMENT, at, end_of_line(lexer, at));
    else
        return false;
    return true;
}

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

/* Behind what closes it: not within a string, nor within brackets of its own: {{ f("{{ this }}", {'a': {'b': 1}}) }}. */
static size_t
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

static bool
lex_template(Lexer *lexer, size_t at)
{
    if (starts_with(lexer, at, "{{"))
        add(lexer, TOKEN_TEMPLATE, at, end_of_template(lexer, at + 2, "}}"));
    else if (starts_with(lexer, at, "{%"))
        add(lexer, TOKEN_TAG, at, end_of_template(lexer, at + 2, "%}"));
    else if (starts_with(lexer, at, "{#"))
        add(lexer, TOKEN_COMMENT, at, behind(lexer, at + 2, "#}"));
    else
        return false;
    return true;
}

/* A quote with letters before it: r'', b"", E'', N'', U&''. */
static size_t
prefix_length(const Lexer *lexer, size_t at)
{
    size_t length = 0;
    while (length < 2 && is_among(byte_at(lexer, at + length),
                                  lexer->dialect->has_prefixes ? "rRbB" : "eEnNxXbB"))
        length++;
    bool is_quote = is_among(byte_at(lexer, at + length), lexer->dialect->string_quotes);
    return is_quote ? length : 0;
}

static bool
lex_string(Lexer *lexer, size_t at)
{
    size_t prefix = prefix_length(lexer, at), end;
    bool is_escaped = prefix > 0 && is_among(lexer->text[at], "eE");
    if (is_among(lexer->text[at + prefix], lexer->dialect->string_quotes)) {
        add(lexer, TOKEN_STRING, at, end_of_string(lexer, at + prefix, is_escaped));
        return true;
    }
    if (lexer->text[at] != '$' || !lexer->dialect->has_dollar_quotes)
        return false;
    end = end_of_dollar_quote(lexer, at);
    if (end == at)
        return false;
    add(lexer, TOKEN_STRING, at, end);
    return true;
}

/* A bracket quotes a name only where a name may stand: `a[1]` is a subscript. */
static bool
is_bracket_name(const Lexer *lexer, size_t at)
{
    if (lexer->text[at] != '[')
        return true;
    char before = at > 0 ? lexer->text[at - 1] : ' ';
    return !is_name_byte(before) && before != ']' && before != ')' && behind(lexer, at, "]") > 0;
}

static bool
lex_quoted_name(Lexer *lexer, size_t at)
{
    char open = lexer->text[at];
    if (!is_among(open, lexer->dialect->name_quotes) || !is_bracket_name(lexer, at))
        return false;
    add(lexer, TOKEN_QUOTED, at,
        end_of_quotes(lexer, at, open == '[' ? ']' : open,
                      open == '`' && lexer->dialect->has_backslash));
    return true;
}

/* Behind %(name)s, or 0: else it is a remainder. */
static size_t
end_of_named_format(const Lexer *lexer, size_t at)
{
    size_t end = end_of_name(lexer, at + 2);
    bool is_format =
        end > at + 2 && byte_at(lexer, end) == ')' && is_among(byte_at(lexer, end + 1), "sd");
    return is_format ? end + 2 : 0;
}

/* name:value, value:field */
static bool
is_prefix_colon(const Lexer *lexer, size_t at)
{
    return (lexer->dialect->has_alias_prefix || lexer->dialect->has_colon_paths) && at > 0 &&
           (is_name_byte(lexer->text[at - 1]) || is_among(lexer->text[at - 1], "\"`])"));
}

static bool
lex_parameter(Lexer *lexer, size_t at)
{
    char c = lexer->text[at], next = byte_at(lexer, at + 1);
    if (c == '$' && next == '{')
        add(lexer, TOKEN_PARAMETER, at, behind(lexer, at, "}"));
    else if (c == '%' && next == '(' && end_of_named_format(lexer, at) > 0)
        add(lexer, TOKEN_PARAMETER, at, end_of_named_format(lexer, at));
    else if (c == '%' && next == 's' && !is_name_byte(byte_at(lexer, at + 2)))
        add(lexer, TOKEN_PARAMETER, at, at + 2);
    else if ((c == '$' && (g_ascii_isdigit(next) || is_name_start(next))) ||
             (c == ':' && is_name_start(next) && !is_prefix_colon(lexer, at)) ||
             (c == '@' && (is_name_start(next) || next == '@')))
        add(lexer, TOKEN_PARAMETER, at, end_of_name(lexer, at + (next == '@' ? 2 : 1)));
    else if (c == '?')
        add(lexer, TOKEN_PARAMETER, at, at + 1);
    else
        return false;
    return true;
}

/* Begins with a byte that a name begins with. Only one that is nothing but letters can be a word of SQL. */
static bool
lex_name(Lexer *lexer, size_t at)
{
    const char *text = lexer->text;
    size_t end = at, bytes = lexer->bytes;
    guint all = BYTE_LETTER;
    for (; end < bytes && (byte_kinds[(guchar) text[end]] & BYTE_IN_NAME); end++)
        all &= byte_kinds[(guchar) text[end]];
    Token *token = add_whole(lexer, TOKEN_WORD, at, end);
    if (all == 0)
        return true;
    Word word = find_letters(text + at, end - at);
    token->word = word;
    lexer->has_declarations |= word == WORD_DECLARE || word == WORD_CREATE || word == WORD_FUNCTION;
    return true;
}

static bool
lex_word(Lexer *lexer, size_t at)
{
    if (is_name_start(lexer->text[at]))
        return lex_name(lexer, at);
    if (lexer->text[at] != '#' || !is_name_start(byte_at(lexer, at + 1))) /* T-SQL's own tables */
        return false;
    add_whole(lexer, TOKEN_WORD, at, end_of_name(lexer, at + 1));
    return true;
}

static bool
lex_number(Lexer *lexer, size_t at)
{
    char c = lexer->text[at];
    if (!g_ascii_isdigit(c) && !(c == '.' && g_ascii_isdigit(byte_at(lexer, at + 1)) &&
                                 (at == 0 || !is_name_byte(lexer->text[at - 1]))))
        return false;
    add(lexer, TOKEN_NUMBER, at, end_of_number(lexer, at + 1));
    return true;
}

#define CONDITION_BYTES_MAX 1024 /* of SqlRender; people write twenty */

static size_t
behind_blanks(const Lexer *lexer, size_t at)
{
    while (at < lexer->bytes && (byte_kinds[(guchar) lexer->text[at]] & BYTE_BLANK))
        at++;
    return at;
}

/* `sign {` here, blanks aside: behind it; else 0. */
static size_t
behind_sign_and_brace(const Lexer *lexer, size_t at, char sign)
{
    size_t next = behind_blanks(lexer, at);
    if (byte_at(lexer, next) != sign)
        return 0;
    next = behind_blanks(lexer, next + 1);
    return byte_at(lexer, next) == '{' ? next + 1 : 0;
}

/* {@x == 'y'} ? {  */
static bool
lex_condition(Lexer *lexer, size_t at)
{
    size_t end = at + 1, limit = MIN(lexer->bytes, at + CONDITION_BYTES_MAX), behind;
    bool has_parameter = false;
    for (; end < limit && !is_among(lexer->text[end], "{};"); end++)
        has_parameter |= lexer->text[end] == '@';
    if (!has_parameter || byte_at(lexer, end) != '}')
        return false;
    behind = behind_sign_and_brace(lexer, end + 1, '?');
    if (behind == 0)
        return false;
    guint index = lexer->count;
    add(lexer, TOKEN_CHOICE, at, behind);
    g_array_append_val(lexer->open, index);
    return true;
}

/*
 * The end of a branch of SqlRender, or `} : {` between two: the innermost brace that is open is one of its own. Other
 * brackets may wait in between: they find each other once it is known which branch is read.
 */
static bool
lex_end_of_branch(Lexer *lexer, size_t at)
{
    guint depth = lexer->open->len;
    const Token *open = NULL;
    for (; depth > 0; depth--) {
        open = &lexer->at[g_array_index(lexer->open, guint, depth - 1)];
        if (lexer->text[open->begin] == '{')
            break;
    }
    if (depth == 0 || open->kind != TOKEN_CHOICE)
        return false;
    size_t behind = behind_sign_and_brace(lexer, at + 1, ':');
    add(lexer, TOKEN_CHOICE, at, behind > 0 ? behind : at + 1);
    g_array_set_size(lexer->open, behind > 0 ? depth : depth - 1);
    return true;
}

static bool
lex_bracket(Lexer *lexer, size_t at)
{
    char c = lexer->text[at];
    if ((c == '{' && lex_condition(lexer, at)) || (c == '}' && lex_end_of_branch(lexer, at)))
        return true;
    if (c == '(' || c == '[' || c == '{') {
        guint index = lexer->count;
        add(lexer, TOKEN_OPEN, at, at + 1);
        g_array_append_val(lexer->open, index);
        return true;
    }
    if (c != ')' && c != ']' && c != '}')
        return false;
    guint index = lexer->count;
    Token *close = add(lexer, TOKEN_CLOSE, at, at + 1);
    if (lexer->open->len == 0)
        return true;
    guint other = g_array_index(lexer->open, guint, lexer->open->len - 1);
    Token *open = &lexer->at[other];
    if (open->kind == TOKEN_CHOICE || lexer->text[open->begin] != (c == ')'   ? '('
                                                                   : c == ']' ? '['
                                                                              : '{'))
        return true; /* stays without its other half */
    open->match = index;
    close->match = other;
    g_array_set_size(lexer->open, lexer->open->len - 1);
    return true;
}

/* COPY t (a, b) FROM stdin; and behind it the rows, up to a line with `\\.`: no SQL. */
static void
lex_rows(Lexer *lexer, size_t at)
{
    const size_t before = MIN(at, 64); /* FROM stdin WITH CSV */
    g_autofree char *said = g_ascii_strdown(lexer->text + at - before, (gssize) before);
    const char *from = g_strrstr(said, "from stdin");
    if (from == NULL || strchr(from, ';') != NULL)
        return;
    size_t end = behind(lexer, at, "\n\\.");
    if (end > 0)
        add(lexer, TOKEN_COMMENT, at + 1, end);
}

static void
lex_operator(Lexer *lexer, size_t at)
{
    static const char *const longer[] = {"<=>", "->>", "||", "::", "<=", ">=", "<>",
                                         "!=",  ":=",  "=>", "->", "|>", "==", "~*"};
    char c = lexer->text[at];
    bool may_go_on = is_among(byte_at(lexer, at + 1), "=>|:*");
    for (size_t i = 0; may_go_on && i < G_N_ELEMENTS(longer); i++)
        if (starts_with(lexer, at, longer[i])) {
            add(lexer, TOKEN_OPERATOR, at, at + strlen(longer[i]));
            return;
        }
    add(lexer,
        c == ','   ? TOKEN_COMMA
        : c == '.' ? TOKEN_DOT
        : c == ';' ? TOKEN_SEMICOLON
                   : TOKEN_OPERATOR,
        at, at + 1);
    if (c == ';')
        lex_rows(lexer, at);
}

/* ---- the whole ---- */

static bool
is_any_quote(char c)
{
    return c == '\'' || c == '"';
}

/* In the order in which they look: a comment begins with what is an operator elsewhere. */
static bool (*const kinds[])(Lexer *lexer, size_t at) = {
    lex_blank,     lex_template, lex_comment, lex_string,  lex_quoted_name,
    lex_parameter, lex_number,   lex_word,    lex_bracket,
};

/* What most tokens begin with: it can be of one kind only, and need not ask all of them. */
static bool
lex_often(Lexer *lexer, size_t at)
{
    char c = lexer->text[at];
    switch (c) {
    case ' ':
    case '\n':
        return lex_blank(lexer, at);
    case ',':
        add_whole(lexer, TOKEN_COMMA, at, at + 1);
        return true;
    case '.':
        if (g_ascii_isdigit(byte_at(lexer, at + 1)))
            return false;
        add_whole(lexer, TOKEN_DOT, at, at + 1);
        return true;
    case '(':
    case ')':
        return lex_bracket(lexer, at);
    case '\'':
        return lex_string(lexer, at);
    case '`':
        return lex_quoted_name(lexer, at);
    case '=':
    case '<':
    case '>':
    case '*':
        lex_operator(lexer, at);
        return true;
    case 'r': /* up to two of these may stand before a quote */
    case 'R':
    case 'b':
    case 'B':
    case 'e':
    case 'E':
    case 'n':
    case 'N':
    case 'x':
    case 'X':
        return !is_any_quote(byte_at(lexer, at + 1)) && !is_any_quote(byte_at(lexer, at + 2)) &&
               lex_name(lexer, at);
    default:
        return (byte_kinds[(guchar) c] & BYTE_LETTER) ? lex_name(lexer, at)
                                                      : g_ascii_isdigit(c) && lex_number(lexer, at);
    }
}

static void
lex_one(Lexer *lexer, size_t at)
{
    if (lex_often(lexer, at))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (kinds[i](lexer, at))
            return;
    lex_operator(lexer, at);
}

TokenList *
tokens_new(const char *text, size_t bytes, const Dialect *dialect)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
    TokenList *list = g_new0(TokenList, 1);
    /* so many that it is seldom too little: to copy them costs more than memory that is never touched */
    guint room = (guint) (bytes / 2 + 16);
    *list = (TokenList){.text = text,
                        .bytes = bytes,
                        .dialect = dialect,
                        .tokens = g_array_sized_new(FALSE, FALSE, sizeof(Token), room)};
    Lexer lexer = {
        .text = text, .bytes = bytes, .dialect = dialect, .tokens = list->tokens, .open = open};
    make_room(&lexer, room);
    need_words();
    for (size_t at = 0; at < bytes;) {
        lex_one(&lexer, at);
        at = lexer.at[lexer.count - 1].end;
    }
    list->kinds = lexer.kinds;
    list->has_declarations = lexer.has_declarations;
    Token end = {.kind = TOKEN_END, .begin = (uint32_t) bytes, .end = (uint32_t) bytes};
    g_array_set_size(list->tokens, lexer.count);
    g_array_append_val(list->tokens, end);
    return list;
}

void
tokens_free(TokenList *list)
{
    if (list == NULL)
        return;
    g_array_free(list->tokens, TRUE);
    g_free(list);
}

bool
word_is_reserved(Word word)
{
    return words[word].is_reserved;
}

void
text_place(const char *text, size_t at, int *ret_line, int *ret_column)
{
    int line = 1;
    size_t begin = 0;
    for (size_t i = 0; i < at; i++)
        if (text[i] == '\n') {
            line++;
            begin = i + 1;
        }
    *ret_line = line;
    *ret_column = (int) (at - begin) + 1;
}
