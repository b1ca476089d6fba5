/*
 * pieces.h - texts that a template puts together: `'stg_' ~ name`, `'%s_id' % x`, `'{}_id'.format(x)`, `['a', 'b'] | join('_')`.
 */
#pragma once

#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"

#define PIECES_MAX 12 /* of one text; what comes behind them may be anything */

typedef struct {
    const char *begin; /* of a literal, borrowed from the text; NULL: a value */
    size_t bytes;
    guint word;   /* of a value that is a variable and nothing else, 1 more than its index; or 0 */
    bool is_open; /* a value that may be any text; else one of those that `literals` has */
} Piece;

typedef struct {
    Piece list[PIECES_MAX];
    guint count;
    guint last; /* the first word behind them */
} Pieces;

/* The text that begins at this word. False where it is not put together, or no literal is a part of it. */
bool pieces_read(const char *text, const GArray *words, guint first, Pieces *ret);
/* May it be this name? `literals`: set of texts in small letters; `is_folded`: capitals do not count. */
bool pieces_may_be(const Pieces *pieces, GHashTable *literals, const char *name, bool is_folded);

/* One of a file. */
typedef struct {
    Pieces pieces;
    size_t begin, end;            /* bytes of the file */
    bool is_of_table;             /* ref() or source() gets it, by itself or through a variable */
    bool is_of_ref, is_of_source; /* by itself */
} JoinedText;

struct JoinedTexts {
    const char *text;        /* borrowed */
    const GArray *templates; /* Token; while they are read */
    GArray *found;           /* JoinedText; never empty */
    GHashTable *literals;    /* set of all texts in templates of the file, in small letters */
    GHashTable *
        bindings; /* variable -> GArray of guint: the tags that set it, or have it as a parameter */
    GHashTable *values; /* variable -> what is known, of those that were asked for */
    GHashTable *asked;  /* set of variables that ref() and source() get */
};

/* All in these templates (Token); NULL: none. `text` must stay. */
JoinedTexts *joined_texts_new(const char *text, const GArray *templates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JoinedTexts, joined_texts_free)
bool joined_text_may_be(const JoinedTexts *joined, const JoinedText *found, const char *name,
                        bool is_folded);
