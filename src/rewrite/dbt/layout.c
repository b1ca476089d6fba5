/* layout.c - see layout.h. */
#include "rewrite/dbt/layout.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/sources.h"
#include "rewrite/exports.h"
#include "rewrite/made.h"

#include <string.h>

/* ---- freeing ---- */

static void
root_free(void *data)
{
    DbtRoot *root = data;
    g_free(root->folder);
    g_free(root->name);
    g_strfreev(root->models);
    g_strfreev(root->snapshots);
    g_strfreev(root->macros);
    g_strfreev(root->seed_folders);
    g_hash_table_unref(root->seeds);
    g_hash_table_unref(root->fixtures);
    g_hash_table_unref(root->made);
    g_hash_table_unref(root->dotted);
    g_hash_table_unref(root->vars);
    g_hash_table_unref(root->asked);
    yaml_file_free(root->settings);
    g_hash_table_unref(root->facts);
    renames_free(root->renames);
    g_ptr_array_unref(root->sources);
    g_ptr_array_unref(root->declared);
    g_free(root);
}

void
dbt_place_clear(DbtPlace *place)
{
    g_free(place->model);
    g_free(place->version);
    g_free(place->alias);
    g_free(place->said);
}

/* ---- projects ---- */

const YamlNode *
dbt_map_of(const YamlFile *file)
{
    const YamlNode *root =
        file != NULL && yaml_document_count(file) > 0 ? yaml_document(file, 0) : NULL;
    return root != NULL && root->kind == YAML_MAP ? root : NULL;
}

YamlFile *
dbt_parse(const ProjectFile *file)
{
    g_autoptr(Diags) diags = diags_new();
    YamlFile *yaml = NULL;
    return yaml_parse(file->text, file->bytes, "", diags, &yaml, NULL) ? yaml : NULL;
}

/* `model-paths: [ models ]`, `[ ./models/ ]`, `source-paths` of old. */
static char **
folders_of(const YamlNode *settings, const char *key, const char *old_key, const char *usual)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    const YamlNode *list = settings != NULL ? yaml_get(settings, key) : NULL;
    if (list == NULL && settings != NULL && old_key != NULL)
        list = yaml_get(settings, old_key);
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++)
        if (list->items[i]->kind == YAML_SCALAR) {
            g_autofree char *plain = path_plain(list->items[i]->text);
            g_autofree char *folder = g_strconcat(plain, plain[0] != '\0' ? "/" : "", NULL);
            g_strv_builder_add(builder, folder);
        }
    if (list == NULL)
        g_strv_builder_add(builder, usual);
    return g_strv_builder_end(builder);
}

static DbtRoot *
root_new(const char *folder, YamlFile *settings)
{
    const YamlNode *map = dbt_map_of(settings);
    DbtRoot *root = g_new0(DbtRoot, 1);
    *root = (DbtRoot){
        .folder = g_strdup(folder),
        .name = map != NULL ? g_strdup(yaml_get_text(map, "name")) : NULL,
        .models = folders_of(map, "model-paths", "source-paths", "models/"),
        .snapshots = folders_of(map, "snapshot-paths", NULL, "snapshots/"),
        .macros = folders_of(map, "macro-paths", NULL, "macros/"),
        .seed_folders = folders_of(map, "seed-paths", "data-paths", "seeds/"),
        .settings = settings,
        .facts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, dbt_facts_free),
        .seeds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .fixtures = dbt_fixtures_new(),
        .made = dbt_made_new(),
        .dotted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .vars = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .declared = g_ptr_array_new_with_free_func(dbt_declared_free),
        .sources = g_ptr_array_new_with_free_func(rename_free),
    };
    return root;
}

static bool
is_in(const DbtRoot *root, const char *path)
{
    return g_str_has_prefix(path, root->folder);
}

DbtRoot *
dbt_root_of(const GPtrArray *roots, const char *path)
{
    for (guint i = 0; i < roots->len; i++)
        if (is_in(g_ptr_array_index(roots, i), path))
            return g_ptr_array_index(roots, i);
    return NULL;
}

static int
innermost_first(const void *a, const void *b)
{
    const DbtRoot *one = *(DbtRoot *const *) a, *other = *(DbtRoot *const *) b;
    size_t mine = strlen(one->folder), theirs = strlen(other->folder);
    return mine != theirs ? (mine > theirs ? -1 : 1) : strcmp(one->folder, other->folder);
}

