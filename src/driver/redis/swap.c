/*
 * swap.c - one dataset in the place of another, and back.
 *
 * Readers name keys themselves, so to swap is to rename: each key of the old rows gets the prefix of the dataset that is kept, and
 * each staged row loses its own. A small script in the server does it, and never writes over a key that is there.
 *
 * Up to `swap_keys_max` keys change their names in one EXEC, with the note of it: readers see all of before or all of after, and
 * the server does nothing else meanwhile (about a second for a million). More are renamed some thousands at a time: first all old
 * rows go, then all new ones come, and in between readers miss rows. What is done is noted, so that a swap which died half way
 * (SWAP_HALF) is taken up where it was, or back.
 *
 * Nothing tells us who writes afterwards. So before the swap the rows are read once, and their hashes are added up by slot: what differs
 * later was written since, counted as one row at least for each slot, and as many as its number of rows changed.
 */
#include "driver/redis/redis.h"

#include <string.h>

#define SWAP_KEYS_MAX 100000
#define RENAME_AT_ONCE 5000

/* ARGV: what rows that go get before their key; what rows that come have before it; how many come; their keys; those of the
 * rows that go. A row that was made meanwhile where one comes goes, too. Answers how many could not: their new name is taken. */
static const char script[] =
    "local out, into, count, left = ARGV[1], ARGV[2], tonumber(ARGV[3]), 0\n"
    "local function rename(from, to)\n"
    "  if redis.call('EXISTS', from) == 0 then return true end\n"
    "  return redis.call('RENAMENX', from, to) == 1\n"
    "end\n"
    "for i = 4 + count, #ARGV do\n"
    "  if not rename(ARGV[i], out .. ARGV[i]) then left = left + 1 end\n"
    "end\n"
    "for i = 4, 3 + count do\n"
    "  local key, waiting = ARGV[i], into .. ARGV[i]\n"
    "  if redis.call('EXISTS', waiting) == 1 and not (rename(key, out .. key) and rename(waiting, "
    "key))\n"
    "  then left = left + 1 end\n"
    "end\n"
    "return left\n";

typedef enum { PHASE_NONE, PHASE_OUT, PHASE_IN, PHASE_DONE, PHASE_BACK_OUT, PHASE_BACK_IN } Phase;
static const char *const phases[] = {"", "out", "in", "done", "back-out", "back-in"};

typedef struct {
    Phase phase;
    char *stage, *target, *kept; /* `kept` NULL: there was no target */
    char *stage_text;            /* what our list said of the stage */
    char *new_name;              /* of a way back: where the new rows go */
    int64_t written;             /* and how many of them are given up */
} Note;

