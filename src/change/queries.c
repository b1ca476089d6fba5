/* queries.c - see queries.h. */
#include "change/queries.h"

#include "base/clock.h"
#include "base/text.h"
#include "change/query_side.h"
#include "change/short_names.h"
#include "sql/guess.h"
#include "sql/sql.h"

#include <string.h>

#define ROWS_MAX 1000000 /* that one query may give: all are hashed */
#define VIEWS_MAX 16     /* spellings of one dataset */

/* ---- one query ---- */

typedef struct {
    QueryView list[VIEWS_MAX];
    size_t count;
} Views;

typedef struct {
    const QueryWorld *world;
    Views old_views, new_views;
    QuerySide old, new;
} Proof;

/* The last part of each name: queries are made to call them so. */
static void
add_views(Views *views, const GPtrArray *names, QueryView view)
{
    for (guint n = 0; n + 1 < names->len; n++) {
        bool is_there = false;
        view.name = text_last_part(names->pdata[n]);
        for (size_t i = 0; i < views->count && !is_there; i++)
            is_there = g_ascii_strcasecmp(views->list[i].name, view.name) == 0;
        if (!is_there && views->count < VIEWS_MAX)
            views->list[views->count++] = view;
    }
}

static void
proof_init(Proof *proof, const QueryWorld *world, const char *old_text, const char *new_text)
{
    QueryView view = {.object = world->object, .where = world->rows->where};
    *proof = (Proof){.world = world};
    query_side_init(&proof->old, old_text);
    query_side_init(&proof->new, new_text);
    add_views(&proof->old_views, world->names->old, view);
    view.program = world->program;
    add_views(&proof->new_views, world->names->new, view);
}

static void
proof_clear(Proof *proof)
{
    query_side_clear(&proof->old);
    query_side_clear(&proof->new);
}

static bool
run_side(const Proof *proof, QuerySide *side, GError **error)
{
    const QueryWorld *world = proof->world;
    const Views *views = side == &proof->new ? &proof->new_views : &proof->old_views;
    const QuerySpec spec = {
        .sql = side->sql,
        .views = views->list,
        .view_count = views->count,
        .time_ms_max = world->time_ms_max > 0 ? world->time_ms_max : QUERY_TIME_MS_DEFAULT,
        .rows_max = ROWS_MAX,
    };
    query_side_begin(side);
    return conn_query(world->conn, &spec, query_side_take, side, &side->names, error);
}

static guint
name_index(const GPtrArray *names, const char *name, guint *ret_times)
{
    guint found = 0;
    *ret_times = 0;
    for (guint i = 0; i < names->len; i++)
        if (g_ascii_strcasecmp(names->pdata[i], name) == 0) {
            found = i;
            (*ret_times)++;
        }
    return found;
}

/* Which column of the new rows is which of the old ones, by name. NULL with a sentence when they do not match. */
static guint *
match_names(const GPtrArray *old, const GPtrArray *new, char **ret_text)
{
    g_autofree guint *order = g_new0(guint, old->len + 1);
    for (guint i = 0; i < old->len; i++) {
        guint times = 0, twice = 0;
        order[i] = name_index(new, old->pdata[i], &times);
        name_index(old, old->pdata[i], &twice);
        if (times == 0) {
            *ret_text = g_strdup_printf("the column '%s' of the result is gone",
                                        (const char *) old->pdata[i]);
            return NULL;
        }
        if (twice > 1 || times > 1) /* names that say nothing: by place */
            order[i] = i;
    }
    return g_steal_pointer(&order);
}

/* Rows of `one` that `other` does not give. Caller frees. */
static char *
rows_missing(const Proof *proof, QuerySide *one, QuerySide *other)
{
    query_sides_keep(one, other);
    bool ok =
        run_side(proof, other, NULL) && query_side_kept_all(other) && run_side(proof, one, NULL);
    return query_sides_let_go(one, other, ok);
}

