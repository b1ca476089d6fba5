/*
 * macro_rows.c - macros of the project that give rows of a table that they get, with all of its columns: {% macro
 * newest(t, key) %} SELECT * FROM {{ t }} QUALIFY row_number() OVER (PARTITION BY {{ key }} ORDER BY loaded DESC) = 1.
 *
 * Where the macro is called, it is a star over the table. So its query must let the columns through stars, put the table there
 * and nowhere else, and name by itself no column that changes: that is asked for each call, because it depends on the table.
 */
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "sql/guess.h"

#include <string.h>

#define QUERIES_MAX 8 /* a star over a star over …; people write two */

struct MacroRows {
    guint table;        /* which of the parameters it is */
    bool takes_columns; /* other parameters are put where nothing but the table's columns is seen */
    GHashTable *words;  /* names in the body, in small letters */
};

typedef struct {
    const Macro *macro;
    const Sql *sql;
    const char *text;
    guint table; /* parameter; UINT_MAX: not seen yet */
} Body;

void
macro_rows_free(MacroRows *rows)
{
    if (rows != NULL)
        g_hash_table_unref(rows->words);
    g_free(rows);
}

/* ---- the body ---- */

/* {{ name }}: which parameter that is; UINT_MAX: none. */
static guint
parameter_alone(const Macro *macro, const char *text, const Token *token)
{
    g_autoptr(GArray) words = token->kind == TOKEN_TEMPLATE ? jinja_words(text, token) : NULL;
    for (guint i = 0; words != NULL && words->len == 1 && i < macro->parameters->len; i++) {
        const MacroParameter *parameter = g_ptr_array_index(macro->parameters, i);
        if (jinja_word(words, 0)->kind == JINJA_NAME && jinja_is(text, words, 0, parameter->name))
            return i;
    }
    return UINT_MAX;
}

static bool gives_rows(Body *body, const SqlQuery *query, guint depth);

static bool
is_rows_source(Body *body, const SqlSource *source, guint depth)
{
    if (source->is_unread || source->columns != NULL || source->is_natural || source->is_version)
        return false;
    if (source->kind != SOURCE_TEMPLATE)
        return source->query != NULL && gives_rows(body, source->query, depth + 1);
    guint table = source->first == source->last
                      ? parameter_alone(body->macro, body->text,
                                        &g_array_index(body->sql->tokens, Token, source->first))
                      : UINT_MAX;
    if (table == UINT_MAX || (body->table != UINT_MAX && body->table != table))
        return false;
    body->table = table;
    return true;
}

/* What the star goes over, where that is one source. */
static const SqlSource *
source_of_star(const SqlItem *star)
{
    if (star->star_path.count > 0)
        return star->star_of;
    return star->block->sources->len == 1 ? g_ptr_array_index(star->block->sources, 0) : NULL;
}

/* `max(loaded) AS latest` beside the star: its name is said. */
static bool
is_said(const SqlItem *item)
{
    return item->alias != NULL;
}

/* SELECT *, and what is called by AS. */
static bool
gives_rows(Body *body, const SqlQuery *query, guint depth)
{
    const SqlBranch *branch =
        query != NULL && query->branches->len == 1 ? g_ptr_array_index(query->branches, 0) : NULL;
    const SqlBlock *block = branch != NULL ? branch->block : NULL;
    const SqlItem *star = NULL;
    if (block == NULL || depth > QUERIES_MAX || query->has_pipes || query->strange != 0 ||
        block->strange != 0 || block->is_values || block->is_struct)
        return false;
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star ? star != NULL || item->is_macro || item->except || item->replace
                          : !is_said(item))
            return false;
        star = item->is_star ? item : star;
    }
    const SqlSource *source = star != NULL ? source_of_star(star) : NULL;
    return source != NULL && is_rows_source(body, source, depth);
}

/* Does the token name the parameter, otherwise than by being the table of a FROM? */
static bool
is_used_otherwise(const char *text, const Token *token, const char *name)
{
    bool is_jinja = token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_TAG;
    size_t at;
    if (!is_jinja)
        return (token->kind == TOKEN_STRING || token->kind == TOKEN_QUOTED) &&
               memmem(text + token->begin, token->end - token->begin, "{{", 2) != NULL &&
               find_word(text + token->begin, token->end - token->begin, name, &at);
    g_autoptr(GArray) words = jinja_words(text, token);
    for (guint i = 0; i < words->len; i++)
        if (jinja_word(words, i)->kind == JINJA_NAME && jinja_is(text, words, i, name))
            return true;
    return false;
}

/* Is the template at this byte a table of FROM? */
static bool
is_source_at(const Sql *sql, uint32_t begin)
{
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (source->kind == SOURCE_TEMPLATE && source->first == source->last &&
                g_array_index(sql->tokens, Token, source->first).begin == begin)
                return true;
        }
    }
    return false;
}

