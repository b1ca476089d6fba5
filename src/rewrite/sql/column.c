/* column.c - one reference to a column that changes: a new name, an expression, other literals, or a person. */
#include "base/text.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* ---- refusing ---- */

static const char *
why_of(const ColumnChange *change)
{
    return change->why != NULL ? change->why : "the mapping gives no reason";
}

static void
refuse_change(Work *work, const SqlPart *part, const ColumnChange *change)
{
    switch (change->kind) {
    case CHANGE_DROPPED:
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "dropped", change->link,
                    "'%s' is dropped: %s", change->column, why_of(change));
        return;
    case CHANGE_DERIVED:
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "derived", change->link,
                    "'%s' only goes into the making of other columns: say under `consumers` what "
                    "is written instead",
                    change->column);
        return;
    case CHANGE_VALUES:
        site_refuse(
            work, SITE_COLUMN, part->begin, part->end, "values-changed", change->link,
            "'%s' holds other values than '%s' did: say under `consumers` what is written instead",
            change->to, change->column);
        return;
    default:
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "not-a-name", change->link,
                    "'%s' becomes an expression, which cannot stand here", change->column);
    }
}

void
refuse_captured(Work *work, const SqlPart *part, const char *name)
{
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "captured-name", NULL,
                "'%s' would mean another column here: give its table an alias that nothing else "
                "here has",
                name);
}

/* ---- names ---- */

bool
ref_is_of_both_sides(const SqlRef *ref)
{
    const ArenaList *sources = ref->source->block->sources;
    bool is_right = false;
    for (guint i = 0; ref->also != NULL && ref->path.count == 1 && i < sources->len; i++)
        is_right = is_right || ((const SqlSource *) g_ptr_array_index(sources, i))->is_right;
    return is_right;
}

/* Would its table's name as a qualifier mean that table here? */
bool
can_qualify_at(const SqlRef *ref)
{
    return can_qualify(ref->source) && !ref_is_of_both_sides(ref) &&
           qualifier_catcher(ref->block, ref->source, source_called_after(ref->source)) == NULL;
}

/* UPDATE a JOIN b SET x = 1: in MySQL x is the column of whichever has it, and may say so; elsewhere it is the target's, and may not. */
bool
ref_may_be_qualified(const Work *work, const SqlRef *ref)
{
    if (ref->clause == CLAUSE_ASSIGN)
        return work->sql->dialect->has_joined_writes && ref->block->sources->len > 1;
    return ref->clause != CLAUSE_USING && ref->clause != CLAUSE_COLUMNS &&
           ref->clause != CLAUSE_NAME;
}

/* `name` at this place, with a qualifier where it would mean something else without one. */
void
edit_column_name(Work *work, const SqlRef *ref, const SqlPart *part, const char *name)
{
    const Dialect *dialect = work->sql->dialect;
    g_autofree char *written = spell_like(dialect, part, name);
    bool needs_qualifier = ref->path.count == 1 && ref->binding == BINDING_COLUMN &&
                           ref_may_be_qualified(work, ref) &&
                           (is_new_name_taken(work, ref, name) ||
                            (is_converted(work, ref) && is_doubled_by_on(work, ref, name)));
    bool is_listed = ref->in != NULL && ref->in->listed != NULL; /* and a name, too */
    if (needs_qualifier && (is_listed || !can_qualify_at(ref))) {
        refuse_captured(work, part, name);
        return;
    }
    g_autofree char *qualifier =
        needs_qualifier ? spell_qualifier(dialect, ref->source, source_spelling(ref->source))
                        : NULL;
    g_autofree char *whole = qualifier != NULL ? g_strconcat(qualifier, ".", written, NULL) : NULL;
    site_edit(work, SITE_COLUMN, part->begin, part->end, whole != NULL ? whole : written);
}

/* ` AS old` behind the name, or `old := ` before it. */
static void
add_old_name(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->path.count - 1];
    int bytes = (int) (part->end - part->begin);
    const char *old = work->text + part->begin;
    bool is_before = ref->field == FIELD_BEFORE;
    size_t at = is_before ? ref->path.parts[0].begin : part->end;
    g_autofree char *written =
        is_before ? g_strdup_printf("%.*s := ", bytes, old)
                  : g_strdup_printf(" %s %.*s", word_as(work, ref->block), bytes, old);
    edit_add(work, at, at, written);
}

