/*
 * forms.c - values as columns of types without a word of ours keep them: jsonb sorts keys, a uuid has small letters, an interval
 * counts months. What is hashed and compared must be what the table will give back. What form.c does not know, the server itself
 * is asked, batch by batch, before rows are written; a value that the type refuses is told with its column.
 */
#include "driver/look.h"
#include "driver/postgres/postgres.h"

#include <stddef.h>
#include <string.h>

/* json, unlike jsonb, keeps every blank. */
bool
pg_has_form(const PgTarget *target)
{
    bool is_plain = target->base == OID_TEXT || target->base == OID_VARCHAR ||
                    target->base == OID_BPCHAR || target->base == OID_NAME ||
                    target->base == OID_JSON;
    return pg_type_of(target->base) == TYPE_TEXT && target->type == TYPE_TEXT && !is_plain;
}

bool
pg_has_forms(Conn *base, const char *object, const Schema *schema, bool *ret, GError **error)
{
    g_autoptr(GArray) targets = NULL;
    if (!pg_targets(pg_conn(base), object, schema, &targets, error))
        return false;
    *ret = false;
    for (guint i = 0; i < targets->len; i++)
        *ret = *ret || pg_has_form(&g_array_index(targets, PgTarget, i));
    return true;
}

typedef struct {
    PgConn *conn;
    PGconn *db;
    const Batch *in;
    const PgTarget *target;
    char *type;
    char *keeps;           /* SQL: is `x` as `type` all that it was? NULL: that is not asked */
    const char *otherwise; /* the reason, where it is not */
    char **texts;          /* of this column, by row; NULL for NULL */
    char **reasons;        /* by row: why it is refused, or NULL */
    GArray *asked;         /* size_t: rows that the server is asked about */
} Forming;

/* Of a type and a modifier: without and with its length; are its parts "char" or names; the type of parts whose domain may have a
 * length; has a part of a part one? */
static const char type_sql[] =
    "WITH RECURSIVE inside(oid, modifier) AS (SELECT %lld::oid, -1 UNION SELECT q.* FROM inside i "
    "JOIN pg_type t ON t.oid = i.oid, LATERAL (SELECT a.atttypid, a.atttypmod FROM pg_attribute a "
    "WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped "
    "UNION ALL SELECT t.typelem, -1 WHERE t.typcategory = 'A' AND t.typelem <> 0 UNION ALL SELECT "
    "t.typbasetype, t.typtypmod WHERE t.typtype = 'd') q) SELECT format('%%I.%%I', n.nspname, "
    "t.typname), format_type(t.oid, %d), e.oid IN (18, 19), (SELECT format_type(b.oid, NULL) FROM "
    "pg_type b JOIN inside USING (oid) WHERE e.typtype = 'd' AND b.typtype = 'b' AND b.typelem = 0 "
    "AND NOT EXISTS (SELECT FROM inside c JOIN pg_type USING (oid) WHERE typtype = 'c' OR "
    "(typcategory = 'A' AND c.oid <> t.oid)) AND b.oid NOT IN (18, 19)), EXISTS (SELECT FROM "
    "inside WHERE modifier >= 0 OR oid IN (18, 19)) FROM "
    "pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_type e ON e.typarray = "
    "t.oid WHERE t.oid = %lld";
enum { BARE, WITH, HAS_SHORT_PARTS, PARTS, HAS_SHORT_INSIDE };

/* What types leave out of a text in silence, without any length: a day, a zone, digits. SQL about `x` is true where nothing is. */
typedef struct {
    unsigned base;
    const char *keeps;
    const char *otherwise;
} Leaves;

#define HOURS "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{0,6}0*)?)?"
#define ZONE " ?([-+][0-9]{1,2}(:?[0-9]{2}){0,2}|Z|UTC|GMT)"
#define SECONDS "x !~ '[.][0-9]{6}[0-9]*[1-9]'"
#define ONLY_HOURS                                                                                 \
    "the column keeps hours, minutes and seconds to the sixth digit, neither a day nor a zone"
#define ONLY_ZONED "the column keeps a time to the sixth digit of a second and its zone, and no day"
#define ONLY_UTC "the column keeps no zone, and of a second six digits"
#define NO_TIME "the column keeps days, and no time"

