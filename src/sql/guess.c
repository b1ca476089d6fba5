/*
 * guess.c - see guess.h.
 *
 * One walk over the text: strings, comments and templates are passed over, words are looked up in signs.def, and a few
 * signs are no words (`[name]`, `::`, a path in backticks). A sign counts once, however often it is there: a text of a
 * hundred casts and one function of Snowflake's is Snowflake's.
 */
#include "sql/guess.h"

#include <pthread.h>
#include <string.h>

enum {
    NONE,
    BIGQUERY,
    POSTGRES,
    SQLITE,
    MYSQL,
    SNOWFLAKE,
    SPARK,
    TRINO,
    DUCKDB,
    REDSHIFT,
    TSQL,
    CLICKHOUSE,
    COUNT
};

static const char *const names[COUNT] = {
    "ansi",  "bigquery", "postgres", "sqlite",   "mysql", "snowflake",
    "spark", "trino",    "duckdb",   "redshift", "tsql",  "clickhouse",
};
G_STATIC_ASSERT(COUNT <= GUESS_DIALECTS_MAX);

/* ---- signs that are words ---- */

typedef struct {
    const char *word, *before;
    char next; /* behind it, blanks aside; 0: anything; a quote: that behind a bracket */
    signed char weight[COUNT];
} Sign;

#define ANYWHERE NULL, 0
#define CALLED NULL, '('
#define CALLED_WITH_TEXT NULL, '\''
#define DOTTED NULL, '.'
#define AFTER(word) word, 0
#define BIGQUERY(n) [BIGQUERY] = (n),
#define POSTGRES(n) [POSTGRES] = (n),
#define SQLITE(n) [SQLITE] = (n),
#define MYSQL(n) [MYSQL] = (n),
#define SNOWFLAKE(n) [SNOWFLAKE] = (n),
#define SPARK(n) [SPARK] = (n),
#define TRINO(n) [TRINO] = (n),
#define DUCKDB(n) [DUCKDB] = (n),
#define REDSHIFT(n) [REDSHIFT] = (n),
#define TSQL(n) [TSQL] = (n),
#define CLICKHOUSE(n) [CLICKHOUSE] = (n),
#define OF_SERVERS(n) POSTGRES(n) SQLITE(n) MYSQL(n) DUCKDB(n) TSQL(n) CLICKHOUSE(n)
#define OF_WAREHOUSES(n) BIGQUERY(n) SNOWFLAKE(n) SPARK(n) TRINO(n) REDSHIFT(n)
#define SIGN(word, around, weights) {word, around, {weights}},
static const Sign signs[] = {
#include "sql/signs.def"
};

#define SIGN_BYTES_MAX 32 /* of the longest one, with what ends it */

static pthread_once_t is_indexed = PTHREAD_ONCE_INIT;
static GHashTable *by_word; /* the word -> Sign *, the first of its word */

static void
index_signs(void)
{
    by_word = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = G_N_ELEMENTS(signs); i-- > 0;)
        g_hash_table_insert(by_word, (char *) signs[i].word, (void *) &signs[i]);
}

/* ---- a walk ---- */

typedef struct {
    const char *at, *end, *begin;
    char before[SIGN_BYTES_MAX]; /* the word before, in small letters */
    bool is_seen[G_N_ELEMENTS(signs)];
    bool is_cast, is_named, is_path, is_quoted, is_in_backticks, is_field, is_prefix, is_delimiter,
        is_dollar, is_arrow, is_code, is_text, is_table, is_dashed, is_upper, is_long;
    int score[COUNT];
} Guess;

static bool
is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || (c & 0x80) != 0;
}

static char
at_offset(const Guess *guess, ptrdiff_t offset)
{
    const char *at = guess->at + offset;
    return at >= guess->begin && at < guess->end ? *at : '\0';
}

static void
add(Guess *guess, const signed char *weight)
{
    for (int i = 0; i < COUNT; i++)
        guess->score[i] += weight[i];
}

static void
once(Guess *guess, bool *is_seen, const signed char *weight)
{
    if (!*is_seen)
        add(guess, weight);
    *is_seen = true;
}