/* `u.plan AS plan` */
static void
repeat_new_name(Work *work, const SqlItem *item)
{
    const ColumnChange *change = item_repeats_name(work, item) ? item_change(work, item) : NULL;
    if (change == NULL)
        return;
    g_autofree char *to = change_in_letters(change, work->sql->dialect, item->alias),
                    *written = spell_like(work->sql->dialect, item->alias, to);
    site_edit(work, SITE_COLUMN, item->alias->begin, item->alias->end, written);
}

/* a.k, b.k in ClickHouse, where an alias means one thing: the second one cannot be called so, too. */
static bool
is_alias_of_two(Work *work, const SqlRef *ref)
{
    const SqlItem *item = work->sql->dialect->has_hiding_aliases ? ref->in : NULL;
    const SqlItem *other = item != NULL ? sql_items_like(work->sql, item->block, item->name) : NULL;
    for (; other != NULL; other = other->next) {
        bool is_same = other->plain != NULL && other->plain->source == ref->source &&
                       other->alias == NULL && item_needs_alias(work, other);
        if (other != item && !is_same && other->name != NULL &&
            (other->alias != NULL || item_needs_alias(work, other)) &&
            sql_same_column(work->sql->dialect, other->name, '\0', item->name))
            return true;
    }
    return false;
}

/* Behind an item whose name is seen from outside, or that names a field. */
void
keep_output_name(Work *work, const SqlRef *ref)
{
    const SqlItem *item = ref->in;
    if (item != NULL && item->plain == ref && item->alias != NULL)
        repeat_new_name(work, item);
    bool is_kept = item != NULL && item->plain == ref && item_needs_alias(work, item);
    if (!is_kept && ref->field == FIELD_NONE)
        return;
    if (is_kept && is_alias_of_two(work, ref)) {
        const SqlPart *part = &ref->path.parts[ref->path.count - 1];
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "captured-name", NULL,
                    "two columns come out as '%s' here, and AS can call only one so: give them "
                    "aliases first",
                    item->name);
        return;
    }
    add_old_name(work, ref);
    work->gives_old_names = true;
}

/* A field gives its name to the output, and nobody follows it further on: it stays. */
static void
keep_field_name(Work *work, const SqlRef *ref)
{
    const SqlItem *item = ref->in;
    bool names_output = item != NULL && item->plain == ref && item->alias == NULL &&
                        item->block->query != NULL && names_query(item->block) &&
                        query_names_matter(item->block->query);
    if (names_output || ref->field != FIELD_NONE)
        add_old_name(work, ref);
}

/* arrays_zip(a): the name is that of a field, and nothing can be written there to keep it. */
static bool
refuse_fixed_field(Work *work, const SqlRef *ref, const SqlPart *part, const ColumnChange *change)
{
    if (ref->field != FIELD_FIXED || change == NULL || change->kind == CHANGE_NONE)
        return false;
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "whole-row", NULL,
                "a field is called '%s' here because the column is, and nothing can be written "
                "here to keep its name",
                part->text);
    return true;
}

/* ---- fields ---- */

/* `client.os` of the mapping, where the reference goes on with dots. */
static const ColumnChange *
nested_change(Work *work, const SqlRef *ref, bool *ret_is_inside)
{
    const Rename *rename = source_rename(ref->source);
    const Dialect *dialect = work->sql->dialect;
    *ret_is_inside = false;
    for (guint i = 0; rename != NULL && rename->has_fields && i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (strchr(change->column, '.') == NULL)
            continue;
        g_auto(GStrv) parts = g_strsplit(change->column, ".", SPELLING_PARTS_MAX);
        guint length = g_strv_length(parts), rest = ref->path.count - ref->column, same = 0;
        while (length > 1 && same < MIN(length, rest) &&
               sql_same_column(dialect, ref->path.parts[ref->column + same].text,
                               ref->path.parts[ref->column + same].quote, parts[same]))
            same++;
        if (same == length && length > 1)
            return change;
        *ret_is_inside =
            *ret_is_inside || (length > 1 && same == rest && change->kind != CHANGE_NONE);
    }
    return NULL;
}

static void
edit_nested(Work *work, const SqlRef *ref, const ColumnChange *change)
{
    g_auto(GStrv) from = g_strsplit(change->column, ".", SPELLING_PARTS_MAX);
    g_auto(GStrv) to = g_strsplit(change->to != NULL ? change->to : "", ".", SPELLING_PARTS_MAX);
    const SqlPart *first = &ref->path.parts[ref->column];
    if (change->kind == CHANGE_NONE)
        return;
    if (change->kind != CHANGE_NAME || g_strv_length(from) != g_strv_length(to)) {
        refuse_change(work, first, change);
        return;
    }
    for (guint i = 0; to[i] != NULL; i++)
        if (strcmp(from[i], to[i]) != 0)
            edit_column_name(work, ref, first + i, to[i]);
    if (ref->column + g_strv_length(to) == ref->path.count &&
        strcmp(from[g_strv_length(from) - 1], to[g_strv_length(to) - 1]) != 0)
        keep_field_name(work, ref);
}

