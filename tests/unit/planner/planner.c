/* Plans from slices: whole, the same again, and refused with a reason. */
#include "slices.h"

#include "base/text.h"
#include "planner/places.h"
#include "planner/text_table.h"

#include <string.h>

/* The steps' actions with blanks between. Caller frees. */
static char *
actions_of(const Plan *plan)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < plan->steps->len; i++) {
        const Step *step = plan->steps->pdata[i];
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", step->action->name);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Planning fails, and one finding has this code and says this. */
static void
refuse(const json_t *slice, const json_t *agent_plan, const char *code, const char *says)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) observations = NULL;
    g_autoptr(Plan) plan = NULL;
    bool ok = agent_plan != NULL ? planner_complete(slice, agent_plan, diags, &plan, &error)
                                 : planner_plan(slice, diags, &plan, &observations, &error);

    g_assert_false(ok);
    g_assert_error(error, error_quark(), ERR_INVALID);
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        if (strcmp(diag->code, code) == 0 && strstr(diag->message, says) != NULL)
            return;
    }
    g_autofree char *text = diags_text(diags);
    g_error("no finding [%s] with '%s' in:\n%s", code, says, text);
}

static void
the_steps_of_the_tutorial_become_a_whole_plan(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(json_t) given =
        agent_plan("[{\"name\": \"validate-schema\", \"action\": \"validate\","
                   "  \"params\": {\"source\": \"users-v1\", \"target\": \"users-v2\"}},"
                   " {\"name\": \"transform-data\", \"action\": \"transform\","
                   "  \"params\": {\"mapping_file\": \"mappings/users.yaml\"}}]");
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    g_assert_true(planner_complete(slice, given, diags, &plan, &error));
    g_autofree char *actions = actions_of(plan);
    g_assert_cmpstr(actions, ==, "validate freeze stage transform compare swap settle retire");

    const Step *transform = plan_step(plan, "transform-data");
    g_assert_nonnull(transform);
    g_assert_cmpstr(json_get_string(transform->params, "source", ""), ==,
                    "resource:default/users-v1");
    g_assert_cmpstr(transform->after->pdata[0], ==, "stage");
    g_assert_cmpuint(transform->needs->len, ==, 1);
    g_assert_cmpstr(transform->needs->pdata[0], ==, "store:listening");
    g_assert_cmpstr(transform->uses->pdata[0], ==, "store:listening");
    g_assert_cmpstr(transform->reverse_text, ==, "empty the staging table");
    g_assert_cmpstr(json_get_string(plan->json, "consistency", ""), ==, "frozen");
    g_assert_cmpstr(
        json_string_value(json_array_get(json_object_get(plan->json, "irreversible"), 1)), ==,
        "retire");
}

static void
the_built_in_agent_plans_the_same(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(Plan) plan = plan_must(slice);
    g_autofree char *actions = actions_of(plan);

    g_assert_cmpstr(actions, ==, "validate freeze stage transform compare swap settle retire");
    g_assert_nonnull(plan_step(plan, "validate-schema"));
}

static json_t *
dual_written(bool can)
{
    json_t *slice = slice_read_named("users");
    json_set_string(json_at(slice, "entity.spec"), "consistency", "dual-write");
    json_set_bool(json_at(slice, "capabilities.source"), "watch", true);
    json_set_bool(json_at(slice, "capabilities.target"), "follow", true);
    json_set_bool(json_at(slice, "capabilities.source"), "mirror", can);
    return slice;
}

static void
writers_that_write_to_both_sides_are_stopped_behind_the_comparison(void)
{
    g_autoptr(json_t) slice = dual_written(true);
    g_autoptr(Plan) plan = plan_must(slice);
    g_autofree char *actions = actions_of(plan);
    g_assert_cmpstr(actions, ==,
                    "validate stage watch transform mirror compare freeze swap settle retire");
    g_assert_cmpstr(json_get_string(plan->json, "consistency", ""), ==, "dual-write");
}

