/*
 * parse_loose.c - statements that stand one after the other without `;` between them, as in T-SQL.
 *
 * A statement begins at a verb that does not go on with the statement before it. Where only the look of a text says that
 * it may be written so, the verb must be the first word of its line, too.
 */
#include "sql/parse.h"

#include <string.h>

typedef struct {
    uint32_t first; /* token */
    Word verb;      /* of what goes on: the first one, then the one behind WITH */
    bool has_query; /* INSERT: its SELECT, VALUES or EXEC has come; WITH: its verb has */
    bool has_set;   /* UPDATE: its SET has */
    int case_depth;
} Loose;

static bool
is_among(const Parser *parser, uint32_t index, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (is_text(parser, index, words[i]))
            return true;
    return false;
}

static bool
is_first_of_line(const Parser *parser, uint32_t index)
{
    if (index == 0)
        return true;
    uint32_t before = peek(parser, index - 1)->end;
    return memchr(parser->sql->list->text + before, '\n', peek(parser, index)->begin - before) !=
           NULL;
}

static bool
awaits_query(const Loose *loose)
{
    return !loose->has_query &&
           (loose->verb == WORD_INSERT || loose->verb == WORD_WITH || loose->verb == WORD_REPLACE);
}

/* SELECT goes on with UNION, INSERT INTO t, CREATE VIEW v AS, a cursor FOR, WITH … */
static bool
goes_on_with_query(const Parser *parser, Loose *loose, uint32_t at)
{
    static const char *const before[] = {"UNION", "ALL", "EXCEPT", "INTERSECT", "MINUS",  "AS",
                                         "FOR",   "DO",  "GRANT",  "DENY",      "REVOKE", NULL};
    bool is_its_own = awaits_query(loose);
    loose->has_query = true;
    return is_its_own || peek(parser, at - 1)->kind == TOKEN_COMMA ||
           is_among(parser, at - 1, before);
}

/* CREATE OR ALTER PROCEDURE p … AS: what follows is a statement of its own. */
static bool
makes_routine(const Parser *parser, uint32_t first)
{
    static const char *const kinds[] = {"PROC", "PROCEDURE", "FUNCTION", "TRIGGER", NULL};
    bool may_alter = is_text(parser, first + 1, "OR");
    return is_among(parser, first + (may_alter ? 3 : 1), kinds);
}

/* CREATE VIEW v AS WITH c AS (…), whose verb comes behind it */
static bool
goes_on_with_commons(const Parser *parser, Loose *loose, uint32_t at)
{
    if (makes_routine(parser, loose->first) || !goes_on_with_query(parser, loose, at))
        return false;
    loose->verb = WORD_WITH;
    loose->has_query = false;
    return true;
}

static bool
goes_on_with_change(const Parser *parser, Loose *loose, uint32_t at)
{
    static const char *const before[] = {"AFTER",  "FOR",  "OF",     "ON", "THEN", "GRANT",
                                         "BEFORE", "DENY", "REVOKE", "DO", "KEY",  NULL};
    bool is_its_own = loose->verb == WORD_WITH && !loose->has_query;
    bool is_setting = peek(parser, loose->first)->word == WORD_SET; /* SET NOCOUNT ON UPDATE … */
    if (is_its_own) /* INSERT awaits its own query */
        loose->verb = peek(parser, at)->word;
    return is_its_own || is_open(parser, at + 1) || peek(parser, at - 1)->kind == TOKEN_COMMA ||
           (!is_setting && is_among(parser, at - 1, before));
}

static bool
goes_on_with_set(const Parser *parser, Loose *loose, uint32_t at)
{
    Word before = peek(parser, at - 1)->word;
    /* INSERT INTO t SET a = 1 */
    bool is_its_own = !loose->has_set && (loose->verb == WORD_UPDATE ||
                                          (awaits_query(loose) && loose->verb != WORD_WITH));
    if (is_text(parser, at + 1, "IDENTITY_INSERT"))
        return false;
    loose->has_set = true;
    return is_its_own || before == WORD_DELETE || before == WORD_UPDATE ||
           is_text(parser, loose->first, "ALTER");
}

/* DROP TABLE IF EXISTS */
static bool
goes_on_with_if(const Parser *parser, uint32_t at)
{
    static const char *const before[] = {"TABLE",   "VIEW",   "PROC",   "PROCEDURE",  "FUNCTION",
                                         "INDEX",   "SCHEMA", "COLUMN", "CONSTRAINT", "TRIGGER",
                                         "TYPE",    "ROLE",   "USER",   "DATABASE",   "SEQUENCE",
                                         "SYNONYM", NULL};
    return is_among(parser, at - 1, before);
}

/* IF OBJECT_ID('t') IS NOT NULL DROP TABLE t, in one line */
static bool
is_conditional(const Parser *parser, const Loose *loose, uint32_t at)
{
    static const char *const verbs[] = {"DROP", "TRUNCATE", NULL};
    static const char *const kinds[] = {"TABLE", "VIEW", NULL};
    Word first = peek(parser, loose->first)->word;
    return (first == WORD_IF || first == WORD_ELSE || first == WORD_BEGIN) &&
           is_among(parser, at, verbs) && is_among(parser, at + 1, kinds);
}