/* ---- one reference ---- */

/* rowid, _PARTITIONTIME: not in any mapping, and still there. */
static bool
is_pseudo_column(const char *name)
{
    static const char *const names[] = {"rowid", "oid", "ctid", "xmin", "rownum", "level"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (text_same_folded(name, names[i]))
            return true;
    return name[0] == '_';
}

/* Not a column of the dataset's of which the mapping says nothing. */
static bool
is_known(const Work *work, const Rename *rename, const SqlPart *part)
{
    if (rename != NULL && g_str_has_prefix(part->text, "{{") && /* else it is told of as a hole */
        (strcmp(part->text, HOLE) == 0 || !rename_changes_columns(rename)))
        return true;
    return rename == NULL || rename->is_derived || is_pseudo_column(part->text) ||
           rename->changes->len == 0 || dbt_is_renamed(work->renames, work->options, rename) ||
           rename_says(rename, work->sql->dialect, part);
}

/* t (a, b): what its alias calls the columns. */
static bool
is_called_by_alias(const Work *work, const SqlSource *source, const SqlPart *part)
{
    for (guint i = 0; source->columns != NULL && i < source->columns->len; i++)
        if (sql_same_column(work->sql->dialect, part->text, part->quote,
                            ((const SqlPart *) g_ptr_array_index(source->columns, i))->text))
            return true;
    return false;
}

/* A column that is qualified as the table's, and of which the mapping says nothing. */
static void
check_unmapped(Work *work, const SqlRef *ref, const SqlPart *part)
{
    const Rename *rename = source_rename(ref->source);
    bool is_inside = false, is_joined = ref->clause == CLAUSE_USING; /* then both sides have it */
    bool is_certain = ref->column > 0 || ref->clause == CLAUSE_NAME || is_joined;
    if (is_joined && ref->also != NULL && !is_known(work, source_rename(ref->also), part))
        rename = source_rename(ref->also);
    /* ADD COLUMN says itself what becomes of it, where no other one is called otherwise */
    bool is_added =
        ref->source->shape == SHAPE_ADJUSTED && rename != NULL && !rename_changes_columns(rename);
    const SqlReshape *reshape = ref->source->reshape;
    bool is_made = reshape != NULL && sql_reshape_makes(work->sql->dialect, reshape, part);
    if (!is_certain || is_added || is_made || is_called_by_alias(work, ref->source, part) ||
        is_known(work, rename, part) || nested_change(work, ref, &is_inside) != NULL || is_inside)
        return;
    bool is_new = rename->is_in_place; /* else nothing was said to stay */
    if (is_new && !rename->trades_names)
        site_add(work, SITE_COLUMN, DISPOSITION_ALREADY, part->begin, part->end);
    else if (is_new)
        site_refuse(
            work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
            "'%s' is a new name, so this has been rewritten before, or the table has such a "
            "column today: as others trade their names, nobody can tell",
            part->text);
    else
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "not-in-mapping", NULL,
                    "the mapping does not say what becomes of '%s'", part->text);
}

static void
visit_merged(Work *work, const SqlRef *ref, const SqlPart *part, const ColumnChange *change,
             const ColumnChange *also)
{
    if (change != NULL && also != NULL && change->kind == CHANGE_NAME &&
        also->kind == CHANGE_NAME && strcmp(change->to, also->to) == 0 &&
        !using_is_lost(work, ref)) {
        edit_column_name(work, ref, part, change->to);
        keep_output_name(work, ref);
        return;
    }
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "joined-by-name", NULL,
                "'%s' is joined by name, and is not the same on both sides any more: join with ON",
                part->text);
}

/* GRANT SELECT (a), COMMENT ON COLUMN t.a: whatever values it holds. */
static bool
is_only_named(const Work *work, const SqlRef *ref)
{
    static const char *const verbs[] = {"GRANT", "REVOKE", "DENY", "COMMENT"};
    const SqlStatement *statement = ref->block->statement;
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (ref->clause == CLAUSE_NAME && work_is_text(work, statement->first, verbs[i]))
            return true;
    return false;
}

