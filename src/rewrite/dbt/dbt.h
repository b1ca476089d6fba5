/* dbt.h - what is asked of a dbt project's files, templates and settings; inside of this room only. */
#pragma once

#include "rewrite/work.h"

/* ref('model'), ref('package', 'model', v=1), source('schema', 'table') */
typedef struct {
    bool is_source, is_understood;
    uint32_t callee; /* where it begins */
    guint count;     /* of names */
    char *names[2], *version;
    size_t begin[2], end[2]; /* of the names, without quotes */
    bool
        is_wrapped; /* the first one is not said before the other: by a macro (wrapped.c), or behind it */
    size_t version_begin, version_end;
} DbtCall;

DbtRename *dbt_rename_new(const char *from, const char *to, bool is_source);
/* Its names; nothing of what YAML says. */
DbtRename *dbt_rename_copy(const DbtRename *dbt);
/* Once its names have changed. */
void dbt_rename_spell(DbtRename *dbt);
void dbt_rename_free(DbtRename *dbt);
/* Of a model that is a seed; freed with its DbtRename (seeds.c). */
DbtDoubt *dbt_seed_doubt(void);
/* May the file be a seed or model that the mapping calls otherwise, or of which it renames columns? */
bool dbt_files_concern(const Renames *renames, const char *path);
/* Of the seed that changes with its file, or NULL. */
const Rename *dbt_seed_at(const Renames *renames, const char *path);
/* Is it the dbt_project.yml that may say types of columns of such a seed, without naming it? */
bool dbt_seeds_have_types(const Renames *renames, const char *path, const char *text);
/* The file is such a seed, and its header is decided (seed_file.c). */
bool dbt_seed_file(Work *work);
/* Are these the rows of a seed that the mapping speaks of: what stands there are its own values? */
bool dbt_is_own_seed(const Work *work);
/* Fields of the first line that are columns which change. */
void dbt_rename_header(Work *work, const Rename *rename, char delimiter);
/* May the path be that of rows for unit tests; the file is, and what becomes of its columns is decided; is the file of that name
 * decided so (fixtures.c)? */
bool dbt_is_fixture_path(const char *path);
bool dbt_fixture_file(Work *work);
bool dbt_fixture_follows(const Work *work, const char *name);
/* What becomes of a model to which the mapping gives another name, in the file's project (made.c). */
typedef enum {
    MODEL_UNKNOWN, /* the file is looked at alone, no file that is known makes either, or the new name is given up at once */
    MODEL_STAYS,   /* the new one is there, and the old one beside it */
    MODEL_RENAMED  /* only the old one is: it is the same model */
} ModelFate;
/* Does the mapping give the model another name, or version? */
bool dbt_moves(const DbtRename *dbt);
ModelFate dbt_fate(const Renames *renames, const RewriteOptions *options, const DbtRename *dbt);
/* The same for who runs dbt: a file in no project speaks of any, where all that have the model agree. */
ModelFate dbt_fate_told(const Work *work, const DbtRename *dbt);
/* Has the project of the file (a path) an entry for the model under `models:` (facts.c)? */
bool dbt_is_described(const RewriteOptions *options, const char *path, const char *model);
/* The latest of the versions of a model of the file's project, as YAML says; or NULL. */
const char *dbt_latest(const RewriteOptions *options, const char *path, const char *model);
/* Is it such a model, which is the same by another name? */
bool dbt_is_renamed(const Renames *renames, const RewriteOptions *options, const Rename *rename);
/* Is ref() of that package another model than this one, which projects that are looked at make? */
bool dbt_is_of_other_package(const RewriteOptions *options, const DbtName *name,
                             const char *package);
