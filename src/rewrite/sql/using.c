/*
 * using.c - USING (a, b) whose names are not the same on both sides any more becomes ON x.a = y.a AND x.b = y.c.
 *
 * The value of a column that is joined by name is that of the side before the join, as long as no RIGHT or FULL JOIN is
 * among them: so names without qualifier mean that side's column afterwards, and get its qualifier where the other
 * side still has one of that name.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static const ColumnChange *
change_of(Work *work, const SqlSource *source, const SqlPart *part)
{
    const ColumnChange *change = source_change(work, source, part);
    return change != NULL && change->kind != CHANGE_NONE ? change : NULL;
}

/* NULL when it becomes no name. */
static const char *
name_after(Work *work, const SqlSource *source, const SqlPart *part)
{
    const ColumnChange *change = change_of(work, source, part);
    return change == NULL ? part->text : change->kind == CHANGE_NAME ? change->to : NULL;
}

static bool
stays_joined(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    const char *mine = name_after(work, ref->source, part),
               *theirs = ref->also != NULL ? name_after(work, ref->also, part) : NULL;
    if (ref->also == NULL)
        return change_of(work, ref->source, part) == NULL;
    return mine != NULL && theirs != NULL &&
           sql_same_column(work->sql->dialect, mine, '\0', theirs);
}

/* ---- is it possible? ---- */

/* Nothing but names, commas and blanks between the brackets. */
static bool
is_plain(const Work *work, const SqlSource *source)
{
    const GArray *tokens = work->sql->tokens;
    size_t begin = g_array_index(tokens, Token, source->using_first).begin,
           end = g_array_index(tokens, Token, source->using_last).end;
    for (size_t i = begin; i < end; i++)
        if (strchr("-/#{", work->text[i]) != NULL)
            return false;
    return source->using_last - source->using_first == 2 * source->using->len + 1;
}

static bool
has_bare_star(const SqlBlock *block)
{
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star && item->star_path.count == 0)
            return true;
    }
    return false;
}

static bool
is_unmapped(Work *work, const SqlSource *source, const SqlPart *part)
{
    const Rename *rename = source_rename(source);
    return rename != NULL && !rename->is_derived && rename->changes->len > 0 &&
           !rename_says(rename, work->sql->dialect, part);
}

static bool
can_convert(Work *work, const SqlSource *source)
{
    const SqlBlock *block = source->block;
    if (!can_qualify(source) || !is_plain(work, source) || has_bare_star(block))
        return false;
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *one = g_ptr_array_index(block->sources, i);
        if (one->is_right || one->is_nested || one->is_natural)
            return false;
    }
    for (guint i = 0; i < source->using->len; i++) {
        const SqlRef *ref = g_ptr_array_index(source->using, i);
        const SqlPart *part = &ref->path.parts[0];
        if (ref->also == NULL || !can_qualify(ref->also) || is_unmapped(work, source, part) ||
            is_unmapped(work, ref->also, part) || name_after(work, source, part) == NULL ||
            name_after(work, ref->also, part) == NULL)
            return false;
    }
    return true;
}

/* ---- which ones ---- */

static const SqlRef *
using_ref(Work *work, const SqlSource *source, const SqlPart *part)
{
    for (guint i = 0; source->using != NULL && i < source->using->len; i++) {
        const SqlRef *ref = g_ptr_array_index(source->using, i);
        const SqlPart *name = &ref->path.parts[0];
        if (sql_same_column(work->sql->dialect, part->text, part->quote, name->text))
            return ref;
    }
    return NULL;
}

/* A join before it has left two columns of one name: they cannot be joined by it any more. */
static bool
is_doubled(Work *work, const SqlBlock *block, guint index, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    for (guint i = 0; i < index; i++) {
        const SqlSource *before = g_ptr_array_index(block->sources, i);
        const SqlRef *other = using_ref(work, before, part);
        if (other != NULL && set_has(work->converted, before) &&
            g_strcmp0(name_after(work, before, part), part->text) == 0)
            return true;
    }
    return false;
}

/* A source before the join that is not joined by this name has one of it afterwards: which one is meant is not sure. */
static bool
is_caught(Work *work, const SqlRef *ref)
{
    const ArenaList *sources = ref->source->block->sources;
    const SqlPart *part = &ref->path.parts[0];
    const char *name =
        ref->also != NULL && !ref->also->is_semi ? name_after(work, ref->also, part) : NULL;
    bool is_new = name != NULL && strcmp(name, part->text) != 0;
    for (guint i = 0; name != NULL && i < sources->len; i++) {
        const SqlSource *before = g_ptr_array_index(sources, i);
        if (before == ref->source)
            break;
        if (before != ref->also && !before->is_semi && using_ref(work, before, part) == NULL &&
            (is_new ? source_will_have(work, before, name) : source_will_gain(work, before, name)))
            return true;
    }
    return false;
}

