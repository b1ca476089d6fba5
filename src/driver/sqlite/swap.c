/*
 * swap.c - the stage in the place of the target, and the way back.
 *
 * What a swap did is a row of _honk_swap, written in the same transaction, so whether it happened is read
 * and never guessed. The row keeps the old texts; the way back restores them to the letter.
 *
 * The old table is kept whole but inert: nothing is named after it, it has no triggers (those belong to the
 * name), and no foreign keys, through which a later DELETE elsewhere would reach into it. Triggers of ours on
 * the old table (a freeze, an earlier swap's log) are taken off and put back on the way back.
 *
 * Whether rows were written since is told by three triggers on the new table that note the rowid (or key) of
 * each row that is inserted, changed or deleted, once, in _honk_written. That costs writers one small
 * insertion for each row that they touch for the first time, about 2 µs, until the way back is taken or
 * settled; in return the count is exact and known at once, however large
 * the table. INSERT OR REPLACE counts what it inserts.
 */
#include "driver/sqlite/swap.h"

#include "driver/book.h"
#include "driver/sqlite/text.h"

#include <string.h>

#define NAMED_IN_MESSAGE_MAX 20

/* --- the note of a swap --- */

typedef struct {
    char *stage, *target, *kept; /* `kept` NULL: there was no target */
    json_t *texts;               /* of the old table and its indexes, by name */
    json_t *triggers;            /* of ours on the old table: [{name, sql}] */
} Note;

static void
note_free(Note *note)
{
    if (note == NULL)
        return;
    g_free(note->stage);
    g_free(note->target);
    g_free(note->kept);
    json_decref(note->texts);
    json_decref(note->triggers);
    g_free(note);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Note, note_free)

/* NULL when the plan has none. */
static bool
note_read(SqliteConn *conn, const char *plan, Note **ret, GError **error)
{
    g_autoptr(BookNote) written = NULL;
    *ret = NULL;
    if (!book_note_read(&conn->base, plan, &written, error))
        return false;
    if (written == NULL)
        return true;
    Note *note = g_new0(Note, 1);
    note->stage = g_steal_pointer(&written->stage);
    note->target = g_steal_pointer(&written->target);
    note->kept = g_steal_pointer(&written->kept);
    note->texts = json_incref(json_object_get(written->saved, "texts"));
    note->triggers = json_incref(json_object_get(written->saved, "triggers"));
    *ret = note;
    return true;
}

static bool
note_write(SqliteConn *conn, const char *plan, const Note *note, GError **error)
{
    g_autoptr(json_t) saved = json_object();
    json_object_set(saved, "texts", note->texts);
    json_object_set(saved, "triggers", note->triggers);
    BookNote written = {
        .stage = note->stage, .target = note->target, .kept = note->kept, .saved = saved};
    return book_note_write(&conn->base, plan, &written, error);
}

static bool
is_for(const Note *note, const char *stage, const char *target)
{
    return g_ascii_strcasecmp(note->stage, stage) == 0 &&
           g_ascii_strcasecmp(note->target, target) == 0;
}

/* --- triggers of ours --- */

/* Those on a table, taken off; as [{name, sql}]. */
static bool
take_triggers(SqliteConn *conn, const char *table, json_t **ret, GError **error)
{
    g_autoptr(json_t) triggers = json_array();
    AUTO_STMT *find = NULL;
    if (!sq_prepare(conn, &find, error,
                    "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND "
                    "tbl_name = %Q COLLATE NOCASE AND substr(name, 1, 6) = '_honk_' ORDER BY rowid",
                    table))
        return false;
    for (bool row = true;;) {
        if (!sq_step(conn, find, &row, error))
            return false;
        if (!row)
            break;
        json_array_append_new(triggers, json_pack("{ssss}", "name", sqlite3_column_text(find, 0),
                                                  "sql", sqlite3_column_text(find, 1)));
    }
    sq_done(&find);
    for (size_t i = 0; i < json_array_size(triggers); i++)
        if (!sq_exec(conn, error, "DROP TRIGGER main.\"%w\"",
                     json_get_string(json_array_get(triggers, i), "name", "")))
            return false;
    *ret = g_steal_pointer(&triggers);
    return true;
}

