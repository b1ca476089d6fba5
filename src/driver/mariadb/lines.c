/*
 * lines.c - LOAD DATA LOCAL from memory: half of what an INSERT costs the server.
 *
 * With LOCAL the server takes whatever it is given: a row that a constraint refuses is left out, a value that does not fit is bent, each with a warning.
 * So a statement counts only when it has written all of its rows and has warned of nothing. Else it is taken back, to a savepoint before
 * it, and its rows go in by INSERT, which says which of them is refused.
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>

typedef struct {
    const GString *lines;
    size_t sent;
} Feed;

static int
feed_begin(void **ret, const char *file, void *data)
{
    *ret = data;
    return data == NULL; /* the server asks for a file that nobody has offered */
}

static int
feed_read(void *data, char *to, unsigned room)
{
    Feed *feed = data;
    size_t bytes = MIN(feed->lines->len - feed->sent, room);
    memcpy(to, feed->lines->str + feed->sent, bytes);
    feed->sent += bytes;
    return (int) bytes;
}

static void
feed_end(void *data)
{
}

static int
feed_error(void *data, char *to, unsigned room)
{
    g_strlcpy(to, "no file is read for a server", room);
    return 2068; /* CR_LOAD_DATA_LOCAL_INFILE_REJECTED */
}

void
maria_refuse_files(MYSQL *db)
{
    mysql_set_local_infile_handler(db, feed_begin, feed_read, feed_end, feed_error, NULL);
}

/* The server, or somebody between, takes no lines from clients. */
static bool
is_not_allowed(const MariaConn *conn)
{
    return conn->code == 1148 || conn->code == 4166 || conn->code == 3948 || conn->code == 2068;
}

bool
maria_put_lines(MariaConn *conn, const char *sql, const GString *lines, size_t rows, bool *ret_done,
                GError **error)
{
    Feed feed = {.lines = lines};
    g_autoptr(GError) broken = NULL;
    if (!maria_run(conn, error, "SAVEPOINT honk_lines"))
        return false;
    mysql_set_local_infile_handler(conn->db, feed_begin, feed_read, feed_end, feed_error, &feed);
    bool is_sent = maria_send(conn, conn->db, sql, strlen(sql), &broken);
    maria_refuse_files(conn->db);
    *ret_done = is_sent && feed.sent == lines->len && mysql_affected_rows(conn->db) == rows &&
                mysql_warning_count(conn->db) == 0;
    if (*ret_done)
        return true;
    if (!is_sent && !is_not_allowed(conn) && !maria_is_refusal(conn)) {
        g_propagate_error(error, g_steal_pointer(&broken));
        return false;
    }
    return maria_run(conn, error, "ROLLBACK TO SAVEPOINT honk_lines");
}
