/*
 * made.c - which models, seeds and snapshots the files of a project make, and what becomes of one that gets another name.
 *
 * Where only the old name is made, the mapping means that model by another name: what describes it is renamed with all that
 * refers to it. dbt calls a model by its file, and no edit does that: the file is a person's.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/dbt/selects.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* What makes it. */
typedef struct {
    char *path;
    char **
        keys; /* of a file that is called like it: as dbt_keys_of(); NULL: a block or YAML says its name */
} Maker;

static void
maker_free(void *data)
{
    Maker *maker = data;
    g_free(maker->path);
    g_strfreev(maker->keys);
    g_free(maker);
}

GHashTable *
dbt_made_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, maker_free);
}

/* Takes `keys`. */
static void
add(DbtRoot *root, const char *name, const char *path, char **keys)
{
    Maker *maker = g_new0(Maker, 1);
    *maker = (Maker){g_strdup(path), keys};
    g_hash_table_insert(root->made, g_strdup(name), maker);
}

/* ---- reading ---- */

void
dbt_made_add(const GPtrArray *roots, const char *path)
{
    DbtRoot *root = dbt_root_of(roots, path);
    if (root == NULL)
        return;
    const struct {
        const char *ending;
        char **folders;
    } kinds[] = {{".sql", root->models}, {".py", root->models}, {".csv", root->seed_folders}};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!g_str_has_suffix(path, kinds[i].ending) || !dbt_is_below(root, path, kinds[i].folders))
            continue;
        g_autofree char *base = g_path_get_basename(path);
        base[strlen(base) - strlen(kinds[i].ending)] = '\0';
        add(root, base, path, dbt_keys_of(root, path, kinds[i].folders));
    }
}

static void
read_blocks(DbtRoot *root, const ProjectFile *file)
{
    g_autoptr(GArray) templates = jinja_templates(file->text, file->bytes);
    for (guint i = 0; i < templates->len; i++) {
        g_autoptr(GArray) words = jinja_words(file->text, &g_array_index(templates, Token, i));
        if (words->len < 2 || !jinja_is(file->text, words, 0, "snapshot"))
            continue;
        const JinjaWord *name = jinja_word(words, 1);
        g_autofree char *called = g_strndup(file->text + name->begin, name->end - name->begin);
        add(root, called, file->path, NULL);
    }
}

static void
read_yaml(DbtRoot *root, const ProjectFile *file)
{
    g_autoptr(YamlFile) yaml = dbt_parse(file);
    const YamlNode *map = dbt_map_of(yaml), *list = map != NULL ? yaml_get(map, "snapshots") : NULL;
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
        const YamlNode *entry = list->items[i];
        const char *name = entry->kind == YAML_MAP ? yaml_get_text(entry, "name") : NULL;
        if (name != NULL && yaml_get(entry, "relation") != NULL)
            add(root, name, file->path, NULL);
    }
}

void
dbt_made_read(const GPtrArray *roots, const ProjectFile *file)
{
    DbtRoot *root = dbt_root_of(roots, file->path);
    if (root == NULL)
        return;
    if (g_str_has_suffix(file->path, ".sql") && strstr(file->text, "endsnapshot") != NULL)
        read_blocks(root, file);
    bool is_yaml = g_str_has_suffix(file->path, ".yml") || g_str_has_suffix(file->path, ".yaml");
    if (is_yaml && strstr(file->text, "snapshots:") != NULL)
        read_yaml(root, file);
}

/* ---- versions ---- */

/* users.v2 */
static char *
key_of(const DbtName *name)
{
    return name->version != NULL ? g_strdup_printf("%s.v%s", name->name, name->version)
                                 : g_strdup(name->name);
}

void
dbt_made_know(DbtRoot *root)
{
    GHashTableIter iter;
    void *name, *value;
    g_hash_table_iter_init(&iter, root->facts);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const DbtFacts *facts = value;
        for (guint i = 0; i < facts->versions->len; i++) {
            const DbtVersion *version = g_ptr_array_index(facts->versions, i);
            const DbtName of = {NULL, name, version->version};
            g_autofree char *key = key_of(&of);
            const Maker *maker = g_hash_table_lookup(root->made, version->file);
            if (maker != NULL && !g_hash_table_contains(root->made, key))
                add(root, key, maker->path, g_strdupv(maker->keys));
        }
    }
}

