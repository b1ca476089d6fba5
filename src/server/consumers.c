/*
 * consumers.c - who reads or writes what moves, over all migrations: what is left of each, whose it is, and why.
 *
 * One line is one consumer of one plan: the newest of each migration that is not over, or any plan that is asked for by name.
 */
#include "base/json.h"
#include "server/consumer_rows.h"
#include "server/handlers.h"
#include "server/page.h"
#include "server/plans.h"

#include <string.h>

#define POINTS_MAX 200 /* of a burndown: as many as a plot has pixels */

/* What people call a coding agent's end is in the rewrite's evidence; what they wait for, in the proposal's checkpoint. */
#define STAND_SQL                                                                                  \
    "CASE WHEN p.state IN " CONSUMER_OVER_SQL " THEN 'over' "                                      \
    "WHEN c.value ->> '$.planned' = 'nothing' THEN 'done' "                                        \
    "WHEN t.status = 'failed' OR b.status = 'failed' OR u.status = 'failed' THEN 'person' "        \
    "WHEN c.value ->> '$.planned' = 'person' THEN 'person' "                                       \
    "WHEN t.evidence ->> '$.coding.done' = 0 THEN 'person' "                                       \
    "WHEN u.phase = 'forward' AND u.status NOT IN ('done', 'skipped') AND "                        \
    "u.checkpoint ->> '$.pull.state' = 'open' THEN 'person' "                                      \
    "WHEN u.phase = 'forward' AND u.status IN ('done', 'skipped') THEN 'done' "                    \
    "WHEN t.phase = 'forward' AND t.status = 'skipped' THEN 'done' "                               \
    "WHEN t.phase = 'forward' AND t.status = 'done' AND "                                          \
    "(sp.name IS NULL OR c.value ->> '$.host' IS NULL) THEN 'done' "                               \
    "WHEN p.state IN ('soaking', 'succeeded', 'retiring', 'closed') THEN 'done' ELSE 'open' END"

#define FROM_SQL CONSUMER_JOIN_SQL CONSUMER_WHERE_SQL

void
consumer_filter_clear(ConsumerFilter *filter)
{
    g_free(filter->plan);
}

bool
consumer_filter_read(Request *request, ConsumerFilter *ret, GError **error)
{
    const char *migration = target_parameter(&request->target, "migration");
    *ret = (ConsumerFilter){.stands = target_parameter(&request->target, "stand"),
                            .owner = target_parameter(&request->target, "owner"),
                            .q = target_parameter(&request->target, "q")};
    return migration == NULL || plan_id_find(request, migration, &ret->plan, error);
}

void
consumer_filter_bind(Stmt *stmt, const void *data)
{
    const ConsumerFilter *filter = data;
    stmt_text(stmt, ":plan", filter->plan);
    stmt_text(stmt, ":owner", filter->owner);
    stmt_text(stmt, ":q", filter->q);
}

static void
list_bind(Stmt *stmt, const void *data)
{
    const ConsumerFilter *filter = data;
    g_autofree char *stands =
        filter->stands != NULL ? g_strdup_printf(",%s,", filter->stands) : NULL;
    consumer_filter_bind(stmt, data);
    stmt_text(stmt, ":stands", stands);
}

/* ----- a line ----- */

enum {
    CURSOR,
    PLAN,
    MIGRATION,
    STATE,
    STAND,
    LINE,
    REWRITE_STATUS,
    REWRITE_REASON,
    REWRITE_ERROR,
    REWRITE_EVIDENCE,
    PROPOSE_STATUS,
    PROPOSE_REASON,
    PROPOSE_ERROR,
    PROPOSE_CHECKPOINT,
    PROPOSE_EVIDENCE,
    SINCE,
};

/* While a branch is built, that is what its change waits for. */
#define BUILT_SQL(column)                                                                          \
    "CASE WHEN b.phase = 'forward' AND b.status NOT IN ('done', 'skipped') THEN b." column         \
    " ELSE t." column " END"
#define COLUMNS_SQL                                                                                \
    "p.id || '.' || printf('%06d', c.key), p.id, p.migration, p.state, " STAND_SQL                 \
    " AS stand, c.value, " BUILT_SQL("status") ", " BUILT_SQL("reason") ", " BUILT_SQL(            \
        "error") ", t.evidence, "                                                                  \
                 "u.status, u.reason, u.error, u.checkpoint, u.evidence, "                         \
                 "coalesce(u.since_ms, t.since_ms, p.since_ms) "

static json_t *
column_json(Stmt *stmt, int column)
{
    const char *text = stmt_col_text(stmt, column);
    json_t *json = NULL;
    if (text == NULL || !json_parse(text, strlen(text), "a stored value", &json, NULL))
        return json_object();
    return json;
}

static bool
is_text(Stmt *stmt, int column, const char *text)
{
    return g_strcmp0(stmt_col_text(stmt, column), text) == 0;
}