/* Verbs that are names elsewhere: only at the beginning of a line. */
static bool
starts_other(const Parser *parser, Loose *loose, uint32_t at)
{
    static const char *const verbs[] = {
        "EXEC",     "EXECUTE", "PRINT", "RETURN", "GO",       "USE",       "OPEN",       "CLOSE",
        "TRUNCATE", "DROP",    "ALTER", "THROW",  "COMMIT",   "GRANT",     "DENY",       "REVOKE",
        "WAITFOR",  "BREAK",   "DBCC",  "BACKUP", "ROLLBACK", "RAISERROR", "DEALLOCATE", NULL};
    static const char *const things[] = {"TABLE",   "VIEW",  "PROCEDURE", "PROC",     "FUNCTION",
                                         "TRIGGER", "INDEX", "SCHEMA",    "DATABASE", NULL};
    static const char *const switches[] = {"ENABLE", "DISABLE",
                                           NULL}; /* of triggers; ALTER TABLE has them, too */
    bool is_switch = is_among(parser, at, switches) && is_text(parser, at + 1, "TRIGGER") &&
                     !is_text(parser, loose->first, "ALTER");
    bool is_part = is_text(parser, loose->first, "ALTER") &&
                   (is_text(parser, at, "DROP") || is_text(parser, at, "ALTER")) &&
                   !is_among(parser, at + 1, things);
    bool is_rows = loose->verb == WORD_INSERT && !loose->has_query;
    if (is_rows && (is_text(parser, at, "EXEC") || is_text(parser, at, "EXECUTE")))
        loose->has_query = true;
    return (is_first_of_line(parser, at) && !is_part && !is_rows &&
            (is_switch || is_among(parser, at, verbs))) ||
           is_conditional(parser, loose, at);
}

bool
is_making_option(const Parser *parser, uint32_t at)
{
    static const char *const options[] = {"SCHEMABINDING", "ENCRYPTION", "VIEW_METADATA",
                                          "RECOMPILE",     "EXECUTE",    "NATIVE_COMPILATION",
                                          "INLINE",        "RETURNS",    NULL};
    return is_word(parser, at, WORD_WITH) && is_among(parser, at + 1, options) &&
           !is_open(parser, at + 3); /* a table of WITH: inline AS (…) */
}

/* WITH c AS (…), and not WITH (NOLOCK) */
static bool
starts_commons(const Parser *parser, uint32_t at)
{
    return parser->sql->dialect->has_alias_first && is_name(parser, at + 1) &&
           !is_making_option(parser, at) &&
           (is_word(parser, at + 2, WORD_AS) || is_open(parser, at + 2));
}

static bool
starts_statement(const Parser *parser, Loose *loose, uint32_t at)
{
    switch (peek(parser, at)->word) {
    case WORD_SELECT:
        return !goes_on_with_query(parser, loose, at);
    case WORD_WITH:
        return starts_commons(parser, at) && !goes_on_with_commons(parser, loose, at);
    case WORD_VALUES:
        loose->has_query = true;
        return false;
    case WORD_INSERT:
    case WORD_UPDATE:
    case WORD_DELETE:
    case WORD_MERGE:
        return !goes_on_with_change(parser, loose, at);
    case WORD_SET:
        return !goes_on_with_set(parser, loose, at);
    case WORD_CASE:
        loose->case_depth++;
        return false;
    case WORD_END:
        return loose->case_depth == 0 || loose->case_depth-- < 0;
    case WORD_IF:
        return !goes_on_with_if(parser, at);
    case WORD_DECLARE:
    case WORD_WHILE:
    case WORD_BEGIN:
    case WORD_ELSE:
    case WORD_CREATE:
        return loose->case_depth == 0;
    default:
        return starts_other(parser, loose, at);
    }
}

#define MAKING_WORDS_MAX 4 /* CREATE OR REPLACE TEMPORARY TABLE */

bool
makes_table(const Parser *parser, uint32_t at)
{
    if (!is_word(parser, at, WORD_CREATE) && !is_text(parser, at, "DROP"))
        return false;
    for (uint32_t i = at + 1; i <= at + MAKING_WORDS_MAX; i++)
        if (is_word(parser, i, WORD_TABLE))
            return true;
        else if (peek(parser, i)->kind != TOKEN_WORD)
            return false;
    return false;
}

bool
starts_next_table(const Parser *parser, uint32_t at)
{
    return is_word(parser, at, WORD_CREATE) && at > parser->pos && is_first_of_line(parser, at) &&
           makes_table(parser, at) && makes_table(parser, parser->pos);
}

