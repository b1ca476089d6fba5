/*
 * check.c - the shape of an entity, by tables: kinds with their apiVersions, and the fields of their specs.
 *
 * What Backstage accepts is accepted, and what it needs to make relations is needed. Fields that it does not know are
 * its own business, except in migrations, where a field that is misspelt would change what is done.
 */
#include "base/text.h"
#include "catalog/campaign.h"
#include "catalog/inner.h"

#include <string.h>

typedef enum { FIELD_TEXT, FIELD_TEXTS, FIELD_REF, FIELD_REFS, FIELD_ANY } FieldForm;

typedef struct {
    const char *name;
    FieldForm form;
    const char *ref_kind; /* of short refs; NULL: the ref has to name its kind */
    bool is_needed;
} SpecField;

/* clang-format off */
#define OWNER     {"owner", FIELD_REF, "group", true}
#define TYPE      {"type", FIELD_TEXT, NULL, true}
#define LIFECYCLE {"lifecycle", FIELD_TEXT}
#define SYSTEM    {"system", FIELD_REF, "system"}
#define DEPENDS   {"dependsOn", FIELD_REFS}, {"dependencyOf", FIELD_REFS}

static const SpecField component_fields[] = {
    TYPE, LIFECYCLE, OWNER, SYSTEM, DEPENDS,
    {"subcomponentOf", FIELD_REF, "component"},
    {"providesApis", FIELD_REFS, "api"}, {"consumesApis", FIELD_REFS, "api"}, {NULL},
};
static const SpecField resource_fields[] = { TYPE, LIFECYCLE, OWNER, SYSTEM, DEPENDS, {NULL} };
static const SpecField api_fields[] = {
    TYPE, LIFECYCLE, OWNER, SYSTEM, {"definition", FIELD_ANY}, {NULL},
};
static const SpecField system_fields[] = {
    OWNER, {"type", FIELD_TEXT}, {"domain", FIELD_REF, "domain"}, {NULL},
};
static const SpecField domain_fields[] = {
    OWNER, {"type", FIELD_TEXT}, {"subdomainOf", FIELD_REF, "domain"}, {NULL},
};
static const SpecField group_fields[] = {
    TYPE, {"parent", FIELD_REF, "group"}, {"children", FIELD_REFS, "group"},
    {"members", FIELD_REFS, "user"}, {"profile", FIELD_ANY}, {NULL},
};
static const SpecField user_fields[] = {
    {"memberOf", FIELD_REFS, "group"}, {"profile", FIELD_ANY}, {NULL},
};
static const SpecField location_fields[] = {
    {"type", FIELD_TEXT}, {"target", FIELD_TEXT}, {"targets", FIELD_TEXTS},
    {"presence", FIELD_TEXT}, {NULL},
};
static const SpecField template_fields[] = { {"owner", FIELD_REF, "group"}, {NULL} };
/* Of kind Migration, and of a Component that is one; also fields that only some strategies read. */
static const SpecField migration_fields[] = {
    OWNER, {"type", FIELD_TEXT}, LIFECYCLE, SYSTEM, DEPENDS,
    {"subcomponentOf", FIELD_REF, "component"},
    {"providesApis", FIELD_REFS, "api"}, {"consumesApis", FIELD_REFS, "api"},
    {"source_dataset", FIELD_REF, "resource"}, {"target_dataset", FIELD_REF, "resource"},
    {"migration_strategy", FIELD_TEXT}, {"mapping_file", FIELD_TEXT}, {"fleet_group", FIELD_TEXT},
    {"consistency", FIELD_TEXT}, {"retire", FIELD_ANY},
    {"reverse_sync", FIELD_ANY}, {"throttle", FIELD_ANY}, {"left_behind_max", FIELD_ANY}, {NULL},
};

static const SpecField campaign_fields[] = {
    {"owner", FIELD_REF, "group"}, {"migrations", FIELD_TEXTS}, {"selector", FIELD_ANY}, {"pacing", FIELD_ANY}, {NULL},
};

static const struct {
    const char *kind;
    const char *versions[4];
    const SpecField *fields;
} kinds[] = {
    {"Component", {"backstage.io/v1alpha1", "backstage.io/v1beta1"}, component_fields},
    {"Resource",  {"backstage.io/v1alpha1", "backstage.io/v1beta1"}, resource_fields},
    {"API",       {"backstage.io/v1alpha1", "backstage.io/v1beta1"}, api_fields},
    {"System",    {"backstage.io/v1alpha1", "backstage.io/v1beta1"}, system_fields},
    {"Domain",    {"backstage.io/v1alpha1", "backstage.io/v1beta1"}, domain_fields},
    {"Group",     {"backstage.io/v1alpha1", "backstage.io/v1beta1"}, group_fields},
    {"User",      {"backstage.io/v1alpha1", "backstage.io/v1beta1"}, user_fields},
    {"Location",  {"backstage.io/v1alpha1", "backstage.io/v1beta1"}, location_fields},
    {"Template",  {"scaffolder.backstage.io/v1beta3"}, template_fields},
    {"Migration", {"honk/v1"}, migration_fields},
    {"Campaign",  {"honk/v1"}, campaign_fields},
};
/* clang-format on */

