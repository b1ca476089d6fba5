/*
 * session.h - who is logged in to the portal: a cookie that scripts cannot read, made from a token and good for nothing else.
 *
 * A browser gives its token once (POST /session) and gets "HASH|UNTIL|IDENTITY|SEAL": the token's hash, until when it is good,
 * who it stands for, and an HMAC over these with a key that only our state has. It cannot be made, stretched or used as a
 * token; revoking the token ends it. Cookies come along by themselves, so a write that has nothing else must also bring the
 * header Honk-Portal, which a page from elsewhere cannot send.
 *
 * A demo's server knows some people (ServerOptions.people): whoever is logged in as one of them may go on as another, and is
 * recorded with both names.
 */
#pragma once

#include "server/request.h"

#define SESSION_KEY_HEX 64

/* Make the key when there is none yet. On the writer, before anybody is let in. Caller frees. */
CHECKED bool session_key(Db *db, char **ret, GError **error);
/* Who the request's cookie stands for; `*ret_found` false when it has none, or one that counts no more. */
CHECKED bool session_identify(Request *request, bool *ret_found, GError **error);
/* What GET /whoami tells of it: {"expires_at_ms", "people"}; NULL without a session. Caller owns. */
json_t *session_json(const Request *request);
/* FORBIDDEN for a write by cookie that a page from elsewhere could have sent. */
CHECKED bool session_guard(const Request *request, GError **error);
