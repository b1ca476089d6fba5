/* remote.c - another Fleet Management, played by a script: what it is asked, and what is made of its answers. */
#include "fleet/fleet.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the other side ---- */

typedef struct {
    int fd, port;
    pthread_t thread;
    const char *const *
        answers; /* "201 {…}", "429+7 {…}": status, seconds of Retry-After, body; NULL-terminated */
    GString *heard; /* "POST /rollouts key\n" for each request */
    char *body;     /* of the last one */
} Other;

/* The header and the body, or NULL when the other end is gone. */
static char *
read_request(int fd)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char piece[4096];
    for (;;) {
        const char *end = strstr(text->str, "\r\n\r\n");
        const char *length = strcasestr(text->str, "Content-Length: ");
        size_t body = length != NULL ? (size_t) g_ascii_strtoull(length + 16, NULL, 10) : 0;
        if (end != NULL && text->len >= (size_t) (end + 4 - text->str) + body)
            return g_strdup(text->str);
        ssize_t got = read(fd, piece, sizeof piece);
        if (got <= 0)
            return NULL;
        g_string_append_len(text, piece, got);
    }
}

static void
hear(Other *other, const char *request)
{
    const char *key = strcasestr(request, "Idempotency-Key: ");
    g_autofree char *line = g_strndup(request, strcspn(request, "\r"));
    char *version = strstr(line, " HTTP/");
    *version = '\0';
    g_string_append_printf(other->heard, "%s%s%.*s\n", line, key != NULL ? " " : "",
                           key != NULL ? (int) strcspn(key + 17, "\r") : 0,
                           key != NULL ? key + 17 : "");
    g_free(other->body);
    other->body = g_strdup(strstr(request, "\r\n\r\n") + 4);
}

static void
reply(int fd, const char *answer)
{
    char *end = NULL;
    int status = (int) g_ascii_strtoll(answer, &end, 10);
    int retry = *end == '+' ? (int) g_ascii_strtoll(end + 1, &end, 10) : 0;
    g_autofree char *retry_after = g_strdup_printf("Retry-After: %d\r\n", retry);
    g_autofree char *text =
        g_strdup_printf("HTTP/1.1 %d Said\r\nContent-Type: application/json\r\n%sContent-Length: "
                        "%zu\r\nConnection: close\r\n\r\n%s",
                        status, retry > 0 ? retry_after : "", strlen(end + 1), end + 1);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t) strlen(text));
}

static void *
serve(void *data)
{
    Other *other = data;
    for (; *other->answers != NULL; other->answers++) {
        int fd = accept(other->fd, NULL, NULL);
        g_autofree char *request = fd < 0 ? NULL : read_request(fd);
        if (request == NULL)
            return NULL;
        hear(other, request);
        reply(fd, *other->answers);
        close(fd);
    }
    return NULL;
}

static void
other_start(Other *other, const char *const *answers)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t bytes = sizeof address;
    other->answers = answers;
    other->heard = g_string_new(NULL);
    other->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(other->fd, (struct sockaddr *) &address, bytes), ==, 0);
    g_assert_cmpint(listen(other->fd, 8), ==, 0);
    g_assert_cmpint(getsockname(other->fd, (struct sockaddr *) &address, &bytes), ==, 0);
    other->port = ntohs(address.sin_port);
    g_assert_cmpint(pthread_create(&other->thread, NULL, serve, other), ==, 0);
}

/* All that was to be said was said. */
static void
other_end(Other *other, const char *heard)
{
    pthread_join(other->thread, NULL);
    close(other->fd);
    g_assert_cmpstr(other->heard->str, ==, heard);
    g_string_free(other->heard, TRUE);
    g_free(other->body);
}

/* ---- our side ---- */

#define NOW 1000000

typedef struct {
    Config *config;
    Fleet fleet;
    json_t *to, *from, *spec, *checkpoint, *signals;
    FleetNews news;
} Side;

static json_t *
json_of(const char *text)
{
    g_autofree char *quoted = g_strdelimit(g_strdup(text), "'", '"');
    json_t *json = json_loads(quoted, 0, NULL);
    g_assert_nonnull(json);
    return json;
}

