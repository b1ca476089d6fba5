/* change_key.c - what each change of a plan is called. */
#include "model/change_key.h"

static json_t *
parsed(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    g_assert_nonnull(json);
    return json;
}

static const char whole_text[] =
    "{\"consumer\": \"component:default/a\", \"repository\": \"acme:a\"}";
static const char part_text[] =
    "{\"consumer\": \"component:default/a\", \"repository\": \"acme:a\", \"key\": \"acme:a#data\", "
    "\"part\": {\"name\": \"data\"}}";

static void
a_repository_that_is_changed_as_a_whole_is_called_by_its_address(void)
{
    g_autoptr(json_t) whole = parsed(whole_text);
    g_autofree char *spare = change_spare(whole);
    g_assert_cmpstr(change_key(whole), ==, "acme:a");
    g_assert_null(change_part(whole));
    g_assert_cmpstr(spare, ==, "component:default/a");
}

static void
a_part_is_called_by_the_address_and_its_own_name(void)
{
    g_autoptr(json_t) part = parsed(part_text);
    g_autofree char *key = change_key_make("acme:a", "data"), *spare = change_spare(part);
    g_assert_cmpstr(change_key(part), ==, key);
    g_assert_cmpstr(change_part(part), ==, "data");
    g_assert_cmpstr(spare, ==, "component:default/a#data");
}

static void
a_key_is_of_its_own_repository_only(void)
{
    g_assert_true(change_key_is_of("acme:a", "acme:a"));
    g_assert_true(change_key_is_of("acme:a#data", "acme:a"));
    g_assert_false(change_key_is_of("acme:ab", "acme:a"));
    g_assert_false(change_key_is_of("acme:ab#data", "acme:a"));
    g_assert_true(change_spare_is_of("component:default/a#data", "component:default/a"));
    g_assert_false(change_spare_is_of("component:default/a-b", "component:default/a"));
}

static void
changes_are_found_by_their_keys(void)
{
    g_autoptr(json_t) changes = json_array();
    json_array_append_new(changes, parsed(part_text));
    g_assert_null(change_find(changes, "acme:a"));
    g_assert_true(change_find(changes, "acme:a#data") == json_array_get(changes, 0));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/change_key/a repository that is changed as a whole is called by its address",
                    a_repository_that_is_changed_as_a_whole_is_called_by_its_address);
    g_test_add_func("/change_key/a part is called by the address and its own name",
                    a_part_is_called_by_the_address_and_its_own_name);
    g_test_add_func("/change_key/a key is of its own repository only",
                    a_key_is_of_its_own_repository_only);
    g_test_add_func("/change_key/changes are found by their keys", changes_are_found_by_their_keys);
    return g_test_run();
}
