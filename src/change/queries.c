/* queries.c - see queries.h. */
#include "change/queries.h"

#include "base/clock.h"
#include "model/row_hash.h"
#include "sql/guess.h"
#include "sql/sql.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS_MAX 1000000     /* that one query may give: all are hashed */
#define ROWS_KEPT_MAX 100000 /* told apart one by one when something differs */
#define ROWS_SHOWN 3         /* of those that only one side gives */
#define VIEWS_MAX 16         /* spellings of one dataset */
#define CELL_SHOWN_BYTES 40

/* ---- one side ---- */

typedef struct {
    const char *sql;
    GPtrArray *names;
    const guint *order; /* columns in the order in which they are hashed; NULL: as they come */
    RowHasher hasher;
    HashSum sum;
    RowHash chain; /* of the rows in their order */
    GHashTable
        *kept; /* text of the hash -> how many (one side positive, the other negative), or NULL */
    int sign;
    GPtrArray *shown; /* char *: rows that the other side did not give */
} Side;

static void
side_clear(Side *side)
{
    g_clear_pointer(&side->names, g_ptr_array_unref);
    row_hasher_clear(&side->hasher);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Side, side_clear)

/* Sums of the same numbers in another order differ in their last digits. */
static double
rounded(double value)
{
    char text[32];
    if (!isfinite(value) || value == 0)
        return value == 0 ? 0 : value;
    snprintf(text, sizeof text, "%.11e", value);
    return g_ascii_strtod(text, NULL);
}

static void
hash_cell(RowHasher *hasher, const QueryCell *cell)
{
    switch (cell->kind) {
    case QUERY_NULL:
        row_hasher_null(hasher);
        break;
    case QUERY_INT:
        row_hasher_int(hasher, TYPE_INT, cell->integer);
        break;
    case QUERY_FLOAT:
        row_hasher_float(hasher, rounded(cell->real));
        break;
    case QUERY_TEXT:
        row_hasher_bytes(hasher, TYPE_TEXT, cell->bytes, cell->size);
        break;
    case QUERY_BYTES:
        row_hasher_bytes(hasher, TYPE_BYTES, cell->bytes, cell->size);
        break;
    }
}

static void
show_cell(GString *text, const QueryCell *cell)
{
    switch (cell->kind) {
    case QUERY_NULL:
        g_string_append(text, "NULL");
        break;
    case QUERY_INT:
        g_string_append_printf(text, "%" G_GINT64_FORMAT, cell->integer);
        break;
    case QUERY_FLOAT:
        g_string_append_printf(text, "%.12g", cell->real);
        break;
    case QUERY_TEXT: {
        g_autofree char *valid =
            g_utf8_make_valid(cell->bytes, (gssize) MIN(cell->size, CELL_SHOWN_BYTES));
        g_string_append_printf(text, "'%s%s'", valid, cell->size > CELL_SHOWN_BYTES ? "…" : "");
        break;
    }
    case QUERY_BYTES:
        g_string_append_printf(text, "%zu bytes", cell->size);
        break;
    }
}

/* The second time: which rows are it? */
static void
keep_row(Side *side, RowHash hash, const QueryCell *cells, size_t count)
{
    g_autofree char *key = g_strdup_printf("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
                                           hash.high, hash.low);
    int had = GPOINTER_TO_INT(g_hash_table_lookup(side->kept, key));
    if (side->shown == NULL) {
        if (g_hash_table_size(side->kept) < ROWS_KEPT_MAX)
            g_hash_table_insert(side->kept, g_steal_pointer(&key), GINT_TO_POINTER(had + 1));
        return;
    }
    if (had > 0) {
        g_hash_table_insert(side->kept, g_steal_pointer(&key), GINT_TO_POINTER(had - 1));
        return;
    }
    if (side->shown->len >= ROWS_SHOWN)
        return;
    GString *text = g_string_new("(");
    for (size_t i = 0; i < count; i++) {
        g_string_append(text, i > 0 ? ", " : "");
        show_cell(text, &cells[side->order != NULL ? side->order[i] : i]);
    }
    g_string_append_c(text, ')');
    g_ptr_array_add(side->shown, g_string_free(text, FALSE));
}

static void
take_row(const QueryCell *cells, size_t count, void *data)
{
    Side *side = data;
    row_hasher_begin(&side->hasher);
    for (size_t i = 0; i < count; i++)
        hash_cell(&side->hasher, &cells[side->order != NULL ? side->order[i] : i]);
    RowHash hash = row_hasher_end(&side->hasher);
    hash_sum_add(&side->sum, hash);
    side->chain.low = side->chain.low * 0x9E3779B97F4A7C15u + hash.low;
    side->chain.high = side->chain.high * 0xC2B2AE3D27D4EB4Fu + hash.high;
    if (side->kept != NULL)
        keep_row(side, hash, cells, count);
}

/* ---- one query ---- */

typedef struct {
    const QueryWorld *world;
    QueryView old_views[VIEWS_MAX], new_views[1];
    size_t old_count;
    Side old, new;
} Proof;

static void
proof_views(Proof *proof)
{
    const QueryWorld *world = proof->world;
    const char *where = world->program != NULL ? program_where(world->program) : NULL;
    QueryView source = {.name = world->source, .object = world->source, .where = where};
    proof->old_views[proof->old_count++] = source;
    for (size_t i = 0;
         world->aliases != NULL && world->aliases[i] != NULL && proof->old_count < VIEWS_MAX; i++) {
        source.name = world->aliases[i];
        if (strchr(source.name, '.') == NULL && g_ascii_strcasecmp(source.name, world->source) != 0)
            proof->old_views[proof->old_count++] = source;
    }
    proof->new_views[0] = (QueryView){
        .name = world->target, .object = world->source, .where = where, .program = world->program};
}

