/* parse.c - a text from its first token to its end, and the nodes of which its tree is made. */
#include "sql/parse.h"
#include "sql/branch.h"

#include <string.h>

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

/* Does the token have its line for itself? */
static bool
is_line(const TokenList *list, const Token *token)
{
    const char *text = list->text, *end = text + list->bytes;
    const char *before = text + token->begin, *behind = text + token->end;
    while (before > text && (before[-1] == ' ' || before[-1] == '\t'))
        before--;
    while (behind < end && (*behind == ' ' || *behind == '\t' || *behind == '\r'))
        behind++;
    return (before == text || before[-1] == '\n') && (behind == end || *behind == '\n');
}

/* GO, which ends a batch of T-SQL, in a file of which nobody knew that it is that. */
static bool
is_go(const Sql *sql, const Token *token)
{
    return token->kind == TOKEN_WORD && token->end - token->begin == 2 &&
           !sql->dialect->has_alias_first &&
           g_ascii_strncasecmp(sql->list->text + token->begin, "GO", 2) == 0 &&
           is_line(sql->list, token);
}

/* The next word behind blanks and comments of a line. */
static const char *
word_behind(const TokenList *list, size_t at)
{
    const char *text = list->text + at, *end = list->text + list->bytes;
    for (;;) {
        while (text < end && g_ascii_isspace(*text))
            text++;
        if (end - text < 2 || text[0] != '-' || text[1] != '-')
            return text;
        while (text < end && *text != '\n')
            text++;
    }
}

/* `/` alone in a line, behind which a statement begins: it ends the one before, for SQL*Plus. Else it divides. */
static bool
is_slash(const TokenList *list, const Token *token)
{
    static const char *const starts[] = {"CREATE ",  "ALTER ",      "DROP ",   "INSERT INTO ",
                                         "GRANT ",   "COMMENT ON ", "DECLARE", "BEGIN",
                                         "TRUNCATE", "UPDATE ",     "DELETE ", "MERGE INTO "};
    if (token->end - token->begin != 1 || list->text[token->begin] != '/' || !is_line(list, token))
        return false;
    const char *word = word_behind(list, token->end);
    size_t left = list->bytes - (size_t) (word - list->text);
    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
        if (left >= strlen(starts[i]) &&
            g_ascii_strncasecmp(word, starts[i], strlen(starts[i])) == 0)
            return true;
    return left == 0;
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
        return is_between_cells(text, token) ||
                       g_ascii_isalpha(text[token->begin]) /* REM, PROMPT */
                   ? A_BORDER
                   : PASSED_OVER;
    case TOKEN_TAG:
        return tag_is_border(text, token) ? A_BORDER : PASSED_OVER;
    case TOKEN_CHOICE:
        return PASSED_OVER;
    case TOKEN_OPERATOR:
        if (is_slash(sql->list, token))
            return A_BORDER;
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
            if (live[i]) {
                kept[count] = *token;
                kept[count++].kind = is_go(sql, token) ? TOKEN_SEMICOLON : token->kind;
            }
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
    return sql->live->data[tokens_before(sql->list, byte + 1) - 1];
}

const SqlStatement *
sql_statement_from(const Sql *sql, guint token)
{
    guint from = 0, behind = sql->statements->len;
    while (from < behind) {
        guint middle = from + (behind - from) / 2;
        if (((const SqlStatement *) g_ptr_array_index(sql->statements, middle))->first <= token)
            from = middle + 1;
        else
            behind = middle;
    }
    return from > 0 ? g_ptr_array_index(sql->statements, from - 1) : NULL;
}

const SqlBlock *
sql_block_around(const Sql *sql, guint token, bool has_sources)
{
    const SqlBlock *found = NULL;
    for (guint i = 0; i < sql->blocks->len; i++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, i);
        if (block->first <= token && token <= block->last &&
            (block->sources->len > 0 || !has_sources) &&
            (found == NULL || block->last - block->first <= found->last - found->first))
            found = block;
    }
    return found;
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
    g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    QueryChain chain = {.ends = ends};
    Parser parser = {.sql = sql,
                     .tokens = &g_array_index(sql->tokens, Token, 0),
                     .last = sql->tokens->len - 1,
                     .lists = lists,
                     .gives_rows = gives_rows,
                     .rows_data = data,
                     .chain = &chain};
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
