/* columns.c - what each reference means for the rewriting: a column, an output, a row, or one that a new name would catch. */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"
#include "sql/outputs.h"

#include <string.h>

/* Where names begin that templates put in, plus one; NULL: nowhere. */
typedef struct {
    GHashTable *staying;   /* for a column that stays */
    GHashTable *elsewhere; /* and not only as items whose names are to stay */
    GHashTable *settings;  /* into config(), as names of outputs */
} Listed;

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
refuse_row(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "whole-row", NULL,
                "the row of '%s' is used as a whole, with its columns' names", part->text);
}

/* md5(u::text) of a table that only has columns called otherwise: the values are those, and in their order. */
static bool
stays_as_text(const Work *work, const SqlRef *ref, const Rename *rename)
{
    const Spelling *spelling = source_spelling(ref->source);
    return rename != NULL && spelling != NULL && rename_only_renames(rename) &&
           g_strv_equal((const char *const *) spelling->source,
                        (const char *const *) spelling->target) &&
           sql_row_is_text_of_values(work, ref);
}

static void
visit_row(Work *work, const SqlRef *ref)
{
    const Rename *rename = source_rename(ref->source);
    if (ref->source->query != NULL || stays_as_text(work, ref, rename))
        return;
    if (source_changes(work, ref->source) ||
        (rename != NULL && !rename->is_derived && !rename_only_renames(rename) &&
         sql_row_is_counted_whole(work, ref)))
        refuse_row(work, ref);
}

/* The name of a table of which nothing else is known, as a value. Where that name changes, sql_qualifiers() sees to it. */
static bool
is_perhaps_row(Work *work, const SqlRef *ref)
{
    const SqlSource *source = ref->source;
    const SqlPart *part = &ref->path.parts[0];
    return work->sql->dialect->has_rows && ref->path.count == 1 && ref->macro == NULL &&
           ref->clause != CLAUSE_NAME && ref_may_be_qualified(work, ref) && source->alias == NULL &&
           source->path.count > 0 && source_rename(source) != NULL && source->requalified != NULL &&
           strcmp(source_called_after(source), source->path.parts[source->path.count - 1].text) ==
               0 &&
           sql_same_table(work->sql->dialect, part->text, part->quote,
                          source->path.parts[source->path.count - 1].text) &&
           !source_has(work, source, part) && source_changes(work, source);
}

/* `b` beside `t.a AS b`, where a table of which not all columns are known may have a `b`, which would be meant before the alias. */
static bool
may_be_hidden_column(Work *work, const SqlRef *ref)
{
    const Dialect *dialect = work->sql->dialect;
    if (dialect->has_hiding_aliases || ref->clause == CLAUSE_ORDER ||
        (ref->clause == CLAUSE_GROUP && dialect->has_group_outputs))
        return false;
    for (guint i = 0; i < ref->block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(ref->block->sources, i);
        bool is_open = false;
        sql_source_columns(work->sql, source, &is_open);
        if (is_open && source_rename(source) == NULL && source->query == NULL)
            return true;
    }
    return false;
}

/* Is it known of a table beside the catcher that it has such a column? */
static bool
is_had_beside(Work *work, const SqlRef *ref, const SqlSource *catcher)
{
    for (guint i = 0; i < ref->block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(ref->block->sources, i);
        if (source != catcher && source_will_have(work, source, ref->path.parts[0].text))
            return true;
    }
    return false;
}

/* The new name of a column where a table that stays where it is has been changed: where nothing else in sight has it, if this
 * runs, or beside tables of which nobody says that they have one. If one of these has it after all, engines say so. */
static bool
is_there_already(Work *work, const SqlRef *ref, const SqlSource *catcher)
{
    const char *name = ref->path.parts[0].text;
    if (!source_has_gained(work, catcher, name) || source_form(work, catcher) == FORM_OLD)
        return false;
    if (ref->binding == BINDING_NONE)
        return !is_declared(work, name);
    if (catcher->block != ref->block)
        return false;
    bool is_guess = ref->binding == BINDING_COLUMN || ref->binding == BINDING_UNDECIDED;
    return is_guess && !is_had_beside(work, ref, catcher);
}

