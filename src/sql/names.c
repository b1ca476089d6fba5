/* names.c - are two names one and the same? Each dialect has its own rules of case. */
#include "base/text.h"
#include "sql/sql.h"

#include <string.h>

_Thread_local uint64_t sql_names_compared;

static bool
same(const Dialect *dialect, CaseRule rule, const char *name, char quote, const char *known)
{
    sql_names_compared++;
    if (rule == CASE_KEPT)
        return strcmp(name, known) == 0;
    if (quote == '\0' || !dialect->quotes_keep_case || rule == CASE_IGNORED)
        return text_same_folded(name, known);
    if (strcmp(name, known) == 0)
        return true;
    /* "USER_ID" in quotes is what user_id means where names are folded upwards */
    g_autofree char *folded =
        rule == CASE_UPPER ? g_ascii_strup(known, -1) : g_ascii_strdown(known, -1);
    return strcmp(name, folded) == 0;
}

bool
sql_same_column(const Dialect *dialect, const char *name, char quote, const char *known)
{
    return same(dialect, dialect->column_case, name, quote, known);
}

bool
sql_is_plain_column(const Dialect *dialect, const char *name)
{
    g_autofree char *folded = dialect->column_case == CASE_UPPER   ? g_ascii_strup(name, -1)
                              : dialect->column_case == CASE_LOWER ? g_ascii_strdown(name, -1)
                                                                   : g_strdup(name);
    return strcmp(folded, name) == 0;
}

bool
sql_same_table(const Dialect *dialect, const char *name, char quote, const char *known)
{
    return same(dialect, dialect->table_case, name, quote, known);
}

guint
sql_name_hash(const char *name)
{
    guint hash = 2166136261U;
    for (; *name != '\0'; name++)
        hash = (hash ^ (guchar) (*name | 0x20)) * 16777619U; /* as a small letter */
    return hash ^ hash >> 15;
}

/* ---- values with names ---- */

static bool
has_value(const Sql *sql, const ArenaList *values, const SqlPart *name, uint32_t token)
{
    for (guint i = 0; values != NULL && i < values->len; i++) {
        const SqlValue *value = g_ptr_array_index(values, i);
        if ((token < value->first || token > value->last) &&
            sql_same_column(sql->dialect, name->text, name->quote, value->name->text))
            return true;
    }
    return false;
}

bool
sql_is_value_name(const Sql *sql, const SqlRef *ref, const SqlPart *name)
{
    return ref->path.count == 1 &&
           sql_is_value_there(sql, ref->block, name, ref->path.parts[0].token);
}

bool
sql_is_value_there(const Sql *sql, const SqlBlock *at, const SqlPart *name, uint32_t token)
{
    if (!sql->dialect->has_hiding_aliases)
        return false;
    if (has_value(sql, at->values, name, token))
        return true;
    for (const SqlBlock *block = at; block != NULL; block = block->parent)
        for (const SqlQuery *query = block->query; query != NULL; query = query->parent)
            if (has_value(sql, query->values, name, token))
                return true;
    return false;
}

SqlSource *
sql_block_source(const SqlBlock *block, const char *name, size_t bytes)
{
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        const SqlPart *part = source->alias != NULL    ? source->alias
                              : source->path.count > 0 ? &source->path.parts[source->path.count - 1]
                                                       : NULL;
        if (part != NULL && strlen(part->text) == bytes &&
            g_ascii_strncasecmp(part->text, name, bytes) == 0)
            return source;
    }
    return NULL;
}
