/* parse_source.c - one source of FROM: where rows come from, and what they are called. */
#include "sql/parse.h"

#include <string.h>

/* ---- what a name in FROM is ---- */

SqlCommon *
common_find(const Parser *parser, const SqlQuery *query, const SqlPart *name)
{
    guint hash = sql_name_hash(name->text);
    for (; query != NULL; query = query->parent)
        for (SqlCommon *common = sql_commons(query, hash); common != NULL; common = common->next)
            if (!common->is_begun &&
                sql_same_column(parser->sql->dialect, name->text, name->quote, common->name.text))
                return common;
    return NULL;
}

static const char *
source_name(const SqlSource *source)
{
    if (source->alias != NULL)
        return source->alias->text;
    return source->path.count > 0 ? source->path.parts[source->path.count - 1].text : NULL;
}

/* t.items, where t is another source in sight: an array of its rows. A FROM with more sources than are looked at is refused. */
static bool
is_array_of(const Parser *parser, const SqlBlock *block, const SqlPath *path)
{
    if (path->count < 2 || path->is_in_one_quote || !parser->sql->dialect->has_value_tables)
        return false;
    for (; block != NULL; block = block->parent)
        for (guint i = 0; i < MIN(block->sources->len, SQL_SOURCES_MAX); i++) {
            const char *name = source_name(g_ptr_array_index(block->sources, i));
            if (name != NULL && sql_same_column(parser->sql->dialect, path->parts[0].text,
                                                path->parts[0].quote, name))
                return true;
        }
    return false;
}

/* ---- one source ---- */

/* NOT INDEXED */
static bool
is_not_indexed(const Parser *parser, uint32_t index)
{
    return is_word(parser, index, WORD_NOT) && is_text(parser, index + 1, "INDEXED");
}

/* INDEXED BY name */
static bool
is_indexed_by(const Parser *parser, uint32_t index)
{
    return is_text(parser, index, "INDEXED") && is_word(parser, index + 1, WORD_BY);
}

/* USE INDEX (…), FORCE KEY FOR JOIN (…) */
static bool
is_index_hint(const Parser *parser, uint32_t index)
{
    return (is_text(parser, index, "USE") || is_text(parser, index, "FORCE") ||
            is_text(parser, index, "IGNORE")) &&
           (is_text(parser, index + 1, "INDEX") || is_text(parser, index + 1, "KEY"));
}

bool
is_match_condition(const Parser *parser, uint32_t index)
{
    return is_text(parser, index, "MATCH_CONDITION") && is_open(parser, index + 1);
}

/* OPTION (RECOMPILE), FETCH 5, PROCEDURE ANALYSE(): behind all tables, and no alias. */
static bool
is_tail(const Parser *parser, uint32_t index)
{
    return (is_text(parser, index, "OPTION") && is_open(parser, index + 1) &&
            (parser->sql->dialect->has_alias_first || parser->sql->dialect->is_any)) ||
           (is_text(parser, index, "FETCH") && peek(parser, index + 1)->kind == TOKEN_NUMBER) ||
           (is_text(parser, index, "PROCEDURE") && is_text(parser, index + 1, "ANALYSE"));
}

/* (NOLOCK), of T-SQL, where WITH is left out. */
static bool
is_lock_hint(const Parser *parser, uint32_t open)
{
    static const char *const hints[] = {"NOLOCK",   "HOLDLOCK",        "UPDLOCK",       "ROWLOCK",
                                        "TABLOCK",  "TABLOCKX",        "READPAST",      "PAGLOCK",
                                        "XLOCK",    "READUNCOMMITTED", "READCOMMITTED", "NOWAIT",
                                        "SNAPSHOT", "REPEATABLEREAD",  "SERIALIZABLE",  NULL};
    bool is_hint = false;
    for (size_t i = 0; hints[i] != NULL && !is_hint; i++)
        is_hint = is_text(parser, open + 1, hints[i]);
    return is_hint && is_open(parser, open) &&
           (parser->sql->dialect->has_alias_first || parser->sql->dialect->is_any);
}