static char *
difference(Proof *proof)
{
    int64_t old_rows = proof->old.sum.rows, new_rows = proof->new.sum.rows;
    g_autofree char *only_old = rows_missing(proof, &proof->old, &proof->new);
    g_autofree char *only_new = rows_missing(proof, &proof->new, &proof->old);
    return g_strdup_printf(
        "the old query gives %" G_GINT64_FORMAT " rows, the new one %" G_GINT64_FORMAT "%s%s%s%s",
        old_rows, new_rows, only_old != NULL ? "; only the old one gives " : "",
        only_old != NULL ? only_old : "", only_new != NULL ? "; only the new one gives " : "",
        only_new != NULL ? only_new : "");
}

/* The time of day, chance, or somebody who writes meanwhile: then a difference says nothing. */
static bool
is_fickle(const Proof *proof)
{
    QuerySide again;
    query_side_init(&again, proof->old.sql);
    bool is_same = run_side(proof, &again, NULL) && hash_sum_equal(&again.sum, &proof->old.sum);
    query_side_clear(&again);
    return !is_same;
}

typedef enum { VERDICT_SAME, VERDICT_DIFFERENT, VERDICT_NOT_RUN } Verdict;

/* Both have run; what the rows say. */
static Verdict
judge(Proof *proof, bool is_ordered, char **ret_text)
{
    if (!hash_sum_equal(&proof->old.sum, &proof->new.sum)) {
        if (is_fickle(proof)) {
            *ret_text = g_strdup("the old query itself gives other rows the next time");
            return VERDICT_NOT_RUN;
        }
        *ret_text = difference(proof);
        return VERDICT_DIFFERENT;
    }
    bool is_in_order = proof->old.chain.low == proof->new.chain.low &&
                       proof->old.chain.high == proof->new.chain.high;
    if (is_ordered && !is_in_order) {
        *ret_text = g_strdup("the same rows, but those that sort equal come in another order");
        return VERDICT_NOT_RUN;
    }
    return VERDICT_SAME;
}

/* What a store that only stands in does not know; of columns it knows all. */
static bool
is_of_stand_in(const Proof *proof, const GError *broken)
{
    return proof->world->is_stand_in && strstr(broken->message, "column") == NULL;
}

static Verdict
compare(Proof *proof, bool is_ordered, char **ret_text, GError **error)
{
    g_autoptr(GError) broken = NULL;
    g_autofree guint *order = NULL;
    if (!run_side(proof, &proof->old, error))
        return VERDICT_NOT_RUN;
    if (!run_side(proof, &proof->new, &broken)) {
        if (!error_is(broken, ERR_INVALID) || is_of_stand_in(proof, broken)) {
            g_propagate_error(error, g_steal_pointer(&broken));
            return VERDICT_NOT_RUN;
        }
        *ret_text = g_strdup_printf("the new query does not run: %s", broken->message);
        return VERDICT_DIFFERENT;
    }
    if (proof->old.names->len != proof->new.names->len) {
        *ret_text = g_strdup_printf("the old query gives %u columns, the new one %u",
                                    proof->old.names->len, proof->new.names->len);
        return VERDICT_DIFFERENT;
    }
    if (!proof->world->propagates) {
        order = match_names(proof->old.names, proof->new.names, ret_text);
        if (order == NULL)
            return VERDICT_DIFFERENT;
        bool is_moved = false;
        for (guint i = 0; i < proof->old.names->len; i++)
            is_moved = is_moved || order[i] != i;
        proof->new.order = order;
        if (is_moved && !run_side(proof, &proof->new, error))
            return VERDICT_NOT_RUN;
    }
    Verdict verdict = judge(proof, is_ordered, ret_text);
    proof->new.order = NULL;
    return verdict;
}

/* ---- the queries of a file ---- */

static const char *const verdict_names[] = {"same", "different", "not_run"};

static void
add_proof(const QueryWorld *world, json_t *proofs, const char *path, int line, Verdict verdict,
          int64_t rows, const char *text)
{
    json_array_append_new(proofs,
                          json_pack("{s:s, s:i, s:s, s:I, s:I, s:s?}", "path", path, "line", line,
                                    "verdict", verdict_names[verdict], "rows", (json_int_t) rows,
                                    "refused", (json_int_t) world->rows->refused, "text", text));
}

static char *
query_text(const Sql *sql, const SqlQuery *query)
{
    const Token *first = &g_array_index(sql->tokens, Token, query->first),
                *last = &g_array_index(sql->tokens, Token, query->last);
    return g_strndup(sql->list->text + first->begin, last->end - first->begin);
}

