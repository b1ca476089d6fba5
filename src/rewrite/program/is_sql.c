/*
 * is_sql.c - is a string of a program SQL, or does it only begin like it?
 *
 * `Select the rows from users` is English. A statement is one from its first word to its last: its brackets match, its
 * words stand where SQL has them, and it reads or writes a table. What is in doubt is none.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define WORDS_IN_A_ROW_MAX 3 /* a name, its alias, and a word that we do not know */

static const Token *
at(const Sql *sql, guint index)
{
    return &g_array_index(sql->tokens, Token, MIN(index, sql->tokens->len - 1));
}

static bool
is_text(const Sql *sql, guint index, const char *text)
{
    const Token *token = at(sql, index);
    return token->end - token->begin == strlen(text) &&
           g_ascii_strncasecmp(sql->list->text + token->begin, text, strlen(text)) == 0;
}

static bool
token_is_among(const Sql *sql, guint index, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (is_text(sql, index, words[i]))
            return true;
    return false;
}

/* ---- prose ---- */

static bool
is_word_of_prose(const Sql *sql, guint index)
{
    static const char *const words[] = {"the",  "your", "please", "these",  "those", "our",
                                        "must", "you",  "should", "cannot", "which", "their"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (is_text(sql, index, words[i]))
            return true;
    return false;
}

/* Words of definitions, rights and upkeep: many stand in a row without being prose. */
static bool
is_word_of_definition(const Sql *sql, guint index)
{
    static const char *const words[] = {
        "ADD",        "ALTER",      "CASCADE",    "CHECK",        "COLUMN",   "CONCURRENTLY",
        "CONSTRAINT", "DEFERRABLE", "DROP",       "ENABLE",       "DISABLE",  "EXISTS",
        "FOREIGN",    "GENERATED",  "GRANT",      "IDENTITY",     "INDEX",    "INITIALLY",
        "KEY",        "LEVEL",      "LOCATION",   "MATERIALIZED", "MODIFY",   "OWNER",
        "PARTITION",  "PRIMARY",    "PRIVILEGES", "REFERENCES",   "RENAME",   "RESTRICT",
        "RESTART",    "REVOKE",     "SECURITY",   "SEQUENCE",     "TABLE",    "TEMPORARY",
        "TRIGGER",    "OWNED",      "START",      "INCREMENT",    "TRUNCATE", "UNIQUE",
        "VALIDATE",   "VIEW",       NULL};
    return at(sql, index)->kind == TOKEN_WORD && token_is_among(sql, index, words);
}

static bool defines(const Sql *sql, guint first);

/* Each statement's first word says whether it defines something, or keeps it up. */
static bool
is_prose(const Sql *sql, guint first)
{
    guint row = 0, last = sql->tokens->len - 1;
    bool is_definition = defines(sql, first);
    for (guint i = 0; i < last; i++) {
        const Token *token = at(sql, i);
        if (token->kind == TOKEN_SEMICOLON)
            is_definition = defines(sql, i + 1);
        bool is_word = token->kind == TOKEN_WORD && token->word == WORD_NONE &&
                       !(is_definition && is_word_of_definition(sql, i));
        row = is_word ? row + 1 : 0;
        if (row > WORDS_IN_A_ROW_MAX || (is_word && is_word_of_prose(sql, i)))
            return true;
    }
    return last > 0 && at(sql, last - 1)->kind == TOKEN_DOT;
}

static bool
has_loose_brackets(const Sql *sql)
{
    for (guint i = 0; i < sql->tokens->len; i++) {
        const Token *token = at(sql, i);
        if (token->kind == TOKEN_OPEN && token->match <= i)
            return true;
        if (token->kind == TOKEN_CLOSE && (token->match >= i || at(sql, token->match)->match != i))
            return true;
    }
    return false;
}

/* ---- what may stand behind a table ---- */

static bool
may_follow_table(const Token *token)
{
    static const Word words[] = {
        WORD_WHERE,     WORD_GROUP,   WORD_ORDER,   WORD_HAVING,     WORD_LIMIT,
        WORD_JOIN,      WORD_LEFT,    WORD_RIGHT,   WORD_INNER,      WORD_FULL,
        WORD_OUTER,     WORD_CROSS,   WORD_NATURAL, WORD_UNION,      WORD_EXCEPT,
        WORD_INTERSECT, WORD_MINUS,   WORD_QUALIFY, WORD_WINDOW,     WORD_ON,
        WORD_USING,     WORD_SET,     WORD_WHEN,    WORD_VALUES,     WORD_SELECT,
        WORD_WITH,      WORD_PIVOT,   WORD_UNPIVOT, WORD_SAMPLE,     WORD_TABLESAMPLE,
        WORD_FOR,       WORD_AS,      WORD_LATERAL, WORD_FETCH,      WORD_OFFSET,
        WORD_RETURNING, WORD_SEMI,    WORD_ANTI,    WORD_ASOF,       WORD_GLOBAL,
        WORD_ANY,       WORD_CLUSTER, WORD_SORT,    WORD_DISTRIBUTE, WORD_FINAL,
        WORD_THEN,      WORD_ELSE,    WORD_END,     WORD_DO,         WORD_LOOP,
        WORD_BEGIN,     WORD_INTO,    WORD_DEFAULT, WORD_FROM,       WORD_PARTITION,
        WORD_CONFLICT};
    if (token->kind == TOKEN_QUOTED || token->kind == TOKEN_STRING || token->kind == TOKEN_NUMBER ||
        token->kind == TOKEN_DOT)
        return false;
    if (token->kind != TOKEN_WORD)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (token->word == words[i])
            return true;
    return false;
}

static bool
is_well_followed(const Sql *sql, const SqlSource *source)
{
    guint last = source->alias != NULL ? MAX(source->alias->token, source->last) : source->last;
    if (source->columns != NULL || source->kind == SOURCE_TEMPLATE || source->is_unread ||
        source->reshape != NULL)
        return true;
    bool is_format = is_text(sql, last + 1, "FORMAT") && /* of ClickHouse, at the end */
                     at(sql, last + 3)->kind == TOKEN_END;
    static const char *const hints[] = {"USE", "FORCE", "IGNORE", NULL}; /* INDEX (…) of MySQL */
    bool is_hint = token_is_among(sql, last + 1, hints) &&
                   (is_text(sql, last + 2, "INDEX") || is_text(sql, last + 2, "KEY"));
    return is_format || is_hint || may_follow_table(at(sql, last + 1));
}

static bool
has_odd_source(const Sql *sql)
{
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b);
        const SqlStatement *statement = block->statement;
        if (statement != NULL && statement->query == NULL && sql_is_upkeep(sql, statement->first))
            continue; /* its words have been looked at */
        for (guint i = 0; i < block->sources->len; i++)
            if (!is_well_followed(sql, g_ptr_array_index(block->sources, i)))
                return true;
    }
    return false;
}