bool
ends_source(const Parser *parser, uint32_t index)
{
    switch (peek(parser, index)->word) {
    case WORD_ON:
    case WORD_USING:
    case WORD_SET:
    case WORD_WHEN:
    case WORD_VALUES:
    case WORD_SELECT:
    case WORD_WITH:
    case WORD_PIVOT:
    case WORD_UNPIVOT:
    case WORD_TABLESAMPLE:
    case WORD_SAMPLE:
    case WORD_FINAL:
    case WORD_DO:
    case WORD_LOOP:
        return true;
    case WORD_PARTITION:
        return is_open(parser, index + 1);
    default:
        return is_moment(parser, index) || starts_clause(parser, index) ||
               starts_join(parser, index) || is_reshape(parser, index) ||
               is_index_hint(parser, index) || is_indexed_by(parser, index) ||
               is_not_indexed(parser, index) || is_match_condition(parser, index) ||
               (is_text(parser, index, "OUTPUT") && parser->sql->dialect->has_alias_first) ||
               is_tail(parser, index);
    }
}

ArenaList *
typed_names_take(Parser *parser, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end);
    ArenaList *names = list(parser);
    for (parser->pos++; parser->pos < close;) {
        if (is_name(parser, parser->pos))
            list_add(parser, names, part_take(parser));
        while (parser->pos < close && peek(parser, parser->pos)->kind != TOKEN_COMMA)
            parser->pos = peek(parser, parser->pos)->kind == TOKEN_OPEN
                              ? closing(parser, parser->pos, close) + 1
                              : parser->pos + 1;
        parser->pos++;
    }
    parser->pos = MIN(close + 1, end);
    return names;
}

void
source_alias_take(Parser *parser, SqlSource *source, uint32_t end)
{
    bool has_as = take_word(parser, end, WORD_AS);
    bool is_called_table = is_word(parser, parser->pos, WORD_TABLE); /* not reserved in BigQuery */
    if (parser->pos >= end || (!has_as && !is_called_table &&
                               (!is_name(parser, parser->pos) || ends_source(parser, parser->pos))))
        return;
    if (!is_name(parser, parser->pos) && peek(parser, parser->pos)->kind != TOKEN_WORD)
        return;
    if (peek(parser, parser->pos + 1)->kind ==
        TOKEN_DOT) /* {{ if x }} db.t: what is before it was no table */
        return;
    source->alias = part_take(parser);
    if (!is_open(parser, parser->pos) || parser->pos >= end || source->block->is_values)
        return;
    if (is_lock_hint(parser, parser->pos)) {
        parser->pos = MIN(closing(parser, parser->pos, end) + 1, end);
        return;
    }
    source->columns = names_take(parser, end);
    if (source->columns == NULL && source->kind == SOURCE_ARRAY)
        source->columns = typed_names_take(parser, end);
}

/* May it begin what stands between a table and its alias, or behind? Mostly AS, ON, or the next JOIN stand there. */
static bool
may_be_suffix(const Token *token)
{
    switch (token->word) {
    case WORD_NONE:
        return token->kind == TOKEN_WORD;
    case WORD_AT:
    case WORD_FINAL:
    case WORD_FOR:
    case WORD_NOT: /* INDEXED */
    case WORD_PARTITION:
    case WORD_PIVOT:
    case WORD_SAMPLE:
    case WORD_TABLESAMPLE:
    case WORD_UNPIVOT:
    case WORD_WITH:
        return true;
    default:
        return false;
    }
}

