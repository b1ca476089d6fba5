/*
 * cmd_agent_try.c - honk agent try: let coding agents at a sample of what a plan leaves to them, and keep nothing.
 *
 * The same work as that of a running plan (coding/coding.h), on private copies: no branch, no commit, and no word to the
 * server. Several agents, or one with two prompts, are shown side by side.
 */
#include "action/code.h"
#include "base/text.h"
#include "cli/migration.h"
#include "cli/plan_show.h"
#include "coding/coding.h"
#include "planner/changes.h"

#include <string.h>

#define TARGETS_DEFAULT 5

typedef struct {
    const char *name;
    int64_t tried, done, sites, sites_done, ms, tokens, cost; /* cost: in millionths of a dollar */
    int64_t judged, agreed;                                   /* rounds */
} Score;

typedef struct {
    Invocation *call;
    const Config *config;
    Plan *plan;
    ChangeRules *rules;
    Table *table;
    json_t *results;
    GPtrArray *variants; /* CodingAgentConfig *: agents with another prompt; they borrow all else */
} Trial;

static void
trial_clear(Trial *trial)
{
    plan_free(trial->plan);
    change_rules_free(trial->rules);
    table_free(trial->table);
    json_decref(trial->results);
    g_clear_pointer(&trial->variants, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Trial, trial_clear)

/* ---- one agent in one repository ---- */

/* A try of a sample costs cents, or parts of one. Caller frees. */
static char *
money_text(int64_t micro_usd)
{
    return g_strdup_printf("$%.*f", micro_usd < 1000000 ? 4 : 2, (double) micro_usd / 1e6);
}

/* Nothing, where nobody told. */
static void
usage_cells(Table *table, const json_t *report)
{
    int64_t tokens = json_get_int(report, "tokens", 0),
            cost = json_get_int(report, "cost_micro_usd", 0);
    g_autofree char *count = tokens > 0 ? text_count(tokens) : NULL,
                    *money = cost > 0 ? money_text(cost) : NULL;
    table_cell(table, TONE_PLAIN, count);
    table_cell(table, TONE_PLAIN, money);
}

static void
show(Trial *trial, const char *consumer, const json_t *report, Score *score)
{
    bool is_done = json_get_bool(report, "done", false);
    int64_t sites = json_get_int(report, "sites", 0), ms = json_get_int(report, "ms", 0);
    g_autofree char *time = text_duration(ms);
    g_autofree char *why = g_strdup(json_get_string(report, "why", ""));
    why[strcspn(why, "\n")] = '\0';
    score->tried++;
    score->done += is_done;
    score->sites += sites;
    score->sites_done += is_done ? sites : 0;
    score->ms += ms;
    score->tokens += json_get_int(report, "tokens", 0);
    score->cost += json_get_int(report, "cost_micro_usd", 0);
    score->judged += json_get_int(json_object_get(report, "judge"), "asked", 0);
    score->agreed += json_get_int(json_object_get(report, "judge"), "agreed", 0);
    table_cell(trial->table, TONE_STRONG, consumer);
    table_cell(trial->table, TONE_PLAIN, score->name);
    table_cellf(trial->table, TONE_PLAIN, "%" G_GINT64_FORMAT, sites);
    table_cell(trial->table, is_done ? TONE_GOOD : TONE_WARN, is_done ? "done" : "refused");
    table_cellf(trial->table, TONE_PLAIN, "%d", (int) json_get_int(report, "rounds", 0));
    table_cell(trial->table, TONE_PLAIN, time);
    usage_cells(trial->table, report);
    table_cell(trial->table, TONE_DIM, why);
}

static bool
try_one(Trial *trial, const json_t *change, const CodingAgentConfig *agent, Score *score,
        GError **error)
{
    const char *consumer = json_get_string(change, "consumer", "");
    g_autoptr(Repository) repository = NULL;
    g_autoptr(Look) look = NULL;
    g_autoptr(json_t) report = NULL;
    ChangeName name = {.branch = "",
                       .migration = json_get_string(trial->plan->json, "migration", ""),
                       .plan = trial->plan->digest,
                       .consumer = consumer};
    change_scope_free(trial->rules->scope);
    trial->rules->scope = change_scope_of(json_object_get(trial->plan->json, "changes"), change);
    if (!repository_open(trial->config, json_get_string(change, "repository", ""), &repository,
                         error) ||
        !look_at(repository, trial->rules, NULL, NULL, NULL, &look, error))
        return false;
    look_withhold(look, trial->rules, json_object_get(change, "withheld"));
    look_keep_small(look);
    CodingWork work = {.config = trial->config,
                       .agent = agent,
                       .repository = repository,
                       .rules = trial->rules,
                       .name = &name,
                       .verify = json_get_string(change, "verify", NULL),
                       .look = look};
    if (!coding_run(&work, &report, error))
        return fail_in(error, "consumer '%s'", consumer);
    show(trial, consumer, report, score);
    json_set_string(report, "consumer", consumer);
    json_array_append(trial->results, report);
    return true;
}

/* ---- the sample ---- */

static void
variant_free(void *data)
{
    CodingAgentConfig *variant = data;
    g_free(variant->name);
    g_free(variant->prompt);
    g_free(variant);
}

/* Each agent with each of the prompts in its place, called by both. */
static void
vary_prompts(Trial *trial, GPtrArray *agents)
{
    g_autoptr(GPtrArray) prompts = invocation_options(trial->call, "prompt");
    guint count = prompts->len > 0 ? agents->len : 0;
    for (guint i = 0; i < count; i++)
        for (guint k = 0; k < prompts->len; k++) {
            const CodingAgentConfig *agent = agents->pdata[i];
            CodingAgentConfig *variant = g_memdup2(agent, sizeof *agent);
            variant->name = g_strdup_printf("%s with %s", agent->name, (char *) prompts->pdata[k]);
            variant->prompt = g_canonicalize_filename(prompts->pdata[k], NULL);
            g_ptr_array_add(trial->variants, variant);
            g_ptr_array_add(agents, variant);
        }
    g_ptr_array_remove_range(agents, 0, count);
}

static bool
find_agents(const Trial *trial, GPtrArray *ret, GError **error)
{
    const char *migration = json_get_string(trial->plan->json, "migration", "");
    g_autoptr(GPtrArray) names = invocation_options(trial->call, "agent");
    const CodingAgentConfig *planned = coding_agent_for(&trial->config->coding, migration);
    for (guint i = 0; i < names->len; i++) {
        const CodingAgentConfig *agent = coding_agent(&trial->config->coding, names->pdata[i]);
        if (agent == NULL)
            return fail(error, ERR_NOT_FOUND, "honk.yaml has no coding agent '%s'",
                        (const char *) names->pdata[i]);
        g_ptr_array_add(ret, (void *) agent);
    }
    if (ret->len == 0 && planned != NULL)
        g_ptr_array_add(ret, (void *) planned);
    return ret->len > 0 || fail(error, ERR_NOT_FOUND,
                                "honk.yaml names no coding agent for this migration: name one with "
                                "--agent");
}

/* Agents beside one another, repository by repository. */
static bool
try_all(Trial *trial, const GPtrArray *agents, Score *scores, int64_t targets, GError **error)
{
    json_t *change;
    size_t i;
    json_array_foreach(json_object_get(trial->plan->json, "changes"), i, change)
    {
        if (change_coding(change) == NULL || targets-- <= 0)
            continue;
        for (guint k = 0; k < agents->len; k++)
            if (!try_one(trial, change, agents->pdata[k], &scores[k], error))
                return false;
    }
    return true;
}

/* Of all repositories that it was let at. */
static void
show_score(View *view, const Score *score)
{
    g_autofree char *time = text_duration(score->ms), *count = text_count(score->tokens),
                    *money = money_text(score->cost);
    g_autofree char *tokens =
        score->tokens > 0 ? g_strdup_printf(", %s tokens, %s", count, money) : g_strdup("");
    g_autofree char *judge = score->judged > 0
                                 ? g_strdup_printf(", the judge agreed in %" G_GINT64_FORMAT
                                                   " of %" G_GINT64_FORMAT " rounds",
                                                   score->agreed, score->judged)
                                 : g_strdup("");
    view_line(view,
              "%s: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " repositories, %" G_GINT64_FORMAT
              " of %" G_GINT64_FORMAT " places, %s%s%s",
              score->name, score->done, score->tried, score->sites_done, score->sites, time, tokens,
              judge);
}

static bool
open_trial(Invocation *call, Trial *ret, GError **error)
{
    g_autoptr(json_t) migration = NULL, all = NULL;
    g_auto(Trial) trial = {.call = call,
                           .results = json_array(),
                           .variants = g_ptr_array_new_with_free_func(variant_free)};
    if (!invocation_config(call, &trial.config, error) ||
        !migration_get(call, invocation_arg(call, 0), &migration, error) ||
        !plan_fetch(call, migration, &all, error) ||
        !plan_from_json(json_object_get(all, "plan"), &trial.plan, error))
        return false;
    if (!changes_any_coding(json_object_get(trial.plan->json, "changes")))
        return fail(error, ERR_WRONG_STATE,
                    "the plan leaves nothing to a coding agent: rules do all of it, or honk.yaml "
                    "names no agent for this migration");
    if (!code_rules_of_plan(trial.plan, &trial.rules, error))
        return false;
    trial.table = table_new("consumer", "agent", ">places", "", ">rounds", ">time", ">tokens",
                            ">cost", "why", NULL);
    *ret = trial;
    trial = (Trial){0};
    return true;
}

static bool
try_run(Invocation *call, GError **error)
{
    g_auto(Trial) trial = {0};
    g_autoptr(GPtrArray) agents = g_ptr_array_new();
    int64_t targets = 0;
    if (!invocation_int(call, "targets", 1, TARGETS_DEFAULT, &targets, error) ||
        !open_trial(call, &trial, error) || !find_agents(&trial, agents, error))
        return false;
    vary_prompts(&trial, agents);
    coding_sweep(trial.config);
    g_autofree Score *scores = g_new0(Score, agents->len);
    for (guint i = 0; i < agents->len; i++)
        scores[i].name = ((const CodingAgentConfig *) agents->pdata[i])->name;
    if (!try_all(&trial, agents, scores, targets, error))
        return false;
    if (call->view->json) {
        view_json(call->view, trial.results);
        return true;
    }
    view_table(call->view, trial.table);
    for (guint i = 0; i < agents->len; i++)
        show_score(call->view, &scores[i]);
    return true;
}

static const Option options[] = {
    {'n', "targets", "N", "so many repositories (5)"},
    {0, "agent", "NAME", "this coding agent of honk.yaml; may be repeated, to compare"},
    {0, "prompt", "FILE", "with this prompt instead of its own; may be repeated, to compare"},
    {0},
};

const Command cmd_agent_try = {
    .name = "agent try",
    .args = "NAME",
    .summary = "let coding agents at a sample of a plan's repositories, and keep nothing",
    .deed = "try the coding agent",
    .about = "Takes the first repositories of the plan of which places go to a coding agent, and "
             "lets it work on\nprivate copies, in a sandbox, judged as when the plan runs (but for "
             "queries over rows). --json has all\nthat was tried: prompts, words, diffs, findings.",
    .examples =
        "honk agent try users-v2 --targets 5\nhonk agent try users-v2 --agent fixer --agent "
        "other --json\n"
        "honk agent try users-v2 --prompt prompts/short.md --prompt prompts/long.md",
    .options = options,
    .run = try_run,
};
