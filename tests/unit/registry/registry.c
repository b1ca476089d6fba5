/* registry.c - what was applied is found again, page by page; what did not change leaves no trace. */
#include "registry/registry.h"
#include "store/ledger.h"

#include <string.h>

#define HEAD "apiVersion: backstage.io/v1alpha1\nkind: "

static Db *
db_new(void)
{
    Db *db = NULL;
    g_autoptr(GError) error = NULL;
    bool is_ok = db_open_memory(&db, &error);
    g_assert_no_error(error);
    g_assert_true(is_ok);
    return db;
}

static RegistryCounts
apply(Db *db, const char *text, bool remove_gone)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;
    g_autoptr(GError) error = NULL;
    RegistryCounts counts = {0};
    const RegistryApply how = {
        .origin = "files", .remove_gone = remove_gone, .actor = "honk", .now_ms = 1000};
    bool is_read = catalog_parse(text, strlen(text), "t.yaml", NULL, diags, &catalog, &error);
    g_assert_no_error(error);
    g_assert_true(is_read);
    bool is_ok = db_begin(db, &error) && registry_apply(db, catalog, &how, &counts, &error) &&
                 db_commit(db, &error);
    g_assert_no_error(error);
    g_assert_true(is_ok);
    return counts;
}

static int64_t
last_seq(Db *db)
{
    int64_t seq = 0;
    g_assert_true(ledger_last(db, &seq, NULL));
    return seq;
}

static const char two[] = HEAD
    "User\nmetadata: { name: ada, title: Ada L. }\nspec: { memberOf: [ identity ] }\n---\n" HEAD
    "Group\nmetadata: { name: identity }\nspec: { type: team, children: [] }\n";

static void
what_did_not_change_makes_no_event(void)
{
    g_autoptr(Db) db = db_new();
    RegistryCounts counts = apply(db, two, false);
    g_assert_cmpint(counts.added, ==, 2);
    g_assert_cmpint(last_seq(db), ==, 2);
    counts = apply(db, two, false);
    g_assert_cmpint(counts.unchanged, ==, 2);
    g_assert_cmpint(last_seq(db), ==, 2);

    counts = apply(db, HEAD "User\nmetadata: { name: ada }\nspec: {}\n", true);
    g_assert_cmpint(counts.changed, ==, 1);
    g_assert_cmpint(counts.removed, ==, 1);
    g_assert_cmpint(last_seq(db), ==, 4);
    g_autoptr(json_t) relations = NULL;
    g_assert_true(registry_relations(db, "group:default/identity", &relations, NULL));
    g_assert_cmpuint(json_array_size(relations), ==, 0);
}

static void
an_entity_that_moved_is_found_where_it_is_now(void)
{
    g_autoptr(Db) db = db_new();
    g_autoptr(Entity) entity = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *later = g_strconcat("\n\n", two, NULL);
    apply(db, two, false);
    apply(db, later, false);
    g_assert_true(registry_get(db, "ada", &entity, &error));
    g_assert_cmpint(entity->line, ==, 3);
    g_assert_cmpint(last_seq(db), ==, 2);
}

static void
relations_are_seen_from_both_ends(void)
{
    g_autoptr(Db) db = db_new();
    g_autoptr(json_t) relations = NULL;
    apply(db, two, false);
    g_assert_true(registry_relations(db, "group:default/identity", &relations, NULL));
    g_autofree char *text = json_compact(relations);
    g_assert_cmpstr(text, ==, "[{\"type\":\"hasMember\",\"targetRef\":\"user:default/ada\"}]");
}

static void
an_entity_is_found_by_its_short_name_if_there_is_only_one(void)
{
    g_autoptr(Db) db = db_new();
    g_autoptr(Entity) entity = NULL;
    g_autoptr(GError) error = NULL;
    apply(db, two, false);
    g_assert_true(registry_get(db, "Ada", &entity, &error));
    g_assert_cmpstr(entity->ref, ==, "user:default/ada");
    g_assert_cmpstr(entity->file, ==, "t.yaml");

    g_clear_pointer(&entity, entity_free);
    g_assert_false(registry_get(db, "user:adaa", &entity, &error));
    g_assert_error(error, error_quark(), ERR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==,
                    "there is no entity 'user:default/adaa', did you mean 'user:default/ada'?");
    g_clear_error(&error);

    apply(db, HEAD "Group\nmetadata: { name: ada }\nspec: { type: team }\n", false);
    g_assert_false(registry_get(db, "ada", &entity, &error));
    g_assert_cmpstr(error->message, ==,
                    "'ada' may be any of 'group:default/ada', 'user:default/ada': name its kind");
    g_clear_error(&error);

    g_assert_false(registry_get(db, "component:ada", &entity, &error));
    g_assert_cmpstr(error->message, ==,
                    "there is no entity 'component:default/ada', but 'group:default/ada', "
                    "'user:default/ada'");
    g_clear_error(&error);
    g_assert_false(registry_migration(db, "ada", &entity, &error));
    g_assert_error(error, error_quark(), ERR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==,
                    "there is no migration 'ada', but 'group:default/ada', 'user:default/ada'");
}