static void
writers_that_cannot_write_to_both_sides_are_followed(void)
{
    g_autoptr(json_t) slice = dual_written(false);
    json_set_string(json_object_get(slice, "source"), "no_mirror", "they are apart");
    g_autoptr(Plan) plan = plan_must(slice);
    g_autofree char *actions = actions_of(plan);
    g_autofree char *risks = json_compact(json_object_get(plan->json, "risks"));
    g_assert_cmpstr(actions, ==,
                    "validate stage watch transform freeze compare swap settle retire");
    g_assert_cmpstr(json_get_string(plan->json, "consistency", ""), ==, "live");
    g_assert_nonnull(strstr(risks, "they are apart"));
}

static void
what_cannot_be_frozen_is_checked(void)
{
    g_autoptr(json_t) slice = slice_read_named("airports");
    g_autoptr(Plan) plan = plan_must(slice);
    g_autofree char *actions = actions_of(plan);

    g_assert_cmpstr(actions, ==, "validate stage copy compare swap settle");
    g_assert_cmpstr(json_get_string(plan->json, "consistency", ""), ==, "checked");
    const Step *copy = plan_step(plan, "copy-dataset");
    g_assert_cmpuint(copy->needs->len, ==, 2); /* two stores */
    g_assert_cmpuint(copy->uses->len, ==, 1);  /* writes to one */
}

static void
the_entity_may_leave_out_the_freeze_and_the_retirement(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    json_t *spec = json_at(slice, "entity.spec");
    json_set_string(spec, "consistency", "checked");
    json_object_set_new(spec, "retire", json_false());
    g_autoptr(Plan) plan = plan_must(slice);
    g_autofree char *actions = actions_of(plan);

    g_assert_cmpstr(actions, ==, "validate stage transform compare swap settle");
    g_assert_cmpuint(json_array_size(json_object_get(plan->json, "irreversible")), ==, 1);
}

/* Both datasets are there, and a repository has code that changes. */
static json_t *
slice_without_rows(void)
{
    json_t *slice = slice_read_named("users"), *change = NULL;
    json_t *schema = json_loads(
        "{\"dataset\": \"users_v2\", \"key\": [], \"dependents\": [], \"columns\": ["
        "{\"name\": \"user_id\", \"type\": \"int\"}, {\"name\": \"full_name\", \"type\": \"text\"},"
        "{\"name\": \"email\", \"type\": \"text\"}, {\"name\": \"country\", \"type\": \"text\"},"
        "{\"name\": \"signed_up\", \"type\": \"timestamp\"}, {\"name\": \"tier\", \"type\": "
        "\"text\"},"
        "{\"name\": \"origin\", \"type\": \"text\"}]}",
        0, NULL);
    change = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{}, s:{s:i}, s:[]}", "consumer",
                       "component:default/report", "owner", "group:default/bi", "repository",
                       "acme:report", "deploy", "merge", "found_by", "lineage", "blobs", "counts",
                       "rewritten", 2, "reasons");
    g_assert_true(schema != NULL && change != NULL);
    json_object_set_new(json_object_get(slice, "target"), "schema", schema);
    json_object_set_new(slice, "changes", json_pack("[o]", change));
    json_set_string(json_at(slice, "entity.spec"), "migration_strategy", "consumer-rewrite");
    return slice;
}

static void
where_only_code_changes_no_rows_are_staged_or_swapped(void)
{
    g_autoptr(json_t) slice = slice_without_rows();
    g_autoptr(Plan) plan = plan_must(slice);
    g_autofree char *actions = actions_of(plan);
    g_autofree char *text = plan_text(plan, NULL, NULL, 100, false);

    g_assert_cmpstr(actions, ==, "validate rewrite settle");
    g_assert_false(planner_moves_rows(plan));
    g_assert_null(json_at(plan->json, "target.stage"));
    g_assert_null(json_object_get(plan->json, "consistency"));
    g_assert_null(json_object_get(plan->json, "quarantine"));
    g_assert_nonnull(strstr(text, "no rows move"));
    g_assert_null(strstr(text, "keeps the old dataset until"));
    g_autoptr(json_t) drift = plan_drift(plan->json, slice);
    g_assert_cmpuint(json_array_size(drift), ==, 0);
}

