/*
 * history.c - migrations of schemas, which have run: V1__users.sql, migrations/0001_initial.py, changelogs of Liquibase.
 *
 * They tell how the tables of today came about, each under the names of its time, and tools refuse to go on when one of them
 * was changed. So they stay; what renames the table is a new one.
 */
#include "base/text.h"
#include "rewrite/code.h"
#include "rewrite/history_parts.h"
#include "rewrite/work.h"

#include <string.h>

#define MARK_BYTES 4096  /* in which the mark of a tool stands */
#define STAMP_DIGITS 10  /* of a moment: seconds since 1970, or a day with its hour */
#define MOMENT_DIGITS 14 /* to the second, as tools write it before the names of their files */

size_t
history_digits(const char *name)
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
    size_t digits = history_digits(name);
    if (digits == 0 && name[0] != '\0' && strchr("mMvV", name[0]) != NULL)
        return (digits = history_digits(name + 1)) > 0 && strchr("_-.", name[digits + 1]) != NULL;
    return digits >= 3 || (digits > 0 && strchr("_-./", name[digits]) != NULL);
}

/* V1_2__users.sql, U1__users.sql, B3__users.sql of Flyway; R__views.sql is run whenever it changes. */
static bool
is_versioned(const char *name)
{
    size_t at = 1 + history_digits(name + (name[0] != '\0'));
    if (strchr("VUB", name[0]) == NULL || name[0] == '\0' || at == 1)
        return false;
    while (g_ascii_isdigit(name[at]) || name[at] == '.' ||
           (name[at] == '_' && g_ascii_isdigit(name[at + 1])))
        at++;
    return g_str_has_prefix(name + at, "__");
}

bool
history_is_part(const char *folder, size_t bytes, const char *name)
{
    return bytes == strlen(name) && g_ascii_strncasecmp(folder, name, bytes) == 0;
}

/* post_migrate, schema-migrations */
static bool
has_ending(const char *folder, size_t bytes, const char *ending)
{
    size_t length = strlen(ending);
    return bytes > length && strchr("_-", folder[bytes - length - 1]) != NULL &&
           history_is_part(folder + bytes - length, length, ending);
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
        if (history_is_part(folder, bytes, names[i]))
            return true;
    return has_ending(folder, bytes, "migrations") || has_ending(folder, bytes, "migrate");
}

/* delta/61/: steps to the 61st version, in a folder of their own; other folders that are called so have tables of Delta. */
static bool
begins_delta(const char *folder, size_t bytes)
{
    const char *next = folder + bytes + 1;
    size_t digits = history_digits(next);
    return (history_is_part(folder, bytes, "delta") || history_is_part(folder, bytes, "deltas")) &&
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
        size_t digits = history_digits(folder + i);
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
    size_t digits = history_digits(name);
    return digits == 8 && (g_str_has_prefix(name, "19") || g_str_has_prefix(name, "20")) &&
           strcmp(name + digits, ".sql") == 0;
}

bool
history_changes_tables(const char *text, size_t bytes)
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
    return code_ends_with(path, endings) && history_changes_tables(text, bytes);
}

/* 004_orders.up.sql, 004_orders.down.sql, whatever their folder is called */
static bool
is_pair_of_steps(const char *name)
{
    return history_digits(name) > 0 &&
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
            (g_str_has_prefix(name, "Script") && history_digits(name + 6) > 2));
}

bool
history_has_word(const char *part, size_t bytes, const char *const *words)
{
    for (size_t at = 0; at < bytes;) {
        size_t length = 0;
        while (at + length < bytes && g_ascii_isalpha(part[at + length]))
            length++;
        for (size_t i = 0; words[i] != NULL && length > 0; i++)
            if (history_is_part(part + at, length, words[i]))
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
    return history_has_word(part, bytes, words);
}

bool
history_has_version(const char *part, size_t bytes, bool is_file)
{
    for (size_t at = 0; at < bytes;) {
        size_t digits = MIN(history_digits(part + at), bytes - at);
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
        if (has_step_word(part, bytes) || history_has_version(part, bytes, parts == 0))
            return true;
        end = MAX(part - 1, path);
    }
    return false;
}

bool
history_is_versioned_step(const char *path)
{
    const char *name = text_behind_slash(path), *folder = name;
    while (folder > path && (folder == name || folder[-1] != '/'))
        folder--;
    return history_has_version(name, strlen(name), true) && has_step_word(folder, strlen(folder));
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
    return is_dotted(name, history_digits(name)) && strcmp(name + bytes, "sql") == 0 &&
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
    for (size_t i = history_changes_tables(text, bytes_of_text) ? 0 : 1; i < G_N_ELEMENTS(words);
         i++) {
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
           (history_is_versioned_step(path) || is_version_alone(path) ||
            is_between_versions(name) || is_counted_step(name, text, bytes));
}

bool
is_history(const char *path, const char *text, size_t bytes)
{
    return is_numbered_path(path, text, bytes) || is_marked(path, text, bytes) ||
           is_stamped(path, text, bytes) || is_of_sqitch(path, text, bytes) ||
           is_step_of_sql(path, text, bytes) || is_numbered_sql(path) || is_dump(path, text, bytes);
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
