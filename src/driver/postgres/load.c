/*
 * load.c - a range of rows into a stage by COPY, with its ledger row, in one transaction.
 *
 * In bulk it is one COPY, which is only waited for at its end. Else each batch is one COPY behind a savepoint. The server names the line at which it gives up; then the rows before it are
 * copied again (one of them may be what was really wrong: constraints are looked at in bulk), and where it names none, the
 * rows are halved until it is one. So a refusal costs about one more copy of the rows before it.
 */
#include "driver/book.h"
#include "driver/postgres/postgres.h"

#include <string.h>

#define SEND_BYTES (256 * 1024) /* handed to libpq at once */

struct PgLoader {
    char *stage, *plan, *task, *range;
    Writer writer; /* borrows the three last */
    GArray *targets;
    char *copy; /* the statement */
    bool is_binary;
    bool is_open; /* a COPY in bulk has begun */
    GString *buffer;
};

static void
loader_free(PgLoader *loader)
{
    if (loader == NULL)
        return;
    g_free(loader->stage);
    g_free(loader->plan);
    g_free(loader->task);
    g_free(loader->range);
    g_free(loader->copy);
    g_clear_pointer(&loader->targets, g_array_unref);
    g_string_free(loader->buffer, TRUE);
    g_free(loader);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PgLoader, loader_free)

/* --- where columns go --- */

static void
target_clear(void *data)
{
    g_free(((PgTarget *) data)->name);
}

static const PgColumn *
find_column(const GPtrArray *columns, const char *name)
{
    for (guint i = 0; i < columns->len; i++) {
        const PgColumn *column = columns->pdata[i];
        if (strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

/* The server knows what its words for types mean. */
static bool
targets_to_be(PgConn *conn, const Schema *schema, GArray *targets, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    AUTO_RESULT *none = NULL;
    for (size_t i = 0; i < schema_count(schema); i++) {
        g_autofree char *type = NULL;
        if (!pg_made_type(conn, schema_column(schema, i), &type, error))
            return false;
        g_string_append_printf(sql, "%s NULL::%s", i > 0 ? "," : "SELECT", type);
    }
    if (!pg_rows(conn, &none, error, "%s", sql->str))
        return false;
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        PgTarget target = {.base = PQftype(none, (int) i),
                           .modifier = PQfmod(none, (int) i),
                           .type = column->type,
                           .column = i,
                           .takes_odd = column->takes_odd,
                           .name = g_strdup(column->name)};
        g_array_append_val(targets, target);
    }
    return true;
}

static GArray *
targets_new(void)
{
    GArray *targets = g_array_new(FALSE, TRUE, sizeof(PgTarget));
    g_array_set_clear_func(targets, target_clear);
    return targets;
}

bool
pg_targets_of(const PgDescription *stage, const Schema *schema, GArray **ret, GError **error)
{
    g_autoptr(GArray) targets = targets_new();
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *wanted = schema_column(schema, i);
        const PgColumn *column = find_column(stage->columns, wanted->name);
        if (column == NULL)
            return fail(error, ERR_DRIFT, "'%s' has no column '%s'", stage->object->name,
                        wanted->name);
        if (column->is_generated || wanted->is_generated)
            continue;
        PgTarget target = {.base = column->base,
                           .modifier = column->modifier,
                           .type = wanted->type,
                           .column = i,
                           .takes_odd = wanted->takes_odd,
                           .name = g_strdup(wanted->name)};
        g_array_append_val(targets, target);
    }
    *ret = g_steal_pointer(&targets);
    return true;
}

bool
pg_targets(PgConn *conn, const char *stage, const Schema *schema, GArray **ret, GError **error)
{
    g_auto(PgDescription) seen = {0};
    g_autoptr(GArray) targets = NULL;
    if (stage != NULL)
        return pg_describe_columns(conn, stage, &seen, error) &&
               pg_targets_of(&seen, schema, ret, error);
    targets = targets_new();
    if (!targets_to_be(conn, schema, targets, error))
        return false;
    *ret = g_steal_pointer(&targets);
    return true;
}

const GArray *
pg_load_targets(const PgConn *conn, const char *stage)
{
    return conn->loader != NULL && strcmp(conn->loader->stage, stage) == 0 ? conn->loader->targets
                                                                           : NULL;
}

char *
pg_target_list(const GArray *targets)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < targets->len; i++) {
        g_autofree char *name = pg_name(g_array_index(targets, PgTarget, i).name);
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", name);
    }
    return g_string_free(list, FALSE);
}

