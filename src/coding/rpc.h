/*
 * rpc.h - JSON-RPC 2.0 with a program in a box, one message a line, as ACP and MCP have it over standard input and output;
 * inside of this room only.
 *
 * Whoever is on the other side may write anything, nothing, or for ever, and may not read. So nothing here waits without a
 * time, and each buffer has its maximum. Every line of both sides is kept, in its order: that is the transcript.
 */
#pragma once

#include "coding/inside.h"

#define RPC_LINE_BYTES_MAX ((size_t) 4 * 1024 * 1024) /* a file in a message */
#define RPC_BYTES_MAX                                                                              \
    ((size_t) 256 * 1024 * 1024) /* of one session: an agent that talks for ever */
#define RPC_UNREAD_BYTES_MAX                                                                       \
    ((size_t) 4 * 1024 * 1024) /* of ours, that the other side does not take */
#define RPC_TRANSCRIPT_BYTES_MAX ((size_t) 8 * 1024 * 1024) /* the rest is counted, not kept */
#define RPC_BAD_LINES_MAX 50 /* that are no JSON: some print a greeting to standard output */

typedef struct Rpc Rpc;

CHECKED bool rpc_open(const BoxSpec *spec, Rpc **ret, GError **error);
/* With whoever reads `to`, a socket, and writes `from`, a pipe that does not block; both are taken over. For tests. */
Rpc *rpc_over(int to, int from);
/* Ends the program and all that it started. */
void rpc_free(Rpc *rpc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rpc, rpc_free)

/* `message` is taken over; "jsonrpc" is added. */
void rpc_send(Rpc *rpc, json_t *message);
/* The next message, the caller's; NULL when none came by `until_ms` (monotonic), or none will come: rpc_end() then says why.
 * False with STOPPED only. */
CHECKED bool rpc_next(Rpc *rpc, int64_t until_ms, json_t **ret, GError **error);
/* How it ended, as half a sentence; NULL while it has not. Borrowed. */
const char *rpc_end(const Rpc *rpc);
/* Where the folder and the brief are for the other side. Borrowed. */
const char *rpc_folder(const Rpc *rpc);
const char *rpc_brief(const Rpc *rpc);
/* "-> {…}\n" what we sent, "<- {…}\n" what came. Borrowed. */
const char *rpc_transcript(const Rpc *rpc);
/* The end of its standard error. Caller frees. */
char *rpc_said(const Rpc *rpc);

/* door_acp.c: a turn with an agent that speaks ACP, over what is open. `ret` is cleared by the caller. */
CHECKED bool acp_turn(Rpc *rpc, const Turn *turn, TurnEnd *ret, GError **error);