typedef struct {
    const char *file;
    Diags *diags;
    bool is_ok;
} Checker;

static void G_GNUC_PRINTF(4, 5)
    checker_error(Checker *checker, const char *code, const YamlNode *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    diags_add(checker->diags, DIAG_ERROR, code, checker->file, at->line, at->column, "%s", message);
    checker->is_ok = false;
}

static const char *
node_form(const YamlNode *node)
{
    if (yaml_is_null(node))
        return "empty";
    if (node->kind != YAML_SCALAR)
        return node->kind == YAML_LIST ? "a list" : "a map";
    if (node->quoted)
        return "a text";
    g_autoptr(json_t) value = yaml_to_json(node);
    return json_is_number(value) ? "a number" : json_is_boolean(value) ? "true or false" : "a text";
}

static bool
node_is_text(const YamlNode *node)
{
    return strcmp(node_form(node), "a text") == 0;
}

static bool
need_text(Checker *checker, const char *what, const YamlNode *node)
{
    if (node_is_text(node))
        return true;
    bool is_scalar = node->kind == YAML_SCALAR && !yaml_is_null(node);
    checker_error(checker, "wrong-type", node, "%s is %s, expected text%s", what, node_form(node),
                  is_scalar ? ": put it in quotes" : "");
    return false;
}

static bool
need_map(Checker *checker, const char *what, const YamlNode *node)
{
    if (node->kind == YAML_MAP)
        return true;
    checker_error(checker, "wrong-type", node, "%s is %s, expected a map", what, node_form(node));
    return false;
}

/* A member that has to be there. */
static const YamlNode *
need_member(Checker *checker, const YamlNode *map, const char *key, const char *what)
{
    const YamlNode *value = yaml_get(map, key);
    if (value != NULL && !yaml_is_null(value))
        return value;
    checker_error(checker, "missing-field", value != NULL ? value : map, "%s is missing", what);
    return NULL;
}

/* ---- metadata ---- */

static void
check_texts(Checker *checker, const char *what, const YamlNode *map)
{
    if (yaml_is_null(map) || !need_map(checker, what, map))
        return;
    for (size_t i = 0; i < map->count; i++) {
        g_autofree char *name = g_strdup_printf("%s '%s'", what, map->items[2 * i]->text);
        need_text(checker, name, map->items[2 * i + 1]);
    }
}

static void
check_annotation_refs(Checker *checker, const YamlNode *annotations, const char *name)
{
    const YamlNode *value = yaml_get(annotations, name);
    if (value == NULL || !node_is_text(value))
        return;
    g_auto(GStrv) refs = refs_split(value->text);
    for (char **text = refs; *text != NULL; text++) {
        g_autofree char *ref = NULL;
        g_autoptr(GError) error = NULL;
        if (!entity_ref_parse(*text, "resource", NULL, &ref, &error))
            checker_error(checker, "ref", value, "annotation '%s': %s", name, error->message);
    }
}

static void
check_dataset_url(Checker *checker, const YamlNode *annotations)
{
    const YamlNode *value = yaml_get(annotations, "honk/dataset-url");
    if (value == NULL || !node_is_text(value))
        return;
    const char *colon = strchr(value->text, ':');
    if (colon == NULL || colon == value->text || colon[1] == '\0')
        checker_error(checker, "dataset-url", value,
                      "annotation 'honk/dataset-url' is '%s', expected STORE:OBJECT, such as "
                      "'listening:users_v1'",
                      value->text);
}

/* Below the repository's first one. */
static bool
is_folder(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", -1);
    for (size_t i = 0; parts[i] != NULL; i++)
        if ((*parts[i] == '\0' && (i == 0 || parts[i + 1] != NULL)) || strcmp(parts[i], ".") == 0 ||
            strcmp(parts[i], "..") == 0)
            return false;
    return parts[0] != NULL;
}

