/* parse_expression.h - how the parts of expressions call each other; inside of this room only. */
#pragma once

#include "sql/parse.h"

typedef struct {
    const Context *context;
    int stops;
    int case_depth;
    uint32_t first;
    bool is_object; /* {key: value} */
} Scan;

/* ---- parse_expression.c ---- */

/* Whether the token at `index` may be the last one of a value. */
bool ends_operand(const Parser *parser, uint32_t index);
void scan_elements(Parser *parser, Scan *scan, uint32_t end);
/* Brackets: a subquery, or more of the same. */
void take_group(Parser *parser, const Context *context, uint32_t end);
/* A name with its dots, or a call. */
void take_chain(Parser *parser, Scan *scan, uint32_t end);

/* x FOR x IN items, up to the closing bracket of a list; false, and nothing is read, when it is none. (parse_comprehension.c) */
bool take_comprehension(Parser *parser, const Context *context, uint32_t close);

/* ---- calls (parse_call.c) ---- */

/* What stands between the brackets behind `name`. */
void take_arguments(Parser *parser, const Context *context, const SqlPath *name, uint32_t end);

/* ---- parts of dates (parse_date_part.c) ---- */

/* A word for one: DAY. */
bool is_date_part(const Parser *parser, uint32_t index);
/* Which arguments of the call, at the first one, are such a word and no column: a bit each, the lowest is the first. */
guint date_parts_of(const Parser *parser, const SqlPath *name, uint32_t close);
/* Passes over the argument if it is such a word. */
void skip_date_part(Parser *parser, uint32_t close);

/* ---- words (parse_word.c) ---- */

/* A word that changes how the next one is read. True when this was such a word, and was read. */
bool take_special(Parser *parser, Scan *scan, uint32_t end);
/* ROWS BETWEEN … up to the end of a window's brackets; IGNORE NULLS. */
bool is_frame(const Parser *parser, uint32_t index);
/* OVER (w ORDER BY x), WINDOW v AS (w ORDER BY x): the name of another window. */
bool is_window_base(const Parser *parser, const Context *context, uint32_t index);
bool is_respecting(const Parser *parser, uint32_t index);
