/* unit.h - the pieces of a program, and its strings in their context; inside of this folder only. */
#pragma once

#include "rewrite/program/language.h"

#define PROGRAM_DEPTH_MAX 12 /* strings within expressions within strings: people write three */

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
    const GPtrArray *used; /* what is said around it of where names are (sql/use.c); or NULL */
    const Rename *rows;    /* that this routine sees; or NULL */
    bool has_more;   /* the variable that it becomes gets more text later, and nobody knows which */
    bool is_decided; /* its sites are written down */
    bool has_table_hole; /* SQL that reads a table whose name is put in */
} Use;

/* What is around the pieces of a unit (nesting.c). */
typedef struct Nesting Nesting;
/* Under which lines of YAML (below.c). */
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
    Constant *table;    /* of the dataset; or NULL */
    Constant *own;      /* the same, where the view says it, or another file says it of its base */
    const Export *from; /* what that file says; or NULL */
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
    GHashTable *beside;     /* the same, what stands in each bracket or block (beside.c) */
    Apart apart;            /* the same, of data */
    GHashTable *brackets;   /* the same, which brackets say a schema: 1, or 2 (apart.c) */
    GArray *marks;          /* GrownMark; or NULL */
    GHashTable *lent;       /* the same, names that a schema was given to */
    GHashTable *bound;      /* the same, what is done with each name (bound.c) */
    guint model; /* of a schema of Prisma: the name of the model that was last asked for */
    const Rename *model_rename; /* and its table's mapping (prisma.c) */
    int depth;
};

/* Fills `unit->uses`. (uses.c) */
void program_find_uses(Unit *unit);
/* What the string says. (string.c) Caller frees. */
Text *program_text(Unit *unit, const Use *use);
/* What a builder of strings gets piece by piece (appended.c). The bracket of the call that gets this literal, where SQL
 * begins in it; and, behind `last`, that of the call that goes on with it. G_MAXUINT: there is none. */
guint appended_open(const Unit *unit, guint first);
guint appended_next(const Unit *unit, guint open, guint last);
/* The same of `q = "SELECT …"; q += " FROM users";`: the name that gets this literal; and the operand that it surely gets behind
 * `last`. */
guint appended_name(const Unit *unit, guint first);
guint appended_operand(const Unit *unit, guint name, guint last);
/* The same of Python, with what it gets only where a condition holds: the last piece of all that is known to be put to the
 * literal, or `last` (grown.c). Leaves marks where branches begin and end. */
guint grown_end(Unit *unit, guint first, guint last);
/* At this piece: puts what the marks there say, and gives the piece that is read next. `is_last`: it stands behind the string. */
guint grown_put(Text *text, Unit *unit, guint at, bool is_last);
/* Does the literal begin, or end, so that no name in it goes on in what is before or behind it? */
bool literal_begins_apart(const Unit *unit, guint literal);
bool literal_ends_apart(const Unit *unit, guint last);
/* The last piece of a string, or of an operand, that begins there. */
guint string_end(const Unit *unit, guint first);
guint string_operand_end(const Unit *unit, guint operand);
/* ",".join(…) of Python, which is no text of the string, but what stands between others that are put in. */
bool string_is_joint(const Unit *unit, guint literal);
/* Is this bracket that of a list whose elements `" ".join` of Python makes one statement, and nothing is put behind it? (joined.c) */
bool string_is_in_joined_list(const Unit *unit, guint open);
/* Marks the strings that get more text later, which is not known. (growing.c) */
void program_mark_growing(Unit *unit);
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
/* What is put into the string's places: fills `text->arguments`. (format.c) */
void program_find_arguments(Unit *unit, const Use *use, Text *text);
/* Are the places `%s` of this SQL in Python values that a driver binds? (bound.c) */
bool program_binds_percents(Unit *unit, const Use *use);
/* Is the string a key by which a call of Python binds a value: execute("… :plan", {"plan": x})? (bound.c) */
bool use_is_bound_key(Unit *unit, const Use *use);
/* Is the word, which is called like a column, what a function gets, or a key of dict(…) for a query's parameter? (bound.c) */
bool word_is_parameter(Unit *unit, guint index);
/* Is the string one of these, which tells for itself? */
bool literal_is_put_in(const Unit *unit, const Use *use);
/* Has every place of the string been filled by what is known, and is nothing else done with it? (format.c) */
bool program_is_filled(Unit *unit, const Use *use, const Text *text);
/* Pieces, and what is around them (pieces.c). Behind the last one is the end of a line. */
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
