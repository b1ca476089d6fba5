/* load.c - stages: made, finished, removed. */
#include "driver/redis/redis.h"

#include <string.h>

/* --- making one --- */

/* Keys of `NAME:{a}:{b}` for a name that says nothing of its parts. */
static bool
name_holes(RedisConn *conn, const RedisObject *plain, const Schema *schema, RedisObject **ret,
           GError **error)
{
    g_autoptr(GString) form = g_string_new(NULL);
    if (schema->key->len == 0)
        return fail(error, ERR_INVALID,
                    "the rows have no key: say which columns the keys are made of, as in "
                    "'%s:{id}'",
                    plain->name);
    g_string_append(form, plain->name);
    for (guint i = 0; i < schema->key->len; i++)
        g_string_append_printf(form, ":{%s}", (char *) schema->key->pdata[i]);
    if (schema->key->len > 1) /* by its name alone it would be read as keys of one part */
        return fail(error, ERR_INVALID,
                    "the rows' key has %u columns, and so have the keys: name it '%s'",
                    schema->key->len, form->str);
    return redis_object_find(conn, form->str, ret, error);
}

static bool
has_form(const char *name)
{
    return strpbrk(name, "{}*") != NULL;
}

/* The columns that come, with the parts of the key as its key. */
static bool
take_schema(RedisObject *stage, const Schema *schema, GError **error)
{
    g_autoptr(Schema) own = schema_new(stage->name);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        if (*column->name == '\0') /* a field without a name stands for a row of NULLs */
            return fail(error, ERR_INVALID, "a column has no name, and so cannot be a field");
        schema_add(own, column->name, column->type, "", column->is_nullable);
    }
    for (guint i = 0; i < stage->holes->len; i++) {
        const char *hole = stage->holes->pdata[i];
        if (*hole == '\0' || schema_find(own, hole, NULL) == NULL)
            return fail(error, ERR_INVALID, "keys have a part '%s', which the rows have not", hole);
        schema_add_key(own, hole);
    }
    size_t end = stage->expires != NULL && schema_find(own, stage->expires, NULL) != NULL;
    if (stage->expires != NULL && end == 0)
        return fail(error, ERR_INVALID, "the rows have no column '%s' that says when they go",
                    stage->expires);
    if (stage->kind == REDIS_STRING && schema_count(own) != own->key->len + end + 1)
        return fail(error, ERR_INVALID, "rows have %zu columns beside the key, a string holds one",
                    schema_count(own) - own->key->len - end);
    stage->schema = g_steal_pointer(&own);
    return true;
}

/* Rows of another Redis keep their ends where nobody has said what the new ones are. */
static void
take_end(const RedisObject *target, const Schema *schema, RedisObject *stage)
{
    const Column *end = schema_find(schema, REDIS_EXPIRES, NULL);
    if (target->is_declared || stage->expires != NULL || end == NULL ||
        strcmp(end->declared, REDIS_END_WORD) != 0)
        return;
    stage->expires = g_strdup(REDIS_EXPIRES);
}

/* Likewise they stay strings or JSON, unless their columns have become others. Kafka's texts are called as strings are here, so the key tells whose
 * rows they were. */
static RedisKind
kind_of_rows(const Schema *schema)
{
    RedisKind kind = redis_kind_of_words(schema);
    size_t keys = 0, others = 0;
    for (size_t i = 0; i < schema_count(schema); i++) {
        const char *declared = schema_column(schema, i)->declared;
        bool is_key = strcmp(declared, REDIS_KEY_WORD) == 0;
        keys += is_key;
        others += !is_key && strcmp(declared, REDIS_END_WORD) != 0;
    }
    bool is_kept = keys > 0 && (kind == REDIS_JSON || (kind == REDIS_STRING && others == 1));
    return is_kept ? kind : REDIS_HASH;
}

