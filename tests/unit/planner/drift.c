/* What a plan rests on: what changes its guards, what has drifted from it since, how two plans differ. */
#include "slices.h"

#include <string.h>

typedef struct {
    const char *guard;
    const char *path; /* of an object in the slice */
    const char *member;
    const char *value; /* JSON */
} Mutation;

/* Each input of a guard, mutated. */
static const Mutation mutations[] = {
    {"policy", "policy", "digest", "\"sha256:other\""},
    {"source_schema", "source.schema", "dependents", "[]"},
    {"target_schema", "target", "schema",
     "{\"dataset\": \"users_v2\", \"key\": [], \"dependents\": [], \"columns\": ["
     "{\"name\": \"user_id\", \"type\": \"int\"}, {\"name\": \"full_name\", \"type\": \"text\"},"
     "{\"name\": \"email\", \"type\": \"text\"}, {\"name\": \"country\", \"type\": \"text\"},"
     "{\"name\": \"signed_up\", \"type\": \"timestamp\"}, {\"name\": \"tier\", \"type\": \"text\"},"
     "{\"name\": \"origin\", \"type\": \"text\"}]}"},
    {"consumers", "", "consumers", "[]"},
};

static void
mutate(json_t *slice, const Mutation *mutation)
{
    json_t *object = *mutation->path != '\0' ? json_at(slice, mutation->path) : slice;
    json_t *value = json_loads(mutation->value, JSON_DECODE_ANY, NULL);
    g_assert_nonnull(object);
    g_assert_nonnull(value);
    json_object_set_new(object, mutation->member, value);
}

/* Guards that differ, with blanks between. Caller frees. */
static char *
guards_flipped(const Plan *before, const Plan *now)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *guard;
    json_t *value;

    json_object_foreach(
        json_object_get(before->json, "guards"), guard,
        value) if (!json_equal(value, json_object_get(json_object_get(now->json, "guards"), guard)))
        g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", guard);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
each_input_flips_its_guard_and_no_other(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(Plan) plan = plan_must(slice);

    for (size_t i = 0; i < G_N_ELEMENTS(mutations); i++) {
        g_autoptr(json_t) changed = slice_read_named("users");
        mutate(changed, &mutations[i]);
        g_autoptr(Plan) other = plan_must(changed);
        g_autofree char *flipped = guards_flipped(plan, other);
        g_assert_cmpstr(flipped, ==, mutations[i].guard);
        g_assert_cmpstr(plan->digest, !=, other->digest);
    }
}

static void
an_edited_mapping_flips_its_guard_and_no_other(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(Plan) plan = plan_must(slice);
    json_t *mapping = json_object_get(slice, "mapping");
    g_autofree char *longer = g_strconcat(json_get_string(mapping, "text", ""), "# a word\n", NULL);
    json_set_string(mapping, "text", longer);
    g_autoptr(Plan) other = plan_must(slice);
    g_autofree char *flipped = guards_flipped(plan, other);

    g_assert_cmpstr(flipped, ==, "mapping");
}

static void
another_strategy_flips_its_guard(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(Plan) plan = plan_must(slice);
    json_set_string(json_at(slice, "entity.spec"), "migration_strategy", "bulk-copy");
    g_autoptr(Plan) other = plan_must(slice);
    g_autofree char *flipped = guards_flipped(plan, other);

    g_assert_nonnull(strstr(flipped, "strategy"));
    g_assert_nonnull(strstr(flipped, "mapping")); /* a copy has none */
}

static void
drift_is_told_column_by_column(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(Plan) plan = plan_must(slice);
    g_autoptr(json_t) none = plan_drift(plan->json, slice);
    g_assert_cmpuint(json_array_size(none), ==, 0);

    json_t *columns = json_at(slice, "source.schema.columns");
    json_set_string(json_array_get(columns, 6), "type", "int");
    json_array_remove(json_object_get(slice, "consumers"), 0);
    json_set_string(json_object_get(slice, "mapping"), "text", "edited");
    g_autoptr(json_t) drift = plan_drift(plan->json, slice);
    g_autofree char *text = json_compact(drift);
    g_assert_nonnull(strstr(text, "column 'plan' was text, is int"));
    g_assert_nonnull(strstr(text, "consumer 'component:default/signup-service' writes it no more"));
    g_assert_nonnull(strstr(text, "mapping 'mappings/users.yaml' was edited"));
    g_assert_cmpuint(json_array_size(drift), ==, 3);
}

