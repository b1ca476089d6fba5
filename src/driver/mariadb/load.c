/*
 * load.c - a range of rows into a stage, with its ledger row, in one transaction.
 *
 * Rows go in by LOAD DATA (lines.c) as long as all of them go in as they are; once some did not, by INSERT of many rows. One that fails takes back its own
 * rows and no others, so rows are halved until the one that is refused stands alone.
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>

#define STATEMENT_BYTES (1024 * 1024)
#define LINES_MIN 100 /* rows that are worth a savepoint */

struct MariaLoader {
    char *plan, *task, *range;
    Writer writer; /* borrows the three above */
    GArray *targets;
    char *insert; /* up to VALUES */
    char *load;   /* LOAD DATA; NULL: rows do not go in by lines (any more) */
    GString *sql; /* or lines */
};

static void
loader_free(MariaLoader *loader)
{
    if (loader == NULL)
        return;
    g_free(loader->plan);
    g_free(loader->task);
    g_free(loader->range);
    g_free(loader->insert);
    g_free(loader->load);
    g_clear_pointer(&loader->targets, g_array_unref);
    g_string_free(loader->sql, TRUE);
    g_free(loader);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MariaLoader, loader_free)

/* --- begin --- */

static bool
loader_new(MariaConn *conn, const char *stage, const Schema *schema, const Writer *writer,
           MariaLoader **ret, GError **error)
{
    g_autoptr(MariaLoader) loader = g_new0(MariaLoader, 1);
    g_autofree char *table = NULL;
    loader->sql = g_string_new(NULL);
    if (!maria_targets(conn, stage, schema, &loader->targets, error) ||
        !maria_sql_name(conn, stage, &table, error))
        return false;
    loader->plan = g_strdup(writer->plan);
    loader->task = g_strdup(writer->task);
    loader->range = g_strdup(writer->range);
    loader->writer = (Writer){
        .plan = loader->plan, .task = loader->task, .range = loader->range, .token = writer->token};
    g_autofree char *columns = maria_target_list(loader->targets);
    loader->insert = g_strdup_printf("INSERT INTO %s (%s) VALUES ", table, columns);
    if (maria_takes_lines(
            loader
                ->targets)) /* tab, backslash, line feed, whatever the server takes for an escape */
        loader->load = g_strdup_printf(
            "LOAD DATA LOCAL INFILE 'rows' INTO TABLE %s CHARACTER SET utf8mb4 FIELDS "
            "TERMINATED BY X'09' ESCAPED BY X'5C' LINES TERMINATED BY X'0A' (%s)",
            table, columns);
    *ret = g_steal_pointer(&loader);
    return true;
}

static bool
load_begin(Conn *base, const char *stage, const Schema *schema, const Writer *writer,
           bool *ret_done, RangeResult *ret_result, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_assert(conn->loader == NULL);
    g_autoptr(MariaLoader) loader = NULL;
    bool is_done = false;
    if (!book_begin_range(base, writer, &is_done, ret_result, error))
        return false;
    if (!is_done && !loader_new(conn, stage, schema, writer, &loader, error)) {
        maria_rollback(conn);
        return false;
    }
    if (is_done)
        maria_rollback(conn);
    conn->loader = g_steal_pointer(&loader);
    *ret_done = is_done;
    return true;
}

/* --- put --- */

/* What people read about a row that was refused. */
static char *
words_for(MariaConn *conn)
{
    g_autofree char *message = g_strdup(mysql_error(conn->db));
    g_strdelimit(message, "\n\t", ' ');
    char *place = strstr(message, " at row "); /* of a statement that nobody knows */
    if (place != NULL)
        *place = '\0';
    if (conn->code == 1062)
        return g_strdup_printf("already taken: %s", message);
    if (conn->code == 1048)
        return g_strdup_printf("must not be NULL: %s", message);
    if (conn->code == 1452)
        return g_strdup("it refers to a row that is not there (foreign key)");
    return g_steal_pointer(&message);
}

typedef struct {
    size_t end;   /* rows before it are in the statement */
    char *reason; /* why row `end` cannot be said; or NULL */
} Statement;

/* As many rows from `from` on as one statement takes, at least one. */
static Statement
compose(MariaConn *conn, const Batch *batch, size_t from, size_t to)
{
    MariaLoader *loader = conn->loader;
    Statement made = {.end = from};
    size_t target = 0, most = MIN(STATEMENT_BYTES, conn->packet_bytes / 2);
    g_string_assign(loader->sql, loader->insert);
    for (; made.end < to; made.end++) {
        gsize before = loader->sql->len;
        g_autofree char *reason = NULL;
        if (made.end > from)
            g_string_append_c(loader->sql, ',');
        if (!maria_encode_row(loader->sql, loader->targets, batch, made.end, &target, &reason)) {
            const char *name = g_array_index(loader->targets, MariaTarget, target).of->name;
            made.reason = g_strdup_printf("%s: %s", name, reason);
        } else if (loader->sql->len >= conn->packet_bytes && made.end == from) {
            made.reason = g_strdup_printf("the row has %zu bytes, the server takes %zu "
                                          "(max_allowed_packet)",
                                          (size_t) loader->sql->len, conn->packet_bytes);
        } else if (loader->sql->len <= most || made.end == from) {
            continue;
        }
        g_string_truncate(loader->sql, before);
        break;
    }
    return made;
}

