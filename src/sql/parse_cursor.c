/*
 * parse_cursor.c - cursors whose rows are taken by their places: DECLARE c CURSOR FOR query; … FETCH c INTO a, b
 *
 * In MySQL and T-SQL FETCH fills variables, and nobody sees what the columns are called; but FETCH without INTO gives the row to
 * the client, and in MariaDB a loop (FOR r IN c DO) and a variable of the cursor's type have fields by its names.
 */
#include "sql/parse_define.h"

#define CURSOR_WORDS_MAX 8   /* between CURSOR and FOR: LOCAL STATIC READ_ONLY … */
#define FETCH_WORDS_MAX 4    /* between FETCH and the name: ABSOLUTE n FROM GLOBAL */
#define USES_TOKENS_MAX 5000 /* how far behind the query the cursor's uses are looked at */

/* The name in DECLARE name [words] CURSOR [words] FOR, at the query behind it; 0: it is no cursor's. */
static uint32_t
cursor_name(const Parser *parser, uint32_t query)
{
    uint32_t at = query - 1, first = parser->statement->first;
    if (query < 4 || !is_word(parser, at, WORD_FOR))
        return 0;
    for (guint words = 0; words < CURSOR_WORDS_MAX && at > first + 2; words++)
        if (is_text(parser, --at, "CURSOR"))
            break;
    if (!is_text(parser, at, "CURSOR"))
        return 0;
    for (guint words = 0; words < CURSOR_WORDS_MAX && at > first + 1; words++)
        if (is_text(parser, --at - 1, "DECLARE"))
            return at;
    return 0;
}

/* FETCH [NEXT FROM] c INTO, at `c` */
static bool
is_fetched_into(const Parser *parser, uint32_t name)
{
    for (guint words = 1; words <= FETCH_WORDS_MAX + 1 && words <= name; words++)
        if (is_text(parser, name - words, "FETCH"))
            return is_word(parser, name + 1, WORD_INTO);
        else if (peek(parser, name - words)->kind == TOKEN_SEMICOLON)
            return false;
    return false;
}

/* OPEN c, CLOSE c, DEALLOCATE GLOBAL c, CURRENT OF c */
static bool
is_used_without_rows(const Parser *parser, uint32_t name)
{
    static const char *const words[] = {"OPEN", "CLOSE", "DEALLOCATE", NULL};
    uint32_t before = name - (is_text(parser, name - 1, "GLOBAL") ? 2 : 1);
    return is_among_words_of(parser, before, words) ||
           (is_text(parser, name - 1, "OF") && is_text(parser, name - 2, "CURRENT"));
}

/* Another routine begins, which has its own cursors. */
static bool
begins_routine(const Parser *parser, uint32_t at)
{
    static const char *const words[] = {"OR",      "PROC",    "PROCEDURE", "FUNCTION",
                                        "TRIGGER", "DEFINER", NULL};
    return is_word(parser, at, WORD_CREATE) && is_among_words_of(parser, at + 1, words);
}

static bool
has_star(const SqlQuery *query)
{
    for (guint i = 0; i < query->branches->len; i++) {
        const SqlBranch *branch = g_ptr_array_index(query->branches, i);
        if (branch->block == NULL || branch->block->has_star)
            return true;
    }
    return false;
}

bool
is_fetched_by_places(const Parser *parser, const SqlQuery *query)
{
    const Dialect *dialect = parser->sql->dialect;
    bool may_be = (dialect->has_code_comments || dialect->has_alias_first) && !dialect->is_any;
    uint32_t name = may_be ? cursor_name(parser, query->first) : 0;
    bool is_fetched = false;
    if (name == 0 || has_star(query))
        return false;
    for (uint32_t at = query->last + 1; at < query->last + USES_TOKENS_MAX; at++) {
        if (peek(parser, at)->kind == TOKEN_END || begins_routine(parser, at))
            return is_fetched;
        if (!is_same_token(parser, at, name) || is_used_without_rows(parser, at))
            continue;
        if (!is_fetched_into(parser, at))
            return false;
        is_fetched = true;
    }
    return false;
}
