/* idempotency.c - rows of the table idempotency: see idempotency.h. */
#include "server/idempotency.h"

#include "base/clock.h"
#include "base/text.h"
#include "server/routes.h"

#include <string.h>

#define KEPT_MS (24LL * 3600 * 1000)
#define SWEPT_MAX 50 /* old ones per new one: the table shrinks faster than it grows */

void
idempotency_clear(IdempotencyEntry *entry)
{
    g_free(entry->actor);
    g_free(entry->key);
    g_free(entry->request);
    memset(entry, 0, sizeof(*entry));
}

void
idempotency_entry(const Request *request, IdempotencyEntry *ret)
{
    if (request->idempotency_key == NULL)
        return;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%s %s\n", request->method, request->raw_target);
    g_string_append_len(text, (const char *) request->body->data, request->body->len);
    *ret = (IdempotencyEntry){
        .actor = g_strdup(request->who.name),
        .key = g_strdup(request->idempotency_key),
        .request = sha256_of(text->str, text->len),
        .status = request->route->status,
    };
}

static bool
idempotency_sweep(Db *db, int64_t now_ms, GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db,
                    "DELETE FROM idempotency WHERE (key, actor) IN (SELECT key, actor FROM "
                    "idempotency WHERE at_ms < :before "
                    "ORDER BY at_ms LIMIT :most)",
                    &stmt, error))
        return false;
    stmt_int(stmt, ":before", now_ms - KEPT_MS);
    stmt_int(stmt, ":most", SWEPT_MAX);
    return stmt_run(stmt, NULL, error);
}

bool
idempotency_store(Db *db, const IdempotencyEntry *entry, const json_t *reply, GError **error)
{
    g_autofree char *body = reply != NULL ? json_compact(reply) : g_strdup("{}");
    int64_t now_ms = clock_wall_ms();
    Stmt *stmt = NULL;
    int64_t changes = 0;

    if (!idempotency_sweep(db, now_ms, error) ||
        !db_prepare(db,
                    "INSERT INTO idempotency (key, actor, request_digest, status, body, at_ms) "
                    "VALUES (:key, :actor, :request, :status, :body, :now) ON CONFLICT DO NOTHING",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":key", entry->key);
    stmt_text(stmt, ":actor", entry->actor);
    stmt_text(stmt, ":request", entry->request);
    stmt_int(stmt, ":status", entry->status);
    stmt_text(stmt, ":body", body);
    stmt_int(stmt, ":now", now_ms);
    if (!stmt_run(stmt, &changes, error))
        return false;
    return changes == 1 || fail(error, ERR_MISMATCH, "the idempotency key was used a moment ago");
}

bool
idempotency_answer(Request *request, Db *db, const IdempotencyEntry *entry, bool *ret_known,
                   GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    json_t *body = NULL;

    if (!db_prepare(db,
                    "SELECT request_digest, status, body FROM idempotency WHERE key = :key AND "
                    "actor = :actor",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":key", entry->key);
    stmt_text(stmt, ":actor", entry->actor);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    *ret_known = is_row;
    if (!is_row)
        return true;

    const char *text = stmt_col_text(stmt, 2);
    bool is_same = strcmp(stmt_col_text(stmt, 0), entry->request) == 0;
    int status = (int) stmt_col_int(stmt, 1);
    bool is_read = is_same && json_parse(text, strlen(text), "a stored answer", &body, error);
    stmt_reset(stmt);
    if (!is_same)
        return request_refuse(
            request, 422, error, ERR_MISMATCH,
            "the Idempotency-Key '%s' was used for another request: take a new one", entry->key);
    if (!is_read)
        return false;
    request->reply.status = status;
    return request_answer(request, body);
}
