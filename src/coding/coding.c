/* coding.c - see coding.h: rounds of work and judgement, and the report of them. */
#include "base/clock.h"
#include "base/text.h"
#include "coding/inside.h"

#include <glib/gstdio.h>
#include <string.h>

#define MICRO 1e6
#define USAGE_MAX ((int64_t) 1000 * 1000 * 1000 * 1000) /* no round uses more, whatever it tells */

/* One line for each door. */
static Door *const doors[DOOR_COUNT] = {
    [DOOR_EXEC] = door_exec,
    [DOOR_ACP] = door_acp,
    [DOOR_MODEL] = door_model,
};

typedef struct {
    const CodingWork *work;
    Ground ground;
    json_t *checks, *brief, *tried;
    char *blocked; /* what the agent said last that it cannot do; or NULL */
    int round;
} Coding;

static void
coding_clear(Coding *coding)
{
    ground_close(&coding->ground);
    json_decref(coding->checks);
    json_decref(coding->brief);
    json_decref(coding->tried);
    g_free(coding->blocked);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Coding, coding_clear)

/* The open files as they were, for whoever asks from within the box. */
static bool
put_before(const Coding *coding, GError **error)
{
    const Look *look = coding->work->look;
    g_autofree char *folder = g_build_filename(coding->ground.brief, "before", NULL);
    guint number = 0;
    if (g_mkdir(folder, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s'", folder);
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        g_autofree char *name = g_strdup_printf("before/%u", number);
        if (!look_file_is_open(look, file))
            continue;
        if (!ground_put_brief(&coding->ground, name, file->text, error))
            return false;
        number++;
    }
    return true;
}

static bool
prepare(Coding *coding, GError **error)
{
    const CodingWork *work = coding->work;
    Ground *ground = &coding->ground;
    if (!ground_open(work->config, ground, error) ||
        !ground_lay_check(ground, work, false, error) ||
        !checks_before(work, ground, &coding->checks, error) ||
        !ground_lay_tree(ground, work, error) ||
        !brief_make(work, ground, coding->checks, &coding->brief, error))
        return false;
    g_autofree char *text = json_pretty(coding->brief);
    return ground_put_brief(ground, "brief.json", text, error) && put_before(coding, error);
}

/* ---- judging ---- */

static void
forget(const CodingWork *work)
{
    for (guint i = 0; i < work->look->files->len; i++)
        look_unwrite(work->look, work->look->files->pdata[i]);
}

/* "" when nothing is against it; then the look holds it. The cheap questions first. */
static bool
judge(Coding *coding, const TurnEnd *end, char **ret_why, char **ret_diff, GError **error)
{
    const CodingWork *work = coding->work;
    g_auto(Taken) taken = {0};
    g_autoptr(GError) unreadable = NULL;
    g_autofree char *why = NULL;
    *ret_diff = g_strdup("");
    if (!end->is_done) {
        *ret_why = g_strdup_printf("not-finished: the agent %s\n", end->end);
        return true;
    }
    if (!taken_read(&coding->ground, &taken, &unreadable)) {
        *ret_why = g_strdup_printf("unreadable: %s\n", unreadable->message);
        return true;
    }
    g_free(coding->blocked);
    coding->blocked = g_steal_pointer(&taken.blocked);
    *ret_why = taken_judge(&taken, work, coding->round == work->agent->rounds);
    g_free(*ret_diff);
    if (**ret_why != '\0') { /* nothing of it is in the look: it is shown as it lies there */
        g_autofree char *was = g_build_filename(coding->ground.brief, BRIEF_WAS, NULL);
        *ret_diff = taken_diff(&taken, was);
        return true;
    }
    *ret_diff = look_diff(work->look);
    if (work->prove != NULL && !work->prove(work->prove_data, work->look, &why, error))
        return false;
    if (why != NULL) {
        g_free(*ret_why);
        *ret_why = g_strdup_printf("other-rows: %s\n", why);
        return true;
    }
    g_free(*ret_why);
    *ret_why = NULL;
    return ground_lay_check(&coding->ground, work, true, error) &&
           checks_after(work, &coding->ground, coding->checks, ret_why, error);
}

static json_t *
try_json(const TurnEnd *end, const char *findings, json_t *opinion)
{
    json_t *try = json_object();
    json_set_string(try, "end", end->end);
    json_set_string(try, "said", end->said);
    json_set_string(try, "findings", findings);
    json_set_string(try, "transcript", end->transcript);
    if (end->usage != NULL)
        json_object_set(try, "usage", end->usage);
    if (opinion != NULL)
        json_object_set(try, "judge", opinion);
    return try;
}

/* One try. `findings` of the one before are taken, and those of this one left. */
static bool
try_once(Coding *coding, char **findings, char **ret_diff, GError **error)
{
    const CodingWork *work = coding->work;
    g_autofree char *prompt = NULL, *why = NULL;
    g_auto(TurnEnd) end = {0};
    if (!prompt_make(work, coding->brief, *findings, &prompt, error) ||
        !ground_put_brief(&coding->ground, "prompt.md", prompt, error))
        return false;
    Turn turn = {work, &coding->ground, prompt, coding->round};
    g_autoptr(json_t) opinion = NULL;
    if (!doors[work->agent->door](&turn, &end, error))
        return false;
    ground_reopen(&coding->ground);
    if (!judge(coding, &end, &why, ret_diff, error) ||
        !judge_ask(work, prompt, *ret_diff, &opinion, error))
        return false;
    g_free(*findings);
    *findings = g_strndup(why, CODING_FINDINGS_BYTES_MAX);
    json_array_append_new(coding->tried, try_json(&end, *findings, opinion));
    return true;
}

/* ---- telling ---- */

/* Those that it wrote well. */
static json_t *
files_of(const Look *look)
{
    json_t *files = json_array();
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (file->written != NULL)
            json_array_append_new(files, json_string(file->shown));
    }
    return files;
}