/* ---- statements ---- */

static bool
reads_something(const SqlStatement *statement)
{
    for (guint b = 0; b < statement->blocks->len; b++)
        if (((const SqlBlock *) g_ptr_array_index(statement->blocks, b))->sources->len > 0)
            return true;
    return false;
}

/* One of the words within the next few. */
static bool
has_soon(const Sql *sql, guint from, const char *const *words)
{
    for (guint i = from; i < from + 8; i++)
        if (token_is_among(sql, i, words))
            return true;
    return false;
}

/* CREATE TABLE and the like. */
static bool
is_maker(const Sql *sql, guint first)
{
    static const char *const things[] = {"TABLE",   "VIEW",      "FUNCTION", "INDEX",
                                         "SCHEMA",  "PROCEDURE", "MODEL",    "DATABASE",
                                         "TRIGGER", "SEQUENCE",  NULL};
    static const char *const makers[] = {"CREATE", "DROP", "ALTER", "TRUNCATE", NULL};
    return token_is_among(sql, first, makers) && has_soon(sql, first + 1, things);
}

static bool
defines(const Sql *sql, guint first)
{
    return is_maker(sql, first) || sql_is_upkeep(sql, first);
}

static bool
is_known_start(const Sql *sql, const SqlStatement *statement, guint first)
{
    static const char *const into[] = {"INTO", "OVERWRITE", NULL}, *const set[] = {"SET", NULL},
                             *const using[] = {"USING", NULL};
    if (is_text(sql, first, "SELECT") || is_text(sql, first, "WITH"))
        return reads_something(statement);
    if ((is_text(sql, first, "COPY") && at(sql, first + 1)->kind == TOKEN_OPEN) ||
        (is_text(sql, first, "EXPORT") && is_text(sql, first + 1, "DATA")))
        return reads_something(statement);
    if (is_text(sql, first, "INSERT"))
        return has_soon(sql, first + 1, into) && statement->target != NULL;
    if (is_text(sql, first, "UPDATE"))
        return has_soon(sql, first + 1, set) && statement->target != NULL;
    if (is_text(sql, first, "DELETE"))
        return is_text(sql, first + 1, "FROM") && statement->target != NULL;
    if (is_text(sql, first, "MERGE"))
        return has_soon(sql, first + 1, using) || at(sql, first + 1)->word == WORD_INTO;
    return is_maker(sql, first) || sql_is_upkeep(sql, first);
}

/* The first word; what is put in before it, and brackets, do not count. */
static guint
first_word(const Sql *sql)
{
    guint first = 0;
    while (at(sql, first)->kind == TOKEN_TEMPLATE || at(sql, first)->kind == TOKEN_PARAMETER ||
           at(sql, first)->kind == TOKEN_OPEN || is_text(sql, first, "EXPLAIN"))
        first++;
    return first;
}

/* DECLARE, BEGIN, SET …; SELECT …: a script is one by what is in it, and so are commands of psql, `\\copy (SELECT …) TO …`. */
static bool
is_script(const Sql *sql, guint first)
{
    static const char *const starts[] = {"DECLARE", "BEGIN", "SET", "IF", "CALL", "USE", NULL};
    static const char *const others[] = {"EXTENSION", "TYPE", "DOMAIN", NULL}; /* no tables */
    bool is_psql = sql->list->text[strspn(sql->list->text, " \t\r\n")] == '\\', begins = is_psql;
    for (size_t i = 0; starts[i] != NULL; i++)
        begins = begins || is_text(sql, first, starts[i]);
    begins = begins || (is_text(sql, first, "CREATE") && has_soon(sql, first + 1, others));
    for (guint i = 0; begins && i < sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(sql->statements, i);
        if ((i > 0 || is_psql) && is_known_start(sql, statement, statement->first))
            return true;
    }
    return false;
}

bool
is_statement(const Sql *sql)
{
    guint first = first_word(sql);
    if (sql->is_broken || sql->statements->len == 0 || has_loose_brackets(sql) ||
        is_prose(sql, first) || has_odd_source(sql))
        return false;
    return is_known_start(sql, g_ptr_array_index(sql->statements, 0), first) ||
           is_script(sql, first);
}