static bool
puts_table_only(const Body *body)
{
    const MacroParameter *table = g_ptr_array_index(body->macro->parameters, body->table);
    const TokenList *list = body->sql->list;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        bool is_table = parameter_alone(body->macro, body->text, token) == body->table &&
                        (!body->sql->live->data[i] || is_source_at(body->sql, token->begin));
        if (!is_table && is_used_otherwise(body->text, token, table->name))
            return false;
    }
    return true;
}

/* Does each other template stand where the table's columns are seen, and none of others? */
static bool
puts_columns_there(Body *body)
{
    const Sql *sql = body->sql;
    for (guint i = 0; i < sql->tokens->len; i++) {
        const Token *token = &g_array_index(sql->tokens, Token, i);
        if (token->kind != TOKEN_TEMPLATE ||
            parameter_alone(body->macro, body->text, token) == body->table)
            continue;
        const SqlBlock *block = sql_block_around(sql, i, false);
        if (block == NULL || block->sources->len != 1 || block->parent != NULL ||
            !is_rows_source(body, g_ptr_array_index(block->sources, 0), 0))
            return false;
    }
    return true;
}

/* One way through its conditions. */
static bool
read_variant(Body *body, bool *takes_columns)
{
    const SqlStatement *found = NULL;
    for (guint i = 0; i < body->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(body->sql->statements, i);
        if (found != NULL)
            return false;
        found = statement;
    }
    if (body->sql->is_broken || body->sql->mentions->len > 0 || found == NULL ||
        !gives_rows(body, found->query, 0) || !puts_table_only(body))
        return false;
    *takes_columns = *takes_columns && puts_columns_there(body);
    return true;
}

/* ---- its names ---- */

static void
add_words(GHashTable *words, const TokenList *list, guint index)
{
    const Token *token = tokens_at(list, index);
    bool is_called =
        index + 1 < list->tokens->len && tokens_at(list, index + 1)->kind == TOKEN_OPEN;
    if (token->kind == TOKEN_QUOTED ||
        (token->kind == TOKEN_WORD && !word_is_reserved(token->word) && !is_called))
        macro_names_add(words, list->text, token->begin, token->end);
    if (token->kind != TOKEN_TEMPLATE && token->kind != TOKEN_TAG)
        return;
    g_autoptr(GArray) inside = jinja_words(list->text, token);
    for (guint i = 0; i < inside->len; i++)
        if (jinja_word(inside, i)->kind == JINJA_STRING)
            macro_names_add(words, list->text, jinja_word(inside, i)->begin,
                            jinja_word(inside, i)->end);
}

