/*
 * http_client.c - answers become values, and everything that is no answer becomes the right error.
 *
 * The other side is a thread of this program, which takes one connection after another on a Unix
 * socket and says what the test has written for it.
 */
#include "base/http_client.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- the other side ---- */

typedef struct {
    const char *answer; /* sent to each connection; then it is closed */
    char *folder, *address;
    int fd;
    pthread_t thread;
    GString *request; /* of the last connection, head and body */
} Peer;

static bool
request_is_complete(const GString *request)
{
    const char *end = strstr(request->str, "\r\n\r\n");
    if (end == NULL)
        return false;
    const char *length = strstr(request->str, "Content-Length: ");
    size_t bytes = length != NULL ? (size_t) atoi(length + strlen("Content-Length: ")) : 0;
    return request->len >= (size_t) (end + 4 - request->str) + bytes;
}

static void *
peer_run(void *data)
{
    Peer *peer = data;
    int fd;
    while ((fd = accept(peer->fd, NULL, NULL)) >= 0) {
        char chunk[4096];
        ssize_t got = 1;
        g_string_truncate(peer->request, 0);
        while (got > 0 && !request_is_complete(peer->request)) {
            got = recv(fd, chunk, sizeof(chunk), 0);
            g_string_append_len(peer->request, chunk, MAX(got, 0));
        }
        send(fd, peer->answer, strlen(peer->answer), MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        while (recv(fd, chunk, sizeof(chunk), 0) > 0)
            continue;
        close(fd);
    }
    return NULL;
}

static void
peer_start(Peer *peer, const char *answer)
{
    *peer = (Peer){.answer = answer, .request = g_string_new(NULL)};
    peer->folder = g_dir_make_tmp("honk-http-XXXXXX", NULL);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    g_snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", peer->folder);
    peer->address = g_strconcat("unix:", name.sun_path, NULL);
    peer->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(peer->fd, (struct sockaddr *) &name, sizeof(name)), ==, 0);
    g_assert_cmpint(listen(peer->fd, 5), ==, 0);
    pthread_create(&peer->thread, NULL, peer_run, peer);
}

static void
peer_stop(Peer *peer)
{
    shutdown(peer->fd, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->fd);
    g_remove(peer->address + strlen("unix:"));
    g_rmdir(peer->folder);
    g_free(peer->folder);
    g_free(peer->address);
    g_string_free(peer->request, TRUE);
}

static HttpClient *
client_for(const char *address, const char *token)
{
    g_autoptr(GError) error = NULL;
    HttpClient *client = NULL;
    g_assert_true(http_client_new(address, token, &client, &error));
    g_assert_no_error(error);
    return client;
}

/* ---- calls ---- */

static void
a_call_sends_token_headers_and_body_and_gives_the_answer(void)
{
    Peer peer;
    peer_start(&peer, "HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nRetry-After: 7\r\n"
                      "Content-Length: 2\r\n\r\nhi");
    HttpClient *client = client_for(peer.address, "s3cret");
    g_auto(HttpResponse) response = {0};
    g_autoptr(GError) error = NULL;
    const char *const headers[] = {"Idempotency-Key: k1", NULL};
    g_assert_true(
        http_call(client, "PUT", "/v1/x?y=1", headers, "body", 4, 20000, &response, &error));
    g_assert_cmpint(response.status, ==, 202);
    g_assert_cmpstr(response.content_type, ==, "text/plain");
    g_assert_cmpstr(response.retry_after, ==, "7");
    g_assert_cmpmem(response.body, response.bytes, "hi", 2);
    http_client_free(client);
    const char *request = peer.request->str;
    g_assert_true(g_str_has_prefix(request, "PUT /v1/x?y=1 HTTP/1.1\r\nHost: localhost\r\n"));
    g_assert_nonnull(strstr(request, "\r\nAuthorization: Bearer s3cret\r\n"));
    g_assert_nonnull(strstr(request, "\r\nIdempotency-Key: k1\r\n"));
    g_assert_nonnull(strstr(request, "\r\nContent-Type: application/octet-stream\r\n"));
    g_assert_true(g_str_has_suffix(request, "\r\n\r\nbody"));
    peer_stop(&peer);
}

static void
json_goes_in_and_comes_out(void)
{
    Peer peer;
    peer_start(&peer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                      "Connection: close\r\n\r\n{\"id\": \"m-1\"}");
    HttpClient *client = client_for(peer.address, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) body = json_pack("{s:i}", "a", 1);
    g_autoptr(json_t) answer = NULL;
    g_assert_true(http_call_json(client, "POST", "/m", body, 20000, &answer, &error));
    g_assert_cmpstr(json_get_string(answer, "id", NULL), ==, "m-1");
    http_client_free(client);
    g_assert_nonnull(strstr(peer.request->str, "\r\nContent-Type: application/json\r\n"));
    g_assert_true(g_str_has_suffix(peer.request->str, "\r\n\r\n{\"a\":1}"));
    g_assert_null(strstr(peer.request->str, "Authorization"));
    peer_stop(&peer);
}

