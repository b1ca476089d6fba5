/*
 * forms.c - values as columns with a form of their own keep them: an enum has its label's letters, a time its digits, a uuid
 * small letters. What is hashed and compared must be what the table will give back, so the server itself is asked, batch by
 * batch, in a table that only this session sees; a value that the type refuses is told with its column.
 */
#include "driver/look.h"
#include "driver/mariadb/mariadb.h"

#include <stddef.h>
#include <string.h>

/* A value that comes out of the very type has its form. */
static bool
is_asked(const MariaTarget *target)
{
    return maria_has_form(target->of) && !target->is_own;
}

bool
maria_has_forms(Conn *base, const char *object, const Schema *schema, bool *ret, GError **error)
{
    g_autoptr(GArray) targets = NULL;
    if (!maria_targets(maria_conn(base), object, schema, &targets, error))
        return false;
    *ret = false;
    for (guint i = 0; i < targets->len; i++)
        *ret = *ret || is_asked(&g_array_index(targets, MariaTarget, i));
    return true;
}

typedef struct {
    MariaConn *conn;
    MYSQL *db;
    const Batch *in;
    const MariaTarget *target;
    char ***texts;  /* by column, by row; NULL for NULL */
    char **reasons; /* by row: why it is refused, or NULL */
} Forming;

/* Labels are found by number, too, also behind blanks: '2' would become the second. */
static bool
is_another_label(const MariaColumn *to, const char *given, const char *kept)
{
    bool is_label = strcmp(to->data_type, "enum") == 0 || strcmp(to->data_type, "set") == 0;
    return is_label && strspn(given, "0123456789 +-.\t\n\v\f\r") == strlen(given) &&
           strcmp(given, kept) != 0;
}

/* Of anything else a time would leave out a day or digits, or take the digits of a number for its minutes and seconds. */
static bool
is_such_a_time(const MariaColumn *to, const char *given)
{
    int parts = 1;
    given += *given == '-';
    for (const char *begin = given;; given++, begin = given, parts++) {
        given += strspn(given, "0123456789");
        if (given == begin || parts > 3)
            return false;
        if (*given != ':')
            break;
    }
    if (*given == '.' && parts == 3)
        given += 1 + MIN(strspn(given + 1, "0123456789"), (size_t) to->scale);
    return parts > 1 && given[strspn(given, *given == '.' ? ".0" : "0")] == '\0';
}

/* Why what is kept is not what was given; NULL: it is. */
static char *
why_another(const MariaColumn *to, const char *given, const char *kept)
{
    if (is_another_label(to, given, kept))
        return g_strdup_printf("%s: '%s' is none of its labels", to->name, given);
    if (strcmp(to->data_type, "time") == 0 && !is_such_a_time(to, given))
        return g_strdup_printf("%s: '%s' is more than hours, minutes and seconds with %d digits "
                               "behind the point, or no time",
                               to->name, given, to->scale);
    return NULL;
}

static char *
text_at(const Forming *forming, size_t row)
{
    Value value = batch_value(forming->in, forming->target->column, row);
    return value.is_null ? NULL : g_strndup(value.s.data, value.s.bytes);
}

static bool
insert_rows(Forming *forming, size_t from, size_t to, GError **error)
{
    g_autoptr(GString) sql = g_string_new("INSERT INTO _honk_forms VALUES ");
    for (size_t row = from; row < to; row++) {
        g_autofree char *text = text_at(forming, row);
        g_autofree char *quoted = book_text("%Q", text);
        g_string_append_printf(sql, "%s(%zu, %s)", row > from ? ", " : "", row, quoted);
    }
    return maria_run_on(forming->conn, forming->db, sql->str, error);
}

/* Halved until the one that is refused stands alone. */
static bool
form_rows(Forming *forming, size_t from, size_t to, GError **error)
{
    g_autoptr(GError) broken = NULL;
    if (from == to || insert_rows(forming, from, to, &broken))
        return true;
    if (!maria_is_refusal(forming->conn)) {
        g_propagate_error(error, g_steal_pointer(&broken));
        return false;
    }
    if (to - from == 1) {
        char *place = strstr(broken->message, " at row ");
        int bytes = place != NULL ? (int) (place - broken->message) : (int) strlen(broken->message);
        if (forming->reasons[from] == NULL)
            forming->reasons[from] =
                g_strdup_printf("%s: %.*s", forming->target->of->name, bytes, broken->message);
        return true;
    }
    size_t middle = from + (to - from) / 2;
    return form_rows(forming, from, middle, error) && form_rows(forming, middle, to, error);
}

