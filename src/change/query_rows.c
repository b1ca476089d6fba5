/* query_rows.c - see query_rows.h. */
#include "change/query_rows.h"

#include "driver/query.h"

#define REFUSED_MAX 1000 /* they become a condition, and more would be another dataset */

typedef struct {
    GArray *ids; /* int64_t */
    char *reason;
} Refused;

static void
refused_clear(Refused *refused)
{
    g_array_unref(refused->ids);
    g_free(refused->reason);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Refused, refused_clear)

static void
take_refused(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    (void) in_row;
    Refused *refused = data;
    if (refused->ids->len <= REFUSED_MAX)
        g_array_append_val(refused->ids, row_id);
    if (refused->reason == NULL)
        refused->reason = g_strdup_printf("%s: %s", column, reason);
}

static bool
count_rows(const Batch *rows, void *data, GError **error)
{
    (void) error;
    *(int64_t *) data += (int64_t) rows->row_count;
    return true;
}

static char *
both(const char *one, const char *other)
{
    if (one != NULL && other != NULL)
        return g_strdup_printf("(%s\n) AND (%s\n)", one, other);
    return g_strdup(one != NULL ? one : other);
}

static bool
leave_out(Conn *conn, const char *object, const GArray *ids, QueryRows *rows, GError **error)
{
    g_autofree char *found = NULL;
    g_autoptr(GError) unknown = NULL;
    if (!conn_query_rows_are(conn, object, (const int64_t *) (const void *) ids->data, ids->len,
                             &found, &unknown)) {
        if (error_is(unknown, ERR_UNSUPPORTED)) {
            rows->why_not = g_strdup_printf("the mapping refuses rows (%s), and %s", rows->reason,
                                            unknown->message);
            return true;
        }
        g_propagate_error(error, g_steal_pointer(&unknown));
        return false;
    }
    g_autofree char *others = g_strdup_printf("NOT (%s)", found);
    char *where = both(rows->where, others);
    g_free(rows->where);
    rows->where = where;
    return true;
}

bool
query_rows_find(Conn *conn, const char *object, Program *program, int64_t sample_rows,
                QueryRows *ret, GError **error)
{
    g_autofree char *sample = NULL;
    g_auto(Refused) refused = {.ids = g_array_new(FALSE, FALSE, sizeof(int64_t))};
    *ret = (QueryRows){0};
    if (sample_rows > 0 && !conn_query_sample(conn, object, sample_rows, &sample, error))
        return false;
    ret->where = both(program != NULL ? program_where(program) : NULL, sample);
    if (program == NULL)
        return true;
    const QueryView view = {.object = object, .where = ret->where, .program = program};
    if (!query_map_rows(conn, &view, take_refused, &refused, count_rows, &ret->rows, error))
        return false;
    ret->refused = refused.ids->len;
    ret->reason = g_steal_pointer(&refused.reason);
    if (ret->refused > REFUSED_MAX) {
        ret->why_not =
            g_strdup_printf("the mapping refuses more than %d rows (%s)", REFUSED_MAX, ret->reason);
        return true;
    }
    return ret->refused == 0 || leave_out(conn, object, refused.ids, ret, error);
}

void
query_rows_clear(QueryRows *rows)
{
    g_free(rows->where);
    g_free(rows->reason);
    g_free(rows->why_not);
    *rows = (QueryRows){0};
}
