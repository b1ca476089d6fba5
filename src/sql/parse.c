/* parse.c - tokens, names and nodes: what all parts of the parser use. */
#include "sql/parse.h"
#include "sql/branch.h"

#include <string.h>

/* ---- tokens ---- */

bool
is_name(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    return token->kind == TOKEN_QUOTED ||
           (token->kind == TOKEN_WORD && !word_is_reserved(token->word));
}

uint32_t
closing(const Parser *parser, uint32_t open, uint32_t end)
{
    uint32_t match = peek(parser, open)->match;
    return match > open && match < end ? match : end;
}

bool
take_word(Parser *parser, uint32_t end, Word word)
{
    if (parser->pos >= end || !is_word(parser, parser->pos, word))
        return false;
    parser->pos++;
    return true;
}

/* FULL OUTER UNION, LEFT UNION, INNER UNION, of BigQuery: which of the columns come out. Then the token of UNION, else 0. */
static uint32_t
set_operation_behind(const Parser *parser, uint32_t index)
{
    Word word = peek(parser, index)->word;
    if (word != WORD_FULL && word != WORD_LEFT && word != WORD_INNER && word != WORD_OUTER)
        return 0;
    index += 1 + is_word(parser, index + 1, WORD_OUTER);
    word = peek(parser, index)->word;
    return word == WORD_UNION || word == WORD_INTERSECT ||
                   (word == WORD_EXCEPT && is_set_operation(parser, index))
               ? index
               : 0;
}

bool
is_set_operation(const Parser *parser, uint32_t index)
{
    switch (peek(parser, index)->word) {
    case WORD_UNION:
    case WORD_INTERSECT:
        return true;
    case WORD_FULL:
    case WORD_LEFT:
    case WORD_INNER:
    case WORD_OUTER:
        return set_operation_behind(parser, index) > 0;
    case WORD_EXCEPT:
    case WORD_MINUS: { /* also a function's or a star's word */
        Word next = peek(parser, index + 1)->word;
        return next == WORD_ALL || next == WORD_DISTINCT || next == WORD_SELECT ||
               next == WORD_WITH || (next == WORD_FROM && parser->sql->dialect->has_from_first) ||
               (is_open(parser, index + 1) && starts_query(parser, index + 2, UINT32_MAX));
    }
    default:
        return false;
    }
}

/* ((SELECT …) UNION …) is a query, ((SELECT …) + 1) is not. */
bool
starts_query(const Parser *parser, uint32_t index, uint32_t end)
{
    while (index < end && is_open(parser, index)) {
        uint32_t close = closing(parser, index, end), behind = close + 1;
        if (behind < end && peek(parser, behind)->kind != TOKEN_CLOSE &&
            peek(parser, behind)->kind != TOKEN_SEMICOLON &&
            peek(parser, behind)->kind != TOKEN_END && !is_set_operation(parser, behind) &&
            !is_word(parser, behind, WORD_ORDER) && !is_word(parser, behind, WORD_LIMIT))
            return false;
        index++;
        end = close;
    }
    if (index >= end)
        return false;
    Word word = peek(parser, index)->word;
    bool is_table = word == WORD_TABLE && index > 0 &&
                    is_open(parser, index - 1) && /* ( TABLE t ) */
                    is_name(parser, index + 1) && end != UINT32_MAX &&
                    (index + 2 == end || peek(parser, index + 2)->kind == TOKEN_DOT);
    return word == WORD_SELECT || (word == WORD_WITH && !is_making_option(parser, index)) ||
           is_table || is_rows(parser, index) || is_pivot(parser, index) ||
           (word == WORD_VALUES && is_open(parser, index + 1)) ||
           (word == WORD_FROM && parser->sql->dialect->has_from_first &&
            (is_name(parser, index + 1) ||
             (is_open(parser, index + 1) && starts_query(parser, index + 2, UINT32_MAX))));
}

/* IS [NOT] DISTINCT FROM compares. */
static bool
is_comparing_from(const Parser *parser, uint32_t index)
{
    return index >= 2 && is_word(parser, index - 1, WORD_DISTINCT) &&
           (is_word(parser, index - 2, WORD_IS) || is_word(parser, index - 2, WORD_NOT));
}

/* FOR UPDATE, FOR SHARE, FOR JSON: what is behind FOR. */
static bool
starts_for_clause(const Parser *parser, const Token *token)
{
    static const char *const words[] = {"SHARE", "XML", "JSON", "BROWSE", "NO", "READ"};
    if (token->word == WORD_UPDATE || token->word == WORD_KEY)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (token_is_text(parser, token, words[i]))
            return true;
    return false;
}