/* A log whose swap is closed has nowhere to write, and stays off. */
static bool
put_triggers_back(SqliteConn *conn, const json_t *triggers, GError **error)
{
    for (size_t i = 0; i < json_array_size(triggers); i++) {
        const json_t *trigger = json_array_get(triggers, i);
        const char *name = json_get_string(trigger, "name", "");
        int64_t open = 1;
        if (g_str_has_prefix(name, "_honk_written_") &&
            !sq_int(conn, &open, error,
                    "SELECT count(*) FROM main._honk_swap WHERE %Q LIKE '\\_honk\\_written\\_' || "
                    "replace(plan, '_', '\\_') || '\\_%%' ESCAPE '\\'",
                    name))
            return false;
        if (open > 0 && !sq_exec(conn, error, "%s", json_get_string(trigger, "sql", "")))
            return false;
    }
    return true;
}

/* What tells a row in the log: its rowid, or its key as text. */
static char *
row_name(const SqliteObject *object, const char *version)
{
    GString *name = g_string_new(NULL);
    if (object->rowid != NULL) {
        g_string_printf(name, "%s.%s", version, object->rowid);
        return g_string_free(name, FALSE);
    }
    for (guint i = 0; i < object->key->len; i++) {
        g_autofree char *column = sql_quote(object->key->pdata[i]);
        g_string_append_printf(name, "%squote(%s.%s)", i > 0 ? " || ',' || " : "", version, column);
    }
    if (name->len == 0) /* the rowid is hidden by columns and there is no key: each write counts */
        g_string_assign(name, "(SELECT coalesce(max(row), 0) + 1 FROM main._honk_written)");
    return g_string_free(name, FALSE);
}

static const struct {
    const char *event, *version;
} log_events[] = {{"insert", "NEW"}, {"update", "OLD"}, {"delete", "OLD"}};

static bool
start_log(SqliteConn *conn, const char *target, const char *plan, GError **error)
{
    g_autoptr(SqliteObject) object = NULL;
    if (!sqlite_object_need(conn, target, &object, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(log_events); i++) {
        g_autofree char *row = row_name(object, log_events[i].version);
        /* no OR IGNORE: an OR of the statement that fires it would take its place */
        if (!sq_exec(
                conn, error,
                "CREATE TRIGGER main.\"_honk_written_%w_%s\" AFTER %s ON \"%w\" BEGIN "
                "INSERT INTO _honk_written (plan, row) SELECT %Q, %s WHERE NOT EXISTS (SELECT 1 "
                "FROM _honk_written WHERE plan = %Q AND row = %s); END",
                plan, log_events[i].event, log_events[i].event, object->name, plan, row, plan, row))
            return false;
    }
    return true;
}

/* Is the table in the target's place still the one that was swapped in, and the old one still kept? */
static bool
is_in_force(SqliteConn *conn, const Note *note, const char *plan, bool *ret, GError **error)
{
    int64_t logs = 0;
    g_autoptr(SqliteObject) target = NULL;
    g_autoptr(SqliteObject) kept = NULL;
    if (!sqlite_object_find(conn, note->target, &target, error) ||
        (note->kept != NULL && !sqlite_object_find(conn, note->kept, &kept, error)) ||
        !sq_int(conn, &logs, error,
                "SELECT count(*) FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = %Q "
                "COLLATE NOCASE AND name IN ('_honk_written_' || %Q || '_insert', "
                "'_honk_written_' || %Q || '_update', '_honk_written_' || %Q || '_delete')",
                note->target, plan, plan, plan))
        return false;
    *ret = target != NULL && logs == 3 && (note->kept == NULL || kept != NULL);
    return true;
}

/* --- what must still hold --- */

static bool
check_resolves(SqliteConn *conn, GHashTable *before, const char *target, GError **error)
{
    g_autoptr(GHashTable) after = NULL;
    if (!sqlite_find_broken(conn, &after, error))
        return false;
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(after), (GCompareFunc) strcmp);
    g_autoptr(GString) list = g_string_new(NULL);
    int count = 0;
    for (GList *name = names; name != NULL; name = name->next) {
        if (g_hash_table_contains(before, name->data))
            continue;
        if (++count <= NAMED_IN_MESSAGE_MAX)
            g_string_append_printf(list, "%s%s (%s)", count > 1 ? ", " : "", (char *) name->data,
                                   (char *) g_hash_table_lookup(after, name->data));
    }
    if (count == 0)
        return true;
    if (count > NAMED_IN_MESSAGE_MAX)
        g_string_append_printf(list, " and %d more", count - NAMED_IN_MESSAGE_MAX);
    return fail(error, ERR_MISMATCH, "with the new '%s' no longer in order: %s", target, list->str);
}

