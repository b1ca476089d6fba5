/* parse_name.c - names of one part and of several, as they are spelled. */
#include "sql/parse.h"

#include <string.h>

/* What stands between quotes, with doubled quotes undone. */
static char *
unquote(Parser *parser, uint32_t begin, uint32_t end, char close)
{
    char *text = arena_copy(parser->sql->arena, parser->sql->list->text + begin, end - begin);
    if (close == '\0' || memchr(text, close, end - begin) == NULL)
        return text;
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (from[0] == close && from[1] == close)
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return text;
}

static SqlPart
part_between(Parser *parser, uint32_t token, uint32_t begin, uint32_t end, char quote)
{
    return (SqlPart){.text = unquote(parser, begin, end, quote == '[' ? ']' : quote),
                     .token = token,
                     .begin = begin,
                     .end = end,
                     .quote = quote};
}

static SqlPart
part_at(Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    if (token->kind != TOKEN_QUOTED)
        return part_between(parser, index, token->begin, token->end, '\0');
    SqlPart part = part_between(parser, index, token->begin + 1, token->end - 1,
                                parser->sql->list->text[token->begin]);
    part.begin--;
    part.end++;
    return part;
}

SqlPart *
part_take(Parser *parser)
{
    SqlPart *part = node_unset(parser, sizeof(SqlPart));
    *part = part_at(parser, parser->pos++);
    return part;
}

/* Parts of a path while it is read. */
typedef struct {
    SqlPart *parts;
    uint32_t count, room;
} Parts;

static SqlPart *
part_add(Parser *parser, Parts *parts, SqlPart part)
{
    if (parts->count == parts->room) {
        SqlPart *more = node(parser, 2 * parts->room * sizeof(SqlPart));
        memcpy(more, parts->parts, parts->count * sizeof(SqlPart));
        parts->parts = more;
        parts->room *= 2;
    }
    parts->parts[parts->count] = part;
    return &parts->parts[parts->count++];
}

SqlPart *
string_part_take(Parser *parser)
{
    const Token *token = peek(parser, parser->pos);
    char quote = parser->sql->list->text[token->end - 1];
    SqlPart *part = node(parser, sizeof(SqlPart));
    *part = part_between(parser, parser->pos++, token->begin + 1,
                         MAX(token->end - 1, token->begin + 1), quote);
    part->begin = token->begin;
    part->end = token->end;
    return part;
}

/* `a.b.c` in one pair of quotes. A dot within `{{ x.y }}` parts nothing. */
static void
split_quoted(Parser *parser, uint32_t index, Parts *parts)
{
    const Token *token = peek(parser, index);
    const char *text = parser->sql->list->text;
    uint32_t begin = token->begin + 1, end = token->end - 1;
    int depth = 0;
    for (uint32_t at = begin; at <= end; at++) {
        depth += text[at] == '{' ? 1 : text[at] == '}' ? -1 : 0;
        if (at < end && (text[at] != '.' || depth > 0))
            continue;
        part_add(parser, parts, part_between(parser, index, begin, at, text[token->begin]));
        begin = at + 1;
    }
}

static bool
is_touching(const Parser *parser, uint32_t index)
{
    return peek(parser, index)->begin == peek(parser, index - 1)->end;
}

/* my-project.dataset: a word with dashes, all of it touching. */
static void
join_dashes(Parser *parser, SqlPart *part, uint32_t end)
{
    while (parser->pos + 1 < end && is_text(parser, parser->pos, "-") &&
           is_touching(parser, parser->pos) && is_touching(parser, parser->pos + 1) &&
           (peek(parser, parser->pos + 1)->kind == TOKEN_WORD ||
            peek(parser, parser->pos + 1)->kind == TOKEN_NUMBER)) {
        part->end = peek(parser, parser->pos + 1)->end;
        part->text = unquote(parser, part->begin, part->end, '\0');
        parser->pos += 2;
    }
}

static bool
may_be_part(const Parser *parser, uint32_t index)
{
    TokenKind kind = peek(parser, index)->kind;
    return kind == TOKEN_WORD || kind == TOKEN_QUOTED || kind == TOKEN_TEMPLATE ||
           kind == TOKEN_PARAMETER;
}

/* The two dots of a..b */
static bool
is_omitted_at(const Parser *parser, uint32_t index)
{
    return parser->sql->dialect->omitted_schema != NULL && peek(parser, index)->kind == TOKEN_DOT &&
           peek(parser, index + 1)->kind == TOKEN_DOT && is_touching(parser, index + 1) &&
           may_be_part(parser, index + 2);
}