DbtHome
dbt_home(const DbtRoot *root)
{
    bool is_known = root != NULL && root->settings != NULL;
    return (DbtHome){.folder = is_known ? root->folder : NULL,
                     .package = root != NULL ? root->name : NULL};
}

const YamlNode *
dbt_settings(const DbtRoot *root)
{
    return dbt_map_of(root->settings);
}

/* ---- what YAML says of models ---- */

static bool
is_yaml(const char *path)
{
    return g_str_has_suffix(path, ".yml") || g_str_has_suffix(path, ".yaml");
}

static void
read_facts(const GPtrArray *roots, const ProjectFile *file)
{
    DbtRoot *root = dbt_root_of(roots, file->path);
    if (root == NULL || !is_yaml(file->path) || strstr(file->text, "models:") == NULL)
        return;
    g_autoptr(YamlFile) yaml = dbt_parse(file);
    const YamlNode *map = dbt_map_of(yaml), *models = map != NULL ? yaml_get(map, "models") : NULL;
    for (size_t i = 0; models != NULL && models->kind == YAML_LIST && i < models->count; i++)
        if (models->items[i]->kind == YAML_MAP)
            dbt_facts_read(root, models->items[i]);
}

GPtrArray *
dbt_roots(const GPtrArray *files)
{
    static const char name[] = "dbt_project.yml";
    GPtrArray *roots = g_ptr_array_new_with_free_func(root_free);
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        size_t length = strlen(file->path);
        if (!g_str_has_suffix(file->path, name) ||
            (length >= sizeof name && file->path[length - sizeof name] != '/'))
            continue;
        g_autofree char *folder = g_strndup(file->path, length - (sizeof name - 1));
        g_ptr_array_add(roots, root_new(folder, dbt_parse(file)));
    }
    g_ptr_array_sort(roots, innermost_first);
    g_ptr_array_add(roots, root_new("", NULL));
    for (guint i = 0; i < files->len; i++)
        read_facts(roots, g_ptr_array_index(files, i));
    dbt_vars_read(roots, files);
    return roots;
}

void
dbt_roots_know(GPtrArray *roots, const GPtrArray *files, const Renames *renames,
               const RewriteOptions *options)
{
    const Dialect *dialect = options->dialect;
    const DbtManifests *manifests = options->manifests;
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        DbtRoot *root = dbt_root_of(roots, file->path);
        dbt_seeds_add(roots, file->path, true);
        dbt_dotted_add(roots, file->path);
        dbt_made_add(roots, file->path);
        dbt_made_read(roots, file);
        dbt_fixtures_add(root, file->path);
        bool has_tests = strstr(file->text, "unit_tests:") != NULL;
        if (root == NULL || !is_yaml(file->path) ||
            (strstr(file->text, "sources:") == NULL && !has_tests))
            continue;
        g_autoptr(YamlFile) yaml = dbt_parse(file);
        const YamlNode *map = dbt_map_of(yaml);
        DbtHome home = dbt_home(root);
        if (map == NULL || !dbt_yaml_is(map))
            continue;
        dbt_fixtures_read(root, file->path, map);
        dbt_declared_add(root, file->path, map);
        dbt_sources_read(root->sources, renames, dialect, dbt_map_of(root->settings),
                         (DbtWritten){manifests, &home}, map);
    }
    for (guint i = 0; options->paths != NULL && i < options->paths->len; i++) {
        dbt_seeds_add(roots, g_ptr_array_index(options->paths, i), false);
        dbt_dotted_add(roots, g_ptr_array_index(options->paths, i));
        dbt_made_add(roots, g_ptr_array_index(options->paths, i));
        dbt_fixtures_add(dbt_root_of(roots, g_ptr_array_index(options->paths, i)),
                         g_ptr_array_index(options->paths, i));
    }
    for (guint i = 0; i < roots->len; i++) {
        DbtRoot *root = g_ptr_array_index(roots, i);
        DbtHome home = dbt_home(root);
        if (manifests != NULL && root->settings != NULL)
            dbt_models_read(root->sources, renames, dialect, manifests, &home);
        root->renames = renames_with(renames, root->sources);
        root->renames->has_sources = true;
        dbt_dotted_know(root);
        dbt_seeds_know(root);
        dbt_declared_know(root);
        dbt_made_know(root);
        dbt_versions_know(root);
    }
    dbt_declared_doubt(roots);
}

/* ---- one file ---- */

