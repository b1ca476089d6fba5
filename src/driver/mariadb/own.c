/*
 * own.c - what columns become in a table that is made from a schema.
 *
 * A column that is read as it is from MariaDB is of its own type again: with its sign, length, digits, labels, character set,
 * collation and comment (`own` of the column, model/schema.h). Defaults, what is generated, AUTO_INCREMENT and ON UPDATE belong to
 * the table that it comes from, and stay there. Every other column is of the one type for its type of ours.
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>

const char *const maria_type_names[TYPE_COUNT] = {
    [TYPE_BOOL] = "tinyint(1)",        [TYPE_INT] = "bigint",     [TYPE_FLOAT] = "double",
    [TYPE_DECIMAL] = "decimal(65,30)", [TYPE_TEXT] = "longtext",  [TYPE_DATE] = "date",
    [TYPE_TIMESTAMP] = "datetime(6)",  [TYPE_BYTES] = "longblob",
};
#define KEY_TEXT "varchar(255)" /* indexes take no text without a length */
#define KEY_BYTES "varbinary(767)"
#define KEY_BYTES_MAX 3072 /* of all its columns */
#define LETTER_BYTES 4     /* at most */
#define NUMBER_BYTES 30    /* of a decimal; of others fewer */
#define COMMENT_MAX 1024   /* letters, of a column */
#define TABLE_COMMENT_MAX 2048
#define DIGITS_MAX 65 /* of a decimal */
#define SCALE_MAX 30

/* --- a column's own type, as a text: what every such text begins with, the type, and behind a newline the rest --- */

#define OWN "mariadb "
#define JSON "json"

char *
maria_own_type(const MariaColumn *column)
{
    GString *text = g_string_new(OWN);
    g_string_append_printf(text, "%s\n", column->is_json ? JSON : column->declared);
    if (column->charset != NULL && !column->is_json)
        g_string_append_printf(text, " CHARACTER SET %s COLLATE %s", column->charset,
                               column->collation);
    g_autofree char *comment =
        column->comment != NULL ? book_text(" COMMENT %Q", column->comment) : NULL;
    g_string_append(text, comment != NULL ? comment : "");
    return g_string_free(text, FALSE);
}

/* The server tells labels with backslashes, whatever they are to the session that makes them. */
static char *
without_backslashes(const char *declared, size_t bytes)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < bytes; i++) {
        bool is_escape = declared[i] == '\\' && i + 1 < bytes;
        char letter = declared[i += is_escape];
        g_string_append_c(text, !is_escape      ? letter
                                : letter == 'n' ? '\n'
                                : letter == 'r' ? '\r'
                                                : letter);
    }
    return g_string_free(text, FALSE);
}

/* The type of which the column is at home, or NULL. Caller frees. */
static char *
own_type(const Column *column, const char **ret_rest)
{
    const char *own = column->own;
    if (own == NULL || !g_str_has_prefix(own, OWN) || strchr(own, '\n') == NULL)
        return NULL;
    own += strlen(OWN);
    size_t bytes = strcspn(own, "\n");
    *ret_rest = own + bytes + 1;
    return without_backslashes(own, bytes);
}

bool
maria_is_own(const Column *column, const MariaColumn *of)
{
    const char *rest = NULL;
    g_autofree char *type = own_type(column, &rest);
    g_autofree char *declared = without_backslashes(of->declared, strlen(of->declared));
    return g_strcmp0(type, declared) == 0;
}

/* --- types of a new table --- */

/* Of a decimal, as many digits as its source says that it has (numeric(12,2), decimal(12,2)), where they are not too many here.
 * NULL: it does not say. Caller frees. */
static char *
decimal_type(const Column *column)
{
    static const char *const words[] = {"numeric", "decimal"};
    int digits = 0, scale = 0, end = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (column->type != TYPE_DECIMAL || !g_str_has_prefix(column->declared, words[i]))
            continue;
        const char *rest = column->declared + strlen(words[i]);
        bool is_known =
            sscanf(rest, "(%3d,%3d)%n", &digits, &scale, &end) == 2 && rest[end] == '\0';
        if (is_known && digits >= 1 && digits <= DIGITS_MAX && scale >= 0 && scale <= digits &&
            scale <= SCALE_MAX)
            return g_strdup_printf("decimal(%d,%d)", digits, scale);
    }
    return NULL;
}

