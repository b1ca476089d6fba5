/*
 * book.c - fence, ledger, quarantine and the note of a swap, in any store that speaks SQL.
 *
 * They lie in the same database as the rows, because only then are both there or neither. The tables are made by the first
 * stage and dropped when no plan is fenced any more and they are empty. What a task with its token may find:
 *
 *   no table or no row of the plan in _honk_fence    nothing was staged, or all of it was undone: FENCED
 *   the plan's row has a higher token                the plan goes back, this far at least: FENCED
 *   the task's row has a higher token                a probe looked after this attempt: FENCED
 *   else                                             go on
 *
 * Who waits for whom. Transactions of a task hold a share of its plan's fence row, and of a lock that stands for the task. A
 * probe takes the task's lock alone, a way back the plan's row: each waits for open transactions that it fences off, as long
 * as the store's settings say, and for no other ones.
 */
#include "driver/book.h"

#include "base/clock.h"

#include <sqlite3.h>
#include <string.h>

static const char *const tables[BOOK_TABLES] = {
    [BOOK_FENCE] = "_honk_fence",           [BOOK_LEDGER] = "_honk_ledger",
    [BOOK_QUARANTINE] = "_honk_quarantine", [BOOK_SWAP] = "_honk_swap",
    [BOOK_WRITTEN] = "_honk_written",
};

/* --- statements --- */

char *
book_text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    g_assert(sql != NULL);
    char *copy = g_strdup(sql);
    sqlite3_free(sql);
    return copy;
}

static bool
run(Conn *conn, GError **error, char *take_sql)
{
    g_autofree char *sql = take_sql;
    return conn->book->run(conn, sql, error);
}

static bool
run_later(Conn *conn, GError **error, char *take_sql)
{
    g_autofree char *sql = take_sql;
    return conn->book->later != NULL ? conn->book->later(conn, sql, error)
                                     : conn->book->run(conn, sql, error);
}

static bool
each(Conn *conn, BookRowFn *row, void *data, GError **error, char *take_sql)
{
    g_autofree char *sql = take_sql;
    return conn->book->each(conn, sql, row, data, error);
}

bool
book_take_token(const char *const *cells, void *data, GError **error)
{
    *(int64_t *) data = cells[0] != NULL ? g_ascii_strtoll(cells[0], NULL, 10) : 0;
    return true;
}

/* First column of the last row; 0 when there is none. */
static bool
ask_int(Conn *conn, int64_t *ret, GError **error, char *take_sql)
{
    *ret = 0;
    return each(conn, book_take_token, ret, error, take_sql);
}

char *
book_name_list(const GPtrArray *names, const char *before)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *name = book_text("\"%w\"", (const char *) names->pdata[i]);
        g_string_append_printf(list, "%s%s%s", i > 0 ? ", " : "", before, name);
    }
    return g_string_free(list, FALSE);
}

/* --- the tables --- */

char *
book_list(const char *const *names, size_t count)
{
    GString *list = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *name = book_text("%Q", names[i]);
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", name);
    }
    return g_string_free(list, FALSE);
}

void
book_tick_off(const char *table, const char *const *names, size_t count, bool *there)
{
    for (size_t i = 0; i < count; i++)
        there[i] = there[i] || strcmp(table, names[i]) == 0;
}

bool
book_has(Conn *conn, const char *table, bool *ret, GError **error)
{
    return conn->book->has(conn, &table, 1, ret, error);
}

/* Of a table that may not be there: no rows then. Whoever tidies up may drop it between the look and the question, since nothing is in it;
 * in a transaction of PostgreSQL that question has ended it, and what is asked next says so. */
