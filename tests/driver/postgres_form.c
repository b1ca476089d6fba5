/* postgres_form.c - what types make of a text: of jsonb and uuid our answer against the server's, for texts that nobody would write;
 * of others, whether all of it is kept. */
#include "driver/postgres/postgres.h"
#include "postgres_bench.h"

#include <string.h>

#define TEXTS 4000
#define ANSWERED_MIN 1000 /* else the test says nothing */

static const char *const scraps[] = {
    "{",           "}",    "[",    "]",    ",",     ":",       "\"a\"",   "\"b\"",
    "\"aa\"",      "\"\"", "0",    "-0",   "1.50",  "-0.00",   "01",      "1e3",
    "1.",          "-",    "true", "null", "false", "\"\\n\"", "\"\\/\"", "\"é\"",
    "\"\\u0041\"", " ",    "\n",   "\t",   "nul",   "\"x",
};
static const char *const whole[] = {
    "{\"b\":1,\"a\":2,\"b\":3}",
    "{\"aa\":[],\"b\":{},\"a\":[1 , 2]}",
    "[[[]]]",
    " 7 ",
    "\"\\\\\\\"\"",
    "{\"k\\n\":1,\"k\":2}",
    "-12345678901234567890.000100",
    "{\"a\":{\"c\":1,\"b\":[{\"z\":0,\"y\":0}]}}",
    "{\"é\":1,\"zz\":2,\"z\":3}",
    "",
};

static void
append_json(GString *to, int depth)
{
    static const char *const keys[] = {"a", "b", "ab", "aa", "B", "", "é", "long one", "\\t"};
    static const char *const cells[] = {"1",   "-2.50", "true", "null", "\"x\\\"y\"",
                                        "0.0", "\"ü\"", "1E2",  "-0"};
    int kind = depth > 3 ? 2 : g_test_rand_int_range(0, 4), count = g_test_rand_int_range(0, 4);
    const char *blank = g_test_rand_bit() ? " " : "";
    if (kind > 1) {
        g_string_append(to, cells[g_test_rand_int_range(0, G_N_ELEMENTS(cells))]);
        return;
    }
    g_string_append(to, kind == 0 ? "{" : "[");
    for (int i = 0; i < count; i++) {
        g_string_append_printf(to, "%s%s", i > 0 ? "," : "", blank);
        if (kind == 0)
            g_string_append_printf(
                to, "\"%s\"%s:", keys[g_test_rand_int_range(0, G_N_ELEMENTS(keys))], blank);
        append_json(to, depth + 1);
    }
    g_string_append_printf(to, "%s%s", blank, kind == 0 ? "}" : "]");
}

/* Of so many members that some are the same, each with as many of its own. */
static void
append_wide(GString *to, int members, bool is_inner)
{
    for (int i = 0; i < members; i++) {
        g_string_append_printf(to, "%s\"%d\":", i > 0 ? "," : "{",
                               g_test_rand_int_range(0, members));
        if (is_inner || i % 16 > 0)
            g_string_append_printf(to, "%d", i);
        else
            append_wide(to, members, true);
    }
    g_string_append_c(to, '}');
}

static GString *
some_text(guint number)
{
    GString *text = g_string_new(NULL);
    if (number < G_N_ELEMENTS(whole))
        return g_string_append(text, whole[number]);
    if (number % 100 == 0)
        append_wide(text, (int) number / 20, false);
    else if (number % 2 == 0)
        append_json(text, 0);
    for (int i = 0; number % 2 == 1 && i < 6; i++)
        g_string_append(text, scraps[g_test_rand_int_range(0, G_N_ELEMENTS(scraps))]);
    return text;
}

static void
a_jsonb_keeps_what_we_say_it_keeps(void)
{
    g_autoptr(TestDb) db = test_pg_db("CREATE FUNCTION kept(t text) RETURNS text LANGUAGE plpgsql "
                                      "AS 'BEGIN RETURN t::jsonb::text; EXCEPTION "
                                      "WHEN data_exception THEN RETURN ''refused''; END'");
    g_autoptr(GString) sql = g_string_new("SELECT kept(t) FROM (VALUES ");
    g_autoptr(GPtrArray) ours = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) form = g_string_new(NULL);
    guint answered = 0;
    for (guint i = 0; i < TEXTS; i++) {
        g_autoptr(GString) text = some_text(i);
        g_autofree char *quoted = pg_sql("%Q", text->str);
        bool is_known = pg_form(OID_JSONB, text->str, text->len, form);
        g_ptr_array_add(ours, is_known ? g_strdup(form->str) : NULL);
        answered += is_known;
        g_string_append_printf(sql, "%s(%u, %s)", i > 0 ? ", " : "", i, quoted);
    }
    g_string_append(sql, ") v(n, t) ORDER BY n");
    g_autofree char *rows = test_pg_query(db->path, sql->str);
    g_auto(GStrv) theirs = g_strsplit(rows, "\n", -1);
    g_assert_cmpuint(g_strv_length(theirs), ==, TEXTS);
    for (guint i = 0; i < TEXTS; i++)
        if (ours->pdata[i] != NULL)
            g_assert_cmpstr(ours->pdata[i], ==, theirs[i]);
    g_assert_cmpuint(answered, >, ANSWERED_MIN);
}

