/*
 * expand.c - `*` written out, where its names or places are seen by others and all its columns are known.
 *
 * The columns of the renamed dataset are named one by one, in the order of the schema; what comes from other sources stays
 * a star with their alias before it. A star that stands on a line of its own becomes a line for each column.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define COLUMNS_MAX 2000 /* of one star; warehouses allow 10,000, people read fewer */

typedef struct {
    Work *work;
    const SqlItem *star;
    bool has_aliases;   /* the names are seen */
    bool has_qualifier; /* `t.` stands before the star and stays */
    GString *text;
    char *separator;
    char *of_hidden; /* qualifier of those that need one where the others do not; or NULL */
    guint count;
} Expansion;

static const char *const *
columns_of(Work *work, const SqlSource *source)
{
    const char *where;
    return star_columns(work, source, &where);
}

static uint32_t
star_token(const SqlItem *star)
{
    return star->star_path.count > 0 ? star->star_path.parts[star->star_path.count - 1].token + 2
                                     : star->first;
}

/* ---- is it possible? ---- */

static bool
has_comment(const Work *work, size_t begin, size_t end)
{
    for (size_t i = begin; i + 1 < end; i++)
        if (strncmp(work->text + i, "--", 2) == 0 || strncmp(work->text + i, "/*", 2) == 0 ||
            work->text[i] == '#' || work->text[i] == '{')
            return true;
    return false;
}

static bool
is_among_columns(const Work *work, const char *const *known, const SqlPart *part)
{
    for (; known != NULL && *known != NULL; known++)
        if (sql_same_column(work->sql->dialect, part->text, part->quote, *known))
            return true;
    return false;
}

/* `* EXCEPT (a)` of a table that is said to have no `a`: then it has more than is known. */
static bool
leaves_out_others(const Work *work, const SqlItem *star, const char *const *known)
{
    bool is_of_one = star->star_path.count > 0 || star->block->sources->len == 1;
    for (guint i = 0; is_of_one && star->except != NULL && i < star->except->len; i++)
        if (!is_among_columns(work, known, g_ptr_array_index(star->except, i)))
            return true;
    return false;
}

static ChangeKind
kind_of(const ColumnChange *change)
{
    return change != NULL ? change->kind : CHANGE_NONE;
}

/* In ClickHouse, `SELECT *, lower(id) AS id`: a column that is written out would mean what AS names, here or by another one
 * that is written out, or by WITH. */
static bool
is_hidden(Work *work, const SqlItem *star, const Rename *rename, const char *name)
{
    const Dialect *dialect = work->sql->dialect;
    SqlPart part = {.text = (char *) name};
    if (!dialect->has_hiding_aliases)
        return false;
    const SqlItem *item = sql_items_like(work->sql, star->block, name);
    for (; item != NULL; item = item->next)
        if (item->alias != NULL &&
            sql_same_column(dialect, item->alias->text, item->alias->quote, name))
            return true;
    return kind_of(rename_column(rename, dialect, &part)) != CHANGE_NONE ||
           sql_is_value_there(work->sql, star->block, &part, star->first);
}

/* All columns of the dataset have a name, or an expression, in the new one, and there are some. */
static bool
can_name_all(Work *work, const SqlItem *star, const SqlSource *source)
{
    const Rename *rename = source_rename(source);
    const char *const *known = columns_of(work, source);
    guint count = 0;
    for (; known != NULL && *known != NULL; known++) {
        SqlPart part = {.text = (char *) *known};
        const SqlReplacement *instead = star_replacement(work, star, *known);
        if (star_leaves_out(work, star, *known))
            continue;
        count++;
        if (instead != NULL && !instead->is_rename)
            continue;
        ChangeKind kind = kind_of(rename_column(rename, work->sql->dialect, &part));
        if (!rename_says(rename, work->sql->dialect, &part) ||
            (!can_qualify(source) && is_hidden(work, star, rename, *known)) ||
            (kind != CHANGE_NONE && kind != CHANGE_NAME && kind != CHANGE_EXPRESSION) ||
            (kind == CHANGE_EXPRESSION &&
             expression_has_text_for_name(work->sql->dialect, rename,
                                          rename_column(rename, work->sql->dialect, &part))))
            return false;
    }
    return count > 0 && count <= COLUMNS_MAX &&
           !leaves_out_others(work, star, columns_of(work, source));
}

const char *
star_unmapped(Work *work, const SqlItem *star, const SqlSource *source)
{
    const char *const *known = columns_of(work, source);
    for (; known != NULL && *known != NULL; known++) {
        SqlPart part = {.text = (char *) *known};
        if (!star_leaves_out(work, star, *known) &&
            !rename_says(source_rename(source), work->sql->dialect, &part))
            return *known;
    }
    return NULL;
}

