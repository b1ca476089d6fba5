/* text.h - what a string says, with the place in the file of each of its bytes; inside of this folder only. */
#pragma once

#include "rewrite/exports.h"
#include "rewrite/work.h"

#include <string.h>

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

/* A name of the program that stands for the dataset. (constants.c) */
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
    /* Of one that another file gives (imports/imports.c): */
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
/* (dotted.c) "config.TABLE" for `config . TABLE`, `Config::TABLE`, `TABLES["users"]`; NULL: it is more than a name. Caller frees. */
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
    bool binds_percents; /* %s is a value that a driver binds */
    bool has_percents;   /* %s, and %% for a percent; else {}, and {{ for a brace */
    /* Of choice.c: how many were put in, and whether quotes of SQL are open behind the bytes looked at so far. */
    guint choices;
    size_t looked_at;
    char quote_open;
    bool is_unread; /* an escape that is not known, an expression without its end */
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
/* Parts that are put in, as aliases of the mapping have them, are read as the source's (told.c). */
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
