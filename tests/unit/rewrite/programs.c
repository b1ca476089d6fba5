/*
 * programs.c - random programs in every language: whatever they say, the laws hold.
 *
 * A program is made of whole strings, comments and code that speak of the dataset, and now and then of halves of them. SEED=n
 * makes the same ones again.
 */
#include "laws.h"

#include <stdlib.h>
#include <string.h>

#define PROGRAMS 400 /* of each language */

typedef struct {
    const char *path;
    const char *pieces[16]; /* NULL-terminated; %s is some text */
} Grammar;

/* clang-format off */
static const Grammar grammars[] = {
    {"x.py", {"q = \"%s\"\n", "q = f\"\"\"\n%s\n\"\"\"\n", "q = r'%s'\n", "q += \"%s\" + x\n", "f(\"%s\" % y, 'a' \"%s\")\n",
              "# %s\n", "\"\"\"%s\"\"\"\n", "T = \"%s\"\n", "q = f\"{T} %s {T}\"\n", "d[\"%s\"]\n", "log.info('%s')\n", "\"\"\""}},
    {"x.scala", {"val q = \"%s\"\n", "val q = s\"\"\"%s\n  |%s\"\"\".stripMargin\n", "/* %s /* */ */\n", "f(\"%s\" + x)\n", "// %s\n",
                 "val T = \"%s\"\n", "val q = s\"$T ${T} %s\"\n", "'\"'\n"}},
    {"x.java", {"String q = \"%s\";\n", "String q = \"%s\"\n + x + \"%s\";\n", "/* %s */\n", "q = \"\"\"\n%s\\\n\"\"\";\n", "'\\''\n"}},
    {"x.kt", {"val q = \"%s\"\n", "val q = \"\"\"%s ${f(\"%s\")}\"\"\"\n", "// %s\n"}},
    {"x.go", {"q := `%s`\n", "q := \"%s\" + x\n", "// %s\n", "f(\"%s\", '\"')\n"}},
    {"x.ts", {"const q = `%s ${f(`%s`)}`;\n", "const q = '%s' + \"%s\";\n", "/[\"'/]/.test(x);\n", "// %s\n", "const T = '%s';\n",
              "const q = `%s ${T}`;\n", "<p>don't</p>\n", "a({ \"%s\": '%s' });\n"}},
    {"x.rs", {"let q = \"%s\";\n", "query!(r#\"%s\"#, x);\n", "let q = format!(\"%s {x} {}\", T);\n", "const T: &'static str = \"%s\";\n",
              "/* %s /* */ */\n", "f::<'a>('\"', b'\\'');\n", "table! { u (i) { i -> Text, } }\n", "panic!(\"%s\");\n", "let q = r\"%s\";\n",
              "r#\""}},
    {"x.ex", {"q = \"%s #{f(\"%s\")}\"\n", "q = \"\"\"\n%s\n\"\"\"\n", "q = ~s(%s #{f(\")\")})\n", "q = ~S'''\n%s\n'''\n",
              "q = \"%s\" <> x <> \"%s\"\n", "@doc \"%s\"\n", "schema \"%s\" do\n", "# %s\n", "c = ?\"\n", "~w(%s)\n", "~s("}},
    {"y.java", {"@Select({\"<script>\", \"%s\", \"<if test='x'>%s</if>\", \"</script>\"})\n", "@Select(\"<script>%s</script>\")\n",
                "@Delete({\"%s\", X, \"%s\"})\n", "@Select({\"SELECT i\", \"FROM u\"})\n", "@Update(\"\"\"\n<script>%s &lt; 3</script>\"\"\")\n"}},
    {"y.xml", {"<sqlMap><select id=\"a\">%s <dynamic prepend=\"WHERE\"><isNull prepend=\"AND\">i = #i#</isNull></dynamic></select></sqlMap>\n",
               "<update id=\"b\">UPDATE u <dynamic prepend=\"SET\"><isNull prepend=\",\">k = 1</isNull></dynamic></update>\n",
               "<select id=\"c\">%s <where><if test=\"x\">k = #{k}</if></where></select>\n", "<!-- %s -->\n",
               "<select id=\"d\">SELECT i FROM u <isEqual prepend=\"WHERE\">i = 3</isEqual></select>\n"}},
    {"x.R", {"q <- \"%s\"\n", "q <- r\"(%s)\"\n", "# %s\n", "tbl(con, '%s') %%>%% filter(i)\n"}},
    {"x.rb", {"q = \"%s #{f(\"%s\")}\"\n", "q = <<~SQL\n  %s\nSQL\n", "f(<<-'A', \"%s\")\n %s\nA\n", "q = %%q(%s)\n", "# %s\n", "T = \"%s\"\n",
              "q = \"%s #{T}\" %% [T]\n", "q << \"%s\"\n", "puts '%s'\n", "/[\"']/\n", "<<~SQL\n"}},
    {"x.sh", {"psql -c \"%s\"\n", "bq query '%s'\n", "psql <<EOF\n%s\nEOF\n", "T=\"%s\"\n", "x \"$(psql -c \"%s\")\" $T\n", "# %s\n", "echo \"%s\" | psql\n"}},
    {"x.yaml", {"k:\n  sql: |\n    %s\n", "- table: %s\n", "- {a: '%s', b: [%s, \"%s\"]}\n", "# %s\n", "a: >-\n  %s\n"}},
    {"x.json", {"{\"a\": \"%s\", \"%s\": [\"%s\"]}\n"}},
    {"x.toml", {"a = \"%s\"\n", "b = '''%s'''\n", "# %s\n"}},
    {"x.tf", {"a = \"%s\"\n", "b = <<-X\n  %s\n  X\n", "/* %s */\n"}},
    {"x.conf", {"a = %s\n", "b = \"\"\"%s\"\"\"\n", "// %s\n"}},
    {"x.lkml", {"sql: %s ;;\n", "dimension: i { sql: ${TABLE}.i ;; }\n", "# %s\n"}},
    {"x.xml", {"<a b=\"%s\">%s</a>\n", "<![CDATA[%s]]>\n", "<!-- %s -->\n"}},
    {"x.properties", {"a=%s \\\n  %s\n", "# %s\n"}},
    {"x.sqlx", {"config { type: \"%s\" }\n", "%s\n", "js { const a = '%s'; // it's\n}\n", "SELECT i FROM ${ref(\"u\")} WHERE k = ${x}\n",
                "pre_operations {\n%s\n}\n", "SELECT i FROM ${ref('a.b', 'u')}\n", "-- %s\n"}},
    {"x.ipynb", {"{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"q = '%s'\\n\", \"%%sql %s\\n\", \"!psql -c '%s'\"]}]}\n"}},
};

