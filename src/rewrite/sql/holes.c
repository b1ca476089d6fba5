/*
 * holes.c - SQL in a program, into which the program puts text at run time.
 *
 * A value is harmless. A part of a name, a list of columns, a condition may name what changes: then a person decides.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static const Token *
at(const Work *work, guint index)
{
    return &g_array_index(work->sql->tokens, Token, MIN(index, work->sql->tokens->len - 1));
}

static bool
is_hole(const Work *work, guint index)
{
    const Token *token = at(work, index);
    if (token->kind == TOKEN_QUOTED)
        return memmem(work->text + token->begin, token->end - token->begin, "{{", 2) != NULL;
    return token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_PARAMETER;
}

static bool
touches(const Work *work, guint index)
{
    TokenKind kind = at(work, index + 1)->kind;
    return at(work, index)->end == at(work, index + 1)->begin && kind != TOKEN_COMMA &&
           kind != TOKEN_CLOSE && kind != TOKEN_SEMICOLON && kind != TOKEN_END &&
           at(work, index)->kind != TOKEN_OPEN && at(work, index)->kind != TOKEN_COMMA;
}

static bool
is_sign(const Work *work, guint index, const char *const *signs)
{
    const Token *token = at(work, index);
    for (size_t i = 0; signs[i] != NULL; i++)
        if (token->end - token->begin == strlen(signs[i]) &&
            g_ascii_strncasecmp(work->text + token->begin, signs[i], strlen(signs[i])) == 0)
            return true;
    return false;
}

static bool
is_comparison(const Work *work, guint index)
{
    static const char *const signs[] = {
        "=",     "<>",      "!=",    "<",      ">",        "<=",  ">=",    "==",   "LIKE",
        "ILIKE", "BETWEEN", "LIMIT", "OFFSET", "INTERVAL", "TOP", "FIRST", "NEXT", NULL};
    return is_sign(work, index, signs);
}

/* BETWEEN x AND here */
static bool
is_end_of_range(const Work *work, guint index)
{
    if (at(work, index)->word != WORD_AND)
        return false;
    for (guint back = 1; back <= 8 && back <= index; back++) {
        Word word = at(work, index - back)->word;
        if (word == WORD_BETWEEN)
            return true;
        if (word == WORD_AND || word == WORD_OR || word == WORD_WHERE)
            return false;
    }
    return false;
}

/* IN (…), VALUES (…), DATE(…): the list holds values. */
static bool
is_list_of_values(const Work *work, guint open)
{
    static const char *const names[] = {"IN",       "VALUES",       "DATE",       "TIMESTAMP",
                                        "DATETIME", "TIME",         "PARSE_DATE", "PARSE_TIMESTAMP",
                                        "TO_DATE",  "TO_TIMESTAMP", "CAST",       "SAFE_CAST",
                                        "ANY",      "SOME",         "ALL",        NULL};
    return open > 0 && at(work, open)->kind == TOKEN_OPEN && is_sign(work, open - 1, names);
}

/* VALUES %s, VALUES %s ON CONFLICT …: rows, as execute_values() of Psycopg puts them in. */
static bool
is_rows(const Work *work, guint index)
{
    static const char *const behind[] = {"ON", "RETURNING", NULL};
    TokenKind next = at(work, index + 1)->kind;
    return work_is_text(work, index - 1, "VALUES") &&
           (next == TOKEN_END || next == TOKEN_SEMICOLON || work_is_among(work, index + 1, behind));
}

/* A value as far as anybody would say: behind a comparison, or in a list of values. */
static bool
is_value(const Work *work, guint index)
{
    if (index == 0)
        return false;
    if (is_comparison(work, index - 1) || is_end_of_range(work, index - 1) ||
        at(work, index - 1)->word == WORD_IN || /* IN %s: the list with its brackets */
        is_rows(work, index))
        return true;
    guint first = index - 1;
    while (first > 0 && at(work, first)->kind == TOKEN_OPEN)
        first--;
    if (is_comparison(work, first)) /* day >= (%s - 5) */
        return true;
    first = index - 1;
    for (guint back = 0; back < 64 && first > 0 && at(work, first)->kind != TOKEN_OPEN; back++)
        if (at(work, first)->kind == TOKEN_COMMA || is_hole(work, first) ||
            at(work, first)->kind == TOKEN_STRING || at(work, first)->kind == TOKEN_NUMBER)
            first--;
        else
            return false;
    return is_list_of_values(work, first);
}

