/*
 * other_kind.c - names that stand where SQL only has a thing that is no table: USE users, CREATE ROLE users, GRANT … TO users.
 *
 * Databases, schemas, people, procedures, indexes and constraints may be called like the dataset, and keep their names. What shares its
 * names with tables (types, sequences, views, synonyms) is not told apart.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* Of a list of people or columns, back to what stands before it. */
#define LISTED_TOKENS_MAX 512

/* The last token before the name, without IF NOT EXISTS. */
static guint
token_before(const Work *work, guint name)
{
    static const char *const between[] = {"IF", "NOT", "EXISTS", "CONCURRENTLY", NULL};
    guint at = name;
    while (at > 0 && work_is_among(work, --at, between))
        ;
    return at;
}

/* TO app, users: the word before the first of them. */
static guint
token_before_list(const Work *work, guint name, guint first)
{
    guint at = name;
    for (int steps = 0; steps < LISTED_TOKENS_MAX && at > first + 2; steps++) {
        if (work_token(work, at - 1)->kind != TOKEN_COMMA)
            break;
        at -= 2;
    }
    return at - (at > 0);
}

static const char *
kind_of_container(const Work *work, guint first, guint before)
{
    static const char *const verbs[] = {"CREATE", "DROP",   "ALTER", "USE",      "COMMENT",
                                        "GRANT",  "REVOKE", "DENY",  "TRUNCATE", NULL};
    static const char *const kinds[] = {"DATABASE",  "SCHEMA", "CATALOG", "TABLESPACE",
                                        "WAREHOUSE", "SERVER", NULL};
    if (before == first && work_is_text(work, first, "USE"))
        return "this is a database or schema";
    return work_is_among(work, first, verbs) && work_is_among(work, before, kinds)
               ? "this is a database or schema"
               : NULL;
}

static const char *
kind_of_people(const Work *work, guint first, guint before, guint before_list)
{
    static const char *const verbs[] = {"CREATE", "DROP", "ALTER", "SET", "COMMENT", NULL};
    static const char *const kinds[] = {"ROLE", "USER", "LOGIN", "GROUP", NULL};
    bool is_given =
        (work_is_text(work, first, "GRANT") && work_is_text(work, before_list, "TO")) ||
        (work_is_text(work, first, "DENY") && work_is_text(work, before_list, "TO")) ||
        (work_is_text(work, first, "REVOKE") &&
         (work_is_text(work, before_list, "FROM") || work_is_text(work, before_list, "TO")));
    bool owns =
        work_is_text(work, before, "AUTHORIZATION") ||
        (before > 0 && work_is_text(work, before, "TO") && work_is_text(work, before - 1, "OWNER"));
    bool is_made = before == first + 1 && work_is_among(work, first, verbs) &&
                   work_is_among(work, before, kinds);
    return is_given || owns || is_made ? "this is a user or role" : NULL;
}

static const char *
kind_of_part(const Work *work, guint first, guint before)
{
    static const char *const verbs[] = {"CREATE", "DROP", "ALTER", "COMMENT", "REINDEX", NULL};
    static const char *const channels[] = {"LISTEN", "UNLISTEN", "NOTIFY", NULL};
    if (before == first && work_is_among(work, first, channels))
        return "this is a channel";
    if (!work_is_among(work, first, verbs))
        return NULL;
    if (work_is_text(work, before, "INDEX"))
        return "this is an index";
    return work_is_text(work, before, "CONSTRAINT") ? "this is a constraint" : NULL;
}

/* CREATE PROCEDURE users(), CALL users(): no dialect has a table of the name where it has a procedure, or they are two things. */
static const char *
kind_of_routine(const Work *work, guint first, guint before)
{
    static const char *const verbs[] = {"CREATE", "DROP",   "ALTER", "COMMENT",
                                        "GRANT",  "REVOKE", "DENY",  NULL};
    static const char *const kinds[] = {"PROCEDURE", "PROC", NULL};
    bool is_called = before == first && work_is_text(work, first, "CALL"),
         is_said = work_is_among(work, first, verbs) && work_is_among(work, before, kinds);
    return is_called || is_said ? "this is a procedure" : NULL;
}

