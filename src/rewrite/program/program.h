/*
 * program.h - programs and configuration: the strings in them, and what is found in those; inside of this room only.
 *
 * A lexer that knows the language cuts a file into pieces. Neighbouring string literals become one Text: what the program
 * will see, with every byte's place in the file beside it. SQL in a Text is rewritten as in a .sql file, and the edits are
 * carried back to the file: only bytes that stand for themselves may be edited, and what is written is escaped for the
 * literal that it comes to stand in. What is put in at run time is a hole, {{}}, which the SQL lexer reads over.
 */
#pragma once

#include "rewrite/program/unit.h"

/* A site at [begin, end) of the text, at its place in the file. */
Site *program_site(Work *work, const Text *text, SiteKind kind, Disposition disposition,
                   size_t begin, size_t end);
Site *program_refuse(Work *work, const Text *text, SiteKind kind, size_t begin, size_t end,
                     const char *code, const char *link, const char *format, ...)
    G_GNUC_PRINTF(8, 9);

/* The string is SQL, and now is decided. (sql.c) */
bool program_sql(Unit *unit, Use *use, const Text *text);
/* The same of a part of the text, where all of it is a statement. `is_all`: the statement is known whole, so that what is not found
 * there stays. (sql.c) */
typedef struct {
    size_t begin, end;
} Range;
bool program_sql_part(Unit *unit, Use *use, const Text *text, Range part, bool is_all);
/* The same of a text that is made of several strings: written down only where `check` takes all that was found in it. */
typedef bool SqlCheckFn(const Rewrite *inner, void *data);
bool program_sql_checked(Unit *unit, Use *use, const Text *text, SqlCheckFn *check, void *data);
/* Calls that build queries of the dataset together (chain.h), before all else that is done with strings. */
void program_chains(Unit *unit);
/* Is it set for the class that this one extends, which alone can read it? (parent.c) */
bool use_is_for_parent(Unit *unit, const Use *use);
/* Does it give one of these a table? */
bool use_begins_chain(const Unit *unit, const Use *use);
/* Is the string decided as one that such calls take? */
bool use_is_in_chain(const Unit *unit, const Use *use);
/* The same of a string that is a part of what a name or a builder of strings gets. UNREAD: it is one of SQL that names a dataset,
 * and no more is known. (parts.c) */
typedef enum { PART_NONE, PART_UNREAD, PART_READ } PartAnswer;
PartAnswer program_part(Unit *unit, Use *use, const Text *text);
/* The text from `from` on, between two others, which stand nowhere. Caller frees. */
Text *text_put_between(const Text *text, size_t from, const char *front, const char *rest);
/* The same of a part of SQL that is one by itself. (condition.c) */
bool program_condition(Unit *unit, Use *use, const Text *text);
/* A condition by itself, as "order_lines.n > ?", where the table alone gets another name (compared.c). */
bool program_compared(Unit *unit, const Use *use, const Text *text);
/* The same of (SELECT …) AS a JOIN b ON …, which is no query alone. */
bool program_joined_query(Unit *unit, Use *use, const Text *text);
/* `u.id, u.plan FROM users u`, before which somebody writes SELECT: the same with it. NULL: it is none. Caller frees. */
Text *program_listed(const Text *text);
bool program_is_statement(Unit *unit, Use *use, const Text *text);
/* Under `propagate`, who reads the rows of the program's queries by names that change (rows.c). Before the others: what
 * else gives such a name. */
void rows_begin(Unit *unit);
/* Is the string, which says this column, decided: it follows, or is a parameter's name? */
bool rows_follow(Unit *unit, const Use *use, const Text *text, const ColumnChange *change);
/* A query in this string gives a name that changes: who may make objects of its rows? (objects.c) */
void rows_given(Unit *unit, const Use *use, const ColumnChange *change);
/* "plan" to x, addValue("plan", x): does the string name a parameter that SQL of the file has? */
#define NAME_OF_PARAMETER "this is the name of a query's parameter"
bool use_binds(Unit *unit, const Use *use, const Text *text);
/* "plan" to command.plan: is the member the value of such a parameter, in a file that reads no such rows? */
bool word_is_bound(Unit *unit, guint index, const ColumnChange *change);
/* Does SQL of the file have the parameter :plan, @plan or %(plan)s? */
bool program_has_parameter(const Work *work, const char *name);
/* Is it read so in this file, whose own names may stay as they are? */
bool rows_are_read(const Unit *unit, const ColumnChange *change);
/* Does the program name the new dataset, too, of something that it makes? Then it may be the move itself; and what a string
 * makes, the program makes. (makes.c) */