/* FOR SYSTEM_TIME AS OF x, TABLESAMPLE …, WITH OFFSET AS i, PIVOT (…): between a table and its alias, or behind. */
static void
take_suffixes(Parser *parser, SqlSource *source, const Context *context, uint32_t end)
{
    while (parser->pos < end && may_be_suffix(peek(parser, parser->pos))) {
        uint32_t at = parser->pos;
        if (is_reshape(parser, at)) {
            reshape_take(parser, source, context, end);
            continue;
        } else if (is_word(parser, at, WORD_TABLESAMPLE) || is_word(parser, at, WORD_SAMPLE)) {
            parser->pos += is_open(parser, at + 1) ? 1 : 2;
        } else if (is_word(parser, at, WORD_FINAL)) {
            parser->pos++;
            continue;
        } else if (is_moment(parser, at)) {
            moment_take(parser, source, context, end);
            continue;
        } else if ((is_word(parser, at, WORD_PARTITION) && is_open(parser, at + 1) &&
                    !source->block->is_values)) { /* MySQL: PARTITION (p0) */
            parser->pos = MIN(closing(parser, at + 1, end) + 1, end);
            continue;
        } else if (is_indexed_by(parser, at) || is_not_indexed(parser, at)) {
            parser->pos = MIN(at + 2 + is_indexed_by(parser, at), end);
            continue;
        } else if (is_index_hint(parser, at)) {
            while (parser->pos < end && !is_open(parser, parser->pos))
                parser->pos++;
            parser->pos = MIN(closing(parser, parser->pos, end) + 1, end);
            continue;
        } else if (is_word(parser, at, WORD_WITH) && is_word(parser, at + 1, WORD_ORDINALITY)) {
            parser->pos += 2;
            continue;
        } else if (is_word(parser, at, WORD_WITH) && is_word(parser, at + 1, WORD_OFFSET)) {
            parser->pos += 2;
            if (take_word(parser, end, WORD_AS) ||
                (is_name(parser, parser->pos) && !ends_source(parser, parser->pos)))
                parser->pos++;
            continue;
        } else if (is_word(parser, at, WORD_WITH) &&
                   is_open(parser, at + 1)) { /* T-SQL: WITH (NOLOCK) */
            parser->pos = MIN(closing(parser, at + 1, end) + 1, end);
            continue;
        } else {
            return;
        }
        if (is_open(parser, parser->pos)) {
            uint32_t close = closing(parser, parser->pos, end);
            parser->pos++;
            parse_expression(parser, context, close, 0);
            parser->pos = MIN(close + 1, end);
        }
    }
}

SqlSource *
source_add(Parser *parser, SqlBlock *block, SqlSourceKind kind)
{
    SqlSource *source = node_unset(parser, sizeof(SqlSource));
    *source = (SqlSource){.kind = kind, .block = block, .first = parser->pos, .last = parser->pos};
    return source;
}

static SqlSource *
take_subquery(Parser *parser, SqlBlock *block, uint32_t end, bool is_lateral)
{
    uint32_t close = closing(parser, parser->pos, end);
    SqlSource *source = source_add(parser, block, SOURCE_QUERY);
    parser->pos++;
    parser->depth++;
    source->query = parse_query(parser, block->query, is_lateral ? block : block->parent, close);
    source->query->as = source;
    parser->depth--;
    parser->pos = MIN(close + 1, end);
    return source;
}

bool
starts_change(const Parser *parser, uint32_t at)
{
    Word word = peek(parser, at)->word;
    return (parser->sql->dialect->has_alias_first || parser->sql->dialect->is_any) &&
           (word == WORD_INSERT || word == WORD_UPDATE || word == WORD_DELETE ||
            word == WORD_MERGE) &&
           !is_open(parser, at + 1);
}

/* FROM (UPDATE t SET … OUTPUT inserted.a …) AS u, of T-SQL: the rows that it puts out, as in WITH. */
static SqlSource *
take_change(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end);
    SqlSource *source = source_add(parser, block, SOURCE_QUERY);
    parser->pos++;
    parser->depth++;
    source->query = query_new(parser, block->query);
    source->query->as = source;
    parse_nested(parser, block->query, close);
    list_add(parser, parser->sql->queries, source->query);
    parser->depth--;
    parser->pos = MIN(close + 1, end);
    return source;
}

/* UNNEST(…), a table function. */
static SqlSource *
take_function(Parser *parser, SqlBlock *block, const Context *context, SqlSource *source,
              uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end);
    bool takes_tables = !is_word(parser, source->first, WORD_UNNEST);
    source->kind = SOURCE_ARRAY;
    receiver_add(parser, context, source->path);
    if (starts_query(parser, parser->pos + 1, close)) {
        parser->pos++;
        parser->depth++;
        SqlQuery *query = parse_query(parser, block->query, block, close);
        query->is_value = !takes_tables;
        query->by_name = query->by_name || takes_tables;
        query->around = block;
        query->clause = CLAUSE_FROM;
        parser->depth--;
    } else {
        Context inner = *context;
        uint32_t open = parser->pos++;
        guint before = block->refs->len;
        inner.is_table_argument = takes_tables;
        parse_table_arguments(parser, &inner, &source->path, close);
        if (!takes_tables && parser->sql->dialect->has_value_tables)
            source->array = plain_ref(block->refs, before, open + 1, close - 1);
    }
    parser->pos = MIN(close + 1, end);
    return source;
}