static bool
run_side(Proof *proof, Side *side, GError **error)
{
    const QueryWorld *world = proof->world;
    bool is_old = side == &proof->old;
    const QuerySpec spec = {
        .sql = side->sql,
        .views = is_old ? proof->old_views : proof->new_views,
        .view_count = is_old ? proof->old_count : 1,
        .sample_rows = world->sample_rows > 0 ? world->sample_rows : QUERY_SAMPLE_ROWS_DEFAULT,
        .time_ms_max = world->time_ms_max > 0 ? world->time_ms_max : QUERY_TIME_MS_DEFAULT,
        .rows_max = ROWS_MAX,
    };
    side->sum = (HashSum){0};
    side->chain = (RowHash){0};
    g_clear_pointer(&side->names, g_ptr_array_unref);
    return conn_query(world->conn, &spec, take_row, side, &side->names, error);
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
rows_missing(Proof *proof, Side *one, Side *other)
{
    g_autoptr(GHashTable) kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) shown = g_ptr_array_new_with_free_func(g_free);
    one->kept = other->kept = kept;
    one->shown = shown;
    bool ok = run_side(proof, other, NULL) && g_hash_table_size(kept) < ROWS_KEPT_MAX &&
              run_side(proof, one, NULL);
    one->kept = other->kept = NULL;
    one->shown = NULL;
    if (!ok || shown->len == 0)
        return NULL;
    g_ptr_array_add(shown, NULL);
    return g_strjoinv(", ", (char **) shown->pdata);
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

typedef enum { VERDICT_SAME, VERDICT_DIFFERENT, VERDICT_NOT_RUN } Verdict;

/* Both have run; what the rows say. */
static Verdict
judge(Proof *proof, bool is_ordered, char **ret_text)
{
    if (!hash_sum_equal(&proof->old.sum, &proof->new.sum)) {
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

static Verdict
compare(Proof *proof, bool is_ordered, char **ret_text, GError **error)
{
    g_autoptr(GError) broken = NULL;
    g_autofree guint *order = NULL;
    if (!run_side(proof, &proof->old, error))
        return VERDICT_NOT_RUN;
    if (!run_side(proof, &proof->new, &broken)) {
        if (!error_is(broken, ERR_INVALID)) {
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
add_proof(json_t *proofs, const char *path, int line, Verdict verdict, int64_t rows,
          const char *text)
{
    json_array_append_new(proofs, json_pack("{s:s, s:i, s:s, s:I, s:s?}", "path", path, "line",
                                            line, "verdict", verdict_names[verdict], "rows",
                                            (json_int_t) rows, "text", text));
}

static char *
query_text(const Sql *sql, const SqlQuery *query)
{
    const Token *first = &g_array_index(sql->tokens, Token, query->first),
                *last = &g_array_index(sql->tokens, Token, query->last);
    return g_strndup(sql->list->text + first->begin, last->end - first->begin);
}

static bool
has_template(const Sql *sql, const SqlQuery *query)
{
    for (uint32_t i = query->first; i <= query->last; i++)
        if (g_array_index(sql->tokens, Token, i).kind == TOKEN_TEMPLATE)
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

/* "main.users": the store would take the table itself, not what stands for it here. */
static bool
has_schema(const Sql *sql, const SqlQuery *query)
{
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = sql->blocks->pdata[b];
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = block->sources->pdata[i];
            if (source->kind == SOURCE_TABLE && source->path.count > 1 &&
                source->first >= query->first && source->last <= query->last)
                return true;
        }
    }
    return false;
}

static const char *
reason_not_to_run(const QueryWorld *world, const Sql *sql, const SqlQuery *query)
{
    if (has_template(sql, query))
        return "it has a template";
    if (has_schema(sql, query))
        return "it names the schemas of its tables";
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
        add_proof(proofs, path, line, VERDICT_NOT_RUN, 0, why_not);
        return true;
    }
    Proof proof = {.world = world, .old.sql = old_text, .new.sql = new_text};
    row_hasher_init(&proof.old.hasher);
    row_hasher_init(&proof.new.hasher);
    proof_views(&proof);
    Verdict verdict = compare(&proof, is_ordered(old, old_query), &text, &failed);
    int64_t rows = proof.old.sum.rows;
    side_clear(&proof.old);
    side_clear(&proof.new);
    if (failed != NULL && error_is(failed, ERR_STOPPED)) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return false;
    }
    add_proof(proofs, path, line, verdict, rows, failed != NULL ? failed->message : text);
    return true;
}

bool
queries_prove(const QueryWorld *world, const char *path, const char *before, const char *after,
              json_t *proofs, GError **error)
{
    const Dialect *dialect = dialect_by_name(world->conn->driver->name);
    if (dialect == NULL)
        dialect = dialect_guess(before, strlen(before), NULL);
    g_autoptr(Sql) old = sql_new(before, strlen(before), dialect, 0);
    g_autoptr(Sql) new = sql_new(after, strlen(after), dialect, 0);
    if (old->statements->len != new->statements->len) {
        add_proof(proofs, path, 1, VERDICT_DIFFERENT, 0,
                  "the file has another number of statements");
        return true;
    }
    for (guint i = 0; i < old->statements->len; i++) {
        const SqlQuery *query = ((const SqlStatement *) old->statements->pdata[i])->query;
        const SqlQuery *rewritten = ((const SqlStatement *) new->statements->pdata[i])->query;
        if (query == NULL || rewritten == NULL)
            continue;
        g_autofree char *old_text = query_text(old, query), *new_text = query_text(new, rewritten);
        if (strcmp(old_text, new_text) == 0)
            continue;
        if (!prove_query(world, old, query, old_text, new_text, path, proofs, error))
            return false;
    }
    return true;
}
