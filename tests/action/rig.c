/* rig.c - see rig.h. */
#include "rig.h"

#include "base/text.h"
#include "driver/memory/memory.h"

#include <glib/gstdio.h>
#include <string.h>

/* ---- the environment ---- */

static bool
env_tick(StepEnv *env, int64_t done, int64_t total, const char *unit, const char *note)
{
    Rig *rig = (Rig *) env;
    if (rig->ticks_left > 0)
        rig->ticks_left--;
    return rig->ticks_left != 0;
}

static const char *current_task;

static bool
env_intent(StepEnv *env, const json_t *pre_state, GError **error)
{
    Rig *rig = (Rig *) env;
    if (g_hash_table_lookup(rig->intents, current_task) == NULL)
        g_hash_table_insert(rig->intents, g_strdup(current_task), json_deep_copy(pre_state));
    return true;
}

static bool
env_blob_get(StepEnv *env, const char *digest, char **ret, size_t *ret_bytes, GError **error)
{
    Rig *rig = (Rig *) env;
    GBytes *bytes = g_hash_table_lookup(rig->blobs, digest);
    if (bytes == NULL)
        return fail(error, ERR_NOT_FOUND, "no blob '%s'", digest);
    *ret = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    *ret_bytes = g_bytes_get_size(bytes);
    return true;
}

static bool
env_blob_put(StepEnv *env, const void *data, size_t bytes, char **ret_digest, GError **error)
{
    Rig *rig = (Rig *) env;
    char *digest = sha256_of(data, bytes);
    g_hash_table_insert(rig->blobs, g_strdup(digest), g_bytes_new(data, bytes));
    *ret_digest = digest;
    return true;
}

char *
rig_put(Rig *rig, const json_t *value)
{
    g_autofree char *text = json_compact(value);
    char *digest = NULL;
    g_assert_true(env_blob_put(&rig->env, text, strlen(text), &digest, NULL));
    return digest;
}

json_t *
rig_blob(Rig *rig, const char *digest)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    json_t *json = NULL;
    g_assert_true(env_blob_get(&rig->env, digest, &text, &bytes, NULL));
    g_assert_true(json_parse(text, bytes, "blob", &json, NULL));
    return json;
}

/* ---- files ---- */

