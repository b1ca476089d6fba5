/*
 * parse_template.c - names inside of {{ … }}, where they may be columns: strings that are arguments of a call, or the
 * list that a loop's variable goes through.
 */
#include "sql/parse.h"

#include <string.h>

/* Calls whose strings are never columns. */
static bool
is_about_something_else(const char *callee)
{
    static const char *const names[] = {
        "ref",   "source", "config",         "var",       "env_var", "log",        "doc",
        "print", "return", "is_incremental", "run_query", "this",    "load_result"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(callee, names[i]) == 0)
            return true;
    return g_str_has_prefix(callee, "adapter.") || g_str_has_prefix(callee, "exceptions.") ||
           g_str_has_prefix(callee, "modules.") || g_str_has_prefix(callee, "api.");
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
} Literal;

static void
add_ref(Parser *parser, const Literal *literal, uint32_t begin, uint32_t end)
{
    const char *text = parser->sql->list->text;
    const JinjaArgument *argument = literal->argument;
    guint before = literal->path != NULL ? literal->path->count - 1 : 0, count = before + 1;
    for (uint32_t i = begin; i < end; i++)
        count += text[i] == '.';
    SqlPath path = {.parts = node(parser, count * sizeof(SqlPart)), .count = before};
    for (guint i = 0; i < before; i++)
        path.parts[i] = literal->path->parts[i];
    for (uint32_t at = begin; at <= end; at++)
        if (at == end || text[at] == '.') {
            path.parts[path.count++] =
                (SqlPart){.text = arena_copy(parser->sql->arena, text + begin, at - begin),
                          .token = literal->token,
                          .begin = begin,
                          .end = at};
            begin = at + 1;
        }
    SqlRef *ref = ref_add(parser, literal->context, path);
    ref->macro = literal->callee;
    ref->place = argument->place;
    if (argument->keyword_end > 0)
        ref->keyword = arena_copy(parser->sql->arena, text + argument->keyword,
                                  argument->keyword_end - argument->keyword);
}

/* a, u.a, coalesce(a, 0): each name that is no function. */
static void
take_literal(Parser *parser, const Literal *literal, uint32_t begin, uint32_t end)
{
    const char *text = parser->sql->list->text;
    for (uint32_t at = begin; at < end;) {
        if (text[at] == '\'' || text[at] == '"') {
            for (at++; at < end && text[at] != '\'' && text[at] != '"'; at++)
                ;
            at++;
            continue;
        }
        if (!is_word_byte(text[at]) || g_ascii_isdigit(text[at])) {
            at++;
            continue;
        }
        uint32_t from = at;
        while (at < end && (is_word_byte(text[at]) ||
                            (text[at] == '.' && at + 1 < end && is_word_byte(text[at + 1]))))
            at++;
        if ((at == end || text[at] != '(') && !word_is_reserved(word_find(text + from, at - from)))
            add_ref(parser, literal, from, at);
    }
}

static void
take_argument(Parser *parser, Literal *literal, const JinjaArgument *argument)
{
    const char *text = parser->sql->list->text;
    bool is_loop = false;
    literal->argument = argument;
    literal->callee = arena_copy(parser->sql->arena, text + argument->callee,
                                 argument->callee_end - argument->callee);
    if (is_about_something_else(literal->callee))
        return;
    if (argument->kind == JINJA_LITERAL) {
        if (argument->callee_end > 0)
            take_literal(parser, literal, argument->begin, argument->end);
        return;
    }
    const GArray *list = jinja_list(parser->lists, text + argument->begin,
                                    argument->end - argument->begin, &is_loop);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const JinjaArgument *one = &g_array_index(list, JinjaArgument, i);
        if (argument->is_mixed)
            literal->callee = "~"; /* no macro is called so: what comes of it is not known */
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
