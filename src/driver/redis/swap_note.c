/* swap_note.c - what is noted of a swap, so that one that died half way is taken up where it was, or back. */
#include "driver/redis/swap.h"

#include <string.h>

static const char *const phases[] = {"", "out", "in", "done", "back-out", "back-in"};

void
swap_note_clear(SwapNote *note)
{
    g_free(note->stage);
    g_free(note->target);
    g_free(note->kept);
    g_free(note->new_name);
    g_free(note->stage_text);
}
bool
swap_note_read(RedisConn *conn, const char *plan, SwapNote *ret, GError **error)
{
    g_autofree char *key = redis_book_key(conn, "swap", plan);
    g_autoptr(json_t) json = NULL;
    AUTO_REPLY *text = NULL;
    unsigned phase = 0;
    *ret = (SwapNote){0};
    if (!redis_do(conn, &text, error, "GET", key, NULL))
        return false;
    if (text->type != REDIS_REPLY_STRING)
        return true;
    if (!json_parse(text->str, (size_t) text->len, "our note of a swap", &json, error))
        return false;
    for (unsigned i = 0; i < G_N_ELEMENTS(phases); i++)
        if (strcmp(phases[i], json_get_string(json, "phase", "")) == 0)
            phase = i;
    *ret = (SwapNote){.phase = (Phase) phase,
                      .stage = g_strdup(json_get_string(json, "stage", "")),
                      .target = g_strdup(json_get_string(json, "target", "")),
                      .kept = g_strdup(json_get_string(json, "kept", NULL)),
                      .stage_text = g_strdup(json_get_string(json, "stage_text", "")),
                      .new_name = g_strdup(json_get_string(json, "new_name", NULL)),
                      .written = json_get_int(json, "written", 0)};
    return true;
}

void
swap_note_append(const RedisConn *conn, const char *plan, const SwapNote *note, GString *to)
{
    g_autofree char *key = redis_book_key(conn, "swap", plan);
    g_autoptr(json_t) json = json_object();
    json_set_string(json, "phase", phases[note->phase]);
    json_set_string(json, "stage", note->stage);
    json_set_string(json, "target", note->target);
    json_set_string(json, "kept", note->kept);
    json_set_string(json, "stage_text", note->stage_text);
    json_set_string(json, "new_name", note->new_name);
    json_set_int(json, "written", note->written);
    g_autofree char *text = json_compact(json);
    resp_command(to, "SET", key, text, NULL);
}

bool
redis_is_swapped(RedisConn *conn, const char *plan, bool *ret, GError **error)
{
    g_auto(SwapNote) note = {0};
    if (!swap_note_read(conn, plan, &note, error))
        return false;
    *ret = note.phase != PHASE_NONE;
    return true;
}
