/*
 * agent.c - any JSON as the plan of an agent. Either it is refused with a finding, or it becomes a plan that can be read, whose names
 * are fit for people, that moves these datasets and no others, and that another look finds as it was.
 */
#include "target.h"

#include "planner/planner.h"

#include <string.h>

#define SCHEMA                                                                                     \
    "{\"dataset\": \"t\", \"key\": [\"id\"], \"dependents\": [], \"columns\": ["                   \
    "{\"name\": \"id\", \"type\": \"int\"}, {\"name\": \"x\", \"type\": \"text\"}]}"

static const char slice_text[] =
    "{\"entity\": {\"apiVersion\": \"honk/v1\", \"kind\": \"Migration\", \"metadata\": {\"name\": "
    "\"m\"},"
    " \"spec\": {\"source_dataset\": \"a\", \"target_dataset\": \"b\", \"owner\": \"o\","
    " \"migration_strategy\": \"schema-transform\", \"mapping_file\": \"m.yaml\"}},"
    " \"source\": {\"ref\": \"resource:default/a\", \"url\": \"s:a\", \"driver\": \"sqlite\", "
    "\"schema\": " SCHEMA "},"
    " \"target\": {\"ref\": \"resource:default/b\", \"url\": \"s:b\", \"driver\": \"sqlite\", "
    "\"schema\": null},"
    " \"mapping\": {\"path\": \"m.yaml\", \"text\": \"apiVersion: honk/v1\\nkind: Mapping\\n"
    "source: a\\ntarget: b\\nkey: [id]\\ncolumns:\\n  id: id\\n  x: x\\n\"},"
    " \"consumers\": [], \"same_store\": true,"
    " \"capabilities\": {\"source\": {\"scan\": true, \"freeze\": true, \"swap\": true, \"sql\": "
    "true},"
    " \"target\": {\"load\": true, \"swap\": true}},"
    " \"policy\": {\"digest\": \"d\"}, \"author\": \"user:default/ada\", \"now_ms\": 0}";

static const json_t *
the_slice(void)
{
    static json_t *slice;
    if (slice == NULL && !json_parse(slice_text, strlen(slice_text), "slice", &slice, NULL))
        g_error("the slice is no JSON");
    return slice;
}

static void
check_step(const Step *step)
{
    static const char *const both[] = {"source", "target"};
    static const char *const refs[] = {"resource:default/a", "resource:default/b"};

    g_assert(g_utf8_validate(step->name, -1, NULL));
    for (const char *at = step->name; *at != '\0'; at++)
        g_assert((unsigned char) *at >= ' ');
    for (size_t i = 0; i < G_N_ELEMENTS(both); i++)
        g_assert(json_object_get(step->params, both[i]) == NULL ||
                 strcmp(json_get_string(step->params, both[i], ""), refs[i]) == 0);
}

static void
check_plan(const Plan *plan)
{
    g_autoptr(Plan) again = NULL;
    g_autoptr(json_t) drift = plan_drift(plan->json, the_slice());
    g_free(plan_text(plan, NULL, NULL, 80, false));

    g_assert(plan_from_json(plan->json, &again, NULL));
    g_assert(strcmp(plan->digest, again->digest) == 0);
    g_assert(json_array_size(drift) == 0);
    g_assert(planner_moves_rows(plan));
    for (guint i = 0; i < plan->steps->len; i++)
        check_step(plan->steps->pdata[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    g_autoptr(json_t) said = NULL;
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    if (!json_parse((const char *) data, bytes, "input", &said, NULL))
        return 0;
    if (planner_complete(the_slice(), said, diags, &plan, &error))
        check_plan(plan);
    else /* whatever an agent says is told to a person, never taken for a failure of ours */
        g_assert(diags_has_errors(diags) && error_is(error, ERR_INVALID));
    return 0;
}