static PgTarget *
targets_of(const PgLoader *loader)
{
    return (PgTarget *) (void *) loader->targets->data;
}

/* --- begin --- */

static bool
loader_new(const PgDescription *seen, const char *stage, const Schema *schema, const Writer *writer,
           PgLoader **ret, GError **error)
{
    g_autoptr(PgLoader) loader = g_new0(PgLoader, 1);
    loader->buffer = g_string_new(NULL);
    if (!pg_targets_of(seen, schema, &loader->targets, error))
        return false;
    loader->stage = g_strdup(stage);
    loader->plan = g_strdup(writer->plan);
    loader->task = g_strdup(writer->task);
    loader->range = g_strdup(writer->range);
    loader->writer = (Writer){.plan = loader->plan,
                              .task = loader->task,
                              .range = loader->range,
                              .token = writer->token,
                              .in_bulk = writer->in_bulk};
    loader->is_binary = encode_is_binary(targets_of(loader), loader->targets->len);
    g_autofree char *columns = pg_target_list(loader->targets);
    loader->copy = g_strdup_printf("COPY %s (%s) FROM STDIN%s", seen->object->sql, columns,
                                   loader->is_binary ? " (FORMAT binary)" : "");
    *ret = g_steal_pointer(&loader);
    return true;
}

static bool
begin_range(Conn *base, const char *stage, const Schema *schema, const Writer *writer,
            bool *ret_done, RangeResult *ret_result, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_assert(conn->loader == NULL);
    g_autoptr(PgLoader) loader = NULL;
    g_auto(PgDescription) seen = {0};
    bool is_done = false;
    if (!pg_begin_range(conn, stage, writer, &is_done, ret_result, &seen, error))
        return false;
    if (!is_done && !loader_new(&seen, stage, schema, writer, &loader, error)) {
        pg_rollback(conn);
        return false;
    }
    if (is_done)
        pg_rollback(conn);
    conn->loader = g_steal_pointer(&loader);
    *ret_done = is_done;
    return true;
}

/* --- put --- */

static bool
send_buffer(PgConn *conn, GString *buffer, GError **error)
{
    if (buffer->len > 0 && !pg_put(conn, conn->db, buffer, error))
        return false;
    g_string_truncate(buffer, 0);
    return true;
}

/* Rows as far as they can be said; `*ret_end` is the first that cannot, with the reason. */
static bool
send_rows(PgConn *conn, const Batch *batch, size_t from, size_t to, size_t *ret_end,
          char **ret_reason, GError **error)
{
    PgLoader *loader = conn->loader;
    size_t target = 0;
    g_string_truncate(loader->buffer, 0);
    encode_begin(loader->buffer, loader->is_binary);
    for (*ret_end = from; *ret_end < to; ++*ret_end) {
        g_autofree char *reason = NULL;
        if (!encode_row(loader->buffer, loader->is_binary, targets_of(loader), loader->targets->len,
                        batch, *ret_end, &target, &reason)) {
            *ret_reason = g_strdup_printf("%s: %s", targets_of(loader)[target].name, reason);
            break;
        }
        if (loader->buffer->len >= SEND_BYTES && !send_buffer(conn, loader->buffer, error))
            return false;
    }
    encode_end(loader->buffer, loader->is_binary);
    return send_buffer(conn, loader->buffer, error);
}

/* "COPY people, line 5, column x": the row's number in this COPY, from 1; 0 when it is not said. */
static int64_t
line_of(const PGresult *result)
{
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    const char *line = context != NULL ? strstr(context, ", line ") : NULL;
    for (const char *next = line; next != NULL; next = strstr(next + 1, ", line "))
        line = next; /* the last one: a table may be called anything */
    return line != NULL ? g_ascii_strtoll(line + strlen(", line "), NULL, 10) : 0;
}

