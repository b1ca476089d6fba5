/* history_listed.c - steps of a schema that are told by what lists them, or by the file's own name: MIGRATIONS = ["CREATE TABLE …"]. */
#include "base/text.h"
#include "rewrite/work.h"

#include <string.h>

#define BEFORE_LIST_MAX 160 /* bytes between the list's name and its bracket */

/* ---- lists of steps in programs ---- */

/* Is the word that ends here called like a list of migrations, MIGRATIONS or shopMigrations? */
static bool
ends_name_of_migrations(const char *text, const char *end)
{
    static const char word[] = "migrations";
    size_t bytes = sizeof word - 1;
    return (size_t) (end - text) >= bytes && !is_identifier_byte(*end) &&
           g_ascii_strncasecmp(end - bytes, word, bytes) == 0;
}

/* The list's bracket behind its name: `: &[&str] = &[`, ` = []string{`, ` = listOf(`; NULL: no list is set here. */
static const char *
find_list(const char *at, const char *end)
{
    bool is_set = false;
    for (const char *last = MIN(end, at + BEFORE_LIST_MAX); at < last; at++) {
        if (*at == '=')
            is_set = true;
        else if (strchr("\"`#\n", *at) != NULL && !is_set)
            return NULL;
        else if (strchr("[({", *at) != NULL && is_set && at + 1 < end && at[1] != ']')
            return at;
        else if (strchr("\"'`);", *at) != NULL && is_set)
            return NULL;
    }
    return NULL;
}

static void
hold_within(Work *work, size_t begin, size_t end)
{
    GPtrArray *edits = work->out->edits, *sites = work->out->sites;
    for (guint i = edits->len; i-- > 0;) {
        const Edit *edit = g_ptr_array_index(edits, i);
        if (edit->begin >= begin && edit->end <= end)
            g_ptr_array_remove_index(edits, i);
    }
    for (guint i = 0; i < sites->len; i++) {
        Site *site = g_ptr_array_index(sites, i);
        if (site->disposition != DISPOSITION_REWRITTEN || site->begin < begin || site->end > end)
            continue;
        site->disposition = DISPOSITION_NEEDS_PERSON;
        site->code = "statement";
        site->after = NULL;
        site->reason = "this list says how the schema was made, step by step: what has run stays, "
                       "and a person adds the next one";
    }
}

void
history_hold_listed(Work *work)
{
    const char *end = work->text + work->bytes, *at = work->text, *behind;
    if (work->out->edits->len == 0)
        return;
    while ((at = text_find_folded(at, (size_t) (end - at), "migrations")) != NULL) {
        at += strlen("migrations");
        if (at == end || !ends_name_of_migrations(work->text, at))
            continue;
        const char *list = find_list(at, end);
        if (list == NULL)
            continue;
        if ((behind = text_behind_bracket(list, end)) == NULL)
            return;
        if (text_find_folded(list, (size_t) (behind - list), "create table") != NULL ||
            text_find_folded(list, (size_t) (behind - list), "alter table") != NULL)
            hold_within(work, (size_t) (list - work->text), (size_t) (behind - work->text));
        at = behind;
    }
}

/* ---- files of SQL whose name says what they change ---- */

/* sql/add-plan-column.sql, rename_users.sql, in which columns of a table come, go or get other names. */
bool
is_called_change(const char *path, const char *text, size_t bytes)
{
    static const char *const verbs[] = {"add",    "drop",    "remove",   "rename", "alter",
                                        "change", "convert", "backfill", "cleanup"};
    static const char *const changes[] = {" add column ", " drop column ",   " rename column ",
                                          " rename to ",  " modify column ", " change column "};
    const char *name = text_behind_slash(path);
    bool is_called = false;
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        size_t length = strlen(verbs[i]);
        is_called = is_called || (g_ascii_strncasecmp(name, verbs[i], length) == 0 &&
                                  name[length] != '\0' && strchr("-_ ", name[length]) != NULL);
    }
    if (!is_called || text_find_folded(text, bytes, "alter table") == NULL)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++)
        if (text_find_folded(text, bytes, changes[i]) != NULL)
            return true;
    return false;
}
