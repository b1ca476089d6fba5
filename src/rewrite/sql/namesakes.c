/*
 * namesakes.c - other things that are called as a table will be.
 *
 * A WITH table would be read instead of it: then one part more is written before the new name, where it is known what the table
 * is in. A table's alias would be taken for it, or the other way round: then it keeps its old name as an alias (FROM fields AS
 * airports), by which the query speaks of its columns today.
 */
#include "base/text.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* ---- tables of WITH ---- */

/* WITH a AS (WITH t AS (SELECT … FROM t) …): MariaDB, which reads the text anew for each mention of `a` and of `t`, may find the
 * table of WITH at the inner `t` by then (10.11). */
static bool
is_read_again(const Work *work, const SqlCommon *common)
{
    if (!work->sql->dialect->has_blind_commons || common->query == NULL)
        return false;
    for (const SqlQuery *query = common->query->parent; query != NULL; query = query->parent)
        if (query->common != NULL)
            return true;
    return false;
}

/* Is the common table seen within the body of `within`, another one of its list? NULL: the query behind them. */
static bool
is_seen_in(const Work *work, const SqlCommon *common, const SqlCommon *within)
{
    if (within == NULL || common->is_recursive || !work->sql->dialect->has_ordered_commons)
        return true;
    return common->name.token < within->name.token ||
           (common == within && is_read_again(work, common));
}

/* A common table that would catch the new name. */
static bool
is_captured(const Work *work, const SqlSource *source, const Spelling *spelling)
{
    const char *name = spelling->target[g_strv_length(spelling->target) - 1];
    if (spelling_parts_written(spelling, source->path.count - source->lent) > 1)
        return false;
    guint hash = sql_name_hash(name);
    const SqlCommon *within = NULL;
    for (const SqlQuery *query = source->block->query; query != NULL; query = query->parent) {
        for (const SqlCommon *common = sql_commons(query, hash); common != NULL;
             common = common->next)
            if (is_seen_in(work, common, within) &&
                sql_same_table(work->sql->dialect, common->name.text, common->name.quote, name))
                return true;
        within = query->common;
    }
    return false;
}

/* FROM t is FROM main.t in SQLite, but for tables of a moment and of databases that are attached. */
static bool
is_in_first_schema(Work *work)
{
    static const char *const others[] = {"attach", "temp", "temporary"};
    size_t at = 0;
    if (work->bare_tables == BARE_UNASKED) {
        work->bare_tables =
            work->sql->dialect->has_first_schema ? BARE_IN_FIRST_SCHEMA : BARE_ANYWHERE;
        for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
            if (find_word(work->text, work->bytes, others[i], &at))
                work->bare_tables = BARE_ANYWHERE;
    }
    return work->bare_tables == BARE_IN_FIRST_SCHEMA;
}

/* What a name of one part is in, where somebody says it. */
static const char *
schema_of_bare(Work *work, const Spelling *spelling)
{
    guint count = g_strv_length(spelling->target);
    if (count > 1) /* which is left out because it is said elsewhere */
        return spelling->target[count - 2];
    const char *said = default_part(work->renames->default_path, 0, 1);
    return said != NULL               ? said
           : is_in_first_schema(work) ? work->sql->dialect->default_schema
                                      : NULL;
}

/* With one part more, where a WITH table would be read instead; or NULL: nobody says what the table is in. */
static const Spelling *
qualified(Work *work, const SqlSource *source, const Spelling *spelling)
{
    const char *schema =
        source->lent > 0 || source->path.is_in_literal ? NULL : schema_of_bare(work, spelling);
    if (schema == NULL || spelling->stem != NULL)
        return NULL;
    Arena *arena = work->out->arena;
    char **names = arena_alloc(arena, 5 * sizeof(char *));
    names[0] = arena_text(arena, spelling->last);
    names[1] = NULL;
    names[2] = arena_text(arena, schema);
    names[3] = arena_text(arena, spelling->target[g_strv_length(spelling->target) - 1]);
    names[4] = NULL;
    Spelling *longer = arena_alloc(arena, sizeof *longer);
    *longer = (Spelling){.source = names, .target = names + 2, .whole = names[0], .last = names[0]};
    return longer;
}

const Spelling *
sql_spelling_in_sight(Work *work, const SqlSource *source, const Spelling *spelling)
{
    const Spelling *longer =
        is_captured(work, source, spelling) ? qualified(work, source, spelling) : NULL;
    return longer != NULL ? longer : spelling;
}

/* ---- aliases ---- */

/* Another source of the block is called like the new table. */
static bool
is_taken(const SqlSource *source, const Spelling *spelling)
{
    const char *name = spelling->target[g_strv_length(spelling->target) - 1];
    if (source->alias != NULL ||
        strcmp(name, spelling->source[g_strv_length(spelling->source) - 1]) == 0)
        return false;
    for (guint i = 0; i < source->block->sources->len; i++) {
        const SqlSource *other = g_ptr_array_index(source->block->sources, i);
        const char *called = source_called_after(other);
        bool is_one = (source->is_twin || other->is_twin) && /* the target, and FROM */
                      source_rename(other) == source_rename(source);
        if (other != source && !is_one && called != NULL && text_same_folded(called, name))
            return true;
    }
    return false;
}

