/* What hangs on a table and comes along to one that is made from it. */
#include "model/along.h"

#include <string.h>

static GPtrArray *
names_of(const char *list)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) parts = g_strsplit(list, " ", -1);
    for (char **part = parts; *part != NULL; part++)
        g_ptr_array_add(names, g_strdup(*part));
    return names;
}

static Schema *
source_new(void)
{
    Schema *source = schema_new("users");
    schema_add(source, "id", TYPE_INT, "int8", false);
    schema_add(source, "email", TYPE_TEXT, "text", true);
    schema_add(source, "nick", TYPE_TEXT, "text", true);
    schema_add_key(source, "id");
    dependent_set_columns(schema_add_dependent(source, "unique", "by_email", "CREATE …"),
                          names_of("email id"));
    dependent_set_columns(schema_add_dependent(source, "unique", "by_nick", "CREATE …"),
                          names_of("nick"));
    schema_add_dependent(source, "unique", "folded", "CREATE … (lower(email))");
    schema_add_dependent(source, "default", "id", "nextval('s'::regclass)");
    schema_add_dependent(source, "default", "email", "NULL");
    schema_add_dependent(source, "comment", "", "who");
    schema_add_dependent(source, "comment", "nick", "for short");
    schema_add_dependent(source, "check", "c", "");
    return source;
}

/* `nick` does not come as it is, the others under other names. */
static const char *
new_name(const char *column, const void *data)
{
    return strcmp(column, "id") == 0 ? "number" : strcmp(column, "email") == 0 ? "mail" : NULL;
}

static Schema *
made_new(const Schema *source)
{
    Schema *made = schema_new("people");
    schema_add(made, "number", TYPE_INT, "int8", false);
    schema_add(made, "mail", TYPE_TEXT, "text", true);
    along_take(made, source, new_name, NULL);
    return made;
}

static void
what_comes_has_the_new_names(void)
{
    g_autoptr(Schema) source = source_new(), made = made_new(source);
    g_assert_cmpuint(made->dependents->len, ==, 3);
    const Dependent *comment = along_of(made, "comment", NULL);
    const Dependent *unique = made->dependents->pdata[2];
    g_autofree char *text = along_unique_text(unique, g_strdup);
    g_assert_cmpstr(comment->definition, ==, "who");
    g_assert_nonnull(along_of(made, "identity", "number"));
    g_assert_cmpstr(text, ==, "UNIQUE (mail, number)");
}

static bool
holds_no_comment(void *store, const Schema *made, const Dependent *along)
{
    return strcmp(along->kind, "comment") != 0;
}

static void
what_does_not_come_is_told(void)
{
    g_autoptr(Schema) source = source_new(), made = made_new(source);
    g_autofree char *left = along_left(made, source, new_name, NULL, holds_no_comment, NULL);
    g_autofree char *all = along_left(made, source, new_name, NULL, NULL, NULL);
    g_assert_cmpstr(left, ==,
                    "unique 'by_nick', unique 'folded', check 'c', the comment on 'users'");
    g_assert_cmpstr(
        all, ==,
        "unique 'by_email', unique 'by_nick', unique 'folded', check 'c', the default of "
        "'id', the comment on 'users'");
}

/* What the store says in words of its own, of these columns. */
static void
add_own(Schema *source, const char *kind, const char *name, const char *columns)
{
    dependent_set_own(schema_add_dependent(source, kind, name, ""), g_strdup("words"),
                      names_of(columns));
}

static void
words_of_a_store_come_with_the_names_that_they_know(void)
{
    g_autoptr(Schema) source = source_new(), again = NULL;
    g_autoptr(GError) error = NULL;
    add_own(source, "index", "users_by_mail", "email");
    add_own(source, "index", "elsewhere", "email id");
    add_own(source, "check", "d", "nick email");
    g_autoptr(json_t) json = schema_to_json(source);
    bool read = schema_from_json(json, &again, &error);
    g_assert_no_error(error);
    g_assert_true(read);
    g_autofree char *before = schema_fingerprint(source);
    dependent_set_own(schema_add_dependent(again, "check", "e", ""), NULL, NULL);
    g_autoptr(Schema) made = made_new(again);
    g_assert_cmpuint(made->dependents->len, ==, 5);
    const Dependent *elsewhere = made->dependents->pdata[2], *by_mail = made->dependents->pdata[3];
    g_assert_cmpstr(elsewhere->own, ==, "words");
    g_assert_null(elsewhere->own_name);
    g_assert_cmpstr(elsewhere->own_columns->pdata[1], ==, "number");
    g_assert_cmpstr(elsewhere->own_from->pdata[1], ==, "id");
    g_assert_cmpstr(by_mail->own_name, ==, "_by_mail");
    g_assert_false(along_is_index(by_mail)); /* other stores have no words for it */
    for (guint i = 0; i < source->dependents->len; i++)
        dependent_set_own(source->dependents->pdata[i], NULL, NULL);
    g_autofree char *after = schema_fingerprint(source);
    g_assert_cmpstr(before, ==, after);
}

static void
what_may_come_is_in_its_json_and_not_in_its_fingerprint(void)
{
    g_autoptr(Schema) source = source_new(), again = NULL;
    g_autoptr(json_t) json = schema_to_json(source);
    g_autoptr(GError) error = NULL;
    g_autofree char *before = schema_fingerprint(source);
    bool read = schema_from_json(json, &again, &error);
    g_assert_no_error(error);
    g_assert_true(read);
    g_autoptr(Schema) made = made_new(again);
    g_assert_cmpuint(made->dependents->len, ==, 3);
    for (guint i = 0; i < again->dependents->len; i++)
        dependent_set_columns(again->dependents->pdata[i], NULL);
    g_autofree char *after = schema_fingerprint(again);
    g_assert_cmpstr(before, ==, after);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/along/what comes has the new names", what_comes_has_the_new_names);
    g_test_add_func("/along/what does not come is told", what_does_not_come_is_told);
    g_test_add_func("/along/words of a store come with the names that they know",
                    words_of_a_store_come_with_the_names_that_they_know);
    g_test_add_func("/along/what may come is in its JSON and not in its fingerprint",
                    what_may_come_is_in_its_json_and_not_in_its_fingerprint);
    return g_test_run();
}
