/*
 * variables.c - which names are variables or parameters at a place of a routine or script, and what such a name means
 * in a query where a column is called so, too.
 *
 * Each dialect has its own rule (token.h); PostgreSQL has one for each language of its routines. A variable is known from
 * where it is declared to the end of the block, or of the routine whose parameter it is. Too far is better than too short:
 * where the two clash, a person is asked.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

typedef struct Variable Variable;
struct Variable {
    char *name;        /* in small letters */
    guint first, last; /* tokens between which it is known */
    VariableRule rule;
    const Variable *outer; /* of the same name, and known where this one begins; or NULL */
};

struct Variables {
    GPtrArray *list; /* Variable *, in the order of the text */
    GHashTable
        *called; /* name (a variable's) -> GPtrArray of those Variable *; NULL: of most texts */
};

static void
variable_free(void *data)
{
    Variable *variable = data;
    g_free(variable->name);
    g_free(variable);
}

Variables *
variables_new(void)
{
    Variables *variables = g_new0(Variables, 1);
    variables->list = g_ptr_array_new_with_free_func(variable_free);
    return variables;
}

void
variables_free(Variables *variables)
{
    g_clear_pointer(&variables->called, g_hash_table_unref);
    g_ptr_array_unref(variables->list);
    g_free(variables);
}

bool
variables_are_there(const Variables *variables)
{
    return variables->list->len > 0;
}

static GPtrArray *
those_called(Variables *variables, const char *name)
{
    if (variables->called == NULL)
        variables->called = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                  (GDestroyNotify) g_ptr_array_unref);
    GPtrArray *those = g_hash_table_lookup(variables->called, name);
    if (those == NULL) {
        those = g_ptr_array_new();
        g_hash_table_insert(variables->called, (char *) name, those);
    }
    return those;
}

/* Takes the name. */
static Variable *
variable_add(Variables *variables, char *name, guint first, VariableRule rule)
{
    GPtrArray *those = those_called(variables, name);
    const Variable *outer = those->len > 0 ? g_ptr_array_index(those, those->len - 1) : NULL;
    while (outer != NULL && outer->last < first)
        outer = outer->outer;
    Variable *variable = g_new0(Variable, 1);
    *variable =
        (Variable){.name = name, .first = first, .last = G_MAXUINT, .rule = rule, .outer = outer};
    g_ptr_array_add(variables->list, variable);
    g_ptr_array_add(those, variable);
    return variable;
}

/* ---- how far ---- */

/* A variable whose end has not been seen. */
typedef struct {
    Variable *variable;
    int depth;         /* of blocks: it ends where there are fewer */
    bool is_waiting;   /* for the block that it is of */
    bool is_parameter; /* which also ends with a statement without block */
} Open;

/* One walk over the text. */
typedef struct {
    Work *work;
    GArray *open; /* Open */
    int depth;
    VariableRule rule;
} Walk;

/* How the next names are known. */
typedef enum { KNOWN_HERE, KNOWN_IN_NEXT_BLOCK, KNOWN_IN_ROUTINE } Known;

static void
add(Walk *walk, guint name, Known known)
{
    const Work *work = walk->work;
    const Token *token = work_token(work, name);
    guint quote = token->kind == TOKEN_QUOTED;
    char *text = g_ascii_strdown(work->text + token->begin + quote,
                                 (gssize) (token->end - token->begin - 2 * quote));
    Open open = {.variable = variable_add(work->variables, text, name, walk->rule),
                 .depth = walk->depth,
                 .is_waiting = known != KNOWN_HERE,
                 .is_parameter = known == KNOWN_IN_ROUTINE};
    g_array_append_val(walk->open, open);
}

static void
end_last(Walk *walk, guint at)
{
    g_array_index(walk->open, Open, walk->open->len - 1).variable->last = at;
    g_array_set_size(walk->open, walk->open->len - 1);
}

static const Open *
last_open(const Walk *walk)
{
    return walk->open->len > 0 ? &g_array_index(walk->open, Open, walk->open->len - 1) : NULL;
}