/* GROUP BY plan, which is an output, where the new table is called `plan`: its row would be meant. */
static bool
hides_output(const Work *work, const SqlSource *source, const Spelling *spelling)
{
    const Dialect *dialect = work->sql->dialect;
    const char *name = spelling->target[g_strv_length(spelling->target) - 1];
    bool has_rows = dialect->has_value_tables || dialect->has_tacit_lateral || dialect->is_any;
    if (!has_rows || source->alias != NULL)
        return false;
    for (guint i = 0; i < source->block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(source->block->refs, i);
        if (ref->binding == BINDING_OUTPUT && ref->path.count == 1 && ref->clause != CLAUSE_ORDER &&
            text_same_folded(ref->path.parts[0].text, name))
            return true;
    }
    return false;
}

#define FOR_TOKENS_MAX 40 /* from FOR to the end of a query: people write three to ten */

/* FROM t FOR XML AUTO: an element is called like the table; FOR JSON AUTO: what is joined is. */
static bool
names_element(const Work *work, const SqlSource *source, const Spelling *spelling)
{
    const SqlQuery *query = source->block->query;
    if (query == NULL || source->alias != NULL ||
        g_strv_equal((const char *const *) spelling->source,
                     (const char *const *) spelling->target))
        return false;
    bool is_first = g_ptr_array_index(source->block->sources, 0) == source;
    uint32_t i = query->last;
    for (guint looked = 0; i > source->last && looked < FOR_TOKENS_MAX; looked++, i--) {
        const Token *token = work_token(work, i);
        if (token->kind == TOKEN_CLOSE)
            i = MIN(token->match, i);
        else if (token->word == WORD_FOR && work_is_text(work, i + 2, "AUTO"))
            return work_is_text(work, i + 1, "XML") ||
                   (work_is_text(work, i + 1, "JSON") && !is_first);
    }
    return false;
}

/* FROM users AS u JOIN orders AS people: in ClickHouse an alias is seen where a table stands, also further in, and a table may be
 * asked for by its own name beside its alias. */
static bool
is_alias_of_other(const Work *work, const SqlSource *source, const char *name)
{
    const Dialect *dialect = work->sql->dialect;
    const SqlPart *old = &source->path.parts[source->path.count - 1];
    if (!dialect->has_hiding_aliases || sql_same_table(dialect, old->text, old->quote, name))
        return false;
    for (const SqlBlock *block = source->block; block != NULL; block = block->parent)
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *other = g_ptr_array_index(block->sources, i);
            if (other != source && other->alias != NULL &&
                sql_same_table(dialect, other->alias->text, other->alias->quote, name))
                return true;
        }
    return false;
}

/* ---- the old name as an alias ---- */

bool
sql_ends_table(const Work *work, guint index)
{
    static const char *const words[] = {"JOIN",   "INNER",     "LEFT",  "RIGHT",  "FULL",
                                        "CROSS",  "NATURAL",   "ON",    "USING",  "WHERE",
                                        "GROUP",  "HAVING",    "ORDER", "LIMIT",  "UNION",
                                        "EXCEPT", "INTERSECT", "MINUS", "WINDOW", "QUALIFY",
                                        "OFFSET", "FETCH",     NULL},
                             *const behind_for[] = {"UPDATE", "SHARE", "XML", "JSON", NULL};
    TokenKind kind = work_token(work, index)->kind;
    return kind == TOKEN_CLOSE || kind == TOKEN_COMMA || kind == TOKEN_SEMICOLON ||
           kind == TOKEN_END || work_is_among(work, index, words) ||
           (work_is_text(work, index, "FOR") && work_is_among(work, index + 1, behind_for));
}

static bool
begins_table(const Work *work, guint index)
{
    static const char *const words[] = {"FROM", "JOIN", NULL};
    TokenKind kind = work_token(work, index)->kind;
    return kind == TOKEN_OPEN || kind == TOKEN_COMMA || work_is_among(work, index, words);
}

/* FROM a, B: is another table of the query called, once all is written, as this one is today? */
static bool
is_old_name_taken(const SqlSource *source)
{
    const char *name = source->path.parts[source->path.count - 1].text;
    for (guint i = 0; i < source->block->sources->len; i++) {
        const SqlSource *other = g_ptr_array_index(source->block->sources, i);
        const char *called = other != source ? source_called_after(other) : NULL;
        if (called != NULL && text_same_folded(called, name))
            return true;
    }
    return false;
}

/* A plain table of FROM in a query, which has no alias and is spoken of by its last part alone (`named_long`: those that
 * are not). */
