/* parallel.c - see parallel.h. */
#include "base/parallel.h"

#include <pthread.h>

#define THREADS_MAX 64

typedef struct {
    GPtrArray *items;
    ParallelFn *each;
    void *data;
    guint next; /* counted by all threads */
} Work;

static void *
take_part(void *data)
{
    Work *work = data;
    for (;;) {
        guint index = __atomic_fetch_add(&work->next, 1, __ATOMIC_RELAXED);
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

    /* A thread that cannot be had is done without: the caller's own does it all, if need be. */
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, take_part, &work) == 0)
        started++;
    take_part(&work);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}