static void
a_freeze_and_a_retirement_are_there_if_asked_for(void)
{
    g_autoptr(json_t) slice = slice_without_rows();
    json_t *spec = json_at(slice, "entity.spec");
    json_set_string(spec, "consistency", "frozen");
    json_object_set_new(spec, "retire", json_true());
    g_autoptr(Plan) plan = plan_must(slice);
    g_autofree char *actions = actions_of(plan);
    g_autofree char *drop =
        json_compact(json_object_get(plan_step(plan, "retire")->params, "drop"));

    g_assert_cmpstr(actions, ==, "validate rewrite freeze settle retire");
    g_assert_cmpstr(drop, ==, "[\"listening:users_v1\"]");
}

static void
without_code_to_change_or_a_target_there_is_nothing_to_plan(void)
{
    g_autoptr(json_t) slice = slice_without_rows(), missing = slice_without_rows();

    json_object_set_new(slice, "changes", json_array());
    refuse(slice, NULL, "empty-plan", "there is nothing to do: no consumer of");
    json_object_set_new(json_object_get(missing, "target"), "schema", json_null());
    refuse(missing, NULL, "unreadable-dataset", "this plan moves no rows that would make it");
}

static void
the_same_slice_gives_the_same_bytes(void)
{
    g_autoptr(json_t) slice = slice_read_named("users"), later = slice_read_named("users");
    json_set_int(later, "now_ms", 1);
    json_object_set_new(later, "trial", json_pack("{s:i}", "rows_per_s", 7));
    json_set_int(json_object_get(later, "source"), "rows", 3);
    /* The order in which the catalog lists consumers is no difference either. */
    json_t *consumers = json_object_get(later, "consumers");
    json_t *first = json_incref(json_array_get(consumers, 0));
    json_array_remove(consumers, 0);
    json_array_append_new(consumers, first);
    g_autoptr(Plan) plan = plan_must(slice), again = plan_must(later);
    g_autofree char *a = json_compact(plan->json), *b = json_compact(again->json);

    g_assert_cmpstr(plan->digest, ==, again->digest);
    g_assert_cmpstr(a, ==, b);
}

typedef struct {
    const char *path, *member, *value; /* value NULL: taken out */
    const char *code, *says;
} Bad;

static const Bad bad_slices[] = {
    {"entity.spec", "migration_strategy", "\"schema-transfrom\"", "unknown-strategy",
     "did you mean 'schema-transform'?"},
    {"entity.spec", "migration_strategy", NULL, "missing-field", "spec.migration_strategy"},
    {"entity.spec", "mapping_file", NULL, "missing-field", "honk mapping draft users-v1 users-v2"},
    {"entity.spec", "source_dataset", NULL, "missing-field", "spec.source_dataset"},
    {"entity.spec", "consistency", "\"frosen\"", "invalid-field",
     "'frozen', 'snapshot', 'live', 'live-sync', 'dual-write' or 'checked'"},
    {"entity.spec", "consistency", "\"snapshot\"", "store-cannot",
     "none of 'listening:users_v1' can be held: nobody could look"},
    {"entity.spec", "left_behind_max", "5", "invalid-field", "is for consistency 'snapshot'"},
    {"entity.spec", "retire", "\"yes\"", "invalid-field", "true or false"},
    {"entity.metadata.annotations", "honk/agent", "\"hank\"", "unknown-agent", "'hank'"},
    {"", "source", "null", "unknown-dataset", "the catalog has no dataset 'users-v1'"},
    {"source", "url", "null", "no-address", "honk/dataset-url"},
    {"source", "schema", "null", "unreadable-dataset",
     "there is no 'users_v1' in store 'listening'"},
    {"source", "problem", "\"no such table: users_v1\"", "unreadable-dataset", "no such table"},
    {"capabilities.target", "load", "false", "store-cannot", "it is no target"},
    {"capabilities.source", "scan", "false", "store-cannot", "it is no source"},
    {"", "mapping", "null", "missing-mapping", "there is no such file"},
};