/* PREWHERE a, SETTINGS a = 1, FORMAT JSON: of ClickHouse. */
static bool
starts_own_clause(const Parser *parser, const Token *token)
{
    bool is_called = token[1].kind == TOKEN_OPEN;
    return parser->sql->dialect->has_hiding_aliases && token->kind == TOKEN_WORD &&
           (token_is_text(parser, token, "PREWHERE") ||
            (is_called && token_is_text(parser, token, "INTERPOLATE")) ||
            (token[1].kind == TOKEN_WORD && !is_called &&
             (token_is_text(parser, token, "SETTINGS") || token_is_text(parser, token, "FORMAT"))));
}

bool
starts_clause(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    if (starts_own_clause(parser, token))
        return true;
    if (token->word == WORD_NONE && token->kind != TOKEN_OPERATOR &&
        !parser->sql->dialect->has_alias_first) /* most are names */
        return false;
    switch (token->word) {
    case WORD_FROM:
        return !is_comparing_from(parser, index);
    case WORD_WHERE:
    case WORD_HAVING:
    case WORD_QUALIFY:
    case WORD_LIMIT:
    case WORD_INTO:
    case WORD_RETURNING:
        return true;
    case WORD_GROUP:
        return token[1].word == WORD_BY ||
               (token[1].word == WORD_AND && token[2].word == WORD_ORDER); /* of pipes */
    case WORD_ORDER:
    case WORD_CLUSTER:
    case WORD_DISTRIBUTE:
    case WORD_SORT:
        return token[1].word == WORD_BY;
    case WORD_WINDOW:
        return is_name(parser, index + 1) && token[2].word == WORD_AS;
    case WORD_FETCH:
        return token_is_text(parser, token + 1, "FIRST") ||
               token_is_text(parser, token + 1, "NEXT");
    case WORD_OFFSET:
        return token[1].kind == TOKEN_NUMBER || token[1].kind == TOKEN_PARAMETER;
    case WORD_FOR:
        return starts_for_clause(parser, token + 1);
    case WORD_ON:
        return token[1].word == WORD_CONFLICT || token[1].word == WORD_DUPLICATE;
    case WORD_UNION:
    case WORD_INTERSECT:
    case WORD_EXCEPT:
    case WORD_MINUS:
    case WORD_FULL:
    case WORD_LEFT:
    case WORD_INNER:
    case WORD_OUTER:
        return is_set_operation(parser, index);
    default:
        return (token->kind == TOKEN_OPERATOR && token_is_text(parser, token, "|>")) ||
               (parser->sql->dialect->has_alias_first && token_is_text(parser, token, "OUTPUT"));
    }
}

/* GLOBAL ANY LEFT JOIN, ASOF JOIN */
static bool
leads_to_join(const Parser *parser, uint32_t index)
{
    for (uint32_t behind = index + 1; behind < index + 5; behind++)
        switch (peek(parser, behind)->word) {
        case WORD_JOIN:
            return true;
        case WORD_LEFT:
        case WORD_RIGHT:
        case WORD_INNER:
        case WORD_FULL:
        case WORD_OUTER:
        case WORD_SEMI:
        case WORD_ANTI:
        case WORD_ASOF:
        case WORD_ANY:
        case WORD_ALL:
            break;
        default:
            return false;
        }
    return false;
}

/* POSITIONAL JOIN of DuckDB, PASTE JOIN of ClickHouse, DIRECTED JOIN of Snowflake; names elsewhere. */
static bool
is_kind_of_join(const Parser *parser, const Token *token)
{
    const Dialect *dialect = parser->sql->dialect;
    return token[1].word == WORD_JOIN &&
           (token_is_text(parser, token, "POSITIONAL") ||
            (dialect->has_hiding_aliases && token_is_text(parser, token, "PASTE")) ||
            (dialect->has_places && token_is_text(parser, token, "DIRECTED")));
}

bool
starts_join(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    Word next = token[1].word;
    switch (token->word) {
    case WORD_JOIN:
    case WORD_NATURAL:
        return true;
    case WORD_LEFT:
    case WORD_RIGHT: /* functions, too */
        return !is_open(parser, index + 1) && set_operation_behind(parser, index) == 0;
    case WORD_INNER:
    case WORD_FULL:
    case WORD_OUTER:
    case WORD_CROSS:
        return next == WORD_JOIN || (next == WORD_OUTER && !set_operation_behind(parser, index)) ||
               next == WORD_APPLY || next == WORD_ANY || next == WORD_ALL ||
               token_is_text(parser, token + 1, "HASH") || is_kind_of_join(parser, token + 1);
    case WORD_SEMI:
    case WORD_ANTI:
    case WORD_ASOF:
    case WORD_GLOBAL:
    case WORD_ANY:
    case WORD_ALL:
        return leads_to_join(parser, index);
    case WORD_ARRAY:
        return next == WORD_JOIN || next == WORD_LEFT || next == WORD_INNER;
    case WORD_LATERAL:
        return next == WORD_VIEW;
    case WORD_NONE:
        return is_kind_of_join(parser, token) || token_is_text(parser, token, "STRAIGHT_JOIN");
    default:
        return false;
    }
}