/* A name that stays, where a new column of another source would be meant by it: qualified, or a person's. */
static void
visit_caught(Work *work, const SqlRef *ref, const SqlSource *catcher)
{
    const SqlPart *part = &ref->path.parts[0];
    if (is_there_already(work, ref, catcher)) {
        site_add(work, SITE_COLUMN, DISPOSITION_ALREADY, part->begin, part->end);
        return;
    }
    const SqlRef *plain =
        ref->binding == BINDING_OUTPUT && ref->block == ref->item->block ? ref->item->plain : NULL;
    bool is_column = ref->binding == BINDING_COLUMN;
    if (plain != NULL && plain->binding == BINDING_COLUMN && plain->path.count == 2 &&
        can_qualify_at(plain) &&
        !may_be_hidden_column(work, ref)) { /* the output is that column: t.a AS b … GROUP BY b */
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
    if (!may_be_hidden_column(work, ref) && sql_alias_is_written_out(work, ref))
        return;
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "captured-name", NULL,
                ref->binding == BINDING_OUTPUT
                    ? "'%s' is what AS names, and would mean the new column of '%s' here: write "
                      "the expression instead"
                : is_column && !can_qualify(ref->source)
                    ? "'%s' would mean the new column of '%s' here: give what it is a column of an "
                      "alias, and qualify it"
                    : "'%s' would mean the new column of '%s' here: qualify it, or give the schema",
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

/* {{ c }} alone as an item, whose name is to stay: `new AS old` in the list. */
static bool
gets_alias_in_list(Work *work, const SqlRef *ref)
{
    return ref->in != NULL && ref->in->plain == ref && item_needs_alias(work, ref->in);
}

/* AS {{ c }}, where the name is to stay: the list cannot say both. */
static bool
is_name_that_stays(Work *work, const SqlRef *ref)
{
    return ref->in != NULL && ref->in->listed == ref && item_needs_alias(work, ref->in);
}

/* Only a name may take a name's place between the quotes of a template; and `new AS old` where it is nothing but an item. */
static bool
can_change_in_template(Work *work, const SqlRef *ref, const Listed *listed)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    const ColumnChange *change = ref->binding == BINDING_COLUMN && ref->also == NULL
                                     ? source_change(work, ref->source, part)
                                     : NULL;
    return macro_takes_column(work, ref) && (change == NULL || change->kind == CHANGE_NAME) &&
           !is_name_that_stays(work, ref) &&
           !(gets_alias_in_list(work, ref) &&
             set_has(listed->elsewhere, GUINT_TO_POINTER(part->begin + 1)));
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

/* Where nothing but a column can stand it is one. */
static bool
may_be_variable(const Work *work, const SqlRef *ref, VariableRule *ret_rule)
{
    const SqlPart *part = &ref->path.parts[0];
    return ref->column == 0 && !is_name_only(ref->clause) &&
           is_variable_at(work, part->token, part->text, ret_rule) && *ret_rule != VARIABLES_YIELD;
}

/* A name that may be a variable, and a column that changes: true when it is no column, or a person's. A whole item gives its
 * name to what reads it, which is not followed. */
static bool
is_variable(Work *work, const SqlRef *ref, bool stays)
{
    const SqlPart *part = &ref->path.parts[0];
    VariableRule rule = VARIABLES_YIELD;
    if (!may_be_variable(work, ref, &rule))
        return false;
    bool is_field = ref->path.count > 1; /* of a record: a column's would stand behind (a) or t.a */
    if (is_field || (rule == VARIABLES_HIDE && !ref->is_whole)) {
        Site *site =
            stays ? NULL
                  : site_add(work, SITE_COLUMN, DISPOSITION_UNAFFECTED, part->begin, part->end);
        if (site != NULL)
            site->reason =
                arena_printf(work->out->arena, "'%s' is the variable of that name", part->text);
        return true;
    }
    if (!stays)
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                    "'%s' may be the column, or the variable of that name: qualify it", part->text);
    return !stays;
}

/* The column whose new name this is, if the name is not renamed itself. */
static const ColumnChange *
change_into(const Work *work, const Rename *rename, const SqlPart *part)
{
    const Dialect *dialect = work->sql->dialect;
    const ColumnChange *own = rename_column(rename, dialect, part);
    for (guint i = 0; (own == NULL || own->kind == CHANGE_NONE) && i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind == CHANGE_NAME &&
            sql_same_column(dialect, part->text, part->quote, change->to))
            return change;
    }
    return NULL;
}

