/*
 * campaign_plan.c - plan a campaign, read it by class of change, and say yes to it.
 *
 * Two thousand plans that change the same are read once: the plan of one of them in full, the names of the others, and
 * what is not like them.
 */
#include "base/clock.h"
#include "base/text.h"
#include "cli/campaign.h"
#include "cli/migration.h"
#include "cli/plan_show.h"
#include "cli/story.h"

#include <string.h>
#include <unistd.h>

#define POLL_MS 250
#define STUCK_MS 120000 /* no plan was made for so long: no worker is at it */
#define NAMES_SHOWN 3

/* ---- planning ---- */

static bool
begin(Invocation *call, const char *name, json_t **ret, GError **error)
{
    g_autoptr(json_t) body = json_pack("{s:s}", "entity", name), made = NULL;
    json_set_string(body, "reason", invocation_option(call, "reason"));
    return client_call(call, "POST", "/campaigns", body, &made, error) &&
           client_get(call, ret, error, "/campaigns/%s", json_get_string(made, "id", ""));
}

static bool
is_past(const json_t *campaign)
{
    static const char *const past[] = {"succeeded", "rolled_back", "cancelled", NULL};
    return g_strv_contains(past, json_get_string(campaign, "state", ""));
}

static void
tell_problems(Invocation *call, const json_t *answer)
{
    size_t i;
    json_t *problem;
    json_array_foreach(json_object_get(answer, "problems"), i, problem)
        view_tone(call->view, TONE_WARN, "%s cannot be planned: %s",
                  json_get_string(problem, "migration", ""), json_get_string(problem, "why", ""));
}

/* A hundred at a time; the server says how many are left. */
static bool
ask_for_plans(Invocation *call, const char *id, GError **error)
{
    g_autofree char *path = g_strdup_printf("/campaigns/%s/plan", id);
    for (int64_t left = 1, asked = 1; left > 0 && asked > 0;) {
        g_autoptr(json_t) body = json_object(), answer = NULL;
        json_set_string(body, "reason", invocation_option(call, "reason"));
        if (!client_call(call, "POST", path, body, &answer, error))
            return false;
        left = json_get_int(answer, "left", 0);
        asked = json_get_int(answer, "planned", 0);
        tell_problems(call, answer);
    }
    return true;
}

static void
tell_planning(Invocation *call, int64_t left, int64_t total)
{
    if (!call->view->is_terminal || call->view->json)
        return;
    g_autofree char *done = text_count(total - left), *all = text_count(total);
    g_autofree char *line = g_strdup_printf("\r%s of %s plans are made\033[K", done, all);
    view_raw(call->view, line);
    if (left == 0)
        view_raw(call->view, "\r\033[K");
    fflush(call->view->out);
}

static bool
wait_for_plans(Invocation *call, const char *id, json_t **ret, GError **error)
{
    int64_t before = INT64_MAX, since = clock_monotonic_ms();
    for (;;) {
        g_autoptr(json_t) campaign = NULL;
        if (!client_get(call, &campaign, error, "/campaigns/%s", id))
            return false;
        int64_t left = json_get_int(campaign, "planning", 0), now = clock_monotonic_ms();
        tell_planning(call, left, json_get_int(json_object_get(campaign, "progress"), "total", 0));
        if (left == 0) {
            *ret = g_steal_pointer(&campaign);
            return true;
        }
        if (left < before)
            since = now;
        before = left;
        if (now - since > STUCK_MS)
            return fail(error, ERR_TRANSIENT, "no worker made a plan within two minutes");
        usleep(POLL_MS * 1000);
    }
}

bool
campaign_plan(Invocation *call, const char *name, json_t *take_campaign, GError **error)
{
    g_autoptr(json_t) campaign = take_campaign, planned = NULL, review = NULL;
    if (campaign == NULL || (is_past(campaign) && !invocation_has(call, "show"))) {
        g_clear_pointer(&campaign, json_decref);
        if (!begin(call, name, &campaign, error))
            return false;
    }
    g_autofree char *id = g_strdup(json_get_string(campaign, "id", ""));
    if (!ask_for_plans(call, id, error) || !wait_for_plans(call, id, &planned, error) ||
        !campaign_review(call, planned, &review, error))
        return false;
    g_autofree char *digest = story_digest(json_get_string(review, "digest", ""));
    if (*digest != '\0')
        view_tone(call->view, TONE_DIM,
                  "\nnext: honk approve %s %s says yes to exactly these plans",
                  json_get_string(planned, "name", ""), digest);
    return true;
}

