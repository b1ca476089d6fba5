/*
 * forge.c - see forge.h: which host, and one exchange with it.
 *
 * A host that has enough of us says so in several ways: 429, or 403 with `Retry-After`, with no calls left until a
 * moment that it names, or in words. All of them are LIMIT here, with the moment.
 */
#include "base/clock.h"
#include "base/text.h"
#include "forge/host.h"

#include <string.h>

#define CALL_MS 30000              /* hosts answer in a second, and under load in ten */
#define AGAIN_MS_DEFAULT 60000     /* as GitHub asks for where it names no moment */
#define AGAIN_MS_MAX (3600 * 1000) /* no host's limits are longer than an hour */
#define SAID_BYTES_MAX 300

static const Host *const hosts[FORGE_KIND_COUNT] = {
    [FORGE_GITHUB] = &host_github,
    [FORGE_GITLAB] = &host_gitlab,
    [FORGE_GITEA] = &host_gitea,
};

/* ---- names ---- */

const char *
pull_state_name(PullState state)
{
    static const char *const names[] = {"none", "open", "merged", "closed"};
    return names[state];
}

const char *
checks_state_name(ChecksState state)
{
    static const char *const names[] = {"none", "passed", "running", "failed"};
    return names[state];
}

void
pull_clear(Pull *pull)
{
    g_free(pull->url);
    g_free(pull->head);
    g_free(pull->title);
    g_free(pull->body);
    *pull = (Pull){0};
}

/* ---- making ---- */

static char *
encode_parts(const char *path)
{
    return g_uri_escape_string(path, "/", FALSE);
}

bool
forge_open(const ForgeConfig *config, const char *name, Forge **ret, GError **error)
{
    g_autofree char *token = NULL, *whole = NULL;
    g_autoptr(HttpClient) client = NULL;
    const Host *host = hosts[config->kind];
    if (host == NULL)
        return fail(error, ERR_UNSUPPORTED, "hosts of kind '%s' have no pull requests",
                    forge_kind_name(config->kind));
    if (!config_forge_token(config, &token, error) ||
        !http_client_new(config->api, token, &client, error))
        return false;
    Forge *forge = g_new0(Forge, 1);
    whole = g_strdup_printf("%s/%s", config->owner, name);
    *forge = (Forge){.config = config,
                     .host = host,
                     .owner = encode_parts(config->owner),
                     .name = encode_parts(name),
                     .project = g_uri_escape_string(whole, NULL, FALSE),
                     .client = g_steal_pointer(&client)};
    *ret = forge;
    return true;
}

void
forge_set_gate(Forge *forge, ForgeGate *gate, void *data)
{
    forge->gate = gate;
    forge->gate_data = data;
}

void
forge_free(Forge *forge)
{
    if (forge == NULL)
        return;
    http_client_free(forge->client);
    g_free(forge->owner);
    g_free(forge->name);
    g_free(forge->project);
    g_free(forge);
}

int64_t
forge_again_ms(const Forge *forge)
{
    return forge->again_ms;
}

const char *
forge_word(const Forge *forge)
{
    return forge->host->word;
}

/* ---- one exchange ---- */

static bool
number_of(const char *text, int64_t *ret)
{
    guint64 number = 0;
    bool is_number =
        text != NULL && g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64 / 1000, &number, NULL);
    *ret = (int64_t) number;
    return is_number;
}

int64_t
host_again_ms(const HttpResponse *response, int64_t now_ms)
{
    int64_t again_ms = now_ms + AGAIN_MS_DEFAULT, number = 0;
    bool has_calls = response->limit_left != NULL && strcmp(response->limit_left, "0") != 0;
    if (number_of(response->retry_after, &number))
        again_ms = now_ms + number * 1000;
    else if (!has_calls && number_of(response->limit_reset, &number))
        again_ms = number * 1000;
    return CLAMP(again_ms, now_ms + 1000, now_ms + AGAIN_MS_MAX);
}

/* {"message", "errors": [{"message"} or text]} of GitHub and Gitea; "message" or "error" of GitLab, which may be lists. */
static char *
what_it_says(const HttpResponse *response)
{
    g_autoptr(json_t) body = NULL;
    if (!json_parse(response->body, response->bytes, "answer", &body, NULL))
        return g_strdup("");
    json_t *said = json_object_get(body, "message"), *more = json_object_get(body, "errors");
    if (said == NULL)
        said = json_object_get(body, "error");
    g_autofree char *text = said == NULL           ? g_strdup("")
                            : json_is_string(said) ? g_strdup(json_string_value(said))
                                                   : json_compact(said);
    g_autofree char *whole =
        json_array_size(more) > 0 ? json_compact(json_array_get(more, 0)) : g_strdup("");
    g_autofree char *joined = g_strdup_printf("%s%s%s", text, *whole != '\0' ? ": " : "", whole);
    g_autofree char *printable = text_printable(joined);
    return g_strndup(printable, MIN(strlen(printable), SAID_BYTES_MAX));
}

/* A limit of writes that nobody counts for us is said in words alone. */
bool
host_has_enough(const HttpResponse *response, const char *said)
{
    if (response->status == 429)
        return true;
    return response->status == 403 &&
           (response->retry_after != NULL || g_strcmp0(response->limit_left, "0") == 0 ||
            strstr(said, "secondary rate limit") != NULL ||
            strstr(said, "abuse detection") != NULL);
}

