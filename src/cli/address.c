/* address.c - see address.h. */
#include "cli/address.h"

#include "base/text.h"
#include "cli/catalog_source.h"
#include "driver/files/decode.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define URL_ANNOTATION "honk/dataset-url"
#define SQLITE_MAGIC "SQLite format 3"
#define REDIS_SCHEME "redis://"
#define KAFKA_SCHEME "kafka://"
#define NAMES_MAX 10000 /* files of a folder that are looked at for near names */

static const struct {
    const char *ending, *driver, *delimiter;
} endings[] = {
    {".csv", "csv", NULL},       {".tsv", "csv", "\t"},        {".ndjson", "ndjson", NULL},
    {".jsonl", "ndjson", NULL},  {".json", "ndjson", NULL},    {".db", "sqlite", NULL},
    {".sqlite", "sqlite", NULL}, {".sqlite3", "sqlite", NULL}, {".db3", "sqlite", NULL},
};

static void
store_config_free(StoreConfig *store)
{
    if (store == NULL)
        return;
    g_free(store->name);
    g_free(store->driver);
    json_decref(store->settings);
    g_free(store);
}

static StoreConfig *
store_config_copy(const StoreConfig *store, const char *name)
{
    StoreConfig *copy = g_new0(StoreConfig, 1);
    copy->name = g_strdup(name);
    copy->driver = g_strdup(store->driver);
    copy->settings = json_deep_copy(store->settings);
    return copy;
}

void
address_clear(Address *address)
{
    store_config_free(address->store);
    g_free(address->text);
    g_free(address->object);
    *address = (Address){0};
}

/* ---- files ---- */

static int
ending_of(const char *path)
{
    g_autofree char *all = g_ascii_strdown(path, -1), *lower = packing_strip(all);
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(lower, endings[i].ending))
            return (int) i;
    return -1;
}