/* Of a statement about a table, in which a name that the table lacks can be nothing else. */
static const SqlSource *
table_of(const SqlRef *ref)
{
    const SqlBlock *block = ref->block;
    bool is_defining = block->statement->kind == STATEMENT_DEFINE;
    if (ref->source != NULL || !is_defining || block->sources->len != 1)
        return is_defining || is_name_only(ref->clause) ? ref->source : NULL;
    return g_ptr_array_index(block->sources, 0);
}

static bool
is_named_beside(const Work *work, const SqlRef *ref, const char *column)
{
    for (guint i = 0; i < ref->block->refs->len; i++) {
        const SqlRef *other = g_ptr_array_index(ref->block->refs, i);
        const SqlPart *part = &other->path.parts[other->column];
        if (other->source == table_of(ref) &&
            sql_same_column(work->sql->dialect, part->text, part->quote, column))
            return true;
    }
    return false;
}

/* INSERT INTO t (id, user_id), UPDATE t SET user_id = id: columns of the table that would be one. It has both already, as in
 * the midst of the move. */
static bool
refuse_doubled(Work *work, const SqlRef *ref, const SqlPart *part)
{
    const SqlSource *source = table_of(ref);
    const Rename *rename = source != NULL ? source_rename(source) : NULL;
    if (rename == NULL || !rename_gains(rename, part->text))
        return false;
    const ColumnChange *change = change_into(work, rename, part);
    if (change == NULL ||
        (source->shape != SHAPE_ADJUSTED && !is_named_beside(work, ref, change->column)))
        return false;
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "name-taken", NULL,
                "'%s' is the new name of '%s', which is another column here", part->text,
                change->column);
    return true;
}

/* {% set c = 'id' %}, and {{ c }} of two tables: the name is written once, and is put in for both. */
static bool
is_put_in(const SqlRef *ref)
{
    return ref->macro != NULL && ref->macro[0] == '\0';
}

/* max(x) AS {{ c }}: a name, which stays whatever column is called so. */
static bool
is_name_of_output(const SqlRef *ref)
{
    return ref->macro != NULL && strcmp(ref->macro, MACRO_NAMES_OUTPUT) == 0;
}

static void
note_place(GHashTable **places, const SqlRef *ref)
{
    set_add(places, GUINT_TO_POINTER(ref->path.parts[ref->column].begin + 1));
}

static void
listed_read(Work *work, Listed *ret)
{
    ret->settings = dbt_listed_settings(work);
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->refs->len; i++) {
            const SqlRef *ref = g_ptr_array_index(block->refs, i);
            if (ref->macro != NULL && !gets_alias_in_list(work, ref))
                note_place(&ret->elsewhere, ref);
            if (is_name_of_output(ref) || (is_put_in(ref) && ref->binding == BINDING_COLUMN &&
                                           ref->source != NULL && stays(work, ref)))
                note_place(&ret->staying, ref);
        }
    }
}

static void
listed_clear(Listed *listed)
{
    g_clear_pointer(&listed->staying, g_hash_table_unref);
    g_clear_pointer(&listed->elsewhere, g_hash_table_unref);
    g_clear_pointer(&listed->settings, g_hash_table_unref);
}