/* Behind `close`, or the end. */
static const char *
behind(const Guess *guess, const char *from, const char *close)
{
    size_t bytes = strlen(close);
    if (from >= guess->end)
        return guess->end;
    const char *found = memmem(from, (size_t) (guess->end - from), close, bytes);
    return found != NULL ? found + bytes : guess->end;
}

#define ESCAPES_MAX 100 /* of one text; behind these it is not looked further */

/* Does an odd number of backslashes stand before the quote? */
static bool
is_escaped(const char *text, const char *quote)
{
    const char *at = quote;
    while (at > text + 1 && at[-1] == '\\')
        at--;
    return (quote - at) % 2 == 1;
}

/* Behind a text in quotes. A quote behind a backslash ends none, if one without it does so in its line: else it is the end,
 * as in dialects in which a backslash is nothing ('C:\data\'). */
static const char *
behind_quotes(const Guess *guess, char quote)
{
    const char *at = guess->at, *first = NULL, *end = guess->end;
    for (int count = 0; count < ESCAPES_MAX && at + 1 < end; count++) {
        at = memchr(at + 1, quote, (size_t) (end - at - 1));
        if (at == NULL)
            break;
        if (!is_escaped(guess->at, at))
            return at + 1;
        if (first == NULL) {
            const char *line = memchr(at, '\n', (size_t) (end - at));
            end = line != NULL ? line : end;
        }
        first = first != NULL ? first : at;
    }
    return first != NULL ? first + 1 : guess->end;
}

/* a-b.c.d is a path: somebody who subtracts writes blanks, or fewer dots. */
static void
check_dashes(Guess *guess, const char *from)
{
    const char *at = guess->at;
    int dots = 0;
    if (at_offset(guess, 0) != '-' || (from > guess->begin && strchr(".-", from[-1]) != NULL))
        return;
    while (at < guess->end && (is_word(*at) || *at == '-' || *at == '.'))
        dots += *at++ == '.';
    if (dots == 2 && g_ascii_isalpha(at_offset(guess, 1)))
        once(guess, &guess->is_dashed, (signed char[COUNT]){[BIGQUERY] = 2});
}

/* Does a table follow the word before? */
static bool
is_before_table(const Guess *guess)
{
    static const char *const words[] = {"from", "join", "into", "update", "table"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(guess->before, words[i]) == 0)
            return true;
    return false;
}

/* FROM a.b.c: in some, a name has no more than two parts, or hardly ever. */
static void
check_parts(Guess *guess, const char *from)
{
    const char *at = from;
    int dots = 0;
    if (at_offset(guess, 0) != '.' || !is_before_table(guess))
        return;
    while (at < guess->end && (is_word(*at) || *at == '.'))
        dots += *at++ == '.';
    if (dots == 2 && at[-1] != '.')
        once(guess, &guess->is_long,
             (signed char[COUNT]){[POSTGRES] = -3, [SQLITE] = -3, [MYSQL] = -3, [CLICKHOUSE] = -3});
}

static const char *
behind_blanks(const Guess *guess, const char *at)
{
    while (at < guess->end && g_ascii_isspace(*at))
        at++;
    return at;
}

/* Does what must follow the word follow it? `next` stands behind the blanks. */
static bool
is_followed(const Guess *guess, const Sign *sign, const char *next)
{
    if (sign->next == '\'' && next < guess->end && *next == '(')
        next = behind_blanks(guess, next + 1);
    return sign->next == 0 || (next < guess->end && *next == sign->next);
}

static void
take_word(Guess *guess)
{
    char word[SIGN_BYTES_MAX] = "";
    size_t bytes = 0;
    const char *from = guess->at;
    do {
        guess->at++;
    } while (guess->at < guess->end && is_word(*guess->at));
    check_dashes(guess, from);
    check_parts(guess, from);
    bytes = (size_t) (guess->at - from);
    for (size_t i = 0; bytes < sizeof word && i < bytes; i++)
        word[i] = g_ascii_tolower(from[i]);
    const Sign *sign = word[0] != '\0' ? g_hash_table_lookup(by_word, word) : NULL;
    const char *next = behind_blanks(guess, guess->at);
    for (; sign != NULL && sign < signs + G_N_ELEMENTS(signs) && strcmp(sign->word, word) == 0;
         sign++)
        if ((sign->before == NULL || strcmp(sign->before, guess->before) == 0) &&
            is_followed(guess, sign, next))
            once(guess, &guess->is_seen[sign - signs], sign->weight);
    memcpy(guess->before, word, sizeof word);
}

