/*
 * config_macros.c - settings of a model that macros make: `cluster_by=keys()`, `cluster_by=keys(['id'])`.
 *
 * What such a macro of the project names, in whatever list or text, or is given, may be a column of the model: where that
 * changes, a person decides.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/made.h"
#include "sql/jinja.h"

#include <string.h>

typedef struct {
    const Macros *macros;
    const char *column; /* in small letters */
    GHashTable *asked;  /* const Macro * */
} Question;

static bool names_by_call(const Question *question, const MacroPass *call);

static bool
names(const Question *question, const Macro *macro)
{
    if (macro == NULL || !g_hash_table_add(question->asked, (void *) macro))
        return false;
    if (g_hash_table_contains(macro->words, question->column) ||
        g_hash_table_contains(macro->texts, question->column))
        return true;
    for (guint i = 0; i < macro->calls->len; i++)
        if (names_by_call(question, g_ptr_array_index(macro->calls, i)))
            return true;
    return false;
}

/* Of `adapter.dispatch('keys')` any `…__keys` may be called. */
static bool
names_by_call(const Question *question, const MacroPass *call)
{
    GHashTableIter iter;
    void *name, *macro;
    if (!call->is_dispatch)
        return names(question, g_hash_table_lookup(question->macros->list, call->callee));
    g_autofree char *end = g_strconcat("__", call->callee, NULL);
    g_hash_table_iter_init(&iter, question->macros->list);
    while (g_hash_table_iter_next(&iter, &name, &macro))
        if (g_str_has_suffix(name, end) && names(question, macro))
            return true;
    return false;
}

/* The first column that changes and that the macro names; or NULL. */
static const MadeColumn *
column_of(const Work *work, const char *callee, const Made *made)
{
    for (guint i = 0; i < made->columns->len; i++) {
        const MadeColumn *column = g_ptr_array_index(made->columns, i);
        g_autoptr(GHashTable) asked = g_hash_table_new(NULL, NULL);
        g_autofree char *small = g_ascii_strdown(column->name, -1);
        const Question question = {work->options->macros, small, asked};
        const MacroPass call = {.callee = (char *) callee};
        if (column->change != NULL && names_by_call(&question, &call))
            return column;
    }
    return NULL;
}

static const MadeColumn *
column_in(const Work *work, const JinjaWord *string, const Made *made)
{
    size_t at = 0;
    for (guint i = 0; i < made->columns->len; i++) {
        const MadeColumn *column = g_ptr_array_index(made->columns, i);
        if (column->change != NULL &&
            find_word(work->text + string->begin, string->end - string->begin, column->name, &at))
            return column;
    }
    return NULL;
}

static void
visit_given(Work *work, const GArray *words, guint open, const Made *made)
{
    guint close = jinja_close(work->text, words, open);
    for (guint i = open + 1; i < close && i < words->len; i++) {
        const JinjaWord *word = jinja_word(words, i);
        const MadeColumn *column = word->kind == JINJA_STRING ? column_in(work, word, made) : NULL;
        if (column != NULL && !site_covers(work, word->begin, word->end))
            site_refuse(work, SITE_COLUMN, word->begin, word->end, "in-template",
                        column->change->link,
                        "'%s' is a column of this model that changes, and a macro gets it that "
                        "gives one of its settings",
                        column->name);
    }
}

/* The call whose name is at `index`. */
static void
visit_call(Work *work, const GArray *words, guint index, const Made *made)
{
    const JinjaWord *word = jinja_word(words, index);
    g_autofree char *callee = g_strndup(work->text + word->begin, word->end - word->begin);
    if (jinja_call_takes_no_column(callee))
        return;
    const MadeColumn *column = column_of(work, callee, made);
    if (column != NULL && !site_covers(work, word->begin, word->end))
        site_refuse(work, SITE_COLUMN, word->begin, word->end, "in-template", column->change->link,
                    "the macro '%s' names '%s', which is a column of this model that changes, for "
                    "one of its settings",
                    callee, column->name);
    visit_given(work, words, index + 1, made);
}

/* What stands before `=`; caller frees. */
static char *
key_of(const char *text, const GArray *words, guint index)
{
    const JinjaWord *word = jinja_word(words, index);
    return jinja_is(text, words, index + 1, "=")
               ? g_strndup(text + word->begin, word->end - word->begin)
               : g_strdup("");
}

void
dbt_config_macros(Work *work, const Token *template, const Made *made)
{
    const char *text = work->text;
    if (work->options->macros == NULL)
        return;
    g_autoptr(GArray) words = jinja_words(text, template);
    if (!jinja_is(text, words, 0, "config") || !jinja_is(text, words, 1, "("))
        return;
    guint close = jinja_close(text, words, 1);
    for (guint from = 2, to; from < close && from < words->len; from = to + 1) {
        to = jinja_find(text, words, from, close, ",");
        g_autofree char *key = key_of(text, words, from);
        if (dbt_setting_names_none(key))
            continue;
        for (guint i = from; i + 1 < to; i++)
            if (jinja_word(words, i)->kind == JINJA_NAME && jinja_is(text, words, i + 1, "("))
                visit_call(work, words, i, made);
    }
}
