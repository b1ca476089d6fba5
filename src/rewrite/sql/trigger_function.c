/*
 * trigger_function.c - functions that triggers call, and whose rows they see.
 *
 * That is said where the trigger is made, in this file or another one (trigger_calls.c). Where all triggers that call the function
 * are the dataset's, its body is read as that of its rows (trigger_rows.c). Where they are not, or no trigger is known, a name
 * that the dataset has may be its column, and nobody knows.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/trigger_calls.h"

#include <string.h>

/* From CREATE FUNCTION to its body, and to the name of what a trigger calls. */
#define HEAD_TOKENS_MAX 2000

/* Of a part of a name, without its quotes. Caller frees. */
static char *
part_at(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    bool is_quoted = token->kind == TOKEN_QUOTED;
    return g_strndup(work->text + token->begin + is_quoted,
                     token->end - token->begin - 2 * (size_t) is_quoted);
}

/* The name that begins here, as trigger_calls.h has it. Caller frees. */
static char *
name_at(const Work *work, guint index)
{
    g_autofree char *schema = NULL;
    for (; work_token(work, index + 1)->kind == TOKEN_DOT; index += 2) {
        g_free(schema);
        schema = part_at(work, index);
    }
    g_autofree char *name = part_at(work, index);
    return trigger_calls_name(schema, name);
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
            return name_at(work, i + 2);
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

/* The name of the function whose body the literal is; NULL: it is no function of triggers. Caller frees. */
static char *
function_of(const Work *work, guint literal)
{
    for (guint i = literal; i > 0 && literal - i < HEAD_TOKENS_MAX; i--)
        if (work_token(work, i)->kind == TOKEN_SEMICOLON)
            return NULL;
        else if (work_token(work, i)->word == WORD_FUNCTION)
            return body_of(work, i) == literal ? name_at(work, i + 1) : NULL;
    return NULL;
}

/* ---- all triggers that call it ---- */

static TriggerBinding
binding_of(const Work *work, const char *function)
{
    return trigger_calls_of(work->options->triggers, function, work->renames, work->sql->dialect);
}

const Rename *
sql_rows_of_body(const Work *work, guint literal)
{
    if (literal == 0 || work_token(work, literal - 1)->word != WORD_AS)
        return NULL;
    g_autofree char *function = function_of(work, literal);
    TriggerBinding binding = function != NULL ? binding_of(work, function) : (TriggerBinding){0};
    bool is_of_one = binding.rename != NULL && !binding.is_of_others;
    return is_of_one && !binding.rename->is_derived ? binding.rename : NULL;
}

static bool
names_rows(const Work *work, const SqlStatement *statement)
{
    for (guint i = statement->first; i < statement->last && !work_is_text(work, i, "EXECUTE"); i++)
        if (work_is_text(work, i, "REFERENCING"))
            return true;
    return false;
}

/* f('amount'): an argument that is a column which changes, whatever is done with it. */
static bool
is_given_column(const Work *work, const SqlStatement *statement, const Rename *rename)
{
    bool is_behind = false;
    for (guint i = statement->first; i <= statement->last; i++) {
        is_behind = is_behind || work_is_text(work, i, "EXECUTE");
        const ColumnChange *change =
            is_behind ? token_column(work, rename, work_token(work, i)) : NULL;
        if (change != NULL && change->kind != CHANGE_NONE)
            return true;
    }
    return false;
}

/* Of one in another language it is only known which words are in it. */
static bool
names_column(const TriggerFunction *function, const Rename *rename)
{
    return rename_names_change(rename, function->text + function->body_begin,
                               function->body_end - function->body_begin);
}

typedef struct {
    bool is_made;     /* in a text that is no step which has run */
    bool sees_column; /* that changes */
    bool is_opaque;   /* nobody knows what it does with one */
} Seen;

/* What is known of all functions of that name, or of this file's. */
static Seen
look_at(const Work *work, const char *called, const Rename *rename)
{
    Seen seen = {0};
    const GPtrArray *functions = trigger_calls_made(work->options->triggers, called);
    bool is_made_here = trigger_calls_makes(work->options->triggers, work->path, called);
    for (guint i = 0; i < functions->len; i++) {
        const TriggerFunction *function = g_ptr_array_index(functions, i);
        const ColumnChange *change;
        size_t at;
        if (function->has_run || !trigger_calls_same(function->function, called) ||
            (is_made_here && strcmp(function->path, work->path) != 0))
            continue;
        size_t bytes = function->body_end - function->body_begin;
        seen.is_made = true;
        seen.is_opaque |=
            bytes == 0 || (!function->is_understood && names_column(function, rename));
        seen.sees_column |=
            rows_see_column(rename, function->text + function->body_begin, bytes, &change, &at);
    }
    return seen;
}

bool
sql_trigger_follows(const Work *work, const SqlStatement *statement, const Rename *rename)
{
    g_autofree char *called = called_by(work, statement);
    Seen seen = called != NULL ? look_at(work, called, rename) : (Seen){0};
    if (!seen.is_made || seen.is_opaque || is_given_column(work, statement, rename))
        return false;
    bool is_of_others = binding_of(work, called).is_of_others;
    if (names_rows(work, statement))
        return rename_only_renames(rename) && !is_of_others;
    return !is_of_others || !seen.sees_column;
}

/* ---- tables of rows ---- */

static void
add_table(const char *called, const Rename *rows, GPtrArray *tables)
{
    g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < rows->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rows->changes, i);
        MadeColumn *column = g_new0(MadeColumn, 1);
        *column = (MadeColumn){change->column, change->kind != CHANGE_NONE ? change : NULL};
        g_ptr_array_add(columns, column);
    }
    g_autofree char *name = g_strdup(called);
    const Made made = {.name = name, .is_open = true, .columns = columns};
    Rename *table = rename_derive(&made, NULL);
    table->is_of_rows = true;
    g_ptr_array_add(tables, table);
}

