/* backstage_fetch.c - one entity of Backstage, for a call that names it before a round found it. */
#include "server/backstage.h"
#include "server/backstage_api.h"
#include "server/backstage_plans.h"
#include "server/backstage_write.h"
#include "server/outside.h"

#include <string.h>

static void
catalog_free_data(void *catalog)
{
    catalog_free(catalog);
}

static bool
fetched_write(Command *command, Db *db, void *data, GError **error)
{
    return backstage_apply(db, data, error);
}

static bool
fetch_ref(Request *request, HttpClient *client, const char *ref, bool *ret_found, GError **error)
{
    g_autoptr(json_t) entity = NULL, ignored = NULL;
    g_autoptr(GError) failure = NULL;
    const char *key = request->idempotency_key;

    if (!backstage_api_entity(client, ref, &entity, &failure)) {
        if (error_is(failure, ERR_NOT_FOUND))
            return true;
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    Catalog *catalog = backstage_catalog(entity);
    if (catalog == NULL)
        return true;
    *ret_found = true;
    request->idempotency_key = NULL; /* this is not the answer to what was asked */
    bool is_well = request_ask(request, command_new(COMMAND_WRITE, BACKSTAGE_ACTOR), fetched_write,
                               catalog, catalog_free_data, &ignored, error);
    request->idempotency_key = key;
    return is_well;
}

/* Of each kind that a name may be of; the first that Backstage has. */
static bool
fetch_name(Request *request, HttpClient *client, const char *name, GError **error)
{
    static const char *const kinds[] = {"component", "migration"};
    bool is_found = false;

    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && !is_found; i++) {
        g_autofree char *ref = NULL;
        if (!entity_ref_parse(name, kinds[i], "default", &ref, NULL))
            return true; /* whoever looks for it says what is wrong */
        if (!fetch_ref(request, client, ref, &is_found, error))
            return false;
        if (strchr(name, ':') != NULL)
            break;
    }
    request_give_reader(request); /* it began before the entity was there */
    return true;
}

bool
backstage_fetch(Request *request, const char *name, GError **error)
{
    const BackstageConfig *config = &request->server->config->backstage;
    Outside *outside = request->server->outside;
    g_autoptr(HttpClient) client = NULL;

    if (config->url == NULL)
        return true;
    if (!http_client_new(config->url, config->token, &client, error) ||
        !outside_enter(outside, client, error))
        return false;
    g_autoptr(GError) failure = NULL;
    bool is_well = fetch_name(request, client, name, &failure);
    outside_leave(outside, client);
    if (!is_well && error_is(failure, ERR_STOPPED))
        return outside_fail(error);
    if (!is_well)
        g_propagate_error(error, g_steal_pointer(&failure));
    return is_well;
}