static void
what_keeps_a_plan_from_being_made_is_said(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_slices); i++) {
        const Bad *bad = &bad_slices[i];
        g_autoptr(json_t) slice = slice_read_named("users");
        json_t *object = *bad->path != '\0' ? json_at(slice, bad->path) : slice;
        g_assert_nonnull(object);
        if (bad->value == NULL)
            json_object_del(object, bad->member);
        else
            json_object_set_new(object, bad->member, json_loads(bad->value, JSON_DECODE_ANY, NULL));
        refuse(slice, NULL, bad->code, bad->says);
    }
}

static void
a_source_of_which_not_every_write_could_be_noted_is_not_live(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    json_set_string(json_at(slice, "entity.spec"), "consistency", "live");
    json_set_bool(json_at(slice, "capabilities.source"), "watch", true);
    json_set_bool(json_at(slice, "capabilities.target"), "follow", true);
    plan_free(plan_must(slice));
    json_set_string(json_object_get(slice, "source"), "no_notes", "it has no primary key");
    refuse(slice, NULL, "store-cannot",
           "what is written to 'listening:users_v1' cannot be noted: it has no primary key");
}

static void
depend(json_t *slice, const char *which, const char *kind, const char *name, const char *definition)
{
    json_t *schema = json_object_get(json_object_get(slice, which), "schema");
    json_array_append_new(
        json_object_get(schema, "dependents"),
        json_pack("{ssssss}", "kind", kind, "name", name, "definition", definition));
}

static void
what_hangs_on_the_tables_is_told_or_refused(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    json_t *columns = json_at(slice, "source.schema");
    json_object_set_new(json_object_get(slice, "target"), "schema", json_deep_copy(columns));
    depend(slice, "target", "materialized_view", "by_country", "SELECT 1");
    depend(slice, "source", "materialized_view", "by_name", "SELECT 1");
    json_set_string(json_at(slice, "entity.spec"), "migration_strategy", "bulk-copy");
    g_autoptr(Plan) plan = plan_must(slice);
    g_autofree char *risks = json_compact(json_object_get(plan->json, "risks"));
    g_assert_nonnull(strstr(risks, "filled in the swap, while readers wait"));
    g_assert_nonnull(strstr(risks, "'by_country'"));
    g_assert_nonnull(strstr(risks, "need it: materialized view 'by_name'"));

    g_autoptr(json_t) parted = slice_read_named("users");
    json_set_string(json_object_get(parted, "target"), "url", "listening:users_v1");
    depend(parted, "source", "partition_key", "", "RANGE (id)");
    refuse(parted, NULL, "store-cannot", "is partitioned by RANGE (id)");
}

static void
a_table_that_takes_its_own_place_loses_no_column_in_silence(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    json_t *columns = json_at(slice, "source.schema.columns"),
           *more = json_deep_copy(json_array_get(columns, 1));
    json_set_string(more, "name", "nick");
    json_array_append_new(columns, more);
    g_autoptr(Plan) elsewhere = plan_must(slice); /* there it may stay behind */
    g_assert_nonnull(elsewhere);
    json_set_string(json_object_get(slice, "target"), "url", "listening:users_v1");
    refuse(slice, NULL, "would-be-lost", "columns that the mapping does not name would be lost");
}

static void
a_misspelt_field_is_found(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    json_t *spec = json_at(slice, "entity.spec");
    json_object_del(spec, "mapping_file");
    json_set_string(spec, "mapping_fil", "mappings/users.yaml");

    refuse(slice, NULL, "unknown-field", "did you mean 'mapping_file'?");
}

