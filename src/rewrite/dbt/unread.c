/*
 * unread.c - texts in templates that name a column which changes, and that no query has read.
 *
 * `{{ 'where id > 1' if x }}`, `{% do names.append('id') %}`, `{% set one %} id > 1 {% endset %} … {{ one }}`: where such a
 * text goes into the SQL, by itself or through variables, a person decides. What was read as an argument, a loop or a sum
 * before is decided there; conditions, keys and calls that put nothing into the SQL are left alone.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"

#include "base/text.h"
#include "sql/jinja.h"

#include <string.h>

typedef struct {
    uint32_t begin, end;
} Name;

typedef struct {
    Work *work;
    GHashTable *read;    /* where names begin that queries have read */
    GHashTable *taken;   /* variable -> GArray of Name: what it may bring into the SQL */
    uint32_t begin, end; /* bytes of the macro that is looked through, or of all else */
    char *block;         /* the variable of the {% set %} block that we are in; or NULL */
    guint block_first;
} Unread;

/* ---- names ---- */

static bool
changes_here(const Unread *unread, const SqlPart *part)
{
    const Sql *sql = unread->work->sql;
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b);
        uint32_t at = g_array_index(sql->tokens, Token, block->first).begin;
        for (guint s = 0; at >= unread->begin && at < unread->end && s < block->sources->len; s++)
            if (source_change(unread->work, g_ptr_array_index(block->sources, s), part) != NULL)
                return true;
    }
    return false;
}

static void
add_name(const Unread *unread, uint32_t begin, uint32_t end, GArray *names)
{
    const Work *work = unread->work;
    g_autofree char *text = g_strndup(work->text + begin, end - begin);
    SqlPart part = {.text = text};
    Name name = {begin, end};
    if (!g_hash_table_contains(unread->read, GSIZE_TO_POINTER((gsize) begin)) &&
        changes_here(unread, &part) && !site_covers(work, begin, end))
        g_array_append_val(names, name);
}

/* The names in SQL: no functions, nothing in quotes of a text. */
static void
add_names(const Unread *unread, uint32_t begin, uint32_t end, GArray *names)
{
    const char *text = unread->work->text;
    for (uint32_t at = begin; at < end;) {
        uint32_t from = at;
        if (text[at] == '\'') {
            const char *close = memchr(text + at + 1, '\'', end - at - 1);
            at = close != NULL ? (uint32_t) (close - text) + 1 : end;
            continue;
        }
        while (at < end && is_identifier_byte(text[at]))
            at++;
        if (at > from && !g_ascii_isdigit(text[from]) && (at == end || text[at] != '('))
            add_name(unread, from, at, names);
        at += at == from;
    }
}

/* ---- what is left alone ---- */

/* Behind a text or a comma: within a list of texts, if it is one. */
static bool
goes_on_list(const char *text, const GArray *words, guint index)
{
    return index > 0 && (jinja_word(words, index - 1)->kind == JINJA_STRING ||
                         jinja_is(text, words, index - 1, ","));
}

/* `x == 'id'`, `'id' in x`, `x in ['id']`. `open`: the first word of the list of texts that it is in. */
static bool
is_compared(const char *text, const GArray *words, guint index, guint open)
{
    static const char *const signs[] = {"==", "!=", "in", "not", NULL};
    if (jinja_is_any(text, words, index + 1, signs) ||
        (index > 0 && jinja_is_any(text, words, index - 1, signs)))
        return true;
    bool is_list =
        open > 1 && (jinja_is(text, words, open - 1, "[") || jinja_is(text, words, open - 1, "("));
    return is_list && jinja_is(text, words, open - 2, "in") && !jinja_is(text, words, 0, "for");
}

/* row['id'], x.columns['id'] */
static bool
is_subscript(const char *text, const GArray *words, guint index)
{
    if (index < 2 || !jinja_is(text, words, index - 1, "["))
        return false;
    const JinjaWord *before = jinja_word(words, index - 2);
    return (before->kind == JINJA_NAME && !jinja_is(text, words, index - 2, "in")) ||
           jinja_is(text, words, index - 2, "]") || jinja_is(text, words, index - 2, ")");
}

/* Calls whose texts put no column into the SQL, or that are read elsewhere. */
static bool
is_settled_call(const char *text, const JinjaArgument *argument)
{
    static const char *const methods[] = {
        "get",      "startswith", "endswith",   "split", "strftime",          "attr",
        "map",      "selectattr", "rejectattr", "star",  "get_column_values", "dispatch",
        "statement"};
    g_autofree char *callee =
        g_strndup(text + argument->callee, argument->callee_end - argument->callee);
    const char *last = text_last_part(callee);
    if (jinja_is_default(text, argument))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
        if (strcmp(last, methods[i]) == 0)
            return true;
    return jinja_call_takes_no_column(callee) || package_macro_is_known(last);
}

