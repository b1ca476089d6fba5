/* history_anew.c - definitions that lie among migrations and have not run once for all: views and routines that are made anew. */
#include "base/text.h"
#include "rewrite/work.h"

#include <string.h>

#define STAMP_DIGITS 10 /* of a moment, which a step has before its name */

/* create or alter view, create or replace …; or drop view and create view behind it. */
static bool
replaces_definition(const char *text, size_t bytes)
{
    static const char *const heads[] = {"create or replace ", "create or alter "},
                             *const kinds[] = {"view", "proc", "function", "trigger", "package"};
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++)
        if (text_find_folded(text, bytes, heads[i]) != NULL)
            return true;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *drops = g_strconcat("drop ", kinds[i], NULL),
                        *makes = g_strconcat("create ", kinds[i], NULL);
        const char *at = text_find_folded(text, bytes, drops);
        if (at != NULL && text_find_folded(at, bytes - (size_t) (at - text), makes) != NULL)
            return true;
    }
    return false;
}

/* upgrade/views/012-active.sql: a definition that takes the place of the one before, and is run again whenever it changes. */
bool
is_run_anew(const char *path, const char *text, size_t bytes)
{
    static const char *const kinds[] = {"views",    "functions", "procedures", "stored_procedures",
                                        "routines", "triggers",  "procs",      "sprocs",
                                        "packages"};
    const char *slash = strrchr(path, '/'), *folder = slash;
    while (folder != NULL && folder > path && folder[-1] != '/')
        folder--;
    bool is_kind = false;
    for (size_t i = 0; folder != NULL && i < G_N_ELEMENTS(kinds); i++)
        is_kind = is_kind || ((size_t) (slash - folder) == strlen(kinds[i]) &&
                              g_ascii_strncasecmp(folder, kinds[i], strlen(kinds[i])) == 0);
    return is_kind && g_str_has_suffix(path, ".sql") && !g_str_has_suffix(path, ".up.sql") &&
           !g_str_has_suffix(path, ".down.sql") && strspn(slash + 1, "0123456789") < STAMP_DIGITS &&
           replaces_definition(text, bytes);
}
