/* readers.c - a stack of idle connections under one lock; when all are lent, who wants one waits. */
#include "server/readers.h"

#include <pthread.h>

#define READERS_KEPT_MAX 16 /* more threads than this rarely read in the same millisecond */
#define READERS_LENT_MAX 64 /* each may hold some MiB of pages; a read takes milliseconds */

struct Readers {
    char *folder;
    pthread_mutex_t lock;
    pthread_cond_t given;
    Db *idle[READERS_KEPT_MAX];
    unsigned idle_count;
    unsigned lent_count;
};

Readers *
readers_new(const char *folder)
{
    Readers *readers = g_new0(Readers, 1);
    readers->folder = g_strdup(folder);
    pthread_mutex_init(&readers->lock, NULL);
    pthread_cond_init(&readers->given, NULL);
    return readers;
}

void
readers_free(Readers *readers)
{
    if (readers == NULL)
        return;
    g_assert(readers->lent_count == 0);
    for (unsigned i = 0; i < readers->idle_count; i++)
        db_close(readers->idle[i]);
    pthread_cond_destroy(&readers->given);
    pthread_mutex_destroy(&readers->lock);
    g_free(readers->folder);
    g_free(readers);
}

bool
readers_take(Readers *readers, Db **ret, GError **error)
{
    Db *db = NULL;

    pthread_mutex_lock(&readers->lock);
    while (readers->lent_count >= READERS_LENT_MAX)
        pthread_cond_wait(&readers->given, &readers->lock);
    if (readers->idle_count > 0)
        db = readers->idle[--readers->idle_count];
    readers->lent_count++;
    pthread_mutex_unlock(&readers->lock);

    if (db == NULL && !db_open_reader(readers->folder, &db, error)) {
        pthread_mutex_lock(&readers->lock);
        readers->lent_count--;
        pthread_cond_signal(&readers->given);
        pthread_mutex_unlock(&readers->lock);
        return false;
    }
    *ret = db;
    return true;
}

void
readers_give(Readers *readers, Db *db)
{
    if (db == NULL)
        return;
    pthread_mutex_lock(&readers->lock);
    readers->lent_count--;
    pthread_cond_signal(&readers->given);
    if (readers->idle_count < READERS_KEPT_MAX) {
        readers->idle[readers->idle_count++] = db;
        db = NULL;
    }
    pthread_mutex_unlock(&readers->lock);
    db_close(db);
}
