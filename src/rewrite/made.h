/* made.h - what a file makes that others read by name, and what becomes of its outputs; inside of this room only. */
#pragma once

#include "rewrite/work.h"

typedef struct {
    char *name;
    const ColumnChange *change; /* or NULL: it stays */
} MadeColumn;

struct Made {
    char *name; /* of a view or table with its dots, of a snapshot; NULL: the file's own model */
    bool is_snapshot;
    bool is_open;       /* there may be more columns */
    bool is_unclear;    /* branches of a template do not agree */
    bool is_varied;     /* they have not the same columns */
    bool is_whole;      /* the columns are all that there are, and mean themselves without quotes */
    size_t begin, end;  /* bytes of the statement, in the text that it stands in by itself */
    GPtrArray *columns; /* MadeColumn * */
    GPtrArray *reads;   /* const Rename *: what its query reads of others' makings */
};

void made_free(void *made);
void sql_borders(Work *work);
/* Is it in a macro, a block that is set, and the like? After sql_borders(). */
bool statement_is_in_text(const Work *work, const SqlStatement *statement);
void sql_made(Work *work);
/* Is it the query of the file's model? */
bool statement_is_model(const Work *work, const SqlStatement *statement);
/* Put what another variant of the text makes beside it. */
void made_merge(GPtrArray *list, GPtrArray *others);
/* May the names of this query, which is a statement's result, change because its readers follow them? */
bool names_may_change(Work *work, const SqlQuery *query);
/* Are there readers by name that are followed? */
bool names_are_followed(Work *work, const SqlQuery *query);
bool query_is_result(const SqlQuery *query);
/* Does it give one value, whose fields are its columns: ARRAY(SELECT AS STRUCT …)? */
bool query_is_struct(const SqlQuery *query);
/* Does the star let columns of the source through? */
bool star_means(const SqlItem *star, const SqlSource *source);
/* Does the list have an output of this name besides what its stars let through of `source`? */
bool has_output_beside(Work *work, const SqlBlock *block, const SqlSource *source,
                       const char *name);
/* What was answered before, true if it was; the answer, to be kept; and none of them holds any more (sql/asked.c). */
bool asked_change(const Work *work, const SqlQuery *query, const SqlPart *part,
                  const ColumnChange **ret);
void asked_note_change(Work *work, const SqlQuery *query, const SqlPart *part,
                       const ColumnChange *change);
void asked_forget_changes(Work *work);
const SqlStatement *query_statement(const SqlQuery *query);
const SqlBlock *query_first_block(const SqlQuery *query);
/* What comes through a star under this name; NULL when it stays. `owner`: a source that is known to have the name, or NULL: of
 * a table with a thousand columns each of them is asked for. */
const ColumnChange *star_change(Work *work, const SqlItem *star, const SqlSource *owner,
                                const SqlPart *part);
/* The change under which readers find an item; NULL when it keeps its name. */
const ColumnChange *item_change(Work *work, const SqlItem *item);
/* Do the readers of the item's query look after its values, which `change` says are others? */
bool item_passes(Work *work, const SqlItem *item, const ColumnChange *change);

/* Adds to `work->given`; what was given by this name, or NULL. (sql/given.c) */
void sql_given(Work *work);
const GivenName *given_find(const Work *work, const char *name);
void given_free(void *given);

/* A Rename of what is made. `dbt` NULL, or the model's name, which it takes. */
Rename *rename_derive(const Made *made, DbtRename *dbt);
void rename_free(void *rename);
/* What the mapping of `base` says, of a table that dbt calls otherwise; takes `dbt`. */
Rename *rename_like(const Rename *base, DbtRename *dbt);
/* `base` and some more; all borrowed. */
void renames_clear_index(Renames *renames);
/* Once the list is whole, and again when a name is added. */
void renames_index(Renames *renames);
Renames *renames_with(const Renames *base, const GPtrArray *more);
void spelling_free(void *spelling);
void rename_index_columns(Rename *rename); /* once `columns` is there */
void rename_add_spelling(Rename *rename, const char *source, const char *target);
/* Its table has these parts, which stay. */
void rename_add_relation(Rename *rename, char *const *parts);
/* Do the last `count` parts of both agree? */
bool spelling_ends_alike(const Dialect *dialect, const SqlPath *path, const Spelling *spelling,
                         guint count);
bool rename_is_mentioned(const Rename *rename, const char *text, size_t bytes);
/* Something made elsewhere that this path may name, with more or fewer parts than are known; or NULL. */
const Rename *renames_may_be(const Renames *renames, const Dialect *dialect, const SqlPath *path);

