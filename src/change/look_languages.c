/*
 * look_languages.c - the places of a repository by the language, or framework, that they are written in, and by who did what:
 * rates that mix SQL with data frames say nothing about either.
 */
#include "change/written.h"

#include <string.h>

#define DBT_PROJECT "dbt_project.yml"

/* Is there a project of dbt in a folder above the file? */
static bool
is_of_dbt(const Look *look, const char *path)
{
    for (guint i = 0; look->paths != NULL && i < look->paths->len; i++) {
        const char *at = look->paths->pdata[i];
        size_t bytes = strlen(at), end = strlen(DBT_PROJECT);
        if (bytes >= end && strcmp(at + bytes - end, DBT_PROJECT) == 0 &&
            strncmp(at, path, bytes - end) == 0)
            return true;
    }
    return false;
}

static const char *
language_of_file(const Look *look, const LookFile *file)
{
    const char *language = file->rewrite->language != NULL ? file->rewrite->language : "text";
    bool may_be = strcmp(language, "sql") == 0 || strcmp(language, "yaml") == 0;
    return may_be && is_of_dbt(look, file->path) ? "dbt" : language;
}

static void
add(json_t *counts, const char *word, int64_t count)
{
    if (count > 0)
        json_set_int(counts, word, json_get_int(counts, word, 0) + count);
}

static void
add_file(json_t *counts, const LookFile *file)
{
    const int *count = file->rewrite->count;
    int64_t rewritten = count[DISPOSITION_REWRITTEN], person = count[DISPOSITION_NEEDS_PERSON];
    if (file->written != NULL)
        add(counts, "by_agent", rewritten + person);
    else if (file->is_edited)
        add(counts, "by_rules", rewritten);
    else
        add(counts, "left", rewritten + person);
    add(counts, "left", count[DISPOSITION_UNPARSABLE]);
    add(counts, "already", count[DISPOSITION_ALREADY]);
    add(counts, "unaffected", count[DISPOSITION_UNAFFECTED]);
}

json_t *
look_languages(const Look *look)
{
    json_t *languages = json_object();
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        const char *language = language_of_file(look, file);
        json_t *counts = json_object_get(languages, language);
        if (counts == NULL)
            json_object_set_new(languages, language, counts = json_object());
        add_file(counts, file);
    }
    return languages;
}
