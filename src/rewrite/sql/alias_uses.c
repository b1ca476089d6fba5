/*
 * alias_uses.c - what AS names, where a new column would be meant by it: GROUP BY place, HAVING length > 9.
 *
 * An alias cannot be qualified. GROUP BY gets the output's place instead. Elsewhere the expression is written once more, as it is
 * after the change, where it is short, gives the same each time, and means the same there.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define WRITTEN_BYTES_MAX 160 /* of an expression that is written once more: people read it twice */
#define WRITTEN_MAX 64        /* in one text; each looks through its edits */

/* ---- the place ---- */

/* Which of the list it is, from 1 on; 0: something before it may stand for several. */
static guint
place_of(const Work *work, const SqlItem *item)
{
    const SqlBlock *block = item->block;
    for (guint i = block->first; i <= item->last; i++)
        if (work_token(work, i)->kind == TOKEN_TEMPLATE)
            return 0;
    size_t begin = work_token(work, block->first)->begin, end = work_token(work, item->last)->end;
    if (memchr(work->text + begin, '{', end - begin) != NULL)
        return 0;
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *one = g_ptr_array_index(block->items, i);
        if (one == item)
            return i + 1;
        if (one->is_star || one->is_macro)
            return 0;
    }
    return 0;
}

/* A key of its own, not within ROLLUP (…), where places are meant by numbers: not in Hive, nor where aliases cannot stand. */
static bool
may_be_place(Work *work, const SqlRef *ref)
{
    return !work->sql->dialect->has_no_group_places && ref->clause == CLAUSE_GROUP &&
           ref->is_whole && sql_bracket_around(work->sql, ref) == 0;
}

/* ---- the expression ---- */

/* Gives the same for the same values, whenever it is called? */
static bool
is_steady(const Work *work, guint index)
{
    static const char *const names[] = {
        "ABS",    "ROUND",    "FLOOR",    "CEIL",      "CEILING",    "TRUNC",    "MOD",
        "SIGN",   "POWER",    "SQRT",     "LOWER",     "UPPER",      "TRIM",     "LTRIM",
        "RTRIM",  "LENGTH",   "SUBSTR",   "SUBSTRING", "REPLACE",    "CONCAT",   "LEFT",
        "RIGHT",  "INSTR",    "POSITION", "LPAD",      "RPAD",       "COALESCE", "IFNULL",
        "NULLIF", "GREATEST", "LEAST",    "CAST",      "STRFTIME",   "DATE",     "YEAR",
        "MONTH",  "DAY",      "EXTRACT",  "DATE_PART", "DATE_TRUNC", "TO_CHAR",  "IIF",
        "IF",     "IN",       "AND",      "OR",        "NOT",        "WHEN",     "THEN",
        "ELSE",   "CASE",     "BETWEEN",  NULL};
    const Token *token = work_token(work, index);
    return token->kind == TOKEN_WORD &&
           (work_is_among(work, index, names) || sql_is_aggregate(work->sql, token));
}

static bool
is_plain_token(const Work *work, guint index)
{
    static const char *const others[] = {"SELECT", "OVER", "FILTER", "WITHIN", NULL};
    const Token *token = work_token(work, index);
    switch (token->kind) {
    case TOKEN_WORD:
        return !work_is_among(work, index, others);
    case TOKEN_OPEN:
        return index == 0 || work_token(work, index - 1)->kind != TOKEN_WORD ||
               is_steady(work, index - 1);
    case TOKEN_QUOTED:
    case TOKEN_STRING:
    case TOKEN_NUMBER:
    case TOKEN_OPERATOR:
    case TOKEN_COMMA:
    case TOKEN_DOT:
    case TOKEN_CLOSE:
        return true;
    default:
        return false;
    }
}

static bool
is_plain_text(const Work *work, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        if (strchr("\n{#", work->text[i]) != NULL ||
            (i + 1 < end &&
             (strncmp(work->text + i, "--", 2) == 0 || strncmp(work->text + i, "/*", 2) == 0)))
            return false;
    return true;
}

/* Does a name of the expression mean the same in the other clause? There columns are meant before what AS names, as is known
 * of the name that `ref` is. */