static void
a_mapping_that_does_not_fit_is_found(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    json_array_remove(json_at(slice, "source.schema.columns"), 3);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) observations = NULL;
    g_autoptr(Plan) plan = NULL;

    g_assert_false(planner_plan(slice, diags, &plan, &observations, &error));
    const Diag *diag = diags_get(diags, 0);
    g_assert_cmpstr(diag->file, ==, "mappings/users.yaml");
    g_assert_cmpint(diag->line, ==, 9);
    g_assert_nonnull(strstr(diag->message, "email"));
}

typedef struct {
    const char *steps, *code, *says;
} BadSteps;

#define TRANSFORM "{\"action\": \"transform\"}"

static const BadSteps bad_steps[] = {
    {"[]", "empty-plan", "no steps"},
    {"[{\"action\": \"validate\"}]", "empty-plan", "changes nothing"},
    {"[{\"action\": \"validate\"}, {\"action\": \"freeze\"}, {\"action\": \"retire\"}]",
     "empty-plan", "neither rows ('transform', 'copy') nor code nor services"},
    {"[{\"name\": \"a\", \"action\": \"transform\"}, {\"name\": \"a\", \"action\": \"swap\"}]",
     "repeated-name", "steps 1 and 2 are both called 'a'"},
    {"[{\"name\": 5, \"action\": \"transform\"}]", "invalid-name", "name of step 1"},
    {"[{\"name\": \"\", \"action\": \"transform\"}]", "invalid-name", "name of step 1"},
    {"[{\"name\": \"\\u001b[2J\", \"action\": \"transform\"}]", "invalid-name", "name of step 1"},
    {"[{\"action\": \"swap\"}]", "no-fill", "has 'swap', but no rows move"},
    {"[{\"action\": \"transfrom\"}]", "unknown-action", "did you mean 'transform'?"},
    {"[{\"action\": \"plan\"}]", "unknown-action", "unknown action 'plan'"},
    {"[{\"name\": \"x\"}]", "invalid-step", "'x' has no action"},
    {"[{\"action\": \"transform\", \"params\": 3}]", "invalid-step", "params is not an object"},
    {"[{\"action\": \"transform\", \"params\": {\"mapping_fil\": \"x\"}}]", "unknown-param",
     "did you mean 'mapping_file'?"},
    {"[{\"action\": \"transform\", \"params\": {\"mapping_file\": \"other.yaml\"}}]",
     "conflicting-param", "but the migration's is 'mappings/users.yaml'"},
    {"[{\"action\": \"transform\", \"params\": {\"source\": \"streams-v1\"}}]", "conflicting-param",
     "source is 'streams-v1'"},
    {"[{\"action\": \"transform\", \"params\": {\"range_ms\": 0}}]", "invalid-param", "range_ms"},
    {"[" TRANSFORM ", " TRANSFORM "]", "repeated-action", "one 'transform'"},
    {"[" TRANSFORM ", {\"action\": \"copy\"}]", "two-fills", "fills its target once"},
    {"[{\"action\": \"swap\"}, " TRANSFORM "]", "order", "'transform' belongs before 'swap'"},
};

static void
what_an_agent_got_wrong_is_said(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_steps); i++) {
        g_autoptr(json_t) slice = slice_read_named("users");
        g_autoptr(json_t) given = agent_plan(bad_steps[i].steps);
        refuse(slice, given, bad_steps[i].code, bad_steps[i].says);
    }
}

static void
all_findings_come_at_once(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    json_object_del(json_at(slice, "entity.spec"), "mapping_file");
    json_set_string(json_at(slice, "entity.spec"), "consistency", "x");
    json_object_set_new(slice, "target", json_null());
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) observations = NULL;
    g_autoptr(Plan) plan = NULL;

    g_assert_false(planner_plan(slice, diags, &plan, &observations, &error));
    g_assert_cmpuint(diags_count(diags), >=, 3);
}

