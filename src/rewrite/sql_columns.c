/* sql_columns.c - references to columns that change: a new name, an expression, other literals, or a person. */
#include "base/text.h"
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

static const char *
called(const SqlSource *source)
{
    if (source->alias != NULL)
        return source->alias->text;
    return source->path.count > 0 ? source->path.parts[source->path.count - 1].text : "a subquery";
}

static void
refuse_undecided(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    if (ref->also != NULL)
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                    "'%s' may be a column of '%s' or of '%s': qualify it, or give their schemas",
                    part->text, called(ref->source), called(ref->also));
    else
        site_refuse(
            work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
            "'%s' may be a column of '%s' or of another table: qualify it, or give the schema",
            part->text, called(ref->source));
}

static void
refuse_captured(Work *work, const SqlPart *part, const char *name)
{
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "captured-name", NULL,
                "'%s' would mean another column here: give its table an alias that nothing else "
                "here has",
                name);
}

/* ---- names ---- */

/* Joined by its name, with RIGHT or FULL: the value is that of whichever side has a row. */
static bool
is_of_both_sides(const SqlRef *ref)
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
    return can_qualify(ref->source) && !is_of_both_sides(ref) &&
           qualifier_catcher(ref->block, ref->source, source_called_after(ref->source)) == NULL;
}

/* `name` at this place, with a qualifier where it would mean something else without one. */
void
edit_column_name(Work *work, const SqlRef *ref, const SqlPart *part, const char *name)
{
    const Dialect *dialect = work->sql->dialect;
    g_autofree char *written = spell_like(dialect, part, name);
    bool needs_qualifier = ref->path.count == 1 && ref->binding == BINDING_COLUMN &&
                           ref->clause != CLAUSE_USING && ref->clause != CLAUSE_ASSIGN &&
                           ref->clause != CLAUSE_COLUMNS && ref->clause != CLAUSE_NAME &&
                           (is_new_name_taken(work, ref, name) ||
                            (is_converted(work, ref) && is_doubled_by_on(work, ref, name)));
    if (needs_qualifier && !can_qualify_at(ref)) {
        refuse_captured(work, part, name);
        return;
    }
    g_autofree char *qualifier =
        needs_qualifier ? spell_qualifier(dialect, ref->source, source_spelling(ref->source))
                        : NULL;
    g_autofree char *whole = qualifier != NULL ? g_strconcat(qualifier, ".", written, NULL) : NULL;
    site_edit(work, SITE_COLUMN, part->begin, part->end, whole != NULL ? whole : written);
}

/* ` AS old` behind an item whose name is seen from outside, or that names a field. */
void
keep_output_name(Work *work, const SqlRef *ref)
{
    const SqlItem *item = ref->in;
    bool is_kept = item != NULL && item->plain == ref && item_needs_alias(work, item);
    if (!is_kept && !ref->is_field)
        return;
    const SqlPart *part = &ref->path.parts[ref->path.count - 1];
    g_autofree char *alias =
        g_strdup_printf(" %s %.*s", word_as(work, ref->block), (int) (part->end - part->begin),
                        work->text + part->begin);
    edit_add(work, part->end, part->end, alias);
}