/* Beside the star's dataset there are others, whose columns stay a star. */
static bool
can_stand_beside(Work *work, const SqlItem *star, const SqlSource *source)
{
    if (source_rename(source) != NULL)
        return star->except == NULL && source->columns == NULL && can_qualify(source) &&
               can_name_all(work, star, source);
    return (source->kind == SOURCE_TABLE || source->kind == SOURCE_COMMON ||
            source->kind == SOURCE_QUERY) &&
           can_qualify(source) && star->except == NULL;
}

/* u.* beside RIGHT JOIN … USING: in some dialects the joined column is that of both sides. */
static bool
is_of_both_sides(const SqlItem *star)
{
    const ArenaList *sources = star->block->sources;
    bool is_right = false, is_joined = false;
    for (guint i = 0; i < sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(sources, i);
        is_right = is_right || source->is_right;
        is_joined = is_joined || source->using != NULL || source->is_natural;
    }
    return is_right && is_joined;
}

/* OUTPUT deleted.*: not by the name that the table has. */
static bool
is_row_of_target(const SqlItem *star)
{
    const char *name =
        star->star_path.count > 0 ? star->star_path.parts[star->star_path.count - 1].text : NULL;
    const SqlSource *source = star->star_of;
    const char *called = source == NULL           ? NULL
                         : source->alias != NULL  ? source->alias->text
                         : source->path.count > 0 ? source->path.parts[source->path.count - 1].text
                                                  : NULL;
    return star->block->is_returning && name != NULL && called != NULL &&
           g_ascii_strcasecmp(name, called) != 0;
}

/* Among what the source is joined to the one before it by? */
static bool
is_joined_by(const Work *work, const SqlSource *source, const char *name)
{
    for (guint i = 0; source->using != NULL && i < source->using->len; i++) {
        const SqlPart *part =
            &((const SqlRef *) g_ptr_array_index(source->using, i))->path.parts[0];
        if (sql_same_column(work->sql->dialect, part->text, part->quote, name))
            return true;
    }
    return false;
}

/* USING (a, b) gives these first, in most dialects: are they the first ones of the table anyway? SQLite leaves them where that
 * table has them. */
static bool
has_first(Work *work, const SqlSource *first, const SqlSource *source)
{
    bool is_open = false;
    const ArenaList *names = sql_source_columns(work->sql, first, &is_open);
    if (is_open || names->len < source->using->len)
        return false;
    for (guint i = 0; i < source->using->len && !work->sql->dialect->has_first_schema; i++) {
        const SqlPart *part =
            &((const SqlRef *) g_ptr_array_index(source->using, i))->path.parts[0];
        const char *name = g_ptr_array_index(names, i);
        if (name == NULL ||
            !(source->is_tacit_using
                  ? is_joined_by(work, source, name)
                  : sql_same_column(work->sql->dialect, part->text, part->quote, name)))
            return false;
    }
    return true;
}

/* a [LEFT] JOIN b USING (c): all of `a`, whose value that of `c` is, and of `b` all but `c`. Trino knows no `a.c` then. */
static bool
is_joined_plainly(Work *work, const SqlItem *star, const SqlSource *source)
{
    const ArenaList *sources = star->block->sources;
    const SqlSource *first = g_ptr_array_index(sources, 0);
    bool is_certain = !work->sql->dialect->is_any && strcmp(work->sql->dialect->name, "trino") != 0;
    if (sources->len != 2 || source == first || source->is_right || source->is_semi ||
        first->is_semi || !is_certain || star->except != NULL || source_rename(source) == NULL ||
        source_rename(source)->is_derived)
        return false;
    for (guint i = 0; i < source->using->len; i++)
        if (((const SqlRef *) g_ptr_array_index(source->using, i))->also != first)
            return false;
    return has_first(work, first, source);
}