/* What becomes of a column as readers of this source see it; NULL when it stays. `part` is its name today. */
const ColumnChange *source_change(Work *work, const SqlSource *source, const SqlPart *part);
/* Does any column that comes out of it change? */
bool source_changes(Work *work, const SqlSource *source);
/* The new name under which readers find an item, or NULL when it keeps its own. */
const char *item_new_name(Work *work, const SqlItem *item);
/* An item without alias whose name would change although it must not. */
bool item_needs_alias(Work *work, const SqlItem *item);
/* `u.plan AS plan`, where names may change: the alias says the name again, and changes with it. */
bool item_repeats_name(const Work *work, const SqlItem *item);
/* Has another item of its list this name (sql/outputs.c)? The first item that has it, or NULL. */
bool is_output_beside(Work *work, const SqlItem *item, const char *name);
const SqlItem *output_called(Work *work, const SqlBlock *block, const char *name);
/* Two datasets may give the same name to columns that are called differently today: where both come out, both keep their names.
 * True when there are more of them than were known. */
bool outputs_keep_apart(Work *work, const SqlBlock *block);
bool query_names_matter(const SqlQuery *query);
/* Does the text speak of a column of the source by this name, as in `o.name`? */
bool is_spoken_of(Work *work, const SqlSource *source, const char *name);
/* The same, or says it another place of the text, or another file, of the table, or of what its stars let through? */
bool is_said_of(Work *work, const SqlSource *source, const char *name);
/* After the change (sql/capture.c): does the source have a column of this name, or one that it does not have today? */
bool source_will_have(Work *work, const SqlSource *source, const char *name);
bool source_will_gain(Work *work, const SqlSource *source, const char *name);
/* Is this the new name of a column of a dataset that stays where it is? Then it had that name before only if another table has it. */
bool source_has_gained(Work *work, const SqlSource *source, const char *name);
/* By which names is such a dataset asked for its columns where this reads it: it was rewritten before, or not (sql/form.c)? */
typedef enum { FORM_UNTOLD, FORM_OLD = 1, FORM_NEW = 2, FORM_PERHAPS_NEW = 4 } Form;
Form source_form(Work *work, const SqlSource *source);
/* Would the new name of this column mean something else where it stands? */
bool is_new_name_taken(Work *work, const SqlRef *ref, const char *name);
/* The source whose new column would be meant by this name, which stays; or NULL. */
const SqlSource *ref_catcher(Work *work, const SqlRef *ref);
/* Of a name in USING: it cannot stay, nor just be renamed. */
bool using_is_lost(Work *work, const SqlRef *ref);
/* Is it a name that was joined by USING, and is not any more; and does the other side of the join have `name`, too? */
bool is_converted(Work *work, const SqlRef *ref);
/* Is a name joined by USING that of this source, too, and stays so? */
bool is_merged_into(Work *work, const SqlRef *ref, const SqlSource *source);
bool is_doubled_by_on(Work *work, const SqlRef *ref, const char *name);
/* Names inside of templates (dbt/macros.c, dbt/project.c): is it no column at all; may it be changed where it stands? */
bool macro_takes_no_column(Work *work, const SqlRef *ref);
bool macro_takes_column(Work *work, const SqlRef *ref);
/* Can this be written into the text of a template that byte `at` is in? */
bool macro_can_carry(const Work *work, size_t at, const char *written);
/* `name` of {% macro name(…) %}; NULL when there is none. Caller frees. */
char *macros_name(const char *text, const Token *tag);
/* What the macros that are called in the text stand for, as text. Caller frees. */
char *macros_tables_in(const Macros *macros, const char *text, size_t bytes);
/* Each macro that stands for a table: what it is called, what it stands for, and the text of the file that it was read from. */
typedef void MacroTableFn(const char *name, const char *table, const char *file, void *data);
void macros_each_table(const Macros *macros, MacroTableFn *visit, void *data);
/* The text of the file that the macro was read from; NULL: none is called so. */
const char *macros_file(const Macros *macros, const char *name);
/* Is the template a macro of the project that gives rows of the table that it gets (dbt/macro_rows.c)? `*ret_begin`, `*ret_end`:
 * the table, where it is a variable; else both 0. */
bool macros_give_rows(const Macros *macros, const char *text, const Token *token,
                      uint32_t *ret_begin, uint32_t *ret_end);
/* Of such a template: does what it names by itself stay, although the table's columns change? */
bool macros_rows_keep(const Macros *macros, const char *text, const Token *token,
                      const Rename *rename);
