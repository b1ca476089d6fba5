/*
 * program.h - programs and configuration: the strings in them, and what is found in those; inside of this room only.
 *
 * A lexer that knows the language cuts a file into pieces. Neighbouring string literals become one Text: what the program
 * will see, with every byte's place in the file beside it. SQL in a Text is rewritten as in a .sql file, and the edits are
 * carried back to the file: only bytes that stand for themselves may be edited, and what is written is escaped for the
 * literal that it comes to stand in. What is put in at run time is a hole, {{}}, which the SQL lexer reads over.
 */
#pragma once

#include "rewrite/exports.h"
#include "rewrite/work.h"

#include <string.h>

#define PROGRAM_DEPTH_MAX 12 /* strings within expressions within strings: people write three */

/* ---- what stands between quotes ---- */

typedef enum {
    ESCAPE_NONE,    /* raw: every byte is itself */
    ESCAPE_C,       /* \n \x41 é \U0001F600 \101, and a backslash before anything else */
    ESCAPE_KEPT,    /* raw strings of Python: a backslash is itself, and still guards a quote */
    ESCAPE_DOUBLED, /* '' */
    ESCAPE_SHELL,   /* \ only before $ ` " \ and the end of a line */
    ESCAPE_QUOTE,   /* \\ and \', a backslash before anything else is itself */
    ESCAPE_PHP,     /* \n \$ \" \x41 \u{e9}, a backslash before anything else is itself */
    ESCAPE_MARKUP,  /* &lt; */
} Escape;

typedef enum {
    HOLES_NONE,          /* but places for formatting: %s {x} */
    HOLES_OFF,           /* no holes at all: a cell of a notebook */
    HOLES_BRACES,        /* {x}, and {{ for a brace: f"…", .format() */
    HOLES_DOLLAR,        /* $x ${x}, and $$ for a dollar */
    HOLES_DOLLAR_BRACES, /* ${x} */
    HOLES_FORMAT,        /* %s %I %1$L, and %% for a percent sign: FORMAT of SQL */
    HOLES_PHP,           /* $x $x[0] $x->y {$x…} ${x} */
    HOLES_QUESTION,      /* ?x */
    HOLES_RUBY,          /* #{x} */
    HOLES_SHELL,         /* $x ${x} $(x) `x` */
} Holes;

typedef enum {
    MARGIN_NONE,
    MARGIN_BAR, /* .stripMargin: blanks and a bar at the beginning of a line are not there */
} Margin;

typedef struct {
    char quote; /* cannot stand there as it is; 0: nothing ends the text but its place */
    Escape escape;
    Holes holes;
    Margin margin;
    bool is_long;   /* raw, and ended by more than the quote: a quote alone may stand there */
    bool is_triple; /* ended by three quotes: one alone may stand there */
    bool is_bare;   /* without quotes, a word: only what a word may hold is written */
    bool is_name;   /* a name by itself: no dots */
    bool is_plain;  /* without quotes, a line: no signs that mean something there */
    uint8_t
        braces; /* raw strings of C#: so many of them open an expression; 0: one, and two are a brace */
    uint8_t quotes; /* and so many quotes end the text; 0: as the form says */
} Quoting;

/* ---- text with a map ---- */

typedef struct {
    uint32_t begin, end; /* bytes of the file */
} Span;

typedef struct {
    uint32_t at;   /* of this text: where the part begins */
    uint32_t from; /* of the text that it was read from */
    Quoting quoting;
} TextPart;

/* A name of the program that stands for the dataset. (program_constants.c) */
typedef struct Constant Constant;
struct Constant {
    char *text, *after; /* what it says, and what it will say; NULL: nothing that is of use */
    const Rename *rename;
    int set;            /* how often; more when it may be a parameter */
    int types;          /* how often it is the name of a class or the like */
    int words;          /* of the program that are its name */
    int puts, operands; /* how often it is put into strings, and of these by `+` */
    int in_sql;         /* and how often into SQL that is decided */
    int matched;        /* how often it was seen to be the dataset there */
    /* Of one that another file gives (imports.c): */
    const Export *export;
    const char *doubt; /* why it cannot be followed; or NULL */
    Constant *first;   /* of its name's first part: `config` of config.TABLE */
    Constant *own;     /* TABLE of this file, which is meant by Config.TABLE; or NULL */
    Constant *other;   /* that this is only another name for; or NULL */
    Span place;        /* in this file: where it is got from */
    int missed;        /* how often it was asked for and could not be given */
    bool is_of_class;  /* __tablename__ and the like: set for the class, not for the program */
    bool
        is_view; /* of LookML: what it is called from now on is decided where the view says its table */
};