bool
star_can_expand(Work *work, const SqlItem *star, const SqlSource *source)
{
    const ArenaList *sources = star->block->sources;
    bool is_of_target = star->block->is_returning && star->star_path.count == 0 &&
                        sources->len > 1 && !work->sql->dialect->has_joined_returning;
    if (!star_can_replace(work, star, columns_of(work, source)) || source->columns != NULL ||
        is_of_both_sides(star) || is_of_target || is_row_of_target(star) ||
        (star->is_tacit && star->block->is_piped) ||
        (star->block->value_star > 0 &&
         star->block->value_star == star_token(star)) || /* * LIKE '…' */
        work_token(work, star_token(star))->kind == TOKEN_TEMPLATE ||
        source->reshape != NULL || !can_name_all(work, star, source) ||
        has_comment(work, work_token(work, star_token(star))->begin,
                    work_token(work, star->last)->end))
        return false;
    for (guint i = 0; star->star_path.count == 0 && i < sources->len; i++) {
        const SqlSource *other = g_ptr_array_index(sources, i);
        if (other->is_semi)
            continue;
        if ((other->using != NULL && !is_joined_plainly(work, star, other)) ||
            sql_joins_vaguely(other) || other->is_unread || other->reshape != NULL ||
            (sources->len > 1 && !can_stand_beside(work, star, other)))
            return false;
    }
    return true;
}

/* ---- how it is written ---- */

/* ",\n  " where the star has a line of its own, else ", ". */
static char *
separator_at(const Work *work, size_t begin, size_t end)
{
    size_t line = begin;
    while (line > 0 && work->text[line - 1] != '\n')
        line--;
    size_t indent = line;
    while (indent < begin && (work->text[indent] == ' ' || work->text[indent] == '\t'))
        indent++;
    while (end < work->bytes && strchr(" \t,\r", work->text[end]) != NULL)
        end++;
    bool is_alone = end == work->bytes || work->text[end] == '\n';
    for (size_t i = indent; i < begin; i++) /* u.* */
        is_alone = is_alone && !g_ascii_isspace(work->text[i]);
    bool has_returns = line > 1 && work->text[line - 2] == '\r';
    return is_alone && line > 0 ? g_strdup_printf(",%s\n%.*s", has_returns ? "\r" : "",
                                                  (int) (indent - line), work->text + line)
                                : g_strdup(", ");
}

static void
begin_column(Expansion *expansion)
{
    if (expansion->count++ > 0)
        g_string_append(expansion->text, expansion->separator);
}

/* ORDER BY name in this block. */
static bool
sorts_by(const Work *work, const SqlBlock *block, const char *name)
{
    for (guint i = 0; block != NULL && i < block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(block->refs, i);
        const SqlPart *part = &ref->path.parts[0];
        if (ref->clause == CLAUSE_ORDER && ref->is_whole && ref->path.count == 1 &&
            sql_same_column(work->sql->dialect, part->text, part->quote, name))
            return true;
    }
    return false;
}

/* Where ORDER BY means an output only if AS gives it the name, or a star. */
static bool
is_sorted_by(const Work *work, const SqlItem *star, const char *name)
{
    const SqlQuery *query = star->block->query;
    return work->sql->dialect->has_order_columns &&
           (sorts_by(work, star->block, name) ||
            (query != NULL && sorts_by(work, query->tail, name)));
}

/* As it is written. */
static char *
text_of(const Work *work, const SqlPart *part)
{
    return g_strndup(work->text + part->begin, part->end - part->begin);
}

static void
add_column(Expansion *expansion, const Rename *rename, const char *name, const char *qualifier)
{
    const Dialect *dialect = expansion->work->sql->dialect;
    SqlPart part = {.text = (char *) name};
    const ColumnChange *change = rename_column(rename, dialect, &part);
    const char *as = word_as(expansion->work, expansion->star->block);
    const SqlReplacement *instead = star_replacement(expansion->work, expansion->star, name);
    g_autofree char *old = instead != NULL ? text_of(expansion->work, instead->name)
                                           : spell_like(dialect, &part, name);
    bool is_renamed = kind_of(change) == CHANGE_NAME;
    begin_column(expansion);
    if (instead != NULL && !instead->is_rename) {
        g_autofree char *value = work_edited(expansion->work, instead->first, instead->last);
        g_string_append_printf(expansion->text, "%s %s %s", value, as, old);
        return;
    }
    if (qualifier == NULL &&
        (kind_of(change) == CHANGE_EXPRESSION ||
         is_hidden(expansion->work, expansion->star, rename, is_renamed ? change->to : name)))
        qualifier = expansion->of_hidden;
    if (kind_of(change) == CHANGE_EXPRESSION) {
        append_qualified(expansion->text, change->expr, dialect, qualifier);
        g_string_append_printf(expansion->text, " %s %s", as, old);
        return;
    }
    g_autofree char *new = spell_like(dialect, &part, is_renamed ? change->to : name);
    if (qualifier != NULL && !(expansion->count == 1 && expansion->has_qualifier))
        g_string_append_printf(expansion->text, "%s.", qualifier);
    g_string_append(expansion->text, new);
    bool keeps_old = instead != NULL || (is_renamed && expansion->has_aliases);
    if (keeps_old || is_sorted_by(expansion->work, expansion->star, name))
        g_string_append_printf(expansion->text, " %s %s", as, is_renamed && !keeps_old ? new : old);
}

