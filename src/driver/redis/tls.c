/*
 * tls.c - see tls.h.
 *
 * The hiredis of Debian 12 speaks no TLS. So it gets one end of a pair of sockets, and a thread stands at the other: what it reads there it
 * writes encrypted to the server, and the other way round, as much at a time as either end takes.
 *
 *   hiredis ◄── pair of sockets ──► thread ◄── TLS ──► server
 *
 * The certificate is looked at before the pair is there. With TLS 1.3 a server that does not believe ours says so behind the handshake
 * only: so it is asked for a first answer, which is nobody else's.
 */
#include "driver/redis/tls.h"

#include "base/clock.h"
#include "driver/redis/libssl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIPE_BYTES (64 * 1024)
#define FIRST_QUESTION "PING\r\n"
#define FIRST_ANSWER_BYTES_MAX 1024

/* Bytes on their way in one direction. */
typedef struct {
    size_t at, end; /* those from `at` on are still to be handed on */
    char data[PIPE_BYTES];
} Pipe;

typedef struct {
    SSL_CTX *context;
    SSL *ssl;
    int fd, plain;                 /* to the server; to hiredis, or -1 */
    short read_waits, write_waits; /* for what of `fd` TLS waits before it reads or writes on */
    bool has_ended;
    Pipe out, in;
} Tunnel;

static void
tunnel_free(Tunnel *tunnel)
{
    if (tunnel->ssl != NULL)
        SSL_free(tunnel->ssl);
    if (tunnel->context != NULL)
        SSL_CTX_free(tunnel->context);
    close(tunnel->fd);
    if (tunnel->plain >= 0)
        close(tunnel->plain);
    g_free(tunnel);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tunnel, tunnel_free)

/* --- the thread --- */

