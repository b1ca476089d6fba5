/* language.h - languages as a table, and the pieces into which their lexers cut a text; inside of this folder only. */
#pragma once

#include "rewrite/program/text.h"

typedef enum {
    PIECE_WORD, /* a name, a number, a keyword */
    PIECE_SIGN, /* one byte */
    PIECE_LITERAL,
    PIECE_COMMENT,
    PIECE_LINE, /* the end of a line */
} PieceKind;

typedef struct {
    PieceKind kind;
    bool is_bytes;     /* no text: b"…" */
    bool is_character; /* 'x' of Java */
    bool is_foreign;   /* a comment that is text of another language: what is around PHP */
    bool is_sql;       /* the language says so */
    bool in_list;      /* `key` is that of the list */
    bool is_import;    /* of a statement that gets names from other files */
    bool is_element;   /* of a mapper of MyBatis: its tags are a part of what it says */
    bool
        is_alone; /* is not put together with its neighbours: a value of YAML, a word of a command */
    uint32_t begin, end;
    uint32_t inner_begin, inner_end; /* of a literal: between its quotes */
    Quoting quoting;
    Span callee, key; /* bytes of the same text, where the lexer knows: a command, a key */
    /* Of a comma: what a call puts in between where it puts strings together, as paste0("a", x) of R; else NULL. */
    const char *joint;
} Piece;

typedef struct Language Language;
typedef struct Unit Unit;

typedef struct {
    const char *open, *close;
    Escape escape;
    Holes holes;
    bool has_lines; /* may go over several lines */
    bool is_character;
    const char *letters; /* that may stand before it, as in rb"…"; "*": any name */
    bool grows;          /* more quotes may open it, and then as many end it */
    bool is_one;         /* holds one character: 'name of Scala is a symbol */
} StringForm;

typedef GArray *LexFn(const Text *text, const Language *language, size_t begin, size_t end,
                      size_t *ret_broken_at);

/* What the table cannot say: behind it when something of the kind begins at `at`, its pieces added; else 0. */
typedef size_t SpecialFn(const Text *text, size_t at, size_t end, GArray *pieces,
                         size_t *ret_broken_at);

struct Language {
    const char *name;
    const char *endings[9];
    const char *line_comments[4];
    const char *block_open, *block_close;
    StringForm forms[9];
    LexFn *lex;                  /* NULL: lex_code() */
    void (*rewrite)(Work *work); /* of files that hold other languages; NULL: it is one program */
    SpecialFn *special;          /* of lex_code(); may be NULL */
    /* Does the program say of a table that it is called like this word? May be NULL. */
    bool (*names_table)(const Unit *unit, guint word);
    bool nests_comments;
    bool joins_neighbours; /* "a" "b" is one string */
    bool joins_touching;   /* "a"'b' is one */
    char plus;             /* "a" + "b", or "a" . "b"; '<' is `<>` */
    bool has_bare_calls;   /* puts "…" */
    bool has_marked_calls; /* query!("…") */
    bool has_patterns;     /* /…/ of JavaScript */
    bool has_docstrings;
    bool has_sigils;             /* @ and $ before a quote say how it is read */
    bool has_sure_quotes;        /* a quote without its other half is no sign, but a mistake */
    uint8_t hexadecimals;        /* digits that \x may have; 0: it has two */
    bool has_margins;            /* .stripMargin */
    bool has_keywords;           /* f(name=value) sets no variable */
    void (*imports)(Unit *unit); /* names from other files; or NULL (imports/imports.h) */
    bool passes_on;              /* what a file imports is imported from it, too */
    bool gives_classes;          /* and nothing else: its names are those of one file */
    bool is_data;                /* no program: what is not a string says nothing */
    bool has_bare_columns;       /* columns stand as names: dplyr */
    bool has_bare_values;        /* table = a.b */
    bool has_sql_values;         /* sql: … ;; */
};

/* NULL: not a language that is read. */
const Language *language_of(const char *path, const char *text, size_t bytes);
const Language *language_by_name(const char *name);
/* Pieces of [begin, end), in order; `*ret_broken_at` is SIZE_MAX, or where something begins that does not end. */
GArray *language_lex(const Text *text, const Language *language, size_t begin, size_t end,
                     size_t *ret_broken_at);

LexFn lex_code, lex_r, lex_shell, lex_yaml, lex_markup, lex_properties, lex_sqlx, lex_php;
SpecialFn special_of_php, special_of_ruby, special_of_r, special_of_rust, special_of_elixir;
bool rust_word_is_table(const Unit *unit, guint index),
    symbol_is_table(const Unit *unit, guint index),
    lookml_word_is_table(const Unit *unit, guint index),
    prisma_word_is_table(const Unit *unit, guint index);

/* Is there a literal at `at`? Fills `ret`; `ret->end` is 0 when it never ends. (literal.c) */
bool literal_at(const Text *text, const Language *language, size_t at, int depth, Piece *ret);
/* Behind the bracket that closes what stands before `at`, or 0. */
size_t expression_end(const Text *text, const Language *language, size_t at, size_t end, char close,
                      int depth);
/* Add what a literal says. Expressions in it are added to `expressions` (Span of the text that it is read from). */
void text_decode(Text *text, const Language *language, const Piece *piece, bool is_format,
                 GArray *expressions);
/* Where the expression (`span` of `text`) gives one of several literals, add these as branches of a template; their conditions
 * are added to `expressions`. False: it is another one, and nothing was added. (choice.c) */
bool choice_put(Text *out, const Text *text, const Language *language, Span span,
                GArray *expressions);
