/*
 * inner.c - SQL in a literal that SQL itself runs: EXECUTE IMMEDIATE '…', EXEC('…'), the body of a function in $$ … $$.
 *
 * It is a text of its own, rewritten like the string of a program: within its quotes, with its escapes.
 */
#include "base/text.h"
#include "rewrite/made.h"
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

/* From the head of a statement that makes a routine to its body, and from there to its end. */
#define ROUTINE_TOKENS_MAX 2000

/* ---- is it run? ---- */

/* What stands before the literal: `at` is the token before it. Each list is read backwards, NULL ends it; "*" is any one. */
static const struct {
    const char *before[5];
} runners[] = {
    {{"IMMEDIATE", "EXECUTE"}},
    {{"EXECUTE"}},
    {{"(", "EXEC"}},
    {{"(", "EXECUTE"}},
    {{"sp_executesql"}},
    {{"=", "@stmt", "sp_executesql"}},
    {{"=", "@statement", "sp_executesql"}},
    {{"FROM", "*", "PREPARE"}},
    {{"(", "UNLOAD"}},
};

static bool
is_run_by(const Work *work, guint literal, size_t runner)
{
    for (guint i = 0; runners[runner].before[i] != NULL; i++)
        if (literal < i + 1 || (runners[runner].before[i][0] != '*' &&
                                !work_is_text(work, literal - i - 1, runners[runner].before[i])))
            return false;
    return true;
}

/* format('…', x): its places are filled in with values and names. */
static bool
is_filled_in(const Work *work, guint literal)
{
    return literal > 2 && work_is_text(work, literal - 1, "(") &&
           work_is_text(work, literal - 2, "FORMAT");
}

/* EXECUTE format('…', x) */
static bool
is_formatted(const Work *work, guint literal)
{
    return is_filled_in(work, literal) && (work_is_text(work, literal - 3, "EXECUTE") ||
                                           work_is_text(work, literal - 3, "IMMEDIATE"));
}

/* The one value that is run, and not put together from parts. */
static bool
is_alone(const Work *work, guint literal)
{
    const Token *next = work_token(work, literal + 1);
    return next->kind != TOKEN_OPERATOR && next->kind != TOKEN_STRING && next->kind != TOKEN_DOT;
}

static bool
is_dollar_quoted(const Work *work, const Token *token)
{
    return work->text[token->begin] == '$';
}

/* Behind AS, DO, or DO LANGUAGE name: only there the statement around it is worth a look. */
static bool
may_be_body(const Work *work, guint literal)
{
    return literal > 0 &&
           (work_is_text(work, literal - 1, "AS") || work_is_text(work, literal - 1, "DO") ||
            (literal > 2 && work_is_text(work, literal - 2, "LANGUAGE") &&
             work_is_text(work, literal - 3, "DO")));
}

/* CREATE FUNCTION f() RETURNS int AS 'SELECT …', of Snowflake: SQL, unless another language is said. */
static bool
is_sql_unless_said(const Work *work)
{
    return work->dialect->has_places || work->dialect->is_any;
}

/* CREATE FUNCTION … AS $$ … $$ LANGUAGE sql, DO $$ … $$ */
static bool
is_body(const Work *work, guint literal)
{
    guint first = literal, last = literal;
    bool is_sql = is_sql_unless_said(work), is_routine = false;
    if (!may_be_body(work, literal))
        return false;
    while (first > 0 && literal - first < ROUTINE_TOKENS_MAX &&
           work_token(work, first - 1)->kind != TOKEN_SEMICOLON)
        first--;
    while (last - literal < ROUTINE_TOKENS_MAX && work_token(work, last)->kind != TOKEN_SEMICOLON &&
           work_token(work, last)->kind != TOKEN_END)
        last++;
    for (guint i = first; i < last; i++) {
        is_routine =
            is_routine || work_is_text(work, i, "FUNCTION") || work_is_text(work, i, "PROCEDURE");
        if (work_is_text(work, i, "LANGUAGE"))
            is_sql = work_is_text(work, i + 1, "sql") || work_is_text(work, i + 1, "plpgsql") ||
                     work_is_text(work, i + 1, "'plpgsql'") || work_is_text(work, i + 1, "'sql'");
    }
    bool is_do = work_is_text(work, first, "DO") &&
                 (is_sql || !work_is_text(work, first + 1, "LANGUAGE")); /* plpgsql unless said */
    return is_do || (is_sql && is_routine && work_is_text(work, literal - 1, "AS"));
}