/* CREATE TYPE line AS OBJECT (users int): what the type is made of. */
static bool
is_attribute(const Work *work, guint first, guint name)
{
    guint type = first + 1;
    if (work_is_text(work, type, "OR"))
        type += 2;
    TokenKind before = work_token(work, name - 1)->kind, behind = work_token(work, name + 1)->kind;
    return work_is_text(work, first, "CREATE") && work_is_text(work, type, "TYPE") &&
           name > type + 1 && (before == TOKEN_OPEN || before == TOKEN_COMMA) &&
           behind == TOKEN_WORD;
}

/* CREATE FUNCTION f (users int), RETURNS TABLE (users int): with a type behind it; f (users) alone is the type itself. */
static bool
is_parameter(const Work *work, guint first, guint name)
{
    static const char *const routines[] = {"FUNCTION", "PROCEDURE", "PROC", NULL};
    static const char *const goes_on[] = {"DEFAULT", "AS", NULL};
    TokenKind before = work_token(work, name - 1)->kind;
    guint open = sql_row_of(work, name), called = open - (open > 0);
    if (!work_is_text(work, first, "CREATE") || open <= first + 2 ||
        (before != TOKEN_OPEN && before != TOKEN_COMMA) ||
        work_token(work, name + 1)->kind != TOKEN_WORD || work_is_among(work, name + 1, goes_on))
        return false;
    if (work_is_text(work, called, "TABLE"))
        return work_is_text(work, called - 1, "RETURNS");
    while (called > first + 2 && work_token(work, called - 1)->kind == TOKEN_DOT)
        called -= 2;
    return called > 0 && work_is_among(work, called - 1, routines);
}

/* CHECK (users > 0) of another table: no table can be named there. */
static bool
is_checked(const Work *work, guint first, guint name)
{
    if (!work_is_text(work, first, "CREATE") && !work_is_text(work, first, "ALTER"))
        return false;
    for (guint at = name, steps = 0; steps < LISTED_TOKENS_MAX && at > first + 1; steps++) {
        const Token *before = work_token(work, --at);
        if (before->word == WORD_SELECT)
            return false;
        if (before->kind == TOKEN_CLOSE && before->match > first && before->match < at)
            at = before->match;
        else if (before->kind == TOKEN_OPEN && work_is_text(work, at - 1, "CHECK"))
            return true;
    }
    return false;
}

const char *
sql_other_kind(const Work *work, const SqlPath *path)
{
    guint name = path->parts[0].token;
    const SqlStatement *statement = sql_statement_from(work->sql, name);
    if (statement == NULL || name > statement->last || name == statement->first)
        return NULL;
    guint before = token_before(work, name),
          before_list = token_before_list(work, name, statement->first);
    if (path->count > 1)
        return kind_of_routine(work, statement->first, before);
    const char *kind = kind_of_container(work, statement->first, before);
    if (kind == NULL)
        kind = kind_of_people(work, statement->first, before, before_list);
    if (kind == NULL)
        kind = kind_of_part(work, statement->first, before);
    if (kind == NULL)
        kind = kind_of_routine(work, statement->first, before);
    if (kind == NULL && is_attribute(work, statement->first, name))
        kind = "this is an attribute of a type";
    if (kind == NULL && is_parameter(work, statement->first, name))
        kind = "this is a parameter";
    if (kind == NULL && is_checked(work, statement->first, name))
        kind = "this is a column of another table";
    return kind;
}

bool
sql_is_enum_label(const Work *work, guint literal)
{
    guint open = sql_row_of(work, literal);
    return open > 2 && work_token(work, open)->kind == TOKEN_OPEN &&
           work_is_text(work, open - 1, "ENUM") && work_is_text(work, open - 2, "AS");
}
