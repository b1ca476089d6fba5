/*
 * told_vars.c - variables that a command gives dbt: `dbt run --vars '{by: plan}'`.
 *
 * Where SQL of a project asks for the variable, and its value is a column that changes, the query would go on reading the column of
 * before. What else the variable is given, and by whom, nobody knows: a person decides.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"
#include "rewrite/dbt/selects.h"

#include <string.h>

/* Does SQL of any project ask for it? */
static bool
is_asked_for(const Work *work, const char *name)
{
    const GPtrArray *roots = work->options->roots;
    for (guint i = 0; roots != NULL && i < roots->len; i++) {
        const DbtRoot *root = g_ptr_array_index(roots, i);
        if (g_hash_table_contains(root->asked, name))
            return true;
    }
    return false;
}

/* Of any model or source of dbt: which one the variable's query reads is not looked for. */
static bool
is_column_that_changes(const Work *work, const char *word)
{
    SqlPart part = {.text = (char *) word};
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        const ColumnChange *change =
            rename->dbt != NULL ? rename_column(rename, dialect_by_name("ansi"), &part) : NULL;
        if (change != NULL && change->kind != CHANGE_NONE)
            return true;
    }
    return false;
}

/* `key: word, key: [word, word]`, with or without quotes: what follows a key is said for it up to the next one. */
static void
visit_map(Work *work, size_t begin, size_t end)
{
    const char *text = work->text;
    bool is_asked = false;
    for (size_t at = begin, to; at < end; at = MAX(to, at + 1)) {
        for (to = at; to < end && is_identifier_byte(text[to]);)
            to++;
        if (to == at)
            continue;
        size_t next = to + strspn(text + to, " \t\\\"'");
        g_autofree char *word = g_strndup(text + at, to - at);
        if (next < end && text[next] == ':')
            is_asked = is_asked_for(work, word);
        else if (is_asked && is_column_that_changes(work, word) && dbt_settles(work, at, to))
            site_refuse(work, SITE_COLUMN, at, to, "in-template", NULL,
                        "dbt is given this for a variable that its SQL asks for, and a column of "
                        "this name changes: change both");
    }
}

size_t
dbt_told_vars(Work *work, size_t at)
{
    const char *text = work->text;
    at += strspn(text + at, "\"'"); /* the flag may be a string of a list */
    at += strspn(text + at, " \t=,");
    size_t escape = text[at] == '\\' ? 1 : 0;
    char quote = text[at + escape];
    if (quote != '"' && quote != '\'')
        return at;
    size_t begin = at + escape + 1, end = begin;
    while (end < work->bytes && text[end] != '\n' &&
           (text[end] != quote || (text[end - 1] == '\\') != (escape == 1)))
        end++;
    visit_map(work, begin, end);
    return end + (end < work->bytes && text[end] == quote);
}

bool
dbt_tells_vars(const Renames *renames, const char *text)
{
    if (strstr(text, "--vars") == NULL)
        return false;
    for (guint i = 0; i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        if (rename->dbt != NULL && rename_changes_columns(rename))
            return true;
    }
    return false;
}
