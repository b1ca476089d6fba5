/*
 * sql_trigger_function.c - functions that triggers call, and whose rows they see.
 *
 * That is said where the trigger is made. Where all triggers of the text that call the function are the dataset's, its body is
 * read as that of its rows (sql_trigger_rows.c). Where they are not, or no trigger is in the text, a name that the dataset has may
 * be its column, and nobody knows.
 */
#include "rewrite/work.h"

#include <string.h>

/* From CREATE FUNCTION to its body, and to the name of what a trigger calls. */
#define HEAD_TOKENS_MAX 2000

/* The last part of the name that begins here. Caller frees. */
static char *
last_part(const Work *work, guint index)
{
    while (work_token(work, index + 1)->kind == TOKEN_DOT)
        index += 2;
    const Token *token = work_token(work, index);
    bool is_quoted = token->kind == TOKEN_QUOTED;
    g_autofree char *name = g_strndup(work->text + token->begin + is_quoted,
                                      token->end - token->begin - 2 * (size_t) is_quoted);
    return g_ascii_strup(name, -1);
}

/* ---- what is made, and called ---- */

/* Of the function that the trigger calls; NULL: it is no trigger, or calls none. Caller frees. */
static char *
called_by(const Work *work, const SqlStatement *statement)
{
    if (statement->watched == NULL || statement->watched->shape != SHAPE_WATCHED)
        return NULL;
    for (guint i = statement->first; i < statement->last; i++)
        if (work_is_text(work, i, "EXECUTE"))
            return last_part(work, i + 2);
    return NULL;
}

/* At FUNCTION: the body, a token, of a function of triggers; 0 when it is another one. */
static guint
body_of(const Work *work, guint function)
{
    guint body = 0;
    bool is_trigger = false;
    if (function == 0 || work_token(work, function)->word != WORD_FUNCTION ||
        !(work_is_text(work, function - 1, "CREATE") ||
          work_is_text(work, function - 1, "REPLACE")))
        return 0;
    for (guint i = function; i < function + HEAD_TOKENS_MAX; i++) {
        const Token *token = work_token(work, i);
        if (token->kind == TOKEN_SEMICOLON || token->kind == TOKEN_END)
            break;
        is_trigger = is_trigger ||
                     (work_is_text(work, i, "RETURNS") && work_is_text(work, i + 1, "TRIGGER"));
        if (token->kind == TOKEN_STRING && work_is_text(work, i - 1, "AS"))
            body = i;
    }
    return is_trigger ? body : 0;
}

/* Of the function of that name, which the text makes; 0 when it does not. */
static guint
body_called(const Work *work, const char *function)
{
    guint body = 0;
    for (guint i = 1; body == 0 && i + 4 < work->sql->tokens->len; i++) {
        guint made = body_of(work, i);
        g_autofree char *name = made > 0 ? last_part(work, i + 1) : NULL;
        body = g_strcmp0(name, function) == 0 ? made : 0;
    }
    return body;
}

/* The name of the function whose body the literal is; NULL: it is no function of triggers. Caller frees. */
static char *
function_of(const Work *work, guint literal)
{
    for (guint i = literal; i > 0 && literal - i < HEAD_TOKENS_MAX; i--)
        if (work_token(work, i)->kind == TOKEN_SEMICOLON)
            return NULL;
        else if (work_token(work, i)->word == WORD_FUNCTION)
            return body_of(work, i) == literal ? last_part(work, i + 1) : NULL;
    return NULL;
}

/* ---- all triggers of the text that call it ---- */

typedef struct {
    const Rename *rename; /* of the first that is of a dataset; or NULL */
    guint count;
    bool is_of_others; /* some are of other tables */
} Binding;

static Binding
binding_of(const Work *work, const char *function)
{
    Binding binding = {0};
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(work->sql->statements, i);
        g_autofree char *called = called_by(work, statement);
        if (called == NULL || strcmp(called, function) != 0)
            continue;
        const Rename *rename = source_rename(statement->watched);
        binding.count++;
        binding.is_of_others |=
            rename == NULL || (binding.rename != NULL && rename != binding.rename);
        binding.rename = binding.rename != NULL ? binding.rename : rename;
    }
    return binding;
}

const Rename *
sql_rows_of_body(const Work *work, guint literal)
{
    if (literal == 0 || work_token(work, literal - 1)->word != WORD_AS)
        return NULL;
    g_autofree char *function = function_of(work, literal);
    Binding binding = function != NULL ? binding_of(work, function) : (Binding){0};
    bool is_of_one = binding.rename != NULL && !binding.is_of_others;
    return is_of_one && !binding.rename->is_derived ? binding.rename : NULL;
}

/* REFERENCING NEW TABLE AS a OLD TABLE AS b: behind it, or 0. */
static guint
names_rows(const Work *work, const SqlStatement *statement)
{
    for (guint i = statement->first; i < statement->last && !work_is_text(work, i, "EXECUTE"); i++)
        if (work_is_text(work, i, "REFERENCING"))
            return i + 1;
    return 0;
}

