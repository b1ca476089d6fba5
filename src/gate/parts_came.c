/* parts_came.c - the part that a word has which came into a statement that moves: see moved.c. */
#include "gate/moved.h"

#include <string.h>

/* Of `[:1]`, which takes a part of a list. */
bool
part_is_slice(const Source *source, const Token *token)
{
    const char *text = source->plain;
    char next = text[token->at + token->bytes], last = token->at > 0 ? text[token->at - 1] : '\0';
    return part_is_number(token) && !token->is_quoted &&
           ((last == ':' && next == ']') || (last == '[' && next == ':'));
}

/* Where the condition after a word ends: with its brackets, or where a block, a branch or the line begins. */
static size_t
condition_end(const Source *source, const Token *token)
{
    const char *text = source->bare;
    size_t at = token->at + token->bytes, end = source_line(source, token->line)->end;
    int depth = 0;
    at += strspn(text + at, " ");
    bool is_in_brackets = text[at] == '(';
    for (; at < end; at++) {
        depth += (text[at] == '(') - (text[at] == ')');
        if (is_in_brackets ? depth == 0 : depth < 0 || text[at] == '{' || text[at] == ':')
            return at;
    }
    return is_in_brackets ? source->bytes : end;
}

/* Of what moves, or of a name that is made of it, the condition has to be. */
bool
part_asks(const Move *move, guint index, int step, int words)
{
    const Source *source = move->gate->after;
    const Token *asks = token_at(move->is, index);
    size_t end =
        step > 0 && word_is_among(" if unless elif elsif while ", asks->text) && !asks->is_quoted
            ? condition_end(source, asks)
            : source->bytes;
    for (gint64 at = (gint64) index + step; words-- > 0 && at >= 0 && at < move->is->len;
         at += step) {
        const Token *token = token_at(move->is, (guint) at);
        if (token->at >= end ||
            word_is_among(" then else group order where and or && || ", token->text))
            return false;
        if (part_moves(move, token) ||
            (!token->is_quoted && part_is_bound(source, move->is, token->text)))
            return true;
    }
    return false;
}

/* A slice of a text, not of rows. */
bool
part_of_value(const Move *move, guint index)
{
    const Token *last = index > 0 ? token_at(move->is, index - 1) : NULL;
    return last != NULL &&
           (word_is_among(words_converting, last->text) ||
            (part_moves(move, last) && move->gate->after->plain[last->at + last->bytes] == '['));
}

/* Of settings: one that was not set. */
bool
part_is_new_key(const Move *move, const Token *token)
{
    const Source *source = move->gate->after;
    const char *next = source->plain + token->at + token->bytes;
    next += strspn(next, "\"'");
    bool is_key = *next == ':' || g_str_has_prefix(next, " = ") || g_str_has_prefix(next, " {");
    return is_key && part_is_settings(move) && !word_is_among(words_of_settings, token->text) &&
           !part_occurs(move->gate->before->plain, token->text);
}

/* It says what a thing is called, and that is a name that moves: `db_column="signed_up"`. */
static bool
names_what_moves(const Move *move, guint index)
{
    static const char naming[] =
        "^(?!drop|excl|ignore|skip|hide)(?:\\w+_)?(?:column|col|name|field|"
        "alias|label|attribute|source|key)$";
    const Source *source = move->gate->after;
    const Token *token = token_at(move->is, index), *value = token_at(move->is, index + 1);
    size_t from = token->at + token->bytes;
    return value != NULL && value->is_quoted && part_moves(move, value) &&
           value->at - from == strlen("=\"") && g_regex_match_simple(naming, token->text, 0, 0) &&
           strchr("\"'", source->plain[value->at + value->bytes]) != NULL;
}

/* The name of an argument that is given, in Python: `strict=…`. */
bool
part_is_option(const Move *move, guint index)
{
    const Source *source = move->gate->after;
    const Token *token = token_at(move->is, index);
    const char *next = source->plain + token->at + token->bytes;
    size_t begin = source_line(source, token->line)->begin;
    int depth = 0;
    for (size_t at = begin; at < token->at; at++)
        depth += (source->bare[at] == '(') - (source->bare[at] == ')');
    return !token->is_quoted && next[0] == '=' && next[1] != '=' && depth > 0 &&
           g_str_has_suffix(move->gate->file->path, ".py") &&
           !word_is_among(words_converting, token->text) && !names_what_moves(move, index);
}

