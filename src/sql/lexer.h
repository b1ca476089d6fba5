/*
 * lexer.h - what the parts of the lexer share; inside of this room only.
 *
 * The kinds of tokens (lexer.c) look one after the other at what begins at a byte. Where it ends is found in lexer_ends.c and
 * lexer_templates.c, brackets and branches in lexer_brackets.c, what only a path has in lexer_paths.c, words that mean something in words.c.
 */
#pragma once

#include "sql/token.h"

#include <string.h>

typedef struct {
    const char *text;
    size_t bytes;
    const Dialect *dialect;
    GArray *tokens; /* its length is the room that there is, until the end */
    Token *at;      /* where the first of them is */
    guint count, room;
    bool has_flat_comments; /* where nobody says it: one within another has no end of its own */
    bool is_in_code;        /* of MySQL, behind the head of a comment whose text is run */
    guint kinds;            /* bits of those that were found */
    const char *delimiter;  /* what ends statements besides `;`, of so many bytes: in the text */
    size_t delimiter_bytes;
    bool has_word[WORD_COUNT];
    GArray *open;          /* indices of brackets that wait for their other half */
    guint blocks;          /* {{ if x }} of Go's templates that wait for their {{ end }} */
    size_t file, file_end; /* of a command of psql that was met, or 0 */
} Lexer;

static inline char
byte_at(const Lexer *lexer, size_t at)
{
    return at < lexer->bytes ? lexer->text[at] : '\0';
}

static inline bool
starts_with(const Lexer *lexer, size_t at, const char *what)
{
    size_t length = strlen(what);
    return at + length <= lexer->bytes && memcmp(lexer->text + at, what, length) == 0;
}

static inline bool
is_among(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* What a byte may be, asked of every one of a text. Bytes of other scripts may stand in names. */
enum {
    BYTE_STARTS_NAME = 1 << 0,
    BYTE_STARTS_NAME_ONLY = 1 << 1, /* and no string, as r'…' */
    BYTE_IN_NAME = 1 << 2,
    BYTE_BLANK = 1 << 3,
    BYTE_ENDS_SIGN = 1 << 4, /* the second of an operator of several */
};
extern const uint8_t byte_kinds[256];

static inline bool
is_name_start(char c)
{
    return (byte_kinds[(guchar) c] & BYTE_STARTS_NAME) != 0;
}

static inline bool
is_name_byte(char c)
{
    return (byte_kinds[(guchar) c] & BYTE_IN_NAME) != 0;
}

/* ---- tokens ---- */

/* Room for so many. */
void lexer_make_room(Lexer *lexer, guint room);

/* One that has its end. */
static inline Token *
add_whole(Lexer *lexer, TokenKind kind, size_t begin, size_t end)
{
    if (lexer->count == lexer->room)
        lexer_make_room(lexer, 2 * lexer->room);
    Token *token = &lexer->at[lexer->count++];
    lexer->kinds |= 1U << kind;
    *token = (Token){.kind = kind, .begin = (uint32_t) begin, .end = (uint32_t) end};
    return token;
}

static inline Token *
add(Lexer *lexer, TokenKind kind, size_t begin, size_t end)
{
    g_assert(end == 0 || end > begin);
    return end == 0 || end > lexer->bytes ? add_whole(lexer, TOKEN_BROKEN, begin, lexer->bytes)
                                          : add_whole(lexer, kind, begin, end);
}

/* ---- where they end (lexer_ends.c, of templates lexer_templates.c); 0: it never does ---- */

/* Behind the first `what` from `at` on, or 0 when there is none. */
size_t behind(const Lexer *lexer, size_t at, const char *what);
size_t end_of_line(const Lexer *lexer, size_t at);
/* REM what SQL*Plus passes over, PROMPT what it prints, where nobody says the dialect; `end`: of the word; `at` when it is none. */
size_t end_of_console_line(const Lexer *lexer, size_t at, size_t end);
size_t end_of_block_comment(Lexer *lexer, size_t at);
/* A doubled quote stands for one. */
size_t end_of_quotes(const Lexer *lexer, size_t at, char close, bool has_backslash);
size_t end_of_string(const Lexer *lexer, size_t at, bool is_escaped);
/* $$ … $$ and $tag$ … $tag$; `at` when there is no such quote here. */
size_t end_of_dollar_quote(const Lexer *lexer, size_t at);
/* q'[…]' of Oracle, where nobody says the dialect; `at` when it is none. */
size_t end_of_chosen_quote(const Lexer *lexer, size_t at);
size_t end_of_name(const Lexer *lexer, size_t at);
size_t end_of_number(const Lexer *lexer, size_t at);
/* Behind what closes it: not within a string, nor within brackets of its own: {{ f("{{ this }}", {'a': {'b': 1}}) }}. */
size_t end_of_template(const Lexer *lexer, size_t at, const char *close);
/* Does the template that begins with these two braces choose, repeat or remark, as those do that are none of Jinja: {{ if .x }} of Go, {{#if x}} of
 * Handlebars, {{^x}} of Mustache? Jinja reads none of them as an expression. */
bool template_is_tag(Lexer *lexer, size_t at);
/* %{ if x } of Terraform. */
bool is_directive(const Lexer *lexer, size_t at);
/* Behind the one that begins at this brace, within such quotes; 0: what stands there is a text of SQL. */
size_t end_of_template_within(const Lexer *lexer, size_t at, char quote);

/* ---- brackets (lexer_brackets.c) ---- */

/* Those, and branches of SqlRender; false: none is here. */
bool lex_bracket(Lexer *lexer, size_t at);

/* ---- names beside the dot of a path (lexer_paths.c) ---- */

/* In quotes of texts; of digits; what is put in at run time. False: none is here. */
bool lex_name_in_path(Lexer *lexer, size_t at);
bool lex_name_of_digits(Lexer *lexer, size_t at);
bool lex_put_in(Lexer *lexer, size_t at);

/* ---- files without quotes (lexer_files.c) ---- */

/* `at`: a backslash. Where it begins `\\copy`, the file behind FROM or TO is noted, and is one string when it is met. */
void lex_file_of_command(Lexer *lexer, size_t at);

/* ---- words (words.c) ---- */

#define WORD_BYTES 16   /* the longest is shorter */
#define WORD_SLOTS 1024 /* a power of two, and so many more than words that most names meet none */

extern uint8_t word_slots[WORD_SLOTS]; /* open hash table: Word, or WORD_NONE */

/* Of letters of either case it is the same. */
static inline guint
word_slot(const char *text, size_t bytes)
{
    guint first = text[0] & ~0x20, middle = text[bytes / 2] & ~0x20, last = text[bytes - 1] & ~0x20;
    return (first * 61 + middle * 257 + last * 31 + (guint) bytes * 509) % WORD_SLOTS;
}

/* Before words_find() is asked. */
void words_need(void);
/* The word that is found from this slot on, or WORD_NONE. */
Word words_from(guint slot, const char *text, size_t bytes);

/* The word, in letters of either case, or WORD_NONE. Most are names, and their slot is empty. */
static inline Word
words_find(const char *text, size_t bytes)
{
    if (bytes < 2 || bytes >= WORD_BYTES) /* none has one letter */
        return WORD_NONE;
    guint slot = word_slot(text, bytes);
    return word_slots[slot] != WORD_NONE ? words_from(slot, text, bytes) : WORD_NONE;
}
