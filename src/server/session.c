/* session.c - see session.h. */
#include "server/session.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "server/handlers.h"
#include "server/tokens.h"

#include <microhttpd.h>
#include <string.h>

#define SESSION_MS (12 * 3600 * 1000LL) /* a working day */
#define FIELDS 4

/* ----- the cookie ----- */

/* A browser sends the cookies of a name to every port: ours have the port in theirs. */
static char *
cookie_name(const Server *server)
{
    return g_strdup_printf("honk_%d", server->port);
}

static char *
seal_of(const Server *server, const char *hash, const char *until, const char *identity)
{
    g_autofree char *text = g_strdup_printf("session|%s|%s|%s", hash, until, identity);
    return g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *) server->session_key,
                                     SESSION_KEY_HEX, text, -1);
}

/* In a time that does not tell how much of it is right. */
static bool
is_same_seal(const char *left, const char *right)
{
    size_t bytes = strlen(left);
    unsigned difference = 0;
    if (bytes != strlen(right))
        return false;
    for (size_t i = 0; i < bytes; i++)
        difference |= (unsigned) (left[i] ^ right[i]);
    return difference == 0;
}

static bool
is_one_of_the_people(const Server *server, const char *identity)
{
    const char *const *people = server->options->people;
    return people != NULL && g_strv_contains(people, identity);
}

/* Did the page come by TLS, through a proxy? Then its cookie goes no other way. Browsers say where a writing page is from. */
static bool
is_encrypted(const Request *request)
{
    const char *origin = request_header(request, MHD_HTTP_HEADER_ORIGIN);
    return origin != NULL && g_str_has_prefix(origin, "https://");
}

static void
cookie_set(Request *request, const char *hash, const char *identity, int64_t until_ms)
{
    g_autofree char *name = cookie_name(request->server);
    g_autofree char *until = g_strdup_printf("%" G_GINT64_FORMAT, until_ms);
    g_autofree char *seal = seal_of(request->server, hash, until, identity);
    int64_t seconds = (until_ms - clock_wall_ms()) / 1000;
    request->reply.cookie =
        g_strdup_printf("%s=%s|%s|%s|%s; Path=/; HttpOnly; %sSameSite=Strict; "
                        "Max-Age=%" G_GINT64_FORMAT,
                        name, hash, until, identity, seal, is_encrypted(request) ? "Secure; " : "",
                        MAX(seconds, 0));
    request->session_until_ms = until_ms;
}

/* What a cookie of ours says, once its seal is whole and its time has not come. */
typedef struct {
    char **fields;
    const char *hash, *identity;
    int64_t until_ms;
} Session;

static void
session_clear(Session *session)
{
    g_strfreev(session->fields);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

static bool
session_read(const Request *request, Session *ret)
{
    g_autofree char *name = cookie_name(request->server);
    const char *cookie = MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, name);
    g_auto(GStrv) fields = g_strsplit(cookie != NULL ? cookie : "", "|", FIELDS + 1);
    if (g_strv_length(fields) != FIELDS)
        return false;
    g_autofree char *seal = seal_of(request->server, fields[0], fields[1], fields[2]);
    int64_t until_ms = g_ascii_strtoll(fields[1], NULL, 10);
    if (!is_same_seal(seal, fields[3]) || until_ms <= clock_wall_ms())
        return false;
    *ret = (Session){.hash = fields[0], .identity = fields[2], .until_ms = until_ms};
    ret->fields = g_steal_pointer(&fields);
    return true;
}

/* ----- who it is ----- */

bool
session_key(Db *db, char **ret, GError **error)
{
    g_autofree char *made = id_secret(SESSION_KEY_HEX / 2);
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db, "INSERT OR IGNORE INTO meta(key, value) VALUES ('session_key', :value)",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":value", made);
    if (!stmt_run(stmt, NULL, error) ||
        !db_prepare(db, "SELECT value FROM meta WHERE key = 'session_key'", &stmt, error) ||
        !stmt_step(stmt, &is_row, error))
        return false;
    *ret = g_strdup(stmt_col_text(stmt, 0));
    stmt_reset(stmt);
    return true;
}