/* Parameters of the store, not of the program: always values. */
static bool
is_bound(const Work *work, guint index)
{
    const Token *token = at(work, index);
    char c = work->text[token->begin];
    bool is_numbered = c == '$' && (g_ascii_isdigit(work->text[token->begin + 1]) ||
                                    token->end - token->begin == strlen("$" HOLE));
    return token->kind == TOKEN_PARAMETER && (c == '?' || c == ':' || c == '@' || is_numbered) &&
           !(index > 0 && touches(work, index - 1) &&
             at(work, index - 1)->kind != TOKEN_OPERATOR) &&
           at(work, index + 1)->kind != TOKEN_DOT;
}

/* ---- names that are made of holes ---- */

/* What stands before the name at `at`, if it is told, is the part of the dataset's name that stands there. */
static bool
agrees_before(const char *text, size_t at, const char *part)
{
    size_t end = at;
    while (end > 0 && strchr("`\"[].", text[end - 1]) != NULL)
        end--;
    size_t begin = end;
    while (begin > 0 && (is_identifier_byte(text[begin - 1]) || text[begin - 1] == '-'))
        begin--;
    bool is_told = end < at && begin < end && (begin == 0 || text[begin - 1] != '}');
    return part == NULL || !is_told ||
           (strlen(part) == end - begin &&
            g_ascii_strncasecmp(part, text + begin, end - begin) == 0);
}

static bool
is_last_part(const Work *work, const char *text, size_t bytes)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            char **parts = ((const Spelling *) g_ptr_array_index(rename->spellings, s))->source;
            guint length = g_strv_length(parts);
            const char *last = parts[length - 1];
            size_t at = 0;
            if (find_word(text, bytes, last, &at) &&
                agrees_before(text, at, length > 1 ? parts[length - 2] : NULL))
                return true;
        }
    }
    return false;
}

/* The name in these tokens, from blank to blank. */
static void
check_made_name(Work *work, guint first, guint last)
{
    size_t begin = at(work, first)->begin, end = at(work, last)->end;
    if (!is_last_part(work, work->text + begin, end - begin))
        return;
    for (guint i = 0; i < work->out->sites->len; i++) { /* it may be the dataset after all */
        const Site *site = g_ptr_array_index(work->out->sites, i);
        if (site->begin >= end || begin >= site->end)
            continue;
        if (site->disposition != DISPOSITION_UNAFFECTED)
            return;
        g_ptr_array_remove_index(work->out->sites, i--);
    }
    site_refuse(work, SITE_TABLE, begin, end, "hole-in-name", NULL,
                "a part of this name is put in at run time: nobody knows which table it is");
}

/* The name around a hole, once for all the holes in it: behind `*checked` none was looked at. */
static void
check_name_around(Work *work, guint hole, guint *checked)
{
    guint first = hole, last = hole;
    if (hole < *checked)
        return;
    while (first > 0 && touches(work, first - 1))
        first--;
    while (last + 1 < work->sql->tokens->len - 1 && touches(work, last))
        last++;
    if (first == hole && last > hole && is_bound(work, hole))
        first++; /* :users::plan is a value, whatever it is called; $1::users is a row */
    check_made_name(work, first, last);
    *checked = last + 1;
}

/* ---- what may be named by a hole ---- */

static bool
changes_columns(Work *work, const SqlBlock *block)
{
    for (; block != NULL; block = block->parent)
        for (guint i = 0; i < block->sources->len; i++)
            if (source_changes(work, g_ptr_array_index(block->sources, i)))
                return true;
    return false;
}

static bool
is_source(const SqlBlock *block, guint index)
{
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        if (index >= source->first && index <= source->last &&
            (source->kind == SOURCE_TEMPLATE || source->kind == SOURCE_TABLE))
            return true;
    }
    return false;
}

/* $__timeFilter(created) of Grafana: a function, whose arguments are read as such. */
static bool
is_macro(const Work *work, guint index)
{
    const Token *token = at(work, index);
    return token->end - token->begin > 3 && memcmp(work->text + token->begin, "$__", 3) == 0 &&
           at(work, index + 1)->kind == TOKEN_OPEN && at(work, index + 1)->begin == token->end;
}

/* $__to, $__interval of Grafana: times and spans of the dashboard. */
static bool
is_time(const Work *work, guint index)
{
    static const char *const names[] = {
        "$__from",  "$__to",      "$__interval", "$__interval_ms", "$__interval_s",
        "$__range", "$__range_s", "$__range_ms", "$__timezone",    NULL};
    return is_sign(work, index, names);
}