/* `a.b` in backticks is one path of BigQuery's; in some dialects no name is in such, whatever else the text looks like. */
static void
take_backticks(Guess *guess)
{
    const char *from = guess->at, *to = behind_quotes(guess, '`'), *at = from + 1;
    while (at + 1 < to && (is_word(*at) || *at == '.' || *at == '-'))
        at++;
    if (at + 1 == to && at > from + 1 && *at == '`')
        once(guess, &guess->is_in_backticks,
             (signed char[COUNT]){[POSTGRES] = -64,
                                  [SNOWFLAKE] = -64,
                                  [TRINO] = -64,
                                  [DUCKDB] = -64,
                                  [REDSHIFT] = -64,
                                  [TSQL] = -64});
    if (memchr(from, '.', (size_t) (to - from)) != NULL)
        once(guess, &guess->is_path, (signed char[COUNT]){[BIGQUERY] = 4});
    else
        once(guess, &guess->is_quoted, (signed char[COUNT]){[MYSQL] = 1});
    guess->at = to;
}

/* `[name]` where a value or a table begins, and not behind one, as the place in an array is. */
static void
take_bracket(Guess *guess)
{
    const char *at = guess->at + 1, *back = guess->at;
    while (at < guess->end && (is_word(*at) || *at == ' '))
        at++;
    while (back > guess->begin && g_ascii_isspace(back[-1]))
        back--;
    char before = back > guess->begin ? back[-1] : '\0';
    bool is_place = back == guess->at && (is_word(before) || strchr(")]}\"`", before) != NULL);
    bool is_name =
        at < guess->end && *at == ']' && !g_ascii_isdigit(guess->at[1]) && at > guess->at + 1;
    bool is_part = at + 1 < guess->end && (at[1] == '.' || before == '.');
    if (is_name && !is_place)
        once(guess, &guess->is_named,
             is_part ? (signed char[COUNT]){[TSQL] = 4, [SQLITE] = 1}
                     : (signed char[COUNT]){[TSQL] = 2, [SQLITE] = 1});
    guess->at = is_name ? at + 1 : guess->at + 1;
}

static void
take_colon(Guess *guess)
{
    char next = at_offset(guess, 1), last = at_offset(guess, -1);
    if (next == ':')
        once(guess, &guess->is_cast,
             (signed char[COUNT]){
                 [POSTGRES] = 2, [SNOWFLAKE] = 1, [REDSHIFT] = 1, [DUCKDB] = 1, [SPARK] = 1});
    else if (is_word(last) && !g_ascii_isdigit(last) && g_ascii_isalpha(next))
        once(guess, &guess->is_field, (signed char[COUNT]){[SNOWFLAKE] = 2, [SPARK] = 1});
    else if (is_word(last) && next == ' ')
        once(guess, &guess->is_prefix, (signed char[COUNT]){[DUCKDB] = 1});
    guess->at += next == ':' ? 2 : 1;
}

/* x -> x + 1: parameters. What JSON's fields are taken out with has a text or a number behind it. */
static void
take_dash(Guess *guess)
{
    const char *next = guess->at + 2;
    while (next < guess->end && *next == ' ')
        next++;
    bool is_arrow = at_offset(guess, 1) == '>' && at_offset(guess, 2) != '>' && next < guess->end &&
                    (g_ascii_isalpha(*next) || *next == '_');
    if (is_arrow)
        once(guess, &guess->is_arrow,
             (signed char[COUNT]){[SPARK] = 2, [TRINO] = 2, [SNOWFLAKE] = 1, [DUCKDB] = 1});
    guess->at++;
}

/* "ORDERS", "_LDTS", but no single letter. */
static bool
is_in_capitals(const char *from, const char *to)
{
    int letters = 0;
    for (; from < to && !g_ascii_islower(*from); from++)
        letters += g_ascii_isupper(*from) != 0;
    return from == to && letters > 2;
}

