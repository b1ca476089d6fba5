/*
 * upkeep.c - statements that ask for no rows: definitions, rights, comments, copies, statistics, locks.
 *
 * `Grant access to users` is English, and so is `Show orders`. A statement is one by the words that must follow each other in
 * it; where these are few, by capitals, or by a name that is no ordinary word.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define SKIPPED_MAX                                                                                \
    100 /* tokens: rights to a few columns; what is asked for each part of a statement must not read all of it */

/* Words that follow each other; one of several is separated by `|`. `@` is a name, `*` whatever comes, `(` a bracket up to its
 * end, `$` a text or what is put in. `%` is the end, a bracket, a comma, or a word that goes on.
 * What stands behind the last one does not matter. `!` at the beginning: only in capitals, or
 * of a name that is no ordinary word. */
/* clang-format off */
#define CHANGES "ADD|ALTER|ATTACH|CHANGE|CLUSTER|COMMENT|CONVERT|DETACH|DISABLE|DROP|ENABLE|EXCHANGE|FORCE|INHERIT|MODIFY|NO|OWNER|" \
    "PARTITION|RECOVER|RENAME|REPLACE|REPLICA|RESET|SET|SWAP|SWITCH|UNSET|VALIDATE"
static const char *const forms[] = {
    "GRANT SELECT|INSERT|UPDATE|DELETE|TRUNCATE|REFERENCES|TRIGGER|ALL|OWNERSHIP * ON * TO",
    "REVOKE SELECT|INSERT|UPDATE|DELETE|TRUNCATE|REFERENCES|TRIGGER|ALL|OWNERSHIP * ON * FROM",
    "COMMENT ON TABLE|COLUMN|VIEW|MATERIALIZED * IS $|NULL",
    "COPY @ FROM|TO STDIN|STDOUT|PROGRAM|$", "COPY @ ( FROM|TO STDIN|STDOUT|PROGRAM|$", "COPY INTO @ FROM", "COPY INTO @ ( FROM",
    "ALTER TABLE @ " CHANGES, "ALTER TABLE ONLY|EXISTS @ " CHANGES, "ALTER TABLE IF EXISTS @ " CHANGES, "ALTER TABLE IF EXISTS ONLY @ " CHANGES,
    "ALTER VIEW @ " CHANGES, "ALTER MATERIALIZED VIEW @ " CHANGES, "DROP TABLE|VIEW @ CASCADE|RESTRICT|PURGE",
    "DROP * EXISTS @ CASCADE|RESTRICT|PURGE", "CREATE * TABLE @ (", "CREATE * EXISTS @ (", "CREATE * TRIGGER @ * ON @ * EXECUTE",
    "TRUNCATE TABLE|ONLY @ CASCADE|RESTRICT|RESTART|CONTINUE", "TRUNCATE @ CASCADE|RESTRICT|RESTART|CONTINUE", "LOAD DATA * INTO TABLE @", "UNLOAD (", "REPLACE INTO @ (", "DECLARE @ CURSOR FOR SELECT|WITH", "SET IDENTITY_INSERT @ ON|OFF",
    "REFRESH MATERIALIZED VIEW @", "REFRESH MATERIALIZED VIEW CONCURRENTLY @", "MSCK REPAIR TABLE @", "CLUSTER @ USING @",
    "LOCK TABLE @ IN", "LOCK TABLES @ * READ|WRITE", "SHOW CREATE TABLE @", "!REFRESH TABLE @ %", "!CACHE|UNCACHE|LOCK|PURGE TABLE @ %", "!CACHE LAZY TABLE @ %",
    "UNCACHE TABLE IF EXISTS @", "RENAME TABLE @ TO @", "!LOCK @ IN", "!ANALYZE TABLE|VERBOSE @ %", "!VACUUM FULL|ANALYZE|VERBOSE @ %",
    "!TRUNCATE|ANALYZE|VACUUM|OPTIMIZE|DESCRIBE|DESC @ %", "!DESCRIBE|DESC TABLE|EXTENDED|FORMATTED @ %",
    "!SHOW PARTITIONS|TBLPROPERTIES @ %", "!SHOW COLUMNS IN|FROM @ %", "INVALIDATE METADATA @", "COMPUTE STATS @",
    "COMPUTE INCREMENTAL STATS @", "PRAGMA TABLE_INFO|TABLE_XINFO|INDEX_LIST|FOREIGN_KEY_LIST (",
};
/* clang-format on */

static const Token *
at(const Sql *sql, guint index)
{
    return &g_array_index(sql->tokens, Token, MIN(index, sql->tokens->len - 1));
}

