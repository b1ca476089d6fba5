/* code_coding.c - see code_coding.h. */
#include "action/code_coding.h"

#include "action/code_queries.h"
#include "base/text.h"
#include "coding/coding.h"
#include "planner/changes.h"

#include <string.h>

#define WHY_BYTES_MAX 1000 /* in the task's row; all of it is in the report */

/* ---- the agent of the plan ---- */

static bool
find_agent(const CodePlace *place, const CodingAgentConfig **ret, GError **error)
{
    const json_t *planned = change_coding(place->change);
    const Config *config = place->env->config;
    const char *name = json_get_string(planned, "agent", "");
    const CodingAgentConfig *agent = coding_agent(&config->coding, name);
    g_autofree char *digest = NULL;
    if (agent == NULL)
        return fail(error, ERR_MISMATCH, "there is no coding agent '%s' in honk.yaml any more",
                    name);
    if (!config_coding_digest(config, agent, &digest, error))
        return false;
    *ret = agent;
    return strcmp(digest, json_get_string(planned, "digest", "")) == 0 ||
           fail(error, ERR_MISMATCH,
                "the coding agent '%s' is not the one of the plan: its program, its prompt or "
                "honk.yaml was edited; plan again",
                name);
}

/* ---- queries ---- */

static bool
prove(void *data, const Look *look, char **ret_why, GError **error)
{
    CodePlace *place = data;
    g_autoptr(json_t) proofs = NULL;
    if (!code_place_prove(place, look, &proofs, error))
        return false;
    g_autoptr(json_t) different = code_queries_different(proofs);
    const json_t *first = json_array_get(different, 0);
    if (first != NULL)
        *ret_why =
            g_strdup_printf("the query in line %d of '%s' gives other rows than before: %s",
                            (int) json_get_int(first, "line", 0),
                            json_get_string(first, "path", ""), json_get_string(first, "text", ""));
    return true;
}

/* ---- the work ---- */

/* A service of this plan that is to run the changed code cannot go on without it. */
static bool
is_awaited(const CodePlace *place)
{
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(place->call->plan->json, "services"), i,
                       row) if (g_strcmp0(json_get_string(row, "repository", NULL),
                                          place->repository->address) == 0) return true;
    return false;
}

bool
code_coding_run(CodePlace *place, Look *look, json_t **ret, GError **error)
{
    const CodingAgentConfig *agent = NULL;
    g_autoptr(json_t) report = NULL;
    if (change_coding(place->change) == NULL || look_open_sites(look) == 0)
        return true;
    if (!find_agent(place, &agent, error))
        return fail_in(error, "consumer '%s'", place->name.consumer);
    CodingWork work = {.config = place->env->config,
                       .agent = agent,
                       .repository = place->repository,
                       .rules = place->rules,
                       .name = &place->name,
                       .verify = json_get_string(place->change, "verify", NULL),
                       .look = look,
                       .prove = prove,
                       .prove_data = place,
                       .go_on = code_place_goes_on,
                       .go_on_data = place};
    if (!coding_run(&work, &report, error))
        return fail_in(error, "consumer '%s'", place->name.consumer);
    bool is_done = json_get_bool(report, "done", false);
    if (!is_done && look->files_edited == 0 && is_awaited(place))
        return fail(
            error, ERR_MISMATCH,
            "consumer '%s': a service waits for its code, and the coding agent '%s' did not "
            "do it: %s; retry, or see to it by hand and skip this repository",
            place->name.consumer, agent->name, json_get_string(report, "why", ""));
    *ret = g_steal_pointer(&report);
    return true;
}

bool
code_coding_put(const CodePlace *place, const json_t *report, json_t *evidence, GError **error)
{
    static const char *const members[] = {"agent", "done",   "rounds",         "rounds_max",
                                          "sites", "files",  "checks",         "boxed",
                                          "ms",    "tokens", "cost_micro_usd", "judge"};
    g_autofree char *text = json_compact(report), *digest = NULL;
    if (!place->env->blob_put(place->env, text, strlen(text), &digest, error))
        return false;
    json_t *coding = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        json_object_set(coding, members[i], json_object_get(report, members[i]));
    const char *why = json_get_string(report, "why", NULL);
    if (why != NULL) {
        g_autofree char *short_why = g_strndup(why, WHY_BYTES_MAX);
        g_autofree char *valid = g_utf8_make_valid(short_why, -1);
        json_set_string(coding, "why", valid);
    }
    json_set_string(coding, "report", digest);
    json_object_set_new(evidence, "coding", coding);
    return true;
}