GHashTable *constants_new(void);
void constant_free(void *constant);
/* NULL: nothing that is known. */
Constant *constants_find(GHashTable *constants, const char *name, size_t bytes);
/* The same, made where there is none. */
Constant *constants_called(GHashTable *constants, const char *name, size_t bytes);
/* (program_dotted.c) "config.TABLE" for `config . TABLE`, `Config::TABLE`, `TABLES["users"]`; NULL: it is more than a name. Caller frees. */
char *name_with_dots(const char *text, size_t bytes);
/* Of one that another file, or a class or list of this one, gives: does its name stand for it here? */
bool constant_is_certain(const Constant *constant);
bool constant_is_used_elsewhere(const Constant *constant);

typedef struct {
    size_t begin, end; /* of the text */
    Constant *constant;
} FixedRun;

/* Some text, and where each of its bytes stands in the file. */
typedef struct Text Text;
struct Text {
    const Text *from;  /* NULL: the file itself */
    const char *bytes; /* zero-terminated unless it is the file */
    size_t count;
    const char *file;
    GString *own;    /* NULL: the file itself */
    Text *base;      /* `from`, where it is this one's; or NULL */
    GArray *spans;   /* Span; NULL: the file itself */
    GArray *parts;   /* TextPart */
    GArray *fixed;   /* FixedRun: what constants say */
    GPtrArray *told; /* Constant: what aliases of the mapping say, which is fixed, too; or NULL */
    GHashTable *constants; /* of the program, or NULL */
    GHashTable
        *arguments;      /* what a call puts in: constants by name or place; NULL: there is none */
    guint next_argument; /* the place that is filled next */
    bool has_percents;   /* %s, and %% for a percent; else {}, and {{ for a brace */
    bool is_unread;      /* an escape that is not known, an expression without its end */
};

Text *text_of_file(const char *bytes, size_t count);
/* 0 behind its end. */
static inline char
text_byte(const Text *text, size_t at)
{
    return at < text->count ? text->bytes[at] : '\0';
}
static inline bool
text_starts(const Text *text, size_t at, const char *what)
{
    size_t bytes = strlen(what);
    return at + bytes <= text->count && memcmp(text->bytes + at, what, bytes) == 0;
}
/* Empty, to be filled from `from`. */
Text *text_new(const Text *from);
void text_free(Text *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Text, text_free)
/* What follows is read with this quoting, from `at` of the text that it comes from. */
void text_begin_part(Text *text, size_t at, Quoting quoting);
/* One byte of the other text, as it is. */
void text_copy(Text *text, size_t at);
/* [begin, end) of the other text, as a text of its own. Caller frees. */
Text *text_cut_out(const Text *from, size_t begin, size_t end);
/* `what`, for which [begin, end) of the other text stands. */
void text_put(Text *text, size_t begin, size_t end, const char *what, size_t bytes);
/* What a constant says, for which [begin, end) stands. */
void text_put_constant(Text *text, size_t begin, size_t end, Constant *constant);
/* [begin, end) is read as `what`, and stays as the file has it. */
void text_tell(Text *text, size_t begin, size_t end, const char *what);
/* Parts that are put in, as aliases of the mapping have them, are read as the source's (program_told.c). */
void program_tell_names(const Work *work, Text *text);
/* The name whose last part begins at `at` and has so many bytes, as an alias would have it: `{schema}.users`. Caller frees; NULL: it
 * has one part. */
char *text_path_as_written(const Text *text, size_t at, size_t bytes);
/* The constant that [begin, end) of the text is from, or NULL. */
const FixedRun *text_fixed(const Text *text, size_t begin, size_t end);
/* Is `after` written instead of [begin, end) by changing the constant where it is set? Of a view's table anything is. */
bool text_is_changed_elsewhere(const Text *text, size_t begin, size_t end, const char *after);
/* Where [begin, end) is in the file: from its first byte to its last. */
Span text_span(const Text *text, size_t begin, size_t end);
/* Is it a name by itself there, as in ref("name")? */
bool text_is_name(const Text *text, size_t at);
/* Write `after` instead of [begin, end): the place in the file, and what is written there. False when some of it does not
 * stand for itself, or cannot be written there. Caller frees. */
bool text_edit(const Text *text, size_t begin, size_t end, const char *after, Span *ret,
               char **ret_after);
