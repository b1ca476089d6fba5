/*
 * dbt_project.c - the macros of a dbt project: {% macro name(a, b='x') %} … {% endmacro %}.
 *
 * A parameter is passed on when it stands in the body as {{ a }} alone, outside of strings and not as a part of a word:
 * then the argument is SQL, and a name in it is a name of the query that calls the macro.
 */
#include "rewrite/work.h"
#include "sql/jinja.h"

#include <string.h>

#define BODY_BYTES_MAX 512 /* of what is compared with a form: longer ones are another thing */

typedef struct {
    GPtrArray *parameters; /* char * */
    GArray *passes;        /* bool, one for each */
    char *table;           /* the one template that it consists of; or NULL */
    GString *body;         /* without blanks */
    bool has_more;         /* than that */
    bool is_doubled;       /* two of that name: one cannot know which is meant */
} Macro;

struct Macros {
    GHashTable *list; /* name -> Macro */
};

static void
macro_free(void *data)
{
    Macro *macro = data;
    g_ptr_array_unref(macro->parameters);
    g_array_unref(macro->passes);
    g_free(macro->table);
    g_string_free(macro->body, TRUE);
    g_free(macro);
}

Macros *
macros_new(void)
{
    Macros *macros = g_new0(Macros, 1);
    macros->list = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, macro_free);
    return macros;
}

void
macros_free(Macros *macros)
{
    if (macros == NULL)
        return;
    g_hash_table_unref(macros->list);
    g_free(macros);
}

/* ---- reading ---- */

static bool
is_tag(const char *text, const Token *token, const char *word)
{
    size_t at = token->begin + 2, bytes = strlen(word);
    while (at < token->end && (g_ascii_isspace(text[at]) || text[at] == '-' || text[at] == '+'))
        at++;
    return token->kind == TOKEN_TAG && at + bytes < token->end &&
           memcmp(text + at, word, bytes) == 0 && !g_ascii_isalnum(text[at + bytes]) &&
           text[at + bytes] != '_';
}

/* `name` of {% macro name(…) %}; NULL when there is none. Caller frees. */
static char *
name_of_tag(const char *text, const Token *tag)
{
    const char *end = text + tag->end,
               *word = memmem(text + tag->begin, tag->end - tag->begin, "macro", 5);
    const char *begin = word != NULL ? word + 5 : end;
    while (begin < end && g_ascii_isspace(*begin))
        begin++;
    const char *behind = begin;
    while (behind < end && (g_ascii_isalnum(*behind) || *behind == '_'))
        behind++;
    return behind > begin ? g_strndup(begin, (size_t) (behind - begin)) : NULL;
}

/* `macro name(a, b='x')`: its name, and an empty macro with its parameters. */
static Macro *
read_head(const char *text, const Token *tag, char **ret_name)
{
    g_autoptr(GArray) found = jinja_arguments(text, tag);
    Macro *macro = g_new0(Macro, 1);
    macro->parameters = g_ptr_array_new_with_free_func(g_free);
    macro->passes = g_array_new(FALSE, TRUE, sizeof(bool));
    macro->body = g_string_new(NULL);
    *ret_name = name_of_tag(text, tag);
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        bool is_named = one->keyword_end > 0, yes = true;
        uint32_t begin = is_named ? one->keyword : one->begin,
                 end = is_named ? one->keyword_end : one->end;
        if (one->callee_end == 0 || one->place != macro->parameters->len)
            continue; /* the word `macro`; a default with several parts */
        g_ptr_array_add(macro->parameters, g_strndup(text + begin, end - begin));
        g_array_append_val(macro->passes, yes);
    }
    return macro;
}

static void
forbid(const Macro *macro, const char *text, const JinjaArgument *argument)
{
    size_t bytes = argument->end - argument->begin;
    for (guint i = 0; argument->kind == JINJA_VARIABLE && i < macro->parameters->len; i++) {
        const char *name = g_ptr_array_index(macro->parameters, i);
        if (strncmp(name, text + argument->begin, strlen(name)) == 0 &&
            (bytes == strlen(name) || text[argument->begin + strlen(name)] == '.'))
            g_array_index(macro->passes, bool, i) = false;
    }
}

static bool
is_glued(const char *text, size_t bytes, const Token *token)
{
    char before = token->begin > 0 ? text[token->begin - 1] : ' ',
         behind = token->end < bytes ? text[token->end] : ' ';
    bool is_behind_template = before == '}' && token->begin > 1 && text[token->begin - 2] == '}',
         is_before_template =
             behind == '{' && token->end + 1 < bytes && text[token->end + 1] == '{';
    return g_ascii_isalnum(before) || before == '_' || is_behind_template || before == '\'' ||
           before == '"' || before == '`' || g_ascii_isalnum(behind) || behind == '_' ||
           is_before_template || behind == '\'';
}

static void
read_table(Macro *macro, const char *text, const Token *token)
{
    if (token->kind == TOKEN_SPACE || token->kind == TOKEN_COMMENT)
        return;
    if (token->kind == TOKEN_TEMPLATE && macro->table == NULL)
        macro->table = g_strndup(text + token->begin, token->end - token->begin);
    else
        macro->has_more = true;
}

