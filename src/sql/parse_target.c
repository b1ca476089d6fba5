/*
 * parse_target.c - which table is written to, where FROM or USING names it once more: by its alias, or as it is called there.
 *
 *   UPDATE u SET … FROM t AS u         T-SQL, MySQL
 *   DELETE t FROM s.t JOIN …           the same, where FROM says its schema
 *   DELETE a, b FROM t AS a JOIN b …   MySQL: several
 *   MERGE … USING (SELECT … FROM t u)  Spark: where the query has no alias, `u.id` of it is seen outside
 */
#include "sql/parse.h"

/* `WITH t AS (…) UPDATE t`: a table of WITH is written to through its query in T-SQL, and stands in MySQL where others are
 * joined; elsewhere the name is that of a table. */
void
target_set(Parser *parser, SqlSource *source)
{
    const Dialect *dialect = parser->sql->dialect;
    parser->statement->target = source;
    source->is_target = true;
    if (source->kind != SOURCE_COMMON || dialect->has_joined_writes || dialect->has_alias_first ||
        dialect->is_any)
        return;
    source->kind = SOURCE_TABLE;
    source->common = NULL;
    source->query = NULL;
}

/* UPDATE u … FROM t AS u, DELETE u FROM t AS u: what is written to is named by its alias. */
static void
find_target_by_alias(Parser *parser, SqlBlock *block)
{
    SqlSource *target = parser->statement->target;
    if (target == NULL || target->path.count != 1 + target->lent || target->alias != NULL)
        return;
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        if (source == target || source->alias == NULL ||
            g_ascii_strcasecmp(source->alias->text, target->path.parts[target->lent].text) != 0)
            continue;
        arena_list_remove(block->sources, target);
        target_set(parser, source);
        return;
    }
}

/* UPDATE t … FROM s.t JOIN …, DELETE t FROM s.t JOIN …: what is written to is called as FROM has it. */
static void
find_target_by_name(Parser *parser, SqlBlock *block)
{
    const Dialect *dialect = parser->sql->dialect;
    SqlSource *target = parser->statement->target;
    bool is_joined = dialect->has_joined_writes || dialect->has_alias_first || dialect->is_any;
    if (!is_joined || target == NULL || target->kind != SOURCE_TABLE ||
        target->path.count != 1 + target->lent || target->alias != NULL)
        return;
    uint32_t behind = parser->pos, name = target->path.parts[target->lent].token;
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        if (source == target || source->kind != SOURCE_TABLE || source->alias != NULL ||
            source->path.count < 2 ||
            !is_text(parser, name, source->path.parts[source->path.count - 1].text))
            continue;
        arena_list_remove(block->sources, target);
        target_set(parser, source);
        parser->pos = name;
        (void) table_name_take(parser, block, name + 1);
        parser->pos = behind;
        return;
    }
}

/* a, s.b, c.* and FROM or USING behind them: several tables of MySQL, at DELETE's first name. Where they end, or 0. */
static uint32_t
joined_targets_end(const Parser *parser, uint32_t end)
{
    const Dialect *dialect = parser->sql->dialect;
    uint32_t at = parser->pos, count = 0;
    bool has_star = false;
    if (!dialect->has_joined_writes && !dialect->is_any)
        return 0;
    for (;; at++) {
        if (at >= end || !is_name(parser, at))
            return 0;
        while (peek(parser, at + 1)->kind == TOKEN_DOT) {
            at += 2;
            has_star |= is_text(parser, at, "*");
        }
        count++;
        if (peek(parser, ++at)->kind != TOKEN_COMMA)
            break;
    }
    bool is_list = count > 1 || has_star;
    return is_list && at < end &&
                   (is_word(parser, at, WORD_FROM) || is_word(parser, at, WORD_USING))
               ? at
               : 0;
}

/* DELETE a, b FROM s.a JOIN b …: what is deleted from is called as FROM has it. */
bool
joined_targets_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t first = parser->pos, last = joined_targets_end(parser, end);
    if (last == 0)
        return false;
    parser->pos = last + 1;
    parse_sources(parser, block, end);
    uint32_t behind = parser->pos;
    for (parser->pos = first; parser->pos < last; parser->pos++) {
        SqlSource *source = called_source_find(parser, block, parser->pos);
        if (is_name(parser, parser->pos) && table_name_take(parser, block, last)) {
            target_set(parser, source);
        } else if (is_name(parser, parser->pos)) {
            mention_take(parser, last);
        }
        while (parser->pos < last && peek(parser, parser->pos)->kind != TOKEN_COMMA)
            parser->pos++; /* .* */
    }
    parser->pos = behind;
    return true;
}

static bool
is_same_path(const Parser *parser, const SqlPath *a, const SqlPath *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!sql_same_table(parser->sql->dialect, a->parts[i].text, 0, b->parts[i].text))
            return false;
    return true;
}

/* UPDATE t … FROM t JOIN …, or FROM t AS u where nothing else there is t: in T-SQL both are one. So they are in DELETE t FROM t JOIN …
 * of MySQL. */
static void
find_twin(Parser *parser, const SqlBlock *block)
{
    const Dialect *dialect = parser->sql->dialect;
    SqlSource *target = parser->statement->target;
    guint named = 0, called = 0;
    bool is_joined = dialect->has_joined_writes && parser->statement->kind == STATEMENT_DELETE;
    if (target == NULL || target->alias != NULL || !(dialect->has_alias_first || is_joined))
        return;
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        if (source == target || source->kind != SOURCE_TABLE ||
            !is_same_path(parser, &source->path, &target->path))
            continue;
        named += source->alias == NULL;
        called += source->alias != NULL;
    }
    target->is_twin = named == 1 || (named == 0 && called == 1 && dialect->has_alias_first);
}

void
target_find(Parser *parser, SqlBlock *block)
{
    find_target_by_alias(parser, block);
    find_target_by_name(parser, block);
    find_twin(parser, block);
}

/* ---- MERGE ---- */

/* Is a table of the block called so? */
static bool
is_called_in(const Parser *parser, const SqlBlock *block, const SqlPart *name)
{
    const Dialect *dialect = parser->sql->dialect;
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        const SqlPart *own = source->alias != NULL    ? source->alias
                             : source->path.count > 0 ? &source->path.parts[source->path.count - 1]
                                                      : NULL;
        if (own != NULL && sql_same_table(dialect, name->text, 0, own->text))
            return true;
    }
    return false;
}

void
merge_source_note(Parser *parser, const SqlBlock *block, const SqlSource *source)
{
    if (source == NULL || source->kind != SOURCE_QUERY || source->alias != NULL ||
        source->query == NULL)
        return;
    for (guint i = 0; i < block->refs->len; i++) {
        const SqlPath *path = &((const SqlRef *) g_ptr_array_index(block->refs, i))->path;
        if (path->count < 2 || is_called_in(parser, block, &path->parts[0]))
            continue;
        for (guint b = 0; b < source->query->branches->len; b++) {
            const SqlBranch *branch = g_ptr_array_index(source->query->branches, b);
            if (branch->block != NULL && branch->block->strange == 0 &&
                is_called_in(parser, branch->block, &path->parts[0]))
                branch->block->strange = path->parts[0].token;
        }
    }
}
