/*
 * numbers.c - what became of all consumers and places, each with what it is a part of: by owner, and by language.
 *
 * Of each plan that GET /consumers lists (docs/changes.md, "Numbers"). Every consumer has one end (END_SQL), so that the ends add up to `consumers`.
 */
#include "server/numbers.h"
#include "base/json.h"
#include "server/handlers.h"
#include "server/plans.h"

#include <string.h>

#define DONE_SQL "t.phase = 'forward' AND t.status = 'done'"
#define LEFT_SQL                                                                                   \
    "(coalesce(t.evidence ->> '$.needs_person', 0) + coalesce(t.evidence ->> '$.unparsable', 0) "  \
    "> 0)"
#define END_SQL                                                                                    \
    "CASE WHEN c.value ->> '$.repository' IS NULL THEN 'no_code' "                                 \
    "WHEN c.value ->> '$.planned' = 'nothing' THEN 'unaffected' "                                  \
    "WHEN t.phase = 'reverse' AND t.status = 'done' THEN 'taken_back' "                            \
    "WHEN t.status = 'skipped' OR u.status = 'skipped' OR "                                        \
    "u.evidence ->> '$.left_out' IS NOT NULL THEN 'left_out' "                                     \
    "WHEN 'failed' IN (t.status, u.status, b.status) THEN 'refused' "                              \
    "WHEN " DONE_SQL " AND " LEFT_SQL " THEN 'refused' "                                           \
    "WHEN " DONE_SQL " AND coalesce(t.evidence ->> '$.by_agent', 0) > 0 THEN 'by_agent' "          \
    "WHEN " DONE_SQL " THEN 'by_rules' "                                                           \
    "WHEN t.id IS NULL AND c.value ->> '$.planned' = 'person' AND "                                \
    "coalesce(c.value ->> '$.rewritten', 0) = 0 AND c.value ->> '$.coding' IS NULL "               \
    "THEN 'refused' ELSE 'open' END"

/* Of a proposal, done or still waited for. */
#define PULL_SQL(member)                                                                           \
    "coalesce(u.evidence ->> '$.pull." member "', u.checkpoint ->> '$.pull." member "')"
#define MERGED_SQL PULL_SQL("state") " = 'merged'"
/* By people, while the waves after it waited: the step's own task remembers it. */
#define REVERTED_SQL                                                                               \
    "EXISTS (SELECT 1 FROM task w, json_each(w.checkpoint, '$.reverted') k WHERE w.plan = p.id "   \
    "AND w.step = sp.name AND w.key = '' AND k.value = u.key)"
#define AGENT_SQL(member) "coalesce(t.evidence ->> '$.coding." member "', 0)"

/* Sums over the rows of one owner; the name says where it stands in the answer. */
static const struct {
    const char *name, *sql;
} sums[] = {
    {"consumers", "1"},
    {"ends.no_code", END_SQL " = 'no_code'"},
    {"ends.unaffected", END_SQL " = 'unaffected'"},
    {"ends.by_rules", END_SQL " = 'by_rules'"},
    {"ends.by_agent", END_SQL " = 'by_agent'"},
    {"ends.refused", END_SQL " = 'refused'"},
    {"ends.left_out", END_SQL " = 'left_out'"},
    {"ends.taken_back", END_SQL " = 'taken_back'"},
    {"ends.open", END_SQL " = 'open'"},
    {"verified.rules", DONE_SQL " AND t.evidence ->> '$.commit' IS NOT NULL"},
    {"verified.queries", DONE_SQL " AND coalesce(t.evidence ->> '$.queries.same', 0) > 0"},
    {"verified.checks", DONE_SQL " AND EXISTS (SELECT 1 FROM json_each(coalesce(t.evidence -> "
                                 "'$.coding.checks', t.evidence -> '$.checks', '[]')) k WHERE "
                                 "k.value ->> '$.after' = 'passed')"},
    {"verified.builds", "b.phase = 'forward' AND b.evidence ->> '$.builds' = 'passed'"},
    {"pulls.opened", PULL_SQL("number") " IS NOT NULL"},
    {"pulls.open", PULL_SQL("state") " = 'open'"},
    {"pulls.merged_untouched", MERGED_SQL " AND coalesce(" PULL_SQL("untouched") ", 1) = 1"},
    {"pulls.merged_repaired", MERGED_SQL " AND " PULL_SQL("untouched") " = 0"},
    {"pulls.closed", PULL_SQL("state") " = 'closed'"},
    {"pulls.reverted",
     MERGED_SQL " AND ((u.phase = 'reverse' AND u.status = 'done') OR " REVERTED_SQL ")"},
    {"agent.consumers", "t.evidence ->> '$.coding.agent' IS NOT NULL"},
    {"agent.done", AGENT_SQL("done")},
    {"agent.rounds", AGENT_SQL("rounds")},
    {"agent.tokens", AGENT_SQL("tokens")},
    {"agent.cost_micro_usd", AGENT_SQL("cost_micro_usd")},
    {"agent.ms", AGENT_SQL("ms")},
    {"judge.asked", AGENT_SQL("judge.asked")},
    {"judge.agreed", AGENT_SQL("judge.agreed")},
    {"judge.lenient", AGENT_SQL("judge.lenient")},
    {"judge.strict", AGENT_SQL("judge.strict")},
};

