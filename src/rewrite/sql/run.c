/*
 * run.c - variables of which nothing is done but that what they hold is run: SET @q = '…'; EXEC (@q), q := '…'; EXECUTE q.
 *
 * Also those that get it piece by piece: SET @q += '…', q := q || '…'. What is appended right behind, with nothing in between but a
 * condition, is one text with what was before; a piece that nobody follows makes the variable one that is used for more.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#define CONDITION_TOKENS_MAX 40 /* IF @plan IS NOT NULL SET @q += … */
#define PIECE_TOKENS_MAX 200    /* THEN q := q || … */
#define OPERANDS_MAX 50         /* of one piece */

/* ---- where it is set ---- */

/* '…', CONCAT('…', x) */
static bool
is_text_at(const Work *work, guint index)
{
    guint operand = index + (work_token(work, index)->kind == TOKEN_STRING ? 0 : 2);
    return work_token(work, operand)->kind == TOKEN_STRING &&
           (operand == index || sql_text_of(work, operand) == index);
}

/* q := …, behind what begins a statement, or DECLARE q text DEFAULT …, LET q := … */
static bool
is_named_there(const Work *work, guint index)
{
    return sql_begins_statement(work, index) || work_is_text(work, index - 1, "DECLARE") ||
           work_is_text(work, index - 1, "LET");
}

/* SET @q = '…', DECLARE @q nvarchar(max) = '…'; 0: none that is marked. */
static guint
marked_variable_of(const Work *work, guint value)
{
    for (guint back = 2; back <= VARIABLE_TOKENS_MAX && back < value; back++)
        if (work_token(work, value - back)->kind == TOKEN_PARAMETER) {
            bool is_set = back == 2 && work_is_text(work, value - 3, "SET");
            bool is_declared =
                work_is_text(work, value - back - 1, "DECLARE") ||
                (back > 2 && work_token(work, value - back - 1)->kind == TOKEN_COMMA);
            return is_set || is_declared ? value - back : 0;
        }
    return 0;
}

/* q := '…', LET q STRING := '…', q text DEFAULT '…': q; or 0. */
static guint
named_variable_of(const Work *work, guint value)
{
    for (guint back = 2; back <= VARIABLE_TOKENS_MAX && back < value; back++) {
        const Token *token = work_token(work, value - back);
        if (token->kind == TOKEN_SEMICOLON)
            return 0;
        if (token->kind == TOKEN_WORD && is_named_there(work, value - back))
            return value - back;
    }
    return 0;
}

guint
sql_variable_of(const Work *work, guint value)
{
    if (value < 3)
        return 0;
    if (work_is_text(work, value - 1, "="))
        return marked_variable_of(work, value);
    bool is_named = work_is_text(work, value - 1, ":=") || work_is_text(work, value - 1, "DEFAULT");
    return is_named ? named_variable_of(work, value) : 0;
}

/* ---- what is appended ---- */

static bool
is_same_token(const Work *work, guint one, guint other)
{
    const Token *a = work_token(work, one), *b = work_token(work, other);
    return a->end - a->begin == b->end - b->begin && a->kind == b->kind &&
           g_ascii_strncasecmp(work->text + a->begin, work->text + b->begin, a->end - a->begin) ==
               0;
}

/* @q += x, @q = @q + x, q := q || x, behind SET: the first token of x; or 0. */
static guint
operand_of_append(const Work *work, guint variable, guint at)
{
    if (!is_same_token(work, variable, at))
        return 0;
    /* `+=` is two signs */
    if (work_is_text(work, at + 1, "+=") ||
        (work_is_text(work, at + 1, "+") && work_is_text(work, at + 2, "=")))
        return at + (work_is_text(work, at + 1, "+=") ? 2 : 3);
    bool is_set = work_is_text(work, at + 1, "=") || work_is_text(work, at + 1, ":=");
    bool is_joined = work_is_text(work, at + 3, "||") ||
                     (work->dialect->has_alias_first && work_is_text(work, at + 3, "+"));
    return is_set && is_joined && is_same_token(work, variable, at + 2) ? at + 4 : 0;
}

/* What may be left out without another meaning of the names around it: a condition more, a key, a column. */
static bool
may_be_left_out(const Work *work, guint literal)
{
    static const char *const words[] = {"and", "or", "where", "order", "group", "having", "option"};
    const Token *token = work_token(work, literal);
    const char *at = work->text + token->begin, *end = work->text + token->end;
    while (at < end && *at != '\'')
        at++;
    for (at++; at < end && (g_ascii_isspace(*at) || *at == '\\');)
        at++;
    size_t bytes = 0;
    while (at + bytes < end && g_ascii_isalpha(at[bytes]))
        bytes++;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strlen(words[i]) == bytes && g_ascii_strncasecmp(at, words[i], bytes) == 0)
            return token->kind == TOKEN_STRING;
    return token->kind == TOKEN_STRING && at < end && *at == ',';
}