/* The file that makes it; NULL: none that is known. */
const char *dbt_maker_path(const RewriteOptions *options, const DbtName *name);
/* The mapping that does so with this model of the file's own project; NULL: none. */
const Rename *dbt_moved(const Work *work, const char *name, const char *version);
/* Is the file's own model such a one? Its readers take its columns as the mapping says. */
bool dbt_is_called_otherwise(const Work *work);
/* Under which dbt_project.yml speaks of such a model's file, where that gets another name; else NULL. */
char *const *dbt_renamed_keys(const Work *work, const Rename *rename);
/* Where the file makes such a model: its name is a person's, or that of a block, which is renamed. */
void dbt_made_here(Work *work);
/* All calls in a template or tag; array of DbtCall *; caller frees. */
GPtrArray *dbt_calls(const char *text, const Token *template);
/* The next "{{ … }}" from byte `*at` on that ends before `end`; `*at` goes behind it. */
bool dbt_next_template(const char *text, size_t *at, size_t end, Token *ret);
/* The one call that the template consists of, or NULL. */
DbtCall *dbt_call_alone(const char *text, const Token *template);
void dbt_call_clear(DbtCall *call);
/* The call that stands for a template: itself, what its variable was set to, or what its macro or the project's variable consists of. Its places in
 * the text are those of the call where `*ret_is_here`. Caller frees with dbt_call_clear() and g_free(); NULL: none. */
DbtCall *dbt_call_behind(Work *work, const Token *token, bool *ret_is_here);
/* Of a macro of the project that gives back ref() or source() of what it gets; caller frees so, too. NULL: none. (wrapped.c) */
DbtCall *dbt_call_wrapped(Work *work, const Token *token);
/* The one that this variable is set to; NULL where it is none, or set twice. Caller frees so, too. (variables.c) */
DbtCall *dbt_call_of_variable(Work *work, const char *name, size_t bytes);
/* Is it union_relations() of tables whose columns change alike: a star over the first one, which may have more; has that been read as
 * such, so that its other tables follow (unions.c)? */
bool dbt_unites_alike(const Work *work, const Token *token);
bool dbt_is_of_union(const Work *work, const Token *token);
/* What else is done with variables that stand for a table whose columns change. After dbt_templates(). */
void dbt_variables(Work *work);
/* Is this call all that a macro consists of, which is followed wherever it is called? */
bool dbt_is_table_macro(Work *work, guint token);
/* The mapping that a table macro called somewhere in the template stands for; or NULL. */
const Rename *dbt_macro_within(Work *work, const Token *token);
/* The model of the project that is called; NULL where none is, or more than one may be. */
typedef struct ProjectModel ProjectModel;
ProjectModel *project_model_find(const ProjectModels *models, const DbtHome *home,
                                 const DbtCall *call);
/* Is the file of this path that model, or one that it is made of, directly or by way of others? (project/upstream.c) */
bool project_makes(const RewriteOptions *options, const char *path, const DbtName *model);
/* Its columns, as SqlColumnsFn; borrowed. */
const char *const *project_model_columns(ProjectModel *model, bool *ret_is_open);
/* The mapping whose model or source is called, or NULL. `*ret_doubt`: perhaps, or only by name; borrowed, or NULL. */
const Rename *dbt_find(const Work *work, const DbtCall *call, const DbtDoubt **ret_doubt);
/* The dataset whose new name the call has; or NULL. */
const Rename *dbt_find_target(const Work *work, const DbtCall *call);
/* Write the doubt down at this place. */
void dbt_tell(Work *work, const DbtDoubt *doubt, size_t begin, size_t end);
void dbt_edit(Work *work, const DbtRename *dbt, const DbtCall *call);
/* Sources that are a call, or a variable that stands for one: gives them the names of models and tables. */
void dbt_name_source(Work *work, SqlSource *source);
/* Calls in templates that are no sources, and what else names a model there (templates.c). */
void dbt_templates(Work *work);
/* The dataset's name in templates that are not understood; (mentions.c) */
void dbt_mentions(Work *work);
/* Calls of the dataset in quotes of SQL, where nothing else has seen them (quoted.c). */
void dbt_quoted(Work *work);
/* Texts that tell rows of union_relations apart by the names of their tables (relations.c). */
void dbt_relations(Work *work);
/* Is what this string of SQL has at this byte such a call? */
bool dbt_is_quoted_call(const Work *work, const Token *string, size_t at);