static const Leaves leaves[] = {
    {790, "x ~ '[0-9]' AND x !~ '[.][0-9]{2}[0-9]*[1-9]'",
     "the column keeps a number with two digits behind the point"},
    {1083, "x ~* '^ *" HOURS "( ?[ap]m)? *$'", ONLY_HOURS},
    {1183, "x ~ '^(\\[[^=]*=)?([{}, \"]|NULL|\\m" HOURS "\\M)*$'", ONLY_HOURS},
    {1266, "x ~* '^ *" HOURS "( ?[ap]m)?(" ZONE ")? *$'", ONLY_ZONED},
    {1270, "x ~ '^(\\[[^=]*=)?([{}, \"]|NULL|\\m" HOURS "(" ZONE ")?)*$'", ONLY_ZONED},
    {1186, SECONDS, "the column keeps six digits of a second"},
    {1187, SECONDS, "the column keeps six digits of a second"},
    {1115, SECONDS " AND x::timestamp[] = x::timestamptz[]::timestamp[]", ONLY_UTC},
    {1185, SECONDS, "the column keeps six digits of a second"},
    {3908, SECONDS " AND x::tsrange::text::tstzrange = x::tstzrange", ONLY_UTC},
    {3910, SECONDS, "the column keeps six digits of a second"},
    {1182, "x::date[]::timestamp[] = x::timestamp[]", NO_TIME},
    {3912, "x !~ ':'", NO_TIME},
    {1021, "x::float4[]::text::float8[] = x::float8[]", "a part has no exact value in a real"},
    {28, "x = x::xid::text", "the column keeps a number of 32 bits"},
};

static const Leaves *
left_out(unsigned base)
{
    for (size_t i = 0; i < G_N_ELEMENTS(leaves); i++)
        if (leaves[i].base == base)
            return &leaves[i];
    return NULL;
}

/* A length or a precision cuts or rounds in silence: time(0), varchar(3)[]; so do "char" and name, which have none to say so. What
 * they make of a text is held against the text, or against what the type makes of it without them. Where they are deeper inside, in a
 * composite type, the text has to be what the server prints. */
static char *
keeps_length(const PgTarget *target, const PGresult *type, bool is_bare, const char **ret_otherwise)
{
    *ret_otherwise = "the column would cut or round what is in it";
    const char *bare = pg_cell(type, 0, BARE), *parts = pg_cell(type, 0, PARTS);
    if (target->base == OID_CHAR)
        return g_strdup("x = x::\"char\"::text");
    if (pg_cell_bool(type, 0, HAS_SHORT_PARTS))
        return g_strdup_printf("x::text[] = x::%s::text[]", bare);
    if (parts != NULL)
        return g_strdup_printf("x::%s[] = x::%s::%s[]", parts, bare, parts);
    if (pg_cell_bool(type, 0, HAS_SHORT_INSIDE)) {
        *ret_otherwise =
            "parts of it have a length, so it has to be written as PostgreSQL prints it";
        return g_strdup_printf("x = x::%s::text", bare);
    }
    return is_bare ? NULL : g_strdup_printf("x::%s = x::%s", bare, pg_cell(type, 0, WITH));
}

static char *
keeps_all(const PgTarget *target, const PGresult *type, bool is_bare, const char **ret_otherwise)
{
    const Leaves *left = left_out(target->base);
    g_autofree char *length = keeps_length(target, type, is_bare, ret_otherwise);
    if (left == NULL)
        return g_steal_pointer(&length);
    *ret_otherwise = left->otherwise;
    return length == NULL ? g_strdup(left->keeps)
                          : g_strdup_printf("%s AND %s", left->keeps, length);
}