/* The same of a name whose parts may stand in literals of their own: what is written goes behind `spans` (Span) and `written`
 * (char *), which are of no use where it is false. */
bool text_edit_parts(const Text *text, size_t begin, size_t end, const char *after, GArray *spans,
                     GPtrArray *written);

/* ---- pieces ---- */

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
    void (*imports)(Unit *unit); /* names from other files; or NULL (imports.h) */
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

/* Is there a literal at `at`? Fills `ret`; `ret->end` is 0 when it never ends. (program_literal.c) */
bool literal_at(const Text *text, const Language *language, size_t at, int depth, Piece *ret);
/* Behind the bracket that closes what stands before `at`, or 0. */
size_t expression_end(const Text *text, const Language *language, size_t at, size_t end, char close,
                      int depth);
/* Add what a literal says. Expressions in it are added to `expressions` (Span of the text that it is read from). */
void text_decode(Text *text, const Language *language, const Piece *piece, bool is_format,
                 GArray *expressions);

/* ---- strings in their context ---- */

/* Literals that are one string, and where they stand. */
typedef struct {
    guint first, last;       /* pieces */
    Span whole;              /* of the unit's text */
    Span callee;             /* the function or command that it is an argument of */
    Span receiver;           /* what stands before the callee's dot */
    Span outer;              /* the function that the callee's result is an argument of */
    Span key;                /* keyword, key or variable that it is a value of */
    int argument;            /* counted from 0 */
    bool is_format;          /* .format(…), % … */
    bool is_changed;         /* a method is called on it, a subscript taken */
    bool has_operand_before; /* x + "…" */
    guint lead;              /* where x begins, if it is a name and all that is before; else 0 */
    bool is_appended;        /* x += "…" */
    bool is_assigned;        /* name = "…", and not as an argument */
    bool is_compared;        /* name == "…" */
    bool is_key;             /* {"…": …}, df["…"] */
    bool in_list;            /* `key` is that of the list */
    bool is_in_sink;         /* what is around it is called like something that is written */
    bool is_docstring, is_message, is_bytes, is_sql;
    bool is_run;    /* a literal of SQL that SQL runs: nothing is put in, unless… */
    bool is_cell;   /* SQL as a whole, because somebody said so */
    bool is_filled; /* and has places that values and names are put into */
    const struct Variables *parameters; /* of the routine whose body it is; or NULL */
    const GPtrArray *used; /* what is said around it of where names are (sql_use.c); or NULL */
    const Rename *rows;    /* that this routine sees; or NULL */
    bool has_more;   /* the variable that it becomes gets more text later, and nobody knows which */
    bool is_decided; /* its sites are written down */
    bool has_table_hole; /* SQL that reads a table whose name is put in */
} Use;

/* What is around the pieces of a unit (program_nesting.c). */
typedef struct Nesting Nesting;
/* Under which lines of YAML (program_below.c). */
typedef struct Below Below;
/* Is a dataset or a project given anywhere in it; and one that cannot be the field of a class? */
typedef struct {
    bool is_known, has_any, has_others;
} Apart;

/* Where a string that grows gets text only now and then: at a piece, what is not of the string up to another one. */
typedef enum { GROWN_OTHER, GROWN_IF, GROWN_ELIF, GROWN_ELSE, GROWN_ENDIF } GrownKind;
typedef struct {
    GrownKind kind;
    guint at, behind;
} GrownMark;

/* A view of LookML, and whether its table is the dataset. */
typedef enum { VIEW_UNCLEAR, VIEW_OF_DATASET, VIEW_OTHER } ViewKind;
typedef struct {
    guint open, close; /* its brackets */
    Span name, base;   /* `base`: the view that it refines or extends */
    bool is_refinement;
    ViewKind kind;
    Constant *table; /* of the dataset; or NULL */
    Constant *own;   /* the same, where the view says it */
} LookmlView;

/* One text in one language: a file, a cell of a notebook. */
struct Unit {
    Work *work;
    const Text *text;
    const Language *language;
    const GArray *pieces;
    GArray *uses;           /* Use */
    GArray *expressions;    /* Span: to be read next */
    const Dialect *dialect; /* of its SQL; NULL: guessed string by string */
    GArray *views;          /* of LookML: LookmlView, in the order of the file; or NULL */
    Nesting *nesting;       /* found when somebody asks */
    Below *below;           /* the same */
    char *package;          /* the same: imports_package() */
    GHashTable *asked;      /* the same, what was looked for beside names: 1, it is there, or 2 */
    GHashTable *beside;     /* the same, what stands in each bracket or block (program_beside.c) */
    Apart apart;            /* the same, of data */
    GHashTable *brackets;   /* the same, which brackets say a schema: 1, or 2 (program_apart.c) */
    GArray *marks;          /* GrownMark; or NULL */
    GHashTable *lent;       /* the same, names that a schema was given to */
    guint model; /* of a schema of Prisma: the name of the model that was last asked for */
    const Rename *model_rename; /* and its table's mapping (program_prisma.c) */
    int depth;
};