static bool
can_keep_name(const Work *work, const SqlSource *source, GHashTable *named_long)
{
    const Rename *rename = source_rename(source);
    const SqlPath *path = &source->path;
    if (rename == NULL || rename->is_derived || source_spelling(source) == NULL ||
        source->kind != SOURCE_TABLE || source->is_template || source->alias != NULL ||
        path->count == 0 || path->is_in_literal || source->block->query == NULL ||
        work->sql->dialect->has_hiding_aliases)
        return false;
    bool is_plain = source->columns == NULL && source->rows_of == NULL && source->reshape == NULL &&
                    !source->is_unread && !source->is_version && !source->is_target &&
                    !source->is_twin && source->lent == 0 && !source->block->is_piped;
    return is_plain && source->last == path->parts[path->count - 1].token &&
           begins_table(work, path->parts[0].token - 1) && sql_ends_table(work, source->last + 1) &&
           !set_has(named_long, source) && !is_old_name_taken(source);
}

static void
keep_name(Work *work, SqlSource *source)
{
    const SqlPart *last = &source->path.parts[source->path.count - 1];
    SqlPart *alias = arena_alloc(work->sql->arena, sizeof *alias);
    *alias = *last;
    alias->begin = alias->end = work_token(work, source->last)->end;
    source->alias = alias;
    source->keeps_name = true;
}

void
sql_write_own_alias(Work *work, const SqlSource *source)
{
    if (!source->keeps_name)
        return;
    g_autofree char *name = spell_qualifier(work->sql->dialect, source, NULL);
    g_autofree char *written = g_strdup_printf(" %s %s", word_as(work, source->block), name);
    edit_add(work, source->alias->begin, source->alias->end, written);
}

typedef void VisitQualifier(Work *work, const SqlBlock *block, SqlSource *source,
                            const SqlPath *path, guint parts, void *data);

/* Whatever is put before a dot to say of which table a column is, or all columns are. */
static void
each_qualifier(Work *work, VisitQualifier *visit, void *data)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->refs->len; i++) {
            const SqlRef *ref = g_ptr_array_index(block->refs, i);
            guint parts = ref->is_table ? ref->path.count : ref->column;
            if (ref->source != NULL && (ref->is_table || ref->binding == BINDING_COLUMN))
                visit(work, block, (SqlSource *) ref->source, &ref->path, parts, data);
        }
        for (guint i = 0; i < block->items->len; i++) {
            const SqlItem *item = g_ptr_array_index(block->items, i);
            if (item->is_star && item->star_of != NULL)
                visit(work, block, item->star_of, &item->star_path, item->star_path.count, data);
        }
    }
}

static void
note_long(Work *work, const SqlBlock *block, SqlSource *source, const SqlPath *path, guint parts,
          void *data)
{
    (void) work, (void) block, (void) path;
    if (parts > 1)
        set_add((GHashTable **) data, source);
}

/* `airports.city` in a query in which another table is called as this one will be, or the other way round. */
static void
keep_name_where_caught(Work *work, const SqlBlock *block, SqlSource *source, const SqlPath *path,
                       guint parts, void *data)
{
    GHashTable *named_long = *(GHashTable **) data;
    if (parts == 1 && qualifier_is_caught(work, block, source, path) != NULL &&
        can_keep_name(work, source, named_long))
        keep_name(work, source);
    const SqlSource *catcher = parts == 1 ? qualifier_is_caught(work, block, source, path) : NULL;
    if (catcher != NULL && can_keep_name(work, catcher, named_long))
        keep_name(work, (SqlSource *) catcher);
}

static bool
is_called_like_another(const Work *work, const SqlSource *source)
{
    const Spelling *spelling = source_spelling(source);
    return is_taken(source, spelling) || hides_output(work, source, spelling) ||
           names_element(work, source, spelling);
}

void
sql_namesakes(Work *work)
{
    if (!sql_has_table_called_anew(work))
        return;
    g_autoptr(GHashTable) named_long = NULL;
    each_qualifier(work, note_long, &named_long);
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            SqlSource *source = g_ptr_array_index(block->sources, i);
            if (can_keep_name(work, source, named_long) && is_called_like_another(work, source))
                keep_name(work, source);
        }
    }
    each_qualifier(work, keep_name_where_caught, &named_long);
}

/* ---- what is left to a person ---- */

bool
sql_namesake_refuses(Work *work, const SqlSource *source, const Spelling *spelling)
{
    const char *name = spelling->target[g_strv_length(spelling->target) - 1];
    if (source->may_be_common)
        return sql_refuse_table(work, source, "ambiguous",
                                "a WITH table of this name stands behind, and not all dialects see "
                                "it here: put that one before, or say which dialect it is");
    if (is_captured(work, source, spelling) && qualified(work, source, spelling) == NULL)
        return sql_refuse_table(work, source, "captured-name",
                                "the new name '%s' is that of a WITH table here: call that one "
                                "otherwise, or say with --default what the table is in",
                                name);
    if (is_taken(source, spelling) || is_alias_of_other(work, source, name))
        return sql_refuse_table(
            work, source, "name-taken",
            "another table here is called '%s' already: give one of them an alias first", name);
    if (!source_rename(source)->is_derived && hides_output(work, source, spelling))
        return sql_refuse_table(work, source, "captured-name",
                                "'%s' names an output here, and would mean the new table: give the "
                                "table an alias first",
                                name);
    if (names_element(work, source, spelling))
        return sql_refuse_table(work, source, "whole-row",
                                "the table's name comes out here as that of an element: give the "
                                "table an alias first");
    return false;
}
