/*
 * macros.c - may a name that is an argument of a macro be changed there?
 *
 * It may where the macro puts it into the SQL as it is: the well-known ones that take columns or expressions, and those of
 * the project whose body says so. A loop over a list does so, too. What may come out as it is must not name an output.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/made.h"

#include "base/text.h"

#include <string.h>

/* DATE_TRUNC('day', …): not a column, even when one is called so. */
static bool
is_unit(const SqlRef *ref, const char *macro)
{
    static const char *const units[] = {"year",    "quarter", "month",       "week",        "day",
                                        "hour",    "minute",  "second",      "millisecond", "date",
                                        "isoweek", "weekday", "microsecond", "time"};
    const SqlPart *part = &ref->path.parts[0];
    if (strstr(macro, "date") == NULL && strcmp(macro, "last_day") != 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
        if (ref->path.count == 1 && g_ascii_strcasecmp(part->text, units[i]) == 0)
            return true;
    return false;
}

/* dbt_utils.hash, hash: not one of the project's own. */
static bool
is_of_package(const Macros *macros, const char *macro)
{
    const char *name = text_last_part(macro);
    const Macro *own = macros != NULL ? g_hash_table_lookup(macros->list, name) : NULL;
    if (name == macro)
        return own == NULL && package_macro_is_known(name);
    return package_macro_is_of(name, macro, (size_t) (name - macro) - 1) &&
           (own == NULL || own->is_doubled || package_macro_agrees(name, own->parameters));
}

bool
macros_read_no_table(const Macros *macros, const char *macro)
{
    return is_of_package(macros, macro) && package_macro_reads_no_table(text_last_part(macro));
}

bool
macro_takes_no_column(Work *work, const SqlRef *ref)
{
    if (ref->macro != NULL && dbt_values_settles(work, ref))
        return true;
    if (ref->macro == NULL || !is_of_package(work->options->macros, ref->macro))
        return false;
    const char *name = text_last_part(ref->macro);
    PackageRole role = package_macro_role(name, ref->place, ref->keyword);
    return role == PACKAGE_TAKES_TEXT || (role != PACKAGE_TAKES_COLUMN && is_unit(ref, name));
}

/* ---- macros of the project ---- */

static MacroUse use_of_pass(const Macros *macros, GHashTable *asked, const MacroPass *pass);

static MacroUse
use_of_parameter(const Macros *macros, GHashTable *asked, const MacroParameter *parameter)
{
    if (!parameter->is_put && parameter->passes->len == 0)
        return MACRO_DOES_ANYTHING; /* nobody sees what it is for */
    MacroUse found = parameter->use;
    if (!g_hash_table_add(asked, (void *) parameter))
        return found; /* a macro that calls itself does with it what it does besides */
    for (guint i = 0; found != MACRO_DOES_ANYTHING && i < parameter->passes->len; i++) {
        const MacroPass *pass = g_ptr_array_index(parameter->passes, i);
        MacroUse one = use_of_pass(macros, asked, pass);
        if (one == MACRO_DOES_ANYTHING)
            return one;
        found = one == MACRO_TAKES_OUTPUT && pass->is_alone ? one : found;
    }
    return found;
}

/* NULL: none, or two macros may be meant. */
static const MacroParameter *
parameter_at(const Macro *macro, guint place, const char *keyword)
{
    for (guint i = 0; !macro->is_doubled && i < macro->parameters->len; i++) {
        const MacroParameter *parameter = g_ptr_array_index(macro->parameters, i);
        if (keyword != NULL ? strcmp(parameter->name, keyword) == 0 : i == place)
            return parameter;
    }
    return NULL;
}

static MacroUse
use_of_argument(const Macros *macros, GHashTable *asked, const Macro *macro, guint place,
                const char *keyword)
{
    const MacroParameter *parameter =
        macro->has_query ? NULL : parameter_at(macro, place, keyword); /* its own tables' */
    return parameter != NULL ? use_of_parameter(macros, asked, parameter) : MACRO_DOES_ANYTHING;
}

/* `default__name`, `bigquery__name` and so on must all agree. */
static MacroUse
use_of_dispatch(const Macros *macros, GHashTable *asked, const MacroPass *pass)
{
    g_autofree char *end = g_strconcat("__", pass->callee, NULL);
    MacroUse found = MACRO_DOES_ANYTHING;
    GHashTableIter iter;
    void *name, *macro;
    bool is_first = true;
    g_hash_table_iter_init(&iter, macros->list);
    while (g_hash_table_iter_next(&iter, &name, &macro)) {
        const char *at = strstr(name, end);
        if (at == NULL || strcmp(at, end) != 0)
            continue;
        MacroUse one = use_of_argument(macros, asked, macro, pass->place, pass->keyword);
        if (one == MACRO_DOES_ANYTHING)
            return one;
        found = is_first ? one : MAX(found, one);
        is_first = false;
    }
    return found;
}

static MacroUse
use_of_pass(const Macros *macros, GHashTable *asked, const MacroPass *pass)
{
    const Macro *macro = g_hash_table_lookup(macros->list, pass->callee);
    if (pass->is_dispatch)
        return use_of_dispatch(macros, asked, pass);
    if (macro != NULL)
        return use_of_argument(macros, asked, macro, pass->place, pass->keyword);
    return package_macro_role(pass->callee, pass->place, pass->keyword) == PACKAGE_TAKES_COLUMN
               ? MACRO_TAKES_VALUE
               : MACRO_DOES_ANYTHING;
}

static MacroUse
use_of(const Macros *macros, const SqlRef *ref)
{
    const char *name = text_last_part(ref->macro);
    if (is_of_package(macros, ref->macro))
        return package_macro_role(name, ref->place, ref->keyword) == PACKAGE_TAKES_COLUMN
                   ? MACRO_TAKES_VALUE
                   : MACRO_DOES_ANYTHING;
    if (macros == NULL || is_unit(ref, "date") || /* it may be DATE_TRUNC's in there */
        g_hash_table_lookup(macros->list, name) == NULL)
        return MACRO_DOES_ANYTHING;
    g_autoptr(GHashTable) asked = g_hash_table_new(NULL, NULL);
    MacroPass pass = {
        .callee = (char *) name, .place = ref->place, .keyword = (char *) ref->keyword};
    return use_of_pass(macros, asked, &pass);
}

/* Is it an argument of a macro that gives rows, where such a macro stands, and becomes an expression over the table's columns? */
static bool
is_of_rows(const Macros *macros, const SqlRef *ref)
{
    const Macro *macro =
        macros != NULL ? g_hash_table_lookup(macros->list, text_last_part(ref->macro)) : NULL;
    const SqlSource *source =
        ref->block->sources->len == 1 ? g_ptr_array_index(ref->block->sources, 0) : NULL;
    bool is_there =
        source != NULL && source->gives_more && source->first == ref->path.parts[0].token;
    const MacroParameter *parameter =
        is_there && macro != NULL && macro_rows_take_columns(macro->rows)
            ? parameter_at(macro, ref->place, ref->keyword)
            : NULL;
    g_autoptr(GHashTable) asked = g_hash_table_new(NULL, NULL);
    return parameter != NULL && !is_unit(ref, "date") &&
           use_of_parameter(macros, asked, parameter) == MACRO_TAKES_VALUE;
}

/* Is what the template gives all of an item without alias, whose name would be another one? */
static bool
is_output(const SqlRef *ref)
{
    const SqlItem *item = ref->in;
    uint32_t token = ref->path.parts[ref->path.count - 1].token, first = ref->path.parts[0].token;
    return item != NULL && item->alias == NULL && item->plain == NULL && item->listed == NULL &&
           item->last == token && item->first == first;
}

bool
macro_takes_column(Work *work, const SqlRef *ref)
{
    if (ref->macro[0] == '\0') /* a loop, or a variable */
        return !is_output(ref);
    if (is_of_rows(work->options->macros, ref))
        return true;
    switch (use_of(work->options->macros, ref)) {
    case MACRO_TAKES_VALUE:
        return true;
    case MACRO_TAKES_OUTPUT:
        return !is_output(ref);
    default:
        return false;
    }
}

/* The quote of the template's text at this byte; '\0': it is in none. */
static char
quote_around(const Work *work, size_t at)
{
    const TokenList *list = work->sql->list;
    for (guint i = 0; i < list->tokens->len && tokens_at(list, i)->begin <= at; i++) {
        const Token *token = tokens_at(list, i);
        if (token->end <= at || (token->kind != TOKEN_TEMPLATE && token->kind != TOKEN_TAG))
            continue;
        g_autoptr(GArray) words = jinja_words(work->text, token);
        for (guint w = 0; w < words->len; w++)
            if (jinja_word(words, w)->kind == JINJA_STRING && jinja_word(words, w)->begin <= at &&
                jinja_word(words, w)->end > at)
                return work->text[jinja_word(words, w)->begin - 1];
    }
    return '\0';
}

bool
macro_can_carry(const Work *work, size_t at, const char *written)
{
    if (strpbrk(written, "'\"\\") == NULL)
        return true;
    char quote = quote_around(work, at);
    return strchr(written, '\\') == NULL && (quote == '\0' || strchr(written, quote) == NULL);
}

/* ---- what macros name by themselves ---- */

static void
add_all(GHashTable *ret, GHashTable *words)
{
    GHashTableIter iter;
    void *word;
    g_hash_table_iter_init(&iter, words);
    while (g_hash_table_iter_next(&iter, &word, NULL))
        g_hash_table_add(ret, word);
}

/* The defaults of what the call does not give. */
void
macro_add_defaults(const Macro *macro, const MacroPass *call, GHashTable *ret)
{
    for (guint i = call->place; i < macro->parameters->len; i++) {
        const MacroParameter *parameter = g_ptr_array_index(macro->parameters, i);
        g_autofree char *name = g_strdup_printf(" %s ", parameter->name);
        if (call->keyword == NULL || strstr(call->keyword, name) == NULL)
            add_all(ret, parameter->defaults);
    }
}

typedef struct {
    const Macros *macros;
    GHashTable *asked; /* set of macros that were visited */
    MacroFn *visit;
    void *data;
} Walk;

static void walk_call(const Walk *walk, const MacroPass *call);

static void
walk_macro(const Walk *walk, const Macro *macro, const MacroPass *call)
{
    if (macro->has_query)
        return;
    bool is_new = g_hash_table_add(walk->asked, (void *) macro);
    walk->visit(macro, call, is_new, walk->data);
    for (guint i = 0; is_new && i < macro->calls->len; i++)
        walk_call(walk, g_ptr_array_index(macro->calls, i));
}

static void
walk_call(const Walk *walk, const MacroPass *call)
{
    const Macro *macro = g_hash_table_lookup(walk->macros->list, call->callee);
    g_autofree char *end = g_strconcat("__", call->callee, NULL);
    GHashTableIter iter;
    void *name, *one;
    if (!call->is_dispatch && macro != NULL)
        walk_macro(walk, macro, call);
    g_hash_table_iter_init(&iter, walk->macros->list);
    while (call->is_dispatch && g_hash_table_iter_next(&iter, &name, &one))
        if (g_str_has_suffix(name, end))
            walk_macro(walk, one, call);
}

void
macros_each_called(const Macros *macros, const MacroPass *call, MacroFn *visit, void *data)
{
    g_autoptr(GHashTable) asked = g_hash_table_new(NULL, NULL);
    const Walk walk = {macros, asked, visit, data};
    if (macros != NULL && !package_macro_is_known(call->callee))
        walk_call(&walk, call);
}

static void
add_words(const Macro *macro, const MacroPass *call, bool is_new, void *ret)
{
    macro_add_defaults(macro, call, ret);
    if (is_new)
        add_all(ret, macro->words);
}

GHashTable *
macros_words(const Macros *macros, const MacroPass *call)
{
    GHashTable *words = g_hash_table_new(g_str_hash, g_str_equal);
    macros_each_called(macros, call, add_words, words);
    return words;
}

static void
add_any(const Macros *macros, const Macro *macro, GHashTable *asked, GHashTable *ret)
{
    GHashTableIter iter;
    void *word;
    if (!g_hash_table_add(asked, (void *) macro))
        return;
    g_hash_table_iter_init(&iter, macro->words);
    while (g_hash_table_iter_next(&iter, &word, NULL))
        g_hash_table_add(ret, g_strdup(word));
    for (guint i = 0; i < macro->calls->len; i++)
        macros_add_words(macros, ((const MacroPass *) g_ptr_array_index(macro->calls, i))->callee,
                         asked, ret);
}

void
macros_add_words(const Macros *macros, const char *name, GHashTable *asked, GHashTable *ret)
{
    const Macro *macro = macros != NULL ? g_hash_table_lookup(macros->list, name) : NULL;
    g_autofree char *end = g_strconcat("__", name, NULL);
    GHashTableIter iter;
    void *other, *one;
    if (macro != NULL)
        add_any(macros, macro, asked, ret);
    if (macros == NULL)
        return;
    g_hash_table_iter_init(&iter, macros->list);
    while (g_hash_table_iter_next(&iter, &other, &one))
        if (g_str_has_suffix(other, end))
            add_any(macros, one, asked, ret);
}

bool
macros_has(const Macros *macros, const char *name)
{
    return macros != NULL && g_hash_table_lookup(macros->list, name) != NULL;
}

bool
macros_only_put(const Macros *macros, const char *name, guint place, const char *keyword)
{
    const Macro *macro = macros != NULL ? g_hash_table_lookup(macros->list, name) : NULL;
    for (guint i = 0; macro != NULL && !macro->is_doubled && i < macro->parameters->len; i++) {
        const MacroParameter *parameter = g_ptr_array_index(macro->parameters, i);
        if (keyword != NULL ? strcmp(parameter->name, keyword) == 0 : i == place)
            return !parameter->is_used;
    }
    return false;
}
