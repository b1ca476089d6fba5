/*
 * describe.c - which columns rows have, and what all of them are.
 *
 * Where honk.yaml does not say, the first rows in our order are looked at: fields of hashes are texts, members of JSON
 * have the type that all of them have, as in files. A row with a field that none of them had is put aside when it is read.
 */
#include "driver/redis/redis.h"

#include "base/text.h"

#include <string.h>

#define COLUMNS_MAX 4096

typedef struct {
    GHashTable *columns; /* name → what was seen */
    GHashTable *bytes;   /* name → how many more of its texts are no UTF-8 than are some */
    bool expires, repeats_key;
    int64_t rows_looked; /* 0: at all of them */
} Sight;

/* Where `objects` of honk.yaml does not say the types itself. */
enum { WORD_KEY, WORD_HASH, WORD_STRING, WORD_BOOL, WORD_INT, WORD_NUMBER, WORD_JSON, WORD_END };
static const char *const declared_words[] = {[WORD_KEY] = REDIS_KEY_WORD,
                                             [WORD_HASH] = "field of a hash",
                                             [WORD_STRING] = "string",
                                             [WORD_BOOL] = "true or false in JSON",
                                             [WORD_INT] = "whole number in JSON",
                                             [WORD_NUMBER] = "other number in JSON",
                                             [WORD_JSON] = "anything else in JSON",
                                             [WORD_END] = REDIS_END_WORD,
                                             NULL};
/* Of a hash, which is what rows become where nothing is said; in JSON they are as json_types.c has them. */
static const char *const made_words[TYPE_COUNT] = {
    "true or false",       "digits", "digits", "digits", "text", "YYYY-MM-DD",
    "YYYY-MM-DD HH:MM:SS", "bytes"};

static ColumnType
type_of_declared(const char *declared)
{
    static const ColumnType types[] = {TYPE_TEXT, TYPE_TEXT,  TYPE_TEXT, TYPE_BOOL,
                                       TYPE_INT,  TYPE_FLOAT, TYPE_TEXT, TYPE_TIMESTAMP};
    for (size_t i = 0; declared_words[i] != NULL; i++)
        if (strcmp(declared, declared_words[i]) == 0)
            return types[i];
    return TYPE_TEXT;
}

static bool
says_vague(const char *declared)
{
    return strcmp(declared, declared_words[WORD_HASH]) == 0 ||
           strcmp(declared, declared_words[WORD_STRING]) == 0;
}

const TypeOps redis_type_ops = {.declared = declared_words,
                                .type_of = type_of_declared,
                                .made = made_words,
                                .is_vague = says_vague};

bool
redis_is_vague(const Column *column)
{
    return column->type == TYPE_TEXT && says_vague(column->declared);
}

static const char *
word_of(RedisKind kind, ColumnType type)
{
    if (kind != REDIS_JSON)
        return declared_words[kind == REDIS_HASH ? WORD_HASH : WORD_STRING];
    return declared_words[type == TYPE_BOOL    ? WORD_BOOL
                          : type == TYPE_INT   ? WORD_INT
                          : type == TYPE_FLOAT ? WORD_NUMBER
                                               : WORD_JSON];
}

RedisKind
redis_kind_of_words(const Schema *schema)
{
    for (size_t i = 0; i < schema_count(schema); i++)
        for (unsigned word = WORD_HASH; word <= WORD_JSON; word++)
            if (strcmp(schema_column(schema, i)->declared, declared_words[word]) == 0)
                return word == WORD_HASH     ? REDIS_HASH
                       : word == WORD_STRING ? REDIS_STRING
                                             : REDIS_JSON;
    return REDIS_UNKNOWN;
}

static bool
is_hole(const RedisObject *object, const char *name)
{
    for (guint i = 0; i < object->holes->len; i++)
        if (strcmp(object->holes->pdata[i], name) == 0)
            return true;
    return false;
}

/* Of JSON all is UTF-8, or no row. */
static void
see_bytes(Sight *sight, const char *name, Part text)
{
    int more = GPOINTER_TO_INT(g_hash_table_lookup(sight->bytes, name));
    if (text.bytes > 0)
        more += part_is_text(text) ? -1 : 1;
    g_hash_table_insert(sight->bytes, g_strdup(name), GINT_TO_POINTER(more));
}

