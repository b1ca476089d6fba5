/* parts.h - the parts of reading and writing SQL (this folder); inside of this room only. */
#pragma once

#include "rewrite/work.h"

/* The token at `index`, or the end's behind it. */
static inline const Token *
work_token(const Work *work, guint index)
{
    return &g_array_index(work->sql->tokens, Token, MIN(index, work->sql->tokens->len - 1));
}

/* The first that begins at this byte or behind it. */
guint work_token_from(const Work *work, size_t byte);
/* Is the token this word or sign, in letters of either case? */
bool work_is_text(const Work *work, guint index, const char *text);
/* Or one of these? NULL-terminated. */
bool work_is_among(const Work *work, guint index, const char *const *words);

/* The text of these tokens with the edits that are known so far (replaced.c). Caller frees. */
char *work_edited(const Work *work, guint first, guint last);

void sql_text(Work *work);   /* all of the following, in each variant of the text (text.c) */
void sql_tables(Work *work); /* match sources, edit tables */
/* Behind the matching: from here on capitals of the mapping may be said without quotes, where they were. */
void sql_letters(Work *work);
bool sql_refuse_table(Work *work, const SqlSource *source, const char *code, const char *format,
                      ...) G_GNUC_PRINTF(4, 5);
/* Other things that are called as a table will be (namesakes.c): which tables keep their name as an alias, and its writing;
 * what is written for a table that one of WITH would hide; is it a person's? */
void sql_namesakes(Work *work);
void sql_write_own_alias(Work *work, const SqlSource *source);
const Spelling *sql_spelling_in_sight(Work *work, const SqlSource *source,
                                      const Spelling *spelling);
bool sql_namesake_refuses(Work *work, const SqlSource *source, const Spelling *spelling);
/* Does what the token says say, of a column called so, that its values may name tables (people.c)? */
bool sql_may_hold_names(const Work *work, guint index);
/* Is the literal a value that comes out as it is (labels.c)? */
bool sql_is_label(Work *work, guint index, const char *name);
/* Does something else of the query begin there, so that an alias may stand before it (namesakes.c)? */
bool sql_ends_table(const Work *work, guint index);
/* What AS names, where a new column would be meant by it: is it written otherwise (alias_uses.c)? */
bool sql_alias_is_written_out(Work *work, const SqlRef *ref);
void sql_qualifiers(Work *work);                  /* of tables that are called anew */
bool sql_has_table_called_anew(const Work *work); /* and have no alias */
/* Which other table the qualifier of one part would mean once tables have their new names; or NULL (qualifiers.c). */
const SqlSource *qualifier_is_caught(const Work *work, const SqlBlock *block,
                                     const SqlSource *source, const SqlPath *path);
/* What is known of a table's columns; as SqlColumnsFn. */
/* All of the source's columns, as a star gives them; NULL: not known. `*ret_where`: the file and line of the repository that
 * say so; NULL: somebody else does. */
const char *const *star_columns(Work *work, const SqlSource *source, const char **ret_where);
/* In brackets, why the repository says nothing of them although it defines the dataset; "" where it does not. */
const char *star_doubt(const Work *work, const SqlSource *source);
/* Elements of arrays (elements.c): the fields that the mapping speaks of, or NULL. */
const char *const *sql_element_columns(Work *work, const SqlSource *source);
/* The table whose column the elements are, or the source itself. */
const SqlSource *sql_table_of_elements(const SqlSource *source);
/* Is the name an array whose elements are followed by the names of their fields; is it an element as a whole? */
bool sql_gives_elements(const SqlRef *ref);
bool sql_is_element(const SqlRef *ref);
/* items[OFFSET(0)].sku: the field is named behind a subscript, and decided. */
bool sql_element_field(Work *work, const SqlRef *ref);
const char *const *table_columns(const Work *work, const SqlSource *table, bool *ret_is_open);
void sql_flow(Work *work);    /* which queries keep their output names (pin.c) */
void sql_using(Work *work);   /* joins by names that are not the same any more */
void sql_columns(Work *work); /* references and stars */
/* Does the mapping write a column's name in quotes there that are those of a text here (expression.c)? */
bool expression_has_text_for_name(const Dialect *dialect, const Rename *rename,
                                  const ColumnChange *change);
/* Does it sort a set operation, and is refused because nobody knows by which SELECT's column (sorted.c)? */
bool sql_sorted_refuses(Work *work, const SqlRef *ref);
/* Is this column something else in one of the dialects that the text may be in, or has a table's new name other quotes?
 * Then it is refused (unsure.c). */
