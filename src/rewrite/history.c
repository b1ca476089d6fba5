/*
 * history.c - migrations of schemas, which have run: V1__users.sql, migrations/0001_initial.py, changelogs of Liquibase.
 *
 * They tell how the tables of today came about, each under the names of its time, and tools refuse to go on when one of them
 * was changed. So they stay; what renames the table is a new one.
 */
#include "base/text.h"
#include "rewrite/code.h"
#include "rewrite/run_steps.h"
#include "rewrite/work.h"

#include <string.h>

#define MARK_BYTES 4096  /* in which the mark of a tool stands */
#define STAMP_DIGITS 10  /* of a moment: seconds since 1970, or a day with its hour */
#define MOMENT_DIGITS 14 /* to the second, as tools write it before the names of their files */

static size_t
count_digits(const char *name)
{
    size_t digits = 0;
    while (g_ascii_isdigit(name[digits]))
        digits++;
    return digits;
}

/* 0001_initial.py, 20200101120000-users.js, 2020-08-25-132005_users/up.sql, m20220101_users.rs, V12_users.kt: where a part of the
 * path begins. */
static bool
is_numbered(const char *name)
{
    size_t digits = count_digits(name);
    if (digits == 0 && name[0] != '\0' && strchr("mMvV", name[0]) != NULL)
        return (digits = count_digits(name + 1)) > 0 && strchr("_-.", name[digits + 1]) != NULL;
    return digits >= 3 || (digits > 0 && strchr("_-./", name[digits]) != NULL);
}

/* V1_2__users.sql, U1__users.sql, B3__users.sql of Flyway; R__views.sql is run whenever it changes. */
static bool
is_versioned(const char *name)
{
    size_t at = 1 + count_digits(name + (name[0] != '\0'));
    if (strchr("VUB", name[0]) == NULL || name[0] == '\0' || at == 1)
        return false;
    while (g_ascii_isdigit(name[at]) || name[at] == '.' ||
           (name[at] == '_' && g_ascii_isdigit(name[at + 1])))
        at++;
    return g_str_has_prefix(name + at, "__");
}

/* The folder of a path that begins here, without its slash, and whatever its case: is it called so? */
static bool
is_folder(const char *folder, size_t bytes, const char *name)
{
    return bytes == strlen(name) && g_ascii_strncasecmp(folder, name, bytes) == 0;
}

/* post_migrate, schema-migrations */
static bool
has_ending(const char *folder, size_t bytes, const char *ending)
{
    size_t length = strlen(ending);
    return bytes > length && strchr("_-", folder[bytes - length - 1]) != NULL &&
           is_folder(folder + bytes - length, length, ending);
}