static bool
is_run(Work *work, guint literal)
{
    if (!is_alone(work, literal))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(runners); i++)
        if (is_run_by(work, literal, i))
            return true;
    return is_formatted(work, literal) || is_body(work, literal) || sql_is_only_run(work, literal);
}

/* dblink('a server', '…'), OPENQUERY(server, '…'), EXTERNAL_QUERY('…', '…'), postgres_query(…): another database has that table. */
static bool
asks_another_server(const Work *work, guint function)
{
    static const char *const kinds[] = {"link",    "remote",     "external", "foreign",
                                        "openque", "openrowset", "_query"};
    const Token *name = work_token(work, function);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (text_find_folded(work->text + name->begin, name->end - name->begin, kinds[i]) != NULL)
            return true;
    return function > 0 && work_is_text(work, function, "query") &&
           work_token(work, function - 1)->kind == TOKEN_DOT; /* catalog.system.query(…) of Trino */
}

/* q := 'SELECT …', q := format('SELECT …', x) */
static bool
is_set(Work *work, guint literal)
{
    return is_alone(work, literal) &&
           sql_is_assigned(work, literal - 2 * is_filled_in(work, literal)) &&
           sql_may_follow_assigned(work);
}

/* f('SELECT …'), VALUES (1, $$ DELETE FROM … $$): what is a whole statement there is run some time. In x IN ('…') it is compared,
 * and more may be put to what concat('…', x) gives. */
static bool
may_be_statement(Work *work, guint literal)
{
    const Token *before = work_token(work, literal - (literal > 0));
    if (!is_alone(work, literal) || (before->kind != TOKEN_OPEN && before->kind != TOKEN_COMMA))
        return false;
    guint open = sql_row_of(work, literal);
    return open > 0 && work_token(work, open)->kind == TOKEN_OPEN &&
           work_token(work, open - 1)->word != WORD_IN && !asks_another_server(work, open - 1) &&
           (!sql_takes_values(work, open - 1) || sql_may_follow_assigned(work));
}

/* ---- what it says ---- */

/* Of a literal's bytes: what stands between its quotes. False when its escapes are of two kinds. */
static bool
find_inside(const Work *work, const Token *token, Piece *ret)
{
    const char *text = work->text;
    uint32_t begin = token->begin, end = token->end, width = 1;
    bool is_raw = false;
    if (is_dollar_quoted(work, token)) {
        const char *tag_end = memchr(text + begin + 1, '$', end - begin - 1);
        width = (uint32_t) (tag_end + 1 - (text + begin));
    } else {
        bool is_chosen = false; /* q'[…]' of Oracle */
        for (; text[begin] != '\'' && text[begin] != '"'; begin++) {
            is_raw = is_raw || (text[begin] | 0x20) == 'r';
            is_chosen = is_chosen || (text[begin] | 0x20) == 'q';
        }
        is_raw = is_raw || is_chosen;
        if (work->dialect->has_long_strings && end - begin >= 6 && text[begin + 1] == text[begin] &&
            text[begin + 2] == text[begin])
            width = 3;
        width += is_chosen;
    }
    *ret = (Piece){.kind = PIECE_LITERAL,
                   .begin = token->begin,
                   .end = end,
                   .inner_begin = begin + width,
                   .inner_end = end - width};
    ret->quoting = (Quoting){.quote = text[begin], .holes = HOLES_OFF, .is_long = width > 1};
    size_t inner = ret->inner_end - ret->inner_begin;
    const char doubled[] = {text[begin], text[begin], '\0'};
    bool has_backslash = work->dialect->has_backslash || (text[token->begin] | 0x20) == 'e';
    bool is_escaped = has_backslash && memchr(text + ret->inner_begin, '\\', inner) != NULL,
         is_doubled = width == 1 && memmem(text + ret->inner_begin, inner, doubled, 2) != NULL;
    if (is_dollar_quoted(work, token) || is_raw)
        return true;
    ret->quoting.escape = is_escaped ? ESCAPE_C : width == 1 ? ESCAPE_DOUBLED : ESCAPE_C;
    return !(is_escaped && is_doubled);
}

/* ---- literals that are put together ---- */

#define PARTS_MAX 200 /* of one statement; people write dozens */

