/* id.h - identifiers that sort by birth: "m-" + 10 letters of time + 8 of chance (Crockford's base
 * 32, lower case). */
#pragma once

/* Caller frees. `prefix` without the dash. */
char *id_new(const char *prefix);
/* `bytes` of system randomness as hex, for tokens. Caller frees. */
char *id_secret(unsigned bytes);