/* Rows of `child` whose parent is missing (of `parent` only, unless it is the child); a key that cannot be
 * checked at all counts as one. */
static bool
count_orphans(SqliteConn *conn, const char *child, const char *parent, GString *list,
              int64_t *total, GError **error)
{
    AUTO_STMT *check = NULL;
    g_autoptr(GError) mismatch = NULL;
    int64_t orphans = 0;
    bool is_own = g_ascii_strcasecmp(child, parent) == 0, row = true;
    bool done = sq_prepare(conn, &check, &mismatch, "PRAGMA main.foreign_key_check(\"%w\")", child);
    while (done && row) {
        done = sq_step(conn, check, &row, &mismatch);
        const char *of = done && row ? (const char *) sqlite3_column_text(check, 2) : "";
        orphans += done && row && (is_own || g_ascii_strcasecmp(of, parent) == 0);
    }
    if (!done && error_code(mismatch) != ERR_INVALID) {
        g_propagate_error(error, g_steal_pointer(&mismatch));
        return false;
    }
    if (!done) {
        orphans = 1;
        g_string_append_printf(list, "%s%s", list->len > 0 ? "; " : "", mismatch->message);
    } else if (orphans > 0) {
        g_string_append_printf(
            list, "%s%" G_GINT64_FORMAT " rows of '%s' refer to rows%s%s%s that are not there",
            list->len > 0 ? "; " : "", orphans, child, is_own ? "" : " of '", is_own ? "" : parent,
            is_own ? "" : "'");
    }
    *total += orphans;
    return true;
}

/* Foreign keys of the target and to it. */
static bool
count_all_orphans(SqliteConn *conn, const char *target, GString *list, int64_t *ret_total,
                  GError **error)
{
    g_autoptr(GPtrArray) children = NULL;
    if (!sq_texts(conn, &children, error,
                  "SELECT DISTINCT s.name FROM main.sqlite_schema s, "
                  "pragma_foreign_key_list(s.name, 'main') k WHERE s.type = 'table' AND "
                  "(k.\"table\" = %Q COLLATE NOCASE OR s.name = %Q COLLATE NOCASE)",
                  target, target))
        return false;
    int64_t total = 0;
    for (guint i = 0; i < children->len; i++)
        if (!count_orphans(conn, children->pdata[i], target, list, &total, error))
            return false;
    *ret_total = total;
    return true;
}

/* --- swap --- */

typedef struct {
    const char *stage, *target, *kept;
    const Writer *writer;
} SwapCall;

/* The note says what is to be done, with names as the schema writes them. */
static bool
exchange_in(SqliteConn *conn, const char *plan, Note *note, GError **error)
{
    SwapSide coming = {.from = note->stage, .to = note->target};
    SwapSide going = {.from = note->target, .to = note->kept, .is_aside = true, .is_inert = true};
    return take_triggers(conn, note->target, &note->triggers, error) &&
           schema_exchange(conn, &coming, note->kept != NULL ? &going : NULL, &note->texts,
                           error) &&
           start_log(conn, note->target, plan, error) && note_write(conn, plan, note, error);
}

static bool
note_new(SqliteConn *conn, const SwapCall *call, Note **ret, GError **error)
{
    g_autoptr(SqliteObject) stage = NULL;
    g_autoptr(SqliteObject) target = NULL;
    g_autoptr(SqliteObject) kept = NULL;
    if (!sqlite_object_need(conn, call->stage, &stage, error) ||
        !sqlite_object_find(conn, call->target, &target, error) ||
        !sqlite_object_find(conn, call->kept, &kept, error))
        return false;
    if (stage->kind != OBJECT_TABLE || (target != NULL && target->kind != OBJECT_TABLE))
        return fail(error, ERR_UNSUPPORTED, "'%s' is not a table",
                    stage->kind != OBJECT_TABLE ? call->stage : call->target);
    if (target != NULL && kept != NULL)
        return fail(error, ERR_WRONG_STATE, "'%s', the name for the old table, is taken",
                    call->kept);
    Note *note = g_new0(Note, 1);
    note->stage = g_strdup(stage->name);
    note->target = g_strdup(target != NULL ? target->name : call->target);
    note->kept = target != NULL ? g_strdup(call->kept) : NULL;
    *ret = note;
    return true;
}