/* Fills `unit->uses`. (program_uses.c) */
void program_find_uses(Unit *unit);
/* What the string says. (program_string.c) Caller frees. */
Text *program_text(Unit *unit, const Use *use);
/* What a builder of strings gets piece by piece (program_appended.c). The bracket of the call that gets this literal, where SQL
 * begins in it; and, behind `last`, that of the call that goes on with it. G_MAXUINT: there is none. */
guint appended_open(const Unit *unit, guint first);
guint appended_next(const Unit *unit, guint open, guint last);
/* The same of `q = "SELECT …"; q += " FROM users";`: the name that gets this literal; and the operand that it surely gets behind
 * `last`. */
guint appended_name(const Unit *unit, guint first);
guint appended_operand(const Unit *unit, guint name, guint last);
/* The same of Python, with what it gets only where a condition holds: the last piece of all that is known to be put to the
 * literal, or `last` (program_grown.c). Leaves marks where branches begin and end. */
guint grown_end(Unit *unit, guint first, guint last);
/* At this piece: puts what the marks there say, and gives the piece that is read next. `is_last`: it stands behind the string. */
guint grown_put(Text *text, Unit *unit, guint at, bool is_last);
/* Does the literal begin, or end, so that no name in it goes on in what is before or behind it? */
bool literal_begins_apart(const Unit *unit, guint literal);
bool literal_ends_apart(const Unit *unit, guint last);
/* The last piece of a string, or of an operand, that begins there. */
guint string_end(const Unit *unit, guint first);
guint string_operand_end(const Unit *unit, guint operand);
/* fmt.Sprintf("…", x), whose format is the string at this piece: where the call begins; and the string of the call that begins there.
 * G_MAXUINT: it is none. */
guint format_begin(const Unit *unit, guint literal);
guint format_literal(const Unit *unit, guint first);
/* Is all that is put into this format a value: `AND plan = $%d`, and not `AND %s = 1`? */
bool format_takes_values(const Unit *unit, guint literal);
/* q += … */
bool appended_is_more(const Unit *unit, guint word);
/* Does the call whose bracket closes at `close` end a line? */
bool appended_ends_line(const Unit *unit, guint close);
/* May the builder get text behind `last` that is not known? */
bool appended_has_more(const Unit *unit, guint open, guint last);
/* What is put into the string's places: fills `text->arguments`. (program_format.c) */
void program_find_arguments(Unit *unit, const Use *use, Text *text);
/* Is the string one of these, which tells for itself? */
bool literal_is_put_in(const Unit *unit, const Use *use);
/* Has every place of the string been filled by what is known, and is nothing else done with it? (program_format.c) */
bool program_is_filled(Unit *unit, const Use *use, const Text *text);
/* Pieces, and what is around them (program_pieces.c). Behind the last one is the end of a line. */
const Piece *unit_piece(const Unit *unit, guint index);
Span piece_span(const Piece *piece);
bool piece_is_between(const Piece *piece); /* the end of a line, a comment */
bool unit_is_language(const Unit *unit, const char *name);
/* The first piece of a.b.C, whose last one is `last`. */
guint unit_name_begin(const Unit *unit, guint last);
bool unit_is_sign(const Unit *unit, guint index, char sign);
char unit_sign(const Unit *unit, guint index); /* its first byte; 0: it is no sign */
bool unit_is_word(const Unit *unit, guint index, const char *word);
bool unit_is_among(const Unit *unit, guint index, const char *const *words); /* the word there */
/* No comment and, if said so, no end of a line; G_MAXUINT when nothing is before. */
guint unit_next(const Unit *unit, guint index, bool skips_lines);
guint unit_previous(const Unit *unit, guint index, bool skips_lines);
/* The bracket that is open there; G_MAXUINT: none. */
guint unit_bracket_around(Unit *unit, guint index);
/* The word before the innermost round bracket around the piece; G_MAXUINT: there is none. */
guint unit_callee_around(Unit *unit, guint index);
/* Of a bracket that opens: what closes it, or the number of pieces when nothing does. Of all others: `index`. */
guint unit_bracket_end(Unit *unit, guint index);
/* How many pieces begin before `place`; and the one that begins at this byte, G_MAXUINT: none does. */
guint unit_pieces_before(const Unit *unit, size_t place);
guint unit_piece_at(const Unit *unit, uint32_t begin);
/* How many strings, which are in the program's order, begin before the piece: there may be thousands. */
guint unit_uses_before(const Unit *unit, guint piece);
/* How far it stands from the beginning of its line, in bytes. */
size_t unit_margin(const Unit *unit, guint index);
/* What is called with it, where that stands before; or G_MAXUINT. */
guint piece_of_callee(const Unit *unit, const Use *use);
/* The piece that begins its line, and that of the nearest line before with a smaller margin; G_MAXUINT: none. */
guint unit_line_of(Unit *unit, guint index);
guint unit_line_around(Unit *unit, guint line);
void nesting_free(Nesting *nesting);
/* Of YAML: does a key that `place` stands below say that something is written? */
bool unit_is_below_sink(Unit *unit, size_t place);
/* And does its line stand right below this key? */
bool unit_is_below(Unit *unit, size_t place, const char *key);
void below_free(Below *below);
/* The sign that puts strings together. */
bool unit_is_plus(const Unit *unit, guint index);
bool unit_may_join(const Unit *unit, guint index);
bool span_is(const Text *text, Span span, const char *word);
/* Do both say the same, letter by letter? */
bool span_is_same(const Text *text, Span a, Span b);
bool span_is_among(const Text *text, Span span, const char *const *words);
bool span_begins_with_any(const Text *text, Span span, const char *const *words);

