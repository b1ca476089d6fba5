/*
 * request.h - what a handler sees of a request, and what it says in return.
 *
 * A handler runs on its connection's own thread and may block. When it begins, everything about the request has been
 * checked: who asks, the role, the body's type and size, every member and parameter against the route's tables. It fills
 * the reply, or fails; a failure becomes a problem document.
 */
#pragma once

#include "base/json.h"
#include "engine/engine.h"
#include "server/context.h"
#include "server/identity.h"
#include "server/input.h"
#include "server/target.h"

#define ROUTE_PARAMS_MAX 3      /* /entities/{kind}/{namespace}/{name} */
#define LEASE_WAIT_MS_MAX 30000 /* one thread waits; less than the timeout of a connection */

typedef struct Route Route;
typedef struct Stream Stream;
struct MHD_Connection;

typedef struct {
    int status;   /* 0: what the route says for success */
    json_t *json; /* the answer, or */
    char *body;   /* bytes of `content_type` (malloc'ed), or */
    size_t bytes;
    const char *content_type;
    Stream *stream;    /* an event stream, or nothing at all */
    char *location;    /* of what was made */
    const char *cache; /* Cache-Control; NULL: no-store */
    int retry_after_s;
    const char *allow;                  /* of a 405 */
    char *cookie;                       /* Set-Cookie, or NULL */
    const struct PortalFile *file;      /* of the portal, or NULL */
    const struct PortalBytes *constant; /* its bytes; NULL: not modified */
    const char *coding;                 /* Content-Encoding of these, or NULL */
} Reply;

typedef struct Request {
    Server *server;
    struct MHD_Connection *connection;
    int fd;       /* the connection's socket: to see the other side go */
    bool is_unix; /* came through the Unix socket */
    const char *method;
    char *raw_target;
    Target target;
    const Route *route;
    const char *params[ROUTE_PARAMS_MAX]; /* what stood for {…}, in order */
    Identity who;
    int64_t session_until_ms; /* who came by a cookie of the portal; else 0 */
    GByteArray *body;
    json_t *json; /* the body, where the route takes JSON; an empty object when there was none */
    const char *idempotency_key; /* or NULL */

    Reply reply;
    json_t *problem;    /* more members of the problem, or NULL */
    int problem_status; /* where HTTP knows better than errors.def: 405, 411, 415 */

    /* The life of a request (http.c). */
    bool is_begun, is_dropping;
    int64_t body_bytes_max, body_bytes_seen;
    GError *refusal; /* decided at the header; said when the body is over */
    char *allow;
    Db *reader;
} Request;

typedef bool Handler(Request *request, GError **error);

void request_free(Request *request);

/* A header's value, or NULL. Borrowed. */
const char *request_header(const Request *request, const char *name);
/* A reader of our state, lent until the request ends or waits. */
CHECKED bool request_reader(Request *request, Db **ret, GError **error);
void request_give_reader(Request *request);
/* Does the other side prefer this media type? */
bool request_accepts(const Request *request, const char *type);
/* Fail with a status of HTTP's own. */
bool request_refuse(Request *request, int status, GError **error, ErrorCode code,
                    const char *format, ...) G_GNUC_PRINTF(5, 6);
/* Add a member to the problem that is about to be said; `value` is stolen. */
void request_explain(Request *request, const char *name, json_t *value);

/* Answer with JSON; stolen. */
bool request_answer(Request *request, json_t *json);

/*
 * Put a command before the loop and wait for its answer (ask.c). `command` is taken. `write` runs inside the writer's
 * transaction, with `data`; together with it go the idempotency key, and the note that somebody acted under another name.
 * `*ret` is the command's reply; also set as the answer when `ret` is NULL.
 */
typedef bool AskWriteFn(Command *command, Db *db, void *data, GError **error);
CHECKED bool request_ask(Request *request, Command *command, AskWriteFn *write, void *data,
                         GDestroyNotify data_free, json_t **ret, GError **error);
/* The `data` that went with a command, for its `look`. */
void *request_ask_data(const Command *command);
/* A command in the name of who asks, with the body's `reason`. */
Command *request_command(const Request *request, CommandKind kind);
