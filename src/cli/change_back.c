/* change_back.c - see change_back.h. */
#include "cli/change_back.h"

#include "model/change_key.h"

const json_t *
change_back(const json_t *plan_answer, const json_t *change)
{
    const json_t *seen = json_at(plan_answer, "observations.repositories");
    return json_object_get(json_object_get(seen, change_key(change)), "back");
}

void
change_back_show(View *view, const json_t *back)
{
    json_t *reason;
    size_t i;
    if (back == NULL)
        return;
    const char *why = json_get_string(back, "why_not", NULL);
    if (json_object_get(back, "reverts") != NULL)
        view_line(view, "  way back: tried, the commit that takes this out %s%s",
                  why == NULL ? "gives the very files of before" : "does not do it: ",
                  why != NULL ? why : "");
    if (json_object_get(back, "files") == NULL)
        return;
    view_line(
        view,
        "  way back: what was merged is taken out again; the inverse of the mapping, where people "
        "have written on in it: of %d files %d to the byte, %d in other words, %d left to people",
        (int) json_get_int(back, "files", 0), (int) json_get_int(back, "same", 0),
        (int) json_get_int(back, "other", 0), (int) json_get_int(back, "left", 0));
    json_array_foreach(json_object_get(back, "reasons"), i, reason)
        view_tone(view, TONE_DIM, "    %s:%d: %s", json_get_string(reason, "path", ""),
                  (int) json_get_int(reason, "line", 0), json_get_string(reason, "text", ""));
}
