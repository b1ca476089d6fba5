/* code.c - see code.h. */
#include "rewrite/code.h"

#include <glib.h>
#include <string.h>

#define LOOKED_AT_BYTES 8192 /* as far as git looks, too */

bool
code_is_passed_over(const char *name)
{
    return name[0] == '.' || strcmp(name, "node_modules") == 0 || strcmp(name, "dbt_packages") == 0;
}

bool
code_path_is_passed_over(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    for (size_t i = 0; parts[i] != NULL; i++)
        if (code_is_passed_over(parts[i]))
            return true;
    return false;
}

bool
code_is_binary(const char *bytes, size_t count)
{
    return memchr(bytes, '\0', MIN(count, LOOKED_AT_BYTES)) != NULL;
}

bool
code_ends_with(const char *path, const char *const *endings)
{
    for (size_t i = 0; endings[i] != NULL; i++)
        if (g_str_has_suffix(path, endings[i]))
            return true;
    return false;
}

bool
code_is_sql(const char *path)
{
    static const char *const endings[] = {".sql",  ".sql.j2", ".sql.jinja", ".ddl",
                                          ".dml",  ".hql",    ".bqsql",     ".pgsql",
                                          ".psql", ".tsql",   NULL};
    return code_ends_with(path, endings);
}