/* Caller frees. */
static char *
why_person(Stmt *stmt, const json_t *line, const json_t *coding, const json_t *pull)
{
    const char *problem = json_get_string(line, "problem", NULL);
    int64_t left = json_get_int(line, "left", 0);
    for (int status = REWRITE_STATUS; status <= PROPOSE_STATUS;
         status += PROPOSE_STATUS - REWRITE_STATUS) {
        int error = status + REWRITE_ERROR - REWRITE_STATUS;
        if (is_text(stmt, status, "failed") && stmt_col_text(stmt, error) != NULL)
            return g_strdup(stmt_col_text(stmt, error));
    }
    if (problem != NULL)
        return g_strdup(problem);
    if (json_object_size(coding) > 0 && !json_get_bool(coding, "done", false))
        return g_strdup_printf("the coding agent '%s' did not do it: %s",
                               json_get_string(coding, "agent", ""),
                               json_get_string(coding, "why", "it said nothing"));
    if (is_text(stmt, PROPOSE_STATUS, "waiting") && stmt_col_text(stmt, PROPOSE_REASON) != NULL)
        return g_strdup(stmt_col_text(stmt, PROPOSE_REASON));
    if (strcmp(json_get_string(pull, "state", ""), "open") == 0) /* a worker just looks at it */
        return g_strdup_printf("waits until %s is merged",
                               json_get_string(pull, "url", "its proposal"));
    return g_strdup_printf(
        left == 1 ? "%d place is left to people" : "%d places are left to people", (int) left);
}

static const char *
why_open(Stmt *stmt)
{
    if (is_text(stmt, STATE, "planned"))
        return "waits until somebody approves its plan";
    if (is_text(stmt, STATE, "approved"))
        return "waits until its migration starts";
    if (is_text(stmt, STATE, "rolling_back"))
        return "is taken back";
    if (is_text(stmt, PROPOSE_STATUS, "ready"))
        return "waits for a worker, or for a place among what its owner may have open at once, and "
               "its repository, and what its host may build (honk limits, .honk.yaml)";
    for (int status = PROPOSE_STATUS; status >= REWRITE_STATUS;
         status -= PROPOSE_STATUS - REWRITE_STATUS)
        if (stmt_col_text(stmt, status) != NULL && stmt_col_text(stmt, status + 1) != NULL &&
            !is_text(stmt, status, "done"))
            return stmt_col_text(stmt, status + 1);
    return "its turn comes";
}

static const char *
why_done(Stmt *stmt, const json_t *line, const json_t *proposed)
{
    const json_t *pull = json_object_get(proposed, "pull");
    if (strcmp(json_get_string(line, "planned", ""), "nothing") == 0)
        return "nothing to change";
    if (is_text(stmt, REWRITE_STATUS, "skipped") || is_text(stmt, PROPOSE_STATUS, "skipped"))
        return "somebody left it out";
    if (json_get_string(proposed, "left_out", NULL) != NULL)
        return json_get_string(proposed, "left_out", NULL);
    if (!is_text(stmt, PROPOSE_STATUS, "done"))
        return "changed on its branch";
    if (json_get_bool(proposed, "void", false))
        return "its default branch moved on, and nothing was left to change";
    return strcmp(json_get_string(pull, "state", "merged"), "open") == 0 ? "proposed" : "merged";
}

static json_t *
line_json(Stmt *stmt)
{
    g_autoptr(json_t) line = column_json(stmt, LINE);
    g_autoptr(json_t) rewritten = column_json(stmt, REWRITE_EVIDENCE);
    bool is_proposed = is_text(stmt, PROPOSE_STATUS, "done");
    g_autoptr(json_t) proposed =
        column_json(stmt, is_proposed ? PROPOSE_EVIDENCE : PROPOSE_CHECKPOINT);
    json_t *coding = json_object_get(rewritten, "coding"),
           *pull = json_object_get(proposed, "pull");
    const char *stand = stmt_col_text(stmt, STAND);
    g_autofree char *person =
        strcmp(stand, "person") == 0 ? why_person(stmt, line, coding, pull) : NULL;
    const char *why = person != NULL               ? person
                      : strcmp(stand, "done") == 0 ? why_done(stmt, line, proposed)
                      : strcmp(stand, "open") == 0 ? why_open(stmt)
                                                   : "its plan is over";
    json_t *answer =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "plan", stmt_col_text(stmt, PLAN), "migration",
                  stmt_col_text(stmt, MIGRATION), "state", stmt_col_text(stmt, STATE), "stand",
                  stand, "why", why, "since_ms", (json_int_t) stmt_col_int(stmt, SINCE));
    json_object_del(line, "planned");
    json_object_del(line, "coding");
    json_object_del(line, "host");
    json_object_del(line, "languages");
    json_object_update(answer, line);
    json_set_string(answer, "branch", json_get_string(rewritten, "branch", NULL));
    if (json_is_object(coding))
        json_object_set(answer, "coding", coding);
    if (json_is_object(pull))
        json_object_set(answer, "pull", pull);
    return answer;
}