static void
see_row(const RedisObject *object, const RedisRow *row, Sight *sight)
{
    sight->expires = sight->expires || row->expires_ms >= 0;
    for (guint i = 0; i < row->fields->len; i++) {
        const Field *field = &g_array_index(row->fields, Field, i);
        g_autofree char *name = object->kind == REDIS_STRING
                                    ? g_strdup("value")
                                    : g_strndup(field->name.data, field->name.bytes);
        if (*name == '\0' || !g_utf8_validate(name, -1, NULL))
            continue; /* told when the row is read */
        if (is_hole(object, name)) {
            sight->repeats_key = true;
            continue;
        }
        if (object->kind != REDIS_JSON)
            see_bytes(sight, name, field->value);
        unsigned seen = GPOINTER_TO_UINT(g_hash_table_lookup(sight->columns, name));
        g_hash_table_insert(
            sight->columns, g_steal_pointer(&name),
            GUINT_TO_POINTER(seen | json_saw(field->kind, field->value.data, field->value.bytes)));
    }
}

/* --- the kind --- */

/* An object of JSON, also one that is none of a row's: with a name twice, or a number that no double holds. */
static bool
is_object(const redisReply *text)
{
    const char *begin = text->str, *end = text->str + text->len;
    while (begin < end && g_ascii_isspace(*begin))
        begin++;
    while (end > begin && g_ascii_isspace(end[-1]))
        end--;
    return end - begin >= 2 && *begin == '{' && end[-1] == '}';
}

/* Of the first keys: 'hash' where one is; else strings, which are JSON where all of them are. */
static bool
find_kind(RedisConn *conn, RedisObject *object, const Keys *keys, GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL), key = g_string_new(NULL);
    guint count = MIN(keys->places->len, 1000), hashes = 0, strings = 0, objects = 0;
    for (guint i = 0; i < count; i++) {
        Part part = keys_at(keys, i);
        g_string_assign(key, object->prefix);
        g_string_append_len(key, part.data, (gssize) part.bytes);
        static const char *const asks[] = {"TYPE", "GET"};
        for (size_t j = 0; j < G_N_ELEMENTS(asks); j++) {
            resp_begin(commands, 2);
            resp_text(commands, asks[j]);
            resp_bytes(commands, key->str, key->len);
        }
    }
    if (!redis_send(conn, conn->db, commands, error))
        return false;
    for (guint i = 0; i < count; i++) {
        AUTO_REPLY *type = NULL, *text = NULL;
        if (!redis_next_any(conn, conn->db, &type, error) ||
            !redis_next_any(conn, conn->db, &text, error))
            return false;
        hashes += reply_is_text(type, "hash");
        strings += text->type == REDIS_REPLY_STRING;
        objects += text->type == REDIS_REPLY_STRING && is_object(text);
    }
    if (hashes == 0 && strings == 0)
        return fail(error, ERR_UNSUPPORTED,
                    "'%s' holds neither hashes nor strings: nothing else is a row", object->name);
    object->kind = hashes > 0 ? REDIS_HASH : objects == strings ? REDIS_JSON : REDIS_STRING;
    return true;
}

/* --- the columns --- */