/* Does it write `WITH a AS (SELECT * FROM {{ ref('b') }})` of a list of pairs? */
bool macros_make_commons(const Macros *macros, const char *name);
/* "{{ ref('x') }}": all that the macro consists of; or NULL. */
const char *macros_table(const Macros *macros, const char *name);
/* Would its table's name as a qualifier mean that table here? */
bool can_qualify_at(const SqlRef *ref);
/* May a qualifier stand before a bare name at this place. */
bool ref_may_be_qualified(const Work *work, const SqlRef *ref);
/* ` AS old` behind an item whose name is seen from outside, or that names a field. */
void keep_output_name(Work *work, const SqlRef *ref);
bool is_name_only(SqlClause clause); /* nothing but a name can stand there */
/* The mapping's expression at this place (sql/expression.c). False where it cannot stand there. */
bool edit_expression(Work *work, const SqlRef *ref, const ColumnChange *change);
/* `name` at this place, with a qualifier where it would mean something else without one (sql/column.c). */
void edit_column_name(Work *work, const SqlRef *ref, const SqlPart *part, const char *name);
/* `name` would mean another column at this place. */
void refuse_captured(Work *work, const SqlPart *part, const char *name);
/* Joined by its name, with RIGHT or FULL: the value is that of whichever side has a row. */
bool ref_is_of_both_sides(const SqlRef *ref);
/* What becomes of a reference to a column (sql/column.c), or to an output (sql/output_ref.c). */
void sql_column(Work *work, const SqlRef *ref);
void sql_output_ref(Work *work, const SqlRef *ref);
/* Values that are called by a column of which the name changes get it as an alias (sql/tacit_names.c). */
void sql_tacit_names(Work *work);
/* And so do those that somebody reads by their text (sql/text_names.c). */
void sql_text_names(Work *work);
/* What such a value is called by now, where nobody but the query itself sees its name: that of the new column; NULL: as before. */
/* What becomes of the column that a value is called by without AS; NULL: nothing, or it is called otherwise. */
const ColumnChange *sql_tacit_change(Work *work, const SqlItem *item);
const char *sql_tacit_new_name(Work *work, const SqlItem *item);
/* Literals that a changed column is compared with (sql/literals.c). False when it is used otherwise. */
bool edit_literals(Work *work, const SqlRef *ref, const ColumnChange *change);
/* Does it make no difference whether the condition in the tokens [first, end) is NULL or false (sql/nulls.c)? */
bool sql_takes_null_for_false(const Work *work, const SqlBlock *block, guint first, guint end);
void sql_star(Work *work, const SqlItem *item); /* sql/star.c */
/* Of which queries the columns' places count, or how many there are, for stars that read them; before sql_flow()
 * (sql/places.c). */
void sql_places(Work *work);
/* Do the places of what the star gives count; how many there are; or do they come out of the text? */
bool star_is_placed(const Work *work, const SqlItem *star);
bool star_is_counted_whole(const SqlItem *star);
bool star_comes_out(Work *work, const SqlItem *star);
/* Would rows become other ones if it let a column more through: as part of what groups are made of, or under its name? */
bool star_gains_count(const SqlItem *star);
/* Does the star have to be written out, or to be a person's, because of columns of `source` that become expressions, or
 * nothing? Then those get their old names. */
bool star_must_name(Work *work, const SqlItem *star, const SqlSource *source);
/* RETURNING: who gets the rows, outside or in WITH, asks for them by name. */
bool returns_old_names(const Work *work, const SqlBlock *block);
/* Does the star say EXCEPT (name)? */
bool star_leaves_out(const Work *work, const SqlItem *star, const char *name);
/* What REPLACE (… AS name) or RENAME (name AS …) of the star says of a column, or NULL; can all of it be written out, where
 * the star's dataset has these columns (sql/replaced.c)? */
const SqlReplacement *star_replacement(const Work *work, const SqlItem *star, const char *name);
bool star_can_replace(const Work *work, const SqlItem *star, const char *const *known);
/* Do the outputs of this block name those of its query? */
bool names_query(const SqlBlock *block);
/* A star over `source` and its neighbours, written out (sql/expand.c). */
bool star_can_expand(Work *work, const SqlItem *star, const SqlSource *source);
/* Is it, for one of its sources, and thus for all (star.c)? */
bool star_is_written_out(Work *work, const SqlItem *star);
/* A column that comes through it, of which the mapping says nothing; NULL where none is known. */
const char *star_unmapped(Work *work, const SqlItem *star, const SqlSource *source);
void star_expand(Work *work, const SqlItem *star, const SqlSource *source, bool has_aliases);
/* An expression of the mapping, its names with this qualifier (NULL: none). */
void append_qualified(GString *text, const char *expr, const Dialect *dialect,
                      const char *qualifier);
