/* scribe.c - a cursor over the event table, like a stream's, that ends in log_line(). */
#include "server/scribe.h"

#include "base/log.h"
#include "store/ledger.h"

#include <pthread.h>
#include <string.h>

#define EVENTS_PER_READ 500

struct Scribe {
    Server *server;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool is_woken, is_stopping; /* under `lock` */
    int64_t after;              /* the thread's own */
};

/* Which events a person wants to see on a quiet terminal, and which are for the curious. */
static LogLevel
event_level(const Event *event)
{
    if (strcmp(event->type, "task.progress") == 0 || strcmp(event->type, "task.evidence") == 0 ||
        strcmp(event->type, "task.status") == 0)
        return LOG_DEBUG;
    if (strcmp(event->type, "worker.lost") == 0 || strcmp(event->type, "access.denied") == 0)
        return LOG_WARN;
    if (event->to != NULL &&
        (strcmp(event->to, "halted") == 0 || strcmp(event->to, "needs_operator") == 0))
        return LOG_WARN;
    return LOG_INFO;
}

/* What it is about, if it is neither a plan nor a task: "entity applied resource:default/users-v1 (added)". */
static void
append_subject(GString *text, const Event *event)
{
    const char *change = json_get_string(event->data, "change", NULL);
    const char *subject = json_get_string(event->data, "ref", NULL);
    if (subject == NULL)
        subject = json_get_string(event->data, "resource", NULL);
    g_autofree char *words = g_strdelimit(g_strdup(event->type), ".", ' ');
    g_string_append_printf(text, "%s%s%s", words, subject != NULL ? " " : "",
                           subject != NULL ? subject : "");
    if (change != NULL)
        g_string_append_printf(text, " (%s)", change);
}

/* "m-… running -> halted: budget spent" */
static char *
event_sentence(const Event *event)
{
    GString *text = g_string_new(NULL);
    const char *subject = event->task != NULL ? event->task : event->plan;
    if (subject != NULL)
        g_string_append(text, subject);
    else
        append_subject(text, event);
    if (event->to != NULL)
        g_string_append_printf(text, " %s%s%s", event->from != NULL ? event->from : "",
                               event->from != NULL ? " -> " : "is ", event->to);
    if (event->reason != NULL)
        g_string_append_printf(text, ": %s", event->reason);
    return g_string_free(text, FALSE);
}

static bool
event_log(const Event *event, void *data)
{
    Scribe *scribe = data;
    json_t *fields = json_object();
    json_set_string(fields, "event", event->type);
    json_set_int(fields, "seq", event->seq);
    json_set_string(fields, "plan_id", event->plan);
    json_set_string(fields, "task_id", event->task);
    json_set_string(fields, "step", event->step);
    json_set_string(fields, "actor", event->actor);
    json_set_string(fields, "from", event->from);
    json_set_string(fields, "to", event->to);
    json_set_string(fields, "reason", event->reason);
    g_autofree char *sentence = event_sentence(event);
    log_line(event_level(event), fields, "%s", sentence);
    scribe->after = event->seq;
    return true;
}

static void
scribe_write(Scribe *scribe)
{
    int64_t before = -1;
    while (before != scribe->after) {
        Db *db = NULL;
        before = scribe->after;
        if (!readers_take(scribe->server->readers, &db, NULL))
            return;
        bool is_read =
            ledger_read(db, scribe->after, NULL, EVENTS_PER_READ, event_log, scribe, NULL);
        readers_give(scribe->server->readers, db);
        if (!is_read)
            return;
    }
}

static void *
scribe_main(void *data)
{
    Scribe *scribe = data;
    bool is_stopping = false;

    while (!is_stopping) {
        pthread_mutex_lock(&scribe->lock);
        while (!scribe->is_woken && !scribe->is_stopping)
            pthread_cond_wait(&scribe->woken, &scribe->lock);
        scribe->is_woken = false;
        is_stopping = scribe->is_stopping;
        pthread_mutex_unlock(&scribe->lock);
        scribe_write(scribe);
    }
    return NULL;
}

bool
scribe_start(Server *server, int64_t after, Scribe **ret, GError **error)
{
    Scribe *scribe = g_new0(Scribe, 1);
    scribe->server = server;
    scribe->after = after;
    pthread_mutex_init(&scribe->lock, NULL);
    pthread_cond_init(&scribe->woken, NULL);
    if (pthread_create(&scribe->thread, NULL, scribe_main, scribe) != 0) {
        g_free(scribe);
        return fail(error, ERR_INTERNAL, "cannot start the log's thread");
    }
    pthread_setname_np(scribe->thread, "honk-scribe");
    *ret = scribe;
    return true;
}

void
scribe_wake(Scribe *scribe)
{
    pthread_mutex_lock(&scribe->lock);
    scribe->is_woken = true;
    pthread_cond_signal(&scribe->woken);
    pthread_mutex_unlock(&scribe->lock);
}

void
scribe_stop(Scribe *scribe)
{
    if (scribe == NULL)
        return;
    pthread_mutex_lock(&scribe->lock);
    scribe->is_stopping = true;
    pthread_cond_signal(&scribe->woken);
    pthread_mutex_unlock(&scribe->lock);
    pthread_join(scribe->thread, NULL);
    pthread_cond_destroy(&scribe->woken);
    pthread_mutex_destroy(&scribe->lock);
    g_free(scribe);
}