/* What people read about a row that was refused. */
static char *
words_for(const PgConn *conn, const PGresult *result)
{
    const char *column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (pg_state_is(conn, "23502"))
        return g_strdup_printf("%s: must not be NULL", column != NULL ? column : "a column");
    if (pg_state_is(conn, "23505"))
        return g_strdup_printf("already taken (%s): %s", constraint != NULL ? constraint : "unique",
                               detail != NULL ? detail : "a unique index has it");
    if (pg_state_is(conn, "23514") && constraint != NULL) /* else no partition takes it */
        return g_strdup_printf("it breaks the check '%s'", constraint);
    return g_strdup_printf("%s%s%s", message, detail != NULL ? ": " : "",
                           detail != NULL ? detail : "");
}

/* 54000: its value is too long for an index that is there. */
static bool
is_refusal(const PgConn *conn)
{
    return pg_state_is(conn, "22") || pg_state_is(conn, "23") || pg_state_is(conn, "P0001") ||
           pg_state_is(conn, "54000");
}

typedef struct {
    size_t end;   /* rows that went in */
    bool is_said; /* refused by us, with the reason: the rows before are in */
    size_t line;  /* refused by the server in this row, counted from 1, or 0: none is in */
    char *reason;
} CopyResult;

/* One COPY. False: an error that is not about a row. */
static bool
copy_rows(PgConn *conn, const Batch *batch, size_t from, size_t to, CopyResult *ret, GError **error)
{
    PgLoader *loader = conn->loader;
    g_autoptr(GError) broken = NULL;
    AUTO_RESULT *result = NULL;
    g_autofree char *reason = NULL;
    size_t end = from;
    pg_later(conn, "SAVEPOINT honk_put");
    if (!pg_run_on(conn, conn->db, loader->copy, NULL, error) ||
        !send_rows(conn, batch, from, to, &end, &reason, error))
        return false;
    if (PQputCopyEnd(conn->db, NULL) != 1)
        return pg_fail(conn, conn->db, NULL, error);
    if (!pg_await_result(conn, conn->db, error))
        return false;
    result = PQgetResult(conn->db);
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
        *ret =
            (CopyResult){.end = end, .is_said = reason != NULL, .reason = g_steal_pointer(&reason)};
        PQclear(PQgetResult(conn->db));
        pg_later(conn, "RELEASE SAVEPOINT honk_put");
        return true;
    }
    pg_fail(conn, conn->db, result, &broken);
    PQclear(PQgetResult(conn->db));
    if (!is_refusal(conn)) {
        g_propagate_error(error, g_steal_pointer(&broken));
        return false;
    }
    *ret = (CopyResult){
        .end = from, .line = (size_t) line_of(result), .reason = words_for(conn, result)};
    return pg_run(conn, error, "ROLLBACK TO SAVEPOINT honk_put; RELEASE SAVEPOINT honk_put");
}

/* All rows before the first that is refused. `*ret_reason` NULL: none is. */
static bool
put_until_refused(PgConn *conn, const Batch *batch, size_t from, size_t to, size_t *ret_next,
                  char **ret_reason, GError **error)
{
    size_t begin = from, end = to;
    g_autofree char *why = NULL; /* of row `end`, where that is not the last one */
    while (begin < end) {
        CopyResult copied = {0};
        if (!copy_rows(conn, batch, begin, end, &copied, error))
            return false;
        if (copied.reason == NULL) {
            begin = end;
        } else if (copied.is_said) {
            begin = end = copied.end;
            g_free(why);
            why = copied.reason;
        } else if (copied.line > 0 && copied.line <= end - begin) {
            end = begin + copied.line - 1;
            g_free(why);
            why = copied.reason;
        } else if (end - begin == 1) {
            end = begin;
            g_free(why);
            why = copied.reason;
        } else { /* no line: the first half goes in, or has it */
            size_t middle = begin + (end - begin) / 2;
            g_free(copied.reason);
            g_autofree char *half = NULL;
            if (!put_until_refused(conn, batch, begin, middle, &begin, &half, error))
                return false;
            if (half != NULL) {
                end = begin;
                g_free(why);
                why = g_steal_pointer(&half);
            }
        }
    }
    *ret_next = begin;
    *ret_reason = end < to ? g_steal_pointer(&why) : NULL;
    return true;
}

