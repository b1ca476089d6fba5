/*
 * using.c - USING (a, b) whose names are not the same on both sides any more becomes ON x.a = y.a AND x.b = y.c.
 *
 * The value of a column that is joined by name is that of the side before the join, as long as no RIGHT or FULL JOIN is
 * among them: so names without qualifier mean that side's column afterwards, and get its qualifier where the other
 * side still has one of that name.
 *
 * NATURAL JOIN of sides whose columns are known is USING of those that both have, which stands nowhere: where it would join
 * by the same columns afterwards, nothing is written.
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

/* Nobody knows whose column it is joined to: does it change in one that may be meant? */
static bool
changes_before(Work *work, const SqlRef *ref)
{
    const ArenaList *sources = ref->source->block->sources;
    const SqlPart *part = &ref->path.parts[0];
    for (guint i = 0; i < sources->len && g_ptr_array_index(sources, i) != ref->source; i++)
        if (change_of(work, g_ptr_array_index(sources, i), part) != NULL)
            return true;
    return change_of(work, ref->source, part) != NULL;
}

static bool
stays_joined(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    const char *mine = name_after(work, ref->source, part),
               *theirs = ref->also != NULL ? name_after(work, ref->also, part) : NULL;
    if (ref->also == NULL)
        return !changes_before(work, ref);
    return mine != NULL && theirs != NULL &&
           sql_same_column(work->sql->dialect, mine, '\0', theirs);
}

/* ---- is it possible? ---- */

/* Its alias is its last one, if it has one. */
static guint
last_token(const SqlSource *source)
{
    return source->alias != NULL ? MAX(source->alias->token, source->last) : source->last;
}

/* Of NATURAL [LEFT [OUTER]] JOIN before it; 0: it is not right before these words, or something is put in between. */
static guint
natural_word(const Work *work, const SqlSource *source)
{
    static const char *const words[] = {"JOIN", "INNER", "OUTER", "LEFT", NULL};
    guint at = source->first;
    do
        at--;
    while (at > 0 && work_is_among(work, at, words));
    size_t begin = work_token(work, at)->end, end = work_token(work, at + 1)->begin;
    for (size_t i = begin; i < end; i++) /* a comment */
        if (!g_ascii_isspace(work->text[i]))
            return 0;
    return at > 0 && work_token(work, at)->word == WORD_NATURAL &&
                   work_token(work, source->first - 1)->word == WORD_JOIN
               ? at
               : 0;
}

/* Nothing but names, commas and blanks between the brackets. */
static bool
is_plain(const Work *work, const SqlSource *source)
{
    if (source->is_tacit_using)
        return natural_word(work, source) > 0 && source->columns == NULL &&
               source->reshape == NULL && sql_ends_table(work, last_token(source) + 1);
    const GArray *tokens = work->sql->tokens;
    size_t begin = g_array_index(tokens, Token, source->using_first).begin,
           end = g_array_index(tokens, Token, source->using_last).end;
    for (size_t i = begin; i < end; i++)
        if (strchr("-/#{", work->text[i]) != NULL)
            return false;
    return source->using_last - source->using_first == 2 * source->using->len + 1;
}

static bool
is_unmapped(Work *work, const SqlSource *source, const SqlPart *part)
{
    const Rename *rename = source_rename(source);
    return rename != NULL && !rename->is_derived && rename->changes->len > 0 &&
           !rename_says(rename, work->sql->dialect, part);
}

/* A star that stays gives what is joined by once; where it is written out, this is seen to. */
static bool
has_bare_star(Work *work, const SqlBlock *block)
{
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star && item->star_path.count == 0 && !star_is_written_out(work, item))
            return true;
    }
    return false;
}

/* a JOIN (b JOIN c …): brackets behind JOIN, or behind a comma. Those at the beginning make no difference. */
static bool
is_grouped_behind(const Work *work, const SqlSource *source)
{
    guint at = source->first - (source->first > 0);
    while (at > 0 && work_token(work, at)->kind == TOKEN_OPEN)
        at--;
    return source->is_nested && at + 1 < source->first && work_token(work, at)->word != WORD_FROM;
}

