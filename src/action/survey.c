/* survey.c - see survey.h. */
#include "action/survey.h"

#include "base/limits.h"

#include <string.h>

bool
request_read(const StepCall *call, StepEnv *env, json_t **ret, GError **error)
{
    const char *digest = json_get_string(call->lease->params, "request", NULL);
    g_autofree char *text = NULL;
    size_t bytes;

    if (digest == NULL) {
        *ret = NULL;
        return true;
    }
    return env->blob_get(env, digest, &text, &bytes, error) &&
           json_parse(text, bytes, "the request", ret, error);
}

static json_t *
roles_of(const Conn *conn)
{
    const Driver *driver = conn->driver;
    bool can_carry =
        driver->freeze != NULL && driver->swap != NULL && driver->swap->carried != NULL;
    return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b}", "carry",
                     can_carry && conn_can_repair(conn), "says_all", conn_says_all(conn), "watch",
                     driver->watch != NULL, "follow", conn_can_remove(conn), "scan",
                     driver->scan != NULL, "load", driver->load != NULL, "push",
                     driver->push != NULL, "freeze", driver->freeze != NULL, "swap",
                     driver->swap != NULL, "sql", conn_has_sql(conn));
}

/* Can what is written to the source be read from its store's log? */
static bool
look_at_log(Conn *conn, const char *object, json_t *dataset, json_t *roles, GError **error)
{
    g_autofree char *why = NULL;
    if (!conn_can_log(conn, object, &why, error))
        return false;
    json_set_bool(roles, "log", why == NULL);
    if (why != NULL)
        json_set_string(dataset, "no_log", why);
    return true;
}

/* Can one state of the source be read while others write, and what is written meanwhile be counted? */
static bool
look_at_snapshot(Conn *conn, const char *object, json_t *dataset, json_t *roles, GError **error)
{
    g_autofree char *no_snapshot = NULL, *no_notes = NULL;
    if (!conn_can_hold(conn, object, &no_snapshot, error) ||
        !conn_can_note(conn, object, &no_notes, error))
        return false;
    json_set_bool(roles, "snapshot", no_snapshot == NULL);
    json_set_bool(roles, "notes", no_notes == NULL);
    json_set_string(dataset, "no_snapshot", no_snapshot);
    json_set_string(dataset, "no_notes", no_notes);
    return true;
}

/* A failure that a retry may cure stays an error; others are told to the reader of the plan. */
static bool
as_problem(json_t *dataset, GError *found, GError **error)
{
    if (error_then(error_code(found)) == THEN_RETRY || error_is(found, ERR_STOPPED)) {
        g_propagate_error(error, found);
        return false;
    }
    json_set_string(dataset, "problem", found->message);
    g_error_free(found);
    return true;
}

/* Schema, rows and identity of an object that should be there. */
static bool
look_at_object(Conn *conn, const char *object, json_t *dataset, GError **error)
{
    g_autoptr(Schema) schema = NULL;
    json_t *identity;
    int64_t rows;

    if (!conn_describe(conn, object, &schema, error) ||
        !conn_count(conn, object, NULL, &rows, error) ||
        !conn_identity(conn, object, &identity, error))
        return false;
    json_object_set_new(dataset, "identity", identity);
    json_object_set_new(dataset, "schema", schema_to_json(schema));
    json_set_int(dataset, "rows", rows);
    return true;
}

json_t *
store_look_settings(const StoreConfig *store)
{
    json_t *settings = json_copy(store->settings);
    json_set_bool(settings, "look", true);
    return settings;
}

static bool
open_to_look(const StoreConfig *store, Conn **ret, GError **error)
{
    g_autoptr(json_t) settings = store_look_settings(store);
    StoreConfig looked_at = {.name = store->name, .driver = store->driver, .settings = settings};
    return conn_open(&looked_at, ret, error);
}

/* Complete `dataset` ({ref, url}) in place; `*ret_roles` stays NULL when the store is unknown. */
static bool
look_at_dataset(json_t *dataset, StepEnv *env, bool is_source, json_t **ret_roles, GError **error)
{
    const char *url = json_get_string(dataset, "url", NULL), *object;
    const StoreConfig *store;
    g_autoptr(Conn) conn = NULL;
    GError *found = NULL;

    if (url == NULL)
        return true; /* the planner says so */
    if (!config_dataset_url(env->config, url, &store, &object, &found))
        return as_problem(dataset, found, error);
    json_set_string(dataset, "driver", store->driver);
    if (!open_to_look(store, &conn, &found))
        return as_problem(dataset, found, error);
    *ret_roles = roles_of(conn);
    json_object_set_new(dataset, "schema", json_null());
    if (look_at_object(conn, object, dataset, &found) &&
        (!is_source || (look_at_log(conn, object, dataset, *ret_roles, &found) &&
                        look_at_snapshot(conn, object, dataset, *ret_roles, &found))))
        return true;
    if (!is_source && error_is(found, ERR_NOT_FOUND)) {
        g_error_free(found); /* the migration makes it */
        return true;
    }
    return as_problem(dataset, found, error);
}

static char *
store_of(const json_t *dataset)
{
    const char *url = json_get_string(dataset, "url", "");
    const char *colon = strchr(url, ':');
    return colon != NULL ? g_strndup(url, (size_t) (colon - url)) : NULL;
}

bool
survey(const json_t *request, StepEnv *env, json_t **ret_slice, GError **error)
{
    static const char *const both[] = {"source", "target"};
    g_autoptr(json_t) slice = json_deep_copy(request);
    json_t *capabilities = json_object();

    json_object_set_new(slice, "capabilities", capabilities);
    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        json_t *dataset = json_object_get(slice, both[i]), *roles = NULL;
        if (!json_is_object(dataset))
            continue;
        if (!env->tick(env, (int64_t) i, 2, "datasets", both[i]))
            return fail(error, ERR_STOPPED, "asked to stop");
        if (!look_at_dataset(dataset, env, i == 0, &roles, error))
            return fail_in(error, "cannot look at %s '%s'", both[i],
                           json_get_string(dataset, "url", ""));
        if (roles != NULL)
            json_object_set_new(capabilities, both[i], roles);
    }
    g_autofree char *from = store_of(json_object_get(slice, "source"));
    g_autofree char *to = store_of(json_object_get(slice, "target"));
    json_set_bool(slice, "same_store", from != NULL && g_strcmp0(from, to) == 0);
    *ret_slice = g_steal_pointer(&slice);
    return true;
}
