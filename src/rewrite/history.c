/*
 * history.c - migrations of schemas, which have run: V1__users.sql, migrations/0001_initial.py, changelogs of Liquibase.
 *
 * They tell how the tables of today came about, each under the names of its time, and tools refuse to go on when one of them
 * was changed. So they stay; what renames the table is a new one.
 */
#include "rewrite/work.h"

#include <string.h>

#define MARK_BYTES 4096 /* in which the mark of a tool stands */

static size_t
count_digits(const char *name)
{
    size_t digits = 0;
    while (g_ascii_isdigit(name[digits]))
        digits++;
    return digits;
}

/* 0001_initial.py, 20200101120000-users.js, 2020-08-25-132005_users/up.sql */
static bool
is_numbered(const char *name)
{
    size_t digits = count_digits(name);
    return digits >= 3 || (digits > 0 && strchr("_-.", name[digits]) != NULL);
}

/* V1_2__users.sql, U1__users.sql of Flyway; R__views.sql is run whenever it changes. */
static bool
is_versioned(const char *name)
{
    size_t at = 1 + count_digits(name + (name[0] != '\0'));
    if (strchr("VU", name[0]) == NULL || name[0] == '\0' || at == 1)
        return false;
    while (g_ascii_isdigit(name[at]) || name[at] == '.' ||
           (name[at] == '_' && g_ascii_isdigit(name[at + 1])))
        at++;
    return g_str_has_prefix(name + at, "__");
}

static bool
is_folder_of_migrations(const char *folder)
{
    static const char *const names[] = {"migrations", "migration", "migrate", "changelog",
                                        "changelogs"};
    g_autofree char *small = g_ascii_strdown(folder, -1);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(small, names[i]) == 0)
            return true;
    return g_str_has_suffix(small, "_migrations") || g_str_has_suffix(small, "-migrations");
}

/* liquibase/changes/users.sql: said by a changelog elsewhere. */
static bool
is_change_of_liquibase(char *const *parts)
{
    static const char *const names[] = {"changes", "changesets", "changelog", "changelogs", NULL};
    bool is_within = false;
    for (guint i = 0; parts[i] != NULL && parts[i + 1] != NULL; i++) {
        if (is_within && g_strv_contains(names, parts[i]))
            return true;
        is_within = is_within || strcmp(parts[i], "liquibase") == 0;
    }
    return false;
}

static bool
is_numbered_path(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    bool is_within = false;
    if (is_change_of_liquibase(parts))
        return true;
    for (guint i = 0; parts[i] != NULL; i++) {
        if (is_within && is_numbered(parts[i]))
            return true;
        is_within = is_within || is_folder_of_migrations(parts[i]);
        if (parts[i + 1] == NULL)
            return is_versioned(parts[i]) && g_str_has_suffix(parts[i], ".sql");
    }
    return false;
}

/* What tools for migrations want to read in each of them. */
static bool
is_marked(const char *path, const char *text, size_t bytes)
{
    static const struct {
        const char *ending, *mark;
    } marks[] = {
        {".sql", "-- +goose Up"},       {".sql", "-- +migrate Up"},
        {".sql", "-- migrate:up"},      {".sql", "liquibase formatted sql"},
        {".xml", "<databaseChangeLog"}, {".yaml", "databaseChangeLog:"},
        {".yml", "databaseChangeLog:"}, {".py", "\ndown_revision"}, /* of Alembic */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (g_str_has_suffix(path, marks[i].ending) &&
            memmem(text, MIN(bytes, MARK_BYTES), marks[i].mark, strlen(marks[i].mark)) != NULL)
            return true;
    return false;
}

bool
is_history(const char *path, const char *text, size_t bytes)
{
    return is_numbered_path(path) || is_marked(path, text, bytes);
}

static void
tell_word(Work *work, const char *word)
{
    size_t length = strlen(word), at = 0;
    for (size_t from = 0; find_word(work->text + from, work->bytes - from, word, &at) &&
                          work->out->sites->len < MENTIONS_MAX;
         from += at + length) {
        size_t begin = from + at;
        if (site_covers(work, begin, begin + length))
            continue;
        Site *site = site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, begin, begin + length);
        site->reason =
            "this is a migration of the schema, which tells what was: it stays, and what "
            "changes the table is a new one";
    }
}

void
history_mentions(Work *work)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len && !rename->is_derived; s++)
            tell_word(work, ((const Spelling *) g_ptr_array_index(rename->spellings, s))->last);
    }
}