static void
observations_follow_the_rows_and_the_measured_rate(void)
{
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(Plan) plan = plan_must(slice);
    g_autoptr(json_t) assumed = planner_observations(slice, plan);
    json_object_set_new(slice, "trial", json_pack("{s:i}", "rows_per_s", 100000));
    g_autoptr(json_t) measured = planner_observations(slice, plan);

    g_assert_cmpint(json_get_int(assumed, "rows_per_s", 0), ==, 200000);
    g_assert_false(json_get_bool(assumed, "rate_measured", true));
    g_assert_true(json_get_bool(measured, "rate_measured", false));
    g_assert_cmpint(json_get_int(measured, "estimate_ms", 0), >,
                    json_get_int(assumed, "estimate_ms", 0));
    g_assert_cmpint(json_get_int(measured, "rollback_ms", 0), <,
                    json_get_int(measured, "estimate_ms", 0));
}

/* Two workers are twice as fast where there is enough for both, and a store that does it by itself is faster than one that hands over. */
static void
observations_count_workers_and_what_a_store_does_by_itself(void)
{
    static const struct {
        int rows, at_once, limit, rate;
        bool inside;
    } cases[] = {{1000000, 1, 0, 1000, false}, {1000000, 2, 0, 2000, false},
                 {1000000, 2, 0, 4000, true},  {1000000, 2, 1500, 1500, false},
                 {1500, 2, 0, 1000, false},    {4100, 8, 0, 3000, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(json_t) slice = slice_read_named("users");
        json_set_int(json_object_get(slice, "source"), "rows", cases[i].rows);
        if (cases[i].limit > 0)
            json_object_set_new(json_at(slice, "entity.spec"), "throttle",
                                json_pack("{s:i}", "rows_per_second", cases[i].limit));
        g_autoptr(Plan) plan = plan_must(slice);
        json_object_set_new(slice, "trial",
                            json_pack("{s:i, s:i, s:b}", "rows_per_s", 1000, "at_once",
                                      cases[i].at_once, "inside", cases[i].inside));
        g_autoptr(json_t) seen = planner_observations(slice, plan);
        g_assert_cmpint(json_get_int(seen, "rows_per_s", 0), ==, cases[i].rate);
    }
}

/* Who said yes to a plan said it to what becomes of the rows, not to who carries them. */
static void
where_columns_are_computed_is_seen_and_not_approved(void)
{
    static const char seen_text[] =
        "{\"columns\": [{\"target\": \"user_id\", \"place\": \"source\", \"why\": \"undecoded\"}, "
        "{\"target\": \"full_name\", \"place\": \"mover\", \"why\": \"made here\"}, "
        "{\"target\": \"email\", \"place\": \"source\", \"why\": \"undecoded\"}, "
        "{\"target\": \"tier\", \"place\": \"target\", \"why\": \"a late cast\"}, "
        "{\"target\": \"origin\", \"place\": \"mover\", \"why\": \"made here\"}], "
        "\"note\": \"one of them is too wide\"}";
    g_autoptr(json_t) slice = slice_read_named("users");
    g_autoptr(Plan) before = plan_must(slice);
    g_autoptr(json_t) nothing = planner_observations(slice, before);
    json_t *places = NULL;
    g_autoptr(GError) error = NULL;
    if (!json_parse(seen_text, strlen(seen_text), "test", &places, &error))
        g_error("%s", error->message);
    json_object_set_new(slice, "trial", json_pack("{s:o}", "places", places));
    g_autoptr(Plan) plan = plan_must(slice);
    g_autoptr(json_t) seen = planner_observations(slice, plan);
    g_autofree char *text = plan_text(plan, seen, NULL, 100, false);

    g_assert_cmpstr(plan->digest, ==, before->digest);
    g_assert_null(json_object_get(nothing, "places"));
    g_assert_true(json_equal(json_object_get(seen, "places"), places));
    g_assert_nonnull(strstr(text, "  · 2 columns in the source: undecoded\n"
                                  "  · full_name, origin in the mover: made here\n"
                                  "  · tier in the target: a late cast\n"
                                  "  · one of them is too wide\n"));
    /* the table has what was seen, and of others what the mapping says */
    g_assert_true(g_regex_match_simple("tier +from plan, default \"free\" +target\n", text, 0, 0));
    g_assert_true(g_regex_match_simple("country +from country_code.* mover\n", text, 0, 0));
}

static void
many_columns_that_are_computed_alike_take_a_line_or_two(void)
{
    g_autoptr(json_t) columns = json_array();
    for (int i = 0; i < 300; i++) {
        g_autofree char *name = g_strdup_printf("c%d", i);
        json_array_append_new(columns, json_pack("{s:s, s:s, s:s}", "target", name, "place",
                                                 "mover", "why", "made here"));
    }
    g_autoptr(json_t) places = json_pack("{s:O}", "columns", columns);
    TextPage page = {.text = g_string_new(NULL), .width = 100};
    places_print(&page, places);
    g_assert_cmpstr(page.text->str, ==,
                    "  · c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 and 288 more in the "
                    "mover: made here\n");
    g_string_free(page.text, TRUE);
}

static void
a_long_word_is_not_broken_while_others_can_give_way(void)
{
    TextPage page = {.text = g_string_new(NULL), .width = 36};
    g_autoptr(TextTable) table = text_table_new(2);
    text_table_row(table, STYLE_PLAIN,
                   (const char *[]){"kept as 'users_v2__honk_kept'", "put the old one back again"});
    text_table_print(table, &page, 0);
    g_assert_cmpstr(page.text->str, ==,
                    "kept as                put the old\n"
                    "'users_v2__honk_kept'  one back\n"
                    "                       again\n");
    g_string_free(page.text, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    slices_in(argv[1]);
#define TEST(path, function) g_test_add_func("/planner/" path, function)
    TEST("the steps of the tutorial become a whole plan",
         the_steps_of_the_tutorial_become_a_whole_plan);
    TEST("the built-in agent plans the same", the_built_in_agent_plans_the_same);
    TEST("writers that write to both sides are stopped behind the comparison",
         writers_that_write_to_both_sides_are_stopped_behind_the_comparison);
    TEST("writers that cannot write to both sides are followed",
         writers_that_cannot_write_to_both_sides_are_followed);
    TEST("what cannot be frozen is checked", what_cannot_be_frozen_is_checked);
    TEST("the entity may leave out the freeze and the retirement",
         the_entity_may_leave_out_the_freeze_and_the_retirement);
    TEST("where only code changes no rows are staged or swapped",
         where_only_code_changes_no_rows_are_staged_or_swapped);
    TEST("a freeze and a retirement are there if asked for",
         a_freeze_and_a_retirement_are_there_if_asked_for);
    TEST("without code to change or a target there is nothing to plan",
         without_code_to_change_or_a_target_there_is_nothing_to_plan);
    TEST("the same slice gives the same bytes", the_same_slice_gives_the_same_bytes);
    TEST("what keeps a plan from being made is said", what_keeps_a_plan_from_being_made_is_said);
    TEST("a source of which not every write could be noted is not live",
         a_source_of_which_not_every_write_could_be_noted_is_not_live);
    TEST("what hangs on the tables is told, or refused",
         what_hangs_on_the_tables_is_told_or_refused);
    TEST("a table that takes its own place loses no column in silence",
         a_table_that_takes_its_own_place_loses_no_column_in_silence);
    TEST("a misspelt field is found", a_misspelt_field_is_found);
    TEST("a mapping that does not fit is found", a_mapping_that_does_not_fit_is_found);
    TEST("what an agent got wrong is said", what_an_agent_got_wrong_is_said);
    TEST("all findings come at once", all_findings_come_at_once);
    TEST("observations follow the rows and the measured rate",
         observations_follow_the_rows_and_the_measured_rate);
    TEST("where columns are computed is seen, and not approved",
         where_columns_are_computed_is_seen_and_not_approved);
    TEST("many columns that are computed alike take a line or two",
         many_columns_that_are_computed_alike_take_a_line_or_two);
    TEST("observations count workers, and what a store does by itself",
         observations_count_workers_and_what_a_store_does_by_itself);
    g_test_add_func("/planner/a long word is not broken while others can give way",
                    a_long_word_is_not_broken_while_others_can_give_way);
    return g_test_run();
}
