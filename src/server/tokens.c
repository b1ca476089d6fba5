/* tokens.c - rows of api_token: made, checked, listed, revoked. */
#include "server/tokens.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "model/entity.h"
#include "server/handlers.h"
#include "server/page.h"

#include <string.h>

#define SECRET_BYTES 20 /* 160 bits of chance: nobody guesses, so a plain hash is enough */
#define TOKEN_ID_HEX 12 /* of the hash: what people name a token by */
#define TTL_DEFAULT_S (90 * 86400)

bool
token_check(Db *db, const char *token, char **ret_identity, GError **error)
{
    g_autofree char *hash = sha256_of(token, strlen(token));
    return token_owner(db, hash, ret_identity, error);
}

bool
token_owner(Db *db, const char *hash, char **ret_identity, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;

    if (!db_prepare(db, "SELECT identity, expires_ms, revoked_ms FROM api_token WHERE hash = :hash",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":hash", hash);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    if (!is_row)
        return fail(error, ERR_UNAUTHORIZED,
                    "the token is not known here: make one with 'honk login --new USER'");
    bool is_revoked = !stmt_col_is_null(stmt, 2);
    bool is_expired = !stmt_col_is_null(stmt, 1) && stmt_col_int(stmt, 1) <= clock_wall_ms();
    g_autofree char *identity = g_strdup(stmt_col_text(stmt, 0));
    stmt_reset(stmt);
    if (is_revoked)
        return fail(error, ERR_UNAUTHORIZED, "the token of '%s' was revoked", identity);
    if (is_expired)
        return fail(error, ERR_UNAUTHORIZED, "the token of '%s' has run out: make a new one",
                    identity);
    *ret_identity = g_steal_pointer(&identity);
    return true;
}

/* ----- making ----- */

typedef struct {
    char *hash, *identity, *label, *secret;
    int64_t now_ms, expires_ms;
} NewToken;

static void
new_token_free(void *data)
{
    NewToken *token = data;
    g_free(token->hash);
    g_free(token->identity);
    g_free(token->label);
    g_free(token->secret);
    g_free(token);
}

/* The answer is never stored under an idempotency key with the secret in it: the handler adds it. */
static bool
token_write(Command *command, Db *db, void *data, GError **error)
{
    const NewToken *token = data;
    Stmt *stmt = NULL;
    if (!db_prepare(db,
                    "INSERT INTO api_token (hash, identity, label, created_ms, expires_ms) "
                    "VALUES (:hash, :identity, :label, :now, :expires)",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":hash", token->hash);
    stmt_text(stmt, ":identity", token->identity);
    stmt_text(stmt, ":label", token->label);
    stmt_int(stmt, ":now", token->now_ms);
    stmt_int(stmt, ":expires", token->expires_ms);
    return stmt_run(stmt, NULL, error);
}

/* "user:default/ada", "service:default/backstage", "worker:w-1", or a name that is taken for a user's. */
static bool
identity_parse(const char *text, char **ret, GError **error)
{
    if (g_str_has_prefix(text, "worker:") && strlen(text) > strlen("worker:")) {
        *ret = g_strdup(text);
        return true;
    }
    if (!entity_ref_parse(text, "user", "default", ret, error))
        return false;
    if (g_str_has_prefix(*ret, "user:") || g_str_has_prefix(*ret, "service:"))
        return true;
    g_autofree char *ref = g_steal_pointer(ret);
    return fail(error, ERR_INVALID,
                "'%s' cannot have a token: expected 'user:…', 'service:…' or 'worker:…'", ref);
}

bool
handle_token_post(Request *request, GError **error)
{
    g_autofree char *identity = NULL;
    g_autoptr(json_t) done = NULL;
    if (!identity_parse(json_get_string(request->json, "identity", ""), &identity, error))
        return false;

    g_autofree char *chance = id_secret(SECRET_BYTES);
    g_autofree char *secret = g_strdup_printf("honk_%s", chance);
    NewToken *token = g_new0(NewToken, 1);
    token->hash = sha256_of(secret, strlen(secret));
    token->identity = g_strdup(identity);
    token->label = g_strdup(json_get_string(request->json, "note", ""));
    token->now_ms = clock_wall_ms();
    token->expires_ms = token->now_ms + json_get_int(request->json, "ttl_s", TTL_DEFAULT_S) * 1000;
    int64_t expires_ms = token->expires_ms;
    g_autofree char *id = g_strndup(token->hash + strlen("sha256:"), TOKEN_ID_HEX);

    request->idempotency_key = NULL; /* a secret is said once */
    if (!request_ask(request, request_command(request, COMMAND_WRITE), token_write, token,
                     new_token_free, &done, error))
        return false;
    request->reply.location = g_strdup_printf("/tokens/%s", id);
    return request_answer(request,
                          json_pack("{s:s, s:s, s:s, s:I}", "id", id, "token", secret, "identity",
                                    identity, "expires_at_ms", (json_int_t) expires_ms));
}

/* ----- listing and revoking ----- */

static json_t *
token_to_json(Stmt *stmt)
{
    json_t *row = json_object();
    g_autofree char *id = g_strndup(stmt_col_text(stmt, 0) + strlen("sha256:"), TOKEN_ID_HEX);
    json_set_string(row, "id", id);
    json_set_string(row, "identity", stmt_col_text(stmt, 1));
    json_set_string(row, "note", stmt_col_text(stmt, 2));
    json_set_int(row, "created_at_ms", stmt_col_int(stmt, 3));
    if (!stmt_col_is_null(stmt, 4))
        json_set_int(row, "expires_at_ms", stmt_col_int(stmt, 4));
    if (!stmt_col_is_null(stmt, 5))
        json_set_int(row, "revoked_at_ms", stmt_col_int(stmt, 5));
    return row;
}

bool
handle_tokens(Request *request, GError **error)
{
    return request_page(
        request,
        "SELECT hash, identity, label, created_ms, expires_ms, revoked_ms, hash FROM api_token "
        "WHERE hash > :after ORDER BY hash LIMIT :limit",
        NULL, NULL, token_to_json, 6, error);
}

static bool
token_revoke(Command *command, Db *db, void *data, GError **error)
{
    Stmt *stmt = NULL;
    int64_t changes = 0;
    if (!db_prepare(db,
                    "UPDATE api_token SET revoked_ms = :now WHERE hash >= 'sha256:' || :id AND "
                    "hash < 'sha256:' || :id || 'g' "
                    "AND revoked_ms IS NULL",
                    &stmt, error))
        return false;
    stmt_int(stmt, ":now", clock_wall_ms());
    stmt_text(stmt, ":id", data);
    if (!stmt_run(stmt, &changes, error))
        return false;
    return changes > 0 || fail(error, ERR_NOT_FOUND, "there is no token '%s'", (const char *) data);
}

bool
handle_token_delete(Request *request, GError **error)
{
    const char *id = request->params[0];
    if (strlen(id) != TOKEN_ID_HEX || strspn(id, "0123456789abcdef") != TOKEN_ID_HEX)
        return fail(error, ERR_INVALID, "a token is named by %d hex digits (GET /tokens)",
                    TOKEN_ID_HEX);
    return request_ask(request, request_command(request, COMMAND_WRITE), token_revoke, g_strdup(id),
                       g_free, NULL, error);
}
