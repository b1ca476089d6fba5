/*
 * read.c - from texts to a catalog: documents one after another, folders in order, Locations followed.
 *
 * A file is read once. A Location that leads back to a file that is being read is a mistake; one that leads to a file
 * that was read already is none.
 */
#include "base/limits.h"
#include "base/text.h"
#include "catalog/inner.h"

#include <string.h>

#define FOLDER_DEPTH_MAX 16   /* folders in folders */
#define LOCATION_DEPTH_MAX 32 /* Locations that lead to Locations */

typedef struct {
    Catalog *catalog;
    const CatalogReader *files; /* NULL: Locations are not followed */
    const CatalogOptions *options;
    Diags *diags;
    Parameters parameters;
    GHashTable *seen; /* paths */
    GPtrArray *stack; /* paths that are being read, the outermost first; borrowed */
    size_t errors;    /* that stop reading: too much of something */
} Reading;

static void read_path(Reading *reading, const char *path, int depth, const char *from,
                      const YamlNode *place);

static void G_GNUC_PRINTF(5, 6) reading_error(Reading *reading, const char *code, const char *file,
                                              const YamlNode *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    diags_add(reading->diags, DIAG_ERROR, code, file, at != NULL ? at->line : 0,
              at != NULL ? at->column : 0, "%s", message);
}

/* ---- Locations ---- */

static void
follow_target(Reading *reading, const YamlNode *target, const char *file)
{
    if (target->kind != YAML_SCALAR || *target->text == '\0')
        return;
    if (strstr(target->text, "://") != NULL) {
        diags_add(reading->diags, DIAG_WARNING, "location", file, target->line, target->column,
                  "'%s' is not read: a Location leads to files only", target->text);
        return;
    }
    g_autofree char *folder = g_path_get_dirname(file);
    g_autofree char *path = g_path_is_absolute(target->text)
                                ? g_strdup(target->text)
                                : g_build_filename(folder, target->text, NULL);
    read_path(reading, path, 0, file, target);
}

static void
follow_location(Reading *reading, const YamlNode *root, const char *file)
{
    const YamlNode *spec = yaml_get(root, "spec");
    const YamlNode *target = yaml_get(spec, "target"), *targets = yaml_get(spec, "targets");
    if (reading->files == NULL) {
        diags_add(reading->diags, DIAG_WARNING, "location", file, root->line, root->column,
                  "the targets of this Location are not read: it did not come from a file");
        return;
    }
    if (target != NULL)
        follow_target(reading, target, file);
    for (size_t i = 0; targets != NULL && i < targets->count; i++)
        follow_target(reading, targets->items[i], file);
}

/* ---- documents ---- */

static int
compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* True when nothing was unset, or it was said. */
static bool
report_unset(Reading *reading, GHashTable *unset, const char *file, const YamlNode *root)
{
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(unset), compare_names);
    bool is_aside = reading->options != NULL && reading->options->templates_aside;
    if (names != NULL && is_aside) {
        diags_add(reading->diags, DIAG_NOTE, "template", file, root->line, root->column,
                  "a template, left aside: `honk apply -f %s --set %s=…` makes an entity of it",
                  file, (const char *) names->data);
        return false;
    }
    for (const GList *name = names; name != NULL; name = name->next)
        reading_error(reading, "unset-parameter", file, g_hash_table_lookup(unset, name->data),
                      "parameter '%s' is not set: give it with --set %s=VALUE",
                      (const char *) name->data, (const char *) name->data);
    return names == NULL;
}

static void
keep_entity(Reading *reading, const YamlNode *root, const char *file)
{
    g_autoptr(json_t) json = yaml_to_json(root);
    g_autoptr(Entity) entity = NULL;
    g_autoptr(GError) error = NULL;
    if (migration_is(json) &&
        !migration_complete(json, root, file, &reading->parameters, reading->diags))
        return;
    if (!entity_from_json(json, &entity, &error)) {
        reading_error(reading, "entity", file, root, "%s", error->message);
        return;
    }
    entity->file = g_strdup(file);
    entity->line = root->line;
    bool is_location = strcmp(entity->kind, "Location") == 0;
    if (catalog_add(reading->catalog, g_steal_pointer(&entity), root, reading->diags) &&
        is_location)
        follow_location(reading, root, file);
}

static void
read_document(Reading *reading, const YamlNode *root, const char *file)
{
    if (reading->catalog->entities->len >= CATALOG_ENTITIES_MAX) {
        if (reading->errors++ == 0)
            reading_error(reading, "too-large", file, root, "more than %d entities",
                          CATALOG_ENTITIES_MAX);
        return;
    }
    const char *kind = root->kind == YAML_MAP ? yaml_get_text(root, "kind") : NULL;
    g_autoptr(Arena) arena = arena_new();
    if (kind == NULL || strcmp(kind, "Template") != 0) {
        g_autoptr(GHashTable) unset = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        root = parameters_fill(&reading->parameters, root, arena, file, unset, reading->diags);
        if (!report_unset(reading, unset, file, root))
            return;
    }
    if (entity_check(root, file, reading->diags))
        keep_entity(reading, root, file);
}

/* An entity, or one with the file that it comes from: {file, entity}. Whoever sends those of many files at once says so. */
static void
read_item(Reading *reading, const YamlNode *item, const char *file)
{
    bool is_map = item->kind == YAML_MAP;
    const YamlNode *entity = is_map ? yaml_get(item, "entity") : NULL;
    const char *own = is_map ? yaml_get_text(item, "file") : NULL;
    if (entity != NULL && own != NULL && yaml_get(item, "kind") == NULL)
        read_document(reading, entity, own);
    else
        read_document(reading, item, file);
}

