/*
 * people.c - literals of SQL that hold the dataset's name and do not mean it: text for people, and values.
 */
#include "base/text.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define ROW_TOKENS_MAX 512 /* back to the bracket of a row: more columns than people insert */

/* ---- text for people ---- */

static guint
words_in(const char *text, size_t bytes)
{
    guint words = 0, letters = 0;
    for (size_t i = 0; i <= bytes; i++) {
        bool is_letter = i < bytes && (g_ascii_isalpha(text[i]) || (guchar) text[i] >= 0x80);
        words += !is_letter && letters > 1;
        letters = is_letter ? letters + 1 : 0;
    }
    return words;
}

guint
sql_row_of(const Work *work, guint index)
{
    guint open = index;
    for (int looked = 0; open > 1 && looked < ROW_TOKENS_MAX; looked++) {
        const Token *before = work_token(work, --open);
        if (before->kind == TOKEN_OPEN)
            break;
        if (before->kind == TOKEN_CLOSE && before->match > 0)
            open = before->match;
    }
    return open;
}

/* A literal in VALUES (…) or IN (…). */
static bool
is_in_row(const Work *work, guint index)
{
    guint open = sql_row_of(work, index);
    const Token *around = work_token(work, open - 1);
    bool is_next_row =
        around->kind == TOKEN_COMMA && open > 1 && work_token(work, open - 2)->kind == TOKEN_CLOSE;
    return work_token(work, open)->kind == TOKEN_OPEN &&
           (around->word == WORD_VALUES || around->word == WORD_IN || is_next_row);
}

bool
sql_is_value(const Work *work, guint index)
{
    const Token *before = work_token(work, index - (index > 0)),
                *behind = work_token(work, index + 1);
    char sign = work->text[before->begin];
    bool ends = behind->kind != TOKEN_OPERATOR;
    bool is_compared = before->word == WORD_LIKE || before->word == WORD_ILIKE ||
                       (before->kind == TOKEN_OPERATOR && strchr("=<>!", sign) != NULL);
    bool is_listed = before->kind == TOKEN_COMMA || before->kind == TOKEN_OPEN;
    return ends && (is_compared || (is_listed && is_in_row(work, index)));
}

const char *
sql_inside(const Work *work, guint index, size_t *ret_bytes)
{
    const Token *token = work_token(work, index);
    const char *text = work->text + token->begin, *end = work->text + token->end - 1;
    if (strchr("'\"`$", *end) == NULL) { /* \\copy t FROM users.csv */
        *ret_bytes = token->end - token->begin;
        return text;
    }
    while (text < end && *text != '\'' && *text != '"') /* N'…' */
        text++;
    *ret_bytes = text < end ? (size_t) (end - text - 1) : 0;
    return text + 1;
}

const char *
sql_said(const Work *work, guint index, size_t *ret_bytes)
{
    const Token *token = work_token(work, index);
    bool is_quoted = token->kind == TOKEN_QUOTED;
    if (token->kind == TOKEN_STRING)
        return sql_inside(work, index, ret_bytes);
    *ret_bytes = token->end - token->begin - 2 * (size_t) is_quoted;
    return work->text + token->begin + is_quoted;
}

bool
sql_says(const Work *work, guint index, const char *name)
{
    size_t bytes = 0;
    const char *text = sql_said(work, index, &bytes);
    return bytes == strlen(name) && g_ascii_strncasecmp(text, name, bytes) == 0;
}

/* 'no users_v1 was found': a name of one part is a word like others. Less than three words may go into SQL, unless they
 * are a value. */
static bool
is_for_people(const Work *work, guint index, const char *name)
{
    size_t bytes = 0;
    const char *text = sql_inside(work, index, &bytes);
    bool has_value = sql_is_value(work, index);
    return strchr(name, '.') == NULL && (words_in(text, bytes) > 2 || has_value) &&
           is_among_words(text, bytes, name, has_value);
}

/* RAISE EXCEPTION … USING HINT = 'here', DETAIL = 'here' */
static bool
is_told_beside(const Work *work, guint index)
{
    static const char *const kinds[] = {"HINT", "DETAIL", "MESSAGE"};
    bool is_kind = false;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && index > 1; i++)
        is_kind = is_kind || work_is_text(work, index - 2, kinds[i]);
    if (!is_kind || !work_is_text(work, index - 1, "="))
        return false;
    while (index > 0 && work_token(work, index)->kind != TOKEN_SEMICOLON &&
           !work_is_text(work, index, "RAISE"))
        index--;
    return work_is_text(work, index, "RAISE");
}

