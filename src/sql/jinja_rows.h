/* jinja_rows.h - see jinja_rows.c; inside of this room only. */
#pragma once

#include "sql/jinja.h"

#define JINJA_ROW_MAX 8 /* variables of one loop; people write two or three */

/* Of each place in the rows: its texts (JinjaArgument), and whether something else stands there, too. */
typedef struct {
    GArray *columns[JINJA_ROW_MAX];
    bool is_open[JINJA_ROW_MAX];
    guint count;
} JinjaRows;

/* What stands in [begin, end) of the text; `behind`: what the loop says behind it, `.items()` of a variable. NULL: no rows of as
 * many values each. */
JinjaRows *jinja_rows_new(const char *text, uint32_t begin, uint32_t end, const char *behind);
/* Is the variable named for nothing but to be set, looped through, and to get more: not names.id, names.keys(), f(names)? */
bool jinja_is_only_looped(const TokenList *tokens, const char *name);
void jinja_rows_free(JinjaRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JinjaRows, jinja_rows_free)