/* A field gives its name to the output, and nobody follows it further on: it stays. */
static void
keep_field_name(Work *work, const SqlRef *ref)
{
    const SqlItem *item = ref->in;
    const SqlPart *part = &ref->path.parts[ref->path.count - 1];
    bool names_output = item != NULL && item->plain == ref && item->alias == NULL &&
                        item->block->query != NULL && names_query(item->block) &&
                        query_names_matter(item->block->query);
    if (!names_output && !ref->is_field)
        return;
    g_autofree char *alias =
        g_strdup_printf(" %s %.*s", word_as(work, ref->block), (int) (part->end - part->begin),
                        work->text + part->begin);
    edit_add(work, part->end, part->end, alias);
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
    return rename == NULL || rename->is_derived || is_pseudo_column(part->text) ||
           rename->changes->len == 0 || rename_column(rename, work->sql->dialect, part) != NULL;
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
    if (!is_certain || is_known(work, rename, part) ||
        nested_change(work, ref, &is_inside) != NULL || is_inside)
        return;
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

static void
visit_changed(Work *work, const SqlRef *ref, const SqlPart *part, const ColumnChange *change)
{
    if (change->kind != CHANGE_NONE && sql_is_unsure(work, ref, change)) {
        return;
    } else if (change->kind == CHANGE_NAME) {
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

static void
visit_column(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    const ColumnChange *change = source_change(work, ref->source, part);
    const ColumnChange *also = ref->also != NULL ? source_change(work, ref->also, part) : NULL;
    bool is_inside = false;
    const ColumnChange *nested = nested_change(work, ref, &is_inside);
    if (ref->clause == CLAUSE_USING && set_has(work->converted, ref->source))
        return;
    if (ref->clause != CLAUSE_USING && is_converted(work, ref)) {
        visit_converted(work, ref, part, change);
        return;
    }
    if (nested != NULL)
        edit_nested(work, ref, nested);
    else if (is_inside)
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "fields-changed", NULL,
                    "fields of '%s' are renamed, and it is used as a whole here", part->text);
    else if (using_is_lost(work, ref) || (ref->also != NULL && (change != NULL || also != NULL)))
        visit_merged(work, ref, part, change, also);
    else if (change != NULL)
        visit_changed(work, ref, part, change);
    else
        check_unmapped(work, ref, part);
}

/* Had another table a column of this name all the time? Then nothing was called by it alone. */
static bool
had_another(Work *work, const SqlRef *plain, const SqlPart *part)
{
    const ArenaList *sources = plain->source->block->sources;
    for (guint i = 0; i < sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(sources, i);
        bool is_open = false;
        const ArenaList *names = source != plain->source && source != plain->also
                                     ? sql_source_columns(work->sql, source, &is_open)
                                     : NULL;
        for (guint n = 0; names != NULL && n < names->len; n++) {
            const char *name = g_ptr_array_index(names, n);
            if (name != NULL && sql_same_column(work->sql->dialect, part->text, part->quote, name))
                return true;
        }
    }
    return false;
}

/* ORDER BY m of `a.n AS m`, where an item before it gets `AS m` now. */
static bool
is_preceded(Work *work, const SqlRef *ref)
{
    const ArenaList *items = ref->item->block->items;
    for (guint i = 0; ref->item->alias != NULL && i < items->len; i++) {
        const SqlItem *item = g_ptr_array_index(items, i);
        if (item == ref->item)
            break;
        if (item->name != NULL && item_needs_alias(work, item) &&
            sql_same_column(work->sql->dialect, item->name, '\0', ref->item->name))
            return true;
    }
    return false;
}

/* Where ORDER BY sees an output's name only if AS gives it: another table may have a column that is called so, too. */
static bool
is_sorted_by_column(Work *work, const SqlRef *ref, const char *name)
{
    const SqlRef *plain = ref->item->alias == NULL ? ref->item->plain : NULL;
    return work->sql->dialect->has_order_columns && ref->clause == CLAUSE_ORDER && plain != NULL &&
           plain->binding == BINDING_COLUMN &&
           (is_converted(work, plain) || !is_of_both_sides(plain)) &&
           !item_needs_alias(work, ref->item) && !had_another(work, plain, &ref->path.parts[0]) &&
           is_new_name_taken(work, plain, name);
}

/* HAVING means a column that GROUP BY names before an output: does such a one get this name? */
static bool
is_caught_by_key(Work *work, const SqlRef *ref, const char *name)
{
    const ArenaList *refs = ref->block->refs;
    const SqlRef *plain = ref->item->plain;
    for (guint i = 0; ref->clause == CLAUSE_HAVING && i < refs->len; i++) {
        const SqlRef *key = g_ptr_array_index(refs, i);
        if (key->clause != CLAUSE_GROUP || !key->is_whole || key->binding != BINDING_COLUMN)
            continue;
        const SqlPart *part = &key->path.parts[key->column];
        const ColumnChange *change = source_change(work, key->source, part);
        const char *now = change != NULL && change->kind == CHANGE_NAME ? change->to : part->text;
        bool is_same = plain != NULL && plain->source == key->source &&
                       strcmp(plain->path.parts[plain->column].text, part->text) == 0;
        if (!is_same && sql_same_column(work->sql->dialect, name, '\0', now))
            return true;
    }
    return false;
}

static void
visit_output(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    const char *name = item_new_name(work, ref->item);
    if (work->sql->dialect->has_order_columns && ref->clause == CLAUSE_ORDER &&
        is_preceded(work, ref)) {
        refuse_captured(work, part, part->text);
        return;
    }
    if (is_caught_by_key(work, ref, name != NULL ? name : part->text)) {
        refuse_captured(work, part, part->text);
        return;
    }
    if (is_sorted_by_column(work, ref, name != NULL ? name : part->text)) {
        SqlRef column = *ref->item->plain;
        column.path = ref->path;
        column.column = 0;
        edit_column_name(work, &column, part, name != NULL ? name : part->text);
    } else if (name != NULL) {
        edit_column_name(work, ref, part, name);
    }
}

static void
visit_row(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    if (ref->source->query == NULL && source_changes(work, ref->source))
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "whole-row", NULL,
                    "the row of '%s' is used as a whole, with its columns' names", part->text);
}

/* A name that stays, where a new column of another source would be meant by it: qualified, or a person's. */
static void
visit_caught(Work *work, const SqlRef *ref, const SqlSource *catcher)
{
    const SqlPart *part = &ref->path.parts[0];
    const SqlRef *plain =
        ref->binding == BINDING_OUTPUT && ref->block == ref->item->block ? ref->item->plain : NULL;
    bool is_column = ref->binding == BINDING_COLUMN;
    if (plain != NULL && plain->binding == BINDING_COLUMN && plain->path.count == 2 &&
        can_qualify_at(plain)) { /* the output is that column: t.a AS b … GROUP BY b */
        const SqlPart *last = &plain->path.parts[1];
        const ColumnChange *change = source_change(work, plain->source, last);
        if (change == NULL || change->kind == CHANGE_NAME) {
            g_autofree char *name =
                spell_like(work->sql->dialect, last, change != NULL ? change->to : last->text);
            g_autofree char *qualifier =
                spell_qualifier(work->sql->dialect, plain->source, source_spelling(plain->source));
            g_autofree char *after = g_strdup_printf("%s.%s", qualifier, name);
            site_edit(work, SITE_COLUMN, part->begin, part->end, after);
            return;
        }
    }
    if (is_column && can_qualify_at(ref)) {
        g_autofree char *qualifier =
            spell_qualifier(work->sql->dialect, ref->source, source_spelling(ref->source));
        g_autofree char *after = g_strdup_printf(
            "%s.%.*s", qualifier, (int) (part->end - part->begin), work->text + part->begin);
        site_edit(work, SITE_COLUMN, part->begin, part->end, after);
        return;
    }
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "captured-name", NULL,
                "'%s' would mean the new column of '%s' here: qualify it, or give the schema",
                part->text, called(catcher));
}