/* ASSERT … AS 'here', SIGNAL … MESSAGE_TEXT = 'here', THROW 50000, 'here', 1 */
static bool
is_thrown(const Work *work, guint index)
{
    if (work_is_text(work, index - 1, "AS")) {
        guint first = index - 1;
        while (first > 0 && work_token(work, first - 1)->kind != TOKEN_SEMICOLON &&
               !work_is_text(work, first, "ASSERT"))
            first = work_token(work, first - 1)->kind == TOKEN_CLOSE
                        ? work_token(work, first - 1)->match
                        : first - 1;
        return work_is_text(work, first, "ASSERT");
    }
    return index > 2 &&
           ((work_is_text(work, index - 1, "=") && work_is_text(work, index - 2, "MESSAGE_TEXT")) ||
            (work_is_text(work, index - 1, ",") && work_is_text(work, index - 3, "THROW")));
}

/* RAISE NOTICE 'here', PRINT 'here', RAISERROR ('here', …): whoever reads it. */
static bool
is_message(const Work *work, guint index)
{
    static const char *const levels[] = {"NOTICE", "WARNING", "EXCEPTION", "INFO", "LOG", "DEBUG"};
    if (index == 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(levels) && index > 1; i++)
        if (work_is_text(work, index - 1, levels[i]) && work_is_text(work, index - 2, "RAISE"))
            return true;
    return is_told_beside(work, index) || is_thrown(work, index) ||
           work_is_text(work, index - 1, "RAISE") || work_is_text(work, index - 1, "PRINT") ||
           (index > 1 && work_is_text(work, index - 1, "(") &&
            (work_is_text(work, index - 2, "RAISERROR") || work_is_text(work, index - 2, "PRINT")));
}

/* COMMENT 'here', COMMENT ON … IS 'here', OPTIONS (description = 'here'); also E'' 'here', which goes on in another line. */
static bool
is_description(const Work *work, guint index)
{
    guint before = index - (index > 0);
    while (before > 0 && work_token(work, before)->kind == TOKEN_STRING)
        before--;
    before -= before > 0 && work_is_text(work, before, "=");
    if (work_is_text(work, before, "COMMENT") || work_is_text(work, before, "DESCRIPTION"))
        return true;
    if (!work_is_text(work, before, "IS"))
        return false;
    while (before > 0 && work_token(work, before - 1)->kind != TOKEN_SEMICOLON &&
           !work_is_text(work, before, "COMMENT"))
        before--;
    return work_is_text(work, before, "COMMENT") && work_is_text(work, before + 1, "ON");
}

/* ---- files ---- */

/* COPY t FROM 'here', TO 'here', LOAD DATA INFILE 'here', read_csv('here'): what is read or written there is a file. */
static bool
is_behind_file_word(const Work *work, guint index)
{
    static const char *const words[] = {"FROM", "TO", "INFILE", "OUTFILE", "DUMPFILE", "INPATH"};
    for (size_t i = 0; index > 0 && i < G_N_ELEMENTS(words); i++)
        if (work_is_text(work, index - 1, words[i]))
            return true;
    const Token *call = index > 1 ? work_token(work, index - 2) : NULL;
    return call != NULL && work_token(work, index - 1)->kind == TOKEN_OPEN &&
           call->end - call->begin > 5 &&
           g_ascii_strncasecmp(work->text + call->begin, "read_", 5) == 0;
}

/* users_v1.csv; what else stands behind a dot may be a column. */
static bool
is_kind_of_file(const char *behind, size_t bytes)
{
    static const char *const kinds[] = {".csv",  ".tsv", ".txt", ".json", ".jsonl",  ".parquet",
                                        ".avro", ".orc", ".xml", ".dat",  ".csv.gz", ".sql"};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strlen(kinds[i]) == bytes && g_ascii_strncasecmp(behind, kinds[i], bytes) == 0)
            return true;
    return false;
}

