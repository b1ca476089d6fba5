/*
 * guards.c - the conditions that the transition tables name, found by their names.
 *
 * A guard looks and changes nothing. What it refuses is said in words that tell how to go on. The
 * simulator can switch any one off, and must then find a seed that goes wrong: a guard that nobody
 * misses does not belong here.
 */
#include "engine/guards.h"

#include <string.h>

size_t
guard_count(void)
{
    return plan_guard_count + task_guard_count;
}

static const Guard *
guard_at(size_t index)
{
    return index < plan_guard_count ? &plan_guards[index] : &task_guards[index - plan_guard_count];
}

const char *
guard_name(size_t index)
{
    return guard_at(index)->name;
}

static size_t
guard_find(const char *name, size_t bytes)
{
    for (size_t i = 0; i < guard_count(); i++)
        if (strncmp(guard_name(i), name, bytes) == 0 && guard_name(i)[bytes] == '\0')
            return i;
    g_error("there is no guard '%.*s'", (int) bytes, name);
}

static bool
guard_holds_at(const Moment *moment, size_t index)
{
    return (moment->beat->state->guards_off & UINT64_C(1) << index) != 0 ||
           guard_at(index)->holds(moment);
}

bool
guard_holds(const Moment *moment, const char *guard)
{
    return guard_holds_at(moment, guard_find(guard, strlen(guard)));
}

bool
guards_hold(const Moment *moment, const char *names, const char **ret_refused)
{
    for (const char *name = names; *name != '\0';) {
        size_t bytes = strcspn(name, ","), index = guard_find(name, bytes);
        if (!guard_holds_at(moment, index)) {
            if (ret_refused != NULL)
                *ret_refused = guard_name(index);
            return false;
        }
        name += bytes + (name[bytes] == ',');
    }
    return true;
}

char *
guard_refusal(const Moment *moment, const char *guard, ErrorCode *ret_code)
{
    const Guard *found = guard_at(guard_find(guard, strlen(guard)));
    *ret_code = found->code;
    if (found->tell != NULL)
        return found->tell(moment);
    return g_strdup(found->refusal != NULL ? found->refusal : "not now");
}