bool sql_is_unsure(Work *work, const SqlRef *ref, const ColumnChange *change);
bool sql_is_unsure_output(Work *work, const SqlRef *ref); /* of a name that means an output */
bool sql_is_unsure_table(Work *work, const SqlPath *path, const Spelling *spelling);
/* One of the tables of a dataset `events_*`: its source is that dataset (shards.c). */
void sql_shard_match(Work *work, SqlSource *source);
/* Refused where shards become one table. */
bool sql_shard_refuses(Work *work, const SqlPath *path, const Spelling *spelling);
/* Parts of a dataset that is one table, or shards of which it is not known. */
void sql_shards(Work *work);
/* A table that is the target, or one that is called like the dataset (other.c). */
void sql_note_target(Work *work, const SqlPath *path);
/* Refused as a column of the new table that it does not have, but the old one: somebody changed only a part. */
bool sql_left_behind(Work *work, const SqlRef *ref, const SqlPart *part);
void sql_note_other(Work *work, const SqlPath *path);
/* It has fewer parts than the dataset, and may be it: then a person decides. */
bool sql_refuse_shorter(Work *work, const SqlPath *path);
/* The mappings as the text sees them that says what names are in (`USE shop`), or NULL: it does not say it. Caller frees;
 * `work->used` is set (use.c). */
Renames *sql_use(Work *work);
/* Is a name refused that may be the dataset where the text says so, but not clearly? (other.c) */
bool sql_use_refuses(Work *work, const SqlPath *path);
/* The dataset that the path may be where the text says it, but not clearly, or not all of it; or NULL. */
const Spelling *sql_said_spelling(const Work *work, const SqlPath *path);
#define PUT_IN_REASON                                                                              \
    "a part of this name is put in at run time: if it is the dataset, say `%.*s` under `aliases` " \
    "in the mapping"
/* @schema.users, {{ schema }}.users (put_in.c): an alias of the mapping may be written so; is it refused as a name that
 * is none; is a name in quotes refused that may become one of the mapping? */
bool sql_is_put_before(const Work *work, const SqlSource *source);
void sql_put_before(Work *work, const SqlSource *source);
void sql_put_within(Work *work, const SqlSource *source); /* `acme.shop.users{{ x }}` */
void sql_put_whole(Work *work, const SqlSource *source);  /* @table, as an alias has it */
/* users{{ suffix }}, as an alias has it: whose it is, and the path with it; or NULL. */
const Rename *sql_put_behind(Work *work, SqlSource *source, const Spelling **ret_spelling);
bool sql_put_in_refuses(Work *work, const SqlPath *path);
/* What is not understood behind a table whose columns change is a person's. */
void sql_strange(Work *work, const SqlBlock *block);
/* Is the token within a call that makes a hash of its arguments; does it count how many columns the row has
 * (hashed.c)? */
bool sql_is_hashed(const Work *work, guint index);
bool sql_row_is_counted_whole(const Work *work, const SqlRef *ref);
/* Is the row made a text of its values, in which no column is named: u::text of PostgreSQL? */
bool sql_row_is_text_of_values(const Work *work, const SqlRef *ref);
void sql_hints(Work *work);    /* tables in hints to the optimizer (hints.c) */
void sql_mentions(Work *work); /* what else names the dataset */
/* The literal (a token) is SQL that is run, and now is decided. */
bool sql_inner(Work *work, guint literal);
/* What stands between the quotes of the literal (a token), also of N'…'; no zero byte ends it (people.c). */
const char *sql_inside(const Work *work, guint literal, size_t *ret_bytes);
/* The same of a literal, or of a name with or without quotes; is it this one, in letters of either case (people.c)? */
const char *sql_said(const Work *work, guint index, size_t *ret_bytes);
bool sql_says(const Work *work, guint index, const char *name);
/* The literal (a token) is a table's name, and now is decided (named.c). */
bool sql_named(Work *work, guint literal);
/* What else its statement says of the dataset that the literal (a token) names: columns in literals. Does the function take a
 * table, and a column of it (named_columns.c)? */
void sql_named_columns(Work *work, guint literal, const Rename *rename);
bool sql_takes_column(const Work *work, guint function);
/* What the literal is compared with: the name before `=`, or before IN (…); 0 when it is with nothing that has a name. */
guint sql_compared_with(const Work *work, guint literal);
/* Is a catalog asked for a table called like the literal (a token)? Is it the dataset, whose new name can stand there
 * (named_catalog.c)? */
bool sql_asks_catalog(const Work *work, guint literal);
bool sql_catalog_follows(const Work *work, guint literal, const Spelling *spelling);
/* The catalog is asked for the table in the literal and, right beside it, for its schema: both are rewritten. False where they are
 * not. */