/* All rows, or INVALID. */
static bool
put_in_bulk(PgConn *conn, const Batch *batch, size_t from, size_t *ret_next, GError **error)
{
    PgLoader *loader = conn->loader;
    size_t target = 0;
    if (!loader->is_open) {
        if (!pg_run_on(conn, conn->db, loader->copy, NULL, error))
            return false;
        loader->is_open = true;
        encode_begin(loader->buffer, loader->is_binary);
    }
    for (*ret_next = from; *ret_next < batch->row_count; ++*ret_next) {
        g_autofree char *reason = NULL;
        if (!encode_row(loader->buffer, loader->is_binary, targets_of(loader), loader->targets->len,
                        batch, *ret_next, &target, &reason))
            return fail(error, ERR_INVALID, "%s: %s", targets_of(loader)[target].name, reason);
        if (loader->buffer->len >= SEND_BYTES && !send_buffer(conn, loader->buffer, error))
            return false;
    }
    return true;
}

static bool
end_bulk(PgConn *conn, GError **error)
{
    PgLoader *loader = conn->loader;
    if (!loader->is_open)
        return true;
    encode_end(loader->buffer, loader->is_binary);
    if (!send_buffer(conn, loader->buffer, error))
        return false;
    loader->is_open = false;
    if (pg_end_copy(conn, error))
        return true;
    pg_soften(conn, error);
    return false;
}

static bool
load_put(Conn *base, const Batch *batch, size_t from, size_t *ret_next, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autofree char *reason = NULL;
    g_assert(conn->loader != NULL);
    encode_look(targets_of(conn->loader), conn->loader->targets->len, batch);
    if (conn->loader->writer.in_bulk)
        return put_in_bulk(conn, batch, from, ret_next, error);
    if (!put_until_refused(conn, batch, from, batch->row_count, ret_next, &reason, error))
        return false;
    return reason == NULL || fail(error, ERR_INVALID, "%s", reason);
}

static bool
load_quarantine(Conn *base, int64_t row_id, const json_t *record, const char *column,
                const char *reason, GError **error)
{
    const PgConn *conn = pg_conn(base);
    const Writer *writer = &conn->loader->writer;
    if (writer->in_bulk)
        return fail(error, ERR_INVALID, "%s", reason);
    const char *encoding = PQparameterStatus(conn->db, "server_encoding");
    if (!conn->is_ascii && g_strcmp0(encoding, "UTF8") != 0)
        return book_set_aside_in_ascii(base, writer, row_id, record, column, reason, error);
    return book_set_aside(base, writer, row_id, record, column, reason, error);
}

static void
load_rollback(Conn *base)
{
    PgConn *conn = pg_conn(base);
    if (conn->loader == NULL)
        return;
    if (conn->loader->is_open)
        pg_give_up(conn->db);
    loader_free(conn->loader);
    conn->loader = NULL;
    pg_rollback(conn);
}

static bool
load_commit(Conn *base, const RangeResult *result, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_assert(conn->loader != NULL);
    if (!end_bulk(conn, error) || !book_write_range(base, &conn->loader->writer, result, error) ||
        !pg_commit(conn, error))
        return false;
    loader_free(conn->loader);
    conn->loader = NULL;
    return true;
}

const LoadOps pg_load_ops = {
    .stage = pg_stage,
    .unstage = pg_unstage,
    .exists = pg_exists,
    .begin = begin_range,
    .takes_bulk = true,
    .put = load_put,
    .quarantine = load_quarantine,
    .commit = load_commit,
    .remove = pg_remove,
    .rollback = load_rollback,
    .fence = book_fence,
    .ledger_find = book_ledger_find,
    .ledger_sum = book_ledger_sum,
    .quarantined = book_quarantined,
    .key_may_wait = pg_key_may_wait,
    .holds = pg_holds,
    .says_all = true,
    .put_off_keys = pg_put_off_keys,
    .make_keys = pg_make_keys,
    .finish = pg_finish,
    .has_forms = pg_has_forms,
    .as_kept = pg_as_kept,
    .look = &pg_look_ops,
};