enum {
    SITES_BY_RULES,
    SITES_BY_AGENT,
    SITES_LEFT,
    SITES_ALREADY,
    SITES_UNAFFECTED,
    SITES_OPEN,
    SITES_TAKEN_BACK,
    SITES_COUNT
};
#define SITES_TOLD (SITES_UNAFFECTED + 1) /* of a plan, or of what was done */
static const char *const site_words[SITES_COUNT] = {
    [SITES_BY_RULES] = "by_rules",     [SITES_BY_AGENT] = "by_agent",     [SITES_LEFT] = "left",
    [SITES_ALREADY] = "already",       [SITES_UNAFFECTED] = "unaffected", [SITES_OPEN] = "open",
    [SITES_TAKEN_BACK] = "taken_back",
};

/* What the plan says of places is done when it is done: before, they are open, and a person's where it failed. */
#define SITES_SQL                                                                                  \
    "SELECT coalesce(c.value ->> '$.owner', ''), l.key, " END_SQL ", coalesce(" DONE_SQL           \
    ", 0), c.value ->> '$.coding' IS NOT NULL, sum(l.value ->> '$.by_rules'), "                    \
    "sum(l.value ->> '$.by_agent'), sum(l.value ->> '$.left'), sum(l.value ->> '$.already'), "     \
    "sum(l.value ->> '$.unaffected'), count(*) " CONSUMER_JOIN_SQL                                 \
    ", json_each(CASE WHEN " DONE_SQL " THEN coalesce(t.evidence -> '$.languages', "               \
    "c.value -> '$.languages', '{}') ELSE coalesce(c.value -> '$.languages', '{}') END) "          \
    "l " CONSUMER_WHERE_SQL "GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"

void
numbers_clear(Numbers *numbers)
{
    json_decref(numbers->all);
    json_decref(numbers->owners);
    json_decref(numbers->languages);
}

/* "ends.open" is `open` of `ends`. */
static void
add(json_t *to, const char *name, int64_t count)
{
    const char *dot = strchr(name, '.');
    if (dot != NULL) {
        g_autofree char *group = g_strndup(name, (size_t) (dot - name));
        if (json_object_get(to, group) == NULL)
            json_object_set_new(to, group, json_object());
        to = json_object_get(to, group);
        name = dot + 1;
    }
    json_set_int(to, name, json_get_int(to, name, 0) + count);
}

static json_t *
numbers_of(json_t *map, const char *name)
{
    json_t *own = json_object_get(map, name);
    if (own == NULL)
        json_object_set_new(map, name, own = json_object());
    return own;
}

static void
add_sites(json_t *to, const int64_t *counts)
{
    int64_t all = 0;
    for (int i = 0; i < SITES_COUNT; i++)
        all += counts[i];
    add(to, "sites.all", all);
    for (int i = 0; i < SITES_COUNT; i++) {
        g_autofree char *name = g_strconcat("sites.", site_words[i], NULL);
        add(to, name, counts[i]);
    }
}

static char *
sums_sql(void)
{
    g_autoptr(GString) sql = g_string_new("SELECT coalesce(c.value ->> '$.owner', '')");
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++)
        g_string_append_printf(sql, ", sum(%s)", sums[i].sql);
    g_string_append(sql, " " CONSUMER_JOIN_SQL CONSUMER_WHERE_SQL "GROUP BY 1 ORDER BY 1");
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

typedef void TakeRow(Numbers *numbers, Stmt *stmt);