static void
an_empty_answer_is_null(void)
{
    Peer peer;
    peer_start(&peer, "HTTP/1.1 204 No Content\r\n\r\n");
    HttpClient *client = client_for(peer.address, NULL);
    g_autoptr(GError) error = NULL;
    json_t *answer = json_null();
    g_assert_true(http_call_json(client, "DELETE", "/m", NULL, 20000, &answer, &error));
    g_assert_null(answer);
    http_client_free(client);
    peer_stop(&peer);
}

static void
every_refusal_becomes_the_error_that_it_describes(void)
{
    static const struct {
        const char *status, *body;
        ErrorCode code;
        const char *message;
    } cases[] = {
        {"409 Conflict", "{\"code\":\"drift\",\"title\":\"Conflict\",\"detail\":\"schema moved\"}",
         ERR_DRIFT, "schema moved"},
        {"403 Forbidden", "{\"title\":\"not yours\"}", ERR_FORBIDDEN, "not yours"},
        {"429 Too Many Requests", "{}", ERR_LIMIT, "the server answered with status 429"},
        {"500 Oops", "<html>", ERR_INTERNAL, "the server answered with status 500"},
        {"502 Bad Gateway", "", ERR_TRANSIENT, "the server answered with status 502"},
        {"302 Found", "", ERR_INVALID, "the server answered with status 302"},
        {"404 Not Found", "{\"code\":\"no-such-code\",\"detail\":\"x\"}", ERR_INTERNAL, "x"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strdup_printf("HTTP/1.1 %s\r\nContent-Type: application/problem+json\r\n"
                            "Location: http://localhost/other\r\nConnection: close\r\n\r\n%s",
                            cases[i].status, cases[i].body);
        Peer peer;
        peer_start(&peer, text);
        HttpClient *client = client_for(peer.address, NULL);
        g_autoptr(GError) error = NULL;
        json_t *answer = NULL;
        g_assert_false(http_call_json(client, "GET", "/", NULL, 20000, &answer, &error));
        g_assert_error(error, error_quark(), (int) cases[i].code);
        g_assert_cmpstr(error->message, ==, cases[i].message);
        http_client_free(client);
        peer_stop(&peer);
    }
}

static void
an_answer_that_is_not_json_says_so(void)
{
    Peer peer;
    peer_start(&peer, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
    HttpClient *client = client_for(peer.address, NULL);
    g_autoptr(GError) error = NULL;
    json_t *answer = NULL;
    g_assert_false(http_call_json(client, "GET", "/", NULL, 20000, &answer, &error));
    g_assert_cmpstr(error->message, ==,
                    "the server's answer:1:5: not valid JSON: invalid token near 'hello'");
    http_client_free(client);
    peer_stop(&peer);
}

static void *
cancel_soon(void *client)
{
    g_usleep(20 * 1000);
    http_client_cancel(client);
    return NULL;
}

/* The connection is made and never taken, so that no answer comes. */
static void
a_call_that_hangs_is_cancelled_at_once_and_none_follows(void)
{
    g_autofree char *folder = g_dir_make_tmp("honk-http-XXXXXX", NULL);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    g_snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *) &name, sizeof(name)), ==, 0);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    g_autofree char *address = g_strconcat("unix:", name.sun_path, NULL);
    g_autoptr(HttpClient) client = NULL;
    g_assert_true(http_client_new(address, NULL, &client, NULL));
    int64_t begin_us = g_get_monotonic_time();
    pthread_t thread;
    pthread_create(&thread, NULL, cancel_soon, client);
    for (int i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(http_call_json(client, "GET", "/", NULL, 60000, NULL, &error));
        g_assert_error(error, error_quark(), ERR_STOPPED);
    }
    g_assert_cmpint(g_get_monotonic_time() - begin_us, <, 20 * G_USEC_PER_SEC);
    pthread_join(thread, NULL);
    close(fd);
    g_remove(name.sun_path);
    g_rmdir(folder);
}

static void
nobody_there_is_unreachable(void)
{
    HttpClient *client = client_for("unix:/nowhere/honk.sock", NULL);
    g_auto(HttpResponse) response = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(http_call(client, "GET", "/", NULL, NULL, 0, 1000, &response, &error));
    g_assert_error(error, error_quark(), ERR_UNREACHABLE);
    g_assert_true(g_str_has_prefix(error->message, "no answer from 'unix:/nowhere/honk.sock': "));
    g_test_message("%s", error->message);
    http_client_free(client);
}