static bool
needs_converting(Work *work, const SqlBlock *block, guint index)
{
    const SqlSource *source = g_ptr_array_index(block->sources, index);
    for (guint i = 0; source->using != NULL && i < source->using->len; i++) {
        const SqlRef *ref = g_ptr_array_index(source->using, i);
        if (!stays_joined(work, ref) || is_doubled(work, block, index, ref) || is_caught(work, ref))
            return true;
    }
    return false;
}

bool
using_is_lost(Work *work, const SqlRef *ref)
{
    return ref->clause == CLAUSE_USING && (!stays_joined(work, ref) || is_caught(work, ref));
}

static void
convert_block(Work *work, const SqlBlock *block)
{
    bool can = true;
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        if (!needs_converting(work, block, i))
            continue;
        can = can && can_convert(work, source);
        set_add(&work->converted, source);
    }
    for (guint i = 0; !can && work->converted != NULL && i < block->sources->len; i++)
        g_hash_table_remove(work->converted, g_ptr_array_index(block->sources, i));
}

/* ---- writing ---- */

static void
append_side(Work *work, GString *text, const SqlSource *source, const SqlPart *part)
{
    const Dialect *dialect = work->sql->dialect;
    g_autofree char *qualifier = spell_qualifier(dialect, source, source_spelling(source));
    const ColumnChange *change = change_of(work, source, part);
    g_autofree char *name = change != NULL
                                ? spell_like(dialect, part, change->to)
                                : g_strndup(work->text + part->begin, part->end - part->begin);
    g_string_append_printf(text, "%s.%s", qualifier, name);
}

static bool
is_small(const Work *work, const SqlSource *source)
{
    const Token *using = &g_array_index(work->sql->tokens, Token, source->using_first);
    return g_ascii_islower(work->text[using->begin]);
}

static void
write_on(Work *work, const SqlSource *source)
{
    const GArray *tokens = work->sql->tokens;
    const char *and = is_small(work, source) ? " and " : " AND ";
    g_autoptr(GString) text = g_string_new(is_small(work, source) ? "on " : "ON ");
    for (guint i = 0; i < source->using->len; i++) {
        const SqlRef *ref = g_ptr_array_index(source->using, i);
        const SqlPart *part = &ref->path.parts[0];
        g_string_append(text, i > 0 ? and : "");
        append_side(work, text, ref->also, part);
        g_string_append(text, " = ");
        append_side(work, text, source, part);
    }
    site_edit(work, SITE_COLUMN, g_array_index(tokens, Token, source->using_first).begin,
              g_array_index(tokens, Token, source->using_last).end, text->str);
}

void
sql_using(Work *work)
{
    const ArenaList *blocks = work->sql->blocks;
    for (guint b = 0; b < blocks->len; b++)
        convert_block(work, g_ptr_array_index(blocks, b));
    for (guint b = 0; b < blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (set_has(work->converted, source))
                write_on(work, source);
        }
    }
}

/* ---- what hangs on it ---- */

bool
is_converted(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    const ArenaList *sources = ref->source != NULL ? ref->source->block->sources : NULL;
    for (guint i = 0; sources != NULL && ref->also != NULL && i < sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(sources, i);
        if (using_ref(work, source, part) != NULL && set_has(work->converted, source))
            return true;
    }
    return false;
}

bool
is_merged_into(Work *work, const SqlRef *ref, const SqlSource *source)
{
    return ref->also != NULL && ref->path.count == 1 &&
           using_ref(work, source, &ref->path.parts[0]) != NULL &&
           !set_has(work->converted, source);
}

bool
is_doubled_by_on(Work *work, const SqlRef *ref, const char *name)
{
    const SqlPart *part = &ref->path.parts[0];
    const ArenaList *sources = ref->source->block->sources;
    for (guint i = 0; i < sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(sources, i);
        const char *theirs = source != ref->source && using_ref(work, source, part) != NULL &&
                                     set_has(work->converted, source)
                                 ? name_after(work, source, part)
                                 : NULL;
        if (theirs != NULL && sql_same_column(work->sql->dialect, theirs, '\0', name))
            return true;
    }
    return false;
}
