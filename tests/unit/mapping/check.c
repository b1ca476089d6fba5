/* check.c - what is said of a mapping before the first row: each finding provoked, and its words read. */
#include "mapping/mapping.h"

#include <string.h>

#define HEAD "apiVersion: honk/v1\nkind: Mapping\nsource: a\ntarget: b\n" /* four lines */

static Schema *
source_new(void)
{
    Schema *schema = schema_new("a");
    schema_add(schema, "id", TYPE_INT, "INTEGER", false);
    schema_add(schema, "User Name", TYPE_TEXT, "TEXT", true);
    schema_add(schema, "rating", TYPE_FLOAT, "REAL", true);
    schema_add(schema, "at", TYPE_TIMESTAMP, "TIMESTAMP", true);
    schema_add_key(schema, "id");
    return schema;
}

static Schema *
target_new(void)
{
    Schema *schema = schema_new("b");
    schema_add(schema, "id", TYPE_INT, "INTEGER", false);
    schema_add(schema, "name", TYPE_TEXT, "TEXT", false);
    schema_add(schema, "rating", TYPE_INT, "INTEGER", true);
    schema_add(schema, "day", TYPE_DATE, "DATE", true);
    schema_add(schema, "upper", TYPE_TEXT, "TEXT", true)->is_generated = true;
    schema_add_key(schema, "id");
    return schema;
}

#define REST "dropped: { \"User Name\": x, rating: x, at: x }\n"
#define NAMED "  name: { const: n }\n"

typedef struct {
    bool has_target;
    const char *columns;  /* what follows the head */
    const char *findings; /* all of them */
} Case;

/* clang-format off */
static const Case cases[] = {
    {true, "columns:\n  id: id\n" NAMED REST, ""},
    {true, "columns:\n  id: id\n  name: user_name\ndropped: { rating: x, at: x }\n",
     "m:7:9: error: the source has no column 'user_name'; did you mean 'User Name'? [unknown-column]\n"
     "m:1:1: warning: source column 'User Name' is neither mapped nor listed under `dropped`: its values stay behind [unmapped-column]"},
    {true, "columns:\n  id: id\n  nmae: { const: x }\n" REST,
     "m:7:3: error: the target has no column 'nmae'; did you mean 'name'? [unknown-column]\n"
     "m:1:1: error: target column 'name' does not allow NULL and has no default, but no rule fills it [uncovered-column]"},
    {true, "columns:\n  id: id\n  Name: { const: x }\n" REST,
     "m:7:3: error: the target has no column 'Name'; did you mean 'name'? [unknown-column]\n"
     "m:1:1: error: target column 'name' does not allow NULL and has no default, but no rule fills it [uncovered-column]"},
    {true, "columns:\n  id: id\n  zzzzzz: { const: x }\n" NAMED REST,
     "m:7:3: error: the target has no column 'zzzzzz'; its columns are 'id', 'name', 'rating', 'day', 'upper' [unknown-column]"},
    {true, "columns:\n  id: id\n  name: \"User Name\"\ndropped: { rating: x, at: x }\n",
     "m:7:3: warning: column 'name' does not allow NULL, but User Name may be NULL: such rows are refused (`default` gives another value) [null]"},
    {true, "columns:\n  id: id\n  name: { const: null }\n" REST, "m:7:18: error: column 'name' does not allow NULL [null]"},
    {true, "columns:\n  id: id\n" NAMED "  rating: rating\ndropped: { \"User Name\": x, at: x }\n",
     "m:8:3: warning: column 'rating': float to int may lose something; rows where it would are refused (`lossy: [ rating ]` says yes to the loss) [lossy-cast]"},
    {true, "columns:\n  id: id\n" NAMED "  rating: rating\nlossy: [ rating ]\ndropped: { \"User Name\": x, at: x }\n", ""},
    {true, "columns:\n  id: id\n" NAMED "lossy: [ id ]\n" REST,
     "m:6:3: warning: column 'id' is listed under `lossy`, but nothing can be lost on the way to int [needless]"},
    {true, "columns:\n  id: id\n" NAMED "  day: rating\ndropped: { \"User Name\": x, at: x }\n",
     "m:8:3: error: column 'day': float cannot become date [impossible-cast]"},
    {true, "columns:\n  id: id\n" NAMED "  day: id\n" REST,
     "m:8:3: error: column 'day': int cannot become date without `format: unix` or `format: unix_ms` [impossible-cast]"},
    {true, "columns:\n  id: id\n" NAMED "  day: { from: \"User Name\", type: date, format: \"%H:%M\" }\ndropped: { rating: x, at: x }\n",
     "m:8:49: error: the format '%H:%M' gives no whole date: it needs a year (%Y or %y), a month (%m or %b) and a day (%d), or a year and %j [bad-format]"},
    {true, "columns:\n  id: id\n  name: { from: \"User Name\", format: \"%Y-%m-%d\", default: x }\ndropped: { rating: x, at: x }\n",
     "m:7:38: error: format '%Y-%m-%d' means nothing between text and text; it reads or writes dates and timestamps as text (add `type: date` or `type: timestamp`) [bad-format]"},
    {true, "columns:\n  id: id\n" NAMED "  upper: { const: X }\n" REST,
     "m:8:3: error: the target computes column 'upper' itself; it cannot be written [generated]"},
    {true, "columns:\n  id: id\n" NAMED "  rating: { const: many }\n" REST,
     "m:8:20: error: the constant does not fit column 'rating' (int): 'many' is not a whole number [bad-value]"},
    {true, "columns:\n  id: id\n" NAMED "  day: { from: at, type: date, default: soon }\nlossy: [ day ]\ndropped: { \"User Name\": x, rating: x }\n",
     "m:8:41: error: the default does not fit column 'day' (date): 'soon' is not a date (YYYY-MM-DD) [bad-value]"},
    {true, "columns:\n  id: { from: id, values: { one: 1, 2: 3, \"02\": 4 } }\n" NAMED REST,
     "m:6:29: error: 'one' can never be met: the value is of type int here ('one' is not a whole number) [bad-value]\n"
     "m:6:43: error: '02' is the same int as one above in `values` [twice]\n"
     "m:1:1: note: the schemas do not show that the key is unique; the transfer will, and puts duplicates aside [unproven-key]"},
    {true, "columns:\n" NAMED REST "  ",
     "m:1:1: warning: source column 'id' is neither mapped nor listed under `dropped`: its values stay behind [unmapped-column]\n"
     "m:1:1: error: target column 'id' does not allow NULL and has no default, but no rule fills it [uncovered-column]\n"
     "m:1:1: error: key column 'id' has no rule [unmapped-key]"},
    {true, "key: name\ncolumns:\n  id: id\n" NAMED REST,
     "m:5:6: warning: the target's own key is another: 'id' [other-key]\n"
     "m:5:6: error: the key is a constant: every row after the first would be a duplicate [constant-key]"},
    {false, "columns:\n  id: id\n" REST,
     "m:1:1: warning: there is no `key`, and the target has none: rows can be counted and compared as a whole, but not one by one [no-key]"},
    {false, "key: who\ncolumns:\n  id: id\n  who: { from: \"User Name\", default: nobody }\ndropped: { rating: x, at: x }\n",
     "m:5:6: note: the schemas do not show that the key is unique; the transfer will, and puts duplicates aside [unproven-key]"},
    {false, "key: line\ncolumns:\n  id: id\n  line: _row\n" REST, ""},
    {false, "key: id\ncolumns:\n  id: { from: id, type: text }\n" REST, ""},
    {true, "columns:\n  id: id\n" NAMED "dropped: { \"User Name\": x, rating: x, att: x }\nconsumers: { user_name: { expr: y } }\n",
     "m:8:39: error: `dropped` names 'att', which is no column of the source; did you mean 'at'? [unknown-column]\n"
     "m:9:14: error: `consumers` names 'user_name', which is no column of the source; did you mean 'User Name'? [unknown-column]\n"
     "m:1:1: warning: source column 'at' is neither mapped nor listed under `dropped`: its values stay behind [unmapped-column]"},
    {true, "where: \"rating >\"\ncolumns:\n  id: id\n  name: { expr: \"upper(nmae)\", default: x }\n  rating: { expr: \"random()\" }\n" REST,
     "m:8:17: error: the expression of column 'name' is refused by the source's SQL: no such column: nmae [bad-expr]\n"
     "m:9:19: error: the expression of column 'rating' is refused by the source's SQL: random() is not allowed: the same row must give the same value every time [bad-expr]\n"
     "m:5:8: error: `where` is refused by the source's SQL: near \")\": syntax error [bad-where]"},
    {true, "where: \"id = 1) OR (id = 2\"\ncolumns:\n  id: id\n  name: { expr: \"'a)' || (\\\"User Name\\\") -- )\\n\", default: x }\n  rating: { expr: \"1), (2\" }\n" REST,
     "m:9:19: error: the expression of column 'rating' closes a bracket that it does not open [bad-expr]\n"
     "m:5:8: error: `where` closes a bracket that it does not open [bad-where]"},
};
/* clang-format on */