bool sql_catalog_by_two(Work *work, guint literal);
/* Likewise where the dataset stands before INFORMATION_SCHEMA, in BigQuery. */
bool sql_catalog_of_dataset(Work *work, guint literal);
/* Writes `to` into the literal, which is nothing but `from` (catalog.c). */
void sql_edit_inside(Work *work, guint index, const char *from, const char *to);
/* Is it the type of the table's rows that is named (row_type.c)? */
bool sql_is_row_type(const Work *work, const SqlPath *path);
/* The literal (a token) is the table that an extended property of T-SQL is said of, and now is decided (properties.c). */
bool sql_property(Work *work, guint literal);
/* The token is the dataset's own name, and another one of its statement says its schema (catalog.c). */
bool sql_is_named_apart(Work *work, guint index);
/* The literal is the dataset's own name, and its schema is the argument of a call before it: both are rewritten, where no column
 * changes. False where they are not. */
bool sql_named_by_two(Work *work, guint index);
/* Makes the function a value of its arguments, whatever they say: concat, format, json_object (catalog.c)? */
bool sql_takes_values(const Work *work, guint function);
#define VARIABLE_TOKENS_MAX 8 /* of a variable and its value: DECLARE @q nvarchar(4000) = */
/* Does a statement of a script begin at the token (assigned.c)? */
bool sql_begins_statement(const Work *work, guint index);
/* Is the value (a token) set to a variable or a column; may SQL in such values be rewritten (assigned.c)? */
bool sql_is_assigned(const Work *work, guint value);
bool sql_may_follow_assigned(Work *work);
/* Is it set to a variable of which nothing is done but that it is run: SET @q = '…'; EXEC (@q)? */
bool sql_is_only_run(Work *work, guint value);
/* The variable (a token) that is set to the value; or 0. */
guint sql_variable_of(const Work *work, guint value);
/* The literal that a variable was set to, to which the operand that begins here is appended (SET @q += '…'); or 0. */
guint sql_appended_to(Work *work, guint operand);
/* What is appended next to a variable that was set to the literal, right behind `at`; or 0. */
guint sql_appended_behind(Work *work, guint literal, guint at);
/* Of texts that are put together (inner.c): a sign between two; behind the operand that begins here. */
bool sql_is_joint(const Work *work, guint index);
/* All of the text that begins with this operand: CONCAT of CONCAT('…', x), or the operand itself. */
guint sql_text_of(const Work *work, guint operand);
guint sql_operand_end(const Work *work, guint at);
void sql_joined(Work *work); /* names that are put together from literals */
/* May it hold one although no word of it is the dataset's? */
bool sql_may_join(const char *text, size_t bytes);
/* Does a file that is no SQL put a name of the dataset together from literals? (program/halves.c) */
bool program_may_join(const Renames *renames, const char *path, const char *text, size_t bytes);
/* The bracket before the row of values that the literal (a token) is in; the token itself where that is far. */
guint sql_row_of(const Work *work, guint literal);
/* x = 'here', LIKE 'here', IN ('here', …), VALUES ('here', …): a value, which is not put together with others. */
bool sql_is_value(const Work *work, guint literal);
/* \ir tables/users.sql of psql, \. users.sql of MySQL's client, :r tables\users.sql of sqlcmd, @users.sql of SQL*Plus: is
 * the byte within such a line, which is the path of a file? */
bool sql_is_in_path(const Work *work, size_t byte);
/* Why the name in the literal (a token) does not mean the dataset; NULL: it may (people.c). */
const char *sql_other_text(const Work *work, guint literal, const char *name);
/* What else a name of one part is where no table can stand (other_kind.c); NULL: perhaps one. Is the literal one of
 * CREATE TYPE … AS ENUM (…)? */
const char *sql_other_kind(const Work *work, const SqlPath *path);
bool sql_is_enum_label(const Work *work, guint literal);
/* Is the literal (a token) a value that stays, because the tables which it may name keep their names (stays.c)? */
bool sql_value_stays(const Work *work, guint literal);
/* Does another literal of the statement say a column, that changes, of the table which this one may name? */
bool sql_is_beside_column(const Work *work, guint literal);
/* Variables of scripts and routines (declared.c). */
void sql_declared(Work *work);
bool is_declared(const Work *work, const char *name);
/* Variables and parameters, each with where it is known (variables.c). is_declared() is also true of types in declarations,
 * and everywhere. */