bool
sql_trigger_follows(const Work *work, const SqlStatement *statement, const Rename *rename)
{
    g_autofree char *called = called_by(work, statement);
    guint body = called != NULL ? body_called(work, called) : 0;
    if (body == 0)
        return false;
    const ColumnChange *change;
    size_t at;
    const Token *token = work_token(work, body);
    if (names_rows(work, statement) > 0)
        return rename_only_renames(rename) && !binding_of(work, called).is_of_others;
    return !binding_of(work, called).is_of_others ||
           !rows_see_column(work, rename, token->begin, token->end, &change, &at);
}

/* ---- tables of rows ---- */

static void
add_table(const Work *work, guint name, const Rename *rows, GPtrArray *tables)
{
    const Token *token = work_token(work, name);
    g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < rows->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rows->changes, i);
        MadeColumn *column = g_new0(MadeColumn, 1);
        *column = (MadeColumn){change->column, change->kind != CHANGE_NONE ? change : NULL};
        g_ptr_array_add(columns, column);
    }
    g_autofree char *called = g_strndup(work->text + token->begin, token->end - token->begin);
    const Made made = {.name = called, .is_open = true, .columns = columns};
    if (token->kind != TOKEN_WORD)
        return;
    Rename *table = rename_derive(&made, NULL);
    table->is_of_rows = true;
    g_ptr_array_add(tables, table);
}

GPtrArray *
sql_row_tables_of_body(const Work *work, guint literal, const Rename *rows)
{
    g_autofree char *function = function_of(work, literal);
    GPtrArray *tables = g_ptr_array_new_with_free_func(rename_free);
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(work->sql->statements, i);
        g_autofree char *called = called_by(work, statement);
        guint at = g_strcmp0(called, function) == 0 ? names_rows(work, statement) : 0;
        while (at > 0 && (work_is_text(work, at, "NEW") || work_is_text(work, at, "OLD"))) {
            at += 1 + work_is_text(work, at + 1, "TABLE");
            at += work_is_text(work, at, "AS");
            add_table(work, at++, rows, tables);
        }
    }
    return tables;
}

/* ---- bodies of which nobody knows ---- */

/* A function of which no trigger, or several tables' are in the text, or whose body was not understood. */
static bool
refuse_column(Work *work, const Rename *rename, const Token *body, bool is_called)
{
    const ColumnChange *change = NULL;
    size_t at = 0;
    if (rename->is_derived ||
        !rows_see_column(work, rename, body->begin, body->end, &change, &at) ||
        site_covers(work, at, at + strlen(change->column)))
        return false;
    site_refuse(work, SITE_COLUMN, at, at + strlen(change->column), "statement", NULL,
                is_called
                    ? "triggers of several tables call this function, or it is not understood, "
                      "and '%s' is changed in one of them"
                    : "a trigger that is not made in this text may call this function for "
                      "the dataset's rows, whose '%s' is changed",
                change->column);
    return true;
}

/* TG_TABLE_NAME = 'users', where nobody says that the function is that of the dataset alone. */
static void
refuse_asked(Work *work, const Rename *rename, const Token *body)
{
    const char *text = work->text + body->begin;
    size_t bytes = body->end - body->begin, at;
    if (rename->is_derived || (!find_word(text, bytes, "TG_TABLE_NAME", &at) &&
                               !find_word(text, bytes, "TG_RELNAME", &at)))
        return;
    for (guint i = 0; i < rename->spellings->len; i++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, i);
        g_autofree char *literal = g_strdup_printf("'%s'", spelling->last);
        const char *found = memmem(text, bytes, literal, strlen(literal));
        size_t begin = found != NULL ? (size_t) (found - work->text) : 0;
        if (found == NULL || site_covers(work, begin, begin + strlen(literal)) ||
            strcmp(spelling->target[g_strv_length(spelling->target) - 1], spelling->last) == 0)
            continue;
        site_refuse(work, SITE_MENTION, begin, begin + strlen(literal), "in-string", NULL,
                    "the function asks for the name of its table, and this may be the dataset");
        return;
    }
}

static void
visit_function(Work *work, guint function, guint body)
{
    g_autofree char *name = last_part(work, function + 1);
    Binding binding = binding_of(work, name);
    bool is_refused = false;
    if (sql_rows_of_body(work, body) == NULL)
        for (guint r = 0; r < work->renames->list->len; r++)
            refuse_asked(work, g_ptr_array_index(work->renames->list, r), work_token(work, body));
    if (binding.count == 0)
        for (guint r = 0; r < work->renames->list->len && !is_refused; r++)
            is_refused = refuse_column(work, g_ptr_array_index(work->renames->list, r),
                                       work_token(work, body), false);
    else if (binding.rename != NULL)
        refuse_column(work, binding.rename, work_token(work, body), true);
}

void
sql_trigger_functions(Work *work)
{
    guint count = work->sql->list->has_declarations ? work->sql->tokens->len : 0;
    for (guint i = 1; i + 4 < count; i++) {
        guint body = body_of(work, i);
        if (body > 0)
            visit_function(work, i, body);
    }
}