static bool
has_token(const Sql *sql, const SqlQuery *query, TokenKind kind)
{
    for (uint32_t i = query->first; i <= query->last; i++)
        if (g_array_index(sql->tokens, Token, i).kind == kind)
            return true;
    return false;
}

/* ORDER BY of the query itself, not of one inside of it. */
static bool
is_ordered(const Sql *sql, const SqlQuery *query)
{
    for (uint32_t i = query->first; i <= query->last; i++) {
        const Token *token = &g_array_index(sql->tokens, Token, i);
        if (token->kind == TOKEN_OPEN && token->match > i)
            i = token->match;
        else if (token->word == WORD_ORDER)
            return true;
    }
    return false;
}

static const char *
reason_not_to_run(const QueryWorld *world, const Sql *sql, const SqlQuery *query)
{
    if (world->rows->why_not != NULL)
        return world->rows->why_not;
    if (has_token(sql, query, TOKEN_TEMPLATE))
        return "it has a template";
    if (world->until_ms > 0 && clock_monotonic_ms() > world->until_ms)
        return "there was no time left for it";
    return NULL;
}

/* False when asked to stop. */
static bool
prove_query(const QueryWorld *world, const Sql *old, const SqlQuery *old_query,
            const char *old_text, const char *new_text, const char *path, json_t *proofs,
            GError **error)
{
    int line, column;
    g_autofree char *text = NULL;
    g_autoptr(GError) failed = NULL;
    text_place(old->list->text, g_array_index(old->tokens, Token, old_query->first).begin, &line,
               &column);
    const char *why_not = reason_not_to_run(world, old, old_query);
    if (why_not != NULL) {
        add_proof(world, proofs, path, line, VERDICT_NOT_RUN, 0, why_not);
        return true;
    }
    Proof proof;
    proof_init(&proof, world, old_text, new_text);
    Verdict verdict = compare(&proof, is_ordered(old, old_query), &text, &failed);
    int64_t rows = proof.old.sum.rows;
    proof_clear(&proof);
    if (failed != NULL && error_is(failed, ERR_STOPPED)) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return false;
    }
    bool has_parameters =
        error_is(failed, ERR_INVALID) && has_token(old, old_query, TOKEN_PARAMETER);
    const char *why = has_parameters   ? "it has parameters"
                      : failed != NULL ? failed->message
                                       : text;
    add_proof(world, proofs, path, line, verdict, rows, why);
    return true;
}

static bool
is_ours(const SqlPath *path, const void *data)
{
    const GPtrArray *names = data;
    for (guint i = 0; i + 1 < names->len; i++)
        if (short_name_fits(path, names->pdata[i]))
            return true;
    return false;
}

bool
queries_prove(const QueryWorld *world, const char *path, const char *before, const char *after,
              json_t *proofs, GError **error)
{
    const Dialect *dialect = dialect_by_name(world->conn->driver->name);
    if (dialect == NULL)
        dialect = dialect_guess(before, strlen(before), NULL, NULL);
    g_autofree char *old_text = with_short_names(before, dialect, is_ours, world->names->old),
                    *new_text = with_short_names(after, dialect, is_ours, world->names->new);
    g_autoptr(Sql) old = sql_new(old_text, strlen(old_text), dialect, 0);
    g_autoptr(Sql) new = sql_new(new_text, strlen(new_text), dialect, 0);
    if (old->statements->len != new->statements->len) {
        add_proof(world, proofs, path, 1, VERDICT_DIFFERENT, 0,
                  "the file has another number of statements");
        return true;
    }
    for (guint i = 0; i < old->statements->len; i++) {
        const SqlQuery *query = ((const SqlStatement *) old->statements->pdata[i])->query;
        const SqlQuery *rewritten = ((const SqlStatement *) new->statements->pdata[i])->query;
        if (query == NULL || rewritten == NULL)
            continue;
        g_autofree char *was = query_text(old, query), *is = query_text(new, rewritten);
        if (strcmp(was, is) == 0)
            continue;
        if (!prove_query(world, old, query, was, is, path, proofs, error))
            return false;
    }
    return true;
}