bool
handle_consumers(Request *request, GError **error)
{
    g_auto(ConsumerFilter) filter = {0};
    if (!consumer_filter_read(request, &filter, error))
        return false;
    return request_page(request,
                        "SELECT " COLUMNS_SQL FROM_SQL
                        "AND (:after = '' OR p.id < substr(:after, 1, instr(:after, '.') - 1) OR "
                        "(p.id = substr(:after, 1, instr(:after, '.') - 1) AND "
                        "c.key > CAST(substr(:after, instr(:after, '.') + 1) AS INTEGER))) "
                        "AND (:stands IS NULL OR instr(:stands, ',' || stand || ',') > 0) "
                        "ORDER BY p.id DESC, c.key LIMIT :limit",
                        list_bind, &filter, line_json, CURSOR, error);
}

/* ----- all of them at a glance ----- */

typedef struct {
    int64_t stands[4]; /* by the order of `stand_names` */
} Counts;

static const char *const stand_names[] = {"done", "person", "open", "over"};

static size_t
stand_index(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(stand_names); i++)
        if (strcmp(stand_names[i], name) == 0)
            return i;
    g_error("'%s' is no stand", name); /* STAND_SQL has no other */
}

static void
counts_put(json_t *object, const Counts *counts)
{
    for (size_t i = 0; i < G_N_ELEMENTS(stand_names); i++)
        json_set_int(object, stand_names[i], counts->stands[i]);
}

static int64_t
counts_left(const Counts *counts)
{
    return counts->stands[1] + counts->stands[2];
}

/* Who has most to do comes first. */
static int
owner_compare(const void *a, const void *b, void *data)
{
    GHashTable *owners = data;
    const char *one = *(char *const *) a, *other = *(char *const *) b;
    int64_t left = counts_left(g_hash_table_lookup(owners, one));
    int64_t left_other = counts_left(g_hash_table_lookup(owners, other));
    return left != left_other ? (left < left_other) - (left > left_other) : strcmp(one, other);
}

static json_t *
owners_json(GHashTable *owners)
{
    json_t *list = json_array();
    guint count = 0;
    g_autofree char **names = (char **) g_hash_table_get_keys_as_array(owners, &count);
    g_qsort_with_data(names, (int) count, sizeof(*names), owner_compare, owners);
    for (guint i = 0; i < count; i++) {
        json_t *owner = json_pack("{s:s}", "owner", names[i]);
        counts_put(owner, g_hash_table_lookup(owners, names[i]));
        json_array_append_new(list, owner);
    }
    return list;
}

/* How many were left after each change that was done; thinned out evenly. `times` ascends. */
static json_t *
burndown_json(const GArray *times, int64_t total)
{
    json_t *points = json_array();
    for (guint i = 0; i < times->len; i++) {
        bool is_last = i + 1 == times->len;
        if (!is_last &&
            (guint64) i * POINTS_MAX / times->len == (guint64) (i + 1) * POINTS_MAX / times->len)
            continue;
        json_array_append_new(points, json_pack("{s:I, s:I}", "at_ms",
                                                (json_int_t) g_array_index(times, int64_t, i),
                                                "left", (json_int_t) (total - i - 1)));
    }
    return points;
}

static int
time_compare(const void *a, const void *b)
{
    int64_t one = *(const int64_t *) a, other = *(const int64_t *) b;
    return (one > other) - (one < other);
}

static void
summary_row(Stmt *stmt, Counts *all, GHashTable *owners, GArray *times)
{
    const char *owner = stmt_col_text(stmt, 0);
    size_t stand = stand_index(stmt_col_text(stmt, 1));
    int64_t ended_ms = stmt_col_int(stmt, 2);
    Counts *own = g_hash_table_lookup(owners, owner);
    if (own == NULL) {
        own = g_new0(Counts, 1);
        g_hash_table_insert(owners, g_strdup(owner), own);
    }
    own->stands[stand]++;
    all->stands[stand]++;
    if (stand == 0 && ended_ms > 0)
        g_array_append_val(times, ended_ms);
}

bool
handle_consumers_summary(Request *request, GError **error)
{
    g_auto(ConsumerFilter) filter = {0};
    Db *db = NULL;
    Stmt *stmt = NULL;
    Counts all = {0};
    bool is_row = false;
    g_autoptr(GHashTable) owners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(int64_t));

    if (!consumer_filter_read(request, &filter, error))
        return false;
    if (!request_reader(request, &db, error) ||
        !db_prepare(db,
                    "SELECT coalesce(c.value ->> '$.owner', ''), " STAND_SQL
                    ", coalesce(u.ended_ms, t.ended_ms, 0) " FROM_SQL,
                    &stmt, error))
        return false;
    consumer_filter_bind(stmt, &filter);
    while (stmt_step(stmt, &is_row, error)) {
        if (is_row) {
            summary_row(stmt, &all, owners, times);
            continue;
        }
        json_t *answer = json_object();
        counts_put(answer, &all);
        g_array_sort(times, time_compare);
        json_object_set_new(answer, "owners", owners_json(owners));
        json_object_set_new(answer, "burndown",
                            burndown_json(times, all.stands[0] + counts_left(&all)));
        return request_answer(request, answer);
    }
    return false;
}