static bool
is_folder_of_migrations(const char *folder, size_t bytes)
{
    static const char *const names[] = {
        "migrations", "migration",        "migrate",           "changelog",
        "changelogs", "migrationscripts", "migration_scripts", "migration-scripts",
        "upgrade",    "upgrades",         "alterations",       "evolutions",
        "drizzle"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (is_folder(folder, bytes, names[i]))
            return true;
    return has_ending(folder, bytes, "migrations") || has_ending(folder, bytes, "migrate");
}

/* delta/61/: steps to the 61st version, in a folder of their own; other folders that are called so have tables of Delta. */
static bool
begins_delta(const char *folder, size_t bytes)
{
    const char *next = folder + bytes + 1;
    size_t digits = count_digits(next);
    return (is_folder(folder, bytes, "delta") || is_folder(folder, bytes, "deltas")) &&
           digits > 0 && next[digits] == '/';
}

/* liquibase/changes/users.sql: said by a changelog elsewhere. */
static bool
is_folder_of_changes(const char *folder, size_t bytes)
{
    static const char *const names[] = {"changes", "changesets", "changelog", "changelogs"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (bytes == strlen(names[i]) && memcmp(folder, names[i], bytes) == 0)
            return true;
    return false;
}

/* 1.2 */
static bool
is_dotted(const char *at, size_t digits)
{
    return digits > 0 && at[digits] == '.' && g_ascii_isdigit(at[digits + 1]);
}

/* migrations/release.0.34/: of a version, behind a sign; mysql5.7 is a server's. */
static bool
is_of_version(const char *folder, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        size_t digits = count_digits(folder + i);
        bool begins = i == 0 || strchr("._-", folder[i - 1]) != NULL ||
                      (strchr("vV", folder[i - 1]) != NULL && i == 1);
        if (begins && is_dotted(folder + i, digits))
            return true;
        i += digits;
    }
    return false;
}

static bool
is_numbered_path(const char *path, const char *text, size_t bytes)
{
    bool is_within = false, is_liquibase = false;
    const char *part = path;
    for (const char *slash; (slash = strchr(part, '/')) != NULL; part = slash + 1) {
        size_t length = (size_t) (slash - part);
        if ((is_within && (is_numbered(part) || is_of_version(part, length))) ||
            begins_delta(part, length) || (is_liquibase && is_folder_of_changes(part, length)))
            return true;
        is_within = is_within || is_folder_of_migrations(part, length);
        is_liquibase = is_liquibase || (length == 9 && memcmp(part, "liquibase", 9) == 0);
    }
    return (is_within && is_numbered(part) && !is_run_anew(path, text, bytes)) ||
           (is_versioned(part) && g_str_has_suffix(part, ".sql"));
}

static bool
has_mark(const char *text, size_t bytes, const char *mark)
{
    const char *end = text + bytes, *at = text;
    while ((at = text_find_folded(at, (size_t) (end - at), mark)) != NULL) {
        if (memcmp(at, mark, strlen(mark)) == 0)
            return true;
        at++;
    }
    return false;
}

/* What tools for migrations want to read in each of them. With a line's end before it: where a line begins. */
static bool
is_marked(const char *path, const char *text, size_t bytes)
{
    static const struct {
        const char *ending, *mark;
    } marks[] = {
        {".sql", "-- +goose Up"},
        {".sql", "-- +migrate Up"},
        {".sql", "-- migrate:up"},
        {".sql", "liquibase formatted sql"},
        {".xml", "<databaseChangeLog"},
        {".yaml", "databaseChangeLog:"},
        {".xml", "<changeSet"},
        {".refactorlog", "<Operation"}, /* of projects of SQL Server */
        {".yml", "databaseChangeLog:"},
        {".py", "\ndown_revision"},        /* of Alembic */
        {".rb", "\nActiveRecord::Schema"}, /* of Rails, which writes it anew */
        {".rb", "< ActiveRecord::Migration"},
        {".rb", "\nSequel.migration"},
        {".py", "(migrations.Migration)"}, /* of Django */
        {".py", "\nfrom yoyo import"},
        {".sql", "--- !Ups"},                     /* of Play */
        {".sql", "--> statement-breakpoint"},     /* of Drizzle */
        {".ts", "implements MigrationInterface"}, /* of TypeORM */
        {".ts", "@mikro-orm/migrations"},
        {".java", "extends BaseJavaMigration"}, /* of Flyway */
        {".kt", ": BaseJavaMigration("},
        {".cs", " Up(MigrationBuilder "}, /* of Entity Framework */
        {".cs", "using FluentMigrator;"},
        {".php", "extends AbstractMigration"}, /* of Phinx and Doctrine */
        {".php", "\nuse Illuminate\\Database\\Migrations\\Migration;"},
        {".exs", "use Ecto.Migration"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        const char *mark = marks[i].mark;
        size_t length = strlen(mark + 1);
        if (g_str_has_suffix(path, marks[i].ending) &&
            (has_mark(text, MIN(bytes, MARK_BYTES), mark) ||
             (mark[0] == '\n' && bytes > length && memcmp(text, mark + 1, length) == 0)))
            return true;
    }
    return false;
}

/* structure.sql of Rails and schema.sql of dbmate, which write it anew: behind all else stands which migrations have run. */
static bool
is_dump(const char *path, const char *text, size_t bytes)
{
    static const char table[] = "schema_migrations";
    const char *end = text + bytes, *at = text;
    while (g_str_has_suffix(path, ".sql") &&
           (at = text_find_folded(at, (size_t) (end - at), table)) != NULL) {
        at += strlen(table);
        const char *column = at + strspn(at, "\"`' ");
        if (end - column > 9 && strspn(column, "(\"`'") > 0 &&
            g_str_has_prefix(column + strspn(column, "(\"`'"), "version") &&
            text_find_folded(column, MIN(40, (size_t) (end - column)), "values") != NULL)
            return true;
    }
    return false;
}

/* `-- Deploy shop:users to pg`, which Sqitch writes first of all into each script; also `-- Revert … from` and `-- Verify … on`. */
static bool
is_of_sqitch(const char *path, const char *text, size_t bytes)
{
    static const char *const verbs[] = {"-- Deploy ", "-- Revert ", "-- Verify "},
                             *const words[] = {" to ", " from ", " on "};
    const char *stop = memchr(text, '\n', bytes);
    g_autofree char *line =
        g_strndup(text, stop != NULL ? (size_t) (stop - text) : MIN(bytes, 200));
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        const char *colon = g_str_has_prefix(line, verbs[i]) ? strchr(line, ':') : NULL;
        if (colon != NULL && strstr(colon, words[i]) != NULL && g_str_has_suffix(path, ".sql"))
            return true;
    }
    return false;
}

/* 20240131.sql */
static bool
is_day(const char *name)
{
    size_t digits = count_digits(name);
    return digits == 8 && (g_str_has_prefix(name, "19") || g_str_has_prefix(name, "20")) &&
           strcmp(name + digits, ".sql") == 0;
}

static bool
changes_tables(const char *text, size_t bytes)
{
    static const char *const changes[] = {"alter table",  "create table", "drop table",
                                          "create index", "add column",   "drop column"};
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++)
        if (text_find_folded(text, bytes, changes[i]) != NULL)
            return true;
    return false;
}