/* The `if` of a comprehension leaves rows out. */
bool
part_is_filter(const Move *move, guint index)
{
    const Token *token = token_at(move->is, index);
    bool is_loop = false;
    for (guint i = 0; i < move->is->len; i++) {
        const Token *other = token_at(move->is, i);
        if (other->line == token->line && i < index)
            is_loop |= strcmp(other->text, "for") == 0;
        if (other->line == token->line && i > index && strcmp(other->text, "else") == 0)
            return false;
    }
    return is_loop && strcmp(token->text, "if") == 0 &&
           g_str_has_suffix(move->gate->file->path, ".py");
}

/* A value of a column stands beside what is asked, not in its place: `'UK' AS country` is none. */
bool
part_is_made_up(const Move *move, guint index)
{
    const Token *token = token_at(move->is, index), *next = token_at(move->is, index + 1);
    bool is_text = token->at > 0 && move->gate->after->plain[token->at - 1] == '\'';
    if (!is_text || !g_hash_table_contains(move->gate->brings, token->text) ||
        words_in(move->gate->spec->words, token->text))
        return false;
    for (guint back = 1; back <= CONDITION_WORDS && back <= index; back++)
        if (words_in(move->gate->spec->words, token_at(move->is, index - back)->text))
            return false;
    return next == NULL || strcmp(next->text, "as") == 0;
}

/* `v1` of users_v1: a name that is put together is found by nobody. */
bool
part_is_fragment(const Move *move, const Token *token)
{
    if (!token->is_quoted || token->bytes < 2 || strpbrk(token->text, "0123456789_") == NULL)
        return false;
    for (const char *const *word = move->gate->spec->words; word != NULL && *word != NULL; word++) {
        g_autofree char *low = g_ascii_strdown(*word, -1);
        if (strlen(low) > token->bytes &&
            (g_str_has_prefix(low, token->text) || g_str_has_suffix(low, token->text)))
            return true;
    }
    return false;
}

/* A call with one argument. */
static bool
has_one_argument(const Source *source, const Token *token)
{
    const char *at = source->bare + token->at + token->bytes;
    int depth = 0;
    if (*at != '(')
        return false;
    for (; *at != '\0'; at++) {
        depth += (strchr("([{", *at) != NULL) - (strchr(")]}", *at) != NULL);
        if (depth == 0)
            return true;
        if (depth == 1 && *at == ',')
            return false;
    }
    return false;
}

/* Rows of a frame or a list are left out by a condition where none was before; with two arguments, `where` maps values. */
bool
part_leaves_out(const Move *move, guint index)
{
    static const char leaving[] = " filter where filternot exclude reject query ";
    const Token *token = token_at(move->is, index);
    return !token->is_quoted && !move->is_sql && word_is_among(leaving, token->text) &&
           has_one_argument(move->gate->after, token) && !part_had_condition(move);
}

/* `frame[frame.country == "GB"]`: a comparison that rows are chosen by, where none was before. */
bool
part_masks(const Move *move, const Token *token)
{
    const char *text = move->gate->after->bare;
    int depth = 0;
    if (token->is_word || token->is_quoted || part_had_condition(move) ||
        !marks_are_for(" py r ipynb ", move->gate->file->path))
        return false;
    for (size_t at = token->at; at-- > 1 && text[at] != '\n';) {
        depth += (strchr(")]}", text[at]) != NULL) - (strchr("([{", text[at]) != NULL);
        if (depth < 0)
            return text[at] == '[' &&
                   (g_ascii_isalnum(text[at - 1]) || strchr("_)]", text[at - 1]) != NULL);
    }
    return false;
}

/* The most parts that a text is split into, or some of them; else rows are left out. */
bool
part_is_of_split(const Move *move, guint index)
{
    const Token *token = token_at(move->is, index);
    if (index == 0 || !word_is_among(" limit slice ", token->text))
        return false;
    return !token->is_quoted &&
           word_is_among(" split splitn ", token_at(move->is, index - 1)->text);
}

