/*
 * run_lists.c - lists that name scripts as migrations: `migrations:` of YAML with its entries, "migrations": [ … ] of JSON and of programs,
 * <migrations>, and changelogs of Liquibase, wherever their scripts lie.
 */
#include "base/text.h"
#include "rewrite/code.h"
#include "rewrite/program/program.h"
#include "rewrite/run_steps_parts.h"
#include "rewrite/work.h"

#include <string.h>

#define BEFORE_LIST_MAX 160 /* bytes between the list's name and its bracket */
#define NAMES_MAX 20000     /* of all lists of a file */

/* How such a list may be called, also at the end of a longer name: shopMigrations. */
static const char *const list_words[] = {
    "migrations",        "changesets",        "upgrades",        "patches",
    "migrationfiles",    "migration_files",   "migration-files", "migrationscripts",
    "migration_scripts", "migration-scripts", "upgradescripts",  "upgrade_scripts",
    "upgrade-scripts",   "patchscripts",      "patch_scripts",   "schema_updates"};

/* Of Liquibase, in XML, YAML and JSON: the whole file is its list. */
static const char changelog_word[] = "databaseChangeLog";

typedef struct {
    const char *text, *end;
    GPtrArray *lists;
    guint names;
    bool is_yaml;
} Reader;

/* ---- names of scripts ---- */

static bool
is_script(const char *name)
{
    static const char *const endings[] = {".sql", ".py", ".rb",  ".js",  ".ts",
                                          ".php", ".sh", ".ddl", ".cql", NULL};
    return code_ends_with(name, endings) && text_behind_slash(name)[0] != '.';
}

/* ./sql\add-plan.sql, classpath:sql/add-plan.sql. Caller frees. */
static char *
plain_name(const char *begin, const char *end)
{
    const char *colon = memrchr(begin, ':', (size_t) (end - begin));
    begin = colon != NULL ? colon + 1 : begin;
    g_autofree char *name = g_strndup(begin, (size_t) (end - begin));
    g_strdelimit(name, "\\", '/');
    return g_strdup(g_str_has_prefix(name, "./") ? name + 2 : name);
}

static bool
ends_name(char c)
{
    return g_ascii_isspace(c) || strchr("\"'`,<>()[]{}=;#", c) != NULL;
}

/* Those within these bytes make a list, if one of them is SQL; NULL: they do not. */
static RunList *
read_names(Reader *reader, const char *at, const char *end)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    bool has_sql = false;
    while (at < end && reader->names < NAMES_MAX) {
        const char *begin = at;
        while (at < end && !ends_name(*at))
            at++;
        g_autofree char *name = at - begin > 3 ? plain_name(begin, at) : NULL;
        at += at == begin;
        if (name == NULL || !is_script(name))
            continue;
        has_sql = has_sql || code_is_sql(name);
        reader->names++;
        g_ptr_array_add(names, g_steal_pointer(&name));
    }
    if (!has_sql)
        return NULL;
    RunList *list = g_new0(RunList, 1);
    list->is_sure = names->len > 1; /* one alone may be a schema that is loaded by it */
    list->names = g_steal_pointer(&names);
    g_ptr_array_add(reader->lists, list);
    return list;
}

/* ---- where lists end ---- */

/* The column of the key that begins here, behind blanks and the dashes of lists. */
static size_t
key_column(const Reader *reader, const char *key)
{
    const char *line = key;
    while (line > reader->text && line[-1] != '\n')
        line--;
    size_t column = strspn(line, " -");
    return line + column == key || line + column + 1 == key ? column : SIZE_MAX;
}

/* Behind the lines of YAML that belong to the key of that column: deeper ones, and dashes below it. */
static const char *
behind_lines(const Reader *reader, const char *at, size_t column)
{
    while (at < reader->end) {
        const char *stop = memchr(at, '\n', (size_t) (reader->end - at));
        size_t blanks = strspn(at, " ");
        bool is_empty = strchr("\r\n#", at[blanks]) != NULL;
        if (!is_empty && (blanks < column || (blanks == column && at[blanks] != '-')))
            return at;
        at = stop != NULL ? stop + 1 : reader->end;
    }
    return at;
}

/* The list's bracket behind its name; NULL: none. */
static const char *
find_bracket(const Reader *reader, const char *at)
{
    const char *last = MIN(reader->end, at + BEFORE_LIST_MAX);
    for (bool is_set = false; at < last; at++) {
        is_set = is_set || strchr("=:(", *at) != NULL;
        if (strchr("[({", *at) != NULL && is_set && at[1] != ']')
            return at;
        if (strchr(is_set ? ";`)," : ";`)\n", *at) != NULL || (reader->is_yaml && *at == '\n'))
            return NULL;
    }
    return NULL;
}