static void
a_uuid_is_small_letters_in_one_layout(void)
{
    g_autoptr(GString) form = g_string_new(NULL);
    const char *big = "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11";
    g_assert_true(pg_form(OID_UUID, big, strlen(big), form));
    g_assert_cmpstr(form->str, ==, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    g_assert_false(pg_form(OID_UUID, big + 1, strlen(big) - 1, form));
    g_assert_false(pg_form(OID_TEXT, big, strlen(big), form));
}

typedef struct {
    const char *type, *text;
    const char *kept; /* NULL: it is put aside */
} FormCase;

#define LONG_NAME "a_name_of_more_than_sixty_three_bytes_which_a_server_would_make_short"

static const FormCase form_cases[] = {
    {"\"char\"", "x", "x"},
    {"\"char\"", "", ""},
    {"\"char\"", "xy", NULL},
    {"\"char\"", "é", NULL},
    {"\"char\"[]", "{a,b,NULL}", "{a,b,NULL}"},
    {"\"char\"[]", "{a,bc}", NULL},
    {"name", "select", "select"},
    {"name", LONG_NAME, NULL},
    {"name[]", "{a,\"b c\"}", "{a,\"b c\"}"},
    {"name[]", "{a," LONG_NAME "}", NULL},
    {"time(0)", "12:00:01", "12:00:01"},
    {"time(0)", "12:00:00.6", NULL},
    {"time", "12:00:00.6", "12:00:00.6"},
    {"interval(0)", "90 minutes", "01:30:00"},
    {"interval(0)", "1.5 seconds", NULL},
    {"interval year to month", "3 days", NULL},
    {"varchar(3)[]", "{abc,de}", "{abc,de}"},
    {"varchar(3)[]", "{abcd}", NULL},
    {"numeric(5,2)[]", "{1.5}", "{1.50}"},
    {"numeric(5,2)[]", "{1.555}", NULL},
    {"timestamp(0)[]", "{\"2024-01-01 00:00:00.7\"}", NULL},
    {"bit(3)", "101", "101"},
    {"bit(3)", "10", NULL},
    {"bit(3)[]", "{1010}", NULL},
    {"short_word", "abc", "abc"},
    {"short_word", "abcd", NULL},
    {"pair", "(abc,1)", "(abc,1)"},
    {"pair", "(abcd,1)", NULL},
    {"pair[]", "{\"(abc,1)\",NULL}", "{\"(abc,1)\",NULL}"},
    {"price", "(x,1.25,12:00:01)", "(x,1.25,12:00:01)"},
    {"price", "(\"a,\"\"b\",,)", "(\"a,\"\"b\",,)"},
    {"price", "(x,1.255,12:00:01)", NULL},
    {"price", "(x,1.25,12:00:01.6)", NULL},
    {"price[]", "{\"(x,1.25,)\"}", "{\"(x,1.25,)\"}"},
    {"price[]", "{\"(x,1.255,)\"}", NULL},
    {"offer", "(\"(x,1.25,)\",\"{1.50,2.00}\")", "(\"(x,1.25,)\",\"{1.50,2.00}\")"},
    {"offer", "(\"(x,1.255,)\",\"{1.50}\")", NULL},
    {"offer", "(\"(x,1.25,)\",\"{1.505}\")", NULL},
    {"cents[]", "{1.5,NULL}", "{1.50,NULL}"},
    {"cents[]", "{1.505}", NULL},
    {"few_cents[]", "{{1.5},{2}}", "{{1.50},{2.00}}"},
    {"few_cents[]", "{1.505}", NULL},
    {"many_cents", "{1.5}", "{1.50}"},
    {"many_cents", "{1.505}", NULL},
    {"many_cents[]", "{\"{1.50,2.00}\"}", "{\"{1.50,2.00}\"}"},
    {"many_cents[]", "{\"{1.505}\"}", NULL},
    {"short_word[]", "{abc}", "{abc}"},
    {"short_word[]", "{\"abc \"}", NULL},
    {"label[]", "{a,b}", "{a,b}"},
    {"label[]", "{" LONG_NAME "}", NULL},
    {"money", "-1234.50", "-$1,234.50"},
    {"money", "$1,234.5000", "$1,234.50"},
    {"money", "1.239", NULL},
    {"money", "", NULL},
    {"time", "9:05", "09:05:00"},
    {"time", "9:05:00.1234560 PM", "21:05:00.123456"},
    {"time", "12:00:00.1234567", NULL},
    {"time", "12:00:00+02", NULL},
    {"time", "2024-02-29 12:00:00", NULL},
    {"time", "120000", NULL},
    {"time[]", "[0:1]={12:00,NULL}", "[0:1]={12:00:00,NULL}"},
    {"time[]", "{{12:00:00.5},{\"00:00\"}}", "{{12:00:00.5},{00:00:00}}"},
    {"time[]", "{12:00:00,12:00:00+02}", NULL},
    {"time[]", "{\"2024-02-29 12:00:00\"}", NULL},
    {"timetz", "12:00:00+05:30", "12:00:00+05:30"},
    {"timetz", "12:00 UTC", "12:00:00+00"},
    {"timetz", "2024-02-29 12:00:00+02", NULL},
    {"timetz[]", "{12:00:00+02,00:00:00-01:30:15}", "{12:00:00+02,00:00:00-01:30:15}"},
    {"timetz[]", "{\"2024-02-29 12:00:00+02\"}", NULL},
    {"interval", "1.500000 seconds", "00:00:01.5"},
    {"interval", "0.0000004 seconds", NULL},
    {"interval[]", "{0.0000004 seconds}", NULL},
    {"timestamp[]", "{2024-02-29T12:00:00,infinity,NULL}",
     "{\"2024-02-29 12:00:00\",infinity,NULL}"},
    {"timestamp[]", "{\"2024-02-29 12:00:00+02\"}", NULL},
    {"timestamptz[]", "{\"2024-02-29 12:00:00+02\"}", "{\"2024-02-29 10:00:00+00\"}"},
    {"timestamptz[]", "{\"2024-02-29 12:00:00.1234567+02\"}", NULL},
    {"tsrange", "[2024-02-29, 2024-03-01 12:00)",
     "[\"2024-02-29 00:00:00\",\"2024-03-01 12:00:00\")"},
    {"tsrange", "[2024-02-29 00:00+02,)", NULL},
    {"date[]", "{2024-02-29,infinity}", "{2024-02-29,infinity}"},
    {"date[]", "{\"2024-02-29 12:00\"}", NULL},
    {"daterange", "[2024-02-29,2024-03-01]", "[2024-02-29,2024-03-02)"},
    {"daterange", "[2024-02-29 12:00,)", NULL},
    {"real[]", "{0.1,NaN,-Infinity,16777216}", "{0.1,NaN,-Infinity,1.6777216e+07}"},
    {"real[]", "{0.123456789012}", NULL},
    {"xid", "12", "12"},
    {"xid", "4294967297", NULL},
    {"regclass", "s1.t", NULL},
};

/* What a column of the type has of the text in the end, or NULL. */
static char *
kept_of(TestDb *from, TestDb *to, const FormCase *one, int number)
{
    g_autofree char *given = g_strdup_printf("UPDATE s SET x = '%s'", one->text);
    g_autofree char *table = g_strdup_printf("SET client_min_messages = error; DROP TABLE IF "
                                             "EXISTS t; CREATE TABLE t (k int PRIMARY KEY, x %s)",
                                             one->type);
    g_autofree char *look = g_strdup_printf("SELECT x::text FROM stage_%d", number);
    test_exec(from->path, given);
    test_pg_exec(to->path, table);
    return test_moves_one(from, to, number) ? test_pg_query(to->path, look) : NULL;
}

static void
a_text_that_a_type_would_cut_or_round_is_put_aside(void)
{
    g_autoptr(TestDb) from = test_db("CREATE TABLE s (k INTEGER PRIMARY KEY, x TEXT); INSERT INTO "
                                     "s VALUES (1, '')");
    g_autoptr(TestDb) to = test_pg_db(
        "SET client_min_messages = error; CREATE DOMAIN short_word AS "
        "varchar(3); CREATE TYPE pair AS (a varchar(3), b int); CREATE TYPE price AS (a text, "
        "b numeric(5,2), c time(0)); CREATE TYPE offer AS (a price, b numeric(5,2)[]); "
        "CREATE DOMAIN cents AS numeric(5,2); CREATE DOMAIN few_cents AS cents CHECK "
        "(VALUE < 9); CREATE DOMAIN many_cents AS numeric(5,2)[]; CREATE DOMAIN label AS name");
    for (size_t i = 0; i < G_N_ELEMENTS(form_cases); i++) {
        g_autofree char *kept = kept_of(from, to, &form_cases[i], (int) i);
        if (g_strcmp0(kept, form_cases[i].kept) != 0)
            g_error("%s keeps of '%s': '%s'", form_cases[i].type, form_cases[i].text,
                    kept != NULL ? kept : "nothing");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/form/jsonb", a_jsonb_keeps_what_we_say_it_keeps);
    g_test_add_func("/form/uuid", a_uuid_is_small_letters_in_one_layout);
    g_test_add_func("/form/a text that a type would cut or round is put aside",
                    a_text_that_a_type_would_cut_or_round_is_put_aside);
    return g_test_run();
}
