/*
 * json.h - JSON as this program uses it: no duplicate keys, bounded depth and size, errors that
 * name the place.
 *
 * Canonical form (for digests): keys sorted bytewise, no blanks, UTF-8 as it is, integers only. In
 * strings only '"', '\' and what is below U+0020 is escaped: \b \f \n \r \t, else \u001b with lower
 * hex. A floating-point number anywhere makes it fail, because two writers would print it
 * differently.
 */
#pragma once

#include "base/error.h"

#include <jansson.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* `what` names the text in errors ("plan from agent 'x'", a file name). Refuses duplicate keys and
 * what limits.h forbids. */
CHECKED bool json_parse(const char *text, size_t bytes, const char *what, json_t **ret,
                        GError **error);
CHECKED bool json_read_file(const char *path, json_t **ret, GError **error);

/* Members of an object, by type. `what` names the object in errors: "plan.steps[3].name is an
 * integer, expected a string". Borrowed. */
CHECKED bool json_need_string(const json_t *object, const char *key, const char *what,
                              const char **ret, GError **error);
CHECKED bool json_need_int(const json_t *object, const char *key, const char *what, int64_t *ret,
                           GError **error);
CHECKED bool json_need_object(const json_t *object, const char *key, const char *what, json_t **ret,
                              GError **error);
CHECKED bool json_need_array(const json_t *object, const char *key, const char *what, json_t **ret,
                             GError **error);
/* The same with a fallback for what is absent or null; a wrong type also gives the fallback. */
const char *json_get_string(const json_t *object, const char *key, const char *fallback);
int64_t json_get_int(const json_t *object, const char *key, int64_t fallback);
bool json_get_bool(const json_t *object, const char *key, bool fallback);
/* Is this text an item of the list? Not of what is no list. */
bool json_holds(const json_t *list, const char *text);
/* Walk "a.b.c"; NULL when absent. Borrowed. */
json_t *json_at(const json_t *object, const char *path);
void json_set_string(json_t *object, const char *key,
                     const char *value); /* NULL value: nothing is set */
/* Append a sentence to a list. */
void json_say(json_t *list, const char *format, ...) G_GNUC_PRINTF(2, 3);
void json_set_int(json_t *object, const char *key, int64_t value);
void json_set_bool(json_t *object, const char *key, bool value);

/* Canonical text. Caller frees. Fails with INVALID on a floating-point number, naming its path. */
CHECKED bool json_canonical(const json_t *value, char **ret, GError **error);
/* "sha256:" and 64 hex digits, of the canonical text. Caller frees. */
CHECKED bool json_digest(const json_t *value, char **ret, GError **error);
/* Compact and pretty text for people and wires (floats allowed). Caller frees. */
char *json_compact(const json_t *value);
char *json_pretty(const json_t *value);