static void
visit_changed(Work *work, const SqlRef *ref, const SqlPart *part, const ColumnChange *change)
{
    if (change->kind != CHANGE_NONE && sql_is_unsure(work, ref, change)) {
        return;
    } else if (change->kind == CHANGE_NAME ||
               (change->kind == CHANGE_VALUES && change->to != NULL &&
                (is_only_named(work, ref) || (ref->in != NULL && ref->in->plain == ref &&
                                              item_passes(work, ref->in, change))))) {
        edit_column_name(work, ref, part, change->to);
        keep_output_name(work, ref);
    } else if (change->kind == CHANGE_EXPRESSION) {
        if (!edit_expression(work, ref, change))
            refuse_change(work, part, change);
    } else if (!edit_literals(work, ref, change)) {
        refuse_change(work, part, change);
    }
}

/* USING has become ON: the name is that of the side before the join. */
static void
visit_converted(Work *work, const SqlRef *ref, const SqlPart *part, const ColumnChange *change)
{
    if (change != NULL) {
        edit_column_name(work, ref, part, change->to);
        keep_output_name(work, ref);
        return;
    }
    if (!is_doubled_by_on(work, ref, part->text) &&
        (ref->path.count > 1 || !is_new_name_taken(work, ref, part->text)))
        return;
    if (!can_qualify_at(ref)) {
        refuse_captured(work, part, part->text);
        return;
    }
    g_autofree char *qualifier =
        spell_qualifier(work->sql->dialect, ref->source, source_spelling(ref->source));
    g_autofree char *after = g_strdup_printf("%s.%.*s", qualifier, (int) (part->end - part->begin),
                                             work->text + part->begin);
    site_edit(work, SITE_COLUMN, part->begin, part->end, after);
}

/* What is written of this file alone must not give columns their new names where the table is left. */
static bool
stays_with_table(Work *work, const SqlRef *ref, const SqlPart *part, bool changes)
{
    bool stays =
        work->options->is_partial && sql_table_of_elements(ref->source)->is_left && changes;
    if (stays)
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "together", NULL,
                    "the table that this is a column of is a person's here, and so is the column");
    return stays;
}

/* UPDATE a AS t … FROM b AS t: SQLite allows two of one name, and t.x is the column of whichever has it. What stays means what it
 * meant, unless the other one gets such a column. */
static bool
refuse_of_namesakes(Work *work, const SqlRef *ref, const SqlPart *part, const ColumnChange *change)
{
    const ArenaList *sources = ref->source->block->sources;
    const char *called = ref->column == 1 ? source_called_after(ref->source) : NULL,
               *name = change != NULL && change->kind == CHANGE_NAME ? change->to : part->text;
    for (guint i = 0; called != NULL && i < sources->len; i++) {
        const SqlSource *other = g_ptr_array_index(sources, i);
        const char *theirs = other != ref->source ? source_called_after(other) : NULL;
        if (theirs == NULL || other->is_twin || ref->source->is_twin || other->is_semi ||
            ref->source->is_semi || !text_same_folded(called, theirs) ||
            !(change != NULL ? source_will_have(work, other, name)
                             : source_will_gain(work, other, name)))
            continue;
        refuse_captured(work, part, name);
        return true;
    }
    return false;
}

void
sql_column(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    const ColumnChange *change = source_change(work, ref->source, part);
    const ColumnChange *also = ref->also != NULL ? source_change(work, ref->also, part) : NULL;
    bool is_inside = false;
    const ColumnChange *nested = nested_change(work, ref, &is_inside);
    if (stays_with_table(work, ref, part, change != NULL || nested != NULL))
        return;
    if (refuse_of_namesakes(work, ref, part, change) || sql_reshape_has_taken(work, ref, part) ||
        refuse_fixed_field(work, ref, part, change))
        return;
    if (ref->clause == CLAUSE_USING && set_has(work->converted, ref->source))
        return;
    if (ref->clause != CLAUSE_USING && is_converted(work, ref)) {
        visit_converted(work, ref, part, change);
        return;
    }
    if (nested != NULL)
        edit_nested(work, ref, nested);
    else if (is_inside && (sql_gives_elements(ref) || sql_element_field(work, ref)))
        return;
    else if (is_inside || sql_is_element(ref))
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "fields-changed", NULL,
                    "fields of '%s' are renamed, and it is used as a whole here", part->text);
    else if (using_is_lost(work, ref) || (ref->also != NULL && (change != NULL || also != NULL)))
        visit_merged(work, ref, part, change, also);
    else if (change != NULL)
        visit_changed(work, ref, part, change);
    else if (!sql_left_behind(work, ref, part))
        check_unmapped(work, ref, part);
}