#define HEAD_WORDS_MAX 12 /* CREATE OR REPLACE DEFINER = `a` @ `b` AGGREGATE FUNCTION */

static bool
is_kind_of_routine(const Work *work, guint at)
{
    return work_token(work, at)->word == WORD_FUNCTION || work_is_text(work, at, "PROCEDURE") ||
           work_is_text(work, at, "MACRO");
}

/* CREATE TRIGGER … EXECUTE FUNCTION f(): something else is made, or the head is at its end. CREATE TABLE FUNCTION of BigQuery
 * makes a routine. */
static bool
ends_head(const Work *work, guint at)
{
    static const char *const things[] = {"TRIGGER", "TABLE", "VIEW", "EVENT", "RULE", "ON"};
    const Token *token = work_token(work, at);
    if (token->word == WORD_TABLE && work_token(work, at + 1)->word == WORD_FUNCTION)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(things); i++)
        if (work_is_text(work, at, things[i]))
            return true;
    return token->kind == TOKEN_OPEN || token->kind == TOKEN_SEMICOLON ||
           token->kind == TOKEN_END || token->word == WORD_AS;
}

guint
routine_at(const Work *work, guint at)
{
    if (work->sql->dialect->is_any && is_kind_of_routine(work, at) && at > 0 &&
        !work_is_text(work, at - 1, "DROP") && !work_is_text(work, at - 1, "EXECUTE") &&
        work_token(work, at - 1)->kind != TOKEN_DOT)
        return at;
    if (work_token(work, at)->word != WORD_CREATE)
        return 0;
    for (guint i = at + 1; i <= at + HEAD_WORDS_MAX && !ends_head(work, i); i++)
        if (is_kind_of_routine(work, i))
            return i;
    return 0;
}

/* END of a block, behind its last statement: not that of IF, LOOP or CASE, whose begin is not counted, and no column. */
static bool
ends_block(const Work *work, guint at)
{
    static const char *const others[] = {"IF", "LOOP", "WHILE", "REPEAT", "FOR", "CASE"};
    if (work_token(work, at)->word != WORD_END || at == 0 ||
        (work_token(work, at - 1)->kind != TOKEN_SEMICOLON &&
         work_token(work, at - 1)->word != WORD_BEGIN))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (work_is_text(work, at + 1, others[i]))
            return false;
    return true;
}

static bool
begins_block(const Work *work, guint at)
{
    const Token *next = work_token(work, at + 1);
    bool is_column = next->kind == TOKEN_COMMA || next->kind == TOKEN_DOT ||
                     next->kind == TOKEN_CLOSE || next->kind == TOKEN_OPERATOR ||
                     next->kind == TOKEN_STRING || next->word == WORD_FROM;
    return work_token(work, at)->word == WORD_BEGIN && !is_column &&
           next->kind != TOKEN_SEMICOLON && !work_is_text(work, at + 1, "TRANSACTION") &&
           !work_is_text(work, at + 1, "WORK");
}

static void
begin_block(Walk *walk)
{
    walk->depth++;
    for (guint i = walk->open->len; i-- > 0;) {
        Open *open = &g_array_index(walk->open, Open, i);
        if (!open->is_waiting)
            break;
        open->is_waiting = false;
        open->depth = walk->depth;
    }
}

/* Blocks and statements that end variables, at each token. */
static void
follow_blocks(Walk *walk, guint at)
{
    const Work *work = walk->work;
    const Open *last;
    if (begins_block(work, at)) {
        begin_block(walk);
    } else if (ends_block(work, at)) {
        walk->depth = MAX(walk->depth - 1, 0);
        while ((last = last_open(walk)) != NULL && !last->is_waiting && last->depth > walk->depth)
            end_last(walk, at);
    } else if (work_token(work, at)->kind == TOKEN_SEMICOLON && !work->sql->dialect->is_any) {
        while ((last = last_open(walk)) != NULL && last->is_waiting && last->is_parameter)
            end_last(walk, at);
    }
}