static void
side_open(Side *side, int port)
{
    g_autofree char *text = g_strdup_printf("fleet: { targets: { there: { driver: remote, url: "
                                            "\"http://127.0.0.1:%d\", token: abc } },\n"
                                            "         services: { player: { target: there } } }\n",
                                            port);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    *side = (Side){.to = json_of("{'code':null,'datasets':{'USERS':'s:v2'}}"),
                   .from = json_of("{'code':null,'datasets':{'USERS':'s:v1'}}"),
                   .spec = json_of("{'strategy':'canary','max_instances':2,'interval_ms':500}")};
    bool is_read = config_parse(text, strlen(text), "/tmp/honk.yaml", diags, &side->config, &error);
    g_assert_no_error(error);
    g_assert_true(is_read);
    g_assert_true(fleet_open(side->config, "player", &side->fleet, &error));
}

static void
side_close(Side *side)
{
    fleet_news_clear(&side->news);
    config_free(side->config);
    json_decref(side->to);
    json_decref(side->from);
    json_decref(side->spec);
    json_decref(side->checkpoint);
    json_decref(side->signals);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Side, side_close)

static bool
look(Side *side, bool is_back, GError **error)
{
    FleetErrand errand = {.task = "t-1",
                          .to = side->to,
                          .from = side->from,
                          .spec = side->spec,
                          .is_back = is_back,
                          .checkpoint = side->checkpoint,
                          .signals = side->signals,
                          .now_ms = NOW};
    fleet_news_clear(&side->news);
    if (!fleet_follow(&side->fleet, &errand, &side->news, error))
        return false;
    json_decref(side->checkpoint);
    side->checkpoint = json_deep_copy(side->news.checkpoint);
    return true;
}