static bool
make_like_nothing(RedisConn *conn, const char *stage, const Schema *schema, RedisObject **ret,
                  GError **error)
{
    g_autofree char *name = stage_target_name(stage);
    g_autoptr(RedisObject) target = NULL, made = NULL;
    if (!redis_object_find(conn, name, &target, error))
        return false;
    if (!target->is_declared && !has_form(name)) {
        g_autoptr(RedisObject) named = NULL;
        if (!name_holes(conn, target, schema, &named, error))
            return false;
        redis_object_free(target);
        target = g_steal_pointer(&named);
    }
    if (!redis_object_make(conn, stage, target, &made, error))
        return false;
    if (made->kind == REDIS_UNKNOWN)
        made->kind = kind_of_rows(schema);
    take_end(target, schema, made);
    if (!take_schema(made, schema, error))
        return false;
    *ret = g_steal_pointer(&made);
    return true;
}

static bool
make_stage(RedisConn *conn, const char *stage, const char *like, const Schema *schema,
           RedisObject **ret, GError **error)
{
    g_autoptr(RedisObject) target = NULL, made = NULL;
    bool is_there = false;
    if (like != NULL && (!redis_object_find(conn, like, &target, error) ||
                         !redis_object_exists(conn, target, &is_there, error)))
        return false;
    if (!is_there && schema == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no '%s' to make it like", like);
    if (!is_there)
        return make_like_nothing(conn, stage, schema, ret, error);
    if (!redis_object_look(conn, target, error) ||
        !redis_object_make(conn, stage, target, &made, error) ||
        !take_schema(made, target->schema, error))
        return false;
    *ret = g_steal_pointer(&made);
    return true;
}

/* Is the name taken, and by this plan's own stage? */
static bool
is_taken(RedisConn *conn, const char *stage, const char *plan, bool *ret_is_own, bool *ret,
         GError **error)
{
    g_autoptr(RedisObject) there = NULL;
    if (!redis_object_find(conn, stage, &there, error) ||
        !redis_object_exists(conn, there, ret, error))
        return false;
    *ret_is_own = there->is_made && g_strcmp0(there->plan, plan) == 0;
    return true;
}

static bool
redis_stage(Conn *base, const char *stage, const char *like, const Schema *schema,
            const Writer *writer, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autoptr(RedisObject) made = NULL;
    g_autoptr(GString) commands = g_string_new(NULL);
    bool is_staged = false, is_there = false, is_own = false;
    if (!redis_book_watch(conn, conn->db, writer, &is_staged, error) ||
        !is_taken(conn, stage, writer->plan, &is_own, &is_there, error))
        return false;
    if (is_there && !is_own)
        return fail(error, ERR_INVALID, "'%s' is there already, and not made by this plan", stage);
    redis_book_raise_plan(conn, writer, commands);
    if (is_there)
        return redis_book_exec(conn, commands, 1, error);
    if (!redis_keeps_rows(conn, error) || !make_stage(conn, stage, like, schema, &made, error))
        return false;
    made->plan = g_strdup(writer->plan);
    redis_object_note(conn, made, commands);
    return redis_book_exec(conn, commands, 2, error);
}

/* --- removing it --- */

static bool
forget_stage(RedisConn *conn, const char *stage, GError **error)
{
    g_autoptr(RedisObject) object = NULL;
    g_autofree char *list = redis_book_objects_key(conn);
    return redis_object_find(conn, stage, &object, error) &&
           (!object->is_made || redis_remove_rows(conn, object, error)) &&
           redis_do(conn, NULL, error, "HDEL", list, stage, NULL);
}

static bool
forget_aside(RedisConn *conn, const char *plan, GError **error)
{
    g_autofree char *aside = redis_book_key(conn, "aside", plan);
    return redis_do(conn, NULL, error, "UNLINK", aside, NULL);
}

/* First nobody else gets through any more, then the rows go, and the fence at last. */
static bool
redis_unstage(Conn *base, const char *stage, const Writer *writer, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autoptr(GString) commands = g_string_new(NULL);
    bool is_staged = false, is_own = false, is_there = false, is_swapped = false;
    if (!redis_book_watch(conn, conn->db, writer, &is_staged, error) ||
        !is_taken(conn, stage, writer->plan, &is_own, &is_there, error))
        return false;
    if (is_there && !is_own)
        return fail(error, ERR_INVALID, "'%s' was not made by plan '%s'", stage, writer->plan);
    if (!is_staged && !is_there)
        return redis_book_unwatch(conn, conn->db, error) && conn_confirm(base, error) &&
               forget_aside(conn, writer->plan, error);
    if (!redis_is_swapped(conn, writer->plan, &is_swapped, error))
        return false;
    if (is_swapped)
        return fail(error, ERR_WRONG_STATE, "'%s' is swapped in: swap it back first", stage);
    redis_book_raise_plan(conn, writer, commands);
    return redis_book_exec(conn, commands, 1, error) && forget_stage(conn, stage, error) &&
           forget_aside(conn, writer->plan, error) && redis_book_forget(conn, writer->plan, error);
}

static bool
redis_exists(Conn *base, const char *name, bool *ret, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autoptr(RedisObject) object = NULL;
    return redis_object_find(conn, name, &object, error) &&
           redis_object_exists(conn, object, ret, error);
}

/* Keys are all the index there is. */
static bool
redis_finish(Conn *base, const char *stage, const char *like, const Schema *schema,
             const Writer *writer, GError **error)
{
    RedisConn *conn = redis_conn(base);
    return redis_book_watch_staged(conn, conn->db, writer, error) &&
           redis_book_unwatch(conn, conn->db, error);
}

/* --- rows that are not written --- */

typedef struct {
    RedisObject *stage;
    RedisEncoder encoder;
    GString *key, *command;
} RedisLook;

static void
look_end(void *data)
{
    RedisLook *look = data;
    redis_encoder_clear(&look->encoder);
    redis_object_free(look->stage);
    g_string_free(look->key, TRUE);
    g_string_free(look->command, TRUE);
    g_free(look);
}

static bool
look_begin(Conn *base, const char *object, bool is_there, const Schema *schema, void **ret,
           GError **error)
{
    RedisConn *conn = redis_conn(base);
    if (object == NULL)
        return true;
    g_autofree char *stage = g_strconcat(object, "__honk_look", NULL);
    RedisLook *look = g_new0(RedisLook, 1);
    look->key = g_string_new(NULL);
    look->command = g_string_new(NULL);
    if (make_stage(conn, stage, is_there ? object : NULL, schema, &look->stage, error) &&
        redis_encoder_init(&look->encoder, look->stage, schema, error)) {
        *ret = look;
        return true;
    }
    look_end(look);
    return false;
}

static char *
look_at_row(void *data, const Batch *batch, size_t row)
{
    RedisLook *look = data;
    char *reason = NULL;
    g_string_truncate(look->key, 0);
    g_string_truncate(look->command, 0);
    if (!redis_encode_key(&look->encoder, batch, row, look->key, &reason))
        return reason;
    Part key = {look->key->str, look->key->len};
    return redis_encode_row(&look->encoder, key, batch, row, look->command, &reason) ? NULL
                                                                                     : reason;
}

static const LookOps look_ops = {.begin = look_begin, .row = look_at_row, .end = look_end};

const LoadOps redis_load_ops = {
    .stage = redis_stage,
    .unstage = redis_unstage,
    .exists = redis_exists,
    .begin = redis_begin,
    .put = redis_put,
    .quarantine = redis_quarantine,
    .commit = redis_commit,
    .rollback = redis_rollback,
    .fence = redis_fence,
    .ledger_find = redis_ledger_find,
    .ledger_sum = redis_ledger_sum,
    .quarantined = redis_quarantined,
    .finish = redis_finish,
    .look = &look_ops,
};