/* ---- declarations ---- */

static bool
is_name(const Token *token)
{
    return token->kind == TOKEN_QUOTED ||
           (token->kind == TOKEN_WORD && !word_is_reserved(token->word));
}

/* `x int`, and not `double precision`, which is a type alone. */
static bool
has_type(const Work *work, guint name)
{
    static const char *const more[] = {"PRECISION", "VARYING", "WITH", "WITHOUT"};
    const Token *type = work_token(work, name + 1);
    for (size_t i = 0; i < G_N_ELEMENTS(more); i++)
        if (work_is_text(work, name + 1, more[i]))
            return false;
    return is_name(work_token(work, name)) &&
           (type->kind == TOKEN_QUOTED || type->kind == TOKEN_TEMPLATE ||
            (type->kind == TOKEN_WORD && (!word_is_reserved(type->word) || type->word == WORD_IN ||
                                          type->word == WORD_SET || type->word == WORD_TABLE)));
}

/* (INOUT x int, y text): each name; in macros they have no type. */
static void
read_parameters(Walk *walk, guint open, Known known, bool is_macro)
{
    const Work *work = walk->work;
    static const char *const modes[] = {"IN", "OUT", "INOUT", "VARIADIC"};
    guint close = work_token(work, open)->match;
    bool is_first = true;
    for (guint at = open + 1; at < close; at++) {
        const Token *token = work_token(work, at);
        bool is_mode = false;
        for (size_t i = 0; is_first && i < G_N_ELEMENTS(modes); i++)
            is_mode = is_mode || (work_is_text(work, at, modes[i]) &&
                                  work_token(work, at + 1)->kind != TOKEN_COMMA);
        if (is_mode)
            continue;
        if (is_first && (has_type(work, at) || (is_macro && is_name(token))))
            add(walk, at, known);
        is_first = token->kind == TOKEN_COMMA;
        at = token->kind == TOKEN_OPEN && token->match > at ? token->match : at;
    }
}

/* What begins a statement, and no declaration. */
static bool
starts_doing(const Work *work, guint at)
{
    static const char *const verbs[] = {"BEGIN",  "SELECT",  "WITH",  "INSERT", "UPDATE",
                                        "DELETE", "SET",     "MERGE", "IF",     "CREATE",
                                        "FOR",    "WHILE",   "CALL",  "OPEN",   "FETCH",
                                        "RETURN", "EXECUTE", "LOOP",  "CASE"};
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (work_is_text(work, at, verbs[i]))
            return true;
    return false;
}

/* c CURSOR (x int), CURSOR c (x int) */
static bool
is_cursor(const Work *work, guint at)
{
    return work_token(work, at + 2)->kind == TOKEN_OPEN &&
           (work_is_text(work, at, "CURSOR") || work_is_text(work, at + 1, "CURSOR"));
}

/* `a int := 1; b text;` up to what is done, `a, b INT;`: also parameters of cursors. Behind the last of them. */
static guint
read_declarations(Walk *walk, guint at, Known known)
{
    const Work *work = walk->work;
    bool is_first = true;
    for (; work_token(work, at)->kind != TOKEN_END; at++) {
        const Token *token = work_token(work, at);
        bool is_over = known == KNOWN_HERE && token->kind == TOKEN_SEMICOLON;
        if ((is_first && starts_doing(work, at)) || begins_block(work, at) || is_over)
            break;
        if (is_first && token->word == WORD_DECLARE)
            continue;
        bool is_listed = is_first && is_name(token) && token[1].kind == TOKEN_COMMA;
        if (is_listed || (is_first && has_type(work, at)))
            add(walk, at, known);
        if (is_first && is_cursor(work, at))
            read_parameters(walk, at + 2, known, false);
        if (is_listed)
            at++;
        else
            is_first = token->kind == TOKEN_SEMICOLON;
    }
    return at;
}

/* ---- rules ---- */