/* Words that stand between two queries, or before one that belongs to what is before it. */
static bool
awaits_more(const Parser *parser, uint32_t at)
{
    static const char *const words[] = {"DISTINCT", "NAME",   "CORRESPONDING", "DO",      "LOOP",
                                        "BEGIN",    "GO",     "RETURN",        "MINUS",   "GRANT",
                                        "DENY",     "REVOKE", "STRICT",        "EXPLAIN", NULL};
    const Token *token = peek(parser, at);
    return token->word == WORD_DESC || token->word == WORD_ASC || token->word == WORD_NULL
               ? false
               : word_is_reserved(token->word) || is_among(parser, at, words);
}

/* SELECT a … UNION FROM t SELECT a, at the second SELECT: it goes on from that FROM. */
static bool
goes_on_from(const Parser *parser, uint32_t at)
{
    while (parser->sql->dialect->has_from_first && at-- > parser->pos + 1) {
        const Token *token = peek(parser, at);
        if (token->kind == TOKEN_CLOSE && token->match > 0)
            at = token->match;
        else if (token->word == WORD_SELECT)
            return false;
        else if (token->word == WORD_FROM &&
                 (token[-1].word == WORD_UNION || token[-1].word == WORD_EXCEPT ||
                  token[-1].word == WORD_INTERSECT || token[-1].word == WORD_ALL ||
                  token[-1].word == WORD_DISTINCT || is_text(parser, at - 1, "NAME")))
            return true;
    }
    return false;
}

/* WITH c AS (…), WITH c (a, b) AS (…); not WITH OFFSET AS o. */
static bool
starts_with_commons(const Parser *parser, uint32_t at)
{
    if (!is_word(parser, at, WORD_WITH))
        return false;
    uint32_t name = is_text(parser, at + 1, "RECURSIVE") ? at + 2 : at + 1, as = name + 1;
    if (is_name(parser, name) && is_open(parser, as) && peek(parser, as)->match > as)
        as = peek(parser, as)->match + 1;
    return is_name(parser, name) && is_word(parser, as, WORD_AS) && is_open(parser, as + 1);
}

/* Statements that no query has within it. */
static bool
changes_next(const Parser *parser, uint32_t at)
{
    static const char *const made[] = {"TABLE", "VIEW", "OR", "TEMP", "TEMPORARY", NULL};
    Word word = peek(parser, at)->word;
    return ((word == WORD_INSERT || word == WORD_MERGE) && is_text(parser, at + 1, "INTO")) ||
           (word == WORD_DELETE && is_word(parser, at + 1, WORD_FROM)) ||
           (word == WORD_CREATE && is_among(parser, at + 1, made)) ||
           (is_text(parser, at, "DROP") && is_among(parser, at + 1, made));
}

bool
starts_next_query(const Parser *parser, uint32_t at)
{
    bool may_start = is_word(parser, at, WORD_SELECT) || starts_with_commons(parser, at) ||
                     changes_next(parser, at);
    if (!may_start || at <= parser->pos || !is_first_of_line(parser, at) ||
        goes_on_from(parser, at))
        return false;
    const Token *before = peek(parser, at - 1), *token = peek(parser, at);
    const char *text = parser->sql->list->text;
    size_t bytes = token->begin - before->end;
    bool is_whole = before->kind == TOKEN_CLOSE || before->kind == TOKEN_NUMBER ||
                    before->kind == TOKEN_STRING || before->kind == TOKEN_QUOTED ||
                    (before->kind == TOKEN_WORD && !awaits_more(parser, at - 1));
    return is_whole && memmem(text + before->end, bytes, "{%", 2) == NULL;
}

/* Queries and changes; what else there is may hold anything. */
static bool
is_plain_verb(Word word)
{
    return word == WORD_SELECT || word == WORD_INSERT || word == WORD_UPDATE || word == WORD_DELETE;
}

bool
is_loose(const Parser *parser)
{
    const Dialect *dialect = parser->sql->dialect;
    return dialect->has_loose_statements &&
           (dialect->has_alias_first || is_plain_verb(peek(parser, parser->pos)->word));
}

uint32_t
loose_end(const Parser *parser, uint32_t end)
{
    Loose loose = {.first = parser->pos, .verb = peek(parser, parser->pos)->word};
    bool is_sure = parser->sql->dialect->has_alias_first; /* T-SQL itself */
    uint32_t at = parser->pos;
    if (is_text(parser, at, "GO") && is_sure)
        return MIN(at + 1, end);
    while (at < end && peek(parser, at)->kind != TOKEN_SEMICOLON) {
        bool is_looked_at = at > loose.first && peek(parser, at)->kind == TOKEN_WORD &&
                            peek(parser, at - 1)->kind != TOKEN_DOT && loose.verb != WORD_MERGE;
        bool may_start =
            is_sure || (is_first_of_line(parser, at) && is_plain_verb(peek(parser, at)->word));
        if ((is_looked_at && starts_statement(parser, &loose, at) && may_start) ||
            starts_next_table(parser, at))
            break;
        at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, end) + 1 : at + 1;
    }
    return MIN(at, end);
}