static void
add_columns(Expansion *expansion, const SqlSource *source, const char *qualifier)
{
    Work *work = expansion->work;
    const Rename *rename = source_rename(source);
    for (const char *const *known = columns_of(work, source); *known != NULL; known++)
        if (!star_leaves_out(work, expansion->star, *known) &&
            !(expansion->star->star_path.count == 0 && is_joined_by(work, source, *known)))
            add_column(expansion, rename, *known, qualifier);
}

static void
add_all_sources(Expansion *expansion)
{
    Work *work = expansion->work;
    const ArenaList *sources = expansion->star->block->sources;
    for (guint i = 0; i < sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(sources, i);
        if (source->is_semi)
            continue;
        g_autofree char *qualifier =
            sources->len > 1 ? spell_qualifier(work->sql->dialect, source, source_spelling(source))
                             : NULL;
        if (source_rename(source) != NULL) {
            g_autofree char *of_hidden =
                work->sql->dialect->has_hiding_aliases && can_qualify(source)
                    ? spell_qualifier(work->sql->dialect, source, source_spelling(source))
                    : NULL;
            expansion->of_hidden = of_hidden;
            add_columns(expansion, source, qualifier);
            expansion->of_hidden = NULL;
        } else {
            begin_column(expansion);
            g_string_append_printf(expansion->text, "%s.*", qualifier);
        }
    }
}

/* `u.` before the star cannot stay before an expression. */
static bool
begins_with_expression(Work *work, const SqlItem *star, const SqlSource *source)
{
    const char *const *known = columns_of(work, source);
    while (known != NULL && *known != NULL && star_leaves_out(work, star, *known))
        known++;
    SqlPart part = {.text = known != NULL ? (char *) *known : NULL};
    const ColumnChange *change =
        part.text != NULL ? rename_column(source_rename(source), work->sql->dialect, &part) : NULL;
    const SqlReplacement *instead =
        part.text != NULL ? star_replacement(work, star, part.text) : NULL;
    return kind_of(change) == CHANGE_EXPRESSION || (instead != NULL && !instead->is_rename);
}

/* What was written for the qualifier goes with it. */
static void
drop_edits(Work *work, size_t begin, size_t end)
{
    for (guint i = work->out->edits->len; i > 0; i--) {
        const Edit *edit = g_ptr_array_index(work->out->edits, i - 1);
        if (edit->begin >= begin && edit->end <= end)
            g_ptr_array_remove_index(work->out->edits, i - 1);
    }
}

/* The star's site was just written down. */
static void
say_where(Work *work, const SqlSource *source)
{
    const char *where;
    GPtrArray *sites = work->out->sites;
    if (star_columns(work, source, &where) == NULL || where == NULL || sites->len == 0)
        return;
    Site *site = g_ptr_array_index(sites, sites->len - 1);
    site->reason =
        arena_printf(work->out->arena, "its columns are those of the definition in %s", where);
}

void
star_expand(Work *work, const SqlItem *star, const SqlSource *source, bool has_aliases)
{
    bool has_qualifier = star->star_path.count > 0 && !begins_with_expression(work, star, source);
    const Token *first = work_token(work, has_qualifier ? star_token(star) : star->first);
    size_t end = work_token(work, star->last)->end;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *separator = separator_at(work, first->begin, end);
    Expansion expansion = {.work = work,
                           .star = star,
                           .has_aliases = has_aliases,
                           .has_qualifier = has_qualifier,
                           .text = text,
                           .separator = separator};
    if (star->star_path.count == 0) {
        add_all_sources(&expansion);
    } else {
        g_autofree char *qualifier =
            spell_qualifier(work->sql->dialect, source, source_spelling(source));
        add_columns(&expansion, source, qualifier);
    }
    if (star->is_tacit) { /* FROM t, TABLE t: SELECT … FROM t */
        bool is_small = g_ascii_islower(work->text[first->begin]);
        g_string_prepend(text, is_small ? "select " : "SELECT ");
        g_string_append(text, is_small ? " from" : " FROM");
    }
    if (star->replace != NULL || (star->star_path.count > 0 && !has_qualifier))
        drop_edits(work, first->begin, end);
    site_edit(work, SITE_STAR, first->begin, end, text->str);
    say_where(work, source);
}
