/*
 * described.c - files that list the columns of the dataset which nothing but their path names: sql/acme/crm/users/schema.yaml,
 * schemas/crm/users.json, crm.users_schema.json; and what fills it: sql/acme/crm/users/query.sql, with its metadata.yaml.
 *
 * They are definitions, as CREATE TABLE is. But a name that is a path is not edited: such a file stays with the old dataset,
 * and the new one needs another. Only where the dataset keeps its name its columns are renamed in place.
 */
#include "rewrite/code.h"
#include "rewrite/convention.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/yaml.h"
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define PARTS_MIN 2 /* table and dataset: a table's name alone is any file's */

typedef enum { NAMED_NOT, NAMED_SHORT, NAMED_WHOLE } Named; /* short: without its project */

/* ---- the path ---- */

/* How much of the path is in front of the ending; 0: it is another kind of file. */
static size_t
without_ending(const char *path)
{
    static const char *const endings[] = {".yaml", ".yml", ".json"};
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(path, endings[i]))
            return strlen(path) - strlen(endings[i]);
    return 0;
}

/* `users/schema`, `users_schema`: of how many bytes is it the schema; 0: it does not say so. */
static size_t
without_word(const char *path, size_t bytes)
{
    static const char word[] = "schema";
    size_t length = strlen(word);
    if (bytes < length + 2 || g_ascii_strncasecmp(path + bytes - length, word, length) != 0 ||
        strchr("/._-", path[bytes - length - 1]) == NULL)
        return 0;
    return bytes - length - 1;
}

/* Does the path end in this part? Then it is taken off, with what is before it. */
static bool
take_part(const char *path, size_t *bytes, const char *part)
{
    size_t length = strlen(part);
    if (length == 0 || *bytes < length ||
        g_ascii_strncasecmp(path + *bytes - length, part, length) != 0)
        return false;
    size_t begin = *bytes - length;
    if (begin > 0 && strchr("/.:", path[begin - 1]) == NULL)
        return false;
    *bytes = begin > 0 ? begin - 1 : 0;
    return true;
}

static Named
names_parts(const Renames *renames, const char *path, size_t bytes, char *const *parts)
{
    guint length = g_strv_length((char **) parts), taken = 0;
    char *const *before = length == 1 ? renames->default_path : NULL;
    guint more = before != NULL ? g_strv_length((char **) before) : 0;
    while (taken < length && take_part(path, &bytes, parts[length - 1 - taken]))
        taken++;
    while (taken >= length && taken < length + more &&
           take_part(path, &bytes, before[length + more - 1 - taken]))
        taken++;
    if (taken < PARTS_MIN)
        return NAMED_NOT;
    return taken == length + more ? NAMED_WHOLE : NAMED_SHORT;
}

typedef struct {
    const Rename *rename;
    const Spelling *spelling;
    Named named;
    bool is_target;
} Described;

static void
take_better(Described *found, Named named, bool is_target, const Rename *rename,
            const Spelling *spelling)
{
    if (named > found->named)
        *found = (Described){rename, spelling, named, is_target};
}

/* The dataset that this much of the path names; the old one, where it may be both. */
static Described
find_before(const Renames *renames, const char *path, size_t bytes)
{
    Described found = {0};
    for (int is_target = 0; is_target < 2 && bytes > 0; is_target++)
        for (guint i = 0; i < renames->list->len; i++) {
            const Rename *rename = g_ptr_array_index(renames->list, i);
            for (guint s = 0; s < rename->spellings->len && !rename->is_derived; s++) {
                const Spelling *one = g_ptr_array_index(rename->spellings, s);
                char *const *parts = is_target ? one->target : one->source;
                Named named = names_parts(renames, path, bytes, parts);
                take_better(&found, named, is_target, rename, one);
            }
        }
    return found;
}

static Described
find(const Renames *renames, const char *path)
{
    size_t bytes = without_ending(path);
    Described found = find_before(renames, path, bytes);
    return found.named != NAMED_NOT ? found : find_before(renames, path, without_word(path, bytes));
}

/* query.sql and metadata.yaml: how much of the path is the folder that they are in; 0: it is another file. */
static size_t
folder_of_maker(const char *path)
{
    static const char *const names[] = {"/query.sql", "/metadata.yaml", "/metadata.yml"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_has_suffix(path, names[i]))
            return strlen(path) - strlen(names[i]);
    return 0;
}

/* sql/crm/users.sql, sql/crm.users.sql: how much of the path is before its ending; 0: it is another file. */
static size_t
before_query(const char *path)
{
    static const char ending[] = ".sql";
    return g_str_has_suffix(path, ending) ? strlen(path) - strlen(ending) : 0;
}

bool
renames_concern(const Renames *renames, const char *path, const char *text, size_t bytes)
{
    return renames_mentioned(renames, text, bytes) || renames_left_in(renames, text, bytes) ||
           find(renames, path).named != NAMED_NOT ||
           find_before(renames, path, folder_of_maker(path)).named != NAMED_NOT ||
           find_before(renames, path, before_query(path)).named != NAMED_NOT ||
           described_rows_concern(renames, path) || dbt_files_concern(renames, path) ||
           sqlx_concerns(renames, path) || convention_concerns(renames, path, text, bytes) ||
           (code_is_sql(path)
                ? sql_may_join(text, bytes) || dbt_joined_concern(renames, text, bytes)
                : program_may_join(renames, path, text, bytes));
}

/* ---- the columns ---- */

/* Maps with names, and types with them. */
static bool
is_columns(const YamlNode *list)
{
    bool has_types = false;
    if (list == NULL || list->kind != YAML_LIST)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != YAML_MAP || yaml_get_text(list->items[i], "name") == NULL)
            return false;
        has_types = has_types || yaml_get(list->items[i], "type") != NULL;
    }
    return has_types;
}