/* The kind is that of the same keys. */
static bool
see_rows(RedisConn *conn, redisContext *db, RedisObject *object, Sight *sight, GError **error)
{
    __attribute__((cleanup(row_reader_clear))) RowReader reader = {0};
    g_auto(RedisRow) row;
    redis_row_init(&row);
    if (!row_reader_begin(conn, db, object, 0, SLOTS, &reader, error))
        return false;
    reader.walk.is_look = true;
    if (object->kind == REDIS_UNKNOWN &&
        (!row_reader_gather(&reader, error) || !find_kind(conn, object, &reader.keys, error)))
        return false;
    for (int i = 0;; i++) {
        AUTO_REPLY *value = NULL, *expires = NULL;
        Part key;
        bool is_there = false;
        g_autofree char *reason = NULL;
        if (!row_reader_next(&reader, &key, &value, &expires, error))
            return false;
        if (value == NULL)
            return true;
        if (i == REDIS_SAMPLE_ROWS) {
            sight->rows_looked = REDIS_SAMPLE_ROWS;
            return true;
        }
        if (redis_row_take(object->kind, value, expires, &row, &is_there, &reason) && is_there)
            see_row(object, &row, sight);
        if (g_hash_table_size(sight->columns) > COLUMNS_MAX)
            return fail(error, ERR_TOO_LARGE, "there are more than %d columns", COLUMNS_MAX);
    }
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void
set_schema(RedisObject *object, const Sight *sight)
{
    guint count = 0;
    g_autofree const char **names =
        (const char **) g_hash_table_get_keys_as_array(sight->columns, &count);
    qsort(names, count, sizeof *names, compare_names);
    object->schema = schema_new(object->name);
    object->schema->rows_looked = sight->rows_looked;
    for (guint i = 0; i < object->holes->len; i++)
        if (*(const char *) object->holes->pdata[i] != '\0') {
            schema_add(object->schema, object->holes->pdata[i], TYPE_TEXT, declared_words[WORD_KEY],
                       false);
            schema_add_key(object->schema, object->holes->pdata[i]);
        }
    for (guint i = 0; i < count; i++) {
        ColumnType type =
            json_type_of(GPOINTER_TO_UINT(g_hash_table_lookup(sight->columns, names[i])));
        /* a few texts that are broken are put aside; what mostly is none was meant as bytes */
        if (GPOINTER_TO_INT(g_hash_table_lookup(sight->bytes, names[i])) > 0)
            type = TYPE_BYTES;
        schema_add(object->schema, names[i], type, word_of(object->kind, type), true);
    }
    if (sight->expires && g_hash_table_lookup(sight->columns, REDIS_EXPIRES) == NULL) {
        g_free(object->expires);
        object->expires = g_strdup(REDIS_EXPIRES);
        schema_add(object->schema, REDIS_EXPIRES, TYPE_TIMESTAMP, REDIS_END_WORD, true);
    }
    object->repeats_key = object->repeats_key || sight->repeats_key;
}

bool
redis_object_look(RedisConn *conn, RedisObject *object, GError **error)
{
    redisContext *db = NULL;
    if (object->schema != NULL)
        return true;
    if (!redis_connect(conn, &db, error))
        return false;
    Sight sight = {.columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                   .bytes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    bool seen = see_rows(conn, db, object, &sight, error);
    if (seen)
        set_schema(object, &sight);
    g_hash_table_unref(sight.columns);
    g_hash_table_unref(sight.bytes);
    redisFree(db); /* answers may still be on their way */
    if (seen && schema_count(object->schema) == 0)
        return fail(error, ERR_INVALID,
                    "rows of '%s' have no column that could be found: say `columns` in the "
                    "store's `objects`",
                    object->name);
    return seen;
}

bool
redis_object_know(RedisConn *conn, RedisObject *object, const Schema *known, GError **error)
{
    if (object->kind == REDIS_UNKNOWN)
        object->kind = redis_kind_of_words(known);
    if (object->kind == REDIS_UNKNOWN && !redis_object_look(conn, object, error))
        return false;
    const Column *end = schema_find(known, REDIS_EXPIRES, NULL);
    if (object->expires == NULL && end != NULL && strcmp(end->declared, REDIS_END_WORD) == 0)
        object->expires = g_strdup(REDIS_EXPIRES);
    schema_free(object->schema);
    object->schema = schema_copy(known);
    return true;
}

void
redis_object_expect(RedisObject *object, const char *name, ColumnType type)
{
    bool is_found = !object->is_declared && !object->is_made && object->kind != REDIS_STRING;
    if (is_found && schema_find(object->schema, name, NULL) == NULL)
        schema_add(object->schema, name, type, "", true);
}

static void
remember(RedisConn *conn, const RedisObject *object)
{
    g_free(conn->looked_name);
    g_free(conn->looked_text);
    conn->looked_name = object != NULL ? g_strdup(object->name) : NULL;
    conn->looked_text = object != NULL ? redis_object_text(object) : NULL;
}

/* Whoever says which columns are wanted has had them described: they are the same ones for all ranges of a task. */
bool
redis_object_recall(RedisConn *conn, const char *name, RedisObject **ret)
{
    RedisObject *object = NULL;
    if (g_strcmp0(conn->looked_name, name) != 0 ||
        !redis_object_parse(conn, name, conn->looked_text, &object, NULL))
        return false;
    g_free(object->prefix);
    object->prefix = g_strdup("");
    object->is_made = false;
    *ret = object;
    return true;
}

bool
redis_describe(Conn *base, const char *name, Schema **ret, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autoptr(RedisObject) object = NULL;
    if (!redis_object_need(conn, name, &object, error))
        return false;
    bool was_known = object->schema != NULL;
    if (!redis_object_look(conn, object, error))
        return false;
    remember(conn, was_known ? NULL : object);
    *ret = g_steal_pointer(&object->schema);
    g_free((*ret)->dataset);
    (*ret)->dataset = g_strdup(name);
    return true;
}

/* Nothing is cheap to ask that would pin some keys. */
bool
redis_identity(Conn *base, const char *name, json_t **ret, GError **error)
{
    g_autoptr(RedisObject) object = NULL;
    if (!redis_object_need(redis_conn(base), name, &object, error))
        return false;
    *ret = json_object();
    return true;
}

/* --- all of it --- */

static int
compare_fields(const void *a, const void *b)
{
    const redisReply *left = *(redisReply *const *) a, *right = *(redisReply *const *) b;
    int order = memcmp(left->str, right->str, (size_t) MIN(left->len, right->len));
    return order != 0 ? order : (left->len > right->len) - (left->len < right->len);
}

/* Fields come in any order: the pairs are sorted. */
static void
hash_fields(RowHasher *hasher, redisReply *value)
{
    qsort(value->element, value->elements / 2, 2 * sizeof *value->element, compare_fields);
    for (size_t i = 0; i < value->elements; i++)
        row_hasher_bytes(hasher, TYPE_BYTES, value->element[i]->str,
                         (size_t) value->element[i]->len);
}

/* What is neither hash nor string is taken as the server itself writes it down. */
static bool
hash_other(const RedisConn *conn, const RedisObject *object, Part key, RowHasher *hasher,
           GError **error)
{
    g_autoptr(GString) command = g_string_new(NULL), whole = g_string_new(object->prefix);
    AUTO_REPLY *dumped = NULL;
    g_string_append_len(whole, key.data, (gssize) key.bytes);
    resp_begin(command, 2);
    resp_text(command, "DUMP");
    resp_bytes(command, whole->str, whole->len);
    if (!redis_send(conn, conn->db, command, error) || !redis_next(conn, conn->db, &dumped, error))
        return false;
    if (dumped->type == REDIS_REPLY_STRING)
        row_hasher_bytes(hasher, TYPE_BYTES, dumped->str, (size_t) dumped->len);
    return true;
}

static bool
digest_row(const RedisConn *conn, const RedisObject *object, Part key, redisReply *value,
           const redisReply *expires, RowHasher *hasher, GError **error)
{
    row_hasher_begin(hasher);
    row_hasher_bytes(hasher, TYPE_BYTES, key.data, key.bytes);
    if (value->type == REDIS_REPLY_ERROR) {
        if (!hash_other(conn, object, key, hasher, error))
            return false;
    } else if (value->type == REDIS_REPLY_STRING) {
        row_hasher_bytes(hasher, TYPE_BYTES, value->str, (size_t) value->len);
    } else {
        hash_fields(hasher, value);
    }
    row_hasher_int(hasher, TYPE_INT, expires->type == REDIS_REPLY_INTEGER ? expires->integer : 0);
    return true;
}

static bool
digest_all(RedisConn *conn, redisContext *db, const RedisObject *object, RowDigestFn *tell,
           void *data, GError **error)
{
    __attribute__((cleanup(row_reader_clear))) RowReader reader = {0};
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    if (!row_reader_begin(conn, db, object, 0, SLOTS, &reader, error))
        return false;
    for (;;) {
        AUTO_REPLY *value = NULL, *expires = NULL;
        Part key;
        if (!row_reader_next(&reader, &key, &value, &expires, error))
            return false;
        if (value == NULL)
            return true;
        if (expires->type == REDIS_REPLY_INTEGER && expires->integer == -2)
            continue;
        if (!digest_row(conn, object, key, value, expires, &hasher, error))
            return false;
        tell(redis_slot(key.data, key.bytes), row_hasher_end(&hasher), data);
    }
}

bool
redis_digest_rows(RedisConn *conn, const RedisObject *object, RowDigestFn *tell, void *data,
                  GError **error)
{
    redisContext *db = NULL;
    if (!redis_connect(conn, &db, error))
        return false;
    bool done = digest_all(conn, db, object, tell, data, error);
    redisFree(db);
    return done;
}

static void
add_to_sum(unsigned slot, RowHash hash, void *data)
{
    hash_sum_add(data, hash);
}

bool
redis_fingerprint(Conn *base, const char *name, char **ret, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autoptr(RedisObject) object = NULL;
    HashSum sum = {0};
    if (!redis_object_need(conn, name, &object, error) || !redis_object_look(conn, object, error) ||
        !redis_digest_rows(conn, object, add_to_sum, &sum, error))
        return false;
    g_autofree char *rows = hash_sum_text(&sum);
    g_autofree char *columns = schema_fingerprint(object->schema);
    g_autofree char *all = g_strjoin("\n", columns, rows, NULL);
    *ret = sha256_of(all, strlen(all));
    return true;
}