static void
take_sums(Numbers *numbers, Stmt *stmt)
{
    json_t *own = numbers_of(numbers->owners, stmt_col_text(stmt, 0));
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++) {
        add(numbers->all, sums[i].name, stmt_col_int(stmt, (int) i + 1));
        add(own, sums[i].name, stmt_col_int(stmt, (int) i + 1));
    }
}

static void
move_count(int64_t *counts, int from, int to)
{
    counts[to] += counts[from];
    counts[from] = 0;
}

/* Nothing is changed of whoever is not there yet, was left out, failed, or is back. */
static void
settle_sites(int64_t *counts, const char *end, bool is_done, bool is_coded)
{
    int to = strcmp(end, "open") == 0         ? SITES_OPEN
             : strcmp(end, "taken_back") == 0 ? SITES_TAKEN_BACK
                                              : SITES_LEFT;
    if (is_done && to == SITES_LEFT && strcmp(end, "left_out") != 0)
        return;
    if (to == SITES_OPEN && is_coded)
        move_count(counts, SITES_LEFT, to); /* the agent's, who may do it */
    move_count(counts, SITES_BY_RULES, to);
    move_count(counts, SITES_BY_AGENT, to);
}

/* Also those that nobody came to. */
static void
add_no_ends(json_t *to)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++)
        if (g_str_has_prefix(sums[i].name, "ends."))
            add(to, sums[i].name, 0);
}

static void
take_sites(Numbers *numbers, Stmt *stmt)
{
    int64_t counts[SITES_COUNT] = {0};
    for (int i = 0; i < SITES_TOLD; i++)
        counts[i] = stmt_col_int(stmt, i + 5);
    settle_sites(counts, stmt_col_text(stmt, 2), stmt_col_int(stmt, 3), stmt_col_int(stmt, 4));
    add_sites(numbers->all, counts);
    add_sites(numbers_of(numbers->owners, stmt_col_text(stmt, 0)), counts);
    json_t *language = numbers_of(numbers->languages, stmt_col_text(stmt, 1));
    g_autofree char *end = g_strconcat("ends.", stmt_col_text(stmt, 2), NULL);
    int64_t consumers = stmt_col_int(stmt, SITES_TOLD + 5);
    add(language, "consumers", consumers);
    add_no_ends(language);
    add(language, end, consumers);
    add_sites(language, counts);
}

static bool
take(Db *db, const char *sql, const ConsumerFilter *filter, TakeRow *row, Numbers *numbers,
     GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    consumer_filter_bind(stmt, filter);
    while (stmt_step(stmt, &is_row, error)) {
        if (!is_row)
            return true;
        row(numbers, stmt);
    }
    return false;
}

bool
numbers_count(Db *db, const ConsumerFilter *filter, Numbers *numbers, GError **error)
{
    static const int64_t none[SITES_COUNT] = {0};
    g_autofree char *sql = sums_sql();
    *numbers = (Numbers){json_object(), json_object(), json_object()};
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++)
        add(numbers->all, sums[i].name, 0); /* also where there is no row at all */
    add_sites(numbers->all, none);
    if (!take(db, sql, filter, take_sums, numbers, error))
        return false;
    const char *owner;
    json_t *own;
    json_object_foreach(numbers->owners, owner, own) add_sites(own, none);
    return take(db, SITES_SQL, filter, take_sites, numbers, error);
}

/* {"a": {…}} as [{KEY: "a", …}]; SQL gave them in order. */
static json_t *
listed(const json_t *map, const char *key)
{
    json_t *list = json_array(), *own;
    const char *name;
    json_object_foreach((json_t *) map, name, own)
    {
        json_t *one = json_pack("{s:s}", key, name);
        json_object_update(one, own);
        json_array_append_new(list, one);
    }
    return list;
}

bool
handle_consumers_numbers(Request *request, GError **error)
{
    g_auto(ConsumerFilter) filter = {0};
    g_auto(Numbers) numbers = {0};
    Db *db = NULL;
    if (!consumer_filter_read(request, &filter, error) || !request_reader(request, &db, error) ||
        !numbers_count(db, &filter, &numbers, error))
        return false;
    json_t *answer = json_deep_copy(numbers.all);
    json_object_set_new(answer, "owners", listed(numbers.owners, "owner"));
    json_object_set_new(answer, "languages", listed(numbers.languages, "language"));
    return request_answer(request, answer);
}
