/*
 * tokens.h - bearer tokens: "honk_" and 40 hex digits, shown once, kept as SHA-256.
 */
#pragma once

#include "store/db.h"

/* Who it stands for. UNAUTHORIZED when unknown, revoked or expired. Caller frees. */
CHECKED bool token_check(Db *db, const char *token, char **ret_identity, GError **error);
/* The same by its hash ("sha256:…"), for sessions. */
CHECKED bool token_owner(Db *db, const char *hash, char **ret_identity, GError **error);
