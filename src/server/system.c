/* system.c - what this is, whether it lives, who one is; metrics; blobs. */
#include "base/clock.h"
#include "base/limits.h"
#include "model/states.h"
#include "server/handlers.h"
#include "server/numbers.h"
#include "server/portal.h"
#include "server/session.h"
#include "store/ledger.h"
#include "telemetry/prometheus.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

static const char home_page[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>honk</title>\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:42em;margin:3em auto;padding:0 "
    "1em;color:#222;"
    "background:#fff}code{background:#f2f2f2;padding:.1em .3em}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}code{background:#2a2a2a}"
    "a{color:#8ab4f8}}</style>"
    "</head><body>\n<h1>honk</h1>\n"
    "<p>This is a server of <b>Honk</b> " HONK_VERSION
    ", which moves datasets by plans that people approved, proves the "
    "result, and can put it back.</p>\n"
    "<p>It was built without its portal, which needs npm at build time.</p>\n"
    "<p>It is spoken with by the program <code>honk</code> (<code>honk status</code>, <code>honk "
    "plan</code>, "
    "<code>honk watch</code>) and over HTTP: <code>GET /migrations</code>, <code>GET "
    "/events</code> and others, described in "
    "<code>api/openapi.yaml</code>. All but these need a token "
    "(<code>Authorization: Bearer …</code>):</p>\n"
    "<ul><li><a href=\"/healthz\">/healthz</a></li><li><a href=\"/readyz\">/readyz</a></li>"
    "<li><a href=\"/metrics\">/metrics</a></li></ul>\n</body></html>\n";

static bool
answer_text(Request *request, const char *content_type, const char *text)
{
    request->reply.content_type = content_type;
    request->reply.bytes = strlen(text);
    request->reply.body = strdup(text);
    return true;
}

bool
handle_home(Request *request, GError **error)
{
    return portal_answer(request, "index.html") ||
           answer_text(request, "text/html; charset=utf-8", home_page);
}

bool
handle_health(Request *request, GError **error)
{
    const Server *server = request->server;
    return request_answer(request,
                          json_pack("{s:s, s:s, s:s, s:I}", "status", "ok", "version", HONK_VERSION,
                                    "url", server->url, "uptime_ms",
                                    (json_int_t) (clock_wall_ms() - server->started_at_ms)));
}

bool
handle_ready(Request *request, GError **error)
{
    Db *db = NULL;
    int64_t seq = 0;

    if (!atomic_load(&request->server->is_ready))
        return fail(error, ERR_TRANSIENT, "the server is not ready yet");
    if (atomic_load(&request->server->is_stopping))
        return fail(error, ERR_TRANSIENT, "the server is stopping");
    if (!request_reader(request, &db, error) || !ledger_last(db, &seq, error))
        return false;
    return request_answer(request,
                          json_pack("{s:s, s:I}", "status", "ready", "seq", (json_int_t) seq));
}

bool
handle_whoami(Request *request, GError **error)
{
    json_t *roles = json_array();
    for (Role role = ROLE_VIEWER; role < ROLE_COUNT; role++) {
        if (identity_has(&request->who, role))
            json_array_append_new(roles, json_string(role_name(role)));
    }
    json_t *answer = json_pack("{s:s, s:o}", "identity", request->who.name, "roles", roles);
    json_set_string(answer, "via", request->who.via);
    json_t *session = session_json(request);
    if (session != NULL)
        json_object_set_new(answer, "session", session);
    return request_answer(request, answer);
}

#define SAMPLES_MAX (PLAN_STATE_COUNT + TASK_STATUS_COUNT + 1)

/* One sample for each name, also where there is nothing: a series that comes and goes draws no line. */
static bool
samples_count(Db *db, const char *sql, Sample *samples, size_t count, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db, sql, &stmt, error) || !stmt_step(stmt, &is_row, error))
        return false;
    while (is_row) {
        for (size_t i = 0; i < count; i++) {
            if (strcmp(samples[i].label_value, stmt_col_text(stmt, 0)) == 0)
                samples[i].value = stmt_col_int(stmt, 1);
        }
        if (!stmt_step(stmt, &is_row, error))
            return false;
    }
    return true;
}

bool
handle_metrics(Request *request, GError **error)
{
    Sample samples[SAMPLES_MAX] = {0};
    Sample *tasks = samples + PLAN_STATE_COUNT;
    Db *db = NULL;

    for (PlanState state = 0; state < PLAN_STATE_COUNT; state++)
        samples[state] =
            (Sample){"honk_plans", "Plans by state.", "state", plan_state_name(state), 0};
    for (TaskStatus status = 0; status < TASK_STATUS_COUNT; status++)
        tasks[status] = (Sample){"honk_tasks", "Tasks of open plans by status.", "status",
                                 task_status_name(status), 0};
    tasks[TASK_STATUS_COUNT] =
        (Sample){"honk_start_time_seconds", "When the server started, since 1970.", NULL, NULL,
                 request->server->started_at_ms / 1000};
    if (!request_reader(request, &db, error) ||
        !samples_count(db, "SELECT state, count(*) FROM plan GROUP BY state", samples,
                       PLAN_STATE_COUNT, error) ||
        /* Not of all that ever were: by the indexes, whatever the history is. */
        !samples_count(db,
                       "SELECT t.status, count(*) FROM plan AS p CROSS JOIN task AS t ON t.plan = "
                       "p.id WHERE p.ended_ms = 0 GROUP BY t.status",
                       tasks, TASK_STATUS_COUNT, error))
        return false;
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Sample));
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(json_t) words = NULL;
    g_array_append_vals(all, samples, SAMPLES_MAX);
    if (!numbers_samples(db, all, names, &words, error))
        return false;
    g_autofree char *text = prometheus_text((const Sample *) (const void *) all->data, all->len);
    return answer_text(request, "text/plain; version=0.0.4; charset=utf-8", text);
}

/* ----- blobs ----- */

bool
handle_blob_post(Request *request, GError **error)
{
    g_autofree char *digest = NULL;
    if (!blobs_put(request->server->blobs, request->body->data, request->body->len, &digest, error))
        return false;
    request->reply.location = g_strdup_printf("/blobs/%s", digest);
    return request_answer(request, json_pack("{s:s, s:I}", "digest", digest, "bytes",
                                             (json_int_t) request->body->len));
}

static bool
digest_is_whole(const char *digest)
{
    static const char prefix[] = "sha256:";
    return g_str_has_prefix(digest, prefix) && strlen(digest) == strlen(prefix) + 64 &&
           strspn(digest + strlen(prefix), "0123456789abcdef") == 64;
}

bool
handle_blob_get(Request *request, GError **error)
{
    const char *digest = request->params[0];
    if (!digest_is_whole(digest))
        return fail(error, ERR_INVALID,
                    "a blob's name is 'sha256:' and 64 hex digits in lower case");
    if (!blobs_get(request->server->blobs, digest, &request->reply.body, &request->reply.bytes,
                   error))
        return false;
    request->reply.content_type = "application/octet-stream";
    request->reply.cache = "private, max-age=31536000, immutable";
    return true;
}
