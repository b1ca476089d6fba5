/*
 * compared.c - a condition by itself whose columns say their table: "order_lines.block > ?", "EXCLUDED.n > order_lines.n".
 *
 * Who puts it into a statement is not known. But where the table alone gets another name, of no ordinary word, and its
 * columns stay, it names that table in whatever statement, unless an alias is called so.
 */
#include "base/text.h"
#include "rewrite/program/program.h"

#include <string.h>

#define CONDITION_BYTES_MAX 2000 /* people write one line, or some */

/* What is behind a word, a number, a literal or a sign of SQL. */
typedef struct {
    size_t begin, end;
    bool is_word, is_path; /* `is_path`: a word, a dot and a word */
} Part;

/* One `table.column` of the dataset. */
typedef struct {
    size_t begin, end; /* of the table */
    const Spelling *spelling;
} Qualifier;

static size_t
behind_word(const Text *text, size_t at)
{
    while (is_identifier_byte(text_byte(text, at)))
        at++;
    return at;
}

/* 'text', with doubled quotes; 0: it has no end. */
static size_t
behind_quotes(const Text *text, size_t at)
{
    const char *close = memchr(text->bytes + at + 1, '\'', text->count - at - 1);
    return close != NULL ? (size_t) (close - text->bytes) + 1 : 0;
}

/* False: something that conditions do not have. */
static bool
read_token(const Text *text, size_t at, Part *ret)
{
    static const char signs[] = "=<>!+-*/%(),?:$";
    *ret = (Part){.begin = at, .end = at + 1};
    if (text->bytes[at] == '\'')
        return (ret->end = behind_quotes(text, at)) > 0;
    if (text_starts(text, at, HOLE)) /* what is put in, as a value is */
        return (ret->end = at + strlen(HOLE)) > 0;
    if (!is_identifier_byte(text->bytes[at]))
        return strchr(signs, text->bytes[at]) != NULL;
    ret->end = behind_word(text, at);
    ret->is_word = !g_ascii_isdigit(text->bytes[at]);
    if (text_byte(text, ret->end) == '.' && is_identifier_byte(text_byte(text, ret->end + 1))) {
        ret->is_path = ret->is_word;
        ret->end = behind_word(text, ret->end + 1);
    }
    return text_byte(text, ret->end) != '.' && (!ret->is_path || text_byte(text, ret->end) != '(');
}

static bool
is_keyword(const Text *text, const Part *token)
{
    static const char *const words[] = {
        "and",  "or",  "not", "is",   "null", "in",    "like",  "between", "case",  "when", "then",
        "else", "end", "asc", "desc", "true", "false", "ilike", "nulls",   "first", "last", NULL};
    return span_is_among(text, (Span){(uint32_t) token->begin, (uint32_t) token->end}, words);
}

/* Does the token compare, or sort? */
static bool
compares(const Text *text, const Part *token)
{
    static const char *const words[] = {"is",      "in",  "like", "ilike",
                                        "between", "asc", "desc", NULL};
    return strchr("=<>", text->bytes[token->begin]) != NULL ||
           span_is_among(text, (Span){(uint32_t) token->begin, (uint32_t) token->end}, words);
}

static bool
is_ordinary(const char *word)
{
    return strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(word);
}

/* The dataset whose table and column these are, which is named without a schema; or NULL. */
static const Spelling *
spelling_of(const Unit *unit, const char *table, char *column)
{
    const GPtrArray *list = unit->work->renames->list;
    SqlPart part = {.text = column};
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        if (rename->is_derived || rename_changes_columns(rename) ||
            rename_column(rename, dialect_by_name("ansi"), &part) == NULL)
            continue;
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (strcmp(spelling->last, table) == 0 && !is_ordinary(table) &&
                spelling->source[1] == NULL && spelling->target[1] == NULL)
                return spelling;
        }
    }
    return NULL;
}

/* `order_lines_v1 AS order_lines` anywhere in the file: then it may be that one. */
static bool
is_alias_in_file(const Unit *unit, const char *table)
{
    g_autofree char *alias = g_strconcat("as ", table, NULL);
    return text_find_folded(unit->work->text, unit->work->bytes, alias) != NULL;
}

/* The qualifier of one path, if it is the dataset's; false: it names the dataset, and it is not known what of it. */
static bool
take_path(const Unit *unit, const Text *text, const Part *token, GArray *qualifiers)
{
    size_t dot = behind_word(text, token->begin);
    g_autofree char *table = g_strndup(text->bytes + token->begin, dot - token->begin),
                    *column = g_strndup(text->bytes + dot + 1, token->end - dot - 1);
    if (!renames_mentioned(unit->work->renames, table, strlen(table)))
        return true;
    Qualifier one = {token->begin, dot, spelling_of(unit, table, column)};
    g_array_append_val(qualifiers, one);
    return one.spelling != NULL && !is_alias_in_file(unit, table);
}

/* Is all of it a condition that names the dataset by nothing but qualifiers? */
static bool
read_condition(const Unit *unit, const Text *text, GArray *qualifiers)
{
    bool has_comparison = false, was_name = false;
    Part token;
    for (size_t at = 0; at < text->count; at = token.end) {
        if (g_ascii_isspace(text->bytes[at])) {
            token.end = at + 1;
            continue;
        }
        if (!read_token(text, at, &token))
            return false;
        bool is_name = token.is_word && !is_keyword(text, &token);
        if (is_name && was_name) /* two words that are no SQL: people speak so */
            return false;
        if (token.is_path
                ? !take_path(unit, text, &token, qualifiers)
                : is_name && renames_mentioned(unit->work->renames, text->bytes + token.begin,
                                               token.end - token.begin))
            return false;
        has_comparison = has_comparison || compares(text, &token);
        was_name = is_name;
    }
    return has_comparison && qualifiers->len > 0;
}

static void
write_qualifier(Unit *unit, const Text *text, const Qualifier *one)
{
    const char *after = one->spelling->target[0];
    g_autofree char *written = NULL;
    Span span;
    if (!text_edit(text, one->begin, one->end, after, &span, &written)) {
        program_refuse(unit->work, text, SITE_TABLE, one->begin, one->end, "escaped", NULL,
                       "this name is written with escapes, or put together: write it by hand");
        return;
    }
    Site *site =
        program_site(unit->work, text, SITE_TABLE, DISPOSITION_REWRITTEN, one->begin, one->end);
    site->after = keep(unit->work, after);
    edit_add(unit->work, span.begin, span.end, written);
}

bool
program_compared(Unit *unit, const Use *use, const Text *text)
{
    g_autoptr(GArray) qualifiers = g_array_new(FALSE, FALSE, sizeof(Qualifier));
    if (unit->language->is_data || text->is_unread || use->is_message || use->is_docstring ||
        use->is_bytes || use->is_key || text->count > CONDITION_BYTES_MAX ||
        !read_condition(unit, text, qualifiers))
        return false;
    for (guint i = 0; i < qualifiers->len; i++)
        write_qualifier(unit, text, &g_array_index(qualifiers, Qualifier, i));
    return true;
}