/* ---- reading ---- */

/* "t0001, t0002, t0003 … t1990" */
static char *
names_text(const json_t *members)
{
    size_t count = json_array_size(members);
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < MIN(count, NAMES_SHOWN); i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                               json_string_value(json_array_get(members, i)));
    if (count > NAMES_SHOWN)
        g_string_append_printf(text, "%s%s", count > NAMES_SHOWN + 1 ? " … " : ", ",
                               json_string_value(json_array_get(members, count - 1)));
    return g_string_free(text, FALSE);
}

static char *
owners_text(const json_t *owners)
{
    GString *text = g_string_new(NULL);
    const char *owner;
    json_t *count;
    json_object_foreach((json_t *) owners, owner, count)
    {
        g_autofree char *number = text_count(json_integer_value(count));
        g_string_append_printf(text, "%s%s %s", text->len > 0 ? ", " : "",
                               *owner != '\0' ? owner : "nobody", number);
    }
    return g_string_free(text, FALSE);
}

static void
class_head(Invocation *call, const json_t *class, size_t index, size_t count)
{
    const json_t *members = json_object_get(class, "members");
    g_autofree char *names = names_text(members),
                    *owners = owners_text(json_object_get(class, "owners"));
    g_autofree char *plans = text_plural(json_get_int(class, "count", 0), "plan", "plans");
    view_tone(call->view, TONE_STRONG, "\nClass %zu of %zu: %s that %s the same", index + 1, count,
              plans, json_get_int(class, "count", 0) == 1 ? "changes" : "change");
    view_prose(call->view, TONE_PLAIN, "  %s", names);
    view_prose(call->view, TONE_DIM, "  owned by %s", owners);
}

static bool
class_example(Invocation *call, const json_t *class, GError **error)
{
    const char *name = json_string_value(json_array_get(json_object_get(class, "members"), 0));
    g_autoptr(json_t) migration = NULL;
    if (!migration_get(call, name, &migration, error))
        return false;
    view_line(call->view, "  The plan of %s, as the example of all:\n", name);
    return plan_show(call, migration, error);
}

static void
class_differences(Invocation *call, const json_t *class)
{
    size_t i;
    json_t *item;
    view_line(call->view, "  What is different from class 1 ('honk plan %s' shows all of it):",
              json_string_value(json_array_get(json_object_get(class, "members"), 0)));
    json_array_foreach(json_object_get(class, "differences"), i, item) view_prose(
        call->view, TONE_PLAIN, "    %s: %s, in class 1 %s", json_get_string(item, "at", ""),
        json_get_string(item, "there", ""), json_get_string(item, "here", ""));
}

static void
exceptions_show(Invocation *call, const json_t *review)
{
    int64_t others = json_get_int(review, "others", 0);
    const json_t *list = json_object_get(review, "exceptions");
    if (others == 0)
        return;
    g_autofree char *count = text_plural(others, "migration is", "migrations are");
    g_autoptr(Table) table = table_new("MIGRATION", "STATE", "WHY", NULL);
    view_tone(call->view, TONE_WARN, "\n%s not among them", count);
    for (size_t i = 0; i < MIN(json_array_size(list), 20); i++) {
        const json_t *item = json_array_get(list, i);
        const char *state = json_get_string(item, "state", "");
        g_autofree char *words = story_words(state);
        table_cell(table, TONE_STRONG, migration_name(item));
        table_cell(table, story_tone(state), words);
        table_cell(table, TONE_PLAIN, json_get_string(item, "reason", ""));
    }
    view_table(call->view, table);
    if (others > 20)
        view_tone(call->view, TONE_DIM, "and %d more: honk plan %s --json", (int) others - 20,
                  json_get_string(review, "name", ""));
}