static void
note_clear(Note *note)
{
    g_free(note->stage);
    g_free(note->target);
    g_free(note->kept);
    g_free(note->new_name);
    g_free(note->stage_text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Note, note_clear)

static bool
note_read(RedisConn *conn, const char *plan, Note *ret, GError **error)
{
    g_autofree char *key = redis_book_key(conn, "swap", plan);
    g_autoptr(json_t) json = NULL;
    AUTO_REPLY *text = NULL;
    unsigned phase = 0;
    *ret = (Note){0};
    if (!redis_do(conn, &text, error, "GET", key, NULL))
        return false;
    if (text->type != REDIS_REPLY_STRING)
        return true;
    if (!json_parse(text->str, (size_t) text->len, "our note of a swap", &json, error))
        return false;
    for (unsigned i = 0; i < G_N_ELEMENTS(phases); i++)
        if (strcmp(phases[i], json_get_string(json, "phase", "")) == 0)
            phase = i;
    *ret = (Note){.phase = (Phase) phase,
                  .stage = g_strdup(json_get_string(json, "stage", "")),
                  .target = g_strdup(json_get_string(json, "target", "")),
                  .kept = g_strdup(json_get_string(json, "kept", NULL)),
                  .stage_text = g_strdup(json_get_string(json, "stage_text", "")),
                  .new_name = g_strdup(json_get_string(json, "new_name", NULL)),
                  .written = json_get_int(json, "written", 0)};
    return true;
}

static void
append_note(const RedisConn *conn, const char *plan, const Note *note, GString *to)
{
    g_autofree char *key = redis_book_key(conn, "swap", plan);
    g_autoptr(json_t) json = json_object();
    json_set_string(json, "phase", phases[note->phase]);
    json_set_string(json, "stage", note->stage);
    json_set_string(json, "target", note->target);
    json_set_string(json, "kept", note->kept);
    json_set_string(json, "stage_text", note->stage_text);
    json_set_string(json, "new_name", note->new_name);
    json_set_int(json, "written", note->written);
    g_autofree char *text = json_compact(json);
    resp_command(to, "SET", key, text, NULL);
}

bool
redis_is_swapped(RedisConn *conn, const char *plan, bool *ret, GError **error)
{
    g_auto(Note) note = {0};
    if (!note_read(conn, plan, &note, error))
        return false;
    *ret = note.phase != PHASE_NONE;
    return true;
}

/* --- renaming --- */

/* Which rows go where: the same for the swap and the way back. */
typedef struct {
    const char *plan;
    const Writer *writer;
    const RedisObject *target;
    RedisObject *out,
        *into; /* where old rows go, where new ones are; borrowed, either may be NULL */
} Exchange;

static void
append_key(GString *to, const Keys *keys, guint index)
{
    Part key = keys_at(keys, index);
    resp_bytes(to, key.data, key.bytes);
}

/* The rows `in_from` to `in_to` come, `out_from` to `out_to` go. */
static void
append_eval(const Exchange *exchange, const Keys *in, guint in_from, guint in_to, const Keys *out,
            guint out_from, guint out_to, GString *to)
{
    resp_begin(to, 6 + in_to - in_from + out_to - out_from);
    resp_text(to, "EVAL");
    resp_text(to, script);
    resp_text(to, "0");
    resp_text(to, exchange->out != NULL ? exchange->out->prefix : "");
    resp_text(to, exchange->into != NULL ? exchange->into->prefix : "");
    resp_int(to, in_to - in_from);
    for (guint i = in_from; i < in_to; i++)
        append_key(to, in, i);
    for (guint i = out_from; i < out_to; i++)
        append_key(to, out, i);
}

static bool
check_left(const redisReply *done, GError **error)
{
    for (size_t i = 0; i < done->elements; i++)
        if (done->element[i]->type == REDIS_REPLY_ERROR)
            return redis_fail(done->element[i]->str, error);
    return done->element[0]->integer == 0 ||
           fail(error, ERR_MISMATCH,
                "%lld rows were written while their names were changed, and are in the way",
                done->element[0]->integer);
}

/* All keys of both, as long as they are not more than `most`; `*ret_fits` false: they are. */
static bool
gather_all(RedisConn *conn, const RedisObject *object, guint most, Keys *ret, bool *ret_fits,
           GError **error)
{
    g_auto(KeyWalk) walk = {0};
    g_auto(Keys) window;
    keys_init(&window);
    if (!key_walk_begin(conn, 0, SLOTS, &walk, error))
        return false;
    do {
        if (!key_walk_next(conn, conn->db, object, &walk, &window, error))
            return false;
        *ret_fits = ret->places->len + window.places->len <= most;
        for (guint i = 0; *ret_fits && i < window.places->len; i++) {
            Part key = keys_at(&window, i);
            KeyPlace place = {0, ret->heap->len, key.bytes};
            g_string_append_len(ret->heap, key.data, (gssize) key.bytes);
            g_array_append_val(ret->places, place);
        }
    } while (*ret_fits && window.places->len > 0);
    return true;
}

/* Rename the rows of `object` in steps; they come, or they go. */
static bool
rename_in_steps(RedisConn *conn, const Exchange *exchange, const RedisObject *object, bool comes,
                GError **error)
{
    g_auto(KeyWalk) walk = {0};
    g_auto(Keys) keys;
    g_autoptr(GString) commands = g_string_new(NULL);
    keys_init(&keys);
    if (!key_walk_begin(conn, 0, SLOTS, &walk, error))
        return false;
    for (;;) {
        if (!key_walk_next(conn, conn->db, object, &walk, &keys, error))
            return false;
        if (keys.places->len == 0)
            return true;
        for (guint from = 0; from < keys.places->len; from += RENAME_AT_ONCE) {
            AUTO_REPLY *done = NULL;
            guint to = MIN(from + RENAME_AT_ONCE, keys.places->len);
            if (!redis_tick(conn, -1, error) ||
                !redis_book_watch_staged(conn, conn->db, exchange->writer, error))
                return false;
            append_eval(exchange, &keys, comes ? from : 0, comes ? to : 0, &keys, comes ? 0 : from,
                        comes ? 0 : to, commands);
            if (!redis_exec(conn, conn->db, commands, 1, &done, error) || !check_left(done, error))
                return false;
        }
    }
}

/* Like the target, under another name. */
static bool
make_beside(RedisConn *conn, const char *name, const RedisObject *target, RedisObject **ret,
            GError **error)
{
    if (!redis_object_make(conn, name, target, ret, error))
        return false;
    (*ret)->schema = target->schema != NULL ? schema_copy(target->schema) : NULL;
    return true;
}

static int
append_list_changes(const RedisConn *conn, const RedisObject *added, const char *removed,
                    GString *to)
{
    g_autofree char *list = redis_book_objects_key(conn);
    int count = 0;
    if (added != NULL) {
        redis_object_note(conn, added, to);
        count++;
    }
    if (removed != NULL) {
        resp_command(to, "HDEL", list, removed, NULL);
        count++;
    }
    return count;
}

/* --- what was written since --- */

typedef struct {
    HashSum sums[SLOTS];
} Digest;

static void
add_to_slot(unsigned slot, RowHash hash, void *data)
{
    hash_sum_add(&((Digest *) data)->sums[slot], hash);
}

static bool
save_digest(RedisConn *conn, const char *plan, const RedisObject *stage, GError **error)
{
    g_autofree Digest *digest = g_new0(Digest, 1);
    g_autofree char *key = redis_book_key(conn, "digest", plan);
    g_autoptr(GString) commands = g_string_new(NULL);
    int count = 0;
    if (!redis_digest_rows(conn, stage, add_to_slot, digest, error))
        return false;
    resp_command(commands, "DEL", key, NULL);
    count++;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (digest->sums[slot].rows == 0)
            continue;
        g_autofree char *text = hash_sum_text(&digest->sums[slot]);
        g_autofree char *field = g_strdup_printf("%u", slot);
        resp_command(commands, "HSET", key, field, text, NULL);
        count++;
    }
    return redis_exec(conn, conn->db, commands, count, NULL, error);
}

