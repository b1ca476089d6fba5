/* parallel.c - see parallel.h. */
#include "base/parallel.h"

#include <pthread.h>

#define THREADS_MAX 64

typedef struct {
    GPtrArray *items;
    ParallelFn *each;
    void *data;
    pthread_mutex_t lock;
    guint next;
} Work;

static void *
take_part(void *data)
{
    Work *work = data;
    for (;;) {
        pthread_mutex_lock(&work->lock);
        guint index = work->next++;
        pthread_mutex_unlock(&work->lock);
        if (index >= work->items->len)
            return NULL;
        work->each(work->items->pdata[index], work->data);
    }
}

void
parallel_each(GPtrArray *items, unsigned threads_max, ParallelFn *each, void *data)
{
    Work work = {.items = items, .each = each, .data = data};
    pthread_t threads[THREADS_MAX];
    unsigned wanted = MIN(MIN(threads_max, items->len), THREADS_MAX), started = 0;

    pthread_mutex_init(&work.lock, NULL);
    /* A thread that cannot be had is done without: the caller's own does it all, if need be. */
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, take_part, &work) == 0)
        started++;
    take_part(&work);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&work.lock);
}