static bool
is_fewer(const Move *move, const Token *token)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(move->is_count, token->text)) <
           GPOINTER_TO_INT(g_hash_table_lookup(move->was_count, token->text));
}

/* A number that rows are held to from now on. */
bool
part_is_bound_for_rows(const Move *move, guint index)
{
    const Token *token = token_at(move->is, index);
    if (index < 2 || !part_is_number(token) || token_at(move->is, index - 1)->is_word)
        return false;
    return !word_is_among(" 0 1 2 ", token->text) &&
           (!words_in(move->gate->spec->words, token_at(move->is, index - 2)->text) ||
            !part_had_condition(move));
}

/* Was a column that gives way part of a condition? Then that condition may have become two. */
bool
part_had_condition(const Move *move)
{
    for (guint i = 0; i < move->was->len; i++) {
        const Token *token = token_at(move->was, i), *next = token_at(move->was, i + 1);
        const char *after = move->gate->before->plain + token->at + token->bytes;
        after += strspn(after, " \"'`)]");
        if (words_in(move->gate->spec->words, token->text) && is_fewer(move, token) &&
            (strchr("=<>!", *after) != NULL ||
             (next != NULL && word_is_among(" in like between is not ", next->text))))
            return true;
    }
    return false;
}

/* Where the brackets begin that end at `close`. */
static size_t
bracket_begin(const char *text, size_t close)
{
    int depth = 0;
    for (size_t at = close + 1; at-- > 0;) {
        depth += (text[at] == ')') - (text[at] == '(');
        if (depth == 0)
            return at;
    }
    return 0;
}

/* The end of the last thing before `at`, but for blanks; 0: there is none. */
static size_t
end_before(const char *text, size_t at)
{
    while (at > 0 && text[at - 1] == ' ')
        at--;
    return at;
}

bool
part_shifts(const Move *move, const Token *token)
{
    const char *text = move->gate->after->plain;
    size_t sign = end_before(text, token->at);
    if (!part_is_number(token) || sign == 0 || strchr("+-*/%", text[sign - 1]) == NULL)
        return false;
    size_t end = end_before(text, sign - 1), begin = end;
    if (end == 0)
        return false;
    if (text[end - 1] == ')')
        begin = bracket_begin(text, end - 1);
    while (begin > 0 && (g_ascii_isalnum(text[begin - 1]) || text[begin - 1] == '_'))
        begin--;
    g_autofree char *other = g_strndup(text + begin, end - begin);
    bool is_date = g_ascii_isdigit(*other); /* 2020-01-01 */
    return *other != '\0' && !is_date && !words_in(move->gate->spec->words, other) &&
           !part_is_bound(move->gate->after, move->is, other);
}

/* A column of something: `row.signed_up`, `row["signed_up"]`. */
static bool
is_column(const Move *move, const Token *token)
{
    const char *text = move->gate->after->plain;
    return part_moves(move, token) && !part_is_number(token) &&
           (!token->is_quoted || (token->at > 1 && text[token->at - 2] == '['));
}

bool
part_equalizes(const Move *move, guint index)
{
    const Source *source = move->gate->after;
    const Token *token = token_at(move->is, index);
    if (token->is_quoted || !part_is_call(source, token) ||
        !word_is_among(words_equalizing, token->text) ||
        marks_in_lines(source, source->bare, token->line, 1, marks_asserts) == 0)
        return false;
    for (guint i = index > NEAR_WORDS ? index - NEAR_WORDS : 0;
         i < move->is->len && i <= index + NEAR_WORDS; i++)
        if (token_at(move->is, i)->line == token->line && is_column(move, token_at(move->is, i)))
            return false;
    return true;
}

/* A number of settings, which is no part of a query. */
bool
part_is_setting(const Move *move, const Token *token)
{
    g_autofree char *whole = part_literal(move->gate->after, token);
    return part_is_settings(move) && part_is_number(token) &&
           !(token->is_quoted && words_in(move->gate->spec->words, whole));
}