/* a.b.c without quotes, templates and the like, which most paths are: how many parts it has; 0 of another one. */
static uint32_t
plain_parts(const Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos, count = 1;
    for (; peek(parser, at)->kind == TOKEN_WORD; at += 2, count++)
        if (at + 2 >= end || peek(parser, at + 1)->kind != TOKEN_DOT ||
            !may_be_part(parser, at + 2))
            return at + 3 < end && is_omitted_at(parser, at + 1) ? 0 : count;
    return 0;
}

static SqlPath
plain_path_take(Parser *parser, uint32_t count)
{
    const Token *tokens = peek(parser, parser->pos);
    uint32_t begin = tokens->begin, bytes = tokens[2 * (count - 1)].end - begin;
    SqlPath path = {.parts = node_unset(parser, count * sizeof(SqlPart)), .count = count};
    char *text = arena_copy(parser->sql->arena, parser->sql->list->text + begin, bytes);
    for (uint32_t i = 0; i < count; i++) { /* what stands between them is cut off */
        const Token *token = &tokens[2 * i];
        path.parts[i] = (SqlPart){.text = text + (token->begin - begin),
                                  .token = parser->pos + 2 * i,
                                  .begin = token->begin,
                                  .end = token->end};
        text[token->end - begin] = '\0';
    }
    parser->pos += 2 * count - 1;
    return path;
}

/* a..b: the schema between the dots, which is the one that names without a schema are in. */
static void
omitted_take(Parser *parser, Parts *parts, uint32_t end)
{
    const char *schema = parser->sql->dialect->omitted_schema;
    if (parts->count != 1 || parser->pos + 2 >= end || !is_omitted_at(parser, parser->pos))
        return;
    uint32_t between = peek(parser, ++parser->pos)->begin;
    SqlPart part = {.text = arena_copy(parser->sql->arena, schema, strlen(schema)),
                    .token = parser->pos,
                    .begin = between,
                    .end = between};
    part_add(parser, parts, part);
}

SqlPath
path_take(Parser *parser, uint32_t end, bool is_table)
{
    const Dialect *dialect = parser->sql->dialect;
    SqlPart few[4]; /* most have no more */
    uint32_t plain = is_table ? 0 : plain_parts(parser, end);
    if (plain > 0)
        return plain_path_take(parser, plain);
    Parts parts = {.parts = few, .room = G_N_ELEMENTS(few)};
    bool is_in_one_quote = false;
    for (;;) {
        const Token *token = peek(parser, parser->pos);
        bool is_path =
            dialect->has_paths_in_quotes && is_table && token->kind == TOKEN_QUOTED &&
            memchr(parser->sql->list->text + token->begin, '.', token->end - token->begin);
        if (is_path) {
            is_in_one_quote = parts.count == 0;
            split_quoted(parser, parser->pos++, &parts);
        } else {
            SqlPart *part = part_add(parser, &parts, part_at(parser, parser->pos));
            parser->pos++;
            if (dialect->has_dashed_paths && is_table)
                join_dashes(parser, part, end);
        }
        omitted_take(parser, &parts, end);
        if (parser->pos + 1 >= end || peek(parser, parser->pos)->kind != TOKEN_DOT ||
            !may_be_part(parser, parser->pos + 1))
            break;
        is_in_one_quote = false;
        parser->pos++;
    }
    SqlPath path = {.count = parts.count, .is_in_one_quote = is_in_one_quote};
    path.parts = node_unset(parser, parts.count * sizeof(SqlPart));
    memcpy(path.parts, parts.parts, parts.count * sizeof(SqlPart));
    return path;
}

void
mention_add(Parser *parser, SqlPath path)
{
    SqlMention *mention = node(parser, sizeof(SqlMention));
    *mention = (SqlMention){.path = path, .statement = parser->statement};
    list_add(parser, parser->sql->mentions, mention);
}

void
mention_take(Parser *parser, uint32_t end)
{
    mention_add(parser, path_take(parser, end, true));
}

ArenaList *
names_take(Parser *parser, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end), at = parser->pos + 1;
    for (uint32_t i = at; i < close; i += 2) {
        bool is_last = i + 1 == close;
        if (!(is_name(parser, i) || peek(parser, i)->kind == TOKEN_WORD) ||
            (!is_last && peek(parser, i + 1)->kind != TOKEN_COMMA))
            return NULL;
    }
    if (!is_open(parser, parser->pos) || close >= end || at == close)
        return NULL;
    ArenaList *names = list(parser);
    for (parser->pos = at; parser->pos < close; parser->pos++)
        list_add(parser, names, part_take(parser));
    parser->pos = close + 1;
    return names;
}

bool
is_same_token(const Parser *parser, uint32_t a, uint32_t b)
{
    const Token *one = peek(parser, a), *other = peek(parser, b);
    const char *text = parser->sql->list->text;
    return one->end - one->begin == other->end - other->begin &&
           g_ascii_strncasecmp(text + one->begin, text + other->begin, one->end - one->begin) == 0;
}
