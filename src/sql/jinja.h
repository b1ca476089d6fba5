/*
 * jinja.h - what stands between {{ and }}: calls and their arguments, read and not run.
 */
#pragma once

#include "sql/token.h"

typedef enum { JINJA_LITERAL, JINJA_VARIABLE } JinjaKind;

/* A string, or a name that is no call, with the innermost call around it. */
typedef struct {
    JinjaKind kind;
    uint32_t begin, end; /* bytes of the text, without quotes */
    uint32_t callee,
        callee_end; /* bytes of the call's name, with its dots; both 0 outside of calls */
    uint32_t keyword, keyword_end; /* of a named argument, or both 0 */
    guint place;                   /* of the argument in the call, from 0 */
    bool is_mixed;                 /* `~` or a filter makes something else of it */
    bool is_alone;                 /* there is nothing else in the template */
} JinjaArgument;

/* What stands behind its opening brackets, their `-` and blanks; of a {{ … }} or {% … %} alone. */
const char *jinja_inside(const char *text, const Token *token);
/* What is between the brackets of a {{ … }} or {% … %}, without `-` and blanks. */
void jinja_bounds(const char *text, const Token *token, uint32_t *ret_begin, uint32_t *ret_end);
/* All of them in [begin, end); array of JinjaArgument; caller frees. */
GArray *jinja_between(const char *text, uint32_t begin, uint32_t end);
/* All of them in a {{ … }} or {% … %}; array of JinjaArgument; caller frees. */
GArray *jinja_arguments(const char *text, const Token *token);

/* Is none of its texts a column: ref, config, log and the like (parse_template.c)? */
bool jinja_call_takes_no_column(const char *callee);

/* var('x', 'id'), env_var('X', 'id'): what is put in where nobody says another value. */
bool jinja_is_default(const char *text, const JinjaArgument *argument);

/* Is it a macro of a package that gives rows of the table that it gets, with all columns (parse_rows.c)? */
bool template_gives_rows(const char *text, const Token *token);

/* {% set name = [ 'a', 'b' ] %} and {% for name in … %}: lists of literals that a variable stands for (jinja_lists.c). */
typedef struct JinjaLists JinjaLists;
/* NULL of a text that sets none. */
JinjaLists *jinja_lists_new(const TokenList *tokens);
void jinja_lists_free(JinjaLists *lists);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JinjaLists, jinja_lists_free)
/* What the variable that stands in [begin, end) of the text stands for: array of JinjaArgument, or NULL; borrowed.
 * `*ret_is_loop`: one of them at a time. */
const GArray *jinja_list(const JinjaLists *lists, const char *text, uint32_t begin, uint32_t end,
                         bool *ret_is_loop);