static void
every_finding_has_its_place_and_says_what_to_do(void)
{
    g_autoptr(Schema) source = source_new(), target = target_new();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(MappingSet) set = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strconcat(HEAD, cases[i].columns, NULL);
        if (!mapping_parse(text, strlen(text), "m", diags, &set, &error))
            g_error("%s\n%s", error->message, text);
        mapping_check(mapping_get(set, 0), source, cases[i].has_target ? target : NULL,
                      mapping_expr_check_embedded, source, diags);
        g_autofree char *found = diags_text(diags);
        g_assert_cmpstr(found, ==, cases[i].findings);
    }
}

/* What the check accepts is what runs. */
static void
a_mapping_without_errors_makes_a_program_and_one_with_errors_does_not(void)
{
    g_autoptr(Schema) source = source_new(), target = target_new();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(MappingSet) set = NULL;
        g_autoptr(Program) program = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strconcat(HEAD, cases[i].columns, NULL);
        g_assert_true(mapping_parse(text, strlen(text), "m", diags, &set, NULL));
        bool made = program_new(mapping_get(set, 0), source, cases[i].has_target ? target : NULL,
                                false, &program, &error);
        g_assert_cmpint(made, ==, strstr(cases[i].findings, ": error:") == NULL);
        g_assert_true(made == (error == NULL));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping check/every finding has its place and says what to do",
                    every_finding_has_its_place_and_says_what_to_do);
    g_test_add_func(
        "/mapping check/a mapping without errors makes a program and one with errors does not",
        a_mapping_without_errors_makes_a_program_and_one_with_errors_does_not);
    return g_test_run();
}