static bool
count_written(RedisConn *conn, const char *plan, const Note *note, int64_t *ret, GError **error)
{
    g_autofree Digest *now = g_new0(Digest, 1), *then = g_new0(Digest, 1);
    g_autofree char *key = redis_book_key(conn, "digest", plan);
    g_autoptr(RedisObject) target = NULL, stage = NULL;
    AUTO_REPLY *saved = NULL;
    if (!redis_object_find(conn, note->target, &target, error) ||
        !redis_object_parse(conn, note->stage, note->stage_text, &stage, error) ||
        !redis_do(conn, &saved, error, "HGETALL", key, NULL))
        return false;
    target->kind = stage->kind; /* so that both are read in one way */
    for (size_t i = 0; i + 1 < saved->elements; i += 2) {
        unsigned slot = (unsigned) g_ascii_strtoull(saved->element[i]->str, NULL, 10) % SLOTS;
        if (!hash_sum_parse(saved->element[i + 1]->str, &then->sums[slot], error))
            return false;
    }
    if (!redis_digest_rows(conn, target, add_to_slot, now, error))
        return false;
    *ret = 0;
    for (unsigned slot = 0; slot < SLOTS; slot++)
        if (!hash_sum_equal(&now->sums[slot], &then->sums[slot]))
            *ret += MAX(ABS(now->sums[slot].rows - then->sums[slot].rows), 1);
    return true;
}

static bool
redis_written(Conn *base, const char *plan, int64_t *ret_rows, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_auto(Note) note = {0};
    *ret_rows = 0;
    if (!note_read(conn, plan, &note, error))
        return false;
    return note.phase != PHASE_DONE || count_written(conn, plan, &note, ret_rows, error);
}

/* --- the swap --- */

