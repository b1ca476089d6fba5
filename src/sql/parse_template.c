/*
 * parse_template.c - names inside of {{ … }}, where they may be columns: strings that are arguments of a call, or the
 * list that a loop's variable goes through.
 */
#include "sql/parse.h"

#include <string.h>

#define NAME_PARTS_MAX 8 /* of a name with dots: project, dataset, table, column, fields */

bool
jinja_call_takes_no_column(const char *callee)
{
    static const char *const names[] = {
        "ref",   "source", "config",         "var",       "env_var", "log",        "doc",
        "print", "return", "is_incremental", "run_query", "this",    "load_result"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(callee, names[i]) == 0)
            return true;
    return (g_str_has_prefix(callee, "adapter.") && strcmp(callee, "adapter.quote") != 0) ||
           g_str_has_prefix(callee, "exceptions.") || g_str_has_prefix(callee, "modules.") ||
           g_str_has_prefix(callee, "api.");
}

static bool
is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || (unsigned char) c >= 0x80;
}

typedef struct {
    const Context *context;
    const SqlPath *path; /* before the template, or NULL */
    const JinjaArgument *argument;
    const char *callee;
    uint32_t token;
    bool is_joined; /* the template is a list, each element of which is put in */
} Literal;

static void
add_ref(Parser *parser, const Literal *literal, const SqlPart *parts, guint count)
{
    const JinjaArgument *argument = literal->argument;
    guint before = literal->path != NULL ? literal->path->count - 1 : 0;
    SqlPath path = {.parts = node(parser, (before + count) * sizeof(SqlPart)),
                    .count = before + count};
    for (guint i = 0; i < before; i++)
        path.parts[i] = literal->path->parts[i];
    for (guint i = 0; i < count; i++)
        path.parts[before + i] = parts[i];
    SqlRef *ref = ref_add(parser, literal->context, path);
    ref->macro = literal->callee;
    ref->place = argument->place;
    if (argument->keyword_end > 0)
        ref->keyword = arena_copy(parser->sql->arena, parser->sql->list->text + argument->keyword,
                                  argument->keyword_end - argument->keyword);
}

/* Behind the quote that ends what begins at `at`; `end` where there is none. */
static uint32_t
behind_quote(const char *text, uint32_t at, uint32_t end)
{
    const char *close = memchr(text + at + 1, text[at] == '[' ? ']' : text[at], end - at - 1);
    return close != NULL ? (uint32_t) (close - text) + 1 : end;
}

static bool
begins_name(const Parser *parser, uint32_t at, uint32_t end)
{
    char c = at < end ? parser->sql->list->text[at] : '\0';
    return is_word_byte(c) || (c != '\0' && strchr(parser->sql->dialect->name_quotes, c) != NULL);
}

/* a, "a", u.a: one name with its dots; returns what is behind it. */
static uint32_t
take_parts(Parser *parser, uint32_t token, uint32_t at, uint32_t end, SqlPart *parts, guint *count)
{
    const char *text = parser->sql->list->text;
    for (*count = 0; begins_name(parser, at, end) && *count < NAME_PARTS_MAX;) {
        uint32_t from = at;
        bool is_quoted = !is_word_byte(text[at]);
        if (is_quoted)
            at = behind_quote(text, at, end);
        else
            while (at < end && is_word_byte(text[at]))
                at++;
        uint32_t inset = is_quoted && at > from + 1 ? 1 : 0;
        parts[(*count)++] = (SqlPart){
            .text = arena_copy(parser->sql->arena, text + from + inset, at - from - 2 * inset),
            .quote = is_quoted ? text[from] : '\0',
            .token = token,
            .begin = from,
            .end = at};
        if (at >= end || text[at] != '.' || !begins_name(parser, at + 1, end))
            break;
        at++;
    }
    return at;
}

/* a, u.a, coalesce(a, 0), "a" desc nulls last: each name that is no function. */
static void
take_literal(Parser *parser, const Literal *literal, uint32_t begin, uint32_t end)
{
    const char *text = parser->sql->list->text;
    SqlPart parts[NAME_PARTS_MAX];
    Word last = WORD_NONE;
    for (uint32_t at = begin; at < end;) {
        guint count = 0;
        bool is_name = begins_name(parser, at, end) && !g_ascii_isdigit(text[at]);
        if (!is_name) {
            at = text[at] == '\'' || text[at] == '"' ? behind_quote(text, at, end) : at + 1;
            continue;
        }
        uint32_t from = at;
        at = take_parts(parser, literal->token, at, end, parts, &count);
        Word word =
            count == 1 && parts[0].quote == '\0' ? word_find(text + from, at - from) : WORD_NONE;
        bool is_name_of_it = last == WORD_AS; /* id as key */
        if ((at == end || text[at] != '(') && !word_is_reserved(word) && last != WORD_NULLS &&
            !is_name_of_it)
            add_ref(parser, literal, parts, count);
        last = word;
    }
}

/* {{ 'id' }}, {{ "u.id" }} */
static bool
is_plain_name(const char *text, const JinjaArgument *argument)
{
    bool is_plain = argument->is_alone && !argument->is_mixed && argument->end > argument->begin;
    for (uint32_t i = argument->begin; is_plain && i < argument->end; i++)
        is_plain = is_word_byte(text[i]) || text[i] == '.';
    return is_plain;
}