/* The text that config(…) of a file gives under a key; NULL where it does not say. False when it is no plain text, or is
 * said twice. Caller frees (config.c). */
bool dbt_config_text(const char *text, size_t bytes, const char *key, char **ret);
/* Does a setting of this name hold columns of the model, or expressions over them; or no word that is one? */
bool dbt_setting_names_columns(const char *key);
bool dbt_setting_names_none(const char *key);
/* All of the former; NULL ends them. */
const char *const *dbt_settings_of_columns(void);
/* Are these bytes of a hook a column of {{ this }}, of which it makes an index or which it changes? */
bool dbt_hook_names_own(const char *hook, size_t begin, size_t end);
/* Is it what dbt calls a side of a merge, in incremental_predicates? */
bool dbt_is_side_of_merge(const char *name, size_t bytes);
/* Columns of the file's model in its config(…), after sql_made(). */
void dbt_config(Work *work);
/* Macros of the project that give a setting in this {{ config(…) }} and name a column that changes need a person
 * (config_macros.c). */
void dbt_config_macros(Work *work, const Token *template, const Made *made);

/* The same, where the model is the dataset of a mapping. */
void dbt_config_follows(Work *work, const Rename *rename);
/* Does the mapping leave the model its name, while columns of it change; the file of such a model gives them their new names
 * (own.c). */
bool rename_keeps_model(const Rename *rename);
void dbt_own(Work *work);
/* Before it is settled which names flow: where the model's query gives the dataset's columns their names (sql/origin.c). */
void dbt_own_origins(Work *work);
void sql_own_origins(Work *work, const Rename *rename, const SqlStatement *statement);
/* The statement makes the dataset: its query gives the columns their new names; false where that is refused, which is written
 * down (sql/own.c). */
bool sql_own_names(Work *work, const Rename *rename, const SqlStatement *statement);
void sql_own_refuse(Work *work, const SqlStatement *statement, const char *code,
                    const char *reason);
/* The dataset that CREATE … AS or SELECT … INTO makes, and how it is spelled; NULL of others. Such statements are renamed
 * with their output names (sql/maker.c). */
const Rename *statement_makes(const Work *work, const SqlStatement *statement,
                              const Spelling **ret_spelling);
void sql_makers(Work *work);
/* May a temporary table of the dataset's name be renamed with what reads it? */
bool renames_as_temporary(const Rename *rename, const Spelling *spelling, const SqlPath *path);
/* Which datasets the text makes: Work.made_here, Work.new_here. Once it is known which tables are one. */
void sql_note_makers(Work *work);
/* What such a mapping says of the model that the file is; or NULL. */
const Rename *dbt_own_rename(const Work *work);

/* Where texts begin that variables put into config(), plus one; NULL: none. Caller frees. */
GHashTable *dbt_listed_settings(const Work *work);
/* {{ dbt_utils.star(…) }}: do the names that it writes out follow those of what is read; must these stay for it; what it
 * names itself. False when it is no star over what changes (star.c). */
bool dbt_star_follows(Work *work, const SqlItem *star);
bool dbt_star_is_rigid(Work *work, const SqlItem *star);
bool dbt_star(Work *work, const SqlItem *star);
/* `u` of star(from=u), deduplicate(relation=u). False: the table is given otherwise. */
bool dbt_star_variable(const Work *work, const Token *token, uint32_t *ret_begin,
                       uint32_t *ret_end);

/* A table in get_column_values(…), given at byte `at` by a call or a variable; a call in SQL that is put together with `~`: all
 * that it names is changed there. False: neither (values.c, sums.c). */
