/* door_exec.c - any command: the prompt on its standard input, and what it leaves in the tree is its answer. */
#include "coding/inside.h"

#include <string.h>

bool
door_exec(const Turn *turn, TurnEnd *ret, GError **error)
{
    g_auto(DoorBox) door = {0};
    g_auto(BoxResult) result = {0};
    if (!door_box_with_proxy(turn, &door, error))
        return false;
    if (!box_run(&door.spec, turn->prompt, strlen(turn->prompt), &result, error))
        return false;
    g_autofree char *output = coding_words(result.output, CODING_SAID_BYTES_MAX / 2),
                    *errors = coding_words(result.errors, CODING_SAID_BYTES_MAX / 2);
    ret->said = g_strjoin(*output != '\0' && *errors != '\0' ? "\n" : "", output, errors, NULL);
    ret->end = g_steal_pointer(&result.end);
    ret->is_done = result.is_good;
    door_box_end(&door, turn, ret);
    return true;
}