/* CONCAT('…', x): the bracket */
static bool
opens_concat(const Work *work, guint open)
{
    return open > 1 && work_token(work, open)->kind == TOKEN_OPEN &&
           work_is_text(work, open - 1, "CONCAT") && work_token(work, open - 2)->kind != TOKEN_DOT;
}

guint
sql_text_of(const Work *work, guint operand)
{
    return operand > 1 && opens_concat(work, operand - 1) ? operand - 2 : operand;
}

bool
sql_is_joint(const Work *work, guint index)
{
    if (work_token(work, index)->kind == TOKEN_COMMA)
        return opens_concat(work, sql_row_of(work, index));
    return work_is_text(work, index, "||") ||
           (work->dialect->has_alias_first && work_is_text(work, index, "+"));
}

/* Before `at`: the first token of a value such as quote_literal(a.b)::text. */
static guint
operand_first(const Work *work, guint at)
{
    guint first = at;
    for (;;) {
        const Token *token = work_token(work, first);
        first = token->kind == TOKEN_CLOSE && token->match > 0 ? token->match : first;
        bool is_called = token->kind == TOKEN_CLOSE && first > 0 &&
                         work_token(work, first - 1)->kind == TOKEN_WORD;
        bool is_inner = first > 1 && (work_token(work, first - 1)->kind == TOKEN_DOT ||
                                      work_is_text(work, first - 1, "::"));
        if (!is_called && !is_inner)
            return first;
        first -= is_called ? 1 : 2;
    }
}

/* The literal that begins what this one is put together with; itself, if there is nothing before it. */
static guint
chain_first(const Work *work, guint literal)
{
    guint first = literal;
    for (int parts = 0; parts < PARTS_MAX && first > 1 && sql_is_joint(work, first - 1); parts++)
        first = operand_first(work, first - 2);
    return first;
}

/* SET @q = '…' EXEC (@q): in T-SQL nothing else says that a statement ends. */
static bool
begins_next(const Work *work, guint index)
{
    static const char *const words[] = {"SET",   "EXEC",   "EXECUTE", "IF",     "ELSE",   "PRINT",
                                        "BEGIN", "END",    "DECLARE", "RETURN", "SELECT", "WHILE",
                                        "GO",    "INSERT", "UPDATE",  "DELETE"};
    for (size_t i = 0; work->dialect->has_alias_first && i < G_N_ELEMENTS(words); i++)
        if (work_is_text(work, index, words[i]))
            return true;
    return false;
}

/* Behind the operand that begins here: at the next joint, or at the end of all. */
guint
sql_operand_end(const Work *work, guint at)
{
    for (guint steps = 0; steps < ROUTINE_TOKENS_MAX; steps++) {
        const Token *token = work_token(work, at);
        if (sql_is_joint(work, at) || begins_next(work, at) || token->kind == TOKEN_END ||
            token->kind == TOKEN_SEMICOLON || token->kind == TOKEN_CLOSE ||
            token->kind == TOKEN_COMMA || token->word == WORD_INTO || token->word == WORD_USING ||
            token->word == WORD_LOOP)
            return at;
        at = token->kind == TOKEN_OPEN && token->match > at ? token->match + 1 : at + 1;
    }
    return at;
}

/* What the parts say, with a hole for each that is no literal; also those that are appended later. False when one of them cannot be
 * read. */
static bool
read_chain(Work *work, const Unit *unit, guint first, bool runs, Text *text)
{
    guint at = first;
    for (int parts = 0; parts < PARTS_MAX; parts++) {
        const Token *token = work_token(work, at);
        guint end = sql_operand_end(work, at);
        Piece piece;
        if (end == at)
            return false;
        if (token->kind == TOKEN_STRING && end == at + 1) {
            if (!find_inside(work, token, &piece))
                return false;
            text_decode(text, unit->language, &piece, false, NULL);
        } else {
            text_put(text, token->begin, work_token(work, end - 1)->end, HOLE, strlen(HOLE));
        }
        guint behind = sql_is_joint(work, end) ? end + 1
                       : runs                  ? sql_appended_behind(work, first, end)
                                               : 0;
        if (behind == 0)
            return true;
        at = behind;
    }
    return false;
}

/* SQL in a text of SQL, as in a program. */
static Unit
unit_inside(Work *work, Text *file)
{
    return (Unit){.work = work,
                  .text = file,
                  .language = language_by_name("sqlx"),
                  .dialect = work->dialect,
                  .depth = work->depth};
}