/* ---- expressions ---- */

static const JinjaArgument *
argument_at(const GArray *found, uint32_t begin)
{
    guint low = 0, high = found->len; /* they are in the order of the text */
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(found, JinjaArgument, middle).begin < begin)
            low = middle + 1;
        else
            high = middle;
    }
    const JinjaArgument *one = low < found->len ? &g_array_index(found, JinjaArgument, low) : NULL;
    return one != NULL && one->begin == begin ? one : NULL;
}

static void
add_taken(const Unread *unread, const GArray *words, guint index, GArray *names)
{
    const JinjaWord *word = jinja_word(words, index);
    g_autofree char *variable =
        g_strndup(unread->work->text + word->begin, word->end - word->begin);
    const GArray *taken = g_hash_table_lookup(unread->taken, variable);
    if (taken != NULL && taken->len > 0 && !jinja_is(unread->work->text, words, index + 1, "="))
        g_array_append_vals(names, taken->data, taken->len);
}

/* What the words from `first` on may put into the SQL. */
static GArray *
names_of(const Unread *unread, const Token *token, const GArray *words, guint first)
{
    const char *text = unread->work->text;
    GArray *names = g_array_new(FALSE, FALSE, sizeof(Name));
    g_autoptr(GArray) found = jinja_arguments(text, token);
    for (guint i = first, open = first; i < words->len; i++) {
        const JinjaWord *word = jinja_word(words, i);
        open = goes_on_list(text, words, i) ? open : i;
        const JinjaArgument *argument =
            word->kind != JINJA_SIGN ? argument_at(found, word->begin) : NULL;
        bool is_settled =
            argument != NULL && argument->callee_end > 0 && is_settled_call(text, argument);
        if (is_settled || word->kind == JINJA_SIGN)
            continue;
        if (word->kind == JINJA_NAME && (i == 0 || !jinja_is(text, words, i - 1, ".")))
            add_taken(unread, words, i, names);
        else if (word->kind == JINJA_STRING && !is_compared(text, words, i, open) &&
                 !is_subscript(text, words, i))
            add_names(unread, word->begin, word->end, names);
    }
    return names;
}

static void
take(Unread *unread, const char *variable, const GArray *names)
{
    GArray *taken = g_hash_table_lookup(unread->taken, variable);
    if (names->len == 0)
        return;
    if (taken == NULL) {
        taken = g_array_new(FALSE, FALSE, sizeof(Name));
        g_hash_table_insert(unread->taken, g_strdup(variable), taken);
    }
    g_array_append_vals(taken, names->data, names->len);
}

/* The variables of `set a, b = …` and `for a, b in …`: all get all. */
static void
bind(Unread *unread, const Token *token, const GArray *words, const char *sign)
{
    const char *text = unread->work->text;
    guint last = 1;
    while (last < words->len && !jinja_is(text, words, last, sign))
        last++;
    g_autoptr(GArray) names = names_of(unread, token, words, last + 1);
    for (guint i = 1; i < last; i++) {
        const JinjaWord *word = jinja_word(words, i);
        g_autofree char *variable = g_strndup(text + word->begin, word->end - word->begin);
        if (word->kind == JINJA_NAME && !jinja_is(text, words, i - 1, "."))
            take(unread, variable, names);
    }
}

/* {% do names.append('id') %} */
static void
append(Unread *unread, const Token *token, const GArray *words)
{
    const char *text = unread->work->text;
    if (words->len < 5 || !jinja_is(text, words, 2, "."))
        return;
    const JinjaWord *word = jinja_word(words, 1);
    g_autofree char *variable = g_strndup(text + word->begin, word->end - word->begin);
    g_autoptr(GArray) names = names_of(unread, token, words, 2);
    take(unread, variable, names);
}

/* ---- blocks of {% set %} ---- */

/* What begins like a query is one, and read as such. */
static void
end_block(Unread *unread, guint last)
{
    const TokenList *list = unread->work->sql->list;
    g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(Name));
    bool is_first = true;
    for (guint i = unread->block_first; i < last; i++) {
        const Token *token = tokens_at(list, i);
        if (token->kind == TOKEN_SPACE || token->kind == TOKEN_COMMENT || token->kind == TOKEN_TAG)
            continue;
        bool is_query = is_first && (token->word == WORD_SELECT || token->word == WORD_WITH ||
                                     token->kind == TOKEN_OPEN);
        is_first = false;
        if (is_query)
            break;
        if (token->kind == TOKEN_WORD && !word_is_reserved(token->word))
            add_names(unread, token->begin, token->end, names);
        else if (token->kind == TOKEN_QUOTED)
            add_names(unread, token->begin + 1, token->end - 1, names);
    }
    take(unread, unread->block, names);
    g_clear_pointer(&unread->block, g_free);
}

/* ---- the whole ---- */