static bool
each_if_there(Conn *conn, int table, BookRowFn *row, void *data, GError **error, char *take_sql)
{
    g_autofree char *sql = take_sql;
    g_autoptr(GError) broken = NULL;
    bool is_there = false;
    if (!book_has(conn, tables[table], &is_there, error))
        return false;
    if (!is_there || conn->book->each(conn, sql, row, data, &broken) ||
        (book_has(conn, tables[table], &is_there, NULL) && !is_there))
        return true;
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

static bool
lock(Conn *conn, GError **error)
{
    return conn->book->lock == NULL || conn->book->lock(conn, error);
}

bool
book_make(Conn *conn, GError **error)
{
    bool there[BOOK_TABLES] = {0}, has_place = false;
    if (!lock(conn, error) || !conn->book->has(conn, tables, BOOK_TABLES, there, error))
        return false;
    for (size_t i = 0; i < BOOK_TABLES; i++) {
        if (there[i])
            continue;
        if (!has_place && conn->book->make_place != NULL && !conn->book->make_place(conn, error))
            return false;
        has_place = true;
        if (!run_later(conn, error,
                       book_text("CREATE TABLE %s.%s %s", conn->book_place, tables[i],
                                 conn->book->columns[i])))
            return false;
    }
    return true;
}

static bool
take_used(const char *const *cells, void *data, GError **error)
{
    bool *used = data;
    for (size_t i = 0; i < BOOK_TABLES; i++)
        used[i] = strcmp(cells[i], "0") != 0;
    return true;
}

/* Which are there, and which of those have a row? */
static bool
find_used(Conn *conn, bool *there, bool *ret, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");
    bool is_any = false;
    if (!conn->book->has(conn, tables, BOOK_TABLES, there, error))
        return false;
    for (size_t i = 0; i < BOOK_TABLES; i++)
        is_any = is_any || there[i];
    for (size_t i = 0; is_any && i < BOOK_TABLES; i++) {
        const char *next = i > 0 ? ", " : "";
        if (there[i])
            g_string_append_printf(sql, "%s(SELECT count(*) FROM (SELECT 1 FROM %s.%s LIMIT 1) t)",
                                   next, conn->book_place, tables[i]);
        else
            g_string_append_printf(sql, "%s0", next);
    }
    return !is_any || conn->book->each(conn, sql->str, take_used, ret, error);
}

/* None while a plan is fenced, which needs all of them; else what has no row left. */
bool
book_tidy(Conn *conn, GError **error)
{
    bool there[BOOK_TABLES] = {0}, used[BOOK_TABLES] = {0};
    if (!lock(conn, error) || !find_used(conn, there, used, error))
        return false;
    if (used[BOOK_FENCE])
        return true;
    for (size_t i = 0; i < BOOK_TABLES; i++)
        if (there[i] && !used[i] &&
            !run_later(conn, error,
                       book_text("DROP TABLE IF EXISTS %s.%s", conn->book_place, tables[i])))
            return false;
    return conn->book->drop_place == NULL || conn->book->drop_place(conn, error);
}

bool
book_delete(Conn *conn, const char *plan, BookExtent extent, GError **error)
{
    bool there[BOOK_TABLES] = {0};
    if (!lock(conn, error) || !conn->book->has(conn, tables, BOOK_TABLES, there, error))
        return false;
    for (size_t i = 0; i < BOOK_TABLES; i++) {
        if (i == BOOK_QUARANTINE && extent == BOOK_BUT_QUARANTINE)
            continue;
        if (there[i] && !run_later(conn, error,
                                   book_text("DELETE FROM %s.%s WHERE plan = %Q", conn->book_place,
                                             tables[i], plan)))
            return false;
    }
    return true;
}

bool
book_fail_unknown(const char *stage, const char *plan, const char *drop, GError **error)
{
    return fail(
        error, ERR_INVALID,
        "'%s' was not made by plan '%s', as far as the bookkeeping (_honk) tells, or somebody "
        "has dropped that: look whose it is, remove it with `%s`, and roll back once more",
        stage, plan, drop);
}

bool
book_forget(Conn *conn, const char *plan, BookExtent extent, GError **error)
{
    return book_delete(conn, plan, extent, error) && book_tidy(conn, error);
}

/* --- fence --- */

char *
book_fence_question(const Conn *conn, const char *scope, const char *share)
{
    return book_text("SELECT token FROM %s._honk_fence WHERE scope = %Q%s", conn->book_place, scope,
                     share);
}

/* 0 when there is no row. */
static bool
read_fence(Conn *conn, const char *scope, const char *share, int64_t *ret_token, GError **error)
{
    return ask_int(conn, ret_token, error, book_fence_question(conn, scope, share));
}

static bool
lock_task(Conn *conn, const Writer *writer, GError **error)
{
    return conn->book->lock_task == NULL || conn->book->lock_task(conn, writer, error);
}

static bool
look(Conn *conn, const Writer *writer, BookLook *ret, GError **error)
{
    if (conn->book->look != NULL)
        return conn->book->look(conn, writer, ret, error);
    return read_fence(conn, writer->plan, conn->book->share, &ret->of_plan, error) &&
           read_fence(conn, writer->task, "", &ret->of_task, error);
}

static bool
lets_pass(const BookLook *look, const Writer *writer, GError **error)
{
    if (look->of_plan > writer->token)
        return fail_fenced("plan", writer->plan, look->of_plan, writer, error);
    if (look->of_task > writer->token)
        return fail_fenced("task", writer->task, look->of_task, writer, error);
    return true;
}

bool
book_passes(Conn *conn, const Writer *writer, bool *ret_is_staged, GError **error)
{
    BookLook seen = {0};
    bool is_there = false;
    *ret_is_staged = false;
    if (!book_has(conn, tables[BOOK_FENCE], &is_there, error))
        return false;
    if (!is_there)
        return true;
    if (!look(conn, writer, &seen, error))
        return false;
    *ret_is_staged = seen.of_plan > 0;
    return lets_pass(&seen, writer, error);
}

static bool
raise_scope(Conn *conn, const char *scope, const Writer *writer, GError **error)
{
    return run_later(
        conn, error,
        book_text("INSERT INTO %s._honk_fence (scope, plan, token) VALUES (%Q, %Q, %lld) %s",
                  conn->book_place, scope, writer->plan, (long long) writer->token,
                  conn->book->raise));
}

bool
book_raise(Conn *conn, const Writer *writer, GError **error)
{
    return raise_scope(conn, writer->plan, writer, error);
}

bool
book_raise_stage(Conn *conn, const Writer *writer, const char *stage, const char *target,
                 GError **error)
{
    return book_raise(conn, writer, error) &&
           run_later(conn, error,
                     book_text("UPDATE %s._honk_fence SET stage = %Q, target = %Q WHERE scope = %Q",
                               conn->book_place, stage, target, writer->plan));
}

static bool
fail_not_staged(const Writer *writer, GError **error)
{
    return fail(error, ERR_FENCED, "plan '%s' has nothing staged here (any more)", writer->plan);
}

bool
book_fail_look(const Writer *writer, GError *take_broken, GError **error)
{
    g_autoptr(GError) broken = take_broken;
    if (error_is(broken, ERR_NOT_FOUND))
        return fail_not_staged(writer, error);
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

static bool
take_range(const BookRanges *found, bool *ret_found, RangeResult *ret)
{
    *ret_found = found->ranges > 0;
    if (*ret_found) {
        *ret = found->sum;
        ret->was_there = true;
    }
    return true;
}

bool
book_judge(const BookLook *look, const Writer *writer, bool *ret_done, RangeResult *ret,
           GError **error)
{
    if (look->of_plan == 0)
        return fail_not_staged(writer, error);
    return lets_pass(look, writer, error) && take_range(&look->range, ret_done, ret);
}

/* Where questions are dear, nobody asks for the tables first: they are there where a plan has staged something. */
static bool
may_begin(Conn *conn, const Writer *writer, GError **error)
{
    g_autoptr(GError) broken = NULL;
    BookLook seen = {0};
    RangeResult none;
    bool is_done = false, is_there = true;
    if (conn->book->look == NULL && !book_has(conn, tables[BOOK_FENCE], &is_there, error))
        return false;
    if (is_there && !look(conn, writer, &seen, &broken))
        return book_fail_look(writer, g_steal_pointer(&broken), error);
    return book_judge(&seen, writer, &is_done, &none, error);
}

bool
book_begin(Conn *conn, const Writer *writer, GError **error)
{
    if (!conn->book->begin(conn, writer, error))
        return false;
    if (may_begin(conn, writer, error))
        return true;
    conn->book->rollback(conn);
    return false;
}

/* Two attempts at one range would otherwise meet at its first row, which the later one would take for somebody else's. */
bool
book_begin_range(Conn *conn, const Writer *writer, bool *ret_done, RangeResult *ret, GError **error)
{
    if (!book_begin(conn, writer, error))
        return false;
    if ((conn->book->lock_range == NULL || conn->book->lock_range(conn, writer, error)) &&
        book_ledger_find(conn, writer->plan, writer->range, ret_done, ret, error))
        return true;
    conn->book->rollback(conn);
    return false;
}

bool
book_fence(Conn *conn, const Writer *writer, GError **error)
{
    int64_t of_plan = 0;
    bool is_there = false;
    if (!conn->book->begin(conn, writer, error))
        return false;
    if (book_has(conn, tables[BOOK_FENCE], &is_there, error) &&
        (!is_there ||
         (lock_task(conn, writer, error) && read_fence(conn, writer->plan, "", &of_plan, error))) &&
        (of_plan == 0 || raise_scope(conn, writer->task, writer, error)) &&
        conn->book->commit(conn, error))
        return true;
    conn->book->rollback(conn);
    return false;
}

/* --- ledger --- */

bool
book_write_range(Conn *conn, const Writer *writer, const RangeResult *result, GError **error)
{
    g_autofree char *hash = hash_sum_text(&result->hash);
    return run_later(
        conn, error,
        book_text("INSERT INTO %s._honk_ledger (plan, task, \"range\", token, rows_in, "
                  "rows_out, rejected, hash, at_ms) "
                  "VALUES (%Q, %Q, %Q, %lld, %lld, %lld, %lld, %Q, %lld)",
                  conn->book_place, writer->plan, writer->task, writer->range,
                  (long long) writer->token, (long long) result->rows_in,
                  (long long) result->rows_out, (long long) result->rejected, hash,
                  (long long) clock_wall_ms()));
}

bool
book_take_range(const char *const *cells, void *data, GError **error)
{
    BookRanges *all = data;
    HashSum hash;
    if (!hash_sum_parse(cells[3], &hash, error))
        return false;
    all->sum.rows_in += g_ascii_strtoll(cells[0], NULL, 10);
    all->sum.rows_out += g_ascii_strtoll(cells[1], NULL, 10);
    all->sum.rejected += g_ascii_strtoll(cells[2], NULL, 10);
    hash_sum_merge(&all->sum.hash, &hash);
    all->ranges++;
    return true;
}

char *
book_ledger_question(const Conn *conn, const char *plan, const char *range)
{
    g_autofree char *only = range != NULL ? book_text(" AND \"range\" = %Q", range) : g_strdup("");
    return book_text("SELECT rows_in, rows_out, rejected, hash FROM %s._honk_ledger "
                     "WHERE plan = %Q%s",
                     conn->book_place, plan, only);
}

/* Likewise; in a transaction, the tables were seen by then. */
static bool
read_ledger(Conn *conn, const char *plan, const char *range, BookRanges *ret, GError **error)
{
    bool is_there = conn->book->look != NULL;
    g_autoptr(GError) missing = NULL;
    if (!is_there && !book_has(conn, tables[BOOK_LEDGER], &is_there, error))
        return false;
    if (!is_there ||
        each(conn, book_take_range, ret, &missing, book_ledger_question(conn, plan, range)) ||
        (conn->book->look != NULL && error_is(missing, ERR_NOT_FOUND)))
        return true;
    g_propagate_error(error, g_steal_pointer(&missing));
    return false;
}

bool
book_ledger_find(Conn *conn, const char *plan, const char *range, bool *ret_found, RangeResult *ret,
                 GError **error)
{
    BookRanges found = {0};
    return read_ledger(conn, plan, range, &found, error) && take_range(&found, ret_found, ret);
}

bool
book_ledger_sum(Conn *conn, const char *plan, RangeResult *ret, int64_t *ret_ranges, GError **error)
{
    BookRanges all = {0};
    if (!read_ledger(conn, plan, NULL, &all, error))
        return false;
    *ret = all.sum;
    *ret_ranges = all.ranges;
    return true;
}

/* --- quarantine --- */

static bool
set_aside(Conn *conn, const Writer *writer, int64_t row_id, const char *row, const char *column,
          const char *reason, GError **error)
{
    return run(conn, error,
               book_text("INSERT INTO %s._honk_quarantine (plan, task, row_id, \"row\", "
                         "target_column, reason, at_ms) VALUES (%Q, %Q, %lld, %Q, %Q, %Q, %lld)",
                         conn->book_place, writer->plan, writer->task, (long long) row_id, row,
                         column, reason, (long long) clock_wall_ms()));
}

bool
book_set_aside(Conn *conn, const Writer *writer, int64_t row_id, const json_t *record,
               const char *column, const char *reason, GError **error)
{
    g_autofree char *row = record != NULL ? json_compact(record) : NULL;
    return set_aside(conn, writer, row_id, row, column, reason, error);
}

/* Caller frees; NULL of NULL. */
static char *
json_in_ascii(const json_t *value)
{
    char *text = value != NULL
                     ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII)
                     : NULL;
    char *copy = g_strdup(text);
    free(text);
    return copy;
}

/* Quotes and backslashes stay as they are: it is read by people. */
static char *
text_in_ascii(const char *text)
{
    g_autoptr(json_t) value = text != NULL ? json_string(text) : NULL;
    g_autofree char *quoted = json_in_ascii(value);
    if (quoted == NULL)
        return NULL;
    GString *plain = g_string_new(NULL);
    for (const char *p = quoted + 1; p[1] != '\0'; p++) {
        p += *p == '\\' && (p[1] == '"' || p[1] == '\\');
        g_string_append_c(plain, *p);
    }
    return g_string_free(plain, FALSE);
}

bool
book_set_aside_in_ascii(Conn *conn, const Writer *writer, int64_t row_id, const json_t *record,
                        const char *column, const char *reason, GError **error)
{
    g_autofree char *row = json_in_ascii(record);
    g_autofree char *ascii_column = text_in_ascii(column), *ascii_reason = text_in_ascii(reason);
    return set_aside(conn, writer, row_id, row, ascii_column, ascii_reason, error);
}

static bool
add_aside(const char *const *cells, void *data, GError **error)
{
    json_t *item = json_object();
    json_t *record =
        cells[2] != NULL ? json_loads(cells[2], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    json_set_string(item, "task", cells[0]);
    json_set_int(item, "row_id", g_ascii_strtoll(cells[1], NULL, 10));
    json_object_set_new(item, "row", record != NULL ? record : json_null());
    json_set_string(item, "column", cells[3]);
    json_set_string(item, "reason", cells[4]);
    json_array_append_new(data, item);
    return true;
}

bool
book_quarantined(Conn *conn, const char *plan, int64_t rows_max, json_t **ret, GError **error)
{
    g_autoptr(json_t) list = json_array();
    if (!each_if_there(conn, BOOK_QUARANTINE, add_aside, list, error,
                       book_text("SELECT task, row_id, \"row\", target_column, reason FROM "
                                 "%s._honk_quarantine WHERE plan = %Q ORDER BY %s LIMIT %lld",
                                 conn->book_place, plan, conn->book->oldest, (long long) rows_max)))
        return false;
    *ret = g_steal_pointer(&list);
    return true;
}

/* --- the note of a swap --- */

void
book_note_free(BookNote *note)
{
    if (note == NULL)
        return;
    g_free(note->stage);
    g_free(note->target);
    g_free(note->kept);
    json_decref(note->saved);
    g_free(note);
}

static bool
take_note(const char *const *cells, void *data, GError **error)
{
    g_autoptr(BookNote) note = g_new0(BookNote, 1);
    if (!json_parse(cells[3], strlen(cells[3]), "the note of a swap", &note->saved, error))
        return false;
    note->stage = g_strdup(cells[0]);
    note->target = g_strdup(cells[1]);
    note->kept = g_strdup(cells[2]);
    *(BookNote **) data = g_steal_pointer(&note);
    return true;
}

bool
book_note_read(Conn *conn, const char *plan, BookNote **ret, GError **error)
{
    *ret = NULL;
    return each_if_there(
        conn, BOOK_SWAP, take_note, ret, error,
        book_text("SELECT stage, target, kept, saved FROM %s._honk_swap WHERE plan = %Q",
                  conn->book_place, plan));
}

bool
book_note_write(Conn *conn, const char *plan, const BookNote *note, GError **error)
{
    g_autofree char *saved = json_compact(note->saved);
    return run_later(
        conn, error,
        book_text("INSERT INTO %s._honk_swap (plan, stage, target, kept, saved, at_ms) "
                  "VALUES (%Q, %Q, %Q, %Q, %Q, %lld)",
                  conn->book_place, plan, note->stage, note->target, note->kept, saved,
                  (long long) clock_wall_ms()));
}

bool
book_note_drop(Conn *conn, const char *plan, GError **error)
{
    return run_later(
               conn, error,
               book_text("DELETE FROM %s._honk_swap WHERE plan = %Q", conn->book_place, plan)) &&
           run_later(
               conn, error,
               book_text("DELETE FROM %s._honk_written WHERE plan = %Q", conn->book_place, plan));
}

bool
book_count_written(Conn *conn, const char *plan, int64_t *ret, GError **error)
{
    *ret = 0;
    return each_if_there(
        conn, BOOK_WRITTEN, book_take_token, ret, error,
        book_text("SELECT count(*) FROM %s._honk_written WHERE plan = %Q", conn->book_place, plan));
}

static bool
drop_written(Conn *conn, const char *plan, GError **error)
{
    bool is_there = false;
    return book_has(conn, tables[BOOK_WRITTEN], &is_there, error) &&
           (!is_there || run_later(conn, error,
                                   book_text("DELETE FROM %s._honk_written WHERE plan = %Q",
                                             conn->book_place, plan)));
}

bool
book_carried(Conn *conn, const char *plan, GError **error)
{
    if (!conn->book->begin(conn, NULL, error))
        return false;
    if (drop_written(conn, plan, error) && conn->book->commit(conn, error))
        return true;
    conn->book->rollback(conn);
    return false;
}
