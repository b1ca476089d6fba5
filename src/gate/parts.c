/* parts.c - the part that a word has in a statement which moves: see moved.c. */
#include "gate/moved.h"

#include <string.h>

#define BESIDE_WORDS 2 /* in one call, or one declaration */
#define NAME_BYTES_MIN 4
#define TIME_DIGITS 10      /* seconds since 1970, or finer */
#define BETWEEN_BYTES_MAX 4 /* ?.[" */

bool
word_is_among(const char *words, const char *word)
{
    g_autofree char *one = g_strconcat(" ", word, " ", NULL);
    return strstr(words, one) != NULL;
}

bool
part_moves(const Move *move, const Token *token)
{
    return token != NULL && token->is_word &&
           (g_hash_table_contains(move->gate->brings, token->text) ||
            words_in(move->gate->spec->words, token->text));
}

bool
part_is_number(const Token *token)
{
    return g_ascii_isdigit(*token->text);
}

bool
part_is_settings(const Move *move)
{
    return marks_are_for(" yml yaml json tf hcl toml ", move->gate->file->path);
}

/* A name, not a number that the mapping has in an expression. */
static bool
is_moving_name(const Move *move, const Token *token)
{
    return part_moves(move, token) && !part_is_number(token);
}

/* Nothing but such signs between two words. */
static bool
only_between(const Source *source, const Token *one, const Token *other, const char *signs)
{
    size_t from = one->at + one->bytes;
    return other->at > from && strspn(source->plain + from, signs) >= other->at - from;
}

/* `row` of `row.first_name`, `row["first_name"]`; `strings` of `strings.Split`. */
bool
part_qualifies(const Move *move, const Source *source, const GArray *tokens, guint index)
{
    const Token *token = token_at(tokens, index), *next = token_at(tokens, index + 1);
    if (next == NULL || next->at - token->at - token->bytes > BETWEEN_BYTES_MAX)
        return false;
    return part_moves(move, next) ? only_between(source, token, next, ".-:?!&[`\"'>@")
                                  : word_is_among(words_converting, next->text) &&
                                        only_between(source, token, next, ".");
}

bool
part_is_call(const Source *source, const Token *token)
{
    const char *next = source->plain + token->at + token->bytes;
    return next[strspn(next, " ")] == '(';
}

/* A number that a name which moves is multiplied with, say; or that of a place for a value, `$3`. */
bool
part_reckons(const Move *move, const Source *source, const GArray *tokens, guint index)
{
    const Token *token = token_at(tokens, index),
                *last = index > 0 ? token_at(tokens, index - 1) : NULL;
    if (!part_is_number(token))
        return false;
    guint first = index; /* of what a converter is given */
    while (first > 0 &&
           (part_is_number(token_at(tokens, first)) || part_moves(move, token_at(tokens, first))))
        first--;
    return (token->at > 0 && source->plain[token->at - 1] == '$') ||
           (is_moving_name(move, last) && only_between(source, last, token, " +-*/()")) ||
           (word_is_among(words_converting, token_at(tokens, first)->text) &&
            part_is_call(source, token_at(tokens, first)));
}

/* The letter before a string that has holes: f"…". */
bool
part_is_prefix(const Source *source, const Token *token)
{
    char next = source->plain[token->at + token->bytes];
    return token->bytes == 1 && next != '\0' && strchr("\"'`", next) != NULL;
}

/* What is said to people about it. */
bool
part_is_prose(const Move *move, const Source *source, const Token *token)
{
    g_autofree char *line = source_words(source, source->plain, token->line);
    return (token->is_quoted || source_is_yaml(move->gate->file->path)) &&
           g_regex_match_simple("^\\s*(?:-\\s*)?[\"']?description[\"']?\\s*:", line, 0, 0);
}

bool
part_is_near(const Move *move, const GArray *tokens, guint index, int step, int words)
{
    for (gint64 at = (gint64) index + step; words-- > 0 && at >= 0 && at < tokens->len; at += step)
        if (is_moving_name(move, token_at(tokens, (guint) at)))
            return true;
    return false;
}

bool
part_is_import(const Source *source, const Token *token)
{
    static const char import[] = "^\\s*(?:import\\s|from\\s+[\\w.]+\\s+import\\b|using\\s+[\\w.]+;|"
                                 "use\\s+[\\w:{},\\s*]+;|#include\\b|"
                                 "require(?:_relative|_once)?\\s*[(\"']|(?:const|let|var)\\s[^=]*="
                                 "\\s*require\\()[^;]*;?\\s*$";
    g_autofree char *line = source_words(source, source->plain, token->line);
    return !token->is_quoted && g_regex_match_simple(import, line, G_REGEX_RAW, 0);
}

/* An argument of a converter, beside a name that moves: the form of a time, say. */
bool
part_is_argument(const Move *move, const Source *source, const Token *token)
{
    const SourceLine *line = source_line(source, token->line);
    size_t open = token->at, close = token->at;
    int depth = 1;
    while (open > line->begin && depth > 0) {
        open--;
        depth += (source->bare[open] == ')') - (source->bare[open] == '(');
    }
    if (depth > 0)
        return false;
    for (depth = 1; close < line->end && depth > 0; close++)
        depth += (source->bare[close] == '(') - (source->bare[close] == ')');
    size_t word = open;
    while (word > line->begin &&
           (g_ascii_isalnum(source->plain[word - 1]) || source->plain[word - 1] == '_'))
        word--;
    g_autofree char *name = g_ascii_strdown(source->plain + word, (gssize) (open - word));
    g_autofree char *all = g_strndup(source->plain + open, close - open);
    return *name != '\0' && word_is_among(words_converting, name) &&
           words_in(move->gate->spec->words, all);
}