/* x | replace('a', 'b'): a filter, and no macro of that name. */
static bool
is_filter(const char *text, const JinjaArgument *argument)
{
    uint32_t at = argument->callee;
    while (at > 0 && g_ascii_isspace(text[at - 1]))
        at--;
    return argument->callee_end > 0 && at > 0 && text[at - 1] == '|';
}

/* Between the elements of a list stand commas or operators. */
static bool
is_separator(const char *text, uint32_t begin, uint32_t end)
{
    static const char signs[] = ",+-*/&|";
    while (begin < end && g_ascii_isspace(text[begin]))
        begin++;
    while (end > begin && g_ascii_isspace(text[end - 1]))
        end--;
    return begin < end && strchr(signs, text[begin]) != NULL &&
           strchr(signs, text[end - 1]) != NULL;
}

/* Does the template consist of `names | join(', ')`, which is each of them as it stands there? */
static bool
is_joined(const char *text, const Token *template, const JinjaArgument *argument)
{
    uint32_t begin, end, at = argument->end;
    jinja_bounds(text, template, &begin, &end);
    at += (uint32_t) strspn(text + at, " \t\r\n");
    if (argument->begin != begin || at >= end || text[at] != '|')
        return false;
    at += 1 + (uint32_t) strspn(text + at + 1, " \t\r\n");
    if (at + 6 >= end || memcmp(text + at, "join(", 5) != 0)
        return false;
    at += 5 + (uint32_t) strspn(text + at + 5, " \t\r\n");
    char quote = at < end ? text[at] : '\0';
    const char *close =
        quote == '\'' || quote == '"' ? memchr(text + at + 1, quote, end - at - 1) : NULL;
    if (close == NULL || !is_separator(text, at + 1, (uint32_t) (close - text)))
        return false;
    at = (uint32_t) (close - text) + 1;
    at += (uint32_t) strspn(text + at, " \t\r\n");
    return at + 1 == end && text[at] == ')';
}

#define NAME_BYTES_MIN 4 /* of a list: quotes, a letter and a comma */

/* May so many more names be put in? A variable that is set n times, and put in n times, gives n * n; of a long text, as many
 * as it may hold are no more than one each. */
static bool
may_stand_for(Parser *parser, guint count)
{
    Sql *sql = parser->sql;
    guint may_hold = peek(parser, parser->last)->end / NAME_BYTES_MIN;
    parser->put_in += count;
    if (parser->put_in <= MAX(SQL_PUT_IN_MAX, may_hold))
        return true;
    if (!sql->is_broken)
        sql->broken_at = peek(parser, parser->pos)->begin;
    sql->is_broken = sql->is_manifold = true;
    return false;
}

static void
take_argument(Parser *parser, Literal *literal, const JinjaArgument *argument)
{
    const char *text = parser->sql->list->text;
    bool is_loop = false;
    literal->argument = argument;
    literal->callee = arena_copy(parser->sql->arena, text + argument->callee,
                                 argument->callee_end - argument->callee);
    if (jinja_call_takes_no_column(literal->callee))
        return;
    if (is_filter(text, argument))
        literal->callee = "~"; /* no macro is called so: what comes of it is not known */
    if (argument->kind == JINJA_LITERAL) {
        if (argument->callee_end > 0 || is_plain_name(text, argument))
            take_literal(parser, literal, argument->begin, argument->end);
        return;
    }
    const GArray *list = jinja_list(parser->lists, text, argument->begin, argument->end, &is_loop);
    if (list != NULL && !may_stand_for(parser, list->len))
        return;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const JinjaArgument *one = &g_array_index(list, JinjaArgument, i);
        if (argument->is_mixed && (is_loop || literal->path != NULL || !literal->is_joined))
            literal->callee = "~";
        take_literal(parser, literal, one->begin, one->end);
    }
}

static void
take_template(Parser *parser, const Context *context, uint32_t index, const Token *template,
              const SqlPath *path, bool is_text)
{
    g_autoptr(GArray) found = jinja_arguments(parser->sql->list->text, template);
    Literal literal = {.context = context, .path = path, .token = index};
    for (guint i = 0; i < found->len; i++) {
        JinjaArgument *argument = &g_array_index(found, JinjaArgument, i);
        argument->is_mixed = argument->is_mixed || is_text;
        literal.is_joined =
            !is_text && i == 0 && is_joined(parser->sql->list->text, template, argument);
        take_argument(parser, &literal, argument);
    }
}

void
parse_template(Parser *parser, const Context *context, uint32_t index, const SqlPath *path,
               bool is_text)
{
    take_template(parser, context, index, peek(parser, index), path, is_text);
}

void
parse_string(Parser *parser, const Context *context, uint32_t index)
{
    const Token *string = peek(parser, index);
    const char *text = parser->sql->list->text, *end = text + string->end;
    for (const char *open = text + string->begin;
         (open = memmem(open, (size_t) (end - open), "{{", 2)) != NULL;) {
        const char *close = memmem(open, (size_t) (end - open), "}}", 2);
        if (close == NULL)
            return;
        Token template = {.kind = TOKEN_TEMPLATE,
                          .begin = (uint32_t) (open - text),
                          .end = (uint32_t) (close + 2 - text)};
        take_template(parser, context, index, &template, NULL, true);
        open = close + 2;
    }
}
