/*
 * lineage_events.c - lineage as events of OpenLineage: for each statement one RunEvent, whose outputs have the facet
 * columnLineage.
 *
 * The text was read, and not run: so the run's id is made of the file and the statement, and the same text gives the same
 * run. What nobody stores, the result of a SELECT, is a dataset called like its job.
 */
#include "base/json.h"
#include "base/text.h"
#include "rewrite/code_lineage.h"

#include <string.h>

#define PRODUCER "urn:x-honk:" HONK_VERSION
#define EVENT_SCHEMA "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
#define COLUMNS_SCHEMA                                                                             \
    "https://openlineage.io/spec/facets/1-2-0/"                                                    \
    "ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet"
#define SQL_SCHEMA "https://openlineage.io/spec/facets/1-0-1/SQLJobFacet.json#/$defs/SQLJobFacet"
#define JOB_TYPE_SCHEMA                                                                            \
    "https://openlineage.io/spec/facets/2-0-3/JobTypeJobFacet.json#/$defs/JobTypeJobFacet"

/* What the words of the specification are for ours. */
static const struct {
    const char *type, *subtype;
} transformations[FEED_COUNT] = {
    [FEED_IDENTITY] = {"DIRECT", "IDENTITY"},
    [FEED_TRANSFORMATION] = {"DIRECT", "TRANSFORMATION"},
    [FEED_AGGREGATION] = {"DIRECT", "AGGREGATION"},
    [FEED_CONDITION] = {"INDIRECT", "CONDITIONAL"},
    [FEED_WINDOW] = {"INDIRECT", "WINDOW"},
    [FEED_FILTER] = {"INDIRECT", "FILTER"},
    [FEED_JOIN] = {"INDIRECT", "JOIN"},
    [FEED_GROUP] = {"INDIRECT", "GROUP_BY"},
    [FEED_ORDER] = {"INDIRECT", "SORT"},
};

static json_t *
facet(const char *schema)
{
    json_t *json = json_object();
    json_set_string(json, "_producer", PRODUCER);
    json_set_string(json, "_schemaURL", schema);
    return json;
}

static json_t *
dataset(const char *space, const char *name)
{
    json_t *json = json_object();
    json_set_string(json, "namespace", space);
    json_set_string(json, "name", name);
    return json;
}

/* A column that goes in several ways is one field with several transformations. */
static json_t *
input_fields(const FeedSet *set, const char *space)
{
    json_t *list = json_array();
    g_autoptr(GHashTable) fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < set->list->len; i++) {
        const Feed *feed = &g_array_index(set->list, Feed, i);
        char *key =
            g_strdup_printf("%p %p", (const void *) feed->table, (const void *) feed->column);
        json_t *field = g_hash_table_lookup(fields, key), *how = json_object();
        json_set_string(how, "type", transformations[feed->kind].type);
        json_set_string(how, "subtype", transformations[feed->kind].subtype);
        json_set_bool(how, "masking", false);
        if (field == NULL) {
            field = dataset(space, feed->table);
            json_set_string(field, "field", feed->column);
            json_object_set_new(field, "transformations", json_array());
            json_array_append_new(list, field);
            g_hash_table_insert(fields, key, field);
        } else {
            g_free(key);
        }
        json_array_append_new(json_object_get(field, "transformations"), how);
    }
    return list;
}

static json_t *
column_facet(const LineageStatement *statement, const char *space)
{
    json_t *json = facet(COLUMNS_SCHEMA), *fields = json_object();
    for (guint i = 0; i < statement->columns->len; i++) {
        const LineageColumn *column = g_ptr_array_index(statement->columns, i);
        json_t *field = json_object();
        g_autofree char *place = g_strdup_printf("#%u", i + 1);
        json_object_set_new(field, "inputFields", input_fields(column->feeds, space));
        json_object_set_new(fields, column->name != NULL ? column->name : place, field);
    }
    json_object_set_new(json, "fields", fields);
    json_object_set_new(json, "dataset", input_fields(statement->rows, space));
    return json;
}

static json_t *
outputs(const LineageStatement *statement, const char *space, const char *job)
{
    json_t *list = json_array(), *facets = json_object();
    json_t *output = dataset(space, statement->target != NULL ? statement->target : job);
    json_object_set_new(facets, "columnLineage", column_facet(statement, space));
    json_object_set_new(output, "facets", facets);
    json_array_append_new(list, output);
    return list;
}

static json_t *
inputs(const LineageStatement *statement, const char *space)
{
    json_t *list = json_array();
    for (guint i = 0; i < statement->tables->len; i++)
        json_array_append_new(list, dataset(space, g_ptr_array_index(statement->tables, i)));
    return list;
}

static json_t *
job(const LineageStatement *statement, const char *space, const char *name, const char *text)
{
    json_t *json = dataset(space, name), *facets = json_object(), *sql = facet(SQL_SCHEMA),
           *type = facet(JOB_TYPE_SCHEMA);
    g_autofree char *query = g_strndup(text + statement->begin, statement->end - statement->begin);
    json_set_string(sql, "query", query);
    json_set_string(type, "processingType", "BATCH");
    json_set_string(type, "integration", "HONK");
    json_set_string(type, "jobType", "QUERY");
    json_object_set_new(facets, "sql", sql);
    json_object_set_new(facets, "jobType", type);
    json_object_set_new(json, "facets", facets);
    return json;
}

/* A UUID of version 8 (one's own making) out of what the run is about. */
static json_t *
run(const char *name, const LineageStatement *statement, const char *text)
{
    json_t *json = json_object();
    g_autofree char *about = g_strdup_printf(
        "%s\n%.*s", name, (int) (statement->end - statement->begin), text + statement->begin);
    g_autofree char *digest = sha256_of(about, strlen(about));
    const char *hex = strchr(digest, ':') + 1;
    g_autofree char *id =
        g_strdup_printf("%.8s-%.4s-8%.3s-8%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15, hex + 18);
    json_set_string(json, "runId", id);
    return json;
}

json_t *
code_lineage_events(const CodeLineage *code, const char *path, const char *text, const char *space,
                    const char *time)
{
    json_t *list = json_array();
    const GPtrArray *statements = code->lineage->statements;
    for (guint i = 0; i < statements->len; i++) {
        const LineageStatement *statement = g_ptr_array_index(statements, i);
        g_autofree char *name =
            statements->len > 1 ? g_strdup_printf("%s#%u", path, i + 1) : g_strdup(path);
        json_t *event = json_object();
        json_set_string(event, "eventType", "COMPLETE");
        json_set_string(event, "eventTime", time);
        json_set_string(event, "producer", PRODUCER);
        json_set_string(event, "schemaURL", EVENT_SCHEMA);
        json_object_set_new(event, "run", run(name, statement, text));
        json_object_set_new(event, "job", job(statement, space, name, text));
        json_object_set_new(event, "inputs", inputs(statement, space));
        json_object_set_new(event, "outputs", outputs(statement, space, name));
        json_array_append_new(list, event);
    }
    return list;
}
