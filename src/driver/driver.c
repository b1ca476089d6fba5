/*
 * driver.c - the list of drivers; connections, and what an object of theirs is.
 *
 * Only wrappers call the pointers of a driver (here, reading.c, writing.c, swapping.c, snapshot.c, watch.c). Each looks whether the
 * store has the role, checks what every driver may rely on, and adds one clause to an error: what was tried, with which object of
 * which store.
 */
#include "driver/driver.h"

#include "base/limits.h"
#include "driver/drivers.h"
#include "driver/wrapper.h"

#include <string.h>

static const Driver *const drivers[] = {
    &driver_sqlite, &driver_postgres, &driver_mariadb, &driver_csv,
    &driver_ndjson, &driver_redis,    &driver_kafka,
};

/* Found by its name, but offered to nobody: it keeps nothing. */
static const Driver *const unoffered = &driver_memory;

const Driver *
driver_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++)
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    return strcmp(unoffered->name, name) == 0 ? unoffered : NULL;
}

bool
fail_fenced(const char *what, const char *scope, int64_t stands, const Writer *writer,
            GError **error)
{
    return fail(error, ERR_FENCED,
                "the fence of %s '%s' stands at %" G_GINT64_FORMAT
                ", our token is %" G_GINT64_FORMAT,
                what, scope, stands, writer->token);
}

bool
fail_role(const Conn *conn, const char *role, GError **error)
{
    return fail(error, ERR_UNSUPPORTED, "store '%s' (%s) cannot %s", conn->store,
                conn->driver->name, role);
}

bool
check_object(const Conn *conn, const char *object, GError **error)
{
    g_assert(object != NULL);
    if (object[0] == '\0' || strlen(object) > NAME_BYTES_MAX || !g_utf8_validate(object, -1, NULL))
        return fail(error, ERR_INVALID,
                    "an object of store '%s' needs a name of 1 to %d bytes of UTF-8", conn->store,
                    NAME_BYTES_MAX);
    return true;
}

bool
fail_object(const Conn *conn, const char *verb, const char *object, GError **error)
{
    return fail_in(error, "cannot %s '%s' in store '%s'", verb, object, conn->store);
}

void
check_writer(const Writer *writer)
{
    g_assert(writer->plan != NULL && writer->plan[0] != '\0' && writer->token > 0);
    g_assert(writer->task != NULL && writer->task[0] != '\0');
    g_assert(strcmp(writer->plan, writer->task) != 0); /* both are scopes of fences */
}

bool
driver_find(const StoreConfig *store, const Driver **ret, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    *ret = driver_by_name(store->driver);
    if (*ret != NULL)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", drivers[i]->name);
    return fail(error, ERR_INVALID, "store '%s' has driver '%s', expected one of %s", store->name,
                store->driver, names->str);
}

bool
conn_open(const StoreConfig *store, Conn **ret, GError **error)
{
    const Driver *driver = NULL;
    if (!driver_find(store, &driver, error))
        return false;
    if (!driver->open(driver, store, ret, error))
        return fail_in(error, "cannot open store '%s'", store->name);
    g_assert((*ret)->driver == driver && (*ret)->store != NULL);
    return true;
}

void
drivers_keep_sessions(bool is_wanted)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++)
        if (drivers[i]->keep_sessions != NULL)
            drivers[i]->keep_sessions(is_wanted);
}

void
conn_close(Conn *conn)
{
    if (conn != NULL)
        conn->driver->close(conn);
}

void
conn_set_tick(Conn *conn, TickFn *tick, void *data)
{
    conn->tick = tick;
    conn->tick_data = data;
}

void
conn_set_confirm(Conn *conn, ConfirmFn *confirm, void *data)
{
    conn->confirm = confirm;
    conn->confirm_data = data;
}

bool
conn_confirm(Conn *conn, GError **error)
{
    return conn->confirm == NULL || conn->confirm(conn->confirm_data, error);
}

void
conn_set_last_look(Conn *conn, ConfirmFn *look, void *data)
{
    conn->last_look = look;
    conn->last_look_data = data;
}

bool
conn_last_look(Conn *conn, GError **error)
{
    return conn->last_look == NULL || conn->last_look(conn->last_look_data, error);
}

typedef bool DescribeFn(Conn *conn, const char *object, Schema **ret, GError **error);

static bool
describe_by(DescribeFn *describe, Conn *conn, const char *object, Schema **ret, GError **error)
{
    if (!check_object(conn, object, error))
        return false;
    if (!describe(conn, object, ret, error))
        return fail_object(conn, "describe", object, error);
    return true;
}

bool
conn_describe(Conn *conn, const char *object, Schema **ret, GError **error)
{
    return describe_by(conn->driver->describe, conn, object, ret, error);
}

bool
conn_outline(Conn *conn, const char *object, Schema **ret, GError **error)
{
    const Driver *driver = conn->driver;
    return describe_by(driver->outline != NULL ? driver->outline : driver->describe, conn, object,
                       ret, error);
}

bool
conn_identity(Conn *conn, const char *object, json_t **ret, GError **error)
{
    if (!check_object(conn, object, error))
        return false;
    return conn->driver->identity(conn, object, ret, error) ||
           fail_object(conn, "identify", object, error);
}

bool
conn_fingerprint(Conn *conn, const char *object, char **ret, GError **error)
{
    if (!check_object(conn, object, error))
        return false;
    return conn->driver->fingerprint(conn, object, ret, error) ||
           fail_object(conn, "take the fingerprint of", object, error);
}