bool program_may_be_move(const Work *work);
void program_take_definitions(Work *work, Work *inner, guint first_site, bool is_run);
/* After all strings: the one that makes the old dataset, where another makes the new one. */
void program_refuse_moves(Work *work);
/* Does what was done to this SQL hang on a dialect that nobody says? (quotes.c) */
bool program_quotes_are_doubtful(const Unit *unit, const Text *text, const Dialect *dialect,
                                 const Rewrite *inner);
/* Is it a statement, whole and without doubt? (is_sql.c) */
bool is_statement(const Sql *sql);
/* Does one that gives rights, copies, comments or keeps up begin at this token? (upkeep.c) */
bool sql_is_upkeep(const Sql *sql, guint first);
typedef struct {
    SqlPart parts[SPELLING_PARTS_MAX];
    SqlPath path;
    bool has_colon;  /* project:dataset.table */
    bool has_quotes; /* "dataset"."table": a part has its own, which stay */
} NameText;

/* A whole string that is a name, with no more than an alias behind it. (name_text.c) */
/* Where the name ends in "users_v1 AS u"; 0: it has no alias. */
size_t name_before_alias(const Text *text);
/* `buffer`, as long as the text and one more, gets what the parts say. The name ends at `behind`, unless that is 0. */
bool name_read(const Text *text, size_t behind, char *buffer, NameText *ret);
/* The parts of `after` in the quotes of those behind `kept` that they replace; NULL: there are more or fewer, or one has such
 * quotes. Caller frees. */
char *name_in_own_quotes(const Text *text, const Dialect *dialect, const NameText *name, guint kept,
                         const char *after);
/* The string is a command of a shell that calls a client of a database, and is read as one. (command.c) */
bool program_command(Unit *unit, const Use *use, const Text *text);
/* The string is a name of the dataset, and now is decided. (names.c) */
bool program_name(Unit *unit, const Use *use, const Text *text);
/* server.shop.orders, a topic by its place, by which changes of the dataset may come (topics.c). */
bool use_is_topic(Unit *unit, const Use *use, const NameText *name);
/* The string has shop-orders, a stream of Singer, and now is decided. */
bool program_stream(Unit *unit, const Text *text);
/* orders = { … } somewhere below shop = { … }, in settings. */
bool word_is_key_of_dataset(Unit *unit, guint index, const Rename *rename);
/* The string is a table of a source of dbt, and now is decided. (dbt.c) */
bool program_dbt(Unit *unit, const Use *use, const Text *text);
/* The string is a key under which checks of the dataset stand, and now is decided. (checks.c) */
bool program_checks(Unit *unit, const Use *use, const Text *text);
/* The string is a path that ends in the dataset's table, and now is decided. (served.c) */
bool program_served(Unit *unit, const Use *use, const Text *text);
/* The string is a tag of Go that names a struct's table, and now is decided. (tags.c) */
bool program_tag(Unit *unit, const Use *use, const Text *text);
/* exists:users,email in a rule of Laravel. (tags.c) */
bool program_rule(Unit *unit, const Text *text);
/* Does the program name a table there, to read it; and by a call? (tables.c) */
bool use_reads_table(const Unit *unit, const Use *use);
/* TABLES = ["users", …], tables: [users], but not in a page's script. */
bool use_is_in_list_of_tables(Unit *unit, const Use *use);
/* Is a name in settings right whatever it means, as the dataset is called as before? */
bool program_is_as_before(const Unit *unit, const Rename *rename);
bool use_is_read_by_call(const Unit *unit, const Use *use);
/* Is it a column of a query, with its table before it? */
bool use_is_column_with_table(const Unit *unit, const Use *use);
/* Does it write to the table, or make or remove it? (writes.c) */
bool use_writes_table(Unit *unit, const Use *use);
/* Of these: does it remove the table? And can it be nothing but a table? */
bool use_removes_table(const Unit *unit, const Use *use);
bool use_writes_surely(const Unit *unit, const Use *use);
/* Does another name make another table, and remove this one? */
bool use_is_made_anew(Unit *unit, const Use *use);
/* Does what is given beside the table's name, as project and dataset, make it the dataset's? (beside.c) */
typedef enum { BESIDE_UNKNOWN, BESIDE_APART, BESIDE_OTHER, BESIDE_SAME } BesideAnswer;
BesideAnswer program_beside(Unit *unit, const Use *use, const char *table,
                            const Rename **ret_rename, const Spelling **ret_spelling);
/* The dataset that is said beside SQL, in the same call, object or lines, where these speak of no table; and does the program
 * say another one than --default, for names of one part? (default.c) */
