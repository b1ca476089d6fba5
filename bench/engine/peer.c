/* peer.c - the same bytes, committed. */
#include "peer.h"

#include "figures.h"

#include <sqlite3.h>
#include <string.h>

#define CHECKPOINT_PAGES 2000 /* as store/db.c has it */

struct Peer {
    sqlite3 *db;
    sqlite3_stmt *update, *event, *begin, *commit;
    int rows, row_bytes, event_bytes;
    char *filler;
    uint64_t dice;
};

static void
must(const Peer *peer, int result)
{
    if (result != SQLITE_OK && result != SQLITE_DONE)
        g_error("the peer: %s", sqlite3_errmsg(peer->db));
}

static void
run(const Peer *peer, const char *sql)
{
    must(peer, sqlite3_exec(peer->db, sql, NULL, NULL, NULL));
}

static sqlite3_stmt *
prepared(const Peer *peer, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    must(peer, sqlite3_prepare_v3(peer->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL));
    return stmt;
}

static void
step(const Peer *peer, sqlite3_stmt *stmt)
{
    must(peer, sqlite3_step(stmt));
    must(peer, sqlite3_reset(stmt));
}

/* Another text each time: SQLite does not write what is there already. */
static void
put_text(Peer *peer, sqlite3_stmt *stmt, int at, int bytes)
{
    char changing[20];
    g_snprintf(changing, sizeof(changing), "%016" G_GINT64_MODIFIER "x", dice(&peer->dice));
    memcpy(peer->filler, changing, (size_t) MIN(bytes, 16));
    must(peer, sqlite3_bind_text(stmt, at, peer->filler, bytes, SQLITE_STATIC));
}

static void
fill(Peer *peer)
{
    sqlite3_stmt *insert = prepared(peer, "INSERT INTO row(n, body) VALUES (NULL, ?1)");
    run(peer, "BEGIN");
    for (int i = 0; i < peer->rows; i++) {
        put_text(peer, insert, 1, peer->row_bytes);
        step(peer, insert);
    }
    run(peer, "COMMIT");
    sqlite3_finalize(insert);
}

Peer *
peer_open(const char *folder, int rows, int row_bytes, int event_bytes)
{
    Peer *peer = g_new0(Peer, 1);
    g_autofree char *path = g_build_filename(folder, "peer.db", NULL);
    g_autofree char *pragmas = g_strdup_printf(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
        "PRAGMA wal_autocheckpoint = %d;"
        "CREATE TABLE row(n INTEGER PRIMARY KEY, body TEXT) STRICT;"
        "CREATE TABLE event(n INTEGER PRIMARY KEY, body TEXT) STRICT;",
        CHECKPOINT_PAGES);
    peer->rows = rows;
    peer->row_bytes = row_bytes;
    peer->event_bytes = event_bytes;
    peer->dice = 4711;
    peer->filler = g_strnfill((gsize) MAX(row_bytes, event_bytes), 'x');
    must(peer,
         sqlite3_open_v2(path, &peer->db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));
    run(peer, pragmas);
    fill(peer);
    peer->begin = prepared(peer, "BEGIN IMMEDIATE");
    peer->commit = prepared(peer, "COMMIT");
    peer->update = prepared(peer, "UPDATE row SET body = ?2 WHERE n = ?1");
    peer->event = prepared(peer, "INSERT INTO event(n, body) VALUES (NULL, ?1)");
    return peer;
}

void
peer_close(Peer *peer)
{
    sqlite3_stmt *all[] = {peer->update, peer->event, peer->begin, peer->commit};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        sqlite3_finalize(all[i]);
    sqlite3_close(peer->db);
    g_free(peer->filler);
    g_free(peer);
}

void
peer_commit(Peer *peer, Group group)
{
    step(peer, peer->begin);
    for (int i = 0; i < group.updates; i++) {
        int64_t n = 1 + (int64_t) (dice(&peer->dice) % (uint64_t) peer->rows);
        must(peer, sqlite3_bind_int64(peer->update, 1, n));
        put_text(peer, peer->update, 2, peer->row_bytes);
        step(peer, peer->update);
    }
    for (int i = 0; i < group.events; i++) {
        put_text(peer, peer->event, 1, peer->event_bytes);
        step(peer, peer->event);
    }
    step(peer, peer->commit);
}