/* ---- what is found in them ---- */

/* A site at [begin, end) of the text, at its place in the file. */
Site *program_site(Work *work, const Text *text, SiteKind kind, Disposition disposition,
                   size_t begin, size_t end);
Site *program_refuse(Work *work, const Text *text, SiteKind kind, size_t begin, size_t end,
                     const char *code, const char *link, const char *format, ...)
    G_GNUC_PRINTF(8, 9);

/* The string is SQL, and now is decided. (program_sql.c) */
bool program_sql(Unit *unit, Use *use, const Text *text);
/* The same of a part of the text, where all of it is a statement. `is_all`: the statement is known whole, so that what is not found
 * there stays. (program_sql.c) */
typedef struct {
    size_t begin, end;
} Range;
bool program_sql_part(Unit *unit, Use *use, const Text *text, Range part, bool is_all);
/* The same of a text that is made of several strings: written down only where `check` takes all that was found in it. */
typedef bool SqlCheckFn(const Rewrite *inner, void *data);
bool program_sql_checked(Unit *unit, Use *use, const Text *text, SqlCheckFn *check, void *data);
/* Calls that build queries of the dataset together (program_chain.h), before all else that is done with strings. */
void program_chains(Unit *unit);
/* Is it set for the class that this one extends, which alone can read it? (program_parent.c) */
bool use_is_for_parent(Unit *unit, const Use *use);
/* Does it give one of these a table? */
bool use_begins_chain(const Unit *unit, const Use *use);
/* Is the string decided as one that such calls take? */
bool use_is_in_chain(const Unit *unit, const Use *use);
/* The same of a string that is a part of what a name or a builder of strings gets. UNREAD: it is one of SQL that names a dataset,
 * and no more is known. (program_parts.c) */
typedef enum { PART_NONE, PART_UNREAD, PART_READ } PartAnswer;
PartAnswer program_part(Unit *unit, Use *use, const Text *text);
/* The text from `from` on, between two others, which stand nowhere. Caller frees. */
Text *text_put_between(const Text *text, size_t from, const char *front, const char *rest);
/* The same of a part of SQL that is one by itself. (program_condition.c) */
bool program_condition(Unit *unit, Use *use, const Text *text);
/* The same of (SELECT …) AS a JOIN b ON …, which is no query alone. */
bool program_joined_query(Unit *unit, Use *use, const Text *text);
/* `u.id, u.plan FROM users u`, before which somebody writes SELECT: the same with it. NULL: it is none. Caller frees. */
Text *program_listed(const Text *text);
bool program_is_statement(Unit *unit, Use *use, const Text *text);
/* Under `propagate`, who reads the rows of the program's queries by names that change (program_rows.c). Before the others: what
 * else gives such a name. */