static bool
stays(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    switch (ref->binding) {
    case BINDING_COLUMN:
    case BINDING_UNDECIDED:
        return source_change(work, ref->source, part) == NULL &&
               (ref->also == NULL || source_change(work, ref->also, part) == NULL);
    case BINDING_OUTPUT:
        return item_new_name(work, ref->item) == NULL;
    default:
        return true;
    }
}

/* Only a name may take a name's place between the quotes of a template. */
static bool
can_change_in_template(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    const ColumnChange *change = ref->binding == BINDING_COLUMN && ref->also == NULL
                                     ? source_change(work, ref->source, part)
                                     : NULL;
    return macro_takes_column(work, ref) && (change == NULL || change->kind == CHANGE_NAME);
}

/* What is written there must not end the text of the template. */
static bool
can_stand_in_template(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    const ColumnChange *change =
        ref->binding == BINDING_COLUMN ? source_change(work, ref->source, part) : NULL;
    const char *name = ref->binding == BINDING_OUTPUT ? item_new_name(work, ref->item)
                       : change != NULL               ? change->to
                                                      : NULL;
    g_autofree char *written =
        name != NULL ? spell_like(work->sql->dialect, part, name) : g_strdup("");
    return macro_can_carry(work, part->begin, written);
}

/* A name in a subquery's list that is taken as the inner table's, of which nothing is known. If that is wrong, the query
 * does not run any more; but where the new table has a column of this name, too, it would run and give something else. */
static bool
is_guess_too_many(Work *work, const SqlRef *ref, const SqlPart *part)
{
    const Rename *rename = source_rename(ref->instead);
    if (source_change(work, ref->instead, part) == NULL)
        return false;
    bool is_of_caller = ref->source->kind == SOURCE_TEMPLATE && /* {{ this }} in a macro */
                        statement_is_in_text(work, ref->block->statement);
    if (is_of_caller) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                    "'%s' may be a column of the model that calls the macro, or of '%s' around it: "
                    "qualify it",
                    part->text, called(ref->instead));
        return true;
    }
    if (renames_will_have(work->renames, rename, part->text)) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                    "'%s' may be a column of '%s', or of '%s' around it, which will have another "
                    "one of this name: qualify it, or give their schemas",
                    part->text, called(ref->source), called(ref->instead));
        return true;
    }
    Site *site = site_add(work, SITE_COLUMN, DISPOSITION_UNAFFECTED, part->begin, part->end);
    site->reason = arena_printf(work->out->arena,
                                "'%s' is taken as a column of '%s', which alone is read here; with "
                                "--schema that is certain",
                                part->text, called(ref->source));
    return false;
}

/* In MySQL a variable hides the column of its name; in others the column hides it, or such a query is refused. Where nothing
 * but a column can stand it is one. */
static bool
is_perhaps_variable(Work *work, const SqlRef *ref)
{
    return work->sql->dialect->has_hiding_variables && ref->path.count == 1 &&
           !is_name_only(ref->clause) && is_variable(work, ref->path.parts[0].text);
}

