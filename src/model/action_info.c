/* action_info.c - actions.def as a table. */
#include "model/action_info.h"

#include <string.h>

static const ActionInfo actions[ACTION_COUNT] = {
#define ACTION(id_, name_, effects_, reverse_, split_, tries_, watched_, paced_, text_)            \
    [ACTION_##id_] = {.id = ACTION_##id_,                                                          \
                      .name = name_,                                                               \
                      .has_effects = effects_,                                                     \
                      .reverse = REVERSE_##reverse_,                                               \
                      .is_split = (split_) != NULL,                                                \
                      .unit = split_,                                                              \
                      .tries_max = tries_,                                                         \
                      .is_watched = watched_,                                                      \
                      .is_paced = paced_,                                                          \
                      .text = text_},
#include "model/actions.def"
#undef ACTION
};

const ActionInfo *
action_info(ActionId id)
{
    return &actions[id];
}

const ActionInfo *
action_info_by_name(const char *name)
{
    for (size_t i = 0; i < ACTION_COUNT; i++)
        if (name != NULL && strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

bool
action_is_on_host(const char *action, const char *key)
{
    const ActionInfo *info = action_info_by_name(action);
    return info != NULL && info->is_watched && *key != '\0';
}

bool
action_hears_skip(const char *action, const char *key)
{
    const ActionInfo *info = action_info_by_name(action);
    return info != NULL && info->id == ACTION_PROPOSE && *key != '\0';
}
