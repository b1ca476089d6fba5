/*
 * cmd_approve.c - say yes to one digest.
 *
 * Without a digest the plan is shown, and whoever sits at the terminal types the digest's first digits.
 * Scripts must bring the digest along: nobody approves what nobody has seen.
 */
#include "base/text.h"
#include "cli/campaign.h"
#include "cli/migration.h"
#include "cli/plan_show.h"
#include "cli/story.h"

#include <string.h>
#include <unistd.h>

static const Option options[] = {
    {'r', "reason", "TEXT", "why, for people; it stays in the ledger"},
    {'y', "yes", NULL, "do not ask; needs DIGEST"},
    {0},
};

static bool
digest_ask(Invocation *call, const json_t *migration, char **ret, GError **error)
{
    char line[128];
    const char *name = migration_name(migration);
    g_autofree char *digest = story_digest(json_get_string(migration, "digest", ""));
    if (!isatty(STDIN_FILENO) || invocation_has(call, "yes") || call->view->json) {
        invocation_hint(call, "honk plan %s shows it; honk approve %s %s says yes to it", name,
                        name, digest);
        return fail(error, ERR_INVALID,
                    "which plan? expected its digest, because nobody should approve a plan unseen");
    }
    if (!plan_show(call, migration, error))
        return false;
    printf("\nTo approve exactly this plan, type the first 8 digits of its digest: ");
    fflush(stdout);
    if (fgets(line, sizeof(line), stdin) == NULL || *g_strstrip(line) == '\0')
        return fail(error, ERR_STOPPED, "nothing was typed, so nothing was approved");
    if (strcmp(line, digest) != 0)
        return fail(error, ERR_MISMATCH, "'%s' is not what the plan's digest begins with ('%s')",
                    line, digest);
    *ret = g_strdup(line);
    return true;
}

static void
approve_tell(Invocation *call, const char *name, const json_t *answer, const char *digest)
{
    const char *state = json_get_string(answer, "state", "planned");
    bool is_enough = strcmp(state, "approved") == 0;
    view_line(call->view, "%s: you said yes to plan %.8s%s", name, digest,
              is_enough ? "" : "; it needs more approvals before it may start");
    if (is_enough)
        view_tone(call->view, TONE_DIM, "next: honk start %s", name);
}

static bool
cmd_approve_run(Invocation *call, GError **error)
{
    const char *name = invocation_arg(call, 0), *given = invocation_arg(call, 1);
    g_autofree char *digest = g_strdup(given);
    g_autoptr(json_t) migration = NULL, answer = NULL, body = json_object(), campaign = NULL;
    if (!campaign_find(call, name, &campaign, error))
        return false;
    if (campaign != NULL)
        return campaign_approve(call, campaign, given, error);
    if (!migration_get(call, name, &migration, error))
        return false;
    if (digest == NULL && !digest_ask(call, migration, &digest, error))
        return false;
    g_autofree char *path =
        g_strdup_printf("/migrations/%s/approve", json_get_string(migration, "id", ""));
    json_set_string(body, "digest", digest);
    json_set_string(body, "reason", invocation_option(call, "reason"));
    if (!client_call(call, "POST", path, body, &answer, error))
        return false;
    if (invocation_json(call))
        view_json(call->view, answer);
    const char *hex = g_str_has_prefix(digest, "sha256:") ? digest + strlen("sha256:") : digest;
    approve_tell(call, migration_name(migration), answer, hex);
    return true;
}

const Command cmd_approve = {
    .name = "approve",
    .args = "NAME [DIGEST]",
    .summary = "say yes to exactly one plan",
    .deed = "approve the plan",
    .about =
        "DIGEST is the plan's digest, or its first 8 digits at least. Without it the plan is "
        "shown, and you\n"
        "are asked to type them. NAME may be a campaign: then it is the digest of all its plans "
        "that wait.",
    .examples =
        "honk approve users-v2\nhonk approve users-v2 0a1b2c3d --reason 'looked at it with Ada'",
    .options = options,
    .run = cmd_approve_run,
};