/* Inside the transaction. */
static bool
swap_inside(SqliteConn *conn, const SwapCall *call, bool count_before, bool *ret_has_orphans,
            GError **error)
{
    g_autoptr(Note) note = NULL;
    g_autoptr(GHashTable) broken = NULL;
    g_autoptr(GString) before = g_string_new(NULL);
    g_autoptr(GString) after = g_string_new(NULL);
    int64_t orphans_before = 0, orphans = 0;
    if (!note_read(conn, call->writer->plan, &note, error))
        return false;
    if (note != NULL && is_for(note, call->stage, call->target))
        return true; /* done by an earlier attempt */
    if (note != NULL)
        return fail(error, ERR_WRONG_STATE, "the plan has swapped '%s' for '%s' already",
                    note->stage, note->target);
    if (!conn_last_look(&conn->base, error) || !note_new(conn, call, &note, error) ||
        !sqlite_find_broken(conn, &broken, error) ||
        (count_before && !count_all_orphans(conn, call->target, before, &orphans_before, error)) ||
        !exchange_in(conn, call->writer->plan, note, error) ||
        !check_resolves(conn, broken, call->target, error) ||
        !count_all_orphans(conn, call->target, after, &orphans, error))
        return false;
    *ret_has_orphans = orphans > orphans_before;
    if (*ret_has_orphans)
        return fail(error, ERR_MISMATCH, "with the new '%s' foreign keys would not hold: %s",
                    call->target, after->str);
    return true;
}

static void
undo(SqliteConn *conn)
{
    sq_rollback(conn);
    sqlite3_exec(conn->db, "PRAGMA writable_schema = RESET", NULL, NULL, NULL);
}

static bool
swap_try(SqliteConn *conn, const SwapCall *call, bool count_before, bool *ret_has_orphans,
         GError **error)
{
    *ret_has_orphans = false;
    if (!book_begin(&conn->base, call->writer, error))
        return false;
    if (swap_inside(conn, call, count_before, ret_has_orphans, error) && sq_commit(conn, error))
        return true;
    undo(conn);
    return false;
}