/* `#variable_conflict use_column` at the head of a body of PL/pgSQL; else `otherwise`. */
static VariableRule
rule_in(const char *text, size_t bytes, VariableRule otherwise)
{
    static const char option[] = "#variable_conflict";
    const char *found = memmem(text, bytes, option, strlen(option));
    size_t at = found != NULL ? (size_t) (found - text) + strlen(option) : bytes;
    while (at < bytes && g_ascii_isspace(text[at]))
        at++;
    if (bytes - at >= 10 && memcmp(text + at, "use_column", 10) == 0)
        return VARIABLES_YIELD;
    return bytes - at >= 12 && memcmp(text + at, "use_variable", 12) == 0 ? VARIABLES_HIDE
                                                                          : otherwise;
}

/* Does a script of Snowflake stand in the text, where variables have a colon in each query? */
static bool
is_script(const Work *work, const Token *body)
{
    const char *text = work->text + body->begin, *end = work->text + body->end;
    while (text < end && (*text == '$' || *text == '\'' || g_ascii_isspace(*text)))
        text++;
    return end - text > 7 && (g_ascii_strncasecmp(text, "BEGIN", 5) == 0 ||
                              g_ascii_strncasecmp(text, "DECLARE", 7) == 0);
}

/* Functions in SQL of PostgreSQL take the column; functions of Snowflake that are no scripts have no colons. Of BigQuery
 * it is said of scripts and procedures, whose parameters are variables, and not of functions. */
static VariableRule
rule_of_routine(const Work *work, guint kind, guint at)
{
    const Dialect *dialect = work->sql->dialect;
    if (strcmp(dialect->name, "bigquery") == 0 && work_token(work, kind)->word == WORD_FUNCTION)
        return VARIABLES_CLASH;
    for (; work_token(work, at)->kind != TOKEN_SEMICOLON && work_token(work, at)->kind != TOKEN_END;
         at++) {
        const Token *next = work_token(work, at + 1);
        if (dialect->has_places && work_token(work, at)->word == WORD_AS &&
            next->kind == TOKEN_STRING)
            return is_script(work, next) ? dialect->variables : VARIABLES_CLASH;
        if (strcmp(dialect->name, "postgres") == 0 && work_is_text(work, at, "LANGUAGE") &&
            (work_is_text(work, at + 1, "sql") || work_is_text(work, at + 1, "'sql'")))
            return VARIABLES_YIELD;
    }
    return dialect->variables;
}

/* ---- the whole ---- */

/* FUNCTION f(a int) RETURNS TABLE (b text) AS, and what stands before BEGIN where no text is the body: its last token. */
static guint
read_routine(Walk *walk, guint kind)
{
    const Work *work = walk->work;
    const Dialect *dialect = work->sql->dialect;
    guint at = kind + 1;
    while (is_name(work_token(work, at)))
        at += work_token(work, at + 1)->kind == TOKEN_DOT ? 2 : 1;
    while (walk->open->len > 0)
        end_last(walk, kind);
    walk->depth = 0;
    walk->rule = rule_of_routine(work, kind, at);
    if (work_token(work, at)->kind == TOKEN_OPEN && work_token(work, at)->match > at) {
        read_parameters(walk, at, KNOWN_IN_ROUTINE, work_is_text(work, kind, "MACRO"));
        at = work_token(work, at)->match + 1;
    }
    bool gives_variables = strcmp(dialect->name, "postgres") == 0 || dialect->is_any;
    if (gives_variables && work_is_text(work, at, "RETURNS") &&
        work_is_text(work, at + 1, "TABLE") && work_token(work, at + 2)->kind == TOKEN_OPEN)
        read_parameters(walk, at + 2, KNOWN_IN_ROUTINE, false);
    for (guint i = at; dialect->is_any && !begins_block(work, i); i++) {
        const Token *token = work_token(work, i);
        if (token->kind == TOKEN_SEMICOLON || token->kind == TOKEN_END)
            break;
        if ((token->word == WORD_AS || token->word == WORD_IS) && token[1].kind == TOKEN_WORD)
            return read_declarations(walk, i + 1, KNOWN_IN_ROUTINE) - 1;
    }
    return at - 1;
}