static void
check_code(Checker *checker, const YamlNode *annotations)
{
    const YamlNode *repository = yaml_get(annotations, "honk/repository");
    const YamlNode *deploy = yaml_get(annotations, "honk/deploy");
    const char *colon =
        repository != NULL && node_is_text(repository) ? strchr(repository->text, ':') : NULL;
    if (repository != NULL && node_is_text(repository) &&
        (colon == NULL || colon == repository->text || colon[1] == '\0'))
        checker_error(checker, "repository", repository,
                      "annotation 'honk/repository' is '%s', expected REPOSITORIES:NAME, such as "
                      "'acme:player'",
                      repository->text);
    const YamlNode *folder = yaml_get(annotations, "honk/folder");
    if (folder != NULL && node_is_text(folder) && !is_folder(folder->text))
        checker_error(checker, "folder", folder,
                      "annotation 'honk/folder' is '%s', expected a folder of the repository, such "
                      "as 'services/player'",
                      folder->text);
    if (deploy != NULL && node_is_text(deploy) && strcmp(deploy->text, "branch") != 0 &&
        strcmp(deploy->text, "merge") != 0)
        checker_error(checker, "deploy", deploy,
                      "annotation 'honk/deploy' is '%s', expected branch or merge", deploy->text);
}

static void
check_annotations(Checker *checker, const YamlNode *annotations)
{
    if (annotations == NULL)
        return;
    check_texts(checker, "annotation", annotations);
    if (annotations->kind != YAML_MAP)
        return;
    check_annotation_refs(checker, annotations, "honk/reads");
    check_annotation_refs(checker, annotations, "honk/writes");
    check_annotation_refs(checker, annotations, "honk/source-dataset");
    check_annotation_refs(checker, annotations, "honk/target-dataset");
    check_dataset_url(checker, annotations);
    check_code(checker, annotations);
}

static void
check_name(Checker *checker, const YamlNode *metadata, const char *key,
           bool (*is_valid)(const char *), const char *expected)
{
    const YamlNode *value = yaml_get(metadata, key);
    g_autofree char *what = g_strdup_printf("metadata.%s", key);
    if (value == NULL || yaml_is_null(value) || !need_text(checker, what, value))
        return;
    if (!is_valid(value->text))
        checker_error(checker, "name", value, "%s is '%s', expected %s", what, value->text,
                      expected);
}

static void
check_metadata(Checker *checker, const YamlNode *root)
{
    const YamlNode *metadata = need_member(checker, root, "metadata", "metadata");
    if (metadata == NULL || !need_map(checker, "metadata", metadata))
        return;
    need_member(checker, metadata, "name", "metadata.name");
    check_name(checker, metadata, "name", entity_name_is_valid,
               "1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends");
    check_name(checker, metadata, "namespace", entity_namespace_is_valid,
               "1 to 63 small letters, digits and '-', with a letter or digit at both ends");
    static const char *const texts[] = {"title", "description"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        const YamlNode *value = yaml_get(metadata, texts[i]);
        g_autofree char *what = g_strdup_printf("metadata.%s", texts[i]);
        if (value != NULL && !yaml_is_null(value))
            need_text(checker, what, value);
    }
    check_annotations(checker, yaml_get(metadata, "annotations"));
    if (yaml_get(metadata, "labels") != NULL)
        check_texts(checker, "label", yaml_get(metadata, "labels"));
}

/* ---- spec ---- */

static void
check_ref(Checker *checker, const SpecField *field, const char *what, const YamlNode *value)
{
    g_autofree char *ref = NULL;
    g_autoptr(GError) error = NULL;
    if (need_text(checker, what, value) &&
        !entity_ref_parse(value->text, field->ref_kind, NULL, &ref, &error))
        checker_error(checker, "ref", value, "%s: %s", what, error->message);
}

static void
check_field(Checker *checker, const SpecField *field, const YamlNode *value)
{
    g_autofree char *what = g_strdup_printf("spec.%s", field->name);
    switch (field->form) {
    case FIELD_ANY:
        return;
    case FIELD_TEXT:
        need_text(checker, what, value);
        return;
    case FIELD_REF:
        check_ref(checker, field, what, value);
        return;
    case FIELD_TEXTS:
    case FIELD_REFS:
        if (value->kind != YAML_LIST) {
            checker_error(checker, "wrong-type", value, "%s is %s, expected a list", what,
                          node_form(value));
            return;
        }
        for (size_t i = 0; i < value->count; i++) {
            g_autofree char *item = g_strdup_printf("%s[%zu]", what, i);
            if (field->form == FIELD_REFS)
                check_ref(checker, field, item, value->items[i]);
            else
                need_text(checker, item, value->items[i]);
        }
    }
}

static void
check_known(Checker *checker, const YamlNode *spec, const SpecField *fields, const char *kind)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (const SpecField *field = fields; field->name != NULL; field++)
        g_ptr_array_add(known, (void *) field->name);
    g_ptr_array_add(known, NULL);
    const char *const *names = (const char *const *) known->pdata;
    for (size_t i = 0; i < spec->count; i++) {
        const YamlNode *key = spec->items[2 * i];
        if (g_strv_contains(names, key->text))
            continue;
        const char *nearest = text_nearest(key->text, names);
        diags_add(checker->diags, DIAG_WARNING, "unknown-field", checker->file, key->line,
                  key->column, "spec.%s means nothing in a %s%s%s%s", key->text,
                  fields == migration_fields ? "migration" : kind,
                  nearest != NULL ? ", did you mean '" : "", nearest != NULL ? nearest : "",
                  nearest != NULL ? "'?" : "");
    }
}