/* As the proxy or the model's door counted them; else as the agent tells. */
static int64_t
tokens_of(const json_t *usage)
{
    static const char *const counted[] = {"input_tokens", "cached_tokens", "cache_write_tokens",
                                          "output_tokens"};
    int64_t tokens = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(counted); i++)
        tokens += MAX(json_get_int(usage, counted[i], 0), 0);
    if (tokens == 0)
        tokens = json_get_int(usage, "totalTokens", json_get_int(usage, "used", 0));
    return CLAMP(tokens, 0, USAGE_MAX);
}

static int64_t
cost_of(const json_t *usage)
{
    const json_t *told = json_at(usage, "cost.amount");
    bool is_usd =
        strcmp(json_get_string(json_object_get(usage, "cost"), "currency", ""), "USD") == 0;
    double amount = is_usd && json_is_number(told) ? json_number_value(told) * MICRO : 0;
    if (json_object_get(usage, "cost_micro_usd") != NULL)
        return CLAMP(json_get_int(usage, "cost_micro_usd", 0), 0, USAGE_MAX);
    return amount > 0 && amount < (double) USAGE_MAX ? (int64_t) amount : 0;
}

/* Of all rounds, and of the judge's. */
static void
put_usage(json_t *report, const json_t *tried)
{
    int64_t tokens = 0, cost = 0;
    json_t *try;
    size_t i;
    json_array_foreach(tried, i, try)
    {
        tokens += tokens_of(json_object_get(try, "usage")) + tokens_of(json_at(try, "judge.usage"));
        cost += cost_of(json_object_get(try, "usage")) + cost_of(json_at(try, "judge.usage"));
    }
    json_set_int(report, "tokens", tokens);
    json_set_int(report, "cost_micro_usd", cost);
}

static json_t *
report(const Coding *coding, const char *findings, const char *diff, int64_t begin_ms)
{
    const CodingWork *work = coding->work;
    json_t *report = json_object();
    g_autofree char *shown = g_strndup(diff, CODING_DIFF_BYTES_MAX);
    g_autofree char *valid = g_utf8_make_valid(shown, -1);
    json_t *check;
    size_t i;
    json_set_string(report, "agent", work->agent->name);
    json_set_string(report, "door", coding_door_name(work->agent->door));
    json_set_bool(report, "done", *findings == '\0');
    json_set_int(report, "rounds", coding->round);
    json_set_int(report, "rounds_max", work->agent->rounds);
    json_set_bool(report, "boxed", sandbox_missing() == NULL);
    json_set_int(report, "ms", clock_monotonic_ms() - begin_ms);
    json_set_int(report, "sites", look_open_sites(work->look));
    json_object_set_new(report, "files", files_of(work->look));
    put_usage(report, coding->tried);
    if (*findings != '\0')
        json_set_string(report, "why", findings);
    json_set_string(report, "blocked", coding->blocked);
    json_t *opinions = judge_sum(&work->config->coding, coding->tried);
    if (opinions != NULL)
        json_object_set_new(report, "judge", opinions);
    json_array_foreach(coding->checks, i, check) json_object_del(check, "needs");
    json_object_set(report, "checks", coding->checks);
    json_object_set(report, "tried", coding->tried);
    json_set_string(report, "diff", valid);
    return report;
}

bool
coding_run(const CodingWork *work, json_t **ret, GError **error)
{
    g_auto(Coding) coding = {.work = work, .ground = {.lock_fd = -1}, .tried = json_array()};
    g_autofree char *findings = g_strdup(""), *diff = g_strdup("");
    int64_t begin_ms = clock_monotonic_ms();
    if (!prepare(&coding, error))
        return false;
    do {
        forget(work);
        g_clear_pointer(&diff, g_free);
        coding.round++;
        if (!try_once(&coding, &findings, &diff, error))
            return false;
    } while (*findings != '\0' && coding.round < work->agent->rounds);
    if (*findings != '\0')
        forget(work);
    *ret = report(&coding, findings, diff, begin_ms);
    return true;
}