/* Behind the brackets of a list, also where its type stands before it: `: &[(&str, &str)] = &[…]`; NULL: they have no end. */
static const char *
read_brackets(Reader *reader, const char *at)
{
    for (const char *bracket = find_bracket(reader, at); bracket != NULL;) {
        const char *end = text_behind_bracket(bracket, reader->end);
        RunList *list = end != NULL ? read_names(reader, bracket, end) : NULL;
        bool is_type = end != NULL && list == NULL && end[strspn(end, " >")] == '=';
        if (!is_type)
            return end;
        at = end;
        bracket = find_bracket(reader, at);
    }
    return at;
}

/* Behind the lines below a key of YAML, whose value begins at `value`; NULL: it is none. */
static const char *
read_lines(Reader *reader, const char *key, const char *value)
{
    while (key > reader->text && is_identifier_byte(key[-1]))
        key--;
    size_t column = key_column(reader, key);
    const char *line = memchr(value, '\n', (size_t) (reader->end - value));
    if (column == SIZE_MAX || line == NULL)
        return NULL;
    const char *end = behind_lines(reader, line + 1, column);
    read_names(reader, line, end);
    return end;
}

/* Behind `</word`, where `<word` is an element; NULL: it has no end. */
static const char *
read_element(Reader *reader, const char *word, const char *at)
{
    g_autofree char *closing = g_strconcat("</", word, NULL);
    const char *end = text_find_folded(at, (size_t) (reader->end - at), closing);
    if (end != NULL)
        read_names(reader, at, end);
    return end;
}

/* Behind the list whose name is the word at [begin, at): `at` where there is none, NULL where it has no end. */
static const char *
read_list(Reader *reader, const char *word, const char *begin, const char *at)
{
    const char *behind = at + strspn(at, "\"'");
    if (begin > reader->text && begin[-1] == '<')
        return read_element(reader, word, at);
    const char *value = *behind == ':' ? behind + 1 + strspn(behind + 1, " ") : NULL;
    if (reader->is_yaml && value != NULL && strchr("\r\n#", *value) != NULL) {
        const char *end = read_lines(reader, begin, value);
        return end != NULL ? end : at;
    }
    return read_brackets(reader, at);
}

static void
read_called(Reader *reader, const char *word)
{
    const char *at = reader->text;
    while (at != NULL && (at = text_find_folded(at, (size_t) (reader->end - at), word)) != NULL) {
        const char *begin = at;
        at += strlen(word);
        if (at < reader->end && !is_identifier_byte(*at))
            at = read_list(reader, word, begin, at);
    }
}

/* ---- the whole ---- */

static bool
has_text(const char *text, size_t bytes, const char *what)
{
    return memmem(text, bytes, what, strlen(what)) != NULL;
}

static bool
has_word(const char *text, size_t bytes)
{
    for (size_t i = 0; i < G_N_ELEMENTS(list_words); i++)
        if (text_find_folded(text, bytes, list_words[i]) != NULL)
            return true;
    return has_text(text, bytes, changelog_word);
}

bool
run_steps_may_list(const char *path, const char *text, size_t bytes)
{
    static const char *const endings[] = {".yml", ".yaml", ".json", ".toml", ".xml", ".conf", NULL};
    return !code_is_sql(path) && has_text(text, bytes, ".sql") &&
           (code_ends_with(path, endings) || language_of(path, text, bytes) != NULL) &&
           has_word(text, bytes);
}

GPtrArray *
run_lists_in(const char *path, const char *text, size_t bytes)
{
    if (!run_steps_may_list(path, text, bytes))
        return NULL;
    Reader reader = {.text = text,
                     .end = text + bytes,
                     .lists = g_ptr_array_new_with_free_func(run_list_free),
                     .is_yaml = g_str_has_suffix(path, ".yml") || g_str_has_suffix(path, ".yaml")};
    if (has_text(text, bytes, changelog_word)) {
        RunList *list = read_names(&reader, text, text + bytes);
        if (list != NULL)
            list->is_sure =
                !has_text(text, bytes, "runOnChange") && !has_text(text, bytes, "runAlways");
    } else {
        for (size_t i = 0; i < G_N_ELEMENTS(list_words); i++)
            read_called(&reader, list_words[i]);
    }
    if (reader.lists->len == 0)
        g_clear_pointer(&reader.lists, g_ptr_array_unref);
    return reader.lists;
}