static void
write_file(const Rig *rig, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(rig->folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

sqlite3 *
rig_db(Rig *rig)
{
    g_autofree char *path = g_build_filename(rig->folder, "data.db", NULL);
    sqlite3 *db = NULL;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    return db;
}

void
rig_sql(Rig *rig, const char *sql)
{
    sqlite3 *db = rig_db(rig);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        g_error("%s: %s", sql, message);
    sqlite3_close(db);
}

bool
rig_sql_refused(Rig *rig, const char *sql)
{
    sqlite3 *db = rig_db(rig);
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return code != SQLITE_OK;
}

int64_t
rig_int(Rig *rig, const char *sql)
{
    sqlite3 *db = rig_db(rig);
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        g_error("%s: %s", sql, sqlite3_errmsg(db));
    g_assert_cmpint(sqlite3_step(stmt), ==, SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return value;
}

static void
digest_query(sqlite3 *db, const char *sql, GChecksum *sum, GPtrArray *names)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        g_error("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            const char *text = (const char *) sqlite3_column_text(stmt, i);
            g_checksum_update(sum, (const guchar *) (text != NULL ? text : "NULL"), -1);
            g_checksum_update(sum, (const guchar *) "\x1f", 1);
        }
        if (names != NULL)
            g_ptr_array_add(names, g_strdup((const char *) sqlite3_column_text(stmt, 0)));
    }
    sqlite3_finalize(stmt);
}

/* The tables that the plan speaks of in the store of this process. */
static void
digest_memory(Rig *rig, GChecksum *sum)
{
    static const char *const members[] = {"object", "stage", "kept"};
    const json_t *target = rig->plan != NULL ? json_object_get(rig->plan->json, "target") : NULL;
    const char *url = json_get_string(target, "url", "");
    g_autoptr(Conn) conn = NULL;
    if (!g_str_has_prefix(url, "mem:"))
        return;
    g_assert_true(conn_open(config_store(rig->config, "mem"), &conn, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        const char *object =
            i == 0 ? url + strlen("mem:") : json_get_string(target, members[i], "");
        g_autofree char *fingerprint = NULL;
        bool exists = false;
        g_assert_true(conn_exists(conn, object, &exists, NULL));
        g_assert_true(!exists || conn_fingerprint(conn, object, &fingerprint, NULL));
        if (exists)
            g_checksum_update(sum, (const guchar *) fingerprint, -1);
    }
}

char *
rig_world(Rig *rig)
{
    sqlite3 *db = rig_db(rig);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(g_free);

    /* A rename quotes the names of our own staging tables; what is people's must not change a byte. */
#define OWN "\\_\\_honk\\_%' ESCAPE '\\'"
#define SQL "CASE WHEN tbl_name LIKE '%" OWN " THEN replace(sql, '\"', '') ELSE sql END"
#define OURS "name LIKE '\\_honk\\_%' ESCAPE '\\'"
    digest_query(db,
                 "SELECT name, type, tbl_name, " SQL " FROM sqlite_master WHERE NOT " OURS
                 " AND type <> 'table' AND name NOT LIKE 'sqlite_autoindex%' ORDER BY 1",
                 sum, NULL);
    digest_query(db,
                 "SELECT name, " SQL " FROM sqlite_master WHERE NOT " OURS
                 " AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
                 sum, tables);
    for (guint i = 0; i < tables->len; i++) {
        g_autofree char *sql =
            g_strdup_printf("SELECT * FROM \"%s\" ORDER BY 1", (char *) tables->pdata[i]);
        digest_query(db, sql, sum, NULL);
    }
    sqlite3_close(db);
    digest_memory(rig, sum);
    rig_code_digest(rig, sum);
    return g_strdup(g_checksum_get_string(sum));
}

/* ---- making and planning ---- */

static void
json_decref_any(void *json)
{
    json_decref(json);
}

static void
bytes_unref_any(void *bytes)
{
    g_bytes_unref(bytes);
}

bool
rig_skip(const RigCase *kase)
{
    if (kase->csv == NULL || driver_by_name("csv") != NULL)
        return false;
    g_test_skip("this program has no driver 'csv'");
    return true;
}

Rig *
rig_new(const RigCase *kase)
{
    static const char *const settings =
        "state: .honk\n"
        "socket: .honk/honk.sock\n"
        "stores:\n"
        "  data:  { driver: sqlite, path: data.db }\n"
        "  other: { driver: sqlite, path: other.db, create: true }\n"
        "  files: { driver: csv, path: . }\n"
        "  mem:   { driver: memory, volatile: true }\n"
        "throttle_commands:\n"
        "  busy: { command: [ cat, busy ], at_most: 5 }\n"
        "repositories:\n"
        "  code:  { driver: git, path: repos }\n"
        "  hosted:\n"
        "    driver: git\n"
        "    path: mirrors\n"
        "    forge: { kind: git, owner: readers, remote: \"%s/host\" }\n";
    Rig *rig = g_new0(Rig, 1);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;

    rig->folder = g_dir_make_tmp("honk-action-XXXXXX", NULL);
    g_autofree char *text = g_strdup_printf(settings, rig->folder);
    write_file(rig, "honk.yaml", text);
    rig_sql(rig, "PRAGMA journal_mode = WAL");
    rig_sql(rig, kase->sql);
    if (kase->csv != NULL)
        write_file(rig, "rows.csv", kase->csv);
    if (kase->code != NULL)
        rig_code_make(rig, kase);
    g_autofree char *path = g_build_filename(rig->folder, "honk.yaml", NULL);
    if (!config_read(path, diags, &rig->config, &error))
        g_error("%s", error->message);
    rig->env = (StepEnv){.config = rig->config,
                         .tick = env_tick,
                         .intent = env_intent,
                         .blob_get = env_blob_get,
                         .blob_put = env_blob_put};
    rig->blobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, bytes_unref_any);
    rig->intents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, json_decref_any);
    rig->evidence = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, json_decref_any);
    rig->parts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, json_decref_any);
    rig->ticks_left = -1;
    return rig;
}

static void
remove_folder(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            remove_folder(path);
        else
            g_unlink(path);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_rmdir(folder);
}

