/*
 * page.h - lists, a page at a time: {"items": […], "next": "…" | null}.
 */
#pragma once

#include "server/request.h"

/* One row as JSON; caller owns. */
typedef json_t *PageRowFn(Stmt *stmt);
/* More parameters of the statement. */
typedef void PageBindFn(Stmt *stmt, const void *data);

/*
 * Run `sql`, which has the parameters :after (the cursor, "" at first) and :limit, and answer with its rows; the text in
 * column `cursor` of the last row is the next page's cursor. `limit` and `after` are taken from the address.
 */
CHECKED bool request_page(Request *request, const char *sql, PageBindFn *bind, const void *data,
                          PageRowFn *row, int cursor, GError **error);
