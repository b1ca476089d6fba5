/* llm.c - a conversation: questions that grow, answers that may have to be asked for again. See llm.h. */
#include "llm/llm.h"

#include "base/clock.h"
#include "base/http_client.h"
#include "base/text.h"
#include "llm/inside.h"
#include "model/config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES_MAX 8
#define PAUSE_MS_FIRST 500
#define PAUSE_MS_MAX 30000
#define DAY_MS (24.0 * 60 * 60 * 1000)
#define AGAIN_NEVER (-1) /* the host says that it would be for nothing */
#define SLICE_MS 100     /* of a pause, between looks whether anybody wants it still */
#define TOLD_BYTES_MAX ((size_t) 64 * 1024)

struct Llm {
    const ModelConfig *model;
    const LlmShape *shape;
    char *system, *key;
    json_t *tools, *items, *told; /* `told` becomes items with the next question */
    HttpClient *client;
    GPtrArray *replay; /* or NULL */
    guint replay_at;
    LlmUsage used;
    GString *transcript;
};

/* ---- life ---- */

static void
keep(Llm *llm, const char *mark, const char *line)
{
    if (llm->transcript->len + strlen(line) < LLM_TRANSCRIPT_BYTES_MAX)
        g_string_append_printf(llm->transcript, "%s %s\n", mark, line);
}

static void
keep_json(Llm *llm, const char *mark, json_t *taken)
{
    g_autofree char *line = json_compact(taken);
    keep(llm, mark, line);
    json_decref(taken);
}

static bool
connect(Llm *llm, GError **error)
{
    g_autofree char *secret = NULL,
                    *what = g_strdup_printf("the key of model '%s'", llm->model->id);
    if (!config_secret(what, llm->model->key_file, llm->model->key_env, &secret, error) ||
        !http_client_new(llm->model->url, NULL, &llm->client, error))
        return false;
    for (const char *at = secret; at != NULL && *at != '\0'; at++)
        if ((unsigned char) *at <= ' ' || (unsigned char) *at >= 0x7f)
            return fail(error, ERR_INVALID, "%s holds something that no key holds", what);
    if (secret != NULL)
        llm->key = g_strconcat(llm->shape->key_header, secret, NULL);
    return true;
}

bool
llm_open(const ModelConfig *model, int round, const char *system, const json_t *tools,
         const char *replay, Llm **ret, GError **error)
{
    g_autoptr(Llm) llm = g_new0(Llm, 1);
    *llm = (Llm){.model = model,
                 .shape = llm_shape(model->api),
                 .system = g_strdup(system),
                 .tools = json_incref((json_t *) tools),
                 .items = json_array(),
                 .told = json_array(),
                 .transcript = g_string_new(NULL)};
    if (replay != NULL)
        llm->replay = llm_replay_lines(replay, round);
    else if (!connect(llm, error))
        return false;
    keep_json(llm, "==",
              json_pack("{s:i, s:s, s:s}", "round", round, "api", model_api_name(model->api),
                        "model", model->name));
    *ret = g_steal_pointer(&llm);
    return true;
}

void
llm_free(Llm *llm)
{
    if (llm == NULL)
        return;
    http_client_free(llm->client);
    g_clear_pointer(&llm->replay, g_ptr_array_unref);
    json_decref(llm->tools);
    json_decref(llm->items);
    json_decref(llm->told);
    g_free(llm->system);
    g_free(llm->key);
    g_string_free(llm->transcript, TRUE);
    g_free(llm);
}

void
llm_say(Llm *llm, const char *text)
{
    json_array_append_new(llm->told, json_pack("{s:s}", "text", text));
}

void
llm_tell(Llm *llm, const char *call, const char *text, bool has_failed)
{
    json_array_append_new(
        llm->told, json_pack("{s:s, s:s, s:b}", "call", call, "text", text, "failed", has_failed));
}

LlmUsage
llm_used(const Llm *llm)
{
    return llm->used;
}

const char *
llm_transcript(const Llm *llm)
{
    return llm->transcript->str;
}

/* ---- one try ---- */