/* 'x {{ a }}': the parameter is text there. */
static void
forbid_in_string(const Macro *macro, const char *text, const Token *string)
{
    uint32_t at = string->begin;
    for (const char *open; (open = memmem(text + at, string->end - at, "{{", 2)) != NULL;) {
        uint32_t begin = (uint32_t) (open - text);
        const char *close = memmem(open, string->end - begin, "}}", 2);
        at = close != NULL ? (uint32_t) (close - text) + 2 : string->end;
        Token inner = {.kind = TOKEN_TEMPLATE, .begin = begin, .end = at};
        g_autoptr(GArray) found = jinja_arguments(text, &inner);
        for (guint i = 0; i < found->len; i++)
            forbid(macro, text, &g_array_index(found, JinjaArgument, i));
    }
}

static void
add_to_body(Macro *macro, const char *text, const Token *token)
{
    for (size_t i = token->begin; token->kind != TOKEN_COMMENT && i < token->end; i++)
        if (!g_ascii_isspace(text[i]) && text[i] != '-' && macro->body->len < BODY_BYTES_MAX)
            g_string_append_c(macro->body, g_ascii_tolower(text[i]));
}

/* What the body does with the parameters, token by token. */
static void
read_body(Macro *macro, const TokenList *list, const Token *token)
{
    const char *text = list->text;
    read_table(macro, text, token);
    add_to_body(macro, text, token);
    if (token->kind == TOKEN_STRING || token->kind == TOKEN_QUOTED) {
        forbid_in_string(macro, text, token);
        return;
    }
    if (token->kind != TOKEN_TEMPLATE && token->kind != TOKEN_TAG)
        return;
    g_autoptr(GArray) found = jinja_arguments(text, token);
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        if (!one->is_alone || token->kind == TOKEN_TAG || is_glued(text, list->bytes, token))
            forbid(macro, text, one);
    }
}

void
macros_read(Macros *macros, const char *text, size_t bytes)
{
    if (memmem(text, bytes, "endmacro", 8) == NULL)
        return;
    g_autoptr(TokenList) list = tokens_new(text, bytes, dialect_by_name("ansi"));
    Macro *macro = NULL;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (is_tag(text, token, "macro")) {
            char *name = NULL;
            Macro *next = read_head(text, token, &name);
            Macro *other = name != NULL ? g_hash_table_lookup(macros->list, name) : NULL;
            macro = NULL;
            if (other != NULL)
                other->is_doubled = true;
            if (name == NULL || other != NULL) {
                macro_free(next);
                g_free(name);
            } else {
                g_hash_table_insert(macros->list, name, next);
                macro = next;
            }
        } else if (is_tag(text, token, "endmacro")) {
            macro = NULL;
        } else if (macro != NULL) {
            read_body(macro, list, token);
        }
    }
}

/* ---- asking ---- */

char *
macros_name(const char *text, const Token *tag)
{
    return name_of_tag(text, tag);
}

/* All that is called somewhere in the text, one behind the other. Caller frees. */
char *
macros_tables_in(const Macros *macros, const char *text, size_t bytes)
{
    g_autoptr(GString) tables = g_string_new(NULL);
    GHashTableIter iter;
    void *name;
    size_t at;
    g_hash_table_iter_init(&iter, macros->list);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        const char *table = macros_table(macros, name);
        if (table != NULL && find_word(text, bytes, name, &at))
            g_string_append_printf(tables, "%s\n", table);
    }
    return g_string_free(g_steal_pointer(&tables), FALSE);
}

const char *
macros_table(const Macros *macros, const char *name)
{
    const char *dot = strrchr(name, '.');
    const Macro *macro =
        macros != NULL ? g_hash_table_lookup(macros->list, dot != NULL ? dot + 1 : name) : NULL;
    return macro != NULL && !macro->is_doubled && !macro->has_more ? macro->table : NULL;
}

/* {% for pair in pairs %}: the name between. */
static char *
loop_variable(const char *body)
{
    static const char head[] = "with{%for";
    const char *end = g_str_has_prefix(body, head) ? strstr(body, "%}{{") : NULL;
    const char *begin = end != NULL ? end + 4 : NULL;
    return begin != NULL ? g_strndup(begin, strcspn(begin, "[")) : NULL;
}

bool
macros_make_commons(const Macros *macros, const char *name)
{
    const char *dot = strrchr(name, '.');
    const Macro *macro =
        macros != NULL ? g_hash_table_lookup(macros->list, dot != NULL ? dot + 1 : name) : NULL;
    if (macro == NULL || macro->is_doubled || macro->parameters->len != 1)
        return false;
    g_autofree char *pair = loop_variable(macro->body->str);
    if (pair == NULL)
        return false;
    g_autofree char *list = g_ascii_strdown(g_ptr_array_index(macro->parameters, 0), -1);
    g_autofree char *form =
        g_strdup_printf("with{%%for%sin%s%%}{{%s[0]}}as(select*from{{ref(%s[1])}})"
                        "{%%ifnotloop.last%%},{%%endif%%}{%%endfor%%}",
                        pair, list, pair, pair);
    return strcmp(macro->body->str, form) == 0;
}

bool
macros_pass_on(const Macros *macros, const char *name, guint place, const char *keyword)
{
    const Macro *macro = g_hash_table_lookup(macros->list, name);
    if (macro == NULL || macro->is_doubled)
        return false;
    for (guint i = 0; keyword != NULL && i < macro->parameters->len; i++)
        if (strcmp(g_ptr_array_index(macro->parameters, i), keyword) == 0)
            return g_array_index(macro->passes, bool, i);
    return keyword == NULL && place < macro->passes->len &&
           g_array_index(macro->passes, bool, place);
}