bool
session_identify(Request *request, bool *ret_found, GError **error)
{
    const json_t *roles = request->server->config->roles;
    g_autofree char *owner = NULL;
    g_autoptr(GError) gone = NULL;
    g_auto(Session) session = {0};
    Db *db = NULL;

    *ret_found = false;
    if (request->is_unix || !session_read(request, &session))
        return true;
    if (!request_reader(request, &db, error))
        return false;
    if (!token_owner(db, session.hash, &owner, &gone)) {
        if (error_is(gone, ERR_UNAUTHORIZED))
            return true; /* revoked, or over: as if there were no cookie */
        g_propagate_error(error, g_steal_pointer(&gone));
        return false;
    }
    bool is_own = strcmp(owner, session.identity) == 0;
    if (!is_own && !(is_one_of_the_people(request->server, owner) &&
                     is_one_of_the_people(request->server, session.identity)))
        return true;
    identity_from_name(roles, session.identity, &request->who);
    if (!is_own)
        request->who.via = g_steal_pointer(&owner);
    request->session_until_ms = session.until_ms;
    *ret_found = true;
    return true;
}

bool
session_guard(const Request *request, GError **error)
{
    if (request_header(request, "Honk-Portal") != NULL)
        return true;
    return fail(error, ERR_FORBIDDEN,
                "a page writes with the header Honk-Portal, and this request has none: it may come "
                "from another page");
}

json_t *
session_json(const Request *request)
{
    if (request->session_until_ms == 0)
        return NULL;
    const char *self = request->who.via != NULL ? request->who.via : request->who.name;
    json_t *people = json_array();
    const char *const *all = request->server->options->people;
    for (size_t i = 0; all != NULL && all[i] != NULL && is_one_of_the_people(request->server, self);
         i++)
        json_array_append_new(people, json_string(all[i]));
    return json_pack("{s:I, s:o}", "expires_at_ms", (json_int_t) request->session_until_ms,
                     "people", people);
}

/* ----- in and out ----- */

static bool
log_in(Request *request, const char *token, GError **error)
{
    g_autofree char *hash = sha256_of(token, strlen(token));
    g_autofree char *owner = NULL;
    Db *db = NULL;
    if (!request_reader(request, &db, error) || !token_owner(db, hash, &owner, error))
        return false;
    if (!g_str_has_prefix(owner, "user:"))
        return fail(error, ERR_FORBIDDEN, "the portal is for people; this token is of '%s'", owner);
    identity_clear(&request->who);
    identity_from_name(request->server->config->roles, owner, &request->who);
    cookie_set(request, hash, owner, clock_wall_ms() + SESSION_MS);
    return true;
}

/* From one of the demo's people to another: the token stays the first one's. */
static bool
go_on_as(Request *request, const char *person, GError **error)
{
    g_auto(Session) session = {0};
    bool is_found = false;

    identity_clear(&request->who);
    if (!session_identify(request, &is_found, error))
        return false;
    if (!is_found)
        return fail(error, ERR_UNAUTHORIZED, "nobody is logged in: log in with a token first");
    const char *self = request->who.via != NULL ? request->who.via : request->who.name;
    if (!is_one_of_the_people(request->server, self) ||
        !is_one_of_the_people(request->server, person))
        return fail(error, ERR_FORBIDDEN,
                    "only in a demo one goes on as somebody else: log in with a token of '%s'",
                    person);
    if (!session_read(request, &session))
        return fail(error, ERR_UNAUTHORIZED, "the session is over: log in again");
    g_autofree char *owner = g_strdup(self);
    identity_clear(&request->who);
    identity_from_name(request->server->config->roles, person, &request->who);
    if (strcmp(owner, person) != 0)
        request->who.via = g_steal_pointer(&owner);
    cookie_set(request, session.hash, person, session.until_ms);
    return true;
}

bool
handle_session_post(Request *request, GError **error)
{
    const char *token = json_get_string(request->json, "token", NULL);
    const char *person = json_get_string(request->json, "person", NULL);

    if (!session_guard(request, error))
        return false;
    if ((token == NULL) == (person == NULL))
        return fail(error, ERR_INVALID, "expected either 'token' or 'person'");
    request->idempotency_key = NULL; /* a cookie is set once */
    return (token != NULL ? log_in(request, token, error) : go_on_as(request, person, error)) &&
           handle_whoami(request, error);
}

bool
handle_session_delete(Request *request, GError **error)
{
    g_autofree char *name = cookie_name(request->server);
    if (!session_guard(request, error))
        return false;
    request->reply.cookie =
        g_strdup_printf("%s=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", name);
    return request_answer(request, json_object());
}