bool
is_too_deep(Parser *parser, uint32_t end)
{
    if (parser->depth < SQL_DEPTH_MAX)
        return false;
    Sql *sql = parser->sql;
    if (!sql->is_broken)
        sql->broken_at = peek(parser, parser->pos)->begin;
    sql->is_broken = sql->is_deep = true;
    parser->pos = end;
    return true;
}

/* ---- nodes ---- */

void *
node(Parser *parser, size_t bytes)
{
    return arena_alloc(parser->sql->arena, bytes);
}

void *
node_unset(Parser *parser, size_t bytes)
{
    return arena_room(parser->sql->arena, bytes);
}

ArenaList *
list(Parser *parser)
{
    return arena_list_new(parser->sql->arena);
}

SqlBlock *
block_new(Parser *parser, SqlQuery *query, SqlBlock *parent)
{
    SqlBlock *block = node_unset(parser, sizeof(SqlBlock));
    *block = (SqlBlock){.query = query,
                        .parent = parent,
                        .statement = parser->statement,
                        .first = parser->pos,
                        .items = list(parser),
                        .sources = list(parser),
                        .refs = list(parser)};
    list_add(parser, parser->sql->blocks, block);
    list_add(parser, parser->statement->blocks, block);
    return block;
}

SqlRef *
ref_add(Parser *parser, const Context *context, SqlPath path)
{
    SqlRef *ref = node_unset(parser, sizeof(SqlRef));
    *ref = (SqlRef){
        .path = path, .block = context->block, .clause = context->clause, .in = context->item};
    list_add(parser, context->block->refs, ref);
    return ref;
}

void
receiver_add(Parser *parser, const Context *context, SqlPath path)
{
    if (!parser->sql->dialect->has_methods || path.count < 2)
        return;
    path.count--;
    ref_add(parser, context, path)->is_receiver = true;
}

/* ---- names ---- */

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

/* ---- the whole ---- */

static bool
is_pair(char open, char close)
{
    return (open == '(' && close == ')') || (open == '[' && close == ']') ||
           (open == '{' && close == '}');
}

/* Brackets of branches that are not taken must not count. `kept` up to `index`, which is one. */
static void
match_bracket(const char *text, Token *kept, guint index, GArray *open)
{
    Token *token = &kept[index];
    token->match = 0;
    if (token->kind == TOKEN_OPEN) {
        g_array_append_val(open, index);
        return;
    }
    guint other = open->len > 0 ? g_array_index(open, guint, open->len - 1) : 0;
    if (open->len == 0 || !is_pair(text[kept[other].begin], text[token->begin]))
        return; /* stays without its other half */
    kept[other].match = index;
    token->match = other;
    g_array_set_size(open, open->len - 1);
}

/* `-- COMMAND ----------` between cells of Databricks: statements end there. */
static bool
is_between_cells(const char *text, const Token *token)
{
    static const char mark[] = "-- COMMAND ---";
    return token->end - token->begin >= sizeof mark - 1 &&
           memcmp(text + token->begin, mark, sizeof mark - 1) == 0;
}

/* \\copy t FROM 'x': what psql does itself has a line of its own. */
static bool
begins_command(const char *text, const Token *token)
{
    return text[token->begin] == '\\' && (token->begin == 0 || text[token->begin - 1] == '\n');
}

static bool
ends_line(const char *text, const Token *token)
{
    return memchr(text + token->begin, '\n', token->end - token->begin) != NULL;
}

/* What becomes of a token. */
typedef enum { KEPT, PASSED_OVER, A_BORDER } Part;

/* Of one that is no blank. `*command`: a command of psql, which its line ends, has begun. */
static Part
part_of(Sql *sql, const Token *token, guint index, bool *command)
{
    const char *text = sql->list->text;
    switch (token->kind) {
    case TOKEN_COMMENT:
        arena_list_add(sql->arena, sql->comments, GUINT_TO_POINTER(index));
        return is_between_cells(text, token) ? A_BORDER : PASSED_OVER;
    case TOKEN_TAG:
        return tag_is_border(text, token) ? A_BORDER : PASSED_OVER;
    case TOKEN_CHOICE:
        return PASSED_OVER;
    case TOKEN_OPERATOR:
        if (!begins_command(text, token))
            return KEPT;
        *command = true;
        return A_BORDER;
    case TOKEN_BROKEN:
        if (!sql->is_broken)
            sql->broken_at = token->begin;
        sql->is_broken = true;
        return KEPT;
    default:
        return KEPT;
    }
}