/* A subquery without alias, whose column nothing else here will be called like: it needs no qualifier. */
static bool
is_known_bare(Work *work, const SqlSource *source, const char *name)
{
    if (source->kind != SOURCE_QUERY || source->alias != NULL ||
        work->sql->dialect->has_hiding_aliases)
        return false;
    for (guint i = 0; i < source->block->sources->len; i++) {
        const SqlSource *other = g_ptr_array_index(source->block->sources, i);
        bool is_open = false;
        (void) sql_source_columns(work->sql, other, &is_open);
        if (other != source && (is_open || source_will_have(work, other, name)))
            return false;
    }
    return true;
}

/* Can ON say the column of this side? */
static bool
can_say(Work *work, const SqlSource *source, const SqlPart *part)
{
    const char *name = name_after(work, source, part);
    return name != NULL && !is_unmapped(work, source, part) &&
           (can_qualify(source) || is_known_bare(work, source, name));
}

static bool
can_convert(Work *work, const SqlSource *source)
{
    const SqlBlock *block = source->block;
    if (!is_plain(work, source) || has_bare_star(work, block))
        return false;
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *one = g_ptr_array_index(block->sources, i);
        if (one->is_right || is_grouped_behind(work, one) || sql_joins_vaguely(one))
            return false;
    }
    for (guint i = 0; i < source->using->len; i++) {
        const SqlRef *ref = g_ptr_array_index(source->using, i);
        const SqlPart *part = &ref->path.parts[0];
        if (ref->also == NULL || !can_say(work, ref->also, part) || !can_say(work, source, part))
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
        bool is_joined = using_ref(work, before, part) != NULL,
             is_parted = is_joined && set_has(work->converted, before);
        if (before != ref->also && !before->is_semi && (!is_joined || is_parted) &&
            (is_new || is_parted ? source_will_have(work, before, name)
                                 : source_will_gain(work, before, name)))
            return true;
    }
    return false;
}

/* A name that the source will have, and is not joined by today: has one before it such a column, too? */
static bool
is_joined_newly(Work *work, const SqlSource *source, guint index, const char *name)
{
    for (guint i = 0; i < source->using->len; i++) {
        const SqlRef *ref = g_ptr_array_index(source->using, i);
        const char *after = name_after(work, source, &ref->path.parts[0]);
        if (after != NULL && sql_same_column(work->sql->dialect, after, '\0', name))
            return false;
    }
    for (guint i = 0; i < index; i++)
        if (source_will_have(work, g_ptr_array_index(source->block->sources, i), name))
            return true;
    return false;
}

/* NATURAL would join by more columns than today. */
static bool
joins_more(Work *work, const SqlSource *source, guint index)
{
    const Rename *rename = source_rename(source);
    bool is_open = false;
    const ArenaList *names = sql_source_columns(work->sql, source, &is_open);
    for (guint i = 0; i < names->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(names, i)};
        const char *name = name_after(work, source, &part);
        if (name != NULL && is_joined_newly(work, source, index, name))
            return true;
    }
    GHashTableIter iter;
    gpointer gained = NULL;
    if (rename == NULL || rename->is_derived)
        return false;
    g_hash_table_iter_init(&iter, rename->gained);
    while (g_hash_table_iter_next(&iter, &gained, NULL))
        if (is_joined_newly(work, source, index, gained))
            return true;
    return false;
}

/* Of a table, or of one before it, the mapping does not say what becomes of all columns: nobody knows what NATURAL would mean. */
static bool
is_vague(Work *work, const SqlBlock *block, guint index)
{
    for (guint i = 0; i <= index; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        bool is_open = false;
        const ArenaList *names = sql_source_columns(work->sql, source, &is_open);
        for (guint n = 0; n < names->len; n++) {
            SqlPart part = {.text = g_ptr_array_index(names, n)};
            if (part.text != NULL && is_unmapped(work, source, &part))
                return true;
        }
    }
    return false;
}

