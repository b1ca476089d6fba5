/*
 * settings.h - what stores that are servers have in honk.yaml, read alike: names that there are, an address, a password.
 */
#pragma once

#include "base/json.h"

/* Every name is one of `known` (ends with NULL), and there is a `url`: else INVALID, with what was meant or expected. */
CHECKED bool settings_check(const json_t *settings, const char *const *known, const char *url_form,
                            GError **error);
/* The first line of the file that `password_file` names, in the place of what `*ret` holds (the address may have one, or it is
 * NULL); which stays as it is when nothing is named. Caller frees. */
CHECKED bool settings_password(const json_t *settings, char **ret, GError **error);

/* How long something may take, in milliseconds; less for whoever is in a hurry (drivers_hurry()). */
int64_t settings_wait_ms(const json_t *settings, const char *name, int64_t otherwise);

/* One more owner, and one less: several threads open connections of one store, and jansson's counts are not made for that. */
json_t *settings_take(json_t *settings);
void settings_drop(json_t *settings);