/* SUM(a) "GP %", END "in %", a AS "x > y": what somebody calls a column may look like anything. */
static bool
is_behind_value(const Guess *guess, const char *quote)
{
    while (quote > guess->begin && g_ascii_isspace(quote[-1]))
        quote--;
    return strcmp(guess->before, "as") == 0 || strcmp(guess->before, "end") == 0 ||
           (quote > guess->begin && quote[-1] == ')');
}

/* Texts that no name looks like, in the quotes of names: here they are those of strings. Where a table stands, and beside the dot of
 * a path, they are names. */
static void
take_double_quotes(Guess *guess)
{
    const char *from = guess->at + 1, *to = behind_quotes(guess, '"');
    bool is_called = is_behind_value(guess, from - 1),
         is_name = to - from > 1 && (is_called || !g_ascii_isdigit(*from));
    for (const char *at = from; is_name && !is_called && at + 1 < to; at++)
        is_name = is_word(*at) || strchr(" .-/()#?&'", *at) != NULL;
    bool is_in_path =
        (from - 1 > guess->begin && from[-2] == '.') || (to < guess->end && *to == '.');
    guess->is_upper = guess->is_upper || (is_in_path && is_in_capitals(from, to - 1));
    if (is_before_table(guess) || is_in_path)
        once(guess, &guess->is_table,
             (signed char[COUNT]){[BIGQUERY] = -4, [MYSQL] = -4, [SPARK] = -4});
    else if (!is_name)
        once(guess, &guess->is_text,
             (signed char[COUNT]){[BIGQUERY] = 2, [MYSQL] = 2, [SPARK] = 2});
    guess->at = to;
}

/* `$$` or `$body$`: the text between them is code more often than not. */
static void
take_dollar(Guess *guess)
{
    const char *at = guess->at + 1;
    while (at < guess->end && (g_ascii_isalpha(*at) || *at == '_'))
        at++;
    if (at < guess->end && *at == '$') {
        once(guess, &guess->is_dollar, (signed char[COUNT]){[POSTGRES] = 2, [SNOWFLAKE] = 1});
        guess->at = at + 1;
    } else {
        take_word(guess);
    }
}

/* Comments and templates; false when there is none. */
static bool
pass_over(Guess *guess)
{
    static const char *const pairs[][2] = {
        {"--", "\n"}, {"/*", "*/"}, {"{{", "}}"}, {"{%", "%}"}, {"{#", "#}"}};
    if (*guess->at == '/' && at_offset(guess, 1) == '*' &&
        (at_offset(guess, 2) == '!' || (at_offset(guess, 2) == 'M' && at_offset(guess, 3) == '!')))
        once(guess, &guess->is_code, (signed char[COUNT]){[MYSQL] = 4});
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        if (*guess->at == pairs[i][0][0] && at_offset(guess, 1) == pairs[i][0][1]) {
            guess->at = behind(guess, guess->at + 2, pairs[i][1]);
            return true;
        }
    return false;
}

/* DELIMITER //, of MySQL's client, and not DELIMITER ',' of others' COPY. */
static bool
take_delimiter(Guess *guess)
{
    if (strcmp(guess->before, "delimiter") != 0 || strchr("/$|;", *guess->at) == NULL)
        return false;
    once(guess, &guess->is_delimiter, (signed char[COUNT]){[MYSQL] = 4});
    for (char sign = *guess->at; guess->at < guess->end && *guess->at == sign;)
        guess->at++;
    guess->before[0] = '\0';
    return true;
}

static void
take_sign(Guess *guess)
{
    if (take_delimiter(guess))
        return;
    switch (*guess->at) {
    case '\'':
        guess->at = behind_quotes(guess, '\'');
        break;
    case '"':
        take_double_quotes(guess);
        break;
    case '-':
        take_dash(guess);
        break;
    case '`':
        take_backticks(guess);
        break;
    case '[':
        take_bracket(guess);
        break;
    case ':':
        take_colon(guess);
        break;
    case '$':
        take_dollar(guess);
        break;
    default:
        guess->at++;
    }
    guess->before[0] = '\0';
}