static bool
is_for(const Note *note, const char *stage, const char *target)
{
    return strcmp(note->stage, stage) == 0 && strcmp(note->target, target) == 0;
}

/* Everything in one EXEC, if it is little enough. */
static bool
exchange_at_once(RedisConn *conn, const Exchange *exchange, GString *notes, int count,
                 bool *ret_done, GError **error)
{
    g_auto(Keys) in, out;
    g_autoptr(GString) commands = g_string_new(NULL);
    AUTO_REPLY *done = NULL;
    guint most = (guint) json_get_int(conn->settings, "swap_keys_max", SWAP_KEYS_MAX);
    bool in_fits = true, out_fits = true;
    keys_init(&in);
    keys_init(&out);
    *ret_done = false;
    if (exchange->into != NULL && !gather_all(conn, exchange->into, most, &in, &in_fits, error))
        return false;
    if (in_fits &&
        !gather_all(conn, exchange->target, most - in.places->len, &out, &out_fits, error))
        return false;
    if (!in_fits || !out_fits)
        return true;
    append_eval(exchange, &in, 0, in.places->len, &out, 0, out.places->len, commands);
    g_string_append_len(commands, notes->str, (gssize) notes->len);
    if (!redis_book_watch_staged(conn, conn->db, exchange->writer, error))
        return false;
    if (!conn_confirm(&conn->base, error))
        return false; /* what is watched is forgotten by whoever watches next */
    *ret_done = true;
    return redis_exec(conn, conn->db, commands, count + 1, &done, error) && check_left(done, error);
}

static bool
note_phase(RedisConn *conn, const Writer *writer, Note *note, Phase phase, GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    note->phase = phase;
    append_note(conn, writer->plan, note, commands);
    return redis_book_watch_staged(conn, conn->db, writer, error) &&
           redis_exec(conn, conn->db, commands, 1, NULL, error);
}

/* From whatever phase it is in. */
static bool
swap_in_steps(RedisConn *conn, const Exchange *exchange, Note *note, GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    if (note->phase == PHASE_NONE) {
        note->phase = PHASE_OUT;
        append_note(conn, exchange->plan, note, commands);
        int count = 1 + append_list_changes(conn, exchange->out, NULL, commands);
        if (!redis_book_watch_staged(conn, conn->db, exchange->writer, error) ||
            !redis_book_exec(conn, commands, count, error))
            return false;
    }
    if (note->phase == PHASE_OUT &&
        (!rename_in_steps(conn, exchange, exchange->target, false, error) ||
         !note_phase(conn, exchange->writer, note, PHASE_IN, error)))
        return false;
    if (!rename_in_steps(conn, exchange, exchange->into, true, error))
        return false;
    note->phase = PHASE_DONE;
    append_note(conn, exchange->plan, note, commands);
    int count = 1 + append_list_changes(conn, NULL, note->stage, commands);
    return redis_book_watch_staged(conn, conn->db, exchange->writer, error) &&
           redis_exec(conn, conn->db, commands, count, NULL, error);
}

static bool
swap_rows(RedisConn *conn, const Exchange *exchange, Note *note, GError **error)
{
    g_autoptr(GString) notes = g_string_new(NULL);
    bool is_done = false;
    if (note->phase == PHASE_NONE) {
        note->phase = PHASE_DONE;
        append_note(conn, exchange->plan, note, notes);
        int count = 1 + append_list_changes(conn, exchange->out, note->stage, notes);
        if (!exchange_at_once(conn, exchange, notes, count, &is_done, error))
            return false;
        note->phase = PHASE_NONE;
    }
    return is_done || swap_in_steps(conn, exchange, note, error);
}

static bool
begin_swap(RedisConn *conn, const char *stage, const RedisObject *stage_rows, const char *target,
           const char *kept, Note *note, GError **error)
{
    g_autoptr(RedisObject) old = NULL, taken = NULL;
    bool has_target = false, is_taken = false;
    if (!redis_object_find(conn, target, &old, error) ||
        !redis_object_exists(conn, old, &has_target, error) ||
        !redis_object_find(conn, kept, &taken, error) ||
        (has_target && !redis_object_exists(conn, taken, &is_taken, error)))
        return false;
    if (is_taken)
        return fail(error, ERR_WRONG_STATE, "'%s', the name for the old rows, is taken", kept);
    note->stage = g_strdup(stage);
    note->target = g_strdup(target);
    note->kept = has_target ? g_strdup(kept) : NULL;
    note->stage_text = redis_object_text(stage_rows);
    return true;
}