/* Is all of the text what is run, which begins with this operand: nothing is put behind CONCAT(…)? */
static bool
chain_runs(Work *work, guint first)
{
    guint text = sql_text_of(work, first);
    if (text < first && !is_alone(work, work_token(work, first - 1)->match))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(runners); i++)
        if (is_run_by(work, text, i))
            return true;
    return sql_is_only_run(work, text);
}

/* EXECUTE 'SELECT … WHERE id = ' || x, q := 'SELECT … WHERE id = ' || x: as in a program, what is put in is harmless where a value stands. */
static bool
chain(Work *work, guint literal)
{
    guint first = chain_first(work, literal), begin = sql_appended_to(work, first);
    if (begin > 0 && sql_is_only_run(work, begin))
        first = begin;
    bool is_appended_to = sql_appended_behind(work, first, sql_operand_end(work, first)) > 0;
    if (work_token(work, first)->kind != TOKEN_STRING ||
        !(sql_is_joint(work, first + 1) || is_appended_to))
        return false;
    bool runs = chain_runs(work, first);
    bool is_assigned = !runs && sql_is_assigned(work, first) && sql_may_follow_assigned(work);
    if ((!runs && !is_assigned) || work->depth >= PROGRAM_DEPTH_MAX)
        return false;
    gsize key = (gsize) work_token(work, first)->begin + 1;
    if (set_has(work->understood, GSIZE_TO_POINTER(key)))
        return true;
    g_autoptr(Text) file = text_of_file(work->text, work->bytes);
    g_autoptr(Text) text = text_new(file);
    Unit unit = unit_inside(work, file);
    Use use = {.is_sql = true, .is_run = runs, .is_filled = true};
    if (!read_chain(work, &unit, first, runs, text) || !program_sql(&unit, &use, text))
        return false;
    set_add(&work->understood, GSIZE_TO_POINTER(key));
    return true;
}

/* UNLOAD ('SELECT a …') TO … PARTITION BY (a): what it gives is named behind it. */
static bool
is_named_behind(const Work *work, guint literal)
{
    for (guint i = literal + 1;
         work_token(work, i)->kind != TOKEN_END && work_token(work, i)->kind != TOKEN_SEMICOLON;
         i++)
        if (work_token(work, i)->word == WORD_PARTITION && work_token(work, i + 1)->word == WORD_BY)
            return true;
    return false;
}

/* The body of a routine: with what it gets, and the rows that it sees if triggers call it. Another text by itself. */
static bool
read_body(Work *work, Unit *unit, Use *use, guint literal, const Text *text)
{
    g_autoptr(Variables) parameters = variables_of_body(work, literal, text->bytes, text->count);
    const Renames *outer = work->renames;
    use->parameters = parameters;
    use->used = work->used != NULL ? work->used : work->used_around;
    use->rows = sql_rows_of_body(work, literal);
    if (use->rows == NULL)
        return program_sql(unit, use, text);
    g_autoptr(GPtrArray) tables = sql_row_tables_of_body(work, literal, use->rows);
    g_autoptr(Renames) renames = renames_with(outer, tables);
    work->renames = renames;
    bool is_sql = program_sql(unit, use, text);
    work->renames = outer;
    return is_sql;
}

bool
sql_inner(Work *work, guint literal)
{
    const Token *token = work_token(work, literal);
    bool runs = is_run(work, literal);
    Piece piece;
    if (chain(work, literal))
        return true;
    if (work->depth >= PROGRAM_DEPTH_MAX ||
        !(runs || may_be_statement(work, literal) || is_set(work, literal)) ||
        !find_inside(work, token, &piece))
        return false;
    g_autoptr(Text) file = text_of_file(work->text, work->bytes);
    g_autoptr(Text) text = text_new(file);
    Unit unit = unit_inside(work, file);
    Use use = {.is_sql = true, .is_run = runs, .is_filled = is_filled_in(work, literal)};
    if (use.is_filled)
        piece.quoting.holes = HOLES_FORMAT;
    text_decode(text, unit.language, &piece, false, NULL);
    bool is_of_routine = runs && is_body(work, literal);
    const RewriteOptions *outer = work->options;
    RewriteOptions options = *outer;
    options.propagates = outer->propagates && runs && !is_named_behind(work, literal) &&
                         !is_of_routine; /* who calls it is not known */
    work->options = &options;
    bool is_sql = is_of_routine ? read_body(work, &unit, &use, literal, text)
                                : program_sql(&unit, &use, text);
    work->options = outer;
    return is_sql;
}
