/* own_types.c - see own_types.h. */
#include "own_types.h"

#include "../mariadb_bench.h"
#include "../postgres_bench.h"

#include <string.h>

/* --- PostgreSQL --- */

static const char postgres_setup[] =
    "CREATE TYPE mood AS ENUM ('sad', 'it''s \"fine\"', 'UK'); CREATE DOMAIN label AS varchar(5);"
    "CREATE DOMAIN positive AS int CHECK (VALUE > 0);"
    "CREATE DOMAIN moods AS mood[]; CREATE TYPE place AS (street text, number int)";

static const OwnType postgres_types[] = {
    {"jsonb",
     TYPE_TEXT,
     "x::text",
     true,
     false,
     {"{\"b\":1.0, \"a\":[null,true]}", "[]", "\"x\"", "{\"a\":{\"b\":\"\xc3\xa9\"}, \"a\":2}",
      "1e3"}},
    {"json", TYPE_TEXT, "x::text", true, false, {"{\"b\" : 1.0,  \"a\":[]}", "7", "\"\\u00e9\""}},
    {"uuid",
     TYPE_TEXT,
     "x::text",
     true,
     false,
     {"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "00000000-0000-0000-0000-000000000000"}},
    {"integer[]",
     TYPE_TEXT,
     "x::text",
     true,
     false,
     {"{1,NULL,3}", "{{1,2},{3,4}}", "{}", "[0:1]={1, 2}"}},
    {"text[]",
     TYPE_TEXT,
     "x::text",
     true,
     false,
     {"{a,\"b c\",\"\"}", "{\"NULL\",NULL}", "{\"say \\\"x\\\"\",\"back\\\\slash\"}"}},
    {"timestamptz[]", TYPE_TEXT, "x::text", true, false, {"{\"2024-07-01 12:00:00+05:30\"}"}},
    {"mood", TYPE_TEXT, "x::text", true, false, {"sad", "it's \"fine\"", "UK"}},
    {"moods", TYPE_TEXT, "x::text", true, false, {"{sad,UK}", "{\"it's \\\"fine\\\"\"}", "{}"}},
    {"interval",
     TYPE_TEXT,
     "x::text",
     true,
     false,
     {"1 mon -2 days 03:00:00.5", "36:00:00", "-00:00:01", "1 year", "P1DT2H"}},
    {"interval(0)", TYPE_TEXT, "x::text", true, false, {"1 day", "00:00:01"}},
    {"bit(4)", TYPE_TEXT, "x::text", true, false, {"1010", "0000"}},
    {"bit varying(6)", TYPE_TEXT, "x::text", true, false, {"1", "101010", ""}},
    {"inet", TYPE_TEXT, "x::text", true, false, {"10.0.0.1", "10.1.0.0/16", "::1"}},
    {"int4range", TYPE_TEXT, "x::text", true, false, {"[1,5]", "empty", "(1,)"}},
    {"time", TYPE_TEXT, "x::text", true, false, {"12:00:00.5", "24:00:00", "1:02"}},
    {"time with time zone", TYPE_TEXT, "x::text", true, false, {"12:00:00+05:30"}},
    {"money", TYPE_TEXT, "x::text", true, false, {"$12.50", "-$1,234.00"}},
    {"tsvector", TYPE_TEXT, "x::text", true, false, {"'a':1 'b':2", "b a"}},
    {"place", TYPE_TEXT, "x::text", true, false, {"(\"a b\",7)", "(,)", "(\"say \"\"x\"\"\",-1)"}},
    {"label", TYPE_TEXT, "x::text", false, false, {"ab", "", "\xc3\xa9 \xc3\xa9 \xc3\xa9"}},
    {"positive", TYPE_INT, "x::text", false, false, {"1", "42", "2147483647"}},
    {"smallint", TYPE_INT, "x::text", false, false, {"0", "-32768", "1"}},
    {"integer", TYPE_INT, "x::text", false, false, {"0", "-2147483648", "42"}},
    {"oid", TYPE_INT, "x::text", false, false, {"0", "4294967295"}},
    {"real", TYPE_FLOAT, "x::float8::text", false, false, {"0.5", "-1.25", "3"}},
    {"numeric(6,2)", TYPE_DECIMAL, "x::text", false, false, {"0", "-12.5", "9999.99"}},
    {"numeric(3,-2)", TYPE_DECIMAL, "x::text", false, false, {"0", "-1200", "99900"}},
    {"varchar(5)", TYPE_TEXT, "x::text", false, false, {"", "a b c", "\xc3\xa9\xc3\xa9"}},
    {"char(3)", TYPE_TEXT, "x::text", false, false, {"UK", "abc", ""}},
    {"timestamp(0)", TYPE_TIMESTAMP, "x::text", false, false, {"1998-06-12 10:11:12"}},
    {"timestamptz",
     TYPE_TIMESTAMP,
     "(x AT TIME ZONE 'UTC')::text",
     false,
     false,
     {"1998-06-12 10:11:12.5", "1969-12-31 23:59:59"}},
};

/* --- MariaDB --- */

static const OwnType mariadb_types[] = {
    {"json", TYPE_TEXT, "x", true, false, {"{\"b\":1.0,  \"a\":[null,true]}", "[]", "7"}},
    {"enum('sad','it''s \"fine\"','UK')", TYPE_TEXT, "x", false, false, {"sad", "UK"}},
    {"set('x','y')", TYPE_TEXT, "x", true, false, {"x,y", "y,x", "", "y"}},
    {"uuid", TYPE_TEXT, "x", true, false, {"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}},
    {"inet6", TYPE_TEXT, "x", true, false, {"::1", "2001:DB8::7"}},
    {"time(3)", TYPE_TEXT, "x", true, false, {"-838:59:59", "12:00:00.5", "0:00"}},
    {"year", TYPE_INT, "x + 0", false, false, {"2155", "1901", "1998"}},
    {"bit(8)", TYPE_INT, "x + 0", false, false, {"0", "255", "1"}},
    {"bit(64)", TYPE_DECIMAL, "x + 0", false, false, {"0", "18446744073709551615"}},
    {"smallint", TYPE_INT, "x", false, false, {"0", "-32768", "1"}},
    {"int unsigned", TYPE_INT, "x", false, false, {"0", "4294967295"}},
    {"bigint unsigned", TYPE_DECIMAL, "x", false, false, {"0", "18446744073709551615"}},
    {"float", TYPE_FLOAT, "CAST(x AS DOUBLE)", false, false, {"0.5", "-1.25", "3"}},
    {"decimal(8,3)", TYPE_DECIMAL, "x", false, false, {"0", "-12.5", "99999.999"}},
    {"char(3)", TYPE_TEXT, "x", false, false, {"UK", "abc", ""}},
    {"varchar(5)", TYPE_TEXT, "x", false, false, {"", "a b c", "\xc3\xa9\xc3\xa9"}},
    {"tinytext", TYPE_TEXT, "x", false, false, {"", "a b c"}},
    {"datetime", TYPE_TIMESTAMP, "x", false, false, {"1998-06-12 10:11:12"}},
    {"timestamp(6)",
     TYPE_TIMESTAMP,
     "x",
     false,
     false,
     {"1998-06-12 10:11:12.5", "2037-12-31 23:59:59"}},
    {"binary(4)", TYPE_BYTES, "HEX(x)", false, false, {"abcd", "\x01\x02\x03\x04"}},
    {"varbinary(3)", TYPE_BYTES, "HEX(x)", false, false, {"", "abc"}},
};

/* --- SQLite --- */

static const OwnType sqlite_types[] = {
    {"VARCHAR(5)", TYPE_TEXT, "x", false, false, {"", "longer than that", "007"}},
    {"CLOB", TYPE_TEXT, "x", false, false, {"", "a b c"}},
    {"BIGINT", TYPE_INT, "x", false, false, {"0", "-5", "9223372036854775807"}},
    {"DATETIME", TYPE_TIMESTAMP, "x", false, false, {"1998-06-12 10:11:12.5"}},
    {"VARBINARY(16)", TYPE_BYTES, "hex(x)", false, false, {"", "abc"}},
    {"JSON", TYPE_TEXT, "x", true, true, {"{\"a\":[1,null]}", "[]", "7"}},
    {"UUID", TYPE_TEXT, "x", true, true, {"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}},
    {"NUMERIC(6,2)", TYPE_DECIMAL, "x", true, true, {"0", "-12.5", "1234567890.25"}},
};

/* --- JSON: a member that is an array is its text --- */

static const OwnType json_types[] = {
    {JSON_ARRAY, TYPE_TEXT, NULL, true, true, {"[1,null,{\"b\":2}]", "[]", "[\"\xc3\xa9\"]"}},
};

/* --- */

static bool
is_of(const Fixture *fixture, const char *driver)
{
    return strcmp(fixture->driver, driver) == 0;
}

const OwnType *
own_types_of(const Fixture *fixture, size_t *ret_count)
{
    static const struct {
        const Fixture *fixture;
        const OwnType *types;
        size_t count;
    } all[] = {{&fixture_postgres, postgres_types, G_N_ELEMENTS(postgres_types)},
               {&fixture_mariadb, mariadb_types, G_N_ELEMENTS(mariadb_types)},
               {&fixture_sqlite, sqlite_types, G_N_ELEMENTS(sqlite_types)},
               {&fixture_ndjson, json_types, G_N_ELEMENTS(json_types)},
               {&fixture_kafka, json_types, G_N_ELEMENTS(json_types)}};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        if (all[i].fixture == fixture) {
            *ret_count = all[i].count;
            return all[i].types;
        }
    *ret_count = 0;
    return NULL;
}

const OwnType *
own_type_of(const Fixture *fixture, const Column *column)
{
    size_t count = 0;
    const OwnType *types = own_types_of(fixture, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(types[i].declared, column->declared) == 0)
            return &types[i];
    return NULL;
}

void
own_types_prepare(World *world)
{
    if (is_of(world->fixture, "postgres"))
        test_pg_exec(world->path, postgres_setup);
}

bool
own_types_compute(World *world, const char *object)
{
    const Fixture *fixture = world->fixture;
    char quote = fixture == &fixture_mariadb ? '`' : '"';
    g_autofree char *sql = g_strdup_printf(
        "ALTER TABLE %c%s%c ADD COLUMN computed bigint GENERATED ALWAYS AS (id %% %d) %s", quote,
        object, quote, COMPUTED_MODULUS, fixture == &fixture_sqlite ? "VIRTUAL" : "STORED");
    if (fixture == &fixture_postgres)
        test_pg_exec(world->path, sql);
    else if (fixture == &fixture_mariadb)
        test_maria_exec(world->path, sql);
    else if (fixture == &fixture_sqlite)
        test_exec(world->path, sql);
    else
        return false;
    return true;
}

/* --- asking the store --- */

static void
append_sqlite_literal(GString *sql, const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (value->type == TYPE_FLOAT) {
        g_string_append_printf(sql, "%.17g", value->f);
        return;
    }
    if (value->type == TYPE_BYTES)
        for (size_t i = 0; i < value->s.bytes; i++)
            g_string_append_printf(text, "%02x", (unsigned char) value->s.data[i]);
    else
        value_append_text(value, text);
    char *quoted = value->type == TYPE_INT     ? sqlite3_mprintf("%s", text->str)
                   : value->type == TYPE_BYTES ? sqlite3_mprintf("X'%s'", text->str)
                                               : sqlite3_mprintf("%Q", text->str);
    g_string_append(sql, quoted);
    sqlite3_free(quoted);
}

/* The first cell, or NULL. */
static int
keep_cell(void *data, int count, char **cells, char **names)
{
    char **ret = data;
    if (count > 0 && *ret == NULL)
        *ret = g_strdup(cells[0]);
    return 0;
}

static char *
ask_sqlite(const char *sql)
{
    static sqlite3 *db;
    char *answer = NULL;
    if (db == NULL)
        g_assert_cmpint(sqlite3_open(":memory:", &db), ==, SQLITE_OK);
    if (sqlite3_exec(db, sql, keep_cell, &answer, NULL) != SQLITE_OK)
        g_clear_pointer(&answer, g_free);
    return answer;
}

static char *
ask(const Fixture *fixture, const char *sql)
{
    if (fixture == &fixture_postgres)
        return test_pg_ask(postgres_setup, sql);
    return fixture == &fixture_mariadb ? test_maria_ask(sql) : ask_sqlite(sql);
}

static char *
ask_what_is_kept(const Fixture *fixture, const OwnType *type, const Value *given)
{
    size_t count = 0;
    int number = (int) (type - own_types_of(fixture, &count));
    g_autofree char *make = g_strdup_printf(
        "CREATE TEMPORARY TABLE IF NOT EXISTS kept_%d (x %s NULL)", number, type->declared);
    g_autoptr(GString) sql = g_string_new(NULL);
    g_free(ask(fixture, make));
    g_string_append_printf(sql, "INSERT INTO kept_%d VALUES (", number);
    if (fixture->append_literal != NULL)
        fixture->append_literal(sql, given);
    else
        append_sqlite_literal(sql, given);
    g_string_append_printf(sql, ");DELETE FROM kept_%d RETURNING %s", number, type->read);
    return ask(fixture, sql->str);
}

static bool
value_of_answer(const char *answer, ColumnType type, GString *scratch, Value *ret)
{
    Value text = {.type = TYPE_TEXT, .s = {answer, strlen(answer)}};
    g_autoptr(GString) cast = g_string_new(NULL);
    if (type != TYPE_BYTES) {
        g_string_assign(scratch, answer);
        if (!value_cast(&text, type, NULL, cast, ret, NULL))
            return false;
        if (type_has_bytes(type)) {
            g_string_truncate(scratch, 0);
            g_string_append_len(scratch, ret->s.data, (gssize) ret->s.bytes);
            ret->s.data = scratch->str;
        }
        return true;
    }
    g_string_truncate(scratch, 0);
    for (const char *digit = answer; *digit != '\0'; digit += 2)
        g_string_append_c(
            scratch, (char) (g_ascii_xdigit_value(digit[0]) << 4 | g_ascii_xdigit_value(digit[1])));
    *ret = (Value){.type = TYPE_BYTES, .s = {scratch->str, scratch->len}};
    return true;
}

/* Answers, by what was asked: servers are asked once for each value. */
static const char *
answer_for(const Fixture *fixture, const OwnType *type, const Value *given)
{
    static GHashTable *answers;
    g_autoptr(GString) key = g_string_new(NULL);
    const char *known = NULL;
    if (answers == NULL)
        answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_string_printf(key, "%p %d ", (const void *) type, given->type);
    value_append_text(given, key);
    if (!g_hash_table_lookup_extended(answers, key->str, NULL, (void **) &known)) {
        known = ask_what_is_kept(fixture, type, given);
        g_hash_table_insert(answers, g_strdup(key->str), (char *) known);
    }
    return known;
}

/* A set takes numbers for its labels' places. */
static bool
is_place_of_label(const OwnType *type, const Value *given)
{
    return g_str_has_prefix(type->declared, "set(") && given->s.bytes > 0 &&
           strspn(given->s.data, "0123456789 +-.") >= given->s.bytes;
}

/* The same type without its precision, where there is one. */
static const OwnType *
without_precision(const Fixture *fixture, const OwnType *type)
{
    size_t count = 0, bytes = strcspn(type->declared, "(");
    const OwnType *all = own_types_of(fixture, &count);
    if (fixture != &fixture_postgres) /* in MariaDB a time without one has none */
        return NULL;
    for (size_t i = 0; type->declared[bytes] != '\0' && i < count; i++)
        if (strlen(all[i].declared) == bytes &&
            strncmp(all[i].declared, type->declared, bytes) == 0)
            return &all[i];
    return NULL;
}

/* interval(0) makes three seconds of 2.5, without a word: that is refused. */
static bool
is_rounded(const Fixture *fixture, const OwnType *type, const Value *given, const char *answer)
{
    const OwnType *whole = without_precision(fixture, type);
    return whole != NULL && g_strcmp0(answer_for(fixture, whole, given), answer) != 0;
}

/* What these types would leave out of a text, a day, a zone or digits, is refused, though the store says nothing. */
static bool
is_left_out(const Fixture *fixture, const OwnType *type, const Value *given)
{
    static const struct {
        const char *type, *whole; /* whose texts are these */
    } texts[] = {
        {"time", "^ *\\d{1,2}:\\d\\d(:\\d\\d(\\.\\d{0,6}0*)?)?( ?[AP]M)? *$"},
        {"time with time zone",
         "^ *\\d{1,2}:\\d\\d(:\\d\\d(\\.\\d{0,6}0*)?)?( ?[AP]M)?( ?([-+][\\d:]+|Z|UTC|GMT))? *$"},
        {"money", "^(?=.*\\d)(?!.*\\.\\d\\d+[1-9])"},
        {"interval", "^(?!.*\\.\\d{6}\\d*[1-9])"},
        {"interval(0)", "^(?!.*\\.\\d{6}\\d*[1-9])"},
        {"timestamptz[]", "^(?!.*\\.\\d{6}\\d*[1-9])"},
        {"time(3)", "^-?\\d+:\\d+(:\\d+(\\.\\d{0,3}0*)?)?$"},
    };
    g_autoptr(GString) text = g_string_new(NULL);
    value_append_text(given, text);
    for (size_t i = 0; fixture != &fixture_sqlite && i < G_N_ELEMENTS(texts); i++)
        if (strcmp(texts[i].type, type->declared) == 0)
            return !g_regex_match_simple(texts[i].whole, text->str, G_REGEX_CASELESS, 0);
    return false;
}

bool
own_type_keeps(const Fixture *fixture, const OwnType *type, const Value *given, GString *scratch,
               Value *ret)
{
    if (!fixture->holds(given))
        return false;
    if (type->read == NULL) {
        *ret = *given;
        return true;
    }
    const char *answer = answer_for(fixture, type, given);
    return answer != NULL && !is_left_out(fixture, type, given) &&
           !is_rounded(fixture, type, given, answer) &&
           value_of_answer(answer, type->type, scratch, ret) &&
           ((type->has_form && !is_place_of_label(type, given)) || value_equal(given, ret));
}