typedef struct {
    Llm *llm;
    LlmHearing *hearing; /* NULL: it is no answer, but what is wrong */
    GString *told;
    bool (*go_on)(void *data);
    void *go_on_data;
    GError *error;
} Try;

static bool
try_head(const HttpResponse *head, void *user)
{
    Try *try = user;
    bool is_stream =
        head->content_type != NULL && g_str_has_prefix(head->content_type, "text/event-stream");
    if (head->status == 200)
        try->hearing = llm_hear_begin(try->llm->model->api, is_stream);
    return true;
}

static bool
try_piece(const char *data, size_t bytes, void *user)
{
    Try *try = user;
    if (try->hearing != NULL)
        return llm_hear(try->hearing, data, bytes, &try->error);
    g_string_append_len(try->told, data,
                        (gssize) MIN(bytes, TOLD_BYTES_MAX - MIN(try->told->len, TOLD_BYTES_MAX)));
    return true;
}

static bool
try_goes_on(void *user)
{
    Try *try = user;
    return try->go_on == NULL || try->go_on(try->go_on_data);
}

static ErrorCode
code_of(int status)
{
    switch (status) {
    case 401:
        return ERR_UNAUTHORIZED;
    case 402:
    case 403:
        return ERR_FORBIDDEN;
    case 404:
        return ERR_NOT_FOUND;
    case 429:
        return ERR_LIMIT;
    default:
        return status >= 500 || status == 408 || status == 409 ? ERR_TRANSIENT : ERR_INVALID;
    }
}

/* What its host says of a question that it did not answer: {"error": {"message"}}, or something else. */
static bool
fail_as_answered(const Try *try, int status, GError **error)
{
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) told = NULL;
    bool is_json = json_parse(try->told->str, try->told->len, "answer", &json, NULL);
    const json_t *failure = is_json ? json_object_get(json, "error") : NULL;
    llm_fail_as_told(json_is_object(failure) ? failure : json, &told);
    bool nobody_pays = error_is(told, ERR_FORBIDDEN); /* some say so with 400 or 429 */
    return fail(error, nobody_pays ? ERR_FORBIDDEN : code_of(status),
                "model '%s' answered with status %d: %s", try->llm->model->id, status,
                told->message);
}

static bool
listen_to(Try *try, const char *question, int timeout_ms, LlmReply *ret, int64_t *ret_again_ms,
          GError **error)
{
    const char *headers[8] = {"Content-Type: application/json", "Accept: text/event-stream"};
    const HttpLive live = {try_head, try_piece, try_goes_on, try};
    g_auto(HttpResponse) response = {0};
    Llm *llm = try->llm;
    size_t count = 2;
    for (size_t i = 0; i < G_N_ELEMENTS(llm->shape->headers) && llm->shape->headers[i] != NULL; i++)
        headers[count++] = llm->shape->headers[i];
    headers[count] = llm->key;
    bool came = http_call_live(llm->client, "POST", llm->shape->path, headers, question,
                               strlen(question), timeout_ms, &live, &response, error);
    if (!came && try->error != NULL) {
        g_clear_error(error);
        g_propagate_error(error, g_steal_pointer(&try->error));
    }
    if (!came)
        return false;
    *ret_again_ms =
        g_strcmp0(response.should_retry, "false") == 0
            ? AGAIN_NEVER
            : llm_again_ms(response.retry_after_ms, response.retry_after, clock_wall_ms());
    return try->hearing != NULL ? llm_heard(try->hearing, ret, error)
                                : fail_as_answered(try, response.status, error);
}

static bool
try_once(Llm *llm, const char *question, int64_t deadline_ms, bool (*go_on)(void *data),
         void *go_on_data, LlmReply *ret, int64_t *ret_again_ms, GError **error)
{
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    Try try = {.llm = llm, .told = g_string_new(NULL), .go_on = go_on, .go_on_data = go_on_data};
    *ret_again_ms = 0;
    bool ok = left_ms > 0 ? listen_to(&try, question, (int) MIN(left_ms, G_MAXINT), ret,
                                      ret_again_ms, error)
                          : fail(error, ERR_STOPPED, "the time is over");
    if (try.hearing != NULL) {
        LlmUsage used = llm_hearing_usage(try.hearing);
        llm_usage_add(&llm->used, &used);
    }
    llm_hearing_free(try.hearing);
    g_string_free(try.told, TRUE);
    g_clear_error(&try.error);
    return ok;
}

