/*
 * health.c - ask instances how they are, several at the same time, each with a deadline.
 *
 *   200  pass            204  nothing to judge it by       202, 425, 429  it cannot tell
 *   any other answer, or none: fail
 */
#include "fleet/processes.h"

#include "base/clock.h"
#include "base/http_client.h"
#include "base/parallel.h"

#define ASKED_AT_ONCE 16 /* a hung fleet of a hundred is asked in seven seconds */

static Verdict
verdict_of(int status)
{
    switch (status) {
    case 200:
        return VERDICT_PASS;
    case 204:
        return VERDICT_NO_DATA;
    case 202:
    case 425:
    case 429:
        return VERDICT_INCONCLUSIVE;
    default:
        return VERDICT_FAIL;
    }
}

static void
ask(void *data, void *user)
{
    Instance *instance = data;
    const ServiceConfig *service = user;
    g_autofree char *base = g_strdup_printf("http://127.0.0.1:%d", instance->port);
    g_autoptr(HttpClient) client = NULL;
    g_auto(HttpResponse) response = {0};
    g_autoptr(GError) error = NULL;
    int64_t asked_ms = clock_monotonic_ms();

    if (!http_client_new(base, NULL, &client, &error))
        instance->health = VERDICT_ERROR; /* we are out of something */
    else if (http_call(client, "GET", service->health, NULL, NULL, 0, (int) service->check_ms,
                       &response, &error))
        instance->health = verdict_of(response.status);
    else
        instance->health = error_is(error, ERR_INTERNAL) ? VERDICT_ERROR : VERDICT_FAIL;
    instance->answer_ms = MAX((int) (clock_monotonic_ms() - asked_ms), 1);
}

void
health_ask(const ServiceConfig *service, GPtrArray *instances)
{
    g_autoptr(GPtrArray) asked = g_ptr_array_new();

    for (guint i = 0; i < instances->len; i++) {
        Instance *instance = instances->pdata[i];
        instance->health = VERDICT_FAIL;
        instance->answer_ms = 0;
        if (instance->is_alive && !instance->is_draining)
            g_ptr_array_add(asked, instance);
    }
    parallel_each(asked, ASKED_AT_ONCE, ask, (void *) service);
}
