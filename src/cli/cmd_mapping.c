/*
 * cmd_mapping.c - honk mapping draft, check, explain: mappings against the schemas of the stores, without a
 * server.
 *
 * A dataset is named as in the catalog (users-v1, resource:default/users-v1), as STORE:OBJECT of honk.yaml,
 * or as a file: airports.csv, events.ndjson, or data.db:users for a table of an SQLite file.
 */
#include "base/limits.h"
#include "base/text.h"
#include "cli/address.h"
#include "transfer/transfer.h"

#include <string.h>

typedef struct {
    Address address;
    Conn *conn;
    Schema *schema; /* NULL: there is no such object yet */
} Dataset;

static void
dataset_clear(Dataset *dataset)
{
    schema_free(dataset->schema);
    if (dataset->conn != NULL)
        conn_close(dataset->conn);
    address_clear(&dataset->address);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Dataset, dataset_clear)

static bool
source_open(Invocation *call, const char *text, Dataset *dataset, GError **error)
{
    return address_find(call, text, false, &dataset->address, error) &&
           address_open(&dataset->address, false, &dataset->conn, &dataset->schema, error);
}

/* A target that is nowhere yet may be any name: the schema stays NULL then. */
static bool
target_open(Invocation *call, const char *text, Dataset *target, GError **error)
{
    g_autoptr(GError) unknown = NULL;
    if (address_find(call, text, true, &target->address, &unknown) &&
        (target->address.is_new_file ||
         address_open(&target->address, true, &target->conn, &target->schema, &unknown)))
        return true;
    if (unknown == NULL || error_is(unknown, ERR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&unknown));
    return false;
}

/* A document, and the datasets that it is read for: those that it names itself, or those of the command. */
typedef struct {
    const Mapping *mapping;
    const char *source, *target;
} Named;

static Named
named_by_itself(const Mapping *mapping)
{
    return (Named){mapping, mapping_source(mapping), mapping_target(mapping)};
}

/* Of one dataset whose columns change, the mapping alone says what they become. */
static bool
both_open(Invocation *call, const Named *named, Dataset *source, Dataset *target, GError **error)
{
    if (!source_open(call, named->source, source, error) ||
        !target_open(call, named->target, target, error))
        return false;
    const Address *from = &source->address, *to = &target->address;
    if (target->schema != NULL && strcmp(from->store->name, to->store->name) == 0 &&
        g_ascii_strcasecmp(from->object, to->object) == 0)
        g_clear_pointer(&target->schema, schema_free);
    return true;
}

/* ---- draft ---- */

static void
ignore_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
}

/* The first rows, all columns: what types are guessed from. */
static bool
read_sample(const Dataset *dataset, Batch **ret, GError **error)
{
    const ScanSpec spec = {.object = dataset->address.object, .output = dataset->schema};
    g_autoptr(Batch) batch = batch_new_for(dataset->schema);
    g_autoptr(Scan) scan = NULL;
    if (!conn_scan(dataset->conn, &spec, &scan, error) ||
        !scan_next(scan, batch, ignore_reject, NULL, error))
        return false;
    *ret = g_steal_pointer(&batch);
    return true;
}

static bool
draft_run(Invocation *call, GError **error)
{
    const char *source_name = invocation_arg(call, 0), *target_name = invocation_arg(call, 1);
    const char *path = invocation_option(call, "out");
    g_auto(Dataset) source = {0}, target = {0};
    g_autoptr(Batch) sample = NULL;
    if (!source_open(call, source_name, &source, error) ||
        !target_open(call, target_name, &target, error) || !read_sample(&source, &sample, error))
        return false;
    g_autofree char *draft = mapping_draft(source_name, source.schema, target_name, target.schema,
                                           conn_has_sql(source.conn), sample);
    if (path == NULL) {
        if (!view_verbatim(call->view, draft))
            view_line(call->view, "%s", g_strchomp(draft));
        return true;
    }
    if (g_file_test(path, G_FILE_TEST_EXISTS) && !invocation_has(call, "force"))
        return fail(error, ERR_WRONG_STATE, "'%s' is there already (--force writes over it)", path);
    if (!file_write_atomic(path, draft, strlen(draft), 0644, error))
        return false;
    view_tone(call->view, TONE_GOOD, "wrote %s", path);
    view_line(call->view, "look at every line marked 'guess', then: honk mapping check %s", path);
    return true;
}

static const Option draft_options[] = {
    {'o', "out", "FILE", "write to FILE instead of the screen"},
    {0, "force", NULL, "write over FILE if it is there"},
    {0},
};

const Command cmd_mapping_draft = {
    .name = "mapping draft",
    .args = "SOURCE TARGET",
    .summary = "a first mapping from two schemas, each guess marked",
    .deed = "draft a mapping",
    .about = "Types and date formats are guessed from the first rows of SOURCE. TARGET need not "
             "exist: its "
             "columns are then made from the source's.\n\nA dataset is named as in the catalog, as "
             "STORE:OBJECT, or as a file (airports.csv, data.db:users).",
    .examples = "honk mapping draft users-v1 users-v2 -o mappings/users.yaml\n"
                "honk mapping draft airports.csv main:airports",
    .options = draft_options,
    .run = draft_run,
};