/* ---- asking ---- */

/* Of the project that the file is in. */
static bool
is_here(const RewriteOptions *options, const DbtName *name)
{
    return name->package == NULL || g_strcmp0(name->package, options->home.package) == 0;
}

static const Maker *
maker_of(const RewriteOptions *options, const DbtName *name)
{
    g_autofree char *key = key_of(name);
    return options->made != NULL && is_here(options, name)
               ? g_hash_table_lookup((GHashTable *) options->made, key)
               : NULL;
}

const char *
dbt_maker_path(const RewriteOptions *options, const DbtName *name)
{
    const Maker *maker = maker_of(options, name);
    return maker != NULL ? maker->path : NULL;
}

/* ref('crm', 'users'), where projects that are looked at make `users`, and none of them is `crm`: of a mapping that says no package,
 * theirs is meant. */
bool
dbt_is_of_other_package(const RewriteOptions *options, const DbtName *name, const char *package)
{
    g_autofree char *key = key_of(name);
    bool is_made = false;
    if (package == NULL || name->package != NULL)
        return false;
    for (guint i = 0; options->roots != NULL && i < options->roots->len; i++) {
        const DbtRoot *root = g_ptr_array_index(options->roots, i);
        if (root->name == NULL || !g_hash_table_contains(root->made, key))
            continue;
        if (strcmp(root->name, package) == 0)
            return false;
        is_made = true;
    }
    return is_made;
}

static bool
has_folder(const GHashTable *made, const char *name)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, (GHashTable *) made);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        char **keys = ((const Maker *) value)->keys;
        for (guint i = 0; keys != NULL && keys[i] != NULL && keys[i + 1] != NULL; i++)
            if (strcmp(keys[i], name) == 0)
                return true;
    }
    return false;
}

/* Is the file in no project, so that it may speak of any? */
static bool
is_outside(const RewriteOptions *options)
{
    return options->home.folder == NULL && options->roots != NULL;
}

bool
dbt_has_folder(const RewriteOptions *options, const char *name)
{
    bool has_some = options->made != NULL && has_folder(options->made, name);
    for (guint i = 0; is_outside(options) && i < options->roots->len; i++)
        has_some |=
            has_folder(((const DbtRoot *) g_ptr_array_index(options->roots, i))->made, name);
    return has_some;
}

/* The name that is made today goes to another model at once. */
static bool
is_given_up(const Renames *renames, const DbtName *name)
{
    for (guint i = 0; i < renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(renames->list, i))->dbt;
        if (dbt != NULL && !dbt->is_source && strcmp(dbt->from.name, name->name) == 0 &&
            strcmp(dbt->to.name, name->name) != 0)
            return true;
    }
    return false;
}

bool
dbt_moves(const DbtRename *dbt)
{
    return dbt != NULL && !dbt->is_source && dbt->doubt == NULL &&
           (strcmp(dbt->from.name, dbt->to.name) != 0 ||
            g_strcmp0(dbt->from.version, dbt->to.version) != 0);
}

ModelFate
dbt_fate(const Renames *renames, const RewriteOptions *options, const DbtRename *dbt)
{
    if (maker_of(options, &dbt->to) != NULL || !is_here(options, &dbt->to))
        return is_given_up(renames, &dbt->to) ? MODEL_UNKNOWN : MODEL_STAYS;
    bool has_version = dbt->from.version != NULL || dbt->to.version != NULL;
    return !has_version && maker_of(options, &dbt->from) != NULL ? MODEL_RENAMED : MODEL_UNKNOWN;
}

/* In another project; MODEL_UNKNOWN also where that does not have it, or something else is said of it there. */
static ModelFate
fate_in(const DbtRoot *root, const DbtRename *dbt)
{
    const RewriteOptions options = {.made = root->made, .home = dbt_home(root)};
    for (guint i = 0; root->settings != NULL && i < root->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(root->renames->list, i);
        if (dbt_moves(rename->dbt) && strcmp(rename->dbt->from.name, dbt->from.name) == 0 &&
            strcmp(rename->dbt->to.name, dbt->to.name) == 0)
            return dbt_fate(root->renames, &options, rename->dbt);
    }
    return MODEL_UNKNOWN;
}