static bool
sqlite_swap(Conn *base, const char *stage, const char *target, const char *kept,
            const Writer *writer, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    SwapCall call = {.stage = stage, .target = target, .kept = kept, .writer = writer};
    g_autoptr(GError) problem = NULL;
    bool has_orphans = false;
    if (!sq_exec(conn, error, "PRAGMA foreign_keys = OFF"))
        return false;
    if (swap_try(conn, &call, false, &has_orphans, &problem))
        return true;
    /* orphans that were there before are not this swap's doing: count them only if there are any */
    if (has_orphans)
        return swap_try(conn, &call, true, &has_orphans, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* --- back --- */

typedef struct {
    const char *stage, *target, *kept, *lost;
    bool give_up;
    const Writer *writer;
} BackCall;

static bool
exchange_back(SqliteConn *conn, const BackCall *call, const Note *note, bool is_lost,
              GError **error)
{
    g_autoptr(json_t) ours = NULL;
    SwapSide old = {.from = note->kept, .to = note->target, .texts = note->texts};
    SwapSide new = {
        .from = note->target, .to = is_lost ? call->lost : note->stage, .is_aside = true};
    if (!take_triggers(conn, note->target, &ours, error))
        return false;
    return note->kept != NULL ? schema_exchange(conn, &old, &new, NULL, error)
                              : schema_exchange(conn, &new, NULL, NULL, error);
}

static bool
back_inside(SqliteConn *conn, const BackCall *call, int64_t *ret_rows, GError **error)
{
    g_autoptr(Note) note = NULL;
    const char *plan = call->writer->plan;
    int64_t rows = 0;
    bool is_ours = false, is_staged = false;
    if (!book_passes(&conn->base, call->writer, &is_staged, error) ||
        !note_read(conn, plan, &note, error))
        return false;
    *ret_rows = 0;
    if (note == NULL) /* never swapped, or back already */
        return true;
    if (!is_in_force(conn, note, plan, &is_ours, error) ||
        !book_count_written(&conn->base, plan, &rows, error))
        return false;
    if (!is_ours)
        return fail(error, ERR_WRONG_STATE,
                    "'%s' is no longer the table that was swapped in, or '%s' is gone",
                    note->target, note->kept != NULL ? note->kept : "its log");
    if (rows > 0 && !call->give_up)
        return fail(error, ERR_MISMATCH,
                    "%" G_GINT64_FORMAT " rows of '%s' were written since the swap", rows,
                    note->target);
    if ((is_staged && !book_raise(&conn->base, call->writer, error)) ||
        !exchange_back(conn, call, note, rows > 0, error) ||
        !book_note_drop(&conn->base, plan, error) ||
        !put_triggers_back(conn, note->triggers, error))
        return false;
    *ret_rows = rows;
    return true;
}

static bool
sqlite_back(Conn *base, const char *stage, const char *target, const char *kept, const char *lost,
            bool give_up, const Writer *writer, int64_t *ret_rows, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    BackCall call = {.stage = stage,
                     .target = target,
                     .kept = kept,
                     .lost = lost,
                     .give_up = give_up,
                     .writer = writer};
    int64_t rows = 0;
    if (!sq_exec(conn, error, "PRAGMA foreign_keys = OFF") || !sq_begin(conn, error))
        return false;
    if (back_inside(conn, &call, &rows, error) && sq_commit(conn, error)) {
        *ret_rows = rows;
        return true;
    }
    undo(conn);
    return false;
}

/* --- state, count, drop --- */

static bool
sqlite_swap_state(Conn *base, const char *stage, const char *target, const char *kept,
                  const char *plan, SwapState *ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(Note) note = NULL;
    bool is_ours = false;
    if (!note_read(conn, plan, &note, error) ||
        (note != NULL && !is_in_force(conn, note, plan, &is_ours, error)))
        return false;
    if (note == NULL)
        *ret = SWAP_BEFORE;
    else if (is_ours && is_for(note, stage, target))
        *ret = SWAP_AFTER;
    else
        *ret = SWAP_OTHER;
    return true;
}

/* Views, foreign keys and triggers elsewhere that speak of it, as "view 'a', …"; empty when none. */
static bool
list_dependents(SqliteConn *conn, const char *object, GString *list, GError **error)
{
    g_autoptr(Schema) schema = NULL;
    if (!sqlite_describe(&conn->base, object, &schema, error))
        return false;
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *dependent = schema->dependents->pdata[i];
        int64_t elsewhere = 0;
        bool is_key = strcmp(dependent->kind, "foreign_key_from") == 0;
        if (strcmp(dependent->kind, "trigger") == 0 &&
            !sq_int(conn, &elsewhere, error,
                    "SELECT count(*) FROM main.sqlite_schema WHERE type = 'trigger' AND name = %Q "
                    "AND tbl_name <> %Q COLLATE NOCASE",
                    dependent->name, object))
            return false;
        if (is_key || elsewhere > 0 || strcmp(dependent->kind, "view") == 0)
            g_string_append_printf(list, "%s%s '%s'", list->len > 0 ? ", " : "",
                                   is_key ? "the foreign key of" : dependent->kind,
                                   dependent->name);
    }
    return true;
}

/* Taking off the log is what closes the way back: without it nobody could say what was written. */
static bool
settle_inside(SqliteConn *conn, const char *plan, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(log_events); i++)
        if (!sq_exec(conn, error, "DROP TRIGGER IF EXISTS main.\"_honk_written_%w_%s\"", plan,
                     log_events[i].event))
            return false;
    return book_forget(&conn->base, plan, BOOK_BUT_QUARANTINE, error);
}

static bool
sqlite_settle(Conn *base, const char *plan, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    if (!sq_begin(conn, error))
        return false;
    if (settle_inside(conn, plan, error) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

static bool
drop_inside(SqliteConn *conn, const char *name, GError **error)
{
    g_autoptr(SqliteObject) object = NULL;
    g_autoptr(GString) dependents = g_string_new(NULL);
    if (!sqlite_object_find(conn, name, &object, error))
        return false;
    if (object != NULL && !list_dependents(conn, object->name, dependents, error))
        return false;
    if (dependents->len > 0)
        return fail(error, ERR_INVALID, "something still depends on it: %s", dependents->str);
    return object == NULL || sq_exec(conn, error, "DROP %s main.\"%w\"",
                                     object->kind == OBJECT_VIEW ? "VIEW" : "TABLE", object->name);
}

static bool
sqlite_drop(Conn *base, const char *name, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    if (!sq_exec(conn, error, "PRAGMA foreign_keys = OFF") || !sq_begin(conn, error))
        return false;
    if (drop_inside(conn, name, error) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

const SwapOps sqlite_swap_ops = {
    .swap = sqlite_swap,
    .back = sqlite_back,
    .state = sqlite_swap_state,
    .written = book_count_written,
    .carried = book_carried,
    .settle = sqlite_settle,
    .drop = sqlite_drop,
};