static void
visit_ref(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    if (ref->instead != NULL && is_guess_too_many(work, ref, part))
        return;
    if (ref->macro != NULL && (macro_takes_no_column(work, ref) || stays(work, ref)))
        return;
    if (ref->macro != NULL && !can_change_in_template(work, ref)) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "in-template", NULL,
                    "'%s' stands in a template, and what becomes of it there is not known",
                    part->text);
        return;
    }
    if (ref->macro != NULL && !can_stand_in_template(work, ref)) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "escaped", NULL,
                    "the new name of '%s' needs quotes that cannot stand in this text", part->text);
        return;
    }
    if (is_perhaps_variable(work, ref) && !stays(work, ref)) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                    "'%s' may be the column, or the variable of that name: qualify it", part->text);
        return;
    }
    const SqlSource *catcher = ref_catcher(work, ref);
    if (catcher != NULL && stays(work, ref)) {
        visit_caught(work, ref, catcher);
        return;
    }
    switch (ref->binding) {
    case BINDING_COLUMN:
        visit_column(work, ref);
        break;
    case BINDING_OUTPUT:
        visit_output(work, ref);
        break;
    case BINDING_ROW:
        visit_row(work, ref);
        break;
    case BINDING_UNDECIDED:
        if (source_change(work, ref->source, part) != NULL ||
            (ref->also != NULL && source_change(work, ref->also, part) != NULL))
            refuse_undecided(work, ref);
        break;
    case BINDING_NONE:
    case BINDING_LOCAL:
        break;
    }
}

static void
visit_value_star(Work *work, const SqlBlock *block)
{
    const Token *star = &g_array_index(work->sql->tokens, Token, block->value_star);
    for (guint i = 0; i < block->sources->len; i++)
        if (source_changes(work, g_ptr_array_index(block->sources, i))) {
            site_refuse(work, SITE_STAR, star->begin, star->end, "whole-row", NULL,
                        "a function is given all columns here, or those of a pattern, and sees "
                        "their names");
            return;
        }
}

/* ---- values that are called by a column's name ---- */

static void
add_old_name(Work *work, const SqlItem *item, const SqlPart *part)
{
    size_t end = work_token(work, item->last)->end;
    g_autofree char *alias =
        g_strdup_printf(" %s %.*s", word_as(work, item->block), (int) (part->end - part->begin),
                        work->text + part->begin);
    edit_add(work, end, end, alias);
}

static bool
is_name_seen(const SqlItem *item)
{
    const SqlQuery *query = item->block->query;
    return item->alias == NULL &&
           (item->block->is_returning ||
            (query != NULL && names_query(item->block) && query_names_matter(query)));
}

/* id::text is called `id`: it stays so, inside of the text, too. */
static void
keep_tacit_name(Work *work, const SqlItem *item)
{
    const SqlRef *ref = item->named_by;
    if (ref == NULL || !is_name_seen(item) || ref->binding != BINDING_COLUMN ||
        ref->column + 1 != ref->path.count)
        return;
    const SqlPart *part = &ref->path.parts[ref->column];
    if (source_change(work, ref->source, part) != NULL)
        add_old_name(work, item, part);
}

/* (SELECT id FROM t) is called `id` where casts are called by their columns. */
static void
keep_name_of_value(Work *work, const SqlQuery *query)
{
    const SqlItem *item = query->is_value ? query->item : NULL;
    const SqlBlock *block = item != NULL ? query_first_block(query) : NULL;
    if (block == NULL || block->items->len == 0 || !work->sql->dialect->has_cast_names ||
        item->first + 1 != query->first || !is_name_seen(item) ||
        work_token(work, item->first)->match != item->last)
        return;
    const SqlItem *inner = g_ptr_array_index(block->items, 0);
    const SqlRef *ref = inner->plain != NULL ? inner->plain : inner->named_by;
    if (inner->alias != NULL || ref == NULL || ref->binding != BINDING_COLUMN ||
        ref->column + 1 != ref->path.count)
        return;
    const SqlPart *part = &ref->path.parts[ref->column];
    if (source_change(work, ref->source, part) != NULL)
        add_old_name(work, item, part);
}

static void
keep_tacit_names(Work *work)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->items->len; i++)
            keep_tacit_name(work, g_ptr_array_index(block->items, i));
    }
    for (guint i = 0; i < work->sql->queries->len; i++)
        keep_name_of_value(work, g_ptr_array_index(work->sql->queries, i));
}

void
sql_columns(Work *work)
{
    keep_tacit_names(work);
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->refs->len; i++)
            visit_ref(work, g_ptr_array_index(block->refs, i));
        if (block->value_star > 0)
            visit_value_star(work, block);
        if (block->strange > 0)
            sql_strange(work, block);
        for (guint i = 0; i < block->items->len; i++)
            sql_star(work, g_ptr_array_index(block->items, i));
    }
}