/* orders-20240131120000.sql, next-1785488115-add-orders.ts: a moment in the file's name, and a change of tables in the file. */
static bool
is_stamped(const char *path, const char *text, size_t bytes)
{
    static const char *const endings[] = {".sql", ".py", ".rb",   ".js", ".ts", ".go",  ".php",
                                          ".cs",  ".kt", ".java", ".rs", ".ex", ".exs", NULL};
    const char *name = text_behind_slash(path);
    size_t digits = 0;
    bool is_only_day = is_day(name);
    while (*name != '\0' && digits < STAMP_DIGITS)
        digits = g_ascii_isdigit(*name++) ? digits + 1 : 0;
    if (digits < STAMP_DIGITS && !is_only_day)
        return false;
    return code_ends_with(path, endings) && changes_tables(text, bytes);
}

/* 004_orders.up.sql, 004_orders.down.sql, whatever their folder is called */
static bool
is_pair_of_steps(const char *name)
{
    return count_digits(name) > 0 &&
           (g_str_has_suffix(name, ".up.sql") || g_str_has_suffix(name, ".down.sql"));
}

/* 20240131120000_orders.sql, 2024-01-31-120000_orders/up.sql, Script0001 - orders.sql */
static bool
is_numbered_sql(const char *path)
{
    const char *name = text_behind_slash(path), *folder = name;
    while (folder > path && (folder == name || folder[-1] != '/'))
        folder--;
    bool is_pair = strcmp(name, "up.sql") == 0 || strcmp(name, "down.sql") == 0;
    const char *stamp = is_pair ? folder : name;
    size_t digits = 0;
    for (; g_ascii_isdigit(*stamp) || (is_pair && *stamp == '-'); stamp++)
        digits += *stamp != '-';
    return g_str_has_suffix(name, ".sql") &&
           (digits >= MOMENT_DIGITS || is_pair_of_steps(name) ||
            (g_str_has_prefix(name, "Script") && count_digits(name + 6) > 2));
}

