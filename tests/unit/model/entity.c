/* entity.c - refs are completed, checked and lowered; an entity tells what it is. */
#include "model/entity.h"

static void
assert_ref(const char *text, const char *kind, const char *space, const char *expected)
{
    g_autofree char *ref = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(entity_ref_parse(text, kind, space, &ref, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(ref, ==, expected);
}

static void
a_short_ref_is_completed(void)
{
    assert_ref("users-v1", "component", NULL, "component:default/users-v1");
    assert_ref("users-v1", "Component", "music", "component:music/users-v1");
    assert_ref("resource:users-v1", "component", "music", "resource:music/users-v1");
    assert_ref("data/users-v1", "component", "music", "component:data/users-v1");
    assert_ref("Resource:Data/Users.V1_a", NULL, NULL, "resource:data/users.v1_a");
    assert_ref("a", "group", NULL, "group:default/a");
}

static void
what_is_no_ref_is_refused(void)
{
    static const char *const wrong[] = {
        "",   "a b", "-a",     "a-",      ":a",        "component:", "component:default/",
        "a/", "/a",  "a/b/c",  "a:b:c",   "a_b:c",     "kind:a_b/c", "kind:-/c",
        "é",  "a\n", "${{a}}", "kind: a", "https://x",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *ref = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(entity_ref_parse(wrong[i], "component", NULL, &ref, &error));
        g_assert_error(error, error_quark(), ERR_INVALID);
        g_autofree char *expected =
            g_strdup_printf("'%s' is no entity ref: expected [kind:][namespace/]name, such as "
                            "'resource:default/users-v1'",
                            wrong[i]);
        g_assert_cmpstr(error->message, ==, expected);
    }
}

static void
a_ref_that_must_name_its_kind_says_how(void)
{
    g_autofree char *ref = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(entity_ref_parse("users-v1", NULL, NULL, &ref, &error));
    g_assert_cmpstr(error->message, ==,
                    "'users-v1' names no kind: expected for example 'resource:users-v1'");
}

static void
a_name_has_at_most_63_bytes(void)
{
    char name[65];
    memset(name, 'a', 64);
    name[63] = '\0';
    g_assert_true(entity_name_is_valid(name));
    name[63] = 'a';
    name[64] = '\0';
    g_assert_false(entity_name_is_valid(name));
    g_assert_true(entity_namespace_is_valid("team-a"));
    g_assert_false(entity_namespace_is_valid("Team-a"));
    g_assert_false(entity_namespace_is_valid("team_a"));
}

static Entity *
entity_of(const char *text)
{
    g_autoptr(json_t) json = NULL;
    g_autoptr(Entity) entity = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(json_parse(text, strlen(text), "test", &json, &error));
    g_assert_true(entity_from_json(json, &entity, &error));
    g_assert_no_error(error);
    return g_steal_pointer(&entity);
}

static void
an_entity_knows_its_names(void)
{
    g_autoptr(Entity) entity = entity_of(
        "{\"kind\": \"Resource\", \"metadata\": {\"name\": \"Users-V1\", \"namespace\": \"music\","
        " \"annotations\": {\"honk/dataset-url\": \"listening:users_v1\"}},"
        " \"spec\": {\"type\": \"table\", \"owner\": \"team-identity\"}}");
    g_assert_cmpstr(entity->ref, ==, "resource:music/users-v1");
    g_assert_cmpstr(entity->kind, ==, "Resource");
    g_assert_cmpstr(entity->type, ==, "table");
    g_assert_cmpstr(entity->owner, ==, "group:music/team-identity");
    g_assert_cmpstr(entity_annotation(entity, "honk/dataset-url"), ==, "listening:users_v1");
    g_assert_null(entity_annotation(entity, "honk/other"));
    g_assert_true(entity_is_dataset(entity));
    g_assert_false(entity_is_migration(entity));
}

static void
an_entity_tells_what_it_is(void)
{
    static const struct {
        const char *kind, *type;
        bool is_dataset, is_migration;
    } cases[] = {
        {"Resource", "dataset", true, false},   {"Component", "dataset", true, false},
        {"Resource", "database", false, false}, {"API", "dataset", false, false},
        {"Migration", "", false, true},         {"Component", "dataset-migration", false, true},
        {"Component", "service", false, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            "{\"kind\": \"%s\", \"metadata\": {\"name\": \"x\"}, \"spec\": {\"type\": \"%s\"}}",
            cases[i].kind, cases[i].type);
        g_autoptr(Entity) entity = entity_of(text);
        g_assert_cmpint(entity_is_dataset(entity), ==, cases[i].is_dataset);
        g_assert_cmpint(entity_is_migration(entity), ==, cases[i].is_migration);
        g_assert_cmpstr(entity->owner, ==, "");
    }
}

static void
a_document_that_is_no_entity_says_what_is_missing(void)
{
    g_autoptr(json_t) json = json_pack("{s:s, s:{}}", "kind", "Component", "metadata");
    g_autoptr(Entity) entity = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(entity_from_json(json, &entity, &error));
    g_assert_cmpstr(error->message, ==, "entity.metadata.name is missing, expected a string");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/entity/a short ref is completed", a_short_ref_is_completed);
    g_test_add_func("/entity/what is no ref is refused", what_is_no_ref_is_refused);
    g_test_add_func("/entity/a ref that must name its kind says how",
                    a_ref_that_must_name_its_kind_says_how);
    g_test_add_func("/entity/a name has at most 63 bytes", a_name_has_at_most_63_bytes);
    g_test_add_func("/entity/an entity knows its names", an_entity_knows_its_names);
    g_test_add_func("/entity/an entity tells what it is", an_entity_tells_what_it_is);
    g_test_add_func("/entity/a document that is no entity says what is missing",
                    a_document_that_is_no_entity_says_what_is_missing);
    return g_test_run();
}
