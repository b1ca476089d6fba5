/* row_cursors.h - see row_cursors.c; inside of this folder only. */
#pragma once

#include "rewrite/sql/parts.h"

/* The variables (tokens, as guint) of the loops that go through the query as a cursor; NULL: it is none, or something else is
 * done with it. Caller frees. */
GArray *sql_cursor_loops(const Work *work, const SqlQuery *query);
