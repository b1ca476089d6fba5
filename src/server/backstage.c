/* backstage.c - see backstage.h: the thread, its rounds, and what it writes. */
#include "server/backstage.h"

#include "base/clock.h"
#include "base/log.h"
#include "registry/registry.h"
#include "server/backstage_api.h"
#include "server/backstage_plans.h"
#include "server/backstage_write.h"

#include <pthread.h>
#include <string.h>

#define GONE_BELIEVED_MIN 10   /* so few may always go */
#define GONE_ROUNDS_BELIEVED 3 /* more than half: when it was seen so often */
#define STOP_LOOK_MS 100

struct Backstage {
    Server *server;
    HttpClient *client;
    GHashTable *etags; /* ref: etag of what we have of it */
    int rounds_gone;   /* how often more than half was gone */
    bool was_failing;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool is_stopping; /* under `lock` */
};

/* ----- a command, and its end ----- */

/* Shared by the thread and the loop: whoever leaves last frees it. */
typedef struct {
    gint refs;
    atomic_bool is_done;
    GError *error;
    GPtrArray *catalogs; /* to be applied, one entity each; or NULL */
    GPtrArray *gone;     /* refs to be removed; or NULL */
} Errand;

static void
errand_unref(Errand *errand)
{
    if (!g_atomic_int_dec_and_test(&errand->refs))
        return;
    g_clear_error(&errand->error);
    g_clear_pointer(&errand->catalogs, g_ptr_array_unref);
    g_clear_pointer(&errand->gone, g_ptr_array_unref);
    g_free(errand);
}

static void
errand_done(Command *command)
{
    Errand *errand = command->user;
    if (command->error != NULL)
        errand->error = g_error_copy(command->error);
    atomic_store(&errand->is_done, true);
    errand_unref(errand);
    command_free(command);
}

static bool
is_stopping(Backstage *backstage)
{
    pthread_mutex_lock(&backstage->lock);
    bool is_so = backstage->is_stopping;
    pthread_mutex_unlock(&backstage->lock);
    return is_so;
}