/* Has the path's part one of these words? */
static bool
has_word_of(const char *part, size_t bytes, const char *const *words)
{
    for (size_t at = 0; at < bytes;) {
        size_t length = 0;
        while (at + length < bytes && g_ascii_isalpha(part[at + length]))
            length++;
        for (size_t i = 0; words[i] != NULL && length > 0; i++)
            if (is_folder(part + at, length, words[i]))
                return true;
        at += MAX(length, 1);
    }
    return false;
}

/* delta, upgrade-1.2 */
static bool
has_step_word(const char *part, size_t bytes)
{
    static const char *const words[] = {
        "delta",   "deltas", "diff",     "diffs", "patch",   "patches",   "upgrade",    "update",
        "updates", "hotfix", "hotfixes", "alter", "migrate", "migration", "migrations", NULL};
    return has_word_of(part, bytes, words);
}

/* 20240131, 1.2.sql */
static bool
has_version(const char *part, size_t bytes, bool is_file)
{
    for (size_t at = 0; at < bytes;) {
        size_t digits = MIN(count_digits(part + at), bytes - at);
        if (digits >= 8 || (is_file && at + digits + 1 < bytes && is_dotted(part + at, digits)))
            return true;
        at += MAX(digits, 1);
    }
    return false;
}

#define STEP_PARTS 3 /* the file and two folders; what is further up is about other things */

bool
is_step(const char *path)
{
    const char *end = path + strlen(path);
    for (int parts = 0; parts < STEP_PARTS && end > path; parts++) {
        const char *slash = memrchr(path, '/', (size_t) (end - path)),
                   *part = slash != NULL ? slash + 1 : path;
        size_t bytes = (size_t) (end - part);
        if (has_step_word(part, bytes) || has_version(part, bytes, parts == 0))
            return true;
        end = MAX(part - 1, path);
    }
    return false;
}

/* Does a folder say that what is in it are migrations, or the program's own name? */
static bool
is_among_migrations(const char *path)
{
    static const char *const names[] = {"migrations", "migration", "migrate", "alterations"};
    const char *part = path, *stop;
    for (; (stop = strpbrk(part, "/.")) != NULL; part = stop + 1)
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
            if (is_folder(part, (size_t) (stop - part), names[i]))
                return true;
    return false;
}

/* liquibase/sql/fill.sql: what a changelog may name, wherever it stands; views that it runs anew lie there, too. */
static bool
is_below_liquibase(const char *path)
{
    return g_str_has_prefix(path, "liquibase/") || strstr(path, "/liquibase/") != NULL;
}

/* upgrade/upgrade-1.2.sql, upgrade_queries/upgrade_1.3.php: steps from one version to the next. */
static bool
is_versioned_step(const char *path)
{
    const char *name = text_behind_slash(path), *folder = name;
    while (folder > path && (folder == name || folder[-1] != '/'))
        folder--;
    return has_version(name, strlen(name), true) && has_step_word(folder, strlen(folder));
}

/* sql/updates/mysql/1.2.3.sql: called by a version alone, below a folder of steps that has one for each server. */
static bool
is_version_alone(const char *path)
{
    const char *name = text_behind_slash(path), *folder = name;
    size_t bytes = strspn(name, "0123456789.-_");
    for (int slashes = 0; folder > path; folder--) {
        slashes += folder[-1] == '/';
        if (slashes > 2) /* of this folder, and of the one around it */
            break;
    }
    return is_dotted(name, count_digits(name)) && strcmp(name + bytes, "sql") == 0 &&
           has_step_word(folder, (size_t) (name - folder));
}

/* shop--1.0--1.1.sql, shop-2.10-2.20.sql: from one version to another. From 0.00 on is from nothing, which defines all. */
static bool
is_between_versions(const char *name)
{
    int versions = 0;
    for (const char *at = name; *at != '\0';) {
        size_t digits = strspn(at, "0123456789."), zeros = strspn(at, "0.");
        const char *dot = memchr(at, '.', digits);
        if (digits > 0 && g_ascii_isdigit(*at) && dot != NULL && g_ascii_isdigit(dot[1]))
            versions += versions > 0 || zeros < digits;
        at += MAX(digits, 1);
    }
    return versions > 1;
}