static void
read_text(Reading *reading, const char *text, size_t bytes, const char *file)
{
    g_autoptr(YamlFile) yaml = NULL;
    g_autoptr(GError) error = NULL;
    if (!yaml_parse(text, bytes, file, reading->diags, &yaml, &error)) {
        if (!diags_has_errors(reading->diags))
            reading_error(reading, "file", file, NULL, "%s", error->message);
        return;
    }
    for (size_t i = 0; i < yaml_document_count(yaml); i++) {
        const YamlNode *root = yaml_document(yaml, i);
        if (root == NULL || yaml_is_null(root))
            continue;
        if (root->kind != YAML_LIST)
            read_document(reading, root, file);
        for (size_t item = 0; root->kind == YAML_LIST && item < root->count; item++)
            read_item(reading, root->items[item], file);
    }
}

/* ---- files and folders ---- */

static bool
is_being_read(Reading *reading, const char *path, const char *from, const YamlNode *place)
{
    for (guint i = 0; i < reading->stack->len; i++) {
        if (strcmp(reading->stack->pdata[i], path) != 0)
            continue;
        g_autoptr(GString) circle = g_string_new(NULL);
        for (; i < reading->stack->len; i++)
            g_string_append_printf(circle, "%s -> ", (char *) reading->stack->pdata[i]);
        reading_error(reading, "location-cycle", from, place,
                      "this Location leads back to itself: %s%s", circle->str, path);
        return true;
    }
    return false;
}

static void
read_file(Reading *reading, const char *path, const char *from, const YamlNode *place)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    g_autoptr(GError) error = NULL;
    if (is_being_read(reading, path, from, place) || g_hash_table_contains(reading->seen, path))
        return;
    if (reading->stack->len >= LOCATION_DEPTH_MAX) {
        reading_error(reading, "too-large", from, place, "more than %d Locations lead here",
                      LOCATION_DEPTH_MAX);
        return;
    }
    if (g_hash_table_size(reading->seen) >= CATALOG_FILES_MAX) {
        if (reading->errors++ == 0)
            reading_error(reading, "too-large", path, NULL, "more than %d files",
                          CATALOG_FILES_MAX);
        return;
    }
    char *kept = g_strdup(path);
    g_hash_table_add(reading->seen, kept);
    if (!reading->files->read(reading->files->data, path, &text, &bytes, &error)) {
        reading_error(reading, "file", from, place, "%s", error->message);
        return;
    }
    g_ptr_array_add(reading->stack, kept);
    read_text(reading, text, bytes, path);
    g_ptr_array_set_size(reading->stack, (int) reading->stack->len - 1);
}

/* `from` and `place` say who wants it; NULL for what was named by the caller. */
static void
read_path(Reading *reading, const char *name, int depth, const char *from, const YamlNode *place)
{
    /* "a/../b.yaml" and "b.yaml" are one file. */
    g_autofree char *path = NULL;
    if (strstr(name, "./") != NULL) {
        g_autofree char *whole = g_canonicalize_filename(name, "/");
        path = g_strdup(g_path_is_absolute(name) ? whole : whole + 1);
    } else {
        path = g_strdup(name);
    }
    g_autoptr(GPtrArray) inside = NULL;
    g_autoptr(GError) error = NULL;
    if (!reading->files->list(reading->files->data, path, &inside, &error)) {
        reading_error(reading, "file", from, place, "%s", error->message);
        return;
    }
    if (inside == NULL) {
        read_file(reading, path, from, place);
        return;
    }
    if (depth >= FOLDER_DEPTH_MAX) {
        reading_error(reading, "too-large", path, NULL, "folders deeper than %d levels",
                      FOLDER_DEPTH_MAX);
        return;
    }
    for (guint i = 0; i < inside->len; i++)
        read_path(reading, inside->pdata[i], depth + 1, from, place);
}

/* ---- the two ways in ---- */

static void
reading_init(Reading *reading, const CatalogReader *files, const CatalogOptions *options,
             Diags *diags)
{
    *reading = (Reading){.files = files, .options = options, .diags = diags};
    reading->catalog = catalog_new();
    reading->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reading->stack = g_ptr_array_new();
    parameters_init(&reading->parameters, options != NULL ? options->sets : NULL, diags);
}

static bool
reading_finish(Reading *reading, Catalog **ret, GError **error)
{
    if (!diags_has_errors(reading->diags))
        parameters_check_used(&reading->parameters, reading->diags);
    parameters_clear(&reading->parameters);
    g_hash_table_unref(reading->seen);
    g_ptr_array_unref(reading->stack);
    g_autoptr(Catalog) catalog = reading->catalog;
    if (!diags_to_error(reading->diags, error))
        return false;
    *ret = g_steal_pointer(&catalog);
    return true;
}

bool
catalog_read(const CatalogReader *reader, const char *const *paths, const CatalogOptions *options,
             Diags *diags, Catalog **ret, GError **error)
{
    Reading reading;
    reading_init(&reading, reader, options, diags);
    for (const char *const *path = paths; *path != NULL; path++)
        read_path(&reading, *path, 0, NULL, NULL);
    return reading_finish(&reading, ret, error);
}

bool
catalog_parse(const char *text, size_t bytes, const char *file, const CatalogOptions *options,
              Diags *diags, Catalog **ret, GError **error)
{
    Reading reading;
    reading_init(&reading, NULL, options, diags);
    read_text(&reading, text, bytes, file);
    return reading_finish(&reading, ret, error);
}