/* What a campaign says is checked by whoever reads it: here, and when it begins. */
static void
check_campaign(Checker *checker, const YamlNode *root)
{
    g_autoptr(json_t) entity = yaml_to_json(root);
    g_auto(CampaignSpec) spec = {0};
    g_autoptr(GError) error = NULL;
    if (!campaign_spec_read(entity, &spec, &error))
        checker_error(checker, "campaign", yaml_get(root, "spec"), "%s", error->message);
}

static void
check_spec(Checker *checker, const YamlNode *root, const char *kind, const SpecField *fields)
{
    const YamlNode *spec = need_member(checker, root, "spec", "spec");
    if (spec == NULL || !need_map(checker, "spec", spec))
        return;
    const char *type = yaml_get_text(spec, "type");
    if (fields == component_fields && type != NULL && strcmp(type, "dataset-migration") == 0)
        fields = migration_fields;
    for (const SpecField *field = fields; field->name != NULL; field++) {
        const YamlNode *value = yaml_get(spec, field->name);
        if (value != NULL && !yaml_is_null(value))
            check_field(checker, field, value);
        else if (field->is_needed)
            checker_error(checker, "missing-field", spec, "spec.%s is missing: a %s needs it",
                          field->name, kind);
    }
    if (fields == migration_fields || fields == campaign_fields)
        check_known(checker, spec, fields, kind);
    if (fields == campaign_fields && checker->is_ok)
        check_campaign(checker, root);
}

/* ---- the document ---- */

static void
check_unknown_kind(Checker *checker, const YamlNode *kind)
{
    const char *names[G_N_ELEMENTS(kinds) + 1] = {NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        names[i] = kinds[i].kind;
    const char *nearest = text_nearest(kind->text, names);
    g_autofree char *all = g_strjoinv(", ", (char **) names);
    if (nearest != NULL)
        checker_error(checker, "kind", kind, "kind is '%s', did you mean '%s'? (there are %s)",
                      kind->text, nearest, all);
    else
        checker_error(checker, "kind", kind, "kind is '%s', expected one of: %s", kind->text, all);
}

static void
check_version(Checker *checker, const YamlNode *root, const char *kind, const char *const *versions)
{
    const YamlNode *version = need_member(checker, root, "apiVersion", "apiVersion");
    if (version == NULL || !need_text(checker, "apiVersion", version) ||
        g_strv_contains(versions, version->text))
        return;
    g_autofree char *expected = g_strjoinv(" or ", (char **) versions);
    checker_error(checker, "api-version", version, "apiVersion of a %s is '%s', expected %s", kind,
                  version->text, expected);
}

static void
check_top(Checker *checker, const YamlNode *root)
{
    static const char *const known[] = {"apiVersion", "kind",   "metadata", "spec",
                                        "relations",  "status", NULL};
    for (size_t i = 0; i < root->count; i++) {
        const YamlNode *key = root->items[2 * i];
        if (g_strv_contains(known, key->text))
            continue;
        const char *nearest = text_nearest(key->text, known);
        diags_add(checker->diags, DIAG_WARNING, "unknown-field", checker->file, key->line,
                  key->column, "'%s' means nothing in an entity%s%s%s", key->text,
                  nearest != NULL ? ", did you mean '" : "", nearest != NULL ? nearest : "",
                  nearest != NULL ? "'?" : "");
    }
}

bool
entity_check(const YamlNode *root, const char *file, Diags *diags)
{
    Checker checker = {file, diags, true};
    if (root->kind != YAML_MAP) {
        checker_error(&checker, "wrong-type", root,
                      "the document is %s, expected an entity: a map with apiVersion, kind, "
                      "metadata and spec",
                      node_form(root));
        return false;
    }
    check_top(&checker, root);
    const YamlNode *kind = need_member(&checker, root, "kind", "kind");
    if (kind == NULL || !need_text(&checker, "kind", kind))
        return false;
    size_t i = 0;
    while (i < G_N_ELEMENTS(kinds) && strcmp(kinds[i].kind, kind->text) != 0)
        i++;
    if (i == G_N_ELEMENTS(kinds)) {
        check_unknown_kind(&checker, kind);
        return false;
    }
    check_version(&checker, root, kind->text, kinds[i].versions);
    check_metadata(&checker, root);
    check_spec(&checker, root, kind->text, kinds[i].fields);
    return checker.is_ok;
}