int
part_count(const Move *move, const GArray *tokens)
{
    int count = 0;
    for (guint i = 0; i < tokens->len; i++)
        count += part_moves(move, token_at(tokens, i));
    return count;
}

bool
part_is_bound(const Source *source, const GArray *tokens, const char *text)
{
    for (guint i = 0; i < tokens->len; i++)
        if (strcmp(token_at(tokens, i)->text, text) == 0 && !token_at(tokens, i)->is_quoted &&
            token_is_bound(source, tokens, i))
            return true;
    return false;
}

bool
part_occurs(const char *text, const char *word)
{
    g_autofree char *quoted = g_regex_escape_string(word, -1);
    g_autofree char *pattern = g_strdup_printf("(?<![\\w])%s(?![\\w])", quoted);
    return g_regex_match_simple(pattern, text, G_REGEX_CASELESS | G_REGEX_RAW, 0);
}

/* ---- what a test is given ---- */

/* A line of a test that expects nothing. */
static bool
is_given(const Move *move, const Source *source, const Token *token)
{
    g_autofree char *line = source_words(source, source->bare, token->line);
    return marks_count(line, marks_asserts) == 0 && marks_count(line, marks_expectations) == 0 &&
           !line_is_expected(move->gate, source, token->line);
}

/* The value that a column which moves has there: full_name="Ada L". */
bool
part_is_value(const Move *move, const Source *source, const GArray *tokens, guint index)
{
    guint first = index;
    while (first > 0 && token_at(tokens, first)->is_quoted &&
           token_at(tokens, first - 1)->is_quoted &&
           only_between(source, token_at(tokens, first - 1), token_at(tokens, first), " -.,:"))
        first--;
    return first > 0 && part_moves(move, token_at(tokens, first - 1)) &&
           only_between(source, token_at(tokens, first - 1), token_at(tokens, first), " \"'=:>") &&
           is_given(move, source, token_at(tokens, index));
}

/* The text of the string that it stands in. Caller frees. */
char *
part_literal(const Source *source, const Token *token)
{
    size_t from = token->at, to = token->at;
    while (from > 0 && strchr("\"'`\n", source->plain[from - 1]) == NULL)
        from--;
    while (source->plain[to] != '\0' && strchr("\"'`\n", source->plain[to]) == NULL)
        to++;
    return g_strndup(source->plain + from, to - from);
}

/* A day or a time, which a column may have as a text or as a number. */
bool
part_is_time(const Move *move, const Source *source, const Token *token)
{
    static const char time[] = "^(?:\\d{4}-\\d\\d-\\d\\d\\b|[A-Z][a-z]{2,8} \\d\\d?,? \\d{4}\\b)";
    g_autofree char *whole = part_literal(source, token);
    bool is_text = token->is_quoted && g_regex_match_simple(time, whole, 0, 0);
    return (is_text || (part_is_number(token) && token->bytes >= TIME_DIGITS)) &&
           is_given(move, source, token);
}

/* A text is longer: a name has all its parts. */
bool
part_is_longer(const Move *move, guint index)
{
    const Source *source = move->gate->after;
    const Token *token = token_at(move->is, index),
                *last = index > 0 ? token_at(move->is, index - 1) : NULL;
    bool is_text = token->is_quoted || source_is_yaml(move->gate->file->path);
    return is_text && last != NULL && last->is_quoted == token->is_quoted &&
           only_between(source, last, token, " ") && is_given(move, source, token);
}

/* ---- of what is gone ---- */

static char *
without_digits(const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    for (const char *at = text; *at != '\0'; at++)
        if (!g_ascii_isdigit(*at))
            g_string_append_c(plain, *at);
    return g_string_free(g_steal_pointer(&plain), FALSE);
}

/* UserV1 and UserV2: another number in the same name, and everywhere. */
bool
part_is_renumbered(const Move *move, const Token *token, const GArray *others)
{
    g_autofree char *name = without_digits(token->text);
    if (strlen(name) < NAME_BYTES_MIN || strcmp(name, token->text) == 0 || token->is_quoted)
        return false;
    for (guint i = 0; i < others->len; i++) {
        const Token *other = token_at(others, i), *old = others == move->is ? token : other;
        g_autofree char *same = without_digits(other->text);
        if (!other->is_quoted && strcmp(name, same) == 0 && strcmp(other->text, token->text) != 0 &&
            !part_occurs(move->gate->after->bare, old->text))
            return true;
    }
    return false;
}

/* Two columns became one: what was said of each is said once. */
bool
part_is_said_still(const Move *move, guint index)
{
    const Token *token = token_at(move->was, index);
    return g_hash_table_contains(move->is_count, token->text) &&
           (part_is_near(move, move->was, index, 1, BESIDE_WORDS) ||
            part_is_near(move, move->was, index, -1, BESIDE_WORDS));
}

/* The length that a column is declared with. */
bool
part_is_length(const Move *move, guint index)
{
    const Token *token = token_at(move->was, index);
    if (move->is_test || move->is_sql || token->is_quoted || !part_is_number(token) ||
        part_is_settings(move))
        return false;
    for (guint back = 1; back <= NEAR_WORDS && back <= index; back++) {
        const Token *last = token_at(move->was, index - back);
        if (!last->is_word || last->line != token->line)
            return false;
        if (part_moves(move, last))
            return true;
    }
    return false;
}