static bool
redis_swap(Conn *base, const char *stage, const char *target, const char *kept,
           const Writer *writer, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_auto(Note) note = {0};
    g_autoptr(RedisObject) new_rows = NULL, place = NULL, old_rows = NULL;
    if (!redis_book_watch_staged(conn, conn->db, writer, error) ||
        !redis_book_unwatch(conn, conn->db, error) || !note_read(conn, writer->plan, &note, error))
        return false;
    if (note.phase >= PHASE_BACK_OUT)
        return fail(error, ERR_WRONG_STATE, "'%s' is on its way back", target);
    if (note.phase != PHASE_NONE && !is_for(&note, stage, target))
        return fail(error, ERR_WRONG_STATE, "the plan has swapped '%s' for '%s' already",
                    note.stage, note.target);
    if (note.phase == PHASE_DONE)
        return true;
    if (!redis_object_need(conn, stage, &new_rows, error) ||
        !redis_object_find(conn, target, &place, error))
        return false;
    if (place->is_made || !redis_same_keys(new_rows, place))
        return fail(error, ERR_INVALID, "keys of '%s' have another form than those of '%s'", stage,
                    target);
    if (note.phase == PHASE_NONE &&
        (!conn_last_look(base, error) ||
         !begin_swap(conn, stage, new_rows, target, kept, &note, error) ||
         !save_digest(conn, writer->plan, new_rows, error)))
        return false;
    if (note.kept != NULL && !make_beside(conn, note.kept, place, &old_rows, error))
        return false;
    Exchange exchange = {writer->plan, writer, place, old_rows, new_rows};
    return swap_rows(conn, &exchange, &note, error);
}

/* --- and back --- */

static bool
look_before_back(RedisConn *conn, const Note *note, const char *plan, bool give_up, int64_t *ret,
                 GError **error)
{
    g_autoptr(RedisObject) kept = NULL;
    *ret = 0;
    if (note->kept != NULL && !redis_object_find(conn, note->kept, &kept, error))
        return false;
    if (kept != NULL && !kept->is_made)
        return fail(error, ERR_WRONG_STATE, "'%s', which has the old rows, is gone", note->kept);
    if (note->phase == PHASE_DONE && !count_written(conn, plan, note, ret, error))
        return false;
    return *ret == 0 || give_up ||
           fail(error, ERR_MISMATCH,
                "%" G_GINT64_FORMAT " rows of '%s' were written since the swap", *ret,
                note->target);
}

static int
append_end_of_back(const RedisConn *conn, const Exchange *exchange, const Note *note, GString *to)
{
    g_autofree char *swap = redis_book_key(conn, "swap", exchange->plan);
    g_autofree char *digest = redis_book_key(conn, "digest", exchange->plan);
    resp_command(to, "DEL", swap, digest, NULL);
    redis_book_raise_plan(conn, exchange->writer, to);
    return 2 + append_list_changes(conn, exchange->out, note->kept, to);
}

/* From whatever phase it is in; a swap that died while old rows went has no new ones in place yet. */
static bool
back_in_steps(RedisConn *conn, const Exchange *exchange, Note *note, GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    if (note->phase <= PHASE_DONE) {
        note->phase = note->phase == PHASE_OUT ? PHASE_BACK_IN : PHASE_BACK_OUT;
        append_note(conn, exchange->plan, note, commands);
        int count = 1 + append_list_changes(conn, exchange->out, NULL, commands);
        if (!redis_book_watch_staged(conn, conn->db, exchange->writer, error) ||
            !redis_book_exec(conn, commands, count, error))
            return false;
    }
    if (note->phase == PHASE_BACK_OUT &&
        (!rename_in_steps(conn, exchange, exchange->target, false, error) ||
         !note_phase(conn, exchange->writer, note, PHASE_BACK_IN, error)))
        return false;
    if (exchange->into != NULL && !rename_in_steps(conn, exchange, exchange->into, true, error))
        return false;
    int count = append_end_of_back(conn, exchange, note, commands);
    return redis_book_watch_staged(conn, conn->db, exchange->writer, error) &&
           redis_exec(conn, conn->db, commands, count, NULL, error);
}