/* upgrade_24.sql, patch-12.sql; update-4.sql, where tables change: else it is a statement UPDATE by itself. */
static bool
is_counted_step(const char *name, const char *text, size_t bytes_of_text)
{
    static const char *const words[] = {"update", "upgrade", "migration", "migrate",
                                        "delta",  "patch",   "hotfix"};
    for (size_t i = changes_tables(text, bytes_of_text) ? 0 : 1; i < G_N_ELEMENTS(words); i++) {
        size_t bytes = strlen(words[i]);
        if (g_ascii_strncasecmp(name, words[i], bytes) == 0 &&
            g_ascii_isdigit(name[bytes + strspn(name + bytes, "-_")]))
            return true;
    }
    return false;
}

static bool
is_step_of_sql(const char *path, const char *text, size_t bytes)
{
    const char *name = text_behind_slash(path);
    return g_str_has_suffix(path, ".sql") &&
           (is_versioned_step(path) || is_version_alone(path) || is_between_versions(name) ||
            is_counted_step(name, text, bytes));
}

bool
is_history(const char *path, const char *text, size_t bytes)
{
    return is_numbered_path(path, text, bytes) || is_marked(path, text, bytes) ||
           is_stamped(path, text, bytes) || is_of_sqitch(path, text, bytes) ||
           is_step_of_sql(path, text, bytes) || is_numbered_sql(path) || is_dump(path, text, bytes);
}

/* db/views/plans_v02.sql of Scenic, db/functions/f_v01.sql of fx: a migration names it by its version. */
static bool
is_versioned_definition(const char *path)
{
    static const char *const folders[] = {"db/views/", "db/functions/", "db/triggers/"};
    const char *mark = g_strrstr(path, "_v");
    size_t digits = mark != NULL ? count_digits(mark + 2) : 0;
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
        is_within = is_within || has_word_of(part, (size_t) (slash - part), tools);
        is_base = has_word_of(part, (size_t) (slash - part), bases); /* of the last folder */
    }
    return is_within && (is_base || has_word_of(part, strlen(part), bases));
}

/* Behind the word before a number of a step: version_43, migrate3, m007_; NULL: it is none. */
static const char *
number_of_step(const char *name)
{
    static const char *const words[] = {"version", "migration", "migrate", "upgrade",
                                        "patch",   "update",    "schema"};
    if (name[0] == 'm' && count_digits(name + 1) > 2 && name[1 + count_digits(name + 1)] == '_')
        return name + 1;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strncasecmp(name, words[i], strlen(words[i])) == 0) {
            name += strlen(words[i]);
            name += name[0] == '_';
            return count_digits(name) > 0 ? name : NULL;
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
    return has_word_of(path, strlen(path), tests);
}

/* tests/test_db_upgrades.py: makes tables as they were, and looks at what steps made of them. */
static bool
tests_steps(const char *path)
{
    static const char *const steps[] = {"upgrade", "upgrades", "migration", "migrations", NULL};
    const char *name = text_behind_slash(path);
    return has_word_of(name, strlen(name), steps) && is_of_tests(path);
}

/* db/old_create.py, legacy_schema.sql: tables as they were, from which somebody takes them on. */
static bool
is_called_old(const char *path, const char *text, size_t bytes)
{
    static const char *const words[] = {"old", "legacy", NULL};
    const char *name = text_behind_slash(path);
    return has_word_of(name, strlen(name), words) &&
           text_find_folded(text, bytes, "create table") != NULL;
}

/* tests/schema/shop-1.6.sql: tables as a version had them, from which tests take the steps since. */
static bool
is_schema_of_version(const char *path, const char *text, size_t bytes)
{
    const char *name = text_behind_slash(path);
    return is_of_tests(path) && has_version(name, strlen(name), true) &&
           changes_tables(text, bytes);
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
            g_hash_table_add(numbers, g_strndup(number, count_digits(number)));
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
        return is_among_migrations(path) || is_versioned_step(path) || tests_steps(path) ||
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
