/*
 * fixtures.c - rows of unit tests in files of their own: `fixture: some_users` is tests/fixtures/some_users.csv or .sql.
 *
 * The header of such a file, or the names that its query gives, are columns of the table that the tests give it for. They change
 * with that table where all tests that take the file mean the same one.
 */
#include "rewrite/code.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"
#include "rewrite/sql/parts.h"

#include <string.h>

static const char folder[] = "fixtures/";

/* Which table the rows are of: `ref('users')`, or a model's name. */
typedef struct {
    char *call, *model; /* one of them, or NULL */
    const char *path;   /* of the file that has the test; borrowed */
} Use;

static void
use_free(void *data)
{
    Use *use = data;
    g_free(use->call);
    g_free(use->model);
    g_free(use);
}

static void
fixture_free(void *data)
{
    DbtFixture *fixture = data;
    g_ptr_array_unref(fixture->uses);
    g_free(fixture->path);
    g_free(fixture);
}

GHashTable *
dbt_fixtures_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, fixture_free);
}

static DbtFixture *
fixture_of(const DbtRoot *root, const char *name)
{
    DbtFixture *fixture = g_hash_table_lookup(root->fixtures, name);
    if (fixture == NULL) {
        fixture = g_new0(DbtFixture, 1);
        fixture->uses = g_ptr_array_new_with_free_func(use_free);
        g_hash_table_insert(root->fixtures, g_strdup(name), fixture);
    }
    return fixture;
}

/* ---- reading ---- */

typedef struct {
    const DbtRoot *root;
    const char *path; /* of its file */
    const YamlNode *node;
} Test;

static void
add_use(const Test *test, const YamlNode *holder, const char *call, const char *model)
{
    const char *name = holder->kind == YAML_MAP ? yaml_get_text(holder, "fixture") : NULL;
    if (name == NULL)
        return;
    Use *use = g_new0(Use, 1);
    *use = (Use){g_strdup(call), g_strdup(model), test->path};
    g_ptr_array_add(fixture_of(test->root, name)->uses, use);
}

static void
read_test(const Test *test)
{
    const YamlNode *given = yaml_get(test->node, "given"), *expect = yaml_get(test->node, "expect");
    const char *model = yaml_get_text(test->node, "model");
    for (size_t i = 0; given != NULL && given->kind == YAML_LIST && i < given->count; i++) {
        const char *input =
            given->items[i]->kind == YAML_MAP ? yaml_get_text(given->items[i], "input") : NULL;
        bool is_own = g_strcmp0(input, "this") == 0;
        if (input != NULL)
            add_use(test, given->items[i], is_own ? NULL : input, is_own ? model : NULL);
    }
    if (expect != NULL)
        add_use(test, expect, NULL, model);
}

void
dbt_fixtures_read(const DbtRoot *root, const char *path, const YamlNode *map)
{
    const YamlNode *tests = yaml_get(map, "unit_tests");
    for (size_t i = 0; tests != NULL && tests->kind == YAML_LIST && i < tests->count; i++) {
        const Test test = {root, path, tests->items[i]};
        if (test.node->kind == YAML_MAP)
            read_test(&test);
    }
}

const char *
dbt_fixture_user(const DbtFixture *fixture, guint index)
{
    return ((const Use *) g_ptr_array_index(fixture->uses, index))->path;
}

bool
dbt_is_fixture_path(const char *path)
{
    const char *found = strstr(path, folder);
    return found != NULL && (found == path || found[-1] == '/') &&
           (g_str_has_suffix(path, ".csv") || g_str_has_suffix(path, ".sql"));
}

void
dbt_fixtures_add(const DbtRoot *root, const char *path)
{
    if (root == NULL || !dbt_is_fixture_path(path))
        return;
    g_autofree char *base = g_path_get_basename(path);
    base[strlen(base) - strlen(".csv")] = '\0';
    DbtFixture *fixture = fixture_of(root, base);
    if (g_strcmp0(fixture->path, path) == 0)
        return;
    fixture->is_doubled = fixture->path != NULL;
    g_free(fixture->path);
    fixture->path = g_strdup(path);
}

/* ---- asking ---- */