Variables *variables_new(void);
void variables_free(Variables *variables);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Variables, variables_free)
bool variables_are_there(const Variables *variables);
/* CREATE … FUNCTION, and within packages, where nobody says the dialect, FUNCTION alone: the word; 0 when there is none. */
guint routine_at(const Work *work, guint at);
void sql_variables(Work *work);
/* The token declares one: the last token at which it is known. */
bool variable_ends(const Work *work, guint name, guint *ret_last);
/* Those that are known in the body of a routine, which the literal is; caller frees. */
Variables *variables_of_body(const Work *work, guint literal, const char *body, size_t bytes);
/* Is one known at the token, and what does its name mean in a query that has such a column? */
bool is_variable_at(const Work *work, guint token, const char *name, VariableRule *ret_rule);
/* PIVOT and the like behind the dataset: a person's, for a reason that is written down; the names in it (reshape.c). */
bool sql_reshape_refuses(Work *work, const SqlSource *source, const Rename *rename);
void sql_reshape(Work *work, const SqlSource *source);
/* The column that is named went into it, so that nobody knows what is meant: a person's. */
bool sql_reshape_has_taken(Work *work, const SqlRef *ref, const SqlPart *part);
/* Does it stand where only a value can, in a statement that reads or changes rows (operand.c)? */
bool sql_is_operand(const Work *work, const SqlRef *ref);
void sql_residue(Work *work); /* names of the dataset that nobody has understood */
void sql_escaped(Work *work); /* names of U&"…", which are not read */
/* What the mapping says of the column that the token names, alone or as all of a literal; NULL: it names none. */
const ColumnChange *token_column(const Work *work, const Rename *rename, const Token *token);
/* MODEL (name …) of SQLMesh; and where the mention is the name in it, which is the dataset's: the new one is made instead. False: a
 * person decides, and nothing is written down (model_header.c). */
bool sql_is_model_header(const Work *work, const SqlStatement *statement);
bool sql_model_header(Work *work, const SqlMention *mention, const Rename *rename,
                      const Spelling *spelling);
/* Does a person decide about a statement that makes or changes the table (define.c)? Then it is written down. */
bool sql_define_refuses(Work *work, const SqlSource *source, const Rename *rename);
/* Has the new table the same columns at the same places, as far as this text can tell? */
bool sql_keeps_places(const Work *work, const Rename *rename);
/* Has the new table the columns of the old one, under other names, and no more? Fields of columns are not looked into. */
bool rename_only_renames(const Rename *rename);
/* Columns in such statements that were not understood. */
void sql_define(Work *work);
/* Is the function that the trigger calls in the text, and does it go along (trigger_function.c)? */
bool sql_trigger_follows(const Work *work, const SqlStatement *statement, const Rename *rename);
/* Whose rows the function sees whose body the literal is, if they are a dataset's alone; or NULL. The tables under which its triggers give them: Rename *, owned; caller frees. */
const Rename *sql_rows_of_body(const Work *work, guint literal);
GPtrArray *sql_row_tables_of_body(const Work *work, guint literal, const Rename *rows);
void sql_trigger_functions(Work *work);
/* What becomes of NEW.a, at NEW; NULL: it is something else, or stays. To write it, at `a` (trigger_rows.c). */
const ColumnChange *row_column_change(const Work *work, const Rename *rename, guint index);
/* The same, where it is known that a row stands there. */
const ColumnChange *row_change_at(const Work *work, const Rename *rename, guint index);
void row_column_edit(Work *work, guint index, const ColumnChange *change);
/* Does a body say NEW or OLD with a column that changes? Where in it. */
bool rows_see_column(const Rename *rename, const char *body, size_t bytes, const ColumnChange **ret,
                     size_t *ret_at);
/* `a.b` that is all of an item gives it its name: it is kept, where `a` is such a row. */
typedef const ColumnChange *RowChangeFn(const Work *work, guint index);
void row_items_keep(Work *work, RowChangeFn *change_at);
/* UPDATE t SET … FROM u AS old: `old` is that table there. The first token of such names, plus one; NULL: none. Caller frees. */
GHashTable *sql_names_of_sources(const Work *work);
/* Variables that hold a row of the dataset (row_variables.c): they are found, with what is known of sources. */
void sql_row_variables(Work *work);
void row_variables_free(RowVariables *rows);
/* Is the path the type of one, which is followed; does the star fill one? */
bool row_variable_has_type(const Work *work, const SqlPath *path);
bool row_variable_gets(Work *work, const SqlItem *star);
/* What becomes of r.a, at r; NULL: it is no such field, or stays. */
const ColumnChange *row_variable_change(const Work *work, guint index);
void sql_row_fields(Work *work);
void sql_trigger_rows(Work *work);
void sql_triggers(Work *work);
void sql_glued(Work *work); /* names that a branch of a template makes longer (tags.c) */
/* CREATE TRIGGER s.x … ON s.t: is the trigger of this table called with a schema, which has to be that of its table (trigger.c)? */
bool sql_trigger_says_schema(const Work *work, const SqlSource *source);
void sql_holes(Work *work); /* what is put in may name a column that changes */
