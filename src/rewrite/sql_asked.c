/*
 * sql_asked.c - what queries were asked before: a chain of thousands of them would be gone down again for each name of each.
 *
 * What is remembered of changes holds until one more query keeps its names (sql_pin.c).
 */
#include "rewrite/work.h"

#include <string.h>

typedef struct {
    const SqlQuery *query;
    char quote;
    char *name;
} Question;

static guint
question_hash(gconstpointer data)
{
    const Question *question = data;
    return g_direct_hash(question->query) * 31 + sql_name_hash(question->name);
}

static gboolean
question_equal(gconstpointer data, gconstpointer other_data)
{
    const Question *question = data, *other = other_data;
    return question->query == other->query && question->quote == other->quote &&
           strcmp(question->name, other->name) == 0;
}

static void
question_free(void *data)
{
    Question *question = data;
    g_free(question->name);
    g_free(question);
}

bool
asked_change(const Work *work, const SqlQuery *query, const SqlPart *part, const ColumnChange **ret)
{
    const Question question = {query, part->quote, part->text};
    void *change = NULL;
    bool is_known = work->changes != NULL &&
                    g_hash_table_lookup_extended(work->changes, &question, NULL, &change);
    *ret = change;
    return is_known;
}

void
asked_note_change(Work *work, const SqlQuery *query, const SqlPart *part,
                  const ColumnChange *change)
{
    if (work->changes == NULL)
        work->changes = g_hash_table_new_full(question_hash, question_equal, question_free, NULL);
    Question *question = g_new(Question, 1);
    *question = (Question){query, part->quote, g_strdup(part->text)};
    g_hash_table_insert(work->changes, question, (void *) change);
}

void
asked_forget_changes(Work *work)
{
    if (work->changes != NULL)
        g_hash_table_remove_all(work->changes);
}

/* ---- long lists of columns ---- */

/* So few are looked through: a table of them costs more. */
#define NAMES_FEW 16

typedef struct {
    const ArenaList *list;
    guint count;       /* of the list when it was read */
    GHashTable *names; /* in small letters -> as it stands there; or MANY */
} Names;

static char MANY[] = ""; /* several that differ in their letters' case */

static void
names_free(void *data)
{
    Names *names = data;
    g_hash_table_unref(names->names);
    g_free(names);
}

static Names *
names_read(const ArenaList *list)
{
    Names *names = g_new(Names, 1);
    *names = (Names){list, list->len, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    for (guint i = 0; i < list->len; i++) {
        char *name = g_ptr_array_index(list, i);
        if (name == NULL)
            continue;
        char *key = g_ascii_strdown(name, -1);
        const char *known = g_hash_table_lookup(names->names, key);
        bool is_other = known != NULL && strcmp(known, name) != 0;
        g_hash_table_insert(names->names, key, is_other ? MANY : name);
    }
    return names;
}

static bool
is_same(const Work *work, const SqlPart *part, const char *name)
{
    return name != NULL && sql_same_column(work->sql->dialect, part->text, part->quote, name);
}

static bool
list_has(const Work *work, const ArenaList *list, const SqlPart *part)
{
    for (guint i = 0; i < list->len; i++)
        if (is_same(work, part, g_ptr_array_index(list, i)))
            return true;
    return false;
}

bool
source_has(Work *work, const SqlSource *source, const SqlPart *part)
{
    bool is_open = false;
    const ArenaList *list = sql_source_columns(work->sql, source, &is_open);
    if (list->len <= NAMES_FEW)
        return list_has(work, list, part);
    if (work->names == NULL)
        work->names = g_hash_table_new_full(NULL, NULL, NULL, names_free);
    Names *names = g_hash_table_lookup(work->names, source);
    if (names == NULL || names->list != list || names->count != list->len) {
        names = names_read(list);
        g_hash_table_insert(work->names, (void *) source, names);
    }
    g_autofree char *key = g_ascii_strdown(part->text, -1);
    const char *known = g_hash_table_lookup(names->names, key);
    return known == MANY ? list_has(work, list, part) : is_same(work, part, known);
}