/* ---- check and explain: a file, its documents, their datasets ---- */

static bool
read_mappings(const char *path, Diags *diags, MappingSet **ret, GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    return file_read(path, YAML_BYTES_MAX, &text, &bytes, error) &&
           mapping_parse(text, bytes, path, diags, ret, error);
}

typedef struct {
    Conn *conn;
    const char *object;
} ExprAsk;

static bool
ask_source(const char *sql, void *data, char **ret_message)
{
    const ExprAsk *ask = data;
    return conn_check_expr(ask->conn, ask->object, sql, ret_message);
}

static void
check_one(const Mapping *mapping, const Dataset *source, const Dataset *target, Diags *diags)
{
    ExprAsk ask = {.conn = source->conn, .object = source->address.object};
    bool has_sql = conn_has_sql(source->conn);
    mapping_check(mapping, source->schema, target->schema,
                  has_sql ? ask_source : mapping_expr_check_embedded,
                  has_sql ? (void *) &ask : (void *) source->schema, diags);
}

static void
show_findings(View *view, const Diags *diags)
{
    static const Tone tones[] = {
        [DIAG_ERROR] = TONE_BAD, [DIAG_WARNING] = TONE_WARN, [DIAG_NOTE] = TONE_DIM};
    g_autofree char *text = diags_text(diags);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; i < diags_count(diags) && lines[i] != NULL; i++)
        view_tone(view, tones[diags_get(diags, i)->level], "%s", lines[i]);
}

static int64_t
count_level(const Diags *diags, DiagLevel level)
{
    int64_t count = 0;
    for (size_t i = 0; i < diags_count(diags); i++)
        count += diags_get(diags, i)->level == level;
    return count;
}

static void
show_verdict(Invocation *call, const MappingSet *set, const Diags *diags)
{
    g_autofree char *mappings = text_plural((int64_t) mapping_count(set), "mapping", "mappings");
    g_autofree char *errors = text_plural(count_level(diags, DIAG_ERROR), "error", "errors");
    g_autofree char *warnings =
        text_plural(count_level(diags, DIAG_WARNING), "warning", "warnings");
    bool is_good = !diags_has_errors(diags);
    call->status = is_good ? 0 : error_exit_status(ERR_INVALID);
    if (call->view->json) {
        g_autoptr(json_t) findings = diags_json(diags);
        view_json(call->view, findings);
        return;
    }
    show_findings(call->view, diags);
    view_tone(call->view, is_good ? TONE_GOOD : TONE_BAD, "%s: %s, %s", mappings, errors, warnings);
}

static bool
check_run(Invocation *call, GError **error)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    if (!read_mappings(invocation_arg(call, 0), diags, &set, error))
        return false;
    for (size_t i = 0; i < mapping_count(set); i++) {
        Named named = named_by_itself(mapping_get(set, i));
        g_auto(Dataset) source = {0}, target = {0};
        if (!both_open(call, &named, &source, &target, error))
            return false;
        check_one(named.mapping, &source, &target, diags);
    }
    show_verdict(call, set, diags);
    return true;
}

const Command cmd_mapping_check = {
    .name = "mapping check",
    .args = "FILE",
    .summary = "look for mistakes in a mapping, against both schemas",
    .deed = "check the mapping",
    .about = "Reads the schemas of the datasets that FILE names, and tells everything that can be "
             "said before "
             "the first row, each finding with its place. Errors give exit status 2.",
    .examples = "honk mapping check mappings/users.yaml",
    .run = check_run,
};

/* ---- explain ---- */

/* What the stores would do by themselves; empty where no store is known yet. */
typedef struct {
    GPtrArray *columns;
    char *note;
} Ways;

static void
ways_clear(Ways *ways)
{
    g_clear_pointer(&ways->columns, g_ptr_array_unref);
    g_free(ways->note);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ways, ways_clear)

static bool
ask_stores(const Mapping *mapping, const Dataset *source, const Dataset *target, Transfer **ret,
           Ways *ret_ways, GError **error)
{
    if (target->conn == NULL) { /* nobody knows what would make it */
        ret_ways->note = transfer_looked(source->schema, source->address.object);
        return true;
    }
    TransferSpec spec = {.source_store = source->address.store,
                         .source = source->address.object,
                         .target_store = target->address.store,
                         .target = target->schema != NULL ? target->address.object : NULL,
                         .mapping = mapping,
                         .hash = true,
                         .push_allowed = true};
    return transfer_open(&spec, ret, error) &&
           transfer_places(*ret, &ret_ways->columns, &ret_ways->note, error);
}