/* `; FOR r IN`: a loop's variable. */
static bool
is_loop(const Work *work, guint at)
{
    static const char *const before[] = {";", "BEGIN", "THEN", "ELSE", "LOOP", "DO", ":", ">>"};
    if (work_token(work, at)->word != WORD_FOR || !is_name(work_token(work, at + 1)) ||
        work_token(work, at + 2)->word != WORD_IN)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
        if (at == 0 || work_is_text(work, at - 1, before[i]))
            return true;
    return false;
}

/* In these DECLARE stands before the block, in the others within it. */
static bool
declares_before_block(const Dialect *dialect)
{
    return dialect->has_dollar_quotes || dialect->is_any;
}

void
sql_variables(Work *work)
{
    const Dialect *dialect = work->sql->dialect;
    bool may = (work->sql->list->has_declarations || work->depth > 0) &&
               dialect->variables != VARIABLES_MARKED;
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(Open));
    Walk walk = {.work = work,
                 .open = open,
                 .rule = rule_in(work->text, may ? work->bytes : 0, dialect->variables)};
    for (guint i = 0; may && i + 1 < work->sql->tokens->len; i++) {
        guint kind = routine_at(work, i);
        if (kind > 0)
            i = read_routine(&walk, kind);
        else if (work_token(work, i)->word == WORD_DECLARE)
            i = read_declarations(&walk, i + 1,
                                  declares_before_block(dialect) ? KNOWN_IN_NEXT_BLOCK
                                                                 : KNOWN_HERE) -
                1;
        else if (is_loop(work, i))
            add(&walk, ++i, KNOWN_HERE);
        else
            follow_blocks(&walk, i);
    }
}

/* ---- asking ---- */

Variables *
variables_of_body(const Work *work, guint literal, const char *body, size_t bytes)
{
    Variables *known = variables_new();
    for (guint i = 0; i < work->variables->list->len; i++) {
        const Variable *variable = g_ptr_array_index(work->variables->list, i);
        if (literal >= variable->first && literal <= variable->last)
            variable_add(known, g_strdup(variable->name), 0, rule_in(body, bytes, variable->rule));
    }
    return known;
}

/* How many of the list, which is in the order of the text, begin before the token. */
static guint
count_before(const GPtrArray *list, guint token)
{
    guint low = 0, high = list->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (((const Variable *) g_ptr_array_index(list, middle))->first < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool
variable_ends(const Work *work, guint name, guint *ret_last)
{
    const GPtrArray *list = work->variables->list;
    guint place = count_before(list, name);
    const Variable *found = place < list->len ? g_ptr_array_index(list, place) : NULL;
    if (found == NULL || found->first != name)
        return false;
    *ret_last = found->last;
    return true;
}

/* The innermost one of that name at the token; or NULL. */
static const Variable *
find(const Variables *variables, guint token, const char *name)
{
    const GPtrArray *those =
        variables->called != NULL ? g_hash_table_lookup(variables->called, name) : NULL;
    guint count = those != NULL ? count_before(those, token + 1) : 0;
    const Variable *variable = count > 0 ? g_ptr_array_index(those, count - 1) : NULL;
    while (variable != NULL && token > variable->last)
        variable = variable->outer;
    return variable;
}

bool
is_variable_at(const Work *work, guint token, const char *name, VariableRule *ret_rule)
{
    if (!variables_are_there(work->variables) && work->parameters == NULL) /* of most texts */
        return false;
    g_autofree char *small = g_ascii_strdown(name, -1);
    const Variable *variable = find(work->variables, token, small);
    if (variable == NULL && work->parameters != NULL)
        variable = find(work->parameters, token, small);
    if (variable != NULL)
        *ret_rule = variable->rule;
    return variable != NULL;
}