bool program_dataset_beside(Unit *unit, const Use *use, Span *ret);
bool program_says_other_default(Unit *unit, const Use *use);
/* Is this a plain name, and none that --default says? */
bool default_is_other(const Unit *unit, const char *name, size_t bytes);
/* Does the program go to another database or schema than --default says, by an address or a call? (connected.c) */
bool program_goes_elsewhere(Unit *unit);
/* Does SQL read rows that the program has, by a view that it made of them? (made_views.c) */
bool program_reads_own_rows(const Work *work, const Text *text);
void program_note_own_rows(Unit *unit);
/* A cell of SQL that reads such rows, in the pass that finds columns. (columns.c) */
void program_cell_columns(Unit *unit, const Text *text);
/* What the program sets as search_path and the like, a line each; NULL: nothing. Caller frees. (default.c) */
char *program_said_path(const Work *work);
/* Is a schema said for it alone, as source_dataset is for source_table? */
bool use_has_prefix_beside(Unit *unit, const Use *use);
/* Is it what the program calls the dataset, whose whole name stands beside it? */
bool use_is_called_so(Unit *unit, const Use *use, const char *table);
/* Does only the table get another name, and not what it is in? */
bool spelling_keeps_rest(const Spelling *spelling);
bool use_is_relationship(const Unit *unit, const Use *use);
/* custom_name: users, of Hasura: what its API calls the table. */
bool use_is_name_of_api(const Unit *unit, const Use *use);
/* Is a dataset or a project given in the same call, object or class (in a program), or anywhere (in data)? (apart.c) */
bool use_is_apart(Unit *unit, const Use *use);
/* Libraries that build queries by calls: the table, or one of its columns, `users.id`; a table with what it is joined by.
 * (builders.c) */
bool use_is_in_call_of_builder(const Unit *unit, const Use *use);
bool use_is_column_of_builder(const Unit *unit, const Use *use);
bool use_is_join_of_builder(const Unit *unit, const Use *use, const Text *text);
/* Is it what a query is built from, or joined with? */
bool use_is_in_builder(const Unit *unit, const Use *use);
bool use_is_in_library(const Unit *unit, const Use *use);
/* "users.id" of ForeignKey of SQLAlchemy. */
bool use_is_foreign_key(const Unit *unit, const Use *use);
/* Is it called like something that is written: sink, job.target, output_table? */
bool key_says_writing(const Text *text, Span key);
/* Is the string for people: a log, an error, a description? (message.c) */
bool use_is_message(Unit *unit, const Use *use);
/* Does a class of the program stand for the table there, and its fields for the columns? */
bool use_is_of_class(const Unit *unit, const Use *use);
/* Or does it give rows of it, of which nobody knows what becomes: spark.table("…") of Scala? */
bool use_gives_rows(const Unit *unit, const Use *use);
/* Schemas of Prisma: is it @@map and no @map; and is the word a field of the table's model? (prisma.c) */
bool prisma_maps_table(const Unit *unit, const Use *use);
bool prisma_is_column(const Unit *unit, guint index);
/* The name of the new dataset, of which the program reads rows: columns that only the old one has are looked for. */
void program_name_of_target(Unit *unit, const Use *use, const Text *text);
/* NULL unless it will be rewritten; then, what it will say. Caller frees `*ret`. */
const Rename *program_name_after(Unit *unit, const Use *use, const Text *text, bool in_backticks,
                                 char **ret);
/* The mapping of the dataset whose name this may be, by itself; NULL: of none. */
const Rename *program_name_means(Unit *unit, const Text *text);
/* The mapping of a dataset whose last part this is; NULL: of none. */
const Rename *rename_of_last(const Renames *renames, const char *name, size_t bytes);
void constants_collect(Unit *unit, GHashTable *constants);
/* How often each name is set, and stands. (set.c) */
void constants_count(Unit *unit, GHashTable *constants);
/* Names that are set to other names; and, once they are used, what that means for the others. */
void constants_name_again(Unit *unit);
void constants_count_others(GHashTable *constants);
bool text_mentions(const Work *work, const Text *text); /* the last part of a spelling */
/* Columns that are used otherwise than in SQL, and SQL that is put together elsewhere. (columns.c) */
void program_find_columns(Unit *unit);
/* Does it depend on the columns that such a use is one? */
bool program_wants_columns(const Work *work);
/* first_name, firstName, FirstName */
bool name_is_column(const char *name, size_t bytes, const char *column);
/* Stands the word where programs name columns: row.plan, { plan: … }, 'plan, a field of a class? (field.c) */
bool word_may_be_column(const Unit *unit, guint index);
/* A use that nobody can decide, if there is one in the text. */
void program_refuse_column(Unit *unit, const Text *text);
/* The dataset's name before what may be a column: TABLE + "." + name. */
void program_qualifier(Unit *unit, Use *use, const Text *text);
/* The dataset's name that is put into a text of another file. (filled.c) */
void program_find_filled(Unit *unit);
/* What else names the dataset: in this string, in comments and names. (mentions.c) */
void program_mention(Unit *unit, const Use *use, const Text *text);
void program_mentions(Unit *unit);
/* The mapping of the dataset that is called like this word; NULL: none is. */
const Rename *word_rename(const Unit *unit, guint index);
/* Text that no one executes, or that nobody understands. */
void program_mention_text(Work *work, const Text *text, size_t begin, size_t end, const char *code,
                          const char *reason);
