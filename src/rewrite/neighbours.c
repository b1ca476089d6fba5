/*
 * neighbours.c - see neighbours.h.
 *
 * Tables are known by the last part of their names: two of the same name in two schemas are taken for one.
 */
#include "rewrite/neighbours.h"

#include "base/text.h"
#include "rewrite/code.h"
#include "rewrite/renames.h"
#include "rewrite/work.h"
#include "sql/guess.h"

#include <string.h>

struct Neighbours {
    GHashTable *columns; /* what key_of() gives */
};

Neighbours *
neighbours_new(void)
{
    Neighbours *neighbours = g_new0(Neighbours, 1);
    neighbours->columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return neighbours;
}

void
neighbours_free(Neighbours *neighbours)
{
    if (neighbours == NULL)
        return;
    g_hash_table_unref(neighbours->columns);
    g_free(neighbours);
}

/* Whatever the case of their letters. Caller frees. */
static char *
key_of(const SqlPath *table, const char *column)
{
    g_autofree char *name = g_strconcat(table->parts[table->count - 1].text, "\n", column, NULL);
    return g_ascii_strdown(name, -1);
}

/* ---- reading ---- */

/* Of which nothing but its name changes, and that in more than its letters. */
static const char *
new_name(const ColumnChange *change)
{
    return change->kind == CHANGE_NAME && change->to != NULL &&
                   g_ascii_strcasecmp(change->to, change->column) != 0
               ? change->to
               : NULL;
}

static bool
has_new_name(const Renames *renames)
{
    for (guint r = 0; r < renames->list->len; r++) {
        const GPtrArray *changes = ((const Rename *) g_ptr_array_index(renames->list, r))->changes;
        for (guint i = 0; i < changes->len; i++)
            if (new_name(g_ptr_array_index(changes, i)) != NULL)
                return true;
    }
    return false;
}

bool
neighbours_may_say(const char *path, const char *text, size_t bytes, const Renames *renames)
{
    size_t at;
    if (!code_is_sql(path) || !has_new_name(renames) ||
        text_find_folded(text, bytes, "create") == NULL)
        return false;
    for (guint r = 0; r < renames->list->len; r++) {
        const Rename *rename = g_ptr_array_index(renames->list, r);
        for (guint i = 0; i < rename->changes->len; i++) {
            const char *name = new_name(g_ptr_array_index(rename->changes, i));
            if (name != NULL && find_word(text, bytes, name, &at))
                return true;
        }
    }
    return false;
}

/* In small letters. Caller frees. */
static GHashTable *
new_names(const Renames *renames)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint r = 0; r < renames->list->len; r++) {
        const Rename *rename = g_ptr_array_index(renames->list, r);
        for (guint i = 0; i < rename->changes->len; i++) {
            const char *name = new_name(g_ptr_array_index(rename->changes, i));
            if (name != NULL)
                g_hash_table_add(names, g_ascii_strdown(name, -1));
        }
    }
    return names;
}

typedef struct {
    GHashTable *names;
    GPtrArray *said;
} Reader;

static void
note(Reader *reader, const SqlPath *table, const char *column)
{
    g_autofree char *small = column != NULL ? g_ascii_strdown(column, -1) : NULL;
    if (small != NULL && g_hash_table_contains(reader->names, small))
        g_ptr_array_add(reader->said, key_of(table, column));
}

/* CREATE TABLE t (a int, …) */
static void
read_defined(Reader *reader, const SqlBlock *block)
{
    const SqlSource *table = block->sources->len > 0 ? g_ptr_array_index(block->sources, 0) : NULL;
    if (table == NULL || table->path.count == 0 || !sql_shape_makes(table->shape))
        return;
    for (guint i = 0; i < block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(block->refs, i);
        if (ref->clause == CLAUSE_NAME && ref->path.count == 1)
            note(reader, &table->path, ref->path.parts[0].text);
    }
}

/* CREATE VIEW v (a) AS SELECT b …, CREATE TABLE t AS SELECT b … */
static void
read_created(Reader *reader, const SqlStatement *statement)
{
    const SqlQuery *query = statement->query;
    if (statement->created.count == 0)
        return;
    for (guint i = 0; statement->columns != NULL && i < statement->columns->len; i++)
        note(reader, &statement->created,
             ((const SqlPart *) g_ptr_array_index(statement->columns, i))->text);
    for (guint i = 0; query != NULL && query->names != NULL && i < query->names->len; i++)
        note(reader, &statement->created, g_ptr_array_index(query->names, i));
}

GPtrArray *
neighbours_read(const char *path, const char *text, size_t bytes, const Renames *renames,
                const RewriteOptions *options)
{
    if (!neighbours_may_say(path, text, bytes, renames))
        return NULL;
    const Dialect *dialect =
        options->dialect != NULL
            ? options->dialect
            : renames_guessed(renames, dialect_guess(text, bytes, options->usual, NULL));
    g_autoptr(Sql) sql = sql_new(text, bytes, dialect, 0);
    g_autoptr(GHashTable) names = new_names(renames);
    Reader reader = {names, g_ptr_array_new_with_free_func(g_free)};
    if (!sql->is_broken)
        sql_resolve(sql, NULL, NULL, NULL);
    for (guint i = 0; i < sql->statements->len && !sql->is_broken; i++) {
        const SqlStatement *statement = g_ptr_array_index(sql->statements, i);
        read_created(&reader, statement);
        for (guint b = 0; statement->kind == STATEMENT_DEFINE && b < statement->blocks->len; b++)
            read_defined(&reader, g_ptr_array_index(statement->blocks, b));
    }
    if (reader.said->len == 0)
        g_clear_pointer(&reader.said, g_ptr_array_unref);
    return reader.said;
}

/* ---- asking ---- */

void
neighbours_add(Neighbours *neighbours, GPtrArray *said)
{
    for (guint i = 0; said != NULL && i < said->len; i++)
        g_hash_table_add(neighbours->columns, g_strdup(g_ptr_array_index(said, i)));
    g_clear_pointer(&said, g_ptr_array_unref);
}

bool
neighbours_may_have(const Neighbours *neighbours, const SqlSource *table, const char *name)
{
    if (neighbours == NULL || table->kind != SOURCE_TABLE || table->path.count == 0 ||
        g_hash_table_size(neighbours->columns) == 0)
        return false;
    g_autofree char *key = key_of(&table->path, name);
    return g_hash_table_contains(neighbours->columns, key);
}
