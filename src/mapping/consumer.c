/*
 * consumer.c - what a consumer writes instead of a column.
 *
 * An expression comes to stand in other people's queries, in whatever dialect these are. What would end there, or take along
 * what follows it, is no expression in any of them.
 */
#include "mapping/reader.h"
#include "sql/token.h"

#include <string.h>

/* Why this token is no part of one expression: a comment or `;` anywhere, others outside of all brackets. NULL: it may be. */
static const char *
flaw_of(const TokenList *list, const Token *token)
{
    switch (token->kind) {
    case TOKEN_COMMENT:
        return list->text[token->begin] == '/'
                   ? NULL
                   : "it has a comment, which would take along what follows it";
    case TOKEN_SEMICOLON:
        return "it is more than one statement";
    case TOKEN_COMMA:
        return "it is more than one value";
    case TOKEN_BROKEN:
        return "a quote in it has no end";
    case TOKEN_OPEN:
        return token->match == 0 ? "a bracket in it has no end" : NULL;
    case TOKEN_CLOSE:
        return "a bracket in it has no beginning";
    case TOKEN_WORD:
        return token->end - token->begin == 2 &&
                       g_ascii_strncasecmp(list->text + token->begin, "AS", 2) == 0
                   ? "it gives itself a name"
                   : NULL;
    default:
        return NULL;
    }
}

/* Why the text is no expression that can stand in a query; NULL: nothing speaks against it. */
static const char *
expr_flaw(const char *sql)
{
    g_autoptr(TokenList) list = tokens_new(sql, strlen(sql), dialect_by_name("ansi"));
    const char *flaw = NULL;
    TokenKind last = TOKEN_OPERATOR;
    guint behind = 0; /* the bracket that closes */
    for (guint i = 0; flaw == NULL && i + 1 < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        bool is_anywhere = token->kind == TOKEN_COMMENT || token->kind == TOKEN_SEMICOLON;
        if (i >= behind || is_anywhere)
            flaw = flaw_of(list, token);
        if (i >= behind && token->kind == TOKEN_OPEN)
            behind = token->match + 1;
        if (token->kind != TOKEN_SPACE && token->kind != TOKEN_COMMENT)
            last = token->kind;
    }
    bool is_cut_short = last == TOKEN_OPERATOR || last == TOKEN_DOT;
    return flaw == NULL && is_cut_short ? "it ends before its value does" : flaw;
}

static void
read_texts(const Reader *reader, const YamlNode *value, const char *name)
{
    static const char *const texts[] = {"expr", "why", "link"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        const YamlNode *text = yaml_get(value, texts[i]);
        const char *said = text != NULL ? reader_scalar(reader, text, texts[i]) : NULL;
        const char *flaw = i == 0 && said != NULL ? expr_flaw(said) : NULL;
        if (flaw != NULL)
            reader_complain(reader, text, "bad-expr",
                            "what consumers write instead of '%s' is no SQL expression: %s", name,
                            flaw);
    }
}

static void
read_consumer(const Reader *reader, const YamlNode *key, const YamlNode *value, Mapping *mapping)
{
    static const char *const known[] = {"expr", "values", "why", "link", NULL};
    const char *name = reader_scalar(reader, key, "a column of consumers");
    if (name == NULL ||
        !reader_is_map(reader, value, "what a consumer writes instead", "{ expr: \"…\" }"))
        return;
    reader_known_keys(reader, value, known, "an entry of consumers");
    read_texts(reader, value, name);
    const YamlNode *values = yaml_get(value, "values");
    if (values != NULL)
        (void) reader_is_map(reader, values, "values", "{ UK: GB }");
    if (values == NULL && yaml_get(value, "expr") == NULL)
        reader_complain(
            reader, key, "missing-key",
            "consumers of column '%s' need an `expr`, or literals mapped through `values`", name);
    g_ptr_array_add(mapping->consumer_marks, name_new(name, node_mark(key)));
    json_object_set_new(mapping->consumers, name, yaml_to_json(value));
}

void
mapping_read_consumers(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    if (!reader_is_map(reader, value, "consumers", "{ first_name: { expr: \"…\" } }"))
        return;
    for (size_t i = 0; i < value->count; i++)
        read_consumer(reader, value->items[2 * i], value->items[2 * i + 1], mapping);
}
