/* client.c - one server per call, found by itself, with errors that say what to do. */
#include "cli/client.h"

#include "base/id.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define CLIENT_TIMEOUT_MS 60000 /* a beat takes milliseconds; a busy disk may take seconds */

struct World {
    Config *config;
    char *server, *token, *as;
    HttpClient *client;
};

static void
world_free(struct World *world)
{
    config_free(world->config);
    g_free(world->server);
    g_free(world->token);
    g_free(world->as);
    http_client_free(world->client);
    g_free(world);
}

static struct World *
world_of(Invocation *call)
{
    if (call->world == NULL) {
        call->world = g_new0(struct World, 1);
        call->world_free = world_free;
    }
    return call->world;
}

static bool
config_locate(const Invocation *call, char **ret, GError **error)
{
    const char *given = invocation_option(call, "config");
    g_autofree char *folder = g_get_current_dir();
    if (given == NULL)
        return config_find(folder, ret, error);
    *ret = g_strdup(given);
    return true;
}

bool
invocation_config(Invocation *call, const Config **ret, GError **error)
{
    struct World *world = world_of(call);
    if (world->config == NULL) {
        g_autofree char *path = NULL;
        g_autoptr(Diags) diags = diags_new();
        if (!config_locate(call, &path, error))
            return false;
        if (!config_read(path, diags, &world->config, error))
            return false;
    }
    *ret = world->config;
    return true;
}

char *
login_path(void)
{
    return g_build_filename(g_get_user_config_dir(), "honk", "login.json", NULL);
}

/* What `honk login` saved; false without an error when there is nothing. */
static bool
login_read(struct World *world, GError **error)
{
    g_autofree char *path = login_path();
    g_autoptr(json_t) saved = NULL;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return false;
    if (!json_read_file(path, &saved, error))
        return false;
    const char *server = NULL;
    if (!json_need_string(saved, "server", path, &server, error))
        return false;
    world->server = g_strdup(server);
    world->token = g_strdup(json_get_string(saved, "token", NULL));
    return true;
}

static bool
server_find(Invocation *call, struct World *world, GError **error)
{
    const char *given = invocation_option(call, "server");
    if (given == NULL)
        given = getenv("HONK_SERVER");
    if (given != NULL && *given != '\0') {
        world->server = g_strdup(given);
        world->token = g_strdup(getenv("HONK_TOKEN"));
        return true;
    }
    const Config *config = NULL;
    g_autoptr(GError) no_config = NULL;
    if (invocation_config(call, &config, &no_config)) {
        world->server = g_strdup_printf("unix:%s", config->socket);
        return true;
    }
    g_autoptr(GError) no_login = NULL;
    if (error_is(no_config, ERR_NOT_FOUND) && invocation_option(call, "config") == NULL) {
        if (login_read(world, &no_login))
            return true;
        if (no_login != NULL) {
            g_propagate_error(error, g_steal_pointer(&no_login));
            return false;
        }
    }
    g_propagate_error(error, g_steal_pointer(&no_config));
    return false;
}

bool
invocation_server(Invocation *call, const char **ret, GError **error)
{
    struct World *world = world_of(call);
    if (world->server == NULL && !server_find(call, world, error))
        return false;
    *ret = world->server;
    return true;
}

void
client_use(Invocation *call, const char *server)
{
    struct World *world = world_of(call);
    g_clear_pointer(&world->client, http_client_free);
    g_clear_pointer(&world->token, g_free);
    g_free(world->server);
    world->server = g_strdup(server);
}

void
client_act_as(Invocation *call, const char *user)
{
    struct World *world = world_of(call);
    g_free(world->as);
    world->as = g_strdup(user);
}

bool
invocation_client_new(Invocation *call, HttpClient **ret, GError **error)
{
    const char *server = NULL;
    return invocation_server(call, &server, error) &&
           http_client_new(server, world_of(call)->token, ret, error);
}

