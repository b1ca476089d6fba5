/*
 * condition.c - parts of SQL that can be read by themselves: `id IN (SELECT …)`, `LEFT JOIN a ON a.x = b.y`, `b JOIN a ON a.x = b.y`.
 *
 * Builders of queries take them. What stands around them is not known, so they are read behind SELECT 1 FROM something, and
 * only while no column changes: then nothing but the tables' names matters.
 */
#include "rewrite/program/program.h"

#include <string.h>

static bool
is_word_at(const Text *text, size_t at, const char *word)
{
    size_t bytes = strlen(word);
    return at + bytes <= text->count && g_ascii_strncasecmp(text->bytes + at, word, bytes) == 0 &&
           !is_identifier_byte(text_byte(text, at + bytes)) &&
           (at == 0 || !is_identifier_byte(text->bytes[at - 1]));
}

static size_t
skip_blanks(const Text *text, size_t at)
{
    while (g_ascii_isspace(text_byte(text, at)))
        at++;
    return at;
}

/* And behind a comment at the end of a line. */
static size_t
skip_comment(const Text *text, size_t at)
{
    at = skip_blanks(text, at);
    if (!text_starts(text, at, "--"))
        return at;
    const char *end = memchr(text->bytes + at, '\n', text->count - at);
    return end != NULL ? skip_blanks(text, (size_t) (end - text->bytes)) : text->count;
}

/* Does what stands before a subquery take one: IN, EXISTS, `=`? */
static bool
takes_query(const Text *text, size_t open)
{
    static const char *const words[] = {"in", "exists", "any", "all", "some", NULL};
    size_t end = open, begin;
    while (end > 0 && g_ascii_isspace(text->bytes[end - 1]))
        end--;
    if (end > 0 && strchr("=<>", text->bytes[end - 1]) != NULL)
        return true;
    for (begin = end; begin > 0 && g_ascii_isalpha(text->bytes[begin - 1]);)
        begin--;
    return span_is_among(text, (Span){(uint32_t) begin, (uint32_t) end}, words);
}

static bool
has_subquery(const Text *text)
{
    for (size_t at = 0; at < text->count; at++)
        if (text->bytes[at] == '(' && is_word_at(text, skip_blanks(text, at + 1), "select") &&
            takes_query(text, at))
            return true;
    return false;
}

/* LEFT JOIN a ON a.x = b.y */
static bool
is_join(const Text *text, size_t at)
{
    static const char *const words[] = {"left",  "right", "inner",   "full",
                                        "outer", "cross", "lateral", NULL};
    for (size_t i = 0; words[i] != NULL; i++)
        if (is_word_at(text, at, words[i])) {
            at = skip_blanks(text, at + strlen(words[i]));
            i = (size_t) -1;
        }
    bool has_on = false, has_using = false;
    size_t table = is_word_at(text, at, "join") ? skip_blanks(text, at + strlen("join")) : at;
    if (is_word_at(text, table, "on") || is_word_at(text, table, "using"))
        return false; /* people write of a join on something */
    for (size_t i = at; i < text->count && is_word_at(text, at, "join"); i++) {
        has_on = has_on || is_word_at(text, i, "on");
        has_using = has_using || (is_word_at(text, i, "using") &&
                                  text_byte(text, skip_blanks(text, i + strlen("using"))) == '(');
    }
    return has_using || (has_on && memchr(text->bytes, '=', text->count) != NULL);
}

/* Behind a name with dots, or a query in brackets, at `at`. */
static size_t
behind_table(const Text *text, size_t at)
{
    int depth = 0;
    for (; at < text->count && (depth > 0 || !g_ascii_isspace(text->bytes[at])); at++)
        depth += text->bytes[at] == '(' ? 1 : text->bytes[at] == ')' ? -1 : 0;
    return at;
}

/* shop.orders o LEFT JOIN users u ON u.id = o.buyer: what stands behind FROM. */
static bool
is_joined_table(const Text *text, size_t at)
{
    size_t behind = skip_comment(text, behind_table(text, at)), alias = behind;
    if (is_join(text, behind))
        return true;
    if (is_word_at(text, behind, "as"))
        alias = skip_blanks(text, behind + strlen("as"));
    return is_join(text, skip_comment(text, behind_table(text, alias)));
}

