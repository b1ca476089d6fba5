/* postgres_form.c - what jsonb and uuid make of a text: our answer against the server's, for texts that nobody would write. */
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/form/jsonb", a_jsonb_keeps_what_we_say_it_keeps);
    g_test_add_func("/form/uuid", a_uuid_is_small_letters_in_one_layout);
    return g_test_run();
}