/* Rows up to the first that is refused. `*ret_reason` NULL: none is. False: an error that is not about a row. */
static bool
put_until_refused(MariaConn *conn, const Batch *batch, size_t from, size_t to, size_t *ret_next,
                  char **ret_reason, GError **error)
{
    *ret_next = from;
    while (*ret_next < to) {
        g_autoptr(GError) broken = NULL;
        Statement made = compose(conn, batch, *ret_next, to);
        g_autofree char *unsaid = made.reason;
        const GString *sql = conn->loader->sql;
        if (made.end == *ret_next) {
            *ret_reason = g_steal_pointer(&unsaid);
            return true;
        }
        if (maria_send(conn, conn->db, sql->str, sql->len, &broken)) {
            *ret_next = made.end;
            continue;
        }
        if (!maria_is_refusal(conn)) {
            g_propagate_error(error, g_steal_pointer(&broken));
            return false;
        }
        if (made.end - *ret_next == 1) {
            *ret_reason = words_for(conn);
            return true;
        }
        size_t middle = *ret_next + (made.end - *ret_next) / 2;
        if (!put_until_refused(conn, batch, *ret_next, middle, ret_next, ret_reason, error))
            return false;
        if (*ret_reason != NULL)
            return true;
    }
    return true;
}

/* As many rows from `from` on as go at once; returns the first that does not. */
static size_t
compose_lines(MariaLoader *loader, const Batch *batch, size_t from)
{
    size_t row = from;
    g_string_truncate(loader->sql, 0);
    while (row < batch->row_count && loader->sql->len < STATEMENT_BYTES &&
           maria_encode_line(loader->sql, loader->targets, batch, row))
        row++;
    return row;
}

/* Rows from `*next` on, up to the first that has to go in, or be refused, by an INSERT. */
static bool
put_lines(MariaConn *conn, const Batch *batch, size_t *next, GError **error)
{
    MariaLoader *loader = conn->loader;
    while (loader->load != NULL && *next < batch->row_count) {
        bool is_done = false;
        size_t end = compose_lines(loader, batch, *next);
        if (end - *next < LINES_MIN)
            return true;
        if (!maria_put_lines(conn, loader->load, loader->sql, end - *next, &is_done, error))
            return false;
        if (is_done)
            *next = end;
        else
            g_clear_pointer(&loader->load, g_free);
    }
    return true;
}

static bool
load_put(Conn *base, const Batch *batch, size_t from, size_t *ret_next, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autofree char *reason = NULL;
    g_assert(conn->loader != NULL);
    *ret_next = from;
    if (!put_lines(conn, batch, ret_next, error) ||
        !put_until_refused(conn, batch, *ret_next, batch->row_count, ret_next, &reason, error))
        return false;
    return reason == NULL || fail(error, ERR_INVALID, "%s", reason);
}

/* A record that no statement can say stays where it came from: its number tells where. Quotes and backslashes in it are doubled. */
static bool
load_quarantine(Conn *base, int64_t row_id, const json_t *record, const char *column,
                const char *reason, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autofree char *text = record != NULL ? json_compact(record) : NULL;
    bool is_small = text != NULL && strlen(text) < conn->packet_bytes / 3;
    return book_set_aside(base, &conn->loader->writer, row_id, is_small ? record : NULL, column,
                          reason, error);
}

static void
load_rollback(Conn *base)
{
    MariaConn *conn = maria_conn(base);
    if (conn->loader == NULL)
        return;
    loader_free(conn->loader);
    conn->loader = NULL;
    maria_rollback(conn);
}

static bool
load_commit(Conn *base, const RangeResult *result, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_assert(conn->loader != NULL);
    if (!book_write_range(base, &conn->loader->writer, result, error) || !maria_commit(conn, error))
        return false;
    loader_free(conn->loader);
    conn->loader = NULL;
    return true;
}

const LoadOps maria_load_ops = {
    .names_fold = true,
    .stage = maria_stage,
    .unstage = maria_unstage,
    .exists = maria_exists,
    .begin = load_begin,
    .put = load_put,
    .quarantine = load_quarantine,
    .commit = load_commit,
    .remove = maria_remove,
    .rollback = load_rollback,
    .fence = book_fence,
    .ledger_find = book_ledger_find,
    .ledger_sum = book_ledger_sum,
    .quarantined = book_quarantined,
    .finish = maria_finish,
    .holds = maria_holds,
    .has_forms = maria_has_forms,
    .as_kept = maria_as_kept,
    .look = &maria_look_ops,
};