static bool
needs_converting(Work *work, const SqlBlock *block, guint index)
{
    const SqlSource *source = g_ptr_array_index(block->sources, index);
    if (source->is_tacit_using && (is_vague(work, block, index) || joins_more(work, source, index)))
        return true;
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

/* Of USING its names are a person's, one by one; NATURAL has none. */
static void
refuse_natural(Work *work, const SqlSource *source)
{
    guint word = natural_word(work, source);
    const Token *token = work_token(work, word > 0 ? word : source->first - 1);
    site_refuse(work, SITE_COLUMN, token->begin, token->end, "joined-by-name", NULL,
                "NATURAL joins by the names that both sides have, and these change: join with ON");
}

static void
convert_block(Work *work, const SqlBlock *block)
{
    bool can = true;
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        if (!needs_converting(work, block, i))
            continue;
        can = can && can_convert(work, source) &&
              !(source->is_tacit_using && is_vague(work, block, i));
        set_add(&work->converted, source);
    }
    for (guint i = 0; !can && i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        if (source->is_tacit_using && set_has(work->converted, source))
            refuse_natural(work, source);
    }
    for (guint i = 0; !can && work->converted != NULL && i < block->sources->len; i++)
        g_hash_table_remove(work->converted, g_ptr_array_index(block->sources, i));
}

/* ---- writing ---- */

static void
append_side(Work *work, GString *text, const SqlSource *source, const SqlPart *part)
{
    const Dialect *dialect = work->sql->dialect;
    g_autofree char *qualifier =
        can_qualify(source) ? spell_qualifier(dialect, source, source_spelling(source)) : NULL;
    const ColumnChange *change = change_of(work, source, part);
    bool is_tacit = part->begin == part->end; /* the name stands nowhere */
    g_autofree char *name =
        change != NULL || is_tacit
            ? spell_like(dialect, part, change != NULL ? change->to : part->text)
            : g_strndup(work->text + part->begin, part->end - part->begin);
    g_string_append_printf(text, "%s%s%s", qualifier != NULL ? qualifier : "",
                           qualifier != NULL ? "." : "", name);
}

static bool
is_small(const Work *work, guint word)
{
    return g_ascii_islower(work->text[work_token(work, word)->begin]);
}

static char *
on_instead(Work *work, const SqlSource *source, bool is_small)
{
    GString *text = g_string_new(is_small ? "on " : "ON ");
    for (guint i = 0; i < source->using->len; i++) {
        const SqlRef *ref = g_ptr_array_index(source->using, i);
        const SqlPart *part = &ref->path.parts[0];
        g_string_append(text, i == 0 ? "" : is_small ? " and " : " AND ");
        append_side(work, text, ref->also, part);
        g_string_append(text, " = ");
        append_side(work, text, source, part);
    }
    if (source->using->len == 0) /* each with each */
        g_string_append(text, "1 = 1");
    return g_string_free(text, FALSE);
}

/* NATURAL goes, and ON comes behind the source. */
static void
write_on_of_natural(Work *work, const SqlSource *source)
{
    guint word = natural_word(work, source);
    size_t at = work_token(work, last_token(source))->end;
    g_autofree char *on = on_instead(work, source, is_small(work, word)),
                    *written = g_strconcat(" ", on, NULL);
    site_edit(work, SITE_COLUMN, work_token(work, word)->begin, work_token(work, word + 1)->begin,
              "");
    edit_add(work, at, at, written);
}

static void
write_on(Work *work, const SqlSource *source)
{
    g_autofree char *on = on_instead(work, source, is_small(work, source->using_first));
    site_edit(work, SITE_COLUMN, work_token(work, source->using_first)->begin,
              work_token(work, source->using_last)->end, on);
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
            if (!set_has(work->converted, source))
                continue;
            if (source->is_tacit_using)
                write_on_of_natural(work, source);
            else
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