void
rig_free(Rig *rig)
{
    if (rig == NULL)
        return;
    remove_folder(rig->folder);
    memory_forget("mem");
    g_free(rig->folder);
    config_free(rig->config);
    plan_free(rig->plan);
    g_hash_table_destroy(rig->blobs);
    g_hash_table_destroy(rig->intents);
    g_hash_table_destroy(rig->evidence);
    g_hash_table_destroy(rig->parts);
    g_free(rig);
}

json_t *
rig_request(const RigCase *kase)
{
    json_t *request = json_pack(
        "{s:{s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s, s:s}}, s:{s:s, s:s}, s:{s:s, s:s}, s:[], "
        "s:{s:s}, s:s, s:i}",
        "entity", "apiVersion", "honk/v1", "kind", "Migration", "metadata", "name", "move", "spec",
        "owner", "team", "source_dataset", "old", "target_dataset", "new", "migration_strategy",
        kase->strategy, "source", "ref", "resource:default/old", "url", kase->source, "target",
        "ref", "resource:default/new", "url", kase->target, "consumers", "policy", "digest",
        "sha256:0", "author", "user:default/ada", "now_ms", 0);
    g_assert_nonnull(request);
    json_set_string(json_at(request, "entity.spec"), "consistency", kase->consistency);
    if (kase->left_behind_max > 0)
        json_set_int(json_at(request, "entity.spec"), "left_behind_max", kase->left_behind_max);
    if (kase->code != NULL)
        json_object_set_new(request, "consumers", rig_code_consumers(kase));
    if (kase->mapping == NULL) {
        json_object_set_new(request, "mapping", json_null());
        return request;
    }
    json_set_string(json_at(request, "entity.spec"), "mapping_file", "map.yaml");
    json_object_set_new(request, "mapping",
                        json_pack("{s:s, s:s}", "path", "map.yaml", "text", kase->mapping));
    return request;
}

Outcome *
rig_draft(Rig *rig, json_t *request)
{
    g_autofree char *digest = rig_put(rig, request);
    g_autoptr(json_t) params = json_pack("{s:s}", "request", digest);
    Lease lease = {.id = (char *) "t-plan",
                   .plan = (char *) "m-rehearsal",
                   .step = (char *) "",
                   .action = (char *) "plan",
                   .key = (char *) "",
                   .attempt = 1,
                   .token = ++rig->token,
                   .lease_ms = 1000,
                   .params = params};
    StepCall call = {.lease = &lease};
    return action_perform(&call, &rig->env);
}

void
rig_plan(Rig *rig, const RigCase *kase)
{
    g_autoptr(json_t) request = rig_request(kase);
    g_autoptr(Outcome) outcome = rig_draft(rig, request);
    g_autoptr(GError) error = NULL;

    assert_kind(outcome, OUTCOME_DONE);
    const char *made = json_get_string(outcome->evidence, "digest", NULL);
    if (made == NULL) {
        g_autofree char *text = json_pretty(outcome->evidence);
        g_error("%s: %s", kase->name, text);
    }
    g_autoptr(json_t) json = rig_blob(rig, made);
    if (!plan_from_json(json, &rig->plan, &error))
        g_error("%s", error->message);
}

/* ---- leases ---- */

static char *
task_name(const Step *step, const char *key)
{
    return g_strdup_printf("t-%s-%s", step->name, key);
}

/* What an earlier attempt wrote down before it began; NULL when there was none. */
static json_t *
intent_of(Rig *rig, const char *task)
{
    json_t *pre_state = g_hash_table_lookup(rig->intents, task);
    return pre_state == NULL
               ? NULL
               : json_pack("{s:i, s:i, s:O}", "attempt", 1, "at_ms", 0, "pre_state", pre_state);
}

/* A lease of the step itself, for one function of its action. */
typedef struct {
    char *task;
    json_t *intent;
    Lease lease;
    StepCall call;
} Part;