bool dbt_values(Work *work, const Token *token, size_t at, const Rename *rename);
/* Is it a name of the table that get_column_values(…) is given, and no column of the query around it? */
bool dbt_values_settles(Work *work, const SqlRef *ref);
bool dbt_sum(Work *work, const Token *token, const DbtCall *call);
/* A part of the text, with blanks for all bytes but ends of lines, into which SQL is put at its place (sums.c). */
typedef struct {
    char *text; /* caller frees */
    size_t begin, bytes;
} Excerpt;
Excerpt excerpt_new(const Work *work, size_t begin, size_t end);
/* Where the file's byte stands in it. */
static inline char *
excerpt_at(const Excerpt *excerpt, size_t byte)
{
    return excerpt->text + (byte - excerpt->begin);
}
/* Rewrites the SQL in it, in the file. False: what would be written cannot stand there, and nothing is. */
bool excerpt_rewrite(Work *work, const Excerpt *excerpt);
/* SQL in hooks of config(…) (hooks.c). */
void dbt_hooks(Work *work);

/* Names in small letters: what templates may write as tables of WITH; and texts that are a name, which they may write before a
 * dot (commons.c). */
typedef struct {
    GHashTable *tables, *texts;
} DbtSpoken;
void dbt_spoken_read(const Work *work, DbtSpoken *ret);
void dbt_spoken_clear(DbtSpoken *spoken);

/* What callers put into the queries of macros (given.c). */
void dbt_given(Work *work);

/* Macros that name columns by themselves (implied.c). */
void dbt_implied(Work *work);

/* Texts in templates that name a column which changes, and that no query has read; when all else is decided (unread.c). */
void dbt_unread(Work *work);
/* Names that templates put together; may a text have one of the dataset's (joined.c)? */
void dbt_joined(Work *work);
/* All columns that change in what the file reads, char *, borrowed. Caller frees. */
GPtrArray *dbt_changing_columns(Work *work);
bool dbt_joined_concern(const Renames *renames, const char *text, size_t bytes);
/* All in a text that nobody has read, which must stay; NULL: none. May one of them ask for this model (joined_texts.c)? */
typedef struct JoinedTexts JoinedTexts;
JoinedTexts *joined_texts_read(const char *text, size_t bytes);
void joined_texts_free(JoinedTexts *joined);
bool joined_texts_may_read(const JoinedTexts *joined, const char *model);
/* Names that a template is a part of (glued.c). */
void dbt_glued(Work *work);
/* The value of {{ var('x') }}, where it is a call, `{{ ref('y') }}`, and the template nothing else; borrowed, or NULL
 * (var_tables.c). */
const char *dbt_var_table(const YamlNode *settings, const char *text, const Token *token);
/* Such values of all variables that the text asks for, one behind the other. Caller frees. */
char *dbt_var_tables_in(const YamlNode *settings, const char *text, size_t bytes);
/* What the project says for the next variable that the text asks for, from byte `*at` on, which goes behind it; NULL: none more.
 * `*ret_begin`: of `var`. */
const YamlNode *dbt_var_next(const YamlNode *settings, const char *text, size_t bytes, size_t *at,
                             size_t *ret_begin);
/* {{ var('x') }} in SQL whose value names the dataset or its columns (var_uses.c). */
void dbt_var_uses(Work *work);
/* Keys of dbt_project.yml: settings of models and folders, names of variables; and of sources, which follow
 * (project_keys.c). */
void dbt_project_keys(Work *work);
/* Does it say something of a source whose tables go to another one? */
bool dbt_project_has_moved(const Renames *renames, const char *path, const char *text);
/* Is it a dbt_project.yml in which tests are filtered by a condition; may that name a column which changes? */
bool dbt_project_filters_tests(const char *path, const char *text);
bool dbt_project_may_filter(const Renames *renames, const char *path, const char *text);
/* Calls in what dbt_project.yml has run beside the models (project_hooks.c). */
void dbt_project_hooks(Work *work);
/* The same in `vars` of dbt_project.yml, where they are set. */
void dbt_vars_set(Work *work);
/* May the text name the dataset by a variable of the project? `settings` may be NULL. */
bool dbt_vars_mention(const YamlNode *settings, const Renames *renames, const char *text);

/* A YAML file of a dbt project (yaml.c). False when it is none. */
bool dbt_yaml(Work *work);