/* Bytes of an index that a column of texts or bytes takes; 0: it takes none. */
static size_t
key_bytes(const Column *column)
{
    static const struct {
        const char *begin;
        size_t bytes;
    } words[] = {{"char(", LETTER_BYTES},
                 {"varchar(", LETTER_BYTES},
                 {"binary(", 1},
                 {"varbinary(", 1},
                 {"enum(", 2},
                 {"set(", 8},
                 {"time", 6},
                 {"uuid", 16},
                 {"inet", 16}};
    const char *rest = NULL;
    g_autofree char *type = own_type(column, &rest);
    if (type == NULL || strchr(type, '/') != NULL) /* a comment that is executed: COMPRESSED */
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t begin = strlen(words[i].begin);
        int64_t letters = g_ascii_strtoll(type + MIN(begin, strlen(type)), NULL, 10);
        if (g_str_has_prefix(type, words[i].begin))
            return i > 3 ? words[i].bytes : words[i].bytes * (size_t) MAX(letters, 1);
    }
    return 0;
}

/* May the columns of the key be of their own types, all together? */
static bool
fits_key(const Schema *schema)
{
    size_t bytes = 0;
    for (guint i = 0; i < schema->key->len; i++) {
        const Column *column = schema_find(schema, schema->key->pdata[i], NULL);
        bool has_length = column->type == TYPE_TEXT || column->type == TYPE_BYTES;
        size_t more = has_length ? key_bytes(column) : NUMBER_BYTES;
        bytes += more;
        if (more == 0 || bytes > KEY_BYTES_MAX)
            return false;
    }
    return true;
}

/* --- what comes along with columns of another store --- */

/* Letters that a column of texts has at most, as its source says and keeps to; 0: it does not say. */
static int
letters_of(const Column *column)
{
    int letters = 0, end = 0;
    bool is_known = column->type == TYPE_TEXT &&
                    sscanf(column->declared, "character varying(%9d)%n", &letters, &end) == 1 &&
                    column->declared[end] == '\0';
    return is_known ? letters : 0;
}

/* An index needs texts of a length, of which all together fit. */
static bool
holds_unique(const Schema *made, const Dependent *along)
{
    size_t bytes = 0;
    for (guint i = 0; i < along->columns->len; i++) {
        const Column *column = schema_find(made, along->columns->pdata[i], NULL);
        bool has_length = column->type == TYPE_TEXT || column->type == TYPE_BYTES;
        size_t letters = has_length ? (size_t) letters_of(column) : 0;
        if (has_length && (letters == 0 || schema_is_key(made, column->name)))
            return false;
        bytes += has_length ? letters * LETTER_BYTES : NUMBER_BYTES;
    }
    return bytes <= KEY_BYTES_MAX;
}

bool
maria_holds(Conn *conn, const Schema *made, const Dependent *along)
{
    if (along_is_unique(along))
        return holds_unique(made, along);
    if (strcmp(along->kind, "comment") == 0)
        return g_utf8_strlen(along->definition, -1) <=
               (along->columns->len == 0 ? TABLE_COMMENT_MAX : COMMENT_MAX);
    /* one of a table, and the first of its key */
    return strcmp(along->kind, "identity") == 0 && made->key->len > 0 &&
           strcmp(made->key->pdata[0], along->columns->pdata[0]) == 0;
}

static bool
is_in_unique(const Schema *schema, const Column *column)
{
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *along = schema->dependents->pdata[i];
        if (along_is_unique(along) && maria_holds(NULL, schema, along) &&
            g_ptr_array_find_with_equal_func(along->columns, column->name, g_str_equal, NULL))
            return true;
    }
    return false;
}

char *
maria_made_type(const Schema *schema, const Column *column, char **ret_rest)
{
    bool is_key = schema_is_key(schema, column->name);
    bool has_length = column->type == TYPE_TEXT || column->type == TYPE_BYTES;
    const char *rest = "";
    char *type = !is_key || !has_length || fits_key(schema) ? own_type(column, &rest) : NULL;
    if (type == NULL)
        type = decimal_type(column);
    if (type == NULL && letters_of(column) > 0 && is_in_unique(schema, column))
        type = g_strdup_printf("varchar(%d)", letters_of(column));
    if (type == NULL)
        type = g_strdup(is_key && column->type == TYPE_TEXT    ? KEY_TEXT
                        : is_key && column->type == TYPE_BYTES ? KEY_BYTES
                                                               : maria_type_names[column->type]);
    *ret_rest = g_strdup(rest);
    return type;
}