static const char *const texts[] = {
    "SELECT i, k FROM u", "SELECT i FROM a.b.u WHERE k = 3", "SELECT * FROM u", "SELECT f FROM u WHERE i = {x}", "a.b.u", "u", "v",
    "SELECT i FROM {p}.u", "SELECT c FROM u t JOIN w ON t.i = w.i WHERE c = 'x'", "i", "AND k = 1", "select the u of i", "a:b.u",
    "WITH u AS (SELECT 1 AS i) SELECT i FROM u", "UPDATE u SET k = 1 WHERE i = %s", "SELECT i FROM u GROUP BY $x", "\\\"", "",
};
/* clang-format on */

static void
append_filled(GString *program, const char *piece, GRand *chance)
{
    for (const char *c = piece; *c != '\0'; c++) {
        if (c[0] != '%' || (c[1] != 's' && c[1] != '%')) {
            g_string_append_c(program, *c);
            continue;
        }
        if (*++c == 's')
            g_string_append(program, texts[g_rand_int_range(chance, 0, G_N_ELEMENTS(texts))]);
        else
            g_string_append_c(program, '%');
    }
}

static char *
random_program(const Grammar *grammar, GRand *chance)
{
    GString *program = g_string_new(NULL);
    int count = 0, pieces = g_rand_int_range(chance, 1, 7);
    while (grammar->pieces[count] != NULL)
        count++;
    for (int i = 0; i < pieces; i++)
        append_filled(program, grammar->pieces[g_rand_int_range(chance, 0, count)], chance);
    if (g_rand_int_range(chance, 0, 8) == 0) /* the end is missing */
        g_string_truncate(program, (gsize) g_rand_int_range(chance, 0, (int) program->len + 1));
    return g_string_free(program, FALSE);
}

static Rewrite *
rewritten(const char *path, const char *text, bool propagates, const Renames *renames)
{
    RewriteOptions options = {.propagates = propagates};
    return rewrite_text(path, text, strlen(text), renames, &options);
}

static void
check(const char *path, const char *text, bool propagates, int *edited)
{
    g_autoptr(Renames) renames = renames_new(laws_mappings()),
                       others = renames_new_for_name("x.y.other");
    g_autoptr(Rewrite) rewrite = rewritten(path, text, propagates, renames);
    laws_check(rewrite, text, strlen(text));
    g_autoptr(Rewrite) none = rewritten(path, text, propagates, others);
    g_assert_cmpuint(none->edits->len, ==, 0);
    if (!rewrite_is_decided(rewrite))
        return;
    size_t bytes = 0;
    *edited += rewrite->edits->len > 0;
    g_autofree char *after = rewrite_apply(rewrite, text, strlen(text), &bytes);
    g_autoptr(Rewrite) again = rewritten(path, after, propagates, renames);
    if (again->edits->len > 0)
        g_test_message("%s\n--- became\n%s", text, after);
    g_assert_cmpuint(again->edits->len, ==, 0);
}

static void
test_the_laws_hold(const void *data)
{
    const Grammar *grammar = data;
    const char *seed = g_getenv("SEED");
    g_autoptr(GRand) chance = g_rand_new_with_seed(seed != NULL ? (guint32) atoi(seed) : 1);
    int edited = 0;
    for (int i = 0; i < PROGRAMS; i++) {
        g_autofree char *program = random_program(grammar, chance);
        check(grammar->path, program, i % 2 == 1, &edited);
    }
    g_assert_cmpint(edited, >, 5); /* else nothing was looked at */
}

static void
test_a_table_is_found_behind_many_ordinary_words(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(Renames) renames = renames_new(laws_mappings());
    RewriteOptions options = {0};
    for (int i = 0; i < 300; i++)
        g_string_append(text, "u of it\n");
    g_string_append(text, "select i from u\n");
    g_autoptr(Rewrite) rewrite = rewrite_text("x.lua", text->str, text->len, renames, &options);
    g_assert_cmpint(rewrite->count[DISPOSITION_NEEDS_PERSON], ==, 1);
    g_assert_cmpint(rewrite->count[DISPOSITION_UNAFFECTED], <, 300);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(grammars); i++) {
        g_autofree char *path = g_strdup_printf("/programs/the laws hold in %s", grammars[i].path);
        g_test_add_data_func(path, &grammars[i], test_the_laws_hold);
    }
    g_test_add_func("/programs/a table is found behind many ordinary words",
                    test_a_table_is_found_behind_many_ordinary_words);
    return g_test_run();
}