static bool
is_glued_to_template(const Parser *parser, uint32_t first, uint32_t behind)
{
    for (uint32_t i = first; i <= behind; i++) {
        TokenKind kind = peek(parser, i)->kind;
        bool touches = i > first && peek(parser, i)->begin == peek(parser, i - 1)->end;
        if (i < behind && (kind == TOKEN_TEMPLATE || kind == TOKEN_PARAMETER))
            return true;
        if (i == behind && touches && (kind == TOKEN_TEMPLATE || kind == TOKEN_PARAMETER))
            return true;
    }
    return false;
}

static void
take_glued(Parser *parser, uint32_t end)
{
    while (parser->pos < end &&
           peek(parser, parser->pos)->begin == peek(parser, parser->pos - 1)->end &&
           peek(parser, parser->pos)->kind != TOKEN_COMMA &&
           peek(parser, parser->pos)->kind != TOKEN_OPEN)
        parser->pos++;
}

void
schema_lend(Parser *parser, SqlSource *table, const SqlPath *schema)
{
    SqlPart *parts = node(parser, (schema->count + 1) * sizeof(SqlPart));
    for (uint32_t i = 0; i <= schema->count; i++) {
        SqlPart part = i < schema->count ? schema->parts[i] : table->path.parts[0];
        part.token = table->path.parts[0].token;
        part.begin = table->path.parts[0].begin;
        part.end = table->path.parts[0].end;
        parts[i] = part;
    }
    table->path = (SqlPath){.parts = parts, .count = schema->count + 1};
    table->lent = schema->count;
}

static SqlSource *
take_named(Parser *parser, SqlBlock *block, const Context *context, uint32_t end)
{
    SqlSource *source = source_add(parser, block, SOURCE_TABLE);
    if (literal_name_take(parser, &source->path))
        return source;
    source->path = path_take(parser, end, true);
    uint32_t behind = parser->pos;
    if (is_lock_hint(parser, behind) && behind < end)
        behind = parser->pos = MIN(closing(parser, behind, end) + 1, end);
    if (is_glued_to_template(parser, source->first, behind)) {
        source->kind = SOURCE_TEMPLATE;
        take_glued(parser, end);
    } else if (is_open(parser, behind) && behind < end && !block->is_values) {
        return take_function(parser, block, context, source, end);
    } else if (source->path.count == 1 &&
               (source->common = common_find(parser, block->query, &source->path.parts[0])) !=
                   NULL) {
        source->kind = SOURCE_COMMON;
        source->query = source->common->query;
    } else if ((source->rows_of = watched_rows(parser, &source->path)) != NULL) {
        return source;
    } else if (is_array_of(parser, block, &source->path)) {
        source->kind = SOURCE_ARRAY;
        source->array = ref_add(parser, context, source->path);
    } else if (source->path.count == 1 && parser->schema.count > 0) {
        schema_lend(parser, source, &parser->schema);
    }
    return source;
}

SqlSource *
table_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_FROM};
    bool is_values = block->is_values;
    block->is_values = true; /* brackets behind it are columns, not arguments */
    SqlSource *source = take_named(parser, block, &context, end);
    block->is_values = is_values;
    source->last = MAX(parser->pos, source->first + 1) - 1;
    list_add(parser, block->sources, source);
    return source;
}

/* STREAM t, STREAM(t) */
static SqlSource *
take_stream(Parser *parser, SqlBlock *block, const Context *context, uint32_t end)
{
    uint32_t close = stream_skip(parser, end);
    SqlSource *source = take_named(parser, block, context, close > 0 ? close : end);
    if (close > 0)
        parser->pos = MIN(close + 1, end);
    return source;
}