static ErrorCode
code_of(int status)
{
    switch (status) {
    case 401:
        return ERR_UNAUTHORIZED;
    case 403:
        return ERR_FORBIDDEN;
    case 404:
    case 410:
        return ERR_NOT_FOUND;
    case 409:
        return ERR_WRONG_STATE;
    default:
        return status >= 500 || status == 408 ? ERR_TRANSIENT : ERR_INVALID;
    }
}

static bool
refused(Forge *forge, const char *method, const char *path, const HttpResponse *response,
        GError **error)
{
    g_autofree char *said = what_it_says(response);
    if (host_has_enough(response, said)) {
        forge->again_ms = host_again_ms(response, clock_wall_ms());
        return fail(error, ERR_LIMIT, "'%s' asks to wait (status %d): %s", forge->config->api,
                    response->status, said);
    }
    return fail(error, code_of(response->status), "'%s' answered %s %s with status %d%s%s",
                forge->config->api, method, path, response->status, *said != '\0' ? ": " : "",
                said);
}

static bool
exchange(Forge *forge, const char *method, const char *path, const json_t *body, json_t **ret,
         GError **error)
{
    g_autofree char *text = body != NULL ? json_compact(body) : NULL;
    g_auto(HttpResponse) response = {0};
    g_autoptr(GPtrArray) headers = g_ptr_array_new();
    for (const char *const *header = forge->host->headers; *header != NULL; header++)
        g_ptr_array_add(headers, (char *) *header);
    if (text != NULL)
        g_ptr_array_add(headers, "Content-Type: application/json");
    g_ptr_array_add(headers, NULL);
    forge->again_ms = 0;
    if (forge->gate != NULL && strcmp(method, "GET") != 0 && !forge->gate(forge->gate_data, error))
        return false;
    if (!http_call(forge->client, method, path, (const char *const *) headers->pdata, text,
                   text != NULL ? strlen(text) : 0, CALL_MS, &response, error))
        return false;
    if (response.status < 200 || response.status > 299)
        return refused(forge, method, path, &response, error);
    *ret = NULL;
    if (response.bytes == 0 || json_parse(response.body, response.bytes, "answer", ret, NULL))
        return true;
    return fail(error, ERR_TRANSIENT, "'%s' answered %s %s with what is no JSON",
                forge->config->api, method, path);
}

bool
host_call(Forge *forge, const char *method, json_t *body, json_t **ret, GError **error,
          const char *path, ...)
{
    g_autoptr(json_t) sent = body, answer = NULL;
    va_list args;
    va_start(args, path);
    g_autofree char *whole = g_strdup_vprintf(path, args);
    va_end(args);
    if (!exchange(forge, method, whole, sent, &answer, error))
        return false;
    if (ret != NULL)
        *ret = g_steal_pointer(&answer);
    return true;
}

char *
host_link(const json_t *object, const char *member)
{
    const char *url = json_get_string(object, member, "");
    bool is_web = g_str_has_prefix(url, "https://") || g_str_has_prefix(url, "http://");
    return is_web ? text_printable(url) : NULL;
}

/* ---- what is asked of all hosts ---- */

bool
forge_find(Forge *forge, const char *branch, Pull *ret, GError **error)
{
    g_auto(Pull) pull = {0};
    if (!forge->host->find(forge, branch, &pull, error))
        return false;
    *ret = pull;
    pull = (Pull){0};
    return true;
}

bool
forge_propose(Forge *forge, const PullText *text, Pull *ret, GError **error)
{
    g_auto(Pull) pull = {0};
    if (!forge->host->propose(forge, text, &pull, error))
        return false;
    if (pull.number <= 0)
        return fail(error, ERR_TRANSIENT, "'%s' opened a %s and did not say its number",
                    forge->config->api, forge->host->word);
    *ret = pull;
    pull = (Pull){0};
    return true;
}

bool
forge_introduce(Forge *forge, const Pull *pull, const GPtrArray *reviewers, GPtrArray **ret_unasked,
                GError **error)
{
    const Host *host = forge->host;
    g_autoptr(GPtrArray) unasked = g_ptr_array_new_with_free_func(g_free);
    if ((host->label != NULL && !host->label(forge, pull, error)) ||
        (reviewers->len > 0 && !host->ask(forge, pull, reviewers, unasked, error)))
        return false;
    *ret_unasked = g_steal_pointer(&unasked);
    return true;
}

bool
forge_reword(Forge *forge, const Pull *pull, const char *title, const char *body, GError **error)
{
    return forge->host->reword(forge, pull, title, body, error);
}

bool
forge_merge(Forge *forge, const Pull *pull, char **ret_refusal, GError **error)
{
    g_autoptr(GError) refused = NULL;
    *ret_refusal = NULL;
    if (forge->host->merge(forge, pull, &refused))
        return true;
    if (host_has_refused(refused) || error_is(refused, ERR_WRONG_STATE)) {
        *ret_refusal = g_strdup(refused->message);
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&refused));
    return false;
}

bool
forge_conflicts(Forge *forge, const Pull *pull, bool *ret, GError **error)
{
    *ret = false;
    return forge->host->conflicts == NULL || forge->host->conflicts(forge, pull, ret, error);
}

bool
forge_close(Forge *forge, const Pull *pull, const char *why, GError **error)
{
    return forge->host->say(forge, pull, why, error) && forge->host->close(forge, pull, error);
}

bool
forge_checks(Forge *forge, const Pull *pull, ChecksState *ret, GError **error)
{
    *ret = CHECKS_NONE;
    return pull->head == NULL || forge->host->checks(forge, pull, ret, error);
}