static void
a_short_name_of_a_migration_means_the_migration(void)
{
    g_autoptr(Db) db = db_new();
    g_autoptr(Entity) entity = NULL;
    g_autoptr(GError) error = NULL;
    apply(db,
          HEAD "Resource\nmetadata: { name: users }\nspec: { type: dataset, owner: o }\n"
               "---\napiVersion: honk/v1\nkind: Migration\nmetadata: { name: users }\n"
               "spec: { owner: o, source_dataset: a, target_dataset: b }\n",
          false);
    g_assert_true(registry_migration(db, "users", &entity, &error));
    g_assert_cmpstr(entity->ref, ==, "migration:default/users");
    g_clear_pointer(&entity, entity_free);
    g_assert_false(registry_migration(db, "resource:users", &entity, &error));
    g_assert_error(error, error_quark(), ERR_INVALID);
}

/* ---- many ---- */

#define MANY (50000 / TEST_SHARE)

static char *
many_text(void)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < MANY; i++)
        g_string_append_printf(
            text,
            "---\napiVersion: backstage.io/v1alpha1\nkind: %s\nmetadata:\n  name: e%05d\n"
            "  description: One of many\n  annotations:\n    acme/number: \"%d\"\n"
            "spec:\n  type: %s\n  lifecycle: production\n  owner: team-%d\n"
            "  dependsOn:\n    - resource:default/e%05d\n",
            i % 10 == 0 ? "Resource" : "Component", i, i, i % 10 == 0 ? "dataset" : "service",
            i % 100, i / 100 * 10);
    return g_string_free(text, FALSE);
}

static int64_t
count_pages(Db *db, const RegistryQuery *query)
{
    RegistryQuery page = *query;
    g_autofree char *cursor = NULL;
    int64_t count = 0;
    do {
        g_autoptr(json_t) list = NULL;
        g_autoptr(GError) error = NULL;
        page.after = cursor;
        g_assert_true(registry_list(db, &page, &list, &error));
        g_assert_cmpuint(json_array_size(json_object_get(list, "items")), <=, 1000);
        count += (int64_t) json_array_size(json_object_get(list, "items"));
        g_free(cursor);
        cursor = g_strdup(json_get_string(list, "next", NULL));
    } while (cursor != NULL);
    return count;
}

static void
many_entities_load_and_are_paged(void)
{
    g_autoptr(Db) db = db_new();
    g_autofree char *text = many_text();
    int64_t begin_us = g_get_monotonic_time();
    RegistryCounts counts = apply(db, text, false);
    g_test_message("%d entities read and applied in %d ms", MANY,
                   (int) ((g_get_monotonic_time() - begin_us) / 1000));
    g_assert_cmpint(counts.added, ==, MANY);

    g_assert_cmpint(count_pages(db, &(RegistryQuery){.limit = 5000}), ==, MANY);
    g_assert_cmpint(count_pages(db, &(RegistryQuery){.kind = "resource"}), ==, MANY / 10);
    g_assert_cmpint(count_pages(db, &(RegistryQuery){.type = "dataset", .limit = 1000}), ==,
                    MANY / 10);
    g_assert_cmpint(count_pages(db, &(RegistryQuery){.owner = "group:default/team-7"}), ==,
                    MANY / 100);
    g_assert_cmpint(count_pages(db, &(RegistryQuery){.text = "E0004"}), ==, 10);
    g_assert_cmpint(count_pages(db, &(RegistryQuery){.kind = "Component", .text = "e0004"}), ==, 9);

    g_autoptr(json_t) numbers = NULL, lineage = NULL;
    g_assert_true(registry_counts(db, &numbers, NULL));
    g_assert_cmpint(json_get_int(numbers, "entities", 0), ==, MANY);

    CatalogView view = registry_view(db);
    begin_us = g_get_monotonic_time();
    g_assert_true(catalog_lineage(&view, "resource:default/e00000", LINEAGE_DOWNSTREAM, 100, 1000,
                                  &lineage, NULL));
    g_test_message("a walk to 1,000 entities took %d ms",
                   (int) ((g_get_monotonic_time() - begin_us) / 1000));
    g_assert_cmpuint(json_array_size(json_object_get(lineage, "entities")), ==, 1000);
    g_assert_true(json_get_bool(lineage, "truncated", false));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/what did not change makes no event",
                    what_did_not_change_makes_no_event);
    g_test_add_func("/registry/an entity that moved is found where it is now",
                    an_entity_that_moved_is_found_where_it_is_now);
    g_test_add_func("/registry/relations are seen from both ends",
                    relations_are_seen_from_both_ends);
    g_test_add_func("/registry/an entity is found by its short name if there is only one",
                    an_entity_is_found_by_its_short_name_if_there_is_only_one);
    g_test_add_func("/registry/a short name of a migration means the migration",
                    a_short_name_of_a_migration_means_the_migration);
    g_test_add_func("/registry/many entities load and are paged", many_entities_load_and_are_paged);
    return g_test_run();
}