/* Below one of the folders, which stands at the beginning, or anywhere where no project is known. */
bool
dbt_is_below(const DbtRoot *root, const char *path, char **folders)
{
    const char *rest = path + strlen(root->folder);
    for (size_t i = 0; folders[i] != NULL; i++) {
        g_autofree char *inner = g_strconcat("/", folders[i], NULL);
        if (g_str_has_prefix(rest, folders[i]) ||
            (root->settings == NULL && strstr(rest, inner) != NULL))
            return true;
    }
    return false;
}

char **
dbt_keys_of(const DbtRoot *root, const char *path, char **folders)
{
    const char *rest = path + strlen(root->folder), *ending = strrchr(path, '.');
    for (size_t i = 0; folders[i] != NULL; i++)
        if (g_str_has_prefix(rest, folders[i])) {
            rest += strlen(folders[i]);
            break;
        }
    g_autofree char *inner = g_strndup(rest, (size_t) (ending - rest));
    g_autofree char *keys = g_strconcat(root->name != NULL ? root->name : "", "/", inner, NULL);
    return g_strsplit(keys, "/", -1);
}

typedef void FolderFn(const YamlNode *map, void *data);

/* `models: { shop: { staging: { +materialized: view } } }`: what is said for the folders of the file, the outermost first. */
static void
each_folder(const DbtRoot *root, const char *path, FolderFn *visit, void *data)
{
    const YamlNode *at = dbt_map_of(root->settings);
    g_auto(GStrv) parts = g_strsplit(path + strlen(root->folder), "/", -1);
    at = at != NULL ? yaml_get(at, "models") : NULL;
    for (size_t i = 0; at != NULL && at->kind == YAML_MAP; i++) {
        visit(at, data);
        if (i > 0 && parts[i] == NULL)
            break;
        g_autofree char *step = i == 0 ? g_strdup(root->name) : g_strdup(parts[i]);
        if (step != NULL && g_str_has_suffix(step, ".sql"))
            step[strlen(step) - 4] = '\0';
        at = step != NULL ? yaml_get(at, step) : NULL;
    }
}

typedef struct {
    const char *key, *plus;
    const YamlNode *found;
} Setting;

static void
find_setting(const YamlNode *map, void *data)
{
    Setting *setting = data;
    const YamlNode *here = yaml_get(map, setting->plus);
    here = here != NULL ? here : yaml_get(map, setting->key);
    setting->found = here != NULL ? here : setting->found;
}

static const YamlNode *
folder_setting(const DbtRoot *root, const char *path, const char *key)
{
    g_autofree char *plus = g_strconcat("+", key, NULL);
    Setting setting = {.key = key, .plus = plus};
    each_folder(root, path, find_setting, &setting);
    return setting.found;
}

static void
add_texts(const YamlNode *node, GString *ret)
{
    for (size_t i = 0; i < node->count * (node->kind == YAML_MAP ? 2 : 1); i++)
        add_texts(node->items[i], ret);
    if (node->kind == YAML_SCALAR && node->text != NULL)
        g_string_append_printf(ret, "%s\n", node->text);
}

static void
add_hooks(const YamlNode *map, void *data)
{
    static const char *const keys[] = {"post-hook", "+post-hook", "post_hook", "+post_hook",
                                       "pre-hook",  "+pre-hook",  "pre_hook",  "+pre_hook"};
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const YamlNode *node = yaml_get(map, keys[i]);
        if (node != NULL)
            add_texts(node, data);
    }
}

static void
name_model(const DbtRoot *root, const char *path, DbtPlace *place)
{
    g_autofree char *base = g_path_get_basename(path);
    *strrchr(base, '.') = '\0';
    GHashTableIter iter;
    void *name, *value;
    g_hash_table_iter_init(&iter, root->facts);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const DbtFacts *facts = value;
        for (guint i = 0; i < facts->versions->len; i++) {
            const DbtVersion *version = g_ptr_array_index(facts->versions, i);
            g_autofree char *dotted = g_strdup_printf("%s.v%s", (char *) name, version->version);
            if (strcmp(base, version->file) != 0 && strcmp(base, dotted) != 0)
                continue;
            place->model = g_strdup(name);
            place->version = g_strdup(version->version);
            place->is_latest = g_strcmp0(facts->latest, version->version) == 0;
            return;
        }
    }
    place->model = g_steal_pointer(&base);
}

/* `{{ var('kind', 'table') }}`: what the project says, else the default. Caller frees. */
static char *
kind_of(const DbtRoot *root, const char *materialized)
{
    if (materialized == NULL)
        return g_strdup("view");
    char *value = dbt_template_value(materialized, dbt_map_of(root->settings));
    return value != NULL ? value : g_strdup(materialized);
}

