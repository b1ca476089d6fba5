/* remote_words.c - what people and our plan say to a rollout over there. */
#include "fleet/remote_turn.h"

static bool
is_word(const char *word)
{
    static const char *const words[] = {"pause", "resume",   "promote", "promote_full",
                                        "retry", "rollback", NULL};
    return word != NULL && g_strv_contains(words, word);
}

void
remote_pass_on(RemoteTurn *turn, const char *id)
{
    const json_t *signals = turn->errand->signals;
    for (size_t i = 0; i < json_array_size(signals); i++) {
        const json_t *signal = json_array_get(signals, i);
        const char *word = json_get_string(signal, "signal", NULL);
        g_autofree char *reason = g_strdup_printf("%s: %s", json_get_string(signal, "actor", "?"),
                                                  json_get_string(signal, "reason", word));
        g_autofree char *what = g_strdup_printf("signal-%d", (int) json_get_int(signal, "n", 0));
        g_auto(RemoteAnswer) answer = {0};
        if (is_word(word))
            remote_say(turn, id, word, reason, what, &answer);
        if (answer.kind == REMOTE_LATER || answer.kind == REMOTE_FULL)
            return;
        turn->news->signals_seen = json_get_int(signal, "n", 0);
    }
}

static bool
may_say(const RemoteTurn *turn, const char *word)
{
    return json_holds(json_object_get(turn->memory, "allowed_actions"), word);
}

void
remote_stand_still(RemoteTurn *turn, const char *id)
{
    bool is_held = turn->errand->is_held;
    const char *word = is_held ? "pause" : "resume";
    g_auto(RemoteAnswer) answer = {0};

    if (!may_say(turn, word) || (!is_held && !json_get_bool(turn->remote, "is_held", false)))
        return;
    int64_t holds = json_get_int(turn->remote, "holds", 0);
    g_autofree char *what = g_strdup_printf("hold-%d", (int) holds);
    remote_say(turn, id, word, is_held ? "its plan stands still" : "its plan goes on", what,
               &answer);
    if (answer.kind == REMOTE_LATER || answer.kind == REMOTE_FULL)
        return;
    json_set_int(turn->remote, "holds", holds + 1);
    json_set_bool(turn->remote, "is_held", is_held && answer.kind == REMOTE_OK);
    remote_look_again(turn, REMOTE_POLL_MS_MIN);
}