/* Those that this file's triggers name, or others'. */
static void
add_tables(const Work *work, const char *function, const Rename *rows, bool is_here,
           GPtrArray *tables)
{
    const GPtrArray *calls = trigger_calls_to(work->options->triggers, function);
    for (guint i = 0; i < calls->len; i++) {
        const TriggerCall *call = g_ptr_array_index(calls, i);
        bool is_it = trigger_calls_same(call->function, function) &&
                     (strcmp(call->path, work->path) == 0) == is_here;
        for (guint n = 0; is_it && n < call->names->len; n++)
            add_table(g_ptr_array_index(call->names, n), rows, tables);
    }
}

GPtrArray *
sql_row_tables_of_body(const Work *work, guint literal, const Rename *rows)
{
    g_autofree char *function = function_of(work, literal);
    GPtrArray *tables = g_ptr_array_new_with_free_func(rename_free);
    add_tables(work, function, rows, true, tables);
    if (tables->len == 0)
        add_tables(work, function, rows, false, tables);
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
        !rows_see_column(rename, work->text + body->begin, body->end - body->begin, &change, &at))
        return false;
    at += body->begin;
    if (site_covers(work, at, at + strlen(change->column)))
        return false;
    site_refuse(work, SITE_COLUMN, at, at + strlen(change->column), "statement", NULL,
                is_called
                    ? "triggers of several tables call this function, or it is not understood, "
                      "and '%s' is changed in one of them"
                    : "no file says whose triggers call this function: they may be the dataset's, "
                      "whose '%s' is changed",
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
    g_autofree char *name = name_at(work, function + 1);
    TriggerBinding binding = binding_of(work, name);
    bool is_refused = false;
    if (sql_rows_of_body(work, body) == NULL)
        for (guint r = 0; r < work->renames->list->len; r++)
            refuse_asked(work, g_ptr_array_index(work->renames->list, r), work_token(work, body));
    if (binding.is_unclear)
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
