/* mailbox.c - an array under a mutex, and an eventfd that is readable while the array is not empty.
 */
#include "base/mailbox.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct Mailbox {
    pthread_mutex_t lock;
    int fd;
    size_t items_max;
    GPtrArray *items; /* under `lock` */
    bool is_closed;   /* under `lock` */
};

Mailbox *
mailbox_new(size_t items_max)
{
    Mailbox *mailbox = g_new0(Mailbox, 1);
    mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g_assert(mailbox->fd >= 0); /* out of descriptors at start: nothing can work */
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->items_max = items_max;
    mailbox->items = g_ptr_array_new();
    return mailbox;
}

void
mailbox_free(Mailbox *mailbox)
{
    if (mailbox == NULL)
        return;
    g_assert(mailbox->items->len == 0);
    g_ptr_array_unref(mailbox->items);
    pthread_mutex_destroy(&mailbox->lock);
    close(mailbox->fd);
    g_free(mailbox);
}

int
mailbox_fd(const Mailbox *mailbox)
{
    return mailbox->fd;
}

bool
mailbox_put(Mailbox *mailbox, void *item)
{
    pthread_mutex_lock(&mailbox->lock);
    bool fits = !mailbox->is_closed && mailbox->items->len < mailbox->items_max;
    if (fits) {
        g_ptr_array_add(mailbox->items, item);
        if (mailbox->items->len == 1)
            eventfd_write(mailbox->fd, 1);
    }
    pthread_mutex_unlock(&mailbox->lock);
    return fits;
}

GPtrArray *
mailbox_take(Mailbox *mailbox)
{
    GPtrArray *fresh = g_ptr_array_new();
    pthread_mutex_lock(&mailbox->lock);
    GPtrArray *taken = mailbox->items;
    mailbox->items = fresh;
    eventfd_t ignored;
    if (taken->len > 0)
        eventfd_read(mailbox->fd, &ignored);
    pthread_mutex_unlock(&mailbox->lock);
    return taken;
}

void
mailbox_close(Mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    mailbox->is_closed = true;
    pthread_mutex_unlock(&mailbox->lock);
}