static bool
is_made_anew(const char *kind)
{
    static const char *const kinds[] = {
        "view", "table", "ephemeral", "materialized_view",
        "external"}; /* a file that DuckDB writes, and a view of it */
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

/* What names columns of a folder's models, and is put together when dbt runs: nobody knows which ones. */
static bool
has_open_columns(const DbtRoot *root, const char *path)
{
    bool has_some = false;
    for (const char *const *key = dbt_settings_of_columns(); *key != NULL; key++) {
        const YamlNode *node = folder_setting(root, path, *key);
        GString *texts = g_string_new(NULL);
        if (node != NULL)
            add_texts(node, texts);
        has_some |= strstr(texts->str, "{{") != NULL;
        g_string_free(texts, TRUE);
    }
    return has_some;
}

/* What is said of columns in dbt_project.yml: hooks of all folders, which are run one behind the other, and settings of the innermost. */
static char *
said_of_columns(const DbtRoot *root, const char *path)
{
    GString *said = g_string_new(NULL);
    each_folder(root, path, add_hooks, said);
    for (const char *const *key = dbt_settings_of_columns(); *key != NULL; key++) {
        const YamlNode *node = folder_setting(root, path, *key);
        if (node != NULL)
            add_texts(node, said);
    }
    const YamlNode *elementary = folder_setting(root, path, "elementary");
    const char *time = elementary != NULL && elementary->kind == YAML_MAP
                           ? yaml_get_text(elementary, "timestamp_column")
                           : NULL;
    g_string_append(said, time != NULL ? time : "");
    return g_string_free(said, FALSE);
}

static const char *
folder_text(const DbtRoot *root, const char *path, const char *key)
{
    const YamlNode *node = folder_setting(root, path, key);
    return node != NULL && node->kind == YAML_SCALAR ? node->text : NULL;
}

static void
read_settings(const ProjectFile *file, DbtPlace *place)
{
    const DbtRoot *root = place->root;
    const DbtFacts *facts = g_hash_table_lookup(root->facts, place->model);
    g_autofree char *materialized = NULL, *alias = NULL;
    bool is_clear = dbt_config_text(file->text, file->bytes, "materialized", &materialized),
         is_alias_clear = dbt_config_text(file->text, file->bytes, "alias", &alias);
    const char *said = materialized != NULL ? materialized
                       : facts != NULL && facts->materialized != NULL
                           ? facts->materialized
                           : folder_text(root, file->path, "materialized");
    g_autofree char *kind = kind_of(root, said);
    bool is_known = is_clear && !has_open_columns(root, file->path);
    place->is_persisted =
        !is_known || !is_made_anew(kind) || strstr(file->text, "is_incremental") != NULL;
    place->is_incremental =
        is_known && place->is_persisted && (is_made_anew(kind) || strcmp(kind, "incremental") == 0);
    const char *of_folder = folder_text(root, file->path, "alias");
    const char *called = alias != NULL                           ? alias
                         : facts != NULL && facts->alias != NULL ? facts->alias
                         : of_folder != NULL                     ? of_folder
                                                                 : place->model;
    place->alias = is_alias_clear ? g_strdup(called) : NULL;
    place->said = said_of_columns(root, file->path);
    g_autofree char *enabled = NULL;
    place->is_chosen = !dbt_config_text(file->text, file->bytes, "enabled", &enabled) ||
                       enabled != NULL || folder_setting(root, file->path, "enabled") != NULL;
}

/* Without a project, a folder may be called `models` for any reason. */
static bool
looks_like_dbt(const DbtRoot *root, const char *text)
{
    return root->settings != NULL ||
           (strstr(text, "{{") != NULL &&
            (strstr(text, "ref(") != NULL || strstr(text, "source(") != NULL ||
             strstr(text, "config(") != NULL));
}

void
dbt_place(const GPtrArray *roots, const ProjectFile *file, DbtPlace *ret)
{
    DbtRoot *root = dbt_root_of(roots, file->path);
    *ret = (DbtPlace){.root = root};
    if (root == NULL || !g_str_has_suffix(file->path, ".sql"))
        return;
    ret->is_macro = dbt_is_below(root, file->path, root->macros);
    if (ret->is_macro || dbt_is_below(root, file->path, root->snapshots) ||
        !dbt_is_below(root, file->path, root->models) || !looks_like_dbt(root, file->text))
        return;
    name_model(root, file->path, ret);
    read_settings(file, ret);
}