/* -{x}(day): a function, of which the program says which one. */
static bool
is_function(const Work *work, guint index)
{
    const Token *before = at(work, index - (index > 0)), *behind = at(work, index + 1);
    return index > 0 && behind->kind == TOKEN_OPEN && behind->begin == at(work, index)->end &&
           (before->kind == TOKEN_OPERATOR || before->kind == TOKEN_OPEN ||
            before->kind == TOKEN_COMMA);
}

/* t.{x}: a column of another table than those of which columns change. */
static bool
is_of_other_table(Work *work, const SqlBlock *block, guint index)
{
    if (index < 2 || at(work, index - 1)->kind != TOKEN_DOT || !touches(work, index - 1) ||
        at(work, index - 2)->kind != TOKEN_WORD ||
        (index > 2 && at(work, index - 3)->kind == TOKEN_DOT))
        return false;
    const Token *name = at(work, index - 2);
    const SqlSource *source =
        source_called(block, work->text + name->begin, name->end - name->begin);
    return source != NULL && !source_changes(work, source);
}

static bool
is_mark(const Work *work, guint index)
{
    const Token *token = at(work, index);
    return token->kind == TOKEN_PARAMETER && token->end == token->begin + 1 &&
           work->text[token->begin] == '?';
}

/* tags ?? :tag: an operator of PostgreSQL, as JDBC writes it; `WHERE ?? = ?` of a driver for JavaScript is a name. */
static bool
is_doubled_mark(const Work *work, guint index)
{
    guint first = index - (index > 0 && is_mark(work, index - 1) && touches(work, index - 1));
    const Token *before = at(work, first - (first > 0)), *behind = at(work, first + 2);
    return first > 0 && is_mark(work, first) && is_mark(work, first + 1) && touches(work, first) &&
           ((before->kind == TOKEN_WORD && before->word == WORD_NONE) ||
            before->kind == TOKEN_QUOTED || before->kind == TOKEN_CLOSE) &&
           (behind->kind == TOKEN_STRING || behind->kind == TOKEN_PARAMETER);
}

static void
check_hole(Work *work, const SqlBlock *block, guint index, guint *checked)
{
    const Token *token = at(work, index);
    if (is_doubled_mark(work, index))
        return;
    bool is_behind =
        index > 0 && touches(work, index - 1) && at(work, index - 1)->kind != TOKEN_OPERATOR;
    bool is_glued = touches(work, index) || is_behind;
    bool is_cast = !is_behind && work_is_text(work, index + 1, "::"); /* {x}::date */
    if (is_glued || token->kind == TOKEN_QUOTED)
        check_name_around(work, index, checked);
    if (is_bound(work, index) || is_macro(work, index) || is_time(work, index) ||
        is_function(work, index) || ((!is_glued || is_cast) && is_value(work, index)) ||
        (block != NULL && is_source(block, index)) || is_of_other_table(work, block, index) ||
        !changes_columns(work, block))
        return;
    site_refuse(work, SITE_COLUMN, token->begin, token->end, "hole", NULL,
                "what is put in here at run time may name columns that change");
}

/* Behind ORDER BY and the like, which stand behind the block and name its columns, too. */
static guint
behind_query(const Work *work, const SqlBlock *block, GHashTable *firsts)
{
    guint index = block->last + 1;
    while (index + 1 < work->sql->tokens->len) {
        const Token *token = at(work, index);
        if (token->kind == TOKEN_CLOSE || token->kind == TOKEN_SEMICOLON ||
            g_hash_table_contains(firsts, GUINT_TO_POINTER(index)))
            break;
        index = token->kind == TOKEN_OPEN && token->match > index ? token->match + 1 : index + 1;
    }
    return index;
}

/* The innermost block of each token; blocks come before those within them. */
static const SqlBlock **
innermost(const Work *work)
{
    const SqlBlock **inner = g_new0(const SqlBlock *, work->sql->tokens->len);
    g_autoptr(GHashTable) firsts = g_hash_table_new(NULL, NULL);
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        g_hash_table_add(firsts, GUINT_TO_POINTER(block->first));
    }
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        guint behind = behind_query(work, block, firsts);
        for (guint i = block->first; i < behind && i < work->sql->tokens->len; i++)
            inner[i] = block;
    }
    return inner;
}

void
sql_holes(Work *work)
{
    g_autofree const SqlBlock **inner = innermost(work);
    guint checked = 0;
    for (guint i = 0; i + 1 < work->sql->tokens->len; i++)
        if (is_hole(work, i) &&
            !set_has(work->understood, GSIZE_TO_POINTER(at(work, i)->begin + 1)))
            check_hole(work, inner[i], i, &checked);
}
