/*
 * handed.c - {{ edges('users') }}, where the macro of the project does nothing with its parameter but ask for the model of that name:
 * {% macro edges(name) %} select … from {{ ref(name) }} … {% endmacro %}.
 *
 * A text that a macro hands to ref() or source(), by way of others, too, and uses for nothing else, is that call's: it is looked
 * at as if the call stood there. Where columns change, nobody follows what the macro does with them.
 */
#include "rewrite/dbt/handed.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/sql/parts.h"
#include "sql/jinja.h"

#include "base/text.h"

#include <string.h>

#define MACROS_DEPTH_MAX 8 /* that hand a name on to one another */

/* ---- what a macro does with it ---- */

typedef struct {
    const char *text;
    const GArray *words;
    guint at; /* the parameter */
} Use;

static bool
is_name(const Use *use, guint index, const char *what)
{
    return jinja_is(use->text, use->words, index, what);
}

/* The bracket of the innermost call around it, and its place among the arguments; 0: none. */
static guint
bracket_around(const Use *use, guint *ret_place)
{
    int depth = 0;
    *ret_place = 0;
    for (guint i = use->at; i-- > 1;) {
        if (is_name(use, i, ")") || is_name(use, i, "]") || is_name(use, i, "}"))
            depth++;
        else if (is_name(use, i, "[") || is_name(use, i, "{") || is_name(use, i, "("))
            depth--;
        else if (depth == 0 && is_name(use, i, ","))
            *ret_place += 1;
        if (depth < 0)
            return is_name(use, i, "(") && jinja_word(use->words, i - 1)->kind == JINJA_NAME ? i
                                                                                             : 0;
    }
    return 0;
}

static char *
word_copy(const Use *use, guint index)
{
    const JinjaWord *word = jinja_word(use->words, index);
    return g_strndup(use->text + word->begin, word->end - word->begin);
}

/* The argument that the parameter is, of whatever call; false where more is made of it. */
static bool
note_handed(const Use *use, MacroParameter *parameter)
{
    guint place = 0, open = bracket_around(use, &place), at = use->at;
    bool has_key = is_name(use, at - 1, "="),
         is_whole = is_name(use, at + 1, ",") || is_name(use, at + 1, ")");
    guint before = has_key ? at - 3 : at - 1;
    if (open == 0 || !is_whole || before >= at || !(before == open || is_name(use, before, ",")))
        return false;
    MacroHanded *handed = g_new0(MacroHanded, 1);
    *handed = (MacroHanded){.callee = word_copy(use, open - 1),
                            .place = place,
                            .keyword = has_key ? word_copy(use, at - 2) : NULL};
    bool has_source = place == 1 && jinja_word(use->words, open + 1)->kind == JINJA_STRING &&
                      is_name(use, open + 2, ",");
    handed->source = has_source ? word_copy(use, open + 1) : NULL;
    g_ptr_array_add(parameter->handed, handed);
    return true;
}

static void
visit_words(Macro *macro, const char *text, const GArray *words)
{
    for (guint i = 0; i < macro->parameters->len; i++) {
        MacroParameter *parameter = g_ptr_array_index(macro->parameters, i);
        for (guint w = 0; w < words->len; w++) {
            bool is_member = w > 0 && jinja_is(text, words, w - 1, "."),
                 is_key =
                     w > 0 && jinja_is(text, words, w + 1, "=") && !jinja_is(text, words, 0, "set");
            const Use use = {text, words, w};
            if (jinja_word(words, w)->kind == JINJA_NAME && !is_member && !is_key &&
                jinja_is(text, words, w, parameter->name) &&
                (w == 0 || !note_handed(&use, parameter)))
                parameter->is_more = true;
        }
    }
}

void
macro_read_handed(Macro *macro, const TokenList *list, guint first, guint last)
{
    if (first >= last || macro->parameters->len == 0)
        return;
    uint32_t begin = tokens_at(list, first)->begin, end = tokens_at(list, last - 1)->end;
    /* also those within texts of SQL */
    g_autoptr(GArray) templates = jinja_templates(list->text + begin, end - begin);
    for (guint i = 0; i < templates->len; i++) {
        g_autoptr(GArray) words =
            jinja_words(list->text + begin, &g_array_index(templates, Token, i));
        visit_words(macro, list->text + begin, words);
    }
}

void
macro_handed_free(void *data)
{
    MacroHanded *handed = data;
    g_free(handed->callee);
    g_free(handed->keyword);
    g_free(handed->source);
    g_free(handed);
}

/* ---- what it is, at last ---- */

static const MacroParameter *
parameter_of(const Macro *macro, const MacroHanded *handed)
{
    for (guint i = 0; i < macro->parameters->len; i++) {
        const MacroParameter *parameter = g_ptr_array_index(macro->parameters, i);
        if (handed->keyword != NULL ? strcmp(parameter->name, handed->keyword) == 0
                                    : i == handed->place)
            return parameter;
    }
    return NULL;
}