/* IF @plan IS NOT NULL, of T-SQL, and IF plan IS NOT NULL THEN: the statement behind it, without a block; or 0. */
static guint
behind_condition(const Work *work, guint at)
{
    bool has_then = !work->dialect->has_alias_first;
    if (!work_is_text(work, at, "IF"))
        return 0;
    for (guint i = at + 1; i < at + CONDITION_TOKENS_MAX; i++) {
        const Token *token = work_token(work, i);
        if (token->kind == TOKEN_END || token->kind == TOKEN_SEMICOLON ||
            token->word == WORD_BEGIN || token->word == WORD_SELECT)
            return 0;
        if (token->word == (has_then ? WORD_THEN : WORD_SET))
            return i + has_then;
    }
    return 0;
}

/* Does the condition have this piece alone, whose first operand that is: no ELSE, and in a block nothing else? */
static bool
is_alone_in_condition(const Work *work, guint operand)
{
    guint end = sql_operand_end(work, operand);
    if (work->dialect->has_alias_first) {
        end += work_token(work, end)->kind == TOKEN_SEMICOLON;
        return work_token(work, end)->word != WORD_ELSE;
    }
    for (int more = 0; more < OPERANDS_MAX && sql_is_joint(work, end); more++)
        end = sql_operand_end(work, end + 1);
    return work_token(work, end)->kind == TOKEN_SEMICOLON &&
           work_token(work, end + 1)->word == WORD_END && work_is_text(work, end + 2, "IF");
}

/* END IF behind such a piece, and not that of a condition which begins before `literal`: what stands behind it. */
static guint
behind_block(const Work *work, guint literal, guint at)
{
    if (work_token(work, at)->word != WORD_END || !work_is_text(work, at + 1, "IF"))
        return at;
    for (guint i = at - 1; i > literal && at - i < PIECE_TOKENS_MAX; i--) {
        const Token *token = work_token(work, i);
        if (token->word == WORD_THEN)
            return at + 2 + (work_token(work, at + 2)->kind == TOKEN_SEMICOLON);
        if (token->kind == TOKEN_SEMICOLON && i + 1 < at)
            return at;
    }
    return at;
}

/* Right behind `at`: the first token of what is appended to the variable, which stands at `*ret_set` and was set to `literal`;
 * or 0. */
static guint
append_behind(const Work *work, guint variable, guint literal, guint at, guint *ret_set)
{
    at += work_token(work, at)->kind == TOKEN_SEMICOLON;
    at = behind_block(work, literal, at);
    guint behind = behind_condition(work, at), set = behind > 0 ? behind : at;
    set += work_token(work, set)->word == WORD_SET;
    *ret_set = set;
    guint operand = operand_of_append(work, variable, set);
    bool is_followed =
        operand > 0 &&
        (behind == 0 || (may_be_left_out(work, operand) && is_alone_in_condition(work, operand)));
    return is_followed ? operand : 0;
}

/* The operand of each piece that is followed, and its variable, as they are set -> the literal that all begins with. */
static GHashTable *
find_appended(const Work *work)
{
    GHashTable *found = g_hash_table_new(NULL, NULL);
    for (guint i = 3; i < work->sql->tokens->len; i++) {
        guint variable = work_token(work, i)->kind == TOKEN_STRING ? sql_variable_of(work, i) : 0;
        guint at = i;
        while (variable > 0) {
            guint end = sql_operand_end(work, at), set = 0;
            bool is_joined = sql_is_joint(work, end);
            guint next = is_joined ? end + 1 : append_behind(work, variable, i, end, &set);
            if (next <= at)
                break;
            for (guint token = set; !is_joined && token <= next; token++)
                if (token == next || is_same_token(work, variable, token))
                    g_hash_table_insert(found, GUINT_TO_POINTER(token), GUINT_TO_POINTER(i));
            at = next;
        }
        i = MAX(i, at);
    }
    return found;
}

static guint
appended(Work *work, guint index)
{
    if (work->appended == NULL)
        work->appended = find_appended(work);
    return GPOINTER_TO_UINT(g_hash_table_lookup(work->appended, GUINT_TO_POINTER(index)));
}

guint
sql_appended_to(Work *work, guint operand)
{
    return appended(work, operand);
}