static void
part_init(Part *part, Rig *rig, const Step *step)
{
    part->task = task_name(step, "");
    part->intent = intent_of(rig, part->task);
    part->lease = (Lease){.id = part->task,
                          .plan = (char *) "m-rehearsal",
                          .step = step->name,
                          .action = (char *) step->action->name,
                          .key = (char *) "",
                          .plan_digest = rig->plan->digest,
                          .attempt = 1,
                          .token = ++rig->token,
                          .lease_ms = 1000,
                          .params = step->params,
                          .intent = part->intent};
    part->call = (StepCall){.lease = &part->lease, .plan = rig->plan, .step = step};
}

static void
part_clear(Part *part)
{
    g_free(part->task);
    json_decref(part->intent);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Part, part_clear)

World
rig_check(Rig *rig, const Step *step)
{
    const Action *action = action_by_name(step->action->name);
    g_autoptr(json_t) state = NULL;
    g_autoptr(GError) error = NULL;
    World world = WORLD_EXPECTED;
    g_auto(Part) part;

    part_init(&part, rig, step);
    if (action->check != NULL && !action->check(&part.call, &rig->env, &world, &state, &error))
        g_error("%s: %s", step->name, error->message);
    return world;
}

bool
rig_verify(Rig *rig, const Step *step, GError **error)
{
    const Action *action = action_by_name(step->action->name);
    g_auto(Part) part;

    part_init(&part, rig, step);
    return action->verify == NULL || action->verify(&part.call, &rig->env, error);
}

static void
note_parts(Rig *rig, const Step *step, const json_t *children)
{
    json_t *known = g_hash_table_lookup(rig->parts, step->name), *child;
    size_t i;
    if (known == NULL) {
        known = json_object();
        g_hash_table_insert(rig->parts, g_strdup(step->name), known);
    }
    json_array_foreach(children, i, child)
        json_object_set(known, json_get_string(child, "key", ""), json_object_get(child, "params"));
}

static Outcome *
lease_with(Rig *rig, const Step *step, const char *key, json_t *params, RigMode mode,
           bool children_done, int64_t token, json_t *evidence)
{
    g_autofree char *task = task_name(step, key);
    g_autoptr(json_t) owned = params != NULL ? params : json_incref(step->params);
    g_autoptr(json_t) intent = intent_of(rig, task);

    Lease lease = {.id = task,
                   .plan = (char *) "m-rehearsal",
                   .step = step->name,
                   .action = (char *) step->action->name,
                   .key = (char *) key,
                   .plan_digest = rig->plan->digest,
                   .phase = mode == RIG_REVERSE ? PHASE_REVERSE : PHASE_FORWARD,
                   .is_probe = mode == RIG_PROBE,
                   .children_done = children_done,
                   .attempt = 1,
                   .token = token,
                   .lease_ms = 1000,
                   .params = owned,
                   .intent = intent,
                   .evidence = evidence};
    StepCall call = {.lease = &lease, .plan = rig->plan, .step = step};
    current_task = task;
    Outcome *outcome = action_perform(&call, &rig->env);
    if (outcome->kind == OUTCOME_MORE)
        note_parts(rig, step, outcome->children);
    if (mode == RIG_RUN && outcome->kind == OUTCOME_DONE && outcome->evidence != NULL)
        g_hash_table_insert(rig->evidence, g_strdup(task), json_incref(outcome->evidence));
    return outcome;
}

Outcome *
rig_lease(Rig *rig, const Step *step, const char *key, json_t *params, RigMode mode,
          bool children_done)
{
    return lease_with(rig, step, key, params, mode, children_done, ++rig->token, NULL);
}

Outcome *
rig_late_lease(Rig *rig, const Step *step, const char *key, json_t *params, int64_t token)
{
    return lease_with(rig, step, key, params, RIG_RUN, false, token, NULL);
}

/* Sums of all integers, as the engine makes them of children's evidence. */
static void
add_sums(json_t *sums, const json_t *evidence)
{
    const char *member;
    json_t *value;
    json_object_foreach((json_t *) evidence, member, value) if (json_is_integer(value))
        json_set_int(sums, member, json_get_int(sums, member, 0) + json_integer_value(value));
}