/* ---- tries ---- */

/* A number with a point in it, perhaps; no more than a day is taken for one. */
static bool
number_of(const char *text, double unit_ms, int64_t *ret)
{
    char *end = NULL;
    double value = text != NULL ? g_ascii_strtod(text, &end) * unit_ms : 0;
    if (text == NULL || end == text || *end != '\0' || !(value >= 0 && value <= DAY_MS))
        return false;
    *ret = (int64_t) value;
    return true;
}

/* A number, or a moment. */
int64_t
llm_again_ms(const char *again_ms, const char *again, int64_t now_ms)
{
    int64_t ms = 0;
    struct tm time = {0};
    if (number_of(again_ms, 1, &ms) || number_of(again, 1000, &ms))
        return ms;
    if (again == NULL || strptime(again, "%a, %d %b %Y %H:%M:%S GMT", &time) == NULL)
        return 0;
    return MAX((int64_t) timegm(&time) * 1000 - now_ms, 0);
}

static bool
pause_for(int64_t ms, int64_t deadline_ms, bool (*go_on)(void *data), void *go_on_data)
{
    int64_t until_ms = clock_monotonic_ms() + ms;
    if (until_ms >= deadline_ms)
        return false;
    for (int64_t left_ms; (left_ms = until_ms - clock_monotonic_ms()) > 0;) {
        if (go_on != NULL && !go_on(go_on_data))
            return false;
        g_usleep((gulong) MIN(left_ms, SLICE_MS) * 1000);
    }
    return true;
}

/* Half of it by chance, so that many workers do not come back at one moment. */
static int64_t
pause_ms(int try, int64_t again_ms)
{
    int64_t most = MIN((int64_t) PAUSE_MS_FIRST << try, PAUSE_MS_MAX);
    return again_ms > 0 ? again_ms : most / 2 + g_random_int_range(0, (int) (most / 2));
}

static bool
ask_model(Llm *llm, int64_t deadline_ms, bool (*go_on)(void *data), void *go_on_data, LlmReply *ret,
          GError **error)
{
    g_autoptr(json_t) whole = llm->shape->question(llm->model, llm->system, llm->tools, llm->items);
    g_autofree char *question = json_compact(whole);
    for (int i = 0;; i++) {
        g_autoptr(GError) failed = NULL;
        int64_t again_ms = 0;
        if (try_once(llm, question, deadline_ms, go_on, go_on_data, ret, &again_ms, &failed))
            return true;
        bool is_lasting = error_then(error_code(failed)) != THEN_RETRY || i + 1 == TRIES_MAX ||
                          again_ms == AGAIN_NEVER;
        keep(llm, "--", failed->message);
        if (is_lasting || !pause_for(pause_ms(i, again_ms), deadline_ms, go_on, go_on_data)) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return false;
        }
    }
}

bool
llm_ask(Llm *llm, int64_t deadline_ms, bool (*go_on)(void *data), void *go_on_data, LlmReply *ret,
        GError **error)
{
    g_auto(LlmReply) reply = {0};
    json_t *items = llm->shape->items(llm->told);
    json_array_clear(llm->told);
    json_array_extend(llm->items, items);
    keep_json(llm, "->", items);
    if (llm->replay == NULL ? !ask_model(llm, deadline_ms, go_on, go_on_data, &reply, error)
                            : !llm_replay_next(llm->replay, &llm->replay_at, &reply, error))
        return false;
    if (llm->replay != NULL) {
        llm_read(llm->shape, &reply);
        llm_usage_add(&llm->used, &reply.usage);
    }
    json_array_extend(llm->items, reply.items);
    keep_json(llm, "<-",
              json_pack("{s:O, s:s, s:o}", "items", reply.items, "stop", reply.stop, "usage",
                        llm_usage_json(&reply.usage, llm->model)));
    *ret = reply;
    reply = (LlmReply){0};
    return true;
}