/* What a slice does not know is not compared: preflight may look at stores alone. */
static void
drift_is_looked_for_only_where_something_is_known(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(Plan) plan = plan_must(slice);
    g_autoptr(json_t) nothing = json_object();
    g_autoptr(json_t) drift = plan_drift(plan->json, nothing);

    g_assert_cmpuint(json_array_size(drift), ==, 0);
}

static void
an_edited_agent_makes_the_plan_stale(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(json_t) given = agent_plan("[{\"action\": \"transform\"}]");
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    json_set_string(json_at(slice, "entity.metadata.annotations"), "honk/agent", "test@1");
    json_object_set_new(slice, "agent",
                        json_pack("{s:s, s:s}", "name", "test@1", "digest", "sha256:1"));
    g_assert_true(planner_complete(slice, given, diags, &plan, &error));
    g_assert_cmpstr(json_get_string(json_object_get(plan->json, "guards"), "agent", ""), ==,
                    "test@1@sha256:1");
    g_autoptr(json_t) none = plan_drift(plan->json, slice);
    g_autoptr(json_t) nothing = json_object();
    g_autoptr(json_t) unseen = plan_drift(plan->json, nothing);
    g_assert_cmpuint(json_array_size(none), ==, 0);
    g_assert_cmpuint(json_array_size(unseen), ==, 0);

    json_set_string(json_object_get(slice, "agent"), "digest", "sha256:2");
    g_autoptr(json_t) edited = plan_drift(plan->json, slice);
    g_autofree char *edited_text = json_compact(edited);
    g_assert_cmpstr(edited_text, ==,
                    "[\"the agent 'test@1' was edited: its program, or its command in "
                    "honk.yaml\"]");
    json_object_del(slice, "agent");
    g_autoptr(json_t) gone = plan_drift(plan->json, slice);
    g_autofree char *gone_text = json_compact(gone);
    g_assert_cmpstr(gone_text, ==, "[\"the agent 'test@1' is no longer in honk.yaml\"]");
}

static void
an_agent_whose_name_looks_like_a_digest_is_no_program(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(json_t) given = agent_plan("[{\"action\": \"transform\"}]");
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    json_object_del(json_at(slice, "entity.metadata.annotations"), "honk/agent");
    json_set_string(given, "agent", "x@sha256:");
    g_assert_true(planner_complete(slice, given, diags, &plan, &error));
    g_autoptr(json_t) drift = plan_drift(plan->json, slice);
    g_assert_cmpuint(json_array_size(drift), ==, 0);
}

static void
differences_of_two_plans_are_told_line_by_line(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(Plan) plan = plan_must(slice);
    g_autoptr(GPtrArray) none = plan_differences(plan->json, plan->json);
    g_assert_cmpuint(none->len, ==, 0);

    json_t *spec = json_at(slice, "entity.spec");
    json_object_set_new(spec, "retire", json_false());
    json_t *mapping = json_object_get(slice, "mapping");
    g_auto(GStrv) parts = g_strsplit(json_get_string(mapping, "text", ""), "default: free", 2);
    g_autofree char *text = g_strconcat(parts[0], "default: none", parts[1], NULL);
    json_set_string(mapping, "text", text);
    g_autoptr(Plan) now = plan_must(slice);
    g_autoptr(GPtrArray) lines = plan_differences(plan->json, now->json);
    g_ptr_array_add(lines, NULL);
    g_autofree char *all = g_strjoinv("\n", (char **) lines->pdata);
    g_assert_nonnull(strstr(all, "mapping: column 'tier' was"));
    g_assert_nonnull(strstr(all, "step 'retire' is gone"));
    g_assert_null(strstr(all, "step 'stage'")); /* its table has another name now: no news */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    slices_in(argv[1]);
#define TEST(path, function) g_test_add_func("/planner/" path, function)
    TEST("each input flips its guard and no other", each_input_flips_its_guard_and_no_other);
    TEST("an edited mapping flips its guard and no other",
         an_edited_mapping_flips_its_guard_and_no_other);
    TEST("another strategy flips its guard", another_strategy_flips_its_guard);
    TEST("drift is told column by column", drift_is_told_column_by_column);
    TEST("drift is looked for only where something is known",
         drift_is_looked_for_only_where_something_is_known);
    TEST("an edited agent makes the plan stale", an_edited_agent_makes_the_plan_stale);
    TEST("an agent whose name looks like a digest is no program",
         an_agent_whose_name_looks_like_a_digest_is_no_program);
    TEST("differences of two plans are told line by line",
         differences_of_two_plans_are_told_line_by_line);
    return g_test_run();
}
