/*
 * listed.c - {% for m in ['users', 'orders'] %} … {{ ref(m) }} … {% endfor %}, and the same with {% set models = […] %} before.
 *
 * {% set m = 'users' %} is a list of one. A list of nothing but texts, whose loop does nothing with each of them but to ask for the model of that name. What is put into
 * the SQL, or compared, would become another text: then the list is a person's, and so it is where columns change.
 */
#include "rewrite/dbt/listed.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/dbt/vault.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* Words of each template and tag of the text. */
typedef struct {
    const char *text;
    GPtrArray *templates; /* GArray of JinjaWord */
} Templates;

static void
words_free(void *words)
{
    g_array_unref(words);
}

/* [open, close] of a list of texts behind `in` or `=`; false where it is none, or not all that stands there. */
static bool
is_list(const Templates *all, const GArray *words, guint open)
{
    for (guint i = open + 1; i < words->len; i += 2) {
        bool ends = jinja_is(all->text, words, i + 1, "]");
        if (jinja_word(words, i)->kind != JINJA_STRING ||
            (!ends && !jinja_is(all->text, words, i + 1, ",")))
            return false;
        if (ends)
            return i + 2 == words->len;
    }
    return false;
}

/* Is the word at `index` this variable, and no member or keyword of that name? */
static bool
is_variable(const Templates *all, const GArray *words, guint index, const char *name)
{
    return jinja_word(words, index)->kind == JINJA_NAME &&
           jinja_is(all->text, words, index, name) &&
           !(index > 0 && jinja_is(all->text, words, index - 1, ".")) &&
           !(index + 1 < words->len && jinja_is(all->text, words, index + 1, "=") &&
             !jinja_is(all->text, words, 0, "set"));
}

/* {% for m in … %} */
static bool
is_loop(const Templates *all, const GArray *words)
{
    return words->len >= 4 && jinja_is(all->text, words, 0, "for") &&
           jinja_word(words, 1)->kind == JINJA_NAME && jinja_is(all->text, words, 2, "in");
}

static char *
word_text(const Templates *all, const GArray *words, guint index)
{
    const JinjaWord *word = jinja_word(words, index);
    return g_strndup(all->text + word->begin, word->end - word->begin);
}

/* ref(m), or what a macro of a package asks for so (vault.c). */
static bool
asks(const Templates *all, const GArray *words, guint index)
{
    bool is_call = index >= 2 && jinja_is(all->text, words, index - 2, "ref") &&
                   jinja_is(all->text, words, index - 1, "(") &&
                   jinja_is(all->text, words, index + 1, ")");
    return is_call || dbt_vault_asks(all->text, words, index);
}

/* Is the variable bound by this tag alone, and used, for nothing but that? */
static bool
only_asks(const Templates *all, const GArray *loop, const char *variable)
{
    bool is_used = false;
    for (guint t = 0; t < all->templates->len; t++) {
        const GArray *words = g_ptr_array_index(all->templates, t);
        for (guint w = 0; w < words->len; w++) {
            bool is_bound = words == loop && w == 1;
            if (is_bound || !is_variable(all, words, w, variable))
                continue;
            if (!asks(all, words, w))
                return false;
            is_used = true;
        }
    }
    return is_used;
}

/* Is the list set once, and used for nothing but loops that only ask? */
static bool
only_loops(const Templates *all, const GArray *set, const char *name)
{
    for (guint t = 0; t < all->templates->len; t++) {
        const GArray *words = g_ptr_array_index(all->templates, t);
        for (guint w = 0; w < words->len; w++) {
            if ((words == set && w == 1) || !is_variable(all, words, w, name) ||
                dbt_vault_asks(all->text, words, w))
                continue;
            g_autofree char *variable =
                is_loop(all, words) && w == 3 && words->len == 4 ? word_text(all, words, 1) : NULL;
            if (variable == NULL || !only_asks(all, words, variable))
                return false;
        }
    }
    return true;
}

static bool
is_of_models(const Templates *all, const GArray *words, guint *ret_open)
{
    bool is_set = words->len >= 4 && jinja_is(all->text, words, 0, "set") &&
                  jinja_is(all->text, words, 2, "=");
    bool is_one = is_set && words->len == 4 && jinja_word(words, 3)->kind == JINJA_STRING;
    *ret_open = is_one ? 2 : 3;
    if (is_one) {
        g_autofree char *variable = word_text(all, words, 1);
        return only_asks(all, words, variable);
    }
    if ((!is_set && !is_loop(all, words)) || !jinja_is(all->text, words, 3, "[") ||
        !is_list(all, words, 3))
        return false;
    g_autofree char *name = word_text(all, words, 1);
    return is_set ? only_loops(all, words, name) : only_asks(all, words, name);
}

static const Rename *
rename_of(const Work *work, const char *model)
{
    const Rename *rename = dbt_moved(work, model, NULL);
    return rename != NULL && rename->dbt->doubt == NULL && rename->dbt->to.version == NULL &&
                   rename->dbt->from.version == NULL && !rename_changes_columns(rename)
               ? rename
               : NULL;
}

/* Most tags name none, and are not looked at any further. */
static bool
names_one(const Work *work, const Templates *all, const GArray *words)
{
    for (guint i = 3; i < words->len; i++) {
        g_autofree char *model =
            jinja_word(words, i)->kind == JINJA_STRING ? word_text(all, words, i) : NULL;
        if (model != NULL && rename_of(work, model) != NULL)
            return true;
    }
    return false;
}

static void
visit_list(Work *work, const Templates *all, const GArray *words, guint open)
{
    for (guint i = open + 1; i < words->len; i += 2) {
        const JinjaWord *word = jinja_word(words, i);
        g_autofree char *model = word_text(all, words, i);
        const Rename *rename = rename_of(work, model);
        if (rename == NULL || site_covers(work, word->begin, word->end))
            continue;
        site_edit(work, SITE_TABLE, word->begin, word->end, rename->dbt->to.name);
        set_add(&work->understood, GSIZE_TO_POINTER((gsize) word->begin + 1));
    }
}

static bool
has_moved(const Work *work)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (dbt_moves(rename->dbt) && strcmp(rename->dbt->from.name, rename->dbt->to.name) != 0)
            return true;
    }
    return false;
}

void
dbt_listed(Work *work)
{
    if (!has_moved(work) || !tokens_have(work->sql->list, TOKEN_TAG))
        return;
    /* also those within texts of SQL */
    g_autoptr(GArray) tokens = jinja_templates(work->text, work->bytes);
    g_autoptr(GPtrArray) templates = g_ptr_array_new_with_free_func(words_free);
    const Templates all = {work->text, templates};
    for (guint i = 0; i < tokens->len; i++)
        g_ptr_array_add(templates, jinja_words(work->text, &g_array_index(tokens, Token, i)));
    for (guint t = 0; t < templates->len; t++) {
        const GArray *words = g_ptr_array_index(templates, t);
        guint open = 0;
        if (names_one(work, &all, words) && is_of_models(&all, words, &open))
            visit_list(work, &all, words, open);
    }
}
