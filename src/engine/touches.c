/* touches.c - which plans have had effects on an object, so that a later one is rolled back first. */
#include "engine/state.h"

#include <string.h>

static void
touches_free(void *data)
{
    g_ptr_array_unref(data);
}

static void
touch_free(void *data)
{
    Touch *touch = data;
    g_free(touch->plan);
    g_free(touch);
}

GHashTable *
touches_table_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, touches_free);
}

static void
touch_add(State *state, const char *plan, const char *object, int64_t effects_ms)
{
    if (object == NULL || *object == '\0')
        return;
    GPtrArray *touches = g_hash_table_lookup(state->touches, object);
    if (touches == NULL) {
        touches = g_ptr_array_new_with_free_func(touch_free);
        g_hash_table_insert(state->touches, g_strdup(object), touches);
    }
    Touch *touch = g_new0(Touch, 1);
    touch->plan = g_strdup(plan);
    touch->effects_ms = effects_ms;
    g_ptr_array_add(touches, touch);
}

void
state_touch(State *state, const char *plan, const char *source, const char *target,
            int64_t effects_ms)
{
    touch_add(state, plan, source, effects_ms);
    if (g_strcmp0(source, target) != 0)
        touch_add(state, plan, target, effects_ms);
}

static gboolean
touches_without(void *object, void *data, void *plan)
{
    GPtrArray *touches = data;
    for (guint i = touches->len; i > 0; i--) {
        const Touch *touch = g_ptr_array_index(touches, i - 1);
        if (strcmp(touch->plan, plan) == 0)
            g_ptr_array_remove_index_fast(touches, i - 1);
    }
    return touches->len == 0;
}

void
state_untouch(State *state, const char *plan)
{
    g_hash_table_foreach_remove(state->touches, touches_without, (void *) plan);
}