void rows_begin(Unit *unit);
/* Is the string, which says this column, decided: it follows, or is a parameter's name? */
bool rows_follow(Unit *unit, const Use *use, const Text *text, const ColumnChange *change);
/* A query in this string gives a name that changes: who may make objects of its rows? (program_objects.c) */
void rows_given(Unit *unit, const Use *use, const ColumnChange *change);
/* "plan" to x, addValue("plan", x): does the string name a parameter that SQL of the file has? */
#define NAME_OF_PARAMETER "this is the name of a query's parameter"
bool use_binds(const Unit *unit, const Use *use, const Text *text);
/* Is it read so in this file, whose own names may stay as they are? */
bool rows_are_read(const Unit *unit, const ColumnChange *change);
/* Does the program name the new dataset, too, of something that it makes? Then it may be the move itself; and what a string
 * makes, the program makes. (program_makes.c) */
bool program_may_be_move(const Work *work);
void program_take_definitions(Work *work, Work *inner, guint first_site, bool is_run);
/* After all strings: the one that makes the old dataset, where another makes the new one. */
void program_refuse_moves(Work *work);
/* Does what was done to this SQL hang on a dialect that nobody says? (program_quotes.c) */
bool program_quotes_are_doubtful(const Unit *unit, const Text *text, const Dialect *dialect,
                                 const Rewrite *inner);
/* Is it a statement, whole and without doubt? (program_is_sql.c) */
bool is_statement(const Sql *sql);
/* Does one that gives rights, copies, comments or keeps up begin at this token? (program_upkeep.c) */
bool sql_is_upkeep(const Sql *sql, guint first);
typedef struct {
    SqlPart parts[SPELLING_PARTS_MAX];
    SqlPath path;
    bool has_colon;  /* project:dataset.table */
    bool has_quotes; /* "dataset"."table": a part has its own, which stay */
} NameText;

/* A whole string that is a name, with no more than an alias behind it. (program_name_text.c) */
/* Where the name ends in "users_v1 AS u"; 0: it has no alias. */
size_t name_before_alias(const Text *text);
/* `buffer`, as long as the text and one more, gets what the parts say. The name ends at `behind`, unless that is 0. */
bool name_read(const Text *text, size_t behind, char *buffer, NameText *ret);
/* The parts of `after` in the quotes of those behind `kept` that they replace; NULL: there are more or fewer, or one has such
 * quotes. Caller frees. */
char *name_in_own_quotes(const Text *text, const Dialect *dialect, const NameText *name, guint kept,
                         const char *after);
/* The string is a command of a shell that calls a client of a database, and is read as one. (program_command.c) */
bool program_command(Unit *unit, const Use *use, const Text *text);
/* The string is a name of the dataset, and now is decided. (program_names.c) */
bool program_name(Unit *unit, const Use *use, const Text *text);
/* The string is a table of a source of dbt, and now is decided. (program_dbt.c) */
bool program_dbt(Unit *unit, const Use *use, const Text *text);
/* The string is a key under which checks of the dataset stand, and now is decided. (program_checks.c) */
bool program_checks(Unit *unit, const Use *use, const Text *text);
/* The string is a tag of Go that names a struct's table, and now is decided. (program_tags.c) */
bool program_tag(Unit *unit, const Use *use, const Text *text);
/* exists:users,email in a rule of Laravel. (program_tags.c) */
bool program_rule(Unit *unit, const Text *text);
/* Does the program name a table there, to read it; and by a call? (program_tables.c) */
bool use_reads_table(const Unit *unit, const Use *use);
/* TABLES = ["users", …], tables: [users], but not in a page's script. */
bool use_is_in_list_of_tables(const Unit *unit, const Use *use);
bool use_is_read_by_call(const Unit *unit, const Use *use);
/* Is it a column of a query, with its table before it? */
bool use_is_column_with_table(const Unit *unit, const Use *use);
/* Does it write to the table, or make or remove it? (program_writes.c) */
bool use_writes_table(Unit *unit, const Use *use);
/* Of these: does it remove the table? And can it be nothing but a table? */
bool use_removes_table(const Unit *unit, const Use *use);
bool use_writes_surely(const Unit *unit, const Use *use);
/* Does another name make another table, and remove this one? */
bool use_is_made_anew(Unit *unit, const Use *use);
/* Does what is given beside the table's name, as project and dataset, make it the dataset's? (program_beside.c) */
typedef enum { BESIDE_UNKNOWN, BESIDE_APART, BESIDE_OTHER, BESIDE_SAME } BesideAnswer;
BesideAnswer program_beside(Unit *unit, const Use *use, const char *table,
                            const Rename **ret_rename, const Spelling **ret_spelling);
