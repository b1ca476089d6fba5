/* rejects.h - rows that did not fit: shown, and written to a file that can be mended and read again. */
#pragma once

#include "cli/view.h"
#include "driver/driver.h"

/* One object a line: {"row", "column", "reason", "record"}. `*ret_rows` are the first of them, for rejects_show(); an
 * empty list, and no file, when none was put aside. Caller owns. */
CHECKED bool rejects_save(Conn *target, const char *plan, const char *path, json_t **ret_rows,
                          int64_t *ret_count, GError **error);
/* The rows of such a file, as they were read. Caller owns. */
CHECKED bool rejects_read(const char *path, json_t **ret, GError **error);
/* The same rows of a plan, as they stand beside its target; none when it has put none aside there. Caller owns. */
CHECKED bool rejects_of_plan(Conn *target, const char *plan, json_t **ret, GError **error);
/* Where they go unless somebody says otherwise. Caller frees. */
char *rejects_path(const char *object);
/* "  row 17, latitude: 'north' is no number" */
void rejects_show(View *view, const json_t *rows);
