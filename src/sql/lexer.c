/*
 * lexer.c - text into tokens.
 *
 * One pass, one token after the other, each decided by its first bytes. Brackets learn of each other on the way.
 */
#include "sql/lexer.h"

#define N (BYTE_STARTS_NAME | BYTE_IN_NAME)
#define L (N | BYTE_STARTS_NAME_ONLY)
#define D BYTE_IN_NAME
#define B BYTE_BLANK
#define S BYTE_ENDS_SIGN
/* clang-format off */
const uint8_t byte_kinds[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, B, B, B, B, B, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    B, 0, 0, 0, D, 0, 0, 0, 0, 0, S, 0, 0, 0, 0, 0,
    D, D, D, D, D, D, D, D, D, D, S, 0, 0, S, S, 0,
    0, L, N, L, L, N, L, L, L, L, L, L, L, L, N, L,
    L, N, N, L, L, L, L, L, N, L, L, 0, 0, 0, 0, L,
    0, L, N, L, L, N, L, L, L, L, L, L, L, L, N, L,
    L, N, N, L, L, L, L, L, N, L, L, 0, S, 0, 0, 0,
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
#undef N
#undef L
#undef D
#undef B
#undef S

void
lexer_make_room(Lexer *lexer, guint room)
{
    g_array_set_size(lexer->tokens, room);
    lexer->at = &g_array_index(lexer->tokens, Token, 0);
    lexer->room = room;
}

/* ---- kinds ---- */

static size_t
end_of_blanks(const Lexer *lexer, size_t at)
{
    while (at < lexer->bytes && (byte_kinds[(guchar) lexer->text[at]] & BYTE_BLANK))
        at++;
    return at;
}

/* Also the mark that some editors put before UTF-8, and blanks that cannot break. */
static bool
lex_blank(Lexer *lexer, size_t at)
{
    size_t end = at;
    for (;;) {
        end = end_of_blanks(lexer, end);
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

/* What nearly all of them are. */
static inline bool
lex_plain_blank(Lexer *lexer, size_t at)
{
    size_t end = end_of_blanks(lexer, at);
    if (end < lexer->bytes && (guchar) lexer->text[end] >= 0x80)
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

/* Its end, which is a star and a division anywhere else. */
static bool
lex_code_end(Lexer *lexer, size_t at)
{
    if (!lexer->is_in_code || !starts_with(lexer, at, "*/"))
        return false;
    lexer->is_in_code = false;
    add(lexer, TOKEN_COMMENT, at, at + 2);
    return true;
}

static bool
lex_comment(Lexer *lexer, size_t at)
{
    const Dialect *dialect = lexer->dialect;
    size_t head = end_of_code_head(lexer, at);
    if (head > 0) {
        lexer->is_in_code = true;
        add(lexer, TOKEN_COMMENT, at, head);
    } else if (starts_with(lexer, at, "/*")) {
        add(lexer, TOKEN_COMMENT, at, end_of_block_comment(lexer, at));
    } else if (starts_with(lexer, at, "--") ||
               (dialect->has_hash_comments && lexer->text[at] == '#') ||
               (dialect->has_slash_comments && starts_with(lexer, at, "//"))) {
        add(lexer, TOKEN_COMMENT, at, end_of_line(lexer, at));
    } else {
        return false;
    }
    return true;
}

static bool
lex_template(Lexer *lexer, size_t at)
{
    if (starts_with(lexer, at, "{{"))
        add(lexer, template_is_tag(lexer, at) ? TOKEN_TAG : TOKEN_TEMPLATE, at,
            end_of_template(lexer, at + 2, "}}"));
    else if (is_directive(lexer, at))
        add(lexer, TOKEN_TAG, at, end_of_template(lexer, at + 2, "}"));
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
    if (lex_name_in_path(lexer, at))
        return true;
    if (end_of_chosen_quote(lexer, at) > at) {
        add(lexer, TOKEN_STRING, at, end_of_chosen_quote(lexer, at));
        return true;
    }
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

/* Behind @files/users/2024 or @shop.files/users: files of a stage, in Snowflake; or 0. */
static size_t
end_of_stage(const Lexer *lexer, size_t at)
{
    bool has_slash = false;
    size_t end = at + 1;
    for (;; end++) {
        char c = byte_at(lexer, end), next = byte_at(lexer, end + 1);
        if (!is_name_byte(c) && !is_among(c, "./~-") && !(c == '=' && has_slash))
            break;
        if (c == '/' && is_among(next, "/*"))
            break;
        has_slash = has_slash || c == '/';
    }
    return lexer->dialect->has_places && has_slash ? end : 0;
}

static bool
lex_parameter(Lexer *lexer, size_t at)
{
    char c = lexer->text[at], next = byte_at(lexer, at + 1);
    static const char numbered[] = "${{}}"; /* of a program: `$` before a number that is put in */
    if (c == '$' && starts_with(lexer, at, numbered))
        add(lexer, TOKEN_PARAMETER, at, at + sizeof numbered - 1);
    else if (c == '$' && next == '{')
        add(lexer, TOKEN_PARAMETER, at, behind(lexer, at, "}"));
    else if (c == '@' && end_of_stage(lexer, at) > 0)
        add(lexer, TOKEN_PARAMETER, at, end_of_stage(lexer, at));
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

/* ---- DELIMITER // of MySQL's client: statements end there from now on ---- */

/* COPY … DELIMITER ',' says something else. */
static bool
is_of_signs(const char *first, const char *last)
{
    while (first < last && is_among(*first, "/$|;@#!%&*~^\\"))
        first++;
    return first == last;
}

static bool
is_delimiter(const Lexer *lexer, size_t at)
{
    return lexer->delimiter_bytes > 0 && lexer->bytes - at >= lexer->delimiter_bytes &&
           memcmp(lexer->text + at, lexer->delimiter, lexer->delimiter_bytes) == 0;
}

static size_t
end_before_delimiter(const Lexer *lexer, size_t at, size_t end)
{
    while (at < end && !is_delimiter(lexer, at))
        at++;
    return at;
}

/* The whole line, at its first word; what it says has no effect where it is `;`. */
static bool
lex_delimiter(Lexer *lexer, size_t at, size_t behind)
{
    size_t end = end_of_line(lexer, at);
    const char *first = lexer->text + behind, *last = lexer->text + end;
    bool begins_line = at == 0 || lexer->text[at - 1] == '\n';
    while (first < last && g_ascii_isspace(*first))
        first++;
    while (last > first && g_ascii_isspace(last[-1]))
        last--;
    bool may_be = lexer->dialect->has_code_comments || lexer->dialect->is_any;
    if (!begins_line || !may_be || first == last || first == lexer->text + behind ||
        !is_of_signs(first, last))
        return false;
    lexer->delimiter = first;
    lexer->delimiter_bytes = *first == ';' ? 0 : (size_t) (last - first);
    add_whole(lexer, TOKEN_SEMICOLON, at, end);
    return true;
}

/* Begins with a byte that a name begins with. */
static bool
lex_name(Lexer *lexer, size_t at)
{
    const char *text = lexer->text;
    size_t end = at + 1, bytes = lexer->bytes;
    while (end < bytes && (byte_kinds[(guchar) text[end]] & BYTE_IN_NAME))
        end++;
    if (lexer->delimiter_bytes > 0) /* END$$ */
        end = end_before_delimiter(lexer, at + 1, end);
    size_t remark = end_of_console_line(lexer, at, end);
    if (remark > at) {
        add_whole(lexer, TOKEN_COMMENT, at, remark);
        return true;
    }
    Word word = words_find(text + at, end - at);
    if (word == WORD_DELIMITER && lex_delimiter(lexer, at, end))
        return true;
    add_whole(lexer, TOKEN_WORD, at, end)->word = word;
    lexer->has_word[word] = true;
    return true;
}

static bool
lex_word(Lexer *lexer, size_t at)
{
    if (is_name_start(lexer->text[at]))
        return lex_name(lexer, at);
    size_t name = at + 1 + (byte_at(lexer, at + 1) == '#'); /* T-SQL's own tables: #a, ##b */
    if (lexer->text[at] != '#' || !is_name_start(byte_at(lexer, name)))
        return false;
    add_whole(lexer, TOKEN_WORD, at, end_of_name(lexer, name));
    return true;
}

static bool
lex_number(Lexer *lexer, size_t at)
{
    if (lex_name_of_digits(lexer, at))
        return true;
    char c = lexer->text[at];
    if (!g_ascii_isdigit(c) && !(c == '.' && g_ascii_isdigit(byte_at(lexer, at + 1)) &&
                                 (at == 0 || (!is_name_byte(lexer->text[at - 1]) &&
                                              !is_among(lexer->text[at - 1], "`\"]")))))
        return false;
    add(lexer, TOKEN_NUMBER, at, end_of_number(lexer, at + 1));
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
    bool may_go_on = (byte_kinds[(guchar) byte_at(lexer, at + 1)] & BYTE_ENDS_SIGN) != 0;
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
    if (c == '\\')
        lex_file_of_command(lexer, at);
}

/* ---- the whole ---- */

static bool
is_any_quote(char c)
{
    return c == '\'' || c == '"';
}

/* In the order in which they look: a comment begins with what is an operator elsewhere. */
static bool (*const kinds[])(Lexer *lexer, size_t at) = {
    lex_blank,       lex_template,  lex_put_in, lex_comment, lex_string,
    lex_quoted_name, lex_parameter, lex_number, lex_word,    lex_bracket,
};

/* What most other tokens begin with: it can be of one kind only, and need not ask all of them. */
static bool
lex_often(Lexer *lexer, size_t at)
{
    char c = lexer->text[at];
    switch (c) {
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
    case '*':
        if (lex_code_end(lexer, at))
            return true;
        lex_operator(lexer, at);
        return true;
    case '<':
        if (lex_put_in(lexer, at))
            return true;
        lex_operator(lexer, at);
        return true;
    case '=':
    case '>':
        lex_operator(lexer, at);
        return true;
    default: /* two letters may stand before a quote */
        return ((byte_kinds[(guchar) c] & BYTE_STARTS_NAME) && (guchar) c < 0x80 &&
                !is_any_quote(byte_at(lexer, at + 1)) && !is_any_quote(byte_at(lexer, at + 2)))
                   ? lex_name(lexer, at)
                   : g_ascii_isdigit(c) && lex_number(lexer, at);
    }
}

static void
lex_one(Lexer *lexer, size_t at)
{
    uint8_t byte = byte_kinds[(guchar) lexer->text[at]];
    if (is_delimiter(lexer, at)) {
        add_whole(lexer, TOKEN_SEMICOLON, at, at + lexer->delimiter_bytes);
        return;
    }
    if (at == lexer->file && at > 0) {
        add_whole(lexer, TOKEN_STRING, at, lexer->file_end);
        return;
    }
    if ((byte & BYTE_BLANK)              ? lex_plain_blank(lexer, at)
        : (byte & BYTE_STARTS_NAME_ONLY) ? lex_name(lexer, at)
                                         : lex_often(lexer, at))
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
    lexer_make_room(&lexer, room);
    words_need();
    for (size_t at = 0; at < bytes;) {
        lex_one(&lexer, at);
        at = lexer.at[lexer.count - 1].end;
    }
    list->kinds = lexer.kinds;
    list->has_declarations = lexer.has_word[WORD_DECLARE] || lexer.has_word[WORD_CREATE] ||
                             lexer.has_word[WORD_FUNCTION];
    Token end = {.kind = TOKEN_END, .begin = (uint32_t) bytes, .end = (uint32_t) bytes};
    g_array_set_size(list->tokens, lexer.count);
    g_array_append_val(list->tokens, end);
    return list;
}

uint32_t
tokens_before(const TokenList *list, size_t byte)
{
    uint32_t from = 0, behind = list->tokens->len;
    while (from < behind) {
        uint32_t middle = from + (behind - from) / 2;
        if (tokens_at(list, middle)->begin < byte)
            from = middle + 1;
        else
            behind = middle;
    }
    return from;
}

void
tokens_free(TokenList *list)
{
    if (list == NULL)
        return;
    g_array_free(list->tokens, TRUE);
    g_free(list);
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
