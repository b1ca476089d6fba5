/*
 * acp.c - any bytes as what a coding agent writes over the Agent Client Protocol: the first byte chooses the version that is
 * offered, the rest comes at once, and then its output is closed. The conversation ends with a reason; what was asked of us is
 * answered, once each; and a turn is done only where the agent said so.
 */
#include "target.h"

#include "coding/coding.h"
#include "coding/rpc.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BYTES_MAX ((size_t) 60 * 1024)

/* A pipe that has all of it, or as much as it takes without being read, and ends; what we say goes to a socket that nobody
 * reads. */
static Rpc *
open_with(const uint8_t *data, size_t bytes, int *ret_far)
{
    int out[2], in[2];
    g_assert(pipe2(out, O_CLOEXEC | O_NONBLOCK) == 0);
    g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) == 0);
    g_assert(write(out[1], data, bytes) >= 0);
    close(out[1]);
    *ret_far = in[1];
    return rpc_over(in[0], out[0]);
}

static bool
is_request(const json_t *message)
{
    return json_get_string(message, "method", NULL) != NULL &&
           json_object_get(message, "id") != NULL;
}

/* Each of our lines is a message; none of them answers what was not asked, and nothing is answered twice. */
static void
check_lines(const char *transcript)
{
    g_auto(GStrv) lines = g_strsplit(transcript, "\n", -1);
    int asked = 0, answered = 0;
    for (size_t i = 0; lines[i] != NULL; i++) {
        g_autoptr(json_t) message = NULL;
        bool is_ours = g_str_has_prefix(lines[i], "-> ");
        bool is_read = strlen(lines[i]) > 3 &&
                       json_parse(lines[i] + 3, strlen(lines[i]) - 3, "line", &message, NULL);
        g_assert(is_read || !is_ours);
        g_assert(!is_ours || strcmp(json_get_string(message, "jsonrpc", ""), "2.0") == 0);
        if (!is_read || !json_is_object(message))
            continue;
        if (!is_ours)
            asked += is_request(message);
        else if (json_get_string(message, "method", NULL) == NULL)
            answered++;
        g_assert(answered <= asked);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 1 || bytes > BYTES_MAX)
        return 0;
    char *command[] = {"agent", NULL};
    CodingAgentConfig agent = {
        .name = "a", .command = command, .deadline_ms = 10000, .protocol = 1 + data[0] % 2};
    CodingWork work = {.agent = &agent};
    Ground ground = {.honk = "/usr/bin/honk"};
    Turn turn = {.work = &work, .ground = &ground, .prompt = "Move it.", .round = 1};
    g_auto(TurnEnd) end = {0};
    g_autoptr(GError) error = NULL;
    int far = -1;
    if (data[0] & 2)
        agent.login = "key";
    Rpc *rpc = open_with(data + 1, bytes - 1, &far);
    g_assert(acp_turn(rpc, &turn, &end, &error));
    g_assert(end.end != NULL && g_utf8_validate(end.end, -1, NULL));
    g_assert(!end.is_done || memmem(data, bytes, "end_turn", 8) != NULL);
    check_lines(rpc_transcript(rpc));
    rpc_free(rpc);
    close(far);
    return 0;
}