static bool
read_back(Forming *forming, GError **error)
{
    AUTO_ROWS *rows = NULL;
    char **texts = forming->texts[forming->target->column];
    if (!maria_rows_on(forming->conn, forming->db, "SELECT n, x FROM _honk_forms", &rows, error))
        return false;
    for (MYSQL_ROW cells; (cells = mysql_fetch_row(rows)) != NULL;) {
        size_t row = (size_t) maria_cell_int(cells[0]);
        g_autofree char *given = text_at(forming, row);
        if (given == NULL || cells[1] == NULL)
            continue;
        if (forming->reasons[row] == NULL)
            forming->reasons[row] = why_another(forming->target->of, given, cells[1]);
        texts[row] = g_strdup(cells[1]);
    }
    return true;
}

/* The table has the column as the object has it, without its keys. */
static bool
form_column(Forming *forming, const char *object, GError **error)
{
    g_autofree char *name = maria_name(forming->target->of->name);
    g_autofree char *make = g_strdup_printf("CREATE TEMPORARY TABLE _honk_forms ENGINE=InnoDB AS "
                                            "SELECT 0 AS n, %s AS x FROM %s LIMIT 0",
                                            name, object);
    if (!maria_run_on(forming->conn, forming->db, "DROP TEMPORARY TABLE IF EXISTS _honk_forms",
                      error) ||
        !maria_run_on(forming->conn, forming->db, make, error))
        return false;
    return maria_run_on(forming->conn, forming->db, "ALTER TABLE _honk_forms MODIFY n BIGINT",
                        error) &&
           form_rows(forming, 0, forming->in->row_count, error) && read_back(forming, error);
}

static void
put_rows(const Forming *forming, Batch *out, RejectFn *reject, void *data)
{
    const Batch *in = forming->in;
    for (size_t row = 0; row < in->row_count; row++) {
        if (forming->reasons[row] != NULL) {
            reject(in->row_ids[row], row, NULL, forming->reasons[row], data);
            continue;
        }
        for (size_t i = 0; i < in->column_count; i++) {
            Value value = batch_value(in, i, row);
            const char *text = forming->texts[i] != NULL ? forming->texts[i][row] : NULL;
            if (text != NULL)
                value.s.data = text, value.s.bytes = strlen(text);
            batch_put_value(out, i, &value);
        }
        batch_commit_row(out, in->row_ids[row]);
    }
}

static void
free_texts(char **texts, size_t rows)
{
    for (size_t row = 0; texts != NULL && row < rows; row++)
        g_free(texts[row]);
    g_free(texts);
}

bool
maria_as_kept(Conn *base, const char *name, const Schema *schema, const Batch *in, Batch *out,
              RejectFn *reject, void *data, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(GArray) targets = NULL;
    g_autofree char *object = NULL;
    Forming forming = {.conn = conn, .in = in};
    if (!maria_targets(conn, name, schema, &targets, error) ||
        !maria_sql_name(conn, name, &object, error) || !maria_borrow(conn, &forming.db, error))
        return false;
    forming.texts = g_new0(char **, in->column_count + 1);
    forming.reasons = g_new0(char *, in->row_count + 1);
    bool done = true;
    for (guint i = 0; done && i < targets->len; i++) {
        forming.target = &g_array_index(targets, MariaTarget, i);
        if (!is_asked(forming.target))
            continue;
        forming.texts[forming.target->column] = g_new0(char *, in->row_count + 1);
        done = form_column(&forming, object, error);
    }
    if (done)
        put_rows(&forming, out, reject, data);
    for (size_t i = 0; i < in->column_count; i++)
        free_texts(forming.texts[i], in->row_count);
    g_free(forming.texts);
    free_texts(forming.reasons, in->row_count);
    maria_give_back(conn, forming.db, done);
    return done;
}

/* --- rows that are not written --- */

static bool
look_begin(Conn *base, const char *object, bool is_there, const Schema *schema, void **ret,
           GError **error)
{
    GArray *targets = NULL;
    if (!maria_targets(maria_conn(base), is_there ? object : NULL, schema, &targets, error))
        return false;
    *ret = look_columns(targets, offsetof(MariaTarget, column), schema);
    return true;
}

static char *
look_at_cell(void *data, const Batch *batch, size_t column, size_t row)
{
    const MariaTarget *target = ((const ColumnLook *) data)->of[column];
    Value value = batch_value(batch, column, row);
    char *reason = NULL;
    return target == NULL || value.is_null || maria_keeps(target, &value, &reason) ? NULL : reason;
}

const LookOps maria_look_ops = {.begin = look_begin, .cell = look_at_cell, .end = look_columns_end};