bool
invocation_client(Invocation *call, HttpClient **ret, GError **error)
{
    struct World *world = world_of(call);
    if (world->client == NULL && !invocation_client_new(call, &world->client, error))
        return false;
    *ret = world->client;
    return true;
}

/* RFC 9457: {"code", "title", "detail", "hint"}. */
static bool
problem_to_error(Invocation *call, const HttpResponse *response, GError **error)
{
    g_autoptr(json_t) problem = NULL;
    if (!json_parse(response->body, response->bytes, "the server's answer", &problem, NULL))
        return fail(error, ERR_INTERNAL, "the server answered %d without saying why",
                    response->status);
    const char *hint = json_get_string(problem, "hint", NULL);
    if (hint != NULL)
        invocation_hint(call, "%s", hint);
    const char *title = json_get_string(problem, "title", "the server refused");
    return fail(error, error_code_from_wire(json_get_string(problem, "code", "internal")), "%s",
                json_get_string(problem, "detail", title));
}

static bool
answer_take(Invocation *call, const HttpResponse *response, json_t **ret, GError **error)
{
    if (response->status < 200 || response->status > 299)
        return problem_to_error(call, response, error);
    if (ret == NULL)
        return true;
    if (response->bytes == 0) {
        *ret = json_null();
        return true;
    }
    return json_parse(response->body, response->bytes, "the server's answer", ret, error);
}

static char **
headers_for(const Invocation *call, const char *method, bool has_body)
{
    GPtrArray *headers = g_ptr_array_new();
    const char *as = call->world->as != NULL ? call->world->as : invocation_option(call, "as");
    if (has_body)
        g_ptr_array_add(headers, g_strdup("Content-Type: application/json"));
    if (as != NULL)
        g_ptr_array_add(headers, g_strdup_printf("Honk-As: %s", as));
    if (strcmp(method, "POST") == 0) {
        g_autofree char *key = id_new("k");
        g_ptr_array_add(headers, g_strdup_printf("Idempotency-Key: %s", key));
    }
    g_ptr_array_add(headers, NULL);
    return (char **) g_ptr_array_free(headers, FALSE);
}

/* Say it in our words: what libcurl says of a Unix socket speaks of ports that nobody asked for. */
static bool
server_silent(Invocation *call, const struct World *world, GError *cause, GError **error)
{
    if (!error_is(cause, ERR_UNREACHABLE) || !g_str_has_prefix(world->server, "unix:")) {
        invocation_hint(call, "is the server at %s running? 'honk doctor' looks for the reason",
                        world->server);
        g_propagate_error(error, cause);
        return false;
    }
    g_error_free(cause);
    invocation_hint(call, "start one with 'honk serve' in another terminal");
    return fail(error, ERR_UNREACHABLE, "no server is running here (nobody answers on '%s')",
                world->server + strlen("unix:"));
}

bool
client_call(Invocation *call, const char *method, const char *path, const json_t *body,
            json_t **ret, GError **error)
{
    HttpClient *client = NULL;
    g_clear_pointer(&call->hint, g_free); /* of a failure that was lived with */
    if (!invocation_client(call, &client, error))
        return false;
    g_autofree char *text = body != NULL ? json_compact(body) : NULL;
    g_auto(GStrv) headers = headers_for(call, method, text != NULL);
    g_auto(HttpResponse) response = {0};
    GError *silent = NULL;
    if (!http_call(client, method, path, (const char *const *) headers, text,
                   text != NULL ? strlen(text) : 0, CLIENT_TIMEOUT_MS, &response, &silent))
        return server_silent(call, call->world, silent, error);
    return answer_take(call, &response, ret, error);
}

bool
client_get(Invocation *call, json_t **ret, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *path = g_strdup_vprintf(format, args);
    va_end(args);
    return client_call(call, "GET", path, NULL, ret, error);
}

char *
client_escape(const char *text)
{
    return g_uri_escape_string(text, NULL, FALSE);
}
