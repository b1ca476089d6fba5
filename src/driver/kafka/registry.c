/*
 * registry.c - the schema registry: GET /schemas/ids/N, GET /subjects/TOPIC-value/versions/latest and
 * POST /subjects/TOPIC-value/versions (of keys: TOPIC-key), as its first implementation has them.
 */
#include "driver/kafka/registry.h"

#include "base/http_client.h"
#include "driver/settings.h"

#include <string.h>

#define ANSWER_MS 30000
#define SCHEMAS_MAX 10000 /* one a change of a schema: a topic with more is broken */

struct KafkaRegistry {
    HttpClient *http;
    char *authorization; /* or NULL */
    GHashTable *schemas; /* number → AvroSchema */
};

void
kafka_registry_free(KafkaRegistry *registry)
{
    if (registry == NULL)
        return;
    http_client_free(registry->http);
    g_hash_table_unref(registry->schemas);
    g_free(registry->authorization);
    g_free(registry);
}

static void
free_schema(void *schema)
{
    avro_schema_free(schema);
}

static bool
read_who(const KafkaConn *conn, KafkaRegistry *registry, GError **error)
{
    const char *user = json_get_string(conn->settings, "registry_user", NULL);
    g_autofree char *password = NULL;
    g_autoptr(json_t) file = json_object();
    json_set_string(file, "password_file",
                    json_get_string(conn->settings, "registry_password_file", NULL));
    if (user == NULL || !settings_password(file, &password, error))
        return user == NULL;
    g_autofree char *both = g_strdup_printf("%s:%s", user, password != NULL ? password : "");
    g_autofree char *coded = g_base64_encode((const guchar *) both, strlen(both));
    registry->authorization = g_strdup_printf("Authorization: Basic %s", coded);
    return true;
}

static bool
need_registry(KafkaConn *conn, GError **error)
{
    const char *url = json_get_string(conn->settings, "registry", NULL);
    if (conn->registry != NULL)
        return true;
    if (url == NULL)
        return fail(error, ERR_INVALID,
                    "Avro needs the setting `registry` of the store, expected http://HOST:PORT");
    KafkaRegistry *registry = g_new0(KafkaRegistry, 1);
    registry->schemas = g_hash_table_new_full(NULL, NULL, NULL, free_schema);
    if (http_client_new(url, NULL, &registry->http, error) && read_who(conn, registry, error)) {
        conn->registry = registry;
        return true;
    }
    kafka_registry_free(registry);
    return false;
}

static bool
call(KafkaConn *conn, const char *method, const char *path, const json_t *body, json_t **ret,
     GError **error)
{
    g_auto(HttpResponse) response = {0};
    g_autofree char *text = body != NULL ? json_compact(body) : NULL;
    const char *headers[] = {"Accept: application/vnd.schemaregistry.v1+json",
                             "Content-Type: application/vnd.schemaregistry.v1+json", NULL, NULL};
    if (!need_registry(conn, error))
        return false;
    headers[2] = conn->registry->authorization;
    if (!http_call(conn->registry->http, method, path, headers, text,
                   text != NULL ? strlen(text) : 0, ANSWER_MS, &response, error))
        return fail_in(error, "the schema registry");
    g_autoptr(json_t) answer = NULL;
    if (response.bytes > 0 &&
        !json_parse(response.body, response.bytes, "an answer of the registry", &answer, error))
        return false;
    if (response.status / 100 != 2)
        return fail(error,
                    response.status == 404                                 ? ERR_NOT_FOUND
                    : response.status == 401 || response.status == 403     ? ERR_FORBIDDEN
                    : response.status / 100 == 5 || response.status == 429 ? ERR_TRANSIENT
                                                                           : ERR_INVALID,
                    "the schema registry answers %d to %s %s: %s", response.status, method, path,
                    json_get_string(answer, "message", "no reason"));
    *ret = g_steal_pointer(&answer);
    return true;
}

static bool
keep(KafkaConn *conn, int32_t id, const json_t *answer, const AvroSchema **ret, GError **error)
{
    const char *text = json_get_string(answer, "schema", ""),
               *kind = json_get_string(answer, "schemaType", "AVRO");
    AvroSchema *schema = NULL;
    if (strcmp(kind, "AVRO") != 0)
        return fail(error, ERR_UNSUPPORTED, "schema %d of the registry is %s, expected Avro", id,
                    kind);
    if (g_hash_table_size(conn->registry->schemas) >= SCHEMAS_MAX)
        return fail(error, ERR_TOO_LARGE, "there are more than %d schemas", SCHEMAS_MAX);
    if (!avro_schema_parse(text, strlen(text), &schema, error))
        return fail_in(error, "schema %d of the registry", id);
    g_hash_table_replace(conn->registry->schemas, GINT_TO_POINTER(id), schema);
    *ret = schema;
    return true;
}

static const AvroSchema *
known(const KafkaConn *conn, int32_t id)
{
    return conn->registry != NULL
               ? g_hash_table_lookup(conn->registry->schemas, GINT_TO_POINTER(id))
               : NULL;
}

bool
kafka_registry_schema(KafkaConn *conn, int32_t id, const AvroSchema **ret, GError **error)
{
    g_autofree char *path = g_strdup_printf("/schemas/ids/%d", id);
    g_autoptr(json_t) answer = NULL;
    *ret = known(conn, id);
    return *ret != NULL ||
           (call(conn, "GET", path, NULL, &answer, error) && keep(conn, id, answer, ret, error));
}

static char *
path_of(const char *topic, RecordPart part, const char *rest)
{
    g_autofree char *name = g_uri_escape_string(topic, NULL, FALSE);
    return g_strdup_printf("/subjects/%s-%s/versions%s", name, part == PART_KEY ? "key" : "value",
                           rest);
}

bool
kafka_registry_newest(KafkaConn *conn, const char *topic, RecordPart part, int32_t *ret_id,
                      const AvroSchema **ret, GError **error)
{
    g_autofree char *path = path_of(topic, part, "/latest");
    g_autoptr(json_t) answer = NULL;
    if (!call(conn, "GET", path, NULL, &answer, error))
        return false;
    *ret_id = (int32_t) json_get_int(answer, "id", 0);
    *ret = known(conn, *ret_id);
    return *ret != NULL || keep(conn, *ret_id, answer, ret, error);
}

bool
kafka_registry_put(KafkaConn *conn, const char *topic, RecordPart part, const char *schema,
                   int32_t *ret_id, const AvroSchema **ret, GError **error)
{
    g_autofree char *path = path_of(topic, part, "");
    g_autoptr(json_t) body = json_pack("{ss}", "schema", schema), answer = NULL;
    if (!call(conn, "POST", path, body, &answer, error))
        return false;
    *ret_id = (int32_t) json_get_int(answer, "id", 0);
    *ret = known(conn, *ret_id);
    return *ret != NULL || keep(conn, *ret_id, body, ret, error);
}