static bool
is_file(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

/* By its first bytes: databases are called anything. */
static bool
is_sqlite_file(const char *path)
{
    char head[sizeof SQLITE_MAGIC] = "";
    if (!is_file(path))
        return false;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    bool is_it = fread(head, 1, sizeof head, file) == sizeof head &&
                 memcmp(head, SQLITE_MAGIC, sizeof head) == 0;
    fclose(file);
    return is_it;
}

static bool
is_sqlite_name(const char *path)
{
    int ending = ending_of(path);
    return ending >= 0 && strcmp(endings[ending].driver, "sqlite") == 0;
}

/* The store's name is what messages show; an address may have no colon before its own. */
static void
set_file_store(Address *address, const char *driver, const char *path, const char *shown)
{
    StoreConfig *store = g_new0(StoreConfig, 1);
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    store->name = g_strdelimit(g_strdup(shown), ":", '_');
    store->driver = g_strdup(driver);
    store->settings = json_object();
    json_set_string(store->settings, "path", absolute);
    address->store = store;
}

/* A file of rows is the object of its folder. */
static void
set_rows_file(Address *address, const char *driver, const char *path)
{
    int ending = ending_of(path);
    g_autofree char *folder = g_path_get_dirname(path);
    set_file_store(address, driver, folder, folder);
    address->object = g_path_get_basename(path);
    if (ending >= 0 && endings[ending].delimiter != NULL)
        json_object_set_new(address->store->settings, "format",
                            json_pack("{s:s}", "delimiter", endings[ending].delimiter));
}

static bool
fail_no_file(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path), *base = g_path_get_basename(path);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    if (dir == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no folder '%s'", folder);
    while (names->len < NAMES_MAX && (name = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_add(names, NULL);
    const char *near = text_nearest(base, (const char *const *) names->pdata);
    if (near == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no file '%s'", path);
    return fail(error, ERR_NOT_FOUND, "there is no file '%s', did you mean '%s'?", path, near);
}

static bool
set_sqlite_file(Address *address, const char *path, const char *table, bool may_be_new,
                GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    if (*table == '\0')
        return fail(error, ERR_INVALID, "'%s' is a database: say which table, as in '%s:TABLE'",
                    address->text, path);
    address->is_new_file = !g_file_test(path, G_FILE_TEST_EXISTS);
    if (address->is_new_file && (!may_be_new || !g_file_test(folder, G_FILE_TEST_IS_DIR)))
        return fail_no_file(path, error);
    set_file_store(address, "sqlite", path, path);
    if (address->is_new_file)
        json_set_bool(address->store->settings, "create", true);
    address->object = g_strdup(table);
    return true;
}

/* "PATH:TABLE" at the first colon before which a database's name ends. */
static bool
split_sqlite(const char *text, char **ret_path, const char **ret_table)
{
    for (const char *at = strchr(text, ':'); at != NULL; at = strchr(at + 1, ':')) {
        g_autofree char *path = g_strndup(text, (size_t) (at - text));
        if (!is_sqlite_name(path) && !is_sqlite_file(path))
            continue;
        *ret_path = g_steal_pointer(&path);
        *ret_table = at + 1;
        return true;
    }
    return false;
}

/* `*ret_found` false when the text names no file. */
static bool
find_file(Address *address, bool may_be_new, bool *ret_found, GError **error)
{
    const char *text = address->text, *table = "";
    g_autofree char *path = NULL;
    int ending = ending_of(text);
    *ret_found = true;
    if (is_file(text) && (is_sqlite_name(text) || is_sqlite_file(text)))
        return set_sqlite_file(address, text, "", may_be_new, error);
    /* with a colon it may be a store's object or a table: a new file of such a name is csv:PATH */
    bool may_be_made = may_be_new && strchr(text, ':') == NULL;
    if (ending >= 0 && !is_sqlite_name(text) && (is_file(text) || may_be_made)) {
        set_rows_file(address, endings[ending].driver, text);
        return true;
    }
    if (split_sqlite(text, &path, &table))
        return set_sqlite_file(address, path, table, may_be_new, error);
    *ret_found = false;
    return true;
}

/* The last one that is in no name in double quotes, which may have any letter; NULL: there is none. */
static const char *
last_colon(const char *text)
{
    const char *last = NULL;
    bool is_quoted = false;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"')
            is_quoted = !is_quoted;
        else if (*at == ':' && !is_quoted)
            last = at;
    }
    return is_quoted ? strrchr(text, ':') : last;
}

/* "postgres:DATABASE:TABLE". The database is a name, or all that libpq needs to find it; a password is not for command lines,
 * which everybody on the machine can read. */
static bool
set_postgres(Address *address, const char *database, GError **error)
{
    const char *last = last_colon(database), *user = strstr(database, "://");
    const char *slash = last != NULL ? strchr(last, '/') : NULL; /* it is a port's colon */
    bool is_port = slash != NULL && memchr(last, '"', (size_t) (slash - last)) == NULL;
    if (last == NULL || last == database || last[1] == '\0' || is_port)
        return fail(error, ERR_INVALID,
                    "'%s' lacks its table: expected postgres:DATABASE:TABLE, or "
                    "postgresql://HOST/DATABASE:TABLE",
                    address->text);
    g_autofree char *place = g_strndup(database, (size_t) (last - database));
    const char *at = user != NULL ? strchr(user, '@') : NULL;
    if (strstr(place, "password") != NULL ||
        (at != NULL && memchr(user + 3, ':', (size_t) (at - user - 3)) != NULL))
        return fail(error, ERR_INVALID,
                    "a password does not belong in a command line: put it into ~/.pgpass, or into "
                    "password_file of a store in honk.yaml");
    bool is_name = strchr(place, '=') == NULL && user == NULL;
    set_file_store(address, "postgres", ".", place);
    json_object_clear(address->store->settings);
    json_object_set_new(address->store->settings, "url",
                        json_sprintf("%s%s", is_name ? "dbname=" : "", place));
    address->object = g_strdup(last + 1);
    return true;
}

/* "redis://HOST:PORT/DATABASE/OBJECT": what is a server's ends behind the number. */
static bool
set_redis_server(Address *address, GError **error)
{
    const char *host = strstr(address->text, "://") + strlen("://"), *slash = strchr(host, '/');
    const char *end = slash != NULL ? slash + 1 + strspn(slash + 1, "0123456789") : NULL;
    if (end == NULL || end == slash + 1 || *end != '/' || end[1] == '\0')
        return fail(error, ERR_INVALID,
                    "'%s' does not say which rows: expected redis://HOST:PORT/DATABASE/OBJECT, for "
                    "example redis://127.0.0.1:6379/0/users:{id}",
                    address->text);
    if (memchr(host, '@', (size_t) (slash - host)) != NULL)
        return fail(error, ERR_INVALID,
                    "a user or password does not belong into a command: name the server in "
                    "honk.yaml, with a password_file");
    g_autofree char *url = g_strndup(address->text, (size_t) (end - address->text));
    set_file_store(address, "redis", ".", strstr(url, "://") + strlen("://"));
    json_object_clear(address->store->settings);
    json_set_string(address->store->settings, "url", url);
    address->object = g_strdup(end + 1);
    return true;
}

/* "kafka://HOST:PORT,HOST:PORT/TOPIC". */
static bool
set_kafka_cluster(Address *address, GError **error)
{
    const char *slash = strchr(address->text + strlen(KAFKA_SCHEME), '/');
    if (slash == NULL || slash[1] == '\0')
        return fail(error, ERR_INVALID,
                    "'%s' does not say which topic: expected kafka://HOST:PORT/TOPIC, for example "
                    "kafka://127.0.0.1:9092/orders",
                    address->text);
    g_autofree char *url = g_strndup(address->text, (size_t) (slash - address->text));
    set_file_store(address, "kafka", ".", url + strlen(KAFKA_SCHEME));
    json_object_clear(address->store->settings);
    json_set_string(address->store->settings, "url", url);
    address->object = g_strdup(slash + 1);
    return true;
}

/* "mariadb://USER@HOST:PORT/DATABASE/TABLE", with "?socket=PATH" behind it where that is where the server listens. */
static bool
set_mariadb_server(Address *address, GError **error)
{
    const char *text = address->text, *query = strchr(text, '?');
    g_autofree char *path =
        query != NULL ? g_strndup(text, (size_t) (query - text)) : g_strdup(text);
    const char *host = strstr(path, "://") + strlen("://"), *slash = strchr(host, '/');
    const char *table = slash != NULL ? strchr(slash + 1, '/') : NULL;
    if (table == NULL || table == slash + 1 || table[1] == '\0')
        return fail(error, ERR_INVALID,
                    "'%s' does not say which table: expected mariadb://USER@HOST/DATABASE/TABLE",
                    text);
    const char *at = memchr(host, '@', (size_t) (slash - host));
    if (at != NULL && memchr(host, ':', (size_t) (at - host)) != NULL)
        return fail(error, ERR_INVALID,
                    "a password does not belong into a command: name the server in honk.yaml, with "
                    "a password_file");
    g_autofree char *server = g_strndup(path, (size_t) (table - path));
    g_autofree char *url = g_strconcat(server, query, NULL);
    set_file_store(address, "mariadb", ".", strstr(server, "://") + strlen("://"));
    json_object_clear(address->store->settings);
    json_set_string(address->store->settings, "url", url);
    address->object = g_strdup(table + 1);
    return true;
}

/* "postgresql://HOST/DATABASE:TABLE". */
static bool
set_postgres_url(Address *address, GError **error)
{
    return set_postgres(address, address->text, error);
}

/* Servers that are named by a URL: by what it begins with. */
static const struct {
    const char *scheme;
    bool (*set)(Address *address, GError **error);
} servers[] = {
    {REDIS_SCHEME, set_redis_server},   {KAFKA_SCHEME, set_kafka_cluster},
    {"mariadb://", set_mariadb_server}, {"mysql://", set_mariadb_server},
    {"rediss://", set_redis_server},    {"postgresql://", set_postgres_url},
    {"postgres://", set_postgres_url},
};

/* `*ret_found` false when the text is no such URL. */
static bool
find_server(Address *address, bool *ret_found, GError **error)
{
    *ret_found = true;
    for (size_t i = 0; i < G_N_ELEMENTS(servers); i++)
        if (g_str_has_prefix(address->text, servers[i].scheme))
            return servers[i].set(address, error);
    *ret_found = false;
    return true;
}

/* "csv:PATH", "sqlite:PATH:TABLE". */
static bool
find_by_driver(Address *address, bool may_be_new, bool *ret_found, GError **error)
{
    const char *text = address->text, *colon = strchr(text, ':');
    g_autofree char *driver = colon != NULL ? g_strndup(text, (size_t) (colon - text)) : NULL;
    *ret_found = driver != NULL && driver_by_name(driver) != NULL;
    if (!*ret_found)
        return true;
    if (strcmp(driver, "postgres") == 0)
        return set_postgres(address, colon + 1, error);
    if (strcmp(driver, "kafka") == 0)
        return fail(error, ERR_INVALID,
                    "'%s' does not say which cluster: expected kafka://HOST:PORT/TOPIC", text);
    if (strcmp(driver, "mariadb") == 0)
        return fail(error, ERR_INVALID,
                    "'%s' does not say which server: expected mariadb://USER@HOST/DATABASE/TABLE",
                    text);
    if (strcmp(driver, "redis") == 0)
        return fail(error, ERR_INVALID,
                    "'%s' does not say which server: expected redis://HOST:PORT/DATABASE/OBJECT",
                    text);
    if (strcmp(driver, "sqlite") == 0) {
        const char *last = strrchr(colon + 1, ':');
        if (last == NULL)
            return fail(error, ERR_INVALID, "'%s' lacks its table: expected sqlite:PATH:TABLE",
                        text);
        g_autofree char *path = g_strndup(colon + 1, (size_t) (last - colon - 1));
        return set_sqlite_file(address, path, last + 1, may_be_new, error);
    }
    if (!is_file(colon + 1) && !may_be_new)
        return fail_no_file(colon + 1, error);
    set_rows_file(address, driver, colon + 1);
    return true;
}

/* ---- honk.yaml and its catalog ---- */

static bool
catalog_url(Invocation *call, const Config *config, const char *name, char **ret_url,
            GError **error)
{
    g_autoptr(Catalog) catalog = NULL;
    g_autoptr(Entity) entity = NULL;
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    for (guint i = 0; i < config->catalog->len; i++)
        g_ptr_array_add(paths, config->catalog->pdata[i]);
    g_ptr_array_add(paths, NULL);
    if (!catalog_read_shown((const char *const *) paths->pdata, false, call->view, &catalog, error))
        return false;
    CatalogView view = catalog_view(catalog);
    if (!catalog_dataset(&view, name, &entity, error))
        return false;
    const char *url = entity_annotation(entity, URL_ANNOTATION);
    if (url == NULL)
        return fail(error, ERR_INVALID, "'%s' has no annotation " URL_ANNOTATION, entity->ref);
    *ret_url = g_strdup(url);
    return true;
}

/* A whole address, without a colon. */
static bool
fail_no_such(const char *text, GError **error)
{
    int ending = ending_of(text);
    if (ending < 0 || strcmp(endings[ending].driver, "sqlite") != 0)
        return fail_no_file(text, error);
    return fail(error, ERR_NOT_FOUND,
                "there is no database '%s', and no table of it is named: expected '%s:TABLE'", text,
                text);
}

/* Of a file that is packed in a way that nothing here unpacks, as its ending says; false: it is not. */
static bool
hint_at_packing(Invocation *call, const char *text)
{
    static const char *const foreign[] = {".bz2", ".xz", ".lz4", ".zip", ".7z", ".tgz", ".tar"};
    bool is_it = false;
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++)
        is_it = is_it || g_str_has_suffix(text, foreign[i]);
    if (is_it && is_file(text))
        invocation_hint(
            call,
            "what gzip or zstd has packed is read (.csv.gz, .json.zst): unpack it, or pack it so");
    return is_it && is_file(text);
}

/* What was meant, when there is no honk.yaml in which it could be something else. */
static bool
fail_without_config(Invocation *call, const char *text, GError *no_config, GError **error)
{
    bool looks_like_file = ending_of(text) >= 0 || strchr(text, '/') != NULL;
    if (!error_is(no_config, ERR_NOT_FOUND)) {
        g_propagate_error(error, no_config);
        return false;
    }
    g_error_free(no_config);
    if (!hint_at_packing(call, text))
        invocation_hint(call, "a dataset is a file (airports.csv, data.db:users), "
                              "postgres:DATABASE:TABLE or, with a honk.yaml, "
                              "STORE:OBJECT or a name of its catalog");
    if (looks_like_file)
        return fail_no_such(text, error);
    return fail(error, ERR_NOT_FOUND,
                "'%s' is no file that is known by its ending, and there is no honk.yaml", text);
}

static bool
has_catalog(const Config *config)
{
    for (guint i = 0; i < config->catalog->len; i++)
        if (g_file_test(config->catalog->pdata[i], G_FILE_TEST_EXISTS))
            return true;
    return false;
}

static void
hint_at_forms(Invocation *call, const Config *config, const char *text)
{
    g_autoptr(GString) stores = g_string_new(NULL);
    for (guint i = 0; i < config->stores->len; i++)
        g_string_append_printf(stores, "%s%s", i > 0 ? ", " : "",
                               ((const StoreConfig *) config->stores->pdata[i])->name);
    if (hint_at_packing(call, text))
        return;
    if (is_file(text))
        invocation_hint(
            call, "it is a file whose name does not say what is in it: csv:%s or ndjson:%s does",
            text, text);
    else
        invocation_hint(call,
                        "a dataset is a file (airports.csv, data.db:users), STORE:OBJECT with a "
                        "store of honk.yaml (%s), or a name of its catalog",
                        stores->str);
}

/* Neither a file nor a store's: a name of the catalog, if there is one. */
static bool
find_in_catalog(Invocation *call, const Config *config, const char *text, char **ret_url,
                GError **error)
{
    bool found = has_catalog(config) ? catalog_url(call, config, text, ret_url, error)
                                     : fail(error, ERR_NOT_FOUND, "there is no dataset '%s'", text);
    if (!found)
        hint_at_forms(call, config, text);
    return found;
}

static bool
find_in_config(Invocation *call, Address *address, GError **error)
{
    const Config *config = NULL;
    const StoreConfig *store = NULL;
    const char *object = NULL, *colon = strchr(address->text, ':');
    g_autofree char *name =
        colon != NULL ? g_strndup(address->text, (size_t) (colon - address->text)) : NULL;
    g_autofree char *url = NULL;
    GError *no_config = NULL;
    if (!invocation_config(call, &config, &no_config))
        return fail_without_config(call, address->text, no_config, error);
    if (name != NULL && config_store(config, name) != NULL)
        url = g_strdup(address->text);
    else if (colon == NULL && ending_of(address->text) >= 0)
        return fail_no_such(address->text, error);
    else if (!find_in_catalog(call, config, address->text, &url, error))
        return false;
    if (!config_dataset_url(config, url, &store, &object, error))
        return false;
    address->store = store_config_copy(store, store->name);
    address->object = g_strdup(object);
    return true;
}

/* A store of that name in honk.yaml, if there is one that can be read. */
static bool
is_store_of_config(Invocation *call, const char *text)
{
    const Config *config = NULL;
    const char *colon = strchr(text, ':');
    g_autofree char *name = colon != NULL ? g_strndup(text, (size_t) (colon - text)) : NULL;
    return name != NULL && invocation_config(call, &config, NULL) &&
           config_store(config, name) != NULL;
}

bool
address_find(Invocation *call, const char *text, bool may_be_new, Address *ret, GError **error)
{
    g_auto(Address) address = {.text = g_strdup(text)};
    bool found = false;
    if (!find_server(&address, &found, error) ||
        (!found && !find_file(&address, may_be_new, &found, error)))
        return false;
    if (!found && !is_store_of_config(call, text) &&
        !find_by_driver(&address, may_be_new, &found, error))
        return false;
    if (!found && !find_in_config(call, &address, error))
        return false;
    *ret = address;
    address = (Address){0};
    return true;
}

bool
address_open(const Address *address, bool may_be_new, Conn **ret_conn, Schema **ret_schema,
             GError **error)
{
    g_autoptr(Conn) conn = NULL;
    g_autoptr(GError) missing = NULL;
    if (!conn_open(address->store, &conn, error))
        return false;
    if (!conn_describe(conn, address->object, ret_schema, &missing)) {
        if (!may_be_new || !error_is(missing, ERR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&missing));
            return false;
        }
        *ret_schema = NULL;
    }
    *ret_conn = g_steal_pointer(&conn);
    return true;
}

/* ---- both together ---- */

static bool
is_same_store(const StoreConfig *a, const StoreConfig *b)
{
    return strcmp(a->driver, b->driver) == 0 && json_equal(a->settings, b->settings);
}

Config *
address_config(const Address *source, const Address *target, char **ret_source, char **ret_target)
{
    Config *config = config_new("honk.yaml");
    g_free(config->path);
    config->path = g_strdup("the command line");
    config->workers = 1; /* whoever typed it waits for this process */
    bool is_one = is_same_store(source->store, target->store);
    bool is_taken = strcmp(source->store->name, target->store->name) == 0;
    g_autofree char *other = is_one     ? g_strdup(source->store->name)
                             : is_taken ? g_strconcat(target->store->name, " (target)", NULL)
                                        : g_strdup(target->store->name);
    g_ptr_array_add(config->stores, store_config_copy(source->store, source->store->name));
    if (!is_one)
        g_ptr_array_add(config->stores, store_config_copy(target->store, other));
    *ret_source = g_strconcat(source->store->name, ":", source->object, NULL);
    *ret_target = g_strconcat(other, ":", target->object, NULL);
    return config;
}

void
address_forget_file(const Address *address)
{
    static const char *const beside[] = {"", "-journal", "-wal", "-shm"};
    if (!address->is_new_file)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(beside); i++) {
        g_autofree char *path =
            g_strconcat(json_get_string(address->store->settings, "path", ""), beside[i], NULL);
        g_unlink(path);
    }
}
