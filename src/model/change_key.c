/* change_key.c - see change_key.h. */
#include "model/change_key.h"

#include <string.h>

#define MARK '#'

char *
change_key_make(const char *address, const char *part)
{
    return g_strdup_printf("%s%c%s", address, MARK, part);
}

/* What comes before the mark is called so. */
static bool
begins_as(const char *text, const char *whole)
{
    size_t bytes = strlen(whole);
    return strncmp(text, whole, bytes) == 0 && (text[bytes] == '\0' || text[bytes] == MARK);
}

bool
change_key_is_of(const char *key, const char *address)
{
    return begins_as(key, address);
}

const char *
change_key(const json_t *change)
{
    return json_get_string(change, "key", json_get_string(change, "repository", ""));
}

const char *
change_part(const json_t *change)
{
    return json_get_string(json_object_get(change, "part"), "name", NULL);
}

char *
change_branch(const Plan *plan, const json_t *change)
{
    const char *part = change_part(change);
    char *branch = plan_branch_name(plan);
    if (part == NULL)
        return branch;
    char *own = g_strdup_printf("%s-%s", branch, part);
    g_free(branch);
    return own;
}

char *
change_spare(const json_t *change)
{
    const char *consumer = json_get_string(change, "consumer", ""), *part = change_part(change);
    return part == NULL ? g_strdup(consumer) : change_key_make(consumer, part);
}

bool
change_spare_is_of(const char *spare, const char *consumer)
{
    return begins_as(spare, consumer);
}

const json_t *
change_find(const json_t *changes, const char *key)
{
    json_t *change;
    size_t i;
    json_array_foreach(changes, i, change) if (strcmp(change_key(change), key) == 0) return change;
    return NULL;
}