ModelFate
dbt_fate_told(const Work *work, const DbtRename *dbt)
{
    const RewriteOptions *options = work->options;
    ModelFate found = dbt_fate(work->renames, options, dbt);
    for (guint i = 0; found == MODEL_UNKNOWN && is_outside(options) && i < options->roots->len; i++)
        found = fate_in(g_ptr_array_index(options->roots, i), dbt);
    for (guint i = 0; is_outside(options) && i < options->roots->len; i++) {
        ModelFate one = fate_in(g_ptr_array_index(options->roots, i), dbt);
        if (one != MODEL_UNKNOWN && one != found)
            return MODEL_UNKNOWN;
    }
    return found;
}

bool
dbt_is_renamed(const Renames *renames, const RewriteOptions *options, const Rename *rename)
{
    return dbt_moves(rename->dbt) && dbt_fate(renames, options, rename->dbt) == MODEL_RENAMED;
}

const Rename *
dbt_moved(const Work *work, const char *name, const char *version)
{
    for (guint i = 0; name != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (dbt_moves(rename->dbt) && strcmp(rename->dbt->from.name, name) == 0 &&
            is_here(work->options, &rename->dbt->from) &&
            g_strcmp0(rename->dbt->from.version, version) == 0)
            return rename;
    }
    return NULL;
}

char *const *
dbt_renamed_keys(const Work *work, const Rename *rename)
{
    return dbt_is_renamed(work->renames, work->options, rename)
               ? maker_of(work->options, &rename->dbt->from)->keys
               : NULL;
}

bool
dbt_is_called_otherwise(const Work *work)
{
    const RewriteOptions *options = work->options;
    const Rename *rename = dbt_moved(work, options->model, options->version);
    return rename != NULL && dbt_is_renamed(work->renames, options, rename);
}

/* ---- the file that makes it ---- */

static void
refuse_file(Work *work, const Rename *rename, const char *ending)
{
    /* those of SQL and of a seed's file are changed in place (own.c, seed_file.c) */
    bool is_followed = strcmp(ending, ".csv") == 0 || work->options->model != NULL,
         has_columns = !is_followed && rename_changes_columns(rename);
    site_refuse(work, SITE_FILE, 0, 0, "model-file", NULL,
                "this file makes '%s', which is called '%s' by now: call the file '%s%s'%s",
                rename->dbt->from.name, rename->dbt->to.name, rename->dbt->to.name, ending,
                has_columns ? ", and give its columns their new names" : "");
}

/* {% snapshot users %} */
static void
rename_block(Work *work, const Rename *rename)
{
    g_autoptr(GArray) templates = jinja_templates(work->text, work->bytes);
    for (guint i = 0; i < templates->len; i++) {
        g_autoptr(GArray) words = jinja_words(work->text, &g_array_index(templates, Token, i));
        if (words->len < 2 || !jinja_is(work->text, words, 0, "snapshot") ||
            !jinja_is(work->text, words, 1, rename->dbt->from.name))
            continue;
        const JinjaWord *name = jinja_word(words, 1);
        if (rename_changes_columns(rename))
            site_refuse(work, SITE_TABLE, name->begin, name->end, "model-file", NULL,
                        "this snapshot gets another name, and its rows have columns under the "
                        "names of before");
        else
            site_edit(work, SITE_TABLE, name->begin, name->end, rename->dbt->to.name);
    }
}

void
dbt_made_here(Work *work)
{
    for (guint i = 0; work->options->made != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (!dbt_is_renamed(work->renames, work->options, rename))
            continue;
        const Maker *maker = maker_of(work->options, &rename->dbt->from);
        if (strcmp(maker->path, work->path) != 0)
            continue;
        if (maker->keys != NULL)
            refuse_file(work, rename, strrchr(maker->path, '.'));
        else if (g_str_has_suffix(work->path, ".sql"))
            rename_block(work, rename);
    }
}