MacroRows *
macro_rows_read(const Macro *macro, const TokenList *list, guint first, guint last)
{
    if (!macro->has_query || macro->parameters->len == 0 || first >= last)
        return NULL;
    const char *text = list->text + tokens_at(list, first)->begin;
    size_t bytes = tokens_at(list, last - 1)->end - tokens_at(list, first)->begin;
    const Dialect *dialect = dialect_guess(text, bytes, NULL, NULL);
    Body body = {.macro = macro, .text = text, .table = UINT_MAX};
    bool gives = true, takes_columns = true;
    for (guint variant = 0, count = 1; gives && variant < count; variant++) {
        g_autoptr(Sql) sql = sql_new(text, bytes, dialect, variant);
        count = sql->variants;
        body.sql = sql;
        sql_resolve(sql, NULL, NULL, NULL);
        gives = read_variant(&body, &takes_columns);
    }
    if (!gives)
        return NULL;
    MacroRows *rows = g_new0(MacroRows, 1);
    *rows = (MacroRows){.table = body.table,
                        .takes_columns = takes_columns,
                        .words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    for (guint i = first; i < last; i++)
        add_words(rows->words, list, i);
    return rows;
}

bool
macro_rows_take_columns(const MacroRows *rows)
{
    return rows != NULL && rows->takes_columns;
}

/* ---- calls ---- */

typedef struct {
    const Macro *macro;
    MacroPass given;     /* how many arguments, and which by name */
    uint32_t begin, end; /* of the table, where it is a variable; else both 0 */
} RowsCall;

/* ref('x'), source('a', 'b'), or a variable. */
static bool
is_table_argument(const char *text, const GArray *words, guint first, guint last, RowsCall *ret)
{
    static const char *const calls[] = {"ref", "source", NULL};
    if (last == first + 1 && jinja_word(words, first)->kind == JINJA_NAME) {
        ret->begin = jinja_word(words, first)->begin;
        ret->end = jinja_word(words, first)->end;
        return true;
    }
    return first + 1 < last && jinja_is_any(text, words, first, calls) &&
           jinja_is(text, words, first + 1, "(") && jinja_close(text, words, first + 1) + 1 == last;
}

static bool
has_table(const char *text, const GArray *words, const JinjaCall *call, RowsCall *ret)
{
    guint table = ret->macro->rows->table, place = 0;
    const MacroParameter *parameter = g_ptr_array_index(ret->macro->parameters, table);
    for (guint from = call->first, to; from < call->last; from = to + 1, place++) {
        to = jinja_find(text, words, from, call->last, ",");
        bool is_named = from + 1 < to && jinja_is(text, words, from + 1, "=");
        if (is_named ? jinja_is(text, words, from, parameter->name) : place == table)
            return is_table_argument(text, words, from + 2 * is_named, to, ret);
    }
    return false;
}

static bool
read_call(const Macros *macros, const char *text, const Token *token, RowsCall *ret)
{
    JinjaCall call = {0};
    *ret = (RowsCall){0};
    if (macros == NULL || token->kind != TOKEN_TEMPLATE)
        return false;
    g_autoptr(GArray) words = jinja_words(text, token);
    if (!jinja_call_of(text, words, 0, words->len, &call))
        return false;
    /* With a package before its name it is that package's, whatever the project has of that name. */
    bool is_own = jinja_is(text, words, 1, "(") && !call.is_dispatch;
    ret->macro = is_own ? g_hash_table_lookup(macros->list, call.callee) : NULL;
    g_free(call.callee);
    if (ret->macro == NULL || ret->macro->is_doubled || ret->macro->rows == NULL ||
        !has_table(text, words, &call, ret))
        return false;
    ret->given.place = jinja_given(text, words, call.first - 1, &ret->given.keyword);
    return true;
}

bool
macros_give_rows(const Macros *macros, const char *text, const Token *token, uint32_t *ret_begin,
                 uint32_t *ret_end)
{
    RowsCall call;
    bool gives = read_call(macros, text, token, &call);
    *ret_begin = call.begin;
    *ret_end = call.end;
    g_free(call.given.keyword);
    return gives;
}

/* What dbt and Jinja have, and that names no column. */
static bool
is_harmless(const char *callee)
{
    static const char *const names[] = {"raise_compiler_error",
                                        "log",
                                        "join",
                                        "ref",
                                        "source",
                                        "var",
                                        "lower",
                                        "upper",
                                        "append",
                                        "range"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(callee, names[i]) == 0)
            return true;
    return package_macro_reads_no_table(callee);
}

static bool
is_named(const GHashTable *words, const char *name)
{
    g_autofree char *small = g_ascii_strdown(name, -1);
    for (size_t at = 0, from; small[at] != '\0'; at += at == from) {
        for (from = at; is_identifier_byte(small[at]); at++)
            ;
        g_autofree char *word = g_strndup(small + from, at - from);
        if (at > from && g_hash_table_contains((GHashTable *) words, word))
            return true;
    }
    return false;
}

/* Is it one of the names that the macro, or one that it calls, has by itself? */
static bool
is_own(const RowsCall *call, GHashTable *words, GHashTable *defaults, const char *name)
{
    return is_named(call->macro->rows->words, name) || is_named(words, name) ||
           is_named(defaults, name);
}

static bool
is_own_change(const RowsCall *call, GHashTable *words, GHashTable *defaults,
              const ColumnChange *change)
{
    return change->kind != CHANGE_NONE &&
           (is_own(call, words, defaults, change->column) ||
            (change->to != NULL && is_own(call, words, defaults, change->to)));
}

bool
macros_rows_keep(const Macros *macros, const char *text, const Token *token, const Rename *rename)
{
    RowsCall call;
    bool keeps = read_call(macros, text, token, &call);
    g_autoptr(GHashTable) words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                          asked = g_hash_table_new(NULL, NULL),
                          defaults = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; keeps && i < call.macro->calls->len; i++) {
        const char *callee = ((const MacroPass *) g_ptr_array_index(call.macro->calls, i))->callee;
        keeps = macros_has(macros, callee) || is_harmless(callee);
        macros_add_words(macros, callee, asked, words);
    }
    if (keeps)
        macro_add_defaults(call.macro, &call.given, defaults);
    for (guint i = 0; keeps && i < rename->changes->len; i++)
        keeps = !is_own_change(&call, words, defaults, g_ptr_array_index(rename->changes, i));
    GHashTableIter iter;
    void *name;
    if (rename->gained != NULL) {
        g_hash_table_iter_init(&iter, rename->gained);
        while (keeps && g_hash_table_iter_next(&iter, &name, NULL))
            keeps = !is_own(&call, words, defaults, name);
    }
    g_free(call.given.keyword);
    return keeps;
}
