/* parse_reshape.h - the parts of PIVOT, UNPIVOT and MATCH_RECOGNIZE; inside of this room only. All that take something give false
 * where it is not understood. */
#pragma once

#include "sql/parse_define.h"

/* It begins at the token at hand. */
SqlReshape *reshape_new(Parser *parser, SqlReshapeKind kind);
/* May such a thing stand behind it? */
bool can_reshape(const SqlSource *source);
/* An expression whose names are columns of the table as it was. */
bool reshape_expression_take(Parser *parser, SqlReshape *reshape, const Context *context,
                             uint32_t end, int stops);
/* A column of this name, which lives as long as the Sql, comes out. */
void reshape_made_add(Parser *parser, SqlReshape *reshape, char *name);
/* AS name, AS 'name'; NULL, and nothing is read, when there is none. */
char *reshape_alias_take(Parser *parser, uint32_t end);
/* sum(a) AS s, count(*) up to `end`; their names are added to `names`. */
bool aggregates_take(Parser *parser, SqlReshape *reshape, const Context *context, ArenaList *names,
                     uint32_t end);
/* GROUP BY a, b: these alone come out besides. */
bool group_by_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end);
/* v, (v, w): names that are made. */
bool made_names_take(Parser *parser, SqlReshape *reshape, uint32_t end);
/* a, a AS 'x', (a, b) AS 'x' up to `end`: columns whose names become values, unless another one is said. */
bool unpivoted_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end);
/* The first such word outside of brackets, or `end`. */
uint32_t find_outside_brackets(const Parser *parser, uint32_t at, uint32_t end, Word word);
/* What stands in the brackets of MATCH_RECOGNIZE (parse_pattern.c). */
bool pattern_inside_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end);