/* Of the file's project; or NULL. */
static const DbtFixture *
fixture_called(const Work *work, const char *name)
{
    const GPtrArray *roots = work->options->roots;
    const DbtRoot *root = roots != NULL ? dbt_root_of(roots, work->path) : NULL;
    const DbtFixture *found = root != NULL ? g_hash_table_lookup(root->fixtures, name) : NULL;
    return found != NULL && found->path != NULL && !found->is_doubled ? found : NULL;
}

bool
dbt_fixture_follows(const Work *work, const char *name)
{
    return fixture_called(work, name) != NULL;
}

bool
dbt_fixture_is_used(const DbtRoot *root, const char *path)
{
    if (!dbt_is_fixture_path(path))
        return false;
    g_autofree char *base = g_path_get_basename(path);
    base[strlen(base) - strlen(".csv")] = '\0';
    const DbtFixture *fixture = g_hash_table_lookup(root->fixtures, base);
    return fixture != NULL && fixture->uses->len > 0 && g_strcmp0(fixture->path, path) == 0 &&
           !fixture->is_doubled;
}

/* ---- the file ---- */

static const Rename *
rename_of_model(const Work *work, const char *name)
{
    for (guint i = 0; name != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        const DbtRename *dbt = rename->dbt;
        if (dbt != NULL && !dbt->is_source && dbt->doubt == NULL &&
            strcmp(dbt->from.name, name) == 0 &&
            (strcmp(dbt->to.name, name) == 0 ||
             dbt_is_renamed(work->renames, work->options, rename)))
            return rename;
    }
    return NULL;
}

/* Whose columns change; NULL: none that do. */
static const Rename *
rename_of_use(const Work *work, const Use *use)
{
    const Rename *rename = NULL;
    if (use->model != NULL)
        rename = rename_of_model(work, use->model);
    if (use->call != NULL) {
        bool has_braces = g_str_has_prefix(use->call, "{{");
        g_autofree char *text =
            has_braces ? g_strdup(use->call) : g_strdup_printf("{{%s}}", use->call);
        Token template = {.kind = TOKEN_TEMPLATE, .end = (uint32_t) strlen(text)};
        const DbtDoubt *doubt = NULL;
        DbtCall *call = template.end >= 4 ? dbt_call_alone(text, &template) : NULL;
        rename = call != NULL ? dbt_find(work, call, &doubt) : NULL;
        if (call != NULL)
            dbt_call_clear(call);
        g_free(call);
    }
    return rename != NULL && rename_changes_columns(rename) ? rename : NULL;
}

/* The one that all tests mean; NULL: none whose columns change, or not all the same, which is written down. */
static const Rename *
rename_of_all(Work *work, const DbtFixture *fixture)
{
    const Rename *found = NULL;
    bool is_same = true;
    for (guint i = 0; i < fixture->uses->len; i++) {
        const Rename *one = rename_of_use(work, g_ptr_array_index(fixture->uses, i));
        is_same = is_same && (i == 0 || one == found);
        found = one != NULL ? one : found;
    }
    if (found != NULL && !is_same)
        site_refuse(work, SITE_FILE, 0, strcspn(work->text, "\r\n"), "language", NULL,
                    "unit tests give these rows for several tables, of which not all change alike");
    return is_same ? found : NULL;
}

bool
dbt_fixture_file(Work *work)
{
    if (!dbt_is_fixture_path(work->path))
        return false;
    g_autofree char *base = g_path_get_basename(work->path);
    base[strlen(base) - strlen(".csv")] = '\0';
    const DbtFixture *fixture = fixture_called(work, base);
    bool is_it =
        fixture != NULL && fixture->uses->len > 0 && strcmp(fixture->path, work->path) == 0;
    const Rename *rename = is_it ? rename_of_all(work, fixture) : NULL;
    if (rename == NULL)
        return is_it;
    if (!code_is_sql(work->path)) {
        dbt_rename_header(work, rename, ',');
        return true;
    }
    const RewriteOptions *options = work->options;
    RewriteOptions own = *options;
    own.propagates = own.finds_made = false;
    work->options = &own;
    work->gives = rename;
    sql_text(work);
    work->options = options;
    return true;
}
