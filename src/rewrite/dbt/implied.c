/*
 * implied.c - names that a macro of the project brings into the query that calls it, although they are not its arguments:
 * `{% macro is_paying() %} plan = 'x' {% endmacro %}`, or a default.
 *
 * Where a column of that name changes for this caller, others may call the macro, too: a person decides.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* Does anything that is mapped have a column of this name that changes? Asked first, because it is cheap. */
static bool
may_change(const Work *work, const SqlPart *part)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        const ColumnChange *change = rename_column(rename, work->sql->dialect, part);
        if (change != NULL && change->kind != CHANGE_NONE)
            return true;
    }
    return false;
}

static bool
changes_in(Work *work, const SqlBlock *block, const SqlPart *part)
{
    for (guint i = 0; i < block->sources->len; i++)
        if (source_change(work, g_ptr_array_index(block->sources, i), part) != NULL)
            return true;
    return false;
}

/* `block` NULL: it may go to any of the file. */
static bool
changes(Work *work, const SqlBlock *block, const SqlPart *part)
{
    for (guint b = 0; block == NULL && b < work->sql->blocks->len; b++)
        if (changes_in(work, g_ptr_array_index(work->sql->blocks, b), part))
            return true;
    for (; block != NULL; block = block->parent)
        if (changes_in(work, block, part))
            return true;
    return false;
}

/* One of the words that is a column which changes; NULL: none. */
static const char *
changing_of(Work *work, const SqlBlock *block, GHashTable *words)
{
    GHashTableIter iter;
    void *word;
    g_hash_table_iter_init(&iter, words);
    while (g_hash_table_iter_next(&iter, &word, NULL)) {
        SqlPart part = {.text = word};
        if (may_change(work, &part) && changes(work, block, &part))
            return word;
    }
    return NULL;
}

/* What the macro may put together that is such a column; NULL: nothing. */
static const char *
joined_of(Work *work, const SqlBlock *block, MacroMakes *makes)
{
    if (makes->joined->len == 0)
        return NULL;
    macro_makes_add_texts(makes, work->sql->list);
    g_autoptr(GPtrArray) columns = dbt_changing_columns(work);
    for (guint i = 0; i < columns->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(columns, i)};
        if (changes(work, block, &part) && macro_makes_may_be(makes, part.text))
            return part.text;
    }
    return NULL;
}

static void
visit_call(Work *work, const SqlBlock *block, const Token *token, const MacroPass *call)
{
    g_autoptr(GHashTable) words = macros_words(work->options->macros, call);
    MacroMakes makes;
    macros_make(work->options->macros, call, work->options->settings, &makes);
    const char *own = changing_of(work, block, words),
               *said = own == NULL ? changing_of(work, block, makes.words) : NULL,
               *joined = own == NULL && said == NULL ? joined_of(work, block, &makes) : NULL;
    if (own != NULL)
        site_refuse(work, SITE_COLUMN, token->begin, token->end, "in-template", NULL,
                    "the macro '%s' names '%s' by itself, which is a column that changes here",
                    call->callee, own);
    else if (said != NULL)
        site_refuse(work, SITE_COLUMN, token->begin, token->end, "in-template", NULL,
                    "the macro '%s' puts in what dbt_project.yml says for a variable, which names "
                    "'%s', a column that changes here",
                    call->callee, said);
    else if (joined != NULL)
        site_refuse(work, SITE_COLUMN, token->begin, token->end, "in-template", NULL,
                    "the macro '%s' puts a name together, which may be '%s', a column that changes "
                    "here",
                    call->callee, joined);
    macro_makes_clear(&makes);
}

/* A macro of a package, whose SQL is not among the files, gets the name of a table. */
static void
visit_names(Work *work, const SqlBlock *block, const GArray *words, guint open, const char *callee)
{
    guint close = jinja_close(work->text, words, open);
    if (package_macro_reads_no_table(callee) || macros_has(work->options->macros, callee) ||
        strcmp(callee, "star") == 0 || strcmp(callee, "ref") == 0 ||
        strcmp(callee, "source") == 0 || strcmp(callee, "config") == 0 ||
        strcmp(callee, "var") == 0)
        return;
    for (guint i = open; i < close; i++) {
        if ((jinja_is(work->text, words, i, "ref") || jinja_is(work->text, words, i, "source")) &&
            jinja_is(work->text, words, i + 1, "(")) { /* a call, which is read as one */
            i = jinja_close(work->text, words, i + 1);
            continue;
        }
        const JinjaWord *word = jinja_word(words, i);
        const SqlSource *source =
            word->kind == JINJA_STRING
                ? source_called(block, work->text + word->begin, word->end - word->begin)
                : NULL;
        bool is_read = source != NULL && source->kind == SOURCE_COMMON &&
                       source->path.parts[0].begin == word->begin; /* as a table of WITH */
        if (source == NULL || is_read || !source_changes(work, source) ||
            site_covers(work, word->begin, word->end))
            continue;
        site_refuse(work, SITE_TABLE, word->begin, word->end, "in-template", NULL,
                    "the macro '%s' gets the name of a table here, and may name its columns, of "
                    "which some change",
                    callee);
    }
}

static void
visit_template(Work *work, const SqlBlock *block, const Token *token)
{
    g_autoptr(GArray) words = jinja_words(work->text, token);
    if (token->kind == TOKEN_TAG && !jinja_is(work->text, words, 0, "set") &&
        !jinja_is(work->text, words, 0, "for"))
        return;
    for (guint i = 0; i + 1 < words->len; i++) {
        const JinjaWord *word = jinja_word(words, i);
        if (word->kind != JINJA_NAME || !jinja_is(work->text, words, i + 1, "("))
            continue;
        g_autofree char *name = g_strndup(work->text + word->begin, word->end - word->begin),
                        *given = NULL;
        MacroPass call = {.callee = name};
        call.place = jinja_given(work->text, words, i + 1, &given);
        call.keyword = given;
        visit_call(work, block, token, &call);
        visit_names(work, block, words, i + 1, name);
    }
}

void
dbt_implied(Work *work)
{
    const Sql *sql = work->sql;
    if (work->options->macros == NULL)
        return;
    for (guint b = 0; b < sql->blocks->len; b++) { /* inner blocks come behind those around them */
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b);
        for (guint i = block->first; i <= block->last && i < sql->tokens->len; i++)
            if (g_array_index(sql->tokens, Token, i).kind == TOKEN_TEMPLATE)
                visit_template(work, block, &g_array_index(sql->tokens, Token, i));
    }
    for (guint i = 0; i < sql->list->tokens->len; i++)
        if (tokens_at(sql->list, i)->kind == TOKEN_TAG && sql->live->data[i])
            visit_template(work, NULL, tokens_at(sql->list, i));
}