/* A type that knows no equality is believed. */
static bool
can_be_asked(Forming *forming, bool *ret, GError **error)
{
    g_autoptr(GError) broken = NULL;
    g_autofree char *sql =
        g_strdup_printf("SELECT %s FROM (VALUES (NULL::text)) f(x)", forming->keeps);
    *ret = pg_run_on(forming->conn, forming->db, sql, NULL, &broken);
    if (*ret || pg_state_is(forming->conn, "42883"))
        return true;
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

/* Without its length where COPY refuses what is too long. */
static bool
type_name(Forming *forming, GError **error)
{
    AUTO_RESULT *rows = NULL;
    bool is_asked = true;
    const PgTarget *target = forming->target;
    bool is_told = target->base == OID_BIT || target->base == OID_VARBIT;
    g_autofree char *sql =
        pg_sql(type_sql, (long long) target->base, target->modifier, (long long) target->base);
    if (!pg_run_on(forming->conn, forming->db, sql, &rows, error))
        return false;
    bool is_bare = is_told || target->modifier < 0;
    forming->type = g_strdup(pg_cell(rows, 0, is_bare ? 0 : 1));
    forming->keeps = keeps_all(target, rows, is_bare, &forming->otherwise);
    if (forming->keeps != NULL && !can_be_asked(forming, &is_asked, error))
        return false;
    if (!is_asked)
        g_clear_pointer(&forming->keeps, g_free);
    return true;
}

static size_t
asked_row(const Forming *forming, size_t index)
{
    return g_array_index(forming->asked, size_t, index);
}

static char *
question(const Forming *forming, size_t from, size_t to)
{
    GString *sql = g_string_new("SELECT ");
    if (forming->keeps != NULL)
        g_string_append_printf(sql, "CASE WHEN %s THEN x::%s::text END", forming->keeps,
                               forming->type);
    else
        g_string_append_printf(sql, "x::%s::text", forming->type);
    g_string_append(sql, " FROM (VALUES ");
    for (size_t i = from; i < to; i++) {
        size_t row = asked_row(forming, i);
        Value value = batch_value(forming->in, forming->target->column, row);
        g_autofree char *text = g_strndup(value.s.data, value.s.bytes);
        g_autofree char *quoted = pg_sql("%Q", text);
        g_string_append_printf(sql, "%s(%zu, %s%s)", i > from ? ", " : "", row, quoted,
                               i == from ? "::text" : "");
    }
    g_string_append(sql, ") f(n, x) ORDER BY n");
    return g_string_free(sql, FALSE);
}

/* By the type itself: some call a text that they do not understand a syntax error (tsvector), or one that is no name of
 * theirs, or in no schema of theirs, unknown (regclass); of a text that is too much for them they say that it is beyond a limit. */
static bool
is_refused(const PgConn *conn)
{
    return pg_state_is(conn, "22") || pg_state_is(conn, "23") || pg_state_is(conn, "54") ||
           pg_state_is(conn, "3F") || (pg_state_is(conn, "42") && !pg_state_is(conn, "42501"));
}

static void
take_answer(Forming *forming, size_t row, const char *text)
{
    forming->texts[row] = g_strdup(text);
    if (text == NULL && forming->keeps != NULL && forming->reasons[row] == NULL)
        forming->reasons[row] =
            g_strdup_printf("%s: %s", forming->target->name, forming->otherwise);
}

/* Halved until the one that is refused stands alone. */
static bool
form_rows(Forming *forming, size_t from, size_t to, GError **error)
{
    AUTO_RESULT *rows = NULL;
    g_autoptr(GError) broken = NULL;
    if (from == to)
        return true;
    g_autofree char *sql = question(forming, from, to);
    if (pg_run_on(forming->conn, forming->db, sql, &rows, &broken)) {
        for (size_t i = from; i < to; i++)
            take_answer(forming, asked_row(forming, i), pg_cell(rows, (int) (i - from), 0));
        return true;
    }
    if (!is_refused(forming->conn)) {
        g_propagate_error(error, g_steal_pointer(&broken));
        return false;
    }
    if (to - from == 1) {
        size_t row = asked_row(forming, from);
        if (forming->reasons[row] == NULL)
            forming->reasons[row] =
                g_strdup_printf("%s: %s", forming->target->name, broken->message);
        return true;
    }
    size_t middle = from + (to - from) / 2;
    return form_rows(forming, from, middle, error) && form_rows(forming, middle, to, error);
}

/* What is known here; the other rows are listed, but for those with NUL, which cannot even be asked about. */
static void
form_here(Forming *forming, GString *scratch)
{
    g_array_set_size(forming->asked, 0);
    for (size_t row = 0; row < forming->in->row_count; row++) {
        Value value = batch_value(forming->in, forming->target->column, row);
        if (value.is_null)
            continue;
        if (pg_form(forming->target->base, value.s.data, value.s.bytes, scratch))
            forming->texts[row] = g_strndup(scratch->str, scratch->len);
        else if (memchr(value.s.data, '\0', value.s.bytes) == NULL)
            g_array_append_val(forming->asked, row);
        else if (forming->reasons[row] == NULL)
            forming->reasons[row] = g_strdup_printf(
                "%s: the text has a NUL, which PostgreSQL cannot keep", forming->target->name);
    }
}

static bool
form_column(Forming *forming, GString *scratch, GError **error)
{
    form_here(forming, scratch);
    bool done = forming->asked->len == 0 ||
                ((forming->db != NULL || pg_borrow(forming->conn, &forming->db, error)) &&
                 type_name(forming, error) && form_rows(forming, 0, forming->asked->len, error));
    g_clear_pointer(&forming->type, g_free);
    g_clear_pointer(&forming->keeps, g_free);
    return done;
}

static void
put_rows(const Forming *forming, char ***texts, Batch *out, RejectFn *reject, void *data)
{
    const Batch *in = forming->in;
    for (size_t row = 0; row < in->row_count; row++) {
        if (forming->reasons[row] != NULL) {
            reject(in->row_ids[row], row, NULL, forming->reasons[row], data);
            continue;
        }
        for (size_t i = 0; i < in->column_count; i++) {
            Value value = batch_value(in, i, row);
            if (texts[i] != NULL && texts[i][row] != NULL)
                value.s.data = texts[i][row], value.s.bytes = strlen(texts[i][row]);
            batch_put_value(out, i, &value);
        }
        batch_commit_row(out, in->row_ids[row]);
    }
}

static void
free_texts(char **texts, size_t rows)
{
    for (size_t row = 0; texts != NULL && row < rows; row++)
        g_free(texts[row]);
    g_free(texts);
}

bool
pg_as_kept(Conn *base, const char *object, const Schema *schema, const Batch *in, Batch *out,
           RejectFn *reject, void *data, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(GArray) found = NULL;
    g_autoptr(GArray) asked = g_array_new(FALSE, FALSE, sizeof(size_t));
    g_autoptr(GString) scratch = g_string_new(NULL);
    const GArray *targets = pg_load_targets(conn, object);
    if (targets == NULL && !pg_targets(conn, object, schema, &found, error))
        return false;
    if (targets == NULL)
        targets = found;
    char ***texts = g_new0(char **, in->column_count + 1);
    Forming forming = {
        .conn = conn, .in = in, .reasons = g_new0(char *, in->row_count + 1), .asked = asked};
    bool done = true;
    for (guint i = 0; done && i < targets->len; i++) {
        forming.target = &g_array_index(targets, PgTarget, i);
        if (!pg_has_form(forming.target))
            continue;
        forming.texts = texts[forming.target->column] = g_new0(char *, in->row_count + 1);
        done = form_column(&forming, scratch, error);
    }
    if (done)
        put_rows(&forming, texts, out, reject, data);
    for (size_t i = 0; i < in->column_count; i++)
        free_texts(texts[i], in->row_count);
    g_free(texts);
    free_texts(forming.reasons, in->row_count);
    pg_give_back(conn, forming.db, true);
    return done;
}

/* --- rows that are not written --- */

static bool
look_begin(Conn *base, const char *object, bool is_there, const Schema *schema, void **ret,
           GError **error)
{
    GArray *targets = NULL;
    if (!pg_targets(pg_conn(base), is_there ? object : NULL, schema, &targets, error))
        return false;
    *ret = look_columns(targets, offsetof(PgTarget, column), schema);
    return true;
}

static char *
look_at_cell(void *data, const Batch *batch, size_t column, size_t row)
{
    const PgTarget *target = ((const ColumnLook *) data)->of[column];
    Value value = batch_value(batch, column, row);
    char *reason = NULL;
    return target == NULL || value.is_null || pg_keeps(target, &value, &reason) ? NULL : reason;
}

const LookOps pg_look_ops = {.begin = look_begin, .cell = look_at_cell, .end = look_columns_end};