guint
sql_appended_behind(Work *work, guint literal, guint at)
{
    guint variable = sql_variable_of(work, literal), set = 0;
    return variable > 0 ? append_behind(work, variable, literal, at, &set) : 0;
}

/* ---- what is done with it ---- */

/* What is done with a variable in all of the text, as bits. */
enum { VARIABLE_IS_RUN = 1, VARIABLE_IS_USED = 2 };

/* EXEC (@q), sp_executesql @q, @stmt = @q, PREPARE p FROM @q, PRINT @q; or where it is declared, or set to a literal. */
static bool
is_run_or_set(const Work *work, guint variable)
{
    const Token *next = work_token(work, variable + 1);
    bool is_in_brackets = work_is_text(work, variable - 1, "(") && next->kind == TOKEN_CLOSE;
    if (is_in_brackets &&
        (work_is_text(work, variable - 2, "EXEC") || work_is_text(work, variable - 2, "EXECUTE")))
        return !work_is_text(work, variable + 2, "AT"); /* another server */
    if (work_is_text(work, variable - 1, "sp_executesql") ||
        work_is_text(work, variable - 1, "PRINT"))
        return next->kind != TOKEN_OPERATOR;
    if (work_is_text(work, variable - 1, "=") && variable > 2)
        return work_is_text(work, variable - 2, "@stmt") ||
               work_is_text(work, variable - 2, "@statement");
    if (work_is_text(work, variable - 1, "FROM") && variable > 3)
        return work_is_text(work, variable - 3, "PREPARE");
    if (work_is_text(work, variable - 1, "SET"))
        return work_is_text(work, variable + 1, "=") && is_text_at(work, variable + 2);
    bool is_declared = work_is_text(work, variable - 1, "DECLARE") ||
                       work_token(work, variable - 1)->kind == TOKEN_COMMA;
    return is_declared && next->kind == TOKEN_WORD && next->word != WORD_FROM;
}

/* EXECUTE q, EXECUTE IMMEDIATE :q */
static bool
is_run_by_name(const Work *work, guint variable)
{
    const Token *next = work_token(work, variable + 1);
    return (work_is_text(work, variable - 1, "IMMEDIATE") ||
            work_is_text(work, variable - 1, "EXECUTE")) &&
           next->kind != TOKEN_OPERATOR && next->kind != TOKEN_OPEN && next->kind != TOKEN_DOT;
}

static guint
what_is_done(const Work *work, guint variable)
{
    if (is_run_by_name(work, variable))
        return VARIABLE_IS_RUN;
    if (work_token(work, variable)->kind == TOKEN_WORD) {
        const Token *next = work_token(work, variable + 1);
        bool is_set = is_named_there(work, variable) &&
                      (next->kind == TOKEN_WORD ||
                       (work_is_text(work, variable + 1, ":=") && is_text_at(work, variable + 2)));
        return is_set ? 0 : VARIABLE_IS_USED;
    }
    if (!is_run_or_set(work, variable))
        return VARIABLE_IS_USED;
    bool is_set =
        work_is_text(work, variable - 1, "SET") || work_is_text(work, variable - 1, "DECLARE");
    return is_set ? 0 : VARIABLE_IS_RUN;
}

/* Its name in small letters, without the colon that Snowflake has; caller frees. */
static char *
variable_name(const Work *work, guint variable)
{
    const Token *token = work_token(work, variable);
    size_t skipped = work->text[token->begin] == ':';
    return g_ascii_strdown(work->text + token->begin + skipped,
                           (gssize) (token->end - token->begin - skipped));
}

/* Name -> these bits. The text is gone through once, however many variables it has. */
static GHashTable *
find_run(Work *work)
{
    GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    program_steps += work->sql->tokens->len;
    for (guint i = 2; i < work->sql->tokens->len; i++) {
        const Token *token = work_token(work, i);
        bool is_variable = token->kind == TOKEN_PARAMETER ||
                           (token->kind == TOKEN_WORD && !word_is_reserved(token->word));
        if (!is_variable || appended(work, i) > 0)
            continue;
        char *name = variable_name(work, i);
        guint before = GPOINTER_TO_UINT(g_hash_table_lookup(found, name));
        g_hash_table_insert(found, name, GUINT_TO_POINTER(before | what_is_done(work, i)));
    }
    return found;
}

bool
sql_is_only_run(Work *work, guint value)
{
    guint variable = sql_variable_of(work, value);
    if (variable == 0)
        return false;
    if (work->run == NULL)
        work->run = find_run(work);
    g_autofree char *name = variable_name(work, variable);
    return GPOINTER_TO_UINT(g_hash_table_lookup(work->run, name)) == VARIABLE_IS_RUN;
}