/* The dataset that is said beside SQL, in the same call, object or lines, where these speak of no table; and does the program
 * say another one than --default, for names of one part? (program_default.c) */
bool program_dataset_beside(Unit *unit, const Use *use, Span *ret);
bool program_says_other_default(Unit *unit, const Use *use);
/* Is a schema said for it alone, as source_dataset is for source_table? */
bool use_has_prefix_beside(Unit *unit, const Use *use);
/* Is it what the program calls the dataset, whose whole name stands beside it? */
bool use_is_called_so(Unit *unit, const Use *use, const char *table);
/* Does only the table get another name, and not what it is in? */
bool spelling_keeps_rest(const Spelling *spelling);
bool use_is_relationship(const Unit *unit, const Use *use);
/* custom_name: users, of Hasura: what its API calls the table. */
bool use_is_name_of_api(const Unit *unit, const Use *use);
/* Is a dataset or a project given in the same call, object or class (in a program), or anywhere (in data)? (program_apart.c) */
bool use_is_apart(Unit *unit, const Use *use);
/* Libraries that build queries by calls: the table, or one of its columns, `users.id`; a table with what it is joined by.
 * (program_builders.c) */
bool use_is_in_call_of_builder(const Unit *unit, const Use *use);
bool use_is_column_of_builder(const Unit *unit, const Use *use);
bool use_is_join_of_builder(const Unit *unit, const Use *use, const Text *text);
/* Is it what a query is built from, or joined with? */
bool use_is_in_builder(const Unit *unit, const Use *use);
bool use_is_in_library(const Unit *unit, const Use *use);
/* "users.id" of ForeignKey of SQLAlchemy. */
bool use_is_foreign_key(const Unit *unit, const Use *use);
/* Is it called like something that is written: sink, job.target, output_table? */
bool key_says_writing(const Text *text, Span key);
/* Is the string for people: a log, an error, a description? (program_message.c) */
bool use_is_message(Unit *unit, const Use *use);
/* Does a class of the program stand for the table there, and its fields for the columns? */
bool use_is_of_class(const Unit *unit, const Use *use);
/* Or does it give rows of it, of which nobody knows what becomes: spark.table("…") of Scala? */
bool use_gives_rows(const Unit *unit, const Use *use);
/* Schemas of Prisma: is it @@map and no @map; and is the word a field of the table's model? (program_prisma.c) */
bool prisma_maps_table(const Unit *unit, const Use *use);
bool prisma_is_column(const Unit *unit, guint index);
/* The name of the new dataset, of which the program reads rows: columns that only the old one has are looked for. */
void program_name_of_target(Unit *unit, const Use *use, const Text *text);
/* NULL unless it will be rewritten; then, what it will say. Caller frees `*ret`. */
const Rename *program_name_after(Unit *unit, const Use *use, const Text *text, bool in_backticks,
                                 char **ret);
/* The mapping of the dataset whose name this may be, by itself; NULL: of none. */
const Rename *program_name_means(Unit *unit, const Text *text);
/* The mapping of a dataset whose last part this is; NULL: of none. */
const Rename *rename_of_last(const Renames *renames, const char *name, size_t bytes);
void constants_collect(Unit *unit, GHashTable *constants);
/* How often each name is set, and stands. (program_set.c) */
void constants_count(Unit *unit, GHashTable *constants);
/* Names that are set to other names; and, once they are used, what that means for the others. */
void constants_name_again(Unit *unit);
void constants_count_others(GHashTable *constants);
bool text_mentions(const Work *work, const Text *text); /* the last part of a spelling */
/* Columns that are used otherwise than in SQL, and SQL that is put together elsewhere. (program_columns.c) */
void program_find_columns(Unit *unit);
/* Does it depend on the columns that such a use is one? */
bool program_wants_columns(const Work *work);
/* first_name, firstName, FirstName */
bool name_is_column(const char *name, size_t bytes, const char *column);
/* Stands the word where programs name columns: row.plan, { plan: … }, 'plan, a field of a class? (program_field.c) */
bool word_may_be_column(const Unit *unit, guint index);
/* A use that nobody can decide, if there is one in the text. */
void program_refuse_column(Unit *unit, const Text *text);
/* The dataset's name before what may be a column: TABLE + "." + name. */
void program_qualifier(Unit *unit, Use *use, const Text *text);
/* The dataset's name that is put into a text of another file. (program_filled.c) */
void program_find_filled(Unit *unit);
/* What else names the dataset: in this string, in comments and names. (program_mentions.c) */
void program_mention(Unit *unit, const Use *use, const Text *text);
void program_mentions(Unit *unit);
/* The mapping of the dataset that is called like this word; NULL: none is. */
const Rename *word_rename(const Unit *unit, guint index);
/* Text that no one executes, or that nobody understands. */
void program_mention_text(Work *work, const Text *text, size_t begin, size_t end, const char *code,
                          const char *reason);