static void
refuse_all(const Unread *unread, const GArray *names)
{
    Work *work = unread->work;
    for (guint i = 0; i < names->len; i++) {
        Name name = g_array_index(names, Name, i);
        if (!site_covers(work, name.begin, name.end))
            site_refuse(work, SITE_COLUMN, name.begin, name.end, "in-template", NULL,
                        "'%.*s' stands in a template, and what becomes of it there is not known",
                        (int) (name.end - name.begin), work->text + name.begin);
    }
}

/* What is looked through from here on: a macro, or what stands in none. */
static void
enter(Unread *unread, guint index, bool is_macro)
{
    static const char *const ends[] = {"endmacro", "endtest", "enddata_test", NULL};
    const Work *work = unread->work;
    const TokenList *list = work->sql->list;
    g_hash_table_remove_all(unread->taken);
    unread->begin = is_macro ? tokens_at(list, index)->begin : 0;
    unread->end = (uint32_t) work->bytes;
    for (guint i = index; is_macro && i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        g_autoptr(GArray) words = token->kind == TOKEN_TAG ? jinja_words(work->text, token) : NULL;
        if (words != NULL && jinja_is_any(work->text, words, 0, ends)) {
            unread->end = token->begin;
            return;
        }
    }
}

static void
visit_tag(Unread *unread, guint index)
{
    static const char *const begins[] = {"macro", "test", "data_test", NULL}, *const ends[] = {
                                                                                  "endmacro",
                                                                                  "endtest",
                                                                                  "enddata_test",
                                                                                  NULL};
    const char *text = unread->work->text;
    const Token *token = tokens_at(unread->work->sql->list, index);
    g_autoptr(GArray) words = jinja_words(text, token);
    if (jinja_is_any(text, words, 0, begins))
        enter(unread, index, true);
    else if (jinja_is_any(text, words, 0, ends))
        enter(unread, index, false);
    else if (jinja_is(text, words, 0, "for"))
        bind(unread, token, words, "in");
    else if (jinja_is(text, words, 0, "do"))
        append(unread, token, words);
    else if (jinja_is(text, words, 0, "endset") && unread->block != NULL)
        end_block(unread, index);
    else if (jinja_is(text, words, 0, "set") && words->len == 2) {
        g_free(unread->block);
        unread->block = g_strndup(text + jinja_word(words, 1)->begin,
                                  jinja_word(words, 1)->end - jinja_word(words, 1)->begin);
        unread->block_first = index + 1;
    } else if (jinja_is(text, words, 0, "set"))
        bind(unread, token, words, "=");
}

static void
visit_template(const Unread *unread, const Token *token)
{
    g_autoptr(GArray) words = jinja_words(unread->work->text, token);
    if (jinja_is(unread->work->text, words, 0, "config"))
        return; /* whatever it is put together from (config.c) */
    g_autoptr(GArray) names = names_of(unread, token, words, 0);
    refuse_all(unread, names);
}

/* "{{ name }}", which may be a column. */
static void
visit_quoted(const Unread *unread, const Token *token)
{
    Token template;
    size_t at = token->begin;
    while (dbt_next_template(unread->work->text, &at, token->end, &template))
        visit_template(unread, &template);
}

static GHashTable *
names_read(const Work *work)
{
    GHashTable *read = g_hash_table_new(NULL, NULL);
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->refs->len; i++) {
            const SqlRef *ref = g_ptr_array_index(block->refs, i);
            for (guint p = 0; ref->macro != NULL && p < ref->path.count; p++)
                g_hash_table_add(read, GSIZE_TO_POINTER((gsize) ref->path.parts[p].begin));
        }
    }
    return read;
}

static bool
changes_any(Work *work)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const ArenaList *sources =
            ((const SqlBlock *) g_ptr_array_index(work->sql->blocks, b))->sources;
        for (guint s = 0; s < sources->len; s++)
            if (source_changes(work, g_ptr_array_index(sources, s)))
                return true;
    }
    return false;
}

void
dbt_unread(Work *work)
{
    const TokenList *list = work->sql->list;
    bool has_templates = tokens_have(list, TOKEN_TEMPLATE) || tokens_have(list, TOKEN_TAG);
    if (!has_templates || !changes_any(work))
        return;
    g_autoptr(GHashTable) read = names_read(work),
                          taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                        (GDestroyNotify) g_array_unref);
    Unread unread = {.work = work, .read = read, .taken = taken};
    enter(&unread, 0, false);
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (!work->sql->live->data[i])
            continue;
        if (token->kind == TOKEN_TAG)
            visit_tag(&unread, i);
        else if (token->kind == TOKEN_TEMPLATE)
            visit_template(&unread, token);
        else if (token->kind == TOKEN_QUOTED)
            visit_quoted(&unread, token);
    }
    g_free(unread.block);
}
