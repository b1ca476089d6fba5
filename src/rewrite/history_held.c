/*
 * history_held.c - code that may be a migration of the schema, or may not: a person decides, and until then it stays.
 */
#include "base/text.h"
#include "rewrite/code.h"
#include "rewrite/history_parts.h"
#include "rewrite/run_steps.h"
#include "rewrite/work.h"

#include <string.h>

/* Does a folder say that what is in it are migrations, or the program's own name? */
static bool
is_among_migrations(const char *path)
{
    static const char *const names[] = {"migrations", "migration", "migrate", "alterations"};
    const char *part = path, *stop;
    for (; (stop = strpbrk(part, "/.")) != NULL; part = stop + 1)
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
            if (history_is_part(part, (size_t) (stop - part), names[i]))
                return true;
    return false;
}

/* liquibase/sql/fill.sql: what a changelog may name, wherever it stands; views that it runs anew lie there, too. */
static bool
is_below_liquibase(const char *path)
{
    return g_str_has_prefix(path, "liquibase/") || strstr(path, "/liquibase/") != NULL;
}

/* db/views/plans_v02.sql of Scenic, db/functions/f_v01.sql of fx: a migration names it by its version. */
static bool
is_versioned_definition(const char *path)
{
    static const char *const folders[] = {"db/views/", "db/functions/", "db/triggers/"};
    const char *mark = g_strrstr(path, "_v");
    size_t digits = mark != NULL ? history_digits(mark + 2) : 0;
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        const char *at = strstr(path, folders[i]);
        if (at != NULL && (at == path || at[-1] == '/'))
            return digits > 1 && strcmp(mark + 2 + digits, ".sql") == 0;
    }
    return false;
}

/* db-migration/base/schema.sql: from what migrations begin, which look for its tables under the names of that time. */
static bool
is_base_of_migrations(const char *path)
{
    static const char *const bases[] = {"base", "baseline", NULL}, *const tools[] = {
                                                                       "migrate", "migration",
                                                                       "migrations", "flyway",
                                                                       NULL};
    bool is_within = false, is_base = false;
    const char *part = path;
    for (const char *slash; (slash = strchr(part, '/')) != NULL; part = slash + 1) {
        is_within = is_within || history_has_word(part, (size_t) (slash - part), tools);
        is_base = history_has_word(part, (size_t) (slash - part), bases); /* of the last folder */
    }
    return is_within && (is_base || history_has_word(part, strlen(part), bases));
}

/* Behind the word before a number of a step: version_43, migrate3, m007_; NULL: it is none. */
static const char *
number_of_step(const char *name)
{
    static const char *const words[] = {"version", "migration", "migrate", "upgrade",
                                        "patch",   "update",    "schema"};
    if (name[0] == 'm' && history_digits(name + 1) > 2 && name[1 + history_digits(name + 1)] == '_')
        return name + 1;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strncasecmp(name, words[i], strlen(words[i])) == 0) {
            name += strlen(words[i]);
            name += name[0] == '_';
            return history_digits(name) > 0 ? name : NULL;
        }
    return NULL;
}

/* Does a bracket follow the name, as it does where it is defined or called? */
static bool
is_called(const char *at, const char *end)
{
    while (at < end && is_identifier_byte(*at))
        at++;
    return at < end && *at == '(';
}

static bool
is_of_tests(const char *path)
{
    static const char *const tests[] = {"test", "tests", "spec", "specs", NULL};
    return history_has_word(path, strlen(path), tests);
}

/* tests/test_db_upgrades.py: makes tables as they were, and looks at what steps made of them. */
static bool
tests_steps(const char *path)
{
    static const char *const steps[] = {"upgrade", "upgrades", "migration", "migrations", NULL};
    const char *name = text_behind_slash(path);
    return history_has_word(name, strlen(name), steps) && is_of_tests(path);
}

/* db/old_create.py, legacy_schema.sql: tables as they were, from which somebody takes them on. */
static bool
is_called_old(const char *path, const char *text, size_t bytes)
{
    static const char *const words[] = {"old", "legacy", NULL};
    const char *name = text_behind_slash(path);
    return history_has_word(name, strlen(name), words) &&
           text_find_folded(text, bytes, "create table") != NULL;
}

/* tests/schema/shop-1.6.sql: tables as a version had them, from which tests take the steps since. */
static bool
is_schema_of_version(const char *path, const char *text, size_t bytes)
{
    const char *name = text_behind_slash(path);
    return is_of_tests(path) && history_has_version(name, strlen(name), true) &&
           history_changes_tables(text, bytes);
}

#define STEPS_OF_A_FILE 3 /* so many with a number each, and what they do: all of it is steps */

/* function version_43(), function version_42(), …: a program that takes tables from one version to the next. */
static bool
has_steps(const char *text, size_t bytes)
{
    g_autoptr(GHashTable) numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (text_find_folded(text, bytes, "alter table") == NULL &&
        text_find_folded(text, bytes, "create table") == NULL)
        return false;
    const char *end = text + bytes;
    for (const char *at = text; at < end && g_hash_table_size(numbers) < STEPS_OF_A_FILE; at++) {
        if (!g_ascii_isalpha(*at) || (at > text && is_identifier_byte(at[-1])))
            continue;
        g_autofree char *name = g_strndup(at, MIN(32, (size_t) (end - at)));
        const char *number = number_of_step(name);
        if (number != NULL && is_called(at, end))
            g_hash_table_add(numbers, g_strndup(number, history_digits(number)));
    }
    return g_hash_table_size(numbers) >= STEPS_OF_A_FILE;
}

/* Why a person decides what becomes of the file; NULL: its edits are made. */
static const char *
why_held(const Work *work)
{
    const char *path = work->path, *doubt = run_steps_doubt(work->options->steps, path);
    if (doubt != NULL)
        return doubt;
    if (is_called_old(path, work->text, work->bytes))
        return "this makes tables and is called old: whether it tells what was or what is, nobody "
               "says";
    if (!code_is_sql(path))
        return is_among_migrations(path) || history_is_versioned_step(path) || tests_steps(path) ||
                       (work->out->edits->len > 0 && has_steps(work->text, work->bytes))
                   ? "this program is among migrations of the schema: whether it tells what was "
                     "or what is, nobody says"
                   : NULL;
    if (is_versioned_definition(path))
        return "a migration has made this, by its version: a person adds the next one";
    if (is_schema_of_version(path, work->text, work->bytes))
        return "tests may begin from this schema of a version, whose tables were called so: a "
               "person decides";
    if (is_called_change(path, work->text, work->bytes))
        return "by its name and by what it does, this changes a table once, and may have run: a "
               "person decides";
    if (is_base_of_migrations(path))
        return "migrations may begin from this schema, and look for its tables under these names: "
               "a person decides";
    return is_below_liquibase(path)
               ? "a changelog of Liquibase may have run this, and would refuse to go on if it "
                 "changes: a person decides"
               : NULL;
}

void
history_hold(Work *work)
{
    const char *why = why_held(work);
    if (why == NULL)
        return;
    g_ptr_array_set_size(work->out->edits, 0);
    for (guint i = 0; i < work->out->sites->len; i++) {
        Site *site = g_ptr_array_index(work->out->sites, i);
        if (site->disposition != DISPOSITION_REWRITTEN)
            continue;
        site->disposition = DISPOSITION_NEEDS_PERSON;
        site->code = "statement";
        site->after = NULL;
        site->reason = why;
    }
}
