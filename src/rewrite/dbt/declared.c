/* declared.c - which files of a project declare its sources: source('a', 'b') works while one of them does. */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"

#include <string.h>

/* What the entry of a source says under either key, unless a template makes it. */
static char *
literal_of(const YamlNode *entry, const char *key, const char *other)
{
    const char *text = yaml_get_text(entry, key);
    text = text != NULL ? text : yaml_get_text(entry, other);
    return text != NULL && strchr(text, '{') == NULL ? g_strdup(text) : NULL;
}

static void
add_table(DbtRoot *root, const char *path, const YamlNode *entry, const YamlNode *table)
{
    const char *name = table->kind == YAML_MAP ? yaml_get_text(table, "name") : NULL,
               *source = yaml_get_text(entry, "name");
    if (source == NULL || name == NULL)
        return;
    DbtDeclared *declared = g_new0(DbtDeclared, 1);
    *declared = (DbtDeclared){.path = path,
                              .source = g_strdup(source),
                              .name = g_strdup(name),
                              .schema = literal_of(entry, "schema", "dataset"),
                              .says_schema = yaml_get(entry, "schema") != NULL ||
                                             yaml_get(entry, "dataset") != NULL,
                              .database = literal_of(entry, "database", "project"),
                              .has_identifier = yaml_get(table, "identifier") != NULL};
    g_ptr_array_add(root->declared, declared);
}

void
dbt_declared_add(DbtRoot *root, const char *path, const YamlNode *map)
{
    const YamlNode *sources = yaml_get(map, "sources");
    for (size_t i = 0; sources != NULL && sources->kind == YAML_LIST && i < sources->count; i++) {
        const YamlNode *source = sources->items[i],
                       *tables = source->kind == YAML_MAP ? yaml_get(source, "tables") : NULL;
        for (size_t t = 0; tables != NULL && tables->kind == YAML_LIST && t < tables->count; t++)
            add_table(root, path, source, tables->items[t]);
    }
}

void
dbt_declared_free(void *data)
{
    DbtDeclared *declared = data;
    g_free(declared->source);
    g_free(declared->name);
    g_free(declared->schema);
    g_free(declared->database);
    g_free(declared);
}

const DbtDeclared *
dbt_declared_find(const DbtRoot *root, const DbtName *name)
{
    for (guint i = 0; i < root->declared->len; i++) {
        const DbtDeclared *declared = g_ptr_array_index(root->declared, i);
        if (g_strcmp0(declared->source, name->package) == 0 &&
            strcmp(declared->name, name->name) == 0)
            return declared;
    }
    return NULL;
}

void
dbt_declared_know(DbtRoot *root)
{
    for (guint i = 0; i < root->renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(root->renames->list, i))->dbt;
        if (dbt == NULL || !dbt->is_source || dbt->doubt != NULL ||
            g_strcmp0(dbt->from.package, dbt->to.package) == 0 ||
            dbt_declared_find(root, &dbt->to) == NULL)
            continue;
        DbtRename *own = dbt_rename_copy(dbt);
        own->is_there = true;
        dbt_root_knows(root, i, own);
    }
}

/* ---- the same source in another place ---- */

typedef enum { NOWHERE, ELSEWHERE, PERHAPS, HERE } Declaration;

/* `said` NULL: nobody says it, or a template. */
static Declaration
compare(const char *said, const char *part)
{
    if (said == NULL || part == NULL)
        return part == NULL ? HERE : PERHAPS;
    return g_ascii_strcasecmp(said, part) == 0 ? HERE : ELSEWHERE;
}

/* Where no schema is said, that is the source's name. */
static Declaration
compare_schema(const DbtDeclared *declared, const char *part)
{
    bool is_named = part != NULL && declared->schema == NULL && !declared->says_schema;
    return is_named && g_ascii_strcasecmp(declared->source, part) == 0
               ? HERE
               : compare(declared->schema, part);
}

/* Is the table the dataset, by its schema and database? */
static Declaration
place_of(const DbtDeclared *declared, const Rename *rename)
{
    Declaration found = rename->spellings->len == 0 ? PERHAPS : ELSEWHERE;
    for (guint i = 0; i < rename->spellings->len; i++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, i);
        guint length = g_strv_length(spelling->source);
        Declaration schema =
                        compare_schema(declared, length > 1 ? spelling->source[length - 2] : NULL),
                    database = compare(declared->database,
                                       length > 2 ? spelling->source[length - 3] : NULL);
        found = MAX(found, MIN(schema, database));
    }
    return found;
}

static Declaration
declaration_of(const DbtRoot *root, const Rename *rename)
{
    Declaration found = NOWHERE;
    for (guint i = 0; i < root->declared->len; i++) {
        const DbtDeclared *declared = g_ptr_array_index(root->declared, i);
        if (g_strcmp0(declared->source, rename->dbt->from.package) == 0 &&
            strcmp(declared->name, rename->dbt->from.name) == 0)
            found = MAX(found, place_of(declared, rename));
    }
    return found;
}

static bool
is_of_another_root(const GPtrArray *roots, const Rename *rename)
{
    for (guint i = 0; i < roots->len; i++)
        if (declaration_of(g_ptr_array_index(roots, i), rename) == HERE)
            return true;
    return false;
}

static void
doubt_in(DbtRoot *root, const GPtrArray *roots)
{
    for (guint i = 0; i < root->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(root->renames->list, i);
        if (rename->mapping == NULL || rename->dbt == NULL || !rename->dbt->is_source ||
            rename->dbt->doubt != NULL || declaration_of(root, rename) != ELSEWHERE)
            continue;
        DbtRename *dbt = dbt_rename_copy(rename->dbt);
        dbt->doubt = g_new0(DbtDoubt, 1);
        *dbt->doubt =
            is_of_another_root(roots, rename)
                ? (DbtDoubt){NULL, g_strdup("a source of the same name in another project, whose "
                                            "table is in another schema or database")}
                : (DbtDoubt){"source-unknown",
                             g_strdup("the mapping says that this source is the dataset, and here "
                                      "its table is in another schema or database: say that as one "
                                      "of its `aliases` if it is")};
        dbt_root_knows(root, i, dbt);
    }
}

void
dbt_declared_doubt(const GPtrArray *roots)
{
    for (guint i = 0; i < roots->len; i++)
        doubt_in(g_ptr_array_index(roots, i), roots);
}
