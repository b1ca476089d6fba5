/* brief.c - what an agent has to know, from the mapping and the sites, so that it need not guess. */
#include "base/text.h"
#include "coding/inside.h"

#include <string.h>

/* How this repository likes its code; they lie in the tree as they are. */
static const char *const conventions[] = {
    ".editorconfig",  ".sqlfluff", ".prettierrc",     ".prettierrc.json", ".eslintrc.json",
    "ruff.toml",      ".flake8",   ".scalafmt.conf",  "rustfmt.toml",     ".clang-format",
    "pyproject.toml", "setup.cfg", "CONTRIBUTING.md", "README.md",
};

static const char *const kinds[] = {
    [CHANGE_NONE] = "stays",
    [CHANGE_NAME] = "renamed",
    [CHANGE_EXPRESSION] = "write the expression",
    [CHANGE_VALUES] = "other values",
    [CHANGE_DERIVED] = "went into other columns",
    [CHANGE_DROPPED] = "dropped",
};

static json_t *
table_of(const Mapping *mapping)
{
    json_t *table = json_array();
    GPtrArray *changes = mapping_changes(mapping);
    for (guint i = 0; i < changes->len; i++) {
        const ColumnChange *change = changes->pdata[i];
        json_t *row = json_object();
        json_set_string(row, "column", change->column);
        json_set_string(row, "becomes", kinds[change->kind]);
        json_set_string(row, "to", change->to);
        json_set_string(row, "expression", change->expr);
        if (change->values != NULL)
            json_object_set(row, "values", change->values);
        json_set_string(row, "why", change->why);
        json_set_string(row, "link", change->link);
        json_array_append_new(table, row);
    }
    g_ptr_array_unref(changes);
    return table;
}

static void
add_text(json_t *object, const char *key, const char *text)
{
    g_autofree char *shown = text != NULL ? text_printable(text) : NULL;
    json_set_string(object, key, shown);
}

static void
add_sites(json_t *sites, const LookFile *file)
{
    for (guint i = 0; i < file->rewrite->sites->len; i++) {
        const Site *site = file->rewrite->sites->pdata[i];
        json_t *one = json_object();
        json_set_string(one, "path", file->shown);
        json_set_int(one, "line", site->line);
        json_set_int(one, "column", site->column);
        json_set_string(one, "kind", site_kind_name(site->kind));
        json_set_string(one, "disposition", disposition_name(site->disposition));
        add_text(one, "before", site->before);
        add_text(one, "after", site->after);
        json_set_string(one, "code", site->code);
        add_text(one, "reason", site->reason);
        json_set_string(one, "link", site->link);
        add_text(one, "advice", site->advice);
        json_array_append_new(sites, one);
    }
}

static json_t *
conventions_of(const Ground *ground)
{
    json_t *found = json_array();
    for (size_t i = 0; i < G_N_ELEMENTS(conventions); i++)
        if (g_hash_table_contains(ground->laid, conventions[i]))
            json_array_append_new(found, json_string(conventions[i]));
    return found;
}

/* Why the open files are as they are. */
static bool
add_history(json_t *brief, const CodingWork *work, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    json_t *history = NULL;
    for (guint i = 0; i < work->look->files->len; i++) {
        const LookFile *file = work->look->files->pdata[i];
        if (look_file_is_open(work->look, file))
            g_ptr_array_add(paths, file->path);
    }
    g_ptr_array_add(paths, NULL);
    if (!repository_log(work->repository, work->look->commit, (const char *const *) paths->pdata,
                        &history, error))
        return false;
    json_object_set_new(brief, "history", history);
    return true;
}

/* Of a list that ends with NULL. */
static json_t *
texts_of(const GPtrArray *list)
{
    json_t *texts = json_array();
    for (guint i = 0; i + 1 < list->len; i++)
        json_array_append_new(texts, json_string(list->pdata[i]));
    return texts;
}

bool
brief_make(const CodingWork *work, const Ground *ground, const json_t *checks, json_t **ret,
           GError **error)
{
    json_t *brief = json_object(), *sites = json_array(), *files = json_array();
    const Mapping *mapping = work->rules->mapping;
    for (guint i = 0; i < work->look->files->len; i++) {
        const LookFile *file = work->look->files->pdata[i];
        if (!look_file_is_open(work->look, file))
            continue;
        json_array_append_new(files, json_string(file->shown));
        add_sites(sites, file);
    }
    g_autoptr(WrittenScope) scope = written_scope_new(work->rules, work->look);
    json_object_set_new(brief, "words", texts_of(scope->words));
    json_object_set_new(brief, "brings", texts_of(scope->brings));
    json_set_int(brief, "version", 1);
    json_set_string(brief, "consumer", work->name->consumer);
    json_set_string(brief, "source", work->rules->source);
    json_set_string(brief, "target", work->rules->target);
    json_object_set_new(brief, "table", table_of(mapping));
    json_object_set_new(brief, "files", files);
    json_object_set_new(brief, "sites", sites);
    json_object_set_new(brief, "conventions", conventions_of(ground));
    json_object_set(brief, "checks", (json_t *) checks);
    *ret = brief; /* the caller's, also when the next does not go well */
    return add_history(brief, work, error);
}