/* One wave of parts; NULL when all ended well. */
static Outcome *
run_parts(Rig *rig, const Step *step, const json_t *children, json_t *evidence)
{
    json_t *child;
    size_t i;
    json_array_foreach(children, i, child)
    {
        const char *key = json_get_string(child, "key", "");
        g_autoptr(Outcome) part = rig_lease(
            rig, step, key, json_incref(json_object_get(child, "params")), RIG_RUN, false);
        if (part->kind != OUTCOME_DONE && part->kind != OUTCOME_ALREADY)
            return g_steal_pointer(&part);
        add_sums(json_object_get(evidence, "sums"), part->evidence);
    }
    json_set_int(evidence, "count",
                 json_get_int(evidence, "count", 0) + (int64_t) json_array_size(children));
    return NULL;
}

Outcome *
rig_run(Rig *rig, const Step *step)
{
    Outcome *root = rig_lease(rig, step, "", NULL, RIG_RUN, false);
    g_autoptr(json_t) evidence = json_pack("{s:i, s:i, s:{}}", "count", 0, "skipped", 0, "sums");

    while (root->kind == OUTCOME_MORE) {
        Outcome *failed = run_parts(rig, step, root->children, evidence);
        outcome_free(root);
        if (failed != NULL)
            return failed;
        root = lease_with(rig, step, "", NULL, RIG_RUN, true, ++rig->token, evidence);
    }
    return root;
}

Outcome *
rig_reverse(Rig *rig, const Step *step, json_t *params)
{
    return rig_lease(rig, step, "", params, RIG_REVERSE, false);
}

Outcome *
rig_reverse_all(Rig *rig, const Step *step)
{
    json_t *parts = g_hash_table_lookup(rig->parts, step->name), *params;
    const char *key;
    Outcome *outcome = rig_reverse(rig, step, NULL);

    if (step->action->reverse != REVERSE_TASK)
        return outcome;
    json_object_foreach(parts, key, params)
    {
        g_autofree char *task = task_name(step, key);
        json_t *evidence = g_hash_table_lookup(rig->evidence, task);
        if (outcome->kind != OUTCOME_DONE)
            break;
        outcome_free(outcome);
        outcome = lease_with(rig, step, key, json_incref(params), RIG_REVERSE, false, ++rig->token,
                             evidence);
    }
    return outcome;
}

Outcome *
rig_preflight(Rig *rig, json_t *params)
{
    g_autoptr(json_t) owned = params != NULL ? params : json_object();
    Lease lease = {.id = (char *) "t-preflight",
                   .plan = (char *) "m-rehearsal",
                   .step = (char *) "",
                   .action = (char *) "preflight",
                   .key = (char *) "",
                   .plan_digest = rig->plan->digest,
                   .phase = json_object_get(owned, "verify_start") != NULL ? PHASE_REVERSE
                                                                           : PHASE_FORWARD,
                   .attempt = 1,
                   .token = ++rig->token,
                   .lease_ms = 1000,
                   .params = owned};
    StepCall call = {.lease = &lease, .plan = rig->plan};
    current_task = "t-preflight";
    return action_perform(&call, &rig->env);
}

void
rig_run_before(Rig *rig, const Step *step)
{
    for (guint i = 0; i < rig->plan->steps->len; i++) {
        const Step *earlier = rig->plan->steps->pdata[i];
        if (earlier == step || earlier->action->reverse == REVERSE_IMPOSSIBLE)
            return;
        g_autoptr(Outcome) outcome = rig_run(rig, earlier);
        assert_kind(outcome, OUTCOME_DONE);
    }
}

const Step *
rig_step(const Rig *rig, const char *action)
{
    for (guint i = 0; i < rig->plan->steps->len; i++) {
        const Step *step = rig->plan->steps->pdata[i];
        if (strcmp(step->action->name, action) == 0)
            return step;
    }
    return NULL;
}

void
rig_assert_kind(const Outcome *outcome, OutcomeKind wanted, const char *file, int line)
{
    if (outcome->kind == wanted)
        return;
    g_autofree char *evidence =
        outcome->evidence != NULL ? json_compact(outcome->evidence) : g_strdup("");
    g_error("%s:%d: %s instead of %s: [%s] %s %s", file, line, outcome_name(outcome->kind),
            outcome_name(wanted), outcome->error_code != NULL ? outcome->error_code : "",
            outcome->message != NULL ? outcome->message : "", evidence);
}