/* Why no string of the file that is no SQL names a table; or NULL. (program_words.c) */
const char *program_is_no_table(const Unit *unit);
/* Is it an argument or the like in a file that speaks of nothing that holds tables? Then an ordinary word is one. */
bool use_is_of_no_table(Unit *unit, const Use *use);
/* rows.getString("…") of JDBC; keys of JSON and the like in a tag of Go; words for people; "users.not_found", which is no column. */
bool use_is_column_of_result(const Unit *unit, const Use *use);
/* What a library names there, where that is no table; or NULL. (program_others.c) */
const char *use_names_other(const Unit *unit, const Use *use);
bool text_is_in_path(const Text *text, size_t begin, size_t end); /* program_path.c */
bool text_is_tag_for_others(const Unit *unit, const Text *text);
bool text_is_sentence(const Text *text);
bool text_is_dotted_key(const Work *work, const Text *text, size_t begin, size_t end);
/* Does the file hold this text, in letters of either case; and as a word by itself? (program_whole.c) */
bool program_says(const Work *work, const char *sign);
bool program_has_word(const Work *work, const char *word);
/* What the file speaks of, if that is one dialect. */
const Dialect *program_dialect(const Work *work);
void program_unit(Work *work, const Text *text, const Language *language, const Dialect *dialect,
                  size_t begin, size_t end, int depth);
/* For constants, for names, and for columns if there is a need. */
typedef void PassFn(Work *work, void *data);
void program_passes(Work *work, PassFn *pass, void *data);
/* [begin, end) of the cell is SQL, as a whole. */
void program_sql_cell(Work *work, const Text *cell, const Language *language,
                      const Dialect *dialect, size_t begin, size_t end, Holes holes);
/* Something begins at `at` and does not end: `what`, as a sentence. */
void program_refuse_broken(Work *work, const Text *text, size_t at, const char *what);
/* Not the pass that writes down sites. */
static inline bool
work_is_side_pass(const Work *work)
{
    return work->finds_columns || work->finds_constants;
}
/* Cells of Databricks that are comments of the program. (program_magic.c) */
bool magic_is_notebook(const Text *text);
/* What the cell begins with, up to a blank. */
Span magic_word(const Text *cell);
/* The cell, if its first word says its language: %sql, %python, …; false: it does not. */
bool magic_visit(Work *work, const Text *cell, const Dialect *dialect);
void program_magic(Work *work, const Text *file, const Dialect *dialect);

/* ```{r} … ``` between text. (program_chunks.c) */
void program_chunks(Work *work);
/* Recipes of make. (program_make.c) */
void program_make(Work *work);
/* Text with queries that are run when people look at it; false: it is none. (program_chunks.c) */
bool program_page(Work *work);
/* {cells: […]} of Jupyter. (program_notebook.c) */
void program_notebook(Work *work);
/* The views of the file, array of LookmlView, caller frees; NULL: it is no LookML. */
GArray *lookml_views(Unit *unit);
/* The dataset's table that the view around it has; or NULL. */
Constant *lookml_table(const Unit *unit, const Use *use);
/* Is the piece in a view that has another table, or one that keeps its names? */
bool lookml_is_of_other(const Unit *unit, guint index);
/* Views of other files that are called like the dataset, and get more fields or are explored here: it is named then. */
void lookml_note_bases(Unit *unit);
/* An expression of it, as SQL over its table; NULL when it is something else. Caller frees. */
Text *lookml_text(const Unit *unit, const Use *use);
/* `text` with the view's own name for it instead of the one that it was read under; caller frees. */
char *lookml_written(const char *text);
/* What all SQL of a file of LookML is taken for, or NULL. */
const Dialect *lookml_dialect(const Text *text, const GArray *pieces);
/* Has the field with this name an expression of its own? */
bool lookml_has_expression(const Unit *unit, guint name);
/* Is the file one of Dataform that is called like a dataset; and a site where it makes it? (described_sqlx.c) */
bool sqlx_concerns(const Renames *renames, const char *path);
void program_sqlx_made(Unit *unit);
/* A text for people. */
void program_document(Work *work);
void program_rewrite(Work *work, const Language *language);
