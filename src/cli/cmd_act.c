/*
 * cmd_act.c - what people do to a plan with one word: start, pause, resume, cancel, halt, roll
 * back…
 *
 * They differ only in the words: each is POST /migrations/NAME/VERB with a reason. What may be done
 * when is the server's to say.
 */
#include "cli/campaign.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/story.h"
#include "cli/watch.h"

#include <string.h>

#define REASON                                                                                     \
    {                                                                                              \
        'r', "reason", "TEXT", "why, for people; it stays in the ledger"                           \
    }
#define WATCH                                                                                      \
    {'w', "watch", NULL, "look on until it is over"},                                              \
    {                                                                                              \
        0, "wait", NULL, "wait until it is over, in plain lines"                                   \
    }

static const Option options_reason[] = {REASON, {0}};
static const Option options_watch[] = {REASON, WATCH, {0}};
static const Option options_rollback[] = {
    REASON,
    WATCH,
    {0, "give-up-rows", NULL, "give up rows that were written to the new dataset since the swap"},
    {0},
};

extern const Command cmd_rollback;

static json_t *
act_body(const Invocation *call)
{
    json_t *body = json_object();
    json_set_string(body, "reason", invocation_option(call, "reason"));
    if (invocation_has(call, "give-up-rows"))
        json_set_bool(body, "give_up_rows", true);
    return body;
}

static void
act_tell(Invocation *call, const char *name, const char *state)
{
    g_autofree char *words = story_words(state);
    g_autofree char *toned = view_toned(call->view, story_tone(state), words);
    g_autofree char *shown = view_toned(call->view, TONE_PLAIN, name);
    g_autofree char *line = g_strdup_printf("%s is %s\n", shown, toned);
    view_raw(call->view, line);
    g_autofree char *next = story_next(state, name);
    if (next != NULL)
        view_tone(call->view, TONE_DIM, "next: %s", next);
}

static bool
cmd_act_run(Invocation *call, GError **error)
{
    const char *name = invocation_arg(call, 0);
    g_autoptr(json_t) campaign = NULL;
    if (!campaign_find(call, name, &campaign, error))
        return false;
    if (campaign != NULL)
        return campaign_act(call, campaign, call->command->name, error);
    g_autofree char *id = client_escape(name);
    g_autofree char *path = g_strdup_printf("/migrations/%s/%s", id, call->command->name);
    g_autoptr(json_t) body = act_body(call), answer = NULL;
    if (!client_call(call, "POST", path, body, &answer, error)) {
        if (error != NULL && error_is(*error, ERR_INVALID) &&
            strstr((*error)->message, "'reason'") != NULL)
            invocation_hint(call, "honk %s %s --reason '…'", call->command->name, name);
        return false;
    }
    if (invocation_has(call, "watch") || invocation_has(call, "wait"))
        return watch_migration(call, name, invocation_has(call, "wait"),
                               call->command == &cmd_rollback ? "rolled_back" : NULL, error);
    if (invocation_json(call))
        view_json(call->view, answer);
    act_tell(call, name, json_get_string(answer, "state", "unknown"));
    return true;
}

#define ACT(verb, options_, deed_, summary_, about_, examples_)                                    \
    const Command cmd_##verb = {                                                                   \
        .name = #verb,                                                                             \
        .args = "NAME",                                                                            \
        .summary = summary_,                                                                       \
        .deed = deed_,                                                                             \
        .about = about_,                                                                           \
        .examples = examples_,                                                                     \
        .options = options_,                                                                       \
        .run = cmd_act_run,                                                                        \
    }

ACT(start, options_watch, "start the migration", "start an approved plan",
    "Looks for drift first: if the world is not what the plan saw, nothing moves.",
    "honk start users-v2 --watch\nhonk start users-v2 --reason 'agreed in the weekly'");
ACT(pause, options_reason, "pause the migration", "let what runs finish, and begin nothing new",
    "Deadlines stop while paused.", "honk pause users-v2 --reason 'the shop is busy'");
ACT(resume, options_watch, "resume the migration", "go on after a pause or a halt",
    "Drift is looked for again. From a halt it takes an approver and a reason.",
    "honk resume users-v2\nhonk resume users-v2 --reason 'the disk has room again' --watch");
ACT(cancel, options_reason, "cancel the migration", "give up a plan that has had no effect yet",
    "Once something moved, the word is 'honk rollback'.", "honk cancel users-v2");
ACT(halt, options_reason, "halt the migration",
    "stop now: nothing new begins, and running work is asked to stop",
    "The emergency brake. 'honk resume' (with a reason) or 'honk rollback' leads on from there.",
    "honk halt users-v2 --reason 'the numbers look wrong'");
ACT(rollback, options_rollback, "roll the migration back", "put everything back, in reverse order",
    "Works from every state that has had an effect, and after success until the rollback window is "
    "over.\n"
    "Rows that were written to the new dataset since the swap are never dropped in silence: they "
    "are\n"
    "counted and shown, and it takes --give-up-rows to go on without them.",
    "honk rollback users-v2 --watch\nhonk rollback users-v2 --reason 'reports differ' "
    "--give-up-rows");
ACT(withdraw, options_reason, "withdraw the approval",
    "take one's approval back, before anything moved", NULL,
    "honk withdraw users-v2 --reason 'found a mistake in the mapping'");
ACT(reject, options_reason, "reject the plan", "say no to a plan", NULL,
    "honk reject users-v2 --reason 'legacy_flag is still read by billing'");
ACT(retire, options_watch, "retire the old dataset", "drop the old dataset, for good",
    "The one thing without a way back: it takes an approver's own yes, with a reason, after the\n"
    "rollback window is over.",
    "honk retire users-v2 --reason 'nobody read it for two weeks'");