/* Look, and find it so; `wait_ms` negative: it is over. */
static void
expect(Side *side, bool is_back, const char *state, int64_t wait_ms)
{
    g_autoptr(GError) error = NULL;
    bool ok = look(side, is_back, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpstr(json_get_string(side->checkpoint, "state", ""), ==, state);
    g_assert_true(side->news.is_over == (wait_ms < 0));
    if (wait_ms >= 0)
        g_assert_cmpint(side->news.look_ms, ==, NOW + wait_ms);
}

#define TOLD "201 {\"rollout_id\":\"m-1.player\",\"service\":\"player\",\"state\":\"pending\"}"
#define SEEN(state)                                                                                \
    "200 {\"rollout_id\":\"m-1.player\",\"task\":\"t-9\",\"state\":\"" state "\",\"why\":\"it is " \
    "so\",\"since_ms\":5,\"progress\":{\"step\":1},\"events\":[{\"to\":\"x\"}],"                   \
    "\"allowed_actions\":{\"pause\":{\"allowed\":true},\"resume\":{\"allowed\":false}}}"
#define NO(status, code) #status " {\"code\":\"" code "\",\"detail\":\"because\"}"

static void
it_is_asked_once_and_followed_to_its_end(void)
{
    static const char *const answers[] = {TOLD, SEEN("analysing"), SEEN("healthy"), NULL};
    Other other = {0};
    g_auto(Side) side = {0};
    other_start(&other, answers);
    side_open(&side, other.port);
    expect(&side, false, "pending", 200);
    g_autoptr(json_t) asked = json_of(other.body);
    g_assert_cmpstr(json_get_string(asked, "service", ""), ==, "player");
    g_assert_cmpstr(json_get_string(asked, "rollout_strategy", ""), ==, "canary");
    g_assert_true(json_equal(json_object_get(asked, "revision"), side.to));
    expect(&side, false, "analysing", 500);
    g_assert_cmpint(json_get_int(side.checkpoint, "step", 0), ==, 1);
    g_assert_cmpint(json_get_int(side.checkpoint, "since_ms", 0), ==, 5);
    g_assert_cmpuint(json_array_size(json_object_get(side.checkpoint, "allowed_actions")), ==, 1);
    expect(&side, false, "healthy", -1);
    other_end(&other, "POST /rollouts honk-t-1-0-go\nGET /rollouts/m-1.player\n"
                      "GET /rollouts/m-1.player\n");
}

static void
who_says_when_is_asked_then_and_who_does_not_later_and_later(void)
{
    static const char *const answers[] = {"429+7 {\"code\":\"limit\",\"detail\":\"too many\"}",
                                          NO(503, "transient"),
                                          NO(500, "internal"),
                                          NO(409, "wrong_state"),
                                          TOLD,
                                          NULL};
    Other other = {0};
    g_auto(Side) side = {0};
    other_start(&other, answers);
    side_open(&side, other.port);
    expect(&side, false, "pending", 7000);
    g_assert_cmpstr(json_get_string(side.checkpoint, "why", ""), ==, "'there' says: too many");
    expect(&side, false, "pending", 1000);
    expect(&side, false, "pending", 2000);
    expect(&side, false, "pending", 4000); /* somebody else has the service there */
    expect(&side, false, "pending", 200);
    other_end(&other, "POST /rollouts honk-t-1-0-go\nPOST /rollouts honk-t-1-0-go\n"
                      "POST /rollouts honk-t-1-0-go\nPOST /rollouts honk-t-1-0-go\n"
                      "POST /rollouts honk-t-1-0-go\n");
    expect(&side, false, "pending", 1000); /* nobody is there any more */
    g_assert_true(
        g_str_has_prefix(json_get_string(side.checkpoint, "why", ""), "'there' does not answer: "));
    for (int i = 0; i < 9; i++)
        g_assert_true(look(&side, false, NULL));
    g_assert_cmpint(side.news.look_ms, ==, NOW + 60000);
}

static void
what_is_refused_for_good_is_an_error_with_its_reason(void)
{
    static const char *const answers[] = {NO(403, "forbidden"), NULL};
    Other other = {0};
    g_auto(Side) side = {0};
    g_autoptr(GError) error = NULL;
    other_start(&other, answers);
    side_open(&side, other.port);
    g_assert_false(look(&side, false, &error));
    g_assert_true(error_is(error, ERR_FORBIDDEN));
    g_assert_cmpstr(error->message, ==, "'there' refuses to roll out 'player': because");
    other_end(&other, "POST /rollouts honk-t-1-0-go\n");
}

static void
what_people_say_here_is_said_there(void)
{
    static const char *const answers[] = {
        TOLD, "200 {}", NO(409, "wrong_state"), NO(503, "transient"), SEEN("paused"), NULL};
    Other other = {0};
    g_auto(Side) side = {0};
    other_start(&other, answers);
    side_open(&side, other.port);
    expect(&side, false, "pending", 200);
    side.signals =
        json_of("[{'n':4,'signal':'pause','actor':'ada'},{'n':5,'signal':'promote','actor':'ada'},"
                "{'n':6,'signal':'resume','actor':'ada'}]");
    expect(&side, false, "paused", 500);
    g_assert_cmpint(side.news.signals_seen, ==, 5); /* what nobody answered is said again */
    other_end(&other, "POST /rollouts honk-t-1-0-go\n"
                      "POST /rollouts/m-1.player/pause honk-t-1-0-signal-4\n"
                      "POST /rollouts/m-1.player/promote honk-t-1-0-signal-5\n"
                      "POST /rollouts/m-1.player/resume honk-t-1-0-signal-6\n"
                      "GET /rollouts/m-1.player\n");
}

static void
a_rollback_is_asked_for_once_and_polled_to_its_end(void)
{
    static const char *const answers[] = {SEEN("healthy"),
                                          "200 {\"state\":\"aborting\"}",
                                          SEEN("aborting"),
                                          SEEN("degraded"),
                                          NO(503, "transient"),
                                          SEEN("rolled_back"),
                                          NULL};
    Other other = {0};
    g_auto(Side) side = {0};
    other_start(&other, answers);
    side_open(&side, other.port);
    side.checkpoint = json_of("{'state':'healthy','remote':{'id':'m-1.player'}}");
    expect(&side, true, "aborting", 200);
    expect(&side, true, "aborting", 500);
    expect(&side, true, "degraded", 500);
    expect(&side, true, "degraded", 1000);
    expect(&side, true, "rolled_back", -1);
    other_end(&other, "GET /rollouts/m-1.player\n"
                      "POST /rollouts/m-1.player/rollback honk-t-1-0-rollback\n"
                      "GET /rollouts/m-1.player\nGET /rollouts/m-1.player\n"
                      "GET /rollouts/m-1.player\nGET /rollouts/m-1.player\n");
}

static void
a_way_back_that_is_closed_there_is_a_rollout_to_the_old_revision(void)
{
    static const char *const answers[] = {
        SEEN("healthy"),
        NO(409, "wrong_state"),
        "201 {\"rollout_id\":\"m-2.player\",\"state\":\"pending\"}",
        SEEN("stepping"),
        SEEN("healthy"),
        NULL};
    Other other = {0};
    g_auto(Side) side = {0};
    other_start(&other, answers);
    side_open(&side, other.port);
    side.checkpoint = json_of("{'state':'healthy','remote':{'id':'m-1.player'}}");
    expect(&side, true, "aborting", 200);
    g_autoptr(json_t) asked = json_of(other.body);
    g_assert_true(json_equal(json_object_get(asked, "revision"), side.from));
    expect(&side, true, "aborting", 500);
    expect(&side, true, "rolled_back", -1);
    other_end(&other, "GET /rollouts/m-1.player\n"
                      "POST /rollouts/m-1.player/rollback honk-t-1-0-rollback\n"
                      "POST /rollouts honk-t-1-0-back\n"
                      "GET /rollouts/m-2.player\nGET /rollouts/m-2.player\n");
}

static void
what_nobody_knows_to_have_been_asked_for_is_found_by_its_key_or_never_was(void)
{
    static const char *const found[] = {TOLD, SEEN("stepping"), "200 {\"state\":\"aborting\"}",
                                        NULL};
    static const char *const never[] = {NO(503, "transient"), "429+1 {\"code\":\"limit\"}", NULL};
    Other other = {0};
    {
        g_auto(Side) side = {0};
        other_start(&other, found);
        side_open(&side, other.port);
        side.checkpoint = json_of("{'remote':{}}");
        g_assert_true(look(&side, true, NULL));
        g_assert_false(side.news.is_over);
        expect(&side, true, "aborting", 200);
        other_end(&other, "POST /rollouts honk-t-1-0-go\nGET /rollouts/m-1.player\n"
                          "POST /rollouts/m-1.player/rollback honk-t-1-0-rollback\n");
    }
    g_auto(Side) side = {0};
    other = (Other){0};
    other_start(&other, never);
    side_open(&side, other.port);
    g_assert_true(look(&side, true, NULL));
    g_assert_false(side.news.is_over);
    expect(&side, true, "rolled_back", -1);
    other_end(&other, "POST /rollouts honk-t-1-0-go\nPOST /rollouts honk-t-1-0-go\n");
}

static void
tried_again_by_a_person_it_is_another_errand(void)
{
    static const char *const answers[] = {TOLD, NULL};
    Other other = {0};
    g_auto(Side) side = {0};
    other_start(&other, answers);
    side_open(&side, other.port);
    side.checkpoint = json_of("{'state':'rolled_back','remote':{'id':'m-0.player'}}");
    expect(&side, false, "pending", 200);
    other_end(&other, "POST /rollouts honk-t-1-1-go\n");
}

static void
a_target_without_an_address_is_refused(void)
{
    g_auto(Side) side = {0};
    g_autoptr(GError) error = NULL;
    const FleetTargetConfig none = {.name = (char *) "there", .settings = side.to};
    side_open(&side, 1);
    g_assert_false(side.fleet.target->check(&none, &error));
    g_assert_nonnull(strstr(error->message, "has no 'url'"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(text, name) g_test_add_func("/remote/" text, name)
    TEST("it is asked once, and followed to its end", it_is_asked_once_and_followed_to_its_end);
    TEST("who says when is asked then, and who does not, later and later",
         who_says_when_is_asked_then_and_who_does_not_later_and_later);
    TEST("what is refused for good is an error with its reason",
         what_is_refused_for_good_is_an_error_with_its_reason);
    TEST("what people say here is said there", what_people_say_here_is_said_there);
    TEST("a rollback is asked for once, and polled to its end",
         a_rollback_is_asked_for_once_and_polled_to_its_end);
    TEST("a way back that is closed there is a rollout to the old revision",
         a_way_back_that_is_closed_there_is_a_rollout_to_the_old_revision);
    TEST("what nobody knows to have been asked for is found by its key, or never was",
         what_nobody_knows_to_have_been_asked_for_is_found_by_its_key_or_never_was);
    TEST("tried again by a person it is another errand",
         tried_again_by_a_person_it_is_another_errand);
    TEST("a target without an address is refused", a_target_without_an_address_is_refused);
    return g_test_run();
}