#define SURE 3 /* before others: a sign that hardly anybody else has, or several */

static bool
has_double_quotes(int dialect)
{
    return strchr(dialect_by_name(names[dialect])->string_quotes, '"') != NULL;
}

/*
 * The one with the highest score. Where several have it nobody tells them apart, and it is none of them, unless `"x"` is a
 * text in all of them: as much is known then, and the first one is as good as any.
 */
static int
best_of(const Guess *guess)
{
    int best = NONE;
    for (int i = 0; i < COUNT; i++)
        best = guess->score[i] > guess->score[best] ? i : best;
    for (int i = best + 1; best != NONE && i < COUNT; i++)
        if (guess->score[i] == guess->score[best] &&
            !(has_double_quotes(i) && has_double_quotes(best)))
            return NONE;
    return best;
}

/* REM don't, Prompt that's it: lines for SQL*Plus, in which an apostrophe begins no text. */
static bool
pass_over_console_line(Guess *guess)
{
    static const char *const words[] = {"rem ", "remark ", "prompt "};
    if (at_offset(guess, -1) != '\n' && guess->at != guess->begin)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t length = strlen(words[i]);
        if ((size_t) (guess->end - guess->at) > length &&
            g_ascii_strncasecmp(guess->at, words[i], length) == 0 &&
            strchr("=,)", guess->at[length]) == NULL) {
            guess->at = behind(guess, guess->at, "\n");
            return true;
        }
    }
    return false;
}

/* From `at` to `end`. */
static void
walk(Guess *guess)
{
    pthread_once(&is_indexed, index_signs); /* not of GLib: the thread sanitizer sees this one */
    while (guess->at < guess->end)
        if (g_ascii_isspace(*guess->at))
            guess->at++;
        else if (*guess->at != '$' && is_word(*guess->at)) {
            if (!pass_over_console_line(guess))
                take_word(guess);
        } else if (!pass_over(guess))
            take_sign(guess);
    if (guess->is_upper && guess->score[SNOWFLAKE] > 0) /* by itself it says nothing */
        guess->score[SNOWFLAKE] += 3;
}

/* May "x" be a string all the same? */
static bool
doubts_quotes(const Guess *guess, int best)
{
    int rival = 0;
    if (has_double_quotes(best) || guess->is_table ||
        memchr(guess->begin, '"', (size_t) (guess->end - guess->begin)) == NULL)
        return false;
    for (int i = 0; i < COUNT; i++)
        rival = has_double_quotes(i) ? MAX(rival, guess->score[i]) : rival;
    return guess->score[best] < rival + SURE;
}

const Dialect *
guess_text(const char *text, size_t bytes, bool *ret_doubts_quotes)
{
    Guess guess = {.begin = text, .at = text, .end = text + bytes};
    walk(&guess);
    int best = best_of(&guess);
    if (ret_doubts_quotes != NULL)
        *ret_doubts_quotes = doubts_quotes(&guess, best);
    return best != NONE || guess.is_table ? dialect_by_name(names[best]) : NULL;
}

const Dialect *
dialect_guess(const char *text, size_t bytes, const Dialect *usual, bool *ret_doubts_quotes)
{
    const Dialect *found = guess_text(text, bytes, ret_doubts_quotes);
    if (found != NULL)
        return found;
    if (usual != NULL && ret_doubts_quotes != NULL)
        *ret_doubts_quotes = false;
    return usual != NULL ? usual : dialect_by_name(names[NONE]);
}

/* ---- votes ---- */

void
guess_vote(GuessVotes *votes, const Dialect *dialect)
{
    for (int i = 0; dialect != NULL && i < COUNT; i++)
        votes->of[i] += strcmp(names[i], dialect->name) == 0;
}

const Dialect *
guess_winner(const GuessVotes *votes)
{
    int all = 0, best = NONE;
    for (int i = 0; i < COUNT; i++) {
        all += votes->of[i];
        best = votes->of[i] > votes->of[best] ? i : best;
    }
    return best != NONE && 3 * votes->of[best] >= 2 * all ? dialect_by_name(names[best]) : NULL;
}