static bool
back_rows(RedisConn *conn, const Exchange *exchange, Note *note, GError **error)
{
    g_autoptr(GString) notes = g_string_new(NULL);
    bool is_done = false;
    if (note->phase == PHASE_DONE) {
        int count = append_end_of_back(conn, exchange, note, notes);
        if (!exchange_at_once(conn, exchange, notes, count, &is_done, error))
            return false;
    }
    return is_done || back_in_steps(conn, exchange, note, error);
}

static bool
objects_of_back(RedisConn *conn, const Note *note, RedisObject **ret_place, RedisObject **ret_new,
                RedisObject **ret_old, GError **error)
{
    g_autoptr(RedisObject) place = NULL, new_rows = NULL, old_rows = NULL;
    if (!redis_object_find(conn, note->target, &place, error) ||
        !redis_object_parse(conn, note->new_name, note->stage_text, &new_rows, error) ||
        (note->kept != NULL && !redis_object_find(conn, note->kept, &old_rows, error)))
        return false;
    *ret_place = g_steal_pointer(&place);
    *ret_new = g_steal_pointer(&new_rows);
    *ret_old = g_steal_pointer(&old_rows);
    return true;
}

static bool
redis_back(Conn *base, const char *stage, const char *target, const char *kept, const char *lost,
           bool give_up, const Writer *writer, int64_t *ret_rows, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_auto(Note) note = {0};
    g_autoptr(RedisObject) place = NULL, new_rows = NULL, old_rows = NULL;
    bool is_staged = false;
    if (!redis_book_watch(conn, conn->db, writer, &is_staged, error) ||
        !redis_book_unwatch(conn, conn->db, error) || !note_read(conn, writer->plan, &note, error))
        return false;
    *ret_rows = note.written;
    if (note.phase == PHASE_NONE) /* never swapped, or back already */
        return true;
    if (note.phase <= PHASE_DONE) {
        if (!look_before_back(conn, &note, writer->plan, give_up, &note.written, error))
            return false;
        g_free(note.new_name);
        note.new_name = g_strdup(note.written > 0 ? lost : stage);
    }
    if (!objects_of_back(conn, &note, &place, &new_rows, &old_rows, error))
        return false;
    Exchange exchange = {writer->plan, writer, place, new_rows, old_rows};
    *ret_rows = note.written;
    return back_rows(conn, &exchange, &note, error);
}

/* --- the rest --- */

static bool
redis_swap_state(Conn *base, const char *stage, const char *target, const char *kept,
                 const char *plan, SwapState *ret, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_auto(Note) note = {0};
    g_autoptr(RedisObject) old_rows = NULL;
    if (!note_read(conn, plan, &note, error) ||
        (note.kept != NULL && !redis_object_find(conn, note.kept, &old_rows, error)))
        return false;
    bool is_in_force = old_rows == NULL || old_rows->is_made;
    if (note.phase == PHASE_NONE)
        *ret = SWAP_BEFORE;
    else if (!is_for(&note, stage, target) || !is_in_force)
        *ret = SWAP_OTHER;
    else
        *ret = note.phase == PHASE_DONE ? SWAP_AFTER : SWAP_HALF;
    return true;
}

static bool
redis_settle(Conn *base, const char *plan, GError **error)
{
    return conn_confirm(base, error) && redis_book_forget(redis_conn(base), plan, error);
}

/* Rows first: as long as any are there, so is the name. */
static bool
redis_drop(Conn *base, const char *name, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autoptr(RedisObject) object = NULL;
    g_autofree char *list = redis_book_objects_key(conn);
    return conn_confirm(base, error) && redis_object_find(conn, name, &object, error) &&
           redis_remove_rows(conn, object, error) &&
           redis_do(conn, NULL, error, "HDEL", list, name, NULL);
}

const SwapOps redis_swap_ops = {
    .swap = redis_swap,
    .back = redis_back,
    .state = redis_swap_state,
    .written = redis_written,
    .settle = redis_settle,
    .drop = redis_drop,
};