/* Does what comes out of the file under this name get the same new one? */
static bool
is_output_following(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    const ColumnChange *change =
        ref->binding == BINDING_COLUMN ? source_change(work, ref->source, part) : NULL;
    const char *to = change != NULL ? change->to : NULL;
    for (guint i = 0; i < work->sql->queries->len; i++) {
        const SqlQuery *query = g_ptr_array_index(work->sql->queries, i);
        const SqlBlock *block = query_is_result(query) ? query_first_block(query) : NULL;
        const SqlItem *item = block != NULL ? output_called(work, block, part->text) : NULL;
        if (item != NULL)
            return g_strcmp0(item_new_name(work, item), to) == 0;
    }
    return ref->binding == BINDING_OUTPUT;
}

/* A column that a template names, or that is put in for what it names. */
static bool
is_left_in_template(Work *work, const SqlRef *ref, const Listed *listed)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    if (ref->macro != NULL && (macro_takes_no_column(work, ref) || stays(work, ref)))
        return true;
    if (ref->macro != NULL && !can_change_in_template(work, ref, listed)) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "in-template", NULL,
                    "'%s' stands in a template, and what becomes of it there is not known",
                    part->text);
        return true;
    }
    if (is_put_in(ref) && set_has(listed->staying, GUINT_TO_POINTER(part->begin + 1))) {
        site_refuse(
            work, SITE_COLUMN, part->begin, part->end, "in-template", NULL,
            "'%s' is put in for this column, and for one of another table, or as the name of "
            "something else, which stays",
            part->text);
        return true;
    }
    if (is_put_in(ref) && set_has(listed->settings, GUINT_TO_POINTER(part->begin + 1)) &&
        !is_output_following(work, ref)) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "in-template", NULL,
                    "'%s' is put in for this column, and into config() for what comes out, whose "
                    "name stays",
                    part->text);
        return true;
    }
    if (ref->macro == NULL || can_stand_in_template(work, ref))
        return false;
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "escaped", NULL,
                "the new name of '%s' needs quotes that cannot stand in this text", part->text);
    return true;
}

/* The star is written out, with the names that come out of it today. */
static bool
is_name_of_pinned_star(const SqlRef *ref)
{
    const SqlQuery *query = ref->is_through_star ? ref->source->block->query : NULL;
    return query != NULL && query->is_pinned && source_rename(ref->source) != NULL;
}

static void
visit_ref(Work *work, const SqlRef *ref, const Listed *listed)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    if (is_name_of_pinned_star(ref) || is_name_of_output(ref))
        return;
    if (refuse_doubled(work, ref, part) || sql_sorted_refuses(work, ref))
        return;
    if (ref->instead != NULL && is_guess_too_many(work, ref, part))
        return;
    if (is_left_in_template(work, ref, listed))
        return;
    if (is_variable(work, ref, stays(work, ref)))
        return;
    const SqlSource *catcher = ref_catcher(work, ref);
    if (catcher != NULL && stays(work, ref)) {
        visit_caught(work, ref, catcher);
        return;
    }
    switch (ref->binding) {
    case BINDING_COLUMN:
        if (is_perhaps_row(work, ref))
            refuse_row(work, ref);
        else
            sql_column(work, ref);
        break;
    case BINDING_OUTPUT:
        sql_output_ref(work, ref);
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
    bool is_hashed = sql_is_hashed(work, block->value_star);
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        const Rename *rename = source_rename(source);
        if (source_changes(work, source) ||
            (is_hashed && rename != NULL && !rename->is_derived && !rename_only_renames(rename))) {
            site_refuse(work, SITE_STAR, star->begin, star->end, "whole-row", NULL,
                        "columns are meant here by their places, or all of them, or those of a "
                        "pattern, with their names: name them");
            return;
        }
    }
}

void
sql_columns(Work *work)
{
    Listed listed = {NULL, NULL, NULL};
    listed_read(work, &listed);
    sql_tacit_names(work);
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->refs->len; i++)
            visit_ref(work, g_ptr_array_index(block->refs, i), &listed);
        if (block->value_star > 0)
            visit_value_star(work, block);
        if (block->strange > 0)
            sql_strange(work, block);
        for (guint i = 0; i < block->items->len; i++)
            sql_star(work, g_ptr_array_index(block->items, i));
    }
    listed_clear(&listed);
}