static void
addresses_are_checked(void)
{
    g_autofree char *long_path = g_strnfill(200, 'x');
    g_autofree char *long_address = g_strconcat("unix:/", long_path, NULL);
    const char *const wrong[] = {"localhost:80", "ftp://x", "", long_address};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        HttpClient *client = NULL;
        g_assert_false(http_client_new(wrong[i], NULL, &client, &error));
        g_assert_error(error, error_quark(), ERR_INVALID);
    }
    g_autoptr(GError) error = NULL;
    HttpClient *client = NULL;
    g_assert_false(http_client_new("http://x", "a\r\nEvil: 1", &client, &error));
    g_assert_cmpstr(error->message, ==, "the token holds a control character or a line end");
}

/* ---- streams ---- */

typedef struct {
    GString *seen;
    int events_max;
} Listener;

static bool
on_event(const char *id, const char *type, const char *data, void *user)
{
    Listener *listener = user;
    g_string_append_printf(listener->seen, "<%s|%s|%s>", id, type, data);
    return --listener->events_max != 0;
}

static const char stream_answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    ": hello\n\nid: 8\nevent: task\ndata: a\n\nid: 9\ndata: b\n\n";

static void
a_stream_goes_on_after_the_last_event_and_ends_with_the_server(void)
{
    Peer peer;
    peer_start(&peer, stream_answer);
    HttpClient *client = client_for(peer.address, NULL);
    Listener listener = {.seen = g_string_new(NULL)};
    g_autoptr(GError) error = NULL;
    g_assert_true(http_stream(client, "/events", "7", on_event, &listener, &error));
    g_assert_cmpstr(listener.seen->str, ==, "<8|task|a><9|message|b>");
    http_client_free(client);
    g_assert_nonnull(strstr(peer.request->str, "\r\nLast-Event-ID: 7\r\n"));
    g_string_free(listener.seen, TRUE);
    peer_stop(&peer);
}

static void
a_listener_can_end_a_stream_and_the_client_works_on(void)
{
    Peer peer;
    peer_start(&peer, stream_answer);
    HttpClient *client = client_for(peer.address, NULL);
    g_autoptr(GError) error = NULL;
    for (int i = 0; i < 2; i++) {
        Listener listener = {.seen = g_string_new(NULL), .events_max = 1};
        g_assert_true(http_stream(client, "/events", NULL, on_event, &listener, &error));
        g_assert_cmpstr(listener.seen->str, ==, "<8|task|a>");
        g_string_free(listener.seen, TRUE);
    }
    http_client_free(client);
    peer_stop(&peer);
}

static void
a_refused_stream_is_the_error_that_it_describes(void)
{
    Peer peer;
    peer_start(&peer, "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\n"
                      "Connection: close\r\n\r\n{\"code\":\"unauthorized\",\"detail\":\"log in\"}");
    HttpClient *client = client_for(peer.address, NULL);
    Listener listener = {.seen = g_string_new(NULL)};
    g_autoptr(GError) error = NULL;
    g_assert_false(http_stream(client, "/events", NULL, on_event, &listener, &error));
    g_assert_error(error, error_quark(), ERR_UNAUTHORIZED);
    g_assert_cmpstr(error->message, ==, "log in");
    g_string_free(listener.seen, TRUE);
    http_client_free(client);
    peer_stop(&peer);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/a call sends token, headers and body, and gives the answer",
                    a_call_sends_token_headers_and_body_and_gives_the_answer);
    g_test_add_func("/http/JSON goes in and comes out", json_goes_in_and_comes_out);
    g_test_add_func("/http/an empty answer is NULL", an_empty_answer_is_null);
    g_test_add_func("/http/every refusal becomes the error that it describes",
                    every_refusal_becomes_the_error_that_it_describes);
    g_test_add_func("/http/an answer that is not JSON says so", an_answer_that_is_not_json_says_so);
    g_test_add_func("/http/a call that hangs is cancelled at once, and none follows",
                    a_call_that_hangs_is_cancelled_at_once_and_none_follows);
    g_test_add_func("/http/nobody there is unreachable", nobody_there_is_unreachable);
    g_test_add_func("/http/addresses are checked", addresses_are_checked);
    g_test_add_func("/http/a stream goes on after the last event and ends with the server",
                    a_stream_goes_on_after_the_last_event_and_ends_with_the_server);
    g_test_add_func("/http/a listener can end a stream, and the client works on",
                    a_listener_can_end_a_stream_and_the_client_works_on);
    g_test_add_func("/http/a refused stream is the error that it describes",
                    a_refused_stream_is_the_error_that_it_describes);
    return g_test_run();
}