static bool
classes_show(Invocation *call, const json_t *review, GError **error)
{
    const json_t *classes = json_object_get(review, "classes");
    size_t count = json_array_size(classes);
    g_autofree char *plans =
        text_plural(json_get_int(review, "planned", 0), "plan waits", "plans wait");
    g_autofree char *kinds = text_plural((int64_t) count, "class", "classes");
    view_tone(call->view, TONE_STRONG, "Campaign %s: %s for a yes, in %s of change",
              json_get_string(review, "name", ""), plans, kinds);
    for (size_t i = 0; i < count; i++) {
        const json_t *class = json_array_get(classes, i);
        class_head(call, class, i, count);
        if (i == 0 && !class_example(call, class, error))
            return false;
        if (i > 0)
            class_differences(call, class);
    }
    exceptions_show(call, review);
    if (json_get_string(review, "digest", NULL) == NULL)
        return true;
    view_tone(call->view, TONE_STRONG, "\nApproval of all");
    view_line(call->view, "  %s\n  names the sorted digests of these plans",
              json_get_string(review, "digest", ""));
    return true;
}

bool
campaign_review(Invocation *call, const json_t *campaign, json_t **ret, GError **error)
{
    g_autoptr(json_t) review = NULL;
    if (!client_get(call, &review, error, "/campaigns/%s/review",
                    json_get_string(campaign, "id", "")))
        return false;
    if (invocation_json(call))
        view_json(call->view, review);
    else if (!classes_show(call, review, error))
        return false;
    if (ret != NULL)
        *ret = g_steal_pointer(&review);
    return true;
}

/* ---- saying yes ---- */

static bool
digest_ask(Invocation *call, const json_t *campaign, char **ret, GError **error)
{
    char line[128];
    const char *name = json_get_string(campaign, "name", "");
    g_autoptr(json_t) review = NULL;
    if (!isatty(STDIN_FILENO) || invocation_has(call, "yes") || call->view->json) {
        invocation_hint(call, "honk plan %s shows its plans and their digest", name);
        return fail(
            error, ERR_INVALID,
            "which plans? expected their digest, because nobody should approve plans unseen");
    }
    if (!campaign_review(call, campaign, &review, error))
        return false;
    g_autofree char *digest = story_digest(json_get_string(review, "digest", ""));
    if (*digest == '\0')
        return fail(error, ERR_WRONG_STATE, "no plan of '%s' waits for a yes", name);
    printf("\nTo approve exactly these plans, type the first 8 digits of their digest: ");
    fflush(stdout);
    if (fgets(line, sizeof(line), stdin) == NULL || *g_strstrip(line) == '\0')
        return fail(error, ERR_STOPPED, "nothing was typed, so nothing was approved");
    if (strcmp(line, digest) != 0)
        return fail(error, ERR_MISMATCH, "'%s' is not what the digest begins with ('%s')", line,
                    digest);
    *ret = g_strdup(json_get_string(review, "digest", "")); /* what was read, and no other */
    return true;
}

static void
list_tell(Invocation *call, const json_t *list, const char *key, const char *words)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (i == 10) {
            view_tone(call->view, TONE_WARN, "  and %zu more", json_array_size(list) - i);
            return;
        }
        view_tone(call->view, TONE_WARN, "  %s %s: %s", migration_name(item), words,
                  json_get_string(item, key, ""));
    }
}

static void
approve_tell(Invocation *call, const json_t *campaign, const json_t *answer)
{
    const char *name = json_get_string(campaign, "name", "");
    int64_t counted = json_get_int(answer, "counted", 0),
            approved = json_get_int(answer, "approved", 0);
    g_autofree char *plans = text_plural(counted, "plan", "plans");
    view_line(call->view, "%s: you said yes to %s%s", name, plans,
              approved == counted ? "" : "; they need more approvals before they may start");
    list_tell(call, json_object_get(answer, "not_covered"), "why", "is not covered");
    list_tell(call, json_object_get(answer, "exceptions"), "state", "is left out, it is");
    if (approved > 0 && strcmp(json_get_string(campaign, "state", ""), "review") == 0)
        view_tone(call->view, TONE_DIM, "next: honk start %s", name);
}

bool
campaign_approve(Invocation *call, const json_t *campaign, const char *given, GError **error)
{
    g_autofree char *digest = g_strdup(given);
    g_autoptr(json_t) body = json_object(), answer = NULL;
    if (digest == NULL && !digest_ask(call, campaign, &digest, error))
        return false;
    g_autofree char *path =
        g_strdup_printf("/campaigns/%s/approve", json_get_string(campaign, "id", ""));
    json_set_string(body, "digest", digest);
    json_set_string(body, "reason", invocation_option(call, "reason"));
    if (!client_call(call, "POST", path, body, &answer, error))
        return false;
    if (invocation_json(call))
        view_json(call->view, answer);
    approve_tell(call, campaign, answer);
    return true;
}