/* The one call of ref() or source() that all who get it come to; NULL: none, or more than one, or more is done with it. */
static const MacroHanded *
call_behind(const Macros *macros, const MacroHanded *handed, guint depth)
{
    bool is_source = strcmp(handed->callee, "source") == 0;
    if (is_source || strcmp(handed->callee, "ref") == 0)
        return handed->keyword == NULL && handed->place == (is_source ? 1 : 0) ? handed : NULL;
    const Macro *macro = g_hash_table_lookup(macros->list, handed->callee);
    const MacroParameter *parameter =
        macro != NULL && !macro->is_doubled && depth > 0 ? parameter_of(macro, handed) : NULL;
    const MacroHanded *found = NULL;
    for (guint i = 0; parameter != NULL && !parameter->is_more && i < parameter->handed->len; i++) {
        const MacroHanded *one =
            call_behind(macros, g_ptr_array_index(parameter->handed, i), depth - 1);
        bool is_same =
            one != NULL && (found == NULL || (strcmp(one->callee, found->callee) == 0 &&
                                              g_strcmp0(one->source, found->source) == 0));
        if (!is_same)
            return NULL;
        found = one;
    }
    return found;
}

/* ---- who calls it ---- */

static char *
copy(const Work *work, uint32_t begin, uint32_t end)
{
    return end > begin ? g_strndup(work->text + begin, end - begin) : NULL;
}

/* The call that the macro makes of this text. */
static const MacroHanded *
call_of(const Work *work, const JinjaArgument *one)
{
    g_autofree char *callee = copy(work, one->callee, one->callee_end),
                    *keyword = copy(work, one->keyword, one->keyword_end);
    if (callee == NULL || one->kind != JINJA_LITERAL || one->is_mixed)
        return NULL;
    MacroHanded handed = {
        .callee = (char *) text_last_part(callee), .place = one->place, .keyword = keyword};
    return macros_has(work->options->macros, handed.callee)
               ? call_behind(work->options->macros, &handed, MACROS_DEPTH_MAX)
               : NULL;
}

/* False: nobody follows it here. */
static bool
settle(Work *work, const JinjaArgument *one, const DbtCall *call)
{
    const DbtDoubt *doubt = NULL;
    const Rename *rename = dbt_find(work, call, &doubt);
    if (rename == NULL) {
        if (doubt != NULL)
            dbt_tell(work, doubt, one->begin, one->end);
        return true;
    }
    const DbtName *from = &rename->dbt->from, *to = &rename->dbt->to;
    if (rename_changes_columns(rename) || from->version != NULL || to->version != NULL ||
        g_strcmp0(from->package, to->package) != 0)
        return false;
    if (strcmp(from->name, to->name) != 0)
        site_edit(work, SITE_TABLE, one->begin, one->end, to->name);
    return true;
}

/* A table of a source that the caller says elsewhere: no model of that name, but maybe any table of it. */
static bool
may_be_table(const Work *work, const char *name)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        bool is_model = rename->dbt != NULL && !rename->dbt->is_source;
        for (guint s = 0; !is_model && s < rename->spellings->len; s++)
            if (g_ascii_strcasecmp(
                    ((const Spelling *) g_ptr_array_index(rename->spellings, s))->last, name) == 0)
                return true;
        if (!is_model && rename->dbt != NULL && strcmp(rename->dbt->from.name, name) == 0)
            return true;
    }
    return false;
}

static void
visit_argument(Work *work, const JinjaArgument *one)
{
    const MacroHanded *handed = call_of(work, one);
    g_autofree char *name = handed != NULL ? copy(work, one->begin, one->end) : NULL;
    if (name == NULL || site_covers(work, one->begin, one->end))
        return;
    bool is_source = strcmp(handed->callee, "source") == 0;
    if (is_source && handed->source == NULL) {
        if (!may_be_table(work, name))
            set_add(&work->understood, GSIZE_TO_POINTER((gsize) one->begin + 1));
        return;
    }
    const DbtCall call = {.is_source = is_source,
                          .is_understood = true,
                          .count = is_source ? 2 : 1,
                          .names = {is_source ? handed->source : name, is_source ? name : NULL},
                          .is_wrapped = is_source};
    if (settle(work, one, &call))
        set_add(&work->understood, GSIZE_TO_POINTER((gsize) one->begin + 1));
}

void
dbt_handed(Work *work, const Token *token)
{
    if (work->options->macros == NULL)
        return;
    g_autoptr(GArray) found = jinja_arguments(work->text, token);
    for (guint i = 0; i < found->len; i++)
        visit_argument(work, &g_array_index(found, JinjaArgument, i));
}