/* What has to stand before the part; NULL: it is none. */
static const char *
front_of(const Text *text)
{
    static const char *const clauses[] = {"where", "having", "group", "order", NULL};
    size_t at = skip_blanks(text, 0);
    if (is_join(text, at))
        return "SELECT 1 FROM " HOLE " ";
    if (is_joined_table(text, at))
        return "SELECT 1 FROM ";
    if (!has_subquery(text))
        return NULL;
    for (size_t i = 0; clauses[i] != NULL; i++)
        if (is_word_at(text, at, clauses[i]))
            return "SELECT 1 FROM " HOLE " ";
    return is_word_at(text, at, "and") || is_word_at(text, at, "or")
               ? "SELECT 1 FROM " HOLE " WHERE 1 = 1 "
               : "SELECT 1 FROM " HOLE " WHERE ";
}

static bool
changes_columns(const Work *work, const Text *text)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; rename_changes_columns(rename) && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            size_t at;
            if (find_word(text->bytes, text->count, spelling->last, &at))
                return true;
        }
    }
    return false;
}

Text *
text_put_between(const Text *text, size_t from, const char *front, const char *rest)
{
    Text *whole = text_new(text);
    text_begin_part(whole, 0, (Quoting){.escape = ESCAPE_NONE, .holes = HOLES_OFF});
    text_put(whole, 0, 0, front, strlen(front));
    for (size_t i = from; i < text->count; i++)
        text_copy(whole, i);
    text_put(whole, text->count, text->count, rest, strlen(rest));
    for (guint i = 0; i < text->fixed->len; i++) {
        FixedRun run = g_array_index(text->fixed, FixedRun, i);
        run.begin += strlen(front) - from;
        run.end += strlen(front) - from;
        g_array_append_val(whole->fixed, run);
    }
    return whole;
}

/* Behind the FROM of no subquery, or 0. */
static size_t
behind_from(const Text *text)
{
    int depth = 0;
    for (size_t at = 0; at < text->count; at++) {
        depth += text->bytes[at] == '(' ? 1 : text->bytes[at] == ')' ? -1 : 0;
        if (depth == 0 && is_word_at(text, at, "from"))
            return at + strlen("from");
    }
    return 0;
}

Text *
program_listed(const Text *text)
{
    size_t begin = skip_blanks(text, 0), end = begin, at;
    while (is_identifier_byte(text_byte(text, end)))
        end++;
    size_t from = end > begin && text_byte(text, end) == '.' ? behind_from(text) : 0;
    g_autofree char *qualifier = g_strndup(text->bytes + begin, end - begin);
    if (from == 0 || !find_word(text->bytes + from, text->count - from, qualifier, &at))
        return NULL; /* `notes.txt from users` */
    return text_put_between(text, 0, text->bytes[from - 1] == 'm' ? "select " : "SELECT ", "");
}

/* Behind what its text needs before it; NULL: it is no part that can be read. */
static bool
read_behind(Unit *unit, Use *use, const Text *text, const char *front)
{
    if (front == NULL)
        return false;
    g_autoptr(Text) whole = text_put_between(text, 0, front, "");
    return program_sql(unit, use, whole);
}

static bool
may_be_read(Unit *unit, const Use *use, const Text *text)
{
    return !text->is_unread && !use->is_message && !use->is_docstring && !use->is_bytes &&
           !use->is_key && !changes_columns(unit->work, text);
}

bool
program_joined_query(Unit *unit, Use *use, const Text *text)
{
    size_t at = skip_blanks(text, 0);
    return text_byte(text, at) == '(' && may_be_read(unit, use, text) &&
           is_joined_table(text, at) && read_behind(unit, use, text, "SELECT 1 FROM ");
}

bool
program_condition(Unit *unit, Use *use, const Text *text)
{
    const char *front = NULL;
    if (may_be_read(unit, use, text))
        front = use_is_join_of_builder(unit, use, text) ? "SELECT 1 FROM " HOLE " JOIN "
                                                        : front_of(text);
    return read_behind(unit, use, text, front);
}
