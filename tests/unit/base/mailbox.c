/* mailbox.c - nothing is lost or doubled between threads, and a full or closed box says no. */
#include "base/mailbox.h"

#include <poll.h>
#include <pthread.h>

static bool
is_readable(const Mailbox *mailbox)
{
    struct pollfd fd = {.fd = mailbox_fd(mailbox), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static void
items_come_out_in_order_and_the_descriptor_tells_when(void)
{
    Mailbox *mailbox = mailbox_new(10);
    g_assert_false(is_readable(mailbox));
    for (int i = 1; i <= 3; i++)
        g_assert_true(mailbox_put(mailbox, GINT_TO_POINTER(i)));
    g_assert_true(is_readable(mailbox));

    g_autoptr(GPtrArray) items = mailbox_take(mailbox);
    g_assert_cmpuint(items->len, ==, 3);
    for (int i = 1; i <= 3; i++)
        g_assert_cmpint(GPOINTER_TO_INT(items->pdata[i - 1]), ==, i);
    g_assert_false(is_readable(mailbox));
    mailbox_free(mailbox);
}

static void
an_empty_box_gives_an_empty_list(void)
{
    Mailbox *mailbox = mailbox_new(1);
    g_autoptr(GPtrArray) items = mailbox_take(mailbox);
    g_assert_cmpuint(items->len, ==, 0);
    mailbox_free(mailbox);
}

static void
a_full_box_refuses_until_it_is_emptied(void)
{
    Mailbox *mailbox = mailbox_new(2);
    int item = 0;
    g_assert_true(mailbox_put(mailbox, &item));
    g_assert_true(mailbox_put(mailbox, &item));
    g_assert_false(mailbox_put(mailbox, &item));
    g_ptr_array_unref(mailbox_take(mailbox));
    g_assert_true(mailbox_put(mailbox, &item));
    g_ptr_array_unref(mailbox_take(mailbox));
    mailbox_free(mailbox);
}

static void
a_closed_box_refuses_but_still_gives_what_it_holds(void)
{
    Mailbox *mailbox = mailbox_new(2);
    int item = 0;
    g_assert_true(mailbox_put(mailbox, &item));
    mailbox_close(mailbox);
    g_assert_false(mailbox_put(mailbox, &item));
    g_autoptr(GPtrArray) items = mailbox_take(mailbox);
    g_assert_cmpuint(items->len, ==, 1);
    mailbox_free(mailbox);
}

#define THREADS 4
#define ITEMS 5000

static Mailbox *shared;

/* The number of the thread above, the number of the item below. */
static void *
put_many(void *data)
{
    unsigned thread = GPOINTER_TO_UINT(data);
    for (unsigned i = 0; i < ITEMS;)
        if (mailbox_put(shared, GUINT_TO_POINTER(thread << 16 | i)))
            i++;
        else
            sched_yield();
    return NULL;
}

static void
many_threads_lose_nothing_and_keep_their_order(void)
{
    shared = mailbox_new(64);
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, put_many, GUINT_TO_POINTER(i));

    unsigned next[THREADS] = {0};
    for (unsigned taken = 0; taken < THREADS * ITEMS;) {
        struct pollfd fd = {.fd = mailbox_fd(shared), .events = POLLIN};
        g_assert_cmpint(poll(&fd, 1, 30000), ==, 1);
        g_autoptr(GPtrArray) items = mailbox_take(shared);
        for (guint i = 0; i < items->len; i++) {
            unsigned value = GPOINTER_TO_UINT(items->pdata[i]);
            g_assert_cmpuint(value & 0xffff, ==, next[value >> 16]);
            next[value >> 16]++;
        }
        taken += items->len;
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    mailbox_free(shared);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailbox/items come out in order, and the descriptor tells when",
                    items_come_out_in_order_and_the_descriptor_tells_when);
    g_test_add_func("/mailbox/an empty box gives an empty list", an_empty_box_gives_an_empty_list);
    g_test_add_func("/mailbox/a full box refuses until it is emptied",
                    a_full_box_refuses_until_it_is_emptied);
    g_test_add_func("/mailbox/a closed box refuses but still gives what it holds",
                    a_closed_box_refuses_but_still_gives_what_it_holds);
    g_test_add_func("/mailbox/many threads lose nothing and keep their order",
                    many_threads_lose_nothing_and_keep_their_order);
    return g_test_run();
}