static bool
means_the_same(Work *work, const SqlRef *ref, const SqlRef *inner)
{
    const SqlPart *part = &inner->path.parts[inner->column];
    if (inner->binding != BINDING_COLUMN || inner->also != NULL || inner->instead != NULL ||
        inner->source->block != ref->block || inner->path.count > inner->column + 1)
        return false;
    const ColumnChange *change = source_change(work, inner->source, part);
    if (change != NULL && change->kind != CHANGE_NAME && change->kind != CHANGE_NONE)
        return false;
    const char *name = change != NULL && change->kind == CHANGE_NAME ? change->to : part->text;
    if (inner->column > 0 ||
        sql_same_column(work->sql->dialect, name, '\0', ref->path.parts[0].text))
        return true;
    for (const SqlItem *item = sql_items_like(work->sql, ref->block, name); item != NULL;
         item = item->next)
        if (item->alias != NULL &&
            sql_same_column(work->sql->dialect, item->alias->text, item->alias->quote, name))
            return false;
    return true;
}

static bool
can_stand_twice(Work *work, const SqlRef *ref)
{
    const SqlItem *item = ref->item;
    size_t begin = work_token(work, item->first)->begin, end = work_token(work, item->last)->end;
    if (end - begin > WRITTEN_BYTES_MAX || !is_plain_text(work, begin, end))
        return false;
    for (guint i = item->first; i <= item->last; i++)
        if (!is_plain_token(work, i))
            return false;
    for (guint i = 0; i < ref->block->refs->len; i++) {
        const SqlRef *inner = g_ptr_array_index(ref->block->refs, i);
        if (inner->in == item && !means_the_same(work, ref, inner))
            return false;
    }
    return true;
}

/* Dialects in which it is known what an alias means in that clause; in the list itself SQLite knows none, and takes `"x"` for a
 * text. */
static bool
is_known_there(const Work *work, const SqlRef *ref)
{
    const Dialect *dialect = work->sql->dialect;
    switch (ref->clause) {
    case CLAUSE_GROUP:
        return dialect->has_sure_group_aliases || dialect->has_sure_aliases;
    case CLAUSE_WHERE:
    case CLAUSE_HAVING:
    case CLAUSE_ORDER:
        return dialect->has_sure_aliases;
    default:
        return false;
    }
}

/* sum(a): as it is; a + 1: in brackets. */
static bool
stands_alone(const Work *work, const SqlItem *item)
{
    if (item->plain != NULL)
        return true;
    const Token *open = work_token(work, item->first + 1);
    return work_token(work, item->first)->kind == TOKEN_WORD && open->kind == TOKEN_OPEN &&
           open->match == item->last;
}

static char *
expression_after(const Work *work, const SqlItem *item)
{
    char *text = work_edited(work, item->first, item->last);
    if (stands_alone(work, item))
        return text;
    char *bracketed = g_strdup_printf("(%s)", text);
    g_free(text);
    return bracketed;
}

/* ---- the whole ---- */

/* What an alias of the same SELECT names, which stands before it. */
static bool
is_use_of_alias(const SqlRef *ref)
{
    const SqlItem *item = ref->binding == BINDING_OUTPUT ? ref->item : NULL;
    return item != NULL && item->block == ref->block && item->alias != NULL && !item->is_star &&
           ref->macro == NULL && ref->path.count == 1 && ref->block->query != NULL &&
           !ref->block->is_piped && ref->path.parts[0].token > item->last;
}

bool
sql_alias_is_written_out(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    if (!is_use_of_alias(ref) || work->sql->dialect->has_hiding_aliases)
        return false;
    guint place = may_be_place(work, ref) ? place_of(work, ref->item) : 0;
    if (place > 0) {
        g_autofree char *number = g_strdup_printf("%u", place);
        site_edit(work, SITE_COLUMN, part->begin, part->end, number);
        return true;
    }
    if (ref->block->is_distinct || work->has_holes || work->written_out >= WRITTEN_MAX ||
        !is_known_there(work, ref) || !can_stand_twice(work, ref))
        return false;
    work->written_out++;
    g_autofree char *text = expression_after(work, ref->item);
    site_edit(work, SITE_COLUMN, part->begin, part->end, text);
    return true;
}