/* Why no string of the file that is no SQL names a table; or NULL. (words.c) */
const char *program_is_no_table(const Unit *unit);
/* Is it an argument or the like in a file that speaks of nothing that holds tables? Then an ordinary word is one. */
bool use_is_of_no_table(Unit *unit, const Use *use);
/* <artifactId>users</artifactId> of Maven */
bool use_is_of_build(const Unit *unit, const Use *use);
/* rows.getString("…") of JDBC; keys of JSON and the like in a tag of Go; words for people; "users.not_found", which is no column. */
bool use_is_column_of_result(const Unit *unit, const Use *use);
/* What a library names there, where that is no table; or NULL. (others.c) */
const char *use_names_other(const Unit *unit, const Use *use);
bool text_is_in_path(const Text *text, size_t begin, size_t end); /* path.c */
bool text_is_tag_for_others(const Unit *unit, const Text *text);
bool text_is_sentence(const Text *text);
bool text_is_dotted_key(const Work *work, const Text *text, size_t begin, size_t end);
/* Does the file hold this text, in letters of either case; and as a word by itself? (whole.c) */
bool program_says(const Work *work, const char *sign);
bool program_has_word(const Work *work, const char *word);
/* What the file speaks of, if that is one dialect. */
const Dialect *program_dialect(const Work *work);
void program_unit(Work *work, const Text *text, const Language *language, const Dialect *dialect,
                  size_t begin, size_t end, int depth);
/* For constants, for names, and for columns if there is a need. */
typedef void PassFn(Work *work, void *data);
void program_passes(Work *work, PassFn *pass, void *data);
/* [begin, end) of the cell is SQL, as a whole. */
void program_sql_cell(Work *work, const Text *cell, const Language *language,
                      const Dialect *dialect, size_t begin, size_t end, Holes holes);
/* Something begins at `at` and does not end: `what`, as a sentence. */
void program_refuse_broken(Work *work, const Text *text, size_t at, const char *what);
/* Not the pass that writes down sites. */
static inline bool
work_is_side_pass(const Work *work)
{
    return work->finds_columns || work->finds_constants;
}
/* Cells of Databricks that are comments of the program. (magic.c) */
bool magic_is_notebook(const Text *text);
/* What the cell begins with, up to a blank. */
Span magic_word(const Text *cell);
/* The cell, if its first word says its language: %sql, %python, …; false: it does not. */
bool magic_visit(Work *work, const Text *cell, const Dialect *dialect);
void program_magic(Work *work, const Text *file, const Dialect *dialect);

/* ```{r} … ``` between text. (chunks.c) */
void program_chunks(Work *work);
/* Recipes of make. (make.c) */
void program_make(Work *work);
/* Text with queries that are run when people look at it; false: it is none. (chunks.c) */
bool program_page(Work *work);
/* {cells: […]} of Jupyter. (notebook.c) */
void program_notebook(Work *work);
/* The views of the file, array of LookmlView, caller frees; NULL: it is no LookML. */
GArray *lookml_views(Unit *unit);
/* The dataset's table that the view around it has; or NULL. */
Constant *lookml_table(const Unit *unit, const Use *use);
/* Is the piece in a view that has another table, or one that keeps its names? */
bool lookml_is_of_other(const Unit *unit, guint index);
/* Views of other files that are called like the dataset, and get more fields or are explored here: it is named then. */
void lookml_note_bases(Unit *unit);
/* An expression of it, as SQL over its table; NULL when it is something else. Caller frees. */
Text *lookml_text(const Unit *unit, const Use *use);
/* In one that is none, as of templates of Liquid: does a template say which column of the table it is? Then a person decides. */
void lookml_refuse_templates(Unit *unit, const Use *use);
/* `text` with the view's own name for it instead of the one that it was read under; caller frees. */
char *lookml_written(const char *text);
/* What all SQL of a file of LookML is taken for, or NULL. */
const Dialect *lookml_dialect(const Text *text, const GArray *pieces);
/* Has the field with this name an expression of its own? */
bool lookml_has_expression(const Unit *unit, guint name);
/* Does it call an action of Dataform, in the settings of such a file, which is the dataset and may follow? (actions.c) */
bool use_names_action(Unit *unit, const Use *use, const Rename *rename, const Spelling *spelling);
/* Is the file one of Dataform that is called like a dataset; and a site where it makes it? (described_sqlx.c) */
bool sqlx_concerns(const Renames *renames, const char *path);
void program_sqlx_made(Unit *unit);
/* A text for people. */
void program_document(Work *work);
void program_rewrite(Work *work, const Language *language);
