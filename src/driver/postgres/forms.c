/*
 * forms.c - values as columns of types without a word of ours keep them: jsonb sorts keys, a uuid has small letters, an interval
 * counts months. What is hashed and compared must be what the table will give back, so the server itself is asked, batch by
 * batch, before rows are written; a value that the type refuses is told with its column.
 */
#include "driver/postgres/postgres.h"

#include <string.h>

/* json, unlike jsonb, keeps every blank. */
static bool
has_form(const PgTarget *target)
{
    bool is_plain = target->base == OID_TEXT || target->base == OID_VARCHAR ||
                    target->base == OID_BPCHAR || target->base == OID_NAME ||
                    target->base == OID_JSON;
    return pg_type_of(target->base) == TYPE_TEXT && target->type == TYPE_TEXT && !is_plain;
}

bool
pg_has_forms(Conn *base, const char *object, const Schema *schema, bool *ret, GError **error)
{
    g_autoptr(GArray) targets = NULL;
    if (!pg_targets(pg_conn(base), object, schema, &targets, error))
        return false;
    *ret = false;
    for (guint i = 0; i < targets->len; i++)
        *ret = *ret || has_form(&g_array_index(targets, PgTarget, i));
    return true;
}

typedef struct {
    PgConn *conn;
    PGconn *db;
    const Batch *in;
    const PgTarget *target;
    char *type;
    char **texts;   /* of this column, by row; NULL for NULL */
    char **reasons; /* by row: why it is refused, or NULL */
} Forming;

/* Without its length where a cast would cut to it; COPY then refuses what is too long. */
static bool
type_name(Forming *forming, GError **error)
{
    AUTO_RESULT *rows = NULL;
    bool cuts = forming->target->base == OID_BIT || forming->target->base == OID_VARBIT;
    g_autofree char *sql = pg_sql("SELECT format('%%I.%%I', n.nspname, t.typname), "
                                  "format_type(t.oid, %d) FROM pg_type t JOIN "
                                  "pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = %lld",
                                  forming->target->modifier, (long long) forming->target->base);
    if (!pg_run_on(forming->conn, forming->db, sql, &rows, error))
        return false;
    bool is_bare = cuts || forming->target->modifier < 0;
    forming->type = g_strdup(pg_cell(rows, 0, is_bare ? 0 : 1));
    return true;
}

static char *
question(const Forming *forming, size_t from, size_t to)
{
    GString *sql = g_string_new("SELECT x::");
    g_string_append_printf(sql, "%s::text FROM (VALUES ", forming->type);
    for (size_t row = from; row < to; row++) {
        Value value = batch_value(forming->in, forming->target->column, row);
        g_autofree char *text = value.is_null ? NULL : g_strndup(value.s.data, value.s.bytes);
        g_autofree char *quoted = pg_sql("%Q", text);
        g_string_append_printf(sql, "%s(%zu, %s%s)", row > from ? ", " : "", row, quoted,
                               row == from ? "::text" : "");
    }
    g_string_append(sql, ") f(n, x) ORDER BY n");
    return g_string_free(sql, FALSE);
}

/* Halved until the one that is refused stands alone. */
static bool
form_rows(Forming *forming, size_t from, size_t to, GError **error)
{
    AUTO_RESULT *rows = NULL;
    g_autoptr(GError) broken = NULL;
    if (from == to)
        return true;
    g_autofree char *sql = question(forming, from, to);
    if (pg_run_on(forming->conn, forming->db, sql, &rows, &broken)) {
        for (size_t row = from; row < to; row++)
            forming->texts[row] = g_strdup(pg_cell(rows, (int) (row - from), 0));
        return true;
    }
    if (!pg_state_is(forming->conn, "22") && !pg_state_is(forming->conn, "23")) {
        g_propagate_error(error, g_steal_pointer(&broken));
        return false;
    }
    if (to - from == 1) {
        if (forming->reasons[from] == NULL)
            forming->reasons[from] =
                g_strdup_printf("%s: %s", forming->target->name, broken->message);
        return true;
    }
    size_t middle = from + (to - from) / 2;
    return form_rows(forming, from, middle, error) && form_rows(forming, middle, to, error);
}

/* A text with NUL cannot even be asked about. */
static void
refuse_nul(Forming *forming)
{
    for (size_t row = 0; row < forming->in->row_count; row++) {
        Value value = batch_value(forming->in, forming->target->column, row);
        if (!value.is_null && memchr(value.s.data, '\0', value.s.bytes) != NULL &&
            forming->reasons[row] == NULL)
            forming->reasons[row] = g_strdup_printf(
                "%s: the text has a NUL, which PostgreSQL cannot keep", forming->target->name);
    }
}

static void
put_rows(const Forming *forming, char ***texts, Batch *out, RejectFn *reject, void *data)
{
    const Batch *in = forming->in;
    for (size_t row = 0; row < in->row_count; row++) {
        if (forming->reasons[row] != NULL) {
            reject(in->row_ids[row], row, NULL, forming->reasons[row], data);
            continue;
        }
        for (size_t i = 0; i < in->column_count; i++) {
            Value value = batch_value(in, i, row);
            if (texts[i] != NULL && texts[i][row] != NULL)
                value.s.data = texts[i][row], value.s.bytes = strlen(texts[i][row]);
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
pg_as_kept(Conn *base, const char *object, const Schema *schema, const Batch *in, Batch *out,
           RejectFn *reject, void *data, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(GArray) targets = NULL;
    PGconn *db = NULL;
    if (!pg_targets(conn, object, schema, &targets, error) || !pg_borrow(conn, &db, error))
        return false;
    char ***texts = g_new0(char **, in->column_count + 1);
    Forming forming = {
        .conn = conn, .db = db, .in = in, .reasons = g_new0(char *, in->row_count + 1)};
    bool done = true;
    for (guint i = 0; done && i < targets->len; i++) {
        forming.target = &g_array_index(targets, PgTarget, i);
        if (!has_form(forming.target))
            continue;
        forming.texts = texts[forming.target->column] = g_new0(char *, in->row_count + 1);
        refuse_nul(&forming);
        done = type_name(&forming, error) && form_rows(&forming, 0, in->row_count, error);
        g_clear_pointer(&forming.type, g_free);
    }
    if (done)
        put_rows(&forming, texts, out, reject, data);
    for (size_t i = 0; i < in->column_count; i++)
        free_texts(texts[i], in->row_count);
    g_free(texts);
    free_texts(forming.reasons, in->row_count);
    pg_give_back(conn, db, true);
    return done;
}
