/*
 * parse_seldom.c - what few dialects have where rows come from, or where names are seen.
 *
 *   FROM (DESCRIBE t)                  DuckDB: rows that tell of the table's columns
 *   FROM STREAM t, FROM STREAM(t)      Databricks: the table, as it grows
 *   FROM t, UNPIVOT t.a AS v AT k      Redshift: values of an object, and their keys
 *   WITH(a AS x, a + 1)                BigQuery: a value, with names of its own
 *   FOR UPDATE OF t                    rows of which tables are locked
 */
#include "sql/parse_define.h"
#include "sql/parse_expression.h"

/* ---- what rows come from ---- */

bool
is_told_of(const Parser *parser, uint32_t open)
{
    static const char *const words[] = {"DESCRIBE", "DESC", "SUMMARIZE", "SHOW", NULL};
    const Dialect *dialect = parser->sql->dialect;
    return (dialect->has_alias_prefix || dialect->is_any) && is_open(parser, open) &&
           is_among_words_of(parser, open + 1, words) &&
           (is_name(parser, open + 2) ||
            starts_query(parser, open + 2, closing(parser, open, UINT32_MAX)));
}

void
told_of_take(Parser *parser, const SqlBlock *block, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end);
    parser->pos += 2;
    parser->depth++;
    if (starts_query(parser, parser->pos, close))
        parse_query(parser, block->query, block->parent, close)->is_named = true;
    while (parser->pos < close)
        if (is_name(parser, parser->pos))
            mention_take(parser, close);
        else
            parser->pos++;
    parser->depth--;
    parser->pos = MIN(close + 1, end);
}

bool
is_stream(const Parser *parser, uint32_t at)
{
    bool is_called = is_open(parser, at + 1);
    return parser->sql->dialect->has_streams && is_text(parser, at, "STREAM") &&
           peek(parser, at)->kind == TOKEN_WORD && is_name(parser, at + 1 + is_called) &&
           !starts_clause(parser, at + 1) && !starts_join(parser, at + 1);
}

/* A table may be called so, too, and the next word be its alias. */
uint32_t
stream_skip(Parser *parser, uint32_t end)
{
    bool is_called = is_open(parser, parser->pos + 1);
    if (!is_called) {
        mention_take(parser, parser->pos + 1);
        return 0;
    }
    parser->pos += 2;
    return MIN(closing(parser, parser->pos - 1, end), end);
}

bool
is_object_in_rows(const Parser *parser, uint32_t at)
{
    return parser->sql->dialect->has_value_tables && is_word(parser, at, WORD_UNPIVOT) &&
           is_name(parser, at + 1);
}

void
key_name_take(Parser *parser, SqlSource *source, uint32_t end)
{
    if (source->kind != SOURCE_ARRAY || !parser->sql->dialect->has_value_tables ||
        !is_word(parser, parser->pos, WORD_AT) || !is_name(parser, parser->pos + 1) ||
        parser->pos + 1 >= end)
        return;
    parser->pos++;
    source->columns = list(parser);
    if (source->alias != NULL)
        list_add(parser, source->columns, source->alias);
    list_add(parser, source->columns, part_take(parser));
}

/* ---- names in a value ---- */

/* What was read since `before` and is called so is none of a table's. */
static void
mark_names(const Parser *parser, const Context *context, guint before, const ArenaList *names)
{
    const ArenaList *refs = context->block->refs;
    for (guint i = before; i < refs->len; i++) {
        SqlRef *ref = g_ptr_array_index(refs, i);
        const SqlPart *part = &ref->path.parts[0];
        for (guint n = 0; n < names->len; n++)
            if (sql_same_column(parser->sql->dialect, part->text, part->quote,
                                ((const SqlPart *) g_ptr_array_index(names, n))->text))
                ref->binding = BINDING_LOCAL;
    }
}

bool
value_names_take(Parser *parser, const Context *context, uint32_t end)
{
    if (!parser->sql->dialect->has_named_values || !is_open(parser, parser->pos + 1) ||
        parser->pos + 1 >= end)
        return false;
    ArenaList *names = list(parser);
    uint32_t close = closing(parser, parser->pos + 1, end);
    for (parser->pos += 2; parser->pos < close; parser->pos++) {
        uint32_t stop = element_end(parser, parser->pos, close);
        bool is_named = is_name(parser, parser->pos) && is_word(parser, parser->pos + 1, WORD_AS);
        SqlPart *name = is_named ? part_take(parser) : NULL;
        guint before = context->block->refs->len;
        parser->pos += is_named;
        parse_expression(parser, context, stop, 0);
        mark_names(parser, context, before, names);
        if (name != NULL)
            list_add(parser, names, name);
        parser->pos = stop;
    }
    parser->pos = MIN(close + 1, end);
    return true;
}

void
named_value_add(Parser *parser, ArenaList **values, uint32_t first)
{
    SqlValue *value = node(parser, sizeof(SqlValue));
    value->first = first;
    value->last = parser->pos;
    value->name = part_take(parser);
    if (*values == NULL)
        *values = list(parser);
    list_add(parser, *values, value);
}

/* ---- what is locked ---- */

SqlSource *
called_source_find(const Parser *parser, const SqlBlock *block, uint32_t at)
{
    const Token *token = peek(parser, at);
    return block != NULL ? sql_block_source(block, parser->sql->list->text + token->begin,
                                            token->end - token->begin)
                         : NULL;
}

bool
table_name_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t at = parser->pos;
    SqlSource *source = called_source_find(parser, block, at);
    if (source == NULL ||
        (at + 1 < end && peek(parser, at + 1)->kind == TOKEN_DOT && !is_text(parser, at + 2, "*")))
        return false;
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    SqlRef *ref = ref_add(parser, &context, path_take(parser, MIN(end, at + 1), false));
    ref->binding = BINDING_LOCAL;
    ref->source = source;
    ref->is_table = true;
    return true;
}

void
locked_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    for (parser->pos++; parser->pos < end && !is_text(parser, parser->pos, "OF"); parser->pos++)
        if (starts_clause(parser, parser->pos))
            return;
    bool goes_on = parser->pos < end;
    for (parser->pos += goes_on; goes_on && parser->pos < end && is_name(parser, parser->pos);) {
        if (!table_name_take(parser, block, end)) {
            SqlBlock *named = block_new(parser, NULL, NULL);
            table_take(parser, named, end);
            named->last = parser->pos - 1;
        }
        goes_on = parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_COMMA;
        parser->pos += goes_on;
    }
    while (parser->pos < end && !starts_clause(parser, parser->pos))
        parser->pos++; /* NOWAIT */
}

/* ---- (SELECT …) AS t, alone ---- */

bool
named_query_take(Parser *parser, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end),
             name = close + 1 + is_word(parser, close + 1, WORD_AS);
    if (!is_open(parser, parser->pos) || name + 1 != end || !is_name(parser, name) ||
        !starts_query(parser, parser->pos + 1, close))
        return false;
    parser->pos++;
    parser->statement->kind = STATEMENT_QUERY;
    parser->statement->query = parse_query(parser, NULL, NULL, close);
    parser->pos = name;
    parser->statement->called = part_take(parser);
    return true;
}