/* Those that are looked for among what was kept. */
static void
note_kept(Sql *sql, Token *kept, guint index, GArray *open)
{
    switch (kept[index].kind) {
    case TOKEN_OPEN:
    case TOKEN_CLOSE:
        match_bracket(sql->list->text, kept, index, open);
        return;
    case TOKEN_STRING:
        arena_list_add(sql->arena, sql->strings, GUINT_TO_POINTER(index));
        return;
    default:
        return;
    }
}

/* Of these nothing is asked but whether they are live. */
#define PLAIN_KINDS                                                                                \
    (1U << TOKEN_WORD | 1U << TOKEN_QUOTED | 1U << TOKEN_NUMBER | 1U << TOKEN_COMMA |              \
     1U << TOKEN_DOT | 1U << TOKEN_PARAMETER | 1U << TOKEN_TEMPLATE | 1U << TOKEN_SEMICOLON |      \
     1U << TOKEN_END)

static void
keep_what_means_something(Sql *sql)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
    bool is_command = false;
    guint count = 0, length = sql->list->tokens->len;
    const guint8 *live = sql->live->data;
    const Token *all = tokens_at(sql->list, 0);
    g_array_set_size(sql->tokens, length + TOKENS_BEHIND);
    Token *kept = &g_array_index(sql->tokens, Token, 0);
    for (guint i = 0; i < length; i++) {
        const Token *token = &all[i];
        if (token->kind == TOKEN_SPACE && !is_command)
            continue;
        if ((PLAIN_KINDS >> token->kind & 1) != 0) {
            if (live[i])
                kept[count++] = *token;
            continue;
        }
        Part part = token->kind != TOKEN_SPACE          ? part_of(sql, token, i, &is_command)
                    : ends_line(sql->list->text, token) ? A_BORDER
                                                        : PASSED_OVER;
        if (part == PASSED_OVER || (part == KEPT && !live[i]))
            continue;
        is_command = is_command && token->kind != TOKEN_SPACE;
        kept[count] = *token;
        if (part == A_BORDER)
            kept[count].kind = TOKEN_SEMICOLON;
        note_kept(sql, kept, count, open);
        count++;
    }
    g_array_set_size(sql->tokens, count);
    for (guint i = 0; i < TOKENS_BEHIND; i++) /* the last that was kept is the end */
        kept[count + i] = kept[count - 1];
}

bool
sql_is_live(const Sql *sql, size_t byte)
{
    guint low = 0, high = sql->list->tokens->len;
    while (low + 1 < high) { /* the last token that begins at the byte or before */
        guint middle = (low + high) / 2;
        if (tokens_at(sql->list, middle)->begin <= byte)
            low = middle;
        else
            high = middle;
    }
    return sql->live->data[low];
}

Sql *
sql_new(const char *text, size_t bytes, const Dialect *dialect, guint variant)
{
    return sql_new_with(text, bytes, dialect, variant, NULL, NULL);
}

Sql *
sql_new_with(const char *text, size_t bytes, const Dialect *dialect, guint variant,
             SqlRowsFn *gives_rows, const void *data)
{
    Sql *sql = g_new0(Sql, 1);
    *sql = (Sql){.list = tokens_new(text, bytes, dialect),
                 .dialect = dialect,
                 .tokens = g_array_new(FALSE, FALSE, sizeof(Token)),
                 .live = g_byte_array_new(),
                 .arena = arena_new()};
    sql->statements = arena_list_new(sql->arena);
    sql->queries = arena_list_new(sql->arena);
    sql->blocks = arena_list_new(sql->arena);
    sql->mentions = arena_list_new(sql->arena);
    sql->comments = arena_list_new(sql->arena);
    sql->strings = arena_list_new(sql->arena);
    g_autoptr(Branches) branches = branches_new(sql->list);
    sql->variants = branches_variants(branches);
    branches_mark(branches, sql->list, variant, sql->live);
    keep_what_means_something(sql);
    g_autoptr(JinjaLists) lists = jinja_lists_new(sql->list);
    Parser parser = {.sql = sql,
                     .tokens = &g_array_index(sql->tokens, Token, 0),
                     .last = sql->tokens->len - 1,
                     .lists = lists,
                     .gives_rows = gives_rows,
                     .rows_data = data};
    parse_statements(&parser, parser.last);
    return sql;
}

void
sql_free(Sql *sql)
{
    if (sql == NULL)
        return;
    g_array_unref(sql->tokens);
    g_byte_array_unref(sql->live);
    tokens_free(sql->list);
    arena_free(sql->arena);
    g_free(sql);
}
