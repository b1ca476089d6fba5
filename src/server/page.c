/* page.c - see page.h. One row more than asked for tells whether there is another page. */
#include "server/page.h"

#include "base/limits.h"

bool
request_page(Request *request, const char *sql, PageBindFn *bind, const void *data, PageRowFn *row,
             int cursor, GError **error)
{
    const char *after = target_parameter(&request->target, "after");
    size_t limit = (size_t) target_count(&request->target, "limit", PAGE_ROWS_DEFAULT);
    g_autoptr(json_t) items = json_array();
    g_autofree char *last = NULL;
    Db *db = NULL;
    Stmt *stmt = NULL;
    bool is_row = false;

    if (!request_reader(request, &db, error) || !db_prepare(db, sql, &stmt, error))
        return false;
    if (bind != NULL)
        bind(stmt, data);
    stmt_text(stmt, ":after", after != NULL ? after : "");
    stmt_int(stmt, ":limit", (int64_t) limit + 1);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    while (is_row && json_array_size(items) < limit) {
        json_array_append_new(items, row(stmt));
        g_free(last);
        last = g_strdup(stmt_col_text(stmt, cursor));
        if (!stmt_step(stmt, &is_row, error))
            return false;
    }
    if (is_row)
        stmt_reset(stmt);

    json_t *next = is_row && last != NULL ? json_string(last) : json_null();
    return request_answer(request, json_pack("{s:O, s:o}", "items", items, "next", next));
}