/* 'out/users_v1.csv', 's3://shop/users_v1/': the name is that of a file or a folder. In '@%users_v1' of Snowflake it is the table. */
static bool
is_file(const Work *work, guint index, const char *name)
{
    size_t bytes = 0, at = 0, length = strlen(name);
    const char *text = sql_inside(work, index, &bytes);
    if (!is_behind_file_word(work, index) || memchr(text, ' ', bytes) != NULL ||
        !find_word(text, bytes, name, &at))
        return false;
    size_t end = at + length;
    bool begins = at == 0 || strchr("/\\", text[at - 1]) != NULL;
    bool is_folder = end < bytes && strchr("/\\", text[end]) != NULL;
    bool ends = (at > 0 && end == bytes) || is_kind_of_file(text + end, bytes - end);
    return begins && (is_folder || ends);
}

bool
sql_is_in_path(const Work *work, size_t begin)
{
    static const char *const commands[] = {"\\i ", "\\ir ", "\\include ", "\\include_relative ",
                                           "\\. ", ":r ",   "@"};
    const char *line = work->text + begin, *end = work->text + work->bytes;
    while (line > work->text && line[-1] != '\n')
        line--;
    const char *stop = memchr(line, '\n', (size_t) (end - line));
    g_autofree char *said =
        g_strstrip(g_strndup(line, (size_t) ((stop != NULL ? stop : end) - line)));
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (g_str_has_prefix(said, commands[i]) && (*said != '@' || g_str_has_suffix(said, ".sql")))
            return true;
    return false;
}

/* ---- values ---- */

bool
sql_may_hold_names(const Work *work, guint index)
{
    static const char *const hints[] = {"tab",    "tbl",    "rel",    "obj",     "name",
                                        "entity", "source", "target", "dataset", "view",
                                        "model",  "schema", "key"};
    const Token *token = work_token(work, index);
    if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(hints); i++)
        if (text_find_folded(work->text + token->begin, token->end - token->begin, hints[i]) !=
            NULL)
            return true;
    return false;
}

/* USING fts5(content = 'users'), of SQLite: an option of what the table is made by. */
static bool
is_option_of_module(const Work *work, guint index)
{
    guint open = sql_row_of(work, index);
    return open > 2 && work_token(work, open - 2)->word == WORD_USING;
}

/* agent = 'user', agent IN ('spider', 'user'), ELSE 'user': an ordinary word, and nothing says that it names a table. */
static bool
is_ordinary_value(const Work *work, guint index, const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const Token *before = work_token(work, index - (index > 0));
    size_t bytes = 0;
    const char *text = sql_inside(work, index, &bytes);
    bool may_be_sql = bytes != strlen(name) && !is_among_words(text, bytes, name, false);
    if (index < 2 || strspn(name, letters) != strlen(name) || may_be_sql ||
        work_token(work, index + 1)->kind == TOKEN_OPERATOR)
        return false;
    if (before->word == WORD_THEN || before->word == WORD_ELSE)
        return true;
    if (before->word == WORD_LIKE || before->word == WORD_ILIKE)
        return !sql_may_hold_names(
            work, index - 2 - (index > 2 && work_token(work, index - 2)->word == WORD_NOT));
    if (before->kind == TOKEN_OPERATOR)
        return strchr("=<>!", work->text[before->begin]) != NULL &&
               !sql_may_hold_names(work, index - 2) && !is_option_of_module(work, index);
    guint open = sql_row_of(work, index);
    if (open < 2 || work_token(work, open - 1)->word != WORD_IN)
        return false;
    return !sql_may_hold_names(work, open - 2 - (work_token(work, open - 2)->word == WORD_NOT));
}

/* count(*) AS 'Users', … FROM: the name of an output, as MySQL and T-SQL let it be written. */
static bool
is_output_name(const Work *work, guint index)
{
    const Token *behind = work_token(work, index + 1);
    return index > 0 && work_token(work, index - 1)->word == WORD_AS &&
           (behind->kind == TOKEN_COMMA || behind->word == WORD_FROM);
}

const char *
sql_other_text(const Work *work, guint index, const char *name)
{
    if (is_message(work, index) || is_description(work, index) || is_for_people(work, index, name))
        return "this is text for people";
    if (is_output_name(work, index))
        return "this is the name of an output";
    if (sql_is_enum_label(work, index))
        return "this is a value of a type";
    if (is_file(work, index, name))
        return "this is the name of a file";
    return is_ordinary_value(work, index, name) ? "this is a value, and an ordinary word" : NULL;
}
