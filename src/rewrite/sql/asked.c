/*
 * asked.c - what queries were asked before: a chain of thousands of them would be gone down again for each name of each.
 *
 * What is remembered of changes holds until one more query keeps its names (pin.c).
 */
#include "rewrite/made.h"
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