static json_t *
explain_json(const Named *named, const Program *program, const Ways *ways)
{
    const Mapping *mapping = named->mapping;
    const GPtrArray *columns = ways->columns != NULL ? ways->columns : program_columns(program);
    json_t *json = json_object();
    json_set_string(json, "source", named->source);
    json_set_string(json, "target", named->target);
    json_set_string(json, "where", program_where(program));
    json_set_string(json, "note", ways->note);
    json_object_set_new(json, "columns", program_columns_json(columns));
    json_object_set_new(json, "dropped", json_deep_copy(mapping_dropped(mapping)));
    return json;
}

static void
explain_text(View *view, const Named *named, const Program *program, const Ways *ways)
{
    const Mapping *mapping = named->mapping;
    const GPtrArray *columns = ways->columns != NULL ? ways->columns : program_columns(program);
    const GPtrArray *key = program_target(program)->key;
    g_autoptr(Table) table = table_new("column", "type", "rule", "where", "why there", NULL);
    g_autoptr(GString) keys = g_string_new(NULL);
    for (guint i = 0; i < columns->len; i++) {
        const ProgramColumn *column = columns->pdata[i];
        table_cell(table, TONE_STRONG, column->target);
        table_cell(table, TONE_PLAIN,
                   column_type_name(schema_column(program_target(program), i)->type));
        table_cell(table, TONE_PLAIN, column->rule);
        table_cell(table, TONE_PLAIN, place_name(column->place));
        table_cell(table, TONE_DIM, column->why);
    }
    for (guint i = 0; i < key->len; i++)
        g_string_append_printf(keys, "%s%s", i > 0 ? ", " : "", (const char *) key->pdata[i]);
    view_tone(view, TONE_STRONG, "%s to %s", named->source, named->target);
    view_line(view, "key: %s", key->len > 0 ? keys->str : "none");
    if (program_where(program) != NULL)
        view_line(view, "only rows where %s", program_where(program));
    view_table(view, table);
    if (ways->note != NULL)
        view_line(view, "%s", ways->note);
    const char *name;
    json_t *why;
    json_object_foreach((json_t *) mapping_dropped(mapping), name, why)
        view_line(view, "dropped: %s (%s)", name, json_get_string(why, "why", ""));
}

static bool
explain_one(Invocation *call, const Named *named, json_t *all, GError **error)
{
    const Mapping *mapping = named->mapping;
    g_auto(Dataset) source = {0}, target = {0};
    g_autoptr(Program) program = NULL;
    g_autoptr(Transfer) transfer = NULL; /* which the columns' names are of */
    g_auto(Ways) ways = {0};
    if (!both_open(call, named, &source, &target, error) ||
        !program_new(mapping, source.schema, target.schema, conn_has_sql(source.conn), &program,
                     error) ||
        !ask_stores(mapping, &source, &target, &transfer, &ways, error))
        return false;
    if (call->view->json)
        json_array_append_new(all, explain_json(named, program, &ways));
    else
        explain_text(call->view, named, program, &ways);
    return true;
}

/* The only document, or the one that names them as they were typed. */
static bool
named_by_call(const Invocation *call, const MappingSet *set, Named *ret, GError **error)
{
    Named named = {.source = invocation_arg(call, 1), .target = invocation_arg(call, 2)};
    const char *source[] = {named.source, NULL}, *target[] = {named.target, NULL};
    if (named.target == NULL)
        return fail(error, ERR_INVALID, "'%s' to what? Expected SOURCE and TARGET", named.source);
    if (mapping_count(set) > 1 && !mapping_for(set, source, target, &named.mapping, error))
        return false;
    if (named.mapping == NULL)
        named.mapping = mapping_get(set, 0);
    *ret = named;
    return true;
}

static bool
explain_run(Invocation *call, GError **error)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(json_t) all = json_array();
    if (!read_mappings(invocation_arg(call, 0), diags, &set, error))
        return false;
    if (invocation_arg(call, 1) != NULL) {
        Named named = {0};
        if (!named_by_call(call, set, &named, error) || !explain_one(call, &named, all, error))
            return false;
    }
    for (size_t i = 0; invocation_arg(call, 1) == NULL && i < mapping_count(set); i++) {
        Named named = named_by_itself(mapping_get(set, i));
        if (i > 0)
            view_line(call->view, "%s", "");
        if (!explain_one(call, &named, all, error))
            return false;
    }
    if (call->view->json)
        view_json(call->view, all);
    return true;
}

const Command cmd_mapping_explain = {
    .name = "mapping explain",
    .args = "FILE [SOURCE [TARGET]]",
    .summary = "what each column is made of, where it is computed, and why",
    .deed = "explain the mapping",
    .about =
        "'source' computes in the store that the rows come from, 'mover' in the program that "
        "moves them, 'target' in the store that they go to, and 'store' in one statement where "
        "both are one. Of a target that is not there yet it is told as its store would make it.\n\n"
        "Without SOURCE and TARGET, each mapping of FILE is explained for the datasets that it "
        "names.",
    .examples = "honk mapping explain mappings/users.yaml\n"
                "honk mapping explain m.yaml data.db:users postgres:shop:public.users",
    .run = explain_run,
};