static void
wait_ms(Backstage *backstage, int64_t ms)
{
    struct timespec until = clock_until(CLOCK_REALTIME, ms);
    pthread_mutex_lock(&backstage->lock);
    while (!backstage->is_stopping &&
           pthread_cond_timedwait(&backstage->woken, &backstage->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&backstage->lock);
}

/* Put `command` before the loop and wait for its commit; it is taken. STOPPED while the server stops. */
static bool
errand_run(Backstage *backstage, Errand *errand, Command *command, GError **error)
{
    errand->refs = 2;
    command->user = errand;
    command->done = errand_done;
    if (!mailbox_put(backstage->server->mailbox, command)) {
        command_free(command);
        errand->refs = 1;
        errand_unref(errand);
        return fail(error, ERR_STOPPED, "the server is busy or stops");
    }
    while (!atomic_load(&errand->is_done) && !is_stopping(backstage))
        wait_ms(backstage, STOP_LOOK_MS / 10);
    bool is_done = atomic_load(&errand->is_done);
    GError *failure = is_done ? g_steal_pointer(&errand->error) : NULL;
    errand_unref(errand);
    if (!is_done)
        return fail(error, ERR_STOPPED, "the server stops");
    if (failure != NULL)
        g_propagate_error(error, failure);
    return failure == NULL;
}

/* ----- writing ----- */

static bool
errand_write(Command *command, Db *db, GError **error)
{
    const Errand *errand = command->user;
    for (guint i = 0; errand->catalogs != NULL && i < errand->catalogs->len; i++)
        if (!backstage_apply(db, errand->catalogs->pdata[i], error))
            return false;
    for (guint i = 0; errand->gone != NULL && i < errand->gone->len; i++)
        if (!registry_remove(db, errand->gone->pdata[i], BACKSTAGE_ACTOR, error))
            return false;
    return true;
}

static Command *
write_command(void)
{
    Command *command = command_new(COMMAND_WRITE, BACKSTAGE_ACTOR);
    command->write = errand_write;
    return command;
}

/* ----- what is there ----- */

static void
catalog_free_any(void *catalog)
{
    catalog_free(catalog);
}

static bool
take_batch(Backstage *backstage, const GPtrArray *refs, GHashTable *now, GError **error)
{
    g_autoptr(GPtrArray) entities = NULL;
    if (!backstage_api_entities(backstage->client, refs, &entities, error))
        return false;
    Errand *errand = g_new0(Errand, 1);
    errand->catalogs = g_ptr_array_new_with_free_func(catalog_free_any);
    for (guint i = 0; i < entities->len; i++) {
        Catalog *catalog = backstage_catalog(entities->pdata[i]);
        if (catalog != NULL)
            g_ptr_array_add(errand->catalogs, catalog);
    }
    if (!errand_run(backstage, errand, write_command(), error))
        return false;
    for (guint i = 0; i < refs->len; i++)
        g_hash_table_replace(backstage->etags, g_strdup(refs->pdata[i]),
                             g_strdup(g_hash_table_lookup(now, refs->pdata[i])));
    return true;
}

static bool
take_changed(Backstage *backstage, GHashTable *now, GError **error)
{
    g_autoptr(GPtrArray) batch = g_ptr_array_new();
    GHashTableIter iter;
    void *ref, *etag;
    g_hash_table_iter_init(&iter, now);
    while (g_hash_table_iter_next(&iter, &ref, &etag)) {
        if (g_strcmp0(g_hash_table_lookup(backstage->etags, ref), etag) == 0)
            continue;
        g_ptr_array_add(batch, ref);
        if (batch->len < BACKSTAGE_BATCH_MAX)
            continue;
        if (!take_batch(backstage, batch, now, error))
            return false;
        g_ptr_array_set_size(batch, 0);
    }
    return batch->len == 0 || take_batch(backstage, batch, now, error);
}

/* ----- what went ----- */

static bool
gone_read(Db *db, GHashTable *now, GPtrArray *gone, guint *ret_count, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    *ret_count = 0;
    if (!db_prepare(db, "SELECT ref FROM entity WHERE origin = '" BACKSTAGE_ORIGIN "' ORDER BY ref",
                    &stmt, error))
        return false;
    while (stmt_step(stmt, &is_row, error)) {
        if (!is_row)
            return true;
        *ret_count += 1;
        if (!g_hash_table_contains(now, stmt_col_text(stmt, 0)))
            g_ptr_array_add(gone, g_strdup(stmt_col_text(stmt, 0)));
    }
    return false;
}

static bool
is_believed(Backstage *backstage, guint gone, guint count)
{
    if (gone <= GONE_BELIEVED_MIN || gone <= count / 2) {
        backstage->rounds_gone = 0;
        return true;
    }
    if (++backstage->rounds_gone >= GONE_ROUNDS_BELIEVED)
        return true;
    log_line(LOG_WARN, json_pack("{s:s}", "event", "backstage.gone"),
             "%u of %u entities are gone from Backstage at once: they stay until this was seen %d "
             "times",
             gone, count, GONE_ROUNDS_BELIEVED);
    return false;
}

static bool
submit_all(Backstage *backstage, GPtrArray *queue, GError **error)
{
    for (guint i = 0; i < queue->len; i++) {
        g_autoptr(GError) refused = NULL;
        Command *command = g_steal_pointer(&queue->pdata[i]);
        if (errand_run(backstage, g_new0(Errand, 1), command, &refused))
            continue;
        if (error_is(refused, ERR_STOPPED)) {
            g_propagate_error(error, g_steal_pointer(&refused));
            return false;
        }
        log_line(LOG_WARN, NULL, "of Backstage's migrations: %s",
                 refused->message); /* it moved on meanwhile */
    }
    return true;
}

static void
command_free_any(void *command)
{
    if (command != NULL)
        command_free(command);
}

static bool
drop_gone(Backstage *backstage, GHashTable *now, GError **error)
{
    Server *server = backstage->server;
    g_autoptr(GPtrArray) queue = g_ptr_array_new_with_free_func(command_free_any);
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
    guint count = 0;
    Db *db = NULL;

    if (!readers_take(server->readers, &db, error))
        return false;
    bool is_read = gone_read(db, now, gone, &count, error);
    readers_give(server->readers, db);
    if (!is_read)
        return false;
    if (gone->len == 0 || !is_believed(backstage, gone->len, count))
        return true;
    /* Plans first: a crash in between finds the entity still there. */
    if (!backstage_plans_gone(server, gone, queue, error) || !submit_all(backstage, queue, error))
        return false;
    for (guint i = 0; i < gone->len; i++)
        g_hash_table_remove(backstage->etags, gone->pdata[i]);
    Errand *errand = g_new0(Errand, 1);
    errand->gone = g_steal_pointer(&gone);
    return errand_run(backstage, errand, write_command(), error);
}

/* ----- the thread ----- */

static bool
backstage_round(Backstage *backstage, GError **error)
{
    g_autoptr(GHashTable) now = NULL;
    g_autoptr(GPtrArray) queue = g_ptr_array_new_with_free_func(command_free_any);
    return backstage_api_list(backstage->client, &now, error) &&
           take_changed(backstage, now, error) && drop_gone(backstage, now, error) &&
           backstage_plans_look(backstage->server, queue, error) &&
           submit_all(backstage, queue, error);
}

/* Said when it begins and when it ends: a Backstage may be away for a night. */
static void
round_tell(Backstage *backstage, const GError *failure)
{
    if (failure != NULL && !backstage->was_failing && !error_is(failure, ERR_STOPPED))
        log_line(LOG_WARN, json_pack("{s:s}", "event", "backstage.failed"), "%s", failure->message);
    if (failure == NULL && backstage->was_failing)
        log_line(LOG_INFO, json_pack("{s:s}", "event", "backstage.back"),
                 "Backstage answers again");
    backstage->was_failing = failure != NULL;
}

static void *
backstage_main(void *data)
{
    Backstage *backstage = data;
    while (!is_stopping(backstage)) {
        g_autoptr(GError) failure = NULL;
        (void) !backstage_round(backstage, &failure);
        round_tell(backstage, failure);
        wait_ms(backstage, backstage->server->config->backstage.every_ms);
    }
    return NULL;
}

bool
backstage_start(Server *server, Backstage **ret, GError **error)
{
    const BackstageConfig *config = &server->config->backstage;
    HttpClient *client = NULL;
    *ret = NULL;
    if (config->url == NULL)
        return true;
    if (!http_client_new(config->url, config->token, &client, error))
        return false;
    Backstage *backstage = g_new0(Backstage, 1);
    backstage->server = server;
    backstage->client = client;
    backstage->etags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pthread_mutex_init(&backstage->lock, NULL);
    pthread_cond_init(&backstage->woken, NULL);
    if (pthread_create(&backstage->thread, NULL, backstage_main, backstage) != 0) {
        http_client_free(client);
        g_hash_table_unref(backstage->etags);
        g_free(backstage);
        return fail(error, ERR_INTERNAL, "cannot start the thread that asks Backstage");
    }
    pthread_setname_np(backstage->thread, "honk-backstage");
    *ret = backstage;
    return true;
}

void
backstage_stop(Backstage *backstage)
{
    if (backstage == NULL)
        return;
    pthread_mutex_lock(&backstage->lock);
    backstage->is_stopping = true;
    pthread_cond_signal(&backstage->woken);
    pthread_mutex_unlock(&backstage->lock);
    http_client_cancel(backstage->client);
    pthread_join(backstage->thread, NULL);
    http_client_free(backstage->client);
    g_hash_table_unref(backstage->etags);
    pthread_cond_destroy(&backstage->woken);
    pthread_mutex_destroy(&backstage->lock);
    g_free(backstage);
}
