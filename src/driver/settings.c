/* settings.c - see settings.h. */
#include "driver/settings.h"

#include "base/text.h"
#include "driver/driver.h"

#include <pthread.h>
#include <string.h>

#define PASSWORD_BYTES_MAX 4096

bool
settings_check(const json_t *settings, const char *const *known, const char *url_form,
               GError **error)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) settings, key, value)
    {
        if (g_strv_contains(known, key))
            continue;
        const char *near = text_nearest(key, known);
        return fail(error, ERR_INVALID, "unknown setting '%s'%s%s%s", key,
                    near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'?" : "");
    }
    if (json_get_string(settings, "url", NULL) == NULL)
        return fail(error, ERR_INVALID, "no 'url', expected %s", url_form);
    return true;
}

bool
settings_password(const json_t *settings, char **ret, GError **error)
{
    const char *path = json_get_string(settings, "password_file", NULL);
    g_autofree char *text = NULL;
    if (path == NULL)
        return true;
    if (!file_read(path, PASSWORD_BYTES_MAX, &text, NULL, error))
        return fail_in(error, "cannot read the password");
    text[strcspn(text, "\r\n")] = '\0';
    g_free(*ret);
    *ret = g_steal_pointer(&text);
    return true;
}

static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;

json_t *
settings_take(json_t *settings)
{
    pthread_mutex_lock(&count_lock);
    json_incref(settings);
    pthread_mutex_unlock(&count_lock);
    return settings;
}

void
settings_drop(json_t *settings)
{
    pthread_mutex_lock(&count_lock);
    json_decref(settings);
    pthread_mutex_unlock(&count_lock);
}

/* --- patience --- */

#define HURRY_MS 2000 /* enough for a server that answers at all */

static gint is_in_a_hurry;

void
drivers_hurry(void)
{
    g_atomic_int_set(&is_in_a_hurry, 1);
}

int64_t
settings_wait_ms(const json_t *settings, const char *name, int64_t otherwise)
{
    int64_t ms = json_get_int(settings, name, otherwise);
    return g_atomic_int_get(&is_in_a_hurry) != 0 ? MIN(ms, HURRY_MS) : ms;
}