/* For what to wait, when nothing could be done; 0: it is over. */
static short
wait_for(Tunnel *tunnel, int result)
{
    switch (SSL_get_error(tunnel->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return POLLIN;
    case SSL_ERROR_WANT_WRITE:
        return POLLOUT;
    default:
        tunnel->has_ended = true;
        return 0;
    }
}

static bool
is_empty(const Pipe *pipe)
{
    return pipe->at == pipe->end;
}

static bool
read_encrypted(Tunnel *tunnel)
{
    Pipe *in = &tunnel->in;
    tunnel->read_waits = 0;
    if (!is_empty(in) || tunnel->has_ended)
        return false;
    ERR_clear_error();
    int count = SSL_read(tunnel->ssl, in->data, sizeof in->data);
    in->at = 0;
    in->end = count > 0 ? (size_t) count : 0;
    if (count <= 0)
        tunnel->read_waits = wait_for(tunnel, count);
    return count > 0;
}

static bool
write_encrypted(Tunnel *tunnel)
{
    Pipe *out = &tunnel->out;
    tunnel->write_waits = 0;
    if (is_empty(out) || tunnel->has_ended)
        return false;
    ERR_clear_error();
    int count = SSL_write(tunnel->ssl, out->data + out->at, (int) (out->end - out->at));
    if (count <= 0)
        tunnel->write_waits = wait_for(tunnel, count);
    else
        out->at += (size_t) count;
    return count > 0;
}

/* `*ret_over`: hiredis has closed its end, and all that it said is on its way. */
static bool
read_plain(Tunnel *tunnel, bool *ret_over)
{
    Pipe *out = &tunnel->out;
    if (!is_empty(out))
        return false;
    ssize_t count = recv(tunnel->plain, out->data, sizeof out->data, MSG_DONTWAIT);
    out->at = 0;
    out->end = count > 0 ? (size_t) count : 0;
    *ret_over = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
    return count > 0;
}

static bool
write_plain(Tunnel *tunnel, bool *ret_over)
{
    Pipe *in = &tunnel->in;
    if (is_empty(in))
        return false;
    ssize_t count =
        send(tunnel->plain, in->data + in->at, in->end - in->at, MSG_DONTWAIT | MSG_NOSIGNAL);
    *ret_over = *ret_over || (count < 0 && errno != EAGAIN && errno != EINTR);
    if (count > 0)
        in->at += (size_t) count;
    return count > 0;
}

static void
wait_a_while(const Tunnel *tunnel)
{
    struct pollfd ends[] = {
        {.fd = tunnel->plain,
         .events = (short) ((is_empty(&tunnel->out) ? POLLIN : 0) |
                            (is_empty(&tunnel->in) ? 0 : POLLOUT))},
        {.fd = tunnel->fd, .events = (short) (tunnel->read_waits | tunnel->write_waits)}};
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (ends[i].events == 0) /* else one who hangs up would wake us again and again */
            ends[i].fd = -1;
    poll(ends, G_N_ELEMENTS(ends), -1);
}

static void *
carry(void *data)
{
    g_autoptr(Tunnel) tunnel = data;
    bool is_over = false;
    while (!is_over) {
        bool has_moved = read_plain(tunnel, &is_over);
        has_moved = write_encrypted(tunnel) || has_moved;
        has_moved = read_encrypted(tunnel) || has_moved;
        has_moved = write_plain(tunnel, &is_over) || has_moved;
        is_over = is_over || (tunnel->has_ended && is_empty(&tunnel->in));
        if (!has_moved && !is_over)
            wait_a_while(tunnel);
    }
    if (!tunnel->has_ended)
        SSL_shutdown(tunnel->ssl);
    return NULL;
}

/* --- the beginning --- */

/* What OpenSSL says of its last failure. */
static const char *
last_reason(const char *otherwise)
{
    unsigned long code = ERR_get_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    return reason != NULL ? reason : otherwise;
}

static bool
take_files(Tunnel *tunnel, const TlsPeer *peer, GError **error)
{
    SSL_CTX *context = tunnel->context;
    const char *key = peer->key_file != NULL ? peer->key_file : peer->certificate_file;
    ERR_clear_error();
    if (peer->ca_file != NULL ? SSL_CTX_load_verify_file(context, peer->ca_file) != 1
                              : SSL_CTX_set_default_verify_paths(context) != 1)
        return fail(error, ERR_INVALID, "ca_file: %s: no certificate can be read there (%s)",
                    peer->ca_file != NULL ? peer->ca_file : "the system's",
                    last_reason("no reason is told"));
    if (peer->certificate_file != NULL &&
        SSL_CTX_use_certificate_chain_file(context, peer->certificate_file) != 1)
        return fail(error, ERR_INVALID,
                    "certificate_file: %s: no certificate can be read there "
                    "(%s)",
                    peer->certificate_file, last_reason("no reason is told"));
    if (key != NULL && SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return fail(error, ERR_INVALID,
                    "key_file: %s: no key of our certificate can be read there "
                    "(%s)",
                    key, last_reason("no reason is told"));
    return true;
}

static bool
tunnel_open(Tunnel *tunnel, const TlsPeer *peer, GError **error)
{
    tunnel->context = SSL_CTX_new(TLS_client_method());
    if (tunnel->context == NULL)
        return fail(error, ERR_INTERNAL, "TLS: %s", last_reason("out of memory"));
    SSL_CTX_set_min_proto_version(tunnel->context, TLS1_2_VERSION);
    SSL_CTX_set_mode(tunnel->context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(tunnel->context, SSL_VERIFY_PEER, NULL);
    if (!take_files(tunnel, peer, error))
        return false;
    tunnel->ssl = SSL_new(tunnel->context);
    bool is_made = tunnel->ssl != NULL && SSL_set_fd(tunnel->ssl, tunnel->fd) == 1 &&
                   SSL_set1_host(tunnel->ssl, peer->host) == 1 &&
                   (g_hostname_is_ip_address(peer->host) ||
                    SSL_set_tlsext_host_name(tunnel->ssl, peer->host) == 1);
    return is_made || fail(error, ERR_INTERNAL, "TLS: %s", last_reason("out of memory"));
}

static bool
fail_handshake(const Tunnel *tunnel, GError **error)
{
    long verified = SSL_get_verify_result(tunnel->ssl);
    if (verified != X509_V_OK)
        return fail(error, ERR_FORBIDDEN, "the server's certificate is not believed: %s",
                    X509_verify_cert_error_string(verified));
    const char *reason = last_reason("the server hangs up");
    /* what the server says of us is an alert */
    bool is_told = strstr(reason, "alert") != NULL;
    return fail(error, is_told ? ERR_FORBIDDEN : ERR_UNREACHABLE, "TLS: %s%s", reason,
                is_told ? " (certificate_file)" : "");
}

typedef int TlsCall(Tunnel *tunnel);

static int
shake_hands(Tunnel *tunnel)
{
    return SSL_connect(tunnel->ssl);
}

/* Of a server that has hung up, what it said before that can still be heard: so this is no failure yet. */
static int
ask_first(Tunnel *tunnel)
{
    int count = SSL_write(tunnel->ssl, FIRST_QUESTION, (int) strlen(FIRST_QUESTION));
    bool is_cut = count <= 0 && SSL_get_error(tunnel->ssl, count) == SSL_ERROR_SYSCALL;
    return is_cut ? 1 : count;
}

/* One line, whatever it says: one of who is not let in yet is an answer, too. */
static int
hear_first(Tunnel *tunnel)
{
    Pipe *in = &tunnel->in;
    while (in->end == 0 || in->data[in->end - 1] != '\n') {
        int count =
            SSL_read(tunnel->ssl, in->data + in->end, (int) (FIRST_ANSWER_BYTES_MAX - in->end));
        if (count <= 0)
            return count;
        in->end += (size_t) count;
        if (in->end == FIRST_ANSWER_BYTES_MAX)
            return 1;
    }
    return 1;
}

/* Again and again, until it is done or the time is over. */
static bool
in_time(Tunnel *tunnel, TlsCall *call, int64_t until_us, GError **error)
{
    for (;;) {
        ERR_clear_error();
        int result = call(tunnel);
        if (result > 0)
            return true;
        struct pollfd ready = {.fd = tunnel->fd, .events = wait_for(tunnel, result)};
        if (tunnel->has_ended)
            return fail_handshake(tunnel, error);
        int64_t left_ms = (until_us - clock_monotonic_us()) / 1000;
        if (left_ms <= 0 || poll(&ready, 1, (int) left_ms) == 0)
            return fail(error, ERR_UNREACHABLE, "TLS: it does not answer");
    }
}

/* OpenSSL writes without a word of signals: one for a server that is gone would be the process's, so it is taken here. */
static void
hold_back(sigset_t *ret_before)
{
    sigset_t broken;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, ret_before);
}

static void
let_through(const sigset_t *before)
{
    static const struct timespec now = {0};
    sigset_t broken;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    if (!sigismember(before, SIGPIPE))
        while (sigtimedwait(&broken, NULL, &now) == SIGPIPE)
            ;
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

static bool
begin(Tunnel *tunnel, const TlsPeer *peer, GError **error)
{
    int64_t until_us = clock_monotonic_us() + (int64_t) peer->timeout_ms * 1000;
    sigset_t before;
    hold_back(&before);
    bool is_open = in_time(tunnel, shake_hands, until_us, error) &&
                   in_time(tunnel, ask_first, until_us, error) &&
                   in_time(tunnel, hear_first, until_us, error);
    let_through(&before);
    tunnel->in.end = 0;
    return is_open;
}

/* The thread's is the tunnel then, whom no signal reaches. */
static bool
start(Tunnel *tunnel, GError **error)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&thread, NULL, carry, tunnel);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        return fail(error, ERR_TRANSIENT, "no thread for TLS: %s", g_strerror(failed));
    pthread_detach(thread);
    return true;
}

bool
tls_connect(const TlsPeer *peer, int fd, int *ret, GError **error)
{
    g_autoptr(Tunnel) tunnel = g_new0(Tunnel, 1);
    int pair[2];
    tunnel->fd = fd;
    tunnel->plain = -1;
    if (!libssl_load(error) || !tunnel_open(tunnel, peer, error))
        return false;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (!begin(tunnel, peer, error))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return fail_errno(error, ERR_TRANSIENT, "no pair of sockets for TLS");
    tunnel->plain = pair[1];
    if (!start(tunnel, error)) {
        close(pair[0]);
        return false;
    }
    g_steal_pointer(&tunnel);
    *ret = pair[0];
    return true;
}