static bool
is_end(const Sql *sql, guint index)
{
    return index >= sql->tokens->len - 1 || at(sql, index)->kind == TOKEN_SEMICOLON;
}

/* A word of a form, or several with `|` between them: they are read where they stand, since most strings match none. */
typedef struct {
    const char *text;
    size_t bytes;
} Step;

/* From `at` on, up to one of these signs, or the end. */
static Step
step_at(const char *at, const char *ends)
{
    return (Step){at, strcspn(at, ends)};
}

/* Is the token one of `one|two|three`? */
static bool
is_one_of(const Sql *sql, guint index, Step words)
{
    const Token *token = at(sql, index);
    const char *text = sql->list->text + token->begin, *end = words.text + words.bytes;
    bool is_value = token->kind == TOKEN_STRING || token->kind == TOKEN_PARAMETER ||
                    token->kind == TOKEN_TEMPLATE;
    for (const char *word = words.text; word < end;) {
        Step one = step_at(word, "| ");
        if ((word[0] == '$' && is_value) || (token->end - token->begin == one.bytes &&
                                             g_ascii_strncasecmp(text, word, one.bytes) == 0))
            return true;
        word += one.bytes + 1;
    }
    return false;
}

static bool
is_part_of_name(const Token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED ||
           token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_PARAMETER;
}

/* Behind the name that begins there, or `index`. */
static guint
name_end(const Sql *sql, guint index)
{
    guint end = index;
    while (!is_end(sql, end) && is_part_of_name(at(sql, end))) {
        end++;
        bool touches = at(sql, end)->begin == at(sql, end - 1)->end;
        if (at(sql, end)->kind == TOKEN_DOT)
            end++;
        else if (!touches || !is_part_of_name(at(sql, end)))
            break;
    }
    return end;
}

/* ANALYZE users COMPUTE STATISTICS, TRUNCATE users, songs; not `ANALYZE users now and then`. */
static bool
goes_on(const Sql *sql, guint index)
{
    return is_end(sql, index) || at(sql, index)->kind == TOKEN_OPEN ||
           at(sql, index)->kind == TOKEN_COMMA ||
           is_one_of(
               sql, index,
               step_at(
                   "AS|CASCADE|COMPUTE|CONTINUE|FINAL|FROM|IN|OPTIONS|PARTITION|RESTART|RESTRICT|"
                   "RETAIN|WHERE|ZORDER",
                   " "));
}

/* Behind what matches the step; 0: nothing does. */
static guint
behind_step(const Sql *sql, guint index, Step step)
{
    if (step.text[0] == '%')
        return goes_on(sql, index) ? index : 0;
    if (is_end(sql, index))
        return 0;
    if (step.text[0] == '@')
        return name_end(sql, index) > index ? name_end(sql, index) : 0;
    if (step.text[0] == '(')
        return at(sql, index)->kind == TOKEN_OPEN && at(sql, index)->match > index
                   ? at(sql, index)->match + 1
                   : 0;
    return is_one_of(sql, index, step) ? index + 1 : 0;
}

static bool
matches(const Sql *sql, guint first, const char *form)
{
    guint index = first;
    for (const char *rest = form; *rest != '\0';) {
        bool skips = *rest == '*';
        Step step = step_at(rest + (skips ? strlen("* ") : 0), " ");
        guint behind = behind_step(sql, index, step);
        for (int skipped = 0; skips && behind == 0 && skipped < SKIPPED_MAX && !is_end(sql, index);
             skipped++)
            behind = behind_step(sql, ++index, step);
        if (behind == 0)
            return false;
        index = behind;
        rest = step.text + step.bytes;
        rest += *rest == ' ';
    }
    return true;
}

/* In capitals, or about a name with a dot, a digit or a line below: no label of a button. */
static bool
is_plainly_sql(const Sql *sql, guint first)
{
    const char *text = sql->list->text;
    const Token *word = at(sql, first);
    bool is_capital = true;
    for (uint32_t i = word->begin; i < word->end; i++)
        is_capital = is_capital && g_ascii_isupper(text[i]);
    for (guint i = first + 1; !is_capital && !is_end(sql, i); i++)
        for (uint32_t b = at(sql, i)->begin; b < at(sql, i)->end; b++)
            if (text[b] == '.' || text[b] == '_' || g_ascii_isdigit(text[b]))
                return true;
    return is_capital;
}

bool
sql_is_upkeep(const Sql *sql, guint first)
{
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        bool is_short = forms[i][0] == '!';
        if (matches(sql, first, forms[i] + is_short))
            return !is_short || is_plainly_sql(sql, first);
    }
    return false;
}