/* The list, or what holds it under one of these keys; `*ret_place` is what a person is shown. */
static const YamlNode *
columns_of(const YamlNode *node, const YamlNode **ret_place)
{
    static const char *const keys[] = {"fields", "schema"};
    if (is_columns(node)) {
        *ret_place = *ret_place != NULL ? *ret_place : yaml_get(node->items[0], "name");
        return node;
    }
    for (size_t i = 0; node != NULL && node->kind == YAML_MAP && i < G_N_ELEMENTS(keys); i++) {
        *ret_place = yaml_get_key(node, keys[i]);
        const YamlNode *list = columns_of(yaml_get(node, keys[i]), ret_place);
        if (list != NULL)
            return list;
    }
    return NULL;
}

static void
rename_column_of(Work *work, const YamlNode *name, const Rename *rename)
{
    SqlPart part = {.text = (char *) name->text};
    const ColumnChange *change = rename_column(rename, dialect_by_name("bigquery"), &part);
    if (change == NULL && renames_will_have(work->renames, rename, name->text))
        site_add(work, SITE_COLUMN, DISPOSITION_ALREADY, name->begin, name->end);
    else if (change == NULL && !rename->is_in_place)
        yaml_refuse(work, name, "not-in-mapping", NULL,
                    "the mapping does not say what becomes of this column");
    else if (change != NULL && change->kind == CHANGE_NAME)
        yaml_rename(work, name, SITE_COLUMN, change->to);
}

static const char *
why_it_stays(const Described *it)
{
    if (it->rename->mapping == NULL)
        return "this lists the columns of the dataset, which the file's path names";
    if (it->named == NAMED_SHORT)
        return "this lists the columns of a table that is called like the dataset, but no folder "
               "of the file's path is its project: if it is the dataset even so, the file stays "
               "with the old one, and the new one needs another";
    return "this lists the columns of the dataset, which the file's path names: it stays with the "
           "old one, and the new one needs a file of its own";
}

static bool
keeps_its_name(const Described *it)
{
    return it->rename->mapping != NULL && it->named == NAMED_WHOLE &&
           rename_only_renames(it->rename) &&
           g_strv_equal((const char *const *) it->spelling->source,
                        (const char *const *) it->spelling->target);
}

void
described_columns(Work *work)
{
    Described it = find(work->renames, work->path);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(YamlFile) file = NULL;
    const YamlNode *place = NULL, *columns;
    if (it.named == NAMED_NOT ||
        !yaml_parse(work->text, work->bytes, work->path, diags, &file, NULL) ||
        yaml_document_count(file) != 1 ||
        (columns = columns_of(yaml_document(file, 0), &place)) == NULL)
        return;
    if (it.is_target && it.named == NAMED_WHOLE)
        site_add(work, SITE_FILE, DISPOSITION_ALREADY, place->begin, place->end);
    else if (it.is_target)
        return;
    else if (!keeps_its_name(&it))
        site_refuse(work, SITE_FILE, place->begin, place->end, "makes-source", NULL, "%s",
                    why_it_stays(&it));
    else
        for (size_t i = 0; i < columns->count; i++)
            rename_column_of(work, yaml_get(columns->items[i], "name"), it.rename);
}

/* ---- what fills the table ---- */

/* Behind comments and blanks, does the text begin with SELECT or WITH? */
static bool
is_query_text(const char *text, size_t bytes)
{
    size_t at = 0, found;
    while (at < bytes && (g_ascii_isspace(text[at]) || text[at] == '(' || text[at] == '-')) {
        const char *line = text[at] == '-' ? memchr(text + at, '\n', bytes - at) : text + at;
        if (line == NULL)
            return false;
        at = (size_t) (line - text) + 1;
    }
    return (find_word(text + at, MIN(bytes - at, 7), "select", &found) ||
            find_word(text + at, MIN(bytes - at, 5), "with", &found)) &&
           found == 0;
}

/* A query that names the dataset nowhere, and has its path: who runs it may fill the dataset with what comes out. */
static void
described_query(Work *work)
{
    Described it = find_before(work->renames, work->path, before_query(work->path));
    if (it.named == NAMED_NOT || it.is_target || work->options->model != NULL ||
        renames_mentioned(work->renames, work->text, work->bytes) ||
        !is_query_text(work->text, work->bytes))
        return;
    site_refuse(work, SITE_FILE, 0, 0, "makes-source", NULL,
                "the path of this query is the dataset's name: if it fills the dataset, it stays "
                "with the old one, and the new one needs its own");
}

void
described_makers(Work *work)
{
    described_query(work);
    Described it = find_before(work->renames, work->path, folder_of_maker(work->path));
    bool is_query = g_str_has_suffix(work->path, ".sql");
    /* what a setting says, as of partitions, may be a column that changes */
    if (it.named == NAMED_NOT || (it.is_target && it.named != NAMED_WHOLE) ||
        (keeps_its_name(&it) && !is_query &&
         !rename_names_change(it.rename, work->text, work->bytes)))
        return;
    if (it.is_target) {
        site_add(work, SITE_FILE, DISPOSITION_ALREADY, 0, 0);
        return;
    }
    site_refuse(work, SITE_FILE, 0, 0, "makes-source", NULL, "%s",
                it.named == NAMED_WHOLE
                    ? "this makes the dataset, which the file's path names: it stays with the old "
                      "one, and the new one needs its own"
                    : "this makes a table that is called like the dataset, by the file's path, "
                      "which says no project: if it is the dataset, the new one needs its own");
}