static SqlSource *
take_what(Parser *parser, SqlBlock *block, const Context *context, uint32_t end)
{
    bool is_lateral = take_word(parser, end, WORD_LATERAL) || parser->is_applied;
    parser->is_applied = false;
    const Token *token = peek(parser, parser->pos);
    if (is_open(parser, parser->pos) &&
        starts_query(parser, parser->pos + 1, closing(parser, parser->pos, end)))
        return take_subquery(parser, block, end, is_lateral);
    if (is_open(parser, parser->pos) && starts_change(parser, parser->pos + 1))
        return take_change(parser, block, end);
    if (is_told_of(parser, parser->pos)) {
        SqlSource *source = source_add(parser, block, SOURCE_ARRAY);
        told_of_take(parser, block, end);
        return source;
    }
    if (is_stream(parser, parser->pos))
        return take_stream(parser, block, context, end);
    if (is_object_in_rows(parser, parser->pos)) {
        SqlSource *source = source_add(parser, block, SOURCE_ARRAY);
        parser->pos++;
        ref_add(parser, context, path_take(parser, end, false));
        return source;
    }
    if (is_word(parser, parser->pos, WORD_VALUES)) {
        SqlSource *source = source_add(parser, block, SOURCE_VALUES);
        parser->pos++;
        parse_expression(parser, context, end, STOP_CLAUSE | STOP_JOIN | STOP_ALIAS);
        return source;
    }
    if (is_word(parser, parser->pos, WORD_UNNEST) && is_open(parser, parser->pos + 1)) {
        SqlSource *source = source_add(parser, block, SOURCE_ARRAY);
        parser->pos++;
        return take_function(parser, block, context, source, end);
    }
    if (is_named_by_literal(parser, parser->pos))
        return take_named(parser, block, context, end);
    if (is_word(parser, parser->pos, WORD_TABLE) && is_open(parser, parser->pos + 1)) {
        SqlSource *source = source_add(parser, block, SOURCE_ARRAY);
        parser->pos++;
        return take_function(parser, block, context, source, end);
    }
    if (token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED || token->kind == TOKEN_TEMPLATE ||
        token->kind == TOKEN_PARAMETER)
        return take_named(parser, block, context, end);
    SqlSource *source = source_add(parser, block, SOURCE_ARRAY);
    parser->pos++;
    return source;
}

/* What each name may mean is asked of all tables of its FROM: this bounds how often. */
static void
check_count(Parser *parser, const SqlBlock *block)
{
    Sql *sql = parser->sql;
    if (block->sources->len <= SQL_SOURCES_MAX || sql->is_broken)
        return;
    sql->broken_at = peek(parser, parser->pos)->begin;
    sql->is_broken = sql->is_wide = true;
}

SqlSource *
parse_source(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_FROM};
    take_word(parser, end,
              WORD_TABLE == peek(parser, parser->pos)->word && !is_open(parser, parser->pos + 1)
                  ? WORD_TABLE
                  : WORD_NONE);
    if (is_text(parser, parser->pos, "ONLY") && parser->pos + 1 < end &&
        is_name(parser, parser->pos + 1) && !ends_source(parser, parser->pos + 1))
        parser->pos++; /* without those that inherit from it */
    if (peek(parser, parser->pos)->kind == TOKEN_DOT && is_name(parser, parser->pos + 1) &&
        parser->sql->dialect->has_code_comments)
        parser->pos++; /* FROM .t, of MySQL */
    SqlPart *prefix = NULL;
    if (parser->sql->dialect->has_alias_prefix && is_name(parser, parser->pos) &&
        is_text(parser, parser->pos + 1, ":") && parser->pos + 2 < end) {
        prefix = part_take(parser);
        parser->pos++;
    }
    SqlSource *source = take_what(parser, block, &context, end);
    source->last = MAX(parser->pos, source->first + 1) - 1;
    take_suffixes(parser, source, &context, end);
    source_alias_take(parser, source, end);
    key_name_take(parser, source, end);
    take_suffixes(parser, source, &context, end);
    if (source->is_unread || source->reshape != NULL)
        source_alias_take(parser, source, end); /* FROM t AS u PIVOT (…) AS p */
    if (prefix != NULL && source->alias == NULL)
        source->alias = prefix;
    list_add(parser, block->sources, source);
    check_count(parser, block);
    return source;
}
